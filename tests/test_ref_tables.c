/* test_ref_tables.c - the promises of tables and globals of every reference
 * type: what goes in comes out, whoever moves it, and nothing else goes in.
 */
#include "refs_fixture.h"

/* ---- a value of each type --------------------------------------------- */

enum { TYPES = 8, FUNC = 0, EXTERN, ANY, EQ, I31, STRUCT, ARRAY, EXN };

static const char *const type_names[TYPES] = {
    "funcref", "externref", "anyref",   "eqref",
    "i31ref",  "structref", "arrayref", "exnref",
};

static const char makers_text[] =
    "(module $makers"
    " (type $s (struct (field (mut i32))))"
    " (type $a (array (mut i32)))"
    " (tag (export \"tag\") (param i32))"
    " (func (export \"func\") (result i32) (i32.const 41))"
    " (func (export \"struct\") (result structref)"
    "  (struct.new $s (i32.const 42)))"
    " (func (export \"array\") (result arrayref)"
    "  (array.new $a (i32.const 43) (i32.const 3))))";

static uint64_t called(lodge_instance in, const char *name)
{
    uint64_t slot = 0;

    OK(lodge_func_call(func_of(in, name), &slot, 1, ERR));
    return slot;
}

static uint64_t small_number(uint32_t value)
{
    lodge_ref ref;

    OK(lodge_ref_i31(store, value, &ref, ERR));
    return ref.id;
}

static uint64_t exception_of(lodge_instance in)
{
    const uint64_t slot = 44;
    lodge_tag tag;
    lodge_ref ref;

    OK(lodge_instance_tag(in, TEXT("tag"), &tag, ERR));
    OK(lodge_exception_new(tag, &slot, 1, &ref, ERR));
    return ref.id;
}

/* One that is of this type; of anyref and eqref a struct and a number. */
static void values_of(uint64_t out[TYPES])
{
    lodge_instance in = guest(makers_text);

    out[FUNC] = func_of(in, "func").id;
    out[EXTERN] = 7777;
    out[ANY] = out[STRUCT] = called(in, "struct");
    out[EQ] = out[I31] = small_number(45);
    out[ARRAY] = called(in, "array");
    out[EXN] = exception_of(in);
}

static void is_value(int type, uint64_t found, uint64_t expected)
{
    uint32_t yes = 0;

    if (type == FUNC || type == EXTERN || found == 0) {
        assert_true(found == expected);
        return;
    }
    OK(lodge_ref_same((lodge_ref){found}, (lodge_ref){expected}, &yes, ERR));
    assert_int_equal(yes, 1);
    OK(lodge_ref_close((lodge_ref){found}));
}

static lodge_table table_new(const char *type, uint64_t value)
{
    lodge_table table;

    OK(lodge_table_new(store, TEXT(type), value, &table, ERR));
    return table;
}

static lodge_table table_named(lodge_instance in, const char *name)
{
    lodge_table table;

    OK(lodge_instance_table(in, TEXT(name), &table, ERR));
    return table;
}

static uint64_t at(lodge_table table, uint64_t index)
{
    uint64_t value = 42;

    OK(lodge_table_get(table, index, &value, ERR));
    return value;
}

static uint64_t elements(lodge_table table)
{
    uint64_t n;

    OK(lodge_table_size(table, &n, ERR));
    return n;
}

static const char *typed(const char *before, int type, const char *after)
{
    static char text[64];

    snprintf(text, sizeof text, "%s%s%s", before, type_names[type], after);
    return text;
}

/* ---- tables ----------------------------------------------------------- */

static void a_table_of_every_type_keeps_its_values(void **state)
{
    uint64_t value[TYPES], old;
    int type;

    (void)state;
    values_of(value);
    for (type = 0; type < TYPES; type++) {
        lodge_table table = table_new(typed("2 6 ", type, ""), value[type]);

        is_value(type, at(table, 1), value[type]);
        OK(lodge_table_set(table, 1, 0, ERR));
        assert_true(at(table, 1) == 0);
        OK(lodge_table_grow(table, 3, value[type], &old, ERR));
        assert_int_equal(old, 2);
        is_value(type, at(table, 4), value[type]);
        OK(lodge_table_grow(table, 1, 0, NULL, ERR));
        assert_true(at(table, 5) == 0);
        OK(lodge_table_set(table, 5, value[type], ERR));
        is_value(type, at(table, 5), value[type]);
        is_value(type, at(table, 0), value[type]);
    }
    lodge_engine_shutdown(engine);
    assert_int_equal(reap_everything(), 3); /* tokens given three times */
}

/* Rows: a value of this type; columns: goes into a table of that type. */
static const uint8_t fits[TYPES][TYPES] = {
    [FUNC] = {[FUNC] = 1},
    [EXTERN] = {[EXTERN] = 1},
    [ANY] = {[ANY] = 1, [EQ] = 1, [STRUCT] = 1}, /* it is the struct */
    [EQ] = {[ANY] = 1, [EQ] = 1, [I31] = 1},     /* it is the number */
    [I31] = {[ANY] = 1, [EQ] = 1, [I31] = 1},
    [STRUCT] = {[ANY] = 1, [EQ] = 1, [STRUCT] = 1},
    [ARRAY] = {[ANY] = 1, [EQ] = 1, [ARRAY] = 1},
    [EXN] = {[EXN] = 1},
};

static void a_table_refuses_values_of_other_types(void **state)
{
    uint64_t value[TYPES];
    int from, to;

    (void)state;
    values_of(value);
    for (to = 0; to < TYPES; to++) {
        lodge_table table = table_new(typed("1 4 ", to, ""), value[to]);

        for (from = 0; from < TYPES; from++) {
            lodge_status st = lodge_table_set(table, 0, value[from], ERR);

            if (to == EXTERN) /* each number is a token */
                continue;
            if (fits[from][to]) {
                assert_int_equal(st, LODGE_OK);
                OK(lodge_table_set(table, 0, value[to], ERR));
                continue;
            }
            assert_true(st == LODGE_E_TYPE || st == LODGE_E_HANDLE);
            assert_int_equal(
                lodge_table_grow(table, 1, value[from], NULL, ERR), st);
            is_value(to, at(table, 0), value[to]);
            assert_int_equal(elements(table), 1);
        }
    }
    lodge_engine_shutdown(engine);
    reap_everything();
}

static void globals_refuse_values_of_other_types(void **state)
{
    uint64_t value[TYPES], slot;
    lodge_global global;
    int from, to;

    (void)state;
    values_of(value);
    for (to = 0; to < TYPES; to++) {
        OK(lodge_global_new(store, TEXT(typed("mut ", to, "")), &value[to],
                            &global, ERR));
        for (from = 0; from < TYPES; from++) {
            lodge_status st = lodge_global_set(global, &value[from], 1, ERR);

            if (to == EXTERN)
                continue;
            assert_int_equal(st == LODGE_OK, fits[from][to]);
            if (st == LODGE_OK)
                OK(lodge_global_set(global, &value[to], 1, ERR));
            OK(lodge_global_get(global, &slot, 1, ERR));
            is_value(to, slot, value[to]);
        }
    }
    lodge_engine_shutdown(engine);
    reap_everything();
}

static void a_global_of_every_type_keeps_its_value(void **state)
{
    const uint64_t none = 0;
    uint64_t value[TYPES], slot;
    lodge_global global, fixed;
    int type;

    (void)state;
    values_of(value);
    for (type = 0; type < TYPES; type++) {
        OK(lodge_global_new(store, TEXT(typed("mut ", type, "")), &none,
                            &global, ERR));
        OK(lodge_global_get(global, &slot, 1, ERR));
        assert_true(slot == 0);
        OK(lodge_global_set(global, &value[type], 1, ERR));
        OK(lodge_global_get(global, &slot, 1, ERR));
        is_value(type, slot, value[type]);
        OK(lodge_global_set(global, &none, 1, ERR));
        OK(lodge_global_new(store, TEXT(type_names[type]), &value[type],
                            &fixed, ERR));
        FAILS(TYPE, lodge_global_set(fixed, &none, 1, ERR));
        OK(lodge_global_get(fixed, &slot, 1, ERR));
        is_value(type, slot, value[type]);
        READS(type_names[type], lodge_global_type(fixed, buf, cap, len, ERR));
    }
    lodge_engine_shutdown(engine);
    reap_everything();
}

/* A guest that moves what is in an imported table of one type. */
static lodge_instance mover(int type, lodge_table table, const char *index)
{
    const lodge_extern item = {LODGE_KIND_TABLE, 0, table.id};
    lodge_linker linker = new_linker(engine);
    char text[1024];

    snprintf(text, sizeof text,
             "(module (import \"h\" \"t\" (table $t %s 1 20 %s))"
             " (table $own (export \"own\") %s 4 %s)"
             " (func (export \"fill\") (param %s)"
             "  (table.fill $t (local.get 0) (table.get $t (%s.const 0))"
             "   (%s.const 2)))"
             " (func (export \"copy\") (param %s)"
             "  (table.copy $own $t (%s.const 1) (local.get 0)"
             "   (%s.const 2)))"
             " (func (export \"grow\") (param %s) (result %s)"
             "  (table.grow $t (table.get $t (%s.const 0)) (local.get 0)))"
             " (func (export \"is_null\") (param %s) (result i32)"
             "  (ref.is_null (table.get $t (local.get 0)))))",
             index, type_names[type], index, type_names[type], index, index,
             index, index, index, index, index, index, index, index);
    OK(lodge_linker_add(linker, TEXT("h"), TEXT("t"), &item, ERR));
    return instance_in_store(linker, text);
}

static void check_moves(int type, uint64_t value, const char *index,
                        const char *after)
{
    lodge_table table = table_new(typed("8 20 ", type, after), 0);
    lodge_instance in;
    lodge_table own;

    OK(lodge_table_set(table, 0, value, ERR));
    in = mover(type, table, index);
    own = table_named(in, "own");
    assert_int_equal(call1(in, "is_null", 0), 0);
    assert_int_equal(call1(in, "is_null", 1), 1);
    call1(in, "fill", 3);
    is_value(type, at(table, 4), value);
    assert_true(at(table, 5) == 0);
    call1(in, "copy", 3);
    is_value(type, at(own, 1), value);
    is_value(type, at(own, 2), value);
    assert_true(at(own, 3) == 0);
    assert_int_equal(call1(in, "grow", 2), 8);
    is_value(type, at(table, 9), value);
}

static void guests_fill_copy_and_grow_tables_of_every_type(void **state)
{
    uint64_t value[TYPES];
    int type;

    (void)state;
    values_of(value);
    for (type = 0; type < TYPES; type++)
        check_moves(type, value[type], "i32", "");
    lodge_engine_shutdown(engine);
    assert_int_equal(reap_everything(), 1);
}

static void tables_with_long_indices_do_the_same(void **state)
{
    uint64_t value[TYPES];
    int type;

    (void)state;
    values_of(value);
    for (type = 0; type < TYPES; type++)
        check_moves(type, value[type], "i64", " i64");
    lodge_engine_shutdown(engine);
    assert_int_equal(reap_everything(), 1);
}

static void segments_of_every_type_are_read_from_tables(void **state)
{
    lodge_instance in = guest(
        "(module (type $s (struct (field i32)))"
        " (table $f (export \"f\") 4 funcref)"
        " (table $i (export \"i\") 4 i31ref)"
        " (table $e (export \"e\") 4 externref)"
        " (table $o (export \"o\") 4 (ref null $s))"
        " (elem $pf func $g $g)"
        " (elem $pi i31ref (ref.i31 (i32.const 5)) (ref.null i31))"
        " (elem $po (ref null $s) (struct.new $s (i32.const 6)))"
        " (elem (table $e) (i32.const 0) externref (ref.null extern))"
        " (func $g (export \"g\"))"
        " (func (export \"init\")"
        "  (table.init $f $pf (i32.const 1) (i32.const 0) (i32.const 2))"
        "  (table.init $i $pi (i32.const 0) (i32.const 0) (i32.const 2))"
        "  (table.init $o $po (i32.const 3) (i32.const 0) (i32.const 1))"
        "  (elem.drop $pf))"
        " (func (export \"again\")"
        "  (table.init $f $pf (i32.const 1) (i32.const 0) (i32.const 1))))");
    uint64_t slot;

    (void)state;
    assert_true(at(table_named(in, "f"), 1) == 0);
    OK(lodge_func_call(func_of(in, "init"), NULL, 0, ERR));
    assert_true(at(table_named(in, "f"), 2) == func_of(in, "g").id);
    slot = at(table_named(in, "i"), 0);
    OK(lodge_ref_read((lodge_ref){slot}, 0, &slot, 1, ERR));
    assert_int_equal(slot, 5);
    assert_true(at(table_named(in, "i"), 1) == 0);
    assert_true(at(table_named(in, "e"), 0) == 0);
    slot = at(table_named(in, "o"), 3);
    OK(lodge_ref_read((lodge_ref){slot}, 0, &slot, 1, ERR));
    assert_int_equal(slot, 6);
    FAILS(TRAP, lodge_func_call(func_of(in, "again"), NULL, 0, ERR));
    assert_int_equal(test_err.trap, LODGE_TRAP_TABLE_OUT_OF_BOUNDS);
}

/* ---- indices and sizes ------------------------------------------------ */

static void an_index_outside_is_refused_whatever_its_size(void **state)
{
    static const uint64_t bad[] = {
        3,          UINT32_MAX, UINT64_C(1) << 32, (UINT64_C(1) << 32) + 1,
        1ULL << 63, UINT64_MAX};
    static const char *const kinds[] = {"3 5 externref", "3 5 externref i64",
                                        "3 5 i31ref", "3 5 funcref i64"};
    uint64_t value = 42;
    size_t i, k;

    (void)state;
    for (k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        lodge_table table = table_new(kinds[k], 0);

        for (i = 0; i < sizeof bad / sizeof *bad; i++) {
            FAILS(BOUNDS, lodge_table_get(table, bad[i], &value, ERR));
            FAILS(BOUNDS, lodge_table_set(table, bad[i], 0, ERR));
        }
    }
    assert_int_equal(value, 42);
}

static void a_long_table_grows_up_to_its_maximum(void **state)
{
    static const uint64_t bad[] = {3, UINT32_MAX, UINT64_C(1) << 32,
                                   1ULL << 63, UINT64_MAX};
    lodge_table table = table_new("3 5 externref i64", 9);
    uint64_t old = 42;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof bad / sizeof *bad; i++)
        FAILS(LIMIT, lodge_table_grow(table, bad[i], 0, &old, ERR));
    assert_int_equal(old, 42);
    OK(lodge_table_grow(table, 2, 9, &old, ERR));
    assert_int_equal(old, 3);
    FAILS(LIMIT, lodge_table_grow(table, 1, 0, &old, ERR));
    OK(lodge_table_grow(table, 0, 0, &old, ERR));
    assert_int_equal(old, 5);
    assert_int_equal(at(table, 4), 9);
    ends_with(2);
}

static void a_guest_uses_long_indices(void **state)
{
    lodge_instance in =
        guest("(module (table $t (export \"t\") i64 3 10 funcref)"
              " (func $f (export \"f\") (result i32) (i32.const 8))"
              " (elem (table $t) (i64.const 1) func $f)"
              " (func (export \"call\") (param i64) (result i32)"
              "  (call_indirect $t (result i32) (local.get 0)))"
              " (func (export \"size\") (param i64) (result i64)"
              "  (table.size $t))"
              " (func (export \"grow\") (param i64) (result i64)"
              "  (table.grow $t (ref.null func) (local.get 0))))");
    uint64_t slot = UINT64_C(1) << 32 | 1;

    (void)state;
    READS("3 10 funcref i64",
          lodge_table_type(table_named(in, "t"), buf, cap, len, ERR));
    assert_int_equal(call1(in, "call", 1), 8);
    FAILS(TRAP, lodge_func_call(func_of(in, "call"), &slot, 1, ERR));
    assert_int_equal(test_err.trap, LODGE_TRAP_TABLE_OUT_OF_BOUNDS);
    assert_int_equal(call1(in, "grow", UINT64_C(1) << 32), UINT64_MAX);
    assert_int_equal(call1(in, "grow", 7), 3);
    assert_int_equal(call1(in, "grow", 1), UINT64_MAX);
    assert_int_equal(call1(in, "size", 0), 10);
    OK(lodge_table_set(table_named(in, "t"), 9, func_of(in, "f").id, ERR));
    assert_int_equal(call1(in, "call", 9), 8);
}

static void tables_of_other_indices_do_not_fit(void **state)
{
    const lodge_extern item = {LODGE_KIND_TABLE, 0,
                               table_new("1 2 funcref i64", 0).id};
    lodge_linker linker = new_linker(engine);
    lodge_instance none = {42};
    lodge_module module = new_module(
        engine, "(module (import \"h\" \"t\" (table 1 2 funcref)))");

    (void)state;
    OK(lodge_linker_add(linker, TEXT("h"), TEXT("t"), &item, ERR));
    SAYS(LINK, "found table 1 2 funcref i64",
         lodge_instance_new(linker, store, module, &none, ERR));
    instance_in_store(linker,
                      "(module (import \"h\" \"t\" (table i64 1 funcref)))");
    assert_int_equal(none.id, 42);
}

/* ---- types that only a module can name --------------------------------- */

static const char exact_text[] =
    "(module (type $s (struct (field (mut i32))))"
    " (type $other (struct (field (mut i64))))"
    " (type $f (func (result i32)))"
    " (table (export \"t\") 2 9 (ref null $s))"
    " (table (export \"call\") 2 9 (ref null $f))"
    " (global (export \"g\") (mut (ref null $s)) (ref.null $s))"
    " (global (export \"fixed\") (ref $f) (ref.func $one))"
    " (elem declare func $one)"
    " (func $one (export \"one\") (type $f) (i32.const 1))"
    " (func (export \"none\"))"
    " (func (export \"s\") (result structref)"
    "  (struct.new $s (i32.const 7)))"
    " (func (export \"other\") (result structref)"
    "  (struct.new $other (i64.const 7)))"
    " (func (export \"read\") (param i32) (result i32)"
    "  (struct.get $s 0 (table.get 0 (local.get 0))))"
    " (func (export \"run\") (param i32) (result i32)"
    "  (call_ref $f (table.get 1 (local.get 0)))))";

/* A type of the module's own is told by its number. */
static void is_exact(const char *before, const char *text, uint64_t len)
{
    char want[64];
    uint32_t number = 0;

    assert_int_equal(sscanf(text + strlen(before), "(ref null %u)", &number),
                     1);
    snprintf(want, sizeof want, "%s(ref null %u)", before, number);
    assert_int_equal(len, strlen(want));
    assert_memory_equal(text, want, len);
}

static void a_table_of_an_exact_type_takes_only_that(void **state)
{
    char text[64] = "";
    uint64_t len;
    lodge_instance in = guest(exact_text);
    lodge_table table = table_named(in, "t");
    uint64_t right = called(in, "s"), wrong = called(in, "other"), slot;

    (void)state;
    OK(lodge_table_type(table, text, sizeof text - 1, &len, ERR));
    is_exact("2 9 ", text, len);
    OK(lodge_table_set(table, 0, right, ERR));
    FAILS(TYPE, lodge_table_set(table, 0, wrong, ERR));
    FAILS(TYPE, lodge_table_set(table, 0, small_number(1), ERR));
    FAILS(TYPE, lodge_table_grow(table, 1, wrong, NULL, ERR));
    is_value(STRUCT, at(table, 0), right);
    assert_int_equal(call1(in, "read", 0), 7);
    slot = 8;
    OK(lodge_ref_write((lodge_ref){right}, 0, &slot, 1, ERR));
    assert_int_equal(call1(in, "read", 0), 8);
    OK(lodge_table_grow(table, 3, right, NULL, ERR));
    assert_int_equal(call1(in, "read", 4), 8);
    slot = 1;
    FAILS(TRAP, lodge_func_call(func_of(in, "read"), &slot, 1, ERR));
    assert_int_equal(test_err.trap, LODGE_TRAP_NULL_REFERENCE);
}

static void a_table_of_exact_functions_takes_only_those(void **state)
{
    lodge_instance in = guest(exact_text);
    lodge_table table = table_named(in, "call");

    (void)state;
    OK(lodge_table_set(table, 1, func_of(in, "one").id, ERR));
    FAILS(TYPE, lodge_table_set(table, 1, func_of(in, "none").id, ERR));
    assert_true(at(table, 1) == func_of(in, "one").id);
    assert_int_equal(call1(in, "run", 1), 1);
    OK(lodge_table_set(table, 1, 0, ERR));
    assert_true(at(table, 1) == 0);
}

static void globals_of_exact_types_take_only_those(void **state)
{
    char text[64] = "";
    uint64_t len;
    lodge_instance in = guest(exact_text);
    uint64_t right = called(in, "s"), wrong = called(in, "other"), slot = 0;
    lodge_global global, fixed;

    (void)state;
    OK(lodge_instance_global(in, TEXT("g"), &global, ERR));
    OK(lodge_instance_global(in, TEXT("fixed"), &fixed, ERR));
    OK(lodge_global_type(global, text, sizeof text - 1, &len, ERR));
    is_exact("mut ", text, len);
    OK(lodge_global_set(global, &right, 1, ERR));
    FAILS(TYPE, lodge_global_set(global, &wrong, 1, ERR));
    OK(lodge_global_get(global, &slot, 1, ERR));
    is_value(STRUCT, slot, right);
    OK(lodge_global_get(fixed, &slot, 1, ERR));
    assert_true(slot == func_of(in, "one").id);
    FAILS(TYPE, lodge_global_set(fixed, &slot, 1, ERR));
}

/* A table that a module made goes on to another, with its exact type. */
static void tables_of_exact_types_are_imported(void **state)
{
    lodge_instance in = guest(exact_text), user;
    lodge_linker linker = new_linker(engine);
    lodge_instance none = {42};
    lodge_module wrong =
        new_module(engine, "(module (type $x (struct (field (mut f32))))"
                           " (import \"m\" \"t\" (table 1 9 (ref null $x))))");

    (void)state;
    OK(lodge_linker_add_instance(linker, TEXT("m"), in, ERR));
    user = instance_in_store(linker,
                             "(module (type $s (struct (field (mut i32))))"
                             " (import \"m\" \"t\" (table 1 9 (ref null $s)))"
                             " (func (export \"set\") (param i32)"
                             "  (table.set (local.get 0)"
                             "   (struct.new $s (i32.const 70)))))");
    call1(user, "set", 1);
    assert_int_equal(call1(in, "read", 1), 70);
    FAILS(LINK, lodge_instance_new(linker, store, wrong, &none, ERR));
    assert_int_equal(none.id, 42);
}

/* ---- lives ------------------------------------------------------------ */

static void what_a_table_holds_survives_collections(void **state)
{
    lodge_instance in = guest(makers_text);
    lodge_table table = table_new("4 anyref", 0);
    uint64_t slot = called(in, "struct");
    int i;

    (void)state;
    OK(lodge_table_set(table, 2, slot, ERR));
    OK(lodge_ref_close((lodge_ref){slot}));
    for (i = 0; i < 100; i++)
        OK(lodge_ref_close((lodge_ref){called(in, "array")}));
    OK(lodge_store_gc(store, ERR));
    slot = at(table, 2);
    OK(lodge_ref_read((lodge_ref){slot}, 0, &slot, 1, ERR));
    assert_int_equal(slot, 42);
    FAILS(HANDLE,
          lodge_table_set(table, 3, called(in, "struct") ^ 1 << 20, ERR));
}

static void closed_references_go_into_nothing(void **state)
{
    lodge_table table = table_new("1 4 anyref", 0);
    uint64_t stale = small_number(3);
    lodge_global global;

    (void)state;
    OK(lodge_global_new(store, TEXT("mut anyref"), &stale, &global, ERR));
    OK(lodge_ref_close((lodge_ref){stale}));
    FAILS(HANDLE, lodge_table_set(table, 0, stale, ERR));
    FAILS(HANDLE, lodge_table_grow(table, 1, stale, NULL, ERR));
    FAILS(HANDLE, lodge_global_set(global, &stale, 1, ERR));
    assert_int_equal(elements(table), 1);
}

static void tokens_come_out_when_the_last_table_forgets_them(void **state)
{
    lodge_table table = table_new("4 8 externref", 11);
    uint64_t tokens[8];
    uint64_t i;

    (void)state;
    assert_int_equal(at(table, 3), 11);
    OK(lodge_table_set(table, 0, 12, ERR));
    OK(lodge_table_set(table, 0, 0, ERR));
    collect();
    assert_int_equal(reap(tokens, 8), 1);
    assert_int_equal(tokens[0], 12);
    for (i = 1; i < 4; i++)
        OK(lodge_table_set(table, i, 0, ERR));
    collect();
    assert_int_equal(reap(tokens, 8), 1);
    assert_int_equal(tokens[0], 11);
}

static void an_exception_waits_in_a_table_to_be_thrown(void **state)
{
    lodge_instance in =
        guest("(module (tag $t (export \"tag\") (param i32))"
              " (table (export \"t\") 2 exnref)"
              " (func (export \"throw\") (param i32)"
              "  (throw_ref (table.get (local.get 0))))"
              " (func (export \"keep\") (param i32)"
              "  (table.set (i32.const 1) (block $b (result exnref)"
              "   (try_table (catch_all_ref $b) (throw $t (local.get 0)))"
              "   (unreachable)))))");
    lodge_table table = table_named(in, "t");
    uint64_t slot = 0, value;

    (void)state;
    OK(lodge_table_set(table, 0, exception_of(in), ERR));
    test_err.flags = LODGE_ERROR_EXCEPTION;
    FAILS(EXCEPTION, lodge_func_call(func_of(in, "throw"), &slot, 1, ERR));
    test_err.flags = 0;
    OK(lodge_exception_read((lodge_ref){test_err.payload}, &value, 1, ERR));
    assert_int_equal(value, 44);
    call1(in, "keep", 55);
    OK(lodge_exception_read((lodge_ref){at(table, 1)}, &value, 1, ERR));
    assert_int_equal(value, 55);
    OK(lodge_table_set(table, 0, 0, ERR));
    slot = 0;
    FAILS(TRAP, lodge_func_call(func_of(in, "throw"), &slot, 1, ERR));
    assert_int_equal(test_err.trap, LODGE_TRAP_NULL_REFERENCE);
}

static int32_t gives_i31(lodge_caller caller, uint64_t *slots)
{
    (void)caller;
    (void)slots;
    return LODGE_OK;
}

static void host_functions_lie_in_tables_beside_guests(void **state)
{
    lodge_linker linker = linker_with("i32 -> i32", LODGE_HOST_DIRECT);
    lodge_instance in = instance_in_store(
        linker, "(module (import \"h\" \"f\" (func $h (param i32)"
                " (result i32)))"
                " (func $g (export \"g\") (param i32) (result i32)"
                "  (i32.add (local.get 0) (i32.const 1)))"
                " (table (export \"t\") 3 funcref)"
                " (elem (i32.const 0) func $h $g)"
                " (func (export \"call\") (param i32) (result i32)"
                "  (call_indirect (param i32) (result i32) (i32.const 9)"
                "   (local.get 0))))");
    lodge_table table = table_named(in, "t");
    uint64_t host = at(table, 0);

    (void)state;
    host_body = gives_i31;
    OK(lodge_table_set(table, 2, host, ERR));
    assert_true(at(table, 2) == host);
    assert_int_equal(call1(in, "call", 1), 10);
    assert_int_equal(call1(in, "call", 2), 9);
    OK(lodge_table_set(table, 0, at(table, 1), ERR));
    assert_int_equal(call1(in, "call", 0), 10);
}

#define REFS_TEST(name)                                                       \
    cmocka_unit_test_setup_teardown(name, begin_refs, end)

static int begin_refs(void **state)
{
    engine_settings = "gc=on,function-references=on,exceptions=on";
    return begin(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        REFS_TEST(a_table_of_every_type_keeps_its_values),
        REFS_TEST(a_table_refuses_values_of_other_types),
        REFS_TEST(globals_refuse_values_of_other_types),
        REFS_TEST(a_global_of_every_type_keeps_its_value),
        REFS_TEST(guests_fill_copy_and_grow_tables_of_every_type),
        REFS_TEST(tables_with_long_indices_do_the_same),
        REFS_TEST(segments_of_every_type_are_read_from_tables),
        REFS_TEST(an_index_outside_is_refused_whatever_its_size),
        REFS_TEST(a_long_table_grows_up_to_its_maximum),
        REFS_TEST(a_guest_uses_long_indices),
        REFS_TEST(tables_of_other_indices_do_not_fit),
        REFS_TEST(a_table_of_an_exact_type_takes_only_that),
        REFS_TEST(a_table_of_exact_functions_takes_only_those),
        REFS_TEST(globals_of_exact_types_take_only_those),
        REFS_TEST(tables_of_exact_types_are_imported),
        REFS_TEST(what_a_table_holds_survives_collections),
        REFS_TEST(closed_references_go_into_nothing),
        REFS_TEST(tokens_come_out_when_the_last_table_forgets_them),
        REFS_TEST(an_exception_waits_in_a_table_to_be_thrown),
        REFS_TEST(host_functions_lie_in_tables_beside_guests),
    };

    return RUN(tests);
}

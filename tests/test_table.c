/* test_table.c - promises of tables. */
#include <pthread.h>

#include "store_fixture.h"

static lodge_table new_table(const char *type, uint64_t value)
{
    lodge_table table;

    OK(lodge_table_new(store, TEXT(type), value, &table, ERR));
    return table;
}

static lodge_table table_of(lodge_instance instance, const char *name)
{
    lodge_table table;

    OK(lodge_instance_table(instance, TEXT(name), &table, ERR));
    return table;
}

static uint64_t elements_of(lodge_table table)
{
    uint64_t elements;

    OK(lodge_table_size(table, &elements, ERR));
    return elements;
}

static uint64_t element(lodge_table table, uint64_t index)
{
    uint64_t value = 42;

    OK(lodge_table_get(table, index, &value, ERR));
    return value;
}

/* Functions that tell who they are, and a table of its own. */
static const char functions[] =
    "(module (table (export \"t\") 3 8 funcref) (elem (i32.const 1) $one)"
    " (func $one (export \"one\") (param i32) (result i32) (i32.const 1))"
    " (func $two (export \"two\") (param i32) (result i32) (i32.const 2))"
    " (func $none (export \"none\"))"
    " (export \"uno\" (func $one))"
    " (func (export \"call\") (param i32) (result i32)"
    "  (call_indirect (param i32) (result i32)"
    "   (i32.const 0) (local.get 0)))"
    " (func (export \"size\") (param i32) (result i32) (table.size))"
    " (func (export \"grow\") (param i32) (result i32)"
    "  (table.grow (ref.null func) (local.get 0))))";

static uint64_t foreign_func(void)
{
    return func_of(new_instance(engine, functions), "one").id;
}

/* ---- making ----------------------------------------------------------- */

static void a_new_table_holds_its_initial_value(void **state)
{
    lodge_func one = func_of(guest(functions), "one");
    lodge_table table = new_table("3 5 funcref", one.id);

    (void)state;
    assert_int_equal(elements_of(table), 3);
    assert_int_equal(element(table, 0), one.id);
    assert_int_equal(element(table, 2), one.id);
    assert_int_equal(element(new_table("2 funcref", 0), 1), 0);
    assert_int_equal(elements_of(new_table("0 funcref", one.id)), 0);
}

static void a_type_reads_back_as_it_was_given(void **state)
{
    static const char *const types[] = {
        "0 funcref",       "10 20 funcref",        "0 0 funcref",
        "3 externref",     "1 4294967295 funcref", "2 3 funcref i64",
        "2 externref i64",
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof types / sizeof *types; i++) {
        lodge_table table = new_table(types[i], 0);

        READS(types[i], lodge_table_type(table, buf, cap, len, ERR));
    }
}

static void a_malformed_type_is_refused_and_out_is_untouched(void **state)
{
    static const char *const types[] = {
        "",
        " ",
        "1",
        "funcref",
        "1 2",
        "2 1 funcref",
        "1 i32",
        "1 v128",
        "-1 funcref",
        "1 2 3 funcref",
        "1 funcref i32",
        "1 func",
        "1 funcref i64 i64",
        "18446744073709551616 funcref",
        "1 \xFF",
        "1 FUNCREF",
    };
    lodge_table table = {42};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof types / sizeof *types; i++)
        FAILS(ARGUMENT,
              lodge_table_new(store, TEXT(types[i]), 0, &table, ERR));
    FAILS(ARGUMENT, lodge_table_new(store, NULL, 9, 0, &table, ERR));
    FAILS(ARGUMENT,
          lodge_table_new(store, "1 funcref", UINT64_MAX, 0, &table, ERR));
    FAILS(ARGUMENT, lodge_table_new(store, TEXT("1 funcref"), 0, NULL, ERR));
    assert_int_equal(table.id, 42);
}

static void a_size_that_no_table_can_have_is_refused(void **state)
{
    static const char *const types[] = {
        "4294967296 funcref",
        "1 4294967296 funcref",
        "18446744073709551615 funcref",
        "18446744073709551615 funcref i64",
        "9223372036854775808 funcref i64",
        "1152921504606846976 externref i64",
        "4294967295 funcref",
    };
    lodge_table table = {42};
    size_t i;

    (void)state;
    OK(lodge_store_set(store, LODGE_STORE_TABLE_LIMIT, 1 << 20, ERR));
    for (i = 0; i < sizeof types / sizeof *types; i++) {
        lodge_status st =
            lodge_table_new(store, TEXT(types[i]), 0, &table, ERR);

        assert_true(st == LODGE_E_TYPE || st == LODGE_E_LIMIT ||
                    st == LODGE_E_ARGUMENT);
    }
    assert_int_equal(table.id, 42);
}

static void a_type_without_a_name_is_unsupported(void **state)
{
    lodge_table table = {42};

    (void)state;
    FAILS(UNSUPPORTED, lodge_table_new(store, TEXT("1 ref"), 0, &table, ERR));
    SAYS(TYPE, "can only be 0",
         lodge_table_new(store, TEXT("1 nullexternref"), 7, &table, ERR));
    assert_int_equal(table.id, 42);
}

static void a_table_of_any_nullable_type_is_made(void **state)
{
    static const char *const names[] = {
        "anyref",  "eqref",       "i31ref",        "structref", "arrayref",
        "nullref", "nullfuncref", "nullexternref", "exnref",    "nullexnref",
    };
    lodge_table table;
    char type[32];
    size_t i;

    (void)state;
    for (i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(type, sizeof type, "2 4 %s", names[i]);
        OK(lodge_table_new(store, TEXT(type), 0, &table, ERR));
        READS(type, lodge_table_type(table, buf, cap, len, ERR));
        assert_int_equal(element(table, 1), 0);
    }
}

static void a_table_is_made_only_in_a_store(void **state)
{
    lodge_table made = new_table("1 funcref", 0), table = {42};

    (void)state;
    FOR_BAD_IDS(
        lodge_store, id,
        FAILS(HANDLE, lodge_table_new(id, TEXT("1 funcref"), 0, &table, ERR)));
    FAILS(HANDLE, lodge_table_new((lodge_store){made.id}, TEXT("1 funcref"), 0,
                                  &table, ERR));
    FAILS(HANDLE, lodge_table_new((lodge_store){engine.id}, TEXT("1 funcref"),
                                  0, &table, ERR));
    lodge_store_close(store);
    FAILS(HANDLE, lodge_table_new(store, TEXT("1 funcref"), 0, &table, ERR));
    assert_int_equal(table.id, 42);
}

/* ---- elements --------------------------------------------------------- */

static void a_function_has_the_same_id_everywhere(void **state)
{
    lodge_instance instance = guest(functions);
    lodge_table table = table_of(instance, "t");
    lodge_func one = func_of(instance, "one");

    (void)state;
    assert_int_equal(element(table, 0), 0);
    assert_int_equal(element(table, 1), one.id);
    assert_int_equal(func_of(instance, "uno").id, one.id);
    OK(lodge_table_set(table, 2, one.id, ERR));
    assert_int_equal(element(table, 2), one.id);
    assert_int_equal(table_of(instance, "t").id, table.id);
}

static void an_element_that_nobody_asked_for_before_can_be_called(void **state)
{
    lodge_instance instance =
        guest("(module (table (export \"t\") 1 funcref)"
              " (elem (i32.const 0) $hidden)"
              " (func $hidden (result i32) (i32.const 77)))");
    lodge_func fn = {element(table_of(instance, "t"), 0)};
    uint64_t slot = 0;

    (void)state;
    READS("-> i32", lodge_func_type(fn, buf, cap, len, ERR));
    OK(lodge_func_call(fn, &slot, 1, ERR));
    assert_int_equal(slot, 77);
}

static void what_the_host_sets_the_guest_calls(void **state)
{
    lodge_instance instance = guest(functions);
    lodge_table table = table_of(instance, "t");
    lodge_func call = func_of(instance, "call");
    uint64_t slot = 0;

    (void)state;
    assert_int_equal(call1(instance, "call", 1), 1);
    OK(lodge_table_set(table, 0, func_of(instance, "two").id, ERR));
    assert_int_equal(call1(instance, "call", 0), 2);
    OK(lodge_table_set(table, 0, 0, ERR));
    FAILS(TRAP, lodge_func_call(call, &slot, 1, ERR));
    assert_int_equal(test_err.trap, LODGE_TRAP_INDIRECT_CALL_TO_NULL);
    OK(lodge_table_set(table, 0, func_of(instance, "none").id, ERR));
    FAILS(TRAP, lodge_func_call(call, &slot, 1, ERR));
    assert_int_equal(test_err.trap, LODGE_TRAP_BAD_SIGNATURE);
    slot = 3;
    FAILS(TRAP, lodge_func_call(call, &slot, 1, ERR));
    assert_int_equal(test_err.trap, LODGE_TRAP_TABLE_OUT_OF_BOUNDS);
}

static void an_index_outside_is_refused_at_every_edge(void **state)
{
    static const uint64_t outside[] = {3,
                                       4,
                                       UINT32_MAX,
                                       UINT64_C(1) << 32,
                                       (UINT64_C(1) << 32) + 1,
                                       UINT64_C(1) << 63,
                                       UINT64_MAX};
    static const char *const types[] = {"3 8 funcref", "3 8 funcref i64",
                                        "3 externref"};
    uint64_t value = 42;
    size_t i, k;

    (void)state;
    for (k = 0; k < sizeof types / sizeof *types; k++) {
        lodge_table table = new_table(types[k], 0);

        for (i = 0; i < sizeof outside / sizeof *outside; i++) {
            FAILS(BOUNDS, lodge_table_get(table, outside[i], &value, ERR));
            FAILS(BOUNDS, lodge_table_set(table, outside[i], 0, ERR));
        }
        OK(lodge_table_set(table, 2, 0, ERR));
    }
    SAYS(BOUNDS, "3",
         lodge_table_get(new_table("0 funcref", 0), 3, &value, ERR));
    assert_int_equal(value, 42);
}

static void a_function_of_another_store_is_foreign(void **state)
{
    lodge_table table = new_table("1 4 funcref", 0), made = {42};
    uint64_t foreign = foreign_func(), old = 42;

    (void)state;
    FAILS(FOREIGN, lodge_table_set(table, 0, foreign, ERR));
    FAILS(FOREIGN, lodge_table_grow(table, 1, foreign, &old, ERR));
    FAILS(FOREIGN,
          lodge_table_new(store, TEXT("1 funcref"), foreign, &made, ERR));
    assert_int_equal(element(table, 0), 0);
    assert_int_equal(elements_of(table), 1);
    assert_true(old == 42 && made.id == 42);
}

static void a_value_that_is_no_function_is_refused(void **state)
{
    lodge_table table = new_table("1 4 funcref", 0);
    const uint64_t others[] = {store.id, table.id, engine.id,
                               new_memory("1").id};
    uint64_t old = 42;
    size_t i;

    (void)state;
    for (i = 0; i < 4 + BAD_IDS; i++) {
        uint64_t id = i < 4 ? others[i] : bad_ids[i - 4];
        lodge_status st = lodge_table_set(table, 0, id, ERR);

        if (id == 0)
            continue;
        assert_true(st == LODGE_E_HANDLE || st == LODGE_E_FOREIGN);
        st = lodge_table_grow(table, 1, id, &old, ERR);
        assert_true(st == LODGE_E_HANDLE || st == LODGE_E_FOREIGN);
    }
    assert_int_equal(element(table, 0), 0);
    assert_int_equal(elements_of(table), 1);
    assert_int_equal(old, 42);
}

static void a_table_keeps_tokens(void **state)
{
    lodge_table table = new_table("2 4 externref", 5);
    uint64_t old = 42;

    (void)state;
    assert_int_equal(element(table, 1), 5);
    OK(lodge_table_set(table, 0, 0, ERR));
    OK(lodge_table_set(table, 1, LODGE_EXTERN_REF - 1, ERR));
    OK(lodge_table_grow(table, 1, 7, &old, ERR));
    assert_int_equal(old, 2);
    assert_int_equal(element(table, 0), 0);
    assert_true(element(table, 1) == LODGE_EXTERN_REF - 1);
    assert_int_equal(element(table, 2), 7);
    FAILS(LIMIT, lodge_table_grow(table, 5, 8, &old, ERR));
    lodge_engine_shutdown(engine);
    assert_int_equal(reap_everything(), 3); /* 8 was not taken */
}

static void a_small_number_is_an_element(void **state)
{
    lodge_instance instance =
        guest("(module (table (export \"t\") 2 i31ref)"
              " (func (export \"go\") (param i32) (result i32)"
              "  (table.set (i32.const 1) (ref.i31 (local.get 0)))"
              "  (i32.const 0)))");
    lodge_table table = table_of(instance, "t");
    uint64_t value = 42;
    lodge_ref ref;

    (void)state;
    call1(instance, "go", 5);
    READS("2 i31ref", lodge_table_type(table, buf, cap, len, ERR));
    OK(lodge_table_get(table, 1, &ref.id, ERR));
    OK(lodge_ref_read(ref, 0, &value, 1, ERR));
    assert_int_equal(value, 5);
    OK(lodge_table_get(table, 0, &value, ERR));
    assert_int_equal(value, 0);
    OK(lodge_table_set(table, 1, 0, ERR));
    assert_int_equal(element(table, 1), 0);
    OK(lodge_table_set(table, 0, ref.id, ERR));
    assert_true(element(table, 0) != 0);
}

static void a_table_that_refuses_null_keeps_refusing_it(void **state)
{
    lodge_instance instance =
        guest("(module (type $v (func))"
              " (table (export \"t\") 1 3 (ref $v) (ref.func $f))"
              " (elem declare func $f)"
              " (func $f (export \"f\")) (func (export \"g\") (param i32)))");
    lodge_table table = table_of(instance, "t");

    (void)state;
    FAILS(TYPE, lodge_table_set(table, 0, 0, ERR));
    FAILS(TYPE, lodge_table_grow(table, 1, 0, NULL, ERR));
    FAILS(TYPE, lodge_table_set(table, 0, func_of(instance, "g").id, ERR));
    OK(lodge_table_grow(table, 1, func_of(instance, "f").id, NULL, ERR));
    OK(lodge_table_set(table, 0, func_of(instance, "f").id, ERR));
    assert_int_equal(elements_of(table), 2);
}

/* ---- growth ----------------------------------------------------------- */

static void a_table_grows_with_the_value_given(void **state)
{
    lodge_func one = func_of(guest(functions), "one");
    lodge_table table = new_table("1 6 funcref", 0);
    uint64_t old = 42;

    (void)state;
    OK(lodge_table_grow(table, 2, one.id, &old, ERR));
    assert_int_equal(old, 1);
    assert_int_equal(element(table, 0), 0);
    assert_int_equal(element(table, 1), one.id);
    assert_int_equal(element(table, 2), one.id);
    OK(lodge_table_grow(table, 0, 0, &old, ERR));
    assert_int_equal(old, 3);
    OK(lodge_table_grow(table, 3, 0, NULL, ERR));
    assert_int_equal(elements_of(table), 6);
}

static void growth_beyond_the_maximum_is_refused(void **state)
{
    static const uint64_t deltas[] = {3,
                                      UINT32_MAX,
                                      UINT64_C(1) << 32,
                                      UINT64_C(1) << 61,
                                      UINT64_MAX - 1,
                                      UINT64_MAX};
    static const char *const types[] = {"1 3 funcref", "1 3 funcref i64",
                                        "1 3 externref"};
    uint64_t old = 42;
    size_t i, k;

    (void)state;
    for (k = 0; k < sizeof types / sizeof *types; k++) {
        lodge_table table = new_table(types[k], 0);

        for (i = 0; i < sizeof deltas / sizeof *deltas; i++)
            FAILS(LIMIT, lodge_table_grow(table, deltas[i], 0, &old, ERR));
        assert_int_equal(elements_of(table), 1);
    }
    assert_int_equal(old, 42);
    assert_int_equal(store_value(LODGE_STORE_TABLE_ELEMENTS), 3);
}

static void growth_that_overflows_is_refused(void **state)
{
    lodge_table table = new_table("1 funcref", 0);
    lodge_table wide = new_table("1 funcref i64", 0);
    uint64_t old = 42;

    (void)state;
    FAILS(LIMIT, lodge_table_grow(table, UINT32_MAX, 0, &old, ERR));
    FAILS(LIMIT, lodge_table_grow(table, UINT64_MAX, 0, &old, ERR));
    FAILS(LIMIT, lodge_table_grow(wide, UINT64_MAX, 0, &old, ERR));
    FAILS(LIMIT, lodge_table_grow(wide, UINT64_MAX - 1, 0, &old, ERR));
    assert_int_equal(old, 42);
    OK(lodge_table_grow(table, 1, 0, &old, ERR));
    assert_int_equal(store_value(LODGE_STORE_TABLE_ELEMENTS), 3);
}

/* More than any system has: refused by it, not by a limit. */
static void growth_that_the_system_refuses_is_not_counted(void **state)
{
    lodge_table table = new_table("1 funcref i64", 0);
    uint64_t old = 42;
    lodge_status st;
    int i;

    (void)state;
    for (i = 0; i < 10; i++) {
        st = lodge_table_grow(table, UINT64_C(1) << 60, 0, &old, ERR);
        assert_true(st == LODGE_E_LIMIT || st == LODGE_E_MEMORY);
    }
    assert_int_equal(old, 42);
    assert_int_equal(elements_of(table), 1);
    assert_int_equal(store_value(LODGE_STORE_TABLE_ELEMENTS), 1);
    OK(lodge_store_set(store, LODGE_STORE_TABLE_LIMIT, 2, ERR));
    OK(lodge_table_grow(table, 1, 0, &old, ERR));
}

static void the_stores_limit_on_elements_holds(void **state)
{
    lodge_table table, more = {42};
    uint64_t old = 42;

    (void)state;
    OK(lodge_store_set(store, LODGE_STORE_TABLE_LIMIT, 10, ERR));
    table = new_table("4 funcref", 0);
    OK(lodge_table_grow(table, 4, 0, NULL, ERR));
    FAILS(LIMIT, lodge_table_grow(table, 3, 0, &old, ERR));
    FAILS(LIMIT, lodge_table_new(store, TEXT("3 funcref"), 0, &more, ERR));
    assert_int_equal(store_value(LODGE_STORE_REFUSALS), 2);
    OK(lodge_table_grow(table, 2, 0, &old, ERR));
    assert_int_equal(old, 8);
    assert_int_equal(more.id, 42);
}

static void a_guest_whose_growth_is_refused_sees_minus_one(void **state)
{
    lodge_instance instance;

    (void)state;
    OK(lodge_store_set(store, LODGE_STORE_TABLE_LIMIT, 5, ERR));
    instance = guest(functions);
    assert_int_equal(call1(instance, "grow", 2), 3);
    assert_int_equal(call1(instance, "grow", 1), UINT32_MAX);
    assert_int_equal(call1(instance, "size", 0), 5);
    assert_int_equal(elements_of(table_of(instance, "t")), 5);
}

/* ---- with guests ------------------------------------------------------ */

static void a_guest_calls_through_a_table_that_the_host_made(void **state)
{
    lodge_instance callee = guest(functions), caller;
    lodge_linker linker = new_linker(engine);
    lodge_table table = new_table("2 4 funcref", func_of(callee, "one").id);
    lodge_extern item = {LODGE_KIND_TABLE, 0, table.id};

    (void)state;
    OK(lodge_linker_add(linker, TEXT("env"), TEXT("t"), &item, ERR));
    caller = instance_in_store(
        linker, "(module (import \"env\" \"t\" (table 2 4 funcref))"
                " (export \"t\" (table 0))"
                " (func (export \"call\") (param i32) (result i32)"
                "  (call_indirect (param i32) (result i32)"
                "   (i32.const 0) (local.get 0))))");
    assert_int_equal(call1(caller, "call", 1), 1);
    OK(lodge_table_set(table, 1, func_of(callee, "two").id, ERR));
    assert_int_equal(call1(caller, "call", 1), 2);
    assert_int_equal(call1(caller, "call", 0), 1);
    assert_int_equal(table_of(caller, "t").id, table.id);
}

static int32_t triples(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    (void)token, (void)caller;
    slots[0] *= 3;
    return 0;
}

static void a_host_function_can_be_an_element(void **state)
{
    lodge_linker linker = new_linker(engine);
    lodge_instance guests = guest(functions), host;

    (void)state;
    OK(lodge_linker_func(linker, TEXT("env"), TEXT("f"), TEXT("i32 -> i32"),
                         triples, 0, ERR));
    host = instance_in_store(linker,
                             "(module (import \"env\" \"f\" (func (param i32)"
                             " (result i32))) (export \"f\" (func 0)))");
    OK(lodge_table_set(table_of(guests, "t"), 2, func_of(host, "f").id, ERR));
    assert_int_equal(call1(guests, "call", 2), 0);
    assert_int_equal(element(table_of(guests, "t"), 2), func_of(host, "f").id);
}

static void a_table_that_does_not_fit_the_import_is_refused(void **state)
{
    lodge_module module = new_module(
        engine, "(module (import \"env\" \"t\" (table 2 4 funcref)))");
    static const char *const types[] = {"1 4 funcref", "2 5 funcref",
                                        "2 funcref", "2 4 externref",
                                        "2 4 funcref i64"};
    lodge_instance instance = {42};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof types / sizeof *types; i++) {
        lodge_extern item = {LODGE_KIND_TABLE, 0, new_table(types[i], 0).id};
        lodge_linker linker = new_linker(engine);

        OK(lodge_linker_add(linker, TEXT("env"), TEXT("t"), &item, ERR));
        FAILS(LINK, lodge_instance_new(linker, store, module, &instance, ERR));
    }
    assert_int_equal(instance.id, 42);
}

/* ---- handles ---------------------------------------------------------- */

static void all_refuse(lodge_table table, lodge_status want)
{
    uint64_t value = 42, len = 42;
    char text[8] = "#";

    GIVES(want, lodge_table_type(table, text, sizeof text, &len, ERR));
    GIVES(want, lodge_table_size(table, &value, ERR));
    GIVES(want, lodge_table_get(table, 0, &value, ERR));
    GIVES(want, lodge_table_set(table, 0, 0, ERR));
    GIVES(want, lodge_table_grow(table, 1, 0, &value, ERR));
    GIVES(want, lodge_table_size(table, &value, NULL));
    assert_true(value == 42 && len == 42 && text[0] == '#');
}

static void ids_that_name_no_table_are_refused(void **state)
{
    lodge_instance instance = guest(functions);

    (void)state;
    FOR_BAD_IDS(lodge_table, id, all_refuse(id, LODGE_E_HANDLE));
    all_refuse((lodge_table){store.id}, LODGE_E_HANDLE);
    all_refuse((lodge_table){engine.id}, LODGE_E_HANDLE);
    all_refuse((lodge_table){instance.id}, LODGE_E_HANDLE);
    all_refuse((lodge_table){func_of(instance, "one").id}, LODGE_E_HANDLE);
    all_refuse((lodge_table){new_memory("1").id}, LODGE_E_HANDLE);
}

static void a_table_is_stale_when_its_store_was_closed(void **state)
{
    lodge_table table = new_table("1 funcref", 0);

    (void)state;
    OK(lodge_store_close(store));
    all_refuse(table, LODGE_E_HANDLE);
    OK(lodge_engine_shutdown(engine));
    all_refuse(table, LODGE_E_HANDLE);
}

static void a_missing_output_is_refused(void **state)
{
    lodge_table table = new_table("1 funcref", 0);

    (void)state;
    FAILS(ARGUMENT, lodge_table_size(table, NULL, ERR));
    FAILS(ARGUMENT, lodge_table_get(table, 0, NULL, ERR));
    FAILS(ARGUMENT, lodge_table_type(table, NULL, 1, NULL, ERR));
}

static void *tries(void *table)
{
    all_refuse(*(lodge_table *)table, LODGE_E_BUSY);
    return NULL;
}

static int32_t lets_another_try(uint64_t token, lodge_caller caller,
                                uint64_t *slots)
{
    lodge_extern item;
    lodge_table table;
    pthread_t thread;

    (void)token;
    OK(lodge_caller_export(caller, TEXT("t"), &item));
    table.id = item.id;
    assert_int_equal(pthread_create(&thread, NULL, tries, &table), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    OK(lodge_table_grow(table, 2, 0, slots, ERR));
    return 0;
}

static void a_table_is_used_inside_a_host_call_by_its_thread(void **state)
{
    lodge_linker linker = new_linker(engine);
    lodge_instance instance;

    (void)state;
    OK(lodge_linker_func(linker, TEXT("env"), TEXT("f"), TEXT("-> i32"),
                         lets_another_try, 0, ERR));
    instance = instance_in_store(
        linker, "(module (import \"env\" \"f\" (func $f (result i32)))"
                " (table (export \"t\") 4 funcref)"
                " (func (export \"go\") (param i32) (result i32)"
                "  (i32.add (call $f) (table.size))))");
    assert_int_equal(call1(instance, "go", 0), 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(a_new_table_holds_its_initial_value),
        STORE_TEST(a_type_reads_back_as_it_was_given),
        STORE_TEST(a_malformed_type_is_refused_and_out_is_untouched),
        STORE_TEST(a_size_that_no_table_can_have_is_refused),
        STORE_TEST(a_type_without_a_name_is_unsupported),
        STORE_TEST(a_table_of_any_nullable_type_is_made),
        STORE_TEST(a_table_is_made_only_in_a_store),
        STORE_TEST(a_function_has_the_same_id_everywhere),
        STORE_TEST(an_element_that_nobody_asked_for_before_can_be_called),
        STORE_TEST(what_the_host_sets_the_guest_calls),
        STORE_TEST(an_index_outside_is_refused_at_every_edge),
        STORE_TEST(a_function_of_another_store_is_foreign),
        STORE_TEST(a_value_that_is_no_function_is_refused),
        STORE_TEST(a_table_keeps_tokens),
        STORE_TEST(a_small_number_is_an_element),
        STORE_TEST(a_table_that_refuses_null_keeps_refusing_it),
        STORE_TEST(a_table_grows_with_the_value_given),
        STORE_TEST(growth_beyond_the_maximum_is_refused),
        STORE_TEST(growth_that_overflows_is_refused),
        STORE_TEST(growth_that_the_system_refuses_is_not_counted),
        STORE_TEST(the_stores_limit_on_elements_holds),
        STORE_TEST(a_guest_whose_growth_is_refused_sees_minus_one),
        STORE_TEST(a_guest_calls_through_a_table_that_the_host_made),
        STORE_TEST(a_host_function_can_be_an_element),
        STORE_TEST(a_table_that_does_not_fit_the_import_is_refused),
        STORE_TEST(ids_that_name_no_table_are_refused),
        STORE_TEST(a_table_is_stale_when_its_store_was_closed),
        STORE_TEST(a_missing_output_is_refused),
        STORE_TEST(a_table_is_used_inside_a_host_call_by_its_thread),
    };

    return RUN(tests);
}

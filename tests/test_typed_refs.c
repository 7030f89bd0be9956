/* test_typed_refs.c - promises of exact reference types in signatures. */
#include "gc_fixture.h"

/* A text in which each %u is the number of a type of that name. */
static const char *with(const char *format, const char *name)
{
    static char text[4][200];
    static uint32_t at;
    const uint32_t n = type_of(name);

    at = (at + 1) % 4;
    snprintf(text[at], sizeof text[at], format, n, n, n);
    return text[at];
}

static const char caller_text[] =
    "(module"
    " (type $point (struct (field (mut i32)) (field f64)))"
    " (import \"h\" \"f\" (func $f (param (ref null $point) i32)"
    "  (result (ref $point))))"
    " (func (export \"go\") (param i32) (result i32)"
    "  (struct.get $point 0 (call $f"
    "   (struct.new $point (local.get 0) (f64.const 0)) (i32.const 5)))))";

static const char caller_sig[] = "(ref null %u) i32 -> (ref %u)";

/* ---- texts ------------------------------------------------------------ */

static void signatures_are_told_by_numbers(void **state)
{
    (void)state;
    READS(with("(ref null %u) -> i32", "point"),
          lodge_func_type(func_of(gc, "x"), buf, cap, len, ERR));
    READS(with("i32 f64 -> (ref %u)", "point"),
          lodge_func_type(func_of(gc, "point"), buf, cap, len, ERR));
    READS(with("(ref %u) i32 -> i32", "bytes"),
          lodge_func_type(func_of(gc, "byte"), buf, cap, len, ERR));
}

static void items_are_told_by_numbers(void **state)
{
    lodge_global global;
    lodge_table table;

    (void)state;
    OK(lodge_instance_global(gc, TEXT("kept"), &global, ERR));
    OK(lodge_instance_table(gc, TEXT("points"), &table, ERR));
    READS(with("mut (ref null %u)", "point"),
          lodge_global_type(global, buf, cap, len, ERR));
    READS(with("4 (ref null %u)", "point"),
          lodge_table_type(table, buf, cap, len, ERR));
}

static void tells(lodge_host host, const char *sig, const char *want)
{
    uint32_t index, count;
    char name[8];

    OK(lodge_host_func(host, TEXT(sig), LODGE_HOST_SUSPEND, 0, &index, ERR));
    snprintf(name, sizeof name, "f%u", index);
    OK(lodge_host_export(host, index, TEXT(name), ERR));
    OK(lodge_host_count(host, &count, ERR));
    READS(want, lodge_host_item(host, count - 1, LODGE_HOST_TYPE, buf, cap,
                                len, ERR));
}

static void texts_of_host_functions_come_back(void **state)
{
    static const char *const same[] = {
        "(ref func) -> (ref extern)",
        "(ref any) (ref eq) (ref i31) (ref struct) (ref array) (ref exn) ->",
        "(ref none) (ref nofunc) (ref noextern) (ref noexn) ->"};
    lodge_host host;
    uint32_t i;

    (void)state;
    OK(lodge_host_new(engine, TEXT("h"), &host, ERR));
    for (i = 0; i < 3; i++)
        tells(host, same[i], same[i]);
    tells(host, "(ref  null\tfunc),(ref null any)->", "funcref anyref ->");
    tells(host, "( ref null func )(ref null any) ->", "funcref anyref ->");
    tells(host, with(caller_sig, "point"), with(caller_sig, "point"));
    lodge_host_close(host);
}

static void texts_that_mean_nothing_are_refused(void **state)
{
    static const char *const bad[] = {"(ref",
                                      "(ref)",
                                      "(ref null)",
                                      "(ref null null)",
                                      "(ref nobody)",
                                      "(ref any any)",
                                      "(ref null any any)",
                                      "(",
                                      ")",
                                      "()",
                                      "(any)",
                                      "(ref 255)",
                                      "(ref 0)",
                                      "(ref 2147483648)",
                                      "(ref 4294967552)",
                                      "(ref -1)",
                                      "(ref $point)",
                                      "(ref i32)",
                                      "ref null any",
                                      "(ref null (ref any))"};
    lodge_linker linker = new_linker(engine);
    uint32_t i;

    (void)state;
    for (i = 0; i < sizeof bad / sizeof *bad; i++)
        FAILS(ARGUMENT, lodge_linker_func(linker, TEXT("h"), TEXT("f"),
                                          TEXT(bad[i]), direct_fn, 0, ERR));
    SAYS(NOT_FOUND, "no type of this engine",
         lodge_linker_func(linker, TEXT("h"), TEXT("f"),
                           TEXT("(ref 2147483647) ->"), direct_fn, 0, ERR));
}

/* ---- host functions --------------------------------------------------- */

static int32_t next_point(lodge_caller caller, uint64_t *slots)
{
    uint64_t x = value_at((lodge_ref){slots[0]}, 0) + slots[1];

    (void)caller;
    collect();
    slots[0] = new_point((uint32_t)x).id;
    return 0;
}

static void host_functions_pass_exact_types(void **state)
{
    uint32_t i, k;

    (void)state;
    host_body = next_point;
    for (i = 0; i < MODES; i++) {
        lodge_instance in = instance_in_store(
            linker_with(with(caller_sig, "point"), modes[i]), caller_text);

        for (k = 0; k < 10; k++) {
            struct frame f = frame_of(func_of(in, "go"));

            SLOT(&f, 0) = k;
            OK(run(&f));
            assert_int_equal(SLOT(&f, 0), k + 5);
        }
    }
}

static uint64_t answer;

static int32_t gives_answer(lodge_caller caller, uint64_t *slots)
{
    (void)caller;
    slots[0] = answer;
    return 0;
}

static void a_host_function_returns_the_exact_type(void **state)
{
    uint64_t bad[2];
    uint32_t i, k;

    (void)state;
    bad[0] = make_struct("small", NULL, 0).id;
    bad[1] = 0;
    host_body = gives_answer;
    for (i = 0; i < 2; i++) {
        lodge_instance in = instance_in_store(
            linker_with(with(caller_sig, "point"), modes[i]), caller_text);

        for (k = 0; k < 2; k++) {
            struct frame f = frame_of(func_of(in, "go"));

            answer = bad[k];
            GIVES(LODGE_E_TYPE, run(&f));
        }
    }
}

static void an_answer_is_of_the_exact_type(void **state)
{
    lodge_instance in = instance_in_store(
        linker_with(with(caller_sig, "point"), LODGE_HOST_SUSPEND),
        caller_text);
    struct frame f = frame_of(func_of(in, "go"));

    (void)state;
    assert_int_equal(lodge_call(f.word), LODGE_REQUEST);
    SLOT(&f, 0) = make_struct("small", NULL, 0).id;
    assert_int_equal(lodge_resume(f.word), LODGE_E_TYPE);
    SLOT(&f, 0) = 0;
    assert_int_equal(lodge_resume(f.word), LODGE_E_TYPE);
    SLOT(&f, 0) = new_point(9).id;
    OK(lodge_resume(f.word));
    assert_int_equal(SLOT(&f, 0), 9);
}

/* The numbers go with their module; the function has its types. */
static void a_host_function_keeps_its_types(void **state)
{
    lodge_linker linker =
        linker_with(with(caller_sig, "point"), LODGE_HOST_DIRECT);
    uint32_t point = type_of("point");
    lodge_instance in;
    struct frame f;

    (void)state;
    lodge_module_close(gc_types);
    lodge_instance_close(gc);
    in = instance_in_store(linker, caller_text);
    f = frame_of(func_of(in, "go"));
    host_body = gives_answer;
    SLOT(&f, 0) = 1;
    OK(lodge_ref_struct(store, point, NULL, 0, (lodge_ref *)&answer, ERR));
    OK(run(&f));
    assert_int_equal(SLOT(&f, 0), 0);
}

static void a_mismatch_names_both_types(void **state)
{
    lodge_module module = new_module(engine, caller_text);
    lodge_instance out = {77};
    char text[200];

    (void)state;
    snprintf(text, sizeof text,
             "import \"h\".\"f\": expected func (ref null %u) i32 -> (ref %u),"
             " found func (ref null %u) i32 -> (ref %u)",
             type_of("point"), type_of("point"), type_of("small"),
             type_of("small"));
    SAYS(LINK, text,
         lodge_instance_new(
             linker_with(with(caller_sig, "small"), LODGE_HOST_DIRECT), store,
             module, &out, ERR));
    SAYS(LINK, "found func anyref i32 -> anyref",
         lodge_instance_new(
             linker_with("anyref i32 -> anyref", LODGE_HOST_DIRECT), store,
             module, &out, ERR));
    /* It would do, but the import says which type it is. */
    SAYS(
        LINK, "import \"h\".\"f\": expected",
        lodge_instance_new(linker_with(with("anyref i32 -> (ref %u)", "point"),
                                       LODGE_HOST_DIRECT),
                           store, module, &out, ERR));
    assert_int_equal(out.id, 77);
}

/* ---- items ------------------------------------------------------------ */

static void globals_of_exact_types_are_made(void **state)
{
    uint64_t slot = new_point(3).id, small;
    lodge_global global = {77};

    (void)state;
    OK(lodge_global_new(store, TEXT(with("mut (ref null %u)", "point")), &slot,
                        &global, ERR));
    READS(with("mut (ref null %u)", "point"),
          lodge_global_type(global, buf, cap, len, ERR));
    small = make_struct("small", NULL, 0).id;
    FAILS(TYPE, lodge_global_set(global, &small, 1, ERR));
    OK(lodge_global_get(global, &slot, 1, ERR));
    assert_int_equal(value_at((lodge_ref){slot}, 0), 3);
    small = 0;
    OK(lodge_global_set(global, &small, 1, ERR));
    OK(lodge_global_get(global, &slot, 1, ERR));
    assert_int_equal(slot, 0);
    FAILS(TYPE,
          lodge_global_new(store, TEXT("(ref i31)"), &slot, &global, ERR));
    FAILS(NOT_FOUND, lodge_global_new(store, TEXT("(ref null 2147483647)"),
                                      &slot, &global, ERR));
}

static void tables_of_exact_types_are_made(void **state)
{
    lodge_ref point = new_point(3), small;
    lodge_table table = {77};
    uint64_t value = 42;

    (void)state;
    OK(lodge_table_new(store, TEXT(with("2 4 (ref null %u)", "point")), 0,
                       &table, ERR));
    READS(with("2 4 (ref null %u)", "point"),
          lodge_table_type(table, buf, cap, len, ERR));
    OK(lodge_table_set(table, 0, point.id, ERR));
    small = make_struct("small", NULL, 0);
    FAILS(TYPE, lodge_table_set(table, 1, small.id, ERR));
    OK(lodge_table_get(table, 0, &value, ERR));
    assert_int_equal(same((lodge_ref){value}, point), 1);
    OK(lodge_table_new(store, TEXT(with("2 4 (ref %u) i64", "point")),
                       point.id, &table, ERR));
    FAILS(TYPE, lodge_table_set(table, 1, 0, ERR));
    FAILS(TYPE, lodge_table_grow(table, 1, 0, NULL, ERR));
    FAILS(NOT_FOUND, lodge_table_new(store, TEXT("1 (ref null 2147483647)"), 0,
                                     &table, ERR));
}

static void tables_of_exact_functions_are_made(void **state)
{
    lodge_table table = {77};
    uint64_t value = 42;

    (void)state;
    OK(lodge_table_new(store, TEXT(with("2 (ref null %u)", "fn")), 0, &table,
                       ERR));
    OK(lodge_table_set(table, 1, func_of(gc, "x").id, ERR));
    FAILS(TYPE, lodge_table_set(table, 1, func_of(gc, "y").id, ERR));
    OK(lodge_table_get(table, 1, &value, ERR));
    assert_int_equal(value, func_of(gc, "x").id);
}

static void exceptions_carry_exact_types(void **state)
{
    uint64_t slot = new_point(3).id;
    lodge_ref exn = {77};
    lodge_tag tag;

    (void)state;
    OK(lodge_tag_new(store, TEXT(with("(ref null %u)", "point")), &tag, ERR));
    READS(with("(ref null %u)", "point"),
          lodge_tag_type(tag, buf, cap, len, ERR));
    OK(lodge_exception_new(tag, &slot, 1, &exn, ERR));
    slot = 0;
    OK(lodge_exception_read(exn, &slot, 1, ERR));
    assert_int_equal(value_at((lodge_ref){slot}, 0), 3);
    slot = make_struct("small", NULL, 0).id;
    FAILS(TYPE, lodge_exception_new(tag, &slot, 1, &exn, ERR));
    FAILS(NOT_FOUND,
          lodge_tag_new(store, TEXT("(ref 2147483647)"), &tag, ERR));
}

static const char items_text[] =
    "(module"
    " (type $point (struct (field (mut i32)) (field f64)))"
    " (import \"m\" \"g\" (global $g (mut (ref null $point))))"
    " (import \"m\" \"t\" (table $t 2 (ref null $point)))"
    " (import \"m\" \"e\" (tag $e (param (ref null $point))))"
    " (func (export \"go\") (param i32)"
    "  (global.set $g (struct.new $point (local.get 0) (f64.const 0)))"
    "  (table.set $t (i32.const 1) (global.get $g))"
    "  (throw $e (global.get $g))))";

/* In each store anew, also when nothing else keeps the numbers. */
static void host_modules_have_items_of_exact_types(void **state)
{
    lodge_linker linker = new_linker(engine);
    uint64_t null = 0, slot = 4, value = 42;
    uint32_t index[3], i;
    lodge_instance in;
    lodge_table table;
    lodge_extern item;
    lodge_host host;

    (void)state;
    OK(lodge_host_new(engine, TEXT("m"), &host, ERR));
    OK(lodge_host_global(host, TEXT(with("mut (ref null %u)", "point")), &null,
                         &index[0], ERR));
    OK(lodge_host_table(host, TEXT(with("2 (ref null %u)", "point")),
                        &index[1], ERR));
    OK(lodge_host_tag(host, TEXT(with("(ref null %u)", "point")), &index[2],
                      ERR));
    for (i = 0; i < 3; i++)
        OK(lodge_host_export(host, index[i], &"gte"[i], 1, ERR));
    OK(lodge_linker_add_host(linker, host, ERR));
    lodge_module_close(gc_types);
    lodge_instance_close(gc);
    lodge_store_close(store);
    store = new_store(engine);
    in = instance_in_store(linker, items_text);
    FAILS(EXCEPTION, lodge_func_call(func_of(in, "go"), &slot, 1, ERR));
    OK(lodge_host_get(host, store, TEXT("t"), &item, ERR));
    table.id = item.id;
    OK(lodge_table_get(table, 1, &value, ERR));
    assert_int_equal(value_at((lodge_ref){value}, 0), 4);
}

static void host_items_of_unknown_types_are_refused(void **state)
{
    uint64_t null = 0;
    uint32_t index = 77;
    lodge_host host;

    (void)state;
    OK(lodge_host_new(engine, TEXT("m"), &host, ERR));
    FAILS(NOT_FOUND, lodge_host_func(host, TEXT("(ref 2147483647) ->"),
                                     LODGE_HOST_SUSPEND, 0, &index, ERR));
    FAILS(NOT_FOUND, lodge_host_global(host, TEXT("(ref null 2147483647)"),
                                       &null, &index, ERR));
    FAILS(NOT_FOUND, lodge_host_table(host, TEXT("1 (ref null 2147483647)"),
                                      &index, ERR));
    FAILS(NOT_FOUND,
          lodge_host_tag(host, TEXT("(ref 2147483647)"), &index, ERR));
    assert_int_equal(index, 77);
    lodge_host_close(host);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        GC_TEST(signatures_are_told_by_numbers),
        GC_TEST(items_are_told_by_numbers),
        GC_TEST(texts_of_host_functions_come_back),
        GC_TEST(texts_that_mean_nothing_are_refused),
        GC_TEST(host_functions_pass_exact_types),
        GC_TEST(a_host_function_returns_the_exact_type),
        GC_TEST(an_answer_is_of_the_exact_type),
        GC_TEST(a_host_function_keeps_its_types),
        GC_TEST(a_mismatch_names_both_types),
        GC_TEST(globals_of_exact_types_are_made),
        GC_TEST(tables_of_exact_types_are_made),
        GC_TEST(tables_of_exact_functions_are_made),
        GC_TEST(exceptions_carry_exact_types),
        GC_TEST(host_modules_have_items_of_exact_types),
        GC_TEST(host_items_of_unknown_types_are_refused),
    };

    return RUN(tests);
}

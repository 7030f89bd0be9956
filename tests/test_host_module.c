/* test_host_module.c - host modules: built, named, added, looked at, closed.
 * The numbers C1.1 .. C5.10 are those of the builder's specification.
 */
#include "lodge_test.h"

/* ---- bodies ----------------------------------------------------------- */

static uint64_t seen_token, seen_upper;
static lodge_instance seen_instance;

static int32_t add(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    seen_token = token;
    OK(lodge_caller_instance(caller, &seen_instance));
    slots[0] = slots[0] + slots[1];
    return 0;
}

static int32_t ten(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    (void)token;
    (void)caller;
    slots[0] = 10;
    return 0;
}

static int32_t nothing(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    (void)token;
    (void)caller;
    (void)slots;
    return 0;
}

static int32_t dirty(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    (void)token;
    (void)caller;
    seen_upper = slots[0] >> 32;
    slots[0] |= UINT64_C(0xDEAD) << 32; /* upper half is ignored */
    return 0;
}

static int32_t fails(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    (void)caller;
    slots[0] = 77; /* ignored */
    return (int32_t)token;
}

static int32_t fails_with_payload(uint64_t token, lodge_caller caller,
                                  uint64_t *slots)
{
    (void)slots;
    return lodge_caller_fail(caller, token, TEXT("no such file"));
}

/* ---- helpers ---------------------------------------------------------- */

static lodge_host new_host(lodge_engine engine, const char *name)
{
    lodge_host host;

    OK(lodge_host_new(engine, TEXT(name), &host, ERR));
    return host;
}

static uint32_t new_func(lodge_host host, const char *sig, uint64_t token,
                         lodge_direct_fn fn)
{
    uint32_t index;

    OK(lodge_host_func(host, TEXT(sig), LODGE_HOST_DIRECT, token, &index,
                       ERR));
    OK(lodge_host_direct(host, index, fn, ERR));
    return index;
}

static void export_as(lodge_host host, uint32_t index, const char *name)
{
    OK(lodge_host_export(host, index, TEXT(name), ERR));
}

static uint32_t exports_of(lodge_host host)
{
    uint32_t n;

    OK(lodge_host_count(host, &n, ERR));
    return n;
}

/* An instance whose exports are its imports from "env". */
static lodge_instance instance_with(lodge_engine engine, lodge_linker linker,
                                    const char *text)
{
    lodge_module module = new_module(engine, text);
    lodge_instance instance;

    OK(lodge_instance_new(linker, (lodge_store){0}, module, &instance, ERR));
    lodge_module_close(module);
    return instance;
}

static uint64_t call2(lodge_instance instance, const char *name, uint64_t a,
                      uint64_t b)
{
    uint64_t slots[2] = {a, b};

    OK(lodge_func_call(func_of(instance, name), slots, 2, ERR));
    return slots[0];
}

/* Takes tokens out; how many, and the first of them. */
static uint32_t reap(uint64_t *first)
{
    uint32_t kinds[8], n;
    uint64_t tokens[8] = {0};

    OK(lodge_reap(0, kinds, tokens, 8, &n));
    if (n)
        assert_int_equal(kinds[0], LODGE_KIND_HOST);
    *first = tokens[0];
    return n;
}

static void nothing_to_reap(void)
{
    uint64_t token;

    assert_int_equal(reap(&token), 0);
}

static void nothing_to_reap_but(uint64_t expected)
{
    uint64_t token;

    assert_int_equal(reap(&token), 1);
    assert_int_equal(token, expected);
}

static const char calls_f[] =
    "(module (import \"env\" \"f\" (func $f (param i32 i32) (result i32)))"
    " (func (export \"f\") (param i32 i32) (result i32)"
    "  (call $f (local.get 0) (local.get 1))))";

/* ---- C1: life of a builder -------------------------------------------- */

static void a_host_module_runs_its_functions(void **state)
{
    lodge_engine engine = new_engine();
    lodge_linker linker = new_linker(engine);
    lodge_host host = new_host(engine, "env");
    lodge_instance instance;
    uint64_t token;

    (void)state;
    export_as(host, new_func(host, "i32 i32 -> i32", 7, add), "f");
    OK(lodge_linker_add_host(linker, host, ERR));
    instance = instance_with(engine, linker, calls_f);
    assert_int_equal(call2(instance, "f", 30, 12), 42);
    assert_int_equal(seen_token, 7);
    assert_int_equal(seen_instance.id, instance.id);
    lodge_engine_shutdown(engine);
    assert_int_equal(reap(&token), 1);
    assert_int_equal(token, 7);
}

/* C1.2 */
static void an_empty_module_name_is_refused_when_it_is_added(void **state)
{
    lodge_engine engine = new_engine();
    lodge_linker linker = new_linker(engine);
    lodge_host host = new_host(engine, "");

    (void)state;
    SAYS(ARGUMENT, "empty", lodge_linker_add_host(linker, host, ERR));
    lodge_engine_shutdown(engine);
}

/* C1.4 */
static void exporting_a_name_again_keeps_its_place(void **state)
{
    lodge_engine engine = new_engine();
    lodge_linker linker = new_linker(engine);
    lodge_host host = new_host(engine, "env");
    uint32_t a = new_func(host, "i32 i32 -> i32", 0, add);
    uint32_t b = new_func(host, "i32 i32 -> i32", 0, ten);

    (void)state;
    export_as(host, a, "f");
    export_as(host, a, "g");
    export_as(host, b, "f");
    assert_int_equal(exports_of(host), 2);
    READS("f", lodge_host_item(host, 0, LODGE_HOST_EXPORT_NAME, buf, cap, len,
                               ERR));
    READS("1", lodge_host_item(host, 0, LODGE_HOST_INDEX, buf, cap, len, ERR));
    READS("g", lodge_host_item(host, 1, LODGE_HOST_EXPORT_NAME, buf, cap, len,
                               ERR));
    OK(lodge_linker_add_host(linker, host, ERR));
    assert_int_equal(call2(instance_with(engine, linker, calls_f), "f", 1, 2),
                     10);
    lodge_engine_shutdown(engine);
}

/* C1.5 */
static void one_function_under_several_names_is_reaped_once(void **state)
{
    lodge_engine engine = new_engine();
    lodge_linker linker = new_linker(engine);
    lodge_host host = new_host(engine, "env");
    uint32_t f = new_func(host, "i32 i32 -> i32", 99, add);
    uint64_t token;

    (void)state;
    export_as(host, f, "f");
    export_as(host, f, "g");
    OK(lodge_linker_add_host(linker, host, ERR));
    READS("g", lodge_host_item(host, 1, LODGE_HOST_EXPORT_NAME, buf, cap, len,
                               ERR));
    lodge_host_close(host);
    nothing_to_reap();
    lodge_linker_close(linker);
    assert_int_equal(reap(&token), 1);
    assert_int_equal(token, 99);
    lodge_engine_shutdown(engine);
}

/* C1.6 */
static void names_are_kept_and_counted(void **state)
{
    lodge_engine engine = new_engine();
    lodge_host host = new_host(engine, "env");
    uint32_t f = new_func(host, "i32 i64 -> f32", 0, nothing);

    (void)state;
    export_as(host, f, "f");
    READS("f",
          lodge_host_item(host, 0, LODGE_HOST_TRACE_NAME, buf, cap, len, ERR));
    READS("", lodge_host_item(host, 0, LODGE_HOST_PARAM_NAMES, buf, cap, len,
                              ERR));
    OK(lodge_host_describe(host, f, LODGE_HOST_TRACE_NAME, TEXT("env.f"),
                           ERR));
    OK(lodge_host_describe(host, f, LODGE_HOST_PARAM_NAMES, TEXT("a\nb"),
                           ERR));
    OK(lodge_host_describe(host, f, LODGE_HOST_RESULT_NAMES, TEXT("sum"),
                           ERR));
    SAYS(ARGUMENT, "function 0: 1 names for 2 parameters",
         lodge_host_describe(host, f, LODGE_HOST_PARAM_NAMES, TEXT("a"), ERR));
    SAYS(ARGUMENT, "2 names for 1 results",
         lodge_host_describe(host, f, LODGE_HOST_RESULT_NAMES, TEXT("a\nb"),
                             ERR));
    READS("env.f",
          lodge_host_item(host, 0, LODGE_HOST_TRACE_NAME, buf, cap, len, ERR));
    READS("a\nb", lodge_host_item(host, 0, LODGE_HOST_PARAM_NAMES, buf, cap,
                                  len, ERR));
    READS("sum", lodge_host_item(host, 0, LODGE_HOST_RESULT_NAMES, buf, cap,
                                 len, ERR));
    READS("i32 i64 -> f32",
          lodge_host_item(host, 0, LODGE_HOST_TYPE, buf, cap, len, ERR));
    READS("direct",
          lodge_host_item(host, 0, LODGE_HOST_MODE, buf, cap, len, ERR));
    READS("env", lodge_host_item(host, 0, LODGE_HOST_MODULE_NAME, buf, cap,
                                 len, ERR));
    OK(lodge_host_describe(host, f, LODGE_HOST_PARAM_NAMES, NULL, 0, ERR));
    READS("", lodge_host_item(host, 0, LODGE_HOST_PARAM_NAMES, buf, cap, len,
                              ERR));
    lodge_engine_shutdown(engine);
}

/* C1.7 */
static void changes_do_not_reach_linkers_that_have_it(void **state)
{
    lodge_engine engine = new_engine();
    lodge_linker first = new_linker(engine), second = new_linker(engine);
    lodge_host host = new_host(engine, "env");
    uint32_t f = new_func(host, "i32 i32 -> i32", 0, add);
    lodge_instance before;

    (void)state;
    export_as(host, f, "f");
    OK(lodge_linker_add_host(first, host, ERR));
    before = instance_with(engine, first, calls_f);
    SAYS(STATE, "in a linker", lodge_host_direct(host, f, ten, ERR));
    FAILS(STATE,
          lodge_host_describe(host, f, LODGE_HOST_TRACE_NAME, TEXT("x"), ERR));
    export_as(host, new_func(host, "i32 i32 -> i32", 0, ten), "f");
    OK(lodge_linker_add_host(second, host, ERR));
    assert_int_equal(call2(before, "f", 1, 2), 3);
    assert_int_equal(call2(instance_with(engine, first, calls_f), "f", 1, 2),
                     3);
    assert_int_equal(call2(instance_with(engine, second, calls_f), "f", 1, 2),
                     10);
    lodge_engine_shutdown(engine);
}

/* ---- adding ------------------------------------------------------------ */

static void adding_is_all_or_nothing_and_names_the_function(void **state)
{
    lodge_engine engine = new_engine();
    lodge_linker linker = new_linker(engine);
    lodge_host host = new_host(engine, "env"), other = new_host(engine, "env");
    lodge_module module = new_module(engine, calls_f);
    lodge_instance instance;
    uint32_t index;

    (void)state;
    export_as(host, new_func(host, "i32 i32 -> i32", 0, add), "f");
    OK(lodge_host_func(host, TEXT("->"), LODGE_HOST_DIRECT, 0, &index, ERR));
    export_as(host, index, "empty");
    SAYS(STATE, "\"env\".\"empty\"", lodge_linker_add_host(linker, host, ERR));
    FAILS(LINK, lodge_instance_new(linker, (lodge_store){0}, module, &instance,
                                   ERR));
    OK(lodge_host_direct(host, index, nothing, ERR));
    OK(lodge_linker_add_host(linker, host, ERR));
    export_as(other, new_func(other, "->", 0, nothing), "new");
    export_as(other, new_func(other, "->", 0, nothing), "f");
    SAYS(LINK, "\"env\".\"f\"", lodge_linker_add_host(linker, other, ERR));
    OK(lodge_instance_new(linker, (lodge_store){0}, module, &instance, ERR));
    assert_int_equal(call2(instance, "f", 1, 2), 3);
    lodge_engine_shutdown(engine);
}

static void a_linker_with_shadowing_takes_it_twice(void **state)
{
    lodge_engine engine = new_engine();
    lodge_linker linker = new_linker(engine);
    lodge_host host = new_host(engine, "env");

    (void)state;
    export_as(host, new_func(host, "->", 0, nothing), "f");
    OK(lodge_linker_add_host(linker, host, ERR));
    FAILS(LINK, lodge_linker_add_host(linker, host, ERR));
    OK(lodge_linker_set(linker, LODGE_LINKER_SHADOWING, 1, ERR));
    OK(lodge_linker_add_host(linker, host, ERR));
    OK(lodge_linker_add_host(linker, host, ERR));
    lodge_engine_shutdown(engine);
}

/* C5.3 */
static void a_wrong_type_is_told_by_name(void **state)
{
    lodge_engine engine = new_engine();
    lodge_linker linker = new_linker(engine);
    lodge_host host = new_host(engine, "env");
    lodge_module module = new_module(engine, calls_f);
    lodge_instance instance;

    (void)state;
    export_as(host, new_func(host, "i32 -> i32", 0, dirty), "f");
    OK(lodge_linker_add_host(linker, host, ERR));
    SAYS(LINK, "import \"env\".\"f\"",
         lodge_instance_new(linker, (lodge_store){0}, module, &instance, ERR));
    lodge_engine_shutdown(engine);
}

/* ---- C3: slots --------------------------------------------------------- */

static void upper_halves_are_zero_in_and_ignored_out(void **state)
{
    lodge_engine engine = new_engine();
    lodge_linker linker = new_linker(engine);
    lodge_host host = new_host(engine, "env");
    lodge_instance instance;

    (void)state;
    export_as(host, new_func(host, "i32 -> i32", 0, dirty), "f");
    OK(lodge_linker_add_host(linker, host, ERR));
    instance = instance_with(
        engine, linker,
        "(module (import \"env\" \"f\" (func $f (param i32) (result i32)))"
        " (func (export \"f\") (param i32 i32) (result i64)"
        "  (i64.extend_i32_u (call $f (local.get 0)))))");
    assert_int_equal(call2(instance, "f", UINT64_MAX, 0), UINT32_MAX);
    assert_int_equal(seen_upper, 0);
    lodge_engine_shutdown(engine);
}

/* C4.10 */
static void results_that_are_not_written_are_zero(void **state)
{
    lodge_engine engine = new_engine();
    lodge_linker linker = new_linker(engine);
    lodge_host host = new_host(engine, "env");
    lodge_instance instance;

    (void)state;
    export_as(host, new_func(host, "-> i64", 0, nothing), "f");
    OK(lodge_linker_add_host(linker, host, ERR));
    instance = instance_with(
        engine, linker,
        "(module (import \"env\" \"f\" (func $f (result i64)))"
        " (func (export \"f\") (param i32 i32) (result i64) (call $f)))");
    assert_int_equal(call2(instance, "f", 5, 6), 0);
    lodge_engine_shutdown(engine);
}

/* ---- C4: failures ------------------------------------------------------ */

static void a_failure_without_words_names_the_function(void **state)
{
    lodge_engine engine = new_engine();
    lodge_linker linker = new_linker(engine);
    lodge_host host = new_host(engine, "env");
    uint32_t f = new_func(host, "i32 i32 -> i32", 5, fails);
    lodge_instance instance;
    uint64_t slots[2] = {1, 2};

    (void)state;
    export_as(host, f, "f");
    OK(lodge_host_describe(host, f, LODGE_HOST_TRACE_NAME, TEXT("env.open"),
                           ERR));
    OK(lodge_linker_add_host(linker, host, ERR));
    instance = instance_with(engine, linker, calls_f);
    SAYS(HOST, "\"env.open\" returned 5",
         lodge_func_call(func_of(instance, "f"), slots, 2, ERR));
    lodge_engine_shutdown(engine);
    nothing_to_reap_but(5);
}

static void
a_payload_comes_back_and_the_function_can_be_called_again(void **state)
{
    lodge_engine engine = new_engine();
    lodge_linker linker = new_linker(engine);
    lodge_host host = new_host(engine, "env");
    lodge_instance instance;
    uint64_t slots[2] = {1, 2};
    int i;

    (void)state;
    export_as(
        host,
        new_func(host, "i32 i32 -> i32", 0xABCDEF0123, fails_with_payload),
        "f");
    OK(lodge_linker_add_host(linker, host, ERR));
    instance = instance_with(engine, linker, calls_f);
    for (i = 0; i < 3; i++) {
        SAYS(HOST, "no such file",
             lodge_func_call(func_of(instance, "f"), slots, 2, ERR));
        assert_int_equal(test_err.payload, 0xABCDEF0123);
    }
    lodge_engine_shutdown(engine);
    nothing_to_reap_but(0xABCDEF0123);
}

/* ---- C5: closing -------------------------------------------------------- */

/* C5.5, C5.9, C5.10 */
static void a_token_outlives_all_that_can_reach_it(void **state)
{
    lodge_engine engine = new_engine();
    lodge_linker linker = new_linker(engine);
    lodge_host host = new_host(engine, "env");
    lodge_module module = new_module(engine, calls_f);
    lodge_prepared prepared;
    lodge_instance instance;
    uint64_t token;

    (void)state;
    export_as(host, new_func(host, "i32 i32 -> i32", 31, add), "f");
    OK(lodge_linker_add_host(linker, host, ERR));
    OK(lodge_linker_prepare(linker, module, &prepared, ERR));
    OK(lodge_prepared_instance(prepared, (lodge_store){0}, &instance, ERR));
    lodge_host_close(host);
    lodge_host_close(host);
    FAILS(HANDLE, lodge_host_export(host, 0, TEXT("g"), ERR));
    lodge_linker_close(linker);
    lodge_prepared_close(prepared);
    nothing_to_reap();
    assert_int_equal(call2(instance, "f", 1, 2), 3);
    lodge_instance_close(instance);
    assert_int_equal(reap(&token), 1);
    assert_int_equal(token, 31);
    lodge_module_close(module);
    lodge_engine_close(engine);
}

static void an_unused_function_gives_its_token_back(void **state)
{
    lodge_engine engine = new_engine();
    lodge_host host = new_host(engine, "env");
    uint32_t index;

    (void)state;
    OK(lodge_host_func(host, TEXT("->"), LODGE_HOST_SUSPEND, 12, &index, ERR));
    lodge_host_close(host);
    nothing_to_reap_but(12);
    lodge_engine_close(engine);
}

static void ten_thousand_rounds_leave_nothing(void **state)
{
    lodge_engine engine = new_engine();
    uint64_t token;
    int i;

    (void)state;
    for (i = 1; i <= 10000; i++) {
        lodge_linker linker = new_linker(engine);
        lodge_host host = new_host(engine, "env");

        export_as(host, new_func(host, "i32 i32 -> i32", (uint64_t)i, add),
                  "f");
        OK(lodge_linker_add_host(linker, host, ERR));
        if (i & 1)
            lodge_host_close(host);
        lodge_linker_close(linker);
        lodge_host_close(host);
        assert_int_equal(reap(&token), 1);
        assert_int_equal(token, i);
    }
    lodge_engine_close(engine);
}

/* ---- misuse ------------------------------------------------------------ */

static void arguments_are_checked(void **state)
{
    lodge_engine engine = new_engine(), other = new_engine();
    lodge_host host = new_host(engine, "env"), far = new_host(other, "env");
    lodge_linker linker = new_linker(engine);
    uint32_t index = 0, n;
    uint64_t len;

    (void)state;
    FAILS(ARGUMENT, lodge_host_new(engine, TEXT("\xff"), &host, ERR));
    FAILS(ARGUMENT, lodge_host_new(engine, TEXT("a"), NULL, ERR));
    FAILS(ARGUMENT, lodge_host_func(host, TEXT("->"), 3, 0, &index, ERR));
    FAILS(ARGUMENT, lodge_host_func(host, TEXT("->"), 0, 0, NULL, ERR));
    FAILS(ARGUMENT, lodge_host_func(host, TEXT("i31"), 0, 0, &index, ERR));
    SAYS(UNSUPPORTED, "ref",
         lodge_host_func(host, TEXT("ref ->"), 0, 0, &index, ERR));
    SAYS(ARGUMENT, "32 bits",
         lodge_host_func(host, TEXT("->"), LODGE_HOST_SUSPEND,
                         UINT64_C(1) << 32, &index, ERR));
    FAILS(NOT_FOUND, lodge_host_direct(host, 0, add, ERR));
    FAILS(NOT_FOUND, lodge_host_export(host, 0, TEXT("f"), ERR));
    FAILS(NOT_FOUND,
          lodge_host_describe(host, 0, LODGE_HOST_TRACE_NAME, TEXT("f"), ERR));
    OK(lodge_host_func(host, TEXT("->"), LODGE_HOST_FRAME, 1, &index, ERR));
    FAILS(STATE, lodge_host_direct(host, index, add, ERR));
    FAILS(ARGUMENT, lodge_host_direct(host, index, NULL, ERR));
    FAILS(ARGUMENT, lodge_host_describe(host, index, 4, TEXT("f"), ERR));
    FAILS(ARGUMENT, lodge_host_describe(host, index, LODGE_HOST_TRACE_NAME,
                                        "a\0b", 3, ERR));
    FAILS(ARGUMENT, lodge_host_export(host, index, NULL, 1, ERR));
    FAILS(NOT_FOUND,
          lodge_host_item(host, 0, LODGE_HOST_TYPE, NULL, 0, &len, ERR));
    export_as(host, index, "f");
    FAILS(ARGUMENT, lodge_host_item(host, 0, 10, NULL, 0, &len, ERR));
    FAILS(ARGUMENT, lodge_host_count(host, NULL, ERR));
    FAILS(FOREIGN, lodge_linker_add_host(linker, far, ERR));
    FOR_BAD_IDS(lodge_host, bad, {
        FAILS(HANDLE, lodge_host_count(bad, &n, ERR));
        FAILS(HANDLE, lodge_host_func(bad, TEXT("->"), 0, 1, &n, ERR));
        FAILS(HANDLE, lodge_host_direct(bad, 0, add, ERR));
        FAILS(HANDLE, lodge_host_item(bad, 0, 1, NULL, 0, &len, ERR));
        FAILS(HANDLE, lodge_host_export(bad, 0, TEXT("f"), ERR));
        FAILS(HANDLE, lodge_host_describe(bad, 0, 1, TEXT("f"), ERR));
        FAILS(HANDLE, lodge_linker_add_host(linker, bad, ERR));
        OK(lodge_host_close(bad));
    });
    FOR_BAD_IDS(lodge_linker, bad,
                FAILS(HANDLE, lodge_linker_add_host(bad, host, ERR)));
    FOR_BAD_IDS(lodge_engine, bad,
                FAILS(HANDLE, lodge_host_new(bad, TEXT("e"), &host, ERR)));
    lodge_engine_shutdown(engine);
    lodge_engine_shutdown(other);
    nothing_to_reap_but(1);
}

/* ---- allocations that fail ---------------------------------------------- */

void lodge_test_alloc_fail_at(uint64_t k, int32_t forever);

#define STEP(call)                                                            \
    do {                                                                      \
        st = (call);                                                          \
        if (st != LODGE_OK)                                                   \
            goto out;                                                         \
    } while (0)

/* A host module in a linker, and a call through it that waits once. */
static lodge_status build_and_wait(void)
{
    lodge_engine engine = {0};
    lodge_host host = {0};
    lodge_linker linker = {0};
    lodge_module module = {0};
    lodge_prepared prepared = {0};
    uint64_t frame[LODGE_FRAME_SLOTS + 4] = {0};
    lodge_func fn;
    lodge_status st;
    uint32_t index;

    STEP(preset_engine(&engine, ERR));
    STEP(lodge_host_new(engine, TEXT("env"), &host, ERR));
    STEP(lodge_host_func(host, TEXT("i32 i32 -> i32"), LODGE_HOST_SUSPEND, 0,
                         &index, ERR));
    STEP(lodge_host_describe(host, index, LODGE_HOST_PARAM_NAMES, TEXT("a\nb"),
                             ERR));
    STEP(lodge_host_export(host, index, TEXT("f"), ERR));
    STEP(lodge_linker_new(engine, &linker, ERR));
    STEP(lodge_linker_add_host(linker, host, ERR));
    STEP(lodge_module_open(engine, (const uint8_t *)calls_f, strlen(calls_f),
                           &module, ERR));
    STEP(lodge_linker_prepare(linker, module, &prepared, ERR));
    frame[LODGE_FRAME_FUNC] = prepared.id;
    frame[LODGE_FRAME_CAPACITY] = 4;
    STEP(lodge_instantiate(frame));
    STEP(lodge_instance_func((lodge_instance){frame[LODGE_FRAME_SLOTS]},
                             TEXT("f"), &fn, ERR));
    frame[LODGE_FRAME_FUNC] = fn.id;
    st = lodge_call(frame);
    if (st == LODGE_REQUEST)
        st = lodge_resume(frame);
out:
    lodge_test_alloc_fail_at(0, 0);
    lodge_engine_shutdown(engine);
    lodge_engine_close(engine);
    return st;
}

static void every_allocation_may_fail(void **state)
{
    uint64_t k;

    (void)state;
    lodge_test_alloc_fail_at(0, 0);
    assert_int_equal(build_and_wait(), LODGE_OK);
    lodge_test_alloc_fail_at(10000, 0);
    assert_int_equal(build_and_wait(), LODGE_OK);
    for (k = 1; k <= 80; k++) {
        lodge_status st;

        lodge_test_alloc_fail_at(k, (int32_t)(k & 1));
        st = build_and_wait();
        assert_true(st == LODGE_OK || st == LODGE_E_MEMORY);
        assert_int_equal(nothing_lives(NULL), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_host_module_runs_its_functions),
        TEST(an_empty_module_name_is_refused_when_it_is_added),
        TEST(exporting_a_name_again_keeps_its_place),
        TEST(one_function_under_several_names_is_reaped_once),
        TEST(names_are_kept_and_counted),
        TEST(changes_do_not_reach_linkers_that_have_it),
        TEST(adding_is_all_or_nothing_and_names_the_function),
        TEST(a_linker_with_shadowing_takes_it_twice),
        TEST(a_wrong_type_is_told_by_name),
        TEST(upper_halves_are_zero_in_and_ignored_out),
        TEST(results_that_are_not_written_are_zero),
        TEST(a_failure_without_words_names_the_function),
        TEST(a_payload_comes_back_and_the_function_can_be_called_again),
        TEST(a_token_outlives_all_that_can_reach_it),
        TEST(an_unused_function_gives_its_token_back),
        TEST(ten_thousand_rounds_leave_nothing),
        TEST(arguments_are_checked),
        TEST(every_allocation_may_fail),
    };

    return RUN(tests);
}

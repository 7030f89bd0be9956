/* test_builder.c - what else holds of host modules and their functions; the
 * numbers are those of tests/tables/builder.md.
 */
#include <pthread.h>

#include "suspend_fixture.h"

/* ---- helpers ---------------------------------------------------------- */

static int32_t nothing(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    (void)token;
    (void)caller;
    (void)slots;
    return 0;
}

static lodge_host new_host(const char *name)
{
    lodge_host host;

    OK(lodge_host_new(engine, TEXT(name), &host, ERR));
    return host;
}

static uint32_t new_func(lodge_host host, const char *sig, lodge_direct_fn fn,
                         const char *name)
{
    uint32_t index;

    OK(lodge_host_func(host, TEXT(sig), LODGE_HOST_DIRECT, 0, &index, ERR));
    OK(lodge_host_direct(host, index, fn, ERR));
    OK(lodge_host_export(host, index, TEXT(name), ERR));
    return index;
}

/* An instance that imports what a host module of one function exports. */
static lodge_instance instance_with(const char *sig, lodge_direct_fn fn,
                                    const char *text)
{
    lodge_host host = new_host("env");
    lodge_linker with = new_linker(engine);
    lodge_module module = new_module(engine, text);
    lodge_instance instance;

    new_func(host, sig, fn, "f");
    OK(lodge_linker_add_host(with, host, ERR));
    OK(lodge_instance_new(with, (lodge_store){0}, module, &instance, ERR));
    lodge_module_close(module);
    lodge_linker_close(with);
    lodge_host_close(host);
    return instance;
}

/* ---- C1, C2: building ------------------------------------------------- */

/* C1.3 */
static void a_builder_goes_on_after_an_export(void **state)
{
    lodge_host host = new_host("env");
    uint32_t first = new_func(host, "i32 ->", nothing, "a"), second;

    (void)state;
    second = new_func(host, "-> i32", nothing, "b");
    assert_int_equal(second, first + 1);
    OK(lodge_host_describe(host, first, LODGE_HOST_TRACE_NAME, TEXT("late"),
                           ERR));
    OK(lodge_linker_add_host(linker, host, ERR));
    assert_int_equal(new_func(host, "->", nothing, "c"), second + 1);
    READS("late",
          lodge_host_item(host, 0, LODGE_HOST_TRACE_NAME, buf, cap, len, ERR));
    READS("b",
          lodge_host_item(host, 1, LODGE_HOST_TRACE_NAME, buf, cap, len, ERR));
    READS("->", lodge_host_item(host, 2, LODGE_HOST_TYPE, buf, cap, len, ERR));
}

/* C2.1 */
static void several_results_need_their_feature(void **state)
{
    lodge_engine strict = new_engine_with("multi-value=off");
    lodge_linker without = new_linker(strict);
    lodge_host host;
    uint32_t index;

    (void)state;
    OK(lodge_host_new(strict, TEXT("env"), &host, ERR));
    SAYS(UNSUPPORTED, "multi-value=on",
         lodge_host_func(host, TEXT("-> i32 i32"), LODGE_HOST_DIRECT, 0,
                         &index, ERR));
    SAYS(UNSUPPORTED, "multi-value=on",
         lodge_linker_func(without, TEXT("a"), TEXT("b"), TEXT("-> i32 i32"),
                           nothing, 0, ERR));
    OK(lodge_host_func(host, TEXT("i32 i32 -> i32"), LODGE_HOST_DIRECT, 0,
                       &index, ERR));
    lodge_engine_shutdown(strict);
    lodge_engine_close(strict);
}

static lodge_status found_memory;

static int32_t looks_for_memory(uint64_t token, lodge_caller caller,
                                uint64_t *slots)
{
    lodge_memory memory = {77};

    (void)token;
    (void)slots;
    found_memory = lodge_caller_memory(caller, &memory);
    assert_int_equal(memory.id == 77, found_memory != LODGE_OK);
    return 0;
}

/* C2.2 */
static void a_caller_without_a_memory_is_told(void **state)
{
    lodge_instance with, without;

    (void)state;
    without = instance_with("->", looks_for_memory,
                            "(module (import \"env\" \"f\" (func $f))"
                            " (func (export \"run\") (call $f)))");
    with = instance_with("->", looks_for_memory,
                         "(module (import \"env\" \"f\" (func $f))"
                         " (memory (export \"memory\") 1)"
                         " (func (export \"run\") (call $f)))");
    OK(lodge_func_call(func_of(without, "run"), NULL, 0, ERR));
    assert_int_equal(found_memory, LODGE_E_NOT_FOUND);
    OK(lodge_func_call(func_of(with, "run"), NULL, 0, ERR));
    assert_int_equal(found_memory, LODGE_OK);
}

/* ---- C3, C4: calls ---------------------------------------------------- */

void lodge_test_alloc_fail_at(uint64_t k, int32_t forever);

static int32_t doubles(lodge_caller caller, uint64_t *slots)
{
    (void)caller;
    slots[0] *= 2;
    return 0;
}

/* C3.4: with every allocation failing, calls still work once the first of
 * their kind is over.
 */
static void calls_allocate_nothing(void **state)
{
    struct frame f;
    lodge_func through;
    uint64_t slot;
    int i;

    (void)state;
    direct_body = doubles;
    through = func_of(guest, "through");
    f = open_request("one", 0, 5);
    answers_with(&f, 8, 9);
    lodge_test_alloc_fail_at(1, 1);
    for (i = 0; i < 100; i++) {
        f.word[LODGE_FRAME_SLOTS] = 5;
        assert_int_equal(lodge_call(f.word), LODGE_REQUEST);
        assert_int_equal(answer(&f, (uint64_t)i), LODGE_OK);
        assert_int_equal(SLOT(&f), i + 1);
        slot = 21;
        assert_int_equal(lodge_func_call(through, &slot, 1, NULL), LODGE_OK);
        assert_int_equal(slot, 42);
    }
    lodge_test_alloc_fail_at(0, 0);
}

static int32_t exits_0(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    (void)token;
    (void)slots;
    return lodge_caller_exit(caller, 0);
}

/* C4.2: an exit is an exit, also with code 0 and from a start function: the
 * status says so, and no instance is there.
 */
static void exit_0_is_told_as_an_exit(void **state)
{
    static const char text[] = "(module (import \"env\" \"f\" (func $f))"
                               " (func (export \"run\") (call $f) unreachable)"
                               " %s)";
    lodge_host host = new_host("env");
    lodge_linker with = new_linker(engine);
    lodge_instance instance = {5};
    lodge_module module;
    char buf[200];

    (void)state;
    new_func(host, "->", exits_0, "f");
    OK(lodge_linker_add_host(with, host, ERR));
    snprintf(buf, sizeof buf, text, "(start $f)");
    module = new_module(engine, buf);
    test_err.exit_code = 9;
    FAILS(EXIT,
          lodge_instance_new(with, (lodge_store){0}, module, &instance, ERR));
    assert_int_equal(test_err.exit_code, 0);
    assert_int_equal(instance.id, 5);
    snprintf(buf, sizeof buf, text, "");
    module = new_module(engine, buf);
    OK(lodge_instance_new(with, (lodge_store){0}, module, &instance, ERR));
    FAILS(EXIT, lodge_func_call(func_of(instance, "run"), NULL, 0, ERR));
    assert_int_equal(test_err.exit_code, 0);
}

static int32_t fails_always(uint64_t token, lodge_caller caller,
                            uint64_t *slots)
{
    (void)token;
    (void)slots;
    return lodge_caller_fail(caller, 9, TEXT("the disk is full"));
}

/* C4.8 */
static void what_the_guest_did_before_a_failure_stays(void **state)
{
    lodge_instance instance =
        instance_with("->", fails_always,
                      "(module (import \"env\" \"f\" (func $f))"
                      " (global $n (export \"n\") (mut i32) (i32.const 0))"
                      " (func (export \"run\")"
                      "  (global.set $n (i32.add (global.get $n)"
                      "   (i32.const 1))) (call $f)))");
    lodge_global global;
    uint64_t value = 0;
    int i;

    (void)state;
    OK(lodge_instance_global(instance, TEXT("n"), &global, ERR));
    for (i = 1; i <= 3; i++) {
        FAILS(HOST, lodge_func_call(func_of(instance, "run"), NULL, 0, ERR));
        OK(lodge_global_get(global, &value, 1, ERR));
        assert_int_equal(value, i);
    }
}

static char text_buf[4096];

/* A report of the failure of a call, closed at the end of the test. */
static lodge_report report_of(lodge_status want, lodge_func fn)
{
    lodge_error err = LODGE_ERROR_INIT;

    err.flags = LODGE_ERROR_REPORT;
    assert_int_equal(lodge_func_call(fn, NULL, 0, &err), want);
    assert_true(err.report != 0);
    return (lodge_report){err.report};
}

#define FRAME_IS(text, at, what)                                              \
    READS(text, lodge_report_frame(report, at, LODGE_REPORT_##what, buf, cap, \
                                   len, ERR))

/* C1.6, C4.6: under its trace name, else that of its first export. */
static void a_host_function_stands_in_the_backtrace(void **state)
{
    static const char text[] = "(module $app (import \"env\" \"f\" (func $f))"
                               " (func $main (export \"run\") (call $f)))";
    lodge_host host = new_host("env");
    lodge_linker with = new_linker(engine);
    lodge_module module = new_module(engine, text);
    lodge_report report;
    lodge_instance instance;
    uint32_t index, count = 0;

    (void)state;
    report = report_of(
        LODGE_E_HOST, func_of(instance_with("->", fails_always, text), "run"));
    OK(lodge_report_frame_count(report, &count, ERR));
    assert_int_equal(count, 2);
    FRAME_IS("f", 0, FUNC);
    FRAME_IS("env", 0, MODULE);
    FRAME_IS("", 0, FUNC_INDEX);
    FRAME_IS("", 0, FUNC_OFFSET);
    FRAME_IS("main", 1, FUNC);
    FRAME_IS("app", 1, MODULE);
    lodge_report_close(report);

    index = new_func(host, "->", fails_always, "f");
    OK(lodge_host_describe(host, index, LODGE_HOST_TRACE_NAME, TEXT("save"),
                           ERR));
    OK(lodge_linker_add_host(with, host, ERR));
    OK(lodge_instance_new(with, (lodge_store){0}, module, &instance, ERR));
    report = report_of(LODGE_E_HOST, func_of(instance, "run"));
    FRAME_IS("save", 0, FUNC);
    OK(lodge_report_text(report, text_buf, sizeof text_buf, NULL, ERR));
    assert_non_null(strstr(text_buf, "host function env!save"));
    lodge_report_close(report);
}

/* ---- C5: closing ------------------------------------------------------ */

/* C5.6: who made a memory may go; who imported it keeps it. */
static void an_importer_keeps_what_it_imports(void **state)
{
    lodge_store shared = new_store(engine);
    lodge_linker with = new_linker(engine);
    lodge_module owner = new_module(
        engine, "(module (memory (export \"m\") 1) (data (i32.const 4) \"A\")"
                " (func (export \"f\") (result i32) (i32.const 6)))");
    lodge_module user = new_module(
        engine, "(module (import \"o\" \"m\" (memory 1))"
                " (import \"o\" \"f\" (func $f (result i32)))"
                " (func (export \"get\") (result i32)"
                "  (i32.add (i32.load8_u (i32.const 4)) (call $f))))");
    lodge_instance made, uses;
    uint64_t value = 0;

    (void)state;
    OK(lodge_instance_new(with, shared, owner, &made, ERR));
    OK(lodge_linker_add_instance(with, TEXT("o"), made, ERR));
    OK(lodge_instance_new(with, shared, user, &uses, ERR));
    lodge_instance_close(made);
    lodge_instance_close(made);
    lodge_linker_close(with);
    lodge_module_close(owner);
    OK(lodge_func_call(func_of(uses, "get"), &value, 1, ERR));
    assert_int_equal(value, 'A' + 6);
}

/* ---- C6: threads ------------------------------------------------------ */

enum { BUILDERS = 4, ROUNDS = 50 };
static lodge_host built;

static lodge_status until_free(lodge_status st, int *again)
{
    *again = st == LODGE_E_BUSY;
    return *again ? LODGE_OK : st;
}

static void *builds(void *arg)
{
    char name[32];
    uint32_t index = 0;
    int i, again = 0;
    lodge_status st = LODGE_OK;

    for (i = 0; i < ROUNDS && st == LODGE_OK; i++) {
        do
            st =
                until_free(lodge_host_func(built, TEXT("i32 -> i32"),
                                           LODGE_HOST_DIRECT, 0, &index, NULL),
                           &again);
        while (again);
        if (st == LODGE_OK)
            do
                st = until_free(lodge_host_direct(built, index, nothing, NULL),
                                &again);
            while (again);
        snprintf(name, sizeof name, "%d %d", (int)(intptr_t)arg, i);
        if (st == LODGE_OK)
            do
                st = until_free(
                    lodge_host_export(built, index, TEXT(name), NULL), &again);
            while (again);
    }
    return (void *)(intptr_t)st;
}

/* C6.1: a change at a time; another one meanwhile is BUSY, none is lost. */
static void a_host_module_is_built_by_many_threads(void **state)
{
    pthread_t thread[BUILDERS];
    void *failed;
    uint32_t n;
    int i;

    (void)state;
    built = new_host("env");
    for (i = 0; i < BUILDERS; i++)
        assert_int_equal(
            pthread_create(&thread[i], NULL, builds, (void *)(intptr_t)i), 0);
    for (i = 0; i < BUILDERS; i++) {
        assert_int_equal(pthread_join(thread[i], &failed), 0);
        assert_int_equal((intptr_t)failed, LODGE_OK);
    }
    OK(lodge_host_count(built, &n, ERR));
    assert_int_equal(n, BUILDERS * ROUNDS);
    OK(lodge_linker_add_host(linker, built, ERR));
}

static pthread_t ran_on;

static int32_t notes_thread(lodge_caller caller, uint64_t *slots)
{
    (void)caller;
    (void)slots;
    ran_on = pthread_self();
    return 0;
}

static void *calls_it(void *arg)
{
    uint64_t slot = 1;

    (void)arg;
    OK(lodge_func_call(func_of(guest, "through"), &slot, 1, ERR));
    assert_true(pthread_equal(ran_on, pthread_self()));
    return NULL;
}

/* C6.2 */
static void a_host_function_runs_on_the_calling_thread(void **state)
{
    pthread_t thread;
    struct frame f;

    (void)state;
    direct_body = notes_thread;
    calls_it(NULL);
    f = frame_of(guest, "through", 0, 1);
    GIVES(OK, lodge_call, &f);
    assert_true(pthread_equal(ran_on, pthread_self()));
    assert_int_equal(pthread_create(&thread, NULL, calls_it, NULL), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUSPEND_TEST(a_builder_goes_on_after_an_export),
        SUSPEND_TEST(several_results_need_their_feature),
        SUSPEND_TEST(a_caller_without_a_memory_is_told),
        SUSPEND_TEST(calls_allocate_nothing),
        SUSPEND_TEST(exit_0_is_told_as_an_exit),
        SUSPEND_TEST(what_the_guest_did_before_a_failure_stays),
        SUSPEND_TEST(a_host_function_stands_in_the_backtrace),
        SUSPEND_TEST(an_importer_keeps_what_it_imports),
        SUSPEND_TEST(a_host_module_is_built_by_many_threads),
        SUSPEND_TEST(a_host_function_runs_on_the_calling_thread),
    };

    return RUN(tests);
}

/* test_defects.c - defects of a binding that grew on Wasmtime's C API, and
 * that Lodge must not have. tests/tables/defects.md lists all of them; here
 * are those that no other test shows.
 */
#include <pthread.h>

#include "suspend_fixture.h"

/* ---- helpers ---------------------------------------------------------- */

static lodge_host new_host(const char *name)
{
    lodge_host host;

    OK(lodge_host_new(engine, TEXT(name), &host, ERR));
    return host;
}

static lodge_instance instance_of(lodge_linker with, const char *text)
{
    lodge_module module = new_module(engine, text);
    lodge_instance instance;

    OK(lodge_instance_new(with, (lodge_store){0}, module, &instance, ERR));
    lodge_module_close(module);
    return instance;
}

static uint64_t call0(lodge_instance instance, const char *name)
{
    uint64_t slot = 0;

    OK(lodge_func_call(func_of(instance, name), &slot, 1, ERR));
    return slot;
}

/* ---- 3: what nobody knows is no success ------------------------------- */

static void a_function_that_nobody_runs_fails_the_call(void **state)
{
    static const char text[] = "(module (import \"env\" \"f\" (func $f))"
                               " (func (export \"run\") (call $f)))";
    uint64_t native[LODGE_FRAME_SLOTS];
    lodge_linker with = new_linker(engine);
    lodge_host host = new_host("env");
    lodge_store own;
    lodge_instance instance;
    lodge_func run;
    uint32_t index;

    (void)state;
    OK(lodge_host_func(host, TEXT("->"), LODGE_HOST_FRAME, 9, &index, ERR));
    OK(lodge_host_export(host, index, TEXT("f"), ERR));
    OK(lodge_linker_add_host(with, host, ERR));
    instance = instance_of(with, text);
    OK(lodge_instance_store(instance, &own, ERR));
    OK(lodge_store_frame(own, native, LODGE_FRAME_SLOTS, 0, ERR));
    run = func_of(instance, "run");
    SAYS(STATE, "lodge_linker_frame", lodge_func_call(run, NULL, 0, ERR));
    SAYS(STATE, "lodge_linker_frame", lodge_func_call(run, NULL, 0, ERR));
}

/* ---- 4, 5, 27: any number of functions -------------------------------- */

enum { MANY = 5000 };

static int32_t gives_token(uint64_t token, lodge_caller caller,
                           uint64_t *slots)
{
    (void)caller;
    slots[0] = token;
    return 0;
}

static uint64_t shared_frame[LODGE_FRAME_SLOTS + 1];

static int32_t gives_token_too(uint32_t token, uint32_t tag)
{
    (void)tag;
    shared_frame[LODGE_FRAME_SLOTS] = token;
    return 0;
}

static void define_many(lodge_linker with)
{
    lodge_host host = new_host("env");
    uint32_t i, index;
    char name[16];

    for (i = 1; i <= MANY; i++) {
        OK(lodge_host_func(host, TEXT("-> i64"), i % 3, i, &index, ERR));
        if (i % 3 == LODGE_HOST_DIRECT)
            OK(lodge_host_direct(host, index, gives_token, ERR));
        snprintf(name, sizeof name, "f%u", i);
        OK(lodge_host_export(host, index, TEXT(name), ERR));
    }
    OK(lodge_linker_add_host(with, host, ERR));
    OK(lodge_linker_frame(with, gives_token_too, ERR));
    lodge_host_close(host);
}

/* A guest of the last three functions: one of each mode. */
static const char last_three[] =
    "(module (import \"env\" \"f4998\" (func $d (result i64)))"
    " (import \"env\" \"f4999\" (func $f (result i64)))"
    " (import \"env\" \"f5000\" (func $s (result i64)))"
    " (func (export \"d\") (result i64) (call $d))"
    " (func (export \"f\") (result i64) (call $f))"
    " (func (export \"s\") (result i64) (call $s)))";

/* Each token once; their sum. */
static uint64_t reap_count(uint64_t *sum)
{
    uint32_t kinds[64], n, i;
    uint64_t tokens[64], total = 0;

    *sum = 0;
    do {
        OK(lodge_reap(0, kinds, tokens, 64, &n));
        for (i = 0; i < n; i++)
            *sum += tokens[i] >= 1 && tokens[i] <= MANY ? tokens[i] : MANY * 2;
        total += n;
    } while (n);
    return total;
}

static void five_thousand_functions_come_and_go(void **state)
{
    lodge_linker with = new_linker(engine);
    lodge_instance instance;
    lodge_store own;
    struct frame f;
    uint64_t sum;

    (void)state;
    reap_all();
    define_many(with);
    instance = instance_of(with, last_three);
    OK(lodge_instance_store(instance, &own, ERR));
    OK(lodge_store_frame(own, shared_frame, LODGE_FRAME_SLOTS + 1, 0, ERR));
    assert_int_equal(call0(instance, "d"), 4998);
    assert_int_equal(call0(instance, "f"), 4999);
    f = frame_of(instance, "s", 0, 0);
    GIVES(REQUEST, lodge_call, &f);
    assert_int_equal(f.word[LODGE_FRAME_IMPORT] & UINT32_MAX, 5000);
    assert_int_equal(answer(&f, 77), LODGE_OK);
    lodge_linker_close(with);
    /* Three are in the instance, the others are reachable no more. */
    assert_int_equal(reap_count(&sum), MANY - 3);
    lodge_instance_close(instance);
    assert_int_equal(reap_count(&sum), 3);
    assert_int_equal(sum, 4998 + 4999 + 5000);
}

/* ---- 6: closing gives the memory back --------------------------------- */

static void closed_instances_give_their_memory_back(void **state)
{
    static const char text[] = "(module (memory (export \"memory\") 1)"
                               " (func (export \"f\") (result i32)"
                               "  (i32.store (i32.const 0) (i32.const 1))"
                               "  (i32.load (i32.const 0))))";
    lodge_linker with = new_linker(engine);
    uint64_t memories = stat_of(LODGE_STAT_MEMORIES), bytes = 0;
    int i;

    (void)state;
    for (i = 0; i < 1000; i++) {
        lodge_instance instance = instance_of(with, text);

        assert_int_equal(call0(instance, "f"), 1);
        assert_int_equal(stat_of(LODGE_STAT_MEMORIES), memories + 1);
        lodge_instance_close(instance);
        assert_int_equal(stat_of(LODGE_STAT_MEMORIES), memories);
        if (i == 1)
            bytes = stat_of(LODGE_STAT_BYTES);
    }
    assert_int_equal(stat_of(LODGE_STAT_BYTES), bytes);
}

/* ---- 9, 10: the caller ------------------------------------------------ */

static char global_types[2][16];

static int32_t looks_at_globals(lodge_caller caller, uint64_t *slots)
{
    static const char *const names[] = {"heap", "pi"};
    lodge_extern found;
    lodge_func malloc_;
    uint64_t value = 16, len;
    int i;

    (void)slots;
    for (i = 0; i < 2; i++) {
        OK(lodge_caller_export(caller, TEXT(names[i]), &found));
        assert_int_equal(found.kind, LODGE_KIND_GLOBAL);
        OK(lodge_global_type((lodge_global){found.id}, global_types[i], 16,
                             &len, ERR));
        global_types[i][len] = 0;
    }
    OK(lodge_caller_export(caller, TEXT("malloc"), &found));
    malloc_.id = found.id;
    OK(lodge_func_call(malloc_, &value, 1, ERR)); /* re-enters the guest */
    slots[0] = value;
    return 0;
}

static void a_caller_has_functions_and_typed_globals(void **state)
{
    static const char text[] =
        "(module (import \"h\" \"direct\" (func $f (param i32) (result i32)))"
        " (global $heap (export \"heap\") (mut i32) (i32.const 64))"
        " (global (export \"pi\") f64 (f64.const 3))"
        " (func (export \"malloc\") (param i32) (result i32)"
        "  (global.get $heap)"
        "  (global.set $heap (i32.add (global.get $heap) (local.get 0))))"
        " (func (export \"run\") (result i32)"
        "  (drop (call $f (i32.const 0))) (call $f (i32.const 0))))";

    (void)state;
    direct_body = looks_at_globals;
    assert_int_equal(call0(instance_of(linker, text), "run"), 80);
    assert_string_equal(global_types[0], "mut i32");
    assert_string_equal(global_types[1], "f64");
}

/* ---- 8: a context for each call, not for each instance ---------------- */

static uint64_t tag_seen;

static int32_t sees_tag(lodge_caller caller, uint64_t *slots)
{
    (void)slots;
    return lodge_caller_tag(caller, &tag_seen);
}

static void each_call_has_its_own_tag_and_deadline(void **state)
{
    struct frame f;
    uint64_t i;

    (void)state;
    direct_body = sees_tag;
    for (i = 1; i <= 3; i++) {
        f = frame_of(guest, "through", 0, 0);
        f.word[LODGE_FRAME_TAG] = i * 1000;
        GIVES(OK, lodge_call, &f);
        assert_int_equal(tag_seen, i * 1000);
    }
    f = frame_of(guest, "spin", 0, 0);
    f.word[LODGE_FRAME_DEADLINE] = 5000000;
    GIVES(E_DEADLINE, lodge_call, &f);
    still_usable();
}

/* ---- 12, 24: traps and their words ------------------------------------ */

static void ten_thousand_traps_leave_nothing(void **state)
{
    lodge_func div = func_of(guest, "div");
    uint64_t slot, bytes = 0;
    int i;

    (void)state;
    for (i = 0; i < 10000; i++) {
        slot = 0;
        FAILS(TRAP, lodge_func_call(div, &slot, 1, i & 1 ? ERR : NULL));
        assert_int_equal(slot, 0);
        if (i == 10)
            bytes = stat_of(LODGE_STAT_BYTES);
    }
    assert_non_null(strstr(test_err.message, "divide"));
    assert_int_equal(stat_of(LODGE_STAT_BYTES), bytes);
}

/* ---- 16: exit is a status, and gives no old results ------------------- */

static int32_t exits(lodge_caller caller, uint64_t *slots)
{
    const int32_t code = (int32_t)slots[0];

    slots[0] = 4711;
    return lodge_caller_exit(caller, code);
}

static void an_exit_brings_its_code_and_no_results(void **state)
{
    static const int32_t codes[] = {0, 1, 77, -1, INT32_MIN};
    struct frame f;
    uint64_t slot;
    size_t i;

    (void)state;
    direct_body = exits;
    for (i = 0; i < sizeof codes / sizeof *codes; i++) {
        slot = (uint32_t)codes[i];
        FAILS(EXIT, lodge_func_call(func_of(guest, "through"), &slot, 1, ERR));
        assert_int_equal(test_err.exit_code, codes[i]);
        assert_int_equal(slot, (uint32_t)codes[i]);
        f = frame_of(guest, "through", 0, (uint32_t)codes[i]);
        GIVES(E_EXIT, lodge_call, &f);
        assert_int_equal((int32_t)(f.word[LODGE_FRAME_DETAIL] >> 32),
                         codes[i]);
    }
}

/* ---- 22: closed twice ------------------------------------------------- */

/* In every order, each twice: what others use stays. */
static void closing_twice_takes_nothing_from_others(void **state)
{
    lodge_engine second;
    lodge_linker with = new_linker(engine);
    lodge_module module = new_module(engine, last_three);
    lodge_host host = new_host("env");
    uint64_t slot = 4;

    (void)state;
    OK(lodge_engine_dup(engine, &second, ERR));
    lodge_engine_close(second);
    lodge_engine_close(second);
    lodge_host_close(host);
    lodge_host_close(host);
    lodge_linker_close(with);
    lodge_linker_close(with);
    lodge_module_close(module);
    lodge_module_close(module);
    lodge_module_close(guest_module);
    lodge_module_close(guest_module);
    OK(lodge_func_call(func_of(guest, "div"), &slot, 1, ERR));
    assert_int_equal(slot, 25);
    FAILS(HANDLE, lodge_host_count(host, (uint32_t *)&slot, ERR));
    lodge_engine_shutdown(engine);
    lodge_engine_shutdown(engine);
    lodge_engine_close(engine);
    lodge_engine_close(engine);
    lodge_module_close(guest_module);
}

/* ---- 25: threads ------------------------------------------------------ */

static lodge_status from_other_thread;

static void *calls_div(void *arg)
{
    uint64_t slot = 5;

    (void)arg;
    from_other_thread = lodge_func_call(*(lodge_func *)arg, &slot, 1, NULL);
    return NULL;
}

static int32_t lets_another_try(lodge_caller caller, uint64_t *slots)
{
    pthread_t thread;
    lodge_func div = func_of(guest, "div");

    (void)caller;
    (void)slots;
    assert_int_equal(pthread_create(&thread, NULL, calls_div, &div), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    return 0;
}

static void a_second_thread_is_told_busy(void **state)
{
    uint64_t slot = 1;

    (void)state;
    direct_body = lets_another_try;
    OK(lodge_func_call(func_of(guest, "through"), &slot, 1, ERR));
    assert_int_equal(from_other_thread, LODGE_E_BUSY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUSPEND_TEST(a_function_that_nobody_runs_fails_the_call),
        SUSPEND_TEST(five_thousand_functions_come_and_go),
        SUSPEND_TEST(closed_instances_give_their_memory_back),
        SUSPEND_TEST(a_caller_has_functions_and_typed_globals),
        SUSPEND_TEST(each_call_has_its_own_tag_and_deadline),
        SUSPEND_TEST(ten_thousand_traps_leave_nothing),
        SUSPEND_TEST(an_exit_brings_its_code_and_no_results),
        SUSPEND_TEST(closing_twice_takes_nothing_from_others),
        SUSPEND_TEST(a_second_thread_is_told_busy),
    };

    return RUN(tests);
}

/* test_budget_time.c - promises of budgets: the time that calls may run. */
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "budget_fixture.h"

static const uint64_t MS = 1000000;

static void sleep_ms(long ms)
{
    nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

static uint64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* E_LIMIT, and of the time. */
#define NO_TIME(call)                                                         \
    do {                                                                      \
        SAYS(LIMIT, "the time of the store's budget", call);                  \
        assert_int_equal(test_err.detail, LODGE_LIMIT_BUDGET_TIME);           \
    } while (0)

static lodge_status call0(lodge_instance instance, const char *name)
{
    return lodge_func_call(func_of(instance, name), NULL, 0, ERR);
}

/* ---- counting ---------------------------------------------------------- */

static void a_running_call_ends_when_the_time_is_used_up(void **state)
{
    lodge_budget budget = budget_of(LODGE_BUDGET_TIME, 20 * MS);
    lodge_instance in = guest(growing);

    (void)state;
    OK(lodge_store_budget(store, budget, ERR));
    NO_TIME(call0(in, "spin"));
    assert_true(budget_value(budget, LODGE_BUDGET_TIME_USED) >= 20 * MS);
    CHECK(budget, TIME_REFUSALS, 1);
    assert_int_equal(store_value(LODGE_STORE_LAST_REFUSAL),
                     LODGE_LIMIT_BUDGET_TIME);
    assert_int_equal(store_value(LODGE_STORE_REFUSALS), 1);
    NO_TIME(call0(in, "nothing"));
    CHECK(budget, TIME_REFUSALS, 2);
    OK(lodge_budget_set(budget, LODGE_BUDGET_TIME, UINT64_MAX, ERR));
    OK(call0(in, "nothing"));
    OK(lodge_store_budget(store, (lodge_budget){0}, ERR));
    lodge_budget_close(budget);
}

static void all_stores_use_the_same_time(void **state)
{
    lodge_budget budget = budget_of(LODGE_BUDGET_TIME, 20 * MS);
    lodge_store a = store_with(budget), b = store_with(budget);
    lodge_instance in_a = instance_in(a, growing);
    lodge_instance in_b = instance_in(b, growing), none = {77};

    (void)state;
    OK(call0(in_b, "nothing"));
    NO_TIME(call0(in_a, "spin"));
    NO_TIME(call0(in_b, "nothing"));
    NO_TIME(instantiate(b, growing, &none));
    assert_int_equal(none.id, 77);
    CHECK(budget, MEMORY_USED, 2 * PAGE);
    lodge_store_close(a);
    NO_TIME(call0(in_b, "nothing"));
    lodge_budget_close(budget);
}

/* What a call took is at least what it says. */
static void the_time_is_that_of_the_calls(void **state)
{
    lodge_budget budget = new_budget();
    lodge_instance in = guest(growing);
    uint64_t before, after, used;
    int i;

    (void)state;
    OK(lodge_store_set(store, LODGE_STORE_DEADLINE, 10 * MS, ERR));
    OK(lodge_store_budget(store, budget, ERR));
    CHECK(budget, TIME_USED, 0);
    before = now_ns();
    for (i = 0; i < 3; i++)
        FAILS(DEADLINE, call0(in, "spin"));
    after = now_ns();
    used = budget_value(budget, LODGE_BUDGET_TIME_USED);
    assert_true(used >= 3 * MS); /* a late tick may end one early */
    assert_true(used <= after - before);
    sleep_ms(20);
    CHECK(budget, TIME_USED, used);
    CHECK(budget, TIME_REFUSALS, 0);
    lodge_budget_close(budget);
}

static int32_t sleeps(uint64_t ms, lodge_caller caller, uint64_t *slots)
{
    (void)caller;
    (void)slots;
    sleep_ms((long)ms);
    return 0;
}

static lodge_func nested_spin;
static lodge_status nested;

/* A nested call runs out of time; the function keeps that to itself. */
static int32_t swallows(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    (void)token;
    (void)caller;
    (void)slots;
    nested = lodge_func_call(nested_spin, NULL, 0, ERR);
    return 0;
}

/* The same, and it hands the failure on. */
static int32_t hands_on(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    (void)token;
    (void)caller;
    (void)slots;
    return lodge_func_call(nested_spin, NULL, 0, ERR);
}

static lodge_instance calling(lodge_direct_fn fn, uint64_t token)
{
    lodge_linker linker = new_linker(engine);

    OK(lodge_linker_func(linker, TEXT("h"), TEXT("f"), TEXT("->"), fn, token,
                         ERR));
    return instance_in_store(
        linker, "(module (import \"h\" \"f\" (func $f))"
                " (func $spin (export \"spin\") (loop $l (br $l)))"
                " (func (export \"call\") (call $f))"
                " (func (export \"call_and_spin\") (call $f) (call $spin))"
                " (func (export \"nothing\")))");
}

static void reap_token(uint64_t want)
{
    uint64_t token;
    uint32_t kind, n;

    lodge_engine_shutdown(engine);
    OK(lodge_reap(0, &kind, &token, 1, &n));
    assert_int_equal(n, 1);
    assert_int_equal(token, want);
}

static void host_functions_use_the_time_of_their_call(void **state)
{
    lodge_budget budget = new_budget();
    lodge_instance in;

    (void)state;
    OK(lodge_store_budget(store, budget, ERR));
    in = calling(sleeps, 15);
    OK(call0(in, "call"));
    assert_true(budget_value(budget, LODGE_BUDGET_TIME_USED) >= 15 * MS);
    lodge_budget_close(budget);
    reap_token(15);
}

static void no_host_function_can_swallow_the_end(void **state)
{
    lodge_budget budget = budget_of(LODGE_BUDGET_TIME, 100 * MS);
    lodge_instance in;

    (void)state;
    in = calling(swallows, 0);
    nested_spin = func_of(in, "spin");
    OK(lodge_store_budget(store, budget, ERR));
    NO_TIME(call0(in, "call_and_spin"));
    assert_int_equal(nested, LODGE_E_LIMIT);
    lodge_budget_close(budget);
}

static void the_end_keeps_its_name_through_a_host_function(void **state)
{
    lodge_budget budget = budget_of(LODGE_BUDGET_TIME, 5 * MS);
    lodge_instance in;

    (void)state;
    in = calling(hands_on, 0);
    nested_spin = func_of(in, "spin");
    OK(lodge_store_budget(store, budget, ERR));
    NO_TIME(call0(in, "call"));
    lodge_budget_close(budget);
}

static void a_start_function_ends_too(void **state)
{
    lodge_budget budget = budget_of(LODGE_BUDGET_TIME, 5 * MS);
    lodge_instance none = {77};

    (void)state;
    OK(lodge_store_budget(store, budget, ERR));
    NO_TIME(instantiate(
        store, "(module (func $f (loop $l (br $l))) (start $f))", &none));
    assert_int_equal(none.id, 77);
    lodge_budget_close(budget);
}

static void frames_obey_it(void **state)
{
    lodge_budget budget = budget_of(LODGE_BUDGET_TIME, 5 * MS);
    uint64_t frame[LODGE_FRAME_SLOTS + 32] = {0};
    lodge_instance in = guest(growing);
    const lodge_error *err = (const void *)&frame[LODGE_FRAME_SLOTS];

    (void)state;
    OK(lodge_store_budget(store, budget, ERR));
    frame[LODGE_FRAME_FUNC] = func_of(in, "spin").id;
    frame[LODGE_FRAME_ERROR] = LODGE_FRAME_SLOTS | UINT64_C(32) << 32;
    GIVES(LODGE_E_LIMIT, lodge_call(frame));
    assert_int_equal(err->detail, LODGE_LIMIT_BUDGET_TIME);
    GIVES(LODGE_E_LIMIT, lodge_call(frame));
    lodge_budget_close(budget);
}

/* ---- while they run ---------------------------------------------------- */

static struct {
    lodge_func spin;
    _Atomic lodge_status st;
    _Atomic uint64_t detail;
} runner;

static void *run(void *unused)
{
    lodge_error err = LODGE_ERROR_INIT;

    atomic_store(&runner.st, lodge_func_call(runner.spin, NULL, 0, &err));
    atomic_store(&runner.detail, err.detail);
    return unused;
}

/* Waits until so much is used; it is while the guest runs, however slowly. */
static void wait_for_use(lodge_budget budget, uint64_t ns)
{
    uint64_t end = now_ns() + 60000 * MS;

    while (budget_value(budget, LODGE_BUDGET_TIME_USED) < ns) {
        assert_true(now_ns() < end);
        sleep_ms(1);
    }
}

static void it_is_read_and_set_while_a_call_runs(void **state)
{
    lodge_budget budget = new_budget();
    pthread_t thread;
    uint64_t used;

    (void)state;
    runner.spin = func_of(guest(growing), "spin");
    OK(lodge_store_budget(store, budget, ERR));
    assert_int_equal(pthread_create(&thread, NULL, run, NULL), 0);
    wait_for_use(budget, MS);
    used = budget_value(budget, LODGE_BUDGET_TIME_USED);
    wait_for_use(budget, used + MS);
    CHECK(budget, MEMORY_USED, PAGE);
    FAILS(BUSY, lodge_store_budget(store, (lodge_budget){0}, ERR));
    OK(lodge_budget_set(budget, LODGE_BUDGET_TIME, 1, ERR));
    pthread_join(thread, NULL);
    assert_int_equal(atomic_load(&runner.st), LODGE_E_LIMIT);
    assert_int_equal(atomic_load(&runner.detail), LODGE_LIMIT_BUDGET_TIME);
    lodge_budget_close(budget);
}

static void a_closed_budget_still_ends_the_call(void **state)
{
    lodge_budget budget = budget_of(LODGE_BUDGET_TIME, 30 * MS);

    (void)state;
    runner.spin = func_of(guest(growing), "spin");
    OK(lodge_store_budget(store, budget, ERR));
    lodge_budget_close(budget);
    run(NULL);
    assert_int_equal(atomic_load(&runner.st), LODGE_E_LIMIT);
}

/* ---- engines that cannot interrupt ------------------------------------- */

static void a_limit_of_time_needs_interruption(void **state)
{
    lodge_budget timed = budget_of(LODGE_BUDGET_TIME, 5 * MS);
    lodge_budget free_one = new_budget();
    lodge_engine endless = new_engine_with("interruption=off");
    lodge_store st = new_store(endless);

    (void)state;
    SAYS(STATE, "interruption=on", lodge_store_budget(st, timed, ERR));
    CHECK(timed, STORES, 0);
    OK(lodge_store_budget(st, free_one, ERR));
    SAYS(STATE, "interruption=on",
         lodge_budget_set(free_one, LODGE_BUDGET_TIME, 5 * MS, ERR));
    CHECK(free_one, TIME, UINT64_MAX);
    OK(lodge_budget_set(free_one, LODGE_BUDGET_TIME, UINT64_MAX, ERR));
    OK(lodge_budget_set(free_one, LODGE_BUDGET_MEMORY, 5, ERR));
    lodge_store_close(st);
    OK(lodge_budget_set(free_one, LODGE_BUDGET_TIME, 5 * MS, ERR));
    lodge_budget_close(timed);
    lodge_budget_close(free_one);
    lodge_engine_close(endless);
}

static void a_refusal_of_memory_leaves_it_as_it_was(void **state)
{
    lodge_budget small = budget_of(LODGE_BUDGET_MEMORY, 1);
    lodge_engine endless = new_engine_with("interruption=off");
    lodge_store st = new_store(endless);
    lodge_memory memory;

    (void)state;
    OK(lodge_memory_new(st, TEXT("1"), &memory, ERR));
    FAILS(LIMIT, lodge_store_budget(st, small, ERR));
    OK(lodge_budget_set(small, LODGE_BUDGET_TIME, 5 * MS, ERR));
    lodge_engine_shutdown(endless);
    lodge_budget_close(small);
}

static void templates_need_interruption_too(void **state)
{
    lodge_budget timed = budget_of(LODGE_BUDGET_TIME, 5 * MS);
    lodge_budget free_one = new_budget();
    lodge_engine endless = new_engine_with("interruption=off");
    lodge_linker linker = new_linker(endless);
    lodge_module module = new_module(endless, growing);
    lodge_instance none = {77};
    lodge_prepared prepared;

    (void)state;
    OK(lodge_linker_prepare(linker, module, &prepared, ERR));
    SAYS(STATE, "interruption=on",
         lodge_prepared_budget(prepared, timed, ERR));
    OK(lodge_prepared_budget(prepared, free_one, ERR));
    OK(lodge_budget_set(free_one, LODGE_BUDGET_TIME, 5 * MS, ERR));
    SAYS(STATE, "interruption=on",
         lodge_prepared_instance(prepared, (lodge_store){0}, &none, ERR));
    assert_int_equal(none.id, 77);
    lodge_engine_shutdown(endless);
    lodge_budget_close(timed);
    lodge_budget_close(free_one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(a_running_call_ends_when_the_time_is_used_up),
        STORE_TEST(all_stores_use_the_same_time),
        STORE_TEST(the_time_is_that_of_the_calls),
        STORE_TEST(host_functions_use_the_time_of_their_call),
        STORE_TEST(no_host_function_can_swallow_the_end),
        STORE_TEST(the_end_keeps_its_name_through_a_host_function),
        STORE_TEST(a_start_function_ends_too),
        STORE_TEST(frames_obey_it),
        STORE_TEST(it_is_read_and_set_while_a_call_runs),
        STORE_TEST(a_closed_budget_still_ends_the_call),
        STORE_TEST(a_limit_of_time_needs_interruption),
        STORE_TEST(a_refusal_of_memory_leaves_it_as_it_was),
        STORE_TEST(templates_need_interruption_too),
    };

    engine_settings = "interruption=on";
    return RUN(tests);
}

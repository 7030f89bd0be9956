/* test_budget_suspend.c - promises of budgets: calls that wait for the host.
 */
#include <time.h>

#include "suspend_fixture.h"

static lodge_budget budget;

static void use_budget(void)
{
    OK(lodge_budget_new(&budget, ERR));
    OK(lodge_store_budget(store, budget, ERR));
}

static uint64_t value(uint32_t key)
{
    uint64_t out;

    OK(lodge_budget_get(budget, key, &out, ERR));
    return out;
}

static uint64_t detail_of(const struct frame *f)
{
    const lodge_error *err =
        (const lodge_error *)(const void *)&f->word[LODGE_FRAME_SLOTS + SLOTS];

    return err->detail;
}

static void waiting_uses_no_time(void **state)
{
    struct frame f;
    uint64_t used;

    (void)state;
    use_budget();
    f = open_request("one", 0, 1);
    used = value(LODGE_BUDGET_TIME_USED);
    assert_true(used > 0);
    nanosleep(&(struct timespec){0, 20000000}, NULL);
    assert_int_equal(value(LODGE_BUDGET_TIME_USED), used);
    answers_with(&f, 5, 6);
    assert_true(value(LODGE_BUDGET_TIME_USED) > used);
    lodge_budget_close(budget);
}

static void the_budget_stays_while_a_request_is_open(void **state)
{
    struct frame f;

    (void)state;
    use_budget();
    f = open_request("one", 0, 1);
    FAILS(STATE, lodge_store_budget(store, (lodge_budget){0}, ERR));
    answers_with(&f, 5, 6);
    OK(lodge_store_budget(store, (lodge_budget){0}, ERR));
    lodge_budget_close(budget);
}

static void nested_calls_are_refused_when_the_time_is_used_up(void **state)
{
    struct frame f, inner;

    (void)state;
    use_budget();
    f = open_request("one", 0, 1);
    OK(lodge_budget_set(budget, LODGE_BUDGET_TIME, 1, ERR));
    inner = frame_of(guest, "malloc", TOKEN(&f), 8);
    GIVES(E_LIMIT, lodge_call, &inner);
    assert_int_equal(detail_of(&inner), LODGE_LIMIT_BUDGET_TIME);
    OK(lodge_budget_set(budget, LODGE_BUDGET_TIME, UINT64_MAX, ERR));
    inner = frame_of(guest, "malloc", TOKEN(&f), 8);
    GIVES(OK, lodge_call, &inner);
    answers_with(&f, 5, 6);
    lodge_budget_close(budget);
}

/* Each answer lets the guest run for a moment only; it ends all the same. */
static void a_guest_that_asks_all_the_time_ends_too(void **state)
{
    struct timespec now;
    lodge_status st;
    struct frame f;
    time_t end;

    (void)state;
    use_budget();
    f = open_request("loop", 0, 0);
    OK(lodge_budget_set(budget, LODGE_BUDGET_TIME, 1, ERR));
    clock_gettime(CLOCK_MONOTONIC, &now);
    end = now.tv_sec + 60;
    do {
        st = answer(&f, 1);
        clock_gettime(CLOCK_MONOTONIC, &now);
    } while (st == LODGE_REQUEST && now.tv_sec < end);
    frame_status(st, LODGE_E_LIMIT, &f, "answer", __LINE__);
    assert_int_equal(detail_of(&f), LODGE_LIMIT_BUDGET_TIME);
    OK(lodge_budget_set(budget, LODGE_BUDGET_TIME, UINT64_MAX, ERR));
    still_usable();
    lodge_budget_close(budget);
}

static void a_loop_on_the_fiber_ends(void **state)
{
    struct frame f = frame_of(guest, "spin", 0, 0);

    (void)state;
    use_budget();
    OK(lodge_budget_set(budget, LODGE_BUDGET_TIME, 5000000, ERR));
    GIVES(E_LIMIT, lodge_call, &f);
    assert_int_equal(detail_of(&f), LODGE_LIMIT_BUDGET_TIME);
    lodge_budget_close(budget);
}

static void a_call_that_has_yielded_uses_no_time(void **state)
{
    struct frame f = frame_of(guest, "spin", 0, 0);
    uint64_t used;

    (void)state;
    use_budget();
    f.word[LODGE_FRAME_SLICE] = 2000000;
    GIVES(YIELD, lodge_call, &f);
    used = value(LODGE_BUDGET_TIME_USED);
    assert_true(used > 0);
    nanosleep(&(struct timespec){0, 20000000}, NULL);
    assert_int_equal(value(LODGE_BUDGET_TIME_USED), used);
    GIVES(YIELD, lodge_resume, &f);
    assert_true(value(LODGE_BUDGET_TIME_USED) > used);
    OK(lodge_budget_set(budget, LODGE_BUDGET_TIME, 1, ERR));
    f.word[LODGE_FRAME_SLICE] = 0;
    GIVES(E_LIMIT, lodge_resume, &f);
    lodge_budget_close(budget);
}

static int32_t calls_back(lodge_caller caller, uint64_t *slots)
{
    struct frame f = frame_of(guest, "one", 0, slots[0]);

    (void)caller;
    slots[0] = lodge_call(f.word) == LODGE_OK ? SLOT(&f) : 0;
    return 0;
}

/* The request comes from a call inside a DIRECT function, and parks with it.
 */
static void waiting_below_a_direct_function_uses_no_time(void **state)
{
    struct frame f = frame_of(guest, "through", 0, 1);
    uint64_t used;

    (void)state;
    direct_body = calls_back;
    use_budget();
    GIVES(REQUEST, lodge_call, &f);
    used = value(LODGE_BUDGET_TIME_USED);
    nanosleep(&(struct timespec){0, 20000000}, NULL);
    assert_int_equal(value(LODGE_BUDGET_TIME_USED), used);
    answers_with(&f, 5, 6);
    used = value(LODGE_BUDGET_TIME_USED);
    nanosleep(&(struct timespec){0, 2000000}, NULL);
    assert_int_equal(value(LODGE_BUDGET_TIME_USED), used);
    lodge_budget_close(budget);
}

static void closing_with_an_open_request_gives_all_back(void **state)
{
    (void)state;
    use_budget();
    open_request("one", 0, 1);
    assert_int_equal(value(LODGE_BUDGET_MEMORY_USED), 2 * 65536);
    lodge_store_close(store);
    assert_int_equal(value(LODGE_BUDGET_MEMORY_USED), 0);
    assert_int_equal(value(LODGE_BUDGET_TABLE_USED), 0);
    assert_int_equal(value(LODGE_BUDGET_STORES), 0);
    lodge_budget_close(budget);
}

/* An instance that is made on the fiber and does not fit. */
static void instances_on_the_fiber_keep_to_it(void **state)
{
    lodge_instance none = {77};
    struct frame f;
    int i;

    (void)state;
    use_budget();
    OK(lodge_budget_set(budget, LODGE_BUDGET_MEMORY, 3 * 65536, ERR));
    f = open_request("one", 0, 1);
    answers_with(&f, 5, 6);
    for (i = 0; i < 3; i++) {
        SAYS(LIMIT, "LODGE_BUDGET_MEMORY",
             lodge_instance_new(linker, store, guest_module, &none, ERR));
        assert_int_equal(value(LODGE_BUDGET_MEMORY_USED), 2 * 65536);
    }
    assert_int_equal(value(LODGE_BUDGET_MEMORY_REFUSALS), 3);
    lodge_budget_close(budget);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUSPEND_TEST(waiting_uses_no_time),
        SUSPEND_TEST(the_budget_stays_while_a_request_is_open),
        SUSPEND_TEST(nested_calls_are_refused_when_the_time_is_used_up),
        SUSPEND_TEST(a_guest_that_asks_all_the_time_ends_too),
        SUSPEND_TEST(a_loop_on_the_fiber_ends),
        SUSPEND_TEST(a_call_that_has_yielded_uses_no_time),
        SUSPEND_TEST(waiting_below_a_direct_function_uses_no_time),
        SUSPEND_TEST(closing_with_an_open_request_gives_all_back),
        SUSPEND_TEST(instances_on_the_fiber_keep_to_it),
    };

    return RUN(tests);
}

/* test_cancel.c - which calls a cancel ends, and which not. */
#include "cancel_storm.h"

enum { PLACES = 64 }; /* ids that a store remembers */

static struct frame call_with(const char *name, uint64_t parent, uint64_t id)
{
    struct frame f = frame_of(guest, name, parent, 1);

    f.word[LODGE_FRAME_CALLID] = id;
    return f;
}

static void cancel(uint64_t id)
{
    OK(lodge_store_cancel(store, id));
}

/* Calls the guest once with this id. */
static lodge_status outcome_of(uint64_t id)
{
    struct frame f = call_with("div", 0, id);

    return lodge_call(f.word);
}

static void every_cancel_waits_for_its_call(void **state)
{
    uint64_t i;

    (void)state;
    /* ids that are equal modulo any power of 2, and others */
    for (i = 1; i <= 20; i++)
        cancel(i << 20);
    for (i = 1; i <= 20; i++)
        cancel((i << 20) + 7);
    for (i = 1; i <= 20; i++) {
        assert_int_equal(outcome_of((i << 20) - 1), LODGE_OK);
        assert_int_equal(outcome_of(i << 20), LODGE_E_CANCELLED);
        assert_int_equal(outcome_of((i << 20) + 6), LODGE_OK);
        assert_int_equal(outcome_of((i << 20) + 7), LODGE_E_CANCELLED);
        assert_int_equal(outcome_of((i << 20) + 8), LODGE_OK);
    }
    still_usable();
}

static void a_cancel_is_refused_rather_than_forgotten(void **state)
{
    uint64_t id;

    (void)state;
    for (id = 100; id < 100 + PLACES; id++)
        cancel(id);
    cancel(100); /* known already */
    FAILS(LIMIT, lodge_store_cancel(store, 99 + PLACES + 1));
    cancel(120);
    assert_int_equal(outcome_of(101), LODGE_E_CANCELLED);
    cancel(200); /* the places of 100 and 101 are free */
    cancel(300);
    FAILS(LIMIT, lodge_store_cancel(store, 400));
    for (id = 102; id < 100 + PLACES; id++)
        assert_int_equal(outcome_of(id), LODGE_E_CANCELLED);
    assert_int_equal(outcome_of(199), LODGE_OK);
    assert_int_equal(outcome_of(200), LODGE_E_CANCELLED);
    assert_int_equal(outcome_of(300), LODGE_E_CANCELLED);
    assert_int_equal(outcome_of(400), LODGE_OK);
}

static void a_cancel_of_an_open_call_is_not_pushed_out(void **state)
{
    struct frame f = call_with("one", 0, 5), g;
    uint64_t id;

    (void)state;
    GIVES(REQUEST, lodge_call, &f);
    cancel(5);
    for (id = 1; id < PLACES; id++)
        cancel(5 + id * 64);
    FAILS(LIMIT, lodge_store_cancel(store, 1 << 20));
    g = call_with("div", TOKEN(&f), 6);
    GIVES(E_CANCELLED, lodge_call, &g);
    assert_int_equal(answer(&f, 1), LODGE_E_CANCELLED);
    for (id = 1; id < PLACES; id++)
        assert_int_equal(outcome_of(5 + id * 64), LODGE_E_CANCELLED);
    still_usable();
}

static void a_cancel_that_comes_too_late_does_nothing(void **state)
{
    struct frame f = call_with("one", 0, 2000), g;
    uint64_t id;

    (void)state;
    for (id = 1; id <= 1000; id++) {
        assert_int_equal(outcome_of(id), LODGE_OK);
        cancel(id);
        cancel(id / 2 + 1);
    }
    assert_int_equal(outcome_of(1000), LODGE_OK); /* the same again */
    GIVES(REQUEST, lodge_call, &f);
    for (id = 2001; id <= 2500; id++) { /* inside an open call as well */
        g = call_with("div", TOKEN(&f), id);
        GIVES(OK, lodge_call, &g);
        cancel(id);
    }
    assert_int_equal(answer(&f, 1), LODGE_OK);
    still_usable();
}

static void a_cancel_is_met_once(void **state)
{
    struct frame f = call_with("one", 0, 9);

    (void)state;
    GIVES(REQUEST, lodge_call, &f);
    cancel(9);
    assert_int_equal(answer(&f, 1), LODGE_E_CANCELLED);
    f = call_with("one", 0, 9);
    GIVES(REQUEST, lodge_call, &f);
    answers_with(&f, 1, 2);
}

/* Ids should rise, but what is open is found whatever its id is. */
static void open_calls_are_cancelled_in_any_order_of_ids(void **state)
{
    static const uint64_t ids[] = {50, 7, 90, 3};
    struct frame f[4];
    int i, victim;

    (void)state;
    assert_int_equal(outcome_of(1000), LODGE_OK);
    for (victim = 0; victim < 4; victim++) {
        for (i = 0; i < 4; i++) {
            f[i] = call_with("one", i ? TOKEN(&f[i - 1]) : 0, ids[i]);
            GIVES(REQUEST, lodge_call, &f[i]);
        }
        cancel(ids[victim]);
        cancel(51); /* none of them */
        for (i = 3; i >= 0; i--)
            assert_int_equal(answer(&f[i], 1),
                             i >= victim ? LODGE_E_CANCELLED : LODGE_OK);
    }
    still_usable();
}

static int32_t calls_inside(lodge_caller caller, uint64_t *slots)
{
    struct frame g = call_with("div", 0, 31);

    (void)caller;
    (void)slots;
    cancel(31); /* not begun yet */
    GIVES(E_CANCELLED, lodge_call, &g);
    g.word[LODGE_FRAME_CALLID] = 32;
    GIVES(OK, lodge_call, &g);
    return 0;
}

static void nested_calls_have_ids_of_their_own(void **state)
{
    struct frame f = call_with("through", 0, 30);

    (void)state;
    direct_body = calls_inside;
    GIVES(OK, lodge_call, &f);
    still_usable();
}

static void stores_do_not_share_ids(void **state)
{
    lodge_store other = new_store(engine);

    (void)state;
    OK(lodge_store_cancel(other, 4));
    assert_int_equal(outcome_of(4), LODGE_OK);
}

/* tests/soak_cancel.c has more of them. */
static void one_cancel_is_enough_at_any_moment(void **state)
{
    (void)state;
    storm_run(1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUSPEND_TEST(every_cancel_waits_for_its_call),
        SUSPEND_TEST(a_cancel_is_refused_rather_than_forgotten),
        SUSPEND_TEST(a_cancel_of_an_open_call_is_not_pushed_out),
        SUSPEND_TEST(a_cancel_that_comes_too_late_does_nothing),
        SUSPEND_TEST(a_cancel_is_met_once),
        SUSPEND_TEST(open_calls_are_cancelled_in_any_order_of_ids),
        SUSPEND_TEST(nested_calls_have_ids_of_their_own),
        SUSPEND_TEST(stores_do_not_share_ids),
        SUSPEND_TEST(one_cancel_is_enough_at_any_moment),
    };

    return RUN(tests);
}

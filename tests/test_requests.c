/* test_requests.c - answers that do not fit, and what many requests cost.
 */
#include "slice_fixture.h"

void lodge_test_alloc_fail_at(uint64_t k, int32_t forever);
uint64_t lodge_test_alloc_attempts(void);

/* ---- each wrong answer has its own status ---------------------------------- */

static void an_answer_comes_once(void **state)
{
    struct frame f = open_request("one", 0, 5), again = f;

    (void)state;
    answers_with(&f, 1, 2);
    GIVES(E_STATE, lodge_resume, &again);
    assert_non_null(strstr(message_of(&again), "no request is open"));
    f = open_request("one", 0, 5);
    again.word[LODGE_FRAME_STATUS] = 0;
    GIVES(E_STATE, lodge_resume, &again); /* the token of the one before */
    assert_non_null(strstr(message_of(&again), "innermost"));
    answers_with(&f, 1, 2);
}

static void an_answer_needs_its_slots(void **state)
{
    struct frame f = open_request("pairs", 0, 5);

    (void)state;
    f.word[LODGE_FRAME_CAPACITY] = 1;
    GIVES(E_BUFFER, lodge_resume, &f);
    f.word[LODGE_FRAME_CAPACITY] = UINT64_C(1) << 32 | 2;
    GIVES(E_ARGUMENT, lodge_resume, &f);
    f.word[LODGE_FRAME_CAPACITY] = 2;
    f.word[LODGE_FRAME_STATUS] = 0;
    SLOT(&f) = 7;
    GIVES(OK, lodge_resume, &f);
    assert_int_equal(SLOT(&f), 7);
}

static void an_answer_after_a_cancel_is_cancelled(void **state)
{
    struct frame f = frame_of(guest, "one", 0, 5), again;

    (void)state;
    f.word[LODGE_FRAME_CALLID] = 12;
    GIVES(REQUEST, lodge_call, &f);
    again = f;
    assert_int_equal(lodge_store_cancel(store, 12), LODGE_OK);
    GIVES(E_CANCELLED, lodge_resume, &f);
    GIVES(E_STATE, lodge_resume, &again);
    still_usable();
}

static void an_answer_after_the_close_names_nothing(void **state)
{
    struct frame f = open_request("one", 0, 5), alone;
    lodge_instance own = worker_of(asking_text);

    (void)state;
    alone = frame_of(own, "one", 0, 5);
    GIVES(REQUEST, lodge_call, &alone);
    lodge_store_close(store);
    GIVES(E_HANDLE, lodge_resume, &f);
    lodge_instance_close(own);
    GIVES(E_HANDLE, lodge_resume, &alone);
}

static void an_answer_to_another_store_is_foreign(void **state)
{
    struct frame f = open_request("one", 0, 5), g;
    lodge_instance own = worker_of(asking_text);

    (void)state;
    g = frame_of(own, "one", 0, 5);
    GIVES(REQUEST, lodge_call, &g);
    g.word[LODGE_FRAME_FUNC] = f.word[LODGE_FRAME_FUNC];
    GIVES(E_FOREIGN, lodge_resume, &g);
    g.word[LODGE_FRAME_FUNC] = func_of(own, "one").id;
    g.word[LODGE_FRAME_STATUS] = 0;
    answers_with(&g, 5, 5);
    answers_with(&f, 1, 2);
}

/* ---- abandoned ---------------------------------------------------------------- */

/* The frame is gone, nobody answers: the end of the store ends them. */
static void abandoned_requests_leave_nothing(void **state)
{
    int i;

    (void)state;
    for (i = 0; i < 200; i++) {
        lodge_instance own = worker_of(asking_text);
        struct frame f = frame_of(own, "one", 0, 5);

        GIVES(REQUEST, lodge_call, &f);
        f = sliced(own, "work", TOKEN(&f), 5);
        if (i % 20 == 0)
            GIVES(YIELD, lodge_call, &f);
        if (i % 2)
            lodge_instance_close(own); /* the others: with the engine */
    }
}

/* ---- many ----------------------------------------------------------------------- */

enum { MANY = 10000 };

static void requests_allocate_nothing(void **state)
{
    struct frame f = open_request("loop", 0, MANY + 9);
    uint64_t attempts, blocks, bytes;
    int i;

    (void)state;
    for (i = 0; i < 8; i++)
        assert_int_equal(answer(&f, 1), LODGE_REQUEST);
    attempts = lodge_test_alloc_attempts();
    blocks = stat_of(LODGE_STAT_ALLOCATIONS);
    bytes = stat_of(LODGE_STAT_BYTES);
    for (i = 0; i < MANY; i++)
        assert_int_equal(answer(&f, 1), LODGE_REQUEST);
    assert_int_equal(lodge_test_alloc_attempts(), attempts);
    assert_int_equal(stat_of(LODGE_STAT_ALLOCATIONS), blocks);
    assert_int_equal(stat_of(LODGE_STAT_BYTES), bytes);
    answers_with(&f, 1, 1);
    still_usable();
}

/* One call, one request, one nested call each time. */
static void calls_that_wait_allocate_nothing(void **state)
{
    struct frame f = frame_of(guest, "one", 0, 0);
    struct frame g = frame_of(guest, "malloc", 0, 0);
    uint64_t attempts = 0;
    int i;

    (void)state;
    for (i = 0; i < MANY; i++) {
        if (i == 8)
            attempts = lodge_test_alloc_attempts();
        assert_int_equal(lodge_call(f.word), LODGE_REQUEST);
        g.word[LODGE_FRAME_PARENT] = TOKEN(&f);
        SLOT(&g) = 0;
        assert_int_equal(lodge_call(g.word), LODGE_OK);
        assert_int_equal(answer(&f, 1), LODGE_OK);
    }
    assert_int_equal(lodge_test_alloc_attempts(), attempts);
}

static void slices_allocate_nothing(void **state)
{
    lodge_instance worker = worker_of(worker_text);
    struct frame f = yielded(worker, "work", 0, 1);
    uint64_t attempts = lodge_test_alloc_attempts();
    int i;

    (void)state;
    for (i = 0; i < 20; i++)
        assert_int_equal(lodge_resume(f.word), LODGE_YIELD);
    assert_int_equal(lodge_test_alloc_attempts(), attempts);
    let_stop(worker);
    ends_with(&f, 2);
}

/* The first stop of a store needs memory, and says so. */
static void a_fiber_that_cannot_be_made_is_told(void **state)
{
    struct frame f = frame_of(guest, "one", 0, 5);
    uint64_t k;
    lodge_status st;

    (void)state;
    for (k = 1; k < 50; k++) {
        lodge_test_alloc_fail_at(k, 0);
        st = lodge_call(f.word);
        lodge_test_alloc_fail_at(0, 0);
        if (st == LODGE_REQUEST)
            break;
        assert_int_equal(st, LODGE_E_MEMORY);
    }
    assert_true(k > 1 && k < 50);
    answers_with(&f, 1, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUSPEND_TEST(an_answer_comes_once),
        SUSPEND_TEST(an_answer_needs_its_slots),
        SUSPEND_TEST(an_answer_after_a_cancel_is_cancelled),
        SUSPEND_TEST(an_answer_after_the_close_names_nothing),
        SUSPEND_TEST(an_answer_to_another_store_is_foreign),
        SUSPEND_TEST(abandoned_requests_leave_nothing),
        SUSPEND_TEST(requests_allocate_nothing),
        SUSPEND_TEST(calls_that_wait_allocate_nothing),
        SUSPEND_TEST(slices_allocate_nothing),
        SUSPEND_TEST(a_fiber_that_cannot_be_made_is_told),
    };

    return RUN(tests);
}

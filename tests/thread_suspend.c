/* thread_suspend.c - requests and cancelling between threads.
 */
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include "suspend_fixture.h"

static struct frame shared;
static sem_t turns[2];
static _Atomic int turn, rounds, done;
static lodge_status last;

static pthread_t spawn(void *(*body)(void *), void *arg)
{
    pthread_t thread;

    assert_int_equal(pthread_create(&thread, NULL, body, arg), 0);
    return thread;
}

/* ---- answers from other threads ----------------------------------------- */

static void *answers_in_turn(void *arg)
{
    int me = arg != NULL;

    while (!atomic_load(&done) && sem_wait(&turns[me]) == 0) {
        if (atomic_load(&done))
            break;
        last = answer(&shared,
                      SLOT(&shared) + shared.word[LODGE_FRAME_SLOTS + 1]);
        atomic_fetch_add(&rounds, 1);
        if (last != LODGE_REQUEST)
            atomic_store(&done, 1);
        sem_post(&turns[!me]);
    }
    return NULL;
}

static void two_threads_answer_in_turn(void **state)
{
    pthread_t a, b;

    (void)state;
    shared = open_request("loop", 0, 20000);
    atomic_store(&done, 0);
    sem_init(&turns[0], 0, 1);
    sem_init(&turns[1], 0, 0);
    a = spawn(answers_in_turn, NULL);
    b = spawn(answers_in_turn, &shared);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    sem_destroy(&turns[0]);
    sem_destroy(&turns[1]);
    assert_int_equal(last, LODGE_OK);
    assert_int_equal(atomic_load(&rounds), 20000);
    assert_int_equal(SLOT(&shared), (20000u * 20001u / 2u));
    still_usable();
}

static int32_t calls_one(lodge_caller caller, uint64_t *slots)
{
    lodge_status st;

    (void)caller;
    st = lodge_func_call(func_of(guest, "one"), slots, 1, NULL);
    return st;
}

static void *tries_to_answer(void *arg)
{
    (void)arg;
    last = answer(&shared, 1);
    return NULL;
}

static void a_direct_function_pins_its_requests(void **state)
{
    uint64_t token;

    (void)state;
    direct_body = calls_one;
    shared = open_request("through", 0, 1);
    token = TOKEN(&shared);
    pthread_join(spawn(tries_to_answer, NULL), NULL);
    assert_int_equal(last, LODGE_E_BUSY);
    assert_int_equal(TOKEN(&shared), token);
    shared.word[LODGE_FRAME_STATUS] = 0;
    answers_with(&shared, 4, 5);
}

static void *opens_and_leaves(void *arg)
{
    (void)arg;
    shared = open_request("one", 0, 1);
    return NULL;
}

static void a_request_outlives_the_thread_that_began_it(void **state)
{
    (void)state;
    pthread_join(spawn(opens_and_leaves, NULL), NULL);
    answers_with(&shared, 4, 5);
    pthread_join(spawn(opens_and_leaves, NULL), NULL);
    lodge_store_close(store);
    assert_int_equal(answer(&shared, 1), LODGE_E_HANDLE);
}

/* ---- running on another thread ------------------------------------------- */

static void *spins(void *arg)
{
    struct frame f = frame_of(guest, "spin", 0, 0);

    f.word[LODGE_FRAME_CALLID] = (uint64_t)(uintptr_t)arg;
    atomic_store(&turn, 1);
    do /* the one who waits for us looks in */
        last = lodge_call(f.word);
    while (last == LODGE_E_BUSY);
    return NULL;
}

static pthread_t spinning(uint64_t id)
{
    pthread_t thread;
    uint64_t calls;

    atomic_store(&turn, 0);
    thread = spawn(spins, (void *)(uintptr_t)id);
    while (!atomic_load(&turn))
        sched_yield();
    while (lodge_store_get(store, LODGE_STORE_CALLS, &calls, NULL) == LODGE_OK)
        usleep(1000);
    return thread;
}

static void a_running_store_is_busy_and_can_be_cancelled(void **state)
{
    struct frame f = frame_of(guest, "div", 0, 4);
    pthread_t thread;
    lodge_global global;
    lodge_memory memory;
    uint64_t n = 0;

    (void)state;
    OK(lodge_instance_global(guest, TEXT("heap"), &global, ERR));
    OK(lodge_instance_memory(guest, TEXT("memory"), &memory, ERR));
    thread = spinning(7);
    GIVES(E_BUSY, lodge_call, &f);
    f.word[LODGE_FRAME_PARENT] = store.id | 1;
    GIVES(E_BUSY, lodge_call, &f);
    f.word[LODGE_FRAME_PARENT] = 0;
    FAILS(BUSY,
          lodge_func_call((lodge_func){f.word[LODGE_FRAME_FUNC]}, &n, 1, ERR));
    FAILS(BUSY, lodge_global_get(global, &n, 1, ERR));
    FAILS(BUSY, lodge_memory_size(memory, &n, ERR));
    TOKEN(&f) = store.id | 1;
    f.word[LODGE_FRAME_STATUS] = 0;
    GIVES(E_BUSY, lodge_resume, &f);
    assert_int_equal(lodge_store_cancel(store, 6), LODGE_OK);
    usleep(5000);
    GIVES(E_BUSY, lodge_resume, &f); /* still there */
    assert_int_equal(lodge_store_cancel(store, 7), LODGE_OK);
    pthread_join(thread, NULL);
    assert_int_equal(last, LODGE_E_CANCELLED);
    still_usable();
}

static void a_close_from_another_thread_ends_the_guest(void **state)
{
    pthread_t thread;

    (void)state;
    thread = spinning(0);
    lodge_store_close(store);
    pthread_join(thread, NULL);
    assert_int_equal(last, LODGE_E_CANCELLED);
}

/* ---- cancelling at rest ---------------------------------------------------- */

static void a_cancel_waits_for_its_call(void **state)
{
    struct frame f = frame_of(guest, "one", 0, 1);

    (void)state;
    assert_int_equal(lodge_store_cancel(store, 5), LODGE_OK);
    f.word[LODGE_FRAME_CALLID] = 4;
    GIVES(REQUEST, lodge_call, &f);
    answers_with(&f, 1, 2);
    SLOT(&f) = 1;
    f.word[LODGE_FRAME_CALLID] = 5;
    GIVES(E_CANCELLED, lodge_call, &f);
    f.word[LODGE_FRAME_CALLID] = 6;
    GIVES(REQUEST, lodge_call, &f);
    answers_with(&f, 1, 2);
    still_usable();
}

static void a_cancel_marks_open_requests(void **state)
{
    struct frame a = frame_of(guest, "one", 0, 1), b, g;

    (void)state;
    a.word[LODGE_FRAME_CALLID] = 10;
    GIVES(REQUEST, lodge_call, &a);
    b = frame_of(guest, "one", TOKEN(&a), 2);
    b.word[LODGE_FRAME_CALLID] = 11;
    GIVES(REQUEST, lodge_call, &b);
    assert_int_equal(lodge_store_cancel(store, 11), LODGE_OK);
    g = frame_of(guest, "div", TOKEN(&b), 4);
    GIVES(E_CANCELLED, lodge_call, &g);
    assert_int_equal(answer(&b, 1), LODGE_E_CANCELLED);
    g = frame_of(guest, "div", TOKEN(&a), 4); /* the outer goes on */
    GIVES(OK, lodge_call, &g);
    answers_with(&a, 1, 2);
    still_usable();
}

static void an_outer_cancel_ends_what_is_nested(void **state)
{
    struct frame a = frame_of(guest, "one", 0, 1), b;

    (void)state;
    a.word[LODGE_FRAME_CALLID] = 20;
    GIVES(REQUEST, lodge_call, &a);
    b = open_request("one", TOKEN(&a), 2);
    assert_int_equal(lodge_store_cancel(store, 20), LODGE_OK);
    assert_int_equal(answer(&b, 1), LODGE_E_CANCELLED);
    assert_int_equal(answer(&a, 1), LODGE_E_CANCELLED);
    still_usable();
}

static int32_t swallows(lodge_caller caller, uint64_t *slots)
{
    calls_one(caller, slots);
    return 0;
}

static void nobody_swallows_a_cancel(void **state)
{
    struct frame a = frame_of(guest, "through", 0, 1);

    (void)state;
    direct_body = swallows;
    a.word[LODGE_FRAME_CALLID] = 21;
    GIVES(REQUEST, lodge_call, &a);
    assert_int_equal(lodge_store_cancel(store, 21), LODGE_OK);
    assert_int_equal(answer(&a, 1), LODGE_E_CANCELLED);
    still_usable();
}

static void four_open_levels_are_cancelled_2000_times(void **state)
{
    struct frame level[4];
    uint64_t id = 0;
    int i, k;

    (void)state;
    for (i = 0; i < 2000; i++) {
        for (k = 0; k < 4; k++) {
            level[k] = frame_of(guest, "one", k ? TOKEN(&level[k - 1]) : 0, 1);
            level[k].word[LODGE_FRAME_CALLID] = ++id;
            GIVES(REQUEST, lodge_call, &level[k]);
        }
        assert_int_equal(lodge_store_cancel(store, id - 3), LODGE_OK);
        for (k = 3; k >= 0; k--)
            assert_int_equal(answer(&level[k], 1), LODGE_E_CANCELLED);
    }
    still_usable();
}

static void bad_stores_are_not_cancelled(void **state)
{
    (void)state;
    assert_int_equal(lodge_store_cancel(store, 0), LODGE_E_ARGUMENT);
    FOR_BAD_IDS(lodge_store, bad,
                assert_int_equal(lodge_store_cancel(bad, 1), LODGE_E_HANDLE));
    assert_int_equal(lodge_store_cancel((lodge_store){guest.id}, 1),
                     LODGE_E_HANDLE);
    lodge_store_close(store);
    assert_int_equal(lodge_store_cancel(store, 1), LODGE_E_HANDLE);
}

/* ---- cancelling at any moment ---------------------------------------------- */

/* Where threads share one busy core, each round waits for its slices. */
static int there_is_time(time_t start)
{
    return time(NULL) - start < 10;
}

static _Atomic uint64_t running_id, stop;

static void *cancels(void *arg)
{
    unsigned seed = 1;

    (void)arg;
    while (!atomic_load(&stop)) {
        uint64_t id = atomic_load(&running_id);
        int wait = rand_r(&seed) % 200;

        while (wait-- > 0)
            __asm__ volatile("");
        lodge_store_cancel(store, id);
        sched_yield();
    }
    return NULL;
}

static void a_cancel_may_come_at_any_moment(void **state)
{
    uint64_t id, ended = 0;
    time_t start = time(NULL);
    pthread_t thread;

    (void)state;
    atomic_store(&stop, 0);
    atomic_store(&running_id, 1);
    thread = spawn(cancels, NULL);
    for (id = 1; id <= 10000 && there_is_time(start); id++) {
        struct frame f = frame_of(guest, id & 1 ? "one" : "spin", 0, 1);
        lodge_status st;

        f.word[LODGE_FRAME_CALLID] = id;
        atomic_store(&running_id, id);
        st = lodge_call(f.word);
        if (st == LODGE_REQUEST)
            st = answer(&f, 1);
        assert_true(st == LODGE_OK || st == LODGE_E_CANCELLED);
        ended += st == LODGE_E_CANCELLED;
    }
    atomic_store(&stop, 1);
    pthread_join(thread, NULL);
    assert_true(ended >= (id - 1) / 2); /* each that would spin for ever */
    still_usable();
}

static void *cancels_any(void *arg)
{
    uint64_t id = 1;

    while (!atomic_load(&stop))
        lodge_store_cancel((lodge_store){*(_Atomic uint64_t *)arg}, id++);
    return NULL;
}

static void a_cancel_may_meet_a_store_that_ends(void **state)
{
    static _Atomic uint64_t target;
    time_t start = time(NULL);
    pthread_t thread;
    int i;

    (void)state;
    atomic_store(&stop, 0);
    thread = spawn(cancels_any, &target);
    for (i = 0; i < 3000 && there_is_time(start); i++) {
        lodge_store made = new_store(engine);

        atomic_store(&target, made.id);
        sched_yield();
        lodge_store_close(made);
    }
    atomic_store(&stop, 1);
    pthread_join(thread, NULL);
}

/* ---- deadlines -------------------------------------------------------------- */

static void deadlines_hold_on_the_fiber(void **state)
{
    struct frame f = frame_of(guest, "spin", 0, 0), a, g;

    (void)state;
    f.word[LODGE_FRAME_DEADLINE] = 20000000;
    GIVES(E_DEADLINE, lodge_call, &f);
    OK(lodge_store_set(store, LODGE_STORE_DEADLINE, 20000000, ERR));
    f.word[LODGE_FRAME_DEADLINE] = 0;
    GIVES(E_DEADLINE, lodge_call, &f);
    OK(lodge_store_set(store, LODGE_STORE_DEADLINE, 0, ERR));
    a = open_request("one", 0, 1);
    g = frame_of(guest, "spin", TOKEN(&a), 0);
    g.word[LODGE_FRAME_DEADLINE] = 20000000;
    GIVES(E_DEADLINE, lodge_call, &g);
    answers_with(&a, 1, 2); /* its call has none */
}

static void a_deadline_passes_while_a_request_waits(void **state)
{
    struct frame f = frame_of(guest, "loop", 0, 2000000);
    time_t patience = time(NULL) + 60;
    lodge_status st;

    (void)state;
    f.word[LODGE_FRAME_DEADLINE] = 150000000;
    GIVES(REQUEST, lodge_call, &f);
    usleep(400000); /* the ticker rests meanwhile */
    do {
        st = answer(&f, 1);
        usleep(100);
    } while (st == LODGE_REQUEST && time(NULL) < patience);
    assert_int_equal(st, LODGE_E_DEADLINE);
    still_usable();
}

/* That of the outer call too, whose set of times is not the one in use. */
static void an_outer_deadline_passes_while_a_nested_call_waits(void **state)
{
    struct frame f = frame_of(guest, "loop", 0, 2000000), g;
    lodge_status st;
    int rounds_left = 1000;

    (void)state;
    f.word[LODGE_FRAME_DEADLINE] = 500000000;
    GIVES(REQUEST, lodge_call, &f);
    g = frame_of(guest, "one", TOKEN(&f), 1);
    GIVES(REQUEST, lodge_call, &g);
    usleep(900000);
    st = answer(&g, 1);
    assert_true(st == LODGE_OK || st == LODGE_E_DEADLINE);
    do {
        st = answer(&f, 1);
        usleep(100);
    } while (st == LODGE_REQUEST && --rounds_left);
    assert_int_equal(st, LODGE_E_DEADLINE);
    still_usable();
}

/* ---- slices ----------------------------------------------------------------- */

static void *goes_on_in_turn(void *arg)
{
    int me = arg != NULL;

    while (!atomic_load(&done)) {
        if (atomic_load(&turn) != me) {
            sched_yield();
            continue;
        }
        last = lodge_resume(shared.word);
        if (last != LODGE_YIELD || atomic_fetch_add(&rounds, 1) >= 20)
            atomic_store(&done, 1);
        atomic_store(&turn, !me);
    }
    return NULL;
}

static void two_threads_give_slices_in_turn(void **state)
{
    pthread_t a, b;

    (void)state;
    shared = frame_of(guest, "spin", 0, 0);
    shared.word[LODGE_FRAME_SLICE] = 1;
    GIVES(YIELD, lodge_call, &shared);
    atomic_store(&turn, 0);
    atomic_store(&done, 0);
    atomic_store(&rounds, 0);
    a = spawn(goes_on_in_turn, NULL);
    b = spawn(goes_on_in_turn, &shared);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    assert_int_equal(last, LODGE_YIELD);
    assert_int_equal(fails(&shared, LODGE_E_CANCELLED, 0, 0),
                     LODGE_E_CANCELLED);
    still_usable();
}

/* A call from a DIRECT function keeps the stop on its thread. */
static int32_t spins_inside(lodge_caller caller, uint64_t *slots)
{
    (void)caller;
    (void)slots;
    return lodge_func_call(func_of(guest, "spin"), NULL, 0, NULL);
}

static void *tries_to_go_on(void *arg)
{
    (void)arg;
    last = lodge_resume(shared.word);
    return NULL;
}

static void a_direct_function_pins_its_slices(void **state)
{
    (void)state;
    direct_body = spins_inside;
    shared = frame_of(guest, "through", 0, 1);
    shared.word[LODGE_FRAME_SLICE] = 1;
    GIVES(YIELD, lodge_call, &shared);
    while (shared.word[LODGE_FRAME_OPEN] < 2) /* not there yet */
        GIVES(YIELD, lodge_resume, &shared);
    pthread_join(spawn(tries_to_go_on, NULL), NULL);
    assert_int_equal(last, LODGE_E_BUSY);
    GIVES(YIELD, lodge_resume, &shared);
    assert_int_equal(fails(&shared, LODGE_E_CANCELLED, 0, 0),
                     LODGE_E_CANCELLED);
    still_usable();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUSPEND_TEST(two_threads_answer_in_turn),
        SUSPEND_TEST(a_direct_function_pins_its_requests),
        SUSPEND_TEST(a_request_outlives_the_thread_that_began_it),
        SUSPEND_TEST(a_running_store_is_busy_and_can_be_cancelled),
        SUSPEND_TEST(a_close_from_another_thread_ends_the_guest),
        SUSPEND_TEST(a_cancel_waits_for_its_call),
        SUSPEND_TEST(a_cancel_marks_open_requests),
        SUSPEND_TEST(an_outer_cancel_ends_what_is_nested),
        SUSPEND_TEST(nobody_swallows_a_cancel),
        SUSPEND_TEST(four_open_levels_are_cancelled_2000_times),
        SUSPEND_TEST(bad_stores_are_not_cancelled),
        SUSPEND_TEST(a_cancel_may_come_at_any_moment),
        SUSPEND_TEST(a_cancel_may_meet_a_store_that_ends),
        SUSPEND_TEST(deadlines_hold_on_the_fiber),
        SUSPEND_TEST(a_deadline_passes_while_a_request_waits),
        SUSPEND_TEST(an_outer_deadline_passes_while_a_nested_call_waits),
        SUSPEND_TEST(two_threads_give_slices_in_turn),
        SUSPEND_TEST(a_direct_function_pins_its_slices),
    };

    return RUN(tests);
}

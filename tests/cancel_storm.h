/* cancel_storm.h - calls that another thread cancels, each once, at a moment
 * of chance: before it begins, while it runs, waits or nests, after its end.
 */
#ifndef LODGE_CANCEL_STORM_H
#define LODGE_CANCEL_STORM_H

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <unistd.h>

#include "suspend_fixture.h"

static struct {
    _Atomic uint64_t announced, cancelled;
    uint64_t calls, ended; /* how many, and how many by the cancel */
} storm;

static inline void storm_wait(unsigned *seed, unsigned most)
{
    unsigned turns = (unsigned)rand_r(seed) % most;

    while (turns-- > 0)
        __asm__ volatile("");
}

static inline void *storm_cancels(void *arg)
{
    unsigned seed = 1;
    uint64_t id;

    for (id = 1; id <= storm.calls; id++) {
        while (atomic_load(&storm.announced) < id)
            sched_yield();
        storm_wait(&seed, 20000);
        OK(lodge_store_cancel(store, id));
        atomic_store(&storm.cancelled, id);
    }
    return arg;
}

/* Runs a loop inside, and hides how it ended. */
static inline int32_t storm_nests(lodge_caller caller, uint64_t *slots)
{
    struct frame f = frame_of(guest, "spin", 0, 0);

    (void)caller;
    slots[0] = 1;
    assert_int_equal(lodge_call(f.word), LODGE_E_CANCELLED);
    return 0;
}

/* A loop, a request, a loop inside a DIRECT function, a loop inside a
 * request, and a call that ends by itself.
 */
static inline lodge_status storm_call(uint64_t id, unsigned *seed)
{
    static const char *const names[] = {"spin", "one", "through", "one",
                                        "div"};
    const int kind = (int)(id % 5);
    struct frame f = frame_of(guest, names[kind], 0, 1), g;
    lodge_status st;

    f.word[LODGE_FRAME_CALLID] = id;
    atomic_store(&storm.announced, id);
    storm_wait(seed, 5000);
    st = lodge_call(f.word);
    if (st != LODGE_REQUEST)
        return st;
    g = frame_of(guest, "spin", TOKEN(&f), 0);
    if (kind == 3)
        assert_int_equal(lodge_call(g.word), LODGE_E_CANCELLED);
    else
        storm_wait(seed, 20000);
    return answer(&f, 1);
}

/* What cannot end by itself must end by its one cancel. */
static inline void storm_run(uint64_t calls)
{
    pthread_t thread;
    unsigned seed = 2;
    lodge_status st;
    uint64_t id;

    storm.calls = calls;
    storm.ended = 0;
    atomic_store(&storm.announced, 0);
    atomic_store(&storm.cancelled, 0);
    direct_body = storm_nests;
    assert_int_equal(pthread_create(&thread, NULL, storm_cancels, NULL), 0);
    for (id = 1; id <= calls; id++) {
        st = storm_call(id, &seed);
        if (st != LODGE_E_CANCELLED &&
            (st != LODGE_OK || id % 5 == 0 || id % 5 == 2 || id % 5 == 3))
            fail_msg("call %llu gave %d", (unsigned long long)id, st);
        storm.ended += st == LODGE_E_CANCELLED;
        while (atomic_load(&storm.cancelled) < id)
            sched_yield();
    }
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(storm.ended >= calls / 5 * 3);
    still_usable();
}

#endif

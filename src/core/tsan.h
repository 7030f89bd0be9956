/* tsan.h - tells TSan what it cannot see; nothing in other builds.
 * It must not know what it speaks of.
 *
 * TSan follows the functions that each thread is in, and crashes when one is
 * entered on one thread and left on another, as happens on a fiber. So a
 * fiber is a thread of its own to it. Whoever gives the processor to a fiber
 * and gets it back says so around that one call; the fiber itself says
 * nothing, since it runs only in between. What the fiber does comes after
 * what its runner did, and the other way round.
 *
 * Counts of references that Rust keeps order what their holders did before
 * what is done at the last one. Whoever drops a holder says so, and whoever
 * is called for the last one.
 */
#ifndef LODGE_CORE_TSAN_H
#define LODGE_CORE_TSAN_H

#if defined(__SANITIZE_THREAD__)
#define TSAN_RUNS 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define TSAN_RUNS 1
#endif
#endif

#ifdef TSAN_RUNS
#include <sanitizer/tsan_interface.h>

/* Returns the runner; `fiber` is NULL before its first run. */
static inline void *tsan_fiber_enter(void **fiber)
{
    void *runner = __tsan_get_current_fiber();

    if (!*fiber)
        *fiber = __tsan_create_fiber(0);
    __tsan_switch_to_fiber(*fiber, 0);
    return runner;
}

static inline void tsan_fiber_leave(void *runner)
{
    __tsan_switch_to_fiber(runner, 0);
}

/* It will not run again. */
static inline void tsan_fiber_forget(void **fiber)
{
    if (*fiber)
        __tsan_destroy_fiber(*fiber);
    *fiber = 0;
}

/* Both sides name the same thing. */
static inline void tsan_lets_go(void *of)
{
    __tsan_release(of);
}

static inline void tsan_all_gone(void *of)
{
    __tsan_acquire(of);
}

#else

static inline void *tsan_fiber_enter(void **fiber)
{
    (void)fiber;
    return 0;
}

static inline void tsan_fiber_leave(void *runner)
{
    (void)runner;
}

static inline void tsan_fiber_forget(void **fiber)
{
    (void)fiber;
}

static inline void tsan_lets_go(void *of)
{
    (void)of;
}

static inline void tsan_all_gone(void *of)
{
    (void)of;
}

#endif
#endif

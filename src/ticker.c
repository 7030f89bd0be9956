/* ticker.c - the clock of milliseconds behind deadlines.
 * It must not know what a deadline ends.
 *
 * One thread for the process. It sleeps in steps of 1 ms, counts them, and
 * increments the epoch of every engine, so that running guests look at their
 * deadline, and say that they have one (ticker_wake). Nobody says so in 100
 * steps: it stops stepping until somebody does, who makes up for what was not
 * counted, so that deadlines of calls that were stopped meanwhile are right.
 * It runs no host code.
 *
 * Who has a deadline may be silent for longer than that, inside a host
 * function or because his thread does not get to run. So the epochs go up
 * once more when the ticker rests already: whoever runs guest code again
 * finds that, and wakes it.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>

#include "core/clock.h"
#include "core/lock.h"
#include "rooms.h"

enum { STEP_NS = 1000000, IDLE_STEPS = 100 };

_Atomic uint64_t ticker_now = 1;

static _Atomic uint32_t used; /* somebody waits for a deadline */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wake = PTHREAD_COND_INITIALIZER;
static struct engine *engines; /* under mutex */
static uint64_t counted_ns;    /* the clock at the last tick of a rest; too */
static _Atomic uint32_t parked;
static _Atomic uint32_t running;

/* Under mutex. */
static void increment_epochs(void)
{
    struct engine *eng;

    for (eng = engines; eng; eng = eng->next)
        wasmtime_engine_increment_epoch(eng->raw);
}

static void step(struct timespec *next)
{
    next->tv_nsec += STEP_NS;
    if (next->tv_nsec >= 1000000000) {
        next->tv_nsec -= 1000000000;
        next->tv_sec++;
    }
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, next, NULL) ==
           EINTR) {
    }
    atomic_fetch_add_explicit(&ticker_now, 1, memory_order_relaxed);
    pthread_mutex_lock(&mutex);
    increment_epochs();
    pthread_mutex_unlock(&mutex);
}

/* Counts the milliseconds of a rest; under the mutex. */
static void catch_up(void)
{
    uint64_t ms = (clock_ns() - counted_ns) / STEP_NS;

    counted_ns += ms * STEP_NS;
    atomic_fetch_add_explicit(&ticker_now, ms, memory_order_relaxed);
}

/* Sleep until somebody waits for a deadline again; 0 when the last engine
 * has gone and the thread is to end. This side and ticker_wake each set
 * their own word before they read the other's, in one order for all (seq_cst):
 * either `used` is seen here, or `parked` is seen there.
 */
static int park(void)
{
    int stay;

    pthread_mutex_lock(&mutex);
    counted_ns = clock_ns();
    atomic_store(&parked, 1);
    increment_epochs();
    while (engines && !atomic_load(&used))
        pthread_cond_wait(&wake, &mutex);
    catch_up();
    atomic_store(&parked, 0);
    stay = engines != NULL;
    if (!stay)
        atomic_store(&running, 0);
    pthread_mutex_unlock(&mutex);
    return stay;
}

static void *ticker(void *unused)
{
    struct timespec next;
    uint32_t idle = IDLE_STEPS;

    for (;;) {
        if (idle >= IDLE_STEPS) {
            if (!park())
                return unused;
            idle = 0;
            clock_gettime(CLOCK_MONOTONIC, &next);
        }
        step(&next);
        idle = atomic_exchange(&used, 0) ? 0 : idle + 1;
    }
}

/* Signals of the process are not for this thread. */
static int spawn(void)
{
    pthread_attr_t attr;
    pthread_t thread;
    sigset_t all, old;
    int failed;

    if (pthread_attr_init(&attr) != 0)
        return -1;
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    failed = pthread_create(&thread, &attr, ticker, NULL);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    pthread_attr_destroy(&attr);
    return failed;
}

/* After fork: the thread is not here, and who held the mutex is unknown. */
static void after_fork(void)
{
    static const pthread_mutex_t fresh_mutex = PTHREAD_MUTEX_INITIALIZER;
    static const pthread_cond_t fresh_cond = PTHREAD_COND_INITIALIZER;

    mutex = fresh_mutex;
    wake = fresh_cond;
    engines = NULL;
    atomic_store(&running, 0);
    atomic_store(&parked, 0);
}

lodge_status ticker_add(struct engine *eng, lodge_error *err)
{
    lodge_status st = LODGE_OK;

    handle_at_fork_child(after_fork);
    pthread_mutex_lock(&mutex);
    if (!atomic_load(&running)) {
        if (spawn() == 0)
            atomic_store(&running, 1);
        else
            st = error_refuse(err, LODGE_E_LIMIT,
                              "the thread for deadlines could not be made; "
                              "interruption=off does without it");
    }
    if (st == LODGE_OK) {
        eng->next = engines;
        eng->prev = NULL;
        if (engines)
            engines->prev = eng;
        engines = eng;
    }
    pthread_mutex_unlock(&mutex);
    return st;
}

void ticker_remove(struct engine *eng)
{
    pthread_mutex_lock(&mutex);
    if (eng->prev)
        eng->prev->next = eng->next;
    else if (engines == eng)
        engines = eng->next;
    if (eng->next)
        eng->next->prev = eng->prev;
    if (!engines)
        pthread_cond_signal(&wake);
    pthread_mutex_unlock(&mutex);
}

void ticker_wake(void)
{
    atomic_store(&used, 1);
    if (!atomic_load(&parked))
        return;
    pthread_mutex_lock(&mutex);
    if (atomic_load(&parked))
        catch_up();
    pthread_cond_signal(&wake);
    pthread_mutex_unlock(&mutex);
}

uint32_t ticker_running(void)
{
    return atomic_load(&running);
}

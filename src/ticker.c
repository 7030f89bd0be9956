/* ticker.c - the clock of milliseconds behind deadlines.
 * It must not know what a deadline ends.
 *
 * One thread for the process. It sleeps in steps of 1 ms, counts them, and
 * increments the epoch of every engine, so that running guests look at their
 * deadline. No call with a deadline or a slice has run for 100 steps, and
 * nobody has cancelled anything: it stops stepping until then. It runs no
 * host code.
 */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <time.h>

#include "core/clock.h"
#include "rooms.h"

enum { IDLE_STEPS = 100 };

/* A millisecond of the clock: so a call can say by the clock in which one it
 * ends, also while the ticker rests or lags.
 */
_Atomic uint64_t ticker_now;
/* Calls that wait for a tick. They say so when they begin and when they end:
 * a guest in a long instruction, or in a host function, could not.
 */
static _Atomic uint32_t users;
/* There was one since the last step. */
static _Atomic uint32_t used;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
/* Posted without the mutex, by who cancels: that must not wait. */
static sem_t wake;
static int has_wake;
static struct engine *engines; /* under mutex */
static _Atomic uint32_t parked;
static _Atomic uint32_t running;

static void step(void)
{
    uint64_t at = (clock_ns() / TICK_NS + 1) * TICK_NS;
    struct timespec next = {(time_t)(at / 1000000000),
                            (long)(at % 1000000000)};
    struct engine *eng;

    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL) ==
           EINTR) {
    }
    atomic_store_explicit(&ticker_now, clock_ns() / TICK_NS,
                          memory_order_relaxed);
    pthread_mutex_lock(&mutex);
    for (eng = engines; eng; eng = eng->next)
        wasmtime_engine_increment_epoch(eng->raw);
    pthread_mutex_unlock(&mutex);
}

static void sleep_until_posted(void)
{
    pthread_mutex_unlock(&mutex);
    while (sem_wait(&wake) != 0 && errno == EINTR) {
    }
    pthread_mutex_lock(&mutex);
}

/* Sleep until somebody waits for a tick again; 0 when the last engine has
 * gone and the thread is to end.
 */
static int park(void)
{
    int stay;

    pthread_mutex_lock(&mutex);
    atomic_store(&parked, 1);
    while (engines && !(atomic_load(&users) | atomic_load(&used)))
        sleep_until_posted();
    atomic_store(&parked, 0);
    stay = engines != NULL;
    if (!stay)
        atomic_store(&running, 0);
    pthread_mutex_unlock(&mutex);
    return stay;
}

static void *ticker(void *unused)
{
    uint32_t idle = IDLE_STEPS;

    for (;;) {
        if (idle >= IDLE_STEPS) {
            if (!park())
                return unused;
            idle = 0;
        }
        step();
        if (atomic_load(&users) | atomic_exchange(&used, 0))
            idle = 0;
        else
            idle++;
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

/* After fork: the thread is not here, and who held the mutex is unknown. The
 * users that were on other threads never end: the ticker of the child does
 * not rest then.
 */
static void after_fork(void)
{
    static const pthread_mutex_t fresh_mutex = PTHREAD_MUTEX_INITIALIZER;

    mutex = fresh_mutex;
    has_wake = 0;
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
        if (!has_wake)
            has_wake = sem_init(&wake, 0, 0) == 0;
        if (has_wake && spawn() == 0)
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
    if (!engines && atomic_load(&running))
        sem_post(&wake);
    pthread_mutex_unlock(&mutex);
}

void ticker_begin(void)
{
    atomic_fetch_add(&users, 1);
    if (atomic_load(&parked))
        sem_post(&wake);
}

void ticker_kick(void)
{
    atomic_store(&used, 1);
    if (atomic_load(&parked))
        sem_post(&wake);
}

void ticker_end(void)
{
    atomic_store_explicit(&used, 1, memory_order_relaxed);
    atomic_fetch_sub(&users, 1);
}

uint32_t ticker_running(void)
{
    return atomic_load(&running);
}

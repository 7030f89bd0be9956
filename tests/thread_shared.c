/* thread_shared.c - the promises of shared memories to threads: guests and
 * the host count, lock, wait and wake. Worth a run under TSan.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shared_fixture.h"

enum { THREADS = 8, ROUNDS = 100000, LOCKED_ROUNDS = 20000 };

/* TSan leaves little room for memories. */
static const char quiet_settings[] =
    "wasm-threads=on,shared-memory=on,parallel-compilation=off,memory-"
    "reservation=1M,"
    "memory-guard-size=64K";

static struct {
    lodge_shared_memory memory;
    lodge_linker linker;
    lodge_module module;
    pthread_barrier_t start;
    const char *name;  /* what guests call */
    uint64_t argument; /* and with what */
    uint64_t result;   /* of the last */
    lodge_status status;
    _Atomic int bad;
} all;

static void check(int good)
{
    if (!good)
        atomic_store(&all.bad, 1);
}

static int begin_threads(void **state)
{
    engine_settings = quiet_settings;
    if (begin(state))
        return -1;
    memset(&all, 0, sizeof all);
    all.memory = new_shared("1 8");
    all.linker = linker_with(all.memory);
    all.module = new_module(engine, sharing_text);
    return 0;
}

static int end_threads(void **state)
{
    return atomic_load(&all.bad) ? -1 : end(state);
}

#define THREAD_TEST(name)                                                     \
    cmocka_unit_test_setup_teardown(name, begin_threads, end_threads)

/* A guest of its own, in a store of its own. */
static lodge_func guest_func(void)
{
    lodge_instance in;
    lodge_func fn;

    check(lodge_instance_new(all.linker, (lodge_store){0}, all.module, &in,
                             NULL) == LODGE_OK);
    check(lodge_instance_func(in, TEXT(all.name), &fn, NULL) == LODGE_OK);
    return fn;
}

static pthread_t run(void *(*body)(void *), void *arg)
{
    pthread_t thread;

    assert_int_equal(pthread_create(&thread, NULL, body, arg), 0);
    return thread;
}

static void join(pthread_t thread)
{
    assert_int_equal(pthread_join(thread, NULL), 0);
}

/* ---- counting --------------------------------------------------------- */

static void *guest_counts(void *arg)
{
    lodge_func fn = guest_func();
    uint64_t slot = all.argument;

    (void)arg;
    pthread_barrier_wait(&all.start);
    check(lodge_func_call(fn, &slot, 1, NULL) == LODGE_OK);
    return NULL;
}

static void guests_count(const char *name, uint64_t rounds)
{
    pthread_t threads[THREADS];
    int i;

    all.name = name;
    all.argument = rounds;
    pthread_barrier_init(&all.start, NULL, THREADS);
    for (i = 0; i < THREADS; i++)
        threads[i] = run(guest_counts, NULL);
    for (i = 0; i < THREADS; i++)
        join(threads[i]);
    pthread_barrier_destroy(&all.start);
}

static void what_eight_guests_add_is_exact(void **state)
{
    (void)state;
    guests_count("count", ROUNDS);
    assert_int_equal(look(all.memory, 64, 4), THREADS * ROUNDS);
}

static void a_lock_of_guests_lets_in_one_at_a_time(void **state)
{
    (void)state;
    guests_count("locked", LOCKED_ROUNDS);
    assert_int_equal(look(all.memory, 192, 4), THREADS * LOCKED_ROUNDS);
    assert_int_equal(look(all.memory, 128, 4), 0);
}

/* The host takes part: by addition, by replacing, and in a narrow value. */
static void *host_counts(void *arg)
{
    uint64_t old, seen;
    int i;

    (void)arg;
    pthread_barrier_wait(&all.start);
    for (i = 0; i < ROUNDS / 10; i++) {
        check(lodge_shared_memory_rmw(all.memory, 64, 4, LODGE_ATOMIC_ADD, 1,
                                      &old, NULL) == LODGE_OK);
        check(lodge_shared_memory_rmw(all.memory, 81, 1, LODGE_ATOMIC_ADD, 1,
                                      NULL, NULL) == LODGE_OK);
        check(lodge_shared_memory_load(all.memory, 72, 8, &seen, NULL) ==
              LODGE_OK);
        do {
            old = seen;
            check(lodge_shared_memory_cmpxchg(all.memory, 72, 8, old, old + 1,
                                              &seen, NULL) == LODGE_OK);
        } while (seen != old);
    }
    return NULL;
}

static void what_guests_and_the_host_add_is_exact(void **state)
{
    pthread_t threads[THREADS];
    int i;

    (void)state;
    all.name = "count";
    all.argument = ROUNDS;
    pthread_barrier_init(&all.start, NULL, THREADS);
    for (i = 0; i < THREADS; i++)
        threads[i] = run(i % 2 ? guest_counts : host_counts, NULL);
    for (i = 0; i < THREADS; i++)
        join(threads[i]);
    pthread_barrier_destroy(&all.start);
    assert_int_equal(look(all.memory, 64, 4),
                     THREADS / 2 * (ROUNDS + ROUNDS / 10));
    assert_int_equal(look(all.memory, 72, 8), THREADS / 2 * (ROUNDS / 10));
    assert_int_equal(look(all.memory, 80, 4),
                     (THREADS / 2 * (ROUNDS / 10) & 255) << 8);
}

/* ---- copying ---------------------------------------------------------- */

static _Atomic int stop;

static void *writes_all_ones_or_zeros(void *arg)
{
    uint8_t ones[64];

    (void)arg;
    memset(ones, 0xFF, sizeof ones);
    while (!atomic_load(&stop)) {
        check(lodge_shared_memory_write(all.memory, 1024, ones, sizeof ones,
                                        NULL) == LODGE_OK);
        check(lodge_shared_memory_fill(all.memory, 1024, 0, sizeof ones,
                                       NULL) == LODGE_OK);
    }
    return NULL;
}

/* Of what is written meanwhile a reader may see parts, never of a byte. */
static void bytes_are_whole_while_others_write(void **state)
{
    pthread_t writer;
    uint8_t out[64];
    int i, k;

    (void)state;
    atomic_store(&stop, 0);
    writer = run(writes_all_ones_or_zeros, NULL);
    for (i = 0; i < 20000; i++) {
        OK(lodge_shared_memory_read(all.memory, 1024, out, sizeof out, ERR));
        for (k = 0; k < 64; k++)
            assert_true(out[k] == 0 || out[k] == 0xFF);
        OK(lodge_shared_memory_copy(all.memory, 2048, all.memory, 1024, 64,
                                    ERR));
    }
    atomic_store(&stop, 1);
    join(writer);
}

static void *grows_one_by_one(void *arg)
{
    uint64_t old;

    (void)arg;
    pthread_barrier_wait(&all.start);
    while (lodge_shared_memory_grow(all.memory, 1, &old, NULL) == LODGE_OK)
        check(lodge_shared_memory_store(all.memory, old * PAGE, 8, old,
                                        NULL) == LODGE_OK);
    return NULL;
}

/* Each page is given to exactly one of those who grow. */
static void growing_at_once_gives_each_page_once(void **state)
{
    pthread_t threads[4];
    uint64_t page;
    int i;

    (void)state;
    pthread_barrier_init(&all.start, NULL, 4);
    for (i = 0; i < 4; i++)
        threads[i] = run(grows_one_by_one, NULL);
    for (i = 0; i < 4; i++)
        join(threads[i]);
    pthread_barrier_destroy(&all.start);
    assert_int_equal(shared_size_of(all.memory), 8 * PAGE);
    for (page = 1; page < 8; page++)
        assert_int_equal(look(all.memory, page * PAGE, 8), page);
}

/* ---- waiting ---------------------------------------------------------- */

static void *guest_runs(void *arg)
{
    lodge_func fn = guest_func();
    uint64_t slot = all.argument;

    (void)arg;
    all.status = lodge_func_call(fn, &slot, 1, NULL);
    all.result = slot;
    return NULL;
}

/* Until somebody is there to be woken. */
static void wake_one(uint64_t at)
{
    while (notify(all.memory, at, 1) == 0)
        sched_yield();
}

static void the_host_wakes_a_guest_that_waits(void **state)
{
    pthread_t thread;

    (void)state;
    all.name = "wait";
    all.argument = 256;
    thread = run(guest_runs, NULL);
    wake_one(256);
    join(thread);
    assert_int_equal(all.status, LODGE_OK);
    assert_int_equal(all.result, LODGE_WAIT_WOKEN);
    assert_int_equal(notify(all.memory, 256, 1), 0);
}

static void *guest_notifies_until_one_woke(void *arg)
{
    lodge_func fn = guest_func();
    uint64_t slot;

    (void)arg;
    do {
        slot = 256;
        check(lodge_func_call(fn, &slot, 1, NULL) == LODGE_OK);
        sched_yield();
    } while (slot == 0);
    all.result = slot;
    return NULL;
}

static void a_guest_wakes_the_host_that_waits(void **state)
{
    pthread_t thread;
    uint32_t how = 42;

    (void)state;
    all.name = "notify";
    thread = run(guest_notifies_until_one_woke, NULL);
    OK(lodge_shared_memory_wait(all.memory, 256, 4, 0, UINT64_MAX, &how, ERR));
    assert_int_equal(how, LODGE_WAIT_WOKEN);
    join(thread);
    assert_int_equal(all.result, 1);
}

static void *host_waits(void *arg)
{
    lodge_shared_memory *memory = arg;
    uint32_t how = 42;

    all.status =
        lodge_shared_memory_wait(*memory, 512, 8, 0, UINT64_MAX, &how, NULL);
    all.result = how;
    return NULL;
}

static void await_waits(uint64_t n)
{
    while (stat_of(LODGE_STAT_SHARED_WAITS) != n)
        sched_yield();
}

static void the_host_wakes_the_host(void **state)
{
    pthread_t thread;

    (void)state;
    thread = run(host_waits, &all.memory);
    await_waits(1);
    wake_one(512);
    join(thread);
    assert_int_equal(all.status, LODGE_OK);
    assert_int_equal(all.result, LODGE_WAIT_WOKEN);
    assert_int_equal(stat_of(LODGE_STAT_SHARED_WAITS), 0);
}

static _Atomic uint32_t woken_ok;

static void *one_of_many_waits(void *arg)
{
    uint32_t how = 42;

    (void)arg;
    check(lodge_shared_memory_wait(all.memory, 768, 4, 0, UINT64_MAX, &how,
                                   NULL) == LODGE_OK);
    if (how == LODGE_WAIT_WOKEN)
        atomic_fetch_add(&woken_ok, 1);
    return NULL;
}

/* Nobody is woken twice, and nobody is forgotten. */
static void a_notification_wakes_as_many_as_it_says(void **state)
{
    pthread_t threads[THREADS];
    uint32_t n = 0;
    int i;

    (void)state;
    atomic_store(&woken_ok, 0);
    for (i = 0; i < THREADS; i++)
        threads[i] = run(one_of_many_waits, NULL);
    while (n < 3)
        n += notify(all.memory, 768, 3 - n);
    while (n < THREADS)
        n += notify(all.memory, 768, UINT32_MAX);
    for (i = 0; i < THREADS; i++)
        join(threads[i]);
    assert_int_equal(n, THREADS);
    assert_int_equal(atomic_load(&woken_ok), THREADS);
}

static void closing_the_handle_ends_a_wait(void **state)
{
    lodge_shared_memory other = behind(named_in(store, all.memory));
    pthread_t thread;

    (void)state;
    thread = run(host_waits, &other);
    await_waits(1);
    lodge_shared_memory_close(other);
    join(thread);
    assert_int_equal(all.status, LODGE_E_CANCELLED);
    assert_int_equal(all.result, 42);
    assert_int_equal(look(all.memory, 512, 8), 0); /* the memory lives */
}

static void a_close_ends_no_wait_through_another_handle(void **state)
{
    lodge_shared_memory other = behind(named_in(store, all.memory));
    pthread_t thread;

    (void)state;
    thread = run(host_waits, &all.memory);
    await_waits(1);
    lodge_shared_memory_close(other);
    assert_int_equal(stat_of(LODGE_STAT_SHARED_WAITS), 1);
    wake_one(512);
    join(thread);
    assert_int_equal(all.status, LODGE_OK);
}

static void *one_of_the_cancelled(void *arg)
{
    uint32_t how = 42;

    (void)arg;
    check(lodge_shared_memory_wait(all.memory, 512, 8, 0, UINT64_MAX, &how,
                                   NULL) == LODGE_E_CANCELLED);
    check(how == 42);
    return NULL;
}

static void a_shutdown_ends_all_waits(void **state)
{
    pthread_t threads[3];
    int i;

    (void)state;
    for (i = 0; i < 3; i++)
        threads[i] = run(one_of_the_cancelled, NULL);
    await_waits(3);
    lodge_engine_shutdown(engine);
    for (i = 0; i < 3; i++)
        join(threads[i]);
    assert_int_equal(stat_of(LODGE_STAT_SHARED_WAITS), 0);
}

/* A wait whose handle is closed at any time ends. */
static void no_wait_is_left_behind_by_a_close(void **state)
{
    pthread_t thread;
    int i;

    (void)state;
    for (i = 0; i < 200; i++) {
        lodge_shared_memory other = behind(named_in(store, all.memory));

        thread = run(host_waits, &other);
        if (i % 2)
            sched_yield();
        lodge_shared_memory_close(other);
        join(thread);
        assert_true(all.status == LODGE_E_CANCELLED ||
                    all.status == LODGE_E_HANDLE);
    }
}

/* No deadline reaches a guest that sleeps in memory.atomic.wait; it ends when
 * it is woken, and then at once.
 */
static void *guest_with_a_deadline_waits(void *arg)
{
    const lodge_store own = *(lodge_store *)arg;
    lodge_instance in;
    lodge_func fn;
    uint64_t slot = 256;

    check(lodge_store_set(own, LODGE_STORE_DEADLINE, 1000000, NULL) ==
          LODGE_OK);
    check(lodge_instance_new(all.linker, own, all.module, &in, NULL) ==
          LODGE_OK);
    check(lodge_instance_func(in, TEXT("wait_then_loop"), &fn, NULL) ==
          LODGE_OK);
    all.status = lodge_func_call(fn, &slot, 1, NULL);
    return NULL;
}

static void a_guest_that_waits_ends_when_it_is_woken(void **state)
{
    pthread_t thread;

    (void)state;
    all.module = new_module(
        engine, "(module (import \"h\" \"m\" (memory 1 8 shared))"
                " (func (export \"wait_then_loop\") (param i32) (result i32)"
                "  (drop (memory.atomic.wait32 (local.get 0) (i32.const 0)"
                "   (i64.const -1))) (loop $l (br $l)) (unreachable)))");
    thread = run(guest_with_a_deadline_waits, &store);
    wake_one(256);
    join(thread);
    assert_int_equal(all.status, LODGE_E_DEADLINE);
}

/* ---- a fork ----------------------------------------------------------- */

/* In the child: 0 if all is as promised there. */
static int child_of_a_fork(void)
{
    const uint64_t waits = stat_of(LODGE_STAT_SHARED_WAITS);
    const uint64_t memories = stat_of(LODGE_STAT_SHARED_MEMORIES);
    lodge_shared_memory fresh;
    lodge_engine other;
    uint32_t how = 42;

    if (waits || memories ||
        lodge_shared_memory_wait(all.memory, 512, 8, 0, 0, &how, NULL) !=
            LODGE_E_STATE)
        return 1;
    lodge_shared_memory_close(all.memory);
    lodge_engine_shutdown(engine);
    other = new_engine_with(quiet_settings);
    fresh = shared_of(other, "1 1");
    put(fresh, 0, 4, 3);
    if (lodge_shared_memory_wait(fresh, 0, 4, 3, 0, &how, NULL) != LODGE_OK ||
        how != LODGE_WAIT_TIMED_OUT || look(fresh, 0, 4) != 3)
        return 2;
    lodge_engine_shutdown(other);
    return 0;
}

/* One thread waits while another one forks: the child has no such thread. */
static void a_child_of_a_fork_waits_for_nobody(void **state)
{
    pthread_t thread;
    int how = -1;
    pid_t child;

    (void)state;
    thread = run(host_waits, &all.memory);
    await_waits(1);
    calm_before_fork();
    child = fork();
    if (child == 0) {
        alarm(60);
        _exit(child_of_a_fork());
    }
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_int_equal(how, 0);
    wake_one(512);
    join(thread);
    assert_int_equal(all.status, LODGE_OK);
}

/* ---- making and ending ------------------------------------------------- */

static void *names_and_closes(void *arg)
{
    int i;

    (void)arg;
    for (i = 0; i < 200; i++) {
        lodge_shared_memory again;
        lodge_memory named;
        lodge_store own;
        uint32_t yes = 0;

        check(lodge_store_new(engine, &own, NULL) == LODGE_OK);
        check(lodge_shared_memory_in(all.memory, own, &named, NULL) ==
              LODGE_OK);
        check(lodge_memory_shared(named, &again, NULL) == LODGE_OK);
        check(lodge_shared_memory_same(all.memory, again, &yes, NULL) ==
              LODGE_OK);
        check(yes == 1);
        lodge_store_close(own);
        lodge_shared_memory_close(again);
    }
    return NULL;
}

static void threads_name_and_close_it_at_once(void **state)
{
    pthread_t threads[4];
    int i;

    (void)state;
    for (i = 0; i < 4; i++)
        threads[i] = run(names_and_closes, NULL);
    for (i = 0; i < 4; i++)
        join(threads[i]);
    assert_int_equal(stat_of(LODGE_STAT_SHARED_MEMORIES), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        THREAD_TEST(what_eight_guests_add_is_exact),
        THREAD_TEST(a_lock_of_guests_lets_in_one_at_a_time),
        THREAD_TEST(what_guests_and_the_host_add_is_exact),
        THREAD_TEST(bytes_are_whole_while_others_write),
        THREAD_TEST(growing_at_once_gives_each_page_once),
        THREAD_TEST(the_host_wakes_a_guest_that_waits),
        THREAD_TEST(a_guest_wakes_the_host_that_waits),
        THREAD_TEST(the_host_wakes_the_host),
        THREAD_TEST(a_notification_wakes_as_many_as_it_says),
        THREAD_TEST(closing_the_handle_ends_a_wait),
        THREAD_TEST(a_close_ends_no_wait_through_another_handle),
        THREAD_TEST(a_shutdown_ends_all_waits),
        THREAD_TEST(no_wait_is_left_behind_by_a_close),
        THREAD_TEST(a_guest_that_waits_ends_when_it_is_woken),
        THREAD_TEST(a_child_of_a_fork_waits_for_nobody),
        THREAD_TEST(threads_name_and_close_it_at_once),
    };

    return RUN(tests);
}

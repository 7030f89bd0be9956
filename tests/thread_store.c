/* thread_store.c - stores and what belongs to them, used by several threads
 * at once. Worth a run under TSan.
 */
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <time.h>

#include "zoo.h"

enum { THREADS = 4, FUNCTIONS = 400 };

static const char counter[] =
    "(module (import \"m\" \"f\" (func $f)) (memory (export \"memory\") 1)"
    " (global $n (mut i64) (i64.const 0))"
    " (func (export \"add\") (result i64) (call $f)"
    "  (global.set $n (i64.add (global.get $n) (i64.const 1)))"
    "  (global.get $n)))";

/* What the threads of a test share. */
static struct {
    lodge_engine engine;
    lodge_linker linker;
    lodge_module module;
    lodge_prepared prepared;
    lodge_store store;
    lodge_instance instance;
    lodge_func add;
    _Atomic uint64_t good, busy, gone, hops;
    _Atomic int stop;
    _Atomic int bad; /* a status that must not be */
    _Atomic uint32_t seen[FUNCTIONS * THREADS + 1];
    lodge_instance instances[2000];
} all;

/* TSan cannot see how the compiler's threads agree with each other, and
 * leaves little room for memories.
 */
static const char quiet[] =
    "parallel-compilation=off,memory-reservation=1M,memory-guard-size=64K,"
    "interruption=on";

static int32_t nothing(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    (void)token;
    (void)caller;
    (void)slots;
    return 0;
}

/* Counts a status; what is not allowed is remembered. */
static int tally(lodge_status st, int may_be_gone)
{
    if (st == LODGE_OK)
        atomic_fetch_add(&all.good, 1);
    else if (st == LODGE_E_BUSY)
        atomic_fetch_add(&all.busy, 1);
    else if (may_be_gone && (st == LODGE_E_HANDLE || st == LODGE_E_CANCELLED))
        atomic_fetch_add(&all.gone, 1);
    else
        atomic_store(&all.bad, st);
    return st == LODGE_OK;
}

static void open_all(void)
{
    memset(&all, 0, sizeof all);
    all.engine = new_engine_with(quiet);
    all.linker = new_linker(all.engine);
    OK(lodge_linker_func(all.linker, TEXT("m"), TEXT("f"), TEXT("->"), nothing,
                         0, ERR));
    all.module = new_module(all.engine, counter);
    OK(lodge_linker_prepare(all.linker, all.module, &all.prepared, ERR));
    all.store = new_store(all.engine);
    OK(lodge_prepared_instance(all.prepared, all.store, &all.instance, ERR));
    all.add = func_of(all.instance, "add");
}

static void close_all(void)
{
    lodge_store_close(all.store);
    lodge_prepared_close(all.prepared);
    lodge_module_close(all.module);
    lodge_linker_close(all.linker);
    lodge_engine_close(all.engine);
    assert_int_equal(atomic_load(&all.bad), 0);
}

static void sleep_ms(long ms)
{
    nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

static void start(pthread_t *threads, void *(*fn)(void *))
{
    uintptr_t i;

    for (i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, fn, (void *)i), 0);
}

static void finish(pthread_t *threads)
{
    int i;

    for (i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

/* ---- one store -------------------------------------------------------- */

static void *hammer(void *arg)
{
    uint64_t slot, value;

    while (!atomic_load(&all.stop)) {
        slot = 0;
        tally(lodge_func_call(all.add, &slot, 1, NULL), 0);
        lodge_store_get(all.store, LODGE_STORE_CALLS, &value, NULL);
        if ((uintptr_t)arg == 0 &&
            lodge_store_hold(all.store, NULL) == LODGE_OK)
            lodge_store_unhold(all.store, NULL);
    }
    return NULL;
}

static void a_store_is_used_by_one_thread_at_a_time(void **state)
{
    pthread_t threads[THREADS];
    uint64_t slot = 0;

    (void)state;
    open_all();
    start(threads, hammer);
    while (atomic_load(&all.good) < 20000 && !atomic_load(&all.bad))
        sleep_ms(1);
    atomic_store(&all.stop, 1);
    finish(threads);
    OK(lodge_func_call(all.add, &slot, 1, ERR));
    assert_int_equal(slot, atomic_load(&all.good) + 1);
    close_all();
}

static sem_t turns[THREADS];

static void *hop(void *arg)
{
    uint64_t slot = 0, turn;

    for (turn = (uintptr_t)arg; turn < 10000; turn += THREADS) {
        sem_wait(&turns[turn % THREADS]);
        tally(lodge_func_call(all.add, &slot, 1, NULL), 0);
        if (slot != turn + 1)
            atomic_store(&all.bad, -1);
        sem_post(&turns[(turn + 1) % THREADS]);
    }
    return NULL;
}

static void a_store_hops_from_thread_to_thread(void **state)
{
    pthread_t threads[THREADS];
    unsigned i;

    (void)state;
    open_all();
    for (i = 0; i < THREADS; i++)
        sem_init(&turns[i], 0, i == 0);
    start(threads, hop);
    finish(threads);
    for (i = 0; i < THREADS; i++)
        sem_destroy(&turns[i]);
    assert_int_equal(atomic_load(&all.good), 10000);
    assert_int_equal(atomic_load(&all.busy), 0);
    close_all();
}

static void *hammer_until_gone(void *arg)
{
    uint64_t slot = 0;
    lodge_status st;

    do {
        st = lodge_func_call(all.add, &slot, 1, NULL);
        tally(st, 1);
    } while (st == LODGE_OK || st == LODGE_E_BUSY);
    return arg;
}

static void a_store_is_closed_while_others_call(void **state)
{
    pthread_t threads[THREADS];
    int i;

    (void)state;
    open_all();
    for (i = 0; i < 100; i++) {
        start(threads, hammer_until_gone);
        if (i % 2)
            sched_yield();
        if (i % 3)
            lodge_store_close(all.store);
        else
            lodge_release((void *)(uintptr_t)all.store.id);
        finish(threads);
        all.store = new_store(all.engine);
        OK(lodge_prepared_instance(all.prepared, all.store, &all.instance,
                                   ERR));
        all.add = func_of(all.instance, "add");
    }
    assert_true(atomic_load(&all.gone) >= 100 * THREADS);
    close_all();
}

/* ---- instances -------------------------------------------------------- */

static void *close_instances(void *arg)
{
    uintptr_t i;

    for (i = (uintptr_t)arg; i < 2000; i += THREADS) {
        if (i % 3)
            lodge_instance_close(all.instances[i]);
        else
            lodge_release((void *)(uintptr_t)all.instances[i].id);
    }
    return NULL;
}

static void instances_are_closed_while_their_store_is_busy(void **state)
{
    pthread_t threads[THREADS];
    lodge_extern item;
    uint64_t slot = 0;
    int i;

    (void)state;
    open_all();
    for (i = 0; i < 2000; i++)
        OK(lodge_prepared_instance(all.prepared, all.store, &all.instances[i],
                                   ERR));
    OK(lodge_store_hold(all.store, ERR));
    start(threads, close_instances);
    for (i = 0; i < 20000; i++)
        OK(lodge_func_call(all.add, &slot, 1, ERR));
    finish(threads);
    for (i = 0; i < 2000; i++)
        FAILS(HANDLE, lodge_instance_export(all.instances[i], TEXT("add"),
                                            &item, ERR));
    OK(lodge_store_unhold(all.store, ERR));
    OK(lodge_func_call(all.add, &slot, 1, ERR));
    close_all();
}

static void *release_again_and_again(void *arg)
{
    uintptr_t i;

    for (i = 0; i < 20000; i++)
        lodge_release((void *)(uintptr_t)all.instances[i % 3].id);
    return arg;
}

/* A finalizer may run as often as it likes: what waits is marks, no list. */
static void closing_again_takes_no_more_memory(void **state)
{
    pthread_t threads[THREADS];
    uint64_t bytes, slot = 0;
    lodge_extern item;
    int i;

    (void)state;
    open_all();
    for (i = 0; i < 3; i++)
        OK(lodge_prepared_instance(all.prepared, all.store, &all.instances[i],
                                   ERR));
    OK(lodge_store_hold(all.store, ERR));
    start(threads, release_again_and_again);
    finish(threads);
    bytes = stat_of(LODGE_STAT_BYTES);
    start(threads, release_again_and_again);
    finish(threads);
    assert_int_equal(stat_of(LODGE_STAT_BYTES), bytes);
    OK(lodge_func_call(all.add, &slot, 1, ERR));
    for (i = 0; i < 3; i++)
        FAILS(HANDLE, lodge_instance_export(all.instances[i], TEXT("add"),
                                            &item, ERR));
    OK(lodge_store_unhold(all.store, ERR));
    close_all();
}

static void *close_private(void *arg)
{
    lodge_instance instance;
    uintptr_t i;

    for (i = 0; i < 200; i++) {
        if (!tally(lodge_prepared_instance(all.prepared, (lodge_store){0},
                                           &instance, NULL),
                   0))
            continue;
        /* whoever gets it first closes what another one made */
        instance.id = atomic_exchange(&all.hops, instance.id);
        lodge_instance_close(instance);
    }
    return arg;
}

static void private_instances_are_closed_by_other_threads(void **state)
{
    pthread_t threads[THREADS];

    (void)state;
    open_all();
    start(threads, close_private);
    finish(threads);
    lodge_instance_close((lodge_instance){atomic_load(&all.hops)});
    assert_int_equal(atomic_load(&all.good), 200 * THREADS);
    assert_int_equal(stat_of(LODGE_STAT_LIVE + LODGE_KIND_STORE), 1);
    close_all();
}

/* ---- one linker ------------------------------------------------------- */

static void *share_linker(void *arg)
{
    lodge_instance instance;
    uint32_t count;
    int i;

    for (i = 0; i < 200; i++) {
        if ((uintptr_t)arg == 0) {
            tally(lodge_linker_set(all.linker, LODGE_LINKER_SHADOWING,
                                   (uint64_t)(i & 1), NULL),
                  0);
            continue;
        }
        if (tally(lodge_instance_new(all.linker, (lodge_store){0}, all.module,
                                     &instance, NULL),
                  0))
            lodge_instance_close(instance);
        tally(lodge_linker_missing(all.linker, all.module, NULL, 0, NULL,
                                   &count, NULL),
              0);
    }
    return NULL;
}

static void a_linker_is_used_by_many_and_changed_by_one(void **state)
{
    pthread_t threads[THREADS];

    (void)state;
    open_all();
    start(threads, share_linker);
    finish(threads);
    assert_true(atomic_load(&all.good) > 0);
    close_all();
}

/* ---- tokens ----------------------------------------------------------- */

static void take_tokens(void)
{
    uint64_t tokens[8];
    uint32_t kinds[8], count, i;

    do {
        lodge_reap(0, kinds, tokens, 8, &count);
        for (i = 0; i < count; i++) {
            if (kinds[i] != LODGE_KIND_HOST || tokens[i] > FUNCTIONS * THREADS)
                atomic_store(&all.bad, -1);
            else
                atomic_fetch_add(&all.seen[tokens[i]], 1);
        }
    } while (count == 8);
}

static void *define_and_reap(void *arg)
{
    const uint64_t mine = (uint64_t)(uintptr_t)arg * FUNCTIONS;
    lodge_linker linker = {0};
    char name[16];
    uint64_t i;

    for (i = 1; i <= FUNCTIONS; i++) {
        if (i % 10 == 1)
            tally(lodge_linker_new(all.engine, &linker, NULL), 0);
        /* Every third name is taken already. */
        snprintf(name, sizeof name, "f%d", (int)(i % 3 ? i : 0));
        lodge_linker_func(linker, TEXT("m"), TEXT(name), TEXT("i32 -> i32"),
                          nothing, mine + i, NULL);
        if (i % 7 == 0)
            take_tokens();
        if (i % 10 == 0)
            lodge_linker_close(linker);
    }
    return NULL;
}

static void tokens_come_out_once_while_others_are_defined(void **state)
{
    pthread_t threads[THREADS];
    uint32_t i;

    (void)state;
    open_all();
    start(threads, define_and_reap);
    finish(threads);
    take_tokens();
    for (i = 1; i <= FUNCTIONS * THREADS; i++)
        assert_int_equal(atomic_load(&all.seen[i]), 1);
    assert_int_equal(atomic_load(&all.seen[0]), 0);
    close_all();
}

/* ---- shutdown --------------------------------------------------------- */

static void *do_everything(void *arg)
{
    lodge_instance instance;
    lodge_linker linker;
    lodge_store store;
    lodge_func fn;
    uint64_t slot;

    while (!atomic_load(&all.stop)) {
        slot = 0;
        tally(lodge_func_call(all.add, &slot, 1, NULL), 1);
        if (tally(lodge_store_new(all.engine, &store, NULL), 1)) {
            tally(
                lodge_prepared_instance(all.prepared, store, &instance, NULL),
                1);
            lodge_store_close(store);
        }
        if (tally(lodge_linker_new(all.engine, &linker, NULL), 1))
            lodge_linker_close(linker);
        if (tally(lodge_prepared_instance(all.prepared, (lodge_store){0},
                                          &instance, NULL),
                  1)) {
            if (tally(lodge_instance_func(instance, TEXT("add"), &fn, NULL),
                      1))
                tally(lodge_func_call(fn, &slot, 1, NULL), 1);
            lodge_instance_close(instance);
        }
    }
    return arg;
}

static void an_engine_is_shut_down_against_everything(void **state)
{
    pthread_t threads[THREADS];
    int i;

    (void)state;
    for (i = 0; i < 20; i++) {
        open_all();
        start(threads, do_everything);
        sleep_ms(i % 5);
        lodge_engine_shutdown(all.engine);
        sleep_ms(1);
        atomic_store(&all.stop, 1);
        finish(threads);
        assert_int_equal(atomic_load(&all.bad), 0);
        lodge_engine_shutdown(all.engine);
        assert_int_equal(stat_of(LODGE_STAT_LIVE), 0);
    }
}

static const char endless[] =
    "(module (import \"m\" \"f\" (func $f))"
    " (func (export \"spin\") (call $f) (loop $l (br $l))))";

static int32_t tell(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    (void)token;
    (void)caller;
    (void)slots;
    atomic_fetch_add(&all.hops, 1);
    return 0;
}

static void *spin(void *arg)
{
    lodge_instance instance;
    lodge_func fn;

    if (lodge_instance_new(all.linker, (lodge_store){0}, all.module, &instance,
                           NULL) != LODGE_OK ||
        lodge_instance_func(instance, TEXT("spin"), &fn, NULL) != LODGE_OK) {
        atomic_store(&all.bad, -1);
        return arg;
    }
    if (lodge_func_call(fn, NULL, 0, NULL) != LODGE_E_CANCELLED)
        atomic_store(&all.bad, -2);
    return arg;
}

static void a_shutdown_ends_guests_that_loop(void **state)
{
    pthread_t threads[THREADS];

    (void)state;
    memset(&all, 0, sizeof all);
    all.engine = new_engine_with(quiet);
    all.linker = new_linker(all.engine);
    all.module = new_module(all.engine, endless);
    OK(lodge_linker_func(all.linker, TEXT("m"), TEXT("f"), TEXT("->"), tell, 0,
                         ERR));
    start(threads, spin);
    while (atomic_load(&all.hops) < THREADS && !atomic_load(&all.bad))
        sleep_ms(1);
    lodge_engine_shutdown(all.engine);
    finish(threads);
    assert_int_equal(atomic_load(&all.bad), 0);
    assert_int_equal(stat_of(LODGE_STAT_LIVE), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_store_is_used_by_one_thread_at_a_time),
        TEST(a_store_hops_from_thread_to_thread),
        TEST(a_store_is_closed_while_others_call),
        TEST(instances_are_closed_while_their_store_is_busy),
        TEST(closing_again_takes_no_more_memory),
        TEST(private_instances_are_closed_by_other_threads),
        TEST(a_linker_is_used_by_many_and_changed_by_one),
        TEST(tokens_come_out_once_while_others_are_defined),
        TEST(an_engine_is_shut_down_against_everything),
        TEST(a_shutdown_ends_guests_that_loop),
    };

    return RUN(tests);
}

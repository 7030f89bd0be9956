/* thread_budget.c - one budget, used up by several threads at once. Worth a
 * run under TSan.
 */
#include <pthread.h>
#include <stdatomic.h>

#include "budget_fixture.h"

enum { THREADS = 4, ROUNDS = 25, LIMIT_PAGES = 97, LIMIT_ELEMENTS = 1000 };

/* TSan leaves little room for memories. */
static const char quiet[] =
    "parallel-compilation=off,memory-reservation=1M,memory-guard-size=64K,"
    "interruption=on";

static struct {
    lodge_budget budget;
    lodge_engine engine;
    lodge_module module;
    lodge_linker linker;
    pthread_barrier_t full; /* all threads have been refused */
    _Atomic uint64_t pages; /* that guests have got */
    _Atomic uint64_t elements;
    _Atomic uint64_t refused;
    _Atomic int stop;
    _Atomic int bad;
} all;

static void check(int good)
{
    if (!good)
        atomic_store(&all.bad, 1);
}

static uint64_t used_now(uint32_t key)
{
    uint64_t value = UINT64_MAX;

    check(lodge_budget_get(all.budget, key, &value, NULL) == LODGE_OK);
    return value;
}

/* Grows by one until refused; how often it was not. */
static uint64_t fill(lodge_instance in, const char *name)
{
    uint64_t slot = 1, n = 0;
    lodge_status st;
    lodge_func fn;

    check(lodge_instance_func(in, TEXT(name), &fn, NULL) == LODGE_OK);
    while ((st = lodge_func_call(fn, &slot, 1, NULL)) == LODGE_OK &&
           slot != REFUSED) {
        slot = 1;
        n++;
    }
    check(st == LODGE_OK);
    return n;
}

static void use_up(void)
{
    lodge_instance in;
    lodge_store st;

    check(lodge_store_new(all.engine, &st, NULL) == LODGE_OK);
    check(lodge_store_budget(st, all.budget, NULL) == LODGE_OK);
    check(lodge_instance_new(all.linker, st, all.module, &in, NULL) ==
          LODGE_OK);
    pthread_barrier_wait(&all.full); /* every instance has room */
    atomic_fetch_add(&all.pages, 1 + fill(in, "grow"));
    atomic_fetch_add(&all.elements, 2 + fill(in, "grow_table"));
    atomic_fetch_add(&all.refused, 1);
    pthread_barrier_wait(&all.full);
    /* Every thread was refused, and nobody has closed yet. */
    check(used_now(LODGE_BUDGET_MEMORY_USED) == LIMIT_PAGES * PAGE);
    check(used_now(LODGE_BUDGET_TABLE_USED) == LIMIT_ELEMENTS);
    check(atomic_load(&all.pages) == LIMIT_PAGES);
    check(atomic_load(&all.elements) == LIMIT_ELEMENTS);
    pthread_barrier_wait(&all.full);
    lodge_store_close(st);
    pthread_barrier_wait(&all.full);
    check(used_now(LODGE_BUDGET_MEMORY_USED) == 0);
    check(used_now(LODGE_BUDGET_TABLE_USED) == 0);
    check(used_now(LODGE_BUDGET_STORES) == 0);
    atomic_store(&all.pages, 0);
    atomic_store(&all.elements, 0);
    pthread_barrier_wait(&all.full);
}

static void *worker(void *unused)
{
    int i;

    for (i = 0; i < ROUNDS; i++)
        use_up();
    return unused;
}

static void *reader(void *unused)
{
    while (!atomic_load(&all.stop)) {
        check(used_now(LODGE_BUDGET_MEMORY_USED) <= LIMIT_PAGES * PAGE);
        check(used_now(LODGE_BUDGET_TABLE_USED) <= LIMIT_ELEMENTS);
    }
    return unused;
}

static void open_all(void)
{
    memset(&all, 0, sizeof all);
    all.engine = new_engine_with(quiet);
    all.linker = new_linker(all.engine);
    all.module = new_module(all.engine, growing);
    all.budget = budget_of(LODGE_BUDGET_MEMORY, LIMIT_PAGES * PAGE);
    OK(lodge_budget_set(all.budget, LODGE_BUDGET_TABLE, LIMIT_ELEMENTS, ERR));
    pthread_barrier_init(&all.full, NULL, THREADS);
}

static void close_all(void)
{
    lodge_module_close(all.module);
    lodge_linker_close(all.linker);
    lodge_engine_close(all.engine);
    lodge_budget_close(all.budget);
    pthread_barrier_destroy(&all.full);
    assert_int_equal(atomic_load(&all.bad), 0);
}

static void threads_never_get_more_than_there_is(void **state)
{
    pthread_t threads[THREADS], watch;
    int i;

    (void)state;
    open_all();
    assert_int_equal(pthread_create(&watch, NULL, reader, NULL), 0);
    for (i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, worker, NULL), 0);
    for (i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    atomic_store(&all.stop, 1);
    pthread_join(watch, NULL);
    CHECK(all.budget, MEMORY_PEAK, LIMIT_PAGES * PAGE);
    CHECK(all.budget, TABLE_PEAK, LIMIT_ELEMENTS);
    assert_int_equal(atomic_load(&all.refused), THREADS * ROUNDS);
    assert_true(budget_value(all.budget, LODGE_BUDGET_MEMORY_REFUSALS) >=
                THREADS * ROUNDS);
    close_all();
}

/* ---- time --------------------------------------------------------------- */

static void *spins(void *arg)
{
    lodge_func fn = {(uint64_t)(uintptr_t)arg};

    check(lodge_func_call(fn, NULL, 0, NULL) == LODGE_E_LIMIT);
    return NULL;
}

static void all_threads_end_when_the_time_is_used_up(void **state)
{
    pthread_t threads[THREADS];
    lodge_instance in;
    lodge_store st;
    int i;

    (void)state;
    open_all();
    OK(lodge_budget_set(all.budget, LODGE_BUDGET_TIME, 30000000, ERR));
    for (i = 0; i < THREADS; i++) {
        st = new_store(all.engine);
        OK(lodge_store_budget(st, all.budget, ERR));
        OK(lodge_instance_new(all.linker, st, all.module, &in, ERR));
        assert_int_equal(
            pthread_create(&threads[i], NULL, spins,
                           (void *)(uintptr_t)func_of(in, "spin").id),
            0);
    }
    for (i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_true(budget_value(all.budget, LODGE_BUDGET_TIME_USED) >= 30000000);
    CHECK(all.budget, TIME_REFUSALS, THREADS);
    lodge_engine_shutdown(all.engine);
    CHECK(all.budget, STORES, 0);
    close_all();
}

/* ---- everything at once -------------------------------------------------- */

static void *changes(void *unused)
{
    uint64_t n;

    for (n = 0; !atomic_load(&all.stop); n++) {
        lodge_budget_set(all.budget, LODGE_BUDGET_TABLE, n % 500, NULL);
        lodge_budget_set(all.budget, LODGE_BUDGET_TIME,
                         n % 2 ? UINT64_MAX : 1u << 30, NULL);
    }
    return unused;
}

static void *comes_and_goes(void *unused)
{
    lodge_budget own;
    lodge_store st;
    lodge_memory memory;
    lodge_table table;
    int i;

    check(lodge_budget_new(&own, NULL) == LODGE_OK);
    for (i = 0; i < 300; i++) {
        check(lodge_store_new(all.engine, &st, NULL) == LODGE_OK);
        lodge_store_budget(st, all.budget, NULL);
        lodge_memory_new(st, TEXT("3 9"), &memory, NULL);
        lodge_table_new(st, TEXT("70 funcref"), 0, &table, NULL);
        lodge_memory_grow(memory, 2, NULL, NULL);
        check(lodge_store_budget(st, own, NULL) == LODGE_OK);
        lodge_store_budget(st, all.budget, NULL);
        lodge_store_close(st);
    }
    check(used_now(LODGE_BUDGET_MEMORY_USED) <= LIMIT_PAGES * PAGE);
    lodge_budget_close(own);
    return unused;
}

static void stores_come_and_go_while_limits_change(void **state)
{
    pthread_t threads[THREADS], changer;
    int i;

    (void)state;
    open_all();
    assert_int_equal(pthread_create(&changer, NULL, changes, NULL), 0);
    for (i = 0; i < THREADS; i++)
        assert_int_equal(
            pthread_create(&threads[i], NULL, comes_and_goes, NULL), 0);
    for (i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    atomic_store(&all.stop, 1);
    pthread_join(changer, NULL);
    CHECK(all.budget, MEMORY_USED, 0);
    CHECK(all.budget, TABLE_USED, 0);
    CHECK(all.budget, STORES, 0);
    close_all();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(threads_never_get_more_than_there_is),
        TEST(all_threads_end_when_the_time_is_used_up),
        TEST(stores_come_and_go_while_limits_change),
    };

    return RUN(tests);
}

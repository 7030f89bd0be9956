/* thread_cache.c - threads of one process open, load and save the same
 * modules at once, with one cache. Worth a run under TSan.
 */
#include <pthread.h>
#include <stdatomic.h>

#include "cache_fixture.h"

enum { THREADS = 4, ROUNDS = 25, MODULES = 4, ROOM = 1 << 16 };

/* TSan leaves little room for memories. */
static const char quiet[] = "memory-reservation=1M,memory-guard-size=64K";
static const uint8_t key[32] = "what several threads have sealed";

static struct {
    lodge_engine engine;
    uint8_t sealed[ROOM];
    uint64_t len;
    _Atomic int bad; /* calls that failed, and wrong results */
} all;

static void opens(lodge_linker linker, lodge_module module, int value)
{
    lodge_instance instance;
    lodge_func fn;
    uint64_t slot = 0;

    if (lodge_instance_new(linker, (lodge_store){0}, module, &instance,
                           NULL) != LODGE_OK) {
        atomic_fetch_add(&all.bad, 1);
        return;
    }
    if (lodge_instance_func(instance, TEXT("f"), &fn, NULL) != LODGE_OK ||
        lodge_func_call(fn, &slot, 1, NULL) != LODGE_OK ||
        slot != (uint64_t)value)
        atomic_fetch_add(&all.bad, 1);
    lodge_instance_close(instance);
}

static void *open_and_load(void *arg)
{
    const int number = (int)(intptr_t)arg;
    lodge_linker linker;
    lodge_module module;
    char text[512];
    int i, value;

    if (lodge_linker_new(all.engine, &linker, NULL) != LODGE_OK)
        return arg;
    for (i = 0; i < ROUNDS; i++) {
        value = (i * 7 + number) % MODULES;
        guest_text(text, value);
        if (lodge_module_open(all.engine, (const uint8_t *)text, strlen(text),
                              &module, NULL) == LODGE_OK)
            opens(linker, module, value);
        else
            atomic_fetch_add(&all.bad, 1);
        lodge_module_close(module);
        if (lodge_module_load(all.engine, all.sealed, all.len, key, sizeof key,
                              &module, NULL) == LODGE_OK)
            opens(linker, module, 99);
        else
            atomic_fetch_add(&all.bad, 1);
        lodge_module_close(module);
    }
    lodge_linker_close(linker);
    return NULL;
}

static void seal_one(void)
{
    lodge_module module;
    char text[512];

    guest_text(text, 99);
    module = new_module(all.engine, text);
    OK(lodge_module_save(module, key, sizeof key, all.sealed,
                         sizeof all.sealed, &all.len, ERR));
    lodge_module_close(module);
}

static void threads_share_an_engine_with_a_cache(void **s)
{
    pthread_t thread[THREADS];
    void *failed;
    intptr_t i;

    (void)s;
    all.engine = cached_with(quiet);
    seal_one();
    stats_note();
    for (i = 0; i < THREADS; i++)
        assert_int_equal(
            pthread_create(&thread[i], NULL, open_and_load, (void *)i), 0);
    for (i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(thread[i], &failed), 0);
        assert_null(failed);
    }
    assert_int_equal(all.bad, 0);
    assert_int_equal(stat_of(LODGE_STAT_CACHE_HITS) - stat_before[0] +
                         stat_of(LODGE_STAT_CACHE_MISSES) - stat_before[1],
                     THREADS * ROUNDS);
    assert_int_equal(stat_of(LODGE_STAT_CACHE_FAILURES), stat_before[6]);
    lodge_engine_close(all.engine);
    assert_int_equal(entries(NULL), MODULES + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(threads_share_an_engine_with_a_cache,
                                        make_base, end_base),
    };

    return RUN(tests);
}

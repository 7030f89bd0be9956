/* soak_sealed.c - every byte of a larger sealed module changed once, and
 * memory that stays as it is while code is saved, loaded and cached.
 */
#include "cache_fixture.h"
#include "sealed_fixture.h"

enum { FUNCTIONS = 400, LOADS = 20000, HITS = 8000, SLACK_KIB = 4096 };

static long resident_kib(void)
{
    long pages = -1;
    FILE *file = fopen("/proc/self/statm", "r");

    assert_non_null(file);
    assert_int_equal(fscanf(file, "%*d %ld", &pages), 1);
    fclose(file);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

/* Text of a module with many functions; freed by the caller. */
static char *large_text(void)
{
    size_t cap = FUNCTIONS * 256 + 64, len;
    char *text = malloc(cap);
    int i;

    len = (size_t)snprintf(text, cap, "(module (memory 1)");
    for (i = 0; i < FUNCTIONS; i++)
        len += (size_t)snprintf(
            text + len, cap - len,
            " (func (export \"f%d\") (param i32 i32) (result i32)"
            " (i32.store (local.get 0) (local.get 1))"
            " (i32.div_s (i32.load offset=%d (local.get 1))"
            " (i32.add (local.get 0) (i32.const %d))))",
            i, i * 4, i * 7919);
    snprintf(text + len, cap - len, ")");
    return text;
}

static void no_byte_of_a_larger_module_can_be_changed(void **state)
{
    lodge_engine engine = new_engine_with("parallel-compilation=off");
    char *text = large_text();
    struct sealed s = sealed_of(engine, text);
    uint64_t at, accepted = 0;

    (void)state;
    for (at = 0; at < s.len; at++) {
        const uint8_t flip = (uint8_t)(1u << at % 8);

        s.ptr[at] ^= flip;
        accepted += try_load(engine, s.ptr, s.len) == LODGE_OK;
        s.ptr[at] ^= flip;
    }
    print_message("%llu bytes flipped, %llu accepted\n",
                  (unsigned long long)s.len, (unsigned long long)accepted);
    assert_int_equal(accepted, 0);
    OK(try_load(engine, s.ptr, s.len));
    sealed_free(&s);
    free(text);
    lodge_engine_close(engine);
}

static void loading_and_saving_leaves_nothing(void **state)
{
    lodge_engine engine = new_engine_with("parallel-compilation=off");
    struct sealed s = sealed_of(engine, sealed_text);
    uint64_t bytes = 0;
    lodge_module module;
    long kib = 0;
    int i;

    (void)state;
    for (i = 0; i < LOADS; i++) {
        OK(lodge_module_load(engine, s.ptr, s.len, key, sizeof key, &module,
                             ERR));
        OK(lodge_module_save(module, key, sizeof key, s.ptr, s.len, NULL,
                             ERR));
        lodge_module_close(module);
        s.ptr[i % (int)s.len] ^= 1;
        assert_true(try_load(engine, s.ptr, s.len) != LODGE_OK);
        s.ptr[i % (int)s.len] ^= 1;
        if (i == LOADS / 5) {
            kib = resident_kib();
            bytes = stat_of(LODGE_STAT_BYTES);
        }
    }
    assert_int_equal(stat_of(LODGE_STAT_BYTES), bytes);
    assert_in_range(resident_kib(), 0, kib + SLACK_KIB);
    sealed_free(&s);
    lodge_engine_close(engine);
}

static void a_cache_leaves_nothing_in_memory(void **state)
{
    lodge_engine engine = cached();
    long kib = 0;
    int i;

    (void)state;
    for (i = 0; i < HITS; i++) {
        run(engine, i % 5);
        if (i == HITS / 5)
            kib = resident_kib();
    }
    STATS(HITS - 5, 5, 0, 5, 0);
    assert_in_range(resident_kib(), 0, kib + SLACK_KIB);
    lodge_engine_close(engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(no_byte_of_a_larger_module_can_be_changed),
        TEST(loading_and_saving_leaves_nothing),
        cmocka_unit_test_setup_teardown(a_cache_leaves_nothing_in_memory,
                                        make_base, end_base),
    };

    return RUN(tests);
}

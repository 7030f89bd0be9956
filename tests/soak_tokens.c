/* soak_tokens.c - a hundred thousand times all that carries tokens, and
 * memory that stays as it is.
 */
#include <unistd.h>

#include "tokens_fixture.h"

enum { CYCLES = 100000, WARM = 10000, PASSES = 1000000, SLACK_KIB = 2048 };

static long resident_kib(void)
{
    long pages = -1;
    FILE *file = fopen("/proc/self/statm", "r");

    assert_non_null(file);
    assert_int_equal(fscanf(file, "%*d %ld", &pages), 1);
    fclose(file);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static void cycle(lodge_engine engine, lodge_module module)
{
    struct things t;
    uint32_t k;

    things_open(&t, engine, module);
    for (k = 0; k < ENGINE; k++)
        things_close(&t, k);
    things_reap(&t);
    for (k = 1; k < TOKENS; k++)
        assert_int_equal(t.out[k], 1);
}

static void defining_and_closing_leaves_nothing(void **state)
{
    lodge_engine engine = new_engine();
    lodge_module module = new_module(engine, tokens_guest);
    uint64_t bytes;
    long kib;
    uint32_t i;

    (void)state;
    for (i = 0; i < WARM; i++)
        cycle(engine, module);
    bytes = stat_of(LODGE_STAT_BYTES);
    kib = resident_kib();
    for (; i < CYCLES; i++)
        cycle(engine, module);
    assert_int_equal(stat_of(LODGE_STAT_BYTES), bytes);
    assert_in_range(resident_kib(), 0, kib + SLACK_KIB);
    lodge_engine_shutdown(engine);
}

/* The collector takes what the host's tokens no longer need by itself. */
static void a_million_externrefs_leave_nothing(void **state)
{
    static const char text[] =
        "(module (func (export \"f\") (param externref) (result externref)"
        " (local.get 0)))";
    lodge_engine engine = new_engine();
    lodge_instance in = new_instance(engine, text);
    lodge_func f = func_of(in, "f");
    uint64_t i, slot, out = 0;
    long kib = 0;

    (void)state;
    for (i = 1; i <= PASSES; i++) {
        slot = i;
        OK(lodge_func_call(f, &slot, 1, ERR));
        if (i % 1024 == 0)
            out += reap_everything();
        if (i == PASSES / 10)
            kib = resident_kib();
    }
    assert_in_range(resident_kib(), 0, kib + SLACK_KIB);
    lodge_engine_shutdown(engine);
    assert_true(out + reap_everything() == PASSES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(defining_and_closing_leaves_nothing),
        TEST(a_million_externrefs_leave_nothing),
    };

    return RUN(tests);
}

/* test_zstd.c - Zstandard, compiled from Debian's sources (libraries/zstd.c):
 * what it packs, the native command unpacks, and the other way round.
 */
#include "fetched.h"
#include "support_signals.c"

static lodge_engine engine;
static lodge_prepared prepared;
static lodge_instance zstd;
static lodge_memory memory;

enum { LONG = 3 << 20 };

/* ---- the guest ---------------------------------------------------------- */

static uint64_t call(const char *name, uint64_t a, uint64_t b, uint64_t c,
                     uint64_t d, uint64_t e)
{
    uint64_t slots[5] = {a, b, c, d, e};

    OK(lodge_func_call(func_of(zstd, name), slots, 5, ERR));
    return slots[0];
}

static uint64_t room(uint64_t len)
{
    uint64_t at = call("room", len, 0, 0, 0, 0);

    assert_int_not_equal(at, 0);
    return at;
}

/* Packs (level > 0) or unpacks; the result is in a buffer of the caller. */
static int64_t turn(int level, const uint8_t *ptr, uint64_t len, uint8_t *out,
                    uint64_t cap)
{
    uint64_t in = room(len ? len : 1), to = room(cap);
    int64_t n;

    OK(lodge_memory_write(memory, in, ptr, len, ERR));
    if (level)
        n = (int64_t)call("pack", in, len, to, cap, (uint64_t)level);
    else
        n = (int64_t)call("unpack", in, len, to, cap, 0);
    if (n > 0)
        OK(lodge_memory_read(memory, to, out, (uint64_t)n, ERR));
    call("release", in, 0, 0, 0, 0);
    call("release", to, 0, 0, 0, 0);
    return n;
}

/* ---- the native command ------------------------------------------------- */

static char folder[] = "/tmp/lodge-zstd-XXXXXX";

static const char *in_folder(const char *name)
{
    static char path[128];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

/* Runs zstd with options on bytes; what comes out. */
static uint64_t native(const char *options, const uint8_t *ptr, uint64_t len,
                       uint8_t *out, uint64_t cap)
{
    char command[256];
    FILE *f = fopen(in_folder("in"), "wb");
    uint64_t n;

    assert_non_null(f);
    assert_int_equal(fwrite(ptr, 1, len, f), len);
    fclose(f);
    snprintf(command, sizeof command, "zstd -q %s -c < %s/in > %s/out",
             options, folder, folder);
    if (system(command) != 0)
        fail_msg("%s did not work; is zstd installed?", command);
    f = fopen(in_folder("out"), "rb");
    assert_non_null(f);
    n = fread(out, 1, cap, f);
    fclose(f);
    return n;
}

/* ---- the promises ------------------------------------------------------- */

/* Text with repetitions, then noise. */
static uint8_t *sample(uint64_t len)
{
    uint8_t *bytes = malloc(len + 1);
    uint64_t i, seed = 7;

    assert_non_null(bytes);
    for (i = 0; i < len; i++) {
        seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
        bytes[i] =
            i % 100000 < 70000
                ? (uint8_t)("lodge guest "[i % 12] + (char)(i / 500 % 16))
                : (uint8_t)(seed >> 56);
    }
    return bytes;
}

static const uint64_t lengths[] = {0, 1, 100, 65536, 131073, LONG};
enum { LENGTHS = sizeof lengths / sizeof *lengths };

static void what_it_packs_the_command_unpacks(void **state)
{
    static const int levels[] = {1, 3, 19};
    uint8_t *bytes = sample(LONG), *packed = malloc(LONG + 65536);
    uint8_t *back = malloc(LONG + 1);
    size_t i, k;

    (void)state;
    for (i = 0; i < LENGTHS; i++)
        for (k = 0; k < 3; k++) {
            int64_t n;

            if (levels[k] == 19 && lengths[i] > 200000)
                continue; /* takes seconds, and shows no more */
            n = turn(levels[k], bytes, lengths[i], packed, LONG + 65536);
            assert_in_range(n, 1, LONG + 65536);
            assert_int_equal(native("-d", packed, (uint64_t)n, back, LONG + 1),
                             lengths[i]);
            assert_memory_equal(back, bytes, lengths[i]);
        }
    free(bytes), free(packed), free(back);
}

static void what_the_command_packs_it_unpacks(void **state)
{
    uint8_t *bytes = sample(LONG), *packed = malloc(LONG + 65536);
    uint8_t *back = malloc(LONG + 1);
    size_t i;

    (void)state;
    for (i = 0; i < LENGTHS; i++) {
        uint64_t n = native("-5", bytes, lengths[i], packed, LONG + 65536);

        assert_int_equal(turn(0, packed, n, back, LONG + 1), lengths[i]);
        assert_memory_equal(back, bytes, lengths[i]);
    }
    free(bytes), free(packed), free(back);
}

/* Damaged at any place: an error, or other bytes, and never a trap. */
static void damage_is_an_error_and_no_trap(void **state)
{
    enum { LEN = 5000 };
    uint8_t *bytes = sample(LEN), packed[2 * LEN], back[4 * LEN];
    uint64_t refused = 0, i;
    int64_t n = turn(3, bytes, LEN, packed, sizeof packed);

    (void)state;
    assert_in_range(n, 100, LEN);
    for (i = 0; i < (uint64_t)n; i++) {
        packed[i] ^= 0x5a;
        refused += turn(0, packed, (uint64_t)n, back, sizeof back) < 0;
        packed[i] ^= 0x5a;
    }
    assert_true(refused > (uint64_t)n / 4);
    for (i = 0; i < (uint64_t)n; i += 7)
        assert_true(turn(0, packed, i, back, sizeof back) <= 0);
    assert_int_equal(turn(0, packed, (uint64_t)n, back, sizeof back), LEN);
    assert_memory_equal(back, bytes, LEN);
    free(bytes);
}

/* ---- all ---------------------------------------------------------------- */

static int open_all(void **state)
{
    lodge_linker linker;
    lodge_module module;
    char path[1024];

    if (nothing_lives(state))
        return -1;
    if (!fetched("zstd", path, sizeof path))
        fail_msg("zstd is not there; the reason is above");
    assert_non_null(mkdtemp(folder));
    engine = new_engine();
    linker = new_linker(engine);
    OK(lodge_module_open_file(engine, TEXT(path), &module, ERR));
    OK(lodge_linker_prepare(linker, module, &prepared, ERR));
    return 0;
}

static int close_all(void **state)
{
    char command[64];

    lodge_engine_shutdown(engine);
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command) || nothing_lives(state);
}

static int begin(void **state)
{
    uint64_t slot;

    (void)state;
    OK(lodge_prepared_instance(prepared, (lodge_store){0}, &zstd, ERR));
    OK(lodge_instance_memory(zstd, TEXT("memory"), &memory, ERR));
    OK(lodge_func_call(func_of(zstd, "_initialize"), &slot, 1, ERR));
    return 0;
}

static int end(void **state)
{
    (void)state;
    return lodge_instance_close(zstd);
}

#define ZSTD_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ZSTD_TEST(what_it_packs_the_command_unpacks),
        ZSTD_TEST(what_the_command_packs_it_unpacks),
        ZSTD_TEST(damage_is_an_error_and_no_trap),
    };

    return cmocka_run_group_tests_name(__FILE__, tests, open_all, close_all);
}

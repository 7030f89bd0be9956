/* test_sealed_refused.c - sealed code that was changed, cut, sealed with
 * another key or made for something else is refused before it is used, each
 * with its reason.
 */
#include <unistd.h>

#include "sealed_fixture.h"

static lodge_engine engine;
static struct sealed s;

static int make(void **state)
{
    if (nothing_lives(state))
        return -1;
    engine = new_engine_with("parallel-compilation=off");
    s = sealed_of(engine, sealed_text);
    return 0;
}

static int end(void **state)
{
    sealed_free(&s);
    lodge_engine_close(engine);
    return nothing_lives(state);
}

/* SAYS, and the detail is the reason. */
#define REFUSED(status, reason, text)                                         \
    do {                                                                      \
        SAYS(status, text, try_load(engine, s.ptr, s.len));                   \
        assert_int_equal(test_err.detail, LODGE_SEALED_##reason);             \
    } while (0)

/* ---- changed ---------------------------------------------------------- */

static uint32_t accepted, untold;

/* Refused with one of these reasons, and the record says which. */
static void try_changed(uint64_t len)
{
    lodge_status st = try_load(engine, s.ptr, len);
    uint64_t why = test_err.detail;

    accepted += st == LODGE_OK;
    untold += (st == LODGE_E_COMPILE)
                  ? why != LODGE_SEALED_OTHER && why != LODGE_SEALED_CUT &&
                        why != LODGE_SEALED_KEY && why != LODGE_SEALED_CHANGED
                  : st != LODGE_E_UNSUPPORTED || why != LODGE_SEALED_FORMAT;
}

static void every_changed_byte_is_seen(void **state)
{
    uint64_t at;

    (void)state;
    accepted = untold = 0;
    for (at = 0; at < s.len; at++) {
        const uint8_t flip = (uint8_t)(1u << at % 8);

        s.ptr[at] ^= flip;
        try_changed(s.len);
        s.ptr[at] ^= flip;
    }
    print_message("%llu bytes flipped, %u accepted\n",
                  (unsigned long long)s.len, accepted);
    assert_int_equal(accepted, 0);
    assert_int_equal(untold, 0);
    OK(try_load(engine, s.ptr, s.len));
}

static void flip_bits(uint64_t from, uint64_t to)
{
    uint64_t at;
    uint32_t bit;

    for (at = from; at < to; at++) {
        for (bit = 0; bit < 8; bit++) {
            s.ptr[at] ^= (uint8_t)(1u << bit);
            try_changed(s.len);
            s.ptr[at] ^= (uint8_t)(1u << bit);
        }
    }
}

/* The beginning, the settings, the frame and the seal. */
static void every_changed_bit_of_what_stands_around_is_seen(void **state)
{
    uint64_t settings = frame_number(&s, AT_SETTINGS);

    (void)state;
    accepted = untold = 0;
    flip_bits(0, 64);
    flip_bits(s.len - END_BYTES - settings, s.len);
    assert_int_equal(accepted, 0);
    assert_int_equal(untold, 0);
    OK(try_load(engine, s.ptr, s.len));
}

static void every_cut_is_seen(void **state)
{
    uint64_t len;

    (void)state;
    accepted = untold = 0;
    for (len = 0; len < s.len; len++)
        try_changed(len);
    assert_int_equal(accepted, 0);
    assert_int_equal(untold, 0);
    SAYS(COMPILE, "cut short", try_load(engine, s.ptr, s.len - 1));
    assert_int_equal(test_err.detail, LODGE_SEALED_CUT);
    SAYS(COMPILE, "cut short", try_load(engine, s.ptr, 1));
    SAYS(COMPILE, "cut short", try_load(engine, s.ptr, 0));
    SAYS(COMPILE, "cut short", try_load(engine, NULL, 0));
}

static void what_was_added_is_seen(void **state)
{
    uint64_t more;

    (void)state;
    s.ptr = realloc(s.ptr, s.len + 512);
    memset(s.ptr + s.len, 0, 512);
    for (more = 1; more <= 512; more++)
        SAYS(COMPILE, "something was added",
             try_load(engine, s.ptr, s.len + more));
    memmove(s.ptr + 1, s.ptr, s.len); /* in front */
    SAYS(COMPILE, "not sealed", try_load(engine, s.ptr, s.len + 1));
}

static void two_changes_that_could_make_up_for_each_other_are_seen(void **st)
{
    uint64_t a = s.len / 3, b = s.len / 2;
    uint8_t was = s.ptr[a];

    (void)st;
    s.ptr[a] ^= 0xFF;
    s.ptr[b] ^= 0xFF;
    REFUSED(COMPILE, CHANGED, "changed since it was sealed");
    s.ptr[b] ^= 0xFF;
    s.ptr[a] = was;
    OK(try_load(engine, s.ptr, s.len));
}

/* Numbers that lead far outside. */
static void forged_lengths_lead_nowhere(void **state)
{
    static const uint64_t forged[] = {0,          1,   UINT64_MAX, INT64_MAX,
                                      UINT32_MAX, 159, 1ull << 63, 1ull << 40};
    uint64_t was, at;
    size_t i;

    (void)state;
    for (at = 16; at < 48; at += 8) {
        was = frame_number(&s, at);
        for (i = 0; i < sizeof forged / sizeof *forged; i++) {
            memcpy(frame_of(&s) + at, &forged[i], 8);
            reseal(&s);
            REFUSED(COMPILE, CUT, "cut short");
        }
        memcpy(frame_of(&s) + at, &was, 8);
    }
    reseal(&s);
    OK(try_load(engine, s.ptr, s.len));
}

static void no_other_file_is_taken_for_sealed_code(void **state)
{
    static const uint8_t wasm[200] = {0, 'a', 's', 'm', 1, 0, 0, 0};
    static const uint8_t elf[4096] = {0x7F, 'E', 'L', 'F', 2, 1, 1};
    static const char text[] = "(module)";

    (void)state;
    SAYS(COMPILE, "not sealed code", try_load(engine, wasm, sizeof wasm));
    assert_int_equal(test_err.detail, LODGE_SEALED_OTHER);
    SAYS(COMPILE, "not sealed code", try_load(engine, elf, sizeof elf));
    SAYS(COMPILE, "not sealed code", try_load(engine, text, 8));
}

static void sealed_code_is_not_opened_as_a_module(void **state)
{
    lodge_module module = {7};

    (void)state;
    SAYS(COMPILE, "lodge_module_load",
         lodge_module_open(engine, s.ptr, s.len, &module, ERR));
    SAYS(COMPILE, "lodge_module_load",
         lodge_module_validate(engine, s.ptr, s.len, ERR));
    assert_int_equal(module.id, 7);
}

/* ---- sealed with something else --------------------------------------- */

static void a_foreign_key_is_told_as_such(void **state)
{
    lodge_module module = {7};
    uint8_t other[32];
    uint32_t bit;

    (void)state;
    for (bit = 0; bit < 256; bit++) {
        memcpy(other, key, sizeof other);
        other[bit / 8] ^= (uint8_t)(1u << bit % 8);
        SAYS(COMPILE, "another key",
             lodge_module_load(engine, s.ptr, s.len, other, 32, &module, ERR));
        assert_int_equal(test_err.detail, LODGE_SEALED_KEY);
    }
    /* The mark alone opens nothing. */
    lodge_test_reseal(s.ptr, s.len, other, 32);
    REFUSED(COMPILE, CHANGED, "changed since");
    assert_int_equal(module.id, 7);
}

static void the_key_cannot_be_read_out_of_the_file(void **state)
{
    uint64_t at;

    (void)state;
    for (at = 0; at + 8 <= s.len; at++)
        assert_int_not_equal(memcmp(s.ptr + at, key, 8), 0);
}

/* ---- made for something else ------------------------------------------ */

static void another_format_is_told_as_such(void **state)
{
    (void)state;
    frame_of(&s)[AT_FORMAT] = 2;
    reseal(&s);
    REFUSED(UNSUPPORTED, FORMAT, "format 2");
}

static void another_build_is_told_as_another_version(void **state)
{
    (void)state;
    frame_of(&s)[AT_COMPAT] ^= 1;
    reseal(&s);
    REFUSED(UNSUPPORTED, VERSION,
            "another build of Lodge 0.1.0 with Wasmtime");
}

static void another_version_of_wasmtime_or_lodge_is_named(void **state)
{
    char text[64], other[64];
    uint32_t v = lodge_wasmtime_version();

    (void)state;
    snprintf(text, sizeof text, "wasmtime %u.%u.%u", v >> 16, v >> 8 & 255,
             v & 255);
    memcpy(other, text, sizeof other);
    other[strlen("wasmtime ")]--;
    change_settings(&s, text, other);
    reseal(&s);
    REFUSED(UNSUPPORTED, VERSION, "Wasmtime 38.");
    change_settings(&s, other, text);
    change_settings(&s, "lodge 0.1.0", "lodge 0.9.1");
    reseal(&s);
    REFUSED(UNSUPPORTED, VERSION, "compiled by Lodge 0.9.1");
}

/* The CPU's features are a line; one becomes another that no CPU has. */
static void a_cpu_without_a_feature_is_told_which(void **state)
{
    (void)state;
#if defined(__x86_64__)
    change_settings(&s, "cmpxchg16b", "teleport99");
    frame_of(&s)[AT_COMPAT] ^= 1;
    reseal(&s);
    REFUSED(UNSUPPORTED, CPU, "a CPU with teleport99, which this one has not");
#else
    skip();
#endif
}

static void another_target_is_named(void **state)
{
    lodge_engine pulley = new_engine_with(
        "target=pulley64,signals-based-traps=off,wasm-threads=off");

    (void)state;
    SAYS(UNSUPPORTED, "this engine's is pulley64",
         try_load(pulley, s.ptr, s.len));
    assert_int_equal(test_err.detail, LODGE_SEALED_CPU);
    sealed_free(&s);
    s = sealed_of(pulley, sealed_text);
    REFUSED(UNSUPPORTED, CPU, "compiled for target pulley64");
    lodge_engine_close(pulley);
}

/* Code for any CPU of the family runs on this one. */
static void code_for_a_plainer_cpu_is_taken(void **state)
{
    char target[64], settings[96];
    lodge_engine plain;
    uint64_t n;

    (void)state;
    OK(lodge_engine_get_text(engine, LODGE_CONFIG_TARGET, target,
                             sizeof target, &n, ERR));
    snprintf(settings, sizeof settings, "target=%.*s", (int)n, target);
    plain = new_engine_with(settings);
    sealed_free(&s);
    s = sealed_of(plain, sealed_text);
    OK(try_load(plain, s.ptr, s.len));
    OK(try_load(engine, s.ptr, s.len));
    lodge_engine_close(plain);
}

/* What another engine says of code that the first has saved. */
static lodge_status elsewhere(const char *settings)
{
    lodge_engine other = new_engine_with(settings);
    lodge_status st = try_load(other, s.ptr, s.len);

    lodge_engine_close(other);
    return st;
}

static void a_setting_that_differs_is_named(void **state)
{
    static const char *const others[][2] = {
        {"fuel=on", "compiled with fuel=off; this engine has fuel=on"},
        {"interruption=off", "interruption=on; "},
        {"nan-canonicalization=on", "this engine has nan-canonicalization=on"},
        {"debug-info=on", "debug-info=off"},
        {"backtrace-details=off", "backtrace-details=on"},
        {"relaxed-simd-deterministic=on", "relaxed-simd-deterministic=off"},
        {"signals-based-traps=off", "signals-based-traps=on"},
        {"memory-may-move=off", "memory-may-move=on"},
        {"memory-reservation=1G", "this engine has "
                                  "memory-reservation=1073741824"},
        {"memory-guard-size=64K", "memory-guard-size=33554432"},
        {"memory-init-cow=off", "memory-init-cow=on"},
        {"simd=off,relaxed-simd=off", "compiled with simd=on"},
        {"exceptions=off", "compiled with exceptions=on"},
        {"memory64=off", "compiled with memory64=on"},
        {"tail-call=off", "compiled with tail-call=on"},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof others / sizeof *others; i++) {
        SAYS(CONFIG, others[i][1], elsewhere(others[i][0]));
        assert_int_equal(test_err.detail, LODGE_SEALED_SETTINGS);
    }
}

static void settings_that_do_not_matter_may_differ(void **state)
{
    (void)state;
    OK(elsewhere("max-wasm-stack=256K,fiber-stack=1M,domain=3"));
    OK(elsewhere("opt-level=none"));
    OK(elsewhere("opt-level=speed-and-size,regalloc=single-pass"));
    OK(elsewhere("parallel-compilation=off,native-unwind-info=off"));
    OK(elsewhere("store-memory-limit=64M,profiler=none"));
    OK(elsewhere("wide-arithmetic=on,custom-page-sizes=on")); /* more */
    OK(elsewhere("memory-reservation-for-growth=16M"));
}

static void the_engines_limits_hold_for_sealed_code(void **state)
{
    static const char *const limits[][2] = {
        {"max-module-bytes=100", "module bytes: "},
        {"max-functions=2", "functions: 3 is more than the limit of 2"},
        {"max-function-bytes=5", "bytes of a function body: "},
    };
    size_t i;

    (void)state;
    for (i = 0; i < 3; i++) {
        SAYS(LIMIT, limits[i][1], elsewhere(limits[i][0]));
        assert_int_equal(test_err.detail, LODGE_SEALED_LIMIT);
    }
    sealed_free(&s);
    s = sealed_of(engine, "(module (func (local i32 i32 i64)))");
    SAYS(LIMIT, "locals of a function body: 3", elsewhere("max-locals=2"));
    OK(elsewhere("max-locals=3"));
}

/* Nonsense that the key's holder has sealed is still refused, as far as it
 * can be told: what stands around the code.
 */
static void sealed_nonsense_around_the_code_is_refused(void **state)
{
    uint64_t facts = frame_number(&s, AT_ARTEFACT), at;
    uint64_t end_of_facts = s.len - END_BYTES - frame_number(&s, AT_SETTINGS);
    uint32_t refused = 0;

    (void)state;
    assert_true(facts < end_of_facts);
    for (at = facts; at < end_of_facts; at++) {
        s.ptr[at] ^= 0x80;
        reseal(&s);
        refused += try_load(engine, s.ptr, s.len) != LODGE_OK;
        s.ptr[at] ^= 0x80;
    }
    assert_true(refused > 0); /* and nothing else came of it */
    reseal(&s);
    OK(try_load(engine, s.ptr, s.len));
}

static lodge_status load_file(const char *settings, const char *path)
{
    lodge_engine other = new_engine_with(settings);
    lodge_module module = {7};
    lodge_status st = lodge_module_load_file(other, TEXT(path), key,
                                             sizeof key, &module, ERR);

    lodge_engine_close(other);
    assert_int_equal(module.id, 7);
    return st;
}

static void write_sealed(const char *path)
{
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(s.ptr, 1, s.len, file), s.len);
    assert_int_equal(fclose(file), 0);
}

static void what_is_in_a_file_is_refused_in_the_same_way(void **state)
{
    char path[64];

    (void)state;
    snprintf(path, sizeof path, "/tmp/lodge-refused-%ld", (long)getpid());
    write_sealed(path);
    SAYS(CONFIG, "fuel=on", load_file("fuel=on", path));
    SAYS(LIMIT, "functions: 3", load_file("max-functions=2", path));
    frame_of(&s)[AT_COMPAT] ^= 1;
    write_sealed(path);
    SAYS(COMPILE, "changed since", load_file("", path));
    reseal(&s);
    write_sealed(path);
    SAYS(UNSUPPORTED, "another build", load_file("", path));
    unlink(path);
}

int main(void)
{
#define WITH(name) cmocka_unit_test_setup_teardown(name, make, end)
    const struct CMUnitTest tests[] = {
        WITH(every_changed_byte_is_seen),
        WITH(every_changed_bit_of_what_stands_around_is_seen),
        WITH(every_cut_is_seen),
        WITH(what_was_added_is_seen),
        WITH(two_changes_that_could_make_up_for_each_other_are_seen),
        WITH(forged_lengths_lead_nowhere),
        WITH(no_other_file_is_taken_for_sealed_code),
        WITH(sealed_code_is_not_opened_as_a_module),
        WITH(a_foreign_key_is_told_as_such),
        WITH(the_key_cannot_be_read_out_of_the_file),
        WITH(another_format_is_told_as_such),
        WITH(another_build_is_told_as_another_version),
        WITH(another_version_of_wasmtime_or_lodge_is_named),
        WITH(a_cpu_without_a_feature_is_told_which),
        WITH(another_target_is_named),
        WITH(code_for_a_plainer_cpu_is_taken),
        WITH(a_setting_that_differs_is_named),
        WITH(settings_that_do_not_matter_may_differ),
        WITH(the_engines_limits_hold_for_sealed_code),
        WITH(what_is_in_a_file_is_refused_in_the_same_way),
        WITH(sealed_nonsense_around_the_code_is_refused),
    };

    return RUN(tests);
}

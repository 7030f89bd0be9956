/* test_config.c - the promises of configurations: every key listed, checked,
 * set in three ways and obeyed; conflicts told in words.
 */
#include <pthread.h>
#include <unistd.h>

#include "lodge_test.h"

/* ---- the list of keys ------------------------------------------------- */

static const uint32_t header_keys[] = {
    LODGE_CONFIG_FUEL,
    LODGE_CONFIG_INTERRUPTION,
    LODGE_CONFIG_MAX_WASM_STACK,
    LODGE_CONFIG_FIBER_STACK,
    LODGE_CONFIG_DOMAIN,
    LODGE_CONFIG_MAX_MODULE_BYTES,
    LODGE_CONFIG_MAX_FUNCTIONS,
    LODGE_CONFIG_MAX_FUNCTION_BYTES,
    LODGE_CONFIG_MAX_LOCALS,
    LODGE_CONFIG_MAX_LOOP_DEPTH,
    LODGE_CONFIG_PARALLEL_COMPILATION,
    LODGE_CONFIG_OPT_LEVEL,
    LODGE_CONFIG_TARGET,
    LODGE_CONFIG_NAN_CANONICALIZATION,
    LODGE_CONFIG_DEBUG_VERIFIER,
    LODGE_CONFIG_REGALLOC,
    LODGE_CONFIG_DEBUG_INFO,
    LODGE_CONFIG_NATIVE_UNWIND_INFO,
    LODGE_CONFIG_PROFILER,
    LODGE_CONFIG_BACKTRACE_DETAILS,
    LODGE_CONFIG_STORE_MEMORY_LIMIT,
    LODGE_CONFIG_STORE_TABLE_LIMIT,
    LODGE_CONFIG_STORE_DEADLINE,
    LODGE_CONFIG_WASM_THREADS,
    LODGE_CONFIG_SHARED_MEMORY,
    LODGE_CONFIG_TAIL_CALL,
    LODGE_CONFIG_REFERENCE_TYPES,
    LODGE_CONFIG_FUNCTION_REFERENCES,
    LODGE_CONFIG_GC,
    LODGE_CONFIG_EXCEPTIONS,
    LODGE_CONFIG_SIMD,
    LODGE_CONFIG_RELAXED_SIMD,
    LODGE_CONFIG_RELAXED_SIMD_DETERMINISTIC,
    LODGE_CONFIG_BULK_MEMORY,
    LODGE_CONFIG_MULTI_VALUE,
    LODGE_CONFIG_MULTI_MEMORY,
    LODGE_CONFIG_MEMORY64,
    LODGE_CONFIG_WIDE_ARITHMETIC,
    LODGE_CONFIG_CUSTOM_PAGE_SIZES,
    LODGE_CONFIG_EXTENDED_CONST,
    LODGE_CONFIG_SIGNALS_BASED_TRAPS,
    LODGE_CONFIG_MEMORY_MAY_MOVE,
    LODGE_CONFIG_MEMORY_RESERVATION,
    LODGE_CONFIG_MEMORY_GUARD_SIZE,
    LODGE_CONFIG_MEMORY_RESERVATION_FOR_GROWTH,
    LODGE_CONFIG_MEMORY_INIT_COW,
    LODGE_CONFIG_ALLOCATOR,
    LODGE_CONFIG_POOL_INSTANCES,
    LODGE_CONFIG_POOL_MEMORIES,
    LODGE_CONFIG_POOL_TABLES,
    LODGE_CONFIG_POOL_STACKS,
    LODGE_CONFIG_POOL_GC_HEAPS,
    LODGE_CONFIG_POOL_INSTANCE_SIZE,
    LODGE_CONFIG_POOL_TABLES_PER_MODULE,
    LODGE_CONFIG_POOL_MEMORIES_PER_MODULE,
    LODGE_CONFIG_POOL_TABLE_ELEMENTS,
    LODGE_CONFIG_POOL_MAX_MEMORY_SIZE,
    LODGE_CONFIG_POOL_WARM_SLOTS,
    LODGE_CONFIG_POOL_DECOMMIT_BATCH,
    LODGE_CONFIG_POOL_MEMORY_KEEP,
    LODGE_CONFIG_POOL_TABLE_KEEP,
    LODGE_CONFIG_POOL_STACK_KEEP,
    LODGE_CONFIG_CACHE_FOLDER,
    LODGE_CONFIG_CACHE_BYTES,
    LODGE_CONFIG_CACHE_AGE,
    LODGE_CONFIG_CACHE_KEY_FILE,
    LODGE_CONFIG_TRUST_FILE,
    LODGE_CONFIG_CORE_DUMP,
    LODGE_CONFIG_CORE_DUMP_LIMIT,
};

enum { KEYS = sizeof header_keys / sizeof *header_keys };

/* A key as the library lists it; min and max of a choice are its indexes. */
struct listed {
    uint32_t key, type;
    char name[64], range[128], def[64], help[256];
    uint64_t min, max;
};

static void list_text(uint32_t i, uint32_t what, struct listed *k, char *buf,
                      uint64_t cap)
{
    uint64_t len;

    OK(lodge_config_key(i, what, &k->key, &k->type, buf, cap - 1, &len));
    buf[len] = '\0';
}

static struct listed listed_at(uint32_t i)
{
    struct listed k = {0};
    const char *at;

    list_text(i, LODGE_KEY_NAME, &k, k.name, sizeof k.name);
    list_text(i, LODGE_KEY_RANGE, &k, k.range, sizeof k.range);
    list_text(i, LODGE_KEY_DEFAULT, &k, k.def, sizeof k.def);
    list_text(i, LODGE_KEY_HELP, &k, k.help, sizeof k.help);
    if (k.type == LODGE_VALUE_UINT) {
        k.min = strtoull(k.range, NULL, 10);
        k.max = strtoull(strstr(k.range, "..") + 2, NULL, 10);
    } else if (k.type != LODGE_VALUE_TEXT) {
        for (at = k.range; (at = strchr(at, ' ')) != NULL; at++)
            k.max++;
    }
    return k;
}

/* The n-th word of a choice or boolean. */
static const char *word_of(const struct listed *k, uint64_t n)
{
    static char word[64];
    const char *at = k->range;

    while (n--)
        at = strchr(at, ' ') + 1;
    snprintf(word, sizeof word, "%.*s", (int)strcspn(at, " "), at);
    return word;
}

static lodge_config new_config(void)
{
    lodge_config config;

    OK(lodge_config_new(LODGE_PRESET_DEFAULT, &config, ERR));
    return config;
}

static uint64_t value_of(lodge_config config, uint32_t key)
{
    uint64_t value = UINT64_MAX;

    OK(lodge_config_get(config, key, &value, ERR));
    return value;
}

static void the_list_holds_every_key_of_the_header_once(void **s)
{
    uint32_t i, n, seen;

    (void)s;
    assert_int_equal(lodge_config_key_count(), KEYS);
    for (n = 0; n < KEYS; n++) {
        for (i = 0, seen = 0; i < KEYS; i++)
            seen += listed_at(i).key == header_keys[n];
        assert_int_equal(seen, 1);
    }
}

static void every_key_has_a_name_a_range_and_a_sentence(void **s)
{
    uint32_t i;

    (void)s;
    for (i = 0; i < KEYS; i++) {
        struct listed k = listed_at(i);

        assert_int_equal(
            strspn(k.name, "abcdefghijklmnopqrstuvwxyz-0123456789"),
            strlen(k.name));
        assert_in_range(k.type, LODGE_VALUE_BOOL, LODGE_VALUE_TEXT);
        assert_true(strlen(k.range) > 0 && strlen(k.def) > 0);
        assert_true(strlen(k.help) > 10);
        assert_int_equal(k.help[strlen(k.help) - 1], '.');
    }
}

static void the_default_shown_is_the_default_in_effect(void **s)
{
    lodge_config config = new_config(), other = new_config();
    uint32_t i;

    (void)s;
    for (i = 0; i < KEYS; i++) {
        struct listed k = listed_at(i);

        OK(lodge_config_set_text(other, k.key, TEXT(k.def), ERR));
        assert_true(value_of(config, k.key) == value_of(other, k.key));
    }
    assert_int_equal(value_of(config, LODGE_CONFIG_INTERRUPTION), 1);
    assert_int_equal(value_of(config, LODGE_CONFIG_FUEL), 0);
    lodge_config_close(config);
    lodge_config_close(other);
}

static void a_key_is_copied_out_like_any_text(void **s)
{
    (void)s;
    assert_string_equal(listed_at(0).name, "fuel");
    READS("fuel",
          lodge_config_key(0, LODGE_KEY_NAME, NULL, NULL, buf, cap, len));
    READS("off on",
          lodge_config_key(0, LODGE_KEY_RANGE, NULL, NULL, buf, cap, len));
    READS("off",
          lodge_config_key(0, LODGE_KEY_DEFAULT, NULL, NULL, buf, cap, len));
}

static void a_key_that_is_not_listed_is_not_found(void **s)
{
    uint32_t key = 99, type = 98;
    char text[8] = "same";
    uint64_t len = 7;

    (void)s;
    FAILS(NOT_FOUND,
          lodge_config_key(KEYS, LODGE_KEY_NAME, &key, &type, text, 8, &len));
    FAILS(NOT_FOUND, lodge_config_key(UINT32_MAX, LODGE_KEY_NAME, &key, &type,
                                      text, 8, &len));
    FAILS(ARGUMENT,
          lodge_config_key(0, LODGE_KEY_HELP + 1, &key, &type, text, 8, &len));
    FAILS(ARGUMENT,
          lodge_config_key(0, UINT32_MAX, &key, &type, text, 8, &len));
    assert_int_equal(key, 99);
    assert_int_equal(type, 98);
    assert_string_equal(text, "same");
}

static void a_key_in_too_small_a_buffer_changes_only_the_length(void **s)
{
    uint32_t key = 99, type = 98;
    char text[8] = "same";
    uint64_t len = 7;

    (void)s;
    FAILS(BUFFER,
          lodge_config_key(0, LODGE_KEY_NAME, &key, &type, text, 3, &len));
    assert_int_equal(len, 4);
    assert_string_equal(text, "same");
    assert_int_equal(key, 99);
    assert_int_equal(type, 98);
}

/* ---- setting ---------------------------------------------------------- */

static void every_key_takes_its_extremes_as_numbers(void **s)
{
    lodge_config config = new_config();
    uint32_t i;

    (void)s;
    for (i = 0; i < KEYS; i++) {
        struct listed k = listed_at(i);
        uint64_t step = k.type == LODGE_VALUE_UINT ? k.max - k.min : 1, v;

        if (k.type == LODGE_VALUE_TEXT)
            continue;
        for (v = k.min; v <= k.max; v += step) {
            OK(lodge_config_set(config, k.key, v, ERR));
            assert_true(value_of(config, k.key) == v);
        }
    }
    lodge_config_close(config);
}

static void a_number_outside_the_range_is_refused_with_the_range(void **s)
{
    lodge_config config = new_config();
    uint32_t i, n;

    (void)s;
    for (i = 0; i < KEYS; i++) {
        struct listed k = listed_at(i);
        uint64_t before = value_of(config, k.key);
        const uint64_t bad[] = {k.max + 1, UINT64_MAX,
                                k.min ? k.min - 1 : UINT64_MAX - 1};

        for (n = 0; n < 3 && k.type != LODGE_VALUE_TEXT; n++) {
            SAYS(ARGUMENT, k.name,
                 lodge_config_set(config, k.key, bad[n], ERR));
            assert_non_null(strstr(test_err.message, k.range));
            assert_true(value_of(config, k.key) == before);
        }
    }
    lodge_config_close(config);
}

static void every_word_of_every_choice_is_understood(void **s)
{
    lodge_config config = new_config();
    char pair[160];
    uint32_t i;
    uint64_t v;

    (void)s;
    for (i = 0; i < KEYS; i++) {
        struct listed k = listed_at(i);

        if (k.type != LODGE_VALUE_BOOL && k.type != LODGE_VALUE_CHOICE)
            continue;
        for (v = 0; v <= k.max; v++) {
            const char *word = word_of(&k, v);

            OK(lodge_config_set_text(config, k.key, TEXT(word), ERR));
            assert_int_equal(value_of(config, k.key), v);
            OK(lodge_config_set(config, k.key, (v + 1) % (k.max + 1), ERR));
            snprintf(pair, sizeof pair, "%s=%s", k.name, word);
            OK(lodge_config_parse(config, TEXT(pair), ERR));
            assert_int_equal(value_of(config, k.key), v);
        }
    }
    lodge_config_close(config);
}

static void every_number_is_understood_as_text(void **s)
{
    lodge_config config = new_config();
    char number[32], pair[160];
    uint32_t i;
    uint64_t v;

    (void)s;
    for (i = 0; i < KEYS; i++) {
        struct listed k = listed_at(i);

        if (k.type != LODGE_VALUE_UINT)
            continue;
        for (v = k.min; v <= k.max; v += k.max - k.min) {
            snprintf(number, sizeof number, "%llu", (unsigned long long)v);
            OK(lodge_config_set(config, k.key, k.min + 1, ERR));
            OK(lodge_config_set_text(config, k.key, TEXT(number), ERR));
            assert_true(value_of(config, k.key) == v);
            OK(lodge_config_set(config, k.key, k.min + 1, ERR));
            snprintf(pair, sizeof pair, "%s=%s", k.name, number);
            OK(lodge_config_parse(config, TEXT(pair), ERR));
            assert_true(value_of(config, k.key) == v);
        }
    }
    lodge_config_close(config);
}

static void booleans_have_four_words_each(void **s)
{
    static const char *const yes[] = {"on", "true", "yes", "1"};
    static const char *const no[] = {"off", "false", "no", "0"};
    lodge_config config = new_config();
    int i;

    (void)s;
    for (i = 0; i < 4; i++) {
        OK(lodge_config_set_text(config, LODGE_CONFIG_FUEL, TEXT(yes[i]),
                                 ERR));
        assert_int_equal(value_of(config, LODGE_CONFIG_FUEL), 1);
        OK(lodge_config_set_text(config, LODGE_CONFIG_FUEL, TEXT(no[i]), ERR));
        assert_int_equal(value_of(config, LODGE_CONFIG_FUEL), 0);
    }
    lodge_config_close(config);
}

static void numbers_have_units(void **s)
{
    const uint32_t key = LODGE_CONFIG_MEMORY_RESERVATION;
    lodge_config config = new_config();

    (void)s;
    OK(lodge_config_set_text(config, key, TEXT("3K"), ERR));
    assert_int_equal(value_of(config, key), 3 << 10);
    OK(lodge_config_set_text(config, key, TEXT("5M"), ERR));
    assert_int_equal(value_of(config, key), 5 << 20);
    OK(lodge_config_set_text(config, key, TEXT("2G"), ERR));
    assert_true(value_of(config, key) == UINT64_C(2) << 30);
    OK(lodge_config_set_text(config, key, TEXT("007"), ERR));
    assert_int_equal(value_of(config, key), 7);
    lodge_config_close(config);
}

static void a_text_that_is_no_value_is_refused_and_quoted(void **s)
{
    static const char *const bad[] = {"",
                                      " ",
                                      "maybe",
                                      "-1",
                                      "1x",
                                      "0x10",
                                      "1 ",
                                      " 1",
                                      "K",
                                      "1KK",
                                      "1k",
                                      "+1",
                                      "1.5",
                                      "ON",
                                      "on ",
                                      "speed ",
                                      "SPEED",
                                      "none,",
                                      "99999999999999999999",
                                      "18446744073709551615K",
                                      "18014398509481984K"};
    static const uint32_t keys[] = {LODGE_CONFIG_FUEL, LODGE_CONFIG_DOMAIN,
                                    LODGE_CONFIG_OPT_LEVEL};
    lodge_config config = new_config();
    size_t i, k;

    (void)s;
    for (i = 0; i < sizeof bad / sizeof *bad; i++) {
        for (k = 0; k < 3; k++) {
            SAYS(ARGUMENT, bad[i],
                 lodge_config_set_text(config, keys[k], TEXT(bad[i]), ERR));
            assert_non_null(strstr(test_err.message, "allowed: "));
        }
    }
    FAILS(ARGUMENT,
          lodge_config_set_text(config, LODGE_CONFIG_DOMAIN, "1\0", 2, ERR));
    assert_int_equal(value_of(config, LODGE_CONFIG_DOMAIN), 0);
    lodge_config_close(config);
}

static void the_target_is_a_text_of_bounded_length(void **s)
{
    const uint32_t key = LODGE_CONFIG_TARGET;
    lodge_config config = new_config();
    char text[130];

    (void)s;
    memset(text, 'x', sizeof text);
    SAYS(ARGUMENT, "lodge_config_set_text",
         lodge_config_set(config, key, 1, ERR));
    assert_int_equal(value_of(config, key), 4); /* host */
    OK(lodge_config_set_text(config, key, TEXT("pulley64"), ERR));
    assert_int_equal(value_of(config, key), 8);
    OK(lodge_config_set_text(config, key, text, 128, ERR));
    SAYS(ARGUMENT, "128", lodge_config_set_text(config, key, text, 129, ERR));
    FAILS(ARGUMENT, lodge_config_set_text(config, key, "a\0b", 3, ERR));
    assert_int_equal(value_of(config, key), 128);
    OK(lodge_config_set_text(config, key, NULL, 0, ERR));
    assert_int_equal(value_of(config, key), 4);
    lodge_config_close(config);
}

static void a_number_that_is_no_key_is_not_found(void **s)
{
    static const uint32_t bad[] = {0, 24, 31, 49, 63, 79, 96, UINT32_MAX};
    lodge_config config = new_config();
    uint64_t value = 7;
    size_t i;

    (void)s;
    for (i = 0; i < sizeof bad / sizeof *bad; i++) {
        char number[16];

        snprintf(number, sizeof number, " %u;", bad[i]);
        SAYS(NOT_FOUND, number, lodge_config_set(config, bad[i], 1, ERR));
        FAILS(NOT_FOUND, lodge_config_set_text(config, bad[i], "1", 1, ERR));
        FAILS(NOT_FOUND, lodge_config_get(config, bad[i], &value, ERR));
    }
    assert_int_equal(value, 7);
    lodge_config_close(config);
}

/* ---- lists ------------------------------------------------------------ */

static void several_keys_are_set_from_one_text(void **s)
{
    lodge_config config = new_config();

    (void)s;
    OK(lodge_config_parse(config,
                          TEXT("fuel=on,max-wasm-stack=1M,"
                               "opt-level=none,target=pulley64"),
                          ERR));
    assert_int_equal(value_of(config, LODGE_CONFIG_FUEL), 1);
    assert_int_equal(value_of(config, LODGE_CONFIG_MAX_WASM_STACK), 1 << 20);
    assert_int_equal(value_of(config, LODGE_CONFIG_OPT_LEVEL), 0);
    assert_int_equal(value_of(config, LODGE_CONFIG_TARGET), 8);
    OK(lodge_config_parse(config, TEXT("fuel=off,fuel=on,fuel=off"), ERR));
    assert_int_equal(value_of(config, LODGE_CONFIG_FUEL), 0);
    OK(lodge_config_parse(config, NULL, 0, ERR));
    assert_int_equal(value_of(config, LODGE_CONFIG_TARGET), 8);
    lodge_config_close(config);
}

static void a_list_is_taken_whole_or_not_at_all(void **s)
{
    static const char *const bad[] = {
        "fuel=on,opt-level=bogus", "fuel=on,bogus=1",
        "fuel=on,domain",          "target=host,fuel=on,domain=-1",
        "target=x,fuel=on,=",
    };
    lodge_config config = new_config();
    size_t i;

    (void)s;
    OK(lodge_config_parse(config, TEXT("target=pulley64"), ERR));
    for (i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_true(lodge_config_parse(config, TEXT(bad[i]), ERR) < 0);
        assert_int_equal(value_of(config, LODGE_CONFIG_FUEL), 0);
        assert_int_equal(value_of(config, LODGE_CONFIG_TARGET), 8);
    }
    lodge_config_close(config);
}

static void a_mistake_in_a_list_is_named(void **s)
{
    lodge_config config = new_config();

    (void)s;
    SAYS(NOT_FOUND, "\"feul\"",
         lodge_config_parse(config, TEXT("feul=on"), ERR));
    SAYS(NOT_FOUND, "\"FUEL\"",
         lodge_config_parse(config, TEXT("FUEL=on"), ERR));
    SAYS(NOT_FOUND, "\" fuel\"",
         lodge_config_parse(config, TEXT(" fuel=on"), ERR));
    SAYS(NOT_FOUND, "\"\"", lodge_config_parse(config, TEXT("=on"), ERR));
    SAYS(ARGUMENT, "fuel: '=' is missing",
         lodge_config_parse(config, TEXT("fuel"), ERR));
    SAYS(ARGUMENT, "fuel: \"\"",
         lodge_config_parse(config, TEXT("fuel="), ERR));
    SAYS(ARGUMENT, "\"on=on\"",
         lodge_config_parse(config, TEXT("fuel=on=on"), ERR));
    lodge_config_close(config);
}

/* ---- arguments -------------------------------------------------------- */

static void text_that_is_not_utf8_or_not_there_is_refused(void **s)
{
    static const char *const bad[] = {"\xFF", "fuel=\xC3", "\xC0\x80",
                                      "\xED\xA0\x80", "\xF4\x90\x80\x80"};
    const uint64_t huge[] = {UINT64_C(1) << 31, UINT64_C(1) << 32,
                             (UINT64_C(1) << 32) + 4, UINT64_MAX / 2,
                             UINT64_MAX};
    lodge_config config = new_config();
    const uint32_t key = LODGE_CONFIG_FUEL;
    size_t i;

    (void)s;
    for (i = 0; i < 5; i++) {
        SAYS(ARGUMENT, "UTF-8", lodge_config_parse(config, TEXT(bad[i]), ERR));
        SAYS(ARGUMENT, "UTF-8",
             lodge_config_set_text(config, key, TEXT(bad[i]), ERR));
        SAYS(ARGUMENT, "length",
             lodge_config_parse(config, "fuel=on", huge[i], ERR));
        FAILS(ARGUMENT,
              lodge_config_set_text(config, key, "on", huge[i], ERR));
        SAYS(ARGUMENT, "NULL", lodge_config_parse(config, NULL, huge[i], ERR));
        FAILS(ARGUMENT, lodge_config_set_text(config, key, NULL, 1, ERR));
    }
    assert_int_equal(value_of(config, key), 0);
    lodge_config_close(config);
}

static void what_is_not_a_config_is_refused(void **s)
{
    lodge_engine engine = new_engine();
    lodge_config wrong = {engine.id}, inside, out = {7};
    uint64_t value = 7;

    (void)s;
#define ALL_REFUSE(config, text)                                              \
    SAYS(HANDLE, text, lodge_config_set(config, 1, 1, ERR));                  \
    SAYS(HANDLE, text, lodge_config_set_text(config, 1, "on", 2, ERR));       \
    SAYS(HANDLE, text, lodge_config_get(config, 1, &value, ERR));             \
    SAYS(HANDLE, text, lodge_config_parse(config, "", 0, ERR));               \
    OK(lodge_config_close(config))
    FOR_BAD_IDS(lodge_config, bad, ALL_REFUSE(bad, "handle"));
    ALL_REFUSE(wrong, "names an engine, a config was expected");
    ALL_REFUSE(((lodge_config){0}), "handle is 0 (none), a config");
    inside = new_config();
    FAILS(HANDLE, lodge_config_set((lodge_config){inside.id | 1}, 1, 1, ERR));
    OK(lodge_config_close((lodge_config){inside.id | 1}));
    OK(lodge_config_close(inside));
    ALL_REFUSE(inside, "handle is stale: the config was closed");
#undef ALL_REFUSE
    assert_int_equal(value, 7);
    assert_int_equal(out.id, 7);
    OK(lodge_engine_tick(engine));
    lodge_engine_close(engine);
}

static void outputs_that_are_null_are_refused(void **s)
{
    lodge_config config = new_config();

    (void)s;
    SAYS(ARGUMENT, "value", lodge_config_get(config, 1, NULL, ERR));
    SAYS(ARGUMENT, "out", lodge_config_new(0, NULL, ERR));
    FAILS(ARGUMENT, lodge_config_get(config, 1, NULL, NULL));
    FAILS(ARGUMENT, lodge_config_new(0, NULL, NULL));
    lodge_config_close(config);
}

static void a_preset_that_does_not_exist_is_refused(void **s)
{
    lodge_config config = {7};

    (void)s;
    SAYS(ARGUMENT, "preset", lodge_config_new(7, &config, ERR));
    SAYS(ARGUMENT, "preset", lodge_config_new(UINT32_MAX, &config, ERR));
    assert_int_equal(config.id, 7);
}

/* ---- presets ---------------------------------------------------------- */

static const char *const adds = "(module (memory (export \"m\") 1)"
                                "(func (export \"add\") (param i32 i32)"
                                " (result i32) (local.get 0) (local.get 1)"
                                " i32.add))";

static void check_runs(lodge_engine engine)
{
    lodge_instance instance = new_instance(engine, adds);
    uint64_t slots[2] = {40, 2};

    OK(lodge_func_call(func_of(instance, "add"), slots, 2, ERR));
    assert_int_equal(slots[0], 42);
    lodge_instance_close(instance);
}

static void engines_of_every_preset_run_a_module(void **s)
{
    lodge_config config;
    lodge_engine engine;
    uint32_t preset;

    (void)s;
    for (preset = 0; preset <= LODGE_PRESET_POOLING; preset++) {
        OK(lodge_config_new(preset, &config, ERR));
#ifdef __SANITIZE_THREAD__ /* it leaves 1.5 TiB of addresses */
        OK(lodge_config_parse(config, TEXT("pool-memories=8"), ERR));
#endif
        OK(lodge_engine_new(config, &engine, ERR));
        check_runs(engine);
        lodge_engine_close(engine);
    }
}

static void presets_hold_what_their_names_say(void **s)
{
    static const struct {
        uint32_t preset, key;
        uint64_t value;
    } says[] = {
        {LODGE_PRESET_UNTRUSTED, LODGE_CONFIG_FUEL, 1},
        {LODGE_PRESET_UNTRUSTED, LODGE_CONFIG_INTERRUPTION, 1},
        {LODGE_PRESET_DETERMINISTIC, LODGE_CONFIG_NAN_CANONICALIZATION, 1},
        {LODGE_PRESET_DETERMINISTIC, LODGE_CONFIG_RELAXED_SIMD_DETERMINISTIC,
         1},
        {LODGE_PRESET_DETERMINISTIC, LODGE_CONFIG_WASM_THREADS, 0},
        {LODGE_PRESET_PULLEY, LODGE_CONFIG_TARGET, 8},
        {LODGE_PRESET_SMALL, LODGE_CONFIG_PARALLEL_COMPILATION, 0},
        {LODGE_PRESET_NO_SIGNALS, LODGE_CONFIG_SIGNALS_BASED_TRAPS, 0},
        {LODGE_PRESET_POOLING, LODGE_CONFIG_ALLOCATOR, 1},
    };
    lodge_config config;
    size_t i;

    (void)s;
    for (i = 0; i < sizeof says / sizeof *says; i++) {
        OK(lodge_config_new(says[i].preset, &config, ERR));
        assert_int_equal(value_of(config, says[i].key), says[i].value);
        lodge_config_close(config);
    }
}

/* "compile limits, fuel, small memories" */
static void the_untrusted_preset_limits_memories(void **s)
{
    lodge_instance instance = {0};
    lodge_config config;
    lodge_engine engine;
    lodge_module module;
    lodge_linker linker;
    lodge_status st;

    (void)s;
    OK(lodge_config_new(LODGE_PRESET_UNTRUSTED, &config, ERR));
    OK(lodge_engine_new(config, &engine, ERR));
    module = new_module(engine, "(module (memory 65536))");
    linker = new_linker(engine);
    st = lodge_instance_new(linker, (lodge_store){0}, module, &instance, ERR);
    lodge_engine_shutdown(engine);
    assert_int_equal(st, LODGE_E_LIMIT);
}

/* ---- engines ---------------------------------------------------------- */

static void a_config_is_taken_only_on_success(void **s)
{
    lodge_config config = new_config();
    lodge_engine engine = {7};

    (void)s;
    OK(lodge_config_set(config, LODGE_CONFIG_SIMD, 0, ERR));
    FAILS(CONFIG, lodge_engine_new(config, &engine, ERR));
    assert_int_equal(engine.id, 7);
    OK(lodge_config_set(config, LODGE_CONFIG_RELAXED_SIMD, 0, ERR));
    OK(lodge_engine_new(config, &engine, ERR));
    SAYS(HANDLE, "stale", lodge_config_set(config, 1, 1, ERR));
    SAYS(HANDLE, "stale", lodge_engine_new(config, &engine, ERR));
    OK(lodge_config_close(config));
    lodge_engine_close(engine);
}

static void a_config_is_as_it_was_after_a_failure(void **s)
{
    uint64_t before[KEYS];
    lodge_config config;
    lodge_engine engine;
    uint32_t i;

    (void)s;
    OK(lodge_config_new(LODGE_PRESET_UNTRUSTED, &config, ERR));
    OK(lodge_config_parse(config, TEXT("domain=3,target=nonsense,gc=off"),
                          ERR));
    for (i = 0; i < KEYS; i++)
        before[i] = value_of(config, header_keys[i]);
    FAILS(CONFIG, lodge_engine_new(config, &engine, ERR));
    FAILS(ARGUMENT, lodge_engine_new(config, NULL, ERR));
    for (i = 0; i < KEYS; i++)
        assert_true(value_of(config, header_keys[i]) == before[i]);
    lodge_config_close(config);
}

enum { RACERS = 8 };
static lodge_config raced;
static pthread_barrier_t line;

static void *race(void *unused)
{
    lodge_engine engine;
    lodge_status st;

    (void)unused;
    pthread_barrier_wait(&line);
    st = lodge_engine_new(raced, &engine, NULL);
    if (st == LODGE_OK)
        lodge_engine_close(engine);
    return (void *)(intptr_t)st;
}

static void a_config_makes_one_engine_however_many_threads_try(void **s)
{
    pthread_t threads[RACERS];
    int i, round, made;
    void *st;

    (void)s;
    for (round = 0; round < 20; round++) {
        raced = new_config();
        pthread_barrier_init(&line, NULL, RACERS);
        for (i = 0; i < RACERS; i++)
            pthread_create(&threads[i], NULL, race, NULL);
        for (i = 0, made = 0; i < RACERS; i++) {
            pthread_join(threads[i], &st);
            made += st == NULL;
            assert_true(st == NULL || (intptr_t)st == LODGE_E_HANDLE ||
                        (intptr_t)st == LODGE_E_BUSY);
        }
        pthread_barrier_destroy(&line);
        assert_int_equal(made, 1);
    }
}

static void contradicting_settings_are_told_in_words(void **s)
{
    static const struct {
        const char *settings, *says;
    } pairs[] = {
        {"max-wasm-stack=2M", "fiber-stack"},
        {"max-wasm-stack=256M,fiber-stack=256M", "max-wasm-stack"},
        {"fiber-stack=128K", "fiber-stack"},
        {"simd=off", "relaxed-simd=on needs simd=on"},
        {"function-references=off", "gc=on needs function-references=on"},
        {"function-references=off,gc=off,exceptions=off,reference-types=off"
         ",bulk-memory=on,function-references=on",
         "reference-types=on"},
        {"bulk-memory=off", "bulk-memory=on"},
        {"gc=off", "exceptions=on needs gc=on"},
        {"shared-memory=on,wasm-threads=off", "wasm-threads=on"},
        {"shared-memory=on,allocator=pooling", "allocator=on-demand"},
        {"target=nonsense", "nonsense"},
        {"target=wasm32", "target"},
        {"target=pulley64", "wasm-threads=off"},
        {"allocator=pooling,memory-reservation=64K,pool-max-memory-size=65537",
         "pool-max-memory-size must not be more than memory-reservation"},
        {"allocator=pooling,pool-max-memory-size=8G", "memory-reservation"},
    };
    lodge_engine engine = {7};
    lodge_config config;
    size_t i;

    (void)s;
    for (i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        config = new_config();
        OK(lodge_config_parse(config, TEXT(pairs[i].settings), ERR));
        SAYS(CONFIG, pairs[i].says, lodge_engine_new(config, &engine, ERR));
        lodge_config_close(config);
    }
    assert_int_equal(engine.id, 7);
}

/* What engine_new may answer to settings that are each in range. */
static int is_honest(lodge_status st)
{
    return st == LODGE_OK || ((st == LODGE_E_CONFIG || st == LODGE_E_LIMIT ||
                               st == LODGE_E_MEMORY) &&
                              test_err.message[0]);
}

/* Pools of a million are for those who ask; here they would only be slow. */
static int is_heavy(uint32_t key)
{
    return key == LODGE_CONFIG_PROFILER;
}

static void check_settings(lodge_config config, const char *what)
{
    lodge_engine engine;
    lodge_status st;

    test_err.message[0] = '\0';
    st = lodge_engine_new(config, &engine, ERR);
    if (!is_honest(st))
        fail_msg("%s: %d \"%s\"", what, (int)st, test_err.message);
    if (st == LODGE_OK)
        lodge_engine_close(engine);
    else
        lodge_config_close(config);
}

static void every_extreme_makes_an_engine_or_a_reason(void **s)
{
    lodge_config config;
    uint32_t i, pool;
    uint64_t v;

    (void)s;
    for (i = 0; i < KEYS; i++) {
        struct listed k = listed_at(i);
        uint64_t step = k.type == LODGE_VALUE_UINT ? k.max - k.min : 1;

        if (k.type == LODGE_VALUE_TEXT || is_heavy(k.key))
            continue;
        for (v = k.min; v <= k.max; v += step) {
            for (pool = 0; pool < 2; pool++) {
                config = new_config();
                OK(lodge_config_set(config, LODGE_CONFIG_ALLOCATOR, pool,
                                    ERR));
                OK(lodge_config_set(config, k.key, v, ERR));
                check_settings(config, k.name);
            }
        }
    }
}

static uint32_t dice(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

static void random_settings_make_an_engine_or_a_reason(void **s)
{
    uint32_t seed = 20, round, n, i;
    char list[2048];
    lodge_config config;

    (void)s;
    for (round = 0; round < 300; round++) {
        config = new_config();
        for (n = dice(&seed) % 6 + 1, list[0] = '\0'; n; n--) {
            struct listed k = listed_at(dice(&seed) % KEYS);
            uint64_t v = k.min + dice(&seed) % (k.max - k.min + 1);

            if (k.type == LODGE_VALUE_TEXT || is_heavy(k.key))
                continue;
            OK(lodge_config_set(config, k.key, v, ERR));
            i = (uint32_t)strlen(list);
            snprintf(list + i, sizeof list - i, "%s=%llu ", k.name,
                     (unsigned long long)v);
        }
        check_settings(config, list);
    }
}

/* perfmap and jitdump write a file here. */
static void engines_tell_a_profiler(void **s)
{
    static const char *const settings[] = {"profiler=perfmap",
                                           "profiler=jitdump"};
    char dir[] = "/tmp/lodge-profiler-XXXXXX", name[64], home[4096];
    lodge_engine engine;
    int i;

    (void)s;
    assert_non_null(getcwd(home, sizeof home));
    assert_non_null(mkdtemp(dir));
    assert_int_equal(chdir(dir), 0);
    for (i = 0; i < 2; i++) {
        engine = new_engine_with(settings[i]);
        check_runs(engine);
        lodge_engine_close(engine);
    }
    snprintf(name, sizeof name, "jit-%d.dump", (int)getpid());
    assert_int_equal(unlink(name), 0);
    snprintf(name, sizeof name, "/tmp/perf-%d.map", (int)getpid());
    assert_int_equal(unlink(name), 0);
    assert_int_equal(chdir(home), 0);
    rmdir(dir);
}

/* ---- obeyed ----------------------------------------------------------- */

static const struct {
    const char *on, *off, *guest;
} features[] = {
    {"wasm-threads=on", "wasm-threads=off",
     "(memory 1) (func i32.const 0 i32.atomic.load drop)"},
    {"tail-call=on", "tail-call=off", "(func $f return_call $f)"},
    {"", "reference-types=off,function-references=off,gc=off,exceptions=off",
     "(func ref.null extern drop)"},
    {"", "function-references=off,gc=off,exceptions=off",
     "(type $t (func)) (func (param (ref $t)) local.get 0 call_ref $t)"},
    {"", "gc=off,exceptions=off", "(type (struct (field i32)))"},
    {"", "exceptions=off", "(tag $t) (func throw $t)"},
    {"", "simd=off,relaxed-simd=off", "(func v128.const i64x2 0 0 drop)"},
    {"", "relaxed-simd=off",
     "(func (param v128) (result v128) local.get 0 local.get 0"
     " i8x16.relaxed_swizzle)"},
    {"",
     "bulk-memory=off,reference-types=off,function-references=off,"
     "gc=off,exceptions=off",
     "(memory 1) (func i32.const 0 i32.const 0 i32.const 0 memory.fill)"},
    {"", "multi-value=off", "(func (result i32 i32) unreachable)"},
    {"", "multi-memory=off", "(memory 1) (memory 1)"},
    {"", "memory64=off", "(memory i64 1)"},
    {"wide-arithmetic=on", "wide-arithmetic=off",
     "(func (param i64 i64) (result i64 i64) local.get 0 local.get 1"
     " i64.mul_wide_u)"},
    {"custom-page-sizes=on", "custom-page-sizes=off",
     "(memory 1 (pagesize 1))"},
    {"", "extended-const=off",
     "(global i32 (i32.add (i32.const 1) (i32.const 2)))"},
};

static void every_feature_is_there_when_on_and_not_when_off(void **s)
{
    lodge_engine engine;
    lodge_module module = {7};
    char guest[256];
    size_t i;

    (void)s;
    for (i = 0; i < sizeof features / sizeof *features; i++) {
        snprintf(guest, sizeof guest, "(module %s)", features[i].guest);
        engine = new_engine_with(features[i].on);
        lodge_module_close(new_module(engine, guest));
        lodge_engine_close(engine);
        engine = new_engine_with(features[i].off);
        FAILS(COMPILE, lodge_module_open(engine, (uint8_t *)guest,
                                         strlen(guest), &module, ERR));
        assert_int_equal(module.id, 7);
        lodge_engine_close(engine);
    }
}

static lodge_status instance_with(const char *settings, const char *text)
{
    lodge_engine engine = new_engine_with(settings);
    lodge_module module = new_module(engine, text);
    lodge_linker linker = new_linker(engine);
    lodge_instance instance = {7};
    lodge_status st =
        lodge_instance_new(linker, (lodge_store){0}, module, &instance, ERR);

    if (st != LODGE_OK)
        assert_int_equal(instance.id, 7);
    lodge_engine_shutdown(engine);
    return st;
}

static void shared_memories_are_made_only_where_allowed(void **s)
{
    static const char *const guest = "(module (memory 1 1 shared))";

    (void)s;
    OK(instance_with("shared-memory=on", guest));
    assert_true(instance_with("", guest) < 0);
    assert_non_null(strstr(test_err.message, "shared"));
}

static void every_compile_setting_gives_the_same_result(void **s)
{
    static const char *const settings[] = {
        "parallel-compilation=off",
        "opt-level=none",
        "opt-level=speed",
        "opt-level=speed-and-size",
        "regalloc=single-pass",
        "debug-info=on",
        "debug-verifier=on",
        "nan-canonicalization=on",
        "native-unwind-info=off",
        "backtrace-details=off",
        "signals-based-traps=off",
        "memory-may-move=off",
        "memory-init-cow=off",
        "memory-reservation=0,memory-guard-size=0",
        "memory-reservation-for-growth=0",
        "memory-guard-size=64K",
        "relaxed-simd-deterministic=on",
        "fuel=on",
        "interruption=off",
        "max-wasm-stack=16K",
        "fiber-stack=1G",
        "target=pulley64,wasm-threads=off",
        "target=host",
        "allocator=pooling,pool-instances=1,pool-memories=8",
    };
    lodge_engine engine;
    size_t i;

    (void)s;
    for (i = 0; i < sizeof settings / sizeof *settings; i++) {
        engine = new_engine_with(settings[i]);
        check_runs(engine);
        lodge_engine_close(engine);
    }
}

static lodge_status open_with(const char *settings, const char *text)
{
    lodge_engine engine = new_engine_with(settings);
    lodge_module module = {7};
    lodge_status st = lodge_module_open(engine, (const uint8_t *)text,
                                        strlen(text), &module, ERR);

    if (st != LODGE_OK)
        assert_int_equal(module.id, 7);
    lodge_engine_shutdown(engine);
    return st;
}

/* Each at its edge: exactly as much is fine, one more is not. */
static void a_module_over_a_compile_limit_is_refused(void **s)
{
    static const struct {
        const char *fits, *over, *says, *guest;
    } limits[] = {
        {"max-functions=2", "max-functions=1", "2 is more", "(func) (func)"},
        {"max-functions=0", "max-functions=0", NULL, ""},
        {"max-locals=5", "max-locals=4", "5 is more",
         "(func (local i32 i32 i64 f32 v128))"},
        {"max-function-bytes=2", "max-function-bytes=1", "2 is more",
         "(func)"},
        {"max-loop-depth=2", "max-loop-depth=1", "loops within loops",
         "(func block loop loop nop end end end)"},
        {"max-loop-depth=1", "max-loop-depth=0", "1 is more",
         "(func loop end loop end (if (i32.const 3) (then loop end))"
         " (drop (i32.const 3)))"},
        {"max-module-bytes=19", "max-module-bytes=18", "module bytes",
         "(memory 1)"},
    };
    char guest[256];
    size_t i;

    (void)s;
    for (i = 0; i < sizeof limits / sizeof *limits; i++) {
        snprintf(guest, sizeof guest, "(module %s)", limits[i].guest);
        OK(open_with(limits[i].fits, guest));
        if (limits[i].says)
            SAYS(LIMIT, limits[i].says, open_with(limits[i].over, guest));
    }
}

static void a_pool_that_is_full_is_a_limit(void **s)
{
    lodge_engine engine =
        new_engine_with("allocator=pooling,pool-instances=2,pool-memories=8");
    lodge_instance one = new_instance(engine, adds), two, three = {7};
    lodge_linker linker = new_linker(engine);
    lodge_module module = new_module(engine, adds);

    (void)s;
    two = new_instance(engine, adds);
    FAILS(LIMIT,
          lodge_instance_new(linker, (lodge_store){0}, module, &three, ERR));
    assert_int_equal(three.id, 7);
    lodge_instance_close(one);
    OK(lodge_instance_new(linker, (lodge_store){0}, module, &three, ERR));
    lodge_instance_close(two);
    lodge_engine_shutdown(engine);
}

static void more_stack_lets_a_guest_go_deeper(void **s)
{
    static const char *const deep =
        "(module (func $f (export \"f\") (param i32) (result i32)"
        " (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 7))"
        " (else (call $f (i32.sub (local.get 0) (i32.const 1)))))))";
    uint64_t slot = 5000;
    lodge_engine engine = new_engine_with("max-wasm-stack=1M,fiber-stack=2M");
    lodge_instance instance = new_instance(engine, deep);

    (void)s;
    OK(lodge_func_call(func_of(instance, "f"), &slot, 1, ERR));
    assert_int_equal(slot, 7);
    lodge_instance_close(instance);
    lodge_engine_close(engine);
    engine = new_engine_with("max-wasm-stack=16K");
    instance = new_instance(engine, deep);
    slot = 5000;
    FAILS(STACK, lodge_func_call(func_of(instance, "f"), &slot, 1, ERR));
    lodge_instance_close(instance);
    lodge_engine_close(engine);
}

/* ---- threads ---------------------------------------------------------- */

static void *change(void *unused)
{
    uint64_t value;
    lodge_status st;
    int i;

    (void)unused;
    for (i = 0; i < 5000; i++) {
        st = i % 2
                 ? lodge_config_parse(raced, TEXT("target=pulley64"), NULL)
                 : lodge_config_get(raced, LODGE_CONFIG_TARGET, &value, NULL);
        if (st != LODGE_OK && st != LODGE_E_BUSY)
            return raced.id ? &raced : NULL;
        st = lodge_config_parse(raced, TEXT("target=host,fuel=on"), NULL);
    }
    return NULL;
}

static void a_config_in_use_by_another_thread_is_busy_at_worst(void **s)
{
    pthread_t threads[4];
    void *bad;
    int i;

    (void)s;
    raced = new_config();
    for (i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, change, NULL);
    for (i = 0; i < 4; i++) {
        pthread_join(threads[i], &bad);
        assert_null(bad);
    }
    lodge_config_close(raced);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_list_holds_every_key_of_the_header_once),
        TEST(every_key_has_a_name_a_range_and_a_sentence),
        TEST(the_default_shown_is_the_default_in_effect),
        TEST(a_key_is_copied_out_like_any_text),
        TEST(a_key_that_is_not_listed_is_not_found),
        TEST(a_key_in_too_small_a_buffer_changes_only_the_length),
        TEST(every_key_takes_its_extremes_as_numbers),
        TEST(a_number_outside_the_range_is_refused_with_the_range),
        TEST(every_word_of_every_choice_is_understood),
        TEST(every_number_is_understood_as_text),
        TEST(booleans_have_four_words_each),
        TEST(numbers_have_units),
        TEST(a_text_that_is_no_value_is_refused_and_quoted),
        TEST(the_target_is_a_text_of_bounded_length),
        TEST(a_number_that_is_no_key_is_not_found),
        TEST(several_keys_are_set_from_one_text),
        TEST(a_list_is_taken_whole_or_not_at_all),
        TEST(a_mistake_in_a_list_is_named),
        TEST(text_that_is_not_utf8_or_not_there_is_refused),
        TEST(what_is_not_a_config_is_refused),
        TEST(outputs_that_are_null_are_refused),
        TEST(a_preset_that_does_not_exist_is_refused),
        TEST(engines_of_every_preset_run_a_module),
        TEST(presets_hold_what_their_names_say),
        TEST(the_untrusted_preset_limits_memories),
        TEST(a_config_is_taken_only_on_success),
        TEST(a_config_is_as_it_was_after_a_failure),
        TEST(a_config_makes_one_engine_however_many_threads_try),
        TEST(contradicting_settings_are_told_in_words),
        TEST(every_extreme_makes_an_engine_or_a_reason),
        TEST(random_settings_make_an_engine_or_a_reason),
        TEST(engines_tell_a_profiler),
        TEST(every_feature_is_there_when_on_and_not_when_off),
        TEST(shared_memories_are_made_only_where_allowed),
        TEST(every_compile_setting_gives_the_same_result),
        TEST(a_module_over_a_compile_limit_is_refused),
        TEST(a_pool_that_is_full_is_a_limit),
        TEST(more_stack_lets_a_guest_go_deeper),
        TEST(a_config_in_use_by_another_thread_is_busy_at_worst),
    };

    return RUN(tests);
}

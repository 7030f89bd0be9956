/* config.c - settings of an engine by key: listed, checked, applied.
 * It must not know who uses them.
 */
#include <string.h>

#include "rooms.h"

#define KIB UINT64_C(1024)
#define MIB (KIB * 1024)
#define GIB (MIB * 1024)
#define TIB (GIB * 1024)

/* ---- the keys --------------------------------------------------------- */

struct key {
    uint32_t key, type;
    const char *name;
    uint64_t min, max, value; /* value: default */
    const char *words;        /* of a choice, separated by spaces */
    const char *help;
};

#define BOOL(k, name, value, help)                                            \
    { LODGE_CONFIG_##k, LODGE_VALUE_BOOL, name, 0, 1, value, NULL, help }
#define UINT(k, name, min, max, value, help)                                  \
    { LODGE_CONFIG_##k, LODGE_VALUE_UINT, name, min, max, value, NULL, help }
#define CHOICE(k, name, last, value, words, help)                             \
    { LODGE_CONFIG_##k, LODGE_VALUE_CHOICE, name, 0, last, value, words, help }

static const struct key keys[] = {
    BOOL(FUEL, "fuel", 0, "Count fuel, so that a store can limit it."),
    BOOL(INTERRUPTION, "interruption", 1,
         "Let deadlines and cancelling end guest loops, at a small cost a "
         "loop turn."),
    UINT(MAX_WASM_STACK, "max-wasm-stack", 16 * KIB, 256 * MIB, 512 * KIB,
         "Bytes of stack that guest code may use."),
    UINT(FIBER_STACK, "fiber-stack", 128 * KIB, GIB, 2 * MIB,
         "Bytes of a fiber's stack; at least 128K more than "
         "max-wasm-stack."),
    UINT(DOMAIN, "domain", 0, UINT32_MAX, 0,
         "Number of the queue in which lodge_reap finds this engine's "
         "tokens."),
    UINT(MAX_MODULE_BYTES, "max-module-bytes", 8, UINT32_MAX, GIB,
         "Refuse longer modules before they are compiled."),
    UINT(MAX_FUNCTIONS, "max-functions", 0, UINT32_MAX, 1000000,
         "Refuse modules with more functions before they are compiled."),
    UINT(MAX_FUNCTION_BYTES, "max-function-bytes", 0, UINT32_MAX,
         7654321, "Refuse modules with a longer function body."),
    UINT(MAX_LOCALS, "max-locals", 0, UINT32_MAX, 50000,
         "Refuse modules with a function of more locals."),
    BOOL(PARALLEL_COMPILATION, "parallel-compilation", 1,
         "Compile the functions of a module on all cores."),
    CHOICE(OPT_LEVEL, "opt-level", 2, 1, "none speed speed-and-size",
           "What the compiler optimises for."),
    { LODGE_CONFIG_TARGET, LODGE_VALUE_TEXT, "target", 0, 128, 0, NULL,
      "What code is made for: host, pulley64, or a target triple." },
    BOOL(NAN_CANONICALIZATION, "nan-canonicalization", 0,
         "Give every NaN the same bits."),
    BOOL(DEBUG_VERIFIER, "debug-verifier", 0,
         "Check the compiler's intermediate code; slow."),
    CHOICE(REGALLOC, "regalloc", 1, 0, "backtracking single-pass",
           "Register allocator: better code, or compiled faster."),
    BOOL(DEBUG_INFO, "debug-info", 0,
         "Make debug information for native debuggers."),
    BOOL(NATIVE_UNWIND_INFO, "native-unwind-info", 1,
         "Make unwind tables for native debuggers and profilers."),
    CHOICE(PROFILER, "profiler", 2, 0, "none perfmap jitdump",
           "Tell a native profiler where guest functions are."),
    BOOL(BACKTRACE_DETAILS, "backtrace-details", 1,
         "Show source files and lines in backtraces of modules with debug "
         "information."),
    BOOL(WASM_THREADS, "wasm-threads", 1, "Threads proposal: atomics."),
    BOOL(SHARED_MEMORY, "shared-memory", 0,
         "Let modules make memories that several stores share."),
    BOOL(TAIL_CALL, "tail-call", 1, "Tail calls."),
    BOOL(REFERENCE_TYPES, "reference-types", 1, "Reference types."),
    BOOL(FUNCTION_REFERENCES, "function-references", 1,
         "Typed function references."),
    BOOL(GC, "gc", 1, "Garbage-collected structs and arrays."),
    BOOL(EXCEPTIONS, "exceptions", 1, "Exception handling."),
    BOOL(SIMD, "simd", 1, "128-bit SIMD."),
    BOOL(RELAXED_SIMD, "relaxed-simd", 1, "Relaxed SIMD."),
    BOOL(RELAXED_SIMD_DETERMINISTIC, "relaxed-simd-deterministic", 0,
         "Relaxed SIMD gives the same results on every machine."),
    BOOL(BULK_MEMORY, "bulk-memory", 1, "Bulk memory operations."),
    BOOL(MULTI_VALUE, "multi-value", 1, "Functions with several results."),
    BOOL(MULTI_MEMORY, "multi-memory", 1, "Several memories in a module."),
    BOOL(MEMORY64, "memory64", 1, "64-bit memories and tables."),
    BOOL(WIDE_ARITHMETIC, "wide-arithmetic", 0,
         "128-bit integer arithmetic."),
    BOOL(CUSTOM_PAGE_SIZES, "custom-page-sizes", 0,
         "Memories with pages of one byte."),
    BOOL(EXTENDED_CONST, "extended-const", 1,
         "Arithmetic in constant expressions."),
    BOOL(SIGNALS_BASED_TRAPS, "signals-based-traps", 1,
         "Find traps by signal handlers; off: by checks in the code."),
    BOOL(MEMORY_MAY_MOVE, "memory-may-move", 1,
         "A memory that outgrows its reservation may move."),
    UINT(MEMORY_RESERVATION, "memory-reservation", 0, 64 * GIB, 4 * GIB,
         "Bytes of address space reserved for each memory."),
    UINT(MEMORY_GUARD_SIZE, "memory-guard-size", 0, 64 * GIB, 32 * MIB,
         "Bytes of unmapped address space behind each memory."),
    UINT(MEMORY_RESERVATION_FOR_GROWTH, "memory-reservation-for-growth", 0,
         64 * GIB, 2 * GIB,
         "Bytes reserved beyond the size of a memory that had to move."),
    BOOL(MEMORY_INIT_COW, "memory-init-cow", 1,
         "Map the initial contents of memories instead of copying them."),
    CHOICE(ALLOCATOR, "allocator", 1, 0, "on-demand pooling",
           "Where instances live: mapped each time, or in a pool."),
    UINT(POOL_INSTANCES, "pool-instances", 1, 1000000, 1000,
         "Instances in the pool."),
    UINT(POOL_MEMORIES, "pool-memories", 0, 1000000, 1000,
         "Memories in the pool."),
    UINT(POOL_TABLES, "pool-tables", 0, 1000000, 1000,
         "Tables in the pool."),
    UINT(POOL_STACKS, "pool-stacks", 0, 1000000, 1000,
         "Fiber stacks in the pool."),
    UINT(POOL_GC_HEAPS, "pool-gc-heaps", 0, 1000000, 1000,
         "Garbage-collected heaps in the pool."),
    UINT(POOL_INSTANCE_SIZE, "pool-instance-size", 4 * KIB, GIB, MIB,
         "Bytes of bookkeeping an instance may need."),
    UINT(POOL_TABLES_PER_MODULE, "pool-tables-per-module", 0, 1000, 1,
         "Tables that one module may define."),
    UINT(POOL_MEMORIES_PER_MODULE, "pool-memories-per-module", 0, 1000, 1,
         "Memories that one module may define."),
    UINT(POOL_TABLE_ELEMENTS, "pool-table-elements", 0, 100000000, 20000,
         "Elements of one table."),
    UINT(POOL_MAX_MEMORY_SIZE, "pool-max-memory-size", 0, TIB, 4 * GIB,
         "Bytes of one memory."),
    UINT(POOL_WARM_SLOTS, "pool-warm-slots", 0, UINT32_MAX, 100,
         "Free slots that stay ready for the module they served."),
    UINT(POOL_DECOMMIT_BATCH, "pool-decommit-batch", 1, 100000, 1,
         "Slots given back to the system at once."),
    UINT(POOL_MEMORY_KEEP, "pool-memory-keep", 0, 64 * MIB, 0,
         "Bytes of a memory that stay resident for its next use."),
    UINT(POOL_TABLE_KEEP, "pool-table-keep", 0, 64 * MIB, 0,
         "Bytes of a table that stay resident for its next use."),
    UINT(POOL_STACK_KEEP, "pool-stack-keep", 0, 64 * MIB, 0,
         "Bytes of a fiber's stack that stay resident for its next use."),
};

enum { KEY_COUNT = sizeof keys / sizeof *keys };

static const struct key *key_find(uint32_t key)
{
    uint32_t i;

    for (i = 0; i < KEY_COUNT; i++)
        if (keys[i].key == key)
            return &keys[i];
    return NULL;
}

static lodge_status key_need(uint32_t key, const struct key **out,
                             lodge_error *err)
{
    *out = key_find(key);
    if (*out)
        return LODGE_OK;
    return error_refuse(err, LODGE_E_NOT_FOUND,
                        "there is no configuration key %u; "
                        "lodge_config_key lists them",
                        key);
}

const char *config_key_name(uint32_t key)
{
    const struct key *k = key_find(key);

    return k ? k->name : "?";
}

/* ---- values as text --------------------------------------------------- */

/* The n-th word of a list, or NULL. */
static const char *word_at(const char *words, uint64_t n, size_t *len)
{
    for (; words; words = strchr(words, ' ')) {
        words += *words == ' ';
        *len = strcspn(words, " ");
        if (n-- == 0)
            return words;
    }
    return NULL;
}

static void value_text(const struct key *k, uint64_t value,
                       const char *target, struct textbuf *out)
{
    const char *word;
    size_t len;

    switch (k->type) {
    case LODGE_VALUE_BOOL:
        textbuf_printf(out, value ? "on" : "off");
        return;
    case LODGE_VALUE_CHOICE:
        word = word_at(k->words, value, &len);
        if (word)
            textbuf_add(out, word, len);
        return;
    case LODGE_VALUE_TEXT:
        textbuf_printf(out, "%s", target ? target : "host");
        return;
    default:
        textbuf_printf(out, "%llu", (unsigned long long)value);
    }
}

static void range_text(const struct key *k, struct textbuf *out)
{
    switch (k->type) {
    case LODGE_VALUE_BOOL:
        textbuf_printf(out, "off on");
        return;
    case LODGE_VALUE_CHOICE:
        textbuf_printf(out, "%s", k->words);
        return;
    case LODGE_VALUE_TEXT:
        textbuf_printf(out, "at most %llu bytes",
                       (unsigned long long)k->max);
        return;
    default:
        textbuf_printf(out, "%llu..%llu", (unsigned long long)k->min,
                       (unsigned long long)k->max);
    }
}

static int text_is(const char *ptr, size_t len, const char *word)
{
    return len == strlen(word) && memcmp(ptr, word, len) == 0;
}

static int parse_bool(const char *ptr, size_t len, uint64_t *value)
{
    static const char *const yes[] = { "on", "true", "yes", "1" };
    static const char *const no[] = { "off", "false", "no", "0" };
    size_t i;

    for (i = 0; i < 4; i++) {
        if (text_is(ptr, len, yes[i]) || text_is(ptr, len, no[i])) {
            *value = (uint64_t)text_is(ptr, len, yes[i]);
            return 1;
        }
    }
    return 0;
}

static int parse_choice(const struct key *k, const char *ptr, size_t len,
                        uint64_t *value)
{
    const char *word;
    size_t n;

    for (*value = 0; (word = word_at(k->words, *value, &n)); ++*value)
        if (n == len && memcmp(word, ptr, len) == 0)
            return 1;
    return 0;
}

static int parse_uint(const char *ptr, size_t len, uint64_t *value)
{
    static const char units[] = "KMG";
    const char *unit = len ? strchr(units, ptr[len - 1]) : NULL;
    uint64_t n = 0;
    size_t i, shift = 0;

    if (unit && *unit) {
        shift = 10 * ((size_t)(unit - units) + 1);
        len--;
    }
    for (i = 0; i < len; i++) {
        uint64_t digit = (uint64_t)(ptr[i] - '0');

        if (digit > 9 || n > (UINT64_MAX - digit) / 10)
            return 0;
        n = n * 10 + digit;
    }
    *value = n << shift;
    return len > 0 && *value >> shift == n;
}

static lodge_status value_refuse(const struct key *k, const char *ptr,
                                 uint64_t len, lodge_error *err)
{
    struct textbuf range = { 0 };
    char quoted[80];
    lodge_status st;

    range_text(k, &range);
    error_quote(quoted, sizeof quoted, ptr, len);
    st = error_refuse(err, LODGE_E_ARGUMENT, "%s: %s is not allowed; allowed: %s",
                      k->name, quoted, range.ptr ? range.ptr : "?");
    textbuf_free(&range);
    return st;
}

static lodge_status number_refuse(const struct key *k, uint64_t value,
                                  lodge_error *err)
{
    struct textbuf text = { 0 };
    lodge_status st;

    textbuf_printf(&text, "%llu", (unsigned long long)value);
    st = value_refuse(k, text.ptr ? text.ptr : "?", text.len, err);
    textbuf_free(&text);
    return st;
}

/* ---- changing --------------------------------------------------------- */

static lodge_status target_set(struct settings *set, const char *ptr,
                               uint64_t len, lodge_error *err)
{
    char *copy = NULL;

    if (len && !text_is(ptr, len, "host")) {
        copy = alloc_copy(ptr, len);
        if (!copy)
            return error_memory(err);
    }
    alloc_free(set->target);
    set->target = copy;
    return LODGE_OK;
}

static lodge_status set_text(struct settings *set, const struct key *k,
                             const char *ptr, uint64_t len, lodge_error *err)
{
    uint64_t value = 0;
    int good = 0;

    switch (k->type) {
    case LODGE_VALUE_TEXT:
        if (len > k->max || memchr(ptr ? ptr : "", 0, len))
            return value_refuse(k, ptr, len, err);
        return target_set(set, ptr, len, err);
    case LODGE_VALUE_BOOL:
        good = parse_bool(ptr, len, &value);
        break;
    case LODGE_VALUE_CHOICE:
        good = parse_choice(k, ptr, len, &value);
        break;
    default:
        good = parse_uint(ptr, len, &value);
    }
    if (!good || value < k->min || value > k->max)
        return value_refuse(k, ptr, len, err);
    set->value[k->key] = value;
    return LODGE_OK;
}

static const struct key *key_by_name(const char *ptr, size_t len)
{
    uint32_t i;

    for (i = 0; i < KEY_COUNT; i++)
        if (text_is(ptr, len, keys[i].name))
            return &keys[i];
    return NULL;
}

/* One "name=value" of a list. */
static lodge_status set_pair(struct settings *set, const char *ptr,
                             size_t len, lodge_error *err)
{
    const char *eq = memchr(ptr, '=', len);
    size_t name_len = eq ? (size_t)(eq - ptr) : len;
    const struct key *k = key_by_name(ptr, name_len);
    char quoted[80];

    error_quote(quoted, sizeof quoted, ptr, name_len);
    if (!k)
        return error_refuse(err, LODGE_E_NOT_FOUND,
                            "there is no configuration key %s; "
                            "`lodge config` lists them",
                            quoted);
    if (!eq)
        return error_refuse(err, LODGE_E_ARGUMENT, "%s: '=' is missing",
                            k->name);
    return set_text(set, k, eq + 1, len - name_len - 1, err);
}

static lodge_status set_list(struct settings *set, const char *ptr,
                             size_t len, lodge_error *err)
{
    const char *end = ptr + len;
    lodge_status st = LODGE_OK;

    while (st == LODGE_OK && ptr < end) {
        const char *comma = memchr(ptr, ',', (size_t)(end - ptr));
        const char *stop = comma ? comma : end;

        if (stop > ptr)
            st = set_pair(set, ptr, (size_t)(stop - ptr), err);
        ptr = comma ? comma + 1 : end;
    }
    return st;
}

/* ---- presets ---------------------------------------------------------- */

static const char *const presets[] = {
    [LODGE_PRESET_DEFAULT] = "",
    [LODGE_PRESET_UNTRUSTED] =
        "fuel=on,max-module-bytes=16M,max-functions=50000,"
        "max-function-bytes=256K,max-locals=5000,backtrace-details=off",
    [LODGE_PRESET_DETERMINISTIC] =
        "fuel=on,nan-canonicalization=on,relaxed-simd-deterministic=on,"
        "wasm-threads=off,shared-memory=off,interruption=off",
    [LODGE_PRESET_PULLEY] = "target=pulley64,signals-based-traps=off",
    [LODGE_PRESET_SMALL] =
        "parallel-compilation=off,memory-reservation=16M,"
        "memory-guard-size=64K,memory-reservation-for-growth=16M,"
        "max-wasm-stack=256K,fiber-stack=512K",
    [LODGE_PRESET_NO_SIGNALS] = "signals-based-traps=off",
    [LODGE_PRESET_POOLING] =
        "allocator=pooling,pool-memory-keep=64K,pool-table-keep=64K,"
        "pool-tables-per-module=4,pool-memories-per-module=4,"
        "pool-gc-heaps=1000,memory-may-move=off",
};

enum { PRESET_COUNT = sizeof presets / sizeof *presets };

void config_defaults(struct settings *set)
{
    uint32_t i;

    memset(set, 0, sizeof *set);
    for (i = 0; i < KEY_COUNT; i++)
        set->value[keys[i].key] = keys[i].value;
}

static void config_destroy(void *obj)
{
    struct config *cfg = obj;

    alloc_free(cfg->set.target);
    alloc_free(cfg);
}

lodge_status lodge_config_new(uint32_t preset, lodge_config *out,
                              lodge_error *err)
{
    struct config *cfg;
    lodge_status st;

    lodge_start();
    if (!out)
        return error_refuse(err, LODGE_E_ARGUMENT, "out: is NULL");
    if (preset >= PRESET_COUNT)
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "preset: %u is not one of 0..%d", preset,
                            PRESET_COUNT - 1);
    cfg = alloc_zero(sizeof *cfg);
    if (!cfg)
        return error_memory(err);
    config_defaults(&cfg->set);
    st = set_list(&cfg->set, presets[preset], strlen(presets[preset]), err);
    if (st == LODGE_OK)
        st = handle_new(LODGE_KIND_CONFIG, cfg, config_destroy, NULL,
                        &out->id, err);
    if (st != LODGE_OK)
        config_destroy(cfg);
    return st;
}

lodge_status lodge_config_close(lodge_config config)
{
    handle_close(config.id, LODGE_KIND_CONFIG);
    return LODGE_OK;
}

/* ---- keys of a config ------------------------------------------------- */

static lodge_status config_lock(lodge_config config, struct config **out,
                                lodge_error *err)
{
    void *obj;
    lodge_status st = handle_lock(config.id, LODGE_KIND_CONFIG, &obj, err);

    if (st == LODGE_OK)
        *out = obj;
    return st;
}

static lodge_status set_number(struct settings *set, uint32_t key,
                               uint64_t value, lodge_error *err)
{
    const struct key *k;
    lodge_status st = key_need(key, &k, err);

    if (st != LODGE_OK)
        return st;
    if (k->type == LODGE_VALUE_TEXT)
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "%s: is text; use lodge_config_set_text",
                            k->name);
    if (value < k->min || value > k->max)
        return number_refuse(k, value, err);
    set->value[key] = value;
    return LODGE_OK;
}

lodge_status lodge_config_set(lodge_config config, uint32_t key,
                              uint64_t value, lodge_error *err)
{
    struct config *cfg;
    lodge_status st = config_lock(config, &cfg, err);

    if (st != LODGE_OK)
        return st;
    st = set_number(&cfg->set, key, value, err);
    handle_unlock(config.id);
    return st;
}

lodge_status lodge_config_set_text(lodge_config config, uint32_t key,
                                   const char *ptr, uint64_t len,
                                   lodge_error *err)
{
    const struct key *k;
    struct config *cfg;
    lodge_status st = text_check(ptr, len, "ptr", err);

    if (st == LODGE_OK)
        st = config_lock(config, &cfg, err);
    if (st != LODGE_OK)
        return st;
    st = key_need(key, &k, err);
    if (st == LODGE_OK)
        st = set_text(&cfg->set, k, ptr ? ptr : "", len, err);
    handle_unlock(config.id);
    return st;
}

lodge_status lodge_config_parse(lodge_config config, const char *ptr,
                                uint64_t len, lodge_error *err)
{
    struct settings set;
    struct config *cfg;
    lodge_status st = text_check(ptr, len, "ptr", err);

    if (st == LODGE_OK)
        st = config_lock(config, &cfg, err);
    if (st != LODGE_OK)
        return st;
    /* On a copy, so that a mistake at the end changes nothing. */
    set = cfg->set;
    set.target = NULL;
    if (cfg->set.target)
        st = target_set(&set, cfg->set.target, strlen(cfg->set.target), err);
    if (st == LODGE_OK)
        st = set_list(&set, ptr ? ptr : "", len, err);
    if (st == LODGE_OK) {
        alloc_free(cfg->set.target);
        cfg->set = set;
    } else {
        alloc_free(set.target);
    }
    handle_unlock(config.id);
    return st;
}

lodge_status config_read(const struct settings *set, uint32_t key,
                         uint64_t *value, lodge_error *err)
{
    const struct key *k;
    lodge_status st = key_need(key, &k, err);

    if (st != LODGE_OK)
        return st;
    if (k->type == LODGE_VALUE_TEXT)
        *value = set->target ? strlen(set->target) : strlen("host");
    else
        *value = set->value[key];
    return LODGE_OK;
}

lodge_status config_read_text(const struct settings *set, uint32_t key,
                              struct textbuf *out, lodge_error *err)
{
    const struct key *k;
    lodge_status st = key_need(key, &k, err);

    if (st != LODGE_OK)
        return st;
    value_text(k, set->value[key], set->target, out);
    return out->failed ? error_memory(err) : LODGE_OK;
}

lodge_status lodge_config_get(lodge_config config, uint32_t key,
                              uint64_t *value, lodge_error *err)
{
    struct config *cfg;
    void *obj;
    lodge_status st;

    if (!value)
        return error_refuse(err, LODGE_E_ARGUMENT, "value: is NULL");
    st = handle_pin(config.id, LODGE_KIND_CONFIG, &obj, err);
    if (st != LODGE_OK)
        return st;
    cfg = obj;
    st = config_read(&cfg->set, key, value, err);
    handle_unpin(config.id);
    return st;
}

uint32_t lodge_config_key_count(void)
{
    return KEY_COUNT;
}

lodge_status lodge_config_key(uint32_t index, uint32_t what, uint32_t *key,
                              uint32_t *type, char *buf, uint64_t cap,
                              uint64_t *len)
{
    struct textbuf text = { 0 };
    const struct key *k;
    lodge_status st;

    if (index >= KEY_COUNT)
        return LODGE_E_NOT_FOUND;
    k = &keys[index];
    if (what == LODGE_KEY_NAME)
        textbuf_printf(&text, "%s", k->name);
    else if (what == LODGE_KEY_RANGE)
        range_text(k, &text);
    else if (what == LODGE_KEY_DEFAULT)
        value_text(k, k->value, NULL, &text);
    else if (what == LODGE_KEY_HELP)
        textbuf_printf(&text, "%s", k->help);
    else
        return LODGE_E_ARGUMENT;
    st = text.failed ? LODGE_E_MEMORY
                     : text_out(text.ptr, text.len, buf, cap, len, NULL);
    textbuf_free(&text);
    if (key && (st == LODGE_OK || st == LODGE_E_BUFFER))
        *key = k->key;
    if (type && (st == LODGE_OK || st == LODGE_E_BUFFER))
        *type = k->type;
    return st;
}

/* ---- Wasmtime's config ------------------------------------------------ */

/* Settings that Wasmtime accepts one by one and then panics about, or that
 * would break a promise of ours.
 */
static lodge_status conflicts(const struct settings *set, lodge_error *err)
{
    const uint64_t *v = set->value;
    const char *what = NULL;

    if (v[LODGE_CONFIG_MAX_WASM_STACK] + 128 * KIB >
        v[LODGE_CONFIG_FIBER_STACK])
        what = "fiber-stack must be at least 128K more than max-wasm-stack";
    else if (v[LODGE_CONFIG_RELAXED_SIMD] && !v[LODGE_CONFIG_SIMD])
        what = "relaxed-simd=on needs simd=on";
    else if (v[LODGE_CONFIG_GC] && !v[LODGE_CONFIG_FUNCTION_REFERENCES])
        what = "gc=on needs function-references=on";
    else if (v[LODGE_CONFIG_FUNCTION_REFERENCES] &&
             !v[LODGE_CONFIG_REFERENCE_TYPES])
        what = "function-references=on needs reference-types=on";
    else if (v[LODGE_CONFIG_REFERENCE_TYPES] && !v[LODGE_CONFIG_BULK_MEMORY])
        what = "reference-types=on needs bulk-memory=on";
    else if (v[LODGE_CONFIG_EXCEPTIONS] && !v[LODGE_CONFIG_GC])
        what = "exceptions=on needs gc=on";
    else if (v[LODGE_CONFIG_SHARED_MEMORY] && !v[LODGE_CONFIG_WASM_THREADS])
        what = "shared-memory=on needs wasm-threads=on";
    else if (v[LODGE_CONFIG_SHARED_MEMORY] && v[LODGE_CONFIG_ALLOCATOR])
        what = "shared-memory=on needs allocator=on-demand";
    if (what)
        return error_refuse(err, LODGE_E_CONFIG, "%s", what);
    return LODGE_OK;
}

static void apply_wasm(wasm_config_t *c, const uint64_t *v)
{
#define FLAG(key, name) wasmtime_config_##name##_set(c, v[LODGE_CONFIG_##key] != 0)
    FLAG(WASM_THREADS, wasm_threads);
    FLAG(SHARED_MEMORY, shared_memory);
    FLAG(TAIL_CALL, wasm_tail_call);
    FLAG(REFERENCE_TYPES, wasm_reference_types);
    FLAG(FUNCTION_REFERENCES, wasm_function_references);
    FLAG(GC, wasm_gc);
    FLAG(EXCEPTIONS, wasm_exceptions);
    FLAG(SIMD, wasm_simd);
    FLAG(RELAXED_SIMD, wasm_relaxed_simd);
    FLAG(RELAXED_SIMD_DETERMINISTIC, wasm_relaxed_simd_deterministic);
    FLAG(BULK_MEMORY, wasm_bulk_memory);
    FLAG(MULTI_VALUE, wasm_multi_value);
    FLAG(MULTI_MEMORY, wasm_multi_memory);
    FLAG(MEMORY64, wasm_memory64);
    FLAG(WIDE_ARITHMETIC, wasm_wide_arithmetic);
    FLAG(CUSTOM_PAGE_SIZES, wasm_custom_page_sizes);
}

static void apply_engine(wasm_config_t *c, const uint64_t *v)
{
    static const uint8_t profilers[] = { WASMTIME_PROFILING_STRATEGY_NONE,
                                         WASMTIME_PROFILING_STRATEGY_PERFMAP,
                                         WASMTIME_PROFILING_STRATEGY_JITDUMP };

    FLAG(FUEL, consume_fuel);
    FLAG(INTERRUPTION, epoch_interruption);
    FLAG(PARALLEL_COMPILATION, parallel_compilation);
    FLAG(NAN_CANONICALIZATION, cranelift_nan_canonicalization);
    FLAG(DEBUG_VERIFIER, cranelift_debug_verifier);
    FLAG(DEBUG_INFO, debug_info);
    FLAG(NATIVE_UNWIND_INFO, native_unwind_info);
    FLAG(SIGNALS_BASED_TRAPS, signals_based_traps);
    FLAG(MEMORY_MAY_MOVE, memory_may_move);
    FLAG(MEMORY_INIT_COW, memory_init_cow);
    wasmtime_config_max_wasm_stack_set(c, v[LODGE_CONFIG_MAX_WASM_STACK]);
    wasmtime_config_async_stack_size_set(c, v[LODGE_CONFIG_FIBER_STACK]);
    wasmtime_config_memory_reservation_set(
        c, v[LODGE_CONFIG_MEMORY_RESERVATION]);
    wasmtime_config_memory_guard_size_set(
        c, v[LODGE_CONFIG_MEMORY_GUARD_SIZE]);
    wasmtime_config_memory_reservation_for_growth_set(
        c, v[LODGE_CONFIG_MEMORY_RESERVATION_FOR_GROWTH]);
    wasmtime_config_cranelift_opt_level_set(
        c, (wasmtime_opt_level_t)v[LODGE_CONFIG_OPT_LEVEL]);
    wasmtime_config_cranelift_regalloc_algorithm_set(
        c, (wasmtime_regalloc_algorithm_t)v[LODGE_CONFIG_REGALLOC]);
    wasmtime_config_profiler_set(c, profilers[v[LODGE_CONFIG_PROFILER]]);
    lodge_wt_config_extra(c, v[LODGE_CONFIG_EXTENDED_CONST] != 0,
                          v[LODGE_CONFIG_BACKTRACE_DETAILS] != 0);
#undef FLAG
}

static void apply_pool(wasm_config_t *c, const uint64_t *v)
{
    wasmtime_pooling_allocation_config_t *p =
        wasmtime_pooling_allocation_config_new();

#define POOL(key, name)                                                       \
    wasmtime_pooling_allocation_config_##name##_set(                          \
        p, (uint32_t)v[LODGE_CONFIG_POOL_##key])
#define POOL_SIZE(key, name)                                                  \
    wasmtime_pooling_allocation_config_##name##_set(                          \
        p, (size_t)v[LODGE_CONFIG_POOL_##key])
    POOL(INSTANCES, total_core_instances);
    POOL(MEMORIES, total_memories);
    POOL(TABLES, total_tables);
    POOL(STACKS, total_stacks);
    POOL(GC_HEAPS, total_gc_heaps);
    POOL(TABLES_PER_MODULE, max_tables_per_module);
    POOL(MEMORIES_PER_MODULE, max_memories_per_module);
    POOL(WARM_SLOTS, max_unused_warm_slots);
    POOL_SIZE(INSTANCE_SIZE, max_core_instance_size);
    POOL_SIZE(TABLE_ELEMENTS, table_elements);
    POOL_SIZE(MAX_MEMORY_SIZE, max_memory_size);
    POOL_SIZE(DECOMMIT_BATCH, decommit_batch_size);
    POOL_SIZE(MEMORY_KEEP, linear_memory_keep_resident);
    POOL_SIZE(TABLE_KEEP, table_keep_resident);
    POOL_SIZE(STACK_KEEP, async_stack_keep_resident);
#undef POOL
#undef POOL_SIZE
    wasmtime_pooling_allocation_strategy_set(c, p);
    wasmtime_pooling_allocation_config_delete(p);
}

wasm_config_t *config_make(const struct settings *set, lodge_status *st,
                           lodge_error *err)
{
    wasmtime_error_t *error;
    wasm_config_t *c;

    *st = conflicts(set, err);
    if (*st != LODGE_OK)
        return NULL;
    c = wasm_config_new();
    apply_wasm(c, set->value);
    apply_engine(c, set->value);
    if (set->value[LODGE_CONFIG_ALLOCATOR])
        apply_pool(c, set->value);
    if (!set->target)
        return c;
    error = wasmtime_config_target_set(c, set->target);
    if (error) {
        *st = trap_translate(NULL, error, LODGE_E_CONFIG, err);
        wasm_config_delete(c);
        return NULL;
    }
    return c;
}

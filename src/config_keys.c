/* config_keys.c - the table of settings: names, ranges, values as text.
 * It must not know where a value is kept.
 */
#include <string.h>

#include "config_keys.h"

#define KIB UINT64_C(1024)
#define MIB (KIB * 1024)
#define GIB (MIB * 1024)
#define TIB (GIB * 1024)

/* ---- the keys --------------------------------------------------------- */

#define BOOL(k, name, value, help)                                            \
    { LODGE_CONFIG_##k, LODGE_VALUE_BOOL, name, 0, 1, value, NULL, help }
#define UINT(k, name, min, max, value, help)                                  \
    { LODGE_CONFIG_##k, LODGE_VALUE_UINT, name, min, max, value, NULL, help }
#define CHOICE(k, name, last, value, words, help)                             \
    { LODGE_CONFIG_##k, LODGE_VALUE_CHOICE, name, 0, last, value, words, help }

const struct key config_keys[] = {
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
    UINT(MAX_FUNCTION_BYTES, "max-function-bytes", 0, UINT32_MAX, 7654321,
         "Refuse modules with a longer function body."),
    UINT(MAX_LOCALS, "max-locals", 0, UINT32_MAX, 50000,
         "Refuse modules with a function of more locals."),
    UINT(MAX_LOOP_DEPTH, "max-loop-depth", 0, UINT32_MAX, 1000,
         "Refuse modules with more loops within loops."),
    BOOL(PARALLEL_COMPILATION, "parallel-compilation", 1,
         "Compile the functions of a module on all cores."),
    CHOICE(OPT_LEVEL, "opt-level", 2, 1, "none speed speed-and-size",
           "What the compiler optimises for."),
    {LODGE_CONFIG_TARGET, LODGE_VALUE_TEXT, "target", 0, 128, 0, "host",
     "What code is made for: host, pulley64, or a target triple."},
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
    BOOL(CORE_DUMP, "core-dump", 0,
         "Let failures of guests give a core dump where a call asks for it."),
    UINT(CORE_DUMP_LIMIT, "core-dump-limit", 64 * KIB, 256 * MIB, 64 * MIB,
         "Bytes that a core dump may have."),
    BOOL(BACKTRACE_DETAILS, "backtrace-details", 1,
         "Show source files and lines in backtraces of modules with debug "
         "information."),
    UINT(STORE_MEMORY_LIMIT, "store-memory-limit", 0, INT64_MAX, INT64_MAX,
         "Bytes of memory that a new store may use; the default is none."),
    UINT(STORE_TABLE_LIMIT, "store-table-limit", 0, INT64_MAX, INT64_MAX,
         "Elements of tables that a new store may have; the default is none."),
    UINT(STORE_DEADLINE, "store-deadline", 0, 86400000, 0,
         "Milliseconds that each call in a new store may take; 0: any."),
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
    BOOL(WIDE_ARITHMETIC, "wide-arithmetic", 0, "128-bit integer arithmetic."),
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
    UINT(POOL_TABLES, "pool-tables", 0, 1000000, 1000, "Tables in the pool."),
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
    UINT(POOL_MAX_MEMORY_SIZE, "pool-max-memory-size", 0, TIB, 0,
         "Bytes of one memory; 0: as much as memory-reservation."),
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
    {LODGE_CONFIG_CACHE_FOLDER, LODGE_VALUE_TEXT, "cache-folder", 0, 4000, 0,
     "none", "Folder for compiled modules, of the user's own."},
    UINT(CACHE_BYTES, "cache-bytes", 0, INT64_MAX, GIB,
         "Bytes of compiled modules to keep on disk."),
    UINT(CACHE_AGE, "cache-age", 0, UINT32_MAX, 30 * 24 * 3600,
         "Seconds after which an unused one goes; 0: never."),
    {LODGE_CONFIG_CACHE_KEY_FILE, LODGE_VALUE_TEXT, "cache-key-file", 0, 4000,
     0, "none", "File with the cache's key, in place of the folder's own."},
    BOOL(TRUST_FILE, "trust-file", 0,
         "Let lodge_module_load_file map files without a key, unverified."),
};

static_assert(sizeof config_keys / sizeof *config_keys == KEY_COUNT,
              "KEY_COUNT is how many there are");

const struct key *config_key_find(uint32_t key)
{
    uint32_t i;

    for (i = 0; i < KEY_COUNT; i++)
        if (config_keys[i].key == key)
            return &config_keys[i];
    return NULL;
}

int config_text_is(const char *ptr, size_t len, const char *word)
{
    return len == strlen(word) && memcmp(ptr, word, len) == 0;
}

const struct key *config_key_by_name(const char *ptr, size_t len)
{
    uint32_t i;

    for (i = 0; i < KEY_COUNT; i++)
        if (config_text_is(ptr, len, config_keys[i].name))
            return &config_keys[i];
    return NULL;
}

lodge_status config_key_need(uint32_t key, const struct key **out,
                             lodge_error *err)
{
    *out = config_key_find(key);
    if (*out)
        return LODGE_OK;
    return error_refuse(err, LODGE_E_NOT_FOUND,
                        "there is no configuration key %u; "
                        "lodge_config_key lists them",
                        key);
}

const char *config_key_name(uint32_t key)
{
    const struct key *k = config_key_find(key);

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

void config_value_text(const struct key *k, uint64_t value, const char *text,
                       struct textbuf *out)
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
        textbuf_printf(out, "%s", text ? text : k->words);
        return;
    default:
        textbuf_printf(out, "%llu", (unsigned long long)value);
    }
}

void config_range_text(const struct key *k, struct textbuf *out)
{
    switch (k->type) {
    case LODGE_VALUE_BOOL:
        textbuf_printf(out, "off on");
        return;
    case LODGE_VALUE_CHOICE:
        textbuf_printf(out, "%s", k->words);
        return;
    case LODGE_VALUE_TEXT:
        textbuf_printf(out, "at most %llu bytes", (unsigned long long)k->max);
        return;
    default:
        textbuf_printf(out, "%llu..%llu", (unsigned long long)k->min,
                       (unsigned long long)k->max);
    }
}

static int parse_bool(const char *ptr, size_t len, uint64_t *value)
{
    static const char *const yes[] = {"on", "true", "yes", "1"};
    static const char *const no[] = {"off", "false", "no", "0"};
    size_t i;

    for (i = 0; i < 4; i++) {
        if (config_text_is(ptr, len, yes[i]) ||
            config_text_is(ptr, len, no[i])) {
            *value = (uint64_t)config_text_is(ptr, len, yes[i]);
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

int config_parse_value(const struct key *k, const char *ptr, size_t len,
                       uint64_t *value)
{
    int good = 0;

    if (k->type == LODGE_VALUE_BOOL)
        good = parse_bool(ptr, len, value);
    else if (k->type == LODGE_VALUE_CHOICE)
        good = parse_choice(k, ptr, len, value);
    else if (k->type == LODGE_VALUE_UINT)
        good = parse_uint(ptr, len, value);
    return good && *value >= k->min && *value <= k->max;
}

lodge_status config_value_refuse(const struct key *k, const char *ptr,
                                 uint64_t len, lodge_error *err)
{
    struct textbuf range = {0};
    char quoted[80];
    lodge_status st;

    config_range_text(k, &range);
    error_quote(quoted, sizeof quoted, ptr, len);
    st = error_refuse(err, LODGE_E_ARGUMENT,
                      "%s: %s is not allowed; allowed: %s", k->name, quoted,
                      range.ptr ? range.ptr : "?");
    textbuf_free(&range);
    return st;
}

lodge_status config_number_refuse(const struct key *k, uint64_t value,
                                  lodge_error *err)
{
    struct textbuf text = {0};
    lodge_status st;

    textbuf_printf(&text, "%llu", (unsigned long long)value);
    st = config_value_refuse(k, text.ptr ? text.ptr : "?", text.len, err);
    textbuf_free(&text);
    return st;
}

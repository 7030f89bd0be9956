/* config_make.c - settings as Wasmtime's config.
 * It must not know where they come from.
 */
#include <string.h>

#include "rooms.h"

enum { FIBER_RESERVE = 128 * 1024 };

/* ---- conflicts ------------------------------------------------ */

/* Settings that Wasmtime accepts one by one and then panics about, or that
 * would break a promise of ours.
 */
static lodge_status conflicts(const struct settings *set, lodge_error *err)
{
    const uint64_t *v = set->value;
    const char *what = NULL;

    if (v[LODGE_CONFIG_MAX_WASM_STACK] + FIBER_RESERVE >
        v[LODGE_CONFIG_FIBER_STACK])
        what = "fiber-stack must be at least 128K more than max-wasm-stack";
    else if (v[LODGE_CONFIG_STORE_DEADLINE] && !v[LODGE_CONFIG_INTERRUPTION])
        what = "store-deadline needs interruption=on";
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
    else if (v[LODGE_CONFIG_ALLOCATOR] &&
             v[LODGE_CONFIG_POOL_MAX_MEMORY_SIZE] >
                 v[LODGE_CONFIG_MEMORY_RESERVATION])
        what = "pool-max-memory-size must not be more than memory-reservation";
    else if (v[LODGE_CONFIG_WASM_THREADS] && set->target &&
             strncmp(set->target, "pulley", 6) == 0)
        what = "a pulley target needs wasm-threads=off";
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
    static const uint8_t profilers[] = {WASMTIME_PROFILING_STRATEGY_NONE,
                                        WASMTIME_PROFILING_STRATEGY_PERFMAP,
                                        WASMTIME_PROFILING_STRATEGY_JITDUMP};

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
    wasmtime_config_memory_reservation_set(c,
                                           v[LODGE_CONFIG_MEMORY_RESERVATION]);
    wasmtime_config_memory_guard_size_set(c,
                                          v[LODGE_CONFIG_MEMORY_GUARD_SIZE]);
    wasmtime_config_memory_reservation_for_growth_set(
        c, v[LODGE_CONFIG_MEMORY_RESERVATION_FOR_GROWTH]);
    wasmtime_config_cranelift_opt_level_set(
        c, (wasmtime_opt_level_t)v[LODGE_CONFIG_OPT_LEVEL]);
    wasmtime_config_cranelift_regalloc_algorithm_set(
        c, (wasmtime_regalloc_algorithm_t)v[LODGE_CONFIG_REGALLOC]);
    wasmtime_config_profiler_set(c, profilers[v[LODGE_CONFIG_PROFILER]]);
    lodge_wt_config_extra(c, v[LODGE_CONFIG_EXTENDED_CONST] != 0,
                          v[LODGE_CONFIG_BACKTRACE_DETAILS] != 0,
                          v[LODGE_CONFIG_CORE_DUMP] != 0);
#undef FLAG
}

static void apply_pool(wasm_config_t *c, const uint64_t *v)
{
    const uint64_t memory_size = v[LODGE_CONFIG_POOL_MAX_MEMORY_SIZE]
                                     ? v[LODGE_CONFIG_POOL_MAX_MEMORY_SIZE]
                                     : v[LODGE_CONFIG_MEMORY_RESERVATION];
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
    wasmtime_pooling_allocation_config_total_stacks_set(p, 0); /* ours */
    POOL(GC_HEAPS, total_gc_heaps);
    POOL(TABLES_PER_MODULE, max_tables_per_module);
    POOL(MEMORIES_PER_MODULE, max_memories_per_module);
    POOL(WARM_SLOTS, max_unused_warm_slots);
    POOL_SIZE(INSTANCE_SIZE, max_core_instance_size);
    POOL_SIZE(TABLE_ELEMENTS, table_elements);
    POOL_SIZE(DECOMMIT_BATCH, decommit_batch_size);
    POOL_SIZE(MEMORY_KEEP, linear_memory_keep_resident);
    POOL_SIZE(TABLE_KEEP, table_keep_resident);
#undef POOL
#undef POOL_SIZE
    wasmtime_pooling_allocation_config_max_memory_size_set(
        p, (size_t)memory_size);
    wasmtime_pooling_allocation_strategy_set(c, p);
    wasmtime_pooling_allocation_config_delete(p);
}

/* Wasmtime does not say which target it refuses. */
static lodge_status target_refuse(const char *target, wasmtime_error_t *error,
                                  lodge_error *err)
{
    char quoted[80];
    uint8_t *text;
    size_t len;
    lodge_status st;

    lodge_wt_error_text(error, &text, &len);
    error_quote(quoted, sizeof quoted, target, strlen(target));
    st = error_refuse(err, LODGE_E_CONFIG, "target: %s: %.*s", quoted,
                      (int)len, (const char *)text);
    lodge_wt_bytes_free(text, len);
    wasmtime_error_delete(error);
    return st;
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
        *st = target_refuse(set->target, error, err);
        wasm_config_delete(c);
        return NULL;
    }
    return c;
}

/* sides.c - the same guest on both sides, with the same settings.
 * It must not know what is measured.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

/* ---- failing ---------------------------------------------------------- */

static void fail(const char *what, const char *why, size_t len)
{
    fprintf(stderr, "lodge_bench: %s: %.*s\n", what, (int)len, why);
    exit(1);
}

void bench_need(lodge_status st, const lodge_error *err, const char *what)
{
    if (st != LODGE_OK)
        fail(what, err->message, strlen(err->message));
}

void bench_need_raw(wasmtime_error_t *error, wasm_trap_t *trap,
                    const char *what)
{
    wasm_name_t text;

    if (!error && !trap)
        return;
    if (error)
        wasmtime_error_message(error, &text);
    else
        wasm_trap_message(trap, &text);
    fail(what, text.data, text.size);
}

void bench_need_true(int yes, const char *what)
{
    static const char why[] = "it did not do what it should";

    if (!yes)
        fail(what, why, sizeof why - 1);
}

void bench_note(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    printf("\n");
}

void *bench_alloc(size_t size)
{
    void *ptr = calloc(1, size);

    bench_need_true(ptr != NULL, "memory");
    return ptr;
}

void bench_binary(const char *wat, uint8_t **ptr, uint64_t *len)
{
    lodge_error err = LODGE_ERROR_INIT;
    lodge_status st;

    st = lodge_text_to_binary(wat, strlen(wat), NULL, 0, len, NULL);
    bench_need_true(st == LODGE_E_BUFFER, "lodge_text_to_binary");
    *ptr = bench_alloc(*len);
    st = lodge_text_to_binary(wat, strlen(wat), *ptr, *len, len, &err);
    bench_need(st, &err, "lodge_text_to_binary");
}

/* ---- Lodge ------------------------------------------------------------ */

static lodge_config lodge_side_config(int settings)
{
    lodge_error err = LODGE_ERROR_INIT;
    lodge_config config;
    char text[128];
    int n;

    bench_need(lodge_config_new(LODGE_PRESET_DEFAULT, &config, &err), &err,
               "lodge_config_new");
    n = snprintf(text, sizeof text, "interruption=%s,fuel=%s%s",
                 settings & BENCH_NO_INTERRUPTION ? "off" : "on",
                 settings & BENCH_FUEL ? "on" : "off",
                 settings & BENCH_POOLING
                     ? ",allocator=pooling,pool-memory-keep=64K"
                     : "");
    bench_need(lodge_config_parse(config, text, (uint64_t)n, &err), &err,
               "lodge_config_parse");
    return config;
}

void lodge_side_open(struct lodge_side *side, const char *wat, int settings)
{
    const uint8_t *bytes = (const uint8_t *)wat;
    lodge_error err = LODGE_ERROR_INIT;

    bench_need(
        lodge_engine_new(lodge_side_config(settings), &side->engine, &err),
        &err, "lodge_engine_new");
    bench_need(lodge_linker_new(side->engine, &side->linker, &err), &err,
               "lodge_linker_new");
    bench_need(lodge_module_open(side->engine, bytes, strlen(wat),
                                 &side->module, &err),
               &err, "lodge_module_open");
}

void lodge_side_start(struct lodge_side *side)
{
    lodge_error err = LODGE_ERROR_INIT;

    bench_need(lodge_store_new(side->engine, &side->store, &err), &err,
               "lodge_store_new");
    bench_need(lodge_instance_new(side->linker, side->store, side->module,
                                  &side->instance, &err),
               &err, "lodge_instance_new");
}

void lodge_side_close(struct lodge_side *side)
{
    lodge_store_close(side->store);
    lodge_module_close(side->module);
    lodge_linker_close(side->linker);
    lodge_engine_close(side->engine);
}

lodge_func lodge_side_func(const struct lodge_side *side, const char *name)
{
    lodge_error err = LODGE_ERROR_INIT;
    lodge_func func;

    bench_need(
        lodge_instance_func(side->instance, name, strlen(name), &func, &err),
        &err, name);
    return func;
}

void lodge_side_call(lodge_func func, uint64_t *slots, uint32_t len)
{
    lodge_error err = LODGE_ERROR_INIT;

    bench_need(lodge_func_call(func, slots, len, &err), &err,
               "lodge_func_call");
}

/* ---- raw Wasmtime ----------------------------------------------------- */

/* What Lodge's default is beyond Wasmtime's own: interruption on. */
static wasm_config_t *raw_side_config(int settings)
{
    wasm_config_t *config = wasm_config_new();
    wasmtime_pooling_allocation_config_t *pool;

    wasmtime_config_epoch_interruption_set(
        config, !(settings & BENCH_NO_INTERRUPTION));
    wasmtime_config_consume_fuel_set(config, (settings & BENCH_FUEL) != 0);
    if (settings & BENCH_POOLING) {
        pool = wasmtime_pooling_allocation_config_new();
        wasmtime_pooling_allocation_config_linear_memory_keep_resident_set(
            pool, 64 * 1024);
        wasmtime_pooling_allocation_strategy_set(config, pool);
        wasmtime_pooling_allocation_config_delete(pool);
    }
    return config;
}

void raw_side_open(struct raw_side *side, const char *wat, int settings)
{
    uint8_t *bytes;
    uint64_t len;

    side->engine = wasm_engine_new_with_config(raw_side_config(settings));
    side->linker = wasmtime_linker_new(side->engine);
    bench_binary(wat, &bytes, &len);
    bench_need_raw(
        wasmtime_module_new(side->engine, bytes, len, &side->module), NULL,
        "wasmtime_module_new");
    free(bytes);
}

wasmtime_store_t *raw_side_store(const struct raw_side *side)
{
    wasmtime_store_t *store = wasmtime_store_new(side->engine, NULL, NULL);

    wasmtime_context_set_epoch_deadline(wasmtime_store_context(store),
                                        UINT64_MAX / 2);
    return store;
}

void raw_side_start(struct raw_side *side)
{
    wasm_trap_t *trap = NULL;
    wasmtime_error_t *error;

    side->store = raw_side_store(side);
    side->ctx = wasmtime_store_context(side->store);
    error = wasmtime_linker_instantiate(side->linker, side->ctx, side->module,
                                        &side->instance, &trap);
    bench_need_raw(error, trap, "wasmtime_linker_instantiate");
}

void raw_side_close(struct raw_side *side)
{
    if (side->store)
        wasmtime_store_delete(side->store);
    wasmtime_module_delete(side->module);
    wasmtime_linker_delete(side->linker);
    wasm_engine_delete(side->engine);
}

void raw_side_export(const struct raw_side *side, const char *name,
                     wasmtime_extern_t *out)
{
    bench_need_true(wasmtime_instance_export_get(side->ctx, &side->instance,
                                                 name, strlen(name), out),
                    name);
}

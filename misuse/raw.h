/* raw.h - mistakes with Wasmtime's C API, made on purpose.
 *
 * Each row of docs/misuse.md has a function here, which runs in a process of
 * its own (tools/misuse.py) and tells what came of the mistake, if it lives to
 * tell. Nothing of Lodge is in this program.
 */
#ifndef MISUSE_RAW_H
#define MISUSE_RAW_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <wasm.h>
#include <wasmtime.h>

struct row {
    const char *id;
    void (*make)(void);
    const char *why_not; /* instead of a function */
};

/* One table a file, in the order of raw_tables. */
extern const struct row rows_config[], rows_types[], rows_modules[],
    rows_linker[], rows_store[], rows_calls[], rows_hosts[], rows_memory[],
    rows_refs[], rows_wasi[], rows_async[], rows_process[];

/* ---- what is told -------------------------------------------------------- */

/* Each prints a line "kind: words"; the last one counts. */
void told(const char *kind, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* A clean error or trap, with its message; or that there was none. */
void told_outcome(wasmtime_error_t *error, wasm_trap_t **trap);
/* How many bytes of the heap a turn keeps, if it does. */
void told_leak(void (*turn)(void *), void *with);
/* Ends the program if a step before the mistake fails. */
void need(int yes, const char *what);

/* ---- what is there ------------------------------------------------------- */

struct place {
    wasm_engine_t *engine;
    wasmtime_store_t *store;
    wasmtime_context_t *ctx;
    wasmtime_linker_t *linker;
    wasmtime_module_t *module;
    wasmtime_instance_t instance;
};

wasmtime_module_t *raw_module(wasm_engine_t *engine, const char *wat);
void raw_binary(const char *wat, wasm_byte_vec_t *out);
/* An engine, a store and a linker; then an instance, if there is a text. */
struct place place_on(wasm_engine_t *engine, const char *wat);
struct place place(const char *wat);
void place_instance(struct place *p);
/* A second store and instance on the same engine. */
struct place beside(const struct place *p, const char *wat);

wasmtime_extern_t raw_export(struct place *p, const char *name);
wasmtime_func_t raw_func(struct place *p, const char *name);
wasmtime_memory_t raw_memory(struct place *p, const char *name);
/* Calls without arguments and results; tells what came of it. */
void call_and_tell(struct place *p, const char *name);

/* A host function without parameters and results that does nothing. */
wasm_trap_t *idle(void *env, wasmtime_caller_t *caller,
                  const wasmtime_val_t *args, size_t nargs,
                  wasmtime_val_t *results, size_t nresults);
void linker_func(struct place *p, const char *name, wasm_functype_t *type,
                 wasmtime_func_callback_t call, void *env);

static inline wasmtime_val_t val_i32(int32_t x)
{
    wasmtime_val_t v = {.kind = WASMTIME_I32, .of = {.i32 = x}};

    return v;
}

#endif

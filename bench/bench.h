/* bench.h - what the cases of the benchmark share.
 * A case must not know how it is timed or shown.
 */
#ifndef LODGE_BENCH_H
#define LODGE_BENCH_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <wasm.h>
#include <wasmtime.h>

#include "lodge.h"

/* ---- cases ------------------------------------------------------------ */

enum { BENCH_WAYS = 6, BENCH_ROWS = 6, BENCH_ROUNDS = 255 };

/* Does the same thing `n` times. */
typedef void bench_run(void *state, uint64_t n);

/* A line of the table: one way, measured against another. */
struct bench_row {
    const char *name, *base_name;
    uint32_t way, base;
    double aim; /* highest ratio wanted, 0 = none */
};

/* A few ways to do the same thing, timed in turns. */
struct bench_case {
    void *(*open)(const struct bench_case *self);
    void (*close)(void *state);
    int arg; /* for open */
    bench_run *ways[BENCH_WAYS];
    struct bench_row rows[BENCH_ROWS];
};

/* Each ends with a case without `open`. */
extern const struct bench_case bench_calls[];
extern const struct bench_case bench_hosts[];
extern const struct bench_case bench_callers[];
extern const struct bench_case bench_instances[];
extern const struct bench_case bench_objects[];
extern const struct bench_case bench_limits[];
extern const struct bench_case bench_waits[];

/* ---- latency.c -------------------------------------------------------- */

/* How soon guests end; returns how many rows it showed after `before`. */
int bench_latency(const char *filter, int quick, FILE *json, int before);

/* ---- starts.c --------------------------------------------------------- */

/* From a real guest's file to a module; the same. */
int bench_starts(const char *filter, int quick, FILE *json, int before);

/* ---- measure.c -------------------------------------------------------- */

/* Nanoseconds of one turn of each way, by round. */
struct bench_samples {
    uint32_t rounds;
    double ns[BENCH_WAYS][BENCH_ROUNDS];
};

void bench_measure(const struct bench_case *self, void *state, double batch_ns,
                   struct bench_samples *samples);
double bench_median(const double *values, uint32_t n);
double bench_least(const double *values, uint32_t n);

/* ---- sides.c ---------------------------------------------------------- */

/* End the program if something failed; `what` says what was tried. */
void bench_need(lodge_status st, const lodge_error *err, const char *what);
void bench_need_raw(wasmtime_error_t *error, wasm_trap_t *trap,
                    const char *what);
void bench_need_true(int yes, const char *what);
/* A line of its own among the results. */
void bench_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
void *bench_alloc(size_t size); /* zeroed */

/* Settings that both sides get alike. */
enum {
    BENCH_NO_INTERRUPTION = 1,
    BENCH_FUEL = 2,
    BENCH_POOLING = 4 /* with 64 KiB of each memory kept */
};

struct lodge_side {
    lodge_engine engine;
    lodge_linker linker;
    lodge_module module;
    lodge_instance instance;
    lodge_store store;
};

/* Engine, linker and module; then, when the imports are there, a store with
 * an instance in it.
 */
void lodge_side_open(struct lodge_side *side, const char *wat, int settings);
void lodge_side_start(struct lodge_side *side);
void lodge_side_close(struct lodge_side *side);
lodge_func lodge_side_func(const struct lodge_side *side, const char *name);
/* Calls with the slots given. */
void lodge_side_call(lodge_func func, uint64_t *slots, uint32_t len);

struct raw_side {
    wasm_engine_t *engine;
    wasmtime_linker_t *linker;
    wasmtime_module_t *module;
    wasmtime_store_t *store;
    wasmtime_context_t *ctx;
    wasmtime_instance_t instance;
};

void raw_side_open(struct raw_side *side, const char *wat, int settings);
void raw_side_start(struct raw_side *side);
void raw_side_close(struct raw_side *side);
/* A store whose epoch deadline is out of reach. */
wasmtime_store_t *raw_side_store(const struct raw_side *side);
void raw_side_export(const struct raw_side *side, const char *name,
                     wasmtime_extern_t *out);
/* Text format to binary; the bytes are freed by the caller. */
void bench_binary(const char *wat, uint8_t **ptr, uint64_t *len);

#endif

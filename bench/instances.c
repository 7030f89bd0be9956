/* instances.c - what a new instance costs, with a store of its own.
 * The guest is small: a page of memory with data, a table, an import.
 */
#include <pthread.h>
#include <stdlib.h>

#include "bench.h"

static const char guest[] =
    "(module (import \"h\" \"f\" (func $f (param i32) (result i32)))"
    " (memory (export \"memory\") 1) (table 4 funcref)"
    " (global $g (mut i32) (i32.const 7))"
    " (data (i32.const 1024) \"some bytes that every instance has\")"
    " (elem (i32.const 0) $a $b)"
    " (func $a (export \"a\") (param i32) (result i32)"
    "  (i32.load (local.get 0)))"
    " (func $b (export \"b\") (param i32) (result i32)"
    "  (call $f (i32.add (local.get 0) (global.get $g)))))";

struct state {
    struct lodge_side lodge;
    struct raw_side raw;
    lodge_prepared prepared;
    wasmtime_instance_pre_t *pre;
};

static int32_t direct(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    (void)token;
    (void)caller;
    (void)slots;
    return 0;
}

static wasm_trap_t *unchecked(void *env, wasmtime_caller_t *caller,
                              wasmtime_val_raw_t *raw, size_t len)
{
    (void)env;
    (void)caller;
    (void)raw;
    (void)len;
    return NULL;
}

static void open_lodge(struct state *s, int settings)
{
    lodge_error err = LODGE_ERROR_INIT;

    lodge_side_open(&s->lodge, guest, settings);
    bench_need(lodge_linker_func(s->lodge.linker, "h", 1, "f", 1, "i32 -> i32",
                                 10, direct, 1, &err),
               &err, "lodge_linker_func");
    bench_need(lodge_linker_prepare(s->lodge.linker, s->lodge.module,
                                    &s->prepared, &err),
               &err, "lodge_linker_prepare");
}

static void open_raw(struct state *s, int settings)
{
    wasm_functype_t *type;
    wasmtime_error_t *error;

    raw_side_open(&s->raw, guest, settings);
    type = wasm_functype_new_1_1(wasm_valtype_new(WASM_I32),
                                 wasm_valtype_new(WASM_I32));
    error = wasmtime_linker_define_func_unchecked(
        s->raw.linker, "h", 1, "f", 1, type, unchecked, NULL, NULL);
    bench_need_raw(error, NULL, "wasmtime_linker_define_func_unchecked");
    wasm_functype_delete(type);
    error =
        wasmtime_linker_instantiate_pre(s->raw.linker, s->raw.module, &s->pre);
    bench_need_raw(error, NULL, "wasmtime_linker_instantiate_pre");
}

static void *open_instance(const struct bench_case *self)
{
    struct state *s = bench_alloc(sizeof *s);

    open_lodge(s, self->arg);
    open_raw(s, self->arg);
    return s;
}

static void close_instance(void *state)
{
    struct state *s = state;

    lodge_prepared_close(s->prepared);
    lodge_side_close(&s->lodge);
    wasmtime_instance_pre_delete(s->pre);
    raw_side_close(&s->raw);
    free(s);
}

/* ---- one thread ------------------------------------------------------- */

static void by_prepared(void *state, uint64_t n)
{
    lodge_error err = LODGE_ERROR_INIT;
    const lodge_store none = {0};
    struct state *s = state;
    lodge_instance inst;

    while (n-- > 0) {
        bench_need(lodge_prepared_instance(s->prepared, none, &inst, &err),
                   &err, "lodge_prepared_instance");
        lodge_instance_close(inst);
    }
}

static void by_linker(void *state, uint64_t n)
{
    lodge_error err = LODGE_ERROR_INIT;
    const lodge_store none = {0};
    struct state *s = state;
    lodge_instance inst;

    while (n-- > 0) {
        bench_need(lodge_instance_new(s->lodge.linker, none, s->lodge.module,
                                      &inst, &err),
                   &err, "lodge_instance_new");
        lodge_instance_close(inst);
    }
}

static void by_raw_prepared(void *state, uint64_t n)
{
    struct state *s = state;
    wasmtime_instance_t inst;
    wasmtime_store_t *store;
    wasm_trap_t *trap = NULL;
    wasmtime_error_t *error;

    while (n-- > 0) {
        store = raw_side_store(&s->raw);
        error = wasmtime_instance_pre_instantiate(
            s->pre, wasmtime_store_context(store), &inst, &trap);
        bench_need_raw(error, trap, "wasmtime_instance_pre_instantiate");
        wasmtime_store_delete(store);
    }
}

static void by_raw_linker(void *state, uint64_t n)
{
    struct state *s = state;
    wasmtime_instance_t inst;
    wasmtime_store_t *store;
    wasm_trap_t *trap = NULL;
    wasmtime_error_t *error;

    while (n-- > 0) {
        store = raw_side_store(&s->raw);
        error = wasmtime_linker_instantiate(s->raw.linker,
                                            wasmtime_store_context(store),
                                            s->raw.module, &inst, &trap);
        bench_need_raw(error, trap, "wasmtime_linker_instantiate");
        wasmtime_store_delete(store);
    }
}

/* ---- two threads: each does its half ---------------------------------- */

struct half {
    bench_run *run;
    void *state;
    uint64_t n;
};

static void *run_half(void *arg)
{
    const struct half *half = arg;

    half->run(half->state, half->n);
    return NULL;
}

static void on_two(bench_run *run, void *state, uint64_t n)
{
    struct half half = {run, state, n / 2};
    pthread_t other;

    bench_need_true(!pthread_create(&other, NULL, run_half, &half),
                    "pthread_create");
    run(state, n - n / 2);
    pthread_join(other, NULL);
}

static void by_prepared_two(void *state, uint64_t n)
{
    on_two(by_prepared, state, n);
}

static void by_raw_prepared_two(void *state, uint64_t n)
{
    on_two(by_raw_prepared, state, n);
}

#define INSTANCE(text, settings)                                              \
    {                                                                         \
        .open = open_instance, .close = close_instance, .arg = settings,      \
        .ways = { by_prepared, by_raw_prepared, by_linker, by_raw_linker },   \
        .rows = {                                                             \
            { "instance, prepared" text, "instance_pre_instantiate", 0, 1,    \
              1.1 },                                                          \
            { "instance, linker" text, "linker_instantiate", 2, 3, 1.1 },     \
        }                                                                     \
    },                                                                        \
    {                                                                         \
        .open = open_instance, .close = close_instance, .arg = settings,      \
        .ways = { by_prepared_two, by_raw_prepared_two },                     \
        .rows = {                                                             \
            { "instance, prepared" text ", 2 threads",                        \
              "instance_pre_instantiate", 0, 1, 1.1 },                        \
        }                                                                     \
    }

const struct bench_case bench_instances[] = {
    INSTANCE("", 0),
    INSTANCE(", pooling", BENCH_POOLING),
    {0},
};

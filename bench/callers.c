/* callers.c - what it costs a host function to find exports of its caller.
 * Lodge looks each name up once per instance, Wasmtime every time.
 */
#include <stdlib.h>

#include "bench.h"

static const char guest[] =
    "(module (import \"h\" \"f\" (func $f)) (memory (export \"memory\") 1)"
    " (global (export \"one\") i32 (i32.const 1))"
    " (global (export \"two\") i32 (i32.const 2))"
    " (func (export \"malloc\") (param i32) (result i32) (local.get 0))"
    " (func (export \"run\") (param $n i32)"
    "  (loop $l (call $f)"
    "   (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))";

static int32_t by_memory(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    lodge_memory memory;

    (void)token;
    (void)slots;
    return lodge_caller_memory(caller, &memory);
}

static int32_t by_export(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    lodge_extern item;

    (void)token;
    (void)slots;
    return lodge_caller_export(caller, "malloc", 6, &item);
}

static const char *const raw_names[] = {"memory", "malloc"};

static wasm_trap_t *raw_export(void *env, wasmtime_caller_t *caller,
                               wasmtime_val_raw_t *raw, size_t len)
{
    const char *name = env;
    wasmtime_extern_t item;

    (void)raw;
    (void)len;
    bench_need_true(wasmtime_caller_export_get(caller, name, 6, &item),
                    "find an export");
    wasmtime_extern_delete(&item);
    return NULL;
}

struct state {
    struct lodge_side lodge;
    struct raw_side raw;
    lodge_func func;
    wasmtime_func_t raw_func;
};

static void open_raw(struct state *s, const char *name)
{
    wasm_functype_t *type = wasm_functype_new_0_0();
    wasmtime_extern_t item;

    raw_side_open(&s->raw, guest, 0);
    bench_need_raw(wasmtime_linker_define_func_unchecked(
                       s->raw.linker, "h", 1, "f", 1, type, raw_export,
                       (void *)(uintptr_t)name, NULL),
                   NULL, "wasmtime_linker_define_func_unchecked");
    wasm_functype_delete(type);
    raw_side_start(&s->raw);
    raw_side_export(&s->raw, "run", &item);
    s->raw_func = item.of.func;
}

static void *open_callers(const struct bench_case *self)
{
    struct state *s = bench_alloc(sizeof *s);
    lodge_error err = LODGE_ERROR_INIT;

    lodge_side_open(&s->lodge, guest, 0);
    bench_need(lodge_linker_func(s->lodge.linker, "h", 1, "f", 1, "->", 2,
                                 self->arg ? by_export : by_memory, 0, &err),
               &err, "lodge_linker_func");
    lodge_side_start(&s->lodge);
    s->func = lodge_side_func(&s->lodge, "run");
    open_raw(s, raw_names[self->arg]);
    return s;
}

static void close_callers(void *state)
{
    struct state *s = state;

    lodge_side_close(&s->lodge);
    raw_side_close(&s->raw);
    free(s);
}

static void run_lodge(void *state, uint64_t n)
{
    struct state *s = state;
    uint64_t slot = n;

    lodge_side_call(s->func, &slot, 1);
}

static void run_raw(void *state, uint64_t n)
{
    struct state *s = state;
    wasmtime_val_raw_t raw = {.i32 = (int32_t)n};
    wasm_trap_t *trap = NULL;

    bench_need_raw(
        wasmtime_func_call_unchecked(s->raw.ctx, &s->raw_func, &raw, 1, &trap),
        trap, "wasmtime_func_call_unchecked");
}

#define CALLERS(text, number)                                                 \
    {                                                                         \
        .open = open_callers, .close = close_callers, .arg = number,          \
        .ways = { run_lodge, run_raw }, .rows = {                             \
            { "host call that finds " text, "caller_export_get", 0, 1, 1.0 }, \
        }                                                                     \
    }

const struct bench_case bench_callers[] = {
    CALLERS("its memory", 0),
    CALLERS("an export", 1),
    {0},
};

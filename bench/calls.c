/* calls.c - what a call into the guest costs.
 * The guest functions do nothing but give back their first parameter.
 */
#include <stdlib.h>

#include "bench.h"

static const char guest[] =
    "(module"
    " (func (export \"none\"))"
    " (func (export \"i32x2\") (param i32 i32) (result i32) local.get 0)"
    " (func (export \"f64x2\") (param f64 f64) (result f64) local.get 0)"
    " (func (export \"i32x6\") (param i32 i32 i32 i32 i32 i32) (result i32)"
    "  local.get 0)"
    " (func (export \"f64x6\") (param f64 f64 f64 f64 f64 f64) (result f64)"
    "  local.get 0))";

static const struct shape {
    const char *name;
    uint32_t params, results;
    wasmtime_valkind_t kind;
} shapes[] = {
    {"none", 0, 0, WASMTIME_I32},  {"i32x2", 2, 1, WASMTIME_I32},
    {"f64x2", 2, 1, WASMTIME_F64}, {"i32x6", 6, 1, WASMTIME_I32},
    {"f64x6", 6, 1, WASMTIME_F64},
};

struct state {
    struct lodge_side lodge;
    struct raw_side raw;
    const struct shape *shape;
    lodge_func func;
    wasmtime_func_t raw_func;
    uint64_t sum;
};

static void *open_call(const struct bench_case *self)
{
    struct state *s = bench_alloc(sizeof *s);
    wasmtime_extern_t item;

    s->shape = &shapes[self->arg];
    lodge_side_open(&s->lodge, guest, 0);
    lodge_side_start(&s->lodge);
    s->func = lodge_side_func(&s->lodge, s->shape->name);
    raw_side_open(&s->raw, guest, 0);
    raw_side_start(&s->raw);
    raw_side_export(&s->raw, s->shape->name, &item);
    s->raw_func = item.of.func;
    return s;
}

static void close_call(void *state)
{
    struct state *s = state;

    lodge_side_close(&s->lodge);
    raw_side_close(&s->raw);
    free(s);
}

/* Every way writes its arguments for each call, and looks at the result. */
static void by_func_call(void *state, uint64_t n)
{
    lodge_error err = LODGE_ERROR_INIT;
    struct state *s = state;
    uint32_t i, params = s->shape->params;
    uint64_t slots[8] = {0};

    while (n-- > 0) {
        for (i = 0; i < params; i++)
            slots[i] = n + i;
        bench_need(lodge_func_call(s->func, slots, params, &err), &err,
                   "lodge_func_call");
        s->sum += slots[0];
    }
}

static void by_func_call_held(void *state, uint64_t n)
{
    lodge_error err = LODGE_ERROR_INIT;
    struct state *s = state;

    bench_need(lodge_store_hold(s->lodge.store, &err), &err,
               "lodge_store_hold");
    by_func_call(state, n);
    bench_need(lodge_store_unhold(s->lodge.store, &err), &err,
               "lodge_store_unhold");
}

static void by_frame(void *state, uint64_t n)
{
    uint64_t frame[LODGE_FRAME_SLOTS + 8] = {0};
    uint64_t *slots = frame + LODGE_FRAME_SLOTS;
    struct state *s = state;
    uint32_t i, params = s->shape->params;

    frame[LODGE_FRAME_FUNC] = s->func.id;
    frame[LODGE_FRAME_CAPACITY] = 8;
    while (n-- > 0) {
        for (i = 0; i < params; i++)
            slots[i] = n + i;
        bench_need_true(lodge_call(frame) == LODGE_OK, "lodge_call");
        s->sum += slots[0];
    }
}

static void by_unchecked(void *state, uint64_t n)
{
    wasmtime_val_raw_t raw[8] = {{0}};
    struct state *s = state;
    uint32_t i, params = s->shape->params;
    wasm_trap_t *trap = NULL;
    wasmtime_error_t *error;

    while (n-- > 0) {
        for (i = 0; i < params; i++)
            raw[i].i64 = (int64_t)(n + i);
        error = wasmtime_func_call_unchecked(s->raw.ctx, &s->raw_func, raw,
                                             params, &trap);
        bench_need_raw(error, trap, "wasmtime_func_call_unchecked");
        s->sum += (uint64_t)raw[0].i64;
    }
}

static void by_checked(void *state, uint64_t n)
{
    wasmtime_val_t args[8], result = {0};
    struct state *s = state;
    uint32_t i, params = s->shape->params;
    wasm_trap_t *trap = NULL;
    wasmtime_error_t *error;

    while (n-- > 0) {
        for (i = 0; i < params; i++) {
            args[i].kind = s->shape->kind;
            args[i].of.i64 = (int64_t)(n + i);
        }
        error = wasmtime_func_call(s->raw.ctx, &s->raw_func, args, params,
                                   &result, s->shape->results, &trap);
        bench_need_raw(error, trap, "wasmtime_func_call");
        s->sum += (uint64_t)result.of.i64;
    }
}

/* The same by way of the header's typed functions. */
LODGE_TYPED_GUEST(i32x2, int32_t, int32_t, int32_t);

static void by_typed(void *state, uint64_t n)
{
    lodge_error err = LODGE_ERROR_INIT;
    struct state *s = state;
    int32_t out = 0;
    i32x2 call = {.func = {0}};

    bench_need(i32x2_bind(&call, s->func, &err), &err, "i32x2_bind");
    while (n-- > 0) {
        bench_need(i32x2_call(call, (int32_t)n, (int32_t)n + 1, &out, &err),
                   &err, "i32x2_call");
        s->sum += (uint32_t)out;
    }
}

#define CALL(text, number)                                                    \
    {                                                                         \
        .open = open_call, .close = close_call, .arg = number,                \
        .ways = { by_func_call, by_func_call_held, by_frame, by_unchecked,    \
                  by_checked },                                               \
        .rows = {                                                             \
            { "call " text, "call_unchecked", 0, 3, 1.5 },                    \
            { "call " text ", held", "call_unchecked", 1, 3, 1.15 },          \
            { "call " text ", frame", "call_unchecked", 2, 3, 1.5 },          \
            { "call " text ", checked", "func_call", 0, 4, 1.0 },             \
        }                                                                     \
    }

const struct bench_case bench_calls[] = {
    CALL("()", 0),
    CALL("(2 i32)", 1),
    CALL("(2 f64)", 2),
    CALL("(6 i32)", 3),
    CALL("(6 f64)", 4),
    {
        .open = open_call,
        .close = close_call,
        .arg = 1,
        .ways = {by_typed, by_unchecked},
        .rows = {{"typed guest call (2 i32)", "call_unchecked", 0, 1, 1.5}},
    },
    {0},
};

/* hosts.c - what a call from the guest to a host function costs.
 * The guest calls in a loop, four times a turn, so that little of what is
 * measured is the loop.
 */
#include <stdlib.h>
#include <string.h>

#include "bench.h"

static const char i32_guest[] =
    "(module (import \"h\" \"f\" (func $f (param i32) (result i32)))"
    " (func (export \"run\") (param $n i32) (result i64) (local $x i32)"
    "  (loop $l"
    "   (local.set $x (i32.add (local.get $x) (i32.add"
    "    (i32.add (call $f (local.get $n)) (call $f (local.get $n)))"
    "    (i32.add (call $f (local.get $n)) (call $f (local.get $n))))))"
    "   (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))"
    "  (i64.extend_i32_u (local.get $x))))";

static const char f64_guest[] =
    "(module (import \"h\" \"f\""
    "  (func $f (param f64 f64) (result f64)))"
    " (func (export \"run\") (param $n i32) (result i64)"
    "  (local $x f64) (local $y f64)"
    "  (loop $l"
    "   (local.set $y (f64.convert_i32_u (local.get $n)))"
    "   (local.set $x (f64.add (local.get $x) (f64.add (f64.add"
    "     (call $f (local.get $y) (f64.const 1))"
    "     (call $f (local.get $y) (f64.const 1))) (f64.add"
    "     (call $f (local.get $y) (f64.const 1))"
    "     (call $f (local.get $y) (f64.const 1))))))"
    "   (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))"
    "  (i64.trunc_f64_u (local.get $x))))";

enum { TURN = 4 }; /* host calls a turn; f adds 1 */

/* ---- the host functions, four times two ------------------------------ */

static int32_t direct_i32(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    (void)caller;
    slots[0] += token;
    return 0;
}

static double as_double(uint64_t bits)
{
    union {
        uint64_t bits;
        double value;
    } u = {bits};

    return u.value;
}

static uint64_t as_bits(double value)
{
    union {
        double value;
        uint64_t bits;
    } u = {value};

    return u.bits;
}

static int32_t direct_f64(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    (void)token;
    (void)caller;
    slots[0] = as_bits(as_double(slots[0]) + as_double(slots[1]));
    return 0;
}

static int32_t ordinary_i32(lodge_caller caller, int32_t x)
{
    (void)caller;
    return x + 1;
}

static double ordinary_f64(lodge_caller caller, double x, double y)
{
    (void)caller;
    return x + y;
}

LODGE_TYPED_HOST(typed_i32, ordinary_i32, int32_t, int32_t);
LODGE_TYPED_HOST(typed_f64, ordinary_f64, double, double, double);

static wasm_trap_t *unchecked_i32(void *env, wasmtime_caller_t *caller,
                                  wasmtime_val_raw_t *raw, size_t len)
{
    (void)caller;
    (void)len;
    raw[0].i32 += (int32_t)(intptr_t)env;
    return NULL;
}

static wasm_trap_t *unchecked_f64(void *env, wasmtime_caller_t *caller,
                                  wasmtime_val_raw_t *raw, size_t len)
{
    (void)env;
    (void)caller;
    (void)len;
    raw[0].f64 += raw[1].f64;
    return NULL;
}

static wasm_trap_t *checked_i32(void *env, wasmtime_caller_t *caller,
                                const wasmtime_val_t *args, size_t nargs,
                                wasmtime_val_t *results, size_t nresults)
{
    (void)caller;
    (void)nargs;
    (void)nresults;
    results[0].kind = WASMTIME_I32;
    results[0].of.i32 = args[0].of.i32 + (int32_t)(intptr_t)env;
    return NULL;
}

static wasm_trap_t *checked_f64(void *env, wasmtime_caller_t *caller,
                                const wasmtime_val_t *args, size_t nargs,
                                wasmtime_val_t *results, size_t nresults)
{
    (void)env;
    (void)caller;
    (void)nargs;
    (void)nresults;
    results[0].kind = WASMTIME_F64;
    results[0].of.f64 = args[0].of.f64 + args[1].of.f64;
    return NULL;
}

/* ---- the case --------------------------------------------------------- */

static const struct shape {
    const char *guest, *sig;
    lodge_direct_fn direct;
    const lodge_typed *typed;
    wasmtime_func_unchecked_callback_t unchecked;
    wasmtime_func_callback_t checked;
} shapes[] = {
    {i32_guest, "i32 -> i32", direct_i32, &typed_i32, unchecked_i32,
     checked_i32},
    {f64_guest, "f64 f64 -> f64", direct_f64, &typed_f64, unchecked_f64,
     checked_f64},
};

struct state {
    struct lodge_side lodge, typed;
    struct raw_side unchecked, checked;
    lodge_func func, typed_func;
    wasmtime_func_t unchecked_func, checked_func;
};

static lodge_func open_lodge(struct lodge_side *side,
                             const struct shape *shape, lodge_direct_fn fn)
{
    lodge_error err = LODGE_ERROR_INIT;

    lodge_side_open(side, shape->guest, 0);
    bench_need(lodge_linker_func(side->linker, "h", 1, "f", 1, shape->sig,
                                 strlen(shape->sig), fn, 1, &err),
               &err, "lodge_linker_func");
    lodge_side_start(side);
    return lodge_side_func(side, "run");
}

static wasm_functype_t *functype(int f64)
{
    if (!f64)
        return wasm_functype_new_1_1(wasm_valtype_new(WASM_I32),
                                     wasm_valtype_new(WASM_I32));
    return wasm_functype_new_2_1(wasm_valtype_new(WASM_F64),
                                 wasm_valtype_new(WASM_F64),
                                 wasm_valtype_new(WASM_F64));
}

static void open_raw(struct raw_side *side, const struct bench_case *self,
                     int checked, wasmtime_func_t *func)
{
    const struct shape *shape = &shapes[self->arg];
    wasm_functype_t *type = functype(self->arg);
    void *one = (void *)(intptr_t)1;
    wasmtime_extern_t item;
    wasmtime_error_t *error;

    raw_side_open(side, shape->guest, 0);
    if (checked)
        error = wasmtime_linker_define_func(side->linker, "h", 1, "f", 1, type,
                                            shape->checked, one, NULL);
    else
        error = wasmtime_linker_define_func_unchecked(
            side->linker, "h", 1, "f", 1, type, shape->unchecked, one, NULL);
    bench_need_raw(error, NULL, "wasmtime_linker_define_func");
    wasm_functype_delete(type);
    raw_side_start(side);
    raw_side_export(side, "run", &item);
    *func = item.of.func;
}

static void *open_host(const struct bench_case *self)
{
    const struct shape *shape = &shapes[self->arg];
    struct state *s = bench_alloc(sizeof *s);

    s->func = open_lodge(&s->lodge, shape, shape->direct);
    s->typed_func = open_lodge(&s->typed, shape, shape->typed->fn);
    open_raw(&s->unchecked, self, 0, &s->unchecked_func);
    open_raw(&s->checked, self, 1, &s->checked_func);
    return s;
}

static void close_host(void *state)
{
    struct state *s = state;

    lodge_side_close(&s->lodge);
    lodge_side_close(&s->typed);
    raw_side_close(&s->unchecked);
    raw_side_close(&s->checked);
    free(s);
}

static uint32_t turns(uint64_t n)
{
    return (uint32_t)((n + TURN - 1) / TURN);
}

/* What the guest adds up; of the i32 guest the low half. */
static uint64_t total(uint64_t n)
{
    uint64_t t = turns(n);

    return TURN * (t * (t + 1) / 2 + t);
}

static void by_direct(void *state, uint64_t n)
{
    struct state *s = state;
    uint64_t slot = turns(n);

    lodge_side_call(s->func, &slot, 1);
    bench_need_true((uint32_t)slot == (uint32_t)total(n), "a DIRECT function");
}

static void by_typed(void *state, uint64_t n)
{
    struct state *s = state;
    uint64_t slot = turns(n);

    lodge_side_call(s->typed_func, &slot, 1);
    bench_need_true((uint32_t)slot == (uint32_t)total(n), "a typed function");
}

static void run_raw(const struct raw_side *side, const wasmtime_func_t *func,
                    uint64_t n)
{
    wasmtime_val_raw_t raw = {.i32 = (int32_t)turns(n)};
    wasm_trap_t *trap = NULL;
    wasmtime_error_t *error;

    error = wasmtime_func_call_unchecked(side->ctx, func, &raw, 1, &trap);
    bench_need_raw(error, trap, "wasmtime_func_call_unchecked");
    bench_need_true((uint32_t)raw.i64 == (uint32_t)total(n),
                    "a host function");
}

static void by_unchecked(void *state, uint64_t n)
{
    struct state *s = state;

    run_raw(&s->unchecked, &s->unchecked_func, n);
}

static void by_checked(void *state, uint64_t n)
{
    struct state *s = state;

    run_raw(&s->checked, &s->checked_func, n);
}

#define HOST(text, number)                                                    \
    {                                                                         \
        .open = open_host, .close = close_host, .arg = number,                \
        .ways = { by_direct, by_unchecked, by_checked, by_typed },            \
        .rows = {                                                             \
            { "host call " text, "define_func_unchecked", 0, 1, 1.3 },        \
            { "typed host call " text, "define_func_unchecked", 3, 1, 1.3 },  \
            { "host call " text ", checked", "define_func", 0, 2, 1.0 },      \
        }                                                                     \
    }

const struct bench_case bench_hosts[] = {
    HOST("(i32) -> i32", 0),
    HOST("(f64 f64) -> f64", 1),
    {0},
};

/* raw_calls.c - group G: functions, calls, traps and errors. */
#include <pthread.h>

#include "raw.h"

static const char some[] =
    "(module (func (export \"f\")) (func (export \"i\") (param i32)"
    "  (result i32) (local.get 0))"
    " (func (export \"r\") (param funcref))"
    " (func (export \"e\") (param externref))"
    " (func (export \"many\") (result i64 i64 i64 i64 i64 i64 i64 i64)"
    "  i64.const 1 i64.const 2 i64.const 3 i64.const 4 i64.const 5"
    "  i64.const 6 i64.const 7 i64.const 8)"
    " (func (export \"trap\") (result i32) unreachable)"
    " (table 1 funcref) (func (export \"u\") (param funcref)"
    "  (table.set (i32.const 0) (local.get 0))"
    "  (call_indirect (i32.const 0)))"
    " (func $deep (export \"deep\") (call $deep)))";
static const char calls_host[] = "(module (import \"h\" \"f\" (func $f))"
                                 " (func (export \"f\") (call $f)))";

static void call(struct place *p, const char *name, const wasmtime_val_t *args,
                 size_t nargs, size_t nresults)
{
    wasmtime_func_t func = raw_func(p, name);
    wasmtime_val_t results[8];
    wasm_trap_t *trap = NULL;

    told_outcome(wasmtime_func_call(p->ctx, &func, args, nargs, results,
                                    nresults, &trap),
                 &trap);
}

static void call_raw(wasmtime_context_t *ctx, wasmtime_func_t *func,
                     wasmtime_val_raw_t *raw, size_t len)
{
    wasm_trap_t *trap = NULL;

    told_outcome(wasmtime_func_call_unchecked(ctx, func, raw, len, &trap),
                 &trap);
}

static void g1(void)
{
    struct place one = place(some), two = beside(&one, some);
    wasmtime_func_t func = raw_func(&one, "f");
    wasm_trap_t *trap = NULL;

    told_outcome(wasmtime_func_call(two.ctx, &func, NULL, 0, NULL, 0, &trap),
                 &trap);
}

static void g2(void)
{
    struct place one = place(some), two = beside(&one, some);
    wasmtime_func_t func = raw_func(&one, "f");

    told("done", "%s", wasmtime_func_type(two.ctx, &func) ? "a type" : "none");
}

static void g3(void)
{
    struct place p = place(some);
    wasmtime_func_t func = {0, NULL};
    wasm_trap_t *trap = NULL;

    told_outcome(wasmtime_func_call(p.ctx, &func, NULL, 0, NULL, 0, &trap),
                 &trap);
}

static void g4(void)
{
    struct place p = place(some);

    call(&p, "i", NULL, 0, 1);
}

static void g5(void)
{
    struct place one = place(some), two = beside(&one, some);
    wasmtime_val_t arg = {.kind = WASMTIME_FUNCREF};

    arg.of.funcref = raw_func(&one, "f");
    call(&two, "r", &arg, 1, 0);
}

static void g6(void)
{
    struct place p = place(some);
    wasmtime_val_t arg = {.kind = 77};

    call(&p, "i", &arg, 1, 1);
}

static void g7(void)
{
    struct place one = place(some), two = beside(&one, some);
    wasmtime_val_t arg = {.kind = WASMTIME_EXTERNREF};

    need(wasmtime_externref_new(one.ctx, &one, NULL, &arg.of.externref),
         "externref");
    call(&two, "e", &arg, 1, 0);
}

static void g8(void)
{
    wasm_trap_t *trap = (wasm_trap_t *)(uintptr_t)0x4141414141414141;
    struct place p = place(some);
    wasmtime_func_t func = raw_func(&p, "f");

    wasmtime_func_call(p.ctx, &func, NULL, 0, NULL, 0, &trap);
    if (trap)
        wasm_trap_delete(trap);
    told("done", "NULL was written");
}

static void g9(void)
{
    struct place p = place(some);
    wasmtime_func_t func = raw_func(&p, "trap");
    wasmtime_val_t result;

    told_outcome(wasmtime_func_call(p.ctx, &func, NULL, 0, &result, 1, NULL),
                 NULL);
}

static void g10(void)
{
    struct {
        wasmtime_val_raw_t raw[1];
        uint64_t mine[14];
    } area;
    struct place p = place(some);
    wasmtime_func_t func = raw_func(&p, "many");

    memset(&area, 0, sizeof area);
    call_raw(p.ctx, &func, area.raw, 8);
    if (area.mine[0])
        told("wrong", "results were written over what stands behind");
}

static void g11(void)
{
    struct place p = place(some);
    wasmtime_func_t func = raw_func(&p, "u");
    wasmtime_val_raw_t raw = {.i64 = 0x1234567};

    call_raw(p.ctx, &func, &raw, 1);
}

/* ---- async functions from calls that do not wait -------------------------- */

static bool never(void *env)
{
    (void)env;
    return false;
}

static void waits(void *env, wasmtime_caller_t *caller,
                  const wasmtime_val_t *args, size_t nargs,
                  wasmtime_val_t *results, size_t nresults, wasm_trap_t **trap,
                  wasmtime_async_continuation_t *next)
{
    (void)env, (void)caller, (void)args, (void)nargs, (void)results;
    (void)nresults, (void)trap;
    *next = (wasmtime_async_continuation_t){never, NULL, NULL};
}

/* An instance that can wait, made by polling. */
static struct place waiting(void)
{
    struct place p = place(NULL);
    wasmtime_call_future_t *future;
    wasmtime_error_t *error = NULL;
    wasm_trap_t *trap = NULL;

    need(!wasmtime_linker_define_async_func(p.linker, "h", 1, "f", 1,
                                            wasm_functype_new_0_0(), waits,
                                            NULL, NULL),
         "async");
    p.module = raw_module(p.engine, calls_host);
    future = wasmtime_linker_instantiate_async(p.linker, p.ctx, p.module,
                                               &p.instance, &trap, &error);
    while (!wasmtime_call_future_poll(future)) {
    }
    wasmtime_call_future_delete(future);
    need(!error && !trap, "instance");
    return p;
}

static void g12(void)
{
    struct place p = waiting();
    wasmtime_func_t func = raw_func(&p, "f");

    call_raw(p.ctx, &func, NULL, 0);
}

static wasm_trap_t *panics(void *env, wasmtime_caller_t *caller,
                           const wasmtime_val_t *args, size_t nargs,
                           wasmtime_val_t *results, size_t nresults)
{
    struct place *other = env;
    wasmtime_memory_t stranger = {.store_id = 1};

    (void)args, (void)nargs, (void)results, (void)nresults, (void)other;
    wasmtime_memory_size(wasmtime_caller_context(caller), &stranger);
    return NULL;
}

static struct place calling(wasmtime_func_callback_t host)
{
    static struct place p;

    p = place(NULL);
    linker_func(&p, "f", wasm_functype_new_0_0(), host, &p);
    p.module = raw_module(p.engine, calls_host);
    place_instance(&p);
    return p;
}

static void g13(void)
{
    struct place other = place(NULL), p = calling(panics);
    wasmtime_func_t func = raw_func(&p, "f");

    (void)other;
    call_raw(p.ctx, &func, NULL, 0);
}

static wasm_trap_t *traps(void *env, wasmtime_caller_t *caller,
                          const wasmtime_val_t *args, size_t nargs,
                          wasmtime_val_t *results, size_t nresults)
{
    (void)env, (void)caller, (void)args, (void)nargs, (void)results;
    (void)nresults;
    return wasmtime_trap_new("the host's trap", 15);
}

static void g14(void)
{
    struct place p = calling(traps);
    wasmtime_func_t func = raw_func(&p, "f");
    wasmtime_error_t *error;
    wasm_trap_t *trap = NULL;

    error = wasmtime_func_call(p.ctx, &func, NULL, 0, NULL, 0, &trap);
    told(error ? "wrong" : "done", "the host's trap comes out as %s",
         error ? "an error" : "a trap");
}

static void g15(void)
{
    struct place p = place("(module (tag $t) (func (export \"f\")"
                           " (throw $t)))");
    wasmtime_func_t func = raw_func(&p, "f");
    wasmtime_error_t *error, *late = NULL;
    wasm_trap_t *trap = NULL, *late_trap = NULL;
    wasmtime_call_future_t *future;

    error = wasmtime_func_call(p.ctx, &func, NULL, 0, NULL, 0, &trap);
    future = wasmtime_func_call_async(p.ctx, &func, NULL, 0, NULL, 0,
                                      &late_trap, &late);
    while (!wasmtime_call_future_poll(future)) {
    }
    told(!error == !late ? "done" : "wrong",
         "the exception is %s to a call and %s to a call that waits",
         error ? "an error" : "a trap", late ? "an error" : "a trap");
}

static void g16(void)
{
    told("done", "%s", wasmtime_trap_new_code(200) ? "a trap" : "none");
}

static void g17(void)
{
    struct place p = place(some);
    const wasm_message_t text = {3, (char *)(uintptr_t)"why"};
    wasm_store_t *store = wasm_store_new(p.engine);

    told("done", "%s", wasm_trap_new(store, &text) ? "a trap" : "none");
}

static void g18(void)
{
    wasm_trap_t *trap = wasmtime_trap_new_code(9);
    wasmtime_trap_code_t code;

    told(wasmtime_trap_code(wasm_trap_copy(trap), &code) ? "done" : "wrong",
         "a copy of a trap has no code");
}

static void g19(void)
{
    told_outcome(wasmtime_error_new(NULL), NULL);
}

static void g20(void)
{
    struct place p = place(some);
    wasmtime_func_t func = raw_func(&p, "trap");
    wasmtime_val_t result;
    wasm_trap_t *trap = NULL;
    wasm_frame_t *frame;

    wasmtime_func_call(p.ctx, &func, NULL, 0, &result, 1, &trap);
    frame = wasm_trap_origin(trap);
    wasm_trap_delete(trap);
    told(wasm_frame_func_index(frame) == 5 ? "nothing" : "wrong",
         "the frame was read after it was freed: it tells nonsense");
}

static void g21(void)
{
    struct place p = place(some);
    wasmtime_func_t func;

    wasmtime_func_from_raw(p.ctx, NULL, &func);
    told("done", "no complaint");
}

static void *deep(void *arg)
{
    call_and_tell(arg, "deep");
    return NULL;
}

static void g22(void)
{
    struct place p = place(some);
    pthread_attr_t attr;
    pthread_t thread;

    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, 256 * 1024);
    need(pthread_create(&thread, &attr, deep, &p) == 0, "thread");
    pthread_join(thread, NULL);
}

static wasm_trap_t *again(void *env, wasmtime_caller_t *caller,
                          const wasmtime_val_t *args, size_t nargs,
                          wasmtime_val_t *results, size_t nresults)
{
    volatile char mine[300 * 1024]; /* as a host's own work may take */
    struct place *p = env;
    wasmtime_func_t func = raw_func(p, "f");
    wasm_trap_t *trap = NULL;
    wasmtime_error_t *error;

    (void)caller, (void)args, (void)nargs, (void)results, (void)nresults;
    mine[0] = 1;
    (void)mine[0];
    error = wasmtime_func_call(p->ctx, &func, NULL, 0, NULL, 0, &trap);
    if (error)
        wasmtime_error_delete(error);
    return trap;
}

static void g23(void)
{
    struct place p = calling(again);

    linker_func(&p, "g", wasm_functype_new_0_0(), idle, NULL);
    again(&p, NULL, NULL, 0, NULL, 0);
    told("done", "it ended");
}

static void one_result(void *arg)
{
    struct place *p = arg;
    wasmtime_func_t func = raw_func(p, "new");
    wasmtime_val_t result;
    wasm_trap_t *trap = NULL;

    wasmtime_func_call(p->ctx, &func, NULL, 0, &result, 1, &trap);
}

static void g25(void)
{
    struct place p = place("(module (type $s (struct)) (func (export \"new\")"
                           " (result anyref) (struct.new $s)))");

    told_leak(one_result, &p);
}

static void g26(void)
{
    struct place p = place(some);
    wasmtime_func_t func = raw_func(&p, "trap");
    wasmtime_val_t result;
    wasm_trap_t *trap = NULL;

    memset(&result, 0x5A, sizeof result);
    wasmtime_func_call(p.ctx, &func, NULL, 0, &result, 1, &trap);
    if (result.kind == 0x5A)
        told("wrong", "what was there before is taken for a result");
    else
        told("done", "the result is set");
}

static void g28(void)
{
    struct place p = place(some);
    wasmtime_func_t func = raw_func(&p, "trap");
    wasmtime_val_t result;
    wasm_trap_t *trap = NULL;
    wasmtime_error_t *error;

    error = wasmtime_func_call(p.ctx, &func, NULL, 0, &result, 1, &trap);
    told(error ? "done" : "wrong",
         "a trap has no exit status; only errors are asked for one");
}

const struct row rows_calls[] = {
    {"G1", g1, NULL},
    {"G2", g2, NULL},
    {"G3", g3, NULL},
    {"G4", g4, NULL},
    {"G5", g5, NULL},
    {"G6", g6, NULL},
    {"G7", g7, NULL},
    {"G8", g8, NULL},
    {"G9", g9, NULL},
    {"G10", g10, NULL},
    {"G11", g11, NULL},
    {"G12", g12, NULL},
    {"G13", g13, NULL},
    {"G14", g14, NULL},
    {"G15", g15, NULL},
    {"G16", g16, NULL},
    {"G17", g17, NULL},
    {"G18", g18, NULL},
    {"G19", g19, NULL},
    {"G20", g20, NULL},
    {"G21", g21, NULL},
    {"G22", g22, NULL},
    {"G23", g23, NULL},
    {"G24", NULL, "slower, not wrong"},
    {"G25", g25, NULL},
    {"G26", g26, NULL},
    {"G27", NULL, "a trap can be given a text, and nothing else"},
    {"G28", g28, NULL},
    {NULL, NULL, NULL},
};

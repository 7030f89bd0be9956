/* raw_async.c - group M: calls that wait. */
#include <pthread.h>

#include "raw.h"

static const char guest[] =
    "(module (import \"h\" \"f\" (func $f))"
    " (func (export \"f\") (call $f)) (func (export \"plain\"))"
    " (func $deep (export \"deep\") (call $deep))"
    " (func (export \"loop\") (local i32)"
    "  (local.set 0 (i32.const 1000000)) (loop $l"
    "   (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))";

static int go_on, begun;

static bool ready(void *env)
{
    (void)env;
    return go_on;
}

static void waits(void *env, wasmtime_caller_t *caller,
                  const wasmtime_val_t *args, size_t nargs,
                  wasmtime_val_t *results, size_t nresults, wasm_trap_t **trap,
                  wasmtime_async_continuation_t *next)
{
    (void)env, (void)caller, (void)args, (void)nargs, (void)results;
    (void)nresults, (void)trap;
    begun++;
    *next = (wasmtime_async_continuation_t){ready, NULL, NULL};
}

static wasmtime_error_t *error;
static wasm_trap_t *trap;

static void define_async(struct place *p, wasmtime_func_async_callback_t call)
{
    need(!wasmtime_linker_define_async_func(p->linker, "h", 1, "f", 1,
                                            wasm_functype_new_0_0(), call, p,
                                            NULL),
         "async");
}

static struct place waiting_with(wasmtime_func_async_callback_t call)
{
    struct place p = place(NULL);
    wasmtime_call_future_t *future;

    define_async(&p, call);
    p.module = raw_module(p.engine, guest);
    future = wasmtime_linker_instantiate_async(p.linker, p.ctx, p.module,
                                               &p.instance, &trap, &error);
    while (!wasmtime_call_future_poll(future)) {
    }
    wasmtime_call_future_delete(future);
    need(!error && !trap, "instance");
    return p;
}

static struct place waiting(void)
{
    return waiting_with(waits);
}

static wasmtime_call_future_t *call(struct place *p, const char *name)
{
    static wasmtime_func_t func;

    func = raw_func(p, name);
    return wasmtime_func_call_async(p->ctx, &func, NULL, 0, NULL, 0, &trap,
                                    &error);
}

static void finish(wasmtime_call_future_t *future)
{
    go_on = 1;
    while (!wasmtime_call_future_poll(future)) {
    }
    told_outcome(error, &trap);
}

static void m1(void)
{
    struct place p = waiting();

    call_and_tell(&p, "plain");
}

static void m2(void)
{
    struct place p = waiting();
    wasmtime_func_t func = raw_func(&p, "f");

    told_outcome(wasmtime_func_call_unchecked(p.ctx, &func, NULL, 0, &trap),
                 &trap);
}

static void m3(void)
{
    struct place p = place(NULL);
    wasmtime_extern_t item;

    define_async(&p, waits);
    need(wasmtime_linker_get(p.linker, p.ctx, "h", 1, "f", 1, &item), "get");
    told_outcome(
        wasmtime_func_call(p.ctx, &item.of.func, NULL, 0, NULL, 0, &trap),
        &trap);
}

static void m4(void)
{
    wasm_config_t *config = wasm_config_new();
    struct place p;

    wasmtime_config_consume_fuel_set(config, true);
    p = place_on(wasm_engine_new_with_config(config),
                 "(module (func (export \"f\")))");
    wasmtime_context_set_fuel(p.ctx, 100000);
    wasmtime_context_fuel_async_yield_interval(p.ctx, 0);
    call_and_tell(&p, "f");
}

static void m5(void)
{
    struct place p = place(NULL);
    wasmtime_error_t *result =
        wasmtime_context_epoch_deadline_async_yield_and_update(p.ctx, 1);

    if (result)
        wasmtime_error_delete(result);
    told("nothing", "what came back was %s", result ? "garbage" : "0");
}

static void unset(void *env, wasmtime_caller_t *caller,
                  const wasmtime_val_t *args, size_t nargs,
                  wasmtime_val_t *results, size_t nresults, wasm_trap_t **out,
                  wasmtime_async_continuation_t *next)
{
    (void)env, (void)caller, (void)args, (void)nargs, (void)results;
    (void)nresults, (void)out, (void)next;
}

static void m6(void)
{
    struct place p = waiting_with(unset);

    finish(call(&p, "f"));
}

static void m7(void)
{
    struct place p = waiting();
    wasmtime_call_future_t *future = call(&p, "plain");

    finish(future);
    told("done", "polled once more: %d", wasmtime_call_future_poll(future));
}

static void m8(void)
{
    struct place p = waiting();
    wasmtime_call_future_t *future = call(&p, "f");

    need(!wasmtime_call_future_poll(future), "waiting");
    wasmtime_store_delete(p.store);
    finish(future);
}

static void m9(void)
{
    struct place p = waiting();
    wasmtime_call_future_t *one = call(&p, "f"), *two = call(&p, "f");

    need(!wasmtime_call_future_poll(one), "waiting");
    need(!wasmtime_call_future_poll(two), "waiting");
    wasmtime_call_future_delete(one);
    finish(two);
    told("nothing", "two calls in a store, ended out of order");
}

static void m10(void)
{
    struct place p = waiting();
    wasmtime_call_future_t *future = call(&p, "f");

    need(!wasmtime_call_future_poll(future), "waiting");
    wasmtime_context_gc(p.ctx);
    raw_module(p.engine, guest);
    raw_func(&p, "plain");
    go_on = 1;
    while (!wasmtime_call_future_poll(future)) {
    }
    told("nothing", "what only the waiting guest held may be collected");
}

static void m11(void)
{
    struct place p = waiting();
    wasmtime_func_t func = raw_func(&p, "plain");
    wasm_trap_t *garbage = (wasm_trap_t *)(uintptr_t)0x4141414141414141;
    wasmtime_call_future_t *future = wasmtime_func_call_async(
        p.ctx, &func, NULL, 0, NULL, 0, &garbage, &error);

    while (!wasmtime_call_future_poll(future)) {
    }
    wasm_trap_delete(garbage);
    told("done", "NULL was written");
}

static void m12(void)
{
    struct place p = waiting();
    wasmtime_call_future_t *future = call(&p, "f");

    need(!wasmtime_call_future_poll(future), "waiting");
    wasmtime_call_future_delete(future);
    told("done", "the guest is unwound half-way; the instance stays as it is");
}

static wasm_trap_t *calls_again(void *env, wasmtime_caller_t *caller,
                                const wasmtime_val_t *args, size_t nargs,
                                wasmtime_val_t *results, size_t nresults)
{
    wasmtime_extern_t item;
    struct place *p = env;

    (void)args, (void)nargs, (void)results, (void)nresults;
    need(wasmtime_linker_get(p->linker, wasmtime_caller_context(caller), "h",
                             1, "f", 1, &item),
         "get");
    wasmtime_func_call_unchecked(wasmtime_caller_context(caller),
                                 &item.of.func, NULL, 0, &trap);
    return NULL;
}

static void m13(void)
{
    struct place p = place(NULL);
    wasmtime_call_future_t *future;

    define_async(&p, waits);
    linker_func(&p, "again", wasm_functype_new_0_0(), calls_again, &p);
    p.module = raw_module(p.engine, "(module (import \"h\" \"again\" (func))"
                                    " (func (export \"f\") (call 0)))");
    future = wasmtime_linker_instantiate_async(p.linker, p.ctx, p.module,
                                               &p.instance, &trap, &error);
    while (!wasmtime_call_future_poll(future)) {
    }
    future = call(&p, "f");
    need(!wasmtime_call_future_poll(future), "waiting");
    wasmtime_call_future_delete(future);
    told("done", "no complaint");
}

/* Until the stack is used up. */
static int overflow(int n)
{
    volatile char frame[4096];

    frame[0] = (char)n;
    return n < 1 << 30 ? overflow(n + 1) + frame[0] : 0;
}

static void recurses(void *env, wasmtime_caller_t *caller,
                     const wasmtime_val_t *args, size_t nargs,
                     wasmtime_val_t *results, size_t nresults,
                     wasm_trap_t **out, wasmtime_async_continuation_t *next)
{
    (void)env, (void)caller, (void)args, (void)nargs, (void)results;
    (void)nresults, (void)out, (void)next;
    overflow(0);
}

static void m14(void)
{
    struct place p = waiting_with(recurses);

    finish(call(&p, "f"));
}

static __thread int mine;

static wasm_trap_t *needs_thread(void *env, wasmtime_caller_t *caller,
                                 const wasmtime_val_t *args, size_t nargs,
                                 wasmtime_val_t *results, size_t nresults)
{
    int before = mine;

    (void)env;
    calls_again(env, caller, args, nargs, results, nresults);
    if (before != mine)
        told("wrong", "a host function goes on on another thread");
    return NULL;
}

static wasmtime_call_future_t *shared_future;

static void *polls(void *arg)
{
    (void)arg;
    mine = 2;
    go_on = 1;
    while (!wasmtime_call_future_poll(shared_future)) {
    }
    return NULL;
}

static void m16(void)
{
    struct place p = place(NULL);
    wasmtime_call_future_t *future;
    pthread_t thread;

    define_async(&p, waits);
    linker_func(&p, "again", wasm_functype_new_0_0(), needs_thread, &p);
    p.module = raw_module(p.engine, "(module (import \"h\" \"again\" (func))"
                                    " (func (export \"f\") (call 0)))");
    future = wasmtime_linker_instantiate_async(p.linker, p.ctx, p.module,
                                               &p.instance, &trap, &error);
    while (!wasmtime_call_future_poll(future)) {
    }
    mine = 1;
    shared_future = call(&p, "f");
    need(!wasmtime_call_future_poll(shared_future), "waiting");
    need(pthread_create(&thread, NULL, polls, NULL) == 0, "thread");
    pthread_join(thread, NULL);
}

static void m17(void)
{
    wasm_config_t *config = wasm_config_new();
    wasmtime_call_future_t *future;
    struct place p;

    wasmtime_config_epoch_interruption_set(config, true);
    p = place_on(wasm_engine_new_with_config(config), NULL);
    wasmtime_context_set_epoch_deadline(p.ctx, 1);
    wasmtime_context_epoch_deadline_async_yield_and_update(p.ctx, 1);
    linker_func(&p, "f", wasm_functype_new_0_0(), idle, NULL);
    p.module = raw_module(p.engine, guest);
    future = wasmtime_linker_instantiate_async(p.linker, p.ctx, p.module,
                                               &p.instance, &trap, &error);
    while (!wasmtime_call_future_poll(future)) {
    }
    wasmtime_call_future_delete(future);
    wasmtime_engine_increment_epoch(p.engine);
    future = call(&p, "loop");
    told(wasmtime_call_future_poll(future) ? "done" : "wrong",
         "'false' comes for a pause as for a host function that waits");
}

static void m18(void)
{
    struct place p = waiting();

    wasmtime_call_future_delete(call(&p, "f"));
    told(begun ? "wrong" : "done", "%s", begun ? "it ran" : "nothing ran");
}

const struct row rows_async[] = {
    {"M1", m1, NULL},
    {"M2", m2, NULL},
    {"M3", m3, NULL},
    {"M4", m4, NULL},
    {"M5", m5, NULL},
    {"M6", m6, NULL},
    {"M7", m7, NULL},
    {"M8", m8, NULL},
    {"M9", m9, NULL},
    {"M10", m10, NULL},
    {"M11", m11, NULL},
    {"M12", m12, NULL},
    {"M13", m13, NULL},
    {"M14", m14, NULL},
    {"M15", NULL, "as A20: such stacks are not usable"},
    {"M16", m16, NULL},
    {"M17", m17, NULL},
    {"M18", m18, NULL},
    {NULL, NULL, NULL},
};

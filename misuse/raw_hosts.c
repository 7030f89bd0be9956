/* raw_hosts.c - group H: host functions. */
#include <pthread.h>
#include <setjmp.h>
#include <unistd.h>

#include "raw.h"

static const char guest[] =
    "(module (import \"h\" \"f\" (func $f (param i32) (result i32)))"
    " (memory (export \"m\") 1)"
    " (func (export \"f\") (drop (call $f (i32.const 7))))"
    " (func (export \"g\") (param i32) (result i32) (call $f (local.get 0)))"
    " (func (export \"deep\") (result i32)"
    "  (call $f (i32.const 1))))";

static wasm_functype_t *i32_to_i32(void)
{
    return wasm_functype_new_1_1(wasm_valtype_new(WASM_I32),
                                 wasm_valtype_new(WASM_I32));
}

static struct place calling_type(wasm_functype_t *type, const char *wat,
                                 wasmtime_func_callback_t call)
{
    static struct place p;

    p = place(NULL);
    linker_func(&p, "f", type, call, &p);
    p.module = raw_module(p.engine, wat);
    place_instance(&p);
    return p;
}

static struct place calling(wasmtime_func_callback_t call)
{
    return calling_type(i32_to_i32(), guest, call);
}

static void run(wasmtime_func_callback_t call)
{
    struct place p = calling(call);

    call_and_tell(&p, "f");
}

#define HOST(name)                                                            \
    static wasm_trap_t *name(void *env, wasmtime_caller_t *caller,            \
                             const wasmtime_val_t *args, size_t nargs,        \
                             wasmtime_val_t *results, size_t nresults)
#define UNUSED                                                                \
    (void)env, (void)caller, (void)args, (void)nargs, (void)results,          \
        (void)nresults

HOST(gives_i64)
{
    UNUSED;
    results[0].kind = WASMTIME_I64;
    results[0].of.i64 = 1;
    return NULL;
}

static void h1(void)
{
    run(gives_i64);
}

HOST(gives_nothing_known)
{
    UNUSED;
    results[0].kind = 77;
    return NULL;
}

static void h2(void)
{
    run(gives_nothing_known);
}

static wasm_trap_t *writes_nothing(void *env, wasmtime_caller_t *caller,
                                   wasmtime_val_raw_t *raw, size_t len)
{
    (void)env, (void)caller, (void)raw, (void)len;
    return NULL;
}

static struct place unchecked(wasm_functype_t *type, const char *wat,
                              wasmtime_func_unchecked_callback_t call)
{
    struct place p = place(NULL);

    need(!wasmtime_linker_define_func_unchecked(p.linker, "h", 1, "f", 1, type,
                                                call, NULL, NULL),
         "function");
    p.module = raw_module(p.engine, wat);
    place_instance(&p);
    return p;
}

static void h3(void)
{
    struct place p = unchecked(i32_to_i32(), guest, writes_nothing);
    wasmtime_func_t func = raw_func(&p, "g");
    wasmtime_val_t arg = val_i32(1234), result;
    wasm_trap_t *trap = NULL;

    wasmtime_func_call(p.ctx, &func, &arg, 1, &result, 1, &trap);
    told(result.of.i32 == 1234 ? "wrong" : "done",
         "the argument comes back as the result that nobody wrote");
}

static wasm_trap_t *forges(void *env, wasmtime_caller_t *caller,
                           wasmtime_val_raw_t *raw, size_t len)
{
    (void)env, (void)caller, (void)len;
    raw[0].funcref = (void *)(uintptr_t)0x1234560;
    return NULL;
}

static void h4(void)
{
    struct place p =
        unchecked(wasm_functype_new_0_1(wasm_valtype_new(WASM_FUNCREF)),
                  "(module (import \"h\" \"f\" (func $f (result funcref)))"
                  " (table 1 funcref) (func (export \"f\")"
                  "  (table.set (i32.const 0) (call $f)) (call_indirect"
                  "  (i32.const 0))))",
                  forges);

    call_and_tell(&p, "f");
}

static wasmtime_caller_t *kept;

HOST(keeps_caller)
{
    UNUSED;
    kept = caller;
    results[0] = val_i32(1);
    return NULL;
}

static void h5(void)
{
    struct place p = calling(keeps_caller);
    wasmtime_extern_t item;

    call_and_tell(&p, "f");
    told("nothing", "it was asked for an export after the return (%d)",
         wasmtime_caller_export_get(kept, "m", 1, &item));
}

static wasmtime_context_t *kept_context;

HOST(keeps_context)
{
    UNUSED;
    kept_context = wasmtime_caller_context(caller);
    results[0] = val_i32(1);
    return NULL;
}

static void h6(void)
{
    struct place p = calling(keeps_context);

    call_and_tell(&p, "f");
    told(kept_context == p.ctx ? "done" : "wrong",
         "it is the store's own, good as long as the store lives");
}

HOST(asks_for_export)
{
    wasmtime_extern_t item;

    UNUSED;
    told("done", "%s",
         wasmtime_caller_export_get(caller, "m", 1, &item)
             ? "an export comes out"
             : "nothing comes out");
    results[0] = val_i32(1);
    return NULL;
}

static void h7(void)
{
    wasmtime_val_t arg = val_i32(1), result;
    struct place p = place(NULL);
    wasm_trap_t *trap = NULL;
    wasmtime_func_t func;

    wasmtime_func_new(p.ctx, i32_to_i32(), asks_for_export, NULL, NULL, &func);
    wasmtime_func_call(p.ctx, &func, &arg, 1, &result, 1, &trap);
}

static jmp_buf out;

HOST(jumps)
{
    UNUSED;
    longjmp(out, 1);
}

static void h8(void)
{
    static struct place p;
    static volatile int i;

    p = calling(jumps);
    for (i = 0; i < 20; i++)
        if (!setjmp(out))
            call_and_tell(&p, "f");
    told("nothing", "20 calls were left so; their stores are still entered");
    p = place("(module (func (export \"f\") unreachable))");
    call_and_tell(&p, "f");
    wasmtime_store_delete(p.store);
}

HOST(gives_one_trap)
{
    static wasm_trap_t *mine;

    UNUSED;
    if (!mine)
        mine = wasmtime_trap_new("mine", 4);
    return mine;
}

static void h9(void)
{
    struct place p = calling(gives_one_trap);

    call_and_tell(&p, "f");
    call_and_tell(&p, "f");
    told("nothing", "one trap was given away twice");
}

static const wasmtime_val_t *kept_args;

HOST(keeps_args)
{
    UNUSED;
    kept_args = args;
    results[0] = val_i32(99);
    return NULL;
}

static void h10(void)
{
    struct place p = calling(keeps_args);

    call_and_tell(&p, "f");
    gives_i64(NULL, NULL, NULL, 0, (wasmtime_val_t *)kept_args, 1);
    call_and_tell(&p, "f");
    told("wrong", "the arguments' place is reused: it held %d",
         kept_args->of.i32);
}

HOST(gives_garbage_ref)
{
    UNUSED;
    results[0].kind = WASMTIME_EXTERNREF;
    memset(&results[0].of, 0x5A, sizeof results[0].of);
    return NULL;
}

static void h11(void)
{
    struct place p = calling_type(
        wasm_functype_new_0_1(wasm_valtype_new(WASM_EXTERNREF)),
        "(module (import \"h\" \"f\" (func $f (result externref)))"
        " (func (export \"f\") (drop (call $f))))",
        gives_garbage_ref);

    call_and_tell(&p, "f");
}

static struct place finalized;

static void uses_store(void *env)
{
    wasmtime_memory_t memory;
    wasmtime_extern_t item;

    (void)env;
    if (!wasmtime_instance_export_get(finalized.ctx, &finalized.instance, "m",
                                      1, &item))
        return;
    memory = item.of.memory;
    wasmtime_memory_grow(finalized.ctx, &memory, 1, &(uint64_t){0});
    wasmtime_context_gc(finalized.ctx);
    told("nothing", "the store was used while it collected");
}

static void h12(void)
{
    wasmtime_externref_t ref;

    finalized = place("(module (memory (export \"m\") 1 10))");
    need(wasmtime_externref_new(finalized.ctx, &finalized, uses_store, &ref),
         "externref");
    wasmtime_externref_unroot(&ref);
    wasmtime_context_gc(finalized.ctx);
    told("done", "it returned");
}

static pthread_t owner;

static void tells_thread(void *env)
{
    (void)env;
    told(pthread_equal(owner, pthread_self()) ? "done" : "wrong",
         "the finalizer runs on whichever thread drops the store");
}

static void *drops(void *store)
{
    wasmtime_store_delete(store);
    return NULL;
}

static void h13(void)
{
    struct place p = place(NULL);
    pthread_t thread;

    owner = pthread_self();
    need(pthread_create(&thread, NULL, drops,
                        wasmtime_store_new(p.engine, &p, tells_thread)) == 0,
         "thread");
    pthread_join(thread, NULL);
}

/* Until the stack is used up. */
static int overflow(int n)
{
    volatile char frame[4096];

    frame[0] = (char)n;
    return n < 1 << 30 ? overflow(n + 1) + frame[0] : 0;
}

HOST(recurses)
{
    UNUSED;
    results[0] = val_i32(overflow(0));
    return NULL;
}

static void h14(void)
{
    run(recurses);
}

HOST(collects_and_deletes)
{
    UNUSED;
    wasmtime_context_gc(wasmtime_caller_context(caller));
    wasmtime_store_delete(((struct place *)env)->store);
    results[0] = val_i32(1);
    return NULL;
}

static void h15(void)
{
    run(collects_and_deletes);
    told("nothing", "the call went on in a store that was freed");
}

/* ---- on fibers ----------------------------------------------------------- */

static __thread int of_thread;
static int seen[2];

static bool ready(void *env)
{
    return (*(int *)env)++ > 0;
}

static void waits(void *env, wasmtime_caller_t *caller,
                  const wasmtime_val_t *args, size_t nargs,
                  wasmtime_val_t *results, size_t nresults, wasm_trap_t **trap,
                  wasmtime_async_continuation_t *next)
{
    static int polls;

    (void)env, (void)caller, (void)args, (void)nargs, (void)nresults;
    (void)trap;
    seen[polls > 0] = of_thread;
    polls = 0;
    results[0] = val_i32(1);
    *next = (wasmtime_async_continuation_t){ready, &polls, NULL};
}

static wasmtime_call_future_t *future;
static uintptr_t stack_seen;

static void *polls(void *arg)
{
    (void)arg;
    of_thread = 2;
    while (!wasmtime_call_future_poll(future)) {
    }
    return NULL;
}

static struct place suspended(void)
{
    static wasmtime_error_t *error;
    static wasm_trap_t *trap;
    static wasmtime_func_t func;
    struct place p = place(NULL);

    need(!wasmtime_linker_define_async_func(p.linker, "h", 1, "f", 1,
                                            i32_to_i32(), waits, NULL, NULL),
         "async");
    p.module = raw_module(p.engine, guest);
    future = wasmtime_linker_instantiate_async(p.linker, p.ctx, p.module,
                                               &p.instance, &trap, &error);
    while (!wasmtime_call_future_poll(future)) {
    }
    wasmtime_call_future_delete(future);
    func = raw_func(&p, "f");
    future = wasmtime_func_call_async(p.ctx, &func, NULL, 0, NULL, 0, &trap,
                                      &error);
    return p;
}

static void h16(void)
{
    pthread_t thread;

    of_thread = 1;
    suspended();
    need(!wasmtime_call_future_poll(future), "waiting");
    need(pthread_create(&thread, NULL, polls, NULL) == 0, "thread");
    pthread_join(thread, NULL);
    told("wrong", "begun on one thread and ended on another, unnoticed");
}

static void where(void *env, wasmtime_caller_t *caller,
                  const wasmtime_val_t *args, size_t nargs,
                  wasmtime_val_t *results, size_t nresults, wasm_trap_t **trap,
                  wasmtime_async_continuation_t *next)
{
    static int polled;
    char here;

    (void)env, (void)caller, (void)args, (void)nargs, (void)nresults;
    (void)trap;
    stack_seen = (uintptr_t)&here;
    results[0] = val_i32(1);
    polled = 1;
    *next = (wasmtime_async_continuation_t){ready, &polled, NULL};
}

static void h17(void)
{
    char here;
    struct place p = place(NULL);
    wasmtime_error_t *error = NULL;
    wasm_trap_t *trap = NULL;
    wasmtime_func_t func;
    ptrdiff_t apart;

    need(!wasmtime_linker_define_async_func(p.linker, "h", 1, "f", 1,
                                            i32_to_i32(), where, NULL, NULL),
         "async");
    p.module = raw_module(p.engine, guest);
    future = wasmtime_linker_instantiate_async(p.linker, p.ctx, p.module,
                                               &p.instance, &trap, &error);
    while (!wasmtime_call_future_poll(future)) {
    }
    func = raw_func(&p, "f");
    future = wasmtime_func_call_async(p.ctx, &func, NULL, 0, NULL, 0, &trap,
                                      &error);
    while (!wasmtime_call_future_poll(future)) {
    }
    apart = (ptrdiff_t)((uintptr_t)&here - stack_seen);
    told(apart > 64 << 20 || apart < -(64 << 20) ? "wrong" : "done",
         "the host function runs on a stack that its thread does not know");
}

HOST(sleeps)
{
    UNUSED;
    for (;;)
        pause();
    return NULL;
}

static void *calls(void *p)
{
    call_and_tell(p, "f");
    return NULL;
}

static void h18(void)
{
    struct place p = calling(sleeps);
    pthread_t thread;

    need(pthread_create(&thread, NULL, calls, &p) == 0, "thread");
    usleep(200 * 1000);
    pthread_cancel(thread);
    pthread_join(thread, NULL);
    told("nothing", "the thread ended in the middle of the guest");
}

const struct row rows_hosts[] = {
    {"H1", h1, NULL},   {"H2", h2, NULL},   {"H3", h3, NULL},
    {"H4", h4, NULL},   {"H5", h5, NULL},   {"H6", h6, NULL},
    {"H7", h7, NULL},   {"H8", h8, NULL},   {"H9", h9, NULL},
    {"H10", h10, NULL}, {"H11", h11, NULL}, {"H12", h12, NULL},
    {"H13", h13, NULL}, {"H14", h14, NULL}, {"H15", h15, NULL},
    {"H16", h16, NULL}, {"H17", h17, NULL}, {"H18", h18, NULL},
    {NULL, NULL, NULL},
};

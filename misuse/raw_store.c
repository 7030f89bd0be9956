/* raw_store.c - group F: stores and instances. */
#include <pthread.h>
#include <time.h>
#include <unistd.h>

#include "raw.h"

static const char some[] =
    "(module (func (export \"f\")) (memory (export \"m\") 1)"
    " (func (export \"loop\") (local i32) (local.set 0 (i32.const 20000))"
    "  (loop $l (br_if $l (local.tee 0 (i32.sub (local.get 0)"
    "   (i32.const 1)))))))";
static const char calls_host[] =
    "(module (import \"h\" \"f\" (func $f))"
    " (memory (export \"m\") 1) (func (export \"g\"))"
    " (func (export \"f\") (call $f)))";

static int ended;

static void end(void *env)
{
    (void)env;
    ended++;
}

static struct place with(void (*set)(wasm_config_t *, bool), const char *wat)
{
    wasm_config_t *config = wasm_config_new();

    set(config, true);
    return place_on(wasm_engine_new_with_config(config), wat);
}

static void *keeps_calling(void *arg)
{
    struct place *p = arg;
    wasm_functype_t *type = wasm_functype_new_0_0();
    wasmtime_func_t func;
    wasm_trap_t *trap;
    int i;

    for (i = 0; i < 200000; i++) {
        trap = NULL;
        wasmtime_func_new(p->ctx, type, idle, NULL, NULL, &func);
        wasmtime_func_call(p->ctx, &func, NULL, 0, NULL, 0, &trap);
    }
    return NULL;
}

static void f1(void)
{
    struct place p = place(some);
    pthread_t thread;

    need(pthread_create(&thread, NULL, keeps_calling, &p) == 0, "thread");
    keeps_calling(&p);
    pthread_join(thread, NULL);
    told("nothing", "a race, which was not lost this time");
}

/* ---- inside a call -------------------------------------------------------- */

static struct place *here;

static wasmtime_error_t *calls_again(wasmtime_context_t *ctx, void *data,
                                     uint64_t *delta,
                                     wasmtime_update_deadline_kind_t *kind)
{
    wasmtime_func_t func = raw_func(here, "f");
    wasm_trap_t *trap = NULL;

    (void)ctx, (void)data;
    wasmtime_func_call(here->ctx, &func, NULL, 0, NULL, 0, &trap);
    *delta = 1000000;
    *kind = WASMTIME_UPDATE_DEADLINE_CONTINUE;
    return NULL;
}

static void f2(void)
{
    struct place p = with(wasmtime_config_epoch_interruption_set, NULL);

    here = &p;
    wasmtime_store_epoch_deadline_callback(p.store, calls_again, NULL, NULL);
    wasmtime_context_set_epoch_deadline(p.ctx, 1000);
    p.module = raw_module(p.engine, some);
    place_instance(&p);
    wasmtime_context_set_epoch_deadline(p.ctx, 0);
    call_and_tell(&p, "loop");
}

static wasm_trap_t *deletes_store(void *env, wasmtime_caller_t *caller,
                                  const wasmtime_val_t *args, size_t nargs,
                                  wasmtime_val_t *results, size_t nresults)
{
    (void)caller, (void)args, (void)nargs, (void)results, (void)nresults;
    wasmtime_store_delete(((struct place *)env)->store);
    return NULL;
}

static void f3(void)
{
    struct place p = place(NULL);

    linker_func(&p, "f", wasm_functype_new_0_0(), deletes_store, &p);
    p.module = raw_module(p.engine, calls_host);
    place_instance(&p);
    call_and_tell(&p, "f");
    told("nothing", "the call went on in a store that was freed");
}

static void f4(void)
{
    struct place p = place(some);
    wasmtime_memory_t memory = raw_memory(&p, "m");

    wasmtime_store_delete(p.store);
    told("nothing", "a freed store gave %llu pages",
         (unsigned long long)wasmtime_memory_size(p.ctx, &memory));
}

static void f5(void)
{
    struct place one = place(some), two = beside(&one, some);
    wasmtime_memory_t memory = raw_memory(&one, "m");

    told("done", "%llu pages",
         (unsigned long long)wasmtime_memory_size(two.ctx, &memory));
}

static void f6(void)
{
    struct place p = place(some);
    wasmtime_func_t func = raw_func(&p, "f");
    wasm_trap_t *trap = NULL;

    func.__private = (char *)func.__private + 4096 * 1024;
    told_outcome(wasmtime_func_call(p.ctx, &func, NULL, 0, NULL, 0, &trap),
                 &trap);
}

/* ---- exports and imports ------------------------------------------------- */

static double seconds_to_list(int exports)
{
    char *text = malloc((size_t)exports * 40 + 50), *at = text;
    struct timespec before, after;
    wasmtime_extern_t item;
    struct place p;
    size_t len, n = 0;
    char *name;
    int i;

    at += sprintf(at, "(module (func $f)");
    for (i = 0; i < exports; i++)
        at += sprintf(at, " (export \"e%d\" (func $f))", i);
    sprintf(at, ")");
    p = place(text);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
    while (wasmtime_instance_export_nth(p.ctx, &p.instance, n, &name, &len,
                                        &item))
        n++;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
    return (double)(after.tv_sec - before.tv_sec) +
           (double)(after.tv_nsec - before.tv_nsec) / 1e9;
}

static void f7(void)
{
    const double few = seconds_to_list(500), many = seconds_to_list(4000);

    if (many > 20 * few)
        told("wrong",
             "8 times the exports take far more than 8 times as long");
    else
        told("done", "the time grows with the exports");
}

static void f8(void)
{
    struct place p = place(NULL);
    wasm_trap_t *trap = NULL;

    p.module = raw_module(p.engine, calls_host);
    told_outcome(
        wasmtime_instance_new(p.ctx, p.module, NULL, 0, &p.instance, &trap),
        &trap);
}

static void f9(void)
{
    struct place p = place(NULL);
    wasmtime_extern_t item = {.kind = 77};
    wasm_trap_t *trap = NULL;

    p.module = raw_module(p.engine, calls_host);
    told_outcome(
        wasmtime_instance_new(p.ctx, p.module, &item, 1, &p.instance, &trap),
        &trap);
}

static void f10(void)
{
    wasm_engine_t *engine = wasm_engine_new();
    wasm_store_t *store = wasm_store_new(engine);
    wasm_extern_t *none[2] = {NULL, NULL};
    wasm_extern_vec_t imports = {2, none};
    wasm_byte_vec_t binary;
    wasm_trap_t *trap = NULL;

    raw_binary("(module)", &binary);
    told(wasm_instance_new(store, wasm_module_new(store, &binary), &imports,
                           &trap)
             ? "wrong"
             : "done",
         "two imports that are NULL are left out without a word");
}

static struct place shared(void)
{
    wasm_config_t *config = wasm_config_new();

    wasmtime_config_wasm_threads_set(config, true);
    wasmtime_config_shared_memory_set(config, true);
    return place_on(wasm_engine_new_with_config(config),
                    "(module (memory (export \"m\") 1 1 shared))");
}

static void one_shared(void *arg)
{
    raw_export(arg, "m");
}

static void f11(void)
{
    struct place p = shared();

    told_leak(one_shared, &p);
}

static void f12(void)
{
    struct place p = shared();
    wasmtime_extern_t item = raw_export(&p, "m"), copy = item;

    wasmtime_extern_delete(&item);
    wasmtime_extern_delete(&copy);
    told("nothing", "the memory was let go twice");
}

static void f13(void)
{
    wasm_config_t *config = wasm_config_new();
    wasm_extern_vec_t exports, imports = WASM_EMPTY_VEC;
    wasm_byte_vec_t binary;
    wasm_trap_t *trap = NULL;
    wasm_store_t *store;

    wasmtime_config_wasm_threads_set(config, true);
    wasmtime_config_shared_memory_set(config, true);
    store = wasm_store_new(wasm_engine_new_with_config(config));
    raw_binary("(module (memory (export \"m\") 1 1 shared))", &binary);
    wasm_instance_exports(wasm_instance_new(store,
                                            wasm_module_new(store, &binary),
                                            &imports, &trap),
                          &exports);
    told("done", "kind %d", wasm_extern_kind(exports.data[0]));
}

static void f14(void)
{
    struct place p = place("(module (memory 1))");
    wasmtime_error_t *error = NULL;
    wasm_trap_t *trap = NULL;
    int n = 0;

    while (!error && n < 20000) {
        error = wasmtime_linker_instantiate(p.linker, p.ctx, p.module,
                                            &p.instance, &trap);
        n++;
    }
    told("leak", "each stays until the store goes; the %dth is refused", n);
}

static void f15(void)
{
    struct place p = place(NULL);

    p.store = wasmtime_store_new(p.engine, &p, end);
    wasmtime_context_set_data(wasmtime_store_context(p.store), NULL);
    wasmtime_store_delete(p.store);
    told("leak", "the finalizer ran %d times, for the new data only", ended);
}

static void f16(void)
{
    struct place p = place(NULL);

    told_outcome(wasmtime_context_set_fuel(p.ctx, 100), NULL);
}

static void f17(void)
{
    struct place p = with(wasmtime_config_consume_fuel_set, some);

    call_and_tell(&p, "f");
}

static void f18(void)
{
    struct place p = with(wasmtime_config_epoch_interruption_set, some);

    call_and_tell(&p, "f");
}

static void f19(void)
{
    struct place p = with(wasmtime_config_epoch_interruption_set, some);

    wasmtime_engine_increment_epoch(p.engine);
    wasmtime_context_set_epoch_deadline(p.ctx, UINT64_MAX);
    call_and_tell(&p, "f");
}

static uint64_t next_delta;
static wasmtime_update_deadline_kind_t next_kind;

static wasmtime_error_t *asks(wasmtime_context_t *ctx, void *data,
                              uint64_t *delta,
                              wasmtime_update_deadline_kind_t *kind)
{
    (void)ctx, (void)data;
    *delta = next_delta;
    *kind = next_kind;
    return NULL;
}

static void asked(uint64_t delta, wasmtime_update_deadline_kind_t kind)
{
    struct place p = with(wasmtime_config_epoch_interruption_set, some);

    next_delta = delta;
    next_kind = kind;
    wasmtime_store_epoch_deadline_callback(p.store, asks, NULL, NULL);
    call_and_tell(&p, "loop");
}

static void f20(void)
{
    asked(UINT64_MAX, WASMTIME_UPDATE_DEADLINE_CONTINUE);
}

static void f21(void)
{
    asked(1, 77);
}

static void f22(void)
{
    asked(1, WASMTIME_UPDATE_DEADLINE_YIELD);
}

static void *ticks(void *engine)
{
    for (;;) {
        wasmtime_engine_increment_epoch(engine);
        usleep(1000);
    }
    return NULL;
}

static void f23(void)
{
    wasm_config_t *config = wasm_config_new();
    pthread_t thread;
    struct place p;

    wasmtime_config_epoch_interruption_set(config, true);
    wasmtime_config_wasm_threads_set(config, true);
    wasmtime_config_shared_memory_set(config, true);
    p = place_on(wasm_engine_new_with_config(config),
                 "(module (memory 1 1 shared) (func (export \"f\")"
                 " (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0)"
                 "  (i64.const -1)))))");
    wasmtime_context_set_epoch_deadline(p.ctx, 10);
    need(pthread_create(&thread, NULL, ticks, p.engine) == 0, "thread");
    call_and_tell(&p, "f");
}

static void f26(void)
{
    struct place p = place(NULL);

    p.store = wasmtime_store_new(p.engine, &p, end);
    wasmtime_store_delete(p.store);
    told(ended == 1 ? "done" : "leak",
         "the finalizer has run %d times when the store is gone", ended);
}

static void one_that_traps(void *arg)
{
    struct place *p = arg;
    wasm_trap_t *trap = NULL;
    wasmtime_error_t *error;

    error = wasmtime_linker_instantiate(p->linker, p->ctx, p->module,
                                        &p->instance, &trap);
    if (error)
        wasmtime_error_delete(error);
    if (trap)
        wasm_trap_delete(trap);
}

static void f28(void)
{
    struct place p = place(NULL);

    p.module = raw_module(p.engine, "(module (memory 1) (func $s unreachable)"
                                    " (start $s))");
    told_leak(one_that_traps, &p);
}

const struct row rows_store[] = {
    {"F1", f1, NULL},
    {"F2", f2, NULL},
    {"F3", f3, NULL},
    {"F4", f4, NULL},
    {"F5", f5, NULL},
    {"F6", f6, NULL},
    {"F7", f7, NULL},
    {"F8", f8, NULL},
    {"F9", f9, NULL},
    {"F10", f10, NULL},
    {"F11", f11, NULL},
    {"F12", f12, NULL},
    {"F13", f13, NULL},
    {"F14", f14, NULL},
    {"F15", f15, NULL},
    {"F16", f16, NULL},
    {"F17", f17, NULL},
    {"F18", f18, NULL},
    {"F19", f19, NULL},
    {"F20", f20, NULL},
    {"F21", f21, NULL},
    {"F22", f22, NULL},
    {"F23", f23, NULL},
    {"F24", NULL, "the C API's WASI is not in this build"},
    {"F25", NULL, "components are not in this build"},
    {"F26", f26, NULL},
    {"F27", NULL, "there is no such callback in the C API: only numbers"},
    {"F28", f28, NULL},
    {NULL, NULL, NULL},
};

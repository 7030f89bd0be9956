/* raw_linker.c - group E: linkers. */
#include <pthread.h>

#include "raw.h"

static const char some[] = "(module (func (export \"f\"))"
                           " (memory (export \"m\") 1)"
                           " (global (export \"g\") (mut i32) (i32.const 1)))";
static const char wants[] = "(module (import \"h\" \"f\" (func $f))"
                            " (func (export \"f\") (call $f)))";

static int ended;

static void end(void *env)
{
    (void)env;
    ended++;
}

static wasmtime_error_t *define(struct place *p, wasmtime_context_t *ctx,
                                wasmtime_extern_t *item)
{
    return wasmtime_linker_define(p->linker, ctx, "h", 1, "f", 1, item);
}

static void e1(void)
{
    struct place one = place(some), two = beside(&one, some);
    wasmtime_extern_t item = raw_export(&one, "m");

    told_outcome(define(&two, two.ctx, &item), NULL);
}

static void e2(void)
{
    struct place one = place(some), two = beside(&one, NULL);

    told_outcome(wasmtime_linker_define_instance(two.linker, two.ctx, "i", 1,
                                                 &one.instance),
                 NULL);
}

static void e3(void)
{
    struct place one = place(some), two = place(some);

    told_outcome(
        wasmtime_linker_module(one.linker, two.ctx, "i", 1, one.module), NULL);
}

static void e4(void)
{
    wasm_functype_t *type = wasm_functype_new_0_0();
    struct place one = place(NULL), two = place(NULL);

    need(!wasmtime_linker_define_func(one.linker, "h", 1, "f", 1, type, idle,
                                      NULL, NULL),
         "the first");
    told_outcome(wasmtime_linker_define_func(two.linker, "h", 1, "f", 1, type,
                                             idle, NULL, NULL),
                 NULL);
}

static void e5(void)
{
    struct place one = place(some), two = beside(&one, some);
    wasmtime_extern_t item = raw_export(&one, "f");
    wasm_trap_t *trap = NULL;

    need(!define(&one, one.ctx, &item), "define");
    told_outcome(wasmtime_linker_instantiate(one.linker, two.ctx,
                                             raw_module(one.engine, wants),
                                             &two.instance, &trap),
                 &trap);
}

static void e6(void)
{
    struct place p = place(some);
    wasmtime_extern_t item = raw_export(&p, "f");

    need(!define(&p, p.ctx, &item), "the first");
    told_outcome(define(&p, p.ctx, &item), NULL);
}

static void e7(void)
{
    struct place p = place(some);
    wasmtime_extern_t item = raw_export(&p, "f");

    told_outcome(
        wasmtime_linker_define(p.linker, p.ctx, "\xFF", 1, "f", 1, &item),
        NULL);
}

static void e8(void)
{
    struct place p = place(NULL);
    void *env = malloc(64);

    wasmtime_linker_define_func(p.linker, "\xFF", 1, "f", 1,
                                wasm_functype_new_0_0(), idle, env, free);
    free(env);
    told("nothing", "the data was freed twice");
}

static void one_get(void *with)
{
    struct place *p = with;
    wasmtime_extern_t item;

    wasmtime_linker_get(p->linker, p->ctx, "h", 1, "f", 1, &item);
}

static void e10(void)
{
    struct place p = place(NULL);

    linker_func(&p, "f", wasm_functype_new_0_0(), idle, NULL);
    told_leak(one_get, &p);
}

static void one_func(void *with)
{
    wasm_functype_t *type = wasm_functype_new_0_0();
    struct place *p = with;
    wasmtime_func_t func;

    wasmtime_func_new(p->ctx, type, idle, NULL, NULL, &func);
    wasm_functype_delete(type);
}

static void e11(void)
{
    struct place p = place(NULL);

    told_leak(one_func, &p);
}

static void e12(void)
{
    struct place p = place(NULL);

    wasmtime_linker_define_func(p.linker, "h", 1, "f", 1,
                                wasm_functype_new_0_0(), idle, &p, end);
    p.module = raw_module(p.engine, wants);
    place_instance(&p);
    wasmtime_linker_delete(p.linker);
    if (ended == 0)
        told("wrong", "the linker is gone, its data is still in use");
    else
        told("done", "the finalizer has run");
}

static void e13(void)
{
    wasm_config_t *config = wasm_config_new();
    struct place p;

    wasmtime_config_consume_fuel_set(config, true);
    p = place_on(wasm_engine_new_with_config(config), NULL);
    wasmtime_context_fuel_async_yield_interval(p.ctx, 0);
    told_outcome(
        wasmtime_linker_module(p.linker, p.ctx, "i", 1,
                               raw_module(p.engine, "(module (func $s)"
                                                    " (start $s))")),
        NULL);
}

static void *defines(void *with)
{
    struct place *p = with;
    int i;

    for (i = 0; i < 200000; i++) {
        wasm_functype_t *type = wasm_functype_new_0_0();
        char name[16];

        snprintf(name, sizeof name, "f%d", i);
        wasmtime_linker_define_func(p->linker, "h", 1, name, strlen(name),
                                    type, idle, NULL, NULL);
        wasm_functype_delete(type);
    }
    return NULL;
}

static void e14(void)
{
    struct place p = place(NULL);
    pthread_t thread;
    int i;

    wasmtime_linker_allow_shadowing(p.linker, true);
    linker_func(&p, "f", wasm_functype_new_0_0(), idle, NULL);
    need(pthread_create(&thread, NULL, defines, &p) == 0, "thread");
    for (i = 0; i < 200000; i++)
        one_get(&p);
    pthread_join(thread, NULL);
    told("nothing", "a race, which was not lost this time");
}

static wasm_trap_t *traps(void *env, wasmtime_caller_t *caller,
                          const wasmtime_val_t *args, size_t nargs,
                          wasmtime_val_t *results, size_t nresults)
{
    (void)env, (void)caller, (void)args, (void)nargs, (void)results;
    (void)nresults;
    return wasmtime_trap_new("the second one", 14);
}

static void e15(void)
{
    struct place p = place(NULL);
    wasmtime_instance_pre_t *pre;
    wasm_trap_t *trap = NULL;

    wasmtime_linker_allow_shadowing(p.linker, true);
    linker_func(&p, "f", wasm_functype_new_0_0(), idle, NULL);
    need(!wasmtime_linker_instantiate_pre(p.linker,
                                          raw_module(p.engine, wants), &pre),
         "pre");
    linker_func(&p, "f", wasm_functype_new_0_0(), traps, NULL);
    need(!wasmtime_instance_pre_instantiate(pre, p.ctx, &p.instance, &trap),
         "instance");
    call_and_tell(&p, "f");
    told("wrong", "the function that was replaced is still called");
}

static void e16(void)
{
    struct place p = place(NULL);

    told_outcome(
        wasmtime_linker_define_unknown_imports_as_default_values(
            p.linker, p.ctx,
            raw_module(p.engine, "(module (import \"h\" \"g\" (func (result "
                                 "(ref func)))))")),
        NULL);
}

static void e17(void)
{
    struct place p = place(NULL);

    linker_func(&p, "f", wasm_functype_new_0_0(), NULL, NULL);
    p.module = raw_module(p.engine, wants);
    place_instance(&p);
    call_and_tell(&p, "f");
}

static void e18(void)
{
    struct place p = place(NULL);
    wasm_functype_t *type = wasm_functype_new_0_0();
    void *env = malloc(64);

    wasmtime_linker_define_func(p.linker, "h", 1, "f", 1, type, idle, env,
                                free);
    wasmtime_linker_define_func(p.linker, "h", 1, "g", 1, type, idle, env,
                                free);
    wasmtime_linker_delete(p.linker);
    told("nothing", "the data was freed twice");
}

const struct row rows_linker[] = {
    {"E1", e1, NULL},
    {"E2", e2, NULL},
    {"E3", e3, NULL},
    {"E4", e4, NULL},
    {"E5", e5, NULL},
    {"E6", e6, NULL},
    {"E7", e7, NULL},
    {"E8", e8, NULL},
    {"E9", NULL, "the C API's WASI is not in this build"},
    {"E10", e10, NULL},
    {"E11", e11, NULL},
    {"E12", e12, NULL},
    {"E13", e13, NULL},
    {"E14", e14, NULL},
    {"E15", e15, NULL},
    {"E16", e16, NULL},
    {"E17", e17, NULL},
    {"E18", e18, NULL},
    {NULL, NULL, NULL},
};

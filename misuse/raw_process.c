/* raw_process.c - groups N and O: the process, and small things. */
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "raw.h"

static const char some[] =
    "(module (func (export \"trap\") unreachable) (func (export \"f\"))"
    " (func $x (export \"named\") (call $y)) (func $y unreachable)"
    " (memory 1) (data (i32.const 0) \"x\"))";

static void n1(void)
{
    struct sigaction plain = {.sa_handler = SIG_DFL};
    struct place p = place(some);

    call_and_tell(&p, "trap");
    sigaction(SIGSEGV, &plain, NULL);
    sigaction(SIGILL, &plain, NULL);
    sigaction(SIGFPE, &plain, NULL);
    call_and_tell(&p, "trap");
}

static void n2(void)
{
    struct place p = place(some);
    int i, status;
    pid_t child;

    for (i = 0; i < 3; i++)
        raw_module(p.engine, some);
    child = fork();
    if (child == 0) {
        raw_module(p.engine, "(module (func) (func) (func) (func) (func))");
        _exit(0);
    }
    need(waitpid(child, &status, 0) == child, "wait");
    told(WIFEXITED(status) ? "done" : "crash", "the child has ended");
}

static void n6(void)
{
    wasm_name_t name = {1, (char *)(uintptr_t)"\xFF"};
    wasmtime_guestprofiler_modules_t module = {
        &name, raw_module(wasm_engine_new(), some)};

    told("done", "%s",
         wasmtime_guestprofiler_new(wasm_engine_new(), &name, 1000, &module, 1)
             ? "a profiler"
             : "none");
}

static void n7(void)
{
    struct rlimit few;
    struct place p = place(some);
    wasmtime_func_t func;
    wasm_functype_t *type = wasm_functype_new_0_0();
    int i;

    few.rlim_cur = few.rlim_max = (rlim_t)1 << 20;
    need(setrlimit(RLIMIT_AS, &few) == 0, "setrlimit");
    for (i = 0; i < 10000000; i++)
        wasmtime_func_new(p.ctx, type, idle, NULL, NULL, &func);
    told("done", "no complaint");
}

/* ---- O ------------------------------------------------------------------- */

static void o1(void)
{
    wasm_config_t *config = wasm_config_new();
    wasm_byte_vec_t binary;

    raw_binary("(module (func (result v128) (v128.const i64x2 0 0)))",
               &binary);
    wasmtime_config_wasm_simd_set(config, false);
    wasmtime_config_wasm_relaxed_simd_set(config, false);
    need(!wasmtime_module_validate(wasm_engine_new(),
                                   (const uint8_t *)binary.data, binary.size),
         "valid here");
    need(wasmtime_module_validate(wasm_engine_new_with_config(config),
                                  (const uint8_t *)binary.data,
                                  binary.size) != NULL,
         "not valid there");
    told("wrong", "valid for one engine and not for another");
}

static void o2(void)
{
    struct place p = place(some);
    wasm_trap_t *trap = NULL;
    wasmtime_error_t *error;
    wasmtime_func_t func;

    need(
        !wasmtime_linker_define_instance(p.linker, p.ctx, "i", 1, &p.instance),
        "define");
    error = wasmtime_linker_get_default(p.linker, p.ctx, "i", 1, &func);
    if (!error)
        error = wasmtime_func_call(p.ctx, &func, NULL, 0, NULL, 0, &trap);
    if (error || trap)
        told_outcome(error, &trap);
    else
        told("wrong", "a function comes out that does nothing");
}

static void o3(void)
{
    struct place p = place(NULL);
    wasmtime_instance_pre_t *pre;
    wasm_trap_t *trap = NULL;
    struct place *env = malloc(sizeof *env);

    linker_func(&p, "f", wasm_functype_new_0_0(), idle, env);
    need(!wasmtime_linker_instantiate_pre(
             p.linker,
             raw_module(p.engine, "(module (import \"h\" \"f\" (func $f))"
                                  " (func (export \"f\") (call $f)))"),
             &pre),
         "pre");
    wasmtime_linker_delete(p.linker);
    free(env);
    need(!wasmtime_instance_pre_instantiate(pre, p.ctx, &p.instance, &trap),
         "instance");
    call_and_tell(&p, "f");
    told("nothing", "the function was called with data that was freed");
}

static void o4(void)
{
    wasm_store_t *store = wasm_store_new(wasm_engine_new());
    wasmtime_context_t *ctx =
        wasmtime_store_context((wasmtime_store_t *)(void *)store);
    wasmtime_func_t func;

    wasmtime_func_new(ctx, wasm_functype_new_0_0(), idle, NULL, NULL, &func);
    told("nothing", "one was taken for the other");
}

static void o5(void)
{
    wasmtime_trap_code_t code = 0;

    need(wasmtime_trap_code(wasmtime_trap_new_code(49), &code), "code");
    told("wrong", "code %d, which an older header does not have", code);
}

static void o6(void)
{
    struct place p = place("(module (func (export \"a\\00b\")))");
    wasm_exporttype_vec_t types;
    const wasm_name_t *name;

    wasmtime_module_exports(p.module, &types);
    name = wasm_exporttype_name(types.data[0]);
    told(strnlen(name->data, name->size) == name->size ? "done" : "wrong",
         "as a C string the name is shorter than it is");
}

static void o7(void)
{
    struct place p = place("(module (func (export \"f\") unreachable))");
    wasmtime_func_t func = raw_func(&p, "f");
    wasm_trap_t *trap = NULL;
    wasm_frame_t *frame;

    need(!wasmtime_func_call(p.ctx, &func, NULL, 0, NULL, 0, &trap) && trap,
         "trap");
    frame = wasm_trap_origin(trap);
    told(wasmtime_frame_func_name(frame) ? "done" : "wrong",
         "a frame has no name where the module has no names");
}

static wasm_trap_t *works(void *env, wasmtime_caller_t *caller,
                          const wasmtime_val_t *args, size_t nargs,
                          wasmtime_val_t *results, size_t nresults)
{
    volatile int i;

    (void)env, (void)caller, (void)args, (void)nargs, (void)results;
    (void)nresults;
    for (i = 0; i < 1000000; i++) {
    }
    return NULL;
}

static void o8(void)
{
    wasm_config_t *config = wasm_config_new();
    wasm_trap_t *trap = NULL;
    wasmtime_func_t func;
    uint64_t left;
    struct place p;

    wasmtime_config_consume_fuel_set(config, true);
    p = place_on(wasm_engine_new_with_config(config), NULL);
    need(!wasmtime_context_set_fuel(p.ctx, 1000), "fuel");
    linker_func(&p, "f", wasm_functype_new_0_0(), works, NULL);
    p.module = raw_module(p.engine, "(module (import \"h\" \"f\" (func $f))"
                                    " (func (export \"f\") (call $f)))");
    place_instance(&p);
    func = raw_func(&p, "f");
    need(!wasmtime_func_call(p.ctx, &func, NULL, 0, NULL, 0, &trap), "call");
    need(!wasmtime_context_get_fuel(p.ctx, &left), "fuel");
    told(left > 900 ? "wrong" : "done", "a million turns of the host's cost "
                                        "nothing");
}

const struct row rows_process[] = {
    {"N1", n1, NULL},
    {"N2", n2, NULL},
    {"N3", NULL, "the library is part of this program"},
    {"N4", NULL, "slower, not wrong: a mapping for each thread"},
    {"N5", NULL, "needs another language's runtime"},
    {"N6", n6, NULL},
    {"N7", n7, NULL},
    {"N8", NULL, "needs another copy of Wasmtime in the process"},
    {"N9", NULL, "seen when programs are linked"},
    {"N10", NULL, "the library is part of this program"},
    {"N11", NULL, "seen under sanitizers only"},
    {"O1", o1, NULL},
    {"O2", o2, NULL},
    {"O3", o3, NULL},
    {"O4", o4, NULL},
    {"O5", o5, NULL},
    {"O6", o6, NULL},
    {"O7", o7, NULL},
    {"O8", o8, NULL},
    {NULL, NULL, NULL},
};

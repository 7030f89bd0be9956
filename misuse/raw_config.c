/* raw_config.c - group A: configurations and engines. */
#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "raw.h"

static void engine_with(wasm_config_t *config)
{
    told("done", "%s",
         wasm_engine_new_with_config(config) ? "an engine comes out"
                                             : "no engine comes out");
}

static void a1(void)
{
    wasm_config_t *config = wasm_config_new();

    wasmtime_config_max_wasm_stack_set(config, (size_t)64 << 20);
    engine_with(config);
}

static void a2(void)
{
    wasm_config_t *config = wasm_config_new();

    wasmtime_config_max_wasm_stack_set(config, 0);
    engine_with(config);
}

static void a3(void)
{
    wasm_config_t *config = wasm_config_new();

    wasmtime_config_wasm_threads_set(config, true);
    wasmtime_config_wasm_stack_switching_set(config, true);
    need(!wasmtime_config_target_set(config, "pulley64"), "target");
    engine_with(config);
}

static void a5(void)
{
    wasm_config_t *config = wasm_config_new();

    wasmtime_config_wasm_simd_set(config, false);
    wasmtime_config_wasm_relaxed_simd_set(config, true);
    engine_with(config);
}

static void a6(void)
{
    wasm_config_t *config = wasm_config_new();

    wasmtime_config_signals_based_traps_set(config, false);
    wasmtime_config_cranelift_flag_set(
        config, "enable_heap_access_spectre_mitigation", "true");
    engine_with(config);
}

static void a7(void)
{
    wasm_config_t *config = wasm_config_new();

    wasmtime_config_cranelift_flag_enable(config, "no_such_flag");
    engine_with(config);
}

static void a8(void)
{
    wasm_config_t *config = wasm_config_new();

    wasmtime_config_native_unwind_info_set(config, true);
    wasmtime_config_cranelift_flag_set(config, "unwind_info", "false");
    engine_with(config);
}

static void a10(void)
{
    wasm_config_t *config = wasm_config_new();
    wasmtime_pooling_allocation_config_t *pool =
        wasmtime_pooling_allocation_config_new();

    wasmtime_pooling_allocation_strategy_set(config, pool);
    wasmtime_config_memory_reservation_set(config, (uint64_t)1 << 20);
    wasmtime_config_memory_may_move_set(config, false);
    engine_with(config);
}

static void a11(void)
{
    const struct rlimit few = {(rlim_t)8 << 30, (rlim_t)8 << 30};
    wasm_config_t *config = wasm_config_new();
    wasmtime_pooling_allocation_config_t *pool =
        wasmtime_pooling_allocation_config_new();

    need(setrlimit(RLIMIT_AS, &few) == 0, "setrlimit");
    wasmtime_pooling_allocation_strategy_set(config, pool);
    engine_with(config);
}

static void a13(void)
{
    wasm_config_t *config = wasm_config_new();

    wasmtime_config_profiler_set(config, WASMTIME_PROFILING_STRATEGY_VTUNE);
    engine_with(config);
}

static void a14(void)
{
    wasm_config_t *config = wasm_config_new();

    wasm_engine_new_with_config(config);
    wasm_config_delete(config);
    told("nothing", "the config was freed twice");
}

static void a15(void)
{
    told_outcome(wasmtime_config_target_set(wasm_config_new(), "\xFF"), NULL);
}

static void a16(void)
{
    told_outcome(wasmtime_config_target_set(wasm_config_new(), NULL), NULL);
}

static void a17(void)
{
    told_outcome(wasmtime_config_target_set(wasm_config_new(), "no-such-cpu"),
                 NULL);
}

static void a18(void)
{
    wasm_config_t *config = wasm_config_new();

    wasmtime_config_strategy_set(config, 77);
    engine_with(config);
}

static void a19(void)
{
    wasm_config_t *config = wasm_config_new();
    wasmtime_memory_creator_t creator = {NULL, NULL, NULL};
    struct place p;

    wasmtime_config_host_memory_creator_set(config, &creator);
    p = place_on(wasm_engine_new_with_config(config), NULL);
    p.module = raw_module(p.engine, "(module (memory 1))");
    place_instance(&p);
    told("done", "no complaint");
}

static void a20(void)
{
    wasm_config_t *config = wasm_config_new();
    wasmtime_stack_creator_t creator = {NULL, NULL, NULL};
    wasmtime_call_future_t *future;
    wasmtime_error_t *error = NULL;
    wasm_trap_t *trap = NULL;
    wasmtime_func_t func;
    struct place p;

    wasmtime_config_host_stack_creator_set(config, &creator);
    p = place_on(wasm_engine_new_with_config(config),
                 "(module (func (export \"f\")))");
    func = raw_func(&p, "f");
    future = wasmtime_func_call_async(p.ctx, &func, NULL, 0, NULL, 0, &trap,
                                      &error);
    while (!wasmtime_call_future_poll(future)) {
    }
    told_outcome(error, &trap);
}

/* Two pages: the guest is told of one, the host's data is in the other. */
static uint8_t *two_pages;

static uint8_t *small_get(void *env, size_t *size, size_t *capacity)
{
    (void)env;
    *size = *capacity = 65536;
    return two_pages;
}

static wasmtime_error_t *small_grow(void *env, size_t size)
{
    (void)env, (void)size;
    return wasmtime_error_new("no");
}

static wasmtime_error_t *small_new(void *env, const wasm_memorytype_t *type,
                                   size_t min, size_t max, size_t reserved,
                                   size_t guard, wasmtime_linear_memory_t *out)
{
    (void)env, (void)type, (void)min, (void)max, (void)reserved, (void)guard;
    *out = (wasmtime_linear_memory_t){NULL, small_get, small_grow, NULL};
    return NULL;
}

static void a21(void)
{
    wasm_config_t *config = wasm_config_new();
    wasmtime_memory_creator_t creator = {NULL, small_new, NULL};
    wasm_trap_t *trap = NULL;
    wasmtime_func_t func;
    struct place p;

    two_pages = mmap(NULL, 2 * 65536, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    wasmtime_config_host_memory_creator_set(config, &creator);
    p = place_on(wasm_engine_new_with_config(config),
                 "(module (memory 1) (func (export \"f\")"
                 " (i32.store (i32.const 65536) (i32.const 77))))");
    func = raw_func(&p, "f");
    wasmtime_func_call(p.ctx, &func, NULL, 0, NULL, 0, &trap);
    if (two_pages[65536] == 77)
        told("wrong", "the guest has written into the host's memory");
    else
        told_outcome(NULL, &trap);
}

static void a23(void)
{
    wasm_config_t *config = wasm_config_new();

    wasmtime_config_cranelift_flag_set(
        config, "enable_heap_access_spectre_mitigation", "false");
    wasmtime_config_cranelift_flag_set(
        config, "enable_table_access_spectre_mitigation", "false");
    need(wasm_engine_new_with_config(config) != NULL, "engine");
    told("wrong", "accepted: a protection is off, and nobody is told");
}

static void a24(void)
{
    struct place p = place("(module (func (export \"f\")))");

    wasm_engine_delete(p.engine);
    call_and_tell(&p, "f");
}

static void a25(void)
{
    wasm_engine_t *engine = wasm_engine_new();

    wasm_engine_delete(engine);
    wasmtime_engine_increment_epoch(engine);
    told("nothing", "a freed engine was written");
}

static void one_pool(void *with)
{
    wasm_config_t *config = wasm_config_new();

    (void)with;
    wasmtime_pooling_allocation_strategy_set(
        config, wasmtime_pooling_allocation_config_new());
    wasm_config_delete(config);
}

static void a26(void)
{
    told_leak(one_pool, NULL);
}

static void a27(void)
{
    wasm_config_t *config = wasm_config_new();

    wasm_engine_new_with_config(config);
    wasm_engine_new_with_config(config);
    told("nothing", "a freed config was read and freed again");
}

static void *sets(void *stop)
{
    char name[32];
    unsigned i;

    for (i = 0; !*(volatile int *)stop; i++) {
        snprintf(name, sizeof name, "V%u", i);
        setenv(name, "a value that takes some room", 1);
    }
    return NULL;
}

static void a28(void)
{
    static volatile int stop;
    pthread_t thread;
    int i;

    need(pthread_create(&thread, NULL, sets, (void *)&stop) == 0, "thread");
    for (i = 0; i < 500; i++)
        wasm_engine_delete(wasm_engine_new());
    stop = 1;
    pthread_join(thread, NULL);
    told("nothing", "a race, which was not lost this time");
}

const struct row rows_config[] = {
    {"A1", a1, NULL},
    {"A2", a2, NULL},
    {"A3", a3, NULL},
    {"A4", NULL, "the second compiler (Winch) is not in this build"},
    {"A5", a5, NULL},
    {"A6", a6, NULL},
    {"A7", a7, NULL},
    {"A8", a8, NULL},
    {"A9", NULL, "components are not in this build"},
    {"A10", a10, NULL},
    {"A11", a11, NULL},
    {"A12", NULL, "such a build cannot be had beside this one"},
    {"A13", a13, NULL},
    {"A14", a14, NULL},
    {"A15", a15, NULL},
    {"A16", a16, NULL},
    {"A17", a17, NULL},
    {"A18", a18, NULL},
    {"A19", a19, NULL},
    {"A20", a20, NULL},
    {"A21", a21, NULL},
    {"A22", NULL, "macOS only"},
    {"A23", a23, NULL},
    {"A24", a24, NULL},
    {"A25", a25, NULL},
    {"A26", a26, NULL},
    {"A27", a27, NULL},
    {"A28", a28, NULL},
    {NULL, NULL, NULL},
};

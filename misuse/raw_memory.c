/* raw_memory.c - group I: memories, tables, globals. */
#include <pthread.h>

#include "raw.h"

static const char some[] =
    "(module (memory (export \"m\") 1 10) (memory (export \"big\") 1)"
    " (table (export \"t\") 2 funcref) (func (export \"f\"))"
    " (global (export \"c\") i32 (i32.const 1))"
    " (global (export \"v\") (mut i32) (i32.const 1))"
    " (global (export \"a\") (mut anyref) (ref.i31 (i32.const 5))))";

static struct place moving(void)
{
    wasm_config_t *config = wasm_config_new();

    wasmtime_config_memory_reservation_set(config, 0);
    wasmtime_config_memory_reservation_for_growth_set(config, 0);
    wasmtime_config_memory_guard_size_set(config, 0);
    wasmtime_config_memory_init_cow_set(config, false);
    return place_on(wasm_engine_new_with_config(config), some);
}

static void i1(void)
{
    struct place p = moving();
    wasmtime_memory_t memory = raw_memory(&p, "big");
    volatile uint8_t *data = wasmtime_memory_data(p.ctx, &memory);
    uint64_t before;

    data[0] = 1;
    need(!wasmtime_memory_grow(p.ctx, &memory, 1000, &before), "grow");
    data[0] = 2;
    told("nothing", "what was written there is lost");
}

static void i2(void)
{
    struct place p = place(some);
    wasmtime_memory_t memory = raw_memory(&p, "m");
    volatile uint8_t *data = wasmtime_memory_data(p.ctx, &memory);

    wasmtime_store_delete(p.store);
    data[0] = 2;
    told("nothing", "what was written there is lost");
}

static void i3(void)
{
    struct place p = moving();
    wasmtime_memory_t memory = raw_memory(&p, "m");
    volatile uint8_t *data = wasmtime_memory_data(p.ctx, &memory);
    uint64_t at;

    for (at = 65536; at < 65536 + (1 << 24); at += 4096)
        data[at] = 1;
    told("nothing", "memory of others was written");
}

static void i4(void)
{
    struct place one = place(some), two = beside(&one, some);
    wasmtime_extern_t item = raw_export(&one, "v");
    wasmtime_val_t value;

    wasmtime_global_get(two.ctx, &item.of.global, &value);
    told("done", "no complaint");
}

static void i5(void)
{
    struct place p = place(NULL);
    wasm_memorytype_t *type;
    wasmtime_memory_t memory;

    need(!wasmtime_memorytype_new(1, true, 1, false, true, 16, &type), "type");
    told_outcome(wasmtime_memory_new(p.ctx, type, &memory), NULL);
}

static void i6(void)
{
    struct place p = place(some);
    wasmtime_extern_t table = raw_export(&p, "t");
    const wasmtime_val_t value = val_i32(1);

    told_outcome(wasmtime_table_set(p.ctx, &table.of.table, 0, &value), NULL);
}

static void i7(void)
{
    wasm_store_t *store = wasm_store_new(wasm_engine_new());
    wasm_extern_vec_t exports, imports = WASM_EMPTY_VEC;
    wasm_byte_vec_t binary;
    wasm_trap_t *trap = NULL;

    raw_binary("(module (table (export \"t\") i64 0x100000000 funcref))",
               &binary);
    wasm_instance_exports(wasm_instance_new(store,
                                            wasm_module_new(store, &binary),
                                            &imports, &trap),
                          &exports);
    told("wrong", "%u elements",
         wasm_table_size(wasm_extern_as_table(exports.data[0])));
}

static void i8(void)
{
    struct place p = place(some);
    wasmtime_extern_t global = raw_export(&p, "c");
    const wasmtime_val_t value = val_i32(2);

    told_outcome(wasmtime_global_set(p.ctx, &global.of.global, &value), NULL);
}

/* The store, instance and exports of wasm.h. */
static wasm_extern_t *wasm_export(const char *wat)
{
    static wasm_extern_vec_t exports;
    wasm_store_t *store = wasm_store_new(wasm_engine_new());
    wasm_extern_vec_t imports = WASM_EMPTY_VEC;
    wasm_byte_vec_t binary;
    wasm_trap_t *trap = NULL;

    raw_binary(wat, &binary);
    wasm_instance_exports(wasm_instance_new(store,
                                            wasm_module_new(store, &binary),
                                            &imports, &trap),
                          &exports);
    return exports.data[0];
}

static void i9(void)
{
    wasm_global_t *global = wasm_extern_as_global(
        wasm_export("(module (global (export \"g\") i32 (i32.const 1)))"));
    wasm_val_t value = WASM_I32_VAL(2);

    wasm_global_set(global, &value);
    wasm_global_get(global, &value);
    told(value.of.i32 == 1 ? "wrong" : "done",
         "it is still %d, and nobody is told", value.of.i32);
}

static void i10(void)
{
    wasm_global_t *global = wasm_extern_as_global(wasm_export(
        "(module (global (export \"g\") v128 (v128.const i64x2 1 2)))"));
    wasm_val_t value;

    wasm_global_get(global, &value);
    told("wrong", "kind %d", value.kind);
}

static wasm_config_t *with_shared(void)
{
    wasm_config_t *config = wasm_config_new();

    wasmtime_config_wasm_threads_set(config, true);
    wasmtime_config_shared_memory_set(config, true);
    return config;
}

static void *counts(void *data)
{
    volatile uint32_t *count = data;
    int i;

    for (i = 0; i < 20000000; i++)
        *count = *count + 1;
    return NULL;
}

static void i11(void)
{
    wasm_engine_t *engine = wasm_engine_new_with_config(with_shared());
    wasmtime_sharedmemory_t *memory;
    wasm_memorytype_t *type;
    pthread_t thread;
    void *data;

    need(!wasmtime_memorytype_new(1, true, 1, false, true, 16, &type) &&
             !wasmtime_sharedmemory_new(engine, type, &memory),
         "memory");
    data = wasmtime_sharedmemory_data(memory);
    need(pthread_create(&thread, NULL, counts, data) == 0, "thread");
    counts(data);
    pthread_join(thread, NULL);
    if (*(uint32_t *)data == 40000000)
        told("nothing", "a race, which was not lost this time");
    else
        told("wrong", "two threads count to less than what they counted");
}

static void i12(void)
{
    wasmtime_sharedmemory_t *memory;
    wasm_memorytype_t *type;

    need(!wasmtime_memorytype_new(1, true, 1, false, true, 16, &type), "type");
    told_outcome(wasmtime_sharedmemory_new(wasm_engine_new(), type, &memory),
                 NULL);
}

static void one_get(void *arg)
{
    struct place *p = arg;
    wasmtime_extern_t global = raw_export(p, "a");
    wasmtime_val_t value;

    wasmtime_global_get(p->ctx, &global.of.global, &value);
}

static void i13(void)
{
    struct place p = place(some);

    told_leak(one_get, &p);
}

const struct row rows_memory[] = {
    {"I1", i1, NULL},   {"I2", i2, NULL},   {"I3", i3, NULL},
    {"I4", i4, NULL},   {"I5", i5, NULL},   {"I6", i6, NULL},
    {"I7", i7, NULL},   {"I8", i8, NULL},   {"I9", i9, NULL},
    {"I10", i10, NULL}, {"I11", i11, NULL}, {"I12", i12, NULL},
    {"I13", i13, NULL}, {NULL, NULL, NULL},
};

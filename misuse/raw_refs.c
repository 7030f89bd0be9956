/* raw_refs.c - group J: references to the guest's objects. */
#include <pthread.h>

#include "raw.h"

static const char guest[] = "(module (type $s (struct (field (mut i32))))"
                            " (func (export \"new\") (result anyref)"
                            "  (struct.new $s (i32.const 5)))"
                            " (func (export \"take\") (param externref))"
                            " (func (export \"any\") (param anyref))"
                            " (tag (export \"t\") (param i32))"
                            " (tag (export \"a\") (param anyref)))";

static int ended;

static void end(void *data)
{
    (void)data;
    ended++;
}

static void ends_data(void *data)
{
    free(data);
}

static wasmtime_val_t an_object(struct place *p)
{
    wasmtime_func_t func = raw_func(p, "new");
    wasm_trap_t *trap = NULL;
    wasmtime_val_t value;

    need(!wasmtime_func_call(p->ctx, &func, NULL, 0, &value, 1, &trap), "new");
    return value;
}

static void call1(struct place *p, const char *name,
                  const wasmtime_val_t *value)
{
    wasmtime_func_t func = raw_func(p, name);
    wasm_trap_t *trap = NULL;

    told_outcome(wasmtime_func_call(p->ctx, &func, value, 1, NULL, 0, &trap),
                 &trap);
}

static void one_object(void *arg)
{
    an_object(arg);
}

static void ref1(void)
{
    struct place p = place(guest);

    told_leak(one_object, &p);
}

static void ref2(void)
{
    struct place p = place(guest);
    wasmtime_val_t one = an_object(&p), two = one;

    wasmtime_val_unroot(&one);
    wasmtime_val_unroot(&two);
    told("nothing", "the reference was let go twice");
}

static void *unroots(void *value)
{
    wasmtime_val_unroot(value);
    return NULL;
}

static void ref3(void)
{
    struct place p = place(guest);
    wasmtime_val_t value = an_object(&p);
    pthread_t thread;

    need(pthread_create(&thread, NULL, unroots, &value) == 0, "thread");
    pthread_join(thread, NULL);
    wasmtime_context_gc(p.ctx);
    told("done", "no complaint");
}

static void ref4(void)
{
    struct place p = place(guest);
    wasmtime_val_t value = {.kind = WASMTIME_EXTERNREF}, other;
    uint32_t raw;
    int i;

    need(wasmtime_externref_new(p.ctx, &p, end, &value.of.externref), "ref");
    raw = wasmtime_externref_to_raw(p.ctx, &value.of.externref);
    wasmtime_val_unroot(&value);
    for (i = 0; i < 3; i++) {
        wasmtime_context_gc(p.ctx);
        other = an_object(&p);
        wasmtime_val_unroot(&other);
    }
    wasmtime_externref_from_raw(p.ctx, raw, &value.of.externref);
    told(ended ? "wrong" : "nothing",
         "a reference to what was collected comes out");
}

static void ref5(void)
{
    struct place p = place(guest);
    wasmtime_val_t value = {.kind = WASMTIME_EXTERNREF};

    an_object(&p);
    wasmtime_externref_from_raw(p.ctx, 0x12345678, &value.of.externref);
    told("nothing", "a reference comes out");
    call1(&p, "take", &value);
}

static wasmtime_struct_type_t *struct_type(wasm_engine_t *engine)
{
    const wasmtime_field_type_t field = {
        true,
        {WASMTIME_STORAGE_TYPE_KIND_VALTYPE, wasm_valtype_new(WASM_I32)}};

    return wasmtime_struct_type_new(engine, &field, 1);
}

static void ref6(void)
{
    struct place one = place(NULL), two = beside(&one, NULL);
    const wasmtime_val_t field = val_i32(1);
    wasmtime_struct_ref_pre_t *pre =
        wasmtime_struct_ref_pre_new(one.ctx, struct_type(one.engine));
    wasmtime_structref_t ref;

    told_outcome(wasmtime_structref_new(two.ctx, pre, &field, 1, &ref), NULL);
}

static void ref7(void)
{
    struct place p = place(NULL);
    const wasmtime_val_t field = val_i32(1);
    wasmtime_struct_ref_pre_t *pre =
        wasmtime_struct_ref_pre_new(p.ctx, struct_type(p.engine));
    wasmtime_structref_t ref;
    wasmtime_val_t value;

    need(!wasmtime_structref_new(p.ctx, pre, &field, 1, &ref), "struct");
    told_outcome(wasmtime_structref_field(p.ctx, &ref, 7, &value), NULL);
}

static void ref8(void)
{
    struct place one = place(guest), two = beside(&one, guest);
    wasmtime_extern_t tag = raw_export(&one, "t");
    const wasmtime_val_t field = val_i32(1);
    wasmtime_exnref_t ref;

    told_outcome(wasmtime_exnref_new(two.ctx, &tag.of.tag, &field, 1, &ref),
                 NULL);
}

static wasm_trap_t *sets_exception(void *env, wasmtime_caller_t *caller,
                                   const wasmtime_val_t *args, size_t nargs,
                                   wasmtime_val_t *results, size_t nresults)
{
    wasmtime_context_t *ctx = wasmtime_caller_context(caller);
    const wasmtime_val_t field = val_i32(1);
    wasmtime_exnref_t ref;

    (void)args, (void)nargs, (void)results, (void)nresults;
    need(!wasmtime_exnref_new(ctx, env, &field, 1, &ref), "exception");
    wasmtime_context_set_exception(ctx, &ref);
    return NULL;
}

static void ref9(void)
{
    struct place p = place("(module (tag (export \"t\") (param i32)))");
    wasmtime_extern_t tag = raw_export(&p, "t");

    linker_func(&p, "f", wasm_functype_new_0_0(), sets_exception, &tag.of.tag);
    p.module = raw_module(p.engine, "(module (import \"h\" \"f\" (func $f))"
                                    " (func (export \"f\") (call $f)))");
    place_instance(&p);
    call_and_tell(&p, "f");
    if (wasmtime_context_has_exception(p.ctx))
        told("wrong", "the exception waits in the store, and nobody is told");
}

static void ref10(void)
{
    struct place p = place(NULL);
    void *data = NULL;
    wasmtime_externref_t ref;
    int i;

    wasmtime_store_limiter(p.store, 1 << 16, -1, -1, -1, -1);
    for (i = 0; i < 1000000; i++) {
        data = malloc(16);
        if (!wasmtime_externref_new(p.ctx, data, ends_data, &ref))
            break;
    }
    if (i == 1000000) {
        told("not", "no reference was refused");
        return;
    }
    free(data);
    told("nothing", "the data was freed twice");
}

static void ref13(void)
{
    const uint16_t one = 1;

    told("done", *(const uint8_t *)&one == 1 ? "this machine is little-endian"
                                             : "the bytes are swapped");
}

const struct row rows_refs[] = {
    {"J1", ref1, NULL},
    {"J2", ref2, NULL},
    {"J3", ref3, NULL},
    {"J4", ref4, NULL},
    {"J5", ref5, NULL},
    {"J6", ref6, NULL},
    {"J7", ref7, NULL},
    {"J8", ref8, NULL},
    {"J9", ref9, NULL},
    {"J10", ref10, NULL},
    {"J11", NULL, "one program has one header"},
    {"J12", NULL, "mended in 48"},
    {"J13", ref13, NULL},
    {"J14", NULL, "only Rust code can make such a reference"},
    {NULL, NULL, NULL},
};

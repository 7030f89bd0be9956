/* spec_host.c - the host of the suite: the module 'spectest', and the ways
 * of calling a guest.
 */
#include <stdio.h>
#include <string.h>

#include "spec.h"

#define TEXT(s) (s), (uint64_t)strlen(s)

enum { OP_INSTANCE_NEW = 120, OP_FUNC_CALL = 140 };
enum { ERROR_AT = LODGE_FRAME_SLOTS + MAX_SLOTS, ERROR_WORDS = 32 };
enum { FRAME_WORDS = ERROR_AT + ERROR_WORDS };

/* ---- spectest --------------------------------------------------------- */

static const struct {
    const char *name, *sig;
} prints[] = {
    {"print", "->"},
    {"print_i32", "i32 ->"},
    {"print_i64", "i64 ->"},
    {"print_f32", "f32 ->"},
    {"print_f64", "f64 ->"},
    {"print_i32_f32", "i32 f32 ->"},
    {"print_f64_f64", "f64 f64 ->"},
};

static int32_t print_direct(uint64_t token, lodge_caller caller,
                            uint64_t *slots)
{
    (void)token, (void)caller, (void)slots;
    return 0;
}

static int32_t print_frame(uint32_t token, uint32_t tag)
{
    (void)token, (void)tag;
    return 0;
}

static uint64_t host_frame[FRAME_WORDS];

static lodge_status add_print(lodge_host host, uint32_t mode, size_t i,
                              lodge_error *err)
{
    uint32_t index;
    lodge_status st =
        lodge_host_func(host, TEXT(prints[i].sig), mode, 0, &index, err);

    if (st == LODGE_OK && mode == LODGE_HOST_DIRECT)
        st = lodge_host_direct(host, index, print_direct, err);
    if (st == LODGE_OK)
        st = lodge_host_export(host, index, TEXT(prints[i].name), err);
    return st;
}

static lodge_status add_prints(struct world *w, lodge_error *err)
{
    lodge_host host;
    lodge_status st;
    size_t i;

    if (w->mode->calls == CALL_TYPED)
        return typed_prints(w->linker, err);
    st = lodge_host_new(w->engine, TEXT("spectest"), &host, err);
    if (st != LODGE_OK)
        return st;
    for (i = 0; i < sizeof prints / sizeof *prints && st == LODGE_OK; i++)
        st = add_print(host, w->mode->host, i, err);
    if (st == LODGE_OK)
        st = lodge_linker_add_host(w->linker, host, err);
    lodge_host_close(host);
    if (st == LODGE_OK && w->mode->host == LODGE_HOST_FRAME) {
        st = lodge_linker_frame(w->linker, print_frame, err);
        if (st == LODGE_OK)
            st = lodge_store_frame(w->store, host_frame, FRAME_WORDS, 1, err);
    }
    return st;
}

static lodge_status add_item(struct world *w, const char *name, uint32_t kind,
                             uint64_t id, lodge_error *err)
{
    lodge_extern item = {kind, 0, id};

    return lodge_linker_add(w->linker, TEXT("spectest"), TEXT(name), &item,
                            err);
}

static lodge_status add_global(struct world *w, const char *name,
                               const char *type, uint64_t value,
                               lodge_error *err)
{
    lodge_global global;
    lodge_status st =
        lodge_global_new(w->store, TEXT(type), &value, &global, err);

    return st == LODGE_OK
               ? add_item(w, name, LODGE_KIND_GLOBAL, global.id, err)
               : st;
}

static lodge_status add_table(struct world *w, const char *name,
                              const char *type, lodge_error *err)
{
    lodge_table table;
    lodge_status st = lodge_table_new(w->store, TEXT(type), 0, &table, err);

    return st == LODGE_OK ? add_item(w, name, LODGE_KIND_TABLE, table.id, err)
                          : st;
}

static lodge_status add_memory(struct world *w, const char *name,
                               const char *type, lodge_error *err)
{
    lodge_memory memory;
    lodge_status st = lodge_memory_new(w->store, TEXT(type), &memory, err);

    return st == LODGE_OK
               ? add_item(w, name, LODGE_KIND_MEMORY, memory.id, err)
               : st;
}

static lodge_status add_spectest(struct world *w, int shared, lodge_error *err)
{
    lodge_status st = add_prints(w, err);

#define AND(call) (st = st == LODGE_OK ? (call) : st)
    AND(add_global(w, "global_i32", "i32", 666, err));
    AND(add_global(w, "global_i64", "i64", 666, err));
    AND(add_global(w, "global_f32", "f32", 0x4426a666, err));
    AND(add_global(w, "global_f64", "f64", UINT64_C(0x4084d4cccccccccd), err));
    AND(add_table(w, "table", "10 20 funcref", err));
    AND(add_table(w, "table64", "10 20 funcref i64", err));
    AND(add_memory(w, "memory", "1 2", err));
#undef AND
    if (st != LODGE_OK || !shared)
        return st;
    return add_memory(w, "shared_memory", "1 1 shared", err);
}

/* ---- calls ------------------------------------------------------------ */

static void frame_arm(uint64_t *frame, uint64_t subject)
{
    lodge_error *err = (lodge_error *)(void *)(frame + ERROR_AT);

    memset(frame, 0, FRAME_WORDS * sizeof *frame);
    frame[LODGE_FRAME_FUNC] = subject;
    frame[LODGE_FRAME_CAPACITY] = MAX_SLOTS;
    frame[LODGE_FRAME_ERROR] = ERROR_AT | (uint64_t)ERROR_WORDS << 32;
    lodge_error_init(err, ERROR_WORDS * sizeof *frame);
}

/* Answers what the guest asks for, until it has ended. */
static lodge_status frame_finish(uint64_t *frame, lodge_status st,
                                 lodge_error *err)
{
    while (st == LODGE_REQUEST)
        st = lodge_resume(frame);
    if (err) {
        memcpy(err, frame + ERROR_AT, sizeof *err);
        err->message[sizeof err->message - 1] = '\0';
        err->head = LODGE_ERROR_MAGIC | (uint32_t)sizeof *err;
    }
    return st;
}

lodge_status world_instantiate(struct world *w, lodge_module module,
                               lodge_instance *out, lodge_error *err)
{
    uint64_t frame[FRAME_WORDS];
    lodge_prepared prepared;
    lodge_status st;

    if (w->mode->calls == CALL_SLOTS || w->mode->calls == CALL_TYPED)
        return lodge_instance_new(w->linker, w->store, module, out, err);
    if (w->mode->calls == CALL_DO) {
        uint64_t words[6] = {OP_INSTANCE_NEW, w->linker.id,   w->store.id,
                             module.id,       (uintptr_t)out, (uintptr_t)err};

        return lodge_do(words);
    }
    st = lodge_linker_prepare(w->linker, module, &prepared, err);
    if (st != LODGE_OK)
        return st;
    frame_arm(frame, prepared.id);
    frame[LODGE_FRAME_SLOTS] = w->store.id;
    st = frame_finish(frame, lodge_instantiate(frame), err);
    if (st == LODGE_OK)
        out->id = frame[LODGE_FRAME_SLOTS];
    lodge_prepared_close(prepared);
    return st;
}

static lodge_status call_by_frame(lodge_func fn, uint64_t *slots,
                                  lodge_error *err)
{
    uint64_t frame[FRAME_WORDS];
    lodge_status st;

    frame_arm(frame, fn.id);
    memcpy(frame + LODGE_FRAME_SLOTS, slots, MAX_SLOTS * sizeof *slots);
    st = frame_finish(frame, lodge_call(frame), err);
    memcpy(slots, frame + LODGE_FRAME_SLOTS, MAX_SLOTS * sizeof *slots);
    return st;
}

static lodge_status call(const struct world *w, lodge_func fn, uint64_t *slots,
                         lodge_error *err)
{
    uint64_t words[5] = {OP_FUNC_CALL, fn.id, (uintptr_t)slots, MAX_SLOTS,
                         (uintptr_t)err};

    switch (w->mode->calls) {
    case CALL_FRAME:
        return call_by_frame(fn, slots, err);
    case CALL_DO:
        return lodge_do(words);
    case CALL_TYPED:
        return typed_call(fn, slots, err);
    default:
        return lodge_func_call(fn, slots, MAX_SLOTS, err);
    }
}

void world_call(struct world *w, lodge_func fn, const uint64_t *args,
                uint32_t count, struct outcome *out)
{
    static const lodge_error fresh = LODGE_ERROR_INIT;
    uint32_t params, results;
    const char *arrow;
    uint64_t len = 0;

    out->err = fresh;
    out->status = lodge_func_slots(fn, &params, &results, &out->err);
    out->slots = 0;
    if (out->status != LODGE_OK)
        return;
    if (params != count || results > MAX_SLOTS) {
        out->status = LODGE_E_TYPE;
        snprintf(out->err.message, sizeof out->err.message,
                 "%u slots of arguments for %u of parameters", count, params);
        return;
    }
    memset(out->values, 0, sizeof out->values);
    memcpy(out->values, args, count * sizeof *args);
    out->status = call(w, fn, out->values, &out->err);
    out->trap = out->err.trap;
    if (out->status != LODGE_OK)
        return;
    out->slots = results;
    if (lodge_func_type(fn, out->types, sizeof out->types - 1, &len, NULL) !=
        LODGE_OK)
        len = 0;
    out->types[len] = '\0';
    arrow = strstr(out->types, "->");
    memmove(out->types, arrow ? arrow + 2 : "", arrow ? strlen(arrow) - 1 : 1);
}

/* ---- probes ----------------------------------------------------------- */

/* The guest knows more of references than any host needs to. */
static const char probes[] =
    "(module"
    " (func (export \"anyref\") (param anyref) (result i32)"
    "  (ref.test (ref any) (local.get 0)))"
    " (func (export \"eqref\") (param anyref) (result i32)"
    "  (ref.test (ref eq) (local.get 0)))"
    " (func (export \"i31ref\") (param anyref) (result i32)"
    "  (ref.test (ref i31) (local.get 0)))"
    " (func (export \"structref\") (param anyref) (result i32)"
    "  (ref.test (ref struct) (local.get 0)))"
    " (func (export \"arrayref\") (param anyref) (result i32)"
    "  (ref.test (ref array) (local.get 0)))"
    " (func (export \"internalize\") (param externref) (result anyref)"
    "  (any.convert_extern (local.get 0)))"
    " (func (export \"externalize\") (param anyref) (result externref)"
    "  (extern.convert_any (local.get 0))))";

uint64_t world_probe(struct world *w, const char *name, uint64_t value)
{
    uint64_t slots[1] = {value};
    lodge_func fn;

    if (lodge_instance_func(w->probes, TEXT(name), &fn, NULL) != LODGE_OK ||
        lodge_func_call(fn, slots, 1, NULL) != LODGE_OK)
        return UINT64_MAX;
    return slots[0];
}

/* Files of proposals without references have no use for probes. */
static void add_probes(struct world *w)
{
    lodge_module module;

    if (lodge_module_open(w->engine, (const uint8_t *)probes,
                          sizeof probes - 1, &module, NULL) != LODGE_OK)
        return;
    lodge_instance_new(w->linker, w->store, module, &w->probes, NULL);
    lodge_module_close(module);
}

/* ---- the world of a file ---------------------------------------------- */

lodge_status world_open(struct world *w, const struct mode *mode,
                        lodge_engine engine, int shared_memory,
                        lodge_error *err)
{
    lodge_status st;

    memset(w, 0, sizeof *w);
    w->mode = mode;
    w->engine = engine;
    st = lodge_store_new(engine, &w->store, err);
    if (st == LODGE_OK && mode->fuel)
        st = lodge_store_set(w->store, LODGE_STORE_FUEL, mode->fuel, err);
    if (st == LODGE_OK)
        st = lodge_linker_new(engine, &w->linker, err);
    if (st == LODGE_OK)
        st = lodge_linker_set(w->linker, LODGE_LINKER_SHADOWING, 1, err);
    if (st == LODGE_OK)
        st = add_spectest(w, shared_memory, err);
    if (st != LODGE_OK)
        world_close(w);
    else
        add_probes(w);
    return st;
}

void world_close(struct world *w)
{
    lodge_linker_close(w->linker);
    lodge_store_close(w->store);
}

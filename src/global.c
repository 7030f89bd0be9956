/* global.c - globals: made, read, written.
 * It must not know who else uses them.
 */
#include "rooms.h"

static wasm_valtype_t *content_type(uint32_t code)
{
    switch (code) {
    case LODGE_TYPE_I32:
        return wasm_valtype_new(WASM_I32);
    case LODGE_TYPE_I64:
        return wasm_valtype_new(WASM_I64);
    case LODGE_TYPE_F32:
        return wasm_valtype_new(WASM_F32);
    case LODGE_TYPE_F64:
        return wasm_valtype_new(WASM_F64);
    case LODGE_TYPE_V128:
        return wasmtime_wasm_valtype_v128();
    case LODGE_TYPE_FUNCREF:
        return wasm_valtype_new(WASM_FUNCREF);
    case LODGE_TYPE_EXTERNREF:
        return wasm_valtype_new(WASM_EXTERNREF);
    default:
        return NULL;
    }
}

lodge_status global_make(struct store *st, const struct type_limits *type,
                         const uint64_t *slots, wasmtime_global_t *out,
                         lodge_error *err)
{
    wasm_valtype_t *content;
    wasm_globaltype_t *ty;
    wasmtime_error_t *error;
    wasmtime_val_t init;
    lodge_status rc = value_to_val(st, type->code, slots, &init, err);

    if (rc != LODGE_OK)
        return rc;
    content = content_type(type->code);
    if (!content)
        return error_refuse(err, LODGE_E_UNSUPPORTED,
                            "globals of type %s cannot be made yet",
                            type_name(type->code));
    ty = wasm_globaltype_new(content, type->mut ? WASM_VAR : WASM_CONST);
    error = wasmtime_global_new(st->ctx, ty, &init, out);
    wasm_globaltype_delete(ty);
    return error ? trap_translate(st, error, LODGE_E_TYPE, err) : LODGE_OK;
}

lodge_status lodge_global_new(lodge_store store, const char *type,
                              uint64_t type_len, const uint64_t *slots,
                              lodge_global *out, lodge_error *err)
{
    struct type_limits content;
    wasmtime_global_t global;
    struct store *st;
    uint32_t at;
    lodge_status rc;

    if (!out || !slots)
        return error_refuse(err, LODGE_E_ARGUMENT, "%s: is NULL",
                            out ? "slots" : "out");
    rc = type_global_parse(type, type_len, &content, err);
    if (rc == LODGE_OK)
        rc = store_enter_own(store, &st, err);
    if (rc != LODGE_OK)
        return rc;
    rc = global_make(st, &content, slots, &global, err);
    if (rc == LODGE_OK)
        rc = store_item(st, LODGE_KIND_GLOBAL, &global, &at, err);
    if (rc == LODGE_OK)
        out->id = store_child_id(st, at);
    handle_leave(store.id);
    return rc;
}

lodge_status lodge_global_type(lodge_global global, char *buf, uint64_t cap,
                               uint64_t *len, lodge_error *err)
{
    return store_type_out(global.id, LODGE_KIND_GLOBAL, buf, cap, len, err);
}

static lodge_status slots_check(const struct child *c, uint32_t len,
                                lodge_error *err)
{
    uint32_t need = c->code == LODGE_TYPE_V128 ? 2 : 1;

    if (len >= need)
        return LODGE_OK;
    return error_refuse(err, LODGE_E_BUFFER,
                        "slots: %u given, a value of type %s needs %u", len,
                        type_name(c->code), need);
}

lodge_status lodge_global_get(lodge_global global, uint64_t *slots,
                              uint32_t len, lodge_error *err)
{
    wasmtime_val_t val;
    struct store *st;
    struct child *c;
    lodge_status rc;

    if (!slots)
        return error_refuse(err, LODGE_E_ARGUMENT, "slots: is NULL");
    rc = store_enter_child(global.id, LODGE_KIND_GLOBAL, &st, &c, err);
    if (rc != LODGE_OK)
        return rc;
    rc = slots_check(c, len, err);
    if (rc == LODGE_OK) {
        wasmtime_global_get(st->ctx, &c->of.global, &val);
        rc = value_from_val(st, &val, slots, err);
        wasmtime_val_unroot(&val);
    }
    handle_leave(global.id);
    return rc;
}

lodge_status lodge_global_set(lodge_global global, const uint64_t *slots,
                              uint32_t len, lodge_error *err)
{
    wasmtime_error_t *error;
    wasmtime_val_t val;
    struct store *st;
    struct child *c;
    lodge_status rc;

    if (!slots)
        return error_refuse(err, LODGE_E_ARGUMENT, "slots: is NULL");
    rc = store_enter_child(global.id, LODGE_KIND_GLOBAL, &st, &c, err);
    if (rc != LODGE_OK)
        return rc;
    rc = slots_check(c, len, err);
    if (rc == LODGE_OK)
        rc = value_to_val(st, c->code, slots, &val, err);
    if (rc == LODGE_OK) {
        error = wasmtime_global_set(st->ctx, &c->of.global, &val);
        if (error)
            rc = trap_translate(st, error, LODGE_E_TYPE, err);
    }
    handle_leave(global.id);
    return rc;
}

/* value.c - slots of the host to values of Wasmtime, and back.
 * It must not know what they are for.
 */
#include <string.h>

#include "rooms.h"

static lodge_status refuse_type(uint32_t code, lodge_error *err)
{
    return error_refuse(err, LODGE_E_UNSUPPORTED,
                        "values of type %s cannot be passed yet",
                        type_name(code));
}

/* The function behind an id, in this store. */
static lodge_status func_of(struct store *st, uint64_t id,
                            const wasmtime_func_t **out, lodge_error *err)
{
    struct child *c = NULL;

    if (handle_parent(id) == st->id)
        c = store_child(st, id, LODGE_KIND_FUNC);
    if (!c)
        return store_child_refuse(st, id, LODGE_KIND_FUNC, err);
    *out = &c->of.func;
    return LODGE_OK;
}

/* ---- Wasmtime's raw values -------------------------------------------- */

static lodge_status ref_in(struct store *st, uint64_t id,
                           wasmtime_val_raw_t *raw, lodge_error *err)
{
    const wasmtime_func_t *func;
    lodge_status rc;

    raw->funcref = NULL;
    if (id == 0)
        return LODGE_OK;
    rc = func_of(st, id, &func, err);
    if (rc == LODGE_OK)
        raw->funcref = wasmtime_func_to_raw(st->ctx, func);
    return rc;
}

static lodge_status ref_out(struct store *st, const wasmtime_val_raw_t *raw,
                            uint64_t *id, lodge_error *err)
{
    wasmtime_func_t func;
    uint32_t at;
    lodge_status rc;

    if (!raw->funcref) {
        *id = 0;
        return LODGE_OK;
    }
    wasmtime_func_from_raw(st->ctx, raw->funcref, &func);
    rc = store_item(st, LODGE_KIND_FUNC, &func, &at, err);
    if (rc == LODGE_OK)
        *id = store_child_id(st, at);
    return rc;
}

lodge_status value_in(struct store *st, const uint8_t *codes, uint32_t n,
                      const uint64_t *slots, wasmtime_val_raw_t *raw,
                      lodge_error *err)
{
    lodge_status rc = LODGE_OK;
    uint32_t i;

    for (i = 0; i < n && rc == LODGE_OK; i++) {
        switch (codes[i]) {
        case LODGE_TYPE_I32:
        case LODGE_TYPE_F32:
            raw[i].i64 = (int64_t)(*slots++ & UINT32_MAX);
            break;
        case LODGE_TYPE_I64:
        case LODGE_TYPE_F64:
            raw[i].i64 = (int64_t)*slots++;
            break;
        case LODGE_TYPE_V128:
            memcpy(raw[i].v128, slots, 16);
            slots += 2;
            break;
        case LODGE_TYPE_FUNCREF:
            rc = ref_in(st, *slots++, &raw[i], err);
            break;
        default:
            rc = refuse_type(codes[i], err);
        }
    }
    return rc;
}

lodge_status value_out(struct store *st, const uint8_t *codes, uint32_t n,
                       const wasmtime_val_raw_t *raw, uint64_t *slots,
                       lodge_error *err)
{
    lodge_status rc = LODGE_OK;
    wasmtime_val_raw_t value;
    uint32_t i;

    for (i = 0; i < n && rc == LODGE_OK; i++) {
        value = raw[i]; /* slots may overlay raw */
        switch (codes[i]) {
        case LODGE_TYPE_I32:
        case LODGE_TYPE_F32:
            *slots++ = (uint64_t)value.i64 & UINT32_MAX;
            break;
        case LODGE_TYPE_I64:
        case LODGE_TYPE_F64:
            *slots++ = (uint64_t)value.i64;
            break;
        case LODGE_TYPE_V128:
            memcpy(slots, value.v128, 16);
            slots += 2;
            break;
        case LODGE_TYPE_FUNCREF:
            rc = ref_out(st, &value, slots++, err);
            break;
        default:
            rc = refuse_type(codes[i], err);
        }
    }
    return rc;
}

/* ---- the C API's tagged values ----------------------------------------- */

static lodge_status null_val(uint32_t code, wasmtime_val_t *val,
                             lodge_error *err)
{
    switch (code) {
    case LODGE_TYPE_EXTERNREF:
        val->kind = WASMTIME_EXTERNREF;
        wasmtime_externref_set_null(&val->of.externref);
        return LODGE_OK;
    case LODGE_TYPE_ANYREF:
    case LODGE_TYPE_EQREF:
    case LODGE_TYPE_I31REF:
    case LODGE_TYPE_STRUCTREF:
    case LODGE_TYPE_ARRAYREF:
        val->kind = WASMTIME_ANYREF;
        wasmtime_anyref_set_null(&val->of.anyref);
        return LODGE_OK;
    default:
        return refuse_type(code, err);
    }
}

lodge_status value_to_val(struct store *st, uint32_t code,
                          const uint64_t *slots, wasmtime_val_t *val,
                          lodge_error *err)
{
    const wasmtime_func_t *func;
    lodge_status rc;

    memset(val, 0, sizeof *val);
    switch (code) {
    case LODGE_TYPE_I32:
    case LODGE_TYPE_F32:
        val->kind = code == LODGE_TYPE_I32 ? WASMTIME_I32 : WASMTIME_F32;
        val->of.i32 = (int32_t)(uint32_t)slots[0];
        return LODGE_OK;
    case LODGE_TYPE_I64:
    case LODGE_TYPE_F64:
        val->kind = code == LODGE_TYPE_I64 ? WASMTIME_I64 : WASMTIME_F64;
        val->of.i64 = (int64_t)slots[0];
        return LODGE_OK;
    case LODGE_TYPE_V128:
        val->kind = WASMTIME_V128;
        memcpy(val->of.v128, slots, 16);
        return LODGE_OK;
    case LODGE_TYPE_FUNCREF:
        val->kind = WASMTIME_FUNCREF;
        if (slots[0] == 0)
            return LODGE_OK; /* store_id 0 is null */
        rc = func_of(st, slots[0], &func, err);
        if (rc == LODGE_OK)
            val->of.funcref = *func;
        return rc;
    default:
        return slots[0] ? refuse_type(code, err) : null_val(code, val, err);
    }
}

static lodge_status func_from_val(struct store *st, const wasmtime_val_t *val,
                                  uint64_t *slots, lodge_error *err)
{
    uint32_t at;
    lodge_status rc;

    if (wasmtime_funcref_is_null(&val->of.funcref)) {
        slots[0] = 0;
        return LODGE_OK;
    }
    rc = store_item(st, LODGE_KIND_FUNC, &val->of.funcref, &at, err);
    if (rc == LODGE_OK)
        slots[0] = store_child_id(st, at);
    return rc;
}

lodge_status value_from_val(struct store *st, const wasmtime_val_t *val,
                            uint64_t *slots, lodge_error *err)
{
    int null;

    switch (val->kind) {
    case WASMTIME_I32:
    case WASMTIME_F32:
        slots[0] = (uint32_t)val->of.i32;
        return LODGE_OK;
    case WASMTIME_I64:
    case WASMTIME_F64:
        slots[0] = (uint64_t)val->of.i64;
        return LODGE_OK;
    case WASMTIME_V128:
        memcpy(slots, val->of.v128, 16);
        return LODGE_OK;
    case WASMTIME_FUNCREF:
        return func_from_val(st, val, slots, err);
    case WASMTIME_EXTERNREF:
        null = wasmtime_externref_is_null(&val->of.externref);
        break;
    case WASMTIME_ANYREF:
        null = wasmtime_anyref_is_null(&val->of.anyref);
        break;
    default:
        null = 0;
    }
    if (!null)
        return error_refuse(err, LODGE_E_UNSUPPORTED,
                            "only null can be read of this type yet");
    slots[0] = 0;
    return LODGE_OK;
}

/* value.c - slots of the host to values of Wasmtime, and back.
 * It must not know what they are for.
 */
#include <string.h>

#include "rooms.h"

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
    const wasmtime_func_t *func = NULL;
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

lodge_status value_in_one(struct store *st, uint32_t code,
                          const uint64_t *slots, wasmtime_val_raw_t *raw,
                          lodge_error *err)
{
    switch (code) {
    case LODGE_TYPE_I32:
    case LODGE_TYPE_F32:
        raw->i64 = (int64_t)(slots[0] & UINT32_MAX);
        return LODGE_OK;
    case LODGE_TYPE_V128:
        memcpy(raw->v128, slots, 16);
        return LODGE_OK;
    case LODGE_TYPE_FUNCREF:
        return ref_in(st, slots[0], raw, err);
    default:
        raw->i64 = (int64_t)slots[0];
        return LODGE_OK;
    }
}

static lodge_status value_out_one(struct store *st, uint32_t code,
                                  const wasmtime_val_raw_t *raw,
                                  uint64_t *slots, lodge_error *err)
{
    switch (code) {
    case LODGE_TYPE_I32:
    case LODGE_TYPE_F32:
        slots[0] = (uint64_t)raw->i64 & UINT32_MAX;
        return LODGE_OK;
    case LODGE_TYPE_V128:
        memcpy(slots, raw->v128, 16);
        return LODGE_OK;
    case LODGE_TYPE_FUNCREF:
        return ref_out(st, raw, slots, err);
    default:
        slots[0] = (uint64_t)raw->i64;
        return LODGE_OK;
    }
}

static uint32_t slots_of(uint32_t code)
{
    return code == LODGE_TYPE_V128 ? 2 : 1;
}

/* ---- all that has references ------------------------------------------ */

/* Values that a host function was given or has returned: there is no record
 * for the message, it becomes the function's failure.
 */
static lodge_status host_refused(struct store *st, wasmtime_error_t *error)
{
    lodge_error err = LODGE_ERROR_INIT;
    lodge_status rc = trap_translate(st, error, LODGE_E_TYPE, &err);

    lodge_wt_failure_set(&st->link, rc, 0, 0, err.message,
                         strnlen(err.message, sizeof err.message));
    return rc;
}

static lodge_status refs_done(struct store *st, const struct sig *sig,
                              wasmtime_error_t *error, lodge_error *err)
{
    if (!error)
        return LODGE_OK;
    if (!sig->func.store_id)
        return host_refused(st, error);
    return trap_translate(st, error, LODGE_E_TYPE, err);
}

static struct lodge_wt_values values_of(const struct sig *sig, uint32_t first,
                                        uint32_t n)
{
    return (struct lodge_wt_values){.func =
                                        sig->func.store_id ? &sig->func : NULL,
                                    .list = sig->list,
                                    .codes = sig->codes + first,
                                    .first = first,
                                    .n = n};
}

/* What a host function returns is given away, what a call is given is not
 * before the call begins.
 */
static lodge_status refs_in(struct store *st, const struct sig *sig,
                            uint32_t first, uint32_t n, const uint64_t *slots,
                            wasmtime_val_raw_t *raw, lodge_error *err)
{
    const struct lodge_wt_values values = values_of(sig, first, n);

    return refs_done(st, sig,
                     lodge_wt_refs_in(st->ctx, &values, slots, raw,
                                      values.func ? 0 : LODGE_WT_REFS_GIVEN),
                     err);
}

static lodge_status refs_out(struct store *st, const struct sig *sig,
                             uint32_t first, uint32_t n,
                             const wasmtime_val_raw_t *raw, uint64_t *slots,
                             lodge_error *err)
{
    const struct lodge_wt_values values = values_of(sig, first, n);

    return refs_done(
        st, sig, lodge_wt_refs_out(st->ctx, &values, raw, slots, !values.func),
        err);
}

lodge_status value_check_results(struct store *st, const struct sig *sig,
                                 const uint64_t *slots, lodge_error *err)
{
    const uint32_t *codes = sig->codes + sig->nparams;
    lodge_status rc = LODGE_OK;
    wasmtime_val_raw_t raw;
    uint32_t i;

    if (sig->refs) {
        const struct lodge_wt_values values =
            values_of(sig, sig->nparams, sig->nresults);
        wasmtime_error_t *error = lodge_wt_refs_in(st->ctx, &values, slots,
                                                   NULL, LODGE_WT_REFS_CHECK);

        return error ? trap_translate(st, error, LODGE_E_TYPE, err) : LODGE_OK;
    }
    for (i = 0; i < sig->nresults && rc == LODGE_OK; i++) {
        rc = value_in_one(st, codes[i], slots, &raw, err);
        slots += slots_of(codes[i]);
    }
    return rc;
}

/* ---- both ways -------------------------------------------------------- */

lodge_status value_in(struct store *st, const struct sig *sig, uint32_t first,
                      uint32_t n, const uint64_t *slots,
                      wasmtime_val_raw_t *raw, lodge_error *err)
{
    const uint32_t *codes = sig->codes + first;
    lodge_status rc = LODGE_OK;
    uint32_t i;

    if (sig->refs)
        return refs_in(st, sig, first, n, slots, raw, err);
    for (i = 0; i < n && rc == LODGE_OK; i++) {
        rc = value_in_one(st, codes[i], slots, &raw[i], err);
        slots += slots_of(codes[i]);
    }
    return rc;
}

lodge_status value_out(struct store *st, const struct sig *sig, uint32_t first,
                       uint32_t n, const wasmtime_val_raw_t *raw,
                       uint64_t *slots, lodge_error *err)
{
    const uint32_t *codes = sig->codes + first;
    lodge_status rc = LODGE_OK;
    wasmtime_val_raw_t value;
    uint32_t i;

    if (sig->refs)
        return refs_out(st, sig, first, n, raw, slots, err);
    for (i = 0; i < n && rc == LODGE_OK; i++) {
        value = raw[i]; /* slots may overlay raw */
        rc = value_out_one(st, codes[i], &value, slots, err);
        slots += slots_of(codes[i]);
    }
    return rc;
}

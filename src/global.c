/* global.c - globals: made, read, written.
 * It must not know who else uses them.
 */
#include "rooms.h"

/* One of what may be done with a global on the fiber. */
struct order {
    wasmtime_global_t global;
    const struct type_limits *type;
    const uint64_t *slots;
};

static lodge_status make(struct store *st, void *arg, lodge_error *err)
{
    struct order *o = arg;
    wasmtime_error_t *error = lodge_wt_global_new(
        st->ctx, o->type->code, o->type->mut != 0, o->slots, &o->global);

    return error ? trap_translate(st, error, LODGE_E_TYPE, err) : LODGE_OK;
}

lodge_status global_make(struct store *st, const struct type_limits *type,
                         const uint64_t *slots, wasmtime_global_t *out,
                         lodge_error *err)
{
    struct order o = {.type = type, .slots = slots};
    lodge_status rc;

    if (type->code == LODGE_TYPE_REF)
        return error_refuse(err, LODGE_E_UNSUPPORTED,
                            "type: 'ref' does not say which type");
    rc = ref_run(st, make, &o, err);
    if (rc == LODGE_OK)
        *out = o.global;
    return rc;
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

    if (!ptr_to_u64(out) || !ptr_to_u64(slots))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "%s: is NULL or not aligned",
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
                        "slots: %u given, the value needs %u", len, need);
}

lodge_status lodge_global_get(lodge_global global, uint64_t *slots,
                              uint32_t len, lodge_error *err)
{
    wasmtime_error_t *error;
    wasmtime_global_t raw;
    struct store *st;
    struct child *c;
    lodge_status rc;

    if (!ptr_to_u64(slots))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "slots: is NULL or not aligned");
    rc = store_enter_child(global.id, LODGE_KIND_GLOBAL, &st, &c, err);
    if (rc != LODGE_OK)
        return rc;
    raw = c->of.global; /* the table of children may move */
    rc = slots_check(c, len, err);
    if (rc == LODGE_OK) {
        error = lodge_wt_global_get(st->ctx, &raw, slots);
        if (error)
            rc = trap_translate(st, error, LODGE_E_TYPE, err);
    }
    handle_leave(global.id);
    return rc;
}

static lodge_status set(struct store *st, void *arg, lodge_error *err)
{
    const struct order *o = arg;
    wasmtime_error_t *error =
        lodge_wt_global_set(st->ctx, &o->global, o->slots);

    return error ? trap_translate(st, error, LODGE_E_TYPE, err) : LODGE_OK;
}

lodge_status lodge_global_set(lodge_global global, const uint64_t *slots,
                              uint32_t len, lodge_error *err)
{
    struct order o = {.slots = slots};
    struct store *st;
    struct child *c;
    lodge_status rc;

    if (!ptr_to_u64(slots))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "slots: is NULL or not aligned");
    rc = store_enter_child(global.id, LODGE_KIND_GLOBAL, &st, &c, err);
    if (rc != LODGE_OK)
        return rc;
    rc = slots_check(c, len, err);
    if (rc == LODGE_OK) {
        o.global = c->of.global;
        rc = ref_run(st, set, &o, err);
    }
    handle_leave(global.id);
    return rc;
}

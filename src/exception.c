/* exception.c - exceptions: made, thrown and read by the host.
 * It must not know how a guest catches them.
 */
#include "rooms.h"

/* ---- making ----------------------------------------------------------- */

struct making {
    wasmtime_tag_t tag;
    const uint64_t *slots;
    uint64_t id;
};

static lodge_status make(struct store *st, void *arg, lodge_error *err)
{
    struct making *m = arg;
    uint32_t number;
    wasmtime_error_t *error =
        lodge_wt_exception_new(st->ctx, &m->tag, m->slots, &number);

    if (error)
        return trap_translate(st, error, LODGE_E_TYPE, err);
    m->id = st->id | number;
    return LODGE_OK;
}

static lodge_status check_slots(const struct sig *sig, const uint64_t *slots,
                                uint32_t len, lodge_error *err)
{
    if (sig->param_slots && !ptr_to_u64(slots))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "slots: is NULL or not aligned, %u slots are "
                            "needed",
                            sig->param_slots);
    if (len < sig->param_slots)
        return error_refuse(err, LODGE_E_BUFFER,
                            "slots: %u given, the exception needs %u", len,
                            sig->param_slots);
    return LODGE_OK;
}

lodge_status lodge_exception_new(lodge_tag tag, const uint64_t *slots,
                                 uint32_t len, lodge_ref *out,
                                 lodge_error *err)
{
    struct making m = {.slots = slots};
    struct store *st;
    struct child *c;
    lodge_status rc;

    if (!ptr_to_u64(out))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "out: is NULL or not aligned");
    rc = store_enter_child(tag.id, LODGE_KIND_TAG, &st, &c, err);
    if (rc != LODGE_OK)
        return rc;
    m.tag = c->of.tag;
    rc = check_slots(c->sig, slots, len, err);
    if (rc == LODGE_OK)
        rc = ref_run(st, make, &m, err);
    if (rc == LODGE_OK)
        out->id = m.id;
    handle_leave(tag.id);
    return rc;
}

/* ---- reading ---------------------------------------------------------- */

static uint32_t number_of(uint64_t id)
{
    return (uint32_t)(id & HANDLE_CHILD_MASK);
}

lodge_status exception_check(struct store *st, uint64_t ref, lodge_error *err)
{
    wasmtime_error_t *error;
    wasmtime_tag_t tag;
    lodge_status rc = ref_check(st, ref, err);

    if (rc != LODGE_OK)
        return rc;
    error = lodge_wt_exception_tag(st->ctx, number_of(ref), &tag);
    return error ? trap_translate(st, error, LODGE_E_TYPE, err) : LODGE_OK;
}

static lodge_status enter(lodge_ref exception, struct store **st,
                          lodge_error *err)
{
    lodge_status rc = ref_enter(exception.id, st, err);

    if (rc != LODGE_OK)
        return rc;
    rc = exception_check(*st, exception.id, err);
    if (rc != LODGE_OK)
        handle_leave(exception.id);
    return rc;
}

lodge_status lodge_exception_tag(lodge_ref exception, lodge_tag *out,
                                 lodge_error *err)
{
    wasmtime_error_t *error;
    wasmtime_tag_t tag;
    struct store *st;
    uint32_t at;
    lodge_status rc;

    if (!ptr_to_u64(out))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "out: is NULL or not aligned");
    rc = enter(exception, &st, err);
    if (rc != LODGE_OK)
        return rc;
    error = lodge_wt_exception_tag(st->ctx, number_of(exception.id), &tag);
    rc = error ? trap_translate(st, error, LODGE_E_TYPE, err)
               : store_item(st, LODGE_KIND_TAG, &tag, &at, err);
    if (rc == LODGE_OK)
        out->id = store_child_id(st, at);
    handle_leave(exception.id);
    return rc;
}

lodge_status lodge_exception_read(lodge_ref exception, uint64_t *slots,
                                  uint32_t len, lodge_error *err)
{
    wasmtime_error_t *error;
    struct store *st;
    lodge_status rc = LODGE_OK;

    if (len && !ptr_to_u64(slots))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "slots: is NULL or not aligned");
    rc = enter(exception, &st, err);
    if (rc != LODGE_OK)
        return rc;
    error =
        lodge_wt_exception_read(st->ctx, number_of(exception.id), slots, len);
    if (error)
        rc = trap_translate(st, error, LODGE_E_TYPE, err);
    handle_leave(exception.id);
    return rc;
}

/* ---- throwing --------------------------------------------------------- */

lodge_status exception_throw(struct store *st, uint64_t ref, lodge_error *err)
{
    wasmtime_error_t *error;
    lodge_status rc = exception_check(st, ref, err);

    if (rc != LODGE_OK)
        return rc;
    error = lodge_wt_failure_throw(&st->link, number_of(ref));
    return error ? trap_translate(st, error, LODGE_E_TYPE, err) : LODGE_OK;
}

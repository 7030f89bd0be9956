/* ref_make.c - objects of the guest's heap that the host makes, and what it
 * does with many elements at once.
 * It must not know how a call passes them.
 */
#include "rooms.h"

static uint32_t number_of(uint64_t id)
{
    return (uint32_t)(id & HANDLE_CHILD_MASK);
}

/* One of what is done on the fiber, if a guest waits there. */
struct order {
    wasmtime_error_t *(*act)(wasmtime_context_t *store, struct order *o);
    uint32_t type; /* or the number of the object */
    uint32_t from; /* number of another object */
    uint64_t index, at, count;
    const uint64_t *slots;
    const uint8_t *bytes;
    size_t len;
    uint32_t made;
};

static lodge_status run(struct store *st, void *arg, lodge_error *err)
{
    const struct call_counts counted = call_counts_of(st);
    struct order *o = arg;
    wasmtime_error_t *error = o->act(st->ctx, o);

    if (!error)
        return LODGE_OK;
    call_counts_restore(st, &counted);
    return trap_translate(st, error, LODGE_E_TYPE, err);
}

static lodge_status make(lodge_store store, struct order *o, lodge_ref *out,
                         lodge_error *err)
{
    struct store *st;
    lodge_status rc;

    if (!ptr_to_u64(out))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "out: is NULL or not aligned");
    rc = store_enter_own(store, &st, err);
    if (rc != LODGE_OK)
        return rc;
    rc = ref_run(st, run, o, err);
    if (rc == LODGE_OK)
        out->id = st->id | o->made;
    handle_leave(store.id);
    return rc;
}

/* ---- making ----------------------------------------------------------- */

static wasmtime_error_t *new_struct(wasmtime_context_t *store, struct order *o)
{
    return lodge_wt_struct_new(store, o->type, o->slots, o->len, &o->made);
}

lodge_status lodge_ref_struct(lodge_store store, uint32_t type,
                              const uint64_t *slots, uint32_t len,
                              lodge_ref *out, lodge_error *err)
{
    struct order o = {new_struct, .type = type, .slots = slots, .len = len};

    if (len ? !ptr_to_u64(slots) : !null_or_u64(slots))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "slots: is NULL or not aligned");
    return make(store, &o, out, err);
}

static wasmtime_error_t *new_array(wasmtime_context_t *store, struct order *o)
{
    return lodge_wt_array_new(store, o->type, o->count, o->slots, o->len,
                              &o->made);
}

lodge_status lodge_ref_array(lodge_store store, uint32_t type, uint64_t count,
                             const uint64_t *slots, uint32_t len,
                             lodge_ref *out, lodge_error *err)
{
    struct order o = {.act = new_array,
                      .type = type,
                      .count = count,
                      .slots = slots,
                      .len = len};

    if (len ? !ptr_to_u64(slots) : !null_or_u64(slots))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "slots: is NULL or not aligned");
    return make(store, &o, out, err);
}

static wasmtime_error_t *new_array_of(wasmtime_context_t *store,
                                      struct order *o)
{
    return lodge_wt_array_of(store, o->type, o->slots, o->len, &o->made);
}

lodge_status lodge_ref_array_of(lodge_store store, uint32_t type,
                                const uint64_t *slots, uint32_t len,
                                lodge_ref *out, lodge_error *err)
{
    struct order o = {new_array_of, .type = type, .slots = slots, .len = len};

    if (len ? !ptr_to_u64(slots) : !null_or_u64(slots))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "slots: is NULL or not aligned");
    return make(store, &o, out, err);
}

static wasmtime_error_t *new_array_bytes(wasmtime_context_t *store,
                                         struct order *o)
{
    return lodge_wt_array_bytes(store, o->type, o->bytes, o->len, &o->made);
}

lodge_status lodge_ref_array_bytes(lodge_store store, uint32_t type,
                                   const uint8_t *ptr, uint64_t len,
                                   lodge_ref *out, lodge_error *err)
{
    struct order o = {new_array_bytes, .type = type, .bytes = ptr,
                      .len = (size_t)len};
    lodge_status rc = bytes_check(ptr, len, "ptr", err);

    return rc == LODGE_OK ? make(store, &o, out, err) : rc;
}

static wasmtime_error_t *from_extern(wasmtime_context_t *store,
                                     struct order *o)
{
    return lodge_wt_ref_from_extern(store, o->index, &o->made);
}

lodge_status lodge_ref_from_extern(lodge_store store, uint64_t slot,
                                   lodge_ref *out, lodge_error *err)
{
    struct order o = {from_extern, .index = slot};

    if (!slot)
        return error_refuse(err, LODGE_E_ARGUMENT, "slot: 0 is null");
    return make(store, &o, out, err);
}

/* ---- what there is ---------------------------------------------------- */

static lodge_status act(lodge_ref ref, struct order *o, lodge_error *err)
{
    struct store *st;
    lodge_status rc = ref_enter(ref.id, &st, err);

    if (rc != LODGE_OK)
        return rc;
    o->type = number_of(ref.id);
    rc = ref_run(st, run, o, err);
    handle_leave(ref.id);
    return rc;
}

static wasmtime_error_t *fill(wasmtime_context_t *store, struct order *o)
{
    return lodge_wt_ref_fill(store, o->type, o->index, o->count, o->slots,
                             o->len);
}

lodge_status lodge_ref_fill(lodge_ref ref, uint64_t index, uint64_t count,
                            const uint64_t *slots, uint32_t len,
                            lodge_error *err)
{
    struct order o = {.act = fill,
                      .index = index,
                      .count = count,
                      .slots = slots,
                      .len = len};

    if (!ptr_to_u64(slots))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "slots: is NULL or not aligned");
    return act(ref, &o, err);
}

static wasmtime_error_t *copy(wasmtime_context_t *store, struct order *o)
{
    return lodge_wt_ref_copy(store, o->type, o->index, o->from, o->at,
                             o->count);
}

lodge_status lodge_ref_copy(lodge_ref ref, uint64_t index, lodge_ref from,
                            uint64_t from_index, uint64_t count,
                            lodge_error *err)
{
    struct order o = {.act = copy,
                      .type = number_of(ref.id),
                      .from = number_of(from.id),
                      .index = index,
                      .at = from_index,
                      .count = count};
    struct store *st;
    lodge_status rc = ref_enter(ref.id, &st, err);

    if (rc != LODGE_OK)
        return rc;
    rc = ref_check(st, from.id, err);
    if (rc == LODGE_OK)
        rc = ref_run(st, run, &o, err);
    handle_leave(ref.id);
    return rc;
}

static lodge_status leave(struct store *st, uint64_t id,
                          wasmtime_error_t *error, lodge_error *err)
{
    lodge_status rc = LODGE_OK;

    if (error)
        rc = trap_translate(st, error, LODGE_E_TYPE, err);
    handle_leave(id);
    return rc;
}

lodge_status lodge_ref_read_bytes(lodge_ref ref, uint64_t index, uint8_t *buf,
                                  uint64_t len, lodge_error *err)
{
    struct store *st;
    lodge_status rc = bytes_check(buf, len, "buf", err);

    if (rc == LODGE_OK)
        rc = ref_enter(ref.id, &st, err);
    if (rc != LODGE_OK)
        return rc;
    return leave(st, ref.id,
                 lodge_wt_ref_read_bytes(st->ctx, number_of(ref.id), index,
                                         buf, (size_t)len),
                 err);
}

lodge_status lodge_ref_write_bytes(lodge_ref ref, uint64_t index,
                                   const uint8_t *ptr, uint64_t len,
                                   lodge_error *err)
{
    struct store *st;
    lodge_status rc = bytes_check(ptr, len, "ptr", err);

    if (rc == LODGE_OK)
        rc = ref_enter(ref.id, &st, err);
    if (rc != LODGE_OK)
        return rc;
    return leave(st, ref.id,
                 lodge_wt_ref_write_bytes(st->ctx, number_of(ref.id), index,
                                          ptr, (size_t)len),
                 err);
}

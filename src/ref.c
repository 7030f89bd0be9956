/* ref.c - references to objects of the guest's heap, by id.
 * It must not know how a call passes them.
 */
#include <string.h>

#include "rooms.h"

/* ---- what the Rust side asks for --------------------------------------- */

static int32_t func_in(struct lodge_wt_store *link, uint64_t id,
                       wasmtime_func_t *out)
{
    const struct store *st = (const struct store *)link;
    const struct child *c;

    if (handle_parent(id) != st->id)
        return store_child_refuse(st, id, LODGE_KIND_FUNC, NULL);
    c = store_child(st, id, LODGE_KIND_FUNC);
    if (!c)
        return LODGE_E_HANDLE;
    *out = c->of.func;
    return LODGE_OK;
}

static int32_t func_out(struct lodge_wt_store *link,
                        const wasmtime_func_t *func, uint64_t *id)
{
    struct store *st = (struct store *)link;
    uint32_t at;
    lodge_status rc = store_item(st, LODGE_KIND_FUNC, func, &at, NULL);

    if (rc == LODGE_OK)
        *id = store_child_id(st, at);
    return rc;
}

static int32_t ref_in(struct lodge_wt_store *link, uint64_t id)
{
    return ref_check((struct store *)link, id, NULL);
}

/* A token that is 0 is not queued: it was not taken over. */
static void *token_new(void)
{
    struct reap_node *node = alloc_zero(sizeof *node);

    if (node)
        node->kind = LODGE_KIND_EXTERNREF;
    return node;
}

static void token_arm(struct lodge_wt_store *link, void *record,
                      uint64_t token)
{
    struct store *st = (struct store *)link;
    struct reap_node *node = record;

    st->externrefs++;
    node->token = token;
}

static void token_gone(struct lodge_wt_store *link, void *record)
{
    const struct store *st = (const struct store *)link;

    domain_push(domain_ref(st->eng->domain), record);
}

const struct lodge_wt_room ref_room = {func_in,   func_out,  ref_in,
                                       token_new, token_arm, token_gone};

/* ---- what may collect garbage ------------------------------------------ */

lodge_status ref_run(struct store *st, ref_job *job, void *arg,
                     lodge_error *err)
{
    return st->stopped ? fiber_job(st, job, arg, err) : job(st, arg, err);
}

/* ---- checking ---------------------------------------------------------- */

static uint32_t number_of(uint64_t id)
{
    return (uint32_t)(id & HANDLE_CHILD_MASK);
}

lodge_status ref_check(struct store *st, uint64_t id, lodge_error *err)
{
    if (handle_parent(id) != st->id || !ref_is(id))
        return store_child_refuse(st, id, LODGE_KIND_REF, err);
    if (lodge_wt_ref_live(&st->link, number_of(id)))
        return LODGE_OK;
    return error_refuse(err, LODGE_E_HANDLE,
                        "the handle is stale: a live reference was "
                        "expected");
}

lodge_status ref_enter(uint64_t id, struct store **st, lodge_error *err)
{
    lodge_status rc = store_enter(id, st, err);

    if (rc != LODGE_OK)
        return rc;
    rc = (*st)->odd & ODD_YIELDS ? suspend_refuse(*st, err)
                                 : ref_check(*st, id, err);
    if (rc != LODGE_OK)
        handle_leave(id);
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

/* ---- closing ----------------------------------------------------------- */

void ref_close(struct store *st, uint64_t id)
{
    if (ref_is(id))
        lodge_wt_ref_close(&st->link, number_of(id));
}

lodge_status lodge_ref_close(lodge_ref ref)
{
    lodge_status rc;
    void *obj;

    if (!ref_is(ref.id))
        return LODGE_OK;
    rc = handle_enter(ref.id, &obj, NULL);
    if (rc == LODGE_E_BUSY)
        instance_close_later(ref.id);
    if (rc != LODGE_OK)
        return LODGE_OK;
    ref_close(obj, ref.id);
    handle_leave(ref.id);
    return LODGE_OK;
}

lodge_status lodge_store_scope(lodge_store store, uint64_t *scope,
                               lodge_error *err)
{
    struct store *st;
    lodge_status rc;

    if (!ptr_to_u64(scope))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "scope: is NULL or not aligned");
    rc = store_enter_own(store, &st, err);
    if (rc != LODGE_OK)
        return rc;
    *scope = lodge_wt_refs_made(&st->link);
    handle_leave(store.id);
    return LODGE_OK;
}

lodge_status lodge_store_scope_end(lodge_store store, uint64_t scope,
                                   lodge_error *err)
{
    struct store *st;
    lodge_status rc = store_enter_own(store, &st, err);

    if (rc != LODGE_OK)
        return rc;
    lodge_wt_refs_close_since(&st->link, scope);
    handle_leave(store.id);
    return LODGE_OK;
}

/* ---- what they are ----------------------------------------------------- */

lodge_status lodge_ref_dup(lodge_ref ref, lodge_ref *out, lodge_error *err)
{
    wasmtime_error_t *error;
    struct store *st;
    uint32_t number;
    lodge_status rc;

    if (!ptr_to_u64(out))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "out: is NULL or not aligned");
    rc = ref_enter(ref.id, &st, err);
    if (rc != LODGE_OK)
        return rc;
    error = lodge_wt_ref_dup(&st->link, number_of(ref.id), &number);
    if (!error)
        out->id = st->id | number;
    return leave(st, ref.id, error, err);
}

lodge_status lodge_ref_type(lodge_ref ref, char *buf, uint64_t cap,
                            uint64_t *len, lodge_error *err)
{
    wasmtime_error_t *error;
    const char *name;
    struct store *st;
    uint32_t code = 0;
    lodge_status rc = ref_enter(ref.id, &st, err);

    if (rc != LODGE_OK)
        return rc;
    error = lodge_wt_ref_type(st->ctx, number_of(ref.id), &code);
    rc = leave(st, ref.id, error, err);
    if (rc != LODGE_OK)
        return rc;
    name = type_name(code);
    return text_out(name, strlen(name), buf, cap, len, err);
}

lodge_status type_code_check(uint32_t type, lodge_error *err)
{
    uint32_t is = type & ~LODGE_WT_NOT_NULL;

    if (type == is && ((is >= LODGE_TYPE_FUNCREF && is < LODGE_TYPE_REF) ||
                       is >= LODGE_WT_TYPE_FIRST))
        return LODGE_OK;
    return error_refuse(err, LODGE_E_ARGUMENT,
                        "type: %u is not LODGE_TYPE_FUNCREF to "
                        "LODGE_TYPE_NULLEXNREF, nor the number of a type",
                        type);
}

static lodge_status test(struct store *st, uint64_t id, uint32_t type,
                         uint32_t *yes, lodge_error *err)
{
    wasmtime_error_t *error =
        lodge_wt_ref_test(st->ctx, number_of(id), type, yes);

    return error ? trap_translate(st, error, LODGE_E_TYPE, err) : LODGE_OK;
}

lodge_status lodge_ref_test(lodge_ref ref, uint32_t type, uint32_t *yes,
                            lodge_error *err)
{
    struct store *st;
    lodge_status rc;

    if (!ptr_to_u32(yes))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "yes: is NULL or not aligned");
    rc = type_code_check(type, err);
    if (rc == LODGE_OK)
        rc = ref_enter(ref.id, &st, err);
    if (rc != LODGE_OK)
        return rc;
    rc = test(st, ref.id, type, yes, err);
    handle_leave(ref.id);
    return rc;
}

lodge_status lodge_ref_cast(lodge_ref ref, uint32_t type, lodge_error *err)
{
    struct textbuf text = {0};
    uint32_t yes, is = 0;
    wasmtime_error_t *error;
    struct store *st;
    lodge_status rc = type_code_check(type, err);

    if (rc == LODGE_OK)
        rc = ref_enter(ref.id, &st, err);
    if (rc != LODGE_OK)
        return rc;
    rc = test(st, ref.id, type, &yes, err);
    if (rc == LODGE_OK && !yes) {
        error = lodge_wt_ref_exact(st->ctx, number_of(ref.id), &is);
        if (error)
            wasmtime_error_delete(error);
        type_code_text(is, &text);
        textbuf_printf(&text, ", not ");
        type_code_text(type, &text);
        rc = error_refuse(err, LODGE_E_TYPE, "ref: is %s",
                          text.failed ? "of another type" : text.ptr);
        textbuf_free(&text);
    }
    handle_leave(ref.id);
    return rc;
}

lodge_status lodge_ref_exact_type(lodge_ref ref, uint32_t *type,
                                  lodge_error *err)
{
    struct store *st;
    lodge_status rc;

    if (!ptr_to_u32(type))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "type: is NULL or not aligned");
    rc = ref_enter(ref.id, &st, err);
    if (rc != LODGE_OK)
        return rc;
    return leave(st, ref.id,
                 lodge_wt_ref_exact(st->ctx, number_of(ref.id), type), err);
}

lodge_status lodge_ref_to_extern(lodge_ref ref, uint64_t *slot,
                                 lodge_error *err)
{
    struct store *st;
    lodge_status rc;

    if (!ptr_to_u64(slot))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "slot: is NULL or not aligned");
    rc = ref_enter(ref.id, &st, err);
    if (rc != LODGE_OK)
        return rc;
    return leave(st, ref.id,
                 lodge_wt_ref_to_extern(st->ctx, number_of(ref.id), slot),
                 err);
}

lodge_status lodge_ref_same(lodge_ref ref, lodge_ref other, uint32_t *yes,
                            lodge_error *err)
{
    wasmtime_error_t *error = NULL;
    struct store *st;
    lodge_status rc;

    if (!ptr_to_u32(yes))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "yes: is NULL or not aligned");
    rc = ref_enter(ref.id, &st, err);
    if (rc != LODGE_OK)
        return rc;
    rc = ref_check(st, other.id, err);
    if (rc == LODGE_OK)
        error = lodge_wt_ref_same(st->ctx, number_of(ref.id),
                                  number_of(other.id), yes);
    if (error)
        return leave(st, ref.id, error, err);
    handle_leave(ref.id);
    return rc;
}

/* ---- what is in them --------------------------------------------------- */

lodge_status lodge_ref_i31(lodge_store store, uint32_t value, lodge_ref *out,
                           lodge_error *err)
{
    wasmtime_error_t *error;
    struct store *st;
    uint32_t number;
    lodge_status rc;

    if (!ptr_to_u64(out))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "out: is NULL or not aligned");
    if (value >> 31)
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "value: %u does not fit into 31 bits", value);
    rc = store_enter_own(store, &st, err);
    if (rc != LODGE_OK)
        return rc;
    error = lodge_wt_ref_i31(st->ctx, value, &number);
    if (!error)
        out->id = st->id | number;
    return leave(st, store.id, error, err);
}

lodge_status lodge_ref_len(lodge_ref ref, uint64_t *len, lodge_error *err)
{
    wasmtime_error_t *error;
    struct store *st;
    lodge_status rc;

    if (!ptr_to_u64(len))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "len: is NULL or not aligned");
    rc = ref_enter(ref.id, &st, err);
    if (rc != LODGE_OK)
        return rc;
    error = lodge_wt_ref_len(st->ctx, number_of(ref.id), len);
    return leave(st, ref.id, error, err);
}

static lodge_status check_slots(const uint64_t *slots, uint32_t len,
                                lodge_error *err)
{
    if (!ptr_to_u64(slots))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "slots: is NULL or not aligned");
    if (len == 0)
        return error_refuse(err, LODGE_E_BUFFER,
                            "slots: 0 given, a value needs 1");
    return LODGE_OK;
}

lodge_status lodge_ref_read(lodge_ref ref, uint64_t index, uint64_t *slots,
                            uint32_t len, lodge_error *err)
{
    wasmtime_error_t *error;
    struct store *st;
    lodge_status rc = check_slots(slots, len, err);

    if (rc == LODGE_OK)
        rc = ref_enter(ref.id, &st, err);
    if (rc != LODGE_OK)
        return rc;
    error = lodge_wt_ref_read(st->ctx, number_of(ref.id), index, slots, len);
    return leave(st, ref.id, error, err);
}

lodge_status lodge_ref_read_signed(lodge_ref ref, uint64_t index,
                                   uint64_t *slot, lodge_error *err)
{
    struct store *st;
    lodge_status rc;

    if (!ptr_to_u64(slot))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "slot: is NULL or not aligned");
    rc = ref_enter(ref.id, &st, err);
    if (rc != LODGE_OK)
        return rc;
    return leave(
        st, ref.id,
        lodge_wt_ref_read_signed(st->ctx, number_of(ref.id), index, slot),
        err);
}

struct writing {
    uint32_t number, len;
    uint64_t index;
    const uint64_t *slots;
};

static lodge_status write_one(struct store *st, void *arg, lodge_error *err)
{
    const struct writing *w = arg;
    wasmtime_error_t *error =
        lodge_wt_ref_write(st->ctx, w->number, w->index, w->slots, w->len);

    return error ? trap_translate(st, error, LODGE_E_TYPE, err) : LODGE_OK;
}

lodge_status lodge_ref_write(lodge_ref ref, uint64_t index,
                             const uint64_t *slots, uint32_t len,
                             lodge_error *err)
{
    struct writing w = {number_of(ref.id), len, index, slots};
    struct store *st;
    lodge_status rc = check_slots(slots, len, err);

    if (rc == LODGE_OK)
        rc = ref_enter(ref.id, &st, err);
    if (rc != LODGE_OK)
        return rc;
    rc = ref_run(st, write_one, &w, err);
    handle_leave(ref.id);
    return rc;
}

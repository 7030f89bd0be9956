/* tag.c - tags: the types of exceptions.
 * It must not know who throws.
 */
#include "rooms.h"

lodge_status tag_parse(const char *type, uint64_t len, struct sig **out,
                       lodge_error *err)
{
    struct sig *sig = NULL;
    uint32_t i;
    lodge_status rc = type_sig_parse(type, len, &sig, err);

    if (rc != LODGE_OK)
        return rc;
    if (sig->nresults)
        rc = error_refuse(err, LODGE_E_TYPE,
                          "type: an exception has values, but no results");
    for (i = 0; i < sig->nparams && rc == LODGE_OK; i++)
        if (sig->codes[i] == LODGE_TYPE_REF)
            rc = error_refuse(err, LODGE_E_UNSUPPORTED,
                              "type: 'ref' does not say which type");
    if (rc == LODGE_OK)
        *out = sig;
    else
        type_sig_free(sig);
    return rc;
}

lodge_status tag_make(struct store *st, const struct sig *sig, uint32_t *at,
                      lodge_error *err)
{
    wasmtime_tag_t tag;
    wasmtime_error_t *error =
        lodge_wt_tag_new(st->ctx, sig->list, sig->codes, sig->nparams, &tag);

    if (error)
        return trap_translate(st, error, LODGE_E_TYPE, err);
    return store_item(st, LODGE_KIND_TAG, &tag, at, err);
}

lodge_status lodge_tag_new(lodge_store store, const char *type,
                           uint64_t type_len, lodge_tag *out, lodge_error *err)
{
    struct sig *sig;
    struct store *st;
    uint32_t at;
    lodge_status rc;

    if (!ptr_to_u64(out))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "out: is NULL or not aligned");
    rc = tag_parse(type, type_len, &sig, err);
    if (rc != LODGE_OK)
        return rc;
    rc = store_enter_own(store, &st, err);
    if (rc == LODGE_OK) {
        rc = type_sig_resolve(sig, st->eng, err);
        if (rc == LODGE_OK)
            rc = tag_make(st, sig, &at, err);
        if (rc == LODGE_OK)
            out->id = store_child_id(st, at);
        handle_leave(store.id);
    }
    type_sig_free(sig);
    return rc;
}

lodge_status lodge_tag_type(lodge_tag tag, char *buf, uint64_t cap,
                            uint64_t *len, lodge_error *err)
{
    return store_type_out(tag.id, LODGE_KIND_TAG, buf, cap, len, err);
}

/* store_refuse.c - why the id of something in a store is refused.
 * It must not know what the id was for.
 */
#include "rooms.h"

const char *store_kind_name(uint32_t kind)
{
    static const char *const names[] = {"instance", "func",   "memory",
                                        "table",    "global", "tag",
                                        "ref",      "caller"};

    return kind >= LODGE_KIND_INSTANCE && kind <= LODGE_KIND_CALLER
               ? names[kind - LODGE_KIND_INSTANCE]
               : "store";
}

/* An id that is not of the store it is used in. What it names in another
 * store cannot be looked at from here.
 */
static lodge_status refuse_stranger(uint64_t id, const char *want,
                                    lodge_error *err)
{
    uint8_t kind;
    lodge_status rc = handle_describe(id, &kind);

    if (rc == LODGE_E_STATE)
        return error_refuse(err, rc,
                            "a %s was made before fork(), in the parent "
                            "process",
                            want);
    if (rc != LODGE_OK)
        return error_refuse(err, LODGE_E_HANDLE,
                            "the handle names nothing alive, a %s was "
                            "expected",
                            want);
    if (kind != LODGE_KIND_STORE || !(id & HANDLE_CHILD_MASK))
        return error_refuse(err, LODGE_E_HANDLE,
                            "the handle is of another kind, a %s was "
                            "expected",
                            want);
    return error_refuse(err, LODGE_E_FOREIGN,
                        "a %s of the same store was expected", want);
}

lodge_status store_child_refuse(const struct store *st, uint64_t id,
                                uint32_t kind, lodge_error *err)
{
    uint64_t at = id & HANDLE_CHILD_MASK;
    const char *want = store_kind_name(kind);

    if (handle_parent(id) != st->id)
        return refuse_stranger(id, want, err);
    if (ref_is(id))
        return error_refuse(err, LODGE_E_HANDLE,
                            "the handle names a reference, a %s was expected",
                            want);
    if (at >= CALLER_BIT)
        return error_refuse(
            err, LODGE_E_HANDLE,
            "the handle names a host call%s, a %s was "
            "expected",
            st->link.call && st->link.call->id == id ? "" : " that is over",
            want);
    if (at >= st->nchildren || (at && !st->children[at].kind))
        return error_refuse(err, LODGE_E_HANDLE,
                            "the handle names nothing in its store, a %s "
                            "was expected",
                            want);
    if (st->children[at].closed)
        return error_refuse(err, LODGE_E_HANDLE,
                            "the handle is stale: the instance was closed");
    return error_refuse(err, LODGE_E_HANDLE,
                        "the handle names a %s, a %s was expected",
                        store_kind_name(st->children[at].kind), want);
}

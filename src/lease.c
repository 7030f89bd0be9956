/* lease.c - memories that stay mapped while somebody has their address.
 * It must not know what happens there.
 */
#include "rooms.h"

/* Keeps what the mapping belongs to, also after a close. */
struct lease {
    struct store *st;      /* a reference, or NULL */
    struct shared *shared; /* the same */
};

static void lease_destroy(void *obj)
{
    struct lease *lease = obj;

    if (lease->st)
        store_drop(lease->st);
    shared_unref(lease->shared);
    alloc_free(lease);
}

lodge_status lease_make(struct store *st, struct shared *sh, lodge_lease *out,
                        lodge_error *err)
{
    struct lease *lease = alloc_zero(sizeof *lease);
    lodge_status rc;

    if (!lease)
        return error_memory(err);
    lease->st = st ? store_keep(st) : NULL;
    lease->shared = sh ? shared_ref(sh) : NULL;
    rc = handle_new(LODGE_KIND_LEASE, lease, lease_destroy, NULL, &out->id,
                    err);
    if (rc != LODGE_OK)
        lease_destroy(lease);
    return rc;
}

lodge_status lodge_shared_memory_lease(lodge_shared_memory memory,
                                       uint64_t *address, uint64_t *len,
                                       lodge_lease *out, lodge_error *err)
{
    struct shared_handle *handle;
    lodge_lease lease;
    lodge_status rc;

    if (!ptr_to_u64(address) || !ptr_to_u64(len) || !ptr_to_u64(out))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "address, len or out: is NULL or not aligned");
    rc = shared_pin(memory, &handle, err);
    if (rc != LODGE_OK)
        return rc;
    rc = lease_make(NULL, handle->sh, &lease, err);
    if (rc == LODGE_OK) {
        *address = (uint64_t)(uintptr_t)handle->sh->base;
        *len = shared_size(handle->sh);
        *out = lease; /* last, as in lodge_memory_lease */
    }
    handle_unpin(memory.id);
    return rc;
}

lodge_status lodge_lease_close(lodge_lease lease)
{
    handle_close(lease.id, LODGE_KIND_LEASE);
    return LODGE_OK;
}

/* cancel.c - ending calls from other threads.
 * It must not know how a call runs.
 *
 * A cancelled id is remembered in the store, in the place that its number
 * gives it; calls with an id form a list. Whoever runs guest code looks at
 * both: the epoch callback, and the entry and the answer of calls. Ids rise,
 * so an old one in the same place has been met or never will be.
 */
#include "rooms.h"

/* ---- meeting it ------------------------------------------------------- */

static int is_cancelled(const struct store *st, uint64_t id)
{
    return atomic_load_explicit(&st->link.cancelled[id % LODGE_WT_CANCELLED],
                                memory_order_acquire) == id;
}

int cancel_met(const struct store *st, const struct lodge_wt_open *open)
{
    uint32_t cancel =
        atomic_load_explicit(&st->link.cancel, memory_order_acquire);

    if (__builtin_expect(cancel == 0, 1))
        return 0;
    if (cancel & LODGE_WT_CANCEL_STORE)
        return 1;
    for (; open; open = open->up)
        if (is_cancelled(st, open->id))
            return 1;
    return 0;
}

lodge_status cancel_enter(struct store *st, struct lodge_wt_open *open,
                          uint64_t id, lodge_error *err)
{
    open->id = id;
    if (id == 0)
        return LODGE_OK;
    if (is_cancelled(st, id))
        return error_refuse(err, LODGE_E_CANCELLED,
                            "the call was cancelled before it began");
    open->up = st->link.open;
    st->link.open = open;
    return LODGE_OK;
}

/* ---- asking for it ---------------------------------------------------- */

lodge_status lodge_store_cancel(lodge_store store, uint64_t callid)
{
    struct store *st;

    if (callid == 0)
        return LODGE_E_ARGUMENT;
    if (store.id & HANDLE_CHILD_MASK)
        return LODGE_E_HANDLE;
    st = handle_peek(store.id, HANDLE_STORE_KIND);
    if (!st)
        return LODGE_E_HANDLE;
    atomic_store_explicit(&st->link.cancelled[callid % LODGE_WT_CANCELLED],
                          callid, memory_order_release);
    atomic_fetch_or(&st->link.cancel, LODGE_WT_CANCEL_SOME);
    wasmtime_engine_increment_epoch(st->eng->raw);
    handle_unpeek(store.id);
    return LODGE_OK;
}

void cancel_elsewhere(uint64_t id)
{
    struct store *st = handle_peek(id, HANDLE_STORE_KIND);

    if (!st)
        return;
    if (handle_is_entered_by_another(id)) {
        atomic_fetch_or(&st->link.cancel, LODGE_WT_CANCEL_STORE);
        wasmtime_engine_increment_epoch(st->eng->raw);
    }
    handle_unpeek(id);
}

/* cancel.c - ending calls from other threads.
 * It must not know how a call runs.
 *
 * A cancelled id is put in one of the store's places; calls with an id form
 * a list. Whoever runs guest code looks at both: the epoch callback, and the
 * entry, the end and the answer of calls.
 *
 * Ids rise, so three kinds can be told apart with two numbers, the least id
 * that is open and the highest that ever began: calls to come, calls that
 * may be open, and calls that are over. An id of the last kind is not kept,
 * and its place is free to be used again.
 */
#include "rooms.h"

/* ---- the places ------------------------------------------------------- */

/* `newest` is read first: a call sets it last when it begins. */
static int is_over(const struct store *st, uint64_t id)
{
    uint64_t newest =
        atomic_load_explicit(&st->link.newest, memory_order_acquire);
    uint64_t oldest =
        atomic_load_explicit(&st->link.oldest, memory_order_acquire);

    return id <= newest && (oldest == 0 || id < oldest);
}

/* Puts an id in the first place that nobody needs. Each place is tried once,
 * whatever others do meanwhile.
 */
static int remember(struct store *st, uint64_t id)
{
    _Atomic uint64_t *places = st->link.cancelled;
    uint64_t seen;
    int i;

    for (i = 0; i < LODGE_WT_CANCELLED; i++)
        if (atomic_load(&places[i]) == id)
            return 1;
    for (i = 0; i < LODGE_WT_CANCELLED; i++) {
        seen = atomic_load(&places[i]);
        if ((seen == 0 || is_over(st, seen)) &&
            atomic_compare_exchange_strong(&places[i], &seen, id))
            return 1;
    }
    return 0;
}

static int is_open(const struct lodge_wt_open *open, uint64_t id)
{
    while (open && open->id != id)
        open = open->up;
    return open != NULL;
}

static int any_open(const struct store *st, const struct lodge_wt_open *open)
{
    uint64_t id;
    int i;

    for (i = 0; open && i < LODGE_WT_CANCELLED; i++) {
        id =
            atomic_load_explicit(&st->link.cancelled[i], memory_order_acquire);
        if (id && is_open(open, id))
            return 1;
    }
    return 0;
}

/* Frees the places of calls that have ended. The mark that something is
 * remembered goes first: who remembers more sets it last.
 */
static void tidy(struct store *st, const struct lodge_wt_open *away)
{
    _Atomic uint64_t *places = st->link.cancelled;
    uint64_t newest, id;
    int i, left = 0;

    atomic_fetch_and(&st->link.cancel, ~(uint32_t)LODGE_WT_CANCEL_SOME);
    newest = atomic_load_explicit(&st->link.newest, memory_order_relaxed);
    for (i = 0; i < LODGE_WT_CANCELLED; i++) {
        id = atomic_load(&places[i]);
        if (id && id <= newest && !is_open(st->link.open, id) &&
            !is_open(away, id))
            atomic_compare_exchange_strong(&places[i], &id, 0);
        else
            left |= id != 0;
    }
    if (left)
        atomic_fetch_or(&st->link.cancel, LODGE_WT_CANCEL_SOME);
}

/* Calls that wait on the fiber, or beside it, are open too. */
static const struct lodge_wt_open *away_of(const struct store *st)
{
    return st->res ? st->res->away.open : NULL;
}

/* ---- meeting it ------------------------------------------------------- */

int cancel_met(const struct store *st, const struct lodge_wt_open *open)
{
    uint32_t cancel =
        atomic_load_explicit(&st->link.cancel, memory_order_acquire);

    if (__builtin_expect(cancel == 0, 1))
        return 0;
    return cancel & LODGE_WT_CANCEL_STORE || any_open(st, open);
}

lodge_status cancel_enter(struct store *st, struct lodge_wt_open *open,
                          uint64_t id, lodge_error *err)
{
    struct lodge_wt_store *link = &st->link;

    open->id = id;
    if (id == 0)
        return LODGE_OK;
    open->up = link->open;
    open->oldest = atomic_load_explicit(&link->oldest, memory_order_relaxed);
    link->open = open;
    if (open->oldest == 0 || id < open->oldest)
        atomic_store_explicit(&link->oldest, id, memory_order_release);
    if (id > atomic_load_explicit(&link->newest, memory_order_relaxed))
        atomic_store_explicit(&link->newest, id, memory_order_release);
    if (__builtin_expect(
            !(atomic_load_explicit(&link->cancel, memory_order_acquire) &
              LODGE_WT_CANCEL_SOME),
            1))
        return LODGE_OK;
    if (any_open(st, &(const struct lodge_wt_open){.id = id})) {
        cancel_leave(st, open);
        return error_refuse(err, LODGE_E_CANCELLED,
                            "the call was cancelled before it began");
    }
    tidy(st, away_of(st));
    return LODGE_OK;
}

void cancel_leave_slow(struct store *st)
{
    tidy(st, away_of(st));
}

/* ---- asking for it ---------------------------------------------------- */

lodge_status lodge_store_cancel(lodge_store store, uint64_t callid)
{
    lodge_status rc = LODGE_OK;
    struct store *st;

    if (callid == 0)
        return LODGE_E_ARGUMENT;
    if (store.id & HANDLE_CHILD_MASK)
        return LODGE_E_HANDLE;
    st = handle_peek(store.id, HANDLE_STORE_KIND);
    if (!st)
        return LODGE_E_HANDLE;
    if (!is_over(st, callid)) {
        if (remember(st, callid)) {
            atomic_fetch_or(&st->link.cancel, LODGE_WT_CANCEL_SOME);
            engine_look(st->eng);
        } else {
            rc = LODGE_E_LIMIT;
        }
    }
    handle_unpeek(store.id);
    return rc;
}

void cancel_elsewhere(uint64_t id)
{
    struct store *st = handle_peek(id, HANDLE_STORE_KIND);

    if (!st)
        return;
    if (handle_is_entered_by_another(id)) {
        atomic_fetch_or(&st->link.cancel, LODGE_WT_CANCEL_STORE);
        engine_look(st->eng);
    }
    handle_unpeek(id);
}

/* handle_close.c - how objects end: at once, or when nobody is in them.
 * It must not know what the records are. */
#include <sched.h>
#include <stddef.h>

#include "handle_table.h"

#define QUEUED (UINT32_C(1) << 31)

/* Slots whose tenant should be closed and could not be, or not here: a stack
 * of numbers, pushed one by one, always taken as a whole (so no ABA). An
 * entry whose reason has gone does no harm. */
static _Atomic uint32_t queue;

/* Destroying may close more: that must not drain again, or a long queue
 * would become a deep recursion. */
static _Thread_local int draining TABLE_TLS;

/* Lookers at slots of the same number modulo the count. */
static _Atomic uint32_t peekers[64];

static _Atomic uint32_t *peekers_of(const struct slot *slot)
{
    return &peekers[slot_number(slot) % 64];
}

void *handle_peek(uint64_t id, uint8_t kind)
{
    struct slot *slot = handle_slot(id);
    uint64_t word;

    atomic_fetch_add(peekers_of(slot), 1);
    word = atomic_load(&slot->word);
    if ((word & ~(HANDLE_PINS | HANDLE_LOCKED)) == handle_word(id, kind))
        return slot->obj;
    atomic_fetch_sub(peekers_of(slot), 1);
    return NULL;
}

void handle_unpeek(uint64_t id)
{
    atomic_fetch_sub(peekers_of(handle_slot(id)), 1);
}

/* The word says CLOSING: who peeks after our first look at the count sees
 * that, as both change the count, and who did before is seen here.
 */
static void wait_for_peekers(const struct slot *slot)
{
    while (atomic_fetch_add(peekers_of(slot), 0) != 0)
        sched_yield();
}

void slot_destroy(struct slot *slot)
{
    void (*destroy)(void *) = slot->destroy;

    wait_for_peekers(slot);
    if (destroy)
        destroy(slot->obj);
    table_return(slot);
}

/* ---- asking ----------------------------------------------------------- */

/* Leaves the wish to close in the slot; 0 if the tenant has gone. */
static int ask(struct slot *slot, uint64_t id)
{
    uint32_t seen = atomic_load(&slot->pending);
    uint64_t word;

    if (id_gen(id) == 0)
        return 0;
    while (seen != id_gen(id)) {
        /* Read after `seen`: if the tenant is still ours, then `seen` is
         * not a later tenant's and may be written over. */
        word = atomic_load(&slot->word);
        if (word_gen(word) != id_gen(id) || !(word & HANDLE_LIVE) ||
            word & HANDLE_FORKED)
            return 0;
        if (atomic_compare_exchange_weak(&slot->pending, &seen, id_gen(id)))
            break;
    }
    return 1;
}

/* After ask. Either this finds the slot unqueued and pushes it, or whoever
 * takes it off the queue clears the mark first, and then sees the wish. */
static void enqueue(struct slot *slot)
{
    uint32_t head = 0;

    if (!atomic_compare_exchange_strong(&slot->queue_link, &head, QUEUED))
        return;
    head = atomic_load(&queue);
    do {
        atomic_store(&slot->queue_link, QUEUED | head);
    } while (!atomic_compare_exchange_weak(&queue, &head, slot_number(slot)));
}

/* ---- closing ---------------------------------------------------------- */

static void close_shared(struct slot *slot, uint64_t id, uint8_t kind)
{
    uint64_t idle = handle_word(id, kind), word;

    word = atomic_load_explicit(&slot->word, memory_order_relaxed);
    do {
        if ((word & ~(HANDLE_PINS | HANDLE_LOCKED)) != idle)
            return;
    } while (!atomic_compare_exchange_weak_explicit(
        &slot->word, &word, (word & ~HANDLE_LIVE) | HANDLE_CLOSING,
        memory_order_acq_rel, memory_order_relaxed));
    if (word == idle)
        slot_destroy(slot); /* else the last unpin, or the unlock */
}

static int take_idle(struct slot *slot, uint64_t id)
{
    uint64_t idle = handle_word(id, HANDLE_STORE_KIND), word = idle;

    return atomic_compare_exchange_strong_explicit(
        &slot->word, &word, (idle & ~HANDLE_LIVE) | HANDLE_CLOSING,
        memory_order_acquire, memory_order_relaxed);
}

/* Alive, and a store: idle or entered. */
static int is_store(struct slot *slot, uint64_t id)
{
    return (atomic_load(&slot->word) & ~HANDLE_IN) ==
           handle_word(id, HANDLE_STORE_KIND);
}

static void close_store(struct slot *slot, uint64_t id)
{
    if (take_idle(slot, id)) {
        slot_destroy(slot);
        return;
    }
    if (is_mine(slot, id) && store_only_held(slot)) {
        store_end_mine(slot, id);
        return;
    }
    if (!is_store(slot, id) || !ask(slot, id))
        return;
    /* The one inside ends it when it leaves. Should it have left just now,
     * without seeing the wish, the second try or the queue does. */
    enqueue(slot);
    if (take_idle(slot, id))
        slot_destroy(slot);
}

static void close_any(struct slot *slot, uint64_t id, uint8_t kind)
{
    if (kind == HANDLE_STORE_KIND)
        close_store(slot, id);
    else
        close_shared(slot, id, kind);
}

void handle_close(uint64_t id, uint8_t kind)
{
    if (kind > 0 && kind < HANDLE_KINDS && !(id & HANDLE_CHILD_MASK))
        close_any(handle_slot(id), id, kind);
    handle_drain();
}

void handle_release(uint64_t id)
{
    struct slot *slot = handle_slot(id);

    if (id & HANDLE_CHILD_MASK || !ask(slot, id))
        return;
    enqueue(slot);
    atomic_store(&handle_work, 1);
}

void handle_leave_slow(uint64_t id)
{
    struct slot *slot = handle_slot(id);
    uint32_t pending = atomic_load(&slot->pending);

    if (pending == PENDING_FORKED) {
        /* The fork happened inside: leaving must not revive the store. */
        uint64_t idle = handle_word(id, HANDLE_STORE_KIND);

        atomic_compare_exchange_strong(&slot->word, &idle,
                                       idle | HANDLE_FORKED);
    } else if (pending == id_gen(id) && take_idle(slot, id)) {
        slot_destroy(slot);
    }
    if (atomic_load_explicit(&handle_work, memory_order_relaxed))
        handle_drain();
}

/* ---- the queue -------------------------------------------------------- */

static void settle(struct slot *slot)
{
    uint64_t word = atomic_load(&slot->word);
    uint64_t id = slot_id(slot, word);

    if (word & HANDLE_LIVE && is_pending(slot, id))
        close_any(slot, id, word_kind(word)); /* in use: back on the queue */
}

static void drain_once(void)
{
    uint32_t number = atomic_exchange(&queue, 0);
    struct slot *slot;

    while (number != 0) {
        slot = &handle_slots[number];
        number = atomic_exchange(&slot->queue_link, 0) & ~QUEUED;
        settle(slot);
    }
}

/* handle_work is set by releases only: a store that is closed and still in
 * use stays on the queue without making every leave come here. */
void handle_drain(void)
{
    if (draining ||
        (!atomic_load_explicit(&queue, memory_order_relaxed) &&
         !atomic_load_explicit(&handle_work, memory_order_relaxed)))
        return;
    draining = 1;
    do {
        atomic_store(&handle_work, 0);
        drain_once();
    } while (atomic_load(&handle_work));
    draining = 0;
}

void queue_fork_child(void)
{
    size_t i;

    for (i = 0; i < sizeof peekers / sizeof *peekers; i++)
        atomic_store(&peekers[i], 0); /* those threads are not here */
    atomic_store(&queue, 0);
    atomic_store(&handle_work, 0);
}

/* ---- families --------------------------------------------------------- */

/* The word is read on both sides of the tag: if it stayed, the tag is that
 * tenant's. */
static void close_member(struct slot *slot, const void *family)
{
    const uint64_t use = HANDLE_PINS | HANDLE_LOCKED;
    uint64_t word, again;

    /* Most slots are looked at in vain. */
    word = atomic_load_explicit(&slot->word, memory_order_relaxed);
    if (!(word & HANDLE_LIVE))
        return;
    word = atomic_load_explicit(&slot->word, memory_order_acquire);
    if (!(word & HANDLE_LIVE) ||
        atomic_load_explicit(&slot->family, memory_order_acquire) != family)
        return;
    again = atomic_load_explicit(&slot->word, memory_order_relaxed);
    if (((word ^ again) & ~use) == 0)
        close_any(slot, slot_id(slot, word), word_kind(word));
}

void handle_close_family(const void *family)
{
    uint32_t number;

    if (!family)
        return;
    for (number = 1; number < table_used(); number++)
        close_member(&handle_slots[number], family);
    handle_drain();
}

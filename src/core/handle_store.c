/* handle_store.c - entering stores off the fast path, and holding them.
 * It must not know what a store is. */
#include <pthread.h>

#include "error.h"
#include "handle_table.h"

/* Stores that this thread holds, linked through next and prev. The key only
 * makes sure that somebody looks at the list when the thread ends. */
static _Thread_local uint32_t held TABLE_TLS;
static pthread_key_t key;
static int has_key;

/* ---- entering --------------------------------------------------------- */

static void clear_old_wish(struct slot *slot, uint32_t seen)
{
    /* We are inside, so a wish with another generation is from the past. */
    if (seen != 0)
        atomic_compare_exchange_strong(&slot->pending, &seen, 0);
}

static lodge_status nest(struct slot *slot, uint64_t id, lodge_error *err)
{
    uint32_t pending = atomic_load(&slot->pending);

    if (pending == id_gen(id)) {
        if (store_only_held(slot))
            store_end_mine(slot, id);
        return table_refuse_closed(HANDLE_STORE_KIND, err);
    }
    clear_old_wish(slot, pending);
    slot->depth++;
    return LODGE_OK;
}

lodge_status handle_enter_slow(uint64_t id, lodge_error *err)
{
    struct slot *slot = handle_slot(id);
    uint64_t idle = handle_word(id, HANDLE_STORE_KIND), word;

    if (is_mine(slot, id))
        return nest(slot, id, err);
    do {
        word = idle;
        if (atomic_compare_exchange_strong_explicit(
                &slot->word, &word, idle | HANDLE_IN, memory_order_acquire,
                memory_order_relaxed)) {
            atomic_store_explicit(&slot->owner, thread_self(),
                                  memory_order_relaxed);
            return handle_enter_pending(id, err);
        }
    } while (word == idle);
    return table_refuse(id, HANDLE_STORE_KIND, word, err);
}

/* Just entered, and `pending` may say something. */
lodge_status handle_enter_pending(uint64_t id, lodge_error *err)
{
    struct slot *slot = handle_slot(id);
    uint32_t pending = atomic_load(&slot->pending);
    uint64_t dead = handle_word(id, HANDLE_STORE_KIND) | HANDLE_FORKED;

    if (pending == id_gen(id)) {
        store_end_mine(slot, id);
        return table_refuse_closed(HANDLE_STORE_KIND, err);
    }
    if (pending == PENDING_FORKED) {
        atomic_store_explicit(&slot->owner, 0, memory_order_relaxed);
        atomic_store_explicit(&slot->word, dead, memory_order_release);
        return table_refuse(id, HANDLE_STORE_KIND, dead, err);
    }
    clear_old_wish(slot, pending);
    return LODGE_OK;
}

int handle_is_entered_by_me(uint64_t id)
{
    return is_mine(handle_slot(id), id);
}

int handle_is_entered_by_another(uint64_t id)
{
    struct slot *slot = handle_slot(id);

    return atomic_load(&slot->word) ==
               (handle_word(id, HANDLE_STORE_KIND) | HANDLE_IN) &&
           atomic_load(&slot->owner) != thread_self();
}

void *handle_nest(uint64_t id)
{
    struct slot *slot = handle_slot(id);

    slot->depth++;
    return slot->obj;
}

/* ---- holding ---------------------------------------------------------- */

static void link_hold(struct slot *slot)
{
    slot->prev = 0;
    slot->next = held;
    if (held)
        handle_slots[held].prev = slot_number(slot);
    held = slot_number(slot);
}

static void unlink_hold(struct slot *slot)
{
    if (slot->prev)
        handle_slots[slot->prev].next = slot->next;
    else
        held = slot->next;
    if (slot->next)
        handle_slots[slot->next].prev = slot->prev;
}

int store_only_held(const struct slot *slot)
{
    return slot->depth + 1 == slot->holds;
}

/* Ends a store that this thread is in, and in which no call is under way. */
void store_end_mine(struct slot *slot, uint64_t id)
{
    uint64_t word = handle_word(id, HANDLE_STORE_KIND);

    if (slot->holds > 0)
        unlink_hold(slot);
    slot->holds = 0;
    slot->depth = 0;
    atomic_store_explicit(&slot->owner, 0, memory_order_relaxed);
    atomic_store_explicit(&slot->word, (word & ~HANDLE_LIVE) | HANDLE_CLOSING,
                          memory_order_release);
    slot_destroy(slot);
}

lodge_status handle_hold(uint64_t id, lodge_error *err)
{
    static const char no_key[] = "the process has no thread key left";
    struct slot *slot = handle_slot(id);
    lodge_status st;
    void *obj;

    st = handle_enter(id, &obj, err);
    if (st != LODGE_OK)
        return st;
    if (!has_key || pthread_setspecific(key, &held) != 0) {
        handle_leave(id);
        return error_set(err, LODGE_E_LIMIT, no_key, sizeof no_key - 1);
    }
    if (slot->holds++ == 0)
        link_hold(slot);
    return LODGE_OK;
}

lodge_status handle_unhold(uint64_t id, lodge_error *err)
{
    struct slot *slot = handle_slot(id);
    uint64_t word = atomic_load_explicit(&slot->word, memory_order_relaxed);
    int mine = is_mine(slot, id);

    if (mine ? slot->holds == 0
             : word == handle_word(id, HANDLE_STORE_KIND) &&
                   !is_pending(slot, id))
        return error_refuse(err, LODGE_E_STATE, "store is not held");
    if (!mine && is_pending(slot, id))
        return table_refuse_closed(HANDLE_STORE_KIND, err);
    if (!mine)
        return table_refuse(id, HANDLE_STORE_KIND, word, err);
    if (--slot->holds == 0)
        unlink_hold(slot);
    handle_leave(id);
    return LODGE_OK;
}

/* Runs on the ending thread. An entry that is not a hold stays: its call
 * never returned, and its record is in an unknown state. */
static void end_of_thread(void *arg)
{
    struct slot *slot;
    uint32_t holds;
    uint64_t id;

    (void)arg;
    while (held) {
        slot = &handle_slots[held];
        id = slot_id(slot, atomic_load(&slot->word));
        holds = slot->holds;
        slot->holds = 0;
        unlink_hold(slot);
        while (holds-- > 0)
            handle_leave(id);
    }
}

void store_init(void)
{
    has_key = pthread_key_create(&key, end_of_thread) == 0;
}

void store_fork_child(void)
{
    held = 0;
}

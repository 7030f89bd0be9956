/* handle.c - making handles, using shared ones, and saying what was wrong.
 * It must not know what the records are. */
#include "handle.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "error.h"
#include "handle_table.h"

static_assert(sizeof(void *) != 8 || sizeof(struct slot) == 64,
              "one cache line per slot");

_Alignas(64) struct slot handle_slots[HANDLE_SLOTS];
_Alignas(64) _Atomic uint32_t handle_work;

static _Atomic(const char *const *) names;

void handle_kind_names(const char *const *table)
{
    atomic_store(&names, table);
}

static const char *name_of(uint8_t kind)
{
    const char *const *table = atomic_load(&names);

    if (!table || kind >= HANDLE_KINDS || !table[kind])
        return "object";
    return table[kind];
}

/* ---- refusing --------------------------------------------------------- */

static const char *article(const char *noun)
{
    return strchr("aeio", noun[0]) ? "an" : "a";
}

static lodge_status refuse_kind(uint64_t id, uint8_t kind, uint64_t word,
                                lodge_error *err)
{
    const char *found = name_of(word_kind(word));
    const char *want = name_of(kind);
    const char *inside = "";

    if (id & HANDLE_CHILD_MASK)
        inside = "something inside ";
    return error_refuse(err, LODGE_E_HANDLE,
                        "handle names %s%s %s, %s %s was expected", inside,
                        article(found), found, article(want), want);
}

/* The object is there and of the right kind. */
static lodge_status refuse_use(uint8_t kind, uint64_t word, lodge_error *err)
{
    const char *name = name_of(kind);

    if (kind == HANDLE_STORE_KIND)
        return error_refuse(err, LODGE_E_BUSY,
                            "%s is in use on another thread", name);
    if (word & HANDLE_LOCKED)
        return error_refuse(err, LODGE_E_BUSY,
                            "%s is being changed by another call", name);
    if ((word & HANDLE_PINS) == HANDLE_PINS)
        return error_refuse(err, LODGE_E_BUSY,
                            "%s is in use by too many calls", name);
    return error_refuse(err, LODGE_E_BUSY, "%s is in use by another call",
                        name);
}

lodge_status table_refuse(uint64_t id, uint8_t kind, uint64_t word,
                          lodge_error *err)
{
    const char *want = name_of(kind);

    if (id == 0)
        return error_refuse(err, LODGE_E_HANDLE,
                            "handle is 0 (none), %s %s was expected",
                            article(want), want);
    if (word == 0 || id_gen(id) == 0 || id >> 53 != 0)
        return error_refuse(err, LODGE_E_HANDLE,
                            "handle 0x%" PRIx64 " is not one of ours", id);
    if (word_gen(word) != id_gen(id))
        return table_refuse_closed(kind, err);
    if (word & HANDLE_FORKED)
        return error_refuse(err, LODGE_E_STATE,
                            "%s was made before fork(), in the parent process",
                            name_of(word_kind(word)));
    if (!(word & HANDLE_LIVE))
        return table_refuse_closed(kind, err);
    if (word_kind(word) != kind ||
        (id & HANDLE_CHILD_MASK && kind != HANDLE_STORE_KIND))
        return refuse_kind(id, kind, word, err);
    if (is_pending(handle_slot(id), id))
        return table_refuse_closed(kind, err);
    return refuse_use(kind, word, err);
}

lodge_status table_refuse_closed(uint8_t kind, lodge_error *err)
{
    return error_refuse(err, LODGE_E_HANDLE,
                        "handle is stale: the %s was closed", name_of(kind));
}

/* ---- making ----------------------------------------------------------- */

lodge_status handle_new(uint8_t kind, void *obj, void (*destroy)(void *obj),
                        const void *family, uint64_t *id, lodge_error *err)
{
    struct slot *slot;
    uint64_t word;
    lodge_status st;

    assert(kind > 0 && kind < HANDLE_KINDS);
    handle_drain();
    st = table_take(&slot, err);
    if (st != LODGE_OK)
        return st;

    slot->obj = obj;
    slot->destroy = destroy;
    slot->depth = 0;
    slot->holds = 0;
    atomic_store_explicit(&slot->family, family, memory_order_release);
    table_count_new(kind);
    word = atomic_load_explicit(&slot->word, memory_order_relaxed);
    word |= (uint64_t)kind << 32 | HANDLE_LIVE;
    *id = slot_id(slot, word);
    atomic_store_explicit(&slot->word, word, memory_order_release);
    return LODGE_OK;
}

/* ---- shared kinds ----------------------------------------------------- */

lodge_status handle_pin(uint64_t id, uint8_t kind, void **obj,
                        lodge_error *err)
{
    struct slot *slot = handle_slot(id);
    uint64_t idle = handle_word(id, kind), word;

    assert(kind < HANDLE_KINDS && kind != HANDLE_STORE_KIND);
    word = atomic_load_explicit(&slot->word, memory_order_relaxed);
    do {
        if ((word & ~HANDLE_PINS) != idle || id & HANDLE_CHILD_MASK ||
            (word & HANDLE_PINS) == HANDLE_PINS)
            return table_refuse(id, kind, word, err);
    } while (!atomic_compare_exchange_weak_explicit(
        &slot->word, &word, word + HANDLE_IN, memory_order_acquire,
        memory_order_relaxed));

    if (is_pending(slot, id)) { /* released, and not yet carried out */
        handle_unpin(id);
        return table_refuse_closed(kind, err);
    }
    *obj = slot->obj;
    return LODGE_OK;
}

void handle_unpin(uint64_t id)
{
    struct slot *slot = handle_slot(id);
    uint64_t word;

    word = atomic_fetch_sub_explicit(&slot->word, HANDLE_IN,
                                     memory_order_acq_rel);
    assert((word & HANDLE_PINS) > 0);
    if ((word & HANDLE_PINS) == HANDLE_IN && word & HANDLE_CLOSING &&
        !(word & HANDLE_FORKED))
        slot_destroy(slot);
}

lodge_status handle_lock(uint64_t id, uint8_t kind, void **obj,
                         lodge_error *err)
{
    struct slot *slot = handle_slot(id);
    uint64_t idle = handle_word(id, kind), word = idle;

    assert(kind < HANDLE_KINDS && kind != HANDLE_STORE_KIND);
    if (id & HANDLE_CHILD_MASK)
        return table_refuse(id, kind, atomic_load(&slot->word), err);
    if (!atomic_compare_exchange_strong_explicit(
            &slot->word, &word, idle | HANDLE_LOCKED, memory_order_acquire,
            memory_order_relaxed))
        return table_refuse(id, kind, word, err);

    if (is_pending(slot, id)) {
        handle_unlock(id);
        return table_refuse_closed(kind, err);
    }
    *obj = slot->obj;
    return LODGE_OK;
}

void handle_unlock(uint64_t id)
{
    struct slot *slot = handle_slot(id);
    uint64_t word;

    word = atomic_fetch_and_explicit(&slot->word, ~HANDLE_LOCKED,
                                     memory_order_acq_rel);
    assert(word & HANDLE_LOCKED);
    if (word & HANDLE_CLOSING && !(word & HANDLE_FORKED))
        slot_destroy(slot);
}

/* ---- looking ---------------------------------------------------------- */

lodge_status handle_describe(uint64_t id, uint8_t *kind)
{
    struct slot *slot = handle_slot(id);
    uint64_t word = atomic_load_explicit(&slot->word, memory_order_relaxed);

    if (id_gen(id) == 0 || word_gen(word) != id_gen(id))
        return LODGE_E_HANDLE;
    if (word & HANDLE_FORKED)
        return LODGE_E_STATE;
    if (!(word & HANDLE_LIVE) || is_pending(slot, id))
        return LODGE_E_HANDLE;
    *kind = word_kind(word);
    return LODGE_OK;
}

/* handle.h - u64 in, live record out: the table behind every handle.
 * It must not know what the records are.
 *
 * id     child (bits 0-17) | slot (18-35) | generation (36-52); 0 is none.
 * slot   64 bytes in a static array: never freed, never moved, so that any
 *        number may be looked at. One atomic word says all about validity.
 * word   pins, or 1 = entered (bits 0-15) | LOCKED | FORKED | CLOSING | LIVE
 *        | kind (32-35) | generation (36-52, where the id has it, so that
 *        every higher bit of an id counts). Two families of kinds: shared
 *        ones are pinned to use and locked to change, a store is entered.
 *
 * Why this is sound:
 * 1. Publication. The record is written, then the word with release. Who
 *    accepts a handle does so by an acquire CAS on that word and sees the
 *    record whole. An old view of the word fails the compare: a refusal.
 * 2. Exclusivity. A store goes idle -> entered only by CAS, and idle is
 *    written by the leaver with release: each entry sees all that the one
 *    before did. Stores may wander between threads without another lock.
 * 3. One end. A store becomes CLOSING by CAS from idle, or by the thread
 *    that is in it; a shared object by CAS on the word that also counts the
 *    pins, after which pins only fall. So exactly one thread sees 'closing
 *    and unused', and that one destroys.
 * 4. Nesting needs no fence. Only thread A writes owner = A, and takes it
 *    back before it leaves: A reads A there only while it is inside.
 * 5. A close that meets a store in use writes `pending` and queues the slot.
 *    The leaver looks at `pending` after it wrote idle, without a fence, so
 *    it may miss it. Nothing is lost: the next entry sees it and refuses,
 *    and the queue is gone through at the next new, close or reap.
 * 6. `pending` holds a generation. It is written by CAS, only while the word
 *    still has that generation, so a late closer can neither hit the slot's
 *    next tenant nor wipe out a close meant for that one.
 * A generation that repeats (after 2^31 creations) names a live object of
 * the right kind or is refused: memory safety does not rest on it. */
#ifndef LODGE_CORE_HANDLE_H
#define LODGE_CORE_HANDLE_H

#include <stdatomic.h>
#include <stdint.h>

#include "lodge.h"
#include "stack.h"

#define HANDLE_STORE_KIND 7
#define HANDLE_KINDS 16 /* own-slot kinds are 1..15 */
#define HANDLE_CHILD_MASK UINT64_C(0x3FFFF)
#define HANDLE_SLOTS (1u << 18) /* number 0 is never given out */

#define HANDLE_IN UINT64_C(1) /* entered, or one pin */
#define HANDLE_PINS UINT64_C(0xFFFF)
#define HANDLE_LOCKED (UINT64_C(1) << 18)
#define HANDLE_FORKED (UINT64_C(1) << 29)
#define HANDLE_CLOSING (UINT64_C(1) << 30)
#define HANDLE_LIVE (UINT64_C(1) << 31)

struct slot {
    _Atomic uint64_t word;
    _Atomic uintptr_t owner;     /* thread inside the store, 0 none */
    void *obj;                   /* owned: ends in `destroy` */
    uint32_t depth;              /* entries beyond the first; owner only */
    uint32_t holds;              /* of these entries; owner only */
    _Atomic uint32_t pending;    /* generation to close, or ~0: forked */
    _Atomic uint32_t queue_link; /* 0 not queued, else QUEUED | next */
    void (*destroy)(void *obj);
    _Atomic(const void *) family; /* not owned, only compared */
    uint32_t next;                /* in the free list, or among the holds */
    uint32_t prev;                /* among the holds of one thread */
};

/* Written by handle_*.c only; here for the inline paths. handle_work is set
 * while a release waits to be carried out. */
extern struct slot handle_slots[HANDLE_SLOTS]
    __attribute__((visibility("hidden")));
extern _Atomic uint32_t handle_work __attribute__((visibility("hidden")));

static inline struct slot *handle_slot(uint64_t id)
{
    struct slot *slot = &handle_slots[(id >> 18) & (HANDLE_SLOTS - 1)];

    /* One register: else the compiler finds each member by index anew. */
    __asm__("" : "+r"(slot));
    return slot;
}

/* The word of a live, unused object with this id. An id with one of the
 * bits 53-63 set makes a word that no slot ever has. */
static inline uint64_t handle_word(uint64_t id, uint8_t kind)
{
    return (id & ~UINT64_C(0xFFFFFFFFF)) | (uint64_t)kind << 32 | HANDLE_LIVE;
}

/* The id without its child: the store a child belongs to. */
static inline uint64_t handle_parent(uint64_t id)
{
    return id & ~HANDLE_CHILD_MASK;
}

/* ---- making and ending ------------------------------------------------ */

/* Names for messages ("store", "linker"), HANDLE_KINDS entries; NULL ones
 * read "object". The table must outlive everything. */
void handle_kind_names(const char *const *names);

/* Gives `obj` a handle, which then owns it. `destroy` runs exactly once, on
 * any thread, with no lock of this module held; it may close and unpin
 * others. It may be NULL. `family` is a tag for handle_close_family.
 * Also carries out waiting releases: do not call it holding a lock that some
 * destroy takes. On failure (E_LIMIT, E_MEMORY) `obj` is still yours. */
lodge_status handle_new(uint8_t kind, void *obj, void (*destroy)(void *obj),
                        const void *family, uint64_t *id, lodge_error *err);

/* Ends the object, or has its last user end it. Anything but a live object
 * of that kind (0, stale, garbage, a child's id): nothing. */
void handle_close(uint64_t id, uint8_t kind);

/* As handle_close for any kind, but only marks and queues: atomics alone, no
 * lock, no destroy. For finalizers and signal handlers. */
void handle_release(uint64_t id);

/* Closes whatever of the family lives when its slot is looked at. */
void handle_close_family(const void *family);

/* Ends what was released, and what could not end because it was in use. New
 * and close call it themselves. */
void handle_drain(void);

/* ---- shared kinds ----------------------------------------------------- */

/* Keeps the object alive and unchanged until handle_unpin. */
lodge_status handle_pin(uint64_t id, uint8_t kind, void **obj,
                        lodge_error *err);
void handle_unpin(uint64_t id);

/* Sole access, to change it: E_BUSY while anyone has it pinned or locked. */
lodge_status handle_lock(uint64_t id, uint8_t kind, void **obj,
                         lodge_error *err);
void handle_unlock(uint64_t id);

/* ---- stores ----------------------------------------------------------- */

lodge_status handle_enter_slow(uint64_t id, lodge_error *err)
    __attribute__((cold, noinline));
lodge_status handle_enter_pending(uint64_t id, lodge_error *err)
    __attribute__((cold, noinline));
void handle_leave_slow(uint64_t id) __attribute__((cold, noinline));

/* Enters the store, or nests if this thread is in it already. The child
 * bits are ignored: the room looks at them once it is inside. The record is
 * that of the slot. */
static inline lodge_status handle_enter_slot(struct slot *slot, uint64_t id,
                                             lodge_error *err)
{
    uint64_t idle = handle_word(id, HANDLE_STORE_KIND), word = idle;
    uintptr_t self = thread_self();

    /* Who holds a store does so for speed: that way is the straight one. */
    if (__builtin_expect(
            atomic_load_explicit(&slot->owner, memory_order_relaxed) == self,
            1)) {
        word = atomic_load_explicit(&slot->word, memory_order_relaxed);
        if (__builtin_expect(
                word != (idle | HANDLE_IN) ||
                    atomic_load_explicit(&slot->pending, memory_order_relaxed),
                0))
            return handle_enter_slow(id, err);
        slot->depth++;
        return LODGE_OK;
    }
    if (__builtin_expect(!atomic_compare_exchange_strong_explicit(
                             &slot->word, &word, idle | HANDLE_IN,
                             memory_order_acquire, memory_order_relaxed),
                         0))
        return handle_enter_slow(id, err);
    atomic_store_explicit(&slot->owner, self, memory_order_relaxed);
    if (__builtin_expect(
            atomic_load_explicit(&slot->pending, memory_order_relaxed) != 0,
            0))
        return handle_enter_pending(id, err);
    return LODGE_OK;
}

static inline lodge_status handle_enter(uint64_t id, void **obj,
                                        lodge_error *err)
{
    struct slot *slot = handle_slot(id);
    lodge_status st = handle_enter_slot(slot, id, err);

    if (st == LODGE_OK)
        *obj = slot->obj;
    return st;
}

/* Undoes one handle_enter. The record may be gone afterwards. */
static inline void handle_leave_slot(struct slot *slot, uint64_t id)
{
    if (slot->depth > 0) {
        slot->depth--;
        return;
    }
    atomic_store_explicit(&slot->owner, 0, memory_order_relaxed);
    atomic_store_explicit(&slot->word, handle_word(id, HANDLE_STORE_KIND),
                          memory_order_release);
    if (__builtin_expect(
            (atomic_load_explicit(&slot->pending, memory_order_relaxed) |
             atomic_load_explicit(&handle_work, memory_order_relaxed)) != 0,
            0))
        handle_leave_slow(id);
}

static inline void handle_leave(uint64_t id)
{
    handle_leave_slot(handle_slot(id), id);
}

/* An entry that stays until handle_unhold or the end of the thread; counted.
 * E_LIMIT if the process has no thread key left. */
lodge_status handle_hold(uint64_t id, lodge_error *err);
lodge_status handle_unhold(uint64_t id, lodge_error *err);

int handle_is_entered_by_me(uint64_t id);

int handle_is_entered_by_another(uint64_t id);

/* The record of a live object, whoever is using it, or NULL. It stays until
 * handle_unpeek, which must follow in a few instructions: the end of the
 * object waits for it. Wait-free; for atomics inside the record only.
 */
void *handle_peek(uint64_t id, uint8_t kind);
void handle_unpeek(uint64_t id);

/* Nests in a store that this thread is in already, even if it is to close. */
void *handle_nest(uint64_t id);

/* ---- looking ---------------------------------------------------------- */

/* E_HANDLE unless alive, E_STATE if from before a fork. Child bits are
 * ignored; `kind` is that of the slot. */
lodge_status handle_describe(uint64_t id, uint8_t *kind);

uint64_t handle_live(uint8_t kind); /* 0: of all kinds */

/* ---- fork ------------------------------------------------------------- */

/* In the child of a fork every older handle is dead: E_STATE in use, close
 * does nothing, nothing is destroyed. */

/* How many forks lie between the first handle and this process. */
uint32_t handle_fork_count(void);

/* Has `fn` run in the child, after the table. At most 8, none twice. */
void handle_at_fork_child(void (*fn)(void));

#ifdef LODGE_TEST
/* Fewer generation bits (1-17), and slots that must be free before one is
 * used again (16,384 otherwise). */
void handle_test_shrink(uint32_t gen_bits, uint32_t circulation);
/* 1: every handle_new is refused, 0: as it is. */
void handle_test_full(int full);
#endif

#endif

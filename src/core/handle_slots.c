/* handle_slots.c - which slots are free, in the order they became free.
 * It must not know what a slot is used for. */
#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE
#endif
#include <string.h>
#if defined(__linux__)
#include <sys/random.h>
#endif

#include "clock.h"
#include "error.h"
#include "handle_table.h"
#include "lock.h"

/* A slot is used again only when this many others became free after it:
 * with 17 bits of generation an id comes back after 2^31 creations. */
#define CIRCULATION 16384u
#define GEN_BITS 17u

static struct {
    struct lock lock;
    _Atomic uint32_t used; /* 1 + highest number given out; 0: not ready */
    uint32_t first, last;  /* free list, 0 ends it */
    uint32_t free;         /* its length */
    uint32_t gen_max;
    uint32_t circulation;
    uint64_t seed;
    _Atomic uint64_t live[HANDLE_KINDS]; /* [0] counts nothing */
} table = {
    .lock = lock_init_static,
    .gen_max = (1u << GEN_BITS) - 1,
    .circulation = CIRCULATION,
};

/* ---- generations ------------------------------------------------------ */

static uint64_t mix(uint64_t value)
{
    value ^= value >> 30;
    value *= UINT64_C(0xBF58476D1CE4E5B9);
    value ^= value >> 27;
    value *= UINT64_C(0x94D049BB133111EB);
    return value ^ value >> 31;
}

/* Two copies of the library, or two processes, should not take each other's
 * handles for their own: each slot starts somewhere else. */
static void seed_generations(void)
{
    uint64_t random = 0;

#if defined(__linux__)
    if (getrandom(&random, sizeof random, GRND_NONBLOCK) < 0)
        random = 0;
#endif
    table.seed = mix(random ^ clock_ns()) ^ (uint64_t)(uintptr_t)handle_slots;
}

static uint32_t first_gen(uint32_t number)
{
    return 1 + (uint32_t)(mix(table.seed + number) % table.gen_max);
}

static uint32_t next_gen(uint32_t gen)
{
    return gen >= table.gen_max ? 1 : gen + 1;
}

#ifdef LODGE_TEST
static _Atomic int test_full; /* no slot is left, as far as anyone can tell */

void handle_test_full(int full)
{
    atomic_store(&test_full, full);
}

static int is_full(void)
{
    return atomic_load(&test_full);
}
#else
static int is_full(void)
{
    return 0;
}
#endif

/* ---- taking and giving back ------------------------------------------- */

static void set_gen(struct slot *slot, uint32_t gen)
{
    atomic_store_explicit(&slot->word, (uint64_t)gen << 36,
                          memory_order_release);
}

/* Under the lock. A new number while few are free, else the oldest free. */
static struct slot *pick(void)
{
    uint32_t used = atomic_load_explicit(&table.used, memory_order_relaxed);
    struct slot *slot;

    if (used < HANDLE_SLOTS && table.free < table.circulation) {
        slot = &handle_slots[used];
        set_gen(slot, first_gen(used));
        atomic_store_explicit(&table.used, used + 1, memory_order_release);
        return slot;
    }
    if (table.free == 0)
        return NULL;
    slot = &handle_slots[table.first];
    table.first = slot->next;
    table.free--;
    return slot;
}

/* Under the lock, once: not pthread_once, because it can fail and must then
 * be tried again. */
static int make_ready(void)
{
    if (atomic_load_explicit(&table.used, memory_order_relaxed))
        return 1;
    if (fork_init() != 0)
        return 0;
    store_init();
    seed_generations();
    atomic_store_explicit(&table.used, 1, memory_order_release);
    return 1;
}

lodge_status table_take(struct slot **out, lodge_error *err)
{
    static const char full[] = "262143 objects are alive: no handle is left";
    struct slot *slot = NULL;
    int ready;

    lock_take(&table.lock);
    ready = make_ready();
    if (ready && !is_full())
        slot = pick();
    lock_give(&table.lock);

    if (!ready)
        return error_memory(err);
    if (!slot)
        return error_set(err, LODGE_E_LIMIT, full, sizeof full - 1);
    *out = slot;
    return LODGE_OK;
}

/* Under the lock. A late closer may still write an old generation into
 * `pending` after this; whoever enters next removes it. */
static void append(struct slot *slot, uint32_t gen)
{
    slot->obj = NULL;
    slot->destroy = NULL;
    slot->next = 0;
    atomic_store(&slot->family, NULL);
    atomic_store(&slot->owner, 0);
    atomic_store(&slot->pending, 0);
    set_gen(slot, next_gen(gen));

    if (table.free == 0)
        table.first = slot_number(slot);
    else
        handle_slots[table.last].next = slot_number(slot);
    table.last = slot_number(slot);
    table.free++;
}

void table_return(struct slot *slot)
{
    uint64_t word;

    lock_take(&table.lock);
    word = atomic_load_explicit(&slot->word, memory_order_relaxed);
    /* A fork inside `destroy` leaves the slot as it is, for good. */
    if (!(word & HANDLE_FORKED)) {
        atomic_fetch_sub_explicit(&table.live[word_kind(word)], 1,
                                  memory_order_relaxed);
        append(slot, word_gen(word));
    }
    lock_give(&table.lock);
}

uint32_t table_used(void)
{
    return atomic_load_explicit(&table.used, memory_order_acquire);
}

/* ---- counting --------------------------------------------------------- */

void table_count_new(uint8_t kind)
{
    atomic_fetch_add_explicit(&table.live[kind], 1, memory_order_relaxed);
}

uint64_t handle_live(uint8_t kind)
{
    uint64_t sum = 0;
    unsigned i;

    if (kind >= HANDLE_KINDS)
        return 0;
    for (i = 1; i < HANDLE_KINDS; i++)
        if (kind == 0 || kind == i)
            sum += atomic_load_explicit(&table.live[i], memory_order_relaxed);
    return sum;
}

/* ---- fork and test ---------------------------------------------------- */

void table_fork_prepare(void)
{
    lock_take(&table.lock);
}

void table_fork_parent(void)
{
    lock_give(&table.lock);
}

void table_fork_child(void)
{
    unsigned i;

    lock_reset(&table.lock);
    for (i = 0; i < HANDLE_KINDS; i++)
        atomic_store(&table.live[i], 0);
}

#ifdef LODGE_TEST
void handle_test_shrink(uint32_t gen_bits, uint32_t circulation)
{
    lock_take(&table.lock);
    table.gen_max = (1u << gen_bits) - 1;
    table.circulation = circulation;
    lock_give(&table.lock);
}
#endif

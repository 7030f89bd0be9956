/* handle_table.h - what the files of the handle table share.
 * It must not be included from outside src/core. */
#ifndef LODGE_CORE_HANDLE_TABLE_H
#define LODGE_CORE_HANDLE_TABLE_H

#include "handle.h"

#define PENDING_FORKED UINT32_MAX

#define TABLE_LOCAL __attribute__((visibility("hidden")))
#define TABLE_TLS __attribute__((tls_model("initial-exec")))

static inline uint32_t word_gen(uint64_t word)
{
    return (uint32_t)(word >> 36);
}

static inline uint8_t word_kind(uint64_t word)
{
    return (uint8_t)(word >> 32 & (HANDLE_KINDS - 1));
}

static inline uint32_t id_gen(uint64_t id)
{
    return (uint32_t)(id >> 36);
}

static inline uint32_t slot_number(const struct slot *slot)
{
    return (uint32_t)(slot - handle_slots);
}

static inline uint64_t slot_id(const struct slot *slot, uint64_t word)
{
    return (uint64_t)word_gen(word) << 36 | (uint64_t)slot_number(slot) << 18;
}

/* Whether somebody asked to close this very tenant of the slot. */
static inline int is_pending(struct slot *slot, uint64_t id)
{
    return id_gen(id) != 0 && atomic_load(&slot->pending) == id_gen(id);
}

/* Whether this thread is in the store; its word then does not change. */
static inline int is_mine(struct slot *slot, uint64_t id)
{
    return atomic_load_explicit(&slot->owner, memory_order_relaxed) ==
               thread_self() &&
           atomic_load_explicit(&slot->word, memory_order_relaxed) ==
               (handle_word(id, HANDLE_STORE_KIND) | HANDLE_IN);
}

/* handle.c: a refusal that says why `word` is not a usable `kind`. */
lodge_status table_refuse(uint64_t id, uint8_t kind, uint64_t word,
                          lodge_error *err) TABLE_LOCAL;
lodge_status table_refuse_closed(uint8_t kind, lodge_error *err) TABLE_LOCAL;

/* handle_slots.c: the free list. `table_used` is 1 + the highest number ever
 * given out. */
lodge_status table_take(struct slot **slot, lodge_error *err) TABLE_LOCAL;
void table_return(struct slot *slot) TABLE_LOCAL;
uint32_t table_used(void) TABLE_LOCAL;
void table_count_new(uint8_t kind) TABLE_LOCAL;
void table_fork_prepare(void) TABLE_LOCAL;
void table_fork_parent(void) TABLE_LOCAL;
void table_fork_child(void) TABLE_LOCAL;

/* handle_close.c: ends a tenant that the caller alone has (word CLOSING). */
void slot_destroy(struct slot *slot) TABLE_LOCAL;
void queue_fork_child(void) TABLE_LOCAL;

/* handle_store.c: a store this thread is in, and the holds of a thread. */
int store_only_held(const struct slot *slot) TABLE_LOCAL;
void store_end_mine(struct slot *slot, uint64_t id) TABLE_LOCAL;
void store_init(void) TABLE_LOCAL;
void store_fork_child(void) TABLE_LOCAL;

/* handle_fork.c: installs the handlers; nonzero on failure. */
int fork_init(void) TABLE_LOCAL;

#endif

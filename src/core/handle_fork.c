/* handle_fork.c - what fork() does to the handles.
 * It must not know what the records are. */
#include <assert.h>
#include <pthread.h>

#include "handle_table.h"

#define HOOKS 8

static _Atomic(void (*)(void)) hooks[HOOKS];
static _Atomic uint32_t forks;

void handle_at_fork_child(void (*fn)(void))
{
    void (*seen)(void);
    int i;

    for (i = 0; i < HOOKS; i++) {
        seen = NULL;
        if (atomic_compare_exchange_strong(&hooks[i], &seen, fn) || seen == fn)
            return;
    }
    assert(i < HOOKS && "no room for another fork hook");
}

uint32_t handle_fork_count(void)
{
    return atomic_load_explicit(&forks, memory_order_relaxed);
}

/* The threads that were in these objects do not exist here, and their memory
 * may be half written: nothing is used again and nothing is destroyed. The
 * mark in `pending` outlives a leave, which writes the word as a whole. */
static void mark_dead(struct slot *slot)
{
    uint64_t word = atomic_load(&slot->word);

    atomic_store(&slot->queue_link, 0);
    if (word & (HANDLE_LIVE | HANDLE_CLOSING)) {
        atomic_store(&slot->pending, PENDING_FORKED);
        atomic_store(&slot->word, word | HANDLE_FORKED);
    }
}

static void in_child(void)
{
    void (*fn)(void);
    uint32_t number;
    int i;

    table_fork_child();
    queue_fork_child();
    store_fork_child();
    for (number = 1; number < table_used(); number++)
        mark_dead(&handle_slots[number]);
    atomic_fetch_add(&forks, 1);

    for (i = 0; i < HOOKS; i++) {
        fn = atomic_load(&hooks[i]);
        if (fn)
            fn();
    }
}

int fork_init(void)
{
    return pthread_atfork(table_fork_prepare, table_fork_parent, in_child);
}

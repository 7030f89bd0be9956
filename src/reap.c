/* reap.c - tokens of host data on their way back to the host.
 * It must not know what a token stands for.
 *
 * The record that carried a token becomes the node in the queue, so that
 * queueing needs no memory. A domain lives while an engine, a record or a
 * queued token refers to it.
 */
#include "core/lock.h"
#include "rooms.h"

struct domain {
    struct domain *next;
    uint32_t number;
    uint32_t refs; /* under lock, as all below */
    struct reap_node *first;
    struct reap_node **last;
};

static struct lock lock = lock_init_static;
static struct domain *domains;
static uint64_t waiting;

static void after_fork(void)
{
    lock_reset(&lock);
}

static struct domain *find(uint32_t number)
{
    struct domain *d = domains;

    while (d && d->number != number)
        d = d->next;
    return d;
}

struct domain *domain_take(uint32_t number)
{
    struct domain *fresh = alloc_zero(sizeof *fresh);
    struct domain *d;

    handle_at_fork_child(after_fork);
    lock_take(&lock);
    d = find(number);
    if (!d && fresh) {
        fresh->number = number;
        fresh->last = &fresh->first;
        fresh->next = domains;
        domains = d = fresh;
        fresh = NULL;
    }
    if (d)
        d->refs++;
    lock_give(&lock);
    alloc_free(fresh);
    return d;
}

/* Under lock; the domain to be freed by the caller, or NULL. */
static struct domain *drop_locked(struct domain *d)
{
    struct domain **at = &domains;

    if (--d->refs > 0)
        return NULL;
    while (*at != d)
        at = &(*at)->next;
    *at = d->next;
    return d;
}

struct domain *domain_ref(struct domain *d)
{
    lock_take(&lock);
    d->refs++;
    lock_give(&lock);
    return d;
}

void domain_drop(struct domain *d)
{
    struct domain *dead;

    lock_take(&lock);
    dead = drop_locked(d);
    lock_give(&lock);
    alloc_free(dead);
}

void domain_push(struct domain *d, struct reap_node *node)
{
    if (node->token == 0) {
        domain_drop(d);
        alloc_free(node);
        return;
    }
    node->next = NULL;
    lock_take(&lock);
    *d->last = node;
    d->last = &node->next;
    waiting++;
    lock_give(&lock);
}

static struct reap_node *pop(uint32_t number)
{
    struct domain *d, *dead = NULL;
    struct reap_node *node = NULL;

    lock_take(&lock);
    d = find(number);
    if (d && d->first) {
        node = d->first;
        d->first = node->next;
        if (!d->first)
            d->last = &d->first;
        waiting--;
        dead = drop_locked(d);
    }
    lock_give(&lock);
    alloc_free(dead);
    return node;
}

uint64_t domain_waiting(void)
{
    uint64_t n;

    lock_take(&lock);
    n = waiting;
    lock_give(&lock);
    return n;
}

lodge_status lodge_reap(uint32_t domain, uint32_t *kinds, uint64_t *tokens,
                        uint32_t cap, uint32_t *count)
{
    struct reap_node *node;
    uint32_t n = 0;

    if (!ptr_to_u32(count) ||
        (cap && (!ptr_to_u32(kinds) || !ptr_to_u64(tokens))))
        return LODGE_E_ARGUMENT;
    handle_drain();
    while (n < cap && (node = pop(domain)) != NULL) {
        kinds[n] = node->kind;
        tokens[n] = node->token;
        n++;
        alloc_free(node);
    }
    *count = n;
    return LODGE_OK;
}

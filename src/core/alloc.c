/* alloc.c - the only caller of malloc and free.
 * It must not know what the memory is for. */
#include "alloc.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* Stands before each block; 16 bytes keep malloc's alignment. */
struct header {
    uint64_t size; /* bytes the caller asked for */
    uint64_t mark; /* MARK while alive: finds a wild or second free */
};

#define MARK UINT64_C(0x6c6f6467652d6f6b)
#define DEAD UINT64_C(0x6c6f6467652d7878)

static_assert(sizeof(struct header) == 16, "keeps malloc's alignment");

static _Atomic uint64_t live_bytes;
static _Atomic uint64_t live_count;

#ifdef LODGE_TEST
static _Atomic uint64_t attempts;
static _Atomic uint64_t fail_from; /* 0: never */
static _Atomic int fail_forever;

void alloc_fail_at(uint64_t k, int forever)
{
    atomic_store(&fail_from, 0);
    atomic_store(&attempts, 0);
    atomic_store(&fail_forever, forever);
    atomic_store(&fail_from, k);
}

uint64_t alloc_attempts(void)
{
    return atomic_load(&attempts);
}

static int must_fail(void)
{
    uint64_t now = atomic_fetch_add(&attempts, 1) + 1;
    uint64_t from = atomic_load(&fail_from);

    if (from == 0 || now < from)
        return 0;
    return now == from || atomic_load(&fail_forever);
}
#else
static int must_fail(void)
{
    return 0;
}
#endif

static void count(uint64_t bytes, uint64_t blocks)
{
    atomic_fetch_add_explicit(&live_bytes, bytes, memory_order_relaxed);
    atomic_fetch_add_explicit(&live_count, blocks, memory_order_relaxed);
}

/* The two numbers wrap when something is taken away: unsigned on purpose. */
static void uncount(uint64_t bytes, uint64_t blocks)
{
    atomic_fetch_sub_explicit(&live_bytes, bytes, memory_order_relaxed);
    atomic_fetch_sub_explicit(&live_count, blocks, memory_order_relaxed);
}

static int too_big(size_t size)
{
    return size > (size_t)PTRDIFF_MAX - sizeof(struct header);
}

static struct header *header_of(void *ptr)
{
    struct header *head = (struct header *)ptr - 1;

    assert(head->mark == MARK);
    return head;
}

static void *finish(struct header *head, size_t size)
{
    head->size = size;
    head->mark = MARK;
    return head + 1;
}

void *alloc_zero(size_t size)
{
    struct header *head;

    if (too_big(size) || must_fail())
        return NULL;
    head = calloc(1, sizeof *head + size);
    if (!head)
        return NULL;
    count(size, 1);
    return finish(head, size);
}

void *alloc_array(size_t n, size_t size)
{
    if (size && n > SIZE_MAX / size)
        return NULL;
    return alloc_zero(n * size);
}

void *alloc_grow(void *ptr, size_t old_count, size_t new_count, size_t size)
{
    struct header *head, *grown;
    size_t before, after;

    if (!ptr)
        return alloc_array(new_count, size);
    if (size && new_count > SIZE_MAX / size)
        return NULL;
    after = new_count * size;
    if (too_big(after) || must_fail())
        return NULL;

    head = header_of(ptr);
    before = (size_t)head->size;
    assert(before == old_count * size);
    (void)old_count;

    grown = realloc(head, sizeof *grown + after);
    if (!grown)
        return NULL;
    count(after, 0);
    uncount(before, 0);
    if (after > before)
        memset((char *)(grown + 1) + before, 0, after - before);
    return finish(grown, after);
}

void *alloc_copy(const void *ptr, size_t len)
{
    char *copy;

    if (len == SIZE_MAX)
        return NULL;
    copy = alloc_zero(len + 1);
    if (copy && len)
        memcpy(copy, ptr, len);
    return copy;
}

void alloc_free(void *ptr)
{
    struct header *head;

    if (!ptr)
        return;
    head = header_of(ptr);
    uncount(head->size, 1);
    head->mark = DEAD;
    free(head);
}

uint64_t alloc_live_bytes(void)
{
    return atomic_load_explicit(&live_bytes, memory_order_relaxed);
}

uint64_t alloc_live_count(void)
{
    return atomic_load_explicit(&live_count, memory_order_relaxed);
}

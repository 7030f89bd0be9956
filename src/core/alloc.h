/* alloc.h - the only door to the C heap.
 * It must not know what the memory is for. */
#ifndef LODGE_CORE_ALLOC_H
#define LODGE_CORE_ALLOC_H

#include <stddef.h>
#include <stdint.h>

/* Every function returns NULL when memory is short or a size overflows;
 * none of them aborts. A block of 0 bytes is a real, freeable block. */
void *alloc_zero(size_t size);
void *alloc_array(size_t count, size_t size);

/* `ptr` may be NULL (old_count 0). The new tail is zero. On failure the
 * result is NULL and `ptr` is as it was. */
void *alloc_grow(void *ptr, size_t old_count, size_t new_count, size_t size);

/* A copy of `len` bytes and one NUL behind them, so it serves for text. */
void *alloc_copy(const void *ptr, size_t len);

void alloc_free(void *ptr); /* NULL is fine */

uint64_t alloc_live_bytes(void);
uint64_t alloc_live_count(void);

#ifdef LODGE_TEST
/* The k-th attempt from now on fails (the first is 1); with `forever` so do
 * all later ones. 0 switches it off. Either way the attempts restart at 0. */
void alloc_fail_at(uint64_t k, int forever);
uint64_t alloc_attempts(void);
#endif

#endif

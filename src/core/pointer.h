/* pointer.h - pointers of the caller's that have to lead to words.
 * It must not know what the words are. */
#ifndef LODGE_CORE_POINTER_H
#define LODGE_CORE_POINTER_H

#include <stdint.h>

/* Not NULL, and aligned: where a word cannot be is no word of the caller's,
 * and the compiler may rely on it. Bytes can be anywhere. */
static inline int ptr_to_u64(const void *ptr)
{
    return ptr && ((uintptr_t)ptr & 7) == 0;
}

static inline int ptr_to_u32(const void *ptr)
{
    return ptr && ((uintptr_t)ptr & 3) == 0;
}

/* The same where NULL says that it is not wanted. */
static inline int null_or_u64(const void *ptr)
{
    return ((uintptr_t)ptr & 7) == 0;
}

static inline int null_or_u32(const void *ptr)
{
    return ((uintptr_t)ptr & 3) == 0;
}

#endif

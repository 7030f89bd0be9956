/* stack.c - measures the stack of the running thread, once per thread.
 * It must not know what the stack is needed for. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "stack.h"

#include <pthread.h>
#include <stddef.h>
#include <sys/resource.h>
#if defined(__linux__)
#include <sys/auxv.h>
#endif

_Thread_local struct stack_bounds stack_bounds;

#if defined(__linux__)

/* The kernel keeps at least 128 MiB free below the first thread's stack and
 * a gap of 1 MiB to the next mapping. More than this is not believed. */
#define FIRST_MOST ((uintptr_t)64 << 20)
#define FIRST_REACH ((uintptr_t)128 << 20)
#define FIRST_GAP ((uintptr_t)1 << 20)
#define LARGEST_PAGE ((uintptr_t)64 << 10)

/* By address, not by thread number: in the child of a fork that another
 * thread made, the only thread has the process's number but a stack of its
 * own. The kernel's random bytes lie at the top of the first stack. */
static int on_first_stack(uintptr_t here)
{
    uintptr_t top = (uintptr_t)getauxval(AT_RANDOM);

    return here < top && top - here < FIRST_REACH;
}

/* Arguments and environment lie above `top` and count against the limit.
 * The program's name is the very last of them. */
static uintptr_t above(uintptr_t top)
{
    uintptr_t name = (uintptr_t)getauxval(AT_EXECFN);

    return (name > top ? name - top : 0) + LARGEST_PAGE;
}

/* The first thread's stack grows on demand: what counts is the limit, not
 * what is mapped (all that musl reports). glibc cuts at the next mapping
 * below, and where it did the kernel's gap has to stay free. */
static uintptr_t first_size(uintptr_t top, uintptr_t reported)
{
    struct rlimit limit;
    uintptr_t size = FIRST_MOST, taken = above(top);

    if (getrlimit(RLIMIT_STACK, &limit) != 0)
        return reported;
    if (limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur < size)
        size = (uintptr_t)limit.rlim_cur;
    size = size > taken ? size - taken : 0;
#if defined(__GLIBC__)
    if (reported < size)
        size = reported > FIRST_GAP ? reported - FIRST_GAP : 0;
#endif
    return size;
}

static void measure(struct stack_bounds *out, uintptr_t here)
{
    pthread_attr_t attr;
    void *addr = NULL;
    size_t size = 0, guard = 0;
    uintptr_t top, room;

    if (pthread_getattr_np(pthread_self(), &attr) != 0)
        return;
    if (pthread_attr_getstack(&attr, &addr, &size) != 0)
        size = 0;
    if (pthread_attr_getguardsize(&attr, &guard) != 0)
        guard = 0;
    pthread_attr_destroy(&attr);

    top = (uintptr_t)addr + size;
    room = on_first_stack(here) ? first_size(top, size) : size;
    /* Some libcs count the guard in; leaving it out twice costs a page. */
    if (room <= guard || room > top)
        return;
    room -= guard;
    out->low = top - room;
    out->size = room;
}

#else

/* Bounds unknown: every call takes the careful way. */
static void measure(struct stack_bounds *out, uintptr_t here)
{
    (void)out;
    (void)here;
}

#endif

uintptr_t stack_room_slow(uintptr_t here)
{
    struct stack_bounds *mine = &stack_bounds;

    if (mine->measured)
        return 0;
    measure(mine, here);
    mine->measured = 1;
    return here - mine->low < mine->size ? here - mine->low : 0;
}

/* clock.c - the monotonic clock.
 * It must not know what is being timed. */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif
#include "clock.h"

#include <time.h>

uint64_t clock_ns(void)
{
    struct timespec now = {0, 0};

    /* Cannot fail: the clock exists on every system we build for. */
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

void clock_nap(uint64_t ns)
{
    const struct timespec nap = {(time_t)(ns / 1000000000),
                                 (long)(ns % 1000000000)};

    nanosleep(&nap, NULL);
}

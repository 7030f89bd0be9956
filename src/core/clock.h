/* clock.h - the monotonic clock.
 * It must not know what is being timed. */
#ifndef LODGE_CORE_CLOCK_H
#define LODGE_CORE_CLOCK_H

#include <stdint.h>

/* Nanoseconds since an unnamed start; never goes back. */
uint64_t clock_ns(void);

/* Sleeps for about so long, or less. */
void clock_nap(uint64_t ns);

#endif

/* random.h - bytes that nobody can guess.
 * It must not know what they are for. */
#ifndef LODGE_CORE_RANDOM_H
#define LODGE_CORE_RANDOM_H

#include <stddef.h>

/* Fills `buf` from the system's generator: at most 256 bytes. 0 if the system
 * has none to give. */
int random_bytes(void *buf, size_t len);

#endif

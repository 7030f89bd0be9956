/* random.c - bytes that nobody can guess.
 * It must not know what they are for. */
#include "random.h"

#include <unistd.h>
#ifdef __APPLE__
#include <sys/random.h>
#endif

int random_bytes(void *buf, size_t len)
{
    return getentropy(buf, len) == 0;
}

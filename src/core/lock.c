/* lock.c - a plain mutex, for cold paths only.
 * It must not know what it guards. */
#include "lock.h"

#include <assert.h>

void lock_take(struct lock *lock)
{
    int failed = pthread_mutex_lock(&lock->mutex);

    assert(!failed);
    (void)failed;
}

void lock_give(struct lock *lock)
{
    int failed = pthread_mutex_unlock(&lock->mutex);

    assert(!failed);
    (void)failed;
}

void lock_reset(struct lock *lock)
{
    static const struct lock fresh = lock_init_static;

    *lock = fresh;
}

/* lock.h - a plain mutex, for cold paths only.
 * It must not know what it guards. */
#ifndef LODGE_CORE_LOCK_H
#define LODGE_CORE_LOCK_H

#include <pthread.h>

struct lock {
    pthread_mutex_t mutex;
};

/* static struct lock gate = lock_init_static; */
#define lock_init_static {PTHREAD_MUTEX_INITIALIZER}

/* Not recursive. Nothing of the caller's may run while one is held. */
void lock_take(struct lock *lock);
void lock_give(struct lock *lock);

/* Makes the lock free, whatever it was: for a lock inside a new record, and
 * for the child of a fork, where the thread that held it does not exist. */
void lock_reset(struct lock *lock);

#endif

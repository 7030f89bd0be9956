/* shared_wait.c - threads of the host that wait for somebody to write.
 * It must not know what a guest is.
 *
 * Guests and host threads sleep in Wasmtime's queue of the memory. Nothing
 * ends such a sleep but a notification of its address and its own timeout;
 * so who has to end one notifies the address, until the sleeper has left: it
 * may have been on its way into the queue.
 */
#include "core/clock.h"
#include "core/tsan.h"
#include "rooms.h"

struct waiter {
    struct waiter *next, *prev;
    const struct shared_handle *handle;
    uint64_t at;
};

static struct lock lock = lock_init_static;
static struct waiter *waiters; /* under lock */

static void after_fork(void)
{
    lock_reset(&lock);
    waiters = NULL; /* those threads are not here */
}

/* Under lock. */
static int ending(const struct shared_handle *handle)
{
    return handle->ending || atomic_load(&handle->sh->eng->shut);
}

static int waiter_join(struct waiter *w)
{
    int stay;

    handle_at_fork_child(after_fork);
    lock_take(&lock);
    stay = !ending(w->handle);
    if (stay) {
        w->next = waiters;
        w->prev = NULL;
        if (waiters)
            waiters->prev = w;
        waiters = w;
    }
    lock_give(&lock);
    return stay;
}

/* Whether it may tell how it was woken. */
static int waiter_leave(struct waiter *w)
{
    int stay;

    lock_take(&lock);
    stay = !ending(w->handle);
    if (w->prev)
        w->prev->next = w->next;
    else
        waiters = w->next;
    if (w->next)
        w->next->prev = w->prev;
    lock_give(&lock);
    return stay;
}

/* ---- ending ----------------------------------------------------------- */

/* Under lock: wakes those of a handle, or of an engine. How many there are. */
static uint32_t wake(const struct shared_handle *handle,
                     const struct engine *eng)
{
    const struct waiter *w;
    wasmtime_error_t *error;
    uint32_t n = 0, woken;

    for (w = waiters; w; w = w->next) {
        if (w->handle != handle && w->handle->sh->eng != eng)
            continue;
        error = lodge_wt_shared_notify(w->handle->sh->raw, w->at, UINT32_MAX,
                                       &woken);
        if (error)
            wasmtime_error_delete(error);
        n++;
    }
    return n;
}

static void wake_all(struct shared_handle *handle, const struct engine *eng)
{
    uint32_t left;

    do {
        lock_take(&lock);
        if (handle)
            handle->ending = 1;
        left = wake(handle, eng);
        lock_give(&lock);
        if (left)
            clock_nap(20000);
    } while (left);
}

void shared_wait_end(struct shared_handle *handle)
{
    wake_all(handle, NULL);
}

void shared_wait_end_all(const struct engine *eng)
{
    wake_all(NULL, eng);
}

uint64_t shared_waits(void)
{
    const struct waiter *w;
    uint64_t n = 0;

    lock_take(&lock);
    for (w = waiters; w; w = w->next)
        n++;
    lock_give(&lock);
    return n;
}

/* ---- waiting ---------------------------------------------------------- */

/* What is not there, or not aligned, is refused before anybody sleeps. */
static lodge_status place_check(const struct shared *sh, uint64_t at,
                                uint32_t bytes, lodge_error *err)
{
    if (at % bytes)
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "at: %llu is not a multiple of %u bytes",
                            (unsigned long long)at, bytes);
    return shared_range(sh, at, bytes, err);
}

static lodge_status wait(struct shared_handle *handle, uint64_t at,
                         uint32_t bytes, uint64_t expected, uint64_t timeout,
                         uint32_t *outcome, lodge_error *err)
{
    struct waiter self = {.handle = handle, .at = at};
    wasmtime_error_t *error = NULL;
    uint32_t how = LODGE_WAIT_NOT_EQUAL;
    int stay = waiter_join(&self);

    /* Of 4 bytes no value is that large. */
    if (stay && (bytes == 8 || expected <= UINT32_MAX))
        error = lodge_wt_shared_wait(handle->sh->raw, at, bytes, expected,
                                     timeout, &how);
    tsan_all_gone(handle->sh);
    if (stay && !waiter_leave(&self) && how == LODGE_WAIT_WOKEN)
        stay = 0;
    if (error)
        return trap_translate(NULL, error, LODGE_E_INTERNAL, err);
    if (!stay)
        return error_refuse(err, LODGE_E_CANCELLED,
                            "the handle was closed, or the engine shut "
                            "down, while this thread waited");
    *outcome = how;
    return LODGE_OK;
}

lodge_status lodge_shared_memory_wait(lodge_shared_memory memory, uint64_t at,
                                      uint32_t bytes, uint64_t expected,
                                      uint64_t timeout, uint32_t *outcome,
                                      lodge_error *err)
{
    struct shared_handle *handle;
    lodge_status rc;

    if (!ptr_to_u32(outcome))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "outcome: is NULL or not aligned");
    if (bytes != 4 && bytes != 8)
        return error_refuse(err, LODGE_E_ARGUMENT, "bytes: %u is not 4 or 8",
                            bytes);
    rc = shared_pin(memory, &handle, err);
    if (rc != LODGE_OK)
        return rc;
    rc = place_check(handle->sh, at, bytes, err);
    if (rc == LODGE_OK)
        rc = wait(handle, at, bytes, expected, timeout, outcome, err);
    handle_unpin(memory.id);
    return rc;
}

lodge_status lodge_shared_memory_notify(lodge_shared_memory memory,
                                        uint64_t at, uint32_t count,
                                        uint32_t *woken, lodge_error *err)
{
    struct shared_handle *handle;
    wasmtime_error_t *error;
    uint32_t n;
    lodge_status rc;

    if (!null_or_u32(woken))
        return error_refuse(err, LODGE_E_ARGUMENT, "woken: is not aligned");
    rc = shared_pin(memory, &handle, err);
    if (rc != LODGE_OK)
        return rc;
    rc = place_check(handle->sh, at, 4, err);
    if (rc == LODGE_OK) {
        tsan_lets_go(handle->sh);
        error = lodge_wt_shared_notify(handle->sh->raw, at, count, &n);
        if (error)
            rc = trap_translate(NULL, error, LODGE_E_INTERNAL, err);
        else if (woken)
            *woken = n;
    }
    handle_unpin(memory.id);
    return rc;
}

/* test_hooks.c - what tests need beyond lodge.h; only in test builds.
 * It must not be part of a release.
 */
#include "rooms.h"

#ifdef LODGE_TEST

LODGE_API void lodge_test_alloc_fail_at(uint64_t k, int32_t forever);
LODGE_API uint64_t lodge_test_alloc_attempts(void);
LODGE_API int32_t lodge_test_lock(uint64_t id);
LODGE_API void lodge_test_unlock(uint64_t id);
LODGE_API void lodge_test_handles_full(int32_t full);
LODGE_API void lodge_test_stores_full(int32_t full);
LODGE_API void lodge_test_reseal(uint8_t *ptr, uint64_t len,
                                 const uint8_t *key, uint64_t key_len);

extern uint32_t store_children_max; /* store.c */

/* The k-th allocation from now on fails, and all later ones if `forever`. */
void lodge_test_alloc_fail_at(uint64_t k, int32_t forever)
{
    alloc_fail_at(k, forever);
}

uint64_t lodge_test_alloc_attempts(void)
{
    return alloc_attempts();
}

/* As a call on another thread that is changing the object. */
int32_t lodge_test_lock(uint64_t id)
{
    uint8_t kind;
    void *obj;
    lodge_status st = handle_describe(id, &kind);

    return st == LODGE_OK ? handle_lock(id, kind, &obj, NULL) : st;
}

void lodge_test_unlock(uint64_t id)
{
    handle_unlock(id);
}

/* As if every handle was in use. */
void lodge_test_handles_full(int32_t full)
{
    handle_test_full(full);
}

/* As if every store had all the handles inside that it may have. */
void lodge_test_stores_full(int32_t full)
{
    store_children_max = full ? 0 : CHILD_MAX;
}

/* The seal that fits sealed code which was changed. */
void lodge_test_reseal(uint8_t *ptr, uint64_t len, const uint8_t *key,
                       uint64_t key_len)
{
    lodge_wt_test_reseal(ptr, len, key, key_len);
}

#else
typedef int lodge_no_test_hooks; /* a file must declare something */
#endif

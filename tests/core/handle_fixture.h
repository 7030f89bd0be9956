/* handle_fixture.h - objects with handles, for the tests of core/handle.h. */
#ifndef LODGE_CORE_HANDLE_FIXTURE_H
#define LODGE_CORE_HANDLE_FIXTURE_H

#include "core/handle.h"

#include "core_test.h"

#define STORE HANDLE_STORE_KIND
#define ENGINE 2
#define LINKER 4

static const char *const kinds[HANDLE_KINDS] = {
    [ENGINE] = "engine", [LINKER] = "linker", [STORE] = "store"};

static int destroyed; /* by the test that runs */

static inline void destroy(void *obj)
{
    destroyed++;
    alloc_free(obj);
}

static inline uint64_t make_in(uint8_t kind, const void *family)
{
    uint64_t id = 0;

    assert_int_equal(
        handle_new(kind, alloc_zero(8), destroy, family, &id, NULL), LODGE_OK);
    return id;
}

static inline uint64_t make(uint8_t kind)
{
    return make_in(kind, NULL);
}

static inline int before(void **state)
{
    UNUSED(state);
    handle_kind_names(kinds);
    destroyed = 0;
    return 0;
}

static inline int after(void **state)
{
    return handle_live(0) != 0 || nothing_is_left(state);
}

/* Enters and leaves again; the message of the refusal, if any, is kept. */
static lodge_error last;

static inline lodge_status try_enter(uint64_t id)
{
    lodge_error fresh = LODGE_ERROR_INIT;
    lodge_status st;
    void *obj;

    last = fresh;
    st = handle_enter(id, &obj, &last);
    if (st == LODGE_OK)
        handle_leave(id);
    return st;
}

static inline lodge_status try_pin(uint64_t id, uint8_t kind)
{
    lodge_error fresh = LODGE_ERROR_INIT;
    lodge_status st;
    void *obj;

    last = fresh;
    st = handle_pin(id, kind, &obj, &last);
    if (st == LODGE_OK)
        handle_unpin(id);
    return st;
}

static inline lodge_status try_lock(uint64_t id, uint8_t kind)
{
    lodge_status st;
    void *obj;

    st = handle_lock(id, kind, &obj, NULL);
    if (st == LODGE_OK)
        handle_unlock(id);
    return st;
}

#define it(name) cmocka_unit_test_setup_teardown(name, before, after)

#endif

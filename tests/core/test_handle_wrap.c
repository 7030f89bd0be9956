/* test_handle_wrap.c - promises of core/handle.h about slots used again. */
#include "core/handle.h"

#include "core_test.h"

#define STORE HANDLE_STORE_KIND

static int destroyed;

static void destroy(void *obj)
{
    UNUSED(obj);
    destroyed++;
}

static uint64_t make(void)
{
    uint64_t id = 0;

    assert_int_equal(handle_new(STORE, &destroyed, destroy, NULL, &id, NULL),
                     LODGE_OK);
    return id;
}

static uint32_t slot_of(uint64_t id)
{
    return (uint32_t)(id >> 18) & (HANDLE_SLOTS - 1);
}

static void sixteen_thousand_slots_pass_before_one_returns(void **state)
{
    uint64_t first = make(), id;
    int i;

    UNUSED(state);
    handle_close(first, STORE);
    for (i = 0; i < 16384 - 1; i++) {
        id = make();
        assert_true(slot_of(id) != slot_of(first));
        handle_close(id, STORE);
    }
    id = make();
    assert_true(slot_of(id) == slot_of(first));
    assert_true(id != first);
    handle_close(id, STORE);
}

static void slots_start_with_different_generations(void **state)
{
    uint64_t ids[64];
    int i, same = 0;

    UNUSED(state);
    handle_test_shrink(17, HANDLE_SLOTS); /* only slots never used */
    for (i = 0; i < 64; i++)
        ids[i] = make();
    for (i = 1; i < 64; i++)
        same += ids[i] >> 36 == ids[i - 1] >> 36;
    assert_true(same < 8);
    for (i = 0; i < 64; i++)
        handle_close(ids[i], STORE);
}

/* With 4 bits a generation returns after 15 tenants, and never as 0. */
static void a_generation_wraps_and_stays_valid(void **state)
{
    uint64_t id, old = 0;
    int i;

    UNUSED(state);
    handle_test_shrink(4, 1);
    for (i = 0; i < 400000; i++) {
        id = make();
        assert_true(id >> 36 != 0);
        if (i > 300000) { /* every slot in the circle has small ones now */
            void *obj;

            assert_true(id >> 36 <= 15);
            assert_int_equal(handle_enter(id, &obj, NULL), LODGE_OK);
            handle_leave(id);
            assert_true(id != old);
        }
        handle_close(id, STORE);
        old = id;
    }
    assert_int_equal(handle_live(0), 0);
}

static void a_full_table_refuses_and_recovers(void **state)
{
    static uint64_t ids[HANDLE_SLOTS];
    lodge_error err = LODGE_ERROR_INIT;
    uint64_t id = 5;
    uint32_t i;

    UNUSED(state);
    destroyed = 0;
    for (i = 0; i < HANDLE_SLOTS - 1; i++)
        ids[i] = make();
    assert_int_equal(handle_new(STORE, NULL, destroy, NULL, &id, &err),
                     LODGE_E_LIMIT);
    assert_int_equal(id, 5);
    assert_int_equal(handle_live(STORE), HANDLE_SLOTS - 1);
    handle_release(ids[0]);
    ids[0] = make();
    for (i = 0; i < HANDLE_SLOTS - 1; i++)
        handle_close(ids[i], STORE);
    assert_int_equal(destroyed, HANDLE_SLOTS);
    assert_int_equal(handle_live(0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        promise(sixteen_thousand_slots_pass_before_one_returns),
        promise(slots_start_with_different_generations),
        promise(a_generation_wraps_and_stays_valid),
        promise(a_full_table_refuses_and_recovers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

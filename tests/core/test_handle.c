/* test_handle.c - promises of core/handle.h: refusals, sharing, ending. */
#include "handle_fixture.h"

/* ---- what is refused -------------------------------------------------- */

static void an_id_fits_53_bits_and_is_not_0(void **state)
{
    uint64_t id = make(STORE);

    UNUSED(state);
    assert_true(id > 0 && id >> 53 == 0);
    assert_int_equal(id & HANDLE_CHILD_MASK, 0);
    handle_close(id, STORE);
}

static void zero_is_refused_as_none(void **state)
{
    UNUSED(state);
    assert_int_equal(try_enter(0), LODGE_E_HANDLE);
    assert_string_equal(last.message,
                        "handle is 0 (none), a store was expected");
    assert_int_equal(try_pin(0, ENGINE), LODGE_E_HANDLE);
    assert_string_equal(last.message,
                        "handle is 0 (none), an engine was expected");
    assert_int_equal(handle_unhold(0, NULL), LODGE_E_HANDLE);
    handle_close(0, STORE);
    handle_release(0);
}

static void a_forged_handle_is_refused(void **state)
{
    uint64_t id = make(STORE), engine = make(ENGINE);
    unsigned bit;

    UNUSED(state);
    for (bit = 18; bit < 64; bit++) {
        assert_int_equal(try_enter(id ^ UINT64_C(1) << bit), LODGE_E_HANDLE);
        handle_close(id ^ UINT64_C(1) << bit, STORE);
        handle_release(id ^ UINT64_C(1) << bit);
    }
    for (bit = 0; bit < 64; bit++) {
        assert_int_equal(try_pin(engine ^ UINT64_C(1) << bit, ENGINE),
                         LODGE_E_HANDLE);
        assert_int_equal(try_lock(engine ^ UINT64_C(1) << bit, ENGINE),
                         LODGE_E_HANDLE);
    }
    assert_int_equal(try_enter(UINT64_MAX), LODGE_E_HANDLE);
    assert_string_equal(last.message,
                        "handle 0xffffffffffffffff is not one of ours");
    handle_drain();
    assert_int_equal(destroyed, 0);
    handle_close(id, STORE);
    handle_close(engine, ENGINE);
}

static void a_stale_handle_is_refused(void **state)
{
    uint64_t id = make(STORE), engine = make(ENGINE);

    UNUSED(state);
    handle_close(id, STORE);
    handle_close(engine, ENGINE);
    assert_int_equal(try_enter(id), LODGE_E_HANDLE);
    assert_string_equal(last.message, "handle is stale: the store was closed");
    assert_int_equal(try_pin(engine, ENGINE), LODGE_E_HANDLE);
    assert_int_equal(try_lock(engine, ENGINE), LODGE_E_HANDLE);
    assert_int_equal(handle_hold(id, NULL), LODGE_E_HANDLE);
    assert_int_equal(handle_unhold(id, NULL), LODGE_E_HANDLE);
}

static void a_handle_of_another_kind_is_refused(void **state)
{
    uint64_t store = make(STORE), linker = make(LINKER);

    UNUSED(state);
    assert_int_equal(try_enter(linker), LODGE_E_HANDLE);
    assert_string_equal(last.message,
                        "handle names a linker, a store was expected");
    assert_int_equal(try_pin(store, ENGINE), LODGE_E_HANDLE);
    assert_string_equal(last.message,
                        "handle names a store, an engine was expected");
    assert_int_equal(try_pin(store + 5, LINKER), LODGE_E_HANDLE);
    assert_string_equal(
        last.message,
        "handle names something inside a store, a linker was expected");
    handle_close(linker, STORE);
    handle_close(store, LINKER);
    assert_int_equal(destroyed, 0);
    handle_close(linker, LINKER);
    handle_close(store, STORE);
}

static void a_childs_id_closes_nothing(void **state)
{
    uint64_t id = make(STORE);

    UNUSED(state);
    handle_close(id + 7, STORE);
    handle_release(id + 7);
    handle_drain();
    assert_int_equal(destroyed, 0);
    assert_int_equal(try_enter(id + 7), LODGE_OK);
    handle_close(handle_parent(id + 7), STORE);
    assert_int_equal(destroyed, 1);
}

static void a_handle_can_be_described(void **state)
{
    uint64_t id = make(LINKER);
    uint8_t kind = 0;

    UNUSED(state);
    assert_int_equal(handle_describe(id, &kind), LODGE_OK);
    assert_int_equal(kind, LINKER);
    assert_int_equal(handle_live(LINKER), 1);
    assert_int_equal(handle_live(STORE), 0);
    assert_int_equal(handle_live(0), 1);
    assert_int_equal(handle_live(200), 0);
    handle_close(id, LINKER);
    assert_int_equal(handle_describe(id, &kind), LODGE_E_HANDLE);
    assert_int_equal(handle_describe(0, &kind), LODGE_E_HANDLE);
}

/* ---- shared kinds ----------------------------------------------------- */

static void a_pinned_object_outlives_its_close(void **state)
{
    uint64_t id = make(ENGINE);
    void *obj;

    UNUSED(state);
    assert_int_equal(handle_pin(id, ENGINE, &obj, NULL), LODGE_OK);
    assert_int_equal(handle_pin(id, ENGINE, &obj, NULL), LODGE_OK);
    handle_close(id, ENGINE);
    handle_close(id, ENGINE);
    assert_int_equal(try_pin(id, ENGINE), LODGE_E_HANDLE);
    handle_unpin(id);
    assert_int_equal(destroyed, 0);
    handle_unpin(id);
    assert_int_equal(destroyed, 1);
}

static void locked_and_pinned_exclude_each_other(void **state)
{
    uint64_t id = make(LINKER);
    void *obj;

    UNUSED(state);
    assert_int_equal(handle_pin(id, LINKER, &obj, NULL), LODGE_OK);
    assert_int_equal(try_lock(id, LINKER), LODGE_E_BUSY);
    handle_unpin(id);
    assert_int_equal(handle_lock(id, LINKER, &obj, NULL), LODGE_OK);
    assert_int_equal(try_pin(id, LINKER), LODGE_E_BUSY);
    assert_string_equal(last.message,
                        "linker is being changed by another call");
    assert_int_equal(try_lock(id, LINKER), LODGE_E_BUSY);
    handle_close(id, LINKER);
    assert_int_equal(destroyed, 0);
    handle_unlock(id);
    assert_int_equal(destroyed, 1);
}

static void too_many_pins_are_refused(void **state)
{
    uint64_t id = make(ENGINE);
    void *obj;
    int i;

    UNUSED(state);
    for (i = 0; i < 65535; i++)
        assert_int_equal(handle_pin(id, ENGINE, &obj, NULL), LODGE_OK);
    assert_int_equal(try_pin(id, ENGINE), LODGE_E_BUSY);
    for (i = 0; i < 65535; i++)
        handle_unpin(id);
    handle_close(id, ENGINE);
    assert_int_equal(destroyed, 1);
}

/* ---- destroying ------------------------------------------------------- */

static void destroy_parent_too(void *obj)
{
    handle_unpin(*(uint64_t *)obj);
    destroy(obj);
}

static void destroying_may_end_others(void **state)
{
    uint64_t engine = make(ENGINE), store = 0, *obj = alloc_zero(sizeof *obj);
    void *pinned;

    UNUSED(state);
    *obj = engine;
    assert_int_equal(handle_pin(engine, ENGINE, &pinned, NULL), LODGE_OK);
    assert_int_equal(
        handle_new(STORE, obj, destroy_parent_too, NULL, &store, NULL),
        LODGE_OK);
    handle_close(engine, ENGINE);
    assert_int_equal(destroyed, 0);
    handle_close(store, STORE);
    assert_int_equal(destroyed, 2);
}

/* Each destroy releases the next one: must not become recursion. */
static uint64_t chain[4000];
static size_t chain_at;

static void destroy_chain(void *obj)
{
    UNUSED(obj);
    destroyed++;
    if (chain_at < sizeof chain / sizeof *chain)
        handle_release(chain[chain_at++]);
    handle_drain();
}

static void a_chain_of_releases_needs_no_stack(void **state)
{
    size_t i, n = sizeof chain / sizeof *chain;

    UNUSED(state);
    for (i = 0; i < n; i++)
        assert_int_equal(
            handle_new(ENGINE, NULL, destroy_chain, NULL, &chain[i], NULL),
            LODGE_OK);
    chain_at = 1;
    handle_release(chain[0]);
    handle_drain();
    assert_int_equal(destroyed, n);
}

static void a_family_closes_as_one(void **state)
{
    int ours = 0, theirs = 0;
    uint64_t one = make_in(ENGINE, &ours), two = make_in(STORE, &ours);
    uint64_t three = make_in(STORE, &theirs), four = make(STORE);
    void *obj;

    UNUSED(state);
    assert_int_equal(handle_enter(two, &obj, NULL), LODGE_OK);
    handle_close_family(&ours);
    handle_close_family(NULL);
    assert_int_equal(destroyed, 1);
    assert_int_equal(try_pin(one, ENGINE), LODGE_E_HANDLE);
    handle_leave(two);
    assert_int_equal(destroyed, 2);
    assert_int_equal(try_enter(three), LODGE_OK);
    handle_close(three, STORE);
    handle_close(four, STORE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        it(an_id_fits_53_bits_and_is_not_0),
        it(zero_is_refused_as_none),
        it(a_forged_handle_is_refused),
        it(a_stale_handle_is_refused),
        it(a_handle_of_another_kind_is_refused),
        it(a_childs_id_closes_nothing),
        it(a_handle_can_be_described),
        it(a_pinned_object_outlives_its_close),
        it(locked_and_pinned_exclude_each_other),
        it(too_many_pins_are_refused),
        it(destroying_may_end_others),
        it(a_chain_of_releases_needs_no_stack),
        it(a_family_closes_as_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

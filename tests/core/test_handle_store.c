/* test_handle_store.c - promises of core/handle.h: stores and releases. */
#include "handle_fixture.h"

/* The same on another thread. */
struct visit {
    uint64_t id;
    lodge_status st;
};

static void *enter_there(void *arg)
{
    struct visit *visit = arg;

    visit->st = try_enter(visit->id);
    return NULL;
}

static lodge_status try_enter_elsewhere(uint64_t id)
{
    struct visit visit = {id, 1};

    on_a_thread(enter_there, &visit);
    return visit.st;
}

static void *close_there(void *arg)
{
    handle_close(*(uint64_t *)arg, STORE);
    return NULL;
}

static void *unhold_there(void *arg)
{
    struct visit *visit = arg;

    visit->st = handle_unhold(visit->id, NULL);
    return NULL;
}

/* ---- stores ----------------------------------------------------------- */

static void a_store_in_use_elsewhere_is_busy(void **state)
{
    uint64_t id = make(STORE);
    void *obj;

    UNUSED(state);
    assert_false(handle_is_entered_by_me(id));
    assert_int_equal(handle_enter(id, &obj, NULL), LODGE_OK);
    assert_true(handle_is_entered_by_me(id));
    assert_int_equal(try_enter_elsewhere(id), LODGE_E_BUSY);
    assert_string_equal(last.message, "store is in use on another thread");
    handle_leave(id);
    assert_int_equal(try_enter_elsewhere(id), LODGE_OK);
    handle_close(id, STORE);
}

static void the_same_thread_nests(void **state)
{
    uint64_t id = make(STORE);
    void *obj;

    UNUSED(state);
    assert_int_equal(handle_enter(id, &obj, NULL), LODGE_OK);
    assert_int_equal(handle_enter(id + 3, &obj, NULL), LODGE_OK);
    assert_int_equal(try_enter(id), LODGE_OK);
    handle_leave(id + 3);
    assert_int_equal(try_enter_elsewhere(id), LODGE_E_BUSY);
    handle_leave(id);
    assert_int_equal(try_enter_elsewhere(id), LODGE_OK);
    handle_close(id, STORE);
}

static void a_store_closed_inside_ends_with_the_last_leave(void **state)
{
    uint64_t id = make(STORE);
    void *obj;

    UNUSED(state);
    assert_int_equal(handle_enter(id, &obj, NULL), LODGE_OK);
    assert_int_equal(handle_enter(id, &obj, NULL), LODGE_OK);
    handle_close(id, STORE);
    handle_close(id, STORE);
    assert_int_equal(try_enter(id), LODGE_E_HANDLE);
    assert_int_equal(try_enter_elsewhere(id), LODGE_E_HANDLE);
    handle_leave(id);
    handle_drain();
    assert_int_equal(destroyed, 0);
    handle_leave(id);
    assert_int_equal(destroyed, 1);
    assert_int_equal(try_enter(id), LODGE_E_HANDLE);
}

static void a_store_closed_elsewhere_ends_when_left(void **state)
{
    uint64_t id = make(STORE);
    void *obj;

    UNUSED(state);
    assert_int_equal(handle_enter(id, &obj, NULL), LODGE_OK);
    on_a_thread(close_there, &id);
    assert_int_equal(destroyed, 0);
    handle_leave(id);
    assert_int_equal(destroyed, 1);
}

/* ---- holding ---------------------------------------------------------- */

static void a_held_store_stays_with_its_thread(void **state)
{
    uint64_t id = make(STORE);
    struct visit visit = {id, 1};

    UNUSED(state);
    assert_int_equal(handle_hold(id, NULL), LODGE_OK);
    assert_int_equal(handle_hold(id, NULL), LODGE_OK);
    assert_int_equal(try_enter(id), LODGE_OK);
    assert_int_equal(try_enter_elsewhere(id), LODGE_E_BUSY);
    on_a_thread(unhold_there, &visit);
    assert_int_equal(visit.st, LODGE_E_BUSY);
    assert_int_equal(handle_unhold(id, NULL), LODGE_OK);
    assert_int_equal(try_enter_elsewhere(id), LODGE_E_BUSY);
    assert_int_equal(handle_unhold(id, NULL), LODGE_OK);
    assert_int_equal(try_enter_elsewhere(id), LODGE_OK);
    assert_int_equal(handle_unhold(id, NULL), LODGE_E_STATE);
    handle_close(id, STORE);
}

static void a_hold_may_begin_and_end_inside_a_call(void **state)
{
    uint64_t id = make(STORE);
    void *obj;

    UNUSED(state);
    assert_int_equal(handle_enter(id, &obj, NULL), LODGE_OK);
    assert_int_equal(handle_unhold(id, NULL), LODGE_E_STATE);
    assert_int_equal(handle_hold(id, NULL), LODGE_OK);
    handle_leave(id);
    assert_int_equal(try_enter_elsewhere(id), LODGE_E_BUSY);
    assert_int_equal(handle_enter(id, &obj, NULL), LODGE_OK);
    assert_int_equal(handle_unhold(id, NULL), LODGE_OK);
    assert_int_equal(try_enter_elsewhere(id), LODGE_E_BUSY);
    handle_leave(id);
    assert_int_equal(try_enter_elsewhere(id), LODGE_OK);
    handle_close(id, STORE);
}

static void the_holder_may_close_at_once(void **state)
{
    uint64_t one = make(STORE), two = make(STORE), three = make(STORE);

    UNUSED(state);
    assert_int_equal(handle_hold(one, NULL), LODGE_OK);
    assert_int_equal(handle_hold(two, NULL), LODGE_OK);
    assert_int_equal(handle_hold(three, NULL), LODGE_OK);
    handle_close(two, STORE);
    assert_int_equal(destroyed, 1);
    assert_int_equal(handle_unhold(two, NULL), LODGE_E_HANDLE);
    handle_close(one, STORE);
    handle_close(three, STORE);
    assert_int_equal(destroyed, 3);
}

static void a_held_store_closed_elsewhere_ends_at_the_next_use(void **state)
{
    uint64_t id = make(STORE);

    UNUSED(state);
    assert_int_equal(handle_hold(id, NULL), LODGE_OK);
    on_a_thread(close_there, &id);
    assert_int_equal(destroyed, 0);
    assert_int_equal(try_enter(id), LODGE_E_HANDLE);
    assert_int_equal(destroyed, 1);
    assert_int_equal(handle_unhold(id, NULL), LODGE_E_HANDLE);
}

static void *hold_and_forget(void *arg)
{
    uint64_t *ids = arg;
    int i;

    for (i = 0; i < 3; i++)
        if (handle_hold(ids[i], NULL) != LODGE_OK)
            return NULL;
    handle_hold(ids[1], NULL);
    return NULL;
}

static void a_forgotten_hold_ends_with_its_thread(void **state)
{
    uint64_t ids[3];
    int i;

    UNUSED(state);
    for (i = 0; i < 3; i++)
        ids[i] = make(STORE);
    on_a_thread(hold_and_forget, ids);
    for (i = 0; i < 3; i++) {
        assert_int_equal(try_enter(ids[i]), LODGE_OK);
        handle_close(ids[i], STORE);
    }
    assert_int_equal(destroyed, 3);
}

/* ---- releasing -------------------------------------------------------- */

static void release_only_marks_until_the_next_call(void **state)
{
    uint64_t store = make(STORE), engine = make(ENGINE), other;

    UNUSED(state);
    handle_release(store);
    handle_release(store);
    handle_release(engine);
    assert_int_equal(destroyed, 0);
    assert_int_equal(try_pin(engine, ENGINE), LODGE_E_HANDLE);
    other = make(STORE);
    assert_int_equal(destroyed, 2);
    handle_close(other, STORE);
}

static void leaving_any_store_carries_releases_out(void **state)
{
    uint64_t store = make(STORE), other = make(STORE);
    void *obj;

    UNUSED(state);
    assert_int_equal(handle_enter(other, &obj, NULL), LODGE_OK);
    handle_release(store);
    handle_leave(other);
    assert_int_equal(destroyed, 1);
    handle_release(other);
    assert_int_equal(try_enter(other), LODGE_E_HANDLE);
    assert_int_equal(destroyed, 2);
    handle_drain();
    assert_int_equal(destroyed, 2);
}

static void a_release_of_what_is_in_use_waits(void **state)
{
    uint64_t store = make(STORE), engine = make(ENGINE);
    void *obj;

    UNUSED(state);
    assert_int_equal(handle_enter(store, &obj, NULL), LODGE_OK);
    assert_int_equal(handle_pin(engine, ENGINE, &obj, NULL), LODGE_OK);
    handle_release(store);
    handle_release(engine);
    handle_drain();
    handle_drain();
    assert_int_equal(destroyed, 0);
    handle_unpin(engine);
    assert_int_equal(destroyed, 1);
    handle_leave(store);
    assert_int_equal(destroyed, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        it(a_store_in_use_elsewhere_is_busy),
        it(the_same_thread_nests),
        it(a_store_closed_inside_ends_with_the_last_leave),
        it(a_store_closed_elsewhere_ends_when_left),
        it(a_held_store_stays_with_its_thread),
        it(a_hold_may_begin_and_end_inside_a_call),
        it(the_holder_may_close_at_once),
        it(a_held_store_closed_elsewhere_ends_at_the_next_use),
        it(a_forgotten_hold_ends_with_its_thread),
        it(release_only_marks_until_the_next_call),
        it(leaving_any_store_carries_releases_out),
        it(a_release_of_what_is_in_use_waits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_misuse.c - what must not be done with calls, host functions and open
 * requests, and what comes of it. tests/tables/misuse.md lists all rows; here
 * are those that no other test shows.
 */
#include "suspend_fixture.h"

/* ---- G: calls --------------------------------------------------------- */

/* G8, G9: nobody has to give a record, nor to make one ready. */
static void every_failure_works_without_a_record(void **state)
{
    lodge_error raw;
    uint64_t slot = 0;

    (void)state;
    assert_int_equal(lodge_func_call(func_of(guest, "div"), &slot, 1, NULL),
                     LODGE_E_TRAP);
    assert_int_equal(lodge_func_call(func_of(guest, "div"), NULL, 1, NULL),
                     LODGE_E_ARGUMENT);
    memset(&raw, 0xA5, sizeof raw);
    assert_int_equal(lodge_func_call(func_of(guest, "div"), &slot, 1, &raw),
                     LODGE_E_TRAP);
    assert_int_equal(raw.head, 0xA5A5A5A5);
    assert_int_equal(raw.message[0], (char)0xA5);
}

static const char throws[] =
    "(module (tag $e (param i32)) (import \"h\" \"f\""
    "  (func $f (param i32 i32) (result i32)))"
    " (func (export \"throw\") (param i32) (result i32)"
    "  (throw $e (local.get 0)))"
    " (func (export \"late\") (param i32) (result i32)"
    "  (throw $e (call $f (local.get 0) (i32.const 0)))))";

/* G15: on the fiber and off it, before a request and after one. */
static void an_uncaught_exception_is_the_same_everywhere(void **state)
{
    lodge_module module = new_module(engine, throws);
    lodge_instance thrower;
    uint64_t slot = 3;
    struct frame f;

    (void)state;
    OK(lodge_instance_new(linker, store, module, &thrower, ERR));
    FAILS(EXCEPTION,
          lodge_func_call(func_of(thrower, "throw"), &slot, 1, ERR));
    f = frame_of(thrower, "throw", 0, 3);
    GIVES(E_EXCEPTION, lodge_call, &f);
    f = frame_of(thrower, "late", 0, 3);
    GIVES(REQUEST, lodge_call, &f);
    assert_int_equal(answer(&f, 1), LODGE_E_EXCEPTION);
    assert_int_equal((int64_t)f.word[LODGE_FRAME_STATUS], LODGE_E_EXCEPTION);
    still_usable();
}

/* G26: a failed call leaves what was in the slots, and a failed frame holds
 * no results of an earlier call.
 */
static void no_results_come_out_of_a_failed_call(void **state)
{
    uint64_t slots[4] = {0, 11, 12, 13};
    struct frame f = frame_of(guest, "div", 0, 4);

    (void)state;
    FAILS(TRAP, lodge_func_call(func_of(guest, "div"), slots, 4, ERR));
    assert_int_equal(slots[0], 0);
    assert_int_equal(slots[3], 13);
    GIVES(OK, lodge_call, &f);
    assert_int_equal(SLOT(&f), 25);
    SLOT(&f) = 0;
    GIVES(E_TRAP, lodge_call, &f);
    assert_int_equal(SLOT(&f), 0);
}

/* ---- H: inside host functions ----------------------------------------- */

static lodge_status inside[4];

static int32_t does_it_all(lodge_caller caller, uint64_t *slots)
{
    lodge_store own = {0};
    uint64_t slot = 50;

    OK(lodge_caller_store(caller, &own));
    inside[0] = lodge_store_gc(own, ERR);
    inside[1] = lodge_func_call(func_of(guest, "div"), &slot, 1, ERR);
    lodge_store_close(own);
    inside[2] = lodge_store_gc(own, ERR);
    slots[0] = slot;
    return 0;
}

/* H15: collecting and nested calls are fine, a close waits for the end. */
static void a_host_function_collects_calls_and_closes(void **state)
{
    uint64_t slot = 1;
    lodge_func through = func_of(guest, "through");
    lodge_status st;

    (void)state;
    direct_body = does_it_all;
    st = lodge_func_call(through, &slot, 1, ERR);
    assert_true(st == LODGE_OK || st == LODGE_E_CANCELLED);
    assert_int_equal(inside[0], LODGE_OK);
    assert_int_equal(inside[1], LODGE_OK);
    FAILS(HANDLE, lodge_func_call(through, &slot, 1, ERR));
    FAILS(HANDLE, lodge_store_gc(store, ERR));
}

static uint64_t kept[2];

static int32_t keeps_its_slots(lodge_caller caller, uint64_t *slots)
{
    kept[0] = slots[0]; /* copied: the slots themselves end with the call */
    kept[1] = caller.id;
    return 0;
}

/* H5, H10: numbers and handles are copies; what was of the call is stale. */
static void what_a_host_function_keeps_is_refused_later(void **state)
{
    lodge_caller old;
    lodge_instance who;
    lodge_extern item;
    lodge_memory memory;
    uint64_t slot = 9;

    (void)state;
    direct_body = keeps_its_slots;
    OK(lodge_func_call(func_of(guest, "through"), &slot, 1, ERR));
    assert_int_equal(kept[0], 9);
    old.id = kept[1];
    assert_int_equal(lodge_caller_instance(old, &who), LODGE_E_HANDLE);
    assert_int_equal(lodge_caller_memory(old, &memory), LODGE_E_HANDLE);
    assert_int_equal(lodge_caller_export(old, TEXT("heap"), &item),
                     LODGE_E_HANDLE);
    assert_int_equal(lodge_caller_fail(old, 1, TEXT("late")), LODGE_E_HANDLE);
    assert_int_equal(lodge_caller_exit(old, 1), LODGE_E_HANDLE);
}

/* ---- M: open requests ------------------------------------------------- */

/* M7, M11: a frame that is over, never begun or scribbled over. */
static void frames_that_wait_for_nothing_are_refused(void **state)
{
    struct frame f = {{0}};
    size_t i;

    (void)state;
    GIVES(E_HANDLE, lodge_resume, &f);
    f = open_request("one", 0, 5);
    answers_with(&f, 1, 2);
    f.word[LODGE_FRAME_TOKEN] = store.id | 1; /* that of the last stop */
    GIVES(E_STATE, lodge_resume, &f);
    for (i = 0; i < LODGE_FRAME_SLOTS; i++)
        f.word[i] = UINT64_MAX;
    f.word[LODGE_FRAME_ERROR] = 0;
    assert_true(lodge_resume(f.word) < 0);
    f.word[LODGE_FRAME_ERROR] = 0;
    assert_true(lodge_call(f.word) < 0);
    f.word[LODGE_FRAME_ERROR] = 0;
    assert_true(lodge_instantiate(f.word) < 0);
    still_usable();
}

/* M8: nothing of the call's is needed while it waits. */
static void all_that_a_waiting_call_came_from_may_go(void **state)
{
    struct frame f = open_request("one", 0, 5), other = {{0}};

    (void)state;
    lodge_linker_close(linker);
    lodge_module_close(guest_module);
    lodge_instance_close(guest); /* in a shared store: its id only */
    other.word[LODGE_FRAME_TOKEN] = f.word[LODGE_FRAME_TOKEN];
    other.word[LODGE_FRAME_CAPACITY] = SLOTS;
    memset(&f, 0xEE, sizeof f); /* Lodge has kept no pointer to it */
    assert_int_equal(answer(&other, 20), LODGE_OK);
    assert_int_equal(SLOT(&other), 21);
}

/* M10: the collector runs while a request is open, or says that it cannot. */
static void collecting_at_a_request_is_a_clean_status(void **state)
{
    struct frame f = open_request("one", 0, 5);
    lodge_status st = lodge_store_gc(store, ERR);

    (void)state;
    assert_true(st == LODGE_OK || st == LODGE_E_STATE);
    answers_with(&f, 1, 2);
    OK(lodge_store_gc(store, ERR));
}

/* M4: a store that can wait still runs direct calls. */
static void waiting_functions_do_not_make_all_calls_wait(void **state)
{
    uint64_t slot = 20;
    struct frame f;

    (void)state;
    OK(lodge_func_call(func_of(guest, "div"), &slot, 1, ERR));
    assert_int_equal(slot, 5);
    f = open_request("one", 0, 5);
    answers_with(&f, 1, 2);
    slot = 20;
    OK(lodge_func_call(func_of(guest, "div"), &slot, 1, ERR));
    assert_int_equal(slot, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUSPEND_TEST(every_failure_works_without_a_record),
        SUSPEND_TEST(an_uncaught_exception_is_the_same_everywhere),
        SUSPEND_TEST(no_results_come_out_of_a_failed_call),
        SUSPEND_TEST(a_host_function_collects_calls_and_closes),
        SUSPEND_TEST(what_a_host_function_keeps_is_refused_later),
        SUSPEND_TEST(frames_that_wait_for_nothing_are_refused),
        SUSPEND_TEST(all_that_a_waiting_call_came_from_may_go),
        SUSPEND_TEST(collecting_at_a_request_is_a_clean_status),
        SUSPEND_TEST(waiting_functions_do_not_make_all_calls_wait),
    };

    return RUN(tests);
}

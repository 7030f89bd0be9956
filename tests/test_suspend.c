/* test_suspend.c - host functions that wait: requests, answers, nesting.
 */
#include "suspend_fixture.h"

/* ---- one request ------------------------------------------------------- */

static void a_request_tells_who_asks_for_what(void **state)
{
    struct frame f = open_request("one", 0, 5);

    (void)state;
    assert_int_equal(f.word[LODGE_FRAME_IMPORT],
                     TOKEN_F | UINT64_C(2) << 32 | UINT64_C(1) << 48);
    assert_int_equal(f.word[LODGE_FRAME_INSTANCE], guest.id);
    assert_int_equal(f.word[LODGE_FRAME_OPEN], 1);
    assert_int_equal(f.word[LODGE_FRAME_SLOTS], 5);
    assert_int_equal(f.word[LODGE_FRAME_SLOTS + 1], 7);
    answers_with(&f, 41, 42);
    assert_int_equal(f.word[LODGE_FRAME_OPEN], 0);
    still_usable();
}

static void result_slots_that_are_not_written_are_zero(void **state)
{
    struct frame f = open_request("pairs", 0, 99);

    (void)state;
    assert_int_equal(f.word[LODGE_FRAME_IMPORT] & UINT32_MAX, TOKEN_PAIR);
    assert_int_equal(f.word[LODGE_FRAME_SLOTS + 1], 0);
    GIVES(OK, lodge_resume, &f);
    assert_int_equal(f.word[LODGE_FRAME_SLOTS], 99);
    assert_int_equal(f.word[LODGE_FRAME_SLOTS + 1], 0);
}

static void upper_halves_of_answers_are_ignored(void **state)
{
    struct frame f = open_request("one", 0, 5);

    (void)state;
    answers_with(&f, UINT64_C(0xDEAD00000001), 2);
}

static void references_come_and_go_as_ids(void **state)
{
    struct frame f = open_request("reflect", 0, 0);
    lodge_func malloc_fn = func_of(guest, "malloc");

    (void)state;
    assert_int_equal(SLOT(&f), malloc_fn.id);
    answers_with(&f, malloc_fn.id, 0);
    f = open_request("reflect", 0, 0);
    answers_with(&f, 0, 1);
    f = open_request("reflect", 0, 0);
    SLOT(&f) = guest.id; /* no func: the request stays open */
    GIVES(E_HANDLE, lodge_resume, &f);
    f.word[LODGE_FRAME_STATUS] = 0;
    answers_with(&f, malloc_fn.id, 0);
}

static void a_loop_of_requests_runs_on_one_frame(void **state)
{
    struct frame f = open_request("loop", 0, 1000);
    lodge_status st = LODGE_REQUEST;
    int rounds = 0;

    (void)state;
    for (; st == LODGE_REQUEST; rounds++)
        st = answer(&f, SLOT(&f) + f.word[LODGE_FRAME_SLOTS + 1]);
    assert_int_equal(st, LODGE_OK);
    assert_int_equal(rounds, 1000);
    assert_int_equal(SLOT(&f), 500500);
}

static void a_call_without_requests_just_ends(void **state)
{
    struct frame f = frame_of(guest, "div", 0, 0);

    (void)state;
    GIVES(E_TRAP, lodge_call, &f);
    assert_int_equal(f.word[LODGE_FRAME_DETAIL] & UINT32_MAX,
                     LODGE_TRAP_DIVISION_BY_ZERO);
    f = frame_of(guest, "deep", 0, 0);
    GIVES(E_STACK, lodge_call, &f);
    still_usable();
}

/* ---- failures ---------------------------------------------------------- */

static void a_failure_brings_its_payload_back(void **state)
{
    struct frame f = open_request("one", 0, 5);

    (void)state;
    assert_int_equal(fails(&f, LODGE_E_HOST, 0xABCDEF0123456789, 0),
                     LODGE_E_HOST);
    assert_int_equal(f.word[LODGE_FRAME_PAYLOAD], 0xABCDEF0123456789);
    assert_int_equal((int64_t)f.word[LODGE_FRAME_STATUS], LODGE_E_HOST);
    assert_string_equal(message_of(&f), "a host function failed");
    still_usable();
}

static void a_failure_takes_its_words_from_the_frame(void **state)
{
    struct frame f = open_request("one", 0, 5);
    lodge_error *err =
        (lodge_error *)(void *)&f.word[LODGE_FRAME_SLOTS + SLOTS];

    (void)state;
    strcpy(err->message, "no such file");
    err->message_len = 12;
    assert_int_equal(fails(&f, LODGE_E_HOST, 1, 0), LODGE_E_HOST);
    assert_string_equal(message_of(&f), "no such file");
    f = open_request("one", 0, 5);
    err->message_len = 1000; /* beyond the record: cut there */
    memset(err->message, 'x', sizeof err->message);
    f.word[LODGE_FRAME_ERROR] = (LODGE_FRAME_SLOTS + SLOTS) | UINT64_C(8)
                                                                  << 32;
    assert_int_equal(fails(&f, LODGE_E_HOST, 1, 0), LODGE_E_HOST);
}

static void an_exit_code_ends_the_guest(void **state)
{
    struct frame f = open_request("one", 0, 5);

    (void)state;
    assert_int_equal(fails(&f, LODGE_E_EXIT, 0, -3), LODGE_E_EXIT);
    assert_int_equal((int32_t)(f.word[LODGE_FRAME_DETAIL] >> 32), -3);
    f = open_request("one", 0, 5);
    assert_int_equal(fails(&f, LODGE_E_EXIT, 0, 0), LODGE_E_EXIT);
    assert_int_equal(f.word[LODGE_FRAME_DETAIL] >> 32, 0);
    still_usable();
}

static void a_request_can_be_cancelled_by_its_holder(void **state)
{
    struct frame f = open_request("one", 0, 5);

    (void)state;
    assert_int_equal(fails(&f, LODGE_E_CANCELLED, 0, 0), LODGE_E_CANCELLED);
    still_usable();
}

static void an_answer_of_another_status_is_refused(void **state)
{
    struct frame f = open_request("one", 0, 5);

    (void)state;
    assert_int_equal(fails(&f, LODGE_E_TRAP, 0, 0), LODGE_E_ARGUMENT);
    assert_int_equal(fails(&f, 77, 0, 0), LODGE_E_ARGUMENT);
    f.word[LODGE_FRAME_STATUS] = 0;
    answers_with(&f, 1, 2);
}

/* ---- nesting ----------------------------------------------------------- */

static void the_guest_allocates_while_a_request_is_open(void **state)
{
    struct frame f = open_request("one", 0, 5), g;
    lodge_memory memory;
    uint32_t n = 0x11223344, back = 0;

    (void)state;
    g = frame_of(guest, "malloc", TOKEN(&f), 64);
    GIVES(OK, lodge_call, &g);
    assert_int_equal(SLOT(&g), 1024);
    assert_int_equal(g.word[LODGE_FRAME_OPEN], 1);
    SLOT(&g) = 64;
    GIVES(OK, lodge_call, &g);
    assert_int_equal(SLOT(&g), 1088);
    OK(lodge_instance_memory(guest, TEXT("memory"), &memory, ERR));
    OK(lodge_memory_write(memory, 1024, (uint8_t *)&n, 4, ERR));
    OK(lodge_memory_read(memory, 1024, (uint8_t *)&back, 4, ERR));
    assert_int_equal(back, n);
    assert_int_equal(SLOT(&f), 5);
    answers_with(&f, 41, 42);
}

static void nested_requests_are_answered_innermost_first(void **state)
{
    struct frame a = open_request("one", 0, 1);
    struct frame b = open_request("one", TOKEN(&a), 2);
    uint64_t outer = TOKEN(&a), inner = TOKEN(&b);

    (void)state;
    assert_int_not_equal(outer, inner);
    assert_int_equal(b.word[LODGE_FRAME_OPEN], 2);
    assert_int_equal(answer(&a, 0), LODGE_E_STATE);
    assert_non_null(strstr(message_of(&a), "innermost"));
    a.word[LODGE_FRAME_STATUS] = 0;
    answers_with(&b, 10, 11);
    TOKEN(&b) = inner;
    assert_int_equal(answer(&b, 10), LODGE_E_STATE);
    answers_with(&a, 20, 21);
    still_usable();
}

static void a_nested_failure_leaves_the_outer_request_open(void **state)
{
    struct frame a = open_request("one", 0, 1), g;

    (void)state;
    g = frame_of(guest, "div", TOKEN(&a), 0);
    GIVES(E_TRAP, lodge_call, &g);
    SLOT(&g) = 4;
    GIVES(OK, lodge_call, &g);
    assert_int_equal(SLOT(&g), 25);
    g = frame_of(guest, "deep", TOKEN(&a), 0);
    GIVES(E_STACK, lodge_call, &g);
    g = open_request("trap_after", TOKEN(&a), 3);
    assert_int_equal(answer(&g, 0), LODGE_E_TRAP);
    g = open_request("one", TOKEN(&a), 3);
    assert_int_equal(fails(&g, LODGE_E_HOST, 0x77, 0), LODGE_E_HOST);
    answers_with(&a, 4, 5);
    still_usable();
}

static void a_failure_keeps_its_identity_through_nesting(void **state)
{
    struct frame a = open_request("one", 0, 1);
    struct frame b = open_request("one", TOKEN(&a), 3);
    uint64_t payload;
    uint32_t n;

    (void)state;
    assert_int_equal(fails(&b, LODGE_E_HOST, 0xF00D, 0), LODGE_E_HOST);
    payload = b.word[LODGE_FRAME_PAYLOAD];
    ((lodge_error *)(void *)&a.word[LODGE_FRAME_SLOTS + SLOTS])->flags =
        LODGE_ERROR_REPORT;
    assert_int_equal(fails(&a, LODGE_E_HOST, payload, 0), LODGE_E_HOST);
    assert_int_equal(a.word[LODGE_FRAME_PAYLOAD], 0xF00D);
    OK(lodge_report_cause_count(
        (lodge_report){
            ((lodge_error *)(void *)&a.word[LODGE_FRAME_SLOTS + SLOTS])
                ->report},
        &n, ERR));
    assert_int_equal(n, 1); /* the same failure, not one caused by it */
    still_usable();
}

/* Host function one(k) calls the guest's one(k - 1) and adds nothing. */
static lodge_status handle(struct frame *f, uint64_t *result)
{
    struct frame g;
    lodge_status st;

    *result = 0;
    if (SLOT(f) == 0)
        return LODGE_OK;
    g = frame_of(guest, "one", TOKEN(f), SLOT(f) - 1);
    st = lodge_call(g.word);
    while (st == LODGE_REQUEST) {
        uint64_t value;
        lodge_status inner = handle(&g, &value);

        st = inner ? fails(&g, LODGE_E_HOST, (uint64_t)-inner, 0)
                   : answer(&g, value);
    }
    *result = SLOT(&g);
    return st == LODGE_E_HOST ? -(lodge_status)g.word[LODGE_FRAME_PAYLOAD]
                              : st;
}

static void recursion_through_requests_is_right(void **state)
{
    struct frame f = open_request("one", 0, 50);
    uint64_t value;

    (void)state;
    assert_int_equal(handle(&f, &value), LODGE_OK);
    answers_with(&f, value, 51);
}

static void endless_recursion_is_a_status(void **state)
{
    struct frame a = open_request("one", 0, 1), f = a;
    uint64_t *tokens = malloc(100000 * sizeof *tokens);
    lodge_status st = LODGE_REQUEST;
    uint32_t depth = 0;

    (void)state;
    while (st == LODGE_REQUEST && depth < 99999) {
        tokens[depth++] = TOKEN(&f);
        f = frame_of(guest, "one", TOKEN(&f), 1);
        st = lodge_call(f.word);
    }
    assert_int_equal(st, LODGE_E_STACK);
    assert_in_range(depth, 200, 99999);
    while (depth > 0) {
        TOKEN(&f) = tokens[--depth];
        f.word[LODGE_FRAME_STATUS] = 0;
        answers_with(&f, 1, 2);
    }
    free(tokens);
    still_usable();
}

/* ---- the table of states ----------------------------------------------- */

static struct frame nested_frame;
static lodge_status nested_status;

static void idle(void **state)
{
    struct frame f = frame_of(guest, "div", 1, 4);
    uint64_t slots[1] = {4};

    (void)state;
    GIVES(E_STATE, lodge_call, &f); /* a parent that is no request */
    f.word[LODGE_FRAME_PARENT] = 0;
    f.word[LODGE_FRAME_STATUS] = 0;
    TOKEN(&f) = store.id | 1;
    assert_int_equal(lodge_resume(f.word), LODGE_E_STATE);
    still_usable(); /* now the fiber is there */
    f.word[LODGE_FRAME_STATUS] = 0;
    assert_int_equal(lodge_resume(f.word), LODGE_E_STATE);
    OK(lodge_func_call(func_of(guest, "div"), slots, 1, ERR));
    assert_int_equal(slots[0], 25);
    OK(lodge_store_gc(store, ERR));
}

static void at_a_request_memory_tables_and_globals_work(void **state)
{
    struct frame f = open_request("one", 0, 1);
    lodge_memory memory;
    lodge_global global;
    lodge_table table;
    uint64_t n, calls;
    char buf[64];

    (void)state;
    OK(lodge_instance_memory(guest, TEXT("memory"), &memory, ERR));
    OK(lodge_memory_grow(memory, 1, &n, ERR));
    assert_int_equal(n, 2);
    OK(lodge_instance_global(guest, TEXT("heap"), &global, ERR));
    OK(lodge_global_get(global, &n, 1, ERR));
    assert_int_equal(n, 1024);
    OK(lodge_instance_table(guest, TEXT("table"), &table, ERR));
    OK(lodge_table_set(table, 0, func_of(guest, "one").id, ERR));
    OK(lodge_table_grow(table, 2, 0, &n, ERR));
    OK(lodge_func_type(func_of(guest, "one"), buf, sizeof buf, NULL, ERR));
    OK(lodge_memory_new(store, TEXT("1"), &memory, ERR));
    OK(lodge_store_get(store, LODGE_STORE_CALLS, &calls, ERR));
    assert_int_equal(calls, 1);
    answers_with(&f, 1, 2);
}

static void at_a_request_no_guest_runs_beside_it(void **state)
{
    struct frame f = open_request("one", 0, 1), g;
    uint64_t slots[1] = {4};
    lodge_instance other;

    (void)state;
    g = frame_of(guest, "div", 0, 4);
    GIVES(E_STATE, lodge_call, &g);
    g.word[LODGE_FRAME_PARENT] = TOKEN(&f) ^ 2;
    GIVES(E_STATE, lodge_call, &g);
    SAYS(STATE, "PARENT",
         lodge_func_call(func_of(guest, "div"), slots, 1, ERR));
    assert_int_equal(test_err.detail, TOKEN(&f));
    OK(lodge_store_gc(store, ERR));
    FAILS(STATE, lodge_instance_new(linker, store, guest_module, &other, ERR));
    answers_with(&f, 1, 2);
    still_usable();
}

static int32_t calls_back(lodge_caller caller, uint64_t *slots)
{
    (void)caller;
    nested_frame = frame_of(guest, "div", 0, 4);
    nested_status = lodge_call(nested_frame.word);
    slots[0] = SLOT(&nested_frame);
    return 0;
}

static int32_t resumes(lodge_caller caller, uint64_t *slots)
{
    (void)caller;
    (void)slots;
    nested_status = lodge_resume(nested_frame.word);
    return 0;
}

static int32_t closes(lodge_caller caller, uint64_t *slots)
{
    (void)caller;
    (void)slots;
    lodge_store_close(store);
    return 0;
}

static void inside_direct_a_call_is_nested(void **state)
{
    struct frame f = frame_of(guest, "through", 0, 1);

    (void)state;
    direct_body = calls_back;
    GIVES(OK, lodge_call, &f);
    assert_int_equal(nested_status, LODGE_OK);
    assert_int_equal(SLOT(&f), 25);
}

static void inside_direct_nothing_can_be_answered(void **state)
{
    struct frame a = open_request("one", 0, 1), f;

    (void)state;
    nested_frame = a;
    direct_body = resumes;
    f = frame_of(guest, "through", TOKEN(&a), 1);
    GIVES(OK, lodge_call, &f);
    assert_int_equal(nested_status, LODGE_E_STATE);
    answers_with(&a, 1, 2);
}

static void inside_direct_a_close_is_deferred(void **state)
{
    struct frame f = frame_of(guest, "through", 0, 1);

    (void)state;
    direct_body = closes;
    GIVES(OK, lodge_call, &f);
    GIVES(E_HANDLE, lodge_call, &f);
}

static int32_t calls_one(lodge_caller caller, uint64_t *slots)
{
    uint64_t value = slots[0];

    (void)caller;
    nested_status = lodge_func_call(func_of(guest, "one"), &value, 1, ERR);
    slots[0] = value * 2;
    return nested_status;
}

static void
a_request_above_a_direct_function_goes_to_the_outer_call(void **state)
{
    struct frame f, g;

    (void)state;
    direct_body = calls_one;
    f = open_request("through", 0, 6);
    assert_int_equal(f.word[LODGE_FRAME_OPEN], 2);
    g = frame_of(guest, "malloc", TOKEN(&f), 8);
    GIVES(OK, lodge_call, &g);
    answers_with(&f, 9, 20);
    f = open_request("through", 0, 6);
    assert_int_equal(fails(&f, LODGE_E_HOST, 5, 0), LODGE_E_HOST);
    assert_int_equal(f.word[LODGE_FRAME_PAYLOAD], 5);
    still_usable();
}

static void a_direct_call_that_waits_is_refused(void **state)
{
    uint64_t slots[1] = {4};

    (void)state;
    SAYS(STATE, "lodge_call",
         lodge_func_call(func_of(guest, "one"), slots, 1, ERR));
    still_usable();
    SAYS(STATE, "lodge_call",
         lodge_func_call(func_of(guest, "one"), slots, 1, ERR));
    direct_body = calls_one;
    SAYS(STATE, "lodge_call",
         lodge_func_call(func_of(guest, "through"), slots, 1, ERR));
}

/* ---- closing ------------------------------------------------------------ */

static void a_closed_store_ends_its_requests(void **state)
{
    struct frame a = open_request("one", 0, 1);
    struct frame b = open_request("one", TOKEN(&a), 2);

    (void)state;
    lodge_store_close(store);
    assert_int_equal(answer(&b, 1), LODGE_E_HANDLE);
    assert_int_equal(answer(&a, 1), LODGE_E_HANDLE);
    GIVES(E_HANDLE, lodge_call, &a);
}

static void closing_unwinds_direct_functions_on_their_thread(void **state)
{
    struct frame f;

    (void)state;
    direct_body = calls_one;
    f = open_request("through", 0, 6);
    nested_status = LODGE_OK;
    lodge_store_close(store);
    assert_int_equal(nested_status, LODGE_E_CANCELLED);
    assert_int_equal(answer(&f, 1), LODGE_E_HANDLE);
}

static int32_t swallows(lodge_caller caller, uint64_t *slots)
{
    calls_one(caller, slots);
    return 0;
}

static void nobody_swallows_a_close(void **state)
{
    struct frame f;

    (void)state;
    direct_body = swallows;
    f = open_request("through", 0, 6);
    lodge_store_close(store);
    assert_int_equal(answer(&f, 1), LODGE_E_HANDLE);
}

static void a_shutdown_is_met_at_the_next_use(void **state)
{
    struct frame f;

    (void)state;
    direct_body = calls_one;
    f = open_request("through", 0, 6);
    nested_status = LODGE_OK;
    lodge_engine_shutdown(engine);
    assert_int_equal(answer(&f, 1), LODGE_E_HANDLE);
    assert_int_equal(nested_status, LODGE_E_CANCELLED);
}

static void four_open_levels_are_closed_2000_times(void **state)
{
    int i, k;

    (void)state;
    for (i = 0; i < 2000; i++) {
        struct frame f = open_request("one", 0, 1);

        for (k = 0; k < 3; k++)
            f = open_request("one", TOKEN(&f), 1);
        assert_int_equal(f.word[LODGE_FRAME_OPEN], 4);
        lodge_store_close(store);
        store = new_store(engine);
        OK(lodge_instance_new(linker, store, guest_module, &guest, ERR));
    }
    still_usable();
}

/* ---- misuse -------------------------------------------------------------- */

static void a_frame_that_is_too_small_is_told(void **state)
{
    struct frame f = frame_of(guest, "one", 0, 1), g;
    uint64_t token;

    (void)state;
    f.word[LODGE_FRAME_CAPACITY] = 1;
    GIVES(E_BUFFER, lodge_call, &f);
    assert_non_null(strstr(message_of(&f), "needs 2"));
    f = open_request("pairs", 0, 1);
    token = TOKEN(&f);
    f.word[LODGE_FRAME_CAPACITY] = 1;
    GIVES(E_BUFFER, lodge_resume, &f);
    assert_int_equal(TOKEN(&f), token);
    f.word[LODGE_FRAME_CAPACITY] = SLOTS;
    f.word[LODGE_FRAME_STATUS] = 0;
    GIVES(OK, lodge_resume, &f);
    f = open_request("one", 0, 1);
    g = frame_of(guest, "pairs", TOKEN(&f), 1);
    g.word[LODGE_FRAME_CAPACITY] = 1;
    GIVES(E_BUFFER, lodge_call, &g);
    answers_with(&f, 1, 2);
    still_usable();
}

static void tokens_that_are_none_are_refused(void **state)
{
    struct frame f = open_request("one", 0, 1), g = f;
    size_t i;

    (void)state;
    for (i = 0; i < BAD_IDS; i++) {
        TOKEN(&g) = bad_ids[i];
        g.word[LODGE_FRAME_STATUS] = 0;
        g.word[LODGE_FRAME_FUNC] = 0;
        assert_int_equal(lodge_resume(g.word), LODGE_E_HANDLE);
    }
    g = f;
    TOKEN(&g) ^= 1;
    GIVES(E_STATE, lodge_resume, &g);
    assert_int_equal(lodge_resume(NULL), LODGE_E_ARGUMENT);
    assert_int_equal(lodge_instantiate(NULL), LODGE_E_ARGUMENT);
    answers_with(&f, 1, 2);
    TOKEN(&f) = TOKEN(&g) ^ 1;
    GIVES(E_STATE, lodge_resume, &f);
}

static void a_token_of_another_store_is_foreign(void **state)
{
    struct frame a = open_request("one", 0, 1), b;
    lodge_instance other;

    (void)state;
    OK(lodge_instance_new(linker, (lodge_store){0}, guest_module, &other,
                          ERR));
    b = frame_of(other, "one", 0, 1);
    GIVES(REQUEST, lodge_call, &b);
    TOKEN(&a) ^= TOKEN(&b), TOKEN(&b) ^= TOKEN(&a), TOKEN(&a) ^= TOKEN(&b);
    GIVES(E_FOREIGN, lodge_resume, &a);
    TOKEN(&a) ^= TOKEN(&b), TOKEN(&b) ^= TOKEN(&a), TOKEN(&a) ^= TOKEN(&b);
    a.word[LODGE_FRAME_STATUS] = 0;
    answers_with(&b, 3, 4); /* two stores, interleaved */
    answers_with(&a, 1, 2);
}

/* ---- start functions ------------------------------------------------------ */

static const char start_text[] =
    "(module (import \"h\" \"f\" (func $f (param i32 i32) (result i32)))"
    " (global $g (export \"g\") (mut i32) (i32.const 0))"
    " (func $start (global.set $g (call $f (i32.const 1) (i32.const 2))))"
    " (start $start)"
    " (func (export \"get\") (param i32) (result i32) (global.get $g)))";

static lodge_prepared prepare(const char *text)
{
    lodge_module module = new_module(engine, text);
    lodge_prepared prepared;

    OK(lodge_linker_prepare(linker, module, &prepared, ERR));
    lodge_module_close(module);
    return prepared;
}

static struct frame start_frame(lodge_prepared prepared, uint64_t parent,
                                uint64_t into)
{
    struct frame f = frame_of(guest, "one", parent, into);

    f.word[LODGE_FRAME_FUNC] = prepared.id;
    return f;
}

static void a_start_function_may_wait(void **state)
{
    lodge_prepared prepared = prepare(start_text);
    struct frame f = start_frame(prepared, 0, 0), g;
    lodge_instance made;

    (void)state;
    GIVES(REQUEST, lodge_instantiate, &f);
    assert_int_equal(f.word[LODGE_FRAME_IMPORT] & UINT32_MAX, TOKEN_F);
    lodge_prepared_close(prepared);
    frame_status(answer(&f, 33), LODGE_OK, &f, "answer", __LINE__);
    made = (lodge_instance){SLOT(&f)};
    g = frame_of(made, "get", 0, 0);
    GIVES(OK, lodge_call, &g);
    assert_int_equal(SLOT(&g), 33);
    lodge_instance_close(made);
    GIVES(E_HANDLE, lodge_call, &g);
}

static void a_start_function_may_wait_inside_a_request(void **state)
{
    lodge_prepared prepared = prepare(start_text);
    struct frame a = open_request("one", 0, 1), f, g;

    (void)state;
    f = start_frame(prepared, TOKEN(&a), store.id);
    GIVES(REQUEST, lodge_instantiate, &f);
    g = frame_of(guest, "malloc", TOKEN(&f), 8);
    GIVES(OK, lodge_call, &g);
    g = open_request("one", TOKEN(&f), 8);
    answers_with(&g, 8, 9);
    frame_status(answer(&f, 44), LODGE_OK, &f, "answer", __LINE__);
    g = frame_of((lodge_instance){SLOT(&f)}, "get", TOKEN(&a), 0);
    GIVES(OK, lodge_call, &g);
    assert_int_equal(SLOT(&g), 44);
    answers_with(&a, 1, 2);
}

static void a_start_function_that_fails_leaves_nothing(void **state)
{
    lodge_prepared prepared = prepare(start_text);
    struct frame f = start_frame(prepared, 0, 0);
    uint64_t live = stat_of(LODGE_STAT_LIVE);

    (void)state;
    GIVES(REQUEST, lodge_instantiate, &f);
    assert_int_equal(fails(&f, LODGE_E_HOST, 9, 0), LODGE_E_HOST);
    assert_int_equal(f.word[LODGE_FRAME_PAYLOAD], 9);
    assert_int_equal(stat_of(LODGE_STAT_LIVE), live);
    f = start_frame(prepared, 0, store.id);
    GIVES(REQUEST, lodge_instantiate, &f);
    lodge_store_close(store);
    assert_int_equal(answer(&f, 1), LODGE_E_HANDLE);
}

static void a_start_function_cannot_wait_without_a_frame(void **state)
{
    lodge_module module = new_module(engine, start_text);
    lodge_instance made;

    (void)state;
    FAILS(STATE, lodge_instance_new(linker, store, module, &made, ERR));
    still_usable();
    FAILS(STATE, lodge_instance_new(linker, store, module, &made, ERR));
    OK(lodge_instance_new(linker, store, guest_module, &made, ERR));
    still_usable();
}

/* Its memory is there until the store ends. */
static void what_a_refused_start_has_made_stays_counted(void **state)
{
    lodge_module module =
        new_module(engine, "(module (import \"h\" \"f\" (func $f (param i32"
                           " i32) (result i32))) (memory 1) (func $s (drop"
                           " (call $f (i32.const 1) (i32.const 2))))"
                           " (start $s))");
    uint64_t before = stat_of(LODGE_STAT_MEMORIES);
    lodge_instance made;

    (void)state;
    FAILS(STATE, lodge_instance_new(linker, store, module, &made, ERR));
    FAILS(STATE, lodge_instance_new(linker, store, module, &made, ERR));
    assert_int_equal(stat_of(LODGE_STAT_MEMORIES), before + 2);
    lodge_store_close(store);
    assert_in_range(stat_of(LODGE_STAT_MEMORIES), 0, before);
}

static void recursion_in_a_start_function_is_a_status(void **state)
{
    lodge_prepared prepared = prepare(start_text);
    struct frame f = start_frame(prepared, 0, store.id);
    lodge_status st = lodge_instantiate(f.word);
    uint32_t depth = 0;

    (void)state;
    while (st == LODGE_REQUEST && ++depth < 50000) {
        f = frame_of(guest, "one", TOKEN(&f), 1);
        st = lodge_call(f.word);
    }
    assert_int_equal(st, LODGE_E_STACK);
    lodge_store_close(store);
}

static void endless_instantiation_is_a_status(void **state)
{
    lodge_prepared prepared = prepare(start_text);
    struct frame f = start_frame(prepared, 0, store.id);
    lodge_status st = lodge_instantiate(f.word);
    uint32_t depth = 0;

    (void)state;
    while (st == LODGE_REQUEST && ++depth < 200) {
        f = start_frame(prepared, TOKEN(&f), store.id);
        st = lodge_instantiate(f.word);
    }
    assert_int_equal(st, LODGE_REQUEST);
    lodge_store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUSPEND_TEST(a_request_tells_who_asks_for_what),
        SUSPEND_TEST(result_slots_that_are_not_written_are_zero),
        SUSPEND_TEST(upper_halves_of_answers_are_ignored),
        SUSPEND_TEST(references_come_and_go_as_ids),
        SUSPEND_TEST(a_loop_of_requests_runs_on_one_frame),
        SUSPEND_TEST(a_call_without_requests_just_ends),
        SUSPEND_TEST(a_failure_brings_its_payload_back),
        SUSPEND_TEST(a_failure_takes_its_words_from_the_frame),
        SUSPEND_TEST(an_exit_code_ends_the_guest),
        SUSPEND_TEST(a_request_can_be_cancelled_by_its_holder),
        SUSPEND_TEST(an_answer_of_another_status_is_refused),
        SUSPEND_TEST(the_guest_allocates_while_a_request_is_open),
        SUSPEND_TEST(nested_requests_are_answered_innermost_first),
        SUSPEND_TEST(a_nested_failure_leaves_the_outer_request_open),
        SUSPEND_TEST(a_failure_keeps_its_identity_through_nesting),
        SUSPEND_TEST(recursion_through_requests_is_right),
        SUSPEND_TEST(endless_recursion_is_a_status),
        SUSPEND_TEST(idle),
        SUSPEND_TEST(at_a_request_memory_tables_and_globals_work),
        SUSPEND_TEST(at_a_request_no_guest_runs_beside_it),
        SUSPEND_TEST(inside_direct_a_call_is_nested),
        SUSPEND_TEST(inside_direct_nothing_can_be_answered),
        SUSPEND_TEST(inside_direct_a_close_is_deferred),
        SUSPEND_TEST(a_request_above_a_direct_function_goes_to_the_outer_call),
        SUSPEND_TEST(a_direct_call_that_waits_is_refused),
        SUSPEND_TEST(a_closed_store_ends_its_requests),
        SUSPEND_TEST(closing_unwinds_direct_functions_on_their_thread),
        SUSPEND_TEST(nobody_swallows_a_close),
        SUSPEND_TEST(a_shutdown_is_met_at_the_next_use),
        SUSPEND_TEST(four_open_levels_are_closed_2000_times),
        SUSPEND_TEST(a_frame_that_is_too_small_is_told),
        SUSPEND_TEST(tokens_that_are_none_are_refused),
        SUSPEND_TEST(a_token_of_another_store_is_foreign),
        SUSPEND_TEST(a_start_function_may_wait),
        SUSPEND_TEST(a_start_function_may_wait_inside_a_request),
        SUSPEND_TEST(a_start_function_that_fails_leaves_nothing),
        SUSPEND_TEST(a_start_function_cannot_wait_without_a_frame),
        SUSPEND_TEST(what_a_refused_start_has_made_stays_counted),
        SUSPEND_TEST(recursion_in_a_start_function_is_a_status),
        SUSPEND_TEST(endless_instantiation_is_a_status),
    };

    return RUN(tests);
}

/* test_slices.c - calls that come back when their time slice is used up.
 */
#include "slice_fixture.h"

/* ---- one call ----------------------------------------------------------- */

static void a_slice_gives_the_thread_back(void **state)
{
    lodge_instance worker = worker_of(worker_text);
    struct frame f = yielded(worker, "work", 0, 6);
    int i;

    (void)state;
    assert_int_equal(f.word[LODGE_FRAME_OPEN], 1);
    assert_int_equal(f.word[LODGE_FRAME_IMPORT], 0);
    assert_int_equal(f.word[LODGE_FRAME_INSTANCE], 0);
    for (i = 0; i < 3; i++)
        GIVES(YIELD, lodge_resume, &f);
    works_on(&f, worker, 1);
    let_stop(worker);
    ends_with(&f, 7);
}

/* Each stop has a token of its own. */
static void a_stop_is_let_go_once(void **state)
{
    lodge_instance worker = worker_of(worker_text);
    struct frame f = yielded(worker, "work", 0, 6), old = f;

    (void)state;
    GIVES(YIELD, lodge_resume, &f);
    assert_int_not_equal(TOKEN(&f), TOKEN(&old));
    GIVES(E_STATE, lodge_resume, &old);
    let_stop(worker);
    ends_with(&f, 7);
    GIVES(E_STATE, lodge_resume, &old);
}

static void without_a_new_slice_it_runs_to_its_end(void **state)
{
    lodge_instance worker = worker_of(worker_text);
    struct frame f = yielded(worker, "work", 0, 6);

    (void)state;
    let_stop(worker);
    f.word[LODGE_FRAME_SLICE] = 0;
    GIVES(OK, lodge_resume, &f);
    assert_int_equal(SLOT(&f), 7);
}

static void a_call_that_is_short_does_not_yield(void **state)
{
    lodge_instance worker = worker_of(worker_text);
    struct frame f = sliced(worker, "add", 0, 6);

    (void)state;
    f.word[LODGE_FRAME_SLICE] = UINT64_MAX;
    GIVES(OK, lodge_call, &f);
    assert_int_equal(SLOT(&f), 7);
}

static void any_frame_and_any_status_it_left_go_on(void **state)
{
    lodge_instance worker = worker_of(worker_text);
    struct frame f = yielded(worker, "work", 0, 6), g = {{0}};

    (void)state;
    TOKEN(&g) = TOKEN(&f);
    g.word[LODGE_FRAME_SLICE] = 1;
    g.word[LODGE_FRAME_CAPACITY] = SLOTS;
    GIVES(YIELD, lodge_resume, &g);
    g.word[LODGE_FRAME_STATUS] = LODGE_REQUEST;
    GIVES(YIELD, lodge_resume, &g);
    g.word[LODGE_FRAME_STATUS] = LODGE_OK;
    GIVES(YIELD, lodge_resume, &g);
    let_stop(worker);
    ends_with(&g, 7);
}

static void recursion_and_calls_are_stopped_like_loops(void **state)
{
    static const char text[] =
        "(module (memory (export \"memory\") 1)"
        " (func $fib (export \"fib\") (param i32) (result i32)"
        "  (if (i32.load (i32.const 8)) (then (return (i32.const 0))))"
        "  (if (result i32) (i32.lt_u (local.get 0) (i32.const 2))"
        "   (then (local.get 0)) (else (i32.add"
        "    (call $fib (i32.sub (local.get 0) (i32.const 1)))"
        "    (call $fib (i32.sub (local.get 0) (i32.const 2))))))))";
    lodge_instance worker = worker_of(text);
    struct frame f = yielded(worker, "fib", 0, 70);

    (void)state;
    GIVES(YIELD, lodge_resume, &f);
    let_stop(worker);
    frame_status(run_on(&f), LODGE_OK, &f, "run_on", __LINE__);
}

/* ---- what may be done at a stop ------------------------------------------ */

static void memories_can_be_used_at_a_stop(void **state)
{
    lodge_instance worker = worker_of(worker_text);
    struct frame f = yielded(worker, "work", 0, 6);
    lodge_memory memory = memory_in(worker);
    lodge_store in;
    uint64_t old, calls;
    uint32_t size = 0;

    (void)state;
    OK(lodge_memory_grow(memory, 2, &old, ERR));
    assert_int_equal(old, 1);
    works_on(&f, worker, 2); /* at least one whole turn */
    OK(lodge_memory_read(memory, SIZE_AT, (uint8_t *)&size, 4, ERR));
    assert_int_equal(size, 3);
    OK(lodge_instance_store(worker, &in, ERR));
    OK(lodge_store_get(in, LODGE_STORE_CALLS, &calls, ERR));
    assert_int_equal(calls, 1);
    let_stop(worker);
    ends_with(&f, 7);
}

static void guests_and_the_rest_are_refused_at_a_stop(void **state)
{
    lodge_instance worker = worker_of(worker_text), other;
    lodge_func add = func_of(worker, "add");
    struct frame f, g = frame_of(worker, "add", 0, 1);
    uint64_t slot = 1, n;
    lodge_global global;
    lodge_table table;
    lodge_store in;

    (void)state;
    OK(lodge_instance_global(worker, TEXT("global"), &global, ERR));
    OK(lodge_instance_table(worker, TEXT("table"), &table, ERR));
    OK(lodge_instance_store(worker, &in, ERR));
    f = yielded(worker, "work", 0, 6);
    GIVES(E_STATE, lodge_call, &g);
    assert_non_null(strstr(message_of(&g), "time slice"));
    g.word[LODGE_FRAME_PARENT] = TOKEN(&f);
    GIVES(E_STATE, lodge_call, &g);
    SAYS(STATE, "only memories", lodge_func_call(add, &slot, 1, ERR));
    assert_int_equal(test_err.detail, TOKEN(&f));
    FAILS(STATE, lodge_store_gc(in, ERR));
    FAILS(STATE, lodge_store_set(in, LODGE_STORE_DEADLINE, 1, ERR));
    FAILS(STATE, lodge_instance_new(linker, in, guest_module, &other, ERR));
    SAYS(STATE, "only memories", lodge_global_get(global, &n, 1, ERR));
    FAILS(STATE, lodge_global_set(global, &n, 1, ERR));
    FAILS(STATE, lodge_table_get(table, 0, &n, ERR));
    FAILS(STATE, lodge_table_grow(table, 1, 0, &n, ERR));
    FAILS(STATE, lodge_table_new(in, TEXT("1 funcref"), 0, &table, ERR));
    let_stop(worker);
    ends_with(&f, 7);
    OK(lodge_global_get(global, &n, 1, ERR));
    OK(lodge_func_call(add, &slot, 1, ERR));
}

static void a_guest_at_a_stop_cannot_fail(void **state)
{
    lodge_instance worker = worker_of(worker_text);
    struct frame f = yielded(worker, "work", 0, 6);

    (void)state;
    assert_int_equal(fails(&f, LODGE_E_HOST, 1, 0), LODGE_E_STATE);
    assert_int_equal(fails(&f, LODGE_E_EXIT, 0, 1), LODGE_E_STATE);
    assert_int_equal(fails(&f, LODGE_E_TRAP, 0, 1), LODGE_E_ARGUMENT);
    f.word[LODGE_FRAME_STATUS] = LODGE_YIELD;
    f.word[LODGE_FRAME_CAPACITY] = 0;
    GIVES(E_BUFFER, lodge_resume, &f);
    f.word[LODGE_FRAME_CAPACITY] = SLOTS;
    let_stop(worker);
    ends_with(&f, 7);
}

/* ---- ending it ------------------------------------------------------------ */

static void its_holder_can_cancel_it(void **state)
{
    lodge_instance worker = worker_of(worker_text);
    struct frame f = yielded(worker, "work", 0, 6), g;

    (void)state;
    assert_int_equal(fails(&f, LODGE_E_CANCELLED, 0, 0), LODGE_E_CANCELLED);
    g = frame_of(worker, "add", 0, 1);
    GIVES(OK, lodge_call, &g);
    assert_int_equal(g.word[LODGE_FRAME_OPEN], 0);
}

static void a_cancel_ends_it_when_it_goes_on(void **state)
{
    lodge_instance worker = worker_of(worker_text);
    struct frame f = sliced(worker, "work", 0, 6), g;
    uint64_t turns;
    lodge_store in;

    (void)state;
    OK(lodge_instance_store(worker, &in, ERR));
    f.word[LODGE_FRAME_CALLID] = 3;
    GIVES(YIELD, lodge_call, &f);
    turns = turns_of(worker);
    assert_int_equal(lodge_store_cancel(in, 3), LODGE_OK);
    GIVES(E_CANCELLED, lodge_resume, &f);
    assert_int_equal(turns_of(worker), turns);
    g = frame_of(worker, "add", 0, 1);
    GIVES(OK, lodge_call, &g);
}

static void a_deadline_passes_while_it_is_stopped(void **state)
{
    lodge_instance worker = worker_of(worker_text);
    const struct timespec nap = {0, 600000000};
    struct frame f;
    uint64_t turns;
    lodge_status st;

    (void)state;
    do { /* a machine that stands still may meet the deadline first */
        f = sliced(worker, "work", 0, 6);
        f.word[LODGE_FRAME_DEADLINE] = 100000000;
        st = lodge_call(f.word);
    } while (st == LODGE_E_DEADLINE);
    assert_int_equal(st, LODGE_YIELD);
    turns = turns_of(worker);
    nanosleep(&nap, NULL);
    GIVES(E_DEADLINE, lodge_resume, &f);
    assert_int_equal(turns_of(worker), turns);
}

static void a_deadline_ends_it_between_stops(void **state)
{
    struct frame f = sliced(worker_of(worker_text), "work", 0, 6);
    lodge_status st;

    (void)state;
    f.word[LODGE_FRAME_DEADLINE] = 20000000;
    st = lodge_call(f.word);
    if (st == LODGE_YIELD)
        st = run_on(&f);
    assert_int_equal(st, LODGE_E_DEADLINE);
}

static void a_closed_store_ends_it(void **state)
{
    lodge_instance worker;
    struct frame f;
    int i;

    (void)state;
    for (i = 0; i < 20; i++) {
        worker = worker_of(worker_text);
        f = yielded(worker, "work", 0, 6);
        lodge_instance_close(worker);
        GIVES(E_HANDLE, lodge_resume, &f);
    }
    worker = worker_of(worker_text);
    f = yielded(worker, "work", 0, 6);
    lodge_engine_shutdown(engine);
    GIVES(E_HANDLE, lodge_resume, &f);
}

/* ---- slices and requests --------------------------------------------------- */

static void slices_and_requests_take_turns(void **state)
{
    lodge_instance worker = worker_of(asking_text);
    struct frame f = yielded(worker, "ask", 0, 6);

    (void)state;
    let_stop(worker);
    frame_status(run_on(&f), LODGE_REQUEST, &f, "run_on", __LINE__);
    assert_int_equal(SLOT(&f), 7);
    f.word[LODGE_FRAME_SLICE] = 0;
    answers_with(&f, 9, 9);
    f = sliced(worker_of(asking_text), "asked", 0, 6);
    asks(&f);
    frame_status(answer(&f, 20), LODGE_YIELD, &f, "answer", __LINE__);
    assert_int_equal(fails(&f, LODGE_E_CANCELLED, 0, 0), LODGE_E_CANCELLED);
}

/* A nested call has the slice of its own frame. */
static void a_nested_call_yields_by_its_own_frame(void **state)
{
    lodge_instance worker = worker_of(asking_text);
    struct frame a = sliced(worker, "one", 0, 6), b, g;

    (void)state;
    asks(&a);
    b = yielded(worker, "work", TOKEN(&a), 1);
    assert_int_equal(b.word[LODGE_FRAME_OPEN], 2);
    g = frame_of(worker, "one", TOKEN(&a), 1);
    GIVES(E_STATE, lodge_call, &g);
    assert_int_equal(answer(&a, 1), LODGE_E_STATE);
    a.word[LODGE_FRAME_STATUS] = 0;
    assert_int_equal(fails(&b, LODGE_E_CANCELLED, 0, 0), LODGE_E_CANCELLED);
    let_stop(worker);
    b = frame_of(worker, "work", TOKEN(&a), 1);
    GIVES(OK, lodge_call, &b);
    a.word[LODGE_FRAME_SLICE] = 0;
    answers_with(&a, 5, 5);
}

/* What the innermost call is cancelled by, the outer one does not see. */
static void a_cancel_of_the_outer_call_ends_both(void **state)
{
    lodge_instance worker = worker_of(asking_text);
    struct frame a = sliced(worker, "one", 0, 6), b;
    lodge_store in;

    (void)state;
    OK(lodge_instance_store(worker, &in, ERR));
    a.word[LODGE_FRAME_CALLID] = 8;
    asks(&a);
    b = yielded(worker, "work", TOKEN(&a), 1);
    assert_int_equal(lodge_store_cancel(in, 8), LODGE_OK);
    GIVES(E_CANCELLED, lodge_resume, &b);
    assert_int_equal(answer(&a, 1), LODGE_E_CANCELLED);
}

/* ---- slices inside host functions ------------------------------------------- */

static lodge_instance inner;
static lodge_status inner_status;

static int32_t works(lodge_caller caller, uint64_t *slots)
{
    struct frame f = sliced(inner, "work", 0, slots[0]);

    (void)caller;
    inner_status = lodge_call(f.word);
    slots[0] = SLOT(&f);
    return inner_status;
}

static void inside_direct_the_outer_call_yields(void **state)
{
    struct frame f;

    (void)state;
    inner = worker_of(asking_text);
    direct_body = works;
    inner_status = 1;
    f = yielded(inner, "through", 0, 6);
    goes_in(&f, 2);
    assert_int_equal(inner_status, 1);
    let_stop(inner);
    ends_with(&f, 7);
    assert_int_equal(inner_status, LODGE_OK);
}

static void inside_direct_its_own_slice_is_ignored(void **state)
{
    uint64_t slot = 6;
    struct frame f;

    (void)state;
    inner = worker_of(asking_text);
    direct_body = works;
    let_stop(inner);
    f = frame_of(inner, "through", 0, 6);
    GIVES(OK, lodge_call, &f);
    assert_int_equal(SLOT(&f), 7);
    OK(lodge_func_call(func_of(inner, "through"), &slot, 1, ERR));
    assert_int_equal(slot, 7);
}

static void closing_unwinds_a_direct_function(void **state)
{
    struct frame f;

    (void)state;
    inner = worker_of(asking_text);
    direct_body = works;
    f = yielded(inner, "through", 0, 6);
    goes_in(&f, 2);
    inner_status = 1;
    lodge_instance_close(inner);
    assert_int_equal(inner_status, LODGE_E_CANCELLED);
}

/* ---- start functions --------------------------------------------------------- */

static struct frame starting(uint64_t into)
{
    struct frame f = frame_of(guest, "one", 0, into);
    lodge_module module = new_module(engine, starting_text);
    lodge_prepared prepared;

    OK(lodge_linker_prepare(linker, module, &prepared, ERR));
    f.word[LODGE_FRAME_FUNC] = prepared.id;
    f.word[LODGE_FRAME_SLICE] = 1000000;
    return f;
}

static void a_start_function_yields(void **state)
{
    struct frame f = starting(0);

    (void)state;
    GIVES(YIELD, lodge_instantiate, &f);
    GIVES(YIELD, lodge_resume, &f);
    assert_int_equal(fails(&f, LODGE_E_CANCELLED, 0, 0), LODGE_E_CANCELLED);
    f = starting(store.id);
    GIVES(YIELD, lodge_instantiate, &f);
    GIVES(YIELD, lodge_resume, &f);
    lodge_store_close(store);
    GIVES(E_HANDLE, lodge_resume, &f);
}

static void a_start_function_can_be_cancelled_and_timed(void **state)
{
    struct frame f = starting(store.id);
    lodge_status st;

    (void)state;
    f.word[LODGE_FRAME_CALLID] = 4;
    GIVES(YIELD, lodge_instantiate, &f);
    assert_int_equal(lodge_store_cancel(store, 4), LODGE_OK);
    GIVES(E_CANCELLED, lodge_resume, &f);
    f = starting(0);
    f.word[LODGE_FRAME_DEADLINE] = 20000000;
    st = lodge_instantiate(f.word);
    if (st == LODGE_YIELD)
        st = run_on(&f);
    assert_int_equal(st, LODGE_E_DEADLINE);
    still_usable();
}

/* ---- misuse -------------------------------------------------------------------- */

static void a_slice_needs_interruption(void **state)
{
    lodge_engine deaf = new_engine_with("interruption=off");
    lodge_instance worker = new_instance(deaf, worker_text);
    struct frame f = sliced(worker, "add", 0, 1);

    (void)state;
    GIVES(E_STATE, lodge_call, &f);
    assert_non_null(strstr(message_of(&f), "interruption"));
    f.word[LODGE_FRAME_SLICE] = 0;
    GIVES(OK, lodge_call, &f);
    lodge_engine_shutdown(deaf);
}

static void a_refused_slice_leaves_the_request_open(void **state)
{
    lodge_engine with = engine;
    lodge_instance worker;
    struct frame f;

    (void)state;
    engine = new_engine_with("interruption=off");
    linker = suspending_linker();
    worker = worker_of(asking_text);
    f = frame_of(worker, "one", 0, 1);
    GIVES(REQUEST, lodge_call, &f);
    f.word[LODGE_FRAME_SLICE] = 1;
    GIVES(E_STATE, lodge_resume, &f);
    f.word[LODGE_FRAME_SLICE] = 0;
    f.word[LODGE_FRAME_STATUS] = 0;
    answers_with(&f, 2, 2);
    lodge_engine_shutdown(engine);
    engine = with;
}

/* ---- every kind of engine ---------------------------------------------------- */

/* Requests and slices in turns, then the end in the middle of both. */
static void stop_and_go(const char *settings)
{
    lodge_instance worker;
    struct frame f, g;

    engine = new_engine_with(settings);
    linker = suspending_linker();
    worker = worker_of(asking_text);
    f = yielded(worker, "ask", 0, 6);
    GIVES(YIELD, lodge_resume, &f);
    let_stop(worker);
    frame_status(run_on(&f), LODGE_REQUEST, &f, settings, __LINE__);
    g = frame_of(worker, "work", TOKEN(&f), 3);
    GIVES(OK, lodge_call, &g);
    f.word[LODGE_FRAME_SLICE] = 0;
    answers_with(&f, 9, 9);
    worker = worker_of(asking_text);
    f = frame_of(worker, "one", 0, 6);
    GIVES(REQUEST, lodge_call, &f);
    yielded(worker, "work", TOKEN(&f), 3);
    lodge_engine_shutdown(engine);
    GIVES(E_HANDLE, lodge_resume, &f);
}

static void every_engine_stops_and_goes(void **state)
{
    static const char *const settings[] = {
        "allocator=pooling,pool-memories=8",
        "target=pulley64,wasm-threads=off", "signals-based-traps=off",
        "fuel=on,memory-init-cow=off", "opt-level=none"};
    lodge_engine with = engine;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof settings / sizeof *settings; i++)
        stop_and_go(settings[i]);
    engine = with;
}

static void fuel_is_used_up_between_stops(void **state)
{
    lodge_engine with = engine;
    lodge_instance worker;
    lodge_store in;
    lodge_status st;
    struct frame f;
    uint64_t n;

    (void)state;
    engine = new_engine_with("fuel=on,interruption=on");
    worker = new_instance(engine, worker_text);
    OK(lodge_instance_store(worker, &in, ERR));
    OK(lodge_store_set(in, LODGE_STORE_FUEL, 50000000, ERR));
    f = sliced(worker, "work", 0, 6);
    st = lodge_call(f.word);
    if (st == LODGE_YIELD)
        st = run_on(&f);
    assert_int_equal(st, LODGE_E_FUEL);
    OK(lodge_store_get(in, LODGE_STORE_FUEL, &n, ERR));
    assert_int_equal(n, 0);
    lodge_engine_shutdown(engine);
    engine = with;
}

/* Each turn allocates; what is held is what counts. */
static void a_guest_that_collects_is_stopped_too(void **state)
{
    static const char text[] =
        "(module (memory (export \"memory\") 1)"
        " (type $box (struct (field (mut i64)) (field (mut (ref null $box)))))"
        " (func (export \"collect\") (param i32) (result i32)"
        "  (local $b (ref null $box))"
        "  (local.set $b (struct.new $box (i64.const 0) (ref.null $box)))"
        "  (loop $l"
        "   (local.set $b (struct.new $box"
        "    (i64.add (struct.get $box 0 (local.get $b)) (i64.const 1))"
        "    (ref.null $box)))"
        "   (i64.store (i32.const 0) (struct.get $box 0 (local.get $b)))"
        "   (br_if $l (i32.eqz (i32.load (i32.const 8)))))"
        "  (i64.eq (i64.load (i32.const 0))"
        "   (struct.get $box 0 (local.get $b)))))";
    lodge_instance worker = worker_of(text);
    struct frame f = yielded(worker, "collect", 0, 0);
    uint64_t turns;
    int i;

    (void)state;
    GIVES(YIELD, lodge_resume, &f);
    turns = turns_of(worker);
    for (i = 0; i < 30; i++)
        GIVES(YIELD, lodge_resume, &f);
    assert_true(turns_of(worker) > turns);
    let_stop(worker);
    ends_with(&f, 1);
}

/* ---- many stores ----------------------------------------------------------------- */

enum { STORES = 240, ROUNDS = 3 };

/* All of them never end by themselves. A round serves each once, and two
 * rounds bring each over at least one whole turn of its loop.
 */
static void one_thread_serves_hundreds_of_stores(void **state)
{
    static lodge_instance worker[STORES];
    static struct frame f[STORES];
    static uint64_t turns[STORES];
    int i, round;

    (void)state;
    for (i = 0; i < STORES; i++) {
        worker[i] = worker_of(worker_text);
        f[i] = yielded(worker[i], "work", 0, (uint64_t)i);
    }
    for (round = 0; round < ROUNDS; round++)
        for (i = 0; i < STORES; i++) {
            if (round == 1)
                turns[i] = turns_of(worker[i]);
            f[i].word[LODGE_FRAME_SLICE] = 1;
            GIVES(YIELD, lodge_resume, &f[i]);
        }
    for (i = 0; i < STORES; i++) {
        assert_true(turns_of(worker[i]) > turns[i]);
        let_stop(worker[i]);
    }
    for (i = STORES; i-- > 0;)
        ends_with(&f[i], (uint64_t)i + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUSPEND_TEST(a_slice_gives_the_thread_back),
        SUSPEND_TEST(a_stop_is_let_go_once),
        SUSPEND_TEST(without_a_new_slice_it_runs_to_its_end),
        SUSPEND_TEST(a_call_that_is_short_does_not_yield),
        SUSPEND_TEST(any_frame_and_any_status_it_left_go_on),
        SUSPEND_TEST(recursion_and_calls_are_stopped_like_loops),
        SUSPEND_TEST(memories_can_be_used_at_a_stop),
        SUSPEND_TEST(guests_and_the_rest_are_refused_at_a_stop),
        SUSPEND_TEST(a_guest_at_a_stop_cannot_fail),
        SUSPEND_TEST(its_holder_can_cancel_it),
        SUSPEND_TEST(a_cancel_ends_it_when_it_goes_on),
        SUSPEND_TEST(a_deadline_passes_while_it_is_stopped),
        SUSPEND_TEST(a_deadline_ends_it_between_stops),
        SUSPEND_TEST(a_closed_store_ends_it),
        SUSPEND_TEST(slices_and_requests_take_turns),
        SUSPEND_TEST(a_nested_call_yields_by_its_own_frame),
        SUSPEND_TEST(a_cancel_of_the_outer_call_ends_both),
        SUSPEND_TEST(inside_direct_the_outer_call_yields),
        SUSPEND_TEST(inside_direct_its_own_slice_is_ignored),
        SUSPEND_TEST(closing_unwinds_a_direct_function),
        SUSPEND_TEST(a_start_function_yields),
        SUSPEND_TEST(a_start_function_can_be_cancelled_and_timed),
        SUSPEND_TEST(a_slice_needs_interruption),
        SUSPEND_TEST(a_refused_slice_leaves_the_request_open),
        SUSPEND_TEST(every_engine_stops_and_goes),
        SUSPEND_TEST(fuel_is_used_up_between_stops),
        SUSPEND_TEST(a_guest_that_collects_is_stopped_too),
        SUSPEND_TEST(one_thread_serves_hundreds_of_stores),
    };

    return RUN(tests);
}

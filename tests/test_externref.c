/* test_externref.c - promises of externrefs: tokens of the host's own. */
#include "refs_fixture.h"

static const char keeper[] =
    "(module (table $t (export \"table\") 4 externref)"
    " (global $g (export \"global\") (mut externref) (ref.null extern))"
    " (func (export \"same\") (param externref) (result externref)"
    "  (local.get 0))"
    " (func (export \"swap\") (param i32 externref i64 externref)"
    "  (result externref v128 externref i32)"
    "  (local.get 3) (i64x2.splat (local.get 2)) (local.get 1)"
    "  (local.get 0))"
    " (func (export \"null\") (param externref) (result i32)"
    "  (ref.is_null (local.get 0)))"
    " (func (export \"keep\") (param i32 externref)"
    "  (table.set (local.get 0) (local.get 1)))"
    " (func (export \"get\") (param i32) (result externref)"
    "  (table.get (local.get 0)))"
    " (func (export \"drop\") (param externref))"
    " (func (export \"trap\") (param externref) unreachable))";

static const char caller_text[] =
    "(module (import \"h\" \"f\" (func $f (param externref i32)"
    "  (result externref)))"
    " (func (export \"go\") (param externref) (result externref)"
    "  (call $f (local.get 0) (i32.const 5)))"
    " (func (export \"twice\") (param externref) (result externref externref)"
    "  (call $f (local.get 0) (i32.const 5))"
    "  (call $f (local.get 0) (i32.const 5))))";

static const uint64_t odd[] = {1,
                               2,
                               0xFFFFFFFF,
                               UINT64_C(1) << 32,
                               UINT64_C(1) << 53,
                               UINT64_C(1) << 63,
                               LODGE_EXTERN_REF - 1};
enum { ODD = sizeof odd / sizeof *odd };

/* ---- values ----------------------------------------------------------- */

static void a_token_comes_out_as_it_went_in(void **state)
{
    lodge_instance in = guest(keeper);
    size_t i;

    (void)state;
    for (i = 0; i < ODD; i++)
        assert_true(call1(in, "same", odd[i]) == odd[i]);
    assert_true(call1(in, "same", 0) == 0);
    assert_int_equal(call1(in, "null", 0), 1);
    assert_int_equal(call1(in, "null", 7), 0);
    ends_with(ODD + 1);
}

static void tokens_stand_among_other_values(void **state)
{
    lodge_instance in = guest(keeper);
    uint64_t slots[5] = {42, 11, 99, 22};

    (void)state;
    OK(lodge_func_call(func_of(in, "swap"), slots, 5, ERR));
    assert_int_equal(slots[0], 22);
    assert_int_equal(slots[1], 99);
    assert_int_equal(slots[2], 99);
    assert_int_equal(slots[3], 11);
    assert_int_equal(slots[4], 42);
    ends_with(2);
}

static void a_kept_token_stays_until_it_is_let_go(void **state)
{
    lodge_instance in = guest(keeper);
    uint64_t slots[2] = {1, 77}, tokens[8];
    lodge_table table;

    (void)state;
    OK(lodge_func_call(func_of(in, "keep"), slots, 2, ERR));
    collect();
    assert_int_equal(reap(tokens, 8), 0);
    assert_int_equal(call1(in, "get", 1), 77);
    OK(lodge_instance_table(in, TEXT("table"), &table, ERR));
    OK(lodge_table_set(table, 1, 0, ERR));
    collect();
    assert_int_equal(reap(tokens, 8), 1);
    assert_int_equal(tokens[0], 77);
    assert_int_equal(call1(in, "get", 1), 0);
    ends_with(0);
}

static void a_token_that_nobody_keeps_is_collected(void **state)
{
    lodge_instance in = guest(keeper);
    uint64_t tokens[64];
    uint32_t i;

    (void)state;
    for (i = 1; i <= 20; i++) {
        uint64_t token = i;

        OK(lodge_func_call(func_of(in, "drop"), &token, 1, ERR));
    }
    collect();
    assert_int_equal(reap(tokens, 64), 20);
    ends_with(0);
}

static void each_time_it_goes_in_it_comes_out(void **state)
{
    lodge_instance in = guest(keeper);
    uint64_t tokens[8];
    uint32_t i;

    (void)state;
    for (i = 0; i < 3; i++)
        assert_int_equal(call1(in, "same", 5), 5);
    assert_int_equal(store_value(LODGE_STORE_EXTERNREFS), 3);
    collect();
    assert_int_equal(reap(tokens, 8), 3);
    assert_true(tokens[0] == 5 && tokens[1] == 5 && tokens[2] == 5);
    ends_with(0);
}

static void tokens_go_through_tables_and_globals(void **state)
{
    lodge_instance in = guest(keeper);
    lodge_global global;
    lodge_table table;
    uint64_t slot, tokens[8];

    (void)state;
    OK(lodge_instance_table(in, TEXT("table"), &table, ERR));
    OK(lodge_instance_global(in, TEXT("global"), &global, ERR));
    OK(lodge_table_set(table, 2, 6, ERR));
    OK(lodge_table_grow(table, 2, 7, NULL, ERR));
    slot = 8;
    OK(lodge_global_set(global, &slot, 1, ERR));
    collect();
    assert_int_equal(reap(tokens, 8), 0);
    assert_int_equal(call1(in, "get", 2), 6);
    OK(lodge_table_get(table, 5, &slot, ERR));
    assert_int_equal(slot, 7);
    OK(lodge_global_get(global, &slot, 1, ERR));
    assert_int_equal(slot, 8);
    slot = 9;
    OK(lodge_global_set(global, &slot, 1, ERR));
    collect();
    assert_int_equal(reap(tokens, 8), 1);
    assert_int_equal(tokens[0], 8);
    ends_with(3);
}

/* ---- host functions --------------------------------------------------- */

static uint64_t seen[4];
static uint32_t nseen;

static int32_t another(lodge_caller caller, uint64_t *slots)
{
    (void)caller;
    assert_int_equal(slots[1], 5);
    seen[nseen++ & 3] = slots[0];
    collect();
    slots[0] = slots[0] + 100;
    return 0;
}

static void tokens_pass_through_host_functions(void **state)
{
    uint32_t i;

    (void)state;
    host_body = another;
    for (i = 0; i < MODES; i++) {
        lodge_linker linker =
            linker_with("externref i32 -> externref", modes[i]);
        lodge_instance in = instance_in_store(linker, caller_text);
        struct frame f = frame_of(func_of(in, "twice"));

        nseen = 0;
        SLOT(&f, 0) = 1000;
        OK(run(&f));
        assert_true(seen[0] == 1000 && seen[1] == 1000);
        assert_true(SLOT(&f, 0) == 1100 && SLOT(&f, 1) == 1100);
        f = frame_of(func_of(in, "go"));
        SLOT(&f, 0) = 0;
        OK(run(&f));
        assert_true(seen[2] == 0 && SLOT(&f, 0) == 100);
        lodge_linker_close(linker);
    }
    ends_with(MODES * 4);
}

static int32_t collects(lodge_caller caller, uint64_t *slots)
{
    uint64_t tokens[8];

    (void)caller;
    collect();
    assert_int_equal(reap(tokens, 8), 0);
    slots[0] = 0;
    return 0;
}

/* The guest does not need its argument after the call. */
static void an_argument_lives_while_the_host_has_it(void **state)
{
    uint64_t tokens[8];
    uint32_t i, k;

    (void)state;
    host_body = collects;
    for (i = 0; i < MODES; i++) {
        lodge_instance in = instance_in_store(
            linker_with("externref i32 -> externref", modes[i]), caller_text);

        for (k = 0; k < 50; k++) {
            struct frame f = frame_of(func_of(in, "go"));

            SLOT(&f, 0) = 1 + k;
            OK(run(&f));
            collect();
            assert_int_equal(reap(tokens, 8), 1);
            assert_int_equal(tokens[0], 1 + k);
        }
    }
    ends_with(0);
}

static void a_request_keeps_its_argument(void **state)
{
    lodge_instance in = instance_in_store(
        linker_with("externref i32 -> externref", LODGE_HOST_SUSPEND),
        caller_text);
    struct frame f = frame_of(func_of(in, "go"));
    lodge_instance other;
    uint64_t tokens[8];
    lodge_table table;
    uint32_t i;

    (void)state;
    other = guest(keeper);
    OK(lodge_instance_table(other, TEXT("table"), &table, ERR));
    SLOT(&f, 0) = 31;
    assert_int_equal(lodge_call(f.word), LODGE_REQUEST);
    assert_int_equal(SLOT(&f, 0), 31);
    /* All that may collect is possible now. */
    for (i = 0; i < 100; i++) {
        OK(lodge_table_set(table, i % 4, 40 + i, ERR));
        collect();
    }
    assert_int_equal(reap(tokens, 8), 8);
    for (i = 0; i < 8; i++)
        assert_true(tokens[i] != 31);
    SLOT(&f, 0) = 32;
    OK(lodge_resume(f.word));
    assert_int_equal(SLOT(&f, 0), 32);
    ends_with(102 - 8);
}

/* The same when the guest is on the fiber and the function beside it. */
static void functions_beside_the_fiber_pass_tokens(void **state)
{
    static const char text[] =
        "(module (import \"h\" \"f\" (func $f (param externref i32)"
        "  (result externref))) (import \"h\" \"wait\" (func $wait))"
        " (func (export \"go\") (param externref) (result externref)"
        "  (local externref) (local.set 1"
        "   (call $f (call $f (local.get 0) (i32.const 5)) (i32.const 5)))"
        "  (call $wait) (local.get 1)))";
    uint32_t i;

    (void)state;
    host_body = another;
    for (i = 0; i < MODES; i++) {
        lodge_instance in = instance_in_store(
            linker_with("externref i32 -> externref", modes[i]), text);
        struct frame f = frame_of(func_of(in, "go"));
        lodge_status st;

        SLOT(&f, 0) = 1000;
        st = lodge_call(f.word);
        for (; f.word[LODGE_FRAME_IMPORT] >> 32; st = lodge_resume(f.word)) {
            assert_int_equal(st, LODGE_REQUEST);
            another((lodge_caller){0}, &SLOT(&f, 0));
        }
        assert_int_equal(st, LODGE_REQUEST); /* $wait */
        collect();
        OK(lodge_resume(f.word));
        assert_int_equal(SLOT(&f, 0), 1200);
    }
    ends_with(MODES * 3);
}

static int32_t bad_answer(lodge_caller caller, uint64_t *slots)
{
    (void)caller;
    slots[0] = 5;
    slots[1] = 12345;
    return 0;
}

static const char pair_text[] =
    "(module (import \"h\" \"f\" (func $f (result externref funcref)))"
    " (func (export \"go\") (drop (drop (call $f)))))";

static void what_a_host_function_returns_is_taken(void **state)
{
    uint32_t i;

    (void)state;
    host_body = bad_answer;
    for (i = 0; i < 2; i++) {
        lodge_instance in = instance_in_store(
            linker_with("-> externref funcref", modes[i]), pair_text);
        struct frame f = frame_of(func_of(in, "go"));

        assert_int_equal(run(&f), LODGE_E_HANDLE);
        assert_non_null(strstr(record_of(&f)->message, "funcref"));
    }
    ends_with(2);
}

static void a_bad_answer_takes_nothing(void **state)
{
    lodge_instance in = instance_in_store(
        linker_with("-> externref funcref", LODGE_HOST_SUSPEND), pair_text);
    struct frame f = frame_of(func_of(in, "go"));

    (void)state;
    assert_int_equal(lodge_call(f.word), LODGE_REQUEST);
    SLOT(&f, 0) = 5;
    SLOT(&f, 1) = 12345;
    assert_int_equal(lodge_resume(f.word), LODGE_E_HANDLE);
    assert_int_equal(store_value(LODGE_STORE_EXTERNREFS), 0);
    SLOT(&f, 1) = 0;
    OK(lodge_resume(f.word));
    ends_with(1);
}

/* ---- refusals --------------------------------------------------------- */

static void a_refused_call_takes_nothing(void **state)
{
    lodge_instance in = guest(
        "(module (func (export \"f\") (param externref funcref externref)))");
    uint64_t slots[3] = {1, 12345, 2};

    (void)state;
    FAILS(HANDLE, lodge_func_call(func_of(in, "f"), slots, 3, ERR));
    FAILS(BUFFER, lodge_func_call(func_of(in, "f"), slots, 2, ERR));
    slots[1] = in.id;
    FAILS(HANDLE, lodge_func_call(func_of(in, "f"), slots, 3, ERR));
    assert_int_equal(store_value(LODGE_STORE_EXTERNREFS), 0);
    collect();
    ends_with(0);
}

static void a_call_that_traps_has_taken_its_tokens(void **state)
{
    lodge_instance in = guest(keeper);
    uint64_t slot = 4;

    (void)state;
    FAILS(TRAP, lodge_func_call(func_of(in, "trap"), &slot, 1, ERR));
    assert_int_equal(store_value(LODGE_STORE_EXTERNREFS), 1);
    ends_with(1);
}

/* Numbers that are no tokens are no references either, unless they are. */
static void what_is_no_token_is_refused(void **state)
{
    lodge_instance in = guest(keeper);
    const uint64_t bad[] = {
        LODGE_EXTERN_REF,           LODGE_EXTERN_REF + 1,
        LODGE_EXTERN_REF + 0x20000, UINT64_MAX,
        LODGE_EXTERN_REF + in.id,   LODGE_EXTERN_REF + store.id + 0x20000};
    uint64_t slot;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof bad / sizeof *bad; i++) {
        slot = bad[i];
        FAILS(HANDLE, lodge_func_call(func_of(in, "same"), &slot, 1, ERR));
        assert_true(slot == bad[i]);
    }
    assert_int_equal(store_value(LODGE_STORE_EXTERNREFS), 0);
    ends_with(0);
}

static void null_where_none_is_allowed_is_refused(void **state)
{
    lodge_instance in =
        guest("(module (func (export \"f\") (param (ref extern))))");
    uint64_t slot = 0;

    (void)state;
    SAYS(TYPE, "cannot be 0",
         lodge_func_call(func_of(in, "f"), &slot, 1, ERR));
    slot = 5;
    OK(lodge_func_call(func_of(in, "f"), &slot, 1, ERR));
    ends_with(1);
}

/* ---- many ------------------------------------------------------------- */

/* The heap is collected, grows and is at its limit; no token is lost. */
static void many_tokens_all_come_out(void **state)
{
    lodge_instance in = guest(keeper);
    lodge_func same = func_of(in, "same");
    uint64_t sum = 0, want = 0, tokens[64], i;
    uint32_t n, k, all = 0;

    (void)state;
    for (i = 1; i <= 20000; i++) {
        uint64_t slot = i;

        OK(lodge_func_call(same, &slot, 1, ERR));
        assert_true(slot == i);
        want += i;
        while ((n = reap(tokens, 64)) != 0)
            for (k = 0; k < n; k++, all++)
                sum += tokens[k];
    }
    lodge_engine_shutdown(engine);
    while ((n = reap(tokens, 64)) != 0)
        for (k = 0; k < n; k++, all++)
            sum += tokens[k];
    assert_int_equal(all, 20000);
    assert_true(sum == want);
}

static void a_full_heap_refuses_and_keeps_all(void **state)
{
    lodge_instance in = guest("(module (table (export \"t\") 1 externref))");
    lodge_status st = LODGE_OK;
    uint64_t i, size = 1;
    lodge_table table;

    (void)state;
    OK(lodge_instance_table(in, TEXT("t"), &table, ERR));
    OK(lodge_table_set(table, 0, 1, ERR));
    OK(lodge_store_set(store, LODGE_STORE_MEMORY_LIMIT,
                       store_value(LODGE_STORE_MEMORY_BYTES), ERR));
    for (i = 2; st == LODGE_OK; i++) {
        st = lodge_table_grow(table, 1, i, &size, ERR);
        assert_true(i < 1000000);
    }
    assert_int_equal(st, LODGE_E_LIMIT);
    assert_true(store_value(LODGE_STORE_EXTERNREFS) == i - 2);
    ends_with((uint32_t)i - 2);
}

static void tokens_need_no_guests_with_collection(void **state)
{
    lodge_engine plain = new_engine_with("gc=off,exceptions=off");
    lodge_instance in = new_instance(plain, keeper);

    (void)state;
    assert_int_equal(call1(in, "same", 5), 5);
    lodge_engine_shutdown(plain);
    ends_with(1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(a_token_comes_out_as_it_went_in),
        STORE_TEST(tokens_stand_among_other_values),
        STORE_TEST(a_kept_token_stays_until_it_is_let_go),
        STORE_TEST(a_token_that_nobody_keeps_is_collected),
        STORE_TEST(each_time_it_goes_in_it_comes_out),
        STORE_TEST(tokens_go_through_tables_and_globals),
        STORE_TEST(tokens_pass_through_host_functions),
        STORE_TEST(an_argument_lives_while_the_host_has_it),
        STORE_TEST(a_request_keeps_its_argument),
        STORE_TEST(functions_beside_the_fiber_pass_tokens),
        STORE_TEST(what_a_host_function_returns_is_taken),
        STORE_TEST(a_bad_answer_takes_nothing),
        STORE_TEST(a_refused_call_takes_nothing),
        STORE_TEST(a_call_that_traps_has_taken_its_tokens),
        STORE_TEST(what_is_no_token_is_refused),
        STORE_TEST(null_where_none_is_allowed_is_refused),
        STORE_TEST(many_tokens_all_come_out),
        STORE_TEST(a_full_heap_refuses_and_keeps_all),
        STORE_TEST(tokens_need_no_guests_with_collection),
    };

    return RUN(tests);
}

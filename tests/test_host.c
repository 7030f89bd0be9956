/* test_host.c - DIRECT host functions: values, the caller, failures. */
#include <pthread.h>

#include "zoo.h"

/* What the host functions of a test act on. */
static struct {
    lodge_engine engine;
    lodge_linker linker;
    lodge_store store;
    lodge_instance instance;
    lodge_func run;
    lodge_caller caller; /* kept beyond its call */
    lodge_status st[12];
    uint64_t value[12];
    int calls;
} it;

static const char guest[] =
    "(module (import \"m\" \"f\" (func $f (param i64) (result i64)))"
    " (import \"m\" \"g\" (func $g (param i64) (result i64)))"
    " (memory (export \"memory\") 1 4) (global $top (mut i32) (i32.const 16))"
    " (global (export \"global\") i32 (i32.const 5))"
    " (export \"direct\" (func $f))"
    " (func (export \"run\") (param i64) (result i64)"
    "  (call $f (local.get 0)))"
    " (func (export \"run_g\") (param i64) (result i64)"
    "  (call $g (local.get 0)))"
    " (func (export \"malloc\") (param i32) (result i32) (global.get $top)"
    "  (global.set $top (i32.add (global.get $top) (local.get 0))))"
    " (func (export \"loop\") (loop $l (br $l)))"
    " (func (export \"trap\") unreachable))";

/* Takes exactly `expected` tokens out of domain 0; the last one. */
static uint64_t reap(uint32_t expected)
{
    uint64_t tokens[8] = {0};
    uint32_t kinds[8], count, i;

    OK(lodge_reap(0, kinds, tokens, 8, &count));
    assert_int_equal(count, expected);
    for (i = 0; i < count; i++)
        assert_int_equal(kinds[i], LODGE_KIND_HOST);
    return count ? tokens[count - 1] : 0;
}

/* The guest in a store, with two host functions "i64 -> i64". */
static void open_it(lodge_direct_fn f, lodge_direct_fn g)
{
    lodge_module module;

    memset(&it, 0, sizeof it);
    it.engine = new_engine_with("interruption=on");
    it.linker = new_linker(it.engine);
    it.store = new_store(it.engine);
    OK(lodge_linker_func(it.linker, TEXT("m"), TEXT("f"), TEXT("i64 -> i64"),
                         f, 0, ERR));
    OK(lodge_linker_func(it.linker, TEXT("m"), TEXT("g"), TEXT("i64 -> i64"),
                         g, 0, ERR));
    module = new_module(it.engine, guest);
    OK(lodge_instance_new(it.linker, it.store, module, &it.instance, ERR));
    lodge_module_close(module);
    it.run = func_of(it.instance, "run");
}

static void close_it(void)
{
    lodge_store_close(it.store);
    lodge_linker_close(it.linker);
    lodge_engine_close(it.engine);
}

static int32_t nothing(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    (void)token;
    (void)caller;
    (void)slots;
    it.calls++;
    return 0;
}

static lodge_status run(uint64_t *slot)
{
    return lodge_func_call(it.run, slot, 1, ERR);
}

/* ---- values ----------------------------------------------------------- */

static uint64_t shown[16];

/* Shows the slots it was given, and gives back their complements. */
static int32_t invert(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    uint64_t i;

    (void)caller;
    for (i = 0; i < token; i++) {
        shown[i] = slots[i];
        slots[i] = ~slots[i];
    }
    return 0;
}

static void values_of_every_type_pass(void **state)
{
    static const char text[] =
        "(module (import \"m\" \"f\" (func $f (param i32 i64 f32 f64 v128"
        " funcref) (result i32 i64 f32 f64 v128)))"
        " (func (export \"run\") (param i32 i64 f32 f64 v128 funcref)"
        " (result i32 i64 f32 f64 v128) (call $f (local.get 0)"
        " (local.get 1) (local.get 2) (local.get 3) (local.get 4)"
        " (local.get 5))))";
    uint64_t slots[7] = {~0ull, 2, ~3ull, 4, 5, 6, 0};
    static const uint64_t seen[7] = {0xFFFFFFFF, 2, 0xFFFFFFFC, 4, 5, 6, 0};
    static const uint64_t result[6] = {0, ~2ull, 3, ~4ull, ~5ull, ~6ull};
    lodge_engine engine = new_engine();
    lodge_linker linker = new_linker(engine);
    lodge_module module = new_module(engine, text);
    lodge_instance in;

    (void)state;
    OK(lodge_linker_func(linker, TEXT("m"), TEXT("f"),
                         TEXT("i32 i64 f32 f64 v128 funcref ->"
                              " i32 i64 f32 f64 v128"),
                         invert, 7, ERR));
    OK(lodge_instance_new(linker, (lodge_store){0}, module, &in, ERR));
    OK(lodge_func_call(func_of(in, "run"), slots, 7, ERR));
    assert_memory_equal(shown, seen, sizeof seen);
    assert_memory_equal(slots, result, sizeof result);
    lodge_instance_close(in);
    lodge_module_close(module);
    lodge_linker_close(linker);
    lodge_engine_close(engine);
    assert_int_equal(reap(1), 7);
}

/* Writes the first result only. */
static int32_t first_only(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    (void)token;
    (void)caller;
    memcpy(shown, slots, 5 * sizeof *slots);
    slots[0] = 1;
    return 0;
}

static void results_that_are_not_written_are_zero(void **state)
{
    static const char text[] =
        "(module (import \"m\" \"f\" (func $f (param i32)"
        " (result i32 i64 f64 v128)))"
        " (func (export \"run\") (param i32) (result i32 i64 f64 v128)"
        "  (call $f (local.get 0))))";
    uint64_t slots[5] = {9, 77, 77, 77, 77};
    lodge_engine engine = new_engine();
    lodge_linker linker = new_linker(engine);
    lodge_module module = new_module(engine, text);
    lodge_instance in;
    int i;

    (void)state;
    OK(lodge_linker_func(linker, TEXT("m"), TEXT("f"),
                         TEXT("i32 -> i32 i64 f64 v128"), first_only, 0, ERR));
    OK(lodge_instance_new(linker, (lodge_store){0}, module, &in, ERR));
    OK(lodge_func_call(func_of(in, "run"), slots, 5, ERR));
    assert_int_equal(shown[0], 9);
    assert_int_equal(slots[0], 1);
    for (i = 1; i < 5; i++) {
        assert_int_equal(shown[i], 0);
        assert_int_equal(slots[i], 0);
    }
    lodge_instance_close(in);
    lodge_module_close(module);
    lodge_linker_close(linker);
    lodge_engine_close(engine);
}

/* Gives each parameter back, last first. */
static int32_t reverse(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    uint64_t i, swap;

    (void)caller;
    for (i = 0; i < token / 2; i++) {
        swap = slots[i];
        slots[i] = slots[token - 1 - i];
        slots[token - 1 - i] = swap;
    }
    return 0;
}

static void many_values_pass(void **state)
{
    char text[4000], sig[300] = "", *at = text;
    lodge_engine engine = new_engine();
    lodge_linker linker = new_linker(engine);
    uint64_t slots[30], i;
    lodge_module module;
    lodge_instance in;

    (void)state;
    for (i = 0; i < 30; i++)
        strcat(sig, "i64 ");
    at += sprintf(at,
                  "(module (import \"m\" \"f\" (func $f (param %s)"
                  " (result %s))) (export \"run\" (func $run))"
                  " (func $run (param %s) (result %s) (call $f",
                  sig, sig, sig, sig);
    for (i = 0; i < 30; i++)
        at += sprintf(at, " (local.get %d)", (int)i);
    strcpy(at, ")))");
    snprintf(at + 100, 700, "%s -> %s", sig, sig);
    OK(lodge_linker_func(linker, TEXT("m"), TEXT("f"), TEXT(at + 100), reverse,
                         30, ERR));
    module = new_module(engine, text);
    OK(lodge_instance_new(linker, (lodge_store){0}, module, &in, ERR));
    for (i = 0; i < 30; i++)
        slots[i] = i;
    OK(lodge_func_call(func_of(in, "run"), slots, 30, ERR));
    for (i = 0; i < 30; i++)
        assert_int_equal(slots[i], 29 - i);
    lodge_instance_close(in);
    lodge_module_close(module);
    lodge_linker_close(linker);
    lodge_engine_close(engine);
    reap(1);
}

static const char ref_guest[] =
    "(module (import \"m\" \"f\" (func $f (param funcref) (result funcref)))"
    " (func (export \"run\") (param funcref) (result funcref)"
    "  (call $f (local.get 0))))";

static int32_t swap_ref(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    (void)token;
    (void)caller;
    it.value[0] = slots[0];
    slots[0] = it.value[1];
    return 0;
}

static void functions_pass_as_ids(void **state)
{
    lodge_engine engine = new_engine();
    lodge_linker linker = new_linker(engine);
    lodge_module module = new_module(engine, ref_guest);
    lodge_instance in;
    uint64_t slot;

    (void)state;
    memset(&it, 0, sizeof it);
    OK(lodge_linker_func(linker, TEXT("m"), TEXT("f"),
                         TEXT("funcref -> funcref"), swap_ref, 0, ERR));
    OK(lodge_instance_new(linker, (lodge_store){0}, module, &in, ERR));
    slot = func_of(in, "run").id;
    OK(lodge_func_call(func_of(in, "run"), &slot, 1, ERR));
    assert_int_equal(it.value[0], func_of(in, "run").id);
    assert_int_equal(slot, 0);
    it.value[1] = func_of(in, "run").id;
    OK(lodge_func_call(func_of(in, "run"), &slot, 1, ERR));
    assert_int_equal(it.value[0], 0);
    assert_int_equal(slot, func_of(in, "run").id);
    lodge_instance_close(in);
    lodge_module_close(module);
    lodge_linker_close(linker);
    lodge_engine_close(engine);
}

static void what_is_no_function_of_the_store_fails_the_call(void **state)
{
    lodge_engine engine = new_engine();
    lodge_linker linker = new_linker(engine);
    lodge_module module = new_module(engine, ref_guest);
    lodge_instance in, other = new_instance(engine, zoo_text);
    uint64_t slot = 0;

    (void)state;
    memset(&it, 0, sizeof it);
    OK(lodge_linker_func(linker, TEXT("m"), TEXT("f"),
                         TEXT("funcref -> funcref"), swap_ref, 0, ERR));
    OK(lodge_instance_new(linker, (lodge_store){0}, module, &in, ERR));
    it.value[1] = func_of(other, "func").id;
    FAILS(FOREIGN, lodge_func_call(func_of(in, "run"), &slot, 1, ERR));
    it.value[1] = 12345;
    FAILS(HANDLE, lodge_func_call(func_of(in, "run"), &slot, 1, ERR));
    it.value[1] = in.id;
    FAILS(HANDLE, lodge_func_call(func_of(in, "run"), &slot, 1, ERR));
    assert_int_equal(slot, 0);
    it.value[1] = 0;
    OK(lodge_func_call(func_of(in, "run"), &slot, 1, ERR));
    lodge_instance_close(in);
    lodge_instance_close(other);
    lodge_module_close(module);
    lodge_linker_close(linker);
    lodge_engine_close(engine);
}

/* ---- failing ---------------------------------------------------------- */

static int32_t return_it(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    (void)token;
    (void)caller;
    slots[0] ^= 0xFF;
    return (int32_t)it.value[0];
}

static void any_number_but_zero_fails_the_call(void **state)
{
    static const int32_t codes[] = {
        1,         -1,           77,           INT32_MIN,
        INT32_MAX, LODGE_E_TRAP, LODGE_E_HOST, LODGE_REQUEST};
    uint64_t slot = 5;
    size_t i;

    (void)state;
    open_it(return_it, nothing);
    for (i = 0; i < sizeof codes / sizeof *codes; i++) {
        it.value[0] = (uint64_t)(int64_t)codes[i];
        FAILS(HOST, run(&slot));
        assert_int_equal(test_err.payload, 0);
        assert_int_equal(test_err.trap, LODGE_TRAP_NONE);
        assert_true(test_err.message_len > 0);
        assert_int_equal(slot, 5);
    }
    it.value[0] = 0;
    OK(run(&slot));
    assert_int_equal(slot, 5 ^ 0xFF);
    close_it();
}

static int32_t fail_with_slot(uint64_t token, lodge_caller caller,
                              uint64_t *slots)
{
    (void)token;
    return lodge_caller_fail(caller, slots[0], TEXT("d\xC3\xA9j\xC3\xA0 vu"));
}

static void a_failure_brings_payload_and_message(void **state)
{
    static const uint64_t payloads[] = {0, 1, 0x8000000000000000, UINT64_MAX,
                                        0xDEADBEEFCAFEF00D};
    uint64_t slot;
    size_t i;

    (void)state;
    open_it(fail_with_slot, nothing);
    for (i = 0; i < 5; i++) {
        slot = payloads[i];
        SAYS(HOST, "d\xC3\xA9j\xC3\xA0 vu", run(&slot));
        assert_int_equal(test_err.payload, payloads[i]);
        assert_int_equal(test_err.exit_code, 0);
    }
    FAILS(HOST, lodge_func_call(it.run, &slot, 1, NULL));
    close_it();
}

static int32_t fail_badly(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    (void)token;
    if (slots[0] == 0)
        return lodge_caller_fail(caller, 7, NULL, 0);
    if (slots[0] == 1)
        return lodge_caller_fail(caller, 7, NULL, 5);
    if (slots[0] == 2)
        return lodge_caller_fail(caller, 7, "\xFF\xFE", 2);
    return lodge_caller_fail(caller, 7, "x", UINT64_MAX);
}

static void a_failure_without_a_good_message_is_a_failure_still(void **state)
{
    uint64_t slot;

    (void)state;
    open_it(fail_badly, nothing);
    for (slot = 0; slot < 4; slot++) {
        FAILS(HOST, run(&(uint64_t){slot}));
        assert_int_equal(test_err.payload, 7);
        assert_true(test_err.message_len > 0);
    }
    close_it();
}

static int32_t leave(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    (void)token;
    return lodge_caller_exit(caller, (int32_t)(int64_t)slots[0]);
}

static void an_exit_ends_the_guest_with_its_code(void **state)
{
    static const int32_t codes[] = {0, 7, -1, 255, INT32_MIN, INT32_MAX};
    uint64_t slot;
    size_t i;

    (void)state;
    open_it(leave, nothing);
    for (i = 0; i < sizeof codes / sizeof *codes; i++) {
        slot = (uint64_t)(int64_t)codes[i];
        FAILS(EXIT, run(&slot));
        assert_int_equal(test_err.exit_code, codes[i]);
        assert_int_equal(test_err.payload, 0);
    }
    close_it();
}

static int32_t fail_then_return_ok(uint64_t token, lodge_caller caller,
                                   uint64_t *slots)
{
    (void)token;
    it.st[0] = lodge_caller_fail(caller, 1, TEXT("never mind"));
    it.st[1] = lodge_caller_exit(caller, 3);
    slots[0] = 4;
    return 0;
}

static void a_failure_counts_only_if_the_function_returns_it(void **state)
{
    uint64_t slot = 0;

    (void)state;
    open_it(fail_then_return_ok, return_it);
    OK(run(&slot));
    assert_int_equal(slot, 4);
    assert_int_equal(it.st[0], LODGE_E_HOST);
    assert_int_equal(it.st[1], LODGE_E_EXIT);
    it.value[0] = 1; /* an old failure is not taken for this one */
    FAILS(HOST, lodge_func_call(func_of(it.instance, "run_g"), &slot, 1, ERR));
    assert_int_equal(test_err.payload, 0);
    assert_null(strstr(test_err.message, "never mind"));
    close_it();
}

static int32_t say_and_leave_it(uint64_t token, lodge_caller caller,
                                uint64_t *slots)
{
    (void)token;
    if (slots[0] == 1)
        lodge_caller_fail(caller, 9, TEXT("it was said"));
    if (slots[0] == 2)
        lodge_caller_exit(caller, 5);
    slots[0] += 10;
    return LODGE_AS_SAID;
}

static void what_was_said_counts_if_the_function_returns_that(void **state)
{
    uint64_t slot = 0;

    (void)state;
    open_it(say_and_leave_it, nothing);
    OK(run(&slot));
    assert_int_equal(slot, 10);
    slot = 1;
    SAYS(HOST, "it was said", run(&slot));
    assert_int_equal(test_err.payload, 9);
    slot = 2;
    FAILS(EXIT, run(&slot));
    assert_int_equal(test_err.exit_code, 5);
    slot = 3;
    OK(run(&slot)); /* nothing is left of the failures */
    assert_int_equal(slot, 13);
    close_it();
}

static int32_t fail_last_wins(uint64_t token, lodge_caller caller,
                              uint64_t *slots)
{
    (void)token;
    (void)slots;
    lodge_caller_exit(caller, 3);
    return lodge_caller_fail(caller, 2, TEXT("second"));
}

static void the_last_failure_is_the_one(void **state)
{
    uint64_t slot = 0;

    (void)state;
    open_it(fail_last_wins, nothing);
    SAYS(HOST, "second", run(&slot));
    assert_int_equal(test_err.payload, 2);
    assert_int_equal(test_err.exit_code, 0);
    close_it();
}

/* ---- nesting ---------------------------------------------------------- */

/* Calls the guest again until the slot is 0, then fails; passes a failure on
 * as it came.
 */
static int32_t nest_and_fail(uint64_t token, lodge_caller caller,
                             uint64_t *slots)
{
    lodge_error err = LODGE_ERROR_INIT;
    lodge_status st;

    (void)token;
    it.calls++;
    if (slots[0] == 0)
        return lodge_caller_fail(caller, 0xFEDCBA9876543210, TEXT("deepest"));
    slots[0]--;
    st = lodge_func_call(it.run, slots, 1, &err);
    if (st == LODGE_E_HOST)
        return lodge_caller_fail(caller, err.payload, err.message,
                                 strlen(err.message));
    return st;
}

static void a_payload_comes_back_unchanged_through_any_nesting(void **state)
{
    uint64_t slot = 20;

    (void)state;
    open_it(nest_and_fail, nothing);
    SAYS(HOST, "deepest", run(&slot));
    assert_int_equal(test_err.payload, 0xFEDCBA9876543210);
    assert_int_equal(it.calls, 21);
    assert_int_equal(slot, 20);
    close_it();
}

/* The first call replaces what the inner one failed with. */
static int32_t replace(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    char text[] = "level 0";

    (void)token;
    if (slots[0] < 2) {
        uint64_t deeper = slots[0] + 1;

        it.st[slots[0]] = lodge_func_call(it.run, &deeper, 1, NULL);
    }
    text[6] = (char)('0' + slots[0]);
    return lodge_caller_fail(caller, 100 + slots[0], text, 7);
}

static void a_replaced_failure_becomes_a_cause(void **state)
{
    lodge_status st = 77;
    uint64_t slot = 0, payload = 0, len;
    uint32_t count = 0, i;
    lodge_report report;
    char buf[64];

    (void)state;
    open_it(replace, nothing);
    test_err.flags = LODGE_ERROR_REPORT;
    SAYS(HOST, "level 0", run(&slot));
    test_err.flags = 0;
    assert_int_equal(test_err.payload, 100);
    assert_int_equal(it.st[0], LODGE_E_HOST);
    report.id = test_err.report;
    OK(lodge_report_cause_count(report, &count, ERR));
    assert_int_equal(count, 3);
    for (i = 0; i < 3; i++) {
        OK(lodge_report_cause(report, i, &st, &payload, buf, sizeof buf, &len,
                              ERR));
        assert_int_equal(st, LODGE_E_HOST);
        assert_int_equal(payload, 100 + i);
        buf[len] = '\0';
        assert_non_null(strstr(buf, "level"));
        assert_int_equal(buf[6], '0' + i);
    }
    lodge_report_close(report);
    close_it();
}

/* Lets the guest trap, and goes on. */
static int32_t swallow(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    (void)token;
    (void)caller;
    it.st[0] = lodge_func_call(func_of(it.instance, "trap"), NULL, 0, NULL);
    slots[0] = 12;
    return 0;
}

static void a_failure_inside_can_be_swallowed(void **state)
{
    uint64_t slot = 0;
    int i;

    (void)state;
    open_it(swallow, nothing);
    for (i = 0; i < 100; i++) {
        slot = 0;
        OK(run(&slot));
        assert_int_equal(slot, 12);
        assert_int_equal(it.st[0], LODGE_E_TRAP);
    }
    close_it();
}

/* Swallows a trap, then fails for a reason of its own in another call. */
static int32_t swallow_then_call(uint64_t token, lodge_caller caller,
                                 uint64_t *slots)
{
    (void)token;
    it.st[0] = lodge_func_call(func_of(it.instance, "trap"), NULL, 0, NULL);
    it.st[1] = lodge_func_call(func_of(it.instance, "run_g"), slots, 1, ERR);
    return lodge_caller_fail(caller, 1, TEXT("outer"));
}

static int32_t fail_innocent(uint64_t token, lodge_caller caller,
                             uint64_t *slots)
{
    (void)token;
    (void)slots;
    return lodge_caller_fail(caller, 2, TEXT("innocent"));
}

static void a_cause_belongs_to_the_function_it_happened_in(void **state)
{
    lodge_error err = LODGE_ERROR_INIT;
    uint64_t slot = 0;
    uint32_t count = 0;

    (void)state;
    open_it(swallow_then_call, fail_innocent);
    test_err.flags = LODGE_ERROR_REPORT;
    err.flags = LODGE_ERROR_REPORT;
    assert_int_equal(lodge_func_call(it.run, &slot, 1, &err), LODGE_E_HOST);
    test_err.flags = 0;
    OK(lodge_report_cause_count((lodge_report){test_err.report}, &count, ERR));
    assert_int_equal(count, 1); /* the trap was not its cause */
    lodge_report_close((lodge_report){test_err.report});
    OK(lodge_report_cause_count((lodge_report){err.report}, &count, ERR));
    assert_true(count >= 2);
    lodge_report_close((lodge_report){err.report});
    close_it();
}

/* Prepares its failure, then tidies up with calls into the guest. */
static int32_t fail_then_tidy(uint64_t token, lodge_caller caller,
                              uint64_t *slots)
{
    lodge_status st = lodge_caller_fail(caller, 55, TEXT("the reason"));

    (void)token;
    it.st[0] = lodge_func_call(func_of(it.instance, "run_g"), slots, 1, NULL);
    return st;
}

static void a_failure_survives_calls_made_after_it(void **state)
{
    uint64_t slot = 0;

    (void)state;
    open_it(fail_then_tidy, nothing);
    SAYS(HOST, "the reason", run(&slot));
    assert_int_equal(it.st[0], LODGE_OK);
    assert_int_equal(test_err.payload, 55);
    close_it();
    open_it(fail_then_tidy, fail_innocent);
    SAYS(HOST, "the reason", run(&slot));
    assert_int_equal(it.st[0], LODGE_E_HOST);
    assert_int_equal(test_err.payload, 55);
    close_it();
}

static int32_t nest_and_leave(uint64_t token, lodge_caller caller,
                              uint64_t *slots)
{
    lodge_error err = LODGE_ERROR_INIT;

    (void)token;
    if (slots[0] == 0)
        return lodge_caller_exit(caller, 42);
    slots[0]--;
    if (lodge_func_call(it.run, slots, 1, &err) == LODGE_E_EXIT)
        return lodge_caller_exit(caller, err.exit_code);
    return 0;
}

static void an_exit_passes_through_nested_calls(void **state)
{
    uint64_t slot = 5;

    (void)state;
    open_it(nest_and_leave, nothing);
    FAILS(EXIT, run(&slot));
    assert_int_equal(test_err.exit_code, 42);
    close_it();
}

/* ---- the caller ------------------------------------------------------- */

static int32_t look(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    lodge_instance in = {0};
    lodge_memory memory = {0};
    lodge_store store = {0};
    lodge_extern item = {0};

    (void)token;
    it.st[0] = lodge_caller_instance(caller, &in);
    it.st[1] = lodge_caller_memory(caller, &memory);
    it.st[2] = lodge_caller_export(caller, TEXT("run"), &item);
    it.st[3] = lodge_caller_store(caller, &store);
    it.st[4] = lodge_caller_tag(caller, &it.value[4]);
    it.st[5] = lodge_memory_store(memory, 100, LODGE_TYPE_I64, slots, NULL);
    it.value[0] = in.id;
    it.value[1] = memory.id;
    it.value[2] = item.id;
    it.value[3] = store.id;
    it.caller = caller;
    return 0;
}

static void a_caller_shows_who_called(void **state)
{
    uint64_t slot = 0x1122334455667788, value = 0;
    lodge_memory memory;
    int i;

    (void)state;
    open_it(look, nothing);
    OK(run(&slot));
    for (i = 0; i < 6; i++)
        assert_int_equal(it.st[i], LODGE_OK);
    OK(lodge_instance_memory(it.instance, TEXT("memory"), &memory, ERR));
    assert_int_equal(it.value[0], it.instance.id);
    assert_int_equal(it.value[1], memory.id);
    assert_int_equal(it.value[2], it.run.id);
    assert_int_equal(it.value[3], it.store.id);
    assert_int_equal(it.value[4], 0);
    OK(lodge_memory_load(memory, 100, LODGE_TYPE_I64, &value, ERR));
    assert_int_equal(value, 0x1122334455667788);
    close_it();
}

static void a_caller_shows_the_instance_of_its_own_call(void **state)
{
    lodge_instance second;
    lodge_module module;
    uint64_t slot = 0;

    (void)state;
    open_it(look, nothing);
    module = new_module(it.engine, guest);
    OK(lodge_instance_new(it.linker, it.store, module, &second, ERR));
    OK(lodge_func_call(func_of(second, "run"), &slot, 1, ERR));
    assert_int_equal(it.value[0], second.id);
    OK(run(&slot));
    assert_int_equal(it.value[0], it.instance.id);
    lodge_module_close(module);
    close_it();
}

static int32_t look_for_what_is_not_there(uint64_t token, lodge_caller caller,
                                          uint64_t *slots)
{
    lodge_extern item = {77, 77, 77};

    (void)token;
    (void)slots;
    it.st[0] = lodge_caller_export(caller, TEXT("no"), &item);
    it.st[1] = lodge_caller_export(caller, TEXT("no"), NULL);
    it.st[2] = lodge_caller_export(caller, NULL, 2, &item);
    it.st[3] = lodge_caller_export(caller, "\xFF", 1, &item);
    it.st[4] = lodge_caller_instance(caller, NULL);
    it.st[5] = lodge_caller_memory(caller, NULL);
    it.st[6] = lodge_caller_store(caller, NULL);
    it.st[7] = lodge_caller_tag(caller, NULL);
    it.value[0] = item.id;
    return 0;
}

static void arguments_of_caller_functions_are_checked(void **state)
{
    uint64_t slot = 0;
    int i;

    (void)state;
    open_it(look_for_what_is_not_there, nothing);
    OK(run(&slot));
    assert_int_equal(it.st[0], LODGE_E_NOT_FOUND);
    for (i = 1; i < 8; i++)
        assert_int_equal(it.st[i], LODGE_E_ARGUMENT);
    assert_int_equal(it.value[0], 77);
    close_it();
}

static void a_host_function_called_by_the_host_has_no_instance(void **state)
{
    uint64_t slot = 0;

    (void)state;
    open_it(look, nothing);
    OK(lodge_func_call(func_of(it.instance, "direct"), &slot, 1, ERR));
    assert_int_equal(it.st[0], LODGE_OK);
    assert_int_equal(it.value[0], 0);
    assert_int_equal(it.st[1], LODGE_E_NOT_FOUND);
    assert_int_equal(it.st[2], LODGE_E_NOT_FOUND);
    assert_int_equal(it.value[3], it.store.id);
    close_it();
}

static void a_memory_by_another_name_is_not_the_callers(void **state)
{
    static const char *const texts[] = {
        "(module (import \"m\" \"f\" (func $f (param i64) (result i64)))"
        " (memory (export \"mem\") 1) (func (export \"run\") (param i64)"
        " (result i64) (call $f (local.get 0))))",
        "(module (import \"m\" \"f\" (func $f (param i64) (result i64)))"
        " (global (export \"memory\") i32 (i32.const 1))"
        " (func (export \"run\") (param i64) (result i64)"
        " (call $f (local.get 0))))",
    };
    lodge_module module;
    lodge_instance in;
    uint64_t slot = 0;
    int i;

    (void)state;
    open_it(look, nothing);
    for (i = 0; i < 2; i++) {
        module = new_module(it.engine, texts[i]);
        OK(lodge_instance_new(it.linker, it.store, module, &in, ERR));
        OK(lodge_func_call(func_of(in, "run"), &slot, 1, ERR));
        assert_int_equal(it.st[1], LODGE_E_NOT_FOUND);
        OK(lodge_func_call(func_of(in, "run"), &slot, 1, ERR));
        assert_int_equal(it.st[1], LODGE_E_NOT_FOUND);
        lodge_module_close(module);
    }
    close_it();
}

/* Every function of a caller says `expected`. */
static void all_say(lodge_caller caller, lodge_status expected)
{
    lodge_instance in = {77};
    lodge_memory memory = {77};
    lodge_store store = {77};
    lodge_extern item = {77, 77, 77};
    uint64_t tag = 77;

    assert_int_equal(lodge_caller_instance(caller, &in), expected);
    assert_int_equal(lodge_caller_memory(caller, &memory), expected);
    assert_int_equal(lodge_caller_export(caller, TEXT("run"), &item),
                     expected);
    assert_int_equal(lodge_caller_tag(caller, &tag), expected);
    assert_int_equal(lodge_caller_store(caller, &store), expected);
    assert_int_equal(lodge_caller_fail(caller, 1, NULL, 0), expected);
    assert_int_equal(lodge_caller_exit(caller, 1), expected);
    assert_int_equal(in.id + memory.id + store.id + item.id + tag, 5 * 77);
}

static void a_caller_is_stale_after_its_call(void **state)
{
    uint64_t slot = 0;

    (void)state;
    open_it(look, nothing);
    OK(run(&slot));
    all_say(it.caller, LODGE_E_HANDLE);
    close_it();
    all_say(it.caller, LODGE_E_HANDLE);
}

static int32_t use_the_old_caller(uint64_t token, lodge_caller caller,
                                  uint64_t *slots)
{
    (void)token;
    (void)slots;
    if (it.calls++ > 0)
        all_say(it.caller, LODGE_E_HANDLE);
    it.caller = caller;
    return 0;
}

static void a_caller_of_an_earlier_call_is_stale_in_a_later_one(void **state)
{
    uint64_t slot = 0;
    int i;

    (void)state;
    open_it(use_the_old_caller, nothing);
    for (i = 0; i < 100; i++)
        OK(run(&slot));
    close_it();
}

static void *ask_elsewhere(void *arg)
{
    lodge_instance in;
    uint64_t tag;

    it.st[0] = lodge_caller_tag(it.caller, &tag);
    it.st[1] = lodge_caller_instance(it.caller, &in);
    it.st[2] = lodge_caller_fail(it.caller, 1, NULL, 0);
    it.st[3] = lodge_caller_exit(it.caller, 1);
    return arg;
}

static int32_t lend(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    pthread_t thread;

    (void)token;
    (void)slots;
    it.caller = caller;
    if (pthread_create(&thread, NULL, ask_elsewhere, NULL) == 0)
        pthread_join(thread, NULL);
    return 0;
}

static void a_caller_is_of_no_use_on_another_thread(void **state)
{
    uint64_t slot = 0;
    int i;

    (void)state;
    open_it(lend, nothing);
    OK(run(&slot));
    for (i = 0; i < 4; i++)
        assert_int_equal(it.st[i], LODGE_E_BUSY);
    close_it();
}

static void what_is_no_caller_is_refused(void **state)
{
    struct zoo zoo;

    (void)state;
    zoo_open(&zoo);
    FOR_STRANGERS(&zoo, LODGE_KIND_CALLER, lodge_caller, caller,
                  all_say(caller, LODGE_E_HANDLE));
    zoo_close(&zoo);
}

static int32_t ask_info(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    uint64_t bytes;
    uint32_t kind = 0;

    (void)token;
    (void)slots;
    it.st[0] = lodge_handle_info(caller.id, &kind, &bytes);
    it.value[0] = kind;
    it.st[1] = lodge_func_call((lodge_func){caller.id}, NULL, 0, ERR);
    it.caller = caller;
    lodge_release((void *)(uintptr_t)caller.id);
    lodge_instance_close((lodge_instance){caller.id});
    return 0;
}

static void a_caller_is_a_handle_that_only_its_functions_take(void **state)
{
    uint64_t slot = 0, bytes;
    uint32_t kind;

    (void)state;
    open_it(ask_info, nothing);
    OK(run(&slot));
    assert_int_equal(it.st[0], LODGE_OK);
    assert_int_equal(it.value[0], LODGE_KIND_CALLER);
    assert_int_equal(it.st[1], LODGE_E_HANDLE);
    FAILS(HANDLE, lodge_handle_info(it.caller.id, &kind, &bytes));
    close_it();
}

/* ---- using the store from inside --------------------------------------- */

static int32_t allocate(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    lodge_memory memory;
    lodge_extern item;
    uint64_t at = 8;

    (void)token;
    if (lodge_caller_export(caller, TEXT("malloc"), &item) != LODGE_OK ||
        lodge_func_call((lodge_func){item.id}, &at, 1, ERR) != LODGE_OK ||
        lodge_caller_memory(caller, &memory) != LODGE_OK)
        return -1;
    slots[0] = at;
    return lodge_memory_write(memory, at, (const uint8_t *)"12345678", 8, ERR);
}

static void a_host_function_calls_the_guests_malloc(void **state)
{
    lodge_memory memory;
    uint64_t slot = 0;
    uint8_t bytes[8];
    uint64_t i;

    (void)state;
    open_it(allocate, nothing);
    OK(lodge_instance_memory(it.instance, TEXT("memory"), &memory, ERR));
    for (i = 0; i < 100; i++) {
        OK(run(&slot));
        assert_int_equal(slot, 16 + 8 * i);
        OK(lodge_memory_read(memory, slot, bytes, 8, ERR));
        assert_memory_equal(bytes, "12345678", 8);
    }
    close_it();
}

static int32_t make_things(uint64_t token, lodge_caller caller,
                           uint64_t *slots)
{
    lodge_module module = new_module(it.engine, guest);
    lodge_instance in = {0};

    (void)token;
    (void)caller;
    it.st[0] = lodge_instance_new(it.linker, it.store, module, &in, ERR);
    it.st[1] = lodge_func_call(func_of(in, "run_g"), slots, 1, ERR);
    it.st[2] = lodge_instance_close(in);
    it.st[3] = lodge_store_gc(it.store, ERR);
    lodge_module_close(module);
    return 0;
}

static void a_host_function_makes_instances_in_its_store(void **state)
{
    uint64_t slot = 0, i;

    (void)state;
    open_it(make_things, nothing);
    for (i = 0; i < 40; i++) /* more than the table of children holds */
        OK(run(&slot));
    assert_int_equal(it.st[0], LODGE_OK);
    assert_int_equal(it.st[1], LODGE_OK);
    assert_int_equal(it.calls, 40);
    close_it();
}

/* Closes what the number says, and uses the store once more. */
static int32_t close_something(uint64_t token, lodge_caller caller,
                               uint64_t *slots)
{
    uint64_t value;

    (void)token;
    switch (slots[0]) {
    case 0:
        lodge_store_close(it.store);
        break;
    case 1:
        lodge_engine_close(it.engine);
        break;
    case 2:
        lodge_linker_close(it.linker);
        break;
    case 3:
        lodge_instance_close(it.instance);
        break;
    case 4:
        lodge_engine_shutdown(it.engine);
        break;
    default:
        lodge_release((void *)(uintptr_t)it.store.id);
    }
    it.st[0] = lodge_store_get(it.store, LODGE_STORE_TOKEN, &value, NULL);
    it.st[1] = lodge_caller_tag(caller, &value);
    slots[0] = 33;
    return 0;
}

static void closing_the_store_inside_a_call_waits_for_its_end(void **state)
{
    uint64_t slot = 0;

    (void)state;
    open_it(close_something, nothing);
    OK(run(&slot));
    assert_int_equal(slot, 33);
    assert_int_equal(it.st[0], LODGE_E_HANDLE);
    assert_int_equal(it.st[1], LODGE_E_HANDLE);
    FAILS(HANDLE, run(&slot));
    assert_int_equal(stat_of(LODGE_STAT_LIVE + LODGE_KIND_STORE), 0);
    close_it();
    open_it(close_something, nothing);
    slot = 5; /* as a finalizer would */
    OK(run(&slot));
    FAILS(HANDLE, run(&slot));
    close_it();
}

static void closing_other_things_inside_a_call_does_no_harm(void **state)
{
    uint64_t slot, what;

    (void)state;
    for (what = 1; what < 4; what++) {
        open_it(close_something, nothing);
        slot = what;
        OK(run(&slot));
        assert_int_equal(slot, 33);
        assert_int_equal(it.st[0], LODGE_OK);
        assert_int_equal(it.st[1], LODGE_OK);
        slot = 2;
        OK(run(&slot)); /* the function outlives its instance's id */
        close_it();
    }
}

static void shutting_the_engine_down_inside_a_call_ends_the_store(void **state)
{
    uint64_t slot = 4;
    lodge_status st;

    (void)state;
    open_it(close_something, nothing);
    st = run(&slot);
    assert_true(st == LODGE_OK || st == LODGE_E_CANCELLED);
    assert_int_equal(it.st[0], LODGE_E_HANDLE);
    assert_int_equal(stat_of(LODGE_STAT_LIVE), 0);
    close_it();
}

static void a_private_instance_closed_by_its_own_call_ends(void **state)
{
    lodge_module module;
    uint64_t slot = 3;

    (void)state;
    open_it(close_something, nothing);
    module = new_module(it.engine, guest);
    lodge_store_close(it.store);
    OK(lodge_instance_new(it.linker, (lodge_store){0}, module, &it.instance,
                          ERR));
    OK(lodge_instance_store(it.instance, &it.store, ERR));
    it.run = func_of(it.instance, "run");
    OK(run(&slot));
    assert_int_equal(slot, 33);
    assert_int_equal(it.st[0], LODGE_E_HANDLE);
    assert_int_equal(stat_of(LODGE_STAT_LIVE + LODGE_KIND_STORE), 0);
    lodge_module_close(module);
    close_it();
}

static int32_t close_and_loop(uint64_t token, lodge_caller caller,
                              uint64_t *slots)
{
    (void)token;
    (void)caller;
    (void)slots;
    it.st[0] = lodge_store_set(it.store, LODGE_STORE_DEADLINE, 5000000, ERR);
    it.st[1] = lodge_func_call(func_of(it.instance, "loop"), NULL, 0, ERR);
    return it.st[1];
}

static void a_default_deadline_set_inside_is_for_later_calls(void **state)
{
    uint64_t frame[17] = {0}, slot = 0;

    (void)state;
    open_it(close_and_loop, nothing);
    frame[LODGE_FRAME_FUNC] = it.run.id;
    frame[LODGE_FRAME_DEADLINE] = 300000000;
    frame[LODGE_FRAME_CAPACITY] = 1;
    assert_true(lodge_call(frame) < 0); /* the outer deadline holds inside */
    assert_int_equal(it.st[0], LODGE_OK);
    assert_int_equal(it.st[1], LODGE_E_DEADLINE);
    FAILS(DEADLINE,
          lodge_func_call(func_of(it.instance, "loop"), &slot, 1, ERR));
    close_it();
}

/* ---- tokens ----------------------------------------------------------- */

static lodge_status define(lodge_linker linker, const char *name,
                           uint64_t token)
{
    return lodge_linker_func(linker, TEXT("m"), TEXT(name), TEXT("->"),
                             nothing, token, ERR);
}

static void a_token_comes_out_when_nothing_reaches_the_function(void **state)
{
    static const char text[] = "(module (import \"m\" \"f\" (func)))";
    lodge_engine engine = new_engine();
    lodge_linker linker = new_linker(engine);
    lodge_store store = new_store(engine);
    lodge_module module = new_module(engine, text);
    lodge_instance in;

    (void)state;
    OK(define(linker, "f", 0xABCDEF0123456789));
    OK(lodge_instance_new(linker, store, module, &in, ERR));
    lodge_linker_close(linker);
    reap(0);
    lodge_instance_close(in);
    reap(0);
    lodge_store_close(store);
    assert_int_equal(reap(1), 0xABCDEF0123456789);
    reap(0);
    lodge_module_close(module);
    lodge_engine_close(engine);
}

static void a_token_comes_out_of_a_linker_never_used(void **state)
{
    lodge_engine engine = new_engine();
    lodge_linker linker = new_linker(engine);

    (void)state;
    OK(define(linker, "f", 5));
    OK(define(linker, "g", 5)); /* twice the same is twice */
    OK(define(linker, "none", 0));
    lodge_engine_close(engine);
    reap(0);
    lodge_linker_close(linker);
    assert_int_equal(reap(2), 5);
}

static void a_failed_definition_gives_its_token_back_once(void **state)
{
    lodge_engine engine = new_engine();
    lodge_linker linker = new_linker(engine);

    (void)state;
    OK(define(linker, "f", 1));
    FAILS(LINK, define(linker, "f", 2));
    assert_int_equal(reap(1), 2);
    FAILS(ARGUMENT, lodge_linker_func(linker, TEXT("m"), TEXT("g"),
                                      TEXT("bad"), nothing, 3, ERR));
    FAILS(UNSUPPORTED, lodge_linker_func(linker, TEXT("m"), TEXT("g"),
                                         TEXT("ref ->"), nothing, 3, ERR));
    FAILS(HANDLE, define((lodge_linker){0}, "f", 3));
    reap(0); /* the arguments were not good */
    lodge_linker_close(linker);
    assert_int_equal(reap(1), 1);
    lodge_engine_close(engine);
}

static void a_shadowed_token_comes_out_at_once(void **state)
{
    lodge_engine engine = new_engine();
    lodge_linker linker = new_linker(engine);

    (void)state;
    OK(lodge_linker_set(linker, LODGE_LINKER_SHADOWING, 1, ERR));
    OK(define(linker, "f", 1));
    OK(define(linker, "f", 2));
    assert_int_equal(reap(1), 1);
    lodge_linker_close(linker);
    assert_int_equal(reap(1), 2);
    lodge_engine_close(engine);
}

static void tokens_go_to_the_domain_of_their_engine(void **state)
{
    lodge_engine a = new_engine_with("domain=1");
    lodge_engine b = new_engine_with("domain=2");
    lodge_linker in_a = new_linker(a), in_b = new_linker(b);
    uint64_t tokens[4];
    uint32_t kinds[4], count;

    (void)state;
    OK(define(in_a, "f", 11));
    OK(define(in_b, "f", 22));
    lodge_linker_close(in_a);
    lodge_linker_close(in_b);
    lodge_engine_close(a);
    lodge_engine_close(b);
    reap(0);
    assert_int_equal(stat_of(LODGE_STAT_REAP_QUEUE), 2);
    OK(lodge_reap(2, kinds, tokens, 4, &count));
    assert_int_equal(count, 1);
    assert_int_equal(tokens[0], 22);
    OK(lodge_reap(1, kinds, tokens, 4, &count));
    assert_int_equal(count, 1);
    assert_int_equal(tokens[0], 11);
}

static void many_tokens_come_out_in_pieces(void **state)
{
    lodge_engine engine = new_engine();
    lodge_linker linker = new_linker(engine);
    uint64_t tokens[7], sum = 0, i;
    uint32_t kinds[7], count, total = 0, k;
    char name[16];

    (void)state;
    for (i = 1; i <= 100; i++) {
        snprintf(name, sizeof name, "f%d", (int)i);
        OK(define(linker, name, i));
    }
    lodge_linker_close(linker);
    do {
        OK(lodge_reap(0, kinds, tokens, 7, &count));
        for (k = 0; k < count; k++)
            sum += tokens[k];
        total += count;
    } while (count == 7);
    assert_int_equal(total, 100);
    assert_int_equal(sum, 5050);
    lodge_engine_close(engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(values_of_every_type_pass),
        TEST(results_that_are_not_written_are_zero),
        TEST(many_values_pass),
        TEST(functions_pass_as_ids),
        TEST(what_is_no_function_of_the_store_fails_the_call),
        TEST(any_number_but_zero_fails_the_call),
        TEST(a_failure_brings_payload_and_message),
        TEST(a_failure_without_a_good_message_is_a_failure_still),
        TEST(an_exit_ends_the_guest_with_its_code),
        TEST(a_failure_counts_only_if_the_function_returns_it),
        TEST(what_was_said_counts_if_the_function_returns_that),
        TEST(the_last_failure_is_the_one),
        TEST(a_payload_comes_back_unchanged_through_any_nesting),
        TEST(a_replaced_failure_becomes_a_cause),
        TEST(a_failure_inside_can_be_swallowed),
        TEST(a_cause_belongs_to_the_function_it_happened_in),
        TEST(a_failure_survives_calls_made_after_it),
        TEST(an_exit_passes_through_nested_calls),
        TEST(a_caller_shows_who_called),
        TEST(a_caller_shows_the_instance_of_its_own_call),
        TEST(arguments_of_caller_functions_are_checked),
        TEST(a_host_function_called_by_the_host_has_no_instance),
        TEST(a_memory_by_another_name_is_not_the_callers),
        TEST(a_caller_is_stale_after_its_call),
        TEST(a_caller_of_an_earlier_call_is_stale_in_a_later_one),
        TEST(a_caller_is_of_no_use_on_another_thread),
        TEST(what_is_no_caller_is_refused),
        TEST(a_caller_is_a_handle_that_only_its_functions_take),
        TEST(a_host_function_calls_the_guests_malloc),
        TEST(a_host_function_makes_instances_in_its_store),
        TEST(closing_the_store_inside_a_call_waits_for_its_end),
        TEST(closing_other_things_inside_a_call_does_no_harm),
        TEST(shutting_the_engine_down_inside_a_call_ends_the_store),
        TEST(a_private_instance_closed_by_its_own_call_ends),
        TEST(a_default_deadline_set_inside_is_for_later_calls),
        TEST(a_token_comes_out_when_nothing_reaches_the_function),
        TEST(a_token_comes_out_of_a_linker_never_used),
        TEST(a_failed_definition_gives_its_token_back_once),
        TEST(a_shadowed_token_comes_out_at_once),
        TEST(tokens_go_to_the_domain_of_their_engine),
        TEST(many_tokens_come_out_in_pieces),
    };

    return RUN(tests);
}

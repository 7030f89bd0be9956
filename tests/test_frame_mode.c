/* test_frame_mode.c - host functions that share one C function and a frame.
 */
#include "suspend_fixture.h"

static const char frame_text[] =
    "(module"
    " (import \"m\" \"add\" (func $add (param i32 i32) (result i32)))"
    " (import \"m\" \"swap\" (func $swap (param i32 i64) (result i64 i32)))"
    " (import \"h\" \"f\" (func $f (param i32 i32) (result i32)))"
    " (memory (export \"memory\") 1)"
    " (func (export \"add\") (param i32) (result i32)"
    "  (call $add (local.get 0) (i32.const 5)))"
    " (func (export \"swap\") (param i32) (result i32)"
    "  (call $swap (local.get 0) (i64.const 9)) (i32.const 100) i32.mul"
    "  (drop (local.tee 0)) (drop) (local.get 0))"
    " (func (export \"wait\") (param i32) (result i32)"
    "  (call $f (local.get 0) (i32.const 3)))"
    " (func (export \"wait_then_add\") (param i32) (result i32)"
    "  (call $add (call $f (local.get 0) (i32.const 3)) (i32.const 5)))"
    " (func (export \"twice\") (param i32) (result i32)"
    "  (i32.mul (local.get 0) (i32.const 2))))";

static uint64_t native[LODGE_FRAME_SLOTS + SLOTS];
static int32_t (*body)(uint32_t token, uint32_t tag);
static lodge_instance it;
static uintptr_t stack_mark;

#define ARG(n) native[LODGE_FRAME_SLOTS + (n)]

static int32_t run_body(uint32_t token, uint32_t tag)
{
    char here;
    uintptr_t at = (uintptr_t)&here;

    /* always on the stack of the test, not on a fiber */
    assert_true(at < stack_mark && stack_mark - at < 32 << 20);
    assert_int_equal(tag, 77);
    return body(token, tag);
}

static void add_frame_func(lodge_host host, const char *name, const char *sig,
                           uint64_t token)
{
    uint32_t index;

    OK(lodge_host_func(host, TEXT(sig), LODGE_HOST_FRAME, token, &index, ERR));
    OK(lodge_host_export(host, index, TEXT(name), ERR));
}

static int begin_frame(void **state)
{
    lodge_module module;
    lodge_host host;
    char mark;

    if (begin(state))
        return -1;
    stack_mark = (uintptr_t)&mark + 4096;
    OK(lodge_host_new(engine, TEXT("m"), &host, ERR));
    add_frame_func(host, "add", "i32 i32 -> i32", 1);
    add_frame_func(host, "swap", "i32 i64 -> i64 i32", 2);
    OK(lodge_linker_add_host(linker, host, ERR));
    OK(lodge_linker_frame(linker, run_body, ERR));
    module = new_module(engine, frame_text);
    OK(lodge_instance_new(linker, store, module, &it, ERR));
    OK(lodge_store_frame(store, native, LODGE_FRAME_SLOTS + SLOTS, 77, ERR));
    return 0;
}

#define FRAME_TEST(name)                                                      \
    cmocka_unit_test_setup_teardown(name, begin_frame, end)

static int32_t adds(uint32_t token, uint32_t tag)
{
    (void)tag;
    assert_int_equal(token, 1);
    assert_int_equal(native[LODGE_FRAME_IMPORT],
                     1 | UINT64_C(2) << 32 | UINT64_C(1) << 48);
    assert_int_equal(native[LODGE_FRAME_INSTANCE], it.id);
    ARG(0) = ARG(0) + ARG(1);
    return 0;
}

/* Calls an export by either way; both do the same. */
static lodge_status by_slots(const char *name, uint64_t *value)
{
    return lodge_func_call(func_of(it, name), value, 1, ERR);
}

static lodge_status by_frame(const char *name, uint64_t *value)
{
    struct frame f = frame_of(it, name, 0, *value);
    lodge_status st = lodge_call(f.word);

    *value = SLOT(&f);
    test_err.payload = f.word[LODGE_FRAME_PAYLOAD];
    test_err.exit_code = (int32_t)(f.word[LODGE_FRAME_DETAIL] >> 32);
    return st;
}

typedef lodge_status way(const char *name, uint64_t *value);
static way *const ways[] = {by_slots, by_frame};

static void values_pass_on_and_off_the_fiber(void **state)
{
    uint64_t value;
    int i;

    (void)state;
    body = adds;
    for (i = 0; i < 4; i++) {
        value = 30;
        OK(ways[i & 1]("add", &value));
        assert_int_equal(value, 35);
    }
}

static int32_t swaps(uint32_t token, uint32_t tag)
{
    uint64_t first = ARG(0), second = ARG(1);

    (void)tag;
    assert_int_equal(token, 2);
    ARG(0) = second;
    ARG(1) = first;
    return 0;
}

static void several_results_pass(void **state)
{
    uint64_t value;
    int i;

    (void)state;
    body = swaps;
    for (i = 0; i < 2; i++) {
        value = 4;
        OK(ways[i]("swap", &value));
        assert_int_equal(value, 400);
    }
}

static int32_t fails_with(uint32_t token, uint32_t tag)
{
    (void)token;
    (void)tag;
    native[LODGE_FRAME_PAYLOAD] = 0xBEEF;
    native[LODGE_FRAME_DETAIL] = UINT64_C(3) << 32;
    return (int32_t)ARG(0);
}

static void failures_and_exit_codes_pass(void **state)
{
    uint64_t value;
    int i;

    (void)state;
    body = fails_with;
    for (i = 0; i < 2; i++) {
        value = (uint32_t)LODGE_E_HOST;
        FAILS(HOST, ways[i]("add", &value));
        assert_int_equal(test_err.payload, 0xBEEF);
        value = (uint32_t)LODGE_E_EXIT;
        FAILS(EXIT, ways[i]("add", &value));
        assert_int_equal(test_err.exit_code, 3);
        value = (uint32_t)LODGE_E_CANCELLED;
        FAILS(CANCELLED, ways[i]("add", &value));
        value = 5;
        FAILS(HOST, ways[i]("add", &value));
    }
}

static int32_t uses_its_caller(uint32_t token, uint32_t tag)
{
    lodge_caller caller = {native[LODGE_FRAME_TOKEN]};
    lodge_instance instance;
    lodge_memory memory;
    uint64_t bytes, user = 0;

    (void)token;
    (void)tag;
    OK(lodge_caller_instance(caller, &instance));
    assert_int_equal(instance.id, it.id);
    OK(lodge_caller_memory(caller, &memory));
    OK(lodge_memory_size(memory, &bytes, ERR));
    assert_int_equal(bytes, 65536);
    OK(lodge_caller_tag(caller, &user));
    ARG(0) = user;
    return 0;
}

static void the_caller_and_its_tag_are_there(void **state)
{
    struct frame f = frame_of(it, "add", 0, 1);
    uint64_t value = 1;

    (void)state;
    body = uses_its_caller;
    f.word[LODGE_FRAME_TAG] = 1234;
    GIVES(OK, lodge_call, &f);
    assert_int_equal(SLOT(&f), 1234);
    OK(by_slots("add", &value));
    assert_int_equal(value, 0);
}

/* Arguments first, the nested call then, results last. */
static way *nested_way;

static int32_t calls_twice(uint32_t token, uint32_t tag)
{
    uint64_t value = ARG(0);
    lodge_status st = nested_way("twice", &value);

    (void)token;
    (void)tag;
    ARG(0) = value;
    return st;
}

static int32_t recurses(uint32_t token, uint32_t tag)
{
    uint64_t value = ARG(0);
    lodge_status st = LODGE_OK;

    (void)token;
    (void)tag;
    if (value > 0) {
        value--;
        st = nested_way("add", &value);
    }
    ARG(0) = value + 1;
    return st;
}

static void nested_calls_work_every_way(void **state)
{
    uint64_t value;
    int i;

    (void)state;
    for (i = 0; i < 4; i++) {
        nested_way = ways[i >> 1];
        body = calls_twice;
        value = 21;
        OK(ways[i & 1]("add", &value));
        assert_int_equal(value, 42);
        body = recurses;
        value = 50;
        OK(ways[i & 1]("add", &value));
        assert_int_equal(value, 51);
    }
    still_usable();
}

static void endless_recursion_is_a_status(void **state)
{
    uint64_t value;
    int i;

    (void)state;
    body = recurses;
    for (i = 0; i < 2; i++) {
        nested_way = ways[i];
        value = 100000000;
        FAILS(STACK, ways[i]("add", &value));
    }
    still_usable();
}

static struct frame inner;

static int32_t answers_a_request(uint32_t token, uint32_t tag)
{
    lodge_status st;

    (void)token;
    (void)tag;
    inner = frame_of(it, "wait", 0, ARG(0));
    st = lodge_call(inner.word);
    if (st != LODGE_REQUEST)
        return st;
    st = answer(&inner, 9);
    ARG(0) = SLOT(&inner);
    return st;
}

static int32_t abandons_a_request(uint32_t token, uint32_t tag)
{
    (void)token;
    (void)tag;
    inner = frame_of(it, "wait", 0, ARG(0));
    GIVES(REQUEST, lodge_call, &inner);
    ARG(0) = 8;
    return 0;
}

static void requests_inside_it_are_its_own(void **state)
{
    uint64_t value = 1;

    (void)state;
    body = answers_a_request;
    OK(by_frame("add", &value));
    assert_int_equal(value, 9);
    value = 1;
    FAILS(STATE, by_slots("add", &value)); /* nobody could take it */
    body = abandons_a_request;
    value = 1;
    OK(by_frame("add", &value));
    assert_int_equal(value, 8);
    assert_int_equal(answer(&inner, 1), LODGE_E_STATE);
    still_usable();
}

static int32_t ends_a_slice(uint32_t token, uint32_t tag)
{
    struct frame other = frame_of(it, "twice", 0, 1);

    (void)token;
    (void)tag;
    inner = frame_of(guest, "spin", 0, 0);
    inner.word[LODGE_FRAME_SLICE] = 1;
    GIVES(YIELD, lodge_call, &inner);
    GIVES(YIELD, lodge_resume, &inner);
    GIVES(E_STATE, lodge_call, &other);
    assert_int_equal(fails(&inner, LODGE_E_CANCELLED, 0, 0),
                     LODGE_E_CANCELLED);
    GIVES(OK, lodge_call, &other);
    ARG(0) = SLOT(&other);
    return 0;
}

static int32_t abandons_a_slice(uint32_t token, uint32_t tag)
{
    (void)token;
    (void)tag;
    inner = frame_of(guest, "spin", 0, 0);
    inner.word[LODGE_FRAME_SLICE] = 1;
    GIVES(YIELD, lodge_call, &inner);
    ARG(0) = 8;
    return 0;
}

static void slices_inside_it_are_its_own(void **state)
{
    uint64_t value = 1;

    (void)state;
    body = ends_a_slice;
    OK(by_frame("add", &value));
    assert_int_equal(value, 2);
    body = abandons_a_slice;
    OK(by_frame("add", &value));
    assert_int_equal(value, 8);
    assert_int_equal(answer(&inner, 1), LODGE_E_STATE);
    still_usable();
}

/* The slice of the call around it goes on behind its back, and is met by the
 * guest after it has returned.
 */
static int32_t takes_its_time(uint32_t token, uint32_t tag)
{
    const struct timespec nap = {0, 150000000};

    nanosleep(&nap, NULL); /* the ticker rests meanwhile */
    return adds(token, tag);
}

static void a_slice_does_not_stop_the_function(void **state)
{
    struct frame f = frame_of(it, "add", 0, 30);
    lodge_status st;

    (void)state;
    body = takes_its_time;
    f.word[LODGE_FRAME_SLICE] = 1000000;
    st = lodge_call(f.word);
    while (st == LODGE_YIELD)
        st = lodge_resume(f.word);
    assert_int_equal(st, LODGE_OK);
    assert_int_equal(SLOT(&f), 35);
}

static int32_t is_refused(uint32_t token, uint32_t tag)
{
    lodge_instance made;

    (void)token;
    (void)tag;
    inner = frame_of(it, "twice", 5, 1);
    assert_int_equal(lodge_call(inner.word), LODGE_E_STATE);
    TOKEN(&inner) = native[LODGE_FRAME_TOKEN];
    inner.word[LODGE_FRAME_STATUS] = 0;
    assert_int_equal(lodge_resume(inner.word), LODGE_E_STATE);
    OK(lodge_store_gc(store, ERR));
    OK(lodge_instance_new(linker, store, guest_module, &made, ERR));
    return 0;
}

static int32_t closes_it(uint32_t token, uint32_t tag)
{
    (void)token;
    (void)tag;
    lodge_store_close(store);
    return 0;
}

static void what_is_not_possible_inside_is_refused(void **state)
{
    uint64_t value = 1;
    struct frame f = frame_of(it, "add", 0, 1);

    (void)state;
    body = is_refused;
    OK(by_frame("add", &value));
    still_usable();
    body = closes_it;
    GIVES(OK, lodge_call, &f);
    GIVES(E_HANDLE, lodge_call, &f);
}

static void it_runs_after_a_request_too(void **state)
{
    struct frame f = frame_of(it, "wait_then_add", 0, 1);

    (void)state;
    body = adds;
    GIVES(REQUEST, lodge_call, &f);
    answers_with(&f, 10, 15);
    still_usable();
}

static void arguments_are_checked(void **state)
{
    uint64_t value = 1;
    lodge_instance made;
    lodge_module module;

    (void)state;
    body = adds;
    FAILS(ARGUMENT, lodge_linker_frame(linker, NULL, ERR));
    FAILS(ARGUMENT, lodge_store_frame(store, native, 15, 0, ERR));
    OK(lodge_store_frame(store, native, LODGE_FRAME_SLOTS + 1, 77, ERR));
    SAYS(BUFFER, "too few slots", by_slots("add", &value));
    OK(lodge_store_frame(store, NULL, 0, 0, ERR));
    SAYS(STATE, "lodge_store_frame", by_slots("add", &value));
    FAILS(STATE, by_frame("add", &value));
    OK(lodge_linker_frame(linker, abandons_a_request, ERR));
    module = new_module(engine, frame_text);
    SAYS(STATE, "another",
         lodge_instance_new(linker, store, module, &made, ERR));
    FOR_BAD_IDS(lodge_linker, bad,
                FAILS(HANDLE, lodge_linker_frame(bad, run_body, ERR)));
    FOR_BAD_IDS(lodge_store, bad,
                FAILS(HANDLE, lodge_store_frame(bad, native, 16, 0, ERR)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FRAME_TEST(values_pass_on_and_off_the_fiber),
        FRAME_TEST(several_results_pass),
        FRAME_TEST(failures_and_exit_codes_pass),
        FRAME_TEST(the_caller_and_its_tag_are_there),
        FRAME_TEST(nested_calls_work_every_way),
        FRAME_TEST(endless_recursion_is_a_status),
        FRAME_TEST(requests_inside_it_are_its_own),
        FRAME_TEST(slices_inside_it_are_its_own),
        FRAME_TEST(a_slice_does_not_stop_the_function),
        FRAME_TEST(what_is_not_possible_inside_is_refused),
        FRAME_TEST(it_runs_after_a_request_too),
        FRAME_TEST(arguments_are_checked),
    };

    return RUN(tests);
}

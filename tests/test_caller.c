/* test_caller.c - what a host function can ask about the call it is in. */
#include "suspend_fixture.h"

/* ---- who calls ---------------------------------------------------------- */

/* A table for all, and calls through it. */
static const char shared_text[] =
    "(module (table (export \"t\") 4 funcref) (type $v (func))"
    " (func (export \"go\") (param i32)"
    "  (call_indirect (type $v) (local.get 0))))";

/* Leaves a function in place 0 or 1 of the table, and fails to start. */
#define FAILS_TO_START(place)                                                 \
    "(module (import \"h\" \"who\" (func $who))"                              \
    " (import \"shared\" \"t\" (table 4 funcref))"                            \
    " (memory (export \"memory\") 1)"                                         \
    " (func $f (call $who)) (elem (i32.const " place ") $f)"                  \
    " (func $s unreachable) (start $s))"

/* Its start calls what the failed ones left, then the host itself. */
static const char maker_text[] =
    "(module (import \"h\" \"who\" (func $who))"
    " (import \"shared\" \"go\" (func $go (param i32)))"
    " (memory (export \"memory\") 2)"
    " (func $s (call $go (i32.const 0)) (call $go (i32.const 1)) (call $who))"
    " (func (export \"later\") (call $go (i32.const 0)) (call $who))"
    " (start $s))";

static struct {
    lodge_linker linker;
    lodge_module failing[2];
    int nested; /* the first call makes an instance that fails */
    uint32_t n;
    uint64_t instance[8];
    uint64_t pages[8]; /* of the calling instance's memory, 0 = none */
} who;

static lodge_status fail_to_start(int which)
{
    lodge_instance made;

    return lodge_instance_new(who.linker, store, who.failing[which], &made,
                              ERR);
}

static int32_t who_calls(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    lodge_instance instance = {77};
    uint64_t bytes = 0;
    lodge_memory memory;
    uint32_t at = who.n++;

    (void)token;
    (void)slots;
    if (at == 0 && who.nested)
        FAILS(TRAP, fail_to_start(1));
    OK(lodge_caller_instance(caller, &instance));
    who.instance[at] = instance.id;
    if (lodge_caller_memory(caller, &memory) == LODGE_OK)
        OK(lodge_memory_size(memory, &bytes, ERR));
    who.pages[at] = bytes / 65536;
    return 0;
}

static lodge_instance make_in_store(const char *text)
{
    lodge_module module = new_module(engine, text);
    lodge_instance made;

    OK(lodge_instance_new(who.linker, store, module, &made, ERR));
    lodge_module_close(module);
    return made;
}

static void open_who(int nested)
{
    lodge_instance shared;

    memset(&who, 0, sizeof who);
    who.nested = nested;
    who.linker = new_linker(engine);
    store = new_store(engine);
    OK(lodge_linker_func(who.linker, TEXT("h"), TEXT("who"), TEXT("->"),
                         who_calls, 0, ERR));
    shared = make_in_store(shared_text);
    OK(lodge_linker_add_instance(who.linker, TEXT("shared"), shared, ERR));
    who.failing[0] = new_module(engine, FAILS_TO_START("0"));
    who.failing[1] = new_module(engine, FAILS_TO_START("1"));
    FAILS(TRAP, fail_to_start(0));
    if (!nested)
        FAILS(TRAP, fail_to_start(1));
}

/* Code of an instance that could not start is nobody's: neither that of the
 * instance that is starting, nor of one made later.
 */
static void check_who(void)
{
    lodge_instance made = make_in_store(maker_text), other;
    static const uint64_t pages[] = {0, 0, 2, 0, 2};
    uint32_t i;

    OK(lodge_func_call(func_of(made, "later"), NULL, 0, ERR));
    assert_int_equal(who.n, 5);
    for (i = 0; i < 5; i++) {
        assert_int_equal(who.instance[i], pages[i] ? made.id : 0);
        assert_int_equal(who.pages[i], pages[i]);
    }
    who.n = 1;
    other = make_in_store(maker_text);
    assert_int_equal(who.instance[1], 0);
    assert_int_equal(who.instance[3], other.id);
    assert_int_not_equal(other.id, made.id);
}

static void failed_starts_are_not_taken_for_what_is_starting(void **state)
{
    (void)state;
    open_who(0);
    check_who();
}

static void a_start_that_fails_inside_another_is_told_apart(void **state)
{
    (void)state;
    open_who(1);
    check_who();
}

static void engines_with_little_tell_them_apart(void **state)
{
    static const char *const settings[] = {
        "gc=off,exceptions=off", "target=pulley64,wasm-threads=off",
        "allocator=pooling,pool-memories=8,interruption=off"};
    int i;

    (void)state;
    for (i = 0; i < 3; i++) {
        lodge_engine_shutdown(engine);
        engine = new_engine_with(settings[i]);
        open_who(i & 1);
        check_who();
    }
}

static const char suspended_maker[] =
    "(module (import \"h\" \"f\" (func $f (param i32 i32) (result i32)))"
    " (import \"shared\" \"go\" (func $go (param i32)))"
    " (func $s (call $go (i32.const 0))"
    "  (drop (call $f (i32.const 1) (i32.const 2))))"
    " (start $s))";

static const char suspended_failing[] =
    "(module (import \"h\" \"f\" (func $f (param i32 i32) (result i32)))"
    " (import \"shared\" \"t\" (table 4 funcref))"
    " (func $g (drop (call $f (i32.const 3) (i32.const 4))))"
    " (elem (i32.const 0) $g) (func $s unreachable) (start $s))";

static void requests_tell_them_apart_too(void **state)
{
    lodge_linker both = suspending_linker();
    struct frame f = {{0}};
    lodge_prepared prepared;
    lodge_instance made;

    (void)state;
    who.linker = both;
    made = make_in_store(shared_text);
    OK(lodge_linker_add_instance(both, TEXT("shared"), made, ERR));
    FAILS(TRAP, lodge_instance_new(both, store,
                                   new_module(engine, suspended_failing),
                                   &made, ERR));
    OK(lodge_linker_prepare(both, new_module(engine, suspended_maker),
                            &prepared, ERR));
    f.word[LODGE_FRAME_FUNC] = prepared.id;
    f.word[LODGE_FRAME_CAPACITY] = SLOTS;
    SLOT(&f) = store.id;
    GIVES(REQUEST, lodge_instantiate, &f);
    assert_int_equal(SLOT(&f), 3);
    assert_int_equal(f.word[LODGE_FRAME_INSTANCE], 0);
    assert_int_equal(answer(&f, 0), LODGE_REQUEST);
    assert_int_equal(SLOT(&f), 1);
    made.id = f.word[LODGE_FRAME_INSTANCE];
    assert_int_equal(answer(&f, 0), LODGE_OK);
    assert_int_equal(SLOT(&f), made.id);
}

/* ---- what it can ask ------------------------------------------------------- */

enum { TAG = 99 };
static const uint64_t hour = UINT64_C(3600) * 1000000000;

static const char asking_text[] =
    "(module (import \"m\" \"direct\" (func $d (param i32) (result i32)))"
    " (import \"m\" \"frame\" (func $f (param i32) (result i32)))"
    " (import \"m\" \"suspend\" (func $s (param i32) (result i32)))"
    " (memory (export \"memory\") 3) (global (export \"g\") i32 (i32.const 0))"
    " (func (export \"direct\") (param i32) (result i32)"
    "  (call $d (local.get 0)))"
    " (func (export \"frame\") (param i32) (result i32)"
    "  (call $f (local.get 0)))"
    " (func (export \"suspend\") (param i32) (result i32)"
    "  (call $s (local.get 0))))";

static const char *const modes[] = {"direct", "frame", "suspend"};
static uint64_t native[WORDS];
static lodge_instance asking;
static lodge_caller last;
static uint32_t asked;
static uint64_t depth, fuel_before;

static uint64_t ask(lodge_caller caller, uint32_t key)
{
    uint64_t value = 0;

    OK(lodge_caller_get(caller, key, &value));
    return value;
}

/* All that can be asked, in any mode. */
static void ask_all(lodge_caller caller)
{
    uint64_t value = 7, left;
    lodge_instance instance;
    lodge_memory memory;
    lodge_extern item;
    lodge_store found;

    asked++;
    last = caller;
    OK(lodge_caller_instance(caller, &instance));
    assert_int_equal(instance.id, asking.id);
    OK(lodge_caller_store(caller, &found));
    assert_int_equal(found.id, store.id);
    OK(lodge_caller_memory(caller, &memory));
    OK(lodge_memory_size(memory, &value, ERR));
    assert_int_equal(value, 3 * 65536);
    OK(lodge_caller_export(caller, TEXT("g"), &item));
    assert_int_equal(item.kind, LODGE_KIND_GLOBAL);
    FAILS(NOT_FOUND, lodge_caller_export(caller, TEXT("none"), &item));
    OK(lodge_caller_tag(caller, &value));
    assert_int_equal(value, TAG);
    assert_int_equal(ask(caller, LODGE_CALLER_TAG), TAG);
    assert_int_equal(ask(caller, LODGE_CALLER_DEPTH), depth);
    left = ask(caller, LODGE_CALLER_DEADLINE);
    assert_in_range(left, hour / 2, hour + 3000000);
    left = ask(caller, LODGE_CALLER_FUEL);
    assert_in_range(left, fuel_before - 1000, fuel_before - 1);
    value = 7;
    FAILS(NOT_FOUND, lodge_caller_get(caller, 0, &value));
    FAILS(NOT_FOUND, lodge_caller_get(caller, 5, &value));
    FAILS(ARGUMENT, lodge_caller_get(caller, LODGE_CALLER_TAG, NULL));
    assert_int_equal(value, 7);
    OK(lodge_caller_forget(caller));
}

static int32_t asks_direct(uint64_t token, lodge_caller caller,
                           uint64_t *slots)
{
    (void)token;
    (void)slots;
    ask_all(caller);
    return 0;
}

static int32_t asks_frame(uint32_t token, uint32_t tag)
{
    (void)token;
    (void)tag;
    ask_all((lodge_caller){native[LODGE_FRAME_TOKEN]});
    return 0;
}

static int begin_asking(void **state)
{
    uint32_t i, index;
    lodge_host host;

    engine_settings = "fuel=on,interruption=on";
    if (begin(state))
        return -1;
    engine_settings = "interruption=on";
    OK(lodge_host_new(engine, TEXT("m"), &host, ERR));
    for (i = 0; i < 3; i++) {
        OK(lodge_host_func(host, TEXT("i32 -> i32"), i, i, &index, ERR));
        OK(lodge_host_export(host, index, TEXT(modes[i]), ERR));
    }
    OK(lodge_host_direct(host, 0, asks_direct, ERR));
    OK(lodge_linker_add_host(linker, host, ERR));
    OK(lodge_linker_frame(linker, asks_frame, ERR));
    OK(lodge_instance_new(linker, store, new_module(engine, asking_text),
                          &asking, ERR));
    OK(lodge_store_frame(store, native, WORDS, 0, ERR));
    asked = 0;
    return 0;
}

#define ASKING_TEST(name)                                                     \
    cmocka_unit_test_setup_teardown(name, begin_asking, end)

static struct frame asking_frame(int mode, uint64_t parent)
{
    struct frame f = frame_of(asking, modes[mode], parent, 0);

    f.word[LODGE_FRAME_TAG] = TAG;
    f.word[LODGE_FRAME_DEADLINE] = hour;
    fuel_before = 1000000;
    OK(lodge_store_set(store, LODGE_STORE_FUEL, fuel_before, ERR));
    return f;
}

/* Nothing is answered, and nothing is written, when the call is over. */
static void check_stale(lodge_caller caller)
{
    lodge_instance instance = {7};
    lodge_memory memory = {7};
    lodge_store found = {7};
    lodge_extern item = {7, 7, 7};
    uint64_t value = 7;

    FAILS(HANDLE, lodge_caller_instance(caller, &instance));
    FAILS(HANDLE, lodge_caller_memory(caller, &memory));
    FAILS(HANDLE, lodge_caller_store(caller, &found));
    FAILS(HANDLE, lodge_caller_export(caller, TEXT("g"), &item));
    FAILS(HANDLE, lodge_caller_tag(caller, &value));
    FAILS(HANDLE, lodge_caller_get(caller, LODGE_CALLER_FUEL, &value));
    FAILS(HANDLE, lodge_caller_forget(caller));
    FAILS(HANDLE, lodge_caller_fail(caller, 1, TEXT("no")));
    FAILS(HANDLE, lodge_caller_exit(caller, 1));
    assert_int_equal(instance.id & memory.id & found.id & item.id & value, 7);
}

static void every_mode_can_ask(void **state)
{
    struct frame f, outer;
    int i;

    (void)state;
    for (i = 0; i < 2; i++) {
        depth = 1;
        f = asking_frame(i, 0);
        GIVES(OK, lodge_call, &f);
        check_stale(last);
    }
    f = asking_frame(2, 0);
    GIVES(REQUEST, lodge_call, &f);
    ask_all((lodge_caller){TOKEN(&f)});
    last.id = TOKEN(&f);
    /* it cannot be failed so: its answer does that */
    FAILS(STATE, lodge_caller_fail(last, 1, TEXT("no")));
    FAILS(STATE, lodge_caller_exit(last, 1));
    outer = f;
    for (i = 0; i < 2; i++) { /* and what runs inside can, too */
        depth = 2;
        f = asking_frame(i, TOKEN(&outer));
        GIVES(OK, lodge_call, &f);
        check_stale(last);
    }
    last.id = TOKEN(&outer);
    answers_with(&outer, 5, 5);
    check_stale(last);
    assert_int_equal(asked, 5);
}

static void only_the_innermost_request_can_be_asked(void **state)
{
    struct frame a, b;
    uint64_t tag = 0;

    (void)state;
    a = asking_frame(2, 0);
    GIVES(REQUEST, lodge_call, &a);
    b = asking_frame(2, TOKEN(&a));
    b.word[LODGE_FRAME_TAG] = TAG + 1;
    GIVES(REQUEST, lodge_call, &b);
    check_stale((lodge_caller){TOKEN(&a)});
    OK(lodge_caller_tag((lodge_caller){TOKEN(&b)}, &tag));
    assert_int_equal(tag, TAG + 1);
    answers_with(&b, 1, 1);
    depth = 1;
    ask_all((lodge_caller){TOKEN(&a)});
    check_stale((lodge_caller){TOKEN(&b)});
    answers_with(&a, 1, 1);
    check_stale((lodge_caller){TOKEN(&a)});
    FOR_BAD_IDS(lodge_caller, bad, check_stale(bad));
}

static int32_t asks_without_limits(lodge_caller caller, uint64_t *slots)
{
    uint64_t value = 7;

    (void)slots;
    assert_int_equal(ask(caller, LODGE_CALLER_DEADLINE), UINT64_MAX);
    assert_int_equal(ask(caller, LODGE_CALLER_TAG), 0);
    FAILS(STATE, lodge_caller_get(caller, LODGE_CALLER_FUEL, &value));
    assert_int_equal(value, 7);
    asked++;
    return 0;
}

static int begin_without(void **state)
{
    int rc;

    engine_settings = "fuel=off,store-deadline=0";
    rc = begin(state);
    engine_settings = "interruption=on";
    return rc;
}

static void without_limits_there_is_nothing_left_to_ask(void **state)
{
    struct frame f = frame_of(guest, "through", 0, 1);

    (void)state;
    asked = 0;
    direct_body = asks_without_limits;
    GIVES(OK, lodge_call, &f);
    assert_int_equal(asked, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUSPEND_TEST(failed_starts_are_not_taken_for_what_is_starting),
        SUSPEND_TEST(a_start_that_fails_inside_another_is_told_apart),
        SUSPEND_TEST(engines_with_little_tell_them_apart),
        SUSPEND_TEST(requests_tell_them_apart_too),
        ASKING_TEST(every_mode_can_ask),
        ASKING_TEST(only_the_innermost_request_can_be_asked),
        cmocka_unit_test_setup_teardown(
            without_limits_there_is_nothing_left_to_ask, begin_without, end),
    };

    return RUN(tests);
}

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
        "allocator=pooling,interruption=off"};
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUSPEND_TEST(failed_starts_are_not_taken_for_what_is_starting),
        SUSPEND_TEST(a_start_that_fails_inside_another_is_told_apart),
        SUSPEND_TEST(engines_with_little_tell_them_apart),
        SUSPEND_TEST(requests_tell_them_apart_too),
    };

    return RUN(tests);
}

/* test_exception.c - promises of exceptions. */
#include "refs_fixture.h"
#include "zoo.h"

/* The guest of all tests: calls the host's function in every way. */
static const char text[] =
    "(module (import \"h\" \"f\" (func $f (param i32) (result i32)))"
    " (import \"h\" \"tag\" (tag $t (param i32 i64)))"
    " (tag $own (export \"own\") (param i32)) (tag $none (export \"none\"))"
    " (tag $ref (export \"ref\") (param externref f64 anyref v128))"
    " (func (export \"plain\") (param i32) (result i32)"
    "  (call $f (local.get 0)))"
    " (func (export \"catch\") (param i32) (result i32 i64)"
    "  (block $h (result i32 i64)"
    "   (try_table (catch $t $h) (drop (call $f (local.get 0))))"
    "   (i32.const -1) (i64.const -1)))"
    " (func (export \"catch_own\") (param i32) (result i32)"
    "  (block $h (result i32)"
    "   (try_table (catch $own $h) (drop (call $f (local.get 0))))"
    "   (i32.const -1)))"
    " (func (export \"catch_all\") (param i32) (result i32)"
    "  (block $h (try_table (catch_all $h)"
    "   (return (call $f (local.get 0)))))"
    "  (i32.const 77))"
    " (func (export \"catch_ref\") (param i32) (result exnref)"
    "  (block $h (result exnref)"
    "   (try_table (catch_all_ref $h) (drop (call $f (local.get 0))))"
    "   (ref.null exn)))"
    " (func (export \"again\") (param i32)"
    "  (block $h (result exnref)"
    "   (try_table (catch_all_ref $h) (drop (call $f (local.get 0))))"
    "   (ref.null exn))"
    "  (throw_ref))"
    " (func (export \"throw\") (param i32)"
    "  (throw $own (local.get 0)))"
    " (func (export \"throw_none\") (throw $none))"
    " (func (export \"throw_ref\") (param externref f64)"
    "  (throw $ref (local.get 0) (local.get 1) (ref.i31 (i32.const 6))"
    "   (v128.const i64x2 8 9)))"
    " (func (export \"rethrow\") (param exnref) (throw_ref (local.get 0)))"
    " (func (export \"nest\") (param i32) (result i32)"
    "  (block $h (result i32)"
    "   (try_table (catch $own $h) (drop (call $f (local.get 0))))"
    "   (i32.const -1)))"
    ")";

static lodge_tag tag;
static lodge_instance in;

static void start(uint32_t mode)
{
    lodge_linker linker = linker_with("i32 -> i32", mode);
    lodge_extern item = {LODGE_KIND_TAG, 0, 0};

    OK(lodge_tag_new(store, TEXT("i32 i64"), &tag, ERR));
    item.id = tag.id;
    OK(lodge_linker_add(linker, TEXT("h"), TEXT("tag"), &item, ERR));
    in = instance_in_store(linker, text);
    lodge_linker_close(linker);
}

static lodge_tag tag_of(const char *name)
{
    lodge_tag found;

    OK(lodge_instance_tag(in, TEXT(name), &found, ERR));
    return found;
}

static lodge_ref exception_of(lodge_tag type, uint64_t a, uint64_t b)
{
    const uint64_t slots[2] = {a, b};
    lodge_ref made;

    OK(lodge_exception_new(type, slots, 2, &made, ERR));
    return made;
}

/* It is of this tag and begins with this value. */
static void holds(lodge_ref exception, lodge_tag type, uint64_t value)
{
    uint64_t slots[8] = {0};
    lodge_tag found;

    OK(lodge_exception_tag(exception, &found, ERR));
    assert_true(found.id == type.id);
    OK(lodge_exception_read(exception, slots, 8, ERR));
    assert_true(slots[0] == value);
}

static struct frame call_of(const char *name, uint64_t argument)
{
    struct frame f = frame_of(func_of(in, name));

    SLOT(&f, 0) = argument;
    return f;
}

/* The call is not caught; its exception. */
static lodge_ref uncaught(struct frame *f)
{
    lodge_status st = run(f);

    if (st != LODGE_E_EXCEPTION)
        fail_msg("%d: %s", st, record_of(f)->message);
    assert_true(f->word[LODGE_FRAME_PAYLOAD] == record_of(f)->payload);
    assert_true(record_of(f)->payload != 0);
    return (lodge_ref){record_of(f)->payload};
}

/* ---- made and read ------------------------------------------------------ */

static void an_exception_holds_its_values(void **state)
{
    uint64_t slots[5] = {1, 2, 0, 3, 4}, back[5], value;
    lodge_ref made, number;

    (void)state;
    start(LODGE_HOST_DIRECT);
    holds(exception_of(tag, 7, 8), tag, 7);
    OK(lodge_ref_i31(store, 5, &number, ERR));
    slots[2] = number.id;
    OK(lodge_exception_new(tag_of("ref"), slots, 5, &made, ERR));
    OK(lodge_ref_close(number));
    collect();
    assert_int_equal(reap_everything(), 0);
    OK(lodge_exception_read(made, back, 5, ERR));
    assert_true(back[0] == 1 && back[1] == 2 && back[3] == 3 && back[4] == 4);
    OK(lodge_ref_read((lodge_ref){back[2]}, 0, &value, 1, ERR));
    assert_int_equal(value, 5);
    READS("exnref", lodge_ref_type(made, buf, cap, len, ERR));
    OK(lodge_exception_new(tag_of("none"), NULL, 0, &made, ERR));
    OK(lodge_exception_read(made, NULL, 0, ERR));
    ends_with(1);
}

static void bad_values_are_refused(void **state)
{
    uint64_t slots[5] = {1, 2, 3, 4, 5};
    lodge_ref made = {77};

    (void)state;
    start(LODGE_HOST_DIRECT);
    FAILS(ARGUMENT, lodge_exception_new(tag, slots, 2, NULL, ERR));
    FAILS(ARGUMENT, lodge_exception_new(tag, NULL, 2, &made, ERR));
    FAILS(BUFFER, lodge_exception_new(tag, slots, 1, &made, ERR));
    FAILS(HANDLE, lodge_exception_new(tag_of("ref"), slots, 5, &made, ERR));
    assert_int_equal(store_value(LODGE_STORE_EXTERNREFS), 0);
    assert_int_equal(made.id, 77);
    made = exception_of(tag, 1, 2);
    FAILS(BUFFER, lodge_exception_read(made, slots, 1, ERR));
    FAILS(ARGUMENT, lodge_exception_read(made, NULL, 2, ERR));
    FAILS(ARGUMENT, lodge_exception_tag(made, NULL, ERR));
    FAILS(TYPE, lodge_ref_read(made, 0, slots, 1, ERR));
    FAILS(TYPE, lodge_ref_len(made, slots, ERR));
}

static void strangers_are_refused(void **state)
{
    static struct zoo zoo;
    lodge_ref out = {77};
    uint64_t slot = 0;

    (void)state;
    zoo_open(&zoo);
    FOR_STRANGERS(&zoo, LODGE_KIND_TAG, lodge_tag, it,
                  FAILS(HANDLE, lodge_exception_new(it, &slot, 1, &out, ERR)));
    zoo_close(&zoo);
    FAILS(HANDLE, lodge_caller_throw((lodge_caller){5}, (lodge_ref){0}));
    assert_int_equal(out.id, 77);
}

/* ---- thrown by the guest ------------------------------------------------ */

static void what_the_guest_throws_comes_out(void **state)
{
    lodge_error err = LODGE_ERROR_INIT;
    uint64_t slots[5] = {55, 66}, back[5];
    lodge_ref ref;

    (void)state;
    start(LODGE_HOST_DIRECT);
    err.flags = LODGE_ERROR_EXCEPTION;
    assert_int_equal(lodge_func_call(func_of(in, "throw"), slots, 1, &err),
                     LODGE_E_EXCEPTION);
    assert_non_null(strstr(err.message, "not caught: 55"));
    holds((lodge_ref){err.payload}, tag_of("own"), 55);
    assert_int_equal(
        lodge_func_call(func_of(in, "throw_none"), slots, 0, &err),
        LODGE_E_EXCEPTION);
    assert_non_null(strstr(err.message, "without values"));
    assert_int_equal(lodge_func_call(func_of(in, "throw_ref"), slots, 2, &err),
                     LODGE_E_EXCEPTION);
    ref.id = err.payload;
    collect();
    OK(lodge_exception_read(ref, back, 5, ERR));
    assert_true(back[0] == 55 && back[1] == 66 && back[3] == 8);
    OK(lodge_store_scope_end(store, 0, ERR));
    collect();
    ends_with(1);
}

static void it_is_kept_only_if_asked_for(void **state)
{
    lodge_error err = LODGE_ERROR_INIT;
    uint64_t slot = 3, scope;
    uint32_t i;

    (void)state;
    start(LODGE_HOST_DIRECT);
    OK(lodge_store_scope(store, &scope, ERR));
    for (i = 0; i < 100000; i++) {
        assert_int_equal(lodge_func_call(func_of(in, "throw"), &slot, 1,
                                         i % 2 ? &err : NULL),
                         LODGE_E_EXCEPTION);
        assert_true(err.payload == 0);
    }
    OK(lodge_store_scope(store, &slot, ERR));
    assert_true(slot == scope); /* no reference was made */
}

static void a_report_tells_it(void **state)
{
    lodge_error err = LODGE_ERROR_INIT;
    uint64_t slot = 31, len;
    char buf[1000];

    (void)state;
    start(LODGE_HOST_DIRECT);
    err.flags = LODGE_ERROR_REPORT;
    assert_int_equal(lodge_func_call(func_of(in, "throw"), &slot, 1, &err),
                     LODGE_E_EXCEPTION);
    OK(lodge_report_text((lodge_report){err.report}, buf, sizeof buf - 1, &len,
                         ERR));
    buf[len] = 0;
    assert_non_null(strstr(buf, "not caught: 31"));
    lodge_report_close((lodge_report){err.report});
}

static void the_host_hands_one_back(void **state)
{
    lodge_error err = LODGE_ERROR_INIT;
    lodge_ref ref;

    (void)state;
    start(LODGE_HOST_DIRECT);
    ref = exception_of(tag, 12, 13);
    err.flags = LODGE_ERROR_EXCEPTION;
    assert_int_equal(
        lodge_func_call(func_of(in, "rethrow"), &(uint64_t){ref.id}, 1, &err),
        LODGE_E_EXCEPTION);
    holds((lodge_ref){err.payload}, tag, 12);
    assert_int_equal(
        lodge_func_call(func_of(in, "rethrow"), &(uint64_t){0}, 1, &err),
        LODGE_E_TRAP);
}

static void a_start_function_may_throw(void **state)
{
    lodge_module module =
        new_module(engine, "(module (tag $t (param i32))"
                           " (func $s (throw $t (i32.const 99))) (start $s))");
    lodge_instance made = {77};

    (void)state;
    SAYS(EXCEPTION, "99",
         lodge_instance_new(new_linker(engine), store, module, &made, ERR));
    SAYS(EXCEPTION, "99",
         lodge_instance_new(new_linker(engine), (lodge_store){0}, module,
                            &made, ERR));
    assert_int_equal(made.id, 77);
}

/* ---- thrown by the host ------------------------------------------------- */

static int32_t thrower(lodge_caller caller, uint64_t *slots)
{
    lodge_ref made = slots[0] >= 100 ? exception_of(tag_of("own"), slots[0], 0)
                                     : exception_of(tag, slots[0], 1000);
    int32_t rc = LODGE_E_EXCEPTION;

    collect();
    if (!caller.id) {
        slots[LODGE_FRAME_PAYLOAD - LODGE_FRAME_SLOTS] = made.id;
        return rc; /* closed with the store */
    }
    rc = lodge_caller_throw(caller, made);
    assert_int_equal(rc, LODGE_E_EXCEPTION);
    OK(lodge_ref_close(made));
    return rc;
}

static void all_ways_to_catch(void)
{
    struct frame f = call_of("catch", 5);
    lodge_ref ref;

    OK(run(&f));
    assert_true(SLOT(&f, 0) == 5 && SLOT(&f, 1) == 1000);
    f = call_of("catch_own", 105);
    OK(run(&f));
    assert_int_equal(SLOT(&f, 0), 105);
    f = call_of("catch_all", 6);
    OK(run(&f));
    assert_int_equal(SLOT(&f, 0), 77);
    f = call_of("catch_ref", 7);
    OK(run(&f));
    holds((lodge_ref){SLOT(&f, 0)}, tag, 7);
    f = call_of("catch", 107); /* another tag */
    ref = uncaught(&f);
    holds(ref, tag_of("own"), 107);
    assert_non_null(strstr(record_of(&f)->message, "not caught: 107"));
    f = call_of("plain", 8);
    holds(uncaught(&f), tag, 8);
    f = call_of("again", 9);
    holds(uncaught(&f), tag, 9);
}

static void what_the_host_throws_is_caught(void **state)
{
    uint32_t i;

    (void)state;
    host_body = thrower;
    for (i = 0; i < MODES; i++) {
        uint32_t k;

        start(modes[i]);
        for (k = 0; k < 10; k++)
            all_ways_to_catch();
        OK(lodge_store_scope_end(store, 0, ERR));
    }
}

/* The same when the guest is on the fiber and the function beside it. */
static void functions_beside_the_fiber_throw(void **state)
{
    static const char waiting[] =
        "(module (import \"h\" \"f\" (func $f (param i32) (result i32)))"
        " (import \"h\" \"wait\" (func $wait))"
        " (import \"h\" \"tag\" (tag $t (param i32 i64)))"
        " (tag (export \"own\") (param i32))"
        " (func (export \"go\") (param i32) (result i32 i64)"
        "  (block $h (result i32 i64)"
        "   (try_table (catch $t $h) (drop (call $f (local.get 0))))"
        "   (i32.const -1) (i64.const -1)) (call $wait))"
        " (func (export \"plain\") (param i32) (result i32)"
        "  (call $wait) (call $f (local.get 0))))";
    uint32_t i;

    (void)state;
    host_body = thrower;
    for (i = 0; i < 2; i++) {
        lodge_linker linker = linker_with("i32 -> i32", modes[i]);
        lodge_extern item = {LODGE_KIND_TAG, 0, 0};
        struct frame f;

        OK(lodge_tag_new(store, TEXT("i32 i64"), &tag, ERR));
        item.id = tag.id;
        OK(lodge_linker_add(linker, TEXT("h"), TEXT("tag"), &item, ERR));
        in = instance_in_store(linker, waiting);
        f = call_of("go", 5);
        assert_int_equal(lodge_call(f.word), LODGE_REQUEST);
        OK(lodge_resume(f.word));
        assert_true(SLOT(&f, 0) == 5 && SLOT(&f, 1) == 1000);
        f = call_of("plain", 8);
        assert_int_equal(lodge_call(f.word), LODGE_REQUEST);
        assert_int_equal(lodge_resume(f.word), LODGE_E_EXCEPTION);
        holds((lodge_ref){f.word[LODGE_FRAME_PAYLOAD]}, tag, 8);
    }
}

static int32_t by_payload(lodge_caller caller, uint64_t *slots)
{
    (void)caller;
    native.word[LODGE_FRAME_PAYLOAD] = exception_of(tag, slots[0], 1000).id;
    return LODGE_E_EXCEPTION;
}

static int32_t bad_payload(lodge_caller caller, uint64_t *slots)
{
    (void)caller;
    native.word[LODGE_FRAME_PAYLOAD] = slots[0];
    return LODGE_E_EXCEPTION;
}

static void a_frame_function_throws_by_its_payload(void **state)
{
    struct frame f;

    (void)state;
    start(LODGE_HOST_FRAME);
    host_body = by_payload;
    f = call_of("catch", 5);
    OK(run(&f));
    assert_true(SLOT(&f, 0) == 5 && SLOT(&f, 1) == 1000);
    host_body = bad_payload;
    f = call_of("catch", 5);
    assert_int_equal(run(&f), LODGE_E_HANDLE);
    f = call_of("catch", 0);
    assert_int_equal(run(&f), LODGE_E_HOST);
}

static void an_answer_throws_only_an_exception(void **state)
{
    struct frame f;
    lodge_ref number;

    (void)state;
    start(LODGE_HOST_SUSPEND);
    OK(lodge_ref_i31(store, 1, &number, ERR));
    f = call_of("catch", 5);
    assert_int_equal(lodge_call(f.word), LODGE_REQUEST);
    f.word[LODGE_FRAME_STATUS] = (uint64_t)(int64_t)LODGE_E_EXCEPTION;
    f.word[LODGE_FRAME_PAYLOAD] = 0;
    assert_int_equal(lodge_resume(f.word), LODGE_E_HANDLE);
    f.word[LODGE_FRAME_PAYLOAD] = number.id;
    assert_int_equal(lodge_resume(f.word), LODGE_E_TYPE);
    f.word[LODGE_FRAME_PAYLOAD] = 12345;
    assert_int_equal(lodge_resume(f.word), LODGE_E_HANDLE);
    f.word[LODGE_FRAME_PAYLOAD] = exception_of(tag, 3, 4).id;
    OK(lodge_resume(f.word));
    assert_true(SLOT(&f, 0) == 3 && SLOT(&f, 1) == 4);
}

static int32_t throws_no_exception(lodge_caller caller, uint64_t *slots)
{
    lodge_ref number;

    (void)slots;
    OK(lodge_ref_i31(store, 1, &number, ERR));
    assert_int_equal(lodge_caller_throw(caller, number), LODGE_E_TYPE);
    assert_int_equal(lodge_caller_throw(caller, (lodge_ref){5}),
                     LODGE_E_HANDLE);
    return lodge_caller_throw(caller, (lodge_ref){0});
}

static void only_an_exception_is_thrown(void **state)
{
    struct frame f;

    (void)state;
    start(LODGE_HOST_DIRECT);
    host_body = throws_no_exception;
    f = call_of("catch_all", 5);
    assert_true(run(&f) < 0);
}

static int32_t changes_its_mind(lodge_caller caller, uint64_t *slots)
{
    lodge_caller_throw(caller, exception_of(tag, 1, 2));
    if (slots[0] == 1)
        return 0;
    return lodge_caller_fail(caller, 4711, TEXT("something else"));
}

static void the_last_word_counts(void **state)
{
    struct frame f;

    (void)state;
    start(LODGE_HOST_DIRECT);
    host_body = changes_its_mind;
    f = call_of("catch_all", 1);
    OK(run(&f));
    assert_int_equal(SLOT(&f, 0), 1);
    f = call_of("catch_all", 2);
    assert_int_equal(run(&f), LODGE_E_HOST);
    assert_int_equal(record_of(&f)->payload, 4711);
}

static int32_t fails_so(lodge_caller caller, uint64_t *slots)
{
    (void)slots;
    return lodge_caller_fail(caller, 9, TEXT("no"));
}

static void what_is_no_exception_is_not_caught(void **state)
{
    struct frame f;

    (void)state;
    start(LODGE_HOST_DIRECT);
    host_body = fails_so;
    f = call_of("catch_all", 1);
    assert_int_equal(run(&f), LODGE_E_HOST);
    assert_int_equal(record_of(&f)->payload, 9);
}

/* ---- through guest and host --------------------------------------------- */

static uint32_t depth;

/* Calls "nest" deeper and deeper; the innermost throws. */
static int32_t goes_deeper(lodge_caller caller, uint64_t *slots)
{
    lodge_error err = LODGE_ERROR_INIT;
    uint64_t inner[2] = {slots[0] - 1, 0};
    lodge_status st;

    (void)caller;
    depth++;
    if (slots[0] == 0)
        return thrower(caller, (uint64_t[]){3, 0});
    st = lodge_func_call(func_of(in, "nest"), inner, 2, &err);
    collect();
    return st;
}

static void it_goes_through_guest_and_host(void **state)
{
    struct frame f;
    uint32_t i;

    (void)state;
    host_body = goes_deeper;
    for (i = 0; i < 2; i++) {
        start(modes[i]);
        f = call_of("catch", 20);
        depth = 0;
        OK(run(&f));
        assert_int_equal(depth, 21);
        assert_true(SLOT(&f, 0) == 3 && SLOT(&f, 1) == 1000);
        f = call_of("nest", 20);
        holds(uncaught(&f), tag, 3);
    }
}

/* Keeps the inner exception and throws its own, or none. */
static int32_t replaces(lodge_caller caller, uint64_t *slots)
{
    lodge_error err = LODGE_ERROR_INIT;
    uint64_t inner = 40;

    err.flags = LODGE_ERROR_EXCEPTION;
    assert_int_equal(lodge_func_call(func_of(in, "throw"), &inner, 1, &err),
                     LODGE_E_EXCEPTION);
    holds((lodge_ref){err.payload}, tag_of("own"), 40);
    if (slots[0] == 0)
        return 0;
    if (slots[0] == 1)
        return lodge_caller_fail(caller, 8, TEXT("replaced"));
    if (slots[0] == 2)
        return LODGE_E_EXCEPTION;
    return lodge_caller_throw(caller, exception_of(tag, slots[0], 1));
}

static void a_host_function_may_replace_it(void **state)
{
    struct frame f;

    (void)state;
    start(LODGE_HOST_DIRECT);
    host_body = replaces;
    f = call_of("plain", 0);
    OK(run(&f));
    f = call_of("plain", 1);
    assert_int_equal(run(&f), LODGE_E_HOST);
    assert_int_equal(record_of(&f)->payload, 8);
    f = call_of("catch_own", 2);
    OK(run(&f));
    assert_int_equal(SLOT(&f, 0), 40);
    f = call_of("catch", 50);
    OK(run(&f));
    assert_int_equal(SLOT(&f, 0), 50);
}

static void at_a_request_calls_may_throw(void **state)
{
    struct frame f, g;

    (void)state;
    start(LODGE_HOST_SUSPEND);
    f = call_of("catch_all", 1);
    assert_int_equal(lodge_call(f.word), LODGE_REQUEST);
    g = call_of("throw", 60);
    g.word[LODGE_FRAME_PARENT] = f.word[LODGE_FRAME_TOKEN];
    holds(uncaught(&g), tag_of("own"), 60);
    collect();
    g = call_of("catch", 1);
    g.word[LODGE_FRAME_PARENT] = f.word[LODGE_FRAME_TOKEN];
    assert_int_equal(lodge_call(g.word), LODGE_REQUEST);
    g.word[LODGE_FRAME_STATUS] = (uint64_t)(int64_t)LODGE_E_EXCEPTION;
    g.word[LODGE_FRAME_PAYLOAD] = exception_of(tag, 61, 0).id;
    OK(lodge_resume(g.word));
    assert_int_equal(SLOT(&g, 0), 61);
    f.word[LODGE_FRAME_STATUS] = (uint64_t)(int64_t)LODGE_E_EXCEPTION;
    f.word[LODGE_FRAME_PAYLOAD] = exception_of(tag, 62, 0).id;
    OK(lodge_resume(f.word));
    assert_int_equal(SLOT(&f, 0), 77);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(an_exception_holds_its_values),
        STORE_TEST(bad_values_are_refused),
        STORE_TEST(strangers_are_refused),
        STORE_TEST(what_the_guest_throws_comes_out),
        STORE_TEST(it_is_kept_only_if_asked_for),
        STORE_TEST(a_report_tells_it),
        STORE_TEST(the_host_hands_one_back),
        STORE_TEST(a_start_function_may_throw),
        STORE_TEST(what_the_host_throws_is_caught),
        STORE_TEST(functions_beside_the_fiber_throw),
        STORE_TEST(a_frame_function_throws_by_its_payload),
        STORE_TEST(an_answer_throws_only_an_exception),
        STORE_TEST(only_an_exception_is_thrown),
        STORE_TEST(the_last_word_counts),
        STORE_TEST(what_is_no_exception_is_not_caught),
        STORE_TEST(it_goes_through_guest_and_host),
        STORE_TEST(a_host_function_may_replace_it),
        STORE_TEST(at_a_request_calls_may_throw),
    };

    return RUN(tests);
}

/* test_reach.c - which calls take the store's own stack: those that may come
 * to a function that waits, and no others.
 */
#include "suspend_fixture.h"

/* Every way to come to $f, and some that look like one. */
static const char ways_text[] =
    "(module"
    " (type $t (func (param i32) (result i32)))"
    " (import \"h\" \"f\" (func $f (param i32 i32) (result i32)))"
    " (import \"h\" \"direct\" (func $direct (param i32) (result i32)))"
    " (memory (export \"memory\") 1 4)"
    " (table $table (export \"table\") 2 funcref)"
    " (elem (table $table) (i32.const 0) func $chain2)"
    " (elem declare func $chain1 $plain)"
    " (global $hidden (mut (ref null $t)) (ref.null $t))"
    " (export \"f\" (func $f))"
    " (func $plain (export \"plain\") (param i32) (result i32)"
    "  (i32.add (local.get 0) (i32.const 1)))"
    " (func $chain1 (export \"chain1\") (param i32) (result i32)"
    "  (call $f (local.get 0) (i32.const 1)))"
    " (func $chain2 (param i32) (result i32) (call $chain1 (local.get 0)))"
    " (func (export \"chain3\") (param i32) (result i32)"
    "  (call $plain (call $chain2 (local.get 0))))"
    " (func $even (export \"even\") (param i32) (result i32)"
    "  (if (result i32) (local.get 0)"
    "   (then (call $odd (i32.sub (local.get 0) (i32.const 1))))"
    "   (else (i32.const 1))))"
    " (func $odd (export \"odd\") (param i32) (result i32)"
    "  (if (result i32) (local.get 0)"
    "   (then (call $even (i32.sub (local.get 0) (i32.const 1))))"
    "   (else (i32.const 0))))"
    " (func $ping (export \"ping\") (param i32) (result i32)"
    "  (if (result i32) (local.get 0)"
    "   (then (call $pong (i32.sub (local.get 0) (i32.const 1))))"
    "   (else (i32.const 1))))"
    " (func $pong (export \"pong\") (param i32) (result i32)"
    "  (if (result i32) (local.get 0)"
    "   (then (call $ping (i32.sub (local.get 0) (i32.const 1))))"
    "   (else (call $f (i32.const 5) (i32.const 6)))))"
    " (func $self (export \"self\") (param i32) (result i32)"
    "  (if (result i32) (local.get 0)"
    "   (then (call $self (i32.sub (local.get 0) (i32.const 1))))"
    "   (else (i32.const 7))))"
    " (func (export \"indirect\") (param i32) (result i32)"
    "  (call_indirect (type $t) (local.get 0) (i32.const 0)))"
    " (func (export \"reference\") (param i32) (result i32)"
    "  (call_ref $t (local.get 0) (ref.func $chain1)))"
    " (func (export \"tail\") (param i32) (result i32)"
    "  (return_call $chain1 (local.get 0)))"
    " (func (export \"tail_plain\") (param i32) (result i32)"
    "  (return_call $plain (local.get 0)))"
    " (func (export \"tail_indirect\") (param i32) (result i32)"
    "  (return_call_indirect (type $t) (local.get 0) (i32.const 0)))"
    " (func (export \"tail_reference\") (param i32) (result i32)"
    "  (return_call_ref $t (local.get 0) (ref.func $chain1)))"
    " (func (export \"names_it\") (param i32) (result i32)"
    "  (ref.is_null (ref.func $chain1)))"
    " (func (export \"grow\") (param i32) (result i32)"
    "  (memory.grow (local.get 0)))"
    " (func (export \"through\") (param i32) (result i32)"
    "  (call $direct (local.get 0)))"
    " (func (export \"unused\") (param i32) (result i32)"
    "  (if (result i32) (i32.const 0) (then (call $chain1 (i32.const 1)))"
    "   (else (i32.const 3)))))";

static int may_suspend(lodge_func fn)
{
    uint32_t yes = 99;

    OK(lodge_func_may_suspend(fn, &yes, ERR));
    assert_in_range(yes, 0, 1);
    return (int)yes;
}

static lodge_instance ways(void)
{
    lodge_module module = new_module(engine, ways_text);
    lodge_instance made;

    OK(lodge_instance_new(linker, (lodge_store){0}, module, &made, ERR));
    lodge_module_close(module);
    return made;
}

/* What is said of a function, and what comes of a call: nothing fails. */
static void reaches(lodge_instance instance, const char *name)
{
    struct frame f = frame_of(instance, name, 0, 4);

    if (!may_suspend(func_of(instance, name)))
        fail_msg("%s is said not to wait", name);
    GIVES(REQUEST, lodge_call, &f);
    assert_int_equal(f.word[LODGE_FRAME_IMPORT] & UINT32_MAX, TOKEN_F);
    frame_status(answer(&f, 9), LODGE_OK, &f, name, __LINE__);
}

static void runs_direct(lodge_instance instance, const char *name,
                        uint64_t argument, uint64_t result)
{
    struct frame f = frame_of(instance, name, 0, argument);

    if (may_suspend(func_of(instance, name)))
        fail_msg("%s is said to wait", name);
    GIVES(OK, lodge_call, &f);
    assert_int_equal(SLOT(&f), result);
}

/* ---- one module ----------------------------------------------------------- */

static void calls_by_name_are_followed(void **state)
{
    lodge_instance it = ways();

    (void)state;
    reaches(it, "chain1");
    reaches(it, "chain3");
    reaches(it, "pong");
    assert_true(may_suspend(func_of(it, "ping")));
    reaches(it, "tail");
    reaches(it, "f");
}

static void what_cannot_get_there_runs_direct(void **state)
{
    lodge_instance it = ways();

    (void)state;
    runs_direct(it, "plain", 4, 5);
    runs_direct(it, "even", 4, 1);
    runs_direct(it, "odd", 4, 0);
    runs_direct(it, "self", 40, 7);
    runs_direct(it, "tail_plain", 4, 5);
    runs_direct(it, "names_it", 0, 0);
    runs_direct(it, "grow", 1, 1);
}

static void references_may_lead_anywhere(void **state)
{
    lodge_instance it = ways();

    (void)state;
    reaches(it, "indirect");
    reaches(it, "reference");
    reaches(it, "tail_indirect");
    reaches(it, "tail_reference");
}

/* Where the graph allows it, not where it happens. */
static void a_call_that_never_happens_counts(void **state)
{
    lodge_instance it = ways();
    struct frame f = frame_of(it, "unused", 0, 4);

    (void)state;
    assert_true(may_suspend(func_of(it, "unused")));
    GIVES(OK, lodge_call, &f);
    assert_int_equal(SLOT(&f), 3);
}

static lodge_instance called_back;
static const char *called_name;

static int32_t calls_back(lodge_caller caller, uint64_t *slots)
{
    (void)caller;
    return lodge_func_call(func_of(called_back, called_name), slots, 1, NULL);
}

static void a_direct_function_may_call_anything(void **state)
{
    (void)state;
    called_back = ways();
    called_name = "chain1";
    direct_body = calls_back;
    reaches(called_back, "through");
}

/* A function of mode FRAME may too, and gets the request itself. */
static lodge_status frame_status_inside;

static int32_t calls_back_by_frame(uint32_t token, uint32_t tag)
{
    struct frame f = frame_of(called_back, "chain1", 0, 4);

    (void)token;
    (void)tag;
    frame_status_inside = lodge_call(f.word);
    GIVES(OK, lodge_resume, &f);
    return 0;
}

static void a_frame_function_may_call_anything(void **state)
{
    static const char text[] =
        "(module (import \"m\" \"g\" (func $g (param i32) (result i32)))"
        " (func (export \"by_frame\") (param i32) (result i32)"
        "  (call $g (local.get 0))))";
    static uint64_t native[LODGE_FRAME_SLOTS + SLOTS];
    lodge_instance it;
    struct frame f;
    lodge_host host;
    uint32_t index;
    lodge_store in;

    (void)state;
    OK(lodge_host_new(engine, TEXT("m"), &host, ERR));
    OK(lodge_host_func(host, TEXT("i32 -> i32"), LODGE_HOST_FRAME, 1, &index,
                       ERR));
    OK(lodge_host_export(host, index, TEXT("g"), ERR));
    OK(lodge_linker_add_host(linker, host, ERR));
    OK(lodge_linker_frame(linker, calls_back_by_frame, ERR));
    called_back = ways();
    OK(lodge_instance_store(called_back, &in, ERR));
    OK(lodge_store_frame(in, native, LODGE_FRAME_SLOTS + SLOTS, 0, ERR));
    OK(lodge_instance_new(linker, in, new_module(engine, text), &it, ERR));
    assert_true(may_suspend(func_of(it, "by_frame")));
    f = frame_of(it, "by_frame", 0, 4);
    GIVES(OK, lodge_call, &f);
    assert_int_equal(frame_status_inside, LODGE_REQUEST);
}

static void a_function_from_a_table_is_not_known(void **state)
{
    lodge_instance it = ways();
    lodge_table table;
    lodge_func fn, plain = func_of(it, "plain");

    (void)state;
    OK(lodge_instance_table(it, TEXT("table"), &table, ERR));
    OK(lodge_table_get(table, 0, &fn.id, ERR));
    assert_true(may_suspend(fn));
    OK(lodge_table_set(table, 0, plain.id, ERR));
    OK(lodge_table_get(table, 0, &fn.id, ERR));
    assert_int_equal(fn.id, plain.id);
    assert_false(may_suspend(fn));
}

/* Seen first where nothing is known of it, then as an export. */
static void what_is_learnt_later_is_kept(void **state)
{
    static const char text[] =
        "(module (import \"h\" \"f\" (func (param i32 i32) (result i32)))"
        " (table (export \"table\") 1 funcref)"
        " (elem (i32.const 0) func $plain)"
        " (func $plain (export \"plain\") (param i32) (result i32)"
        "  (local.get 0)))";
    lodge_module module = new_module(engine, text);
    lodge_instance it;
    lodge_table table;
    lodge_func fn;

    (void)state;
    OK(lodge_instance_new(linker, (lodge_store){0}, module, &it, ERR));
    OK(lodge_instance_table(it, TEXT("table"), &table, ERR));
    OK(lodge_table_get(table, 0, &fn.id, ERR));
    assert_true(may_suspend(fn));
    assert_int_equal(func_of(it, "plain").id, fn.id);
    assert_false(may_suspend(fn));
}

/* ---- several modules -------------------------------------------------------- */

static const char user_text[] =
    "(module"
    " (import \"a\" \"chain1\" (func $chain1 (param i32) (result i32)))"
    " (import \"a\" \"plain\" (func $plain (param i32) (result i32)))"
    " (export \"chain1\" (func $chain1)) (export \"plain\" (func $plain))"
    " (func (export \"use\") (param i32) (result i32)"
    "  (call $chain1 (local.get 0)))"
    " (func (export \"use_plain\") (param i32) (result i32)"
    "  (call $plain (local.get 0)))"
    " (func (export \"own\") (param i32) (result i32) (local.get 0)))";

static lodge_instance user_of(lodge_instance it)
{
    lodge_linker other = new_linker(engine);
    lodge_module module = new_module(engine, user_text);
    lodge_instance user;
    lodge_store in;

    OK(lodge_instance_store(it, &in, ERR));
    OK(lodge_linker_add_instance(other, TEXT("a"), it, ERR));
    OK(lodge_instance_new(other, in, module, &user, ERR));
    return user;
}

static void imports_of_another_instance_may_wait(void **state)
{
    lodge_instance it = ways(), user = user_of(it);

    (void)state;
    reaches(user, "use");
    reaches(user, "chain1");
    assert_true(may_suspend(func_of(user, "use_plain")));
    runs_direct(user, "own", 3, 3);
    assert_true(may_suspend(func_of(user, "plain"))); /* not seen in `it` */
    runs_direct(it, "plain", 3, 4);
    runs_direct(user, "plain", 3, 4); /* it is the same function */
}

/* A table filled by another instance. */
static void a_shared_table_brings_what_waits(void **state)
{
    static const char text[] =
        "(module (type $t (func (param i32) (result i32)))"
        " (import \"a\" \"table\" (table 1 funcref))"
        " (func (export \"by_table\") (param i32) (result i32)"
        "  (call_indirect (type $t) (local.get 0) (i32.const 0))))";
    lodge_linker other = new_linker(engine);
    lodge_module module = new_module(engine, text);
    lodge_instance it = ways(), user;
    lodge_store in;

    (void)state;
    OK(lodge_instance_store(it, &in, ERR));
    OK(lodge_linker_add_instance(other, TEXT("a"), it, ERR));
    OK(lodge_instance_new(other, in, module, &user, ERR));
    reaches(user, "by_table");
}

static void a_store_without_such_imports_never_waits(void **state)
{
    static const char text[] =
        "(module (type $t (func (param i32) (result i32)))"
        " (table 1 funcref) (elem (i32.const 0) func $plain)"
        " (func $plain (param i32) (result i32) (local.get 0))"
        " (func (export \"indirect\") (param i32) (result i32)"
        "  (call_indirect (type $t) (local.get 0) (i32.const 0))))";
    lodge_module module = new_module(engine, text);
    lodge_instance it;

    (void)state;
    OK(lodge_instance_new(linker, (lodge_store){0}, module, &it, ERR));
    runs_direct(it, "indirect", 3, 3);
    OK(lodge_instance_new(linker, store, module, &it, ERR));
    assert_true(may_suspend(func_of(it, "indirect"))); /* beside `guest` */
    it = new_instance(engine, text);
    runs_direct(it, "indirect", 3, 3);
}

/* ---- WASI ---------------------------------------------------------------------- */

static const char wasi_text[] =
    "(module"
    " (import \"wasi_snapshot_preview1\" \"sched_yield\""
    "  (func $yield (result i32)))"
    " (import \"h\" \"f\" (func $f (param i32 i32) (result i32)))"
    " (memory (export \"memory\") 1)"
    " (func (export \"yields\") (param i32) (result i32) (call $yield))"
    " (func (export \"waits\") (param i32) (result i32)"
    "  (call $f (call $yield) (i32.const 0))))";

static void functions_of_wasi_come_to_no_other(void **state)
{
    lodge_module module = new_module(engine, wasi_text);
    lodge_instance it;

    (void)state;
    OK(lodge_linker_add_wasi(linker, ERR));
    OK(lodge_instance_new(linker, (lodge_store){0}, module, &it, ERR));
    runs_direct(it, "yields", 0, 0);
    reaches(it, "waits");
}

/* Somebody else behind the name of WASI: mode SUSPEND. */
static void a_name_of_wasi_alone_is_not_believed(void **state)
{
    lodge_module module = new_module(engine, wasi_text);
    struct frame f;
    lodge_instance it;
    lodge_host host;

    (void)state;
    OK(lodge_host_new(engine, TEXT("wasi_snapshot_preview1"), &host, ERR));
    add_func(host, "sched_yield", "-> i32", 33);
    OK(lodge_linker_add_host(linker, host, ERR));
    OK(lodge_instance_new(linker, (lodge_store){0}, module, &it, ERR));
    assert_true(may_suspend(func_of(it, "yields")));
    f = frame_of(it, "yields", 0, 0);
    GIVES(REQUEST, lodge_call, &f);
    assert_int_equal(f.word[LODGE_FRAME_IMPORT] & UINT32_MAX, 33);
    frame_status(answer(&f, 5), LODGE_OK, &f, "yields", __LINE__);
}

static void an_alias_to_a_name_of_wasi_is_not_believed(void **state)
{
    static const char text[] =
        "(module (import \"wasi_snapshot_preview1\" \"f\""
        "  (func $f (param i32 i32) (result i32)))"
        " (func (export \"one\") (param i32) (result i32)"
        "  (call $f (local.get 0) (i32.const 0))))";
    lodge_module module = new_module(engine, text);
    lodge_instance it;

    (void)state;
    OK(lodge_linker_add_wasi(linker, ERR));
    OK(lodge_linker_alias(linker, TEXT("h"), TEXT("f"),
                          TEXT("wasi_snapshot_preview1"), TEXT("f"), ERR));
    OK(lodge_instance_new(linker, (lodge_store){0}, module, &it, ERR));
    reaches(it, "one");
}

/* ---- start functions ------------------------------------------------------------- */

static lodge_status start_of(const char *text, struct frame *f)
{
    lodge_module module = new_module(engine, text);
    lodge_prepared prepared;

    OK(lodge_linker_prepare(linker, module, &prepared, ERR));
    *f = frame_of(guest, "one", 0, 0);
    f->word[LODGE_FRAME_FUNC] = prepared.id;
    return lodge_instantiate(f->word);
}

static void a_start_function_may_wait(void **state)
{
    struct frame f;

    (void)state;
    assert_int_equal(
        start_of("(module (import \"h\" \"f\" (func $f (param i32 i32)"
                 " (result i32))) (func $s (drop (call $f (i32.const 1)"
                 " (i32.const 2)))) (start $s))",
                 &f),
        LODGE_REQUEST);
    frame_status(answer(&f, 5), LODGE_OK, &f, "start", __LINE__);
    assert_int_equal(
        start_of("(module (import \"h\" \"f\" (func (param i32 i32)"
                 " (result i32))) (global $g (mut i32) (i32.const 0))"
                 " (func $s (global.set $g (i32.const 1))) (start $s))",
                 &f),
        LODGE_OK);
}

/* ---- misuse, and a large module ----------------------------------------------------- */

static void arguments_are_checked(void **state)
{
    lodge_func fn = func_of(guest, "div");
    uint32_t yes = 7;

    (void)state;
    FAILS(ARGUMENT, lodge_func_may_suspend(fn, NULL, ERR));
    FOR_BAD_IDS(lodge_func, bad,
                FAILS(HANDLE, lodge_func_may_suspend(bad, &yes, ERR)));
    FAILS(HANDLE, lodge_func_may_suspend((lodge_func){guest.id}, &yes, ERR));
    lodge_store_close(store);
    FAILS(HANDLE, lodge_func_may_suspend(fn, &yes, ERR));
    assert_int_equal(yes, 7);
}

enum { CHAIN = 20000 };

/* A chain of calls that is deeper than any recursion could follow; only
 * the last function waits.
 */
static void long_chains_are_followed(void **state)
{
    char *text = malloc(CHAIN * 64 + 400);
    lodge_module module;
    lodge_instance it;
    size_t at;
    int i;

    (void)state;
    at = (size_t)sprintf(text,
                         "(module (import \"h\" \"f\" (func $f (param i32 i32)"
                         " (result i32)))");
    for (i = 0; i < CHAIN; i++)
        at += (size_t)sprintf(text + at, "(func $c%d (call $c%d))", i, i + 1);
    at += (size_t)sprintf(
        text + at,
        "(func $c%d (drop (call $f (i32.const 1) (i32.const 2))))"
        "(func (export \"first\") (param i32) (result i32) (call $c0)"
        " (i32.const 1))"
        "(func (export \"none\") (param i32) (result i32) (i32.const 1)))",
        CHAIN);
    module = new_module(engine, text);
    free(text);
    OK(lodge_instance_new(linker, (lodge_store){0}, module, &it, ERR));
    assert_true(may_suspend(func_of(it, "first")));
    runs_direct(it, "none", 0, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUSPEND_TEST(calls_by_name_are_followed),
        SUSPEND_TEST(what_cannot_get_there_runs_direct),
        SUSPEND_TEST(references_may_lead_anywhere),
        SUSPEND_TEST(a_call_that_never_happens_counts),
        SUSPEND_TEST(a_direct_function_may_call_anything),
        SUSPEND_TEST(a_frame_function_may_call_anything),
        SUSPEND_TEST(a_function_from_a_table_is_not_known),
        SUSPEND_TEST(what_is_learnt_later_is_kept),
        SUSPEND_TEST(imports_of_another_instance_may_wait),
        SUSPEND_TEST(a_shared_table_brings_what_waits),
        SUSPEND_TEST(a_store_without_such_imports_never_waits),
        SUSPEND_TEST(functions_of_wasi_come_to_no_other),
        SUSPEND_TEST(a_name_of_wasi_alone_is_not_believed),
        SUSPEND_TEST(an_alias_to_a_name_of_wasi_is_not_believed),
        SUSPEND_TEST(a_start_function_may_wait),
        SUSPEND_TEST(arguments_are_checked),
        SUSPEND_TEST(long_chains_are_followed),
    };

    return RUN(tests);
}

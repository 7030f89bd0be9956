/* test_linker.c - linkers: definitions, aliases, rules, what is missing. */
#include <pthread.h>

#include "zoo.h"

static int32_t nothing(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    (void)token;
    (void)caller;
    (void)slots;
    return 0;
}

/* Answers with its token. */
static int32_t answer(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    (void)caller;
    slots[0] = token;
    return 0;
}

static lodge_status define(lodge_linker linker, const char *module,
                           const char *name, const char *sig)
{
    return lodge_linker_func(linker, TEXT(module), TEXT(name), TEXT(sig),
                             nothing, 0, ERR);
}

/* A function without parameters that answers `token`. */
static lodge_status define_answer(lodge_linker linker, const char *module,
                                  const char *name, uint64_t token)
{
    return lodge_linker_func(linker, TEXT(module), TEXT(name), TEXT("-> i32"),
                             answer, token, ERR);
}

/* Takes exactly `expected` tokens of host functions out of domain 0. */
static void reap(uint32_t expected)
{
    uint64_t tokens[16];
    uint32_t kinds[16], count;

    OK(lodge_reap(0, kinds, tokens, 16, &count));
    assert_int_equal(count, expected);
}

static lodge_status instantiate(lodge_linker linker, lodge_engine engine,
                                lodge_store store, const char *text,
                                lodge_instance *out)
{
    lodge_module module = new_module(engine, text);
    lodge_status st = lodge_instance_new(linker, store, module, out, ERR);

    lodge_module_close(module);
    return st;
}

/* What the guest's "run" answers when linked with `linker`. */
static uint64_t run(lodge_linker linker, lodge_engine engine, const char *text)
{
    lodge_instance instance;
    uint64_t slot = 0;

    OK(instantiate(linker, engine, (lodge_store){0}, text, &instance));
    OK(lodge_func_call(func_of(instance, "run"), &slot, 1, ERR));
    lodge_instance_close(instance);
    return slot;
}

static const char run_a[] =
    "(module (import \"m\" \"a\" (func $a (result i32)))"
    " (func (export \"run\") (result i32) (call $a)))";

/* Whether the linker knows "m"."<name>" as a function "-> i32". */
static int knows(lodge_linker linker, lodge_engine engine, const char *module,
                 const char *name)
{
    char text[200];
    lodge_module mod;
    uint32_t count = 77;

    snprintf(text, sizeof text,
             "(module (import \"%s\" \"%s\" (func (result i32))))", module,
             name);
    mod = new_module(engine, text);
    lodge_linker_missing(linker, mod, NULL, 0, NULL, &count, ERR);
    lodge_module_close(mod);
    return count == 0;
}

/* ---- life ------------------------------------------------------------- */

static void a_linker_needs_a_live_engine(void **state)
{
    lodge_linker linker = {77};
    struct zoo zoo;

    (void)state;
    zoo_open(&zoo);
    FOR_STRANGERS(&zoo, LODGE_KIND_ENGINE, lodge_engine, engine,
                  FAILS(HANDLE, lodge_linker_new(engine, &linker, ERR)));
    FAILS(ARGUMENT, lodge_linker_new(zoo.engine, NULL, ERR));
    assert_int_equal(linker.id, 77);
    lodge_engine_shutdown(zoo.engine);
    FAILS(HANDLE, lodge_linker_new(zoo.engine, &linker, ERR));
    zoo_close(&zoo);
}

static void closing_what_is_no_linker_does_nothing(void **state)
{
    struct zoo zoo;

    (void)state;
    zoo_open(&zoo);
    FOR_STRANGERS(&zoo, LODGE_KIND_LINKER, lodge_linker, linker,
                  OK(lodge_linker_close(linker)));
    OK(lodge_linker_set(zoo.linker, LODGE_LINKER_SHADOWING, 0, ERR));
    OK(lodge_linker_close(zoo.linker));
    OK(lodge_linker_close(zoo.linker));
    zoo_close(&zoo);
}

/* Every function that takes a linker says E_HANDLE. */
static void all_refuse(const struct zoo *zoo, lodge_linker linker)
{
    const lodge_instance instance = {zoo->id[LODGE_KIND_INSTANCE]};
    const lodge_extern item = {LODGE_KIND_FUNC, 0, zoo->id[LODGE_KIND_FUNC]};
    lodge_instance made = {77};
    lodge_prepared prepared = {77};
    uint32_t count = 77;
    uint64_t len = 77;
    char buf[4];

    FAILS(HANDLE, lodge_linker_set(linker, LODGE_LINKER_UNKNOWN, 0, ERR));
    FAILS(HANDLE, define(linker, "m", "f", "->"));
    FAILS(HANDLE, lodge_linker_add_wasi(linker, ERR));
    FAILS(HANDLE, lodge_linker_add_instance(linker, TEXT("m"), instance, ERR));
    FAILS(HANDLE, lodge_linker_add(linker, TEXT("m"), TEXT("n"), &item, ERR));
    FAILS(HANDLE, lodge_linker_alias(linker, TEXT("a"), TEXT("b"), TEXT("c"),
                                     TEXT("d"), ERR));
    FAILS(HANDLE, lodge_linker_missing(linker, zoo->module, buf, 4, &len,
                                       &count, ERR));
    FAILS(HANDLE, lodge_linker_prepare(linker, zoo->module, &prepared, ERR));
    FAILS(HANDLE,
          lodge_instance_new(linker, zoo->store, zoo->module, &made, ERR));
    assert_int_equal(made.id, 77);
    assert_int_equal(prepared.id, 77);
    assert_int_equal(count, 77);
    assert_int_equal(len, 77);
}

static void what_is_no_linker_is_refused_everywhere(void **state)
{
    lodge_linker stale;
    struct zoo zoo;

    (void)state;
    zoo_open(&zoo);
    FOR_STRANGERS(&zoo, LODGE_KIND_LINKER, lodge_linker, linker,
                  all_refuse(&zoo, linker));
    stale = new_linker(zoo.engine);
    lodge_linker_close(stale);
    all_refuse(&zoo, stale);
    zoo_close(&zoo);
}

static void what_is_no_module_is_refused(void **state)
{
    lodge_prepared prepared = {77};
    uint64_t len = 77;
    struct zoo zoo;

    (void)state;
    zoo_open(&zoo);
    FOR_STRANGERS(&zoo, LODGE_KIND_MODULE, lodge_module, module, {
        FAILS(HANDLE, lodge_linker_missing(zoo.linker, module, NULL, 0, &len,
                                           NULL, ERR));
        FAILS(HANDLE,
              lodge_linker_prepare(zoo.linker, module, &prepared, ERR));
    });
    assert_int_equal(prepared.id, 77);
    assert_int_equal(len, 77);
    zoo_close(&zoo);
}

static void what_is_no_instance_or_item_is_refused(void **state)
{
    struct zoo zoo;

    (void)state;
    zoo_open(&zoo);
    FOR_STRANGERS(&zoo, LODGE_KIND_INSTANCE, lodge_instance, instance,
                  FAILS(HANDLE, lodge_linker_add_instance(
                                    zoo.linker, TEXT("m"), instance, ERR)));
    FOR_STRANGERS(&zoo, LODGE_KIND_FUNC, lodge_func, fn, {
        const lodge_extern item = {LODGE_KIND_FUNC, 0, fn.id};

        FAILS(HANDLE,
              lodge_linker_add(zoo.linker, TEXT("m"), TEXT("n"), &item, ERR));
    });
    zoo_close(&zoo);
}

static void a_linker_is_refused_for_another_engines_module(void **state)
{
    lodge_engine other = new_engine();
    lodge_module module = new_module(other, zoo_text);
    lodge_prepared prepared = {77};
    lodge_instance instance = {77};
    uint64_t len = 77;
    struct zoo zoo;

    (void)state;
    zoo_open(&zoo);
    FAILS(FOREIGN,
          lodge_linker_missing(zoo.linker, module, NULL, 0, &len, NULL, ERR));
    FAILS(FOREIGN, lodge_linker_prepare(zoo.linker, module, &prepared, ERR));
    FAILS(FOREIGN,
          lodge_instance_new(zoo.linker, zoo.store, module, &instance, ERR));
    assert_int_equal(prepared.id, 77);
    assert_int_equal(instance.id, 77);
    assert_int_equal(len, 77);
    zoo_close(&zoo);
    lodge_module_close(module);
    lodge_engine_close(other);
}

/* ---- arguments -------------------------------------------------------- */

static void settings_are_checked(void **state)
{
    lodge_engine engine = new_engine();
    lodge_linker linker = new_linker(engine);

    (void)state;
    FAILS(NOT_FOUND, lodge_linker_set(linker, 0, 0, ERR));
    FAILS(NOT_FOUND, lodge_linker_set(linker, 3, 0, ERR));
    FAILS(NOT_FOUND, lodge_linker_set(linker, UINT32_MAX, 0, ERR));
    FAILS(ARGUMENT, lodge_linker_set(linker, LODGE_LINKER_SHADOWING, 2, ERR));
    FAILS(ARGUMENT,
          lodge_linker_set(linker, LODGE_LINKER_SHADOWING, UINT64_MAX, ERR));
    FAILS(ARGUMENT, lodge_linker_set(linker, LODGE_LINKER_UNKNOWN, 3, ERR));
    FAILS(ARGUMENT, lodge_linker_set(linker, LODGE_LINKER_UNKNOWN,
                                     UINT64_C(1) << 32, ERR));
    lodge_linker_close(linker);
    lodge_engine_close(engine);
}

static void texts_of_definitions_are_checked(void **state)
{
    static const char bad[] = "\xFF\xFE";
    lodge_engine engine = new_engine();
    lodge_linker linker = new_linker(engine);
    int i;

    (void)state;
    for (i = 0; i < 3; i++) {
        const char *m = i == 0 ? bad : "m", *n = i == 1 ? bad : "n";

        FAILS(ARGUMENT,
              lodge_linker_func(linker, TEXT(m), TEXT(n),
                                TEXT(i == 2 ? bad : "->"), nothing, 1, ERR));
        FAILS(ARGUMENT,
              lodge_linker_func(linker, i == 0 ? NULL : "m", 1,
                                i == 1 ? NULL : "n", 1, i == 2 ? NULL : "->",
                                2, nothing, 1, ERR));
        FAILS(ARGUMENT,
              lodge_linker_func(linker, "m", i == 0 ? UINT64_MAX : 1, "n",
                                i == 1 ? UINT64_MAX : 1, "->",
                                i == 2 ? UINT64_MAX : 2, nothing, 1, ERR));
    }
    FAILS(ARGUMENT, lodge_linker_func(linker, TEXT("m"), TEXT("n"), TEXT("->"),
                                      NULL, 1, ERR));
    reap(0);
    lodge_linker_close(linker);
    lodge_engine_close(engine);
}

static void texts_of_aliases_and_items_are_checked(void **state)
{
    static const char bad[] = "\xC3(";
    lodge_extern item;
    struct zoo zoo;
    int i;

    (void)state;
    zoo_open(&zoo);
    item = (lodge_extern){LODGE_KIND_FUNC, 0, zoo.id[LODGE_KIND_FUNC]};
    for (i = 0; i < 4; i++)
        FAILS(ARGUMENT,
              lodge_linker_alias(zoo.linker, i == 0 ? bad : NULL,
                                 i == 0 ? 2 : 0, i == 1 ? bad : NULL,
                                 i == 1 ? 2 : 0, i == 2 ? bad : NULL,
                                 i == 2 ? 2 : 0, i == 3 ? NULL : "x", 1, ERR));
    FAILS(ARGUMENT,
          lodge_linker_add(zoo.linker, TEXT(bad), TEXT("n"), &item, ERR));
    FAILS(ARGUMENT,
          lodge_linker_add(zoo.linker, TEXT("m"), NULL, 1, &item, ERR));
    FAILS(ARGUMENT,
          lodge_linker_add(zoo.linker, TEXT("m"), TEXT("n"), NULL, ERR));
    FAILS(ARGUMENT, lodge_linker_add_instance(
                        zoo.linker, TEXT(bad),
                        (lodge_instance){zoo.id[LODGE_KIND_INSTANCE]}, ERR));
    zoo_close(&zoo);
}

static void an_item_must_be_of_a_kind_that_modules_import(void **state)
{
    static const uint32_t kinds[] = {0,
                                     LODGE_KIND_MODULE,
                                     LODGE_KIND_STORE,
                                     LODGE_KIND_INSTANCE,
                                     LODGE_KIND_REF,
                                     LODGE_KIND_CALLER,
                                     UINT32_MAX};
    struct zoo zoo;
    size_t i;

    (void)state;
    zoo_open(&zoo);
    for (i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const lodge_extern item = {kinds[i], 0, zoo.id[LODGE_KIND_FUNC]};

        FAILS(ARGUMENT,
              lodge_linker_add(zoo.linker, TEXT("m"), TEXT("n"), &item, ERR));
    }
    zoo_close(&zoo);
}

static void signatures_are_checked(void **state)
{
    static const char *const bad[] = {"i33",  "i32 -> -> i32", "i32 i32 >",
                                      "I32",  "i32;i64",       "func",
                                      "->i32"};
    lodge_engine engine = new_engine();
    lodge_linker linker = new_linker(engine);
    size_t i;

    (void)state;
    for (i = 0; i < sizeof bad / sizeof *bad; i++)
        FAILS(ARGUMENT, define(linker, "m", "f", bad[i]));
    SAYS(ARGUMENT, "\"i33\"", define(linker, "m", "f", "i64 -> i33"));
    SAYS(UNSUPPORTED, "ref", define(linker, "m", "f", "ref ->"));
    FAILS(UNSUPPORTED, define(linker, "m", "f", "-> ref"));
    OK(define(linker, "m", "f", "i32 i64 f32 f64 v128 funcref -> funcref"));
    OK(define(linker, "m", "g", ""));
    OK(lodge_linker_func(linker, TEXT("m"), TEXT("h"), NULL, 0, nothing, 0,
                         ERR));
    lodge_linker_close(linker);
    lodge_engine_close(engine);
}

static void a_signature_has_at_most_a_thousand_values_a_side(void **state)
{
    lodge_engine engine = new_engine();
    lodge_linker linker = new_linker(engine);
    char *sig = malloc(8100);
    size_t i, at = 0;

    (void)state;
    for (i = 0; i < 1000; i++)
        at += (size_t)sprintf(sig + at, "i32 ");
    OK(define(linker, "m", "params", sig));
    strcpy(sig + at, "f64");
    FAILS(LIMIT, define(linker, "m", "more", sig));
    strcpy(sig + at, "->");
    at += 2;
    for (i = 0; i < 1000; i++)
        at += (size_t)sprintf(sig + at, " i64");
    OK(define(linker, "m", "both", sig));
    strcpy(sig + at, " f64");
    FAILS(LIMIT, define(linker, "m", "more", sig));
    free(sig);
    lodge_linker_close(linker);
    lodge_engine_close(engine);
}

static void names_may_be_empty_long_and_strange(void **state)
{
    lodge_engine engine = new_engine();
    lodge_linker linker = new_linker(engine);
    char *name = malloc(100000);

    (void)state;
    memset(name, 'n', 100000);
    OK(lodge_linker_func(linker, NULL, 0, NULL, 0, TEXT("-> i32"), answer, 0,
                         ERR));
    OK(lodge_linker_func(linker, name, 100000, name, 99999, TEXT("->"),
                         nothing, 0, ERR));
    OK(lodge_linker_func(linker, "a\0b", 3, "\0", 1, TEXT("->"), nothing, 0,
                         ERR));
    assert_true(knows(linker, engine, "", ""));
    FAILS(LINK, lodge_linker_func(linker, name, 100000, name, 99999,
                                  TEXT("->"), nothing, 0, ERR));
    free(name);
    lodge_linker_close(linker);
    lodge_engine_close(engine);
}

/* ---- definitions ------------------------------------------------------ */

static void a_name_is_defined_once(void **state)
{
    lodge_engine engine = new_engine();
    lodge_linker linker = new_linker(engine);

    (void)state;
    OK(define_answer(linker, "m", "a", 1));
    SAYS(LINK, "a", define_answer(linker, "m", "a", 2));
    reap(1); /* the second token came out at once */
    assert_int_equal(run(linker, engine, run_a), 1);
    lodge_linker_close(linker);
    reap(1);
    lodge_engine_close(engine);
}

static void shadowing_lets_the_later_definition_win(void **state)
{
    lodge_engine engine = new_engine();
    lodge_linker linker = new_linker(engine);

    (void)state;
    OK(define_answer(linker, "m", "a", 1));
    OK(lodge_linker_set(linker, LODGE_LINKER_SHADOWING, 1, ERR));
    OK(define_answer(linker, "m", "a", 2));
    assert_int_equal(run(linker, engine, run_a), 2);
    OK(lodge_linker_set(linker, LODGE_LINKER_SHADOWING, 0, ERR));
    FAILS(LINK, define_answer(linker, "m", "a", 3));
    assert_int_equal(run(linker, engine, run_a), 2);
    lodge_linker_close(linker);
    reap(3);
    lodge_engine_close(engine);
}

static void wasi_is_defined_once(void **state)
{
    lodge_engine engine = new_engine();
    lodge_linker linker = new_linker(engine);

    (void)state;
    OK(lodge_linker_add_wasi(linker, ERR));
    FAILS(LINK, lodge_linker_add_wasi(linker, ERR));
    OK(lodge_linker_set(linker, LODGE_LINKER_SHADOWING, 1, ERR));
    OK(lodge_linker_add_wasi(linker, ERR));
    lodge_linker_close(linker);
    lodge_engine_close(engine);
}

static void wasi_that_clashes_defines_nothing(void **state)
{
    static const char wasi[] = "wasi_snapshot_preview1";
    lodge_engine engine = new_engine();
    lodge_linker linker = new_linker(engine);
    lodge_module module = new_module(
        engine, "(module (import \"wasi_snapshot_preview1\" \"sched_yield\""
                " (func (result i32))))");
    uint32_t count;

    (void)state;
    OK(define_answer(linker, wasi, "proc_exit", 0));
    FAILS(LINK, lodge_linker_add_wasi(linker, ERR));
    lodge_linker_missing(linker, module, NULL, 0, NULL, &count, ERR);
    assert_int_equal(count, 1);
    lodge_module_close(module);
    lodge_linker_close(linker);
    lodge_engine_close(engine);
}

static void an_alias_is_a_second_name(void **state)
{
    lodge_engine engine = new_engine();
    lodge_linker linker = new_linker(engine);

    (void)state;
    OK(define_answer(linker, "x", "y", 5));
    OK(lodge_linker_alias(linker, TEXT("x"), TEXT("y"), TEXT("m"), TEXT("a"),
                          ERR));
    assert_int_equal(run(linker, engine, run_a), 5);
    assert_true(knows(linker, engine, "x", "y"));
    lodge_linker_close(linker);
    reap(1); /* two names, one token */
    lodge_engine_close(engine);
}

static void an_alias_of_a_module_names_all_of_it(void **state)
{
    lodge_engine engine = new_engine();
    lodge_linker linker = new_linker(engine);

    (void)state;
    OK(define_answer(linker, "x", "a", 5));
    OK(define_answer(linker, "x", "b", 6));
    OK(lodge_linker_alias(linker, TEXT("x"), NULL, 0, TEXT("m"), NULL, 0,
                          ERR));
    assert_int_equal(run(linker, engine, run_a), 5);
    assert_true(knows(linker, engine, "m", "b"));
    lodge_linker_close(linker);
    reap(2);
    lodge_engine_close(engine);
}

static void an_alias_of_nothing_is_not_found(void **state)
{
    lodge_engine engine = new_engine();
    lodge_linker linker = new_linker(engine);

    (void)state;
    OK(define_answer(linker, "x", "a", 0));
    FAILS(NOT_FOUND, lodge_linker_alias(linker, TEXT("x"), TEXT("b"),
                                        TEXT("m"), TEXT("a"), ERR));
    FAILS(NOT_FOUND, lodge_linker_alias(linker, TEXT("y"), TEXT("a"),
                                        TEXT("m"), TEXT("a"), ERR));
    FAILS(NOT_FOUND, lodge_linker_alias(linker, TEXT("y"), NULL, 0, TEXT("m"),
                                        NULL, 0, ERR));
    assert_false(knows(linker, engine, "m", "a"));
    lodge_linker_close(linker);
    lodge_engine_close(engine);
}

static void an_alias_does_not_replace_a_definition(void **state)
{
    lodge_engine engine = new_engine();
    lodge_linker linker = new_linker(engine);

    (void)state;
    OK(define_answer(linker, "m", "a", 1));
    OK(define_answer(linker, "x", "a", 2));
    FAILS(LINK, lodge_linker_alias(linker, TEXT("x"), TEXT("a"), TEXT("m"),
                                   TEXT("a"), ERR));
    assert_int_equal(run(linker, engine, run_a), 1);
    OK(lodge_linker_set(linker, LODGE_LINKER_SHADOWING, 1, ERR));
    OK(lodge_linker_alias(linker, TEXT("x"), TEXT("a"), TEXT("m"), TEXT("a"),
                          ERR));
    assert_int_equal(run(linker, engine, run_a), 2);
    lodge_linker_close(linker);
    reap(2);
    lodge_engine_close(engine);
}

static void a_failed_alias_of_a_module_changes_nothing(void **state)
{
    lodge_engine engine = new_engine();
    lodge_linker linker = new_linker(engine);
    char name[2] = "a";

    (void)state;
    for (name[0] = 'a'; name[0] <= 'z'; name[0]++)
        OK(define_answer(linker, "x", name, 0));
    OK(define_answer(linker, "m", "d", 0));
    FAILS(LINK, lodge_linker_alias(linker, TEXT("x"), NULL, 0, TEXT("m"), NULL,
                                   0, ERR));
    for (name[0] = 'a'; name[0] <= 'z'; name[0]++)
        assert_int_equal(knows(linker, engine, "m", name), name[0] == 'd');
    lodge_linker_close(linker);
    lodge_engine_close(engine);
}

/* ---- items of a store ------------------------------------------------- */

static const char exporter[] =
    "(module (memory (export \"memory\") 1)"
    " (table (export \"table\") 3 funcref)"
    " (global (export \"global\") (mut i32) (i32.const 7))"
    " (tag (export \"tag\") (param i32))"
    " (func (export \"a\") (result i32) (i32.const 42))"
    " (func (export \"b\") (result i32) (i32.const 43)))";

static const char importer[] =
    "(module (import \"m\" \"memory\" (memory 1))"
    " (import \"m\" \"table\" (table 3 funcref))"
    " (import \"m\" \"global\" (global $g (mut i32)))"
    " (import \"m\" \"tag\" (tag (param i32)))"
    " (import \"m\" \"a\" (func $a (result i32)))"
    " (func (export \"run\") (result i32)"
    "  (i32.add (call $a) (global.get $g))))";

static void an_instance_serves_another_one(void **state)
{
    lodge_engine engine = new_engine();
    lodge_linker linker = new_linker(engine);
    lodge_store store = new_store(engine);
    lodge_instance a, b;
    uint64_t slot = 0;

    (void)state;
    OK(instantiate(linker, engine, store, exporter, &a));
    OK(lodge_linker_add_instance(linker, TEXT("m"), a, ERR));
    OK(instantiate(linker, engine, store, importer, &b));
    OK(lodge_func_call(func_of(b, "run"), &slot, 1, ERR));
    assert_int_equal(slot, 49);
    lodge_store_close(store);
    lodge_linker_close(linker);
    lodge_engine_close(engine);
}

static void items_of_every_kind_can_be_defined(void **state)
{
    static const char *const names[] = {"memory", "table", "global", "tag",
                                        "a"};
    lodge_engine engine = new_engine();
    lodge_linker linker = new_linker(engine);
    lodge_store store = new_store(engine);
    lodge_instance a, b;
    lodge_extern item;
    uint64_t slot = 0;
    size_t i;

    (void)state;
    OK(instantiate(linker, engine, store, exporter, &a));
    for (i = 0; i < 5; i++) {
        OK(lodge_instance_export(a, TEXT(names[i]), &item, ERR));
        OK(lodge_linker_add(linker, TEXT("m"), TEXT(names[i]), &item, ERR));
    }
    OK(instantiate(linker, engine, store, importer, &b));
    OK(lodge_func_call(func_of(b, "run"), &slot, 1, ERR));
    assert_int_equal(slot, 49);
    lodge_store_close(store);
    lodge_linker_close(linker);
    lodge_engine_close(engine);
}

static void an_item_defined_twice_is_refused(void **state)
{
    lodge_extern item;
    struct zoo zoo;

    (void)state;
    zoo_open(&zoo);
    item = (lodge_extern){LODGE_KIND_MEMORY, 0, zoo.id[LODGE_KIND_MEMORY]};
    OK(lodge_linker_add(zoo.linker, TEXT("m"), TEXT("n"), &item, ERR));
    FAILS(LINK,
          lodge_linker_add(zoo.linker, TEXT("m"), TEXT("n"), &item, ERR));
    OK(lodge_linker_add_instance(zoo.linker, TEXT("i"),
                                 (lodge_instance){zoo.id[LODGE_KIND_INSTANCE]},
                                 ERR));
    FAILS(LINK, lodge_linker_add_instance(
                    zoo.linker, TEXT("i"),
                    (lodge_instance){zoo.id[LODGE_KIND_INSTANCE]}, ERR));
    zoo_close(&zoo);
}

static void an_instance_that_clashes_defines_nothing(void **state)
{
    lodge_engine engine = new_engine();
    lodge_linker linker = new_linker(engine);
    lodge_store store = new_store(engine);
    lodge_instance a, b;

    (void)state;
    OK(instantiate(linker, engine, store, exporter, &a));
    OK(define_answer(linker, "m", "b", 0)); /* its last export */
    FAILS(LINK, lodge_linker_add_instance(linker, TEXT("m"), a, ERR));
    assert_false(knows(linker, engine, "m", "a"));
    /* nor is the linker bound to that store now */
    OK(instantiate(linker, engine, (lodge_store){0}, exporter, &b));
    lodge_instance_close(b);
    lodge_store_close(store);
    lodge_linker_close(linker);
    lodge_engine_close(engine);
}

static void items_bind_a_linker_to_their_store(void **state)
{
    lodge_instance instance = {77}, other;
    lodge_prepared prepared;
    lodge_store store;
    struct zoo zoo;

    (void)state;
    zoo_open(&zoo);
    store = new_store(zoo.engine);
    OK(lodge_instance_new(zoo.linker, store, zoo.module, &other, ERR));
    OK(lodge_linker_add_instance(zoo.linker, TEXT("m"),
                                 (lodge_instance){zoo.id[LODGE_KIND_INSTANCE]},
                                 ERR));
    FAILS(FOREIGN,
          lodge_instance_new(zoo.linker, store, zoo.module, &instance, ERR));
    FAILS(FOREIGN, lodge_instance_new(zoo.linker, (lodge_store){0}, zoo.module,
                                      &instance, ERR));
    FAILS(FOREIGN,
          lodge_linker_add_instance(zoo.linker, TEXT("n"), other, ERR));
    OK(lodge_linker_prepare(zoo.linker, zoo.module, &prepared, ERR));
    FAILS(FOREIGN, lodge_prepared_instance(prepared, store, &instance, ERR));
    FAILS(FOREIGN,
          lodge_prepared_instance(prepared, (lodge_store){0}, &instance, ERR));
    assert_int_equal(instance.id, 77);
    OK(lodge_prepared_instance(prepared, zoo.store, &instance, ERR));
    lodge_prepared_close(prepared);
    lodge_store_close(store);
    zoo_close(&zoo);
}

static void items_of_another_engine_are_foreign(void **state)
{
    lodge_engine other = new_engine();
    lodge_linker linker = new_linker(other);
    lodge_extern item;
    struct zoo zoo;

    (void)state;
    zoo_open(&zoo);
    item = (lodge_extern){LODGE_KIND_FUNC, 0, zoo.id[LODGE_KIND_FUNC]};
    FAILS(FOREIGN, lodge_linker_add(linker, TEXT("m"), TEXT("n"), &item, ERR));
    FAILS(FOREIGN, lodge_linker_add_instance(
                       linker, TEXT("m"),
                       (lodge_instance){zoo.id[LODGE_KIND_INSTANCE]}, ERR));
    zoo_close(&zoo);
    lodge_linker_close(linker);
    lodge_engine_close(other);
}

static void a_linker_outlives_the_store_of_its_items(void **state)
{
    lodge_instance instance = {77};
    lodge_store fresh;
    struct zoo zoo;

    (void)state;
    zoo_open(&zoo);
    OK(lodge_linker_add_instance(zoo.linker, TEXT("m"),
                                 (lodge_instance){zoo.id[LODGE_KIND_INSTANCE]},
                                 ERR));
    lodge_store_close(zoo.store);
    fresh = new_store(zoo.engine);
    FAILS(HANDLE, lodge_instance_new(zoo.linker, zoo.store, zoo.module,
                                     &instance, ERR));
    FAILS(FOREIGN,
          lodge_instance_new(zoo.linker, fresh, zoo.module, &instance, ERR));
    lodge_store_close(fresh);
    zoo_close(&zoo);
}

/* ---- what is missing -------------------------------------------------- */

static const char needy[] =
    "(module (import \"env\" \"log\" (func (param i32)))"
    " (import \"env\" \"memory\" (memory 1 2))"
    " (import \"env\" \"ok\" (func))"
    " (import \"env\" \"g\" (global (mut i64))))";

static void missing_imports_are_listed_in_words(void **state)
{
    static const char expected[] =
        "import \"env\".\"log\": func i32 ->: not defined\n"
        "import \"env\".\"memory\": memory 1 2: not defined\n"
        "import \"env\".\"g\": global mut i64: not defined";
    lodge_engine engine = new_engine();
    lodge_linker linker = new_linker(engine);
    lodge_module module = new_module(engine, needy);
    char buf[400] = "";
    uint32_t count = 0;
    uint64_t len = 0;

    (void)state;
    OK(define(linker, "env", "ok", "->"));
    OK(lodge_linker_missing(linker, module, buf, sizeof buf, &len, &count,
                            ERR));
    assert_int_equal(count, 3);
    assert_int_equal(len, strlen(buf));
    assert_string_equal(buf, expected);
    lodge_module_close(module);
    lodge_linker_close(linker);
    lodge_engine_close(engine);
}

static void the_list_of_missing_imports_tells_its_length(void **state)
{
    lodge_engine engine = new_engine();
    lodge_linker linker = new_linker(engine);
    lodge_module module = new_module(engine, needy);
    uint32_t count = 77;
    uint64_t len = 77;
    char buf[8] = "keep";

    (void)state;
    FAILS(BUFFER, lodge_linker_missing(linker, module, buf, sizeof buf, &len,
                                       &count, ERR));
    assert_int_equal(count, 4);
    assert_true(len > 100);
    assert_string_equal(buf, "keep");
    FAILS(BUFFER,
          lodge_linker_missing(linker, module, NULL, 0, NULL, NULL, ERR));
    FAILS(ARGUMENT,
          lodge_linker_missing(linker, module, NULL, 10, NULL, NULL, ERR));
    lodge_module_close(module);
    lodge_linker_close(linker);
    lodge_engine_close(engine);
}

static void nothing_missing_is_an_empty_list(void **state)
{
    uint32_t count = 77;
    uint64_t len = 77;
    struct zoo zoo;

    (void)state;
    zoo_open(&zoo);
    OK(lodge_linker_missing(zoo.linker, zoo.module, NULL, 0, &len, &count,
                            ERR));
    assert_int_equal(count, 0);
    assert_int_equal(len, 0);
    zoo_close(&zoo);
}

static void a_missing_import_is_named(void **state)
{
    lodge_engine engine = new_engine();
    lodge_linker linker = new_linker(engine);
    lodge_module module = new_module(engine, needy);
    lodge_instance instance = {77};
    lodge_prepared prepared = {77};

    (void)state;
    SAYS(LINK, "import \"env\".\"log\": func i32 ->: not defined",
         lodge_instance_new(linker, (lodge_store){0}, module, &instance, ERR));
    assert_int_equal(test_err.detail, 4);
    SAYS(LINK, "import \"env\".\"log\"",
         lodge_linker_prepare(linker, module, &prepared, ERR));
    FAILS(LINK, lodge_linker_prepare(linker, module, &prepared, NULL));
    assert_int_equal(instance.id, 77);
    assert_int_equal(prepared.id, 77);
    lodge_module_close(module);
    lodge_linker_close(linker);
    lodge_engine_close(engine);
}

static void a_function_that_does_not_fit_is_named(void **state)
{
    lodge_engine engine = new_engine();
    lodge_linker linker = new_linker(engine);
    lodge_instance instance;

    (void)state;
    OK(define(linker, "env", "log", "->"));
    SAYS(LINK, "import \"env\".\"log\": expected func i32 ->, found func ->",
         instantiate(linker, engine, (lodge_store){0},
                     "(module (import \"env\" \"log\" (func (param i32))))",
                     &instance));
    SAYS(LINK, "expected memory 1, found func ->",
         instantiate(linker, engine, (lodge_store){0},
                     "(module (import \"env\" \"log\" (memory 1)))",
                     &instance));
    lodge_linker_close(linker);
    lodge_engine_close(engine);
}

/* Imports that do not fit the exporter's items, one each. */
static const char *const misfits[] = {
    "(module (import \"m\" \"memory\" (memory 2)))",
    "(module (import \"m\" \"table\" (table 4 funcref)))",
    "(module (import \"m\" \"global\" (global (mut i64))))",
    "(module (import \"m\" \"global\" (global i32)))",
    "(module (import \"m\" \"tag\" (tag)))",
    "(module (import \"m\" \"a\" (func (param i32))))",
    "(module (import \"m\" \"a\" (memory 1)))",
};

static void items_that_do_not_fit_are_refused(void **state)
{
    lodge_engine engine = new_engine();
    lodge_linker linker = new_linker(engine);
    lodge_store store = new_store(engine);
    lodge_instance a, b = {77};
    size_t i;

    (void)state;
    OK(instantiate(linker, engine, store, exporter, &a));
    OK(lodge_linker_add_instance(linker, TEXT("m"), a, ERR));
    for (i = 0; i < sizeof misfits / sizeof *misfits; i++) {
        FAILS(LINK, instantiate(linker, engine, store, misfits[i], &b));
        assert_non_null(strstr(test_err.message, "m"));
    }
    assert_int_equal(b.id, 77);
    lodge_store_close(store);
    lodge_linker_close(linker);
    lodge_engine_close(engine);
}

static void items_that_do_not_fit_are_listed_as_missing(void **state)
{
    lodge_engine engine = new_engine();
    lodge_linker linker = new_linker(engine);
    lodge_store store = new_store(engine);
    lodge_module module;
    lodge_instance a;
    uint32_t count;
    size_t i;

    (void)state;
    OK(instantiate(linker, engine, store, exporter, &a));
    OK(lodge_linker_add_instance(linker, TEXT("m"), a, ERR));
    for (i = 0; i < sizeof misfits / sizeof *misfits; i++) {
        module = new_module(engine, misfits[i]);
        count = 77;
        lodge_linker_missing(linker, module, NULL, 0, NULL, &count, ERR);
        assert_int_equal(count, 1);
        lodge_module_close(module);
    }
    lodge_store_close(store);
    lodge_linker_close(linker);
    lodge_engine_close(engine);
}

/* ---- unknown imports -------------------------------------------------- */

static const char stubborn[] =
    "(module (import \"m\" \"gone\" (func $gone (result i32)))"
    " (func (export \"run\") (result i32) (i32.const 3))"
    " (func (export \"touch\") (result i32) (call $gone)))";

static void unknown_functions_can_be_traps(void **state)
{
    lodge_engine engine = new_engine();
    lodge_linker linker = new_linker(engine);
    lodge_instance instance;
    uint64_t slot = 0;

    (void)state;
    FAILS(LINK,
          instantiate(linker, engine, (lodge_store){0}, stubborn, &instance));
    OK(lodge_linker_set(linker, LODGE_LINKER_UNKNOWN, LODGE_UNKNOWN_TRAP,
                        ERR));
    assert_int_equal(run(linker, engine, stubborn), 3);
    OK(instantiate(linker, engine, (lodge_store){0}, stubborn, &instance));
    SAYS(TRAP, "gone",
         lodge_func_call(func_of(instance, "touch"), &slot, 1, ERR));
    lodge_instance_close(instance);
    OK(lodge_linker_set(linker, LODGE_LINKER_UNKNOWN, LODGE_UNKNOWN_ERROR,
                        ERR));
    FAILS(LINK,
          instantiate(linker, engine, (lodge_store){0}, stubborn, &instance));
    lodge_linker_close(linker);
    lodge_engine_close(engine);
}

static void unknown_imports_can_be_default_values(void **state)
{
    static const char text[] =
        "(module (import \"m\" \"f\" (func $f (result i32)))"
        " (import \"m\" \"memory\" (memory 2))"
        " (import \"m\" \"table\" (table 3 funcref))"
        " (import \"m\" \"g\" (global $g i64))"
        " (func (export \"run\") (result i32) (i32.add (call $f)"
        "  (i32.add (memory.size) (i32.wrap_i64 (global.get $g))))))";
    lodge_engine engine = new_engine();
    lodge_linker linker = new_linker(engine);

    (void)state;
    OK(lodge_linker_set(linker, LODGE_LINKER_UNKNOWN, LODGE_UNKNOWN_DEFAULT,
                        ERR));
    assert_int_equal(run(linker, engine, text), 2);
    assert_int_equal(run(linker, engine, text), 2);
    lodge_linker_close(linker);
    lodge_engine_close(engine);
}

static void default_values_obey_the_limits_of_the_store(void **state)
{
    lodge_engine engine = new_engine();
    lodge_linker linker = new_linker(engine);
    lodge_store store = new_store(engine);
    lodge_instance instance = {77};

    (void)state;
    OK(lodge_linker_set(linker, LODGE_LINKER_UNKNOWN, LODGE_UNKNOWN_DEFAULT,
                        ERR));
    OK(lodge_store_set(store, LODGE_STORE_MEMORY_LIMIT, 65536, ERR));
    FAILS(LIMIT,
          instantiate(linker, engine, store,
                      "(module (import \"m\" \"m\" (memory 2)))", &instance));
    assert_int_equal(instance.id, 77);
    lodge_store_close(store);
    lodge_linker_close(linker);
    lodge_engine_close(engine);
}

static void default_values_are_counted_like_all_others(void **state)
{
    static const char text[] = "(module (import \"m\" \"a\" (memory 1)) "
                               "(import \"m\" \"a\" (memory 1))"
                               " (import \"m\" \"b\" (memory 2)) (import "
                               "\"m\" \"t\" (table 1 funcref))"
                               " (memory 1))";
    lodge_engine engine = new_engine();
    lodge_linker linker = new_linker(engine);
    lodge_store store = new_store(engine);
    lodge_instance instance = {77};
    int i;

    (void)state;
    OK(lodge_linker_set(linker, LODGE_LINKER_UNKNOWN, LODGE_UNKNOWN_DEFAULT,
                        ERR));
    OK(lodge_store_set(store, LODGE_STORE_MEMORIES_LIMIT, 2, ERR));
    SAYS(LIMIT, "memories in the store",
         instantiate(linker, engine, store, text, &instance));
    OK(lodge_store_set(store, LODGE_STORE_MEMORIES_LIMIT, 8, ERR));
    OK(lodge_store_set(store, LODGE_STORE_MEMORY_LIMIT, 2 * 65536, ERR));
    for (i = 0; i < 3; i++) { /* the first stays each time it is made */
        SAYS(LIMIT, "", instantiate(linker, engine, store, text, &instance));
        assert_in_range(stat_of(LODGE_STAT_MEMORIES), 1, 4);
    }
    OK(lodge_store_set(store, LODGE_STORE_MEMORY_LIMIT, UINT64_MAX, ERR));
    lodge_store_close(store);
    assert_int_equal(stat_of(LODGE_STAT_MEMORIES), 0);
    OK(instantiate(linker, engine, (lodge_store){0}, text, &instance));
    assert_int_equal(stat_of(LODGE_STAT_MEMORIES), 3);
    lodge_instance_close(instance);
    assert_int_equal(stat_of(LODGE_STAT_MEMORIES), 0);
    lodge_linker_close(linker);
    lodge_engine_close(engine);
}

static void with_unknown_imports_as_traps_the_misfit_is_named(void **state)
{
    lodge_engine engine = new_engine();
    lodge_linker linker = new_linker(engine);
    lodge_instance instance;

    (void)state;
    OK(lodge_linker_set(linker, LODGE_LINKER_UNKNOWN, LODGE_UNKNOWN_TRAP,
                        ERR));
    OK(define(linker, "m", "bad", "i32 ->"));
    SAYS(LINK, "\"m\".\"bad\"",
         instantiate(linker, engine, (lodge_store){0},
                     "(module (import \"m\" \"gone\" (func))"
                     " (import \"m\" \"bad\" (func)))",
                     &instance));
    lodge_linker_close(linker);
    lodge_engine_close(engine);
}

/* ---- while in use ----------------------------------------------------- */

static struct {
    lodge_linker linker;
    lodge_extern item;
    lodge_instance instance;
    lodge_module module;
    lodge_status st[8];
    int count;
} use;

/* Every change that can be made to a linker. */
static void *change(void *arg)
{
    lodge_linker l = use.linker;
    int n = 0;

    use.st[n++] = lodge_linker_set(l, LODGE_LINKER_SHADOWING, 1, NULL);
    use.st[n++] = lodge_linker_set(l, LODGE_LINKER_UNKNOWN, 1, NULL);
    use.st[n++] = lodge_linker_func(l, TEXT("q"), TEXT("f"), TEXT("->"),
                                    nothing, 0, NULL);
    use.st[n++] = lodge_linker_add_wasi(l, NULL);
    use.st[n++] = lodge_linker_add_instance(l, TEXT("q"), use.instance, NULL);
    use.st[n++] = lodge_linker_add(l, TEXT("q"), TEXT("m"), &use.item, NULL);
    use.st[n++] = lodge_linker_alias(l, TEXT("env"), TEXT("f"), TEXT("q"),
                                     TEXT("h"), NULL);
    use.count = n;
    return arg;
}

static int32_t change_here(uint64_t token, lodge_caller caller,
                           uint64_t *slots)
{
    pthread_t thread;

    (void)caller;
    (void)slots;
    if (token == 0)
        change(NULL);
    else if (pthread_create(&thread, NULL, change, NULL) == 0)
        pthread_join(thread, NULL);
    return 0;
}

static const char starting[] =
    "(module (import \"env\" \"f\" (func $f)) (start $f))";

/* Has `change` run while an instance is being made. */
static void change_meanwhile(uint64_t token)
{
    lodge_instance instance;
    struct zoo zoo;
    int i;

    zoo_open(&zoo);
    memset(&use, 0, sizeof use);
    use.linker = zoo.linker;
    use.instance.id = zoo.id[LODGE_KIND_INSTANCE];
    use.item = (lodge_extern){LODGE_KIND_TABLE, 0, zoo.id[LODGE_KIND_TABLE]};
    OK(lodge_linker_func(zoo.linker, TEXT("env"), TEXT("f"), TEXT("->"),
                         change_here, token, ERR));
    OK(instantiate(zoo.linker, zoo.engine, zoo.store, starting, &instance));
    assert_int_equal(use.count, 7);
    for (i = 0; i < use.count; i++)
        assert_int_equal(use.st[i], LODGE_E_BUSY);
    change(NULL);
    for (i = 0; i < use.count; i++)
        assert_int_equal(use.st[i], LODGE_OK);
    zoo_close(&zoo);
}

static void a_linker_in_use_cannot_be_changed(void **state)
{
    (void)state;
    change_meanwhile(0);
}

static void a_linker_in_use_cannot_be_changed_by_another_thread(void **state)
{
    (void)state;
    change_meanwhile(1);
    reap(1);
}

static int32_t use_again(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    uint32_t count = 77;

    (void)token;
    (void)caller;
    (void)slots;
    use.st[0] = lodge_linker_missing(use.linker, use.module, NULL, 0, NULL,
                                     &count, NULL);
    return lodge_linker_close(use.linker);
}

static void a_linker_in_use_can_be_used_and_closed(void **state)
{
    lodge_instance instance;
    struct zoo zoo;

    (void)state;
    zoo_open(&zoo);
    use.linker = zoo.linker;
    use.module = zoo.module;
    OK(lodge_linker_func(zoo.linker, TEXT("env"), TEXT("f"), TEXT("->"),
                         use_again, 9, ERR));
    OK(instantiate(zoo.linker, zoo.engine, zoo.store, starting, &instance));
    assert_int_equal(use.st[0], LODGE_OK);
    FAILS(HANDLE, lodge_linker_set(zoo.linker, 1, 0, ERR));
    reap(0); /* the instance can still reach it */
    zoo_close(&zoo);
    reap(1);
}

static void *add_to(void *arg)
{
    use.st[0] =
        lodge_linker_add_instance(use.linker, TEXT("z"), use.instance, NULL);
    use.st[1] =
        lodge_linker_add(use.linker, TEXT("z"), TEXT("m"), &use.item, NULL);
    return arg;
}

static void items_of_a_store_in_use_elsewhere_are_busy(void **state)
{
    pthread_t thread;
    struct zoo zoo;

    (void)state;
    zoo_open(&zoo);
    use.linker = zoo.linker;
    use.instance.id = zoo.id[LODGE_KIND_INSTANCE];
    use.item = (lodge_extern){LODGE_KIND_TABLE, 0, zoo.id[LODGE_KIND_TABLE]};
    OK(lodge_store_hold(zoo.store, ERR));
    assert_int_equal(pthread_create(&thread, NULL, add_to, NULL), 0);
    pthread_join(thread, NULL);
    assert_int_equal(use.st[0], LODGE_E_BUSY);
    assert_int_equal(use.st[1], LODGE_E_BUSY);
    OK(lodge_store_unhold(zoo.store, ERR));
    zoo_close(&zoo);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_linker_needs_a_live_engine),
        TEST(closing_what_is_no_linker_does_nothing),
        TEST(what_is_no_linker_is_refused_everywhere),
        TEST(what_is_no_module_is_refused),
        TEST(what_is_no_instance_or_item_is_refused),
        TEST(a_linker_is_refused_for_another_engines_module),
        TEST(settings_are_checked),
        TEST(texts_of_definitions_are_checked),
        TEST(texts_of_aliases_and_items_are_checked),
        TEST(an_item_must_be_of_a_kind_that_modules_import),
        TEST(signatures_are_checked),
        TEST(a_signature_has_at_most_a_thousand_values_a_side),
        TEST(names_may_be_empty_long_and_strange),
        TEST(a_name_is_defined_once),
        TEST(shadowing_lets_the_later_definition_win),
        TEST(wasi_is_defined_once),
        TEST(wasi_that_clashes_defines_nothing),
        TEST(an_alias_is_a_second_name),
        TEST(an_alias_of_a_module_names_all_of_it),
        TEST(an_alias_of_nothing_is_not_found),
        TEST(an_alias_does_not_replace_a_definition),
        TEST(a_failed_alias_of_a_module_changes_nothing),
        TEST(an_instance_serves_another_one),
        TEST(items_of_every_kind_can_be_defined),
        TEST(an_item_defined_twice_is_refused),
        TEST(an_instance_that_clashes_defines_nothing),
        TEST(items_bind_a_linker_to_their_store),
        TEST(items_of_another_engine_are_foreign),
        TEST(a_linker_outlives_the_store_of_its_items),
        TEST(missing_imports_are_listed_in_words),
        TEST(the_list_of_missing_imports_tells_its_length),
        TEST(nothing_missing_is_an_empty_list),
        TEST(a_missing_import_is_named),
        TEST(a_function_that_does_not_fit_is_named),
        TEST(items_that_do_not_fit_are_refused),
        TEST(items_that_do_not_fit_are_listed_as_missing),
        TEST(unknown_functions_can_be_traps),
        TEST(unknown_imports_can_be_default_values),
        TEST(default_values_obey_the_limits_of_the_store),
        TEST(default_values_are_counted_like_all_others),
        TEST(with_unknown_imports_as_traps_the_misfit_is_named),
        TEST(a_linker_in_use_cannot_be_changed),
        TEST(a_linker_in_use_cannot_be_changed_by_another_thread),
        TEST(a_linker_in_use_can_be_used_and_closed),
        TEST(items_of_a_store_in_use_elsewhere_are_busy),
    };

    return RUN(tests);
}

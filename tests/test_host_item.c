/* test_host_item.c - memories, tables and globals that host modules export:
 * one of each in every store, shared by all that asks there.
 */
#include <pthread.h>

#include "lodge_test.h"

/* ---- helpers ---------------------------------------------------------- */

static lodge_engine engine;
static lodge_linker linker;
static lodge_host host;

static const char *engine_settings = "";

static int begin(void **state)
{
    if (nothing_lives(state))
        return -1;
    engine = new_engine_with(engine_settings);
    linker = new_linker(engine);
    OK(lodge_host_new(engine, TEXT("env"), &host, ERR));
    return 0;
}

static int end(void **state)
{
    lodge_engine_shutdown(engine);
    lodge_engine_close(engine);
    return nothing_lives(state);
}

#define ITEM_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

static uint32_t add_memory(const char *type, const char *name)
{
    uint32_t index;

    OK(lodge_host_memory(host, TEXT(type), &index, ERR));
    OK(lodge_host_export(host, index, TEXT(name), ERR));
    return index;
}

static uint32_t add_table(const char *type, const char *name)
{
    uint32_t index;

    OK(lodge_host_table(host, TEXT(type), &index, ERR));
    OK(lodge_host_export(host, index, TEXT(name), ERR));
    return index;
}

static uint32_t add_global(const char *type, uint64_t low, uint64_t high,
                           const char *name)
{
    const uint64_t slots[2] = {low, high};
    uint32_t index;

    OK(lodge_host_global(host, TEXT(type), slots, &index, ERR));
    OK(lodge_host_export(host, index, TEXT(name), ERR));
    return index;
}

static void add_func(const char *sig, uint32_t mode, lodge_direct_fn fn,
                     const char *name)
{
    uint32_t index;

    OK(lodge_host_func(host, TEXT(sig), mode, 0, &index, ERR));
    if (fn)
        OK(lodge_host_direct(host, index, fn, ERR));
    OK(lodge_host_export(host, index, TEXT(name), ERR));
}

static void add_to_linker(void)
{
    OK(lodge_linker_add_host(linker, host, ERR));
}

static lodge_instance instance_in(lodge_store store, const char *text)
{
    lodge_module module = new_module(engine, text);
    lodge_instance instance;

    OK(lodge_instance_new(linker, store, module, &instance, ERR));
    lodge_module_close(module);
    return instance;
}

static lodge_prepared prepare(const char *text)
{
    lodge_module module = new_module(engine, text);
    lodge_prepared prepared;

    OK(lodge_linker_prepare(linker, module, &prepared, ERR));
    lodge_module_close(module);
    return prepared;
}

static lodge_instance prepared_in(lodge_prepared prepared, lodge_store store)
{
    lodge_instance instance;

    OK(lodge_prepared_instance(prepared, store, &instance, ERR));
    return instance;
}

static uint64_t call(lodge_instance instance, const char *name, uint64_t a,
                     uint64_t b)
{
    uint64_t slots[2] = {a, b};

    OK(lodge_func_call(func_of(instance, name), slots, 2, ERR));
    return slots[0];
}

static lodge_extern got(lodge_store store, const char *name)
{
    lodge_extern item = {0};

    OK(lodge_host_get(host, store, TEXT(name), &item, ERR));
    return item;
}

static uint64_t value_of(lodge_store store, uint32_t key)
{
    uint64_t value;

    OK(lodge_store_get(store, key, &value, ERR));
    return value;
}

static const lodge_store own = {0};

static const char with_memory[] =
    "(module (import \"env\" \"m\" (memory 1))"
    " (export \"again\" (memory 0))"
    " (func (export \"put\") (param i32 i32)"
    "  (i32.store (local.get 0) (local.get 1)))"
    " (func (export \"get\") (param i32) (result i32)"
    "  (i32.load (local.get 0))))";

/* ---- one in each store ------------------------------------------------ */

static void instances_of_a_store_share_a_memory(void **state)
{
    lodge_store first, second;
    lodge_instance a, b, c;

    (void)state;
    add_memory("1 4", "m");
    add_to_linker();
    first = new_store(engine);
    second = new_store(engine);
    a = instance_in(first, with_memory);
    b = instance_in(first, with_memory);
    c = instance_in(second, with_memory);
    call(a, "put", 8, 4711);
    assert_int_equal(call(b, "get", 8, 0), 4711);
    assert_int_equal(call(c, "get", 8, 0), 0);
    assert_int_equal(value_of(first, LODGE_STORE_MEMORY_BYTES), 65536);
}

static void an_instance_with_its_own_store_has_its_own(void **state)
{
    lodge_instance a, b;

    (void)state;
    add_memory("1", "m");
    add_to_linker();
    a = instance_in(own, with_memory);
    b = instance_in(own, with_memory);
    call(a, "put", 8, 1);
    assert_int_equal(call(b, "get", 8, 0), 0);
}

static void one_memory_under_two_names_is_one_memory(void **state)
{
    lodge_store store = new_store(engine);
    lodge_linker other = new_linker(engine);
    lodge_instance a, b;

    (void)state;
    OK(lodge_host_export(host, add_memory("1", "m"), TEXT("n"), ERR));
    add_to_linker();
    OK(lodge_linker_add_host(other, host, ERR));
    a = instance_in(store, with_memory);
    linker = other;
    b = instance_in(store, "(module (import \"env\" \"n\" (memory 1))"
                           " (import \"env\" \"m\" (memory 1))"
                           " (func (export \"get\") (param i32) (result i32)"
                           "  (i32.load 0 (local.get 0))))");
    call(a, "put", 0, 99);
    assert_int_equal(call(b, "get", 0, 0), 99);
    assert_int_equal(got(store, "m").id, got(store, "n").id);
    assert_int_equal(value_of(store, LODGE_STORE_MEMORY_BYTES), 65536);
}

static void globals_begin_with_their_values(void **state)
{
    lodge_instance instance;
    double pi = 3.25;
    uint64_t bits;

    (void)state;
    memcpy(&bits, &pi, sizeof bits);
    add_global("i32", UINT64_C(0xFFFFFFFF00000007), 0, "a");
    add_global("mut i64", UINT64_MAX - 1, 0, "b");
    add_global("f32", 0x40500000, 0, "c");
    add_global("f64", bits, 0, "d");
    add_global("v128", 1, 2, "e");
    add_global("funcref", 0, 0, "f");
    add_to_linker();
    instance = instance_in(
        own, "(module (import \"env\" \"a\" (global i32))"
             " (import \"env\" \"b\" (global (mut i64)))"
             " (import \"env\" \"c\" (global f32))"
             " (import \"env\" \"d\" (global f64))"
             " (import \"env\" \"e\" (global v128))"
             " (import \"env\" \"f\" (global funcref))"
             " (func (export \"a\") (result i32) (global.get 0))"
             " (func (export \"b\") (result i64)"
             "  (global.set 1 (i64.add (global.get 1) (i64.const 1)))"
             "  (global.get 1))"
             " (func (export \"c\") (result f32) (global.get 2))"
             " (func (export \"d\") (result f64) (global.get 3))"
             " (func (export \"e\") (result i64)"
             "  (i64x2.extract_lane 1 (global.get 4)))"
             " (func (export \"f\") (result i32)"
             "  (ref.is_null (global.get 5))))");
    assert_int_equal(call(instance, "a", 0, 0), 7);
    assert_true(call(instance, "b", 0, 0) == UINT64_MAX);
    assert_int_equal(call(instance, "c", 0, 0), 0x40500000);
    assert_true(call(instance, "d", 0, 0) == bits);
    assert_int_equal(call(instance, "e", 0, 0), 2);
    assert_int_equal(call(instance, "f", 0, 0), 1);
}

static void a_mutable_global_is_set_in_one_store_only(void **state)
{
    static const char text[] =
        "(module (import \"env\" \"g\" (global $g (mut i32)))"
        " (func (export \"up\") (result i32)"
        "  (global.set $g (i32.add (global.get $g) (i32.const 1)))"
        "  (global.get $g)))";
    lodge_store store = new_store(engine);
    lodge_prepared prepared;

    (void)state;
    add_global("mut i32", 40, 0, "g");
    add_to_linker();
    prepared = prepare(text);
    assert_int_equal(call(prepared_in(prepared, own), "up", 0, 0), 41);
    assert_int_equal(call(prepared_in(prepared, own), "up", 0, 0), 41);
    assert_int_equal(call(prepared_in(prepared, store), "up", 0, 0), 41);
    assert_int_equal(call(prepared_in(prepared, store), "up", 0, 0), 42);
    assert_int_equal(call(instance_in(store, text), "up", 0, 0), 43);
}

static void a_table_is_shared_between_guests(void **state)
{
    lodge_store store = new_store(engine);
    lodge_instance user;
    lodge_extern table;
    uint64_t value = 1;

    (void)state;
    add_table("4 8 funcref", "t");
    add_to_linker();
    user =
        instance_in(store, "(module (import \"env\" \"t\" (table 4 8 funcref))"
                           " (type $t (func (result i32)))"
                           " (func (export \"run\") (param i32) (result i32)"
                           "  (call_indirect (type $t) (local.get 0))))");
    table = got(store, "t");
    assert_int_equal(table.kind, LODGE_KIND_TABLE);
    OK(lodge_table_get((lodge_table){table.id}, 2, &value, ERR));
    assert_int_equal(value, 0);
    instance_in(store, "(module (import \"env\" \"t\" (table 4 funcref))"
                       " (elem (i32.const 2) $f)"
                       " (func $f (result i32) (i32.const 55)))");
    assert_int_equal(call(user, "run", 2, 0), 55);
    READS("4 8 funcref",
          lodge_table_type((lodge_table){table.id}, buf, cap, len, ERR));
}

/* The host's tag is the same for all guests of a store: one throws, another
 * catches.
 */
static void a_tag_is_shared_between_guests(void **state)
{
    lodge_store store = new_store(engine);
    lodge_linker second = new_linker(engine);
    lodge_instance thrower, catcher;
    uint32_t index;

    (void)state;
    OK(lodge_host_tag(host, TEXT("i32"), &index, ERR));
    OK(lodge_host_export(host, index, TEXT("e"), ERR));
    add_to_linker();
    thrower = instance_in(
        store, "(module (import \"env\" \"e\" (tag $e (param i32)))"
               " (func (export \"throw\") (throw $e (i32.const 77))))");
    OK(lodge_linker_add_host(second, host, ERR));
    OK(lodge_linker_add_instance(second, TEXT("other"), thrower, ERR));
    linker = second;
    catcher = instance_in(store,
                          "(module (import \"env\" \"e\" (tag $e (param i32)))"
                          " (import \"other\" \"throw\" (func $throw))"
                          " (func (export \"f\") (result i32)"
                          "  (block $b (result i32)"
                          "   (try_table (catch $e $b) (call $throw))"
                          "   (i32.const 0))))");
    assert_int_equal(call(catcher, "f", 0, 0), 77);
    assert_int_equal(got(store, "e").kind, LODGE_KIND_TAG);
    READS("i32",
          lodge_tag_type((lodge_tag){got(store, "e").id}, buf, cap, len, ERR));
    FAILS(EXCEPTION, lodge_func_call(func_of(thrower, "throw"), NULL, 0, ERR));
}

/* ---- prepared, frames, waiting ---------------------------------------- */

static const char starts[] =
    "(module (import \"env\" \"m\" (memory 1))"
    " (import \"env\" \"ask\" (func $ask (result i32)))"
    " (func $start (i32.store (i32.const 4) (call $ask)))"
    " (start $start)"
    " (func (export \"get\") (param i32) (result i32)"
    "  (i32.load (local.get 0))))";

static lodge_instance answered(uint64_t *frame, uint64_t value)
{
    assert_int_equal(lodge_instantiate(frame), LODGE_REQUEST);
    frame[LODGE_FRAME_SLOTS] = value;
    OK(lodge_resume(frame));
    return (lodge_instance){frame[LODGE_FRAME_SLOTS]};
}

static void a_start_function_that_waits_finds_it(void **state)
{
    uint64_t frame[LODGE_FRAME_SLOTS + 4] = {0};
    lodge_store store = new_store(engine);
    lodge_instance first, second;

    (void)state;
    add_memory("1", "m");
    add_func("-> i32", LODGE_HOST_SUSPEND, NULL, "ask");
    add_to_linker();
    frame[LODGE_FRAME_FUNC] = prepare(starts).id;
    frame[LODGE_FRAME_CAPACITY] = 4;
    frame[LODGE_FRAME_SLOTS] = store.id;
    first = answered(frame, 11);
    assert_int_equal(call(first, "get", 4, 0), 11);
    frame[LODGE_FRAME_SLOTS] = store.id;
    second = answered(frame, 12);
    assert_int_equal(call(first, "get", 4, 0), 12);
    frame[LODGE_FRAME_SLOTS] = 0;
    assert_int_equal(call(answered(frame, 13), "get", 4, 0), 13);
    assert_int_equal(call(second, "get", 4, 0), 12);
}

static int32_t make_inside(uint64_t token, lodge_caller caller,
                           uint64_t *slots)
{
    lodge_store store;
    lodge_instance instance;

    (void)token;
    OK(lodge_caller_store(caller, &store));
    instance = instance_in(store, with_memory);
    call(instance, "put", 4, slots[0]);
    return 0;
}

static void a_host_function_makes_one_that_shares_it(void **state)
{
    lodge_instance instance;

    (void)state;
    add_memory("1", "m");
    add_func("i32 ->", LODGE_HOST_DIRECT, make_inside, "make");
    add_to_linker();
    instance = instance_in(
        own, "(module (import \"env\" \"make\" (func $make (param i32)))"
             " (import \"env\" \"m\" (memory 1))"
             " (func (export \"f\") (result i32)"
             "  (call $make (i32.const 321)) (i32.load (i32.const 4))))");
    assert_int_equal(call(instance, "f", 0, 0), 321);
}

/* ---- got by the host -------------------------------------------------- */

static void the_host_fills_a_memory_before_the_guest(void **state)
{
    lodge_store store = new_store(engine);
    const uint8_t bytes[4] = {1, 2, 3, 4};
    lodge_extern memory;
    lodge_memory again;
    lodge_instance instance;

    (void)state;
    add_memory("1", "m");
    memory = got(store, "m");
    assert_int_equal(memory.kind, LODGE_KIND_MEMORY);
    assert_int_equal(memory.reserved, 0);
    OK(lodge_memory_write((lodge_memory){memory.id}, 16, bytes, 4, ERR));
    add_to_linker();
    instance = instance_in(store, with_memory);
    assert_int_equal(call(instance, "get", 16, 0), 0x04030201);
    OK(lodge_instance_memory(instance, TEXT("again"), &again, ERR));
    assert_int_equal(again.id, memory.id);
    assert_int_equal(got(store, "m").id, memory.id);
}

static lodge_extern found;
static lodge_instance asked_by;

static int32_t finds_export(uint64_t token, lodge_caller caller,
                            uint64_t *slots)
{
    (void)token;
    OK(lodge_caller_instance(caller, &asked_by));
    slots[0] = 5;
    if (asked_by.id)
        return lodge_caller_export(caller, TEXT("again"), &found);
    return 0;
}

static void a_caller_reaches_what_its_guest_exports_again(void **state)
{
    lodge_store store = new_store(engine);
    lodge_instance instance;

    (void)state;
    add_memory("1", "m");
    add_func("-> i32", LODGE_HOST_DIRECT, finds_export, "f");
    add_to_linker();
    instance =
        instance_in(store, "(module (import \"env\" \"m\" (memory 1))"
                           " (import \"env\" \"f\" (func $f (result i32)))"
                           " (export \"again\" (memory 0))"
                           " (func (export \"f\") (result i32) (call $f)))");
    assert_int_equal(call(instance, "f", 0, 0), 5);
    assert_int_equal(found.id, got(store, "m").id);
    assert_int_equal(asked_by.id, instance.id);
}

/* C5.4 */
static void the_host_calls_a_function_of_its_own(void **state)
{
    lodge_store store = new_store(engine);
    uint64_t frame[LODGE_FRAME_SLOTS + 4] = {0};
    lodge_extern direct, waits;
    uint64_t slot = 0;

    (void)state;
    add_func("-> i32", LODGE_HOST_DIRECT, finds_export, "f");
    add_func("i32 -> i32", LODGE_HOST_SUSPEND, NULL, "ask");
    direct = got(store, "f");
    assert_int_equal(direct.kind, LODGE_KIND_FUNC);
    assert_int_equal(got(store, "f").id, direct.id);
    asked_by.id = 1;
    OK(lodge_func_call((lodge_func){direct.id}, &slot, 1, ERR));
    assert_int_equal(slot, 5);
    assert_int_equal(asked_by.id, 0);
    waits = got(store, "ask");
    FAILS(STATE, lodge_func_call((lodge_func){waits.id}, &slot, 1, ERR));
    frame[LODGE_FRAME_FUNC] = waits.id;
    frame[LODGE_FRAME_CAPACITY] = 4;
    assert_int_equal(lodge_call(frame), LODGE_REQUEST);
    assert_int_equal(frame[LODGE_FRAME_INSTANCE], 0);
    frame[LODGE_FRAME_SLOTS] = 17;
    OK(lodge_resume(frame));
    assert_int_equal(frame[LODGE_FRAME_SLOTS], 17);
    SAYS(STATE, "in a linker", lodge_host_direct(host, 0, finds_export, ERR));
}

static void a_token_stays_while_a_store_has_its_function(void **state)
{
    lodge_store store = new_store(engine);
    uint32_t index, kinds[2], n;
    uint64_t tokens[2];

    (void)state;
    OK(lodge_host_func(host, TEXT("->"), LODGE_HOST_SUSPEND, 77, &index, ERR));
    OK(lodge_host_export(host, index, TEXT("f"), ERR));
    got(store, "f");
    lodge_host_close(host);
    OK(lodge_reap(0, kinds, tokens, 2, &n));
    assert_int_equal(n, 0);
    lodge_store_close(store);
    OK(lodge_reap(0, kinds, tokens, 2, &n));
    assert_int_equal(n, 1);
    assert_int_equal(tokens[0], 77);
}

/* ---- names ------------------------------------------------------------ */

static void aliases_lead_to_the_same_memory(void **state)
{
    lodge_store store = new_store(engine);
    lodge_instance a, b, c;

    (void)state;
    add_memory("1", "m");
    add_to_linker();
    OK(lodge_linker_alias(linker, TEXT("env"), TEXT("m"), TEXT("x"), TEXT("y"),
                          ERR));
    OK(lodge_linker_alias(linker, TEXT("env"), NULL, 0, TEXT("whole"), NULL, 0,
                          ERR));
    a = instance_in(store, with_memory);
    b = instance_in(store, "(module (import \"x\" \"y\" (memory 1))"
                           " (func (export \"get\") (result i32)"
                           "  (i32.load (i32.const 0))))");
    c = instance_in(store, "(module (import \"whole\" \"m\" (memory 1))"
                           " (func (export \"get\") (result i32)"
                           "  (i32.load (i32.const 0))))");
    call(a, "put", 0, 31);
    assert_int_equal(call(b, "get", 0, 0), 31);
    assert_int_equal(call(c, "get", 0, 0), 31);
}

static void shadowing_replaces_it_and_it_replaces(void **state)
{
    static const char text[] =
        "(module (import \"env\" \"m\" (func $m (result i32)))"
        " (func (export \"f\") (result i32) (call $m)))";
    lodge_store store = new_store(engine);
    lodge_host other;
    uint32_t index;

    (void)state;
    add_memory("1", "m");
    OK(lodge_host_new(engine, TEXT("env"), &other, ERR));
    OK(lodge_host_func(other, TEXT("-> i32"), LODGE_HOST_DIRECT, 0, &index,
                       ERR));
    OK(lodge_host_direct(other, index, finds_export, ERR));
    OK(lodge_host_export(other, index, TEXT("m"), ERR));
    add_to_linker();
    SAYS(LINK, "\"env\".\"m\"", lodge_linker_add_host(linker, other, ERR));
    SAYS(LINK, "\"env\".\"m\"", lodge_linker_add_host(linker, host, ERR));
    OK(lodge_linker_set(linker, LODGE_LINKER_SHADOWING, 1, ERR));
    OK(lodge_linker_add_host(linker, other, ERR));
    instance_in(store, text);
    add_to_linker();
    call(instance_in(store, with_memory), "put", 0, 1);
}

static void an_add_that_fails_leaves_no_name(void **state)
{
    lodge_module module = new_module(engine, with_memory);
    lodge_instance instance;
    uint32_t index;

    (void)state;
    add_memory("1", "m");
    OK(lodge_host_func(host, TEXT("->"), LODGE_HOST_DIRECT, 0, &index, ERR));
    OK(lodge_host_export(host, index, TEXT("no body"), ERR));
    FAILS(STATE, lodge_linker_add_host(linker, host, ERR));
    SAYS(LINK, "not defined",
         lodge_instance_new(linker, own, module, &instance, ERR));
}

static void exports_tell_their_kind_and_type(void **state)
{
    uint32_t index;

    (void)state;
    OK(lodge_host_export(host, add_memory("1 4 i64", "m"), TEXT("n"), ERR));
    add_table("2 externref", "t");
    add_global("mut f64", 0, 0, "g");
    add_func("i32 -> i64", LODGE_HOST_FRAME, NULL, "f");
    OK(lodge_host_tag(host, TEXT("i32, f64"), &index, ERR));
    OK(lodge_host_export(host, index, TEXT("e"), ERR));
#define ITEM(at, what)                                                        \
    lodge_host_item(host, at, LODGE_HOST_##what, buf, cap, len, ERR)
    READS("memory", ITEM(0, KIND));
    READS("1 4 i64", ITEM(0, TYPE));
    READS("", ITEM(0, MODE));
    READS("m", ITEM(0, TRACE_NAME));
    READS("n", ITEM(1, EXPORT_NAME));
    READS("m", ITEM(1, TRACE_NAME));
    READS("0", ITEM(1, INDEX));
    READS("table", ITEM(2, KIND));
    READS("2 externref", ITEM(2, TYPE));
    READS("global", ITEM(3, KIND));
    READS("mut f64", ITEM(3, TYPE));
    READS("func", ITEM(4, KIND));
    READS("frame", ITEM(4, MODE));
    READS("3", ITEM(4, INDEX));
    READS("tag", ITEM(5, KIND));
    READS("i32 f64", ITEM(5, TYPE));
}

/* ---- what does not fit ------------------------------------------------ */

static void wrong_types_are_told_by_name(void **state)
{
    static const char text[] =
        "(module (import \"env\" \"m\" (memory 3))"
        " (import \"env\" \"g\" (global (mut i32)))"
        " (import \"env\" \"t\" (func)) (import \"env\" \"u\" (func)))";
    static const char complaints[] =
        "import \"env\".\"m\": expected memory 3, found memory 1\n"
        "import \"env\".\"g\": expected global mut i32, found global i32\n"
        "import \"env\".\"t\": expected func ->, found table 1 funcref\n"
        "import \"env\".\"u\": func ->: not defined";
    lodge_store store = new_store(engine);
    lodge_instance instance;
    lodge_prepared prepared;
    lodge_module module = new_module(engine, text);
    uint32_t count = 0;

    (void)state;
    add_memory("1", "m");
    add_global("i32", 0, 0, "g");
    add_table("1 funcref", "t");
    add_to_linker();
    READS(complaints,
          lodge_linker_missing(linker, module, buf, cap, len, &count, ERR));
    assert_int_equal(count, 4);
    SAYS(LINK, "expected memory 3, found memory 1; there are more",
         lodge_instance_new(linker, store, module, &instance, ERR));
    assert_int_equal(test_err.detail, 4);
    SAYS(LINK, "expected memory 3",
         lodge_linker_prepare(linker, module, &prepared, ERR));
}

static void a_store_with_other_items_tells_both(void **state)
{
    static const char text[] = "(module (import \"env\" \"m\" (memory 1))"
                               " (import \"bound\" \"g\" (global i64)))";
    lodge_store store = new_store(engine), other = new_store(engine);
    lodge_module module = new_module(engine, text);
    lodge_global global;
    lodge_extern item = {.kind = LODGE_KIND_GLOBAL};
    lodge_prepared prepared;
    lodge_instance instance;
    uint64_t zero = 0;

    (void)state;
    add_memory("1", "m");
    add_to_linker();
    OK(lodge_global_new(store, TEXT("i32"), &zero, &global, ERR));
    item.id = global.id;
    OK(lodge_linker_add(linker, TEXT("bound"), TEXT("g"), &item, ERR));
    READS("import \"bound\".\"g\": expected global i64, found global i32",
          lodge_linker_missing(linker, module, buf, cap, len, NULL, ERR));
    lodge_module_close(module);
    module = new_module(engine, "(module (import \"env\" \"m\" (memory 1))"
                                " (import \"bound\" \"g\" (global i32)))");
    OK(lodge_linker_prepare(linker, module, &prepared, ERR));
    OK(lodge_prepared_instance(prepared, store, &instance, ERR));
    OK(lodge_instance_new(linker, store, module, &instance, ERR));
    FAILS(FOREIGN, lodge_prepared_instance(prepared, other, &instance, ERR));
    FAILS(FOREIGN, lodge_prepared_instance(prepared, own, &instance, ERR));
    lodge_store_close(store);
    READS("", lodge_linker_missing(linker, module, buf, cap, len, NULL, ERR));
}

static void unknown_imports_may_trap_beside_it(void **state)
{
    static const char text[] = "(module (import \"env\" \"m\" (memory 1))"
                               " (import \"none\" \"f\" (func $f))"
                               " (func (export \"run\") (call $f)))";
    lodge_prepared prepared;
    lodge_instance instance;
    lodge_module module = new_module(engine, text);

    (void)state;
    add_memory("1", "m");
    add_to_linker();
    OK(lodge_linker_set(linker, LODGE_LINKER_UNKNOWN, LODGE_UNKNOWN_TRAP,
                        ERR));
    prepared = prepare(text);
    instance = prepared_in(prepared, own);
    FAILS(TRAP, lodge_func_call(func_of(instance, "run"), NULL, 0, ERR));
    OK(lodge_linker_set(linker, LODGE_LINKER_UNKNOWN, LODGE_UNKNOWN_DEFAULT,
                        ERR));
    OK(lodge_instance_new(linker, own, module, &instance, ERR));
    OK(lodge_func_call(func_of(instance, "run"), NULL, 0, ERR));
}

static void what_it_takes_counts_in_the_store(void **state)
{
    static const char text[] = "(module (import \"env\" \"m\" (memory 2)))";
    lodge_prepared prepared;
    lodge_instance instance;
    lodge_store store = new_store(engine);
    lodge_extern item;
    uint64_t before;
    int i;

    (void)state;
    add_memory("2 9", "m");
    add_table("10 funcref", "t");
    add_to_linker();
    prepared = prepare(text);
    OK(lodge_store_set(store, LODGE_STORE_MEMORY_LIMIT, 65536, ERR));
    OK(lodge_store_set(store, LODGE_STORE_TABLE_LIMIT, 9, ERR));
    for (i = 0; i < 3; i++)
        SAYS(LIMIT, "import \"env\".\"m\"",
             lodge_prepared_instance(prepared, store, &instance, ERR));
    SAYS(LIMIT, "\"env\".\"t\"",
         lodge_host_get(host, store, TEXT("t"), &item, ERR));
    assert_int_equal(value_of(store, LODGE_STORE_MEMORY_BYTES), 0);
    assert_int_equal(value_of(store, LODGE_STORE_TABLE_ELEMENTS), 0);
    OK(lodge_prepared_set(prepared, LODGE_STORE_MEMORY_LIMIT, 65536, ERR));
    FAILS(LIMIT, lodge_prepared_instance(prepared, own, &instance, ERR));
    before = value_of(store, LODGE_STORE_REFUSALS);
    assert_true(before >= 4);
    OK(lodge_store_set(store, LODGE_STORE_MEMORY_LIMIT, 131072, ERR));
    OK(lodge_store_set(store, LODGE_STORE_TABLE_LIMIT, 10, ERR));
    OK(lodge_prepared_instance(prepared, store, &instance, ERR));
    item = got(store, "t");
    assert_int_equal(value_of(store, LODGE_STORE_MEMORY_BYTES), 131072);
    assert_int_equal(value_of(store, LODGE_STORE_TABLE_ELEMENTS), 10);
}

static void the_number_of_memories_is_limited_too(void **state)
{
    lodge_store store = new_store(engine);
    lodge_extern item;

    (void)state;
    add_memory("0", "m");
    add_memory("0", "n");
    OK(lodge_store_set(store, LODGE_STORE_MEMORIES_LIMIT, 1, ERR));
    got(store, "n");
    got(store, "n");
    FAILS(LIMIT, lodge_host_get(host, store, TEXT("m"), &item, ERR));
}

/* A description beyond a store's default is none of the host module's
 * business: the store may be given more.
 */
static void a_large_one_can_be_described(void **state)
{
    lodge_prepared prepared;

    (void)state;
    add_memory("65536", "m");
    add_to_linker();
    prepared = prepare("(module (import \"env\" \"m\" (memory 65536)))");
    prepared_in(prepared, own);
}

/* ---- the end ---------------------------------------------------------- */

static void it_outlives_the_host_module_and_the_linker(void **state)
{
    lodge_instance instance;
    lodge_prepared prepared;

    (void)state;
    add_memory("1", "m");
    add_to_linker();
    lodge_host_close(host);
    prepared = prepare(with_memory);
    lodge_linker_close(linker);
    instance = prepared_in(prepared, own);
    lodge_prepared_close(prepared);
    call(instance, "put", 0, 3);
    assert_int_equal(call(instance, "get", 0, 0), 3);
}

/* C1.7 */
static void a_new_item_under_an_old_name_changes_no_linker(void **state)
{
    lodge_store store = new_store(engine);
    lodge_linker second = new_linker(engine);
    lodge_instance before, after;
    lodge_memory memory;
    uint64_t size;

    (void)state;
    add_memory("1", "m");
    add_to_linker();
    before = instance_in(store, with_memory);
    add_memory("2", "m");
    OK(lodge_linker_add_host(second, host, ERR));
    call(before, "put", 0, 8);
    assert_int_equal(call(instance_in(store, with_memory), "get", 0, 0), 8);
    linker = second;
    after = instance_in(store, with_memory);
    assert_int_equal(call(after, "get", 0, 0), 0);
    OK(lodge_instance_memory(after, TEXT("again"), &memory, ERR));
    OK(lodge_memory_size(memory, &size, ERR));
    assert_int_equal(size, 131072);
}

static void many_rounds_leave_nothing(void **state)
{
    uint64_t bytes = 0;
    int i;

    (void)state;
    add_memory("1", "m");
    add_global("mut i32", 1, 0, "g");
    add_to_linker();
    for (i = 0; i < 300; i++) {
        lodge_prepared prepared = prepare(with_memory);
        lodge_instance instance = prepared_in(prepared, own);

        lodge_prepared_close(prepared);
        call(instance, "put", 0, 3);
        lodge_instance_close(instance);
        if (i == 10)
            bytes = stat_of(LODGE_STAT_BYTES);
    }
    assert_int_equal(stat_of(LODGE_STAT_BYTES), bytes);
}

enum { MAKERS = 4 };
static lodge_prepared shared_template;

static void *makes_many(void *arg)
{
    uint32_t own_value = (uint32_t)(uintptr_t)arg;
    intptr_t good = 0;
    int i;

    for (i = 0; i < 100; i++) {
        lodge_instance instance;
        lodge_func put, get;
        uint64_t slots[2] = {8, own_value};

        if (lodge_prepared_instance(shared_template, own, &instance, NULL) ||
            lodge_instance_func(instance, TEXT("put"), &put, NULL) ||
            lodge_instance_func(instance, TEXT("get"), &get, NULL) ||
            lodge_func_call(put, slots, 2, NULL) ||
            lodge_func_call(get, slots, 2, NULL))
            break;
        good += slots[0] == own_value;
        lodge_instance_close(instance);
    }
    return (void *)good;
}

static void many_threads_use_one_template(void **state)
{
    pthread_t thread[MAKERS];
    uintptr_t i;
    void *good;

    (void)state;
    add_memory("1", "m");
    add_to_linker();
    shared_template = prepare(with_memory);
    for (i = 0; i < MAKERS; i++)
        assert_int_equal(
            pthread_create(&thread[i], NULL, makes_many, (void *)(i + 1)), 0);
    for (i = 0; i < MAKERS; i++) {
        assert_int_equal(pthread_join(thread[i], &good), 0);
        assert_int_equal((intptr_t)good, 100);
    }
}

/* ---- misuse ----------------------------------------------------------- */

static void types_are_checked_when_it_is_made(void **state)
{
    const uint64_t zero[2] = {0}, one = 1;
    uint32_t index = 42;

    (void)state;
    FAILS(ARGUMENT, lodge_host_memory(host, TEXT("x"), &index, ERR));
    FAILS(ARGUMENT, lodge_host_memory(host, TEXT("2 1"), &index, ERR));
    FAILS(ARGUMENT, lodge_host_memory(host, NULL, 1, &index, ERR));
    FAILS(ARGUMENT, lodge_host_memory(host, TEXT("1"), NULL, ERR));
    FAILS(TYPE, lodge_host_memory(host, TEXT("65537"), &index, ERR));
    SAYS(UNSUPPORTED, "custom-page-sizes",
         lodge_host_memory(host, TEXT("1 page=1"), &index, ERR));
    SAYS(UNSUPPORTED, "shared-memory=on",
         lodge_host_memory(host, TEXT("1 2 shared"), &index, ERR));
    FAILS(ARGUMENT, lodge_host_table(host, TEXT("1 i32"), &index, ERR));
    FAILS(ARGUMENT, lodge_host_table(host, TEXT("1 funcref"), NULL, ERR));
    FAILS(ARGUMENT, lodge_host_global(host, TEXT("i33"), zero, &index, ERR));
    FAILS(ARGUMENT, lodge_host_global(host, TEXT("i32"), NULL, &index, ERR));
    FAILS(ARGUMENT, lodge_host_global(host, TEXT("i32"), zero, NULL, ERR));
    FAILS(ARGUMENT, lodge_host_tag(host, TEXT("i33"), &index, ERR));
    FAILS(ARGUMENT, lodge_host_tag(host, TEXT("i32"), NULL, ERR));
    FAILS(TYPE, lodge_host_tag(host, TEXT("i32 -> i32"), &index, ERR));
    FAILS(UNSUPPORTED, lodge_host_tag(host, TEXT("ref"), &index, ERR));
    SAYS(ARGUMENT, "begin with 0",
         lodge_host_global(host, TEXT("funcref"), &one, &index, ERR));
    assert_int_equal(index, 42);
    OK(lodge_host_memory(host, TEXT("1"), &index, ERR));
    assert_int_equal(index, 0);
}

static void an_item_is_no_function(void **state)
{
    uint32_t memory = add_memory("1", "m");

    (void)state;
    SAYS(STATE, "is a memory",
         lodge_host_direct(host, memory, finds_export, ERR));
    SAYS(STATE, "a function was expected",
         lodge_host_describe(host, memory, LODGE_HOST_TRACE_NAME, TEXT("x"),
                             ERR));
}

static void getting_is_checked(void **state)
{
    lodge_engine far = new_engine();
    lodge_store store = new_store(engine), other = new_store(far);
    lodge_extern item = {.kind = 99}, memory;
    uint32_t index;

    (void)state;
    add_memory("1", "m");
    OK(lodge_host_func(host, TEXT("->"), LODGE_HOST_DIRECT, 0, &index, ERR));
    OK(lodge_host_export(host, index, TEXT("no body"), ERR));
    SAYS(NOT_FOUND, "does not export \"x\"",
         lodge_host_get(host, store, TEXT("x"), &item, ERR));
    SAYS(STATE, "no body",
         lodge_host_get(host, store, TEXT("no body"), &item, ERR));
    FAILS(FOREIGN, lodge_host_get(host, other, TEXT("m"), &item, ERR));
    FAILS(ARGUMENT, lodge_host_get(host, store, TEXT("m"), NULL, ERR));
    FAILS(ARGUMENT, lodge_host_get(host, store, NULL, 3, &item, ERR));
    FAILS(ARGUMENT, lodge_host_get(host, store, TEXT("\xff"), &item, ERR));
    memory = got(store, "m");
    FAILS(HANDLE, lodge_host_get(host, (lodge_store){memory.id}, TEXT("m"),
                                 &item, ERR));
    FAILS(HANDLE,
          lodge_host_get(host, (lodge_store){host.id}, TEXT("m"), &item, ERR));
    lodge_store_close(store);
    FAILS(HANDLE, lodge_host_get(host, store, TEXT("m"), &item, ERR));
    assert_int_equal(item.kind, 99);
    lodge_engine_shutdown(far);
    lodge_engine_close(far);
}

static void bad_handles_are_refused(void **state)
{
    lodge_store store = new_store(engine);
    const uint64_t zero[2] = {0};
    lodge_extern item;
    uint32_t n;

    (void)state;
    add_memory("1", "m");
    FOR_BAD_IDS(lodge_host, bad, {
        FAILS(HANDLE, lodge_host_memory(bad, TEXT("1"), &n, ERR));
        FAILS(HANDLE, lodge_host_table(bad, TEXT("1 funcref"), &n, ERR));
        FAILS(HANDLE, lodge_host_global(bad, TEXT("i32"), zero, &n, ERR));
        FAILS(HANDLE, lodge_host_tag(bad, TEXT("i32"), &n, ERR));
        FAILS(HANDLE, lodge_host_get(bad, store, TEXT("m"), &item, ERR));
    });
    FOR_BAD_IDS(
        lodge_store, bad,
        FAILS(HANDLE, lodge_host_get(host, bad, TEXT("m"), &item, ERR)));
    n = add_memory("1", "late");
    lodge_host_close(host);
    FAILS(HANDLE, lodge_host_memory(host, TEXT("1"), &n, ERR));
    FAILS(HANDLE, lodge_host_get(host, store, TEXT("m"), &item, ERR));
}

static lodge_status from_inside;

static int32_t changes_a_busy_linker(uint64_t token, lodge_caller caller,
                                     uint64_t *slots)
{
    (void)token;
    (void)caller;
    (void)slots;
    from_inside = lodge_linker_add_host(linker, host, ERR);
    return 0;
}

/* A start function runs while its linker is in use. */
static void a_linker_in_use_is_busy(void **state)
{
    (void)state;
    add_memory("1", "m");
    add_func("->", LODGE_HOST_DIRECT, changes_a_busy_linker, "f");
    add_to_linker();
    instance_in(own, "(module (import \"env\" \"f\" (func $f))"
                     " (import \"env\" \"m\" (memory 1)) (start $f))");
    assert_int_equal(from_inside, LODGE_E_BUSY);
}

/* ---- allocations that fail -------------------------------------------- */

void lodge_test_alloc_fail_at(uint64_t k, int32_t forever);

#define STEP(call_)                                                           \
    do {                                                                      \
        st = (call_);                                                         \
        if (st != LODGE_OK)                                                   \
            goto out;                                                         \
    } while (0)

static lodge_status build_and_use(void)
{
    const uint64_t zero[2] = {0};
    lodge_engine eng = {0};
    lodge_host made = {0};
    lodge_linker lnk = {0};
    lodge_module module = {0};
    lodge_prepared prepared = {0};
    lodge_store store = {0};
    lodge_instance instance;
    lodge_extern item;
    lodge_status st;
    uint32_t index;

    STEP(preset_engine(&eng, ERR));
    STEP(lodge_host_new(eng, TEXT("env"), &made, ERR));
    STEP(lodge_host_memory(made, TEXT("1"), &index, ERR));
    STEP(lodge_host_export(made, index, TEXT("m"), ERR));
    STEP(lodge_host_global(made, TEXT("i32"), zero, &index, ERR));
    STEP(lodge_host_export(made, index, TEXT("g"), ERR));
    STEP(lodge_host_table(made, TEXT("1 funcref"), &index, ERR));
    STEP(lodge_host_export(made, index, TEXT("t"), ERR));
    STEP(lodge_host_tag(made, TEXT("i32"), &index, ERR));
    STEP(lodge_host_export(made, index, TEXT("e"), ERR));
    STEP(lodge_linker_new(eng, &lnk, ERR));
    STEP(lodge_linker_add_host(lnk, made, ERR));
    STEP(lodge_module_open(eng, (const uint8_t *)with_memory,
                           strlen(with_memory), &module, ERR));
    STEP(lodge_linker_missing(lnk, module, NULL, 0, NULL, NULL, ERR));
    STEP(lodge_linker_prepare(lnk, module, &prepared, ERR));
    STEP(lodge_prepared_instance(prepared, own, &instance, ERR));
    STEP(lodge_store_new(eng, &store, ERR));
    STEP(lodge_host_get(made, store, TEXT("t"), &item, ERR));
    STEP(lodge_instance_new(lnk, store, module, &instance, ERR));
out:
    lodge_test_alloc_fail_at(0, 0);
    lodge_engine_shutdown(eng);
    lodge_engine_close(eng);
    return st;
}

static void every_allocation_may_fail(void **state)
{
    uint64_t k;

    (void)state;
    lodge_test_alloc_fail_at(0, 0);
    assert_int_equal(build_and_use(), LODGE_OK);
    for (k = 1; k <= 150; k++) {
        lodge_status st;

        lodge_test_alloc_fail_at(k, (int32_t)(k & 1));
        st = build_and_use();
        assert_true(st == LODGE_OK || st == LODGE_E_MEMORY);
        assert_int_equal(nothing_lives(NULL), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ITEM_TEST(instances_of_a_store_share_a_memory),
        ITEM_TEST(an_instance_with_its_own_store_has_its_own),
        ITEM_TEST(one_memory_under_two_names_is_one_memory),
        ITEM_TEST(globals_begin_with_their_values),
        ITEM_TEST(a_mutable_global_is_set_in_one_store_only),
        ITEM_TEST(a_table_is_shared_between_guests),
        ITEM_TEST(a_tag_is_shared_between_guests),
        ITEM_TEST(a_start_function_that_waits_finds_it),
        ITEM_TEST(a_host_function_makes_one_that_shares_it),
        ITEM_TEST(the_host_fills_a_memory_before_the_guest),
        ITEM_TEST(a_caller_reaches_what_its_guest_exports_again),
        ITEM_TEST(the_host_calls_a_function_of_its_own),
        ITEM_TEST(a_token_stays_while_a_store_has_its_function),
        ITEM_TEST(aliases_lead_to_the_same_memory),
        ITEM_TEST(shadowing_replaces_it_and_it_replaces),
        ITEM_TEST(an_add_that_fails_leaves_no_name),
        ITEM_TEST(exports_tell_their_kind_and_type),
        ITEM_TEST(wrong_types_are_told_by_name),
        ITEM_TEST(a_store_with_other_items_tells_both),
        ITEM_TEST(unknown_imports_may_trap_beside_it),
        ITEM_TEST(what_it_takes_counts_in_the_store),
        ITEM_TEST(the_number_of_memories_is_limited_too),
        ITEM_TEST(a_large_one_can_be_described),
        ITEM_TEST(it_outlives_the_host_module_and_the_linker),
        ITEM_TEST(a_new_item_under_an_old_name_changes_no_linker),
        ITEM_TEST(many_rounds_leave_nothing),
        ITEM_TEST(many_threads_use_one_template),
        ITEM_TEST(types_are_checked_when_it_is_made),
        ITEM_TEST(an_item_is_no_function),
        ITEM_TEST(getting_is_checked),
        ITEM_TEST(bad_handles_are_refused),
        ITEM_TEST(a_linker_in_use_is_busy),
        TEST(every_allocation_may_fail),
    };

    return RUN(tests);
}

/* test_call.c - calls: values, slots, frames. */
#include <pthread.h>

#include "zoo.h"

static uint64_t bits64(double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static uint32_t bits32(float value)
{
    uint32_t bits;

    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static const char identities[] =
    "(module"
    " (func (export \"i32\") (param i32) (result i32) (local.get 0))"
    " (func (export \"i64\") (param i64) (result i64) (local.get 0))"
    " (func (export \"f32\") (param f32) (result f32) (local.get 0))"
    " (func (export \"f64\") (param f64) (result f64) (local.get 0))"
    " (func (export \"v128\") (param v128) (result v128) (local.get 0))"
    " (func (export \"ref\") (param funcref) (result funcref) (local.get 0))"
    " (func (export \"neg\") (param i32) (result i32)"
    "  (i32.sub (i32.const 0) (local.get 0)))"
    " (func (export \"wide\") (param i32) (result i64)"
    "  (i64.extend_i32_u (local.get 0)))"
    " (func (export \"half\") (param f64) (result f32)"
    "  (f32.demote_f64 (local.get 0)))"
    " (func (export \"none\"))"
    " (func (export \"nan\") (result f64)"
    "  (f64.reinterpret_i64 (i64.const 0x7ff8dead_beef0001)))"
    " (func (export \"trap\") (param i64) (result i64 i64) unreachable)"
    " (func (export \"swap\") (param i32 f64) (result f64 i32)"
    "  (local.get 1) (local.get 0)))";

static uint64_t call1(lodge_instance instance, const char *name, uint64_t arg)
{
    OK(lodge_func_call(func_of(instance, name), &arg, 1, ERR));
    return arg;
}

/* ---- values ----------------------------------------------------------- */

static void numbers_pass_unchanged(void **state)
{
    static const uint64_t values[] = {0, 1, 0x7FFFFFFF, 0x80000000,
                                      0xFFFFFFFF};
    lodge_engine engine = new_engine();
    lodge_instance in = new_instance(engine, identities);
    size_t i;

    (void)state;
    for (i = 0; i < 5; i++) {
        uint64_t wide = values[i] << 32 | values[i];

        assert_int_equal(call1(in, "i32", values[i]), values[i]);
        assert_int_equal(call1(in, "f32", values[i]), values[i]);
        assert_int_equal(call1(in, "i64", wide), wide);
        assert_int_equal(call1(in, "f64", wide), wide);
    }
    lodge_instance_close(in);
    lodge_engine_close(engine);
}

static void upper_halves_are_ignored_and_zeroed(void **state)
{
    lodge_engine engine = new_engine();
    lodge_instance in = new_instance(engine, identities);
    const uint64_t dirty = 0xDEADBEEF00000005;

    (void)state;
    assert_int_equal(call1(in, "i32", dirty), 5);
    assert_int_equal(call1(in, "f32", dirty), 5);
    assert_int_equal(call1(in, "wide", dirty), 5);
    assert_int_equal(call1(in, "neg", dirty), 0xFFFFFFFB);
    assert_int_equal(call1(in, "half", bits64(1.5)), bits32(1.5f));
    lodge_instance_close(in);
    lodge_engine_close(engine);
}

static void the_bits_of_a_nan_are_kept(void **state)
{
    lodge_engine engine = new_engine();
    lodge_instance in = new_instance(engine, identities);

    (void)state;
    assert_int_equal(call1(in, "f32", 0x7FA12345), 0x7FA12345);
    assert_int_equal(call1(in, "f32", 0xFFC00001), 0xFFC00001);
    assert_int_equal(call1(in, "f64", 0x7FF4000000000001), 0x7FF4000000000001);
    assert_int_equal(call1(in, "nan", 0), 0x7FF8DEADBEEF0001);
    assert_int_equal(call1(in, "f64", bits64(-0.0)), bits64(-0.0));
    lodge_instance_close(in);
    lodge_engine_close(engine);
}

static void a_vector_takes_two_slots(void **state)
{
    lodge_engine engine = new_engine();
    lodge_instance in = new_instance(engine, identities);
    uint64_t slots[3] = {0x0123456789ABCDEF, 0xFEDCBA9876543210, 77};
    uint32_t params = 0, results = 0;
    lodge_func fn = func_of(in, "v128");

    (void)state;
    OK(lodge_func_slots(fn, &params, &results, ERR));
    assert_int_equal(params, 2);
    assert_int_equal(results, 2);
    OK(lodge_func_call(fn, slots, 2, ERR));
    assert_int_equal(slots[0], 0x0123456789ABCDEF);
    assert_int_equal(slots[1], 0xFEDCBA9876543210);
    assert_int_equal(slots[2], 77);
    FAILS(BUFFER, lodge_func_call(fn, slots, 1, ERR));
    lodge_instance_close(in);
    lodge_engine_close(engine);
}

static void vectors_and_numbers_mix(void **state)
{
    static const char text[] =
        "(module (func (export \"f\") (param i32 v128 i64 v128 f32)"
        " (result f32 v128 i64 v128 i32)"
        " (local.get 4) (local.get 3) (local.get 2) (local.get 1)"
        " (local.get 0)))";
    uint64_t slots[7] = {0xFFFFFFFF00000001, 2, 3, 4, 5, 6,
                         0xFFFFFFFF00000007};
    static const uint64_t expected[7] = {7, 5, 6, 4, 2, 3, 1};
    lodge_engine engine = new_engine();
    lodge_instance in = new_instance(engine, text);

    (void)state;
    OK(lodge_func_call(func_of(in, "f"), slots, 7, ERR));
    assert_memory_equal(slots, expected, sizeof slots);
    lodge_instance_close(in);
    lodge_engine_close(engine);
}

static void results_start_at_slot_zero(void **state)
{
    lodge_engine engine = new_engine();
    lodge_instance in = new_instance(engine, identities);
    uint64_t slots[2] = {9, bits64(2.5)};

    (void)state;
    OK(lodge_func_call(func_of(in, "swap"), slots, 2, ERR));
    assert_int_equal(slots[0], bits64(2.5));
    assert_int_equal(slots[1], 9);
    lodge_instance_close(in);
    lodge_engine_close(engine);
}

/* A function of `n` i64 parameters and results that adds its index to each. */
static lodge_instance wide_instance(lodge_engine engine, int n)
{
    static char text[100000];
    char *at = text;
    int i;

    at += sprintf(at, "(module (func (export \"f\") (param");
    for (i = 0; i < n; i++)
        at += sprintf(at, " i64");
    at += sprintf(at, ") (result");
    for (i = 0; i < n; i++)
        at += sprintf(at, " i64");
    *at++ = ')';
    for (i = 0; i < n; i++)
        at += sprintf(at, " (i64.add (local.get %d) (i64.const %d))", i, i);
    sprintf(at, "))");
    return new_instance(engine, text);
}

static void many_parameters_and_results_pass(void **state)
{
    static const int counts[] = {15, 16, 17, 18, 100, 1000};
    lodge_engine engine = new_engine();
    uint64_t slots[1000];
    size_t c, i;

    (void)state;
    for (c = 0; c < sizeof counts / sizeof *counts; c++) {
        const uint32_t n = (uint32_t)counts[c];
        lodge_instance in = wide_instance(engine, counts[c]);

        for (i = 0; i < n; i++)
            slots[i] = i * 1000;
        FAILS(BUFFER, lodge_func_call(func_of(in, "f"), slots, n - 1, ERR));
        OK(lodge_func_call(func_of(in, "f"), slots, n, ERR));
        for (i = 0; i < n; i++)
            assert_int_equal(slots[i], i * 1001);
        lodge_instance_close(in);
    }
    lodge_engine_close(engine);
}

/* ---- slots ------------------------------------------------------------ */

static void without_values_no_slots_are_needed(void **state)
{
    lodge_engine engine = new_engine();
    lodge_instance in = new_instance(engine, identities);
    uint64_t slot = 77;

    (void)state;
    OK(lodge_func_call(func_of(in, "none"), NULL, 0, ERR));
    OK(lodge_func_call(func_of(in, "none"), NULL, 5, ERR));
    OK(lodge_func_call(func_of(in, "none"), &slot, 1, ERR));
    assert_int_equal(slot, 77);
    lodge_instance_close(in);
    lodge_engine_close(engine);
}

static void too_few_slots_are_refused(void **state)
{
    lodge_engine engine = new_engine();
    lodge_instance in = new_instance(engine, identities);
    uint64_t slots[2] = {77, 78};

    (void)state;
    FAILS(BUFFER, lodge_func_call(func_of(in, "i32"), slots, 0, ERR));
    FAILS(BUFFER, lodge_func_call(func_of(in, "nan"), slots, 0, ERR));
    FAILS(BUFFER, lodge_func_call(func_of(in, "swap"), slots, 1, ERR));
    SAYS(BUFFER, "2", lodge_func_call(func_of(in, "trap"), slots, 1, ERR));
    FAILS(ARGUMENT, lodge_func_call(func_of(in, "i32"), NULL, 1, ERR));
    FAILS(ARGUMENT, lodge_func_call(func_of(in, "nan"), NULL, 1, ERR));
    assert_int_equal(slots[0], 77);
    assert_int_equal(slots[1], 78);
    lodge_instance_close(in);
    lodge_engine_close(engine);
}

static void more_slots_than_needed_stay_as_they_are(void **state)
{
    lodge_engine engine = new_engine();
    lodge_instance in = new_instance(engine, identities);
    uint64_t slots[4] = {5, 66, 77, 88};

    (void)state;
    OK(lodge_func_call(func_of(in, "i32"), slots, 4, ERR));
    assert_int_equal(slots[0], 5);
    assert_int_equal(slots[1], 66);
    assert_int_equal(slots[2], 77);
    assert_int_equal(slots[3], 88);
    lodge_instance_close(in);
    lodge_engine_close(engine);
}

static void a_failed_call_leaves_the_slots_alone(void **state)
{
    lodge_engine engine = new_engine();
    lodge_instance in = new_instance(engine, identities);
    uint64_t slots[2] = {77, 78};

    (void)state;
    FAILS(TRAP, lodge_func_call(func_of(in, "trap"), slots, 2, ERR));
    assert_int_equal(slots[0], 77);
    assert_int_equal(slots[1], 78);
    FAILS(TRAP, lodge_func_call(func_of(in, "trap"), slots, 2, NULL));
    assert_int_equal(slots[0], 77);
    lodge_instance_close(in);
    lodge_engine_close(engine);
}

static void signatures_are_told(void **state)
{
    static const char *const names[][2] = {
        {"i32", "i32 -> i32"},          {"none", "->"},
        {"swap", "i32 f64 -> f64 i32"}, {"nan", "-> f64"},
        {"ref", "funcref -> funcref"},  {"v128", "v128 -> v128"},
        {"trap", "i64 -> i64 i64"},
    };
    lodge_engine engine = new_engine();
    lodge_instance in = new_instance(engine, identities);
    char buf[64];
    uint64_t len;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof names / sizeof *names; i++) {
        OK(lodge_func_type(func_of(in, names[i][0]), buf, sizeof buf, &len,
                           ERR));
        assert_int_equal(len, strlen(names[i][1]));
        assert_memory_equal(buf, names[i][1], len);
    }
    lodge_instance_close(in);
    lodge_engine_close(engine);
}

static void a_signature_that_does_not_fit_tells_its_length(void **state)
{
    lodge_engine engine = new_engine();
    lodge_instance in = new_instance(engine, identities);
    lodge_func fn = func_of(in, "swap");
    char buf[32] = "keep";
    uint64_t len = 0;

    (void)state;
    FAILS(BUFFER, lodge_func_type(fn, buf, 17, &len, ERR));
    assert_int_equal(len, 18);
    assert_string_equal(buf, "keep");
    FAILS(BUFFER, lodge_func_type(fn, NULL, 0, &len, ERR));
    FAILS(ARGUMENT, lodge_func_type(fn, NULL, 1, &len, ERR));
    OK(lodge_func_type(fn, buf, 18, NULL, ERR));
    OK(lodge_func_slots(fn, NULL, NULL, ERR));
    lodge_instance_close(in);
    lodge_engine_close(engine);
}

/* ---- functions as values ---------------------------------------------- */

static const char references[] =
    "(module (type $f (func (result i32)))"
    " (func $one (export \"one\") (result i32) (i32.const 1))"
    " (func $two (result i32) (i32.const 2))"
    " (table (export \"table\") 4 funcref)"
    " (elem (i32.const 0) $one $two)"
    " (func (export \"get\") (param i32) (result funcref)"
    "  (table.get (local.get 0)))"
    " (func (export \"set\") (param i32 funcref)"
    "  (table.set (local.get 0) (local.get 1)))"
    " (func (export \"call\") (param i32) (result i32)"
    "  (call_indirect (type $f) (local.get 0)))"
    " (func (export \"pass\") (param funcref i64) (result i64 funcref)"
    "  (local.get 1) (local.get 0)))";

static void a_function_is_one_id_wherever_it_is_found(void **state)
{
    lodge_engine engine = new_engine();
    lodge_instance in = new_instance(engine, references);
    lodge_func one = func_of(in, "one"), two;
    lodge_table table;
    uint64_t id, slot = 0;

    (void)state;
    OK(lodge_instance_table(in, TEXT("table"), &table, ERR));
    assert_int_equal(call1(in, "get", 0), one.id);
    OK(lodge_table_get(table, 0, &id, ERR));
    assert_int_equal(id, one.id);
    two.id = call1(in, "get", 1);
    assert_true(two.id != one.id);
    assert_int_equal(call1(in, "get", 1), two.id);
    OK(lodge_table_get(table, 1, &id, ERR));
    assert_int_equal(id, two.id);
    OK(lodge_func_call(two, &slot, 1, ERR)); /* though nobody exports it */
    assert_int_equal(slot, 2);
    assert_int_equal(call1(in, "get", 2), 0);
    lodge_instance_close(in);
    lodge_engine_close(engine);
}

static void functions_pass_in_and_out(void **state)
{
    lodge_engine engine = new_engine();
    lodge_instance in = new_instance(engine, references);
    uint64_t slots[2] = {3, func_of(in, "one").id};

    (void)state;
    OK(lodge_func_call(func_of(in, "set"), slots, 2, ERR));
    assert_int_equal(call1(in, "call", 3), 1);
    slots[0] = func_of(in, "one").id;
    slots[1] = 99;
    OK(lodge_func_call(func_of(in, "pass"), slots, 2, ERR));
    assert_int_equal(slots[0], 99);
    assert_int_equal(slots[1], func_of(in, "one").id);
    slots[0] = 3;
    slots[1] = 0;
    OK(lodge_func_call(func_of(in, "set"), slots, 2, ERR));
    FAILS(TRAP, lodge_func_call(func_of(in, "call"), &(uint64_t){3}, 1, ERR));
    lodge_instance_close(in);
    lodge_engine_close(engine);
}

static void a_re_export_is_the_same_function(void **state)
{
    static const char text[] =
        "(module (import \"m\" \"one\" (func $f (result i32)))"
        " (export \"again\" (func $f)))";
    lodge_engine engine = new_engine();
    lodge_linker linker = new_linker(engine);
    lodge_store store = new_store(engine);
    lodge_module first = new_module(engine, references);
    lodge_module second = new_module(engine, text);
    lodge_instance a, b;

    (void)state;
    OK(lodge_instance_new(linker, store, first, &a, ERR));
    OK(lodge_linker_add_instance(linker, TEXT("m"), a, ERR));
    OK(lodge_instance_new(linker, store, second, &b, ERR));
    assert_int_equal(func_of(b, "again").id, func_of(a, "one").id);
    lodge_module_close(first);
    lodge_module_close(second);
    lodge_linker_close(linker);
    lodge_store_close(store);
    lodge_engine_close(engine);
}

static void a_function_of_another_store_is_foreign_while_it_lives(void **state)
{
    lodge_engine engine = new_engine();
    lodge_instance in = new_instance(engine, references);
    lodge_instance other = new_instance(engine, references);
    uint64_t slots[2] = {3, func_of(other, "one").id};

    (void)state;
    FAILS(FOREIGN, lodge_func_call(func_of(in, "set"), slots, 2, ERR));
    lodge_instance_close(other);
    FAILS(HANDLE, lodge_func_call(func_of(in, "set"), slots, 2, ERR));
    slots[1] = UINT64_MAX;
    FAILS(HANDLE, lodge_func_call(func_of(in, "set"), slots, 2, ERR));
    assert_int_equal(call1(in, "get", 3), 0);
    lodge_instance_close(in);
    lodge_engine_close(engine);
}

static void what_is_no_function_is_refused_as_one(void **state)
{
    lodge_engine engine = new_engine();
    lodge_instance in = new_instance(engine, references);
    uint64_t slots[2] = {3, in.id};
    lodge_store store;
    lodge_table table;

    (void)state;
    OK(lodge_instance_table(in, TEXT("table"), &table, ERR));
    OK(lodge_instance_store(in, &store, ERR));
    FAILS(HANDLE, lodge_func_call(func_of(in, "set"), slots, 2, ERR));
    slots[1] = table.id;
    FAILS(HANDLE, lodge_func_call(func_of(in, "set"), slots, 2, ERR));
    slots[1] = store.id;
    FAILS(HANDLE, lodge_func_call(func_of(in, "set"), slots, 2, ERR));
    slots[1] = store.id + 5000;
    FAILS(HANDLE, lodge_func_call(func_of(in, "set"), slots, 2, ERR));
    lodge_instance_close(in);
    lodge_engine_close(engine);
}

static void exact_types_are_checked(void **state)
{
    static const char text[] =
        "(module (type $v (func)) (func $f (export \"f\"))"
        " (func (export \"out\") (result (ref $v)) (ref.func $f))"
        " (elem declare func $f)"
        " (func (export \"ref\") (param (ref $v)) (call_ref $v (local.get 0)))"
        " (func (export \"in\") (param externref)))";
    lodge_engine engine = new_engine();
    lodge_instance in = new_instance(engine, text);
    uint64_t slot = 0;
    char buf[64];
    uint64_t len;

    (void)state;
    SAYS(TYPE, "cannot be 0",
         lodge_func_call(func_of(in, "ref"), &slot, 1, ERR));
    slot = func_of(in, "ref").id;
    SAYS(TYPE, "not of type",
         lodge_func_call(func_of(in, "ref"), &slot, 1, ERR));
    OK(lodge_func_call(func_of(in, "out"), &slot, 1, ERR));
    assert_true(slot == func_of(in, "f").id);
    OK(lodge_func_call(func_of(in, "ref"), &slot, 1, ERR));
    OK(lodge_func_type(func_of(in, "in"), buf, sizeof buf, &len, ERR));
    assert_memory_equal(buf, "externref ->", 12);
    lodge_instance_close(in);
    lodge_engine_close(engine);
}

/* ---- refusals --------------------------------------------------------- */

/* Every function that takes a func says E_HANDLE. */
static void all_refuse(lodge_func fn)
{
    uint64_t frame[17] = {fn.id}, slot = 77, len = 77;
    uint32_t params = 77, results = 77;
    char buf[8] = "keep";

    frame[LODGE_FRAME_CAPACITY] = 1;
    FAILS(HANDLE, lodge_func_call(fn, &slot, 1, ERR));
    FAILS(HANDLE, lodge_func_type(fn, buf, sizeof buf, &len, ERR));
    FAILS(HANDLE, lodge_func_slots(fn, &params, &results, ERR));
    FAILS(HANDLE, lodge_call(frame));
    assert_int_equal((int64_t)frame[LODGE_FRAME_STATUS], LODGE_E_HANDLE);
    assert_string_equal(buf, "keep");
    assert_int_equal(slot + len + params + results, 4 * 77);
}

static void what_is_no_function_is_refused_everywhere(void **state)
{
    struct zoo zoo;

    (void)state;
    zoo_open(&zoo);
    FOR_STRANGERS(&zoo, LODGE_KIND_FUNC, lodge_func, fn, all_refuse(fn));
    zoo_close(&zoo);
}

static void a_function_of_a_closed_store_is_stale(void **state)
{
    lodge_engine engine = new_engine();
    lodge_instance in = new_instance(engine, identities);
    lodge_func fn = func_of(in, "none");

    (void)state;
    lodge_instance_close(in);
    all_refuse(fn);
    in = new_instance(engine, identities);
    func_of(in, "none"); /* the same number in a new store */
    all_refuse(fn);
    lodge_engine_shutdown(engine);
    all_refuse(fn);
}

static struct {
    lodge_func fn;
    lodge_status st[4];
} busy;

static void *ask_all(void *arg)
{
    uint64_t frame[17] = {busy.fn.id}, len, slot;
    uint32_t n;
    char buf[32];

    busy.st[0] = lodge_func_call(busy.fn, &slot, 1, NULL);
    busy.st[1] = lodge_func_type(busy.fn, buf, sizeof buf, &len, NULL);
    busy.st[2] = lodge_func_slots(busy.fn, &n, NULL, NULL);
    busy.st[3] = lodge_call(frame);
    return arg;
}

static void a_store_in_use_elsewhere_is_busy(void **state)
{
    pthread_t thread;
    struct zoo zoo;
    int i;

    (void)state;
    zoo_open(&zoo);
    busy.fn.id = zoo.id[LODGE_KIND_FUNC];
    OK(lodge_store_hold(zoo.store, ERR));
    assert_int_equal(pthread_create(&thread, NULL, ask_all, NULL), 0);
    pthread_join(thread, NULL);
    for (i = 0; i < 4; i++)
        assert_int_equal(busy.st[i], LODGE_E_BUSY);
    OK(lodge_store_unhold(zoo.store, ERR));
    zoo_close(&zoo);
}

/* ---- frames ----------------------------------------------------------- */

enum { SLOTS = 4, RECORD = LODGE_FRAME_SLOTS + SLOTS, WORDS = RECORD + 32 };

/* A frame with an error record behind the slots. */
static void arm(uint64_t *frame, lodge_func fn)
{
    memset(frame, 0xAB, WORDS * sizeof *frame);
    memset(frame, 0, 8 * sizeof *frame);
    frame[LODGE_FRAME_FUNC] = fn.id;
    frame[LODGE_FRAME_CAPACITY] = SLOTS;
    frame[LODGE_FRAME_ERROR] = (uint64_t)32 << 32 | RECORD;
    lodge_error_init((lodge_error *)(void *)&frame[RECORD], 256);
}

static void a_frame_has_the_layout_that_is_documented(void **state)
{
    (void)state;
    assert_int_equal(LODGE_FRAME_FUNC, 0);
    assert_int_equal(LODGE_FRAME_PARENT, 1);
    assert_int_equal(LODGE_FRAME_CALLID, 2);
    assert_int_equal(LODGE_FRAME_DEADLINE, 3);
    assert_int_equal(LODGE_FRAME_TAG, 4);
    assert_int_equal(LODGE_FRAME_CAPACITY, 5);
    assert_int_equal(LODGE_FRAME_ERROR, 6);
    assert_int_equal(LODGE_FRAME_SLICE, 7);
    assert_int_equal(LODGE_FRAME_TOKEN, 8);
    assert_int_equal(LODGE_FRAME_IMPORT, 9);
    assert_int_equal(LODGE_FRAME_INSTANCE, 10);
    assert_int_equal(LODGE_FRAME_DETAIL, 11);
    assert_int_equal(LODGE_FRAME_PAYLOAD, 12);
    assert_int_equal(LODGE_FRAME_STATUS, 13);
    assert_int_equal(LODGE_FRAME_OPEN, 14);
    assert_int_equal(LODGE_FRAME_RESERVED, 15);
    assert_int_equal(LODGE_FRAME_SLOTS, 16);
    assert_int_equal(sizeof(lodge_error), 256);
    assert_int_equal(offsetof(lodge_error, message), 48);
}

static void a_frame_calls_and_brings_the_results(void **state)
{
    lodge_engine engine = new_engine();
    lodge_instance in = new_instance(engine, identities);
    uint64_t frame[WORDS], before[8];
    int i;

    (void)state;
    arm(frame, func_of(in, "swap"));
    frame[LODGE_FRAME_TAG] = 0x1234567890ABCDEF;
    frame[LODGE_FRAME_SLOTS] = 9;
    frame[LODGE_FRAME_SLOTS + 1] = bits64(2.5);
    memcpy(before, frame, sizeof before);
    OK(lodge_call(frame));
    assert_memory_equal(frame, before, sizeof before);
    for (i = 8; i < 16; i++)
        assert_int_equal(frame[i], 0);
    assert_int_equal(frame[LODGE_FRAME_SLOTS], bits64(2.5));
    assert_int_equal(frame[LODGE_FRAME_SLOTS + 1], 9);
    assert_int_equal(frame[LODGE_FRAME_SLOTS + 2], 0xABABABABABABABAB);
    lodge_instance_close(in);
    lodge_engine_close(engine);
}

static void a_failed_frame_tells_why(void **state)
{
    lodge_engine engine = new_engine();
    lodge_instance in = new_instance(engine, identities);
    uint64_t frame[WORDS], before[8];
    const lodge_error *err = (const lodge_error *)(void *)&frame[RECORD];

    (void)state;
    arm(frame, func_of(in, "trap"));
    memcpy(before, frame, sizeof before);
    FAILS(TRAP, lodge_call(frame));
    assert_memory_equal(frame, before, sizeof before);
    assert_int_equal((int64_t)frame[LODGE_FRAME_STATUS], LODGE_E_TRAP);
    assert_int_equal((uint32_t)frame[LODGE_FRAME_DETAIL],
                     LODGE_TRAP_UNREACHABLE);
    assert_int_equal(frame[LODGE_FRAME_DETAIL] >> 32, 0);
    assert_int_equal(frame[LODGE_FRAME_PAYLOAD], 0);
    assert_int_equal(frame[LODGE_FRAME_SLOTS], 0xABABABABABABABAB);
    assert_int_equal(err->status, LODGE_E_TRAP);
    assert_int_equal(err->trap, LODGE_TRAP_UNREACHABLE);
    assert_non_null(strstr(err->message, "unreachable"));
    lodge_instance_close(in);
    lodge_engine_close(engine);
}

static void a_frame_needs_no_error_record(void **state)
{
    lodge_engine engine = new_engine();
    lodge_instance in = new_instance(engine, identities);
    uint64_t frame[LODGE_FRAME_SLOTS + 2] = {0};

    (void)state;
    frame[LODGE_FRAME_FUNC] = func_of(in, "trap").id;
    frame[LODGE_FRAME_CAPACITY] = 2;
    FAILS(TRAP, lodge_call(frame));
    assert_int_equal((uint32_t)frame[LODGE_FRAME_DETAIL],
                     LODGE_TRAP_UNREACHABLE);
    frame[LODGE_FRAME_FUNC] = 0;
    FAILS(HANDLE, lodge_call(frame));
    assert_int_equal((int32_t)(uint32_t)frame[LODGE_FRAME_DETAIL],
                     LODGE_TRAP_NONE);
    FAILS(ARGUMENT, lodge_call(NULL));
    lodge_instance_close(in);
    lodge_engine_close(engine);
}

static void a_record_in_a_frame_may_be_short_or_long(void **state)
{
    lodge_engine engine = new_engine();
    lodge_instance in = new_instance(engine, identities);
    uint64_t frame[LODGE_FRAME_SLOTS + SLOTS + 100];
    lodge_error *err = (lodge_error *)(void *)&frame[RECORD];

    (void)state;
    memset(frame, 0xAB, sizeof frame);
    arm(frame, func_of(in, "trap"));
    frame[LODGE_FRAME_ERROR] = (uint64_t)8 << 32 | RECORD;
    FAILS(TRAP, lodge_call(frame));
    assert_int_equal(err->status, LODGE_E_TRAP);
    assert_int_equal(strlen(err->message), 15);
    assert_true(err->message_len > 15);
    arm(frame, func_of(in, "trap"));
    memset(&frame[RECORD], 0, 8); /* Lodge writes the head by word 6 */
    frame[LODGE_FRAME_ERROR] = (uint64_t)100 << 32 | RECORD;
    err->flags = 0;
    FAILS(TRAP, lodge_call(frame));
    assert_int_equal(err->status, LODGE_E_TRAP);
    assert_int_equal(err->head, LODGE_ERROR_MAGIC | 800);
    lodge_instance_close(in);
    lodge_engine_close(engine);
}

static void words_of_a_frame_are_checked(void **state)
{
    static const uint64_t records[] = {5, 15, (uint64_t)32 << 32 | 15,
                                       (uint64_t)7 << 32 | RECORD,
                                       (uint64_t)32 << 32};
    lodge_engine engine = new_engine();
    lodge_instance in = new_instance(engine, identities);
    uint64_t frame[WORDS];
    size_t i;

    (void)state;
    for (i = 0; i < sizeof records / sizeof *records; i++) {
        arm(frame, func_of(in, "none"));
        frame[LODGE_FRAME_ERROR] = records[i];
        FAILS(ARGUMENT, lodge_call(frame));
        assert_int_equal((int64_t)frame[LODGE_FRAME_STATUS], LODGE_E_ARGUMENT);
        assert_int_equal((int32_t)(uint32_t)frame[LODGE_FRAME_DETAIL],
                         LODGE_TRAP_NONE);
    }
    arm(frame, func_of(in, "none"));
    frame[LODGE_FRAME_CAPACITY] = UINT64_C(1) << 32;
    FAILS(ARGUMENT, lodge_call(frame));
    arm(frame, func_of(in, "none"));
    frame[LODGE_FRAME_PARENT] = 1;
    FAILS(STATE, lodge_call(frame));
    arm(frame, func_of(in, "none"));
    frame[LODGE_FRAME_SLICE] = UINT64_MAX;
    OK(lodge_call(frame));
    arm(frame, func_of(in, "none"));
    frame[LODGE_FRAME_CALLID] = 1;
    OK(lodge_call(frame));
    lodge_instance_close(in);
    lodge_engine_close(engine);
}

static void a_frame_with_too_few_slots_is_refused(void **state)
{
    lodge_engine engine = new_engine();
    lodge_instance in = new_instance(engine, identities);
    uint64_t frame[WORDS];

    (void)state;
    arm(frame, func_of(in, "swap"));
    frame[LODGE_FRAME_CAPACITY] = 1;
    FAILS(BUFFER, lodge_call(frame));
    assert_int_equal((int64_t)frame[LODGE_FRAME_STATUS], LODGE_E_BUFFER);
    assert_int_equal(frame[LODGE_FRAME_SLOTS], 0xABABABABABABABAB);
    frame[LODGE_FRAME_CAPACITY] = 0;
    FAILS(BUFFER, lodge_call(frame));
    frame[LODGE_FRAME_FUNC] = func_of(in, "none").id;
    OK(lodge_call(frame));
    lodge_instance_close(in);
    lodge_engine_close(engine);
}

static const char spinning[] =
    "(module (func (export \"spin\") (loop $l (br $l)))"
    " (func (export \"quick\")))";

static void a_frame_has_its_own_deadline(void **state)
{
    lodge_engine engine = new_engine();
    lodge_instance in = new_instance(engine, spinning);
    uint64_t frame[WORDS];
    lodge_store store;
    lodge_status st;
    int i;

    (void)state;
    OK(lodge_instance_store(in, &store, ERR));
    OK(lodge_store_set(store, LODGE_STORE_DEADLINE, 3600000000000, ERR));
    for (i = 0; i < 3; i++) {
        arm(frame, func_of(in, "spin"));
        frame[LODGE_FRAME_DEADLINE] = 2000000;
        FAILS(DEADLINE, lodge_call(frame));
        frame[LODGE_FRAME_FUNC] = func_of(in, "quick").id;
        OK(lodge_call(frame));
        frame[LODGE_FRAME_DEADLINE] = UINT64_MAX;
        OK(lodge_call(frame));
        frame[LODGE_FRAME_DEADLINE] = 1; /* who knows who gets there first */
        st = lodge_call(frame);
        assert_true(st == LODGE_OK || st == LODGE_E_DEADLINE);
    }
    OK(lodge_store_set(store, LODGE_STORE_DEADLINE, 2000000, ERR));
    arm(frame, func_of(in, "spin"));
    FAILS(DEADLINE, lodge_call(frame)); /* 0: the store's */
    lodge_instance_close(in);
    lodge_engine_close(engine);
}

static void a_frame_deadline_needs_interruption(void **state)
{
    lodge_engine engine = new_engine_with("interruption=off");
    lodge_instance in = new_instance(engine, spinning);
    uint64_t frame[WORDS];

    (void)state;
    arm(frame, func_of(in, "quick"));
    frame[LODGE_FRAME_DEADLINE] = 1;
    FAILS(STATE, lodge_call(frame));
    frame[LODGE_FRAME_DEADLINE] = 0;
    OK(lodge_call(frame));
    lodge_instance_close(in);
    lodge_engine_close(engine);
}

static void a_frame_is_used_a_thousand_times(void **state)
{
    lodge_engine engine = new_engine();
    lodge_instance in = new_instance(engine, identities);
    const lodge_func good = func_of(in, "i64"), bad = func_of(in, "trap");
    uint64_t frame[WORDS], i;

    (void)state;
    arm(frame, good);
    for (i = 0; i < 1000; i++) {
        frame[LODGE_FRAME_FUNC] = good.id;
        frame[LODGE_FRAME_SLOTS] = i << 40;
        OK(lodge_call(frame));
        assert_int_equal(frame[LODGE_FRAME_SLOTS], i << 40);
        assert_int_equal(frame[LODGE_FRAME_STATUS], 0);
        frame[LODGE_FRAME_FUNC] = bad.id;
        FAILS(TRAP, lodge_call(frame));
        assert_int_equal((int64_t)frame[LODGE_FRAME_STATUS], LODGE_E_TRAP);
    }
    lodge_instance_close(in);
    lodge_engine_close(engine);
}

/* ---- with host functions ---------------------------------------------- */

static struct {
    lodge_func back;
    uint64_t tags[3], open[3], frame[WORDS];
    int depth, failing;
} deep;

static int32_t note(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    uint64_t inner[WORDS];
    int at = deep.depth++;

    (void)token;
    lodge_caller_tag(caller, &deep.tags[at]);
    if (at == 0) {
        arm(inner, deep.back);
        inner[LODGE_FRAME_TAG] = 8;
        inner[LODGE_FRAME_SLOTS] = slots[0];
        if (lodge_call(inner) != LODGE_OK)
            return -1;
        deep.open[0] = inner[LODGE_FRAME_OPEN];
        slots[0] = inner[LODGE_FRAME_SLOTS];
        lodge_caller_tag(caller, &deep.tags[2]);
    }
    slots[0]++;
    if (deep.failing)
        return lodge_caller_fail(caller, 0xABCDEF0123456789, TEXT("no"));
    return 0;
}

static int32_t leave(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    (void)slots;
    return lodge_caller_exit(caller, (int32_t)(uint32_t)token);
}

static lodge_instance instance_with(lodge_engine engine, lodge_direct_fn fn,
                                    uint64_t token)
{
    static const char text[] =
        "(module (import \"m\" \"f\" (func $f (param i64) (result i64)))"
        " (func (export \"run\") (param i64) (result i64)"
        "  (call $f (i64.add (local.get 0) (i64.const 10)))))";
    lodge_linker linker = new_linker(engine);
    lodge_module module = new_module(engine, text);
    lodge_instance in;

    OK(lodge_linker_func(linker, TEXT("m"), TEXT("f"), TEXT("i64 -> i64"), fn,
                         token, ERR));
    OK(lodge_instance_new(linker, (lodge_store){0}, module, &in, ERR));
    lodge_module_close(module);
    lodge_linker_close(linker);
    memset(&deep, 0, sizeof deep);
    deep.back = func_of(in, "run");
    return in;
}

static void host_functions_see_the_tag_of_their_call(void **state)
{
    lodge_engine engine = new_engine();
    lodge_instance in = instance_with(engine, note, 0);

    (void)state;
    arm(deep.frame, deep.back);
    deep.frame[LODGE_FRAME_TAG] = 7;
    deep.frame[LODGE_FRAME_SLOTS] = 100;
    OK(lodge_call(deep.frame));
    assert_int_equal(deep.frame[LODGE_FRAME_SLOTS], 122);
    assert_int_equal(deep.tags[0], 7);
    assert_int_equal(deep.tags[1], 8);
    assert_int_equal(deep.tags[2], 7); /* its own again */
    assert_int_equal(deep.open[0], 1);
    assert_int_equal(deep.frame[LODGE_FRAME_OPEN], 0);
    deep.depth = 1;
    OK(lodge_func_call(deep.back, &(uint64_t){0}, 1, ERR));
    assert_int_equal(deep.tags[1], 0); /* no frame, no tag */
    lodge_instance_close(in);
    lodge_engine_close(engine);
}

static void a_frame_tells_payload_and_exit_code(void **state)
{
    lodge_engine engine = new_engine();
    lodge_instance in = instance_with(engine, note, 0);
    uint64_t token;
    uint32_t kind, count;

    (void)state;
    deep.depth = deep.failing = 1;
    arm(deep.frame, deep.back);
    FAILS(HOST, lodge_call(deep.frame));
    assert_int_equal(deep.frame[LODGE_FRAME_PAYLOAD], 0xABCDEF0123456789);
    assert_int_equal((int32_t)(uint32_t)deep.frame[LODGE_FRAME_DETAIL],
                     LODGE_TRAP_NONE);
    lodge_instance_close(in);
    in = instance_with(engine, leave, 0xFFFFFFFF);
    arm(deep.frame, deep.back);
    FAILS(EXIT, lodge_call(deep.frame));
    assert_int_equal((int32_t)(deep.frame[LODGE_FRAME_DETAIL] >> 32), -1);
    assert_int_equal(deep.frame[LODGE_FRAME_PAYLOAD], 0);
    lodge_instance_close(in);
    lodge_engine_close(engine);
    OK(lodge_reap(0, &kind, &token, 1, &count));
    assert_int_equal(count, 1);
}

static int32_t recurse(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    (void)token;
    (void)caller;
    if (slots[0] >= 1000)
        return 0;
    return lodge_func_call(deep.back, slots, 1, NULL);
}

static void guest_and_host_call_each_other(void **state)
{
    lodge_engine engine = new_engine();
    lodge_instance in = instance_with(engine, recurse, 0);
    uint64_t slot = 0;

    (void)state;
    OK(lodge_func_call(deep.back, &slot, 1, ERR));
    assert_int_equal(slot, 1000);
    lodge_instance_close(in);
    lodge_engine_close(engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(numbers_pass_unchanged),
        TEST(upper_halves_are_ignored_and_zeroed),
        TEST(the_bits_of_a_nan_are_kept),
        TEST(a_vector_takes_two_slots),
        TEST(vectors_and_numbers_mix),
        TEST(results_start_at_slot_zero),
        TEST(many_parameters_and_results_pass),
        TEST(without_values_no_slots_are_needed),
        TEST(too_few_slots_are_refused),
        TEST(more_slots_than_needed_stay_as_they_are),
        TEST(a_failed_call_leaves_the_slots_alone),
        TEST(signatures_are_told),
        TEST(a_signature_that_does_not_fit_tells_its_length),
        TEST(a_function_is_one_id_wherever_it_is_found),
        TEST(functions_pass_in_and_out),
        TEST(a_re_export_is_the_same_function),
        TEST(a_function_of_another_store_is_foreign_while_it_lives),
        TEST(what_is_no_function_is_refused_as_one),
        TEST(exact_types_are_checked),
        TEST(what_is_no_function_is_refused_everywhere),
        TEST(a_function_of_a_closed_store_is_stale),
        TEST(a_store_in_use_elsewhere_is_busy),
        TEST(a_frame_has_the_layout_that_is_documented),
        TEST(a_frame_calls_and_brings_the_results),
        TEST(a_failed_frame_tells_why),
        TEST(a_frame_needs_no_error_record),
        TEST(a_record_in_a_frame_may_be_short_or_long),
        TEST(words_of_a_frame_are_checked),
        TEST(a_frame_with_too_few_slots_is_refused),
        TEST(a_frame_has_its_own_deadline),
        TEST(a_frame_deadline_needs_interruption),
        TEST(a_frame_is_used_a_thousand_times),
        TEST(host_functions_see_the_tag_of_their_call),
        TEST(a_frame_tells_payload_and_exit_code),
        TEST(guest_and_host_call_each_other),
    };

    return RUN(tests);
}

/* test_features.c - what newer parts of WebAssembly promise, through lodge.h:
 * long addresses, many memories, small pages, wide numbers, tail calls,
 * vectors, longer constants. Each runs compiled and in Pulley.
 */
#include "store_fixture.h"

#define FEATURES                                                              \
    "custom-page-sizes=on,wide-arithmetic=on,memory64=on,multi-memory=on,"    \
    "tail-call=on,gc=on,function-references=on,exceptions=on,"                \
    "extended-const=on,relaxed-simd=on,relaxed-simd-deterministic=on"

static int begin_compiled(void **state)
{
    engine_settings = FEATURES;
    return begin(state);
}

static int begin_pulley(void **state)
{
    engine_settings = FEATURES ",target=pulley64,wasm-threads=off";
    return begin(state);
}

#define BOTH(name)                                                            \
    {#name, name, begin_compiled, end, NULL},                                 \
    {                                                                         \
        #name " (pulley)", name, begin_pulley, end, NULL                      \
    }

static lodge_status call(lodge_instance in, const char *name, uint64_t *slots,
                         uint32_t len)
{
    return lodge_func_call(func_of(in, name), slots, len, ERR);
}

static void traps(int32_t trap, lodge_instance in, const char *name,
                  uint64_t slot)
{
    FAILS(TRAP, call(in, name, &slot, 1));
    assert_int_equal(test_err.trap, trap);
}

/* ---- long addresses ---------------------------------------------------- */

static const char memory64_text[] =
    "(module (memory (export \"memory\") i64 1 4)"
    " (func (export \"load\") (param i64) (result i64)"
    "  (i64.load (local.get 0)))"
    " (func (export \"load_far\") (param i64) (result i64)"
    "  (i64.load offset=0xFFFFFFFFFFFFFFF0 (local.get 0)))"
    " (func (export \"grow\") (param i64) (result i64)"
    "  (memory.grow (local.get 0)))"
    " (func (export \"size\") (param i64) (result i64) (memory.size))"
    " (func (export \"fill\") (param i64) (result i64)"
    "  (memory.fill (local.get 0) (i32.const 7) (i64.const 8))"
    "  (local.get 0)))";

static void a_long_address_outside_is_refused(void **state)
{
    static const uint64_t bad[] = {
        65536 - 7,  65536,      UINT32_MAX, UINT64_C(1) << 32,
        1ULL << 48, 1ULL << 63, UINT64_MAX, UINT64_MAX - 7};
    lodge_instance in = guest(memory64_text);
    lodge_memory memory = memory_of(in, "memory");
    uint64_t value = 42;
    size_t i;

    (void)state;
    READS("1 4 i64", lodge_memory_type(memory, buf, cap, len, ERR));
    for (i = 0; i < sizeof bad / sizeof *bad; i++) {
        FAILS(BOUNDS,
              lodge_memory_load(memory, bad[i], LODGE_TYPE_I64, &value, ERR));
        traps(LODGE_TRAP_MEMORY_OUT_OF_BOUNDS, in, "load", bad[i]);
        traps(LODGE_TRAP_MEMORY_OUT_OF_BOUNDS, in, "fill", bad[i]);
    }
    assert_int_equal(value, 42);
    assert_int_equal(call1(in, "load", 65536 - 8), 0);
    traps(LODGE_TRAP_MEMORY_OUT_OF_BOUNDS, in, "load_far", 0);
    traps(LODGE_TRAP_MEMORY_OUT_OF_BOUNDS, in, "load_far", 16);
    traps(LODGE_TRAP_MEMORY_OUT_OF_BOUNDS, in, "load_far", UINT64_MAX);
}

static void a_long_memory_grows_up_to_its_maximum(void **state)
{
    static const uint64_t bad[] = {
        4, 65536, UINT32_MAX, 1ULL << 32, 1ULL << 48, 1ULL << 63, UINT64_MAX};
    lodge_instance in = guest(memory64_text);
    lodge_memory memory = memory_of(in, "memory");
    uint64_t old = 42;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_true(call1(in, "grow", bad[i]) == UINT64_MAX);
        FAILS(LIMIT, lodge_memory_grow(memory, bad[i], &old, ERR));
    }
    assert_int_equal(old, 42);
    assert_int_equal(call1(in, "grow", 1), 1);
    OK(lodge_memory_grow(memory, 2, &old, ERR));
    assert_int_equal(old, 2);
    assert_int_equal(call1(in, "size", 0), 4);
    assert_true(call1(in, "grow", 1) == UINT64_MAX);
    assert_int_equal(call1(in, "fill", 4 * PAGE - 8), 4 * PAGE - 8);
}

/* Beyond 4 GiB: reserved, and touched at its end only. */
static void bytes_above_four_gib_are_reached(void **state)
{
    const uint64_t end = UINT64_C(65538) * PAGE;
    lodge_instance in =
        guest("(module (memory (export \"memory\") i64 65538)"
              " (func (export \"load\") (param i64) (result i64)"
              "  (i64.load (local.get 0))))");
    lodge_memory memory = memory_of(in, "memory");
    uint64_t value = 99;

    (void)state;
    assert_true(size_of(memory) == end);
    OK(lodge_memory_store(memory, end - 8, LODGE_TYPE_I64, &value, ERR));
    assert_int_equal(call1(in, "load", end - 8), 99);
    assert_int_equal(call1(in, "load", (end - 8) & UINT32_MAX), 0);
    traps(LODGE_TRAP_MEMORY_OUT_OF_BOUNDS, in, "load", end - 7);
    FAILS(BOUNDS,
          lodge_memory_store(memory, end - 7, LODGE_TYPE_I64, &value, ERR));
}

static void a_long_memory_of_the_host_is_imported(void **state)
{
    const lodge_extern item = {LODGE_KIND_MEMORY, 0, new_memory("1 3 i64").id};
    lodge_linker linker = new_linker(engine);
    lodge_instance none = {42}, in;
    lodge_module wrong =
        new_module(engine, "(module (import \"h\" \"m\" (memory 1 3)))");

    (void)state;
    OK(lodge_linker_add(linker, TEXT("h"), TEXT("m"), &item, ERR));
    in = instance_in_store(linker,
                           "(module (import \"h\" \"m\" (memory i64 1 3))"
                           " (func (export \"size\") (param i64) (result i64)"
                           "  (memory.size)))");
    assert_int_equal(call1(in, "size", 0), 1);
    SAYS(LINK, "expected memory 1 3, found memory 1 3 i64",
         lodge_instance_new(linker, store, wrong, &none, ERR));
    assert_int_equal(none.id, 42);
}

/* ---- many memories ----------------------------------------------------- */

static const char many_text[] =
    "(module (memory $a (export \"a\") 1) (memory $b (export \"b\") 2 3)"
    " (memory $c (export \"c\") i64 1)"
    " (data $p \"passive\")"
    " (data (memory $b) (i32.const 10) \"data of b\")"
    " (data (memory $c) (i64.const 20) \"data of c\")"
    " (func (export \"move\")"
    "  (memory.copy $a $b (i32.const 1) (i32.const 10) (i32.const 9))"
    "  (memory.copy $c $a (i64.const 40) (i32.const 1) (i32.const 9))"
    "  (memory.init $a $p (i32.const 100) (i32.const 0) (i32.const 7))"
    "  (memory.fill $b (i32.const 0) (i32.const 120) (i32.const 5)))"
    " (func (export \"drop\") (data.drop $p))"
    " (func (export \"grow\") (param i32) (result i32)"
    "  (memory.grow $b (local.get 0))))";

static void holds(lodge_memory memory, uint64_t at, const char *text)
{
    uint8_t out[32];

    OK(lodge_memory_read(memory, at, out, strlen(text), ERR));
    assert_memory_equal(out, text, strlen(text));
}

static void each_memory_has_its_own_bytes(void **state)
{
    lodge_instance in = guest(many_text);
    lodge_memory a = memory_of(in, "a"), b = memory_of(in, "b"),
                 c = memory_of(in, "c");

    (void)state;
    holds(b, 10, "data of b");
    holds(c, 20, "data of c");
    OK(call(in, "move", NULL, 0));
    holds(a, 1, "data of b");
    holds(c, 40, "data of b");
    holds(a, 100, "passive");
    holds(b, 0, "xxxxx");
    assert_int_equal(call1(in, "grow", 1), 2);
    assert_int_equal(size_of(a), PAGE);
    assert_int_equal(size_of(b), 3 * PAGE);
    assert_int_equal(size_of(c), PAGE);
    OK(call(in, "drop", NULL, 0));
    FAILS(TRAP, call(in, "move", NULL, 0));
    assert_int_equal(test_err.trap, LODGE_TRAP_MEMORY_OUT_OF_BOUNDS);
}

static void the_host_copies_between_the_memories_of_a_guest(void **state)
{
    lodge_instance in = guest(many_text);
    lodge_memory a = memory_of(in, "a"), b = memory_of(in, "b"),
                 c = memory_of(in, "c");
    uint64_t found;

    (void)state;
    OK(lodge_memory_copy(a, 0, b, 10, 9, ERR));
    OK(lodge_memory_copy(c, 200, a, 0, 9, ERR));
    holds(c, 200, "data of b");
    OK(lodge_memory_find(c, 0, 'd', PAGE, &found, ERR));
    assert_int_equal(found, 20);
    FAILS(BOUNDS, lodge_memory_copy(c, PAGE - 8, a, 0, 9, ERR));
}

/* ---- small pages ------------------------------------------------------- */

static const char small_text[] =
    "(module (memory (export \"memory\") 10 20 (pagesize 1))"
    " (data (i32.const 9) \"!\")"
    " (func (export \"load\") (param i32) (result i32)"
    "  (i32.load8_u (local.get 0)))"
    " (func (export \"grow\") (param i32) (result i32)"
    "  (memory.grow (local.get 0)))"
    " (func (export \"size\") (param i32) (result i32) (memory.size)))";

static void pages_of_one_byte_end_where_they_end(void **state)
{
    lodge_instance in = guest(small_text);
    lodge_memory memory = memory_of(in, "memory");
    uint64_t value, old;

    (void)state;
    READS("10 20 page=1", lodge_memory_type(memory, buf, cap, len, ERR));
    assert_int_equal(size_of(memory), 10);
    assert_int_equal(call1(in, "size", 0), 10);
    assert_int_equal(call1(in, "load", 9), '!');
    traps(LODGE_TRAP_MEMORY_OUT_OF_BOUNDS, in, "load", 10);
    OK(lodge_memory_load(memory, 9, LODGE_TYPE_I8, &value, ERR));
    assert_int_equal(value, '!');
    FAILS(BOUNDS, lodge_memory_load(memory, 10, LODGE_TYPE_I8, &value, ERR));
    FAILS(BOUNDS, lodge_memory_load(memory, 9, LODGE_TYPE_I16, &value, ERR));
    assert_int_equal(call1(in, "grow", 1), 10);
    assert_int_equal(call1(in, "load", 10), 0);
    OK(lodge_memory_grow(memory, 9, &old, ERR));
    assert_int_equal(old, 11);
    assert_int_equal(size_of(memory), 20);
    FAILS(LIMIT, lodge_memory_grow(memory, 1, &old, ERR));
    assert_int_equal((int32_t)call1(in, "grow", 1), -1);
    traps(LODGE_TRAP_MEMORY_OUT_OF_BOUNDS, in, "load", 20);
}

static void pages_of_another_size_do_not_fit(void **state)
{
    const lodge_extern item = {LODGE_KIND_MEMORY, 0,
                               new_memory("65536 page=1").id};
    lodge_linker linker = new_linker(engine);
    lodge_instance none = {42};
    lodge_module wrong =
        new_module(engine, "(module (import \"h\" \"m\" (memory 1)))");

    (void)state;
    OK(lodge_linker_add(linker, TEXT("h"), TEXT("m"), &item, ERR));
    SAYS(LINK, "page=1", lodge_instance_new(linker, store, wrong, &none, ERR));
    instance_in_store(linker,
                      "(module (import \"h\" \"m\" (memory 5 (pagesize 1))))");
    assert_int_equal(none.id, 42);
}

/* ---- wide numbers ------------------------------------------------------ */

static const char wide_text[] =
    "(module"
    " (func (export \"add\") (param i64 i64 i64 i64) (result i64 i64)"
    "  (i64.add128 (local.get 0) (local.get 1) (local.get 2)"
    "   (local.get 3)))"
    " (func (export \"sub\") (param i64 i64 i64 i64) (result i64 i64)"
    "  (i64.sub128 (local.get 0) (local.get 1) (local.get 2)"
    "   (local.get 3)))"
    " (func (export \"mul_u\") (param i64 i64) (result i64 i64)"
    "  (i64.mul_wide_u (local.get 0) (local.get 1)))"
    " (func (export \"mul_s\") (param i64 i64) (result i64 i64)"
    "  (i64.mul_wide_s (local.get 0) (local.get 1))))";

static const uint64_t numbers[] = {
    0, 1, UINT64_MAX, 1ULL << 63, INT64_MAX, UINT64_C(0x123456789ABCDEF0)};
enum { NUMBERS = sizeof numbers / sizeof *numbers };

__extension__ typedef unsigned __int128 wide;
__extension__ typedef __int128 signed_wide;

static void is_wide(const uint64_t *slots, wide expected)
{
    assert_true(slots[0] == (uint64_t)expected);
    assert_true(slots[1] == (uint64_t)(expected >> 64));
}

static void wide_numbers_are_added_and_subtracted(void **state)
{
    lodge_instance in = guest(wide_text);
    int i, k;

    (void)state;
    for (i = 0; i < NUMBERS * NUMBERS; i++) {
        for (k = 0; k < NUMBERS * NUMBERS; k++) {
            const uint64_t four[4] = {
                numbers[i % NUMBERS], numbers[i / NUMBERS],
                numbers[k % NUMBERS], numbers[k / NUMBERS]};
            const wide a = (wide)four[1] << 64 | four[0];
            const wide b = (wide)four[3] << 64 | four[2];
            uint64_t slots[4];

            memcpy(slots, four, sizeof slots);
            OK(call(in, "add", slots, 4));
            is_wide(slots, a + b);
            memcpy(slots, four, sizeof slots);
            OK(call(in, "sub", slots, 4));
            is_wide(slots, a - b);
        }
    }
}

static void wide_products_have_both_halves(void **state)
{
    lodge_instance in = guest(wide_text);
    int i, k;

    (void)state;
    for (i = 0; i < NUMBERS; i++) {
        for (k = 0; k < NUMBERS; k++) {
            const int64_t a = (int64_t)numbers[i], b = (int64_t)numbers[k];
            uint64_t slots[2] = {numbers[i], numbers[k]};

            OK(call(in, "mul_u", slots, 2));
            is_wide(slots, (wide)numbers[i] * numbers[k]);
            slots[0] = numbers[i], slots[1] = numbers[k];
            OK(call(in, "mul_s", slots, 2));
            is_wide(slots, (wide)((signed_wide)a * b));
        }
    }
}

/* ---- tail calls -------------------------------------------------------- */

static const char tail_text[] =
    "(module (type $f (func (param i32 i64) (result i64)))"
    " (import \"h\" \"f\" (func $host (type $f)))"
    " (table 2 funcref) (elem (i32.const 0) func $by_table $by_ref)"
    " (func $self (export \"self\") (type $f)"
    "  (if (i32.eqz (local.get 0)) (then (return (local.get 1))))"
    "  (return_call $self (i32.sub (local.get 0) (i32.const 1))"
    "   (i64.add (local.get 1) (i64.const 1))))"
    " (func $even (export \"even\") (type $f)"
    "  (if (i32.eqz (local.get 0)) (then (return (i64.const 1))))"
    "  (return_call $odd (i32.sub (local.get 0) (i32.const 1))"
    "   (local.get 1)))"
    " (func $odd (type $f)"
    "  (if (i32.eqz (local.get 0)) (then (return (i64.const 0))))"
    "  (return_call $even (i32.sub (local.get 0) (i32.const 1))"
    "   (local.get 1)))"
    " (func $by_table (export \"by_table\") (type $f)"
    "  (if (i32.eqz (local.get 0)) (then (return (local.get 1))))"
    "  (return_call_indirect (type $f)"
    "   (i32.sub (local.get 0) (i32.const 1))"
    "   (i64.add (local.get 1) (i64.const 1)) (i32.const 0)))"
    " (func $by_ref (export \"by_ref\") (type $f)"
    "  (if (i32.eqz (local.get 0)) (then (return (local.get 1))))"
    "  (return_call_ref $f (i32.sub (local.get 0) (i32.const 1))"
    "   (i64.add (local.get 1) (i64.const 1)) (ref.func $by_ref)))"
    " (func (export \"to_host\") (type $f)"
    "  (return_call $host (local.get 0) (local.get 1)))"
    " (func $deep (export \"deep\") (type $f)"
    "  (if (i32.eqz (local.get 0)) (then (return (local.get 1))))"
    "  (i64.add (i64.const 1) (call $deep"
    "   (i32.sub (local.get 0) (i32.const 1)) (local.get 1)))))";

static int32_t sums(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    (void)caller;
    slots[0] = token + (uint32_t)slots[0] + slots[1];
    return LODGE_OK;
}

static lodge_instance tail_guest(void)
{
    lodge_linker linker = new_linker(engine);

    OK(lodge_linker_func(linker, TEXT("h"), TEXT("f"), TEXT("i32 i64 -> i64"),
                         sums, 0, ERR));
    return instance_in_store(linker, tail_text);
}

static void a_million_tail_calls_need_no_stack(void **state)
{
    static const char *const names[] = {"self", "by_table", "by_ref"};
    lodge_instance in = tail_guest();
    size_t i;

    (void)state;
    for (i = 0; i < sizeof names / sizeof *names; i++) {
        uint64_t slots[2] = {1000000, 5};

        OK(call(in, names[i], slots, 2));
        assert_int_equal(slots[0], 1000005);
    }
}

static void two_functions_call_each_other_a_million_times(void **state)
{
    lodge_instance in = tail_guest();
    uint64_t slots[2] = {1000000, 0};

    (void)state;
    OK(call(in, "even", slots, 2));
    assert_int_equal(slots[0], 1);
    slots[0] = 999999, slots[1] = 0;
    OK(call(in, "even", slots, 2));
    assert_int_equal(slots[0], 0);
}

static void other_calls_as_deep_end_the_stack(void **state)
{
    lodge_instance in = tail_guest();
    uint64_t slots[2] = {1000000, 0};

    (void)state;
    FAILS(STACK, call(in, "deep", slots, 2));
    slots[0] = 100, slots[1] = 7;
    OK(call(in, "deep", slots, 2));
    assert_int_equal(slots[0], 107);
}

static void a_tail_call_goes_to_the_host(void **state)
{
    lodge_instance in = tail_guest();
    uint64_t slots[2] = {30, 12};

    (void)state;
    OK(call(in, "to_host", slots, 2));
    assert_int_equal(slots[0], 42);
}

static void endless_tail_calls_meet_their_deadline(void **state)
{
    lodge_instance in =
        guest("(module (func $f (export \"f\") (param i32) (result i32)"
              " (return_call $f (local.get 0))))");
    uint64_t slot = 0;

    (void)state;
    OK(lodge_store_set(store, LODGE_STORE_DEADLINE, 20000000, ERR));
    FAILS(DEADLINE, call(in, "f", &slot, 1));
}

/* ---- vectors ----------------------------------------------------------- */

/* In the deterministic mode each relaxed operation has one result, the one
 * that the specification names first.
 */
static void relaxed_vectors_give_one_result(void **state)
{
    static const struct {
        const char *code;
        uint64_t low, high;
    } rows[] = {
        /* not a number and out of range: 0 and the nearest */
        {"(i32x4.relaxed_trunc_f32x4_s"
         " (v128.const f32x4 nan 3e9 -3e9 -1.5))",
         UINT64_C(0x7FFFFFFF00000000), UINT64_C(0xFFFFFFFF80000000)},
        {"(i32x4.relaxed_trunc_f32x4_u"
         " (v128.const f32x4 nan 5e9 -1 3.5))",
         UINT64_C(0xFFFFFFFF00000000), UINT64_C(0x0000000300000000)},
        /* an index outside gives 0 */
        {"(i8x16.relaxed_swizzle"
         " (v128.const i8x16 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16)"
         " (v128.const i8x16 0 1 16 17 127 128 255 15"
         "  0 0 0 0 0 0 0 0))",
         UINT64_C(0x1000000000000201), UINT64_C(0x0101010101010101)},
        /* every bit of the mask counts */
        {"(i32x4.relaxed_laneselect (v128.const i64x2 -1 -1)"
         " (v128.const i64x2 0 0) (v128.const i64x2 0xF0F0 1))",
         0xF0F0, 1},
        /* -1 times -1 as q15 saturates */
        {"(i16x8.relaxed_q15mulr_s"
         " (v128.const i16x8 -32768 -32768 16384 0 0 0 0 0)"
         " (v128.const i16x8 -32768 16384 16384 0 0 0 0 0))",
         UINT64_C(0x00002000C0007FFF), 0},
        /* the least of a number and -0 */
        {"(f32x4.relaxed_min (v128.const f32x4 0 1 2 3)"
         " (v128.const f32x4 -0 2 1 3))",
         UINT64_C(0x3F80000080000000), UINT64_C(0x404000003F800000)},
        {"(i16x8.relaxed_dot_i8x16_i7x16_s"
         " (v128.const i8x16 127 127 -128 -128 1 2 3 4 0 0 0 0 0 0 0 0)"
         " (v128.const i8x16 127 127 127 127 1 1 1 1 0 0 0 0 0 0 0 0))",
         UINT64_C(0x0007000381007E02), 0},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[400];
        uint64_t slots[2] = {0};

        snprintf(text, sizeof text,
                 "(module (func (export \"f\") (result v128) %s))",
                 rows[i].code);
        OK(call(guest(text), "f", slots, 2));
        if (slots[0] != rows[i].low || slots[1] != rows[i].high)
            fail_msg("%s: %016llx %016llx", rows[i].code,
                     (unsigned long long)slots[0],
                     (unsigned long long)slots[1]);
    }
}

/* With two roundings it would be 0. */
static void a_relaxed_product_is_rounded_once(void **state)
{
    const double a = 1 + 0x1p-52, b = 1 - 0x1p-53, c = -1;
    lodge_instance in = guest(
        "(module (func (export \"f\") (param v128 v128 v128) (result v128)"
        " (f64x2.relaxed_madd (local.get 0) (local.get 1)"
        "  (local.get 2))))");
    uint64_t slots[6];
    double result;

    (void)state;
    memcpy(&slots[0], &a, 8), memcpy(&slots[1], &a, 8);
    memcpy(&slots[2], &b, 8), memcpy(&slots[3], &b, 8);
    memcpy(&slots[4], &c, 8), memcpy(&slots[5], &c, 8);
    OK(call(in, "f", slots, 6));
    memcpy(&result, &slots[0], 8);
    assert_true(result == 0x1p-53 - 0x1p-105);
    assert_true(slots[0] == slots[1]);
}

/* ---- constants --------------------------------------------------------- */

static void constants_are_computed(void **state)
{
    const lodge_extern base = {LODGE_KIND_GLOBAL, 0, 0};
    lodge_linker linker = new_linker(engine);
    const uint64_t start = 100;
    lodge_extern item = base;
    lodge_global global;
    lodge_instance in;
    uint64_t slot;

    (void)state;
    OK(lodge_global_new(store, TEXT("i32"), &start, &global, ERR));
    item.id = global.id;
    OK(lodge_linker_add(linker, TEXT("h"), TEXT("base"), &item, ERR));
    in = instance_in_store(
        linker,
        "(module (import \"h\" \"base\" (global $base i32))"
        " (memory (export \"memory\") 1) (table (export \"t\") 200 funcref)"
        " (global (export \"g\") i32 (i32.sub (i32.mul (i32.const 7)"
        "  (i32.add (global.get $base) (i32.const 3))) (i32.const 1)))"
        " (global (export \"l\") i64 (i64.mul (i64.const -3)"
        "  (i64.add (i64.const 1) (i64.const 2))))"
        " (data (i32.add (global.get $base) (i32.const 28)) \"here\")"
        " (elem (i32.sub (global.get $base) (i32.const 1)) func $f)"
        " (func $f))");
    OK(lodge_instance_global(in, TEXT("g"), &global, ERR));
    OK(lodge_global_get(global, &slot, 1, ERR));
    assert_int_equal(slot, 720);
    OK(lodge_instance_global(in, TEXT("l"), &global, ERR));
    OK(lodge_global_get(global, &slot, 1, ERR));
    assert_true((int64_t)slot == -9);
    holds(memory_of(in, "memory"), 128, "here");
}

static void a_computed_place_outside_ends_in_a_trap(void **state)
{
    static const char *const guests[] = {
        "(module (memory 1) (data (i32.add (i32.const 65535)"
        " (i32.const 1)) \"x\"))",
        "(module (memory 1) (data (i32.sub (i32.const 0) (i32.const 1))"
        " \"x\"))",
        "(module (memory i64 1) (data (i64.mul (i64.const 0x100000000)"
        " (i64.const 0x10000)) \"x\"))",
        "(module (table 2 funcref) (elem (i32.add (i32.const 1)"
        " (i32.const 1)) func $f) (func $f))"};
    lodge_linker linker = new_linker(engine);
    lodge_instance none = {42};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof guests / sizeof *guests; i++) {
        lodge_module module = new_module(engine, guests[i]);

        FAILS(TRAP, lodge_instance_new(linker, store, module, &none, ERR));
        assert_true(test_err.trap == LODGE_TRAP_MEMORY_OUT_OF_BOUNDS ||
                    test_err.trap == LODGE_TRAP_TABLE_OUT_OF_BOUNDS);
        lodge_module_close(module);
    }
    assert_int_equal(none.id, 42);
}

/* ---- functions as references ------------------------------------------- */

static void functions_are_called_by_reference(void **state)
{
    lodge_instance in =
        guest("(module (type $f (func (param i32) (result i32)))"
              " (func $twice (type $f) (i32.mul (local.get 0) (i32.const 2)))"
              " (func $next (type $f) (i32.add (local.get 0) (i32.const 1)))"
              " (elem declare func $twice $next)"
              " (global $g (export \"g\") (mut (ref null $f)) (ref.null $f))"
              " (func (export \"twice\") (result (ref $f)) (ref.func $twice))"
              " (func (export \"next\") (result (ref $f)) (ref.func $next))"
              " (func (export \"go\") (param i32) (result i32)"
              "  (call_ref $f (local.get 0) (global.get $g))))");
    uint64_t fn = 0;
    lodge_global global;

    (void)state;
    OK(lodge_instance_global(in, TEXT("g"), &global, ERR));
    traps(LODGE_TRAP_NULL_REFERENCE, in, "go", 5);
    OK(call(in, "twice", &fn, 1));
    OK(lodge_global_set(global, &fn, 1, ERR));
    assert_int_equal(call1(in, "go", 5), 10);
    OK(call(in, "next", &fn, 1));
    OK(lodge_global_set(global, &fn, 1, ERR));
    assert_int_equal(call1(in, "go", 5), 6);
    assert_int_equal(call1((lodge_instance){in.id}, "go", 6), 7);
}

static void a_function_gives_a_thousand_results(void **state)
{
    enum { MANY = 1000 };
    static char text[40 * MANY];
    static uint64_t slots[MANY];
    size_t n = (size_t)snprintf(text, sizeof text,
                                "(module (func (export \"f\") (result");
    int i;

    (void)state;
    for (i = 0; i < MANY; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, " i64");
    n += (size_t)snprintf(text + n, sizeof text - n, ")");
    for (i = 0; i < MANY; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, " (i64.const %d)",
                              i * 3);
    snprintf(text + n, sizeof text - n, "))");
    OK(call(guest(text), "f", slots, MANY));
    for (i = 0; i < MANY; i++)
        assert_int_equal(slots[i], i * 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(a_long_address_outside_is_refused),
        BOTH(a_long_memory_grows_up_to_its_maximum),
        BOTH(bytes_above_four_gib_are_reached),
        BOTH(a_long_memory_of_the_host_is_imported),
        BOTH(each_memory_has_its_own_bytes),
        BOTH(the_host_copies_between_the_memories_of_a_guest),
        BOTH(pages_of_one_byte_end_where_they_end),
        BOTH(pages_of_another_size_do_not_fit),
        BOTH(wide_numbers_are_added_and_subtracted),
        BOTH(wide_products_have_both_halves),
        BOTH(a_million_tail_calls_need_no_stack),
        BOTH(two_functions_call_each_other_a_million_times),
        BOTH(other_calls_as_deep_end_the_stack),
        BOTH(a_tail_call_goes_to_the_host),
        BOTH(endless_tail_calls_meet_their_deadline),
        BOTH(relaxed_vectors_give_one_result),
        BOTH(a_relaxed_product_is_rounded_once),
        BOTH(constants_are_computed),
        BOTH(a_computed_place_outside_ends_in_a_trap),
        BOTH(functions_are_called_by_reference),
        BOTH(a_function_gives_a_thousand_results),
    };

    return RUN(tests);
}

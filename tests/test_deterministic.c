/* test_deterministic.c - the promises of the preset: the same bits from every
 * run, compiler and machine, down to NaNs, relaxed SIMD and fuel.
 */
#include <sys/wait.h>
#include <unistd.h>

#include "lodge_test.h"

/* ---- a guest that writes down what every operation makes ------------------ */

/* Operands, as bits: NaNs of several kinds, infinities, zeros, the smallest
 * and the largest, halves for rounding, bounds of conversions.
 */
static const uint64_t f64s[] = {
    0x7FF8000000000000, 0xFFF8000000000000, 0x7FF0000000000001,
    0xFFF7FFFFFFFFFFFF, 0x7FFC0FFEE0000001, 0x7FF0000000000000,
    0xFFF0000000000000, 0x0000000000000000, 0x8000000000000000,
    0x0000000000000001, 0x800FFFFFFFFFFFFF, 0x7FEFFFFFFFFFFFFF,
    0x3FE0000000000000, 0xC004000000000000, 0x3FF8000000000000,
    0x41DFFFFFFFE00000, 0xC3E0000000000000, 0x3FF3C0CA428C59FB,
};
static const uint32_t f32s[] = {
    0x7FC00000, 0xFFC00000, 0x7F800001, 0xFFBFFFFF, 0x7FE0FFEE, 0x7F800000,
    0xFF800000, 0x00000000, 0x80000000, 0x00000001, 0x807FFFFF, 0x7F7FFFFF,
    0x3F000000, 0xC0200000, 0x3FC00000, 0x4EFFFFFF, 0xDF000000, 0x3F9E0652,
};
enum { VALUES = sizeof f64s / sizeof *f64s };

static const char *const pairs_of[] = {"add", "sub", "mul",     "div",
                                       "min", "max", "copysign"};
static const char *const singles[] = {"sqrt", "ceil",    "floor", "trunc",
                                      "neg",  "nearest", "abs"};
static const char *const vector_pairs[] = {
    "add",  "sub",  "mul", "div", "min",         "max",
    "pmin", "pmax", "eq",  "lt",  "relaxed_min", "relaxed_max"};
static const char *const conversions[] = {
    "i32.trunc_sat_f64_s",
    "i32.trunc_sat_f64_u",
    "i32.reinterpret_f32 (f32.demote_f64",
    "i64.trunc_sat_f64_s",
    "i64.trunc_sat_f64_u",
};
static const char *const triples[] = {"relaxed_madd", "relaxed_nmadd"};

static char text[256 * 1024];
static size_t text_len;

static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void say(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    text_len += (size_t)vsnprintf(text + text_len, sizeof text - text_len,
                                  format, args);
    va_end(args);
    assert_true(text_len < sizeof text);
}

/* Results go to $out, 16 bytes each. */
static void out(const char *store, const char *format, const char *a,
                const char *b)
{
    say(" (%s (global.get $out) ", store);
    say(format, a, b);
    say(") (global.set $out (i32.add (global.get $out) (i32.const 16)))\n");
}

#define COUNT(list) (sizeof(list) / sizeof *(list))
#define A64 "(f64.load (local.get 0))"
#define B64 "(f64.load (local.get 1))"
#define A32 "(f32.load offset=1024 (local.get 0))"
#define B32 "(f32.load offset=1024 (local.get 1))"
#define AV "(v128.load (local.get 0))"
#define BV "(v128.load (local.get 1))"

static void say_scalars(void)
{
    size_t i;

    for (i = 0; i < COUNT(pairs_of); i++) {
        out("f64.store", "(f64.%s " A64 B64 ")%s", pairs_of[i], "");
        out("f32.store", "(f32.%s " A32 B32 ")%s", pairs_of[i], "");
    }
    for (i = 0; i < COUNT(singles); i++) {
        out("f64.store", "(f64.%s " A64 ")%s", singles[i], "");
        out("f32.store", "(f32.%s " A32 ")%s", singles[i], "");
    }
    for (i = 0; i < COUNT(conversions); i++)
        out(conversions[i][1] == '3' ? "i32.store" : "i64.store",
            "(%s " A64 ")%s", conversions[i],
            strchr(conversions[i], '(') ? ")" : "");
    out("f64.store", "(f64.promote_f32 " A32 ")%s%s", "", "");
}

static void say_vectors(void)
{
    size_t i;

    for (i = 0; i < COUNT(vector_pairs); i++) {
        out("v128.store", "(f64x2.%s " AV BV ")%s", vector_pairs[i], "");
        out("v128.store", "(f32x4.%s " AV BV ")%s", vector_pairs[i], "");
    }
    for (i = 0; i < COUNT(singles); i++) {
        out("v128.store", "(f64x2.%s " AV ")%s", singles[i], "");
        out("v128.store", "(f32x4.%s " AV ")%s", singles[i], "");
    }
    for (i = 0; i < COUNT(triples); i++) {
        out("v128.store", "(f64x2.%s " AV BV AV ")%s", triples[i], "");
        out("v128.store", "(f32x4.%s " AV BV AV ")%s", triples[i], "");
    }
    out("v128.store", "(i8x16.relaxed_swizzle " AV BV ")%s%s", "", "");
    out("v128.store", "(i32x4.relaxed_trunc_f32x4_s " AV ")%s%s", "", "");
    out("v128.store", "(i32x4.relaxed_trunc_f32x4_u " AV ")%s%s", "", "");
    out("v128.store", "(i32x4.relaxed_trunc_f64x2_s_zero " AV ")%s%s", "", "");
    out("v128.store", "(i8x16.relaxed_laneselect " AV BV BV ")%s%s", "", "");
    out("v128.store", "(i64x2.relaxed_laneselect " AV BV BV ")%s%s", "", "");
    out("v128.store", "(i16x8.relaxed_q15mulr_s " AV BV ")%s%s", "", "");
    out("v128.store", "(i16x8.relaxed_dot_i8x16_i7x16_s " AV BV ")%s%s", "",
        "");
}

static const char *guest_text(void)
{
    text_len = 0;
    say("(module (memory (export \"m\") 40 40)"
        " (global $out (export \"out\") (mut i32) (i32.const 65536))"
        " (func (export \"all\") (param i32 i32)\n");
    say_scalars();
    say_vectors();
    say(")"
        " (func (export \"grow\") (param i32) (result i32)"
        "  (memory.grow (local.get 0)))"
        " (func (export \"work\") (param i32) (result i32) (local i32)"
        "  (loop $l"
        "   (local.set 1 (i32.add (i32.mul (local.get 1) (i32.const 31))"
        "    (local.get 0)))"
        "   (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))"
        "  (local.get 1)))");
    return text;
}

/* ---- one run ---------------------------------------------------------- */

static uint64_t hash_of(uint64_t hash, const void *ptr, uint64_t len)
{
    const uint8_t *byte = ptr;

    while (len--)
        hash = (hash ^ *byte++) * UINT64_C(0x100000001B3);
    return hash;
}

static lodge_engine deterministic_engine(const char *settings)
{
    lodge_config config;
    lodge_engine engine;

    OK(lodge_config_new(LODGE_PRESET_DETERMINISTIC, &config, ERR));
    OK(lodge_config_parse(config, TEXT(settings), ERR));
    OK(lodge_engine_new(config, &engine, ERR));
    return engine;
}

static void put_operands(lodge_memory memory)
{
    OK(lodge_memory_write(memory, 0, (const uint8_t *)f64s, sizeof f64s, ERR));
    OK(lodge_memory_write(memory, 1024, (const uint8_t *)f32s, sizeof f32s,
                          ERR));
    OK(lodge_memory_write(memory, 1024 + sizeof f32s, (const uint8_t *)f32s,
                          sizeof f32s, ERR));
}

/* All operations on all pairs: a hash of the bits, and of the fuel used. */
static uint64_t hash_of_run(lodge_engine engine, uint64_t *bytes)
{
    static uint8_t found[40 * 65536];
    lodge_instance in = new_instance(engine, guest_text());
    lodge_func all = func_of(in, "all");
    uint64_t slots[2], fuel, hash, end[2];
    lodge_memory memory;
    lodge_global out_at;
    lodge_store store;
    int a, b;

    OK(lodge_instance_memory(in, "m", 1, &memory, ERR));
    OK(lodge_instance_global(in, "out", 3, &out_at, ERR));
    OK(lodge_instance_store(in, &store, ERR));
    put_operands(memory);
    for (a = 0; a < VALUES; a++) {
        for (b = 0; b < VALUES; b += 2) {
            slots[0] = (uint64_t)a * 8, slots[1] = (uint64_t)b * 8;
            OK(lodge_func_call(all, slots, 2, ERR));
        }
    }
    OK(lodge_global_get(out_at, end, 2, ERR));
    *bytes = end[0] - 65536;
    OK(lodge_memory_read(memory, 65536, found, *bytes, ERR));
    OK(lodge_store_get(store, LODGE_STORE_FUEL_USED, &fuel, ERR));
    hash = hash_of(UINT64_C(0xCBF29CE484222325), found, *bytes);
    lodge_instance_close(in);
    return hash_of(hash, &fuel, sizeof fuel);
}

static uint64_t hash_with(const char *settings)
{
    lodge_engine engine = deterministic_engine(settings);
    uint64_t bytes, hash = hash_of_run(engine, &bytes);

    lodge_engine_close(engine);
    return hash;
}

/* ---- the same bits ---------------------------------------------------- */

/* What an x86-64 machine found first: other machines must find it, too. */
static const uint64_t golden = UINT64_C(0xF18963AFBD485751);

static void is_golden(uint64_t hash, const char *what)
{
    if (hash != golden)
        fail_msg("%s: 0x%llX", what, (unsigned long long)hash);
}

static void every_run_gives_the_same_bits(void **s)
{
    int i;

    (void)s;
    for (i = 0; i < 3; i++)
        is_golden(hash_with(""), "a run");
}

static void every_compiler_gives_the_same_bits(void **s)
{
    static const char *const settings[] = {
        "target=pulley64",
        "opt-level=none",
        "opt-level=speed-and-size",
        "regalloc=single-pass",
        "signals-based-traps=off",
        "parallel-compilation=off",
        "allocator=pooling,pool-memories=8",
        "memory-reservation=0,memory-guard-size=0",
        "interruption=on",
    };
    size_t i;

    (void)s;
    for (i = 0; i < COUNT(settings); i++)
        is_golden(hash_with(settings[i]), settings[i]);
}

static void another_process_gives_the_same_bits(void **s)
{
    pid_t child;
    int how = -1;

    (void)s;
    calm_before_fork();
    child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(hash_with("") == golden ? 0 : 1);
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_int_equal(how, 0);
}

/* Or the tests above would show nothing: without the preset's settings the
 * interpreter and the machine differ in their NaNs.
 */
static void without_the_preset_the_bits_differ(void **s)
{
    uint64_t plain = hash_with("nan-canonicalization=off,"
                               "relaxed-simd-deterministic=off");

    (void)s;
    assert_true(plain != golden);
}

/* Every NaN that an operation makes is the canonical one. */
static void a_nan_has_one_form(void **s)
{
    static const char nans[] =
        "(module (func (export \"a\") (param f64 f64) (result f64)"
        " (f64.add (local.get 0) (local.get 1)))"
        " (func (export \"m\") (param f64 f64) (result f64)"
        " (f64.min (local.get 0) (local.get 1)))"
        " (func (export \"d\") (param f64 f64) (result f64)"
        " (f64.promote_f32 (f32.demote_f64 (local.get 0)))))";
    lodge_engine engine = deterministic_engine("");
    lodge_instance in = new_instance(engine, nans);
    static const char *const names[] = {"a", "m", "d"};
    uint64_t slots[2];
    size_t i, v;

    (void)s;
    for (i = 0; i < COUNT(names); i++) {
        for (v = 0; v < 5; v++) { /* the NaNs */
            slots[0] = f64s[v], slots[1] = f64s[14];
            OK(lodge_func_call(func_of(in, names[i]), slots, 2, ERR));
            assert_true(slots[0] == UINT64_C(0x7FF8000000000000));
        }
    }
    lodge_instance_close(in);
    lodge_engine_close(engine);
}

/* ---- fuel, growth, time ------------------------------------------------- */

static uint64_t fuel_for(const char *settings, uint64_t turns)
{
    lodge_engine engine = deterministic_engine(settings);
    lodge_instance in = new_instance(engine, guest_text());
    lodge_store store;
    uint64_t used;

    OK(lodge_instance_store(in, &store, ERR));
    OK(lodge_func_call(func_of(in, "work"), &turns, 1, ERR));
    OK(lodge_store_get(store, LODGE_STORE_FUEL_USED, &used, ERR));
    lodge_engine_shutdown(engine);
    return used;
}

static void fuel_is_counted_alike(void **s)
{
    uint64_t used = fuel_for("", 1000);

    (void)s;
    assert_true(used > 1000);
    assert_true(fuel_for("target=pulley64", 1000) == used);
    assert_true(fuel_for("opt-level=none", 1000) == used);
    assert_true(fuel_for("", 3000) - fuel_for("", 2000) ==
                fuel_for("", 2000) - used);
}

/* A guest is out of fuel at the same place: what it has done till then. */
static void fuel_ends_at_the_same_place(void **s)
{
    static const char counts[] =
        "(module (global $n (export \"n\") (mut i64) (i64.const 0))"
        " (func (export \"run\") (loop $l"
        "  (global.set $n (i64.add (global.get $n) (i64.const 1)))"
        "  (br $l))))";
    static const char *const settings[] = {"", "target=pulley64",
                                           "opt-level=none"};
    uint64_t reached[COUNT(settings)][2];
    lodge_engine engine;
    lodge_instance in;
    lodge_global n;
    lodge_store store;
    size_t i;

    (void)s;
    for (i = 0; i < COUNT(settings); i++) {
        engine = deterministic_engine(settings[i]);
        in = new_instance(engine, counts);
        OK(lodge_instance_store(in, &store, ERR));
        OK(lodge_store_set(store, LODGE_STORE_FUEL, 123457, ERR));
        FAILS(FUEL, lodge_func_call(func_of(in, "run"), NULL, 0, ERR));
        OK(lodge_instance_global(in, "n", 1, &n, ERR));
        OK(lodge_global_get(n, reached[i], 2, ERR));
        lodge_engine_shutdown(engine);
    }
    assert_true(reached[0][0] > 1000);
    assert_true(reached[1][0] == reached[0][0]);
    assert_true(reached[2][0] == reached[0][0]);
}

/* With a limit on the store, growth ends where the limit is. */
static void growth_ends_at_the_limit(void **s)
{
    static const char grows[] =
        "(module (memory 1) (func (export \"grow\") (param i32)"
        " (result i32) (memory.grow (local.get 0))))";
    static const char *const settings[] = {"", "target=pulley64",
                                           "memory-reservation=0"};
    lodge_engine engine;
    lodge_instance in;
    lodge_store store;
    uint64_t slot;
    size_t i;

    (void)s;
    for (i = 0; i < COUNT(settings); i++) {
        engine = deterministic_engine(settings[i]);
        in = new_instance(engine, grows);
        OK(lodge_instance_store(in, &store, ERR));
        OK(lodge_store_set(store, LODGE_STORE_MEMORY_LIMIT, 10 * 65536, ERR));
        slot = 9;
        OK(lodge_func_call(func_of(in, "grow"), &slot, 1, ERR));
        assert_int_equal(slot, 1);
        slot = 1;
        OK(lodge_func_call(func_of(in, "grow"), &slot, 1, ERR));
        assert_int_equal(slot, UINT32_MAX);
        lodge_engine_shutdown(engine);
    }
}

/* Nothing in the preset reads a clock. */
static void time_is_refused(void **s)
{
    lodge_engine engine = deterministic_engine("");
    lodge_store store = new_store(engine);

    (void)s;
    SAYS(STATE, "interruption",
         lodge_store_set(store, LODGE_STORE_DEADLINE, 1, ERR));
    SAYS(STATE, "interruption",
         lodge_store_set(store, LODGE_STORE_EPOCH_TICKS, 1, ERR));
    lodge_store_close(store);
    lodge_engine_close(engine);
}

static void threads_are_not_there(void **s)
{
    static const char waits[] =
        "(module (memory 1) (func i32.const 0 i32.atomic.load drop))";
    lodge_engine engine = deterministic_engine("");
    lodge_module module = {7};

    (void)s;
    FAILS(COMPILE, lodge_module_open(engine, (const uint8_t *)waits,
                                     strlen(waits), &module, ERR));
    assert_int_equal(module.id, 7);
    lodge_engine_close(engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_run_gives_the_same_bits),
        TEST(every_compiler_gives_the_same_bits),
        TEST(another_process_gives_the_same_bits),
        TEST(without_the_preset_the_bits_differ),
        TEST(a_nan_has_one_form),
        TEST(fuel_is_counted_alike),
        TEST(fuel_ends_at_the_same_place),
        TEST(growth_ends_at_the_limit),
        TEST(time_is_refused),
        TEST(threads_are_not_there),
    };

    return RUN(tests);
}

/* limits.c - what interruption and fuel cost inside the guest.
 * Lodge against Lodge: the base has both switched off.
 */
#include <stdlib.h>

#include "bench.h"

static const char guest[] =
    "(module (memory 2)"
    " (func (export \"chain\") (param $n i64) (result i64) (local $x i64)"
    "  (local.set $x (i64.const 1))"
    "  (loop $l"
    "   (local.set $x (i64.mul (local.get $x)"
    "    (i64.const 6364136223846793005)))"
    "   (local.set $x (i64.mul (i64.add (local.get $x) (local.get $n))"
    "    (i64.const 1442695040888963407)))"
    "   (br_if $l (i64.ne (i64.const 0) (local.tee $n"
    "    (i64.sub (local.get $n) (i64.const 1))))))"
    "  local.get $x)"
    " (func (export \"add\") (param $n i64) (result i64) (local $x i64)"
    "  (loop $l"
    "   (local.set $x (i64.add (local.get $x) (local.get $n)))"
    "   (br_if $l (i64.ne (i64.const 0) (local.tee $n"
    "    (i64.sub (local.get $n) (i64.const 1))))))"
    "  local.get $x)"
    " (func $fib (export \"fib\") (param $n i64) (result i64)"
    "  (if (result i64) (i64.lt_u (local.get $n) (i64.const 2))"
    "   (then (local.get $n))"
    "   (else (i64.add"
    "    (call $fib (i64.sub (local.get $n) (i64.const 1)))"
    "    (call $fib (i64.sub (local.get $n) (i64.const 2)))))))"
    /* C = A * B; 64 x 64 f64 at 0, 32 Ki and 64 Ki. */
    " (func (export \"matmul\") (param i64) (result i64)"
    "  (local $i i32) (local $j i32) (local $k i32) (local $sum f64)"
    "  (loop $rows"
    "   (local.set $j (i32.const 0))"
    "   (loop $cols"
    "    (local.set $k (i32.const 0)) (local.set $sum (f64.const 0))"
    "    (loop $dot"
    "     (local.set $sum (f64.add (local.get $sum) (f64.mul"
    "      (f64.load (i32.add (i32.shl (local.get $i) (i32.const 9))"
    "       (i32.shl (local.get $k) (i32.const 3))))"
    "      (f64.load offset=32768 (i32.add"
    "       (i32.shl (local.get $k) (i32.const 9))"
    "       (i32.shl (local.get $j) (i32.const 3)))))))"
    "     (br_if $dot (i32.ne (i32.const 64) (local.tee $k"
    "      (i32.add (local.get $k) (i32.const 1))))))"
    "    (f64.store offset=65536 (i32.add"
    "     (i32.shl (local.get $i) (i32.const 9))"
    "     (i32.shl (local.get $j) (i32.const 3))) (local.get $sum))"
    "    (br_if $cols (i32.ne (i32.const 64) (local.tee $j"
    "     (i32.add (local.get $j) (i32.const 1))))))"
    "   (br_if $rows (i32.ne (i32.const 64) (local.tee $i"
    "    (i32.add (local.get $i) (i32.const 1))))))"
    "  (i64.trunc_f64_s (local.get $sum))))";

static const struct work {
    const char *name;
    uint64_t size; /* about 50 microseconds */
} works[] = {{"chain", 8000}, {"add", 100000}, {"fib", 20}, {"matmul", 0}};

enum { NEITHER, INTERRUPTION, FUEL, BOTH, SIDES };

struct state {
    struct lodge_side sides[SIDES];
    lodge_func funcs[SIDES];
    uint64_t size;
};

static void *open_limits(const struct bench_case *self)
{
    static const int settings[SIDES] = {BENCH_NO_INTERRUPTION, 0,
                                        BENCH_NO_INTERRUPTION | BENCH_FUEL,
                                        BENCH_FUEL};
    const struct work *work = &works[self->arg];
    struct state *s = bench_alloc(sizeof *s);
    int i;

    s->size = work->size;
    for (i = 0; i < SIDES; i++) {
        lodge_side_open(&s->sides[i], guest, settings[i]);
        lodge_side_start(&s->sides[i]);
        s->funcs[i] = lodge_side_func(&s->sides[i], work->name);
    }
    return s;
}

static void close_limits(void *state)
{
    struct state *s = state;
    int i;

    for (i = 0; i < SIDES; i++)
        lodge_side_close(&s->sides[i]);
    free(s);
}

static void run(const struct state *s, int side, uint64_t n)
{
    uint64_t slot;

    while (n-- > 0) {
        slot = s->size;
        lodge_side_call(s->funcs[side], &slot, 1);
    }
}

static void with_neither(void *state, uint64_t n)
{
    run(state, NEITHER, n);
}

static void with_interruption(void *state, uint64_t n)
{
    run(state, INTERRUPTION, n);
}

static void with_fuel(void *state, uint64_t n)
{
    run(state, FUEL, n);
}

static void with_both(void *state, uint64_t n)
{
    run(state, BOTH, n);
}

#define LIMITS(text, number)                                                  \
    {                                                                         \
        .open = open_limits, .close = close_limits, .arg = number,            \
        .ways = { with_neither, with_interruption, with_fuel, with_both },    \
        .rows = {                                                             \
            { text ", interruption", "neither", INTERRUPTION, NEITHER, 0 },   \
            { text ", fuel", "neither", FUEL, NEITHER, 0 },                   \
            { text ", both", "neither", BOTH, NEITHER, 0 },                   \
        }                                                                     \
    }

const struct bench_case bench_limits[] = {
    LIMITS("multiply chain", 0),
    LIMITS("loop of one add", 1),
    LIMITS("fib", 2),
    LIMITS("64x64 f64 matmul", 3),
    {0},
};

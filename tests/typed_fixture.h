/* typed_fixture.h - ordinary functions of every type, with 0 to 12 parameters,
 * to be made host functions of, and a guest that hands all on. C and C++.
 */
#ifndef LODGE_TYPED_FIXTURE_H
#define LODGE_TYPED_FIXTURE_H

#include "store_fixture.h"

/* ---- values ----------------------------------------------------------- */

/* The value of parameter `i`, and of a result: the edges of each type. */
static int32_t s32(int i)
{
    return INT32_MIN + i;
}
static uint32_t u32(int i)
{
    return UINT32_MAX - (uint32_t)i;
}
static int64_t s64(int i)
{
    return INT64_MIN + i;
}
static uint64_t u64(int i)
{
    return UINT64_MAX - (uint64_t)i;
}
static float f32(int i)
{
    return -0.5f - (float)i;
}
static double f64(int i)
{
    return 1e300 * (i + 1);
}
static lodge_v128 v128(int i)
{
    lodge_v128 value = {(uint64_t)i, ~(uint64_t)i};

    return value;
}

/* What the function that runs was given: one more for each right value. */
static int right, called;

static void got_s32(int i, int32_t x)
{
    right += x == s32(i);
}
static void got_u32(int i, uint32_t x)
{
    right += x == u32(i);
}
static void got_s64(int i, int64_t x)
{
    right += x == s64(i);
}
static void got_u64(int i, uint64_t x)
{
    right += x == u64(i);
}
static void got_f32(int i, float x)
{
    float want = f32(i);

    right += memcmp(&x, &want, sizeof x) == 0;
}
static void got_f64(int i, double x)
{
    double want = f64(i);

    right += memcmp(&x, &want, sizeof x) == 0;
}
static void got_v128(int i, lodge_v128 x)
{
    lodge_v128 want = v128(i);

    right += memcmp(&x, &want, sizeof x) == 0;
}

/* ---- functions of 0 to 12 parameters ---------------------------------- */

static void v0(lodge_caller caller)
{
    (void)caller;
    called++;
}
static int32_t r0(lodge_caller caller)
{
    v0(caller);
    return s32(20);
}

static void v1(lodge_caller caller, int32_t a)
{
    (void)caller;
    called++;
    got_s32(0, a);
}
static uint32_t r1(lodge_caller caller, int32_t a)
{
    v1(caller, a);
    return u32(21);
}

static void v2(lodge_caller caller, int32_t a, uint32_t b)
{
    (void)caller;
    called++;
    got_s32(0, a);
    got_u32(1, b);
}
static int64_t r2(lodge_caller caller, int32_t a, uint32_t b)
{
    v2(caller, a, b);
    return s64(22);
}

static void v3(lodge_caller caller, int32_t a, uint32_t b, int64_t c)
{
    (void)caller;
    called++;
    got_s32(0, a);
    got_u32(1, b);
    got_s64(2, c);
}
static uint64_t r3(lodge_caller caller, int32_t a, uint32_t b, int64_t c)
{
    v3(caller, a, b, c);
    return u64(23);
}

static void v4(lodge_caller caller, int32_t a, uint32_t b, int64_t c,
               uint64_t d)
{
    (void)caller;
    called++;
    got_s32(0, a);
    got_u32(1, b);
    got_s64(2, c);
    got_u64(3, d);
}
static float r4(lodge_caller caller, int32_t a, uint32_t b, int64_t c,
                uint64_t d)
{
    v4(caller, a, b, c, d);
    return f32(24);
}

static void v5(lodge_caller caller, int32_t a, uint32_t b, int64_t c,
               uint64_t d, float e)
{
    (void)caller;
    called++;
    got_s32(0, a);
    got_u32(1, b);
    got_s64(2, c);
    got_u64(3, d);
    got_f32(4, e);
}
static double r5(lodge_caller caller, int32_t a, uint32_t b, int64_t c,
                 uint64_t d, float e)
{
    v5(caller, a, b, c, d, e);
    return f64(25);
}

static void v6(lodge_caller caller, int32_t a, uint32_t b, int64_t c,
               uint64_t d, float e, double f)
{
    (void)caller;
    called++;
    got_s32(0, a);
    got_u32(1, b);
    got_s64(2, c);
    got_u64(3, d);
    got_f32(4, e);
    got_f64(5, f);
}
static lodge_v128 r6(lodge_caller caller, int32_t a, uint32_t b, int64_t c,
                     uint64_t d, float e, double f)
{
    v6(caller, a, b, c, d, e, f);
    return v128(26);
}

static void v7(lodge_caller caller, int32_t a, uint32_t b, int64_t c,
               uint64_t d, float e, double f, lodge_v128 g)
{
    (void)caller;
    called++;
    got_s32(0, a);
    got_u32(1, b);
    got_s64(2, c);
    got_u64(3, d);
    got_f32(4, e);
    got_f64(5, f);
    got_v128(6, g);
}
static int32_t r7(lodge_caller caller, int32_t a, uint32_t b, int64_t c,
                  uint64_t d, float e, double f, lodge_v128 g)
{
    v7(caller, a, b, c, d, e, f, g);
    return s32(27);
}

static void v8(lodge_caller caller, int32_t a, uint32_t b, int64_t c,
               uint64_t d, float e, double f, lodge_v128 g, int32_t h)
{
    (void)caller;
    called++;
    got_s32(0, a);
    got_u32(1, b);
    got_s64(2, c);
    got_u64(3, d);
    got_f32(4, e);
    got_f64(5, f);
    got_v128(6, g);
    got_s32(7, h);
}
static uint32_t r8(lodge_caller caller, int32_t a, uint32_t b, int64_t c,
                   uint64_t d, float e, double f, lodge_v128 g, int32_t h)
{
    v8(caller, a, b, c, d, e, f, g, h);
    return u32(28);
}

static void v9(lodge_caller caller, int32_t a, uint32_t b, int64_t c,
               uint64_t d, float e, double f, lodge_v128 g, int32_t h,
               uint32_t i)
{
    (void)caller;
    called++;
    got_s32(0, a);
    got_u32(1, b);
    got_s64(2, c);
    got_u64(3, d);
    got_f32(4, e);
    got_f64(5, f);
    got_v128(6, g);
    got_s32(7, h);
    got_u32(8, i);
}
static int64_t r9(lodge_caller caller, int32_t a, uint32_t b, int64_t c,
                  uint64_t d, float e, double f, lodge_v128 g, int32_t h,
                  uint32_t i)
{
    v9(caller, a, b, c, d, e, f, g, h, i);
    return s64(29);
}

static void v10(lodge_caller caller, int32_t a, uint32_t b, int64_t c,
                uint64_t d, float e, double f, lodge_v128 g, int32_t h,
                uint32_t i, int64_t j)
{
    (void)caller;
    called++;
    got_s32(0, a);
    got_u32(1, b);
    got_s64(2, c);
    got_u64(3, d);
    got_f32(4, e);
    got_f64(5, f);
    got_v128(6, g);
    got_s32(7, h);
    got_u32(8, i);
    got_s64(9, j);
}
static uint64_t r10(lodge_caller caller, int32_t a, uint32_t b, int64_t c,
                    uint64_t d, float e, double f, lodge_v128 g, int32_t h,
                    uint32_t i, int64_t j)
{
    v10(caller, a, b, c, d, e, f, g, h, i, j);
    return u64(30);
}

static void v11(lodge_caller caller, int32_t a, uint32_t b, int64_t c,
                uint64_t d, float e, double f, lodge_v128 g, int32_t h,
                uint32_t i, int64_t j, uint64_t k)
{
    (void)caller;
    called++;
    got_s32(0, a);
    got_u32(1, b);
    got_s64(2, c);
    got_u64(3, d);
    got_f32(4, e);
    got_f64(5, f);
    got_v128(6, g);
    got_s32(7, h);
    got_u32(8, i);
    got_s64(9, j);
    got_u64(10, k);
}
static float r11(lodge_caller caller, int32_t a, uint32_t b, int64_t c,
                 uint64_t d, float e, double f, lodge_v128 g, int32_t h,
                 uint32_t i, int64_t j, uint64_t k)
{
    v11(caller, a, b, c, d, e, f, g, h, i, j, k);
    return f32(31);
}

static void v12(lodge_caller caller, int32_t a, uint32_t b, int64_t c,
                uint64_t d, float e, double f, lodge_v128 g, int32_t h,
                uint32_t i, int64_t j, uint64_t k, float l)
{
    (void)caller;
    called++;
    got_s32(0, a);
    got_u32(1, b);
    got_s64(2, c);
    got_u64(3, d);
    got_f32(4, e);
    got_f64(5, f);
    got_v128(6, g);
    got_s32(7, h);
    got_u32(8, i);
    got_s64(9, j);
    got_u64(10, k);
    got_f32(11, l);
}
static double r12(lodge_caller caller, int32_t a, uint32_t b, int64_t c,
                  uint64_t d, float e, double f, lodge_v128 g, int32_t h,
                  uint32_t i, int64_t j, uint64_t k, float l)
{
    v12(caller, a, b, c, d, e, f, g, h, i, j, k, l);
    return f64(32);
}

/* ---- a guest that hands all on ---------------------------------------- */

/* A guest whose export "run" has a signature like "i32 f64 -> i32" and calls
 * an import of the same.
 */
static const char *wat_of(const char *sig)
{
    static char text[1024];
    char params[128] = "", result[64] = "", gets[256] = "", type[32];
    const char *at = sig;
    int n = 0, used, arrow = 0;

    for (; sscanf(at, " %31s%n", type, &used) == 1; at += used) {
        if (strcmp(type, "->") == 0) {
            arrow = 1;
        } else if (arrow) {
            snprintf(result, sizeof result, "(result %s)", type);
        } else {
            strcat(strcat(params, " "), type);
            snprintf(gets + strlen(gets), 16, " local.get %d", n++);
        }
    }
    snprintf(text, sizeof text,
             "(module (import \"h\" \"f\" (func $f (param%s) %s))"
             " (func (export \"run\") (param%s) %s %s call $f))",
             params, result, params, result, gets);
    return text;
}

/* What was found in a call with so many parameters. */
#define FOUND(n)                                                              \
    do {                                                                      \
        assert_int_equal(called, 1);                                          \
        assert_int_equal(right, n);                                           \
    } while (0)

#endif

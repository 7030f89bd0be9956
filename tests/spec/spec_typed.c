/* spec_typed.c - the suite through the sugar of lodge.h: guests are called by
 * LODGE_TYPED_GUEST, the functions of spectest are made by LODGE_TYPED_HOST.
 */
#include <stdio.h>
#include <string.h>

#include "spec.h"

/* ---- guests ------------------------------------------------------------- */

/* The value of type T at a place, and the other way. */
#define GET(T, at) lodge_t_get_##T(slots + (at))
#define W(T) LODGE_T_WIDTH_##T

/* Types of guest functions, as `sig` writes them, and how they are called:
 * parameters in slots, results from slot 0 on.
 */
struct typed {
    const char *sig;
    lodge_status (*call)(lodge_func fn, uint64_t *slots, lodge_error *err);
};

#define DEFINE_0(R)                                                           \
    LODGE_TYPED_GUEST(g_##R, R);                                              \
    static lodge_status call_g_##R(lodge_func fn, uint64_t *slots,            \
                                   lodge_error *err)                          \
    {                                                                         \
        g_##R self;                                                           \
        R out;                                                                \
        lodge_status st = g_##R##_bind(&self, fn, err);                       \
                                                                              \
        st = st == LODGE_OK ? g_##R##_call(self, &out, err) : st;             \
        if (st == LODGE_OK)                                                   \
            lodge_t_put_##R(slots, out);                                      \
        return st;                                                            \
    }
#define DEFINE_1(R, A)                                                        \
    LODGE_TYPED_GUEST(g_##R##A, R, A);                                        \
    static lodge_status call_g_##R##A(lodge_func fn, uint64_t *slots,         \
                                      lodge_error *err)                       \
    {                                                                         \
        g_##R##A self;                                                        \
        R out;                                                                \
        lodge_status st = g_##R##A##_bind(&self, fn, err);                    \
                                                                              \
        st = st == LODGE_OK ? g_##R##A##_call(self, GET(A, 0), &out, err)     \
                            : st;                                             \
        if (st == LODGE_OK)                                                   \
            lodge_t_put_##R(slots, out);                                      \
        return st;                                                            \
    }
#define DEFINE_2(R, A, B)                                                     \
    LODGE_TYPED_GUEST(g_##R##A##B, R, A, B);                                  \
    static lodge_status call_g_##R##A##B(lodge_func fn, uint64_t *slots,      \
                                         lodge_error *err)                    \
    {                                                                         \
        g_##R##A##B self;                                                     \
        R out;                                                                \
        lodge_status st = g_##R##A##B##_bind(&self, fn, err);                 \
                                                                              \
        if (st == LODGE_OK)                                                   \
            st = g_##R##A##B##_call(self, GET(A, 0), GET(B, W(A)), &out,      \
                                    err);                                     \
        if (st == LODGE_OK)                                                   \
            lodge_t_put_##R(slots, out);                                      \
        return st;                                                            \
    }
#define DEFINE_NONE_1(A)                                                      \
    LODGE_TYPED_GUEST(g_none_##A, void, A);                                   \
    static lodge_status call_g_none_##A(lodge_func fn, uint64_t *slots,       \
                                        lodge_error *err)                     \
    {                                                                         \
        g_none_##A self;                                                      \
        lodge_status st = g_none_##A##_bind(&self, fn, err);                  \
                                                                              \
        return st == LODGE_OK ? g_none_##A##_call(self, GET(A, 0), err) : st; \
    }
#define DEFINE_NONE_2(A, B)                                                   \
    LODGE_TYPED_GUEST(g_none_##A##B, void, A, B);                             \
    static lodge_status call_g_none_##A##B(lodge_func fn, uint64_t *slots,    \
                                           lodge_error *err)                  \
    {                                                                         \
        g_none_##A##B self;                                                   \
        lodge_status st = g_none_##A##B##_bind(&self, fn, err);               \
                                                                              \
        if (st == LODGE_OK)                                                   \
            st = g_none_##A##B##_call(self, GET(A, 0), GET(B, W(A)), err);    \
        return st;                                                            \
    }

#define EACH(M)                                                               \
    M(uint32_t) M(uint64_t) M(float) M(double) M(lodge_v128)
#define EACH_OF(M, R)                                                         \
    M(R, uint32_t) M(R, uint64_t) M(R, float) M(R, double) M(R, lodge_v128)
#define EACH_PAIR(M, R)                                                       \
    EACH_WITH(M, R, uint32_t)                                                 \
    EACH_WITH(M, R, uint64_t)                                                 \
    EACH_WITH(M, R, float)                                                    \
    EACH_WITH(M, R, double) EACH_WITH(M, R, lodge_v128)
#define EACH_WITH(M, R, A)                                                    \
    M(R, A, uint32_t)                                                         \
    M(R, A, uint64_t) M(R, A, float) M(R, A, double) M(R, A, lodge_v128)

#define ONES(R) EACH_OF(DEFINE_1, R)
#define TWOS(R) EACH_PAIR(DEFINE_2, R)
#define NONES(A) EACH_OF(DEFINE_NONE_2, A)

LODGE_TYPED_GUEST(g_none, void);
static lodge_status call_g_none(lodge_func fn, uint64_t *slots,
                                lodge_error *err)
{
    g_none self;
    lodge_status st = g_none_bind(&self, fn, err);

    (void)slots;
    return st == LODGE_OK ? g_none_call(self, err) : st;
}
/* clang-format off */
EACH(DEFINE_0)
EACH(DEFINE_NONE_1)
ONES(uint32_t) ONES(uint64_t) ONES(float) ONES(double) ONES(lodge_v128)
NONES(uint32_t) NONES(uint64_t) NONES(float) NONES(double) NONES(lodge_v128)
TWOS(uint32_t) TWOS(uint64_t) TWOS(float) TWOS(double) TWOS(lodge_v128)

#define S(T) LODGE_T_SIG_##T
#define ROW_0(R) {"-> " S(R), call_g_##R},
#define ROW_1(R, A) {S(A) " -> " S(R), call_g_##R##A},
#define ROW_2(R, A, B) {S(A) " " S(B) " -> " S(R), call_g_##R##A##B},
#define ROW_NONE_1(A) {S(A) " ->", call_g_none_##A},
#define ROW_NONE_2(A, B) {S(A) " " S(B) " ->", call_g_none_##A##B},
#define ROWS_1(R) EACH_OF(ROW_1, R)
#define ROWS_2(R) EACH_PAIR(ROW_2, R)
#define ROWS_NONE(A) EACH_OF(ROW_NONE_2, A)

static const struct typed table[] = {
    {"->", call_g_none},
    EACH(ROW_0)
    EACH(ROW_NONE_1)
    ROWS_1(uint32_t) ROWS_1(uint64_t) ROWS_1(float) ROWS_1(double)
    ROWS_1(lodge_v128)
    ROWS_NONE(uint32_t) ROWS_NONE(uint64_t) ROWS_NONE(float)
    ROWS_NONE(double) ROWS_NONE(lodge_v128)
    ROWS_2(uint32_t) ROWS_2(uint64_t) ROWS_2(float) ROWS_2(double)
    ROWS_2(lodge_v128)
};
/* clang-format on */

static const struct typed *find(const char *sig)
{
    size_t i;

    for (i = 0; i < sizeof table / sizeof *table; i++)
        if (strcmp(table[i].sig, sig) == 0)
            return &table[i];
    return NULL;
}

struct typed_counts typed_counts;

lodge_status typed_call(lodge_func fn, uint64_t *slots, lodge_error *err)
{
    const struct typed *typed = NULL;
    char sig[64];
    uint64_t len;

    if (lodge_func_type(fn, sig, sizeof sig - 1, &len, NULL) == LODGE_OK) {
        sig[len] = '\0';
        typed = find(sig);
    }
    if (!typed) { /* more values, or references */
        typed_counts.others++;
        return lodge_func_call(fn, slots, MAX_SLOTS, err);
    }
    typed_counts.typed++;
    return typed->call(fn, slots, err);
}

/* ---- spectest ----------------------------------------------------------- */

static void print(lodge_caller caller)
{
    (void)caller;
}
static void print_i32(lodge_caller caller, uint32_t a)
{
    (void)caller, (void)a;
}
static void print_i64(lodge_caller caller, uint64_t a)
{
    (void)caller, (void)a;
}
static void print_f32(lodge_caller caller, float a)
{
    (void)caller, (void)a;
}
static void print_f64(lodge_caller caller, double a)
{
    (void)caller, (void)a;
}
static void print_i32_f32(lodge_caller caller, uint32_t a, float b)
{
    (void)caller, (void)a, (void)b;
}
static void print_f64_f64(lodge_caller caller, double a, double b)
{
    (void)caller, (void)a, (void)b;
}

LODGE_TYPED_HOST(t_print, print, void);
LODGE_TYPED_HOST(t_print_i32, print_i32, void, uint32_t);
LODGE_TYPED_HOST(t_print_i64, print_i64, void, uint64_t);
LODGE_TYPED_HOST(t_print_f32, print_f32, void, float);
LODGE_TYPED_HOST(t_print_f64, print_f64, void, double);
LODGE_TYPED_HOST(t_print_i32_f32, print_i32_f32, void, uint32_t, float);
LODGE_TYPED_HOST(t_print_f64_f64, print_f64_f64, void, double, double);

static const struct {
    const char *name;
    const lodge_typed *typed;
} prints[] = {
    {"print", &t_print},
    {"print_i32", &t_print_i32},
    {"print_i64", &t_print_i64},
    {"print_f32", &t_print_f32},
    {"print_f64", &t_print_f64},
    {"print_i32_f32", &t_print_i32_f32},
    {"print_f64_f64", &t_print_f64_f64},
};

lodge_status typed_prints(lodge_linker linker, lodge_error *err)
{
    lodge_status st = LODGE_OK;
    size_t i;

    for (i = 0; i < sizeof prints / sizeof *prints && st == LODGE_OK; i++)
        st = lodge_linker_typed(linker, "spectest", prints[i].name,
                                prints[i].typed, 0, err);
    return st;
}

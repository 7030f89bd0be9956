/* test_sugar.c - the typed functions of the header, in C: every type, every
 * number of parameters, with a result and without.
 */
#include "typed_fixture.h"

LODGE_TYPED_HOST(host_v0, v0, void);
LODGE_TYPED_HOST(host_r0, r0, int32_t);
LODGE_TYPED_GUEST(guest_v0, void);
LODGE_TYPED_GUEST(guest_r0, int32_t);
LODGE_TYPED_HOST(host_v1, v1, void, int32_t);
LODGE_TYPED_HOST(host_r1, r1, uint32_t, int32_t);
LODGE_TYPED_GUEST(guest_v1, void, int32_t);
LODGE_TYPED_GUEST(guest_r1, uint32_t, int32_t);
LODGE_TYPED_HOST(host_v2, v2, void, int32_t, uint32_t);
LODGE_TYPED_HOST(host_r2, r2, int64_t, int32_t, uint32_t);
LODGE_TYPED_GUEST(guest_v2, void, int32_t, uint32_t);
LODGE_TYPED_GUEST(guest_r2, int64_t, int32_t, uint32_t);
LODGE_TYPED_HOST(host_v3, v3, void, int32_t, uint32_t, int64_t);
LODGE_TYPED_HOST(host_r3, r3, uint64_t, int32_t, uint32_t, int64_t);
LODGE_TYPED_GUEST(guest_v3, void, int32_t, uint32_t, int64_t);
LODGE_TYPED_GUEST(guest_r3, uint64_t, int32_t, uint32_t, int64_t);
LODGE_TYPED_HOST(host_v4, v4, void, int32_t, uint32_t, int64_t, uint64_t);
LODGE_TYPED_HOST(host_r4, r4, float, int32_t, uint32_t, int64_t, uint64_t);
LODGE_TYPED_GUEST(guest_v4, void, int32_t, uint32_t, int64_t, uint64_t);
LODGE_TYPED_GUEST(guest_r4, float, int32_t, uint32_t, int64_t, uint64_t);
LODGE_TYPED_HOST(host_v5, v5, void, int32_t, uint32_t, int64_t, uint64_t,
                 float);
LODGE_TYPED_HOST(host_r5, r5, double, int32_t, uint32_t, int64_t, uint64_t,
                 float);
LODGE_TYPED_GUEST(guest_v5, void, int32_t, uint32_t, int64_t, uint64_t, float);
LODGE_TYPED_GUEST(guest_r5, double, int32_t, uint32_t, int64_t, uint64_t,
                  float);
LODGE_TYPED_HOST(host_v6, v6, void, int32_t, uint32_t, int64_t, uint64_t,
                 float, double);
LODGE_TYPED_HOST(host_r6, r6, lodge_v128, int32_t, uint32_t, int64_t, uint64_t,
                 float, double);
LODGE_TYPED_GUEST(guest_v6, void, int32_t, uint32_t, int64_t, uint64_t, float,
                  double);
LODGE_TYPED_GUEST(guest_r6, lodge_v128, int32_t, uint32_t, int64_t, uint64_t,
                  float, double);
LODGE_TYPED_HOST(host_v7, v7, void, int32_t, uint32_t, int64_t, uint64_t,
                 float, double, lodge_v128);
LODGE_TYPED_HOST(host_r7, r7, int32_t, int32_t, uint32_t, int64_t, uint64_t,
                 float, double, lodge_v128);
LODGE_TYPED_GUEST(guest_v7, void, int32_t, uint32_t, int64_t, uint64_t, float,
                  double, lodge_v128);
LODGE_TYPED_GUEST(guest_r7, int32_t, int32_t, uint32_t, int64_t, uint64_t,
                  float, double, lodge_v128);
LODGE_TYPED_HOST(host_v8, v8, void, int32_t, uint32_t, int64_t, uint64_t,
                 float, double, lodge_v128, int32_t);
LODGE_TYPED_HOST(host_r8, r8, uint32_t, int32_t, uint32_t, int64_t, uint64_t,
                 float, double, lodge_v128, int32_t);
LODGE_TYPED_GUEST(guest_v8, void, int32_t, uint32_t, int64_t, uint64_t, float,
                  double, lodge_v128, int32_t);
LODGE_TYPED_GUEST(guest_r8, uint32_t, int32_t, uint32_t, int64_t, uint64_t,
                  float, double, lodge_v128, int32_t);
LODGE_TYPED_HOST(host_v9, v9, void, int32_t, uint32_t, int64_t, uint64_t,
                 float, double, lodge_v128, int32_t, uint32_t);
LODGE_TYPED_HOST(host_r9, r9, int64_t, int32_t, uint32_t, int64_t, uint64_t,
                 float, double, lodge_v128, int32_t, uint32_t);
LODGE_TYPED_GUEST(guest_v9, void, int32_t, uint32_t, int64_t, uint64_t, float,
                  double, lodge_v128, int32_t, uint32_t);
LODGE_TYPED_GUEST(guest_r9, int64_t, int32_t, uint32_t, int64_t, uint64_t,
                  float, double, lodge_v128, int32_t, uint32_t);
LODGE_TYPED_HOST(host_v10, v10, void, int32_t, uint32_t, int64_t, uint64_t,
                 float, double, lodge_v128, int32_t, uint32_t, int64_t);
LODGE_TYPED_HOST(host_r10, r10, uint64_t, int32_t, uint32_t, int64_t, uint64_t,
                 float, double, lodge_v128, int32_t, uint32_t, int64_t);
LODGE_TYPED_GUEST(guest_v10, void, int32_t, uint32_t, int64_t, uint64_t, float,
                  double, lodge_v128, int32_t, uint32_t, int64_t);
LODGE_TYPED_GUEST(guest_r10, uint64_t, int32_t, uint32_t, int64_t, uint64_t,
                  float, double, lodge_v128, int32_t, uint32_t, int64_t);
LODGE_TYPED_HOST(host_v11, v11, void, int32_t, uint32_t, int64_t, uint64_t,
                 float, double, lodge_v128, int32_t, uint32_t, int64_t,
                 uint64_t);
LODGE_TYPED_HOST(host_r11, r11, float, int32_t, uint32_t, int64_t, uint64_t,
                 float, double, lodge_v128, int32_t, uint32_t, int64_t,
                 uint64_t);
LODGE_TYPED_GUEST(guest_v11, void, int32_t, uint32_t, int64_t, uint64_t, float,
                  double, lodge_v128, int32_t, uint32_t, int64_t, uint64_t);
LODGE_TYPED_GUEST(guest_r11, float, int32_t, uint32_t, int64_t, uint64_t,
                  float, double, lodge_v128, int32_t, uint32_t, int64_t,
                  uint64_t);
LODGE_TYPED_HOST(host_v12, v12, void, int32_t, uint32_t, int64_t, uint64_t,
                 float, double, lodge_v128, int32_t, uint32_t, int64_t,
                 uint64_t, float);
LODGE_TYPED_HOST(host_r12, r12, double, int32_t, uint32_t, int64_t, uint64_t,
                 float, double, lodge_v128, int32_t, uint32_t, int64_t,
                 uint64_t, float);
LODGE_TYPED_GUEST(guest_v12, void, int32_t, uint32_t, int64_t, uint64_t, float,
                  double, lodge_v128, int32_t, uint32_t, int64_t, uint64_t,
                  float);
LODGE_TYPED_GUEST(guest_r12, double, int32_t, uint32_t, int64_t, uint64_t,
                  float, double, lodge_v128, int32_t, uint32_t, int64_t,
                  uint64_t, float);

/* ---- calls through the guest ------------------------------------------ */

static lodge_func through(const lodge_typed *typed)
{
    lodge_linker linker = new_linker(engine);

    OK(lodge_linker_typed(linker, "h", "f", typed, 0, ERR));
    right = called = 0;
    return func_of(instance_in_store(linker, wat_of(typed->sig)), "run");
}

/* ---- tests ------------------------------------------------------------ */

#define SIGNATURE(n, text)                                                    \
    do {                                                                      \
        assert_string_equal((n).sig, text);                                   \
        assert_int_equal((n).sig_len, strlen(text));                          \
    } while (0)

static void signatures_are_in_the_canonical_form(void **state)
{
    char buf[128];
    uint64_t len;

    (void)state;
    SIGNATURE(host_v0, "->");
    SIGNATURE(host_r0, "-> i32");
    SIGNATURE(host_v1, "i32 ->");
    SIGNATURE(host_r6, "i32 i32 i64 i64 f32 f64 -> v128");
    SIGNATURE(host_r12, "i32 i32 i64 i64 f32 f64 v128 i32 i32 i64 i64 f32 "
                        "-> f64");
    OK(lodge_func_type(through(&host_r12), buf, sizeof buf, &len, ERR));
    assert_int_equal(len, host_r12.sig_len);
    assert_memory_equal(buf, host_r12.sig, len);
}

static void every_number_of_parameters_goes_through(void **state)
{
    (void)state;
    {
        guest_v0 call;

        OK(guest_v0_bind(&call, through(&host_v0), ERR));
        OK(guest_v0_call(call, ERR));
        FOUND(0);
    }
    {
        guest_v1 call;

        OK(guest_v1_bind(&call, through(&host_v1), ERR));
        OK(guest_v1_call(call, s32(0), ERR));
        FOUND(1);
    }
    {
        guest_v2 call;

        OK(guest_v2_bind(&call, through(&host_v2), ERR));
        OK(guest_v2_call(call, s32(0), u32(1), ERR));
        FOUND(2);
    }
    {
        guest_v3 call;

        OK(guest_v3_bind(&call, through(&host_v3), ERR));
        OK(guest_v3_call(call, s32(0), u32(1), s64(2), ERR));
        FOUND(3);
    }
    {
        guest_v4 call;

        OK(guest_v4_bind(&call, through(&host_v4), ERR));
        OK(guest_v4_call(call, s32(0), u32(1), s64(2), u64(3), ERR));
        FOUND(4);
    }
    {
        guest_v5 call;

        OK(guest_v5_bind(&call, through(&host_v5), ERR));
        OK(guest_v5_call(call, s32(0), u32(1), s64(2), u64(3), f32(4), ERR));
        FOUND(5);
    }
    {
        guest_v6 call;

        OK(guest_v6_bind(&call, through(&host_v6), ERR));
        OK(guest_v6_call(call, s32(0), u32(1), s64(2), u64(3), f32(4), f64(5),
                         ERR));
        FOUND(6);
    }
    {
        guest_v7 call;

        OK(guest_v7_bind(&call, through(&host_v7), ERR));
        OK(guest_v7_call(call, s32(0), u32(1), s64(2), u64(3), f32(4), f64(5),
                         v128(6), ERR));
        FOUND(7);
    }
    {
        guest_v8 call;

        OK(guest_v8_bind(&call, through(&host_v8), ERR));
        OK(guest_v8_call(call, s32(0), u32(1), s64(2), u64(3), f32(4), f64(5),
                         v128(6), s32(7), ERR));
        FOUND(8);
    }
    {
        guest_v9 call;

        OK(guest_v9_bind(&call, through(&host_v9), ERR));
        OK(guest_v9_call(call, s32(0), u32(1), s64(2), u64(3), f32(4), f64(5),
                         v128(6), s32(7), u32(8), ERR));
        FOUND(9);
    }
    {
        guest_v10 call;

        OK(guest_v10_bind(&call, through(&host_v10), ERR));
        OK(guest_v10_call(call, s32(0), u32(1), s64(2), u64(3), f32(4), f64(5),
                          v128(6), s32(7), u32(8), s64(9), ERR));
        FOUND(10);
    }
    {
        guest_v11 call;

        OK(guest_v11_bind(&call, through(&host_v11), ERR));
        OK(guest_v11_call(call, s32(0), u32(1), s64(2), u64(3), f32(4), f64(5),
                          v128(6), s32(7), u32(8), s64(9), u64(10), ERR));
        FOUND(11);
    }
    {
        guest_v12 call;

        OK(guest_v12_bind(&call, through(&host_v12), ERR));
        OK(guest_v12_call(call, s32(0), u32(1), s64(2), u64(3), f32(4), f64(5),
                          v128(6), s32(7), u32(8), s64(9), u64(10), f32(11),
                          ERR));
        FOUND(12);
    }
}

static void every_type_of_result_comes_back(void **state)
{
    (void)state;
    {
        guest_r0 call;
        int32_t out, want = s32(20);

        OK(guest_r0_bind(&call, through(&host_r0), ERR));
        OK(guest_r0_call(call, &out, ERR));
        FOUND(0);
        assert_memory_equal(&out, &want, sizeof out);
    }
    {
        guest_r1 call;
        uint32_t out, want = u32(21);

        OK(guest_r1_bind(&call, through(&host_r1), ERR));
        OK(guest_r1_call(call, s32(0), &out, ERR));
        FOUND(1);
        assert_memory_equal(&out, &want, sizeof out);
    }
    {
        guest_r2 call;
        int64_t out, want = s64(22);

        OK(guest_r2_bind(&call, through(&host_r2), ERR));
        OK(guest_r2_call(call, s32(0), u32(1), &out, ERR));
        FOUND(2);
        assert_memory_equal(&out, &want, sizeof out);
    }
    {
        guest_r3 call;
        uint64_t out, want = u64(23);

        OK(guest_r3_bind(&call, through(&host_r3), ERR));
        OK(guest_r3_call(call, s32(0), u32(1), s64(2), &out, ERR));
        FOUND(3);
        assert_memory_equal(&out, &want, sizeof out);
    }
    {
        guest_r4 call;
        float out, want = f32(24);

        OK(guest_r4_bind(&call, through(&host_r4), ERR));
        OK(guest_r4_call(call, s32(0), u32(1), s64(2), u64(3), &out, ERR));
        FOUND(4);
        assert_memory_equal(&out, &want, sizeof out);
    }
    {
        guest_r5 call;
        double out, want = f64(25);

        OK(guest_r5_bind(&call, through(&host_r5), ERR));
        OK(guest_r5_call(call, s32(0), u32(1), s64(2), u64(3), f32(4), &out,
                         ERR));
        FOUND(5);
        assert_memory_equal(&out, &want, sizeof out);
    }
    {
        guest_r6 call;
        lodge_v128 out, want = v128(26);

        OK(guest_r6_bind(&call, through(&host_r6), ERR));
        OK(guest_r6_call(call, s32(0), u32(1), s64(2), u64(3), f32(4), f64(5),
                         &out, ERR));
        FOUND(6);
        assert_memory_equal(&out, &want, sizeof out);
    }
    {
        guest_r7 call;
        int32_t out, want = s32(27);

        OK(guest_r7_bind(&call, through(&host_r7), ERR));
        OK(guest_r7_call(call, s32(0), u32(1), s64(2), u64(3), f32(4), f64(5),
                         v128(6), &out, ERR));
        FOUND(7);
        assert_memory_equal(&out, &want, sizeof out);
    }
    {
        guest_r8 call;
        uint32_t out, want = u32(28);

        OK(guest_r8_bind(&call, through(&host_r8), ERR));
        OK(guest_r8_call(call, s32(0), u32(1), s64(2), u64(3), f32(4), f64(5),
                         v128(6), s32(7), &out, ERR));
        FOUND(8);
        assert_memory_equal(&out, &want, sizeof out);
    }
    {
        guest_r9 call;
        int64_t out, want = s64(29);

        OK(guest_r9_bind(&call, through(&host_r9), ERR));
        OK(guest_r9_call(call, s32(0), u32(1), s64(2), u64(3), f32(4), f64(5),
                         v128(6), s32(7), u32(8), &out, ERR));
        FOUND(9);
        assert_memory_equal(&out, &want, sizeof out);
    }
    {
        guest_r10 call;
        uint64_t out, want = u64(30);

        OK(guest_r10_bind(&call, through(&host_r10), ERR));
        OK(guest_r10_call(call, s32(0), u32(1), s64(2), u64(3), f32(4), f64(5),
                          v128(6), s32(7), u32(8), s64(9), &out, ERR));
        FOUND(10);
        assert_memory_equal(&out, &want, sizeof out);
    }
    {
        guest_r11 call;
        float out, want = f32(31);

        OK(guest_r11_bind(&call, through(&host_r11), ERR));
        OK(guest_r11_call(call, s32(0), u32(1), s64(2), u64(3), f32(4), f64(5),
                          v128(6), s32(7), u32(8), s64(9), u64(10), &out,
                          ERR));
        FOUND(11);
        assert_memory_equal(&out, &want, sizeof out);
    }
    {
        guest_r12 call;
        double out, want = f64(32);

        OK(guest_r12_bind(&call, through(&host_r12), ERR));
        OK(guest_r12_call(call, s32(0), u32(1), s64(2), u64(3), f32(4), f64(5),
                          v128(6), s32(7), u32(8), s64(9), u64(10), f32(11),
                          &out, ERR));
        FOUND(12);
        assert_memory_equal(&out, &want, sizeof out);
    }
}

/* ---- failing ---------------------------------------------------------- */

static int32_t picky(lodge_caller caller, int32_t how)
{
    if (how == 1)
        lodge_caller_fail(caller, 77, TEXT("not this one"));
    if (how == 2)
        lodge_caller_exit(caller, 3);
    return how;
}
LODGE_TYPED_HOST(host_picky, picky, int32_t, int32_t);
LODGE_TYPED_GUEST(guest_picky, int32_t, int32_t);

static void failing_ends_the_guest_whatever_is_returned(void **state)
{
    guest_picky call;
    int32_t out = 5;

    (void)state;
    OK(guest_picky_bind(&call, through(&host_picky), ERR));
    SAYS(HOST, "not this one", guest_picky_call(call, 1, &out, ERR));
    assert_int_equal(test_err.payload, 77);
    FAILS(EXIT, guest_picky_call(call, 2, &out, ERR));
    assert_int_equal(test_err.exit_code, 3);
    assert_int_equal(out, 5); /* untouched */
    OK(guest_picky_call(call, 4, &out, ERR));
    assert_int_equal(out, 4);
}

/* The same with a value of two slots, which takes another way. */
static void picky_v128(lodge_caller caller, lodge_v128 how)
{
    picky(caller, (int32_t)how.high);
}
LODGE_TYPED_HOST(host_picky_v128, picky_v128, void, lodge_v128);
LODGE_TYPED_GUEST(guest_picky_v128, void, lodge_v128);

static void failing_with_a_v128_ends_the_guest(void **state)
{
    guest_picky_v128 call;
    lodge_v128 how = {0, 1};

    (void)state;
    OK(guest_picky_v128_bind(&call, through(&host_picky_v128), ERR));
    SAYS(HOST, "not this one", guest_picky_v128_call(call, how, ERR));
    how.high = 2;
    FAILS(EXIT, guest_picky_v128_call(call, how, ERR));
    how.high = 0;
    OK(guest_picky_v128_call(call, how, ERR));
}

static lodge_func inner;

static int32_t swallows(lodge_caller caller, int32_t how)
{
    uint64_t slot = (uint32_t)how;

    (void)caller;
    return lodge_func_call(inner, &slot, 1, NULL) == LODGE_OK ? 0 : -9;
}
LODGE_TYPED_HOST(host_swallows, swallows, int32_t, int32_t);

static void a_failed_call_inside_is_no_failure(void **state)
{
    guest_picky call;
    int32_t out = 5;

    (void)state;
    inner = through(&host_picky);
    OK(guest_picky_bind(&call, through(&host_swallows), ERR));
    OK(guest_picky_call(call, 1, &out, ERR));
    assert_int_equal(out, -9);
}

/* ---- another signature ------------------------------------------------ */

static void another_signature_is_refused_when_bound(void **state)
{
    guest_r2 wrong = {{0}};
    guest_v1 one;
    lodge_func func = through(&host_r1);

    (void)state;
    SAYS(TYPE, "\"i32 -> i32\"", guest_r2_bind(&wrong, func, ERR));
    assert_non_null(strstr(test_err.message, "\"i32 i32 -> i64\""));
    assert_int_equal(test_err.message_len, strlen(test_err.message));
    assert_int_equal(test_err.status, LODGE_E_TYPE);
    assert_int_equal(wrong.func.id, 0);
    FAILS(HANDLE, guest_r2_call(wrong, 1, 2, &(int64_t){0}, ERR));
    FAILS(TYPE, guest_v1_bind(&one, func, ERR)); /* the result is missing */
    FAILS(TYPE, guest_v1_bind(&one, func, NULL));
}

static void a_record_too_short_for_the_refusal_is_left_alone(void **state)
{
    lodge_error err;
    guest_r2 wrong;
    lodge_func func = through(&host_r1);

    (void)state;
    memset(&err, 7, sizeof err);
    err.head = LODGE_ERROR_MAGIC | 48;
    assert_int_equal(guest_r2_bind(&wrong, func, &err), LODGE_E_TYPE);
    assert_int_equal(err.message[0], 7);
    err.head = 0;
    assert_int_equal(guest_r2_bind(&wrong, func, &err), LODGE_E_TYPE);
    assert_int_equal(err.status, 0x07070707);
}

static void a_signature_longer_than_any_is_refused(void **state)
{
    char text[512] = "(module (func (export \"f\") (param";
    guest_v1 one;
    int i;

    (void)state;
    for (i = 0; i < 40; i++)
        strcat(text, " i64");
    strcat(text, ")))");
    SAYS(TYPE, "longer than any",
         guest_v1_bind(&one, func_of(guest(text), "f"), ERR));
}

static void a_dead_function_is_refused_when_bound(void **state)
{
    lodge_func func = through(&host_v1);
    guest_v1 one;

    (void)state;
    FOR_BAD_IDS(lodge_func, bad, FAILS(HANDLE, guest_v1_bind(&one, bad, ERR)));
    lodge_store_close(store);
    FAILS(HANDLE, guest_v1_bind(&one, func, ERR));
}

static void a_typed_function_fits_host_modules_too(void **state)
{
    lodge_linker linker = new_linker(engine);
    lodge_host host;
    guest_v3 call;
    uint32_t index;

    (void)state;
    OK(lodge_host_new(engine, TEXT("h"), &host, ERR));
    OK(lodge_host_func(host, host_v3.sig, host_v3.sig_len, LODGE_HOST_DIRECT,
                       0, &index, ERR));
    OK(lodge_host_direct(host, index, host_v3.fn, ERR));
    OK(lodge_host_export(host, index, TEXT("f"), ERR));
    OK(lodge_linker_add_host(linker, host, ERR));
    right = called = 0;
    OK(guest_v3_bind(
        &call, func_of(instance_in_store(linker, wat_of(host_v3.sig)), "run"),
        ERR));
    OK(guest_v3_call(call, s32(0), u32(1), s64(2), ERR));
    FOUND(3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(signatures_are_in_the_canonical_form),
        STORE_TEST(every_number_of_parameters_goes_through),
        STORE_TEST(every_type_of_result_comes_back),
        STORE_TEST(failing_ends_the_guest_whatever_is_returned),
        STORE_TEST(failing_with_a_v128_ends_the_guest),
        STORE_TEST(a_failed_call_inside_is_no_failure),
        STORE_TEST(another_signature_is_refused_when_bound),
        STORE_TEST(a_record_too_short_for_the_refusal_is_left_alone),
        STORE_TEST(a_signature_longer_than_any_is_refused),
        STORE_TEST(a_dead_function_is_refused_when_bound),
        STORE_TEST(a_typed_function_fits_host_modules_too),
    };

    return RUN(tests);
}

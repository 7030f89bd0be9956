/* test_sugar_cpp.cpp - the typed functions of the header, in C++17: the same
 * functions as in C, made by templates, and exceptions.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <lodge.h>

#include <stdexcept>
#include <type_traits>
#include <utility>

extern "C" {
#include "typed_fixture.h"
}

namespace {

/* The value that the fixture expects as parameter `i`. */
template <typename T> T value(int i);
template <> int32_t value(int i)
{
    return s32(i);
}
template <> uint32_t value(int i)
{
    return u32(i);
}
template <> int64_t value(int i)
{
    return s64(i);
}
template <> uint64_t value(int i)
{
    return u64(i);
}
template <> float value(int i)
{
    return f32(i);
}
template <> double value(int i)
{
    return f64(i);
}
template <> lodge_v128 value(int i)
{
    return v128(i);
}

lodge_func through(const lodge_typed &typed)
{
    lodge_linker linker = new_linker(engine);

    OK(lodge_linker_typed(linker, "h", "f", &typed, 0, ERR));
    right = called = 0;
    return func_of(instance_in_store(linker, wat_of(typed.sig)), "run");
}

/* Calls f through a guest, with the values that it expects. */
template <auto f, typename R, typename... P, std::size_t... i>
void check(R (*)(lodge_caller, P...), std::index_sequence<i...>)
{
    const int n = sizeof...(P);
    lodge::typed_guest<R(P...)> call;

    OK(call.bind(through(lodge::typed_host<f>), ERR));
    if constexpr (std::is_void_v<R>) {
        OK(call(value<P>(static_cast<int>(i))..., ERR));
    } else {
        R want = value<R>(n + 20), out;

        OK(call(value<P>(static_cast<int>(i))..., out, ERR));
        assert_memory_equal(&out, &want, sizeof out);
    }
    FOUND(n);
}

template <auto f, typename R, typename... P>
void check(R (*same)(lodge_caller, P...))
{
    check<f>(same, std::index_sequence_for<P...>());
}

template <auto... f> void check_all()
{
    (check<f>(f), ...);
}

void every_number_of_parameters_goes_through(void **)
{
    check_all<v0, v1, v2, v3, v4, v5, v6, v7, v8, v9, v10, v11, v12>();
}

void every_type_of_result_comes_back(void **)
{
    check_all<r0, r1, r2, r3, r4, r5, r6, r7, r8, r9, r10, r11, r12>();
}

#define SIGNATURE(f, text)                                                    \
    do {                                                                      \
        assert_string_equal(lodge::typed_host<f>.sig, text);                  \
        assert_int_equal(lodge::typed_host<f>.sig_len, strlen(text));         \
    } while (0)

void signatures_are_in_the_canonical_form(void **)
{
    SIGNATURE(v0, "->");
    SIGNATURE(r0, "-> i32");
    SIGNATURE(v1, "i32 ->");
    SIGNATURE(r6, "i32 i32 i64 i64 f32 f64 -> v128");
    SIGNATURE(r12, "i32 i32 i64 i64 f32 f64 v128 i32 i32 i64 i64 f32 -> f64");
}

/* ---- failing ---------------------------------------------------------- */

int32_t picky(lodge_caller caller, int32_t how)
{
    if (how == 1)
        lodge_caller_fail(caller, 77, TEXT("not this one"));
    if (how == 2)
        lodge_caller_exit(caller, 3);
    if (how == 3)
        throw std::runtime_error("thrown by the host");
    if (how == 4)
        throw 4;
    return how;
}

lodge_v128 picky_v128(lodge_caller caller, lodge_v128 how) noexcept(false)
{
    picky(caller, static_cast<int32_t>(how.high));
    return how;
}

void failing_ends_the_guest_whatever_is_returned(void **)
{
    lodge::typed_guest<int32_t(int32_t)> call;
    int32_t out = 5;

    OK(call.bind(through(lodge::typed_host<picky>), ERR));
    SAYS(HOST, "not this one", call(1, out, ERR));
    assert_int_equal(test_err.payload, 77);
    FAILS(EXIT, call(2, out, ERR));
    assert_int_equal(test_err.exit_code, 3);
    assert_int_equal(out, 5);
    OK(call(6, out, ERR));
    assert_int_equal(out, 6);
}

void an_exception_fails_the_guest(void **)
{
    lodge::typed_guest<int32_t(int32_t)> call;
    lodge::typed_guest<lodge_v128(lodge_v128)> wide;
    lodge_v128 in = {0, 3}, got;
    int32_t out = 5;

    OK(call.bind(through(lodge::typed_host<picky>), ERR));
    SAYS(HOST, "thrown by the host", call(3, out, ERR));
    SAYS(HOST, "a C++ exception", call(4, out, ERR));
    OK(call(7, out, ERR)); /* the store goes on */
    OK(wide.bind(through(lodge::typed_host<picky_v128>), ERR));
    SAYS(HOST, "thrown by the host", wide(in, got, ERR));
    in.high = 8;
    OK(wide(in, got, ERR));
    assert_int_equal(got.high, 8);
}

int32_t never_throws(lodge_caller, int32_t x) noexcept
{
    return -x;
}

void a_function_that_throws_nothing_will_do(void **)
{
    lodge::typed_guest<int32_t(int32_t)> call;
    int32_t out;

    OK(call.bind(through(lodge::typed_host<never_throws>), ERR));
    OK(call(12, out, ERR));
    assert_int_equal(out, -12);
}

void another_signature_is_refused_when_bound(void **)
{
    lodge::typed_guest<int64_t(int32_t, uint32_t)> wrong;
    lodge::typed_guest<void(int32_t)> no_result;
    lodge_func func = through(lodge::typed_host<r1>);
    int64_t out;

    SAYS(TYPE, "\"i32 -> i32\"", wrong.bind(func, ERR));
    assert_non_null(strstr(test_err.message, "\"i32 i32 -> i64\""));
    FAILS(HANDLE, wrong(1, 2, out, ERR));
    FAILS(TYPE, no_result.bind(func, ERR));
    FAILS(TYPE, no_result.bind(func, nullptr));
    lodge_store_close(store);
    FAILS(HANDLE, no_result.bind(func, ERR));
}

} /* namespace */

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(every_number_of_parameters_goes_through),
        STORE_TEST(every_type_of_result_comes_back),
        STORE_TEST(signatures_are_in_the_canonical_form),
        STORE_TEST(failing_ends_the_guest_whatever_is_returned),
        STORE_TEST(an_exception_fails_the_guest),
        STORE_TEST(a_function_that_throws_nothing_will_do),
        STORE_TEST(another_signature_is_refused_when_bound),
    };

    return RUN(tests);
}

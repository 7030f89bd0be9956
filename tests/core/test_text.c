/* test_text.c - promises of core/text.h. */
#include "core/text.h"

#include "core_test.h"

static int good(const char *text)
{
    return text_is_utf8(text, strlen(text));
}

static void only_well_formed_utf8_is_accepted(void **state)
{
    UNUSED(state);
    assert_true(text_is_utf8(NULL, 0));
    assert_true(good("plain text, longer than eight bytes"));
    assert_true(
        good("\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80 \xF4\x8F\xBF\xBF"));
    assert_true(text_is_utf8("a\0b", 3));
    assert_false(good("12345678\x80"));
    assert_false(good("\xC0\x80"));         /* overlong NUL */
    assert_false(good("\xE0\x9F\xBF"));     /* overlong */
    assert_false(good("\xED\xA0\x80"));     /* surrogate */
    assert_false(good("\xF4\x90\x80\x80")); /* beyond U+10FFFF */
    assert_false(good("\xF0\x9F\x98"));     /* cut off */
    assert_false(good("\xFE"));
}

static void a_bad_text_argument_says_where(void **state)
{
    lodge_error err = LODGE_ERROR_INIT;

    UNUSED(state);
    assert_int_equal(text_check(NULL, 0, "name", &err), LODGE_OK);
    assert_int_equal(text_check("ok", 2, "name", &err), LODGE_OK);
    assert_int_equal(text_check(NULL, 3, "name", &err), LODGE_E_ARGUMENT);
    assert_string_equal(err.message, "name: pointer is NULL but length is 3");
    assert_int_equal(text_check("ab\xFF", 3, "name", &err), LODGE_E_ARGUMENT);
    assert_string_equal(err.message, "name: not UTF-8 at byte 2 (0xff)");
}

static void a_length_that_cannot_be_is_refused_unread(void **state)
{
    lodge_error err = LODGE_ERROR_INIT;

    UNUSED(state);
    assert_int_equal(text_check("x", UINT64_C(1) << 31, "name", &err),
                     LODGE_E_ARGUMENT);
    assert_int_equal(bytes_check("x", UINT64_MAX, "bytes", &err),
                     LODGE_E_ARGUMENT);
    assert_int_equal(bytes_check(NULL, 1, "bytes", &err), LODGE_E_ARGUMENT);
    assert_int_equal(bytes_check(NULL, 0, "bytes", &err), LODGE_OK);
    assert_int_equal(bytes_check("\xFF", 1, "bytes", &err), LODGE_OK);
}

static void text_out_tells_the_length_in_every_case(void **state)
{
    lodge_error err = LODGE_ERROR_INIT;
    char buf[4] = "zzz";
    uint64_t len = 99;

    UNUSED(state);
    assert_int_equal(text_out("abc", 3, buf, 2, &len, &err), LODGE_E_BUFFER);
    assert_int_equal(len, 3);
    assert_string_equal(buf, "zzz");
    assert_string_equal(err.message, "buffer holds 2 bytes, 3 are needed");

    assert_int_equal(text_out("abc", 3, NULL, 0, &len, &err), LODGE_E_BUFFER);
    assert_int_equal(text_out("", 0, NULL, 0, &len, &err), LODGE_OK);
    assert_int_equal(len, 0);
    assert_int_equal(text_out("abc", 3, NULL, 4, &len, &err),
                     LODGE_E_ARGUMENT);
    assert_int_equal(text_out("ab", 2, buf, 2, NULL, &err), LODGE_OK);
    assert_string_equal(buf, "abz"); /* no NUL was added */
}

static void a_text_grows_piece_by_piece(void **state)
{
    struct textbuf buf = {0};
    int i;

    UNUSED(state);
    textbuf_add(&buf, "", 0);
    assert_string_equal(buf.ptr, "");
    for (i = 0; i < 100; i++)
        textbuf_printf(&buf, "%02d,", i);
    textbuf_add(&buf, "end", 3);
    assert_false(buf.failed);
    assert_int_equal(buf.len, 303);
    assert_string_equal(buf.ptr + 294, "98,99,end");
    textbuf_free(&buf);
    assert_null(buf.ptr);
}

static void a_failed_growth_sticks(void **state)
{
    struct textbuf buf = {0};

    UNUSED(state);
    textbuf_add(&buf, "kept", 4);
    alloc_fail_at(1, 0);
    textbuf_printf(&buf, "%200d", 1);
    textbuf_add(&buf, "x", 1);
    assert_true(buf.failed);
    assert_string_equal(buf.ptr, "kept");
    textbuf_free(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        promise(only_well_formed_utf8_is_accepted),
        promise(a_bad_text_argument_says_where),
        promise(a_length_that_cannot_be_is_refused_unread),
        promise(text_out_tells_the_length_in_every_case),
        promise(a_text_grows_piece_by_piece),
        promise(a_failed_growth_sticks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_error.c - promises of core/error.h. */
#include "core_test.h"

static void a_record_without_the_mark_is_left_alone(void **state)
{
    lodge_error err, before;

    UNUSED(state);
    memset(&err, 0x5A, sizeof err);
    before = err;
    assert_int_equal(error_refuse(&err, LODGE_E_BUSY, "x"), LODGE_E_BUSY);
    assert_int_equal(error_set(&err, LODGE_E_TRAP, "x", 1), LODGE_E_TRAP);
    assert_memory_equal(&err, &before, sizeof err);

    err.head = LODGE_ERROR_MAGIC | 48; /* no room for a message */
    before = err;
    assert_false(error_wanted(&err));
    assert_int_equal(error_memory(&err), LODGE_E_MEMORY);
    assert_memory_equal(&err, &before, sizeof err);

    assert_false(error_wanted(NULL));
    assert_int_equal(error_refuse(NULL, LODGE_E_STATE, "x"), LODGE_E_STATE);
}

static void a_refusal_sets_what_the_callee_owns(void **state)
{
    lodge_error err = LODGE_ERROR_INIT;
    uint32_t head = err.head;

    UNUSED(state);
    err.flags = 3;
    err.trap = 5;
    err.exit_code = 1;
    err.payload = err.report = err.detail = 9;
    assert_int_equal(error_refuse(&err, LODGE_E_TYPE, "got %d", 42),
                     LODGE_E_TYPE);
    assert_int_equal(err.head, head);
    assert_int_equal(err.flags, 3);
    assert_int_equal(err.status, LODGE_E_TYPE);
    assert_int_equal(err.trap, -1);
    assert_int_equal(err.exit_code, 0);
    assert_int_equal(err.payload | err.report | err.detail, 0);
    assert_int_equal(err.message_len, 6);
    assert_string_equal(err.message, "got 42");
}

static void text_without_a_nul_is_taken(void **state)
{
    lodge_error err = LODGE_ERROR_INIT;

    UNUSED(state);
    error_set(&err, LODGE_E_TRAP, "unreachable!!", 11);
    assert_string_equal(err.message, "unreachable");
    error_set(&err, LODGE_E_TRAP, NULL, 0);
    assert_string_equal(err.message, "");
    assert_int_equal(err.message_len, 0);
    error_memory(&err);
    assert_string_equal(err.message, "out of memory");
}

/* A record of each size, with bytes behind it that must not change. */
static void cut_at(uint32_t size, const char *text, const char *want)
{
    union {
        lodge_error err;
        unsigned char bytes[sizeof(lodge_error) + 64];
    } box;

    memset(&box, 0xEE, sizeof box);
    box.err.head = LODGE_ERROR_MAGIC | size;
    error_set(&box.err, LODGE_E_TRAP, text, strlen(text));
    assert_string_equal((char *)box.bytes + 48, want);
    assert_int_equal(box.err.message_len, strlen(text));
    assert_int_equal(box.bytes[size], 0xEE);

    memset(box.bytes + 48, 0xEE, sizeof box - 48);
    error_refuse(&box.err, LODGE_E_TRAP, "%s", text);
    assert_string_equal((char *)box.bytes + 48, want);
    assert_int_equal(box.err.message_len, strlen(text));
    assert_int_equal(box.bytes[size], 0xEE);
}

static void a_message_is_cut_between_characters(void **state)
{
    UNUSED(state);
    cut_at(49, "abc", "");
    cut_at(51, "abc", "ab");
    cut_at(52, "abc", "abc");
    cut_at(51, "a\xC3\xA9z", "a");
    cut_at(52, "a\xC3\xA9z", "a\xC3\xA9");
    cut_at(52, "a\xF0\x9F\x98\x80", "a");
    cut_at(53, "\xF0\x9F\x98\x80z", "\xF0\x9F\x98\x80");
    cut_at(54, "\xE2\x82\xAC\xE2\x82\xAC", "\xE2\x82\xAC");
}

static void a_longer_record_is_used_in_full(void **state)
{
    union {
        lodge_error err;
        char bytes[1024];
    } box;
    char text[600];

    UNUSED(state);
    memset(text, 'x', sizeof text);
    box.err.head = LODGE_ERROR_MAGIC | (uint32_t)sizeof box;
    error_set(&box.err, LODGE_E_LINK, text, sizeof text);
    assert_int_equal(strlen(box.bytes + 48), 600);
}

static void a_message_may_lie_in_the_record(void **state)
{
    lodge_error err = LODGE_ERROR_INIT;

    UNUSED(state);
    error_set(&err, LODGE_E_LINK, "one two", 7);
    error_set(&err, LODGE_E_TRAP, err.message + 4, 3);
    assert_string_equal(err.message, "two");
}

static void quote(const char *text, size_t len, size_t cap, const char *want)
{
    char buf[128];

    memset(buf, 0x7E, sizeof buf);
    error_quote(buf, cap, text, len);
    assert_string_equal(buf, want);
    assert_int_equal(buf[cap], 0x7E);
}

static void hostile_text_is_quoted_harmlessly(void **state)
{
    UNUSED(state);
    quote("env", 3, 80, "\"env\"");
    quote("", 0, 80, "\"\"");
    quote(NULL, 0, 80, "\"\"");
    quote("a\"b\\c", 5, 80, "\"a\\\"b\\\\c\"");
    quote("a\n\t\r\0\x1b[", 7, 80, "\"a\\n\\t\\r\\u{0}\\u{1b}[\"");
    quote("\xff\xc3", 2, 80, "\"\\xff\\xc3\"");
    quote("\xC3\xA9", 2, 80, "\"\xC3\xA9\"");
    quote("\xE2\x80\xAE", 3, 80, "\"\\u{202e}\"");
    quote("%s%n", 4, 80, "\"%s%n\"");
}

static void long_text_is_shortened(void **state)
{
    char buf[64];
    size_t cap;

    UNUSED(state);
    quote("abcdef", 6, 9, "\"abcdef\"");
    quote("abcdefg", 7, 9, "\"abc\xE2\x80\xA6\"");
    quote("\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9", 8, 9,
          "\"\xC3\xA9\xE2\x80\xA6\"");
    quote("abcdef", 6, 6, "\"\xE2\x80\xA6\"");
    quote("abcdef", 6, 5, "");
    quote("abcdef", 6, 1, "");
    error_quote(NULL, 0, "abc", 3);
    for (cap = 1; cap < sizeof buf; cap++) {
        error_quote(buf, cap, "\xff\xfe\xC3\xA9\n\"xyz\xE2\x80\xAE\xC3", 14);
        assert_true(strlen(buf) < cap);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        promise(a_record_without_the_mark_is_left_alone),
        promise(a_refusal_sets_what_the_callee_owns),
        promise(text_without_a_nul_is_taken),
        promise(a_message_is_cut_between_characters),
        promise(a_longer_record_is_used_in_full),
        promise(a_message_may_lie_in_the_record),
        promise(hostile_text_is_quoted_harmlessly),
        promise(long_text_is_shortened),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

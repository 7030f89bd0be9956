/* test_alloc.c - promises of core/alloc.h. */
#include "core_test.h"

static void memory_starts_as_zero(void **state)
{
    unsigned char *ptr = alloc_array(100, 3);
    size_t i;

    UNUSED(state);
    assert_non_null(ptr);
    for (i = 0; i < 300; i++)
        assert_int_equal(ptr[i], 0);
    alloc_free(ptr);
}

static void memory_is_aligned_for_anything(void **state)
{
    void *ptr = alloc_zero(1);

    UNUSED(state);
    assert_int_equal((uintptr_t)ptr % _Alignof(max_align_t), 0);
    alloc_free(ptr);
}

static void live_numbers_follow_each_call(void **state)
{
    void *one = alloc_zero(10);
    void *two = alloc_zero(0);

    UNUSED(state);
    assert_non_null(two);
    assert_int_equal(alloc_live_count(), 2);
    assert_int_equal(alloc_live_bytes(), 10);
    one = alloc_grow(one, 10, 25, 1);
    assert_int_equal(alloc_live_count(), 2);
    assert_int_equal(alloc_live_bytes(), 25);
    one = alloc_grow(one, 25, 5, 1);
    assert_int_equal(alloc_live_bytes(), 5);
    alloc_free(one);
    alloc_free(two);
    assert_int_equal(alloc_live_count(), 0);
}

static void growing_keeps_the_head_and_clears_the_tail(void **state)
{
    uint32_t *ptr = alloc_grow(NULL, 0, 2, sizeof *ptr);
    uint32_t i;

    UNUSED(state);
    assert_non_null(ptr);
    ptr[0] = 7;
    ptr[1] = 8;
    ptr = alloc_grow(ptr, 2, 1000, sizeof *ptr);
    assert_int_equal(ptr[0], 7);
    assert_int_equal(ptr[1], 8);
    for (i = 2; i < 1000; i++)
        assert_int_equal(ptr[i], 0);
    alloc_free(ptr);
}

static void sizes_that_overflow_are_refused(void **state)
{
    uint32_t *ptr = alloc_array(2, sizeof *ptr);

    UNUSED(state);
    assert_null(alloc_array(SIZE_MAX / 2, 3));
    assert_null(alloc_zero(SIZE_MAX));
    assert_null(alloc_copy("x", SIZE_MAX));
    assert_null(alloc_grow(ptr, 2, SIZE_MAX / 2, sizeof *ptr));
    ptr[1] = 1; /* still there */
    alloc_free(ptr);
}

static void a_copy_ends_with_a_nul(void **state)
{
    char *text = alloc_copy("hello world", 5);
    char *none = alloc_copy(NULL, 0);

    UNUSED(state);
    assert_string_equal(text, "hello");
    assert_string_equal(none, "");
    alloc_free(text);
    alloc_free(none);
    alloc_free(NULL);
}

static void the_kth_attempt_fails_once_or_for_good(void **state)
{
    void *ptr;

    UNUSED(state);
    alloc_fail_at(2, 0);
    ptr = alloc_zero(1);
    assert_non_null(ptr);
    assert_null(alloc_grow(ptr, 1, 2, 1));
    ptr = alloc_grow(ptr, 1, 2, 1);
    assert_non_null(ptr);
    assert_int_equal(alloc_attempts(), 3);

    alloc_fail_at(1, 1);
    assert_null(alloc_zero(1));
    assert_null(alloc_copy("a", 1));
    alloc_fail_at(0, 0);
    assert_int_equal(alloc_attempts(), 0);
    alloc_free(ptr);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        promise(memory_starts_as_zero),
        promise(memory_is_aligned_for_anything),
        promise(live_numbers_follow_each_call),
        promise(growing_keeps_the_head_and_clears_the_tail),
        promise(sizes_that_overflow_are_refused),
        promise(a_copy_ends_with_a_nul),
        promise(the_kth_attempt_fails_once_or_for_good),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

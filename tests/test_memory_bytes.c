/* test_memory_bytes.c - promises of what is read and written in memories. */
#include "store_fixture.h"

/* Ranges that are not inside a memory of one page. */
static const uint64_t outside[][2] = {
    {PAGE, 1},
    {PAGE + 1, 0},
    {PAGE - 1, 2},
    {0, PAGE + 1},
    {1, PAGE},
    {UINT64_MAX, 0},
    {UINT64_MAX, 1},
    {UINT64_MAX - 1, 2},
    {UINT64_MAX - PAGE + 1, PAGE},
    {UINT64_C(1) << 32, 1},
    {UINT64_C(1) << 63, 1},
    {(UINT64_C(1) << 63) + 1, (UINT64_C(1) << 63) - 1},
    {PAGE / 2, UINT64_C(1) << 32},
};
enum { OUTSIDE = sizeof outside / sizeof *outside };

/* ---- read and write --------------------------------------------------- */

static void what_was_written_is_read(void **state)
{
    lodge_memory memory = new_memory("1");
    uint8_t in[1000], out[1002];
    size_t i;

    (void)state;
    for (i = 0; i < sizeof in; i++)
        in[i] = (uint8_t)(i * 7);
    memset(out, 0xEE, sizeof out);
    OK(lodge_memory_write(memory, 12345, in, sizeof in, ERR));
    OK(lodge_memory_read(memory, 12345, out + 1, sizeof in, ERR));
    assert_memory_equal(in, out + 1, sizeof in);
    assert_int_equal(out[0], 0xEE);
    assert_int_equal(out[1001], 0xEE);
}

static void the_last_byte_and_the_empty_end_are_inside(void **state)
{
    lodge_memory memory = new_memory("1");
    uint8_t byte = 7;

    (void)state;
    OK(lodge_memory_write(memory, PAGE - 1, &byte, 1, ERR));
    byte = 0;
    OK(lodge_memory_read(memory, PAGE - 1, &byte, 1, ERR));
    assert_int_equal(byte, 7);
    OK(lodge_memory_write(memory, PAGE, &byte, 0, ERR));
    OK(lodge_memory_read(memory, PAGE, &byte, 0, ERR));
    OK(lodge_memory_fill(memory, PAGE, 1, 0, ERR));
    OK(lodge_memory_copy(memory, PAGE, memory, PAGE, 0, ERR));
    OK(lodge_memory_read(memory, 0, NULL, 0, ERR));
    OK(lodge_memory_write(memory, 0, NULL, 0, ERR));
}

static void a_memory_of_no_bytes_has_an_empty_range_only(void **state)
{
    lodge_memory memory = new_memory("0");
    uint64_t slot = 42;
    uint8_t byte = 7;

    (void)state;
    OK(lodge_memory_read(memory, 0, &byte, 0, ERR));
    FAILS(BOUNDS, lodge_memory_read(memory, 0, &byte, 1, ERR));
    FAILS(BOUNDS, lodge_memory_read(memory, 1, &byte, 0, ERR));
    FAILS(BOUNDS, lodge_memory_write(memory, 0, &byte, 1, ERR));
    FAILS(BOUNDS, lodge_memory_load(memory, 0, LODGE_TYPE_I8, &slot, ERR));
    FAILS(NOT_FOUND, lodge_memory_find(memory, 0, 0, 1, &slot, ERR));
    assert_int_equal(slot, 42);
    assert_int_equal(byte, 7);
}

static void a_range_outside_is_refused_at_every_edge(void **state)
{
    lodge_memory memory = new_memory("1");
    uint8_t *buf = calloc(1, PAGE + 2);
    size_t i;

    (void)state;
    for (i = 0; i < OUTSIDE; i++) {
        uint64_t at = outside[i][0], len = outside[i][1];
        /* A length that cannot be is refused before the range is seen. */
        lodge_status want = len > PTRDIFF_MAX || len > UINT64_C(1) << 31
                                ? LODGE_E_ARGUMENT
                                : LODGE_E_BOUNDS;
        lodge_status st = lodge_memory_read(memory, at, buf, len, ERR);

        assert_true(st == LODGE_E_BOUNDS || st == want);
        st = lodge_memory_write(memory, at, buf, len, ERR);
        assert_true(st == LODGE_E_BOUNDS || st == want);
        FAILS(BOUNDS, lodge_memory_fill(memory, at, 1, len, ERR));
        FAILS(BOUNDS, lodge_memory_copy(memory, at, memory, 0, len, ERR));
        FAILS(BOUNDS, lodge_memory_copy(memory, 0, memory, at, len, ERR));
    }
    for (i = 0; i < PAGE + 2; i++)
        assert_int_equal(buf[i], 0);
    OK(lodge_memory_read(memory, 0, buf, PAGE, ERR));
    for (i = 0; i < PAGE; i++)
        assert_int_equal(buf[i], 0);
    free(buf);
}

static void a_refused_range_is_named_with_its_offset(void **state)
{
    lodge_memory memory = new_memory("1");
    uint8_t byte;

    (void)state;
    SAYS(BOUNDS, "1 bytes at 65536 are not inside the memory of 65536 bytes",
         lodge_memory_read(memory, PAGE, &byte, 1, ERR));
    assert_int_equal(test_err.detail, PAGE);
    FAILS(BOUNDS, lodge_memory_fill(memory, UINT64_MAX, 0, 2, ERR));
    assert_true(test_err.detail == UINT64_MAX);
    FAILS(BOUNDS, lodge_memory_read(memory, PAGE, &byte, 1, NULL));
}

static void a_missing_buffer_is_refused(void **state)
{
    lodge_memory memory = new_memory("1");

    (void)state;
    FAILS(ARGUMENT, lodge_memory_read(memory, 0, NULL, 1, ERR));
    FAILS(ARGUMENT, lodge_memory_write(memory, 0, NULL, 1, ERR));
    FAILS(ARGUMENT, lodge_memory_read(memory, 0, NULL, UINT64_MAX, ERR));
    FAILS(ARGUMENT, lodge_memory_size(memory, NULL, ERR));
    FAILS(ARGUMENT, lodge_memory_find(memory, 0, 0, 1, NULL, ERR));
    FAILS(ARGUMENT, lodge_memory_load(memory, 0, LODGE_TYPE_I32, NULL, ERR));
    FAILS(ARGUMENT, lodge_memory_store(memory, 0, LODGE_TYPE_I32, NULL, ERR));
    FAILS(ARGUMENT, lodge_memory_type(memory, NULL, 5, NULL, ERR));
}

/* ---- fill, copy, find ------------------------------------------------- */

static void fill_sets_exactly_its_range(void **state)
{
    lodge_memory memory = new_memory("1");
    uint8_t bytes[6];

    (void)state;
    OK(lodge_memory_fill(memory, 101, 255, 4, ERR));
    OK(lodge_memory_read(memory, 100, bytes, 6, ERR));
    assert_memory_equal(bytes, "\0\xFF\xFF\xFF\xFF\0", 6);
    OK(lodge_memory_fill(memory, 0, 0x5A, PAGE, ERR));
    OK(lodge_memory_read(memory, PAGE - 6, bytes, 6, ERR));
    assert_memory_equal(bytes, "ZZZZZZ", 6);
}

static void a_byte_above_255_is_refused(void **state)
{
    lodge_memory memory = new_memory("1");
    uint64_t found = 42;

    (void)state;
    SAYS(ARGUMENT, "256", lodge_memory_fill(memory, 0, 256, 1, ERR));
    FAILS(ARGUMENT, lodge_memory_fill(memory, 0, UINT32_MAX, 1, ERR));
    FAILS(ARGUMENT, lodge_memory_find(memory, 0, 256, 1, &found, ERR));
    assert_int_equal(found, 42);
}

static void copies_may_overlap_either_way(void **state)
{
    lodge_memory memory = new_memory("1");
    uint8_t bytes[10];

    (void)state;
    OK(lodge_memory_write(memory, 0, (const uint8_t *)"0123456789", 10, ERR));
    OK(lodge_memory_copy(memory, 2, memory, 0, 8, ERR));
    OK(lodge_memory_read(memory, 0, bytes, 10, ERR));
    assert_memory_equal(bytes, "0101234567", 10);
    OK(lodge_memory_copy(memory, 0, memory, 3, 7, ERR));
    OK(lodge_memory_read(memory, 0, bytes, 10, ERR));
    assert_memory_equal(bytes, "1234567567", 10);
    OK(lodge_memory_copy(memory, 4, memory, 4, 6, ERR));
}

static void bytes_are_copied_between_memories_of_a_store(void **state)
{
    lodge_memory a = new_memory("1"), b = new_memory("2");
    uint8_t bytes[4];

    (void)state;
    OK(lodge_memory_write(a, PAGE - 4, (const uint8_t *)"abcd", 4, ERR));
    OK(lodge_memory_copy(b, 2 * PAGE - 4, a, PAGE - 4, 4, ERR));
    OK(lodge_memory_read(b, 2 * PAGE - 4, bytes, 4, ERR));
    assert_memory_equal(bytes, "abcd", 4);
    FAILS(BOUNDS, lodge_memory_copy(b, 2 * PAGE - 4, a, PAGE - 3, 4, ERR));
    FAILS(BOUNDS, lodge_memory_copy(b, 2 * PAGE - 3, a, PAGE - 4, 4, ERR));
    FAILS(BOUNDS, lodge_memory_copy(a, 0, b, 0, 2 * PAGE, ERR));
    OK(lodge_memory_copy(b, 0, a, 0, PAGE, ERR));
}

static void bytes_are_not_copied_between_stores(void **state)
{
    lodge_store other = new_store(engine);
    lodge_memory ours = new_memory("1"), theirs;

    (void)state;
    OK(lodge_memory_new(other, "1", 1, &theirs, ERR));
    FAILS(FOREIGN, lodge_memory_copy(ours, 0, theirs, 0, 1, ERR));
    FAILS(FOREIGN, lodge_memory_copy(theirs, 0, ours, 0, 1, ERR));
    FAILS(FOREIGN, lodge_memory_copy(theirs, 0, ours, 0, 0, ERR));
    OK(lodge_memory_copy(theirs, 0, theirs, 1, 1, ERR));
}

static void copy_refuses_bad_ids_on_both_sides(void **state)
{
    lodge_memory memory = new_memory("1");

    (void)state;
    FOR_BAD_IDS(lodge_memory, id, {
        lodge_status st = lodge_memory_copy(memory, 0, id, 0, 1, ERR);

        assert_true(st == LODGE_E_HANDLE || st == LODGE_E_FOREIGN);
        FAILS(HANDLE, lodge_memory_copy(id, 0, memory, 0, 1, ERR));
        FAILS(HANDLE, lodge_memory_copy(id, 0, id, 0, 1, ERR));
    });
    FAILS(HANDLE,
          lodge_memory_copy(memory, 0, (lodge_memory){store.id}, 0, 1, ERR));
    OK(lodge_memory_copy(memory, 0, memory, 0, 1, ERR));
    OK(lodge_store_close(store));
    FAILS(HANDLE, lodge_memory_copy(memory, 0, memory, 0, 1, ERR));
}

static void find_counts_the_bytes_before_the_first_hit(void **state)
{
    lodge_memory memory = new_memory("1");
    uint64_t found;

    (void)state;
    OK(lodge_memory_write(memory, 100, (const uint8_t *)"text\0text", 9, ERR));
    OK(lodge_memory_find(memory, 100, 0, UINT64_MAX, &found, ERR));
    assert_int_equal(found, 4);
    OK(lodge_memory_find(memory, 100, 0, 5, &found, ERR));
    assert_int_equal(found, 4);
    OK(lodge_memory_find(memory, 105, 'x', 100, &found, ERR));
    assert_int_equal(found, 2);
    OK(lodge_memory_fill(memory, PAGE - 1, 255, 1, ERR));
    OK(lodge_memory_find(memory, 0, 255, PAGE, &found, ERR));
    assert_int_equal(found, PAGE - 1);
}

static void find_tells_when_there_is_none(void **state)
{
    lodge_memory memory = new_memory("1");
    uint64_t found = 42;

    (void)state;
    OK(lodge_memory_fill(memory, 0, 'x', PAGE, ERR));
    FAILS(NOT_FOUND, lodge_memory_find(memory, 0, 0, 4, &found, ERR));
    FAILS(NOT_FOUND, lodge_memory_find(memory, 0, 0, UINT64_MAX, &found, ERR));
    FAILS(NOT_FOUND, lodge_memory_find(memory, 5, 'x', 0, &found, ERR));
    FAILS(NOT_FOUND,
          lodge_memory_find(memory, PAGE, 'x', UINT64_MAX, &found, ERR));
    FAILS(BOUNDS, lodge_memory_find(memory, PAGE + 1, 'x', 1, &found, ERR));
    FAILS(BOUNDS, lodge_memory_find(memory, UINT64_MAX, 'x', 1, &found, ERR));
    assert_int_equal(found, 42);
}

/* ---- values ----------------------------------------------------------- */

static const struct {
    uint32_t type, width;
} numbers[] = {
    {LODGE_TYPE_I8, 1},    {LODGE_TYPE_I16, 2}, {LODGE_TYPE_I32, 4},
    {LODGE_TYPE_F32, 4},   {LODGE_TYPE_I64, 8}, {LODGE_TYPE_F64, 8},
    {LODGE_TYPE_V128, 16},
};
enum { NUMBERS = sizeof numbers / sizeof *numbers };

static const uint64_t pattern[2] = {UINT64_C(0x8877665544332211),
                                    UINT64_C(0xFFEEDDCCBBAA9988)};

static void every_type_is_little_endian_at_every_alignment(void **state)
{
    lodge_memory memory = new_memory("1");
    uint64_t at, slots[2];
    uint8_t bytes[18];
    size_t i;

    (void)state;
    for (i = 0; i < NUMBERS; i++) {
        uint32_t width = numbers[i].width;

        for (at = 1; at <= 17; at++) {
            OK(lodge_memory_fill(memory, 0, 0x77, 64, ERR));
            OK(lodge_memory_store(memory, at, numbers[i].type, pattern, ERR));
            OK(lodge_memory_read(memory, at - 1, bytes, width + 2, ERR));
            assert_memory_equal(bytes + 1, pattern, width);
            assert_int_equal(bytes[0], 0x77);
            assert_int_equal(bytes[width + 1], 0x77);
            slots[0] = slots[1] = 42;
            OK(lodge_memory_load(memory, at, numbers[i].type, slots, ERR));
            assert_memory_equal(slots, pattern, width);
            if (width < 8)
                assert_int_equal(slots[0] >> (8 * width), 0);
            if (width < 16)
                assert_int_equal(slots[1], 42);
        }
    }
}

static void every_type_reaches_the_last_byte_and_no_further(void **state)
{
    lodge_memory memory = new_memory("1");
    uint64_t slots[2] = {42, 43};
    size_t i, k;

    (void)state;
    for (i = 0; i < NUMBERS; i++) {
        uint32_t type = numbers[i].type, width = numbers[i].width;
        const uint64_t beyond[] = {PAGE - width + 1, PAGE,
                                   PAGE + 1,         UINT64_MAX - width + 1,
                                   UINT64_MAX,       UINT64_MAX - width,
                                   UINT64_C(1) << 32};

        OK(lodge_memory_store(memory, PAGE - width, type, pattern, ERR));
        for (k = 0; k < sizeof beyond / sizeof *beyond; k++) {
            FAILS(BOUNDS,
                  lodge_memory_store(memory, beyond[k], type, pattern, ERR));
            FAILS(BOUNDS,
                  lodge_memory_load(memory, beyond[k], type, slots, ERR));
        }
        assert_true(slots[0] == 42 && slots[1] == 43);
    }
}

static void a_type_that_is_no_number_is_refused(void **state)
{
    static const uint32_t types[] = {
        LODGE_TYPE_FUNCREF,
        LODGE_TYPE_EXTERNREF,
        LODGE_TYPE_REF,
        18,
        31,
        34,
        255,
        UINT32_MAX,
    };
    lodge_memory memory = new_memory("1");
    uint64_t slot = 42;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof types / sizeof *types; i++) {
        FAILS(ARGUMENT, lodge_memory_load(memory, 0, types[i], &slot, ERR));
        FAILS(ARGUMENT, lodge_memory_store(memory, 0, types[i], &slot, ERR));
    }
    assert_int_equal(slot, 42);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(what_was_written_is_read),
        STORE_TEST(the_last_byte_and_the_empty_end_are_inside),
        STORE_TEST(a_memory_of_no_bytes_has_an_empty_range_only),
        STORE_TEST(a_range_outside_is_refused_at_every_edge),
        STORE_TEST(a_refused_range_is_named_with_its_offset),
        STORE_TEST(a_missing_buffer_is_refused),
        STORE_TEST(fill_sets_exactly_its_range),
        STORE_TEST(a_byte_above_255_is_refused),
        STORE_TEST(copies_may_overlap_either_way),
        STORE_TEST(bytes_are_copied_between_memories_of_a_store),
        STORE_TEST(bytes_are_not_copied_between_stores),
        STORE_TEST(copy_refuses_bad_ids_on_both_sides),
        STORE_TEST(find_counts_the_bytes_before_the_first_hit),
        STORE_TEST(find_tells_when_there_is_none),
        STORE_TEST(every_type_is_little_endian_at_every_alignment),
        STORE_TEST(every_type_reaches_the_last_byte_and_no_further),
        STORE_TEST(a_type_that_is_no_number_is_refused),
    };

    return RUN(tests);
}

/* test_shared_memory.c - the promises of shared memories: made, read,
 * written, waited on by one thread. tests/test_shared_stores.c has guests,
 * tests/thread_shared.c threads.
 */
#include "shared_fixture.h"

/* ---- making ----------------------------------------------------------- */

static void a_shared_memory_has_the_type_it_was_made_of(void **state)
{
    static const char *const types[][2] = {
        {"1 2", "1 2 shared"},
        {"1 2 shared", "1 2 shared"},
        {"0 0", "0 0 shared"},
        {"3 65536 shared", "3 65536 shared"},
        {"1 2 i64 shared", "1 2 i64 shared"},
        {"100 200 page=1", "100 200 shared page=1"},
        {" 1  2 shared i64", "1 2 i64 shared"},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof types / sizeof *types; i++) {
        lodge_shared_memory memory = new_shared(types[i][0]);

        READS(types[i][1],
              lodge_shared_memory_type(memory, buf, cap, len, ERR));
        OK(lodge_shared_memory_close(memory));
    }
}

static void a_shared_memory_begins_with_zeros(void **state)
{
    lodge_shared_memory memory = new_shared("2 3");
    uint8_t bytes[256], zeros[256] = {0};

    (void)state;
    assert_int_equal(shared_size_of(memory), 2 * PAGE);
    OK(lodge_shared_memory_read(memory, 2 * PAGE - 256, bytes, 256, ERR));
    assert_memory_equal(bytes, zeros, 256);
}

static void what_is_no_type_of_a_shared_memory_is_refused(void **state)
{
    static const char *const bad[] = {
        "",    "x",        "2 1",   "1 2 3", "1",
        "i64", "1 shared", "1 i64", "1 -1",  "1 2 funcref"};
    lodge_shared_memory memory = {42};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof bad / sizeof *bad; i++)
        FAILS(ARGUMENT,
              lodge_shared_memory_new(engine, TEXT(bad[i]), &memory, ERR));
    SAYS(ARGUMENT, "needs a maximum",
         lodge_shared_memory_new(engine, TEXT("1"), &memory, ERR));
    FAILS(ARGUMENT, lodge_shared_memory_new(engine, NULL, 3, &memory, ERR));
    FAILS(ARGUMENT, lodge_shared_memory_new(engine, TEXT("1 2"), NULL, ERR));
    FAILS(TYPE,
          lodge_shared_memory_new(engine, TEXT("1 65537"), &memory, ERR));
    assert_int_equal(memory.id, 42);
}

/* It never moves: what was reserved for it at first is all that it can get. */
static void what_the_system_cannot_reserve_is_a_limit(void **state)
{
    lodge_shared_memory memory = {42}, large;

    (void)state;
    FAILS(LIMIT,
          lodge_shared_memory_new(engine, TEXT("17179869184 17179869184 i64"),
                                  &memory, ERR));
    assert_int_equal(memory.id, 42);
    assert_int_equal(stat_of(LODGE_STAT_SHARED_MEMORIES), 0);
    large = new_shared("1 281474976710655 i64");
    FAILS(LIMIT, lodge_shared_memory_grow(large, 65536, NULL, ERR));
    OK(lodge_shared_memory_grow(large, 1, NULL, ERR));
    assert_int_equal(shared_size_of(large), 2 * PAGE);
}

static void a_small_reservation_is_the_limit_of_growing(void **state)
{
    lodge_engine other =
        new_engine_with("shared-memory=on,memory-reservation=1M");
    lodge_shared_memory memory = shared_of(other, "1 100");

    (void)state;
    FAILS(LIMIT, lodge_shared_memory_grow(memory, 16, NULL, ERR));
    OK(lodge_shared_memory_grow(memory, 15, NULL, ERR));
    FAILS(LIMIT, lodge_shared_memory_grow(memory, 1, NULL, ERR));
    put(memory, 16 * PAGE - 8, 8, 1);
    lodge_engine_shutdown(other);
}

static void an_engine_says_which_key_it_needs(void **state)
{
    static const uint32_t presets[] = {
        LODGE_PRESET_DEFAULT, LODGE_PRESET_UNTRUSTED,  LODGE_PRESET_PULLEY,
        LODGE_PRESET_SMALL,   LODGE_PRESET_NO_SIGNALS,
#ifndef __SANITIZE_THREAD__ /* it leaves 1.5 TiB of addresses */
        LODGE_PRESET_POOLING,
#endif
    };
    lodge_shared_memory memory = {42};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof presets / sizeof *presets; i++) {
        lodge_config config;
        lodge_engine other;

        OK(lodge_config_new(presets[i], &config, ERR));
        OK(lodge_engine_new(config, &other, ERR));
        SAYS(UNSUPPORTED, "shared-memory=on",
             lodge_shared_memory_new(other, TEXT("1 2"), &memory, ERR));
        lodge_engine_close(other);
    }
    assert_int_equal(memory.id, 42);
}

static void where_they_cannot_be_the_engine_says_so(void **state)
{
    static const char *const bad[][2] = {
        {"shared-memory=on,allocator=pooling", "on-demand"},
        {"shared-memory=on,wasm-threads=off", "wasm-threads=on"},
        {"shared-memory=on,target=pulley64", "wasm-threads=off"},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof bad / sizeof *bad; i++) {
        lodge_engine none = {42};
        lodge_config config;

        OK(lodge_config_new(LODGE_PRESET_DEFAULT, &config, ERR));
        OK(lodge_config_parse(config, TEXT(bad[i][0]), ERR));
        SAYS(CONFIG, bad[i][1], lodge_engine_new(config, &none, ERR));
        assert_int_equal(none.id, 42);
        lodge_config_close(config);
    }
}

static void growing_goes_up_to_the_maximum(void **state)
{
    lodge_shared_memory memory = new_shared("1 4");
    uint64_t old = 42;

    (void)state;
    OK(lodge_shared_memory_grow(memory, 2, &old, ERR));
    assert_int_equal(old, 1);
    old = 42;
    FAILS(LIMIT, lodge_shared_memory_grow(memory, 2, &old, ERR));
    FAILS(LIMIT, lodge_shared_memory_grow(memory, UINT64_MAX, &old, ERR));
    FAILS(LIMIT,
          lodge_shared_memory_grow(memory, UINT64_C(1) << 48, &old, ERR));
    assert_int_equal(old, 42);
    OK(lodge_shared_memory_grow(memory, 1, NULL, ERR));
    OK(lodge_shared_memory_grow(memory, 0, &old, ERR));
    assert_int_equal(old, 4);
    assert_int_equal(shared_size_of(memory), 4 * PAGE);
    put(memory, 4 * PAGE - 1, 1, 9);
}

static void pages_of_one_byte_are_counted_one_by_one(void **state)
{
    lodge_shared_memory memory = new_shared("10 13 page=1");
    uint64_t old, value = 42;

    (void)state;
    assert_int_equal(shared_size_of(memory), 10);
    put(memory, 9, 1, 7);
    FAILS(BOUNDS, lodge_shared_memory_load(memory, 10, 1, &value, ERR));
    FAILS(BOUNDS, lodge_shared_memory_load(memory, 8, 4, &value, ERR));
    OK(lodge_shared_memory_grow(memory, 3, &old, ERR));
    assert_int_equal(old, 10);
    assert_int_equal(look(memory, 8, 4), 7 << 8);
    FAILS(LIMIT, lodge_shared_memory_grow(memory, 1, &old, ERR));
    assert_int_equal(value, 42);
}

/* ---- many bytes ------------------------------------------------------- */

/* Against plain memory, at every alignment of both sides. */
static void bytes_go_in_and_out_as_they_are(void **state)
{
    lodge_shared_memory memory = new_shared("1 1");
    uint8_t model[128] = {0}, src[64], out[128];
    uint64_t at, len, i;

    (void)state;
    for (i = 0; i < sizeof src; i++)
        src[i] = (uint8_t)(i * 7 + 1);
    for (at = 0; at < 17; at++) {
        for (len = 0; len < 40; len++) {
            OK(lodge_shared_memory_write(memory, at, src + at % 3, len, ERR));
            memcpy(model + at, src + at % 3, len);
            OK(lodge_shared_memory_read(memory, 0, out, sizeof out, ERR));
            assert_memory_equal(out, model, sizeof out);
            OK(lodge_shared_memory_read(memory, at, out + 1, len, ERR));
            assert_memory_equal(out + 1, model + at, len);
        }
    }
}

static void a_fill_reaches_exactly_its_bytes(void **state)
{
    lodge_shared_memory memory = new_shared("1 1");
    uint8_t model[64] = {0}, out[64];
    uint64_t at, len;

    (void)state;
    for (at = 0; at < 9; at++) {
        for (len = 0; len < 30; len++) {
            OK(lodge_shared_memory_fill(memory, at, (uint32_t)len, len, ERR));
            memset(model + at, (int)len, len);
            OK(lodge_shared_memory_read(memory, 0, out, sizeof out, ERR));
            assert_memory_equal(out, model, sizeof out);
        }
    }
    FAILS(ARGUMENT, lodge_shared_memory_fill(memory, 0, 256, 1, ERR));
}

static void a_copy_may_overlap_itself(void **state)
{
    enum { SIZE = 6000 };
    static const uint64_t moves[][3] = {
        {0, 1, 5000}, {1, 0, 5000},    {0, 8, 3000},   {8, 0, 3000},
        {5, 5, 100},  {0, 3000, 3000}, {3000, 0, 3000}};
    lodge_shared_memory memory = new_shared("1 1");
    uint8_t model[SIZE], out[SIZE];
    size_t i, k;

    (void)state;
    for (i = 0; i < SIZE; i++)
        model[i] = (uint8_t)(i * 31 >> 3);
    OK(lodge_shared_memory_write(memory, 0, model, SIZE, ERR));
    for (k = 0; k < sizeof moves / sizeof *moves; k++) {
        const uint64_t *m = moves[k];

        OK(lodge_shared_memory_copy(memory, m[0], memory, m[1], m[2], ERR));
        memmove(model + m[0], model + m[1], m[2]);
        OK(lodge_shared_memory_read(memory, 0, out, SIZE, ERR));
        assert_memory_equal(out, model, SIZE);
    }
}

static void a_copy_goes_between_engines(void **state)
{
    lodge_engine other = new_engine_with(shared_settings);
    lodge_shared_memory from = new_shared("1 1"), to = shared_of(other, "1 1");

    (void)state;
    put(from, 0, 8, UINT64_C(0x0102030405060708));
    OK(lodge_shared_memory_copy(to, 16, from, 0, 8, ERR));
    assert_int_equal(look(to, 16, 8), UINT64_C(0x0102030405060708));
    FAILS(BOUNDS, lodge_shared_memory_copy(to, PAGE - 7, from, 0, 8, ERR));
    FAILS(BOUNDS, lodge_shared_memory_copy(to, 0, from, PAGE - 7, 8, ERR));
    FAILS(BOUNDS,
          lodge_shared_memory_copy(to, UINT64_MAX, from, 0, UINT64_MAX, ERR));
    lodge_engine_shutdown(other);
    FAILS(HANDLE, lodge_shared_memory_copy(to, 0, from, 0, 1, ERR));
    FAILS(HANDLE, lodge_shared_memory_copy(from, 0, to, 0, 1, ERR));
}

static void nothing_outside_is_read_or_written(void **state)
{
    static const uint64_t bad[][2] = {
        {PAGE, 1},       {PAGE - 1, 2},          {0, PAGE + 1},
        {PAGE + 1, 0},   {UINT64_MAX, 1},        {1, INT64_MAX},
        {UINT64_MAX, 0}, {UINT64_MAX, INT64_MAX}};
    lodge_shared_memory memory = new_shared("1 9");
    uint8_t byte = 42;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof bad / sizeof *bad; i++) {
        const uint64_t at = bad[i][0], len = bad[i][1];

        FAILS(BOUNDS, lodge_shared_memory_read(memory, at, &byte, len, ERR));
        assert_int_equal(test_err.detail, at);
        FAILS(BOUNDS, lodge_shared_memory_write(memory, at, &byte, len, ERR));
        FAILS(BOUNDS, lodge_shared_memory_fill(memory, at, 1, len, ERR));
    }
    assert_int_equal(byte, 42);
    OK(lodge_shared_memory_read(memory, PAGE, NULL, 0, ERR));
    OK(lodge_shared_memory_write(memory, PAGE, NULL, 0, ERR));
    OK(lodge_shared_memory_fill(memory, PAGE, 1, 0, ERR));
    FAILS(ARGUMENT, lodge_shared_memory_read(memory, 0, NULL, 1, ERR));
    FAILS(ARGUMENT, lodge_shared_memory_write(memory, 0, NULL, 1, ERR));
}

/* ---- one value -------------------------------------------------------- */

static const uint32_t widths[] = {1, 2, 4, 8};

static uint64_t mask_of(uint32_t bytes)
{
    return bytes == 8 ? UINT64_MAX : (UINT64_C(1) << 8 * bytes) - 1;
}

static void values_of_every_width_are_loaded_and_stored(void **state)
{
    const uint64_t value = UINT64_C(0x8182838485868788), rest = UINT64_MAX;
    lodge_shared_memory memory = new_shared("1 1");
    size_t i;

    (void)state;
    for (i = 0; i < 4; i++) {
        const uint32_t n = widths[i];

        put(memory, 0, 8, rest);
        put(memory, 8, 8, rest);
        put(memory, 8, n, value);
        assert_int_equal(look(memory, 8, n), value & mask_of(n));
        assert_int_equal(look(memory, 0, 8), rest);
        assert_true(look(memory, 8, 8) ==
                    ((value & mask_of(n)) | (rest & ~mask_of(n))));
        put(memory, PAGE - n, n, 1);
    }
}

static uint64_t expected_of(uint32_t op, uint64_t a, uint64_t b)
{
    const uint64_t results[] = {a + b, a - b, a & b, a | b, a ^ b, b};

    return results[op];
}

static void every_operation_gives_what_was_there_before(void **state)
{
    static const uint64_t samples[][2] = {
        {0, 1},
        {UINT64_MAX, 1},
        {UINT64_C(0xF0F1F2F3F4F5F6F7), UINT64_C(0x1234567890ABCDEF)},
        {UINT64_C(0x8000000080008080), UINT64_C(0x8000000080008080)}};
    lodge_shared_memory memory = new_shared("1 1");
    uint64_t old, a, b;
    uint32_t op, n;
    size_t i, k;

    (void)state;
    for (op = LODGE_ATOMIC_ADD; op <= LODGE_ATOMIC_XCHG; op++) {
        for (i = 0; i < 4; i++) {
            for (k = 0; k < 4; k++) {
                n = widths[i], a = samples[k][0], b = samples[k][1];
                put(memory, 16, 8, a);
                put(memory, 24, 8, 0);
                OK(lodge_shared_memory_rmw(memory, 16, n, op, b, &old, ERR));
                assert_true(old == (a & mask_of(n)));
                assert_true(look(memory, 16, 8) ==
                            ((expected_of(op, a, b) & mask_of(n)) |
                             (a & ~mask_of(n))));
                assert_int_equal(look(memory, 24, 8), 0);
            }
        }
    }
    OK(lodge_shared_memory_rmw(memory, 16, 8, LODGE_ATOMIC_XCHG, 5, NULL,
                               ERR));
    assert_int_equal(look(memory, 16, 8), 5);
}

static void a_value_is_replaced_only_if_it_is_the_expected_one(void **state)
{
    lodge_shared_memory memory = new_shared("1 1");
    uint64_t old;
    size_t i;

    (void)state;
    for (i = 0; i < 4; i++) {
        const uint32_t n = widths[i];

        put(memory, 8, 8, 0x55);
        OK(lodge_shared_memory_cmpxchg(memory, 8, n, 0x54, 1, &old, ERR));
        assert_int_equal(old, 0x55);
        assert_int_equal(look(memory, 8, 8), 0x55);
        OK(lodge_shared_memory_cmpxchg(memory, 8, n, 0x55, UINT64_MAX, &old,
                                       ERR));
        assert_int_equal(old, 0x55);
        assert_true(look(memory, 8, 8) == mask_of(n));
    }
}

/* As in WebAssembly: what does not fit is not there. */
static void an_expected_value_with_bits_above_is_never_found(void **state)
{
    lodge_shared_memory memory = new_shared("1 1");
    uint64_t old;
    size_t i;

    (void)state;
    for (i = 0; i < 3; i++) {
        put(memory, 8, 8, 3);
        OK(lodge_shared_memory_cmpxchg(
            memory, 8, widths[i], 3 + mask_of(widths[i]) + 1, 9, &old, ERR));
        assert_int_equal(old, 3);
        assert_int_equal(look(memory, 8, 8), 3);
    }
}

static void a_value_lies_at_a_multiple_of_its_bytes(void **state)
{
    lodge_shared_memory memory = new_shared("1 1");
    uint64_t value = 42, at;
    uint32_t woken = 42;
    size_t i;

    (void)state;
    for (i = 1; i < 4; i++) {
        for (at = 1; at < widths[i]; at++) {
            const uint32_t n = widths[i];

            SAYS(ARGUMENT, "multiple",
                 lodge_shared_memory_load(memory, at, n, &value, ERR));
            FAILS(ARGUMENT, lodge_shared_memory_store(memory, at, n, 1, ERR));
            FAILS(ARGUMENT,
                  lodge_shared_memory_rmw(memory, at, n, 0, 1, &value, ERR));
            FAILS(ARGUMENT, lodge_shared_memory_cmpxchg(memory, at, n, 0, 1,
                                                        &value, ERR));
        }
    }
    FAILS(ARGUMENT, lodge_shared_memory_wait(memory, 2, 4, 0, 0, &woken, ERR));
    FAILS(ARGUMENT, lodge_shared_memory_wait(memory, 4, 8, 0, 0, &woken, ERR));
    FAILS(ARGUMENT, lodge_shared_memory_notify(memory, 2, 1, &woken, ERR));
    assert_int_equal(value, 42);
    assert_int_equal(woken, 42);
    assert_int_equal(look(memory, 0, 8), 0);
}

static void a_value_outside_is_refused(void **state)
{
    static const uint64_t bad[] = {PAGE, PAGE + 8, UINT64_MAX - 7};
    lodge_shared_memory memory = new_shared("1 9");
    uint64_t value = 42;
    uint32_t woken = 42;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof bad / sizeof *bad; i++) {
        FAILS(BOUNDS,
              lodge_shared_memory_load(memory, bad[i], 8, &value, ERR));
        FAILS(BOUNDS, lodge_shared_memory_store(memory, bad[i], 1, 1, ERR));
        FAILS(BOUNDS,
              lodge_shared_memory_rmw(memory, bad[i], 4, 0, 1, &value, ERR));
        FAILS(BOUNDS, lodge_shared_memory_cmpxchg(memory, bad[i], 2, 0, 1,
                                                  &value, ERR));
        FAILS(BOUNDS,
              lodge_shared_memory_wait(memory, bad[i], 8, 0, 0, &woken, ERR));
        FAILS(BOUNDS,
              lodge_shared_memory_notify(memory, bad[i], 1, &woken, ERR));
    }
    assert_int_equal(value, 42);
    assert_int_equal(woken, 42);
}

static void only_the_four_widths_and_six_operations_exist(void **state)
{
    static const uint32_t bad[] = {0, 3, 5, 16, UINT32_MAX};
    lodge_shared_memory memory = new_shared("1 1");
    uint64_t value = 42;
    uint32_t how = 42;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof bad / sizeof *bad; i++) {
        const uint32_t n = bad[i];

        SAYS(ARGUMENT, "1, 2, 4 or 8",
             lodge_shared_memory_load(memory, 0, n, &value, ERR));
        FAILS(ARGUMENT, lodge_shared_memory_store(memory, 0, n, 1, ERR));
        FAILS(ARGUMENT,
              lodge_shared_memory_rmw(memory, 0, n, 0, 1, &value, ERR));
        FAILS(ARGUMENT,
              lodge_shared_memory_cmpxchg(memory, 0, n, 0, 1, &value, ERR));
        FAILS(ARGUMENT,
              lodge_shared_memory_wait(memory, 0, n, 0, 0, &how, ERR));
    }
    FAILS(ARGUMENT, lodge_shared_memory_wait(memory, 0, 2, 0, 0, &how, ERR));
    SAYS(ARGUMENT, "LODGE_ATOMIC_",
         lodge_shared_memory_rmw(memory, 0, 4, 6, 1, &value, ERR));
    FAILS(ARGUMENT,
          lodge_shared_memory_rmw(memory, 0, 4, UINT32_MAX, 1, &value, ERR));
    assert_int_equal(value, 42);
    assert_int_equal(how, 42);
}

static void results_need_a_place(void **state)
{
    lodge_shared_memory memory = new_shared("1 1");
    uint64_t address, len;
    lodge_lease lease;

    (void)state;
    FAILS(ARGUMENT, lodge_shared_memory_size(memory, NULL, ERR));
    FAILS(ARGUMENT, lodge_shared_memory_load(memory, 0, 4, NULL, ERR));
    FAILS(ARGUMENT,
          lodge_shared_memory_cmpxchg(memory, 0, 4, 0, 0, NULL, ERR));
    FAILS(ARGUMENT, lodge_shared_memory_wait(memory, 0, 4, 0, 0, NULL, ERR));
    FAILS(ARGUMENT, lodge_shared_memory_in(memory, store, NULL, ERR));
    FAILS(ARGUMENT, lodge_shared_memory_same(memory, memory, NULL, ERR));
    FAILS(ARGUMENT, lodge_memory_shared(named_in(store, memory), NULL, ERR));
    FAILS(ARGUMENT,
          lodge_host_shared_memory((lodge_host){0}, memory, NULL, ERR));
    FAILS(ARGUMENT,
          lodge_shared_memory_lease(memory, NULL, &len, &lease, ERR));
    FAILS(ARGUMENT,
          lodge_shared_memory_lease(memory, &address, NULL, &lease, ERR));
    FAILS(ARGUMENT,
          lodge_shared_memory_lease(memory, &address, &len, NULL, ERR));
}

/* ---- waiting, without others ------------------------------------------ */

static void nobody_is_woken_where_nobody_waits(void **state)
{
    lodge_shared_memory memory = new_shared("1 1");

    (void)state;
    assert_int_equal(notify(memory, 0, 1), 0);
    assert_int_equal(notify(memory, PAGE - 4, UINT32_MAX), 0);
    OK(lodge_shared_memory_notify(memory, 0, 0, NULL, ERR));
}

static void a_wait_on_another_value_ends_at_once(void **state)
{
    lodge_shared_memory memory = new_shared("1 1");
    uint32_t how = 42;

    (void)state;
    put(memory, 8, 8, UINT64_C(0x100000005));
    OK(lodge_shared_memory_wait(memory, 8, 4, 6, UINT64_MAX, &how, ERR));
    assert_int_equal(how, LODGE_WAIT_NOT_EQUAL);
    how = 42;
    OK(lodge_shared_memory_wait(memory, 8, 8, 5, UINT64_MAX, &how, ERR));
    assert_int_equal(how, LODGE_WAIT_NOT_EQUAL);
    how = 42;
    OK(lodge_shared_memory_wait(memory, 8, 4, UINT64_C(0x100000005),
                                UINT64_MAX, &how, ERR));
    assert_int_equal(how, LODGE_WAIT_NOT_EQUAL);
}

static void a_wait_ends_after_its_time(void **state)
{
    lodge_shared_memory memory = new_shared("1 1");
    uint32_t how = 42;
    struct timespec from, to;

    (void)state;
    put(memory, 8, 8, UINT64_C(0x100000005));
    OK(lodge_shared_memory_wait(memory, 8, 4, 5, 0, &how, ERR));
    assert_int_equal(how, LODGE_WAIT_TIMED_OUT);
    clock_gettime(CLOCK_MONOTONIC, &from);
    OK(lodge_shared_memory_wait(memory, 8, 8, UINT64_C(0x100000005), 20000000,
                                &how, ERR));
    clock_gettime(CLOCK_MONOTONIC, &to);
    assert_int_equal(how, LODGE_WAIT_TIMED_OUT);
    assert_true((to.tv_sec - from.tv_sec) * 1000000000 + to.tv_nsec -
                    from.tv_nsec >=
                20000000);
    assert_int_equal(stat_of(LODGE_STAT_SHARED_WAITS), 0);
}

/* ---- ends ------------------------------------------------------------- */

static void a_closed_shared_memory_is_refused(void **state)
{
    lodge_shared_memory memory = new_shared("1 1");
    uint64_t value = 42;

    (void)state;
    OK(lodge_shared_memory_close(memory));
    OK(lodge_shared_memory_close(memory));
    FAILS(HANDLE, lodge_shared_memory_size(memory, &value, ERR));
    FOR_BAD_IDS(lodge_shared_memory, id,
                FAILS(HANDLE, lodge_shared_memory_size(id, &value, ERR)));
    FOR_BAD_IDS(lodge_shared_memory, id, OK(lodge_shared_memory_close(id)));
    assert_int_equal(value, 42);
    assert_int_equal(stat_of(LODGE_STAT_SHARED_MEMORIES), 0);
}

static void a_released_shared_memory_is_gone(void **state)
{
    lodge_shared_memory memory = new_shared("1 1");

    (void)state;
    lodge_release((void *)(uintptr_t)memory.id);
    assert_int_equal(stat_of(LODGE_STAT_LIVE + LODGE_KIND_SHARED_MEMORY), 0);
    assert_int_equal(stat_of(LODGE_STAT_SHARED_MEMORIES), 0);
}

static void a_shared_memory_outlives_every_handle_to_its_engine(void **state)
{
    lodge_engine other = new_engine_with(shared_settings);
    lodge_shared_memory memory = shared_of(other, "1 1");

    (void)state;
    lodge_engine_close(other);
    put(memory, 0, 4, 6);
    assert_int_equal(look(memory, 0, 4), 6);
    lodge_shared_memory_close(memory);
}

static void a_shutdown_ends_shared_memories(void **state)
{
    lodge_engine other = new_engine_with(shared_settings);
    lodge_shared_memory memory = shared_of(other, "1 1");
    lodge_shared_memory again = {42};
    uint64_t bytes = 42;

    (void)state;
    lodge_engine_shutdown(other);
    FAILS(HANDLE, lodge_shared_memory_size(memory, &bytes, ERR));
    FAILS(HANDLE, lodge_shared_memory_new(other, TEXT("1 1"), &again, ERR));
    assert_int_equal(bytes, 42);
    assert_int_equal(again.id, 42);
}

static void a_lease_keeps_the_bytes_mapped(void **state)
{
    lodge_shared_memory memory = new_shared("1 3");
    uint64_t address, len;
    lodge_lease lease;
    uint32_t *at;

    (void)state;
    OK(lodge_shared_memory_lease(memory, &address, &len, &lease, ERR));
    assert_int_equal(len, PAGE);
    at = (uint32_t *)(uintptr_t)address;
    __atomic_store_n(at, 77, __ATOMIC_SEQ_CST);
    assert_int_equal(look(memory, 0, 4), 77);
    OK(lodge_shared_memory_grow(memory, 2, NULL, ERR));
    put(memory, 3 * PAGE - 4, 4, 88);
    lodge_shared_memory_close(memory);
    assert_int_equal(stat_of(LODGE_STAT_SHARED_MEMORIES), 1);
    assert_int_equal(__atomic_load_n(at + 3 * PAGE / 4 - 1, __ATOMIC_SEQ_CST),
                     88);
    lodge_lease_close(lease);
    assert_int_equal(stat_of(LODGE_STAT_SHARED_MEMORIES), 0);
}

static void shared_memories_are_counted(void **state)
{
    const uint64_t before = stat_of(LODGE_STAT_MEMORIES);
    lodge_shared_memory a = new_shared("1 4"), b = new_shared("2 4");
    uint64_t bytes;
    uint32_t kind;

    (void)state;
    assert_int_equal(stat_of(LODGE_STAT_LIVE + LODGE_KIND_SHARED_MEMORY), 2);
    assert_int_equal(stat_of(LODGE_STAT_SHARED_MEMORIES), 2);
    assert_int_equal(stat_of(LODGE_STAT_SHARED_BYTES), 3 * PAGE);
    assert_int_equal(stat_of(LODGE_STAT_MEMORIES), before + 2);
    OK(lodge_handle_info(b.id, &kind, &bytes));
    assert_int_equal(kind, LODGE_KIND_SHARED_MEMORY);
    assert_in_range(bytes, 2 * PAGE, 3 * PAGE);
    OK(lodge_shared_memory_grow(a, 1, NULL, ERR));
    assert_int_equal(stat_of(LODGE_STAT_SHARED_BYTES), 4 * PAGE);
    lodge_shared_memory_close(a);
    lodge_shared_memory_close(b);
    assert_int_equal(stat_of(LODGE_STAT_SHARED_BYTES), 0);
    assert_int_equal(stat_of(LODGE_STAT_MEMORIES), before);
}

/* Where Wasmtime would end the process, the kernel having no mapping left. */
static void the_process_has_a_cap_on_memories(void **state)
{
    const uint64_t most = stat_of(LODGE_STAT_MEMORIES_MAX);
    lodge_engine other =
        new_engine_with("shared-memory=on,memory-reservation=64K,"
                        "memory-guard-size=64K");
    lodge_shared_memory memory = {42};
    lodge_status st = LODGE_OK;
    uint64_t made = 0;

    (void)state;
#ifdef __SANITIZE_THREAD__ /* it has mappings of its own for each */
    lodge_engine_shutdown(other);
    return;
#endif
    while (st == LODGE_OK && made <= most) {
        st = lodge_shared_memory_new(other, TEXT("1 1"), &memory, ERR);
        made += st == LODGE_OK;
    }
    assert_int_equal(st, LODGE_E_LIMIT);
    assert_int_equal(test_err.detail, LODGE_LIMIT_PROCESS);
    assert_int_equal(made, most);
    lodge_shared_memory_close(memory);
    OK(lodge_shared_memory_new(other, TEXT("1 1"), &memory, ERR));
    lodge_engine_shutdown(other);
    assert_int_equal(stat_of(LODGE_STAT_MEMORIES), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHARED_TEST(a_shared_memory_has_the_type_it_was_made_of),
        SHARED_TEST(a_shared_memory_begins_with_zeros),
        SHARED_TEST(what_is_no_type_of_a_shared_memory_is_refused),
        SHARED_TEST(what_the_system_cannot_reserve_is_a_limit),
        SHARED_TEST(a_small_reservation_is_the_limit_of_growing),
        SHARED_TEST(an_engine_says_which_key_it_needs),
        SHARED_TEST(where_they_cannot_be_the_engine_says_so),
        SHARED_TEST(growing_goes_up_to_the_maximum),
        SHARED_TEST(pages_of_one_byte_are_counted_one_by_one),
        SHARED_TEST(bytes_go_in_and_out_as_they_are),
        SHARED_TEST(a_fill_reaches_exactly_its_bytes),
        SHARED_TEST(a_copy_may_overlap_itself),
        SHARED_TEST(a_copy_goes_between_engines),
        SHARED_TEST(nothing_outside_is_read_or_written),
        SHARED_TEST(values_of_every_width_are_loaded_and_stored),
        SHARED_TEST(every_operation_gives_what_was_there_before),
        SHARED_TEST(a_value_is_replaced_only_if_it_is_the_expected_one),
        SHARED_TEST(an_expected_value_with_bits_above_is_never_found),
        SHARED_TEST(a_value_lies_at_a_multiple_of_its_bytes),
        SHARED_TEST(a_value_outside_is_refused),
        SHARED_TEST(only_the_four_widths_and_six_operations_exist),
        SHARED_TEST(results_need_a_place),
        SHARED_TEST(nobody_is_woken_where_nobody_waits),
        SHARED_TEST(a_wait_on_another_value_ends_at_once),
        SHARED_TEST(a_wait_ends_after_its_time),
        SHARED_TEST(a_closed_shared_memory_is_refused),
        SHARED_TEST(a_released_shared_memory_is_gone),
        SHARED_TEST(a_shared_memory_outlives_every_handle_to_its_engine),
        SHARED_TEST(a_shutdown_ends_shared_memories),
        SHARED_TEST(a_lease_keeps_the_bytes_mapped),
        SHARED_TEST(shared_memories_are_counted),
        SHARED_TEST(the_process_has_a_cap_on_memories),
    };

    return RUN(tests);
}

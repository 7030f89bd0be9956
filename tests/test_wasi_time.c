/* test_wasi_time.c - promises of WASI: chance, clocks, waiting. */
#include <pthread.h>
#include <unistd.h>

#include "guests/wasi_guest.h"

/* ---- chance ----------------------------------------------------------- */

static void random_bytes(uint8_t *out, uint64_t n)
{
    SYS(WE_OK, "random_get", AT_DATA, n);
    OK(lodge_memory_read(memory, AT_DATA, out, n, ERR));
}

static void the_same_seed_gives_the_same_bytes(void **state)
{
    uint8_t a[64], b[64], c[64];
    lodge_prepared prepared;

    (void)state;
    setting(LODGE_WASI_SEED, 1234567);
    prepared = guest_open();
    random_bytes(a, 64);
    random_bytes(b, 64);
    assert_memory_not_equal(a, b, 64);
    guest_start(prepared);
    random_bytes(c, 64);
    assert_memory_equal(a, c, 64);
    setting(LODGE_WASI_SEED, UINT64_MAX);
    OK(lodge_prepared_wasi(prepared, wasi, ERR));
    guest_start(prepared);
    random_bytes(c, 64);
    assert_memory_not_equal(a, c, 64);
}

static void a_seed_means_the_same_in_every_version(void **state)
{
    uint8_t bytes[8];

    (void)state;
    setting(LODGE_WASI_SEED, 42);
    guest_open();
    random_bytes(bytes, 8);
    assert_memory_equal(bytes, "\x78\x11\x99\xF9\xD5\x5D\x18\xE8", 8);
}

static void without_a_seed_nothing_repeats(void **state)
{
    lodge_prepared prepared = guest_open();
    uint8_t a[64], b[64];

    (void)state;
    random_bytes(a, 64);
    guest_start(prepared);
    random_bytes(b, 64);
    assert_memory_not_equal(a, b, 64);
}

static void the_cap_on_random_bytes_holds(void **state)
{
    (void)state;
    setting(LODGE_WASI_MAX_RANDOM, 100);
    guest_open();
    SYS(WE_OK, "random_get", AT_DATA, 100);
    SYS(WE_INVAL, "random_get", AT_DATA, 101);
    SYS(WE_INVAL, "random_get", AT_DATA, UINT32_MAX);
    SYS(WE_OK, "random_get", AT_DATA, 0);
    setting(LODGE_WASI_MAX_RANDOM, 0);
    OK(lodge_store_wasi(store, wasi, ERR));
    SYS(WE_INVAL, "random_get", AT_DATA, 1);
    SYS(WE_OK, "random_get", AT_DATA, 0);
}

static void random_bytes_outside_the_memory_are_a_fault(void **state)
{
    (void)state;
    guest_open();
    SYS(WE_FAULT, "random_get", 16 * 65536 - 1, 2);
    SYS(WE_FAULT, "random_get", UINT32_MAX, 1);
    SYS(WE_FAULT, "random_get", 0, 64 << 20);
    SYS(WE_OK, "random_get", 16 * 65536 - 1, 1);
}

/* ---- clocks ----------------------------------------------------------- */

static uint64_t clock_read(uint32_t id)
{
    SYS(WE_OK, "clock_time_get", id, 0, AT_OUT);
    return get64(AT_OUT);
}

/* Not time(): its clock may be a tick behind. */
static uint64_t seconds_now(void)
{
    struct timespec now;

    assert_int_equal(clock_gettime(CLOCK_REALTIME, &now), 0);
    return (uint64_t)now.tv_sec;
}

static void clocks_show_the_time_by_default(void **state)
{
    uint64_t wall, mono, seconds = seconds_now();

    (void)state;
    guest_open();
    wall = clock_read(CLOCK_W_REAL) / 1000000000;
    assert_true(wall >= seconds && wall <= seconds_now());
    mono = clock_read(CLOCK_W_MONOTONIC);
    assert_true(mono < UINT64_C(60) * 1000000000); /* not the machine's */
    assert_true(clock_read(CLOCK_W_MONOTONIC) >= mono);
    SYS(WE_OK, "clock_res_get", CLOCK_W_REAL, AT_OUT);
    assert_true(get64(AT_OUT) > 0);
}

static void a_wall_clock_that_is_set_stands_still(void **state)
{
    (void)state;
    setting(LODGE_WASI_CLOCK, UINT64_C(1234567890123456789));
    guest_open();
    assert_true(clock_read(CLOCK_W_REAL) == UINT64_C(1234567890123456789));
    assert_true(clock_read(CLOCK_W_REAL) == UINT64_C(1234567890123456789));
    setting(LODGE_WASI_CLOCK, 0);
    OK(lodge_store_wasi(store, wasi, ERR));
    assert_int_equal(clock_read(CLOCK_W_REAL), 0);
}

static void clocks_step_with_each_read(void **state)
{
    uint64_t first;

    (void)state;
    setting(LODGE_WASI_CLOCK, 1000);
    setting(LODGE_WASI_CLOCK_STEP, 10);
    guest_open();
    first = clock_read(CLOCK_W_REAL);
    assert_int_equal(first, 1000);
    assert_int_equal(clock_read(CLOCK_W_REAL), 1010);
    assert_int_equal(clock_read(CLOCK_W_MONOTONIC), 20);
    assert_int_equal(clock_read(CLOCK_W_MONOTONIC), 30);
    assert_int_equal(clock_read(CLOCK_W_REAL), 1040);
    SYS(WE_OK, "clock_res_get", CLOCK_W_MONOTONIC, AT_OUT);
    assert_int_equal(get64(AT_OUT), 10);
}

static void clocks_do_not_overflow(void **state)
{
    (void)state;
    setting(LODGE_WASI_CLOCK, UINT64_MAX);
    setting(LODGE_WASI_CLOCK_STEP, UINT64_MAX);
    guest_open();
    assert_true(clock_read(CLOCK_W_REAL) == UINT64_MAX);
    assert_true(clock_read(CLOCK_W_REAL) == UINT64_MAX);
    clock_read(CLOCK_W_MONOTONIC);
    assert_true(clock_read(CLOCK_W_MONOTONIC) == UINT64_MAX);
}

static void clocks_that_are_not_there_are_refused(void **state)
{
    (void)state;
    guest_open();
    SYS(WE_INVAL, "clock_time_get", 4, 0, AT_OUT);
    SYS(WE_INVAL, "clock_time_get", UINT32_MAX, 0, AT_OUT);
    SYS(WE_INVAL, "clock_res_get", 99, AT_OUT);
    SYS(WE_FAULT, "clock_time_get", 0, 0, 16 * 65536 - 4);
    SYS(WE_FAULT, "clock_time_get", 0, 0, UINT32_MAX);
}

/* ---- waiting ---------------------------------------------------------- */

#define HOUR (3600 * 1000 * MS)
/* Far from an hour; a busy machine may take long for anything. */
#define PATIENCE 60000

static void a_sleep_takes_its_time(void **state)
{
    uint64_t start;

    (void)state;
    guest_open();
    subscribe_clock(0, CLOCK_W_MONOTONIC, 30 * MS, 0);
    start = now_ms();
    assert_int_equal(poll_errno(1), WE_OK);
    assert_in_range(now_ms() - start, 29, PATIENCE);
    assert_int_equal(get32(AT_OUT), 1);
    assert_int_equal(get64(AT_EVENTS), 100);
    assert_int_equal(get32(AT_EVENTS + 8) & 0xFFFF, 0);
}

static void the_shortest_of_several_timers_ends_a_sleep(void **state)
{
    uint64_t start = now_ms();

    (void)state;
    guest_open();
    subscribe_clock(0, CLOCK_W_MONOTONIC, UINT64_MAX, 0);
    subscribe_clock(1, CLOCK_W_MONOTONIC, 5 * MS, 0);
    subscribe_clock(2, CLOCK_W_REAL, HOUR, 0);
    assert_int_equal(poll_errno(3), WE_OK);
    assert_int_equal(get32(AT_OUT), 1);
    assert_int_equal(get64(AT_EVENTS), 101);
    assert_true(now_ms() - start < PATIENCE);
}

static void a_moment_that_has_passed_is_not_waited_for(void **state)
{
    uint64_t start = now_ms();

    (void)state;
    guest_open();
    subscribe_clock(0, CLOCK_W_REAL, 1, ABSOLUTE);
    subscribe_clock(1, CLOCK_W_MONOTONIC, 0, 0);
    assert_int_equal(poll_errno(2), WE_OK);
    assert_int_equal(get32(AT_OUT), 2);
    subscribe_clock(0, CLOCK_W_REAL, clock_read(CLOCK_W_REAL) + 20 * MS,
                    ABSOLUTE);
    assert_int_equal(poll_errno(1), WE_OK);
    assert_in_range(now_ms() - start, 15, PATIENCE);
}

static void with_sleep_off_time_is_skipped(void **state)
{
    uint64_t start, before;

    (void)state;
    setting(LODGE_WASI_SLEEP, 0);
    guest_open();
    subscribe_clock(0, CLOCK_W_MONOTONIC, HOUR, 0);
    start = now_ms();
    before = clock_read(CLOCK_W_MONOTONIC);
    assert_int_equal(poll_errno(1), WE_OK);
    assert_true(now_ms() - start < PATIENCE);
    assert_int_equal(get32(AT_OUT), 1);
    assert_true(clock_read(CLOCK_W_MONOTONIC) - before >= HOUR);
}

static void a_deadline_ends_a_sleep_long_before_its_end(void **state)
{
    uint64_t start = now_ms(), result;

    (void)state;
    guest_open();
    subscribe_clock(0, CLOCK_W_MONOTONIC, HOUR, 0);
    OK(lodge_store_set(store, LODGE_STORE_DEADLINE, 50 * MS, ERR));
    FAILS(DEADLINE, wasi_try("poll_oneoff",
                             ARGS(AT_SUBS, AT_EVENTS, 1, AT_OUT), &result));
    assert_in_range(now_ms() - start, 10, PATIENCE);
    OK(lodge_store_set(store, LODGE_STORE_DEADLINE, 0, ERR));
    has_args("");
}

static void a_budget_ends_a_sleep_long_before_its_end(void **state)
{
    uint64_t start = now_ms(), result;
    lodge_budget budget;

    (void)state;
    guest_open();
    subscribe_clock(0, CLOCK_W_MONOTONIC, 60000 * MS, 0);
    OK(lodge_budget_new(&budget, ERR));
    OK(lodge_budget_set(budget, LODGE_BUDGET_TIME, 50 * MS, ERR));
    OK(lodge_store_budget(store, budget, ERR));
    FAILS(LIMIT, wasi_try("poll_oneoff", ARGS(AT_SUBS, AT_EVENTS, 1, AT_OUT),
                          &result));
    assert_int_equal(test_err.detail, LODGE_LIMIT_BUDGET_TIME);
    assert_in_range(now_ms() - start, 40, 30000);
    OK(lodge_store_budget(store, (lodge_budget){0}, ERR));
    lodge_budget_close(budget);
    has_args("");
}

static _Atomic int ticking;

static void *ticks(void *unused)
{
    while (ticking) {
        usleep(5000);
        lodge_engine_tick(engine);
    }
    return unused;
}

static void ticks_of_the_host_end_a_sleep(void **state)
{
    uint64_t start = now_ms(), result;
    pthread_t thread;

    (void)state;
    guest_open();
    subscribe_clock(0, CLOCK_W_MONOTONIC, HOUR, 0);
    OK(lodge_store_set(store, LODGE_STORE_EPOCH_TICKS, 2, ERR));
    ticking = 1;
    assert_int_equal(pthread_create(&thread, NULL, ticks, NULL), 0);
    FAILS(DEADLINE, wasi_try("poll_oneoff",
                             ARGS(AT_SUBS, AT_EVENTS, 1, AT_OUT), &result));
    ticking = 0;
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(now_ms() - start < PATIENCE);
}

static void *shuts_down(void *unused)
{
    uint64_t calls;

    while (lodge_store_get(store, LODGE_STORE_CALLS, &calls, NULL) == LODGE_OK)
        usleep(1000);
    usleep(20000); /* the guest may be asleep by then */
    lodge_engine_shutdown(engine);
    return unused;
}

static void a_shutdown_ends_a_sleep(void **state)
{
    uint64_t slots[10] = {AT_SUBS, AT_EVENTS, 1, AT_OUT}, start = now_ms();
    pthread_t thread;
    lodge_status st;
    lodge_func poll;

    (void)state;
    guest_open();
    poll = func_of(guest, "poll_oneoff");
    subscribe_clock(0, CLOCK_W_MONOTONIC, HOUR, 0);
    assert_int_equal(pthread_create(&thread, NULL, shuts_down, NULL), 0);
    do /* the other thread looks in */
        st = lodge_func_call(poll, slots, 10, ERR);
    while (st == LODGE_E_BUSY);
    assert_int_equal(st, LODGE_E_CANCELLED);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(now_ms() - start < PATIENCE);
}

static void a_poll_of_nothing_or_of_nonsense_is_refused(void **state)
{
    (void)state;
    guest_open();
    assert_int_equal(poll_errno(0), WE_INVAL);
    assert_int_equal(poll_errno(UINT32_MAX), WE_INVAL);
    SYS(WE_FAULT, "poll_oneoff", UINT32_MAX - 3, AT_EVENTS, 1, AT_OUT);
    SYS(WE_FAULT, "poll_oneoff", AT_SUBS, 16 * 65536, 1, AT_OUT);
    SYS(WE_FAULT, "poll_oneoff", AT_SUBS, AT_EVENTS, 1, UINT32_MAX);
    subscribe_clock(0, 3, 0, 0); /* the thread's time */
    assert_int_equal(poll_errno(1), WE_INVAL);
    subscribe_clock(0, CLOCK_W_REAL, 0, 0);
    put32(AT_SUBS + 8, 77); /* an unknown tag */
    assert_int_equal(poll_errno(1), WE_INVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WASI_TEST(the_same_seed_gives_the_same_bytes),
        WASI_TEST(a_seed_means_the_same_in_every_version),
        WASI_TEST(without_a_seed_nothing_repeats),
        WASI_TEST(the_cap_on_random_bytes_holds),
        WASI_TEST(random_bytes_outside_the_memory_are_a_fault),
        WASI_TEST(clocks_show_the_time_by_default),
        WASI_TEST(a_wall_clock_that_is_set_stands_still),
        WASI_TEST(clocks_step_with_each_read),
        WASI_TEST(clocks_do_not_overflow),
        WASI_TEST(clocks_that_are_not_there_are_refused),
        WASI_TEST(a_sleep_takes_its_time),
        WASI_TEST(the_shortest_of_several_timers_ends_a_sleep),
        WASI_TEST(a_moment_that_has_passed_is_not_waited_for),
        WASI_TEST(with_sleep_off_time_is_skipped),
        WASI_TEST(a_deadline_ends_a_sleep_long_before_its_end),
        WASI_TEST(a_budget_ends_a_sleep_long_before_its_end),
        WASI_TEST(ticks_of_the_host_end_a_sleep),
        WASI_TEST(a_shutdown_ends_a_sleep),
        WASI_TEST(a_poll_of_nothing_or_of_nonsense_is_refused),
    };

    return RUN(tests);
}

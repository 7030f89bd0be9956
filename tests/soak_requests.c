/* soak_requests.c - a million requests, and memory that stays as it is.
 */
#include <unistd.h>

#include "slice_fixture.h"

enum { REQUESTS = 1000000, STORES = 20000, WARM = 10 };
#ifdef __SANITIZE_ADDRESS__ /* its allocator grows by more than ours */
enum { SLACK_KIB = 8192 };
#else
enum { SLACK_KIB = 2048 };
#endif

static long resident_kib(void)
{
    long pages = -1;
    FILE *file = fopen("/proc/self/statm", "r");

    assert_non_null(file);
    assert_int_equal(fscanf(file, "%*d %ld", &pages), 1);
    fclose(file);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

/* After a tenth of the way all that is kept for reuse is there. */
static void stays_flat(void (*step)(void), int n)
{
    uint64_t bytes, blocks;
    long kib;
    int i;

    for (i = 0; i < n / WARM; i++)
        step();
    bytes = stat_of(LODGE_STAT_BYTES);
    blocks = stat_of(LODGE_STAT_ALLOCATIONS);
    kib = resident_kib();
    (void)kib;
    for (; i < n; i++)
        step();
    assert_int_equal(stat_of(LODGE_STAT_BYTES), bytes);
    assert_int_equal(stat_of(LODGE_STAT_ALLOCATIONS), blocks);
#ifndef __SANITIZE_THREAD__ /* what it remembers is resident, too */
    assert_in_range(resident_kib(), 0, kib + SLACK_KIB);
#endif
}

/* Ten requests, each with a nested call. */
static void ask_ten_times(void)
{
    struct frame f = frame_of(guest, "loop", 0, 10), g;
    lodge_status st = lodge_call(f.word);
    int asked = 0;

    for (; st == LODGE_REQUEST; asked++) {
        g = frame_of(guest, "malloc", TOKEN(&f), 0);
        assert_int_equal(lodge_call(g.word), LODGE_OK);
        st = answer(&f, 3);
    }
    assert_int_equal(st, LODGE_OK);
    assert_int_equal(asked, 10);
}

static void a_million_requests(void **state)
{
    (void)state;
    stays_flat(ask_ten_times, REQUESTS / 10);
    still_usable();
}

/* A store that is closed with two requests open. */
static void abandon(void)
{
    lodge_instance own = worker_of(asking_text);
    struct frame f = frame_of(own, "one", 0, 5);

    assert_int_equal(lodge_call(f.word), LODGE_REQUEST);
    f = frame_of(own, "one", TOKEN(&f), 5);
    assert_int_equal(lodge_call(f.word), LODGE_REQUEST);
    lodge_instance_close(own);
}

static void abandoned_stores(void **state)
{
    (void)state;
    stays_flat(abandon, STORES);
}

/* A store that is closed in the middle of its work. */
static void leave_at_a_stop(void)
{
    lodge_instance own = worker_of(worker_text);

    yielded(own, "work", 0, 1);
    lodge_instance_close(own);
}

static void stores_left_at_a_stop(void **state)
{
    (void)state;
    stays_flat(leave_at_a_stop, STORES / 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUSPEND_TEST(a_million_requests),
        SUSPEND_TEST(abandoned_stores),
        SUSPEND_TEST(stores_left_at_a_stop),
    };

    return RUN(tests);
}

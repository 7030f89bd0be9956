/* soak_cancel.c - many cancelled calls leave nothing behind. */
#include "cancel_storm.h"

enum { CALLS = 1000, ROUNDS = 10 };

static uint64_t resident_kib(void)
{
    unsigned long size = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");

    assert_non_null(file);
    assert_int_equal(fscanf(file, "%lu %lu", &size, &resident), 2);
    fclose(file);
    return resident * (uint64_t)sysconf(_SC_PAGESIZE) / 1024;
}

/* Ids begin anew each time, in another store. */
static void renew(void)
{
    lodge_store_close(store);
    store = new_store(engine);
    OK(lodge_instance_new(linker, store, guest_module, &guest, ERR));
}

static void cancelled_calls_leave_nothing_behind(void **state)
{
    uint64_t bytes = 0, resident = 0;
    int i;

    (void)state;
    for (i = 0; i < ROUNDS; i++) {
        storm_run(CALLS);
        if (i == 1) { /* all is warm */
            bytes = stat_of(LODGE_STAT_BYTES);
            resident = resident_kib();
        }
        renew();
    }
    printf("%d calls: %llu bytes of Lodge's, %llu KiB resident, then %llu "
           "KiB\n",
           CALLS * ROUNDS, (unsigned long long)bytes,
           (unsigned long long)resident, (unsigned long long)resident_kib());
    storm_run(CALLS);
    assert_int_equal(stat_of(LODGE_STAT_BYTES), bytes);
/* A sanitizer keeps what was freed, and remembers who did what. */
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    assert_true(resident_kib() < resident + 4096);
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUSPEND_TEST(cancelled_calls_leave_nothing_behind),
    };

    return RUN(tests);
}

/* test_all_memory.c - every function of lodge.h with each of its allocations
 * failing in turn: E_MEMORY or success, nothing changed, nothing lost.
 */
#include "world.h"

void lodge_test_alloc_fail_at(uint64_t k, int32_t forever);
uint64_t lodge_test_alloc_attempts(void);

static uint64_t failing; /* which allocation */
static int more;         /* a call got along without it: there may be more */
static uint32_t refused;

/* 1: the call failed, as it should. */
static int fails_at(struct world *w, struct good_call *call, uint64_t k)
{
    const uint64_t alive = stat_of(LODGE_STAT_LIVE);
    lodge_status st;
    uint64_t made;

    lodge_test_alloc_fail_at(k, 0);
    st = try_call(w, call);
    made = lodge_test_alloc_attempts();
    lodge_test_alloc_fail_at(0, 0);
    if (is_good(call, st)) {
        more = made >= k;
        return 0; /* what it did cannot be done again in this world */
    }
    if (st != LODGE_E_MEMORY || made < k) {
        complain(call, "should say MEMORY", st);
        return more = 0;
    }
    if (!untouched(w, call))
        complain(call, "an output was changed", st);
    else if (stat_of(LODGE_STAT_LIVE) != alive)
        complain(call, "something lives", (long long)alive);
    refused++;
    return 1;
}

static void begin_call(struct world *w, struct good_call *call)
{
    read_args(w, call);
    if (strcmp(call->args, "held err") == 0)
        OK(lodge_store_hold((lodge_store){call->word[1]}, ERR));
}

/* Each failure leaves the world as it was, so that the next may follow. */
static void sweep(struct world *w, struct good_call *call)
{
    begin_call(w, call);
    while (fails_at(w, call, failing)) {
        failing++;
        if (call->fn == seen_function_named("lodge_resume"))
            begin_call(w, call); /* the other call has ended */
    }
}

static void every_function_survives_each_failing_allocation(void **s)
{
    size_t row;

    (void)s;
    refused = 0;
    for (row = 0; row < GOOD_CALLS; row++) {
        failing = 1;
        do {
            in_a_world(sweep, row);
            failing++;
        } while (more);
    }
    assert_int_equal(complaints, 0);
    assert_true(refused > 50);
}

/* Wasmtime's own allocation: no machine has so much. */
static void a_table_too_large_for_any_memory_stays_as_it_is(void **s)
{
    lodge_table table;
    uint64_t size = 77;

    (void)s;
    world_open(&world);
    OK(lodge_table_new((lodge_store){world.id[LODGE_KIND_STORE]},
                       TEXT("3 funcref i64"), 0, &table, ERR));
    FAILS(MEMORY, lodge_table_grow(table, UINT64_C(1) << 60, 0, &size, ERR));
    assert_int_equal(size, 77);
    OK(lodge_table_size(table, &size, ERR));
    assert_int_equal(size, 3);
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_function_survives_each_failing_allocation),
        TEST(a_table_too_large_for_any_memory_stays_as_it_is),
    };

    return RUN(tests);
}

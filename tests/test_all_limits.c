/* test_all_limits.c - every function of lodge.h when no handle is left:
 * E_LIMIT, nothing changed; and the limits that only some have.
 */
#include "world.h"

void lodge_test_handles_full(int32_t full);
void lodge_test_stores_full(int32_t full);

static uint32_t refused;

/* Who needs a handle that is not to be had says so, the others do not care. */
static void without_handles(struct world *w, struct good_call *call)
{
    const uint64_t alive = stat_of(LODGE_STAT_LIVE);
    lodge_status st = try_call(w, call);

    lodge_test_handles_full(0);
    lodge_test_stores_full(0);
    if (is_good(call, st))
        return;
    refused++;
    if (st != LODGE_E_LIMIT)
        complain(call, "should say LIMIT", st);
    else if (!untouched(w, call))
        complain(call, "an output was changed", st);
    else if (stat_of(LODGE_STAT_LIVE) != alive)
        complain(call, "something lives", (long long)alive);
}

static void begin_call(struct world *w, struct good_call *call)
{
    read_args(w, call);
    if (strcmp(call->args, "held err") == 0)
        OK(lodge_store_hold((lodge_store){call->word[1]}, ERR));
}

static void no_handle_left(struct world *w, struct good_call *call)
{
    begin_call(w, call);
    lodge_test_handles_full(1);
    without_handles(w, call);
}

static void no_handle_left_in_stores(struct world *w, struct good_call *call)
{
    begin_call(w, call);
    lodge_test_stores_full(1);
    without_handles(w, call);
}

static void when_all_handles_are_in_use_none_is_made(void **s)
{
    (void)s;
    refused = 0;
    for_all(no_handle_left);
    assert_true(refused > 10);
}

static void when_a_store_is_full_nothing_gets_a_handle_in_it(void **s)
{
    (void)s;
    refused = 0;
    for_all(no_handle_left_in_stores);
    assert_true(refused > 15);
}

static void signatures_have_a_thousand_values_at_most(void **s)
{
    static char sig[4096];
    const lodge_host *host;
    uint32_t index, i;

    (void)s;
    world_open(&world);
    host = (const lodge_host *)&world.id[LODGE_KIND_HOST];
    for (i = 0; i < 1000; i++)
        memcpy(sig + 4 * i, "i32 ", 4);
    OK(lodge_host_func(*host, TEXT(sig), LODGE_HOST_DIRECT, 0, &index, ERR));
    memcpy(sig + 4 * i, "i32", 4);
    FAILS(LIMIT, lodge_host_func(*host, TEXT(sig), LODGE_HOST_DIRECT, 0,
                                 &index, ERR));
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(when_all_handles_are_in_use_none_is_made),
        TEST(when_a_store_is_full_nothing_gets_a_handle_in_it),
        TEST(signatures_have_a_thousand_values_at_most),
    };

    return RUN(tests);
}

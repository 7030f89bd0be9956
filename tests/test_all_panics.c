/* test_all_panics.c - every function of lodge.h with a panic in the crate:
 * E_INTERNAL, nothing lost, and a store that met one can only be closed.
 */
#include "world.h"

void lodge_test_panic_at(uint64_t k);
uint64_t lodge_test_panic_left(void);

static uint32_t panics;
static uint64_t entry; /* which entry of the crate panics */
static int more;       /* it has so many: there may be another */

/* ---- the call that meets it --------------------------------------------- */

static void panic_in(struct world *w, struct good_call *call)
{
    lodge_status st;

    read_args(w, call);
    if (strcmp(call->args, "held err") == 0)
        OK(lodge_store_hold((lodge_store){call->word[1]}, ERR));
    lodge_test_panic_at(entry);
    st = try_call(w, call);
    more = lodge_test_panic_left() == 0;
    lodge_test_panic_at(0);
    if (!more && !is_good(call, st))
        complain(call, "should succeed", st);
    if (!more)
        return;
    panics++;
    if (st != LODGE_E_INTERNAL)
        complain(call, "should say INTERNAL", st);
    else if (!untouched(w, call))
        complain(call, "an output was changed", st);
}

static void a_panic_is_told_and_nothing_is_lost(void **s)
{
    size_t row;

    (void)s;
    complaints = 0, panics = 0;
    for (row = 0; row < GOOD_CALLS; row++) {
        entry = 1;
        do
            in_a_world(panic_in, row);
        while (entry++, more && entry < 20);
    }
    assert_int_equal(complaints, 0);
    assert_true(panics > 20);
}

/* ---- the store afterwards ------------------------------------------------ */

static void poison(const struct world *w)
{
    uint64_t slot = 0;

    lodge_test_panic_at(1);
    FAILS(INTERNAL, lodge_func_call((lodge_func){w->id[LODGE_KIND_FUNC]},
                                    &slot, 1, ERR));
    assert_int_equal(lodge_test_panic_left(), 0);
}

static void refuses_poisoned(struct world *w, struct good_call *call)
{
    read_args(w, call);
    if (!uses_store(call) || strstr(call->args, "resume") ||
        !seen_documents(call->fn, LODGE_E_STATE))
        return;
    poison(w);
    refuses(w, call, LODGE_E_STATE, "should say STATE");
}

static void a_store_that_met_a_panic_can_only_be_closed(void **s)
{
    (void)s;
    for_all(refuses_poisoned);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_panic_is_told_and_nothing_is_lost),
        TEST(a_store_that_met_a_panic_can_only_be_closed),
    };

    return RUN(tests);
}

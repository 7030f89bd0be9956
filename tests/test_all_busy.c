/* test_all_busy.c - every function of lodge.h while what it needs is in use:
 * E_BUSY at once, nothing changed, nothing waits.
 */
#include <pthread.h>

#include "world.h"

int32_t lodge_test_lock(uint64_t id);
void lodge_test_unlock(uint64_t id);

static uint32_t refused;

static void refuses_busy(struct world *w, struct good_call *call)
{
    refused++;
    refuses(w, call, LODGE_E_BUSY, "should say BUSY");
}

/* ---- objects that another call is changing ------------------------------ */

static int is_changeable(uint8_t kind)
{
    return kind == LODGE_KIND_CONFIG || kind == LODGE_KIND_LINKER ||
           kind == LODGE_KIND_HOST || kind == LODGE_KIND_PREPARED ||
           kind == LODGE_KIND_WASI || kind == LODGE_KIND_BUDGET;
}

static void with_locked(struct world *w, struct good_call *call)
{
    uint32_t at;

    read_args(w, call);
    for (at = 1; at <= call->count; at++) {
        if (!is_changeable(call->is[at]) ||
            !seen_documents(call->fn, LODGE_E_BUSY))
            continue;
        OK(lodge_test_lock(call->word[at]));
        refuses_busy(w, call);
        lodge_test_unlock(call->word[at]);
    }
}

/* What it names in the frame instead of an argument. */
static void an_instantiation_by_frame(void)
{
    struct good_call call = {seen_function_named("lodge_instantiate"),
                             "instantiate-frame",
                             0,
                             {0},
                             {0},
                             {0}};

    read_args(&world, &call);
    OK(lodge_test_lock(world.id[LODGE_KIND_PREPARED]));
    refuses_busy(&world, &call);
    lodge_test_unlock(world.id[LODGE_KIND_PREPARED]);
}

static void what_is_being_changed_is_busy(void **s)
{
    (void)s;
    refused = 0;
    for_all_in_one_world(with_locked);
    world_open(&world);
    an_instantiation_by_frame();
    world_close(&world);
    assert_true(refused > 30);
    assert_int_equal(complaints, 0);
}

/* ---- stores that another thread is in ------------------------------------ */

static pthread_barrier_t at_rest; /* passed when the other thread is in, and
                                     when it may go */

static void *holds_stores(void *w)
{
    const lodge_store mine = {((struct world *)w)->id[LODGE_KIND_STORE]};
    const lodge_store asking = ((struct world *)w)->asking;
    lodge_status st = lodge_store_hold(mine, NULL);

    if (asking.id)
        lodge_store_hold(asking, NULL);
    pthread_barrier_wait(&at_rest);
    pthread_barrier_wait(&at_rest);
    if (st == LODGE_OK)
        lodge_store_unhold(mine, NULL);
    if (asking.id)
        lodge_store_unhold(asking, NULL);
    return st == LODGE_OK ? w : NULL;
}

static void with_store_held(struct world *w, struct good_call *call)
{
    pthread_t other;
    void *done;

    w->asking.id = 0;
    read_args(w, call);
    if (!uses_store(call) || !seen_documents(call->fn, LODGE_E_BUSY))
        return;
    assert_int_equal(pthread_create(&other, NULL, holds_stores, w), 0);
    pthread_barrier_wait(&at_rest);
    refuses_busy(w, call);
    pthread_barrier_wait(&at_rest);
    assert_int_equal(pthread_join(other, &done), 0);
    assert_ptr_equal(done, w);
}

static void *calls_from_elsewhere(void *call)
{
    refuses_busy(&world, call);
    return NULL;
}

/* The store is in use by this thread, which runs a host function. */
static void from_elsewhere(struct world *w, struct good_call *call)
{
    pthread_t other;

    read_args(w, call);
    if (pthread_create(&other, NULL, calls_from_elsewhere, call) != 0 ||
        pthread_join(other, NULL) != 0)
        complain(call, "no thread", 0);
}

static void with_store_in_use(struct world *w, struct good_call *call)
{
    if (strncmp(call->args, "caller", 6) == 0)
        from_elsewhere(w, call);
    else
        with_store_held(w, call);
}

static void a_store_that_another_thread_is_in_is_busy(void **s)
{
    (void)s;
    refused = 0;
    assert_int_equal(pthread_barrier_init(&at_rest, NULL, 2), 0);
    for_all_in_one_world(with_store_in_use);
    pthread_barrier_destroy(&at_rest);
    assert_true(refused > 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_being_changed_is_busy),
        TEST(a_store_that_another_thread_is_in_is_busy),
    };

    return RUN(tests);
}

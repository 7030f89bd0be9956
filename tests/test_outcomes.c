/* test_outcomes.c - a guest ends in the same way whatever ran it: every way
 * to run one, with every way to end.
 */
#include "lodge_test.h"

enum { WORDS = 80, SLOTS = 8 };

static lodge_engine engine;
static lodge_linker linker;
static lodge_store store;

/* ---- host functions that end the guest ----------------------------------- */

static int32_t host_fail(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    (void)token, (void)slots;
    return lodge_caller_fail(caller, 1, TEXT("failed"));
}

static int32_t host_exit(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    (void)token, (void)slots;
    return lodge_caller_exit(caller, 3);
}

static int32_t host_stop(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    (void)token, (void)caller, (void)slots;
    return lodge_engine_shutdown(engine);
}

/* ---- ways to end --------------------------------------------------------- */

static const struct ending {
    const char *body; /* of the function that ends */
    lodge_status status;
} endings[] = {
    {"unreachable", LODGE_E_TRAP},
    {"(throw $tag)", LODGE_E_EXCEPTION},
    {"(call $exit)", LODGE_E_EXIT},
    {"(call $fail)", LODGE_E_HOST},
    {"(loop $l (br $l))", LODGE_E_FUEL},
    {"(loop $l (br $l))", LODGE_E_DEADLINE},
    {"(call $stop) (loop $l (br $l))", LODGE_E_CANCELLED},
    {"(call $end)", LODGE_E_STACK},
};

enum { ENDINGS = sizeof endings / sizeof *endings };

/* `wait` is empty, or has the guest wait for the host first. */
static lodge_module module_that(const struct ending *ending, const char *wait,
                                const char *start)
{
    static char text[1024];

    snprintf(text, sizeof text,
             "(module (import \"h\" \"fail\" (func $fail))"
             " (import \"h\" \"exit\" (func $exit))"
             " (import \"h\" \"stop\" (func $stop))"
             " (import \"h\" \"wait\" (func $wait)) (tag $tag)"
             " (func $end %s) (func $go (export \"go\") %s (call $end)) %s)",
             ending->body, wait, start);
    return new_module(engine, text);
}

static void add_func(lodge_host host, const char *name, uint32_t mode,
                     lodge_direct_fn fn)
{
    uint32_t index;

    OK(lodge_host_func(host, TEXT("->"), mode, 0, &index, ERR));
    if (fn)
        OK(lodge_host_direct(host, index, fn, ERR));
    OK(lodge_host_export(host, index, TEXT(name), ERR));
}

/* An engine whose store is about to run out of what the ending needs. */
static void begin(const struct ending *ending)
{
    const uint64_t fuel = ending->status == LODGE_E_FUEL ? 10000 : INT64_MAX;
    lodge_host host;

    engine = new_engine_with("fuel=on,interruption=on,exceptions=on");
    linker = new_linker(engine);
    OK(lodge_host_new(engine, TEXT("h"), &host, ERR));
    add_func(host, "fail", LODGE_HOST_DIRECT, host_fail);
    add_func(host, "exit", LODGE_HOST_DIRECT, host_exit);
    add_func(host, "stop", LODGE_HOST_DIRECT, host_stop);
    add_func(host, "wait", LODGE_HOST_SUSPEND, NULL);
    OK(lodge_linker_add_host(linker, host, ERR));
    store = new_store(engine);
    OK(lodge_store_set(store, LODGE_STORE_FUEL, fuel, ERR));
    if (ending->status == LODGE_E_DEADLINE)
        OK(lodge_store_set(store, LODGE_STORE_DEADLINE, 5000000, ERR));
}

/* ---- ways to run --------------------------------------------------------- */

static uint64_t frame[WORDS];

static void new_frame(uint64_t func)
{
    memset(frame, 0, sizeof frame);
    frame[LODGE_FRAME_FUNC] = func;
    frame[LODGE_FRAME_CAPACITY] = SLOTS;
}

static lodge_prepared prepare(lodge_module module)
{
    lodge_prepared prepared;

    OK(lodge_linker_prepare(linker, module, &prepared, ERR));
    return prepared;
}

static lodge_status by_instance_new(const struct ending *ending)
{
    lodge_instance instance;

    return lodge_instance_new(
        linker, store, module_that(ending, "", "(start $go)"), &instance, ERR);
}

static lodge_status by_prepared_instance(const struct ending *ending)
{
    lodge_instance instance;

    return lodge_prepared_instance(
        prepare(module_that(ending, "", "(start $go)")), store, &instance,
        ERR);
}

static lodge_status instantiate(const struct ending *ending, const char *wait)
{
    new_frame(prepare(module_that(ending, wait, "(start $go)")).id);
    frame[LODGE_FRAME_SLOTS] = store.id;
    return lodge_instantiate(frame);
}

static lodge_status by_instantiate(const struct ending *ending)
{
    return instantiate(ending, "");
}

static lodge_status by_resumed_instantiate(const struct ending *ending)
{
    assert_int_equal(instantiate(ending, "(call $wait)"), LODGE_REQUEST);
    return lodge_resume(frame);
}

static lodge_func function(const struct ending *ending, const char *wait)
{
    lodge_instance instance;

    OK(lodge_instance_new(linker, store, module_that(ending, wait, ""),
                          &instance, ERR));
    return func_of(instance, "go");
}

static lodge_status by_func_call(const struct ending *ending)
{
    return lodge_func_call(function(ending, ""), NULL, 0, ERR);
}

static lodge_status by_call(const struct ending *ending)
{
    new_frame(function(ending, "").id);
    return lodge_call(frame);
}

static lodge_status by_resumed_call(const struct ending *ending)
{
    new_frame(function(ending, "(call $wait)").id);
    assert_int_equal(lodge_call(frame), LODGE_REQUEST);
    return lodge_resume(frame);
}

static const struct way {
    const char *name;
    lodge_status (*run)(const struct ending *);
} ways[] = {
    {"lodge_instance_new", by_instance_new},
    {"lodge_prepared_instance", by_prepared_instance},
    {"lodge_instantiate", by_instantiate},
    {"lodge_instantiate, lodge_resume", by_resumed_instantiate},
    {"lodge_func_call", by_func_call},
    {"lodge_call", by_call},
    {"lodge_call, lodge_resume", by_resumed_call},
};

enum { WAYS = sizeof ways / sizeof *ways };

/* 1: it ended otherwise. */
static uint32_t differs(const struct way *way, const struct ending *ending)
{
    lodge_status st;

    begin(ending);
    st = way->run(ending);
    lodge_engine_shutdown(engine);
    if (st == ending->status)
        return 0;
    fprintf(stderr, "%s: %s gave %d, expected %d\n", way->name, ending->body,
            (int)st, (int)ending->status);
    return 1;
}

static void a_guest_ends_the_same_whatever_ran_it(void **s)
{
    uint32_t way, ending, wrong = 0;

    (void)s;
    for (ending = 0; ending < ENDINGS; ending++)
        for (way = 0; way < WAYS; way++)
            wrong += differs(&ways[way], &endings[ending]);
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_guest_ends_the_same_whatever_ran_it),
    };

    return RUN(tests);
}

/* test_engine.c - the promises of engines: made, shared, shut down, and the
 * clock by which they end what runs too long.
 */
#include <pthread.h>
#include <time.h>
#include <unistd.h>

#include "lodge_test.h"

/* For engines whose guests are to be ended. */
static const char ends[] = "interruption=on";

static const char *const adds = "(module (func (export \"add\")"
                                " (param i32 i32) (result i32)"
                                " (i32.add (local.get 0) (local.get 1))))";
static const char *const loops =
    "(module (func (export \"run\") (loop $l (br $l))))";

static void check_runs(lodge_engine engine)
{
    lodge_instance instance = new_instance(engine, adds);
    uint64_t slots[2] = {40, 2};

    OK(lodge_func_call(func_of(instance, "add"), slots, 2, ERR));
    assert_int_equal(slots[0], 42);
    lodge_instance_close(instance);
}

static void sleep_ms(long ms)
{
    const struct timespec time = {ms / 1000, ms % 1000 * 1000000};

    nanosleep(&time, NULL);
}

/* ---- making ----------------------------------------------------------- */

static void an_engine_needs_no_config(void **s)
{
    lodge_engine engine = {0};

    (void)s;
    OK(lodge_engine_new((lodge_config){0}, &engine, ERR));
    assert_in_range(engine.id, 1, (UINT64_C(1) << 53) - 1);
    check_runs(engine);
    lodge_engine_close(engine);
}

static void an_engine_has_the_settings_of_its_config(void **s)
{
    lodge_engine engine = new_engine_with("fuel=on,max-locals=77");
    uint64_t value;

    (void)s;
    OK(lodge_engine_get(engine, LODGE_CONFIG_FUEL, &value, ERR));
    assert_int_equal(value, 1);
    OK(lodge_engine_get(engine, LODGE_CONFIG_MAX_LOCALS, &value, ERR));
    assert_int_equal(value, 77);
    check_runs(engine);
    lodge_engine_close(engine);
}

static void an_engine_without_a_place_for_it_is_refused(void **s)
{
    lodge_config config;
    lodge_engine engine = new_engine();

    (void)s;
    OK(lodge_config_new(0, &config, ERR));
    SAYS(ARGUMENT, "out", lodge_engine_new(config, NULL, ERR));
    SAYS(ARGUMENT, "out", lodge_engine_dup(engine, NULL, ERR));
    FAILS(ARGUMENT, lodge_engine_new(config, NULL, NULL));
    OK(lodge_config_set(config, LODGE_CONFIG_FUEL, 1, ERR));
    lodge_config_close(config);
    lodge_engine_close(engine);
}

static void an_engine_from_what_is_no_config_is_refused(void **s)
{
    lodge_engine engine = new_engine(), out = {7};
    size_t i;

    (void)s;
    for (i = 1; i < BAD_IDS; i++) /* 0 is the default preset */
        FAILS(HANDLE, lodge_engine_new((lodge_config){bad_ids[i]}, &out, ERR));
    SAYS(HANDLE, "names an engine, a config was expected",
         lodge_engine_new((lodge_config){engine.id}, &out, ERR));
    assert_int_equal(out.id, 7);
    lodge_engine_close(engine);
}

static void many_engines_live_side_by_side(void **s)
{
    lodge_engine engines[100];
    int i;

    (void)s;
    for (i = 0; i < 100; i++)
        engines[i] = new_engine();
    check_runs(engines[0]);
    check_runs(engines[99]);
    for (i = 0; i < 100; i++)
        lodge_engine_close(engines[i]);
}

/* ---- every function, every bad handle --------------------------------- */

static void check_refused(lodge_engine engine, const char *why)
{
    lodge_engine out = {7};
    uint64_t value = 7, len = 7;
    uint32_t yes = 7;
    char text[8] = "same";

    FAILS(HANDLE, lodge_engine_tick(engine));
    SAYS(HANDLE, why, lodge_engine_dup(engine, &out, ERR));
    SAYS(HANDLE, why, lodge_engine_is_pulley(engine, &yes, ERR));
    SAYS(HANDLE, why, lodge_engine_get(engine, 1, &value, ERR));
    SAYS(HANDLE, why, lodge_engine_get_text(engine, 1, text, 8, &len, ERR));
    FAILS(HANDLE, lodge_engine_dup(engine, &out, NULL));
    OK(lodge_engine_close(engine));
    OK(lodge_engine_shutdown(engine));
    assert_int_equal(out.id, 7);
    assert_int_equal(value, 7);
    assert_int_equal(yes, 7);
    assert_int_equal(len, 7);
    assert_string_equal(text, "same");
}

static void what_is_not_an_engine_is_refused(void **s)
{
    lodge_engine engine = new_engine();
    lodge_store store = new_store(engine);
    lodge_linker linker = new_linker(engine);

    (void)s;
    FOR_BAD_IDS(lodge_engine, bad, check_refused(bad, "handle"));
    check_refused((lodge_engine){store.id}, "names a store, an engine");
    check_refused((lodge_engine){linker.id}, "names a linker, an engine");
    check_refused((lodge_engine){engine.id | 1}, "inside an engine");
    check_refused((lodge_engine){engine.id + (UINT64_C(1) << 36)}, "stale");
    check_runs(engine);
    lodge_engine_shutdown(engine);
    check_refused(engine, "handle is stale: the engine was closed");
}

static void outputs_that_are_null_are_refused(void **s)
{
    lodge_engine engine = new_engine();

    (void)s;
    SAYS(ARGUMENT, "yes", lodge_engine_is_pulley(engine, NULL, ERR));
    SAYS(ARGUMENT, "value", lodge_engine_get(engine, 1, NULL, ERR));
    FAILS(ARGUMENT, lodge_engine_is_pulley(engine, NULL, NULL));
    FAILS(ARGUMENT, lodge_engine_get(engine, 1, NULL, NULL));
    lodge_engine_close(engine);
}

/* ---- settings in effect ----------------------------------------------- */

static void every_setting_in_effect_can_be_read(void **s)
{
    lodge_engine engine = new_engine();
    lodge_config config;
    uint64_t set, found, len;
    uint32_t i, key, type;
    char text[64], def[64];

    (void)s;
    OK(lodge_config_new(test_preset(), &config, ERR));
    for (i = 0; i < lodge_config_key_count(); i++) {
        OK(lodge_config_key(i, LODGE_KEY_DEFAULT, &key, &type, def, 63, &len));
        def[len] = '\0';
        OK(lodge_engine_get(engine, key, &found, ERR));
        OK(lodge_engine_get_text(engine, key, text, 64, &len, ERR));
        if (type == LODGE_VALUE_TEXT) {
            assert_int_equal(found, len);
            continue;
        }
        OK(lodge_config_get(config, key, &set, ERR));
        assert_true(set == found);
        if (test_preset() != LODGE_PRESET_DEFAULT)
            continue;
        assert_int_equal(len, strlen(def));
        assert_memory_equal(text, def, len);
    }
    lodge_config_close(config);
    lodge_engine_close(engine);
}

static void a_setting_is_copied_out_like_any_text(void **s)
{
    lodge_engine engine =
        new_engine_with("target=pulley64,wasm-threads=off,"
                        "opt-level=none,max-wasm-stack=512K");

    (void)s;
    READS("pulley64", lodge_engine_get_text(engine, LODGE_CONFIG_TARGET, buf,
                                            cap, len, ERR));
    READS("none", lodge_engine_get_text(engine, LODGE_CONFIG_OPT_LEVEL, buf,
                                        cap, len, ERR));
    READS("524288", lodge_engine_get_text(engine, LODGE_CONFIG_MAX_WASM_STACK,
                                          buf, cap, len, ERR));
    lodge_engine_close(engine);
}

/* "of the target the triple in effect" */
static void the_target_of_this_machine_is_a_triple(void **s)
{
    lodge_engine engine = new_engine_with("target=host");
    char text[64];
    uint64_t len;

    (void)s;
    OK(lodge_engine_get_text(engine, LODGE_CONFIG_TARGET, text, 63, &len,
                             ERR));
    text[len] = '\0';
    lodge_engine_close(engine);
    assert_non_null(strstr(text, "-linux-"));
}

static void a_number_that_is_no_key_is_not_found(void **s)
{
    lodge_engine engine = new_engine();
    uint64_t value = 7, len = 7;

    (void)s;
    SAYS(NOT_FOUND, "key 0", lodge_engine_get(engine, 0, &value, ERR));
    SAYS(NOT_FOUND, "4294967295",
         lodge_engine_get(engine, UINT32_MAX, &value, ERR));
    SAYS(NOT_FOUND, "key 96",
         lodge_engine_get_text(engine, 96, NULL, 0, &len, ERR));
    assert_int_equal(value, 7);
    assert_int_equal(len, 7);
    lodge_engine_close(engine);
}

static void an_engine_tells_whether_it_interprets(void **s)
{
    lodge_engine native = new_engine_with("target=host");
    lodge_engine pulley = new_engine_with("target=pulley64,wasm-threads=off");
    uint32_t yes = 7;

    (void)s;
    OK(lodge_engine_is_pulley(native, &yes, ERR));
    assert_int_equal(yes, 0);
    OK(lodge_engine_is_pulley(pulley, &yes, NULL));
    assert_int_equal(yes, 1);
    check_runs(pulley);
    lodge_engine_close(native);
    lodge_engine_close(pulley);
}

/* ---- several handles -------------------------------------------------- */

static void a_second_handle_has_a_life_of_its_own(void **s)
{
    lodge_engine first = new_engine(), second, third;
    lodge_module module;
    lodge_store store;
    lodge_linker linker;
    lodge_instance instance;

    (void)s;
    OK(lodge_engine_dup(first, &second, ERR));
    assert_true(first.id != second.id);
    module = new_module(first, adds);
    lodge_engine_close(first);
    check_refused(first, "stale");
    /* The same engine: what was made by one handle fits the other. */
    store = new_store(second);
    linker = new_linker(second);
    OK(lodge_instance_new(linker, store, module, &instance, ERR));
    OK(lodge_engine_dup(second, &third, ERR));
    lodge_engine_close(second);
    check_runs(third);
    lodge_engine_shutdown(third);
}

static void what_was_made_lives_on_after_its_engine_is_closed(void **s)
{
    lodge_engine engine = new_engine();
    lodge_linker linker = new_linker(engine);
    lodge_module module = new_module(engine, adds);
    lodge_store store = new_store(engine);
    lodge_instance instance;
    uint64_t slots[2] = {1, 2};

    (void)s;
    lodge_engine_close(engine);
    lodge_engine_close(engine);
    OK(lodge_instance_new(linker, store, module, &instance, ERR));
    lodge_linker_close(linker);
    lodge_module_close(module);
    OK(lodge_func_call(func_of(instance, "add"), slots, 2, ERR));
    assert_int_equal(slots[0], 3);
    lodge_store_close(store);
}

static void a_full_table_of_handles_is_a_limit(void **s)
{
    lodge_engine engine = new_engine(), last = engine, next = {0};
    lodge_store store = new_store(engine);
    lodge_config config = {7};
    lodge_status st;

    (void)s;
    while ((st = lodge_engine_dup(engine, &next, ERR)) == LODGE_OK)
        last = next;
    assert_int_equal(st, LODGE_E_LIMIT);
    assert_true(next.id == last.id);
    SAYS(LIMIT, "262143", lodge_config_new(0, &config, ERR));
    FAILS(LIMIT, lodge_engine_new((lodge_config){0}, &next, ERR));
    FAILS(LIMIT, lodge_store_new(engine, &(lodge_store){0}, ERR));
    FAILS(LIMIT, lodge_linker_new(engine, &(lodge_linker){0}, ERR));
    FAILS(LIMIT, lodge_module_open(engine, (const uint8_t *)"(module)", 8,
                                   &(lodge_module){0}, ERR));
    FAILS(LIMIT, lodge_wasi_new(&(lodge_wasi){0}, ERR));
    FAILS(LIMIT, lodge_budget_new(&(lodge_budget){0}, ERR));
    lodge_store_close(store);
    OK(lodge_config_new(0, &config, ERR)); /* one place is free again */
    lodge_config_close(config);
    lodge_engine_shutdown(engine);
}

/* ---- shutdown --------------------------------------------------------- */

static void shutdown_closes_all_that_was_made_from_an_engine(void **s)
{
    lodge_engine engine = new_engine(), other = new_engine(), twin;
    lodge_linker linker = new_linker(engine);
    lodge_module module = new_module(engine, adds);
    lodge_store store = new_store(engine), theirs = new_store(other);
    lodge_instance instance, own = new_instance(engine, adds);
    lodge_func fn = func_of(own, "add");
    lodge_prepared prepared;
    uint64_t slots[2] = {0}, value;
    uint32_t count;

    (void)s;
    OK(lodge_engine_dup(engine, &twin, ERR));
    OK(lodge_instance_new(linker, store, module, &instance, ERR));
    OK(lodge_linker_prepare(linker, module, &prepared, ERR));
    OK(lodge_engine_shutdown(engine));
    check_refused(engine, "stale");
    check_refused(twin, "stale");
    FAILS(HANDLE, lodge_module_import_count(module, &count, ERR));
    FAILS(HANDLE, lodge_linker_set(linker, 1, 1, ERR));
    FAILS(HANDLE, lodge_store_get(store, 1, &value, ERR));
    FAILS(HANDLE, lodge_func_call(fn, slots, 2, ERR));
    FAILS(HANDLE, lodge_prepared_instance(prepared, store, &own, ERR));
    OK(lodge_store_get(theirs, LODGE_STORE_CALLS, &value, ERR));
    assert_int_equal(stat_of(LODGE_STAT_LIVE), 2);
    lodge_engine_shutdown(other);
}

static void shutdown_by_any_handle_is_the_same(void **s)
{
    lodge_engine engine = new_engine(), twin;

    (void)s;
    OK(lodge_engine_dup(engine, &twin, ERR));
    lodge_engine_close(engine);
    OK(lodge_engine_shutdown(engine)); /* stale: nothing */
    check_runs(twin);
    OK(lodge_engine_shutdown(twin));
    OK(lodge_engine_shutdown(twin));
    OK(lodge_engine_shutdown((lodge_engine){0}));
}

/* A guest loop on a thread of its own; the status goes to `found`. */
struct runner {
    pthread_t thread;
    lodge_instance instance;
    lodge_func fn;
    lodge_status found;
};

/* The store may be busy with wait_for_loop. */
static void *run_loop(void *arg)
{
    struct runner *run = arg;

    do
        run->found = lodge_func_call(run->fn, NULL, 0, NULL);
    while (run->found == LODGE_E_BUSY);
    return NULL;
}

static void start_loop(struct runner *run, lodge_engine engine)
{
    run->instance = new_instance(engine, loops);
    run->fn = func_of(run->instance, "run");
    run->found = LODGE_OK;
    pthread_create(&run->thread, NULL, run_loop, run);
}

/* Until the loop is in its store: another thread then finds it busy. */
static void wait_for_loop(struct runner *run)
{
    uint32_t params;

    while (lodge_func_slots(run->fn, &params, NULL, NULL) == LODGE_OK)
        sleep_ms(1);
}

static void shutdown_ends_calls_on_other_threads(void **s)
{
    lodge_engine engine = new_engine_with(ends);
    struct runner runs[3];
    int i;

    (void)s;
    for (i = 0; i < 3; i++)
        start_loop(&runs[i], engine);
    for (i = 0; i < 3; i++)
        wait_for_loop(&runs[i]);
    OK(lodge_engine_shutdown(engine));
    for (i = 0; i < 3; i++) {
        pthread_join(runs[i].thread, NULL);
        assert_int_equal(runs[i].found, LODGE_E_CANCELLED);
    }
}

/* The call may begin before, while or after the shutdown looks around. */
static void shutdown_meets_calls_that_just_begin(void **s)
{
    struct runner run;
    lodge_engine engine;
    int i;

    (void)s;
    for (i = 0; i < 100; i++) {
        engine = new_engine_with(ends);
        start_loop(&run, engine);
        if (i % 2)
            sched_yield();
        OK(lodge_engine_shutdown(engine));
        pthread_join(run.thread, NULL);
        assert_true(run.found == LODGE_E_CANCELLED ||
                    run.found == LODGE_E_HANDLE);
        assert_int_equal(stat_of(LODGE_STAT_LIVE), 0);
    }
}

static int32_t host_shuts_down(uint64_t token, lodge_caller caller,
                               uint64_t *slots)
{
    lodge_store store;

    (void)slots;
    OK(lodge_engine_shutdown((lodge_engine){token}));
    FAILS(HANDLE, lodge_engine_tick((lodge_engine){token}));
    (void)lodge_caller_store(caller, &store);
    return 0;
}

static void shutdown_from_inside_a_call_ends_that_call(void **s)
{
    lodge_engine engine = new_engine_with(ends);
    lodge_linker linker = new_linker(engine);
    lodge_module module = new_module(
        engine, "(module (import \"h\" \"f\" (func $f)) (func (export \"run\")"
                " (call $f) (loop $l (br $l))))");
    lodge_instance instance;
    uint32_t kinds[2], count;
    uint64_t tokens[2];

    (void)s;
    OK(lodge_linker_func(linker, TEXT("h"), TEXT("f"), TEXT(""),
                         host_shuts_down, engine.id, ERR));
    OK(lodge_instance_new(linker, (lodge_store){0}, module, &instance, ERR));
    FAILS(CANCELLED, lodge_func_call(func_of(instance, "run"), NULL, 0, ERR));
    assert_int_equal(stat_of(LODGE_STAT_LIVE), 0);
    OK(lodge_reap(0, kinds, tokens, 2, &count));
    assert_int_equal(count, 1);
}

/* What a thread makes until the engine has gone; the last is remembered. */
struct maker {
    pthread_t thread;
    lodge_engine engine;
    lodge_store store;
    lodge_module module;
};

static void *make_until_gone(void *arg)
{
    struct maker *mk = arg;

    while (lodge_store_new(mk->engine, &mk->store, NULL) == LODGE_OK &&
           lodge_module_open(mk->engine, (const uint8_t *)adds, strlen(adds),
                             &mk->module, NULL) == LODGE_OK) {
    }
    return NULL;
}

/* A handle that a call still gave out is closed, too. */
static void shutdown_may_meet_threads_that_still_make_things(void **s)
{
    struct maker mks[4] = {0};
    uint64_t left = 0;
    int i, round;

    (void)s;
    for (round = 0; round < 10; round++) {
        lodge_engine engine = new_engine();

        for (i = 0; i < 4; i++) {
            mks[i].engine = engine;
            pthread_create(&mks[i].thread, NULL, make_until_gone, &mks[i]);
        }
        sleep_ms(10);
        OK(lodge_engine_shutdown(engine));
        for (i = 0; i < 4; i++)
            pthread_join(mks[i].thread, NULL);
        left += stat_of(LODGE_STAT_LIVE);
        for (i = 0; i < 4; i++) {
            lodge_store_close(mks[i].store);
            lodge_module_close(mks[i].module);
        }
    }
    assert_int_equal(left, 0);
}

static void closing_an_engine_leaves_its_calls_alone(void **s)
{
    lodge_engine engine = new_engine_with("fuel=on"), other;
    lodge_instance instance = new_instance(engine, loops);
    lodge_store store;

    (void)s;
    OK(lodge_engine_dup(engine, &other, ERR));
    OK(lodge_instance_store(instance, &store, ERR));
    OK(lodge_store_set(store, LODGE_STORE_FUEL, 100000, ERR));
    lodge_engine_close(engine);
    lodge_release((void *)(uintptr_t)other.id);
    FAILS(FUEL, lodge_func_call(func_of(instance, "run"), NULL, 0, ERR));
    lodge_instance_close(instance);
}

/* ---- time ------------------------------------------------------------- */

/* Seconds until a loop has met its deadline. */
static double time_to_deadline(lodge_func fn)
{
    struct timespec before, after;

    clock_gettime(CLOCK_MONOTONIC, &before);
    SAYS(DEADLINE, "deadline", lodge_func_call(fn, NULL, 0, ERR));
    clock_gettime(CLOCK_MONOTONIC, &after);
    return (double)(after.tv_sec - before.tv_sec) +
           (double)(after.tv_nsec - before.tv_nsec) / 1e9;
}

/* A thread that counts time late, on a busy machine, takes what it missed from
 * calls that have just begun; not each time.
 */
static void a_deadline_ends_a_loop(void **s)
{
    lodge_engine engine = new_engine_with(ends);
    lodge_instance instance = new_instance(engine, loops);
    lodge_store store;
    double spent = 0;
    int tries = 50;

    (void)s;
    OK(lodge_instance_store(instance, &store, ERR));
    OK(lodge_store_set(store, LODGE_STORE_DEADLINE, 20000000, ERR));
    while (spent < 0.018 && tries--)
        spent = time_to_deadline(func_of(instance, "run"));
    assert_true(spent >= 0.018 && spent < 20);
    lodge_instance_close(instance);
    lodge_engine_close(engine);
}

/* The ticker rests when nobody waits; it must come back. */
static void a_deadline_still_works_after_a_rest(void **s)
{
    lodge_engine engine = new_engine_with(ends);
    lodge_instance instance = new_instance(engine, loops);
    lodge_store store;

    (void)s;
    OK(lodge_instance_store(instance, &store, ERR));
    OK(lodge_store_set(store, LODGE_STORE_DEADLINE, 5000000, ERR));
    FAILS(DEADLINE, lodge_func_call(func_of(instance, "run"), NULL, 0, ERR));
    sleep_ms(250);
    FAILS(DEADLINE, lodge_func_call(func_of(instance, "run"), NULL, 0, ERR));
    lodge_instance_close(instance);
    lodge_engine_close(engine);
}

static int32_t rests(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    (void)caller;
    (void)slots;
    sleep_ms((long)token);
    return 0;
}

/* Nobody tells the ticker about the deadline for so long that it rests. */
static void a_deadline_outlasts_a_long_host_function(void **s)
{
    static const char text[] =
        "(module (import \"h\" \"rest\" (func $rest))"
        " (func (export \"run\") (call $rest) (loop $l (br $l))))";
    lodge_engine engine = new_engine_with(ends);
    lodge_linker linker = new_linker(engine);
    lodge_module module = new_module(engine, text);
    lodge_instance instance;
    lodge_store store;
    uint64_t ms;

    (void)s;
    OK(lodge_linker_func(linker, TEXT("h"), TEXT("rest"), TEXT("->"), rests,
                         300, ERR));
    OK(lodge_instance_new(linker, (lodge_store){0}, module, &instance, ERR));
    OK(lodge_instance_store(instance, &store, ERR));
    for (ms = 200; ms < 800; ms += 400) { /* over at its end, and not yet */
        OK(lodge_store_set(store, LODGE_STORE_DEADLINE, ms * 1000000, ERR));
        FAILS(DEADLINE,
              lodge_func_call(func_of(instance, "run"), NULL, 0, ERR));
    }
    lodge_engine_shutdown(engine);
    OK(lodge_reap(0, &(uint32_t){0}, &(uint64_t){0}, 1, &(uint32_t){0}));
}

static void a_deadline_does_not_touch_a_call_in_time(void **s)
{
    lodge_engine engine = new_engine_with(ends);
    lodge_instance instance = new_instance(engine, adds);
    uint64_t slots[2] = {1, 1};
    lodge_store store;
    int i;

    (void)s;
    OK(lodge_instance_store(instance, &store, ERR));
    OK(lodge_store_set(store, LODGE_STORE_DEADLINE, 10000000000, ERR));
    for (i = 0; i < 1000; i++)
        OK(lodge_func_call(func_of(instance, "add"), slots, 2, ERR));
    OK(lodge_store_set(store, LODGE_STORE_DEADLINE, UINT64_MAX, ERR));
    OK(lodge_func_call(func_of(instance, "add"), slots, 2, ERR));
    lodge_instance_close(instance);
    lodge_engine_close(engine);
}

static void ticks_end_a_loop_that_counts_them(void **s)
{
    lodge_engine engine = new_engine_with(ends);
    struct runner run;
    lodge_store store;
    int ticks = 0;

    (void)s;
    run.instance = new_instance(engine, loops);
    run.fn = func_of(run.instance, "run");
    run.found = LODGE_OK;
    OK(lodge_instance_store(run.instance, &store, ERR));
    OK(lodge_store_set(store, LODGE_STORE_EPOCH_TICKS, 3, ERR));
    pthread_create(&run.thread, NULL, run_loop, &run);
    wait_for_loop(&run);
    sleep_ms(20);
    for (; ticks < 2; ticks++)
        OK(lodge_engine_tick(engine));
    sleep_ms(20);
    FAILS(BUSY, lodge_func_slots(run.fn, NULL, NULL, ERR)); /* runs on */
    /* Those that came before the call had begun do not count. */
    while (lodge_func_slots(run.fn, NULL, NULL, ERR) == LODGE_E_BUSY) {
        OK(lodge_engine_tick(engine));
        sleep_ms(1);
    }
    pthread_join(run.thread, NULL);
    assert_int_equal(run.found, LODGE_E_DEADLINE);
    lodge_engine_shutdown(engine);
}

static void ticks_of_one_engine_are_not_those_of_another(void **s)
{
    lodge_engine engine = new_engine_with("fuel=on,interruption=on"),
                 other = new_engine_with(ends);
    lodge_instance instance = new_instance(engine, loops);
    lodge_store store;
    int i;

    (void)s;
    OK(lodge_instance_store(instance, &store, ERR));
    OK(lodge_store_set(store, LODGE_STORE_EPOCH_TICKS, 1, ERR));
    OK(lodge_store_set(store, LODGE_STORE_FUEL, 1000000, ERR));
    for (i = 0; i < 10; i++)
        OK(lodge_engine_tick(other));
    FAILS(FUEL, lodge_func_call(func_of(instance, "run"), NULL, 0, ERR));
    lodge_engine_shutdown(engine);
    lodge_engine_shutdown(other);
}

static void without_interruption_there_is_no_deadline(void **s)
{
    lodge_engine engine = new_engine_with("interruption=off,fuel=on");
    lodge_store store = new_store(engine);
    lodge_instance instance;

    (void)s;
    SAYS(STATE, "interruption=on",
         lodge_store_set(store, LODGE_STORE_DEADLINE, 1, ERR));
    SAYS(STATE, "interruption=on",
         lodge_store_set(store, LODGE_STORE_EPOCH_TICKS, 1, ERR));
    OK(lodge_store_set(store, LODGE_STORE_DEADLINE, 0, ERR));
    OK(lodge_engine_tick(engine));
    instance = new_instance(engine, loops);
    OK(lodge_instance_store(instance, &store, ERR));
    OK(lodge_store_set(store, LODGE_STORE_FUEL, 10000, ERR));
    FAILS(FUEL, lodge_func_call(func_of(instance, "run"), NULL, 0, ERR));
    lodge_engine_shutdown(engine);
}

/* Until so many helper threads run; a thread may take its time to end. */
static void wait_for_threads(uint64_t count)
{
    int patience = 6000;

    while (stat_of(LODGE_STAT_THREADS) != count && --patience)
        sleep_ms(10);
    assert_int_equal(stat_of(LODGE_STAT_THREADS), count);
}

/* The pool of compiling threads stays for good. The thread for deadlines of
 * an earlier test serves the new engine, or has gone and is made anew.
 */
static void the_thread_for_deadlines_goes_with_the_last_engine(void **s)
{
    lodge_engine engine = new_engine_with(ends);
    uint64_t one = stat_of(LODGE_STAT_THREADS);

    (void)s;
    sleep_ms(300); /* it rests, and stays */
    assert_int_equal(stat_of(LODGE_STAT_THREADS), one);
    lodge_engine_close(engine);
    wait_for_threads(one - 1);
    engine = new_engine_with("interruption=off");
    assert_int_equal(stat_of(LODGE_STAT_THREADS), one - 1);
    lodge_engine_close(engine);
    engine = new_engine_with(ends);
    assert_int_equal(stat_of(LODGE_STAT_THREADS), one);
    lodge_engine_close(engine);
    wait_for_threads(one - 1);
}

/* ---- threads ---------------------------------------------------------- */

static void *engines_come_and_go(void *unused)
{
    lodge_engine engine, twin;
    intptr_t bad = 0;
    int i;

    for (i = 0; i < 50; i++) {
        bad |= lodge_engine_new((lodge_config){0}, &engine, NULL);
        bad |= lodge_engine_dup(engine, &twin, NULL);
        bad |= lodge_engine_tick(twin);
        lodge_release((void *)(uintptr_t)engine.id);
        bad |= lodge_engine_tick(twin);
        lodge_engine_close(twin);
    }
    (void)unused;
    return (void *)bad;
}

static void engines_come_and_go_on_many_threads(void **s)
{
    pthread_t threads[8];
    void *bad;
    int i;

    (void)s;
    for (i = 0; i < 8; i++)
        pthread_create(&threads[i], NULL, engines_come_and_go, NULL);
    for (i = 0; i < 8; i++) {
        pthread_join(threads[i], &bad);
        assert_null(bad);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_engine_needs_no_config),
        TEST(an_engine_has_the_settings_of_its_config),
        TEST(an_engine_without_a_place_for_it_is_refused),
        TEST(an_engine_from_what_is_no_config_is_refused),
        TEST(many_engines_live_side_by_side),
        TEST(what_is_not_an_engine_is_refused),
        TEST(outputs_that_are_null_are_refused),
        TEST(every_setting_in_effect_can_be_read),
        TEST(a_setting_is_copied_out_like_any_text),
        TEST(the_target_of_this_machine_is_a_triple),
        TEST(a_number_that_is_no_key_is_not_found),
        TEST(an_engine_tells_whether_it_interprets),
        TEST(a_second_handle_has_a_life_of_its_own),
        TEST(what_was_made_lives_on_after_its_engine_is_closed),
        TEST(a_full_table_of_handles_is_a_limit),
        TEST(shutdown_closes_all_that_was_made_from_an_engine),
        TEST(shutdown_by_any_handle_is_the_same),
        TEST(shutdown_ends_calls_on_other_threads),
        TEST(shutdown_meets_calls_that_just_begin),
        TEST(shutdown_from_inside_a_call_ends_that_call),
        TEST(shutdown_may_meet_threads_that_still_make_things),
        TEST(closing_an_engine_leaves_its_calls_alone),
        TEST(a_deadline_ends_a_loop),
        TEST(a_deadline_still_works_after_a_rest),
        TEST(a_deadline_outlasts_a_long_host_function),
        TEST(a_deadline_does_not_touch_a_call_in_time),
        TEST(ticks_end_a_loop_that_counts_them),
        TEST(ticks_of_one_engine_are_not_those_of_another),
        TEST(without_interruption_there_is_no_deadline),
        TEST(the_thread_for_deadlines_goes_with_the_last_engine),
        TEST(engines_come_and_go_on_many_threads),
    };

    return RUN(tests);
}

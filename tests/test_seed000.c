/* test_seed000.c - the contract of the first seed, engine and config, as a
 * wrapper in a garbage-collected language lives it (seed 000, sections 4.2
 * to 4.4): what its constructors, dispose methods, finalizers and getters
 * promise, and every error with its text.
 */
#include <pthread.h>
#include <unistd.h>

#include "lodge_test.h"

/* What a NativeFinalizer does: any thread, any order, any number of times. */
static void finalize(uint64_t id)
{
    lodge_release((void *)(uintptr_t)id);
}

static lodge_config new_config(void)
{
    lodge_config config;

    OK(lodge_config_new(LODGE_PRESET_DEFAULT, &config, ERR));
    return config;
}

static void check_alive(lodge_engine engine)
{
    OK(lodge_engine_tick(engine));
}

/* ---- Config() --------------------------------------------------------- */

static void config_is_constructed_and_disposed(void **s)
{
    lodge_config config = {0};

    (void)s;
    OK(lodge_config_new(LODGE_PRESET_DEFAULT, &config, ERR));
    assert_in_range(config.id, 1, (UINT64_C(1) << 53) - 1);
    assert_int_equal(stat_of(LODGE_STAT_LIVE + LODGE_KIND_CONFIG), 1);
    OK(lodge_config_close(config));
    assert_int_equal(stat_of(LODGE_STAT_LIVE), 0);
}

static void config_may_be_disposed_twice(void **s)
{
    lodge_config config = new_config(), next;
    int i;

    (void)s;
    for (i = 0; i < 3; i++)
        OK(lodge_config_close(config));
    /* Not even when something else has come in its place. */
    next = new_config();
    OK(lodge_config_close(config));
    finalize(config.id);
    OK(lodge_config_set(next, LODGE_CONFIG_FUEL, 1, ERR));
    OK(lodge_config_close(next));
}

static void config_after_dispose_is_a_state_error(void **s)
{
    static const char *const text = "handle is stale: the config was closed";
    lodge_config config = new_config();
    lodge_engine engine = {7};
    uint64_t value = 7;

    (void)s;
    lodge_config_close(config);
    SAYS(HANDLE, text, lodge_config_set(config, LODGE_CONFIG_FUEL, 1, ERR));
    SAYS(HANDLE, text,
         lodge_config_get(config, LODGE_CONFIG_FUEL, &value, ERR));
    SAYS(HANDLE, text, lodge_config_parse(config, TEXT("fuel=on"), ERR));
    SAYS(HANDLE, text,
         lodge_config_set_text(config, LODGE_CONFIG_FUEL, TEXT("on"), ERR));
    SAYS(HANDLE, text, lodge_engine_new(config, &engine, ERR));
    assert_int_equal(engine.id, 7);
    assert_int_equal(value, 7);
}

/* ---- Engine() and Engine.withConfig(config) --------------------------- */

static void engine_is_constructed_without_a_config(void **s)
{
    lodge_engine engine = {0};
    uint32_t pulley = 7;

    (void)s;
    OK(lodge_engine_new((lodge_config){0}, &engine, ERR));
    OK(lodge_engine_is_pulley(engine, &pulley, ERR));
    assert_int_equal(pulley, 0);
    OK(lodge_engine_close(engine));
}

static void engine_takes_its_config_on_success(void **s)
{
    lodge_config config = new_config();
    lodge_engine engine, second = {7};

    (void)s;
    OK(lodge_engine_new(config, &engine, ERR));
    assert_int_equal(stat_of(LODGE_STAT_LIVE + LODGE_KIND_CONFIG), 0);
    SAYS(HANDLE, "handle is stale: the config was closed",
         lodge_engine_new(config, &second, ERR));
    assert_int_equal(second.id, 7);
    /* The wrapper of the config still disposes it, and is collected. */
    OK(lodge_config_close(config));
    finalize(config.id);
    check_alive(engine);
    lodge_engine_close(engine);
}

static void engine_leaves_its_config_on_failure(void **s)
{
    lodge_config config = new_config();
    lodge_engine engine = {7};
    uint64_t fuel = 7;

    (void)s;
    OK(lodge_config_parse(config, TEXT("fuel=on,simd=off"), ERR));
    SAYS(CONFIG, "relaxed-simd=on needs simd=on",
         lodge_engine_new(config, &engine, ERR));
    SAYS(ARGUMENT, "out: is NULL", lodge_engine_new(config, NULL, ERR));
    assert_int_equal(engine.id, 7);
    OK(lodge_config_get(config, LODGE_CONFIG_FUEL, &fuel, ERR));
    assert_int_equal(fuel, 1);
    OK(lodge_config_set(config, LODGE_CONFIG_SIMD, 1, ERR));
    OK(lodge_engine_new(config, &engine, ERR));
    lodge_engine_close(engine);
}

/* Where the C API of Wasmtime would abort the process. */
static void engine_survives_what_wasmtime_aborts_on(void **s)
{
    static const char *const settings[] = {
        "max-wasm-stack=256M",
        "simd=off",
        "target=pulley64,wasm-threads=on",
        "target=sparc",
        "gc=off",
        "allocator=pooling,pool-max-memory-size=1024G",
        "allocator=pooling,pool-memories=1000000,pool-instances=1000000",
    };
    lodge_engine engine = {7};
    lodge_config config;
    lodge_status st;
    size_t i;

    (void)s;
    for (i = 0; i < sizeof settings / sizeof *settings; i++) {
        config = new_config();
        OK(lodge_config_parse(config, TEXT(settings[i]), ERR));
        test_err.message[0] = '\0';
        st = lodge_engine_new(config, &engine, ERR);
        assert_true(st == LODGE_E_CONFIG || st == LODGE_E_LIMIT ||
                    st == LODGE_E_MEMORY);
        assert_true(strlen(test_err.message) > 10);
        assert_int_equal(engine.id, 7);
        lodge_config_close(config);
    }
}

static void engine_may_be_disposed_twice(void **s)
{
    lodge_engine engine = new_engine(), next;
    int i;

    (void)s;
    for (i = 0; i < 3; i++)
        OK(lodge_engine_close(engine));
    next = new_engine();
    OK(lodge_engine_close(engine));
    OK(lodge_engine_shutdown(engine));
    finalize(engine.id);
    check_alive(next);
    lodge_engine_close(next);
}

static void engine_after_dispose_is_a_state_error(void **s)
{
    static const char *const text = "handle is stale: the engine was closed";
    lodge_engine engine = new_engine(), twin = {7};
    uint32_t pulley = 7;
    uint64_t value = 7;

    (void)s;
    lodge_engine_close(engine);
    FAILS(HANDLE, lodge_engine_tick(engine));
    SAYS(HANDLE, text, lodge_engine_is_pulley(engine, &pulley, ERR));
    SAYS(HANDLE, text, lodge_engine_dup(engine, &twin, ERR));
    SAYS(HANDLE, text, lodge_engine_get(engine, 1, &value, ERR));
    SAYS(HANDLE, text,
         lodge_module_open(engine, (const uint8_t *)"", 0, &(lodge_module){0},
                           ERR));
    SAYS(HANDLE, text, lodge_store_new(engine, &(lodge_store){0}, ERR));
    SAYS(HANDLE, text, lodge_linker_new(engine, &(lodge_linker){0}, ERR));
    assert_int_equal(pulley, 7);
    assert_int_equal(twin.id, 7);
    assert_int_equal(value, 7);
}

/* ---- the two kept apart ----------------------------------------------- */

static void one_is_never_taken_for_the_other(void **s)
{
    lodge_config config = new_config();
    lodge_engine engine = new_engine(), out = {7};
    uint32_t pulley = 7;

    (void)s;
    SAYS(HANDLE, "handle names a config, an engine was expected",
         lodge_engine_is_pulley((lodge_engine){config.id}, &pulley, ERR));
    SAYS(HANDLE, "handle names an engine, a config was expected",
         lodge_engine_new((lodge_config){engine.id}, &out, ERR));
    OK(lodge_engine_close((lodge_engine){config.id}));
    OK(lodge_engine_shutdown((lodge_engine){config.id}));
    OK(lodge_config_close((lodge_config){engine.id}));
    check_alive(engine);
    OK(lodge_config_set(config, LODGE_CONFIG_FUEL, 1, ERR));
    lodge_config_close(config);
    lodge_engine_close(engine);
}

static void a_null_or_made_up_pointer_is_an_error_with_a_text(void **s)
{
    lodge_engine out = {7};
    uint32_t pulley = 7;

    (void)s;
    SAYS(HANDLE, "handle is 0 (none), an engine was expected",
         lodge_engine_is_pulley((lodge_engine){0}, &pulley, ERR));
    SAYS(HANDLE, "handle is 0 (none), a config was expected",
         lodge_config_set((lodge_config){0}, 1, 1, ERR));
    SAYS(HANDLE, "handle 0xffffffffffffffff is not one of ours",
         lodge_engine_dup((lodge_engine){UINT64_MAX}, &out, ERR));
    SAYS(HANDLE, "0x7f0000001000 ",
         lodge_engine_new((lodge_config){0x7F0000001000}, &out, ERR));
    assert_int_equal(out.id, 7);
    assert_int_equal(pulley, 7);
}

/* ---- incrementEpoch and isPulley -------------------------------------- */

static void *tick_until_gone(void *engine)
{
    while (lodge_engine_tick(*(lodge_engine *)engine) == LODGE_OK)
        usleep(1000);
    return NULL;
}

static void the_epoch_is_incremented_from_any_thread(void **s)
{
    lodge_engine engine = new_engine(), twin;
    lodge_instance instance = new_instance(
        engine, "(module (func (export \"run\") (loop $l (br $l))))");
    lodge_store store;
    pthread_t other;

    (void)s;
    OK(lodge_engine_dup(engine, &twin, ERR));
    OK(lodge_instance_store(instance, &store, ERR));
    OK(lodge_store_set(store, LODGE_STORE_EPOCH_TICKS, 5, ERR));
    pthread_create(&other, NULL, tick_until_gone, &twin);
    FAILS(DEADLINE, lodge_func_call(func_of(instance, "run"), NULL, 0, ERR));
    lodge_engine_close(twin);
    pthread_join(other, NULL);
    lodge_instance_close(instance);
    FAILS(HANDLE, lodge_engine_tick((lodge_engine){instance.id}));
    lodge_engine_close(engine);
}

static void is_pulley_tells_the_interpreter(void **s)
{
    lodge_engine engine;
    lodge_config config;
    uint32_t pulley = 7;

    (void)s;
    OK(lodge_config_new(LODGE_PRESET_PULLEY, &config, ERR));
    OK(lodge_engine_new(config, &engine, ERR));
    SAYS(ARGUMENT, "yes: is NULL", lodge_engine_is_pulley(engine, NULL, ERR));
    OK(lodge_engine_is_pulley(engine, &pulley, ERR));
    assert_int_equal(pulley, 1);
    lodge_engine_close(engine);
}

/* ---- finalizers ------------------------------------------------------- */

static void a_finalizer_ends_what_nobody_disposed(void **s)
{
    lodge_config config = new_config();
    lodge_engine engine = new_engine();
    uint32_t pulley;

    (void)s;
    finalize(config.id);
    finalize(engine.id);
    SAYS(HANDLE, "stale: the config was closed",
         lodge_config_set(config, 1, 1, ERR));
    SAYS(HANDLE, "stale: the engine was closed",
         lodge_engine_is_pulley(engine, &pulley, ERR));
    assert_int_equal(stat_of(LODGE_STAT_LIVE), 0);
}

static void finalizers_need_no_order(void **s)
{
    static const int orders[][4] = {
        {0, 1, 2, 3}, {3, 2, 1, 0}, {2, 0, 3, 1}, {1, 3, 0, 2}};
    uint64_t ids[4];
    size_t i, k;

    (void)s;
    for (i = 0; i < 4; i++) {
        lodge_engine engine = new_engine();
        lodge_instance instance =
            new_instance(engine, "(module (func (export \"f\")))");

        ids[0] = engine.id;
        ids[1] = new_module(engine, "(module)").id;
        ids[2] = instance.id;
        ids[3] = func_of(instance, "f").id;
        for (k = 0; k < 8; k++)
            finalize(ids[orders[i][k % 4]]);
        assert_int_equal(stat_of(LODGE_STAT_LIVE), 0);
        assert_int_equal(stat_of(LODGE_STAT_BYTES), 0);
    }
}

enum { OBJECTS = 400 };
static uint64_t garbage[OBJECTS];

static void *collect(void *from)
{
    size_t i;

    for (i = 0; i < OBJECTS; i++)
        finalize(garbage[(i * 7 + (size_t)from) % OBJECTS]);
    return NULL;
}

static void finalizers_run_on_any_thread_at_once(void **s)
{
    lodge_engine engine = new_engine();
    pthread_t threads[4];
    size_t i;

    (void)s;
    for (i = 0; i < OBJECTS; i++)
        garbage[i] = i % 3 == 0   ? new_config().id
                     : i % 3 == 1 ? new_store(engine).id
                                  : new_linker(engine).id;
    for (i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, collect, (void *)(i * 91));
    for (i = 0; i < 100; i++) /* the mutator goes on meanwhile */
        lodge_config_close(new_config());
    for (i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(stat_of(LODGE_STAT_LIVE), 1);
    lodge_engine_close(engine);
}

static void *finalize_once(void *id)
{
    finalize(*(uint64_t *)id);
    return NULL;
}

static int32_t host_is_collected(uint64_t token, lodge_caller caller,
                                 uint64_t *slots)
{
    lodge_store store;
    pthread_t other;

    (void)token;
    OK(lodge_caller_store(caller, &store));
    pthread_create(&other, NULL, finalize_once, &store.id);
    pthread_join(other, NULL);
    pthread_create(&other, NULL, finalize_once, slots);
    pthread_join(other, NULL);
    slots[0] = 42;
    return 0;
}

/* The store and the engine are finalized while a guest runs in them. */
static void a_finalizer_during_use_waits_for_the_user(void **s)
{
    lodge_engine engine = new_engine();
    lodge_linker linker = new_linker(engine);
    lodge_module module =
        new_module(engine, "(module (import \"h\" \"f\" (func $f (param i64)"
                           " (result i64))) (func (export \"run\") (param i64)"
                           " (result i64) (call $f (local.get 0))))");
    lodge_instance instance;
    lodge_func fn;
    uint64_t slot = engine.id;

    (void)s;
    OK(lodge_linker_func(linker, TEXT("h"), TEXT("f"), TEXT("i64 -> i64"),
                         host_is_collected, 0, ERR));
    OK(lodge_instance_new(linker, (lodge_store){0}, module, &instance, ERR));
    lodge_linker_close(linker);
    lodge_module_close(module);
    fn = func_of(instance, "run");
    OK(lodge_func_call(fn, &slot, 1, ERR));
    assert_int_equal(slot, 42);
    assert_int_equal(stat_of(LODGE_STAT_LIVE), 0);
    FAILS(HANDLE, lodge_func_call(fn, &slot, 1, ERR));
}

static void *use_until_gone(void *engine)
{
    uint32_t pulley;
    lodge_status st;

    do
        st = lodge_engine_is_pulley(*(lodge_engine *)engine, &pulley, NULL);
    while (st == LODGE_OK);
    return (void *)(intptr_t)st;
}

static void a_finalizer_may_race_with_every_use(void **s)
{
    lodge_engine engine;
    pthread_t threads[3];
    void *st;
    int i, round;

    (void)s;
    for (round = 0; round < 50; round++) {
        engine = new_engine();
        for (i = 0; i < 3; i++)
            pthread_create(&threads[i], NULL, use_until_gone, &engine);
        if (round % 2)
            usleep(200);
        finalize(engine.id);
        for (i = 0; i < 3; i++) {
            pthread_join(threads[i], &st);
            assert_int_equal((intptr_t)st, LODGE_E_HANDLE);
        }
    }
    assert_int_equal(stat_of(LODGE_STAT_LIVE), 0);
}

/* For the garbage collector's book-keeping (externalSize). */
static void the_size_of_an_object_can_be_asked(void **s)
{
    lodge_config config = new_config();
    uint32_t kind = 0;
    uint64_t bytes = 0;

    (void)s;
    OK(lodge_handle_info(config.id, &kind, &bytes));
    assert_int_equal(kind, LODGE_KIND_CONFIG);
    assert_in_range(bytes, 1, 1 << 20);
    lodge_config_close(config);
    FAILS(HANDLE, lodge_handle_info(config.id, &kind, &bytes));
}

static void handles_may_be_sent_to_another_thread(void **s)
{
    lodge_engine engine = new_engine();
    pthread_t other;
    void *st;

    (void)s;
    /* The other thread uses it, and sees it go. */
    pthread_create(&other, NULL, use_until_gone, &engine);
    usleep(1000);
    OK(lodge_engine_close(engine));
    pthread_join(other, &st);
    assert_int_equal((intptr_t)st, LODGE_E_HANDLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(config_is_constructed_and_disposed),
        TEST(config_may_be_disposed_twice),
        TEST(config_after_dispose_is_a_state_error),
        TEST(engine_is_constructed_without_a_config),
        TEST(engine_takes_its_config_on_success),
        TEST(engine_leaves_its_config_on_failure),
        TEST(engine_survives_what_wasmtime_aborts_on),
        TEST(engine_may_be_disposed_twice),
        TEST(engine_after_dispose_is_a_state_error),
        TEST(one_is_never_taken_for_the_other),
        TEST(a_null_or_made_up_pointer_is_an_error_with_a_text),
        TEST(the_epoch_is_incremented_from_any_thread),
        TEST(is_pulley_tells_the_interpreter),
        TEST(a_finalizer_ends_what_nobody_disposed),
        TEST(finalizers_need_no_order),
        TEST(finalizers_run_on_any_thread_at_once),
        TEST(a_finalizer_during_use_waits_for_the_user),
        TEST(a_finalizer_may_race_with_every_use),
        TEST(the_size_of_an_object_can_be_asked),
        TEST(handles_may_be_sent_to_another_thread),
    };

    return RUN(tests);
}

/* test_prepared.c - prepared modules: resolved once, templates of stores. */
#include <pthread.h>

#include "zoo.h"

static lodge_prepared prepare(lodge_linker linker, lodge_engine engine,
                              const char *text)
{
    lodge_module module = new_module(engine, text);
    lodge_prepared prepared;

    OK(lodge_linker_prepare(linker, module, &prepared, ERR));
    lodge_module_close(module);
    return prepared;
}

/* A prepared module without imports. */
static lodge_prepared prepare_alone(lodge_engine engine, const char *text)
{
    lodge_linker linker = new_linker(engine);
    lodge_prepared prepared = prepare(linker, engine, text);

    lodge_linker_close(linker);
    return prepared;
}

static lodge_instance instance_of(lodge_prepared prepared)
{
    lodge_instance instance;

    OK(lodge_prepared_instance(prepared, (lodge_store){0}, &instance, ERR));
    return instance;
}

static uint64_t call(lodge_instance instance, const char *name)
{
    uint64_t slot = 0;

    OK(lodge_func_call(func_of(instance, name), &slot, 1, ERR));
    return slot;
}

static uint64_t key_of(lodge_instance instance, uint32_t key)
{
    lodge_store store;
    uint64_t value;

    OK(lodge_instance_store(instance, &store, ERR));
    OK(lodge_store_get(store, key, &value, ERR));
    return value;
}

static const char counter[] =
    "(module (global $n (mut i32) (i32.const 0)) (memory 1)"
    " (func (export \"next\") (result i32)"
    "  (global.set $n (i32.add (global.get $n) (i32.const 1)))"
    "  (global.get $n)))";

static int32_t answer(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    (void)caller;
    slots[0] = token;
    return 0;
}

static void reap(uint32_t expected)
{
    uint64_t tokens[16];
    uint32_t kinds[16], count;

    OK(lodge_reap(0, kinds, tokens, 16, &count));
    assert_int_equal(count, expected);
}

/* ---- life ------------------------------------------------------------- */

static void instances_of_a_prepared_module_are_independent(void **state)
{
    lodge_engine engine = new_engine();
    lodge_prepared prepared = prepare_alone(engine, counter);
    lodge_instance a = instance_of(prepared), b = instance_of(prepared);

    (void)state;
    assert_int_equal(call(a, "next"), 1);
    assert_int_equal(call(a, "next"), 2);
    assert_int_equal(call(b, "next"), 1);
    lodge_instance_close(a);
    assert_int_equal(call(b, "next"), 2);
    lodge_instance_close(b);
    lodge_prepared_close(prepared);
    lodge_engine_close(engine);
}

static void a_prepared_module_outlives_what_it_was_made_from(void **state)
{
    lodge_engine engine = new_engine();
    lodge_prepared prepared = prepare_alone(engine, counter);
    lodge_instance instance;

    (void)state;
    lodge_engine_close(engine);
    instance = instance_of(prepared);
    lodge_prepared_close(prepared);
    assert_int_equal(call(instance, "next"), 1);
    lodge_instance_close(instance);
}

static void later_changes_of_the_linker_are_not_seen(void **state)
{
    static const char text[] =
        "(module (import \"m\" \"a\" (func $a (result i32)))"
        " (func (export \"run\") (result i32) (call $a)))";
    lodge_engine engine = new_engine();
    lodge_linker linker = new_linker(engine);
    lodge_instance instance;
    lodge_prepared prepared;

    (void)state;
    OK(lodge_linker_set(linker, LODGE_LINKER_SHADOWING, 1, ERR));
    OK(lodge_linker_func(linker, TEXT("m"), TEXT("a"), TEXT("-> i32"), answer,
                         1, ERR));
    prepared = prepare(linker, engine, text);
    OK(lodge_linker_func(linker, TEXT("m"), TEXT("a"), TEXT("-> i32"), answer,
                         2, ERR));
    reap(0); /* the prepared module reaches the first one */
    lodge_linker_close(linker);
    reap(1);
    instance = instance_of(prepared);
    lodge_prepared_close(prepared);
    assert_int_equal(call(instance, "run"), 1);
    reap(0);
    lodge_instance_close(instance);
    reap(1);
    lodge_engine_close(engine);
}

static void preparing_needs_a_place_for_the_result(void **state)
{
    lodge_prepared prepared;
    struct zoo zoo;

    (void)state;
    zoo_open(&zoo);
    FAILS(ARGUMENT, lodge_linker_prepare(zoo.linker, zoo.module, NULL, ERR));
    prepared.id = zoo.id[LODGE_KIND_PREPARED];
    FAILS(ARGUMENT, lodge_prepared_instance(prepared, zoo.store, NULL, ERR));
    zoo_close(&zoo);
}

/* Every function of a prepared module says E_HANDLE. */
static void all_refuse(lodge_prepared prepared, lodge_wasi wasi)
{
    lodge_instance instance = {77};

    FAILS(HANDLE, lodge_prepared_set(prepared, LODGE_STORE_TOKEN, 1, ERR));
    FAILS(HANDLE, lodge_prepared_wasi(prepared, wasi, ERR));
    FAILS(HANDLE, lodge_prepared_wasi(prepared, (lodge_wasi){0}, ERR));
    FAILS(HANDLE,
          lodge_prepared_instance(prepared, (lodge_store){0}, &instance, ERR));
    assert_int_equal(instance.id, 77);
}

static void what_is_no_prepared_module_is_refused(void **state)
{
    lodge_prepared stale;
    struct zoo zoo;

    (void)state;
    zoo_open(&zoo);
    FOR_STRANGERS(&zoo, LODGE_KIND_PREPARED, lodge_prepared, prepared, {
        all_refuse(prepared, (lodge_wasi){zoo.id[LODGE_KIND_WASI]});
        OK(lodge_prepared_close(prepared));
    });
    stale = prepare_alone(zoo.engine, counter);
    OK(lodge_prepared_close(stale));
    OK(lodge_prepared_close(stale));
    all_refuse(stale, (lodge_wasi){zoo.id[LODGE_KIND_WASI]});
    zoo_close(&zoo);
}

static void what_is_no_store_is_refused_for_an_instance(void **state)
{
    lodge_instance instance = {77};
    lodge_prepared prepared;
    lodge_store stale;
    struct zoo zoo;

    (void)state;
    zoo_open(&zoo);
    prepared.id = zoo.id[LODGE_KIND_PREPARED];
    FOR_STRANGERS(&zoo, LODGE_KIND_STORE, lodge_store, store, {
        if (store.id != 0)
            FAILS(HANDLE,
                  lodge_prepared_instance(prepared, store, &instance, ERR));
    });
    stale = new_store(zoo.engine);
    lodge_store_close(stale);
    FAILS(HANDLE, lodge_prepared_instance(prepared, stale, &instance, ERR));
    assert_int_equal(instance.id, 77);
    zoo_close(&zoo);
}

static void a_store_of_another_engine_is_foreign(void **state)
{
    lodge_engine other = new_engine();
    lodge_store store = new_store(other);
    lodge_instance instance = {77};
    struct zoo zoo;

    (void)state;
    zoo_open(&zoo);
    FAILS(FOREIGN, lodge_prepared_instance(
                       (lodge_prepared){zoo.id[LODGE_KIND_PREPARED]}, store,
                       &instance, ERR));
    assert_int_equal(instance.id, 77);
    zoo_close(&zoo);
    lodge_store_close(store);
    lodge_engine_close(other);
}

static void a_dup_of_the_engine_is_the_same_engine(void **state)
{
    lodge_engine engine = new_engine(), second;
    lodge_prepared prepared = prepare_alone(engine, counter);
    lodge_instance instance;
    lodge_store store;

    (void)state;
    OK(lodge_engine_dup(engine, &second, ERR));
    store = new_store(second);
    OK(lodge_prepared_instance(prepared, store, &instance, ERR));
    assert_int_equal(call(instance, "next"), 1);
    lodge_store_close(store);
    lodge_prepared_close(prepared);
    lodge_engine_close(engine);
    lodge_engine_close(second);
}

static void a_shut_down_engine_takes_prepared_modules_with_it(void **state)
{
    lodge_engine engine = new_engine();
    lodge_prepared prepared = prepare_alone(engine, counter);
    lodge_instance instance = instance_of(prepared), other;

    (void)state;
    OK(lodge_engine_shutdown(engine));
    FAILS(HANDLE,
          lodge_prepared_instance(prepared, (lodge_store){0}, &other, ERR));
    FAILS(HANDLE,
          lodge_instance_func(instance, TEXT("next"), &(lodge_func){0}, ERR));
}

/* ---- as a template ---------------------------------------------------- */

static void stores_are_made_as_the_template_says(void **state)
{
    lodge_engine engine = new_engine_with("fuel=on");
    lodge_prepared prepared = prepare_alone(engine, counter);
    lodge_instance instance;

    (void)state;
    OK(lodge_prepared_set(prepared, LODGE_STORE_MEMORY_LIMIT, 70000, ERR));
    OK(lodge_prepared_set(prepared, LODGE_STORE_TABLE_LIMIT, 5, ERR));
    OK(lodge_prepared_set(prepared, LODGE_STORE_INSTANCE_LIMIT, 1, ERR));
    OK(lodge_prepared_set(prepared, LODGE_STORE_TABLES_LIMIT, 2, ERR));
    OK(lodge_prepared_set(prepared, LODGE_STORE_MEMORIES_LIMIT, 3, ERR));
    OK(lodge_prepared_set(prepared, LODGE_STORE_FUEL, 1000, ERR));
    OK(lodge_prepared_set(prepared, LODGE_STORE_DEADLINE, 1000000000, ERR));
    OK(lodge_prepared_set(prepared, LODGE_STORE_EPOCH_TICKS, 9, ERR));
    instance = instance_of(prepared);
    assert_int_equal(key_of(instance, LODGE_STORE_MEMORY_LIMIT), 70000);
    assert_int_equal(key_of(instance, LODGE_STORE_TABLE_LIMIT), 5);
    assert_int_equal(key_of(instance, LODGE_STORE_INSTANCE_LIMIT), 1);
    assert_int_equal(key_of(instance, LODGE_STORE_TABLES_LIMIT), 2);
    assert_int_equal(key_of(instance, LODGE_STORE_MEMORIES_LIMIT), 3);
    assert_int_equal(key_of(instance, LODGE_STORE_FUEL), 1000);
    assert_int_equal(key_of(instance, LODGE_STORE_DEADLINE), 1000000000);
    assert_int_equal(key_of(instance, LODGE_STORE_EPOCH_TICKS), 9);
    lodge_instance_close(instance);
    lodge_prepared_close(prepared);
    lodge_engine_close(engine);
}

static void limits_hold_before_anything_runs(void **state)
{
    lodge_engine engine = new_engine_with("fuel=on");
    lodge_prepared prepared = prepare_alone(engine, counter);
    lodge_instance instance = {77};
    const lodge_store none = {0};

    (void)state;
    OK(lodge_prepared_set(prepared, LODGE_STORE_MEMORY_LIMIT, 65535, ERR));
    FAILS(LIMIT, lodge_prepared_instance(prepared, none, &instance, ERR));
    OK(lodge_prepared_set(prepared, LODGE_STORE_MEMORY_LIMIT, 65536, ERR));
    OK(lodge_prepared_set(prepared, LODGE_STORE_INSTANCE_LIMIT, 0, ERR));
    FAILS(LIMIT, lodge_prepared_instance(prepared, none, &instance, ERR));
    OK(lodge_prepared_set(prepared, LODGE_STORE_INSTANCE_LIMIT, 1, ERR));
    assert_int_equal(instance.id, 77);
    instance = instance_of(prepared);
    lodge_instance_close(instance);
    lodge_prepared_close(prepared);
    lodge_engine_close(engine);
}

static void fuel_of_the_template_is_there_at_the_start_function(void **state)
{
    static const char text[] =
        "(module (func $s (loop $l (br $l))) (start $s))";
    lodge_engine engine = new_engine_with("fuel=on");
    lodge_prepared prepared = prepare_alone(engine, text);
    lodge_instance instance = {77};

    (void)state;
    OK(lodge_prepared_set(prepared, LODGE_STORE_FUEL, 10000, ERR));
    FAILS(FUEL,
          lodge_prepared_instance(prepared, (lodge_store){0}, &instance, ERR));
    OK(lodge_prepared_set(prepared, LODGE_STORE_FUEL, UINT64_MAX, ERR));
    OK(lodge_prepared_set(prepared, LODGE_STORE_DEADLINE, 3000000, ERR));
    FAILS(DEADLINE,
          lodge_prepared_instance(prepared, (lodge_store){0}, &instance, ERR));
    assert_int_equal(instance.id, 77);
    lodge_prepared_close(prepared);
    lodge_engine_close(engine);
}

static void template_changes_are_for_later_instances(void **state)
{
    lodge_engine engine = new_engine();
    lodge_prepared prepared = prepare_alone(engine, counter);
    lodge_instance before, after;

    (void)state;
    before = instance_of(prepared);
    OK(lodge_prepared_set(prepared, LODGE_STORE_MEMORY_LIMIT, 65536, ERR));
    after = instance_of(prepared);
    assert_int_equal(key_of(before, LODGE_STORE_MEMORY_LIMIT), UINT64_MAX);
    assert_int_equal(key_of(after, LODGE_STORE_MEMORY_LIMIT), 65536);
    lodge_instance_close(before);
    lodge_instance_close(after);
    lodge_prepared_close(prepared);
    lodge_engine_close(engine);
}

static void the_template_is_not_for_stores_that_are_given(void **state)
{
    lodge_engine engine = new_engine();
    lodge_prepared prepared = prepare_alone(engine, counter);
    lodge_store store = new_store(engine);
    lodge_instance instance;

    (void)state;
    OK(lodge_prepared_set(prepared, LODGE_STORE_MEMORY_LIMIT, 1, ERR));
    OK(lodge_prepared_instance(prepared, store, &instance, ERR));
    assert_int_equal(key_of(instance, LODGE_STORE_MEMORY_LIMIT), UINT64_MAX);
    lodge_store_close(store);
    lodge_prepared_close(prepared);
    lodge_engine_close(engine);
}

static void keys_of_the_template_are_checked(void **state)
{
    static const uint32_t keys[] = {0,  10, 16, 31, 32,
                                    33, 38, 39, 64, UINT32_MAX};
    lodge_engine engine = new_engine_with("interruption=off,fuel=off");
    lodge_prepared prepared = prepare_alone(engine, counter);
    size_t i;

    (void)state;
    for (i = 0; i < sizeof keys / sizeof *keys; i++)
        FAILS(NOT_FOUND, lodge_prepared_set(prepared, keys[i], 1, ERR));
    FAILS(STATE, lodge_prepared_set(prepared, LODGE_STORE_FUEL, 1, ERR));
    FAILS(STATE, lodge_prepared_set(prepared, LODGE_STORE_DEADLINE, 1, ERR));
    FAILS(STATE,
          lodge_prepared_set(prepared, LODGE_STORE_EPOCH_TICKS, 1, ERR));
    OK(lodge_prepared_set(prepared, LODGE_STORE_DEADLINE, 0, ERR));
    lodge_prepared_close(prepared);
    lodge_engine_close(engine);
}

static void a_token_of_the_template_goes_to_each_store(void **state)
{
    lodge_engine engine = new_engine();
    lodge_prepared prepared = prepare_alone(engine, counter);
    lodge_instance a, b;

    (void)state;
    OK(lodge_prepared_set(prepared, LODGE_STORE_TOKEN, 5, ERR));
    a = instance_of(prepared);
    b = instance_of(prepared);
    assert_int_equal(key_of(a, LODGE_STORE_TOKEN), 5);
    assert_int_equal(key_of(b, LODGE_STORE_TOKEN), 5);
    lodge_instance_close(a);
    lodge_instance_close(b);
    lodge_prepared_close(prepared);
    reap(2); /* once for each store */
    lodge_engine_close(engine);
}

static void unknown_imports_as_default_values_need_a_store(void **state)
{
    lodge_prepared prepared = {77};
    struct zoo zoo;

    (void)state;
    zoo_open(&zoo);
    OK(lodge_linker_set(zoo.linker, LODGE_LINKER_UNKNOWN,
                        LODGE_UNKNOWN_DEFAULT, ERR));
    FAILS(STATE, lodge_linker_prepare(zoo.linker, zoo.module, &prepared, ERR));
    assert_int_equal(prepared.id, 77);
    OK(lodge_linker_set(zoo.linker, LODGE_LINKER_UNKNOWN, LODGE_UNKNOWN_TRAP,
                        ERR));
    OK(lodge_linker_prepare(zoo.linker, zoo.module, &prepared, ERR));
    lodge_prepared_close(prepared);
    zoo_close(&zoo);
}

/* ---- WASI ------------------------------------------------------------- */

/* "main" answers how many arguments there are. */
static const char wasi_guest[] =
    "(module (import \"wasi_snapshot_preview1\" \"args_sizes_get\""
    "  (func $sizes (param i32 i32) (result i32)))"
    " (memory (export \"memory\") 1)"
    " (func (export \"args\") (result i32)"
    "  (drop (call $sizes (i32.const 0) (i32.const 4)))"
    "  (i32.load (i32.const 0))))";

static lodge_prepared prepare_wasi(lodge_engine engine)
{
    lodge_linker linker = new_linker(engine);
    lodge_prepared prepared;

    OK(lodge_linker_add_wasi(linker, ERR));
    prepared = prepare(linker, engine, wasi_guest);
    lodge_linker_close(linker);
    return prepared;
}

static void a_description_goes_to_each_store(void **state)
{
    lodge_engine engine = new_engine();
    lodge_prepared prepared = prepare_wasi(engine);
    lodge_instance none, a, b, last;
    lodge_wasi wasi;

    (void)state;
    OK(lodge_wasi_new(&wasi, ERR));
    OK(lodge_wasi_arg(wasi, TEXT("one"), ERR));
    OK(lodge_wasi_arg(wasi, TEXT("two"), ERR));
    none = instance_of(prepared);
    OK(lodge_prepared_wasi(prepared, wasi, ERR));
    OK(lodge_wasi_arg(wasi, TEXT("three, too late"), ERR));
    lodge_wasi_close(wasi);
    a = instance_of(prepared);
    b = instance_of(prepared);
    OK(lodge_prepared_wasi(prepared, (lodge_wasi){0}, ERR));
    last = instance_of(prepared);
    assert_int_equal(call(none, "args"), 0);
    assert_int_equal(call(a, "args"), 2);
    assert_int_equal(call(b, "args"), 2);
    assert_int_equal(call(last, "args"), 0);
    lodge_instance_close(none);
    lodge_instance_close(a);
    lodge_instance_close(b);
    lodge_instance_close(last);
    lodge_prepared_close(prepared);
    lodge_engine_close(engine);
}

static void what_is_no_description_is_refused(void **state)
{
    lodge_prepared prepared;
    struct zoo zoo;

    (void)state;
    zoo_open(&zoo);
    prepared.id = zoo.id[LODGE_KIND_PREPARED];
    FOR_STRANGERS(&zoo, LODGE_KIND_WASI, lodge_wasi, wasi, {
        if (wasi.id != 0)
            FAILS(HANDLE, lodge_prepared_wasi(prepared, wasi, ERR));
    });
    zoo_close(&zoo);
}

static void a_missing_folder_is_an_io_error(void **state)
{
    lodge_engine engine = new_engine();
    lodge_prepared prepared = prepare_wasi(engine);
    lodge_instance instance = {77};
    lodge_wasi wasi;

    (void)state;
    OK(lodge_wasi_new(&wasi, ERR));
    OK(lodge_wasi_dir(wasi, TEXT("/no/such/folder"), TEXT("/"),
                      LODGE_WASI_READ, LODGE_WASI_READ, ERR));
    OK(lodge_prepared_wasi(prepared, wasi, ERR));
    SAYS(IO, "/no/such/folder",
         lodge_prepared_instance(prepared, (lodge_store){0}, &instance, ERR));
    assert_int_equal(instance.id, 77);
    lodge_wasi_close(wasi);
    lodge_prepared_close(prepared);
    lodge_engine_close(engine);
}

/* ---- while in use ----------------------------------------------------- */

static struct {
    lodge_prepared prepared;
    lodge_wasi wasi;
    lodge_status st[3];
} use;

static void *change(void *arg)
{
    use.st[0] = lodge_prepared_set(use.prepared, LODGE_STORE_TOKEN, 0, NULL);
    use.st[1] = lodge_prepared_wasi(use.prepared, use.wasi, NULL);
    use.st[2] = lodge_prepared_wasi(use.prepared, (lodge_wasi){0}, NULL);
    return arg;
}

static int32_t change_it(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    pthread_t thread;

    (void)token;
    (void)caller;
    (void)slots;
    if (pthread_create(&thread, NULL, change, NULL) == 0)
        pthread_join(thread, NULL);
    return lodge_prepared_close(use.prepared);
}

static void a_template_in_use_cannot_be_changed_but_closed(void **state)
{
    static const char text[] =
        "(module (import \"m\" \"f\" (func $f)) (start $f))";
    lodge_engine engine = new_engine();
    lodge_linker linker = new_linker(engine);
    lodge_instance instance;
    int i;

    (void)state;
    OK(lodge_wasi_new(&use.wasi, ERR));
    OK(lodge_linker_func(linker, TEXT("m"), TEXT("f"), TEXT("->"), change_it,
                         0, ERR));
    use.prepared = prepare(linker, engine, text);
    instance = instance_of(use.prepared);
    for (i = 0; i < 3; i++)
        assert_int_equal(use.st[i], LODGE_E_BUSY);
    FAILS(HANDLE, lodge_prepared_set(use.prepared, LODGE_STORE_TOKEN, 0, ERR));
    lodge_instance_close(instance);
    lodge_wasi_close(use.wasi);
    lodge_linker_close(linker);
    lodge_engine_close(engine);
}

static void *instantiate_busy(void *arg)
{
    lodge_instance instance;

    use.st[0] = lodge_prepared_instance(use.prepared, *(lodge_store *)arg,
                                        &instance, NULL);
    return NULL;
}

static void a_store_in_use_elsewhere_is_busy(void **state)
{
    lodge_engine engine = new_engine();
    lodge_store store = new_store(engine);
    pthread_t thread;

    (void)state;
    use.prepared = prepare_alone(engine, counter);
    OK(lodge_store_hold(store, ERR));
    assert_int_equal(pthread_create(&thread, NULL, instantiate_busy, &store),
                     0);
    pthread_join(thread, NULL);
    assert_int_equal(use.st[0], LODGE_E_BUSY);
    OK(lodge_store_unhold(store, ERR));
    lodge_prepared_close(use.prepared);
    lodge_store_close(store);
    lodge_engine_close(engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(instances_of_a_prepared_module_are_independent),
        TEST(a_prepared_module_outlives_what_it_was_made_from),
        TEST(later_changes_of_the_linker_are_not_seen),
        TEST(preparing_needs_a_place_for_the_result),
        TEST(what_is_no_prepared_module_is_refused),
        TEST(what_is_no_store_is_refused_for_an_instance),
        TEST(a_store_of_another_engine_is_foreign),
        TEST(a_dup_of_the_engine_is_the_same_engine),
        TEST(a_shut_down_engine_takes_prepared_modules_with_it),
        TEST(stores_are_made_as_the_template_says),
        TEST(limits_hold_before_anything_runs),
        TEST(fuel_of_the_template_is_there_at_the_start_function),
        TEST(template_changes_are_for_later_instances),
        TEST(the_template_is_not_for_stores_that_are_given),
        TEST(keys_of_the_template_are_checked),
        TEST(a_token_of_the_template_goes_to_each_store),
        TEST(unknown_imports_as_default_values_need_a_store),
        TEST(a_description_goes_to_each_store),
        TEST(what_is_no_description_is_refused),
        TEST(a_missing_folder_is_an_io_error),
        TEST(a_template_in_use_cannot_be_changed_but_closed),
        TEST(a_store_in_use_elsewhere_is_busy),
    };

    return RUN(tests);
}

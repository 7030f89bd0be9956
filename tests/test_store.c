/* test_store.c - stores: their life, limits, fuel, time, holds, numbers. */
#include <pthread.h>

#include "zoo.h"

static uint64_t get(lodge_store store, uint32_t key)
{
    uint64_t value = 0;

    OK(lodge_store_get(store, key, &value, ERR));
    return value;
}

/* An instance of `text` in `store`; the linker may be 0. */
static lodge_status instantiate(lodge_engine engine, lodge_linker linker,
                                lodge_store store, const char *text,
                                lodge_instance *out)
{
    lodge_linker own = linker.id ? linker : new_linker(engine);
    lodge_module module = new_module(engine, text);
    lodge_status st = lodge_instance_new(own, store, module, out, ERR);

    lodge_module_close(module);
    if (!linker.id)
        lodge_linker_close(own);
    return st;
}

static uint64_t call(lodge_instance instance, const char *name, uint64_t arg)
{
    OK(lodge_func_call(func_of(instance, name), &arg, 1, ERR));
    return arg;
}

/* Runs `fn` on a thread of its own and waits for its end. */
static void on_a_thread(void *(*fn)(void *), void *arg)
{
    pthread_t thread;

    assert_int_equal(pthread_create(&thread, NULL, fn, arg), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

static const lodge_linker no_linker = {0};

/* ---- life ------------------------------------------------------------- */

static void a_store_is_made_and_closed(void **state)
{
    lodge_engine engine = new_engine();
    lodge_store store = new_store(engine);
    uint64_t bytes;
    uint32_t kind;

    (void)state;
    assert_int_equal(stat_of(LODGE_STAT_LIVE + LODGE_KIND_STORE), 1);
    OK(lodge_handle_info(store.id, &kind, &bytes));
    assert_int_equal(kind, LODGE_KIND_STORE);
    assert_true(bytes > 0);
    OK(lodge_store_close(store));
    assert_int_equal(stat_of(LODGE_STAT_LIVE + LODGE_KIND_STORE), 0);
    lodge_engine_close(engine);
}

static void a_store_needs_a_live_engine(void **state)
{
    lodge_store store = {77};
    lodge_engine gone;
    struct zoo zoo;

    (void)state;
    zoo_open(&zoo);
    gone = new_engine();
    lodge_engine_close(gone);
    FOR_STRANGERS(&zoo, LODGE_KIND_ENGINE, lodge_engine, engine,
                  FAILS(HANDLE, lodge_store_new(engine, &store, ERR)));
    FAILS(HANDLE, lodge_store_new(gone, &store, ERR));
    FAILS(ARGUMENT, lodge_store_new(zoo.engine, NULL, ERR));
    assert_int_equal(store.id, 77);
    zoo_close(&zoo);
}

static void closing_anything_but_a_live_store_does_nothing(void **state)
{
    lodge_engine engine = new_engine();
    lodge_store store = new_store(engine);
    struct zoo zoo;

    (void)state;
    zoo_open(&zoo);
    lodge_store_close(store);
    OK(lodge_store_close(store));
    FOR_STRANGERS(&zoo, LODGE_KIND_STORE, lodge_store, other,
                  OK(lodge_store_close(other)));
    assert_int_equal(get(zoo.store, LODGE_STORE_INSTANCES), 1);
    assert_int_equal(stat_of(LODGE_STAT_LIVE + LODGE_KIND_LINKER), 1);
    zoo_close(&zoo);
    lodge_engine_close(engine);
}

static void a_store_outlives_the_engine_handle(void **state)
{
    lodge_engine engine = new_engine();
    lodge_store store = new_store(engine);
    lodge_instance instance;

    (void)state;
    OK(instantiate(engine, no_linker, store, zoo_text, &instance));
    lodge_engine_close(engine);
    call(instance, "func", 0);
    lodge_store_close(store);
}

/* Closes the five objects in the order that `n` stands for. */
static void close_in_order(uint32_t n)
{
    lodge_engine engine = new_engine();
    lodge_linker linker = new_linker(engine);
    lodge_module module = new_module(engine, zoo_text);
    lodge_store store = new_store(engine);
    lodge_instance instance;
    uint32_t left[5] = {0, 1, 2, 3, 4}, count = 5, at, what;

    OK(lodge_instance_new(linker, store, module, &instance, ERR));
    while (count > 0) {
        at = n % count;
        n /= count;
        what = left[at];
        left[at] = left[--count];
        if (what == 0)
            lodge_engine_close(engine);
        else if (what == 1)
            lodge_linker_close(linker);
        else if (what == 2)
            lodge_module_close(module);
        else if (what == 3)
            lodge_store_close(store);
        else
            lodge_instance_close(instance);
    }
}

static void every_order_of_closing_ends_everything(void **state)
{
    uint32_t n;

    for (n = 0; n < 120; n++) {
        close_in_order(n);
        assert_int_equal(nothing_lives(state), 0);
    }
}

static void a_released_store_ends_with_the_next_call(void **state)
{
    lodge_engine engine = new_engine();
    lodge_store store = new_store(engine);
    uint64_t value;

    (void)state;
    lodge_release((void *)(uintptr_t)store.id);
    FAILS(HANDLE, lodge_store_get(store, LODGE_STORE_TOKEN, &value, ERR));
    assert_int_equal(stat_of(LODGE_STAT_LIVE + LODGE_KIND_STORE), 0);
    lodge_engine_close(engine);
}

static void a_shut_down_engine_takes_its_stores_with_it(void **state)
{
    lodge_engine engine = new_engine();
    lodge_store store = new_store(engine);

    (void)state;
    OK(lodge_engine_shutdown(engine));
    FAILS(HANDLE, lodge_store_gc(store, ERR));
    OK(lodge_store_close(store));
}

/* ---- refusals --------------------------------------------------------- */

/* Every function of a store says E_HANDLE. */
static void all_refuse(lodge_store store, lodge_wasi wasi)
{
    uint64_t value = 77, n = 78;
    uint8_t byte = 79;

    FAILS(HANDLE, lodge_store_set(store, LODGE_STORE_TOKEN, 1, ERR));
    FAILS(HANDLE, lodge_store_get(store, LODGE_STORE_TOKEN, &value, ERR));
    FAILS(HANDLE, lodge_store_wasi(store, wasi, ERR));
    FAILS(HANDLE, lodge_store_hold(store, ERR));
    FAILS(HANDLE, lodge_store_unhold(store, ERR));
    FAILS(HANDLE, lodge_store_gc(store, ERR));
    FAILS(HANDLE, lodge_store_output(store, 1, &byte, 1, &n, ERR));
    FAILS(HANDLE, lodge_store_input(store, 0, &byte, 1, &n, ERR));
    assert_int_equal(value, 77);
    assert_int_equal(n, 78);
    assert_int_equal(byte, 79);
}

static void what_is_no_store_is_refused_everywhere(void **state)
{
    struct zoo zoo;

    (void)state;
    zoo_open(&zoo);
    FOR_STRANGERS(&zoo, LODGE_KIND_STORE, lodge_store, store,
                  all_refuse(store, (lodge_wasi){zoo.id[LODGE_KIND_WASI]}));
    zoo_close(&zoo);
}

static void a_closed_store_is_refused_everywhere(void **state)
{
    lodge_store store;
    struct zoo zoo;
    int i;

    (void)state;
    zoo_open(&zoo);
    for (i = 0; i < 3; i++) {
        store = new_store(zoo.engine);
        lodge_store_close(store);
        all_refuse(store, (lodge_wasi){zoo.id[LODGE_KIND_WASI]});
    }
    zoo_close(&zoo);
}

static void what_is_no_description_is_refused(void **state)
{
    struct zoo zoo;

    (void)state;
    zoo_open(&zoo);
    FOR_STRANGERS(&zoo, LODGE_KIND_WASI, lodge_wasi, wasi,
                  FAILS(HANDLE, lodge_store_wasi(zoo.store, wasi, ERR)));
    zoo_close(&zoo);
}

static void arguments_of_stores_are_checked(void **state)
{
    lodge_engine engine = new_engine();
    lodge_store store = new_store(engine);
    uint8_t byte = 0;
    uint64_t n = 78;

    (void)state;
    FAILS(ARGUMENT, lodge_store_get(store, LODGE_STORE_TOKEN, NULL, ERR));
    FAILS(ARGUMENT, lodge_store_output(store, 1, &byte, 1, NULL, ERR));
    FAILS(ARGUMENT, lodge_store_output(store, 1, NULL, 1, &n, ERR));
    FAILS(ARGUMENT, lodge_store_output(store, 0, &byte, 1, &n, ERR));
    FAILS(ARGUMENT, lodge_store_output(store, 3, &byte, 1, &n, ERR));
    FAILS(ARGUMENT, lodge_store_output(store, 1, &byte, UINT64_MAX, &n, ERR));
    FAILS(ARGUMENT, lodge_store_input(store, 0, &byte, 1, NULL, ERR));
    FAILS(ARGUMENT, lodge_store_input(store, 0, NULL, 1, &n, ERR));
    FAILS(ARGUMENT, lodge_store_input(store, 1, &byte, 1, &n, ERR));
    FAILS(ARGUMENT, lodge_store_input(store, 0, &byte, UINT64_MAX, &n, ERR));
    assert_int_equal(n, 78);
    lodge_store_close(store);
    lodge_engine_close(engine);
}

static void unknown_keys_are_not_found(void **state)
{
    static const uint32_t keys[] = {0,  10, 15,   16,        31,
                                    63, 64, 1000, UINT32_MAX};
    lodge_engine engine = new_engine();
    lodge_store store = new_store(engine);
    uint64_t value = 77;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof keys / sizeof *keys; i++) {
        FAILS(NOT_FOUND, lodge_store_set(store, keys[i], 1, ERR));
        FAILS(NOT_FOUND, lodge_store_get(store, keys[i], &value, ERR));
    }
    assert_int_equal(value, 77);
    lodge_store_close(store);
    lodge_engine_close(engine);
}

static void statistics_cannot_be_set(void **state)
{
    lodge_engine engine = new_engine();
    lodge_store store = new_store(engine);
    uint32_t key;

    (void)state;
    for (key = LODGE_STORE_MEMORY_BYTES; key <= LODGE_STORE_FUEL_USED; key++)
        FAILS(NOT_FOUND, lodge_store_set(store, key, 1, ERR));
    lodge_store_close(store);
    lodge_engine_close(engine);
}

static void keys_read_back_what_was_set(void **state)
{
    static const uint32_t keys[] = {
        LODGE_STORE_MEMORY_LIMIT,   LODGE_STORE_TABLE_LIMIT,
        LODGE_STORE_INSTANCE_LIMIT, LODGE_STORE_TABLES_LIMIT,
        LODGE_STORE_MEMORIES_LIMIT, LODGE_STORE_FUEL,
        LODGE_STORE_DEADLINE,       LODGE_STORE_EPOCH_TICKS,
    };
    lodge_engine engine = new_engine_with("fuel=on");
    lodge_store store = new_store(engine);
    uint64_t i;

    (void)state;
    for (i = 0; i < sizeof keys / sizeof *keys; i++)
        OK(lodge_store_set(store, keys[i], 1000 + i, ERR));
    for (i = 0; i < sizeof keys / sizeof *keys; i++)
        assert_int_equal(get(store, keys[i]), 1000 + i);
    lodge_store_close(store);
    lodge_engine_close(engine);
}

/* ---- memory and table limits ------------------------------------------ */

static const char growing[] =
    "(module (memory (export \"memory\") 2)"
    " (table $t (export \"table\") 5 funcref)"
    " (func (export \"grow\") (param i32) (result i32)"
    "  (memory.grow (local.get 0)))"
    " (func (export \"grow_table\") (param i32) (result i32)"
    "  (table.grow $t (ref.null func) (local.get 0))))";

static void a_memory_that_starts_too_big_is_refused(void **state)
{
    lodge_engine engine = new_engine();
    lodge_store store = new_store(engine);
    lodge_instance instance = {77};

    (void)state;
    OK(lodge_store_set(store, LODGE_STORE_MEMORY_LIMIT, 131071, ERR));
    FAILS(LIMIT, instantiate(engine, no_linker, store, growing, &instance));
    assert_int_equal(instance.id, 77);
    assert_int_equal(get(store, LODGE_STORE_MEMORY_BYTES), 0);
    OK(lodge_store_set(store, LODGE_STORE_MEMORY_LIMIT, 131072, ERR));
    OK(instantiate(engine, no_linker, store, growing, &instance));
    assert_int_equal(get(store, LODGE_STORE_MEMORY_BYTES), 131072);
    lodge_store_close(store);
    lodge_engine_close(engine);
}

static void a_growth_beyond_the_limit_is_minus_one_for_the_guest(void **state)
{
    lodge_engine engine = new_engine();
    lodge_store store = new_store(engine);
    lodge_instance instance;

    (void)state;
    OK(lodge_store_set(store, LODGE_STORE_MEMORY_LIMIT, 4 * 65536, ERR));
    OK(instantiate(engine, no_linker, store, growing, &instance));
    assert_int_equal(call(instance, "grow", 3), UINT32_MAX);
    assert_int_equal(get(store, LODGE_STORE_REFUSALS), 1);
    assert_int_equal(call(instance, "grow", 2), 2);
    assert_int_equal(get(store, LODGE_STORE_MEMORY_BYTES), 4 * 65536);
    assert_int_equal(call(instance, "grow", 1), UINT32_MAX);
    assert_int_equal(get(store, LODGE_STORE_REFUSALS), 2);
    assert_int_equal(get(store, LODGE_STORE_MEMORY_PEAK), 4 * 65536);
    lodge_store_close(store);
    lodge_engine_close(engine);
}

static void the_limit_can_be_lowered_and_raised_at_any_time(void **state)
{
    lodge_engine engine = new_engine();
    lodge_store store = new_store(engine);
    lodge_instance instance;

    (void)state;
    OK(instantiate(engine, no_linker, store, growing, &instance));
    OK(lodge_store_set(store, LODGE_STORE_MEMORY_LIMIT, 1, ERR));
    assert_int_equal(call(instance, "grow", 1), UINT32_MAX);
    OK(lodge_store_set(store, LODGE_STORE_MEMORY_LIMIT, UINT64_MAX, ERR));
    assert_int_equal(call(instance, "grow", 1), 2);
    lodge_store_close(store);
    lodge_engine_close(engine);
}

static void memory_limits_count_all_memories_of_a_store(void **state)
{
    lodge_engine engine = new_engine();
    lodge_store store = new_store(engine);
    lodge_instance a, b = {77};

    (void)state;
    OK(lodge_store_set(store, LODGE_STORE_MEMORY_LIMIT, 3 * 65536, ERR));
    OK(instantiate(engine, no_linker, store, growing, &a));
    FAILS(LIMIT, instantiate(engine, no_linker, store, growing, &b));
    assert_int_equal(call(a, "grow", 1), 2);
    assert_int_equal(b.id, 77);
    lodge_store_close(store);
    lodge_engine_close(engine);
}

static void a_refused_instance_gives_its_memories_back(void **state)
{
    static const char two[] = "(module (memory 1) (memory 9))";
    lodge_engine engine = new_engine();
    lodge_store store = new_store(engine);
    lodge_instance instance;
    uint64_t mapped = stat_of(LODGE_STAT_MEMORIES);
    int i;

    (void)state;
    OK(lodge_store_set(store, LODGE_STORE_MEMORY_LIMIT, 3 * 65536, ERR));
    for (i = 0; i < 10; i++)
        FAILS(LIMIT, instantiate(engine, no_linker, store, two, &instance));
    assert_int_equal(get(store, LODGE_STORE_MEMORY_BYTES), 0);
    assert_int_equal(stat_of(LODGE_STAT_MEMORIES), mapped);
    OK(instantiate(engine, no_linker, store, growing, &instance));
    lodge_store_close(store);
    lodge_engine_close(engine);
}

static void a_growth_that_wasmtime_refuses_is_not_counted(void **state)
{
    lodge_engine engine = new_engine_with(
        "memory-may-move=off,memory-reservation=1M,memory-guard-size=64K");
    lodge_store store = new_store(engine);
    lodge_instance instance;

    (void)state;
    OK(instantiate(engine, no_linker, store, growing, &instance));
    assert_int_equal(call(instance, "grow", 1000), UINT32_MAX);
    assert_int_equal(get(store, LODGE_STORE_MEMORY_BYTES), 2 * 65536);
    assert_int_equal(get(store, LODGE_STORE_MEMORY_PEAK), 2 * 65536);
    lodge_store_close(store);
    lodge_engine_close(engine);
}

static void the_peak_stays_when_growth_is_over(void **state)
{
    lodge_engine engine = new_engine();
    lodge_store store = new_store(engine);
    lodge_instance instance;

    (void)state;
    assert_int_equal(get(store, LODGE_STORE_MEMORY_PEAK), 0);
    OK(instantiate(engine, no_linker, store, growing, &instance));
    call(instance, "grow", 10);
    assert_int_equal(get(store, LODGE_STORE_MEMORY_PEAK), 12 * 65536);
    assert_int_equal(get(store, LODGE_STORE_REFUSALS), 0);
    lodge_store_close(store);
    lodge_engine_close(engine);
}

static void tables_have_a_limit_of_elements(void **state)
{
    lodge_engine engine = new_engine();
    lodge_store store = new_store(engine);
    lodge_instance instance = {77};

    (void)state;
    OK(lodge_store_set(store, LODGE_STORE_TABLE_LIMIT, 4, ERR));
    FAILS(LIMIT, instantiate(engine, no_linker, store, growing, &instance));
    assert_int_equal(instance.id, 77);
    OK(lodge_store_set(store, LODGE_STORE_TABLE_LIMIT, 7, ERR));
    OK(instantiate(engine, no_linker, store, growing, &instance));
    assert_int_equal(call(instance, "grow_table", 3), UINT32_MAX);
    assert_int_equal(call(instance, "grow_table", 2), 5);
    assert_int_equal(get(store, LODGE_STORE_TABLE_ELEMENTS), 7);
    assert_true(get(store, LODGE_STORE_REFUSALS) >= 1);
    lodge_store_close(store);
    lodge_engine_close(engine);
}

static void numbers_of_things_have_limits(void **state)
{
    static const uint32_t keys[] = {LODGE_STORE_INSTANCE_LIMIT,
                                    LODGE_STORE_TABLES_LIMIT,
                                    LODGE_STORE_MEMORIES_LIMIT};
    lodge_engine engine = new_engine();
    lodge_instance instance;
    lodge_store store;
    size_t i;

    (void)state;
    for (i = 0; i < 3; i++) {
        store = new_store(engine);
        OK(lodge_store_set(store, keys[i], 1, ERR));
        OK(instantiate(engine, no_linker, store, growing, &instance));
        FAILS(LIMIT,
              instantiate(engine, no_linker, store, growing, &instance));
        lodge_store_close(store);
        store = new_store(engine);
        OK(lodge_store_set(store, keys[i], 0, ERR));
        FAILS(LIMIT,
              instantiate(engine, no_linker, store, growing, &instance));
        lodge_store_close(store);
    }
    lodge_engine_close(engine);
}

static void numbers_are_limited_before_the_first_instance_only(void **state)
{
    lodge_engine engine = new_engine();
    lodge_store store = new_store(engine);
    lodge_instance instance;

    (void)state;
    OK(instantiate(engine, no_linker, store, growing, &instance));
    FAILS(STATE, lodge_store_set(store, LODGE_STORE_INSTANCE_LIMIT, 5, ERR));
    FAILS(STATE, lodge_store_set(store, LODGE_STORE_TABLES_LIMIT, 5, ERR));
    FAILS(STATE, lodge_store_set(store, LODGE_STORE_MEMORIES_LIMIT, 5, ERR));
    OK(lodge_store_set(store, LODGE_STORE_MEMORY_LIMIT, 5, ERR));
    OK(lodge_store_set(store, LODGE_STORE_TABLE_LIMIT, 5, ERR));
    lodge_store_close(store);
    lodge_engine_close(engine);
}

/* ---- fuel ------------------------------------------------------------- */

static const char looping[] =
    "(module (func (export \"forever\") (loop $l (br $l)))"
    " (func (export \"count\") (param i32) (result i32)"
    "  (loop $l (local.set 0 (i32.sub (local.get 0) (i32.const 1)))"
    "   (br_if $l (local.get 0))) (i32.const 9)))";

static void fuel_needs_an_engine_that_counts_it(void **state)
{
    lodge_engine engine = new_engine_with("fuel=off");
    lodge_store store = new_store(engine);
    uint64_t value = 77;

    (void)state;
    SAYS(STATE, "fuel", lodge_store_set(store, LODGE_STORE_FUEL, 1, ERR));
    SAYS(STATE, "fuel", lodge_store_get(store, LODGE_STORE_FUEL, &value, ERR));
    FAILS(STATE, lodge_store_get(store, LODGE_STORE_FUEL_USED, &value, ERR));
    assert_int_equal(value, 77);
    lodge_store_close(store);
    lodge_engine_close(engine);
}

static void fuel_is_counted(void **state)
{
    lodge_engine engine = new_engine_with("fuel=on");
    lodge_store store = new_store(engine);
    lodge_instance instance;
    uint64_t used;

    (void)state;
    OK(instantiate(engine, no_linker, store, looping, &instance));
    assert_int_equal(call(instance, "count", 10), 9); /* plenty by default */
    OK(lodge_store_set(store, LODGE_STORE_FUEL, 1000, ERR));
    assert_int_equal(get(store, LODGE_STORE_FUEL_USED), 0);
    call(instance, "count", 10);
    used = get(store, LODGE_STORE_FUEL_USED);
    assert_true(used > 10 && used < 200);
    assert_int_equal(get(store, LODGE_STORE_FUEL), 1000 - used);
    lodge_store_close(store);
    lodge_engine_close(engine);
}

static void used_up_fuel_ends_the_call_and_can_be_filled_up(void **state)
{
    lodge_engine engine = new_engine_with("fuel=on");
    lodge_store store = new_store(engine);
    lodge_instance instance;
    uint64_t slot = 1;
    int i;

    (void)state;
    OK(instantiate(engine, no_linker, store, looping, &instance));
    for (i = 0; i < 3; i++) {
        OK(lodge_store_set(store, LODGE_STORE_FUEL, 1000, ERR));
        FAILS(FUEL,
              lodge_func_call(func_of(instance, "forever"), &slot, 1, ERR));
        assert_int_equal(test_err.trap, LODGE_TRAP_OUT_OF_FUEL);
        assert_true(get(store, LODGE_STORE_FUEL) < 10);
        FAILS(FUEL,
              lodge_func_call(func_of(instance, "count"), &slot, 1, ERR));
    }
    OK(lodge_store_set(store, LODGE_STORE_FUEL, 1000, ERR));
    assert_int_equal(call(instance, "count", 3), 9);
    lodge_store_close(store);
    lodge_engine_close(engine);
}

static void no_fuel_at_all_keeps_a_start_function_from_running(void **state)
{
    lodge_engine engine = new_engine_with("fuel=on");
    lodge_store store = new_store(engine);
    lodge_instance instance;

    (void)state;
    OK(lodge_store_set(store, LODGE_STORE_FUEL, 0, ERR));
    FAILS(FUEL,
          instantiate(engine, no_linker, store,
                      "(module (func $s nop nop) (start $s))", &instance));
    OK(lodge_store_set(store, LODGE_STORE_FUEL, UINT64_MAX, ERR));
    OK(instantiate(engine, no_linker, store, looping, &instance));
    lodge_store_close(store);
    lodge_engine_close(engine);
}

/* ---- time ------------------------------------------------------------- */

static void deadlines_need_interruption(void **state)
{
    lodge_engine engine = new_engine_with("interruption=off");
    lodge_store store = new_store(engine);

    (void)state;
    SAYS(STATE, "interruption",
         lodge_store_set(store, LODGE_STORE_DEADLINE, 1, ERR));
    FAILS(STATE, lodge_store_set(store, LODGE_STORE_EPOCH_TICKS, 1, ERR));
    OK(lodge_store_set(store, LODGE_STORE_DEADLINE, 0, ERR));
    OK(lodge_store_set(store, LODGE_STORE_EPOCH_TICKS, 0, ERR));
    lodge_store_close(store);
    lodge_engine_close(engine);
}

static void a_deadline_ends_each_call_that_takes_longer(void **state)
{
    lodge_engine engine = new_engine();
    lodge_store store = new_store(engine);
    lodge_instance instance;
    uint64_t slot = 1;
    int i;

    (void)state;
    OK(instantiate(engine, no_linker, store, looping, &instance));
    for (i = 0; i < 5; i++) {
        OK(lodge_store_set(store, LODGE_STORE_DEADLINE, 3000000, ERR));
        FAILS(DEADLINE,
              lodge_func_call(func_of(instance, "forever"), &slot, 1, ERR));
        FAILS(DEADLINE,
              lodge_func_call(func_of(instance, "forever"), &slot, 1, ERR));
        OK(lodge_store_set(store, LODGE_STORE_DEADLINE, 60000000000, ERR));
        assert_int_equal(call(instance, "count", 3), 9);
    }
    OK(lodge_store_set(store, LODGE_STORE_DEADLINE, 0, ERR));
    assert_int_equal(call(instance, "count", 10000000), 9);
    lodge_store_close(store);
    lodge_engine_close(engine);
}

static void a_deadline_beyond_counting_is_no_deadline(void **state)
{
    lodge_engine engine = new_engine();
    lodge_store store = new_store(engine);
    lodge_instance instance;

    (void)state;
    OK(instantiate(engine, no_linker, store, looping, &instance));
    OK(lodge_store_set(store, LODGE_STORE_DEADLINE, UINT64_MAX, ERR));
    OK(lodge_store_set(store, LODGE_STORE_EPOCH_TICKS, UINT64_MAX, ERR));
    lodge_engine_tick(engine);
    assert_int_equal(call(instance, "count", 5000000), 9);
    lodge_engine_tick(engine);
    assert_int_equal(call(instance, "count", 5000000), 9);
    lodge_store_close(store);
    lodge_engine_close(engine);
}

static int32_t tick(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    (void)caller;
    slots[0]++;
    lodge_engine_tick((lodge_engine){token});
    return 0;
}

static const char ticking[] =
    "(module (import \"env\" \"tick\" (func $tick (param i32) (result i32)))"
    " (func (export \"run\") (param i32) (result i32) (local i32)"
    "  (loop $l (local.set 1 (call $tick (local.get 1)))"
    "   (br_if $l (i32.lt_u (local.get 1) (local.get 0))))"
    "  (local.get 1)))";

static void ticks_of_the_engine_end_calls(void **state)
{
    lodge_engine engine = new_engine();
    lodge_linker linker = new_linker(engine);
    lodge_store store = new_store(engine);
    lodge_instance instance;
    uint64_t slot = 4, kinds;
    uint32_t kind, count;

    (void)state;
    OK(lodge_linker_func(linker, TEXT("env"), TEXT("tick"), TEXT("i32 -> i32"),
                         tick, engine.id, ERR));
    OK(instantiate(engine, linker, store, ticking, &instance));
    OK(lodge_store_set(store, LODGE_STORE_EPOCH_TICKS, 5, ERR));
    OK(lodge_func_call(func_of(instance, "run"), &slot, 1, ERR));
    assert_int_equal(slot, 4);
    slot = 6;
    FAILS(DEADLINE, lodge_func_call(func_of(instance, "run"), &slot, 1, ERR));
    slot = 4;
    OK(lodge_func_call(func_of(instance, "run"), &slot, 1, ERR));
    lodge_store_close(store);
    lodge_linker_close(linker);
    lodge_engine_close(engine);
    OK(lodge_reap(0, &kind, &kinds, 1, &count));
    assert_int_equal(count, 1);
}

/* ---- token ------------------------------------------------------------ */

static void reaped(uint64_t expected)
{
    uint64_t tokens[4];
    uint32_t kinds[4], count;

    OK(lodge_reap(0, kinds, tokens, 4, &count));
    assert_int_equal(count, expected ? 1 : 0);
    if (expected) {
        assert_int_equal(kinds[0], LODGE_KIND_STORE);
        assert_int_equal(tokens[0], expected);
    }
}

static void a_token_comes_back_when_the_store_ends(void **state)
{
    lodge_engine engine = new_engine();
    lodge_store store = new_store(engine);

    (void)state;
    assert_int_equal(get(store, LODGE_STORE_TOKEN), 0);
    OK(lodge_store_set(store, LODGE_STORE_TOKEN, UINT64_MAX, ERR));
    assert_int_equal(get(store, LODGE_STORE_TOKEN), UINT64_MAX);
    reaped(0);
    lodge_store_close(store);
    reaped(UINT64_MAX);
    reaped(0);
    lodge_engine_close(engine);
}

static void a_replaced_token_comes_back_at_once(void **state)
{
    lodge_engine engine = new_engine();
    lodge_store store = new_store(engine);

    (void)state;
    OK(lodge_store_set(store, LODGE_STORE_TOKEN, 5, ERR));
    OK(lodge_store_set(store, LODGE_STORE_TOKEN, 6, ERR));
    reaped(5);
    OK(lodge_store_set(store, LODGE_STORE_TOKEN, 0, ERR));
    reaped(6);
    lodge_store_close(store);
    reaped(0);
    lodge_engine_close(engine);
}

static void a_token_set_again_is_still_referred_to(void **state)
{
    lodge_engine engine = new_engine();
    lodge_store store = new_store(engine);

    (void)state;
    OK(lodge_store_set(store, LODGE_STORE_TOKEN, 5, ERR));
    OK(lodge_store_set(store, LODGE_STORE_TOKEN, 5, ERR));
    reaped(0);
    assert_int_equal(get(store, LODGE_STORE_TOKEN), 5);
    lodge_store_close(store);
    reaped(5);
    reaped(0);
    lodge_engine_close(engine);
}

static void reap_checks_its_arguments(void **state)
{
    uint64_t token;
    uint32_t kind, count = 77;

    (void)state;
    FAILS(ARGUMENT, lodge_reap(0, &kind, &token, 1, NULL));
    FAILS(ARGUMENT, lodge_reap(0, NULL, &token, 1, &count));
    FAILS(ARGUMENT, lodge_reap(0, &kind, NULL, 1, &count));
    assert_int_equal(count, 77);
    OK(lodge_reap(0, NULL, NULL, 0, &count));
    assert_int_equal(count, 0);
    OK(lodge_reap(UINT32_MAX, &kind, &token, 1, &count));
    assert_int_equal(count, 0);
}

/* ---- holding ---------------------------------------------------------- */

struct visit {
    lodge_store store;
    lodge_status st[3];
};

/* What a second thread gets. */
static void *visit(void *arg)
{
    struct visit *v = arg;
    uint64_t value;

    v->st[0] = lodge_store_get(v->store, LODGE_STORE_TOKEN, &value, NULL);
    v->st[1] = lodge_store_unhold(v->store, NULL);
    v->st[2] = lodge_store_hold(v->store, NULL);
    if (v->st[2] == LODGE_OK)
        lodge_store_unhold(v->store, NULL);
    return NULL;
}

static void a_held_store_is_busy_for_other_threads(void **state)
{
    lodge_engine engine = new_engine();
    struct visit v = {new_store(engine), {0}};

    (void)state;
    OK(lodge_store_hold(v.store, ERR));
    on_a_thread(visit, &v);
    assert_int_equal(v.st[0], LODGE_E_BUSY);
    assert_int_equal(v.st[1], LODGE_E_BUSY);
    assert_int_equal(v.st[2], LODGE_E_BUSY);
    OK(lodge_store_unhold(v.store, ERR));
    on_a_thread(visit, &v);
    assert_int_equal(v.st[0], LODGE_OK);
    assert_int_equal(v.st[1], LODGE_E_STATE);
    assert_int_equal(v.st[2], LODGE_OK);
    lodge_store_close(v.store);
    lodge_engine_close(engine);
}

static void holds_are_counted(void **state)
{
    lodge_engine engine = new_engine();
    struct visit v = {new_store(engine), {0}};
    int i;

    (void)state;
    FAILS(STATE, lodge_store_unhold(v.store, ERR));
    for (i = 0; i < 3; i++)
        OK(lodge_store_hold(v.store, ERR));
    for (i = 0; i < 3; i++) {
        on_a_thread(visit, &v);
        assert_int_equal(v.st[0], LODGE_E_BUSY);
        OK(lodge_store_unhold(v.store, ERR));
    }
    FAILS(STATE, lodge_store_unhold(v.store, ERR));
    on_a_thread(visit, &v);
    assert_int_equal(v.st[0], LODGE_OK);
    lodge_store_close(v.store);
    lodge_engine_close(engine);
}

static void *hold_and_end(void *arg)
{
    struct visit *v = arg;

    v->st[0] = lodge_store_hold(v->store, NULL);
    v->st[1] = lodge_store_hold(v->store, NULL);
    return NULL;
}

static void a_thread_that_ends_lets_go_of_its_holds(void **state)
{
    lodge_engine engine = new_engine();
    struct visit v = {new_store(engine), {1, 1, 1}};

    (void)state;
    on_a_thread(hold_and_end, &v);
    assert_int_equal(v.st[0], LODGE_OK);
    assert_int_equal(v.st[1], LODGE_OK);
    OK(lodge_store_gc(v.store, ERR));
    FAILS(STATE, lodge_store_unhold(v.store, ERR));
    lodge_store_close(v.store);
    lodge_engine_close(engine);
}

static void a_held_store_ends_when_its_holder_closes_it(void **state)
{
    lodge_engine engine = new_engine();
    lodge_store store = new_store(engine);

    (void)state;
    OK(lodge_store_hold(store, ERR));
    OK(lodge_store_hold(store, ERR));
    OK(lodge_store_close(store));
    FAILS(HANDLE, lodge_store_unhold(store, ERR));
    assert_int_equal(stat_of(LODGE_STAT_LIVE + LODGE_KIND_STORE), 0);
    lodge_engine_close(engine);
}

static void *close_it(void *arg)
{
    lodge_store_close(*(lodge_store *)arg);
    return NULL;
}

static void a_held_store_closed_elsewhere_ends_with_the_hold(void **state)
{
    lodge_engine engine = new_engine();
    lodge_store store = new_store(engine);
    uint64_t value;

    (void)state;
    OK(lodge_store_hold(store, ERR));
    on_a_thread(close_it, &store);
    FAILS(HANDLE, lodge_store_get(store, LODGE_STORE_TOKEN, &value, ERR));
    FAILS(HANDLE, lodge_store_unhold(store, ERR));
    assert_int_equal(stat_of(LODGE_STAT_LIVE + LODGE_KIND_STORE), 0);
    lodge_engine_close(engine);
}

static void calls_work_in_a_held_store(void **state)
{
    lodge_engine engine = new_engine();
    lodge_store store = new_store(engine);
    lodge_instance instance;
    uint64_t slot;

    (void)state;
    OK(lodge_store_hold(store, ERR));
    OK(instantiate(engine, no_linker, store, zoo_text, &instance));
    call(instance, "func", 0);
    FAILS(TRAP, lodge_func_call(func_of(instance, "trap"), &slot, 1, ERR));
    call(instance, "func", 0);
    OK(lodge_store_unhold(store, ERR));
    call(instance, "func", 0);
    lodge_store_close(store);
    lodge_engine_close(engine);
}

/* ---- inside a call ---------------------------------------------------- */

struct inside {
    lodge_store store;
    lodge_wasi wasi;
    lodge_instance instance;
    uint64_t calls[2];
    lodge_status st[8];
    int deep;
};
static struct inside inside;

/* What every function of a store says on another thread meanwhile. */
static void *try_all(void *arg)
{
    lodge_store s = inside.store;
    uint64_t n;
    uint8_t byte;

    inside.st[0] = lodge_store_set(s, LODGE_STORE_TOKEN, 1, NULL);
    inside.st[1] = lodge_store_get(s, LODGE_STORE_TOKEN, &n, NULL);
    inside.st[2] = lodge_store_wasi(s, inside.wasi, NULL);
    inside.st[3] = lodge_store_hold(s, NULL);
    inside.st[4] = lodge_store_unhold(s, NULL);
    inside.st[5] = lodge_store_gc(s, NULL);
    inside.st[6] = lodge_store_output(s, 1, &byte, 1, &n, NULL);
    inside.st[7] = lodge_store_input(s, 0, &byte, 1, &n, NULL);
    return arg;
}

static int32_t look(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    int deep = inside.deep++;

    (void)token;
    (void)caller;
    inside.calls[deep] = get(inside.store, LODGE_STORE_CALLS);
    if (deep == 0) {
        on_a_thread(try_all, NULL);
        return lodge_func_call(func_of(inside.instance, "run"), slots, 1, ERR);
    }
    OK(lodge_store_gc(inside.store, ERR));
    OK(lodge_store_hold(inside.store, ERR));
    OK(lodge_store_unhold(inside.store, ERR));
    return 0;
}

static const char calling[] =
    "(module (import \"env\" \"f\" (func $f)) (func (export \"run\")"
    " (call $f)))";

static void open_inside(lodge_engine engine, lodge_direct_fn fn)
{
    lodge_linker linker = new_linker(engine);

    memset(&inside, 0, sizeof inside);
    inside.store = new_store(engine);
    OK(lodge_wasi_new(&inside.wasi, ERR));
    OK(lodge_linker_func(linker, TEXT("env"), TEXT("f"), TEXT("->"), fn, 0,
                         ERR));
    OK(instantiate(engine, linker, inside.store, calling, &inside.instance));
    lodge_linker_close(linker);
}

static void a_store_in_a_call_is_busy_for_other_threads(void **state)
{
    lodge_engine engine = new_engine();
    int i;

    (void)state;
    open_inside(engine, look);
    call(inside.instance, "run", 0);
    assert_int_equal(inside.deep, 2);
    for (i = 0; i < 8; i++)
        assert_int_equal(inside.st[i], LODGE_E_BUSY);
    lodge_store_close(inside.store);
    lodge_wasi_close(inside.wasi);
    lodge_engine_close(engine);
}

static void open_calls_are_counted(void **state)
{
    lodge_engine engine = new_engine();

    (void)state;
    open_inside(engine, look);
    assert_int_equal(get(inside.store, LODGE_STORE_CALLS), 0);
    call(inside.instance, "run", 0);
    assert_int_equal(inside.calls[0], 1);
    assert_int_equal(inside.calls[1], 2);
    assert_int_equal(get(inside.store, LODGE_STORE_CALLS), 0);
    lodge_store_close(inside.store);
    lodge_wasi_close(inside.wasi);
    lodge_engine_close(engine);
}

static int32_t hold_it(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    (void)token;
    (void)caller;
    (void)slots;
    return lodge_store_hold(inside.store, NULL);
}

static void a_hold_taken_inside_a_call_outlives_it(void **state)
{
    lodge_engine engine = new_engine();
    struct visit v;

    (void)state;
    open_inside(engine, hold_it);
    call(inside.instance, "run", 0);
    v.store = inside.store;
    on_a_thread(visit, &v);
    assert_int_equal(v.st[0], LODGE_E_BUSY);
    OK(lodge_store_unhold(inside.store, ERR));
    on_a_thread(visit, &v);
    assert_int_equal(v.st[0], LODGE_OK);
    lodge_store_close(inside.store);
    lodge_wasi_close(inside.wasi);
    lodge_engine_close(engine);
}

static int32_t let_go(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    (void)token;
    (void)caller;
    (void)slots;
    inside.st[0] = lodge_store_unhold(inside.store, NULL);
    inside.st[1] = lodge_store_unhold(inside.store, NULL);
    return 0;
}

static void a_hold_ended_inside_a_call_does_not_open_the_store(void **state)
{
    lodge_engine engine = new_engine();
    struct visit v;

    (void)state;
    open_inside(engine, let_go);
    OK(lodge_store_hold(inside.store, ERR));
    call(inside.instance, "run", 0);
    assert_int_equal(inside.st[0], LODGE_OK);
    assert_int_equal(inside.st[1], LODGE_E_STATE);
    v.store = inside.store;
    on_a_thread(visit, &v);
    assert_int_equal(v.st[0], LODGE_OK);
    lodge_store_close(inside.store);
    lodge_wasi_close(inside.wasi);
    lodge_engine_close(engine);
}

/* ---- the rest --------------------------------------------------------- */

static void garbage_is_collected(void **state)
{
    static const char text[] =
        "(module (type $a (array i64)) (func (export \"make\") (param i32)"
        " (loop $l (drop (array.new $a (i64.const 1) (i32.const 1000)))"
        "  (local.set 0 (i32.sub (local.get 0) (i32.const 1)))"
        "  (br_if $l (local.get 0)))))";
    lodge_engine engine = new_engine();
    lodge_store store = new_store(engine);
    lodge_instance instance;

    (void)state;
    OK(lodge_store_gc(store, ERR));
    OK(instantiate(engine, no_linker, store, text, &instance));
    call(instance, "make", 100);
    assert_true(get(store, LODGE_STORE_MEMORY_BYTES) > 0);
    OK(lodge_store_gc(store, ERR));
    call(instance, "make", 100);
    lodge_store_close(store);
    lodge_engine_close(engine);
}

static void a_garbage_heap_obeys_the_memory_limit(void **state)
{
    static const char text[] =
        "(module (type $a (array i64)) (global $g (mut (ref null $a))"
        " (ref.null $a)) (func (export \"make\") (param i32)"
        " (global.set $g (array.new $a (i64.const 1) (local.get 0)))))";
    lodge_engine engine = new_engine();
    lodge_store store = new_store(engine);
    lodge_instance instance;
    uint64_t slot = 1000000;

    (void)state;
    OK(lodge_store_set(store, LODGE_STORE_MEMORY_LIMIT, 1 << 20, ERR));
    OK(instantiate(engine, no_linker, store, text, &instance));
    call(instance, "make", 1000);
    FAILS(LIMIT, lodge_func_call(func_of(instance, "make"), &slot, 1, ERR));
    assert_true(get(store, LODGE_STORE_MEMORY_BYTES) <= 1 << 20);
    call(instance, "make", 1000);
    lodge_store_close(store);
    lodge_engine_close(engine);
}

static void statistics_tell_what_a_store_holds(void **state)
{
    lodge_engine engine = new_engine();
    lodge_store store = new_store(engine);
    lodge_instance instance;

    (void)state;
    assert_int_equal(get(store, LODGE_STORE_INSTANCES), 0);
    assert_int_equal(get(store, LODGE_STORE_MEMORY_BYTES), 0);
    OK(instantiate(engine, no_linker, store, growing, &instance));
    OK(instantiate(engine, no_linker, store, growing, &instance));
    assert_int_equal(get(store, LODGE_STORE_INSTANCES), 2);
    assert_int_equal(get(store, LODGE_STORE_MEMORY_BYTES), 4 * 65536);
    assert_int_equal(get(store, LODGE_STORE_TABLE_ELEMENTS), 10);
    assert_int_equal(get(store, LODGE_STORE_CALLS), 0);
    lodge_store_close(store);
    lodge_engine_close(engine);
}

static void a_description_with_a_missing_folder_is_an_io_error(void **state)
{
    lodge_engine engine = new_engine();
    lodge_store store = new_store(engine);
    lodge_wasi wasi;

    (void)state;
    OK(lodge_wasi_new(&wasi, ERR));
    OK(lodge_wasi_dir(wasi, TEXT("/no/such/folder"), TEXT("/"),
                      LODGE_WASI_READ, LODGE_WASI_READ, ERR));
    SAYS(IO, "/no/such/folder", lodge_store_wasi(store, wasi, ERR));
    lodge_wasi_close(wasi);
    OK(lodge_store_gc(store, ERR));
    lodge_store_close(store);
    lodge_engine_close(engine);
}

static void streams_that_are_no_rings_are_refused(void **state)
{
    lodge_engine engine = new_engine();
    lodge_store store = new_store(engine);
    uint64_t n = 77;
    uint8_t byte = 0;
    lodge_wasi wasi;

    (void)state;
    FAILS(STATE, lodge_store_output(store, 1, &byte, 1, &n, ERR));
    FAILS(STATE, lodge_store_input(store, 0, &byte, 1, &n, ERR));
    OK(lodge_wasi_new(&wasi, ERR));
    OK(lodge_store_wasi(store, wasi, ERR));
    FAILS(STATE, lodge_store_output(store, 2, &byte, 1, &n, ERR));
    assert_int_equal(n, 77);
    OK(lodge_wasi_stream(wasi, 1, LODGE_WASI_RING, NULL, 64, ERR));
    OK(lodge_wasi_stream(wasi, 0, LODGE_WASI_RING, NULL, 4, ERR));
    OK(lodge_store_wasi(store, wasi, ERR));
    OK(lodge_store_output(store, 1, &byte, 1, &n, ERR));
    assert_int_equal(n, 0);
    OK(lodge_store_input(store, 0, (const uint8_t *)"abcdef", 6, &n, ERR));
    assert_int_equal(n, 4);
    lodge_wasi_close(wasi);
    lodge_store_close(store);
    lodge_engine_close(engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_store_is_made_and_closed),
        TEST(a_store_needs_a_live_engine),
        TEST(closing_anything_but_a_live_store_does_nothing),
        TEST(a_store_outlives_the_engine_handle),
        TEST(every_order_of_closing_ends_everything),
        TEST(a_released_store_ends_with_the_next_call),
        TEST(a_shut_down_engine_takes_its_stores_with_it),
        TEST(what_is_no_store_is_refused_everywhere),
        TEST(a_closed_store_is_refused_everywhere),
        TEST(what_is_no_description_is_refused),
        TEST(arguments_of_stores_are_checked),
        TEST(unknown_keys_are_not_found),
        TEST(statistics_cannot_be_set),
        TEST(keys_read_back_what_was_set),
        TEST(a_memory_that_starts_too_big_is_refused),
        TEST(a_growth_beyond_the_limit_is_minus_one_for_the_guest),
        TEST(the_limit_can_be_lowered_and_raised_at_any_time),
        TEST(memory_limits_count_all_memories_of_a_store),
        TEST(a_refused_instance_gives_its_memories_back),
        TEST(a_growth_that_wasmtime_refuses_is_not_counted),
        TEST(the_peak_stays_when_growth_is_over),
        TEST(tables_have_a_limit_of_elements),
        TEST(numbers_of_things_have_limits),
        TEST(numbers_are_limited_before_the_first_instance_only),
        TEST(fuel_needs_an_engine_that_counts_it),
        TEST(fuel_is_counted),
        TEST(used_up_fuel_ends_the_call_and_can_be_filled_up),
        TEST(no_fuel_at_all_keeps_a_start_function_from_running),
        TEST(deadlines_need_interruption),
        TEST(a_deadline_ends_each_call_that_takes_longer),
        TEST(a_deadline_beyond_counting_is_no_deadline),
        TEST(ticks_of_the_engine_end_calls),
        TEST(a_token_comes_back_when_the_store_ends),
        TEST(a_replaced_token_comes_back_at_once),
        TEST(a_token_set_again_is_still_referred_to),
        TEST(reap_checks_its_arguments),
        TEST(a_held_store_is_busy_for_other_threads),
        TEST(holds_are_counted),
        TEST(a_thread_that_ends_lets_go_of_its_holds),
        TEST(a_held_store_ends_when_its_holder_closes_it),
        TEST(a_held_store_closed_elsewhere_ends_with_the_hold),
        TEST(calls_work_in_a_held_store),
        TEST(a_store_in_a_call_is_busy_for_other_threads),
        TEST(open_calls_are_counted),
        TEST(a_hold_taken_inside_a_call_outlives_it),
        TEST(a_hold_ended_inside_a_call_does_not_open_the_store),
        TEST(garbage_is_collected),
        TEST(a_garbage_heap_obeys_the_memory_limit),
        TEST(statistics_tell_what_a_store_holds),
        TEST(a_description_with_a_missing_folder_is_an_io_error),
        TEST(streams_that_are_no_rings_are_refused),
    };

    return RUN(tests);
}

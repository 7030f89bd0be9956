/* test_rough_host.c - real guests under a host that means them no good: fuel
 * that ends anywhere, cancels at any moment, closes in the middle, threads
 * that get in each other's way. What comes of each is a status, and whoever
 * comes next finds everything as it should be.
 */
#include <pthread.h>

#include "dprint.h"
#include "support_signals.c"

static lodge_module json_module, markdown_module;

static const char text[] = "{\"a\":[1,2 ,3],\n\"b\":{\"c\":null },\"d\":[ ]}";
static const char text_formatted[] =
    "{ \"a\": [1, 2, 3], \"b\": { \"c\": null }, \"d\": [] }\n";

static uint64_t random_below(uint64_t n)
{
    static uint64_t seed = 11;

    seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (seed >> 16) % n;
}

/* A new instance in a store of its own formats as ever. */
static void others_are_well(void)
{
    const lodge_store store = host.store;
    const lodge_linker linker = host.linker;
    lodge_instance plugin;
    char *out;

    host.store = (lodge_store){0};
    host.linker = new_linker(host.engine);
    plugin = open_plugin(json_module);
    assert_int_equal(format(plugin, "a.json", text, &out), 1);
    assert_string_equal(out, text_formatted);
    free(out);
    lodge_instance_close(plugin);
    lodge_linker_close(host.linker);
    host.store = store;
    host.linker = linker;
}

static void prepare_format(lodge_instance plugin)
{
    send_text(plugin, "a.json", 6);
    call_with(plugin, "set_file_path", 0);
    send_text(plugin, text, sizeof text - 1);
}

static lodge_status try_format(lodge_instance plugin)
{
    uint64_t slots[MODE_SLOTS] = {1};

    return call_slots(func_of(plugin, "format"), slots);
}

/* ---- fuel --------------------------------------------------------------- */

static uint64_t fuel_left(lodge_store store)
{
    uint64_t fuel;

    OK(lodge_store_get(store, LODGE_STORE_FUEL, &fuel, ERR));
    return fuel;
}

static void set_fuel(lodge_store store, uint64_t fuel)
{
    OK(lodge_store_set(store, LODGE_STORE_FUEL, fuel, ERR));
}

static void fuel_may_end_anywhere(void **state)
{
    enum { ROUNDS = 150, PLENTY = 1000000000 };
    lodge_engine plain = host.engine;
    lodge_module before = json_module;
    lodge_instance plugin;
    uint64_t needed;
    int i;

    (void)state;
    host.engine = new_engine_with("fuel=on");
    json_module = open_guest("json");
    host_open(LODGE_HOST_DIRECT, NULL, "none", NULL, 0);
    set_fuel(host.store, PLENTY);
    plugin = open_plugin(json_module);
    prepare_format(plugin);
    needed = fuel_left(host.store);
    OK(try_format(plugin));
    needed -= fuel_left(host.store);
    assert_in_range(needed, 10000, PLENTY / 2);
    for (i = 0; i < ROUNDS; i++) {
        set_fuel(host.store, PLENTY);
        plugin = open_plugin(json_module);
        prepare_format(plugin);
        /* It is looked at where functions begin and loops turn. */
        set_fuel(host.store, random_below(needed - 1000));
        FAILS(FUEL, try_format(plugin));
        assert_int_equal(fuel_left(host.store), 0);
        FAILS(FUEL, try_format(plugin)); /* and still none */
        set_fuel(host.store, PLENTY);    /* whatever it makes of it now */
        (void)try_format(plugin);
        lodge_instance_close(plugin);
    }
    plugin = open_plugin(json_module);
    prepare_format(plugin);
    set_fuel(host.store, needed); /* just enough, to the unit */
    OK(try_format(plugin));
    assert_int_equal(fuel_left(host.store), 0);
    host_close();
    lodge_engine_shutdown(host.engine);
    host.engine = plain;
    json_module = before;
}

/* ---- cancels ------------------------------------------------------------ */

struct canceller {
    lodge_store store;
    uint64_t after_ns;
    uint64_t id;
};

static void *cancels(void *argument)
{
    const struct canceller *c = argument;
    const struct timespec pause = {0, (long)c->after_ns};

    nanosleep(&pause, NULL);
    OK(lodge_store_cancel(c->store, c->id));
    return NULL;
}

static void a_cancel_may_come_at_any_moment(void **state)
{
    enum { ROUNDS = 150 };
    uint32_t ended = 0, done = 0, i;

    (void)state;
    host_open(LODGE_HOST_DIRECT, NULL, "none", NULL, 0);
    for (i = 1; i <= ROUNDS; i++) {
        lodge_instance plugin = open_plugin(json_module);
        struct canceller c = {host.store, random_below(400000), i};
        uint64_t frame[LODGE_FRAME_SLOTS + MODE_SLOTS] = {0};
        pthread_t thread;
        lodge_status st;

        prepare_format(plugin);
        frame[LODGE_FRAME_FUNC] = func_of(plugin, "format").id;
        frame[LODGE_FRAME_CALLID] = i;
        frame[LODGE_FRAME_CAPACITY] = MODE_SLOTS;
        frame[LODGE_FRAME_SLOTS] = 1;
        assert_int_equal(pthread_create(&thread, NULL, cancels, &c), 0);
        st = lodge_call(frame);
        assert_int_equal(pthread_join(thread, NULL), 0);
        ended += st == LODGE_E_CANCELLED;
        done += st == LODGE_OK;
        assert_true(st == LODGE_OK || st == LODGE_E_CANCELLED);
        lodge_instance_close(plugin);
    }
    assert_int_equal(ended + done, ROUNDS);
    others_are_well();
    host_close();
}

/* ---- closes in the middle ----------------------------------------------- */

static const struct offer offers[] = {
    {"host_format", "i32 i32 i32 i32 i32 i32 i32 i32 -> i32"},
    {"host_get_formatted_text", "-> i32"},
    {"host_get_error_text", "-> i32"},
    {"host_write_buffer", "i32 ->"},
};

static const char page[] = "# a\n\n```json\n{\"a\":1}\n```\n\n* b\n";
static lodge_instance markdown;
static int what_to_close;
enum { CLOSE_INSTANCE, CLOSE_STORE, CLOSE_LINKER, CLOSE_MODULE, CLOSES };

/* Closes something that is in use by the very call that asks. */
static uint64_t serve_by_closing(uint32_t import, uint64_t *slots)
{
    if (import != 1)
        return 99;
    if (what_to_close == CLOSE_INSTANCE)
        OK(lodge_instance_close(markdown));
    if (what_to_close == CLOSE_STORE)
        OK(lodge_store_close(host.store));
    if (what_to_close == CLOSE_LINKER)
        OK(lodge_linker_close(host.linker));
    if (what_to_close == CLOSE_MODULE) {
        OK(lodge_module_close(markdown_module));
        OK(lodge_module_close(json_module));
    }
    slots[0] = 0; /* unchanged */
    return 0;
}

static void what_is_in_use_may_be_closed_in_the_middle(void **state)
{
    uint32_t mode;

    (void)state;
    for (mode = 0; mode < MODES; mode++)
        for (what_to_close = 0; what_to_close < CLOSES; what_to_close++) {
            uint64_t slots[MODE_SLOTS] = {1};
            lodge_status st;

            host_open(mode, serve_by_closing, "dprint", offers, 4);
            markdown = open_plugin(markdown_module);
            send_text(markdown, "a.md", 4);
            call_with(markdown, "set_file_path", 0);
            send_text(markdown, page, sizeof page - 1);
            st = call_slots(func_of(markdown, "format"), slots);
            if (what_to_close != CLOSE_STORE)
                check_status(st, LODGE_OK, mode_names[mode], __FILE__,
                             what_to_close);
            else
                assert_true(st == LODGE_OK || st == LODGE_E_CANCELLED ||
                            st == LODGE_E_HANDLE);
            host_close();
            if (what_to_close == CLOSE_MODULE) {
                markdown_module = open_guest("markdown");
                json_module = open_guest("json");
            }
        }
}

/* A request that nobody answers: what it hangs on is closed, in any order. */
static void what_waits_may_be_left_behind(void **state)
{
    int what;

    (void)state;
    for (what = 0; what < 4; what++) {
        uint64_t frame[LODGE_FRAME_SLOTS + MODE_SLOTS] = {0};

        host_open(LODGE_HOST_SUSPEND, NULL, "dprint", offers, 4);
        markdown = open_plugin(markdown_module);
        send_text(markdown, "a.md", 4);
        call_with(markdown, "set_file_path", 0);
        send_text(markdown, page, sizeof page - 1);
        frame[LODGE_FRAME_FUNC] = func_of(markdown, "format").id;
        frame[LODGE_FRAME_CAPACITY] = MODE_SLOTS;
        frame[LODGE_FRAME_SLOTS] = 1;
        assert_int_equal(lodge_call(frame), LODGE_REQUEST);
        if (what & 1)
            OK(lodge_instance_close(markdown));
        if (what & 2)
            OK(lodge_linker_close(host.linker));
        others_are_well();
        host_close();
        assert_int_equal(lodge_resume(frame), LODGE_E_HANDLE);
    }
}

/* ---- threads ------------------------------------------------------------ */

enum { RIVALS = 3, TRIES = 200 };
static lodge_instance shared_plugin;

/* Calls into a store that others call into. */
static void *rivals(void *counts)
{
    uint32_t *count = counts;
    int i;

    for (i = 0; i < TRIES; i++) {
        uint64_t slot = 64;
        lodge_func fn;
        lodge_status st = lodge_instance_func(
            shared_plugin, TEXT("clear_shared_bytes"), &fn, NULL);

        if (st == LODGE_OK)
            st = lodge_func_call(fn, &slot, 1, NULL);
        if (st == LODGE_OK)
            count[0]++;
        else if (st == LODGE_E_BUSY)
            count[1]++;
        else
            count[2]++;
    }
    return NULL;
}

static void rivals_for_a_store_are_served_or_told_busy(void **state)
{
    uint32_t counts[RIVALS][3] = {{0}};
    pthread_t threads[RIVALS];
    char *out;
    int i;

    (void)state;
    host_open(LODGE_HOST_DIRECT, NULL, "none", NULL, 0);
    shared_plugin = open_plugin(json_module);
    for (i = 0; i < RIVALS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, rivals, counts[i]),
                         0);
    for (i = 0; i < RIVALS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(counts[i][0] + counts[i][1], TRIES);
        assert_int_equal(counts[i][2], 0);
    }
    assert_int_equal(format(shared_plugin, "a.json", text, &out), 1);
    assert_string_equal(out, text_formatted);
    free(out);
    host_close();
}

static void *closes_store(void *pause_ns)
{
    const struct timespec pause = {0, *(long *)pause_ns};

    nanosleep(&pause, NULL);
    lodge_store_close(host.store);
    return NULL;
}

static void a_store_may_be_closed_under_a_running_guest(void **state)
{
    int i;

    (void)state;
    for (i = 0; i < 60; i++) {
        lodge_instance plugin;
        long pause = (long)random_below(300000);
        pthread_t thread;
        lodge_status st;

        host_open(LODGE_HOST_DIRECT, NULL, "none", NULL, 0);
        plugin = open_plugin(json_module);
        prepare_format(plugin);
        assert_int_equal(pthread_create(&thread, NULL, closes_store, &pause),
                         0);
        do {
            uint64_t slots[MODE_SLOTS] = {1};
            lodge_func fn;

            st = lodge_instance_func(plugin, TEXT("format"), &fn, NULL);
            if (st == LODGE_OK)
                st = lodge_func_call(fn, slots, MODE_SLOTS, NULL);
        } while (st == LODGE_OK || st == LODGE_E_TRAP);
        assert_true(st == LODGE_E_HANDLE || st == LODGE_E_CANCELLED);
        assert_int_equal(pthread_join(thread, NULL), 0);
        host_close();
    }
    host_open(LODGE_HOST_DIRECT, NULL, "none", NULL, 0);
    others_are_well();
    host_close();
}

/* ---- tenants ------------------------------------------------------------ */

/* One fills its memory to the brim and goes; the slot is kept mapped. */
static void a_tenant_of_a_slot_finds_nothing_of_the_last(void **state)
{
    static const char looks[] = "(module (memory (export \"memory\") 600))";
    enum { PAGES = 600 };
    static uint8_t bytes[65536], zeros[65536];
    lodge_engine plain = host.engine;
    lodge_module before = json_module, empty;
    int i, k;

    (void)state;
    host.engine = new_engine_with(
        "allocator=pooling,pool-instances=1,pool-memories=1,pool-tables=1,"
        "pool-stacks=1,pool-memory-keep=64M,pool-table-keep=1M,"
        "pool-max-memory-size=64M");
    json_module = open_guest("json");
    empty = new_module(host.engine, looks);
    for (i = 0; i < 3; i++) {
        lodge_instance tenant;
        lodge_memory memory;
        uint64_t size;

        host_open(LODGE_HOST_DIRECT, NULL, "none", NULL, 0);
        tenant = open_plugin(json_module);
        OK(lodge_instance_memory(tenant, TEXT("memory"), &memory, ERR));
        OK(lodge_memory_size(memory, &size, ERR));
        OK(lodge_memory_grow(memory, PAGES - size / 65536, NULL, ERR));
        OK(lodge_memory_fill(memory, 0, 0x5a, PAGES * UINT64_C(65536), ERR));
        host_close();
        host_open(LODGE_HOST_DIRECT, NULL, "none", NULL, 0);
        tenant = new_guest(empty);
        OK(lodge_instance_memory(tenant, TEXT("memory"), &memory, ERR));
        for (k = 0; k < PAGES; k++) {
            OK(lodge_memory_read(memory, (uint64_t)k << 16, bytes,
                                 sizeof bytes, ERR));
            assert_memory_equal(bytes, zeros, sizeof bytes);
        }
        host_close();
        host_open(LODGE_HOST_DIRECT, NULL, "none", NULL, 0);
        others_are_well();
        host_close();
    }
    lodge_engine_shutdown(host.engine);
    host.engine = plain;
    json_module = before;
}

static int open_all(void **state)
{
    if (nothing_lives(state))
        return -1;
    host.engine = new_engine();
    json_module = open_guest("json");
    markdown_module = open_guest("markdown");
    return 0;
}

static int close_all(void **state)
{
    lodge_engine_shutdown(host.engine);
    return nothing_lives(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fuel_may_end_anywhere),
        cmocka_unit_test(a_cancel_may_come_at_any_moment),
        cmocka_unit_test(what_is_in_use_may_be_closed_in_the_middle),
        cmocka_unit_test(what_waits_may_be_left_behind),
        cmocka_unit_test(rivals_for_a_store_are_served_or_told_busy),
        cmocka_unit_test(a_store_may_be_closed_under_a_running_guest),
        cmocka_unit_test(a_tenant_of_a_slot_finds_nothing_of_the_last),
    };

    return cmocka_run_group_tests_name(__FILE__, tests, open_all, close_all);
}

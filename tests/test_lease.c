/* test_lease.c - promises of leases: addresses that stay. */
#include <pthread.h>

#include "store_fixture.h"

/* A lease, and what came with it. */
struct view {
    lodge_lease lease;
    uint64_t address, len;
};

static struct view lease_of(lodge_memory memory)
{
    struct view view;

    OK(lodge_memory_lease(memory, &view.address, &view.len, &view.lease, ERR));
    return view;
}

static uint8_t *bytes_of(struct view view)
{
    return (uint8_t *)(uintptr_t)view.address;
}

static uint64_t live_leases(void)
{
    return stat_of(LODGE_STAT_LIVE + LODGE_KIND_LEASE);
}

/* Refused, and nothing is written. */
static void no_lease(lodge_status want, lodge_memory memory)
{
    struct view view = {{42}, 43, 44};

    GIVES(want, lodge_memory_lease(memory, &view.address, &view.len,
                                   &view.lease, ERR));
    assert_true(view.lease.id == 42 && view.address == 43 && view.len == 44);
    assert_int_equal(live_leases(), 0);
}

/* ---- what it gives ---------------------------------------------------- */

static void a_lease_gives_the_bytes_of_the_memory(void **state)
{
    lodge_memory memory = new_memory("1 4");
    struct view view = lease_of(memory);
    uint8_t byte;

    (void)state;
    assert_int_equal(view.len, PAGE);
    OK(lodge_memory_write(memory, 7, (const uint8_t *)"seven", 5, ERR));
    assert_memory_equal(bytes_of(view) + 7, "seven", 5);
    bytes_of(view)[PAGE - 1] = 99;
    OK(lodge_memory_read(memory, PAGE - 1, &byte, 1, ERR));
    assert_int_equal(byte, 99);
    OK(lodge_lease_close(view.lease));
}

/* A lease leads into the memory that the call reads and writes. */
static void bytes_move_within_a_leased_memory(void **state)
{
    lodge_memory memory = new_memory("1 4");
    struct view view = lease_of(memory);
    uint8_t *bytes = bytes_of(view);
    uint64_t *slots = (uint64_t *)(void *)(bytes + 16);

    (void)state;
    memcpy(bytes, "abcdefgh", 8);
    OK(lodge_memory_read(memory, 0, bytes + 2, 8, ERR));
    assert_memory_equal(bytes, "ababcdefgh", 10);
    OK(lodge_memory_write(memory, 0, bytes + 2, 8, ERR));
    assert_memory_equal(bytes, "abcdefghgh", 10);
    memcpy(bytes + 14, "\1\2\3\4", 4);
    OK(lodge_memory_load(memory, 14, LODGE_TYPE_I32, slots, ERR));
    assert_int_equal(slots[0], 0x04030201);
    OK(lodge_memory_store(memory, 18, LODGE_TYPE_I64, slots, ERR));
    assert_memory_equal(bytes + 18, "\1\2\3\4\0\0\0\0", 8);
    OK(lodge_lease_close(view.lease));
}

static void a_guest_and_a_lease_see_each_other(void **state)
{
    lodge_instance instance =
        guest("(module (memory (export \"m\") 1 9)"
              " (func (export \"next\") (param i32) (result i32)"
              "  (i32.store8 (i32.add (local.get 0) (i32.const 1))"
              "   (i32.add (i32.load8_u (local.get 0)) (i32.const 1)))"
              "  (i32.load8_u (local.get 0))))");
    struct view view = lease_of(memory_of(instance, "m"));

    (void)state;
    bytes_of(view)[10] = 5;
    assert_int_equal(call1(instance, "next", 10), 5);
    assert_int_equal(bytes_of(view)[11], 6);
    OK(lodge_lease_close(view.lease));
}

static void the_address_stays_when_the_memory_grows(void **state)
{
    lodge_memory memory = new_memory("1 200");
    struct view view = lease_of(memory), later;

    (void)state;
    bytes_of(view)[3] = 33;
    OK(lodge_memory_grow(memory, 100, NULL, ERR));
    OK(lodge_memory_fill(memory, 100 * PAGE, 44, 1, ERR));
    assert_int_equal(bytes_of(view)[3], 33);
    assert_int_equal(bytes_of(view)[100 * PAGE], 44);
    later = lease_of(memory);
    assert_int_equal(later.address, view.address);
    assert_int_equal(later.len, 101 * PAGE);
    OK(lodge_lease_close(view.lease));
    OK(lodge_lease_close(later.lease));
}

static void a_memory_without_bytes_can_be_leased(void **state)
{
    lodge_memory memory = new_memory("0 2");
    struct view view = lease_of(memory);

    (void)state;
    assert_int_equal(view.len, 0);
    OK(lodge_memory_grow(memory, 2, NULL, ERR));
    bytes_of(view)[2 * PAGE - 1] = 1;
    OK(lodge_lease_close(view.lease));
}

static void memories_of_every_form_that_cannot_move_are_leased(void **state)
{
    static const char *const types[] = {"1",        "1 65536",  "0 0",
                                        "5 page=1", "1 16 i64", "1 65536 i64"};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof types / sizeof *types; i++) {
        lodge_memory memory = new_memory(types[i]);
        struct view view = lease_of(memory);

        assert_int_equal(view.len, size_of(memory));
        OK(lodge_lease_close(view.lease));
    }
}

/* ---- what it outlives ------------------------------------------------- */

static void a_lease_outlives_its_store(void **state)
{
    lodge_memory memory = new_memory("1 200");
    struct view view = lease_of(memory);
    uint64_t bytes;

    (void)state;
    bytes_of(view)[5] = 55;
    OK(lodge_store_close(store));
    FAILS(HANDLE, lodge_memory_size(memory, &bytes, ERR));
    assert_int_equal(bytes_of(view)[5], 55);
    bytes_of(view)[PAGE - 1] = 1;
    assert_int_equal(stat_of(LODGE_STAT_MEMORIES), 1);
    OK(lodge_lease_close(view.lease));
    assert_int_equal(stat_of(LODGE_STAT_MEMORIES), 0);
}

static void a_lease_outlives_its_engine(void **state)
{
    struct view view = lease_of(new_memory("1 200"));

    (void)state;
    bytes_of(view)[5] = 55;
    OK(lodge_engine_close(engine));
    OK(lodge_store_close(store));
    assert_int_equal(stat_of(LODGE_STAT_LIVE), 1);
    assert_int_equal(bytes_of(view)[5], 55);
    OK(lodge_lease_close(view.lease));
}

static void a_lease_outlives_a_shutdown(void **state)
{
    struct view view = lease_of(new_memory("1 200"));

    (void)state;
    bytes_of(view)[5] = 55;
    OK(lodge_engine_shutdown(engine));
    assert_int_equal(live_leases(), 1);
    assert_int_equal(bytes_of(view)[5], 55);
    OK(lodge_lease_close(view.lease));
}

static void a_lease_outlives_an_instance_with_its_own_store(void **state)
{
    lodge_instance instance = new_instance(
        engine,
        "(module (memory (export \"m\") 1 9) (data (i32.const 9) \"n\"))");
    struct view view = lease_of(memory_of(instance, "m"));

    (void)state;
    OK(lodge_instance_close(instance));
    assert_int_equal(bytes_of(view)[9], 'n');
    OK(lodge_lease_close(view.lease));
    assert_int_equal(stat_of(LODGE_STAT_MEMORIES), 0);
}

static void two_leases_end_each_for_itself(void **state)
{
    lodge_memory memory = new_memory("1 200");
    struct view a = lease_of(memory), b = lease_of(memory);

    (void)state;
    assert_true(a.lease.id != b.lease.id);
    assert_int_equal(a.address, b.address);
    OK(lodge_store_close(store));
    OK(lodge_lease_close(a.lease));
    bytes_of(b)[0] = 1;
    OK(lodge_lease_close(a.lease));
    bytes_of(b)[0] = 2;
    OK(lodge_lease_close(b.lease));
    assert_int_equal(live_leases(), 0);
}

static void a_thousand_leases_are_all_given_back(void **state)
{
    lodge_memory memory = new_memory("1 200");
    static struct view views[1000];
    size_t i;

    (void)state;
    for (i = 0; i < 1000; i++)
        views[i] = lease_of(memory);
    OK(lodge_store_close(store));
    assert_int_equal(live_leases(), 1000);
    for (i = 0; i < 1000; i++) {
        bytes_of(views[i])[i] = 1;
        OK(lodge_lease_close(views[i].lease));
    }
    assert_int_equal(live_leases(), 0);
}

/* ---- closing ---------------------------------------------------------- */

static void closing_a_lease_twice_or_of_nothing_is_fine(void **state)
{
    struct view view = lease_of(new_memory("1 200"));

    (void)state;
    OK(lodge_lease_close(view.lease));
    OK(lodge_lease_close(view.lease));
    FOR_BAD_IDS(lodge_lease, id, OK(lodge_lease_close(id)));
}

static void a_lease_close_closes_nothing_else(void **state)
{
    lodge_memory memory = new_memory("1 200");
    uint64_t bytes;

    (void)state;
    OK(lodge_lease_close((lodge_lease){store.id}));
    OK(lodge_lease_close((lodge_lease){engine.id}));
    OK(lodge_lease_close((lodge_lease){memory.id}));
    OK(lodge_memory_size(memory, &bytes, ERR));
    assert_int_equal(bytes, PAGE);
}

static void other_closes_do_not_close_a_lease(void **state)
{
    struct view view = lease_of(new_memory("1 200"));

    (void)state;
    OK(lodge_store_close((lodge_store){view.lease.id}));
    OK(lodge_engine_close((lodge_engine){view.lease.id}));
    OK(lodge_wasi_close((lodge_wasi){view.lease.id}));
    assert_int_equal(live_leases(), 1);
    OK(lodge_lease_close(view.lease));
}

static void a_lease_is_released_like_anything_else(void **state)
{
    struct view view = lease_of(new_memory("1 200"));
    lodge_lease next;
    uint64_t ignored;

    (void)state;
    OK(lodge_store_close(store));
    lodge_release((void *)(uintptr_t)view.lease.id);
    lodge_release((void *)(uintptr_t)view.lease.id);
    store = new_store(engine);
    OK(lodge_memory_lease(new_memory("1 200"), &ignored, &ignored, &next,
                          ERR));
    assert_int_equal(live_leases(), 1);
    assert_int_equal(stat_of(LODGE_STAT_MEMORIES), 1);
    OK(lodge_lease_close(next));
}

static void *uses_and_closes(void *arg)
{
    struct view view = *(struct view *)arg;

    bytes_of(view)[8] = 88;
    OK(lodge_lease_close(view.lease));
    return NULL;
}

static void a_lease_is_used_and_closed_on_another_thread(void **state)
{
    lodge_memory memory = new_memory("1 200");
    struct view view = lease_of(memory);
    pthread_t thread;
    uint64_t value;

    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, uses_and_closes, &view), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    OK(lodge_memory_load(memory, 8, LODGE_TYPE_I8, &value, ERR));
    assert_int_equal(value, 88);
    assert_int_equal(live_leases(), 0);
}

static void the_last_lease_frees_a_store_from_another_thread(void **state)
{
    struct view view = lease_of(new_memory("1 200"));
    pthread_t thread;

    (void)state;
    OK(lodge_engine_shutdown(engine));
    assert_int_equal(pthread_create(&thread, NULL, uses_and_closes, &view), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(stat_of(LODGE_STAT_BYTES), 0);
}

static struct view taken_inside;

static int32_t takes_a_lease(uint64_t token, lodge_caller caller,
                             uint64_t *slots)
{
    lodge_memory memory;

    (void)token, (void)slots;
    OK(lodge_caller_memory(caller, &memory));
    taken_inside = lease_of(memory);
    bytes_of(taken_inside)[0] = 7;
    return 0;
}

static void a_lease_can_be_taken_inside_a_host_function(void **state)
{
    lodge_linker linker = new_linker(engine);
    lodge_instance instance;

    (void)state;
    OK(lodge_linker_func(linker, TEXT("env"), TEXT("f"), TEXT("->"),
                         takes_a_lease, 0, ERR));
    instance = instance_in_store(
        linker, "(module (import \"env\" \"f\" (func $f))"
                " (memory (export \"memory\") 1 9)"
                " (func (export \"go\") (param i32) (result i32)"
                "  (call $f) (drop (memory.grow (i32.const 3)))"
                "  (i32.store8 (i32.const 131072) (i32.const 8))"
                "  (i32.load8_u (i32.const 0))))");
    assert_int_equal(call1(instance, "go", 0), 7);
    assert_int_equal(bytes_of(taken_inside)[131072], 8);
    OK(lodge_lease_close(taken_inside.lease));
}

/* ---- what is refused -------------------------------------------------- */

static void a_missing_output_is_refused(void **state)
{
    lodge_memory memory = new_memory("1 200");
    struct view view = {{42}, 43, 44};

    (void)state;
    FAILS(ARGUMENT,
          lodge_memory_lease(memory, NULL, &view.len, &view.lease, ERR));
    FAILS(ARGUMENT,
          lodge_memory_lease(memory, &view.address, NULL, &view.lease, ERR));
    FAILS(ARGUMENT,
          lodge_memory_lease(memory, &view.address, &view.len, NULL, ERR));
    assert_true(view.lease.id == 42 && view.address == 43 && view.len == 44);
}

static void no_lease_without_a_memory(void **state)
{
    lodge_memory memory = new_memory("1 200");
    struct view view = lease_of(memory);

    (void)state;
    OK(lodge_lease_close(view.lease));
    FOR_BAD_IDS(lodge_memory, id, no_lease(LODGE_E_HANDLE, id));
    no_lease(LODGE_E_HANDLE, (lodge_memory){store.id});
    no_lease(LODGE_E_HANDLE, (lodge_memory){view.lease.id});
    OK(lodge_store_close(store));
    no_lease(LODGE_E_HANDLE, memory);
}

/* A memory in a new store of an engine with other settings. */
static lodge_memory memory_with(const char *settings, const char *type)
{
    lodge_engine_shutdown(engine);
    engine = new_engine_with(settings);
    store = new_store(engine);
    return new_memory(type);
}

static void no_lease_of_a_memory64_that_may_outgrow_its_place(void **state)
{
    (void)state;
    no_lease(LODGE_E_UNSUPPORTED, new_memory("1 i64"));
    no_lease(LODGE_E_UNSUPPORTED, new_memory("1 65537 i64"));
    no_lease(LODGE_E_UNSUPPORTED, new_memory("1 281474976710656 i64"));
}

static void no_lease_where_a_memory_outgrows_its_reservation(void **state)
{
    static const char small[] = "memory-reservation=1M";
    struct view view;

    (void)state;
    no_lease(LODGE_E_UNSUPPORTED, memory_with(small, "1"));
    no_lease(LODGE_E_UNSUPPORTED, memory_with(small, "1 17"));
    assert_non_null(strstr(test_err.message, "may move"));
    view = lease_of(memory_with(small, "1 16"));
    OK(lodge_memory_grow((lodge_memory){new_memory("1 16").id}, 15, NULL,
                         ERR));
    OK(lodge_lease_close(view.lease));
}

static void a_memory_within_its_reservation_stays_where_it_is(void **state)
{
    lodge_memory memory =
        memory_with("memory-reservation=1M,memory-guard-size=64K", "1 16");
    struct view view = lease_of(memory), later;
    int i;

    (void)state;
    for (i = 0; i < 15; i++)
        OK(lodge_memory_grow(memory, 1, NULL, ERR));
    later = lease_of(memory);
    assert_int_equal(later.address, view.address);
    bytes_of(view)[16 * PAGE - 1] = 1;
    OK(lodge_lease_close(view.lease));
    OK(lodge_lease_close(later.lease));
}

static void memories_told_not_to_move_are_leased(void **state)
{
    lodge_memory memory =
        memory_with("memory-may-move=off,memory-reservation=1M", "1");
    struct view view = lease_of(memory);

    (void)state;
    OK(lodge_memory_grow(memory, 15, NULL, ERR));
    bytes_of(view)[16 * PAGE - 1] = 1;
    /* What does not fit is refused instead of moved. */
    FAILS(LIMIT, lodge_memory_grow(memory, 1000, NULL, ERR));
    bytes_of(view)[16 * PAGE - 1] = 2;
    OK(lodge_lease_close(view.lease));
}

static void a_pooled_memory_keeps_its_slot_while_leased(void **state)
{
    lodge_instance instance, other;
    struct view view;

    (void)state;
    lodge_engine_shutdown(engine);
    engine = new_engine_with("allocator=pooling,pool-memories=2,"
                             "pool-instances=4");
    store = (lodge_store){0};
    instance = new_instance(engine, "(module (memory (export \"m\") 1 9))");
    view = lease_of(memory_of(instance, "m"));
    bytes_of(view)[0] = 1;
    OK(lodge_instance_close(instance));
    other = new_instance(engine, "(module (memory (export \"m\") 1 9))");
    OK(lodge_memory_fill(memory_of(other, "m"), 0, 2, 1, ERR));
    assert_int_equal(bytes_of(view)[0], 1);
    OK(lodge_lease_close(view.lease));
}

static void the_kind_and_weight_of_a_lease_are_told(void **state)
{
    struct view view = lease_of(new_memory("1 200"));
    uint32_t kind = 0;
    uint64_t bytes = 42;

    (void)state;
    OK(lodge_handle_info(view.lease.id, &kind, &bytes));
    assert_int_equal(kind, LODGE_KIND_LEASE);
    assert_true(bytes > 0);
    OK(lodge_lease_close(view.lease));
    assert_int_equal(lodge_handle_info(view.lease.id, &kind, &bytes),
                     LODGE_E_HANDLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(a_lease_gives_the_bytes_of_the_memory),
        STORE_TEST(bytes_move_within_a_leased_memory),
        STORE_TEST(a_guest_and_a_lease_see_each_other),
        STORE_TEST(the_address_stays_when_the_memory_grows),
        STORE_TEST(a_memory_without_bytes_can_be_leased),
        STORE_TEST(memories_of_every_form_that_cannot_move_are_leased),
        STORE_TEST(a_lease_outlives_its_store),
        STORE_TEST(a_lease_outlives_its_engine),
        STORE_TEST(a_lease_outlives_a_shutdown),
        STORE_TEST(a_lease_outlives_an_instance_with_its_own_store),
        STORE_TEST(two_leases_end_each_for_itself),
        STORE_TEST(a_thousand_leases_are_all_given_back),
        STORE_TEST(closing_a_lease_twice_or_of_nothing_is_fine),
        STORE_TEST(a_lease_close_closes_nothing_else),
        STORE_TEST(other_closes_do_not_close_a_lease),
        STORE_TEST(a_lease_is_released_like_anything_else),
        STORE_TEST(a_lease_is_used_and_closed_on_another_thread),
        STORE_TEST(the_last_lease_frees_a_store_from_another_thread),
        STORE_TEST(a_lease_can_be_taken_inside_a_host_function),
        STORE_TEST(a_missing_output_is_refused),
        STORE_TEST(no_lease_without_a_memory),
        STORE_TEST(no_lease_of_a_memory64_that_may_outgrow_its_place),
        STORE_TEST(no_lease_where_a_memory_outgrows_its_reservation),
        STORE_TEST(a_memory_within_its_reservation_stays_where_it_is),
        STORE_TEST(memories_told_not_to_move_are_leased),
        STORE_TEST(a_pooled_memory_keeps_its_slot_while_leased),
        STORE_TEST(the_kind_and_weight_of_a_lease_are_told),
    };

    return RUN(tests);
}

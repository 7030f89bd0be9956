/* test_memory.c - promises of memories: sizes, bytes, values. */
#include <pthread.h>

#include "store_fixture.h"

/* ---- making ----------------------------------------------------------- */

static void a_new_memory_has_its_pages_and_is_zero(void **state)
{
    uint8_t bytes[256];
    lodge_memory memory = new_memory("2 4");
    size_t i;

    (void)state;
    assert_int_equal(size_of(memory), 2 * PAGE);
    memset(bytes, 1, sizeof bytes);
    OK(lodge_memory_read(memory, 2 * PAGE - sizeof bytes, bytes, sizeof bytes,
                         ERR));
    for (i = 0; i < sizeof bytes; i++)
        assert_int_equal(bytes[i], 0);
    assert_int_equal(size_of(new_memory("0")), 0);
}

static void a_type_reads_back_as_it_was_given(void **state)
{
    static const char *const types[] = {
        "0",
        "1",
        "1 16",
        "0 0",
        "3 65536",
        "1 i64",
        "1 16 i64",
        "100 page=1",
        "7 9 page=1",
        "7 9 i64 page=1",
        "1 281474976710656 i64",
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof types / sizeof *types; i++) {
        lodge_memory memory = new_memory(types[i]);

        READS(types[i], lodge_memory_type(memory, buf, cap, len, ERR));
    }
}

static void a_type_may_be_written_in_several_ways(void **state)
{
    lodge_memory memory = new_memory(" 1\t16  page=65536 ");

    (void)state;
    READS("1 16", lodge_memory_type(memory, buf, cap, len, ERR));
    memory = new_memory("1 page=1 i64");
    READS("1 i64 page=1", lodge_memory_type(memory, buf, cap, len, ERR));
}

static void a_malformed_type_is_refused_and_out_is_untouched(void **state)
{
    static const char *const types[] = {
        "",
        " ",
        "x",
        "-1",
        "1 x",
        "2 1",
        "1 2 3",
        "1 i32",
        "+1",
        "0x10",
        "1.5",
        "1 page=2",
        "1 2 page=",
        "i64",
        "i64 1",
        "18446744073709551616",
        "1 18446744073709551616",
        "1 99999999999999999999999999",
        "1 2 I64",
        "\xFF",
        "1 \xC3\x28",
    };
    lodge_memory memory = {42};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof types / sizeof *types; i++)
        FAILS(ARGUMENT, lodge_memory_new(store, TEXT(types[i]), &memory, ERR));
    FAILS(ARGUMENT, lodge_memory_new(store, NULL, 1, &memory, ERR));
    FAILS(ARGUMENT, lodge_memory_new(store, NULL, 0, &memory, ERR));
    FAILS(ARGUMENT, lodge_memory_new(store, "1", UINT64_MAX, &memory, ERR));
    FAILS(ARGUMENT, lodge_memory_new(store, "1", 1, NULL, ERR));
    assert_int_equal(memory.id, 42);
}

static void a_type_with_a_nul_inside_is_refused(void **state)
{
    lodge_memory memory = {42};

    (void)state;
    FAILS(ARGUMENT, lodge_memory_new(store, "1\0", 2, &memory, ERR));
    FAILS(ARGUMENT, lodge_memory_new(store, "1 \0002", 4, &memory, ERR));
    assert_int_equal(memory.id, 42);
}

static void a_size_that_no_memory_can_have_is_a_type_error(void **state)
{
    static const char *const types[] = {
        "65537",
        "1 65537",
        "18446744073709551615",
        "4294967297 page=1",
        "281474976710657 i64",
    };
    lodge_memory memory = {42};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof types / sizeof *types; i++)
        FAILS(TYPE, lodge_memory_new(store, TEXT(types[i]), &memory, ERR));
    assert_int_equal(memory.id, 42);
}

static void a_shared_memory_needs_its_key(void **state)
{
    lodge_memory memory = {42};

    (void)state;
    SAYS(UNSUPPORTED, "shared-memory=on",
         lodge_memory_new(store, TEXT("1 2 shared"), &memory, ERR));
    assert_int_equal(memory.id, 42);
}

static void a_memory_is_made_only_in_a_store(void **state)
{
    lodge_memory made = new_memory("1"), memory = {42};

    (void)state;
    FOR_BAD_IDS(lodge_store, id,
                FAILS(HANDLE, lodge_memory_new(id, "1", 1, &memory, ERR)));
    FAILS(HANDLE,
          lodge_memory_new((lodge_store){engine.id}, "1", 1, &memory, ERR));
    FAILS(HANDLE,
          lodge_memory_new((lodge_store){made.id}, "1", 1, &memory, ERR));
    lodge_store_close(store);
    FAILS(HANDLE, lodge_memory_new(store, "1", 1, &memory, ERR));
    assert_int_equal(memory.id, 42);
}

/* ---- size and growth -------------------------------------------------- */

static void a_memory_grows_up_to_its_maximum(void **state)
{
    lodge_memory memory = new_memory("1 3");
    uint64_t old = 42;

    (void)state;
    OK(lodge_memory_grow(memory, 1, &old, ERR));
    assert_int_equal(old, 1);
    OK(lodge_memory_grow(memory, 0, &old, ERR));
    assert_int_equal(old, 2);
    OK(lodge_memory_grow(memory, 1, NULL, ERR));
    assert_int_equal(size_of(memory), 3 * PAGE);
    FAILS(LIMIT, lodge_memory_grow(memory, 1, &old, ERR));
    assert_int_equal(old, 2);
    assert_int_equal(size_of(memory), 3 * PAGE);
}

static void growth_that_overflows_is_refused(void **state)
{
    static const uint64_t pages[] = {
        65536,
        UINT64_C(1) << 32,
        UINT64_C(1) << 48,
        (UINT64_C(1) << 48) - 1,
        UINT64_C(1) << 63,
        UINT64_MAX - 1,
        UINT64_MAX,
    };
    static const char *const types[] = {"1", "1 65536", "1 page=1"};
    uint64_t old = 42;
    size_t i, k;

    (void)state;
    for (i = 0; i < sizeof types / sizeof *types; i++) {
        lodge_memory memory = new_memory(types[i]);
        uint64_t size = size_of(memory);

        for (k = size == 1; k < sizeof pages / sizeof *pages; k++)
            FAILS(LIMIT, lodge_memory_grow(memory, pages[k], &old, ERR));
        assert_int_equal(size_of(memory), size);
    }
    assert_int_equal(old, 42);
}

static void a_memory64_does_not_overflow_either(void **state)
{
    lodge_memory memory = new_memory("1 i64");
    uint64_t old = 42;

    (void)state;
    FAILS(LIMIT, lodge_memory_grow(memory, UINT64_MAX, &old, ERR));
    FAILS(LIMIT, lodge_memory_grow(memory, UINT64_C(1) << 48, &old, ERR));
    FAILS(LIMIT,
          lodge_memory_grow(memory, (UINT64_C(1) << 48) - 1, &old, ERR));
    assert_int_equal(old, 42);
    OK(lodge_memory_grow(memory, 1, &old, ERR));
    assert_int_equal(old, 1);
    assert_int_equal(store_value(LODGE_STORE_MEMORY_BYTES), 2 * PAGE);
}

static void growth_that_failed_is_not_counted(void **state)
{
    lodge_memory memory = new_memory("1"), small = new_memory("1 2");
    uint64_t old;

    (void)state;
    FAILS(LIMIT, lodge_memory_grow(memory, 65536, &old, ERR));
    FAILS(LIMIT, lodge_memory_grow(small, 2, &old, ERR));
    assert_int_equal(store_value(LODGE_STORE_MEMORY_BYTES), 2 * PAGE);
    OK(lodge_memory_grow(memory, 2, &old, ERR));
    assert_int_equal(store_value(LODGE_STORE_MEMORY_BYTES), 4 * PAGE);
    assert_int_equal(store_value(LODGE_STORE_MEMORY_PEAK), 4 * PAGE);
}

static void memories_are_counted_once_each_and_given_back(void **state)
{
    lodge_memory memory = new_memory("0 3");
    uint64_t old;

    (void)state;
    assert_true(stat_of(LODGE_STAT_MEMORIES) <= 1);
    OK(lodge_memory_grow(memory, 1, &old, ERR));
    OK(lodge_memory_grow(memory, 1, &old, ERR));
    assert_int_equal(stat_of(LODGE_STAT_MEMORIES), 1);
    new_memory("1");
    assert_int_equal(stat_of(LODGE_STAT_MEMORIES), 2);
    lodge_store_close(store);
    assert_int_equal(stat_of(LODGE_STAT_MEMORIES), 0);
}

static void growth_that_fails_again_and_again_uses_nothing_up(void **state)
{
    lodge_memory memory = new_memory("0");
    uint64_t old = 42, before = stat_of(LODGE_STAT_MEMORIES);
    int i;

    (void)state;
    for (i = 0; i < 100; i++)
        FAILS(LIMIT, lodge_memory_grow(memory, 65537, &old, ERR));
    assert_int_equal(stat_of(LODGE_STAT_MEMORIES), before);
    assert_int_equal(store_value(LODGE_STORE_MEMORY_BYTES), 0);
    assert_int_equal(old, 42);
}

static void the_stores_limit_holds_for_growth(void **state)
{
    lodge_memory memory;
    uint64_t old = 42;

    (void)state;
    OK(lodge_store_set(store, LODGE_STORE_MEMORY_LIMIT, 3 * PAGE, ERR));
    memory = new_memory("1");
    OK(lodge_memory_grow(memory, 2, &old, ERR));
    assert_int_equal(old, 1);
    FAILS(LIMIT, lodge_memory_grow(memory, 1, &old, ERR));
    assert_int_equal(old, 1);
    assert_int_equal(store_value(LODGE_STORE_REFUSALS), 1);
    OK(lodge_store_set(store, LODGE_STORE_MEMORY_LIMIT, 4 * PAGE, ERR));
    OK(lodge_memory_grow(memory, 1, &old, ERR));
    assert_int_equal(size_of(memory), 4 * PAGE);
}

static void the_stores_limit_holds_for_new_memories(void **state)
{
    lodge_memory memory = {42};

    (void)state;
    OK(lodge_store_set(store, LODGE_STORE_MEMORY_LIMIT, 3 * PAGE, ERR));
    new_memory("2");
    FAILS(LIMIT, lodge_memory_new(store, TEXT("2"), &memory, ERR));
    assert_int_equal(memory.id, 42);
    new_memory("1");
    assert_int_equal(store_value(LODGE_STORE_MEMORY_BYTES), 3 * PAGE);
}

static void the_stores_limit_on_memories_holds(void **state)
{
    lodge_memory memory = {42};

    (void)state;
    OK(lodge_store_set(store, LODGE_STORE_MEMORIES_LIMIT, 2, ERR));
    new_memory("1");
    new_memory("1");
    FAILS(LIMIT, lodge_memory_new(store, TEXT("1"), &memory, ERR));
    assert_int_equal(memory.id, 42);
}

static void a_guest_whose_growth_is_refused_sees_minus_one(void **state)
{
    lodge_instance instance;

    (void)state;
    OK(lodge_store_set(store, LODGE_STORE_MEMORY_LIMIT, 2 * PAGE, ERR));
    instance = guest("(module (memory (export \"m\") 1)"
                     " (func (export \"grow\") (param i32) (result i32)"
                     "  (memory.grow (local.get 0))))");
    assert_int_equal(call1(instance, "grow", 1), 1);
    assert_int_equal(call1(instance, "grow", 1), UINT32_MAX);
    assert_int_equal(store_value(LODGE_STORE_REFUSALS), 1);
    assert_int_equal(call1(instance, "grow", 0x7FFFFFFF), UINT32_MAX);
    assert_int_equal(size_of(memory_of(instance, "m")), 2 * PAGE);
}

static void a_full_four_gibibyte_memory_is_usable_at_its_end(void **state)
{
    lodge_memory memory = new_memory("65536");
    uint64_t value = 0xAB, old;

    (void)state;
    assert_int_equal(size_of(memory), UINT64_C(1) << 32);
    OK(lodge_memory_store(memory, UINT32_MAX, LODGE_TYPE_I8, &value, ERR));
    value = 0;
    OK(lodge_memory_load(memory, UINT32_MAX, LODGE_TYPE_I8, &value, ERR));
    assert_int_equal(value, 0xAB);
    FAILS(BOUNDS,
          lodge_memory_load(memory, UINT32_MAX, LODGE_TYPE_I16, &value, ERR));
    FAILS(BOUNDS, lodge_memory_load(memory, UINT64_C(1) << 32, LODGE_TYPE_I8,
                                    &value, ERR));
    FAILS(LIMIT, lodge_memory_grow(memory, 1, &old, ERR));
}

static void sizes_beyond_four_gibibytes_may_be_declared(void **state)
{
    lodge_instance instance =
        guest("(module (memory (export \"m\") i64 1 0x1000000)"
              " (func (export \"peek\") (param i64) (result i64)"
              "  (i64.load8_u (local.get 0))))");
    lodge_memory memory = memory_of(instance, "m");
    uint64_t slot = UINT64_C(5) << 32;

    (void)state;
    READS("1 16777216 i64", lodge_memory_type(memory, buf, cap, len, ERR));
    FAILS(BOUNDS, lodge_memory_fill(memory, slot, 1, 1, ERR));
    FAILS(TRAP, lodge_func_call(func_of(instance, "peek"), &slot, 1, ERR));
    assert_int_equal(test_err.trap, LODGE_TRAP_MEMORY_OUT_OF_BOUNDS);
    slot = 7;
    OK(lodge_memory_fill(memory, 7, 9, 1, ERR));
    assert_int_equal(call1(instance, "peek", 7), 9);
}

static void pages_of_one_byte_are_counted_in_bytes(void **state)
{
    lodge_memory memory = new_memory("100 200 page=1");
    uint64_t old;

    (void)state;
    assert_int_equal(size_of(memory), 100);
    OK(lodge_memory_fill(memory, 99, 7, 1, ERR));
    FAILS(BOUNDS, lodge_memory_fill(memory, 100, 7, 1, ERR));
    OK(lodge_memory_grow(memory, 1, &old, ERR));
    assert_int_equal(old, 100);
    assert_int_equal(size_of(memory), 101);
    OK(lodge_memory_fill(memory, 100, 7, 1, ERR));
    FAILS(LIMIT, lodge_memory_grow(memory, 100, &old, ERR));
    OK(lodge_memory_grow(memory, 99, &old, ERR));
    assert_int_equal(size_of(memory), 200);
}

/* ---- handles ---------------------------------------------------------- */

/* Every function on a memory gives `want`, and writes nothing. */
static void all_refuse(lodge_memory memory, lodge_status want)
{
    uint64_t value = 42, slots[2] = {42, 42}, len = 42;
    lodge_lease lease = {42};
    uint8_t byte = 42;
    char text[8] = "#";

    GIVES(want, lodge_memory_type(memory, text, sizeof text, &len, ERR));
    GIVES(want, lodge_memory_size(memory, &value, ERR));
    GIVES(want, lodge_memory_grow(memory, 1, &value, ERR));
    GIVES(want, lodge_memory_read(memory, 0, &byte, 1, ERR));
    GIVES(want, lodge_memory_write(memory, 0, &byte, 1, ERR));
    GIVES(want, lodge_memory_fill(memory, 0, 1, 1, ERR));
    GIVES(want, lodge_memory_copy(memory, 0, memory, 0, 1, ERR));
    GIVES(want, lodge_memory_find(memory, 0, 0, 1, &value, ERR));
    GIVES(want, lodge_memory_load(memory, 0, LODGE_TYPE_V128, slots, ERR));
    GIVES(want, lodge_memory_store(memory, 0, LODGE_TYPE_V128, slots, ERR));
    GIVES(want, lodge_memory_lease(memory, &value, &len, &lease, ERR));
    GIVES(want, lodge_memory_size(memory, &value, NULL));
    assert_true(value == 42 && byte == 42 && lease.id == 42 && len == 42);
    assert_true(slots[0] == 42 && slots[1] == 42 && text[0] == '#');
}

static void ids_that_name_nothing_are_refused(void **state)
{
    (void)state;
    new_memory("1");
    FOR_BAD_IDS(lodge_memory, id, all_refuse(id, LODGE_E_HANDLE));
}

static void ids_of_other_kinds_are_refused(void **state)
{
    lodge_module module = new_module(engine, "(module)");
    lodge_instance instance =
        guest("(module (table (export \"t\") 1 funcref) (func (export \"f\"))"
              " (global (export \"g\") i32 (i32.const 1)))");
    static const char *const names[] = {"t", "f", "g"};
    lodge_extern item;
    size_t i;

    (void)state;
    for (i = 0; i < 3; i++) {
        OK(lodge_instance_export(instance, names[i], 1, &item, ERR));
        all_refuse((lodge_memory){item.id}, LODGE_E_HANDLE);
    }
    all_refuse((lodge_memory){instance.id}, LODGE_E_HANDLE);
    all_refuse((lodge_memory){store.id}, LODGE_E_HANDLE);
    all_refuse((lodge_memory){engine.id}, LODGE_E_HANDLE);
    all_refuse((lodge_memory){module.id}, LODGE_E_HANDLE);
}

static void a_wrong_kind_is_named_in_the_message(void **state)
{
    uint64_t bytes;

    (void)state;
    SAYS(HANDLE, "memory",
         lodge_memory_size((lodge_memory){store.id}, &bytes, ERR));
}

static void a_memory_is_stale_when_its_store_was_closed(void **state)
{
    lodge_memory memory = new_memory("1");

    (void)state;
    OK(lodge_store_close(store));
    all_refuse(memory, LODGE_E_HANDLE);
    store = new_store(engine);
    all_refuse(memory, LODGE_E_HANDLE);
}

static void a_memory_goes_with_an_instance_of_its_own_store(void **state)
{
    lodge_instance instance =
        new_instance(engine, "(module (memory (export \"m\") 1))");
    lodge_memory memory = memory_of(instance, "m");

    (void)state;
    assert_int_equal(memory.id, memory_of(instance, "m").id);
    OK(lodge_instance_close(instance));
    all_refuse(memory, LODGE_E_HANDLE);
}

static void a_memory_is_stale_after_engine_shutdown(void **state)
{
    lodge_memory memory = new_memory("1");

    (void)state;
    OK(lodge_engine_shutdown(engine));
    all_refuse(memory, LODGE_E_HANDLE);
}

/* ---- with guests ------------------------------------------------------ */

static void a_guest_sees_a_memory_that_the_host_made(void **state)
{
    lodge_linker linker = new_linker(engine);
    lodge_memory memory = new_memory("1 4");
    lodge_extern item = {LODGE_KIND_MEMORY, 0, memory.id};
    lodge_instance instance;
    uint64_t value;

    (void)state;
    OK(lodge_linker_add(linker, TEXT("env"), TEXT("m"), &item, ERR));
    instance = instance_in_store(
        linker, "(module (import \"env\" \"m\" (memory 1 4))"
                " (export \"again\" (memory 0))"
                " (func (export \"inc\") (param i32) (result i32)"
                "  (i32.store8 (i32.const 9) (local.get 0))"
                "  (i32.add (i32.load8_u (i32.const 8)) (memory.size))))");
    OK(lodge_memory_fill(memory, 8, 40, 1, ERR));
    OK(lodge_memory_grow(memory, 1, NULL, ERR));
    assert_int_equal(call1(instance, "inc", 77), 42);
    OK(lodge_memory_load(memory, 9, LODGE_TYPE_I8, &value, ERR));
    assert_int_equal(value, 77);
    assert_int_equal(memory_of(instance, "again").id, memory.id);
}

static void a_memory_that_does_not_fit_the_import_is_refused(void **state)
{
    lodge_linker linker = new_linker(engine);
    lodge_extern item = {LODGE_KIND_MEMORY, 0, new_memory("1 5").id};
    lodge_module module =
        new_module(engine, "(module (import \"env\" \"m\" (memory 1 4)))");
    lodge_instance instance = {42};

    (void)state;
    OK(lodge_linker_add(linker, TEXT("env"), TEXT("m"), &item, ERR));
    FAILS(LINK, lodge_instance_new(linker, store, module, &instance, ERR));
    assert_int_equal(instance.id, 42);
}

static void several_memories_are_told_apart(void **state)
{
    lodge_instance instance =
        guest("(module (memory (export \"a\") 1) (memory (export \"b\") 2)"
              " (memory (export \"c\") 10 10 (pagesize 1))"
              " (export \"also b\" (memory 1))"
              " (func (export \"peek\") (param i32) (result i32)"
              "  (i32.load8_u 1 (local.get 0))))");
    lodge_memory a = memory_of(instance, "a"), b = memory_of(instance, "b");
    lodge_memory c = memory_of(instance, "c");

    (void)state;
    assert_true(a.id != b.id && b.id != c.id);
    assert_int_equal(memory_of(instance, "also b").id, b.id);
    assert_int_equal(size_of(b), 2 * PAGE);
    assert_int_equal(size_of(c), 10);
    OK(lodge_memory_fill(a, 0, 1, PAGE, ERR));
    OK(lodge_memory_fill(b, 3, 2, 1, ERR));
    assert_int_equal(call1(instance, "peek", 3), 2);
    assert_int_equal(call1(instance, "peek", 4), 0);
}

/* Doubles the byte at its argument, and makes the memory one page larger. */
static int32_t doubles(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    lodge_memory memory;
    uint64_t at = slots[0], value;

    (void)token;
    OK(lodge_caller_memory(caller, &memory));
    OK(lodge_memory_load(memory, at, LODGE_TYPE_I8, &value, ERR));
    value *= 2;
    OK(lodge_memory_store(memory, at, LODGE_TYPE_I8, &value, ERR));
    OK(lodge_memory_grow(memory, 1, NULL, ERR));
    OK(lodge_memory_fill(memory, PAGE, 3, 1, ERR));
    return 0;
}

static const char calls_host[] =
    "(module (import \"env\" \"f\" (func $f (param i32)))"
    " (memory (export \"memory\") 1)"
    " (func (export \"go\") (param i32) (result i32)"
    "  (i32.store8 (i32.const 5) (local.get 0))"
    "  (call $f (i32.const 5))"
    "  (i32.add (i32.load8_u (i32.const 5))"
    "   (i32.load8_u (i32.const 65536)))))";

static void a_memory_can_be_used_during_a_host_call(void **state)
{
    lodge_linker linker = new_linker(engine);
    lodge_instance instance;

    (void)state;
    OK(lodge_linker_func(linker, TEXT("env"), TEXT("f"), TEXT("i32 ->"),
                         doubles, 0, ERR));
    instance = instance_in_store(linker, calls_host);
    assert_int_equal(call1(instance, "go", 21), 45);
    assert_int_equal(size_of(memory_of(instance, "memory")), 2 * PAGE);
}

static lodge_memory busy_memory;

static void *tries(void *unused)
{
    lodge_memory fresh = {42};

    (void)unused;
    all_refuse(busy_memory, LODGE_E_BUSY);
    FAILS(BUSY, lodge_memory_new(store, "1", 1, &fresh, ERR));
    return NULL;
}

static int32_t lets_another_try(uint64_t token, lodge_caller caller,
                                uint64_t *slots)
{
    pthread_t thread;

    (void)token, (void)slots;
    OK(lodge_caller_memory(caller, &busy_memory));
    assert_int_equal(pthread_create(&thread, NULL, tries, NULL), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    OK(lodge_memory_grow(busy_memory, 1, NULL, ERR));
    return 0;
}

static void another_thread_is_told_that_the_store_is_busy(void **state)
{
    lodge_linker linker = new_linker(engine);

    (void)state;
    OK(lodge_linker_func(linker, TEXT("env"), TEXT("f"), TEXT("i32 ->"),
                         lets_another_try, 0, ERR));
    assert_int_equal(call1(instance_in_store(linker, calls_host), "go", 21),
                     21);
}

static int32_t closes_its_store(uint64_t token, lodge_caller caller,
                                uint64_t *slots)
{
    lodge_memory memory;
    uint64_t bytes = 42;

    (void)token, (void)slots;
    OK(lodge_caller_memory(caller, &memory));
    OK(lodge_memory_grow(memory, 1, NULL, ERR));
    OK(lodge_store_close(store));
    if (lodge_memory_size(memory, &bytes, ERR) == LODGE_OK)
        assert_int_equal(bytes, 2 * PAGE);
    else
        assert_int_equal(bytes, 42);
    return 0;
}

static void a_memory_outlives_the_close_of_its_store_in_use(void **state)
{
    lodge_linker linker = new_linker(engine);
    lodge_instance instance;
    lodge_status st;
    uint64_t slot = 21;

    (void)state;
    OK(lodge_linker_func(linker, TEXT("env"), TEXT("f"), TEXT("i32 ->"),
                         closes_its_store, 0, ERR));
    instance = instance_in_store(linker, calls_host);
    st = lodge_func_call(func_of(instance, "go"), &slot, 1, ERR);
    assert_true(st == LODGE_OK || st == LODGE_E_CANCELLED);
    FAILS(HANDLE, lodge_func_call((lodge_func){store.id}, &slot, 1, ERR));
    assert_int_equal(stat_of(LODGE_STAT_LIVE + LODGE_KIND_STORE), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(a_new_memory_has_its_pages_and_is_zero),
        STORE_TEST(a_type_reads_back_as_it_was_given),
        STORE_TEST(a_type_may_be_written_in_several_ways),
        STORE_TEST(a_malformed_type_is_refused_and_out_is_untouched),
        STORE_TEST(a_type_with_a_nul_inside_is_refused),
        STORE_TEST(a_size_that_no_memory_can_have_is_a_type_error),
        STORE_TEST(a_shared_memory_needs_its_key),
        STORE_TEST(a_memory_is_made_only_in_a_store),
        STORE_TEST(a_memory_grows_up_to_its_maximum),
        STORE_TEST(growth_that_overflows_is_refused),
        STORE_TEST(a_memory64_does_not_overflow_either),
        STORE_TEST(growth_that_failed_is_not_counted),
        STORE_TEST(memories_are_counted_once_each_and_given_back),
        STORE_TEST(growth_that_fails_again_and_again_uses_nothing_up),
        STORE_TEST(the_stores_limit_holds_for_growth),
        STORE_TEST(the_stores_limit_holds_for_new_memories),
        STORE_TEST(the_stores_limit_on_memories_holds),
        STORE_TEST(a_guest_whose_growth_is_refused_sees_minus_one),
        STORE_TEST(a_full_four_gibibyte_memory_is_usable_at_its_end),
        STORE_TEST(sizes_beyond_four_gibibytes_may_be_declared),
        STORE_TEST(pages_of_one_byte_are_counted_in_bytes),
        STORE_TEST(ids_that_name_nothing_are_refused),
        STORE_TEST(ids_of_other_kinds_are_refused),
        STORE_TEST(a_wrong_kind_is_named_in_the_message),
        STORE_TEST(a_memory_is_stale_when_its_store_was_closed),
        STORE_TEST(a_memory_goes_with_an_instance_of_its_own_store),
        STORE_TEST(a_memory_is_stale_after_engine_shutdown),
        STORE_TEST(a_guest_sees_a_memory_that_the_host_made),
        STORE_TEST(a_memory_that_does_not_fit_the_import_is_refused),
        STORE_TEST(several_memories_are_told_apart),
        STORE_TEST(a_memory_can_be_used_during_a_host_call),
        STORE_TEST(another_thread_is_told_that_the_store_is_busy),
        STORE_TEST(a_memory_outlives_the_close_of_its_store_in_use),
    };

    return RUN(tests);
}

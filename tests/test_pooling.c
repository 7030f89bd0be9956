/* test_pooling.c - the promises of pools: full ones are told with the key
 * that makes them larger, and nothing of a former tenant is left in a slot.
 */
#include <pthread.h>

#include "lodge_test.h"

enum { PAGE = 65536, MOST_PAGES = 32, TURNS = 10000 };

/* ---- full pools ------------------------------------------------------- */

#define POOL "allocator=pooling,memory-reservation=4M,memory-guard-size=64K,"

/* A guest that suspends takes a stack. */
static const char waits_text[] =
    "(module (import \"h\" \"wait\" (func $wait (result i32)))"
    " (func (export \"wait\") (result i32) (call $wait)))";

static const struct full {
    const char *settings, *key, *guest;
} pools[] = {
    {POOL "pool-instances=2", "pool-instances", "(module)"},
    {POOL "pool-memories=2", "pool-memories", "(module (memory 1))"},
    {POOL "pool-tables=2", "pool-tables", "(module (table 1 funcref))"},
    {POOL "pool-gc-heaps=2", "pool-gc-heaps",
     "(module (type $s (struct)) (global (mut (ref null $s))"
     " (struct.new $s)))"},
};
enum { POOLS = sizeof pools / sizeof *pools };

static lodge_status make(lodge_linker linker, lodge_module module,
                         lodge_instance *out)
{
    return lodge_instance_new(linker, (lodge_store){0}, module, out, ERR);
}

static void a_full_pool_names_its_key_and_recovers(void **s)
{
    lodge_instance in[3];
    lodge_engine engine;
    lodge_linker linker;
    lodge_module module;
    size_t i, round;

    (void)s;
    for (i = 0; i < POOLS; i++) {
        engine = new_engine_with(pools[i].settings);
        linker = new_linker(engine);
        module = new_module(engine, pools[i].guest);
        OK(make(linker, module, &in[0]));
        OK(make(linker, module, &in[1]));
        for (round = 0; round < 20; round++) {
            in[2].id = 7;
            SAYS(LIMIT, pools[i].key, make(linker, module, &in[2]));
            assert_int_equal(in[2].id, 7);
            OK(lodge_instance_close(in[round % 2]));
            OK(make(linker, module, &in[round % 2]));
        }
        lodge_engine_shutdown(engine);
    }
}

/* What the host makes is mapped on demand; it needs no place in the pool. */
static void items_of_the_host_take_no_place(void **s)
{
    lodge_engine engine =
        new_engine_with(POOL "pool-memories=1,pool-tables=1");
    lodge_store store = new_store(engine);
    lodge_memory memory;
    lodge_table table;
    int i;

    (void)s;
    for (i = 0; i < 5; i++) {
        OK(lodge_memory_new(store, TEXT("1"), &memory, ERR));
        OK(lodge_table_new(store, TEXT("1 funcref"), 0, &table, ERR));
    }
    lodge_engine_shutdown(engine);
}

static lodge_linker waiting_linker(lodge_engine engine)
{
    lodge_linker linker = new_linker(engine);
    lodge_host host;
    uint32_t index;

    OK(lodge_host_new(engine, TEXT("h"), &host, ERR));
    OK(lodge_host_func(host, TEXT("-> i32"), LODGE_HOST_SUSPEND, 0, &index,
                       ERR));
    OK(lodge_host_export(host, index, TEXT("wait"), ERR));
    OK(lodge_linker_add_host(linker, host, ERR));
    lodge_host_close(host);
    return linker;
}

enum { WORDS = LODGE_FRAME_SLOTS + 40 };

/* A call that ends or stops; its error record lies behind the slots. */
static lodge_status call_frame(lodge_instance in, const char *name,
                               uint64_t frame[WORDS])
{
    memset(frame, 0, WORDS * sizeof *frame);
    frame[LODGE_FRAME_FUNC] = func_of(in, name).id;
    frame[LODGE_FRAME_CAPACITY] = 4;
    frame[LODGE_FRAME_ERROR] = (LODGE_FRAME_SLOTS + 4) | UINT64_C(36) << 32;
    return lodge_call(frame);
}

static const char *message_in(const uint64_t *frame)
{
    const lodge_error *err =
        (const lodge_error *)(const void *)&frame[LODGE_FRAME_SLOTS + 4];

    return err->message;
}

static void a_pool_without_stacks_names_its_key_and_recovers(void **s)
{
    lodge_engine engine = new_engine_with(POOL "pool-stacks=2");
    lodge_linker linker = waiting_linker(engine);
    lodge_module module = new_module(engine, waits_text);
    uint64_t frames[2][WORDS], third[WORDS];
    lodge_instance in[3];
    int i;

    (void)s;
    for (i = 0; i < 3; i++)
        OK(make(linker, module, &in[i]));
    for (i = 0; i < 2; i++)
        assert_int_equal(call_frame(in[i], "wait", frames[i]), LODGE_REQUEST);
    for (i = 0; i < 10; i++) {
        assert_int_equal(call_frame(in[2], "wait", third), LODGE_E_LIMIT);
        if (!strstr(message_in(third), "pool-stacks"))
            fail_msg("\"%s\" lacks pool-stacks", message_in(third));
    }
    lodge_instance_close(in[0]);
    assert_int_equal(call_frame(in[2], "wait", third), LODGE_REQUEST);
    third[LODGE_FRAME_SLOTS] = 42;
    third[LODGE_FRAME_STATUS] = 0;
    assert_int_equal(lodge_resume(third), LODGE_OK);
    assert_int_equal(third[LODGE_FRAME_SLOTS], 42);
    lodge_engine_shutdown(engine);
    reap_everything();
}

/* Refused when it is opened, before anything of the pool is taken. */
static void a_module_too_large_for_a_slot_names_the_key(void **s)
{
    static const struct full sizes[] = {
        {POOL "pool-memories-per-module=1", "pool-memories-per-module",
         "(module (memory 1) (memory 1))"},
        {POOL "pool-tables-per-module=1", "pool-tables-per-module",
         "(module (table 1 funcref) (table 1 funcref))"},
        {POOL "pool-max-memory-size=1M", "pool-max-memory-size",
         "(module (memory 17))"},
        {POOL "pool-memories=3", "memory-reservation", "(module (memory 65))"},
        {POOL "pool-table-elements=10", "pool-table-elements",
         "(module (table 11 funcref))"},
        {POOL "pool-tables=1,pool-tables-per-module=2", "pool-tables",
         "(module (table 1 funcref) (table 1 funcref))"},
    };
    lodge_module module = {7};
    lodge_engine engine;
    size_t i;

    (void)s;
    for (i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        engine = new_engine_with(sizes[i].settings);
        SAYS(LIMIT, sizes[i].key,
             lodge_module_open(engine, (const uint8_t *)sizes[i].guest,
                               strlen(sizes[i].guest), &module, ERR));
        assert_int_equal(module.id, 7);
        lodge_engine_close(engine);
    }
}

static void a_module_of_many_items_names_the_instance_size(void **s)
{
    static char text[64 * 1024];
    lodge_engine engine = new_engine_with(POOL "pool-instance-size=4096");
    lodge_module module = {7};
    size_t len = (size_t)snprintf(text, sizeof text, "(module");
    int i;

    (void)s;
    for (i = 0; i < 1000; i++)
        len += (size_t)snprintf(text + len, sizeof text - len,
                                " (global (mut i64) (i64.const 1))");
    len += (size_t)snprintf(text + len, sizeof text - len, ")");
    SAYS(LIMIT, "pool-instance-size",
         lodge_module_open(engine, (const uint8_t *)text, len, &module, ERR));
    assert_int_equal(module.id, 7);
    lodge_engine_close(engine);
}

/* ---- slots that are used again ------------------------------------------ */

/* "soil" writes all a guest can write; "dirt" counts what is not as new. */
static const char tenant_text[] =
    "(module (import \"h\" \"wait\" (func $wait (result i32)))"
    " (type $bytes (array (mut i8)))"
    " (type $pair (struct (field (mut i64)) (field (mut i64))))"
    " (memory (export \"m\") 1 32) (table $t 4 300 funcref)"
    " (table $x 4 300 externref)"
    " (global $g (mut i64) (i64.const 0))"
    " (global $kept (mut (ref null $bytes)) (ref.null $bytes))"
    " (func $f) (elem declare func $f)"
    " (func (export \"wait\") (result i32) (call $wait))"
    " (func (export \"trap\") unreachable)"
    " (func (export \"spin\") (loop $l (br $l)))"
    " (func $deep (param i32 i64 i64 i64) (result i64)"
    "  (if (result i64) (local.get 0)"
    "   (then (i64.add (local.get 1) (call $deep"
    "    (i32.sub (local.get 0) (i32.const 1)) (local.get 1) (local.get 2)"
    "    (local.get 3))))"
    "   (else (i64.add (local.get 2) (local.get 3)))))"
    " (func (export \"soil\") (param i32) (result i32)"
    "  (drop (memory.grow (local.get 0)))"
    "  (memory.fill (i32.const 0) (i32.const 0xA5)"
    "   (i32.mul (memory.size) (i32.const 65536)))"
    "  (drop (table.grow $t (ref.func $f) (i32.const 200)))"
    "  (table.fill $t (i32.const 0) (ref.func $f) (table.size $t))"
    "  (global.set $g (i64.const -1))"
    "  (global.set $kept"
    "   (array.new $bytes (i32.const 0xA5) (i32.const 40000)))"
    "  (drop (call $deep (i32.const 500) (i64.const 0xA5A5A5A5A5A5A5A5)"
    "   (i64.const 0xA5A5A5A5A5A5A5A5) (i64.const 0xA5A5A5A5A5A5A5A5)))"
    "  (memory.size))"
    " (func (export \"dirt\") (param i32) (result i32)"
    "  (local $at i32) (local $end i32) (local $n i32)"
    "  (local $a (ref null $bytes)) (local $p (ref null $pair))"
    "  (drop (memory.grow (local.get 0)))"
    "  (local.set $end (i32.mul (memory.size) (i32.const 65536)))"
    "  (loop $l"
    "   (local.set $n (i32.add (local.get $n)"
    "    (i64.ne (i64.load (local.get $at)) (i64.const 0))))"
    "   (br_if $l (i32.lt_u (local.tee $at"
    "    (i32.add (local.get $at) (i32.const 8))) (local.get $end))))"
    "  (drop (table.grow $t (ref.null func) (i32.const 250)))"
    "  (drop (table.grow $x (ref.null extern) (i32.const 250)))"
    "  (local.set $at (i32.const 0))"
    "  (loop $l"
    "   (local.set $n (i32.add (local.get $n) (i32.eqz"
    "    (ref.is_null (table.get $t (local.get $at))))))"
    "   (local.set $n (i32.add (local.get $n) (i32.eqz"
    "    (ref.is_null (table.get $x (local.get $at))))))"
    "   (br_if $l (i32.lt_u (local.tee $at"
    "    (i32.add (local.get $at) (i32.const 1))) (table.size $t))))"
    "  (local.set $n (i32.add (local.get $n)"
    "   (i64.ne (global.get $g) (i64.const 0))))"
    "  (local.set $n (i32.add (local.get $n)"
    "   (i32.eqz (ref.is_null (global.get $kept)))))"
    "  (local.set $a (array.new_default $bytes (i32.const 50000)))"
    "  (local.set $p (struct.new_default $pair))"
    "  (local.set $n (i32.add (local.get $n)"
    "   (i64.ne (struct.get $pair 0 (local.get $p)) (i64.const 0))))"
    "  (local.set $at (i32.const 0))"
    "  (loop $l"
    "   (local.set $n (i32.add (local.get $n) (i32.ne (i32.const 0)"
    "    (array.get_u $bytes (local.get $a) (local.get $at)))))"
    "   (br_if $l (i32.lt_u (local.tee $at"
    "    (i32.add (local.get $at) (i32.const 1))) (i32.const 50000))))"
    "  (local.get $n)))";

/* So few places that the next tenant gets the former's; a heap has that of a
 * memory.
 */
#define NARROW                                                                \
    "allocator=pooling,memory-reservation=2M,memory-guard-size=64K,"          \
    "pool-instances=1,pool-memories=2,pool-tables=2,pool-tables-per-module=2" \
    ",pool-gc-heaps=1,pool-stacks=1,interruption=on,"

static const char *const keeps[] = {
    NARROW "pool-memory-keep=0",
    NARROW "pool-memory-keep=64K,pool-table-keep=64K,pool-stack-keep=64K",
    NARROW "pool-memory-keep=2M,pool-table-keep=1M,pool-stack-keep=1M",
    NARROW "pool-memory-keep=100000,pool-table-keep=1000,pool-warm-slots=0",
    NARROW "memory-init-cow=off,pool-memory-keep=1M",
    NARROW "pool-decommit-batch=10,pool-memory-keep=4096",
};
enum { KEEPS = sizeof keeps / sizeof *keeps };

static struct {
    lodge_engine engine;
    lodge_linker linker;
    lodge_module module, other;
    int turn;
} house;

static void house_open(const char *settings)
{
    char other[sizeof tenant_text + 80];

    house.engine = new_engine_with(settings);
    house.linker = waiting_linker(house.engine);
    house.module = new_module(house.engine, tenant_text);
    snprintf(other, sizeof other, "(module $other%s", tenant_text + 7);
    house.other = new_module(house.engine, other);
}

static void house_close(void)
{
    lodge_engine_shutdown(house.engine);
    reap_everything();
}

/* A tenant of the same module, or of another that looks the same. */
static lodge_instance tenant(void)
{
    lodge_instance in;

    OK(make(house.linker, house.turn++ % 3 ? house.module : house.other, &in));
    return in;
}

static uint64_t ask(lodge_instance in, const char *name, uint64_t value)
{
    OK(lodge_func_call(func_of(in, name), &value, 1, ERR));
    return value;
}

static lodge_instance soiled(uint64_t pages)
{
    lodge_instance in = tenant();

    assert_int_equal(ask(in, "soil", pages), pages + 1);
    return in;
}

/* The guest's look, and the host's. */
static void is_as_new(uint64_t pages)
{
    lodge_instance in = tenant();
    static uint8_t found[PAGE];
    lodge_memory memory;
    uint64_t at, size;
    size_t i;

    OK(lodge_instance_memory(in, "m", 1, &memory, ERR));
    OK(lodge_memory_size(memory, &size, ERR));
    assert_int_equal(size, PAGE);
    assert_int_equal(ask(in, "dirt", pages), 0);
    for (at = 0; at <= pages; at++) {
        OK(lodge_memory_read(memory, at * PAGE, found, PAGE, ERR));
        for (i = 0; i < PAGE; i++)
            assert_int_equal(found[i], 0);
    }
    lodge_instance_close(in);
}

/* How the former tenant ends. */
static void ends_by_close(lodge_instance in)
{
    lodge_instance_close(in);
}

static void ends_after_a_trap(lodge_instance in)
{
    FAILS(TRAP, lodge_func_call(func_of(in, "trap"), NULL, 0, ERR));
    lodge_instance_close(in);
}

static void ends_after_a_deadline(lodge_instance in)
{
    lodge_store store;

    OK(lodge_instance_store(in, &store, ERR));
    OK(lodge_store_set(store, LODGE_STORE_DEADLINE, 1000000, ERR));
    FAILS(DEADLINE, lodge_func_call(func_of(in, "spin"), NULL, 0, ERR));
    lodge_instance_close(in);
}

static void ends_while_it_waits(lodge_instance in)
{
    uint64_t frame[WORDS];

    assert_int_equal(call_frame(in, "wait", frame), LODGE_REQUEST);
    lodge_instance_close(in);
}

static void ends_after_it_waited(lodge_instance in)
{
    uint64_t frame[WORDS];

    assert_int_equal(call_frame(in, "wait", frame), LODGE_REQUEST);
    frame[LODGE_FRAME_STATUS] = (uint64_t)(int64_t)LODGE_E_CANCELLED;
    assert_int_equal(lodge_resume(frame), LODGE_E_CANCELLED);
    lodge_instance_close(in);
}

static void *closes(void *in)
{
    lodge_instance_close(*(lodge_instance *)in);
    return NULL;
}

static void ends_on_another_thread(lodge_instance in)
{
    pthread_t thread;

    assert_int_equal(pthread_create(&thread, NULL, closes, &in), 0);
    pthread_join(thread, NULL);
}

static void nothing_is_left_when_it(void (*ends)(lodge_instance))
{
    uint64_t pages;
    size_t i;

    for (i = 0; i < KEEPS; i++) {
        house_open(keeps[i]);
        for (pages = 0; pages < MOST_PAGES; pages = pages * 3 + 1) {
            ends(soiled(pages));
            is_as_new(pages);
            is_as_new(MOST_PAGES - 1);
        }
        house_close();
    }
}

static void nothing_is_left_of_a_tenant_that_went(void **s)
{
    (void)s;
    nothing_is_left_when_it(ends_by_close);
}

static void nothing_is_left_of_one_that_trapped(void **s)
{
    (void)s;
    nothing_is_left_when_it(ends_after_a_trap);
}

static void nothing_is_left_of_one_that_was_late(void **s)
{
    (void)s;
    nothing_is_left_when_it(ends_after_a_deadline);
}

static void nothing_is_left_of_one_that_was_waiting(void **s)
{
    (void)s;
    nothing_is_left_when_it(ends_while_it_waits);
}

static void nothing_is_left_of_one_that_was_cancelled(void **s)
{
    (void)s;
    nothing_is_left_when_it(ends_after_it_waited);
}

static void nothing_is_left_of_one_closed_elsewhere(void **s)
{
    (void)s;
    nothing_is_left_when_it(ends_on_another_thread);
}

/* An instance that could not be made has had the slots for a moment. */
static void nothing_is_left_of_one_that_failed_to_start(void **s)
{
    static const char fails[] =
        "(module (memory 1 32) (table 4 300 funcref) (func $start"
        " (memory.fill (i32.const 0) (i32.const 0xA5) (i32.const 65536))"
        " unreachable) (start $start))";
    lodge_instance in = {7};
    lodge_module module;
    size_t i;

    (void)s;
    for (i = 0; i < KEEPS; i++) {
        house_open(keeps[i]);
        module = new_module(house.engine, fails);
        FAILS(TRAP, make(house.linker, module, &in));
        is_as_new(3);
        house_close();
    }
}

/* The data of a module is there anew, whatever the former tenant wrote. */
static void data_is_as_in_the_module(void **s)
{
    static const char text[] =
        "(module (memory (export \"m\") 2 32)"
        " (data (i32.const 65530) \"across the pages\")"
        " (func (export \"soil\") (param i32) (result i32)"
        "  (memory.fill (i32.const 0) (i32.const 0xA5) (i32.const 131072))"
        "  (i32.const 0)))";
    static uint8_t found[2 * PAGE], wanted[2 * PAGE];
    lodge_module module;
    lodge_memory memory;
    lodge_instance in;
    size_t i;
    int turn;

    (void)s;
    memcpy(wanted + 65530, "across the pages", 16);
    for (i = 0; i < KEEPS; i++) {
        house_open(keeps[i]);
        module = new_module(house.engine, text);
        for (turn = 0; turn < 5; turn++) {
            OK(make(house.linker, module, &in));
            OK(lodge_instance_memory(in, "m", 1, &memory, ERR));
            OK(lodge_memory_read(memory, 0, found, sizeof found, ERR));
            assert_memory_equal(found, wanted, sizeof found);
            ask(in, "soil", 0);
            lodge_instance_close(in);
            if (turn == 2)
                ends_by_close(soiled(7));
        }
        house_close();
    }
}

/* ---- many turns ------------------------------------------------------- */

static uint32_t dice(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

/* Writes anywhere, grows, and goes; before that all must be zero. */
static void one_turn(lodge_instance in, uint32_t *seed)
{
    static uint8_t found[MOST_PAGES * PAGE], zero[MOST_PAGES * PAGE];
    uint64_t more = dice(seed) % 4, size, at, n = dice(seed) % 5;
    lodge_memory memory;

    OK(lodge_instance_memory(in, "m", 1, &memory, ERR));
    OK(lodge_memory_grow(memory, more, NULL, ERR));
    OK(lodge_memory_size(memory, &size, ERR));
    assert_int_equal(size, (more + 1) * PAGE);
    OK(lodge_memory_read(memory, 0, found, size, ERR));
    assert_int_equal(memcmp(found, zero, size), 0);
    while (n--) {
        at = dice(seed) % size;
        OK(lodge_memory_fill(memory, at, 0xA5, dice(seed) % (size - at) + 1,
                             ERR));
    }
}

static void random_tenants_find_every_slot_as_new(void **s)
{
    lodge_instance in[4] = {{0}};
    lodge_module module;
    uint32_t seed = 7, place;
    int turn;

    (void)s;
    house_open("allocator=pooling,memory-reservation=2M,memory-guard-size=64K,"
               "pool-instances=4,pool-memories=4,pool-tables-per-module=2,"
               "pool-memory-keep=100000");
    module = new_module(house.engine, "(module (memory (export \"m\") 1 32))");
    for (turn = 0; turn < TURNS; turn++) {
        place = dice(&seed) % 4;
        lodge_instance_close(in[place]);
        OK(make(house.linker, module, &in[place]));
        one_turn(in[place], &seed);
    }
    house_close();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_full_pool_names_its_key_and_recovers),
        TEST(items_of_the_host_take_no_place),
        TEST(a_pool_without_stacks_names_its_key_and_recovers),
        TEST(a_module_too_large_for_a_slot_names_the_key),
        TEST(a_module_of_many_items_names_the_instance_size),
        TEST(nothing_is_left_of_a_tenant_that_went),
        TEST(nothing_is_left_of_one_that_trapped),
        TEST(nothing_is_left_of_one_that_was_late),
        TEST(nothing_is_left_of_one_that_was_waiting),
        TEST(nothing_is_left_of_one_that_was_cancelled),
        TEST(nothing_is_left_of_one_closed_elsewhere),
        TEST(nothing_is_left_of_one_that_failed_to_start),
        TEST(data_is_as_in_the_module),
        TEST(random_tenants_find_every_slot_as_new),
    };

    return RUN(tests);
}

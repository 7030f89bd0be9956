/* test_untrusted.c - a zoo of hostile guests: each ends in a status, with the
 * preset and nothing else. Beside it, what the preset `small` saves.
 */
#include <time.h>
#include <unistd.h>

#include "lodge_test.h"

static lodge_engine engine_of(uint32_t preset, const char *settings)
{
    lodge_config config;
    lodge_engine engine;

    OK(lodge_config_new(preset, &config, ERR));
    OK(lodge_config_parse(config, TEXT(settings), ERR));
    OK(lodge_engine_new(config, &engine, ERR));
    return engine;
}

static lodge_engine engine;

static int begin(void **state)
{
    if (nothing_lives(state))
        return -1;
    engine = engine_of(LODGE_PRESET_UNTRUSTED, "");
    return 0;
}

static int end(void **state)
{
    lodge_engine_shutdown(engine);
    return nothing_lives(state);
}

/* The same with less patience, so that a test of it does not take so long. */
static int begin_impatient(void **state)
{
    if (nothing_lives(state))
        return -1;
    engine = engine_of(LODGE_PRESET_UNTRUSTED, "store-deadline=200");
    return 0;
}

#define IMPATIENT(name)                                                       \
    cmocka_unit_test_setup_teardown(name, begin_impatient, end)
#define UNTRUSTED(name) cmocka_unit_test_setup_teardown(name, begin, end)

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static lodge_status run(const char *text)
{
    lodge_instance in = new_instance(engine, text);
    lodge_status st = lodge_func_call(func_of(in, "run"), NULL, 0, ERR);

    lodge_instance_close(in);
    return st;
}

/* ---- guests that never end ---------------------------------------------- */

static void an_endless_loop_is_ended(void **s)
{
    const double start = now();

    (void)s;
    FAILS(DEADLINE, run("(module (func (export \"run\") (loop $l (br $l))))"));
    assert_true(now() - start >= 4.5); /* not before its time */
}

static void an_endless_start_is_ended(void **s)
{
    lodge_linker linker = new_linker(engine);
    lodge_module module =
        new_module(engine, "(module (func $f (loop $l (br $l))) (start $f))");
    lodge_instance in = {7};

    (void)s;
    FAILS(DEADLINE,
          lodge_instance_new(linker, (lodge_store){0}, module, &in, ERR));
    assert_int_equal(in.id, 7);
}

static void endless_calls_are_ended(void **s)
{
    (void)s;
    FAILS(STACK, run("(module (func $f (export \"run\") (call $f)))"));
    FAILS(STACK, run("(module (table 1 funcref) (elem (i32.const 0) func $f)"
                     " (func $f (export \"run\")"
                     "  (call_indirect (i32.const 0))))"));
    FAILS(DEADLINE, run("(module (func $f (export \"run\")"
                        " (return_call $f)))"));
}

static void endless_throwing_is_ended(void **s)
{
    (void)s;
    FAILS(DEADLINE,
          run("(module (tag $t) (func (export \"run\") (loop $l"
              " (block $caught (try_table (catch $t $caught) (throw $t)))"
              " (br $l))))"));
}

/* ---- guests that take all they get ---------------------------------------- */

/* Grows until it gets no more, and then says how much it has. */
static uint64_t most_of(const char *text)
{
    lodge_instance in = new_instance(engine, text);
    uint64_t slot = 0;

    OK(lodge_func_call(func_of(in, "run"), &slot, 1, ERR));
    lodge_instance_close(in);
    return slot;
}

static void a_memory_bomb_gets_64_mib(void **s)
{
    (void)s;
    assert_int_equal(
        most_of("(module (memory 1) (func (export \"run\") (result i32)"
                " (loop $l (br_if $l (i32.ne (i32.const -1)"
                "  (memory.grow (i32.const 1))))) (memory.size)))"),
        1024);
}

static void several_memories_get_64_mib_together(void **s)
{
    (void)s;
    assert_int_equal(most_of("(module (memory $a 1) (memory $b 1)"
                             " (func (export \"run\") (result i32)"
                             " (loop $l (br_if $l (i32.ne (i32.const -1)"
                             "  (memory.grow $a (i32.const 3)))))"
                             " (loop $l (br_if $l (i32.ne (i32.const -1)"
                             "  (memory.grow $b (i32.const 1)))))"
                             " (i32.add (memory.size $a) (memory.size $b))))"),
                     1024);
}

static void a_memory_that_begins_too_large_is_refused(void **s)
{
    static const char *const texts[] = {"(module (memory 1025))",
                                        "(module (memory 65536))",
                                        "(module (memory i64 0x1000000000))"};
    lodge_linker linker = new_linker(engine);
    lodge_instance in = {7};
    size_t i;

    (void)s;
    for (i = 0; i < sizeof texts / sizeof *texts; i++)
        FAILS(LIMIT,
              lodge_instance_new(linker, (lodge_store){0},
                                 new_module(engine, texts[i]), &in, ERR));
    assert_int_equal(in.id, 7);
}

static void a_table_bomb_gets_100000_elements(void **s)
{
    (void)s;
    assert_int_equal(
        most_of("(module (table $t 0 funcref)"
                " (func (export \"run\") (result i32)"
                " (loop $l (br_if $l (i32.ne (i32.const -1)"
                "  (table.grow $t (ref.null func) (i32.const 1000)))))"
                " (table.size $t)))"),
        100000);
}

static void a_heap_bomb_meets_the_limit_too(void **s)
{
    (void)s;
    FAILS(LIMIT,
          run("(module (type $a (array (mut i64)))"
              " (type $n (struct (field (ref null $n)) (field (ref $a))))"
              " (global $list (mut (ref null $n)) (ref.null $n))"
              " (func (export \"run\") (loop $l (global.set $list"
              "  (struct.new $n (global.get $list)"
              "   (array.new_default $a (i32.const 10000)))) (br $l))))"));
}

/* ---- modules that are hard to compile ------------------------------------- */

static lodge_status open_bytes(const char *bytes, size_t len)
{
    lodge_module module = {7};
    lodge_status st =
        lodge_module_open(engine, (const uint8_t *)bytes, len, &module, ERR);

    if (st == LODGE_OK)
        lodge_module_close(module);
    else
        assert_int_equal(module.id, 7);
    return st;
}

/* "(module" + n times `part` + ")" */
static lodge_status open_many(const char *before, const char *part, size_t n,
                              const char *after)
{
    const size_t each = strlen(part);
    size_t len = strlen(before), i;
    char *text = malloc(len + n * each + strlen(after) + 1);
    lodge_status st;

    assert_non_null(text);
    memcpy(text, before, len);
    for (i = 0; i < n; i++, len += each)
        memcpy(text + len, part, each);
    memcpy(text + len, after, strlen(after) + 1);
    st = open_bytes(text, len + strlen(after));
    free(text);
    return st;
}

static void too_many_functions_are_refused(void **s)
{
    (void)s;
    FAILS(LIMIT, open_many("(module", " (func)", 50001, ")"));
    OK(open_many("(module", " (func)", 5000, ")"));
}

static void a_function_too_long_is_refused(void **s)
{
    (void)s;
    FAILS(LIMIT, open_many("(module (func", " nop nop nop nop", 70000, "))"));
    OK(open_many("(module (func", " nop nop nop nop", 7000, "))"));
}

static void too_many_locals_are_refused(void **s)
{
    (void)s;
    FAILS(LIMIT, open_many("(module (func (local", " i64", 5001, ")))"));
    OK(open_many("(module (func (local", " i64", 500, ")))"));
}

static void too_many_bytes_are_refused(void **s)
{
    char *bytes = calloc(1, (16 << 20) + 1);

    (void)s;
    assert_non_null(bytes);
    memcpy(bytes, "\0asm\1\0\0\0", 8);
    SAYS(LIMIT, "module bytes", open_bytes(bytes, (16 << 20) + 1));
    free(bytes);
}

/* Nesting as deep as a function may be long. */
static void deep_nesting_ends_in_a_status(void **s)
{
    const double start = now();
    lodge_status st;

    (void)s;
    st = open_many("(module (func", " block", 100000, "))");
    assert_true(st < 0); /* `end`s are missing: it is refused as text */
    assert_true(now() - start < 60);
}

/* ---- the preset can be widened --------------------------------------------- */

static void a_store_can_be_given_more(void **s)
{
    lodge_store store = new_store(engine);
    lodge_memory memory;
    uint64_t value;

    (void)s;
    OK(lodge_store_get(store, LODGE_STORE_DEADLINE, &value, ERR));
    assert_true(value == UINT64_C(5000000000));
    OK(lodge_store_get(store, LODGE_STORE_MEMORY_LIMIT, &value, ERR));
    assert_int_equal(value, 64 << 20);
    OK(lodge_store_set(store, LODGE_STORE_DEADLINE, 0, ERR));
    OK(lodge_store_set(store, LODGE_STORE_MEMORY_LIMIT, 128 << 20, ERR));
    OK(lodge_memory_new(store, TEXT("2000"), &memory, ERR));
}

static void a_default_deadline_needs_interruption(void **s)
{
    lodge_engine other = {7};
    lodge_config config;

    (void)s;
    OK(lodge_config_new(LODGE_PRESET_DEFAULT, &config, ERR));
    OK(lodge_config_parse(config, TEXT("store-deadline=1,interruption=off"),
                          ERR));
    SAYS(CONFIG, "store-deadline needs interruption=on",
         lodge_engine_new(config, &other, ERR));
    assert_int_equal(other.id, 7);
    lodge_config_close(config);
}

static void a_default_deadline_holds_for_every_new_store(void **s)
{
    lodge_engine other = new_engine_with("interruption=on,store-deadline=20");
    lodge_instance in =
        new_instance(other, "(module (func (export \"run\") (loop $l"
                            " (br $l))))");

    (void)s;
    FAILS(DEADLINE, lodge_func_call(func_of(in, "run"), NULL, 0, ERR));
    lodge_instance_close(in);
    lodge_engine_close(other);
}

/* ---- small ------------------------------------------------------------ */

/* Sanitizers have their own addresses. */
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

enum { INSTANCES = 50 };

/* Kilobytes of a line of /proc/self/status. */
static uint64_t process_kib(const char *name)
{
    FILE *file = fopen("/proc/self/status", "r");
    uint64_t kib = 0;
    char line[256];

    assert_non_null(file);
    while (fgets(line, sizeof line, file))
        if (strncmp(line, name, strlen(name)) == 0)
            kib = strtoull(line + strlen(name) + 1, NULL, 10);
    fclose(file);
    return kib;
}

struct cost {
    uint64_t address, resident;
};

/* What an instance with a memory of one page costs, in KiB. */
static struct cost cost_of(uint32_t preset)
{
    static const char text[] = "(module (memory 1) (func (export \"run\")"
                               " (i32.store (i32.const 0) (i32.const 1))))";
    lodge_engine of = engine_of(preset, "");
    lodge_module module = new_module(of, text);
    lodge_linker linker = new_linker(of);
    lodge_instance in[INSTANCES];
    struct cost cost = {process_kib("VmSize"), process_kib("VmRSS")};
    int i;

    for (i = 0; i < INSTANCES; i++) {
        OK(lodge_instance_new(linker, (lodge_store){0}, module, &in[i], ERR));
        OK(lodge_func_call(func_of(in[i], "run"), NULL, 0, ERR));
    }
    cost.address = (process_kib("VmSize") - cost.address) / INSTANCES;
    cost.resident = (process_kib("VmRSS") - cost.resident) / INSTANCES;
    lodge_engine_shutdown(of);
    return cost;
}

static void small_instances_take_little_room(void **s)
{
    struct cost small = cost_of(LODGE_PRESET_SMALL);
    struct cost usual = cost_of(LODGE_PRESET_DEFAULT);

    (void)s;
    print_message(
        "an instance with a memory: small %llu KiB of addresses, "
        "%llu KiB resident; default %llu and %llu\n",
        (unsigned long long)small.address, (unsigned long long)small.resident,
        (unsigned long long)usual.address, (unsigned long long)usual.resident);
    assert_in_range(small.address, 16 << 10, 24 << 10); /* 16 MiB and guards */
    assert_true(usual.address > 100 * small.address);
    assert_in_range(small.resident, 0, 64);
}

#endif

static void small_engines_start_no_threads(void **s)
{
    uint64_t before = stat_of(LODGE_STAT_THREADS);
    lodge_engine of = engine_of(LODGE_PRESET_SMALL, "");
    lodge_module module = new_module(of, "(module (func) (func) (func))");

    (void)s;
    /* The clock of deadlines is the only one. */
    assert_true(stat_of(LODGE_STAT_THREADS) <= before + 1);
    lodge_module_close(module);
    lodge_engine_close(of);
}

static void small_memories_grow_beyond_their_reservation(void **s)
{
    lodge_engine of = engine_of(LODGE_PRESET_SMALL, "");
    lodge_store store = new_store(of);
    uint8_t byte = 0;
    lodge_memory memory;

    (void)s;
    OK(lodge_memory_new(store, TEXT("1"), &memory, ERR));
    OK(lodge_memory_write(memory, 7, (const uint8_t *)"x", 1, ERR));
    OK(lodge_memory_grow(memory, 1000, NULL, ERR)); /* 62 MiB: it moves */
    OK(lodge_memory_read(memory, 7, &byte, 1, ERR));
    assert_int_equal(byte, 'x');
    lodge_engine_shutdown(of);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNTRUSTED(an_endless_loop_is_ended),
        IMPATIENT(an_endless_start_is_ended),
        IMPATIENT(endless_calls_are_ended),
        IMPATIENT(endless_throwing_is_ended),
        UNTRUSTED(a_memory_bomb_gets_64_mib),
        UNTRUSTED(several_memories_get_64_mib_together),
        UNTRUSTED(a_memory_that_begins_too_large_is_refused),
        UNTRUSTED(a_table_bomb_gets_100000_elements),
        UNTRUSTED(a_heap_bomb_meets_the_limit_too),
        UNTRUSTED(too_many_functions_are_refused),
        UNTRUSTED(a_function_too_long_is_refused),
        UNTRUSTED(too_many_locals_are_refused),
        UNTRUSTED(too_many_bytes_are_refused),
        UNTRUSTED(deep_nesting_ends_in_a_status),
        UNTRUSTED(a_store_can_be_given_more),
        UNTRUSTED(a_default_deadline_needs_interruption),
        UNTRUSTED(a_default_deadline_holds_for_every_new_store),
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
        TEST(small_instances_take_little_room),
#endif
        TEST(small_engines_start_no_threads),
        TEST(small_memories_grow_beyond_their_reservation),
    };

    return RUN(tests);
}

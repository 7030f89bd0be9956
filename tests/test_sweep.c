/* test_sweep.c - everyday use with each allocation of ours failing in turn.
 *
 * Every scenario is run once to count its allocations, then again and again
 * with the k-th failing, once and for good. Whatever fails says E_MEMORY,
 * nothing leaks, and the next run succeeds.
 */
#include "lodge_test.h"

void lodge_test_alloc_fail_at(uint64_t k, int32_t forever);
uint64_t lodge_test_alloc_attempts(void);

/* Runs a step; a failure ends the scenario. */
#define STEP(call)                                                            \
    do {                                                                      \
        st = (call);                                                          \
        if (st != LODGE_OK)                                                   \
            goto out;                                                         \
    } while (0)

typedef lodge_status scenario(void);

static void fails_cleanly(lodge_status st)
{
    lodge_test_alloc_fail_at(0, 0);
    assert_true(st == LODGE_OK || st == LODGE_E_MEMORY);
    assert_int_equal(nothing_lives(NULL), 0);
}

static void sweep(scenario *run)
{
    uint64_t k, n;

    lodge_test_alloc_fail_at(0, 0);
    assert_int_equal(run(), LODGE_OK);
    n = lodge_test_alloc_attempts();
    assert_true(n > 0);
    for (k = 1; k <= n + 2; k++) {
        lodge_test_alloc_fail_at(k, 0);
        fails_cleanly(run());
        lodge_test_alloc_fail_at(k, 1);
        fails_cleanly(run());
    }
    assert_int_equal(run(), LODGE_OK);
}

/* ---- scenarios -------------------------------------------------------- */

static lodge_status config_and_engine(void)
{
    lodge_config config = {0};
    lodge_engine engine = {0}, other = {0};
    char buf[64];
    lodge_status st;

    STEP(lodge_config_new(LODGE_PRESET_UNTRUSTED, &config, ERR));
    STEP(lodge_config_parse(config, TEXT("fuel=on,target=pulley64"), ERR));
    STEP(
        lodge_config_set_text(config, LODGE_CONFIG_TARGET, TEXT("host"), ERR));
    STEP(lodge_engine_new(config, &engine, ERR));
    STEP(lodge_engine_dup(engine, &other, ERR));
    STEP(lodge_engine_get_text(other, LODGE_CONFIG_FUEL, buf, sizeof buf, NULL,
                               ERR));
out:
    lodge_config_close(config);
    lodge_engine_close(engine);
    lodge_engine_close(other);
    return st;
}

static int32_t host_add(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    lodge_memory memory;

    (void)token;
    if (lodge_caller_memory(caller, &memory) != LODGE_OK)
        return lodge_caller_fail(caller, 1, TEXT("no memory"));
    slots[0] += slots[1];
    return LODGE_OK;
}

static const char guest[] =
    "(module (import \"h\" \"add\" (func $add (param i32 i32) (result i32)))"
    " (memory (export \"memory\") 1) (table (export \"t\") 2 funcref)"
    " (global (export \"g\") (mut i64) (i64.const 1))"
    " (func (export \"f\") (param i32) (result i32)"
    "  (call $add (local.get 0) (i32.const 1)))"
    " (func (export \"trap\") unreachable)"
    " (elem (i32.const 0) $add))";

static lodge_status use_instance(lodge_instance instance)
{
    uint64_t slots[2] = {41, 0}, value;
    lodge_func fn, trap;
    lodge_memory memory;
    lodge_table table;
    lodge_global global;
    char buf[64];
    lodge_status st;

    STEP(lodge_instance_func(instance, TEXT("f"), &fn, ERR));
    STEP(lodge_instance_memory(instance, TEXT("memory"), &memory, ERR));
    STEP(lodge_instance_table(instance, TEXT("t"), &table, ERR));
    STEP(lodge_instance_global(instance, TEXT("g"), &global, ERR));
    STEP(lodge_func_type(fn, buf, sizeof buf, NULL, ERR));
    STEP(lodge_func_call(fn, slots, 2, ERR));
    assert_int_equal(slots[0], 42);
    STEP(lodge_table_get(table, 0, &value, ERR));
    STEP(lodge_global_get(global, slots, 2, ERR));
    STEP(lodge_instance_func(instance, TEXT("trap"), &trap, ERR));
    assert_int_equal(lodge_func_call(trap, slots, 2, ERR), LODGE_E_TRAP);
out:
    return st == LODGE_E_HOST ? LODGE_E_MEMORY : st;
}

static lodge_status run_guest(lodge_engine engine, int prepared)
{
    lodge_module module = {0};
    lodge_linker linker = {0};
    lodge_prepared pre = {0};
    lodge_store store = {0};
    lodge_instance instance = {0};
    lodge_status st;

    STEP(lodge_module_open(engine, (const uint8_t *)guest, strlen(guest),
                           &module, ERR));
    STEP(lodge_linker_new(engine, &linker, ERR));
    STEP(lodge_linker_func(linker, TEXT("h"), TEXT("add"),
                           TEXT("i32 i32 -> i32"), host_add, 0, ERR));
    if (prepared) {
        STEP(lodge_linker_prepare(linker, module, &pre, ERR));
        STEP(lodge_prepared_set(pre, LODGE_STORE_TOKEN, 0, ERR));
        STEP(lodge_prepared_instance(pre, store, &instance, ERR));
    } else {
        STEP(lodge_store_new(engine, &store, ERR));
        STEP(lodge_instance_new(linker, store, module, &instance, ERR));
    }
    STEP(use_instance(instance));
out:
    lodge_instance_close(instance);
    lodge_store_close(store);
    lodge_prepared_close(pre);
    lodge_linker_close(linker);
    lodge_module_close(module);
    return st;
}

static lodge_status with_engine(int prepared)
{
    lodge_engine engine = {0};
    lodge_status st;

    STEP(preset_engine(&engine, ERR));
    STEP(run_guest(engine, prepared));
out:
    lodge_engine_close(engine);
    return st;
}

static lodge_status shared_store(void)
{
    return with_engine(0);
}

static lodge_status own_store(void)
{
    return with_engine(1);
}

/* Code goes out, and comes back in. */
static lodge_status saved_and_loaded(void)
{
    static const uint8_t key[32] = "a key for allocations that fail";
    static uint8_t buf[1 << 18];
    lodge_engine engine = {0};
    lodge_module module = {0}, loaded = {0};
    uint64_t len;
    lodge_status st;

    STEP(lodge_engine_new((lodge_config){0}, &engine, ERR));
    STEP(lodge_module_open(engine, (const uint8_t *)guest, strlen(guest),
                           &module, ERR));
    STEP(lodge_module_save(module, key, 32, buf, sizeof buf, &len, ERR));
    STEP(lodge_module_load(engine, buf, len, key, 32, &loaded, ERR));
out:
    lodge_module_close(loaded);
    lodge_module_close(module);
    lodge_engine_close(engine);
    return st;
}

/* Twice, with a cache: a failure there is none of the module's. */
static lodge_status cached_module(void)
{
    static const char keys[] = "cache-folder=/tmp/lodge-test-sweep-cache";
    lodge_config config = {0};
    lodge_engine engine = {0};
    lodge_module first = {0}, second = {0};
    lodge_status st;

    STEP(lodge_config_new(LODGE_PRESET_DEFAULT, &config, ERR));
    STEP(lodge_config_parse(config, TEXT(keys), ERR));
    STEP(lodge_engine_new(config, &engine, ERR));
    STEP(lodge_module_open(engine, (const uint8_t *)guest, strlen(guest),
                           &first, ERR));
    STEP(lodge_module_open(engine, (const uint8_t *)guest, strlen(guest),
                           &second, ERR));
out:
    lodge_module_close(first);
    lodge_module_close(second);
    lodge_engine_close(engine);
    lodge_config_close(config);
    return st;
}

static const char small[] = "(module (memory 1) (table 3 funcref))";

static lodge_status host_objects(void)
{
    lodge_engine engine = {0};
    lodge_store store = {0};
    lodge_linker linker = {0};
    lodge_wasi wasi = {0};
    lodge_memory memory;
    lodge_lease lease = {0};
    lodge_table table;
    lodge_global global;
    uint64_t one[2] = {1, 0}, address, len;
    lodge_extern item;
    lodge_status st;

    STEP(preset_engine(&engine, ERR));
    STEP(lodge_store_new(engine, &store, ERR));
    STEP(lodge_memory_new(store, TEXT("1 2"), &memory, ERR));
    STEP(lodge_memory_lease(memory, &address, &len, &lease, ERR));
    STEP(lodge_table_new(store, TEXT("2 funcref"), 0, &table, ERR));
    STEP(lodge_global_new(store, TEXT("mut i64"), one, &global, ERR));
    STEP(lodge_linker_new(engine, &linker, ERR));
    item = (lodge_extern){LODGE_KIND_MEMORY, 0, memory.id};
    STEP(lodge_linker_add(linker, TEXT("h"), TEXT("m"), &item, ERR));
    STEP(lodge_wasi_new(&wasi, ERR));
    STEP(lodge_wasi_arg(wasi, TEXT("program"), ERR));
    STEP(lodge_store_wasi(store, wasi, ERR));
out:
    lodge_wasi_close(wasi);
    lodge_lease_close(lease);
    lodge_linker_close(linker);
    lodge_store_close(store);
    lodge_engine_close(engine);
    return st;
}

static lodge_status budgets(void)
{
    lodge_engine engine = {0};
    lodge_budget budget = {0};
    lodge_module module = {0};
    lodge_linker linker = {0};
    lodge_prepared pre = {0};
    lodge_store store = {0};
    lodge_instance instance = {0};
    lodge_memory memory;
    uint64_t used = 0;
    lodge_status st;

    STEP(lodge_budget_new(&budget, ERR));
    STEP(lodge_budget_set(budget, LODGE_BUDGET_MEMORY, 3 * 65536, ERR));
    STEP(preset_engine(&engine, ERR));
    STEP(lodge_module_open(engine, (const uint8_t *)small, strlen(small),
                           &module, ERR));
    STEP(lodge_linker_new(engine, &linker, ERR));
    STEP(lodge_linker_prepare(linker, module, &pre, ERR));
    STEP(lodge_prepared_budget(pre, budget, ERR));
    STEP(lodge_prepared_instance(pre, store, &instance, ERR));
    STEP(lodge_store_new(engine, &store, ERR));
    STEP(lodge_store_budget(store, budget, ERR));
    STEP(lodge_memory_new(store, TEXT("1"), &memory, ERR));
    assert_int_equal(lodge_memory_grow(memory, 5, NULL, ERR), LODGE_E_LIMIT);
out:
    lodge_instance_close(instance);
    lodge_store_close(store);
    lodge_prepared_close(pre);
    if (budget.id) /* whatever failed, all was given back */
        OK(lodge_budget_get(budget, LODGE_BUDGET_MEMORY_USED, &used, ERR));
    assert_int_equal(used, 0);
    lodge_budget_close(budget);
    lodge_linker_close(linker);
    lodge_module_close(module);
    lodge_engine_close(engine);
    return st;
}

static void configs_and_engines_survive_every_failed_allocation(void **state)
{
    (void)state;
    sweep(config_and_engine);
}

static void instances_in_a_shared_store_survive_it(void **state)
{
    (void)state;
    sweep(shared_store);
}

static void instances_in_their_own_store_survive_it(void **state)
{
    (void)state;
    sweep(own_store);
}

static void memories_tables_and_wasi_survive_it(void **state)
{
    (void)state;
    sweep(host_objects);
}

static void budgets_survive_it(void **state)
{
    (void)state;
    sweep(budgets);
}

static void saving_and_loading_survives_it(void **s)
{
    (void)s;
    sweep(saved_and_loaded);
}

static void a_cache_survives_it(void **s)
{
    (void)s;
    sweep(cached_module);
    assert_int_equal(system("rm -rf /tmp/lodge-test-sweep-cache"), 0);
    sweep(cached_module); /* with a folder and a key that are there */
    assert_int_equal(system("rm -rf /tmp/lodge-test-sweep-cache"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(configs_and_engines_survive_every_failed_allocation),
        TEST(instances_in_a_shared_store_survive_it),
        TEST(instances_in_their_own_store_survive_it),
        TEST(memories_tables_and_wasi_survive_it),
        TEST(budgets_survive_it),
        TEST(saving_and_loading_survives_it),
        TEST(a_cache_survives_it),
    };

    return RUN(tests);
}

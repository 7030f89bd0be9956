/* test_budget.c - promises of budgets: memory and tables of many stores. */
#include "budget_fixture.h"
#include "zoo.h"

/* ---- the object ------------------------------------------------------- */

static void a_new_budget_limits_nothing(void **state)
{
    lodge_budget budget = new_budget();

    (void)state;
    CHECK(budget, MEMORY, UINT64_MAX);
    CHECK(budget, TABLE, UINT64_MAX);
    CHECK(budget, TIME, UINT64_MAX);
    CHECK(budget, MEMORY_USED, 0);
    CHECK(budget, TABLE_USED, 0);
    CHECK(budget, TIME_USED, 0);
    CHECK(budget, MEMORY_PEAK, 0);
    CHECK(budget, TABLE_PEAK, 0);
    CHECK(budget, MEMORY_REFUSALS, 0);
    CHECK(budget, TABLE_REFUSALS, 0);
    CHECK(budget, TIME_REFUSALS, 0);
    CHECK(budget, STORES, 0);
    lodge_budget_close(budget);
}

static void limits_are_kept_as_they_are_set(void **state)
{
    static const uint64_t values[] = {0, 1, 1 << 20, UINT64_MAX - 1,
                                      UINT64_MAX};
    lodge_budget budget = new_budget();
    uint32_t key;
    size_t i;

    (void)state;
    for (key = LODGE_BUDGET_MEMORY; key <= LODGE_BUDGET_TIME; key++) {
        for (i = 0; i < 5; i++) {
            OK(lodge_budget_set(budget, key, values[i], ERR));
            assert_int_equal(budget_value(budget, key), values[i]);
        }
    }
    lodge_budget_close(budget);
}

static void unknown_keys_are_not_found(void **state)
{
    static const uint32_t strange[] = {0,  4,  31, 35, 39,        42,
                                       47, 51, 55, 57, UINT32_MAX};
    static const uint32_t fixed[] = {
        LODGE_BUDGET_MEMORY_USED, LODGE_BUDGET_MEMORY_PEAK,
        LODGE_BUDGET_TIME_REFUSALS, LODGE_BUDGET_STORES};
    lodge_budget budget = new_budget();
    uint64_t value = 77;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof strange / sizeof *strange; i++) {
        FAILS(NOT_FOUND, lodge_budget_set(budget, strange[i], 1, ERR));
        FAILS(NOT_FOUND, lodge_budget_get(budget, strange[i], &value, ERR));
    }
    assert_int_equal(value, 77);
    for (i = 0; i < 4; i++)
        SAYS(NOT_FOUND, "that can be set",
             lodge_budget_set(budget, fixed[i], 1, ERR));
    FAILS(ARGUMENT, lodge_budget_get(budget, LODGE_BUDGET_TIME, NULL, ERR));
    FAILS(ARGUMENT, lodge_budget_new(NULL, ERR));
    lodge_budget_close(budget);
}

static void only_budgets_are_budgets(void **state)
{
    lodge_prepared prepared;
    uint64_t value = 77;
    struct zoo zoo;

    (void)state;
    zoo_open(&zoo);
    prepared.id = zoo.id[LODGE_KIND_PREPARED];
    FOR_STRANGERS(&zoo, LODGE_KIND_BUDGET, lodge_budget, other, {
        FAILS(HANDLE, lodge_budget_set(other, LODGE_BUDGET_TIME, 1, ERR));
        FAILS(HANDLE, lodge_budget_get(other, LODGE_BUDGET_TIME, &value, ERR));
        lodge_budget_close(other);
        if (other.id) {
            FAILS(HANDLE, lodge_store_budget(zoo.store, other, ERR));
            FAILS(HANDLE, lodge_prepared_budget(prepared, other, ERR));
        }
    });
    assert_int_equal(value, 77);
    zoo_close(&zoo);
}

static void only_stores_and_prepared_modules_take_one(void **state)
{
    lodge_budget budget;
    struct zoo zoo;

    (void)state;
    zoo_open(&zoo);
    budget.id = zoo.id[LODGE_KIND_BUDGET];
    FOR_STRANGERS(&zoo, LODGE_KIND_STORE, lodge_store, other,
                  FAILS(HANDLE, lodge_store_budget(other, budget, ERR)));
    FOR_STRANGERS(&zoo, LODGE_KIND_PREPARED, lodge_prepared, other,
                  FAILS(HANDLE, lodge_prepared_budget(other, budget, ERR)));
    CHECK(budget, STORES, 0);
    zoo_close(&zoo);
}

static void a_closed_budget_is_refused(void **state)
{
    lodge_budget budget = new_budget();
    uint64_t value = 77;

    (void)state;
    lodge_budget_close(budget);
    lodge_budget_close(budget);
    FAILS(HANDLE, lodge_budget_set(budget, LODGE_BUDGET_TIME, 1, ERR));
    FAILS(HANDLE, lodge_budget_get(budget, LODGE_BUDGET_TIME, &value, ERR));
    FAILS(HANDLE, lodge_store_budget(store, budget, ERR));
    assert_int_equal(value, 77);
}

static void a_closed_store_is_refused(void **state)
{
    lodge_budget budget = new_budget();

    (void)state;
    lodge_store_close(store);
    FAILS(HANDLE, lodge_store_budget(store, budget, ERR));
    CHECK(budget, STORES, 0);
    lodge_budget_close(budget);
}

static void stores_keep_to_a_budget_that_was_closed(void **state)
{
    lodge_budget budget = budget_of(LODGE_BUDGET_MEMORY, 2 * PAGE);
    lodge_store a = store_with(budget), b = store_with(budget);
    lodge_instance instance;

    (void)state;
    lodge_budget_close(budget);
    instance = instance_in(a, growing);
    assert_int_equal(call1(instance, "grow", 1), 1);
    FAILS(LIMIT, instantiate(b, growing, &instance));
    lodge_store_close(a);
    OK(instantiate(b, growing, &instance));
}

/* ---- memory ----------------------------------------------------------- */

static void the_sum_of_memory_is_limited(void **state)
{
    lodge_budget budget = budget_of(LODGE_BUDGET_MEMORY, 4 * PAGE);
    lodge_store a = store_with(budget), b = store_with(budget);
    lodge_instance in_a = instance_in(a, growing);
    lodge_instance in_b = instance_in(b, growing);

    (void)state;
    CHECK(budget, STORES, 2);
    CHECK(budget, MEMORY_USED, 2 * PAGE);
    assert_int_equal(call1(in_a, "grow", 1), 1);
    assert_int_equal(call1(in_b, "grow", 2), REFUSED);
    assert_int_equal(call1(in_b, "grow", 1), 1);
    assert_int_equal(call1(in_a, "grow", 1), REFUSED);
    CHECK(budget, MEMORY_USED, 4 * PAGE);
    CHECK(budget, MEMORY_PEAK, 4 * PAGE);
    CHECK(budget, MEMORY_REFUSALS, 2);
    lodge_store_close(a);
    CHECK(budget, MEMORY_USED, 2 * PAGE);
    CHECK(budget, STORES, 1);
    assert_int_equal(call1(in_b, "grow", 3), REFUSED);
    assert_int_equal(call1(in_b, "grow", 2), 2);
    lodge_store_close(b);
    CHECK(budget, MEMORY_USED, 0);
    CHECK(budget, MEMORY_PEAK, 4 * PAGE);
    lodge_budget_close(budget);
}

static void an_instance_that_does_not_fit_takes_nothing(void **state)
{
    static const char two[] =
        "(module (memory 1) (memory 3) (table 9 anyref))";
    lodge_budget budget = budget_of(LODGE_BUDGET_MEMORY, 3 * PAGE);
    lodge_store st = store_with(budget);
    lodge_instance instance = {77};

    (void)state;
    SAYS(LIMIT, "LODGE_BUDGET_MEMORY", instantiate(st, two, &instance));
    assert_int_equal(test_err.detail, LODGE_LIMIT_BUDGET_MEMORY);
    assert_int_equal(instance.id, 77);
    CHECK(budget, MEMORY_USED, 0);
    CHECK(budget, TABLE_USED, 0);
    CHECK(budget, MEMORY_REFUSALS, 1);
    assert_int_equal(value_of(st, LODGE_STORE_MEMORY_BYTES), 0);
    assert_int_equal(value_of(st, LODGE_STORE_REFUSALS), 1);
    assert_int_equal(value_of(st, LODGE_STORE_LAST_REFUSAL),
                     LODGE_LIMIT_BUDGET_MEMORY);
    OK(lodge_budget_set(budget, LODGE_BUDGET_MEMORY, 4 * PAGE, ERR));
    OK(instantiate(st, two, &instance));
    CHECK(budget, MEMORY_USED, 4 * PAGE);
    CHECK(budget, TABLE_USED, 9);
    lodge_budget_close(budget);
}

static void memories_of_the_host_count_too(void **state)
{
    lodge_budget budget = budget_of(LODGE_BUDGET_MEMORY, 3 * PAGE);
    lodge_memory memory = {77}, other = {77};
    uint64_t old = 77;

    (void)state;
    OK(lodge_store_budget(store, budget, ERR));
    SAYS(LIMIT, "LODGE_BUDGET_MEMORY",
         lodge_memory_new(store, TEXT("4"), &memory, ERR));
    assert_int_equal(test_err.detail, LODGE_LIMIT_BUDGET_MEMORY);
    CHECK(budget, MEMORY_USED, 0);
    OK(lodge_memory_new(store, TEXT("2"), &memory, ERR));
    FAILS(LIMIT, lodge_memory_new(store, TEXT("2"), &other, ERR));
    assert_int_equal(other.id, 77);
    SAYS(LIMIT, "LODGE_BUDGET_MEMORY",
         lodge_memory_grow(memory, 2, &old, ERR));
    assert_int_equal(test_err.detail, LODGE_LIMIT_BUDGET_MEMORY);
    assert_int_equal(old, 77);
    OK(lodge_memory_grow(memory, 1, &old, ERR));
    assert_int_equal(old, 2);
    CHECK(budget, MEMORY_USED, 3 * PAGE);
    lodge_budget_close(budget);
}

static void a_growth_that_fails_after_all_is_given_back(void **state)
{
    lodge_budget budget = budget_of(LODGE_BUDGET_MEMORY, 64 * PAGE);
    lodge_engine small = new_engine_with(
        "memory-may-move=off,memory-reservation=1M,memory-guard-size=64K");
    lodge_store st = new_store(small);
    lodge_memory memory;

    (void)state;
    OK(lodge_store_budget(st, budget, ERR));
    OK(lodge_memory_new(st, TEXT("1"), &memory, ERR));
    FAILS(LIMIT, lodge_memory_grow(memory, 60, NULL, ERR));
    assert_int_equal(test_err.detail, LODGE_LIMIT_OTHER);
    CHECK(budget, MEMORY_USED, PAGE);
    CHECK(budget, MEMORY_REFUSALS, 0);
    assert_int_equal(value_of(st, LODGE_STORE_REFUSALS), 1);
    OK(lodge_memory_grow(memory, 2, NULL, ERR));
    CHECK(budget, MEMORY_USED, 3 * PAGE);
    lodge_engine_shutdown(small);
    CHECK(budget, MEMORY_USED, 0);
    lodge_budget_close(budget);
}

static void a_memory_that_the_system_refuses_is_given_back(void **state)
{
    static const char *const types[] = {
        "281474976710655 i64", /* 2^64 bytes and a page less */
        "140737488355328 i64",
    };
    lodge_budget budget = new_budget();
    lodge_memory memory;
    size_t i;

    (void)state;
    OK(lodge_store_budget(store, budget, ERR));
    for (i = 0; i < 2; i++) {
        FAILS(LIMIT, lodge_memory_new(store, TEXT(types[i]), &memory, ERR));
        CHECK(budget, MEMORY_USED, 0);
        assert_int_equal(store_value(LODGE_STORE_MEMORY_BYTES), 0);
    }
    assert_int_equal(test_err.detail, LODGE_LIMIT_PROCESS);
    OK(lodge_memory_new(store, TEXT("16 i64"), &memory, ERR));
    CHECK(budget, MEMORY_USED, 16 * PAGE);
    lodge_budget_close(budget);
}

/* A memory of single bytes is refused beyond 4 GiB - 2 without a question to
 * the limiter: what the growth before it took must stay taken.
 */
static void a_growth_nobody_was_asked_about_gives_nothing_back(void **state)
{
    lodge_budget budget = budget_of(LODGE_BUDGET_MEMORY, 10000);
    lodge_instance instance;
    int i;

    (void)state;
    OK(lodge_store_budget(store, budget, ERR));
    instance = guest("(module (memory 1000 (pagesize 1))"
                     " (func (export \"grow\") (param i32) (result i32)"
                     "  (memory.grow (local.get 0))))");
    for (i = 1; i < 10; i++) {
        assert_int_equal(call1(instance, "grow", 1000), 1000 * i);
        assert_int_equal(call1(instance, "grow", UINT32_MAX), REFUSED);
        CHECK(budget, MEMORY_USED, 1000 * (i + 1));
        assert_int_equal(store_value(LODGE_STORE_MEMORY_BYTES),
                         1000 * (i + 1));
    }
    assert_int_equal(call1(instance, "grow", 1), REFUSED);
    lodge_budget_close(budget);
}

static const char collector[] =
    "(module (type $bytes (array (mut i8)))"
    " (type $list (struct (field (ref null $list)) (field (ref $bytes))))"
    " (global $all (mut (ref null $list)) (ref.null $list))"
    " (func (export \"keep\") (param i32)"
    "  (global.set $all (struct.new $list (global.get $all)"
    "   (array.new_default $bytes (local.get 0)))))"
    " (func (export \"drop\") (global.set $all (ref.null $list))))";

static void heaps_of_the_collector_count(void **state)
{
    enum { LIMIT_BYTES = 4 << 20, KEPT = 100000 };
    lodge_budget budget = budget_of(LODGE_BUDGET_MEMORY, LIMIT_BYTES);
    lodge_store a = store_with(budget), b = store_with(budget);
    lodge_func keep_a = func_of(instance_in(a, collector), "keep");
    lodge_func keep_b = func_of(instance_in(b, collector), "keep");
    uint64_t slot, kept = 0;
    lodge_status st;

    (void)state;
    do {
        slot = KEPT;
        st = lodge_func_call(kept % 2 ? keep_a : keep_b, &slot, 1, ERR);
        assert_true(budget_value(budget, LODGE_BUDGET_MEMORY_USED) <=
                    LIMIT_BYTES);
        assert_true(budget_value(budget, LODGE_BUDGET_MEMORY_USED) >=
                    kept * KEPT);
    } while (st == LODGE_OK && ++kept < 100);
    GIVES(LODGE_E_LIMIT, st);
    assert_non_null(strstr(test_err.message, "LODGE_BUDGET_MEMORY"));
    assert_int_equal(test_err.detail, LODGE_LIMIT_BUDGET_MEMORY);
    assert_true(kept > 2);
    assert_int_equal(budget_value(budget, LODGE_BUDGET_MEMORY_USED),
                     value_of(a, LODGE_STORE_MEMORY_BYTES) +
                         value_of(b, LODGE_STORE_MEMORY_BYTES));
    lodge_store_close(a);
    slot = KEPT;
    OK(lodge_func_call(keep_b, &slot, 1, ERR));
    lodge_store_close(b);
    CHECK(budget, MEMORY_USED, 0);
    lodge_budget_close(budget);
}

static void a_lease_keeps_its_memory_counted(void **state)
{
    lodge_budget budget = new_budget();
    uint64_t address, len;
    lodge_memory memory;
    lodge_lease lease;

    (void)state;
    OK(lodge_store_budget(store, budget, ERR));
    OK(lodge_memory_new(store, TEXT("2 2"), &memory, ERR));
    OK(lodge_memory_lease(memory, &address, &len, &lease, ERR));
    lodge_store_close(store);
    CHECK(budget, MEMORY_USED, 2 * PAGE);
    lodge_lease_close(lease);
    CHECK(budget, MEMORY_USED, 0);
    lodge_budget_close(budget);
}

/* Nobody is asked when they grow, so they count in full from the beginning. */
static void shared_memories_count_with_all_they_may_have(void **state)
{
    static const char text[] =
        "(module (memory 1 5 shared) (memory 2)"
        " (func (export \"grow\") (param i32) (result i32)"
        "  (memory.grow (local.get 0))))";
    lodge_budget budget = budget_of(LODGE_BUDGET_MEMORY, 6 * PAGE);
    lodge_instance in = {77};

    (void)state;
    lodge_engine_shutdown(engine);
    engine = new_engine_with(sharing());
    store = store_with(budget);
    SAYS(LIMIT, "LODGE_BUDGET_MEMORY", instantiate(store, text, &in));
    CHECK(budget, MEMORY_USED, 0);
    OK(lodge_budget_set(budget, LODGE_BUDGET_MEMORY, 3 * PAGE, ERR));
    SAYS(LIMIT, "limit of the budget", instantiate(store, text, &in));
    assert_int_equal(test_err.detail, LODGE_LIMIT_BUDGET_MEMORY);
    OK(lodge_budget_set(budget, LODGE_BUDGET_MEMORY, 7 * PAGE, ERR));
    OK(lodge_store_set(store, LODGE_STORE_MEMORY_LIMIT, 3 * PAGE, ERR));
    SAYS(LIMIT, "limit of the store", instantiate(store, text, &in));
    assert_int_equal(test_err.detail, LODGE_LIMIT_STORE_MEMORY);
    assert_int_equal(store_value(LODGE_STORE_REFUSALS), 3);
    assert_int_equal(store_value(LODGE_STORE_MEMORY_BYTES), 0);
    assert_int_equal(store_value(LODGE_STORE_MEMORY_PEAK), 0);
    CHECK(budget, MEMORY_USED, 0);
    assert_int_equal(in.id, 77);
    OK(lodge_store_set(store, LODGE_STORE_MEMORY_LIMIT, 9 * PAGE, ERR));
    OK(instantiate(store, text, &in));
    CHECK(budget, MEMORY_USED, 7 * PAGE);
    assert_int_equal(call1(in, "grow", 4), 1);
    assert_int_equal(call1(in, "grow", 1), REFUSED);
    CHECK(budget, MEMORY_USED, 7 * PAGE);
    assert_int_equal(store_value(LODGE_STORE_MEMORY_PEAK), 7 * PAGE);
    lodge_store_close(store);
    CHECK(budget, MEMORY_USED, 0);
    lodge_budget_close(budget);
}

/* ---- tables ----------------------------------------------------------- */

static void the_sum_of_elements_is_limited(void **state)
{
    lodge_budget budget = budget_of(LODGE_BUDGET_TABLE, 10);
    lodge_store a = store_with(budget), b = store_with(budget);
    lodge_instance in_a = instance_in(a, growing);
    lodge_instance in_b = instance_in(b, growing), none = {77};

    (void)state;
    CHECK(budget, TABLE_USED, 4);
    assert_int_equal(call1(in_a, "grow_table", 5), 2);
    assert_int_equal(call1(in_b, "grow_table", 2), REFUSED);
    assert_int_equal(value_of(b, LODGE_STORE_LAST_REFUSAL),
                     LODGE_LIMIT_BUDGET_TABLE);
    assert_int_equal(value_of(a, LODGE_STORE_TABLE_PEAK), 7);
    assert_int_equal(value_of(b, LODGE_STORE_TABLE_PEAK), 2);
    SAYS(LIMIT, "LODGE_BUDGET_TABLE", instantiate(b, growing, &none));
    assert_int_equal(test_err.detail, LODGE_LIMIT_BUDGET_TABLE);
    CHECK(budget, MEMORY_USED, 2 * PAGE);
    CHECK(budget, TABLE_USED, 9);
    CHECK(budget, TABLE_REFUSALS, 2);
    lodge_store_close(a);
    CHECK(budget, TABLE_USED, 2);
    assert_int_equal(call1(in_b, "grow_table", 8), 2);
    CHECK(budget, TABLE_PEAK, 10);
    lodge_budget_close(budget);
}

static void tables_of_the_host_count_too(void **state)
{
    lodge_budget budget = budget_of(LODGE_BUDGET_TABLE, 10);
    lodge_table table = {77};
    uint64_t old;

    (void)state;
    OK(lodge_store_budget(store, budget, ERR));
    SAYS(LIMIT, "LODGE_BUDGET_TABLE",
         lodge_table_new(store, TEXT("11 funcref"), 0, &table, ERR));
    assert_int_equal(test_err.detail, LODGE_LIMIT_BUDGET_TABLE);
    CHECK(budget, TABLE_USED, 0);
    OK(lodge_table_new(store, TEXT("6 funcref"), 0, &table, ERR));
    SAYS(LIMIT, "LODGE_BUDGET_TABLE",
         lodge_table_grow(table, 5, 0, &old, ERR));
    assert_int_equal(test_err.detail, LODGE_LIMIT_BUDGET_TABLE);
    OK(lodge_table_grow(table, 4, 0, &old, ERR));
    assert_int_equal(old, 6);
    CHECK(budget, TABLE_USED, 10);
    lodge_budget_close(budget);
}

/* ---- whose limit ------------------------------------------------------- */

static void the_failure_says_whose_limit_it_was(void **state)
{
    lodge_budget budget = budget_of(LODGE_BUDGET_MEMORY, 3 * PAGE);
    lodge_instance in = instance_in(store, growing), none = {77};

    (void)state;
    OK(lodge_store_set(store, LODGE_STORE_MEMORY_LIMIT, 2 * PAGE, ERR));
    OK(lodge_store_budget(store, budget, ERR));
    assert_int_equal(call1(in, "grow", 2), REFUSED);
    assert_int_equal(store_value(LODGE_STORE_LAST_REFUSAL),
                     LODGE_LIMIT_STORE_MEMORY);
    CHECK(budget, MEMORY_REFUSALS, 0);
    OK(lodge_store_set(store, LODGE_STORE_MEMORY_LIMIT, 9 * PAGE, ERR));
    assert_int_equal(call1(in, "grow", 3), REFUSED);
    assert_int_equal(store_value(LODGE_STORE_LAST_REFUSAL),
                     LODGE_LIMIT_BUDGET_MEMORY);
    CHECK(budget, MEMORY_REFUSALS, 1);
    OK(lodge_store_set(store, LODGE_STORE_MEMORY_LIMIT, PAGE, ERR));
    SAYS(LIMIT, "LODGE_STORE_MEMORY_LIMIT",
         instantiate(store, growing, &none));
    assert_int_equal(test_err.detail, LODGE_LIMIT_STORE_MEMORY);
    OK(lodge_store_set(store, LODGE_STORE_MEMORY_LIMIT, 9 * PAGE, ERR));
    OK(lodge_store_set(store, LODGE_STORE_TABLE_LIMIT, 2, ERR));
    SAYS(LIMIT, "LODGE_STORE_TABLE_LIMIT", instantiate(store, growing, &none));
    assert_int_equal(test_err.detail, LODGE_LIMIT_STORE_TABLE);
    lodge_budget_close(budget);
}

static void counts_and_the_process_are_told_apart(void **state)
{
    static const uint32_t keys[] = {LODGE_STORE_INSTANCE_LIMIT,
                                    LODGE_STORE_TABLES_LIMIT,
                                    LODGE_STORE_MEMORIES_LIMIT};
    uint64_t most = stat_of(LODGE_STAT_MEMORIES_MAX), n;
    lodge_memory memory;
    lodge_engine small;
    lodge_store st;
    size_t i;

    (void)state;
    for (i = 0; i < 3; i++) {
        lodge_instance none = {77};

        st = new_store(engine);
        OK(lodge_store_set(st, keys[i], 0, ERR));
        FAILS(LIMIT, instantiate(st, growing, &none));
        assert_int_equal(test_err.detail, LODGE_LIMIT_STORE_COUNT);
        lodge_store_close(st);
    }
    /* There must be addresses for all, under TSan, too. */
    small = new_engine_with("memory-reservation=64K,memory-guard-size=64K");
    st = new_store(small);
    OK(lodge_store_set(st, LODGE_STORE_MEMORIES_LIMIT, UINT64_MAX, ERR));
    for (n = stat_of(LODGE_STAT_MEMORIES); n < most; n++)
        OK(lodge_memory_new(st, TEXT("0 0"), &memory, ERR));
    SAYS(LIMIT, "in the process",
         lodge_memory_new(st, TEXT("0 0"), &memory, ERR));
    assert_int_equal(test_err.detail, LODGE_LIMIT_PROCESS);
    assert_int_equal(value_of(st, LODGE_STORE_LAST_REFUSAL),
                     LODGE_LIMIT_PROCESS);
    lodge_engine_shutdown(small);
}

/* ---- joining and leaving ----------------------------------------------- */

static void a_store_brings_along_what_it_has(void **state)
{
    lodge_budget budget = new_budget();

    (void)state;
    guest(growing);
    OK(lodge_store_budget(store, budget, ERR));
    CHECK(budget, MEMORY_USED, PAGE);
    CHECK(budget, TABLE_USED, 2);
    OK(lodge_store_budget(store, budget, ERR));
    CHECK(budget, MEMORY_USED, PAGE);
    CHECK(budget, STORES, 1);
    OK(lodge_store_budget(store, (lodge_budget){0}, ERR));
    CHECK(budget, MEMORY_USED, 0);
    CHECK(budget, TABLE_USED, 0);
    CHECK(budget, STORES, 0);
    lodge_budget_close(budget);
}

static void a_store_that_has_too_much_stays_where_it_is(void **state)
{
    lodge_budget first = new_budget();
    lodge_budget memory = budget_of(LODGE_BUDGET_MEMORY, PAGE - 1);
    lodge_budget table = budget_of(LODGE_BUDGET_TABLE, 1);

    (void)state;
    guest(growing);
    OK(lodge_store_budget(store, first, ERR));
    SAYS(LIMIT, "bytes of memory", lodge_store_budget(store, memory, ERR));
    assert_int_equal(test_err.detail, LODGE_LIMIT_BUDGET_MEMORY);
    SAYS(LIMIT, "elements of tables", lodge_store_budget(store, table, ERR));
    assert_int_equal(test_err.detail, LODGE_LIMIT_BUDGET_TABLE);
    CHECK(memory, MEMORY_USED, 0);
    CHECK(table, MEMORY_USED, 0);
    CHECK(table, STORES, 0);
    CHECK(first, MEMORY_USED, PAGE);
    OK(lodge_budget_set(table, LODGE_BUDGET_TABLE, 2, ERR));
    OK(lodge_store_budget(store, table, ERR));
    CHECK(table, MEMORY_USED, PAGE);
    CHECK(table, TABLE_USED, 2);
    CHECK(first, MEMORY_USED, 0);
    lodge_budget_close(first);
    lodge_budget_close(memory);
    lodge_budget_close(table);
}

static void a_limit_below_what_is_used_stops_growth_only(void **state)
{
    lodge_budget budget = new_budget();
    lodge_instance in = guest(growing);

    (void)state;
    OK(lodge_store_budget(store, budget, ERR));
    assert_int_equal(call1(in, "grow", 4), 1);
    OK(lodge_budget_set(budget, LODGE_BUDGET_MEMORY, 2 * PAGE, ERR));
    assert_int_equal(call1(in, "grow", 1), REFUSED);
    assert_int_equal(call1(in, "grow", 0), 5);
    CHECK(budget, MEMORY_USED, 5 * PAGE);
    OK(lodge_budget_set(budget, LODGE_BUDGET_MEMORY, 6 * PAGE, ERR));
    assert_int_equal(call1(in, "grow", 1), 5);
    lodge_budget_close(budget);
}

static lodge_status inside[3];

static int32_t changes_budget(uint64_t budget, lodge_caller caller,
                              uint64_t *slots)
{
    (void)caller;
    (void)slots;
    inside[0] = lodge_store_budget(store, (lodge_budget){budget}, ERR);
    inside[1] = lodge_store_budget(store, (lodge_budget){0}, ERR);
    return 0;
}

static void a_budget_does_not_change_under_a_call(void **state)
{
    lodge_budget budget = new_budget();
    lodge_linker linker = new_linker(engine);
    lodge_instance instance;
    uint32_t kind, n;
    uint64_t token;

    (void)state;
    OK(lodge_linker_func(linker, TEXT("h"), TEXT("f"), TEXT("->"),
                         changes_budget, budget.id, ERR));
    instance =
        instance_in_store(linker, "(module (import \"h\" \"f\" (func $f))"
                                  " (func (export \"run\") (call $f)))");
    OK(lodge_func_call(func_of(instance, "run"), NULL, 0, ERR));
    assert_int_equal(inside[0], LODGE_E_STATE);
    assert_int_equal(inside[1], LODGE_E_STATE);
    CHECK(budget, STORES, 0);
    lodge_budget_close(budget);
    lodge_engine_shutdown(engine);
    OK(lodge_reap(0, &kind, &token, 1, &n));
}

/* ---- prepared modules, engines ----------------------------------------- */

static lodge_prepared prepare(const char *text)
{
    lodge_linker linker = new_linker(engine);
    lodge_module module = new_module(engine, text);
    lodge_prepared prepared;

    OK(lodge_linker_prepare(linker, module, &prepared, ERR));
    return prepared;
}

static void private_stores_share_the_budget_of_their_template(void **state)
{
    lodge_budget budget = budget_of(LODGE_BUDGET_MEMORY, 3 * PAGE);
    lodge_prepared prepared = prepare(growing);
    lodge_instance made[3], none = {77};
    int i;

    (void)state;
    OK(lodge_prepared_budget(prepared, budget, ERR));
    for (i = 0; i < 3; i++)
        OK(lodge_prepared_instance(prepared, (lodge_store){0}, &made[i], ERR));
    CHECK(budget, STORES, 3);
    SAYS(LIMIT, "LODGE_BUDGET_MEMORY",
         lodge_prepared_instance(prepared, (lodge_store){0}, &none, ERR));
    assert_int_equal(none.id, 77);
    CHECK(budget, STORES, 3);
    assert_int_equal(call1(made[0], "grow", 1), REFUSED);
    lodge_instance_close(made[1]);
    CHECK(budget, MEMORY_USED, 2 * PAGE);
    assert_int_equal(call1(made[0], "grow", 1), 1);
    OK(lodge_prepared_budget(prepared, (lodge_budget){0}, ERR));
    OK(lodge_prepared_instance(prepared, (lodge_store){0}, &none, ERR));
    CHECK(budget, STORES, 2);
    lodge_engine_shutdown(engine);
    CHECK(budget, STORES, 0);
    CHECK(budget, MEMORY_USED, 0);
    lodge_budget_close(budget);
}

static void a_start_that_fails_gives_all_back(void **state)
{
    lodge_budget budget = new_budget();
    lodge_prepared prepared =
        prepare("(module (memory 3) (table 5 funcref)"
                " (func $f (drop (memory.grow (i32.const 2))) unreachable)"
                " (start $f))");
    lodge_instance none = {77};

    (void)state;
    OK(lodge_prepared_budget(prepared, budget, ERR));
    FAILS(TRAP,
          lodge_prepared_instance(prepared, (lodge_store){0}, &none, ERR));
    CHECK(budget, MEMORY_USED, 0);
    CHECK(budget, MEMORY_PEAK, 5 * PAGE);
    CHECK(budget, TABLE_USED, 0);
    CHECK(budget, STORES, 0);
    OK(lodge_store_budget(store, budget, ERR));
    FAILS(TRAP, lodge_prepared_instance(prepared, store, &none, ERR));
    CHECK(budget, MEMORY_USED, 5 * PAGE); /* goes with the store */
    lodge_store_close(store);
    CHECK(budget, MEMORY_USED, 0);
    lodge_budget_close(budget);
}

static void engines_share_a_budget(void **state)
{
    lodge_budget budget = budget_of(LODGE_BUDGET_MEMORY, 3 * PAGE);
    lodge_engine other = new_engine_with("allocator=pooling,pool-memories=8");
    lodge_store st = new_store(other);
    lodge_memory memory, more;

    (void)state;
    OK(lodge_store_budget(store, budget, ERR));
    OK(lodge_store_budget(st, budget, ERR));
    OK(lodge_memory_new(store, TEXT("2"), &memory, ERR));
    FAILS(LIMIT, lodge_memory_new(st, TEXT("2"), &more, ERR));
    OK(lodge_memory_new(st, TEXT("1"), &more, ERR));
    lodge_engine_shutdown(other);
    CHECK(budget, MEMORY_USED, 2 * PAGE);
    lodge_budget_close(budget);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(a_new_budget_limits_nothing),
        STORE_TEST(limits_are_kept_as_they_are_set),
        STORE_TEST(unknown_keys_are_not_found),
        TEST(only_budgets_are_budgets),
        TEST(only_stores_and_prepared_modules_take_one),
        STORE_TEST(a_closed_budget_is_refused),
        STORE_TEST(a_closed_store_is_refused),
        STORE_TEST(stores_keep_to_a_budget_that_was_closed),
        STORE_TEST(the_sum_of_memory_is_limited),
        STORE_TEST(an_instance_that_does_not_fit_takes_nothing),
        STORE_TEST(memories_of_the_host_count_too),
        STORE_TEST(a_growth_that_fails_after_all_is_given_back),
        STORE_TEST(a_memory_that_the_system_refuses_is_given_back),
        STORE_TEST(a_growth_nobody_was_asked_about_gives_nothing_back),
        STORE_TEST(heaps_of_the_collector_count),
        STORE_TEST(a_lease_keeps_its_memory_counted),
        STORE_TEST(shared_memories_count_with_all_they_may_have),
        STORE_TEST(the_sum_of_elements_is_limited),
        STORE_TEST(tables_of_the_host_count_too),
        STORE_TEST(the_failure_says_whose_limit_it_was),
        STORE_TEST(counts_and_the_process_are_told_apart),
        STORE_TEST(a_store_brings_along_what_it_has),
        STORE_TEST(a_store_that_has_too_much_stays_where_it_is),
        STORE_TEST(a_limit_below_what_is_used_stops_growth_only),
        STORE_TEST(a_budget_does_not_change_under_a_call),
        STORE_TEST(private_stores_share_the_budget_of_their_template),
        STORE_TEST(a_start_that_fails_gives_all_back),
        STORE_TEST(engines_share_a_budget),
    };

    return RUN(tests);
}

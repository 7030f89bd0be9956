/* test_shared_stores.c - the promises of shared memories in stores: named,
 * imported, exported, limited. All on one thread.
 */
#include "shared_fixture.h"

extern void lodge_test_alloc_fail_at(uint64_t k, int32_t forever);
extern void lodge_test_stores_full(int32_t full);

/* ---- named ------------------------------------------------------------ */

static void a_store_has_one_name_for_a_shared_memory(void **state)
{
    lodge_shared_memory memory = new_shared("1 2"), other = new_shared("1 2");
    lodge_memory named = named_in(store, memory);

    (void)state;
    assert_true(named.id == named_in(store, memory).id);
    assert_true(named.id != named_in(store, other).id);
    assert_true(named.id != named_in(new_store(engine), memory).id);
    READS("1 2 shared", lodge_memory_type(named, buf, cap, len, ERR));
}

static void a_named_memory_does_all_that_memories_do(void **state)
{
    static const uint8_t text[] = "the lodge is shared";
    lodge_shared_memory memory = new_shared("1 3");
    lodge_memory named = named_in(store, memory);
    uint64_t value[2], old, found;
    uint8_t out[sizeof text];

    (void)state;
    OK(lodge_memory_write(named, 100, text, sizeof text, ERR));
    OK(lodge_shared_memory_read(memory, 100, out, sizeof out, ERR));
    assert_memory_equal(out, text, sizeof text);
    OK(lodge_memory_fill(named, 102, 'x', 1, ERR));
    OK(lodge_memory_copy(named, 201, named, 100, sizeof text, ERR));
    OK(lodge_memory_read(named, 201, out, sizeof out, ERR));
    assert_string_equal((char *)out, "thx lodge is shared");
    OK(lodge_memory_find(named, 201, 0, UINT64_MAX, &found, ERR));
    assert_int_equal(found, sizeof text - 1);
    FAILS(NOT_FOUND, lodge_memory_find(named, 201, 'q', 5000, &found, ERR));
    OK(lodge_memory_grow(named, 2, &old, ERR));
    assert_int_equal(old, 1);
    FAILS(LIMIT, lodge_memory_grow(named, 1, &old, ERR));
    assert_int_equal(size_of(named), 3 * PAGE);
    value[0] = 5, value[1] = 6;
    OK(lodge_memory_store(named, 3 * PAGE - 16, LODGE_TYPE_V128, value, ERR));
    assert_int_equal(look(memory, 3 * PAGE - 8, 8), 6);
    OK(lodge_memory_load(named, 3 * PAGE - 15, LODGE_TYPE_I16, value, ERR));
    assert_int_equal(value[0], 0);
    FAILS(BOUNDS,
          lodge_memory_load(named, 3 * PAGE - 1, LODGE_TYPE_I16, value, ERR));
    FAILS(BOUNDS, lodge_memory_write(named, 3 * PAGE, text, 1, ERR));
}

static void bytes_go_between_shared_and_other_memories(void **state)
{
    lodge_shared_memory memory = new_shared("1 1");
    lodge_memory named = named_in(store, memory), own = new_memory("1");
    uint64_t value = UINT64_C(0x1122334455667788);

    (void)state;
    OK(lodge_memory_store(own, 8, LODGE_TYPE_I64, &value, ERR));
    OK(lodge_memory_copy(named, 3, own, 8, 8, ERR));
    OK(lodge_memory_copy(own, 21, named, 3, 8, ERR));
    value = 0;
    OK(lodge_memory_load(own, 21, LODGE_TYPE_I64, &value, ERR));
    assert_int_equal(value, UINT64_C(0x1122334455667788));
    FAILS(BOUNDS, lodge_memory_copy(named, PAGE - 7, own, 0, 8, ERR));
    FAILS(BOUNDS, lodge_memory_copy(own, 0, named, PAGE - 7, 8, ERR));
}

static void a_lease_of_a_named_memory_outlives_the_store(void **state)
{
    lodge_shared_memory memory = new_shared("1 2");
    lodge_memory named = named_in(store, memory);
    uint64_t address, len;
    lodge_lease lease;

    (void)state;
    OK(lodge_memory_lease(named, &address, &len, &lease, ERR));
    put(memory, 8, 4, 9);
    lodge_store_close(store);
    lodge_shared_memory_close(memory);
    assert_int_equal(*(const volatile uint32_t *)(uintptr_t)(address + 8), 9);
    lodge_lease_close(lease);
}

static void only_a_shared_memory_has_one_behind_it(void **state)
{
    lodge_shared_memory none = {42};

    (void)state;
    SAYS(TYPE, "not shared",
         lodge_memory_shared(new_memory("1 2"), &none, ERR));
    FAILS(HANDLE, lodge_memory_shared((lodge_memory){store.id}, &none, ERR));
    assert_int_equal(none.id, 42);
    assert_int_equal(same(behind(new_memory("1 2 shared")), new_shared("1 2")),
                     0);
}

/* Nothing is named where there is no room for the name. */
static void without_room_a_shared_memory_has_no_name(void **state)
{
    lodge_shared_memory memory = new_shared("1 1");
    lodge_memory none = {42};

    (void)state;
    lodge_test_alloc_fail_at(1, 1);
    FAILS(MEMORY, lodge_shared_memory_in(memory, store, &none, ERR));
    lodge_test_alloc_fail_at(0, 0);
    lodge_test_stores_full(1);
    FAILS(LIMIT, lodge_shared_memory_in(memory, store, &none, ERR));
    lodge_test_stores_full(0);
    assert_int_equal(none.id, 42);
    named_in(store, memory);
}

/* ---- imported and exported -------------------------------------------- */

static void stores_see_what_others_write(void **state)
{
    lodge_shared_memory memory = new_shared("1 8");
    lodge_linker linker = linker_with(memory);
    lodge_module module = new_module(engine, sharing_text);
    lodge_instance a, b, c;
    uint64_t slots[2] = {16, 1234};

    (void)state;
    OK(lodge_instance_new(linker, store, module, &a, ERR));
    OK(lodge_instance_new(linker, new_store(engine), module, &b, ERR));
    OK(lodge_instance_new(linker, (lodge_store){0}, module, &c, ERR));
    OK(lodge_func_call(func_of(a, "store"), slots, 2, ERR));
    assert_int_equal(call1(b, "load", 16), 1234);
    put(memory, 16, 8, 77);
    assert_int_equal(call1(a, "load", 16), 77);
    assert_int_equal(call1(c, "load", 16), 77);
    assert_int_equal(call1(c, "grow", 3), 1);
    assert_int_equal(call1(a, "size", 0), 4);
    assert_int_equal(shared_size_of(memory), 4 * PAGE);
    OK(lodge_shared_memory_grow(memory, 1, NULL, ERR));
    assert_int_equal(call1(b, "size", 0), 5);
}

static void
an_exported_shared_memory_is_the_one_that_was_imported(void **state)
{
    lodge_shared_memory memory = new_shared("1 8");
    lodge_instance in = instance_in_store(linker_with(memory), sharing_text);
    lodge_memory found = memory_of(in, "memory");
    lodge_extern item;

    (void)state;
    assert_true(found.id == named_in(store, memory).id);
    assert_int_equal(same(behind(found), memory), 1);
    OK(lodge_instance_export(in, TEXT("memory"), &item, ERR));
    assert_int_equal(item.kind, LODGE_KIND_MEMORY);
    assert_true(item.id == found.id);
    assert_int_equal(stat_of(LODGE_STAT_SHARED_MEMORIES), 1);
}

static void a_guests_own_shared_memory_goes_to_other_stores(void **state)
{
    lodge_instance maker =
        guest("(module (memory (export \"memory\") 2 8 shared)"
              " (func (export \"load\") (param i64) (result i64)"
              "  (i64.load (i32.wrap_i64 (local.get 0)))))");
    lodge_shared_memory memory = behind(memory_of(maker, "memory"));
    lodge_module module = new_module(engine, sharing_text);
    lodge_instance user;
    uint64_t slots[2] = {8, 55};

    (void)state;
    READS("2 8 shared", lodge_shared_memory_type(memory, buf, cap, len, ERR));
    OK(lodge_instance_new(linker_with(memory), (lodge_store){0}, module, &user,
                          ERR));
    OK(lodge_func_call(func_of(user, "store"), slots, 2, ERR));
    assert_int_equal(call1(maker, "load", 8), 55);
    assert_int_equal(same(memory, behind(memory_of(user, "memory"))), 1);
    assert_int_equal(same(memory, behind(memory_of(maker, "memory"))), 1);
    lodge_store_close(store); /* where it was made */
    assert_int_equal(call1(user, "load", 8), 55);
    assert_int_equal(look(memory, 8, 4), 55);
}

static void guests_with_memories_of_their_own_share_nothing(void **state)
{
    static const char text[] = "(module (memory (export \"m\") 1 1 shared))";
    lodge_memory a = memory_of(guest(text), "m");
    lodge_memory b = memory_of(guest(text), "m");

    (void)state;
    assert_true(a.id != b.id);
    assert_int_equal(same(behind(a), behind(b)), 0);
    put(behind(a), 0, 4, 1);
    assert_int_equal(look(behind(b), 0, 4), 0);
}

static void a_shared_memory_binds_a_linker_to_no_store(void **state)
{
    lodge_shared_memory memory = new_shared("1 8");
    lodge_linker linker = new_linker(engine);
    lodge_module module = new_module(engine, sharing_text);
    lodge_memory named = named_in(store, memory);
    const lodge_extern item = {LODGE_KIND_MEMORY, 0, named.id};
    lodge_prepared prepared;
    lodge_instance made;

    (void)state;
    OK(lodge_linker_add(linker, TEXT("h"), TEXT("m"), &item, ERR));
    OK(lodge_linker_prepare(linker, module, &prepared, ERR));
    lodge_store_close(store);
    OK(lodge_prepared_instance(prepared, (lodge_store){0}, &made, ERR));
    put(memory, 8, 4, 3);
    assert_int_equal(call1(made, "load", 8), 3);
    OK(lodge_instance_new(linker, new_store(engine), module, &made, ERR));
    assert_int_equal(call1(made, "load", 8), 3);
}

static void a_linker_keeps_the_memory_when_all_handles_are_closed(void **state)
{
    lodge_shared_memory memory = new_shared("1 8");
    lodge_linker linker = linker_with(memory);
    lodge_instance in;

    (void)state;
    put(memory, 8, 4, 3);
    lodge_shared_memory_close(memory);
    in = instance_in_store(linker, sharing_text);
    lodge_linker_close(linker);
    assert_int_equal(call1(in, "load", 8), 3);
    memory = behind(memory_of(in, "memory"));
    assert_int_equal(look(memory, 8, 4), 3);
}

static void what_is_of_another_engine_is_foreign(void **state)
{
    lodge_engine other = new_engine_with(shared_settings);
    lodge_shared_memory memory = shared_of(other, "1 1");
    const lodge_extern item = {LODGE_KIND_SHARED_MEMORY, 0, memory.id};
    lodge_linker linker = new_linker(engine);
    lodge_memory named = {42};
    uint32_t index = 42;
    lodge_host host;

    (void)state;
    OK(lodge_host_new(engine, TEXT("h"), &host, ERR));
    FAILS(FOREIGN, lodge_shared_memory_in(memory, store, &named, ERR));
    FAILS(FOREIGN, lodge_linker_add(linker, TEXT("h"), TEXT("m"), &item, ERR));
    FAILS(FOREIGN, lodge_host_shared_memory(host, memory, &index, ERR));
    assert_int_equal(named.id, 42);
    assert_int_equal(index, 42);
    assert_int_equal(same(memory, new_shared("1 1")), 0);
    lodge_engine_shutdown(other);
}

static void a_name_is_defined_once(void **state)
{
    lodge_shared_memory memory = new_shared("1 1");
    const lodge_extern item = {LODGE_KIND_SHARED_MEMORY, 0, memory.id};
    lodge_linker linker = linker_with(memory);

    (void)state;
    FAILS(LINK, lodge_linker_add(linker, TEXT("h"), TEXT("m"), &item, ERR));
    lodge_shared_memory_close(memory);
    FAILS(HANDLE, lodge_linker_add(linker, TEXT("h"), TEXT("n"), &item, ERR));
}

/* ---- types that do not fit -------------------------------------------- */

static void refuse_import(lodge_linker linker, const char *type,
                          const char *found)
{
    lodge_instance none = {42};
    lodge_prepared pre = {42};
    lodge_module module;
    char text[100];

    snprintf(text, sizeof text, "(module (import \"h\" \"m\" (memory %s)))",
             type);
    module = new_module(engine, text);
    SAYS(LINK, found, lodge_instance_new(linker, store, module, &none, ERR));
    SAYS(LINK, found, lodge_linker_prepare(linker, module, &pre, ERR));
    assert_int_equal(none.id, 42);
    assert_int_equal(pre.id, 42);
    lodge_module_close(module);
}

static void a_shared_memory_fits_no_other_import(void **state)
{
    lodge_linker linker = linker_with(new_shared("2 4"));

    (void)state;
    refuse_import(linker, "2 4", "found memory 2 4 shared");
    refuse_import(linker, "1", "expected memory 1, found");
    refuse_import(linker, "3 4 shared", "expected memory 3 4 shared");
    refuse_import(linker, "1 3 shared", "expected memory 1 3 shared");
    refuse_import(linker, "i64 1 4 shared", "expected memory 1 4 i64 shared");
    instance_in_store(linker,
                      "(module (import \"h\" \"m\" (memory 1 5 shared)))");
}

static void no_other_memory_fits_a_shared_import(void **state)
{
    const lodge_extern item = {LODGE_KIND_MEMORY, 0, new_memory("1 8").id};
    lodge_linker linker = new_linker(engine);
    lodge_instance none = {42};
    lodge_module module;

    (void)state;
    OK(lodge_linker_add(linker, TEXT("h"), TEXT("m"), &item, ERR));
    module = new_module(engine, sharing_text);
    SAYS(LINK, "expected memory 1 8 shared, found memory 1 8",
         lodge_instance_new(linker, store, module, &none, ERR));
    assert_int_equal(none.id, 42);
}

static void what_has_grown_fits_what_it_did_not_before(void **state)
{
    lodge_shared_memory memory = new_shared("1 4");
    lodge_linker linker = linker_with(memory);
    lodge_module module = new_module(
        engine, "(module (import \"h\" \"m\" (memory 3 4 shared)))");
    lodge_instance in;
    lodge_prepared pre;

    (void)state;
    refuse_import(linker, "3 4 shared", "found memory 1 4 shared");
    OK(lodge_shared_memory_grow(memory, 2, NULL, ERR));
    OK(lodge_instance_new(linker, store, module, &in, ERR));
    OK(lodge_instance_new(linker, (lodge_store){0}, module, &in, ERR));
    OK(lodge_linker_prepare(linker, module, &pre, ERR));
    OK(lodge_prepared_instance(pre, (lodge_store){0}, &in, ERR));
}

static void inspection_tells_that_a_memory_is_shared(void **state)
{
    lodge_module module =
        new_module(engine, "(module (import \"h\" \"m\" (memory 1 8 shared))"
                           " (memory (export \"own\") i64 0 3 shared))");

    (void)state;
    READS("1 8 shared",
          lodge_module_import(module, 0, LODGE_ITEM_TYPE, buf, cap, len, ERR));
    READS("0 3 i64 shared",
          lodge_module_export(module, 0, LODGE_ITEM_TYPE, buf, cap, len, ERR));
}

/* ---- host modules ----------------------------------------------------- */

static lodge_host host_of(uint32_t *index)
{
    lodge_host host;

    OK(lodge_host_new(engine, TEXT("h"), &host, ERR));
    OK(lodge_host_memory(host, TEXT("1 8 shared"), index, ERR));
    OK(lodge_host_export(host, *index, TEXT("m"), ERR));
    return host;
}

static void a_host_module_has_one_shared_memory_for_all_stores(void **state)
{
    uint32_t index;
    lodge_host host = host_of(&index);
    lodge_linker linker = new_linker(engine);
    lodge_module module = new_module(engine, sharing_text);
    lodge_instance a, b;
    lodge_extern item;
    uint64_t slots[2] = {24, 5};

    (void)state;
    READS("1 8 shared",
          lodge_host_item(host, index, LODGE_HOST_TYPE, buf, cap, len, ERR));
    READS("memory",
          lodge_host_item(host, index, LODGE_HOST_KIND, buf, cap, len, ERR));
    OK(lodge_linker_add_host(linker, host, ERR));
    OK(lodge_host_get(host, store, TEXT("m"), &item, ERR));
    lodge_host_close(host);
    OK(lodge_instance_new(linker, store, module, &a, ERR));
    OK(lodge_instance_new(linker, (lodge_store){0}, module, &b, ERR));
    OK(lodge_func_call(func_of(a, "store"), slots, 2, ERR));
    assert_int_equal(call1(b, "load", 24), 5);
    assert_int_equal(item.kind, LODGE_KIND_MEMORY);
    assert_true(item.id == memory_of(a, "memory").id);
    assert_int_equal(stat_of(LODGE_STAT_SHARED_MEMORIES), 1);
}

static void a_host_module_takes_a_shared_memory_that_is_there(void **state)
{
    lodge_shared_memory memory = new_shared("2 3");
    lodge_linker linker = new_linker(engine);
    lodge_prepared prepared;
    lodge_instance made;
    uint32_t index = 42;
    lodge_host host;

    (void)state;
    OK(lodge_host_new(engine, TEXT("h"), &host, ERR));
    OK(lodge_host_shared_memory(host, memory, &index, ERR));
    assert_int_equal(index, 0);
    OK(lodge_host_export(host, index, TEXT("m"), ERR));
    OK(lodge_linker_add_host(linker, host, ERR));
    put(memory, 0, 4, 8);
    lodge_shared_memory_close(memory);
    lodge_host_close(host);
    OK(lodge_linker_prepare(linker, new_module(engine, sharing_text),
                            &prepared, ERR));
    lodge_linker_close(linker);
    OK(lodge_prepared_instance(prepared, (lodge_store){0}, &made, ERR));
    assert_int_equal(call1(made, "load", 0), 8);
    assert_int_equal(call1(made, "grow", 1), 2);
    OK(lodge_prepared_instance(prepared, (lodge_store){0}, &made, ERR));
    assert_int_equal(call1(made, "size", 0), 3);
}

/* ---- limits ----------------------------------------------------------- */

/* Nobody asks when a shared memory grows: it counts from the beginning. */
static void one_that_a_store_makes_counts_with_its_maximum(void **state)
{
    lodge_memory none = {42};

    (void)state;
    OK(lodge_store_set(store, LODGE_STORE_MEMORY_LIMIT, 5 * PAGE, ERR));
    SAYS(LIMIT, "shared memory",
         lodge_memory_new(store, TEXT("1 6 shared"), &none, ERR));
    assert_int_equal(test_err.detail, LODGE_LIMIT_STORE_MEMORY);
    assert_int_equal(store_value(LODGE_STORE_MEMORY_BYTES), 0);
    new_memory("1 4 shared");
    assert_int_equal(store_value(LODGE_STORE_MEMORY_BYTES), 4 * PAGE);
    FAILS(LIMIT, lodge_memory_new(store, TEXT("1 2 shared"), &none, ERR));
    assert_int_equal(store_value(LODGE_STORE_MEMORY_BYTES), 4 * PAGE);
    assert_int_equal(none.id, 42);
}

static void one_too_large_for_its_indices_counts_nothing(void **state)
{
    lodge_memory none = {42};

    (void)state;
    FAILS(TYPE, lodge_memory_new(store, TEXT("0 65537 shared"), &none, ERR));
    assert_int_equal(store_value(LODGE_STORE_MEMORY_BYTES), 0);
    assert_int_equal(none.id, 42);
}

static void one_of_the_host_counts_in_no_store(void **state)
{
    lodge_instance in;

    (void)state;
    OK(lodge_store_set(store, LODGE_STORE_MEMORY_LIMIT, PAGE, ERR));
    in = instance_in_store(linker_with(new_shared("4 8")), sharing_text);
    assert_int_equal(call1(in, "grow", 4), 4);
    assert_int_equal(store_value(LODGE_STORE_MEMORY_BYTES), 0);
    assert_int_equal((int32_t)call1(in, "grow", 1), -1);
}

static void a_budget_counts_the_maximum_and_gets_it_back(void **state)
{
    lodge_memory none = {42};
    lodge_budget budget;
    uint64_t used;

    (void)state;
    OK(lodge_budget_new(&budget, ERR));
    OK(lodge_budget_set(budget, LODGE_BUDGET_MEMORY, 8 * PAGE, ERR));
    OK(lodge_store_budget(store, budget, ERR));
    new_memory("1 6 shared");
    OK(lodge_budget_get(budget, LODGE_BUDGET_MEMORY_USED, &used, ERR));
    assert_int_equal(used, 6 * PAGE);
    FAILS(LIMIT, lodge_memory_new(store, TEXT("1 3 shared"), &none, ERR));
    assert_int_equal(test_err.detail, LODGE_LIMIT_BUDGET_MEMORY);
    lodge_store_close(store);
    OK(lodge_budget_get(budget, LODGE_BUDGET_MEMORY_USED, &used, ERR));
    assert_int_equal(used, 0);
    lodge_budget_close(budget);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHARED_TEST(a_store_has_one_name_for_a_shared_memory),
        SHARED_TEST(a_named_memory_does_all_that_memories_do),
        SHARED_TEST(bytes_go_between_shared_and_other_memories),
        SHARED_TEST(a_lease_of_a_named_memory_outlives_the_store),
        SHARED_TEST(only_a_shared_memory_has_one_behind_it),
        SHARED_TEST(without_room_a_shared_memory_has_no_name),
        SHARED_TEST(stores_see_what_others_write),
        SHARED_TEST(an_exported_shared_memory_is_the_one_that_was_imported),
        SHARED_TEST(a_guests_own_shared_memory_goes_to_other_stores),
        SHARED_TEST(guests_with_memories_of_their_own_share_nothing),
        SHARED_TEST(a_shared_memory_binds_a_linker_to_no_store),
        SHARED_TEST(a_linker_keeps_the_memory_when_all_handles_are_closed),
        SHARED_TEST(what_is_of_another_engine_is_foreign),
        SHARED_TEST(a_name_is_defined_once),
        SHARED_TEST(a_shared_memory_fits_no_other_import),
        SHARED_TEST(no_other_memory_fits_a_shared_import),
        SHARED_TEST(what_has_grown_fits_what_it_did_not_before),
        SHARED_TEST(inspection_tells_that_a_memory_is_shared),
        SHARED_TEST(a_host_module_has_one_shared_memory_for_all_stores),
        SHARED_TEST(a_host_module_takes_a_shared_memory_that_is_there),
        SHARED_TEST(one_that_a_store_makes_counts_with_its_maximum),
        SHARED_TEST(one_too_large_for_its_indices_counts_nothing),
        SHARED_TEST(one_of_the_host_counts_in_no_store),
        SHARED_TEST(a_budget_counts_the_maximum_and_gets_it_back),
    };

    return RUN(tests);
}

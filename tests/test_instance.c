/* test_instance.c - instances: made, asked for exports, closed. */
#include <pthread.h>

#include "zoo.h"

static const lodge_store private_store = {0};

static lodge_status instantiate(lodge_linker linker, lodge_engine engine,
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

static const lodge_linker no_linker = {0};

static uint64_t call(lodge_func fn, uint64_t arg)
{
    OK(lodge_func_call(fn, &arg, 1, ERR));
    return arg;
}

/* ---- making ----------------------------------------------------------- */

static void an_instance_has_a_store_of_its_own_or_a_given_one(void **state)
{
    lodge_engine engine = new_engine();
    lodge_store given = new_store(engine), found;
    lodge_instance own, shared;

    (void)state;
    OK(instantiate(no_linker, engine, private_store, zoo_text, &own));
    OK(instantiate(no_linker, engine, given, zoo_text, &shared));
    OK(lodge_instance_store(shared, &found, ERR));
    assert_int_equal(found.id, given.id);
    OK(lodge_instance_store(own, &found, ERR));
    assert_true(found.id != 0 && found.id != given.id);
    OK(lodge_store_gc(found, ERR));
    lodge_instance_close(own);
    FAILS(HANDLE, lodge_store_gc(found, ERR));
    lodge_store_close(given);
    lodge_engine_close(engine);
}

static void making_an_instance_checks_its_arguments(void **state)
{
    struct zoo zoo;

    (void)state;
    zoo_open(&zoo);
    FAILS(ARGUMENT,
          lodge_instance_new(zoo.linker, zoo.store, zoo.module, NULL, ERR));
    zoo_close(&zoo);
}

static void what_is_no_store_or_module_is_refused(void **state)
{
    lodge_instance instance = {77};
    struct zoo zoo;

    (void)state;
    zoo_open(&zoo);
    FOR_STRANGERS(&zoo, LODGE_KIND_STORE, lodge_store, store, {
        if (store.id != 0)
            FAILS(HANDLE, lodge_instance_new(zoo.linker, store, zoo.module,
                                             &instance, ERR));
    });
    FOR_STRANGERS(&zoo, LODGE_KIND_MODULE, lodge_module, module,
                  FAILS(HANDLE, lodge_instance_new(zoo.linker, zoo.store,
                                                   module, &instance, ERR)));
    assert_int_equal(instance.id, 77);
    zoo_close(&zoo);
}

static void a_closed_module_or_store_is_refused(void **state)
{
    lodge_instance instance = {77};
    lodge_module module;
    lodge_store store;
    struct zoo zoo;

    (void)state;
    zoo_open(&zoo);
    module = new_module(zoo.engine, zoo_text);
    lodge_module_close(module);
    store = new_store(zoo.engine);
    lodge_store_close(store);
    FAILS(HANDLE,
          lodge_instance_new(zoo.linker, zoo.store, module, &instance, ERR));
    FAILS(HANDLE,
          lodge_instance_new(zoo.linker, store, zoo.module, &instance, ERR));
    assert_int_equal(instance.id, 77);
    zoo_close(&zoo);
}

static void objects_of_another_engine_are_foreign(void **state)
{
    lodge_engine other = new_engine();
    lodge_linker linker = new_linker(other);
    lodge_store store = new_store(other);
    lodge_instance instance = {77};
    struct zoo zoo;

    (void)state;
    zoo_open(&zoo);
    FAILS(FOREIGN,
          lodge_instance_new(linker, zoo.store, zoo.module, &instance, ERR));
    FAILS(FOREIGN,
          lodge_instance_new(zoo.linker, store, zoo.module, &instance, ERR));
    FAILS(FOREIGN, lodge_instance_new(linker, private_store, zoo.module,
                                      &instance, ERR));
    assert_int_equal(instance.id, 77);
    zoo_close(&zoo);
    lodge_store_close(store);
    lodge_linker_close(linker);
    lodge_engine_close(other);
}

static void a_missing_import_leaves_nothing_behind(void **state)
{
    lodge_engine engine = new_engine();
    lodge_store store = new_store(engine);
    lodge_instance instance = {77};
    uint64_t live = stat_of(LODGE_STAT_LIVE), made;

    (void)state;
    FAILS(LINK,
          instantiate(no_linker, engine, private_store,
                      "(module (import \"a\" \"b\" (func)))", &instance));
    FAILS(LINK,
          instantiate(no_linker, engine, store,
                      "(module (import \"a\" \"b\" (func)))", &instance));
    assert_int_equal(instance.id, 77);
    assert_int_equal(stat_of(LODGE_STAT_LIVE), live);
    OK(lodge_store_get(store, LODGE_STORE_INSTANCES, &made, ERR));
    assert_int_equal(made, 0);
    lodge_store_close(store);
    lodge_engine_close(engine);
}

static void a_module_makes_many_instances_in_one_store(void **state)
{
    lodge_engine engine = new_engine();
    lodge_linker linker = new_linker(engine);
    lodge_module module = new_module(engine, zoo_text);
    lodge_store store = new_store(engine);
    lodge_instance instance[100];
    int i;

    (void)state;
    for (i = 0; i < 100; i++)
        OK(lodge_instance_new(linker, store, module, &instance[i], ERR));
    for (i = 1; i < 100; i++)
        assert_true(instance[i].id != instance[i - 1].id);
    call(func_of(instance[99], "func"), 0);
    call(func_of(instance[0], "func"), 0);
    lodge_module_close(module);
    lodge_linker_close(linker);
    lodge_store_close(store);
    lodge_engine_close(engine);
}

/* ---- start functions -------------------------------------------------- */

static int32_t fail_start(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    (void)slots;
    if (token == 1)
        return lodge_caller_fail(caller, 0xFEED, TEXT("not today"));
    if (token == 2)
        return lodge_caller_exit(caller, 7);
    return 0;
}

static const char starting[] =
    "(module (import \"m\" \"f\" (func $f)) (memory (export \"memory\") 1)"
    " (func $s (call $f)) (start $s))";

/* Instantiates `starting` with a host function that acts by its token. */
static lodge_status start_with(lodge_engine engine, uint64_t token,
                               lodge_direct_fn fn, lodge_store store,
                               lodge_instance *out)
{
    lodge_linker linker = new_linker(engine);
    uint64_t reaped;
    uint32_t kind, count;
    lodge_status st;

    OK(lodge_linker_func(linker, TEXT("m"), TEXT("f"), TEXT("->"), fn, token,
                         ERR));
    st = instantiate(linker, engine, store, starting, out);
    lodge_linker_close(linker);
    if (st == LODGE_OK)
        lodge_instance_close(*out);
    if (store.id == 0 && token != 0) {
        OK(lodge_reap(0, &kind, &reaped, 1, &count));
        assert_int_equal(count, 1);
    }
    return st;
}

static void a_start_function_can_trap(void **state)
{
    static const char text[] = "(module (func $s unreachable) (start $s))";
    lodge_engine engine = new_engine();
    lodge_store store = new_store(engine);
    lodge_instance instance = {77};

    (void)state;
    FAILS(TRAP,
          instantiate(no_linker, engine, private_store, text, &instance));
    assert_int_equal(test_err.trap, LODGE_TRAP_UNREACHABLE);
    FAILS(TRAP, instantiate(no_linker, engine, store, text, &instance));
    OK(instantiate(no_linker, engine, store, zoo_text, &instance));
    call(func_of(instance, "func"), 0);
    lodge_store_close(store);
    lodge_engine_close(engine);
}

static void segments_outside_are_traps(void **state)
{
    lodge_engine engine = new_engine();
    lodge_instance instance = {77};

    (void)state;
    FAILS(TRAP, instantiate(no_linker, engine, private_store,
                            "(module (memory 1)"
                            " (data (i32.const 65536) \"x\"))",
                            &instance));
    assert_int_equal(test_err.trap, LODGE_TRAP_MEMORY_OUT_OF_BOUNDS);
    FAILS(TRAP, instantiate(no_linker, engine, private_store,
                            "(module (table 1 funcref) (func $f)"
                            " (elem (i32.const 1) $f))",
                            &instance));
    assert_int_equal(test_err.trap, LODGE_TRAP_TABLE_OUT_OF_BOUNDS);
    assert_int_equal(instance.id, 77);
    lodge_engine_close(engine);
}

static void a_host_function_can_fail_the_start(void **state)
{
    lodge_engine engine = new_engine();
    lodge_instance instance = {77};

    (void)state;
    SAYS(HOST, "not today",
         start_with(engine, 1, fail_start, private_store, &instance));
    assert_int_equal(test_err.payload, 0xFEED);
    FAILS(EXIT, start_with(engine, 2, fail_start, private_store, &instance));
    assert_int_equal(test_err.exit_code, 7);
    assert_int_equal(instance.id, 77);
    OK(start_with(engine, 3, fail_start, private_store, &instance));
    lodge_engine_close(engine);
}

static struct {
    lodge_status st[4];
    lodge_instance instance;
    lodge_memory memory;
    lodge_extern item;
    lodge_store store;
} seen;

static int32_t look_at_caller(uint64_t token, lodge_caller caller,
                              uint64_t *slots)
{
    (void)token;
    (void)slots;
    seen.st[0] = lodge_caller_instance(caller, &seen.instance);
    seen.st[1] = lodge_caller_memory(caller, &seen.memory);
    seen.st[2] = lodge_caller_export(caller, TEXT("memory"), &seen.item);
    seen.st[3] = lodge_memory_fill(seen.memory, 0, 1, 10, NULL);
    return 0;
}

static void a_start_function_shows_its_instance_to_the_host(void **state)
{
    lodge_engine engine = new_engine();
    lodge_store store = new_store(engine);
    lodge_instance instance = {77};

    (void)state;
    memset(&seen, 0, sizeof seen);
    OK(start_with(engine, 0, look_at_caller, store, &instance));
    assert_int_equal(seen.st[1], LODGE_OK);
    assert_int_equal(seen.st[2], LODGE_OK);
    assert_int_equal(seen.item.id, seen.memory.id);
    assert_int_equal(seen.st[3], LODGE_OK);
    assert_int_equal(seen.st[0], LODGE_OK);
    assert_int_equal(seen.instance.id, instance.id);
    lodge_store_close(store);
    memset(&seen, 0, sizeof seen);
    OK(start_with(engine, 0, look_at_caller, private_store, &instance));
    assert_int_equal(seen.st[3], LODGE_OK);
    lodge_engine_close(engine);
}

static int32_t close_all(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    (void)slots;
    seen.st[0] = lodge_caller_store(caller, &seen.store);
    if (token == 0)
        lodge_store_close(seen.store);
    else
        lodge_engine_shutdown((lodge_engine){token});
    seen.st[1] = lodge_store_gc(seen.store, NULL);
    return 0;
}

static void a_store_closed_by_its_start_function_ends(void **state)
{
    lodge_engine engine = new_engine();
    lodge_instance instance = {0};

    (void)state;
    memset(&seen, 0, sizeof seen);
    start_with(engine, 0, close_all, private_store, &instance);
    assert_int_equal(seen.st[0], LODGE_OK);
    assert_int_equal(seen.st[1], LODGE_E_HANDLE);
    FAILS(HANDLE, lodge_instance_store(instance, &seen.store, ERR));
    assert_int_equal(stat_of(LODGE_STAT_LIVE + LODGE_KIND_STORE), 0);
    start_with(engine, 0, close_all, new_store(engine), &instance);
    assert_int_equal(stat_of(LODGE_STAT_LIVE + LODGE_KIND_STORE), 0);
    lodge_engine_close(engine);
}

static void an_engine_shut_down_by_a_start_function_ends(void **state)
{
    lodge_engine engine = new_engine();
    lodge_instance instance = {0};

    (void)state;
    start_with(engine, engine.id, close_all, private_store, &instance);
    assert_int_equal(stat_of(LODGE_STAT_LIVE), 0);
}

static void a_start_function_may_overflow_its_stack(void **state)
{
    lodge_engine engine = new_engine();
    lodge_instance instance = {77};

    (void)state;
    FAILS(STACK,
          instantiate(no_linker, engine, private_store,
                      "(module (func $s (call $s)) (start $s))", &instance));
    assert_int_equal(instance.id, 77);
    lodge_engine_close(engine);
}

/* ---- exports ---------------------------------------------------------- */

static void exports_are_found_by_name(void **state)
{
    lodge_engine engine = new_engine();
    lodge_instance instance = new_instance(engine, zoo_text);
    lodge_memory memory;
    lodge_global global;
    lodge_extern item;
    lodge_table table;
    lodge_func fn;

    (void)state;
    OK(lodge_instance_func(instance, TEXT("func"), &fn, ERR));
    OK(lodge_instance_memory(instance, TEXT("memory"), &memory, ERR));
    OK(lodge_instance_table(instance, TEXT("table"), &table, ERR));
    OK(lodge_instance_global(instance, TEXT("global"), &global, ERR));
    OK(lodge_instance_export(instance, TEXT("memory"), &item, ERR));
    assert_int_equal(item.kind, LODGE_KIND_MEMORY);
    assert_int_equal(item.reserved, 0);
    assert_int_equal(item.id, memory.id);
    OK(lodge_instance_export(instance, TEXT("tag"), &item, ERR));
    assert_int_equal(item.kind, LODGE_KIND_TAG);
    lodge_instance_close(instance);
    lodge_engine_close(engine);
}

static void exports_are_found_by_index(void **state)
{
    static const uint32_t kinds[] = {LODGE_KIND_FUNC,  LODGE_KIND_MEMORY,
                                     LODGE_KIND_TABLE, LODGE_KIND_GLOBAL,
                                     LODGE_KIND_TAG,   LODGE_KIND_FUNC};
    lodge_engine engine = new_engine();
    lodge_instance instance = new_instance(engine, zoo_text);
    lodge_extern item, again;
    uint32_t i;

    (void)state;
    for (i = 0; i < 6; i++) {
        OK(lodge_instance_export_at(instance, i, &item, ERR));
        assert_int_equal(item.kind, kinds[i]);
        OK(lodge_instance_export_at(instance, i, &again, ERR));
        assert_int_equal(item.id, again.id);
    }
    OK(lodge_instance_export(instance, TEXT("trap"), &again, ERR));
    assert_int_equal(item.id, again.id);
    item.id = 77;
    FAILS(NOT_FOUND, lodge_instance_export_at(instance, 6, &item, ERR));
    FAILS(NOT_FOUND,
          lodge_instance_export_at(instance, UINT32_MAX, &item, ERR));
    assert_int_equal(item.id, 77);
    lodge_instance_close(instance);
    lodge_engine_close(engine);
}

static void the_same_thing_under_two_names_is_one_handle(void **state)
{
    static const char text[] =
        "(module (func $f (export \"a\") (export \"b\"))"
        " (memory $m (export \"m1\") (export \"m2\") 1)"
        " (table $t (export \"t1\") (export \"t2\") 1 funcref)"
        " (global $g (export \"g1\") (export \"g2\") i32 (i32.const 0)))";
    lodge_engine engine = new_engine();
    lodge_instance instance = new_instance(engine, text);
    lodge_extern one, two;
    uint32_t i;

    (void)state;
    for (i = 0; i < 8; i += 2) {
        OK(lodge_instance_export_at(instance, i, &one, ERR));
        OK(lodge_instance_export_at(instance, i + 1, &two, ERR));
        assert_int_equal(one.id, two.id);
    }
    lodge_instance_close(instance);
    lodge_engine_close(engine);
}

static void what_an_instance_does_not_export_is_not_found(void **state)
{
    static const char *const names[] = {"fun", "func ", "FUNC", "",
                                        "\xC3\xA9"};
    lodge_engine engine = new_engine();
    lodge_instance instance = new_instance(engine, zoo_text);
    lodge_extern item = {77, 77, 77};
    lodge_func fn = {77};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof names / sizeof *names; i++) {
        FAILS(NOT_FOUND,
              lodge_instance_export(instance, TEXT(names[i]), &item, ERR));
        FAILS(NOT_FOUND,
              lodge_instance_func(instance, TEXT(names[i]), &fn, ERR));
    }
    SAYS(NOT_FOUND, "\"no\\nsuch\"",
         lodge_instance_func(instance, TEXT("no\nsuch"), &fn, ERR));
    FAILS(NOT_FOUND, lodge_instance_export(instance, NULL, 0, &item, ERR));
    assert_int_equal(item.id, 77);
    assert_int_equal(item.kind, 77);
    assert_int_equal(fn.id, 77);
    lodge_instance_close(instance);
    lodge_engine_close(engine);
}

static void names_with_nul_and_without_letters_are_names(void **state)
{
    static const char text[] =
        "(module (func (export \"\")) (func (export \"a\\00b\"))"
        " (func (export \"\\e2\\82\\ac\")))";
    lodge_engine engine = new_engine();
    lodge_instance instance = new_instance(engine, text);
    lodge_func fn, other;

    (void)state;
    OK(lodge_instance_func(instance, "", 0, &fn, ERR));
    OK(lodge_instance_func(instance, NULL, 0, &other, ERR));
    assert_int_equal(fn.id, other.id);
    OK(lodge_instance_func(instance, "a\0b", 3, &fn, ERR));
    assert_true(fn.id != other.id);
    FAILS(NOT_FOUND, lodge_instance_func(instance, "a", 1, &fn, ERR));
    OK(lodge_instance_func(instance, TEXT("\xE2\x82\xAC"), &fn, ERR));
    lodge_instance_close(instance);
    lodge_engine_close(engine);
}

static void an_export_of_another_kind_is_a_type_error(void **state)
{
    static const char *const names[] = {"func", "memory", "table", "global",
                                        "tag"};
    lodge_engine engine = new_engine();
    lodge_instance in = new_instance(engine, zoo_text);
    lodge_memory memory = {77};
    lodge_global global = {77};
    lodge_table table = {77};
    lodge_func fn = {77};
    int i;

    (void)state;
    for (i = 0; i < 5; i++) {
        if (i != 0)
            SAYS(TYPE, names[i],
                 lodge_instance_func(in, TEXT(names[i]), &fn, ERR));
        if (i != 1)
            FAILS(TYPE,
                  lodge_instance_memory(in, TEXT(names[i]), &memory, ERR));
        if (i != 2)
            FAILS(TYPE, lodge_instance_table(in, TEXT(names[i]), &table, ERR));
        if (i != 3)
            FAILS(TYPE,
                  lodge_instance_global(in, TEXT(names[i]), &global, ERR));
    }
    assert_int_equal(fn.id + memory.id + table.id + global.id, 4 * 77);
    lodge_instance_close(in);
    lodge_engine_close(engine);
}

static void arguments_of_lookups_are_checked(void **state)
{
    lodge_engine engine = new_engine();
    lodge_instance in = new_instance(engine, zoo_text);
    lodge_extern item = {77, 77, 77};
    lodge_func fn = {77};

    (void)state;
    FAILS(ARGUMENT, lodge_instance_export(in, TEXT("func"), NULL, ERR));
    FAILS(ARGUMENT, lodge_instance_export_at(in, 0, NULL, ERR));
    FAILS(ARGUMENT, lodge_instance_func(in, TEXT("func"), NULL, ERR));
    FAILS(ARGUMENT, lodge_instance_memory(in, TEXT("memory"), NULL, ERR));
    FAILS(ARGUMENT, lodge_instance_table(in, TEXT("table"), NULL, ERR));
    FAILS(ARGUMENT, lodge_instance_global(in, TEXT("global"), NULL, ERR));
    FAILS(ARGUMENT, lodge_instance_store(in, NULL, ERR));
    FAILS(ARGUMENT, lodge_instance_export(in, NULL, 4, &item, ERR));
    FAILS(ARGUMENT, lodge_instance_export(in, "\xFF", 1, &item, ERR));
    FAILS(ARGUMENT, lodge_instance_func(in, "func", UINT64_MAX, &fn, ERR));
    assert_int_equal(item.id, 77);
    assert_int_equal(fn.id, 77);
    lodge_instance_close(in);
    lodge_engine_close(engine);
}

/* Every function of an instance says E_HANDLE. */
static void all_refuse(lodge_instance in)
{
    lodge_extern item = {77, 77, 77};
    lodge_memory memory = {77};
    lodge_global global = {77};
    lodge_table table = {77};
    lodge_store store = {77};
    lodge_func fn = {77};

    FAILS(HANDLE, lodge_instance_export(in, TEXT("func"), &item, ERR));
    FAILS(HANDLE, lodge_instance_export_at(in, 0, &item, ERR));
    FAILS(HANDLE, lodge_instance_func(in, TEXT("func"), &fn, ERR));
    FAILS(HANDLE, lodge_instance_memory(in, TEXT("memory"), &memory, ERR));
    FAILS(HANDLE, lodge_instance_table(in, TEXT("table"), &table, ERR));
    FAILS(HANDLE, lodge_instance_global(in, TEXT("global"), &global, ERR));
    FAILS(HANDLE, lodge_instance_store(in, &store, ERR));
    assert_int_equal(
        item.id + fn.id + memory.id + table.id + global.id + store.id, 6 * 77);
}

static void what_is_no_instance_is_refused_everywhere(void **state)
{
    struct zoo zoo;

    (void)state;
    zoo_open(&zoo);
    FOR_STRANGERS(&zoo, LODGE_KIND_INSTANCE, lodge_instance, in,
                  all_refuse(in));
    zoo_close(&zoo);
}

static void an_instance_of_a_closed_store_is_stale(void **state)
{
    lodge_engine engine = new_engine();
    lodge_store store = new_store(engine);
    lodge_instance instance;

    (void)state;
    OK(instantiate(no_linker, engine, store, zoo_text, &instance));
    lodge_store_close(store);
    all_refuse(instance);
    OK(lodge_instance_close(instance));
    lodge_engine_close(engine);
}

/* ---- closing ---------------------------------------------------------- */

static void a_private_store_ends_with_its_instance(void **state)
{
    lodge_engine engine = new_engine();
    lodge_instance instance = new_instance(engine, zoo_text);
    lodge_func fn = func_of(instance, "func");

    (void)state;
    assert_int_equal(stat_of(LODGE_STAT_LIVE + LODGE_KIND_STORE), 1);
    OK(lodge_instance_close(instance));
    assert_int_equal(stat_of(LODGE_STAT_LIVE + LODGE_KIND_STORE), 0);
    assert_int_equal(stat_of(LODGE_STAT_MEMORIES), 0);
    FAILS(HANDLE, lodge_func_call(fn, NULL, 0, ERR));
    OK(lodge_instance_close(instance));
    all_refuse(instance);
    lodge_engine_close(engine);
}

static void a_private_store_closed_by_itself_takes_the_instance(void **state)
{
    lodge_engine engine = new_engine();
    lodge_instance instance = new_instance(engine, zoo_text);
    lodge_store store;

    (void)state;
    OK(lodge_instance_store(instance, &store, ERR));
    OK(lodge_store_close(store));
    all_refuse(instance);
    OK(lodge_instance_close(instance));
    lodge_engine_close(engine);
}

static void in_a_shared_store_only_the_id_becomes_stale(void **state)
{
    lodge_engine engine = new_engine();
    lodge_store store = new_store(engine);
    lodge_instance one, two;
    lodge_func fn;

    (void)state;
    OK(instantiate(no_linker, engine, store, zoo_text, &one));
    OK(instantiate(no_linker, engine, store, zoo_text, &two));
    fn = func_of(one, "func");
    OK(lodge_instance_close(one));
    all_refuse(one);
    OK(lodge_instance_close(one));
    call(fn, 0); /* what was found stays with the store */
    call(func_of(two, "func"), 0);
    lodge_store_close(store);
    lodge_engine_close(engine);
}

static void a_released_instance_ends_with_a_later_call(void **state)
{
    lodge_engine engine = new_engine();
    lodge_store store = new_store(engine);
    lodge_instance own = new_instance(engine, zoo_text), shared;

    (void)state;
    OK(instantiate(no_linker, engine, store, zoo_text, &shared));
    lodge_release((void *)(uintptr_t)own.id);
    lodge_release((void *)(uintptr_t)shared.id);
    lodge_release((void *)(uintptr_t)shared.id);
    all_refuse(own);
    all_refuse(shared);
    OK(lodge_store_gc(store, ERR));
    lodge_store_close(store);
    lodge_engine_close(engine);
}

static void *close_it(void *arg)
{
    lodge_instance_close(*(lodge_instance *)arg);
    return NULL;
}

static void an_instance_closed_while_its_store_is_busy_ends_later(void **state)
{
    lodge_engine engine = new_engine();
    lodge_store store = new_store(engine);
    lodge_instance instance;
    pthread_t thread;

    (void)state;
    OK(instantiate(no_linker, engine, store, zoo_text, &instance));
    OK(lodge_store_hold(store, ERR));
    assert_int_equal(pthread_create(&thread, NULL, close_it, &instance), 0);
    pthread_join(thread, NULL);
    all_refuse(instance);
    OK(lodge_store_unhold(store, ERR));
    lodge_store_close(store);
    lodge_engine_close(engine);
}

static void an_id_that_was_never_an_instance_closes_nothing(void **state)
{
    struct zoo zoo;
    uint64_t i;

    (void)state;
    zoo_open(&zoo);
    FOR_STRANGERS(&zoo, LODGE_KIND_INSTANCE, lodge_instance, in,
                  OK(lodge_instance_close(in)));
    OK(lodge_store_gc(zoo.store, ERR));
    for (i = 10; i < 100; i++)
        lodge_instance_close((lodge_instance){zoo.store.id + i});
    OK(lodge_store_gc(zoo.store, ERR));
    for (i = 0; i < 10; i++)
        if (zoo.store.id + i != zoo.id[LODGE_KIND_INSTANCE])
            lodge_instance_close((lodge_instance){zoo.store.id + i});
    OK(lodge_store_gc(zoo.store, ERR)); /* forged, but a store's neighbours */
    zoo_close(&zoo);
}

/* ---- busy ------------------------------------------------------------- */

static lodge_status busy[8];
static struct zoo busy_zoo;

static void *ask_all(void *arg)
{
    lodge_instance in = {busy_zoo.id[LODGE_KIND_INSTANCE]}, made;
    lodge_memory memory;
    lodge_global global;
    lodge_extern item;
    lodge_table table;
    lodge_store store;
    lodge_func fn;

    busy[0] = lodge_instance_export(in, TEXT("func"), &item, NULL);
    busy[1] = lodge_instance_export_at(in, 0, &item, NULL);
    busy[2] = lodge_instance_func(in, TEXT("func"), &fn, NULL);
    busy[3] = lodge_instance_memory(in, TEXT("memory"), &memory, NULL);
    busy[4] = lodge_instance_table(in, TEXT("table"), &table, NULL);
    busy[5] = lodge_instance_global(in, TEXT("global"), &global, NULL);
    busy[6] = lodge_instance_store(in, &store, NULL);
    busy[7] = lodge_instance_new(busy_zoo.linker, busy_zoo.store,
                                 busy_zoo.module, &made, NULL);
    return arg;
}

static void a_store_in_use_elsewhere_is_busy(void **state)
{
    pthread_t thread;
    int i;

    (void)state;
    zoo_open(&busy_zoo);
    OK(lodge_store_hold(busy_zoo.store, ERR));
    assert_int_equal(pthread_create(&thread, NULL, ask_all, NULL), 0);
    pthread_join(thread, NULL);
    for (i = 0; i < 8; i++)
        assert_int_equal(busy[i], LODGE_E_BUSY);
    OK(lodge_store_unhold(busy_zoo.store, ERR));
    zoo_close(&busy_zoo);
}

static void a_shared_memory_is_exported_as_a_memory(void **state)
{
    lodge_engine engine = new_engine_with(sharing());
    lodge_instance instance =
        new_instance(engine, "(module (memory (export \"s\") 1 2 shared))");
    lodge_extern item, again;
    lodge_memory memory;

    (void)state;
    OK(lodge_instance_export(instance, TEXT("s"), &item, ERR));
    OK(lodge_instance_export_at(instance, 0, &again, ERR));
    OK(lodge_instance_memory(instance, TEXT("s"), &memory, ERR));
    assert_int_equal(item.kind, LODGE_KIND_MEMORY);
    assert_int_equal(again.kind, LODGE_KIND_MEMORY);
    assert_true(item.id == memory.id);
    assert_true(again.id == memory.id);
    lodge_instance_close(instance);
    lodge_engine_close(engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_instance_has_a_store_of_its_own_or_a_given_one),
        TEST(making_an_instance_checks_its_arguments),
        TEST(what_is_no_store_or_module_is_refused),
        TEST(a_closed_module_or_store_is_refused),
        TEST(objects_of_another_engine_are_foreign),
        TEST(a_missing_import_leaves_nothing_behind),
        TEST(a_module_makes_many_instances_in_one_store),
        TEST(a_start_function_can_trap),
        TEST(segments_outside_are_traps),
        TEST(a_host_function_can_fail_the_start),
        TEST(a_start_function_shows_its_instance_to_the_host),
        TEST(a_store_closed_by_its_start_function_ends),
        TEST(an_engine_shut_down_by_a_start_function_ends),
        TEST(a_start_function_may_overflow_its_stack),
        TEST(exports_are_found_by_name),
        TEST(exports_are_found_by_index),
        TEST(the_same_thing_under_two_names_is_one_handle),
        TEST(what_an_instance_does_not_export_is_not_found),
        TEST(names_with_nul_and_without_letters_are_names),
        TEST(an_export_of_another_kind_is_a_type_error),
        TEST(arguments_of_lookups_are_checked),
        TEST(what_is_no_instance_is_refused_everywhere),
        TEST(an_instance_of_a_closed_store_is_stale),
        TEST(a_private_store_ends_with_its_instance),
        TEST(a_private_store_closed_by_itself_takes_the_instance),
        TEST(in_a_shared_store_only_the_id_becomes_stale),
        TEST(a_released_instance_ends_with_a_later_call),
        TEST(an_instance_closed_while_its_store_is_busy_ends_later),
        TEST(an_id_that_was_never_an_instance_closes_nothing),
        TEST(a_store_in_use_elsewhere_is_busy),
        TEST(a_shared_memory_is_exported_as_a_memory),
    };

    return RUN(tests);
}

/* test_library.c - the promises of the library as a whole: versions,
 * statuses, statistics, any handle, tokens on their way back, error records.
 */
#include <pthread.h>

#include "lodge_test.h"

/* ---- versions --------------------------------------------------------- */

/* The first test: nothing has started the library before. */
static void the_first_refusal_of_a_process_names_what_was_expected(void **s)
{
    uint32_t yes = 7;

    (void)s;
    SAYS(HANDLE, "an engine was expected",
         lodge_engine_is_pulley((lodge_engine){0}, &yes, ERR));
    assert_int_equal(yes, 7);
}

static void the_versions_are_those_of_the_header(void **s)
{
    (void)s;
    assert_int_equal(lodge_abi(),
                     LODGE_VERSION_MAJOR << 16 | LODGE_VERSION_MINOR);
    assert_int_equal(lodge_version(), LODGE_VERSION_MAJOR << 16 |
                                          LODGE_VERSION_MINOR << 8 |
                                          LODGE_VERSION_PATCH);
    assert_int_equal(lodge_wasmtime_version() >> 16, 48);
}

/* Tests run in the source folder. */
static void the_hash_is_the_one_a_binding_reads_in_the_api_data(void **s)
{
    static char text[1 << 20];
    FILE *file = fopen("api/lodge.json", "r");
    const char *at;
    size_t n;

    (void)s;
    assert_non_null(file); /* tests run in the source folder */
    n = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[n] = '\0';
    at = strstr(text, "\"abi_hash\"");
    assert_non_null(at);
    at += strcspn(at + 10, "0123456789") + 10;
    assert_true(strtoull(at, NULL, 0) == lodge_abi_hash());
    assert_true(lodge_abi_hash() != 0);
}

static void every_feature_of_this_build_is_told(void **s)
{
    const uint64_t all = LODGE_FEATURE_COMPILER | LODGE_FEATURE_PULLEY |
                         LODGE_FEATURE_GC | LODGE_FEATURE_THREADS |
                         LODGE_FEATURE_POOLING | LODGE_FEATURE_WASI |
                         LODGE_FEATURE_TEXT;

    (void)s;
    assert_true(lodge_features() == all);
}

/* ---- statuses --------------------------------------------------------- */

static const struct {
    lodge_status status;
    const char *name;
} statuses[] = {
    {LODGE_OK, "OK: "},
    {LODGE_REQUEST, "REQUEST: "},
    {LODGE_YIELD, "YIELD: "},
    {LODGE_E_ARGUMENT, "E_ARGUMENT: "},
    {LODGE_E_HANDLE, "E_HANDLE: "},
    {LODGE_E_BUSY, "E_BUSY: "},
    {LODGE_E_FOREIGN, "E_FOREIGN: "},
    {LODGE_E_STATE, "E_STATE: "},
    {LODGE_E_CONFIG, "E_CONFIG: "},
    {LODGE_E_COMPILE, "E_COMPILE: "},
    {LODGE_E_LINK, "E_LINK: "},
    {LODGE_E_TYPE, "E_TYPE: "},
    {LODGE_E_BOUNDS, "E_BOUNDS: "},
    {LODGE_E_BUFFER, "E_BUFFER: "},
    {LODGE_E_NOT_FOUND, "E_NOT_FOUND: "},
    {LODGE_E_UNSUPPORTED, "E_UNSUPPORTED: "},
    {LODGE_E_IO, "E_IO: "},
    {LODGE_E_MEMORY, "E_MEMORY: "},
    {LODGE_E_LIMIT, "E_LIMIT: "},
    {LODGE_E_TRAP, "E_TRAP: "},
    {LODGE_E_EXCEPTION, "E_EXCEPTION: "},
    {LODGE_E_EXIT, "E_EXIT: "},
    {LODGE_E_HOST, "E_HOST: "},
    {LODGE_E_FUEL, "E_FUEL: "},
    {LODGE_E_DEADLINE, "E_DEADLINE: "},
    {LODGE_E_CANCELLED, "E_CANCELLED: "},
    {LODGE_E_STACK, "E_STACK: "},
    {LODGE_E_INTERNAL, "E_INTERNAL: "},
};

enum { STATUSES = sizeof statuses / sizeof *statuses };

static void every_status_has_a_name_and_a_meaning(void **s)
{
    char text[128];
    uint64_t len;
    size_t i, head;

    (void)s;
    for (i = 0; i < STATUSES; i++) {
        head = strlen(statuses[i].name);
        OK(lodge_status_name(statuses[i].status, text, sizeof text, &len));
        assert_true(len > head + 3);
        assert_memory_equal(text, statuses[i].name, head);
    }
}

static void a_number_that_is_no_status_is_not_found(void **s)
{
    static const lodge_status none[] = {3,   -17, -31,       -40,
                                        -63, -65, INT32_MIN, INT32_MAX};
    char text[128] = "same";
    uint64_t len = 7;
    size_t i;

    (void)s;
    for (i = 0; i < sizeof none / sizeof *none; i++)
        FAILS(NOT_FOUND, lodge_status_name(none[i], text, sizeof text, &len));
    assert_string_equal(text, "same");
}

static void a_status_name_is_copied_out_like_any_text(void **s)
{
    (void)s;
    READS("E_TRAP: the guest trapped",
          lodge_status_name(LODGE_E_TRAP, buf, cap, len));
    READS("OK: done", lodge_status_name(LODGE_OK, buf, cap, len));
}

/* ---- statistics ------------------------------------------------------- */

static void a_statistic_without_a_place_for_it_is_refused(void **s)
{
    (void)s;
    FAILS(ARGUMENT, lodge_stat(LODGE_STAT_LIVE, NULL));
    FAILS(ARGUMENT, lodge_stat(9999, NULL));
}

static void an_unknown_statistic_is_not_found(void **s)
{
    static const uint32_t none[] = {24, 63, 99, 1000, UINT32_MAX};
    uint64_t value = 7;
    size_t i;

    (void)s;
    for (i = 0; i < sizeof none / sizeof *none; i++)
        FAILS(NOT_FOUND, lodge_stat(none[i], &value));
    assert_int_equal(value, 7);
}

static void bytes_and_blocks_come_and_go_with_the_objects(void **s)
{
    lodge_config config;

    (void)s;
    assert_int_equal(stat_of(LODGE_STAT_ALLOCATIONS), 0);
    OK(lodge_config_new(0, &config, ERR));
    assert_true(stat_of(LODGE_STAT_BYTES) > 0);
    assert_int_equal(stat_of(LODGE_STAT_ALLOCATIONS), 1);
    lodge_config_close(config);
    assert_int_equal(stat_of(LODGE_STAT_ALLOCATIONS), 0);
}

static void live_handles_are_counted_by_kind(void **s)
{
    lodge_engine engine = new_engine();
    lodge_module module = new_module(engine, "(module)");
    lodge_linker linker = new_linker(engine);
    lodge_store store = new_store(engine);

    (void)s;
    assert_int_equal(stat_of(LODGE_STAT_LIVE + LODGE_KIND_ENGINE), 1);
    assert_int_equal(stat_of(LODGE_STAT_LIVE + LODGE_KIND_MODULE), 1);
    assert_int_equal(stat_of(LODGE_STAT_LIVE + LODGE_KIND_LINKER), 1);
    assert_int_equal(stat_of(LODGE_STAT_LIVE + LODGE_KIND_STORE), 1);
    assert_int_equal(stat_of(LODGE_STAT_LIVE + LODGE_KIND_CONFIG), 0);
    assert_int_equal(stat_of(LODGE_STAT_LIVE), 4);
    lodge_module_close(module);
    assert_int_equal(stat_of(LODGE_STAT_LIVE + LODGE_KIND_MODULE), 0);
    lodge_linker_close(linker);
    lodge_store_close(store);
    lodge_engine_close(engine);
}

/* "LODGE_STAT_LIVE + kind counts the live handles of one kind." */
static void handles_of_every_kind_can_be_counted(void **s)
{
    uint32_t kind;

    (void)s;
    for (kind = LODGE_KIND_CONFIG; kind <= LODGE_KIND_SHARED_MEMORY; kind++)
        assert_int_equal(stat_of(LODGE_STAT_LIVE + kind), 0);
    for (kind = LODGE_KIND_INSTANCE; kind <= LODGE_KIND_CALLER; kind++) {
        uint64_t value = 7;

        FAILS(NOT_FOUND, lodge_stat(LODGE_STAT_LIVE + kind, &value));
        assert_int_equal(value, 7);
    }
}

static void mapped_memories_are_counted_below_their_cap(void **s)
{
    lodge_engine engine = new_engine();
    lodge_instance instance =
        new_instance(engine, "(module (memory 1) (memory 1))");

    (void)s;
    assert_int_equal(stat_of(LODGE_STAT_MEMORIES), 2);
    assert_in_range(stat_of(LODGE_STAT_MEMORIES_MAX), 3, UINT32_MAX);
    lodge_instance_close(instance);
    assert_int_equal(stat_of(LODGE_STAT_MEMORIES), 0);
    lodge_engine_close(engine);
}

/* ---- any handle ------------------------------------------------------- */

static void check_kind(uint64_t id, uint32_t expected)
{
    uint32_t kind = 99;
    uint64_t bytes = UINT64_MAX;

    OK(lodge_handle_info(id, &kind, &bytes));
    assert_int_equal(kind, expected);
    assert_true(bytes < UINT64_MAX);
}

static void the_kind_of_every_handle_is_told(void **s)
{
    lodge_engine engine = new_engine();
    lodge_linker linker = new_linker(engine);
    lodge_module module = new_module(engine, "(module)");
    lodge_store store = new_store(engine);
    lodge_prepared prepared;
    lodge_config config;
    lodge_wasi wasi;

    (void)s;
    OK(lodge_config_new(0, &config, ERR));
    OK(lodge_wasi_new(&wasi, ERR));
    OK(lodge_linker_prepare(linker, module, &prepared, ERR));
    check_kind(config.id, LODGE_KIND_CONFIG);
    check_kind(engine.id, LODGE_KIND_ENGINE);
    check_kind(module.id, LODGE_KIND_MODULE);
    check_kind(linker.id, LODGE_KIND_LINKER);
    check_kind(prepared.id, LODGE_KIND_PREPARED);
    check_kind(store.id, LODGE_KIND_STORE);
    check_kind(wasi.id, LODGE_KIND_WASI);
    lodge_config_close(config);
    lodge_wasi_close(wasi);
    lodge_engine_shutdown(engine);
}

static void the_kind_of_what_lives_in_a_store_is_told(void **s)
{
    static const char *const names[] = {"f", "m", "t", "g", "x"};
    lodge_engine engine = new_engine();
    lodge_instance instance = new_instance(
        engine, "(module (func (export \"f\")) (memory (export \"m\") 1)"
                "(table (export \"t\") 1 funcref)"
                "(global (export \"g\") i32 (i32.const 1))"
                "(tag (export \"x\")))");
    lodge_extern item;
    uint32_t i;

    (void)s;
    check_kind(instance.id, LODGE_KIND_INSTANCE);
    for (i = 0; i < 5; i++) {
        OK(lodge_instance_export(instance, names[i], 1, &item, ERR));
        assert_int_equal(item.kind, LODGE_KIND_FUNC + i);
        check_kind(item.id, item.kind);
    }
    lodge_instance_close(instance);
    lodge_engine_close(engine);
}

static void the_memory_of_a_store_counts_in_full(void **s)
{
    lodge_engine engine = new_engine();
    lodge_instance instance = new_instance(engine, "(module (memory 16))");
    lodge_store store;
    uint32_t kind;
    uint64_t bytes;

    (void)s;
    OK(lodge_instance_store(instance, &store, ERR));
    OK(lodge_handle_info(store.id, &kind, &bytes));
    assert_in_range(bytes, 16 * 65536, 17 * 65536);
    lodge_instance_close(instance);
    lodge_engine_close(engine);
}

static void what_is_not_a_handle_has_no_kind(void **s)
{
    lodge_engine engine = new_engine();
    lodge_store store = new_store(engine);
    uint32_t kind = 99;
    uint64_t bytes = 77;

    (void)s;
    FOR_BAD_IDS(lodge_engine, bad,
                FAILS(HANDLE, lodge_handle_info(bad.id, &kind, &bytes)));
    FAILS(HANDLE, lodge_handle_info(engine.id | 5, &kind, &bytes));
    FAILS(HANDLE, lodge_handle_info(store.id | 1, &kind, &bytes));
    FAILS(HANDLE, lodge_handle_info(store.id | 0x3FFFF, &kind, &bytes));
    FAILS(HANDLE,
          lodge_handle_info(store.id | UINT64_C(1) << 60, &kind, &bytes));
    lodge_store_close(store);
    lodge_engine_close(engine);
    FAILS(HANDLE, lodge_handle_info(store.id, &kind, &bytes));
    FAILS(HANDLE, lodge_handle_info(engine.id, &kind, &bytes));
    assert_int_equal(kind, 99);
    assert_int_equal(bytes, 77);
}

static void a_kind_without_a_place_for_it_is_refused(void **s)
{
    lodge_engine engine = new_engine();
    uint32_t kind = 99;
    uint64_t bytes = 77;

    (void)s;
    FAILS(ARGUMENT, lodge_handle_info(engine.id, NULL, &bytes));
    FAILS(ARGUMENT, lodge_handle_info(engine.id, &kind, NULL));
    FAILS(ARGUMENT, lodge_handle_info(0, NULL, NULL));
    assert_int_equal(kind, 99);
    assert_int_equal(bytes, 77);
    lodge_engine_close(engine);
}

/* ---- in use on another thread ----------------------------------------- */

static void *look_from_outside(void *id)
{
    uint32_t kind = 99;
    uint64_t bytes;

    return (void *)(intptr_t)lodge_handle_info(*(uint64_t *)id, &kind, &bytes);
}

static int32_t host_looks(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    uint32_t kind = 99;
    uint64_t bytes;
    lodge_store store;
    pthread_t other;
    void *found;

    (void)token;
    OK(lodge_caller_store(caller, &store));
    OK(lodge_handle_info(caller.id, &kind, &bytes));
    assert_int_equal(kind, LODGE_KIND_CALLER);
    pthread_create(&other, NULL, look_from_outside, &store.id);
    pthread_join(other, &found);
    slots[0] = (uint64_t)(intptr_t)found;
    return 0;
}

static void a_store_in_use_elsewhere_is_busy(void **s)
{
    lodge_engine engine = new_engine();
    lodge_linker linker = new_linker(engine);
    lodge_module module = new_module(
        engine, "(module (import \"h\" \"look\" (func $f (result i64)))"
                "(func (export \"run\") (result i64) (call $f)))");
    lodge_instance instance;
    uint64_t slot = 0;

    (void)s;
    OK(lodge_linker_func(linker, TEXT("h"), TEXT("look"), TEXT("-> i64"),
                         host_looks, 0, ERR));
    OK(lodge_instance_new(linker, (lodge_store){0}, module, &instance, ERR));
    OK(lodge_func_call(func_of(instance, "run"), &slot, 1, ERR));
    assert_int_equal((int64_t)slot, LODGE_E_BUSY);
    lodge_engine_shutdown(engine);
}

/* ---- tokens ----------------------------------------------------------- */

static int32_t host_nothing(uint64_t token, lodge_caller caller,
                            uint64_t *slots)
{
    (void)token, (void)caller, (void)slots;
    return 0;
}

static void reaping_needs_a_place_for_what_comes(void **s)
{
    uint32_t kinds[1] = {99}, count = 99;
    uint64_t tokens[1] = {99};

    (void)s;
    FAILS(ARGUMENT, lodge_reap(0, kinds, tokens, 1, NULL));
    FAILS(ARGUMENT, lodge_reap(0, NULL, tokens, 1, &count));
    FAILS(ARGUMENT, lodge_reap(0, kinds, NULL, 1, &count));
    assert_int_equal(count, 99);
    OK(lodge_reap(0, NULL, NULL, 0, &count));
    assert_int_equal(count, 0);
    OK(lodge_reap(12345, kinds, tokens, 1, &count));
    assert_int_equal(count, 0);
    assert_int_equal(kinds[0], 99);
}

static void each_token_comes_out_once_when_its_owner_has_gone(void **s)
{
    lodge_engine engine = new_engine();
    lodge_linker linker = new_linker(engine);
    uint32_t kinds[4], count;
    uint64_t tokens[4];

    (void)s;
    OK(lodge_linker_func(linker, TEXT("a"), TEXT("b"), TEXT(""), host_nothing,
                         41, ERR));
    OK(lodge_reap(0, kinds, tokens, 4, &count));
    assert_int_equal(count, 0);
    lodge_linker_close(linker);
    assert_int_equal(stat_of(LODGE_STAT_REAP_QUEUE), 1);
    OK(lodge_reap(0, kinds, tokens, 4, &count));
    assert_int_equal(count, 1);
    assert_int_equal(kinds[0], LODGE_KIND_HOST);
    assert_int_equal(tokens[0], 41);
    OK(lodge_reap(0, kinds, tokens, 4, &count));
    assert_int_equal(count, 0);
    lodge_engine_close(engine);
}

static void a_stores_token_comes_out_with_its_kind(void **s)
{
    lodge_engine engine = new_engine();
    lodge_store store = new_store(engine);
    uint32_t kinds[4], count;
    uint64_t tokens[4];

    (void)s;
    OK(lodge_store_set(store, LODGE_STORE_TOKEN, UINT64_MAX, ERR));
    lodge_store_close(store);
    OK(lodge_reap(0, kinds, tokens, 4, &count));
    assert_int_equal(count, 1);
    assert_int_equal(kinds[0], LODGE_KIND_STORE);
    assert_true(tokens[0] == UINT64_MAX);
    lodge_engine_close(engine);
}

static void tokens_wait_in_their_own_domain_beyond_their_engine(void **s)
{
    lodge_engine engine = new_engine_with("domain=7");
    lodge_store store = new_store(engine);
    uint32_t kinds[4], count;
    uint64_t tokens[4];

    (void)s;
    OK(lodge_store_set(store, LODGE_STORE_TOKEN, 5, ERR));
    lodge_engine_shutdown(engine);
    OK(lodge_reap(0, kinds, tokens, 4, &count));
    assert_int_equal(count, 0);
    assert_int_equal(stat_of(LODGE_STAT_REAP_QUEUE), 1);
    OK(lodge_reap(7, kinds, tokens, 4, &count));
    assert_int_equal(count, 1);
    assert_int_equal(tokens[0], 5);
}

static void more_tokens_than_asked_for_stay_for_the_next_reap(void **s)
{
    lodge_engine engine = new_engine();
    uint64_t tokens[4], seen = 0, i;
    uint32_t kinds[4], count;
    lodge_store store;

    (void)s;
    for (i = 1; i <= 10; i++) {
        store = new_store(engine);
        OK(lodge_store_set(store, LODGE_STORE_TOKEN, i, ERR));
        lodge_store_close(store);
    }
    for (count = 4; count == 4;) {
        OK(lodge_reap(0, kinds, tokens, 4, &count));
        for (i = 0; i < count; i++)
            seen |= UINT64_C(1) << tokens[i];
    }
    assert_int_equal(count, 2);
    assert_int_equal(seen, 0x7FE);
    lodge_engine_close(engine);
}

static void a_refused_definition_gives_its_token_back(void **s)
{
    lodge_engine engine = new_engine();
    lodge_linker linker = new_linker(engine);
    uint32_t kinds[4], count;
    uint64_t tokens[4];

    (void)s;
    OK(lodge_linker_func(linker, TEXT("a"), TEXT("b"), TEXT(""), host_nothing,
                         1, ERR));
    FAILS(LINK, lodge_linker_func(linker, TEXT("a"), TEXT("b"), TEXT(""),
                                  host_nothing, 2, ERR));
    FAILS(ARGUMENT, lodge_linker_func(linker, TEXT("a"), TEXT("c"),
                                      TEXT("i33"), host_nothing, 3, ERR));
    OK(lodge_reap(0, kinds, tokens, 4, &count));
    assert_int_equal(count, 1);
    assert_int_equal(tokens[0], 2);
    lodge_linker_close(linker);
    OK(lodge_reap(0, kinds, tokens, 4, &count));
    assert_int_equal(count, 1);
    assert_int_equal(tokens[0], 1);
    lodge_engine_close(engine);
}

/* ---- releasing -------------------------------------------------------- */

static void *address_of(uint64_t id)
{
    return (void *)(uintptr_t)id;
}

static void a_released_handle_is_refused_at_once(void **s)
{
    lodge_engine engine = new_engine();
    uint32_t yes;

    (void)s;
    lodge_release(address_of(engine.id));
    SAYS(HANDLE, "closed", lodge_engine_is_pulley(engine, &yes, ERR));
    lodge_release(address_of(engine.id));
}

static void releasing_what_is_no_handle_does_nothing(void **s)
{
    lodge_engine engine = new_engine();
    size_t i;

    (void)s;
    for (i = 0; i < BAD_IDS; i++)
        lodge_release(address_of(bad_ids[i]));
    for (i = 1; i < 1000; i++)
        lodge_release(address_of(engine.id ^ (uint64_t)i << 36));
    OK(lodge_engine_tick(engine));
    lodge_engine_close(engine);
    lodge_release(address_of(engine.id));
}

/* A finalizer may run after its parent's, with bytes of nothing left. */
static void releasing_stale_children_leaves_nothing_behind(void **s)
{
    lodge_engine engine = new_engine();
    lodge_instance instance =
        new_instance(engine, "(module (func (export \"f\")))");
    lodge_func fn = func_of(instance, "f");

    (void)s;
    lodge_instance_close(instance);
    lodge_engine_close(engine);
    lodge_release(address_of(fn.id));
    lodge_release(address_of(instance.id));
    lodge_release(address_of(UINT64_C(0x1FFFFFFFC0005)));
    assert_int_equal(stat_of(LODGE_STAT_BYTES), 0);
}

static void an_instance_released_before_its_store_leaves_nothing(void **s)
{
    lodge_engine engine = new_engine();
    lodge_module module = new_module(engine, "(module)");
    lodge_linker linker = new_linker(engine);
    lodge_store store = new_store(engine);
    lodge_instance instance;

    (void)s;
    OK(lodge_instance_new(linker, store, module, &instance, ERR));
    lodge_release(address_of(instance.id));
    lodge_release(address_of(store.id));
    lodge_engine_shutdown(engine);
    assert_int_equal(stat_of(LODGE_STAT_BYTES), 0);
}

static void an_instance_released_in_a_shared_store_goes_stale(void **s)
{
    lodge_engine engine = new_engine();
    lodge_module module = new_module(engine, "(module)");
    lodge_linker linker = new_linker(engine);
    lodge_store store = new_store(engine), same;
    lodge_instance first, second;

    (void)s;
    OK(lodge_instance_new(linker, store, module, &first, ERR));
    OK(lodge_instance_new(linker, store, module, &second, ERR));
    lodge_release(address_of(first.id));
    SAYS(HANDLE, "closed", lodge_instance_store(first, &same, ERR));
    OK(lodge_instance_store(second, &same, ERR));
    assert_int_equal(same.id, store.id);
    lodge_engine_shutdown(engine);
}

/* A number that only looks like a child's must not hit its store. */
static void releasing_a_forged_child_leaves_the_store_alone(void **s)
{
    lodge_engine engine = new_engine();
    lodge_store store = new_store(engine);
    lodge_status st = LODGE_OK;
    uint64_t child, value;

    (void)s;
    for (child = 0x3FFFF; child > 0 && st == LODGE_OK; child = child / 2) {
        lodge_release(address_of(store.id | child));
        lodge_instance_close((lodge_instance){store.id | child});
        st = lodge_store_get(store, LODGE_STORE_CALLS, &value, ERR);
    }
    lodge_engine_shutdown(engine);
    OK(st);
}

/* ---- error records ---------------------------------------------------- */

static void a_record_is_made_ready_by_macro_or_call(void **s)
{
    const lodge_error fresh = LODGE_ERROR_INIT;
    lodge_error made;

    (void)s;
    memset(&made, 0x55, sizeof made);
    OK(lodge_error_init(&made, sizeof made));
    assert_memory_equal(&made, &fresh, sizeof made);
    assert_int_equal(sizeof made, 256);
}

static void a_record_too_small_or_too_large_is_refused(void **s)
{
    static uint64_t room[65536 / 8];
    lodge_error *err = (lodge_error *)(void *)room;

    (void)s;
    memset(room, 0x55, sizeof room);
    FAILS(ARGUMENT, lodge_error_init(NULL, 64));
    FAILS(ARGUMENT, lodge_error_init(err, 0));
    FAILS(ARGUMENT, lodge_error_init(err, 63));
    FAILS(ARGUMENT, lodge_error_init(err, 65536));
    FAILS(ARGUMENT, lodge_error_init(err, UINT32_MAX));
    assert_int_equal(room[0], 0x5555555555555555);
    OK(lodge_error_init(err, 64));
    assert_int_equal(room[8], 0x5555555555555555);
    OK(lodge_error_init(err, 65535));
}

/* Cut at a character, always with a NUL, never beyond the record. */
static void a_message_is_cut_to_its_record(void **s)
{
    static const char name[] = "\xC3\xA9\xE2\x82\xAC\xF0\x9F\xA6\x80"
                               "\xC3\xA9\xE2\x82\xAC\xF0\x9F\xA6\x80=1";
    uint64_t room[40];
    lodge_error *err = (lodge_error *)(void *)room;
    lodge_config config;
    uint32_t size, full = 0;
    size_t len, i;

    (void)s;
    OK(lodge_config_new(0, &config, ERR));
    for (size = 256; size >= 64; size--) {
        memset(room, 0x55, sizeof room);
        OK(lodge_error_init(err, size));
        FAILS(NOT_FOUND, lodge_config_parse(config, TEXT(name), err));
        full = full ? full : err->message_len;
        assert_int_equal(err->message_len, full);
        len = strlen(err->message);
        assert_in_range(len, full < size - 48 ? full : size - 52, size - 49);
        for (i = 48 + size - 48; i < sizeof room; i++)
            assert_int_equal(((unsigned char *)room)[i], 0x55);
        /* The cut lies before a character's first byte. */
        if (len < full)
            FAILS(NOT_FOUND, lodge_config_parse(config, TEXT("x"), ERR));
        SAYS(NOT_FOUND, "",
             lodge_config_parse(config, err->message, len, ERR));
    }
    lodge_config_close(config);
}

static void what_is_no_record_is_left_alone(void **s)
{
    lodge_error err;
    uint32_t head;

    (void)s;
    for (head = 0; head < 49; head += 48) {
        memset(&err, 0, sizeof err);
        err.head = head ? LODGE_ERROR_MAGIC | head : 256;
        FAILS(HANDLE,
              lodge_linker_new((lodge_engine){0}, &(lodge_linker){0}, &err));
        assert_int_equal(err.status, 0);
        assert_int_equal(err.message[0], 0);
    }
}

static void a_record_tells_the_failure_and_only_that(void **s)
{
    lodge_error err = LODGE_ERROR_INIT;
    lodge_config config;

    (void)s;
    err.trap = 5, err.exit_code = 6, err.payload = 7, err.detail = 8;
    err.status = 9, err.report = 10;
    OK(lodge_config_new(0, &config, &err));
    assert_int_equal(err.status, 9); /* written only on failure */
    FAILS(ARGUMENT, lodge_config_set(config, LODGE_CONFIG_FUEL, 2, &err));
    assert_int_equal(err.status, LODGE_E_ARGUMENT);
    assert_int_equal(err.trap, LODGE_TRAP_NONE);
    assert_int_equal(err.exit_code, 0);
    assert_int_equal(err.payload, 0);
    assert_int_equal(err.report, 0);
    assert_int_equal(err.detail, 0);
    assert_int_equal(err.message_len, strlen(err.message));
    lodge_config_close(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_first_refusal_of_a_process_names_what_was_expected),
        TEST(the_versions_are_those_of_the_header),
        TEST(the_hash_is_the_one_a_binding_reads_in_the_api_data),
        TEST(every_feature_of_this_build_is_told),
        TEST(every_status_has_a_name_and_a_meaning),
        TEST(a_number_that_is_no_status_is_not_found),
        TEST(a_status_name_is_copied_out_like_any_text),
        TEST(a_statistic_without_a_place_for_it_is_refused),
        TEST(an_unknown_statistic_is_not_found),
        TEST(bytes_and_blocks_come_and_go_with_the_objects),
        TEST(live_handles_are_counted_by_kind),
        TEST(handles_of_every_kind_can_be_counted),
        TEST(mapped_memories_are_counted_below_their_cap),
        TEST(the_kind_of_every_handle_is_told),
        TEST(the_kind_of_what_lives_in_a_store_is_told),
        TEST(the_memory_of_a_store_counts_in_full),
        TEST(what_is_not_a_handle_has_no_kind),
        TEST(a_kind_without_a_place_for_it_is_refused),
        TEST(a_store_in_use_elsewhere_is_busy),
        TEST(reaping_needs_a_place_for_what_comes),
        TEST(each_token_comes_out_once_when_its_owner_has_gone),
        TEST(a_stores_token_comes_out_with_its_kind),
        TEST(tokens_wait_in_their_own_domain_beyond_their_engine),
        TEST(more_tokens_than_asked_for_stay_for_the_next_reap),
        TEST(a_refused_definition_gives_its_token_back),
        TEST(a_released_handle_is_refused_at_once),
        TEST(releasing_what_is_no_handle_does_nothing),
        TEST(releasing_stale_children_leaves_nothing_behind),
        TEST(an_instance_released_before_its_store_leaves_nothing),
        TEST(an_instance_released_in_a_shared_store_goes_stale),
        TEST(releasing_a_forged_child_leaves_the_store_alone),
        TEST(a_record_is_made_ready_by_macro_or_call),
        TEST(a_record_too_small_or_too_large_is_refused),
        TEST(a_message_is_cut_to_its_record),
        TEST(what_is_no_record_is_left_alone),
        TEST(a_record_tells_the_failure_and_only_that),
    };

    return RUN(tests);
}

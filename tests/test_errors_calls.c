/* test_errors_calls.c - errors of calls, exports and host modules that no
 * test of a single function brings about.
 */
#include "world.h"

void lodge_test_alloc_fail_at(uint64_t k, int32_t forever);
void lodge_test_stores_full(int32_t full);

/* ---- exports ---------------------------------------------------------- */

static void an_export_that_is_not_there_is_not_found(void **s)
{
    const lodge_engine engine = new_engine();
    lodge_instance instance = new_instance(engine, "(module)");
    lodge_memory memory = {77};
    lodge_global global = {77};
    lodge_table table = {77};

    (void)s;
    SAYS(NOT_FOUND, "none",
         lodge_instance_memory(instance, TEXT("none"), &memory, ERR));
    SAYS(NOT_FOUND, "none",
         lodge_instance_table(instance, TEXT("none"), &table, ERR));
    SAYS(NOT_FOUND, "none",
         lodge_instance_global(instance, TEXT("none"), &global, ERR));
    assert_int_equal(memory.id, 77);
    assert_int_equal(table.id, 77);
    assert_int_equal(global.id, 77);
    lodge_instance_close(instance);
    lodge_engine_close(engine);
}

static void a_shared_memory_is_nothing_else_either(void **s)
{
    const lodge_engine engine = new_engine_with(sharing());
    lodge_instance instance =
        new_instance(engine, "(module (memory (export \"s\") 1 2 shared))");
    lodge_global global = {77};
    lodge_table table = {77};
    lodge_func func = {77};

    (void)s;
    SAYS(TYPE, "is a memory",
         lodge_instance_func(instance, TEXT("s"), &func, ERR));
    SAYS(TYPE, "is a memory",
         lodge_instance_table(instance, TEXT("s"), &table, ERR));
    SAYS(TYPE, "is a memory",
         lodge_instance_global(instance, TEXT("s"), &global, ERR));
    assert_int_equal(func.id, 77);
    assert_int_equal(table.id, 77);
    assert_int_equal(global.id, 77);
    lodge_instance_close(instance);
    lodge_engine_close(engine);
}

/* ---- whoever calls ---------------------------------------------------- */

static struct {
    lodge_status st;
    lodge_extern item;
} asked;

static int32_t ask_for_export(uint64_t token, lodge_caller caller,
                              uint64_t *slots)
{
    (void)token, (void)slots;
    asked.st = lodge_caller_export(caller, TEXT("s"), &asked.item);
    return LODGE_OK;
}

static void a_callers_shared_memory_is_a_memory(void **s)
{
    const lodge_engine engine = new_engine_with(sharing());
    lodge_linker linker = new_linker(engine);
    lodge_module module =
        new_module(engine, "(module (import \"h\" \"f\" (func $f))"
                           " (memory (export \"s\") 1 2 shared)"
                           " (func (export \"go\") (call $f)))");
    lodge_instance instance;

    (void)s;
    OK(lodge_linker_func(linker, TEXT("h"), TEXT("f"), TEXT(""),
                         ask_for_export, 0, ERR));
    OK(lodge_instance_new(linker, (lodge_store){0}, module, &instance, ERR));
    asked.item = (lodge_extern){77, 77, 77};
    OK(lodge_func_call(func_of(instance, "go"), NULL, 0, ERR));
    assert_int_equal(asked.st, LODGE_OK);
    assert_int_equal(asked.item.kind, LODGE_KIND_MEMORY);
    lodge_instance_close(instance);
    lodge_module_close(module);
    lodge_linker_close(linker);
    lodge_engine_shutdown(engine);
}

static uint32_t without_memory;

/* An instance that is being made has no handle before somebody asks. */
static void asks_without_room(struct world *w, struct good_call *call)
{
    static const char *const names[] = {"lodge_caller_memory",
                                        "lodge_caller_instance"};
    lodge_status st;
    size_t i;

    for (i = 0; i < 2; i++) {
        call->fn = seen_function_named(names[i]);
        read_args(w, call);
        lodge_test_stores_full(1);
        refuses(w, call, LODGE_E_LIMIT, "no handle is left in the store");
        lodge_test_stores_full(0);
    }
    lodge_test_alloc_fail_at(1, 1);
    st = try_call(w, call);
    lodge_test_alloc_fail_at(0, 0);
    if (st == LODGE_E_MEMORY) {
        without_memory++;
        assert_true(untouched(w, call));
        st = try_call(w, call);
    }
    if (st != LODGE_OK || w->out[2][0] == 0)
        complain(call, "there is room", st);
}

/* Each adds one to the lists of the store, which grow now and then. */
static void a_starting_instance_without_room_is_told(void **s)
{
    int i;

    (void)s;
    complaints = 0;
    without_memory = 0;
    world_open(&world);
    for (i = 0; i < 64; i++)
        in_start(asks_without_room, "lodge_caller_instance");
    world_close(&world);
    assert_int_equal(complaints, 0);
    assert_in_range(without_memory, 1, 63);
}

/* ---- frames ----------------------------------------------------------- */

static lodge_prepared prepare(lodge_engine engine, lodge_linker linker)
{
    lodge_module module = new_module(engine, "(module)");
    lodge_prepared prepared;

    OK(lodge_linker_prepare(linker, module, &prepared, ERR));
    lodge_module_close(module);
    return prepared;
}

/* The message goes behind the only slot. */
static lodge_status instantiate(lodge_prepared prepared, uint64_t capacity,
                                lodge_store store, uint64_t *frame)
{
    const uint64_t at = LODGE_FRAME_SLOTS + 1, room = FRAME_WORDS - at;

    memset(frame, 0, FRAME_WORDS * sizeof *frame);
    frame[LODGE_FRAME_FUNC] = prepared.id;
    frame[LODGE_FRAME_CAPACITY] = capacity;
    frame[LODGE_FRAME_ERROR] = at | room << 32;
    frame[LODGE_FRAME_SLOTS] = store.id;
    return lodge_instantiate(frame);
}

static const char *message_in(const uint64_t *frame)
{
    const lodge_error *err =
        (const lodge_error *)(const void *)&frame[LODGE_FRAME_SLOTS + 1];

    return err->message;
}

static void an_instance_needs_a_slot_and_a_store_of_its_engine(void **s)
{
    const lodge_engine engine = new_engine(), other = new_engine();
    lodge_linker linker = new_linker(engine);
    lodge_prepared prepared = prepare(engine, linker);
    lodge_store foreign = new_store(other), store = new_store(engine);
    uint64_t frame[FRAME_WORDS];

    (void)s;
    FAILS(BUFFER, instantiate(prepared, 0, store, frame));
    assert_non_null(strstr(message_in(frame), "an instance needs 1"));
    FAILS(FOREIGN, instantiate(prepared, 1, foreign, frame));
    assert_non_null(strstr(message_in(frame), "another engine"));
    assert_int_equal(frame[LODGE_FRAME_SLOTS], foreign.id);
    OK(instantiate(prepared, 1, store, frame));
    lodge_engine_shutdown(other);
    lodge_engine_shutdown(engine);
}

static void a_missing_folder_fails_a_frame_too(void **s)
{
    const lodge_engine engine = new_engine();
    lodge_linker linker = new_linker(engine);
    lodge_prepared prepared = prepare(engine, linker);
    uint64_t live, frame[FRAME_WORDS];
    lodge_wasi wasi;

    (void)s;
    OK(lodge_wasi_new(&wasi, ERR));
    OK(lodge_wasi_dir(wasi, TEXT("/no/such/folder"), TEXT("/"),
                      LODGE_WASI_READ, LODGE_WASI_READ, ERR));
    OK(lodge_prepared_wasi(prepared, wasi, ERR));
    live = stat_of(LODGE_STAT_LIVE);
    FAILS(IO, instantiate(prepared, 1, (lodge_store){0}, frame));
    assert_non_null(strstr(message_in(frame), "/no/such/folder"));
    assert_int_equal(frame[LODGE_FRAME_SLOTS], 0);
    assert_int_equal(stat_of(LODGE_STAT_LIVE), live);
    lodge_wasi_close(wasi);
    lodge_engine_shutdown(engine);
}

/* ---- host modules ----------------------------------------------------- */

/* Every type that has a name can be made, whatever the engine lets guests
 * use; `ref` says that there is none.
 */
static void items_of_a_type_without_a_name_cannot_be_made(void **s)
{
    static const char *const types[] = {
        "i32",     "v128",        "funcref",       "externref",  "anyref",
        "eqref",   "i31ref",      "structref",     "arrayref",   "exnref",
        "nullref", "nullfuncref", "nullexternref", "nullexnref",
    };
    const lodge_engine engine = new_engine_with("gc=off,exceptions=off");
    uint64_t slots[2] = {0, 0};
    uint32_t index = 77;
    char type[32];
    lodge_host host;
    size_t i;

    (void)s;
    OK(lodge_host_new(engine, TEXT("h"), &host, ERR));
    SAYS(UNSUPPORTED, "ref",
         lodge_host_global(host, TEXT("mut ref"), slots, &index, ERR));
    SAYS(UNSUPPORTED, "ref",
         lodge_host_table(host, TEXT("1 2 ref"), &index, ERR));
    assert_int_equal(index, 77);
    for (i = 0; i < sizeof types / sizeof *types; i++) {
        OK(lodge_host_global(host, TEXT(types[i]), slots, &index, ERR));
        snprintf(type, sizeof type, "1 2 %s", types[i]);
        if (i >= 2)
            OK(lodge_host_table(host, TEXT(type), &index, ERR));
    }
    lodge_host_close(host);
    lodge_engine_shutdown(engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_export_that_is_not_there_is_not_found),
        TEST(a_shared_memory_is_nothing_else_either),
        TEST(a_callers_shared_memory_is_a_memory),
        TEST(a_starting_instance_without_room_is_told),
        TEST(an_instance_needs_a_slot_and_a_store_of_its_engine),
        TEST(a_missing_folder_fails_a_frame_too),
        TEST(items_of_a_type_without_a_name_cannot_be_made),
    };

    return RUN(tests);
}

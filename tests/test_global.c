/* test_global.c - promises of globals. */
#include <pthread.h>

#include "store_fixture.h"

static lodge_global new_global(const char *type, uint64_t low, uint64_t high)
{
    const uint64_t slots[2] = {low, high};
    lodge_global global;

    OK(lodge_global_new(store, TEXT(type), slots, &global, ERR));
    return global;
}

static lodge_global global_of(lodge_instance instance, const char *name)
{
    lodge_global global;

    OK(lodge_instance_global(instance, TEXT(name), &global, ERR));
    return global;
}

static uint64_t value_of(lodge_global global)
{
    uint64_t value = 42;

    OK(lodge_global_get(global, &value, 1, ERR));
    return value;
}

static const char functions[] =
    "(module (func (export \"f\") (result i32) (i32.const 5))"
    " (func $g (export \"g\")) (elem declare func $g)"
    " (global (export \"r\") (mut funcref) (ref.func $g))"
    " (global (export \"n\") funcref (ref.null func)))";

static const uint64_t pattern = UINT64_C(0x8877665544332211);

/* ---- values ----------------------------------------------------------- */

static void every_number_type_keeps_its_bits(void **state)
{
    static const struct {
        const char *type;
        uint64_t mask;
    } types[] = {
        {"mut i32", UINT32_MAX}, {"mut f32", UINT32_MAX},
        {"mut i64", UINT64_MAX}, {"mut f64", UINT64_MAX},
        {"i32", UINT32_MAX},     {"f32", UINT32_MAX},
        {"i64", UINT64_MAX},     {"f64", UINT64_MAX},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof types / sizeof *types; i++) {
        lodge_global global = new_global(types[i].type, pattern, 0);
        uint64_t next = ~pattern;

        assert_true(value_of(global) == (pattern & types[i].mask));
        READS(types[i].type, lodge_global_type(global, buf, cap, len, ERR));
        if (strncmp(types[i].type, "mut", 3) != 0)
            continue;
        OK(lodge_global_set(global, &next, 1, ERR));
        assert_true(value_of(global) == (next & types[i].mask));
    }
}

static void a_signalling_nan_is_kept_as_it_is(void **state)
{
    (void)state;
    assert_int_equal(value_of(new_global("f32", 0x7FA00001, 0)), 0x7FA00001);
    assert_true(value_of(new_global("f64", UINT64_C(0x7FF4000000000001), 0)) ==
                UINT64_C(0x7FF4000000000001));
    assert_true(value_of(new_global("f64", UINT64_C(1) << 63, 0)) ==
                UINT64_C(1) << 63);
}

static void a_vector_takes_two_slots(void **state)
{
    lodge_global global = new_global("mut v128", pattern, 7);
    uint64_t slots[3] = {42, 42, 42};

    (void)state;
    READS("mut v128", lodge_global_type(global, buf, cap, len, ERR));
    FAILS(BUFFER, lodge_global_get(global, slots, 1, ERR));
    FAILS(BUFFER, lodge_global_get(global, slots, 0, ERR));
    FAILS(BUFFER, lodge_global_set(global, slots, 1, ERR));
    assert_true(slots[0] == 42 && slots[1] == 42);
    OK(lodge_global_get(global, slots, 2, ERR));
    assert_true(slots[0] == pattern && slots[1] == 7 && slots[2] == 42);
    slots[1] = UINT64_MAX;
    OK(lodge_global_set(global, slots, 3, ERR));
    OK(lodge_global_get(global, slots + 1, 2, ERR));
    assert_true(slots[1] == pattern && slots[2] == UINT64_MAX);
}

static void a_number_needs_one_slot_and_touches_one(void **state)
{
    lodge_global global = new_global("mut i32", 5, 0);
    uint64_t slots[2] = {42, 42};

    (void)state;
    SAYS(BUFFER, "1", lodge_global_get(global, slots, 0, ERR));
    FAILS(BUFFER, lodge_global_set(global, slots, 0, ERR));
    assert_int_equal(slots[0], 42);
    OK(lodge_global_get(global, slots, 2, ERR));
    assert_true(slots[0] == 5 && slots[1] == 42);
}

static void a_funcref_is_the_id_of_a_function(void **state)
{
    lodge_instance instance = guest(functions);
    lodge_func f = func_of(instance, "f"), g = func_of(instance, "g");
    lodge_global global = new_global("mut funcref", f.id, 0);

    (void)state;
    assert_int_equal(value_of(global), f.id);
    OK(lodge_global_set(global, &g.id, 1, ERR));
    assert_int_equal(value_of(global), g.id);
    OK(lodge_global_set(global, &(uint64_t){0}, 1, ERR));
    assert_int_equal(value_of(global), 0);
    assert_int_equal(value_of(global_of(instance, "r")), g.id);
    assert_int_equal(value_of(global_of(instance, "n")), 0);
    READS("mut funcref", lodge_global_type(global, buf, cap, len, ERR));
}

static void a_function_of_another_store_is_foreign(void **state)
{
    lodge_func foreign = func_of(new_instance(engine, functions), "f");
    lodge_global global = new_global("mut funcref", 0, 0), made = {42};

    (void)state;
    FAILS(FOREIGN, lodge_global_set(global, &foreign.id, 1, ERR));
    FAILS(FOREIGN,
          lodge_global_new(store, TEXT("funcref"), &foreign.id, &made, ERR));
    assert_int_equal(value_of(global), 0);
    assert_int_equal(made.id, 42);
}

static void a_value_that_is_no_function_is_refused(void **state)
{
    lodge_global global = new_global("mut funcref", 0, 0);
    const uint64_t others[] = {store.id, engine.id, global.id,
                               new_memory("1").id};
    size_t i;

    (void)state;
    for (i = 0; i < 4 + BAD_IDS; i++) {
        uint64_t id = i < 4 ? others[i] : bad_ids[i - 4];
        lodge_status st = lodge_global_set(global, &id, 1, ERR);

        assert_true(id == 0 || st == LODGE_E_HANDLE || st == LODGE_E_FOREIGN);
    }
    assert_int_equal(value_of(global), 0);
}

static void a_token_is_kept_as_it_is(void **state)
{
    lodge_global global = new_global("mut externref", 0, 0), made;
    uint64_t seven = 7;

    (void)state;
    assert_int_equal(value_of(global), 0);
    OK(lodge_global_set(global, &seven, 1, ERR));
    OK(lodge_global_new(store, TEXT("externref"), &pattern, &made, ERR));
    assert_int_equal(value_of(global), 7);
    assert_true(value_of(made) == pattern);
    lodge_engine_shutdown(engine);
    reap_everything();
}

static void a_small_number_is_a_reference(void **state)
{
    lodge_instance instance =
        guest("(module (global (export \"i\") (mut i31ref)"
              "  (ref.i31 (i32.const 5)))"
              " (global (export \"z\") (mut anyref) (ref.null any)))");
    lodge_global global = global_of(instance, "i");
    uint64_t value = 42;
    lodge_ref ref;

    (void)state;
    READS("mut i31ref", lodge_global_type(global, buf, cap, len, ERR));
    OK(lodge_global_get(global, &ref.id, 1, ERR));
    OK(lodge_ref_read(ref, 0, &value, 1, ERR));
    assert_int_equal(value, 5);
    FAILS(HANDLE, lodge_global_set(global, &value, 1, ERR));
    assert_int_equal(value_of(global_of(instance, "z")), 0);
    OK(lodge_global_set(global_of(instance, "z"), &ref.id, 1, ERR));
    assert_true(value_of(global_of(instance, "z")) != 0);
    OK(lodge_global_set(global, &(uint64_t){0}, 1, ERR));
    assert_int_equal(value_of(global), 0);
}

static void globals_of_any_nullable_type_are_made(void **state)
{
    static const char *const types[] = {"anyref", "i31ref", "mut structref",
                                        "exnref", "nullref"};
    const uint64_t zero[2] = {0, 0};
    lodge_global global = {42};
    size_t i;

    (void)state;
    FAILS(UNSUPPORTED,
          lodge_global_new(store, TEXT("ref"), zero, &global, ERR));
    assert_int_equal(global.id, 42);
    for (i = 0; i < sizeof types / sizeof *types; i++) {
        OK(lodge_global_new(store, TEXT(types[i]), zero, &global, ERR));
        assert_int_equal(value_of(global), 0);
    }
}

/* ---- what is refused -------------------------------------------------- */

static void an_immutable_global_stays_what_it_is(void **state)
{
    static const char *const types[] = {"i32",  "i64",     "f32",      "f64",
                                        "v128", "funcref", "externref"};
    const uint64_t slots[2] = {0, 0};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof types / sizeof *types; i++)
        FAILS(TYPE,
              lodge_global_set(new_global(types[i], 0, 0), slots, 2, ERR));
    FAILS(TYPE,
          lodge_global_set(global_of(guest(functions), "n"), slots, 1, ERR));
    SAYS(TYPE, "immutable",
         lodge_global_set(new_global("i32", 5, 0), slots, 1, ERR));
}

static void a_malformed_type_is_refused_and_out_is_untouched(void **state)
{
    static const char *const types[] = {
        "",        " ",    "mut",       "i33",         "mut mut i32",
        "i32 mut", "I32",  "const i32", "i32 i32",     "i8",
        "i16",     "\xFF", "mut i32 5", "mut\xC3\x28",
    };
    const uint64_t slots[2] = {0, 0};
    lodge_global global = {42};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof types / sizeof *types; i++)
        FAILS(ARGUMENT,
              lodge_global_new(store, TEXT(types[i]), slots, &global, ERR));
    FAILS(ARGUMENT, lodge_global_new(store, NULL, 3, slots, &global, ERR));
    FAILS(ARGUMENT,
          lodge_global_new(store, "i32", UINT64_MAX, slots, &global, ERR));
    FAILS(ARGUMENT, lodge_global_new(store, "i32", 3, NULL, &global, ERR));
    FAILS(ARGUMENT, lodge_global_new(store, "i32", 3, slots, NULL, ERR));
    assert_int_equal(global.id, 42);
}

static void a_missing_buffer_is_refused(void **state)
{
    lodge_global global = new_global("mut i32", 5, 0);

    (void)state;
    FAILS(ARGUMENT, lodge_global_get(global, NULL, 1, ERR));
    FAILS(ARGUMENT, lodge_global_get(global, NULL, 0, ERR));
    FAILS(ARGUMENT, lodge_global_set(global, NULL, 1, ERR));
    FAILS(ARGUMENT, lodge_global_type(global, NULL, 1, NULL, ERR));
}

static void all_refuse(lodge_global global, lodge_status want)
{
    uint64_t slots[2] = {42, 42}, len = 42;
    char text[8] = "#";

    GIVES(want, lodge_global_type(global, text, sizeof text, &len, ERR));
    GIVES(want, lodge_global_get(global, slots, 2, ERR));
    GIVES(want, lodge_global_set(global, slots, 2, ERR));
    GIVES(want, lodge_global_get(global, slots, 2, NULL));
    assert_true(slots[0] == 42 && slots[1] == 42 && len == 42);
    assert_int_equal(text[0], '#');
}

static void ids_that_name_no_global_are_refused(void **state)
{
    lodge_instance instance = guest(functions);

    (void)state;
    FOR_BAD_IDS(lodge_global, id, all_refuse(id, LODGE_E_HANDLE));
    all_refuse((lodge_global){store.id}, LODGE_E_HANDLE);
    all_refuse((lodge_global){engine.id}, LODGE_E_HANDLE);
    all_refuse((lodge_global){instance.id}, LODGE_E_HANDLE);
    all_refuse((lodge_global){func_of(instance, "f").id}, LODGE_E_HANDLE);
    all_refuse((lodge_global){new_memory("1").id}, LODGE_E_HANDLE);
}

static void a_global_is_made_only_in_a_store(void **state)
{
    lodge_global made = new_global("i32", 1, 0), global = {42};
    uint64_t slot = 0;

    (void)state;
    FOR_BAD_IDS(
        lodge_store, id,
        FAILS(HANDLE, lodge_global_new(id, TEXT("i32"), &slot, &global, ERR)));
    FAILS(HANDLE, lodge_global_new((lodge_store){made.id}, TEXT("i32"), &slot,
                                   &global, ERR));
    OK(lodge_store_close(store));
    FAILS(HANDLE, lodge_global_new(store, TEXT("i32"), &slot, &global, ERR));
    assert_int_equal(global.id, 42);
    all_refuse(made, LODGE_E_HANDLE);
    OK(lodge_engine_shutdown(engine));
    all_refuse(made, LODGE_E_HANDLE);
}

/* ---- with guests ------------------------------------------------------ */

static void host_and_guest_share_an_imported_global(void **state)
{
    lodge_linker linker = new_linker(engine);
    lodge_global global = new_global("mut i64", 40, 0);
    lodge_extern item = {LODGE_KIND_GLOBAL, 0, global.id};
    lodge_instance instance;

    (void)state;
    OK(lodge_linker_add(linker, TEXT("env"), TEXT("g"), &item, ERR));
    instance = instance_in_store(
        linker, "(module (import \"env\" \"g\" (global $g (mut i64)))"
                " (export \"again\" (global $g))"
                " (func (export \"add\") (param i64) (result i64)"
                "  (global.set $g (i64.add (global.get $g) (local.get 0)))"
                "  (global.get $g)))");
    assert_int_equal(call1(instance, "add", 2), 42);
    assert_int_equal(value_of(global), 42);
    OK(lodge_global_set(global, &(uint64_t){UINT64_MAX}, 1, ERR));
    assert_int_equal(call1(instance, "add", 1), 0);
    assert_int_equal(global_of(instance, "again").id, global.id);
}

static void a_constant_vector_and_a_function_are_imported(void **state)
{
    lodge_linker linker = new_linker(engine);
    lodge_func f = func_of(guest(functions), "f");
    lodge_global vector = new_global("v128", 7, 9);
    lodge_global func = new_global("funcref", f.id, 0);
    lodge_extern items[2] = {{LODGE_KIND_GLOBAL, 0, vector.id},
                             {LODGE_KIND_GLOBAL, 0, func.id}};
    lodge_instance instance;

    (void)state;
    OK(lodge_linker_add(linker, TEXT("env"), TEXT("v"), &items[0], ERR));
    OK(lodge_linker_add(linker, TEXT("env"), TEXT("f"), &items[1], ERR));
    instance = instance_in_store(
        linker, "(module (import \"env\" \"v\" (global $v v128))"
                " (import \"env\" \"f\" (global $f funcref))"
                " (table 1 funcref)"
                " (func (export \"high\") (param i64) (result i64)"
                "  (i64x2.extract_lane 1 (global.get $v)))"
                " (func (export \"call\") (param i32) (result i32)"
                "  (table.set (i32.const 0) (global.get $f))"
                "  (call_indirect (result i32) (i32.const 0))))");
    assert_int_equal(call1(instance, "high", 0), 9);
    assert_int_equal(call1(instance, "call", 0), 5);
}

static void a_global_that_does_not_fit_the_import_is_refused(void **state)
{
    static const char *const types[] = {"i32", "mut i64", "f32", "funcref"};
    lodge_module module = new_module(
        engine, "(module (import \"env\" \"g\" (global (mut i32))))");
    lodge_instance instance = {42};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof types / sizeof *types; i++) {
        lodge_extern item = {LODGE_KIND_GLOBAL, 0,
                             new_global(types[i], 0, 0).id};
        lodge_linker linker = new_linker(engine);

        OK(lodge_linker_add(linker, TEXT("env"), TEXT("g"), &item, ERR));
        FAILS(LINK, lodge_instance_new(linker, store, module, &instance, ERR));
    }
    assert_int_equal(instance.id, 42);
}

static void exported_globals_of_every_type_are_read(void **state)
{
    lodge_instance instance =
        guest("(module (global (export \"a\") i32 (i32.const -1))"
              " (global (export \"b\") (mut i64) (i64.const -2))"
              " (global (export \"c\") f32 (f32.const 1.5))"
              " (global (export \"d\") f64 (f64.const -0.0))"
              " (global (export \"e\") (mut v128) (v128.const i64x2 3 4)))");
    uint64_t slots[2];

    (void)state;
    assert_int_equal(value_of(global_of(instance, "a")), UINT32_MAX);
    assert_true(value_of(global_of(instance, "b")) == UINT64_MAX - 1);
    assert_int_equal(value_of(global_of(instance, "c")), 0x3FC00000);
    assert_true(value_of(global_of(instance, "d")) == UINT64_C(1) << 63);
    OK(lodge_global_get(global_of(instance, "e"), slots, 2, ERR));
    assert_true(slots[0] == 3 && slots[1] == 4);
    assert_int_equal(global_of(instance, "a").id, global_of(instance, "a").id);
}

static void *tries(void *global)
{
    all_refuse(*(lodge_global *)global, LODGE_E_BUSY);
    return NULL;
}

static int32_t lets_another_try(uint64_t token, lodge_caller caller,
                                uint64_t *slots)
{
    lodge_extern item;
    lodge_global global;
    pthread_t thread;

    (void)token, (void)slots;
    OK(lodge_caller_export(caller, TEXT("g"), &item));
    global.id = item.id;
    assert_int_equal(pthread_create(&thread, NULL, tries, &global), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    OK(lodge_global_set(global, &(uint64_t){31}, 1, ERR));
    return 0;
}

static void a_global_is_used_inside_a_host_call_by_its_thread(void **state)
{
    lodge_linker linker = new_linker(engine);
    lodge_instance instance;

    (void)state;
    OK(lodge_linker_func(linker, TEXT("env"), TEXT("f"), TEXT("->"),
                         lets_another_try, 0, ERR));
    instance = instance_in_store(
        linker, "(module (import \"env\" \"f\" (func $f))"
                " (global $g (export \"g\") (mut i32) (i32.const 1))"
                " (func (export \"go\") (param i32) (result i32)"
                "  (call $f) (global.get $g)))");
    assert_int_equal(call1(instance, "go", 0), 31);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(every_number_type_keeps_its_bits),
        STORE_TEST(a_signalling_nan_is_kept_as_it_is),
        STORE_TEST(a_vector_takes_two_slots),
        STORE_TEST(a_number_needs_one_slot_and_touches_one),
        STORE_TEST(a_funcref_is_the_id_of_a_function),
        STORE_TEST(a_function_of_another_store_is_foreign),
        STORE_TEST(a_value_that_is_no_function_is_refused),
        STORE_TEST(a_token_is_kept_as_it_is),
        STORE_TEST(a_small_number_is_a_reference),
        STORE_TEST(globals_of_any_nullable_type_are_made),
        STORE_TEST(an_immutable_global_stays_what_it_is),
        STORE_TEST(a_malformed_type_is_refused_and_out_is_untouched),
        STORE_TEST(a_missing_buffer_is_refused),
        STORE_TEST(ids_that_name_no_global_are_refused),
        STORE_TEST(a_global_is_made_only_in_a_store),
        STORE_TEST(host_and_guest_share_an_imported_global),
        STORE_TEST(a_constant_vector_and_a_function_are_imported),
        STORE_TEST(a_global_that_does_not_fit_the_import_is_refused),
        STORE_TEST(exported_globals_of_every_type_are_read),
        STORE_TEST(a_global_is_used_inside_a_host_call_by_its_thread),
    };

    return RUN(tests);
}

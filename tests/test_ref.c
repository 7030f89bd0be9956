/* test_ref.c - promises of references to objects of the guest's heap. */
#include <pthread.h>

#include "refs_fixture.h"
#include "zoo.h"

static const char objects[] =
    "(module"
    " (type $p (struct (field (mut i32)) (field i64) (field (mut v128))"
    "  (field (mut externref)) (field (mut i8)) (field (mut anyref))))"
    " (type $a (array (mut i16))) (type $other (struct (field f64)))"
    " (func (export \"struct\") (result structref)"
    "  (struct.new $p (i32.const -1) (i64.const 5) (v128.const i64x2 6 7)"
    "   (ref.null extern) (i32.const -1) (ref.i31 (i32.const 9))))"
    " (func (export \"exact\") (param (ref $p)) (result i32)"
    "  (struct.get $p 0 (local.get 0)))"
    " (func (export \"new_exact\") (result (ref $p))"
    "  (struct.new_default $p))"
    " (func (export \"other\") (result (ref null $other))"
    "  (struct.new_default $other))"
    " (func (export \"array\") (param i32) (result arrayref)"
    "  (array.new $a (i32.const 300) (local.get 0)))"
    " (func (export \"i31\") (param i32) (result i31ref)"
    "  (ref.i31 (local.get 0)))"
    " (func (export \"get31\") (param i31ref) (result i32)"
    "  (i31.get_u (local.get 0)))"
    " (func (export \"any\") (param anyref) (result anyref) (local.get 0))"
    " (func (export \"eq\") (param eqref eqref) (result i32)"
    "  (ref.eq (local.get 0) (local.get 1)))"
    " (func (export \"intern\") (param externref) (result anyref)"
    "  (any.convert_extern (local.get 0)))"
    " (func (export \"null\") (result anyref) (ref.null any))"
    " (global $g (mut anyref) (ref.null any))"
    " (func (export \"keep\") (param anyref)"
    "  (global.set $g (local.get 0)))"
    " (func (export \"kept\") (result anyref) (global.get $g)))";

static lodge_ref ref1(lodge_instance in, const char *name, uint64_t slot)
{
    return (lodge_ref){call1(in, name, slot)};
}

static uint64_t read1(lodge_ref ref, uint64_t index)
{
    uint64_t slots[2] = {42, 42};

    OK(lodge_ref_read(ref, index, slots, 2, ERR));
    return slots[0];
}

static uint32_t is(lodge_ref ref, uint32_t type)
{
    uint32_t yes = 7;

    OK(lodge_ref_test(ref, type, &yes, ERR));
    return yes;
}

static uint32_t same(lodge_ref a, lodge_ref b)
{
    uint32_t yes = 7;

    OK(lodge_ref_same(a, b, &yes, ERR));
    return yes;
}

/* ---- what is in them --------------------------------------------------- */

static void a_struct_is_read_and_written(void **state)
{
    lodge_instance in = guest(objects);
    lodge_ref ref = ref1(in, "struct", 0);
    uint64_t slots[2], count;

    (void)state;
    collect();
    OK(lodge_ref_len(ref, &count, ERR));
    assert_int_equal(count, 6);
    READS("structref", lodge_ref_type(ref, buf, cap, len, ERR));
    assert_int_equal(read1(ref, 0), UINT32_MAX);
    assert_int_equal(read1(ref, 1), 5);
    OK(lodge_ref_read(ref, 2, slots, 2, ERR));
    assert_true(slots[0] == 6 && slots[1] == 7);
    FAILS(BUFFER, lodge_ref_read(ref, 2, slots, 1, ERR));
    assert_int_equal(read1(ref, 3), 0);
    assert_int_equal(read1(ref, 4), 255);
    assert_int_equal(read1((lodge_ref){read1(ref, 5)}, 0), 9);
    slots[0] = 8, slots[1] = 9;
    OK(lodge_ref_write(ref, 0, slots, 1, ERR));
    OK(lodge_ref_write(ref, 2, slots, 2, ERR));
    OK(lodge_ref_write(ref, 3, slots, 1, ERR));
    OK(lodge_ref_write(ref, 5, &ref.id, 1, ERR));
    assert_int_equal(read1(ref, 0), 8);
    assert_int_equal(read1(ref, 3), 8);
    assert_int_equal(same((lodge_ref){read1(ref, 5)}, ref), 1);
    FAILS(BUFFER, lodge_ref_write(ref, 2, slots, 1, ERR));
    SAYS(TYPE, "cannot be changed", lodge_ref_write(ref, 1, slots, 1, ERR));
    FAILS(BOUNDS, lodge_ref_read(ref, 6, slots, 1, ERR));
    FAILS(BOUNDS, lodge_ref_write(ref, UINT64_MAX, slots, 1, ERR));
    ends_with(1);
}

static void an_array_is_read_and_written(void **state)
{
    lodge_instance in = guest(objects);
    lodge_ref ref = ref1(in, "array", 3), empty = ref1(in, "array", 0);
    uint64_t slot = 0x12345, count;

    (void)state;
    READS("arrayref", lodge_ref_type(ref, buf, cap, len, ERR));
    OK(lodge_ref_len(ref, &count, ERR));
    assert_int_equal(count, 3);
    OK(lodge_ref_write(ref, 1, &slot, 1, ERR));
    assert_int_equal(read1(ref, 0), 300);
    assert_int_equal(read1(ref, 1), 0x2345);
    FAILS(BOUNDS, lodge_ref_read(ref, 3, &slot, 1, ERR));
    OK(lodge_ref_len(empty, &count, ERR));
    assert_int_equal(count, 0);
    FAILS(BOUNDS, lodge_ref_read(empty, 0, &slot, 1, ERR));
}

static void small_numbers_are_read_and_made(void **state)
{
    lodge_instance in = guest(objects);
    lodge_ref ref;

    (void)state;
    assert_int_equal(read1(ref1(in, "i31", 7), 0), 7);
    assert_int_equal(read1(ref1(in, "i31", UINT32_MAX), 0), 0x7FFFFFFF);
    OK(lodge_ref_i31(store, 0x7FFFFFFF, &ref, ERR));
    assert_int_equal(call1(in, "get31", ref.id), 0x7FFFFFFF);
    READS("i31ref", lodge_ref_type(ref, buf, cap, len, ERR));
    FAILS(TYPE, lodge_ref_write(ref, 0, &ref.id, 1, ERR));
    FAILS(ARGUMENT, lodge_ref_i31(store, 0x80000000u, &ref, ERR));
    FAILS(ARGUMENT, lodge_ref_i31(store, 1, NULL, ERR));
}

static void a_token_within_anyref_is_read(void **state)
{
    lodge_instance in = guest(objects);
    lodge_ref ref = ref1(in, "intern", 1234);

    (void)state;
    READS("externref", lodge_ref_type(ref, buf, cap, len, ERR));
    assert_int_equal(read1(ref, 0), 1234);
    collect();
    assert_int_equal(read1(ref, 0), 1234);
    assert_int_equal(reap_everything(), 0);
    OK(lodge_ref_close(ref));
    collect();
    ends_with(1);
}

/* ---- what they are ----------------------------------------------------- */

static void types_are_told_apart(void **state)
{
    lodge_instance in = guest(objects);
    lodge_ref st = ref1(in, "struct", 0), i31 = ref1(in, "i31", 1);
    lodge_ref array = ref1(in, "array", 1);
    uint32_t yes = 7;

    (void)state;
    assert_int_equal(is(st, LODGE_TYPE_STRUCTREF), 1);
    assert_int_equal(is(st, LODGE_TYPE_EQREF), 1);
    assert_int_equal(is(st, LODGE_TYPE_ANYREF), 1);
    assert_int_equal(is(st, LODGE_TYPE_ARRAYREF), 0);
    assert_int_equal(is(st, LODGE_TYPE_NULLREF), 0);
    assert_int_equal(is(st, LODGE_TYPE_FUNCREF), 0);
    assert_int_equal(is(st, LODGE_TYPE_EXNREF), 0);
    assert_int_equal(is(array, LODGE_TYPE_ARRAYREF), 1);
    assert_int_equal(is(i31, LODGE_TYPE_I31REF), 1);
    assert_int_equal(is(i31, LODGE_TYPE_STRUCTREF), 0);
    FAILS(ARGUMENT, lodge_ref_test(st, LODGE_TYPE_I32, &yes, ERR));
    FAILS(ARGUMENT, lodge_ref_test(st, LODGE_TYPE_REF, &yes, ERR));
    SAYS(NOT_FOUND, "no type of this engine",
         lodge_ref_test(st, 999999999, &yes, ERR));
    FAILS(ARGUMENT, lodge_ref_test(st, LODGE_TYPE_ANYREF, NULL, ERR));
    assert_int_equal(yes, 7);
}

static void the_same_object_has_many_references(void **state)
{
    lodge_instance in = guest(objects);
    lodge_ref a = ref1(in, "struct", 0), b = ref1(in, "any", a.id), c;
    uint64_t slots[2] = {a.id, b.id};

    (void)state;
    assert_true(a.id != b.id);
    assert_int_equal(same(a, b), 1);
    OK(lodge_func_call(func_of(in, "eq"), slots, 2, ERR));
    assert_int_equal(slots[0], 1);
    assert_int_equal(same(a, ref1(in, "struct", 0)), 0);
    OK(lodge_ref_dup(a, &c, ERR));
    OK(lodge_ref_close(a));
    assert_int_equal(same(c, b), 1);
    assert_int_equal(call1(in, "null", 0), 0);
}

static void exact_types_are_checked(void **state)
{
    lodge_instance in = guest(objects);
    uint64_t slot = ref1(in, "struct", 0).id;

    (void)state;
    OK(lodge_func_call(func_of(in, "exact"), &slot, 1, ERR));
    assert_int_equal(slot, UINT32_MAX);
    slot = ref1(in, "new_exact", 0).id;
    OK(lodge_func_call(func_of(in, "exact"), &slot, 1, ERR));
    slot = ref1(in, "other", 0).id;
    SAYS(TYPE, "not of type",
         lodge_func_call(func_of(in, "exact"), &slot, 1, ERR));
    slot = 0;
    FAILS(TYPE, lodge_func_call(func_of(in, "exact"), &slot, 1, ERR));
    slot = ref1(in, "struct", 0).id;
    FAILS(TYPE, lodge_func_call(func_of(in, "get31"), &slot, 1, ERR));
    slot = func_of(in, "exact").id;
    FAILS(HANDLE, lodge_func_call(func_of(in, "any"), &slot, 1, ERR));
}

/* ---- closing ----------------------------------------------------------- */

static void a_closed_reference_is_stale(void **state)
{
    lodge_instance in = guest(objects);
    lodge_ref ref = ref1(in, "intern", 5);
    uint64_t slot = ref.id, bytes;
    uint32_t kind;

    (void)state;
    OK(lodge_handle_info(ref.id, &kind, &bytes));
    assert_int_equal(kind, LODGE_KIND_REF);
    OK(lodge_ref_close(ref));
    OK(lodge_ref_close(ref));
    FAILS(HANDLE, lodge_ref_read(ref, 0, &slot, 1, ERR));
    FAILS(HANDLE, lodge_func_call(func_of(in, "any"), &slot, 1, ERR));
    FAILS(HANDLE, lodge_handle_info(ref.id, &kind, &bytes));
    assert_true(ref1(in, "intern", 6).id != ref.id);
    collect();
    assert_int_equal(reap_everything(), 1);
    ends_with(1);
}

static void a_finalizer_closes_it_too(void **state)
{
    lodge_instance in = guest(objects);
    lodge_ref ref = ref1(in, "intern", 5);
    uint64_t slot;

    (void)state;
    lodge_release((void *)(uintptr_t)ref.id);
    FAILS(HANDLE, lodge_ref_read(ref, 0, &slot, 1, ERR));
    collect();
    ends_with(1);
}

static void a_scope_closes_a_batch(void **state)
{
    lodge_instance in = guest(objects);
    lodge_ref before = ref1(in, "i31", 1), after;
    uint64_t scope, value;
    uint32_t i;

    (void)state;
    OK(lodge_store_scope(store, &scope, ERR));
    for (i = 0; i < 1000; i++)
        after = ref1(in, "intern", 1 + i);
    OK(lodge_store_scope_end(store, scope, ERR));
    assert_int_equal(read1(before, 0), 1);
    FAILS(HANDLE, lodge_ref_read(after, 0, &value, 1, ERR));
    collect();
    assert_int_equal(reap_everything(), 1000);
    OK(lodge_store_scope_end(store, 0, ERR));
    FAILS(HANDLE, lodge_ref_read(before, 0, &value, 1, ERR));
    FAILS(ARGUMENT, lodge_store_scope(store, NULL, ERR));
}

static void the_number_of_open_references_is_limited(void **state)
{
    lodge_instance in = guest(objects);
    lodge_func i31 = func_of(in, "i31");
    uint64_t slot, first = 0;
    lodge_ref ref;
    uint32_t i;

    (void)state;
    for (i = 0; i < 65536; i++) {
        slot = 5;
        OK(lodge_func_call(i31, &slot, 1, ERR));
        first = first ? first : slot;
    }
    slot = 5;
    SAYS(LIMIT, "65536", lodge_func_call(i31, &slot, 1, ERR));
    FAILS(LIMIT, lodge_ref_i31(store, 5, &ref, ERR));
    FAILS(LIMIT, lodge_ref_dup((lodge_ref){first}, &ref, ERR));
    OK(lodge_ref_close((lodge_ref){first}));
    OK(lodge_ref_i31(store, 5, &ref, ERR));
    OK(lodge_store_scope_end(store, 0, ERR));
}

/* ---- host functions ---------------------------------------------------- */

static const char caller_text[] =
    "(module (import \"h\" \"f\" (func $f (param structref i32)"
    "  (result structref)))"
    " (type $p (struct (field (mut i32))))"
    " (func (export \"go\") (param i32) (result structref)"
    "  (call $f (struct.new $p (local.get 0)) (i32.const 5))))";

static lodge_ref given;

static int32_t reads_it(lodge_caller caller, uint64_t *slots)
{
    uint64_t seven;

    (void)caller;
    given.id = slots[0];
    collect();
    seven = read1(given, 0) + 1;
    OK(lodge_ref_write(given, 0, &seven, 1, ERR));
    return 0;
}

static void references_pass_through_host_functions(void **state)
{
    uint32_t i, k;

    (void)state;
    host_body = reads_it;
    for (i = 0; i < MODES; i++) {
        lodge_instance in = instance_in_store(
            linker_with("structref i32 -> structref", modes[i]), caller_text);

        for (k = 0; k < 20; k++) {
            struct frame f = frame_of(func_of(in, "go"));
            uint64_t slot;

            SLOT(&f, 0) = k;
            OK(run(&f));
            assert_int_equal(read1((lodge_ref){SLOT(&f, 0)}, 0), k + 1);
            FAILS(HANDLE, lodge_ref_read(given, 0, &slot, 1, ERR));
            OK(lodge_ref_close((lodge_ref){SLOT(&f, 0)}));
        }
    }
}

static void at_a_request_references_work(void **state)
{
    lodge_instance in = instance_in_store(
        linker_with("structref i32 -> structref", LODGE_HOST_SUSPEND),
        caller_text);
    struct frame f = frame_of(func_of(in, "go"));
    lodge_ref ref, i31;
    uint64_t value;

    (void)state;
    SLOT(&f, 0) = 9;
    assert_int_equal(lodge_call(f.word), LODGE_REQUEST);
    OK(lodge_ref_i31(store, 4, &i31, ERR));
    OK(lodge_ref_dup((lodge_ref){SLOT(&f, 0)}, &ref, ERR));
    OK(lodge_ref_write(ref, 0, &(uint64_t){11}, 1, ERR));
    collect();
    assert_int_equal(is(ref, LODGE_TYPE_STRUCTREF), 1);
    value = SLOT(&f, 0);
    SLOT(&f, 0) = i31.id;
    assert_int_equal(lodge_resume(f.word), LODGE_E_TYPE);
    SLOT(&f, 0) = value;
    OK(lodge_resume(f.word));
    assert_int_equal(same(ref, (lodge_ref){SLOT(&f, 0)}), 1);
    FAILS(HANDLE, lodge_ref_read((lodge_ref){value}, 0, &value, 1, ERR));
    assert_int_equal(read1(ref, 0), 11);
}

static int32_t wrong_type(lodge_caller caller, uint64_t *slots)
{
    (void)caller;
    OK(lodge_ref_i31(store, 4, (lodge_ref *)(void *)slots, ERR));
    return 0;
}

static void a_host_function_returns_the_right_type(void **state)
{
    uint32_t i;

    (void)state;
    host_body = wrong_type;
    for (i = 0; i < 2; i++) {
        lodge_instance in = instance_in_store(
            linker_with("structref i32 -> structref", modes[i]), caller_text);
        struct frame f = frame_of(func_of(in, "go"));

        assert_int_equal(run(&f), LODGE_E_TYPE);
        assert_non_null(strstr(record_of(&f)->message, "not of type"));
    }
}

/* ---- misuse ------------------------------------------------------------ */

static void all_refuse(lodge_ref ref)
{
    uint64_t slots[2] = {77, 77}, len = 77;
    lodge_ref out = {77};
    lodge_tag tag = {77};
    uint32_t yes = 77;
    char buf[16];

    FAILS(HANDLE, lodge_ref_dup(ref, &out, ERR));
    FAILS(HANDLE, lodge_ref_type(ref, buf, 16, &len, ERR));
    FAILS(HANDLE, lodge_ref_test(ref, LODGE_TYPE_ANYREF, &yes, ERR));
    FAILS(HANDLE, lodge_ref_same(ref, ref, &yes, ERR));
    FAILS(HANDLE, lodge_ref_len(ref, &len, ERR));
    FAILS(HANDLE, lodge_ref_read(ref, 0, slots, 2, ERR));
    FAILS(HANDLE, lodge_ref_write(ref, 0, slots, 2, ERR));
    FAILS(HANDLE, lodge_exception_tag(ref, &tag, ERR));
    FAILS(HANDLE, lodge_exception_read(ref, slots, 2, ERR));
    assert_int_equal(slots[0] + len + out.id + yes + tag.id, 5 * 77);
}

static void strangers_are_refused(void **state)
{
    static struct zoo zoo;
    lodge_ref out = {77};
    uint64_t scope = 77;

    (void)state;
    zoo_open(&zoo);
    FOR_STRANGERS(&zoo, LODGE_KIND_REF, lodge_ref, it, all_refuse(it));
    FOR_STRANGERS(&zoo, LODGE_KIND_STORE, lodge_store, it,
                  FAILS(HANDLE, lodge_ref_i31(it, 1, &out, ERR)));
    FOR_STRANGERS(&zoo, LODGE_KIND_STORE, lodge_store, it,
                  FAILS(HANDLE, lodge_store_scope(it, &scope, ERR)));
    FOR_STRANGERS(&zoo, LODGE_KIND_STORE, lodge_store, it,
                  FAILS(HANDLE, lodge_store_scope_end(it, 0, ERR)));
    FOR_STRANGERS(&zoo, LODGE_KIND_REF, lodge_ref, it,
                  OK(lodge_ref_close(it)));
    zoo_close(&zoo);
    assert_true(out.id == 77 && scope == 77);
}

static void missing_arguments_are_refused(void **state)
{
    lodge_ref ref = ref1(guest(objects), "struct", 0);
    uint64_t slot = 0, len;

    (void)state;
    FAILS(ARGUMENT, lodge_ref_dup(ref, NULL, ERR));
    FAILS(ARGUMENT, lodge_ref_same(ref, ref, NULL, ERR));
    FAILS(ARGUMENT, lodge_ref_len(ref, NULL, ERR));
    FAILS(ARGUMENT, lodge_ref_read(ref, 0, NULL, 1, ERR));
    FAILS(BUFFER, lodge_ref_read(ref, 0, &slot, 0, ERR));
    FAILS(ARGUMENT, lodge_ref_write(ref, 0, NULL, 1, ERR));
    FAILS(BUFFER, lodge_ref_write(ref, 0, &slot, 0, ERR));
    FAILS(ARGUMENT, lodge_ref_type(ref, NULL, 1, &len, ERR));
    FAILS(TYPE, lodge_exception_read(ref, &slot, 1, ERR));
    FAILS(HANDLE, lodge_ref_write(ref, 5, &(uint64_t){5}, 1, ERR));
}

static void references_of_another_store_are_foreign(void **state)
{
    lodge_instance in = guest(objects), other = new_instance(engine, objects);
    lodge_ref ref = ref1(other, "struct", 0), own = ref1(in, "struct", 0);
    uint64_t slot = ref.id;
    uint32_t yes;

    (void)state;
    FAILS(FOREIGN, lodge_func_call(func_of(in, "any"), &slot, 1, ERR));
    FAILS(FOREIGN, lodge_ref_same(own, ref, &yes, ERR));
    FAILS(FOREIGN, lodge_ref_write(own, 5, &ref.id, 1, ERR));
    lodge_instance_close(other);
    all_refuse(ref);
}

static lodge_ref busy_ref;
static lodge_status found[4];

static void *uses_it(void *arg)
{
    uint64_t slot, scope;

    (void)arg;
    found[0] = lodge_ref_read(busy_ref, 0, &slot, 1, NULL);
    found[1] = lodge_store_scope(store, &scope, NULL);
    found[2] = lodge_store_scope_end(store, 0, NULL);
    found[3] = lodge_ref_close(busy_ref);
    return NULL;
}

static int32_t on_another_thread(lodge_caller caller, uint64_t *slots)
{
    pthread_t thread;

    (void)caller;
    (void)slots;
    assert_int_equal(pthread_create(&thread, NULL, uses_it, NULL), 0);
    pthread_join(thread, NULL);
    return 0;
}

static void a_store_in_use_elsewhere_is_busy(void **state)
{
    lodge_instance in = instance_in_store(
        linker_with("structref i32 -> structref", LODGE_HOST_DIRECT),
        caller_text);
    struct frame f = frame_of(func_of(in, "go"));
    uint64_t slot;

    (void)state;
    OK(lodge_ref_i31(store, 1, &busy_ref, ERR));
    host_body = on_another_thread;
    OK(run(&f));
    assert_int_equal(found[0], LODGE_E_BUSY);
    assert_int_equal(found[1], LODGE_E_BUSY);
    assert_int_equal(found[2], LODGE_E_BUSY);
    OK(found[3]);
    FAILS(HANDLE, lodge_ref_read(busy_ref, 0, &slot, 1, ERR));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(a_struct_is_read_and_written),
        STORE_TEST(an_array_is_read_and_written),
        STORE_TEST(small_numbers_are_read_and_made),
        STORE_TEST(a_token_within_anyref_is_read),
        STORE_TEST(types_are_told_apart),
        STORE_TEST(the_same_object_has_many_references),
        STORE_TEST(exact_types_are_checked),
        STORE_TEST(a_closed_reference_is_stale),
        STORE_TEST(a_finalizer_closes_it_too),
        STORE_TEST(a_scope_closes_a_batch),
        STORE_TEST(the_number_of_open_references_is_limited),
        STORE_TEST(references_pass_through_host_functions),
        STORE_TEST(at_a_request_references_work),
        STORE_TEST(a_host_function_returns_the_right_type),
        STORE_TEST(strangers_are_refused),
        STORE_TEST(missing_arguments_are_refused),
        STORE_TEST(references_of_another_store_are_foreign),
        STORE_TEST(a_store_in_use_elsewhere_is_busy),
    };

    return RUN(tests);
}

/* test_ref_make.c - promises of structs and arrays that the host makes. */
#include "gc_fixture.h"
#include "zoo.h"

/* ---- structs ---------------------------------------------------------- */

static void a_guest_reads_a_struct_of_the_host(void **state)
{
    const uint64_t slots[] = {7, 0x4002000000000000};
    lodge_ref ref = make_struct("point", slots, 2);

    (void)state;
    READS("structref", lodge_ref_type(ref, buf, cap, len, ERR));
    assert_int_equal(call1(gc, "x", ref.id), 7);
    assert_true(call1(gc, "y", ref.id) == slots[1]);
    assert_int_equal(call1(gc, "is_point", ref.id), 1);
    assert_int_equal(value_at(ref, 0), 7);
    assert_true(value_at(ref, 1) == slots[1]);
    assert_int_equal(len_of(ref), 2);
}

static void a_struct_without_values_has_the_default_ones(void **state)
{
    lodge_ref ref = make_struct("all", NULL, 0);
    uint64_t slots[2], i;

    (void)state;
    for (i = 0; i < 10; i++) {
        slots[0] = slots[1] = 0;
        OK(lodge_ref_read(ref, i, slots, 2, ERR));
        assert_true(slots[0] == 0 && slots[1] == 0);
    }
    assert_int_equal(call1(gc, "x", make_struct("point", NULL, 0).id), 0);
}

static void a_struct_holds_values_of_every_type(void **state)
{
    lodge_ref any;
    uint64_t slots[11] = {UINT64_MAX,
                          UINT64_MAX,
                          0xFFFFFFFF40490FDB,
                          0x400921FB54442D18,
                          5,
                          6,
                          0x1FF,
                          0x1FFFF,
                          1234};
    uint64_t wide[2];
    lodge_ref ref;

    (void)state;
    OK(lodge_ref_i31(store, 9, &any, ERR));
    slots[9] = func_of(gc, "x").id;
    slots[10] = any.id;
    ref = make_struct("all", slots, 11);
    collect();
    assert_int_equal(value_at(ref, 0), UINT32_MAX);
    assert_true(value_at(ref, 1) == UINT64_MAX);
    assert_int_equal(value_at(ref, 2), 0x40490FDB);
    assert_true(value_at(ref, 3) == slots[3]);
    OK(lodge_ref_read(ref, 4, wide, 2, ERR));
    assert_true(wide[0] == 5 && wide[1] == 6);
    assert_int_equal(value_at(ref, 5), 0xFF);
    assert_int_equal(value_at(ref, 6), 0xFFFF);
    assert_int_equal(value_at(ref, 7), 1234);
    assert_int_equal(value_at(ref, 8), slots[9]); /* identity is kept */
    assert_int_equal(same((lodge_ref){value_at(ref, 9)}, any), 1);
    ends_with(1);
}

static void packed_fields_are_read_with_and_without_sign(void **state)
{
    const uint64_t slots[] = {0x80, 0x7FFF, 0x80000000};
    lodge_ref ref = make_struct("small", slots, 3), i31;
    uint64_t slot = 42;

    (void)state;
    assert_int_equal(value_at(ref, 0), 0x80);
    assert_int_equal(signed_at(ref, 0), 0xFFFFFF80);
    assert_int_equal(signed_at(ref, 1), 0x7FFF);
    assert_int_equal(signed_at(ref, 2), 0x80000000);
    slot = 0xFFFF7F;
    OK(lodge_ref_write(ref, 0, &slot, 1, ERR));
    assert_int_equal(value_at(ref, 0), 0x7F);
    assert_int_equal(signed_at(ref, 0), 0x7F);
    OK(lodge_ref_i31(store, 0x7FFFFFFF, &i31, ERR));
    assert_int_equal(signed_at(i31, 0), UINT32_MAX);
    OK(lodge_ref_i31(store, 0x3FFFFFFF, &i31, ERR));
    assert_int_equal(signed_at(i31, 0), 0x3FFFFFFF);
    slot = 42;
    SAYS(TYPE, "i8", lodge_ref_read_signed(new_point(1), 1, &slot, ERR));
    FAILS(BOUNDS, lodge_ref_read_signed(ref, 3, &slot, ERR));
    FAILS(BOUNDS, lodge_ref_read_signed(i31, 1, &slot, ERR));
    FAILS(ARGUMENT, lodge_ref_read_signed(ref, 0, NULL, ERR));
    assert_int_equal(slot, 42);
}

/* Types that mention themselves, and objects that do. */
static void a_list_is_walked_by_the_guest(void **state)
{
    uint64_t slots[2] = {0, 0};
    lodge_ref ref;
    uint32_t i;

    (void)state;
    for (i = 1; i <= 100; i++) {
        slots[0] = i;
        ref = make_struct("list", slots, 2);
        if (slots[1])
            OK(lodge_ref_close((lodge_ref){slots[1]}));
        slots[1] = ref.id;
        collect();
    }
    assert_int_equal(call1(gc, "sum", ref.id), 5050);
    assert_int_equal(store_value(LODGE_STORE_REFS), 1);
}

static void a_struct_takes_no_value_of_another_type(void **state)
{
    lodge_ref point = new_point(1), out = {77}, small, strict;
    uint64_t slot;

    (void)state;
    small = make_struct("small", (const uint64_t[3]){0}, 3);
    slot = small.id;
    SAYS(TYPE, "not of type",
         lodge_ref_struct(store, type_of("strict"), &slot, 1, &out, ERR));
    slot = 0;
    SAYS(TYPE, "cannot be 0",
         lodge_ref_struct(store, type_of("strict"), &slot, 1, &out, ERR));
    SAYS(TYPE, "no default",
         lodge_ref_struct(store, type_of("strict"), NULL, 0, &out, ERR));
    slot = 12345;
    FAILS(HANDLE,
          lodge_ref_struct(store, type_of("strict"), &slot, 1, &out, ERR));
    slot = func_of(gc, "x").id;
    FAILS(HANDLE,
          lodge_ref_struct(store, type_of("strict"), &slot, 1, &out, ERR));
    assert_int_equal(out.id, 77);
    strict = make_struct("strict", &point.id, 1);
    assert_int_equal(same((lodge_ref){value_at(strict, 0)}, point), 1);
    SAYS(TYPE, "cannot be changed",
         lodge_ref_write(strict, 0, &point.id, 1, ERR));
}

static void fields_take_no_value_of_another_type(void **state)
{
    lodge_ref array = make_array("points", 2, new_point(3).id);
    lodge_ref whole = make_array("whole", 2, new_point(3).id), small;
    uint64_t slot;

    (void)state;
    small = make_struct("small", (const uint64_t[3]){0}, 3);
    SAYS(TYPE, "not of type", lodge_ref_write(array, 0, &small.id, 1, ERR));
    slot = 0;
    OK(lodge_ref_write(array, 0, &slot, 1, ERR));
    assert_int_equal(value_at(array, 0), 0);
    SAYS(TYPE, "cannot be 0", lodge_ref_write(whole, 0, &slot, 1, ERR));
    assert_int_equal(value_at((lodge_ref){value_at(array, 1)}, 0), 3);
}

static void bad_arguments_make_no_struct(void **state)
{
    const uint32_t point = type_of("point");
    uint64_t slots[2] = {1, 2};
    lodge_ref out = {77};

    (void)state;
    SAYS(BUFFER, "needs 2",
         lodge_ref_struct(store, point, slots, 1, &out, ERR));
    FAILS(BUFFER, lodge_ref_struct(store, point, slots, 0, &out, ERR));
    FAILS(ARGUMENT, lodge_ref_struct(store, point, NULL, 2, &out, ERR));
    FAILS(ARGUMENT, lodge_ref_struct(store, point, slots, 2, NULL, ERR));
    SAYS(TYPE, "no struct",
         lodge_ref_struct(store, type_of("bytes"), slots, 2, &out, ERR));
    FAILS(TYPE, lodge_ref_struct(store, type_of("fn"), slots, 2, &out, ERR));
    FAILS(NOT_FOUND, lodge_ref_struct(store, 0, slots, 2, &out, ERR));
    FAILS(NOT_FOUND,
          lodge_ref_struct(store, LODGE_TYPE_STRUCTREF, slots, 2, &out, ERR));
    FAILS(NOT_FOUND, lodge_ref_struct(store, UINT32_MAX, slots, 2, &out, ERR));
    assert_int_equal(out.id, 77);
    assert_int_equal(store_value(LODGE_STORE_REFS), 0);
}

static void more_slots_than_fields_do_no_harm(void **state)
{
    const uint64_t slots[5] = {4, 5, 6, 7, 8};

    (void)state;
    assert_int_equal(call1(gc, "x", make_struct("point", slots, 5).id), 4);
}

/* ---- arrays ----------------------------------------------------------- */

static void a_guest_reads_an_array_of_the_host(void **state)
{
    lodge_ref ref = make_array("ints", 5, 11);
    uint64_t slots[2] = {ref.id, 4};

    (void)state;
    READS("arrayref", lodge_ref_type(ref, buf, cap, len, ERR));
    assert_int_equal(len_of(ref), 5);
    assert_int_equal(call1(gc, "array.len", ref.id), 5);
    OK(lodge_func_call(func_of(gc, "int"), slots, 2, ERR));
    assert_int_equal(slots[0], 11);
    slots[0] = ref.id, slots[1] = 5;
    FAILS(TRAP, lodge_func_call(func_of(gc, "int"), slots, 2, ERR));
    assert_int_equal(len_of(make_array("ints", 0, 1)), 0);
}

static void an_array_without_a_value_has_the_default_one(void **state)
{
    lodge_ref ref = {77};

    (void)state;
    OK(lodge_ref_array(store, type_of("points"), 3, NULL, 0, &ref, ERR));
    assert_int_equal(value_at(ref, 2), 0);
    OK(lodge_ref_array(store, type_of("longs"), 3, NULL, 0, &ref, ERR));
    assert_int_equal(value_at(ref, 2), 0);
    ref.id = 77;
    SAYS(TYPE, "no default",
         lodge_ref_array(store, type_of("whole"), 3, NULL, 0, &ref, ERR));
    assert_int_equal(ref.id, 77);
}

static void an_array_is_made_of_values(void **state)
{
    const uint64_t slots[] = {1, 2, 3, 4};
    uint64_t wide[2];
    lodge_ref ref;

    (void)state;
    OK(lodge_ref_array_of(store, type_of("longs"), slots, 4, &ref, ERR));
    assert_int_equal(len_of(ref), 4);
    assert_int_equal(value_at(ref, 3), 4);
    OK(lodge_ref_array_of(store, type_of("wide"), slots, 4, &ref, ERR));
    assert_int_equal(len_of(ref), 2);
    OK(lodge_ref_read(ref, 1, wide, 2, ERR));
    assert_true(wide[0] == 3 && wide[1] == 4);
    FAILS(BUFFER,
          lodge_ref_array_of(store, type_of("wide"), slots, 3, &ref, ERR));
    OK(lodge_ref_array_of(store, type_of("longs"), NULL, 0, &ref, ERR));
    assert_int_equal(len_of(ref), 0);
    OK(lodge_ref_array_of(store, type_of("tokens"), slots, 4, &ref, ERR));
    assert_int_equal(value_at(ref, 1), 2);
    ends_with(4);
}

static void elements_have_to_be_of_the_type(void **state)
{
    uint64_t slots[3];
    lodge_ref out = {77};

    (void)state;
    slots[0] = slots[2] = new_point(1).id;
    slots[1] = make_struct("small", (const uint64_t[3]){0}, 3).id;
    SAYS(TYPE, "not of type",
         lodge_ref_array_of(store, type_of("points"), slots, 3, &out, ERR));
    slots[1] = 0;
    SAYS(TYPE, "cannot be 0",
         lodge_ref_array_of(store, type_of("whole"), slots, 3, &out, ERR));
    assert_int_equal(out.id, 77);
    OK(lodge_ref_array_of(store, type_of("points"), slots, 3, &out, ERR));
    assert_int_equal(value_at(out, 1), 0);
}

static void bad_arguments_make_no_array(void **state)
{
    const uint32_t ints = type_of("ints");
    uint64_t slot = 1;
    lodge_ref out = {77};

    (void)state;
    FAILS(BUFFER, lodge_ref_array(store, ints, 3, &slot, 0, &out, ERR));
    FAILS(BUFFER,
          lodge_ref_array(store, type_of("wide"), 3, &slot, 1, &out, ERR));
    FAILS(ARGUMENT, lodge_ref_array(store, ints, 3, NULL, 1, &out, ERR));
    FAILS(ARGUMENT, lodge_ref_array(store, ints, 3, &slot, 1, NULL, ERR));
    SAYS(TYPE, "no array",
         lodge_ref_array(store, type_of("point"), 3, &slot, 1, &out, ERR));
    FAILS(NOT_FOUND, lodge_ref_array(store, 7, 3, &slot, 1, &out, ERR));
    FAILS(ARGUMENT, lodge_ref_array_of(store, ints, NULL, 1, &out, ERR));
    FAILS(ARGUMENT, lodge_ref_array_of(store, ints, &slot, 1, NULL, ERR));
    FAILS(TYPE, lodge_ref_array_of(store, type_of("fn"), &slot, 1, &out, ERR));
    FAILS(NOT_FOUND, lodge_ref_array_of(store, 255, &slot, 1, &out, ERR));
    assert_int_equal(out.id, 77);
    assert_int_equal(store_value(LODGE_STORE_REFS), 0);
}

/* ---- a full heap ------------------------------------------------------ */

static void arrays_beyond_all_heaps_are_refused(void **state)
{
    const uint64_t counts[] = {UINT32_MAX, UINT64_C(1) << 32, UINT64_MAX,
                               UINT32_MAX / 8, UINT32_MAX / 8 - 3};
    lodge_ref out = {77};
    uint64_t slot = 1;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof counts / sizeof *counts; i++) {
        FAILS(LIMIT, lodge_ref_array(store, type_of("longs"), counts[i], &slot,
                                     1, &out, ERR));
        FAILS(LIMIT, lodge_ref_array(store, type_of("wide"), counts[i], NULL,
                                     0, &out, ERR));
    }
    assert_int_equal(out.id, 77);
    assert_int_equal(value_at(new_point(4), 0), 4);
}

/* What is not kept makes room for more. */
static void what_is_closed_makes_room(void **state)
{
    uint32_t i;

    (void)state;
    make_array("bytes", 1 << 20, 0);
    OK(lodge_store_set(store, LODGE_STORE_MEMORY_LIMIT,
                       store_value(LODGE_STORE_MEMORY_BYTES) + (8 << 20),
                       ERR));
    for (i = 0; i < 200; i++)
        OK(lodge_ref_close(make_array("bytes", 1 << 20, i)));
    assert_int_equal(store_value(LODGE_STORE_REFS), 1);
}

static void a_full_heap_is_a_limit_and_recovers(void **state)
{
    lodge_status st = LODGE_OK;
    uint64_t scope, slot = 1;
    lodge_ref out = {77};
    uint32_t i;

    (void)state;
    make_array("bytes", 1 << 16, 0);
    OK(lodge_store_set(store, LODGE_STORE_MEMORY_LIMIT,
                       store_value(LODGE_STORE_MEMORY_BYTES) + (1 << 20),
                       ERR));
    OK(lodge_store_scope(store, &scope, ERR));
    for (i = 0; st == LODGE_OK; i++) {
        assert_true(i < 1000);
        st = lodge_ref_array(store, type_of("bytes"), 1 << 16, &slot, 1, &out,
                             ERR);
    }
    GIVES(LODGE_E_LIMIT, st);
    assert_true(test_err.detail == LODGE_LIMIT_STORE_MEMORY);
    FAILS(LIMIT,
          lodge_ref_array_of(store, type_of("wide"),
                             (const uint64_t[20000]){0}, 20000, &out, ERR));
    OK(lodge_store_scope_end(store, scope, ERR));
    make_array("bytes", 1 << 16, 0);
}

static void a_full_heap_makes_no_struct_and_takes_no_token(void **state)
{
    lodge_status st = LODGE_OK;
    lodge_ref out = {77};
    uint32_t made = 0, rest;

    (void)state;
    make_struct("point", NULL, 0);
    OK(lodge_store_set(store, LODGE_STORE_MEMORY_LIMIT,
                       store_value(LODGE_STORE_MEMORY_BYTES), ERR));
    while (st == LODGE_OK && made < 60000) {
        const uint64_t slots[11] = {0, 0, 0, 0, 0, 0, 0, 0, 7};

        st = lodge_ref_struct(store, type_of("all"), slots, 11, &out, ERR);
        made += st == LODGE_OK;
    }
    GIVES(LODGE_E_LIMIT, st);
    assert_true(made > 0);
    assert_int_equal(store_value(LODGE_STORE_EXTERNREFS), made);
    lodge_engine_shutdown(engine);
    rest = reap_everything();
    assert_int_equal(rest, made);
}

static void open_references_are_counted(void **state)
{
    lodge_ref first = new_point(1), second;
    uint64_t scope;

    (void)state;
    assert_int_equal(store_value(LODGE_STORE_REFS), 1);
    OK(lodge_store_scope(store, &scope, ERR));
    OK(lodge_ref_dup(first, &second, ERR));
    new_point(2);
    assert_int_equal(store_value(LODGE_STORE_REFS), 3);
    OK(lodge_ref_close(first));
    assert_int_equal(store_value(LODGE_STORE_REFS), 2);
    OK(lodge_store_scope_end(store, scope, ERR));
    assert_int_equal(store_value(LODGE_STORE_REFS), 0);
}

/* ---- types ------------------------------------------------------------ */

static uint32_t exact(lodge_ref ref)
{
    uint32_t type = 0;

    OK(lodge_ref_exact_type(ref, &type, ERR));
    return type;
}

static void an_object_tells_its_exact_type(void **state)
{
    uint64_t slots[2] = {1, 2};
    lodge_ref i31, token, exn;
    lodge_tag tag;

    (void)state;
    assert_int_equal(exact(new_point(1)), type_of("point"));
    assert_int_equal(exact(make_array("ints", 1, 1)), type_of("ints"));
    OK(lodge_func_call(func_of(gc, "point"), slots, 2, ERR));
    assert_int_equal(exact((lodge_ref){slots[0]}), type_of("point"));
    assert_int_equal(exact(make_struct("derived", slots, 2)),
                     type_of("derived"));
    OK(lodge_ref_i31(store, 1, &i31, ERR));
    assert_int_equal(exact(i31), LODGE_TYPE_I31REF);
    OK(lodge_ref_from_extern(store, 5, &token, ERR));
    assert_int_equal(exact(token), LODGE_TYPE_EXTERNREF);
    OK(lodge_tag_new(store, NULL, 0, &tag, ERR));
    OK(lodge_exception_new(tag, NULL, 0, &exn, ERR));
    assert_int_equal(exact(exn), LODGE_TYPE_EXNREF);
    FAILS(ARGUMENT, lodge_ref_exact_type(exn, NULL, ERR));
    ends_with(1);
}

static void exact_types_are_tested(void **state)
{
    lodge_ref derived = make_struct("derived", NULL, 0);
    uint32_t yes = 7;

    (void)state;
    OK(lodge_ref_test(derived, type_of("derived"), &yes, ERR));
    assert_int_equal(yes, 1);
    OK(lodge_ref_test(derived, type_of("base"), &yes, ERR));
    assert_int_equal(yes, 1);
    OK(lodge_ref_test(derived, type_of("point"), &yes, ERR));
    assert_int_equal(yes, 0);
    OK(lodge_ref_test(derived, type_of("fn"), &yes, ERR));
    assert_int_equal(yes, 0);
    OK(lodge_ref_test(make_struct("base", NULL, 0), type_of("derived"), &yes,
                      ERR));
    assert_int_equal(yes, 0);
    assert_int_equal(call1(gc, "base", derived.id), 0);
}

static void a_cast_says_what_is_wrong(void **state)
{
    lodge_ref point = new_point(1), i31;
    char text[100];

    (void)state;
    OK(lodge_ref_cast(point, type_of("point"), ERR));
    OK(lodge_ref_cast(point, LODGE_TYPE_EQREF, ERR));
    snprintf(text, sizeof text, "is (ref null %u), not (ref null %u)",
             type_of("point"), type_of("small"));
    SAYS(TYPE, text, lodge_ref_cast(point, type_of("small"), ERR));
    OK(lodge_ref_i31(store, 1, &i31, ERR));
    SAYS(TYPE, "is i31ref, not structref",
         lodge_ref_cast(i31, LODGE_TYPE_STRUCTREF, ERR));
    FAILS(TYPE, lodge_ref_cast(point, LODGE_TYPE_NULLREF, ERR));
    FAILS(ARGUMENT, lodge_ref_cast(point, LODGE_TYPE_I64, ERR));
    FAILS(ARGUMENT, lodge_ref_cast(point, LODGE_TYPE_REF, ERR));
    FAILS(ARGUMENT, lodge_ref_cast(point, UINT32_MAX, ERR));
    FAILS(NOT_FOUND, lodge_ref_cast(point, 0x70000000, ERR));
}

/* ---- at a request ----------------------------------------------------- */

static const char waits[] =
    "(module (import \"h\" \"wait\" (func $wait))"
    " (type $point (struct (field (mut i32)) (field f64)))"
    " (func (export \"go\") (result (ref $point))"
    "  (local $p (ref $point))"
    "  (local.set $p (struct.new $point (i32.const 6) (f64.const 1)))"
    "  (call $wait) (local.get $p)))";

/* All that may collect runs above the guest, and its objects stay. */
static void at_a_request_objects_are_made(void **state)
{
    lodge_instance in =
        instance_in_store(linker_with("->", LODGE_HOST_SUSPEND), waits);
    struct frame f = frame_of(func_of(in, "go"));
    uint64_t value = 3;
    lodge_ref list;
    uint32_t i;

    (void)state;
    assert_int_equal(lodge_call(f.word), LODGE_REQUEST);
    for (i = 0; i < 50; i++) {
        list = make_array("longs", 100, i);
        OK(lodge_ref_fill(list, 10, 20, &value, 1, ERR));
        OK(lodge_ref_copy(list, 0, list, 5, 50, ERR));
        OK(lodge_ref_close(make_struct("all", NULL, 0)));
        collect();
        assert_int_equal(value_at(list, 24), 3);
        assert_int_equal(value_at(list, 25), i);
        OK(lodge_ref_close(list));
    }
    OK(lodge_resume(f.word));
    assert_int_equal(value_at((lodge_ref){SLOT(&f, 0)}, 0), 6);
}

/* ---- misuse ----------------------------------------------------------- */

static void store_refuses(lodge_store it)
{
    const uint64_t slots[2] = {1, 2};
    lodge_ref out = {77};

    FAILS(HANDLE, lodge_ref_struct(it, 300, slots, 2, &out, ERR));
    FAILS(HANDLE, lodge_ref_array(it, 300, 1, slots, 1, &out, ERR));
    FAILS(HANDLE, lodge_ref_array_of(it, 300, slots, 1, &out, ERR));
    FAILS(HANDLE, lodge_ref_array_bytes(it, 300, NULL, 0, &out, ERR));
    FAILS(HANDLE, lodge_ref_from_extern(it, 5, &out, ERR));
    assert_int_equal(out.id, 77);
}

static void ref_refuses(lodge_ref it)
{
    const uint64_t slot = 1;
    uint64_t out = 77;
    uint32_t type = 77;
    uint8_t byte = 77;

    FAILS(HANDLE, lodge_ref_read_signed(it, 0, &out, ERR));
    FAILS(HANDLE, lodge_ref_fill(it, 0, 1, &slot, 1, ERR));
    FAILS(HANDLE, lodge_ref_copy(it, 0, it, 0, 1, ERR));
    FAILS(HANDLE, lodge_ref_read_bytes(it, 0, &byte, 1, ERR));
    FAILS(HANDLE, lodge_ref_write_bytes(it, 0, &byte, 1, ERR));
    FAILS(HANDLE, lodge_ref_exact_type(it, &type, ERR));
    FAILS(HANDLE, lodge_ref_cast(it, LODGE_TYPE_ANYREF, ERR));
    FAILS(HANDLE, lodge_ref_to_extern(it, &out, ERR));
    assert_int_equal(out + type + byte, 3 * 77);
}

static void strangers_are_refused(void **state)
{
    static struct zoo zoo;

    (void)state;
    zoo_open(&zoo);
    FOR_STRANGERS(&zoo, LODGE_KIND_STORE, lodge_store, it, store_refuses(it));
    FOR_STRANGERS(&zoo, LODGE_KIND_REF, lodge_ref, it, ref_refuses(it));
    zoo_close(&zoo);
}

static void objects_of_another_store_are_refused(void **state)
{
    lodge_ref mine = new_point(1), out = {77}, theirs, array;
    lodge_store other = new_store(engine);

    (void)state;
    array = make_array("points", 1, 0);
    OK(lodge_ref_struct(other, type_of("point"), NULL, 0, &theirs, ERR));
    FAILS(FOREIGN, lodge_ref_struct(store, type_of("strict"), &theirs.id, 1,
                                    &out, ERR));
    FAILS(FOREIGN, lodge_ref_array(store, type_of("points"), 1, &theirs.id, 1,
                                   &out, ERR));
    FAILS(FOREIGN, lodge_ref_array_of(store, type_of("points"), &theirs.id, 1,
                                      &out, ERR));
    FAILS(FOREIGN, lodge_ref_fill(array, 0, 1, &theirs.id, 1, ERR));
    FAILS(FOREIGN, lodge_ref_copy(array, 0, theirs, 0, 1, ERR));
    FAILS(FOREIGN, lodge_ref_write(array, 0, &theirs.id, 1, ERR));
    FAILS(FOREIGN, lodge_ref_from_extern(store, LODGE_EXTERN_REF + theirs.id,
                                         &out, ERR));
    assert_int_equal(out.id, 77);
    assert_int_equal(value_at(mine, 0), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        GC_TEST(a_guest_reads_a_struct_of_the_host),
        GC_TEST(a_struct_without_values_has_the_default_ones),
        GC_TEST(a_struct_holds_values_of_every_type),
        GC_TEST(packed_fields_are_read_with_and_without_sign),
        GC_TEST(a_list_is_walked_by_the_guest),
        GC_TEST(a_struct_takes_no_value_of_another_type),
        GC_TEST(fields_take_no_value_of_another_type),
        GC_TEST(bad_arguments_make_no_struct),
        GC_TEST(more_slots_than_fields_do_no_harm),
        GC_TEST(a_guest_reads_an_array_of_the_host),
        GC_TEST(an_array_without_a_value_has_the_default_one),
        GC_TEST(an_array_is_made_of_values),
        GC_TEST(elements_have_to_be_of_the_type),
        GC_TEST(bad_arguments_make_no_array),
        GC_TEST(arrays_beyond_all_heaps_are_refused),
        GC_TEST(what_is_closed_makes_room),
        GC_TEST(a_full_heap_is_a_limit_and_recovers),
        GC_TEST(a_full_heap_makes_no_struct_and_takes_no_token),
        GC_TEST(open_references_are_counted),
        GC_TEST(an_object_tells_its_exact_type),
        GC_TEST(exact_types_are_tested),
        GC_TEST(a_cast_says_what_is_wrong),
        GC_TEST(at_a_request_objects_are_made),
        GC_TEST(strangers_are_refused),
        GC_TEST(objects_of_another_store_are_refused),
    };

    return RUN(tests);
}

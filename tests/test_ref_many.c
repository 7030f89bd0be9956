/* test_ref_many.c - promises of many elements at once. */
#include "gc_fixture.h"

static lodge_ref from_bytes(const char *type, const void *ptr, uint64_t n)
{
    lodge_ref ref = {0};

    OK(lodge_ref_array_bytes(store, type_of(type), ptr, n, &ref, ERR));
    return ref;
}

/* An array of 0 to n - 1. */
static lodge_ref numbers(const char *type, uint32_t n)
{
    lodge_ref ref = make_array(type, n, 0);
    uint64_t i;

    for (i = 0; i < n; i++)
        OK(lodge_ref_write(ref, i, &i, 1, ERR));
    return ref;
}

static void holds(lodge_ref ref, const char *want)
{
    uint64_t i, n = strlen(want);

    assert_int_equal(len_of(ref), n);
    for (i = 0; i < n; i++)
        assert_int_equal(value_at(ref, i), want[i] - '0');
}

/* ---- filling and copying ---------------------------------------------- */

static void a_part_is_filled(void **state)
{
    lodge_ref ref = numbers("ints", 6);
    uint64_t nine = 9;

    (void)state;
    OK(lodge_ref_fill(ref, 2, 3, &nine, 1, ERR));
    holds(ref, "019995");
    OK(lodge_ref_fill(ref, 6, 0, &nine, 1, ERR));
    OK(lodge_ref_fill(ref, 0, 0, &nine, 1, ERR));
    holds(ref, "019995");
    OK(lodge_ref_fill(ref, 0, 6, &nine, 1, ERR));
    holds(ref, "999999");
}

static void one_token_fills_many_elements(void **state)
{
    lodge_ref ref = make_array("tokens", 10, 4);
    uint64_t token = 5;

    (void)state;
    OK(lodge_ref_fill(ref, 0, 10, &token, 1, ERR));
    collect();
    assert_int_equal(reap_everything(), 1);
    assert_int_equal(value_at(ref, 9), 5);
    ends_with(1);
}

static void filling_is_checked(void **state)
{
    lodge_ref ref = numbers("ints", 6), fixed, whole, point = new_point(1);
    uint64_t slots[2] = {9, 9}, null = 0;

    (void)state;
    SAYS(BOUNDS, "beyond 6", lodge_ref_fill(ref, 2, 5, slots, 1, ERR));
    FAILS(BOUNDS, lodge_ref_fill(ref, 7, 0, slots, 1, ERR));
    FAILS(BOUNDS, lodge_ref_fill(ref, 2, UINT64_MAX, slots, 1, ERR));
    FAILS(BOUNDS, lodge_ref_fill(ref, UINT64_MAX, 1, slots, 1, ERR));
    FAILS(BOUNDS, lodge_ref_fill(ref, UINT64_C(1) << 32, 1, slots, 1, ERR));
    FAILS(BUFFER, lodge_ref_fill(ref, 0, 1, slots, 0, ERR));
    FAILS(ARGUMENT, lodge_ref_fill(ref, 0, 1, NULL, 1, ERR));
    FAILS(TYPE, lodge_ref_fill(point, 0, 1, slots, 1, ERR));
    fixed = make_array("fixed", 2, 1);
    SAYS(TYPE, "cannot be changed",
         lodge_ref_fill(fixed, 0, 1, slots, 1, ERR));
    whole = make_array("whole", 2, point.id);
    FAILS(TYPE, lodge_ref_fill(whole, 0, 1, &null, 1, ERR));
    OK(lodge_ref_array(store, type_of("wide"), 2, NULL, 0, &fixed, ERR));
    FAILS(BUFFER, lodge_ref_fill(fixed, 0, 1, slots, 1, ERR));
    holds(ref, "012345");
}

static void parts_are_copied(void **state)
{
    lodge_ref to = numbers("ints", 6), from = make_array("fixed", 3, 7);

    (void)state;
    OK(lodge_ref_copy(to, 1, from, 0, 3, ERR));
    holds(to, "077745");
    OK(lodge_ref_copy(to, 6, from, 3, 0, ERR));
    holds(to, "077745");
}

static void parts_may_overlap(void **state)
{
    lodge_ref up = numbers("longs", 8), down = numbers("longs", 8);

    (void)state;
    OK(lodge_ref_copy(up, 2, up, 0, 5, ERR));
    holds(up, "01012347");
    OK(lodge_ref_copy(down, 0, down, 3, 5, ERR));
    holds(down, "34567567");
    OK(lodge_ref_copy(down, 1, down, 1, 7, ERR));
    holds(down, "34567567");
}

static void references_are_copied_as_they_are(void **state)
{
    lodge_ref point = new_point(8), to = make_array("points", 1000, 0);
    lodge_ref from = make_array("whole", 1000, point.id);

    (void)state;
    OK(lodge_ref_copy(to, 0, from, 0, 1000, ERR));
    OK(lodge_ref_close(from));
    collect();
    assert_int_equal(same((lodge_ref){value_at(to, 999)}, point), 1);
    SAYS(TYPE, "do not fit",
         lodge_ref_copy(make_array("whole", 2, point.id), 0, to, 0, 1, ERR));
}

static void copying_is_checked(void **state)
{
    lodge_ref to = numbers("ints", 6), from = numbers("ints", 3);
    lodge_ref longs = numbers("longs", 3), fixed = make_array("fixed", 2, 1);

    (void)state;
    FAILS(BOUNDS, lodge_ref_copy(to, 4, from, 0, 3, ERR));
    FAILS(BOUNDS, lodge_ref_copy(to, 0, from, 1, 3, ERR));
    FAILS(BOUNDS, lodge_ref_copy(to, UINT64_MAX, from, 0, 1, ERR));
    FAILS(BOUNDS, lodge_ref_copy(to, 0, from, UINT64_MAX, 1, ERR));
    FAILS(BOUNDS, lodge_ref_copy(to, 0, from, 0, UINT64_MAX, ERR));
    FAILS(TYPE, lodge_ref_copy(to, 0, longs, 0, 1, ERR));
    FAILS(TYPE, lodge_ref_copy(fixed, 0, from, 0, 1, ERR));
    FAILS(TYPE, lodge_ref_copy(new_point(1), 0, from, 0, 1, ERR));
    FAILS(TYPE, lodge_ref_copy(to, 0, new_point(1), 0, 1, ERR));
    FAILS(HANDLE, lodge_ref_copy(to, 0, (lodge_ref){0}, 0, 1, ERR));
    FAILS(HANDLE,
          lodge_ref_copy(to, 0, (lodge_ref){func_of(gc, "x").id}, 0, 1, ERR));
    holds(to, "012345");
}

/* ---- bytes ------------------------------------------------------------ */

static const uint8_t some[32] = {
    0x00, 0x01, 0x02, 0x03, 0x84, 0x05, 0x06, 0x87, 0x08, 0x09, 0x0A,
    0x0B, 0x0C, 0x0D, 0x0E, 0x8F, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15,
    0x16, 0x17, 0x18, 0x19, 0x1A, 0x1B, 0x1C, 0x1D, 0x1E, 0xFF};

static void bytes_come_back_from_every_type(void **state)
{
    static const struct {
        const char *type;
        uint32_t size;
    } types[] = {{"bytes", 1}, {"shorts", 2}, {"ints", 4},
                 {"longs", 8}, {"floats", 4}, {"wide", 16}};
    uint8_t back[32];
    size_t i;

    (void)state;
    for (i = 0; i < sizeof types / sizeof *types; i++) {
        lodge_ref ref = from_bytes(types[i].type, some, 32);

        assert_int_equal(len_of(ref), 32 / types[i].size);
        memset(back, 0, sizeof back);
        OK(lodge_ref_read_bytes(ref, 0, back, 32, ERR));
        assert_memory_equal(back, some, 32);
        if (types[i].size > 1)
            FAILS(BUFFER, lodge_ref_read_bytes(ref, 0, back, 31, ERR));
        OK(lodge_ref_write_bytes(ref, 1, some, 16, ERR));
        OK(lodge_ref_read_bytes(ref, 1, back, 16, ERR));
        assert_memory_equal(back, some, 16);
    }
}

static void bytes_are_elements_lowest_first(void **state)
{
    lodge_ref ref = from_bytes("ints", some, 8);
    uint64_t slots[2] = {ref.id, 1};

    (void)state;
    assert_int_equal(value_at(ref, 0), 0x03020100);
    OK(lodge_func_call(func_of(gc, "int"), slots, 2, ERR));
    assert_int_equal(slots[0], 0x87060584);
    ref = from_bytes("bytes", some, 16);
    slots[0] = ref.id, slots[1] = 15;
    OK(lodge_func_call(func_of(gc, "byte"), slots, 2, ERR));
    assert_int_equal(slots[0], 0x8F);
    assert_int_equal(signed_at(ref, 15), 0xFFFFFF8F);
    assert_int_equal(signed_at(from_bytes("shorts", some, 16), 3), 0xFFFF8706);
}

static void parts_are_read_and_written_as_bytes(void **state)
{
    lodge_ref ref = from_bytes("bytes", some, 32);
    uint8_t back[8];

    (void)state;
    OK(lodge_ref_read_bytes(ref, 4, back, 8, ERR));
    assert_memory_equal(back, some + 4, 8);
    OK(lodge_ref_write_bytes(ref, 30, some, 2, ERR));
    OK(lodge_ref_read_bytes(ref, 28, back, 4, ERR));
    assert_memory_equal(back, "\x1C\x1D\x00\x01", 4);
    OK(lodge_ref_read_bytes(ref, 32, NULL, 0, ERR));
    OK(lodge_ref_write_bytes(ref, 32, NULL, 0, ERR));
    ref = from_bytes("longs", NULL, 0);
    assert_int_equal(len_of(ref), 0);
    OK(lodge_ref_read_bytes(ref, 0, NULL, 0, ERR));
}

static void a_mebibyte_goes_in_and_out(void **state)
{
    enum { N = 1 << 20 };
    uint8_t *in = malloc(N), *back = calloc(1, N);
    lodge_ref ref;
    uint32_t i;

    (void)state;
    for (i = 0; i < N; i++)
        in[i] = (uint8_t)(i * 7 + (i >> 8));
    ref = from_bytes("bytes", in, N);
    collect();
    OK(lodge_ref_read_bytes(ref, 0, back, N, ERR));
    assert_memory_equal(in, back, N);
    free(in);
    free(back);
}

static void bytes_are_checked(void **state)
{
    lodge_ref ref = from_bytes("ints", some, 16), out = {77};
    const uint32_t ints = type_of("ints");
    uint8_t back[32] = {42};

    (void)state;
    SAYS(BUFFER, "each element has 4",
         lodge_ref_array_bytes(store, ints, some, 7, &out, ERR));
    FAILS(ARGUMENT, lodge_ref_array_bytes(store, ints, NULL, 8, &out, ERR));
    FAILS(ARGUMENT, lodge_ref_array_bytes(store, ints, some, 8, NULL, ERR));
    FAILS(NOT_FOUND, lodge_ref_array_bytes(store, 1, some, 8, &out, ERR));
    SAYS(TYPE, "references",
         lodge_ref_array_bytes(store, type_of("tokens"), some, 8, &out, ERR));
    FAILS(TYPE,
          lodge_ref_array_bytes(store, type_of("point"), some, 8, &out, ERR));
    assert_int_equal(out.id, 77);
    FAILS(BOUNDS, lodge_ref_read_bytes(ref, 1, back, 16, ERR));
    FAILS(BOUNDS, lodge_ref_read_bytes(ref, UINT64_MAX, back, 4, ERR));
    FAILS(BOUNDS, lodge_ref_write_bytes(ref, 4, some, 4, ERR));
    FAILS(BUFFER, lodge_ref_write_bytes(ref, 0, some, 5, ERR));
    FAILS(ARGUMENT, lodge_ref_read_bytes(ref, 0, NULL, 4, ERR));
    FAILS(ARGUMENT, lodge_ref_write_bytes(ref, 0, NULL, 4, ERR));
    FAILS(TYPE, lodge_ref_read_bytes(new_point(1), 0, back, 4, ERR));
    FAILS(TYPE, lodge_ref_write_bytes(new_point(1), 0, some, 4, ERR));
    SAYS(TYPE, "cannot be changed",
         lodge_ref_write_bytes(make_array("fixed", 1, 1), 0, some, 4, ERR));
    ref = make_array("tokens", 1, 1);
    FAILS(TYPE, lodge_ref_read_bytes(ref, 0, back, 8, ERR));
    FAILS(TYPE, lodge_ref_write_bytes(ref, 0, some, 8, ERR));
    assert_int_equal(back[0], 42);
    ends_with(1);
}

static void bytes_beyond_the_heap_are_refused(void **state)
{
    enum { N = 8 << 20 };
    uint8_t *bytes = calloc(1, N);
    lodge_ref out = {77};

    (void)state;
    make_array("bytes", 1, 0);
    OK(lodge_store_set(store, LODGE_STORE_MEMORY_LIMIT,
                       store_value(LODGE_STORE_MEMORY_BYTES) + (1 << 20),
                       ERR));
    FAILS(LIMIT,
          lodge_ref_array_bytes(store, type_of("bytes"), bytes, N, &out, ERR));
    FAILS(LIMIT,
          lodge_ref_array_bytes(store, type_of("longs"), bytes, N, &out, ERR));
    assert_int_equal(out.id, 77);
    free(bytes);
}

/* ---- externref -------------------------------------------------------- */

static void a_guests_own_object_comes_out_as_reference(void **state)
{
    lodge_ref point = new_point(5);
    uint64_t slot = call1(gc, "out", point.id);
    lodge_ref ref = {slot - LODGE_EXTERN_REF};

    (void)state;
    assert_true(slot > LODGE_EXTERN_REF);
    assert_int_equal(same(ref, point), 1);
    assert_int_equal(value_at(ref, 0), 5);
    assert_int_equal(store_value(LODGE_STORE_REFS), 2);
    OK(lodge_ref_close(ref));
    FAILS(HANDLE, lodge_func_call(func_of(gc, "same"), &slot, 1, ERR));
    ends_with(0);
}

static void it_goes_back_in_as_it_was(void **state)
{
    lodge_ref point = new_point(5);
    uint64_t slot = call1(gc, "out", point.id), back;
    lodge_global global;
    lodge_table table;

    (void)state;
    back = call1(gc, "in", slot);
    assert_int_equal(same((lodge_ref){back}, point), 1);
    back = call1(gc, "same", slot);
    assert_int_equal(same((lodge_ref){back - LODGE_EXTERN_REF}, point), 1);
    OK(lodge_instance_table(gc, TEXT("externs"), &table, ERR));
    OK(lodge_instance_global(gc, TEXT("ext"), &global, ERR));
    OK(lodge_table_set(table, 3, slot, ERR));
    OK(lodge_global_set(global, &slot, 1, ERR));
    OK(lodge_store_scope_end(store, 0, ERR));
    collect();
    OK(lodge_table_get(table, 3, &back, ERR));
    assert_int_equal(value_at((lodge_ref){back - LODGE_EXTERN_REF}, 0), 5);
    OK(lodge_global_get(global, &back, 1, ERR));
    assert_int_equal(value_at((lodge_ref){back - LODGE_EXTERN_REF}, 0), 5);
    assert_int_equal(store_value(LODGE_STORE_EXTERNREFS), 0);
}

static void the_host_converts_both_ways(void **state)
{
    lodge_ref point = new_point(5), any, token;
    uint64_t slot = 42;

    (void)state;
    OK(lodge_ref_to_extern(point, &slot, ERR));
    assert_true(slot > LODGE_EXTERN_REF);
    OK(lodge_ref_from_extern(store, slot, &any, ERR));
    assert_int_equal(same(any, point), 1);
    OK(lodge_ref_from_extern(store, 1234, &token, ERR));
    READS("externref", lodge_ref_type(token, buf, cap, len, ERR));
    assert_int_equal(value_at(token, 0), 1234);
    OK(lodge_ref_to_extern(token, &slot, ERR));
    assert_int_equal(slot, 1234);
    assert_int_equal(call1(gc, "out", token.id), 1234);
    assert_int_equal(store_value(LODGE_STORE_EXTERNREFS), 1);
    ends_with(1);
}

static void conversions_are_checked(void **state)
{
    lodge_ref out = {77}, exn;
    uint64_t slot = 42;
    lodge_tag tag;

    (void)state;
    FAILS(ARGUMENT, lodge_ref_from_extern(store, 0, &out, ERR));
    FAILS(ARGUMENT, lodge_ref_from_extern(store, 5, NULL, ERR));
    FAILS(HANDLE, lodge_ref_from_extern(store, UINT64_MAX, &out, ERR));
    FAILS(HANDLE, lodge_ref_from_extern(store, LODGE_EXTERN_REF, &out, ERR));
    OK(lodge_tag_new(store, NULL, 0, &tag, ERR));
    OK(lodge_exception_new(tag, NULL, 0, &exn, ERR));
    FAILS(TYPE,
          lodge_ref_from_extern(store, LODGE_EXTERN_REF + exn.id, &out, ERR));
    FAILS(TYPE, lodge_ref_to_extern(exn, &slot, ERR));
    slot = LODGE_EXTERN_REF + exn.id;
    FAILS(TYPE, lodge_func_call(func_of(gc, "same"), &slot, 1, ERR));
    FAILS(ARGUMENT, lodge_ref_to_extern(new_point(1), NULL, ERR));
    assert_int_equal(out.id, 77);
    assert_int_equal(store_value(LODGE_STORE_EXTERNREFS), 0);
}

static uint64_t seen;

static int32_t gives_it_back(lodge_caller caller, uint64_t *slots)
{
    (void)caller;
    seen = slots[0];
    assert_true(seen > LODGE_EXTERN_REF);
    collect();
    assert_int_equal(value_at((lodge_ref){seen - LODGE_EXTERN_REF}, 0), 9);
    return 0;
}

/* As a parameter it ends with the host function. */
static void it_passes_through_host_functions(void **state)
{
    static const char text[] =
        "(module (import \"h\" \"f\" (func $f (param externref)"
        "  (result externref)))"
        " (func (export \"go\") (result i32)"
        "  (i31.get_u (ref.cast (ref i31) (any.convert_extern"
        "   (call $f (extern.convert_any (ref.i31 (i32.const 9)))))))))";
    uint32_t i;

    (void)state;
    host_body = gives_it_back;
    for (i = 0; i < MODES; i++) {
        lodge_instance in = instance_in_store(
            linker_with("externref -> externref", modes[i]), text);
        struct frame f = frame_of(func_of(in, "go"));

        OK(run(&f));
        assert_int_equal(SLOT(&f, 0), 9);
        seen -= LODGE_EXTERN_REF;
        FAILS(HANDLE, lodge_ref_len((lodge_ref){seen}, &seen, ERR));
        assert_int_equal(store_value(LODGE_STORE_REFS), 0);
    }
    ends_with(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        GC_TEST(a_part_is_filled),
        GC_TEST(one_token_fills_many_elements),
        GC_TEST(filling_is_checked),
        GC_TEST(parts_are_copied),
        GC_TEST(parts_may_overlap),
        GC_TEST(references_are_copied_as_they_are),
        GC_TEST(copying_is_checked),
        GC_TEST(bytes_come_back_from_every_type),
        GC_TEST(bytes_are_elements_lowest_first),
        GC_TEST(parts_are_read_and_written_as_bytes),
        GC_TEST(a_mebibyte_goes_in_and_out),
        GC_TEST(bytes_are_checked),
        GC_TEST(bytes_beyond_the_heap_are_refused),
        GC_TEST(a_guests_own_object_comes_out_as_reference),
        GC_TEST(it_goes_back_in_as_it_was),
        GC_TEST(the_host_converts_both_ways),
        GC_TEST(conversions_are_checked),
        GC_TEST(it_passes_through_host_functions),
    };

    return RUN(tests);
}

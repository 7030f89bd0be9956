/* test_errors_gc.c - what can go wrong where the host makes objects. */
#include <dlfcn.h>
#include <stdlib.h>

#include "gc_fixture.h"

void lodge_test_alloc_fail_at(uint64_t k, int32_t forever);

static const uint64_t token = 5;
static const uint64_t all_slots[11] = {0, 0, 0, 0, 0, 0, 0, 0, 5};
static lodge_ref tokens, points, ints, point;

static void start(void)
{
    tokens = make_array("tokens", 4, 0);
    points = make_array("points", 4, 0);
    ints = make_array("ints", 4, 0);
    point = new_point(1);
}

/* ---- no memory -------------------------------------------------------- */

/* The first allocation of the call fails; without that it works. */
#define NEEDS_MEMORY(call)                                                    \
    do {                                                                      \
        lodge_test_alloc_fail_at(1, 0);                                       \
        FAILS(MEMORY, call);                                                  \
        lodge_test_alloc_fail_at(0, 0);                                       \
        assert_int_equal(ref.id, 77);                                         \
        OK(call);                                                             \
        ref.id = 77;                                                          \
    } while (0)

static void without_memory_no_token_goes_in(void **state)
{
    lodge_ref ref = {77};

    (void)state;
    start();
    NEEDS_MEMORY(
        lodge_ref_struct(store, type_of("all"), all_slots, 11, &ref, ERR));
    NEEDS_MEMORY(
        lodge_ref_array(store, type_of("tokens"), 2, &token, 1, &ref, ERR));
    NEEDS_MEMORY(
        lodge_ref_array_of(store, type_of("tokens"), &token, 1, &ref, ERR));
    NEEDS_MEMORY(lodge_ref_from_extern(store, token, &ref, ERR));
    NEEDS_MEMORY(lodge_ref_fill(tokens, 0, 2, &token, 1, ERR));
    assert_int_equal(store_value(LODGE_STORE_EXTERNREFS), 5);
    ends_with(5);
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

/* Stands before that of the system, for the crate's own allocations too. */
static int nothing_large;

void *malloc(size_t size)
{
    static void *(*real)(size_t);

    if (nothing_large && size >= 512 * 1024)
        return NULL;
    if (!real)
        *(void **)(void *)&real = dlsym(RTLD_NEXT, "malloc");
    return real(size);
}

/* The map from numbers to objects grows at 28672. */
static void without_memory_no_number_is_given(void **state)
{
    lodge_ref ref = {77}, last = ref;
    lodge_status st = LODGE_OK;
    uint32_t i;

    (void)state;
    start();
    for (i = 0; i < 28000; i++)
        OK(lodge_ref_dup(point, &ref, ERR));
    nothing_large = 1;
    for (; st == LODGE_OK && i < 60000; i++) {
        last = ref;
        st = lodge_ref_dup(point, &ref, ERR);
    }
    nothing_large = 0;
    GIVES(LODGE_E_MEMORY, st);
    assert_true(ref.id == last.id);
    OK(lodge_ref_dup(point, &ref, ERR));
    assert_int_equal(value_at(ref, 0), 1);
}

#endif

/* ---- limits ----------------------------------------------------------- */

static void with_all_references_open_none_is_made(void **state)
{
    lodge_ref ref, made = {77};
    uint64_t slot = 77;
    lodge_status st;

    (void)state;
    start();
    do
        st = lodge_ref_dup(point, &ref, ERR);
    while (st == LODGE_OK);
    GIVES(LODGE_E_LIMIT, st);
    SAYS(LIMIT, "65536",
         lodge_ref_struct(store, type_of("all"), all_slots, 11, &made, ERR));
    FAILS(LIMIT,
          lodge_ref_array(store, type_of("tokens"), 2, &token, 1, &made, ERR));
    FAILS(LIMIT,
          lodge_ref_array_of(store, type_of("tokens"), &token, 1, &made, ERR));
    FAILS(LIMIT,
          lodge_ref_array_bytes(store, type_of("bytes"), NULL, 0, &made, ERR));
    FAILS(LIMIT, lodge_ref_from_extern(store, token, &made, ERR));
    FAILS(LIMIT, lodge_ref_to_extern(point, &slot, ERR));
    assert_true(made.id == 77 && slot == 77);
    assert_int_equal(store_value(LODGE_STORE_EXTERNREFS), 0);
    OK(lodge_ref_close(ref));
    OK(lodge_ref_from_extern(store, token, &made, ERR));
    ends_with(1);
}

static void a_full_heap_takes_no_token(void **state)
{
    lodge_status st = LODGE_OK;
    lodge_ref ref = {77};
    uint64_t taken;
    uint32_t i;

    (void)state;
    start();
    OK(lodge_store_set(store, LODGE_STORE_MEMORY_LIMIT,
                       store_value(LODGE_STORE_MEMORY_BYTES), ERR));
    for (i = 0; st == LODGE_OK; i++) {
        assert_true(i < 65000);
        st = lodge_ref_from_extern(store, token, &ref, ERR);
    }
    GIVES(LODGE_E_LIMIT, st);
    taken = store_value(LODGE_STORE_EXTERNREFS);
    FAILS(LIMIT, lodge_ref_fill(tokens, 0, 2, &token, 1, ERR));
    FAILS(LIMIT,
          lodge_ref_struct(store, type_of("all"), all_slots, 11, &ref, ERR));
    FAILS(LIMIT,
          lodge_ref_array_of(store, type_of("tokens"), &token, 1, &ref, ERR));
    assert_int_equal(store_value(LODGE_STORE_EXTERNREFS), taken);
    OK(lodge_store_set(store, LODGE_STORE_MEMORY_LIMIT, UINT64_MAX, ERR));
    OK(lodge_ref_fill(tokens, 0, 2, &token, 1, ERR));
    ends_with((uint32_t)taken + 1);
}

/* ---- no stack --------------------------------------------------------- */

enum { DEEPEST = 10000 };

static uint64_t open_calls[DEEPEST];
static lodge_func go;

/* Opens requests one above the other until the fiber is full; how many. */
static uint32_t fill_the_fiber(void)
{
    struct frame f = frame_of(go);
    uint32_t depth = 0;
    lodge_status st;

    while ((st = lodge_call(f.word)) == LODGE_REQUEST) {
        assert_true(depth < DEEPEST);
        open_calls[depth++] = f.word[LODGE_FRAME_TOKEN];
        f = frame_of(go);
        f.word[LODGE_FRAME_PARENT] = open_calls[depth - 1];
    }
    GIVES(LODGE_E_STACK, st);
    return depth;
}

static void finish(uint32_t which)
{
    struct frame f = frame_of(go);

    f.word[LODGE_FRAME_TOKEN] = open_calls[which];
    OK(lodge_resume(f.word));
}

/* All that may collect garbage runs on the fiber; the rest needs no stack. */
static void all_give(lodge_status want)
{
    lodge_ref ref = {77};
    uint64_t slot = 77;
    uint8_t byte = 0;

    GIVES(want,
          lodge_ref_struct(store, type_of("all"), all_slots, 11, &ref, ERR));
    GIVES(want,
          lodge_ref_array(store, type_of("tokens"), 2, &token, 1, &ref, ERR));
    GIVES(want,
          lodge_ref_array_of(store, type_of("tokens"), &token, 1, &ref, ERR));
    GIVES(want,
          lodge_ref_array_bytes(store, type_of("bytes"), &byte, 1, &ref, ERR));
    GIVES(want, lodge_ref_from_extern(store, token, &ref, ERR));
    GIVES(want, lodge_ref_fill(tokens, 0, 2, &token, 1, ERR));
    GIVES(want, lodge_ref_copy(tokens, 0, tokens, 1, 2, ERR));
    assert_int_equal(ref.id == 77, want != LODGE_OK);
    OK(lodge_ref_read_signed(ints, 0, &slot, ERR));
    OK(lodge_ref_to_extern(point, &slot, ERR));
    OK(lodge_ref_cast(point, type_of("point"), ERR));
}

static void above_too_many_requests_there_is_no_stack(void **state)
{
    uint32_t depth;

    (void)state;
    start();
    go = func_of(
        instance_in_store(linker_with("->", LODGE_HOST_SUSPEND),
                          "(module (import \"h\" \"wait\" (func $wait))"
                          " (func (export \"go\") (call $wait)))"),
        "go");
    depth = fill_the_fiber();
    all_give(LODGE_E_STACK);
    assert_int_equal(store_value(LODGE_STORE_EXTERNREFS), 0);
    finish(--depth);
    all_give(LODGE_OK);
    while (depth)
        finish(--depth);
    ends_with(5);
}

/* ---- other threads' stores --------------------------------------------- */

/* A guest that has given way is left alone. */
static void while_a_guest_gives_way_nothing_is_done(void **state)
{
    lodge_instance in =
        guest("(module (func (export \"spin\") (loop (br 0))))");
    struct frame f = frame_of(func_of(in, "spin"));
    lodge_ref ref = {77};
    uint64_t slot = 77;
    uint32_t type = 77;

    (void)state;
    start();
    f.word[LODGE_FRAME_SLICE] = 1000000;
    GIVES(LODGE_YIELD, lodge_call(f.word));
    FAILS(STATE,
          lodge_ref_struct(store, type_of("point"), NULL, 0, &ref, ERR));
    FAILS(STATE, lodge_ref_from_extern(store, token, &ref, ERR));
    FAILS(STATE, lodge_ref_fill(ints, 0, 1, &token, 1, ERR));
    FAILS(STATE, lodge_ref_copy(ints, 0, ints, 0, 1, ERR));
    FAILS(STATE, lodge_ref_read_signed(ints, 0, &slot, ERR));
    FAILS(STATE, lodge_ref_exact_type(point, &type, ERR));
    FAILS(STATE, lodge_ref_cast(point, LODGE_TYPE_ANYREF, ERR));
    FAILS(STATE, lodge_ref_read(point, 0, &slot, 1, ERR));
    FAILS(STATE, lodge_ref_write(point, 0, &token, 1, ERR));
    FAILS(STATE, lodge_exception_read(point, &slot, 1, ERR));
    OK(lodge_ref_close(point));
    assert_true(ref.id == 77 && slot == 77 && type == 77);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        GC_TEST(without_memory_no_token_goes_in),
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
        GC_TEST(without_memory_no_number_is_given),
#endif
        GC_TEST(with_all_references_open_none_is_made),
        GC_TEST(a_full_heap_takes_no_token),
        GC_TEST(above_too_many_requests_there_is_no_stack),
        GC_TEST(while_a_guest_gives_way_nothing_is_done),
    };

    return RUN(tests);
}

/* test_errors_refs.c - errors of what passes references: each is brought
 * about, changes nothing, and the same call works once its reason is gone.
 */
#define _GNU_SOURCE
#include <dlfcn.h>

#include "refs_fixture.h"

void lodge_test_alloc_fail_at(uint64_t k, int32_t forever);
void lodge_test_stores_full(int32_t full);

/* What $new and $hidden are, nobody outside knows until it comes out. */
static const char text[] =
    "(module (import \"h\" \"f\" (func $f (result i32)))"
    " (import \"h\" \"wait\" (func $wait))"
    " (type $o (struct (field (mut externref)) (field funcref)"
    "  (field anyref)))"
    " (tag $hidden (param funcref)) (tag $any (param anyref))"
    " (func $new) (func $thrown) (elem declare func $new $thrown)"
    " (table $t (export \"table\") 1 externref)"
    " (global $g (export \"global\") (mut externref) (ref.null extern))"
    " (func (export \"struct\") (result structref)"
    "  (struct.new $o (ref.null extern) (ref.func $new)"
    "   (ref.i31 (i32.const 5))))"
    " (func (export \"throw\") (throw $hidden (ref.func $thrown)))"
    " (func (export \"throw_any\") (throw $any (ref.i31 (i32.const 6))))"
    " (func (export \"own\")"
    "  (global.set $g (extern.convert_any (ref.i31 (i32.const 3))))"
    "  (table.set $t (i32.const 0) (global.get $g)))"
    " (func (export \"call\") (result i32) (call $f))"
    " (func (export \"go\") (call $wait)))";

/* What every test starts with. */
static lodge_instance in;
static lodge_table table;
static lodge_global global;
static lodge_tag tag; /* of one externref */
static lodge_ref object, number;

static const uint64_t token = 5;

static void start(void)
{
    in = instance_in_store(linker_with("-> i32", LODGE_HOST_DIRECT), text);
    OK(lodge_instance_table(in, TEXT("table"), &table, ERR));
    OK(lodge_instance_global(in, TEXT("global"), &global, ERR));
    OK(lodge_tag_new(store, TEXT("externref"), &tag, ERR));
    OK(lodge_func_call(func_of(in, "struct"), &object.id, 1, ERR));
    OK(lodge_ref_i31(store, 7, &number, ERR));
}

/* The exception that an export throws. */
static lodge_ref thrown_by(const char *name)
{
    lodge_error err = LODGE_ERROR_INIT;

    err.flags = LODGE_ERROR_EXCEPTION;
    assert_int_equal(lodge_func_call(func_of(in, name), NULL, 0, &err),
                     LODGE_E_EXCEPTION);
    assert_true(err.payload != 0);
    return (lodge_ref){err.payload};
}

/* An exception and a function of a store of their own. */
static lodge_ref foreign_exception(lodge_store other)
{
    lodge_ref made;
    lodge_tag its;

    OK(lodge_tag_new(other, TEXT("i32"), &its, ERR));
    OK(lodge_exception_new(its, &token, 1, &made, ERR));
    return made;
}

/* ---- the wrong type, the wrong store ------------------------------------ */

static void a_value_of_another_type_is_refused(void **state)
{
    lodge_global made = {77};
    lodge_ref ref = {77};
    lodge_tag small, found = {77};

    (void)state;
    start();
    OK(lodge_tag_new(store, TEXT("i31ref"), &small, ERR));
    SAYS(TYPE, "i31", lodge_exception_new(small, &object.id, 1, &ref, ERR));
    SAYS(TYPE, "not an exception", lodge_exception_tag(number, &found, ERR));
    SAYS(TYPE, "i31",
         lodge_global_new(store, TEXT("i31ref"), &object.id, &made, ERR));
    SAYS(TYPE, "can only be 0",
         lodge_global_new(store, TEXT("nullexternref"), &token, &made, ERR));
    assert_true(ref.id == 77 && found.id == 77 && made.id == 77);
    OK(lodge_exception_new(small, &number.id, 1, &ref, ERR));
    OK(lodge_exception_tag(ref, &found, ERR));
    assert_true(found.id == small.id);
    OK(lodge_global_new(store, TEXT("i31ref"), &number.id, &made, ERR));
}

static void a_guests_own_object_is_no_token(void **state)
{
    uint64_t slot = 77, other = 77;

    (void)state;
    start();
    OK(lodge_func_call(func_of(in, "own"), NULL, 0, ERR));
    OK(lodge_global_get(global, &slot, 1, ERR));
    OK(lodge_table_get(table, 0, &other, ERR));
    assert_true(slot > LODGE_EXTERN_REF && other > slot);
    OK(lodge_ref_close((lodge_ref){other - LODGE_EXTERN_REF}));
    FAILS(HANDLE, lodge_table_set(table, 0, other, ERR));
    OK(lodge_table_set(table, 0, slot, ERR));
    OK(lodge_global_set(global, &token, 1, ERR));
    OK(lodge_table_set(table, 0, token, ERR));
    OK(lodge_global_get(global, &slot, 1, ERR));
    assert_int_equal(slot, token);
    slot = 77;
    OK(lodge_table_get(table, 0, &slot, ERR));
    assert_int_equal(slot, token);
    ends_with(2);
}

static lodge_ref theirs;

static int32_t throws_both(lodge_caller caller, uint64_t *slots)
{
    lodge_ref made;

    (void)slots;
    assert_int_equal(lodge_caller_throw(caller, theirs), LODGE_E_FOREIGN);
    OK(lodge_exception_new(tag, &token, 1, &made, ERR));
    return lodge_caller_throw(caller, made);
}

static void what_is_of_another_store_is_not_thrown(void **state)
{
    const lodge_store other = new_store(engine);
    lodge_tag funcs;
    lodge_instance far;
    lodge_ref ref = {77};
    lodge_func fn;

    (void)state;
    start();
    theirs = foreign_exception(other);
    host_body = throws_both;
    FAILS(EXCEPTION, lodge_func_call(func_of(in, "call"), &ref.id, 1, ERR));
    far = new_instance(engine, "(module (func (export \"f\")))");
    fn = func_of(far, "f");
    OK(lodge_tag_new(store, TEXT("funcref"), &funcs, ERR));
    FAILS(FOREIGN, lodge_exception_new(funcs, &fn.id, 1, &ref, ERR));
    assert_int_equal(ref.id, 77);
    fn = func_of(in, "go");
    OK(lodge_exception_new(funcs, &fn.id, 1, &ref, ERR));
    ends_with(1);
}

/* ---- no memory ---------------------------------------------------------- */

/* The first allocation of the call fails; without that it works. */
#define NEEDS_MEMORY(call)                                                    \
    do {                                                                      \
        lodge_test_alloc_fail_at(1, 0);                                       \
        FAILS(MEMORY, call);                                                  \
        lodge_test_alloc_fail_at(0, 0);                                       \
    } while (0)

static void without_memory_no_token_is_taken(void **state)
{
    lodge_ref ref = {77};
    uint64_t slot = 77;

    (void)state;
    start();
    NEEDS_MEMORY(lodge_exception_new(tag, &token, 1, &ref, ERR));
    NEEDS_MEMORY(lodge_global_set(global, &token, 1, ERR));
    NEEDS_MEMORY(lodge_table_set(table, 0, token, ERR));
    NEEDS_MEMORY(lodge_ref_write(object, 0, &token, 1, ERR));
    assert_int_equal(store_value(LODGE_STORE_EXTERNREFS), 0);
    assert_int_equal(ref.id, 77);
    OK(lodge_global_get(global, &slot, 1, ERR));
    assert_int_equal(slot, 0);
    OK(lodge_exception_new(tag, &token, 1, &ref, ERR));
    OK(lodge_global_set(global, &token, 1, ERR));
    OK(lodge_table_set(table, 0, token, ERR));
    OK(lodge_ref_write(object, 0, &token, 1, ERR));
    ends_with(4);
}

static void without_memory_nothing_new_comes_out(void **state)
{
    lodge_ref thrown;
    lodge_tag found = {77};
    uint64_t slot = 77;

    (void)state;
    start();
    thrown = thrown_by("throw");
    NEEDS_MEMORY(lodge_exception_tag(thrown, &found, ERR));
    NEEDS_MEMORY(lodge_exception_read(thrown, &slot, 1, ERR));
    NEEDS_MEMORY(lodge_ref_read(object, 1, &slot, 1, ERR));
    assert_true(found.id == 77 && slot == 77);
    OK(lodge_exception_tag(thrown, &found, ERR));
    READS("funcref", lodge_tag_type(found, buf, cap, len, ERR));
    OK(lodge_exception_read(thrown, &slot, 1, ERR));
    OK(lodge_func_call((lodge_func){slot}, NULL, 0, ERR));
    OK(lodge_ref_read(object, 1, &slot, 1, ERR));
    OK(lodge_func_call((lodge_func){slot}, NULL, 0, ERR));
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

/* Stands before that of the system, for Wasmtime's own allocations too. */
static int nothing_large;

void *realloc(void *ptr, size_t size)
{
    static void *(*real)(void *, size_t);

    if (nothing_large && size >= 128 * 1024)
        return NULL;
    if (!real)
        *(void **)(void *)&real = dlsym(RTLD_NEXT, "realloc");
    return real(ptr, size);
}

/* Wasmtime's list of them grows at 32768. */
static void without_memory_no_small_number_is_made(void **state)
{
    lodge_ref ref = {77}, last = ref;
    lodge_status st = LODGE_OK;
    uint32_t i;

    (void)state;
    for (i = 0; i < 30000; i++)
        OK(lodge_ref_i31(store, 5, &ref, ERR));
    nothing_large = 1;
    for (; st == LODGE_OK && i < 50000; i++) {
        last = ref;
        st = lodge_ref_i31(store, 5, &ref, ERR);
    }
    nothing_large = 0;
    assert_int_equal(st, LODGE_E_MEMORY);
    assert_true(ref.id == last.id);
    OK(lodge_ref_i31(store, 5, &ref, ERR));
    assert_true(ref.id != last.id);
}

#endif

/* ---- limits ------------------------------------------------------------- */

static void a_full_store_gives_nothing_new(void **state)
{
    lodge_ref thrown;
    lodge_tag found = {77};
    uint64_t slot = 77;

    (void)state;
    start();
    thrown = thrown_by("throw");
    lodge_test_stores_full(1);
    FAILS(LIMIT, lodge_exception_tag(thrown, &found, ERR));
    FAILS(LIMIT, lodge_exception_read(thrown, &slot, 1, ERR));
    FAILS(LIMIT, lodge_ref_read(object, 1, &slot, 1, ERR));
    lodge_test_stores_full(0);
    assert_true(found.id == 77 && slot == 77);
    OK(lodge_exception_tag(thrown, &found, ERR));
    OK(lodge_exception_read(thrown, &slot, 1, ERR));
    OK(lodge_ref_read(object, 1, &slot, 1, ERR));
}

static void with_all_references_open_none_is_made(void **state)
{
    lodge_ref thrown, ref, made = {77};
    uint64_t slot = 77;
    lodge_status st;

    (void)state;
    start();
    thrown = thrown_by("throw_any");
    do
        st = lodge_ref_dup(number, &ref, ERR);
    while (st == LODGE_OK);
    assert_int_equal(st, LODGE_E_LIMIT);
    SAYS(LIMIT, "65536", lodge_exception_new(tag, &token, 1, &made, ERR));
    SAYS(LIMIT, "65536", lodge_exception_read(thrown, &slot, 1, ERR));
    SAYS(LIMIT, "65536", lodge_ref_read(object, 2, &slot, 1, ERR));
    assert_true(made.id == 77 && slot == 77);
    assert_int_equal(store_value(LODGE_STORE_EXTERNREFS), 0);
    OK(lodge_ref_close(ref)); /* each takes the one that is free */
    OK(lodge_exception_read(thrown, &slot, 1, ERR));
    OK(lodge_ref_close((lodge_ref){slot}));
    OK(lodge_ref_read(object, 2, &slot, 1, ERR));
    OK(lodge_ref_close((lodge_ref){slot}));
    OK(lodge_exception_new(tag, &token, 1, &made, ERR));
    ends_with(1);
}

static void a_full_heap_takes_no_token(void **state)
{
    lodge_status st = LODGE_OK;
    lodge_ref ref = {77};
    uint64_t tokens, i;

    (void)state;
    start();
    OK(lodge_store_set(store, LODGE_STORE_MEMORY_LIMIT,
                       store_value(LODGE_STORE_MEMORY_BYTES), ERR));
    for (i = 1; st == LODGE_OK; i++) {
        st = lodge_table_grow(table, 1, i, NULL, ERR);
        assert_true(i < 1000000);
    }
    assert_int_equal(st, LODGE_E_LIMIT);
    tokens = store_value(LODGE_STORE_EXTERNREFS);
    FAILS(LIMIT, lodge_global_set(global, &token, 1, ERR));
    FAILS(LIMIT, lodge_table_set(table, 0, token, ERR));
    FAILS(LIMIT, lodge_ref_write(object, 0, &token, 1, ERR));
    FAILS(LIMIT, lodge_exception_new(tag, &token, 1, &ref, ERR));
    assert_int_equal(store_value(LODGE_STORE_EXTERNREFS), tokens);
    assert_int_equal(ref.id, 77);
    OK(lodge_store_set(store, LODGE_STORE_MEMORY_LIMIT, UINT64_MAX, ERR));
    OK(lodge_global_set(global, &token, 1, ERR));
    ends_with((uint32_t)tokens + 1);
}

/* ---- no stack ----------------------------------------------------------- */

enum { DEEPEST = 10000 };

static uint64_t open_calls[DEEPEST];

/* Opens requests one above the other until the fiber is full; how many. */
static uint32_t fill_the_fiber(void)
{
    const lodge_func go = func_of(in, "go");
    struct frame f = frame_of(go);
    uint32_t depth = 0;
    lodge_status st;

    while ((st = lodge_call(f.word)) == LODGE_REQUEST) {
        assert_true(depth < DEEPEST);
        open_calls[depth++] = f.word[LODGE_FRAME_TOKEN];
        f = frame_of(go);
        f.word[LODGE_FRAME_PARENT] = open_calls[depth - 1];
    }
    assert_int_equal(st, LODGE_E_STACK);
    assert_true(depth > 1);
    return depth;
}

static void finish(uint32_t which)
{
    struct frame f = frame_of(func_of(in, "go"));

    f.word[LODGE_FRAME_TOKEN] = open_calls[which];
    OK(lodge_resume(f.word));
}

/* All that may collect garbage runs on the fiber. */
static void all_give(lodge_status want)
{
    lodge_table new_table = {77};
    lodge_global new_global = {77};
    uint64_t size = 77;
    lodge_ref ref = {77};

    GIVES(want, lodge_exception_new(tag, &token, 1, &ref, ERR));
    GIVES(want,
          lodge_global_new(store, TEXT("i64"), &token, &new_global, ERR));
    GIVES(want, lodge_global_set(global, &token, 1, ERR));
    GIVES(want, lodge_ref_write(object, 0, &token, 1, ERR));
    GIVES(want, lodge_store_gc(store, ERR));
    GIVES(want, lodge_table_new(store, TEXT("1 funcref"), 0, &new_table, ERR));
    GIVES(want, lodge_table_set(table, 0, token, ERR));
    GIVES(want, lodge_table_grow(table, 1, 0, &size, ERR));
    assert_int_equal(ref.id == 77, want != LODGE_OK);
    assert_int_equal(new_global.id == 77, want != LODGE_OK);
    assert_int_equal(new_table.id == 77, want != LODGE_OK);
    assert_int_equal(size, want == LODGE_OK ? 1 : 77);
}

static void above_too_many_requests_there_is_no_stack(void **state)
{
    uint32_t depth;

    (void)state;
    start();
    depth = fill_the_fiber();
    all_give(LODGE_E_STACK);
    assert_int_equal(store_value(LODGE_STORE_EXTERNREFS), 0);
    finish(--depth);
    all_give(LODGE_OK);
    while (depth)
        finish(--depth);
    assert_int_equal(store_value(LODGE_STORE_EXTERNREFS), 4);
    ends_with(4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(a_value_of_another_type_is_refused),
        STORE_TEST(a_guests_own_object_is_no_token),
        STORE_TEST(what_is_of_another_store_is_not_thrown),
        STORE_TEST(without_memory_no_token_is_taken),
        STORE_TEST(without_memory_nothing_new_comes_out),
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
        STORE_TEST(without_memory_no_small_number_is_made),
#endif
        STORE_TEST(a_full_store_gives_nothing_new),
        STORE_TEST(with_all_references_open_none_is_made),
        STORE_TEST(a_full_heap_takes_no_token),
        STORE_TEST(above_too_many_requests_there_is_no_stack),
    };

    return RUN(tests);
}

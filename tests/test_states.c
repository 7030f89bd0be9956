/* test_states.c - what may be done inside host functions: the row 'inside
 * DIRECT or FRAME' of the table of states, for each way to get there. The
 * other rows: test_suspend (idle, REQUEST), test_slices (YIELD),
 * thread_suspend (running elsewhere, cancelling).
 */
#include "suspend_fixture.h"

static const char inside_text[] =
    "(module"
    " (import \"h\" \"f\" (func $f (param i32 i32) (result i32)))"
    " (import \"h\" \"direct\" (func $direct (param i32) (result i32)))"
    " (import \"m\" \"frame\" (func $frame (param i32) (result i32)))"
    " (memory (export \"memory\") 1)"
    " (global (export \"global\") (mut i32) (i32.const 5))"
    " (func (export \"twice\") (param i32) (result i32)"
    "  (i32.mul (local.get 0) (i32.const 2)))"
    " (func (export \"wait\") (param i32) (result i32)"
    "  (call $f (local.get 0) (i32.const 3)))"
    " (func (export \"direct\") (param i32) (result i32)"
    "  (call $direct (local.get 0)))"
    " (func (export \"frame\") (param i32) (result i32)"
    "  (call $frame (local.get 0))))";

static uint64_t native[LODGE_FRAME_SLOTS + SLOTS];
static lodge_instance it;
/* What the host function does, whatever its mode; `open` is the innermost
 * open request, 0 if there is none.
 */
static int32_t (*inside)(void);
static uint64_t open;
static uint64_t call_id;
static int ran;

static int32_t run_direct(lodge_caller caller, uint64_t *slots)
{
    (void)caller;
    (void)slots;
    ran++;
    return inside();
}

static int32_t run_frame(uint32_t token, uint32_t tag)
{
    (void)token;
    (void)tag;
    ran++;
    return inside();
}

static int begin_inside(void **state)
{
    lodge_module module;
    lodge_host host;
    uint32_t index;

    if (begin(state))
        return -1;
    OK(lodge_host_new(engine, TEXT("m"), &host, ERR));
    OK(lodge_host_func(host, TEXT("i32 -> i32"), LODGE_HOST_FRAME, 1, &index,
                       ERR));
    OK(lodge_host_export(host, index, TEXT("frame"), ERR));
    OK(lodge_linker_add_host(linker, host, ERR));
    OK(lodge_linker_frame(linker, run_frame, ERR));
    module = new_module(engine, inside_text);
    OK(lodge_instance_new(linker, store, module, &it, ERR));
    OK(lodge_store_frame(store, native, LODGE_FRAME_SLOTS + SLOTS, 0, ERR));
    direct_body = run_direct;
    open = 0;
    ran = 0;
    return 0;
}

/* ---- six ways to get inside --------------------------------------------- */

struct way {
    const char *name;
    int fiber;   /* by lodge_call, on the store's fiber */
    int request; /* above an open request */
};

static const struct way ways[] = {
    {"direct", 0, 0}, {"direct", 1, 0}, {"direct", 1, 1},
    {"frame", 0, 0},  {"frame", 1, 0},  {"frame", 1, 1},
};
enum { WAYS = sizeof ways / sizeof *ways };

static struct frame outer;

/* The status of the call that the host function runs in. */
static lodge_status go(const struct way *way, uint64_t callid)
{
    struct frame f;
    uint64_t slot = 1;
    int before = ran;
    lodge_status st;

    open = 0;
    if (way->request) {
        outer = frame_of(it, "wait", 0, 1);
        GIVES(REQUEST, lodge_call, &outer);
        open = TOKEN(&outer);
    }
    f = frame_of(it, way->name, open, 1);
    f.word[LODGE_FRAME_CALLID] = callid;
    st = way->fiber ? lodge_call(f.word)
                    : lodge_func_call(func_of(it, way->name), &slot, 1, NULL);
    assert_int_equal(ran, before + 1);
    return st;
}

/* The request around it is open still, and can be answered. */
static void answers_outer(const struct way *way)
{
    if (way->request)
        answers_with(&outer, 4, 4);
    still_usable();
}

/* ---- the cells ------------------------------------------------------------ */

static int32_t calls_without_parent(void)
{
    struct frame f = frame_of(it, "twice", 0, 4);
    uint64_t slot = 5;

    GIVES(OK, lodge_call, &f);
    assert_int_equal(SLOT(&f), 8);
    OK(lodge_func_call(func_of(it, "twice"), &slot, 1, ERR));
    assert_int_equal(slot, 10);
    return 0;
}

static void a_call_without_parent_is_nested(void **state)
{
    int i;

    (void)state;
    inside = calls_without_parent;
    for (i = 0; i < WAYS; i++) {
        assert_int_equal(go(&ways[i], 0), LODGE_OK);
        answers_outer(&ways[i]);
    }
}

static int32_t calls_with_parent(void)
{
    struct frame f = frame_of(it, "twice", open ? open : store.id | 1, 4);

    if (open) {
        GIVES(OK, lodge_call, &f);
        assert_int_equal(SLOT(&f), 8);
        f.word[LODGE_FRAME_PARENT] = open ^ 2;
    }
    SLOT(&f) = 4;
    GIVES(E_STATE, lodge_call, &f);
    return 0;
}

static void a_call_above_the_open_request_is_nested(void **state)
{
    int i;

    (void)state;
    inside = calls_with_parent;
    for (i = 0; i < WAYS; i++) {
        assert_int_equal(go(&ways[i], 0), LODGE_OK);
        answers_outer(&ways[i]);
    }
}

static int32_t resumes(void)
{
    struct frame f = {{0}};

    f.word[LODGE_FRAME_CAPACITY] = SLOTS;
    TOKEN(&f) = open ? open : store.id | 1;
    GIVES(E_STATE, lodge_resume, &f);
    return 0;
}

static void nothing_is_answered_from_inside(void **state)
{
    int i;

    (void)state;
    inside = resumes;
    for (i = 0; i < WAYS; i++) {
        assert_int_equal(go(&ways[i], 0), LODGE_OK);
        answers_outer(&ways[i]);
    }
}

static int32_t uses_the_store(void)
{
    lodge_memory memory;
    lodge_global global;
    lodge_table table;
    uint64_t n = 9;

    OK(lodge_instance_memory(it, TEXT("memory"), &memory, ERR));
    OK(lodge_memory_grow(memory, 1, &n, ERR));
    OK(lodge_instance_global(it, TEXT("global"), &global, ERR));
    OK(lodge_global_get(global, &n, 1, ERR));
    assert_int_equal(n, 5);
    OK(lodge_table_new(store, TEXT("2 funcref"), func_of(it, "twice").id,
                       &table, ERR));
    OK(lodge_table_get(table, 1, &n, ERR));
    assert_int_equal(n, func_of(it, "twice").id);
    OK(lodge_store_get(store, LODGE_STORE_CALLS, &n, ERR));
    return 0;
}

static void the_store_can_be_used_inside(void **state)
{
    int i;

    (void)state;
    inside = uses_the_store;
    for (i = 0; i < WAYS; i++) {
        assert_int_equal(go(&ways[i], 0), LODGE_OK);
        answers_outer(&ways[i]);
    }
}

/* The flag is met by the next guest code and by the return of the host
 * function, which may not swallow it.
 */
static int32_t cancels(void)
{
    struct frame f = frame_of(it, "twice", 0, 4);

    assert_int_equal(lodge_store_cancel(store, call_id), LODGE_OK);
    lodge_call(f.word);
    return 0;
}

static void a_cancel_inside_ends_the_call_around_it(void **state)
{
    int i;

    (void)state;
    inside = cancels;
    for (i = 0; i < WAYS; i++) {
        if (!ways[i].fiber)
            continue; /* lodge_func_call has no id */
        if (go(&ways[i], ++call_id) != LODGE_E_CANCELLED)
            fail_msg("way %d went on", i);
        answers_outer(&ways[i]);
    }
}

static int32_t closes(void)
{
    lodge_store_close(store);
    return 0;
}

static void a_close_inside_is_deferred(void **state)
{
    struct frame f;
    int i;

    for (i = 0; i < WAYS; i++) {
        if (i > 0)
            begin_inside(state);
        inside = closes;
        f = frame_of(guest, "div", 0, 1);
        assert_int_equal(go(&ways[i], 0), LODGE_OK);
        GIVES(E_HANDLE, lodge_call, &f);
        if (ways[i].request)
            assert_int_equal(answer(&outer, 1), LODGE_E_HANDLE);
        if (i < WAYS - 1)
            end(state);
    }
}

#define INSIDE_TEST(name)                                                     \
    cmocka_unit_test_setup_teardown(name, begin_inside, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        INSIDE_TEST(a_call_without_parent_is_nested),
        INSIDE_TEST(a_call_above_the_open_request_is_nested),
        INSIDE_TEST(nothing_is_answered_from_inside),
        INSIDE_TEST(the_store_can_be_used_inside),
        INSIDE_TEST(a_cancel_inside_ends_the_call_around_it),
        INSIDE_TEST(a_close_inside_is_deferred),
    };

    return RUN(tests);
}

/* test_deadline.c - how calls end by time and by cancelling, and what cannot
 * be ended. Nothing here depends on how soon: bounds are far away.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "suspend_fixture.h"

enum { MS = 1000000, SOON_MS = 20, NEVER_MS = 3600 * 1000 };

static uint64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / MS;
}

static struct frame timed(const char *name, uint64_t parent, uint64_t ms)
{
    struct frame f = frame_of(guest, name, parent, 0);

    f.word[LODGE_FRAME_DEADLINE] = ms * MS;
    return f;
}

/* ---- deadlines ------------------------------------------------------------ */

static uint64_t host_sleeps_ms;

static int32_t sleeps_in_the_host(lodge_caller caller, uint64_t *slots)
{
    (void)caller;
    (void)slots;
    usleep((unsigned)host_sleeps_ms * 1000);
    return 0;
}

static const char sleeper_text[] =
    "(module (import \"h\" \"direct\" (func $d (param i32) (result i32)))"
    " (func (export \"run\") (param i32)"
    "  (drop (call $d (local.get 0))) (loop $l (br $l))))";

/* The thread that counts rests when nobody waits; a guest that is in a host
 * function, or in a long instruction, still does.
 */
static void a_deadline_comes_after_a_long_host_function(void **state)
{
    lodge_module module = new_module(engine, sleeper_text);
    lodge_instance sleeper;
    struct frame f;
    int i;

    (void)state;
    OK(lodge_instance_new(linker, store, module, &sleeper, ERR));
    direct_body = sleeps_in_the_host;
    for (i = 0; i < 2; i++) {
        host_sleeps_ms = 250;
        f = frame_of(sleeper, "run", 0, 0);
        f.word[LODGE_FRAME_DEADLINE] = i ? SOON_MS * MS : UINT64_C(400) * MS;
        GIVES(E_DEADLINE, lodge_call, &f);
    }
    still_usable();
}

static void a_call_takes_its_own_deadline_or_that_of_the_store(void **state)
{
    struct frame f = timed("spin", 0, SOON_MS);
    uint64_t start = now_ms();

    (void)state;
    OK(lodge_store_set(store, LODGE_STORE_DEADLINE,
                       NEVER_MS * UINT64_C(1000000), ERR));
    GIVES(E_DEADLINE, lodge_call, &f);
    OK(lodge_store_set(store, LODGE_STORE_DEADLINE, SOON_MS * MS, ERR));
    f = timed("spin", 0, 0);
    GIVES(E_DEADLINE, lodge_call, &f);
    f = timed("spin", 0, 5 * SOON_MS); /* longer than the store's */
    start = now_ms();
    GIVES(E_DEADLINE, lodge_call, &f);
    assert_true(now_ms() - start >= 5 * SOON_MS);
    FAILS(DEADLINE, lodge_func_call(func_of(guest, "spin"), NULL, 0, ERR));
    OK(lodge_store_set(store, LODGE_STORE_DEADLINE, 0, ERR));
    still_usable();
}

static struct frame inner;
static lodge_status inner_status;

static int32_t spins_inside(lodge_caller caller, uint64_t *slots)
{
    (void)caller;
    inner = timed("spin", 0, slots[0] ? SOON_MS : NEVER_MS);
    inner_status = lodge_call(inner.word);
    return 0; /* swallowed */
}

static void each_level_has_a_deadline_of_its_own(void **state)
{
    struct frame f = timed("through", 0, NEVER_MS);

    (void)state;
    direct_body = spins_inside;
    SLOT(&f) = 1;
    GIVES(OK, lodge_call, &f); /* only the inner one was late */
    assert_int_equal(inner_status, LODGE_E_DEADLINE);
    f = timed("through", 0, SOON_MS);
    lodge_call(f.word); /* the outer one was: it may have ended in time */
    assert_int_equal(inner_status, LODGE_E_DEADLINE);
    still_usable();
}

static void requests_keep_the_deadlines_around_them(void **state)
{
    struct frame a = timed("loop", 0, 8 * SOON_MS), b;
    lodge_status st = LODGE_REQUEST;

    (void)state;
    SLOT(&a) = 1 << 30;
    GIVES(REQUEST, lodge_call, &a);
    b = timed("spin", TOKEN(&a), SOON_MS);
    GIVES(E_DEADLINE, lodge_call, &b);
    b = timed("one", TOKEN(&a), NEVER_MS);
    GIVES(REQUEST, lodge_call, &b);
    usleep(10 * SOON_MS * 1000); /* nothing runs; the outer one is late now */
    st = answer(&b, 1);
    assert_true(st == LODGE_OK || st == LODGE_E_DEADLINE);
    for (st = LODGE_REQUEST; st == LODGE_REQUEST;)
        st = answer(&a, 1);
    assert_int_equal(st, LODGE_E_DEADLINE);
    still_usable();
}

/* ---- cancelling ----------------------------------------------------------- */

struct spinner {
    lodge_instance instance;
    uint64_t id;
    _Atomic int began;
    lodge_status st;
    pthread_t thread;
};

static void *spin(void *arg)
{
    struct spinner *s = arg;
    struct frame f = frame_of(s->instance, "spin", 0, 0);

    f.word[LODGE_FRAME_CALLID] = s->id;
    atomic_store(&s->began, 1);
    s->st = lodge_call(f.word);
    return NULL;
}

static void spinner_start(struct spinner *s, lodge_instance instance)
{
    s->instance = instance;
    s->id = 5;
    atomic_store(&s->began, 0);
    assert_int_equal(pthread_create(&s->thread, NULL, spin, s), 0);
    while (!atomic_load(&s->began))
        usleep(100);
    usleep(2000);
}

static void a_cancel_leaves_siblings_alone(void **state)
{
    lodge_store other = new_store(engine);
    struct spinner one, two;
    lodge_instance twin;
    uint64_t calls;

    (void)state;
    OK(lodge_instance_new(linker, other, guest_module, &twin, ERR));
    spinner_start(&one, guest);
    spinner_start(&two, twin);
    OK(lodge_store_cancel(store, 5));
    assert_int_equal(pthread_join(one.thread, NULL), 0);
    assert_int_equal(one.st, LODGE_E_CANCELLED);
    FAILS(BUSY, lodge_store_get(other, LODGE_STORE_CALLS, &calls, ERR));
    still_usable();
    OK(lodge_store_cancel(other, 5));
    assert_int_equal(pthread_join(two.thread, NULL), 0);
    assert_int_equal(two.st, LODGE_E_CANCELLED);
}

/* A guest that sleeps in WASI for a minute. */
static const char asleep_text[] =
    "(module (import \"wasi_snapshot_preview1\" \"poll_oneoff\""
    "  (func $poll (param i32 i32 i32 i32) (result i32)))"
    " (memory (export \"memory\") 1)"
    " (func (export \"spin\")"
    "  (i32.store (i32.const 16) (i32.const 1))"
    "  (i64.store (i32.const 24) (i64.const 60000000000))"
    "  (drop (call $poll (i32.const 0) (i32.const 64) (i32.const 1)"
    "   (i32.const 128)))))";

static void a_cancel_ends_a_sleep(void **state)
{
    lodge_linker wasi = new_linker(engine);
    struct spinner sleeper;
    lodge_instance asleep;
    uint64_t start = now_ms();
    struct frame f;

    (void)state;
    OK(lodge_linker_add_wasi(wasi, ERR));
    OK(lodge_instance_new(wasi, store, new_module(engine, asleep_text),
                          &asleep, ERR));
    spinner_start(&sleeper, asleep);
    OK(lodge_store_cancel(store, 5));
    assert_int_equal(pthread_join(sleeper.thread, NULL), 0);
    assert_int_equal(sleeper.st, LODGE_E_CANCELLED);
    f = frame_of(asleep, "spin", 0, 0);
    f.word[LODGE_FRAME_DEADLINE] = SOON_MS * MS;
    GIVES(E_DEADLINE, lodge_call, &f);
    assert_true(now_ms() - start < 50000);
    still_usable();
}

static int32_t cancels_itself(lodge_caller caller, uint64_t *slots)
{
    (void)caller;
    (void)slots;
    OK(lodge_store_cancel(store, 77));
    return 0; /* as if nothing had happened */
}

static void a_host_function_may_cancel_its_own_call(void **state)
{
    lodge_module module = new_module(engine, sleeper_text);
    lodge_instance sleeper;
    struct frame f;

    (void)state;
    OK(lodge_instance_new(linker, store, module, &sleeper, ERR));
    direct_body = cancels_itself;
    f = frame_of(sleeper, "run", 0, 0);
    f.word[LODGE_FRAME_CALLID] = 77;
    GIVES(E_CANCELLED, lodge_call, &f);
    still_usable();
}

/* ---- what cannot be ended --------------------------------------------------- */

/* Nothing looks at the time within an instruction, and after the last one
 * nothing looks any more: a call that is late by many times its deadline, and
 * yet ends well. docs/limits.md says so.
 */
static const char bulk_text[] =
    "(module (memory 1) (func (export \"fill\") (param i32)"
    " (memory.fill (i32.const 0) (i32.const 7) (local.get 0)))"
    " (func (export \"grow\") (param i32) (result i32)"
    " (memory.grow (local.get 0))))";

static void a_running_instruction_cannot_be_ended(void **state)
{
    lodge_linker none = new_linker(engine);
    uint64_t pages = 16, more = 0, took = 0, start;
    lodge_instance bulk;
    struct frame f;

    (void)state;
    OK(lodge_store_set(store, LODGE_STORE_MEMORY_LIMIT, UINT64_C(1) << 30,
                       ERR));
    OK(lodge_instance_new(none, store, new_module(engine, bulk_text), &bulk,
                          ERR));
    while (took < 10 && pages < 8192) { /* 512 MiB at most */
        pages *= 2;
        more = pages - pages / 2;
        OK(lodge_func_call(func_of(bulk, "grow"), &more, 1, ERR));
        f = frame_of(bulk, "fill", 0, pages / 2 * 65536);
        f.word[LODGE_FRAME_DEADLINE] = 1;
        f.word[LODGE_FRAME_CALLID] = pages;
        start = now_ms();
        GIVES(OK, lodge_call, &f);
        took = now_ms() - start;
    }
    assert_true(took >= 10); /* and the deadline was 1 ns */
}

static const char wait_text[] =
    "(module (memory 1 1 shared) (func (export \"wait\") (result i32)"
    " (memory.atomic.wait32 (i32.const 0) (i32.const 0)"
    "  (i64.const 200000000))))";

static void an_atomic_wait_cannot_be_ended(void **state)
{
    lodge_engine threads = new_engine_with(sharing());
    lodge_instance waits = new_instance(threads, wait_text);
    struct frame f = frame_of(waits, "wait", 0, 0);
    uint64_t start = now_ms();

    (void)state;
    f.word[LODGE_FRAME_DEADLINE] = 1;
    GIVES(OK, lodge_call, &f);
    assert_int_equal(SLOT(&f), 2); /* timed out by itself */
    assert_true(now_ms() - start >= 190);
    lodge_engine_shutdown(threads);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUSPEND_TEST(a_deadline_comes_after_a_long_host_function),
        SUSPEND_TEST(a_call_takes_its_own_deadline_or_that_of_the_store),
        SUSPEND_TEST(each_level_has_a_deadline_of_its_own),
        SUSPEND_TEST(requests_keep_the_deadlines_around_them),
        SUSPEND_TEST(a_cancel_leaves_siblings_alone),
        SUSPEND_TEST(a_cancel_ends_a_sleep),
        SUSPEND_TEST(a_host_function_may_cancel_its_own_call),
        SUSPEND_TEST(a_running_instruction_cannot_be_ended),
        SUSPEND_TEST(an_atomic_wait_cannot_be_ended),
    };

    return RUN(tests);
}

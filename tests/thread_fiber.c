/* thread_fiber.c - what runs on a store's fiber, whoever lets it run: traps,
 * backtraces, collections, other stores, pools of stacks.
 */
#include <pthread.h>
#include <string.h>

#include "suspend_fixture.h"

/* ---- traps ---------------------------------------------------------------- */

static const char fails_text[] =
    "(module"
    " (import \"h\" \"f\" (func $f (param i32 i32) (result i32)))"
    " (memory 1)"
    " (func $ask (drop (call $f (i32.const 1) (i32.const 2))))"
    " (func $deep (param i64) (result i64)"
    "  (i64.add (i64.const 1) (call $deep (local.get 0))))"
    " (func (export \"bounds\") (result i32) (call $ask)"
    "  (i32.load (i32.const 0x7fffffff)))"
    " (func (export \"zero\") (result i32) (call $ask)"
    "  (i32.div_u (i32.const 1) (i32.add (i32.const 1)"
    "   (memory.grow (i32.const -1)))))"
    " (func (export \"deep\") (result i32) (call $ask)"
    "  (i32.wrap_i64 (call $deep (i64.const 0))))"
    " (func (export \"stop\") (result i32) (call $ask) unreachable))";

static lodge_instance instance_in(lodge_store in, const char *text)
{
    lodge_module module = new_module(engine, text);
    lodge_instance made;

    OK(lodge_instance_new(linker, in, module, &made, ERR));
    lodge_module_close(module);
    return made;
}

static void *answers(void *arg)
{
    struct frame *f = arg;

    f->word[LODGE_FRAME_STATUS] = LODGE_OK;
    return (void *)(intptr_t)answer(f, 1);
}

/* Answers on a thread that has not called anything before. */
static lodge_status answer_elsewhere(struct frame *f)
{
    pthread_t thread;
    void *st;

    assert_int_equal(pthread_create(&thread, NULL, answers, f), 0);
    assert_int_equal(pthread_join(thread, &st), 0);
    return (lodge_status)(intptr_t)st;
}

static void a_guest_may_trap_on_any_thread(void **state)
{
    static const struct {
        const char *name;
        lodge_status status;
        int32_t trap;
    } all[] = {
        {"bounds", LODGE_E_TRAP, LODGE_TRAP_MEMORY_OUT_OF_BOUNDS},
        {"zero", LODGE_E_TRAP, LODGE_TRAP_DIVISION_BY_ZERO},
        {"deep", LODGE_E_STACK, LODGE_TRAP_STACK_OVERFLOW},
        {"stop", LODGE_E_TRAP, LODGE_TRAP_UNREACHABLE},
    };
    lodge_instance in = instance_in(store, fails_text);
    uint32_t i;

    (void)state;
    for (i = 0; i < 4; i++) {
        struct frame f = frame_of(in, all[i].name, 0, 0);

        GIVES(REQUEST, lodge_call, &f);
        frame_status(answer_elsewhere(&f), all[i].status, &f, all[i].name,
                     __LINE__);
        assert_int_equal((int32_t)f.word[LODGE_FRAME_DETAIL], all[i].trap);
        still_usable();
    }
}

/* The same in calls above a guest that waits, which goes on after them. */
static void a_nested_guest_may_trap_on_any_thread(void **state)
{
    static const char *const all[] = {"bounds", "zero", "deep", "stop"};
    lodge_instance in = instance_in(store, fails_text);
    struct frame outer = open_request("one", 0, 1);
    uint32_t i;

    (void)state;
    for (i = 0; i < 4; i++) {
        struct frame f = frame_of(in, all[i], TOKEN(&outer), 0);

        GIVES(REQUEST, lodge_call, &f);
        frame_status(answer_elsewhere(&f),
                     i == 2 ? LODGE_E_STACK : LODGE_E_TRAP, &f, all[i],
                     __LINE__);
    }
    answers_with(&outer, 5, 6);
}

/* ---- many stores on one thread ---------------------------------------------- */

enum { STORES = 12, LEVELS = 4 };

struct pile {
    lodge_store store;
    lodge_instance guest;
    struct frame level[LEVELS];
    uint32_t open;
};

static void pile_up(struct pile *pile)
{
    struct frame *f = &pile->level[pile->open];

    *f = frame_of(pile->guest, "one", pile->open ? TOKEN(f - 1) : 0, 1);
    GIVES(REQUEST, lodge_call, f);
    pile->open++;
}

static void pile_down(struct pile *pile, uint64_t value)
{
    answers_with(&pile->level[--pile->open], value, value + 1);
}

static void stores_stop_and_end_in_any_order(void **state)
{
    struct pile piles[STORES];
    uint32_t i, chance = 1;

    (void)state;
    memset(piles, 0, sizeof piles);
    for (i = 0; i < STORES; i++) {
        piles[i].store = new_store(engine);
        OK(lodge_instance_new(linker, piles[i].store, guest_module,
                              &piles[i].guest, ERR));
    }
    for (i = 0; i < 5000; i++) {
        struct pile *pile;

        chance = chance * 1664525 + 1013904223;
        pile = &piles[(chance >> 8) % STORES];
        if (pile->open == 0 || (pile->open < LEVELS && chance >> 31))
            pile_up(pile);
        else
            pile_down(pile, i);
    }
    for (i = 0; i < STORES; i += 2)
        OK(lodge_store_close(piles[i].store));
    for (i = 1; i < STORES; i += 2) {
        while (piles[i].open)
            pile_down(&piles[i], i);
        OK(lodge_store_close(piles[i].store));
    }
}

/* ---- fibers on fibers --------------------------------------------------------- */

static const char both_text[] =
    "(module"
    " (import \"h\" \"f\" (func $f (param i32 i32) (result i32)))"
    " (import \"h\" \"direct\" (func $direct (param i32) (result i32)))"
    " (func (export \"both\") (result i32)"
    "  (i32.add (call $f (i32.const 1) (i32.const 2))"
    "   (i32.add (call $direct (i32.const 0))"
    "    (call $f (i32.const 3) (i32.const 4))))))";

static struct pile other;

static int32_t lets_another_run(lodge_caller caller, uint64_t *slots)
{
    (void)caller;
    pile_down(&other, 10);
    pile_up(&other);
    slots[0] = 100;
    return LODGE_OK;
}

static void a_function_on_a_fiber_lets_another_run(void **state)
{
    struct frame f;
    uint32_t i;

    (void)state;
    other = (struct pile){.store = new_store(engine)};
    OK(lodge_instance_new(linker, other.store, guest_module, &other.guest,
                          ERR));
    pile_up(&other);
    pile_up(&other);
    direct_body = lets_another_run;
    f = frame_of(instance_in(store, both_text), "both", 0, 0);
    for (i = 0; i < 100; i++) {
        GIVES(REQUEST, lodge_call, &f);
        frame_status(answer(&f, 1), LODGE_REQUEST, &f, "answer", __LINE__);
        pile_down(&other, i);
        pile_up(&other);
        answers_with(&f, 2, 103);
        f.word[LODGE_FRAME_CAPACITY] = SLOTS;
    }
    OK(lodge_store_close(other.store));
}

static lodge_instance made_inside;

static int32_t makes_an_instance(lodge_caller caller, uint64_t *slots)
{
    (void)caller, (void)slots;
    OK(lodge_instance_new(linker, store, guest_module, &made_inside, ERR));
    return LODGE_OK;
}

/* A store that has waited once is like any other between its calls. */
static void a_direct_call_makes_instances(void **state)
{
    struct frame f = open_request("one", 0, 1);
    uint64_t slot = 0;

    (void)state;
    answers_with(&f, 1, 2);
    direct_body = makes_an_instance;
    OK(lodge_func_call(func_of(guest, "through"), &slot, 1, ERR));
    slot = 5;
    OK(lodge_func_call(func_of(made_inside, "div"), &slot, 1, ERR));
    assert_int_equal(slot, 20);
}

/* ---- what waits below --------------------------------------------------------- */

static const char below_text[] =
    "(module"
    " (import \"h\" \"f\" (func $f (param i32 i32) (result i32)))"
    " (type $box (struct (field i32)))"
    " (func $ask (result i32) (call $f (i32.const 1) (i32.const 2)))"
    " (func $run (export \"run\") (result i32) (local $kept (ref $box))"
    "  (local.set $kept (struct.new $box (i32.const 77)))"
    "  (i32.add (call $ask) (struct.get $box 0 (local.get $kept))))"
    " (func $trap (export \"trap\") unreachable)"
    " (func $litter (export \"litter\") (param i32) (local (ref null $box))"
    "  (loop $l"
    "   (local.set 1 (struct.new $box (i32.const 1)))"
    "   (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))";

static void frame_is(lodge_report report, uint32_t index, const char *name)
{
    char text[64];
    uint64_t len;

    OK(lodge_report_frame(report, index, LODGE_REPORT_FUNC, text, sizeof text,
                          &len, ERR));
    assert_int_equal(len, strlen(name));
    assert_memory_equal(text, name, len);
}

static void a_backtrace_shows_what_waits_below(void **state)
{
    lodge_instance in = instance_in(store, below_text);
    struct frame a = frame_of(in, "run", 0, 0), b;
    lodge_error *err = (void *)&b.word[LODGE_FRAME_SLOTS + SLOTS];
    uint32_t n = 0;

    (void)state;
    GIVES(REQUEST, lodge_call, &a);
    b = frame_of(in, "trap", TOKEN(&a), 0);
    err->flags = LODGE_ERROR_REPORT;
    GIVES(E_TRAP, lodge_call, &b);
    OK(lodge_report_frame_count((lodge_report){err->report}, &n, ERR));
    assert_int_equal(n, 3);
    frame_is((lodge_report){err->report}, 0, "trap");
    frame_is((lodge_report){err->report}, 1, "ask");
    frame_is((lodge_report){err->report}, 2, "run");
    lodge_report_close((lodge_report){err->report});
    answers_with(&a, 1, 78);
}

static void a_collection_sees_what_waits_below(void **state)
{
    lodge_instance in = instance_in(store, below_text);
    struct frame f[LEVELS], g;
    uint32_t i;

    (void)state;
    for (i = 0; i < LEVELS; i++) {
        f[i] = frame_of(in, "run", i ? TOKEN(&f[i - 1]) : 0, 0);
        GIVES(REQUEST, lodge_call, &f[i]);
        OK(lodge_store_gc(store, ERR));
    }
    g = frame_of(in, "litter", TOKEN(&f[LEVELS - 1]), 100000);
    GIVES(OK, lodge_call, &g);
    OK(lodge_store_gc(store, ERR));
    for (i = LEVELS; i > 0; i--)
        answers_with(&f[i - 1], i, i + 77);
}

/* ---- other engines -------------------------------------------------------------------- */

static int begin_with(void **state, const char *settings)
{
    int failed;

    engine_settings = settings;
    failed = begin(state);
    engine_settings = "";
    return failed;
}

static int begin_pooled(void **state)
{
    return begin_with(state,
                      "allocator=pooling,pool-stacks=2,pool-memories=8,"
                      "pool-instances=8,pool-tables=8,pool-stack-keep=64K");
}

/* All that waits shares the interpreter's own stack. */
static int begin_interpreted(void **state)
{
    return begin_with(state, "target=pulley64,wasm-threads=off");
}

static void a_pool_has_so_many_stacks(void **state)
{
    struct pile piles[3];
    struct frame f;
    uint32_t i, round;

    (void)state;
    memset(piles, 0, sizeof piles);
    for (i = 0; i < 3; i++) {
        piles[i].store = new_store(engine);
        OK(lodge_instance_new(linker, piles[i].store, guest_module,
                              &piles[i].guest, ERR));
    }
    pile_up(&piles[0]);
    pile_up(&piles[1]);
    for (round = 0; round < 3; round++) {
        f = frame_of(piles[2].guest, "one", 0, 1);
        GIVES(E_LIMIT, lodge_call, &f);
        assert_non_null(strstr(message_of(&f), "pool-stacks=2"));
    }
    OK(lodge_store_close(piles[0].store));
    pile_up(&piles[2]);
    pile_down(&piles[1], 3);
    pile_down(&piles[2], 4);
}

#define POOL_TEST(name)                                                       \
    cmocka_unit_test_setup_teardown(name, begin_pooled, end)
#define BOTH_TEST(name)                                                       \
    SUSPEND_TEST(name),                                                       \
        cmocka_unit_test_setup_teardown(name, begin_interpreted, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH_TEST(a_guest_may_trap_on_any_thread),
        BOTH_TEST(a_nested_guest_may_trap_on_any_thread),
        BOTH_TEST(stores_stop_and_end_in_any_order),
        BOTH_TEST(a_function_on_a_fiber_lets_another_run),
        BOTH_TEST(a_direct_call_makes_instances),
        BOTH_TEST(a_backtrace_shows_what_waits_below),
        BOTH_TEST(a_collection_sees_what_waits_below),
        POOL_TEST(a_pool_has_so_many_stacks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_small_stacks.c - used-up stacks, and calls on small and foreign ones: works
 * or a clean status, never a crash.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "guest_dwarf.h"
#include "zoo.h"

enum { KIB = 1024 };

static const char guest[] =
    "(module (import \"m\" \"f\" (func $f (param i64) (result i64)))"
    " (memory (export \"memory\") 1)"
    " (func $down (export \"overflow\") (param i64) (result i64)"
    "  (i64.add (call $down (i64.add (local.get 0) (i64.const 1)))"
    "   (i64.const 1)))"
    " (func (export \"run\") (param i64) (result i64)"
    "  (i64.add (call $f (local.get 0)) (i64.const 1)))"
    " (func (export \"trap\") (param i64) (result i64) unreachable)"
    " (func (export \"fine\") (param i64) (result i64) (local.get 0)))";

static const char starting[] =
    "(module (import \"m\" \"f\" (func $f (param i64) (result i64)))"
    " (func $s (drop (call $f (i64.const 3)))) (start $s))";

static const char start_overflow[] = "(module (func $s (call $s)) (start $s))";

/* What the work is done with, and what it found wrong first. */
struct world {
    lodge_engine engine;
    lodge_linker linker;
    lodge_store store;
    lodge_module starts, overflows, debug;
    lodge_func overflow, run, trap, fine;
    int rounds;
    void (*work)(struct world *);
    int line; /* 0: all is well */
    int found;
    char why[256];
};

static struct world *the;
static int deepest;

/* Notes the first thing that is not as it should be; for any thread. */
static void note(struct world *w, int line, int found, const lodge_error *err)
{
    if (w->line)
        return;
    w->line = line;
    w->found = found;
    snprintf(w->why, sizeof w->why, "%s", err ? err->message : "");
}

#define GIVES(expected, call)                                                 \
    do {                                                                      \
        lodge_status gives_ = (call);                                         \
        if (gives_ != (expected))                                             \
            note(w, __LINE__, gives_, &err);                                  \
    } while (0)

/* Goes down by 7 levels and comes back, or on and on if the number is 0. */
static int32_t descend(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    (void)token;
    (void)caller;
    if (slots[0] > 1000000)
        deepest++;
    else if (slots[0] == 7)
        return 0;
    slots[0]++;
    return lodge_func_call(the->run, slots, 1, NULL);
}

static lodge_func func(lodge_instance in, const char *name)
{
    return func_of(in, name);
}

static void open_world(struct world *w, const char *settings)
{
    lodge_module module;
    lodge_instance in;

    memset(w, 0, sizeof *w);
    the = w;
    w->engine = new_engine_with(settings);
    w->linker = new_linker(w->engine);
    w->store = new_store(w->engine);
    OK(lodge_linker_func(w->linker, TEXT("m"), TEXT("f"), TEXT("i64 -> i64"),
                         descend, 0, ERR));
    module = new_module(w->engine, guest);
    OK(lodge_instance_new(w->linker, w->store, module, &in, ERR));
    w->overflow = func(in, "overflow");
    w->run = func(in, "run");
    w->trap = func(in, "trap");
    w->fine = func(in, "fine");
    w->starts = new_module(w->engine, starting);
    w->overflows = new_module(w->engine, start_overflow);
    OK(lodge_module_open(w->engine, guest_dwarf, sizeof guest_dwarf, &w->debug,
                         ERR));
    lodge_module_close(module);
    w->rounds = 20;
}

/* The world is still in order afterwards, on this thread. */
static void close_world(struct world *w)
{
    uint64_t slot = 3;

    if (w->line)
        fail_msg("line %d: found %d: %s", w->line, w->found, w->why);
    OK(lodge_func_call(w->run, &slot, 1, ERR));
    assert_int_equal(slot, 12);
    lodge_module_close(w->debug);
    lodge_module_close(w->overflows);
    lodge_module_close(w->starts);
    lodge_store_close(w->store);
    lodge_linker_close(w->linker);
    lodge_engine_close(w->engine);
}

/* ---- work ------------------------------------------------------------- */

static void overflow_guest(struct world *w)
{
    lodge_error err = LODGE_ERROR_INIT;
    uint64_t slot;
    int i;

    for (i = 0; i < w->rounds; i++) {
        slot = 5;
        GIVES(LODGE_E_STACK, lodge_func_call(w->overflow, &slot, 1, &err));
        GIVES(LODGE_OK, lodge_func_call(w->fine, &slot, 1, &err));
        if (slot != 5)
            note(w, __LINE__, (int)slot, NULL);
    }
}

/* The innermost call is refused; each host function passes that on. */
static void recurse_forever(struct world *w)
{
    lodge_error err = LODGE_ERROR_INIT;
    uint64_t slot;
    int i;

    for (i = 0; i < w->rounds; i++) {
        slot = 2000000;
        deepest = 0;
        GIVES(LODGE_E_STACK, lodge_func_call(w->run, &slot, 1, &err));
        if (deepest < 1)
            note(w, __LINE__, deepest, &err);
        GIVES(LODGE_OK, lodge_func_call(w->fine, &slot, 1, &err));
    }
}

static void call_host(struct world *w)
{
    lodge_error err = LODGE_ERROR_INIT;
    uint64_t slot;
    int i;

    for (i = 0; i < w->rounds; i++) {
        slot = 7;
        GIVES(LODGE_OK, lodge_func_call(w->run, &slot, 1, &err));
        if (slot != 8)
            note(w, __LINE__, (int)slot, NULL);
        slot = 6; /* one call within another */
        GIVES(LODGE_OK, lodge_func_call(w->run, &slot, 1, &err));
        if (slot != 9)
            note(w, __LINE__, (int)slot, NULL);
    }
}

static lodge_status used[8];

/* Uses all of the store from inside a call. */
static int32_t use_store(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    lodge_table table = {0};
    lodge_memory memory = {0};
    lodge_global global;
    lodge_instance in;

    (void)token;
    (void)caller;
    used[0] = lodge_memory_new(the->store, TEXT("1 3"), &memory, ERR);
    used[1] = lodge_memory_grow(memory, 1, NULL, ERR);
    used[2] = lodge_table_new(the->store, TEXT("1 9 funcref"), 0, &table, ERR);
    used[3] = lodge_table_grow(table, 1, 0, NULL, ERR);
    used[4] = lodge_global_new(the->store, TEXT("i64"), slots, &global, ERR);
    used[5] = lodge_store_gc(the->store, ERR);
    used[6] = lodge_func_call(the->fine, slots, 1, ERR);
    used[7] =
        lodge_instance_new(the->linker, the->store, the->debug, &in, ERR);
    return 0;
}

static void call_once(struct world *w)
{
    lodge_error err = LODGE_ERROR_INIT;
    uint64_t slot = 0;
    int i;

    GIVES(LODGE_OK, lodge_func_call(w->run, &slot, 1, &err));
    for (i = 0; i < 8; i++)
        if (used[i] != LODGE_OK)
            note(w, __LINE__ + i * 10000, used[i], ERR);
}

static void start_instances(struct world *w)
{
    const lodge_store own = {0};
    lodge_error err = LODGE_ERROR_INIT;
    lodge_instance in;
    int i;

    for (i = 0; i < w->rounds; i++) {
        GIVES(LODGE_OK,
              lodge_instance_new(w->linker, w->store, w->starts, &in, &err));
        lodge_instance_close(in);
        GIVES(LODGE_E_STACK,
              lodge_instance_new(w->linker, own, w->overflows, &in, &err));
        GIVES(LODGE_OK,
              lodge_instance_new(w->linker, own, w->debug, &in, &err));
        lodge_instance_close(in);
    }
}

/* A trap with all that a report needs: names, lines, text. */
static void trap_with_report(struct world *w)
{
    lodge_error err = LODGE_ERROR_INIT;
    uint64_t slot = 7, len;
    lodge_instance in;
    lodge_func fn;
    int i;

    GIVES(LODGE_OK, lodge_instance_new(w->linker, (lodge_store){0}, w->debug,
                                       &in, &err));
    GIVES(LODGE_OK, lodge_instance_func(in, TEXT("outer"), &fn, &err));
    err.flags = LODGE_ERROR_REPORT;
    for (i = 0; i < w->rounds; i++) {
        GIVES(LODGE_E_TRAP, lodge_func_call(fn, &slot, 1, &err));
        GIVES(LODGE_E_BUFFER, lodge_report_text((lodge_report){err.report},
                                                NULL, 0, &len, NULL));
        lodge_report_close((lodge_report){err.report});
    }
    GIVES(LODGE_E_STACK, lodge_func_call(w->overflow, &slot, 1, &err));
    lodge_report_close((lodge_report){err.report});
    lodge_instance_close(in);
}

static const char extra[] =
    "(module (memory 1) (func (export \"f\") (param i32) (result i32)"
    " (i32.mul (local.get 0) (i32.load (local.get 0)))))";

/* All that one does before and after a call. */
static void make_everything(struct world *w)
{
    lodge_error err = LODGE_ERROR_INIT;
    lodge_prepared prepared;
    lodge_instance in;
    lodge_module module;
    lodge_linker linker;
    lodge_engine engine;
    uint64_t slot = 7;
    lodge_func fn;

    GIVES(LODGE_OK, preset_engine(&engine, &err));
    GIVES(LODGE_OK, lodge_linker_new(engine, &linker, &err));
    GIVES(LODGE_OK, lodge_linker_add_wasi(linker, &err));
    GIVES(LODGE_OK, lodge_module_open(engine, (const uint8_t *)extra,
                                      sizeof extra - 1, &module, &err));
    GIVES(LODGE_OK, lodge_linker_prepare(linker, module, &prepared, &err));
    GIVES(LODGE_OK,
          lodge_prepared_instance(prepared, (lodge_store){0}, &in, &err));
    GIVES(LODGE_OK, lodge_instance_func(in, TEXT("f"), &fn, &err));
    GIVES(LODGE_OK, lodge_func_call(fn, &slot, 1, &err));
    GIVES(LODGE_E_COMPILE,
          lodge_module_open(engine, (const uint8_t *)"(module (func", 13,
                            &module, &err));
    lodge_engine_shutdown(engine);
}

/* ---- places ----------------------------------------------------------- */

static void *thread_main(void *arg)
{
    struct world *w = arg;

    w->work(w);
    return NULL;
}

/* Does the work on a thread with a stack of that size. */
static void on_thread(struct world *w, void (*work)(struct world *),
                      size_t kib)
{
    pthread_attr_t attr;
    pthread_t thread;

    w->work = work;
    assert_int_equal(pthread_attr_init(&attr), 0);
    assert_int_equal(pthread_attr_setstacksize(&attr, kib * KIB), 0);
    assert_int_equal(pthread_create(&thread, &attr, thread_main, w), 0);
    pthread_attr_destroy(&attr);
    pthread_join(thread, NULL);
    if (w->line)
        fail_msg("%d KiB, line %d: found %d: %s", (int)kib, w->line, w->found,
                 w->why);
}

static ucontext_t home, away;

static void context_main(void)
{
    the->work(the);
}

/* Does the work on a stack that is no thread's: a fiber of somebody else. */
static void on_context(struct world *w, void (*work)(struct world *),
                       size_t kib)
{
    const size_t page = 4096, size = kib * KIB;
    uint8_t *base = mmap(NULL, size + page, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    assert_true(base != MAP_FAILED);
    assert_int_equal(mprotect(base, page, PROT_NONE), 0);
    assert_int_equal(getcontext(&away), 0);
    away.uc_stack.ss_sp = base + page;
    away.uc_stack.ss_size = size;
    away.uc_link = &home;
    w->work = work;
    makecontext(&away, context_main, 0);
    assert_int_equal(swapcontext(&home, &away), 0);
    munmap(base, size + page);
    if (w->line)
        fail_msg("%d KiB, line %d: found %d: %s", (int)kib, w->line, w->found,
                 w->why);
}

static const size_t sizes[] = {64, 128, 256, 512, 1024};
enum { SIZES = sizeof sizes / sizeof *sizes };

static void on_all_threads(const char *settings, int rounds,
                           void (*work)(struct world *))
{
    struct world w;
    size_t i;

    open_world(&w, settings);
    w.rounds = rounds;
    for (i = 0; i < SIZES; i++)
        on_thread(&w, work, sizes[i]);
    close_world(&w);
}

static void on_all_contexts(const char *settings, int rounds,
                            void (*work)(struct world *))
{
    struct world w;

    open_world(&w, settings);
    w.rounds = rounds;
    on_context(&w, work, 64);
    on_context(&w, work, 256);
    close_world(&w);
}

/* Small stacks make a thousand rounds quick, and have threads of 256 KiB and
 * more run on their own stack instead of a fiber.
 */
static const char small[] = "max-wasm-stack=64K,fiber-stack=256K";

/* ---- tests ------------------------------------------------------------ */

static void a_guest_overflows_a_thousand_times(void **state)
{
    struct world w;

    (void)state;
    open_world(&w, small);
    w.rounds = 1000;
    overflow_guest(&w);
    close_world(&w);
}

static void guest_and_host_overflow_a_thousand_times(void **state)
{
    struct world w;

    (void)state;
    open_world(&w, small);
    w.rounds = 1000;
    recurse_forever(&w);
    close_world(&w);
}

static void with_the_default_stack_it_is_the_same(void **state)
{
    struct world w;

    (void)state;
    open_world(&w, "");
    w.rounds = 10;
    overflow_guest(&w);
    w.rounds = 2;
    recurse_forever(&w);
    close_world(&w);
}

static void guests_overflow_on_threads_of_any_size(void **state)
{
    (void)state;
    on_all_threads(small, 1000, overflow_guest);
    on_all_threads("", 10, overflow_guest);
}

static void recursion_ends_on_threads_of_any_size(void **state)
{
    (void)state;
    on_all_threads(small, 1000, recurse_forever);
    on_all_threads("", 1, recurse_forever);
}

static void host_functions_run_on_threads_of_any_size(void **state)
{
    (void)state;
    on_all_threads(small, 100, call_host);
    on_all_threads("", 100, call_host);
}

static void start_functions_run_on_threads_of_any_size(void **state)
{
    (void)state;
    on_all_threads(small, 20, start_instances);
    on_all_threads("", 5, start_instances);
}

static void reports_are_made_on_threads_of_any_size(void **state)
{
    (void)state;
    on_all_threads(small, 10, trap_with_report);
    on_all_threads("", 10, trap_with_report);
}

static void everything_is_made_on_threads_of_any_size(void **state)
{
    (void)state;
    on_all_threads("", 1, make_everything);
}

static void guests_overflow_on_foreign_stacks(void **state)
{
    (void)state;
    on_all_contexts(small, 1000, overflow_guest);
    on_all_contexts("", 10, overflow_guest);
}

static void recursion_ends_on_foreign_stacks(void **state)
{
    (void)state;
    on_all_contexts(small, 1000, recurse_forever);
    on_all_contexts("", 1, recurse_forever);
}

static void host_functions_run_on_foreign_stacks(void **state)
{
    (void)state;
    on_all_contexts("", 100, call_host);
    on_all_contexts("", 5, start_instances);
}

static void reports_are_made_on_foreign_stacks(void **state)
{
    (void)state;
    on_all_contexts("", 10, trap_with_report);
    on_all_contexts("", 1, make_everything);
}

static void one_store_moves_between_stacks(void **state)
{
    struct world w;
    int i;

    (void)state;
    open_world(&w, "");
    w.rounds = 3;
    for (i = 0; i < 20; i++) {
        on_thread(&w, call_host, sizes[i % SIZES]);
        on_context(&w, call_host, 64);
        call_host(&w);
        on_thread(&w, overflow_guest, sizes[(i + 2) % SIZES]);
    }
    close_world(&w);
}

/* Leaves about `left` KiB of the present stack, then works there. */
static int work_below(struct world *w, const char *top, size_t room,
                      size_t left)
{
    volatile char burn[8 * KIB];
    int done = 0;

    burn[0] = 1;
    if (room - (size_t)(top - (const char *)burn) > left * KIB)
        done = work_below(w, top, room, left);
    else
        call_host(w);
    return done + burn[0];
}

static void a_host_function_uses_its_store_on_any_stack(void **state)
{
    lodge_module module;
    lodge_instance in;
    struct world w;
    size_t i;

    (void)state;
    open_world(&w, "");
    OK(lodge_linker_set(w.linker, LODGE_LINKER_SHADOWING, 1, ERR));
    OK(lodge_linker_func(w.linker, TEXT("m"), TEXT("f"), TEXT("i64 -> i64"),
                         use_store, 0, ERR));
    module = new_module(w.engine, guest);
    OK(lodge_instance_new(w.linker, w.store, module, &in, ERR));
    lodge_module_close(module);
    w.run = func(in, "run");
    call_once(&w);
    for (i = 0; i < SIZES; i++)
        on_thread(&w, call_once, sizes[i]);
    on_context(&w, call_once, 64);
    lodge_module_close(w.debug);
    lodge_engine_shutdown(w.engine);
}

/* What is left of the thread's stack; its thread-local memory is in it. */
static size_t left_below(const char *top)
{
    pthread_attr_t attr;
    void *low = NULL;
    size_t size = 0;

    if (pthread_getattr_np(pthread_self(), &attr) != 0)
        return 0;
    pthread_attr_getstack(&attr, &low, &size);
    pthread_attr_destroy(&attr);
    return (size_t)(top - (const char *)low);
}

static void near_the_end(struct world *w)
{
    char top = 0;
    size_t room = left_below(&top);

    work_below(w, &top, room, 900);
    work_below(w, &top, room, 560);
    work_below(w, &top, room, 200);
    work_below(w, &top, room, 64);
}

static void calls_work_near_the_end_of_a_stack(void **state)
{
    struct world w;

    (void)state;
    open_world(&w, "");
    w.rounds = 3;
    on_thread(&w, near_the_end, 1024);
    close_world(&w);
}

/* A host function that takes much stack itself, in each level. */
static int32_t greedy(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    volatile char much[24 * KIB];
    int32_t st;

    (void)token;
    (void)caller;
    much[0] = 1;
    deepest++;
    st = lodge_func_call(the->run, slots, 1, NULL);
    return st + much[0] - 1;
}

static void recurse_once(struct world *w)
{
    lodge_error err = LODGE_ERROR_INIT;
    uint64_t slot = 0;
    int i;

    for (i = 0; i < w->rounds; i++) {
        deepest = 0;
        GIVES(LODGE_E_STACK, lodge_func_call(w->run, &slot, 1, &err));
        if (deepest < 2)
            note(w, __LINE__, deepest, &err);
    }
}

static void host_functions_with_large_frames_meet_the_limit(void **state)
{
    lodge_module module;
    lodge_instance in;
    struct world w;
    size_t i;

    (void)state;
    open_world(&w, "");
    OK(lodge_linker_set(w.linker, LODGE_LINKER_SHADOWING, 1, ERR));
    OK(lodge_linker_func(w.linker, TEXT("m"), TEXT("f"), TEXT("i64 -> i64"),
                         greedy, 0, ERR));
    module = new_module(w.engine, guest);
    OK(lodge_instance_new(w.linker, w.store, module, &in, ERR));
    lodge_module_close(module);
    w.run = func(in, "run");
    w.rounds = 3;
    recurse_once(&w);
    for (i = 0; i < SIZES; i++)
        on_thread(&w, recurse_once, sizes[i]);
    on_context(&w, recurse_once, 64);
    w.run = w.fine;
    the = &w;
    assert_int_equal(w.line, 0);
    lodge_engine_shutdown(w.engine);
}

static void a_store_may_be_held_on_a_small_stack(void **state)
{
    struct world w;

    (void)state;
    open_world(&w, "");
    OK(lodge_store_hold(w.store, ERR));
    on_context(&w, call_host, 64);
    on_context(&w, overflow_guest, 64);
    call_host(&w);
    OK(lodge_store_unhold(w.store, ERR));
    on_thread(&w, call_host, 64);
    close_world(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_guest_overflows_a_thousand_times),
        TEST(guest_and_host_overflow_a_thousand_times),
        TEST(with_the_default_stack_it_is_the_same),
        TEST(guests_overflow_on_threads_of_any_size),
        TEST(recursion_ends_on_threads_of_any_size),
        TEST(host_functions_run_on_threads_of_any_size),
        TEST(a_host_function_uses_its_store_on_any_stack),
        TEST(start_functions_run_on_threads_of_any_size),
        TEST(reports_are_made_on_threads_of_any_size),
        TEST(everything_is_made_on_threads_of_any_size),
        TEST(guests_overflow_on_foreign_stacks),
        TEST(recursion_ends_on_foreign_stacks),
        TEST(host_functions_run_on_foreign_stacks),
        TEST(reports_are_made_on_foreign_stacks),
        TEST(one_store_moves_between_stacks),
        TEST(calls_work_near_the_end_of_a_stack),
        TEST(host_functions_with_large_frames_meet_the_limit),
        TEST(a_store_may_be_held_on_a_small_stack),
    };

    return RUN(tests);
}

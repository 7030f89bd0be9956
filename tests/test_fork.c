/* test_fork.c - the promises of fork(): in the child every older handle is
 * refused and never hangs, and everything can be made anew.
 */
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lodge_test.h"

/* In a child a failure must not run the rest of the test program. */
#define CHILD(cond)                                                           \
    do {                                                                      \
        if (!(cond)) {                                                        \
            dprintf(2, "%s:%d: in the child: %s (%s)\n", __FILE__, __LINE__,  \
                    #cond, test_err.message);                                 \
            _exit(1);                                                         \
        }                                                                     \
    } while (0)

/* Runs `body` in a child that may not hang; it must come to its end. */
static void in_child(void (*body)(void))
{
    pid_t child;
    int how = -1;

    calm_before_fork();
    child = fork();
    if (child == 0) {
        alarm(120);
        body();
        _exit(0);
    }
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &how, 0), child);
    if (!WIFEXITED(how) || WEXITSTATUS(how) != 0)
        fail_msg("the child ended with status 0x%x", (unsigned)how);
}

static const char *const guest =
    "(module (memory (export \"m\") 1)"
    "(table (export \"t\") 1 funcref)"
    "(global (export \"g\") (mut i32) (i32.const 1))"
    "(func (export \"add\") (param i32 i32) (result i32)"
    " (i32.add (local.get 0) (local.get 1)))"
    "(func (export \"loop\") (loop $l (br $l))))";

/* An engine, from nothing to a call and a deadline, without assertions of
 * cmocka; `engine` lives on.
 */
static int works(lodge_engine *engine)
{
    lodge_instance instance;
    lodge_linker linker;
    lodge_module module;
    lodge_store store;
    lodge_func fn;
    uint64_t slots[2] = {40, 2};

    *engine = new_engine_with("interruption=on");
    return !lodge_module_open(*engine, (const uint8_t *)guest, strlen(guest),
                              &module, NULL) &&
           !lodge_linker_new(*engine, &linker, NULL) &&
           !lodge_store_new(*engine, &store, NULL) &&
           !lodge_instance_new(linker, store, module, &instance, NULL) &&
           !lodge_instance_func(instance, "add", 3, &fn, NULL) &&
           !lodge_func_call(fn, slots, 2, NULL) && slots[0] == 42 &&
           !lodge_instance_func(instance, "loop", 4, &fn, NULL) &&
           !lodge_store_set(store, LODGE_STORE_DEADLINE, 5000000, NULL) &&
           lodge_func_call(fn, NULL, 0, NULL) == LODGE_E_DEADLINE;
}

static void make_anew(void)
{
    uint64_t before, after;
    lodge_engine engine;

    CHILD(!lodge_stat(LODGE_STAT_LIVE, &before));
    CHILD(works(&engine));
    CHILD(!lodge_engine_shutdown(engine));
    CHILD(!lodge_stat(LODGE_STAT_LIVE, &after));
    CHILD(before == after);
}

/* One of everything, made by the parent. */
static struct {
    lodge_config config;
    lodge_engine engine;
    lodge_module module;
    lodge_linker linker;
    lodge_prepared prepared;
    lodge_store store;
    lodge_budget budget;
    lodge_wasi wasi;
    lodge_instance instance, own;
    lodge_func fn;
    lodge_memory memory;
    lodge_table table;
    lodge_global global;
} old;

static void make_all(void)
{
    OK(lodge_config_new(0, &old.config, ERR));
    old.engine = new_engine();
    old.module = new_module(old.engine, guest);
    old.linker = new_linker(old.engine);
    OK(lodge_linker_prepare(old.linker, old.module, &old.prepared, ERR));
    old.store = new_store(old.engine);
    OK(lodge_wasi_new(&old.wasi, ERR));
    OK(lodge_budget_new(&old.budget, ERR));
    OK(lodge_store_budget(old.store, old.budget, ERR));
    OK(lodge_instance_new(old.linker, old.store, old.module, &old.instance,
                          ERR));
    old.own = new_instance(old.engine, guest);
    old.fn = func_of(old.instance, "add");
    OK(lodge_instance_memory(old.instance, "m", 1, &old.memory, ERR));
    OK(lodge_instance_table(old.instance, "t", 1, &old.table, ERR));
    OK(lodge_instance_global(old.instance, "g", 1, &old.global, ERR));
}

static void close_all(void)
{
    lodge_config_close(old.config);
    lodge_wasi_close(old.wasi);
    lodge_budget_close(old.budget);
    lodge_engine_shutdown(old.engine);
}

static void check_all_work(void)
{
    uint64_t slots[2] = {1, 2}, value;

    OK(lodge_config_get(old.config, LODGE_CONFIG_FUEL, &value, ERR));
    OK(lodge_engine_tick(old.engine));
    OK(lodge_func_call(old.fn, slots, 2, ERR));
    assert_int_equal(slots[0], 3);
    OK(lodge_memory_size(old.memory, &value, ERR));
    OK(lodge_module_needs(old.module, 1, &value, ERR));
    lodge_module_close(new_module(old.engine, guest));
}

/* ---- before and after compiling --------------------------------------- */

/* The first test: nothing was compiled in this process before. */
static void a_fork_before_compiling_serves_both_sides(void **s)
{
    lodge_engine engine;

    (void)s;
    in_child(make_anew);
    assert_true(works(&engine));
    lodge_engine_shutdown(engine);
}

static void a_fork_after_compiling_serves_both_sides(void **s)
{
    lodge_engine engine;

    (void)s;
    assert_true(works(&engine));
    in_child(make_anew);
    lodge_module_close(new_module(engine, guest));
    in_child(make_anew);
    lodge_engine_shutdown(engine);
    assert_true(works(&engine));
    lodge_engine_shutdown(engine);
}

static void the_parent_goes_on_as_if_nothing_had_happened(void **s)
{
    uint64_t live;

    (void)s;
    make_all();
    live = stat_of(LODGE_STAT_LIVE);
    in_child(make_anew);
    assert_int_equal(stat_of(LODGE_STAT_LIVE), live);
    check_all_work();
    close_all();
}

/* ---- old handles in the child ----------------------------------------- */

/* Refused with E_STATE, and in words. */
#define FORKED(call)                                                          \
    do {                                                                      \
        test_err.message[0] = '\0';                                           \
        CHILD((call) == LODGE_E_STATE);                                       \
        CHILD(strstr(test_err.message, "before fork()") != NULL);             \
    } while (0)

static void use_shared_kinds(void)
{
    const uint8_t *text = (const uint8_t *)"(module)";
    lodge_engine engine;
    lodge_module module;
    uint64_t value, len;
    uint32_t n;

    FORKED(lodge_config_set(old.config, 1, 1, ERR));
    FORKED(lodge_config_set_text(old.config, 1, "on", 2, ERR));
    FORKED(lodge_config_parse(old.config, "fuel=on", 7, ERR));
    FORKED(lodge_config_get(old.config, 1, &value, ERR));
    FORKED(lodge_engine_new(old.config, &engine, ERR));
    FORKED(lodge_engine_dup(old.engine, &engine, ERR));
    FORKED(lodge_engine_is_pulley(old.engine, &n, ERR));
    FORKED(lodge_engine_get(old.engine, 1, &value, ERR));
    FORKED(lodge_engine_get_text(old.engine, 1, NULL, 0, &len, ERR));
    CHILD(lodge_engine_tick(old.engine) == LODGE_E_STATE);
    FORKED(lodge_module_open(old.engine, text, 8, &module, ERR));
    FORKED(lodge_module_open_file(old.engine, "/x", 2, &module, ERR));
    FORKED(lodge_module_validate(old.engine, text, 8, ERR));
    FORKED(lodge_module_import_count(old.module, &n, ERR));
    FORKED(lodge_module_import(old.module, 0, 1, NULL, 0, &len, ERR));
    FORKED(lodge_module_export_count(old.module, &n, ERR));
    FORKED(lodge_module_export(old.module, 0, 1, NULL, 0, &len, ERR));
    FORKED(lodge_module_section_count(old.module, &n, ERR));
    FORKED(lodge_module_section(old.module, 0, 1, NULL, 0, &len, ERR));
    FORKED(lodge_module_name(old.module, NULL, 0, &len, ERR));
    FORKED(lodge_module_producers(old.module, NULL, 0, &len, ERR));
    FORKED(lodge_module_needs(old.module, 1, &value, ERR));
    FORKED(lodge_linker_set(old.linker, 1, 1, ERR));
    FORKED(lodge_linker_add_wasi(old.linker, ERR));
    FORKED(
        lodge_linker_missing(old.linker, old.module, NULL, 0, &len, &n, ERR));
    FORKED(lodge_prepared_set(old.prepared, 1, 1, ERR));
    FORKED(lodge_prepared_budget(old.prepared, old.budget, ERR));
    FORKED(lodge_wasi_arg(old.wasi, "a", 1, ERR));
    FORKED(lodge_budget_set(old.budget, LODGE_BUDGET_TIME, 1, ERR));
    FORKED(lodge_budget_get(old.budget, LODGE_BUDGET_TIME, &value, ERR));
    CHILD(lodge_handle_info(old.engine.id, &n, &value) == LODGE_E_STATE);
}

static void use_the_store(void)
{
    lodge_instance instance;
    lodge_prepared prepared;
    lodge_store store;
    uint64_t slots[2] = {0}, value;
    uint32_t n;

    FORKED(lodge_store_new(old.engine, &store, ERR));
    FORKED(lodge_store_get(old.store, 1, &value, ERR));
    FORKED(lodge_store_set(old.store, 1, 1, ERR));
    FORKED(lodge_store_hold(old.store, ERR));
    FORKED(lodge_store_gc(old.store, ERR));
    FORKED(lodge_store_budget(old.store, (lodge_budget){0}, ERR));
    FORKED(lodge_linker_prepare(old.linker, old.module, &prepared, ERR));
    FORKED(
        lodge_instance_new(old.linker, old.store, old.module, &instance, ERR));
    FORKED(lodge_prepared_instance(old.prepared, (lodge_store){0}, &instance,
                                   ERR));
    FORKED(lodge_instance_store(old.instance, &store, ERR));
    FORKED(lodge_instance_store(old.own, &store, ERR));
    FORKED(lodge_func_call(old.fn, slots, 2, ERR));
    FORKED(lodge_memory_size(old.memory, &value, ERR));
    FORKED(lodge_memory_write(old.memory, 0, (uint8_t *)"x", 1, ERR));
    FORKED(lodge_table_size(old.table, &value, ERR));
    FORKED(lodge_global_get(old.global, &value, 1, ERR));
    CHILD(lodge_handle_info(old.fn.id, &n, &value) == LODGE_E_STATE);
}

static void old_handles_are_refused_in_the_child(void **s)
{
    (void)s;
    make_all();
    in_child(use_shared_kinds);
    in_child(use_the_store);
    check_all_work();
    close_all();
}

static void end_everything(void)
{
    const uint64_t ids[] = {old.config.id, old.engine.id,   old.module.id,
                            old.linker.id, old.prepared.id, old.store.id,
                            old.wasi.id,   old.instance.id, old.own.id,
                            old.fn.id,     old.budget.id};
    size_t i;

    CHILD(!lodge_instance_close(old.instance));
    CHILD(!lodge_instance_close(old.own));
    CHILD(!lodge_store_close(old.store));
    CHILD(!lodge_prepared_close(old.prepared));
    CHILD(!lodge_linker_close(old.linker));
    CHILD(!lodge_module_close(old.module));
    CHILD(!lodge_engine_close(old.engine));
    CHILD(!lodge_engine_shutdown(old.engine));
    CHILD(!lodge_config_close(old.config));
    CHILD(!lodge_wasi_close(old.wasi));
    CHILD(!lodge_budget_close(old.budget));
    for (i = 0; i < sizeof ids / sizeof *ids; i++)
        lodge_release((void *)(uintptr_t)ids[i]);
    make_anew();
    use_shared_kinds();
}

static void closing_old_handles_in_the_child_is_silent(void **s)
{
    (void)s;
    make_all();
    in_child(end_everything);
    check_all_work();
    close_all();
}

/* ---- forking at bad moments ------------------------------------------- */

static int32_t host_forks(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    lodge_store store;

    (void)token;
    calm_before_fork();
    slots[0] = (uint64_t)fork();
    if (slots[0] == 0) {
        alarm(120);
        CHILD(lodge_caller_store(caller, &store) != LODGE_OK);
        make_anew();
    }
    return 0;
}

/* The child comes out of the call, too. */
static void a_fork_inside_a_host_function_ends_the_store_there(void **s)
{
    lodge_engine engine = new_engine();
    lodge_linker linker = new_linker(engine);
    lodge_module module = new_module(
        engine, "(module (import \"h\" \"f\" (func $f (result i64)))"
                "(func (export \"run\") (result i64) (call $f)))");
    lodge_instance instance;
    uint64_t slot = 7;
    lodge_func fn;
    int how = -1;

    (void)s;
    OK(lodge_linker_func(linker, TEXT("h"), TEXT("f"), TEXT("-> i64"),
                         host_forks, 0, ERR));
    OK(lodge_instance_new(linker, (lodge_store){0}, module, &instance, ERR));
    fn = func_of(instance, "run");
    OK(lodge_func_call(fn, &slot, 1, ERR));
    if (slot == 0) {
        FORKED(lodge_func_call(fn, &slot, 1, ERR));
        CHILD(!lodge_instance_close(instance));
        make_anew();
        _exit(0);
    }
    assert_int_equal(waitpid((pid_t)slot, &how, 0), (pid_t)slot);
    assert_int_equal(how, 0);
    lodge_engine_shutdown(engine);
}

static void leave_the_hold(void)
{
    FORKED(lodge_store_unhold(old.store, ERR));
    FORKED(lodge_func_call(old.fn, NULL, 0, ERR));
    CHILD(!lodge_store_close(old.store));
    make_anew();
}

static void a_held_store_is_let_go_in_the_child(void **s)
{
    (void)s;
    make_all();
    OK(lodge_store_hold(old.store, ERR));
    in_child(leave_the_hold);
    OK(lodge_store_unhold(old.store, ERR));
    check_all_work();
    close_all();
}

static void a_release_that_waits_is_not_carried_out_twice(void **s)
{
    (void)s;
    make_all();
    lodge_release((void *)(uintptr_t)old.config.id);
    lodge_release((void *)(uintptr_t)old.instance.id);
    in_child(make_anew);
    close_all();
    assert_int_equal(stat_of(LODGE_STAT_LIVE), 0);
}

static void fork_again(void)
{
    pid_t child;
    int how = -1;

    make_all();
    calm_before_fork();
    child = fork();
    if (child == 0) {
        alarm(120);
        use_shared_kinds();
        use_the_store();
        end_everything();
        _exit(0);
    }
    CHILD(waitpid(child, &how, 0) == child);
    CHILD(how == 0);
    close_all();
    make_anew();
}

static void a_child_may_fork_in_its_turn(void **s)
{
    (void)s;
    in_child(fork_again);
}

static _Atomic int stop;

/* All of Lodge's own locks, again and again; no code is made or dropped. */
static void *keep_busy(void *unused)
{
    uint64_t slots[2] = {1, 2}, token[1];
    lodge_instance instance;
    lodge_config config;
    lodge_engine twin;
    lodge_func fn;
    uint32_t kind[1], n;

    while (!stop) {
        if (lodge_config_new(0, &config, NULL) ||
            lodge_engine_dup(old.engine, &twin, NULL) ||
            lodge_prepared_instance(old.prepared, (lodge_store){0}, &instance,
                                    NULL) ||
            lodge_instance_func(instance, "add", 3, &fn, NULL) ||
            lodge_func_call(fn, slots, 2, NULL) ||
            lodge_reap(0, kind, token, 1, &n))
            return &stop;
        lodge_release((void *)(uintptr_t)twin.id);
        lodge_release((void *)(uintptr_t)fn.id);
        lodge_config_close(config);
        lodge_instance_close(instance);
    }
    return unused;
}

static void *keep_compiling(void *unused)
{
    lodge_engine engine;

    while (!stop) {
        if (!works(&engine))
            return &stop;
        lodge_engine_shutdown(engine);
    }
    return unused;
}

static void fork_amid(void *(*busy)(void *), int forks)
{
    pthread_t threads[3];
    void *bad;
    int i;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    skip(); /* the sanitizer's own allocator hangs in such a child */
#endif
    make_all();
    stop = 0;
    for (i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, busy, NULL);
    for (i = 0; i < forks; i++) {
        usleep(1000);
        in_child(make_anew);
    }
    stop = 1;
    for (i = 0; i < 3; i++) {
        pthread_join(threads[i], &bad);
        assert_null(bad);
    }
    close_all();
}

/* Locks of all kinds are held by threads that the child does not have. */
static void a_fork_amid_busy_threads_leaves_a_child_that_works(void **s)
{
    (void)s;
    fork_amid(keep_busy, 60);
}

/* About one in 400 such children waits for ever for Wasmtime's own lock over
 * all code (registry.rs, GLOBAL_CODE), so this is run by hand only.
 */
static void a_fork_amid_compiling_threads_leaves_a_child_that_works(void **s)
{
    (void)s;
    if (!getenv("LODGE_TEST_FORK_COMPILING"))
        skip();
    fork_amid(keep_compiling, 2000);
}

/* ---- the clock -------------------------------------------------------- */

static void deadlines_work_on_both_sides_of_a_fork(void **s)
{
    lodge_engine engine;

    (void)s;
    assert_true(works(&engine));
    lodge_engine_shutdown(engine);
    in_child(make_anew);
    assert_true(works(&engine)); /* the parent's ticker still ticks */
    lodge_engine_shutdown(engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_fork_before_compiling_serves_both_sides),
        TEST(a_fork_after_compiling_serves_both_sides),
        TEST(the_parent_goes_on_as_if_nothing_had_happened),
        TEST(old_handles_are_refused_in_the_child),
        TEST(closing_old_handles_in_the_child_is_silent),
        TEST(a_fork_inside_a_host_function_ends_the_store_there),
        TEST(a_held_store_is_let_go_in_the_child),
        TEST(a_release_that_waits_is_not_carried_out_twice),
        TEST(a_child_may_fork_in_its_turn),
        TEST(a_fork_amid_busy_threads_leaves_a_child_that_works),
        TEST(a_fork_amid_compiling_threads_leaves_a_child_that_works),
        TEST(deadlines_work_on_both_sides_of_a_fork),
    };

    return RUN(tests);
}

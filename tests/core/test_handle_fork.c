/* test_handle_fork.c - promises of core/handle.h about fork and keys. */
#include <pthread.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/handle.h"
#include "core_test.h"

#define STORE HANDLE_STORE_KIND
#define ENGINE 2

static int destroyed;
static int hooked;

static void destroy(void *obj)
{
    UNUSED(obj);
    destroyed++;
}

static uint64_t make(uint8_t kind)
{
    uint64_t id = 0;

    assert_int_equal(handle_new(kind, &destroyed, destroy, &hooked, &id, NULL),
                     LODGE_OK);
    return id;
}

static void hook(void)
{
    hooked++;
}

/* In the child nothing may print or unwind: the line that failed is told by
 * the exit code. */
#define must(condition)                                                       \
    do {                                                                      \
        if (!(condition))                                                     \
            _exit(__LINE__ & 0xFF);                                           \
    } while (0)

static void child_ended_well(pid_t pid)
{
    int how = -1;

    assert_true(pid > 0);
    assert_int_equal(waitpid(pid, &how, 0), pid);
    assert_true(WIFEXITED(how));
    assert_int_equal(WEXITSTATUS(how), 0);
}

static void in_the_child_old_handles_are_dead(void **state)
{
    uint64_t store = make(STORE), engine = make(ENGINE), released;
    uint8_t kind;
    void *obj;
    pid_t pid;

    UNUSED(state);
    handle_at_fork_child(hook);
    handle_at_fork_child(hook);
    released = make(STORE);
    handle_release(released);
    pid = fork();
    if (pid == 0) {
        lodge_error err = LODGE_ERROR_INIT;

        must(hooked == 1 && handle_fork_count() == 1);
        must(handle_enter(store, &obj, &err) == LODGE_E_STATE);
        must(strstr(err.message, "before fork()") != NULL);
        must(handle_pin(engine, ENGINE, &obj, NULL) == LODGE_E_STATE);
        must(handle_lock(engine, ENGINE, &obj, NULL) == LODGE_E_STATE);
        must(handle_hold(store, NULL) == LODGE_E_STATE);
        must(handle_describe(store, &kind) == LODGE_E_STATE);
        handle_close(store, STORE);
        handle_close(engine, ENGINE);
        handle_release(store);
        handle_close_family(&hooked);
        handle_drain();
        must(destroyed == 0 && handle_live(0) == 0);
        store = make(STORE);
        must(handle_enter(store, &obj, NULL) == LODGE_OK);
        handle_leave(store);
        handle_close(store, STORE);
        must(destroyed == 1);
        _exit(0);
    }
    child_ended_well(pid);
    assert_int_equal(handle_fork_count(), 0);
    assert_int_equal(handle_enter(store, &obj, NULL), LODGE_OK);
    handle_leave(store);
    handle_close(store, STORE);
    handle_close(engine, ENGINE);
    assert_int_equal(handle_live(0), 0);
}

static void leaving_in_the_child_revives_nothing(void **state)
{
    uint64_t store = make(STORE), engine = make(ENGINE), held = make(STORE);
    void *obj;
    pid_t pid;

    UNUSED(state);
    destroyed = 0;
    assert_int_equal(handle_enter(store, &obj, NULL), LODGE_OK);
    assert_int_equal(handle_enter(store, &obj, NULL), LODGE_OK);
    assert_int_equal(handle_hold(held, NULL), LODGE_OK);
    assert_int_equal(handle_pin(engine, ENGINE, &obj, NULL), LODGE_OK);
    handle_close(engine, ENGINE);
    handle_close(store, STORE);
    pid = fork();
    if (pid == 0) {
        must(!handle_is_entered_by_me(store));
        handle_leave(store);
        must(handle_enter(store, &obj, NULL) == LODGE_E_STATE);
        handle_leave(store);
        must(handle_enter(store, &obj, NULL) == LODGE_E_STATE);
        must(handle_unhold(held, NULL) == LODGE_E_STATE);
        handle_unpin(engine);
        handle_drain();
        must(destroyed == 0);
        _exit(0);
    }
    child_ended_well(pid);
    handle_unpin(engine);
    handle_leave(store);
    handle_leave(store);
    handle_close(held, STORE);
    assert_int_equal(destroyed, 3);
    assert_int_equal(handle_live(0), 0);
}

static void destroy_and_fork(void *obj)
{
    *(pid_t *)obj = fork();
    destroyed++;
}

static void a_fork_while_destroying_is_survived(void **state)
{
    uint64_t id = 0, other;
    pid_t pid = -1;

    UNUSED(state);
    destroyed = 0;
    assert_int_equal(
        handle_new(STORE, &pid, destroy_and_fork, NULL, &id, NULL), LODGE_OK);
    handle_close(id, STORE);
    if (pid == 0) {
        must(destroyed == 1 && handle_live(0) == 0);
        other = make(STORE);
        must(other != 0 && other >> 18 != id >> 18);
        handle_close(other, STORE);
        must(destroyed == 2);
        _exit(0);
    }
    child_ended_well(pid);
    assert_int_equal(handle_live(0), 0);
}

static _Atomic int looking;

static void *look(void *id)
{
    void *obj = handle_peek(*(uint64_t *)id, STORE);

    looking = 1;
    while (looking)
        sched_yield();
    if (obj)
        handle_unpeek(*(uint64_t *)id);
    return obj;
}

/* What ends waits for those who look, who are not in the child. */
static void a_fork_while_another_thread_looks_is_survived(void **state)
{
    uint64_t id = make(STORE), more[130];
    pthread_t thread;
    void *seen;
    size_t i;
    pid_t pid;

    UNUSED(state);
    destroyed = 0;
    assert_int_equal(pthread_create(&thread, NULL, look, &id), 0);
    while (!looking)
        sched_yield();
    pid = fork();
    if (pid == 0) {
        alarm(120);
        for (i = 0; i < 130; i++)
            more[i] = make(STORE);
        for (i = 0; i < 130; i++)
            handle_close(more[i], STORE);
        must(destroyed == 130);
        _exit(0);
    }
    looking = 0;
    child_ended_well(pid);
    assert_int_equal(pthread_join(thread, &seen), 0);
    assert_ptr_equal(seen, &destroyed);
    handle_close(id, STORE);
    assert_int_equal(handle_live(0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        promise(in_the_child_old_handles_are_dead),
        promise(leaving_in_the_child_revives_nothing),
        promise(a_fork_while_destroying_is_survived),
        promise(a_fork_while_another_thread_looks_is_survived),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

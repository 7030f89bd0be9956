/* test_stack.c - promises of core/stack.h, core/clock.h and core/lock.h. */
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "core/clock.h"
#include "core/lock.h"
#include "core/stack.h"
#include "core_test.h"

/* The compiler must believe that all of `pad` is used. */
static void use_all(char *pad)
{
    __asm__ volatile("" : : "r"(pad) : "memory");
}

static __attribute__((noinline)) uintptr_t room_below(void)
{
    char pad[16384];
    uintptr_t room;

    use_all(pad);
    room = stack_room();
    use_all(pad);
    return room;
}

static void room_shrinks_as_the_stack_fills(void **state)
{
    uintptr_t above = stack_room();
    uintptr_t below = room_below();

    UNUSED(state);
    assert_true(below > 0);
    assert_true(above > below);
    assert_true(above - below >= 16384);
    assert_true(above - below < 1 << 20);
}

static void the_first_thread_has_what_its_limit_says(void **state)
{
    struct rlimit limit;
    uintptr_t room = stack_room();

    UNUSED(state);
    assert_int_equal(getrlimit(RLIMIT_STACK, &limit), 0);
    assert_true(room <= limit.rlim_cur);
    if (limit.rlim_cur >= 4 << 20)
        assert_true(room >= 2 << 20);
}

#define THREAD_STACK ((size_t)2 << 20)

/* Uses the stack down to the last 32 KiB that were promised. */
static __attribute__((noinline)) void descend(void)
{
    char pad[4096];

    memset(pad, 1, sizeof pad);
    use_all(pad);
    if (stack_room() >= 32 << 10)
        descend();
    use_all(pad);
}

static void *measure_a_thread(void *arg)
{
    uintptr_t *room = arg;

    *room = stack_room();
    descend();
    return NULL;
}

static void a_thread_may_use_all_that_is_promised(void **state)
{
    pthread_attr_t attr;
    pthread_t thread;
    uintptr_t room = 0;

    UNUSED(state);
    assert_int_equal(pthread_attr_init(&attr), 0);
    assert_int_equal(pthread_attr_setstacksize(&attr, THREAD_STACK), 0);
    assert_int_equal(pthread_create(&thread, &attr, measure_a_thread, &room),
                     0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    pthread_attr_destroy(&attr);
    assert_true(room <= THREAD_STACK);
    assert_true(room >= THREAD_STACK / 2);
}

/* Volatile: raise() is declared as a leaf, which a handler belies. */
static volatile uintptr_t seen_in_handler;

static void on_signal(int number)
{
    UNUSED(number);
    seen_in_handler = stack_room();
}

static void a_foreign_stack_has_no_room(void **state)
{
    size_t size = 256 << 10;
    stack_t other = {.ss_sp = malloc(size), .ss_size = size};
    stack_t off = {.ss_flags = SS_DISABLE};
    struct sigaction action;

    UNUSED(state);
    assert_true(stack_room() > 0);
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    action.sa_flags = SA_ONSTACK;
    assert_int_equal(sigaltstack(&other, NULL), 0);
    assert_int_equal(sigaction(SIGUSR1, &action, NULL), 0);
    seen_in_handler = 1;
    raise(SIGUSR1);
    assert_int_equal(seen_in_handler, 0);
    assert_true(stack_room() > 0);
    assert_int_equal(sigaltstack(&off, NULL), 0);
    free(other.ss_sp);
}

static void *tell_self(void *arg)
{
    *(uintptr_t *)arg = thread_self();
    return NULL;
}

static void every_thread_is_somebody_else(void **state)
{
    uintptr_t other = 0;

    UNUSED(state);
    on_a_thread(tell_self, &other);
    assert_true(thread_self() != 0);
    assert_true(other != 0);
    assert_true(other != thread_self());
    assert_true(thread_self() == thread_self());
}

static void the_clock_never_goes_back(void **state)
{
    uint64_t before = clock_ns(), now;
    int i;

    UNUSED(state);
    for (i = 0; i < 1000; i++, before = now) {
        now = clock_ns();
        assert_true(now >= before);
    }
}

static void a_reset_lock_is_free(void **state)
{
    static struct lock gate = lock_init_static;

    UNUSED(state);
    lock_take(&gate);
    lock_give(&gate);
    lock_reset(&gate);
    lock_take(&gate);
    lock_give(&gate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        promise(room_shrinks_as_the_stack_fills),
        promise(the_first_thread_has_what_its_limit_says),
        promise(a_thread_may_use_all_that_is_promised),
        promise(a_foreign_stack_has_no_room),
        promise(every_thread_is_somebody_else),
        promise(the_clock_never_goes_back),
        promise(a_reset_lock_is_free),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_all_forked.c - every function of lodge.h in the child of a fork, with
 * what the parent had made: E_STATE, never a hang; close does nothing.
 */
#include <sys/wait.h>
#include <unistd.h>

#include "world.h"

static struct good_call calls[GOOD_CALLS];
static struct world worlds[GOOD_CALLS]; /* the frames of each call */
static uint32_t refused;

static int uses_handle(const struct good_call *call)
{
    uint32_t at;

    for (at = 1; at <= call->count; at++)
        if (call->is[at] != WORD_PLAIN && call->is[at] < KINDS)
            return 1;
    return strstr(call->args, "-frame") != NULL;
}

static int closes(const struct good_call *call)
{
    const char *name = call->fn->name;

    return strcmp(name + strlen(name) - 6, "_close") == 0 ||
           strcmp(name, "lodge_engine_shutdown") == 0;
}

static void in_the_child(struct world *w, struct good_call *call)
{
    if (!uses_handle(call))
        return;
    refused++;
    if (!closes(call) && !seen_documents(call->fn, LODGE_E_STATE))
        refuses(w, call, LODGE_E_HANDLE, "should say HANDLE");
    else if (!closes(call))
        refuses(w, call, LODGE_E_STATE, "should say STATE");
    else if (try_call(w, call) != LODGE_OK)
        complain(call, "close should be OK", w->err.status);
}

/* Ends with the number of complaints. */
static void child_ends_well(pid_t child)
{
    int how = -1;

    assert_true(child > 0);
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_true(WIFEXITED(how));
    assert_int_equal(WEXITSTATUS(how), 0);
}

static void prepare(struct world *w, struct good_call *call)
{
    if (strncmp(call->args, "caller", 6) != 0)
        read_args(w, call);
}

static void prepare_all(void)
{
    size_t row;

    for (row = 0; row < GOOD_CALLS; row++) {
        calls[row].args = good_calls[row].args;
        calls[row].fn = seen_function_named(good_calls[row].name);
        memcpy(&worlds[row], &world, sizeof world);
        prepare(&worlds[row], &calls[row]);
    }
}

static void everything_of_the_parent_is_refused_in_the_child(void **s)
{
    size_t row;
    pid_t child;

    (void)s;
    complaints = 0;
    world_open(&world);
    prepare_all();
    calm_before_fork();
    child = fork();
    if (child == 0) {
        alarm(60);
        for (row = 0; row < GOOD_CALLS; row++)
            if (calls[row].count > 0)
                in_the_child(&worlds[row], &calls[row]);
        _exit(complaints != 0 || refused < 100);
    }
    child_ends_well(child);
    world_close(&world);
}

static pid_t child_inside;

static void fork_inside(struct world *w, struct good_call *call)
{
    read_args(w, call);
    child_inside = fork();
    if (child_inside != 0)
        return;
    alarm(60);
    in_the_child(w, call);
    _exit(complaints != 0);
}

/* The host function goes on in the child. */
static void so_is_the_call_that_runs(void **s)
{
    size_t row;

    (void)s;
    complaints = 0;
    world_open(&world);
    calm_before_fork();
    for (row = 0; row < GOOD_CALLS; row++) {
        if (strncmp(good_calls[row].args, "caller", 6) != 0)
            continue;
        with_call(fork_inside, row);
        child_ends_well(child_inside);
    }
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(everything_of_the_parent_is_refused_in_the_child),
        TEST(so_is_the_call_that_runs),
    };

    return RUN(tests);
}

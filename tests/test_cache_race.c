/* test_cache_race.c - eight processes share a cache while a ninth removes,
 * cuts, changes, renames and replaces what is in it: every module that is
 * opened is the right one, and nothing fails.
 *
 * The processes are this program again, with an argument.
 */
#include <errno.h>
#include <spawn.h>
#include <sys/wait.h>

#include "cache_fixture.h"

enum { WORKERS = 8, MODULES = 5 };
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
enum { ROUNDS = 25 };
#else
enum { ROUNDS = 150 };
#endif

extern char **environ;

static uint32_t random_next(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

/* ---- the processes ---------------------------------------------------- */

/* How many modules were wrong, or could not be opened. */
static int work(uint32_t seed)
{
    lodge_engine engine = {0};
    int i, value, wrong = 0;

    for (i = 0; i < ROUNDS; i++) {
        if (i % 10 == 0) { /* as a process that begins */
            lodge_engine_close(engine);
            engine = cached_with(i % 20 ? "cache-bytes=100K" : "");
        }
        value = (int)(random_next(&seed) % MODULES);
        char text[512];

        guest_text(text, value);
        wrong += value_of(engine, text) != value;
    }
    lodge_engine_close(engine);
    return wrong;
}

static void spoil(const char *path, uint32_t how, uint32_t at)
{
    char other[PATH];
    int fd;

    switch (how % 8) {
    case 0:
        unlink(path);
        break;
    case 1:
        if (truncate(path, at % 20000) != 0)
            break;
        break;
    case 2:
        unlink(path);
        if (symlink("/dev/zero", path) != 0)
            break;
        break;
    case 3:
        unlink(path);
        mkfifo(path, 0600);
        break;
    case 4: /* one module in another's place */
        entries(other);
        rename(other, path);
        break;
    case 5:
        in_cache(other, "key");
        if (at % 8 == 0)
            unlink(other);
        break;
    default:
        fd = open(path, O_WRONLY | O_NOFOLLOW | O_NONBLOCK);
        if (fd >= 0 && pwrite(fd, "changed", 7, at % 15000) != 7)
            errno = 0;
        if (fd >= 0)
            close(fd);
    }
}

/* Spoils some of what is there; how many. */
static int spoil_some(uint32_t *seed)
{
    DIR *list = opendir(cache_dir);
    struct dirent *item;
    char path[PATH];
    int done = 0;

    while (list && (item = readdir(list)) != NULL) {
        if (!is_entry(item->d_name) || random_next(seed) % 3)
            continue;
        in_cache(path, item->d_name);
        spoil(path, random_next(seed), random_next(seed));
        done++;
    }
    if (list)
        closedir(list);
    return done;
}

/* Until the parent closes its end. */
static int disturb(uint32_t seed)
{
    lodge_engine engine = cached_with("cache-bytes=60K,cache-age=1");
    int done = 0, i;
    char stop;

    fcntl(0, F_SETFL, O_NONBLOCK);
    while (read(0, &stop, 1) < 0) {
        for (i = 0; i < 20; i++) {
            done += spoil_some(&seed);
            usleep(300);
        }
        run(engine, (int)(random_next(&seed) % MODULES)); /* and prunes */
    }
    lodge_engine_close(engine);
    print_message("%d times something was spoiled\n", done);
    return done > 0 ? 0 : 1;
}

/* ---- starting them ---------------------------------------------------- */

static pid_t start(const char *what, int number, const int *input)
{
    char text[16], *const argv[] = {(char *)(uintptr_t)"test_cache_race",
                                    (char *)(uintptr_t)what, cache_dir, text,
                                    NULL};
    posix_spawn_file_actions_t actions;
    pid_t child;

    snprintf(text, sizeof text, "%d", number);
    posix_spawn_file_actions_init(&actions);
    if (input) {
        posix_spawn_file_actions_adddup2(&actions, input[0], 0);
        posix_spawn_file_actions_addclose(&actions, input[1]);
    }
    assert_int_equal(
        posix_spawn(&child, "/proc/self/exe", &actions, NULL, argv, environ),
        0);
    posix_spawn_file_actions_destroy(&actions);
    return child;
}

/* Its exit code. */
static int finish(pid_t child)
{
    int status;

    assert_int_equal(waitpid(child, &status, 0), child);
    if (!WIFEXITED(status))
        fail_msg("a process ended by signal %d", WTERMSIG(status));
    return WEXITSTATUS(status);
}

static void race(const int *input)
{
    pid_t child[WORKERS], disturber = 0;
    int i, wrong = 0;

    if (input)
        disturber = start("disturb", 99, input);
    for (i = 0; i < WORKERS; i++)
        child[i] = start("work", i, NULL);
    for (i = 0; i < WORKERS; i++)
        wrong += finish(child[i]);
    if (input) {
        close(input[0]);
        close(input[1]);
        assert_int_equal(finish(disturber), 0);
    }
    print_message("%d processes, %d modules opened, %d wrong\n", WORKERS,
                  WORKERS * ROUNDS, wrong);
    assert_int_equal(wrong, 0);
}

static void eight_processes_share_a_cache(void **s)
{
    (void)s;
    race(NULL);
    assert_in_range(entries(NULL), 1, MODULES);
}

static void a_ninth_that_spoils_it_spoils_no_module(void **s)
{
    int input[2];

    (void)s;
    assert_int_equal(pipe(input), 0);
    fcntl(input[1], F_SETFD, FD_CLOEXEC);
    race(input);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(eight_processes_share_a_cache,
                                        make_base, end_base),
        cmocka_unit_test_setup_teardown(
            a_ninth_that_spoils_it_spoils_no_module, make_base, end_base),
    };

    if (argc == 4) {
        snprintf(cache_dir, sizeof cache_dir, "%s", argv[2]);
        return strcmp(argv[1], "work") == 0
                   ? work((uint32_t)atoi(argv[3]) * 7919u + 1u)
                   : disturb(5);
    }
    return RUN(tests);
}

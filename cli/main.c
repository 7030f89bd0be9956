/* main.c - the `lodge` command: which commands there are, and what holds for
 * all of them.
 * It must not know what a command does.
 */
#include "cli.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const struct command *const commands[] = {
    &command_run,      &command_compile, &command_inspect,
    &command_validate, &command_wat,     &command_config,
    &command_version,  &command_help,    NULL,
};

/* A standard stream that is closed must not become the next file that is
 * opened. Turned round, it still fails when used, as a closed one does.
 */
static void guard_streams(void)
{
    int fd;

    for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0)
            (void)open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

static int no_command(void)
{
    struct text help = {0};

    help_all(&help);
    write_all(STDERR_FILENO, help.ptr, help.len);
    text_free(&help);
    return CODE_USAGE;
}

static bool looks_like_module(const char *name)
{
    const char *dot = strrchr(name, '.');

    return (dot && (strcmp(dot, ".wasm") == 0 || strcmp(dot, ".wat") == 0 ||
                    strcmp(dot, ".cwasm") == 0)) ||
           strchr(name, '/');
}

static int unknown(const char *name)
{
    struct nearest near;
    size_t i;

    if (*name == '-')
        fail("unknown option %s", name);
    else
        fail("there is no command %s", name);
    nearest_begin(&near, name);
    for (i = 0; commands[i]; i++)
        nearest_offer(&near, commands[i]->name);
    nearest_offer(&near, "--help");
    nearest_offer(&near, "--version");
    if (looks_like_module(name))
        hint("to run a module: lodge run %s", name);
    else if (near.best)
        hint("did you mean `lodge %s`?", near.best);
    else
        hint("`lodge help` lists the commands");
    return CODE_USAGE;
}

static int dispatch(char **argv)
{
    const struct command *self;
    const char *name = argv[0];

    if (!name)
        return no_command();
    if (strcmp(name, "-h") == 0 || strcmp(name, "--help") == 0)
        name = "help";
    else if (strcmp(name, "-V") == 0 || strcmp(name, "--version") == 0)
        name = "version";
    self = command_find(name);
    return self ? self->run(self, argv + 1) : unknown(name);
}

/* For tests: what the library still holds. */
static void show_leaks(void)
{
    const char *wanted = getenv("LODGE_CLI_LEAKCHECK");
    uint64_t handles = 0, bytes = 0;

    if (!wanted || strcmp(wanted, "1") != 0)
        return;
    lodge_stat(LODGE_STAT_LIVE, &handles);
    lodge_stat(LODGE_STAT_BYTES, &bytes);
    fprintf(stderr, "leakcheck: %llu handles, %llu bytes\n",
            (unsigned long long)handles, (unsigned long long)bytes);
}

int main(int argc, char **argv)
{
    int code;

    guard_streams();
    /* A reader that went away is an error of the write, as any other. */
    signal(SIGPIPE, SIG_IGN);
    code = dispatch(argv + (argc > 0));
    if (!out_finish() && code == CODE_DONE)
        code = CODE_FAILED;
    show_leaks();
    return code;
}

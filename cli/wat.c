/* wat.c - `lodge wat`: text modules to binary ones.
 * It must not know what the module does.
 */
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct wat_options {
    const char *output;
};

static const char *set_output(void *into, const char *value)
{
    struct wat_options *opts = into;

    if (!*value)
        return "needs a file name";
    opts->output = value;
    return NULL;
}

/* Half a module is worse than none: what could not be written is removed. */
static bool write_file(const char *path, const struct text *bytes)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    struct stat info;
    bool good;

    if (fd < 0) {
        fail("%s: %s", path, strerror(errno));
        return false;
    }
    good = write_all(fd, bytes->ptr, bytes->len);
    if (!good)
        fail("%s: %s", path, strerror(errno));
    if (!good && fstat(fd, &info) == 0 && S_ISREG(info.st_mode))
        unlink(path);
    if (close(fd) != 0 && good) {
        fail("%s: %s", path, strerror(errno));
        good = false;
    }
    return good;
}

static bool same_file(const char *a, const char *b)
{
    struct stat one, other;

    return stat(a, &one) == 0 && stat(b, &other) == 0 &&
           one.st_dev == other.st_dev && one.st_ino == other.st_ino &&
           S_ISREG(one.st_mode);
}

static int check_output(const struct wat_options *opts, const char *path)
{
    if (!opts->output && isatty(STDOUT_FILENO)) {
        fail("the binary module would go to the terminal");
        hint("name a file with -o, or send stdout to one");
        return CODE_USAGE;
    }
    if (opts->output && same_file(path, opts->output)) {
        fail("%s: is the source as well", opts->output);
        return CODE_USAGE;
    }
    return CODE_GO_ON;
}

static bool translate(const char *path, struct text *binary)
{
    struct text source = {0};
    bool good = module_read(path, (lodge_engine){0}, &source);

    if (good && module_form(&source) == FORM_BINARY) {
        fail("%s: is binary already", file_label(path));
        good = false;
    }
    good = good && module_translate(path, &source, binary);
    text_free(&source);
    return good;
}

static int run(const struct command *self, char **argv)
{
    struct wat_options opts = {0};
    struct text binary = {0};
    struct operands rest;
    int code = args_parse(self, argv, &opts, &rest);

    if (code == CODE_GO_ON)
        code = check_output(&opts, rest.at[0]);
    if (code != CODE_GO_ON)
        return code;
    code = CODE_DONE;
    if (!translate(rest.at[0], &binary))
        code = CODE_FAILED;
    else if (!opts.output)
        out_add(binary.ptr, binary.len);
    else if (!write_file(opts.output, &binary))
        code = CODE_FAILED;
    text_free(&binary);
    return code;
}

static const struct option options[] = {
    {"output", 'o', "OUT", "write to this file instead of stdout", set_output},
    {0},
};

const struct command command_wat = {
    .name = "wat",
    .operands = "FILE",
    .summary = "Translate a text module into a binary one.",
    .about = "FILE is a text module; - is stdin. It is translated, not "
             "checked: see\n"
             "`lodge validate`. A terminal as stdout is refused.\n",
    .options = options,
    .least = 1,
    .most = 1,
    .run = run,
};

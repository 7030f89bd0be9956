/* wat.c - `lodge wat`: text modules to binary ones, and binary ones to text.
 * It must not know what the module does.
 */
#include "cli.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct wat_options {
    const char *output;
    uint32_t flags; /* LODGE_TEXT_* */
};

static const char *set_output(void *into, const char *value)
{
    struct wat_options *opts = into;

    if (!*value)
        return "needs a file name";
    opts->output = value;
    return NULL;
}

static const char *set_offsets(void *into, const char *value)
{
    struct wat_options *opts = into;

    (void)value;
    opts->flags |= LODGE_TEXT_OFFSETS;
    return NULL;
}

static const char *set_names(void *into, const char *value)
{
    struct wat_options *opts = into;

    (void)value;
    opts->flags |= LODGE_TEXT_NAMES;
    return NULL;
}

static const char *set_skeleton(void *into, const char *value)
{
    struct wat_options *opts = into;

    (void)value;
    opts->flags |= LODGE_TEXT_SKELETON;
    return NULL;
}

static bool same_file(const char *a, const char *b)
{
    struct stat one, other;

    return stat(a, &one) == 0 && stat(b, &other) == 0 &&
           one.st_dev == other.st_dev && one.st_ino == other.st_ino &&
           S_ISREG(one.st_mode);
}

static bool print(const char *path, const struct text *source, uint32_t flags,
                  struct text *out)
{
    struct failure why;
    uint64_t len = 0;
    lodge_status st;

    failure_init(&why);
    text_reserve(out, source->len * 10);
    do {
        st = lodge_binary_to_text((const uint8_t *)source->ptr, source->len,
                                  flags, out->ptr, out->cap - 1, &len,
                                  &why.err);
    } while (text_again(out, st, len));
    if (st != LODGE_OK)
        fail("%s: %s", file_label(path), failure_message(&why));
    return st == LODGE_OK;
}

/* Reads a module in one form and makes the other one of it. */
static int translate(const struct wat_options *opts, const char *path,
                     struct text *out)
{
    struct text source = {0};
    int code = CODE_FAILED;
    bool to_text;

    if (!module_read(path, (lodge_engine){0}, &source))
        goto out;
    to_text = module_form(&source) == FORM_BINARY;
    if (!to_text && opts->flags) {
        fail("%s: is text already", file_label(path));
        hint("--offsets, --names and --skeleton are for binary modules");
    } else if (!to_text && !opts->output && isatty(STDOUT_FILENO)) {
        fail("the binary module would go to the terminal");
        hint("name a file with -o, or send stdout to one");
        code = CODE_USAGE;
    } else if (to_text ? print(path, &source, opts->flags, out)
                       : module_translate(path, &source, out)) {
        code = CODE_DONE;
    }
out:
    text_free(&source);
    return code;
}

static int run(const struct command *self, char **argv)
{
    struct wat_options opts = {0};
    struct text made = {0};
    struct operands rest;
    int code = args_parse(self, argv, &opts, &rest);

    if (code != CODE_GO_ON)
        return code;
    if (opts.output && same_file(rest.at[0], opts.output)) {
        fail("%s: is the source as well", opts.output);
        return CODE_USAGE;
    }
    code = translate(&opts, rest.at[0], &made);
    if (code == CODE_DONE && !opts.output)
        out_add(made.ptr, made.len);
    else if (code == CODE_DONE && !file_write(opts.output, &made))
        code = CODE_FAILED;
    text_free(&made);
    return code;
}

static const struct option options[] = {
    {"output", 'o', "OUT", "write to this file instead of stdout", set_output},
    {"offsets", 0, NULL, "print lines after their byte offsets", set_offsets},
    {"names", 0, NULL, "make names for what has none", set_names},
    {"skeleton", 0, NULL, "leave out bodies, data and elements", set_skeleton},
    {0},
};

const struct command command_wat = {
    .name = "wat",
    .operands = "FILE",
    .summary = "Translate a text module into a binary one, or back.",
    .about = "FILE is a text or a binary module; - is stdin. What comes out "
             "is the other\nform. Nothing is checked: see `lodge validate`. A "
             "binary module is not\nwritten to a terminal.\n",
    .options = options,
    .least = 1,
    .most = 1,
    .run = run,
};

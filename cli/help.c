/* help.c - help texts, made from the tables of commands and options so that
 * they cannot tell something else than the parser does.
 * It must not know what the commands do.
 */
#include "cli.h"

#include <string.h>

static const struct option help_option = {"help", 'h', NULL,
                                          "show this help and stop", NULL};

enum { HELP_COLUMN = 26, LINE_END = 79 };

/* Add words, broken into lines that start at a column. */
static void add_wrapped(struct text *to, const char *words, size_t column)
{
    size_t at = column, len;

    while (*words) {
        len = strcspn(words, " ");
        if (at > column && at + 1 + len > LINE_END) {
            text_puts(to, "\n");
            text_pad(to, to->len, column);
            at = column;
        } else if (at > column) {
            text_puts(to, " ");
            at++;
        }
        text_add(to, words, len);
        at += len;
        words += len + (words[len] == ' ');
    }
    text_puts(to, "\n");
}

static void add_option(struct text *to, const struct option *opt)
{
    size_t from = to->len;

    if (opt->letter)
        text_printf(to, "  -%c, --%s", opt->letter, opt->name);
    else
        text_printf(to, "      --%s", opt->name);
    if (opt->value)
        text_printf(to, " %s", opt->value);
    if (to->len - from >= HELP_COLUMN) {
        text_puts(to, "\n");
        from = to->len;
    }
    text_pad(to, from, HELP_COLUMN);
    add_wrapped(to, opt->help, HELP_COLUMN);
}

void help_command(const struct command *self)
{
    struct text help = {0};
    const struct option *opt;

    text_printf(&help, "usage: lodge %s %s%s\n\n%s\n", self->name,
                self->options->name ? "[OPTIONS] " : "", self->operands,
                self->summary);
    if (*self->about)
        text_printf(&help, "\n%s", self->about);
    text_puts(&help, "\noptions:\n");
    for (opt = self->options; opt->name; opt++)
        add_option(&help, opt);
    add_option(&help, &help_option);
    out_add(help.ptr, help.len);
    text_free(&help);
}

static const char exit_codes[] =
    "exit codes:\n"
    "  the guest's own, or\n"
    "  0    done\n"
    "  1    the module, a file or the system failed\n"
    "  2    the command line is wrong\n"
    "  124  the guest reached --timeout\n"
    "  134  the guest trapped\n"
    "  137  the guest used up its fuel, or a memory limit stopped it\n";

void help_all(struct text *to)
{
    size_t i, from;

    text_puts(to, "usage: lodge COMMAND [OPTIONS] ...\n\n"
                  "Run and look at WebAssembly modules.\n\ncommands:\n");
    for (i = 0; commands[i]; i++) {
        from = to->len;
        text_printf(to, "  %s", commands[i]->name);
        text_pad(to, from, 12);
        text_printf(to, "%s\n", commands[i]->summary);
    }
    text_printf(to,
                "\noptions:\n"
                "  -h, --help     show this help and stop\n"
                "  -V, --version  show the version and stop\n\n"
                "%s\nSee `lodge help COMMAND` for each command.\n",
                exit_codes);
}

/* ---- the command ------------------------------------------------------ */

static int unknown(const char *name)
{
    struct nearest near;
    size_t i;

    fail("there is no command %s", name);
    nearest_begin(&near, name);
    for (i = 0; commands[i]; i++)
        nearest_offer(&near, commands[i]->name);
    if (near.best)
        hint("did you mean `lodge help %s`?", near.best);
    else
        hint("`lodge help` lists them");
    return CODE_USAGE;
}

static int run(const struct command *self, char **argv)
{
    const struct command *about;
    struct operands rest;
    struct text help = {0};
    int code = args_parse(self, argv, NULL, &rest);

    if (code != CODE_GO_ON)
        return code;
    if (rest.len == 0) {
        help_all(&help);
        out_add(help.ptr, help.len);
        text_free(&help);
        return CODE_DONE;
    }
    about = command_find(rest.at[0]);
    if (!about)
        return unknown(rest.at[0]);
    help_command(about);
    return CODE_DONE;
}

static const struct option no_options[] = {{0}};

const struct command command_help = {
    .name = "help",
    .operands = "[COMMAND]",
    .summary = "Show how a command is used.",
    .about = "",
    .options = no_options,
    .most = 1,
    .run = run,
};

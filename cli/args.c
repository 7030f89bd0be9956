/* args.c - the command line, read by the tables of commands and options.
 * It must not know what an option does.
 */
#include "cli.h"

#include <string.h>

static bool is_help(const char *arg)
{
    return strcmp(arg, "--help") == 0 || strcmp(arg, "-h") == 0;
}

static int refuse(const struct command *self)
{
    hint_help(self);
    return CODE_USAGE;
}

/* Find what "--name", "--name=value", "-n" or "-nvalue" names; `value`
 * points into `arg`, or is NULL if there is none in it.
 */
static const struct option *find(const struct option *options, const char *arg,
                                 const char **value)
{
    size_t len = strcspn(arg, "=");
    const struct option *opt;

    *value = NULL;
    for (opt = options; opt->name; opt++) {
        if (arg[1] == '-' && strlen(opt->name) == len - 2 &&
            memcmp(opt->name, arg + 2, len - 2) == 0) {
            *value = arg[len] ? arg + len + 1 : NULL;
            return opt;
        }
        if (arg[1] != '-' && arg[1] == opt->letter &&
            (opt->value || !arg[2])) {
            *value = arg[2] ? arg + 2 : NULL;
            return opt;
        }
    }
    return NULL;
}

static int unknown(const struct command *self, const char *arg)
{
    struct text name = {0};
    struct nearest near;
    const struct option *opt;

    text_add(&name, arg, strcspn(arg, "="));
    fail("%s: unknown option %s", self->name, name.ptr);
    nearest_begin(&near, name.ptr + strspn(name.ptr, "-"));
    nearest_offer(&near, "help");
    for (opt = self->options; opt->name; opt++)
        nearest_offer(&near, opt->name);
    text_free(&name);
    if (!near.best)
        return refuse(self);
    hint("did you mean --%s?", near.best);
    return CODE_USAGE;
}

/* Handle the option at *at; moves on to its value if that is separate. */
static int take_option(const struct command *self, char ***at, void *into)
{
    const char *arg = **at, *value, *wrong;
    const struct option *opt = find(self->options, arg, &value);

    if (!opt)
        return unknown(self, arg);
    if (!opt->value && value) {
        fail("--%s takes no value", opt->name);
        return refuse(self);
    }
    if (opt->value && !value)
        value = *++*at;
    if (opt->value && !value) {
        fail("--%s needs a value: --%s %s", opt->name, opt->name, opt->value);
        return refuse(self);
    }
    wrong = opt->set(into, value);
    if (!wrong)
        return CODE_GO_ON;
    if (value)
        fail("--%s %s: %s", opt->name, value, wrong);
    else
        fail("--%s: %s", opt->name, wrong);
    return refuse(self);
}

static int check_count(const struct command *self, const struct operands *rest)
{
    if (rest->len < self->least)
        fail("%s: FILE is missing", self->name);
    else if (rest->len > self->most)
        fail("%s: %s is one too many", self->name, rest->at[self->most]);
    else
        return CODE_GO_ON;
    hint("usage: lodge %s %s", self->name, self->operands);
    return CODE_USAGE;
}

int args_parse(const struct command *self, char **argv, void *into,
               struct operands *rest)
{
    char **at = argv;
    int code;

    rest->at = argv;
    rest->len = 0;
    for (; *at; at++) {
        if (strcmp(*at, "--") == 0) {
            at++;
            break;
        }
        if (**at != '-' || !(*at)[1]) {
            rest->at[rest->len++] = *at;
            if (!self->for_guest)
                continue;
            at++;
            break;
        }
        if (is_help(*at)) {
            help_command(self);
            return CODE_DONE;
        }
        code = take_option(self, &at, into);
        if (code != CODE_GO_ON)
            return code;
    }
    while (*at)
        rest->at[rest->len++] = *at++;
    return check_count(self, rest);
}

const struct command *command_find(const char *name)
{
    size_t i;

    for (i = 0; commands[i]; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

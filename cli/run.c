/* run.c - `lodge run`: its options, and the steps of a run in order.
 * It must not know how a step is done.
 */
#include "run.h"

#include <string.h>

/* ---- options ---------------------------------------------------------- */

static const char *set_invoke(void *into, const char *value)
{
    struct run_options *opts = into;

    opts->invoke = value;
    return NULL;
}

bool dir_parse(const char *text, struct dir *out)
{
    size_t len = strlen(text);
    const char *split = strstr(text, "::");

    out->read_only = len >= 3 && strcmp(text + len - 3, ":ro") == 0;
    if (out->read_only)
        len -= 3;
    out->host = out->guest = text;
    out->host_len = out->guest_len = len;
    if (split && (size_t)(split - text) < len) {
        out->host_len = (size_t)(split - text);
        out->guest = split + 2;
        out->guest_len = len > out->host_len + 2 ? len - out->host_len - 2 : 0;
    }
    return out->host_len && out->guest_len;
}

static const char *set_dir(void *into, const char *value)
{
    struct run_options *opts = into;
    struct dir unused;

    if (!dir_parse(value, &unused))
        return "must be HOST or HOST::GUEST, then :ro to forbid writing";
    list_add(&opts->dirs, value);
    return NULL;
}

static const char *set_env(void *into, const char *value)
{
    struct run_options *opts = into;

    if (!*value || *value == '=')
        return "must be NAME=VALUE, or NAME to pass on a variable";
    list_add(&opts->envs, value);
    return NULL;
}

static const char *set_fuel(void *into, const char *value)
{
    struct run_options *opts = into;

    if (!parse_number(value, &opts->fuel))
        return "needs a number of units";
    opts->has_fuel = true;
    return NULL;
}

static const char *set_timeout(void *into, const char *value)
{
    struct run_options *opts = into;

    if (!parse_duration(value, &opts->timeout) || !opts->timeout)
        return "needs a time with its unit, such as 500ms, 2s or 1m";
    opts->has_timeout = true;
    return NULL;
}

static const char *set_memory(void *into, const char *value)
{
    struct run_options *opts = into;

    if (!parse_size(value, &opts->memory))
        return "needs a number of bytes, such as 65536, 64K or 16M";
    opts->has_memory = true;
    return NULL;
}

static const char *set_stdin(void *into, const char *value)
{
    struct run_options *opts = into;

    if (!*value)
        return "needs a file name";
    opts->input = value;
    return NULL;
}

static const char *set_cache(void *into, const char *value)
{
    struct run_options *opts = into;

    if (!*value)
        return "needs a folder";
    opts->engine.cache = value;
    opts->no_cache = false;
    return NULL;
}

static const char *set_no_cache(void *into, const char *value)
{
    struct run_options *opts = into;

    (void)value;
    opts->engine.cache = NULL;
    opts->no_cache = true;
    return NULL;
}

static const char *set_core_dump(void *into, const char *value)
{
    struct run_options *opts = into;

    if (!*value)
        return "needs a file name";
    opts->core_dump = value;
    return NULL;
}

static const char *set_profile(void *into, const char *value)
{
    struct run_options *opts = into;

    if (!*value)
        return "needs a file name";
    opts->profile = value;
    return NULL;
}

static const char *set_interval(void *into, const char *value)
{
    struct run_options *opts = into;
    const uint64_t least = 1000000, most = 3600000000000;

    if (!parse_duration(value, &opts->interval) || opts->interval < least ||
        opts->interval > most)
        return "needs a time from 1ms to 1h with its unit";
    return NULL;
}

static const char *set_verbose(void *into, const char *value)
{
    struct run_options *opts = into;

    (void)value;
    opts->verbose = true;
    return NULL;
}

static const char *set_stats(void *into, const char *value)
{
    struct run_options *opts = into;

    (void)value;
    opts->stats = true;
    return NULL;
}

static const struct option options[] = {
    {"invoke", 0, "NAME",
     "call this export instead of _start; ARGS are its arguments, results "
     "are printed one a line",
     set_invoke},
    {"dir", 0, "HOST[::GUEST][:ro]",
     "let the guest use a directory, under the path GUEST; :ro forbids "
     "writing",
     set_dir},
    {"env", 0, "NAME[=VALUE]",
     "set an environment variable; NAME alone passes it on if it is set",
     set_env},
    {"stdin", 0, "FILE", "read the guest's stdin from FILE; - inherits it",
     set_stdin},
    {"fuel", 0, "N", "stop the guest after N units of fuel", set_fuel},
    {"timeout", 0, "TIME",
     "stop the guest after a time such as 500ms, 2s or 1m", set_timeout},
    {"memory", 0, "SIZE",
     "let the guest have at most so much memory, such as 64M", set_memory},
    KEY_OPTION,
    {"cache", 0, "FOLDER",
     "keep what is compiled there; without it in the user's cache folder",
     set_cache},
    {"no-cache", 0, NULL, "keep nothing, and look for nothing", set_no_cache},
    {"core-dump", 0, "FILE",
     "write a core dump of the guest to FILE if it traps or is stopped",
     set_core_dump},
    {"profile", 0, "FILE",
     "write to FILE in which functions the guest spent its time, for "
     "profiler.firefox.com",
     set_profile},
    {"profile-interval", 0, "TIME",
     "time between two samples; 1ms if left out", set_interval},
    ENGINE_OPTIONS,
    {"verbose", 'v', NULL, "explain a failure with a backtrace", set_verbose},
    {"stats", 0, NULL, "show time, memory and fuel on stderr", set_stats},
    {0},
};

/* ---- the command ------------------------------------------------------ */

static int steps(struct guest *guest)
{
    static int (*const all[])(struct guest *) = {
        guest_load,  guest_choose, guest_link, guest_wasi,
        guest_store, guest_start,  guest_call,
    };
    int code = CODE_GO_ON;
    size_t i;

    for (i = 0; i < sizeof all / sizeof *all && code == CODE_GO_ON; i++)
        code = all[i](guest);
    return code;
}

/* A `--` right after FILE only says that the rest is the guest's. */
static void guest_args(struct guest *guest, const struct operands *rest)
{
    size_t skip = 1;

    if (rest->len > 1 && strcmp(rest->at[1], "--") == 0)
        skip = 2;
    guest->path = rest->at[0];
    guest->args.at = rest->at + skip;
    guest->args.len = rest->len - skip;
}

/* Keys without which an option could not be obeyed, in `keys`; NULL: none. */
static const char *needed_keys(const struct run_options *opts,
                               struct text *keys)
{
    if (opts->has_fuel)
        text_puts(keys, ",fuel=on");
    if (opts->has_timeout || opts->profile)
        text_puts(keys, ",interruption=on");
    if (opts->core_dump)
        text_puts(keys, ",core-dump=on");
    return keys->len ? keys->ptr + 1 : NULL;
}

static int run(const struct command *self, char **argv)
{
    struct run_options opts = {0};
    struct guest guest = {.opts = &opts};
    struct text cache = {0};
    struct text keys = {0};
    struct operands rest;
    int code = args_parse(self, argv, &opts, &rest);

    if (code != CODE_GO_ON)
        goto out;
    if (!opts.no_cache && !opts.engine.cache &&
        user_path("XDG_CACHE_HOME", ".cache", "modules", &cache))
        opts.engine.cache = cache.ptr;
    guest_args(&guest, &rest);
    code = engine_open(&opts.engine, needed_keys(&opts, &keys), &guest.engine);
    if (code == CODE_GO_ON)
        code = steps(&guest);
    if (!guest_profile(&guest) && code == CODE_DONE)
        code = CODE_FAILED;
    if (opts.stats)
        guest_stats(&guest);
out:
    text_free(&keys);
    guest_close(&guest);
    text_free(&cache);
    list_free(&opts.engine.config);
    list_free(&opts.dirs);
    list_free(&opts.envs);
    return code;
}

const struct command command_run = {
    .name = "run",
    .operands = "FILE [--] [ARGS...]",
    .summary = "Run a WASI program, or call a function of a module.",
    .about =
        "FILE is a binary or a text module, or what `lodge compile` made; - "
        "is stdin.\nOptions stand before FILE; what follows it is the "
        "guest's, but one `--` right\nafter it.\n\n"
        "A guest has its arguments, stdin, stdout and stderr, and nothing "
        "else but what\noptions give it. Its exit code becomes that of "
        "the command.\n",
    .options = options,
    .for_guest = true,
    .least = 1,
    .most = ANY,
    .run = run,
};

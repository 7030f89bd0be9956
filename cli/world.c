/* world.c - what a guest may see and use: arguments, environment, streams,
 * directories, and its limits.
 * It must not know what the guest is.
 */
#include "run.h"

#include <stdlib.h>
#include <string.h>

/* argv[0] is the base name. With --invoke the rest is not for WASI. */
static lodge_status add_args(const struct guest *guest, lodge_error *err)
{
    const char *slash = strrchr(guest->path, '/');
    const char *name = slash && slash[1] ? slash + 1 : guest->path;
    size_t i, len = guest->opts->invoke ? 0 : guest->args.len;
    lodge_status st = lodge_wasi_arg(guest->wasi, name, strlen(name), err);

    for (i = 0; i < len && st == LODGE_OK; i++)
        st = lodge_wasi_arg(guest->wasi, guest->args.at[i],
                            strlen(guest->args.at[i]), err);
    return st;
}

static lodge_status add_env(lodge_wasi wasi, const char *text,
                            lodge_error *err)
{
    size_t name_len = strcspn(text, "=");
    const char *value = text[name_len] ? text + name_len + 1 : getenv(text);

    if (!value)
        return LODGE_OK;
    return lodge_wasi_env(wasi, text, name_len, value, strlen(value), err);
}

static lodge_status add_dir(lodge_wasi wasi, const char *text,
                            lodge_error *err)
{
    uint32_t rights = LODGE_WASI_READ | LODGE_WASI_WRITE;
    struct dir dir;

    dir_parse(text, &dir);
    if (dir.read_only)
        rights = LODGE_WASI_READ;
    return lodge_wasi_dir(wasi, dir.host, dir.host_len, dir.guest,
                          dir.guest_len, rights, rights, err);
}

/* stdin that was the module is used up. */
static lodge_status add_streams(const struct guest *guest, lodge_error *err)
{
    const char *input = guest->opts->input;
    uint32_t fd, how = LODGE_WASI_INHERIT;
    lodge_status st;

    if (input && strcmp(input, "-") != 0)
        st = lodge_wasi_stream(guest->wasi, 0, LODGE_WASI_FILE,
                               (const uint8_t *)input, strlen(input), err);
    else {
        if (!input && strcmp(guest->path, "-") == 0)
            how = LODGE_WASI_NULL;
        st = lodge_wasi_stream(guest->wasi, 0, how, NULL, 0, err);
    }
    for (fd = 1; fd <= 2 && st == LODGE_OK; fd++)
        st = lodge_wasi_stream(guest->wasi, fd, LODGE_WASI_INHERIT, NULL, 0,
                               err);
    return st;
}

static int refused(const char *option, const char *value,
                   const struct failure *why)
{
    fail("--%s %s: %s", option, value, failure_message(why));
    return CODE_FAILED;
}

int guest_wasi(struct guest *guest)
{
    const struct run_options *opts = guest->opts;
    struct failure why;
    lodge_status st;
    size_t i;

    failure_init(&why);
    st = lodge_wasi_new(&guest->wasi, &why.err);
    if (st == LODGE_OK)
        st = add_args(guest, &why.err);
    if (st == LODGE_OK)
        st = add_streams(guest, &why.err);
    if (st != LODGE_OK) {
        fail("%s: %s", file_label(guest->path), failure_message(&why));
        return CODE_FAILED;
    }
    for (i = 0; i < opts->envs.len; i++)
        if (add_env(guest->wasi, opts->envs.at[i], &why.err) != LODGE_OK)
            return refused("env", opts->envs.at[i], &why);
    for (i = 0; i < opts->dirs.len; i++)
        if (add_dir(guest->wasi, opts->dirs.at[i], &why.err) != LODGE_OK)
            return refused("dir", opts->dirs.at[i], &why);
    return CODE_GO_ON;
}

int guest_store(struct guest *guest)
{
    const struct run_options *opts = guest->opts;
    lodge_status st;
    struct failure why;

    failure_init(&why);
    st = lodge_store_new(guest->engine, &guest->store, &why.err);
    if (st == LODGE_OK && opts->has_memory)
        st = lodge_store_set(guest->store, LODGE_STORE_MEMORY_LIMIT,
                             opts->memory, &why.err);
    if (st == LODGE_OK && opts->has_fuel)
        st = lodge_store_set(guest->store, LODGE_STORE_FUEL, opts->fuel,
                             &why.err);
    if (st == LODGE_OK)
        st = lodge_store_wasi(guest->store, guest->wasi, &why.err);
    if (st == LODGE_OK)
        return CODE_GO_ON;
    fail("%s", failure_message(&why));
    return CODE_FAILED;
}

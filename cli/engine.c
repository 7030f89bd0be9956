/* engine.c - the engine that --preset and --config ask for.
 * It must not know what it is for.
 */
#include "cli.h"

#include <string.h>

static const char *const presets[] = {
    [LODGE_PRESET_DEFAULT] = "default",
    [LODGE_PRESET_UNTRUSTED] = "untrusted",
    [LODGE_PRESET_DETERMINISTIC] = "deterministic",
    [LODGE_PRESET_PULLEY] = "pulley",
    [LODGE_PRESET_SMALL] = "small",
    [LODGE_PRESET_NO_SIGNALS] = "no-signals",
    [LODGE_PRESET_POOLING] = "pooling",
};

const char *engine_set_preset(void *into, const char *value)
{
    struct engine_options *opts = into;
    uint32_t i;

    for (i = 0; i < sizeof presets / sizeof *presets; i++) {
        if (strcmp(presets[i], value) == 0) {
            opts->preset = i;
            return NULL;
        }
    }
    return "must be default, untrusted, deterministic, pulley, small, "
           "no-signals or pooling";
}

const char *engine_set_config(void *into, const char *value)
{
    struct engine_options *opts = into;

    list_add(&opts->config, value);
    return NULL;
}

/* The known key most like a name; false if it is known, or none is near. */
static bool nearest_key(const char *name, char best[64])
{
    struct nearest near;
    char key[64];
    uint64_t len;
    uint32_t i;

    *best = '\0';
    nearest_begin(&near, name);
    for (i = 0; i < lodge_config_key_count(); i++) {
        if (lodge_config_key(i, LODGE_KEY_NAME, NULL, NULL, key,
                             sizeof key - 1, &len) != LODGE_OK)
            continue;
        key[len] = '\0';
        near.best = NULL;
        nearest_offer(&near, key);
        if (near.best)
            memcpy(best, key, sizeof key);
    }
    return near.distance > 0 && *best;
}

/* Look for the pair whose key there is not. */
static void hint_key(const char *pairs)
{
    struct text name = {0};
    char best[64];

    for (; *pairs; pairs += strcspn(pairs, ",")) {
        pairs += *pairs == ',';
        name.len = 0;
        text_add(&name, pairs, strcspn(pairs, "=,"));
        if (!nearest_key(name.ptr, best))
            continue;
        hint("did you mean %s?", best);
        break;
    }
    text_free(&name);
}

static int configure(lodge_config config, const char *pairs)
{
    struct failure why;
    lodge_status st;

    failure_init(&why);
    st = lodge_config_parse(config, pairs, strlen(pairs), &why.err);
    if (st == LODGE_OK)
        return CODE_GO_ON;
    fail("--config %s: %s", pairs, failure_message(&why));
    if (st == LODGE_E_NOT_FOUND)
        hint_key(pairs);
    return CODE_USAGE;
}

static int configure_all(lodge_config config,
                         const struct engine_options *opts, const char *forced)
{
    int code = CODE_GO_ON;
    size_t i;

    for (i = 0; i < opts->config.len && code == CODE_GO_ON; i++)
        code = configure(config, opts->config.at[i]);
    if (forced && code == CODE_GO_ON)
        code = configure(config, forced);
    return code;
}

int engine_open(const struct engine_options *opts, const char *forced,
                lodge_engine *out)
{
    lodge_config config = {0};
    struct failure why;
    int code = CODE_FAILED;

    failure_init(&why);
    if (lodge_config_new(opts->preset, &config, &why.err) != LODGE_OK) {
        fail("%s", failure_message(&why));
        goto out;
    }
    if (opts->cache &&
        lodge_config_set_text(config, LODGE_CONFIG_CACHE_FOLDER, opts->cache,
                              strlen(opts->cache), &why.err) != LODGE_OK) {
        fail("--cache %s: %s", opts->cache, failure_message(&why));
        code = CODE_USAGE;
        goto out;
    }
    code = configure_all(config, opts, forced);
    if (code != CODE_GO_ON)
        goto out;
    if (lodge_engine_new(config, out, &why.err) != LODGE_OK) {
        fail("%s", failure_message(&why));
        hint("look at --preset and --config");
        code = CODE_USAGE;
    }
out:
    lodge_config_close(config);
    return code;
}

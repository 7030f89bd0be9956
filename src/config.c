/* config.c - configs: made from a preset, changed by key or by text.
 * It must not know who uses the settings.
 */
#include <string.h>

#include "config_keys.h"

/* ---- changing --------------------------------------------------------- */

/* Where the text of a key is. */
static char **text_of(struct settings *set, uint32_t key)
{
    switch (key) {
    case LODGE_CONFIG_CACHE_FOLDER:
        return &set->cache_folder;
    case LODGE_CONFIG_CACHE_KEY_FILE:
        return &set->cache_key_file;
    default:
        assert(key == LODGE_CONFIG_TARGET);
        return &set->target;
    }
}

static const char *text_in(const struct settings *set, const struct key *k)
{
    struct settings *same = (struct settings *)(uintptr_t)set;

    return k->type == LODGE_VALUE_TEXT ? *text_of(same, k->key) : NULL;
}

static lodge_status text_set(struct settings *set, const struct key *k,
                             const char *ptr, uint64_t len, lodge_error *err)
{
    char **at = text_of(set, k->key), *copy = NULL;

    if (!config_text_is(ptr, len, k->words)) {
        copy = alloc_copy(ptr, len);
        if (!copy)
            return error_memory(err);
    }
    alloc_free(*at);
    *at = copy;
    return LODGE_OK;
}

void config_texts_free(struct settings *set)
{
    alloc_free(set->target);
    alloc_free(set->cache_folder);
    alloc_free(set->cache_key_file);
    set->target = set->cache_folder = set->cache_key_file = NULL;
}

lodge_status config_texts_copy(const struct settings *from,
                               struct settings *to, lodge_error *err)
{
    lodge_status st = LODGE_OK;
    const char *text;
    uint32_t i;

    to->target = to->cache_folder = to->cache_key_file = NULL;
    for (i = 0; i < KEY_COUNT && st == LODGE_OK; i++) {
        text = text_in(from, &config_keys[i]);
        if (text)
            st = text_set(to, &config_keys[i], text, strlen(text), err);
    }
    if (st != LODGE_OK)
        config_texts_free(to);
    return st;
}

static lodge_status set_text(struct settings *set, const struct key *k,
                             const char *ptr, uint64_t len, lodge_error *err)
{
    uint64_t value;

    if (k->type == LODGE_VALUE_TEXT) {
        if (len > k->max || memchr(ptr, 0, len))
            return config_value_refuse(k, ptr, len, err);
        if (!len) /* whatever it is called */
            ptr = k->words, len = strlen(k->words);
        return text_set(set, k, ptr, len, err);
    }
    if (!config_parse_value(k, ptr, len, &value))
        return config_value_refuse(k, ptr, len, err);
    set->value[k->key] = value;
    return LODGE_OK;
}

/* One "name=value" of a list. */
static lodge_status set_pair(struct settings *set, const char *ptr, size_t len,
                             lodge_error *err)
{
    const char *eq = memchr(ptr, '=', len);
    size_t name_len = eq ? (size_t)(eq - ptr) : len;
    const struct key *k = config_key_by_name(ptr, name_len);
    char quoted[80];

    error_quote(quoted, sizeof quoted, ptr, name_len);
    if (!k)
        return error_refuse(err, LODGE_E_NOT_FOUND,
                            "there is no configuration key %s; "
                            "`lodge config` lists them",
                            quoted);
    if (!eq)
        return error_refuse(err, LODGE_E_ARGUMENT, "%s: '=' is missing",
                            k->name);
    return set_text(set, k, eq + 1, len - name_len - 1, err);
}

static lodge_status set_list(struct settings *set, const char *ptr, size_t len,
                             lodge_error *err)
{
    const char *end = ptr + len;
    lodge_status st = LODGE_OK;

    while (st == LODGE_OK && ptr < end) {
        const char *comma = memchr(ptr, ',', (size_t)(end - ptr));
        const char *stop = comma ? comma : end;

        if (stop > ptr)
            st = set_pair(set, ptr, (size_t)(stop - ptr), err);
        ptr = comma ? comma + 1 : end;
    }
    return st;
}

/* ---- presets ---------------------------------------------------------- */

static const char *const presets[] = {
    [LODGE_PRESET_DEFAULT] = "",
    [LODGE_PRESET_UNTRUSTED] =
        "fuel=on,max-module-bytes=16M,max-functions=50000,"
        "max-function-bytes=256K,max-locals=5000,max-loop-depth=100,"
        "backtrace-details=off,"
        "store-memory-limit=64M,store-table-limit=100000,store-deadline=5000",
    [LODGE_PRESET_DETERMINISTIC] =
        "fuel=on,nan-canonicalization=on,relaxed-simd-deterministic=on,"
        "wasm-threads=off,shared-memory=off,interruption=off",
    [LODGE_PRESET_PULLEY] =
        "target=pulley64,signals-based-traps=off,wasm-threads=off",
    [LODGE_PRESET_SMALL] =
        "parallel-compilation=off,memory-reservation=16M,"
        "memory-guard-size=64K,memory-reservation-for-growth=16M,"
        "max-wasm-stack=256K,fiber-stack=1M",
    [LODGE_PRESET_NO_SIGNALS] = "signals-based-traps=off",
    [LODGE_PRESET_POOLING] =
        "allocator=pooling,pool-memory-keep=64K,pool-table-keep=64K,"
        "pool-tables-per-module=4,pool-memories-per-module=4,"
        "pool-gc-heaps=1000,memory-may-move=off",
};

enum { PRESET_COUNT = sizeof presets / sizeof *presets };

void config_defaults(struct settings *set)
{
    uint32_t i;

    memset(set, 0, sizeof *set);
    for (i = 0; i < KEY_COUNT; i++)
        set->value[config_keys[i].key] = config_keys[i].value;
}

static void config_destroy(void *obj)
{
    struct config *cfg = obj;

    config_texts_free(&cfg->set);
    alloc_free(cfg);
}

lodge_status lodge_config_new(uint32_t preset, lodge_config *out,
                              lodge_error *err)
{
    struct config *cfg;
    lodge_status st;

    lodge_start();
    if (!ptr_to_u64(out))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "out: is NULL or not aligned");
    if (preset >= PRESET_COUNT)
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "preset: %u is not one of 0..%d", preset,
                            PRESET_COUNT - 1);
    cfg = alloc_zero(sizeof *cfg);
    if (!cfg)
        return error_memory(err);
    config_defaults(&cfg->set);
    st = set_list(&cfg->set, presets[preset], strlen(presets[preset]), err);
    if (st == LODGE_OK)
        st = handle_new(LODGE_KIND_CONFIG, cfg, config_destroy, NULL, &out->id,
                        err);
    if (st != LODGE_OK)
        config_destroy(cfg);
    return st;
}

lodge_status lodge_config_close(lodge_config config)
{
    handle_close(config.id, LODGE_KIND_CONFIG);
    return LODGE_OK;
}

/* ---- keys of a config ------------------------------------------------- */

static lodge_status config_lock(lodge_config config, struct config **out,
                                lodge_error *err)
{
    void *obj;
    lodge_status st = handle_lock(config.id, LODGE_KIND_CONFIG, &obj, err);

    if (st == LODGE_OK)
        *out = obj;
    return st;
}

static lodge_status set_number(struct settings *set, uint32_t key,
                               uint64_t value, lodge_error *err)
{
    const struct key *k;
    lodge_status st = config_key_need(key, &k, err);

    if (st != LODGE_OK)
        return st;
    if (k->type == LODGE_VALUE_TEXT)
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "%s: is text; use lodge_config_set_text", k->name);
    if (value < k->min || value > k->max)
        return config_number_refuse(k, value, err);
    set->value[key] = value;
    return LODGE_OK;
}

lodge_status lodge_config_set(lodge_config config, uint32_t key,
                              uint64_t value, lodge_error *err)
{
    struct config *cfg;
    lodge_status st = config_lock(config, &cfg, err);

    if (st != LODGE_OK)
        return st;
    st = set_number(&cfg->set, key, value, err);
    handle_unlock(config.id);
    return st;
}

lodge_status lodge_config_set_text(lodge_config config, uint32_t key,
                                   const char *ptr, uint64_t len,
                                   lodge_error *err)
{
    const struct key *k;
    struct config *cfg;
    lodge_status st = text_check(ptr, len, "ptr", err);

    if (st == LODGE_OK)
        st = config_lock(config, &cfg, err);
    if (st != LODGE_OK)
        return st;
    st = config_key_need(key, &k, err);
    if (st == LODGE_OK)
        st = set_text(&cfg->set, k, ptr ? ptr : "", len, err);
    handle_unlock(config.id);
    return st;
}

lodge_status lodge_config_parse(lodge_config config, const char *ptr,
                                uint64_t len, lodge_error *err)
{
    struct settings set;
    struct config *cfg;
    lodge_status st = text_check(ptr, len, "ptr", err);

    if (st == LODGE_OK)
        st = config_lock(config, &cfg, err);
    if (st != LODGE_OK)
        return st;
    /* On a copy, so that a mistake at the end changes nothing. */
    set = cfg->set;
    st = config_texts_copy(&cfg->set, &set, err);
    if (st == LODGE_OK)
        st = set_list(&set, ptr ? ptr : "", len, err);
    if (st == LODGE_OK) {
        config_texts_free(&cfg->set);
        cfg->set = set;
    } else {
        config_texts_free(&set);
    }
    handle_unlock(config.id);
    return st;
}

lodge_status config_read(const struct settings *set, uint32_t key,
                         uint64_t *value, lodge_error *err)
{
    const struct key *k;
    lodge_status st = config_key_need(key, &k, err);

    if (st != LODGE_OK)
        return st;
    if (k->type == LODGE_VALUE_TEXT)
        *value = strlen(text_in(set, k) ? text_in(set, k) : k->words);
    else
        *value = set->value[key];
    return LODGE_OK;
}

lodge_status config_read_text(const struct settings *set, uint32_t key,
                              struct textbuf *out, lodge_error *err)
{
    const struct key *k;
    lodge_status st = config_key_need(key, &k, err);

    if (st != LODGE_OK)
        return st;
    config_value_text(k, set->value[key], text_in(set, k), out);
    return out->failed ? error_memory(err) : LODGE_OK;
}

lodge_status lodge_config_get(lodge_config config, uint32_t key,
                              uint64_t *value, lodge_error *err)
{
    struct config *cfg;
    void *obj;
    lodge_status st;

    if (!ptr_to_u64(value))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "value: is NULL or not aligned");
    st = handle_pin(config.id, LODGE_KIND_CONFIG, &obj, err);
    if (st != LODGE_OK)
        return st;
    cfg = obj;
    st = config_read(&cfg->set, key, value, err);
    handle_unpin(config.id);
    return st;
}

uint32_t lodge_config_key_count(void)
{
    return KEY_COUNT;
}

lodge_status lodge_config_key(uint32_t index, uint32_t what, uint32_t *key,
                              uint32_t *type, char *buf, uint64_t cap,
                              uint64_t *len)
{
    struct textbuf text = {0};
    const struct key *k;
    lodge_status st;

    if (!null_or_u32(key) || !null_or_u32(type))
        return LODGE_E_ARGUMENT;
    if (index >= KEY_COUNT)
        return LODGE_E_NOT_FOUND;
    k = &config_keys[index];
    if (what == LODGE_KEY_NAME)
        textbuf_printf(&text, "%s", k->name);
    else if (what == LODGE_KEY_RANGE)
        config_range_text(k, &text);
    else if (what == LODGE_KEY_DEFAULT)
        config_value_text(k, k->value, NULL, &text);
    else if (what == LODGE_KEY_HELP)
        textbuf_printf(&text, "%s", k->help);
    else
        return LODGE_E_ARGUMENT;
    st = text.failed ? LODGE_E_MEMORY
                     : text_out(text.ptr, text.len, buf, cap, len, NULL);
    textbuf_free(&text);
    if (key && st == LODGE_OK)
        *key = k->key;
    if (type && st == LODGE_OK)
        *type = k->type;
    return st;
}

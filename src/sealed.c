/* sealed.c - compiled code, saved and loaded under a key.
 * It must not know where files are kept: file.c, and cache.c for the cache.
 */
#include "sealed.h"

#include <string.h>

#include "config_keys.h"

enum { KEY_MIN = 16, KEY_MAX = 1024 };

/* ---- settings --------------------------------------------------------- */

/* How a setting must agree with what code was compiled with: '=' it is the
 * same, '<' the engine may have more, '~' it may differ as far as Wasmtime
 * allows, 0: it is about something else.
 */
static char agreement(uint32_t key)
{
    switch (key) {
    case LODGE_CONFIG_FUEL:
    case LODGE_CONFIG_INTERRUPTION:
    case LODGE_CONFIG_NAN_CANONICALIZATION:
    case LODGE_CONFIG_DEBUG_INFO:
    case LODGE_CONFIG_BACKTRACE_DETAILS:
    case LODGE_CONFIG_RELAXED_SIMD_DETERMINISTIC:
    case LODGE_CONFIG_SIGNALS_BASED_TRAPS:
    case LODGE_CONFIG_MEMORY_MAY_MOVE:
    case LODGE_CONFIG_MEMORY_RESERVATION:
    case LODGE_CONFIG_MEMORY_GUARD_SIZE:
    case LODGE_CONFIG_MEMORY_INIT_COW:
        return '=';
    case LODGE_CONFIG_MAX_WASM_STACK:
    case LODGE_CONFIG_FIBER_STACK:
    case LODGE_CONFIG_DOMAIN:
    case LODGE_CONFIG_MAX_MODULE_BYTES:
    case LODGE_CONFIG_MAX_FUNCTIONS:
    case LODGE_CONFIG_MAX_FUNCTION_BYTES:
    case LODGE_CONFIG_MAX_LOCALS:
    case LODGE_CONFIG_MAX_LOOP_DEPTH:
    case LODGE_CONFIG_PARALLEL_COMPILATION:
    case LODGE_CONFIG_CACHE_FOLDER:
    case LODGE_CONFIG_CACHE_BYTES:
    case LODGE_CONFIG_CACHE_AGE:
    case LODGE_CONFIG_CACHE_KEY_FILE:
    case LODGE_CONFIG_TRUST_FILE:
    case LODGE_CONFIG_TARGET: /* stands above the keys */
    case LODGE_CONFIG_DEBUG_VERIFIER:
    case LODGE_CONFIG_PROFILER:
    case LODGE_CONFIG_STORE_MEMORY_LIMIT:
    case LODGE_CONFIG_STORE_TABLE_LIMIT:
    case LODGE_CONFIG_STORE_DEADLINE:
        return 0;
    default:
        return key >= LODGE_CONFIG_WASM_THREADS &&
                       key <= LODGE_CONFIG_EXTENDED_CONST
                   ? '<'
                   : '~';
    }
}

static void cpu_text(const struct settings *set, struct textbuf *out)
{
    char cpu[512];
    size_t len = 0;

    if (!set->target) /* else code for any CPU is made */
        len = lodge_wt_cpu(cpu, sizeof cpu);
    textbuf_printf(out, "cpu ");
    textbuf_add(out, cpu, len < sizeof cpu ? len : sizeof cpu);
    textbuf_printf(out, "\n");
}

/* The lines that sealed.rs compares. */
static void settings_text(const struct settings *set, struct textbuf *out)
{
    uint32_t i;

    textbuf_printf(out, "lodge %d.%d.%d\nwasmtime %s\ntarget %s\n",
                   LODGE_VERSION_MAJOR, LODGE_VERSION_MINOR,
                   LODGE_VERSION_PATCH, WASMTIME_VERSION,
                   set->target ? set->target : lodge_wt_host_target());
    cpu_text(set, out);
    for (i = 0; i < KEY_COUNT; i++) {
        const struct key *k = &config_keys[i];
        char how = agreement(k->key);

        if (!how)
            continue;
        textbuf_printf(out, "%c%s ", how, k->name);
        config_value_text(k, set->value[k->key], NULL, out);
        textbuf_printf(out, "\n");
    }
}

/* ---- what the crate is asked with ------------------------------------- */

lodge_status sealed_key_check(const uint8_t *key, uint64_t len,
                              lodge_error *err)
{
    lodge_status st = bytes_check(key, len, "key", err);

    if (st == LODGE_OK && (len < KEY_MIN || len > KEY_MAX))
        st = error_refuse(err, LODGE_E_ARGUMENT,
                          "key: has %llu bytes; a key has %d to %d",
                          (unsigned long long)len, KEY_MIN, KEY_MAX);
    return st;
}

lodge_status sealed_ask(struct sealed_ask *ask, const struct engine *eng,
                        const uint8_t *key, size_t key_len, lodge_error *err)
{
    memset(ask, 0, sizeof *ask);
    settings_text(&eng->set, &ask->settings);
    if (ask->settings.failed) {
        textbuf_free(&ask->settings);
        return error_memory(err);
    }
    ask->wt.engine = eng->raw;
    ask->wt.types = eng->types;
    ask->wt.settings = ask->settings.ptr;
    ask->wt.settings_len = ask->settings.len;
    ask->wt.key = key;
    ask->wt.key_len = key_len;
    module_limits(eng, &ask->wt.limits);
    ask->wt.big_stack = module_small_stack();
    return LODGE_OK;
}

void sealed_ask_end(struct sealed_ask *ask)
{
    textbuf_free(&ask->settings);
}

/* ---- saving ----------------------------------------------------------- */

/* As lodge_wt_seal. */
static lodge_status seal(const struct sealed_ask *ask,
                         const struct module *mod, uint8_t *buf, uint64_t cap,
                         size_t *need, lodge_error *err)
{
    size_t room = cap < SIZE_MAX ? (size_t)cap : SIZE_MAX;
    wasmtime_error_t *error =
        lodge_wt_seal(&ask->wt, mod->raw, &mod->shape, buf, room, need);

    return error ? trap_translate(NULL, error, LODGE_E_LIMIT, err) : LODGE_OK;
}

lodge_status sealed_write(const struct sealed_ask *ask,
                          const struct module *mod, uint8_t **out, size_t *len,
                          lodge_error *err)
{
    uint8_t *buf;
    lodge_status st = seal(ask, mod, NULL, 0, len, err);

    if (st != LODGE_OK)
        return st;
    buf = alloc_zero(*len);
    st = buf ? seal(ask, mod, buf, *len, len, err) : error_memory(err);
    if (st == LODGE_OK)
        *out = buf;
    else
        alloc_free(buf);
    return st;
}

lodge_status lodge_module_save(lodge_module module, const uint8_t *key,
                               uint64_t key_len, uint8_t *buf, uint64_t cap,
                               uint64_t *len, lodge_error *err)
{
    struct sealed_ask ask;
    struct module *mod;
    size_t need;
    lodge_status st = sealed_key_check(key, key_len, err);

    if (st == LODGE_OK && !null_or_u64(len))
        st = error_refuse(err, LODGE_E_ARGUMENT, "len: is not aligned");
    if (st == LODGE_OK)
        st = module_take(module, &mod, err);
    if (st != LODGE_OK)
        return st;
    st = sealed_ask(&ask, mod->eng, key, key_len, err);
    if (st == LODGE_OK) {
        st = seal(&ask, mod, buf, cap, &need, err);
        if (st == LODGE_OK && (!buf || need > cap))
            st = text_out(NULL, need, (char *)buf, cap, len, err);
        else if (st == LODGE_OK && len)
            *len = need;
        sealed_ask_end(&ask);
    }
    module_unref(mod);
    return st;
}

lodge_status lodge_module_save_file(lodge_module module, const char *path,
                                    uint64_t path_len, const uint8_t *key,
                                    uint64_t key_len, lodge_error *err)
{
    struct sealed_ask ask = {0};
    struct module *mod;
    uint8_t *bytes = NULL;
    char *name = NULL;
    size_t len = 0;
    lodge_status st = file_path_check(path, path_len, err);

    if (st == LODGE_OK)
        st = sealed_key_check(key, key_len, err);
    if (st == LODGE_OK)
        st = module_take(module, &mod, err);
    if (st != LODGE_OK)
        return st;
    name = alloc_copy(path, path_len);
    st = name ? sealed_ask(&ask, mod->eng, key, key_len, err)
              : error_memory(err);
    if (st == LODGE_OK)
        st = sealed_write(&ask, mod, &bytes, &len, err);
    if (st == LODGE_OK)
        st = file_write(name, bytes, len, err);
    sealed_ask_end(&ask);
    alloc_free(bytes);
    alloc_free(name);
    module_unref(mod);
    return st;
}

/* ---- loading ---------------------------------------------------------- */

/* What a reason is as a status. */
static lodge_status status_of(uint32_t reason)
{
    switch (reason) {
    case LODGE_SEALED_FORMAT:
    case LODGE_SEALED_VERSION:
    case LODGE_SEALED_CPU:
        return LODGE_E_UNSUPPORTED;
    case LODGE_SEALED_SETTINGS:
        return LODGE_E_CONFIG;
    case LODGE_SEALED_LIMIT:
        return LODGE_E_LIMIT;
    default:
        return LODGE_E_COMPILE;
    }
}

static lodge_status outcome(wasmtime_error_t *error, uint32_t reason,
                            lodge_error *err)
{
    lodge_status st;

    if (!error)
        return LODGE_OK;
    st = trap_translate(NULL, error, status_of(reason), err);
    if (error_wanted(err))
        err->detail = reason;
    return st;
}

lodge_status sealed_read(const struct sealed_ask *ask, const uint8_t *ptr,
                         size_t len, struct module *mod, uint32_t *reason,
                         lodge_error *err)
{
    wasmtime_error_t *error;

    *reason = 0;
    error =
        lodge_wt_unseal(&ask->wt, ptr, len, &mod->raw, &mod->shape, reason);
    return outcome(error, *reason, err);
}

/* Where sealed code comes from. */
struct source {
    const uint8_t *ptr; /* memory of our own, that nobody else can change */
    size_t len;
    const uint8_t *key;
    size_t key_len;
    int fd; /* a file that is trusted, if ptr is NULL: taken over */
};

static lodge_status fill(const struct sealed_ask *ask,
                         const struct source *from, struct module *mod,
                         lodge_error *err)
{
    uint32_t reason = 0;
    wasmtime_error_t *error;

    if (from->ptr)
        return sealed_read(ask, from->ptr, from->len, mod, &reason, err);
    error = lodge_wt_trust(&ask->wt, from->fd, from->len, &mod->raw,
                           &mod->shape, &reason);
    return outcome(error, reason, err);
}

static lodge_status load(struct engine *eng, const struct source *from,
                         lodge_module *out, lodge_error *err)
{
    struct sealed_ask ask;
    struct module *mod;
    lodge_status st = sealed_ask(&ask, eng, from->key, from->key_len, err);

    if (st != LODGE_OK)
        return st;
    mod = module_begin(eng);
    st = mod ? fill(&ask, from, mod, err) : error_memory(err);
    if (st == LODGE_OK)
        st = module_give(mod, out, err);
    if (st != LODGE_OK)
        module_unref(mod);
    sealed_ask_end(&ask);
    return st;
}

lodge_status lodge_module_load(lodge_engine engine, const uint8_t *ptr,
                               uint64_t len, const uint8_t *key,
                               uint64_t key_len, lodge_module *out,
                               lodge_error *err)
{
    struct source from = {.len = len, .key = key, .key_len = key_len};
    struct engine *eng;
    uint8_t *copy;
    lodge_status st;

    if (!ptr_to_u64(out))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "out: is NULL or not aligned");
    st = bytes_check(ptr, len, "ptr", err);
    if (st == LODGE_OK)
        st = sealed_key_check(key, key_len, err);
    if (st == LODGE_OK)
        st = engine_take(engine, &eng, err);
    if (st != LODGE_OK)
        return st;
    from.ptr = copy = alloc_copy(ptr, len);
    st = copy ? load(eng, &from, out, err) : error_memory(err);
    alloc_free(copy);
    engine_unref(eng);
    return st;
}

/* As it is, for the host trusts it; still not one that others can write to.
 */
static lodge_status load_trusted(struct engine *eng, const char *path,
                                 lodge_module *out, lodge_error *err)
{
    struct source from = {0};
    lodge_status st = file_open_trusted(path, &from.fd, &from.len, err);

    return st == LODGE_OK ? load(eng, &from, out, err) : st;
}

static lodge_status load_verified(struct engine *eng, const char *path,
                                  const uint8_t *key, size_t key_len,
                                  lodge_module *out, lodge_error *err)
{
    struct source from = {.key = key, .key_len = key_len};
    uint8_t *bytes = NULL;
    lodge_status st = file_read(path, "bytes of the file", UINT32_MAX, &bytes,
                                &from.len, err);

    from.ptr = bytes;
    if (st == LODGE_OK)
        st = load(eng, &from, out, err);
    alloc_free(bytes);
    return st;
}

static lodge_status load_file(struct engine *eng, const char *path,
                              const uint8_t *key, uint64_t key_len,
                              lodge_module *out, lodge_error *err)
{
    lodge_status st;

    if (key_len == 0 && eng->set.value[LODGE_CONFIG_TRUST_FILE])
        return load_trusted(eng, path, out, err);
    st = sealed_key_check(key, key_len, err);
    return st == LODGE_OK ? load_verified(eng, path, key, key_len, out, err)
                          : st;
}

lodge_status lodge_module_load_file(lodge_engine engine, const char *path,
                                    uint64_t path_len, const uint8_t *key,
                                    uint64_t key_len, lodge_module *out,
                                    lodge_error *err)
{
    struct engine *eng;
    char *name;
    lodge_status st;

    if (!ptr_to_u64(out))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "out: is NULL or not aligned");
    st = file_path_check(path, path_len, err);
    if (st == LODGE_OK)
        st = bytes_check(key, key_len, "key", err);
    if (st == LODGE_OK)
        st = engine_take(engine, &eng, err);
    if (st != LODGE_OK)
        return st;
    name = alloc_copy(path, path_len);
    st = name ? load_file(eng, name, key, key_len, out, err)
              : error_memory(err);
    alloc_free(name);
    engine_unref(eng);
    return st;
}

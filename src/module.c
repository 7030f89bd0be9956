/* module.c - modules: opened from bytes, text and files.
 * It must not know how they are linked.
 */
#include <string.h>

#include "cache.h"

/* The compiler needs more stack than a guest does. */
enum { COMPILE_STACK = 1024 * 1024 };

int module_small_stack(void)
{
    return stack_room() < COMPILE_STACK;
}

/* ---- threads ---------------------------------------------------------- */

/* 1 once the compiler has started its threads, which stay. */
static _Atomic uint32_t compiled_parallel;

static void after_fork(void)
{
    atomic_store(&compiled_parallel, 0);
}

static void note_threads(const struct engine *eng)
{
    if (!eng->set.value[LODGE_CONFIG_PARALLEL_COMPILATION] ||
        atomic_load_explicit(&compiled_parallel, memory_order_relaxed))
        return;
    handle_at_fork_child(after_fork);
    atomic_store(&compiled_parallel, 1);
}

uint32_t module_threads(void)
{
    return atomic_load(&compiled_parallel) ? lodge_wt_compile_threads() : 0;
}

/* ---- export names ----------------------------------------------------- */

static uint32_t name_hash(const char *name, uint64_t len)
{
    uint32_t h = 2166136261u;
    uint64_t i;

    for (i = 0; i < len; i++)
        h = (h ^ (uint8_t)name[i]) * 16777619u;
    return h;
}

static lodge_status names_build(struct module *mod, lodge_error *err)
{
    size_t i, size = 4;

    while (size < mod->shape.export_count * 2)
        size *= 2;
    mod->names = alloc_array(size, sizeof *mod->names);
    if (!mod->names)
        return error_memory(err);
    mod->names_mask = (uint32_t)size - 1;
    for (i = 0; i < mod->shape.export_count; i++) {
        const struct lodge_wt_str *name = &mod->shape.exports[i].name;
        uint32_t at = name_hash(name->ptr, name->len) & mod->names_mask;

        while (mod->names[at])
            at = (at + 1) & mod->names_mask;
        mod->names[at] = (uint32_t)i + 1;
    }
    return LODGE_OK;
}

uint32_t module_export_find(const struct module *mod, const char *name,
                            uint64_t len)
{
    uint32_t at = name_hash(name, len) & mod->names_mask;

    for (; mod->names[at]; at = (at + 1) & mod->names_mask) {
        uint32_t i = mod->names[at] - 1;
        const struct lodge_wt_str *found = &mod->shape.exports[i].name;

        if (found->len == len && (!len || !memcmp(found->ptr, name, len)))
            return i;
    }
    return UINT32_MAX;
}

/* ---- the record ------------------------------------------------------- */

void module_empty(struct module *mod)
{
    lodge_wt_shape_free(&mod->shape);
    if (mod->raw)
        wasmtime_module_delete(mod->raw);
    mod->raw = NULL;
}

void module_ref(struct module *mod)
{
    atomic_fetch_add_explicit(&mod->refs, 1, memory_order_relaxed);
}

void module_unref(struct module *mod)
{
    if (!mod ||
        atomic_fetch_sub_explicit(&mod->refs, 1, memory_order_acq_rel) != 1)
        return;
    module_empty(mod);
    engine_unref(mod->eng);
    alloc_free(mod->names);
    alloc_free(mod);
}

static void module_destroy(void *obj)
{
    module_unref(obj);
}

struct module *module_begin(struct engine *eng)
{
    struct module *mod = alloc_zero(sizeof *mod);

    if (!mod)
        return NULL;
    atomic_init(&mod->refs, 1);
    mod->eng = eng;
    engine_ref(eng);
    return mod;
}

lodge_status module_give(struct module *mod, lodge_module *out,
                         lodge_error *err)
{
    lodge_status st = names_build(mod, err);

    if (st == LODGE_OK)
        st = engine_handle(mod->eng, LODGE_KIND_MODULE, mod, module_destroy,
                           &out->id, err);
    return st;
}

lodge_status module_take(lodge_module module, struct module **out,
                         lodge_error *err)
{
    void *obj;
    lodge_status st = handle_pin(module.id, LODGE_KIND_MODULE, &obj, err);

    if (st != LODGE_OK)
        return st;
    *out = obj;
    module_ref(*out);
    handle_unpin(module.id);
    return LODGE_OK;
}

/* ---- bytes ------------------------------------------------------------ */

/* Text never begins with a NUL, a binary always does: also a short one. */
static int is_binary(const uint8_t *ptr, uint64_t len)
{
    return len > 0 && ptr[0] == 0;
}

/* What lodge_module_save writes begins like this. */
static int is_sealed(const uint8_t *ptr, uint64_t len)
{
    return len >= 14 && memcmp(ptr, "\177ELF", 4) == 0 &&
           memcmp(ptr + 9, "LODGE", 5) == 0;
}

static lodge_status refuse_sealed(lodge_error *err)
{
    return error_refuse(err, LODGE_E_COMPILE,
                        "this is sealed code: lodge_module_load opens it "
                        "with its key (at offset 0x0)");
}

static lodge_status not_binary(lodge_error *err)
{
    return error_refuse(err, LODGE_E_COMPILE,
                        "not a binary module: it does not begin with "
                        "\\0asm (at offset 0x0)");
}

/* A binary in memory; `text` if Rust made it out of text. */
struct binary {
    const uint8_t *ptr;
    size_t len;
    uint8_t *text;
};

static void binary_close(struct binary *bin)
{
    lodge_wt_bytes_free(bin->text, bin->len);
}

static lodge_status binary_from_text(struct binary *bin, const uint8_t *ptr,
                                     uint64_t len, lodge_error *err)
{
    wasmtime_error_t *error = lodge_wt_text(
        (const char *)ptr, len, module_small_stack(), &bin->text, &bin->len);

    if (error)
        return trap_translate(NULL, error, LODGE_E_COMPILE, err);
    bin->ptr = bin->text;
    return LODGE_OK;
}

static lodge_status binary_open(struct binary *bin, const struct engine *eng,
                                const uint8_t *ptr, uint64_t len,
                                lodge_error *err)
{
    uint64_t max = eng->set.value[LODGE_CONFIG_MAX_MODULE_BYTES];

    memset(bin, 0, sizeof *bin);
    if (len > max)
        return error_refuse(err, LODGE_E_LIMIT,
                            "module bytes: %llu is more than the limit of "
                            "%llu",
                            (unsigned long long)len, (unsigned long long)max);
    if (len == 0)
        return error_refuse(err, LODGE_E_COMPILE,
                            "the module is empty (at offset 0x0)");
    if (is_sealed(ptr, len))
        return refuse_sealed(err);
    if (!is_binary(ptr, len) && text_is_utf8(ptr, len))
        return binary_from_text(bin, ptr, len, err);
    bin->ptr = ptr;
    bin->len = len;
    return LODGE_OK;
}

void module_limits(const struct engine *eng, struct lodge_wt_limits *out)
{
    const uint64_t *v = eng->set.value;

    out->module_bytes = v[LODGE_CONFIG_MAX_MODULE_BYTES];
    out->functions = v[LODGE_CONFIG_MAX_FUNCTIONS];
    out->function_bytes = v[LODGE_CONFIG_MAX_FUNCTION_BYTES];
    out->locals = v[LODGE_CONFIG_MAX_LOCALS];
}

static lodge_status check_limits(const struct engine *eng,
                                 const struct binary *bin, lodge_error *err)
{
    struct lodge_wt_limits limits;
    int limit;
    wasmtime_error_t *error;

    module_limits(eng, &limits);
    error = lodge_wt_scan(bin->ptr, bin->len, &limits,
                          eng->set.value[LODGE_CONFIG_MAX_LOOP_DEPTH], &limit);
    if (!error)
        return LODGE_OK;
    return trap_translate(NULL, error, limit ? LODGE_E_LIMIT : LODGE_E_COMPILE,
                          err);
}

static lodge_status compile(struct module *mod, const struct binary *bin,
                            lodge_error *err)
{
    wasmtime_error_t *error;

    note_threads(mod->eng);
    error = lodge_wt_module_new(mod->eng->raw, bin->ptr, bin->len,
                                module_small_stack(), &mod->raw);
    if (!error)
        error = lodge_wt_shape_new(mod->raw, bin->ptr, bin->len,
                                   mod->eng->types, &mod->shape);
    if (error)
        return trap_translate(NULL, error, LODGE_E_COMPILE, err);
    return LODGE_OK;
}

static lodge_status compile_or_find(struct module *mod,
                                    const struct binary *bin, lodge_error *err)
{
    struct cache_try at;
    lodge_status st = check_limits(mod->eng, bin, err);

    if (st != LODGE_OK)
        return st;
    if (!cache_find(&at, mod->eng, bin->ptr, bin->len, mod)) {
        st = compile(mod, bin, err);
        if (st == LODGE_OK)
            cache_keep(&at, mod);
    }
    cache_end(&at);
    return st;
}

static lodge_status module_make(struct engine *eng, const uint8_t *ptr,
                                uint64_t len, lodge_module *out,
                                lodge_error *err)
{
    struct module *mod = module_begin(eng);
    struct binary bin = {0};
    lodge_status st;

    if (!mod)
        return error_memory(err);
    st = binary_open(&bin, eng, ptr, len, err);
    if (st == LODGE_OK)
        st = compile_or_find(mod, &bin, err);
    binary_close(&bin);
    if (st == LODGE_OK)
        st = module_give(mod, out, err);
    if (st != LODGE_OK)
        module_unref(mod);
    return st;
}

lodge_status lodge_module_open(lodge_engine engine, const uint8_t *ptr,
                               uint64_t len, lodge_module *out,
                               lodge_error *err)
{
    struct engine *eng;
    lodge_status st;

    if (!ptr_to_u64(out))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "out: is NULL or not aligned");
    st = bytes_check(ptr, len, "ptr", err);
    if (st == LODGE_OK)
        st = engine_take(engine, &eng, err);
    if (st != LODGE_OK)
        return st;
    st = module_make(eng, ptr, len, out, err);
    engine_unref(eng);
    return st;
}

lodge_status lodge_module_validate(lodge_engine engine, const uint8_t *ptr,
                                   uint64_t len, lodge_error *err)
{
    const struct binary bin = {ptr, len, NULL};
    wasmtime_error_t *error;
    struct engine *eng;
    lodge_status st = bytes_check(ptr, len, "ptr", err);

    if (st == LODGE_OK)
        st = engine_take(engine, &eng, err);
    if (st != LODGE_OK)
        return st;
    if (is_sealed(ptr, len)) {
        st = refuse_sealed(err);
    } else if (!is_binary(ptr, len)) {
        st = not_binary(err);
    } else {
        st = check_limits(eng, &bin, err);
    }
    if (st == LODGE_OK) {
        error =
            lodge_wt_module_validate(eng->raw, ptr, len, module_small_stack());
        if (error)
            st = trap_translate(NULL, error, LODGE_E_COMPILE, err);
    }
    engine_unref(eng);
    return st;
}

lodge_status lodge_module_close(lodge_module module)
{
    handle_close(module.id, LODGE_KIND_MODULE);
    return LODGE_OK;
}

lodge_status lodge_module_open_file(lodge_engine engine, const char *path,
                                    uint64_t path_len, lodge_module *out,
                                    lodge_error *err)
{
    struct engine *eng;
    uint8_t *bytes = NULL;
    char *name = NULL;
    size_t len = 0;
    lodge_status st;

    if (!ptr_to_u64(out))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "out: is NULL or not aligned");
    st = file_path_check(path, path_len, err);
    if (st == LODGE_OK)
        st = engine_take(engine, &eng, err);
    if (st != LODGE_OK)
        return st;
    name = alloc_copy(path, path_len);
    st = name ? file_read(name, "module bytes",
                          eng->set.value[LODGE_CONFIG_MAX_MODULE_BYTES],
                          &bytes, &len, err)
              : error_memory(err);
    if (st == LODGE_OK)
        st = module_make(eng, bytes, len, out, err);
    engine_unref(eng);
    alloc_free(bytes);
    alloc_free(name);
    return st;
}

/* ---- text ------------------------------------------------------------- */

lodge_status lodge_text_to_binary(const char *ptr, uint64_t len, uint8_t *buf,
                                  uint64_t cap, uint64_t *out_len,
                                  lodge_error *err)
{
    struct binary bin = {0};
    lodge_status st = text_check(ptr, len, "ptr", err);

    if (st == LODGE_OK)
        st = binary_from_text(&bin, (const uint8_t *)ptr, len, err);
    if (st == LODGE_OK)
        st = text_out(bin.ptr, bin.len, (char *)buf, cap, out_len, err);
    binary_close(&bin);
    return st;
}

lodge_status lodge_binary_to_text(const uint8_t *ptr, uint64_t len,
                                  uint32_t flags, char *buf, uint64_t cap,
                                  uint64_t *out_len, lodge_error *err)
{
    const uint32_t all =
        LODGE_TEXT_OFFSETS | LODGE_TEXT_NAMES | LODGE_TEXT_SKELETON;
    wasmtime_error_t *error;
    uint8_t *text = NULL;
    size_t kept = 0;
    uint64_t full = 0;
    lodge_status st = bytes_check(ptr, len, "ptr", err);

    if (st == LODGE_OK && flags & ~all)
        st = error_refuse(err, LODGE_E_ARGUMENT,
                          "flags: %#x is not of LODGE_TEXT_*", flags);
    if (st == LODGE_OK && is_sealed(ptr, len))
        st = refuse_sealed(err);
    else if (st == LODGE_OK && !is_binary(ptr, len))
        st = not_binary(err);
    if (st != LODGE_OK)
        return st;
    error = lodge_wt_print(ptr, len, flags, buf ? cap : 0,
                           module_small_stack(), &text, &kept, &full);
    if (error)
        return trap_translate(NULL, error, LODGE_E_COMPILE, err);
    st = text_out(text, full, buf, cap, out_len, err);
    lodge_wt_bytes_free(text, kept);
    return st;
}

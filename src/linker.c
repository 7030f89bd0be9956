/* linker.c - names for what modules import.
 * It must not know what a host function does.
 */
#include <string.h>

#include "core/tsan.h"
#include "rooms.h"

/* ---- the record ------------------------------------------------------- */

static void linker_destroy(void *obj)
{
    struct linker *lnk = obj;

    tsan_lets_go(lnk->eng->domain);
    if (lnk->raw)
        wasmtime_linker_delete(lnk->raw);
    host_marks_free(&lnk->marks);
    engine_unref(lnk->eng);
    alloc_free(lnk);
}

lodge_status lodge_linker_new(lodge_engine engine, lodge_linker *out,
                              lodge_error *err)
{
    struct engine *eng = NULL;
    struct linker *lnk;
    lodge_status st;

    if (!ptr_to_u64(out))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "out: is NULL or not aligned");
    st = engine_take(engine, &eng, err);
    if (st != LODGE_OK)
        return st;
    lnk = alloc_zero(sizeof *lnk);
    if (!lnk) {
        engine_unref(eng);
        return error_memory(err);
    }
    lnk->eng = eng;
    lnk->raw = wasmtime_linker_new(eng->raw);
    st = engine_handle(eng, LODGE_KIND_LINKER, lnk, linker_destroy, &out->id,
                       err);
    if (st != LODGE_OK)
        linker_destroy(lnk);
    return st;
}

lodge_status lodge_linker_close(lodge_linker linker)
{
    handle_close(linker.id, LODGE_KIND_LINKER);
    return LODGE_OK;
}

static lodge_status linker_lock(lodge_linker linker, struct linker **out,
                                lodge_error *err)
{
    void *obj;
    lodge_status st = handle_lock(linker.id, LODGE_KIND_LINKER, &obj, err);

    if (st == LODGE_OK)
        *out = obj;
    return st;
}

static lodge_status shadowing(struct linker *lnk, uint64_t value,
                              lodge_error *err)
{
    if (value > 1)
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "shadowing: %llu is not 0 or 1",
                            (unsigned long long)value);
    lnk->shadowing = (uint32_t)value;
    wasmtime_linker_allow_shadowing(lnk->raw, value != 0);
    return LODGE_OK;
}

lodge_status lodge_linker_set(lodge_linker linker, uint32_t key,
                              uint64_t value, lodge_error *err)
{
    struct linker *lnk;
    lodge_status st = linker_lock(linker, &lnk, err);

    if (st != LODGE_OK)
        return st;
    if (key == LODGE_LINKER_SHADOWING)
        st = shadowing(lnk, value, err);
    else if (key != LODGE_LINKER_UNKNOWN)
        st = error_refuse(err, LODGE_E_NOT_FOUND, "there is no linker key %u",
                          key);
    else if (value > LODGE_UNKNOWN_DEFAULT)
        st = error_refuse(err, LODGE_E_ARGUMENT,
                          "unknown: %llu is not LODGE_UNKNOWN_*",
                          (unsigned long long)value);
    else
        lnk->unknown = (uint32_t)value;
    handle_unlock(linker.id);
    return st;
}

/* ---- defining --------------------------------------------------------- */

/* Functions of WASI come to no other function, unless somebody else stands
 * behind the name.
 */
static void note_module(struct linker *lnk, const char *name, uint64_t len)
{
    static const char wasi[] = "wasi_snapshot_preview1";

    if (len == sizeof wasi - 1 && memcmp(name, wasi, len) == 0)
        lnk->suspends |= SUSPENDS_WASI;
}

/* Takes over the signature; the token from here on. */
static lodge_status define_direct(struct linker *lnk, const char *module,
                                  uint64_t module_len, const char *name,
                                  uint64_t name_len, struct sig *sig,
                                  lodge_direct_fn fn, uint64_t token,
                                  lodge_error *err)
{
    wasmtime_error_t *error;
    struct host_func *hf;
    lodge_status st =
        host_func_new(lnk->eng, sig, LODGE_HOST_DIRECT, token, &hf, err);

    if (st != LODGE_OK)
        return st;
    hf->fn = fn;
    note_module(lnk, module, module_len);
    error = host_define(lnk->raw, module, module_len, name, name_len, hf);
    host_func_unref(hf);
    return error ? trap_translate(NULL, error, LODGE_E_LINK, err) : LODGE_OK;
}

lodge_status lodge_linker_func(lodge_linker linker, const char *module,
                               uint64_t module_len, const char *name,
                               uint64_t name_len, const char *sig,
                               uint64_t sig_len, lodge_direct_fn fn,
                               uint64_t token, lodge_error *err)
{
    struct sig *parsed = NULL;
    struct linker *lnk;
    lodge_status st = text_check(module, module_len, "module", err);

    if (st == LODGE_OK)
        st = text_check(name, name_len, "name", err);
    if (st == LODGE_OK && !fn)
        st = error_refuse(err, LODGE_E_ARGUMENT, "fn: is NULL");
    if (st == LODGE_OK)
        st = host_sig_parse(sig, sig_len, &parsed, err);
    if (st == LODGE_OK)
        st = linker_lock(linker, &lnk, err);
    if (st != LODGE_OK) {
        alloc_free(parsed);
        return st;
    }
    st = define_direct(lnk, module, module_len, name, name_len, parsed, fn,
                       token, err);
    handle_unlock(linker.id);
    return st;
}

/* All or nothing: the names are defined in a copy, which takes the place of
 * the linker if all went well.
 */
static lodge_status add_host(struct linker *lnk, const struct host *host,
                             lodge_error *err)
{
    const uint32_t marks = lnk->marks.n;
    wasmtime_linker_t *copy;
    lodge_status st;

    if (host->eng != lnk->eng)
        return error_refuse(err, LODGE_E_FOREIGN,
                            "the host module belongs to another engine");
    note_module(lnk, host->name, host->name_len);
    copy = wasmtime_linker_clone(lnk->raw);
    st = host_module_define(host, copy, &lnk->marks, err);
    if (st == LODGE_OK) {
        wasmtime_linker_t *old = lnk->raw;

        lnk->raw = copy;
        copy = old;
        lnk->suspends |= host_module_suspends(host);
    } else {
        host_marks_cut(&lnk->marks, marks);
    }
    wasmtime_linker_delete(copy);
    return st;
}

lodge_status lodge_linker_add_host(lodge_linker linker, lodge_host host,
                                   lodge_error *err)
{
    struct linker *lnk;
    void *obj;
    lodge_status st = handle_pin(host.id, LODGE_KIND_HOST, &obj, err);

    if (st != LODGE_OK)
        return st;
    st = linker_lock(linker, &lnk, err);
    if (st == LODGE_OK) {
        st = add_host(lnk, obj, err);
        handle_unlock(linker.id);
    }
    handle_unpin(host.id);
    return st;
}

lodge_status lodge_linker_add_wasi(lodge_linker linker, lodge_error *err)
{
    wasmtime_error_t *error;
    struct linker *lnk;
    lodge_status st = linker_lock(linker, &lnk, err);

    if (st != LODGE_OK)
        return st;
    error = lodge_wt_linker_wasi(lnk->raw);
    if (error)
        st = trap_translate(NULL, error, LODGE_E_LINK, err);
    wasmtime_linker_allow_shadowing(lnk->raw, lnk->shadowing != 0);
    handle_unlock(linker.id);
    return st;
}

lodge_status lodge_linker_frame(lodge_linker linker, lodge_frame_fn fn,
                                lodge_error *err)
{
    struct linker *lnk;
    lodge_status st;

    if (!fn)
        return error_refuse(err, LODGE_E_ARGUMENT, "fn: is NULL");
    st = linker_lock(linker, &lnk, err);
    if (st != LODGE_OK)
        return st;
    lnk->frame_fn = fn;
    handle_unlock(linker.id);
    return LODGE_OK;
}

/* A linker holds items of at most one store. */
static lodge_status bind(const struct linker *lnk, const struct store *st,
                         lodge_error *err)
{
    if (st->eng != lnk->eng)
        return error_refuse(err, LODGE_E_FOREIGN,
                            "the item belongs to another engine");
    if (lnk->store && lnk->store != st->id)
        return error_refuse(err, LODGE_E_FOREIGN,
                            "the linker has items of another store");
    return LODGE_OK;
}

static lodge_status add_instance(struct linker *lnk, const char *name,
                                 uint64_t name_len, lodge_instance instance,
                                 lodge_error *err)
{
    wasmtime_error_t *error;
    struct store *st;
    struct child *c;
    lodge_status rc =
        store_enter_child(instance.id, LODGE_KIND_INSTANCE, &st, &c, err);

    if (rc != LODGE_OK)
        return rc;
    rc = bind(lnk, st, err);
    note_module(lnk, name, name_len);
    if (rc == LODGE_OK) {
        /* All exports or none: a clash may come at the last one. */
        wasmtime_linker_t *old = wasmtime_linker_clone(lnk->raw);

        error = wasmtime_linker_define_instance(
            lnk->raw, st->ctx, name, name_len, &c->of.instance->raw);
        if (error) {
            wasmtime_linker_t *changed = lnk->raw;

            lnk->raw = old;
            old = changed;
            rc = trap_translate(st, error, LODGE_E_LINK, err);
        } else {
            lnk->store = st->id;
        }
        wasmtime_linker_delete(old);
    }
    handle_leave(instance.id);
    return rc;
}

lodge_status lodge_linker_add_instance(lodge_linker linker, const char *name,
                                       uint64_t name_len,
                                       lodge_instance instance,
                                       lodge_error *err)
{
    struct linker *lnk;
    lodge_status st = text_check(name, name_len, "name", err);

    if (st == LODGE_OK)
        st = linker_lock(linker, &lnk, err);
    if (st != LODGE_OK)
        return st;
    st = add_instance(lnk, name ? name : "", name_len, instance, err);
    handle_unlock(linker.id);
    return st;
}

int linker_extern(const struct child *c, wasmtime_extern_t *out)
{
    memset(out, 0, sizeof *out);
    switch (c->kind) {
    case LODGE_KIND_FUNC:
        out->kind = WASMTIME_EXTERN_FUNC;
        out->of.func = c->of.func;
        return 1;
    case LODGE_KIND_MEMORY:
        out->kind =
            c->shared ? WASMTIME_EXTERN_SHAREDMEMORY : WASMTIME_EXTERN_MEMORY;
        if (c->shared)
            out->of.sharedmemory = c->shared->raw;
        else
            out->of.memory = c->of.memory;
        return 1;
    case LODGE_KIND_TABLE:
        out->kind = WASMTIME_EXTERN_TABLE;
        out->of.table = c->of.table;
        return 1;
    case LODGE_KIND_GLOBAL:
        out->kind = WASMTIME_EXTERN_GLOBAL;
        out->of.global = c->of.global;
        return 1;
    case LODGE_KIND_TAG:
        out->kind = WASMTIME_EXTERN_TAG;
        out->of.tag = c->of.tag;
        return 1;
    default:
        return 0;
    }
}

/* A shared memory binds the linker to no store. */
static lodge_status add_shared(struct linker *lnk, const char *module,
                               uint64_t module_len, const char *name,
                               uint64_t name_len, const struct shared *sh,
                               lodge_error *err)
{
    wasmtime_error_t *error;

    if (sh->eng != lnk->eng)
        return error_refuse(err, LODGE_E_FOREIGN,
                            "the shared memory belongs to another engine");
    note_module(lnk, module, module_len);
    error = lodge_wt_linker_shared(lnk->raw, module, module_len, name,
                                   name_len, sh->raw);
    return error ? trap_translate(NULL, error, LODGE_E_LINK, err) : LODGE_OK;
}

static lodge_status add_by_handle(struct linker *lnk, const char *module,
                                  uint64_t module_len, const char *name,
                                  uint64_t name_len, uint64_t id,
                                  lodge_error *err)
{
    const lodge_shared_memory memory = {id};
    struct shared_handle *handle;
    lodge_status rc = shared_pin(memory, &handle, err);

    if (rc != LODGE_OK)
        return rc;
    rc = add_shared(lnk, module, module_len, name, name_len, handle->sh, err);
    handle_unpin(id);
    return rc;
}

static lodge_status add_item(struct linker *lnk, const char *module,
                             uint64_t module_len, const char *name,
                             uint64_t name_len, const lodge_extern *item,
                             lodge_error *err)
{
    wasmtime_extern_t ext;
    wasmtime_error_t *error;
    struct store *st;
    struct child *c;
    lodge_status rc = store_enter_child(item->id, item->kind, &st, &c, err);

    if (rc != LODGE_OK)
        return rc;
    if (c->kind == LODGE_KIND_MEMORY && c->shared) {
        rc = add_shared(lnk, module, module_len, name, name_len, c->shared,
                        err);
        handle_leave(item->id);
        return rc;
    }
    rc = bind(lnk, st, err);
    note_module(lnk, module, module_len);
    if (rc == LODGE_OK && linker_extern(c, &ext)) {
        error = wasmtime_linker_define(lnk->raw, st->ctx, module, module_len,
                                       name, name_len, &ext);
        if (error)
            rc = trap_translate(st, error, LODGE_E_LINK, err);
        else
            lnk->store = st->id;
    }
    handle_leave(item->id);
    return rc;
}

lodge_status lodge_linker_add(lodge_linker linker, const char *module,
                              uint64_t module_len, const char *name,
                              uint64_t name_len, const lodge_extern *item,
                              lodge_error *err)
{
    struct linker *lnk;
    lodge_status st = text_check(module, module_len, "module", err);

    if (st == LODGE_OK)
        st = text_check(name, name_len, "name", err);
    if (st == LODGE_OK && !ptr_to_u64(item))
        st = error_refuse(err, LODGE_E_ARGUMENT,
                          "item: is NULL or not aligned");
    if (st == LODGE_OK && item->kind != LODGE_KIND_SHARED_MEMORY &&
        (item->kind < LODGE_KIND_FUNC || item->kind > LODGE_KIND_TAG))
        st = error_refuse(err, LODGE_E_ARGUMENT,
                          "item: kind %u is not func, memory, table, "
                          "global, tag or shared memory",
                          item->kind);
    if (st == LODGE_OK)
        st = linker_lock(linker, &lnk, err);
    if (st != LODGE_OK)
        return st;
    module = module ? module : "";
    name = name ? name : "";
    if (item->kind == LODGE_KIND_SHARED_MEMORY)
        st = add_by_handle(lnk, module, module_len, name, name_len, item->id,
                           err);
    else
        st = add_item(lnk, module, module_len, name, name_len, item, err);
    handle_unlock(linker.id);
    return st;
}

lodge_status lodge_linker_alias(lodge_linker linker, const char *from_module,
                                uint64_t from_module_len,
                                const char *from_name, uint64_t from_name_len,
                                const char *to_module, uint64_t to_module_len,
                                const char *to_name, uint64_t to_name_len,
                                lodge_error *err)
{
    wasmtime_error_t *error;
    struct linker *lnk;
    lodge_status st =
        text_check(from_module, from_module_len, "from_module", err);

    if (st == LODGE_OK)
        st = text_check(from_name, from_name_len, "from_name", err);
    if (st == LODGE_OK)
        st = text_check(to_module, to_module_len, "to_module", err);
    if (st == LODGE_OK)
        st = text_check(to_name, to_name_len, "to_name", err);
    if (st == LODGE_OK)
        st = linker_lock(linker, &lnk, err);
    if (st != LODGE_OK)
        return st;
    note_module(lnk, to_module, to_module_len);
    error = lodge_wt_linker_alias(lnk->raw, from_module, from_module_len,
                                  from_name, from_name_len, to_module,
                                  to_module_len, to_name, to_name_len);
    if (error)
        st = trap_translate(NULL, error, LODGE_E_LINK, err);
    handle_unlock(linker.id);
    return st;
}

/* resolve.c - what a linker has for the imports of a module.
 * It must not know how names got into the linker.
 */
#include <string.h>

#include "rooms.h"

/* ---- complaints ------------------------------------------------------- */

/* A store whose items can be looked at, for a time. */
struct shown {
    wasmtime_context_t *ctx; /* or NULL */
    uint64_t entered;        /* or 0 */
};

static struct shown show(uint64_t bound, struct store *st)
{
    struct shown items = {NULL, 0};
    void *obj = st;

    if (!st && bound && handle_enter(bound, &obj, NULL) == LODGE_OK)
        items.entered = bound;
    if (obj)
        items.ctx = ((struct store *)obj)->ctx;
    return items;
}

static void end_show(const struct shown *items)
{
    if (items->entered)
        handle_leave(items->entered);
}

/* The complaints about a module as one text; NULL when there are none.
 * `shown` is a store whose items can be looked at; without one it is that of
 * the linker's items, if it is free.
 */
static lodge_status complaints(uint64_t bound, struct store *shown,
                               const wasmtime_linker_t *raw,
                               const struct module *mod, uint8_t **text,
                               size_t *len, uint32_t *count, lodge_error *err)
{
    struct shown items = show(bound, shown);
    wasmtime_error_t *error = lodge_wt_linker_missing(
        raw, items.ctx, mod->raw, mod->eng->types, text, len, count);

    end_show(&items);
    return error ? trap_translate(NULL, error, LODGE_E_INTERNAL, err)
                 : LODGE_OK;
}

/* Says what is wrong in words of ours where we can tell. */
static lodge_status refuse_link(uint64_t bound, struct store *shown,
                                const wasmtime_linker_t *raw,
                                const struct module *mod,
                                wasmtime_error_t *error, lodge_error *err)
{
    const char *more = "";
    uint8_t *text = NULL;
    size_t len = 0;
    uint32_t count = 0;
    lodge_status st = LODGE_E_LINK;

    if (error_wanted(err) &&
        complaints(bound, shown, raw, mod, &text, &len, &count, NULL) ==
            LODGE_OK &&
        count) {
        const void *end = memchr(text, '\n', len);
        size_t first = end ? (size_t)((const uint8_t *)end - text) : len;

        if (count > 1)
            more = "; there are more (lodge_linker_missing)";
        st = error_refuse(err, LODGE_E_LINK, "%.*s%s", (int)first,
                          (const char *)text, more);
        err->detail = count;
        wasmtime_error_delete(error);
    } else {
        st = trap_translate(NULL, error, LODGE_E_LINK, err);
    }
    lodge_wt_bytes_free(text, len);
    return st;
}

/* Memories and tables fit by their size, and Wasmtime's linker keeps the one
 * that they had when they were defined. What does not fit may have grown
 * since: resolves once more, with the sizes of now.
 */
static wasmtime_error_t *resolve_grown(uint64_t bound, struct store *shown,
                                       const wasmtime_linker_t *raw,
                                       const struct module *mod,
                                       wasmtime_error_t *refusal,
                                       wasmtime_instance_pre_t **out)
{
    struct shown items = show(bound, shown);
    wasmtime_linker_t *fresh = wasmtime_linker_clone(raw);
    wasmtime_error_t *error;

    error = lodge_wt_linker_refresh(fresh, items.ctx);
    if (!error)
        error = wasmtime_linker_instantiate_pre(fresh, mod->raw, out);
    wasmtime_linker_delete(fresh);
    end_show(&items);
    wasmtime_error_delete(error ? error : refusal);
    return error ? refusal : NULL;
}

static lodge_status resolve(uint64_t bound, struct store *shown,
                            const wasmtime_linker_t *raw,
                            const struct module *mod,
                            wasmtime_instance_pre_t **out, lodge_error *err)
{
    wasmtime_error_t *error =
        wasmtime_linker_instantiate_pre(raw, mod->raw, out);

    if (error)
        error = resolve_grown(bound, shown, raw, mod, error, out);
    return error ? refuse_link(bound, shown, raw, mod, error, err) : LODGE_OK;
}

/* ---- for one instance ------------------------------------------------- */

/* The memories and tables that default values would be, in a raw linker. */
static lodge_status count_unknown(struct store *st,
                                  const wasmtime_linker_t *raw,
                                  const struct module *mod, uint64_t counts[2],
                                  lodge_error *err)
{
    wasmtime_error_t *error =
        lodge_wt_linker_unknown(raw, st->ctx, mod->raw, counts);

    return error ? trap_translate(st, error, LODGE_E_INTERNAL, err) : LODGE_OK;
}

/* Defaults live in the store and are counted there like all others; those
 * that were not made, because one of them could not be, are not.
 */
static lodge_status define_defaults(struct store *st, wasmtime_linker_t *raw,
                                    const struct module *mod, lodge_error *err)
{
    uint64_t more[2], left[2];
    wasmtime_error_t *error;
    lodge_status rc = count_unknown(st, raw, mod, more, err);

    if (rc == LODGE_OK)
        rc = store_count(st, more[0], more[1], err);
    if (rc != LODGE_OK)
        return rc;
    error = wasmtime_linker_define_unknown_imports_as_default_values(
        raw, st->ctx, mod->raw);
    if (!error)
        return LODGE_OK;
    rc = trap_translate(st, error, LODGE_E_LINK, err);
    if (count_unknown(st, raw, mod, left, NULL) == LODGE_OK)
        store_uncount(st, left[0], left[1]);
    return rc;
}

static lodge_status define_unknown(const struct linker *lnk,
                                   wasmtime_linker_t *raw,
                                   const struct module *mod, struct store *st,
                                   lodge_error *err)
{
    wasmtime_error_t *error = NULL;

    if (lnk->unknown == LODGE_UNKNOWN_DEFAULT)
        return define_defaults(st, raw, mod, err);
    if (lnk->unknown == LODGE_UNKNOWN_TRAP)
        error = wasmtime_linker_define_unknown_imports_as_traps(raw, mod->raw);
    return error ? trap_translate(NULL, error, LODGE_E_LINK, err) : LODGE_OK;
}

/* A copy of the linker with items of the store in place of the marks. */
static lodge_status
linker_with_items(const struct linker *lnk, const struct module *mod,
                  struct store *st, const struct host_marks *imports,
                  wasmtime_linker_t **out, lodge_error *err)
{
    wasmtime_linker_t *raw;
    lodge_status rc = host_items_make(st, mod, imports, err);

    if (rc != LODGE_OK)
        return rc;
    raw = wasmtime_linker_clone(lnk->raw);
    wasmtime_linker_allow_shadowing(raw, true);
    rc = host_items_define(st, mod, imports, raw, err);
    if (rc == LODGE_OK)
        *out = raw;
    else
        wasmtime_linker_delete(raw);
    return rc;
}

/* A copy of the linker with all that is the module's own, or NULL where the
 * linker itself will do.
 */
static lodge_status own_linker(const struct linker *lnk,
                               const struct module *mod, struct store *st,
                               const struct host_marks *imports,
                               wasmtime_linker_t **out, lodge_error *err)
{
    wasmtime_linker_t *raw = NULL;
    lodge_status rc = LODGE_OK;

    if (imports->n)
        rc = linker_with_items(lnk, mod, st, imports, &raw, err);
    else if (lnk->unknown != LODGE_UNKNOWN_ERROR)
        raw = wasmtime_linker_clone(lnk->raw);
    if (rc != LODGE_OK || !raw)
        return rc;
    rc = define_unknown(lnk, raw, mod, st, err);
    if (rc == LODGE_OK)
        *out = raw;
    else
        wasmtime_linker_delete(raw);
    return rc;
}

lodge_status linker_resolve(const struct linker *lnk, const struct module *mod,
                            struct store *st, wasmtime_instance_pre_t **out,
                            lodge_error *err)
{
    struct host_marks imports = {0};
    wasmtime_linker_t *own = NULL;
    lodge_status rc;

    rc = host_marks_find(&lnk->marks, lnk->raw, mod, &imports, err);
    if (rc == LODGE_OK)
        rc = own_linker(lnk, mod, st, &imports, &own, err);
    if (rc == LODGE_OK)
        rc = resolve(lnk->store, imports.n ? st : NULL, own ? own : lnk->raw,
                     mod, out, err);
    if (own)
        wasmtime_linker_delete(own);
    host_marks_free(&imports);
    return rc;
}

/* ---- for many instances ----------------------------------------------- */

/* Whether it would do in some store. */
static lodge_status try_prepared(const struct prepared *pre, lodge_error *err)
{
    const wasmtime_instance_pre_t *raw;
    struct store *st;
    lodge_status rc = host_scratch(pre->mod->eng, &st, err);

    if (rc != LODGE_OK)
        return rc;
    rc = prepared_for(pre, st, &raw, err);
    if (rc == LODGE_OK)
        prepared_done(pre, raw);
    store_free(st);
    return rc;
}

/* The linker as it is now, with unknown imports. */
static lodge_status keep_linker(const struct linker *lnk, struct prepared *pre,
                                lodge_error *err)
{
    lodge_status rc;

    pre->linker = alloc_zero(sizeof *pre->linker);
    if (!pre->linker)
        return error_memory(err);
    lock_reset(&pre->linker->lock);
    pre->linker->raw = wasmtime_linker_clone(lnk->raw);
    rc = define_unknown(lnk, pre->linker->raw, pre->mod, NULL, err);
    wasmtime_linker_allow_shadowing(pre->linker->raw, true);
    return rc;
}

lodge_status linker_resolve_all(const struct linker *lnk, struct prepared *pre,
                                lodge_error *err)
{
    lodge_status rc =
        host_marks_find(&lnk->marks, lnk->raw, pre->mod, &pre->imports, err);

    if (rc == LODGE_OK && pre->imports.n == 0)
        return linker_resolve(lnk, pre->mod, NULL, &pre->raw, err);
    if (rc == LODGE_OK)
        rc = keep_linker(lnk, pre, err);
    return rc == LODGE_OK ? try_prepared(pre, err) : rc;
}

/* One at a time: what the linker holds is of the last store that asked. */
lodge_status prepared_for(const struct prepared *pre, struct store *st,
                          const wasmtime_instance_pre_t **out,
                          lodge_error *err)
{
    struct own_linker *own = pre->linker;
    wasmtime_instance_pre_t *raw = NULL;
    lodge_status rc;

    *out = pre->raw;
    if (!own)
        return LODGE_OK;
    rc = host_items_make(st, pre->mod, &pre->imports, err);
    if (rc != LODGE_OK)
        return rc;
    lock_take(&own->lock);
    rc = host_items_define(st, pre->mod, &pre->imports, own->raw, err);
    if (rc == LODGE_OK)
        rc = resolve(pre->store, st, own->raw, pre->mod, &raw, err);
    lock_give(&own->lock);
    *out = raw;
    return rc;
}

void prepared_done(const struct prepared *pre,
                   const wasmtime_instance_pre_t *raw)
{
    if (raw && raw != pre->raw)
        wasmtime_instance_pre_delete((wasmtime_instance_pre_t *)raw);
}

/* ---- asking ----------------------------------------------------------- */

struct missing {
    uint8_t *text;
    size_t len;
    uint32_t count;
};

/* With the items of host modules in a store: that of the linker's other
 * items, or one for looking only.
 */
static lodge_status missing_in(const struct linker *lnk,
                               const struct module *mod,
                               const struct host_marks *imports,
                               struct store *st, struct missing *out,
                               lodge_error *err)
{
    wasmtime_linker_t *own;
    lodge_status rc = linker_with_items(lnk, mod, st, imports, &own, err);

    if (rc != LODGE_OK)
        return rc;
    rc = complaints(lnk->store, st, own, mod, &out->text, &out->len,
                    &out->count, err);
    wasmtime_linker_delete(own);
    return rc;
}

static lodge_status missing_items(const struct linker *lnk,
                                  const struct module *mod,
                                  const struct host_marks *imports,
                                  struct missing *out, lodge_error *err)
{
    struct store *st;
    void *obj;
    lodge_status rc;

    if (lnk->store && handle_enter(lnk->store, &obj, NULL) == LODGE_OK) {
        rc = missing_in(lnk, mod, imports, obj, out, err);
        handle_leave(lnk->store);
        return rc;
    }
    rc = host_scratch(lnk->eng, &st, err);
    if (rc != LODGE_OK)
        return rc;
    rc = missing_in(lnk, mod, imports, st, out, err);
    store_free(st);
    return rc;
}

static lodge_status missing(const struct linker *lnk, const struct module *mod,
                            struct missing *out, lodge_error *err)
{
    struct host_marks imports = {0};
    lodge_status rc;

    if (mod->eng != lnk->eng)
        return error_refuse(err, LODGE_E_FOREIGN,
                            "the module belongs to another engine");
    rc = host_marks_find(&lnk->marks, lnk->raw, mod, &imports, err);
    if (rc == LODGE_OK && imports.n)
        rc = missing_items(lnk, mod, &imports, out, err);
    else if (rc == LODGE_OK)
        rc = complaints(lnk->store, NULL, lnk->raw, mod, &out->text, &out->len,
                        &out->count, err);
    host_marks_free(&imports);
    return rc;
}

lodge_status lodge_linker_missing(lodge_linker linker, lodge_module module,
                                  char *buf, uint64_t cap, uint64_t *len,
                                  uint32_t *count, lodge_error *err)
{
    struct missing found = {0};
    struct module *mod = NULL;
    void *obj;
    lodge_status st;

    if (!null_or_u32(count))
        return error_refuse(err, LODGE_E_ARGUMENT, "count: is not aligned");
    st = handle_pin(linker.id, LODGE_KIND_LINKER, &obj, err);
    if (st != LODGE_OK)
        return st;
    st = module_take(module, &mod, err);
    if (st == LODGE_OK)
        st = missing(obj, mod, &found, err);
    if (st == LODGE_OK) {
        st = text_out((const char *)found.text, found.len, buf, cap, len, err);
        if (count && (st == LODGE_OK || st == LODGE_E_BUFFER))
            *count = found.count;
    }
    lodge_wt_bytes_free(found.text, found.len);
    module_unref(mod);
    handle_unpin(linker.id);
    return st;
}

/* host_item.c - what host modules export besides functions, in stores.
 * It must not know under which names they are exported.
 *
 * A host module belongs to an engine, a memory to a store. So a host module
 * holds descriptions; a store makes each item when something there first
 * asks for it, and all that asks later in that store shares it.
 */
#include <string.h>

#include "rooms.h"

static _Atomic uint64_t serials;

uint64_t host_serial(void)
{
    return 1 + atomic_fetch_add_explicit(&serials, 1, memory_order_relaxed);
}

void host_item_unref(struct host_item *item)
{
    if (!item ||
        atomic_fetch_sub_explicit(&item->refs, 1, memory_order_acq_rel) > 1)
        return;
    shared_unref(item->shared);
    type_sig_free(item->sig);
    lodge_wt_list_free(item->list);
    alloc_free(item);
}

static struct host_item *item_ref(struct host_item *item)
{
    atomic_fetch_add_explicit(&item->refs, 1, memory_order_relaxed);
    return item;
}

/* ---- in a store ------------------------------------------------------- */

uint32_t host_made_find(const struct store *st, uint64_t serial)
{
    uint32_t i;

    for (i = 0; i < st->nmade; i++)
        if (st->made[i].serial == serial)
            return st->made[i].at;
    return 0;
}

lodge_status host_made_add(struct store *st, uint64_t serial, uint32_t at,
                           lodge_error *err)
{
    uint32_t cap = st->made_cap ? st->made_cap * 2 : 4;
    struct host_made *more;

    if (st->nmade == st->made_cap) {
        more = alloc_grow(st->made, st->made_cap, cap, sizeof *more);
        if (!more)
            return error_memory(err);
        st->made = more;
        st->made_cap = cap;
    }
    st->made[st->nmade++] = (struct host_made){serial, at};
    return LODGE_OK;
}

static lodge_status make_memory(struct store *st, const struct host_item *item,
                                uint32_t *at, lodge_error *err)
{
    wasmtime_memory_t memory;
    lodge_status rc;

    if (item->shared)
        return shared_item(st, item->shared, at, err);
    rc = memory_make(st, &item->type, &memory, err);
    if (rc == LODGE_OK)
        rc = store_item(st, LODGE_KIND_MEMORY, &memory, at, err);
    return rc;
}

static lodge_status make_table(struct store *st, const struct host_item *item,
                               uint32_t *at, lodge_error *err)
{
    wasmtime_table_t table;
    lodge_status rc = table_make(st, &item->type, 0, &table, err);

    if (rc == LODGE_OK)
        rc = store_item(st, LODGE_KIND_TABLE, &table, at, err);
    return rc;
}

static lodge_status make_global(struct store *st, const struct host_item *item,
                                uint32_t *at, lodge_error *err)
{
    wasmtime_global_t global;
    lodge_status rc = global_make(st, &item->type, item->value, &global, err);

    if (rc == LODGE_OK)
        rc = store_item(st, LODGE_KIND_GLOBAL, &global, at, err);
    return rc;
}

lodge_status host_item_in(struct store *st, const struct host_item *item,
                          uint32_t *at, lodge_error *err)
{
    lodge_status rc;

    *at = host_made_find(st, item->serial);
    if (*at)
        return LODGE_OK;
    if (item->kind == LODGE_KIND_MEMORY)
        rc = make_memory(st, item, at, err);
    else if (item->kind == LODGE_KIND_TABLE)
        rc = make_table(st, item, at, err);
    else if (item->kind == LODGE_KIND_TAG)
        rc = tag_make(st, item->sig, at, err);
    else
        rc = make_global(st, item, at, err);
    if (rc == LODGE_OK)
        rc = host_made_add(st, item->serial, *at, err);
    return rc;
}

lodge_status host_scratch(struct engine *eng, struct store **out,
                          lodge_error *err)
{
    lodge_status rc = store_make(eng, out, err);

    if (rc == LODGE_OK) {
        (*out)->link.memory_limit = UINT64_MAX;
        (*out)->link.table_limit = UINT64_MAX;
    }
    return rc;
}

/* ---- the record ------------------------------------------------------- */

/* Keeps the types that are told by numbers. */
static lodge_status item_resolve(struct engine *eng, struct host_item *item,
                                 lodge_error *err)
{
    wasmtime_error_t *error;

    if (item->sig)
        return type_sig_resolve(item->sig, eng, err);
    if ((item->type.code & ~LODGE_WT_NOT_NULL) < LODGE_WT_TYPE_FIRST)
        return LODGE_OK;
    error = lodge_wt_list_new(eng->types, &item->type.code, 1, &item->list);
    return error ? trap_translate(NULL, error, LODGE_E_TYPE, err) : LODGE_OK;
}

/* Whether there can be such a thing at all, better said now than later. */
static lodge_status item_try(struct engine *eng, const struct host_item *item,
                             lodge_error *err)
{
    struct store *st;
    uint32_t at;
    lodge_status rc = host_scratch(eng, &st, err);

    if (rc != LODGE_OK)
        return rc;
    rc = host_item_in(st, item, &at, err);
    store_free(st);
    return rc;
}

lodge_status host_item_new(struct engine *eng, uint32_t kind,
                           const struct type_limits *type,
                           const uint64_t *value, struct sig *sig,
                           struct shared *shared, struct host_item **out,
                           lodge_error *err)
{
    struct host_item *item = alloc_zero(sizeof *item);
    lodge_status rc;

    if (!item) {
        shared_unref(shared);
        type_sig_free(sig);
        return error_memory(err);
    }
    atomic_store_explicit(&item->refs, 1, memory_order_relaxed);
    item->kind = kind;
    item->serial = host_serial();
    item->type = *type;
    item->sig = sig;
    item->shared = shared;
    if (value)
        memcpy(item->value, value, type->code == LODGE_TYPE_V128 ? 16 : 8);
    rc = item_resolve(eng, item, err);
    if (rc == LODGE_OK && !shared)
        rc = item_try(eng, item, err);
    if (rc != LODGE_OK)
        host_item_unref(item);
    else
        *out = item;
    return rc;
}

/* ---- marks ------------------------------------------------------------ */

static lodge_status marks_add(struct host_marks *marks, uint64_t mark,
                              struct host_item *item, lodge_error *err)
{
    uint32_t cap = marks->cap ? marks->cap * 2 : 4;
    struct host_mark *more;

    if (marks->n == marks->cap) {
        more = alloc_grow(marks->list, marks->cap, cap, sizeof *more);
        if (!more)
            return error_memory(err);
        marks->list = more;
        marks->cap = cap;
    }
    marks->list[marks->n++] = (struct host_mark){mark, item_ref(item)};
    return LODGE_OK;
}

void host_marks_cut(struct host_marks *marks, uint32_t n)
{
    while (marks->n > n)
        host_item_unref(marks->list[--marks->n].item);
}

void host_marks_free(struct host_marks *marks)
{
    host_marks_cut(marks, 0);
    alloc_free(marks->list);
    memset(marks, 0, sizeof *marks);
}

lodge_status host_mark_define(struct host_marks *marks, struct host_item *item,
                              wasmtime_linker_t *raw, const char *module,
                              uint64_t module_len, const char *name,
                              uint64_t name_len, lodge_error *err)
{
    uint64_t mark;
    wasmtime_error_t *error =
        lodge_wt_linker_mark(raw, module, module_len, name, name_len, &mark);

    if (error)
        return trap_translate(NULL, error, LODGE_E_LINK, err);
    return marks_add(marks, mark, item, err);
}

/* The item behind a mark, or NULL. */
static struct host_item *marked(const struct host_marks *marks, uint64_t mark)
{
    uint32_t i;

    for (i = 0; mark && i < marks->n; i++)
        if (marks->list[i].mark == mark)
            return marks->list[i].item;
    return NULL;
}

lodge_status host_marks_find(const struct host_marks *marks,
                             const wasmtime_linker_t *raw,
                             const struct module *mod,
                             struct host_marks *imports, lodge_error *err)
{
    size_t i, n = mod->shape.import_count;
    wasmtime_error_t *error;
    struct host_item *item;
    uint64_t *found;
    lodge_status rc = LODGE_OK;

    if (marks->n == 0 || n == 0)
        return LODGE_OK;
    found = alloc_array(n, sizeof *found);
    if (!found)
        return error_memory(err);
    error = lodge_wt_linker_marks(raw, mod->raw, found);
    if (error)
        rc = trap_translate(NULL, error, LODGE_E_INTERNAL, err);
    for (i = 0; i < n && rc == LODGE_OK; i++) {
        item = marked(marks, found[i]);
        if (item)
            rc = marks_add(imports, i, item, err);
    }
    if (rc != LODGE_OK)
        host_marks_free(imports);
    alloc_free(found);
    return rc;
}

/* Says for which import an item could not be made. */
static lodge_status refuse_item(const struct lodge_wt_item *import,
                                lodge_status rc, const char *why,
                                lodge_error *err)
{
    char module[80], name[80];

    error_quote(module, sizeof module, import->module.ptr, import->module.len);
    error_quote(name, sizeof name, import->name.ptr, import->name.len);
    return error_refuse(err, rc, "import %s.%s: %s", module, name, why);
}

static const struct lodge_wt_item *import_at(const struct module *mod,
                                             const struct host_mark *mark)
{
    return &mod->shape.imports[mark->mark];
}

lodge_status host_items_make(struct store *st, const struct module *mod,
                             const struct host_marks *imports,
                             lodge_error *err)
{
    lodge_error inner = LODGE_ERROR_INIT;
    lodge_status rc;
    uint32_t i, at;

    for (i = 0; i < imports->n; i++) {
        rc = host_item_in(st, imports->list[i].item, &at, &inner);
        if (rc != LODGE_OK)
            return refuse_item(import_at(mod, &imports->list[i]), rc,
                               inner.message, err);
    }
    return LODGE_OK;
}

lodge_status host_items_define(struct store *st, const struct module *mod,
                               const struct host_marks *imports,
                               wasmtime_linker_t *raw, lodge_error *err)
{
    const struct lodge_wt_item *import;
    wasmtime_error_t *error = NULL;
    wasmtime_extern_t ext;
    uint32_t i, at;

    for (i = 0; i < imports->n && !error; i++) {
        import = import_at(mod, &imports->list[i]);
        at = host_made_find(st, imports->list[i].item->serial);
        linker_extern(&st->children[at], &ext);
        error = wasmtime_linker_define(raw, st->ctx, import->module.ptr,
                                       import->module.len, import->name.ptr,
                                       import->name.len, &ext);
    }
    return error ? trap_translate(st, error, LODGE_E_LINK, err) : LODGE_OK;
}

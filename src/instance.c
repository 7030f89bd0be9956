/* instance.c - instances: made, looked into, closed.
 * It must not know how imports are found.
 */
#include <string.h>

#include "rooms.h"

/* ---- making ----------------------------------------------------------- */

/* An instance whose start function runs is known to Wasmtime by number only,
 * and so is one whose start function has failed, and whose code is in some
 * table still. What tells them apart is that numbers rise.
 */
static struct instance *find_making(const struct store *st, uint32_t index)
{
    struct instance *inst = st->making;

    while (inst && (inst->child || index < inst->low || index >= inst->high))
        inst = inst->outer;
    return inst;
}

lodge_status instance_calling(struct store *st, const wasmtime_instance_t *raw,
                              struct instance **out)
{
    uint32_t at, index = instance_index(raw);
    struct instance *inst;
    lodge_status rc = LODGE_OK;

    *out = NULL;
    if (index < st->ninstances && st->instances[index]) {
        *out = st->children[st->instances[index]].of.instance;
        return LODGE_OK;
    }
    inst = find_making(st, index);
    if (inst) {
        inst->raw = *raw;
        rc = store_instance_add(st, inst, &at, NULL);
    }
    if (rc == LODGE_OK)
        *out = inst;
    return rc;
}

uint64_t instance_calling_id(struct store *st, const wasmtime_instance_t *raw)
{
    struct instance *inst;

    instance_calling(st, raw, &inst);
    return inst ? store_child_id(st, inst->child) : 0;
}

/* A number between those of the instances that are there and those to come:
 * Wasmtime keeps a tag in an instance of its own. If it cannot be had, no
 * guess is made.
 */
static uint32_t mark(struct store *st)
{
    wasmtime_tag_t tag = {.__private1 = UINT32_MAX - 1};
    wasmtime_error_t *error = lodge_wt_tag_new(st->ctx, NULL, NULL, 0, &tag);

    if (error)
        wasmtime_error_delete(error);
    st->low = tag.__private1 + 1;
    return tag.__private1;
}

static void making_begin(struct store *st, struct instance *inst)
{
    struct instance *outer = st->making;

    if (outer && !outer->child && outer->high == UINT32_MAX)
        outer->high = mark(st);
    inst->low = st->low;
    inst->high = UINT32_MAX;
    inst->outer = outer;
    st->making = inst;
}

void instance_end(struct instance *inst)
{
    module_unref(inst->mod);
    alloc_free(inst);
}

static lodge_status instance_alloc(struct module *mod, int own,
                                   struct instance **out, lodge_error *err)
{
    struct instance *inst;

    inst = alloc_zero(sizeof *inst +
                      mod->shape.export_count * sizeof *inst->exports);
    if (!inst)
        return error_memory(err);
    inst->own_store = (uint32_t)own;
    inst->mod = mod;
    module_ref(mod);
    *out = inst;
    return LODGE_OK;
}

/* What is counted before an instance is made. Wasmtime asks nobody when a
 * shared memory grows: all that it may have is taken at once.
 */
static lodge_status count_needs(struct store *st, const uint64_t *needs,
                                lodge_error *err)
{
    lodge_status rc = store_count(st, needs[LODGE_NEEDS_MEMORIES],
                                  needs[LODGE_NEEDS_TABLES], err);

    if (rc != LODGE_OK || needs[LODGE_WT_SHARED_GROWTH] == 0)
        return rc;
    rc = budget_take_memory(st, needs[LODGE_WT_SHARED_GROWTH], err);
    if (rc != LODGE_OK)
        store_uncount(st, needs[LODGE_NEEDS_MEMORIES],
                      needs[LODGE_NEEDS_TABLES]);
    return rc;
}

static void uncount_needs(struct store *st, const uint64_t *needs,
                          uint64_t peak)
{
    budget_give_memory(st, needs[LODGE_WT_SHARED_GROWTH]);
    st->link.memory_peak = peak;
    store_uncount(st, needs[LODGE_NEEDS_MEMORIES], needs[LODGE_NEEDS_TABLES]);
}

static lodge_status instance_start(struct store *st, struct instance *inst,
                                   const wasmtime_instance_pre_t *pre,
                                   lodge_error *err)
{
    const uint64_t *needs = inst->mod->shape.needs;
    const uint64_t peak = st->link.memory_peak;
    struct instance *outer;
    wasmtime_instance_t raw;
    lodge_status rc;

    if (st->link.call) /* known before it is not the innermost */
        instance_calling(st, st->link.call->instance, &outer);
    rc = count_needs(st, needs, err);
    if (rc != LODGE_OK)
        return rc;
    if (st->link.profile)
        lodge_wt_profile_module(&st->link, inst->mod->raw);
    making_begin(st, inst);
    st->link.nothing_made = 0;
    rc = call_instantiate(st, pre, &raw, err);
    st->making = inst->outer;
    if (rc == LODGE_OK)
        inst->raw = raw;
    else if (st->link.nothing_made && !inst->started)
        uncount_needs(st, needs, peak);
    else if (!inst->child)
        mark(st); /* its code may be in a table */
    return rc;
}

lodge_status instance_make(struct store *st,
                           const wasmtime_instance_pre_t *pre,
                           struct module *mod, int own, uint32_t *at,
                           lodge_error *err)
{
    struct instance *inst = NULL;
    lodge_status rc = instance_alloc(mod, own, &inst, err);

    if (rc != LODGE_OK)
        return rc;
    rc = instance_start(st, inst, pre, err);
    if (rc == LODGE_OK) {
        st->instance_count++;
        if (!inst->child)
            rc = store_instance_add(st, inst, at, err);
        *at = inst->child;
    }
    if (rc != LODGE_OK && inst->child)
        st->children[inst->child].closed = 1; /* it goes with the store */
    else if (rc != LODGE_OK)
        instance_end(inst);
    return rc;
}

lodge_status instance_make_prepared(struct store *st,
                                    const struct prepared *pre, int own,
                                    uint32_t *at, lodge_error *err)
{
    const wasmtime_instance_pre_t *raw;
    lodge_status rc = prepared_for(pre, st, &raw, err);

    if (rc == LODGE_OK) {
        rc = instance_make(st, raw, pre->mod, own, at, err);
        prepared_done(pre, raw);
    }
    return rc;
}

/* The store of `id` if the items of a linker may be used in it. */
static lodge_status enter_for(uint64_t id, uint64_t bound,
                              const struct engine *eng, struct store **out,
                              lodge_error *err)
{
    lodge_status rc;

    if (id & HANDLE_CHILD_MASK)
        return error_refuse(err, LODGE_E_HANDLE,
                            "store: the handle names something inside a "
                            "store");
    rc = store_enter(id, out, err);
    if (rc != LODGE_OK)
        return rc;
    if ((*out)->eng != eng)
        rc = error_refuse(err, LODGE_E_FOREIGN,
                          "the store belongs to another engine");
    else if (bound && bound != id)
        rc = error_refuse(err, LODGE_E_FOREIGN,
                          "the linker defines items of another store");
    if (rc != LODGE_OK)
        handle_leave(id);
    return rc;
}

static lodge_status refuse_bound(lodge_error *err)
{
    return error_refuse(err, LODGE_E_FOREIGN,
                        "the linker defines items of a store: the instance "
                        "must be made in that one");
}

/* What an instance is made from: a prepared module, or what a linker was
 * just resolved to.
 */
struct source {
    const struct prepared *prepared;
    const wasmtime_instance_pre_t *raw;
    struct module *mod;
};

static lodge_status make_from(struct store *st, const struct source *from,
                              int own, uint32_t *at, lodge_error *err)
{
    if (from->prepared)
        return instance_make_prepared(st, from->prepared, own, at, err);
    return instance_make(st, from->raw, from->mod, own, at, err);
}

/* Makes the instance in a store of its own, which nobody else knows yet. */
static lodge_status instance_alone(struct store *st, const struct source *from,
                                   lodge_instance *out, lodge_error *err)
{
    uint64_t id;
    uint32_t at;
    void *obj;
    lodge_status rc = store_give(st, 1, &id, err);

    if (rc != LODGE_OK) {
        store_free(st);
        return rc;
    }
    rc = handle_enter(id, &obj, err);
    if (rc != LODGE_OK)
        return rc;
    rc = make_from(st, from, 1, &at, err);
    handle_leave(id);
    if (rc != LODGE_OK)
        handle_close(id, LODGE_KIND_STORE);
    else
        out->id = id | at;
    return rc;
}

static lodge_status instance_shared(struct store *st,
                                    const struct source *from,
                                    lodge_instance *out, lodge_error *err)
{
    uint32_t at;
    lodge_status rc = make_from(st, from, 0, &at, err);

    if (rc == LODGE_OK)
        out->id = store_child_id(st, at);
    return rc;
}

/* ---- from a linker ---------------------------------------------------- */

static lodge_status from_linker(struct linker *lnk, uint64_t store,
                                struct module *mod, lodge_instance *out,
                                lodge_error *err)
{
    wasmtime_instance_pre_t *pre = NULL;
    struct source from = {.mod = mod};
    struct store *st;
    lodge_status rc;

    if (store)
        rc = enter_for(store, lnk->store, lnk->eng, &st, err);
    else if (lnk->store)
        rc = refuse_bound(err);
    else
        rc = store_make(lnk->eng, &st, err);
    if (rc != LODGE_OK)
        return rc;
    rc = host_frame_adopt(st, lnk->suspends, mod, lnk->frame_fn, err);
    if (rc == LODGE_OK)
        rc = linker_resolve(lnk, mod, st, &pre, err);
    from.raw = pre;
    if (!store && rc != LODGE_OK)
        store_free(st);
    else if (!store)
        rc = instance_alone(st, &from, out, err);
    else if (rc == LODGE_OK)
        rc = instance_shared(st, &from, out, err);
    if (store)
        handle_leave(store);
    if (pre)
        wasmtime_instance_pre_delete(pre);
    return rc;
}

lodge_status lodge_instance_new(lodge_linker linker, lodge_store store,
                                lodge_module module, lodge_instance *out,
                                lodge_error *err)
{
    struct module *mod = NULL;
    struct linker *lnk;
    void *obj;
    lodge_status rc;

    if (!ptr_to_u64(out))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "out: is NULL or not aligned");
    rc = handle_pin(linker.id, LODGE_KIND_LINKER, &obj, err);
    if (rc != LODGE_OK)
        return rc;
    lnk = obj;
    rc = module_take(module, &mod, err);
    if (rc == LODGE_OK && mod->eng != lnk->eng)
        rc = error_refuse(err, LODGE_E_FOREIGN,
                          "the module belongs to another engine than the "
                          "linker");
    if (rc == LODGE_OK)
        rc = from_linker(lnk, store.id, mod, out, err);
    module_unref(mod);
    handle_unpin(linker.id);
    return rc;
}

/* ---- from a prepared module ------------------------------------------- */

static lodge_status apply_template(const struct prepared *pre,
                                   struct store *st, lodge_error *err)
{
    wasmtime_error_t *error;
    lodge_status rc = LODGE_OK;
    uint32_t key;

    for (key = 1; key < PREPARED_KEYS && rc == LODGE_OK; key++)
        if (pre->keys >> key & 1)
            rc = store_key_set(st, key, pre->value[key], err);
    if (rc == LODGE_OK && pre->budget)
        rc = budget_join(st, pre->budget, err);
    if (rc != LODGE_OK || !pre->wasi)
        return rc;
    error = lodge_wt_store_wasi(&st->link, pre->wasi);
    return error ? trap_translate(st, error, LODGE_E_IO, err) : LODGE_OK;
}

/* A store made from the template, without a handle yet. */
static lodge_status store_from(const struct prepared *pre, struct store **out,
                               lodge_error *err)
{
    lodge_status rc = store_make(pre->mod->eng, out, err);

    if (rc != LODGE_OK)
        return rc;
    rc = host_frame_adopt(*out, pre->suspends, pre->mod, pre->frame_fn, err);
    if (rc == LODGE_OK)
        rc = apply_template(pre, *out, err);
    if (rc != LODGE_OK)
        store_free(*out);
    return rc;
}

static lodge_status from_prepared(const struct prepared *pre, uint64_t store,
                                  lodge_instance *out, lodge_error *err)
{
    const struct source from = {.prepared = pre};
    struct store *st;
    lodge_status rc;

    if (store) {
        rc = enter_for(store, pre->store, pre->mod->eng, &st, err);
        if (rc != LODGE_OK)
            return rc;
        rc = host_frame_adopt(st, pre->suspends, pre->mod, pre->frame_fn, err);
        if (rc == LODGE_OK)
            rc = instance_shared(st, &from, out, err);
        handle_leave(store);
        return rc;
    }
    if (pre->store)
        return refuse_bound(err);
    rc = store_from(pre, &st, err);
    if (rc != LODGE_OK)
        return rc;
    return instance_alone(st, &from, out, err);
}

lodge_status instance_store_for(const struct prepared *pre, uint64_t id,
                                struct store **out, int *own, lodge_error *err)
{
    struct store *st;
    lodge_status rc;
    void *obj;

    *own = id == 0;
    if (id) {
        rc = enter_for(id, pre->store, pre->mod->eng, out, err);
        if (rc != LODGE_OK)
            return rc;
        rc = host_frame_adopt(*out, pre->suspends, pre->mod, pre->frame_fn,
                              err);
        if (rc != LODGE_OK)
            handle_leave(id);
        return rc;
    }
    if (pre->store)
        return refuse_bound(err);
    rc = store_from(pre, &st, err);
    if (rc != LODGE_OK)
        return rc;
    rc = store_give(st, 1, &id, err);
    if (rc != LODGE_OK) {
        store_free(st);
        return rc;
    }
    rc = handle_enter(id, &obj, err);
    if (rc == LODGE_OK)
        *out = obj;
    return rc;
}

lodge_status lodge_prepared_instance(lodge_prepared prepared,
                                     lodge_store store, lodge_instance *out,
                                     lodge_error *err)
{
    void *obj;
    lodge_status rc;

    if (!ptr_to_u64(out))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "out: is NULL or not aligned");
    rc = handle_pin(prepared.id, LODGE_KIND_PREPARED, &obj, err);
    if (rc != LODGE_OK)
        return rc;
    rc = from_prepared(obj, store.id, out, err);
    handle_unpin(prepared.id);
    return rc;
}

/* ---- closing ---------------------------------------------------------- */

/* Which instances and refs of a store are to be closed that met it busy: a
 * bit for each number, and one for each word of those. Made when the first is.
 */
enum { CLOSE_WORDS = 4096, CLOSE_GROUPS = CLOSE_WORDS / 64 };
static_assert(HANDLE_CHILD_MASK / 64 < CLOSE_WORDS, "a bit for each");

struct closes {
    _Atomic uint64_t group[CLOSE_GROUPS];
    _Atomic uint64_t word[CLOSE_WORDS];
};

static void mark_closed(struct store *st, uint64_t at)
{
    if (at < st->nchildren && st->children[at].kind == LODGE_KIND_INSTANCE)
        st->children[at].closed = 1;
    else
        ref_close(st, st->id | at);
}

static void apply_word(struct store *st, struct closes *all, uint32_t word)
{
    uint64_t bits = atomic_exchange(&all->word[word], 0);

    for (; bits; bits &= bits - 1)
        mark_closed(st, word * 64u + (uint32_t)__builtin_ctzll(bits));
}

void instance_closes_apply_slow(struct store *st)
{
    struct closes *all;
    uint32_t group;
    uint64_t bits;

    /* Who asks sets the bits first and this last. */
    atomic_store(&st->closes_wait, 0);
    all = atomic_load(&st->closes);
    for (group = 0; all && group < CLOSE_GROUPS; group++) {
        bits = atomic_load_explicit(&all->group[group], memory_order_relaxed)
                   ? atomic_exchange(&all->group[group], 0)
                   : 0;
        for (; bits; bits &= bits - 1)
            apply_word(st, all, group * 64u + (uint32_t)__builtin_ctzll(bits));
    }
}

/* Gives a store what the bits are in; 0 if there is no memory. */
static int closes_make(uint64_t store)
{
    struct closes *fresh = alloc_zero(sizeof *fresh), *none = NULL;
    struct store *st = fresh ? handle_peek(store, HANDLE_STORE_KIND) : NULL;

    if (st) {
        if (atomic_compare_exchange_strong(&st->closes, &none, fresh))
            fresh = NULL;
        handle_unpeek(store);
    }
    alloc_free(fresh);
    return st != NULL;
}

/* Without memory, or a store, the instance ends with its store. */
void instance_close_later(uint64_t id)
{
    const uint64_t store = handle_parent(id);
    uint32_t at = (uint32_t)(id & HANDLE_CHILD_MASK), word = at / 64;
    struct closes *all = NULL;
    struct store *st;

    while (!all) {
        st = handle_peek(store, HANDLE_STORE_KIND);
        if (!st)
            return;
        all = atomic_load(&st->closes);
        if (all) {
            atomic_fetch_or(&all->word[word], UINT64_C(1) << at % 64);
            atomic_fetch_or(&all->group[word / 64], UINT64_C(1) << word % 64);
            atomic_store(&st->closes_wait, 1);
        }
        handle_unpeek(store);
        if (!all && !closes_make(store))
            return;
    }
}

lodge_status lodge_instance_close(lodge_instance instance)
{
    uint64_t child = instance.id & HANDLE_CHILD_MASK;
    void *obj;
    lodge_status rc;

    if (store_is_owned(instance.id)) {
        fiber_close(handle_parent(instance.id));
        cancel_elsewhere(handle_parent(instance.id));
        handle_close(handle_parent(instance.id), LODGE_KIND_STORE);
        return LODGE_OK;
    }
    if (child == 0)
        return LODGE_OK;
    rc = handle_enter(instance.id, &obj, NULL);
    if (rc == LODGE_E_BUSY)
        instance_close_later(instance.id);
    if (rc != LODGE_OK)
        return LODGE_OK;
    mark_closed(obj, child);
    handle_leave(instance.id);
    return LODGE_OK;
}

/* ---- exports ---------------------------------------------------------- */

/* What the C API says it found, as kind and item. */
static uint32_t extern_item(const wasmtime_extern_t *ext, const void **item)
{
    *item = &ext->of;
    switch (ext->kind) {
    case WASMTIME_EXTERN_FUNC:
        return LODGE_KIND_FUNC;
    case WASMTIME_EXTERN_MEMORY:
        return LODGE_KIND_MEMORY;
    case WASMTIME_EXTERN_TABLE:
        return LODGE_KIND_TABLE;
    case WASMTIME_EXTERN_GLOBAL:
        return LODGE_KIND_GLOBAL;
    case WASMTIME_EXTERN_TAG:
        return LODGE_KIND_TAG;
    default:
        return LODGE_KIND_NONE;
    }
}

static void narrow_reach(struct child *fn, uint32_t reach)
{
    if (!(reach & LODGE_WT_REACH_OTHERS))
        fn->reach = reach;
}

lodge_status instance_export(struct store *st, struct instance *inst,
                             uint32_t index, uint32_t *at, lodge_error *err)
{
    const struct lodge_wt_str *name = &inst->mod->shape.exports[index].name;
    wasmtime_extern_t ext;
    const void *item;
    uint32_t kind;
    lodge_status rc;

    if (inst->exports[index]) {
        *at = inst->exports[index];
        return LODGE_OK;
    }
    if (!wasmtime_instance_export_get(st->ctx, &inst->raw, name->ptr,
                                      name->len, &ext))
        return error_refuse(err, LODGE_E_NOT_FOUND,
                            "the instance has no such export");
    kind = extern_item(&ext, &item);
    if (ext.kind == WASMTIME_EXTERN_SHAREDMEMORY)
        rc = shared_found(st, ext.of.sharedmemory, at, err);
    else
        rc = store_item(st, kind, item, at, err);
    wasmtime_extern_delete(&ext);
    if (rc == LODGE_OK)
        inst->exports[index] = *at;
    /* What each module that exports a function knows about it is true. */
    if (rc == LODGE_OK && kind == LODGE_KIND_FUNC)
        narrow_reach(&st->children[*at], inst->mod->shape.reach[index]);
    return rc;
}

lodge_status instance_find(struct store *st, struct instance *inst,
                           const char *name, uint64_t len, uint32_t *at,
                           lodge_error *err)
{
    uint32_t index = module_export_find(inst->mod, name, len);
    char quoted[120];

    if (index != UINT32_MAX)
        return instance_export(st, inst, index, at, err);
    error_quote(quoted, sizeof quoted, name, len);
    return error_refuse(err, LODGE_E_NOT_FOUND,
                        "the instance has no export named %s", quoted);
}

static void give_extern(const struct store *st, uint32_t at, lodge_extern *out)
{
    out->kind = st->children[at].kind;
    out->reserved = 0;
    out->id = store_child_id(st, at);
}

lodge_status lodge_instance_store(lodge_instance instance, lodge_store *out,
                                  lodge_error *err)
{
    struct store *st;
    struct child *c;
    lodge_status rc;

    if (!ptr_to_u64(out))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "out: is NULL or not aligned");
    rc = store_enter_child(instance.id, LODGE_KIND_INSTANCE, &st, &c, err);
    if (rc != LODGE_OK)
        return rc;
    out->id = st->id;
    handle_leave(instance.id);
    return LODGE_OK;
}

lodge_status lodge_instance_export(lodge_instance instance, const char *name,
                                   uint64_t name_len, lodge_extern *out,
                                   lodge_error *err)
{
    struct store *st;
    struct child *c;
    uint32_t at;
    lodge_status rc;

    if (!ptr_to_u64(out))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "out: is NULL or not aligned");
    rc = text_check(name, name_len, "name", err);
    if (rc == LODGE_OK)
        rc = store_enter_child(instance.id, LODGE_KIND_INSTANCE, &st, &c, err);
    if (rc != LODGE_OK)
        return rc;
    rc = instance_find(st, c->of.instance, name, name_len, &at, err);
    if (rc == LODGE_OK)
        give_extern(st, at, out);
    handle_leave(instance.id);
    return rc;
}

lodge_status lodge_instance_export_at(lodge_instance instance, uint32_t index,
                                      lodge_extern *out, lodge_error *err)
{
    struct instance *inst;
    struct store *st;
    struct child *c;
    uint32_t at;
    lodge_status rc;

    if (!ptr_to_u64(out))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "out: is NULL or not aligned");
    rc = store_enter_child(instance.id, LODGE_KIND_INSTANCE, &st, &c, err);
    if (rc != LODGE_OK)
        return rc;
    inst = c->of.instance;
    if (index >= inst->mod->shape.export_count)
        rc = error_refuse(err, LODGE_E_NOT_FOUND, "index: %u is not below %zu",
                          index, inst->mod->shape.export_count);
    else
        rc = instance_export(st, inst, index, &at, err);
    if (rc == LODGE_OK)
        give_extern(st, at, out);
    handle_leave(instance.id);
    return rc;
}

/* An export by name that must be of one kind. */
static lodge_status export_of_kind(uint64_t instance, const char *name,
                                   uint64_t name_len, uint32_t kind,
                                   uint64_t *id, lodge_error *err)
{
    const lodge_instance handle = {instance};
    lodge_extern found;
    char quoted[120];
    lodge_status rc;

    if (!ptr_to_u64(id))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "out: is NULL or not aligned");
    rc = lodge_instance_export(handle, name, name_len, &found, err);
    if (rc != LODGE_OK)
        return rc;
    if (found.kind != kind) {
        error_quote(quoted, sizeof quoted, name, name_len);
        return error_refuse(err, LODGE_E_TYPE, "the export %s is a %s", quoted,
                            store_kind_name(found.kind));
    }
    *id = found.id;
    return LODGE_OK;
}

lodge_status lodge_instance_func(lodge_instance instance, const char *name,
                                 uint64_t name_len, lodge_func *out,
                                 lodge_error *err)
{
    return export_of_kind(instance.id, name, name_len, LODGE_KIND_FUNC,
                          (uint64_t *)(void *)out, err);
}

lodge_status lodge_instance_memory(lodge_instance instance, const char *name,
                                   uint64_t name_len, lodge_memory *out,
                                   lodge_error *err)
{
    return export_of_kind(instance.id, name, name_len, LODGE_KIND_MEMORY,
                          (uint64_t *)(void *)out, err);
}

lodge_status lodge_instance_table(lodge_instance instance, const char *name,
                                  uint64_t name_len, lodge_table *out,
                                  lodge_error *err)
{
    return export_of_kind(instance.id, name, name_len, LODGE_KIND_TABLE,
                          (uint64_t *)(void *)out, err);
}

lodge_status lodge_instance_global(lodge_instance instance, const char *name,
                                   uint64_t name_len, lodge_global *out,
                                   lodge_error *err)
{
    return export_of_kind(instance.id, name, name_len, LODGE_KIND_GLOBAL,
                          (uint64_t *)(void *)out, err);
}

lodge_status lodge_instance_tag(lodge_instance instance, const char *name,
                                uint64_t name_len, lodge_tag *out,
                                lodge_error *err)
{
    return export_of_kind(instance.id, name, name_len, LODGE_KIND_TAG,
                          (uint64_t *)(void *)out, err);
}

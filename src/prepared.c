/* prepared.c - modules whose imports are resolved, as templates.
 * It must not know how an instance is made.
 */
#include "core/tsan.h"
#include "rooms.h"

static void prepared_destroy(void *obj)
{
    struct prepared *pre = obj;

    if (pre->mod)
        tsan_lets_go(pre->mod->eng->domain);
    if (pre->raw)
        wasmtime_instance_pre_delete(pre->raw);
    if (pre->linker && pre->linker->raw)
        wasmtime_linker_delete(pre->linker->raw);
    alloc_free(pre->linker);
    host_marks_free(&pre->imports);
    if (pre->wasi)
        lodge_wt_wasi_delete(pre->wasi);
    budget_drop(pre->budget);
    module_unref(pre->mod);
    alloc_free(pre);
}

static lodge_status resolve(struct linker *lnk, struct prepared *pre,
                            lodge_error *err)
{
    if (pre->mod->eng != lnk->eng)
        return error_refuse(err, LODGE_E_FOREIGN,
                            "the module belongs to another engine than the "
                            "linker");
    if (lnk->unknown == LODGE_UNKNOWN_DEFAULT)
        return error_refuse(err, LODGE_E_STATE,
                            "default values for unknown imports live in a "
                            "store: use lodge_instance_new");
    pre->store = lnk->store;
    pre->suspends = lnk->suspends;
    pre->frame_fn = lnk->frame_fn;
    return linker_resolve_all(lnk, pre, err);
}

lodge_status lodge_linker_prepare(lodge_linker linker, lodge_module module,
                                  lodge_prepared *out, lodge_error *err)
{
    struct prepared *pre;
    void *obj;
    lodge_status st;

    if (!ptr_to_u64(out))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "out: is NULL or not aligned");
    pre = alloc_zero(sizeof *pre);
    if (!pre)
        return error_memory(err);
    st = handle_pin(linker.id, LODGE_KIND_LINKER, &obj, err);
    if (st == LODGE_OK) {
        st = module_take(module, &pre->mod, err);
        if (st == LODGE_OK)
            st = resolve(obj, pre, err);
        handle_unpin(linker.id);
    }
    if (st == LODGE_OK)
        st = engine_handle(pre->mod->eng, LODGE_KIND_PREPARED, pre,
                           prepared_destroy, &out->id, err);
    if (st != LODGE_OK)
        prepared_destroy(pre);
    return st;
}

lodge_status lodge_prepared_close(lodge_prepared prepared)
{
    handle_close(prepared.id, LODGE_KIND_PREPARED);
    return LODGE_OK;
}

static lodge_status prepared_lock(lodge_prepared prepared,
                                  struct prepared **out, lodge_error *err)
{
    void *obj;
    lodge_status st = handle_lock(prepared.id, LODGE_KIND_PREPARED, &obj, err);

    if (st == LODGE_OK)
        *out = obj;
    return st;
}

lodge_status lodge_prepared_set(lodge_prepared prepared, uint32_t key,
                                uint64_t value, lodge_error *err)
{
    struct prepared *pre;
    lodge_status st = prepared_lock(prepared, &pre, err);

    if (st != LODGE_OK)
        return st;
    st = store_key_check(pre->mod->eng, key, value, err);
    if (st == LODGE_OK) {
        pre->keys |= 1u << key;
        pre->value[key] = value;
    }
    handle_unlock(prepared.id);
    return st;
}

lodge_status lodge_prepared_wasi(lodge_prepared prepared, lodge_wasi wasi,
                                 lodge_error *err)
{
    struct lodge_wt_wasi *copy = NULL;
    struct prepared *pre;
    void *obj;
    lodge_status st;

    if (wasi.id) {
        st = handle_pin(wasi.id, LODGE_KIND_WASI, &obj, err);
        if (st != LODGE_OK)
            return st;
        copy = lodge_wt_wasi_clone(((struct wasi *)obj)->desc);
        handle_unpin(wasi.id);
        if (!copy)
            return error_memory(err);
    }
    st = prepared_lock(prepared, &pre, err);
    if (st == LODGE_OK) {
        struct lodge_wt_wasi *old = pre->wasi;

        pre->wasi = copy;
        copy = old;
        handle_unlock(prepared.id);
    }
    if (copy)
        lodge_wt_wasi_delete(copy);
    return st;
}

lodge_status lodge_prepared_budget(lodge_prepared prepared,
                                   lodge_budget budget, lodge_error *err)
{
    struct budget *bud = NULL;
    struct prepared *pre;
    lodge_status st = LODGE_OK;

    if (budget.id)
        st = budget_take(budget, &bud, err);
    if (st == LODGE_OK)
        st = prepared_lock(prepared, &pre, err);
    if (st == LODGE_OK) {
        if (bud)
            st = budget_fits(bud, pre->mod->eng, err);
        if (st == LODGE_OK) {
            struct budget *old = pre->budget;

            pre->budget = bud;
            bud = old;
        }
        handle_unlock(prepared.id);
    }
    budget_drop(bud);
    return st;
}

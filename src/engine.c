/* engine.c - engines: made from a config, shared, shut down.
 * It must not know what is made from an engine.
 */
#include <string.h>

#include "cache.h"

void engine_ref(struct engine *eng)
{
    atomic_fetch_add_explicit(&eng->refs, 1, memory_order_relaxed);
}

void engine_unref(struct engine *eng)
{
    if (!eng ||
        atomic_fetch_sub_explicit(&eng->refs, 1, memory_order_acq_rel) != 1)
        return;
    ticker_remove(eng);
    lodge_wt_types_free(eng->types);
    if (eng->raw)
        wasm_engine_delete(eng->raw);
    lodge_wt_stacks_free(eng->stacks);
    if (eng->domain)
        domain_drop(eng->domain);
    cache_close(eng->cache);
    config_texts_free(&eng->set);
    alloc_free(eng);
}

lodge_status engine_handle(struct engine *eng, uint8_t kind, void *obj,
                           void (*destroy)(void *), uint64_t *id,
                           lodge_error *err)
{
    lodge_status st;

    engine_ref(eng); /* the new handle may be gone at once, and its own ref */
    st = handle_new(kind, obj, destroy, eng, id, err);
    /* Either the shutdown sees the handle, or this sees the shutdown. */
    atomic_thread_fence(memory_order_seq_cst);
    if (st == LODGE_OK && atomic_load(&eng->shut))
        handle_close(*id, kind);
    engine_unref(eng);
    return st;
}

static void engine_destroy(void *obj)
{
    engine_unref(obj);
}

lodge_status engine_take(lodge_engine engine, struct engine **out,
                         lodge_error *err)
{
    void *obj;
    lodge_status st = handle_pin(engine.id, LODGE_KIND_ENGINE, &obj, err);

    if (st != LODGE_OK)
        return st;
    *out = obj;
    engine_ref(*out);
    handle_unpin(engine.id);
    return LODGE_OK;
}

/* The settings an engine is to have: a copy of the config's. */
static lodge_status settings_copy(const struct settings *from,
                                  struct settings *to, lodge_error *err)
{
    *to = *from;
    return config_texts_copy(from, to, err);
}

/* A child of fork has none of the compiler's threads. */
static void settings_after_fork(struct engine *eng)
{
    eng->forks = handle_fork_count();
    if (eng->forks)
        eng->set.value[LODGE_CONFIG_PARALLEL_COMPILATION] = 0;
}

static lodge_status engine_raw(struct engine *eng, lodge_error *err)
{
    wasmtime_error_t *error;
    wasm_config_t *cfg;
    lodge_status st;

    cfg = config_make(&eng->set, &st, err);
    if (!cfg)
        return st;
    error = lodge_wt_engine_new(cfg, &eng->raw);
    wasm_config_delete(cfg);
    if (error)
        return trap_translate(NULL, error, LODGE_E_CONFIG, err);
    eng->types = lodge_wt_types_new();
    return eng->types ? LODGE_OK : error_memory(err);
}

/* Wasmtime's pool has instances only: fibers are ours. */
static lodge_status engine_stacks(struct engine *eng, lodge_error *err)
{
    const uint64_t *v = eng->set.value;

    if (v[LODGE_CONFIG_ALLOCATOR] == 0)
        return LODGE_OK;
    eng->stacks = lodge_wt_stacks_new(v[LODGE_CONFIG_POOL_STACKS],
                                      v[LODGE_CONFIG_POOL_STACK_KEEP]);
    return eng->stacks ? LODGE_OK : error_memory(err);
}

static lodge_status engine_make(const struct settings *set,
                                struct engine **out, lodge_error *err)
{
    struct engine *eng = alloc_zero(sizeof *eng);
    lodge_status st;

    if (!eng)
        return error_memory(err);
    atomic_init(&eng->refs, 1);
    lock_reset(&eng->stores_lock);
    st = settings_copy(set, &eng->set, err);
    if (st != LODGE_OK)
        goto out;
    settings_after_fork(eng);
    eng->domain = domain_take((uint32_t)set->value[LODGE_CONFIG_DOMAIN]);
    if (!eng->domain) {
        st = error_memory(err);
        goto out;
    }
    st = engine_raw(eng, err);
    if (st == LODGE_OK)
        st = engine_stacks(eng, err);
    if (st == LODGE_OK && eng->set.value[LODGE_CONFIG_INTERRUPTION])
        st = ticker_add(eng, err);
    if (st == LODGE_OK)
        eng->cache = cache_open(&eng->set);
    if (st == LODGE_OK) {
        *out = eng;
        eng = NULL;
    }
out:
    engine_unref(eng);
    return st;
}

static lodge_status engine_give(struct engine *eng, lodge_engine *out,
                                lodge_error *err)
{
    lodge_status st = engine_handle(eng, LODGE_KIND_ENGINE, eng,
                                    engine_destroy, &out->id, err);

    if (st != LODGE_OK)
        engine_unref(eng);
    return st;
}

lodge_status lodge_engine_new(lodge_config config, lodge_engine *out,
                              lodge_error *err)
{
    lodge_config none = {0};
    struct settings set;
    struct engine *eng;
    struct config *cfg;
    void *obj;
    lodge_status st;

    lodge_start();
    if (!ptr_to_u64(out))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "out: is NULL or not aligned");
    if (config.id == none.id) {
        config_defaults(&set);
        st = engine_make(&set, &eng, err);
        return st == LODGE_OK ? engine_give(eng, out, err) : st;
    }
    st = handle_lock(config.id, LODGE_KIND_CONFIG, &obj, err);
    if (st != LODGE_OK)
        return st;
    cfg = obj;
    st = engine_make(&cfg->set, &eng, err);
    if (st == LODGE_OK)
        st = engine_give(eng, out, err);
    /* Closed before it is unlocked: nobody else gets it in between. */
    if (st == LODGE_OK)
        handle_close(config.id, LODGE_KIND_CONFIG);
    handle_unlock(config.id);
    return st;
}

lodge_status lodge_engine_dup(lodge_engine engine, lodge_engine *out,
                              lodge_error *err)
{
    struct engine *eng;
    lodge_status st;

    if (!ptr_to_u64(out))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "out: is NULL or not aligned");
    st = engine_take(engine, &eng, err);
    return st == LODGE_OK ? engine_give(eng, out, err) : st;
}

lodge_status lodge_engine_close(lodge_engine engine)
{
    handle_close(engine.id, LODGE_KIND_ENGINE);
    return LODGE_OK;
}

lodge_status lodge_engine_shutdown(lodge_engine engine)
{
    struct engine *eng;

    if (engine_take(engine, &eng, NULL) != LODGE_OK)
        return LODGE_OK;
    /* Twice: another thread may make something while we close. Calls that
     * run see the cancelling at the next epoch.
     */
    handle_close_family(eng);
    atomic_store(&eng->shut, 1);
    store_interrupt_all(eng);
    handle_close_family(eng);
    shared_wait_end_all(eng);
    engine_look(eng);
    engine_unref(eng);
    return LODGE_OK;
}

void engine_look(struct engine *eng)
{
    wasmtime_engine_increment_epoch(eng->raw);
    ticker_kick();
}

lodge_status lodge_engine_tick(lodge_engine engine)
{
    struct engine *eng;
    lodge_status st = engine_take(engine, &eng, NULL);

    if (st != LODGE_OK)
        return st;
    atomic_fetch_add_explicit(&eng->epochs, 1, memory_order_relaxed);
    engine_look(eng);
    engine_unref(eng);
    return LODGE_OK;
}

lodge_status lodge_engine_is_pulley(lodge_engine engine, uint32_t *yes,
                                    lodge_error *err)
{
    struct engine *eng;
    lodge_status st;

    if (!ptr_to_u32(yes))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "yes: is NULL or not aligned");
    st = engine_take(engine, &eng, err);
    if (st != LODGE_OK)
        return st;
    *yes = wasmtime_engine_is_pulley(eng->raw);
    engine_unref(eng);
    return LODGE_OK;
}

/* What code is made for: not "host", but which. */
static const char *target_of(const struct engine *eng)
{
    return eng->set.target ? eng->set.target : lodge_wt_host_target();
}

lodge_status lodge_engine_get(lodge_engine engine, uint32_t key,
                              uint64_t *value, lodge_error *err)
{
    struct engine *eng;
    lodge_status st;

    if (!ptr_to_u64(value))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "value: is NULL or not aligned");
    st = engine_take(engine, &eng, err);
    if (st != LODGE_OK)
        return st;
    if (key == LODGE_CONFIG_TARGET)
        *value = strlen(target_of(eng));
    else
        st = config_read(&eng->set, key, value, err);
    engine_unref(eng);
    return st;
}

lodge_status lodge_engine_get_text(lodge_engine engine, uint32_t key,
                                   char *buf, uint64_t cap, uint64_t *len,
                                   lodge_error *err)
{
    struct textbuf text = {0};
    struct engine *eng;
    lodge_status st = engine_take(engine, &eng, err);

    if (st != LODGE_OK)
        return st;
    if (key == LODGE_CONFIG_TARGET) {
        st = text_out(target_of(eng), strlen(target_of(eng)), buf, cap, len,
                      err);
    } else {
        st = config_read_text(&eng->set, key, &text, err);
        if (st == LODGE_OK)
            st = text_out(text.ptr, text.len, buf, cap, len, err);
    }
    textbuf_free(&text);
    engine_unref(eng);
    return st;
}

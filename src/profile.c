/* profile.c - sampled profiles of the guests of a store.
 * It must not know how a sample is taken, nor when.
 */
#include "rooms.h"

enum { MODULES_FIRST = 16 };
#define INTERVAL_MAX UINT64_C(3600000000000)

/* ---- starting ---------------------------------------------------------- */

/* A store's modules, once for each instance. */
struct modules {
    const wasmtime_module_t **at; /* owned */
    size_t len;
};

static lodge_status modules_of(const struct store *st, struct modules *out,
                               lodge_error *err)
{
    uint32_t i;

    out->len = 0;
    out->at = alloc_array(st->nchildren, sizeof *out->at);
    if (!out->at)
        return error_memory(err);
    for (i = 0; i < st->nchildren; i++)
        if (st->children[i].kind == LODGE_KIND_INSTANCE)
            out->at[out->len++] = st->children[i].of.instance->mod->raw;
    return LODGE_OK;
}

static lodge_status check_interval(uint64_t ns, lodge_error *err)
{
    if (ns == 0 || (ns >= TICK_NS && ns <= INTERVAL_MAX))
        return LODGE_OK;
    return error_refuse(err, LODGE_E_ARGUMENT,
                        "interval_ns: %llu is not from 1000000 (1 ms) to "
                        "3600000000000 (1 h)",
                        (unsigned long long)ns);
}

static lodge_status check_store(const struct store *st, lodge_error *err)
{
    if (st->link.profile)
        return error_refuse(err, LODGE_E_STATE,
                            "store: it is being profiled already");
    if (!st->eng->set.value[LODGE_CONFIG_INTERRUPTION])
        return error_refuse(err, LODGE_E_STATE,
                            "store: a profile needs interruption=on");
    return LODGE_OK;
}

static lodge_status start(struct store *st, const char *name, uint64_t len,
                          uint64_t interval_ns, lodge_error *err)
{
    struct modules modules = {0};
    wasmtime_error_t *error;
    lodge_status rc = modules_of(st, &modules, err);

    if (rc != LODGE_OK)
        return rc;
    error = lodge_wt_profile_start(&st->link, st->eng->raw, name, len,
                                   interval_ns ? interval_ns : TICK_NS,
                                   modules.at, modules.len);
    alloc_free(modules.at);
    if (error)
        return trap_translate(st, error, LODGE_E_INTERNAL, err);
    profile_forget(st);
    ticker_begin();
    return LODGE_OK;
}

lodge_status lodge_profile_start(lodge_store store, const char *name,
                                 uint64_t name_len, uint64_t interval_ns,
                                 lodge_error *err)
{
    struct store *st;
    lodge_status rc = text_check(name, name_len, "name", err);

    if (rc == LODGE_OK)
        rc = check_interval(interval_ns, err);
    if (rc == LODGE_OK)
        rc = store_enter_own(store, &st, err);
    if (rc != LODGE_OK)
        return rc;
    rc = check_store(st, err);
    if (rc == LODGE_OK)
        rc = start(st, name, name_len, interval_ns, err);
    handle_leave(store.id);
    return rc;
}

/* ---- ending ------------------------------------------------------------ */

void profile_forget(struct store *st)
{
    lodge_wt_bytes_free(st->profile, st->profile_len);
    st->profile = NULL;
    st->profile_len = 0;
}

void profile_end(struct store *st)
{
    if (st->link.profile)
        ticker_end();
    profile_forget(st);
}

static lodge_status finish(struct store *st, lodge_error *err)
{
    wasmtime_error_t *error;

    if (st->profile)
        return LODGE_OK;
    if (!st->link.profile)
        return error_refuse(err, LODGE_E_STATE,
                            "store: lodge_profile_start was not called");
    error = lodge_wt_profile_finish(&st->link, &st->profile, &st->profile_len);
    if (!st->link.profile)
        ticker_end();
    return error ? trap_translate(st, error, LODGE_E_INTERNAL, err) : LODGE_OK;
}

lodge_status lodge_profile_finish(lodge_store store, char *buf, uint64_t cap,
                                  uint64_t *len, lodge_error *err)
{
    struct store *st;
    lodge_status rc = store_enter_own(store, &st, err);

    if (rc != LODGE_OK)
        return rc;
    rc = finish(st, err);
    if (rc == LODGE_OK)
        rc = text_out(st->profile, st->profile_len, buf, cap, len, err);
    handle_leave(store.id);
    return rc;
}

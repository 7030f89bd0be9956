/* store_keys.c - limits, fuel, deadline and statistics of a store by key.
 * It must not know who asks.
 */
#include <string.h>

#include "rooms.h"

static lodge_status key_refuse(uint32_t key, const char *why, lodge_error *err)
{
    return error_refuse(err, LODGE_E_NOT_FOUND, "there is no store key %u%s",
                        key, why);
}

static lodge_status need_config(const struct engine *eng, uint32_t config,
                                const char *what, lodge_error *err)
{
    if (eng->set.value[config])
        return LODGE_OK;
    return error_refuse(err, LODGE_E_STATE, "%s needs an engine with %s=on",
                        what, config_key_name(config));
}

lodge_status store_key_check(const struct engine *eng, uint32_t key,
                             uint64_t value, lodge_error *err)
{
    switch (key) {
    case LODGE_STORE_MEMORY_LIMIT:
    case LODGE_STORE_TABLE_LIMIT:
    case LODGE_STORE_INSTANCE_LIMIT:
    case LODGE_STORE_TABLES_LIMIT:
    case LODGE_STORE_MEMORIES_LIMIT:
    case LODGE_STORE_TOKEN:
        return LODGE_OK;
    case LODGE_STORE_FUEL:
        return need_config(eng, LODGE_CONFIG_FUEL, "fuel", err);
    case LODGE_STORE_DEADLINE:
        return value ? need_config(eng, LODGE_CONFIG_INTERRUPTION,
                                   "a deadline", err)
                     : LODGE_OK;
    case LODGE_STORE_EPOCH_TICKS:
        return value ? need_config(eng, LODGE_CONFIG_INTERRUPTION,
                                   "counting ticks", err)
                     : LODGE_OK;
    default:
        return key_refuse(key, " that can be set", err);
    }
}

static lodge_status token_set(struct store *st, uint64_t token,
                              lodge_error *err)
{
    struct reap_node *node;

    if (st->token && st->token->token == token)
        return LODGE_OK; /* it stays, and must not come out */
    node = alloc_zero(sizeof *node);
    if (!node)
        return error_memory(err);
    node->kind = LODGE_KIND_STORE;
    node->token = token;
    if (st->token)
        domain_push(domain_ref(st->eng->domain), st->token);
    st->token = node;
    return LODGE_OK;
}

static lodge_status fuel_set(struct store *st, uint64_t fuel, lodge_error *err)
{
    wasmtime_error_t *error = wasmtime_context_set_fuel(st->ctx, fuel);

    if (error)
        return trap_translate(st, error, LODGE_E_STATE, err);
    st->fuel_set = fuel;
    return LODGE_OK;
}

/* Wasmtime reads these counts when the limiter is installed. */
static lodge_status count_set(struct store *st, uint64_t *count,
                              uint64_t value, lodge_error *err)
{
    if (st->instance_count)
        return error_refuse(err, LODGE_E_STATE,
                            "this limit can only be set before the first "
                            "instance");
    *count = value;
    lodge_wt_store_limits(st->raw, &st->link);
    return LODGE_OK;
}

lodge_status store_key_set(struct store *st, uint32_t key, uint64_t value,
                           lodge_error *err)
{
    switch (key) {
    case LODGE_STORE_MEMORY_LIMIT:
        st->link.memory_limit = value;
        return LODGE_OK;
    case LODGE_STORE_TABLE_LIMIT:
        st->link.table_limit = value;
        return LODGE_OK;
    case LODGE_STORE_INSTANCE_LIMIT:
        return count_set(st, &st->link.instance_limit, value, err);
    case LODGE_STORE_TABLES_LIMIT:
        return count_set(st, &st->link.tables_limit, value, err);
    case LODGE_STORE_MEMORIES_LIMIT:
        return count_set(st, &st->link.memories_limit, value, err);
    case LODGE_STORE_FUEL:
        return fuel_set(st, value, err);
    case LODGE_STORE_DEADLINE:
        st->deadline_ns = value;
        return LODGE_OK;
    case LODGE_STORE_EPOCH_TICKS:
        st->epoch_ticks = value;
        return LODGE_OK;
    case LODGE_STORE_TOKEN:
        return token_set(st, value, err);
    default:
        return key_refuse(key, " that can be set", err);
    }
}

static lodge_status fuel_get(const struct store *st, int used, uint64_t *value,
                             lodge_error *err)
{
    wasmtime_error_t *error;
    uint64_t left;
    lodge_status rc = need_config(st->eng, LODGE_CONFIG_FUEL, "fuel", err);

    if (rc != LODGE_OK)
        return rc;
    error = wasmtime_context_get_fuel(st->ctx, &left);
    if (error)
        return trap_translate(NULL, error, LODGE_E_STATE, err);
    *value = used ? st->fuel_set - left : left;
    return LODGE_OK;
}

/* What the host has set; whether the key is one of these. */
static int setting_get(const struct store *st, uint32_t key, uint64_t *value)
{
    switch (key) {
    case LODGE_STORE_MEMORY_LIMIT:
        *value = st->link.memory_limit;
        break;
    case LODGE_STORE_TABLE_LIMIT:
        *value = st->link.table_limit;
        break;
    case LODGE_STORE_INSTANCE_LIMIT:
        *value = st->link.instance_limit;
        break;
    case LODGE_STORE_TABLES_LIMIT:
        *value = st->link.tables_limit;
        break;
    case LODGE_STORE_MEMORIES_LIMIT:
        *value = st->link.memories_limit;
        break;
    case LODGE_STORE_DEADLINE:
        *value = st->deadline_ns;
        break;
    case LODGE_STORE_EPOCH_TICKS:
        *value = st->epoch_ticks;
        break;
    case LODGE_STORE_TOKEN:
        *value = st->token ? st->token->token : 0;
        break;
    default:
        return 0;
    }
    return 1;
}

/* What the store has counted; whether the key is one of these. */
static int count_get(const struct store *st, uint32_t key, uint64_t *value)
{
    switch (key) {
    case LODGE_STORE_MEMORY_BYTES:
        *value = st->link.memory_bytes;
        break;
    case LODGE_STORE_MEMORY_PEAK:
        *value = st->link.memory_peak;
        break;
    case LODGE_STORE_TABLE_ELEMENTS:
        *value = st->link.table_elements;
        break;
    case LODGE_STORE_TABLE_PEAK:
        *value = st->link.table_peak;
        break;
    case LODGE_STORE_REFUSALS:
        *value = st->link.refusals;
        break;
    case LODGE_STORE_LAST_REFUSAL:
        *value = st->link.last_refusal;
        break;
    case LODGE_STORE_CALLS:
        *value = fiber_open_calls(st);
        break;
    case LODGE_STORE_INSTANCES:
        *value = st->instance_count;
        break;
    case LODGE_STORE_EXTERNREFS:
        *value = st->externrefs;
        break;
    case LODGE_STORE_REFS:
        *value = lodge_wt_refs_open(&st->link);
        break;
    default:
        return 0;
    }
    return 1;
}

lodge_status store_key_get(const struct store *st, uint32_t key,
                           uint64_t *value, lodge_error *err)
{
    if (key == LODGE_STORE_FUEL || key == LODGE_STORE_FUEL_USED)
        return fuel_get(st, key == LODGE_STORE_FUEL_USED, value, err);
    return setting_get(st, key, value) || count_get(st, key, value)
               ? LODGE_OK
               : key_refuse(key, "", err);
}

/* ---- keys ------------------------------------------------------------- */

lodge_status lodge_store_set(lodge_store store, uint32_t key, uint64_t value,
                             lodge_error *err)
{
    struct store *st;
    lodge_status rc = store_enter_own(store, &st, err);

    if (rc != LODGE_OK)
        return rc;
    rc = store_key_check(st->eng, key, value, err);
    if (rc == LODGE_OK)
        rc = store_key_set(st, key, value, err);
    handle_leave(store.id);
    return rc;
}

lodge_status lodge_store_get(lodge_store store, uint32_t key, uint64_t *value,
                             lodge_error *err)
{
    struct store *st;
    lodge_status rc;

    if (!ptr_to_u64(value))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "value: is NULL or not aligned");
    rc = store_enter_yielding(store, &st, err);
    if (rc != LODGE_OK)
        return rc;
    rc = store_key_get(st, key, value, err);
    handle_leave(store.id);
    return rc;
}

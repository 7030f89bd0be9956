/* table.c - tables and globals: what a store holds besides memories.
 * It must not know what a function does.
 */
#include "rooms.h"

/* ---- tables ----------------------------------------------------------- */

/* Wasmtime does not say when the system refuses what the limiter allowed. */
static lodge_status growth_refused(struct store *st,
                                   const struct call_counts *counted,
                                   wasmtime_error_t *error, lodge_error *err)
{
    call_counts_restore(st, counted);
    return trap_translate(st, error, LODGE_E_LIMIT, err);
}

/* One of what may be done with a table on the fiber. */
struct order {
    wasmtime_table_t table;
    const struct type_limits *type;
    uint64_t at, value; /* index or elements; slot */
};

static lodge_status make(struct store *st, void *arg, lodge_error *err)
{
    const struct call_counts counted = call_counts_of(st);
    struct order *o = arg;
    wasmtime_error_t *error =
        lodge_wt_table_new(st->ctx, o->type->code, o->type->is64 != 0,
                           o->type->min, o->type->max, &o->value, &o->table);

    return error ? growth_refused(st, &counted, error, err) : LODGE_OK;
}

lodge_status table_make(struct store *st, const struct type_limits *type,
                        uint64_t value, wasmtime_table_t *out,
                        lodge_error *err)
{
    struct order o = {.type = type, .value = value};
    lodge_status rc;

    if (type->code == LODGE_TYPE_REF)
        return error_refuse(err, LODGE_E_UNSUPPORTED,
                            "type: 'ref' does not say which type");
    rc = store_count(st, 0, 1, err);
    if (rc != LODGE_OK)
        return rc;
    rc = ref_run(st, make, &o, err);
    if (rc == LODGE_OK)
        *out = o.table;
    else
        store_uncount(st, 0, 1);
    return rc;
}

lodge_status lodge_table_new(lodge_store store, const char *type,
                             uint64_t type_len, uint64_t value,
                             lodge_table *out, lodge_error *err)
{
    struct type_limits limits;
    wasmtime_table_t table;
    struct store *st;
    uint32_t at;
    lodge_status rc;

    if (!ptr_to_u64(out))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "out: is NULL or not aligned");
    rc = type_table_parse(type, type_len, &limits, err);
    if (rc == LODGE_OK)
        rc = store_enter_own(store, &st, err);
    if (rc != LODGE_OK)
        return rc;
    rc = table_make(st, &limits, value, &table, err);
    if (rc == LODGE_OK)
        rc = store_item(st, LODGE_KIND_TABLE, &table, &at, err);
    if (rc == LODGE_OK)
        out->id = store_child_id(st, at);
    handle_leave(store.id);
    return rc;
}

lodge_status lodge_table_type(lodge_table table, char *buf, uint64_t cap,
                              uint64_t *len, lodge_error *err)
{
    return store_type_out(table.id, LODGE_KIND_TABLE, buf, cap, len, err);
}

lodge_status lodge_table_size(lodge_table table, uint64_t *elements,
                              lodge_error *err)
{
    struct store *st;
    struct child *c;
    lodge_status rc;

    if (!ptr_to_u64(elements))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "elements: is NULL or not aligned");
    rc = store_enter_child(table.id, LODGE_KIND_TABLE, &st, &c, err);
    if (rc != LODGE_OK)
        return rc;
    *elements = wasmtime_table_size(st->ctx, &c->of.table);
    handle_leave(table.id);
    return LODGE_OK;
}

static lodge_status index_check(const struct store *st,
                                const wasmtime_table_t *table, uint64_t index,
                                lodge_error *err)
{
    uint64_t size = wasmtime_table_size(st->ctx, table);

    if (index < size)
        return LODGE_OK;
    return error_refuse(err, LODGE_E_BOUNDS, "index: %llu is not below %llu",
                        (unsigned long long)index, (unsigned long long)size);
}

lodge_status lodge_table_get(lodge_table table, uint64_t index,
                             uint64_t *value, lodge_error *err)
{
    wasmtime_error_t *error;
    wasmtime_table_t raw;
    struct store *st;
    struct child *c;
    lodge_status rc;

    if (!ptr_to_u64(value))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "value: is NULL or not aligned");
    rc = store_enter_child(table.id, LODGE_KIND_TABLE, &st, &c, err);
    if (rc != LODGE_OK)
        return rc;
    raw = c->of.table; /* the table of children may move */
    rc = index_check(st, &raw, index, err);
    if (rc == LODGE_OK) {
        error = lodge_wt_table_get(st->ctx, &raw, index, value);
        if (error)
            rc = trap_translate(st, error, LODGE_E_TYPE, err);
    }
    handle_leave(table.id);
    return rc;
}

static lodge_status set(struct store *st, void *arg, lodge_error *err)
{
    const struct order *o = arg;
    wasmtime_error_t *error =
        lodge_wt_table_set(st->ctx, &o->table, o->at, &o->value);

    return error ? trap_translate(st, error, LODGE_E_TYPE, err) : LODGE_OK;
}

lodge_status lodge_table_set(lodge_table table, uint64_t index, uint64_t value,
                             lodge_error *err)
{
    struct order o = {.at = index, .value = value};
    struct store *st;
    struct child *c;
    lodge_status rc =
        store_enter_child(table.id, LODGE_KIND_TABLE, &st, &c, err);

    if (rc != LODGE_OK)
        return rc;
    o.table = c->of.table;
    rc = index_check(st, &c->of.table, index, err);
    if (rc == LODGE_OK)
        rc = ref_run(st, set, &o, err);
    handle_leave(table.id);
    return rc;
}

static lodge_status grow(struct store *st, void *arg, lodge_error *err)
{
    const struct call_counts counted = call_counts_of(st);
    struct order *o = arg;
    wasmtime_error_t *error =
        lodge_wt_table_grow(st->ctx, &o->table, o->at, &o->value, &o->at);

    return error ? growth_refused(st, &counted, error, err) : LODGE_OK;
}

lodge_status lodge_table_grow(lodge_table table, uint64_t delta,
                              uint64_t value, uint64_t *old_size,
                              lodge_error *err)
{
    struct order o = {.at = delta, .value = value};
    struct store *st;
    struct child *c;
    lodge_status rc;

    if (!null_or_u64(old_size))
        return error_refuse(err, LODGE_E_ARGUMENT, "old_size: is not aligned");
    rc = store_enter_child(table.id, LODGE_KIND_TABLE, &st, &c, err);
    if (rc != LODGE_OK)
        return rc;
    o.table = c->of.table;
    rc = ref_run(st, grow, &o, err);
    if (rc == LODGE_OK && old_size)
        *old_size = o.at;
    handle_leave(table.id);
    return rc;
}

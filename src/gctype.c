/* gctype.c - types that modules define: their numbers, and what they are.
 * It must not know what is made of them.
 */
#include "rooms.h"

/* ---- of a module ------------------------------------------------------ */

lodge_status lodge_module_type_count(lodge_module module, uint32_t *count,
                                     lodge_error *err)
{
    struct module *mod;
    lodge_status st;

    if (!ptr_to_u32(count))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "count: is NULL or not aligned");
    st = module_take(module, &mod, err);
    if (st != LODGE_OK)
        return st;
    *count = lodge_wt_shape_types(&mod->shape);
    module_unref(mod);
    return LODGE_OK;
}

static lodge_status number_of(const struct module *mod, uint32_t index,
                              uint32_t *type, lodge_error *err)
{
    wasmtime_error_t *error =
        lodge_wt_shape_type(&mod->shape, mod->eng->raw, mod->eng->types, index,
                            module_small_stack(), type);

    return error ? trap_translate(NULL, error, LODGE_E_UNSUPPORTED, err)
                 : LODGE_OK;
}

lodge_status lodge_module_type(lodge_module module, uint32_t index,
                               uint32_t *type, lodge_error *err)
{
    struct module *mod;
    lodge_status st;

    if (!ptr_to_u32(type))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "type: is NULL or not aligned");
    st = module_take(module, &mod, err);
    if (st != LODGE_OK)
        return st;
    st = number_of(mod, index, type, err);
    module_unref(mod);
    return st;
}

lodge_status lodge_module_type_find(lodge_module module, const char *name,
                                    uint64_t name_len, uint32_t *type,
                                    lodge_error *err)
{
    struct module *mod;
    char quoted[80];
    uint32_t index;
    lodge_status st = text_check(name, name_len, "name", err);

    if (st == LODGE_OK && !ptr_to_u32(type))
        st = error_refuse(err, LODGE_E_ARGUMENT,
                          "type: is NULL or not aligned");
    if (st == LODGE_OK)
        st = module_take(module, &mod, err);
    if (st != LODGE_OK)
        return st;
    index = lodge_wt_shape_named(&mod->shape, name, name_len);
    if (index == UINT32_MAX) {
        error_quote(quoted, sizeof quoted, name, name_len);
        st = error_refuse(err, LODGE_E_NOT_FOUND,
                          "name: the module has no type named %s", quoted);
    } else {
        st = number_of(mod, index, type, err);
    }
    module_unref(mod);
    return st;
}

/* ---- of an engine ----------------------------------------------------- */

/* One of what is told of a type: its text, or that of a field. */
struct asked {
    uint32_t type, field;
    int of_field;
};

static lodge_status tell(const struct engine *eng, const struct asked *what,
                         char *buf, size_t cap, size_t *len, lodge_error *err)
{
    wasmtime_error_t *error =
        what->of_field
            ? lodge_wt_type_field(eng->types, what->type, what->field, buf,
                                  cap, len)
            : lodge_wt_type_text(eng->types, what->type, buf, cap, len);

    return error ? trap_translate(NULL, error, LODGE_E_TYPE, err) : LODGE_OK;
}

static lodge_status tell_out(lodge_engine engine, const struct asked *what,
                             char *buf, uint64_t cap, uint64_t *len,
                             lodge_error *err)
{
    struct engine *eng;
    size_t full = 0;
    lodge_status st = engine_take(engine, &eng, err);

    if (st != LODGE_OK)
        return st;
    st = tell(eng, what, NULL, 0, &full, err);
    if (st == LODGE_OK && buf && full <= cap && null_or_u64(len)) {
        st = tell(eng, what, buf, (size_t)cap, &full, err);
        if (len)
            *len = full;
    } else if (st == LODGE_OK) {
        st = text_out("", full, buf, cap, len, err);
    }
    engine_unref(eng);
    return st;
}

lodge_status lodge_type_text(lodge_engine engine, uint32_t type, char *buf,
                             uint64_t cap, uint64_t *len, lodge_error *err)
{
    const struct asked what = {.type = type};

    return tell_out(engine, &what, buf, cap, len, err);
}

lodge_status lodge_type_field(lodge_engine engine, uint32_t type,
                              uint32_t index, char *buf, uint64_t cap,
                              uint64_t *len, lodge_error *err)
{
    const struct asked what = {type, index, 1};

    return tell_out(engine, &what, buf, cap, len, err);
}

lodge_status lodge_type_get(lodge_engine engine, uint32_t type, uint32_t key,
                            uint64_t *value, lodge_error *err)
{
    struct lodge_wt_facts facts;
    wasmtime_error_t *error;
    struct engine *eng;
    lodge_status st;

    if (!ptr_to_u64(value))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "value: is NULL or not aligned");
    if (key < LODGE_DEF_KIND || key > LODGE_DEF_OPEN)
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "key: %u is not LODGE_DEF_KIND to "
                            "LODGE_DEF_OPEN",
                            key);
    st = engine_take(engine, &eng, err);
    if (st != LODGE_OK)
        return st;
    error = lodge_wt_type_facts(eng->types, type, &facts);
    if (error)
        st = trap_translate(NULL, error, LODGE_E_TYPE, err);
    else
        *value = (const uint32_t[]){facts.kind, facts.fields, facts.super,
                                    facts.open}[key - LODGE_DEF_KIND];
    engine_unref(eng);
    return st;
}

lodge_status lodge_type_matches(lodge_engine engine, uint32_t type,
                                uint32_t other, uint32_t *yes,
                                lodge_error *err)
{
    wasmtime_error_t *error;
    struct engine *eng;
    lodge_status st;

    if (!ptr_to_u32(yes))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "yes: is NULL or not aligned");
    st = type_code_check(type, err);
    if (st == LODGE_OK)
        st = type_code_check(other, err);
    if (st == LODGE_OK)
        st = engine_take(engine, &eng, err);
    if (st != LODGE_OK)
        return st;
    error = lodge_wt_type_matches(eng->types, type, other, yes);
    if (error)
        st = trap_translate(NULL, error, LODGE_E_TYPE, err);
    engine_unref(eng);
    return st;
}

/* inspect.c - what a module imports, exports and needs.
 * It must not know how it was compiled.
 */
#include <string.h>

#include "rooms.h"

static const char *kind_text(uint32_t kind)
{
    switch (kind) {
    case LODGE_KIND_FUNC:
        return "func";
    case LODGE_KIND_MEMORY:
        return "memory";
    case LODGE_KIND_TABLE:
        return "table";
    case LODGE_KIND_GLOBAL:
        return "global";
    case LODGE_KIND_TAG:
        return "tag";
    default:
        return "unknown";
    }
}

/* Which of an item's texts is meant, as bits of the allowed ones. */
static int item_text(const struct lodge_wt_item *item, uint32_t what,
                     struct lodge_wt_str *out)
{
    switch (what) {
    case LODGE_ITEM_MODULE:
        *out = item->module;
        return 1;
    case LODGE_ITEM_NAME:
        *out = item->name;
        return 1;
    case LODGE_ITEM_KIND:
        out->ptr = kind_text(item->kind);
        out->len = strlen(out->ptr);
        return 1;
    case LODGE_ITEM_TYPE:
    case LODGE_ITEM_DATA:
        *out = item->type;
        return 1;
    default:
        return 0;
    }
}

/* Which list of a module, and what may be asked of its items. */
enum list { IMPORTS, EXPORTS, SECTIONS };

static const uint32_t allowed[] = {
    [IMPORTS] = 1u << LODGE_ITEM_MODULE | 1u << LODGE_ITEM_NAME |
                1u << LODGE_ITEM_KIND | 1u << LODGE_ITEM_TYPE,
    [EXPORTS] =
        1u << LODGE_ITEM_NAME | 1u << LODGE_ITEM_KIND | 1u << LODGE_ITEM_TYPE,
    [SECTIONS] = 1u << LODGE_ITEM_NAME | 1u << LODGE_ITEM_DATA,
};

static const struct lodge_wt_item *list_of(const struct module *mod,
                                           enum list list, size_t *count)
{
    switch (list) {
    case IMPORTS:
        *count = mod->shape.import_count;
        return mod->shape.imports;
    case EXPORTS:
        *count = mod->shape.export_count;
        return mod->shape.exports;
    default:
        *count = mod->shape.section_count;
        return mod->shape.sections;
    }
}

static lodge_status list_count(lodge_module module, enum list list,
                               uint32_t *count, lodge_error *err)
{
    struct module *mod;
    size_t n;
    lodge_status st;

    if (!ptr_to_u32(count))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "count: is NULL or not aligned");
    st = module_take(module, &mod, err);
    if (st != LODGE_OK)
        return st;
    list_of(mod, list, &n);
    *count = (uint32_t)n;
    module_unref(mod);
    return LODGE_OK;
}

static lodge_status list_item(const struct module *mod, enum list list,
                              uint32_t index, uint32_t what, char *buf,
                              uint64_t cap, uint64_t *len, lodge_error *err)
{
    const struct lodge_wt_item *items;
    struct lodge_wt_str text;
    size_t n;

    items = list_of(mod, list, &n);
    if (index >= n)
        return error_refuse(err, LODGE_E_NOT_FOUND,
                            "index: %u is not below %zu", index, n);
    if (what > 31 || !(allowed[list] >> what & 1) ||
        !item_text(&items[index], what, &text))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "what: %u cannot be asked here", what);
    return text_out(text.ptr, text.len, buf, cap, len, err);
}

static lodge_status list_get(lodge_module module, enum list list,
                             uint32_t index, uint32_t what, char *buf,
                             uint64_t cap, uint64_t *len, lodge_error *err)
{
    struct module *mod;
    lodge_status st = module_take(module, &mod, err);

    if (st != LODGE_OK)
        return st;
    st = list_item(mod, list, index, what, buf, cap, len, err);
    module_unref(mod);
    return st;
}

lodge_status lodge_module_import_count(lodge_module module, uint32_t *count,
                                       lodge_error *err)
{
    return list_count(module, IMPORTS, count, err);
}

lodge_status lodge_module_import(lodge_module module, uint32_t index,
                                 uint32_t what, char *buf, uint64_t cap,
                                 uint64_t *len, lodge_error *err)
{
    return list_get(module, IMPORTS, index, what, buf, cap, len, err);
}

lodge_status lodge_module_export_count(lodge_module module, uint32_t *count,
                                       lodge_error *err)
{
    return list_count(module, EXPORTS, count, err);
}

lodge_status lodge_module_export(lodge_module module, uint32_t index,
                                 uint32_t what, char *buf, uint64_t cap,
                                 uint64_t *len, lodge_error *err)
{
    return list_get(module, EXPORTS, index, what, buf, cap, len, err);
}

lodge_status lodge_module_section_count(lodge_module module, uint32_t *count,
                                        lodge_error *err)
{
    return list_count(module, SECTIONS, count, err);
}

lodge_status lodge_module_section(lodge_module module, uint32_t index,
                                  uint32_t what, char *buf, uint64_t cap,
                                  uint64_t *len, lodge_error *err)
{
    return list_get(module, SECTIONS, index, what, buf, cap, len, err);
}

lodge_status lodge_module_name(lodge_module module, char *buf, uint64_t cap,
                               uint64_t *len, lodge_error *err)
{
    struct module *mod;
    lodge_status st = module_take(module, &mod, err);

    if (st != LODGE_OK)
        return st;
    st =
        text_out(mod->shape.name.ptr, mod->shape.name.len, buf, cap, len, err);
    module_unref(mod);
    return st;
}

lodge_status lodge_module_producers(lodge_module module, char *buf,
                                    uint64_t cap, uint64_t *len,
                                    lodge_error *err)
{
    struct module *mod;
    lodge_status st = module_take(module, &mod, err);

    if (st != LODGE_OK)
        return st;
    st = text_out(mod->shape.producers.ptr, mod->shape.producers.len, buf, cap,
                  len, err);
    module_unref(mod);
    return st;
}

lodge_status lodge_module_needs(lodge_module module, uint32_t key,
                                uint64_t *value, lodge_error *err)
{
    struct module *mod;
    lodge_status st;

    if (!ptr_to_u64(value))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "value: is NULL or not aligned");
    st = module_take(module, &mod, err);
    if (st != LODGE_OK)
        return st;
    if (key == 0 || key > LODGE_NEEDS_START)
        st = error_refuse(err, LODGE_E_NOT_FOUND, "key: there is no need %u",
                          key);
    else
        *value = mod->shape.needs[key];
    module_unref(mod);
    return st;
}

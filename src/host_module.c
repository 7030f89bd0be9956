/* host_module.c - host modules: built, named and looked at.
 * It must not know how a function runs.
 */
#include <string.h>

#include "rooms.h"

/* ---- the record ------------------------------------------------------- */

static void host_destroy(void *obj)
{
    struct host *host = obj;
    uint32_t i;

    for (i = 0; i < host->nexports; i++)
        alloc_free(host->exports[i].name);
    for (i = 0; i < host->nentries; i++) {
        host_func_unref(host->entries[i].func);
        host_item_unref(host->entries[i].item);
        alloc_free(host->entries[i].params);
        alloc_free(host->entries[i].results);
    }
    alloc_free(host->exports);
    alloc_free(host->entries);
    alloc_free(host->name);
    engine_unref(host->eng);
    alloc_free(host);
}

static lodge_status host_make(struct engine *eng, const char *name,
                              uint64_t name_len, lodge_host *out,
                              lodge_error *err)
{
    struct host *host = alloc_zero(sizeof *host);
    lodge_status st;

    if (!host)
        return error_memory(err);
    engine_ref(eng);
    host->eng = eng;
    host->name = alloc_copy(name, name_len);
    host->name_len = name_len;
    st = host->name ? engine_handle(eng, LODGE_KIND_HOST, host, host_destroy,
                                    &out->id, err)
                    : error_memory(err);
    if (st != LODGE_OK)
        host_destroy(host);
    return st;
}

lodge_status lodge_host_new(lodge_engine engine, const char *name,
                            uint64_t name_len, lodge_host *out,
                            lodge_error *err)
{
    struct engine *eng;
    lodge_status st = text_check(name, name_len, "name", err);

    if (st == LODGE_OK && !ptr_to_u64(out))
        st =
            error_refuse(err, LODGE_E_ARGUMENT, "out: is NULL or not aligned");
    if (st == LODGE_OK)
        st = engine_take(engine, &eng, err);
    if (st != LODGE_OK)
        return st;
    st = host_make(eng, name, name_len, out, err);
    engine_unref(eng);
    return st;
}

lodge_status lodge_host_close(lodge_host host)
{
    handle_close(host.id, LODGE_KIND_HOST);
    return LODGE_OK;
}

static lodge_status host_lock(lodge_host id, struct host **out,
                              lodge_error *err)
{
    void *obj;
    lodge_status st = handle_lock(id.id, LODGE_KIND_HOST, &obj, err);

    if (st == LODGE_OK)
        *out = obj;
    return st;
}

/* ---- functions -------------------------------------------------------- */

static lodge_status entry_new(struct host *host, struct host_entry **out,
                              lodge_error *err)
{
    uint32_t cap = host->entries_cap ? host->entries_cap * 2 : 8;
    struct host_entry *more;

    if (host->nentries == host->entries_cap) {
        more = alloc_grow(host->entries, host->entries_cap, cap, sizeof *more);
        if (!more)
            return error_memory(err);
        host->entries = more;
        host->entries_cap = cap;
    }
    *out = &host->entries[host->nentries];
    return LODGE_OK;
}

/* Takes over the signature. */
static lodge_status func_add(struct host *host, struct sig *sig, uint32_t mode,
                             uint64_t token, uint32_t *index, lodge_error *err)
{
    struct host_entry *entry = NULL;
    lodge_status st = entry_new(host, &entry, err);

    if (st != LODGE_OK) {
        type_sig_free(sig);
        return st;
    }
    st = host_func_new(host->eng, sig, mode, token, &entry->func, err);
    if (st == LODGE_OK)
        *index = host->nentries++;
    return st;
}

static lodge_status check_mode(uint32_t mode, uint64_t token, lodge_error *err)
{
    if (mode > LODGE_HOST_SUSPEND)
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "mode: %u is not LODGE_HOST_DIRECT, _FRAME or "
                            "_SUSPEND",
                            mode);
    if (mode != LODGE_HOST_DIRECT && token > UINT32_MAX)
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "token: %llu does not fit in 32 bits, which is "
                            "all that a frame has room for",
                            (unsigned long long)token);
    return LODGE_OK;
}

lodge_status lodge_host_func(lodge_host host, const char *sig,
                             uint64_t sig_len, uint32_t mode, uint64_t token,
                             uint32_t *index, lodge_error *err)
{
    struct sig *parsed = NULL;
    struct host *rec;
    lodge_status st = check_mode(mode, token, err);

    if (st == LODGE_OK && !ptr_to_u32(index))
        st = error_refuse(err, LODGE_E_ARGUMENT,
                          "index: is NULL or not aligned");
    if (st == LODGE_OK)
        st = host_sig_parse(sig, sig_len, &parsed, err);
    if (st == LODGE_OK)
        st = host_lock(host, &rec, err);
    if (st != LODGE_OK) {
        alloc_free(parsed);
        return st;
    }
    st = func_add(rec, parsed, mode, token, index, err);
    handle_unlock(host.id);
    return st;
}

/* What an index names. */
static lodge_status entry_at(const struct host *host, uint32_t index,
                             struct host_entry **out, lodge_error *err)
{
    if (index >= host->nentries)
        return error_refuse(err, LODGE_E_NOT_FOUND,
                            "index: %u, the host module has made %u things",
                            index, host->nentries);
    *out = &host->entries[index];
    return LODGE_OK;
}

/* A function that no linker has yet. */
static lodge_status entry_open(const struct host *host, uint32_t index,
                               struct host_entry **out, lodge_error *err)
{
    lodge_status st = entry_at(host, index, out, err);

    if (st == LODGE_OK && !(*out)->func)
        return error_refuse(err, LODGE_E_STATE,
                            "index: %u is a %s, a function was expected",
                            index, store_kind_name((*out)->item->kind));
    if (st == LODGE_OK &&
        atomic_load_explicit(&(*out)->func->frozen, memory_order_relaxed))
        return error_refuse(err, LODGE_E_STATE,
                            "function %u is in a linker already and cannot "
                            "be changed; make a new one",
                            index);
    return st;
}

static lodge_status set_body(const struct host *host, uint32_t index,
                             lodge_direct_fn fn, lodge_error *err)
{
    struct host_entry *entry;
    lodge_status st = entry_open(host, index, &entry, err);

    if (st != LODGE_OK)
        return st;
    if (entry->func->mode != LODGE_HOST_DIRECT)
        return error_refuse(err, LODGE_E_STATE,
                            "function %u is not of mode LODGE_HOST_DIRECT",
                            index);
    entry->func->fn = fn;
    return LODGE_OK;
}

lodge_status lodge_host_direct(lodge_host host, uint32_t index,
                               lodge_direct_fn fn, lodge_error *err)
{
    struct host *rec;
    lodge_status st;

    if (!fn)
        return error_refuse(err, LODGE_E_ARGUMENT, "fn: is NULL");
    st = host_lock(host, &rec, err);
    if (st != LODGE_OK)
        return st;
    st = set_body(rec, index, fn, err);
    handle_unlock(host.id);
    return st;
}

/* ---- memories, tables, globals, tags ---------------------------------- */

/* What an item is described by. */
struct item_plan {
    uint32_t kind;
    struct type_limits type;
    const uint64_t *value; /* globals */
    struct sig *sig;       /* tags; owned */
    struct shared *shared; /* shared memories; a reference */
};

static lodge_status add_item(struct host *host, struct item_plan *plan,
                             uint32_t *index, lodge_error *err)
{
    struct host_entry *entry = NULL;
    lodge_status st = LODGE_OK;

    if (plan->type.shared && !plan->shared)
        st = shared_make(host->eng, &plan->type, &plan->shared, err);
    if (st == LODGE_OK)
        st = entry_new(host, &entry, err);
    if (st != LODGE_OK)
        return st;
    st = host_item_new(host->eng, plan->kind, &plan->type, plan->value,
                       plan->sig, plan->shared, &entry->item, err);
    plan->sig = NULL;
    plan->shared = NULL;
    if (st == LODGE_OK)
        *index = host->nentries++;
    return st;
}

/* `st`: whether the type could be read. */
static lodge_status item_make(lodge_status st, lodge_host host,
                              struct item_plan *plan, uint32_t *index,
                              lodge_error *err)
{
    struct host *rec;

    if (st == LODGE_OK && !ptr_to_u32(index))
        st = error_refuse(err, LODGE_E_ARGUMENT,
                          "index: is NULL or not aligned");
    if (st == LODGE_OK)
        st = host_lock(host, &rec, err);
    if (st == LODGE_OK) {
        st = add_item(rec, plan, index, err);
        handle_unlock(host.id);
    }
    type_sig_free(plan->sig);
    shared_unref(plan->shared);
    return st;
}

lodge_status lodge_host_memory(lodge_host host, const char *type,
                               uint64_t type_len, uint32_t *index,
                               lodge_error *err)
{
    struct item_plan plan = {.kind = LODGE_KIND_MEMORY};
    lodge_status st = type_memory_parse(type, type_len, &plan.type, err);

    return item_make(st, host, &plan, index, err);
}

static lodge_status add_shared(struct host *host, struct shared *sh,
                               uint32_t *index, lodge_error *err)
{
    struct item_plan plan = {.kind = LODGE_KIND_MEMORY};
    lodge_status st;

    if (host->eng != sh->eng)
        return error_refuse(err, LODGE_E_FOREIGN,
                            "the shared memory belongs to another engine "
                            "than the host module");
    plan.type = sh->type;
    plan.shared = shared_ref(sh);
    st = add_item(host, &plan, index, err);
    shared_unref(plan.shared);
    return st;
}

lodge_status lodge_host_shared_memory(lodge_host host,
                                      lodge_shared_memory memory,
                                      uint32_t *index, lodge_error *err)
{
    struct shared_handle *handle;
    struct host *rec;
    lodge_status st;

    if (!ptr_to_u32(index))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "index: is NULL or not aligned");
    st = shared_pin(memory, &handle, err);
    if (st != LODGE_OK)
        return st;
    st = host_lock(host, &rec, err);
    if (st == LODGE_OK) {
        st = add_shared(rec, handle->sh, index, err);
        handle_unlock(host.id);
    }
    handle_unpin(memory.id);
    return st;
}

lodge_status lodge_host_table(lodge_host host, const char *type,
                              uint64_t type_len, uint32_t *index,
                              lodge_error *err)
{
    struct item_plan plan = {.kind = LODGE_KIND_TABLE};
    lodge_status st = type_table_parse(type, type_len, &plan.type, err);

    return item_make(st, host, &plan, index, err);
}

lodge_status lodge_host_global(lodge_host host, const char *type,
                               uint64_t type_len, const uint64_t *slots,
                               uint32_t *index, lodge_error *err)
{
    struct item_plan plan = {.kind = LODGE_KIND_GLOBAL, .value = slots};
    lodge_status st;

    if (!ptr_to_u64(slots))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "slots: is NULL or not aligned");
    st = type_global_parse(type, type_len, &plan.type, err);
    if (st == LODGE_OK && plan.type.code >= LODGE_TYPE_FUNCREF && slots[0])
        st = error_refuse(err, LODGE_E_ARGUMENT,
                          "slots: a reference belongs to a store, the global "
                          "of a host module to none: begin with 0");
    return item_make(st, host, &plan, index, err);
}

lodge_status lodge_host_tag(lodge_host host, const char *type,
                            uint64_t type_len, uint32_t *index,
                            lodge_error *err)
{
    struct item_plan plan = {.kind = LODGE_KIND_TAG};
    lodge_status st = tag_parse(type, type_len, &plan.sig, err);

    return item_make(st, host, &plan, index, err);
}

/* ---- descriptions ----------------------------------------------------- */

static uint32_t count_lines(const char *ptr, uint64_t len)
{
    uint32_t n = len > 0;

    while (len-- > 0)
        n += *ptr++ == '\n';
    return n;
}

static lodge_status check_names(const struct host_entry *entry, uint32_t index,
                                uint32_t what, const char *ptr, uint64_t len,
                                lodge_error *err)
{
    const struct sig *sig = entry->func->sig;
    int params = what == LODGE_HOST_PARAM_NAMES;
    uint32_t need = params ? sig->nparams : sig->nresults;
    uint32_t found = count_lines(ptr, len);

    if (len == 0 || found == need)
        return LODGE_OK;
    return error_refuse(err, LODGE_E_ARGUMENT,
                        "function %u: %u names for %u %s", index, found, need,
                        params ? "parameters" : "results");
}

/* The place of a description. */
static char **field_of(struct host_entry *entry, uint32_t what)
{
    switch (what) {
    case LODGE_HOST_TRACE_NAME:
        return &entry->func->trace;
    case LODGE_HOST_PARAM_NAMES:
        return &entry->params;
    default:
        return &entry->results;
    }
}

static lodge_status describe(const struct host *host, uint32_t index,
                             uint32_t what, const char *ptr, uint64_t len,
                             lodge_error *err)
{
    struct host_entry *entry;
    char *copy = NULL, **field;
    lodge_status st = entry_open(host, index, &entry, err);

    if (st == LODGE_OK && what != LODGE_HOST_TRACE_NAME)
        st = check_names(entry, index, what, ptr, len, err);
    if (st != LODGE_OK)
        return st;
    if (len) {
        copy = alloc_copy(ptr, len);
        if (!copy)
            return error_memory(err);
    }
    field = field_of(entry, what);
    alloc_free(*field);
    *field = copy;
    return LODGE_OK;
}

lodge_status lodge_host_describe(lodge_host host, uint32_t index,
                                 uint32_t what, const char *ptr, uint64_t len,
                                 lodge_error *err)
{
    struct host *rec;
    lodge_status st = text_check(ptr, len, "ptr", err);

    if (st == LODGE_OK && len && memchr(ptr, 0, len))
        st = error_refuse(err, LODGE_E_ARGUMENT, "ptr: contains NUL");
    if (st == LODGE_OK &&
        (what < LODGE_HOST_TRACE_NAME || what > LODGE_HOST_RESULT_NAMES))
        st = error_refuse(err, LODGE_E_ARGUMENT,
                          "what: %u is not LODGE_HOST_TRACE_NAME, "
                          "_PARAM_NAMES or _RESULT_NAMES",
                          what);
    if (st == LODGE_OK)
        st = host_lock(host, &rec, err);
    if (st != LODGE_OK)
        return st;
    st = describe(rec, index, what, ptr, len, err);
    handle_unlock(host.id);
    return st;
}

/* ---- exports ---------------------------------------------------------- */

static struct host_export *export_find(const struct host *host,
                                       const char *name, uint64_t len)
{
    uint32_t i;

    for (i = 0; i < host->nexports; i++)
        if (host->exports[i].len == len &&
            memcmp(host->exports[i].name, name, len) == 0)
            return &host->exports[i];
    return NULL;
}

static lodge_status export_add(struct host *host, uint32_t index,
                               const char *name, uint64_t len,
                               lodge_error *err)
{
    uint32_t cap = host->exports_cap ? host->exports_cap * 2 : 8;
    struct host_export *more;
    char *copy;

    if (host->nexports == host->exports_cap) {
        more = alloc_grow(host->exports, host->exports_cap, cap, sizeof *more);
        if (!more)
            return error_memory(err);
        host->exports = more;
        host->exports_cap = cap;
    }
    copy = alloc_copy(name, len);
    if (!copy)
        return error_memory(err);
    host->exports[host->nexports++] = (struct host_export){copy, len, index};
    return LODGE_OK;
}

lodge_status lodge_host_export(lodge_host host, uint32_t index,
                               const char *name, uint64_t name_len,
                               lodge_error *err)
{
    struct host_export *old;
    struct host_entry *entry;
    struct host *rec;
    lodge_status st = text_check(name, name_len, "name", err);

    if (st == LODGE_OK)
        st = host_lock(host, &rec, err);
    if (st != LODGE_OK)
        return st;
    st = entry_at(rec, index, &entry, err);
    if (st == LODGE_OK) {
        old = export_find(rec, name, name_len);
        if (old)
            old->entry = index;
        else
            st = export_add(rec, index, name, name_len, err);
    }
    handle_unlock(host.id);
    return st;
}

/* ---- into linkers ----------------------------------------------------- */

/* Puts the function's name in front of what went wrong with it. */
static lodge_status refuse_export(const struct host *host,
                                  const struct host_export *exp,
                                  lodge_status st, const char *why,
                                  lodge_error *err)
{
    char module[80], name[80];

    error_quote(module, sizeof module, host->name, host->name_len);
    error_quote(name, sizeof name, exp->name, exp->len);
    return error_refuse(err, st, "host export %s.%s: %s", module, name, why);
}

static lodge_status define_func(const struct host *host,
                                const struct host_export *exp,
                                struct host_func *hf, wasmtime_linker_t *raw,
                                lodge_error *err)
{
    wasmtime_error_t *error;

    if (hf->mode == LODGE_HOST_DIRECT && !hf->fn)
        return error_refuse(err, LODGE_E_STATE,
                            "has no body (lodge_host_direct)");
    error =
        host_define(raw, host->name, host->name_len, exp->name, exp->len, hf);
    return error ? trap_translate(NULL, error, LODGE_E_LINK, err) : LODGE_OK;
}

static lodge_status define_export(const struct host *host,
                                  const struct host_export *exp,
                                  wasmtime_linker_t *raw,
                                  struct host_marks *marks, lodge_error *err)
{
    const struct host_entry *entry = &host->entries[exp->entry];
    lodge_error inner = LODGE_ERROR_INIT;
    lodge_status st;

    if (entry->func)
        st = define_func(host, exp, entry->func, raw, &inner);
    else
        st = host_mark_define(marks, entry->item, raw, host->name,
                              host->name_len, exp->name, exp->len, &inner);
    return st == LODGE_OK ? st
                          : refuse_export(host, exp, st, inner.message, err);
}

/* What the whole module must have. */
static lodge_status check_whole(const struct host *host, lodge_error *err)
{
    if (host->name_len == 0)
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "host: the host module's name is empty");
    return LODGE_OK;
}

static struct host_func *exported_func(const struct host *host, uint32_t i)
{
    return host->entries[host->exports[i].entry].func;
}

lodge_status host_module_define(const struct host *host,
                                wasmtime_linker_t *raw,
                                struct host_marks *marks, lodge_error *err)
{
    lodge_status st = check_whole(host, err);
    struct host_func *hf;
    uint32_t i;

    for (i = 0; i < host->nexports && st == LODGE_OK; i++)
        st = define_export(host, &host->exports[i], raw, marks, err);
    for (i = 0; i < host->nexports && st == LODGE_OK; i++) {
        hf = exported_func(host, i);
        if (hf)
            atomic_store_explicit(&hf->frozen, 1, memory_order_relaxed);
    }
    return st;
}

uint32_t host_module_suspends(const struct host *host)
{
    const struct host_func *hf;
    uint32_t i;

    for (i = 0; i < host->nexports; i++) {
        hf = exported_func(host, i);
        if (hf && hf->mode == LODGE_HOST_SUSPEND)
            return 1;
    }
    return 0;
}

/* ---- in a store ------------------------------------------------------- */

static lodge_status get_func(struct store *st, const struct host *host,
                             const struct host_export *exp,
                             struct host_func *hf, uint32_t *at,
                             lodge_error *err)
{
    wasmtime_linker_t *raw;
    wasmtime_extern_t ext;
    lodge_status rc;

    *at = host_made_find(st, hf->serial);
    if (*at)
        return LODGE_OK;
    raw = wasmtime_linker_new(host->eng->raw);
    rc = define_func(host, exp, hf, raw, err);
    if (rc == LODGE_OK &&
        wasmtime_linker_get(raw, st->ctx, host->name, host->name_len,
                            exp->name, exp->len, &ext)) {
        atomic_store_explicit(&hf->frozen, 1, memory_order_relaxed);
        st->suspends |= hf->mode == LODGE_HOST_SUSPEND;
        rc = store_item(st, LODGE_KIND_FUNC, &ext.of.func, at, err);
        if (rc == LODGE_OK)
            rc = host_made_add(st, hf->serial, *at, err);
    }
    wasmtime_linker_delete(raw);
    return rc;
}

static lodge_status get_export(struct store *st, const struct host *host,
                               const struct host_export *exp, uint32_t *at,
                               lodge_error *err)
{
    const struct host_entry *entry = &host->entries[exp->entry];
    lodge_error inner = LODGE_ERROR_INIT;
    lodge_status rc;

    if (entry->func)
        rc = get_func(st, host, exp, entry->func, at, &inner);
    else
        rc = host_item_in(st, entry->item, at, &inner);
    return rc == LODGE_OK ? rc
                          : refuse_export(host, exp, rc, inner.message, err);
}

static lodge_status get_in(const struct host *host, struct store *st,
                           const char *name, uint64_t name_len,
                           lodge_extern *out, lodge_error *err)
{
    const struct host_export *exp = export_find(host, name, name_len);
    char quoted[120];
    uint32_t at;
    lodge_status rc;

    if (st->eng != host->eng)
        return error_refuse(err, LODGE_E_FOREIGN,
                            "the store belongs to another engine");
    if (!exp) {
        error_quote(quoted, sizeof quoted, name, name_len);
        return error_refuse(err, LODGE_E_NOT_FOUND,
                            "the host module does not export %s", quoted);
    }
    rc = get_export(st, host, exp, &at, err);
    if (rc == LODGE_OK)
        *out = (lodge_extern){.kind = st->children[at].kind,
                              .id = store_child_id(st, at)};
    return rc;
}

lodge_status lodge_host_get(lodge_host host, lodge_store store,
                            const char *name, uint64_t name_len,
                            lodge_extern *out, lodge_error *err)
{
    struct store *st;
    void *obj;
    lodge_status rc = text_check(name, name_len, "name", err);

    if (rc == LODGE_OK && !ptr_to_u64(out))
        rc =
            error_refuse(err, LODGE_E_ARGUMENT, "out: is NULL or not aligned");
    if (rc == LODGE_OK)
        rc = handle_pin(host.id, LODGE_KIND_HOST, &obj, err);
    if (rc != LODGE_OK)
        return rc;
    rc = store_enter_own(store, &st, err);
    if (rc == LODGE_OK) {
        rc = get_in(obj, st, name, name_len, out, err);
        handle_leave(store.id);
    }
    handle_unpin(host.id);
    return rc;
}

/* ---- looking ---------------------------------------------------------- */

lodge_status lodge_host_count(lodge_host host, uint32_t *count,
                              lodge_error *err)
{
    void *obj;
    lodge_status st;

    if (!ptr_to_u32(count))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "count: is NULL or not aligned");
    st = handle_pin(host.id, LODGE_KIND_HOST, &obj, err);
    if (st != LODGE_OK)
        return st;
    *count = ((struct host *)obj)->nexports;
    handle_unpin(host.id);
    return LODGE_OK;
}

static void add_text(struct textbuf *out, const char *text)
{
    if (text)
        textbuf_add(out, text, strlen(text));
}

/* The trace name, or the name that was first exported. */
static void add_trace(const struct host *host, uint32_t entry,
                      struct textbuf *out)
{
    const struct host_func *hf = host->entries[entry].func;
    uint32_t i = 0;

    if (hf && hf->trace) {
        add_text(out, hf->trace);
        return;
    }
    while (host->exports[i].entry != entry)
        i++;
    textbuf_add(out, host->exports[i].name, host->exports[i].len);
}

static void add_type(const struct host_entry *entry, struct textbuf *out)
{
    if (entry->func)
        type_sig_text(entry->func->sig, out);
    else if (entry->item->sig)
        type_list_text(entry->item->sig, out);
    else
        type_item_text(entry->item->kind, &entry->item->type, out);
}

static void add_mode(const struct host_entry *entry, struct textbuf *out)
{
    static const char *const modes[] = {"direct", "frame", "suspend"};

    if (entry->func)
        add_text(out, modes[entry->func->mode]);
}

static uint32_t kind_of(const struct host_entry *entry)
{
    return entry->func ? LODGE_KIND_FUNC : entry->item->kind;
}

static lodge_status item_text(const struct host *host,
                              const struct host_export *exp, uint32_t what,
                              struct textbuf *out, lodge_error *err)
{
    const struct host_entry *entry = &host->entries[exp->entry];

    switch (what) {
    case LODGE_HOST_TRACE_NAME:
        add_trace(host, exp->entry, out);
        break;
    case LODGE_HOST_PARAM_NAMES:
        add_text(out, entry->params);
        break;
    case LODGE_HOST_RESULT_NAMES:
        add_text(out, entry->results);
        break;
    case LODGE_HOST_EXPORT_NAME:
        textbuf_add(out, exp->name, exp->len);
        break;
    case LODGE_HOST_MODULE_NAME:
        textbuf_add(out, host->name, host->name_len);
        break;
    case LODGE_HOST_TYPE:
        add_type(entry, out);
        break;
    case LODGE_HOST_MODE:
        add_mode(entry, out);
        break;
    case LODGE_HOST_INDEX:
        textbuf_printf(out, "%u", exp->entry);
        break;
    case LODGE_HOST_KIND:
        add_text(out, store_kind_name(kind_of(entry)));
        break;
    default:
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "what: %u is not LODGE_HOST_*", what);
    }
    return out->failed ? error_memory(err) : LODGE_OK;
}

lodge_status lodge_host_item(lodge_host host, uint32_t index, uint32_t what,
                             char *buf, uint64_t cap, uint64_t *len,
                             lodge_error *err)
{
    struct textbuf text = {0};
    struct host *rec;
    void *obj;
    lodge_status st = handle_pin(host.id, LODGE_KIND_HOST, &obj, err);

    if (st != LODGE_OK)
        return st;
    rec = obj;
    if (index >= rec->nexports)
        st = error_refuse(err, LODGE_E_NOT_FOUND,
                          "index: %u, the host module has %u exports", index,
                          rec->nexports);
    else
        st = item_text(rec, &rec->exports[index], what, &text, err);
    if (st == LODGE_OK)
        st = text_out(text.ptr, text.len, buf, cap, len, err);
    textbuf_free(&text);
    handle_unpin(host.id);
    return st;
}

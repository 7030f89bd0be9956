/* host_module.c - host modules: functions built, named and looked at.
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
    for (i = 0; i < host->nfuncs; i++) {
        host_func_unref(host->funcs[i].func);
        alloc_free(host->funcs[i].params);
        alloc_free(host->funcs[i].results);
    }
    alloc_free(host->exports);
    alloc_free(host->funcs);
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

    if (st == LODGE_OK && !out)
        st = error_refuse(err, LODGE_E_ARGUMENT, "out: is NULL");
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
    uint32_t cap = host->funcs_cap ? host->funcs_cap * 2 : 8;
    struct host_entry *more;

    if (host->nfuncs == host->funcs_cap) {
        more = alloc_grow(host->funcs, host->funcs_cap, cap, sizeof *more);
        if (!more)
            return error_memory(err);
        host->funcs = more;
        host->funcs_cap = cap;
    }
    *out = &host->funcs[host->nfuncs];
    return LODGE_OK;
}

/* Takes over the signature. */
static lodge_status func_add(struct host *host, struct sig *sig, uint32_t mode,
                             uint64_t token, uint32_t *index, lodge_error *err)
{
    struct host_entry *entry = NULL;
    lodge_status st = entry_new(host, &entry, err);

    if (st != LODGE_OK) {
        alloc_free(sig);
        return st;
    }
    st = host_func_new(host->eng, sig, mode, token, &entry->func, err);
    if (st == LODGE_OK)
        *index = host->nfuncs++;
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

    if (st == LODGE_OK && !index)
        st = error_refuse(err, LODGE_E_ARGUMENT, "index: is NULL");
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

/* A function for an index. */
static lodge_status entry_at(const struct host *host, uint32_t index,
                             struct host_entry **out, lodge_error *err)
{
    if (index >= host->nfuncs)
        return error_refuse(err, LODGE_E_NOT_FOUND,
                            "index: %u, the host module has %u functions",
                            index, host->nfuncs);
    *out = &host->funcs[index];
    return LODGE_OK;
}

/* A function that no linker has yet. */
static lodge_status entry_open(const struct host *host, uint32_t index,
                               struct host_entry **out, lodge_error *err)
{
    lodge_status st = entry_at(host, index, out, err);

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
            old->func = index;
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
    return error_refuse(err, st, "host function %s.%s: %s", module, name, why);
}

static lodge_status define_export(const struct host *host,
                                  const struct host_export *exp,
                                  wasmtime_linker_t *raw, lodge_error *err)
{
    struct host_func *hf = host->funcs[exp->func].func;
    lodge_error inner = LODGE_ERROR_INIT;
    wasmtime_error_t *error;
    lodge_status st;

    if (hf->mode == LODGE_HOST_DIRECT && !hf->fn)
        return refuse_export(host, exp, LODGE_E_STATE,
                             "has no body (lodge_host_direct)", err);
    error =
        host_define(raw, host->name, host->name_len, exp->name, exp->len, hf);
    if (!error)
        return LODGE_OK;
    st = trap_translate(NULL, error, LODGE_E_LINK, &inner);
    return refuse_export(host, exp, st, inner.message, err);
}

/* What the whole module must have. */
static lodge_status check_whole(const struct host *host, lodge_error *err)
{
    if (host->name_len == 0)
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "host: the host module's name is empty");
    return LODGE_OK;
}

lodge_status host_module_define(const struct host *host,
                                wasmtime_linker_t *raw, lodge_error *err)
{
    lodge_status st = check_whole(host, err);
    uint32_t i;

    for (i = 0; i < host->nexports && st == LODGE_OK; i++)
        st = define_export(host, &host->exports[i], raw, err);
    for (i = 0; i < host->nexports && st == LODGE_OK; i++)
        atomic_store_explicit(&host->funcs[host->exports[i].func].func->frozen,
                              1, memory_order_relaxed);
    return st;
}

uint32_t host_module_suspends(const struct host *host)
{
    uint32_t i;

    for (i = 0; i < host->nexports; i++)
        if (host->funcs[host->exports[i].func].func->mode ==
            LODGE_HOST_SUSPEND)
            return 1;
    return 0;
}

/* ---- looking ---------------------------------------------------------- */

lodge_status lodge_host_count(lodge_host host, uint32_t *count,
                              lodge_error *err)
{
    void *obj;
    lodge_status st;

    if (!count)
        return error_refuse(err, LODGE_E_ARGUMENT, "count: is NULL");
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
static void add_trace(const struct host *host, uint32_t func,
                      struct textbuf *out)
{
    uint32_t i = 0;

    if (host->funcs[func].func->trace) {
        add_text(out, host->funcs[func].func->trace);
        return;
    }
    while (host->exports[i].func != func)
        i++;
    textbuf_add(out, host->exports[i].name, host->exports[i].len);
}

static lodge_status item_text(const struct host *host,
                              const struct host_export *exp, uint32_t what,
                              struct textbuf *out, lodge_error *err)
{
    static const char *const modes[] = {"direct", "frame", "suspend"};
    const struct host_entry *entry = &host->funcs[exp->func];

    switch (what) {
    case LODGE_HOST_TRACE_NAME:
        add_trace(host, exp->func, out);
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
        type_sig_text(entry->func->sig, out);
        break;
    case LODGE_HOST_MODE:
        add_text(out, modes[entry->func->mode]);
        break;
    case LODGE_HOST_FUNC:
        textbuf_printf(out, "%u", exp->func);
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

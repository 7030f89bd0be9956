/* trap.c - failures: what Wasmtime reports, as status, message and report.
 * It must not know what was being done.
 */
#include <string.h>

#include "rooms.h"

enum { REPORTS_MAX = 256 };

/* ---- reports ---------------------------------------------------------- */

struct report {
    struct lodge_wt_trace trace;
    struct engine *eng; /* a reference, or NULL */
};

static _Atomic uint32_t reports;

static void report_destroy(void *obj)
{
    struct report *rep = obj;

    lodge_wt_trace_free(&rep->trace);
    engine_unref(rep->eng);
    alloc_free(rep);
    atomic_fetch_sub_explicit(&reports, 1, memory_order_relaxed);
}

/* The id of a report, or 0 where there is no room for one. */
static uint64_t report_make(const wasmtime_error_t *error, struct engine *eng)
{
    struct report *rep;
    uint64_t id = 0;

    if (atomic_fetch_add_explicit(&reports, 1, memory_order_relaxed) >=
        REPORTS_MAX) {
        atomic_fetch_sub_explicit(&reports, 1, memory_order_relaxed);
        return 0;
    }
    rep = alloc_zero(sizeof *rep);
    if (!rep) {
        atomic_fetch_sub_explicit(&reports, 1, memory_order_relaxed);
        return 0;
    }
    lodge_wt_trace_new(error, &rep->trace);
    rep->eng = eng;
    if (eng)
        engine_ref(eng);
    if (handle_new(LODGE_KIND_REPORT, rep, report_destroy, eng, &id, NULL) !=
        LODGE_OK)
        report_destroy(rep);
    return id;
}

lodge_status lodge_report_close(lodge_report report)
{
    handle_close(report.id, LODGE_KIND_REPORT);
    return LODGE_OK;
}

/* ---- translating ------------------------------------------------------ */

/* Whose limit refused a growth. */
static const char *limit_name(uint64_t limit)
{
    switch (limit) {
    case LODGE_LIMIT_STORE_MEMORY:
        return "the store's LODGE_STORE_MEMORY_LIMIT";
    case LODGE_LIMIT_STORE_TABLE:
        return "the store's LODGE_STORE_TABLE_LIMIT";
    case LODGE_LIMIT_BUDGET_MEMORY:
        return "the LODGE_BUDGET_MEMORY of the store's budget";
    case LODGE_LIMIT_BUDGET_TABLE:
        return "the LODGE_BUDGET_TABLE of the store's budget";
    default:
        return NULL;
    }
}

static void write_message(const wasmtime_error_t *error,
                          const struct lodge_wt_error_info *info,
                          lodge_status status, lodge_error *err)
{
    const char *limit = info->growth ? limit_name(info->detail) : NULL;
    struct textbuf whole = {0};
    uint8_t *text;
    size_t len;

    lodge_wt_error_text(error, &text, &len);
    if (limit) {
        textbuf_add(&whole, text, len);
        textbuf_printf(&whole, ": %s is reached", limit);
    }
    if (limit && !whole.failed)
        error_set(err, status, whole.ptr, whole.len);
    else
        error_set(err, status, (const char *)text, len);
    textbuf_free(&whole);
    lodge_wt_bytes_free(text, len);
}

static void write_record(const wasmtime_error_t *error,
                         const struct lodge_wt_error_info *info,
                         lodge_status status, struct engine *eng,
                         lodge_error *err)
{
    if (!error_wanted(err))
        return;
    write_message(error, info, status, err);
    err->trap = info->trap;
    err->exit_code = info->exit_code;
    err->payload = info->payload;
    err->detail = info->detail;
    if (err->flags & LODGE_ERROR_REPORT)
        err->report = report_make(error, eng);
}

/* The exception that nobody caught: its ref, if the record asks for one. */
static uint64_t take_thrown(struct store *st, wasmtime_error_t *error,
                            const lodge_error *err)
{
    int want = error_wanted(err) && (err->flags & LODGE_ERROR_EXCEPTION);
    wasmtime_error_t *failed;
    uint32_t number = 0;

    failed = lodge_wt_thrown_take(st->ctx, error, want, &number);
    if (failed)
        wasmtime_error_delete(failed);
    return number ? st->id | number : 0;
}

lodge_status trap_translate(struct store *st, wasmtime_error_t *error,
                            lodge_status otherwise, lodge_error *err)
{
    struct lodge_wt_error_info info;
    lodge_status status;

    lodge_wt_error_info(error, &info);
    if (st && info.growth)
        info.detail = st->link.refused;
    status = info.status ? info.status : otherwise;
    if (st && status == LODGE_E_EXCEPTION)
        info.payload = take_thrown(st, error, err);
    write_record(error, &info, status, st ? st->eng : NULL, err);
    if (st && host_is_open(st))
        lodge_wt_failure_note(&st->link, error);
    if (st && status == LODGE_E_EXCEPTION)
        lodge_wt_thrown_drop(&st->link);
    if (st && info.panicked)
        st->odd |= ODD_POISONED;
    wasmtime_error_delete(error);
    return status;
}

/* ---- reading reports -------------------------------------------------- */

static lodge_status report_pin(lodge_report report, struct report **out,
                               lodge_error *err)
{
    void *obj;
    lodge_status st = handle_pin(report.id, LODGE_KIND_REPORT, &obj, err);

    if (st == LODGE_OK)
        *out = obj;
    return st;
}

lodge_status lodge_report_text(lodge_report report, char *buf, uint64_t cap,
                               uint64_t *len, lodge_error *err)
{
    struct report *rep;
    lodge_status st = report_pin(report, &rep, err);

    if (st != LODGE_OK)
        return st;
    st =
        text_out(rep->trace.text.ptr, rep->trace.text.len, buf, cap, len, err);
    handle_unpin(report.id);
    return st;
}

lodge_status lodge_report_frame_count(lodge_report report, uint32_t *count,
                                      lodge_error *err)
{
    struct report *rep;
    lodge_status st;

    if (!ptr_to_u32(count))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "count: is NULL or not aligned");
    st = report_pin(report, &rep, err);
    if (st != LODGE_OK)
        return st;
    *count = (uint32_t)rep->trace.frame_count;
    handle_unpin(report.id);
    return LODGE_OK;
}

static void number_text(uint64_t n, uint64_t unknown, struct textbuf *out)
{
    if (n != unknown)
        textbuf_printf(out, "%llu", (unsigned long long)n);
}

static lodge_status frame_text(const struct lodge_wt_frame *frame,
                               uint32_t what, struct textbuf *out,
                               lodge_error *err)
{
    switch (what) {
    case LODGE_REPORT_FUNC:
        textbuf_add(out, frame->func.ptr, frame->func.len);
        break;
    case LODGE_REPORT_MODULE:
        textbuf_add(out, frame->module.ptr, frame->module.len);
        break;
    case LODGE_REPORT_FUNC_INDEX:
        number_text(frame->func_index, UINT32_MAX, out);
        break;
    case LODGE_REPORT_FUNC_OFFSET:
        number_text(frame->func_offset, UINT64_MAX, out);
        break;
    case LODGE_REPORT_MODULE_OFFSET:
        number_text(frame->module_offset, UINT64_MAX, out);
        break;
    case LODGE_REPORT_FILE:
        textbuf_add(out, frame->file.ptr, frame->file.len);
        break;
    case LODGE_REPORT_LINE:
        number_text(frame->line, 0, out);
        break;
    default:
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "what: %u is not LODGE_REPORT_*", what);
    }
    return out->failed ? error_memory(err) : LODGE_OK;
}

lodge_status lodge_report_frame(lodge_report report, uint32_t index,
                                uint32_t what, char *buf, uint64_t cap,
                                uint64_t *len, lodge_error *err)
{
    struct textbuf text = {0};
    struct report *rep;
    lodge_status st = report_pin(report, &rep, err);

    if (st != LODGE_OK)
        return st;
    if (index >= rep->trace.frame_count)
        st = error_refuse(err, LODGE_E_NOT_FOUND, "index: %u is not below %zu",
                          index, rep->trace.frame_count);
    else
        st = frame_text(&rep->trace.frames[index], what, &text, err);
    if (st == LODGE_OK)
        st = text_out(text.ptr, text.len, buf, cap, len, err);
    textbuf_free(&text);
    handle_unpin(report.id);
    return st;
}

lodge_status lodge_report_cause_count(lodge_report report, uint32_t *count,
                                      lodge_error *err)
{
    struct report *rep;
    lodge_status st;

    if (!ptr_to_u32(count))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "count: is NULL or not aligned");
    st = report_pin(report, &rep, err);
    if (st != LODGE_OK)
        return st;
    *count = (uint32_t)rep->trace.cause_count;
    handle_unpin(report.id);
    return LODGE_OK;
}

lodge_status lodge_report_cause(lodge_report report, uint32_t index,
                                lodge_status *status, uint64_t *payload,
                                char *buf, uint64_t cap, uint64_t *len,
                                lodge_error *err)
{
    const struct lodge_wt_cause *cause;
    struct report *rep;
    lodge_status st;

    if (!null_or_u32(status) || !null_or_u64(payload))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "status or payload: is not aligned");
    st = report_pin(report, &rep, err);
    if (st != LODGE_OK)
        return st;
    if (index >= rep->trace.cause_count) {
        st = error_refuse(err, LODGE_E_NOT_FOUND, "index: %u is not below %zu",
                          index, rep->trace.cause_count);
        goto out;
    }
    cause = &rep->trace.causes[index];
    st = text_out(cause->message.ptr, cause->message.len, buf, cap, len, err);
    if (st == LODGE_OK && status)
        *status = cause->status;
    if (st == LODGE_OK && payload)
        *payload = cause->payload;
out:
    handle_unpin(report.id);
    return st;
}

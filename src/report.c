/* report.c - failures in full: causes, backtrace, core dump.
 * It must not know what a status means.
 */
#include <stdio.h>

#include "rooms.h"

enum {
    REPORTS_MAX = 256,
    DUMPS_MAX = 256 << 20 /* bytes of all dumps at a time */
};

/* A core dump, or why there is none. */
struct dump {
    uint8_t *ptr; /* owned, Rust's */
    size_t len;
    lodge_status status;
    char why[160];
};

struct report {
    struct lodge_wt_trace trace;
    struct engine *eng; /* a reference, or NULL */
    struct dump dump;
};

static _Atomic uint32_t reports;
static _Atomic uint64_t dump_bytes;

/* ---- core dumps -------------------------------------------------------- */

static void dump_none(struct dump *dump, lodge_status status, const char *why)
{
    dump->status = status;
    snprintf(dump->why, sizeof dump->why, "%s", why);
}

static void dump_free(struct dump *dump)
{
    if (!dump->ptr)
        return;
    atomic_fetch_sub(&dump_bytes, dump->len);
    lodge_wt_bytes_free(dump->ptr, dump->len);
    dump->ptr = NULL;
}

/* All dumps together have their limit too. */
static void dump_count(struct dump *dump)
{
    uint64_t before = atomic_fetch_add(&dump_bytes, dump->len);

    if (before + dump->len <= DUMPS_MAX)
        return;
    dump_free(dump);
    dump_none(dump, LODGE_E_LIMIT,
              "core dump: those of open reports have 256 MiB already");
}

static void dump_failed(struct dump *dump, wasmtime_error_t *error)
{
    struct lodge_wt_error_info info;
    lodge_error err = LODGE_ERROR_INIT;
    uint8_t *text;
    size_t len;

    lodge_wt_error_info(error, &info);
    lodge_wt_error_text(error, &text, &len);
    error_set(&err, info.status ? info.status : LODGE_E_UNSUPPORTED,
              (const char *)text, len);
    dump_none(dump, err.status, err.message);
    lodge_wt_bytes_free(text, len);
    wasmtime_error_delete(error);
}

static void dump_make(struct dump *dump, const wasmtime_error_t *error,
                      struct store *st, lodge_status status)
{
    wasmtime_error_t *failed;
    int32_t found = 0;

    if (!st->eng->set.value[LODGE_CONFIG_CORE_DUMP]) {
        dump_none(dump, LODGE_E_STATE, "core dump: needs core-dump=on");
        return;
    }
    if (status == LODGE_E_EXIT) {
        dump_none(dump, LODGE_E_NOT_FOUND,
                  "core dump: the guest ended by itself");
        return;
    }
    failed = lodge_wt_dump(st->ctx, error,
                           st->eng->set.value[LODGE_CONFIG_CORE_DUMP_LIMIT],
                           &found, &dump->ptr, &dump->len);
    if (failed)
        dump_failed(dump, failed);
    else if (found)
        dump_count(dump);
    else
        dump_none(dump, LODGE_E_NOT_FOUND,
                  "core dump: the failure was not one of a guest");
}

/* ---- making and closing ------------------------------------------------ */

static void report_destroy(void *obj)
{
    struct report *rep = obj;

    dump_free(&rep->dump);
    lodge_wt_trace_free(&rep->trace);
    engine_unref(rep->eng);
    alloc_free(rep);
    atomic_fetch_sub_explicit(&reports, 1, memory_order_relaxed);
}

static void report_fill(struct report *rep, const wasmtime_error_t *error,
                        struct store *st, lodge_status status, uint32_t flags)
{
    lodge_wt_trace_new(error, &rep->trace);
    if (!(flags & LODGE_ERROR_CORE_DUMP))
        dump_none(&rep->dump, LODGE_E_NOT_FOUND,
                  "core dump: LODGE_ERROR_CORE_DUMP did not ask for one");
    else if (st)
        dump_make(&rep->dump, error, st, status);
    else
        dump_none(&rep->dump, LODGE_E_NOT_FOUND,
                  "core dump: the failure was not one of a guest");
}

uint64_t report_make(const wasmtime_error_t *error, struct store *st,
                     lodge_status status, uint32_t flags)
{
    struct engine *eng = st ? st->eng : NULL;
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
    report_fill(rep, error, st, status, flags);
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

/* ---- reading ------------------------------------------------------------ */

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
    case LODGE_REPORT_INLINED:
        textbuf_add(out, frame->inlined.ptr, frame->inlined.len);
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

lodge_status lodge_report_core_dump(lodge_report report, uint8_t *buf,
                                    uint64_t cap, uint64_t *len,
                                    lodge_error *err)
{
    struct report *rep;
    lodge_status st = report_pin(report, &rep, err);

    if (st != LODGE_OK)
        return st;
    if (rep->dump.status != LODGE_OK)
        st = error_refuse(err, rep->dump.status, "%s", rep->dump.why);
    else
        st =
            text_out(rep->dump.ptr, rep->dump.len, (char *)buf, cap, len, err);
    handle_unpin(report.id);
    return st;
}

/* trap.c - failures: what Wasmtime reports, as status and message.
 * It must not know what was being done.
 */
#include <string.h>

#include "rooms.h"

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
                         lodge_status status, struct store *st,
                         lodge_error *err)
{
    if (!error_wanted(err))
        return;
    write_message(error, info, status, err);
    err->trap = info->trap;
    err->exit_code = info->exit_code;
    err->payload = info->payload;
    err->detail = info->detail;
    if (err->flags & (LODGE_ERROR_REPORT | LODGE_ERROR_CORE_DUMP))
        err->report = report_make(error, st, status, err->flags);
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
    write_record(error, &info, status, st, err);
    if (st && host_is_open(st))
        lodge_wt_failure_note(&st->link, error);
    if (st && status == LODGE_E_EXCEPTION)
        lodge_wt_thrown_drop(&st->link);
    if (st && info.panicked)
        st->odd |= ODD_POISONED;
    wasmtime_error_delete(error);
    return status;
}

/* text.c - text and bytes as they cross the border, and growing text.
 * It must not know what a text says. */
#include "text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "alloc.h"
#include "error.h"
#include "pointer.h"
#include "utf8.h"

/* Bytes before the first one that is not UTF-8; `len` if all is well. */
static size_t good_prefix(const unsigned char *ptr, size_t len)
{
    const uint64_t high = UINT64_C(0x8080808080808080);
    size_t at = 0, used;
    uint64_t word;
    uint32_t code;

    while (at < len) {
        while (len - at >= sizeof word) {
            memcpy(&word, ptr + at, sizeof word);
            if (word & high)
                break;
            at += sizeof word;
        }
        if (at == len)
            break;
        used = utf8_next(ptr + at, len - at, &code);
        if (used == 0)
            break;
        at += used;
    }
    return at;
}

int text_is_utf8(const void *ptr, uint64_t len)
{
    if (len > SIZE_MAX)
        return 0;
    return good_prefix(ptr, (size_t)len) == len;
}

static lodge_status check_size(const void *ptr, uint64_t len, uint64_t most,
                               const char *what, lodge_error *err)
{
    if (!ptr && len > 0)
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "%s: pointer is NULL but length is %" PRIu64, what,
                            len);
    if (len > most)
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "%s: length %" PRIu64 " is over the limit of "
                            "%" PRIu64,
                            what, len, most);
    return LODGE_OK;
}

lodge_status bytes_check(const void *ptr, uint64_t len, const char *what,
                         lodge_error *err)
{
    return check_size(ptr, len, PTRDIFF_MAX, what, err);
}

lodge_status text_check(const void *ptr, uint64_t len, const char *what,
                        lodge_error *err)
{
    lodge_status st = check_size(ptr, len, INT32_MAX, what, err);
    size_t good;

    if (st != LODGE_OK)
        return st;
    good = good_prefix(ptr, (size_t)len);
    if (good < len)
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "%s: not UTF-8 at byte %zu (0x%02x)", what, good,
                            (unsigned)((const unsigned char *)ptr)[good]);
    return LODGE_OK;
}

/* Asking for the size is no mistake, so this does not go through
 * error_refuse. */
static lodge_status too_small(uint64_t n, uint64_t cap, lodge_error *err)
{
    char text[96];
    int len;

    len = snprintf(text, sizeof text,
                   "buffer holds %" PRIu64 " bytes, %" PRIu64 " are needed",
                   cap, n);
    return error_set(err, LODGE_E_BUFFER, text, len > 0 ? (size_t)len : 0);
}

lodge_status text_out(const void *src, uint64_t n, char *buf, uint64_t cap,
                      uint64_t *len, lodge_error *err)
{
    if (!null_or_u64(len))
        return error_refuse(err, LODGE_E_ARGUMENT, "len: is not aligned");
    if (len)
        *len = n;
    if (!buf && cap > 0)
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "buffer is NULL but its size is %" PRIu64, cap);
    if (n > cap)
        return too_small(n, cap, err);
    if (n > 0)
        memcpy(buf, src, (size_t)n);
    return LODGE_OK;
}

/* Room for `more` bytes and a NUL; 0 if that cannot be had. */
static int reserve(struct textbuf *buf, size_t more)
{
    size_t need, cap;
    char *grown;

    if (buf->failed)
        return 0;
    if (more > PTRDIFF_MAX - buf->len - 1) {
        buf->failed = 1;
        return 0;
    }
    need = buf->len + more + 1;
    if (need <= buf->cap)
        return 1;
    cap = buf->cap < 64 ? 64 : buf->cap + buf->cap / 2;
    if (cap < need)
        cap = need;
    grown = alloc_grow(buf->ptr, buf->cap, cap, 1);
    if (!grown) {
        buf->failed = 1;
        return 0;
    }
    buf->ptr = grown;
    buf->cap = cap;
    return 1;
}

void textbuf_add(struct textbuf *buf, const void *ptr, size_t len)
{
    if (!reserve(buf, len))
        return;
    if (len)
        memcpy(buf->ptr + buf->len, ptr, len);
    buf->len += len;
    buf->ptr[buf->len] = '\0';
}

void textbuf_printf(struct textbuf *buf, const char *fmt, ...)
{
    va_list args;
    int len;

    va_start(args, fmt);
    len = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (len < 0)
        buf->failed = 1;
    if (len < 0 || !reserve(buf, (size_t)len))
        return;

    va_start(args, fmt);
    vsnprintf(buf->ptr + buf->len, (size_t)len + 1, fmt, args);
    va_end(args);
    buf->len += (size_t)len;
}

void textbuf_free(struct textbuf *buf)
{
    static const struct textbuf empty;

    alloc_free(buf->ptr);
    *buf = empty;
}

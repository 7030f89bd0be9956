/* error.c - writes the caller's error record.
 * It must not know where the record lives or who reads it. */
#include "error.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "pointer.h"
#include "utf8.h"

#define FIXED offsetof(lodge_error, message)

static_assert(FIXED == 48, "the record's layout is frozen");

static char *text_of(lodge_error *err)
{
    return (char *)err + FIXED;
}

/* Bytes for the message, its NUL included. The caller may have appended
 * more than the struct has: the head tells. */
static size_t room_of(const lodge_error *err)
{
    return (size_t)(err->head & 0xFFFF) - FIXED;
}

int error_wanted(const lodge_error *err)
{
    return ptr_to_u64(err) && (err->head & 0xFFFF0000u) == LODGE_ERROR_MAGIC &&
           (err->head & 0xFFFF) > FIXED;
}

static void begin(lodge_error *err, lodge_status st)
{
    err->status = st;
    err->trap = -1;
    err->exit_code = 0;
    err->payload = 0;
    err->report = 0;
    err->detail = 0;
}

/* `text` holds the first bytes of a message of `len` bytes in all. */
static void finish(lodge_error *err, size_t len)
{
    char *text = text_of(err);
    size_t room = room_of(err);

    err->message_len = len > UINT32_MAX ? UINT32_MAX : (uint32_t)len;
    if (len >= room)
        len = utf8_cut(text, room - 1);
    text[len] = '\0';
}

lodge_status error_refuse(lodge_error *err, lodge_status st, const char *fmt,
                          ...)
{
    va_list args;
    int len;

    if (!error_wanted(err))
        return st;
    begin(err, st);
    va_start(args, fmt);
    len = vsnprintf(text_of(err), room_of(err), fmt, args);
    va_end(args);
    finish(err, len > 0 ? (size_t)len : 0);
    return st;
}

lodge_status error_set(lodge_error *err, lodge_status st, const char *msg,
                       size_t len)
{
    size_t room;

    if (!error_wanted(err))
        return st;
    begin(err, st);
    room = room_of(err);
    if (len)
        memmove(text_of(err), msg, len < room ? len : room);
    finish(err, len);
    return st;
}

lodge_status error_memory(lodge_error *err)
{
    static const char text[] = "out of memory";

    return error_set(err, LODGE_E_MEMORY, text, sizeof text - 1);
}

/* Characters that would hide or reorder the text around them. */
static int is_hidden(uint32_t code)
{
    return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0xAD ||
           (code >= 0x200B && code <= 0x200F) ||
           (code >= 0x2028 && code <= 0x202E) ||
           (code >= 0x2060 && code <= 0x206F) || code == 0xFEFF ||
           (code >= 0xFFF9 && code <= 0xFFFB) || code >= 0xE0000;
}

/* One character as it may be shown; returns the source bytes it stands for
 * and leaves the text, at most 10 bytes, in `out`. */
static size_t show(char out[16], const unsigned char *ptr, size_t len)
{
    static const char special[] = "\"\\\n\r\t", letters[] = "\"\\nrt";
    uint32_t code = 0;
    size_t used = utf8_next(ptr, len, &code);
    const char *named;

    if (used == 0) {
        snprintf(out, 16, "\\x%02x", (unsigned)ptr[0]);
        return 1;
    }
    named = code < 0x80 ? memchr(special, (int)code, 5) : NULL;
    if (named)
        snprintf(out, 16, "\\%c", letters[named - special]);
    else if (is_hidden(code))
        snprintf(out, 16, "\\u{%x}", (unsigned)code);
    else {
        memcpy(out, ptr, used);
        out[used] = '\0';
    }
    return used;
}

void error_quote(char *buf, size_t cap, const void *ptr, size_t len)
{
    static const char cut[] = "\xE2\x80\xA6\"";
    const unsigned char *from = ptr;
    size_t at = 1, fits = 1, done = 0, used, size;
    char one[16];

    if (cap > 0)
        buf[0] = '\0';
    if (cap < 1 + sizeof cut)
        return; /* not even a quote and the ending */

    buf[0] = '"';
    while (done < len) {
        used = show(one, from + done, len - done);
        size = strlen(one);
        if (at + size + 2 > cap) {
            memcpy(buf + fits, cut, sizeof cut);
            return;
        }
        memcpy(buf + at, one, size);
        at += size;
        done += used;
        if (at + sizeof cut <= cap)
            fits = at; /* the last place where the ending still fits */
    }
    memcpy(buf + at, "\"", 2);
}

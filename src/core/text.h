/* text.h - text and bytes as they cross the border, and growing text.
 * It must not know what a text says. */
#ifndef LODGE_CORE_TEXT_H
#define LODGE_CORE_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "lodge.h"

int text_is_utf8(const void *ptr, uint64_t len);

/* Whether (ptr, len) may come in; E_ARGUMENT names `what` if not. NULL is
 * fine with length 0. Text is UTF-8 and at most 2^31-1 bytes. */
lodge_status text_check(const void *ptr, uint64_t len, const char *what,
                        lodge_error *err);
lodge_status bytes_check(const void *ptr, uint64_t len, const char *what,
                         lodge_error *err);

/* Copies `n` bytes out. `*len` (if `len` is not NULL) becomes n in every
 * case. Too little room is E_BUFFER and leaves `buf` alone; so is the size
 * query, NULL with cap 0, unless n is 0. No NUL is added. */
lodge_status text_out(const void *src, uint64_t n, char *buf, uint64_t cap,
                      uint64_t *len, lodge_error *err);

/* Starts as {0}. `ptr` has a NUL behind its `len` bytes, or is NULL while
 * nothing was added. A failed growth sticks: test `failed` once, at the end.
 */
struct textbuf {
    char *ptr; /* owned */
    size_t len, cap;
    int failed;
};

void textbuf_add(struct textbuf *buf, const void *ptr, size_t len);
void textbuf_printf(struct textbuf *buf, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void textbuf_free(struct textbuf *buf); /* leaves {0} */

#endif

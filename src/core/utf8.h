/* utf8.h - one character of UTF-8 at a time.
 * It must not know where the bytes come from. */
#ifndef LODGE_CORE_UTF8_H
#define LODGE_CORE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Length of the well-formed character at `ptr` (1 to 4), its number in
 * `*code`; 0 if there is none in the `len` bytes. */
size_t utf8_next(const unsigned char *ptr, size_t len, uint32_t *code);

/* The longest prefix of `len` bytes that does not end inside a character. */
size_t utf8_cut(const char *ptr, size_t len);

#endif

/* utf8.c - one character of UTF-8 at a time.
 * It must not know where the bytes come from. */
#include "utf8.h"

/* Bytes that a first byte announces; 0 for one that cannot be first. */
static size_t announced(unsigned char first)
{
    if (first < 0x80)
        return 1;
    if (first < 0xC2)
        return 0;
    if (first < 0xE0)
        return 2;
    if (first < 0xF0)
        return 3;
    return first < 0xF5 ? 4 : 0;
}

static int is_tail(unsigned char byte)
{
    return (byte & 0xC0) == 0x80;
}

size_t utf8_next(const unsigned char *ptr, size_t len, uint32_t *code)
{
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    size_t need, i;
    uint32_t value;

    need = len ? announced(ptr[0]) : 0;
    if (need == 0 || need > len)
        return 0;
    value = need == 1 ? ptr[0] : ptr[0] & (0x7Fu >> need);
    for (i = 1; i < need; i++) {
        if (!is_tail(ptr[i]))
            return 0;
        value = value << 6 | (ptr[i] & 0x3Fu);
    }
    if (value < least[need] || value > 0x10FFFF)
        return 0;
    if (value >= 0xD800 && value < 0xE000)
        return 0; /* half of a UTF-16 pair */
    *code = value;
    return need;
}

size_t utf8_cut(const char *ptr, size_t len)
{
    size_t first = len, back;

    for (back = 1; back <= 4 && back <= len; back++) {
        first = len - back;
        if (!is_tail((unsigned char)ptr[first]))
            return announced((unsigned char)ptr[first]) > back ? first : len;
    }
    return len; /* no text at all: any place is as good */
}

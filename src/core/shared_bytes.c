/* shared_bytes.c - bytes that other threads read and write meanwhile.
 * It must not know whose they are.
 */
#include "shared_bytes.h"

#include <string.h>

/* Eight bytes of whatever type others see there. */
typedef uint64_t __attribute__((may_alias)) word;
enum { WORD = sizeof(word) };

static word load(const uint8_t *at)
{
    return __atomic_load_n((const word *)(const void *)at, __ATOMIC_RELAXED);
}

static void store(uint8_t *at, word value)
{
    __atomic_store_n((word *)(void *)at, value, __ATOMIC_RELAXED);
}

static uint8_t load_byte(const uint8_t *at)
{
    return __atomic_load_n(at, __ATOMIC_RELAXED);
}

static void store_byte(uint8_t *at, uint8_t value)
{
    __atomic_store_n(at, value, __ATOMIC_RELAXED);
}

/* Bytes up to the next whole word, at most `len`. */
static uint64_t until_word(const uint8_t *at, uint64_t len)
{
    uint64_t n = -(uintptr_t)at % WORD;

    return n < len ? n : len;
}

void shared_bytes_get(uint8_t *dst, const uint8_t *shared, uint64_t len)
{
    uint64_t head = until_word(shared, len);
    word w;

    for (len -= head; head > 0; head--)
        *dst++ = load_byte(shared++);
    for (; len >= WORD; len -= WORD, dst += WORD, shared += WORD) {
        w = load(shared);
        memcpy(dst, &w, WORD);
    }
    while (len-- > 0)
        *dst++ = load_byte(shared++);
}

void shared_bytes_put(uint8_t *shared, const uint8_t *src, uint64_t len)
{
    uint64_t head = until_word(shared, len);
    word w;

    for (len -= head; head > 0; head--)
        store_byte(shared++, *src++);
    for (; len >= WORD; len -= WORD, shared += WORD, src += WORD) {
        memcpy(&w, src, WORD);
        store(shared, w);
    }
    while (len-- > 0)
        store_byte(shared++, *src++);
}

void shared_bytes_fill(uint8_t *shared, uint8_t byte, uint64_t len)
{
    uint64_t head = until_word(shared, len);
    const word w = UINT64_C(0x0101010101010101) * byte;

    for (len -= head; head > 0; head--)
        store_byte(shared++, byte);
    for (; len >= WORD; len -= WORD, shared += WORD)
        store(shared, w);
    while (len-- > 0)
        store_byte(shared++, byte);
}

/* Through memory of our own, piece by piece: from the end if the bytes go
 * up, so that none is overwritten before it was read.
 */
void shared_bytes_move(uint8_t *dst, const uint8_t *src, uint64_t len)
{
    const int up = (uintptr_t)dst > (uintptr_t)src;
    uint8_t piece[1024];
    uint64_t done, n, at;

    for (done = 0; done < len; done += n) {
        n = len - done < sizeof piece ? len - done : sizeof piece;
        at = up ? len - done - n : done;
        shared_bytes_get(piece, src + at, n);
        shared_bytes_put(dst + at, piece, n);
    }
}

uint64_t shared_bytes_find(const uint8_t *shared, uint8_t byte, uint64_t len)
{
    uint8_t piece[1024];
    const uint8_t *hit;
    uint64_t done, n;

    for (done = 0; done < len; done += n) {
        n = len - done < sizeof piece ? len - done : sizeof piece;
        shared_bytes_get(piece, shared + done, n);
        hit = memchr(piece, byte, n);
        if (hit)
            return done + (uint64_t)(hit - piece);
    }
    return len;
}

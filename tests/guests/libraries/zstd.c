/* zstd.c - Zstandard as a module without imports.
 *
 * The host gets room with `room`, puts bytes there, and calls `pack` or
 * `unpack`, which give the length of what they wrote, or minus an error.
 */
#include <stdint.h>
#include <stdlib.h>

#include <zstd.h>
#include <zstd_errors.h>

#define EXPORT(name) __attribute__((export_name(name)))

static int64_t outcome(size_t n)
{
    return ZSTD_isError(n) ? -(int64_t)ZSTD_getErrorCode(n) : (int64_t)n;
}

EXPORT("room") void *room(uint32_t len)
{
    return malloc(len);
}

EXPORT("release") void release(void *ptr)
{
    free(ptr);
}

EXPORT("bound") uint32_t bound(uint32_t len)
{
    return (uint32_t)ZSTD_compressBound(len);
}

EXPORT("pack")
int64_t pack(const void *in, uint32_t len, void *out, uint32_t cap,
             int32_t level)
{
    return outcome(ZSTD_compress(out, cap, in, len, level));
}

EXPORT("unpack")
int64_t unpack(const void *in, uint32_t len, void *out, uint32_t cap)
{
    return outcome(ZSTD_decompress(out, cap, in, len));
}

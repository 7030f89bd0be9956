/* sealed_fixture.h - sealed code in memory, and where its parts are
 * (docs/compiled-code.md).
 */
#ifndef LODGE_SEALED_FIXTURE_H
#define LODGE_SEALED_FIXTURE_H

#include "lodge_test.h"

void lodge_test_reseal(uint8_t *ptr, uint64_t len, const uint8_t *key,
                       uint64_t key_len);

enum { FRAME_BYTES = 128, SEAL_BYTES = 32, END_BYTES = 160 };
enum { AT_FORMAT = 8, AT_ARTEFACT = 24, AT_SETTINGS = 40, AT_COMPAT = 48 };

static const uint8_t key[32] = {
    1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16,
    17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32,
};

static const char sealed_text[] =
    "(module $sealed (import \"h\" \"f\" (func $f (param i32) (result i32)))"
    " (memory (export \"memory\") 1 4) (table (export \"table\") 2 funcref)"
    " (global (export \"count\") (mut i64) (i64.const 5))"
    " (func (export \"add\") (param i32 i32) (result i32)"
    "  (i32.add (local.get 0) (local.get 1)))"
    " (func (export \"ask\") (param i32) (result i32)"
    "  (call $f (local.get 0)))"
    " (func $deep (export \"trap\") unreachable)"
    " (data (i32.const 8) \"some data\")"
    " (@custom \"note\" \"a custom section\")"
    " (@custom \"note\" \"\\00\\ff another\")"
    " (@producers (language \"C11\" \"\") (processed-by \"hands\" \"2\")))";

/* Sealed code; freed by sealed_free. */
struct sealed {
    uint8_t *ptr;
    uint64_t len;
};

static inline struct sealed save(lodge_module module)
{
    struct sealed s = {0};

    FAILS(BUFFER,
          lodge_module_save(module, key, sizeof key, NULL, 0, &s.len, ERR));
    s.ptr = malloc(s.len);
    OK(lodge_module_save(module, key, sizeof key, s.ptr, s.len, NULL, ERR));
    return s;
}

static inline struct sealed sealed_of(lodge_engine engine, const char *text)
{
    lodge_module module = new_module(engine, text);
    struct sealed s = save(module);

    lodge_module_close(module);
    return s;
}

static inline void sealed_free(struct sealed *s)
{
    free(s->ptr);
    s->ptr = NULL;
}

/* Loads and closes. */
static inline lodge_status try_load(lodge_engine engine, const void *ptr,
                                    uint64_t len)
{
    lodge_module module = {7};
    lodge_status st =
        lodge_module_load(engine, ptr, len, key, sizeof key, &module, ERR);

    if (st != LODGE_OK)
        assert_int_equal(module.id, 7);
    else
        lodge_module_close(module);
    return st;
}

static inline uint8_t *frame_of(struct sealed *s)
{
    return s->ptr + s->len - END_BYTES;
}

static inline uint64_t frame_number(struct sealed *s, size_t at)
{
    uint64_t n;

    memcpy(&n, frame_of(s) + at, sizeof n);
    return n;
}

/* The text of the settings, which ends where the frame begins. */
static inline char *settings_of(struct sealed *s, size_t *len)
{
    *len = (size_t)frame_number(s, AT_SETTINGS);
    return (char *)frame_of(s) - *len;
}

/* Replaces a piece of the settings by another of the same length. */
static inline void change_settings(struct sealed *s, const char *from,
                                   const char *to)
{
    size_t len, n = strlen(from);
    char *at = settings_of(s, &len), *end = at + len;

    assert_int_equal(n, strlen(to));
    while (at + n <= end && memcmp(at, from, n) != 0)
        at++;
    if (at + n > end)
        fail_msg("the settings lack \"%s\"", from);
    memcpy(at, to, n);
}

static inline void reseal(struct sealed *s)
{
    lodge_test_reseal(s->ptr, s->len, key, sizeof key);
}

#endif

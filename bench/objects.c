/* objects.c - stores, exports, modules, and the bytes of a memory.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

/* ---- stores and exports ----------------------------------------------- */

static const char small_guest[] =
    "(module (memory (export \"memory\") 2)"
    " (func (export \"first\")) (func (export \"second\"))"
    " (func (export \"third\")) (func (export \"wanted\")))";

enum { COPY = 64 * 1024, WORD = 16 };

struct state {
    struct lodge_side lodge;
    struct raw_side raw;
    lodge_memory memory;
    lodge_lease lease;
    uint8_t *base; /* of the memory, while it is leased */
    wasmtime_memory_t raw_memory;
    uint8_t *buffer;
    uint64_t sum;
};

static void lease_memory(struct state *s)
{
    lodge_error err = LODGE_ERROR_INIT;
    uint64_t address, len;

    bench_need(lodge_instance_memory(s->lodge.instance, "memory", 6,
                                     &s->memory, &err),
               &err, "lodge_instance_memory");
    bench_need(lodge_memory_lease(s->memory, &address, &len, &s->lease, &err),
               &err, "lodge_memory_lease");
    bench_need_true(len == 2 * COPY, "lodge_memory_lease");
    s->base = (uint8_t *)(uintptr_t)address;
}

static void *open_small(const struct bench_case *self)
{
    struct state *s = bench_alloc(sizeof *s);
    wasmtime_extern_t item;

    (void)self;
    lodge_side_open(&s->lodge, small_guest, 0);
    lodge_side_start(&s->lodge);
    lease_memory(s);
    raw_side_open(&s->raw, small_guest, 0);
    raw_side_start(&s->raw);
    raw_side_export(&s->raw, "memory", &item);
    s->raw_memory = item.of.memory;
    s->buffer = bench_alloc(COPY);
    memset(s->buffer, 1, COPY);
    memset(s->base, 2, COPY);
    return s;
}

static void close_small(void *state)
{
    struct state *s = state;

    lodge_lease_close(s->lease);
    lodge_side_close(&s->lodge);
    raw_side_close(&s->raw);
    free(s->buffer);
    free(s);
}

static void store_by_lodge(void *state, uint64_t n)
{
    lodge_error err = LODGE_ERROR_INIT;
    struct state *s = state;
    lodge_store store;

    while (n-- > 0) {
        bench_need(lodge_store_new(s->lodge.engine, &store, &err), &err,
                   "lodge_store_new");
        lodge_store_close(store);
    }
}

static void store_by_raw(void *state, uint64_t n)
{
    struct state *s = state;

    while (n-- > 0)
        wasmtime_store_delete(raw_side_store(&s->raw));
}

static void export_by_lodge(void *state, uint64_t n)
{
    struct state *s = state;

    while (n-- > 0)
        s->sum += lodge_side_func(&s->lodge, "wanted").id;
}

static void export_by_raw(void *state, uint64_t n)
{
    struct state *s = state;
    wasmtime_extern_t item;

    while (n-- > 0) {
        raw_side_export(&s->raw, "wanted", &item);
        s->sum += item.of.func.store_id;
    }
}

/* ---- bytes ------------------------------------------------------------ */

/* Both copy between the same two places. The buffer is given to a function
 * that the compiler cannot look into, so no copy is left out.
 */
static void *(*volatile copy)(void *, const void *, size_t) = memcpy;

static void read_by_lodge(void *state, uint64_t n)
{
    lodge_error err = LODGE_ERROR_INIT;
    struct state *s = state;

    while (n-- > 0)
        bench_need(lodge_memory_read(s->memory, 0, s->buffer, COPY, &err),
                   &err, "lodge_memory_read");
}

static void read_by_memcpy(void *state, uint64_t n)
{
    struct state *s = state;

    while (n-- > 0)
        copy(s->buffer, s->base, COPY);
}

static void write_by_lodge(void *state, uint64_t n)
{
    lodge_error err = LODGE_ERROR_INIT;
    struct state *s = state;

    while (n-- > 0)
        bench_need(lodge_memory_write(s->memory, 0, s->buffer, COPY, &err),
                   &err, "lodge_memory_write");
}

static void write_by_memcpy(void *state, uint64_t n)
{
    struct state *s = state;

    while (n-- > 0)
        copy(s->base, s->buffer, COPY);
}

static void word_by_lodge(void *state, uint64_t n)
{
    lodge_error err = LODGE_ERROR_INIT;
    struct state *s = state;

    while (n-- > 0)
        bench_need(
            lodge_memory_read(s->memory, n % COPY, s->buffer, WORD, &err),
            &err, "lodge_memory_read");
}

/* What C has to do with raw Wasmtime to be as safe. */
static void word_by_raw(void *state, uint64_t n)
{
    struct state *s = state;
    size_t size;

    while (n-- > 0) {
        size = wasmtime_memory_data_size(s->raw.ctx, &s->raw_memory);
        bench_need_true(n % COPY <= size - WORD, "the memory's size");
        copy(s->buffer,
             wasmtime_memory_data(s->raw.ctx, &s->raw_memory) + n % COPY,
             WORD);
    }
}

/* ---- modules ---------------------------------------------------------- */

enum { FUNCTIONS = 200, FUNCTION_TEXT = 400 };

struct modules {
    struct lodge_side lodge;
    struct raw_side raw;
    uint8_t *bytes;
    uint64_t len;
};

/* Functions with a loop, a load, a store and a call each. */
static char *many_functions(void)
{
    char *text = bench_alloc((FUNCTIONS + 1) * FUNCTION_TEXT), *at = text;
    int i;

    at += sprintf(at, "(module (memory 1) (export \"f\" (func $f%d))",
                  FUNCTIONS - 1);
    for (i = 0; i < FUNCTIONS; i++)
        at += sprintf(
            at,
            "(func $f%d (param $n i32) (result i32) (local $x i32)"
            " (loop $l (local.set $x (i32.add (i32.mul (local.get $x)"
            " (i32.const %d)) (i32.load (i32.and (local.get $n)"
            " (i32.const 4095))))) (i32.store offset=8192 (i32.and"
            " (local.get $x) (i32.const 4095)) (local.get $n)) (br_if $l"
            " (local.tee $n (i32.shr_u (local.get $n) (i32.const 1)))))"
            " (call $f%d (local.get $x)))\n",
            i, 2 * i + 3, i ? i - 1 : 0);
    memcpy(at, ")", 2);
    return text;
}

static void *open_modules(const struct bench_case *self)
{
    struct modules *m = bench_alloc(sizeof *m);
    char *text = many_functions();

    (void)self;
    lodge_side_open(&m->lodge, "(module)", 0);
    raw_side_open(&m->raw, "(module)", 0);
    bench_binary(text, &m->bytes, &m->len);
    free(text);
    return m;
}

static void close_modules(void *state)
{
    struct modules *m = state;

    lodge_side_close(&m->lodge);
    raw_side_close(&m->raw);
    free(m->bytes);
    free(m);
}

static void module_by_lodge(void *state, uint64_t n)
{
    lodge_error err = LODGE_ERROR_INIT;
    struct modules *m = state;
    lodge_module module;

    while (n-- > 0) {
        bench_need(lodge_module_open(m->lodge.engine, m->bytes, m->len,
                                     &module, &err),
                   &err, "lodge_module_open");
        lodge_module_close(module);
    }
}

static void module_by_raw(void *state, uint64_t n)
{
    struct modules *m = state;
    wasmtime_module_t *module;

    while (n-- > 0) {
        bench_need_raw(
            wasmtime_module_new(m->raw.engine, m->bytes, m->len, &module),
            NULL, "wasmtime_module_new");
        wasmtime_module_delete(module);
    }
}

#define SMALL(lodge, raw, ...)                                                \
    {                                                                         \
        .open = open_small, .close = close_small, .ways = { lodge, raw },     \
        .rows = { { __VA_ARGS__ } }                                           \
    }

/* 1.053: at least 95 % of memcpy's speed. */
const struct bench_case bench_objects[] = {
    SMALL(store_by_lodge, store_by_raw, "store, new and close",
          "store_new, delete", 0, 1, 0),
    SMALL(export_by_lodge, export_by_raw, "export by name",
          "instance_export_get", 0, 1, 0),
    SMALL(read_by_lodge, read_by_memcpy, "memory read 64 KiB", "memcpy", 0, 1,
          1.053),
    SMALL(write_by_lodge, write_by_memcpy, "memory write 64 KiB", "memcpy", 0,
          1, 1.053),
    SMALL(word_by_lodge, word_by_raw, "memory read 16 bytes",
          "data, data_size, memcpy", 0, 1, 0),
    {.open = open_modules,
     .close = close_modules,
     .ways = {module_by_lodge, module_by_raw},
     .rows = {{"module of 200 functions", "module_new", 0, 1, 0}}},
    {0},
};

/* shared_fixture.h - tests with shared memories: an engine that allows them,
 * a store, and short names for what they do all the time.
 */
#ifndef LODGE_SHARED_FIXTURE_H
#define LODGE_SHARED_FIXTURE_H

#include "store_fixture.h"

static const char shared_settings[] =
    "wasm-threads=on,shared-memory=on,custom-page-sizes=on,"
    "parallel-compilation=off";

static inline lodge_shared_memory shared_of(lodge_engine of, const char *type)
{
    lodge_shared_memory memory;

    OK(lodge_shared_memory_new(of, TEXT(type), &memory, ERR));
    return memory;
}

static inline lodge_shared_memory new_shared(const char *type)
{
    return shared_of(engine, type);
}

static inline void put(lodge_shared_memory memory, uint64_t at, uint32_t bytes,
                       uint64_t value)
{
    OK(lodge_shared_memory_store(memory, at, bytes, value, ERR));
}

static inline uint64_t look(lodge_shared_memory memory, uint64_t at,
                            uint32_t bytes)
{
    uint64_t value = UINT64_MAX;

    OK(lodge_shared_memory_load(memory, at, bytes, &value, ERR));
    return value;
}

static inline uint64_t shared_size_of(lodge_shared_memory memory)
{
    uint64_t bytes;

    OK(lodge_shared_memory_size(memory, &bytes, ERR));
    return bytes;
}

static inline uint32_t same(lodge_shared_memory a, lodge_shared_memory b)
{
    uint32_t yes = 7;

    OK(lodge_shared_memory_same(a, b, &yes, ERR));
    return yes;
}

static inline uint32_t notify(lodge_shared_memory memory, uint64_t at,
                              uint32_t count)
{
    uint32_t woken = 77;

    OK(lodge_shared_memory_notify(memory, at, count, &woken, ERR));
    return woken;
}

static inline lodge_memory named_in(lodge_store st, lodge_shared_memory memory)
{
    lodge_memory named;

    OK(lodge_shared_memory_in(memory, st, &named, ERR));
    return named;
}

/* Another handle to the shared memory behind a memory of a store. */
static inline lodge_shared_memory behind(lodge_memory memory)
{
    lodge_shared_memory out;

    OK(lodge_memory_shared(memory, &out, ERR));
    return out;
}

/* Defines it as "h" "m". */
static inline void define(lodge_linker linker, lodge_shared_memory memory)
{
    const lodge_extern item = {LODGE_KIND_SHARED_MEMORY, 0, memory.id};

    OK(lodge_linker_add(linker, TEXT("h"), TEXT("m"), &item, ERR));
}

static inline lodge_linker linker_with(lodge_shared_memory memory)
{
    lodge_linker linker = new_linker(engine);

    define(linker, memory);
    return linker;
}

/* Imports it and has all that the tests call. */
static const char sharing_text[] =
    "(module (import \"h\" \"m\" (memory $m 1 8 shared))"
    " (export \"memory\" (memory $m))"
    " (func (export \"load\") (param i64) (result i64)"
    "  (i64.atomic.load (i32.wrap_i64 (local.get 0))))"
    " (func (export \"store\") (param i32 i32)"
    "  (i32.atomic.store (local.get 0) (local.get 1)))"
    " (func (export \"grow\") (param i32) (result i32)"
    "  (memory.grow (local.get 0)))"
    " (func (export \"size\") (param i32) (result i32) (memory.size))"
    /* address of a value of 32 bits -> how it ended */
    " (func (export \"wait\") (param i32) (result i32)"
    "  (memory.atomic.wait32 (local.get 0) (i32.const 0) (i64.const -1)))"
    " (func (export \"notify\") (param i32) (result i32)"
    "  (memory.atomic.notify (local.get 0) (i32.const -1)))"
    /* adds 1 to the counter at 64 so often */
    " (func (export \"count\") (param i32) (result i32)"
    "  (loop $again"
    "   (drop (i32.atomic.rmw.add (i32.const 64) (i32.const 1)))"
    "   (local.set 0 (i32.sub (local.get 0) (i32.const 1)))"
    "   (br_if $again (local.get 0)))"
    "  (i32.const 0))"
    /* a lock at 128: 0 free, 1 taken, 2 taken and somebody waits */
    " (func $lock (local $c i32)"
    "  (local.set $c (i32.atomic.rmw.cmpxchg (i32.const 128)"
    "   (i32.const 0) (i32.const 1)))"
    "  (if (local.get $c) (then (loop $again"
    "   (if (i32.or (i32.eq (local.get $c) (i32.const 2))"
    "     (i32.ne (i32.const 0) (i32.atomic.rmw.cmpxchg (i32.const 128)"
    "      (i32.const 1) (i32.const 2))))"
    "    (then (drop (memory.atomic.wait32 (i32.const 128) (i32.const 2)"
    "     (i64.const -1)))))"
    "   (br_if $again (local.tee $c (i32.atomic.rmw.cmpxchg"
    "    (i32.const 128) (i32.const 0) (i32.const 2))))))))"
    " (func $unlock"
    "  (if (i32.ne (i32.const 1)"
    "    (i32.atomic.rmw.sub (i32.const 128) (i32.const 1)))"
    "   (then (i32.atomic.store (i32.const 128) (i32.const 0))"
    "    (drop (memory.atomic.notify (i32.const 128) (i32.const 1))))))"
    /* adds 1 to the counter at 192 under the lock so often */
    " (func (export \"locked\") (param i32) (result i32)"
    "  (loop $again (call $lock)"
    "   (i32.store (i32.const 192)"
    "    (i32.add (i32.load (i32.const 192)) (i32.const 1)))"
    "   (call $unlock)"
    "   (local.set 0 (i32.sub (local.get 0) (i32.const 1)))"
    "   (br_if $again (local.get 0)))"
    "  (i32.const 0)))";

static inline int begin_shared(void **state)
{
    engine_settings = shared_settings;
    return begin(state);
}

/* Handles of shared memories end with their engine. */
#define SHARED_TEST(name)                                                     \
    cmocka_unit_test_setup_teardown(name, begin_shared, end)

#endif

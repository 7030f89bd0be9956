/* gc_fixture.h - types of the host's own, and a guest that has the same.
 */
#ifndef LODGE_GC_FIXTURE_H
#define LODGE_GC_FIXTURE_H

#include "refs_fixture.h"

/* What both define, in the same words: so the types are the same. */
#define TYPES                                                                 \
    " (rec (type $list (struct (field i32) (field (ref null $list)))))"       \
    " (type $point (struct (field (mut i32)) (field f64)))"                   \
    " (type $small (struct (field (mut i8)) (field i16) (field (mut i32))))"  \
    " (type $all (struct (field (mut i32)) (field (mut i64))"                 \
    "  (field (mut f32)) (field (mut f64)) (field (mut v128))"                \
    "  (field (mut i8)) (field (mut i16)) (field (mut externref))"            \
    "  (field (mut funcref)) (field (mut anyref))))"                          \
    " (type $strict (struct (field (ref $point))))"                           \
    " (type $bytes (array (mut i8)))"                                         \
    " (type $shorts (array (mut i16)))"                                       \
    " (type $ints (array (mut i32)))"                                         \
    " (type $longs (array (mut i64)))"                                        \
    " (type $floats (array (mut f32)))"                                       \
    " (type $wide (array (mut v128)))"                                        \
    " (type $fixed (array i32))"                                              \
    " (type $points (array (mut (ref null $point))))"                         \
    " (type $whole (array (mut (ref $point))))"                               \
    " (type $tokens (array (mut externref)))"                                 \
    " (type $base (sub (struct (field i32))))"                                \
    " (type $derived (sub final $base (struct (field i32) (field i64))))"     \
    " (type $fn (func (param (ref null $point)) (result i32)))"

static const char gc_guest_text[] =
    "(module" TYPES
    " (func (export \"x\") (param (ref null $point)) (result i32)"
    "  (struct.get $point 0 (local.get 0)))"
    " (func (export \"y\") (param (ref $point)) (result f64)"
    "  (struct.get $point 1 (local.get 0)))"
    " (func (export \"point\") (param i32 f64) (result (ref $point))"
    "  (struct.new $point (local.get 0) (local.get 1)))"
    " (func (export \"sum\") (param (ref $list)) (result i32)"
    "  (local $at (ref null $list)) (local $sum i32)"
    "  (local.set $at (local.get 0))"
    "  (loop $next (if (i32.eqz (ref.is_null (local.get $at))) (then"
    "   (local.set $sum (i32.add (local.get $sum)"
    "    (struct.get $list 0 (local.get $at))))"
    "   (local.set $at (struct.get $list 1 (local.get $at)))"
    "   (br $next))))"
    "  (local.get $sum))"
    " (func (export \"array.len\") (param arrayref) (result i32)"
    "  (array.len (local.get 0)))"
    " (func (export \"byte\") (param (ref $bytes) i32) (result i32)"
    "  (array.get_u $bytes (local.get 0) (local.get 1)))"
    " (func (export \"int\") (param (ref $ints) i32) (result i32)"
    "  (array.get $ints (local.get 0) (local.get 1)))"
    " (func (export \"base\") (param (ref $base)) (result i32)"
    "  (struct.get $base 0 (local.get 0)))"
    " (func (export \"is_point\") (param anyref) (result i32)"
    "  (ref.test (ref $point) (local.get 0)))"
    " (func (export \"out\") (param anyref) (result externref)"
    "  (extern.convert_any (local.get 0)))"
    " (func (export \"in\") (param externref) (result anyref)"
    "  (any.convert_extern (local.get 0)))"
    " (func (export \"same\") (param externref) (result externref)"
    "  (local.get 0))"
    " (global (export \"kept\") (mut (ref null $point)) (ref.null $point))"
    " (global (export \"ext\") (mut externref) (ref.null extern))"
    " (table (export \"points\") 4 (ref null $point))"
    " (table (export \"externs\") 4 externref))";

static lodge_module gc_types; /* nothing but types */
static lodge_instance gc;

static inline int gc_begin(void **state)
{
    if (begin(state))
        return -1;
    gc_types = new_module(engine, "(module" TYPES ")");
    gc = guest(gc_guest_text);
    return 0;
}

#define GC_TEST(name) cmocka_unit_test_setup_teardown(name, gc_begin, end)

static inline uint32_t type_of(const char *name)
{
    uint32_t type = 0;

    OK(lodge_module_type_find(gc_types, TEXT(name), &type, ERR));
    return type;
}

static inline lodge_ref make_struct(const char *type, const uint64_t *slots,
                                    uint32_t len)
{
    lodge_ref ref = {0};

    OK(lodge_ref_struct(store, type_of(type), slots, len, &ref, ERR));
    return ref;
}

/* A point with x and a y of 0. */
static inline lodge_ref new_point(uint32_t x)
{
    const uint64_t slots[] = {x, 0};

    return make_struct("point", slots, 2);
}

static inline lodge_ref make_array(const char *type, uint64_t count,
                                   uint64_t value)
{
    lodge_ref ref = {0};

    OK(lodge_ref_array(store, type_of(type), count, &value, 1, &ref, ERR));
    return ref;
}

static inline uint64_t value_at(lodge_ref ref, uint64_t index)
{
    uint64_t slots[2] = {42, 42};

    OK(lodge_ref_read(ref, index, slots, 2, ERR));
    return slots[0];
}

static inline uint64_t signed_at(lodge_ref ref, uint64_t index)
{
    uint64_t slot = 42;

    OK(lodge_ref_read_signed(ref, index, &slot, ERR));
    return slot;
}

static inline uint64_t len_of(lodge_ref ref)
{
    uint64_t len = 42;

    OK(lodge_ref_len(ref, &len, ERR));
    return len;
}

static inline uint32_t same(lodge_ref a, lodge_ref b)
{
    uint32_t yes = 7;

    OK(lodge_ref_same(a, b, &yes, ERR));
    return yes;
}

#endif

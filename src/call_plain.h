/* call_plain.h - the everyday call into a guest, for call.c and frame.c.
 * A call must cost next to nothing beside Wasmtime's own: all that every call
 * does is in line here, and what few do is out of its way.
 */
#ifndef LODGE_CALL_PLAIN_H
#define LODGE_CALL_PLAIN_H

#include "rooms.h"

#define IN_LINE inline __attribute__((always_inline))

/* Where the present stack has no `room` for a guest. */
lodge_status call_elsewhere(struct store *st, const wasmtime_func_t *func,
                            wasmtime_val_raw_t *raw, size_t len,
                            uintptr_t room, lodge_error *err)
    __attribute__((cold, noinline));

static IN_LINE lodge_status call_guest(struct store *st,
                                       const wasmtime_func_t *func,
                                       wasmtime_val_raw_t *raw, size_t len,
                                       lodge_error *err)
{
    uintptr_t room = stack_room();
    wasmtime_error_t *error;

    if (__builtin_expect(room < st->stack_need, 0))
        return call_elsewhere(st, func, raw, len, room, err);
    error = lodge_wt_call(st->ctx, func, raw, len);
    if (__builtin_expect(error != NULL, 0))
        return trap_translate(st, error, LODGE_E_HOST, err);
    return LODGE_OK;
}

/* Whether call_plain will do: all fits, and nothing is to be set and taken
 * back. All else is for the rooms to sort out.
 */
static IN_LINE int call_is_plain(const struct store *st,
                                 const struct child *fn, const uint64_t *slots,
                                 uint32_t len)
{
    const uint64_t odd = st->barred | st->deadline_ns | st->epoch_ticks |
                         st->budgeted | (uintptr_t)st->link.failure |
                         ((uintptr_t)slots & 7);

    return __builtin_expect(
        fn && !odd && fn->everyday.is && fn->everyday.slots <= len && slots &&
            !atomic_load_explicit(&st->closes_wait, memory_order_relaxed),
        1);
}

/* The everyday call: few values, a slot each, no references. Wasmtime looks
 * only at the part of a parameter that its type has, and writes no more of a
 * result; whoever reads what it has not written waits until the processor
 * has put both together.
 */
static IN_LINE lodge_status call_plain(struct store *st,
                                       const struct child *fn, uint64_t *slots,
                                       lodge_error *err)
{
    /* A copy: the guest may make the table of children move. */
    uint32_t results = fn->everyday.results, nparams = fn->everyday.nparams;
    wasmtime_val_raw_t raw[LOCAL_VALUES];
    lodge_status rc;
    uint32_t i;

    for (i = 0; i < nparams; i++)
        raw[i].i64 = (int64_t)slots[i];
    st->calls++;
    rc = call_guest(st, &fn->of.func, raw, fn->everyday.slots, err);
    st->calls--;
    if (__builtin_expect(rc != LODGE_OK, 0))
        return rc;
    if (results & 0xFF)
        slots[0] =
            results >> 8 & 1 ? (uint32_t)raw[0].i32 : (uint64_t)raw[0].i64;
    for (i = 1; __builtin_expect(i < (results & 0xFF), 0); i++)
        slots[i] = results >> (8 + i) & 1 ? (uint32_t)raw[i].i32
                                          : (uint64_t)raw[i].i64;
    return LODGE_OK;
}

#endif

/* call.c - calls into the guest: slots, frames, deadlines, stacks.
 * It must not know how a handle becomes a function.
 */
#include <string.h>

#include "rooms.h"

enum { LOCAL_VALUES = 16, STACK_RESERVE = 64 * 1024 };

/* A call must cost next to nothing beside Wasmtime's own: all that every
 * call does is one function, and all that few do is out of its way.
 */
#define IN_LINE inline __attribute__((always_inline))

/* What a call is to obey beyond the store's defaults. */
struct terms {
    uint64_t deadline_ns;
    uint64_t tag;
};

/* ---- where ------------------------------------------------------------ */

static lodge_status refuse_stack(lodge_error *err)
{
    return error_refuse(err, LODGE_E_STACK,
                        "too many calls between host and guest: the stack "
                        "is used up");
}

/* Where guest code runs when `room`, what is left of the present stack, is
 * not enough for a whole guest, or the stack is not this thread's.
 */
static lodge_status place(const struct store *st, uintptr_t room,
                          size_t *fiber, lodge_error *err)
{
    uint64_t need = st->max_stack + STACK_RESERVE;
    uintptr_t here = stack_here();

    *fiber = 0;
    if (room >= need)
        return LODGE_OK;
    if (st->link.fiber && here < st->link.fiber &&
        st->link.fiber - here < st->fiber_size)
        room = st->fiber_size - (st->link.fiber - here);
    if (st->calls > 1) /* Wasmtime keeps the limit of the outer call */
        return room < STACK_RESERVE ? refuse_stack(err) : LODGE_OK;
    *fiber = st->fiber_size;
    return LODGE_OK;
}

/* ---- how long --------------------------------------------------------- */

static uint64_t sooner(uint64_t a, uint64_t b)
{
    return a && (!b || a < b) ? a : b;
}

/* The tick at which so many nanoseconds have passed for certain. */
static uint64_t tick_after(uint64_t ns)
{
    return atomic_load_explicit(&ticker_now, memory_order_relaxed) +
           ns / 1000000 + 1 + (ns % 1000000 != 0);
}

/* What a call changes in its store, to be taken back at its end. */
struct saved {
    uint64_t deadline, epoch_deadline, tag;
    void *failure; /* what the host function around it is about to return */
};

static void begin(struct store *st, const struct terms *terms,
                  struct saved *saved)
{
    uint64_t ns = st->calls ? 0 : st->deadline_ns;

    saved->deadline = st->link.deadline;
    saved->epoch_deadline = st->link.epoch_deadline;
    saved->tag = st->tag;
    saved->failure = st->link.failure;
    st->tag = terms->tag;
    st->link.failure = NULL;
    if (terms->deadline_ns)
        ns = terms->deadline_ns;
    if (ns) {
        ticker_wake();
        st->link.deadline = sooner(tick_after(ns), st->link.deadline);
    }
    if (!st->calls && st->epoch_ticks) {
        uint64_t now =
            atomic_load_explicit(&st->eng->epochs, memory_order_relaxed);

        st->link.epoch_deadline = st->epoch_ticks > UINT64_MAX - now
                                      ? UINT64_MAX
                                      : now + st->epoch_ticks;
    }
    st->calls++;
}

static void end(struct store *st, const struct saved *saved)
{
    st->calls--;
    st->tag = saved->tag;
    st->link.deadline = saved->deadline;
    st->link.epoch_deadline = saved->epoch_deadline;
    st->link.failure = saved->failure;
}

/* ---- the call --------------------------------------------------------- */

static __attribute__((noinline)) lodge_status enter_elsewhere(
    struct store *st, const wasmtime_func_t *func, wasmtime_val_raw_t *raw,
    size_t len, uintptr_t room, lodge_error *err)
{
    wasmtime_error_t *error;
    size_t fiber;
    lodge_status rc = place(st, room, &fiber, err);

    if (rc != LODGE_OK)
        return rc;
    error = fiber ? lodge_wt_call_fiber(st->ctx, func, raw, len, fiber)
                  : lodge_wt_call(st->ctx, func, raw, len);
    return error ? trap_translate(st, error, LODGE_E_HOST, err) : LODGE_OK;
}

static IN_LINE lodge_status enter_guest(struct store *st,
                                        const wasmtime_func_t *func,
                                        wasmtime_val_raw_t *raw, size_t len,
                                        lodge_error *err)
{
    uintptr_t room = stack_room();
    wasmtime_error_t *error;

    if (__builtin_expect(room < st->max_stack + STACK_RESERVE, 0))
        return enter_elsewhere(st, func, raw, len, room, err);
    error = lodge_wt_call(st->ctx, func, raw, len);
    if (__builtin_expect(error != NULL, 0))
        return trap_translate(st, error, LODGE_E_HOST, err);
    return LODGE_OK;
}

/* The everyday call: few values, a slot each, no references. Wasmtime looks
 * only at the part of a parameter that its type has.
 */
static IN_LINE lodge_status run_plain(struct store *st, const struct child *fn,
                                      uint64_t *slots, lodge_error *err)
{
    /* Copies: the guest may make the table of children move. */
    const wasmtime_func_t func = fn->of.func;
    const struct sig *sig = fn->sig;
    wasmtime_val_raw_t raw[LOCAL_VALUES];
    const uint64_t *masks;
    lodge_status rc;
    uint32_t i;

    for (i = 0; i < sig->nparams; i++)
        raw[i].i64 = (int64_t)slots[i];
    st->calls++;
    rc = enter_guest(st, &func, raw, sig->raw, err);
    st->calls--;
    if (__builtin_expect(rc != LODGE_OK, 0))
        return rc;
    masks = sig->masks + sig->nparams;
    for (i = 0; i < sig->nresults; i++)
        slots[i] = (uint64_t)raw[i].i64 & masks[i];
    return LODGE_OK;
}

static lodge_status run(struct store *st, const struct child *fn,
                        uint64_t *slots, wasmtime_val_raw_t *raw,
                        const struct terms *terms, lodge_error *err)
{
    const wasmtime_func_t func = fn->of.func; /* copies, as above */
    const struct sig *sig = fn->sig;
    struct saved saved;
    lodge_status rc;

    rc = value_in(st, sig->codes, sig->nparams, slots, raw, err);
    if (rc != LODGE_OK)
        return rc;
    begin(st, terms, &saved);
    rc = enter_guest(st, &func, raw, sig->raw, err);
    end(st, &saved);
    if (rc != LODGE_OK)
        return rc;
    return value_out(st, sig->codes + sig->nparams, sig->nresults, raw, slots,
                     err);
}

static lodge_status refuse_slots(const struct sig *sig, uint32_t need,
                                 const uint64_t *slots, uint32_t len,
                                 lodge_error *err)
{
    if (sig->unsupported >= 0)
        return error_refuse(err, LODGE_E_UNSUPPORTED,
                            "values of type %s cannot be passed yet",
                            type_name((uint32_t)sig->unsupported));
    if (!slots)
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "slots: is NULL, %u slots are needed", need);
    return error_refuse(err, LODGE_E_BUFFER,
                        "slots: %u given, the function needs %u (%u for "
                        "parameters, %u for results)",
                        len, need, sig->param_slots, sig->result_slots);
}

static __attribute__((noinline)) lodge_status
run_any(struct store *st, const struct child *fn, uint64_t *slots,
        uint32_t len, const struct terms *terms, lodge_error *err)
{
    wasmtime_val_raw_t local[LOCAL_VALUES], *raw = local;
    const struct sig *sig = fn->sig;
    uint32_t need = sig->param_slots > sig->result_slots ? sig->param_slots
                                                         : sig->result_slots;
    lodge_status rc;

    if (len < need || (need && !slots) || sig->unsupported >= 0)
        return refuse_slots(sig, need, slots, len, err);
    if (sig->raw > LOCAL_VALUES)
        raw = alloc_array(sig->raw, sizeof *raw);
    if (!raw)
        return error_memory(err);
    rc = run(st, fn, slots, raw, terms, err);
    if (raw != local)
        alloc_free(raw);
    return rc;
}

/* Whether run_plain will do: all fits, and nothing is to be set and taken
 * back. All else is for run_any to sort out.
 */
static IN_LINE int is_plain(const struct store *st, const struct child *fn,
                            const uint64_t *slots, uint32_t len)
{
    const struct sig *sig = fn->sig;

    return __builtin_expect(sig->plain && sig->raw <= LOCAL_VALUES &&
                                sig->raw <= len && slots != NULL &&
                                !(st->deadline_ns | st->epoch_ticks) &&
                                !st->link.failure,
                            1);
}

/* Takes back what an instance that was not made had been counted with. */
static void limits_restore(struct store *st,
                           const struct lodge_wt_store *before)
{
    st->link.memory_bytes = before->memory_bytes;
    st->link.memory_peak = before->memory_peak;
    st->link.table_elements = before->table_elements;
}

lodge_status call_instantiate(struct store *st,
                              const wasmtime_instance_pre_t *pre,
                              wasmtime_instance_t *out_instance,
                              lodge_error *err)
{
    const struct lodge_wt_store before = st->link;
    const struct terms terms = {0, st->tag};
    struct saved saved;
    wasmtime_error_t *error;
    lodge_status rc;
    size_t fiber;

    begin(st, &terms, &saved);
    rc = place(st, stack_room(), &fiber, err);
    if (rc == LODGE_OK) {
        error = lodge_wt_instantiate(st->ctx, pre, fiber, out_instance);
        if (error)
            rc = trap_translate(st, error, LODGE_E_LINK, err);
        if (rc == LODGE_E_LIMIT) /* Wasmtime has freed what it began */
            limits_restore(st, &before);
    }
    end(st, &saved);
    return rc;
}

/* ---- functions -------------------------------------------------------- */

lodge_status lodge_func_call(lodge_func fn, uint64_t *slots, uint32_t len,
                             lodge_error *err)
{
    struct store *st;
    struct child *c;
    lodge_status rc;

    rc = store_enter_inline(fn.id, LODGE_KIND_FUNC, &st, &c, err);
    if (__builtin_expect(rc != LODGE_OK, 0))
        return rc;
    if (is_plain(st, c, slots, len)) {
        rc = run_plain(st, c, slots, err);
    } else {
        const struct terms terms = {0, st->tag};

        rc = run_any(st, c, slots, len, &terms, err);
    }
    handle_leave(fn.id);
    return rc;
}

lodge_status lodge_func_type(lodge_func fn, char *buf, uint64_t cap,
                             uint64_t *len, lodge_error *err)
{
    return store_type_out(fn.id, LODGE_KIND_FUNC, buf, cap, len, err);
}

lodge_status lodge_func_slots(lodge_func fn, uint32_t *params,
                              uint32_t *results, lodge_error *err)
{
    struct store *st;
    struct child *c;
    lodge_status rc = store_enter_child(fn.id, LODGE_KIND_FUNC, &st, &c, err);

    if (rc != LODGE_OK)
        return rc;
    if (params)
        *params = c->sig->param_slots;
    if (results)
        *results = c->sig->result_slots;
    handle_leave(fn.id);
    return LODGE_OK;
}

/* ---- frames ----------------------------------------------------------- */

/* The error record inside a frame, or the spare one. */
static lodge_status frame_record(uint64_t *frame, lodge_error *spare,
                                 lodge_error **err)
{
    uint64_t at = frame[LODGE_FRAME_ERROR] & UINT32_MAX;
    uint64_t words = frame[LODGE_FRAME_ERROR] >> 32;

    spare->head = LODGE_ERROR_MAGIC | (uint32_t)sizeof *spare;
    spare->flags = 0;
    *err = spare;
    if (frame[LODGE_FRAME_ERROR] == 0)
        return LODGE_OK;
    if (at < LODGE_FRAME_SLOTS || words < 8)
        return error_refuse(spare, LODGE_E_ARGUMENT,
                            "frame: no room for a record where word 6 says");
    if (words > UINT16_MAX / 8)
        words = UINT16_MAX / 8;
    *err = (lodge_error *)(void *)(frame + at);
    (*err)->head = LODGE_ERROR_MAGIC | (uint32_t)(words * 8);
    return LODGE_OK;
}

static lodge_status frame_check(const uint64_t *frame, lodge_error *err)
{
    if (!(frame[LODGE_FRAME_CAPACITY] >> 32 | frame[LODGE_FRAME_PARENT] |
          frame[LODGE_FRAME_SLICE]))
        return LODGE_OK;
    if (frame[LODGE_FRAME_CAPACITY] >> 32)
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "frame: the flags in word 5 must be 0");
    if (frame[LODGE_FRAME_PARENT])
        return error_refuse(err, LODGE_E_STATE,
                            "frame: PARENT names no open request");
    return error_refuse(err, LODGE_E_UNSUPPORTED,
                        "frame: time slices are not supported yet");
}

/* The function's store is entered. */
static __attribute__((noinline)) lodge_status
frame_run_any(struct store *st, const struct child *fn, uint64_t *frame,
              lodge_error *err)
{
    const struct terms terms = {frame[LODGE_FRAME_DEADLINE],
                                frame[LODGE_FRAME_TAG]};
    lodge_status rc = LODGE_OK;

    if (terms.deadline_ns)
        rc = store_key_check(st->eng, LODGE_STORE_DEADLINE, terms.deadline_ns,
                             err);
    return rc == LODGE_OK
               ? run_any(st, fn, frame + LODGE_FRAME_SLOTS,
                         (uint32_t)frame[LODGE_FRAME_CAPACITY], &terms, err)
               : rc;
}

static IN_LINE lodge_status frame_run(uint64_t *frame, lodge_error *err)
{
    uint64_t id = frame[LODGE_FRAME_FUNC], tag;
    uint64_t *slots = frame + LODGE_FRAME_SLOTS;
    struct store *st;
    struct child *c;
    lodge_status rc;

    rc = store_enter_inline(id, LODGE_KIND_FUNC, &st, &c, err);
    if (__builtin_expect(rc != LODGE_OK, 0))
        return rc;
    if (!frame[LODGE_FRAME_DEADLINE] &&
        is_plain(st, c, slots, (uint32_t)frame[LODGE_FRAME_CAPACITY])) {
        tag = st->tag;
        st->tag = frame[LODGE_FRAME_TAG];
        rc = run_plain(st, c, slots, err);
        st->tag = tag;
    } else {
        rc = frame_run_any(st, c, frame, err);
    }
    frame[LODGE_FRAME_OPEN] = st->calls;
    handle_leave(id);
    return rc;
}

lodge_status lodge_call(uint64_t *frame)
{
    lodge_error spare, *err = NULL;
    lodge_status rc;

    if (!frame)
        return LODGE_E_ARGUMENT;
    memset(frame + LODGE_FRAME_TOKEN, 0, 8 * sizeof *frame);
    rc = frame_record(frame, &spare, &err);
    if (rc == LODGE_OK)
        rc = frame_check(frame, err);
    if (rc == LODGE_OK)
        rc = frame_run(frame, err);
    frame[LODGE_FRAME_STATUS] = (uint64_t)(int64_t)rc;
    if (__builtin_expect(rc != LODGE_OK && err != NULL, 0)) {
        frame[LODGE_FRAME_PAYLOAD] = err->payload;
        frame[LODGE_FRAME_DETAIL] =
            (uint64_t)(uint32_t)err->exit_code << 32 | (uint32_t)err->trap;
    }
    return rc;
}

/* call.c - calls into the guest: slots, deadlines, stacks.
 * It must not know how a handle becomes a function.
 */
#include <string.h>

#include "call_plain.h"
#include "core/clock.h"
#include "rooms.h"

/* ---- where ------------------------------------------------------------ */

lodge_status call_refuse_stack(struct store *st, lodge_error *err)
{
    static const char text[] =
        "too many calls between host and guest: the stack is used up";

    if (host_is_open(st))
        lodge_wt_failure_refused(&st->link, LODGE_E_STACK, text,
                                 sizeof text - 1);
    return error_refuse(err, LODGE_E_STACK, "%s", text);
}

/* Where guest code runs when `room`, what is left of the present stack, is
 * not enough for a whole guest, or the stack is not this thread's.
 */
static lodge_status place(struct store *st, uintptr_t room, size_t *fiber,
                          lodge_error *err)
{
    uint64_t need = st->stack_need;
    uintptr_t here = stack_here();

    *fiber = 0;
    if (room >= need)
        return LODGE_OK;
    if (st->link.fiber && here < st->link.fiber &&
        st->link.fiber - here < st->fiber_size)
        room = st->fiber_size - (st->link.fiber - here);
    if (fiber_runs(st)) /* a new limit for each call there */
        return room < need ? call_refuse_stack(st, err) : LODGE_OK;
    if (st->calls > 1) /* Wasmtime keeps the limit of the outer call */
        return room < STACK_RESERVE ? call_refuse_stack(st, err) : LODGE_OK;
    *fiber = st->fiber_size;
    return LODGE_OK;
}

/* ---- how long --------------------------------------------------------- */

static uint64_t sooner(uint64_t a, uint64_t b)
{
    return a && (!b || a < b) ? a : b;
}

/* Read from the clock: if the ticker lags, a tick that is counted from its
 * last one would come too early.
 */
uint64_t call_tick_after(uint64_t ns)
{
    const uint64_t now = clock_ns() + TICK_NS - 1;

    return (ns < UINT64_MAX - now ? now + ns : UINT64_MAX) / TICK_NS;
}

void call_begin(struct store *st, const struct call_terms *terms,
                struct call_saved *saved)
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
        if (!saved->deadline)
            ticker_begin();
        st->link.deadline = sooner(call_tick_after(ns), st->link.deadline);
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

void call_end(struct store *st, const struct call_saved *saved)
{
    st->calls--;
    st->tag = saved->tag;
    if (st->link.deadline && !saved->deadline)
        ticker_end();
    st->link.deadline = saved->deadline;
    st->link.epoch_deadline = saved->epoch_deadline;
    st->link.failure = saved->failure;
}

/* ---- the call --------------------------------------------------------- */

lodge_status call_elsewhere(struct store *st, const wasmtime_func_t *func,
                            wasmtime_val_raw_t *raw, size_t len,
                            uintptr_t room, lodge_error *err)
{
    const int lift = fiber_runs(st);
    wasmtime_error_t *error;
    uintptr_t limit = 0;
    size_t fiber;
    lodge_status rc = place(st, room, &fiber, err);

    if (rc != LODGE_OK)
        return rc;
    if (lift)
        limit = fiber_limit_lift(st);
    error = fiber ? lodge_wt_call_fiber(st->ctx, func, raw, len, fiber)
                  : lodge_wt_call(st->ctx, func, raw, len);
    if (lift)
        fiber_limit_back(st, limit);
    return error ? trap_translate(st, error, LODGE_E_HOST, err) : LODGE_OK;
}

static lodge_status run(struct store *st, const struct child *fn,
                        uint64_t *slots, wasmtime_val_raw_t *raw,
                        const struct call_terms *terms, lodge_error *err)
{
    const struct sig *sig = fn->sig; /* a copy, as above */
    struct call_saved saved;
    lodge_status rc;
    int mine;

    rc = budget_check(st, err);
    if (rc == LODGE_OK) /* which takes tokens over */
        rc = values_in(st, sig, 0, sig->nparams, slots, raw, err);
    if (rc != LODGE_OK)
        return rc;
    mine = budget_run(st);
    call_begin(st, terms, &saved);
    rc = call_guest(st, &fn->of.func, raw, sig->raw, err);
    call_end(st, &saved);
    budget_rest(st, mine);
    if (rc != LODGE_OK)
        return rc;
    return values_out(st, sig, sig->nparams, sig->nresults, raw, slots, err);
}

static lodge_status refuse_slots(const struct sig *sig, uint32_t need,
                                 const uint64_t *slots, uint32_t len,
                                 lodge_error *err)
{
    if (!ptr_to_u64(slots))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "slots: is NULL or not aligned, %u slots are "
                            "needed",
                            need);
    return error_refuse(err, LODGE_E_BUFFER,
                        "slots: %u given, the function needs %u (%u for "
                        "parameters, %u for results)",
                        len, need, sig->param_slots, sig->result_slots);
}

lodge_status call_check(const struct sig *sig, const uint64_t *slots,
                        uint32_t len, lodge_error *err)
{
    uint32_t need = sig->param_slots > sig->result_slots ? sig->param_slots
                                                         : sig->result_slots;

    if (len < need || (need && !ptr_to_u64(slots)))
        return refuse_slots(sig, need, slots, len, err);
    return LODGE_OK;
}

static __attribute__((noinline)) lodge_status
run_any(struct store *st, const struct child *fn, uint64_t *slots,
        uint32_t len, const struct call_terms *terms, lodge_error *err)
{
    wasmtime_val_raw_t local[LOCAL_VALUES], *raw = local;
    const struct sig *sig = fn->sig;
    lodge_status rc;

    if (st->stopped)
        return fiber_call(st, fn, slots, len, terms, err);
    rc = call_check(sig, slots, len, err);
    if (rc != LODGE_OK)
        return rc;
    if (sig->raw > LOCAL_VALUES)
        raw = alloc_array(sig->raw, sizeof *raw);
    if (!raw)
        return error_memory(err);
    rc = run(st, fn, slots, raw, terms, err);
    if (raw != local)
        alloc_free(raw);
    return rc;
}

lodge_status call_run(struct store *st, const struct child *fn,
                      uint64_t *slots, uint32_t len,
                      const struct call_terms *terms, lodge_error *err)
{
    const uint64_t tag = st->tag;
    lodge_status rc;

    if (terms->deadline_ns || !call_is_plain(st, fn, slots, len))
        return run_any(st, fn, slots, len, terms, err);
    st->tag = terms->tag;
    rc = call_plain(st, fn, slots, err);
    st->tag = tag;
    return rc;
}

struct call_counts call_counts_of(const struct store *st)
{
    return (struct call_counts){st->link.memory_bytes, st->link.memory_peak,
                                st->link.table_elements, st->link.table_peak};
}

void call_counts_restore(struct store *st, const struct call_counts *before)
{
    budget_give(st, st->link.memory_bytes - before->memory_bytes,
                st->link.table_elements - before->table_elements);
    st->link.memory_bytes = before->memory_bytes;
    st->link.memory_peak = before->memory_peak;
    st->link.table_elements = before->table_elements;
    st->link.table_peak = before->table_peak;
}

lodge_status call_instantiate(struct store *st,
                              const wasmtime_instance_pre_t *pre,
                              wasmtime_instance_t *out_instance,
                              lodge_error *err)
{
    const struct call_counts before = call_counts_of(st);
    const struct call_terms terms = {.tag = st->tag};
    struct call_saved saved;
    wasmtime_error_t *error;
    lodge_status rc;
    size_t fiber;
    int mine;

    if (st->stopped && !host_frame_open(st))
        return suspend_refuse(st, err);
    if (st->stopped || fiber_runs(st))
        return fiber_instantiate(st, pre, out_instance, err);
    rc = budget_check(st, err);
    if (rc != LODGE_OK)
        return rc;
    mine = budget_run(st);
    call_begin(st, &terms, &saved);
    rc = place(st, stack_room(), &fiber, err);
    if (rc == LODGE_OK) {
        error = lodge_wt_instantiate(st->ctx, pre, fiber, out_instance);
        if (error)
            rc = trap_translate(st, error, LODGE_E_LINK, err);
        if (st->link.nothing_made) /* Wasmtime has freed what it began */
            call_counts_restore(st, &before);
    }
    call_end(st, &saved);
    budget_rest(st, mine);
    return rc;
}

/* ---- functions -------------------------------------------------------- */

/* Any other call of a function; leaves the store. */
static __attribute__((noinline)) lodge_status call_unusual(struct store *st,
                                                           uint64_t id,
                                                           uint64_t *slots,
                                                           uint32_t len,
                                                           lodge_error *err)
{
    const struct call_terms terms = {.tag = st->tag};
    lodge_status rc = store_enter_late(st, id, LODGE_KIND_FUNC, err);

    if (rc != LODGE_OK)
        return rc; /* and not inside any more */
    rc = run_any(st, store_child(st, id, LODGE_KIND_FUNC), slots, len, &terms,
                 err);
    handle_leave(id);
    return rc;
}

lodge_status lodge_func_call(lodge_func fn, uint64_t *slots, uint32_t len,
                             lodge_error *err)
{
    struct slot *slot = handle_slot(fn.id);
    lodge_status rc = handle_enter_slot(slot, fn.id, err);
    struct store *st;
    struct child *c;

    if (__builtin_expect(rc != LODGE_OK, 0))
        return rc;
    st = slot->obj;
    c = store_child(st, fn.id, LODGE_KIND_FUNC);
    if (!call_is_plain(st, c, slots, len))
        return call_unusual(st, fn.id, slots, len, err);
    rc = call_plain(st, c, slots, err);
    handle_leave_slot(slot, fn.id);
    return rc;
}

lodge_status lodge_func_type(lodge_func fn, char *buf, uint64_t cap,
                             uint64_t *len, lodge_error *err)
{
    return store_type_out(fn.id, LODGE_KIND_FUNC, buf, cap, len, err);
}

lodge_status lodge_func_may_suspend(lodge_func fn, uint32_t *out,
                                    lodge_error *err)
{
    struct store *st;
    struct child *c;
    lodge_status rc;

    if (!ptr_to_u32(out))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "out: is NULL or not aligned");
    rc = store_enter_child(fn.id, LODGE_KIND_FUNC, &st, &c, err);
    if (rc != LODGE_OK)
        return rc;
    *out = (uint32_t)reach_suspends(st->suspends, c->reach);
    handle_leave(fn.id);
    return LODGE_OK;
}

lodge_status lodge_func_exact_type(lodge_func fn, uint32_t *type,
                                   lodge_error *err)
{
    wasmtime_error_t *error;
    struct store *st;
    struct child *c;
    lodge_status rc;

    if (!ptr_to_u32(type))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "type: is NULL or not aligned");
    rc = store_enter_child(fn.id, LODGE_KIND_FUNC, &st, &c, err);
    if (rc != LODGE_OK)
        return rc;
    error = lodge_wt_func_exact(st->ctx, &c->of.func, type);
    if (error)
        rc = trap_translate(st, error, LODGE_E_TYPE, err);
    handle_leave(fn.id);
    return rc;
}

lodge_status lodge_func_slots(lodge_func fn, uint32_t *params,
                              uint32_t *results, lodge_error *err)
{
    struct store *st;
    struct child *c;
    lodge_status rc;

    if (!null_or_u32(params) || !null_or_u32(results))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "params or results: is not aligned");
    rc = store_enter_child(fn.id, LODGE_KIND_FUNC, &st, &c, err);
    if (rc != LODGE_OK)
        return rc;
    if (params)
        *params = c->sig->param_slots;
    if (results)
        *results = c->sig->result_slots;
    handle_leave(fn.id);
    return LODGE_OK;
}

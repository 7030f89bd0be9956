/* host_frame.c - host functions of mode FRAME: one C function for all, with
 * values in the store's frame, always on the thread's own stack.
 * It must not know who waits for the call around them.
 *
 * Off the fiber the function runs at once. On it, the call stops like one
 * that waits for the host, and whoever polls runs the function (serve) and
 * answers; what it calls meanwhile runs on the fiber above the stop.
 */
#include <string.h>

#include "rooms.h"

/* ---- settings --------------------------------------------------------- */

/* An instance that imports nothing that waits brings nothing of the kind. */
lodge_status host_frame_adopt(struct store *st, uint32_t suspends,
                              const struct module *mod, lodge_frame_fn fn,
                              lodge_error *err)
{
    if (fn && st->frame_fn && fn != st->frame_fn)
        return error_refuse(err, LODGE_E_STATE,
                            "the store has another lodge_linker_frame "
                            "function already");
    if (fn)
        st->frame_fn = fn;
    if (!reach_suspends(suspends, mod->shape.import_reach))
        suspends &= ~(uint32_t)SUSPENDS;
    st->suspends |= suspends;
    return LODGE_OK;
}

lodge_status lodge_store_frame(lodge_store store, uint64_t *frame,
                               uint32_t words, uint32_t tag, lodge_error *err)
{
    struct store *st;
    lodge_status rc;

    if (!null_or_u64(frame))
        return error_refuse(err, LODGE_E_ARGUMENT, "frame: is not aligned");
    if (frame && words < LODGE_FRAME_SLOTS)
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "words: %u, a frame has at least %d", words,
                            LODGE_FRAME_SLOTS);
    rc = store_enter_own(store, &st, err);
    if (rc != LODGE_OK)
        return rc;
    st->frame = frame;
    st->frame_slots = frame ? words - LODGE_FRAME_SLOTS : 0;
    st->frame_tag = tag;
    handle_leave(store.id);
    return LODGE_OK;
}

/* ---- values ----------------------------------------------------------- */

/* Unless it was said better already. */
static int32_t fail_words(struct store *st, lodge_status rc, const char *text)
{
    if (!st->link.failure)
        lodge_wt_failure_set(&st->link, rc, 0, 0, text, strlen(text));
    return rc;
}

static int32_t fill_frame(struct store *st, const struct request *me)
{
    const struct sig *sig = me->func->sig;
    uint64_t *frame = st->frame, *slots = frame + LODGE_FRAME_SLOTS;
    uint32_t i, need = sig->param_slots;
    lodge_status rc;

    if (!st->frame_fn)
        return fail_words(st, LODGE_E_STATE,
                          "the linker had no lodge_linker_frame function");
    if (need < sig->result_slots)
        need = sig->result_slots;
    if (!frame || need > st->frame_slots)
        return fail_words(st, frame ? LODGE_E_BUFFER : LODGE_E_STATE,
                          frame ? "the store's frame has too few slots"
                                : "the store has no lodge_store_frame");
    rc = values_out(st, sig, 0, sig->nparams, me->raw, slots, NULL);
    if (rc != LODGE_OK)
        return fail_words(st, rc, "a reference has no room");
    for (i = sig->param_slots; i < sig->result_slots; i++)
        slots[i] = 0;
    memset(frame + LODGE_FRAME_TOKEN, 0, 8 * sizeof *frame);
    frame[LODGE_FRAME_IMPORT] = me->func->node.token |
                                (uint64_t)sig->param_slots << 32 |
                                (uint64_t)sig->result_slots << 48;
    frame[LODGE_FRAME_INSTANCE] = instance_calling_id(st, me->instance);
    return LODGE_OK;
}

static int32_t take_results(struct store *st, const struct request *me)
{
    const struct sig *sig = me->func->sig;
    lodge_status rc = LODGE_E_STATE;

    lodge_wt_failure_drop(&st->link);
    if (st->frame && st->frame_slots >= sig->result_slots)
        rc = values_in(st, sig, sig->nparams, sig->nresults,
                       st->frame + LODGE_FRAME_SLOTS, me->raw, NULL);
    return rc == LODGE_OK ? LODGE_OK
                          : fail_words(st, rc, "a result cannot be taken");
}

/* ---- running the function --------------------------------------------- */

/* On the thread's own stack. */
static int32_t run_function(struct store *st, const struct request *me)
{
    struct lodge_wt_call call = {st->link.call, me->instance,
                                 host_caller_next(st)};
    const uint64_t tag = st->tag;
    int32_t rc;

    st->link.call = &call;
    if (st->res && !st->res->on)
        st->tag = st->calls ? tag : st->res->away.tag;
    st->frame[LODGE_FRAME_TOKEN] = call.id;
    rc = st->frame_fn((uint32_t)me->func->node.token, st->frame_tag);
    st->tag = tag;
    st->link.call = call.prev;
    return rc;
}

/* What the function returned and wrote, as the answer to its stop. */
static void read_outcome(const struct store *st, int32_t rc,
                         struct command *cmd)
{
    cmd->what = rc == LODGE_OK ? COMMAND_ANSWER : COMMAND_FAIL;
    cmd->status = rc;
    cmd->payload = st->frame && (rc == LODGE_E_HOST || rc == LODGE_E_EXCEPTION)
                       ? st->frame[LODGE_FRAME_PAYLOAD]
                       : 0;
    cmd->exit_code = st->frame && rc == LODGE_E_EXIT
                         ? (int32_t)(st->frame[LODGE_FRAME_DETAIL] >> 32)
                         : 0;
}

static int32_t finish(struct store *st, const struct request *me,
                      const struct command *cmd)
{
    /* What it has called may have ended so, and it may not swallow that. */
    if (cancel_met(st, st->link.open))
        return suspend_fail_cancelled(st);
    if (cmd->what == COMMAND_ANSWER)
        return take_results(st, me);
    return suspend_fail(st, me->func, cmd, NULL, 0);
}

/* ---- stopping the fiber for it ---------------------------------------- */

/* Requests that the function has left open end with it. */
static void drop_requests(struct store *st, const struct request *me)
{
    uint64_t words[LODGE_FRAME_SLOTS + 1];
    lodge_error err = LODGE_ERROR_INIT;
    struct command cmd = {.what = COMMAND_FAIL,
                          .status = LODGE_E_CANCELLED,
                          .frame = words,
                          .slots = words + LODGE_FRAME_SLOTS,
                          .err = &err};

    while (st->res->top && st->res->top != me) {
        cmd.what = COMMAND_FAIL;
        fiber_run(st, &cmd);
    }
}

void host_frame_serve(struct store *st, struct command *cmd)
{
    struct resident *res = st->res;
    const struct request *me = res->top;
    uint32_t quiet = res->quiet;
    int32_t rc;

    res->serving++;
    res->cmd = NULL;
    res->quiet = 0;
    /* The fiber has its own guard; this is for the stack we are on. */
    if (res->serving > 1 && stack_room() < STACK_RESERVE)
        rc = LODGE_E_STACK;
    else
        rc = run_function(st, me);
    drop_requests(st, me);
    res->quiet = quiet;
    res->serving--;
    read_outcome(st, rc, cmd);
}

static int32_t run_beside(struct store *st, struct request *me)
{
    struct resident *res = st->res;
    int32_t rc;

    suspend_push(st, me);
    rc = suspend_wait(st, WHY_FRAME) ? suspend_fail_cancelled(st)
                                     : finish(st, me, res->cmd);
    res->top = me->up;
    return rc;
}

static int32_t run_here(struct store *st, const struct request *me)
{
    struct command cmd = {0};

    if (st->link.fiber)
        return fail_words(st, LODGE_E_STACK,
                          "functions of mode FRAME need a thread with more "
                          "stack");
    read_outcome(st, run_function(st, me), &cmd);
    return finish(st, me, &cmd);
}

int32_t host_frame_run(void *env, struct lodge_wt_store *link,
                       const wasmtime_instance_t *instance,
                       wasmtime_val_raw_t *raw, size_t len)
{
    struct store *st = (struct store *)link;
    struct request me = {.func = env, .raw = raw, .instance = instance};
    const size_t mark = values_mark(st, me.func->sig);
    void *inner = link->inner;
    int32_t rc;

    (void)len;
    instance_note_started(st);
    if (fiber_ending(st))
        return suspend_fail_cancelled(st);
    rc = fill_frame(st, &me);
    if (rc != LODGE_OK)
        return rc;
    link->inner = NULL;
    rc = st->res && st->res->on ? run_beside(st, &me) : run_here(st, &me);
    values_drop(st, me.func->sig, mark);
    lodge_wt_note_swap(link, inner);
    return rc;
}

/* suspend.c - host functions that wait: requests, and what may answer them.
 * It must not know how the fiber gets to run.
 */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "rooms.h"

/* ---- on the fiber: the host function ---------------------------------- */

/* Unless it was said better already. */
static int32_t fail(struct store *st, lodge_status rc, const char *text,
                    size_t len)
{
    if (!st->link.failure)
        lodge_wt_failure_set(&st->link, rc, 0, 0, text, len);
    return rc;
}

int32_t suspend_fail_cancelled(struct store *st)
{
    static const char text[] = "the call was cancelled";

    return fail(st, LODGE_E_CANCELLED, text, sizeof text - 1);
}

/* There is nobody who could take a request. */
static int32_t fail_alone(struct store *st)
{
    static const char text[] =
        "a host function waits for the host, which only lodge_call and "
        "lodge_instantiate let it do";

    if (fiber_ending(st))
        return suspend_fail_cancelled(st);
    return fail(st, LODGE_E_STATE, text, sizeof text - 1);
}

static int32_t fail_small(struct store *st, uint32_t need)
{
    char text[120];
    int n = snprintf(text, sizeof text,
                     "frame: %u slots, a request to the host needs %u",
                     st->res->cmd->cap, need);

    return fail(st, LODGE_E_BUFFER, text, (size_t)n);
}

/* Writes the request into the frame of whoever waits. */
static int32_t deliver(struct store *st, const struct request *me)
{
    const struct command *cmd = st->res->cmd;
    const struct sig *sig = me->func->sig;
    uint32_t i, need = sig->param_slots;
    lodge_status rc;

    if (need < sig->result_slots)
        need = sig->result_slots;
    if (need > cmd->cap)
        return fail_small(st, need);
    rc = values_out(st, sig, 0, sig->nparams, me->raw, cmd->slots, NULL);
    if (rc != LODGE_OK)
        return fail(st, rc, "no memory for a reference", 25);
    for (i = sig->param_slots; i < sig->result_slots; i++)
        cmd->slots[i] = 0;
    cmd->frame[LODGE_FRAME_TOKEN] = me->token;
    cmd->frame[LODGE_FRAME_IMPORT] = me->func->node.token |
                                     (uint64_t)sig->param_slots << 32 |
                                     (uint64_t)sig->result_slots << 48;
    cmd->frame[LODGE_FRAME_INSTANCE] = instance_calling_id(st, me->instance);
    return LODGE_OK;
}

/* The message that the record holds, as far as it does. */
static size_t message_in(const lodge_error *err)
{
    size_t most = (err->head & UINT16_MAX) - offsetof(lodge_error, message);
    size_t len = err->message_len;

    if (len >= most)
        len = strnlen(err->message, most);
    return text_is_utf8(err->message, len) ? len : 0;
}

static size_t default_message(const struct command *cmd, char *buf, size_t cap)
{
    int n = cmd->status == LODGE_E_EXIT
                ? snprintf(buf, cap, "exit code %d", cmd->exit_code)
                : snprintf(buf, cap, "a host function failed");

    return (size_t)n;
}

/* The host has said which exception. */
static int32_t throw(struct store *st, uint64_t exception)
{
    lodge_status rc = exception_throw(st, exception, NULL);

    return rc == LODGE_OK ? LODGE_E_EXCEPTION
                          : fail(st, rc, "PAYLOAD is not an exception", 27);
}

int32_t suspend_fail(struct store *st, const struct host_func *hf,
                     const struct command *cmd, const char *text, size_t len)
{
    char own[64];

    if (cmd->status == LODGE_E_CANCELLED)
        return suspend_fail_cancelled(st);
    if (cmd->status == LODGE_E_EXCEPTION && cmd->payload && !st->link.failure)
        return throw(st, cmd->payload);
    if (cmd->status != LODGE_E_HOST && cmd->status != LODGE_E_EXIT)
        return host_failed(st, hf, cmd->status);
    if (st->link.failure) /* said already */
        return cmd->status;
    if (lodge_wt_failure_same(&st->link, cmd->status, cmd->payload,
                              cmd->exit_code, text, len) &&
        lodge_wt_failure_hand_on(&st->link, cmd->status))
        return cmd->status;
    if (len == 0) {
        text = own;
        len = default_message(cmd, own, sizeof own);
    }
    lodge_wt_failure_set(&st->link, cmd->status, cmd->payload, cmd->exit_code,
                         text, len);
    return cmd->status;
}

static int32_t take_answer(struct store *st, const struct request *me)
{
    const struct sig *sig = me->func->sig;
    const struct command *cmd = st->res->cmd;
    lodge_status rc;

    if (cmd->what == COMMAND_FAIL)
        return suspend_fail(st, me->func, cmd, cmd->err->message,
                            message_in(cmd->err));
    lodge_wt_failure_drop(&st->link);
    rc = values_in(st, sig, sig->nparams, sig->nresults, cmd->slots, me->raw,
                   NULL);
    return rc == LODGE_OK ? LODGE_OK : fail(st, rc, "a bad reference", 15);
}

/* The processor mistakes every return after a change of stacks, so the way to
 * it is in line.
 */
static inline __attribute__((always_inline)) int wait_in_line(struct store *st,
                                                              uint32_t why)
{
    struct resident *res = st->res;

    while (!fiber_stop(st, why)) {
        if (res->cmd->what == COMMAND_ANSWER || res->cmd->what == COMMAND_FAIL)
            return 0;
        fiber_command(st);
        if (res->dead)
            return 1;
        why = WHY_DONE;
    }
    return 1;
}

int suspend_wait(struct store *st, uint32_t why)
{
    return wait_in_line(st, why);
}

static int32_t wait(struct store *st, const struct request *me)
{
    int32_t rc = deliver(st, me);

    if (rc != LODGE_OK)
        return rc;
    return wait_in_line(st, WHY_REQUEST) ? suspend_fail_cancelled(st)
                                         : take_answer(st, me);
}

void suspend_push(struct store *st, struct request *me)
{
    struct resident *res = st->res;

    res->serial = res->serial % CHILD_MAX + 1; /* no lodge_caller has it */
    me->token = st->id | res->serial;
    me->level = res->level;
    me->up = res->top;
    res->top = me;
}

int32_t suspend_host(void *env, struct lodge_wt_store *link,
                     const wasmtime_instance_t *instance,
                     wasmtime_val_raw_t *raw, size_t len)
{
    struct store *st = (struct store *)link;
    struct resident *res = st->res;
    struct request me = {.func = env, .raw = raw, .instance = instance};
    const size_t mark = values_mark(st, me.func->sig);
    void *inner = link->inner;
    int32_t rc;

    (void)len;
    instance_note_started(st);
    if (!res || !res->on || res->dead || res->quiet)
        return fail_alone(st);
    link->inner = NULL;
    suspend_push(st, &me);
    rc = wait(st, &me);
    values_drop(st, me.func->sig, mark);
    res->top = me.up;
    lodge_wt_note_swap(link, inner);
    return rc;
}

/* ---- on the fiber: the guest ------------------------------------------ */

int32_t suspend_give_way(struct lodge_wt_store *link)
{
    struct store *st = (struct store *)link;
    struct resident *res = st->res;
    struct request me = {.func = NULL};
    int end;

    if (!res->on || res->dead)
        return res->dead != 0;
    suspend_push(st, &me);
    res->cmd->frame[LODGE_FRAME_TOKEN] = me.token;
    end = suspend_wait(st, WHY_YIELD) || res->cmd->what == COMMAND_FAIL;
    res->top = me.up;
    return end;
}

/* ---- what may be done now --------------------------------------------- */

static lodge_status refuse_open(const struct store *st, const char *what,
                                lodge_error *err)
{
    uint64_t token = st->res && st->res->top ? st->res->top->token : 0;

    error_refuse(err, LODGE_E_STATE, "%s; the innermost stop is %llu", what,
                 (unsigned long long)token);
    if (error_wanted(err))
        err->detail = token;
    return LODGE_E_STATE;
}

lodge_status suspend_refuse(const struct store *st, lodge_error *err)
{
    if (fiber_ending(st))
        return error_refuse(err, LODGE_E_STATE, "the store is being closed");
    if (st->odd & ODD_YIELDS)
        return refuse_open(st,
                           "the time slice of a call is used up: until "
                           "lodge_resume only memories can be used",
                           err);
    return refuse_open(st,
                       "a request to the host is open: only lodge_call and "
                       "lodge_instantiate with it as PARENT run guest code",
                       err);
}

/* The innermost request that the host has been given, 0 if there is none. */
static uint64_t innermost(const struct store *st)
{
    const struct request *at = st->res ? st->res->top : NULL;

    while (at && at->func && at->func->mode == LODGE_HOST_FRAME)
        at = at->up;
    return at ? at->token : 0;
}

lodge_status suspend_may_call(const struct store *st, uint64_t parent,
                              int *nested, lodge_error *err)
{
    *nested = st->calls > 0;
    if (st->stopped && host_frame_open(st) &&
        (parent == 0 || parent == innermost(st)))
        return LODGE_OK;
    if (st->stopped && (fiber_ending(st) || st->odd & ODD_YIELDS))
        return suspend_refuse(st, err);
    if (st->stopped && parent == 0)
        return refuse_open(st, "PARENT is 0, but a request is open", err);
    if (st->stopped && parent != st->res->top->token)
        return refuse_open(st, "PARENT is not the innermost open request",
                           err);
    if (st->stopped && cancel_met(st, st->res->away.open))
        return error_refuse(err, LODGE_E_CANCELLED,
                            "the call of the open request was cancelled");
    if (!st->stopped && parent && parent != innermost(st))
        return error_refuse(err, LODGE_E_STATE,
                            "PARENT names no open request");
    return LODGE_OK;
}

lodge_status suspend_may_resume(struct store *st, uint64_t token,
                                lodge_error *err)
{
    if (st->calls)
        return error_refuse(err, LODGE_E_STATE,
                            "the store is running: a host function cannot "
                            "answer the request around it");
    if (!st->stopped || fiber_ending(st))
        return error_refuse(err, LODGE_E_STATE,
                            "no request is open, and no slice used up");
    if (token != st->res->top->token || host_frame_open(st))
        return refuse_open(st, "TOKEN is not the innermost stop", err);
    return LODGE_OK;
}

static int may_fail(const struct store *st, lodge_status status)
{
    return status == LODGE_E_HOST || status == LODGE_E_EXIT ||
           status == LODGE_E_EXCEPTION || status == LODGE_E_CANCELLED ||
           status == lodge_wt_failure_noted(&st->link);
}

lodge_status suspend_check_answer(struct store *st, struct command *cmd,
                                  lodge_error *err)
{
    const struct request *top = st->res->top;
    const struct sig *sig = top->func ? top->func->sig : NULL;
    uint32_t need = top->level->results;

    if (cmd->what == COMMAND_FAIL && !may_fail(st, cmd->status))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "frame: STATUS is none of 0, LODGE_E_HOST, "
                            "LODGE_E_EXIT, LODGE_E_EXCEPTION and "
                            "LODGE_E_CANCELLED, nor that of "
                            "a nested call that failed");
    if (!sig && cmd->what == COMMAND_FAIL && cmd->status != LODGE_E_CANCELLED)
        return error_refuse(err, LODGE_E_STATE,
                            "STATUS: a guest whose time slice is used up can "
                            "go on or be cancelled, not fail");
    if (cmd->what == COMMAND_ANSWER && sig && sig->result_slots > need)
        need = sig->result_slots;
    if (need > cmd->cap)
        return error_refuse(err, LODGE_E_BUFFER,
                            "frame: %u slots, this answer and the end of "
                            "its call need %u",
                            cmd->cap, need);
    if (cmd->what == COMMAND_ANSWER && sig && !sig->plain)
        return value_check_results(st, sig, cmd->slots, err);
    if (cmd->what == COMMAND_FAIL && cmd->status == LODGE_E_EXCEPTION &&
        (cmd->payload ||
         lodge_wt_failure_noted(&st->link) != LODGE_E_EXCEPTION))
        return exception_check(st, cmd->payload, err);
    return LODGE_OK;
}

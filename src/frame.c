/* frame.c - calls on frames: words in, an outcome or a stop out.
 * It must not know what a fiber is.
 */
#include <string.h>

#include "call_plain.h"
#include "rooms.h"

/* ---- the words -------------------------------------------------------- */

/* The error record inside a frame, or the spare one. */
static lodge_status frame_record(uint64_t *frame, lodge_error *spare,
                                 lodge_error **err)
{
    uint64_t at = frame[LODGE_FRAME_ERROR] & UINT32_MAX;
    uint64_t words = frame[LODGE_FRAME_ERROR] >> 32;

    spare->head = LODGE_ERROR_MAGIC | (uint32_t)sizeof *spare;
    spare->flags = 0;
    spare->message_len = 0;
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
    if (frame[LODGE_FRAME_CAPACITY] >> 32)
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "frame: the flags in word 5 must be 0");
    return LODGE_OK;
}

static void clear_out_words(uint64_t *frame)
{
    memset(frame + LODGE_FRAME_TOKEN, 0, 8 * sizeof *frame);
}

/* Writes what came of it. A stop leaves no message, so that one that is
 * there when it is answered is the answer's.
 */
static lodge_status frame_end(uint64_t *frame, lodge_status rc,
                              lodge_error *err)
{
    frame[LODGE_FRAME_STATUS] = (uint64_t)(int64_t)rc;
    if (__builtin_expect(rc < 0, 0)) {
        frame[LODGE_FRAME_PAYLOAD] = err->payload;
        frame[LODGE_FRAME_DETAIL] =
            (uint64_t)(uint32_t)err->exit_code << 32 | (uint32_t)err->trap;
    } else if (rc != LODGE_OK) {
        err->message_len = 0;
    }
    return rc;
}

/* Sets what every command has; clearing all of it would cost more than the
 * rest of an answer.
 */
static void command_on(struct command *cmd, uint32_t what, uint64_t *frame,
                       lodge_error *err)
{
    cmd->what = what;
    cmd->slice = 0;
    cmd->failed_own = 0;
    cmd->payload = 0;
    cmd->exit_code = 0;
    cmd->frame = frame;
    cmd->slots = frame + LODGE_FRAME_SLOTS;
    cmd->cap = (uint32_t)frame[LODGE_FRAME_CAPACITY];
    cmd->err = err;
}

static lodge_status frame_terms(const struct store *st, const uint64_t *frame,
                                struct call_terms *terms, lodge_error *err)
{
    terms->deadline_ns = frame[LODGE_FRAME_DEADLINE];
    terms->tag = frame[LODGE_FRAME_TAG];
    terms->id = frame[LODGE_FRAME_CALLID];
    if (terms->deadline_ns == 0)
        return LODGE_OK;
    return store_key_check(st->eng, LODGE_STORE_DEADLINE, terms->deadline_ns,
                           err);
}

static lodge_status frame_slice(const struct store *st, const uint64_t *frame,
                                uint64_t *tick, lodge_error *err)
{
    const uint64_t ns = frame[LODGE_FRAME_SLICE];

    *tick = 0;
    if (ns == 0)
        return LODGE_OK;
    if (st->eng->set.value[LODGE_CONFIG_INTERRUPTION]) {
        *tick = call_tick_after(ns);
        return LODGE_OK;
    }
    return error_refuse(err, LODGE_E_STATE,
                        "a time slice needs an engine with interruption=on");
}

/* ---- calling ---------------------------------------------------------- */

static lodge_status call_fiber(struct store *st, const struct child *fn,
                               uint64_t *frame, const struct call_terms *terms,
                               lodge_error *err)
{
    struct command cmd;
    lodge_status rc;

    command_on(&cmd, COMMAND_CALL, frame, err);
    cmd.fn = fn;
    cmd.terms = terms;
    rc = call_check(fn->sig, cmd.slots, cmd.cap, err);
    if (rc == LODGE_OK)
        rc = frame_slice(st, frame, &cmd.slice, err);
    return rc == LODGE_OK ? fiber_run(st, &cmd) : rc;
}

/* A call that may be stopped cannot be on the stack of its caller. */
static int takes_fiber(const struct store *st, uint32_t reach,
                       const uint64_t *frame)
{
    return st->stopped || frame[LODGE_FRAME_SLICE] != 0 ||
           reach_suspends(st->suspends, reach);
}

static lodge_status call_in(struct store *st, const struct child *fn,
                            uint64_t *frame, lodge_error *err)
{
    struct lodge_wt_open open;
    struct call_terms terms;
    int nested = 0, fiber = takes_fiber(st, fn->reach, frame);
    lodge_status rc = frame_terms(st, frame, &terms, err);

    if (rc == LODGE_OK && (fiber || frame[LODGE_FRAME_PARENT]))
        rc = suspend_may_call(st, frame[LODGE_FRAME_PARENT], &nested, err);
    if (rc != LODGE_OK)
        return rc;
    if (fiber && !nested)
        return call_fiber(st, fn, frame, &terms, err);
    rc = cancel_enter(st, &open, terms.id, err);
    if (rc != LODGE_OK)
        return rc;
    rc = call_run(st, fn, frame + LODGE_FRAME_SLOTS,
                  (uint32_t)frame[LODGE_FRAME_CAPACITY], &terms, err);
    cancel_leave(st, &open);
    return rc;
}

/* The same for a frame with more than a function, its values and a tag, or
 * where anything else is out of the usual; leaves the store.
 */
static __attribute__((noinline)) lodge_status call_unusual(struct store *st,
                                                           uint64_t *frame,
                                                           lodge_error *err)
{
    const uint64_t id = frame[LODGE_FRAME_FUNC];
    lodge_status rc = store_enter_late(st, id, LODGE_KIND_FUNC, err);

    if (rc != LODGE_OK)
        return rc; /* and not inside any more */
    rc = call_in(st, store_child(st, id, LODGE_KIND_FUNC), frame, err);
    frame[LODGE_FRAME_OPEN] = fiber_open_calls(st);
    handle_leave(id);
    return rc;
}

static int asks_more(const uint64_t *frame)
{
    return (frame[LODGE_FRAME_PARENT] | frame[LODGE_FRAME_CALLID] |
            frame[LODGE_FRAME_DEADLINE] | frame[LODGE_FRAME_SLICE]) != 0;
}

static IN_LINE lodge_status frame_call(uint64_t *frame, lodge_error *err)
{
    const uint64_t id = frame[LODGE_FRAME_FUNC];
    uint64_t *slots = frame + LODGE_FRAME_SLOTS;
    uint32_t cap = (uint32_t)frame[LODGE_FRAME_CAPACITY];
    struct slot *slot = handle_slot(id);
    lodge_status rc = handle_enter_slot(slot, id, err);
    struct store *st;
    struct child *c;
    uint64_t tag;

    if (__builtin_expect(rc != LODGE_OK, 0))
        return rc;
    st = slot->obj;
    c = store_child(st, id, LODGE_KIND_FUNC);
    if (asks_more(frame) || !call_is_plain(st, c, slots, cap) ||
        reach_suspends(st->suspends, c->reach))
        return call_unusual(st, frame, err);
    tag = st->tag;
    st->tag = frame[LODGE_FRAME_TAG];
    rc = call_plain(st, c, slots, err);
    st->tag = tag;
    frame[LODGE_FRAME_OPEN] = fiber_open_calls(st);
    handle_leave_slot(slot, id);
    return rc;
}

lodge_status lodge_call(uint64_t *frame)
{
    lodge_error spare, *err = NULL;
    lodge_status rc;

    if (!ptr_to_u64(frame))
        return LODGE_E_ARGUMENT;
    clear_out_words(frame);
    rc = frame_record(frame, &spare, &err);
    if (rc == LODGE_OK)
        rc = frame_check(frame, err);
    if (rc == LODGE_OK)
        rc = frame_call(frame, err);
    return frame_end(frame, rc, err);
}

/* ---- instantiating ---------------------------------------------------- */

static lodge_status make_direct(struct store *st, const struct prepared *pre,
                                int own, uint64_t *slots, lodge_error *err)
{
    uint32_t at;
    lodge_status rc = instance_make_prepared(st, pre, own, &at, err);

    if (rc == LODGE_OK)
        slots[0] = store_child_id(st, at);
    return rc;
}

/* Gives `*pre` up to the fiber where that takes it. */
static lodge_status make_in(struct store *st, const struct prepared **pre,
                            int own, uint64_t *frame, lodge_error *err)
{
    struct call_terms terms;
    struct command cmd = {.terms = &terms,
                          .pre = *pre,
                          .pre_id = frame[LODGE_FRAME_FUNC],
                          .own = own};
    uint32_t reach;
    int nested;
    lodge_status rc =
        suspend_may_call(st, frame[LODGE_FRAME_PARENT], &nested, err);

    if (rc == LODGE_OK)
        rc = frame_terms(st, frame, &terms, err);
    if (rc != LODGE_OK)
        return rc;
    command_on(&cmd, COMMAND_INSTANCE, frame, err);
    reach = (*pre)->mod->shape.start_reach;
    if (nested || !takes_fiber(st, reach, frame))
        return make_direct(st, *pre, own, cmd.slots, err);
    rc = frame_slice(st, frame, &cmd.slice, err);
    if (rc == LODGE_OK)
        rc = fiber_run(st, &cmd);
    *pre = cmd.pre;
    return rc;
}

static lodge_status frame_make(const struct prepared **pre, uint64_t *frame,
                               lodge_error *err)
{
    struct store *st;
    uint64_t id;
    int own;
    lodge_status rc;

    if ((uint32_t)frame[LODGE_FRAME_CAPACITY] == 0)
        return error_refuse(err, LODGE_E_BUFFER,
                            "frame: 0 slots, an instance needs 1");
    rc = instance_store_for(*pre, frame[LODGE_FRAME_SLOTS], &st, &own, err);
    if (rc != LODGE_OK)
        return rc;
    id = st->id;
    rc = make_in(st, pre, own, frame, err);
    frame[LODGE_FRAME_OPEN] = fiber_open_calls(st);
    handle_leave(id);
    if (rc < 0 && own)
        handle_close(id, LODGE_KIND_STORE);
    return rc;
}

static lodge_status frame_instantiate(uint64_t *frame, lodge_error *err)
{
    const uint64_t id = frame[LODGE_FRAME_FUNC];
    const struct prepared *pre;
    void *obj;
    lodge_status rc = frame_check(frame, err);

    if (rc == LODGE_OK)
        rc = handle_pin(id, LODGE_KIND_PREPARED, &obj, err);
    if (rc != LODGE_OK)
        return rc;
    pre = obj;
    rc = frame_make(&pre, frame, err);
    if (pre)
        handle_unpin(id);
    return rc;
}

lodge_status lodge_instantiate(uint64_t *frame)
{
    lodge_error spare, *err = NULL;
    lodge_status rc;

    if (!ptr_to_u64(frame))
        return LODGE_E_ARGUMENT;
    clear_out_words(frame);
    rc = frame_record(frame, &spare, &err);
    if (rc == LODGE_OK)
        rc = frame_instantiate(frame, err);
    return frame_end(frame, rc, err);
}

/* ---- answering -------------------------------------------------------- */

/* What the frame says about the request. */
static lodge_status read_answer(uint64_t *frame, struct command *cmd,
                                lodge_error *err)
{
    int64_t status = (int64_t)frame[LODGE_FRAME_STATUS];

    command_on(cmd, COMMAND_FAIL, frame, err);
    if (status == LODGE_OK || status == LODGE_REQUEST ||
        status == LODGE_YIELD) {
        cmd->what = COMMAND_ANSWER;
        return LODGE_OK;
    }
    if (status >= 0 || status < INT32_MIN)
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "frame: STATUS is neither LODGE_REQUEST, "
                            "LODGE_YIELD nor that of a failure");
    if (status == LODGE_E_HOST || status == LODGE_E_EXCEPTION) /* its ref */
        cmd->payload = frame[LODGE_FRAME_PAYLOAD];
    if (status == LODGE_E_EXIT)
        cmd->exit_code = (int32_t)(frame[LODGE_FRAME_DETAIL] >> 32);
    cmd->status = (lodge_status)status;
    return LODGE_OK;
}

/* A frame that belongs to another store than its token. */
static lodge_status check_store(const uint64_t *frame, lodge_error *err)
{
    uint64_t fn = handle_parent(frame[LODGE_FRAME_FUNC]);
    uint8_t kind;

    if (fn == handle_parent(frame[LODGE_FRAME_TOKEN]) || fn == 0 ||
        handle_describe(fn, &kind) != LODGE_OK || kind != LODGE_KIND_STORE)
        return LODGE_OK;
    return error_refuse(err, LODGE_E_FOREIGN,
                        "frame: TOKEN is of another store than FUNC");
}

static lodge_status resume_in(struct store *st, struct command *cmd,
                              uint64_t *frame, lodge_error *err)
{
    lodge_status rc = suspend_may_resume(st, frame[LODGE_FRAME_TOKEN], err);

    if (rc == LODGE_OK && cancel_met(st, st->res->away.open)) {
        cmd->what = COMMAND_FAIL; /* whatever the answer is */
        cmd->status = LODGE_E_CANCELLED;
    }
    if (rc == LODGE_OK)
        rc = suspend_check_answer(st, cmd, err);
    if (rc == LODGE_OK)
        rc = frame_slice(st, frame, &cmd->slice, err);
    if (rc != LODGE_OK)
        return rc;
    clear_out_words(frame);
    rc = fiber_run(st, cmd);
    frame[LODGE_FRAME_OPEN] = fiber_open_calls(st);
    return frame_end(frame, rc, err);
}

/* A refusal leaves the frame as it was, so that it can be tried again. */
static lodge_status frame_resume(uint64_t *frame, lodge_error *err)
{
    const uint64_t token = frame[LODGE_FRAME_TOKEN];
    struct command cmd;
    struct store *st;
    lodge_status rc = frame_check(frame, err);

    if (rc == LODGE_OK)
        rc = read_answer(frame, &cmd, err);
    if (rc == LODGE_OK)
        rc = check_store(frame, err);
    if (rc != LODGE_OK)
        return rc;
    rc = store_enter(token, &st, err);
    if (rc == LODGE_E_HANDLE)
        fiber_close(handle_parent(token));
    if (rc != LODGE_OK)
        return rc;
    rc = resume_in(st, &cmd, frame, err);
    handle_leave(token);
    if (cmd.failed_own)
        handle_close(handle_parent(token), LODGE_KIND_STORE);
    return rc;
}

lodge_status lodge_resume(uint64_t *frame)
{
    lodge_error spare, *err = NULL;
    lodge_status rc;

    if (!ptr_to_u64(frame))
        return LODGE_E_ARGUMENT;
    rc = frame_record(frame, &spare, &err);
    return rc == LODGE_OK ? frame_resume(frame, err) : rc;
}

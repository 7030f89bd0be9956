/* fiber.c - a store's resident fiber: commands in, outcomes and stops out.
 * It must not know what a frame is.
 *
 * The fiber runs one loop for as long as the store lives: park, carry out
 * the command, park again. A host function of mode SUSPEND parks in a loop
 * of the same kind (suspend.c), so that commands run above it. Whoever polls
 * waits on a stack of its own and may be another thread each time: nothing
 * on the fiber points to a waiter but through `res->cmd`, which is read anew
 * after every park.
 */
#include <string.h>

#include "core/tsan.h"
#include "rooms.h"

/* ---- the stack -------------------------------------------------------- */

/* Every entry is given a whole guest stack, but the fiber does not grow. */
static int has_room(const struct store *st)
{
    uintptr_t used = st->link.fiber - stack_here();

    return used + st->max_stack + STACK_RESERVE <= st->fiber_size;
}

/* ---- on the fiber ----------------------------------------------------- */

static void level_enter(struct resident *res, struct level *level,
                        uint32_t results)
{
    level->up = res->level;
    level->results = results;
    res->level = level;
    res->open++;
}

static void level_leave(struct resident *res, const struct level *level)
{
    res->level = level->up;
    res->open--;
}

/* The outcome of what began with another command, for the present one. */
static struct command *outcome(struct store *st, wasmtime_error_t *error,
                               lodge_status otherwise)
{
    struct command *cmd = st->res->cmd;

    if (st->res->dead) {
        if (error)
            wasmtime_error_delete(error);
        return NULL;
    }
    cmd->error = error;
    cmd->rc = error ? otherwise : LODGE_OK;
    return cmd;
}

static void call_with(struct store *st, struct command *cmd,
                      wasmtime_val_raw_t *raw)
{
    const wasmtime_func_t func = cmd->fn->of.func;
    const struct sig *sig = cmd->fn->sig;
    wasmtime_error_t *error = NULL;
    struct lodge_wt_open open;
    struct call_saved saved;
    struct command *end;
    struct level level;
    uintptr_t limit;
    lodge_status rc;

    rc = values_in(st, sig, 0, sig->nparams, cmd->slots, raw, cmd->err);
    if (rc != LODGE_OK) {
        cmd->rc = rc;
        return;
    }
    rc = cancel_enter(st, &open, cmd->terms->id, cmd->err);
    if (rc != LODGE_OK) {
        cmd->rc = rc;
        return;
    }
    level_enter(st->res, &level, sig->result_slots);
    call_begin(st, cmd->terms, &saved);
    limit = fiber_limit_lift(st);
    error = lodge_wt_call(st->ctx, &func, raw, sig->raw);
    fiber_limit_back(st, limit);
    call_end(st, &saved);
    level_leave(st->res, &level);
    cancel_leave(st, &open);
    end = outcome(st, error, LODGE_E_HOST);
    if (end && !error && end->cap < sig->result_slots)
        end->rc = LODGE_E_BUFFER; /* whoever ends it wants no results */
    else if (end && !error)
        end->rc = values_out(st, sig, sig->nparams, sig->nresults, raw,
                             end->slots, end->err);
}

static void run_call(struct store *st)
{
    struct command *cmd = st->res->cmd;
    wasmtime_val_raw_t local[LOCAL_VALUES], *raw = local;

    if (cmd->fn->sig->raw > LOCAL_VALUES)
        raw = alloc_array(cmd->fn->sig->raw, sizeof *raw);
    if (raw)
        call_with(st, cmd, raw);
    else
        cmd->rc = error_memory(cmd->err);
    if (raw != local)
        alloc_free(raw);
}

static wasmtime_error_t *instantiate(struct store *st,
                                     const wasmtime_instance_pre_t *pre,
                                     wasmtime_instance_t *out)
{
    const struct call_terms plain = {.tag = st->tag};
    const struct call_terms *terms = st->res->terms;
    const struct call_counts before = call_counts_of(st);
    struct call_saved saved;
    struct level level;
    wasmtime_error_t *error;
    uintptr_t limit;

    st->res->terms = NULL;
    level_enter(st->res, &level, 1);
    call_begin(st, terms ? terms : &plain, &saved);
    limit = fiber_limit_lift(st);
    error = lodge_wt_instantiate(st->ctx, pre, 0, out);
    fiber_limit_back(st, limit);
    call_end(st, &saved);
    level_leave(st->res, &level);
    if (st->link.nothing_made) /* Wasmtime has freed its part */
        call_counts_restore(st, &before);
    return error;
}

/* From one record to another, which may be longer or shorter. */
static void copy_error(const lodge_error *from, lodge_error *to)
{
    size_t len = strnlen(from->message, sizeof from->message);

    if (!error_wanted(to))
        return;
    error_set(to, from->status, from->message, len);
    to->trap = from->trap;
    to->exit_code = from->exit_code;
    to->payload = from->payload;
    to->report = from->report;
    to->detail = from->detail;
}

/* The waiter's record may be another one at the end. */
static void run_instance(struct store *st)
{
    struct command *cmd = st->res->cmd;
    const struct prepared *pre = cmd->pre;
    const uint64_t pre_id = cmd->pre_id;
    const int own = cmd->own;
    lodge_error err = LODGE_ERROR_INIT;
    struct lodge_wt_open open;
    uint32_t at = 0;
    lodge_status rc = cancel_enter(st, &open, cmd->terms->id, cmd->err);

    if (rc != LODGE_OK) {
        cmd->rc = rc;
        return;
    }
    err.flags = cmd->err->flags;
    cmd->pre = NULL; /* its pin is ours now */
    st->res->terms = cmd->terms;
    rc = instance_make_prepared(st, pre, own, &at, &err);
    st->res->terms = NULL;
    cancel_leave(st, &open);
    cmd = outcome(st, NULL, LODGE_OK);
    if (cmd && rc == LODGE_OK) {
        cmd->slots[0] = store_child_id(st, at);
    } else if (cmd) {
        cmd->rc = rc;
        cmd->failed_own = (uint32_t)own;
        copy_error(&err, cmd->err);
    }
    handle_unpin(pre_id);
}

/* The waiter does not leave before the end: its words can be used. */
static void run_bare(struct store *st)
{
    struct command *cmd = st->res->cmd;

    outcome(st, instantiate(st, cmd->raw_pre, cmd->out), LODGE_E_LINK);
}

void fiber_command(struct store *st)
{
    struct command *cmd = st->res->cmd;

    if (!has_room(st)) {
        cmd->rc = call_refuse_stack(st, cmd->err);
        return;
    }
    if (cmd->what == COMMAND_JOB)
        cmd->rc = cmd->job(st, cmd->arg, cmd->err);
    else if (cmd->what == COMMAND_CALL)
        run_call(st);
    else if (cmd->what == COMMAND_INSTANCE)
        run_instance(st);
    else
        run_bare(st);
}

static void body(struct lodge_wt_store *link)
{
    struct store *st = (struct store *)link;

    while (!fiber_stop(st, WHY_IDLE))
        fiber_command(st);
}

/* ---- beside the fiber ------------------------------------------------- */

/* The fiber's set of what runs for the thread's, or back. */
static void swap_running(struct store *st)
{
    const struct running now = {
        st->link.deadline, st->link.epoch_deadline, st->tag,  st->link.open,
        st->link.call,     st->link.fiber,          st->calls};
    const struct running *then = &st->res->away;

    st->link.deadline = then->deadline;
    st->link.epoch_deadline = then->epoch_deadline;
    st->tag = then->tag;
    st->link.open = then->open;
    st->link.call = then->call;
    st->link.fiber = then->fiber;
    st->calls = then->calls;
    st->res->away = now;
}

/* The ticker may rest while the fiber is stopped: deadlines go on. Calls that
 * begin and end in between count themselves.
 */
static inline void waits_begin(const struct store *st, int slice)
{
    if (__builtin_expect(slice, 0))
        ticker_begin();
    if (__builtin_expect(st->link.deadline != 0, 0))
        ticker_begin();
}

static inline void waits_end(const struct store *st, int slice)
{
    if (__builtin_expect(slice, 0))
        ticker_end();
    if (__builtin_expect(st->link.deadline != 0, 0))
        ticker_end();
}

static void forget_all(struct resident *res)
{
    res->why = WHY_ENDED;
    res->top = NULL;
    res->level = NULL;
    res->open = 0;
    res->away = (struct running){0};
    tsan_fiber_forget(&res->tsan);
}

/* Runs the fiber until it stops. The processor mistakes every return after
 * a change of stacks, so functions on this way are few.
 */
static inline __attribute__((always_inline)) wasmtime_error_t *
run_on(struct store *st)
{
    struct resident *res = st->res;
    wasmtime_error_t *error = NULL;
    void *runner;
    int ended, slice;

    res->why = WHY_RUNS;
    st->stopped = 0;
    st->odd &= ~(uint32_t)ODD_YIELDS;
    st->link.slice = res->cmd ? res->cmd->slice : 0;
    swap_running(st);
    slice = st->link.slice != 0;
    waits_begin(st, slice);
    res->on = 1;
    runner = tsan_fiber_enter(&res->tsan);
    ended = lodge_wt_resident_run(&st->link, &error);
    tsan_fiber_leave(runner);
    res->on = 0;
    st->link.slice = 0;
    waits_end(st, slice);
    swap_running(st);
    if (__builtin_expect(ended, 0)) {
        lodge_wt_resident_stop(&st->link);
        forget_all(res);
    }
    st->stopped = res->top != NULL;
    if (__builtin_expect(res->why == WHY_YIELD, 0))
        st->odd |= ODD_YIELDS;
    return error;
}

static lodge_status start(struct store *st, lodge_error *err)
{
    wasmtime_error_t *error;

    if (!st->res)
        st->res = alloc_zero(sizeof *st->res);
    if (!st->res)
        return error_memory(err);
    st->res->why = WHY_ENDED;
    error = lodge_wt_resident_start(st->ctx, st->fiber_size, body,
                                    suspend_give_way);
    if (!error)
        error = run_on(st); /* to its first park */
    return error ? trap_translate(st, error, LODGE_E_LIMIT, err) : LODGE_OK;
}

static lodge_status run_to_stop(struct store *st, struct command *cmd)
{
    struct resident *res = st->res;
    wasmtime_error_t *ended;
    lodge_status rc = LODGE_OK;

    if (__builtin_expect(!res || res->why == WHY_ENDED, 0))
        rc = start(st, cmd->err);
    if (rc != LODGE_OK)
        return rc;
    res = st->res;
    cmd->error = NULL;
    cmd->rc = LODGE_OK;
    res->cmd = cmd;
    for (;;) {
        ended = run_on(st);
        if (__builtin_expect(res->why != WHY_FRAME, 1))
            break;
        host_frame_serve(st, cmd);
        res->cmd = cmd;
    }
    res->cmd = NULL;
    if (__builtin_expect(ended != NULL, 0))
        return trap_translate(st, ended, LODGE_E_INTERNAL, cmd->err);
    if (res->why == WHY_REQUEST)
        return LODGE_REQUEST;
    if (res->why == WHY_YIELD)
        return LODGE_YIELD;
    if (__builtin_expect(cmd->error != NULL, 0))
        return trap_translate(st, cmd->error, cmd->rc, cmd->err);
    return cmd->rc;
}

/* An answer is taken even if no time is left: the guest meets that later. */
lodge_status fiber_run(struct store *st, struct command *cmd)
{
    const int begins = cmd->what < COMMAND_ANSWER;
    lodge_status rc = begins ? budget_check(st, cmd->err) : LODGE_OK;
    int mine;

    if (rc != LODGE_OK)
        return rc;
    mine = budget_run(st);
    rc = run_to_stop(st, cmd);
    budget_rest(st, mine);
    return rc;
}

lodge_status fiber_instantiate(struct store *st,
                               const wasmtime_instance_pre_t *pre,
                               wasmtime_instance_t *out, lodge_error *err)
{
    struct command cmd = {
        .what = COMMAND_BARE, .raw_pre = pre, .out = out, .err = err};
    wasmtime_error_t *error;
    uint32_t quiet;
    lodge_status rc;

    if (st->res->on) {
        if (!has_room(st))
            return call_refuse_stack(st, err);
        error = instantiate(st, pre, out);
        return error ? trap_translate(st, error, LODGE_E_LINK, err) : LODGE_OK;
    }
    quiet = st->res->quiet;
    st->res->quiet = 1;
    rc = fiber_run(st, &cmd);
    st->res->quiet = quiet;
    return rc;
}

lodge_status fiber_call(struct store *st, const struct child *fn,
                        uint64_t *slots, uint32_t len,
                        const struct call_terms *terms, lodge_error *err)
{
    static const struct call_terms none;
    struct command cmd = {.what = COMMAND_CALL,
                          .fn = fn,
                          .terms = terms ? terms : &none,
                          .slots = slots,
                          .cap = len,
                          .err = err};
    uint32_t quiet = st->res ? st->res->quiet : 0;
    lodge_status rc;

    if (!host_frame_open(st) || fiber_ending(st))
        return suspend_refuse(st, err);
    rc = call_check(fn->sig, slots, len, err);
    if (rc != LODGE_OK)
        return rc;
    st->res->quiet = 1; /* there is no frame for a request */
    rc = fiber_run(st, &cmd);
    st->res->quiet = quiet;
    return rc;
}

lodge_status fiber_job(struct store *st, ref_job *job, void *arg,
                       lodge_error *err)
{
    struct command cmd = {
        .what = COMMAND_JOB, .job = job, .arg = arg, .err = err};

    if (fiber_ending(st))
        return suspend_refuse(st, err);
    return fiber_run(st, &cmd);
}

/* ---- the end ---------------------------------------------------------- */

void fiber_end(struct store *st)
{
    struct resident *res = st->res;
    void *runner;

    if (!res || res->why == WHY_ENDED)
        return;
    res->dead = 1;
    st->stopped = 1; /* what unwinds calls no guest */
    swap_running(st);
    waits_begin(st, 0);
    res->on = 1;
    runner = tsan_fiber_enter(&res->tsan);
    lodge_wt_resident_stop(&st->link);
    tsan_fiber_leave(runner);
    res->on = 0;
    waits_end(st, 0);
    swap_running(st);
    forget_all(res);
}

void fiber_close(uint64_t id)
{
    struct store *st;

    /* A FRAME function that runs beside the fiber ends it by returning. */
    if (!handle_is_entered_by_me(id))
        return;
    st = handle_nest(id);
    if (st->res && st->res->top && !st->res->on && !st->res->serving)
        fiber_end(st);
    handle_leave(id);
}

/* rooms_call.h - what the rooms share about calls that run, wait or end.
 * A part of rooms.h, which includes it: the records are there.
 */
#ifndef LODGE_ROOMS_CALL_H
#define LODGE_ROOMS_CALL_H

/* ---- value.c, call.c --------------------------------------------------- */

/* What a call is to obey beyond the store's defaults. */
struct call_terms {
    uint64_t deadline_ns;
    uint64_t tag;
    uint64_t id; /* for cancelling, 0 = none */
};

/* The tick at which so many nanoseconds have passed for certain. */
uint64_t call_tick_after(uint64_t ns);
lodge_status call_run(struct store *st, const struct child *fn,
                      uint64_t *slots, uint32_t len,
                      const struct call_terms *terms, lodge_error *err);
/* Whether a function can be called with these slots. */
lodge_status call_check(const struct sig *sig, const uint64_t *slots,
                        uint32_t len, lodge_error *err);
/* E_STACK: too many calls between host and guest. A host function around it
 * can hand that on like the failure of a call.
 */
lodge_status call_refuse_stack(struct store *st, lodge_error *err);
/* Stack that must be left beyond the guest's own, bytes. */
enum { STACK_RESERVE = 64 * 1024 };
/* Values that fit on the stack of a call. */
enum { LOCAL_VALUES = 16 };
/* What instances have been counted with, and taking it back where one was
 * not made.
 */
struct call_counts {
    uint64_t memory_bytes, memory_peak, table_elements, table_peak;
};
struct call_counts call_counts_of(const struct store *st);
void call_counts_restore(struct store *st, const struct call_counts *before);
/* Around anything that runs guest code. */
struct call_saved {
    uint64_t deadline, epoch_deadline, tag;
    void *failure; /* what the host function around it is about to return */
};
void call_begin(struct store *st, const struct call_terms *terms,
                struct call_saved *saved);
void call_end(struct store *st, const struct call_saved *saved);
/* Makes an instance with all that a call needs around it. */
lodge_status call_instantiate(struct store *st,
                              const wasmtime_instance_pre_t *pre,
                              wasmtime_instance_t *out, lodge_error *err);

/* Slots to Wasmtime's values and back; see values_in, values_out. */
lodge_status value_in(struct store *st, const struct sig *sig, uint32_t first,
                      uint32_t n, const uint64_t *slots,
                      wasmtime_val_raw_t *raw, lodge_error *err);
lodge_status value_out(struct store *st, const struct sig *sig, uint32_t first,
                       uint32_t n, const wasmtime_val_raw_t *raw,
                       uint64_t *slots, lodge_error *err);
/* One value that is no reference or a function. */
lodge_status value_in_one(struct store *st, uint32_t code,
                          const uint64_t *slots, wasmtime_val_raw_t *raw,
                          lodge_error *err);
/* Whether results of a host function could be taken. */
lodge_status value_check_results(struct store *st, const struct sig *sig,
                                 const uint64_t *slots, lodge_error *err);
/* Around a host function: ids among its parameters end with it. */
static inline size_t values_mark(struct store *st, const struct sig *sig)
{
    return sig->refs ? lodge_wt_refs_mark(&st->link) : 0;
}

static inline void values_drop(struct store *st, const struct sig *sig,
                               size_t mark)
{
    if (sig->refs)
        lodge_wt_refs_drop(&st->link, mark);
}

/* `n` values of a signature from value `first` on, all parameters or all
 * results, between slots and raw values that do not overlap, or at the same
 * places.
 */
static inline lodge_status values_in(struct store *st, const struct sig *sig,
                                     uint32_t first, uint32_t n,
                                     const uint64_t *slots,
                                     wasmtime_val_raw_t *raw, lodge_error *err)
{
    const uint64_t *masks = sig->masks + first;
    uint32_t i;

    if (!sig->plain)
        return value_in(st, sig, first, n, slots, raw, err);
    for (i = 0; i < n; i++)
        raw[i].i64 = (int64_t)(slots[i] & masks[i]);
    return LODGE_OK;
}

static inline lodge_status values_out(struct store *st, const struct sig *sig,
                                      uint32_t first, uint32_t n,
                                      const wasmtime_val_raw_t *raw,
                                      uint64_t *slots, lodge_error *err)
{
    const uint64_t *masks = sig->masks + first;
    uint32_t i;

    if (!sig->plain)
        return value_out(st, sig, first, n, raw, slots, err);
    for (i = 0; i < n; i++)
        slots[i] = (uint64_t)raw[i].i64 & masks[i];
    return LODGE_OK;
}

/* ---- ref.c ------------------------------------------------------------- */

/* What wasmtime/src/refs.rs asks of C. */
extern const struct lodge_wt_room ref_room
    __attribute__((visibility("hidden")));
/* Runs what may collect garbage: on the fiber, if a guest waits there. */
typedef lodge_status ref_job(struct store *st, void *arg, lodge_error *err);
lodge_status ref_run(struct store *st, ref_job *job, void *arg,
                     lodge_error *err);
/* The number of a live reference of the store. */
lodge_status ref_check(struct store *st, uint64_t id, lodge_error *err);
/* Enters the store of a live reference. */
lodge_status ref_enter(uint64_t id, struct store **st, lodge_error *err);
/* A type of references by its code, null included. */
lodge_status type_code_check(uint32_t type, lodge_error *err);
/* Closes a reference, if it is one, of the store that is entered. */
void ref_close(struct store *st, uint64_t id);
static inline int ref_is(uint64_t id)
{
    uint64_t at = id & HANDLE_CHILD_MASK;

    return at >= LODGE_WT_REF_FIRST && at <= LODGE_WT_REF_LAST;
}

/* ---- exception.c ------------------------------------------------------- */

/* Whether a ref names an exception. */
lodge_status exception_check(struct store *st, uint64_t ref, lodge_error *err);
/* Makes an exception, by its ref, the failure of the running host function. */
lodge_status exception_throw(struct store *st, uint64_t ref, lodge_error *err);

/* ---- budget.c ---------------------------------------------------------- */

struct budget;

/* The budget behind a handle, with a reference of the caller's own. */
lodge_status budget_take(lodge_budget budget, struct budget **out,
                         lodge_error *err);
struct budget *budget_keep(struct budget *bud);
void budget_drop(void *bud); /* NULL is fine */
/* E_STATE: a limit of time, and calls that cannot be interrupted. */
lodge_status budget_fits(struct budget *bud, const struct engine *eng,
                         lodge_error *err);
/* Takes what the store has from the budget (NULL = none), which takes the
 * place of the one it had. All or nothing.
 */
lodge_status budget_join(struct store *st, struct budget *bud,
                         lodge_error *err);
/* Gives everything back; before the store goes. */
void budget_leave(struct store *st);
/* Takes memory for the store as the limiter does, from its own limit and from
 * its budget, or refuses it; and back. For what Wasmtime asks nobody about.
 */
lodge_status budget_take_memory(struct store *st, uint64_t bytes,
                                lodge_error *err);
void budget_give_memory(struct store *st, uint64_t bytes);
/* Gives back what was taken for something that was not made. */
void budget_give(struct store *st, uint64_t memory, uint64_t elements);
/* E_LIMIT: no time is left for another call. */
lodge_status budget_check_slow(struct store *st, lodge_error *err);
static inline lodge_status budget_check(struct store *st, lodge_error *err)
{
    return st->link.budget ? budget_check_slow(st, err) : LODGE_OK;
}
/* Around what runs guest code, host functions that it calls included. Where
 * one is inside another, the outer one counts.
 */
int budget_run_slow(struct store *st);
static inline int budget_run(struct store *st)
{
    return st->link.budget ? budget_run_slow(st) : 0;
}
void budget_rest(struct store *st, int mine);
void budget_refused_time(struct store *st);

/* ---- cancel.c ---------------------------------------------------------- */

/* Around a call with an id, which may be 0. E_CANCELLED: it was cancelled
 * before it began; nothing is to be undone then.
 */
lodge_status cancel_enter(struct store *st, struct lodge_wt_open *open,
                          uint64_t id, lodge_error *err);
void cancel_leave_slow(struct store *st) __attribute__((cold, noinline));
static inline void cancel_leave(struct store *st,
                                const struct lodge_wt_open *open)
{
    struct lodge_wt_store *link = &st->link;

    if (!open->id)
        return;
    link->open = open->up;
    atomic_store_explicit(&link->oldest, open->oldest, memory_order_release);
    if (__builtin_expect(
            atomic_load_explicit(&link->cancel, memory_order_relaxed) != 0, 0))
        cancel_leave_slow(st);
}
/* Whether one of these calls, or the whole store, was cancelled. */
int cancel_met(const struct store *st, const struct lodge_wt_open *open);
/* Cancels what runs in a store on another thread: it is being closed. */
void cancel_elsewhere(uint64_t id);

/* ---- fiber.c, suspend.c, frame.c --------------------------------------- */

/* A host function that waits for its answer, or a guest whose time slice is
 * used up; on the fiber's stack.
 */
struct request {
    struct request *up;
    const struct host_func *func;        /* NULL: the slice is used up */
    wasmtime_val_raw_t *raw;             /* parameters in, results out */
    const wasmtime_instance_t *instance; /* the calling one */
    uint64_t token;                      /* the store's id and a number */
    const struct level *level;           /* the call it was made in */
};

/* A call that is open on the fiber; on the fiber's stack. */
struct level {
    struct level *up;
    uint32_t results; /* slots that its end needs in a frame */
};

/* What a store knows of its running call; the fiber has a set of its own. */
struct running {
    uint64_t deadline, epoch_deadline, tag;
    const struct lodge_wt_open *open;
    struct lodge_wt_call *call;
    uintptr_t fiber;
    uint32_t calls;
};

enum {
    WHY_RUNS,
    WHY_IDLE,
    WHY_REQUEST,
    WHY_YIELD,
    WHY_FRAME,
    WHY_DONE,
    WHY_ENDED
};

/* A store's resident fiber. */
struct resident {
    uint32_t why;        /* WHY_*: why it is not running */
    uint32_t on;         /* it is running */
    uint32_t dead;       /* it is being ended: all calls are to return */
    uint32_t quiet;      /* nobody could take a request now */
    uint32_t open;       /* calls open on it */
    uint32_t serving;    /* FRAME functions running beside it */
    uint64_t serial;     /* of the last token */
    struct command *cmd; /* of the thread that waits */
    const struct call_terms *terms; /* of the instance about to be made */
    struct request *top;            /* innermost open request */
    struct level *level;            /* innermost open call */
    struct running away;            /* the set that is not in the store now */
    void *tsan;                     /* core/tsan.h */
};

enum {
    COMMAND_CALL,
    COMMAND_INSTANCE,
    COMMAND_BARE,
    COMMAND_JOB,
    COMMAND_ANSWER,
    COMMAND_FAIL
};

/* What the fiber is to do next, and what came of it. It is on the stack of
 * the thread that waits for the fiber; a command that ends does so in the
 * record of whoever waits then.
 */
struct command {
    uint32_t what;
    const struct child *fn;         /* CALL */
    const struct call_terms *terms; /* CALL, INSTANCE */
    const struct prepared *pre;     /* INSTANCE: pinned, unpinned at the end */
    uint64_t pre_id;
    int own; /* INSTANCE: the store is its own */
    const wasmtime_instance_pre_t *raw_pre; /* BARE */
    wasmtime_instance_t *out;               /* BARE */
    ref_job *job;                           /* JOB */
    void *arg;                              /* JOB */
    lodge_status status;                    /* FAIL, as the rest */
    int32_t exit_code;
    uint64_t payload;
    uint64_t slice;  /* tick at which whoever waits wants to be back, or 0 */
    uint64_t *frame; /* NULL for BARE */
    uint64_t *slots;
    uint32_t cap;
    lodge_error *err;
    wasmtime_error_t *error; /* out; not translated yet */
    lodge_status rc;         /* out, if there is no error */
    uint32_t failed_own;     /* out: the instance's own store is to go */
    /* `pre` is NULL once the fiber has taken the pin over. */
};

/* Runs a command on the store's fiber, which is made if there is none, until
 * it ends (its status), the guest waits for the host (LODGE_REQUEST), or the
 * slice is used up (LODGE_YIELD).
 */
lodge_status fiber_run(struct store *st, struct command *cmd);
/* On the fiber: wait for the next command. 1: the fiber is being ended. */
static inline int fiber_stop(struct store *st, uint32_t why)
{
    st->res->why = why;
    return lodge_wt_park(&st->link) != 0 || st->res->dead;
}
/* On the fiber: carry out the present command, unless it is an answer. */
void fiber_command(struct store *st);
/* Whether a call on a frame may begin with this PARENT. *nested: it runs
 * inside a host function, without a fiber of its own.
 */
lodge_status suspend_may_call(const struct store *st, uint64_t parent,
                              int *nested, lodge_error *err);
/* Whether the stop of this token may end now. */
lodge_status suspend_may_resume(struct store *st, uint64_t token,
                                lodge_error *err);
/* Whether an answer fits: room for what may come back, values that exist. */
lodge_status suspend_check_answer(struct store *st, struct command *cmd,
                                  lodge_error *err);
/* On the fiber: the time slice is used up. Not 0: the guest is to end. */
int32_t suspend_give_way(struct lodge_wt_store *link);
/* E_STATE: a request is open, or a slice used up. */
lodge_status suspend_refuse(const struct store *st, lodge_error *err);
/* Instantiates on the fiber: on it, or above a guest that waits. */
lodge_status fiber_instantiate(struct store *st,
                               const wasmtime_instance_pre_t *pre,
                               wasmtime_instance_t *out, lodge_error *err);
/* A function that may fail with any status runs: what is being made is there. */
static inline void instance_note_started(const struct store *st)
{
    struct instance *inst = st->making;

    for (; inst && !inst->started; inst = inst->outer)
        inst->started = 1;
}
/* Whether the present stack is the store's fiber. */
static inline int fiber_runs(const struct store *st)
{
    return st->res != NULL && st->res->on;
}
/* What a store takes over from a linker with an instance. */
lodge_status host_frame_adopt(struct store *st, uint32_t suspends,
                              const struct module *mod, lodge_frame_fn fn,
                              lodge_error *err);
/* A host function of mode LODGE_HOST_FRAME. */
int32_t host_frame_run(void *env, struct lodge_wt_store *link,
                       const wasmtime_instance_t *instance,
                       wasmtime_val_raw_t *raw, size_t len);
/* Runs the FRAME function that the fiber has stopped for, and turns the
 * command into its answer.
 */
void host_frame_serve(struct store *st, struct command *cmd);
/* Whether the innermost stop is a FRAME function that is running. */
static inline int host_frame_open(const struct store *st)
{
    return st->res && st->res->top && st->res->top->func &&
           st->res->top->func->mode == LODGE_HOST_FRAME;
}
/* Whether a host function is running or waiting: what fails now is the
 * failure of a call that it made.
 */
static inline int host_is_open(const struct store *st)
{
    return st->link.call || st->stopped || (fiber_runs(st) && st->res->top);
}
/* A call without a frame of its own while a FRAME function runs. */
lodge_status fiber_call(struct store *st, const struct child *fn,
                        uint64_t *slots, uint32_t len,
                        const struct call_terms *terms, lodge_error *err);
/* Puts a request on top, and takes it off. */
void suspend_push(struct store *st, struct request *me);
/* Waits for the answer, and carries out commands until it comes. 1: the
 * fiber is being ended.
 */
int suspend_wait(struct store *st, uint32_t why);
/* Fails as the command says, or hands on what a nested call failed with. */
int32_t suspend_fail(struct store *st, const struct host_func *hf,
                     const struct command *cmd, const char *text, size_t len);
int32_t suspend_fail_cancelled(struct store *st);
/* A host function of mode LODGE_HOST_SUSPEND. */
int32_t suspend_host(void *env, struct lodge_wt_store *link,
                     const wasmtime_instance_t *instance,
                     wasmtime_val_raw_t *raw, size_t len);
/* Calls open, those that wait included. */
static inline uint32_t fiber_open_calls(const struct store *st)
{
    return st->calls + (st->res && !st->res->on ? st->res->away.calls : 0);
}
/* Runs a job above a guest that waits. */
lodge_status fiber_job(struct store *st, ref_job *job, void *arg,
                       lodge_error *err);
/* The store is ending: no frame may swallow that. */
static inline int fiber_ending(const struct store *st)
{
    return st->res && st->res->dead;
}
/* On the fiber, around an entry that has a whole guest's stack: otherwise
 * Wasmtime keeps the limit of the call below.
 */
static inline uintptr_t fiber_limit_lift(const struct store *st)
{
    const uintptr_t limit = *st->link.stack_limit;

    *st->link.stack_limit = UINTPTR_MAX;
    return limit;
}
static inline void fiber_limit_back(const struct store *st, uintptr_t limit)
{
    *st->link.stack_limit = limit;
}
/* Unwinds what waits; before the store goes. */
void fiber_end(struct store *st);
/* Unwinds what waits above host functions of this thread, which keep the
 * store in use: somebody has closed it, or is about to.
 */
void fiber_close(uint64_t id);

/* ---- trap.c ----------------------------------------------------------- */

/* Turns an error of Wasmtime's into a status and a message; the error is
 * deleted. `otherwise` is the status where the error tells none. `st` may
 * be NULL.
 */
/* report.c: the id of a report, or 0 where there is no room for one. `st` may
 * be NULL; if a core dump is asked for, it is entered.
 */
uint64_t report_make(const wasmtime_error_t *error, struct store *st,
                     lodge_status status, uint32_t flags);
lodge_status trap_translate(struct store *st, wasmtime_error_t *error,
                            lodge_status otherwise, lodge_error *err);

/* ---- lodge.c ---------------------------------------------------------- */

/* Once per process, before the first handle. */
void lodge_start(void);

#endif

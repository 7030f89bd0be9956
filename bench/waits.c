/* waits.c - what a host function that waits costs, and calls beside it.
 * The other side is the C API's own async functions.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

static const char guest[] =
    "(module (import \"h\" \"f\" (func $f (param i32) (result i32)))"
    " (memory 1)"
    " (func (export \"ask\") (param $n i32) (result i32) (local $sum i32)"
    "  (loop $l"
    "   (local.set $sum (i32.add (local.get $sum) (call $f (local.get $n))))"
    "   (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))"
    "  (local.get $sum))"
    " (func (export \"may\") (param i32) (result i32)"
    "  (if (i32.eq (local.get 0) (i32.const -1))"
    "   (then (return (call $f (i32.const 0)))))"
    "  (local.get 0))"
    " (func (export \"cannot\") (param i32) (result i32) (local.get 0)))";

enum { ENDLESS = 0x7FFFFFFF }; /* requests that nobody counts */

/* ---- Lodge ------------------------------------------------------------ */

struct frame {
    uint64_t word[LODGE_FRAME_SLOTS + 2];
};

static void add_f(struct lodge_side *side)
{
    lodge_error err = LODGE_ERROR_INIT;
    lodge_host host;
    uint32_t index;

    bench_need(lodge_host_new(side->engine, "h", 1, &host, &err), &err,
               "lodge_host_new");
    bench_need(lodge_host_func(host, "i32 -> i32", 10, LODGE_HOST_SUSPEND, 1,
                               &index, &err),
               &err, "lodge_host_func");
    bench_need(lodge_host_export(host, index, "f", 1, &err), &err,
               "lodge_host_export");
    bench_need(lodge_linker_add_host(side->linker, host, &err), &err,
               "lodge_linker_add_host");
    lodge_host_close(host);
}

static void frame_arm(struct frame *f, lodge_func func, uint64_t parent,
                      uint64_t argument)
{
    memset(f, 0, sizeof *f);
    f->word[LODGE_FRAME_FUNC] = func.id;
    f->word[LODGE_FRAME_PARENT] = parent;
    f->word[LODGE_FRAME_CAPACITY] = 2;
    f->word[LODGE_FRAME_SLOTS] = argument;
}

static void frame_open(struct frame *f, lodge_func func, uint64_t n)
{
    frame_arm(f, func, 0, n);
    bench_need_true(lodge_call(f->word) == LODGE_REQUEST, "lodge_call");
}

/* Answers with a 1. */
static lodge_status frame_answer(struct frame *f)
{
    f->word[LODGE_FRAME_SLOTS] = 1;
    return lodge_resume(f->word);
}

/* ---- the C API -------------------------------------------------------- */

static bool second_time(void *env)
{
    int *asked = env;

    *asked = !*asked;
    return !*asked;
}

static void async_f(void *env, wasmtime_caller_t *caller,
                    const wasmtime_val_t *args, size_t nargs,
                    wasmtime_val_t *results, size_t nresults,
                    wasm_trap_t **trap, wasmtime_async_continuation_t *next)
{
    (void)caller, (void)args, (void)nargs, (void)nresults, (void)trap;
    results[0].kind = WASMTIME_I32;
    results[0].of.i32 = 1;
    next->callback = second_time;
    next->env = env;
    next->finalizer = NULL;
}

/* A store of the C API with what a call on it needs. */
struct waiter {
    wasmtime_store_t *store;
    wasmtime_context_t *ctx;
    wasmtime_call_future_t *future;
    wasmtime_val_t arg, result;
    wasm_trap_t *trap;
    wasmtime_error_t *error;
};

static void raw_add_f(struct raw_side *side, int *asked)
{
    wasm_functype_t *type = wasm_functype_new_1_1(wasm_valtype_new(WASM_I32),
                                                  wasm_valtype_new(WASM_I32));

    bench_need_raw(wasmtime_linker_define_async_func(side->linker, "h", 1, "f",
                                                     1, type, async_f, asked,
                                                     NULL),
                   NULL, "wasmtime_linker_define_async_func");
    wasm_functype_delete(type);
}

/* A store with an instance; its export. */
static void waiter_start(struct waiter *w, const struct raw_side *side,
                         const char *name, wasmtime_func_t *func)
{
    wasmtime_instance_t instance;
    wasmtime_extern_t item;

    w->store = raw_side_store(side);
    w->ctx = wasmtime_store_context(w->store);
    w->future = wasmtime_linker_instantiate_async(
        side->linker, w->ctx, side->module, &instance, &w->trap, &w->error);
    while (!wasmtime_call_future_poll(w->future)) {
    }
    wasmtime_call_future_delete(w->future);
    w->future = NULL;
    bench_need_raw(w->error, w->trap, "wasmtime_linker_instantiate_async");
    bench_need_true(wasmtime_instance_export_get(w->ctx, &instance, name,
                                                 strlen(name), &item),
                    name);
    *func = item.of.func;
}

static void waiter_call(struct waiter *w, const wasmtime_func_t *func,
                        int32_t n)
{
    w->arg = (wasmtime_val_t){.kind = WASMTIME_I32, .of = {.i32 = n}};
    w->future = wasmtime_func_call_async(w->ctx, func, &w->arg, 1, &w->result,
                                         1, &w->trap, &w->error);
}

static void waiter_end(struct waiter *w)
{
    wasmtime_call_future_delete(w->future);
    w->future = NULL;
    bench_need_raw(w->error, w->trap, "wasmtime_func_call_async");
}

/* ---- one store --------------------------------------------------------- */

struct state {
    struct lodge_side lodge;
    struct raw_side raw, plain;
    struct waiter waiter;
    lodge_func ask, may, cannot;
    wasmtime_func_t raw_func, plain_func;
    int asked;
    uint64_t sum;
};

static wasm_trap_t *plain_f(void *env, wasmtime_caller_t *caller,
                            wasmtime_val_raw_t *raw, size_t len)
{
    (void)env, (void)caller, (void)raw, (void)len;
    return NULL;
}

/* A third side without async functions, for direct calls. */
static void open_plain(struct state *s)
{
    wasm_functype_t *type = wasm_functype_new_1_1(wasm_valtype_new(WASM_I32),
                                                  wasm_valtype_new(WASM_I32));
    wasmtime_extern_t item;

    raw_side_open(&s->plain, guest, 0);
    bench_need_raw(wasmtime_linker_define_func_unchecked(s->plain.linker, "h",
                                                         1, "f", 1, type,
                                                         plain_f, NULL, NULL),
                   NULL, "wasmtime_linker_define_func_unchecked");
    wasm_functype_delete(type);
    raw_side_start(&s->plain);
    raw_side_export(&s->plain, "cannot", &item);
    s->plain_func = item.of.func;
}

static void *open_store(const struct bench_case *self)
{
    struct state *s = bench_alloc(sizeof *s);

    lodge_side_open(&s->lodge, guest, 0);
    add_f(&s->lodge);
    lodge_side_start(&s->lodge);
    s->ask = lodge_side_func(&s->lodge, "ask");
    s->may = lodge_side_func(&s->lodge, "may");
    s->cannot = lodge_side_func(&s->lodge, "cannot");
    raw_side_open(&s->raw, guest, 0);
    raw_add_f(&s->raw, &s->asked);
    waiter_start(&s->waiter, &s->raw, self->arg ? "may" : "ask", &s->raw_func);
    open_plain(s);
    return s;
}

static void close_store(void *state)
{
    struct state *s = state;

    wasmtime_store_delete(s->waiter.store);
    lodge_side_close(&s->lodge);
    raw_side_close(&s->raw);
    raw_side_close(&s->plain);
    free(s);
}

static void by_request(void *state, uint64_t n)
{
    struct state *s = state;
    struct frame f;
    uint64_t i;

    frame_open(&f, s->ask, n);
    for (i = 1; i < n; i++)
        bench_need_true(frame_answer(&f) == LODGE_REQUEST, "lodge_resume");
    bench_need_true(frame_answer(&f) == LODGE_OK &&
                        f.word[LODGE_FRAME_SLOTS] == n,
                    "the last answer");
}

static void by_async_request(void *state, uint64_t n)
{
    struct state *s = state;
    uint64_t polls = 1;

    waiter_call(&s->waiter, &s->raw_func, (int32_t)n);
    for (; !wasmtime_call_future_poll(s->waiter.future); polls++) {
    }
    waiter_end(&s->waiter);
    bench_need_true(polls == n + 1 && (uint64_t)s->waiter.result.of.i32 == n,
                    "wasmtime_call_future_poll");
}

/* n calls of a function by frames. */
static void by_frames(struct state *s, lodge_func func, uint64_t parent,
                      uint64_t n)
{
    struct frame f;

    frame_arm(&f, func, parent, 0);
    while (n-- > 0) {
        f.word[LODGE_FRAME_SLOTS] = n & 0xFFFF;
        bench_need_true(lodge_call(f.word) == LODGE_OK, "lodge_call");
        s->sum += f.word[LODGE_FRAME_SLOTS];
    }
}

static void by_fiber(void *state, uint64_t n)
{
    struct state *s = state;

    by_frames(s, s->may, 0, n);
}

static void by_reach(void *state, uint64_t n)
{
    struct state *s = state;

    by_frames(s, s->cannot, 0, n);
}

static void by_nested(void *state, uint64_t n)
{
    struct state *s = state;
    struct frame outer;

    frame_open(&outer, s->ask, 1);
    by_frames(s, s->cannot, outer.word[LODGE_FRAME_TOKEN], n);
    bench_need_true(frame_answer(&outer) == LODGE_OK, "lodge_resume");
}

static void by_async(void *state, uint64_t n)
{
    struct state *s = state;

    while (n-- > 0) {
        waiter_call(&s->waiter, &s->raw_func, (int32_t)(n & 0xFFFF));
        bench_need_true(wasmtime_call_future_poll(s->waiter.future),
                        "wasmtime_call_future_poll");
        waiter_end(&s->waiter);
        s->sum += (uint64_t)s->waiter.result.of.i32;
    }
}

static void by_func_call(void *state, uint64_t n)
{
    lodge_error err = LODGE_ERROR_INIT;
    struct state *s = state;
    uint64_t slot;

    while (n-- > 0) {
        slot = n;
        bench_need(lodge_func_call(s->cannot, &slot, 1, &err), &err,
                   "lodge_func_call");
        s->sum += slot;
    }
}

static void by_unchecked(void *state, uint64_t n)
{
    wasmtime_val_raw_t raw = {0};
    struct state *s = state;
    wasm_trap_t *trap = NULL;

    while (n-- > 0) {
        raw.i64 = (int64_t)n;
        bench_need_raw(wasmtime_func_call_unchecked(
                           s->plain.ctx, &s->plain_func, &raw, 1, &trap),
                       trap, "wasmtime_func_call_unchecked");
        s->sum += (uint64_t)raw.i64;
    }
}

/* ---- a thousand stores ------------------------------------------------- */

enum { STORES = 1000 };

struct crowd {
    struct lodge_side lodge;
    struct raw_side raw;
    lodge_store stores[STORES];
    struct frame frames[STORES];
    struct waiter waiters[STORES];
    int asked[STORES];
    uint32_t next;
};

static double resident_kib(void)
{
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");

    if (file && fscanf(file, "%*d %ld", &pages) != 1)
        pages = 0;
    if (file)
        fclose(file);
    return (double)pages * (double)sysconf(_SC_PAGESIZE) / 1024;
}

static void crowd_lodge(struct crowd *c, int settings)
{
    struct lodge_side *side = &c->lodge;
    int i;

    lodge_side_open(side, guest, settings);
    add_f(side);
    for (i = 0; i < STORES; i++) {
        lodge_side_start(side);
        c->stores[i] = side->store;
        frame_open(&c->frames[i], lodge_side_func(side, "ask"), ENDLESS);
    }
}

/* Every store's function has a word of its own. */
static void crowd_raw(struct crowd *c, int settings)
{
    wasmtime_func_t func;
    int i;

    raw_side_open(&c->raw, guest, settings);
    wasmtime_linker_allow_shadowing(c->raw.linker, true);
    for (i = 0; i < STORES; i++) {
        raw_add_f(&c->raw, &c->asked[i]);
        waiter_start(&c->waiters[i], &c->raw, "ask", &func);
        waiter_call(&c->waiters[i], &func, ENDLESS);
        bench_need_true(!wasmtime_call_future_poll(c->waiters[i].future),
                        "wasmtime_call_future_poll");
    }
}

static void *open_crowd(const struct bench_case *self)
{
    struct crowd *c = bench_alloc(sizeof *c);
    double start, lodge, raw;

    memset(c, 1, sizeof *c); /* its own pages are nobody's cost */
    memset(c, 0, sizeof *c);
    start = resident_kib();
    crowd_lodge(c, self->arg);
    lodge = resident_kib();
    crowd_raw(c, self->arg);
    raw = resident_kib();
    bench_note("%s: resident KiB a store that waits: %.1f; C API: %.1f",
               self->arg ? "pooled" : "on demand", (lodge - start) / STORES,
               (raw - lodge) / STORES);
    return c;
}

static void close_crowd(void *state)
{
    struct crowd *c = state;
    int i;

    for (i = 0; i < STORES; i++) {
        wasmtime_call_future_delete(c->waiters[i].future);
        wasmtime_store_delete(c->waiters[i].store);
        lodge_store_close(c->stores[i]);
    }
    lodge_side_close(&c->lodge);
    raw_side_close(&c->raw);
    free(c);
}

static void crowd_answers(void *state, uint64_t n)
{
    struct crowd *c = state;

    while (n-- > 0)
        bench_need_true(frame_answer(&c->frames[c->next++ % STORES]) ==
                            LODGE_REQUEST,
                        "lodge_resume");
}

static void crowd_polls(void *state, uint64_t n)
{
    struct crowd *c = state;

    while (n-- > 0)
        bench_need_true(
            !wasmtime_call_future_poll(c->waiters[c->next++ % STORES].future),
            "wasmtime_call_future_poll");
}

#define CROWD(text, settings)                                                 \
    {                                                                         \
        .open = open_crowd, .close = close_crowd, .arg = settings,            \
        .ways = { crowd_answers, crowd_polls },                               \
        .rows = {                                                             \
            { "request of 1 of 1,000 stores" text, "async func", 0, 1, 0 },   \
        }                                                                     \
    }

const struct bench_case bench_waits[] = {
    {
        .open = open_store,
        .close = close_store,
        .arg = 0,
        .ways = {by_request, by_async_request},
        .rows = {{"request and answer", "async func", 0, 1, 0.65}},
    },
    {
        .open = open_store,
        .close = close_store,
        .arg = 1,
        .ways = {by_fiber, by_nested, by_async, by_func_call, by_reach,
                 by_unchecked},
        .rows = {{"call that may wait", "func_call_async", 0, 2, 0.6},
                 {"call above a request", "func_call_async", 1, 2, 0.9},
                 {"func_call, store that waits", "call_unchecked", 3, 5, 1.5},
                 {"call that cannot wait", "call_unchecked", 4, 5, 1.5}},
    },
    CROWD("", 0),
    CROWD(", pooled", BENCH_POOLING),
    {0},
};

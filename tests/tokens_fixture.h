/* tokens_fixture.h - one of everything that carries a token of the host's.
 */
#ifndef LODGE_TOKENS_FIXTURE_H
#define LODGE_TOKENS_FIXTURE_H

#include "lodge_test.h"

/* Tokens, and what has to be closed before they come out. */
enum {
    TOKEN_DIRECT = 1,
    TOKEN_FRAME,
    TOKEN_SUSPEND,
    TOKEN_LINKER,   /* lodge_linker_func */
    TOKEN_STORE,    /* LODGE_STORE_TOKEN */
    TOKEN_PREPARED, /* the same, from the prepared module */
    TOKEN_KEPT,     /* an externref in the store */
    TOKEN_OWN,      /* an externref in the instance's own store */
    TOKENS
};

enum { HOST, LINKER, PREPARED, STORE, INSTANCE, ENGINE, THINGS };

#define BIT(thing) (1u << (thing))
enum {
    USERS = BIT(LINKER) | BIT(PREPARED) | BIT(STORE) | BIT(INSTANCE),
};

static const uint32_t holders[TOKENS] = {
    [TOKEN_DIRECT] = BIT(HOST) | USERS,  [TOKEN_FRAME] = BIT(HOST) | USERS,
    [TOKEN_SUSPEND] = BIT(HOST) | USERS, [TOKEN_LINKER] = USERS,
    [TOKEN_STORE] = BIT(STORE),          [TOKEN_PREPARED] = BIT(INSTANCE),
    [TOKEN_KEPT] = BIT(STORE),           [TOKEN_OWN] = BIT(INSTANCE),
};

static const uint32_t token_kinds[TOKENS] = {
    [TOKEN_DIRECT] = LODGE_KIND_HOST,    [TOKEN_FRAME] = LODGE_KIND_HOST,
    [TOKEN_SUSPEND] = LODGE_KIND_HOST,   [TOKEN_LINKER] = LODGE_KIND_HOST,
    [TOKEN_STORE] = LODGE_KIND_STORE,    [TOKEN_PREPARED] = LODGE_KIND_STORE,
    [TOKEN_KEPT] = LODGE_KIND_EXTERNREF, [TOKEN_OWN] = LODGE_KIND_EXTERNREF,
};

static const char tokens_guest[] =
    "(module (import \"h\" \"d\" (func $d (param i32) (result i32)))"
    " (import \"h\" \"f\" (func (param i32) (result i32)))"
    " (import \"h\" \"s\" (func (param i32) (result i32)))"
    " (import \"l\" \"d\" (func $l (param i32) (result i32)))"
    " (table $t 1 externref)"
    " (func (export \"call\") (param i32) (result i32)"
    "  (i32.add (call $d (local.get 0)) (call $l (local.get 0))))"
    " (func (export \"keep\") (param externref)"
    "  (table.set (i32.const 0) (local.get 0)))"
    " (func (export \"kept\") (result externref)"
    "  (table.get (i32.const 0))))";

struct things {
    lodge_engine engine;
    lodge_host host;
    lodge_linker linker;
    lodge_prepared prepared;
    lodge_store store;
    lodge_instance shared, own;
    uint32_t domain;
    uint32_t out[TOKENS]; /* how often it came out */
};

static struct things *running;

static inline int32_t adds_token(uint64_t token, lodge_caller caller,
                                 uint64_t *slots)
{
    (void)caller;
    assert_int_equal(running->out[token], 0);
    slots[0] += token;
    return 0;
}

static inline int32_t never_run(uint32_t token, uint32_t tag)
{
    (void)token;
    (void)tag;
    return LODGE_E_HOST;
}

static inline void things_host(struct things *t)
{
    static const uint32_t modes[] = {LODGE_HOST_DIRECT, LODGE_HOST_FRAME,
                                     LODGE_HOST_SUSPEND};
    static const char *const names[] = {"d", "f", "s"};
    uint32_t i, index;

    OK(lodge_host_new(t->engine, TEXT("h"), &t->host, ERR));
    for (i = 0; i < 3; i++) {
        OK(lodge_host_func(t->host, TEXT("i32 -> i32"), modes[i],
                           TOKEN_DIRECT + i, &index, ERR));
        if (i == 0)
            OK(lodge_host_direct(t->host, index, adds_token, ERR));
        OK(lodge_host_export(t->host, index, TEXT(names[i]), ERR));
    }
}

static inline void keep_token(lodge_instance instance, uint64_t token)
{
    OK(lodge_func_call(func_of(instance, "keep"), &token, 1, ERR));
}

static inline void things_open(struct things *t, lodge_engine engine,
                               lodge_module module)
{
    memset(t, 0, sizeof *t);
    t->engine = engine;
    things_host(t);
    t->linker = new_linker(engine);
    OK(lodge_linker_add_host(t->linker, t->host, ERR));
    OK(lodge_linker_frame(t->linker, never_run, ERR));
    OK(lodge_linker_func(t->linker, TEXT("l"), TEXT("d"), TEXT("i32 -> i32"),
                         adds_token, TOKEN_LINKER, ERR));
    OK(lodge_linker_prepare(t->linker, module, &t->prepared, ERR));
    OK(lodge_prepared_set(t->prepared, LODGE_STORE_TOKEN, TOKEN_PREPARED,
                          ERR));
    t->store = new_store(engine);
    OK(lodge_store_set(t->store, LODGE_STORE_TOKEN, TOKEN_STORE, ERR));
    OK(lodge_instance_new(t->linker, t->store, module, &t->shared, ERR));
    OK(lodge_prepared_instance(t->prepared, (lodge_store){0}, &t->own, ERR));
    keep_token(t->shared, TOKEN_KEPT);
    keep_token(t->own, TOKEN_OWN);
}

static inline void things_close(struct things *t, uint32_t thing)
{
    switch (thing) {
    case HOST:
        OK(lodge_host_close(t->host));
        break;
    case LINKER:
        OK(lodge_linker_close(t->linker));
        break;
    case PREPARED:
        OK(lodge_prepared_close(t->prepared));
        break;
    case STORE:
        OK(lodge_store_close(t->store));
        break;
    case INSTANCE:
        OK(lodge_instance_close(t->own));
        break;
    default:
        OK(lodge_engine_close(t->engine));
    }
}

/* Takes what came out; every token and kind is one of ours. */
static inline void things_reap(struct things *t)
{
    uint32_t kinds[3], n, i;
    uint64_t tokens[3];

    do {
        OK(lodge_reap(t->domain, kinds, tokens, 3, &n));
        for (i = 0; i < n; i++) {
            assert_in_range(tokens[i], 1, TOKENS - 1);
            assert_int_equal(kinds[i], token_kinds[tokens[i]]);
            t->out[tokens[i]]++;
        }
    } while (n == 3);
}

static inline uint64_t call_guest(struct things *t, lodge_instance instance)
{
    uint64_t slot = 1000;

    running = t;
    OK(lodge_func_call(func_of(instance, "call"), &slot, 1, ERR));
    return slot;
}

/* Exactly those are out whose holders are closed, and what lives works. */
static inline void things_check(struct things *t, uint32_t closed)
{
    uint32_t i;

    if (!(closed & BIT(STORE)))
        assert_int_equal(call_guest(t, t->shared),
                         2000 + TOKEN_DIRECT + TOKEN_LINKER);
    if (!(closed & BIT(INSTANCE)))
        assert_int_equal(call_guest(t, t->own),
                         2000 + TOKEN_DIRECT + TOKEN_LINKER);
    if (!(closed & BIT(STORE)))
        OK(lodge_store_gc(t->store, ERR));
    things_reap(t);
    for (i = 1; i < TOKENS; i++)
        assert_int_equal(t->out[i], (holders[i] & ~closed) == 0);
}

#endif

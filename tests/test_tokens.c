/* test_tokens.c - promises of tokens: each comes out once, after its last
 * use.
 */
#include <pthread.h>
#include <stdatomic.h>

#include "tokens_fixture.h"

/* ---- every order ------------------------------------------------------- */

/* The `n`-th order of closing, 0 to THINGS! - 1. */
static void order_of(uint32_t n, uint32_t *order)
{
    uint32_t left[THINGS], count = THINGS, i, at;

    for (i = 0; i < THINGS; i++)
        left[i] = i;
    for (i = 0; i < THINGS; i++) {
        at = n % count;
        n /= count;
        order[i] = left[at];
        left[at] = left[--count];
    }
}

static void tokens_come_out_in_every_order_of_closing(void **state)
{
    uint32_t order[THINGS], n, i;
    struct things t;

    (void)state;
    for (n = 0; n < 720; n++) {
        lodge_engine engine = new_engine_with("parallel-compilation=off");
        lodge_module module = new_module(engine, tokens_guest);
        uint32_t closed = 0;

        things_open(&t, engine, module);
        OK(lodge_module_close(module));
        order_of(n, order);
        for (i = 0; i < THINGS; i++) {
            things_check(&t, closed);
            things_close(&t, order[i]);
            closed |= BIT(order[i]);
        }
        things_check(&t, closed);
        assert_int_equal(stat_of(LODGE_STAT_LIVE), 0);
    }
}

static void a_shutdown_gives_all_tokens_back(void **state)
{
    lodge_engine engine = new_engine();
    struct things t;

    (void)state;
    things_open(&t, engine, new_module(engine, tokens_guest));
    lodge_engine_shutdown(engine);
    things_check(&t, UINT32_MAX);
}

/* ---- what fails -------------------------------------------------------- */

static void a_failed_definition_gives_back_what_it_took(void **state)
{
    lodge_engine engine = new_engine();
    struct things t;
    lodge_host other;
    uint32_t index = 7;

    (void)state;
    things_open(&t, engine, new_module(engine, tokens_guest));
    /* Not taken: the arguments are no good. */
    FAILS(ARGUMENT, lodge_host_func(t.host, TEXT("bad"), LODGE_HOST_DIRECT, 1,
                                    &index, ERR));
    FAILS(ARGUMENT,
          lodge_linker_func(t.linker, TEXT("l"), TEXT("d"), TEXT("i32 -> i32"),
                            NULL, TOKEN_LINKER, ERR));
    FAILS(HANDLE, lodge_linker_func((lodge_linker){0}, TEXT("l"), TEXT("d"),
                                    TEXT("i32 -> i32"), adds_token,
                                    TOKEN_LINKER, ERR));
    things_check(&t, 0);
    /* Taken, and given back at once. */
    FAILS(LINK,
          lodge_linker_func(t.linker, TEXT("l"), TEXT("d"), TEXT("i32 -> i32"),
                            adds_token, TOKEN_LINKER, ERR));
    things_reap(&t);
    assert_int_equal(t.out[TOKEN_LINKER], 1);
    t.out[TOKEN_LINKER] = 0;
    /* A host module that clashes keeps its tokens. */
    OK(lodge_host_new(engine, TEXT("h"), &other, ERR));
    OK(lodge_host_func(other, TEXT("i32 -> i32"), LODGE_HOST_DIRECT,
                       TOKEN_DIRECT, &index, ERR));
    OK(lodge_host_direct(other, index, adds_token, ERR));
    OK(lodge_host_export(other, index, TEXT("d"), ERR));
    FAILS(LINK, lodge_linker_add_host(t.linker, other, ERR));
    things_check(&t, 0);
    lodge_host_close(other);
    things_reap(&t);
    assert_int_equal(t.out[TOKEN_DIRECT], 1);
    t.out[TOKEN_DIRECT] = 0;
    things_check(&t, 0);
    lodge_engine_shutdown(engine);
    things_check(&t, UINT32_MAX);
}

static void an_instance_that_fails_gives_its_tokens_back(void **state)
{
    lodge_engine engine = new_engine();
    lodge_module module =
        new_module(engine, "(module (func $s unreachable) (start $s))");
    lodge_linker linker = new_linker(engine);
    lodge_prepared prepared;
    lodge_instance instance;
    struct things t = {.engine = engine};
    uint32_t i;

    (void)state;
    OK(lodge_linker_prepare(linker, module, &prepared, ERR));
    OK(lodge_prepared_set(prepared, LODGE_STORE_TOKEN, TOKEN_PREPARED, ERR));
    for (i = 1; i <= 10; i++) {
        FAILS(TRAP, lodge_prepared_instance(prepared, (lodge_store){0},
                                            &instance, ERR));
        things_reap(&t);
        assert_int_equal(t.out[TOKEN_PREPARED], i);
    }
    lodge_engine_shutdown(engine);
    things_reap(&t);
    assert_int_equal(t.out[TOKEN_PREPARED], 10);
}

/* ---- domains ----------------------------------------------------------- */

static void domains_do_not_see_each_others_tokens(void **state)
{
    lodge_engine one = new_engine_with("domain=1");
    lodge_engine two = new_engine_with("domain=2");
    struct things a, b;
    uint32_t kind, n;
    uint64_t token;

    (void)state;
    things_open(&a, one, new_module(one, tokens_guest));
    things_open(&b, two, new_module(two, tokens_guest));
    a.domain = 1;
    b.domain = 2;
    lodge_engine_shutdown(one);
    things_check(&b, 0);
    OK(lodge_reap(0, &kind, &token, 1, &n));
    assert_int_equal(n, 0);
    things_check(&a, UINT32_MAX);
    lodge_engine_shutdown(two);
    things_check(&b, UINT32_MAX);
}

/* ---- while it runs ------------------------------------------------------ */

/* Closes all around itself. */
static int32_t closes_all(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    (void)caller;
    (void)slots;
    lodge_linker_close(running->linker);
    lodge_store_close(running->store);
    lodge_engine_close(running->engine);
    things_reap(running);
    assert_int_equal(running->out[token], 0);
    assert_int_equal(running->out[TOKEN_KEPT], 0);
    assert_int_equal(running->out[TOKEN_STORE], 0);
    return 0;
}

static void a_running_function_keeps_its_token(void **state)
{
    static const char text[] =
        "(module (import \"l\" \"d\" (func $d (param externref)))"
        " (func (export \"go\") (param externref) (call $d (local.get 0))))";
    lodge_engine engine = new_engine();
    lodge_module module = new_module(engine, text);
    struct things t = {.engine = engine};
    uint64_t slot = TOKEN_KEPT;

    (void)state;
    t.linker = new_linker(engine);
    t.store = new_store(engine);
    OK(lodge_store_set(t.store, LODGE_STORE_TOKEN, TOKEN_STORE, ERR));
    OK(lodge_linker_func(t.linker, TEXT("l"), TEXT("d"), TEXT("externref ->"),
                         closes_all, TOKEN_LINKER, ERR));
    OK(lodge_instance_new(t.linker, t.store, module, &t.shared, ERR));
    lodge_module_close(module);
    running = &t;
    /* Its store is closed in the middle. */
    (void)lodge_func_call(func_of(t.shared, "go"), &slot, 1, ERR);
    things_reap(&t);
    assert_int_equal(t.out[TOKEN_KEPT], 1);
    assert_int_equal(t.out[TOKEN_STORE], 1);
    assert_int_equal(t.out[TOKEN_LINKER], 1);
}

static void an_open_request_keeps_its_token(void **state)
{
    static const char text[] =
        "(module (import \"h\" \"s\" (func $s (param i32) (result i32)))"
        " (func (export \"go\") (result i32) (call $s (i32.const 4))))";
    uint64_t frame[LODGE_FRAME_SLOTS + 2] = {0};
    lodge_engine engine = new_engine();
    lodge_instance instance;
    lodge_module module;
    struct things t;

    (void)state;
    things_open(&t, engine, new_module(engine, tokens_guest));
    module = new_module(engine, text);
    OK(lodge_instance_new(t.linker, (lodge_store){0}, module, &instance, ERR));
    frame[LODGE_FRAME_FUNC] = func_of(instance, "go").id;
    frame[LODGE_FRAME_CAPACITY] = 2;
    assert_int_equal(lodge_call(frame), LODGE_REQUEST);
    lodge_host_close(t.host);
    lodge_linker_close(t.linker);
    lodge_prepared_close(t.prepared);
    lodge_store_close(t.store);
    lodge_instance_close(t.own);
    things_reap(&t);
    assert_int_equal(t.out[TOKEN_SUSPEND], 0);
    frame[LODGE_FRAME_SLOTS] = 9;
    OK(lodge_resume(frame));
    assert_int_equal(frame[LODGE_FRAME_SLOTS], 9);
    assert_int_equal(lodge_call(frame), LODGE_REQUEST);
    lodge_instance_close(instance); /* abandons the request */
    things_reap(&t);
    assert_int_equal(t.out[TOKEN_SUSPEND], 1);
    lodge_engine_shutdown(engine);
    things_check(&t, UINT32_MAX);
}

/* ---- another thread ------------------------------------------------------ */

enum { ROUNDS = 100, PASSES = 20 };
static _Atomic int stop;
static uint8_t came[ROUNDS * PASSES * 2 + 1];
static uint32_t wrong;

static void take_all(void)
{
    uint32_t kinds[16], n, i;
    uint64_t tokens[16];

    do {
        if (lodge_reap(0, kinds, tokens, 16, &n) != LODGE_OK)
            wrong++;
        for (i = 0; i < n; i++) {
            if (tokens[i] == 0 || tokens[i] >= sizeof came)
                wrong++;
            else
                came[tokens[i]]++;
        }
    } while (n == 16);
}

static void *reaper(void *arg)
{
    (void)arg;
    while (!atomic_load(&stop))
        take_all();
    take_all();
    return NULL;
}

static int32_t echo(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    (void)token;
    (void)caller;
    (void)slots;
    return 0;
}

/* A linker, a function, a store; then tokens go through. */
static void one_round(lodge_engine engine, lodge_module module, uint64_t first)
{
    lodge_linker linker = new_linker(engine);
    lodge_instance instance;
    uint64_t i, slot;

    OK(lodge_linker_func(linker, TEXT("h"), TEXT("f"),
                         TEXT("externref -> externref"), echo, first, ERR));
    OK(lodge_instance_new(linker, (lodge_store){0}, module, &instance, ERR));
    lodge_linker_close(linker);
    for (i = 1; i < PASSES; i++) {
        slot = first + 2 * i;
        OK(lodge_func_call(func_of(instance, "go"), &slot, 1, ERR));
        assert_true(slot == first + 2 * i);
    }
    lodge_instance_close(instance);
}

static void another_thread_takes_each_token_once(void **state)
{
    static const char text[] =
        "(module (import \"h\" \"f\" (func $f (param externref)"
        "  (result externref)))"
        " (func (export \"go\") (param externref) (result externref)"
        "  (call $f (local.get 0))))";
    lodge_engine engine = new_engine();
    lodge_module module = new_module(engine, text);
    pthread_t thread;
    uint32_t i, k;

    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, reaper, NULL), 0);
    for (i = 0; i < ROUNDS; i++)
        one_round(engine, module, 1 + (uint64_t)i * PASSES * 2);
    lodge_engine_shutdown(engine);
    atomic_store(&stop, 1);
    pthread_join(thread, NULL);
    assert_int_equal(wrong, 0);
    for (i = 0; i < ROUNDS; i++) {
        const uint8_t *came_of = came + 1 + (size_t)i * PASSES * 2;

        assert_int_equal(came_of[0], 1); /* the function's */
        for (k = 1; k < PASSES; k++) /* in by the host, in by the function */
            assert_int_equal(came_of[2 * k], 2);
    }
}

/* ---- many ---------------------------------------------------------------- */

static void a_thousand_cycles_leave_nothing(void **state)
{
    lodge_engine engine = new_engine();
    lodge_module module = new_module(engine, tokens_guest);
    uint64_t bytes = 0;
    struct things t;
    uint32_t i, k;

    (void)state;
    for (i = 0; i < 1000; i++) {
        things_open(&t, engine, module);
        for (k = 0; k < ENGINE; k++)
            things_close(&t, k);
        things_reap(&t);
        for (k = 1; k < TOKENS; k++)
            assert_int_equal(t.out[k], 1);
        if (i == 9)
            bytes = stat_of(LODGE_STAT_BYTES);
    }
    assert_int_equal(stat_of(LODGE_STAT_BYTES), bytes);
    lodge_engine_shutdown(engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(tokens_come_out_in_every_order_of_closing),
        TEST(a_shutdown_gives_all_tokens_back),
        TEST(a_failed_definition_gives_back_what_it_took),
        TEST(an_instance_that_fails_gives_its_tokens_back),
        TEST(domains_do_not_see_each_others_tokens),
        TEST(a_running_function_keeps_its_token),
        TEST(an_open_request_keeps_its_token),
        TEST(another_thread_takes_each_token_once),
        TEST(a_thousand_cycles_leave_nothing),
    };

    return RUN(tests);
}

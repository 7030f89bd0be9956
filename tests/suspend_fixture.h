/* suspend_fixture.h - a guest whose imports wait for the host, and frames.
 */
#ifndef LODGE_SUSPEND_FIXTURE_H
#define LODGE_SUSPEND_FIXTURE_H

#include "lodge_test.h"

enum { SLOTS = 8, WORDS = LODGE_FRAME_SLOTS + SLOTS + 32 };
enum { TOKEN_F = 7, TOKEN_PAIR = 8 };

/* A frame with room for an error record behind its slots. */
struct frame {
    uint64_t word[WORDS];
};

static const char guest_text[] =
    "(module"
    " (import \"h\" \"f\" (func $f (param i32 i32) (result i32)))"
    " (import \"h\" \"pair\" (func $pair (param i64) (result i64 i64)))"
    " (import \"h\" \"ref\" (func $ref (param funcref) (result funcref)))"
    " (import \"h\" \"direct\" (func $direct (param i32) (result i32)))"
    " (global $heap (export \"heap\") (mut i32) (i32.const 1024))"
    " (memory (export \"memory\") 2)"
    " (table (export \"table\") 4 funcref)"
    " (func $malloc (export \"malloc\") (param i32) (result i32)"
    "  (global.get $heap)"
    "  (global.set $heap (i32.add (global.get $heap) (local.get 0))))"
    " (func (export \"one\") (param i32) (result i32)"
    "  (i32.add (i32.const 1) (call $f (local.get 0) (i32.const 7))))"
    " (func (export \"sum\") (param i64) (result i64)"
    "  (i64.add (call $pair (local.get 0))))"
    " (func (export \"pairs\") (param i64) (result i64 i64)"
    "  (call $pair (local.get 0)))"
    " (func (export \"reflect\") (param i32) (result i32)"
    "  (ref.is_null (call $ref (ref.func $malloc))))"
    " (func (export \"loop\") (param i32) (result i32) (local i32)"
    "  (loop $l"
    "   (local.set 1 (call $f (local.get 0) (local.get 1)))"
    "   (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))"
    "  (local.get 1))"
    " (func (export \"div\") (param i32) (result i32)"
    "  (i32.div_u (i32.const 100) (local.get 0)))"
    " (func $deep (export \"deep\") (param i32) (result i32)"
    "  (i32.add (i32.const 1) (call $deep (local.get 0))))"
    " (func (export \"trap_after\") (param i32) (result i32)"
    "  (drop (call $f (local.get 0) (i32.const 9))) unreachable)"
    " (func (export \"through\") (param i32) (result i32)"
    "  (call $direct (local.get 0)))"
    " (func (export \"spin\") (loop $l (br $l)))"
    ")";

static lodge_engine engine;
static lodge_linker linker;
static lodge_store store;
static lodge_instance guest;
static lodge_module guest_module;

/* What the DIRECT function does with its argument; results in a slot. */
static int32_t (*direct_body)(lodge_caller caller, uint64_t *slots);

static inline int32_t direct(uint64_t token, lodge_caller caller,
                             uint64_t *slots)
{
    (void)token;
    return direct_body(caller, slots);
}

static inline void add_func(lodge_host host, const char *name, const char *sig,
                            uint64_t token)
{
    uint32_t index;

    OK(lodge_host_func(host, TEXT(sig), LODGE_HOST_SUSPEND, token, &index,
                       ERR));
    OK(lodge_host_export(host, index, TEXT(name), ERR));
}

/* A linker with all that the guest imports. */
static inline lodge_linker suspending_linker(void)
{
    lodge_linker made = new_linker(engine);
    lodge_host host;
    uint32_t index;

    OK(lodge_host_new(engine, TEXT("h"), &host, ERR));
    add_func(host, "f", "i32 i32 -> i32", TOKEN_F);
    add_func(host, "pair", "i64 -> i64 i64", TOKEN_PAIR);
    add_func(host, "ref", "funcref -> funcref", 0);
    OK(lodge_host_func(host, TEXT("i32 -> i32"), LODGE_HOST_DIRECT, 0, &index,
                       ERR));
    OK(lodge_host_direct(host, index, direct, ERR));
    OK(lodge_host_export(host, index, TEXT("direct"), ERR));
    OK(lodge_linker_add_host(made, host, ERR));
    lodge_host_close(host);
    return made;
}

static inline void reap_all(void)
{
    uint32_t kinds[8], n;
    uint64_t tokens[8];

    do
        OK(lodge_reap(0, kinds, tokens, 8, &n));
    while (n);
}

/* Deadlines and cancelling are part of what is looked at. */
static const char *engine_settings = "interruption=on";

static inline int begin(void **state)
{
    if (nothing_lives(state))
        return -1;
    engine = new_engine_with(engine_settings);
    linker = suspending_linker();
    store = new_store(engine);
    guest_module = new_module(engine, guest_text);
    OK(lodge_instance_new(linker, store, guest_module, &guest, ERR));
    return 0;
}

static inline int end(void **state)
{
    lodge_engine_shutdown(engine);
    reap_all();
    return nothing_lives(state);
}

#define SUSPEND_TEST(name)                                                    \
    cmocka_unit_test_setup_teardown(name, begin, end)

/* A frame that calls an export with one argument. */
static inline struct frame frame_of(lodge_instance instance, const char *name,
                                    uint64_t parent, uint64_t argument)
{
    struct frame f = {{0}};

    f.word[LODGE_FRAME_FUNC] = func_of(instance, name).id;
    f.word[LODGE_FRAME_PARENT] = parent;
    f.word[LODGE_FRAME_CAPACITY] = SLOTS;
    f.word[LODGE_FRAME_ERROR] = (LODGE_FRAME_SLOTS + SLOTS) | UINT64_C(32)
                                                                  << 32;
    f.word[LODGE_FRAME_SLOTS] = argument;
    return f;
}

#define SLOT(f) ((f)->word[LODGE_FRAME_SLOTS])
#define TOKEN(f) ((f)->word[LODGE_FRAME_TOKEN])

static inline const char *message_of(const struct frame *f)
{
    const lodge_error *err =
        (const lodge_error *)(const void *)&f->word[LODGE_FRAME_SLOTS + SLOTS];

    return err->message;
}

static inline void frame_status(lodge_status found, lodge_status expected,
                                const struct frame *f, const char *what,
                                int line)
{
    if (found != expected)
        fprintf(stderr, "line %d: %s gave %d, expected %d: %s\n", line, what,
                (int)found, (int)expected, message_of(f));
    assert_int_equal(found, expected);
}

/* GIVES(REQUEST, lodge_call, &f) */
#define GIVES(status, fn, f)                                                  \
    frame_status(fn((f)->word), LODGE_##status, (f), #fn, __LINE__)

/* Begins a call that stops at its first request. */
static inline struct frame open_request(const char *name, uint64_t parent,
                                        uint64_t argument)
{
    struct frame f = frame_of(guest, name, parent, argument);

    GIVES(REQUEST, lodge_call, &f);
    return f;
}

/* Answers with one slot. */
static inline lodge_status answer(struct frame *f, uint64_t value)
{
    SLOT(f) = value;
    return lodge_resume(f->word);
}

static inline lodge_status fails(struct frame *f, lodge_status status,
                                 uint64_t payload, int32_t code)
{
    f->word[LODGE_FRAME_STATUS] = (uint64_t)(int64_t)status;
    f->word[LODGE_FRAME_PAYLOAD] = payload;
    f->word[LODGE_FRAME_DETAIL] = (uint64_t)(uint32_t)code << 32;
    return lodge_resume(f->word);
}

static inline void answers_with(struct frame *f, uint64_t value,
                                uint64_t result)
{
    frame_status(answer(f, value), LODGE_OK, f, "answer", 0);
    assert_int_equal(SLOT(f), result);
}

/* Nothing is open, and the guest runs. */
static inline void still_usable(void)
{
    struct frame f = frame_of(guest, "div", 0, 4);

    GIVES(OK, lodge_call, &f);
    assert_int_equal(SLOT(&f), 25);
    assert_int_equal(f.word[LODGE_FRAME_OPEN], 0);
}

#endif

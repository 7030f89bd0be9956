/* slice_fixture.h - a guest that works until the host writes into its memory.
 */
#ifndef LODGE_SLICE_FIXTURE_H
#define LODGE_SLICE_FIXTURE_H

#include "suspend_fixture.h"

enum { TURNS_AT = 0, STOP_AT = 8, SIZE_AT = 16 };

/* "work" counts its turns at 0 until the word at 8 is not 0. */
#define WORKER                                                                \
    " (memory (export \"memory\") 1)"                                         \
    " (global $g (export \"global\") (mut i32) (i32.const 5))"                \
    " (table $t (export \"table\") 2 funcref)"                                \
    " (func $work (export \"work\") (param i32) (result i32)"                 \
    "  (loop $l"                                                              \
    "   (i64.store (i32.const 0)"                                             \
    "    (i64.add (i64.load (i32.const 0)) (i64.const 1)))"                   \
    "   (i32.store (i32.const 16) (memory.size))"                             \
    "   (br_if $l (i32.eqz (i32.load (i32.const 8)))))"                       \
    "  (i32.add (local.get 0) (i32.const 1)))"

static const char worker_text[] =
    "(module" WORKER " (func (export \"two\") (param i32) (result i32 i32)"
    "  (call $work (local.get 0)) (local.get 0))"
    " (func (export \"add\") (param i32) (result i32)"
    "  (i32.add (local.get 0) (i32.const 1))))";

/* The same between two requests, and through a DIRECT function. */
static const char asking_text[] =
    "(module"
    " (import \"h\" \"f\" (func $f (param i32 i32) (result i32)))"
    " (import \"h\" \"direct\" (func $direct (param i32) (result i32)))" WORKER
    " (func (export \"ask\") (param i32) (result i32)"
    "  (call $f (call $work (local.get 0)) (i32.const 3)))"
    " (func (export \"asked\") (param i32) (result i32)"
    "  (call $work (call $f (local.get 0) (i32.const 3))))"
    " (func (export \"one\") (param i32) (result i32)"
    "  (call $f (local.get 0) (i32.const 3)))"
    " (func (export \"through\") (param i32) (result i32)"
    "  (call $direct (local.get 0))))";

static const char starting_text[] =
    "(module" WORKER " (global $r (mut i32) (i32.const 0))"
    " (func $s (global.set $r (call $work (i32.const 6))))"
    " (start $s)"
    " (func (export \"result\") (param i32) (result i32) (global.get $r)))";

/* An instance in a store of its own, whatever it imports. */
static inline lodge_instance worker_of(const char *text)
{
    lodge_module module = new_module(engine, text);
    lodge_instance made;

    OK(lodge_instance_new(linker, (lodge_store){0}, module, &made, ERR));
    lodge_module_close(module);
    return made;
}

static inline lodge_memory memory_in(lodge_instance instance)
{
    lodge_memory memory;

    OK(lodge_instance_memory(instance, TEXT("memory"), &memory, ERR));
    return memory;
}

static inline uint64_t turns_of(lodge_instance instance)
{
    uint64_t turns;

    OK(lodge_memory_read(memory_in(instance), TURNS_AT, (uint8_t *)&turns,
                         sizeof turns, ERR));
    return turns;
}

static inline void let_stop(lodge_instance instance)
{
    const uint8_t yes = 1;

    OK(lodge_memory_write(memory_in(instance), STOP_AT, &yes, 1, ERR));
}

static inline struct frame sliced(lodge_instance instance, const char *name,
                                  uint64_t parent, uint64_t argument)
{
    struct frame f = frame_of(instance, name, parent, argument);

    f.word[LODGE_FRAME_SLICE] = 1000000;
    return f;
}

/* A call that is stopped in the middle of its work. */
static inline struct frame yielded(lodge_instance instance, const char *name,
                                   uint64_t parent, uint64_t argument)
{
    struct frame f = sliced(instance, name, parent, argument);

    GIVES(YIELD, lodge_call, &f);
    assert_int_equal(f.word[LODGE_FRAME_STATUS], LODGE_YIELD);
    assert_int_not_equal(TOKEN(&f), 0);
    return f;
}

/* Runs on until it ends, or stops for something else than its slice. */
static inline lodge_status run_on(struct frame *f)
{
    lodge_status st;

    do
        st = lodge_resume(f->word);
    while (st == LODGE_YIELD);
    return st;
}

/* Begins a call that stops with a request; on a busy machine its slice may be
 * used up before.
 */
static inline void asks(struct frame *f)
{
    lodge_status st = lodge_call(f->word);

    if (st == LODGE_YIELD)
        st = run_on(f);
    frame_status(st, LODGE_REQUEST, f, "asks", 0);
}

/* Gives slices until the guest has done that many turns more. */
static inline void works_on(struct frame *f, lodge_instance worker,
                            uint64_t turns)
{
    const uint64_t until = turns_of(worker) + turns;

    do
        GIVES(YIELD, lodge_resume, f);
    while (turns_of(worker) < until);
}

/* Gives slices until so many calls are open. */
static inline void goes_in(struct frame *f, uint64_t calls)
{
    while (f->word[LODGE_FRAME_OPEN] < calls)
        GIVES(YIELD, lodge_resume, f);
}

static inline void ends_with(struct frame *f, uint64_t result)
{
    frame_status(run_on(f), LODGE_OK, f, "run_on", 0);
    assert_int_equal(SLOT(f), result);
    assert_int_equal(f->word[LODGE_FRAME_OPEN], 0);
}

#endif

/* refs_fixture.h - guests and host functions that pass references in every
 * mode.
 */
#ifndef LODGE_REFS_FIXTURE_H
#define LODGE_REFS_FIXTURE_H

#include "store_fixture.h"

enum { SLOTS = 8, WORDS = LODGE_FRAME_SLOTS + SLOTS + 40 };
enum { TAG_DIRECT = 1, TAG_FRAME = 2, TAG_SUSPEND = 3 };

/* A frame with room for an error record behind its slots. */
struct frame {
    uint64_t word[WORDS];
};

#define SLOT(f, i) ((f)->word[LODGE_FRAME_SLOTS + (i)])

static struct frame native; /* of the store, for mode FRAME */

/* What a host function does in mode DIRECT and FRAME. */
static int32_t (*host_body)(lodge_caller caller, uint64_t *slots);

static inline int32_t direct_fn(uint64_t token, lodge_caller caller,
                                uint64_t *slots)
{
    (void)token;
    return host_body(caller, slots);
}

static inline int32_t frame_fn(uint32_t token, uint32_t tag)
{
    const lodge_caller caller = {native.word[LODGE_FRAME_TOKEN]};

    (void)token;
    (void)tag;
    return host_body(caller, &SLOT(&native, 0));
}

static inline lodge_error *record_of(struct frame *f)
{
    return (lodge_error *)(void *)&SLOT(f, SLOTS);
}

static inline struct frame frame_of(lodge_func fn)
{
    struct frame f = {{0}};

    f.word[LODGE_FRAME_FUNC] = fn.id;
    f.word[LODGE_FRAME_CAPACITY] = SLOTS;
    f.word[LODGE_FRAME_ERROR] = (LODGE_FRAME_SLOTS + SLOTS) | UINT64_C(40)
                                                                  << 32;
    record_of(&f)->flags = LODGE_ERROR_EXCEPTION;
    return f;
}

/* A host module "h" with a function "f" of one signature and mode. */
static inline lodge_linker linker_with(const char *sig, uint32_t mode)
{
    lodge_linker linker = new_linker(engine);
    lodge_host host;
    uint32_t index;

    OK(lodge_host_new(engine, TEXT("h"), &host, ERR));
    OK(lodge_host_func(host, TEXT(sig), mode, 0, &index, ERR));
    if (mode == LODGE_HOST_DIRECT)
        OK(lodge_host_direct(host, index, direct_fn, ERR));
    OK(lodge_host_export(host, index, TEXT("f"), ERR));
    OK(lodge_host_func(host, TEXT("->"), LODGE_HOST_SUSPEND, 0, &index, ERR));
    OK(lodge_host_export(host, index, TEXT("wait"), ERR));
    OK(lodge_linker_add_host(linker, host, ERR));
    OK(lodge_linker_frame(linker, frame_fn, ERR));
    OK(lodge_store_frame(store, native.word, LODGE_FRAME_SLOTS + SLOTS, 0,
                         ERR));
    lodge_host_close(host);
    return linker;
}

/* Runs a call by a frame; what SUSPEND asks for is done by the body. It fails
 * as the body says.
 */
static inline lodge_status run(struct frame *f)
{
    lodge_status st = lodge_call(f->word);

    while (st == LODGE_REQUEST) {
        const lodge_caller none = {0};
        int32_t rc = host_body(none, &SLOT(f, 0));

        f->word[LODGE_FRAME_STATUS] = (uint64_t)(int64_t)rc;
        st = lodge_resume(f->word);
    }
    return st;
}

/* Takes what has come out in domain 0. */
static inline uint32_t reap(uint64_t *tokens, uint32_t cap)
{
    uint32_t kinds[64], n, i;

    assert_true(cap <= 64);
    OK(lodge_reap(0, kinds, tokens, cap, &n));
    for (i = 0; i < n; i++)
        assert_int_equal(kinds[i], LODGE_KIND_EXTERNREF);
    return n;
}

static inline void collect(void)
{
    OK(lodge_store_gc(store, ERR));
}

/* All is over; so many tokens come out. */
static inline void ends_with(uint32_t tokens)
{
    lodge_engine_shutdown(engine);
    assert_int_equal(reap_everything(), tokens);
}

static const uint32_t modes[] = {LODGE_HOST_DIRECT, LODGE_HOST_FRAME,
                                 LODGE_HOST_SUSPEND};
enum { MODES = 3 };

#endif

/* modes.h - one host in three modes: what a guest asks for is served by the
 * same function, whether it is called directly, on a frame, or answers a
 * request.
 */
#ifndef LODGE_MODES_H
#define LODGE_MODES_H

#include "fetched.h"

enum { MODES = 3, MODE_SLOTS = 16 };

static const char *const mode_names[MODES] = {"DIRECT", "FRAME", "SUSPEND"};

/* A function that the guest imports. Its token is its place, from 1. */
struct offer {
    const char *name, *sig;
};

/* Serves an import: parameters in, results out. Not 0: the function fails
 * with this payload.
 */
typedef uint64_t serve_fn(uint32_t import, uint64_t *slots);

static struct {
    uint32_t mode;
    serve_fn *serve;
    uint64_t served;
    uint64_t parent; /* token of the innermost open request */
    lodge_engine engine;
    lodge_linker linker;
    lodge_store store;
    uint32_t offers;
    uint64_t frame[LODGE_FRAME_SLOTS + MODE_SLOTS]; /* of mode FRAME */
} host;

static inline int32_t serve_direct(uint64_t token, lodge_caller caller,
                                   uint64_t *slots)
{
    uint64_t payload;

    host.served++;
    payload = host.serve((uint32_t)token, slots);
    return payload ? lodge_caller_fail(caller, payload, TEXT("no more")) : 0;
}

/* Nested calls use the same frame: read first, write last. */
static inline int32_t serve_frame(uint32_t token, uint32_t tag)
{
    uint64_t slots[MODE_SLOTS], payload;

    assert_int_equal(tag, 5);
    memcpy(slots, host.frame + LODGE_FRAME_SLOTS, sizeof slots);
    host.served++;
    payload = host.serve(token, slots);
    memcpy(host.frame + LODGE_FRAME_SLOTS, slots, sizeof slots);
    host.frame[LODGE_FRAME_PAYLOAD] = payload;
    return payload ? LODGE_E_HOST : 0;
}

static inline void serve_request(uint64_t *frame)
{
    const uint64_t outer = host.parent;
    uint64_t payload;

    host.parent = frame[LODGE_FRAME_TOKEN];
    host.served++;
    payload = host.serve((uint32_t)frame[LODGE_FRAME_IMPORT],
                         frame + LODGE_FRAME_SLOTS);
    host.parent = outer;
    if (payload) {
        frame[LODGE_FRAME_STATUS] = (uint64_t)(int64_t)LODGE_E_HOST;
        frame[LODGE_FRAME_PAYLOAD] = payload;
    }
}

/* Calls on a frame, and answers whatever is asked on the way. */
static inline lodge_status call_frame(lodge_func fn, uint64_t *slots)
{
    uint64_t frame[LODGE_FRAME_SLOTS + MODE_SLOTS + 32] = {0};
    lodge_status st;

    frame[LODGE_FRAME_FUNC] = fn.id;
    frame[LODGE_FRAME_PARENT] = host.parent;
    frame[LODGE_FRAME_CAPACITY] = MODE_SLOTS;
    frame[LODGE_FRAME_ERROR] = (LODGE_FRAME_SLOTS + MODE_SLOTS) | UINT64_C(32)
                                                                      << 32;
    memcpy(frame + LODGE_FRAME_SLOTS, slots, MODE_SLOTS * sizeof *slots);
    for (st = lodge_call(frame); st == LODGE_REQUEST; st = lodge_resume(frame))
        serve_request(frame);
    memcpy(slots, frame + LODGE_FRAME_SLOTS, MODE_SLOTS * sizeof *slots);
    memcpy(&test_err, frame + LODGE_FRAME_SLOTS + MODE_SLOTS, 32 * 8);
    test_err.head = LODGE_ERROR_MAGIC | (uint32_t)sizeof test_err;
    return st;
}

/* Calls an export in the mode of the host. */
static inline lodge_status call_slots(lodge_func fn, uint64_t *slots)
{
    if (host.mode == LODGE_HOST_SUSPEND)
        return call_frame(fn, slots);
    return lodge_func_call(fn, slots, MODE_SLOTS, ERR);
}

static inline uint32_t call_with(lodge_instance guest, const char *name,
                                 uint32_t a)
{
    uint64_t slots[MODE_SLOTS] = {a};

    OK(call_slots(func_of(guest, name), slots));
    return (uint32_t)slots[0];
}

static inline void offer_all(const char *module, const struct offer *offers,
                             uint32_t n)
{
    lodge_host made;
    uint32_t i, at;

    OK(lodge_host_new(host.engine, TEXT(module), &made, ERR));
    for (i = 0; i < n; i++) {
        OK(lodge_host_func(made, TEXT(offers[i].sig), host.mode, i + 1, &at,
                           ERR));
        if (host.mode == LODGE_HOST_DIRECT)
            OK(lodge_host_direct(made, at, serve_direct, ERR));
        OK(lodge_host_export(made, at, TEXT(offers[i].name), ERR));
    }
    OK(lodge_linker_add_host(host.linker, made, ERR));
    lodge_host_close(made);
}

/* A linker and a store for one mode. */
static inline void host_open(uint32_t mode, serve_fn *serve,
                             const char *module, const struct offer *offers,
                             uint32_t n)
{
    host.mode = mode;
    host.serve = serve;
    host.served = host.parent = 0;
    host.offers = n;
    OK(lodge_linker_new(host.engine, &host.linker, ERR));
    OK(lodge_store_new(host.engine, &host.store, ERR));
    offer_all(module, offers, n);
    if (mode == LODGE_HOST_FRAME) {
        OK(lodge_linker_frame(host.linker, serve_frame, ERR));
        OK(lodge_store_frame(host.store, host.frame,
                             LODGE_FRAME_SLOTS + MODE_SLOTS, 5, ERR));
    }
}

/* Every function's token comes out, once. */
static inline void host_close(void)
{
    uint64_t token, seen = 0;
    uint32_t kind, n, i;

    lodge_linker_close(host.linker);
    lodge_store_close(host.store);
    for (i = 0; i < host.offers; i++) {
        OK(lodge_reap(0, &kind, &token, 1, &n));
        assert_int_equal(n, 1);
        seen |= UINT64_C(1) << token;
    }
    assert_int_equal(seen, (UINT64_C(2) << host.offers) - 2);
    OK(lodge_reap(0, &kind, &token, 1, &n));
    assert_int_equal(n, 0);
}

static inline lodge_module open_guest(const char *name)
{
    lodge_module module = {0};
    char path[1024];

    if (!fetched(name, path, sizeof path))
        fail_msg("%s is not there; the reason is above", name);
    OK(lodge_module_open_file(host.engine, TEXT(path), &module, ERR));
    return module;
}

static inline lodge_instance new_guest(lodge_module module)
{
    lodge_instance guest;

    OK(lodge_instance_new(host.linker, host.store, module, &guest, ERR));
    return guest;
}

#endif

/* caller.c - what a host function may ask and say while it runs or waits.
 * It must not know how a linker keeps it.
 */
#include <stdio.h>

#include "core/clock.h"
#include "rooms.h"

/* ---- which call ------------------------------------------------------- */

static int runs(const struct store *st, uint64_t id)
{
    return st->link.call && st->link.call->id == id;
}

/* A request that waits for the host, by its token. */
static const struct request *waits(const struct store *st, uint64_t id)
{
    const struct request *top = st->stopped ? st->res->top : NULL;

    return top && top->token == id && top->func &&
                   top->func->mode == LODGE_HOST_SUSPEND
               ? top
               : NULL;
}

lodge_status host_call_enter(lodge_caller caller, struct store **out,
                             const wasmtime_instance_t **instance)
{
    const struct request *request;
    lodge_status rc = store_enter(caller.id, out, NULL);

    if (rc != LODGE_OK)
        return rc;
    request = waits(*out, caller.id);
    if (request)
        *instance = request->instance;
    else if (runs(*out, caller.id))
        *instance = (*out)->link.call->instance;
    if (request || runs(*out, caller.id))
        return LODGE_OK;
    handle_leave(caller.id);
    return LODGE_E_HANDLE;
}

/* ---- who calls -------------------------------------------------------- */

/* Enters the store of a host call; the calling instance is NULL where there
 * is none. On failure the store is left.
 */
static lodge_status calling_enter(lodge_caller caller, struct store **st,
                                  struct instance **inst)
{
    const wasmtime_instance_t *raw;
    lodge_status rc = host_call_enter(caller, st, &raw);

    if (rc != LODGE_OK)
        return rc;
    rc = instance_calling(*st, raw, inst);
    if (rc != LODGE_OK)
        handle_leave(caller.id);
    return rc;
}

lodge_status lodge_caller_instance(lodge_caller caller, lodge_instance *out)
{
    struct instance *inst;
    struct store *st;
    lodge_status rc;

    if (!ptr_to_u64(out))
        return LODGE_E_ARGUMENT;
    rc = calling_enter(caller, &st, &inst);
    if (rc != LODGE_OK)
        return rc;
    out->id = inst ? store_child_id(st, inst->child) : 0;
    handle_leave(caller.id);
    return rc;
}

lodge_status lodge_caller_memory(lodge_caller caller, lodge_memory *out)
{
    struct instance *inst;
    struct store *st;
    lodge_status rc;

    if (!ptr_to_u64(out))
        return LODGE_E_ARGUMENT;
    rc = calling_enter(caller, &st, &inst);
    if (rc != LODGE_OK)
        return rc;
    if (!inst)
        rc = LODGE_E_NOT_FOUND;
    else if (!inst->memory)
        rc = instance_find(st, inst, "memory", 6, &inst->memory, NULL);
    if (rc == LODGE_OK && st->children[inst->memory].kind != LODGE_KIND_MEMORY)
        rc = LODGE_E_NOT_FOUND;
    if (rc == LODGE_OK)
        out->id = store_child_id(st, inst->memory);
    handle_leave(caller.id);
    return rc;
}

lodge_status lodge_caller_export(lodge_caller caller, const char *name,
                                 uint64_t name_len, lodge_extern *out)
{
    struct instance *inst;
    struct store *st;
    uint32_t at;
    lodge_status rc;

    if (!ptr_to_u64(out))
        return LODGE_E_ARGUMENT;
    rc = text_check(name, name_len, "name", NULL);
    if (rc == LODGE_OK)
        rc = calling_enter(caller, &st, &inst);
    if (rc != LODGE_OK)
        return rc;
    rc = inst ? instance_find(st, inst, name, name_len, &at, NULL)
              : LODGE_E_NOT_FOUND;
    if (rc == LODGE_OK) {
        out->kind = st->children[at].kind;
        out->reserved = 0;
        out->id = store_child_id(st, at);
    }
    handle_leave(caller.id);
    return rc;
}

/* ---- about the call --------------------------------------------------- */

/* Whether the call is one of those whose set the fiber has, while the thread
 * has its own: it waits, or its function runs beside the fiber.
 */
static int is_away(const struct store *st)
{
    return st->calls == 0 && st->res && !st->res->on;
}

static uint64_t tag_of(const struct store *st)
{
    return is_away(st) ? st->res->away.tag : st->tag;
}

static uint64_t time_left(const struct store *st)
{
    const uint64_t tick =
        is_away(st) ? st->res->away.deadline : st->link.deadline;
    const uint64_t now = clock_ns();

    if (tick == 0)
        return UINT64_MAX;
    if (tick >= UINT64_MAX / TICK_NS)
        return UINT64_MAX - 1 - now;
    return tick * TICK_NS > now ? tick * TICK_NS - now : 0;
}

static lodge_status call_get(const struct store *st, uint32_t key,
                             uint64_t *value)
{
    switch (key) {
    case LODGE_CALLER_TAG:
        *value = tag_of(st);
        return LODGE_OK;
    case LODGE_CALLER_FUEL:
        return store_key_get(st, LODGE_STORE_FUEL, value, NULL);
    case LODGE_CALLER_DEADLINE:
        *value = time_left(st);
        return LODGE_OK;
    case LODGE_CALLER_DEPTH:
        *value = fiber_open_calls(st);
        return LODGE_OK;
    default:
        return LODGE_E_NOT_FOUND;
    }
}

lodge_status lodge_caller_get(lodge_caller caller, uint32_t key,
                              uint64_t *value)
{
    const wasmtime_instance_t *raw;
    struct store *st;
    lodge_status rc;

    if (!ptr_to_u64(value))
        return LODGE_E_ARGUMENT;
    rc = host_call_enter(caller, &st, &raw);
    if (rc != LODGE_OK)
        return rc;
    rc = call_get(st, key, value);
    handle_leave(caller.id);
    return rc;
}

lodge_status lodge_caller_tag(lodge_caller caller, uint64_t *tag)
{
    return lodge_caller_get(caller, LODGE_CALLER_TAG, tag);
}

lodge_status lodge_caller_store(lodge_caller caller, lodge_store *out)
{
    const wasmtime_instance_t *raw;
    struct store *st;
    lodge_status rc;

    if (!ptr_to_u64(out))
        return LODGE_E_ARGUMENT;
    rc = host_call_enter(caller, &st, &raw);
    if (rc != LODGE_OK)
        return rc;
    out->id = st->id;
    handle_leave(caller.id);
    return LODGE_OK;
}

/* ---- how it ends ------------------------------------------------------ */

lodge_status lodge_caller_forget(lodge_caller caller)
{
    const wasmtime_instance_t *raw;
    struct store *st;
    lodge_status rc = host_call_enter(caller, &st, &raw);

    if (rc != LODGE_OK)
        return rc;
    lodge_wt_note_swap(&st->link, NULL);
    handle_leave(caller.id);
    return LODGE_OK;
}

static lodge_status caller_end(lodge_caller caller, lodge_status status,
                               uint64_t payload, int32_t code,
                               const char *message, uint64_t len)
{
    const wasmtime_instance_t *raw;
    struct store *st;
    lodge_status rc = host_call_enter(caller, &st, &raw);

    if (rc != LODGE_OK)
        return rc;
    if (runs(st, caller.id))
        lodge_wt_failure_set(&st->link, status, payload, code, message, len);
    else
        status = LODGE_E_STATE; /* the answer says how a request ends */
    handle_leave(caller.id);
    return status;
}

lodge_status lodge_caller_fail(lodge_caller caller, uint64_t payload,
                               const char *message, uint64_t message_len)
{
    static const char none[] = "a host function failed";

    /* What is no text does not keep the call from failing. */
    if (message_len == 0 ||
        text_check(message, message_len, "message", NULL) != LODGE_OK) {
        message = none;
        message_len = sizeof none - 1;
    }
    return caller_end(caller, LODGE_E_HOST, payload, 0, message, message_len);
}

lodge_status lodge_caller_throw(lodge_caller caller, lodge_ref exception)
{
    const wasmtime_instance_t *raw;
    struct store *st;
    lodge_status rc = host_call_enter(caller, &st, &raw);

    if (rc != LODGE_OK)
        return rc;
    rc = runs(st, caller.id) ? exception_throw(st, exception.id, NULL)
                             : LODGE_E_STATE;
    handle_leave(caller.id);
    return rc == LODGE_OK ? LODGE_E_EXCEPTION : rc;
}

lodge_status lodge_caller_exit(lodge_caller caller, int32_t code)
{
    char text[48];
    int n = snprintf(text, sizeof text, "exit code %d", code);

    return caller_end(caller, LODGE_E_EXIT, 0, code, text, (uint64_t)n);
}

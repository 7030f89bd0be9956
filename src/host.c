/* host.c - DIRECT host functions, and what they may do while they run.
 * It must not know how a linker keeps them.
 */
#include <stdio.h>
#include <string.h>

#include "core/tsan.h"
#include "rooms.h"

/* ---- values ----------------------------------------------------------- */

/* Wasmtime's values are 16 bytes each, slots 8: the slots lie over the
 * values, packed from the front. Each step of values_out reads before it
 * writes.
 * Results from the last to the first, so that none is overwritten. */
static lodge_status unpack(struct store *st, const struct sig *sig,
                           const uint64_t *slots, wasmtime_val_raw_t *raw)
{
    const uint32_t *codes = sig->codes + sig->nparams;
    uint32_t i = sig->nresults, at = sig->result_slots;
    uint64_t value[2];
    lodge_status rc = LODGE_OK;

    if (sig->plain && i == 1) { /* the everyday case */
        raw[0].i64 = (int64_t)(slots[0] & sig->masks[sig->nparams]);
        return LODGE_OK;
    }
    if (sig->refs)
        return values_in(st, sig, sig->nparams, i, slots, raw, NULL);
    while (i-- > 0 && rc == LODGE_OK) {
        at -= codes[i] == LODGE_TYPE_V128 ? 2 : 1;
        value[0] = slots[at];
        value[1] = codes[i] == LODGE_TYPE_V128 ? slots[at + 1] : 0;
        rc = value_in_one(st, codes[i], value, &raw[i], NULL);
    }
    return rc;
}

static void fail_value(struct store *st, lodge_status rc)
{
    static const char text[] = "a host function was given or returned a "
                               "reference that is not a func of its store";

    if (!st->link.failure)
        lodge_wt_failure_set(&st->link, rc, 0, 0, text, sizeof text - 1);
}

/* ---- the call --------------------------------------------------------- */

static void say_failed(struct store *st, const struct host_func *hf,
                       int32_t rc)
{
    char text[200], name[120];
    int n;

    if (hf->trace) {
        error_quote(name, sizeof name, hf->trace, strlen(hf->trace));
        n = snprintf(text, sizeof text, "host function %s returned %d", name,
                     rc);
    } else {
        n = snprintf(text, sizeof text, "a host function returned %d", rc);
    }
    lodge_wt_failure_set(&st->link, LODGE_E_HOST, 0, 0, text, (size_t)n);
}

int32_t host_failed(struct store *st, const struct host_func *hf, int32_t rc)
{
    static const char stack[] =
        "too many calls between host and guest: the stack is used up";

    if (st->link.failure) /* said already */
        return rc;
    /* The status of a nested call that it hands on. */
    if (lodge_wt_failure_hand_on(&st->link, rc))
        return rc;
    /* Whether a used-up stack makes a call fail or be refused is chance. */
    if (rc == LODGE_E_STACK && !st->link.inner)
        lodge_wt_failure_set(&st->link, rc, 0, 0, stack, sizeof stack - 1);
    else
        say_failed(st, hf, rc);
    return rc;
}

static void zero_results(const struct sig *sig, uint64_t *slots)
{
    uint32_t i;

    for (i = sig->param_slots; i < sig->result_slots; i++)
        slots[i] = 0;
}

/* What failed inside after the function had said why it fails is no cause
 * of that.
 */
static void drop_inner(struct lodge_wt_store *link)
{
    void *failure = link->failure;

    link->failure = NULL;
    lodge_wt_failure_drop(link);
    link->failure = failure;
}

static int32_t as_said(const struct lodge_wt_store *link, int32_t rc)
{
    if (rc != LODGE_AS_SAID)
        return rc;
    return link->failure ? LODGE_E_HOST : LODGE_OK;
}

/* The function went well although a call that it made had failed. */
static int32_t swallow(struct store *st)
{
    static const char text[] = "the call was cancelled";

    lodge_wt_failure_drop(&st->link);
    if (!fiber_ending(st) && !cancel_met(st, st->link.open))
        return LODGE_OK;
    lodge_wt_failure_set(&st->link, LODGE_E_CANCELLED, 0, 0, text,
                         sizeof text - 1);
    return LODGE_E_CANCELLED;
}

static int32_t host_run(void *env, struct lodge_wt_store *link,
                        const wasmtime_instance_t *instance,
                        wasmtime_val_raw_t *raw, size_t len)
{
    struct host_func *hf = env;
    struct store *st = (struct store *)link;
    uint64_t *slots = (uint64_t *)(void *)raw;
    struct lodge_wt_call call = {st->link.call, instance,
                                 host_caller_next(st)};
    void *inner = link->inner; /* what the host call below may report */
    const size_t mark = values_mark(st, hf->sig);
    int32_t rc;

    (void)len;
    rc = values_out(st, hf->sig, 0, hf->sig->nparams, raw, slots, NULL);
    if (__builtin_expect(rc != LODGE_OK, 0)) {
        fail_value(st, rc);
        return rc;
    }
    zero_results(hf->sig, slots);
    link->inner = NULL;
    st->link.call = &call;
    rc = hf->fn(hf->node.token, (lodge_caller){call.id}, slots);
    st->link.call = call.prev;
    rc = as_said(link, rc);
    if (__builtin_expect(rc == LODGE_OK, 1)) {
        if (link->inner || link->failure)
            rc = swallow(st);
        if (rc == LODGE_OK && (rc = unpack(st, hf->sig, slots, raw)))
            fail_value(st, rc);
    } else {
        rc = host_failed(st, hf, rc);
        drop_inner(link);
    }
    values_drop(st, hf->sig, mark);
    link->inner = inner;
    return rc;
}

/* The end of an everyday call (`struct lodge_wt_direct`) that did not go
 * well, or in which something had failed.
 */
static int32_t end_failed(void *env, struct lodge_wt_store *link, int32_t rc)
{
    struct host_func *hf = env;
    struct store *st = (struct store *)link;

    rc = as_said(link, rc);
    rc = rc == LODGE_OK ? swallow(st) : host_failed(st, hf, rc);
    drop_inner(link);
    return rc;
}

/* ---- the record ------------------------------------------------------- */

lodge_status host_sig_parse(const char *ptr, uint64_t len, struct sig **out,
                            lodge_error *err)
{
    struct sig *sig = NULL;
    lodge_status st = type_sig_parse(ptr, len, &sig, err);

    if (st != LODGE_OK)
        return st;
    if (sig->unsupported >= 0) {
        st = error_refuse(err, LODGE_E_UNSUPPORTED,
                          "sig: values of type %s cannot be passed yet",
                          type_name((uint32_t)sig->unsupported));
        type_sig_free(sig);
        return st;
    }
    *out = sig;
    return LODGE_OK;
}

lodge_status host_func_new(struct engine *eng, struct sig *sig, uint32_t mode,
                           uint64_t token, struct host_func **out,
                           lodge_error *err)
{
    struct host_func *hf = NULL;
    lodge_status st = type_sig_resolve(sig, eng, err);

    if (st != LODGE_OK) {
        type_sig_free(sig);
        return st;
    }
    if (sig->nresults > 1 && !eng->set.value[LODGE_CONFIG_MULTI_VALUE]) {
        type_sig_free(sig);
        return error_refuse(err, LODGE_E_UNSUPPORTED,
                            "sig: several results need an engine with "
                            "%s=on",
                            config_key_name(LODGE_CONFIG_MULTI_VALUE));
    }
    hf = alloc_zero(sizeof *hf);
    if (!hf) {
        type_sig_free(sig);
        return error_memory(err);
    }
    hf->node.kind = LODGE_KIND_HOST;
    hf->node.token = token;
    atomic_store_explicit(&hf->refs, 1, memory_order_relaxed);
    hf->mode = mode;
    hf->serial = host_serial();
    hf->domain = domain_ref(eng->domain);
    hf->sig = sig;
    *out = hf;
    return LODGE_OK;
}

/* The last reference: nothing can reach the function any more. */
void host_func_unref(void *func)
{
    struct host_func *hf = func;

    if (!hf ||
        atomic_fetch_sub_explicit(&hf->refs, 1, memory_order_acq_rel) > 1)
        return;
    tsan_all_gone(hf->domain);
    type_sig_free(hf->sig);
    alloc_free(hf->trace);
    domain_push(hf->domain, &hf->node);
}

/* Whether a function is simple enough for Rust to run it without us. */
static int everyday(const struct host_func *hf, struct lodge_wt_direct *out)
{
    const struct sig *sig = hf->sig;
    uint32_t i;

    if (hf->mode != LODGE_HOST_DIRECT || !sig->plain || sig->nresults > 1 ||
        sig->nparams > 32)
        return 0;
    *out = (struct lodge_wt_direct){.fn = hf->fn,
                                    .token = hf->node.token,
                                    .end = end_failed,
                                    .nparams = sig->nparams,
                                    .zero = sig->nresults > sig->nparams};
    for (i = 0; i < sig->nparams; i++)
        out->narrow |= (uint32_t)(sig->masks[i] == UINT32_MAX) << i;
    return 1;
}

wasmtime_error_t *host_define(wasmtime_linker_t *raw, const char *module,
                              uint64_t module_len, const char *name,
                              uint64_t name_len, struct host_func *hf)
{
    static const lodge_wt_host_fn runner[] = {
        [LODGE_HOST_DIRECT] = host_run,
        [LODGE_HOST_FRAME] = host_frame_run,
        [LODGE_HOST_SUSPEND] = suspend_host,
    };
    const struct sig *sig = hf->sig;
    struct lodge_wt_direct direct;

    atomic_fetch_add_explicit(&hf->refs, 1, memory_order_relaxed);
    return lodge_wt_linker_func(raw, module, module_len, name, name_len,
                                sig->list, sig->codes, sig->nparams,
                                sig->nresults, runner[hf->mode],
                                everyday(hf, &direct) ? &direct : NULL, hf,
                                host_func_unref, hf->trace ? hf->trace : name,
                                hf->trace ? strlen(hf->trace) : name_len);
}

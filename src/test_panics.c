/* test_panics.c - panics where a test wants them; only in test builds.
 *
 * A test library is linked so that its calls of these functions of the crate
 * come here (cmake/library.cmake). When it is time, one panics in the
 * crate's own guard instead of doing its work.
 */
#include "rooms.h"

#ifdef LODGE_TEST

LODGE_API void lodge_test_panic_at(uint64_t k);
LODGE_API uint64_t lodge_test_panic_left(void);

static _Atomic uint64_t left; /* entries until the panic, 0 = none */

/* The k-th entry of the crate from now on panics; 0: none does. */
void lodge_test_panic_at(uint64_t k)
{
    atomic_store(&left, k);
}

/* 0: it has panicked. */
uint64_t lodge_test_panic_left(void)
{
    return atomic_load(&left);
}

static int now(void)
{
    uint64_t n = atomic_load(&left);

    while (n && !atomic_compare_exchange_weak(&left, &n, n - 1)) {
    }
    return n == 1;
}

#define CAN_PANIC(name, params, args)                                         \
    extern __typeof__(name) __real_##name, __wrap_##name;                     \
    wasmtime_error_t *__wrap_##name params                                    \
    {                                                                         \
        return now() ? lodge_wt_test_panic() : __real_##name args;            \
    }

CAN_PANIC(lodge_wt_engine_new, (wasm_config_t * config, wasm_engine_t **out),
          (config, out))
CAN_PANIC(lodge_wt_scan,
          (const uint8_t *ptr, size_t len,
           const struct lodge_wt_limits *limits, uint64_t loops, int *limit),
          (ptr, len, limits, loops, limit))
CAN_PANIC(lodge_wt_module_new,
          (wasm_engine_t * engine, const uint8_t *ptr, size_t len,
           int big_stack, wasmtime_module_t **out),
          (engine, ptr, len, big_stack, out))
CAN_PANIC(lodge_wt_module_validate,
          (wasm_engine_t * engine, const uint8_t *ptr, size_t len,
           int big_stack),
          (engine, ptr, len, big_stack))
CAN_PANIC(lodge_wt_seal,
          (const struct lodge_wt_ask *ask, const wasmtime_module_t *module,
           const struct lodge_wt_shape *shape, uint8_t *buf, size_t cap,
           size_t *len),
          (ask, module, shape, buf, cap, len))
CAN_PANIC(lodge_wt_unseal,
          (const struct lodge_wt_ask *ask, const uint8_t *ptr, size_t len,
           wasmtime_module_t **module, struct lodge_wt_shape *shape,
           uint32_t *reason),
          (ask, ptr, len, module, shape, reason))
CAN_PANIC(lodge_wt_trust,
          (const struct lodge_wt_ask *ask, int32_t fd, size_t len,
           wasmtime_module_t **module, struct lodge_wt_shape *shape,
           uint32_t *reason),
          (ask, fd, len, module, shape, reason))
CAN_PANIC(lodge_wt_text,
          (const char *ptr, size_t len, int big_stack, uint8_t **out,
           size_t *out_len),
          (ptr, len, big_stack, out, out_len))
CAN_PANIC(lodge_wt_print,
          (const uint8_t *ptr, size_t len, uint32_t flags, uint64_t room,
           int big_stack, uint8_t **out, size_t *out_len, uint64_t *full),
          (ptr, len, flags, room, big_stack, out, out_len, full))
CAN_PANIC(lodge_wt_profile_start,
          (struct lodge_wt_store * link, wasm_engine_t *engine,
           const char *name, size_t name_len, uint64_t interval_ns,
           const wasmtime_module_t *const *modules, size_t count),
          (link, engine, name, name_len, interval_ns, modules, count))
CAN_PANIC(lodge_wt_profile_finish,
          (struct lodge_wt_store * link, uint8_t **out, size_t *len),
          (link, out, len))
CAN_PANIC(lodge_wt_dump,
          (wasmtime_context_t * store, const wasmtime_error_t *error,
           uint64_t limit, int32_t *found, uint8_t **out, size_t *out_len),
          (store, error, limit, found, out, out_len))
CAN_PANIC(lodge_wt_shape_new,
          (const wasmtime_module_t *module, const uint8_t *bytes, size_t len,
           const struct lodge_wt_types *types, struct lodge_wt_shape *out),
          (module, bytes, len, types, out))
CAN_PANIC(lodge_wt_store_new,
          (wasm_engine_t * engine, struct lodge_wt_store *link,
           wasmtime_store_t **out),
          (engine, link, out))
CAN_PANIC(lodge_wt_call,
          (wasmtime_context_t * store, const wasmtime_func_t *func,
           wasmtime_val_raw_t *raw, size_t len),
          (store, func, raw, len))
CAN_PANIC(lodge_wt_call_fiber,
          (wasmtime_context_t * store, const wasmtime_func_t *func,
           wasmtime_val_raw_t *raw, size_t len, size_t fiber),
          (store, func, raw, len, fiber))
CAN_PANIC(lodge_wt_instantiate,
          (wasmtime_context_t * store, const wasmtime_instance_pre_t *pre,
           size_t fiber, wasmtime_instance_t *out),
          (store, pre, fiber, out))
CAN_PANIC(lodge_wt_table_new,
          (wasmtime_context_t * store, uint32_t code, int is64, uint64_t min,
           uint64_t max, const uint64_t *slot, wasmtime_table_t *out),
          (store, code, is64, min, max, slot, out))
CAN_PANIC(lodge_wt_resident_start,
          (wasmtime_context_t * store, size_t size,
           void (*body)(struct lodge_wt_store *link),
           int32_t (*give_way)(struct lodge_wt_store *link)),
          (store, size, body, give_way))
CAN_PANIC(lodge_wt_linker_alias,
          (wasmtime_linker_t * linker, const char *from_module,
           size_t from_module_len, const char *from_name, size_t from_name_len,
           const char *to_module, size_t to_module_len, const char *to_name,
           size_t to_name_len),
          (linker, from_module, from_module_len, from_name, from_name_len,
           to_module, to_module_len, to_name, to_name_len))
CAN_PANIC(lodge_wt_linker_missing,
          (const wasmtime_linker_t *linker, wasmtime_context_t *store,
           const wasmtime_module_t *module, const struct lodge_wt_types *types,
           uint8_t **out, size_t *len, uint32_t *count),
          (linker, store, module, types, out, len, count))
CAN_PANIC(lodge_wt_shared_new,
          (const wasm_engine_t *engine, uint64_t min, uint64_t max, int is64,
           uint32_t page_log2, wasmtime_sharedmemory_t **out),
          (engine, min, max, is64, page_log2, out))
CAN_PANIC(lodge_wt_linker_wasi, (wasmtime_linker_t * linker), (linker))
CAN_PANIC(lodge_wt_store_wasi,
          (struct lodge_wt_store * link, const struct lodge_wt_wasi *wasi),
          (link, wasi))
CAN_PANIC(wasmtime_context_gc, (wasmtime_context_t * store), (store))

/* Here the record behind the function ends as well. */
extern __typeof__(lodge_wt_linker_func) __real_lodge_wt_linker_func,
    __wrap_lodge_wt_linker_func;

wasmtime_error_t *__wrap_lodge_wt_linker_func(
    wasmtime_linker_t *linker, const char *module, size_t module_len,
    const char *name, size_t name_len, const struct lodge_wt_list *list,
    const uint32_t *codes, size_t nparams, size_t nresults,
    lodge_wt_host_fn fn, const struct lodge_wt_direct *direct, void *env,
    void (*finalizer)(void *env), const char *shown, size_t shown_len)
{
    if (!now())
        return __real_lodge_wt_linker_func(
            linker, module, module_len, name, name_len, list, codes, nparams,
            nresults, fn, direct, env, finalizer, shown, shown_len);
    finalizer(env);
    return lodge_wt_test_panic();
}

/* The fiber that panicked is over. */
extern __typeof__(lodge_wt_resident_run) __real_lodge_wt_resident_run,
    __wrap_lodge_wt_resident_run;

int __wrap_lodge_wt_resident_run(struct lodge_wt_store *link,
                                 wasmtime_error_t **error)
{
    if (!now())
        return __real_lodge_wt_resident_run(link, error);
    *error = lodge_wt_test_panic();
    return 1;
}

#else
typedef int lodge_no_test_panics; /* a file must declare something */
#endif

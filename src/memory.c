/* memory.c - linear memories: size, bytes, values, leases.
 * It must not know what the bytes mean.
 */
#include <string.h>

#include "core/shared_bytes.h"
#include "rooms.h"

/* ---- making ----------------------------------------------------------- */

lodge_status memory_allowed(const struct engine *eng,
                            const struct type_limits *type, lodge_error *err)
{
    uint32_t need = 0;

    if (type->is64 && !eng->set.value[LODGE_CONFIG_MEMORY64])
        need = LODGE_CONFIG_MEMORY64;
    else if (type->page == 1 &&
             !eng->set.value[LODGE_CONFIG_CUSTOM_PAGE_SIZES])
        need = LODGE_CONFIG_CUSTOM_PAGE_SIZES;
    else if (type->shared && !eng->set.value[LODGE_CONFIG_SHARED_MEMORY])
        need = LODGE_CONFIG_SHARED_MEMORY;
    if (!need)
        return LODGE_OK;
    return error_refuse(err, LODGE_E_UNSUPPORTED,
                        "this memory needs an engine with %s=on",
                        config_key_name(need));
}

lodge_status memory_make(struct store *st, const struct type_limits *type,
                         wasmtime_memory_t *out, lodge_error *err)
{
    const struct call_counts before = call_counts_of(st);
    wasm_memorytype_t *ty;
    wasmtime_error_t *error;
    lodge_status rc;

    rc = memory_allowed(st->eng, type, err);
    if (rc == LODGE_OK)
        rc = store_count(st, 1, 0, err);
    if (rc != LODGE_OK)
        return rc;
    error = wasmtime_memorytype_new(type->min, type->max != UINT64_MAX,
                                    type->max, type->is64 != 0, false,
                                    type->page == 1 ? 0 : 16, &ty);
    if (error) {
        rc = trap_translate(st, error, LODGE_E_TYPE, err);
    } else {
        error = wasmtime_memory_new(st->ctx, ty, out);
        wasm_memorytype_delete(ty);
        if (error)
            rc = trap_translate(st, error, LODGE_E_LIMIT, err);
    }
    if (rc != LODGE_OK) {
        call_counts_restore(st, &before);
        store_uncount(st, 1, 0);
    }
    return rc;
}

static lodge_status memory_in(struct store *st, const struct type_limits *type,
                              uint32_t *at, lodge_error *err)
{
    wasmtime_memory_t memory;
    lodge_status rc;

    if (type->shared)
        return shared_in_store(st, type, at, err);
    rc = memory_make(st, type, &memory, err);
    if (rc == LODGE_OK)
        rc = store_item(st, LODGE_KIND_MEMORY, &memory, at, err);
    return rc;
}

lodge_status lodge_memory_new(lodge_store store, const char *type,
                              uint64_t type_len, lodge_memory *out,
                              lodge_error *err)
{
    struct type_limits limits;
    struct store *st;
    uint32_t at;
    lodge_status rc;

    if (!ptr_to_u64(out))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "out: is NULL or not aligned");
    rc = type_memory_parse(type, type_len, &limits, err);
    if (rc == LODGE_OK)
        rc = store_enter_yielding(store, &st, err);
    if (rc != LODGE_OK)
        return rc;
    rc = memory_in(st, &limits, &at, err);
    if (rc == LODGE_OK)
        out->id = store_child_id(st, at);
    handle_leave(store.id);
    return rc;
}

lodge_status lodge_memory_type(lodge_memory memory, char *buf, uint64_t cap,
                               uint64_t *len, lodge_error *err)
{
    return store_type_out(memory.id, LODGE_KIND_MEMORY, buf, cap, len, err);
}

/* ---- bytes ------------------------------------------------------------ */

/* An entered memory. */
struct view {
    struct store *st;
    const wasmtime_memory_t *memory;
    struct shared *shared; /* or NULL */
    uint8_t *base;
    uint64_t size;
};

static lodge_status view_enter(lodge_memory memory, struct view *v,
                               lodge_error *err)
{
    struct child *c;
    lodge_status rc =
        store_enter_inline(memory.id, LODGE_KIND_MEMORY, &v->st, &c, err);

    if (__builtin_expect(rc != LODGE_OK, 0))
        return rc;
    v->shared = c->shared;
    if (__builtin_expect(v->shared != NULL, 0)) {
        v->base = v->shared->base;
        v->size = shared_size(v->shared);
        return LODGE_OK;
    }
    v->memory = &c->of.memory;
    v->base = wasmtime_memory_data(v->st->ctx, v->memory);
    v->size = wasmtime_memory_data_size(v->st->ctx, v->memory);
    return LODGE_OK;
}

/* Others may be using a shared memory. */
/* A lease may lead to both ends. */
static inline void get_bytes(const struct view *v, uint64_t at, void *dst,
                             uint64_t len)
{
    if (__builtin_expect(v->shared != NULL, 0))
        shared_bytes_get(dst, v->base + at, len);
    else
        memmove(dst, v->base + at, len);
}

static inline void put_bytes(const struct view *v, uint64_t at,
                             const void *src, uint64_t len)
{
    if (__builtin_expect(v->shared != NULL, 0))
        shared_bytes_put(v->base + at, src, len);
    else
        memmove(v->base + at, src, len);
}

static __attribute__((noinline)) lodge_status
refuse_range(const struct view *v, uint64_t at, uint64_t len, lodge_error *err)
{
    lodge_status rc =
        error_refuse(err, LODGE_E_BOUNDS,
                     "%llu bytes at %llu are not inside the memory of %llu "
                     "bytes",
                     (unsigned long long)len, (unsigned long long)at,
                     (unsigned long long)v->size);

    if (error_wanted(err))
        err->detail = at;
    return rc;
}

static lodge_status in_range(const struct view *v, uint64_t at, uint64_t len,
                             lodge_error *err)
{
    if (len <= v->size && at <= v->size - len)
        return LODGE_OK;
    return refuse_range(v, at, len, err);
}

lodge_status lodge_memory_size(lodge_memory memory, uint64_t *bytes,
                               lodge_error *err)
{
    struct view v;
    lodge_status rc;

    if (!ptr_to_u64(bytes))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "bytes: is NULL or not aligned");
    rc = view_enter(memory, &v, err);
    if (rc != LODGE_OK)
        return rc;
    *bytes = v.size;
    handle_leave(memory.id);
    return LODGE_OK;
}

lodge_status lodge_memory_grow(lodge_memory memory, uint64_t pages,
                               uint64_t *old_pages, lodge_error *err)
{
    wasmtime_error_t *error;
    struct view v;
    uint64_t before;
    lodge_status rc;

    if (!null_or_u64(old_pages))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "old_pages: is not aligned");
    rc = view_enter(memory, &v, err);
    if (rc != LODGE_OK)
        return rc;
    if (v.shared) {
        rc = shared_grow(v.shared, pages, old_pages, err);
        handle_leave(memory.id);
        return rc;
    }
    error = wasmtime_memory_grow(v.st->ctx, v.memory, pages, &before);
    if (error)
        rc = trap_translate(v.st, error, LODGE_E_LIMIT, err);
    else if (old_pages)
        *old_pages = before;
    handle_leave(memory.id);
    return rc;
}

lodge_status lodge_memory_read(lodge_memory memory, uint64_t at, uint8_t *dst,
                               uint64_t len, lodge_error *err)
{
    struct view v;
    lodge_status rc = bytes_check(dst, len, "dst", err);

    if (rc == LODGE_OK)
        rc = view_enter(memory, &v, err);
    if (rc != LODGE_OK)
        return rc;
    rc = in_range(&v, at, len, err);
    if (rc == LODGE_OK && len)
        get_bytes(&v, at, dst, len);
    handle_leave(memory.id);
    return rc;
}

lodge_status lodge_memory_write(lodge_memory memory, uint64_t at,
                                const uint8_t *src, uint64_t len,
                                lodge_error *err)
{
    struct view v;
    lodge_status rc = bytes_check(src, len, "src", err);

    if (rc == LODGE_OK)
        rc = view_enter(memory, &v, err);
    if (rc != LODGE_OK)
        return rc;
    rc = in_range(&v, at, len, err);
    if (rc == LODGE_OK && len)
        put_bytes(&v, at, src, len);
    handle_leave(memory.id);
    return rc;
}

static lodge_status byte_check(uint32_t byte, lodge_error *err)
{
    if (byte <= 255)
        return LODGE_OK;
    return error_refuse(err, LODGE_E_ARGUMENT, "byte: %u is more than 255",
                        byte);
}

lodge_status lodge_memory_fill(lodge_memory memory, uint64_t at, uint32_t byte,
                               uint64_t len, lodge_error *err)
{
    struct view v;
    lodge_status rc = byte_check(byte, err);

    if (rc == LODGE_OK)
        rc = view_enter(memory, &v, err);
    if (rc != LODGE_OK)
        return rc;
    rc = in_range(&v, at, len, err);
    if (rc == LODGE_OK && v.shared)
        shared_bytes_fill(v.base + at, (uint8_t)byte, len);
    else if (rc == LODGE_OK && len)
        memset(v.base + at, (int)byte, len);
    handle_leave(memory.id);
    return rc;
}

lodge_status lodge_memory_copy(lodge_memory dst, uint64_t dst_at,
                               lodge_memory src, uint64_t src_at, uint64_t len,
                               lodge_error *err)
{
    struct view to, from;
    lodge_status rc = view_enter(dst, &to, err);

    if (rc != LODGE_OK)
        return rc;
    if (handle_parent(dst.id) != handle_parent(src.id))
        rc = store_child_refuse(to.st, src.id, LODGE_KIND_MEMORY, err);
    else
        rc = view_enter(src, &from, err);
    if (rc != LODGE_OK) {
        handle_leave(dst.id);
        return rc;
    }
    rc = in_range(&to, dst_at, len, err);
    if (rc == LODGE_OK)
        rc = in_range(&from, src_at, len, err);
    if (rc == LODGE_OK && (to.shared || from.shared))
        shared_bytes_move(to.base + dst_at, from.base + src_at, len);
    else if (rc == LODGE_OK && len)
        memmove(to.base + dst_at, from.base + src_at, len);
    handle_leave(src.id);
    handle_leave(dst.id);
    return rc;
}

/* Where the byte is; `len` if it is nowhere. */
static uint64_t find_byte(const struct view *v, uint64_t at, uint8_t byte,
                          uint64_t len)
{
    const uint8_t *hit;

    if (v->shared)
        return shared_bytes_find(v->base + at, byte, len);
    hit = len ? memchr(v->base + at, byte, len) : NULL;
    return hit ? (uint64_t)(hit - (v->base + at)) : len;
}

lodge_status lodge_memory_find(lodge_memory memory, uint64_t at, uint32_t byte,
                               uint64_t max, uint64_t *found, lodge_error *err)
{
    struct view v;
    lodge_status rc = byte_check(byte, err);

    if (rc == LODGE_OK && !ptr_to_u64(found))
        rc = error_refuse(err, LODGE_E_ARGUMENT,
                          "found: is NULL or not aligned");
    if (rc == LODGE_OK)
        rc = view_enter(memory, &v, err);
    if (rc != LODGE_OK)
        return rc;
    rc = in_range(&v, at, 0, err);
    if (rc == LODGE_OK) {
        uint64_t len = v.size - at < max ? v.size - at : max;

        uint64_t before = find_byte(&v, at, (uint8_t)byte, len);

        if (before < len)
            *found = before;
        else
            rc = error_refuse(err, LODGE_E_NOT_FOUND,
                              "no byte %u in %llu bytes at %llu", byte,
                              (unsigned long long)len, (unsigned long long)at);
    }
    handle_leave(memory.id);
    return rc;
}

/* ---- values ----------------------------------------------------------- */

/* Bytes of a value in memory, 0 if it cannot be there. */
static uint32_t width_of(uint32_t type)
{
    switch (type) {
    case LODGE_TYPE_I8:
        return 1;
    case LODGE_TYPE_I16:
        return 2;
    case LODGE_TYPE_I32:
    case LODGE_TYPE_F32:
        return 4;
    case LODGE_TYPE_I64:
    case LODGE_TYPE_F64:
        return 8;
    case LODGE_TYPE_V128:
        return 16;
    default:
        return 0;
    }
}

static lodge_status value_check(uint32_t type, const void *slots,
                                uint32_t *width, lodge_error *err)
{
    *width = width_of(type);
    if (!*width)
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "type: %u is not a number type", type);
    if (!ptr_to_u64(slots))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "slots: is NULL or not aligned");
    return LODGE_OK;
}

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
              "values in memory are copied as they are");

lodge_status lodge_memory_load(lodge_memory memory, uint64_t at, uint32_t type,
                               uint64_t *slots, lodge_error *err)
{
    uint64_t value[2] = {0};
    uint32_t width;
    struct view v;
    lodge_status rc = value_check(type, slots, &width, err);

    if (rc == LODGE_OK)
        rc = view_enter(memory, &v, err);
    if (rc != LODGE_OK)
        return rc;
    rc = in_range(&v, at, width, err);
    if (rc == LODGE_OK) {
        get_bytes(&v, at, value, width);
        slots[0] = value[0];
        if (width > sizeof *slots)
            slots[1] = value[1];
    }
    handle_leave(memory.id);
    return rc;
}

lodge_status lodge_memory_store(lodge_memory memory, uint64_t at,
                                uint32_t type, const uint64_t *slots,
                                lodge_error *err)
{
    uint32_t width;
    struct view v;
    lodge_status rc = value_check(type, slots, &width, err);

    if (rc == LODGE_OK)
        rc = view_enter(memory, &v, err);
    if (rc != LODGE_OK)
        return rc;
    rc = in_range(&v, at, width, err);
    if (rc == LODGE_OK)
        put_bytes(&v, at, slots, width);
    handle_leave(memory.id);
    return rc;
}

/* ---- leases ----------------------------------------------------------- */

/* Wasmtime moves a memory that outgrows its reservation, unless told not
 * to; one that cannot outgrow it stays.
 */
static int never_moves(const struct store *st, const wasmtime_memory_t *memory)
{
    const uint64_t *v = st->eng->set.value;
    wasm_memorytype_t *ty = wasmtime_memory_type(st->ctx, memory);
    uint64_t page = wasmtime_memorytype_page_size(ty), max, limit;
    int stays;

    if (!wasmtime_memorytype_maximum(ty, &max))
        max = wasmtime_memorytype_is64(ty) ? UINT64_MAX
                                           : (UINT64_C(1) << 32) / page;
    wasm_memorytype_delete(ty);
    limit = v[LODGE_CONFIG_ALLOCATOR] ? v[LODGE_CONFIG_POOL_MAX_MEMORY_SIZE]
                                      : v[LODGE_CONFIG_MEMORY_RESERVATION];
    stays = !v[LODGE_CONFIG_MEMORY_MAY_MOVE] || v[LODGE_CONFIG_ALLOCATOR] ||
            max <= limit / page;
    return stays;
}

lodge_status lodge_memory_lease(lodge_memory memory, uint64_t *address,
                                uint64_t *len, lodge_lease *out,
                                lodge_error *err)
{
    lodge_lease lease;
    struct view v;
    lodge_status rc;

    if (!ptr_to_u64(address) || !ptr_to_u64(len) || !ptr_to_u64(out))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "address, len or out: is NULL or not aligned");
    rc = view_enter(memory, &v, err);
    if (rc != LODGE_OK)
        return rc;
    if (v.shared)
        rc = lease_make(NULL, v.shared, &lease, err);
    else if (never_moves(v.st, v.memory))
        rc = lease_make(v.st, NULL, &lease, err);
    else
        rc = error_refuse(err, LODGE_E_UNSUPPORTED,
                          "this memory may move when it grows; "
                          "memory-may-move=off or a larger "
                          "memory-reservation keeps it in place");
    if (rc == LODGE_OK) {
        *address = (uint64_t)(uintptr_t)v.base;
        *len = v.size;
        *out = lease; /* last: who gives one address thrice can close it */
    }
    handle_leave(memory.id);
    return rc;
}

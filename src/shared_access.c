/* shared_access.c - the bytes of shared memories, while others use them.
 * It must not know who they are.
 */
#include <stddef.h>

#include "core/shared_bytes.h"
#include "rooms.h"

lodge_status shared_range(const struct shared *sh, uint64_t at, uint64_t len,
                          lodge_error *err)
{
    const uint64_t size = shared_size(sh);

    if (len <= size && at <= size - len)
        return LODGE_OK;
    error_refuse(err, LODGE_E_BOUNDS,
                 "%llu bytes at %llu are not inside the memory of %llu bytes",
                 (unsigned long long)len, (unsigned long long)at,
                 (unsigned long long)size);
    if (error_wanted(err))
        err->detail = at;
    return LODGE_E_BOUNDS;
}

/* Uses a memory of which these bytes are wanted. */
static lodge_status range_pin(lodge_shared_memory memory, uint64_t at,
                              uint64_t len, uint8_t **base, lodge_error *err)
{
    struct shared_handle *handle;
    lodge_status rc = shared_pin(memory, &handle, err);

    if (rc != LODGE_OK)
        return rc;
    rc = shared_range(handle->sh, at, len, err);
    if (rc == LODGE_OK)
        *base = handle->sh->base + at;
    else
        handle_unpin(memory.id);
    return rc;
}

/* ---- many bytes ------------------------------------------------------- */

lodge_status lodge_shared_memory_read(lodge_shared_memory memory, uint64_t at,
                                      uint8_t *dst, uint64_t len,
                                      lodge_error *err)
{
    uint8_t *place;
    lodge_status rc = bytes_check(dst, len, "dst", err);

    if (rc == LODGE_OK)
        rc = range_pin(memory, at, len, &place, err);
    if (rc != LODGE_OK)
        return rc;
    shared_bytes_get(dst, place, len);
    handle_unpin(memory.id);
    return LODGE_OK;
}

lodge_status lodge_shared_memory_write(lodge_shared_memory memory, uint64_t at,
                                       const uint8_t *src, uint64_t len,
                                       lodge_error *err)
{
    uint8_t *place;
    lodge_status rc = bytes_check(src, len, "src", err);

    if (rc == LODGE_OK)
        rc = range_pin(memory, at, len, &place, err);
    if (rc != LODGE_OK)
        return rc;
    shared_bytes_put(place, src, len);
    handle_unpin(memory.id);
    return LODGE_OK;
}

lodge_status lodge_shared_memory_fill(lodge_shared_memory memory, uint64_t at,
                                      uint32_t byte, uint64_t len,
                                      lodge_error *err)
{
    uint8_t *place;
    lodge_status rc;

    if (byte > 255)
        return error_refuse(err, LODGE_E_ARGUMENT, "byte: %u is more than 255",
                            byte);
    rc = range_pin(memory, at, len, &place, err);
    if (rc != LODGE_OK)
        return rc;
    shared_bytes_fill(place, (uint8_t)byte, len);
    handle_unpin(memory.id);
    return LODGE_OK;
}

lodge_status lodge_shared_memory_copy(lodge_shared_memory dst, uint64_t dst_at,
                                      lodge_shared_memory src, uint64_t src_at,
                                      uint64_t len, lodge_error *err)
{
    uint8_t *to, *from;
    lodge_status rc = range_pin(dst, dst_at, len, &to, err);

    if (rc != LODGE_OK)
        return rc;
    rc = range_pin(src, src_at, len, &from, err);
    if (rc == LODGE_OK) {
        shared_bytes_move(to, from, len);
        handle_unpin(src.id);
    }
    handle_unpin(dst.id);
    return rc;
}

/* ---- one value -------------------------------------------------------- */

static lodge_status value_check(uint64_t at, uint32_t bytes, lodge_error *err)
{
    if (bytes != 1 && bytes != 2 && bytes != 4 && bytes != 8)
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "bytes: %u is not 1, 2, 4 or 8", bytes);
    if (at % bytes == 0)
        return LODGE_OK;
    return error_refuse(err, LODGE_E_ARGUMENT,
                        "at: %llu is not a multiple of %u bytes",
                        (unsigned long long)at, bytes);
}

static lodge_status value_pin(lodge_shared_memory memory, uint64_t at,
                              uint32_t bytes, uint8_t **place,
                              lodge_error *err)
{
    lodge_status rc = value_check(at, bytes, err);

    return rc == LODGE_OK ? range_pin(memory, at, bytes, place, err) : rc;
}

static uint64_t load(const void *place, uint32_t bytes)
{
    switch (bytes) {
    case 1:
        return __atomic_load_n((const uint8_t *)place, __ATOMIC_SEQ_CST);
    case 2:
        return __atomic_load_n((const uint16_t *)place, __ATOMIC_SEQ_CST);
    case 4:
        return __atomic_load_n((const uint32_t *)place, __ATOMIC_SEQ_CST);
    default:
        return __atomic_load_n((const uint64_t *)place, __ATOMIC_SEQ_CST);
    }
}

static void store(void *place, uint32_t bytes, uint64_t value)
{
    switch (bytes) {
    case 1:
        __atomic_store_n((uint8_t *)place, (uint8_t)value, __ATOMIC_SEQ_CST);
        break;
    case 2:
        __atomic_store_n((uint16_t *)place, (uint16_t)value, __ATOMIC_SEQ_CST);
        break;
    case 4:
        __atomic_store_n((uint32_t *)place, (uint32_t)value, __ATOMIC_SEQ_CST);
        break;
    default:
        __atomic_store_n((uint64_t *)place, value, __ATOMIC_SEQ_CST);
    }
}

/* What was there; `next` is there now if that was `expected`. */
static uint64_t swap(void *place, uint32_t bytes, uint64_t expected,
                     uint64_t next)
{
    const int order = __ATOMIC_SEQ_CST;
    uint8_t one = (uint8_t)expected;
    uint16_t two = (uint16_t)expected;
    uint32_t four = (uint32_t)expected;

    switch (bytes) {
    case 1:
        __atomic_compare_exchange_n((uint8_t *)place, &one, (uint8_t)next, 0,
                                    order, order);
        return one;
    case 2:
        __atomic_compare_exchange_n((uint16_t *)place, &two, (uint16_t)next, 0,
                                    order, order);
        return two;
    case 4:
        __atomic_compare_exchange_n((uint32_t *)place, &four, (uint32_t)next,
                                    0, order, order);
        return four;
    default:
        __atomic_compare_exchange_n((uint64_t *)place, &expected, next, 0,
                                    order, order);
        return expected;
    }
}

static uint64_t changed(uint32_t op, uint64_t old, uint64_t operand)
{
    switch (op) {
    case LODGE_ATOMIC_ADD:
        return old + operand;
    case LODGE_ATOMIC_SUB:
        return old - operand;
    case LODGE_ATOMIC_AND:
        return old & operand;
    case LODGE_ATOMIC_OR:
        return old | operand;
    case LODGE_ATOMIC_XOR:
        return old ^ operand;
    default:
        return operand;
    }
}

static uint64_t change(void *place, uint32_t bytes, uint32_t op,
                       uint64_t operand)
{
    uint64_t old, seen = load(place, bytes);

    do {
        old = seen;
        seen = swap(place, bytes, old, changed(op, old, operand));
    } while (seen != old);
    return old;
}

lodge_status lodge_shared_memory_load(lodge_shared_memory memory, uint64_t at,
                                      uint32_t bytes, uint64_t *value,
                                      lodge_error *err)
{
    uint8_t *place;
    lodge_status rc;

    if (!ptr_to_u64(value))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "value: is NULL or not aligned");
    rc = value_pin(memory, at, bytes, &place, err);
    if (rc != LODGE_OK)
        return rc;
    *value = load(place, bytes);
    handle_unpin(memory.id);
    return LODGE_OK;
}

lodge_status lodge_shared_memory_store(lodge_shared_memory memory, uint64_t at,
                                       uint32_t bytes, uint64_t value,
                                       lodge_error *err)
{
    uint8_t *place;
    lodge_status rc = value_pin(memory, at, bytes, &place, err);

    if (rc != LODGE_OK)
        return rc;
    store(place, bytes, value);
    handle_unpin(memory.id);
    return LODGE_OK;
}

lodge_status lodge_shared_memory_rmw(lodge_shared_memory memory, uint64_t at,
                                     uint32_t bytes, uint32_t op,
                                     uint64_t operand, uint64_t *old,
                                     lodge_error *err)
{
    uint8_t *place;
    uint64_t before;
    lodge_status rc;

    if (!null_or_u64(old))
        return error_refuse(err, LODGE_E_ARGUMENT, "old: is not aligned");
    if (op > LODGE_ATOMIC_XCHG)
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "op: %u is not LODGE_ATOMIC_*", op);
    rc = value_pin(memory, at, bytes, &place, err);
    if (rc != LODGE_OK)
        return rc;
    before = change(place, bytes, op, operand);
    if (old)
        *old = before;
    handle_unpin(memory.id);
    return LODGE_OK;
}

lodge_status lodge_shared_memory_cmpxchg(lodge_shared_memory memory,
                                         uint64_t at, uint32_t bytes,
                                         uint64_t expected,
                                         uint64_t replacement, uint64_t *old,
                                         lodge_error *err)
{
    uint8_t *place;
    lodge_status rc;

    if (!ptr_to_u64(old))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "old: is NULL or not aligned");
    rc = value_pin(memory, at, bytes, &place, err);
    if (rc != LODGE_OK)
        return rc;
    if (bytes < 8 && expected >> 8 * bytes)
        *old = load(place, bytes); /* none is that large */
    else
        *old = swap(place, bytes, expected, replacement);
    handle_unpin(memory.id);
    return LODGE_OK;
}

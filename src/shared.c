/* shared.c - shared memories: made, found, named in stores.
 * It must not know what is done with their bytes.
 *
 * There is one record for each such memory that the host has had in its
 * hands, whether the host made it or a guest: found again by its address,
 * which never changes. Handles, host modules and the children of stores
 * refer to it; linkers and guests have Wasmtime's own references.
 */
#include <string.h>

#include "rooms.h"

static struct lock lock = lock_init_static;
static struct shared *all; /* under lock, as what `next` leads to */

static void after_fork(void)
{
    lock_reset(&lock);
    all = NULL; /* their engines are dead here */
}

/* ---- the record ------------------------------------------------------- */

uint64_t shared_size(const struct shared *sh)
{
    return wasmtime_sharedmemory_data_size(sh->raw);
}

/* Under lock. */
static struct shared *find(const uint8_t *base)
{
    struct shared *sh = all;

    while (sh && sh->base != base)
        sh = sh->next;
    return sh;
}

static void record_free(struct shared *sh)
{
    if (sh->raw)
        wasmtime_sharedmemory_delete(sh->raw);
    engine_unref(sh->eng);
    alloc_free(sh);
    atomic_fetch_sub_explicit(&store_memories_live, 1, memory_order_relaxed);
}

struct shared *shared_ref(struct shared *sh)
{
    lock_take(&lock);
    sh->refs++;
    lock_give(&lock);
    return sh;
}

void shared_unref(struct shared *sh)
{
    struct shared **link;
    uint32_t left;

    if (!sh)
        return;
    lock_take(&lock);
    left = --sh->refs;
    for (link = &all; !left && *link; link = &(*link)->next) {
        if (*link == sh) {
            *link = sh->next;
            break;
        }
    }
    lock_give(&lock);
    if (!left)
        record_free(sh);
}

static lodge_status count_one(lodge_error *err)
{
    const uint64_t live = atomic_fetch_add_explicit(&store_memories_live, 1,
                                                    memory_order_relaxed);

    if (live < store_memories_max)
        return LODGE_OK;
    atomic_fetch_sub_explicit(&store_memories_live, 1, memory_order_relaxed);
    error_refuse(err, LODGE_E_LIMIT,
                 "%llu memories in the process and 1 more are over the limit "
                 "of %llu",
                 (unsigned long long)live,
                 (unsigned long long)store_memories_max);
    if (error_wanted(err))
        err->detail = LODGE_LIMIT_PROCESS;
    return LODGE_E_LIMIT;
}

/* A record with one reference, and nothing in it. */
static lodge_status record_new(struct engine *eng, struct shared **out,
                               lodge_error *err)
{
    struct shared *sh;
    lodge_status rc = count_one(err);

    if (rc != LODGE_OK)
        return rc;
    handle_at_fork_child(after_fork);
    sh = alloc_zero(sizeof *sh);
    if (!sh) {
        atomic_fetch_sub_explicit(&store_memories_live, 1,
                                  memory_order_relaxed);
        return error_memory(err);
    }
    engine_ref(eng);
    sh->eng = eng;
    sh->refs = 1;
    *out = sh;
    return LODGE_OK;
}

static lodge_status read_type(struct shared *sh, lodge_error *err)
{
    char text[96];
    size_t n = lodge_wt_shared_type(sh->raw, text, sizeof text);

    if (n > sizeof text)
        return error_refuse(err, LODGE_E_INTERNAL,
                            "the type of a shared memory cannot be told");
    return type_memory_parse(text, n, &sh->type, err);
}

/* Lists a record whose memory is there; where another thread has listed the
 * same memory meanwhile, takes that one.
 */
static struct shared *list(struct shared *sh)
{
    struct shared *other;

    sh->base = wasmtime_sharedmemory_data(sh->raw);
    lock_take(&lock);
    other = find(sh->base);
    if (other) {
        other->refs++;
    } else {
        sh->next = all;
        all = sh;
    }
    lock_give(&lock);
    if (!other)
        return sh;
    record_free(sh);
    return other;
}

lodge_status shared_make(struct engine *eng, const struct type_limits *type,
                         struct shared **out, lodge_error *err)
{
    wasmtime_error_t *error;
    struct shared *sh;
    lodge_status rc = memory_allowed(eng, type, err);

    if (rc == LODGE_OK)
        rc = record_new(eng, &sh, err);
    if (rc != LODGE_OK)
        return rc;
    error =
        lodge_wt_shared_new(eng->raw, type->min, type->max, type->is64 != 0,
                            type->page == 1 ? 0 : 16, &sh->raw);
    if (error)
        rc = trap_translate(NULL, error, LODGE_E_LIMIT, err);
    else
        rc = read_type(sh, err);
    if (rc == LODGE_OK)
        *out = list(sh);
    else
        record_free(sh);
    return rc;
}

/* ---- in stores -------------------------------------------------------- */

/* The children of a store are found by what Wasmtime's items hold. One of
 * store 0 stands for a shared memory.
 */
lodge_status shared_item(struct store *st, struct shared *sh, uint32_t *at,
                         lodge_error *err)
{
    const uint64_t base = (uint64_t)(uintptr_t)sh->base;
    wasmtime_memory_t key;
    lodge_status rc;

    memset(&key, 0, sizeof key);
    key.__private1 = (uint32_t)base;
    key.__private2 = (uint32_t)(base >> 32);
    rc = store_item(st, LODGE_KIND_MEMORY, &key, at, err);
    if (rc == LODGE_OK && !st->children[*at].shared)
        st->children[*at].shared = shared_ref(sh);
    return rc;
}

lodge_status shared_found(struct store *st, const wasmtime_sharedmemory_t *raw,
                          uint32_t *at, lodge_error *err)
{
    struct shared *sh;
    lodge_status rc;

    lock_take(&lock);
    sh = find(wasmtime_sharedmemory_data(raw));
    if (sh)
        sh->refs++;
    lock_give(&lock);
    if (!sh) {
        rc = record_new(st->eng, &sh, err);
        if (rc != LODGE_OK)
            return rc;
        sh->raw = wasmtime_sharedmemory_clone(raw);
        rc = read_type(sh, err);
        if (rc != LODGE_OK) {
            record_free(sh);
            return rc;
        }
        sh = list(sh);
    }
    rc = shared_item(st, sh, at, err);
    shared_unref(sh);
    return rc;
}

lodge_status shared_in_store(struct store *st, const struct type_limits *type,
                             uint32_t *at, lodge_error *err)
{
    const uint64_t most = type->max > UINT64_MAX / type->page
                              ? UINT64_MAX
                              : type->max * type->page;
    struct shared *sh;
    lodge_status rc = budget_take_memory(st, most, err);

    if (rc != LODGE_OK)
        return rc;
    rc = shared_make(st->eng, type, &sh, err);
    if (rc == LODGE_OK) {
        rc = shared_item(st, sh, at, err);
        shared_unref(sh);
    }
    if (rc != LODGE_OK)
        budget_give_memory(st, most);
    return rc;
}

/* ---- handles ---------------------------------------------------------- */

static void handle_destroy(void *obj)
{
    struct shared_handle *handle = obj;

    shared_unref(handle->sh);
    alloc_free(handle);
}

/* A handle of its own. Takes over the reference, also when it fails. */
static lodge_status give(struct shared *sh, lodge_shared_memory *out,
                         lodge_error *err)
{
    struct shared_handle *handle = alloc_zero(sizeof *handle);
    lodge_status rc;

    if (!handle) {
        shared_unref(sh);
        return error_memory(err);
    }
    handle->sh = sh;
    rc = engine_handle(sh->eng, LODGE_KIND_SHARED_MEMORY, handle,
                       handle_destroy, &out->id, err);
    if (rc != LODGE_OK)
        handle_destroy(handle);
    return rc;
}

lodge_status shared_pin(lodge_shared_memory memory, struct shared_handle **out,
                        lodge_error *err)
{
    void *obj;
    lodge_status rc =
        handle_pin(memory.id, LODGE_KIND_SHARED_MEMORY, &obj, err);

    if (rc == LODGE_OK)
        *out = obj;
    return rc;
}

lodge_status lodge_shared_memory_new(lodge_engine engine, const char *type,
                                     uint64_t type_len,
                                     lodge_shared_memory *out,
                                     lodge_error *err)
{
    struct type_limits limits;
    struct engine *eng;
    struct shared *sh;
    lodge_status rc;

    if (!ptr_to_u64(out))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "out: is NULL or not aligned");
    rc = type_memory_parse(type, type_len, &limits, err);
    if (rc == LODGE_OK)
        rc = type_memory_share(&limits, err);
    if (rc == LODGE_OK)
        rc = engine_take(engine, &eng, err);
    if (rc != LODGE_OK)
        return rc;
    rc = shared_make(eng, &limits, &sh, err);
    if (rc == LODGE_OK)
        rc = give(sh, out, err);
    engine_unref(eng);
    return rc;
}

lodge_status lodge_shared_memory_close(lodge_shared_memory memory)
{
    struct shared_handle *handle;

    if (shared_pin(memory, &handle, NULL) == LODGE_OK) {
        shared_wait_end(handle);
        handle_unpin(memory.id);
    }
    handle_close(memory.id, LODGE_KIND_SHARED_MEMORY);
    return LODGE_OK;
}

lodge_status lodge_shared_memory_type(lodge_shared_memory memory, char *buf,
                                      uint64_t cap, uint64_t *len,
                                      lodge_error *err)
{
    struct textbuf text = {0};
    struct shared_handle *handle;
    lodge_status rc = shared_pin(memory, &handle, err);

    if (rc != LODGE_OK)
        return rc;
    type_item_text(LODGE_KIND_MEMORY, &handle->sh->type, &text);
    if (text.failed)
        rc = error_memory(err);
    else
        rc = text_out(text.ptr, text.len, buf, cap, len, err);
    textbuf_free(&text);
    handle_unpin(memory.id);
    return rc;
}

lodge_status lodge_shared_memory_size(lodge_shared_memory memory,
                                      uint64_t *bytes, lodge_error *err)
{
    struct shared_handle *handle;
    lodge_status rc;

    if (!ptr_to_u64(bytes))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "bytes: is NULL or not aligned");
    rc = shared_pin(memory, &handle, err);
    if (rc != LODGE_OK)
        return rc;
    *bytes = shared_size(handle->sh);
    handle_unpin(memory.id);
    return LODGE_OK;
}

lodge_status shared_grow(const struct shared *sh, uint64_t pages,
                         uint64_t *old_pages, lodge_error *err)
{
    uint64_t old;
    wasmtime_error_t *error = lodge_wt_shared_grow(sh->raw, pages, &old);

    if (error)
        return trap_translate(NULL, error, LODGE_E_LIMIT, err);
    if (old_pages)
        *old_pages = old;
    return LODGE_OK;
}

lodge_status lodge_shared_memory_grow(lodge_shared_memory memory,
                                      uint64_t pages, uint64_t *old_pages,
                                      lodge_error *err)
{
    struct shared_handle *handle;
    lodge_status rc;

    if (!null_or_u64(old_pages))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "old_pages: is not aligned");
    rc = shared_pin(memory, &handle, err);
    if (rc != LODGE_OK)
        return rc;
    rc = shared_grow(handle->sh, pages, old_pages, err);
    handle_unpin(memory.id);
    return rc;
}

lodge_status lodge_shared_memory_in(lodge_shared_memory memory,
                                    lodge_store store, lodge_memory *out,
                                    lodge_error *err)
{
    struct shared_handle *handle;
    struct store *st;
    uint32_t at;
    lodge_status rc;

    if (!ptr_to_u64(out))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "out: is NULL or not aligned");
    rc = shared_pin(memory, &handle, err);
    if (rc != LODGE_OK)
        return rc;
    rc = store_enter_yielding(store, &st, err);
    if (rc == LODGE_OK) {
        if (st->eng != handle->sh->eng)
            rc = error_refuse(err, LODGE_E_FOREIGN,
                              "the shared memory belongs to another engine "
                              "than the store");
        else
            rc = shared_item(st, handle->sh, &at, err);
        if (rc == LODGE_OK)
            out->id = store_child_id(st, at);
        handle_leave(store.id);
    }
    handle_unpin(memory.id);
    return rc;
}

lodge_status lodge_memory_shared(lodge_memory memory, lodge_shared_memory *out,
                                 lodge_error *err)
{
    struct store *st;
    struct child *c;
    lodge_status rc;

    if (!ptr_to_u64(out))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "out: is NULL or not aligned");
    rc = store_enter_child(memory.id, LODGE_KIND_MEMORY, &st, &c, err);
    if (rc != LODGE_OK)
        return rc;
    if (c->shared)
        rc = give(shared_ref(c->shared), out, err);
    else
        rc = error_refuse(err, LODGE_E_TYPE, "the memory is not shared");
    handle_leave(memory.id);
    return rc;
}

lodge_status lodge_shared_memory_same(lodge_shared_memory a,
                                      lodge_shared_memory b, uint32_t *yes,
                                      lodge_error *err)
{
    struct shared_handle *first, *second;
    lodge_status rc;

    if (!ptr_to_u32(yes))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "yes: is NULL or not aligned");
    rc = shared_pin(a, &first, err);
    if (rc != LODGE_OK)
        return rc;
    rc = shared_pin(b, &second, err);
    if (rc == LODGE_OK) {
        *yes = first->sh == second->sh;
        handle_unpin(b.id);
    }
    handle_unpin(a.id);
    return rc;
}

/* ---- statistics ------------------------------------------------------- */

uint64_t shared_stat(uint32_t key)
{
    uint64_t n = 0;
    struct shared *sh;

    lock_take(&lock);
    for (sh = all; sh; sh = sh->next)
        n += key == LODGE_STAT_SHARED_BYTES ? shared_size(sh) : 1;
    lock_give(&lock);
    return n;
}

uint64_t shared_bytes(uint64_t id)
{
    const lodge_shared_memory memory = {id};
    uint64_t bytes = 0;

    lodge_shared_memory_size(memory, &bytes, NULL);
    return bytes;
}

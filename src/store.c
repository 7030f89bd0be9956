/* store.c - stores and the table of their children.
 * It must not know what a call is.
 */
#include <string.h>

#include "core/tsan.h"
#include "rooms.h"

static const uint64_t default_counts = 10000;

/* ---- counting --------------------------------------------------------- */

_Atomic uint64_t store_memories_live;
uint64_t store_memories_max = UINT64_MAX;

static const char *const count_names[] = {
    [LODGE_LIMIT_STORE_MEMORY] = "memories in the store",
    [LODGE_LIMIT_STORE_TABLE] = "tables in the store",
    [LODGE_LIMIT_PROCESS] = "memories in the process",
};

static lodge_status refuse_count(struct store *st, uint32_t what,
                                 uint64_t have, uint64_t more, uint64_t limit,
                                 lodge_error *err)
{
    const uint32_t whose =
        what == LODGE_LIMIT_PROCESS ? what : LODGE_LIMIT_STORE_COUNT;

    st->link.refusals++;
    st->link.last_refusal = whose;
    error_refuse(err, LODGE_E_LIMIT,
                 "%llu %s and %llu more are over the limit of %llu",
                 (unsigned long long)have, count_names[what],
                 (unsigned long long)more, (unsigned long long)limit);
    if (error_wanted(err))
        err->detail = whose;
    return LODGE_E_LIMIT;
}

lodge_status store_count(struct store *st, uint64_t memories, uint64_t tables,
                         lodge_error *err)
{
    uint64_t live;

    if (memories > 0 && (st->memories >= st->link.memories_limit ||
                         memories > st->link.memories_limit - st->memories))
        return refuse_count(st, LODGE_LIMIT_STORE_MEMORY, st->memories,
                            memories, st->link.memories_limit, err);
    if (tables > 0 && (st->tables >= st->link.tables_limit ||
                       tables > st->link.tables_limit - st->tables))
        return refuse_count(st, LODGE_LIMIT_STORE_TABLE, st->tables, tables,
                            st->link.tables_limit, err);
    live = atomic_fetch_add_explicit(&store_memories_live, memories,
                                     memory_order_relaxed);
    if (memories && live + memories > store_memories_max) {
        atomic_fetch_sub_explicit(&store_memories_live, memories,
                                  memory_order_relaxed);
        return refuse_count(st, LODGE_LIMIT_PROCESS, live, memories,
                            store_memories_max, err);
    }
    st->memories += memories;
    st->tables += tables;
    return LODGE_OK;
}

void store_uncount(struct store *st, uint64_t memories, uint64_t tables)
{
    st->memories -= memories;
    st->tables -= tables;
    atomic_fetch_sub_explicit(&store_memories_live, memories,
                              memory_order_relaxed);
}

/* ---- making and ending ------------------------------------------------ */

static void engine_add_store(struct engine *eng, struct store *st)
{
    lock_take(&eng->stores_lock);
    st->next = eng->stores;
    if (st->next)
        st->next->prev = st;
    eng->stores = st;
    lock_give(&eng->stores_lock);
}

static void engine_remove_store(struct engine *eng, struct store *st)
{
    lock_take(&eng->stores_lock);
    if (st->prev)
        st->prev->next = st->next;
    else if (eng->stores == st)
        eng->stores = st->next;
    if (st->next)
        st->next->prev = st->prev;
    lock_give(&eng->stores_lock);
}

void store_interrupt_all(struct engine *eng)
{
    struct store *st;

    lock_take(&eng->stores_lock);
    for (st = eng->stores; st; st = st->next)
        atomic_fetch_or(&st->link.cancel, LODGE_WT_CANCEL_STORE);
    lock_give(&eng->stores_lock);
}

/* The largest value of the key means no limit. */
static uint64_t limit_of(uint64_t value)
{
    return value == INT64_MAX ? UINT64_MAX : value;
}

static void link_init(struct store *st)
{
    const uint64_t *v = st->eng->set.value;
    struct lodge_wt_store *link = &st->link;

    link->room = st;
    link->room_ops = &ref_room;
    link->types = st->eng->types;
    link->memory_limit = limit_of(v[LODGE_CONFIG_STORE_MEMORY_LIMIT]);
    link->table_limit = limit_of(v[LODGE_CONFIG_STORE_TABLE_LIMIT]);
    link->instance_limit = default_counts;
    link->tables_limit = default_counts;
    link->memories_limit = default_counts;
    link->ticks = &ticker_now;
    link->epochs = &st->eng->epochs;
}

static void children_free(struct store *st)
{
    uint32_t i;

    for (i = 0; i < st->nchildren; i++) {
        if (st->children[i].kind == LODGE_KIND_INSTANCE)
            instance_end(st->children[i].of.instance);
        if (st->children[i].kind == LODGE_KIND_MEMORY)
            shared_unref(st->children[i].shared);
        else
            type_sig_free(st->children[i].sig);
    }
    if (st->children != st->first_children)
        alloc_free(st->children);
    if (st->instances != st->first_instances)
        alloc_free(st->instances);
    alloc_free(st->map);
    alloc_free(st->made);
}

static void token_queue(struct store *st)
{
    struct reap_node *node = st->token;

    st->token = NULL;
    if (node)
        domain_push(domain_ref(st->eng->domain), node);
}

void store_free(void *obj)
{
    struct store *st = obj;

    if (!st)
        return;
    engine_remove_store(st->eng, st);
    fiber_end(st);
    profile_end(st);
    tsan_lets_go(st->eng->domain);
    if (st->raw)
        wasmtime_store_delete(st->raw);
    lodge_wt_store_clear(&st->link);
    budget_leave(st);
    store_uncount(st, st->memories, st->tables);
    children_free(st);
    alloc_free(st->res);
    alloc_free(atomic_load(&st->closes));
    token_queue(st);
    engine_unref(st->eng);
    alloc_free(st);
}

static void arrays_init(struct store *st)
{
    st->children = st->first_children;
    st->children_cap = sizeof st->first_children / sizeof *st->children;
    st->nchildren = CHILD_FIRST;
    st->instances = st->first_instances;
    st->ninstances = sizeof st->first_instances / sizeof *st->instances;
}

/* An array that begins inside the store moves out when it grows. */
static void *array_grow(void *array, const void *first, uint32_t n,
                        uint32_t more, size_t size)
{
    void *fresh;

    if (array != first)
        return alloc_grow(array, n, more, size);
    fresh = alloc_array(more, size);
    if (fresh)
        memcpy(fresh, first, n * size);
    return fresh;
}

static lodge_status children_grow(struct store *st, lodge_error *err)
{
    uint32_t cap = st->children_cap * 2;
    struct child *more = array_grow(st->children, st->first_children,
                                    st->children_cap, cap, sizeof *more);

    if (!more)
        return error_memory(err);
    st->children = more;
    st->children_cap = cap;
    return LODGE_OK;
}

lodge_status store_make(struct engine *eng, struct store **out,
                        lodge_error *err)
{
    struct store *st = alloc_zero(sizeof *st);
    wasmtime_error_t *error;
    lodge_status rc;

    if (!st)
        return error_memory(err);
    engine_ref(eng);
    st->eng = eng;
    st->max_stack = eng->set.value[LODGE_CONFIG_MAX_WASM_STACK];
    st->stack_need = st->max_stack + STACK_RESERVE;
    st->fiber_size = eng->set.value[LODGE_CONFIG_FIBER_STACK];
    st->deadline_ns =
        eng->set.value[LODGE_CONFIG_STORE_DEADLINE] * UINT64_C(1000000);
    link_init(st);
    st->link.stacks = eng->stacks;
    engine_add_store(eng, st);
    arrays_init(st);
    error = lodge_wt_store_new(eng->raw, &st->link, &st->raw);
    if (error) {
        rc = trap_translate(NULL, error, LODGE_E_INTERNAL, err);
        goto out;
    }
    st->ctx = wasmtime_store_context(st->raw);
    if (eng->set.value[LODGE_CONFIG_FUEL]) {
        rc = store_key_set(st, LODGE_STORE_FUEL, UINT64_MAX, err);
        if (rc != LODGE_OK)
            goto out;
    }
    *out = st;
    return LODGE_OK;
out:
    store_free(st);
    return rc;
}

/* Two owners while the handle is new: it, and who makes it. Otherwise a
 * shutdown on another thread could end the store before its id is read.
 */
void store_drop(void *obj)
{
    struct store *st = obj;

    if (atomic_fetch_sub_explicit(&st->owners, 1, memory_order_acq_rel) == 1)
        store_free(st);
}

struct store *store_keep(struct store *st)
{
    atomic_fetch_add_explicit(&st->owners, 1, memory_order_relaxed);
    return st;
}

/* One mark a slot, for ids that are closed without entering their store:
 * which may be busy, dead or somebody else's by then.
 */
static _Atomic uint8_t owned_stores[HANDLE_SLOTS];

static _Atomic uint8_t *owned_mark(uint64_t id)
{
    return &owned_stores[(id >> 18) & (HANDLE_SLOTS - 1)];
}

int store_is_owned(uint64_t id)
{
    return (id & HANDLE_CHILD_MASK) == CHILD_OWN &&
           atomic_load_explicit(owned_mark(id), memory_order_relaxed);
}

lodge_status store_give(struct store *st, int owned, uint64_t *id,
                        lodge_error *err)
{
    lodge_status rc;

    atomic_store_explicit(&st->owners, 2, memory_order_relaxed);
    rc =
        engine_handle(st->eng, LODGE_KIND_STORE, st, store_drop, &st->id, err);
    if (rc != LODGE_OK)
        return rc;
    *id = st->link.id = st->id;
    st->link.caller = st->id | CALLER_BIT;
    atomic_store_explicit(owned_mark(*id), owned != 0, memory_order_relaxed);
    store_drop(st);
    return LODGE_OK;
}

lodge_status lodge_store_new(lodge_engine engine, lodge_store *out,
                             lodge_error *err)
{
    struct engine *eng;
    struct store *st = NULL;
    lodge_status rc;

    if (!ptr_to_u64(out))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "out: is NULL or not aligned");
    rc = engine_take(engine, &eng, err);
    if (rc != LODGE_OK)
        return rc;
    rc = store_make(eng, &st, err);
    if (rc == LODGE_OK)
        rc = store_give(st, 0, &out->id, err);
    if (rc != LODGE_OK)
        store_free(st);
    engine_unref(eng);
    return rc;
}

lodge_status lodge_store_close(lodge_store store)
{
    fiber_close(store.id);
    cancel_elsewhere(store.id);
    handle_close(store.id, LODGE_KIND_STORE);
    return LODGE_OK;
}

/* ---- entering --------------------------------------------------------- */

static lodge_status refuse_poisoned(uint64_t id, lodge_error *err)
{
    handle_leave(id);
    return error_refuse(err, LODGE_E_STATE,
                        "the store met an internal error before; it can "
                        "only be closed");
}

lodge_status store_enter(uint64_t id, struct store **out, lodge_error *err)
{
    void *obj;
    lodge_status rc = handle_enter(id, &obj, err);

    if (rc != LODGE_OK)
        return rc;
    *out = obj;
    instance_closes_apply(*out);
    return (*out)->odd & ODD_POISONED ? refuse_poisoned(id, err) : LODGE_OK;
}

/* A store's own id: no child bits. */
lodge_status store_enter_yielding(lodge_store store, struct store **out,
                                  lodge_error *err)
{
    if (store.id & HANDLE_CHILD_MASK)
        return error_refuse(err, LODGE_E_HANDLE,
                            "store: the handle names something inside a "
                            "store, a store was expected");
    return store_enter(store.id, out, err);
}

lodge_status store_enter_own(lodge_store store, struct store **out,
                             lodge_error *err)
{
    lodge_status rc = store_enter_yielding(store, out, err);

    if (rc != LODGE_OK || !((*out)->odd & ODD_YIELDS))
        return rc;
    rc = suspend_refuse(*out, err);
    handle_leave(store.id);
    return rc;
}

/* What may be used where a guest was stopped in the middle of its work:
 * nothing whose value it may have in a register. Functions are only looked
 * at; calls are refused where they would begin.
 */
static int at_yield(uint32_t kind)
{
    return kind == LODGE_KIND_MEMORY || kind == LODGE_KIND_INSTANCE ||
           kind == LODGE_KIND_FUNC;
}

lodge_status store_enter_late(struct store *st, uint64_t id, uint32_t kind,
                              lodge_error *err)
{
    lodge_status rc = LODGE_OK;

    instance_closes_apply(st);
    if (st->odd & ODD_POISONED)
        return refuse_poisoned(id, err);
    if (!store_child(st, id, kind))
        rc = store_child_refuse(st, id, kind, err);
    else if (st->odd & ODD_YIELDS && !at_yield(kind))
        rc = suspend_refuse(st, err);
    if (rc != LODGE_OK)
        handle_leave(id);
    return rc;
}

lodge_status store_enter_child(uint64_t id, uint32_t kind, struct store **st,
                               struct child **out, lodge_error *err)
{
    return store_enter_inline(id, kind, st, out, err);
}

/* ---- children --------------------------------------------------------- */

/* What makes an item the same: four words and its kind. */
struct identity {
    uint64_t word[4];
    uint32_t kind;
};

/* Field by field: the structs have padding. */
static void identity_of(uint32_t kind, const void *item, struct identity *out)
{
    const wasmtime_global_t *global = item;
    const wasmtime_memory_t *memory = item;
    const wasmtime_table_t *table = item;
    const wasmtime_tag_t *tag = item;

    memset(out, 0, sizeof *out);
    out->kind = kind;
    switch (kind) {
    case LODGE_KIND_FUNC:
        lodge_wt_func_identity(item, out->word);
        break;
    case LODGE_KIND_MEMORY:
        out->word[0] = memory->__private1;
        out->word[1] = memory->__private2;
        out->word[2] = memory->store_id; /* 0: a shared one */
        break;
    case LODGE_KIND_TABLE:
        out->word[0] = table->__private1;
        out->word[1] = table->__private2;
        break;
    case LODGE_KIND_GLOBAL:
        out->word[0] = global->__private1;
        out->word[1] = global->__private2;
        out->word[2] = global->__private3;
        break;
    default:
        out->word[0] = tag->__private1;
        out->word[1] = tag->__private2;
    }
}

static uint32_t identity_hash(const struct identity *id)
{
    uint64_t h = id->kind;
    int i;

    for (i = 0; i < 4; i++) {
        h = (h ^ id->word[i]) * UINT64_C(0x9E3779B97F4A7C15);
        h ^= h >> 29;
    }
    return (uint32_t)h;
}

static int same_item(const struct child *c, const struct identity *id)
{
    struct identity other;

    if (c->kind != id->kind)
        return 0;
    identity_of(c->kind, &c->of, &other);
    return memcmp(other.word, id->word, sizeof other.word) == 0;
}

/* Where an item is in the map, or the empty place where it would be. */
static uint32_t map_find(const struct store *st, const struct identity *id)
{
    uint32_t at = identity_hash(id) & st->map_mask;

    while (st->map[at] && !same_item(&st->children[st->map[at]], id))
        at = (at + 1) & st->map_mask;
    return at;
}

static lodge_status map_grow(struct store *st, lodge_error *err)
{
    uint32_t size = st->map ? (st->map_mask + 1) * 2 : 16;
    uint32_t *old = st->map, old_size = st->map ? st->map_mask + 1 : 0;
    uint32_t *fresh = alloc_array(size, sizeof *fresh);
    struct identity id;
    uint32_t i;

    if (!fresh)
        return error_memory(err);
    st->map = fresh;
    st->map_mask = size - 1;
    for (i = 0; i < old_size; i++) {
        if (!old[i])
            continue;
        identity_of(st->children[old[i]].kind, &st->children[old[i]].of, &id);
        st->map[map_find(st, &id)] = old[i];
    }
    alloc_free(old);
    return LODGE_OK;
}

#ifdef LODGE_TEST
uint32_t store_children_max = CHILD_MAX;
#else
enum { store_children_max = CHILD_MAX };
#endif

static lodge_status child_new(struct store *st, uint32_t *at, lodge_error *err)
{
    lodge_status rc;

    if (st->nchildren >= store_children_max)
        return error_refuse(err, LODGE_E_LIMIT,
                            "the store has %d handles, which is the most",
                            CHILD_MAX);
    if (st->nchildren >= st->children_cap) {
        rc = children_grow(st, err);
        if (rc != LODGE_OK)
            return rc;
    }
    *at = st->nchildren;
    return LODGE_OK;
}

lodge_status store_item_type(struct store *st, uint32_t kind, const void *item,
                             struct textbuf *out, lodge_error *err)
{
    char text[256];
    size_t n = lodge_wt_item_type(st->ctx, kind, item, text, sizeof text);
    char *big;

    if (n == SIZE_MAX)
        return error_refuse(err, LODGE_E_INTERNAL,
                            "the type of a %s cannot be told",
                            store_kind_name(kind));
    if (n <= sizeof text) {
        textbuf_add(out, text, n);
        return out->failed ? error_memory(err) : LODGE_OK;
    }
    big = alloc_zero(n);
    if (!big)
        return error_memory(err);
    lodge_wt_item_type(st->ctx, kind, item, big, n);
    textbuf_add(out, big, n);
    alloc_free(big);
    return out->failed ? error_memory(err) : LODGE_OK;
}

/* What a new child has to know of its type. */
static lodge_status child_type(struct store *st, uint32_t kind,
                               const void *item, struct child *c,
                               lodge_error *err)
{
    struct textbuf text = {0};
    struct type_limits type = {0};
    lodge_status rc;

    if (kind == LODGE_KIND_MEMORY &&
        ((const wasmtime_memory_t *)item)->store_id == 0)
        return LODGE_OK; /* a shared one */
    rc = store_item_type(st, kind, item, &text, err);
    if (rc == LODGE_OK && (kind == LODGE_KIND_FUNC || kind == LODGE_KIND_TAG))
        rc = type_sig_parse(text.ptr, text.len, &c->sig, err);
    else if (rc == LODGE_OK && kind == LODGE_KIND_TABLE)
        rc = type_table_parse(text.ptr, text.len, &type, err);
    else if (rc == LODGE_OK && kind == LODGE_KIND_GLOBAL)
        rc = type_global_parse(text.ptr, text.len, &type, err);
    if (c->sig)
        c->everyday = c->sig->everyday;
    else
        c->code = type.code;
    if (rc == LODGE_OK && kind == LODGE_KIND_FUNC)
        c->sig->func = *(const wasmtime_func_t *)item;
    textbuf_free(&text);
    return rc;
}

static size_t item_size(uint32_t kind)
{
    switch (kind) {
    case LODGE_KIND_FUNC:
        return sizeof(wasmtime_func_t);
    case LODGE_KIND_MEMORY:
        return sizeof(wasmtime_memory_t);
    case LODGE_KIND_TABLE:
        return sizeof(wasmtime_table_t);
    case LODGE_KIND_GLOBAL:
        return sizeof(wasmtime_global_t);
    default:
        return sizeof(wasmtime_tag_t);
    }
}

lodge_status store_item(struct store *st, uint32_t kind, const void *item,
                        uint32_t *at, lodge_error *err)
{
    struct child fresh = {.kind = kind, .reach = LODGE_WT_REACH_OTHERS};
    struct identity id;
    uint32_t place, next = 0;
    lodge_status rc = LODGE_OK;

    if (!st->map || st->map_used * 4 >= st->map_mask * 3)
        rc = map_grow(st, err);
    if (rc != LODGE_OK)
        return rc;
    identity_of(kind, item, &id);
    place = map_find(st, &id);
    if (st->map[place]) {
        *at = st->map[place];
        return LODGE_OK;
    }
    rc = child_new(st, &next, err);
    if (rc == LODGE_OK)
        rc = child_type(st, kind, item, &fresh, err);
    if (rc != LODGE_OK)
        return rc;
    memcpy(&fresh.of, item, item_size(kind));
    st->children[next] = fresh;
    st->map[place] = next;
    *at = next;
    st->map_used++;
    st->nchildren++;
    return LODGE_OK;
}

/* Room for the index that Wasmtime gave an instance. */
static lodge_status instances_grow(struct store *st, uint32_t index,
                                   lodge_error *err)
{
    uint32_t *more, n = st->ninstances;

    if (index < st->ninstances)
        return LODGE_OK;
    while (n <= index)
        n *= 2;
    more = array_grow(st->instances, st->first_instances, st->ninstances, n,
                      sizeof *more);
    if (!more)
        return error_memory(err);
    st->instances = more;
    st->ninstances = n;
    return LODGE_OK;
}

lodge_status store_instance_add(struct store *st, struct instance *inst,
                                uint32_t *at, lodge_error *err)
{
    uint32_t index = instance_index(&inst->raw);
    struct child *c;
    lodge_status rc;

    rc = instances_grow(st, index, err);
    if (rc != LODGE_OK)
        return rc;
    if (inst->own_store) {
        *at = CHILD_OWN;
    } else {
        rc = child_new(st, at, err);
        if (rc != LODGE_OK)
            return rc;
        st->nchildren++;
    }
    c = &st->children[*at];
    c->kind = LODGE_KIND_INSTANCE;
    c->of.instance = inst;
    inst->child = *at;
    st->instances[index] = *at;
    return LODGE_OK;
}

lodge_status store_type_out(uint64_t id, uint32_t kind, char *buf,
                            uint64_t cap, uint64_t *len, lodge_error *err)
{
    struct textbuf text = {0};
    struct store *st;
    struct child *c;
    lodge_status rc = store_enter_child(id, kind, &st, &c, err);

    if (rc != LODGE_OK)
        return rc;
    if (kind == LODGE_KIND_MEMORY && c->shared)
        type_item_text(kind, &c->shared->type, &text);
    else
        rc = store_item_type(st, kind, &c->of, &text, err);
    if (text.failed)
        rc = error_memory(err);
    if (rc == LODGE_OK)
        rc = text_out(text.ptr, text.len, buf, cap, len, err);
    textbuf_free(&text);
    handle_leave(id);
    return rc;
}

/* ---- holding, collecting, streams -------------------------------------- */

lodge_status lodge_store_hold(lodge_store store, lodge_error *err)
{
    struct store *st;
    lodge_status rc;

    if (store.id & HANDLE_CHILD_MASK)
        return error_refuse(err, LODGE_E_HANDLE, "store: not a store");
    rc = store_enter(store.id, &st, err); /* it may be poisoned */
    if (rc != LODGE_OK)
        return rc;
    rc = handle_hold(store.id, err);
    handle_leave(store.id);
    return rc;
}

lodge_status lodge_store_unhold(lodge_store store, lodge_error *err)
{
    if (store.id & HANDLE_CHILD_MASK)
        return error_refuse(err, LODGE_E_HANDLE, "store: not a store");
    return handle_unhold(store.id, err);
}

static lodge_status collect(struct store *st, void *arg, lodge_error *err)
{
    wasmtime_error_t *error = wasmtime_context_gc(st->ctx);

    (void)arg;
    return error ? trap_translate(st, error, LODGE_E_INTERNAL, err) : LODGE_OK;
}

lodge_status lodge_store_gc(lodge_store store, lodge_error *err)
{
    struct store *st;
    lodge_status rc = store_enter_own(store, &st, err);

    if (rc != LODGE_OK)
        return rc;
    rc = ref_run(st, collect, NULL, err);
    handle_leave(store.id);
    return rc;
}

lodge_status lodge_store_wasi(lodge_store store, lodge_wasi wasi,
                              lodge_error *err)
{
    wasmtime_error_t *error;
    struct store *st;
    void *obj;
    lodge_status rc = handle_pin(wasi.id, LODGE_KIND_WASI, &obj, err);

    if (rc != LODGE_OK)
        return rc;
    rc = store_enter_own(store, &st, err);
    if (rc == LODGE_OK) {
        error = lodge_wt_store_wasi(&st->link, ((struct wasi *)obj)->desc);
        if (error)
            rc = trap_translate(st, error, LODGE_E_IO, err);
        handle_leave(store.id);
    }
    handle_unpin(wasi.id);
    return rc;
}

static lodge_status no_ring(size_t why, uint32_t fd, lodge_error *err)
{
    if (why != SIZE_MAX)
        return error_refuse(err, LODGE_E_INTERNAL,
                            "internal error: stream %u failed", fd);
    return error_refuse(err, LODGE_E_STATE,
                        "fd: stream %u of this store is not a ring "
                        "(LODGE_WASI_RING)",
                        fd);
}

lodge_status lodge_store_output(lodge_store store, uint32_t fd, uint8_t *buf,
                                uint64_t cap, uint64_t *taken,
                                lodge_error *err)
{
    struct store *st;
    size_t n;
    lodge_status rc;

    if (fd != 1 && fd != 2)
        return error_refuse(err, LODGE_E_ARGUMENT, "fd: %u is not 1 or 2", fd);
    if (!ptr_to_u64(taken))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "taken: is NULL or not aligned");
    rc = bytes_check(buf, cap, "buf", err);
    if (rc == LODGE_OK)
        rc = store_enter_yielding(store, &st, err);
    if (rc != LODGE_OK)
        return rc;
    n = lodge_wt_store_output(&st->link, fd, buf, cap);
    if (n > SIZE_MAX - 2)
        rc = no_ring(n, fd, err);
    else
        *taken = n;
    handle_leave(store.id);
    return rc;
}

lodge_status lodge_store_input(lodge_store store, uint32_t fd,
                               const uint8_t *ptr, uint64_t len,
                               uint64_t *taken, lodge_error *err)
{
    struct store *st;
    size_t n;
    lodge_status rc;

    if (fd != 0)
        return error_refuse(err, LODGE_E_ARGUMENT, "fd: %u is not 0", fd);
    if (!ptr_to_u64(taken))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "taken: is NULL or not aligned");
    rc = bytes_check(ptr, len, "ptr", err);
    if (rc == LODGE_OK)
        rc = store_enter_yielding(store, &st, err);
    if (rc != LODGE_OK)
        return rc;
    n = lodge_wt_store_input(&st->link, ptr, len);
    if (n > SIZE_MAX - 2)
        rc = no_ring(n, fd, err);
    else
        *taken = n;
    handle_leave(store.id);
    return rc;
}

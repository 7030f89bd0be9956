/* lodge.c - the library itself: versions, statistics, handles in general.
 * It must not know how any room works.
 */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "abi.h"
#include "cache.h"

/* ---- once ------------------------------------------------------------- */

static const char *const kind_names[HANDLE_KINDS] = {
    [LODGE_KIND_CONFIG] = "config",
    [LODGE_KIND_ENGINE] = "engine",
    [LODGE_KIND_MODULE] = "module",
    [LODGE_KIND_LINKER] = "linker",
    [LODGE_KIND_HOST] = "host module",
    [LODGE_KIND_PREPARED] = "prepared module",
    [LODGE_KIND_STORE] = "store",
    [LODGE_KIND_BUDGET] = "budget",
    [LODGE_KIND_WASI] = "WASI description",
    [LODGE_KIND_REPORT] = "report",
    [LODGE_KIND_LEASE] = "lease",
    [LODGE_KIND_SHARED_MEMORY] = "shared memory",
};

/* Each memory takes up to three mappings (memory, guard, image). Half of
 * what the kernel allows is left to the host.
 */
static uint64_t memories_allowed(void)
{
    FILE *file = fopen("/proc/sys/vm/max_map_count", "r");
    unsigned long long maps = 65530;

    if (file) {
        if (fscanf(file, "%llu", &maps) != 1)
            maps = 65530;
        fclose(file);
    }
    return maps / 6;
}

/* At load: the very first call of a process may be one that is refused. */
__attribute__((constructor)) static void name_kinds(void)
{
    handle_kind_names(kind_names);
}

static void start(void)
{
    store_memories_max = memories_allowed();
}

void lodge_start(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, start);
}

/* ---- versions --------------------------------------------------------- */

uint32_t lodge_abi(void)
{
    return LODGE_VERSION_MAJOR << 16 | LODGE_VERSION_MINOR;
}

uint64_t lodge_abi_hash(void)
{
    return LODGE_ABI_HASH;
}

uint32_t lodge_version(void)
{
    return LODGE_VERSION_MAJOR << 16 | LODGE_VERSION_MINOR << 8 |
           LODGE_VERSION_PATCH;
}

uint32_t lodge_wasmtime_version(void)
{
    uint32_t part[3] = {0};

    if (sscanf(WASMTIME_VERSION, "%u.%u.%u", &part[0], &part[1], &part[2]) < 1)
        return 0;
    return part[0] << 16 | part[1] << 8 | part[2];
}

uint64_t lodge_features(void)
{
    return LODGE_FEATURE_COMPILER | LODGE_FEATURE_PULLEY | LODGE_FEATURE_GC |
           LODGE_FEATURE_THREADS | LODGE_FEATURE_POOLING | LODGE_FEATURE_WASI |
           LODGE_FEATURE_TEXT;
}

/* ---- statuses --------------------------------------------------------- */

static const struct {
    lodge_status status;
    const char *text;
} statuses[] = {
    {LODGE_OK, "OK: done"},
    {LODGE_REQUEST, "REQUEST: a host function waits for its answer"},
    {LODGE_YIELD, "YIELD: the time slice is used up"},
    {LODGE_E_ARGUMENT, "E_ARGUMENT: an argument is NULL, malformed or too "
                       "large"},
    {LODGE_E_HANDLE, "E_HANDLE: not a live handle of the kind expected"},
    {LODGE_E_BUSY, "E_BUSY: in use on another thread"},
    {LODGE_E_FOREIGN, "E_FOREIGN: belongs to another store or engine"},
    {LODGE_E_STATE, "E_STATE: not possible in the present state"},
    {LODGE_E_CONFIG, "E_CONFIG: the configuration contradicts itself"},
    {LODGE_E_COMPILE, "E_COMPILE: malformed or invalid module"},
    {LODGE_E_LINK, "E_LINK: an import is missing or does not fit"},
    {LODGE_E_TYPE, "E_TYPE: a value or object of the wrong type"},
    {LODGE_E_BOUNDS, "E_BOUNDS: outside a memory or table"},
    {LODGE_E_BUFFER, "E_BUFFER: the buffer is too small"},
    {LODGE_E_NOT_FOUND, "E_NOT_FOUND: no such name, index or key"},
    {LODGE_E_UNSUPPORTED, "E_UNSUPPORTED: this build or platform cannot"},
    {LODGE_E_IO, "E_IO: a file could not be read"},
    {LODGE_E_MEMORY, "E_MEMORY: out of memory"},
    {LODGE_E_LIMIT, "E_LIMIT: a limit is reached"},
    {LODGE_E_TRAP, "E_TRAP: the guest trapped"},
    {LODGE_E_EXCEPTION, "E_EXCEPTION: the guest threw and nobody caught"},
    {LODGE_E_EXIT, "E_EXIT: the guest ended with an exit code"},
    {LODGE_E_HOST, "E_HOST: a host function failed"},
    {LODGE_E_FUEL, "E_FUEL: the fuel is used up"},
    {LODGE_E_DEADLINE, "E_DEADLINE: the deadline has passed"},
    {LODGE_E_CANCELLED, "E_CANCELLED: the call was cancelled"},
    {LODGE_E_STACK, "E_STACK: the guest's stack is used up"},
    {LODGE_E_INTERNAL, "E_INTERNAL: a defect; the store can only be "
                       "closed"},
};

lodge_status lodge_status_name(lodge_status status, char *buf, uint64_t cap,
                               uint64_t *len)
{
    size_t i;

    for (i = 0; i < sizeof statuses / sizeof *statuses; i++)
        if (statuses[i].status == status)
            return text_out(statuses[i].text, strlen(statuses[i].text), buf,
                            cap, len, NULL);
    return LODGE_E_NOT_FOUND;
}

lodge_status lodge_error_init(lodge_error *err, uint32_t size)
{
    const lodge_error fresh = LODGE_ERROR_INIT;

    if (!ptr_to_u64(err) || size < 64 || size > UINT16_MAX)
        return LODGE_E_ARGUMENT;
    /* The record may be shorter than the struct. */
    memcpy(err, &fresh, offsetof(lodge_error, message));
    memset((char *)err + offsetof(lodge_error, message), 0,
           size - offsetof(lodge_error, message));
    err->head = LODGE_ERROR_MAGIC | size;
    return LODGE_OK;
}

/* ---- statistics ------------------------------------------------------- */

lodge_status lodge_stat(uint32_t key, uint64_t *value)
{
    if (!ptr_to_u64(value))
        return LODGE_E_ARGUMENT;
    if (key < HANDLE_KINDS) {
        handle_drain();
        *value = handle_live((uint8_t)key);
        return LODGE_OK;
    }
    switch (key) {
    case LODGE_STAT_BYTES:
        *value = alloc_live_bytes();
        return LODGE_OK;
    case LODGE_STAT_ALLOCATIONS:
        *value = alloc_live_count();
        return LODGE_OK;
    case LODGE_STAT_THREADS:
        *value = ticker_running() + module_threads();
        return LODGE_OK;
    case LODGE_STAT_REAP_QUEUE:
        *value = domain_waiting();
        return LODGE_OK;
    case LODGE_STAT_MEMORIES:
        *value = atomic_load(&store_memories_live);
        return LODGE_OK;
    case LODGE_STAT_MEMORIES_MAX:
        lodge_start();
        *value = store_memories_max;
        return LODGE_OK;
    case LODGE_STAT_SHARED_MEMORIES:
    case LODGE_STAT_SHARED_BYTES:
        *value = shared_stat(key);
        return LODGE_OK;
    case LODGE_STAT_SHARED_WAITS:
        *value = shared_waits();
        return LODGE_OK;
    default:
        if (key < LODGE_STAT_CACHE_HITS || key > LODGE_STAT_CACHE_WHY)
            return LODGE_E_NOT_FOUND;
        *value = cache_stat(key);
        return LODGE_OK;
    }
}

/* ---- any handle ------------------------------------------------------- */

static uint64_t store_bytes(const struct store *st)
{
    return sizeof *st + st->link.memory_bytes + 8 * st->link.table_elements +
           UINT64_C(4096) * st->instance_count;
}

static lodge_status child_info(uint64_t id, uint32_t *kind, uint64_t *bytes)
{
    uint64_t at = id & HANDLE_CHILD_MASK;
    struct store *st;
    lodge_status rc = store_enter(id, &st, NULL);

    if (rc != LODGE_OK)
        return rc;
    if (at == 0) {
        *kind = LODGE_KIND_STORE;
        *bytes = store_bytes(st);
    } else if (at >= CALLER_BIT && st->link.call && st->link.call->id == id) {
        *kind = LODGE_KIND_CALLER;
        *bytes = 0;
    } else if (ref_is(id) && lodge_wt_ref_live(&st->link, (uint32_t)at)) {
        *kind = LODGE_KIND_REF;
        *bytes = 64;
    } else if (at < st->nchildren && st->children[at].kind &&
               !st->children[at].closed) {
        *kind = st->children[at].kind;
        *bytes = sizeof(struct child);
    } else {
        rc = LODGE_E_HANDLE;
    }
    handle_leave(id);
    return rc;
}

lodge_status lodge_handle_info(uint64_t id, uint32_t *kind, uint64_t *bytes)
{
    uint8_t own;
    lodge_status st;

    if (!ptr_to_u32(kind) || !ptr_to_u64(bytes))
        return LODGE_E_ARGUMENT;
    st = handle_describe(id, &own);
    if (st != LODGE_OK)
        return st;
    if (own == LODGE_KIND_STORE)
        return child_info(id, kind, bytes);
    if (id & HANDLE_CHILD_MASK)
        return LODGE_E_HANDLE;
    *kind = own;
    *bytes = 4096;
    if (own == LODGE_KIND_SHARED_MEMORY)
        *bytes += shared_bytes(id);
    return LODGE_OK;
}

void lodge_release(void *token)
{
    uint64_t id = (uint64_t)(uintptr_t)token;

    /* The instance that owns its store takes the store with it. */
    if ((id & HANDLE_CHILD_MASK) == 0 || store_is_owned(id))
        handle_release(handle_parent(id));
    else
        instance_close_later(id);
}

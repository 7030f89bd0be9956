/* rooms.h - the records behind the handles, and how rooms reach them.
 * Nothing else is shared between rooms.
 */
#ifndef LODGE_ROOMS_H
#define LODGE_ROOMS_H

#include <assert.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/handle.h"
#include "core/lock.h"
#include "core/pointer.h"
#include "core/text.h"
#include "lodge.h"
#include "lodge_wt.h"

/* ---- type.c ----------------------------------------------------------- */

struct engine;

enum { TYPE_MAX_VALUES = 1000 };

/* All that the everyday call has to know of a signature: few values, a slot
 * each, no references.
 */
struct everyday {
    uint8_t is; /* 0: this is another one, the rest is not set */
    uint8_t nparams, slots;
    /* Count of results in the low byte; above it bit i: result i has 32 bits.
     */
    uint32_t results;
};

/* A signature. `codes` and `masks` hold parameters first, then results. Codes
 * are LODGE_TYPE_*, or numbers of types as in lodge_wt.h.
 */
struct sig {
    uint32_t nparams, nresults;
    uint32_t param_slots, result_slots;
    uint32_t raw;        /* values in Wasmtime's array: the larger count */
    uint32_t plain;      /* 1: one slot a value and no references */
    uint32_t refs;       /* 1: references other than to functions */
    uint32_t exact;      /* 1: some types are told by numbers */
    int32_t unsupported; /* a type that the text does not tell, or -1 */
    struct everyday everyday;
    wasmtime_func_t func;       /* whose it is; of a guest's function only */
    struct lodge_wt_list *list; /* owned, or NULL; not of a guest's function */
    const uint64_t *masks;      /* bits of a slot that count */
    uint32_t codes[];
};

/* Parses "i32 i64 -> f64"; the result is freed with type_sig_free. */
lodge_status type_sig_parse(const char *ptr, uint64_t len, struct sig **out,
                            lodge_error *err);
void type_sig_free(struct sig *sig); /* NULL is fine */
/* Keeps the types that it tells by numbers. */
lodge_status type_sig_resolve(struct sig *sig, const struct engine *eng,
                              lodge_error *err);
void type_sig_text(const struct sig *sig, struct textbuf *out);
/* Of the parameters alone: the type of a tag. */
void type_list_text(const struct sig *sig, struct textbuf *out);
/* Of a LODGE_TYPE_*. */
const char *type_name(uint32_t code);
/* "i32", "(ref 300)", "(ref null 300)" */
void type_code_text(uint32_t code, struct textbuf *out);

struct type_limits {
    uint64_t min, max; /* max UINT64_MAX = none */
    uint32_t is64, page;
    uint32_t code; /* element or content type */
    uint32_t mut, shared;
};
lodge_status type_memory_parse(const char *ptr, uint64_t len,
                               struct type_limits *out, lodge_error *err);
/* Makes it the type of a shared memory, which has a maximum. */
lodge_status type_memory_share(struct type_limits *type, lodge_error *err);
lodge_status type_table_parse(const char *ptr, uint64_t len,
                              struct type_limits *out, lodge_error *err);
lodge_status type_global_parse(const char *ptr, uint64_t len,
                               struct type_limits *out, lodge_error *err);

/* The text that these came from, in its shortest form. */
void type_item_text(uint32_t kind, const struct type_limits *type,
                    struct textbuf *out);

/* ---- config.c --------------------------------------------------------- */

enum { CONFIG_KEYS = 136 }; /* keys are below this */

struct settings {
    uint64_t value[CONFIG_KEYS];
    /* Texts; owned, NULL = the default. */
    char *target, *cache_folder, *cache_key_file;
};

struct config {
    struct settings set;
};

/* Name of a key for messages, never NULL. */
const char *config_key_name(uint32_t key);
/* Reads one value; shared by configs and engines. */
lodge_status config_read(const struct settings *set, uint32_t key,
                         uint64_t *value, lodge_error *err);
lodge_status config_read_text(const struct settings *set, uint32_t key,
                              struct textbuf *out, lodge_error *err);
void config_defaults(struct settings *set);
/* The texts of another, copied; on failure there are none. */
lodge_status config_texts_copy(const struct settings *from,
                               struct settings *to, lodge_error *err);
void config_texts_free(struct settings *set);
/* Makes Wasmtime's config. NULL when memory is short. */
wasm_config_t *config_make(const struct settings *set, lodge_status *st,
                           lodge_error *err);

/* ---- engine.c, ticker.c, reap.c --------------------------------------- */

struct domain;
struct cache;

struct engine {
    _Atomic uint32_t refs;
    wasm_engine_t *raw;
    struct settings set;
    struct domain *domain;
    struct cache *cache;                /* owned; NULL = none */
    const struct lodge_wt_types *types; /* owned */
    _Atomic uint64_t epochs;            /* lodge_engine_tick */
    struct engine *next;                /* ticker's list */
    struct engine *prev;
    _Atomic uint32_t shut; /* 1: lodge_engine_shutdown was called */
    uint32_t forks;        /* handle_fork_count when it was made */
    struct lock stores_lock;
    struct store *stores; /* under stores_lock */
    void *stacks;         /* Rust's: of fibers, if there is a pool */
};

void engine_ref(struct engine *eng);
void engine_unref(struct engine *eng);
/* A handle to what is made from an engine. Should the engine be shut down
 * just now, it is closed like all the others.
 */
lodge_status engine_handle(struct engine *eng, uint8_t kind, void *obj,
                           void (*destroy)(void *), uint64_t *id,
                           lodge_error *err);
/* The engine behind a handle, with a reference of the caller's own. */
lodge_status engine_take(lodge_engine engine, struct engine **out,
                         lodge_error *err);

/* The library's clock of milliseconds. It runs while somebody waits. */
extern _Atomic uint64_t ticker_now;
enum { TICK_NS = 1000000 };
lodge_status ticker_add(struct engine *eng, lodge_error *err);
void ticker_remove(struct engine *eng);
/* Makes the guests of an engine look whether they are to end. One that has
 * just looked misses that, so the ticker makes it look again for a while.
 * Wait-free.
 */
void engine_look(struct engine *eng);
void ticker_kick(void);
/* Around what waits for a tick: the ticker runs as long as there is one. */
void ticker_begin(void);
void ticker_end(void);
uint32_t ticker_running(void);

/* A token on its way out: the first member of the record that carried it. */
struct reap_node {
    struct reap_node *next;
    uint64_t token;
    uint32_t kind;
};
struct domain *domain_take(uint32_t number); /* NULL: memory is short */
struct domain *domain_ref(struct domain *domain);
void domain_drop(struct domain *domain);
/* Hands over the node (from alloc_*) and the caller's domain reference; a
 * token of 0 is dropped at once.
 */
void domain_push(struct domain *domain, struct reap_node *node);
uint64_t domain_waiting(void);

/* ---- module.c --------------------------------------------------------- */

struct module {
    _Atomic uint32_t refs;
    struct engine *eng;
    wasmtime_module_t *raw;
    struct lodge_wt_shape shape;
    uint32_t *names; /* exports by hash of name: index + 1, 0 empty */
    uint32_t names_mask;
};

/* Takes away what was filled in. */
void module_empty(struct module *mod);
void module_ref(struct module *mod);
void module_unref(struct module *mod);
lodge_status module_take(lodge_module module, struct module **out,
                         lodge_error *err);
/* A record with one reference, of an engine that it keeps; NULL: no memory.
 * Once it is filled, a handle takes it over; else module_unref ends it.
 */
struct module *module_begin(struct engine *eng);
lodge_status module_give(struct module *mod, lodge_module *out,
                         lodge_error *err);
/* The engine's limits on what it compiles. */
void module_limits(const struct engine *eng, struct lodge_wt_limits *out);
/* Whether the stack is too small for the compiler. */
int module_small_stack(void);
/* Threads that the compiler keeps. */
uint32_t module_threads(void);
/* Index of an export, or UINT32_MAX. */
uint32_t module_export_find(const struct module *mod, const char *name,
                            uint64_t len);

/* ---- file.c ------------------------------------------------------------ */

/* Not empty, and without a NUL. */
lodge_status file_path_check(const char *path, uint64_t len, lodge_error *err);
/* A whole regular file; `what` names its size where that is over `max`. The
 * result is freed with alloc_free.
 */
lodge_status file_read(const char *path, const char *what, uint64_t max,
                       uint8_t **out, size_t *len, lodge_error *err);
/* Opens a file to be mapped: one that nobody else can write to. */
lodge_status file_open_trusted(const char *path, int *fd, size_t *len,
                               lodge_error *err);
/* Writes all of it; errno of the failure, or 0. */
int file_drain(int fd, const uint8_t *ptr, size_t len);
/* Writes a file or leaves it as it was. */
lodge_status file_write(const char *path, const uint8_t *ptr, size_t len,
                        lodge_error *err);

struct child;
struct store;
#include "host_module.h"

/* ---- linker.c, resolve.c, prepared.c --------------------------------------------- */

/* Which functions may wait for the host, and be reached how: bits that
 * LODGE_WT_REACH_* are compared with.
 */
enum {
    SUSPENDS = LODGE_WT_REACH_OTHERS,   /* some are of mode SUSPEND */
    SUSPENDS_WASI = LODGE_WT_REACH_WASI /* imports of WASI may not be WASI's */
};
/* Whether what can be reached may wait for the host. */
static inline int reach_suspends(uint32_t suspends, uint32_t reach)
{
    return (suspends & SUSPENDS) && (suspends & reach);
}

struct linker {
    struct engine *eng;
    wasmtime_linker_t *raw;
    uint64_t store; /* the store its items belong to, 0 = none */
    uint32_t shadowing, unknown;
    uint32_t suspends; /* SUSPENDS_* */
    lodge_frame_fn frame_fn;
    struct host_marks marks;
};

enum { PREPARED_KEYS = 16 };

/* A linker that changes from instance to instance. */
struct own_linker {
    struct lock lock;
    wasmtime_linker_t *raw;
};

struct prepared {
    struct module *mod;
    wasmtime_instance_pre_t *raw; /* NULL if there are host items */
    struct host_marks imports;    /* host items, by index of the import */
    struct own_linker *linker;    /* owned; or NULL, as imports */
    struct lodge_wt_wasi *wasi;   /* own copy */
    uint64_t store;               /* as in the linker */
    uint32_t suspends;            /* as in the linker, as the next */
    lodge_frame_fn frame_fn;
    uint32_t keys; /* bit per store key that was set */
    uint64_t value[PREPARED_KEYS];
    struct budget *budget; /* a reference, or NULL */
};

/* A child as the C API's union; 0 if it is none of these. */
int linker_extern(const struct child *c, wasmtime_extern_t *out);
/* resolve.c: for a store; for any store if it is NULL, there are no default
 * values and the module imports no items of host modules.
 */
lodge_status linker_resolve(const struct linker *lnk, const struct module *mod,
                            struct store *st, wasmtime_instance_pre_t **out,
                            lodge_error *err);
/* For any store; fills raw, or imports and linker. */
lodge_status linker_resolve_all(const struct linker *lnk, struct prepared *pre,
                                lodge_error *err);
/* What to instantiate in a store; given back with prepared_done. */
lodge_status prepared_for(const struct prepared *pre, struct store *st,
                          const wasmtime_instance_pre_t **out,
                          lodge_error *err);
void prepared_done(const struct prepared *pre,
                   const wasmtime_instance_pre_t *raw);

/* ---- profile.c --------------------------------------------------------- */

struct store;
/* Ends what is recorded and forgets what was. */
void profile_end(struct store *st);
void profile_forget(struct store *st);

/* ---- wasi.c ----------------------------------------------------------- */

struct wasi {
    struct lodge_wt_wasi *desc;
};

/* ---- store.c ---------------------------------------------------------- */

/* Child 1 is the instance that owns its store, so that its id alone tells
 * what closing it means.
 */
enum {
    CHILD_OWN = 1,
    CHILD_FIRST,
    CHILD_MAX = LODGE_WT_REF_FIRST, /* refs have numbers from here on */
    CALLER_BIT = LODGE_WT_REF_LAST + 1
};

/* What a store's child handle names. */
struct child {
    uint32_t kind;   /* LODGE_KIND_* */
    uint32_t closed; /* an instance that was closed */
    union {
        wasmtime_func_t func;
        wasmtime_memory_t memory;
        wasmtime_table_t table;
        wasmtime_global_t global;
        wasmtime_tag_t tag;
        struct instance *instance; /* owned */
    } of;
    union {
        struct sig *sig;       /* owned; funcs and tags */
        struct shared *shared; /* a reference; of memories that are */
    };
    union {
        uint32_t code; /* element or content type of tables and globals */
        struct everyday everyday; /* of funcs: as in the signature */
    };
    uint32_t reach; /* funcs: LODGE_WT_REACH_* */
};

struct instance {
    wasmtime_instance_t raw;
    struct module *mod;
    struct instance *outer; /* in the making around this one */
    uint32_t child;         /* its own number; 0 = not given yet */
    uint32_t own_store;     /* 1: the store ends with it */
    uint32_t memory;        /* child of export "memory", 0 = not asked */
    uint32_t started;       /* its start function has called the host */
    uint32_t low, high;     /* Wasmtime's number is from low to high - 1 */
    uint32_t exports[];     /* child numbers by export index, 0 = not asked */
};

/* What is odd about a store. */
enum {
    ODD_POISONED = 1, /* a panic was caught inside */
    ODD_YIELDS = 2    /* its guest was stopped where it was */
};

struct store {
    struct lodge_wt_store link; /* first: Wasmtime's data points here */
    struct engine *eng;
    wasmtime_store_t *raw;
    wasmtime_context_t *ctx;
    uint64_t id;
    /* What each call looks at, together. */
    struct child *children;
    uint32_t nchildren, children_cap; /* [0] is unused */
    union {
        struct {
            uint32_t odd;     /* ODD_*: why not all is possible */
            uint32_t stopped; /* a request is open: no guest may run */
        };
        uint64_t barred;
    };
    uint64_t deadline_ns; /* default, 0 = none */
    uint64_t epoch_ticks; /* default, 0 = none */
    uint64_t stack_need;  /* bytes that must be free to call a guest here */
    uint32_t calls;       /* guest entries open */
    uint32_t suspends;    /* SUSPENDS_*, of the instances in it */
    uint32_t budgeted; /* it has a budget, and counts for how long it runs */
    _Atomic uint32_t closes_wait; /* something is marked in `closes` */

    _Atomic(struct closes *) closes; /* owned; instance.c */
    uint64_t max_stack;              /* guest stack, bytes */
    uint64_t fiber_size;             /* of a fiber's stack, bytes */
    uint32_t *map; /* children by identity, open addressing, 0 empty */
    uint32_t map_mask, map_used;
    uint32_t *instances; /* child numbers by Wasmtime's instance index */
    uint32_t ninstances;
    uint32_t instance_count;
    uint64_t memories, tables; /* made by instances and by the host */
    struct instance *making;   /* innermost instance whose start runs */
    uint32_t low;              /* what is made now has at least this number */
    uint64_t tag;              /* of the running call */
    uint64_t fuel_set;
    struct reap_node *token; /* owned; LODGE_STORE_TOKEN */
    struct host_made *made;  /* of host modules */
    uint32_t nmade, made_cap;
    uint64_t externrefs;     /* tokens taken over, ever */
    uint64_t runs_since;     /* clock, while it runs; else 0 */
    struct resident *res;    /* owned; NULL while none was needed */
    lodge_frame_fn frame_fn; /* runs functions of mode FRAME */
    uint64_t *frame;         /* the host's */
    uint32_t frame_slots, frame_tag;
    uint8_t *profile; /* owned, Rust's: JSON that was recorded */
    size_t profile_len;
    struct store *next, *prev; /* under the engine's stores_lock */
    _Atomic uint32_t owners;
    /* Where `children` and `instances` begin: most stores are small. */
    struct child first_children[8];
    uint32_t first_instances[4];
};

/* Makes a store record without a handle; freed by store_free. */
lodge_status store_make(struct engine *eng, struct store **out,
                        lodge_error *err);
void store_free(void *store);
/* Lets every call that runs in a store of the engine end as cancelled. */
void store_interrupt_all(struct engine *eng);
/* `owned`: by the one instance in it, whose close is the store's. */
lodge_status store_give(struct store *st, int owned, uint64_t *id,
                        lodge_error *err);
/* Whether this id is that of an instance that owns its store. */
int store_is_owned(uint64_t id);
/* Another owner of the record, and its end. The guest cannot run any more
 * once the handle is closed.
 */
struct store *store_keep(struct store *st);
void store_drop(void *store);
/* Enters by a store's own id. */
lodge_status store_enter_own(lodge_store store, struct store **out,
                             lodge_error *err);
/* The same for what may be done while a time slice is used up. */
lodge_status store_enter_yielding(lodge_store store, struct store **out,
                                  lodge_error *err);
lodge_status store_key_set(struct store *st, uint32_t key, uint64_t value,
                           lodge_error *err);
lodge_status store_key_get(const struct store *st, uint32_t key,
                           uint64_t *value, lodge_error *err);
lodge_status store_key_check(const struct engine *eng, uint32_t key,
                             uint64_t value, lodge_error *err);
/* Enters the store of `id` (its own or a child's). Refuses poisoned ones. */
lodge_status store_enter(uint64_t id, struct store **out, lodge_error *err);
/* How many linear memories the process has, and may have: Wasmtime ends the
 * process where the kernel refuses one, so we refuse before.
 */
extern _Atomic uint64_t store_memories_live;
extern uint64_t store_memories_max;
/* Counts memories and tables that are to be made, or refuses them. */
lodge_status store_count(struct store *st, uint64_t memories, uint64_t tables,
                         lodge_error *err);
/* Takes a count back: what was to be made was not. */
void store_uncount(struct store *st, uint64_t memories, uint64_t tables);
/* "func", "memory" and so on. */
const char *store_kind_name(uint32_t kind);
/* Why a child id was refused: it names nothing in this store, or something of
 * another kind, or is of another store.
 */
lodge_status store_child_refuse(const struct store *st, uint64_t id,
                                uint32_t kind, lodge_error *err);

static inline struct child *store_child(const struct store *st, uint64_t id,
                                        uint32_t kind)
{
    uint64_t at = id & HANDLE_CHILD_MASK;
    struct child *c = st->children + at;

    if (at >= st->nchildren || c->kind != kind || c->closed)
        return NULL;
    return c;
}

static inline uint64_t store_child_id(const struct store *st, uint32_t at)
{
    return st->id | at;
}

/* Enters the store of a child and finds the child. */
lodge_status store_enter_child(uint64_t id, uint32_t kind, struct store **st,
                               struct child **out, lodge_error *err);
/* When a store is just entered and the child not found, or something about
 * the store unusual.
 */
lodge_status store_enter_late(struct store *st, uint64_t id, uint32_t kind,
                              lodge_error *err)
    __attribute__((cold, noinline));

/* As store_enter_child, for where each nanosecond counts. */
static inline __attribute__((always_inline)) lodge_status
store_enter_inline(uint64_t id, uint32_t kind, struct store **st,
                   struct child **out, lodge_error *err)
{
    struct slot *slot = handle_slot(id);
    lodge_status rc = handle_enter_slot(slot, id, err);

    if (__builtin_expect(rc != LODGE_OK, 0))
        return rc;
    *st = slot->obj;
    *out = store_child(*st, id, kind);
    if (__builtin_expect(*out && !(*st)->odd &&
                             !atomic_load_explicit(&(*st)->closes_wait,
                                                   memory_order_relaxed),
                         1))
        return LODGE_OK;
    rc = store_enter_late(*st, id, kind, err);
    if (rc == LODGE_OK) /* else we are not inside any more */
        *out = store_child(*st, id, kind);
    return rc;
}
/* The child number of an item, made if it is new. */
lodge_status store_item(struct store *st, uint32_t kind, const void *item,
                        uint32_t *at, lodge_error *err);
lodge_status store_instance_add(struct store *st, struct instance *inst,
                                uint32_t *at, lodge_error *err);
/* A child's type as text. */
lodge_status store_item_type(struct store *st, uint32_t kind, const void *item,
                             struct textbuf *out, lodge_error *err);
/* The type of a child, copied out: lodge_memory_type and its like. */
lodge_status store_type_out(uint64_t id, uint32_t kind, char *buf,
                            uint64_t cap, uint64_t *len, lodge_error *err);

/* Wasmtime's number of an instance within its store. */
static inline uint32_t instance_index(const wasmtime_instance_t *raw)
{
    return (uint32_t)raw->__private;
}

/* ---- instance.c ------------------------------------------------------- */

/* Instantiates, not on a frame. Takes over nothing. */
lodge_status instance_make(struct store *st,
                           const wasmtime_instance_pre_t *pre,
                           struct module *mod, int own, uint32_t *at,
                           lodge_error *err);
/* The store that a prepared module is to be instantiated in, entered: that
 * of `id`, or a new one if it is 0. `*own` tells which.
 */
lodge_status instance_store_for(const struct prepared *pre, uint64_t id,
                                struct store **out, int *own,
                                lodge_error *err);

/* Closes an instance at the next entry of its store; other ids: nothing. */
void instance_close_later(uint64_t id);
/* Carries out closes of instances that met the store busy. */
void instance_closes_apply_slow(struct store *st);
static inline void instance_closes_apply(struct store *st)
{
    if (__builtin_expect(
            atomic_load_explicit(&st->closes_wait, memory_order_relaxed), 0))
        instance_closes_apply_slow(st);
}

/* Frees the record of an instance. */
void instance_end(struct instance *inst);
/* The instance that made the running host call; NULL if the host did, or code
 * of an instance whose start function failed before it called the host. The
 * first to ask for one that is being made gives it a handle: E_MEMORY or
 * E_LIMIT.
 */
lodge_status instance_calling(struct store *st, const wasmtime_instance_t *raw,
                              struct instance **out);
/* Its handle for a frame; 0 too where it cannot have one. */
uint64_t instance_calling_id(struct store *st, const wasmtime_instance_t *raw);
/* The child number of an export by index. */
lodge_status instance_export(struct store *st, struct instance *inst,
                             uint32_t index, uint32_t *at, lodge_error *err);
/* By name. E_NOT_FOUND names it. */
lodge_status instance_find(struct store *st, struct instance *inst,
                           const char *name, uint64_t len, uint32_t *at,
                           lodge_error *err);

/* Makes an instance of a prepared module. */
lodge_status instance_make_prepared(struct store *st,
                                    const struct prepared *pre, int own,
                                    uint32_t *at, lodge_error *err);

/* ---- memory.c, table.c, global.c, tag.c -------------------------------- */

/* The result is freed with alloc_free. */
lodge_status tag_parse(const char *type, uint64_t len, struct sig **out,
                       lodge_error *err);
lodge_status tag_make(struct store *st, const struct sig *sig, uint32_t *at,
                      lodge_error *err);

lodge_status memory_make(struct store *st, const struct type_limits *type,
                         wasmtime_memory_t *out, lodge_error *err);
/* `value`: slot of the elements. */
lodge_status table_make(struct store *st, const struct type_limits *type,
                        uint64_t value, wasmtime_table_t *out,
                        lodge_error *err);
lodge_status global_make(struct store *st, const struct type_limits *type,
                         const uint64_t *slots, wasmtime_global_t *out,
                         lodge_error *err);

/* What a module may not have, the host may not make either. */
lodge_status memory_allowed(const struct engine *eng,
                            const struct type_limits *type, lodge_error *err);

/* ---- shared.c, shared_access.c, shared_wait.c -------------------------- */

/* A shared memory, be it the host's or a guest's. */
struct shared {
    struct shared *next; /* under the lock of shared.c, as `refs` */
    uint32_t refs;
    struct engine *eng; /* a reference */
    wasmtime_sharedmemory_t *raw;
    uint8_t *base;
    struct type_limits type;
};

/* What a handle names: several may name one memory. */
struct shared_handle {
    struct shared *sh; /* a reference */
    uint32_t ending;   /* under the lock of shared_wait.c */
};

/* Gives one reference. */
lodge_status shared_make(struct engine *eng, const struct type_limits *type,
                         struct shared **out, lodge_error *err);
struct shared *shared_ref(struct shared *sh);
void shared_unref(struct shared *sh);
/* Bytes now. */
uint64_t shared_size(const struct shared *sh);
lodge_status shared_grow(const struct shared *sh, uint64_t pages,
                         uint64_t *old_pages, lodge_error *err);
lodge_status shared_range(const struct shared *sh, uint64_t at, uint64_t len,
                          lodge_error *err);
/* The child of a store that names it. */
lodge_status shared_item(struct store *st, struct shared *sh, uint32_t *at,
                         lodge_error *err);
/* The same for one that a guest exports. */
lodge_status shared_found(struct store *st, const wasmtime_sharedmemory_t *raw,
                          uint32_t *at, lodge_error *err);
/* And for a new one, which counts in the store. */
lodge_status shared_in_store(struct store *st, const struct type_limits *type,
                             uint32_t *at, lodge_error *err);
/* Given back with handle_unpin. */
lodge_status shared_pin(lodge_shared_memory memory, struct shared_handle **out,
                        lodge_error *err);
/* LODGE_STAT_SHARED_MEMORIES and _BYTES; _WAITS. */
uint64_t shared_stat(uint32_t key);
uint64_t shared_waits(void);
/* Of the memory that a handle names, 0 if it names none. */
uint64_t shared_bytes(uint64_t id);
/* Ends the waits through a handle, and all later ones; those of an engine
 * that is shut down.
 */
void shared_wait_end(struct shared_handle *handle);
void shared_wait_end_all(const struct engine *eng);

/* ---- lease.c ---------------------------------------------------------- */

/* A lease on the memories of a store, or on a shared one. */
lodge_status lease_make(struct store *st, struct shared *sh, lodge_lease *out,
                        lodge_error *err);

/* ---- host.c, host_module.c --------------------------------------------- */

/* Behind a host function, in whatever linkers and stores have it; becomes
 * its token's node in the queue.
 */
struct host_func {
    struct reap_node node; /* first */
    _Atomic uint32_t refs;
    _Atomic uint32_t frozen; /* some linker has it: no change any more */
    uint32_t mode;           /* LODGE_HOST_* */
    uint64_t serial;
    struct domain *domain; /* a reference of its own */
    lodge_direct_fn fn;
    struct sig *sig; /* owned */
    char *trace;     /* owned; name in messages, NULL = none */
};

/* Makes a function with one reference. Takes over the signature, also when
 * it fails; the token only if not.
 */
lodge_status host_func_new(struct engine *eng, struct sig *sig, uint32_t mode,
                           uint64_t token, struct host_func **out,
                           lodge_error *err);
/* A signature of types that host functions can pass. */
lodge_status host_sig_parse(const char *ptr, uint64_t len, struct sig **out,
                            lodge_error *err);
void host_func_unref(void *func);
/* Defines a function in a raw linker, which takes a reference of its own. */
wasmtime_error_t *host_define(wasmtime_linker_t *raw, const char *module,
                              uint64_t module_len, const char *name,
                              uint64_t name_len, struct host_func *hf);
/* Says that the function failed where it did not say so itself. */
int32_t host_failed(struct store *st, const struct host_func *hf, int32_t rc);
/* The id of a host call that begins. */
static inline uint64_t host_caller_next(struct store *st)
{
    return st->link.caller | (st->link.callers++ & 0xFFFF);
}
/* Enters the store of a running host call and checks that it runs, or that
 * it is a request which waits for its answer. `*instance` is the calling one.
 */
lodge_status host_call_enter(lodge_caller caller, struct store **out,
                             const wasmtime_instance_t **instance);

#include "rooms_call.h"

#endif

/* lodge_wt.h - what the crate in this folder adds to Wasmtime's C API.
 *
 * For the rooms of Lodge only; never installed. Every function catches
 * panics and gives them back as errors. A returned error is owned by the
 * caller (wasmtime_error_delete), NULL means success.
 */
#ifndef LODGE_WT_H
#define LODGE_WT_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <wasm.h>
#include <wasmtime.h>

#include "lodge.h"

/* A call that has an id, as long as it is open; on the stack of the call. */
struct lodge_wt_open {
    const struct lodge_wt_open *up;
    uint64_t id;
    uint64_t oldest; /* the store's, before this call */
};

enum {
    LODGE_WT_CANCELLED = 64,   /* remembered ids */
    LODGE_WT_CANCEL_STORE = 1, /* every call of the store is to end */
    LODGE_WT_CANCEL_SOME = 2   /* some id is remembered */
};

struct lodge_wt_store;

/* What the limiter and the epoch callback ask of a budget (src/budget.c):
 * the head of its record.
 */
struct lodge_wt_budget {
    /* Takes so much of a kind (LODGE_WT_MEMORY, _TABLE): 1, or 0 if there is
     * too little.
     */
    int32_t (*take)(struct lodge_wt_budget *budget, uint32_t kind,
                    uint64_t more);
    void (*give)(struct lodge_wt_budget *budget, uint32_t kind, uint64_t n);
    /* Counts the time for which the store has run: 1 if none is left. */
    int32_t (*spend)(struct lodge_wt_store *link);
};
enum { LODGE_WT_MEMORY, LODGE_WT_TABLE };

/* A running host call; lives on the stack of that call. */
struct lodge_wt_call {
    struct lodge_wt_call *prev;
    const wasmtime_instance_t *instance; /* the calling one */
    uint64_t id;                         /* its lodge_caller */
};

/* The part of a store's record that both sides see (src/store.rs). Its
 * address is the store's data in Wasmtime, and must not move. What each call
 * looks at comes first.
 */
struct lodge_wt_store {
    void *room;                 /* the C record */
    struct lodge_wt_call *call; /* innermost host call */
    uint64_t caller;            /* id of one; the low 16 bits are a number */
    uint64_t callers;        /* how many there were: the next one's number */
    void *failure;           /* Rust's: what the host function reported */
    void *inner;             /* Rust's: what a nested call had failed with */
    uint64_t memory_limit;   /* bytes; UINT64_MAX = none */
    uint64_t table_limit;    /* elements */
    uint64_t instance_limit; /* read when the limiter is installed */
    uint64_t tables_limit;
    uint64_t memories_limit;
    uint64_t memory_bytes; /* now */
    uint64_t memory_peak;
    uint64_t table_elements;
    uint64_t table_peak;
    uint64_t refusals;
    uint64_t last_growth; /* bytes, taken back if the system refuses */
    uint64_t last_peak;
    struct lodge_wt_budget *budget; /* NULL = none */
    uint32_t refused;      /* LODGE_LIMIT_* of the last growth, 0 = allowed */
    uint32_t last_refusal; /* LODGE_LIMIT_* of the last one that was refused */
    const _Atomic uint64_t *ticks;  /* milliseconds of the ticker */
    const _Atomic uint64_t *epochs; /* lodge_engine_tick of this engine */
    uint64_t deadline;              /* value of *ticks, 0 = none */
    uint64_t epoch_deadline;        /* value of *epochs, 0 = none */
    uint64_t slice;                 /* value of *ticks: when to give way */
    _Atomic uint32_t cancel;        /* LODGE_WT_CANCEL_* */
    uint32_t nothing_made;          /* by the instantiation that failed last */
    const struct lodge_wt_open *open; /* innermost call that has an id */
    _Atomic uint64_t oldest;          /* least id of an open call, 0 = none */
    _Atomic uint64_t newest; /* highest id of a call that ever began */
    /* Ids that were cancelled and not met yet, in any order, 0 = free. */
    _Atomic uint64_t cancelled[LODGE_WT_CANCELLED];
    void *wasi;         /* Rust's: WASI state */
    void *stack;        /* Rust's: a fiber's stack that is kept */
    const void *stacks; /* Rust's: where fibers' stacks come from, or NULL */
    uintptr_t fiber;    /* highest address of the fiber in use, 0 = none */
    /* Wasmtime's: where guest code meets the end of its stack, UINTPTR_MAX =
     * the next entry sets it. NULL before the first fiber.
     */
    uintptr_t *stack_limit;
    void *resident; /* Rust's: the resident fiber */
    const struct lodge_wt_room *room_ops;
    void *refs;    /* Rust's: references that the host has numbers for */
    void *profile; /* Rust's: what is being recorded, or NULL */
    uint64_t id;   /* of the store, once it has one */
    const struct lodge_wt_types *types; /* the engine's */
};

/* What refs.rs has done by the store's room. A token's record goes to the
 * host's queue when its object ends, if it was armed with the token.
 */
struct lodge_wt_room {
    int32_t (*func_in)(struct lodge_wt_store *link, uint64_t id,
                       wasmtime_func_t *out);
    int32_t (*func_out)(struct lodge_wt_store *link,
                        const wasmtime_func_t *func, uint64_t *id);
    int32_t (*ref_in)(struct lodge_wt_store *link, uint64_t id);
    void *(*token_new)(void); /* NULL: no memory */
    void (*token_arm)(struct lodge_wt_store *link, void *record,
                      uint64_t token);
    void (*token_gone)(struct lodge_wt_store *link, void *record);
};

/* ---- engine.rs */
wasmtime_error_t *lodge_wt_engine_new(wasm_config_t *config,
                                      wasm_engine_t **out);
/* The target triple that code is made for unless told otherwise. */
const char *lodge_wt_host_target(void);
void lodge_wt_config_extra(wasm_config_t *config, int extended_const,
                           int backtrace_details, int core_dump);

/* ---- types.rs: numbers for the types that modules define */
/* A type is told by a code: LODGE_TYPE_*, or from LODGE_WT_TYPE_FIRST on its
 * number; LODGE_WT_NOT_NULL may be added.
 */
#define LODGE_WT_TYPE_FIRST 256u
#define LODGE_WT_NOT_NULL 0x80000000u
struct lodge_wt_types;                                 /* an engine's */
const struct lodge_wt_types *lodge_wt_types_new(void); /* NULL: a panic */
void lodge_wt_types_free(const struct lodge_wt_types *types);
/* Types that are kept, with their numbers. */
struct lodge_wt_list;
wasmtime_error_t *lodge_wt_list_new(const struct lodge_wt_types *types,
                                    const uint32_t *codes, size_t n,
                                    struct lodge_wt_list **out);
void lodge_wt_list_free(struct lodge_wt_list *list);
/* Text as "(struct (field i32))" and "mut i32"; *len is the full length. */
wasmtime_error_t *lodge_wt_type_text(const struct lodge_wt_types *types,
                                     uint32_t type, char *buf, size_t cap,
                                     size_t *len);
wasmtime_error_t *lodge_wt_type_field(const struct lodge_wt_types *types,
                                      uint32_t type, uint32_t index, char *buf,
                                      size_t cap, size_t *len);
struct lodge_wt_facts {
    uint32_t kind; /* LODGE_TYPE_STRUCTREF, _ARRAYREF or _FUNCREF */
    uint32_t fields;
    uint32_t super; /* a number, 0 = none */
    uint32_t open;  /* 1: it may have subtypes */
};
wasmtime_error_t *lodge_wt_type_facts(const struct lodge_wt_types *types,
                                      uint32_t type,
                                      struct lodge_wt_facts *out);
/* Codes of types of references. */
wasmtime_error_t *lodge_wt_type_matches(const struct lodge_wt_types *types,
                                        uint32_t type, uint32_t other,
                                        uint32_t *yes);

/* ---- module.rs: limits, or the sizes of a module that they are about */
struct lodge_wt_limits {
    uint64_t module_bytes;
    uint64_t functions;
    uint64_t function_bytes;
    uint64_t locals;
};

/* Check compile limits; *limit gets 1 if one of them was the reason. `loops`
 * is how deep they may be within each other.
 */
wasmtime_error_t *lodge_wt_scan(const uint8_t *ptr, size_t len,
                                const struct lodge_wt_limits *limits,
                                uint64_t loops, int *limit);
wasmtime_error_t *lodge_wt_module_new(wasm_engine_t *engine,
                                      const uint8_t *ptr, size_t len,
                                      int big_stack, wasmtime_module_t **out);
wasmtime_error_t *lodge_wt_module_validate(wasm_engine_t *engine,
                                           const uint8_t *ptr, size_t len,
                                           int big_stack);
/* How many threads compile; starts them if they are not there. */
uint32_t lodge_wt_compile_threads(void);
/* Text to binary; the bytes are freed with lodge_wt_bytes_free. */
wasmtime_error_t *lodge_wt_text(const char *ptr, size_t len, int big_stack,
                                uint8_t **out, size_t *out_len);
void lodge_wt_bytes_free(uint8_t *ptr, size_t len);
/* ---- print.rs: binary to text. `flags` are LODGE_TEXT_*. The text is kept
 * only if it has at most `room` bytes; *full is its length in any case.
 */
wasmtime_error_t *lodge_wt_print(const uint8_t *ptr, size_t len,
                                 uint32_t flags, uint64_t room, int big_stack,
                                 uint8_t **out, size_t *out_len,
                                 uint64_t *full);

/* What a module is made of, in one piece of memory owned by Rust. */
struct lodge_wt_str {
    const char *ptr;
    size_t len;
};
struct lodge_wt_item {
    struct lodge_wt_str module; /* imports only */
    struct lodge_wt_str name;   /* also of custom sections */
    struct lodge_wt_str type;   /* text; of custom sections the data */
    uint32_t kind;              /* LODGE_KIND_* */
};
enum { LODGE_WT_SHARED_GROWTH = 0 }; /* bytes shared memories may grow by */
struct lodge_wt_shape {
    struct lodge_wt_item *imports, *exports, *sections;
    size_t import_count, export_count, section_count;
    struct lodge_wt_str name;
    struct lodge_wt_str producers; /* one tool a line */
    uint64_t needs[8];     /* by LODGE_NEEDS_*; LODGE_WT_SHARED_GROWTH */
    const uint8_t *reach;  /* LODGE_WT_REACH_* of each export */
    uint32_t start_reach;  /* of the start function, 0 = none */
    uint32_t import_reach; /* what functions are imported */
    struct lodge_wt_limits sizes;
    uint8_t digest[32]; /* BLAKE3 of the binary */
    void *owner;        /* Rust's */
};

/* What a function may come to call. */
enum {
    LODGE_WT_REACH_OTHERS = 1, /* any import, or whatever a reference names */
    LODGE_WT_REACH_WASI = 2    /* imports from wasi_snapshot_preview1 */
};
/* `bytes` are the binary the module was made from. */
wasmtime_error_t *lodge_wt_shape_new(const wasmtime_module_t *module,
                                     const uint8_t *bytes, size_t len,
                                     const struct lodge_wt_types *types,
                                     struct lodge_wt_shape *out);
void lodge_wt_shape_free(struct lodge_wt_shape *shape);
/* The types that a module defines: how many, their numbers, the index of the
 * one with a name or UINT32_MAX.
 */
uint32_t lodge_wt_shape_types(const struct lodge_wt_shape *shape);
wasmtime_error_t *lodge_wt_shape_type(const struct lodge_wt_shape *shape,
                                      wasm_engine_t *engine,
                                      const struct lodge_wt_types *types,
                                      uint32_t index, int big_stack,
                                      uint32_t *type);
uint32_t lodge_wt_shape_named(const struct lodge_wt_shape *shape,
                              const char *name, size_t len);

/* ---- sealed.rs */
struct lodge_wt_ask {
    wasm_engine_t *engine;
    const struct lodge_wt_types *types; /* the engine's */
    const char *settings; /* the engine's, as lines (src/sealed.c) */
    size_t settings_len;
    const uint8_t *key;
    size_t key_len;
    struct lodge_wt_limits limits;
    int big_stack;
    int exact; /* no setting may differ */
};
/* What a cache calls a binary compiled so: its BLAKE3, and a file name. 0: a
 * panic.
 */
int lodge_wt_entry(const struct lodge_wt_ask *ask, const uint8_t *ptr,
                   size_t len, uint8_t digest[32], char name[80]);
/* Sealed code into `cap` bytes of room; *len is what it needs. With less, or
 * none, nothing is written.
 */
wasmtime_error_t *lodge_wt_seal(const struct lodge_wt_ask *ask,
                                const wasmtime_module_t *module,
                                const struct lodge_wt_shape *shape,
                                uint8_t *buf, size_t cap, size_t *len);
/* Back to a module. `bytes` are memory that nobody else can write to. A
 * refusal has its LODGE_SEALED_* in *reason, which the caller sets to 0.
 */
wasmtime_error_t *lodge_wt_unseal(const struct lodge_wt_ask *ask,
                                  const uint8_t *bytes, size_t len,
                                  wasmtime_module_t **module,
                                  struct lodge_wt_shape *shape,
                                  uint32_t *reason);
/* The same of an open file of `len` bytes, which it closes: mapped, and not
 * verified.
 */
wasmtime_error_t *lodge_wt_trust(const struct lodge_wt_ask *ask, int32_t fd,
                                 size_t len, wasmtime_module_t **module,
                                 struct lodge_wt_shape *shape,
                                 uint32_t *reason);
/* What the CPU has, "sse3 avx": as much as fits; the full length. */
size_t lodge_wt_cpu(char *buf, size_t cap);
void lodge_wt_test_reseal(uint8_t *ptr, size_t len, const uint8_t *key,
                          size_t key_len);

/* ---- store.rs */
/* Make a store around `link`: limiter and epoch callback installed. */
wasmtime_error_t *lodge_wt_store_new(wasm_engine_t *engine,
                                     struct lodge_wt_store *link,
                                     wasmtime_store_t **out);
/* Read the instance, table and memory counts of the link again. */
void lodge_wt_store_limits(wasmtime_store_t *store,
                           struct lodge_wt_store *link);
/* Delete what Rust keeps in the link; after wasmtime_store_delete. */
void lodge_wt_store_clear(struct lodge_wt_store *link);

/* ---- call.rs: `fiber` is the size of the store's own stack, in bytes, to
 * run on; 0 = run here.
 */
wasmtime_error_t *lodge_wt_call(wasmtime_context_t *store,
                                const wasmtime_func_t *func,
                                wasmtime_val_raw_t *raw, size_t len);
wasmtime_error_t *lodge_wt_call_fiber(wasmtime_context_t *store,
                                      const wasmtime_func_t *func,
                                      wasmtime_val_raw_t *raw, size_t len,
                                      size_t fiber);
wasmtime_error_t *lodge_wt_instantiate(wasmtime_context_t *store,
                                       const wasmtime_instance_pre_t *pre,
                                       size_t fiber, wasmtime_instance_t *out);
/* Whether an error of an instantiation came when the instance had its
 * memories already.
 */
int lodge_wt_guest_ran(const wasmtime_error_t *error);
/* Four words that are the same for the same function of a store. */
void lodge_wt_func_identity(const wasmtime_func_t *func, uint64_t words[4]);
/* Type of an item as text, as lodge_module_import gives it. `kind` is
 * LODGE_KIND_FUNC to _TAG, `item` the C API's struct of that kind. Returns
 * the full length, or SIZE_MAX if it cannot be told.
 */
size_t lodge_wt_item_type(wasmtime_context_t *store, uint32_t kind,
                          const void *item, char *buf, size_t cap);

/* ---- refs.rs: values with references, between slots and raw values. An
 * externref's slot is the host's token, another reference's an id.
 */
enum {
    LODGE_WT_REFS_CHECK = 1, /* look only, make nothing */
    LODGE_WT_REFS_GIVEN = 2  /* tokens are taken over even on failure */
};
/* Parameters or results: of a guest's function, which tells their types; else
 * those of the list from `first` on, or of the codes if it is NULL.
 */
struct lodge_wt_values {
    const wasmtime_func_t *func; /* or NULL */
    const struct lodge_wt_list *list;
    const uint32_t *codes; /* of the first one */
    size_t first, n;
};
/* Parameters of a guest's function, results of a host function. */
wasmtime_error_t *lodge_wt_refs_in(wasmtime_context_t *store,
                                   const struct lodge_wt_values *values,
                                   const uint64_t *slots,
                                   wasmtime_val_raw_t *raw, uint32_t how);
/* The other way. `keep`: they are parameters of a host function, and their
 * ids live until lodge_wt_refs_drop. The slots may overlay `raw`.
 */
wasmtime_error_t *lodge_wt_refs_out(wasmtime_context_t *store,
                                    const struct lodge_wt_values *values,
                                    const wasmtime_val_raw_t *raw,
                                    uint64_t *slots, int keep);
size_t lodge_wt_refs_mark(struct lodge_wt_store *link);
void lodge_wt_refs_drop(struct lodge_wt_store *link, size_t mark);

/* ---- object.rs: references by number, the low bits of their ids */
enum { LODGE_WT_REF_FIRST = 0x20000, LODGE_WT_REF_LAST = 0x2FFFF };
int lodge_wt_ref_live(struct lodge_wt_store *link, uint32_t number);
void lodge_wt_ref_close(struct lodge_wt_store *link, uint32_t number);
wasmtime_error_t *lodge_wt_ref_dup(struct lodge_wt_store *link,
                                   uint32_t number, uint32_t *out);
uint64_t lodge_wt_refs_made(struct lodge_wt_store *link);
uint64_t lodge_wt_refs_open(const struct lodge_wt_store *link);
void lodge_wt_refs_close_since(struct lodge_wt_store *link, uint64_t made);
wasmtime_error_t *lodge_wt_ref_type(wasmtime_context_t *store, uint32_t number,
                                    uint32_t *code);
wasmtime_error_t *lodge_wt_ref_test(wasmtime_context_t *store, uint32_t number,
                                    uint32_t code, uint32_t *yes);
/* The exact type, LODGE_TYPE_* where there is none. */
wasmtime_error_t *lodge_wt_ref_exact(wasmtime_context_t *store,
                                     uint32_t number, uint32_t *code);
wasmtime_error_t *lodge_wt_func_exact(wasmtime_context_t *store,
                                      const wasmtime_func_t *func,
                                      uint32_t *code);
/* Between the slot of an externref and an anyref. */
wasmtime_error_t *lodge_wt_ref_from_extern(wasmtime_context_t *store,
                                           uint64_t slot, uint32_t *out);
wasmtime_error_t *lodge_wt_ref_to_extern(wasmtime_context_t *store,
                                         uint32_t number, uint64_t *slot);
wasmtime_error_t *lodge_wt_ref_same(wasmtime_context_t *store, uint32_t a,
                                    uint32_t b, uint32_t *yes);
wasmtime_error_t *lodge_wt_ref_i31(wasmtime_context_t *store, uint32_t value,
                                   uint32_t *out);
wasmtime_error_t *lodge_wt_ref_len(wasmtime_context_t *store, uint32_t number,
                                   uint64_t *len);
wasmtime_error_t *lodge_wt_ref_read(wasmtime_context_t *store, uint32_t number,
                                    uint64_t index, uint64_t *slots,
                                    size_t len);
wasmtime_error_t *lodge_wt_ref_write(wasmtime_context_t *store,
                                     uint32_t number, uint64_t index,
                                     const uint64_t *slots, size_t len);
/* A table of references of the type with this code. */
wasmtime_error_t *lodge_wt_table_new(wasmtime_context_t *store, uint32_t code,
                                     int is64, uint64_t min, uint64_t max,
                                     const uint64_t *slot,
                                     wasmtime_table_t *out);
/* The index was checked. */
wasmtime_error_t *lodge_wt_table_get(wasmtime_context_t *store,
                                     const wasmtime_table_t *table,
                                     uint64_t index, uint64_t *slot);
wasmtime_error_t *lodge_wt_table_set(wasmtime_context_t *store,
                                     const wasmtime_table_t *table,
                                     uint64_t index, const uint64_t *slot);
wasmtime_error_t *lodge_wt_table_grow(wasmtime_context_t *store,
                                      const wasmtime_table_t *table,
                                      uint64_t delta, const uint64_t *slot,
                                      uint64_t *old);
wasmtime_error_t *lodge_wt_global_new(wasmtime_context_t *store, uint32_t code,
                                      int mutable, const uint64_t *slots,
                                      wasmtime_global_t *out);
wasmtime_error_t *lodge_wt_global_get(wasmtime_context_t *store,
                                      const wasmtime_global_t *global,
                                      uint64_t *slots);
wasmtime_error_t *lodge_wt_global_set(wasmtime_context_t *store,
                                      const wasmtime_global_t *global,
                                      const uint64_t *slots);

/* ---- gc.rs: objects that the host makes; types are numbers. `slots` may be
 * NULL for default values.
 */
wasmtime_error_t *lodge_wt_struct_new(wasmtime_context_t *store, uint32_t type,
                                      const uint64_t *slots, size_t len,
                                      uint32_t *out);
wasmtime_error_t *lodge_wt_array_new(wasmtime_context_t *store, uint32_t type,
                                     uint64_t count, const uint64_t *slots,
                                     size_t len, uint32_t *out);
wasmtime_error_t *lodge_wt_array_of(wasmtime_context_t *store, uint32_t type,
                                    const uint64_t *slots, size_t len,
                                    uint32_t *out);
wasmtime_error_t *lodge_wt_array_bytes(wasmtime_context_t *store,
                                       uint32_t type, const uint8_t *ptr,
                                       size_t len, uint32_t *out);
wasmtime_error_t *lodge_wt_ref_read_bytes(wasmtime_context_t *store,
                                          uint32_t number, uint64_t index,
                                          uint8_t *buf, size_t len);
wasmtime_error_t *lodge_wt_ref_write_bytes(wasmtime_context_t *store,
                                           uint32_t number, uint64_t index,
                                           const uint8_t *ptr, size_t len);
wasmtime_error_t *lodge_wt_ref_fill(wasmtime_context_t *store, uint32_t number,
                                    uint64_t index, uint64_t count,
                                    const uint64_t *slots, size_t len);
wasmtime_error_t *lodge_wt_ref_copy(wasmtime_context_t *store, uint32_t number,
                                    uint64_t index, uint32_t from, uint64_t at,
                                    uint64_t count);
wasmtime_error_t *lodge_wt_ref_read_signed(wasmtime_context_t *store,
                                           uint32_t number, uint64_t index,
                                           uint64_t *slot);

/* ---- exn.rs */
/* A tag for exceptions with values of these types; `list` as in struct
 * lodge_wt_values.
 */
wasmtime_error_t *lodge_wt_tag_new(wasmtime_context_t *store,
                                   const struct lodge_wt_list *list,
                                   const uint32_t *codes, size_t n,
                                   wasmtime_tag_t *out);
wasmtime_error_t *lodge_wt_exception_new(wasmtime_context_t *store,
                                         const wasmtime_tag_t *tag,
                                         const uint64_t *slots, uint32_t *out);
wasmtime_error_t *lodge_wt_exception_tag(wasmtime_context_t *store,
                                         uint32_t number, wasmtime_tag_t *out);
wasmtime_error_t *lodge_wt_exception_read(wasmtime_context_t *store,
                                          uint32_t number, uint64_t *slots,
                                          size_t len);
/* The running host function fails by throwing. */
wasmtime_error_t *lodge_wt_failure_throw(struct lodge_wt_store *link,
                                         uint32_t number);
/* Take the exception of an error out of the store, and tell it in the error.
 * If wanted, *number gets one for it, else 0. lodge_wt_failure_note makes it
 * part of the note; afterwards it is dropped.
 */
wasmtime_error_t *lodge_wt_thrown_take(wasmtime_context_t *store,
                                       wasmtime_error_t *error, int want,
                                       uint32_t *number);
void lodge_wt_thrown_drop(struct lodge_wt_store *link);

/* ---- fiber.rs: the fiber that lives as long as its store */
/* Stacks of an engine that has a pool: as many as `most` at a time. Of one
 * that is not in use `keep` bytes stay in memory. NULL: no memory.
 */
void *lodge_wt_stacks_new(uint64_t most, uint64_t keep);
void lodge_wt_stacks_free(void *stacks); /* NULL is fine */
/* Make it, or make it anew after it has ended: `body` begins when it runs
 * first. `give_way` is called on the fiber when the time slice is used up;
 * not 0: the guest is to end.
 */
wasmtime_error_t *
lodge_wt_resident_start(wasmtime_context_t *store, size_t size,
                        void (*body)(struct lodge_wt_store *link),
                        int32_t (*give_way)(struct lodge_wt_store *link));
/* Let it run: 0 parked; 1 ended, with *error. */
int lodge_wt_resident_run(struct lodge_wt_store *link,
                          wasmtime_error_t **error);
/* Unwind what is parked and give the stack back; not from the fiber itself. */
void lodge_wt_resident_stop(struct lodge_wt_store *link);
/* On the fiber: wait. 0 woken, 1 the fiber is being ended. */
int lodge_wt_park(struct lodge_wt_store *link);

/* ---- host.rs */
/* A host function: values in `raw`, 16 bytes each, parameters then results
 * from 0. Not 0: the failure set on the link, or a default one.
 */
typedef int32_t (*lodge_wt_host_fn)(void *env, struct lodge_wt_store *link,
                                    const wasmtime_instance_t *instance,
                                    wasmtime_val_raw_t *raw, size_t len);

/* The everyday function, for which Rust does all itself: a slot for each
 * value, at most one result.
 */
struct lodge_wt_direct {
    int32_t (*fn)(uint64_t token, lodge_caller caller, uint64_t *slots);
    uint64_t token;
    /* Not all went well, or there is a failure to be looked at. */
    int32_t (*end)(void *env, struct lodge_wt_store *link, int32_t rc);
    uint32_t nparams; /* at most 32 */
    uint32_t narrow;  /* bit i: parameter i is in the low half of its slot */
    uint32_t zero;    /* 1: slot 0 is a result only */
};

/* Codes of parameters, then results; `list` as in struct lodge_wt_values.
 * `direct` is NULL for all but the
 * everyday function, and copied. The finalizer runs exactly once, also on
 * failure. `shown` is the name in backtraces.
 */
wasmtime_error_t *lodge_wt_linker_func(
    wasmtime_linker_t *linker, const char *module, size_t module_len,
    const char *name, size_t name_len, const struct lodge_wt_list *list,
    const uint32_t *codes, size_t nparams, size_t nresults,
    lodge_wt_host_fn fn, const struct lodge_wt_direct *direct, void *env,
    void (*finalizer)(void *env), const char *shown, size_t shown_len);
wasmtime_error_t *lodge_wt_linker_alias(
    wasmtime_linker_t *linker, const char *from_module, size_t from_module_len,
    const char *from_name, size_t from_name_len, const char *to_module,
    size_t to_module_len, const char *to_name, size_t to_name_len);
/* Take the present sizes of the memories and tables that the linker defines,
 * all of which belong to `store`; those of shared memories only if it is
 * NULL. The linker allows shadowing from then on.
 */
wasmtime_error_t *lodge_wt_linker_refresh(wasmtime_linker_t *linker,
                                          wasmtime_context_t *store);
/* Imports of the module that the linker does not satisfy, one a line; freed
 * with lodge_wt_bytes_free. `store` is the one that the linker's items
 * belong to, or NULL.
 */
wasmtime_error_t *lodge_wt_linker_missing(const wasmtime_linker_t *linker,
                                          wasmtime_context_t *store,
                                          const wasmtime_module_t *module,
                                          const struct lodge_wt_types *types,
                                          uint8_t **out, size_t *len,
                                          uint32_t *count);
/* How many memories and tables default values for imports that the linker
 * does not satisfy would make.
 */
wasmtime_error_t *lodge_wt_linker_unknown(const wasmtime_linker_t *linker,
                                          wasmtime_context_t *store,
                                          const wasmtime_module_t *module,
                                          uint64_t counts[2]);
/* ---- mark.rs: names whose items are made in each store */
/* Define a name as a mark; *out tells it from others. */
wasmtime_error_t *lodge_wt_linker_mark(wasmtime_linker_t *linker,
                                       const char *module, size_t module_len,
                                       const char *name, size_t name_len,
                                       uint64_t *out);
/* A number for each import of the module: if the linker has a mark there,
 * that of the mark.
 */
wasmtime_error_t *lodge_wt_linker_marks(const wasmtime_linker_t *linker,
                                        const wasmtime_module_t *module,
                                        uint64_t *out);

/* ---- shared.rs: memories that belong to no store */
wasmtime_error_t *lodge_wt_shared_new(const wasm_engine_t *engine,
                                      uint64_t min, uint64_t max, int is64,
                                      uint32_t page_log2,
                                      wasmtime_sharedmemory_t **out);
/* As lodge_wt_item_type. */
size_t lodge_wt_shared_type(const wasmtime_sharedmemory_t *memory, char *buf,
                            size_t cap);
wasmtime_error_t *lodge_wt_shared_grow(const wasmtime_sharedmemory_t *memory,
                                       uint64_t pages, uint64_t *old);
/* *out is LODGE_WAIT_*; `bytes` 4 or 8, `timeout` in ns or UINT64_MAX. */
wasmtime_error_t *lodge_wt_shared_wait(const wasmtime_sharedmemory_t *memory,
                                       uint64_t at, uint32_t bytes,
                                       uint64_t expected, uint64_t timeout,
                                       uint32_t *out);
wasmtime_error_t *lodge_wt_shared_notify(const wasmtime_sharedmemory_t *memory,
                                         uint64_t at, uint32_t count,
                                         uint32_t *woken);
wasmtime_error_t *
lodge_wt_linker_shared(wasmtime_linker_t *linker, const char *module,
                       size_t module_len, const char *name, size_t name_len,
                       const wasmtime_sharedmemory_t *memory);

/* ---- host.rs, failures */
/* Set the failure of the running host call. `status` is LODGE_E_*. */
void lodge_wt_failure_set(struct lodge_wt_store *link, int32_t status,
                          uint64_t payload, int32_t exit_code,
                          const char *message, size_t len);
/* Remember the failure of a nested call as the cause of what the running
 * host function may report.
 */
void lodge_wt_failure_note(struct lodge_wt_store *link,
                           const wasmtime_error_t *error);
/* The same for a nested call that was refused. */
void lodge_wt_failure_refused(struct lodge_wt_store *link, int32_t status,
                              const char *message, size_t len);
/* Report the noted failure as the host function's own, if it has this status;
 * 1 if so.
 */
int lodge_wt_failure_hand_on(struct lodge_wt_store *link, int32_t status);
/* Its status, 0 if none is noted. */
int32_t lodge_wt_failure_noted(const struct lodge_wt_store *link);
/* Whether these are the noted failure's own, or left out (0). A message that
 * is the beginning of its message counts as its own.
 */
int lodge_wt_failure_same(const struct lodge_wt_store *link, int32_t status,
                          uint64_t payload, int32_t exit_code,
                          const char *message, size_t len);
/* Forget that note: the host function went well. */
static inline void lodge_wt_failure_drop(struct lodge_wt_store *link)
{
    void lodge_wt_failure_forget(struct lodge_wt_store *);

    if (link->inner || link->failure)
        lodge_wt_failure_forget(link);
}

/* Forget the note of this host call, and put back that of the one around it;
 * a failure that is set stays.
 */
static inline void lodge_wt_note_swap(struct lodge_wt_store *link, void *outer)
{
    void *failure = link->failure;

    link->failure = NULL;
    lodge_wt_failure_drop(link);
    link->failure = failure;
    link->inner = outer;
}

/* ---- error.rs */
struct lodge_wt_error_info {
    int32_t status; /* LODGE_E_* as far as the error tells; 0 = unknown */
    int32_t trap;   /* LODGE_TRAP_*, -1 = none */
    int32_t exit_code;
    int32_t panicked; /* 1: a panic was caught, the store is not to be used */
    uint64_t payload;
    uint64_t detail; /* byte offset in the module, or LODGE_LIMIT_* */
    int32_t growth;  /* 1: the limiter was asked last; `refused` says why */
    int32_t reserved;
};
struct lodge_wt_frame {
    struct lodge_wt_str func, module, file, inlined;
    uint64_t func_offset, module_offset; /* UINT64_MAX = unknown */
    uint32_t func_index, line;           /* line 0 = unknown; a host function
                                            has index UINT32_MAX */
};
struct lodge_wt_cause {
    struct lodge_wt_str message;
    uint64_t payload;
    int32_t status;
};
void lodge_wt_error_info(const wasmtime_error_t *error,
                         struct lodge_wt_error_info *out);
/* The message without backtrace; freed with lodge_wt_bytes_free. */
void lodge_wt_error_text(const wasmtime_error_t *error, uint8_t **out,
                         size_t *len);
/* Backtrace and causes in one piece of memory owned by Rust. */
struct lodge_wt_trace {
    struct lodge_wt_frame *frames;
    struct lodge_wt_cause *causes;
    size_t frame_count, cause_count;
    struct lodge_wt_str text;
    void *owner;
};
void lodge_wt_trace_new(const wasmtime_error_t *error,
                        struct lodge_wt_trace *out);
void lodge_wt_trace_free(struct lodge_wt_trace *trace);

/* ---- dump.rs */
/* A core dump of at most `limit` bytes; freed with lodge_wt_bytes_free. 0 in
 * *found: the failure is none of a guest, or the engine makes no dumps.
 */
wasmtime_error_t *lodge_wt_dump(wasmtime_context_t *store,
                                const wasmtime_error_t *error, uint64_t limit,
                                int32_t *found, uint8_t **out,
                                size_t *out_len);

/* ---- profile.rs */
/* Record what runs in the store; not while it is recorded. Modules may occur
 * more than once.
 */
wasmtime_error_t *
lodge_wt_profile_start(struct lodge_wt_store *link, wasm_engine_t *engine,
                       const char *name, size_t name_len, uint64_t interval_ns,
                       const wasmtime_module_t *const *modules, size_t count);
/* A module is about to come into a store that is recorded. */
void lodge_wt_profile_module(struct lodge_wt_store *link,
                             const wasmtime_module_t *module);
/* End it; JSON that is freed with lodge_wt_bytes_free. */
wasmtime_error_t *lodge_wt_profile_finish(struct lodge_wt_store *link,
                                          uint8_t **out, size_t *len);

/* ---- wasi.rs */
struct lodge_wt_wasi; /* a description */
/* Both NULL if a panic was caught. */
struct lodge_wt_wasi *lodge_wt_wasi_new(void);
struct lodge_wt_wasi *lodge_wt_wasi_clone(const struct lodge_wt_wasi *wasi);
void lodge_wt_wasi_delete(struct lodge_wt_wasi *wasi);
void lodge_wt_wasi_arg(struct lodge_wt_wasi *wasi, const char *ptr,
                       size_t len);
void lodge_wt_wasi_env(struct lodge_wt_wasi *wasi, const char *name,
                       size_t name_len, const char *value, size_t value_len);
/* fd 0-2, how LODGE_WASI_NULL..INHERIT; see lodge_wasi_stream */
void lodge_wt_wasi_stream(struct lodge_wt_wasi *wasi, uint32_t fd,
                          uint32_t how, const uint8_t *ptr, size_t len);
void lodge_wt_wasi_dir(struct lodge_wt_wasi *wasi, const char *host,
                       size_t host_len, const char *guest, size_t guest_len,
                       uint32_t dir_rights, uint32_t file_rights);
/* key LODGE_WASI_FULL..SLEEP */
void lodge_wt_wasi_set(struct lodge_wt_wasi *wasi, uint32_t key,
                       uint64_t value);
wasmtime_error_t *lodge_wt_linker_wasi(wasmtime_linker_t *linker);
/* Give the store streams, files and clocks made from the description; NULL
 * gives the empty description. Errors name the file or directory.
 */
wasmtime_error_t *lodge_wt_store_wasi(struct lodge_wt_store *link,
                                      const struct lodge_wt_wasi *wasi);
/* Take from the ring of fd 1 or 2, feed that of fd 0: bytes moved, or
 * SIZE_MAX if there is no such ring, SIZE_MAX - 1 if a panic was caught. A
 * feed of 0 bytes ends the stream.
 */
size_t lodge_wt_store_output(struct lodge_wt_store *link, uint32_t fd,
                             uint8_t *buf, size_t cap);
size_t lodge_wt_store_input(struct lodge_wt_store *link, const uint8_t *ptr,
                            size_t len);

/* ---- lib.rs */
/* Panic, and catch that as all functions do. For tests. */
wasmtime_error_t *lodge_wt_test_panic(void);

#endif /* LODGE_WT_H */

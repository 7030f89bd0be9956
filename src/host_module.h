/* host_module.h - the records behind host modules.
 * Part of rooms.h, which includes it.
 */
#ifndef LODGE_HOST_MODULE_H
#define LODGE_HOST_MODULE_H

struct engine;
struct host_func;
struct module;
struct shared;
struct sig;
struct store;

/* ---- items ------------------------------------------------------------ */

/* What a host module exports besides functions: a description. The thing
 * itself is made once in each store that asks for it.
 */
struct host_item {
    _Atomic uint32_t refs;
    uint32_t kind;   /* LODGE_KIND_MEMORY, _TABLE, _GLOBAL or _TAG */
    uint64_t serial; /* never used again */
    struct type_limits type;
    struct sig *sig;            /* owned; tags: their values */
    struct lodge_wt_list *list; /* owned; keeps the number of their type */
    uint64_t value[2];          /* globals: what they begin with */
    struct shared *shared;      /* a reference, or NULL: the thing itself */
};

/* A number for an item or a function of a host module; no other has it. */
uint64_t host_serial(void);
/* Makes an item with one reference, after it was tried. `value` is NULL but
 * for globals, `sig` but for tags, `shared` but for shared memories; these two
 * are taken over, also on failure.
 */
lodge_status host_item_new(struct engine *eng, uint32_t kind,
                           const struct type_limits *type,
                           const uint64_t *value, struct sig *sig,
                           struct shared *shared, struct host_item **out,
                           lodge_error *err);
void host_item_unref(struct host_item *item);

/* In a linker such an item is a mark: a global of a store that is gone, known
 * by the number of that store. Whatever moves definitions about (aliases,
 * shadowing, copies) so moves marks too. In an import list `mark` is the
 * import's index.
 */
struct host_mark {
    uint64_t mark;
    struct host_item *item; /* a reference */
};

struct host_marks {
    struct host_mark *list;
    uint32_t n, cap;
};

/* Defines an item's mark in a raw linker and remembers it. */
lodge_status host_mark_define(struct host_marks *marks, struct host_item *item,
                              wasmtime_linker_t *raw, const char *module,
                              uint64_t module_len, const char *name,
                              uint64_t name_len, lodge_error *err);
/* Forgets all but the first n. */
void host_marks_cut(struct host_marks *marks, uint32_t n);
void host_marks_free(struct host_marks *marks);
/* Which imports of a module a linker satisfies with marks. */
lodge_status host_marks_find(const struct host_marks *marks,
                             const wasmtime_linker_t *raw,
                             const struct module *mod,
                             struct host_marks *imports, lodge_error *err);
/* Makes in a store what a module imports, as far as it is not there. */
lodge_status host_items_make(struct store *st, const struct module *mod,
                             const struct host_marks *imports,
                             lodge_error *err);
/* Defines them in place of the marks; the linker has to allow shadowing. */
lodge_status host_items_define(struct store *st, const struct module *mod,
                               const struct host_marks *imports,
                               wasmtime_linker_t *raw, lodge_error *err);
/* The child number of an item in a store, made if it is new there. */
lodge_status host_item_in(struct store *st, const struct host_item *item,
                          uint32_t *at, lodge_error *err);

/* What a store has of host modules. */
struct host_made {
    uint64_t serial;
    uint32_t at; /* child */
};
/* The child with this serial, 0 = none. */
uint32_t host_made_find(const struct store *st, uint64_t serial);
lodge_status host_made_add(struct store *st, uint64_t serial, uint32_t at,
                           lodge_error *err);
/* A store to try things in: nobody else knows it, and nothing is too large.
 * Freed with store_free.
 */
lodge_status host_scratch(struct engine *eng, struct store **out,
                          lodge_error *err);

/* ---- the module ------------------------------------------------------- */

/* A name that a host module exports. */
struct host_export {
    char *name; /* owned */
    uint64_t len;
    uint32_t entry;
};

struct host_entry {
    struct host_func *func; /* a reference; NULL: it is an item */
    struct host_item *item; /* a reference, or NULL */
    char *params, *results; /* owned; names, one a line, or NULL */
};

struct host {
    struct engine *eng;
    char *name; /* owned */
    uint64_t name_len;
    struct host_entry *entries;
    uint32_t nentries, entries_cap;
    struct host_export *exports;
    uint32_t nexports, exports_cap;
};

/* Defines every export in a raw linker; stops at the first failure. After
 * success the functions cannot be changed any more.
 */
lodge_status host_module_define(const struct host *host,
                                wasmtime_linker_t *raw,
                                struct host_marks *marks, lodge_error *err);
/* Whether one of its exports is of mode LODGE_HOST_SUSPEND. */
uint32_t host_module_suspends(const struct host *host);

#endif

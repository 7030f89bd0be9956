/* spec.h - what the parts of the specification suite's harness share.
 * They see lodge.h only.
 */
#ifndef LODGE_SPEC_H
#define LODGE_SPEC_H

#include <stdint.h>

#include <jansson.h>
#include <lodge.h>

/* A way in which everything is run. */
struct mode {
    const char *name;
    uint32_t preset;
    const char *config; /* settings beyond the suite's, as text */
    uint32_t host;      /* LODGE_HOST_* of the functions of spectest */
    uint32_t calls;     /* CALL_*: how guests are called */
    uint64_t fuel;      /* of every store, 0 = not counted */
};

enum { CALL_SLOTS, CALL_FRAME, CALL_DO, CALL_TYPED };

extern const struct mode modes[];

/* Assertions of one file, or of all. */
struct totals {
    uint32_t files, assertions, passed, failed, expected;
};

#define MAX_SLOTS 64

/* What a command led to. */
struct outcome {
    lodge_status status;
    int32_t trap;
    uint32_t slots;  /* results, in slots */
    char types[512]; /* of the results, as text */
    uint64_t values[MAX_SLOTS];
    lodge_error err;
};

/* The world of one file: a store, a linker, the modules it names. */
struct world {
    const struct mode *mode;
    const char *suite;
    lodge_engine engine;
    lodge_store store;
    lodge_linker linker;
    lodge_instance probes; /* looks at references (spec_host.c) */
};

/* spec_host.c */
lodge_status world_open(struct world *, const struct mode *, lodge_engine,
                        int shared_memory, lodge_error *);
void world_close(struct world *);
lodge_status world_instantiate(struct world *, lodge_module, lodge_instance *,
                               lodge_error *);
void world_call(struct world *, lodge_func, const uint64_t *args,
                uint32_t count, struct outcome *);
/* Runs a probe on one reference; its result, or ~0 where it failed. */
uint64_t world_probe(struct world *, const char *name, uint64_t value);

/* spec_typed.c */
struct typed_counts {
    uint32_t typed, others;
};
extern struct typed_counts typed_counts;
/* Calls by the sugar, where it has a name for the types. */
lodge_status typed_call(lodge_func, uint64_t *slots, lodge_error *);
lodge_status typed_prints(lodge_linker, lodge_error *);

/* spec_digest.c */
/* Notes what came of an assertion, to compare it with other modes. Without a
 * file nothing is noted.
 */
int digest_open(const char *path);
void digest_note(const char *suite, const char *name, unsigned line,
                 const struct outcome *found);
int digest_close(void);

/* spec_value.c */
/* Writes arguments as slots; -1 if one has no form in Lodge. */
int values_from_json(struct world *, const json_t *args, uint64_t *slots);
/* Whether results are as expected; says in `why` what is not. */
int values_match(struct world *, const json_t *expected,
                 const struct outcome *found, char *why, size_t cap);
/* Sets results that the specification leaves open to 0: the bits of a NaN
 * that an operation made, and values of which there are several.
 */
void values_open(const json_t *expected, struct outcome *found);
/* Whether a trap is the one that the suite's words mean. */
int trap_matches(const char *text, const struct outcome *found);

/* spec_run.c */
/* Runs NAME.json of a folder. `note` is told each failed command, and returns
 * whether that was to be expected.
 */
void file_run(const char *folder, const char *name, struct world *,
              struct totals *,
              int (*note)(const char *name, unsigned line, const char *why));

#endif

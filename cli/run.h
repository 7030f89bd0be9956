/* run.h - what the files of `lodge run` share. */
#ifndef LODGE_CLI_RUN_H
#define LODGE_CLI_RUN_H

#include "cli.h"

struct run_options {
    struct engine_options engine;
    struct list dirs, envs; /* as given, and checked */
    const char *invoke, *input;
    const char *core_dump, *profile; /* files */
    uint64_t interval;               /* of the profile, ns */
    uint64_t fuel, memory, timeout;  /* units, bytes, ns */
    bool has_fuel, has_memory, has_timeout, verbose, stats, no_cache;
};

/* One run: everything it opens, and what is known about it. */
struct guest {
    const struct run_options *opts;
    const char *path;
    struct operands args; /* the guest's, without its name */
    lodge_engine engine;
    lodge_module module;
    lodge_linker linker;
    lodge_wasi wasi;
    lodge_store store;
    lodge_instance instance;
    const char *entry; /* export to call; NULL: the start function did it */
    struct text type;  /* its signature */
    uint64_t *slots;   /* its arguments, then its results */
    uint32_t slots_len;
    uint64_t compile_ns;   /* for --stats */
    uint64_t began, ended; /* clock_ns around the guest; 0: not yet */
};

/* Steps of a run. Each returns CODE_GO_ON, or the exit code after it has
 * told what is wrong. */
int guest_load(struct guest *guest);
int guest_choose(struct guest *guest); /* what to call, with what */
int guest_link(struct guest *guest);
int guest_wasi(struct guest *guest);
int guest_store(struct guest *guest);
int guest_start(struct guest *guest);
int guest_call(struct guest *guest);
void guest_stats(const struct guest *guest);
/* Writes the profile, if there is one. False after it has told why not. */
bool guest_profile(const struct guest *guest);
void guest_close(struct guest *guest);

/* What a status of a running guest means for the exit code; tells why. */
int guest_failed(const struct guest *guest, lodge_status st,
                 const struct failure *why);

/* --dir HOST[::GUEST][:ro], taken apart. */
struct dir {
    const char *host, *guest;
    size_t host_len, guest_len;
    bool read_only;
};
bool dir_parse(const char *text, struct dir *out);

/* Arguments of --invoke by the signature of what is called (invoke.c). */
int invoke_choose(struct guest *guest);
void invoke_show(const struct guest *guest);
bool export_is_func(lodge_module module, const char *name, struct text *type);

#endif /* LODGE_CLI_RUN_H */

/* cli.h - what the files of the `lodge` command share.
 * The command knows lodge.h, libc and jansson; nothing of src/.
 * Every file includes this one first: it chooses POSIX.
 */
#ifndef LODGE_CLI_H
#define LODGE_CLI_H

#define _XOPEN_SOURCE 700

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lodge.h>

#include "text.h"

/* Exit codes. They are part of the interface: scripts test them. */
enum {
    CODE_GO_ON = -1, /* of a step: not finished yet */
    CODE_DONE = 0,
    CODE_FAILED = 1,    /* the module, a file, the system */
    CODE_USAGE = 2,     /* the command line */
    CODE_TIMEOUT = 124, /* as timeout(1) */
    CODE_TRAP = 134,    /* as a shell shows abort() */
    CODE_LIMIT = 137,   /* as a shell shows a kill for memory or time */
    CODE_MOST = 255
};

/* ---- commands and options (main.c, args.c, help.c) -------------------- */

enum { ANY = 1 << 30 }; /* number of operands */

/* An option sets something in a struct that its command has made. */
struct option {
    const char *name;  /* long form without the dashes; NULL ends a table */
    char letter;       /* short form, or 0 */
    const char *value; /* what it takes, for the help; NULL: a switch */
    const char *help;

    /* Takes the value; or says why not, as in "needs a number". */
    const char *(*set)(void *into, const char *value);
};

struct command {
    const char *name;
    const char *operands; /* as the usage line shows them */
    const char *summary;
    const char *about; /* further paragraphs of the help */
    const struct option *options;
    bool for_guest;     /* what follows the first operand is the guest's */
    size_t least, most; /* operands; most may be ANY */
    int (*run)(const struct command *self, char **argv);
};

/* A view into argv. */
struct operands {
    char **at;
    size_t len;
};

extern const struct command *const commands[]; /* ends with NULL */
extern const struct command command_run, command_compile, command_inspect,
    command_validate, command_wat, command_config, command_version,
    command_help;

/* Sort argv (ends with NULL) into options, set in `into`, and operands.
 * Returns CODE_GO_ON, or the exit code if this was all: help was asked for,
 * or the command line is wrong.
 */
int args_parse(const struct command *self, char **argv, void *into,
               struct operands *rest);
const struct command *command_find(const char *name);

/* The candidate most like `word`, or NULL if none is near. */
struct nearest {
    const char *word, *best;
    size_t distance;
};
void nearest_begin(struct nearest *near, const char *word);
void nearest_offer(struct nearest *near, const char *candidate);

void help_command(const struct command *self);
void help_all(struct text *to);

/* ---- values (number.c, value.c) --------------------------------------- */

/* A list of borrowed texts. */
struct list {
    const char **at;
    size_t len;
};
void list_add(struct list *list, const char *item);
void list_free(struct list *list);

bool parse_number(const char *text, uint64_t *out);
bool parse_size(const char *text, uint64_t *out);     /* 64K: bytes */
bool parse_duration(const char *text, uint64_t *out); /* 1.5s: ns */

/* A signature such as "i32 i64 -> f32", one word at a time. */
struct signature {
    const char *next;
    bool in_results;
};
/* The type of the next parameter or result as a word in `type`; false after
 * the last one. */
bool signature_next(struct signature *sig, bool results, char type[32]);

/* Slots that a value takes, 0 if it cannot be written as a text. */
size_t value_slots(const char *type);
bool value_parse(const char *type, const char *text, uint64_t *slots);
void value_show(const char *type, const uint64_t *slots, struct text *to);

/* After a call that writes text: make room and say that it must be called
 * again, or take its length over.
 */
bool text_again(struct text *text, lodge_status st, uint64_t len);

/* ---- failures (fail.c) ------------------------------------------------ */

/* An error record with room for a long message. */
struct failure {
    lodge_error err;
    char more[3072]; /* the message goes on here */
};
void failure_init(struct failure *why);
const char *failure_message(const struct failure *why);

/* "lodge: ..." on stderr, hostile characters escaped. */
__attribute__((format(printf, 1, 2))) void fail(const char *format, ...);
/* "hint: ..." on stderr. */
__attribute__((format(printf, 1, 2))) void hint(const char *format, ...);
/* A line of detail on stderr, indented. */
void detail(const char *ptr, size_t len);
void hint_help(const struct command *self);

/* ---- keys and folders (key.c) ------------------------------------------ */

/* The key of compiled code; `may_make`: the user's own is made if there is
 * none. False after it has told what is wrong.
 */
bool key_open(bool may_make, struct text *out);
const char *key_set_file(void *into, const char *value);
/* A file of ours in a folder of the user's: that of an environment variable,
 * or one in the home folder. False: there is no such folder.
 */
bool user_path(const char *variable, const char *in_home, const char *name,
               struct text *out);

#define KEY_OPTION                                                            \
    { "key-file", 0, "FILE",                                                  \
      "the key of compiled code; without it the user's own", key_set_file }

/* ---- modules (engine.c, module.c, file.c) ----------------- */

/* First member of the options of every command that makes an engine. */
struct engine_options {
    uint32_t preset;
    struct list config; /* texts for lodge_config_parse, in order */
    const char *cache;  /* folder for what is compiled, or NULL */
};
const char *engine_set_preset(void *into, const char *value);
const char *engine_set_config(void *into, const char *value);

#define ENGINE_OPTIONS                                                        \
    { "config", 0, "K=V[,K=V]",                                               \
      "set configuration keys; `lodge config` lists them", engine_set_config },\
    { "preset", 0, "NAME",                                                    \
      "start from default, untrusted, deterministic, pulley, small, "         \
      "no-signals or pooling", engine_set_preset }

/* Make the engine that the options ask for; `forced` (may be NULL) is set
 * last. Returns CODE_GO_ON, or an exit code after it has told what is wrong.
 */
int engine_open(const struct engine_options *opts, const char *forced,
                lodge_engine *out);

/* Read a whole file, "-" is stdin. False after it has told what is wrong. */
bool file_read(const char *path, uint64_t most, struct text *out);
/* Write a whole file. False after it has told what is wrong. */
bool file_write(const char *path, const struct text *bytes);
/* How messages name a file. */
const char *file_label(const char *path);

enum module_form { FORM_BINARY, FORM_TEXT, FORM_COMPILED, FORM_OTHER };
enum module_form module_form(const struct text *bytes);
bool module_read(const char *path, lodge_engine engine, struct text *out);
/* Opens a module to be compiled. */
bool module_compile(const char *path, lodge_engine engine, lodge_module *out);
/* Opens a module, or loads it if it is compiled. */
bool module_open(const char *path, lodge_engine engine, lodge_module *out);
/* Whether a file holds compiled code. */
bool module_is_compiled(const char *path);
/* Text to binary. False after it has told what is wrong. */
bool module_translate(const char *path, const struct text *source,
                      struct text *binary);

/* One text of an import, an export or a section. False: there is none. */
typedef lodge_status module_item_fn(lodge_module module, uint32_t index,
                                    uint32_t what, char *buf, uint64_t cap,
                                    uint64_t *len, lodge_error *err);
bool module_item(module_item_fn *get, lodge_module module, uint32_t index,
                 uint32_t what, struct text *out);

/* ---- time (alarm.c) --------------------------------------------------- */

uint64_t clock_ns(void);
/* A note on stderr, if it is a terminal, once compiling takes a second. */
void progress_begin(const char *path);
void progress_end(void);
/* End the command with CODE_TIMEOUT if it is still busy after `ns`: the
 * guest waits inside the system, where no deadline reaches it.
 */
void watchdog_begin(const char *path, uint64_t ns);
void watchdog_end(void);

#endif /* LODGE_CLI_H */

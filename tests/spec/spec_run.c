/* spec_run.c - the commands of one file. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "spec.h"

/* Modules and instances that a file gives names. */
struct named {
    char *name;
    lodge_module module;
    lodge_instance instance;
};

struct run {
    struct world *world;
    const char *folder;
    struct named *named;
    size_t count;
    struct outcome found;   /* of the last command */
    lodge_instance current; /* 0 where the last module failed */
    lodge_module definition;
    char why[400];
};

static const char *text_of(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static int fails(struct run *run, const char *what, const lodge_error *err)
{
    snprintf(run->why, sizeof run->why, "%s: status %d: %.300s", what,
             (int)err->status, err->message);
    return 0;
}

/* ---- modules ---------------------------------------------------------- */

static struct named *find(struct run *run, const char *name)
{
    size_t i;

    for (i = run->count; name && i-- > 0;) {
        if (strcmp(run->named[i].name, name) == 0)
            return &run->named[i];
    }
    return NULL;
}

static int remember(struct run *run, const char *name, lodge_module module,
                    lodge_instance instance)
{
    struct named *more, one = {NULL, module, instance};

    if (!name)
        return 1;
    more = realloc(run->named, (run->count + 1) * sizeof *more);
    if (!more)
        return 0;
    run->named = more;
    one.name = strdup(name);
    more[run->count++] = one;
    return one.name != NULL;
}

static uint8_t *read_file(const struct run *run, const char *name,
                          uint64_t *len)
{
    char path[4096];
    uint8_t *bytes = NULL;
    long size;
    FILE *f;

    snprintf(path, sizeof path, "%s/%s", run->folder, name);
    f = fopen(path, "rb");
    if (!f)
        return NULL;
    if (fseek(f, 0, SEEK_END) == 0 && (size = ftell(f)) >= 0 &&
        fseek(f, 0, SEEK_SET) == 0) {
        bytes = malloc((size_t)size + 1);
        *len = (uint64_t)size;
        if (bytes && fread(bytes, 1, (size_t)size, f) != (size_t)size) {
            free(bytes);
            bytes = NULL;
        }
    }
    fclose(f);
    return bytes;
}

/* The text form of a module is read where the file is about it. */
static lodge_status open_module(struct run *run, const json_t *command,
                                lodge_module *out, lodge_error *err)
{
    const char *binary = text_of(command, "binary_filename");
    const char *name = binary ? binary : text_of(command, "filename");
    uint64_t len = 0;
    uint8_t *bytes = read_file(run, name, &len);
    lodge_status st;

    if (!bytes) {
        snprintf(err->message, sizeof err->message, "%.100s: %s", name,
                 strerror(errno));
        return LODGE_E_IO;
    }
    st = lodge_module_open(run->world->engine, bytes, len, out, err);
    free(bytes);
    return st;
}

static lodge_status make_instance(struct run *run, const json_t *command,
                                  lodge_instance *out, lodge_error *err)
{
    lodge_module module;
    lodge_status st = open_module(run, command, &module, err);

    if (st == LODGE_OK) {
        st = world_instantiate(run->world, module, out, err);
        lodge_module_close(module);
    }
    return st;
}

/* ---- commands --------------------------------------------------------- */

/* Each returns whether the command went as it should; else `why` says what
 * is wrong.
 */
static int run_module(struct run *run, const json_t *command)
{
    lodge_error err = LODGE_ERROR_INIT;
    lodge_instance instance = {0};
    lodge_module none = {0};

    run->current.id = 0;
    if (make_instance(run, command, &instance, &err) != LODGE_OK)
        return fails(run, "module", &err);
    run->current = instance;
    return remember(run, text_of(command, "name"), none, instance);
}

static int run_module_definition(struct run *run, const json_t *command)
{
    lodge_error err = LODGE_ERROR_INIT;
    lodge_instance none = {0};
    lodge_module module;

    if (open_module(run, command, &module, &err) != LODGE_OK)
        return fails(run, "module definition", &err);
    run->definition = module;
    return remember(run,
                    text_of(command, "name") ? text_of(command, "name") : "",
                    module, none);
}

static int run_module_instance(struct run *run, const json_t *command)
{
    lodge_error err = LODGE_ERROR_INIT;
    struct named *definition = find(run, text_of(command, "module"));
    lodge_module module = definition ? definition->module : run->definition;
    lodge_module none = {0};

    run->current.id = 0;
    if (world_instantiate(run->world, module, &run->current, &err) != LODGE_OK)
        return fails(run, "module instance", &err);
    return remember(run, text_of(command, "instance"), none, run->current);
}

static int run_register(struct run *run, const json_t *command)
{
    lodge_error err = LODGE_ERROR_INIT;
    struct named *named = find(run, text_of(command, "name"));
    lodge_instance instance = named ? named->instance : run->current;
    const json_t *as = json_object_get(command, "as");

    if (lodge_linker_add_instance(run->world->linker, json_string_value(as),
                                  json_string_length(as), instance,
                                  &err) != LODGE_OK)
        return fails(run, "register", &err);
    return 1;
}

static lodge_instance instance_of(struct run *run, const json_t *action)
{
    struct named *named = find(run, text_of(action, "module"));

    return named ? named->instance : run->current;
}

static void get_global(struct run *run, const json_t *action,
                       struct outcome *out)
{
    const json_t *field = json_object_get(action, "field");
    lodge_global global;
    uint64_t len = 0;
    char type[64];

    out->status = lodge_instance_global(
        instance_of(run, action), json_string_value(field),
        json_string_length(field), &global, &out->err);
    if (out->status == LODGE_OK)
        out->status =
            lodge_global_type(global, type, sizeof type, &len, &out->err);
    if (out->status == LODGE_OK)
        out->status =
            lodge_global_get(global, out->values, MAX_SLOTS, &out->err);
    if (out->status != LODGE_OK)
        return;
    out->slots = len >= 4 && memcmp(type + len - 4, "v128", 4) == 0 ? 2 : 1;
    snprintf(out->types, sizeof out->types, "%.*s", (int)len, type);
}

static void invoke(struct run *run, const json_t *action, struct outcome *out)
{
    const json_t *field = json_object_get(action, "field");
    uint64_t slots[MAX_SLOTS];
    lodge_func fn;
    int count =
        values_from_json(run->world, json_object_get(action, "args"), slots);

    if (count < 0) {
        out->status = LODGE_E_UNSUPPORTED;
        snprintf(out->err.message, sizeof out->err.message,
                 "an argument has no form here");
        return;
    }
    out->status =
        lodge_instance_func(instance_of(run, action), json_string_value(field),
                            json_string_length(field), &fn, &out->err);
    if (out->status == LODGE_OK)
        world_call(run->world, fn, slots, (uint32_t)count, out);
}

static void run_action(struct run *run, const json_t *command,
                       struct outcome *out)
{
    static const lodge_error fresh = LODGE_ERROR_INIT;
    const json_t *action = json_object_get(command, "action");

    memset(out, 0, sizeof *out);
    out->err = fresh;
    if (strcmp(text_of(action, "type"), "get") == 0)
        get_global(run, action, out);
    else
        invoke(run, action, out);
    out->err.status = out->status;
    run->found = *out;
}

static int run_plain_action(struct run *run, const json_t *command)
{
    struct outcome out;

    run_action(run, command, &out);
    return out.status == LODGE_OK || fails(run, "action", &out.err);
}

static int run_return(struct run *run, const json_t *command)
{
    struct outcome out;

    run_action(run, command, &out);
    if (out.status != LODGE_OK)
        return fails(run, "action", &out.err);
    return values_match(run->world, json_object_get(command, "expected"), &out,
                        run->why, sizeof run->why);
}

static int run_trap(struct run *run, const json_t *command)
{
    const char *text = text_of(command, "text");
    struct outcome out;
    size_t used;

    run_action(run, command, &out);
    if (trap_matches(text, &out))
        return 1;
    used = (size_t)snprintf(run->why, sizeof run->why,
                            "expected the trap \"%.80s\"; ", text);
    snprintf(run->why + used, sizeof run->why - used, "status %d, trap %d: %s",
             (int)out.status, (int)out.trap, out.err.message);
    return 0;
}

static int run_exception(struct run *run, const json_t *command)
{
    struct outcome out;

    run_action(run, command, &out);
    return out.status == LODGE_E_EXCEPTION ||
           fails(run, "expected an exception", &out.err);
}

/* "3:14: ...", as the parser of texts says it. */
static int has_position(const char *message)
{
    unsigned line, column;
    int n = 0;

    return sscanf(message, "%u:%u: %n", &line, &column, &n) == 2 && n &&
           message[n];
}

/* Where the mistake is, in a binary, and what it is: "WHAT (at offset 0x12)"
 * or "code at offset 18: WHAT".
 */
static int has_offset(const lodge_error *err)
{
    const char *hex = strstr(err->message, " (at offset 0x");
    const char *code = strstr(err->message, "WebAssembly code at offset ");
    unsigned long long offset;
    int n = 0;

    if (code)
        return sscanf(code, "WebAssembly code at offset %llu: %n", &offset,
                      &n) == 1 &&
               n && code[n] && err->detail == offset;
    return hex && hex > err->message &&
           sscanf(hex, " (at offset 0x%llx)", &offset) == 1 &&
           err->detail == offset;
}

/* A text that is malformed may be refused as text or as a module. */
static int run_refused(struct run *run, const json_t *command)
{
    lodge_error err = LODGE_ERROR_INIT;
    lodge_module module;
    lodge_status st = open_module(run, command, &module, &err);

    run->found.status = st;
    run->found.err = err;
    if (st == LODGE_E_COMPILE &&
        (has_position(err.message) || has_offset(&err)))
        return 1;
    if (st == LODGE_OK)
        lodge_module_close(module);
    err.status = st;
    return fails(run,
                 st == LODGE_E_COMPILE ? "expected a place and a reason"
                                       : "expected a refusal",
                 &err);
}

/* Whether the message names an import of the module. */
static int names_import(lodge_module module, const char *message)
{
    char want[512], from[128], name[128];
    uint64_t from_len, name_len;
    uint32_t i, count = 0;

    lodge_module_import_count(module, &count, NULL);
    for (i = 0; i < count; i++) {
        if (lodge_module_import(module, i, LODGE_ITEM_MODULE, from,
                                sizeof from, &from_len, NULL) != LODGE_OK ||
            lodge_module_import(module, i, LODGE_ITEM_NAME, name, sizeof name,
                                &name_len, NULL) != LODGE_OK)
            continue;
        snprintf(want, sizeof want,
                 "import \"%.*s\".\"%.*s\": ", (int)from_len, from,
                 (int)name_len, name);
        if (strstr(message, want) == message)
            return 1;
    }
    return 0;
}

static int run_unlinkable(struct run *run, const json_t *command)
{
    lodge_error err = LODGE_ERROR_INIT;
    lodge_instance instance;
    lodge_module module;
    int named;
    lodge_status st = open_module(run, command, &module, &err);

    if (st != LODGE_OK)
        return fails(run, "expected E_LINK", &err);
    st = world_instantiate(run->world, module, &instance, &err);
    named = names_import(module, err.message);
    lodge_module_close(module);
    run->found.status = err.status = st;
    if (st == LODGE_E_LINK && named)
        return 1;
    return fails(run,
                 st == LODGE_E_LINK ? "expected the import's name"
                                    : "expected E_LINK",
                 &err);
}

static int run_uninstantiable(struct run *run, const json_t *command)
{
    struct outcome out = {.err = LODGE_ERROR_INIT};
    lodge_instance instance;

    out.status = make_instance(run, command, &instance, &out.err);
    out.trap = out.err.trap;
    run->found = out;
    if (trap_matches(text_of(command, "text"), &out))
        return 1;
    out.err.status = out.status;
    return fails(run, text_of(command, "text"), &out.err);
}

static const struct {
    const char *type;
    int (*run)(struct run *, const json_t *);
} commands[] = {
    {"module", run_module},
    {"module_definition", run_module_definition},
    {"module_instance", run_module_instance},
    {"register", run_register},
    {"action", run_plain_action},
    {"assert_return", run_return},
    {"assert_trap", run_trap},
    {"assert_exhaustion", run_trap},
    {"assert_exception", run_exception},
    {"assert_malformed", run_refused},
    {"assert_invalid", run_refused},
    {"assert_unlinkable", run_unlinkable},
    {"assert_uninstantiable", run_uninstantiable},
};

static int run_command(struct run *run, const json_t *command)
{
    const char *type = text_of(command, "type");
    size_t i;

    for (i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (strcmp(type, commands[i].type) == 0)
            return commands[i].run(run, command);
    }
    snprintf(run->why, sizeof run->why, "unknown command %.60s", type);
    return 0;
}

/* ---- a file ----------------------------------------------------------- */

static void close_run(struct run *run)
{
    while (run->count > 0) {
        struct named *last = &run->named[--run->count];

        lodge_module_close(last->module);
        free(last->name);
    }
    free(run->named);
}

void file_run(const char *folder, const char *name, struct world *w,
              struct totals *totals,
              int (*note)(const char *name, unsigned line, const char *why))
{
    struct run run = {.world = w, .folder = folder};
    char path[4096];
    json_error_t error;
    json_t *file, *command;
    size_t i;

    snprintf(path, sizeof path, "%s/%s.json", folder, name);
    file = json_load_file(path, JSON_ALLOW_NUL, &error);
    if (!file) {
        note(name, (unsigned)error.line, error.text);
        totals->failed++;
        return;
    }
    totals->files++;
    json_array_foreach(json_object_get(file, "commands"), i, command)
    {
        json_t *line = json_object_get(command, "line");
        int is_assertion =
            strncmp(text_of(command, "type"), "assert_", 7) == 0;
        int good;

        memset(&run.found, 0, sizeof run.found);
        good = run_command(&run, command);
        if (good && is_assertion) {
            values_open(json_object_get(command, "expected"), &run.found);
            digest_note(w->suite, name, (unsigned)json_integer_value(line),
                        &run.found);
        }
        totals->assertions += (uint32_t)is_assertion;
        totals->passed += (uint32_t)(good && is_assertion);
        if (good)
            continue;
        if (note(name, (unsigned)json_integer_value(line), run.why))
            totals->expected++;
        else
            totals->failed++;
    }
    json_decref(file);
    close_run(&run);
}

/* raw.c - makes one mistake, or lists them all: raw_misuse [ID|--version].
 * It must not know what the mistakes are.
 */
#include "raw.h"

#include <malloc.h>
#include <stdarg.h>

static const struct row *const tables[] = {
    rows_config, rows_types, rows_modules, rows_linker,
    rows_store,  rows_calls, rows_hosts,   rows_memory,
    rows_refs,   rows_wasi,  rows_async,   rows_process};

/* ---- what is told -------------------------------------------------------- */

void told(const char *kind, const char *format, ...)
{
    va_list args;

    printf("%s: ", kind);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
    fflush(stdout);
}

/* The line of a message that says why: the first, or the cause at its end. */
static void told_text(const char *kind, const wasm_name_t *text)
{
    static const char cause[] = "Caused by:";
    char copy[4096], *at = copy;

    snprintf(copy, sizeof copy, "%.*s", (int)text->size, text->data);
    if (strstr(at, cause))
        at = strstr(at, cause) + strlen(cause);
    at += strspn(at, " \n0123456789:");
    at[strcspn(at, "\n")] = '\0';
    told(kind, "%s", at);
}

void told_outcome(wasmtime_error_t *error, wasm_trap_t **trap)
{
    wasm_name_t text;

    if (error) {
        wasmtime_error_message(error, &text);
        told_text("error", &text);
        wasm_byte_vec_delete(&text);
        wasmtime_error_delete(error);
    } else if (trap && *trap) {
        wasm_trap_message(*trap, &text);
        told_text("trap", &text);
        wasm_byte_vec_delete(&text);
        wasm_trap_delete(*trap);
    } else {
        told("done", "no complaint");
    }
}

void told_leak(void (*turn)(void *), void *with)
{
    enum { TURNS = 1000 };
    size_t before, after;
    int i;

    for (i = 0; i < 100; i++)
        turn(with);
    before = mallinfo2().uordblks;
    for (i = 0; i < TURNS; i++)
        turn(with);
    after = mallinfo2().uordblks;
    if (after > before + 8 * TURNS)
        told("leak", "the heap grows with each turn");
    else
        told("done", "the heap stays as it is");
}

void need(int yes, const char *what)
{
    if (yes)
        return;
    told("broken", "%s", what);
    exit(3);
}

/* ---- what is there ------------------------------------------------------- */

static void need_ok(wasmtime_error_t *error, const char *what)
{
    if (error)
        told_outcome(error, NULL);
    need(!error, what);
}

void raw_binary(const char *wat, wasm_byte_vec_t *out)
{
    need_ok(wasmtime_wat2wasm(wat, strlen(wat), out), "wat");
}

wasmtime_module_t *raw_module(wasm_engine_t *engine, const char *wat)
{
    wasmtime_module_t *module = NULL;
    wasm_byte_vec_t binary;

    raw_binary(wat, &binary);
    need_ok(wasmtime_module_new(engine, (const uint8_t *)binary.data,
                                binary.size, &module),
            "module");
    wasm_byte_vec_delete(&binary);
    return module;
}

void place_instance(struct place *p)
{
    wasm_trap_t *trap = NULL;

    need_ok(wasmtime_linker_instantiate(p->linker, p->ctx, p->module,
                                        &p->instance, &trap),
            "instance");
    need(!trap, "instance trapped");
}

struct place place_on(wasm_engine_t *engine, const char *wat)
{
    struct place p = {.engine = engine};

    p.store = wasmtime_store_new(p.engine, NULL, NULL);
    p.ctx = wasmtime_store_context(p.store);
    p.linker = wasmtime_linker_new(p.engine);
    if (wat) {
        p.module = raw_module(p.engine, wat);
        place_instance(&p);
    }
    return p;
}

struct place place(const char *wat)
{
    return place_on(wasm_engine_new(), wat);
}

struct place beside(const struct place *p, const char *wat)
{
    return place_on(p->engine, wat);
}

wasmtime_extern_t raw_export(struct place *p, const char *name)
{
    wasmtime_extern_t item;

    need(wasmtime_instance_export_get(p->ctx, &p->instance, name, strlen(name),
                                      &item),
         name);
    return item;
}

wasmtime_func_t raw_func(struct place *p, const char *name)
{
    return raw_export(p, name).of.func;
}

wasmtime_memory_t raw_memory(struct place *p, const char *name)
{
    return raw_export(p, name).of.memory;
}

void call_and_tell(struct place *p, const char *name)
{
    wasmtime_func_t func = raw_func(p, name);
    wasm_trap_t *trap = NULL;

    told_outcome(wasmtime_func_call(p->ctx, &func, NULL, 0, NULL, 0, &trap),
                 &trap);
}

wasm_trap_t *idle(void *env, wasmtime_caller_t *caller,
                  const wasmtime_val_t *args, size_t nargs,
                  wasmtime_val_t *results, size_t nresults)
{
    (void)env, (void)caller, (void)args, (void)nargs, (void)results;
    (void)nresults;
    return NULL;
}

void linker_func(struct place *p, const char *name, wasm_functype_t *type,
                 wasmtime_func_callback_t call, void *env)
{
    need_ok(wasmtime_linker_define_func(p->linker, "h", 1, name, strlen(name),
                                        type, call, env, NULL),
            name);
    wasm_functype_delete(type);
}

/* ---- one row ------------------------------------------------------------- */

static const struct row *find(const char *id)
{
    const struct row *row;
    size_t i;

    for (i = 0; i < sizeof tables / sizeof *tables; i++)
        for (row = tables[i]; row->id; row++)
            if (strcmp(row->id, id) == 0)
                return row;
    return NULL;
}

static void list(void)
{
    const struct row *row;
    size_t i;

    for (i = 0; i < sizeof tables / sizeof *tables; i++)
        for (row = tables[i]; row->id; row++)
            puts(row->id);
}

int main(int argc, char **argv)
{
    const struct row *row = argc == 2 ? find(argv[1]) : NULL;

    if (argc == 1)
        list();
    else if (strcmp(argv[1], "--version") == 0)
        puts(WASMTIME_VERSION);
    else if (!row)
        return 2;
    else if (row->why_not)
        told("not", "%s", row->why_not);
    else
        row->make();
    return 0;
}

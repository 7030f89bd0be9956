/* guest.c - the steps of a run, each a few calls of Lodge.
 * It must not know options or how values are written.
 */
#include "run.h"

#include <stdlib.h>
#include <string.h>

/* ---- failures --------------------------------------------------------- */

static const struct outcome {
    lodge_status status;
    int code;
    const char *hint;
} outcomes[] = {
    {LODGE_E_TRAP, CODE_TRAP, NULL},
    {LODGE_E_EXCEPTION, CODE_TRAP, NULL},
    {LODGE_E_HOST, CODE_TRAP, NULL},
    {LODGE_E_STACK, CODE_TRAP,
     "give it more stack with --config max-wasm-stack=4M,fiber-stack=8M"},
    {LODGE_E_FUEL, CODE_LIMIT, "give it more with --fuel"},
    {LODGE_E_DEADLINE, CODE_TIMEOUT, "give it more time with --timeout"},
    {LODGE_E_LIMIT, CODE_LIMIT, NULL},
    {LODGE_E_MEMORY, CODE_LIMIT, NULL},
};

static const struct outcome *outcome_of(lodge_status st)
{
    size_t i;

    for (i = 0; i < sizeof outcomes / sizeof *outcomes; i++)
        if (outcomes[i].status == st)
            return &outcomes[i];
    return NULL;
}

static uint64_t store_get(const struct guest *guest, uint32_t key)
{
    uint64_t value = 0;

    lodge_store_get(guest->store, key, &value, NULL);
    return value;
}

/* The whole report, an indented line each, without a first line that was
 * told already.
 */
static void show_report(uint64_t id, const char *told)
{
    lodge_report report = {id};
    struct text all = {0};
    uint64_t len = 0;
    lodge_status st;
    char *at, *next;

    text_reserve(&all, 0);
    do {
        st = lodge_report_text(report, all.ptr, all.cap - 1, &len, NULL);
    } while (text_again(&all, st, len));
    all.ptr[all.len] = '\0';
    at = all.ptr;
    if (strncmp(at, told, strlen(told)) == 0 && at[strlen(told)] == '\n')
        at += strlen(told) + 1;
    for (; *at; at = next) {
        len = strcspn(at, "\n");
        next = at + len + (at[len] == '\n');
        detail(at, (size_t)len);
    }
    text_free(&all);
}

/* Writes the core dump, and tells where it is or why there is none. */
static void save_core_dump(uint64_t id, const char *path)
{
    struct text dump = {0};
    struct failure why;
    uint64_t len = 0;
    lodge_status st;

    failure_init(&why);
    text_reserve(&dump, 0);
    do {
        st = lodge_report_core_dump((lodge_report){id}, (uint8_t *)dump.ptr,
                                    dump.cap - 1, &len, &why.err);
    } while (text_again(&dump, st, len));
    if (st != LODGE_OK)
        fail("%s", failure_message(&why));
    else if (file_write(path, &dump))
        hint("the core dump is in %s", path);
    text_free(&dump);
}

static void give_hint(const struct guest *guest, const struct outcome *known)
{
    uint64_t refused = store_get(guest, LODGE_STORE_REFUSALS);

    if (guest->opts->has_memory && refused)
        hint("--memory refused it memory %llu time%s; raise it",
             (unsigned long long)refused, refused == 1 ? "" : "s");
    else if (known && known->hint)
        hint("%s", known->hint);
    else if (known && known->code == CODE_TRAP && !guest->opts->verbose)
        hint("-v shows a backtrace");
}

int guest_failed(const struct guest *guest, lodge_status st,
                 const struct failure *why)
{
    const struct outcome *known = outcome_of(st);
    int32_t exit_code = why->err.exit_code;

    if (st == LODGE_E_EXIT) {
        lodge_report_close((lodge_report){why->err.report});
        return exit_code < 0 || exit_code > CODE_MOST ? CODE_MOST : exit_code;
    }
    fail("%s: %s", file_label(guest->path), failure_message(why));
    if (why->err.report && guest->opts->verbose)
        show_report(why->err.report, failure_message(why));
    if (why->err.report && guest->opts->core_dump)
        save_core_dump(why->err.report, guest->opts->core_dump);
    lodge_report_close((lodge_report){why->err.report});
    give_hint(guest, known);
    return known ? known->code : CODE_FAILED;
}

/* ---- before it runs --------------------------------------------------- */

/* Reads the module and compiles it. */
int guest_load(struct guest *guest)
{
    uint64_t began = clock_ns();

    if (!module_open(guest->path, guest->engine, &guest->module))
        return CODE_FAILED;
    guest->compile_ns = clock_ns() - began;
    return CODE_GO_ON;
}

static bool wants_nothing(const struct text *type)
{
    struct signature params = {.next = type->ptr};
    struct signature results = {.next = type->ptr};
    char unused[32];

    return !signature_next(&params, false, unused) &&
           !signature_next(&results, true, unused);
}

int guest_choose(struct guest *guest)
{
    uint64_t start = 0;

    if (guest->opts->invoke)
        return invoke_choose(guest);
    if (export_is_func(guest->module, "_start", &guest->type)) {
        if (!wants_nothing(&guest->type)) {
            fail("%s: _start has the type %s", file_label(guest->path),
                 guest->type.ptr);
            hint("call it with --invoke _start");
            return CODE_FAILED;
        }
        guest->entry = "_start";
        return CODE_GO_ON;
    }
    lodge_module_needs(guest->module, LODGE_NEEDS_START, &start, NULL);
    return start ? CODE_GO_ON : invoke_choose(guest);
}

static int tell_missing(const struct guest *guest)
{
    struct text lines = {0};
    struct failure why;
    uint32_t count = 0;
    uint64_t len = 0;
    lodge_status st;

    failure_init(&why);
    text_reserve(&lines, 0);
    do {
        st = lodge_linker_missing(guest->linker, guest->module, lines.ptr,
                                  lines.cap - 1, &len, &count, &why.err);
    } while (text_again(&lines, st, len));
    lines.ptr[lines.len] = '\0';
    if (st != LODGE_OK)
        fail("%s: %s", file_label(guest->path), failure_message(&why));
    else if (count)
        fail("%s: %u import%s not satisfied\n%s", file_label(guest->path),
             count, count == 1 ? " is" : "s are", lines.ptr);
    if (count)
        hint("a guest of this command can import WASI preview 1 "
             "(wasi_snapshot_preview1)");
    text_free(&lines);
    return st == LODGE_OK && !count ? CODE_GO_ON : CODE_FAILED;
}

int guest_link(struct guest *guest)
{
    struct failure why;
    lodge_status st;

    failure_init(&why);
    st = lodge_linker_new(guest->engine, &guest->linker, &why.err);
    if (st == LODGE_OK)
        st = lodge_linker_add_wasi(guest->linker, &why.err);
    if (st == LODGE_OK)
        return tell_missing(guest);
    fail("%s", failure_message(&why));
    return CODE_FAILED;
}

/* ---- running ---------------------------------------------------------- */

/* All that the guest does shares one time: give the next call what is left
 * of it. A nanosecond is left at least, as 0 would mean no limit.
 */
static lodge_status set_deadline(const struct guest *guest,
                                 struct failure *why)
{
    uint64_t used = clock_ns() - guest->began;
    uint64_t left =
        used < guest->opts->timeout ? guest->opts->timeout - used : 1;

    if (!guest->opts->has_timeout)
        return LODGE_OK;
    return lodge_store_set(guest->store, LODGE_STORE_DEADLINE, left,
                           &why->err);
}

static lodge_status call(const struct guest *guest, const char *name,
                         uint64_t *slots, uint32_t len, struct failure *why)
{
    lodge_func fn = {0};
    lodge_status st = set_deadline(guest, why);

    if (st == LODGE_OK)
        st = lodge_instance_func(guest->instance, name, strlen(name), &fn,
                                 &why->err);
    if (st == LODGE_OK)
        st = lodge_func_call(fn, slots, len, &why->err);
    return st;
}

static void watch(struct guest *guest)
{
    static const uint64_t grace = 500000000;

    guest->began = clock_ns();
    if (guest->opts->has_timeout)
        watchdog_begin(file_label(guest->path), guest->opts->timeout + grace);
}

static void ask_report(const struct guest *guest, struct failure *why)
{
    failure_init(why);
    if (guest->opts->verbose)
        why->err.flags |= LODGE_ERROR_REPORT;
    if (guest->opts->core_dump)
        why->err.flags |= LODGE_ERROR_CORE_DUMP;
}

static lodge_status start_profile(const struct guest *guest,
                                  struct failure *why)
{
    const char *name = file_label(guest->path);

    if (!guest->opts->profile)
        return LODGE_OK;
    return lodge_profile_start(guest->store, name, strlen(name),
                               guest->opts->interval, &why->err);
}

/* Makes the instance and, unless it is a command, initialises it. */
int guest_start(struct guest *guest)
{
    struct text unused = {0};
    struct failure why;
    lodge_status st;

    ask_report(guest, &why);
    watch(guest);
    st = start_profile(guest, &why);
    if (st == LODGE_OK)
        st = set_deadline(guest, &why);
    if (st == LODGE_OK)
        st = lodge_instance_new(guest->linker, guest->store, guest->module,
                                &guest->instance, &why.err);
    if (st == LODGE_OK && guest->opts->invoke &&
        strcmp(guest->opts->invoke, "_initialize") != 0 &&
        export_is_func(guest->module, "_initialize", &unused))
        st = call(guest, "_initialize", NULL, 0, &why);
    text_free(&unused);
    guest->ended = clock_ns();
    return st == LODGE_OK ? CODE_GO_ON : guest_failed(guest, st, &why);
}

int guest_call(struct guest *guest)
{
    struct failure why;
    lodge_status st = LODGE_OK;

    ask_report(guest, &why);
    if (guest->entry)
        st = call(guest, guest->entry, guest->slots, guest->slots_len, &why);
    guest->ended = clock_ns();
    watchdog_end();
    if (st != LODGE_OK)
        return guest_failed(guest, st, &why);
    if (guest->opts->invoke)
        invoke_show(guest);
    return CODE_DONE;
}

/* ---- afterwards ------------------------------------------------------- */

static void stat_ms(const char *name, uint64_t ns)
{
    struct text line = {0};

    text_printf(&line, "%s: %.3f ms\n", name, (double)ns / 1e6);
    write_all(2, line.ptr, line.len);
    text_free(&line);
}

static void stat_words(const char *name, const char *words)
{
    struct text line = {0};

    text_printf(&line, "%s: %s\n", name, words);
    write_all(2, line.ptr, line.len);
    text_free(&line);
}

static void stat_number(const char *name, uint64_t value)
{
    struct text line = {0};

    text_printf(&line, "%s: %llu\n", name, (unsigned long long)value);
    write_all(2, line.ptr, line.len);
    text_free(&line);
}

/* What came of the cache, if there is one. */
static void stat_cache(void)
{
    static const char *const why[] = {
        "",
        "its folder cannot be used",
        "its folder is not this user's alone",
        "its key cannot be used",
        "it cannot be read",
        "it cannot be written to",
        "the module is larger than it may be",
        "what it held was not sound",
    };
    uint64_t hits = 0, misses = 0, failed = 0;

    lodge_stat(LODGE_STAT_CACHE_HITS, &hits);
    lodge_stat(LODGE_STAT_CACHE_MISSES, &misses);
    lodge_stat(LODGE_STAT_CACHE_WHY, &failed);
    if (hits)
        stat_words("cache", "found");
    else if (failed && failed < sizeof why / sizeof *why)
        stat_words("cache", why[failed]);
    else if (misses)
        stat_words("cache", "kept");
}

void guest_stats(const struct guest *guest)
{
    uint64_t fuel = 0;

    if (!guest->ended)
        return;
    stat_ms("compile time", guest->compile_ns);
    stat_cache();
    stat_ms("run time", guest->ended - guest->began);
    stat_number("memory peak", store_get(guest, LODGE_STORE_MEMORY_PEAK));
    lodge_engine_get(guest->engine, LODGE_CONFIG_FUEL, &fuel, NULL);
    if (fuel)
        stat_number("fuel used", store_get(guest, LODGE_STORE_FUEL_USED));
}

bool guest_profile(const struct guest *guest)
{
    struct text json = {0};
    struct failure why;
    uint64_t len = 0;
    lodge_status st;
    bool good = false;

    if (!guest->opts->profile || !guest->began)
        return true;
    failure_init(&why);
    text_reserve(&json, 0);
    do {
        st = lodge_profile_finish(guest->store, json.ptr, json.cap - 1, &len,
                                  &why.err);
    } while (text_again(&json, st, len));
    if (st == LODGE_OK)
        good = file_write(guest->opts->profile, &json);
    else
        fail("--profile: %s", failure_message(&why));
    text_free(&json);
    return good;
}

void guest_close(struct guest *guest)
{
    watchdog_end();
    lodge_instance_close(guest->instance);
    lodge_store_close(guest->store);
    lodge_wasi_close(guest->wasi);
    lodge_linker_close(guest->linker);
    lodge_module_close(guest->module);
    lodge_engine_close(guest->engine);
    text_free(&guest->type);
    free(guest->slots);
}

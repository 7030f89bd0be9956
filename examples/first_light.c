/* first_light.c - a guest does some work, others are kept from mischief.
 *
 *   first_light [FILE [GUEST]]
 *
 * A guest (guests/wordcount.c, or .wat) counts the lines, words and bytes of
 * FILE (README.md). Then one that never ends is stopped, twice, and a
 * mistake is refused. Run it in the source folder. Exit code 0: all was as
 * expected.
 */
#include <lodge.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifndef LODGE_GUEST_DIR
#define LODGE_GUEST_DIR "."
#endif
#define TEXT(s) s, strlen(s)

static lodge_error err = LODGE_ERROR_INIT;
static int surprises;

/* ---- small helpers ---------------------------------------------------- */

/* Around every call that has no reason to fail. */
static void must(lodge_status st)
{
    if (st == LODGE_OK)
        return;
    fprintf(stderr, "first_light: %s\n", err.message);
    exit(1);
}

static void row(const char *name, const char *value)
{
    printf("   %-18s%s\n", name, value);
}

static void expect(int as_expected)
{
    if (as_expected)
        return;
    surprises++;
    row("", "^ this is not what was expected");
}

/* "E_FUEL" of "E_FUEL: the fuel is used up", and the message. */
static void row_refusal(lodge_status st, lodge_status expected)
{
    char name[80];
    uint64_t len = 0;

    lodge_status_name(st, name, sizeof name - 1, &len);
    name[len] = 0;
    name[strcspn(name, ":")] = 0;
    row(name, st == LODGE_OK ? "it was done" : err.message);
    expect(st == expected);
}

static void row_number(const char *name, uint64_t n, const char *unit)
{
    char text[64];

    snprintf(text, sizeof text, "%llu%s%s", (unsigned long long)n,
             *unit ? " " : "", unit);
    row(name, text);
}

static uint64_t store_get(lodge_store store, uint32_t key)
{
    uint64_t value;

    must(lodge_store_get(store, key, &value, &err));
    return value;
}

/* ---- 1: a guest that counts ------------------------------------------- */

struct counts {
    uint64_t lines, words, bytes;
};

/* What wc would say of a text. */
static struct counts count(const char *path)
{
    struct counts n = {0};
    FILE *file = fopen(path, "rb");
    int c, before = ' ';

    if (!file) {
        perror(path);
        exit(1);
    }
    for (; (c = getc(file)) != EOF; before = c) {
        n.lines += c == '\n';
        n.words += !isspace(c) && isspace(before);
        n.bytes++;
    }
    fclose(file);
    return n;
}

/* The guest's import "host"."tell": where a name lies in its memory, how
 * long that is, and a number. The token is what lodge_linker_func was given.
 */
static int32_t tell(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    struct counts *told = (struct counts *)(uintptr_t)token;
    lodge_memory memory;
    char name[16] = "";

    if (slots[1] >= sizeof name ||
        lodge_caller_memory(caller, &memory) != LODGE_OK ||
        lodge_memory_read(memory, slots[0], (uint8_t *)name, slots[1], NULL) !=
            LODGE_OK)
        return lodge_caller_fail(caller, 0, TEXT("tell: a bad name"));
    row_number("it told the host", slots[2], name);
    if (!strcmp(name, "lines"))
        told->lines = slots[2];
    else if (!strcmp(name, "words"))
        told->words = slots[2];
    else if (!strcmp(name, "bytes"))
        told->bytes = slots[2];
    return 0;
}

/* The guest in C if it was compiled, else the one in text. */
static const char *default_guest(void)
{
    static const char compiled[] = LODGE_GUEST_DIR "/wordcount.wasm";
    FILE *file = fopen(compiled, "rb");

    if (!file)
        return "examples/guests/wordcount.wat";
    fclose(file);
    return compiled;
}

/* Its stdin is the file; what it writes waits in a ring. Nothing else of
 * this machine is there for it.
 */
static void give_wasi(lodge_store store, const char *path)
{
    lodge_wasi wasi;

    must(lodge_wasi_new(&wasi, &err));
    must(lodge_wasi_arg(wasi, TEXT("wordcount"), &err));
    must(lodge_wasi_stream(wasi, 0, LODGE_WASI_FILE, (const uint8_t *)path,
                           strlen(path), &err));
    must(lodge_wasi_stream(wasi, 1, LODGE_WASI_RING, NULL, 4096, &err));
    must(lodge_store_wasi(store, wasi, &err));
    lodge_wasi_close(wasi);
}

static void show_counts(lodge_store store, const struct counts *told,
                        const struct counts *wanted)
{
    char line[100], same[100];
    uint64_t len;

    must(lodge_store_output(store, 1, (uint8_t *)line, sizeof line - 1, &len,
                            &err));
    line[len] = 0;
    line[strcspn(line, "\n")] = 0;
    snprintf(
        same, sizeof same, "%llu %llu %llu", (unsigned long long)wanted->lines,
        (unsigned long long)wanted->words, (unsigned long long)wanted->bytes);
    row("it wrote", line);
    row("the host counted", same);
    expect(!strcmp(line, same) && !memcmp(told, wanted, sizeof *told));
}

static void count_in_guest(lodge_engine engine, const char *path,
                           const char *guest_path)
{
    const char *slash = strrchr(guest_path, '/');
    const struct counts wanted = count(path);
    struct counts told = {0};
    lodge_linker linker;
    lodge_store store;
    lodge_module module;
    lodge_instance guest;
    lodge_func start;

    printf("\n1  A guest counts %s\n", path);
    row("guest", slash ? slash + 1 : guest_path);
    must(lodge_module_open_file(engine, TEXT(guest_path), &module, &err));
    must(lodge_linker_new(engine, &linker, &err));
    must(lodge_linker_add_wasi(linker, &err));
    must(lodge_linker_func(linker, TEXT("host"), TEXT("tell"),
                           TEXT("i32 i32 i64 ->"), tell,
                           (uint64_t)(uintptr_t)&told, &err));
    must(lodge_store_new(engine, &store, &err));
    must(lodge_store_set(store, LODGE_STORE_MEMORY_LIMIT, 1 << 20, &err));
    must(lodge_store_set(store, LODGE_STORE_FUEL, 1000000000, &err));
    give_wasi(store, path);
    must(lodge_instance_new(linker, store, module, &guest, &err));
    must(lodge_instance_func(guest, TEXT("_start"), &start, &err));
    must(lodge_func_call(start, NULL, 0, &err));

    show_counts(store, &told, &wanted);
    row_number("fuel", store_get(store, LODGE_STORE_FUEL_USED), "units");
    row_number("memory", store_get(store, LODGE_STORE_MEMORY_PEAK), "bytes");
    lodge_store_close(store);
    lodge_linker_close(linker);
    lodge_module_close(module);
}

/* ---- 2 and 3: a guest that never ends --------------------------------- */

static lodge_func open_runaway(lodge_engine engine, lodge_store store)
{
    const char *text = "(func $run (export \"run\") (loop (br 0)))";
    lodge_module module;
    lodge_linker linker;
    lodge_instance guest;
    lodge_func run;

    must(lodge_module_open(engine, (const uint8_t *)text, strlen(text),
                           &module, &err));
    must(lodge_linker_new(engine, &linker, &err));
    must(lodge_instance_new(linker, store, module, &guest, &err));
    must(lodge_instance_func(guest, TEXT("run"), &run, &err));
    lodge_linker_close(linker); /* the instance lives on */
    lodge_module_close(module);
    return run;
}

static void stop_runaway(lodge_engine engine, uint32_t key, uint64_t value,
                         lodge_status expected)
{
    struct timespec begin, end;
    lodge_store store;
    lodge_func run;
    lodge_status st;
    char text[40];

    must(lodge_store_new(engine, &store, &err));
    must(lodge_store_set(store, key, value, &err));
    run = open_runaway(engine, store);
    timespec_get(&begin, TIME_UTC);
    st = lodge_func_call(run, NULL, 0, &err);
    timespec_get(&end, TIME_UTC);
    row_refusal(st, expected);
    snprintf(text, sizeof text, "%.1f ms",
             (double)(end.tv_sec - begin.tv_sec) * 1e3 +
                 (double)(end.tv_nsec - begin.tv_nsec) / 1e6);
    row("stopped after", text);
    lodge_store_close(store);
}

/* ---- 4: a mistake ----------------------------------------------------- */

static void use_after_close(lodge_engine engine)
{
    lodge_store store;
    lodge_func run;

    must(lodge_store_new(engine, &store, &err));
    run = open_runaway(engine, store);
    lodge_store_close(store);
    row_refusal(lodge_func_call(run, NULL, 0, &err), LODGE_E_HANDLE);
    lodge_store_close(store); /* once more: nothing happens */
}

/* ---- all of it -------------------------------------------------------- */

static lodge_engine open_engine(void)
{
    lodge_config config;
    lodge_engine engine;

    must(lodge_config_new(LODGE_PRESET_UNTRUSTED, &config, &err));
    must(lodge_engine_new(config, &engine, &err)); /* takes the config */
    return engine;
}

int main(int argc, char **argv)
{
    uint32_t kind, reaped, mine = lodge_version();
    uint32_t other = lodge_wasmtime_version();
    uint64_t live, token;
    lodge_engine engine = open_engine();

    printf("Lodge %u.%u.%u with Wasmtime %u.%u.%u\n", mine >> 16,
           mine >> 8 & 255, mine & 255, other >> 16, other >> 8 & 255,
           other & 255);
    count_in_guest(engine, argc > 1 ? argv[1] : "README.md",
                   argc > 2 ? argv[2] : default_guest());
    printf("\n2  A guest that never ends, with 1000000 units of fuel\n");
    stop_runaway(engine, LODGE_STORE_FUEL, 1000000, LODGE_E_FUEL);
    printf("\n3  The same guest, with a deadline of 50 ms\n");
    stop_runaway(engine, LODGE_STORE_DEADLINE, 50000000, LODGE_E_DEADLINE);
    printf("\n4  A call of a function whose store was closed\n");
    use_after_close(engine);
    lodge_engine_close(engine);

    printf("\nAll is closed\n");
    must(lodge_stat(LODGE_STAT_LIVE, &live));
    row_number("live handles", live, "");
    expect(live == 0);
    must(lodge_reap(0, &kind, &token, 1, &reaped));
    row_number("tokens back", reaped, "(of the host function)");
    expect(reaped == 1 && kind == LODGE_KIND_HOST);
    return surprises != 0;
}

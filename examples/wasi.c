/* wasi.c - what a guest may see of the world: nothing until it is said.
 *
 * One description serves several stores. The guest (guests/visitor.wat)
 * copies its stdin and a file to its stdout, and then tries to make a file.
 * Run it in the source folder.
 */
#include <lodge.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEXT(s) s, strlen(s)
#define BYTES(s) (const uint8_t *)s, strlen(s)

enum { WASI_EPERM = 63 }; /* as preview 1 numbers it */
static const uint64_t second = 1000000000, noon = 946728000; /* 2000-01-01 */

static lodge_error err = LODGE_ERROR_INIT;
static int surprises;

static void must(lodge_status st)
{
    if (st == LODGE_OK)
        return;
    fprintf(stderr, "wasi: %s\n", err.message);
    exit(1);
}

static void expect(int as_expected, const char *what)
{
    if (as_expected)
        return;
    fprintf(stderr, "wasi: not as expected: %s\n", what);
    surprises++;
}

/* ---- a folder to share ------------------------------------------------ */

static char folder[] = "/tmp/lodge-wasi-XXXXXX";

static const char *in_folder(const char *name)
{
    static char path[100];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void make_folder(void)
{
    FILE *file;

    if (!mkdtemp(folder) || !(file = fopen(in_folder("note.txt"), "w"))) {
        perror(folder);
        exit(1);
    }
    fputs("from a file\n", file);
    fclose(file);
}

static void remove_folder(void)
{
    remove(in_folder("note.txt"));
    remove(in_folder("new.txt"));
    rmdir(folder);
}

/* ---- what the guest may see ------------------------------------------- */

static lodge_wasi describe(uint32_t rights)
{
    lodge_wasi wasi;

    must(lodge_wasi_new(&wasi, &err));
    must(lodge_wasi_arg(wasi, TEXT("visitor"), &err));
    must(lodge_wasi_arg(wasi, TEXT("note.txt"), &err));
    must(lodge_wasi_env(wasi, TEXT("LANG"), TEXT("C"), &err));
    must(lodge_wasi_stream(wasi, 0, LODGE_WASI_BYTES, BYTES("from stdin\n"),
                           &err));
    must(lodge_wasi_stream(wasi, 1, LODGE_WASI_RING, NULL, 1 << 16, &err));
    must(lodge_wasi_stream(wasi, 2, LODGE_WASI_INHERIT, NULL, 0, &err));
    must(lodge_wasi_dir(wasi, TEXT(folder), TEXT("/data"), rights, rights,
                        &err));
    return wasi;
}

/* The same every time: a clock that stands still, random bytes from a seed,
 * and no waiting.
 */
static void make_repeatable(lodge_wasi wasi)
{
    must(lodge_wasi_set(wasi, LODGE_WASI_CLOCK, noon * second, &err));
    must(lodge_wasi_set(wasi, LODGE_WASI_SEED, 42, &err));
    must(lodge_wasi_set(wasi, LODGE_WASI_SLEEP, 0, &err));
}

/* ---- guests ----------------------------------------------------------- */

static lodge_prepared prepare(lodge_engine engine)
{
    const char *path = "examples/guests/visitor.wat";
    lodge_module module;
    lodge_linker linker;
    lodge_prepared prepared;

    must(lodge_module_open_file(engine, TEXT(path), &module, &err));
    must(lodge_linker_new(engine, &linker, &err));
    must(lodge_linker_add_wasi(linker, &err));
    must(lodge_linker_prepare(linker, module, &prepared, &err));
    lodge_linker_close(linker);
    lodge_module_close(module);
    return prepared;
}

/* A guest in a store of its own, which sees what the description says. */
static lodge_instance open_guest(lodge_prepared prepared, lodge_wasi wasi)
{
    lodge_store own = {0};
    lodge_instance guest;

    must(lodge_prepared_wasi(prepared, wasi, &err));
    must(lodge_prepared_instance(prepared, own, &guest, &err));
    return guest;
}

static lodge_status call(lodge_instance guest, const char *name,
                         uint64_t *slot)
{
    lodge_func fn;

    must(lodge_instance_func(guest, TEXT(name), &fn, &err));
    return lodge_func_call(fn, slot, 1, &err);
}

static void show_output(lodge_instance guest)
{
    static const char wanted[] = "from stdin\nfrom a file\n";
    lodge_store store;
    uint8_t text[1000];
    uint64_t len;

    must(lodge_instance_store(guest, &store, &err));
    must(lodge_store_output(store, 1, text, sizeof text, &len, &err));
    printf("%.*s", (int)len, (const char *)text);
    expect(len == strlen(wanted) && !memcmp(text, wanted, len), "output");
}

/* ---- what comes of it ------------------------------------------------- */

/* The guest ends with an exit code: a status like any other. */
static void read_only(lodge_prepared prepared)
{
    lodge_wasi wasi = describe(LODGE_WASI_READ);
    lodge_instance guest = open_guest(prepared, wasi);
    uint64_t none;
    lodge_status st = call(guest, "_start", &none);

    show_output(guest);
    printf("may read: exit code %d\n", (int)err.exit_code);
    expect(st == LODGE_E_EXIT && err.exit_code == WASI_EPERM, "exit code");
    lodge_instance_close(guest);
    lodge_wasi_close(wasi);
}

static void read_and_write(lodge_prepared prepared)
{
    lodge_wasi wasi = describe(LODGE_WASI_READ | LODGE_WASI_WRITE);
    lodge_instance guest = open_guest(prepared, wasi);
    uint64_t none;

    must(call(guest, "_start", &none));
    show_output(guest);
    printf("may write: new.txt is %s\n",
           access(in_folder("new.txt"), F_OK) ? "not there" : "there");
    expect(access(in_folder("new.txt"), F_OK) == 0, "new.txt");
    lodge_instance_close(guest);
    lodge_wasi_close(wasi);
}

static void time_of_ours(lodge_prepared prepared)
{
    lodge_wasi wasi = describe(0);
    lodge_instance guest;
    uint64_t now = 0, ns = 3600 * second;

    make_repeatable(wasi);
    guest = open_guest(prepared, wasi);
    must(call(guest, "sleep", &ns)); /* an hour, at once */
    must(call(guest, "now", &now));
    printf("after an hour: %llu s since 1970\n",
           (unsigned long long)(now / second));
    expect(now == noon * second, "clock");
    lodge_instance_close(guest);
    lodge_wasi_close(wasi);
}

/* Waiting obeys the deadline. */
static void no_long_sleep(lodge_prepared prepared)
{
    lodge_wasi none = {0};
    lodge_instance guest;
    uint64_t ns = 3600 * second;
    lodge_status st;

    must(lodge_prepared_set(prepared, LODGE_STORE_DEADLINE, 20000000, &err));
    guest = open_guest(prepared, none);
    st = call(guest, "sleep", &ns);
    printf("asleep: %s\n", err.message);
    expect(st == LODGE_E_DEADLINE, "deadline");
    lodge_instance_close(guest);
}

int main(void)
{
    lodge_config none = {0};
    lodge_engine engine;
    lodge_prepared prepared;

    make_folder();
    must(lodge_engine_new(none, &engine, &err));
    prepared = prepare(engine);
    read_only(prepared);
    read_and_write(prepared);
    time_of_ours(prepared);
    no_long_sleep(prepared);
    lodge_engine_shutdown(engine);
    remove_folder();
    return surprises != 0;
}

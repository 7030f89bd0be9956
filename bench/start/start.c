/* start.c - one start of a real guest, timed: what bench/start/run repeats.
 *
 * usage: lodge_bench_start GUEST WASM WAY [FILE]
 *
 * GUEST is python or typescript; WAY says where its code comes from:
 *
 *     compile        from WASM
 *     save FILE      the same, and into FILE
 *     cache FOLDER   from WASM, through the disk cache in FOLDER
 *     load FILE      from FILE, sealed
 *
 * Prints `engine`, `module`, `instance` and `output` with their nanoseconds:
 * making an engine; having the code; an instance; what it does first.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <lodge.h>

#define TEXT(s) (s), (uint64_t)strlen(s)

static const uint8_t key[32] = "a key of a benchmark, no secret";
static lodge_error err = LODGE_ERROR_INIT;

static void must(lodge_status st, const char *what)
{
    if (st == LODGE_OK || (st == LODGE_E_EXIT && err.exit_code == 0))
        return;
    fprintf(stderr, "%s: %d: %s\n", what, (int)st, err.message);
    exit(1);
}

/* Prints what has passed since the last phase. */
static void phase(const char *name)
{
    static uint64_t last;
    struct timespec t;
    uint64_t now;

    clock_gettime(CLOCK_MONOTONIC, &t);
    now = (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
    if (name)
        printf("%s %llu\n", name, (unsigned long long)(now - last));
    clock_gettime(CLOCK_MONOTONIC, &t);
    last = (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static lodge_engine new_engine(const char *way, const char *file)
{
    lodge_config config;
    lodge_engine engine;

    must(lodge_config_new(LODGE_PRESET_DEFAULT, &config, &err), "config");
    if (strcmp(way, "cache") == 0)
        must(lodge_config_set_text(config, LODGE_CONFIG_CACHE_FOLDER,
                                   TEXT(file), &err),
             "cache folder");
    must(lodge_engine_new(config, &engine, &err), "engine");
    return engine;
}

static lodge_module open_module(lodge_engine engine, const char *wasm,
                                const char *way, const char *file)
{
    lodge_module module;

    if (strcmp(way, "load") == 0)
        must(lodge_module_load_file(engine, TEXT(file), key, sizeof key,
                                    &module, &err),
             "load");
    else
        must(lodge_module_open_file(engine, TEXT(wasm), &module, &err),
             "open");
    return module;
}

static uint32_t call(lodge_instance guest, const char *name, uint32_t a)
{
    uint64_t slots[1] = {a};
    lodge_func fn;

    must(lodge_instance_func(guest, TEXT(name), &fn, &err), name);
    must(lodge_func_call(fn, slots, 1, &err), name);
    return (uint32_t)slots[0];
}

/* ---- CPython ------------------------------------------------------------ */

static lodge_wasi describe_python(void)
{
    lodge_wasi wasi;

    must(lodge_wasi_new(&wasi, &err), "wasi");
    must(lodge_wasi_arg(wasi, TEXT("python"), &err), "arg");
    must(lodge_wasi_arg(wasi, TEXT("-c"), &err), "arg");
    must(lodge_wasi_arg(wasi, TEXT("print(sum(range(10)))"), &err), "arg");
    must(lodge_wasi_stream(wasi, 1, LODGE_WASI_RING, NULL, 4096, &err),
         "ring");
    return wasi;
}

static void run_python(lodge_linker linker, lodge_module module)
{
    lodge_prepared prepared;
    lodge_instance guest;
    lodge_store store;
    lodge_func fn;
    uint8_t out[64];
    uint64_t n = 0;

    must(lodge_linker_add_wasi(linker, &err), "WASI");
    must(lodge_linker_prepare(linker, module, &prepared, &err), "prepare");
    must(lodge_prepared_wasi(prepared, describe_python(), &err), "wasi");
    must(lodge_prepared_instance(prepared, (lodge_store){0}, &guest, &err),
         "instance");
    phase("instance");
    must(lodge_instance_func(guest, TEXT("_start"), &fn, &err), "_start");
    must(lodge_func_call(fn, NULL, 0, &err), "_start");
    must(lodge_instance_store(guest, &store, &err), "store");
    must(lodge_store_output(store, 1, out, sizeof out, &n, &err), "output");
    phase("output");
    if (n != 3 || memcmp(out, "45\n", 3) != 0)
        must(LODGE_E_INTERNAL, "another output");
}

/* ---- dprint's TypeScript formatter -------------------------------------- */

static void send_text(lodge_instance guest, const char *text)
{
    uint32_t at = call(guest, "clear_shared_bytes", (uint32_t)strlen(text));
    lodge_memory memory;

    must(lodge_instance_memory(guest, TEXT("memory"), &memory, &err),
         "memory");
    must(lodge_memory_write(memory, at, (const uint8_t *)text, strlen(text),
                            &err),
         "write");
}

static void run_typescript(lodge_linker linker, lodge_module module)
{
    static const char want[] = "let x = 1;\n";
    char out[sizeof want] = "";
    lodge_instance guest;
    lodge_memory memory;
    uint32_t n;

    must(lodge_instance_new(linker, (lodge_store){0}, module, &guest, &err),
         "instance");
    phase("instance");
    send_text(guest, "{\"global\":{},\"plugin\":{}}");
    call(guest, "register_config", 1);
    send_text(guest, "a.ts");
    call(guest, "set_file_path", 0);
    send_text(guest, "let x=1");
    call(guest, "format", 1);
    n = call(guest, "get_formatted_text", 0);
    must(lodge_instance_memory(guest, TEXT("memory"), &memory, &err),
         "memory");
    if (n < sizeof out)
        must(lodge_memory_read(memory, call(guest, "get_shared_bytes_ptr", 0),
                               (uint8_t *)out, n, &err),
             "read");
    phase("output");
    if (strcmp(out, want) != 0)
        must(LODGE_E_INTERNAL, "another output");
}

int main(int argc, char **argv)
{
    const char *file = argc > 4 ? argv[4] : "";
    lodge_engine engine;
    lodge_linker linker;
    lodge_module module;

    if (argc < 4) {
        fprintf(stderr, "usage: lodge_bench_start GUEST WASM WAY [FILE]\n");
        return 2;
    }
    phase(NULL);
    engine = new_engine(argv[3], file);
    phase("engine");
    module = open_module(engine, argv[2], argv[3], file);
    phase("module");
    if (strcmp(argv[3], "save") == 0) {
        must(lodge_module_save_file(module, TEXT(file), key, sizeof key, &err),
             "save");
        phase("save");
    }
    must(lodge_linker_new(engine, &linker, &err), "linker");
    if (strcmp(argv[1], "python") == 0)
        run_python(linker, module);
    else
        run_typescript(linker, module);
    lodge_engine_shutdown(engine);
    return 0;
}

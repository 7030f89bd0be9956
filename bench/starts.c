/* starts.c - from a file to a module: compiled, loaded sealed, found in the
 * cache; beside raw Wasmtime compiling and trusting what it has saved.
 *
 * The modules are real guests (tests/guests/fetch); those that are not there
 * are left out. Each round is one start, so there are few.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

enum { ROUNDS = 5 };

static const uint8_t key[32] = "a key for a benchmark, not more";

static struct {
    uint8_t *wasm, *sealed;
    uint64_t wasm_len, sealed_len;
    wasm_byte_vec_t raw; /* as Wasmtime serializes it */
    lodge_engine engine, cached;
    wasm_engine_t *raw_engine;
    char folder[64];
} world;

static double now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* ---- the ways --------------------------------------------------------- */

static void by_open(void)
{
    lodge_error err = LODGE_ERROR_INIT;
    lodge_module module;

    bench_need(lodge_module_open(world.engine, world.wasm, world.wasm_len,
                                 &module, &err),
               &err, "lodge_module_open");
    lodge_module_close(module);
}

static void by_load(void)
{
    lodge_error err = LODGE_ERROR_INIT;
    lodge_module module;

    bench_need(lodge_module_load(world.engine, world.sealed, world.sealed_len,
                                 key, sizeof key, &module, &err),
               &err, "lodge_module_load");
    lodge_module_close(module);
}

static void by_cache(void)
{
    lodge_error err = LODGE_ERROR_INIT;
    lodge_module module;

    bench_need(lodge_module_open(world.cached, world.wasm, world.wasm_len,
                                 &module, &err),
               &err, "lodge_module_open");
    lodge_module_close(module);
}

static void by_raw(void)
{
    wasmtime_module_t *module;

    bench_need_raw(wasmtime_module_new(world.raw_engine, world.wasm,
                                       world.wasm_len, &module),
                   NULL, "wasmtime_module_new");
    wasmtime_module_delete(module);
}

static void by_raw_load(void)
{
    wasmtime_module_t *module;

    bench_need_raw(wasmtime_module_deserialize(world.raw_engine,
                                               (const uint8_t *)world.raw.data,
                                               world.raw.size, &module),
                   NULL, "wasmtime_module_deserialize");
    wasmtime_module_delete(module);
}

/* ---- a guest ---------------------------------------------------------- */

static int read_guest(const char *name)
{
    const char *cache = getenv("LODGE_CACHE"), *home = getenv("HOME");
    char path[512];
    FILE *file;
    long len;

    snprintf(path, sizeof path, "%s%s/guests/%s",
             cache  ? cache
             : home ? home
                    : ".",
             cache ? "" : "/.cache/lodge", name);
    file = fopen(path, "rb");
    if (!file)
        return 0;
    fseek(file, 0, SEEK_END);
    len = ftell(file);
    rewind(file);
    world.wasm_len = (uint64_t)len;
    world.wasm = bench_alloc(world.wasm_len);
    bench_need_true(fread(world.wasm, 1, world.wasm_len, file) ==
                        world.wasm_len,
                    "read a guest");
    fclose(file);
    return 1;
}

static void open_lodge(void)
{
    lodge_error err = LODGE_ERROR_INIT;
    lodge_config config;
    lodge_module module;

    bench_need(lodge_engine_new((lodge_config){0}, &world.engine, &err), &err,
               "lodge_engine_new");
    bench_need(lodge_config_new(0, &config, &err), &err, "lodge_config_new");
    strcpy(world.folder, "/tmp/lodge-bench-XXXXXX");
    bench_need_true(mkdtemp(world.folder) != NULL, "make a folder");
    bench_need(lodge_config_set_text(config, LODGE_CONFIG_CACHE_FOLDER,
                                     world.folder, strlen(world.folder), &err),
               &err, "lodge_config_set_text");
    bench_need(lodge_engine_new(config, &world.cached, &err), &err,
               "lodge_engine_new");
    bench_need(lodge_module_open(world.cached, world.wasm, world.wasm_len,
                                 &module, &err),
               &err, "lodge_module_open");
    lodge_module_save(module, key, sizeof key, NULL, 0, &world.sealed_len,
                      NULL);
    world.sealed = bench_alloc(world.sealed_len);
    bench_need(lodge_module_save(module, key, sizeof key, world.sealed,
                                 world.sealed_len, NULL, &err),
               &err, "lodge_module_save");
    lodge_module_close(module);
}

static void open_raw(void)
{
    wasm_config_t *config = wasm_config_new();
    wasmtime_module_t *module;

    wasmtime_config_epoch_interruption_set(config, true);
    world.raw_engine = wasm_engine_new_with_config(config);
    bench_need_raw(wasmtime_module_new(world.raw_engine, world.wasm,
                                       world.wasm_len, &module),
                   NULL, "wasmtime_module_new");
    bench_need_raw(wasmtime_module_serialize(module, &world.raw), NULL,
                   "wasmtime_module_serialize");
    wasmtime_module_delete(module);
}

static void close_all(void)
{
    char command[128];

    lodge_engine_close(world.engine);
    lodge_engine_close(world.cached);
    wasm_byte_vec_delete(&world.raw);
    wasm_engine_delete(world.raw_engine);
    free(world.wasm);
    free(world.sealed);
    snprintf(command, sizeof command, "rm -rf %s", world.folder);
    bench_need_true(system(command) == 0, "remove the folder");
}

/* ---- showing ---------------------------------------------------------- */

static const struct way {
    const char *name, *base_name;
    void (*run)(void), (*base)(void);
} ways[] = {
    {"open", "wasmtime_module_new", by_open, by_raw},
    {"load sealed", "wasmtime_module_deserialize", by_load, by_raw_load},
    {"open from the cache", "wasmtime_module_deserialize", by_cache,
     by_raw_load},
};

static double median_of(void (*run)(void), uint32_t rounds)
{
    double ns[ROUNDS];
    uint32_t i;

    for (i = 0; i < rounds; i++) {
        double start = now_ns();

        run();
        ns[i] = now_ns() - start;
    }
    return bench_median(ns, rounds);
}

static void show(const struct way *way, const char *guest, uint32_t rounds,
                 FILE *json, int first)
{
    double ns = median_of(way->run, rounds);
    double base = median_of(way->base, rounds);
    char name[64];

    snprintf(name, sizeof name, "%s: %s", guest, way->name);
    printf("%-38s %10.1f ms  beside %s %.1f ms, ratio %.2f\n", name, ns / 1e6,
           way->base_name, base / 1e6, ns / base);
    fflush(stdout);
    fprintf(json,
            "%s\n  {\"name\": \"%s\", \"ns\": %.1f, \"base\": \"%s\", "
            "\"base_ns\": %.1f, \"ratio\": %.3f, \"aim\": null}",
            first ? "" : ",", name, ns, way->base_name, base, ns / base);
}

int bench_starts(const char *filter, int quick, FILE *json, int before)
{
    static const char *const guests[][2] = {
        {"CPython start", "python-3.12.0.wasm"},
        {"plugin start", "typescript-0.96.1.wasm"},
    };
    int shown = 0;
    size_t i, k;

    for (i = 0; i < sizeof guests / sizeof *guests; i++) {
        if ((filter && !strstr(guests[i][0], filter)) ||
            !read_guest(guests[i][1]))
            continue;
        open_lodge();
        open_raw();
        printf("%s: %.1f MB of WebAssembly, %.1f MB sealed\n", guests[i][0],
               (double)world.wasm_len / 1e6, (double)world.sealed_len / 1e6);
        for (k = 0; k < sizeof ways / sizeof *ways; k++)
            show(&ways[k], guests[i][0], quick || k == 0 ? 1 : ROUNDS, json,
                 before + shown++ == 0);
        close_all();
    }
    return shown;
}

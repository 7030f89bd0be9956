/* compiled_code.c - compile once: saved under a key and loaded, and kept in
 * a cache.
 */
#define _XOPEN_SOURCE 700

#include <lodge.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEXT(s) s, strlen(s)

static lodge_error err = LODGE_ERROR_INIT;

static void must(lodge_status st)
{
    if (st == LODGE_OK)
        return;
    fprintf(stderr, "compiled_code: %s\n", err.message);
    exit(1);
}

static const char program[] =
    "(module (func (export \"answer\") (result i32) (i32.const 42)))";

/* 32 bytes that nobody else knows. */
static void read_key(uint8_t key[32])
{
    FILE *file = fopen("/dev/urandom", "rb");

    if (!file || fread(key, 1, 32, file) != 32)
        exit(1);
    fclose(file);
}

static lodge_module compile(lodge_engine engine)
{
    lodge_module module;

    must(lodge_module_open(engine, (const uint8_t *)program, strlen(program),
                           &module, &err));
    return module;
}

static uint64_t answer(lodge_engine engine, lodge_module module)
{
    lodge_linker linker;
    lodge_instance instance;
    lodge_func fn;
    uint64_t slot = 0;

    must(lodge_linker_new(engine, &linker, &err));
    must(
        lodge_instance_new(linker, (lodge_store){0}, module, &instance, &err));
    must(lodge_instance_func(instance, TEXT("answer"), &fn, &err));
    must(lodge_func_call(fn, &slot, 1, &err));
    lodge_instance_close(instance);
    lodge_linker_close(linker);
    return slot;
}

/* ---- saved and loaded ------------------------------------------------- */

/* The usual loop: load, and compile where that cannot be. */
static lodge_module load_or_compile(lodge_engine engine, const char *path,
                                    const uint8_t key[32])
{
    lodge_module module;
    lodge_status st;

    st = lodge_module_load_file(engine, path, strlen(path), key, 32, &module,
                                &err);
    if (st == LODGE_OK)
        return module;
    printf("compiling: %s\n", err.message);
    module = compile(engine);
    must(lodge_module_save_file(module, path, strlen(path), key, 32, &err));
    return module;
}

static void change_a_byte(const char *path)
{
    FILE *file = fopen(path, "r+b");

    if (!file || fseek(file, 5000, SEEK_SET) != 0 || putc('!', file) == EOF)
        exit(1);
    fclose(file);
}

static int with_a_key(const char *path)
{
    lodge_engine engine;
    lodge_module module;
    uint8_t key[32];
    uint64_t sum = 0;
    int i;

    read_key(key);
    must(lodge_engine_new((lodge_config){0}, &engine, &err));
    for (i = 0; i < 3; i++) { /* compiled, loaded, compiled again */
        if (i == 2)
            change_a_byte(path);
        module = load_or_compile(engine, path, key);
        sum += answer(engine, module);
        lodge_module_close(module);
    }
    unlink(path);
    lodge_engine_close(engine);
    return sum == 3 * 42;
}

/* ---- a cache ---------------------------------------------------------- */

static lodge_engine open_cached(const char *folder)
{
    lodge_config config;
    lodge_engine engine;

    must(lodge_config_new(LODGE_PRESET_DEFAULT, &config, &err));
    must(lodge_config_set_text(config, LODGE_CONFIG_CACHE_FOLDER, folder,
                               strlen(folder), &err));
    must(lodge_config_set(config, LODGE_CONFIG_CACHE_BYTES, 200 << 20, &err));
    must(lodge_engine_new(config, &engine, &err));
    return engine;
}

static int with_a_cache(const char *folder)
{
    lodge_engine engine = open_cached(folder);
    uint64_t hits, misses, why;

    lodge_module_close(compile(engine));
    lodge_module_close(compile(engine)); /* comes from the disk */
    lodge_stat(LODGE_STAT_CACHE_HITS, &hits);
    lodge_stat(LODGE_STAT_CACHE_MISSES, &misses);
    lodge_stat(LODGE_STAT_CACHE_WHY, &why); /* 0: it was of use */
    printf("found %llu, not found %llu, why %llu\n", (unsigned long long)hits,
           (unsigned long long)misses, (unsigned long long)why);
    lodge_engine_close(engine);
    return hits == 1 && misses == 1 && why == 0;
}

int main(void)
{
    char folder[] = "/tmp/lodge-example-XXXXXX", path[64], command[64];
    int good;

    if (!mkdtemp(folder))
        return 1;
    snprintf(path, sizeof path, "%s/answer.cwasm", folder);
    good = with_a_key(path) && with_a_cache(folder);
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command) != 0 || !good;
}

/* cache_fixture.h - engines with a cache in a folder of the test's own. */
#ifndef LODGE_CACHE_FIXTURE_H
#define LODGE_CACHE_FIXTURE_H

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lodge_test.h"

enum { PATH = 512 };

static char cache_dir[128]; /* where the cache is; its parent is the test's */
static char base_dir[64];

static inline void in_cache(char path[PATH], const char *name)
{
    snprintf(path, PATH, "%s/%s", cache_dir, name);
}

/* An engine with the cache and settings. */
static inline lodge_engine cached_with(const char *settings)
{
    lodge_config config;
    lodge_engine engine;

    OK(lodge_config_new(LODGE_PRESET_DEFAULT, &config, ERR));
    OK(lodge_config_set_text(config, LODGE_CONFIG_CACHE_FOLDER,
                             TEXT(cache_dir), ERR));
    OK(lodge_config_parse(config, TEXT("parallel-compilation=off"), ERR));
    OK(lodge_config_parse(config, TEXT(settings), ERR));
    OK(lodge_engine_new(config, &engine, ERR));
    return engine;
}

static inline lodge_engine cached(void)
{
    return cached_with("");
}

/* A module whose "f" gives `value`; some bytes larger for each of `pad`. */
static inline void guest_text(char text[512], int value)
{
    snprintf(text, 512,
             "(module (func (export \"f\") (result i32) (i32.const %d)))",
             value);
}

/* What "f" of this module gives. */
static inline int value_of(lodge_engine engine, const char *text)
{
    lodge_instance instance = new_instance(engine, text);
    uint64_t slot = 0;

    OK(lodge_func_call(func_of(instance, "f"), &slot, 1, ERR));
    lodge_instance_close(instance);
    return (int)(uint32_t)slot;
}

/* Opens and runs the guest of a value. */
static inline void run(lodge_engine engine, int value)
{
    char text[512];

    guest_text(text, value);
    assert_int_equal(value_of(engine, text), value);
}

/* ---- statistics ------------------------------------------------------- */

static uint64_t stat_before[8];

static inline void stats_note(void)
{
    uint32_t i;

    for (i = 0; i < 8; i++)
        stat_before[i] = stat_of(LODGE_STAT_CACHE_HITS + i);
}

static inline void check_stats(const char *file, int line, uint64_t hits,
                               uint64_t misses, uint64_t refused,
                               uint64_t writes, uint64_t failures)
{
    const uint64_t want[] = {hits, misses, refused, writes, failures};
    static const uint32_t key[] = {
        LODGE_STAT_CACHE_HITS, LODGE_STAT_CACHE_MISSES,
        LODGE_STAT_CACHE_REFUSED, LODGE_STAT_CACHE_WRITES,
        LODGE_STAT_CACHE_FAILURES};
    size_t i;

    for (i = 0; i < 5; i++) {
        uint64_t since =
            stat_of(key[i]) - stat_before[key[i] - LODGE_STAT_CACHE_HITS];

        if (since != want[i])
            fail_msg("%s:%d: statistic %u: %llu, expected %llu", file, line,
                     key[i], (unsigned long long)since,
                     (unsigned long long)want[i]);
    }
    stats_note();
}

/* Since the last time: hits, misses, refused, writes, failures. */
#define STATS(...) check_stats(__FILE__, __LINE__, __VA_ARGS__)
#define WHY(why)                                                              \
    assert_int_equal(stat_of(LODGE_STAT_CACHE_WHY), LODGE_CACHE_##why)

/* ---- files ------------------------------------------------------------ */

static inline int is_entry(const char *name)
{
    return strlen(name) == 70 && strcmp(name + 64, ".lodge") == 0;
}

/* How many entries; the path of one of them. */
static inline int entries(char path[PATH])
{
    DIR *list = opendir(cache_dir);
    struct dirent *item;
    int n = 0;

    if (!list)
        return 0;
    while ((item = readdir(list)) != NULL) {
        if (!is_entry(item->d_name))
            continue;
        n++;
        if (path)
            in_cache(path, item->d_name);
    }
    closedir(list);
    return n;
}

static inline void only_entry(char path[PATH])
{
    assert_int_equal(entries(path), 1);
}

static inline void write_at(const char *path, const void *ptr, size_t len)
{
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(ptr, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

static inline uint8_t *read_at(const char *path, size_t *len)
{
    FILE *file = fopen(path, "rb");
    uint8_t *ptr;

    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    *len = (size_t)ftell(file);
    rewind(file);
    ptr = malloc(*len + 1);
    assert_int_equal(fread(ptr, 1, *len, file), *len);
    fclose(file);
    return ptr;
}

static inline void remove_all(const char *dir)
{
    char command[PATH];

    snprintf(command, sizeof command, "chmod -R u+rwx %s; rm -rf %s", dir,
             dir);
    assert_int_equal(system(command), 0);
}

static inline int make_base(void **state)
{
    strcpy(base_dir, "/tmp/lodge-cache-XXXXXX");
    if (nothing_lives(state) || !mkdtemp(base_dir))
        return -1;
    snprintf(cache_dir, sizeof cache_dir, "%s/a/b", base_dir);
    stats_note();
    return 0;
}

static inline int end_base(void **state)
{
    remove_all(base_dir);
    return nothing_lives(state);
}

#endif

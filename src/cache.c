/* cache.c - compiled modules on disk: looked up, kept and counted.
 * It must not know how modules are compiled. Whatever goes wrong here only
 * means that a module is compiled once more.
 */
#include "cache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- counting --------------------------------------------------------- */

enum { STATS = LODGE_STAT_CACHE_WHY - LODGE_STAT_CACHE_HITS + 1 };

static _Atomic uint64_t stats[STATS];

void cache_count(uint32_t key, uint64_t n)
{
    atomic_fetch_add_explicit(&stats[key - LODGE_STAT_CACHE_HITS], n,
                              memory_order_relaxed);
}

void cache_failed(uint32_t why)
{
    cache_count(LODGE_STAT_CACHE_FAILURES, 1);
    atomic_store_explicit(&stats[STATS - 1], why, memory_order_relaxed);
}

uint64_t cache_stat(uint32_t key)
{
    return atomic_load_explicit(&stats[key - LODGE_STAT_CACHE_HITS],
                                memory_order_relaxed);
}

/* ---- the cache of an engine ------------------------------------------- */

struct cache *cache_open(const struct settings *set)
{
    struct cache *cache;

    if (!set->cache_folder)
        return NULL;
    cache = alloc_zero(sizeof *cache);
    if (!cache)
        return NULL;
    cache->max_bytes = set->value[LODGE_CONFIG_CACHE_BYTES];
    cache->max_age = set->value[LODGE_CONFIG_CACHE_AGE];
    cache->dir = cache_folder_open(set->cache_folder);
    if (cache->dir >= 0 && cache_key_open(cache, set->cache_key_file))
        return cache;
    cache_close(cache);
    return NULL;
}

void cache_close(struct cache *cache)
{
    if (!cache)
        return;
    if (cache->dir >= 0)
        close(cache->dir);
    alloc_free(cache);
}

/* ---- looking up ------------------------------------------------------- */

/* What stands in an entry's place and cannot be one is taken away. */
static void refuse(const struct cache_try *at)
{
    cache_count(LODGE_STAT_CACHE_REFUSED, 1);
    cache_failed(LODGE_CACHE_CHANGED);
    unlinkat(at->cache->dir, at->name, 0);
}

static int read_all(int fd, uint8_t *buf, size_t size)
{
    while (size > 0) {
        ssize_t n = read(fd, buf, size);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return 0;
        buf += n;
        size -= (size_t)n;
    }
    return 1;
}

/* An entry's bytes, in memory of our own. */
static uint8_t *entry_read(const struct cache_try *at, int fd, size_t *len)
{
    struct stat info;
    uint8_t *bytes;

    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode) || info.st_size <= 0 ||
        (uint64_t)info.st_size > at->cache->max_bytes ||
        info.st_size > UINT32_MAX) {
        refuse(at);
        return NULL;
    }
    *len = (size_t)info.st_size;
    bytes = alloc_zero(*len);
    if (bytes && !read_all(fd, bytes, *len)) {
        cache_failed(LODGE_CACHE_READ);
        alloc_free(bytes);
        return NULL;
    }
    return bytes;
}

/* 1: the entry is sound, and of this very module. */
static int entry_take(const struct cache_try *at, const uint8_t *bytes,
                      size_t len, struct module *mod)
{
    uint32_t reason;

    if (sealed_read(&at->ask, bytes, len, mod, &reason, NULL) != LODGE_OK) {
        refuse(at);
        return 0;
    }
    if (memcmp(mod->shape.digest, at->digest, sizeof at->digest) == 0)
        return 1;
    /* Sealed under our key, but renamed. */
    module_empty(mod);
    refuse(at);
    return 0;
}

static int entry_open(const struct cache_try *at)
{
    int fd = openat(at->cache->dir, at->name,
                    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0 && errno != ENOENT) {
        if (errno == ELOOP || errno == ENXIO || errno == EISDIR)
            refuse(at);
        else
            cache_failed(LODGE_CACHE_READ);
    }
    return fd;
}

static int look_up(const struct cache_try *at, struct module *mod)
{
    /* Used now; when it was written does not change. */
    static const struct timespec now[2] = {{0, UTIME_NOW}, {0, UTIME_OMIT}};
    uint8_t *bytes;
    size_t len;
    int hit, fd = entry_open(at);

    if (fd < 0)
        return 0;
    bytes = entry_read(at, fd, &len);
    hit = bytes && entry_take(at, bytes, len, mod);
    if (hit)
        futimens(fd, now);
    alloc_free(bytes);
    close(fd);
    return hit;
}

int cache_find(struct cache_try *at, const struct engine *eng,
               const uint8_t *ptr, size_t len, struct module *mod)
{
    const struct cache *cache = eng->cache;

    memset(at, 0, sizeof *at);
    if (!cache || sealed_ask(&at->ask, eng, cache->key, cache->key_len,
                             NULL) != LODGE_OK)
        return 0;
    at->ask.wt.exact = 1;
    if (!lodge_wt_entry(&at->ask.wt, ptr, len, at->digest, at->name)) {
        cache_end(at);
        return 0;
    }
    at->cache = cache;
    if (look_up(at, mod)) {
        cache_count(LODGE_STAT_CACHE_HITS, 1);
        return 1;
    }
    cache_count(LODGE_STAT_CACHE_MISSES, 1);
    return 0;
}

void cache_end(struct cache_try *at)
{
    sealed_ask_end(&at->ask);
    at->cache = NULL;
}

/* ---- keeping ---------------------------------------------------------- */

/* Written beside, then renamed: a reader finds all of it or nothing. What a
 * crash of the system may leave of it does not pass the seal.
 */
static int entry_write(const struct cache_try *at, const uint8_t *bytes,
                       size_t len)
{
    char name[CACHE_NAME];
    int dir = at->cache->dir, good, fd = cache_temporary(dir, name);

    if (fd < 0)
        return 0;
    good = file_drain(fd, bytes, len) == 0;
    good = close(fd) == 0 && good;
    good = good && renameat(dir, name, dir, at->name) == 0;
    if (!good)
        unlinkat(dir, name, 0);
    return good;
}

void cache_keep(const struct cache_try *at, const struct module *mod)
{
    uint8_t *bytes;
    size_t len;

    if (!at->cache ||
        sealed_write(&at->ask, mod, &bytes, &len, NULL) != LODGE_OK)
        return;
    if (len > at->cache->max_bytes) {
        cache_failed(LODGE_CACHE_SIZE);
    } else if (entry_write(at, bytes, len)) {
        cache_count(LODGE_STAT_CACHE_WRITES, 1);
        cache_count(LODGE_STAT_CACHE_BYTES, len);
        cache_prune(at->cache, at->name);
    } else {
        cache_failed(LODGE_CACHE_WRITE);
    }
    alloc_free(bytes);
}

/* cache_folder.c - the folder of a cache: whose it is, its key, its size.
 * It must not know what an entry holds.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cache.h"
#include "core/random.h"

enum { KEY_BYTES = 32, STALE_SECONDS = 3600 };

static const char key_name[] = "key";

/* ---- the folder ------------------------------------------------------- */

/* Makes what is missing of a path; `path` is changed and changed back. */
static void make_folders(char *path)
{
    char *at;

    for (at = path + 1; *at; at++) {
        if (*at != '/')
            continue;
        *at = '\0';
        mkdir(path, 0700);
        *at = '/';
    }
    mkdir(path, 0700);
}

/* Only the user may put something in it. */
static int is_own(int dir)
{
    struct stat info;

    return fstat(dir, &info) == 0 && info.st_uid == geteuid() &&
           (info.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

int cache_folder_open(const char *path)
{
    char *copy = alloc_copy(path, strlen(path));
    int dir;

    if (!copy)
        return -1;
    dir = open(copy, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0 && errno == ENOENT) {
        make_folders(copy);
        dir = open(copy, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    }
    alloc_free(copy);
    if (dir < 0) {
        cache_failed(LODGE_CACHE_FOLDER);
    } else if (!is_own(dir)) {
        cache_failed(LODGE_CACHE_OWNER);
        close(dir);
        dir = -1;
    }
    return dir;
}

/* ---- files in it ------------------------------------------------------ */

int cache_temporary(int dir, char name[CACHE_NAME])
{
    uint64_t number[2];

    if (!random_bytes(number, sizeof number))
        return -1;
    snprintf(name, CACHE_NAME, "tmp-%016llx%016llx",
             (unsigned long long)number[0], (unsigned long long)number[1]);
    return openat(dir, name,
                  O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
}

/* ---- the key ---------------------------------------------------------- */

/* A new key that nobody had before; whoever comes second takes the first's.
 */
static void key_make(int dir)
{
    uint8_t key[KEY_BYTES];
    char name[CACHE_NAME];
    int fd;

    if (!random_bytes(key, sizeof key))
        return;
    fd = cache_temporary(dir, name);
    if (fd < 0)
        return;
    /* link, unlike rename, leaves a key that is there. */
    if (file_drain(fd, key, sizeof key) == 0 && fsync(fd) == 0)
        (void)!linkat(dir, name, dir, key_name, 0);
    close(fd);
    unlinkat(dir, name, 0);
}

static int key_file_open(int dir, const char *name)
{
    return openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
}

/* Only the user may read it. */
static int key_read(struct cache *cache, int fd)
{
    struct stat info;
    ssize_t n;

    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode) ||
        info.st_uid != geteuid() || (info.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return 0;
    n = read(fd, cache->key, sizeof cache->key);
    cache->key_len = n > 0 ? (size_t)n : 0;
    return info.st_size == n &&
           sealed_key_check(cache->key, cache->key_len, NULL) == LODGE_OK;
}

int cache_key_open(struct cache *cache, const char *file)
{
    int fd, good;

    fd = file ? key_file_open(AT_FDCWD, file)
              : key_file_open(cache->dir, key_name);
    if (fd < 0 && errno == ENOENT && !file) {
        key_make(cache->dir);
        fd = key_file_open(cache->dir, key_name);
    }
    good = fd >= 0 && key_read(cache, fd);
    if (fd >= 0)
        close(fd);
    if (!good)
        cache_failed(LODGE_CACHE_KEY);
    return good;
}

/* ---- its size --------------------------------------------------------- */

struct entry {
    char name[CACHE_NAME];
    struct timespec used;
    uint64_t bytes;
};

struct entries {
    struct entry *at; /* owned */
    size_t len, cap;
    uint64_t bytes;
};

/* 64 hexadecimal digits and ".lodge": lodge_wt_entry names them so. */
static int is_entry(const char *name)
{
    return strspn(name, "0123456789abcdef") == 64 &&
           strcmp(name + 64, ".lodge") == 0;
}

/* What a process left that ended while it wrote. */
static int is_stale(const char *name, const struct stat *info, time_t now)
{
    return strncmp(name, "tmp-", 4) == 0 && strlen(name) == 36 &&
           (info->st_mtime + STALE_SECONDS < now ||
            info->st_mtime > now + STALE_SECONDS);
}

static int add(struct entries *all, const char *name, const struct stat *info,
               time_t now)
{
    struct entry *grown, *new;

    if (all->len == all->cap) {
        grown = alloc_grow(all->at, all->cap, all->cap + 256, sizeof *grown);
        if (!grown)
            return 0;
        all->at = grown;
        all->cap += 256;
    }
    new = &all->at[all->len++];
    memcpy(new->name, name, strlen(name) + 1);
    new->used = info->st_atim;
    if (new->used.tv_sec > now) /* the clock was set back */
        new->used.tv_sec = now;
    new->bytes = S_ISREG(info->st_mode) ? (uint64_t)info->st_size : 0;
    all->bytes += new->bytes;
    return 1;
}

static void collect(int dir, DIR *list, time_t now, struct entries *all)
{
    struct dirent *item;
    struct stat info;

    while ((item = readdir(list)) != NULL) {
        if (fstatat(dir, item->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        if (is_stale(item->d_name, &info, now))
            unlinkat(dir, item->d_name, 0);
        else if (is_entry(item->d_name) && !add(all, item->d_name, &info, now))
            break;
    }
}

static int older_first(const void *left, const void *right)
{
    const struct entry *a = left, *b = right;

    if (a->used.tv_sec != b->used.tv_sec)
        return a->used.tv_sec < b->used.tv_sec ? -1 : 1;
    if (a->used.tv_nsec != b->used.tv_nsec)
        return a->used.tv_nsec < b->used.tv_nsec ? -1 : 1;
    return strcmp(a->name, b->name);
}

static void remove_some(const struct cache *cache, struct entries *all,
                        time_t now, const char *keep)
{
    size_t i;

    if (all->len > 1)
        qsort(all->at, all->len, sizeof *all->at, older_first);
    for (i = 0; i < all->len; i++) {
        const struct entry *entry = &all->at[i];
        int old = cache->max_age &&
                  (uint64_t)(now - entry->used.tv_sec) > cache->max_age;

        if ((!old && all->bytes <= cache->max_bytes) ||
            strcmp(entry->name, keep) == 0)
            continue;
        if (unlinkat(cache->dir, entry->name, 0) == 0)
            cache_count(LODGE_STAT_CACHE_PRUNED, 1);
        all->bytes -= entry->bytes;
    }
}

void cache_prune(const struct cache *cache, const char *keep)
{
    struct entries all = {0};
    time_t now = time(NULL);
    /* A folder opened anew has its own position, and its own lock. */
    int dir = openat(cache->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = dir >= 0 ? fdopendir(dir) : NULL;

    if (!list) {
        if (dir >= 0)
            close(dir);
        return;
    }
    if (flock(dir, LOCK_EX | LOCK_NB) == 0) {
        collect(dir, list, now, &all);
        remove_some(cache, &all, now, keep);
    }
    alloc_free(all.at);
    closedir(list); /* and with it the lock */
}

/* cache.h - compiled modules on disk: the rooms' side, and what cache.c and
 * cache_folder.c share.
 */
#ifndef LODGE_CACHE_H
#define LODGE_CACHE_H

#include "sealed.h"

enum { CACHE_KEY_MAX = 1024, CACHE_NAME = 80 };

/* A folder that was found good, and the key of what is in it. */
struct cache {
    int dir;
    size_t key_len;
    uint8_t key[CACHE_KEY_MAX];
    uint64_t max_bytes, max_age; /* max_age in seconds, 0 = none */
};

/* One module on its way through the cache. */
struct cache_try {
    const struct cache *cache; /* NULL: there is none */
    struct sealed_ask ask;     /* owned */
    uint8_t digest[32];        /* of the binary */
    char name[CACHE_NAME];     /* of its entry */
};

/* ---- cache.c ---------------------------------------------------------- */

/* The cache that the settings ask for. NULL if they ask for none, or it
 * cannot be used, which is counted; freed by cache_close.
 */
struct cache *cache_open(const struct settings *set);
void cache_close(struct cache *cache);
/* Looks for a module's code: 1 if `mod` has it now. Ended by cache_end. */
int cache_find(struct cache_try *at, const struct engine *eng,
               const uint8_t *ptr, size_t len, struct module *mod);
/* Keeps the code of a module that was not found. */
void cache_keep(const struct cache_try *at, const struct module *mod);
void cache_end(struct cache_try *at);
/* LODGE_STAT_CACHE_HITS and so on. */
uint64_t cache_stat(uint32_t key);
/* Counts, and why the cache was of no use: LODGE_CACHE_*. */
void cache_count(uint32_t key, uint64_t n);
void cache_failed(uint32_t why);

/* ---- cache_folder.c --------------------------------------------------- */

/* A folder of the user's own, made if it is not there; -1, which is counted.
 */
int cache_folder_open(const char *path);
/* The key from a file, or from the folder's own, which is made at first. */
int cache_key_open(struct cache *cache, const char *file);
/* Removes what was not used for too long, and of the rest what was not used
 * for longest until the size is right; never the entry `keep`. Nothing
 * happens while another process does it.
 */
void cache_prune(const struct cache *cache, const char *keep);
/* Opens a new file in the folder and writes its name; -1: errno. */
int cache_temporary(int dir, char name[CACHE_NAME]);

#endif

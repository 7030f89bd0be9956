/* hostile.h - modules that ask for too much, made here byte by byte; and one
 * process for each, so that what it used can be told afterwards.
 */
#ifndef LODGE_HOSTILE_H
#define LODGE_HOSTILE_H

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <lodge.h>

#define MILLION 1000000u

/* ---- bytes ------------------------------------------------------------ */

struct bytes {
    uint8_t *ptr;
    size_t len, cap;
};

static inline void need(struct bytes *b, size_t more)
{
    if (b->cap - b->len >= more)
        return;
    b->cap = (b->len + more) * 2;
    b->ptr = realloc(b->ptr, b->cap);
    if (!b->ptr)
        abort();
}

static inline void add(struct bytes *b, const void *ptr, size_t len)
{
    need(b, len);
    memcpy(b->ptr + b->len, ptr, len);
    b->len += len;
}

static inline void byte(struct bytes *b, unsigned value)
{
    const uint8_t one = (uint8_t)value;

    add(b, &one, 1);
}

static inline void fill(struct bytes *b, unsigned value, size_t count)
{
    need(b, count);
    memset(b->ptr + b->len, (int)value, count);
    b->len += count;
}

static inline void leb(struct bytes *b, uint64_t value)
{
    for (; value > 0x7F; value >>= 7)
        byte(b, (value & 0x7F) | 0x80);
    byte(b, (unsigned)value);
}

static inline void header(struct bytes *b)
{
    add(b, "\0asm\1\0\0\0", 8);
}

static inline void section(struct bytes *b, unsigned id,
                           const struct bytes *body)
{
    byte(b, id);
    leb(b, body->len);
    add(b, body->ptr, body->len);
}

/* A section of so many entries, all the same. */
static inline void repeat(struct bytes *b, unsigned id, uint32_t count,
                          const void *entry, size_t len)
{
    struct bytes body = {0};
    uint32_t i;

    leb(&body, count);
    for (i = 0; i < count; i++)
        add(&body, entry, len);
    section(b, id, &body);
    free(body.ptr);
}

#define REPEAT(b, id, count, entry)                                           \
    repeat((b), (id), (count), (entry), sizeof(entry) - 1)

static inline void name(struct bytes *b, size_t len)
{
    leb(b, len);
    fill(b, 'n', len);
}

/* ---- one case --------------------------------------------------------- */

/* What is done with the bytes. */
enum { OPEN, VALIDATE, TEXT, RUN };

struct hostile {
    const char *name;
    void (*make)(struct bytes *);
    const char *settings; /* of the engine; with ! of the untrusted preset */
    int act;
    uint32_t allowed; /* bits: 1 << -status; bit 0 is LODGE_OK */
    uint32_t mib;     /* memory that it may take, what it is made of too */
};

#define GIVES(status) (1u << -(int)LODGE_E_##status)
enum { FINE = 1u };

static inline lodge_engine hostile_engine(const char *settings)
{
    const int untrusted = settings[0] == '!';
    lodge_error err = LODGE_ERROR_INIT;
    lodge_config config;
    lodge_engine engine;

    if (lodge_config_new(untrusted ? LODGE_PRESET_UNTRUSTED
                                   : LODGE_PRESET_DEFAULT,
                         &config, &err) != LODGE_OK ||
        lodge_config_parse(config, settings + untrusted,
                           strlen(settings + untrusted), &err) != LODGE_OK ||
        lodge_engine_new(config, &engine, &err) != LODGE_OK) {
        fprintf(stderr, "%s\n", err.message);
        exit(2);
    }
    return engine;
}

static inline lodge_status start(lodge_engine engine, lodge_module module,
                                 lodge_error *err)
{
    lodge_instance instance;
    lodge_linker linker;
    lodge_status st = lodge_linker_new(engine, &linker, err);

    if (st == LODGE_OK)
        st = lodge_instance_new(linker, (lodge_store){0}, module, &instance,
                                err);
    return st;
}

static inline lodge_status act(const struct hostile *h, lodge_engine engine,
                               const struct bytes *b, lodge_error *err)
{
    lodge_module module;
    uint64_t len;
    lodge_status st;

    if (h->act == VALIDATE)
        return lodge_module_validate(engine, b->ptr, b->len, err);
    if (h->act == TEXT) {
        st = lodge_text_to_binary((const char *)b->ptr, b->len, NULL, 0, &len,
                                  err);
        return st == LODGE_E_BUFFER ? LODGE_OK : st;
    }
    st = lodge_module_open(engine, b->ptr, b->len, &module, err);
    return st == LODGE_OK && h->act == RUN ? start(engine, module, err) : st;
}

/* In the process of the case: 0 if all is as it should be. */
static inline int hostile_run(const struct hostile *h)
{
    lodge_error err = LODGE_ERROR_INIT;
    struct bytes b = {0};
    lodge_engine engine;
    uint64_t live = 0, bytes = 0;
    lodge_status st;

    h->make(&b);
    engine = hostile_engine(h->settings);
    st = act(h, engine, &b, &err);
    free(b.ptr);
    lodge_engine_shutdown(engine);
    lodge_stat(LODGE_STAT_LIVE, &live);
    lodge_stat(LODGE_STAT_BYTES, &bytes);
    printf("%s: %d %.100s\n", h->name, (int)st, err.message);
    if (live || bytes)
        printf("%s: left alive: %llu handles, %llu bytes\n", h->name,
               (unsigned long long)live, (unsigned long long)bytes);
    fflush(stdout);
    return live || bytes || st > 0 || st < -31 || !(h->allowed >> -st & 1);
}

/* What a case has used. */
struct used {
    int status; /* as waitpid tells it */
    uint64_t mib;
    double seconds;
};

/* Runs this program again, for one case. It is ended if it takes too long. */
static inline struct used hostile_process(const char *which, unsigned seconds)
{
    struct used used = {-1, 0, 0};
    struct rusage usage;
    pid_t pid = fork();

    if (pid == 0) {
        alarm(seconds);
        execl("/proc/self/exe", "hostile", which, (char *)NULL);
        _exit(127);
    }
    while (pid > 0 && wait4(pid, &used.status, 0, &usage) < 0 &&
           errno == EINTR) {
    }
    used.mib = (uint64_t)usage.ru_maxrss / 1024;
    used.seconds =
        (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
        (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    return used;
}

#endif

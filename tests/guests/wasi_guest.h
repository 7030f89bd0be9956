/* wasi_guest.h - a guest that the test drives by hand: each function of WASI
 * preview 1 as an export, and a memory for what they read and write.
 */
#ifndef LODGE_WASI_GUEST_H
#define LODGE_WASI_GUEST_H

#include <inttypes.h>
#include <time.h>

#include "lodge_test.h"

/* WASI's numbers, as far as tests need them. */
enum {
    WE_OK = 0,
    WE_ACCES = 2,
    WE_AGAIN = 6,
    WE_BADF = 8,
    WE_EXIST = 20,
    WE_FAULT = 21,
    WE_ILSEQ = 25,
    WE_INVAL = 28,
    WE_IO = 29,
    WE_ISDIR = 31,
    WE_LOOP = 32,
    WE_MFILE = 33,
    WE_NOENT = 44,
    WE_NOTDIR = 54,
    WE_NOTSUP = 58,
    WE_PERM = 63,
    WE_PIPE = 64,
    WE_SPIPE = 70,
    WE_XDEV = 75,
    WE_NOTCAPABLE = 76
};
enum { O_W_CREAT = 1, O_W_DIRECTORY = 2, O_W_EXCL = 4, O_W_TRUNC = 8 };
enum { R_READ = 1 << 1, R_WRITE = 1 << 6 };
enum { CLOCK_W_REAL = 0, CLOCK_W_MONOTONIC = 1 };

/* Name and parameters: i = i32, I = i64. All but proc_exit give an errno. */
static const char *const wasi_functions[][2] = {
    {"args_get", "ii"},
    {"args_sizes_get", "ii"},
    {"environ_get", "ii"},
    {"environ_sizes_get", "ii"},
    {"clock_res_get", "ii"},
    {"clock_time_get", "iIi"},
    {"fd_advise", "iIIi"},
    {"fd_allocate", "iII"},
    {"fd_close", "i"},
    {"fd_datasync", "i"},
    {"fd_fdstat_get", "ii"},
    {"fd_fdstat_set_flags", "ii"},
    {"fd_fdstat_set_rights", "iII"},
    {"fd_filestat_get", "ii"},
    {"fd_filestat_set_size", "iI"},
    {"fd_filestat_set_times", "iIIi"},
    {"fd_pread", "iiiIi"},
    {"fd_prestat_get", "ii"},
    {"fd_prestat_dir_name", "iii"},
    {"fd_pwrite", "iiiIi"},
    {"fd_read", "iiii"},
    {"fd_readdir", "iiiIi"},
    {"fd_renumber", "ii"},
    {"fd_seek", "iIii"},
    {"fd_sync", "i"},
    {"fd_tell", "ii"},
    {"fd_write", "iiii"},
    {"path_create_directory", "iii"},
    {"path_filestat_get", "iiiii"},
    {"path_filestat_set_times", "iiiiIIi"},
    {"path_link", "iiiiiii"},
    {"path_open", "iiiiiIIii"},
    {"path_readlink", "iiiiii"},
    {"path_remove_directory", "iii"},
    {"path_rename", "iiiiii"},
    {"path_symlink", "iiiii"},
    {"path_unlink_file", "iii"},
    {"poll_oneoff", "iiii"},
    {"proc_raise", "i"},
    {"random_get", "ii"},
    {"sched_yield", ""},
    {"sock_accept", "iii"},
    {"sock_recv", "iiiiii"},
    {"sock_send", "iiiii"},
    {"sock_shutdown", "ii"},
    {"proc_exit", "i"},
};
enum { WASI_FUNCTIONS = sizeof wasi_functions / sizeof *wasi_functions };

static lodge_engine engine;
static lodge_wasi wasi;

/* The guest: its instance has a store of its own. */
static lodge_instance guest;
static lodge_store store;
static lodge_memory memory;

/* Where things lie in the guest's memory. */
enum {
    AT_OUT = 64,
    AT_IOV = 128,
    AT_PATH = 1024,
    AT_PATH2 = 2048,
    AT_DATA = 65536,
    DATA_MAX = 3 * 65536
};

static inline int begin(void **state)
{
    if (nothing_lives(state))
        return -1;
    engine = new_engine_with("interruption=on");
    OK(lodge_wasi_new(&wasi, ERR));
    return 0;
}

static inline int end(void **state)
{
    lodge_engine_shutdown(engine);
    lodge_wasi_close(wasi);
    return nothing_lives(state);
}

#define WASI_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

static inline const char *type_name(char c)
{
    return c == 'i' ? " i32" : " i64";
}

/* The text of the guest. `more` is added to the module. */
static inline char *guest_text(const char *more)
{
    char *text = calloc(1, 1 << 16);
    FILE *out = fmemopen(text, (1 << 16) - 1, "w");
    size_t i, k;

    fprintf(out, "(module\n");
    for (i = 0; i < WASI_FUNCTIONS; i++) {
        const char *name = wasi_functions[i][0], *p = wasi_functions[i][1];

        fprintf(out,
                "(import \"wasi_snapshot_preview1\" \"%s\" (func $%s"
                " (param",
                name, name);
        for (k = 0; p[k]; k++)
            fputs(type_name(p[k]), out);
        fprintf(out, ")%s))\n",
                strcmp(name, "proc_exit") == 0 ? "" : " (result i32)");
    }
    fprintf(out, "%s\n(memory (export \"memory\") 16)\n", more);
    for (i = 0; i < WASI_FUNCTIONS; i++) {
        const char *name = wasi_functions[i][0], *p = wasi_functions[i][1];

        fprintf(out, "(func (export \"%s\") (param", name);
        for (k = 0; p[k]; k++)
            fputs(type_name(p[k]), out);
        fprintf(out, ") (result i32) (call $%s", name);
        for (k = 0; p[k]; k++)
            fprintf(out, " (local.get %zu)", k);
        fprintf(out, ")%s)\n",
                strcmp(name, "proc_exit") == 0 ? " unreachable" : "");
    }
    fprintf(out, ")\n");
    fclose(out);
    return text;
}

static inline lodge_linker wasi_linker(void)
{
    lodge_linker linker = new_linker(engine);

    OK(lodge_linker_add_wasi(linker, ERR));
    return linker;
}

static inline lodge_prepared guest_prepare(lodge_linker linker,
                                           const char *more)
{
    char *text = guest_text(more);
    lodge_module module = new_module(engine, text);
    lodge_prepared prepared;

    OK(lodge_linker_prepare(linker, module, &prepared, ERR));
    lodge_module_close(module);
    free(text);
    return prepared;
}

/* Make an instance of the prepared guest the present one. */
static inline void guest_start(lodge_prepared prepared)
{
    OK(lodge_prepared_instance(prepared, (lodge_store){0}, &guest, ERR));
    OK(lodge_instance_store(guest, &store, ERR));
    OK(lodge_instance_memory(guest, TEXT("memory"), &memory, ERR));
}

/* Open the guest with the description of the test. */
static inline lodge_prepared guest_open(void)
{
    lodge_prepared prepared = guest_prepare(wasi_linker(), "");

    OK(lodge_prepared_wasi(prepared, wasi, ERR));
    guest_start(prepared);
    return prepared;
}

/* Call a WASI function; the status, and the errno in *result. */
static inline lodge_status wasi_try(const char *name, const uint64_t *args,
                                    size_t n, uint64_t *result)
{
    uint64_t slots[10] = {0};
    lodge_status st;

    if (n)
        memcpy(slots, args, n * sizeof *args);
    st = lodge_func_call(func_of(guest, name), slots, 10, ERR);
    *result = slots[0];
    return st;
}

static inline uint64_t wasi_errno(const char *name, const uint64_t *args,
                                  size_t n)
{
    uint64_t result;

    check_status(wasi_try(name, args, n, &result), LODGE_OK, name, __FILE__,
                 __LINE__);
    return result;
}

#define ARGS(...)                                                             \
    (uint64_t[]){ __VA_ARGS__ },                                              \
        sizeof((uint64_t[]){ __VA_ARGS__ }) / sizeof(uint64_t)

/* SYS(WE_OK, "fd_close", 4): the errno is as expected. */
#define SYS(want, name, ...)                                                  \
    do {                                                                      \
        uint64_t errno_ = wasi_errno(name, ARGS(__VA_ARGS__));                \
        if (errno_ != (uint64_t)(want))                                       \
            fail_msg("%s:%d: %s gave errno %" PRIu64 ", expected %d",         \
                     __FILE__, __LINE__, name, errno_, (int)(want));          \
    } while (0)

/* The errno of a WASI function. */
#define ERRNO(name, ...) wasi_errno(name, ARGS(__VA_ARGS__))

static inline void put(uint64_t at, const void *ptr, uint64_t len)
{
    OK(lodge_memory_write(memory, at, ptr, len, ERR));
}

static inline void put32(uint64_t at, uint64_t value)
{
    OK(lodge_memory_store(memory, at, LODGE_TYPE_I32, &value, ERR));
}

static inline void put64(uint64_t at, uint64_t value)
{
    OK(lodge_memory_store(memory, at, LODGE_TYPE_I64, &value, ERR));
}

static inline uint64_t get32(uint64_t at)
{
    uint64_t value;

    OK(lodge_memory_load(memory, at, LODGE_TYPE_I32, &value, ERR));
    return value;
}

static inline uint64_t get64(uint64_t at)
{
    uint64_t value;

    OK(lodge_memory_load(memory, at, LODGE_TYPE_I64, &value, ERR));
    return value;
}

/* A path argument: its address and length as two words. */
#define PATH(text) (put(AT_PATH, TEXT(text)), AT_PATH), strlen(text)
#define PATH2(text) (put(AT_PATH2, TEXT(text)), AT_PATH2), strlen(text)

/* Write bytes to a descriptor; how many were, or minus the errno. */
static inline int64_t fd_write(uint32_t fd, const void *ptr, uint64_t len)
{
    uint64_t errno_;

    put(AT_DATA, ptr, len);
    put32(AT_IOV, AT_DATA);
    put32(AT_IOV + 4, len);
    errno_ = ERRNO("fd_write", fd, AT_IOV, 1, AT_OUT);
    return errno_ ? -(int64_t)errno_ : (int64_t)get32(AT_OUT);
}

static inline int64_t fd_puts(uint32_t fd, const char *text)
{
    return fd_write(fd, text, strlen(text));
}

/* Read into the guest, and from there; how many, or minus the errno. */
static inline int64_t fd_read(uint32_t fd, void *ptr, uint64_t len)
{
    uint64_t errno_;

    put32(AT_IOV, AT_DATA);
    put32(AT_IOV + 4, len);
    errno_ = ERRNO("fd_read", fd, AT_IOV, 1, AT_OUT);
    if (errno_)
        return -(int64_t)errno_;
    OK(lodge_memory_read(memory, AT_DATA, ptr, get32(AT_OUT), ERR));
    return (int64_t)get32(AT_OUT);
}

/* A read gives exactly this text. */
#define READS_FD(fd, text)                                                    \
    do {                                                                      \
        char buf_[4096];                                                      \
        int64_t n_ = fd_read((fd), buf_, sizeof buf_);                        \
        assert_int_equal(n_, strlen(text));                                   \
        assert_memory_equal(buf_, text, strlen(text));                        \
    } while (0)

/* Open a path below a directory; the descriptor, or minus the errno. */
static inline int64_t path_open(uint32_t dir, const char *path,
                                uint32_t oflags, uint64_t rights)
{
    uint64_t errno_;

    put(AT_PATH, TEXT(path));
    /* 1: a symbolic link at the end is followed. */
    errno_ = ERRNO("path_open", dir, 1, AT_PATH, strlen(path), oflags, rights,
                   rights, 0, AT_OUT);
    return errno_ ? -(int64_t)errno_ : (int64_t)get32(AT_OUT);
}

/* A ring gives exactly this text. */
static inline void drains(uint32_t fd, const char *text)
{
    uint8_t buf[4096];
    uint64_t n = UINT64_MAX;

    OK(lodge_store_output(store, fd, buf, sizeof buf, &n, ERR));
    assert_int_equal(n, strlen(text));
    assert_memory_equal(buf, text, strlen(text));
}

static inline uint64_t feed(const void *ptr, uint64_t len)
{
    uint64_t taken = UINT64_MAX;

    OK(lodge_store_input(store, 0, ptr, len, &taken, ERR));
    return taken;
}

static inline void stream(uint32_t fd, uint32_t how, const char *text)
{
    OK(lodge_wasi_stream(wasi, fd, how, (const uint8_t *)text,
                         text ? strlen(text) : 0, ERR));
}

static inline void ring(uint32_t fd, uint64_t bytes)
{
    OK(lodge_wasi_stream(wasi, fd, LODGE_WASI_RING, NULL, bytes, ERR));
}

static inline void setting(uint32_t key, uint64_t value)
{
    OK(lodge_wasi_set(wasi, key, value, ERR));
}

/* The texts of args_get or environ_get, each followed by a newline. */
static inline void texts(const char *sizes, const char *get, char *out)
{
    uint64_t i, n;

    SYS(WE_OK, sizes, AT_OUT, AT_OUT + 4);
    n = get32(AT_OUT);
    SYS(WE_OK, get, 256, AT_DATA);
    for (i = 0; i < n; i++) {
        uint64_t at = get32(256 + 4 * i), len;

        OK(lodge_memory_find(memory, at, 0, 4096, &len, ERR));
        OK(lodge_memory_read(memory, at, (uint8_t *)out, len, ERR));
        out += len;
        *out++ = '\n';
    }
    *out = 0;
}

static inline void has_args(const char *expected)
{
    char found[4096];

    texts("args_sizes_get", "args_get", found);
    assert_string_equal(found, expected);
}

static inline void has_env(const char *expected)
{
    char found[4096];

    texts("environ_sizes_get", "environ_get", found);
    assert_string_equal(found, expected);
}

/* ---- time -------------------------------------------------------------- */

static inline uint64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

#define MS UINT64_C(1000000) /* in nanoseconds */

enum { AT_SUBS = 8192, AT_EVENTS = 16384, ABSOLUTE = 1 };

/* A subscription to a clock at a place in the list. */
static inline void subscribe_clock(uint32_t place, uint32_t id,
                                   uint64_t timeout, uint32_t flags)
{
    uint64_t at = AT_SUBS + 48 * place;
    static const uint8_t zeros[48];

    put(at, zeros, sizeof zeros);
    put64(at, 100 + place); /* userdata */
    put32(at + 16, id);
    put64(at + 24, timeout);
    put32(at + 40, flags);
}

static inline uint64_t poll_errno(uint32_t n)
{
    return ERRNO("poll_oneoff", AT_SUBS, AT_EVENTS, n, AT_OUT);
}

#endif

/* box.h - a folder for a guest, with something outside of it to long for. */
#ifndef LODGE_BOX_H
#define LODGE_BOX_H

#include <dirent.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "wasi_guest.h"

/* ROOT/secret is outside of what the guest sees, ROOT/box is inside. */
static char root[] = "/tmp/lodge-files-XXXXXX";

static inline const char *at(const char *path)
{
    static char paths[8][128];
    static int next;
    char *full = paths[next++ % 8];

    snprintf(full, 128, "%s/%s", root, path);
    return full;
}

static inline void host_file(const char *path, const char *text)
{
    FILE *f = fopen(at(path), "wb");

    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static inline void host_file_is(const char *path, const char *expected)
{
    char text[256] = "";
    FILE *f = fopen(at(path), "rb");

    assert_non_null(f);
    assert_int_equal(fread(text, 1, sizeof text - 1, f), strlen(expected));
    assert_string_equal(text, expected);
    fclose(f);
}

static inline int on_host(const char *path)
{
    struct stat st;

    return lstat(at(path), &st) == 0;
}

static inline int removes(const char *path, const struct stat *st, int flag,
                          struct FTW *ftw)
{
    (void)st, (void)flag, (void)ftw;
    return remove(path);
}

static inline int begin_files(void **state)
{
    strcpy(root + sizeof root - 7, "XXXXXX");
    assert_non_null(mkdtemp(root));
    host_file("secret", "the secret");
    assert_int_equal(mkdir(at("box"), 0777), 0);
    assert_int_equal(mkdir(at("box/sub"), 0777), 0);
    host_file("box/a", "content");
    host_file("box/sub/b", "below");
    return begin(state);
}

static inline int end_files(void **state)
{
    nftw(root, removes, 16, FTW_DEPTH | FTW_PHYS);
    return end(state);
}

#define FILES_TEST(name)                                                      \
    cmocka_unit_test_setup_teardown(name, begin_files, end_files)

enum { NONE = 0, R = LODGE_WASI_READ, W = LODGE_WASI_WRITE, RW = R | W };

static inline void add_dir(const char *path, const char *name,
                           uint32_t dir_rights, uint32_t file_rights)
{
    OK(lodge_wasi_dir(wasi, TEXT(path), TEXT(name), dir_rights, file_rights,
                      ERR));
}

/* A guest that sees the box with these rights, as descriptor 3. */
static inline void open_box(uint32_t dir_rights, uint32_t file_rights)
{
    add_dir(at("box"), "/box", dir_rights, file_rights);
    guest_open();
}

/* Open what must be there. */
static inline uint32_t opened(const char *path, uint32_t oflags,
                              uint64_t rights)
{
    int64_t fd = path_open(3, path, oflags, rights);

    if (fd < 0)
        fail_msg("opening %s gave errno %d", path, (int)-fd);
    return (uint32_t)fd;
}

/* Errnos that say: not allowed. */
static inline int is_refusal(uint64_t found)
{
    return found == WE_PERM || found == WE_ACCES || found == WE_BADF ||
           found == WE_NOTCAPABLE || found == 69 /* rofs */;
}

static inline int descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    int n = 0;

    while (readdir(dir))
        n++;
    closedir(dir);
    return n;
}

/* The names in a directory, sorted by appearance, in one text. */
static inline uint64_t list(uint32_t fd, uint64_t buffer, char *names)
{
    uint64_t cookie = 0, used, errno_, pos;

    *names = 0;
    do {
        errno_ = ERRNO("fd_readdir", fd, AT_DATA, buffer, cookie, AT_OUT);
        if (errno_)
            return errno_;
        used = get32(AT_OUT);
        for (pos = 0; pos + 24 <= used;) {
            uint64_t len = get32(AT_DATA + pos + 16);

            if (pos + 24 + len > used)
                break;
            OK(lodge_memory_read(memory, AT_DATA + pos + 24, (uint8_t *)names,
                                 len, ERR));
            names += len;
            *names++ = ' ', *names = 0;
            cookie = get64(AT_DATA + pos);
            pos += 24 + len;
        }
    } while (used == buffer);
    return 0;
}

#endif

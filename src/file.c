/* file.c - whole files, read and written.
 * It must not know what is in them.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rooms.h"

lodge_status file_path_check(const char *path, uint64_t len, lodge_error *err)
{
    lodge_status st = text_check(path, len, "path", err);

    if (st == LODGE_OK && (len == 0 || memchr(path, 0, len)))
        st = error_refuse(err, LODGE_E_ARGUMENT,
                          "path: is empty or holds a NUL");
    return st;
}

static lodge_status refuse(const char *what, const char *path, const char *why,
                           lodge_error *err)
{
    char quoted[160];

    error_quote(quoted, sizeof quoted, path, strlen(path));
    return error_refuse(err, LODGE_E_IO, "cannot %s %s: %s", what, quoted,
                        why);
}

/* ---- reading ---------------------------------------------------------- */

static lodge_status fill(int fd, const char *path, uint8_t *buf, size_t size,
                         lodge_error *err)
{
    size_t have = 0;

    while (have < size) {
        ssize_t n = read(fd, buf + have, size - have);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return refuse("read", path, strerror(errno), err);
        if (n == 0)
            return refuse("read", path, "it became shorter while it was read",
                          err);
        have += (size_t)n;
    }
    return LODGE_OK;
}

static lodge_status size_of(int fd, const char *path, const char *what,
                            uint64_t max, size_t *size, lodge_error *err)
{
    struct stat info;

    if (fstat(fd, &info) != 0)
        return refuse("read", path, strerror(errno), err);
    if (S_ISDIR(info.st_mode))
        return refuse("read", path, "it is a directory", err);
    if (!S_ISREG(info.st_mode))
        return refuse("read", path, "it is not a regular file", err);
    if ((uint64_t)info.st_size > max)
        return error_refuse(
            err, LODGE_E_LIMIT, "%s: %llu is more than the limit of %llu",
            what, (unsigned long long)info.st_size, (unsigned long long)max);
    *size = (size_t)info.st_size;
    return LODGE_OK;
}

lodge_status file_read(const char *path, const char *what, uint64_t max,
                       uint8_t **out, size_t *len, lodge_error *err)
{
    uint8_t *buf = NULL;
    lodge_status st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0)
        return refuse("read", path, strerror(errno), err);
    st = size_of(fd, path, what, max, len, err);
    if (st == LODGE_OK) {
        buf = alloc_zero(*len);
        st = buf ? fill(fd, path, buf, *len, err) : error_memory(err);
    }
    close(fd);
    if (st != LODGE_OK)
        alloc_free(buf);
    else
        *out = buf;
    return st;
}

/* Whether only the user, or the system, can write to it. */
static lodge_status check_owner(int fd, const char *path, lodge_error *err)
{
    struct stat info;

    if (fstat(fd, &info) != 0)
        return refuse("map", path, strerror(errno), err);
    if ((info.st_uid != geteuid() && info.st_uid != 0) ||
        (info.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return refuse("map", path, "others can write to it", err);
    return LODGE_OK;
}

lodge_status file_open_trusted(const char *path, int *out, size_t *len,
                               lodge_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    lodge_status st;

    if (fd < 0)
        return refuse("map", path, strerror(errno), err);
    st = size_of(fd, path, "bytes of the file", UINT32_MAX, len, err);
    if (st == LODGE_OK)
        st = check_owner(fd, path, err);
    if (st == LODGE_OK)
        *out = fd;
    else
        close(fd);
    return st;
}

/* ---- writing ---------------------------------------------------------- */

/* Beside the file, where rename can take it from. */
static char *name_beside(const char *path)
{
    static _Atomic uint32_t count;
    struct textbuf name = {0};

    textbuf_printf(&name, "%s.%ld-%u.tmp", path, (long)getpid(),
                   atomic_fetch_add(&count, 1));
    if (name.failed)
        textbuf_free(&name);
    return name.ptr;
}

int file_drain(int fd, const uint8_t *ptr, size_t len)
{
    struct rlimit most;

    /* Beyond this limit the system would send a signal. */
    if (getrlimit(RLIMIT_FSIZE, &most) == 0 && most.rlim_cur < len)
        return EFBIG;
    while (len > 0) {
        ssize_t n = write(fd, ptr, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? errno : EIO;
        ptr += n;
        len -= (size_t)n;
    }
    return 0;
}

/* What a crash of the system leaves is the old file or the new one. */
static int finish(int fd, const uint8_t *ptr, size_t len)
{
    int failed = file_drain(fd, ptr, len);

    if (!failed && fsync(fd) != 0)
        failed = errno;
    if (close(fd) != 0 && !failed)
        failed = errno;
    return failed;
}

lodge_status file_write(const char *path, const uint8_t *ptr, size_t len,
                        lodge_error *err)
{
    char *name = name_beside(path);
    int fd, failed;

    if (!name)
        return error_memory(err);
    fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    failed = fd < 0 ? errno : finish(fd, ptr, len);
    if (!failed && rename(name, path) != 0)
        failed = errno;
    if (failed && fd >= 0)
        unlink(name);
    alloc_free(name);
    return failed ? refuse("write", path, strerror(failed), err) : LODGE_OK;
}

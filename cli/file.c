/* file.c - whole files, read and written.
 * It must not know what is in them.
 */
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *file_label(const char *path)
{
    return strcmp(path, "-") == 0 ? "stdin" : path;
}

static bool read_all(int fd, uint64_t most, struct text *out)
{
    ssize_t n;

    while (out->len <= most) {
        text_reserve(out, out->len < 65536 ? 65536 : out->len);
        n = read(fd, out->ptr + out->len, out->cap - out->len - 1);
        if (n == 0)
            return true;
        if (n < 0 && errno != EINTR)
            return false;
        out->len += n > 0 ? (size_t)n : 0;
    }
    errno = EFBIG;
    return false;
}

bool file_read(const char *path, uint64_t most, struct text *out)
{
    bool is_stdin = strcmp(path, "-") == 0, good = false;
    int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);

    if (fd >= 0)
        good = read_all(fd, most, out);
    if (!good && errno == EFBIG)
        fail("%s: longer than %llu bytes", file_label(path),
             (unsigned long long)most);
    else if (!good)
        fail("%s: %s", file_label(path), strerror(errno));
    if (fd >= 0 && !is_stdin)
        close(fd);
    return good;
}

/* Half a file is worse than none: what could not be written is removed. */
bool file_write(const char *path, const struct text *bytes)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    struct stat info;
    bool good;

    if (fd < 0) {
        fail("%s: %s", path, strerror(errno));
        return false;
    }
    good = write_all(fd, bytes->ptr, bytes->len);
    if (!good)
        fail("%s: %s", path, strerror(errno));
    if (!good && fstat(fd, &info) == 0 && S_ISREG(info.st_mode))
        unlink(path);
    if (close(fd) != 0 && good) {
        fail("%s: %s", path, strerror(errno));
        good = false;
    }
    return good;
}

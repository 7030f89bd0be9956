/* output.c - stdout that notices when it fails, and colours for terminals.
 * It must not know what is printed.
 */
#include "cli.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FLUSH_AT = 64 * 1024 };

static struct text pending;
static int broken; /* errno of the first write that failed */

bool write_all(int fd, const void *ptr, size_t len)
{
    struct pollfd room = {.fd = fd, .events = POLLOUT};
    const char *at = ptr;
    ssize_t n;

    while (len) {
        n = write(fd, at, len);
        if (n >= 0) {
            at += n;
            len -= (size_t)n;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            poll(&room, 1, -1);
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

static void flush(void)
{
    if (!broken && !write_all(STDOUT_FILENO, pending.ptr, pending.len))
        broken = errno;
    pending.len = 0;
}

void out_add(const void *ptr, size_t len)
{
    text_add(&pending, ptr, len);
    if (pending.len >= FLUSH_AT)
        flush();
}

void out_puts(const char *words)
{
    out_add(words, strlen(words));
}

void out_printf(const char *format, ...)
{
    struct text line = {0};
    va_list args;

    va_start(args, format);
    text_vprintf(&line, format, args);
    va_end(args);
    out_add(line.ptr, line.len);
    text_free(&line);
}

void out_styled(enum style style, const char *words)
{
    out_puts(style_begin(STDOUT_FILENO, style));
    out_puts(words);
    out_puts(style_end(STDOUT_FILENO));
}

/* A reader that has seen enough (`| head`) is no news to anybody: no words,
 * but not a success either. Some file systems report a full disk only when
 * a file is closed.
 */
bool out_finish(void)
{
    bool used = pending.cap > 0;

    flush();
    text_free(&pending);
    if (used && !broken && close(STDOUT_FILENO) != 0 && errno != EINTR)
        broken = errno;
    if (broken && broken != EPIPE)
        fail("cannot write to stdout: %s", strerror(broken));
    return !broken;
}

bool is_terminal(int fd)
{
    const char *term = getenv("TERM");

    return isatty(fd) && !(term && strcmp(term, "dumb") == 0);
}

static bool colours(int fd)
{
    const char *no = getenv("NO_COLOR");

    return !(no && *no) && is_terminal(fd);
}

const char *style_begin(int fd, enum style style)
{
    static const char *const codes[] = {
        [STYLE_ERROR] = "\033[1;31m",
        [STYLE_HINT] = "\033[36m",
        [STYLE_HEADING] = "\033[1m",
        [STYLE_GOOD] = "\033[32m",
    };

    return colours(fd) ? codes[style] : "";
}

const char *style_end(int fd)
{
    return colours(fd) ? "\033[0m" : "";
}

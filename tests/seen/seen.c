/* seen.c - writes down each pair of function and status once a process.
 *
 * With LODGE_SEEN naming a folder, a line "120 -15" is appended to its file
 * "pairs" at the first sight of the pair, so it outlives crashes, and forked
 * children share it. Callable from signal handlers and on small stacks.
 */
#include "seen.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OPS = 1024, LOWEST = -100, STATUSES = 128, LINE = 32, LODGE_DO = 10 };

static atomic_uchar known[OPS][STATUSES];

/* Writes a number and a character; returns what follows. */
static char *put(char *at, int32_t number, char end)
{
    char digits[12];
    size_t n = 0;
    uint32_t left = number < 0 ? -(uint32_t)number : (uint32_t)number;

    do
        digits[n++] = (char)('0' + left % 10);
    while (left /= 10);
    if (number < 0)
        *at++ = '-';
    while (n)
        *at++ = digits[--n];
    *at++ = end;
    return at;
}

/* 0 if it cannot be written now: the next sight tries again. */
static int append(const char *folder, uint32_t op, int32_t status)
{
    char path[256], line[LINE];
    size_t len = strlen(folder);
    size_t want;
    int fd, done;

    if (len > sizeof path - sizeof "/pairs")
        return 0;
    memcpy(path, folder, len);
    memcpy(path + len, "/pairs", sizeof "/pairs");
    want = (size_t)(put(put(line, (int32_t)op, ' '), status, '\n') - line);
    fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (fd < 0)
        return 0;
    done = write(fd, line, want) == (ssize_t)want;
    close(fd);
    return done;
}

int32_t seen(uint32_t op, int32_t status)
{
    const int before = errno;
    const char *folder;
    atomic_uchar *mark;

    if (op >= OPS || status < LOWEST || status >= LOWEST + STATUSES)
        return status;
    mark = &known[op][status - LOWEST];
    if (atomic_load_explicit(mark, memory_order_relaxed))
        return status;
    folder = getenv("LODGE_SEEN");
    if (!folder || append(folder, op, status))
        atomic_store_explicit(mark, 1, memory_order_relaxed);
    errno = before;
    return status;
}

static const struct seen_function *by_op(uint64_t op)
{
    uint32_t i;

    for (i = 0; i < seen_function_count; i++)
        if (seen_functions[i].op == op)
            return &seen_functions[i];
    return NULL;
}

/* A number that lodge_do does not reach is a matter of its own. */
int32_t seen_do(uint64_t op, int32_t status)
{
    const struct seen_function *fn = op == LODGE_DO ? NULL : by_op(op);

    if (fn)
        seen(fn->op, fn->returns_status ? status : 0);
    if (!fn || status == 0)
        seen(LODGE_DO, status);
    return status;
}

const struct seen_function *seen_function_named(const char *name)
{
    uint32_t i;

    for (i = 0; i < seen_function_count; i++)
        if (strcmp(seen_functions[i].name, name) == 0)
            return &seen_functions[i];
    return NULL;
}

int seen_documents(const struct seen_function *fn, int32_t status)
{
    const int32_t *at = fn->errors;

    while (*at && *at != status)
        at++;
    return *at != 0;
}

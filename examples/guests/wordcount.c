/* wordcount.c - a guest: counts what it reads from stdin.
 *
 * It tells the host each count by name, and writes the line that wc would.
 */
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

__attribute__((import_module("host"), import_name("tell"))) void
host_tell(const char *name, uint32_t len, uint64_t value);

static uint64_t lines, words, bytes;

static int is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static void count(const char *buf, size_t len)
{
    static int inside; /* a word, also from one block to the next */
    size_t i;

    for (i = 0; i < len; i++) {
        int space = is_space(buf[i]);

        words += (uint64_t)(!space && !inside);
        lines += (uint64_t)(buf[i] == '\n');
        inside = !space;
    }
    bytes += len;
}

int main(void)
{
    static char buf[65536];
    ssize_t n;

    while ((n = read(0, buf, sizeof buf)) > 0)
        count(buf, (size_t)n);
    if (n < 0)
        return 1;
    host_tell("lines", 5, lines);
    host_tell("words", 5, words);
    host_tell("bytes", 5, bytes);
    return printf("%llu %llu %llu\n", (unsigned long long)lines,
                  (unsigned long long)words, (unsigned long long)bytes) < 0;
}

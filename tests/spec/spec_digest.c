/* spec_digest.c - what came of each assertion, to be compared between modes.
 *
 * A line for each: SUITE/NAME LINE STATUS TRAP RESULTS. Numbers are there with
 * all their bits. Ids of functions and objects are not the same in two runs:
 * of those there is only whether they are null.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "spec.h"

static FILE *file;

int digest_open(const char *path)
{
    file = fopen(path, "w");
    if (!file)
        perror(path);
    return file ? 0 : -1;
}

int digest_close(void)
{
    int failed = file && (ferror(file) | fclose(file));

    file = NULL;
    return failed ? -1 : 0;
}

/* The next type of a list as text; 0 at the end. */
static int next_type(const char **at, char *type, size_t cap)
{
    size_t n;

    *at += strspn(*at, " ");
    n = **at == '(' ? strcspn(*at, ")") + 1 : strcspn(*at, " ");
    if (n == 0)
        return 0;
    snprintf(type, cap, "%.*s", (int)n, *at);
    *at += n;
    return 1;
}

static void note_value(const char *type, const uint64_t *slot)
{
    if (strcmp(type, "v128") == 0)
        fprintf(file, " %016" PRIx64 "%016" PRIx64, slot[1], slot[0]);
    else if (!strstr(type, "ref"))
        fprintf(file, " %" PRIx64, *slot);
    else if (strcmp(type, "externref") == 0 && *slot < LODGE_EXTERN_REF)
        fprintf(file, " token%" PRIu64, *slot);
    else
        fprintf(file, *slot ? " ref" : " null");
}

void digest_note(const char *suite, const char *name, unsigned line,
                 const struct outcome *found)
{
    const char *at = found->types;
    uint32_t slot = 0;
    char type[64];

    if (!file)
        return;
    fprintf(file, "%s/%s %u %d %d", suite, name, line, (int)found->status,
            (int)found->trap);
    while (found->slots && next_type(&at, type, sizeof type)) {
        if (strcmp(type, "mut") == 0)
            continue;
        note_value(type, found->values + slot);
        slot += strcmp(type, "v128") == 0 ? 2 : 1;
    }
    fputc('\n', file);
}

/* nearest.c - which known word was meant by an unknown one.
 * It must not know what the words are for.
 */
#include "cli.h"

#include <string.h>

enum { LONGEST = 63 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* How many letters to add, drop, change or swap to make one from the other
 * (optimal string alignment). Both are at most LONGEST long.
 */
static size_t distance(const char *a, const char *b)
{
    size_t rows[3][LONGEST + 2] = {{0}};
    size_t *row = rows[0], *last = rows[1], *before = rows[2], *spare;
    size_t i, j;

    for (j = 0; b[j]; j++)
        row[j + 1] = j + 1;
    for (i = 0; a[i]; i++) {
        spare = before;
        before = last;
        last = row;
        row = spare;
        row[0] = i + 1;
        for (j = 0; b[j]; j++) {
            row[j + 1] = least(last[j] + (a[i] != b[j]),
                               least(last[j + 1], row[j]) + 1);
            if (i && j && a[i] == b[j - 1] && a[i - 1] == b[j])
                row[j + 1] = least(row[j + 1], before[j - 1] + 1);
        }
    }
    return row[j];
}

void nearest_begin(struct nearest *near, const char *word)
{
    near->word = word;
    near->best = NULL;
    near->distance = 1 + strlen(word) / 3; /* farther is another word */
}

/* What begins like the word is nearly as good as a slip of one letter. */
void nearest_offer(struct nearest *near, const char *candidate)
{
    size_t len = strlen(near->word), far;

    if (len > LONGEST || strlen(candidate) > LONGEST)
        return;
    far = distance(near->word, candidate);
    if (len >= 3 && strncmp(candidate, near->word, len) == 0)
        far = least(far, 1);
    if (far > near->distance || (near->best && far == near->distance))
        return;
    near->best = candidate;
    near->distance = far;
}

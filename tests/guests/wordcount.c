/* wordcount.c - lines, words and bytes of a file or of standard input, as
 * `wc` counts them in the C locale.
 */
#include <stdio.h>

static int is_space(int c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

int main(int argc, char **argv)
{
    unsigned long lines = 0, words = 0, bytes = 0;
    FILE *in = argc > 1 ? fopen(argv[1], "rb") : stdin;
    int c, inside = 0;

    if (!in) {
        perror(argv[1]);
        return 1;
    }
    while ((c = getc(in)) != EOF) {
        bytes++;
        lines += c == '\n';
        if (is_space(c))
            inside = 0;
        else if (!inside)
            words += (unsigned long)(inside = 1);
    }
    printf("%lu %lu %lu\n", lines, words, bytes);
    return 0;
}

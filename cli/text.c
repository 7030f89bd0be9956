/* text.c - text that grows.
 * It must not know what is written.
 */
#include "cli.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The command holds nothing that must be put in order first. */
static void out_of_memory(void)
{
    static const char words[] = "lodge: out of memory\n";

    write_all(STDERR_FILENO, words, sizeof words - 1);
    _exit(CODE_FAILED);
}

void *grow(void *ptr, size_t count, size_t size)
{
    void *bigger = NULL;

    if (count <= SIZE_MAX / size)
        bigger = realloc(ptr, count * size);
    if (!bigger)
        out_of_memory();
    return bigger;
}

void text_reserve(struct text *to, size_t more)
{
    size_t cap = to->cap ? to->cap : 64;

    if (more > SIZE_MAX / 4 || to->len > SIZE_MAX / 4)
        out_of_memory();
    while (cap < to->len + more + 1)
        cap *= 2;
    if (cap == to->cap)
        return;
    to->ptr = grow(to->ptr, cap, 1);
    to->cap = cap;
    to->ptr[to->len] = '\0';
}

void text_add(struct text *to, const void *ptr, size_t len)
{
    text_reserve(to, len);
    if (len)
        memcpy(to->ptr + to->len, ptr, len);
    to->len += len;
    to->ptr[to->len] = '\0';
}

void text_puts(struct text *to, const char *words)
{
    text_add(to, words, strlen(words));
}

void text_vprintf(struct text *to, const char *format, va_list args)
{
    va_list again;
    int len;

    va_copy(again, args);
    len = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (len <= 0)
        return;
    text_reserve(to, (size_t)len);
    vsnprintf(to->ptr + to->len, (size_t)len + 1, format, args);
    to->len += (size_t)len;
}

void text_printf(struct text *to, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    text_vprintf(to, format, args);
    va_end(args);
}

size_t text_width(const char *ptr, size_t len)
{
    size_t i, width = 0;

    for (i = 0; i < len; i++)
        width += ((unsigned char)ptr[i] & 0xC0) != 0x80;
    return width;
}

void text_pad(struct text *to, size_t from, size_t column)
{
    size_t width = text_width(to->ptr + from, to->len - from);

    for (; width < column; width++)
        text_add(to, " ", 1);
}

void text_free(struct text *text)
{
    free(text->ptr);
    *text = (struct text){0};
}

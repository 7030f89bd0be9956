/* fail.c - what goes wrong, as one clear line on stderr and one hint.
 * It must not know which command is running.
 */
#include "cli.h"

#include <stdarg.h>
#include <string.h>
#include <unistd.h>

static void say(const char *head, enum style style, const char *ptr,
                size_t len)
{
    struct text line = {0};

    text_printf(&line, "%s%s%s ", style_begin(STDERR_FILENO, style), head,
                style_end(STDERR_FILENO));
    escape(&line, ptr, len, false);
    text_puts(&line, "\n");
    write_all(STDERR_FILENO, line.ptr, line.len);
    text_free(&line);
}

/* Lines after the first are details of a message, such as the place in a
 * source text.
 */
static void say_lines(const char *head, enum style style,
                      const struct text *words)
{
    const char *at = words->ptr, *end = words->ptr + words->len;
    const char *stop = memchr(at, '\n', words->len);

    say(head, style, at, (size_t)((stop ? stop : end) - at));
    while (stop) {
        at = stop + 1;
        stop = memchr(at, '\n', (size_t)(end - at));
        detail(at, (size_t)((stop ? stop : end) - at));
    }
}

void detail(const char *ptr, size_t len)
{
    struct text line = {0};

    if (len == 0)
        return;
    text_puts(&line, "  ");
    escape(&line, ptr, len, false);
    text_puts(&line, "\n");
    write_all(STDERR_FILENO, line.ptr, line.len);
    text_free(&line);
}

void fail(const char *format, ...)
{
    struct text words = {0};
    va_list args;

    va_start(args, format);
    text_vprintf(&words, format, args);
    va_end(args);
    text_reserve(&words, 0);
    say_lines("lodge:", STYLE_ERROR, &words);
    text_free(&words);
}

void hint(const char *format, ...)
{
    struct text words = {0};
    va_list args;

    va_start(args, format);
    text_vprintf(&words, format, args);
    va_end(args);
    text_reserve(&words, 0);
    say_lines("hint:", STYLE_HINT, &words);
    text_free(&words);
}

void hint_help(const struct command *self)
{
    hint("see `lodge help %s`", self->name);
}

void failure_init(struct failure *why)
{
    memset(why, 0, sizeof *why);
    lodge_error_init(&why->err, sizeof *why);
}

const char *failure_message(const struct failure *why)
{
    const char *message = (const char *)why + offsetof(lodge_error, message);

    return *message ? message : "no reason was given";
}

bool text_again(struct text *text, lodge_status st, uint64_t len)
{
    if (st == LODGE_OK)
        text->len = (size_t)len;
    if (st != LODGE_E_BUFFER)
        return false;
    text_reserve(text, (size_t)len);
    return true;
}

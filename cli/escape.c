/* escape.c - foreign text made safe to look at: a name in a module must not
 * move the cursor, recolour the screen or hide what it says.
 * It must not know where the text came from.
 */
#include "cli.h"

#include <string.h>

/* Length of the UTF-8 sequence at ptr and its code point; 0: broken. */
static size_t decode(const unsigned char *ptr, size_t len, uint32_t *point)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char first = ptr[0];
    size_t i, n;

    if (first < 0x80) {
        *point = first;
        return 1;
    }
    n = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || n > len)
        return 0;
    *point = first & (0x7Fu >> n);
    for (i = 1; i < n; i++) {
        if ((ptr[i] & 0xC0) != 0x80)
            return 0;
        *point = *point << 6 | (ptr[i] & 0x3Fu);
    }
    if (*point < least[n] || *point > 0x10FFFF)
        return 0;
    return *point >= 0xD800 && *point <= 0xDFFF ? 0 : n;
}

/* Characters that are seen as something else than what they are: controls,
 * those that reorder, that take no space, and other languages' line ends.
 */
static bool misleads(uint32_t point)
{
    static const uint32_t ranges[][2] = {
        {0x00, 0x1F},     {0x7F, 0x9F},     {0xAD, 0xAD},
        {0x61C, 0x61C},   {0x115F, 0x1160}, {0x180B, 0x180F},
        {0x200B, 0x200F}, {0x2028, 0x202E}, {0x2060, 0x206F},
        {0x3164, 0x3164}, {0xFE00, 0xFE0F}, {0xFEFF, 0xFEFF},
        {0xFFA0, 0xFFA0}, {0xFFF0, 0xFFFB}, {0xE0000, 0xE0FFF},
    };
    size_t i;

    for (i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (point >= ranges[i][0] && point <= ranges[i][1])
            return true;
    return false;
}

static void add_escaped(struct text *to, uint32_t point)
{
    switch (point) {
    case '\n':
        text_puts(to, "\\n");
        break;
    case '\t':
        text_puts(to, "\\t");
        break;
    case '\r':
        text_puts(to, "\\r");
        break;
    default:
        text_printf(to, "\\u{%x}", (unsigned)point);
    }
}

void escape(struct text *to, const char *ptr, size_t len, bool quotes)
{
    const unsigned char *at = (const unsigned char *)ptr;
    uint32_t point = 0;
    size_t n;

    text_reserve(to, len);
    while (len) {
        n = decode(at, len, &point);
        if (n == 0) {
            text_printf(to, "\\x%02x", at[0]);
            n = 1;
        } else if (misleads(point)) {
            add_escaped(to, point);
        } else {
            if (quotes && (point == '"' || point == '\\'))
                text_add(to, "\\", 1);
            text_add(to, at, n);
        }
        at += n;
        len -= n;
    }
}

void escape_name(struct text *to, const char *ptr, size_t len)
{
    struct text quoted = {0};

    escape(&quoted, ptr, len, true);
    if (len && quoted.len == len && !memchr(ptr, ' ', len))
        text_add(to, ptr, len);
    else
        text_printf(to, "\"%s\"", quoted.ptr);
    text_free(&quoted);
}

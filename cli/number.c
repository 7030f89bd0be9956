/* number.c - numbers, sizes and times as people write them, and lists.
 * It must not know what they are for.
 */
#include "cli.h"

#include <stdlib.h>
#include <string.h>

void list_add(struct list *list, const char *item)
{
    list->at = grow(list->at, list->len + 1, sizeof *list->at);
    list->at[list->len++] = item;
}

void list_free(struct list *list)
{
    free(list->at);
    *list = (struct list){0};
}

/* Digits at *at; false if there are none or they are too many. */
static bool digits(const char **at, uint64_t *out)
{
    const char *start = *at;
    uint64_t digit;

    for (*out = 0; **at >= '0' && **at <= '9'; ++*at) {
        digit = (uint64_t)(**at - '0');
        if (*out > (UINT64_MAX - digit) / 10)
            return false;
        *out = *out * 10 + digit;
    }
    return *at > start;
}

bool parse_number(const char *text, uint64_t *out)
{
    return digits(&text, out) && !*text;
}

bool parse_size(const char *text, uint64_t *out)
{
    static const char units[] = "KMGT";
    const char *unit;
    unsigned shift;

    if (!digits(&text, out))
        return false;
    if (!*text)
        return true;
    unit = strchr(units, *text);
    if (!unit || text[1])
        return false;
    shift = 10 * ((unsigned)(unit - units) + 1);
    if (*out > UINT64_MAX >> shift)
        return false;
    *out <<= shift;
    return true;
}

/* Nanoseconds of a unit, or 0. */
static uint64_t unit_ns(const char *unit)
{
    static const struct {
        const char *name;
        uint64_t ns;
    } units[] = {
        {"ns", 1},         {"us", 1000},       {"ms", 1000000},
        {"s", 1000000000}, {"m", 60000000000}, {"h", 3600000000000},
    };
    size_t i;

    for (i = 0; i < sizeof units / sizeof *units; i++)
        if (strcmp(unit, units[i].name) == 0)
            return units[i].ns;
    return 0;
}

bool parse_duration(const char *text, uint64_t *out)
{
    uint64_t whole, unit, part = 0, scale = 1;

    if (!digits(&text, &whole))
        return false;
    if (*text == '.') {
        for (text++; *text >= '0' && *text <= '9'; text++) {
            if (scale >= 1000000000)
                return false;
            part = part * 10 + (uint64_t)(*text - '0');
            scale *= 10;
        }
        if (scale == 1)
            return false;
    }
    unit = unit_ns(text);
    if (!unit || whole > (uint64_t)INT64_MAX / unit - 1)
        return false;
    *out = whole * unit +
           (uint64_t)((double)part / (double)scale * (double)unit + 0.5);
    return true;
}

/* value.c - WebAssembly values as words on a command line and back.
 * It must not know which function they belong to.
 */
#include "cli.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- signatures ------------------------------------------------------- */

bool signature_next(struct signature *sig, bool results, char type[32])
{
    size_t len;

    for (;;) {
        sig->next += strspn(sig->next, " ");
        len = strcspn(sig->next, " ");
        if (len == 2 && memcmp(sig->next, "->", 2) == 0) {
            if (!results)
                return false;
            sig->in_results = true;
            sig->next += len;
            continue;
        }
        if (len == 0 || len >= 32)
            return false;
        memcpy(type, sig->next, len);
        type[len] = '\0';
        sig->next += len;
        if (results == sig->in_results)
            return true;
    }
}

size_t value_slots(const char *type)
{
    static const char *const single[] = {"i32", "i64", "f32", "f64"};
    size_t i;

    for (i = 0; i < sizeof single / sizeof *single; i++)
        if (strcmp(type, single[i]) == 0)
            return 1;
    return strcmp(type, "v128") == 0 ? 2 : 0;
}

/* ---- integers --------------------------------------------------------- */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool hex(const char *text, uint64_t *out)
{
    size_t i;

    for (*out = 0, i = 0; text[i]; i++) {
        if (hex_digit(text[i]) < 0 || *out >> 60)
            return false;
        *out = *out << 4 | (unsigned)hex_digit(text[i]);
    }
    return i > 0;
}

/* Of `bits` bits: signed or unsigned, decimal or 0x, as in text format. */
static bool parse_int(const char *text, unsigned bits, uint64_t *out)
{
    uint64_t most = UINT64_MAX >> (64 - bits), value;
    bool negative = *text == '-';

    text += *text == '-' || *text == '+';
    if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
        if (!hex(text + 2, &value))
            return false;
    } else if (!parse_number(text, &value)) {
        return false;
    }
    if (value > (negative ? most / 2 + 1 : most))
        return false;
    *out = (negative ? 0 - value : value) & most;
    return true;
}

/* ---- floats ----------------------------------------------------------- */

struct format {
    unsigned mantissa; /* bits */
    uint64_t exponent; /* all its bits, in place */
    uint64_t sign;
    int digits; /* that are always enough */
};

static const struct format f32 = {23, 0x7F800000, 0x80000000, 9};
static const struct format f64 = {52, 0x7FF0000000000000, 0x8000000000000000,
                                  17};

static uint64_t quiet(const struct format *as)
{
    return UINT64_C(1) << (as->mantissa - 1);
}

/* "nan" and "nan:0x7fc1": the bits behind are the mantissa's. */
static bool parse_nan(const char *text, const struct format *as, uint64_t *out)
{
    uint64_t bits = quiet(as);

    if (strncmp(text, "nan:0x", 6) == 0) {
        if (!hex(text + 6, &bits) || !bits || bits >> as->mantissa)
            return false;
    } else if (strcmp(text, "nan") != 0) {
        return false;
    }
    *out = as->exponent | bits;
    return true;
}

static uint64_t bits_of_f32(float value)
{
    uint32_t bits;

    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static uint64_t bits_of_f64(double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static bool parse_float(const char *text, const struct format *as,
                        uint64_t *out)
{
    bool negative = *text == '-';
    char *end;

    text += *text == '-' || *text == '+';
    if (strcmp(text, "inf") == 0) {
        *out = as->exponent;
    } else if (*text == 'n') {
        if (!parse_nan(text, as, out))
            return false;
    } else if (isdigit((unsigned char)*text) || *text == '.') {
        *out = as == &f32 ? bits_of_f32(strtof(text, &end))
                          : bits_of_f64(strtod(text, &end));
        if (*end || (*out & as->exponent) == as->exponent)
            return false;
    } else {
        return false;
    }
    *out |= negative ? as->sign : 0;
    return true;
}

static double float_of(const struct format *as, uint64_t bits)
{
    uint32_t low = (uint32_t)bits;
    double wide;
    float narrow;

    if (as == &f32) {
        memcpy(&narrow, &low, sizeof narrow);
        return (double)narrow;
    }
    memcpy(&wide, &bits, sizeof wide);
    return wide;
}

/* The shortest decimal that reads back as the same bits. */
static void show_float(const struct format *as, uint64_t bits, struct text *to)
{
    uint64_t mantissa = bits & ((UINT64_C(1) << as->mantissa) - 1);
    uint64_t again = 0;
    char word[40];
    int precision;

    if ((bits & as->exponent) == as->exponent) {
        text_puts(to, bits & as->sign ? "-" : "");
        text_puts(to, mantissa ? "nan" : "inf");
        if (mantissa && mantissa != quiet(as))
            text_printf(to, ":0x%" PRIx64, mantissa);
        return;
    }
    for (precision = 1; precision <= as->digits; precision++) {
        snprintf(word, sizeof word, "%.*g", precision, float_of(as, bits));
        if (parse_float(word, as, &again) && again == bits)
            break;
    }
    text_puts(to, word);
}

/* ---- all -------------------------------------------------------------- */

static bool parse_v128(const char *text, uint64_t *slots)
{
    char half[17] = {0};

    if (strlen(text) != 34 || text[0] != '0' || text[1] != 'x')
        return false;
    memcpy(half, text + 2, 16);
    return hex(half, &slots[1]) && hex(text + 18, &slots[0]);
}

bool value_parse(const char *type, const char *text, uint64_t *slots)
{
    if (strcmp(type, "i32") == 0)
        return parse_int(text, 32, slots);
    if (strcmp(type, "i64") == 0)
        return parse_int(text, 64, slots);
    if (strcmp(type, "f32") == 0)
        return parse_float(text, &f32, slots);
    if (strcmp(type, "f64") == 0)
        return parse_float(text, &f64, slots);
    return strcmp(type, "v128") == 0 && parse_v128(text, slots);
}

void value_show(const char *type, const uint64_t *slots, struct text *to)
{
    if (strcmp(type, "i32") == 0)
        text_printf(to, "%" PRId32, (int32_t)(uint32_t)slots[0]);
    else if (strcmp(type, "i64") == 0)
        text_printf(to, "%" PRId64, (int64_t)slots[0]);
    else if (strcmp(type, "f32") == 0)
        show_float(&f32, slots[0] & UINT32_MAX, to);
    else if (strcmp(type, "f64") == 0)
        show_float(&f64, slots[0], to);
    else if (strcmp(type, "v128") == 0)
        text_printf(to, "0x%016" PRIx64 "%016" PRIx64, slots[1], slots[0]);
    else
        text_puts(to, slots[0] ? type : "null");
}

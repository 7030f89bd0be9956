/* spec_value.c - values of the specification's scripts as slots, and back. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "spec.h"

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

static int is_type(const json_t *value, const char *type)
{
    return strcmp(text_of(value, "type"), type) == 0;
}

/* The host's n-th reference, as a token: tokens are not 0. */
static uint64_t host_token(const char *text)
{
    return strtoull(text, NULL, 10) + 1;
}

/* ---- v128 ------------------------------------------------------------- */

static unsigned lane_bits(const json_t *value)
{
    return (unsigned)strtoul(text_of(value, "lane_type") + 1, NULL, 10);
}

static uint64_t lane_mask(unsigned bits)
{
    return bits == 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
}

static uint64_t number(const char *text)
{
    return text[0] == '-' ? (uint64_t)strtoll(text, NULL, 10)
                          : strtoull(text, NULL, 10);
}

static void v128_from_json(const json_t *value, uint64_t out[2])
{
    unsigned bits = lane_bits(value), lanes = 64 / bits;
    size_t i;
    json_t *lane;

    out[0] = out[1] = 0;
    json_array_foreach(json_object_get(value, "value"), i, lane)
    {
        uint64_t n = number(json_string_value(lane)) & lane_mask(bits);

        out[i / lanes] |= n << (i % lanes * bits);
    }
}

/* ---- numbers ---------------------------------------------------------- */

/* Whether the bits of a float of 32 or 64 bits are as the text says. */
static int float_matches(const char *text, uint64_t found, unsigned bits)
{
    unsigned fraction = bits == 32 ? 23 : 52;
    uint64_t sign = UINT64_C(1) << (bits - 1);
    uint64_t quiet = UINT64_C(1) << (fraction - 1);
    uint64_t canonical = (sign - 1) & ~(quiet - 1);

    if (strcmp(text, "nan:canonical") == 0)
        return (found & ~sign) == canonical;
    if (strcmp(text, "nan:arithmetic") == 0)
        return (found & canonical) == canonical;
    return found == number(text);
}

static int v128_matches(const json_t *value, const uint64_t found[2])
{
    unsigned bits = lane_bits(value), lanes = 64 / bits;
    int is_float = text_of(value, "lane_type")[0] == 'f';
    size_t i;
    json_t *lane;

    json_array_foreach(json_object_get(value, "value"), i, lane)
    {
        const char *text = json_string_value(lane);
        uint64_t n = found[i / lanes] >> (i % lanes * bits) & lane_mask(bits);

        if (is_float ? !float_matches(text, n, bits)
                     : n != (number(text) & lane_mask(bits)))
            return 0;
    }
    return 1;
}

/* ---- references ------------------------------------------------------- */

/* Types whose values are seen by the guest's own tests (spec_host.c). */
static const char *const probed[] = {"anyref", "eqref", "i31ref", "structref",
                                     "arrayref"};

static int reference_matches(struct world *w, const json_t *value,
                             uint64_t found)
{
    const char *type = text_of(value, "type"), *text = text_of(value, "value");
    size_t i;

    if (strncmp(type, "null", 4) == 0 || strcmp(type, "refnull") == 0 ||
        strcmp(text, "null") == 0)
        return found == 0;
    if (found == 0)
        return 0;
    for (i = 0; i < sizeof probed / sizeof *probed; i++) {
        if (strcmp(type, probed[i]) == 0 && world_probe(w, type, found) != 1)
            return 0;
    }
    if (!*text)
        return 1;
    if (strcmp(type, "anyref") == 0)
        found = world_probe(w, "externalize", found);
    return found == host_token(text);
}

static int value_matches(struct world *w, const json_t *value,
                         const uint64_t *found)
{
    const char *type = text_of(value, "type"), *text = text_of(value, "value");
    size_t i;
    json_t *each;

    if (strcmp(type, "either") == 0) {
        json_array_foreach(json_object_get(value, "values"), i, each)
        {
            if (value_matches(w, each, found))
                return 1;
        }
        return 0;
    }
    if (strcmp(type, "v128") == 0)
        return v128_matches(value, found);
    if (strcmp(type, "f32") == 0)
        return float_matches(text, found[0], 32);
    if (strcmp(type, "f64") == 0)
        return float_matches(text, found[0], 64);
    if (strcmp(type, "i32") == 0) /* zero-extended: checked in full */
        return found[0] == (uint32_t)number(text);
    if (strcmp(type, "i64") == 0)
        return found[0] == number(text);
    return reference_matches(w, value, found[0]);
}

static uint32_t width(const json_t *value)
{
    if (is_type(value, "either"))
        return width(json_array_get(json_object_get(value, "values"), 0));
    return is_type(value, "v128") ? 2 : 1;
}

/* ---- for commands ----------------------------------------------------- */

static int reference_from_json(struct world *w, const json_t *value,
                               uint64_t *slot)
{
    const char *type = text_of(value, "type"), *text = text_of(value, "value");

    *slot = 0;
    if (strcmp(text, "null") == 0 || strncmp(type, "null", 4) == 0 ||
        strcmp(type, "refnull") == 0)
        return 0;
    if (!*text)
        return -1;
    *slot = host_token(text);
    if (strcmp(type, "externref") == 0)
        return 0;
    *slot = world_probe(w, "internalize", *slot);
    return *slot == UINT64_MAX ? -1 : 0;
}

int values_from_json(struct world *w, const json_t *args, uint64_t *slots)
{
    size_t i;
    json_t *value;
    int n = 0;

    json_array_foreach(args, i, value)
    {
        if (n + 2 > MAX_SLOTS)
            return -1;
        if (is_type(value, "v128"))
            v128_from_json(value, slots + n);
        else if (is_type(value, "i32"))
            slots[n] = (uint32_t)number(text_of(value, "value"));
        else if (is_type(value, "i64") || is_type(value, "f32") ||
                 is_type(value, "f64"))
            slots[n] = number(text_of(value, "value"));
        else if (reference_from_json(w, value, slots + n) < 0)
            return -1;
        n += (int)width(value);
    }
    return n;
}

int values_match(struct world *w, const json_t *expected,
                 const struct outcome *found, char *why, size_t cap)
{
    uint32_t slot = 0;
    size_t i;
    json_t *value;

    json_array_foreach(expected, i, value)
    {
        uint32_t next = slot + width(value);

        if (next > found->slots ||
            !value_matches(w, value, found->values + slot)) {
            char *text = json_dumps(value, JSON_COMPACT);

            snprintf(why, cap, "result %zu is %#" PRIx64 ", expected %.100s",
                     i, found->values[slot], text ? text : "?");
            free(text);
            return 0;
        }
        slot = next;
    }
    if (slot != found->slots) {
        snprintf(why, cap, "%u slots, expected %u", found->slots, slot);
        return 0;
    }
    return 1;
}

static int is_open(const json_t *text)
{
    return json_is_string(text) &&
           strncmp(json_string_value(text), "nan:", 4) == 0;
}

static void v128_open(const json_t *value, uint64_t *slots)
{
    unsigned bits = lane_bits(value), lanes = 64 / bits;
    size_t i;
    json_t *lane;

    json_array_foreach(json_object_get(value, "value"), i, lane)
    {
        if (is_open(lane))
            slots[i / lanes] &= ~(lane_mask(bits) << (i % lanes * bits));
    }
}

void values_open(const json_t *expected, struct outcome *found)
{
    uint32_t slot = 0;
    size_t i;
    json_t *value;

    json_array_foreach(expected, i, value)
    {
        uint32_t n = width(value);

        if (slot + n > found->slots)
            return;
        if (is_type(value, "either"))
            memset(found->values + slot, 0, n * sizeof *found->values);
        else if (is_type(value, "v128"))
            v128_open(value, found->values + slot);
        else if (is_open(json_object_get(value, "value")))
            found->values[slot] = 0;
        slot += n;
    }
}

/* ---- traps ------------------------------------------------------------ */

/* How the suite's words for traps begin. Where two lines fit, either will
 * do: some files say 'undefined' where others say 'uninitialized'.
 */
static const struct {
    const char *text;
    int32_t trap;
} traps[] = {
    {"unreachable", LODGE_TRAP_UNREACHABLE},
    {"integer divide by zero", LODGE_TRAP_DIVISION_BY_ZERO},
    {"integer overflow", LODGE_TRAP_INTEGER_OVERFLOW},
    {"invalid conversion to integer", LODGE_TRAP_BAD_CONVERSION},
    {"out of bounds memory access", LODGE_TRAP_MEMORY_OUT_OF_BOUNDS},
    {"out of bounds table access", LODGE_TRAP_TABLE_OUT_OF_BOUNDS},
    {"undefined element", LODGE_TRAP_TABLE_OUT_OF_BOUNDS},
    {"undefined", LODGE_TRAP_TABLE_OUT_OF_BOUNDS},
    {"uninitialized element", LODGE_TRAP_INDIRECT_CALL_TO_NULL},
    {"uninitialized", LODGE_TRAP_INDIRECT_CALL_TO_NULL},
    {"indirect call type mismatch", LODGE_TRAP_BAD_SIGNATURE},
    {"indirect call", LODGE_TRAP_BAD_SIGNATURE},
    {"unaligned atomic", LODGE_TRAP_HEAP_MISALIGNED},
    {"expected shared memory", LODGE_TRAP_ATOMIC_WAIT},
    {"null ", LODGE_TRAP_NULL_REFERENCE},
    {"out of bounds array access", LODGE_TRAP_ARRAY_OUT_OF_BOUNDS},
    {"cast failure", LODGE_TRAP_CAST_FAILURE},
    {"call stack exhausted", LODGE_TRAP_STACK_OVERFLOW},
};

int trap_matches(const char *text, const struct outcome *found)
{
    size_t i;

    if (found->status != LODGE_E_TRAP && found->status != LODGE_E_STACK)
        return 0;
    for (i = 0; i < sizeof traps / sizeof *traps; i++) {
        if (traps[i].trap == found->trap &&
            strncmp(text, traps[i].text, strlen(traps[i].text)) == 0)
            return 1;
    }
    return 0;
}

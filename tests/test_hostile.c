/* test_hostile.c - bad input of hostile size ends in a status, within a time
 * and memory that are told. Each case runs in a process of its own.
 */
#include "hostile.h"
#include "lodge_test.h"

#define LARGE_FEATURES "memory64=on,custom-page-sizes=on,gc=on,exceptions=on"

enum { SECONDS = 120, GARBAGE = 100 << 20, DATA = 50 << 20 };

/* ---- memories and tables ----------------------------------------------- */

/* flags: 4 = i64, 8 = page size */
static void memory_of(struct bytes *b, unsigned flags, uint64_t min)
{
    struct bytes body = {0};

    header(b);
    leb(&body, 1);
    byte(&body, flags);
    leb(&body, min);
    if (flags & 8)
        leb(&body, 0); /* pages of 2^0 bytes */
    section(b, 5, &body);
    free(body.ptr);
}

static void memory_2_32_pages(struct bytes *b)
{
    memory_of(b, 0, UINT64_C(1) << 32);
}

static void memory64_2_32_pages(struct bytes *b)
{
    memory_of(b, 4, UINT64_C(1) << 32);
}

static void memory64_2_48_pages(struct bytes *b)
{
    memory_of(b, 4, UINT64_C(1) << 48);
}

static void memory64_2_48_bytes(struct bytes *b)
{
    memory_of(b, 12, UINT64_C(1) << 48);
}

static void memory64_all_bytes(struct bytes *b)
{
    memory_of(b, 12, UINT64_MAX);
}

static void memories_million(struct bytes *b)
{
    header(b);
    REPEAT(b, 5, MILLION, "\0\0");
}

static void table_of(struct bytes *b, unsigned flags, uint64_t min)
{
    struct bytes body = {0};

    header(b);
    leb(&body, 1);
    byte(&body, 0x70);
    byte(&body, flags);
    leb(&body, min);
    section(b, 4, &body);
    free(body.ptr);
}

static void table_10_7(struct bytes *b)
{
    table_of(b, 0, 10 * MILLION);
}

static void table_10_7_and_1(struct bytes *b)
{
    table_of(b, 0, 10 * MILLION + 1);
}

static void table_2_32(struct bytes *b)
{
    table_of(b, 0, UINT32_MAX);
}

static void table64_2_63(struct bytes *b)
{
    table_of(b, 4, UINT64_C(1) << 63);
}

static void tables_million(struct bytes *b)
{
    header(b);
    REPEAT(b, 4, MILLION, "\x70\0\0");
}

/* ---- very many --------------------------------------------------------- */

static void functions_of(struct bytes *b, uint32_t count)
{
    header(b);
    REPEAT(b, 1, 1, "\x60\0\0");
    REPEAT(b, 3, count, "\0");
    REPEAT(b, 10, count, "\2\0\x0B");
}

static void functions_million(struct bytes *b)
{
    functions_of(b, MILLION);
}

static void functions_million_and_1(struct bytes *b)
{
    functions_of(b, MILLION + 1);
}

static void types_million(struct bytes *b)
{
    header(b);
    REPEAT(b, 1, MILLION, "\x60\1\x7F\1\x7E");
}

static void type_group_million(struct bytes *b)
{
    struct bytes body = {0};
    uint32_t i;

    header(b);
    leb(&body, 1);
    byte(&body, 0x4E);
    leb(&body, MILLION);
    for (i = 0; i < MILLION; i++)
        add(&body, "\x5F\0", 2);
    section(b, 1, &body);
    free(body.ptr);
}

/* Each is a subtype of the one before. */
static void subtypes_deep(struct bytes *b)
{
    struct bytes body = {0};
    uint32_t i;

    header(b);
    leb(&body, 100000);
    add(&body, "\x50\0\x5F\0", 4);
    for (i = 0; i < 99999; i++) {
        add(&body, "\x50\1", 2);
        leb(&body, i);
        add(&body, "\x5F\0", 2);
    }
    section(b, 1, &body);
    free(body.ptr);
}

static void exports_million(struct bytes *b)
{
    struct bytes body = {0};
    char text[16];
    uint32_t i;

    header(b);
    REPEAT(b, 5, 1, "\0\0");
    leb(&body, MILLION);
    for (i = 0; i < MILLION; i++) {
        int n = snprintf(text, sizeof text, "%u", i);

        leb(&body, (uint64_t)n);
        add(&body, text, (size_t)n);
        add(&body, "\2\0", 2);
    }
    section(b, 7, &body);
    free(body.ptr);
}

static void imports_million(struct bytes *b)
{
    header(b);
    REPEAT(b, 1, 1, "\x60\0\0");
    REPEAT(b, 2, MILLION, "\1h\1f\0\0");
}

static void imports_100000(struct bytes *b)
{
    header(b);
    REPEAT(b, 1, 1, "\x60\0\0");
    REPEAT(b, 2, 100000, "\1h\1f\0\0");
}

static void globals_million(struct bytes *b)
{
    header(b);
    REPEAT(b, 6, MILLION, "\x7F\0\x41\0\x0B");
}

static void segments_million(struct bytes *b)
{
    header(b);
    REPEAT(b, 5, 1, "\0\1");
    REPEAT(b, 11, MILLION, "\0\x41\0\x0B\1x");
}

static void segments_100000(struct bytes *b)
{
    header(b);
    REPEAT(b, 5, 1, "\0\1");
    REPEAT(b, 11, 100000, "\0\x41\0\x0B\1x");
}

static void elements_million(struct bytes *b)
{
    header(b);
    REPEAT(b, 4, 1, "\x70\0\1");
    REPEAT(b, 9, MILLION, "\0\x41\0\x0B\0");
}

static void tags_million(struct bytes *b)
{
    header(b);
    REPEAT(b, 1, 1, "\x60\0\0");
    REPEAT(b, 13, MILLION, "\0\0");
}

/* Each section says that it has all the entries there can be. */
static void counts_that_lie(struct bytes *b)
{
    static const unsigned order[] = {1, 2, 3, 4, 5, 13, 6, 7, 9, 12, 10, 11};
    size_t i;

    header(b);
    for (i = 0; i < sizeof order / sizeof *order; i++) {
        byte(b, order[i]);
        leb(b, 5);
        leb(b, UINT32_MAX);
    }
}

static void sizes_that_lie(struct bytes *b)
{
    header(b);
    byte(b, 1);
    leb(b, UINT32_MAX);
    byte(b, 0);
}

/* ---- deep ------------------------------------------------------------- */

static void code_of(struct bytes *b, const struct bytes *code)
{
    struct bytes body = {0};

    header(b);
    REPEAT(b, 1, 1, "\x60\0\0");
    REPEAT(b, 3, 1, "\0");
    leb(&body, 1);
    leb(&body, code->len);
    add(&body, code->ptr, code->len);
    section(b, 10, &body);
    free(body.ptr);
}

static void nested(struct bytes *b, const char *open, uint32_t depth)
{
    struct bytes code = {0};
    uint32_t i;

    byte(&code, 0);
    for (i = 0; i < depth; i++)
        add(&code, open, strlen(open));
    fill(&code, 0x0B, depth + 1);
    code_of(b, &code);
    free(code.ptr);
}

static void blocks_100000(struct bytes *b)
{
    nested(b, "\x02\x40", 100000);
}

static void loops_100000(struct bytes *b)
{
    nested(b, "\x03\x40", 100000);
}

static void loops_1000(struct bytes *b)
{
    nested(b, "\x03\x40", 1000);
}

static void ifs_100000(struct bytes *b)
{
    nested(b, "\x41\x01\x04\x40", 100000);
}

static void blocks_open(struct bytes *b)
{
    struct bytes code = {0};
    uint32_t i;

    byte(&code, 0);
    for (i = 0; i < MILLION; i++)
        add(&code, "\x02\x40", 2);
    code_of(b, &code);
    free(code.ptr);
}

static void targets_million(struct bytes *b)
{
    struct bytes code = {0};

    add(&code, "\0\x41\0\x0E", 4);
    leb(&code, MILLION);
    fill(&code, 0, MILLION + 1);
    byte(&code, 0x0B);
    code_of(b, &code);
    free(code.ptr);
}

static void locals_2_32(struct bytes *b)
{
    struct bytes code = {0};

    byte(&code, 1);
    leb(&code, UINT32_MAX);
    add(&code, "\x7F\x0B", 2);
    code_of(b, &code);
    free(code.ptr);
}

/* One function of 8 million bytes. */
static void function_8_million(struct bytes *b)
{
    struct bytes code = {0};

    byte(&code, 0);
    fill(&code, 1, 8 * MILLION);
    byte(&code, 0x0B);
    code_of(b, &code);
    free(code.ptr);
}

static void parameters_million(struct bytes *b)
{
    struct bytes body = {0};

    header(b);
    add(&body, "\1\x60", 2);
    leb(&body, MILLION);
    fill(&body, 0x7F, MILLION);
    byte(&body, 0);
    section(b, 1, &body);
    free(body.ptr);
}

static void constant_long(struct bytes *b)
{
    struct bytes body = {0};
    uint32_t i;

    header(b);
    add(&body, "\1\x7F\0\x41\0", 5);
    for (i = 0; i < MILLION / 10; i++)
        add(&body, "\x41\1\x6A", 3);
    byte(&body, 0x0B);
    section(b, 6, &body);
    free(body.ptr);
}

/* ---- names ------------------------------------------------------------ */

static void export_named(struct bytes *b, size_t len)
{
    struct bytes body = {0};

    header(b);
    REPEAT(b, 5, 1, "\0\0");
    byte(&body, 1);
    name(&body, len);
    add(&body, "\2\0", 2);
    section(b, 7, &body);
    free(body.ptr);
}

static void name_100000(struct bytes *b)
{
    export_named(b, 100000);
}

static void name_10_million(struct bytes *b)
{
    export_named(b, 10 * MILLION);
}

static void import_named_10_million(struct bytes *b)
{
    struct bytes body = {0};

    header(b);
    byte(&body, 1);
    name(&body, 10 * MILLION);
    add(&body, "\1f\2\0\0", 5);
    section(b, 2, &body);
    free(body.ptr);
}

static void custom_named_10_million(struct bytes *b)
{
    struct bytes body = {0};

    header(b);
    name(&body, 10 * MILLION);
    section(b, 0, &body);
    free(body.ptr);
}

static void module_named_10_million(struct bytes *b)
{
    struct bytes body = {0}, inner = {0};

    header(b);
    add(&body, "\4name", 5);
    name(&inner, 10 * MILLION);
    section(&body, 0, &inner);
    section(b, 0, &body);
    free(body.ptr);
    free(inner.ptr);
}

/* ---- garbage ---------------------------------------------------------- */

static void noise(struct bytes *b, size_t len)
{
    uint64_t x = UINT64_C(88172645463325252);
    size_t i;

    need(b, len);
    for (i = 0; i < len; i += 8, b->len += 8) {
        x ^= x << 13, x ^= x >> 7, x ^= x << 17;
        memcpy(b->ptr + b->len, &x, 8);
    }
}

static void garbage(struct bytes *b)
{
    noise(b, GARBAGE);
}

static void garbage_after_header(struct bytes *b)
{
    header(b);
    noise(b, GARBAGE);
}

static void zeros(struct bytes *b)
{
    fill(b, 0, GARBAGE);
}

static void zeros_after_header(struct bytes *b)
{
    header(b);
    fill(b, 0, GARBAGE);
}

static void letters(struct bytes *b)
{
    fill(b, 'a', GARBAGE);
}

static void blanks(struct bytes *b)
{
    fill(b, ' ', GARBAGE);
}

static void parentheses(struct bytes *b)
{
    fill(b, '(', GARBAGE);
}

static void parentheses_that_close(struct bytes *b)
{
    size_t i;

    for (i = 0; i < MILLION; i++)
        add(b, "(module ", 8);
    fill(b, ')', MILLION);
}

static void instructions_nested(struct bytes *b)
{
    size_t i;

    add(b, "(module (func ", 14);
    for (i = 0; i < 100000; i++)
        add(b, "(block ", 7);
    fill(b, ')', 100002);
}

static void comment_open(struct bytes *b)
{
    size_t i;

    for (i = 0; i < MILLION; i++)
        add(b, "(;", 2);
}

static void string_open(struct bytes *b)
{
    add(b, "(module (data \"", 15);
    fill(b, 'x', GARBAGE / 10);
}

static void custom_garbage(struct bytes *b)
{
    struct bytes body = {0};

    header(b);
    byte(&body, 0);
    noise(&body, GARBAGE);
    section(b, 0, &body);
    free(body.ptr);
}

/* ---- much that is right ------------------------------------------------ */

static void data_50_mib(struct bytes *b)
{
    struct bytes body = {0};

    header(b);
    REPEAT(b, 5, 1, "\0\xA0\x06"); /* 800 pages */
    add(&body, "\1\0\x41\0\x0B", 5);
    leb(&body, DATA);
    noise(&body, DATA);
    section(b, 11, &body);
    free(body.ptr);
}

/* ---- all of them ------------------------------------------------------- */

#define REFUSED GIVES(COMPILE) | GIVES(LIMIT)
#define ENDS FINE | GIVES(LIMIT) | GIVES(MEMORY)

static const struct hostile cases[] = {
    {"memory of 2^32 pages", memory_2_32_pages, "", RUN, GIVES(COMPILE), 60},
    {"memory64 of 2^32 pages", memory64_2_32_pages, LARGE_FEATURES, RUN,
     GIVES(LIMIT), 60},
    {"memory64 of 2^48 pages", memory64_2_48_pages, LARGE_FEATURES, RUN,
     GIVES(LIMIT), 60},
    {"memory64 of 2^48 bytes", memory64_2_48_bytes, LARGE_FEATURES, RUN,
     GIVES(LIMIT), 60},
    {"memory64 of 2^64 - 1 bytes", memory64_all_bytes, LARGE_FEATURES, RUN,
     GIVES(LIMIT), 60},
    {"a million memories", memories_million, "", RUN, GIVES(COMPILE), 100},
    {"table of 10^7", table_10_7, "", RUN, FINE, 200},
    {"table of 10^7, untrusted", table_10_7, "!", RUN, GIVES(LIMIT), 100},
    {"table of 10^7 and 1", table_10_7_and_1, "", RUN, FINE | GIVES(COMPILE),
     200},
#ifndef __SANITIZE_THREAD__ /* its allocator ends the process */
    {"table of 2^32 - 1", table_2_32, "", RUN, REFUSED | ENDS, 300},
#endif
    {"table of 2^32 - 1, untrusted", table_2_32, "!", RUN, REFUSED, 100},
    {"table64 of 2^63", table64_2_63, LARGE_FEATURES, RUN, REFUSED, 100},
    {"a million tables", tables_million, "", RUN, GIVES(COMPILE), 100},
    {"a million functions", functions_million, "", VALIDATE, FINE, 300},
    {"a million functions, untrusted", functions_million, "!", OPEN,
     GIVES(LIMIT), 100},
    {"a million functions and 1", functions_million_and_1, "", OPEN,
     GIVES(LIMIT), 100},
    {"a million functions and 1, no limit", functions_million_and_1,
     "max-functions=4294967295", OPEN, GIVES(COMPILE), 100},
    {"a million types", types_million, "", OPEN, FINE | REFUSED, 600},
    {"a million types in a group", type_group_million, LARGE_FEATURES, OPEN,
     FINE | REFUSED, 900},
    {"subtypes 100,000 deep", subtypes_deep, LARGE_FEATURES, OPEN, REFUSED,
     200},
    {"a million exports", exports_million, "", RUN, FINE | REFUSED, 900},
    {"a million imports", imports_million, "", OPEN, FINE | REFUSED, 900},
    {"100,000 imports that nobody has", imports_100000, "", RUN, GIVES(LINK),
     300},
    {"a million globals", globals_million, "", RUN, FINE | REFUSED, 600},
    {"a million data segments", segments_million, "", RUN, REFUSED, 300},
    {"100,000 data segments", segments_100000, "", RUN, FINE, 300},
    {"a million element segments", elements_million, "", RUN, REFUSED, 300},
    {"a million tags", tags_million, LARGE_FEATURES, RUN, FINE | REFUSED, 300},
    {"counts that lie", counts_that_lie, LARGE_FEATURES, OPEN, GIVES(LIMIT),
     60},
    {"counts that lie, no limit", counts_that_lie, "max-functions=4294967295",
     OPEN, GIVES(COMPILE), 60},
    {"sizes that lie", sizes_that_lie, "", OPEN, GIVES(COMPILE), 60},
    {"blocks 100,000 deep", blocks_100000, "", OPEN, FINE, 300},
    {"ifs 100,000 deep", ifs_100000, "", OPEN, FINE, 400},
    {"loops 100,000 deep", loops_100000, "", OPEN, GIVES(LIMIT), 60},
    {"loops 100,000 deep, not interrupted", loops_100000,
     "max-loop-depth=4294967295,interruption=off", OPEN, FINE, 400},
    {"loops 1,000 deep", loops_1000, "", OPEN, FINE, 100},
    {"a million blocks that stay open", blocks_open, "", OPEN, GIVES(COMPILE),
     300},
    {"a million branch targets", targets_million, "", OPEN, FINE | REFUSED,
     300},
    {"2^32 - 1 locals", locals_2_32, "", OPEN, REFUSED, 60},
    {"a function of 8 million bytes", function_8_million, "", OPEN, REFUSED,
     200},
    {"a million parameters", parameters_million, "", OPEN, REFUSED, 60},
    {"a constant of 300,000 bytes", constant_long, "", RUN, FINE, 300},
    {"a name of 100,000 bytes", name_100000, "", OPEN, FINE, 60},
    {"a name of 10 million bytes", name_10_million, "", OPEN, GIVES(COMPILE),
     100},
    {"an import of 10 million bytes", import_named_10_million, "", OPEN,
     GIVES(COMPILE), 100},
    {"a section named with 10 million bytes", custom_named_10_million, "",
     OPEN, FINE | REFUSED, 200},
    {"a module named with 10 million bytes", module_named_10_million, "", OPEN,
     FINE | REFUSED, 200},
    {"garbage", garbage, "", OPEN, GIVES(COMPILE), 400},
    {"garbage, untrusted", garbage, "!", OPEN, REFUSED, 400},
    {"garbage after a header", garbage_after_header, "", OPEN, GIVES(COMPILE),
     400},
    {"zeros", zeros, "", OPEN, GIVES(COMPILE), 400},
    {"zeros after a header", zeros_after_header, "", OPEN, GIVES(COMPILE),
     400},
    {"letters", letters, "", OPEN, GIVES(COMPILE), 800},
    {"blanks", blanks, "", OPEN, FINE | GIVES(COMPILE), 800},
    {"parentheses", parentheses, "", OPEN, GIVES(COMPILE), 800},
    {"parentheses that close", parentheses_that_close, "", TEXT,
     GIVES(COMPILE), 400},
    {"instructions 100,000 deep", instructions_nested, "", TEXT,
     FINE | GIVES(COMPILE), 400},
    {"comments that stay open", comment_open, "", TEXT, GIVES(COMPILE), 400},
    {"a string that stays open", string_open, "", TEXT, GIVES(COMPILE), 800},
    {"a section of garbage", custom_garbage, "", OPEN, FINE, 900},
    {"50 MiB of data", data_50_mib, "", RUN, FINE, 600},
};

enum { CASES = sizeof cases / sizeof *cases };

static void what_is_too_large_ends_in_a_status(void **state)
{
    char which[16];
    int i, bad = 0;

    (void)state;
    for (i = 0; i < CASES; i++) {
        const char *only = getenv("HOSTILE");
        struct used used;

        if (only && !strstr(cases[i].name, only))
            continue;
        snprintf(which, sizeof which, "%d", i);
        used = hostile_process(which, SECONDS);
        printf("  %.2f s, %llu MiB\n", used.seconds,
               (unsigned long long)used.mib);
        if (used.status != 0) {
            fprintf(stderr, "%s: ended with %d\n", cases[i].name, used.status);
            bad++;
        }
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
        if (used.mib > cases[i].mib) {
            fprintf(stderr, "%s: %llu MiB are more than %u\n", cases[i].name,
                    (unsigned long long)used.mib, cases[i].mib);
            bad++;
        }
#endif
    }
    assert_int_equal(bad, 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_too_large_ends_in_a_status),
    };

    if (argc > 1)
        return hostile_run(&cases[atoi(argv[1]) % CASES]);
    return RUN(tests);
}

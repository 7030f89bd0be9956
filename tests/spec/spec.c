/* spec.c - the WebAssembly specification's test suite over lodge.h.
 *
 * usage: spec FOLDER MODE [FILTER [DIGEST]]
 *
 * FOLDER holds SUITE/NAME/NAME.json (converter/src/main.rs). FILTER is a part of
 * SUITE/NAME. Prints each command that went wrong, then one line of totals;
 * exits with 1 if anything did that expected.txt does not name, or if
 * something there did not. What came of each assertion is noted in the file
 * DIGEST, to be compared with other modes (tests/spec/agree).
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "spec.h"

#define SUITE_CONFIG                                                          \
    "max-locals=4294967295,custom-page-sizes=on,wide-arithmetic=on,gc=on,"                          \
    "function-references=on,exceptions=on,"          \
    "tail-call=on,memory64=on,multi-memory=on,extended-const=on,"             \
    "relaxed-simd=on"
/* Room for the largest modules of the suite. */
#define POOL                                                                  \
    "shared-memory=off,pool-tables-per-module=20,pool-memories-per-module=20,"                  \
    "pool-table-elements=100000,pool-instances=4000,pool-memories=1000,"        \
    "pool-tables=4000"

const struct mode modes[] = {
    {"on-demand", LODGE_PRESET_DEFAULT, "", LODGE_HOST_DIRECT, CALL_SLOTS, 0},
    {"pooling", LODGE_PRESET_POOLING, POOL, LODGE_HOST_DIRECT, CALL_SLOTS, 0},
    {"pulley", LODGE_PRESET_PULLEY, "wasm-threads=off,shared-memory=off",
     LODGE_HOST_DIRECT, CALL_SLOTS, 0},
    {"no-signals", LODGE_PRESET_NO_SIGNALS, "", LODGE_HOST_DIRECT, CALL_SLOTS,
     0},
    {"small", LODGE_PRESET_SMALL, "", LODGE_HOST_DIRECT, CALL_SLOTS, 0},
    {"deterministic", LODGE_PRESET_DETERMINISTIC, "wasm-threads=on",
     LODGE_HOST_DIRECT, CALL_SLOTS, 0},
    {"untrusted", LODGE_PRESET_UNTRUSTED, "", LODGE_HOST_DIRECT, CALL_SLOTS,
     0},
    {"suspend", LODGE_PRESET_DEFAULT, "", LODGE_HOST_SUSPEND, CALL_FRAME, 0},
    {"frame", LODGE_PRESET_DEFAULT, "", LODGE_HOST_FRAME, CALL_FRAME, 0},
    {"fuel", LODGE_PRESET_DEFAULT, "fuel=on,interruption=on",
     LODGE_HOST_DIRECT, CALL_SLOTS, UINT64_C(1) << 60},
    {"do", LODGE_PRESET_DEFAULT, "", LODGE_HOST_DIRECT, CALL_DO, 0},
    {"typed", LODGE_PRESET_DEFAULT, "", LODGE_HOST_DIRECT, CALL_TYPED, 0},
};

/* Suites that say what must not be there. */
static const struct {
    const char *suite, *config;
} suites[] = {
    {"memory64", "multi-memory=off"},
    {"threads", "shared-memory=on,multi-memory=off,exceptions=off,gc=off,"
                "function-references=off,reference-types=off,"
                "custom-page-sizes=off,memory64=off"},
};

/* ---- expected failures ------------------------------------------------ */

struct expected {
    char mode[32], file[128];
    unsigned line;  /* 0: any line */
    unsigned times; /* how often */
    unsigned seen;
};

static struct {
    struct expected *list;
    size_t count;
    const char *mode, *suite;
    int verbose;
} the;

/* A line: MODE SUITE/NAME LINE REASON; mode '*' is every mode, line *N are N
 * commands of the file, wherever they are.
 */
static int read_expected(const char *path)
{
    char line[512];
    FILE *f = fopen(path, "r");

    if (!f)
        return -1;
    while (fgets(line, sizeof line, f)) {
        struct expected one = {.times = 1}, *more;
        char where[16];

        if (line[0] == '#' ||
            sscanf(line, "%31s %127s %15s", one.mode, one.file, where) != 3)
            continue;
        if (where[0] == '*')
            one.times = (unsigned)strtoul(where + 1, NULL, 10);
        else
            one.line = (unsigned)strtoul(where, NULL, 10);
        more = realloc(the.list, (the.count + 1) * sizeof *more);
        if (!more)
            break;
        the.list = more;
        more[the.count++] = one;
    }
    fclose(f);
    return 0;
}

static int is_here(const struct expected *one)
{
    return strcmp(one->mode, "*") == 0 || strcmp(one->mode, the.mode) == 0;
}

static int note(const char *name, unsigned line, const char *why)
{
    char file[300];
    size_t i;

    snprintf(file, sizeof file, "%s/%s", the.suite, name);
    for (i = 0; i < the.count; i++) {
        struct expected *one = &the.list[i];

        if (is_here(one) && strcmp(one->file, file) == 0 &&
            (one->line == line || one->line == 0)) {
            one->seen++;
            return 1;
        }
    }
    printf("%s.wast:%u: %s\n", file, line, why);
    return 0;
}

/* What was expected to fail and did not, in the files that ran. The same
 * line of a file can fail more than once.
 */
static uint32_t count_passing(const char *filter)
{
    uint32_t passing = 0;
    size_t i;

    for (i = 0; i < the.count; i++) {
        const struct expected *one = &the.list[i];
        int wrong = one->line ? !one->seen : one->seen != one->times;

        if (!is_here(one) || !wrong || !strstr(one->file, filter))
            continue;
        if (one->line)
            printf("%s.wast:%u: passes, but is expected to fail\n", one->file,
                   one->line);
        else
            printf("%s.wast: %u commands fail, %u are expected to\n",
                   one->file, one->seen, one->times);
        passing++;
    }
    return passing;
}

/* ---- suites ----------------------------------------------------------- */

static lodge_status make_engine(const struct mode *mode, const char *suite,
                                lodge_engine *out, lodge_error *err)
{
    lodge_config config;
    char text[1024];
    size_t i, n = (size_t)snprintf(text, sizeof text, "%s", SUITE_CONFIG);
    lodge_status st;

    for (i = 0; i < sizeof suites / sizeof *suites; i++) {
        if (strcmp(suites[i].suite, suite) == 0)
            n += (size_t)snprintf(text + n, sizeof text - n, ",%s",
                                  suites[i].config);
    }
    if (*mode->config)
        n += (size_t)snprintf(text + n, sizeof text - n, ",%s", mode->config);
    st = lodge_config_new(mode->preset, &config, err);
    if (st == LODGE_OK)
        st = lodge_config_parse(config, text, n, err);
    if (st == LODGE_OK)
        st = lodge_engine_new(config, out, err);
    if (st != LODGE_OK)
        lodge_config_close(config);
    return st;
}

static int visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void run_file(const char *folder, const char *name,
                     const struct mode *mode, lodge_engine engine,
                     struct totals *totals)
{
    lodge_error err = LODGE_ERROR_INIT;
    int shared = strcmp(the.suite, "threads") == 0 &&
                 !strstr(mode->config, "shared-memory=off");
    struct world world;
    char path[4096];

    snprintf(path, sizeof path, "%s/%s/%s", folder, the.suite, name);
    if (world_open(&world, mode, engine, shared, &err) != LODGE_OK) {
        printf("%s/%s: %s\n", the.suite, name, err.message);
        totals->failed++;
        return;
    }
    world.suite = the.suite;
    file_run(path, name, &world, totals, note);
    world_close(&world);
}

static int run_suite(const char *folder, const struct mode *mode,
                     const char *filter, struct totals *totals)
{
    lodge_error err = LODGE_ERROR_INIT;
    struct dirent **names;
    lodge_engine engine;
    char path[4096];
    int i, count;

    snprintf(path, sizeof path, "%s/%s", folder, the.suite);
    count = scandir(path, &names, visible, alphasort);
    if (count < 0)
        return -1;
    if (make_engine(mode, the.suite, &engine, &err) != LODGE_OK) {
        printf("%s: %s\n", the.suite, err.message);
        totals->failed++;
    }
    for (i = 0; i < count; i++) {
        snprintf(path, sizeof path, "%s/%s", the.suite, names[i]->d_name);
        if (err.status == LODGE_OK && strstr(path, filter))
            run_file(folder, names[i]->d_name, mode, engine, totals);
        free(names[i]);
    }
    free(names);
    if (err.status == LODGE_OK)
        lodge_engine_close(engine);
    return 0;
}

static int run_all(const char *folder, const struct mode *mode,
                   const char *filter, struct totals *totals)
{
    struct dirent **names;
    int i, count = scandir(folder, &names, visible, alphasort);

    for (i = 0; i < count; i++) {
        the.suite = names[i]->d_name;
        if (strstr(the.suite, ".txt") == NULL &&
            run_suite(folder, mode, filter, totals) < 0)
            totals->failed++;
        free(names[i]);
    }
    if (count >= 0)
        free(names);
    return count;
}

/* The host's references come back as tokens; then nothing is left. */
static uint64_t left_alive(void)
{
    uint64_t live = 0, bytes = 0, tokens[64];
    uint32_t kinds[64], count;

    while (lodge_reap(0, kinds, tokens, 64, &count) == LODGE_OK && count == 64)
        continue;
    lodge_stat(LODGE_STAT_LIVE, &live);
    lodge_stat(LODGE_STAT_BYTES, &bytes);
    return live + bytes;
}

static const struct mode *mode_named(const char *name)
{
    size_t i;

    for (i = 0; i < sizeof modes / sizeof *modes; i++) {
        if (strcmp(modes[i].name, name) == 0)
            return &modes[i];
    }
    return NULL;
}

int main(int argc, char **argv)
{
    const char *filter = argc > 3 ? argv[3] : "";
    const struct mode *mode = argc > 2 ? mode_named(argv[2]) : NULL;
    struct totals totals = {0};

    if (!mode) {
        fprintf(stderr, "usage: spec FOLDER MODE [FILTER [DIGEST]]\n");
        return 2;
    }
    the.mode = mode->name;
    if (argc > 4 && digest_open(argv[4]) < 0)
        return 2;
    if (read_expected(LODGE_SPEC_EXPECTED) < 0 ||
        run_all(argv[1], mode, filter, &totals) <= 0) {
        fprintf(stderr, "spec: no suite in %s\n", argv[1]);
        return 2;
    }
    totals.failed += count_passing(filter);
    if (left_alive()) {
        printf("something of Lodge is left alive\n");
        totals.failed++;
    }
    free(the.list);
    if (digest_close() < 0) {
        printf("what came of it could not be noted\n");
        totals.failed++;
    }
    if (mode->calls == CALL_TYPED) {
        printf("spec typed: %u calls by the sugar, %u of other types\n",
               typed_counts.typed, typed_counts.others);
        totals.failed += typed_counts.typed == 0;
    }
    printf("spec %s: %u files, %u assertions, %u passed, %u failed, "
           "%u expected failures\n",
           mode->name, totals.files, totals.assertions, totals.passed,
           totals.failed, totals.expected);
    return totals.failed > 0 || totals.files == 0;
}

/* bench.c - Lodge beside raw Wasmtime, in one process: the program.
 * It must not know what the cases do.
 *
 * Lodge is called as its users call it, through liblodge.so. Raw Wasmtime is
 * the same archive that liblodge.so was made from, linked into this program
 * a second time, because the library shows none of it. The program's copy has
 * it a little easier: its calls and its thread-locals need no indirection, in
 * a shared library they do (1.5 ns a call). So the ratios count against Lodge,
 * never for it.
 * The two copies share nothing but malloc and the signal handlers, which pass
 * on what is not theirs. Settings are equal on both sides: interruption on,
 * as is Lodge's default, with a deadline that is never reached.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

static const struct bench_case *const all[] = {
    bench_calls,   bench_hosts,  bench_callers, bench_instances,
    bench_objects, bench_limits, bench_waits};

struct options {
    const char *filter, *json;
    uint32_t rounds;
    double batch_ns;
};

/* ---- results ---------------------------------------------------------- */

struct result {
    const struct bench_row *row;
    double ns, least, base_ns, base_least, ratio;
};

static void evaluate(const struct bench_row *row,
                     const struct bench_samples *s, struct result *out)
{
    const double *way = s->ns[row->way], *base = s->ns[row->base];
    double ratios[BENCH_ROUNDS];
    uint32_t i;

    for (i = 0; i < s->rounds; i++)
        ratios[i] = way[i] / base[i];
    out->row = row;
    out->ns = bench_median(way, s->rounds);
    out->least = bench_least(way, s->rounds);
    out->base_ns = bench_median(base, s->rounds);
    out->base_least = bench_least(base, s->rounds);
    out->ratio = bench_median(ratios, s->rounds);
}

static void show_head(void)
{
    printf("%-38s %10s %10s  %-24s %10s %10s %6s %6s %5s\n", "", "ns", "least",
           "beside", "ns", "least", "ratio", "least", "aim");
}

static void show(const struct result *r)
{
    printf("%-38s %10.1f %10.1f  %-24s %10.1f %10.1f %6.2f %6.2f",
           r->row->name, r->ns, r->least, r->row->base_name, r->base_ns,
           r->base_least, r->ratio, r->least / r->base_least);
    if (r->row->aim != 0)
        printf(" %5.2f  %s", r->row->aim,
               r->ratio <= r->row->aim ? "ok" : "over");
    printf("\n");
    fflush(stdout);
}

/* ---- JSON ------------------------------------------------------------- */

/* Names are ours: nothing in them needs escaping. */
static void write_result(FILE *file, const struct result *r, int first)
{
    fprintf(file,
            "%s\n  {\"name\": \"%s\", \"ns\": %.1f, \"base\": \"%s\", "
            "\"base_ns\": %.1f, \"ratio\": %.3f, ",
            first ? "" : ",", r->row->name, r->ns, r->row->base_name,
            r->base_ns, r->ratio);
    if (r->row->aim != 0)
        fprintf(file, "\"aim\": %.3f, ", r->row->aim);
    else
        fprintf(file, "\"aim\": null, ");
    fprintf(file, "\"least_ns\": %.1f, \"base_least_ns\": %.1f}", r->least,
            r->base_least);
}

static FILE *json_open(const char *path)
{
    FILE *file = fopen(path, "w");

    if (!file) {
        fprintf(stderr, "lodge_bench: %s: %s\n", path, strerror(errno));
        exit(1);
    }
    fputc('[', file);
    return file;
}

static void json_close(FILE *file, const char *path)
{
    fputs("\n]\n", file);
    if (ferror(file) | fclose(file)) {
        fprintf(stderr, "lodge_bench: %s: it could not be written\n", path);
        exit(1);
    }
}

/* ---- the machine ------------------------------------------------------ */

static void cpu_model(char *out, size_t size)
{
    FILE *file = fopen("/proc/cpuinfo", "r");
    char line[256];
    char *at;

    snprintf(out, size, "unknown processor");
    while (file && fgets(line, sizeof line, file)) {
        at = strchr(line, ':');
        if (!at || strncmp(line, "model name", 10) != 0)
            continue;
        at[strcspn(at, "\n")] = 0;
        snprintf(out, size, "%s", at + 2);
        break;
    }
    if (file)
        fclose(file);
}

static void show_machine(const struct options *opt)
{
    uint32_t own = lodge_version(), wt = lodge_wasmtime_version();
    char model[200];

    cpu_model(model, sizeof model);
    printf("Lodge %u.%u.%u, Wasmtime %u.%u.%u, %s, %ld processors; %u "
           "rounds of %.0f ms\n",
           own >> 16, own >> 8 & 255, own & 255, wt >> 16, wt >> 8 & 255,
           wt & 255, model, sysconf(_SC_NPROCESSORS_ONLN), opt->rounds,
           opt->batch_ns / 1e6);
}

/* ---- running ---------------------------------------------------------- */

static int row_wanted(const struct bench_row *row, const char *filter)
{
    return row->name && (!filter || strstr(row->name, filter));
}

static int case_wanted(const struct bench_case *self, const char *filter)
{
    int i, wanted = 0;

    for (i = 0; i < BENCH_ROWS; i++)
        wanted |= row_wanted(&self->rows[i], filter);
    return wanted;
}

/* How many rows were shown. */
static int run_case(const struct bench_case *self, const struct options *opt,
                    FILE *json, int before)
{
    struct bench_samples samples = {.rounds = opt->rounds};
    struct result result;
    void *state = self->open(self);
    int i, shown = 0;

    bench_measure(self, state, opt->batch_ns, &samples);
    self->close(state);
    for (i = 0; i < BENCH_ROWS; i++) {
        if (!row_wanted(&self->rows[i], opt->filter))
            continue;
        evaluate(&self->rows[i], &samples, &result);
        show(&result);
        write_result(json, &result, before + shown == 0);
        shown++;
    }
    return shown;
}

static void run_all(const struct options *opt)
{
    FILE *json = json_open(opt->json);
    const struct bench_case *self;
    int shown = 0;
    size_t i;

    show_machine(opt);
    show_head();
    for (i = 0; i < sizeof all / sizeof *all; i++)
        for (self = all[i]; self->open; self++)
            if (case_wanted(self, opt->filter))
                shown += run_case(self, opt, json, shown);
    shown += bench_latency(opt->filter, opt->rounds < 10, json, shown);
    bench_starts(opt->filter, opt->rounds < 10, json, shown);
    json_close(json, opt->json);
}

/* ---- options ---------------------------------------------------------- */

static const char help[] =
    "usage: lodge_bench [--quick] [--filter TEXT] [--json FILE]\n"
    "\n"
    "Time Lodge beside raw Wasmtime and write build/bench.json.\n"
    "\n"
    "  --quick        fewer and shorter rounds: figures of +-20 %\n"
    "  --filter TEXT  only lines with TEXT in their name\n"
    "  --json FILE    write the results there\n"
    "  --help         this text\n"
    "\n"
    "'ns' is the median of all rounds, 'least' the best one. The ratio is "
    "the\n"
    "median of the ratios within each round; the 'least' behind it is that "
    "of\n"
    "the best rounds. A missed aim is no failure.\n";

static void usage_error(const char *what, const char *arg)
{
    fprintf(stderr, "lodge_bench: %s %s; see --help\n", what, arg);
    exit(2);
}

static void read_options(int argc, char **argv, struct options *opt)
{
    int i;

    for (i = 1; i < argc; i++) {
        const char **value = NULL;

        if (!strcmp(argv[i], "--help")) {
            fputs(help, stdout);
            exit(0);
        } else if (!strcmp(argv[i], "--quick")) {
            opt->rounds = 7;
            opt->batch_ns = 1e6;
        } else if (!strcmp(argv[i], "--filter")) {
            value = &opt->filter;
        } else if (!strcmp(argv[i], "--json")) {
            value = &opt->json;
        } else {
            usage_error("unknown option", argv[i]);
        }
        if (value && i + 1 == argc)
            usage_error("a value is missing after", argv[i]);
        if (value)
            *value = argv[++i];
    }
}

int main(int argc, char **argv)
{
    struct options opt = {NULL, "build/bench.json", 41, 5e6};

    read_options(argc, argv, &opt);
    run_all(&opt);
    return 0;
}

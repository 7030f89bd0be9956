/* latency.c - how soon a guest in a loop ends: after a cancel from another
 * thread, and after its deadline. Spread matters here, so there is no base
 * to compare with but the aim, and a histogram.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench.h"

enum { BINS = 24, DEADLINE_NS = 5000000, WORDS = LODGE_FRAME_SLOTS + 40 };

static const char guest[] =
    "(module (import \"h\" \"in\" (func $in))"
    " (func (export \"spin\") (call $in) (loop $l (br $l))))";

static struct {
    struct lodge_side side;
    uint64_t func;
    _Atomic uint64_t inside; /* id of the call that is in its loop */
    _Atomic uint64_t ended;
    double end_ns;
    uint64_t runs;
} world;

static double now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int32_t in(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    (void)token;
    (void)caller;
    (void)slots;
    atomic_fetch_add(&world.inside, 1);
    return 0;
}

static void spin(uint64_t id, uint64_t deadline_ns, lodge_status expected)
{
    uint64_t frame[WORDS] = {world.func, 0, id, deadline_ns};
    lodge_status st = lodge_call(frame);

    world.end_ns = now_ns();
    bench_need_true(st == expected, "end a loop");
    atomic_store(&world.ended, id);
}

static void *spin_each(void *arg)
{
    uint64_t id;

    for (id = 1; id <= world.runs; id++)
        spin(id, 0, LODGE_E_CANCELLED);
    return arg;
}

/* Half a microsecond to a hundred, so that it meets the guest anywhere. */
static void wait_some(uint64_t id)
{
    double end = now_ns() + 500 + (double)(id * 2654435761u % 100000);

    while (now_ns() < end) {
    }
}

static void cancel_each(double *ns)
{
    pthread_t thread;
    uint64_t id;
    double start;

    bench_need_true(pthread_create(&thread, NULL, spin_each, NULL) == 0,
                    "make a thread");
    for (id = 1; id <= world.runs; id++) {
        while (atomic_load(&world.inside) < id) {
        }
        wait_some(id);
        start = now_ns();
        bench_need(lodge_store_cancel(world.side.store, id), NULL, "cancel");
        while (atomic_load(&world.ended) < id) {
        }
        ns[id - 1] = world.end_ns - start;
    }
    pthread_join(thread, NULL);
}

static void meet_deadlines(double *ns)
{
    uint64_t id;
    double start;

    for (id = 1; id <= world.runs; id++) {
        start = now_ns();
        spin(0, DEADLINE_NS, LODGE_E_DEADLINE);
        ns[id - 1] = world.end_ns - start - DEADLINE_NS;
    }
}

/* ---- showing ---------------------------------------------------------- */

static const struct latency {
    const char *name;
    void (*run)(double *ns);
    uint64_t runs, quick_runs;
    double aim_ns;
} rows[] = {
    {"cancel latency", cancel_each, 5000, 500, 50e3},
    {"deadline lateness", meet_deadlines, 300, 40, 2e6},
};

static int by_value(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* Bin n holds what is below 2^n microseconds, and not in one before. */
static void count(const double *ns, uint64_t n, uint32_t *bins)
{
    uint64_t i;
    int bin;

    for (i = 0; i < n; i++) {
        for (bin = 0; bin < BINS - 1 && ns[i] >= 1000.0 * (1 << bin);)
            bin++;
        bins[bin]++;
    }
}

static void show_bins(const uint32_t *bins, uint64_t n)
{
    int bin, dots;

    for (bin = 0; bin < BINS; bin++) {
        if (bins[bin] == 0)
            continue;
        printf("    < %7d us %6u ", 1 << bin, bins[bin]);
        for (dots = 0; dots < (int)(bins[bin] * 50 / n) + 1; dots++)
            putchar('#');
        putchar('\n');
    }
}

static void show(const struct latency *row, double *ns, uint64_t n, FILE *json,
                 int first)
{
    uint32_t bins[BINS] = {0};
    double median, p99;
    int bin;

    qsort(ns, n, sizeof *ns, by_value);
    count(ns, n, bins);
    median = ns[n / 2];
    p99 = ns[n - 1 - n / 100];
    printf("%-38s median %.1f us, 99 of 100 %.1f us, most %.1f us; aim %.0f "
           "us  %s\n",
           row->name, median / 1e3, p99 / 1e3, ns[n - 1] / 1e3,
           row->aim_ns / 1e3, median <= row->aim_ns ? "ok" : "over");
    show_bins(bins, n);
    fprintf(json,
            "%s\n  {\"name\": \"%s\", \"ns\": %.1f, \"base\": \"aim\", "
            "\"base_ns\": %.1f, \"ratio\": %.4f, \"aim\": 1.0, \"least_ns\": "
            "%.1f, \"p99_ns\": %.1f, \"most_ns\": %.1f, \"below_us\": {",
            first ? "" : ",", row->name, median, row->aim_ns,
            median / row->aim_ns, ns[0], p99, ns[n - 1]);
    for (bin = 0; bin < BINS; bin++)
        fprintf(json, "%s\"%d\": %u", bin ? ", " : "", 1 << bin, bins[bin]);
    fputs("}}", json);
}

static void world_open(uint64_t runs)
{
    memset(&world.side, 0, sizeof world.side);
    atomic_store(&world.inside, 0);
    atomic_store(&world.ended, 0);
    world.runs = runs;
    lodge_side_open(&world.side, guest, 0);
    bench_need(lodge_linker_func(world.side.linker, "h", 1, "in", 2, "->", 2,
                                 in, 0, NULL),
               NULL, "define a function");
    lodge_side_start(&world.side);
    world.func = lodge_side_func(&world.side, "spin").id;
}

int bench_latency(const char *filter, int quick, FILE *json, int before)
{
    const struct latency *row;
    int shown = 0;
    uint64_t n;
    double *ns;

    for (row = rows; row < rows + sizeof rows / sizeof *rows; row++) {
        if (filter && !strstr(row->name, filter))
            continue;
        n = quick ? row->quick_runs : row->runs;
        ns = bench_alloc(n * sizeof *ns);
        world_open(n);
        row->run(ns);
        lodge_side_close(&world.side);
        show(row, ns, n, json, before + shown++ == 0);
        free(ns);
    }
    return shown;
}

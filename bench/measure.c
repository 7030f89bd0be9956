/* measure.c - times the ways of a case in turns.
 * It must not know what they do.
 *
 * Other programs share the machine, so a single figure says little. Every
 * round times each way once, in batches of equal length and in an order that
 * turns around each time; a ratio is taken within its round, where both had
 * the same weather, and the median of all rounds counts.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench.h"

static double now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double time_batch(bench_run *run, void *state, uint64_t n)
{
    double start = now_ns();

    run(state, n);
    return now_ns() - start;
}

/* How many turns make a batch. Warms up as well. */
static uint64_t calibrate(bench_run *run, void *state, double batch_ns)
{
    uint64_t n = 1;
    double took = time_batch(run, state, n);

    while (took < batch_ns / 2) {
        n *= took < batch_ns / 16 ? 8 : 2;
        took = time_batch(run, state, n);
    }
    took = time_batch(run, state, n);
    n = (uint64_t)((double)n * batch_ns / took);
    return n ? n : 1;
}

void bench_measure(const struct bench_case *self, void *state, double batch_ns,
                   struct bench_samples *samples)
{
    uint64_t n[BENCH_WAYS] = {0};
    uint32_t round, i, way, ways = 0;

    while (ways < BENCH_WAYS && self->ways[ways]) {
        n[ways] = calibrate(self->ways[ways], state, batch_ns);
        ways++;
    }
    for (round = 0; round < samples->rounds; round++) {
        for (i = 0; i < ways; i++) {
            way = round % 2 ? ways - 1 - i : i;
            samples->ns[way][round] =
                time_batch(self->ways[way], state, n[way]) / (double)n[way];
        }
    }
}

static int by_value(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

double bench_median(const double *values, uint32_t n)
{
    double sorted[BENCH_ROUNDS];

    memcpy(sorted, values, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, by_value);
    return (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
}

double bench_least(const double *values, uint32_t n)
{
    double least = values[0];
    uint32_t i;

    for (i = 1; i < n; i++)
        if (values[i] < least)
            least = values[i];
    return least;
}

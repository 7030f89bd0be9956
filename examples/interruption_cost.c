/* interruption_cost.c - what fuel and interruption cost guest code.
 *
 *   interruption_cost [ROUNDS]
 *
 * Runs four small guests in four engines and shows the best time of each
 * without both, and the others as multiples of it.
 */
#include <lodge.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TEXT(s) s, strlen(s)

static const char guest_text[] =
    "(module\n"
    /* The least a loop can do. */
    "  (func (export \"one add a turn\") (param $n i32)\n"
    "    (local $sum i32)\n"
    "    (loop $next\n"
    "      (local.set $sum (i32.add (local.get $sum) (local.get $n)))\n"
    "      (br_if $next (local.tee $n\n"
    "        (i32.sub (local.get $n) (i32.const 1)))))\n"
    "    (global.set $kept (local.get $sum)))\n"
    /* Turns that wait for their own results: xorshift. */
    "  (func (export \"random numbers\") (param $n i32)\n"
    "    (local $x i64)\n"
    "    (local.set $x (i64.const 88172645463325252))\n"
    "    (loop $next\n"
    "      (local.set $x (i64.xor (local.get $x)\n"
    "        (i64.shl (local.get $x) (i64.const 13))))\n"
    "      (local.set $x (i64.xor (local.get $x)\n"
    "        (i64.shr_u (local.get $x) (i64.const 7))))\n"
    "      (local.set $x (i64.xor (local.get $x)\n"
    "        (i64.shl (local.get $x) (i64.const 17))))\n"
    "      (br_if $next (local.tee $n\n"
    "        (i32.sub (local.get $n) (i32.const 1)))))\n"
    "    (global.set $kept (i32.wrap_i64 (local.get $x))))\n"
    /* Calls, and nothing between them. */
    "  (func $fib (param $n i32) (result i32)\n"
    "    (if (result i32) (i32.lt_u (local.get $n) (i32.const 2))\n"
    "      (then (local.get $n))\n"
    "      (else (i32.add\n"
    "        (call $fib (i32.sub (local.get $n) (i32.const 1)))\n"
    "        (call $fib (i32.sub (local.get $n) (i32.const 2)))))))\n"
    "  (func (export \"calls\") (param $n i32)\n"
    "    (global.set $kept (call $fib (local.get $n))))\n"
    /* A product of two matrices of 64 x 64 doubles. */
    "  (memory 2)\n"
    "  (func (export \"matrices\") (param $n i32)\n"
    "    (local $i i32) (local $j i32) (local $k i32) (local $s f64)\n"
    "    (loop $again\n"
    "      (local.set $i (i32.const 0))\n"
    "      (loop $rows\n"
    "        (local.set $j (i32.const 0))\n"
    "        (loop $columns\n"
    "          (local.set $s (f64.const 0))\n"
    "          (local.set $k (i32.const 0))\n"
    "          (loop $sum\n"
    "            (local.set $s (f64.add (local.get $s) (f64.mul\n"
    "              (f64.load (i32.add\n"
    "                (i32.shl (local.get $i) (i32.const 9))\n"
    "                (i32.shl (local.get $k) (i32.const 3))))\n"
    "              (f64.load offset=32768 (i32.add\n"
    "                (i32.shl (local.get $k) (i32.const 9))\n"
    "                (i32.shl (local.get $j) (i32.const 3)))))))\n"
    "            (br_if $sum (i32.lt_u (local.tee $k\n"
    "              (i32.add (local.get $k) (i32.const 1)))\n"
    "              (i32.const 64))))\n"
    "          (f64.store offset=65536 (i32.add\n"
    "            (i32.shl (local.get $i) (i32.const 9))\n"
    "            (i32.shl (local.get $j) (i32.const 3)))\n"
    "            (local.get $s))\n"
    "          (br_if $columns (i32.lt_u (local.tee $j\n"
    "            (i32.add (local.get $j) (i32.const 1)))\n"
    "            (i32.const 64))))\n"
    "        (br_if $rows (i32.lt_u (local.tee $i\n"
    "          (i32.add (local.get $i) (i32.const 1))) (i32.const 64))))\n"
    "      (br_if $again (local.tee $n\n"
    "        (i32.sub (local.get $n) (i32.const 1))))))\n"
    "  (global $kept (export \"kept\") (mut i32) (i32.const 0)))\n";

static const struct {
    const char *name;
    uint64_t amount;
} guests[] = {
    {"one add a turn", 10000000},
    {"random numbers", 3000000},
    {"calls", 30},
    {"matrices", 20},
};

static const struct {
    const char *name, *keys;
} settings[] = {
    {"neither", "interruption=off,fuel=off"},
    {"interruption", "interruption=on,fuel=off"},
    {"fuel", "interruption=off,fuel=on"},
    {"both", "interruption=on,fuel=on"},
};

enum {
    GUESTS = sizeof guests / sizeof *guests,
    SETTINGS = sizeof settings / sizeof *settings
};

static lodge_error err = LODGE_ERROR_INIT;

static void must(lodge_status st)
{
    if (st == LODGE_OK)
        return;
    fprintf(stderr, "interruption_cost: %s\n", err.message);
    exit(1);
}

static lodge_instance open_guest(const char *keys)
{
    lodge_store own = {0};
    lodge_config config;
    lodge_engine engine;
    lodge_module module;
    lodge_linker linker;
    lodge_instance guest;

    must(lodge_config_new(LODGE_PRESET_DEFAULT, &config, &err));
    must(lodge_config_parse(config, TEXT(keys), &err));
    must(lodge_engine_new(config, &engine, &err));
    must(lodge_module_open(engine, (const uint8_t *)TEXT(guest_text), &module,
                           &err));
    must(lodge_linker_new(engine, &linker, &err));
    must(lodge_instance_new(linker, own, module, &guest, &err));
    lodge_linker_close(linker);
    lodge_module_close(module);
    lodge_engine_close(engine); /* the instance keeps it */
    return guest;
}

static double run(lodge_func fn, uint64_t amount)
{
    struct timespec begin, end;

    timespec_get(&begin, TIME_UTC);
    must(lodge_func_call(fn, &amount, 1, &err));
    timespec_get(&end, TIME_UTC);
    return (double)(end.tv_sec - begin.tv_sec) * 1e3 +
           (double)(end.tv_nsec - begin.tv_nsec) / 1e6;
}

/* The settings take turns, so that all meet the same machine. */
static void measure(const lodge_instance *in, size_t which, int rounds)
{
    const char *name = guests[which].name;
    double ms, best[SETTINGS];
    lodge_func fn[SETTINGS];
    size_t i;
    int round;

    for (i = 0; i < SETTINGS; i++) {
        must(lodge_instance_func(in[i], TEXT(name), &fn[i], &err));
        best[i] = run(fn[i], guests[which].amount);
    }
    for (round = 1; round < rounds; round++) {
        for (i = 0; i < SETTINGS; i++) {
            ms = run(fn[i], guests[which].amount);
            best[i] = ms < best[i] ? ms : best[i];
        }
    }
    printf("%-16s%7.2f ms", name, best[0]);
    for (i = 1; i < SETTINGS; i++)
        printf("%12.2fx", best[i] / best[0]);
    putchar('\n');
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 3;
    lodge_instance in[SETTINGS];
    size_t i;

    for (i = 0; i < SETTINGS; i++)
        in[i] = open_guest(settings[i].keys);
    printf("%-16s%10s", "", settings[0].name);
    for (i = 1; i < SETTINGS; i++)
        printf("%13s", settings[i].name);
    putchar('\n');
    for (i = 0; i < GUESTS; i++)
        measure(in, i, rounds);
    for (i = 0; i < SETTINGS; i++)
        lodge_instance_close(in[i]);
    return 0;
}

/* round_robin.c - one thread runs a hundred guests in turns.
 *
 * Each guest has a store of its own and counts primes. A call with a time
 * slice comes back with LODGE_YIELD when the slice is used up, and goes on by
 * lodge_resume. Now and then a guest asks the host for more work: its call
 * comes back with LODGE_REQUEST, and waits until somebody has an answer.
 */
#include <lodge.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT(s) s, strlen(s)

enum { GUESTS = 100, SLICE_MS = 1, PORTION = 4000, PORTIONS = 4 };

static const char guest_text[] =
    "(module\n"
    "  (import \"host\" \"more\" (func $more (param i32) (result i32)))\n"
    "  (func $is_prime (param $n i32) (result i32) (local $d i32)\n"
    "    (local.set $d (i32.const 2))\n"
    "    (loop $next\n"
    "      (if (i32.ge_u (local.get $d) (local.get $n))\n"
    "        (then (return (i32.const 1))))\n"
    "      (if (i32.eqz (i32.rem_u (local.get $n) (local.get $d)))\n"
    "        (then (return (i32.const 0))))\n"
    "      (local.set $d (i32.add (local.get $d) (i32.const 1)))\n"
    "      (br $next))\n"
    "    (unreachable))\n"
    "  (func (export \"primes\") (result i32)\n"
    "    (local $n i32) (local $end i32) (local $count i32)\n"
    "    (local.set $n (i32.const 2))\n"
    "    (loop $ask\n"
    "      (local.set $end (call $more (local.get $n)))\n"
    "      (if (i32.eqz (local.get $end))\n"
    "        (then (return (local.get $count))))\n"
    "      (loop $next\n"
    "        (if (i32.ge_u (local.get $n) (local.get $end))\n"
    "          (then (br $ask)))\n"
    "        (local.set $count (i32.add (local.get $count)\n"
    "          (call $is_prime (local.get $n))))\n"
    "        (local.set $n (i32.add (local.get $n) (i32.const 1)))\n"
    "        (br $next)))\n"
    "    (unreachable)))\n";

/* A guest and the frame of its call: 16 words, a slot, an error record. */
struct task {
    lodge_instance instance;
    uint64_t frame[LODGE_FRAME_SLOTS + 1 + 32];
    lodge_status status;
    unsigned slices, requests;
};

static lodge_error err = LODGE_ERROR_INIT;
static struct task tasks[GUESTS];

static void must(lodge_status st)
{
    if (st == LODGE_OK)
        return;
    fprintf(stderr, "round_robin: %s\n", err.message);
    exit(1);
}

/* A host function that needs no C function: calls of it come back. */
static void add_more(lodge_engine engine, lodge_linker linker)
{
    lodge_host host;
    uint32_t index;

    must(lodge_host_new(engine, TEXT("host"), &host, &err));
    must(lodge_host_func(host, TEXT("i32 -> i32"), LODGE_HOST_SUSPEND, 1,
                         &index, &err));
    must(lodge_host_export(host, index, TEXT("more"), &err));
    must(lodge_linker_add_host(linker, host, &err));
    lodge_host_close(host);
}

static void start(struct task *task, lodge_prepared prepared)
{
    const lodge_store own = {0};
    lodge_func fn;

    must(lodge_prepared_instance(prepared, own, &task->instance, &err));
    must(lodge_instance_func(task->instance, TEXT("primes"), &fn, &err));
    task->frame[LODGE_FRAME_FUNC] = fn.id;
    task->frame[LODGE_FRAME_CAPACITY] = 1;
    task->frame[LODGE_FRAME_ERROR] = (LODGE_FRAME_SLOTS + 1) | (uint64_t)32
                                                                   << 32;
    task->frame[LODGE_FRAME_SLICE] = SLICE_MS * 1000000;
    task->status = lodge_call(task->frame);
}

/* What the guest asked for: how far to count, or 0 for no further. */
static uint64_t answer(const struct task *task)
{
    return task->requests < PORTIONS ? (task->requests + 1) * PORTION : 0;
}

/* Lets a guest run until its slice is used up or it asks something. */
static void turn(struct task *task)
{
    if (task->status == LODGE_YIELD) {
        task->slices++;
    } else {
        task->frame[LODGE_FRAME_SLOTS] = answer(task);
        task->requests++;
    }
    task->status = lodge_resume(task->frame);
}

/* Everybody in turns, until nobody has anything left to do. */
static void run_all(void)
{
    int i, running = GUESTS;

    while (running > 0)
        for (i = 0, running = 0; i < GUESTS; i++)
            if (tasks[i].status > 0) {
                turn(&tasks[i]);
                running++;
            }
}

static int report(void)
{
    unsigned slices = 0, requests = 0;
    int i, wrong = 0;

    for (i = 0; i < GUESTS; i++) {
        slices += tasks[i].slices;
        requests += tasks[i].requests;
        wrong += tasks[i].status != LODGE_OK ||
                 tasks[i].frame[LODGE_FRAME_SLOTS] != 1862;
    }
    printf("%d guests, %u slices used up, %u requests, %d wrong\n", GUESTS,
           slices, requests, wrong);
    return wrong != 0 || requests != GUESTS * (PORTIONS + 1);
}

int main(void)
{
    lodge_engine engine;
    lodge_linker linker;
    lodge_module module;
    lodge_prepared prepared;
    int i;

    must(lodge_engine_new((lodge_config){0}, &engine, &err));
    must(lodge_linker_new(engine, &linker, &err));
    must(lodge_module_open(engine, (const uint8_t *)TEXT(guest_text), &module,
                           &err));
    add_more(engine, linker);
    must(lodge_linker_prepare(linker, module, &prepared, &err));
    for (i = 0; i < GUESTS; i++)
        start(&tasks[i], prepared);
    run_all();
    i = report();
    lodge_engine_shutdown(engine); /* and all that was made from it */
    return i;
}

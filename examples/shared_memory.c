/* shared_memory.c - two threads, two guests, one memory.
 *
 * The memory belongs to no store. Each thread has a store of its own with an
 * instance of the same module, and both take numbers from one counter until
 * it is used up: who is faster does more. The host looks on and sleeps until
 * the last one has rung the bell.
 */
#include <lodge.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT(s) s, strlen(s)

enum { THREADS = 2, NUMBERS = 100000 };
enum { NEXT = 0, SUM = 8, WORKING = 16 }; /* addresses */

static const char guest_text[] =
    "(module\n"
    "  (import \"host\" \"board\" (memory 1 1 shared))\n"
    "  (func (export \"work\") (param $end i32) (result i32)\n"
    "    (local $n i32) (local $done i32)\n"
    "    (loop $again\n"
    "      (local.set $n (i32.atomic.rmw.add (i32.const 0) (i32.const 1)))\n"
    "      (if (i32.lt_u (local.get $n) (local.get $end)) (then\n"
    "        (drop (i64.atomic.rmw.add (i32.const 8)\n"
    "          (i64.extend_i32_u (local.get $n))))\n"
    "        (local.set $done (i32.add (local.get $done) (i32.const 1)))\n"
    "        (br $again))))\n"
    "    (drop (i32.atomic.rmw.sub (i32.const 16) (i32.const 1)))\n"
    "    (drop (memory.atomic.notify (i32.const 16) (i32.const -1)))\n"
    "    (local.get $done)))\n";

static void must(lodge_status st, const lodge_error *err)
{
    if (st == LODGE_OK)
        return;
    fprintf(stderr, "%d: %s\n", (int)st, err->message);
    exit(1);
}

/* What a thread has: an instance in a store of its own. */
struct worker {
    pthread_t thread;
    lodge_instance instance;
    uint64_t done;
};

static void *work(void *arg)
{
    lodge_error err = LODGE_ERROR_INIT;
    struct worker *worker = arg;
    uint64_t slot = NUMBERS;
    lodge_func fn;

    must(lodge_instance_func(worker->instance, TEXT("work"), &fn, &err), &err);
    must(lodge_func_call(fn, &slot, 1, &err), &err);
    worker->done = slot;
    return NULL;
}

static lodge_engine make_engine(lodge_error *err)
{
    lodge_config config;
    lodge_engine engine;

    must(lodge_config_new(LODGE_PRESET_DEFAULT, &config, err), err);
    must(lodge_config_set(config, LODGE_CONFIG_SHARED_MEMORY, 1, err), err);
    must(lodge_engine_new(config, &engine, err), err);
    return engine;
}

/* Sleeps until nobody works any more. */
static void await_end(lodge_shared_memory board, lodge_error *err)
{
    uint64_t working;
    uint32_t how;

    must(lodge_shared_memory_load(board, WORKING, 4, &working, err), err);
    while (working > 0) {
        must(lodge_shared_memory_wait(board, WORKING, 4, working, UINT64_MAX,
                                      &how, err),
             err);
        must(lodge_shared_memory_load(board, WORKING, 4, &working, err), err);
    }
}

int main(void)
{
    lodge_error err = LODGE_ERROR_INIT;
    const lodge_engine engine = make_engine(&err);
    const lodge_store own = {0}; /* a private one */
    struct worker workers[THREADS];
    lodge_shared_memory board;
    lodge_linker linker;
    lodge_module module;
    lodge_extern item;
    uint64_t sum;
    int i;

    must(lodge_shared_memory_new(engine, TEXT("1 1"), &board, &err), &err);
    must(lodge_shared_memory_store(board, WORKING, 4, THREADS, &err), &err);

    must(lodge_linker_new(engine, &linker, &err), &err);
    item.kind = LODGE_KIND_SHARED_MEMORY;
    item.reserved = 0;
    item.id = board.id;
    must(lodge_linker_add(linker, TEXT("host"), TEXT("board"), &item, &err),
         &err);

    must(lodge_module_open(engine, (const uint8_t *)guest_text,
                           strlen(guest_text), &module, &err),
         &err);
    for (i = 0; i < THREADS; i++) {
        must(lodge_instance_new(linker, own, module, &workers[i].instance,
                                &err),
             &err);
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0)
            return 1;
    }

    await_end(board, &err);
    must(lodge_shared_memory_load(board, SUM, 8, &sum, &err), &err);
    for (i = 0; i < THREADS; i++)
        pthread_join(workers[i].thread, NULL);
    printf("%llu numbers by two threads, their sum is %llu\n",
           (unsigned long long)(workers[0].done + workers[1].done),
           (unsigned long long)sum);
    lodge_engine_shutdown(engine);
    lodge_shared_memory_close(board);
    return sum == (uint64_t)NUMBERS * (NUMBERS - 1) / 2 ? 0 : 1;
}

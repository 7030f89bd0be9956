/* stress_handle.c - many threads misuse few handles, for some seconds.
 *
 * stress_handle [seconds [threads]]
 *
 * Every object carries a canary and plain counters: a second destroy, a use
 * after destroy, or two threads in one store show up as a wrong canary here,
 * and as a report under the address and thread sanitizers. */
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/alloc.h"
#include "core/clock.h"
#include "core/handle.h"

#define STORE HANDLE_STORE_KIND
#define ENGINE 2
#define LINKER 4
#define PLACES 24
#define FAMILIES 3
#define ALIVE UINT64_C(0x616c697665212121)
#define DEAD UINT64_C(0x6465616464656164)

struct thing {
    uint64_t canary;
    uint64_t inside; /* store: entries right now; plain on purpose */
    uint64_t value;  /* shared: changed under lock, read under pin */
    uint64_t parent; /* pinned engine, or 0 */
};

enum {
    OP_NEW,
    OP_CLOSE,
    OP_RELEASE,
    OP_ENTER,
    OP_HOLD,
    OP_PIN,
    OP_LOCK,
    OP_GARBAGE,
    OP_FAMILY,
    OP_DRAIN,
    OPS
};
static const char *const op_names[OPS] = {
    "new", "close", "release", "enter",  "hold",
    "pin", "lock",  "forged",  "family", "drain"};

static _Atomic uint64_t places[PLACES];
static int families[FAMILIES];
static _Atomic uint64_t created, destroyed, refused, busy, tried[OPS];
static _Atomic int stop;

#define check(condition)                                                      \
    do {                                                                      \
        if (!(condition)) {                                                   \
            fprintf(stderr, "line %d: %s\n", __LINE__, #condition);           \
            abort();                                                          \
        }                                                                     \
    } while (0)

static uint64_t next_random(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return *seed >> 33;
}

static void end_thing(void *obj)
{
    struct thing *thing = obj;

    check(thing->canary == ALIVE);
    check(thing->inside == 0);
    thing->canary = DEAD;
    atomic_fetch_add(&destroyed, 1);
    if (thing->parent)
        handle_unpin(thing->parent);
    alloc_free(thing);
}

static lodge_status tally(lodge_status st)
{
    if (st == LODGE_E_BUSY)
        atomic_fetch_add(&busy, 1);
    else if (st != LODGE_OK)
        atomic_fetch_add(&refused, 1);
    check(st == LODGE_OK || st == LODGE_E_BUSY || st == LODGE_E_HANDLE);
    return st;
}

static uint8_t pick_kind(uint64_t *seed)
{
    static const uint8_t kinds[8] = {STORE, STORE, STORE,  STORE,
                                     STORE, STORE, ENGINE, LINKER};

    return kinds[next_random(seed) % 8];
}

static uint64_t pick_id(uint64_t *seed)
{
    return atomic_load(&places[next_random(seed) % PLACES]);
}

static void make(uint64_t *seed)
{
    struct thing *thing = alloc_zero(sizeof *thing);
    uint8_t kind = pick_kind(seed);
    uint64_t id = 0, engine = pick_id(seed);
    void *parent;

    check(thing != NULL);
    thing->canary = ALIVE;
    if (kind == STORE && handle_pin(engine, ENGINE, &parent, NULL) == 0)
        thing->parent = engine;
    check(handle_new(kind, thing, end_thing,
                     &families[next_random(seed) % FAMILIES], &id,
                     NULL) == LODGE_OK);
    atomic_fetch_add(&created, 1);
    atomic_store(&places[next_random(seed) % PLACES], id);
}

/* Inside a host function nearly everything may be called. */
static void misbehave_inside(uint64_t id, uint64_t *seed)
{
    switch (next_random(seed) % 12) {
    case 0:
        handle_close(id, STORE);
        break;
    case 1:
        handle_release(id);
        break;
    case 2:
        make(seed);
        break;
    case 3:
        handle_close(pick_id(seed), pick_kind(seed));
        break;
    default:
        break;
    }
}

static lodge_status use_store(uint64_t id, uint64_t *seed, int levels)
{
    struct thing *thing;
    lodge_status st;
    void *obj;

    st = tally(handle_enter(id, &obj, NULL));
    if (st != LODGE_OK)
        return st;
    thing = obj;
    check(thing->canary == ALIVE);
    check(handle_is_entered_by_me(id));
    thing->inside++;
    misbehave_inside(id, seed);
    if (levels > 0)
        use_store(next_random(seed) % 4 ? id : pick_id(seed), seed,
                  levels - 1);
    check(thing->canary == ALIVE);
    thing->inside--;
    handle_leave(id);
    return LODGE_OK;
}

static void use_held(uint64_t id, uint64_t *seed)
{
    int i;

    if (tally(handle_hold(id, NULL)) != LODGE_OK)
        return;
    for (i = 0; i < 4; i++)
        use_store(id, seed, 1);
    if (next_random(seed) % 8 == 0)
        handle_close(id, STORE);
    tally(handle_unhold(id, NULL));
}

static void use_shared(uint64_t id, uint8_t kind, int change)
{
    struct thing *thing;
    void *obj;

    if (tally(change ? handle_lock(id, kind, &obj, NULL)
                     : handle_pin(id, kind, &obj, NULL)) != LODGE_OK)
        return;
    thing = obj;
    check(thing->canary == ALIVE);
    if (change)
        thing->value++;
    else
        check(thing->value < UINT64_MAX);
    if (change)
        handle_unlock(id);
    else
        handle_unpin(id);
}

static void use_garbage(uint64_t *seed)
{
    uint64_t id = pick_id(seed);
    uint8_t kind;

    if (next_random(seed) % 2)
        id = next_random(seed) << 33 ^ next_random(seed);
    else
        id ^= UINT64_C(1) << next_random(seed) % 64;
    use_store(handle_parent(id), seed, 0);
    use_shared(id, LINKER, 0);
    handle_release(id);
    handle_describe(id, &kind);
    handle_close(id, (uint8_t)(next_random(seed) % 20));
}

static int pick_op(uint64_t *seed)
{
    static const uint8_t weights[OPS] = {6, 3, 3, 24, 6, 8, 4, 6, 0, 3};
    uint64_t at = next_random(seed) % 64;
    int op;

    if (next_random(seed) % 2048 == 0)
        return OP_FAMILY;
    for (op = 0; op < OPS; op++) {
        if (at < weights[op])
            return op;
        at -= weights[op];
    }
    return OP_ENTER;
}

static void step(uint64_t *seed)
{
    uint8_t kind = next_random(seed) % 2 ? ENGINE : LINKER;
    uint64_t id = pick_id(seed);
    int op = pick_op(seed);

    atomic_fetch_add_explicit(&tried[op], 1, memory_order_relaxed);
    switch (op) {
    case OP_NEW:
        make(seed);
        break;
    case OP_CLOSE:
        handle_close(id, pick_kind(seed));
        break;
    case OP_RELEASE:
        handle_release(id);
        break;
    case OP_ENTER:
        use_store(id, seed, 2);
        break;
    case OP_HOLD:
        use_held(id, seed);
        break;
    case OP_PIN:
    case OP_LOCK:
        use_shared(id, kind, op == OP_LOCK);
        break;
    case OP_GARBAGE:
        use_garbage(seed);
        break;
    case OP_FAMILY:
        handle_close_family(&families[next_random(seed) % FAMILIES]);
        break;
    default:
        handle_drain();
        break;
    }
}

static void *worker(void *arg)
{
    uint64_t seed = (uint64_t)(uintptr_t)arg * 7919 + clock_ns();

    while (!atomic_load_explicit(&stop, memory_order_relaxed))
        step(&seed);
    return NULL;
}

/* A thread that ends while it holds stores. */
static void *forgetful(void *arg)
{
    uint64_t seed = (uint64_t)(uintptr_t)arg;
    int i;

    for (i = 0; i < 4; i++)
        tally(handle_hold(pick_id(&seed), NULL));
    use_store(pick_id(&seed), &seed, 1);
    return NULL;
}

static void run(uint64_t seconds, unsigned threads)
{
    uint64_t until = clock_ns() + seconds * UINT64_C(1000000000);
    pthread_t *pool = calloc(threads, sizeof *pool), mortal;
    unsigned i;

    check(pool != NULL);
    for (i = 0; i < threads; i++)
        check(!pthread_create(&pool[i], NULL, worker, (void *)(uintptr_t)i));
    while (clock_ns() < until) {
        check(!pthread_create(&mortal, NULL, forgetful,
                              (void *)(uintptr_t)clock_ns()));
        check(!pthread_join(mortal, NULL));
    }
    atomic_store(&stop, 1);
    for (i = 0; i < threads; i++)
        check(!pthread_join(pool[i], NULL));
    free(pool);
}

int main(int argc, char **argv)
{
    uint64_t seconds = argc > 1 ? strtoull(argv[1], NULL, 10) : 2;
    unsigned threads = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 4;
    int i;

    handle_test_shrink(17, 8); /* few slots, soon used again */
    run(seconds, threads);
    for (i = 0; i < FAMILIES; i++)
        handle_close_family(&families[i]);
    handle_drain();

    for (i = 0; i < OPS; i++)
        printf("%-8s %" PRIu64 "\n", op_names[i], atomic_load(&tried[i]));
    printf("created %" PRIu64 ", destroyed %" PRIu64 ", refused %" PRIu64
           ", busy %" PRIu64 ", %" PRIu64 " live\n",
           atomic_load(&created), atomic_load(&destroyed),
           atomic_load(&refused), atomic_load(&busy), handle_live(0));
    check(handle_live(0) == 0);
    check(atomic_load(&created) == atomic_load(&destroyed));
    check(alloc_live_count() == 0);
    return 0;
}

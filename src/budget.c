/* budget.c - limits that many stores share: memory, table elements, time.
 * It must not know what a store does with them.
 *
 * Memory and elements are taken before a growth and given back when it fails
 * or the store ends, so the sum over all stores is never above the limit.
 * Time is counted while a call runs: from its beginning to its end, or to
 * where it waits for the host, and in between at each tick.
 */
#include "core/clock.h"
#include "rooms.h"

/* One thing that is shared. Any thread, no lock. */
struct share {
    _Atomic uint64_t limit; /* UINT64_MAX = none */
    _Atomic uint64_t used, peak, refusals;
};

enum { SHARE_TIME = LODGE_WT_TABLE + 1, SHARES };

struct budget {
    struct lodge_wt_budget link; /* first: the limiter's view */
    _Atomic uint32_t refs;       /* the handle, stores, prepared modules */
    _Atomic uint32_t stores;
    struct share share[SHARES];
    struct lock lock;
    uint32_t endless; /* of its stores: cannot be interrupted; under lock */
};

static struct budget *budget_of(const struct store *st)
{
    return (struct budget *)st->link.budget;
}

/* ---- taking and giving ------------------------------------------------- */

static void note_peak(struct share *share, uint64_t used)
{
    uint64_t peak = atomic_load_explicit(&share->peak, memory_order_relaxed);

    while (used > peak && !atomic_compare_exchange_weak_explicit(
                              &share->peak, &peak, used, memory_order_relaxed,
                              memory_order_relaxed)) {
    }
}

static int32_t take(struct lodge_wt_budget *link, uint32_t kind, uint64_t more)
{
    struct share *share = &((struct budget *)link)->share[kind];
    uint64_t used = atomic_load_explicit(&share->used, memory_order_relaxed);

    do {
        uint64_t limit =
            atomic_load_explicit(&share->limit, memory_order_relaxed);

        if (used > limit || more > limit - used) {
            atomic_fetch_add_explicit(&share->refusals, 1,
                                      memory_order_relaxed);
            return 0;
        }
    } while (!atomic_compare_exchange_weak_explicit(
        &share->used, &used, used + more, memory_order_relaxed,
        memory_order_relaxed));
    note_peak(share, used + more);
    return 1;
}

static void give(struct lodge_wt_budget *link, uint32_t kind, uint64_t n)
{
    atomic_fetch_sub_explicit(&((struct budget *)link)->share[kind].used, n,
                              memory_order_relaxed);
}

void budget_give(struct store *st, uint64_t memory, uint64_t elements)
{
    if (!st->link.budget)
        return;
    give(st->link.budget, LODGE_WT_MEMORY, memory);
    give(st->link.budget, LODGE_WT_TABLE, elements);
}

/* ---- shared memories ---------------------------------------------------- */

static uint32_t whose_memory(struct store *st, uint64_t bytes)
{
    const struct lodge_wt_store *link = &st->link;

    if (link->memory_bytes > link->memory_limit ||
        bytes > link->memory_limit - link->memory_bytes)
        return LODGE_LIMIT_STORE_MEMORY;
    if (link->budget && !take(link->budget, LODGE_WT_MEMORY, bytes))
        return LODGE_LIMIT_BUDGET_MEMORY;
    return 0;
}

lodge_status budget_take_memory(struct store *st, uint64_t bytes,
                                lodge_error *err)
{
    const uint32_t whose = whose_memory(st, bytes);

    if (!whose) {
        st->link.memory_bytes += bytes;
        if (st->link.memory_peak < st->link.memory_bytes)
            st->link.memory_peak = st->link.memory_bytes;
        return LODGE_OK;
    }
    st->link.refusals++;
    st->link.last_refusal = whose;
    error_refuse(err, LODGE_E_LIMIT,
                 "a shared memory may grow by %llu bytes, which count from "
                 "the beginning and are over the limit of the %s",
                 (unsigned long long)bytes,
                 whose == LODGE_LIMIT_STORE_MEMORY ? "store" : "budget");
    if (error_wanted(err))
        err->detail = whose;
    return LODGE_E_LIMIT;
}

void budget_give_memory(struct store *st, uint64_t bytes)
{
    budget_give(st, bytes, 0);
    st->link.memory_bytes -= bytes;
}

/* ---- time -------------------------------------------------------------- */

static int time_is_up(struct budget *bud, uint64_t more)
{
    struct share *share = &bud->share[SHARE_TIME];
    uint64_t used = more + atomic_fetch_add_explicit(&share->used, more,
                                                     memory_order_relaxed);

    return used >= atomic_load_explicit(&share->limit, memory_order_relaxed);
}

static int32_t spend(struct lodge_wt_store *link)
{
    struct store *st = (struct store *)link;
    struct budget *bud = budget_of(st);
    uint64_t now = clock_ns(), since = st->runs_since;

    if (!since)
        return 0;
    st->runs_since = now;
    if (!time_is_up(bud, now - since))
        return 0;
    budget_refused_time(st);
    return 1;
}

void budget_refused_time(struct store *st)
{
    struct share *share = &budget_of(st)->share[SHARE_TIME];

    atomic_fetch_add_explicit(&share->refusals, 1, memory_order_relaxed);
    st->link.refusals++;
    st->link.last_refusal = LODGE_LIMIT_BUDGET_TIME;
}

lodge_status budget_check_slow(struct store *st, lodge_error *err)
{
    if (st->runs_since || !time_is_up(budget_of(st), 0))
        return LODGE_OK;
    budget_refused_time(st);
    error_refuse(err, LODGE_E_LIMIT,
                 "the time of the store's budget is used up "
                 "(LODGE_BUDGET_TIME)");
    if (error_wanted(err))
        err->detail = LODGE_LIMIT_BUDGET_TIME;
    return LODGE_E_LIMIT;
}

int budget_run_slow(struct store *st)
{
    if (st->runs_since)
        return 0;
    st->runs_since = clock_ns();
    ticker_begin();
    return 1;
}

void budget_rest(struct store *st, int mine)
{
    if (!mine)
        return;
    ticker_end();
    time_is_up(budget_of(st), clock_ns() - st->runs_since);
    st->runs_since = 0;
}

/* ---- whose ------------------------------------------------------------- */

struct budget *budget_keep(struct budget *bud)
{
    atomic_fetch_add_explicit(&bud->refs, 1, memory_order_relaxed);
    return bud;
}

void budget_drop(void *obj)
{
    struct budget *bud = obj;

    if (bud &&
        atomic_fetch_sub_explicit(&bud->refs, 1, memory_order_acq_rel) == 1)
        alloc_free(bud);
}

lodge_status budget_take(lodge_budget budget, struct budget **out,
                         lodge_error *err)
{
    void *obj;
    lodge_status st = handle_pin(budget.id, LODGE_KIND_BUDGET, &obj, err);

    if (st != LODGE_OK)
        return st;
    *out = budget_keep(obj);
    handle_unpin(budget.id);
    return LODGE_OK;
}

static int is_endless(const struct engine *eng)
{
    return !eng->set.value[LODGE_CONFIG_INTERRUPTION];
}

static lodge_status refuse_endless(lodge_error *err)
{
    return error_refuse(err, LODGE_E_STATE,
                        "a limit of time needs engines with %s=on, or a "
                        "running call could not be ended",
                        config_key_name(LODGE_CONFIG_INTERRUPTION));
}

static int has_time_limit(struct budget *bud)
{
    return atomic_load_explicit(&bud->share[SHARE_TIME].limit,
                                memory_order_relaxed) != UINT64_MAX;
}

lodge_status budget_fits(struct budget *bud, const struct engine *eng,
                         lodge_error *err)
{
    return is_endless(eng) && has_time_limit(bud) ? refuse_endless(err)
                                                  : LODGE_OK;
}

static lodge_status refuse_share(const struct budget *bud, uint32_t kind,
                                 uint64_t more, lodge_error *err)
{
    const struct share *share = &bud->share[kind];

    error_refuse(
        err, LODGE_E_LIMIT,
        "the store has %llu %s, which is more than the budget has left "
        "(limit %llu, in use %llu)",
        (unsigned long long)more,
        kind == LODGE_WT_MEMORY ? "bytes of memory" : "elements of tables",
        (unsigned long long)atomic_load(&share->limit),
        (unsigned long long)atomic_load(&share->used));
    if (error_wanted(err))
        err->detail = kind == LODGE_WT_MEMORY ? LODGE_LIMIT_BUDGET_MEMORY
                                              : LODGE_LIMIT_BUDGET_TABLE;
    return LODGE_E_LIMIT;
}

/* What the store has is taken from the budget at once. */
static lodge_status charge(struct budget *bud, const struct store *st,
                           lodge_error *err)
{
    const uint64_t memory = st->link.memory_bytes;
    const uint64_t elements = st->link.table_elements;

    if (!take(&bud->link, LODGE_WT_MEMORY, memory))
        return refuse_share(bud, LODGE_WT_MEMORY, memory, err);
    if (take(&bud->link, LODGE_WT_TABLE, elements))
        return LODGE_OK;
    give(&bud->link, LODGE_WT_MEMORY, memory);
    return refuse_share(bud, LODGE_WT_TABLE, elements, err);
}

/* Under the lock, so that a limit of time and a store that cannot be
 * interrupted do not pass each other by.
 */
static lodge_status admit(struct budget *bud, const struct engine *eng,
                          lodge_error *err)
{
    lodge_status st;

    lock_take(&bud->lock);
    st = budget_fits(bud, eng, err);
    if (st == LODGE_OK && is_endless(eng))
        bud->endless++;
    lock_give(&bud->lock);
    return st;
}

static void dismiss(struct budget *bud, const struct engine *eng)
{
    if (!is_endless(eng))
        return;
    lock_take(&bud->lock);
    bud->endless--;
    lock_give(&bud->lock);
}

void budget_leave(struct store *st)
{
    struct budget *bud = budget_of(st);

    if (!bud)
        return;
    budget_give(st, st->link.memory_bytes, st->link.table_elements);
    dismiss(bud, st->eng);
    atomic_fetch_sub_explicit(&bud->stores, 1, memory_order_relaxed);
    st->link.budget = NULL;
    st->budgeted = 0;
    budget_drop(bud);
}

lodge_status budget_join(struct store *st, struct budget *bud,
                         lodge_error *err)
{
    lodge_status rc;

    if (bud == budget_of(st))
        return LODGE_OK;
    if (bud) {
        rc = admit(bud, st->eng, err);
        if (rc != LODGE_OK)
            return rc;
        rc = charge(bud, st, err);
        if (rc != LODGE_OK) {
            dismiss(bud, st->eng);
            return rc;
        }
    }
    budget_leave(st);
    if (!bud)
        return LODGE_OK;
    atomic_fetch_add_explicit(&bud->stores, 1, memory_order_relaxed);
    st->link.budget = &budget_keep(bud)->link;
    st->budgeted = 1;
    return LODGE_OK;
}

/* ---- the handle -------------------------------------------------------- */

lodge_status lodge_budget_new(lodge_budget *out, lodge_error *err)
{
    struct budget *bud;
    lodge_status st;
    uint32_t i;

    lodge_start();
    if (!ptr_to_u64(out))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "out: is NULL or not aligned");
    bud = alloc_zero(sizeof *bud);
    if (!bud)
        return error_memory(err);
    bud->link = (struct lodge_wt_budget){take, give, spend};
    for (i = 0; i < SHARES; i++)
        atomic_init(&bud->share[i].limit, UINT64_MAX);
    atomic_init(&bud->refs, 1);
    lock_reset(&bud->lock);
    st = handle_new(LODGE_KIND_BUDGET, bud, budget_drop, NULL, &out->id, err);
    if (st != LODGE_OK)
        budget_drop(bud);
    return st;
}

lodge_status lodge_budget_close(lodge_budget budget)
{
    handle_close(budget.id, LODGE_KIND_BUDGET);
    return LODGE_OK;
}

static lodge_status key_refuse(uint32_t key, const char *why, lodge_error *err)
{
    return error_refuse(err, LODGE_E_NOT_FOUND, "there is no budget key %u%s",
                        key, why);
}

static lodge_status set(struct budget *bud, uint32_t key, uint64_t value,
                        lodge_error *err)
{
    lodge_status st = LODGE_OK;

    if (key < LODGE_BUDGET_MEMORY || key > LODGE_BUDGET_TIME)
        return key_refuse(key, " that can be set", err);
    lock_take(&bud->lock);
    if (key == LODGE_BUDGET_TIME && value != UINT64_MAX && bud->endless)
        st = refuse_endless(err);
    else
        atomic_store(&bud->share[key - LODGE_BUDGET_MEMORY].limit, value);
    lock_give(&bud->lock);
    return st;
}

lodge_status lodge_budget_set(lodge_budget budget, uint32_t key,
                              uint64_t value, lodge_error *err)
{
    void *obj;
    lodge_status st = handle_pin(budget.id, LODGE_KIND_BUDGET, &obj, err);

    if (st != LODGE_OK)
        return st;
    st = set(obj, key, value, err);
    handle_unpin(budget.id);
    return st;
}

static lodge_status get(const struct budget *bud, uint32_t key,
                        uint64_t *value, lodge_error *err)
{
    const struct share *share = bud->share;

    switch (key) {
    case LODGE_BUDGET_MEMORY:
    case LODGE_BUDGET_TABLE:
    case LODGE_BUDGET_TIME:
        *value = atomic_load(&share[key - LODGE_BUDGET_MEMORY].limit);
        return LODGE_OK;
    case LODGE_BUDGET_MEMORY_USED:
    case LODGE_BUDGET_TABLE_USED:
    case LODGE_BUDGET_TIME_USED:
        *value = atomic_load(&share[key - LODGE_BUDGET_MEMORY_USED].used);
        return LODGE_OK;
    case LODGE_BUDGET_MEMORY_PEAK:
    case LODGE_BUDGET_TABLE_PEAK:
        *value = atomic_load(&share[key - LODGE_BUDGET_MEMORY_PEAK].peak);
        return LODGE_OK;
    case LODGE_BUDGET_MEMORY_REFUSALS:
    case LODGE_BUDGET_TABLE_REFUSALS:
    case LODGE_BUDGET_TIME_REFUSALS:
        *value =
            atomic_load(&share[key - LODGE_BUDGET_MEMORY_REFUSALS].refusals);
        return LODGE_OK;
    case LODGE_BUDGET_STORES:
        *value = atomic_load(&bud->stores);
        return LODGE_OK;
    default:
        return key_refuse(key, "", err);
    }
}

lodge_status lodge_budget_get(lodge_budget budget, uint32_t key,
                              uint64_t *value, lodge_error *err)
{
    void *obj;
    lodge_status st;

    if (!ptr_to_u64(value))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "value: is NULL or not aligned");
    st = handle_pin(budget.id, LODGE_KIND_BUDGET, &obj, err);
    if (st != LODGE_OK)
        return st;
    st = get(obj, key, value, err);
    handle_unpin(budget.id);
    return st;
}

/* ---- whose budget ------------------------------------------------------ */

lodge_status lodge_store_budget(lodge_store store, lodge_budget budget,
                                lodge_error *err)
{
    struct budget *bud = NULL;
    struct store *st;
    lodge_status rc = LODGE_OK;

    if (budget.id)
        rc = budget_take(budget, &bud, err);
    if (rc == LODGE_OK)
        rc = store_enter_own(store, &st, err);
    if (rc == LODGE_OK) {
        if (fiber_open_calls(st))
            rc = error_refuse(err, LODGE_E_STATE,
                              "the budget of a store cannot change while a "
                              "call is open");
        else
            rc = budget_join(st, bud, err);
        handle_leave(store.id);
    }
    budget_drop(bud);
    return rc;
}

/* budget.c - one budget for many stores: a customer, say, with many guests.
 *
 * Each store may have limits of its own besides. What the budget refuses is
 * told apart from what the store's own limit refuses.
 */
#include <lodge.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT(s) s, strlen(s)

static const char guest_text[] =
    "(module\n"
    "  (memory (export \"memory\") 1)\n"
    "  (func (export \"grow\") (param i32) (result i32)\n"
    "    (memory.grow (local.get 0)))\n"
    "  (func (export \"spin\") (loop (br 0))))\n";

enum { GUESTS = 3 };

static lodge_error err = LODGE_ERROR_INIT;
static int surprises;

static void must(lodge_status st)
{
    if (st == LODGE_OK)
        return;
    fprintf(stderr, "budget: %s\n", err.message);
    exit(1);
}

static void expect(int good, const char *what)
{
    if (!good)
        fprintf(stderr, "budget: not as expected: %s\n", what);
    surprises += !good;
}

static uint64_t read_key(lodge_budget budget, uint32_t key)
{
    uint64_t value;

    must(lodge_budget_get(budget, key, &value, &err));
    return value;
}

static void show(const char *when, lodge_budget budget)
{
    printf("%-24s%2u stores, %4u KiB, %u refusals\n", when,
           (unsigned)read_key(budget, LODGE_BUDGET_STORES),
           (unsigned)(read_key(budget, LODGE_BUDGET_MEMORY_USED) >> 10),
           (unsigned)read_key(budget, LODGE_BUDGET_MEMORY_REFUSALS));
}

/* A module whose instances share the budget, each in a store of its own. */
static lodge_prepared open_template(lodge_engine engine, lodge_budget budget)
{
    lodge_prepared prepared;
    lodge_module module;
    lodge_linker linker;

    must(lodge_linker_new(engine, &linker, &err));
    must(lodge_module_open(engine, (const uint8_t *)guest_text,
                           strlen(guest_text), &module, &err));
    must(lodge_linker_prepare(linker, module, &prepared, &err));
    must(lodge_prepared_budget(prepared, budget, &err));
    lodge_module_close(module);
    lodge_linker_close(linker);
    return prepared;
}

static lodge_status call(lodge_instance guest, const char *name,
                         uint64_t *slot)
{
    lodge_func fn;

    must(lodge_instance_func(guest, TEXT(name), &fn, &err));
    return lodge_func_call(fn, slot, 1, &err);
}

/* ---- memory ----------------------------------------------------------- */

static void memory(lodge_prepared prepared, lodge_instance *guests,
                   lodge_budget budget)
{
    uint64_t slot = 14;
    lodge_instance more;
    lodge_store store;
    uint64_t whose;

    show("three guests", budget);
    must(call(guests[0], "grow", &slot));
    slot = 1;
    must(call(guests[1], "grow", &slot));
    printf("%-24s%d\n", "memory.grow gives", (int)(int32_t)slot);
    expect((int32_t)slot == -1, "17 pages are all");

    must(lodge_instance_store(guests[1], &store, &err));
    must(lodge_store_get(store, LODGE_STORE_LAST_REFUSAL, &whose, &err));
    expect(whose == LODGE_LIMIT_BUDGET_MEMORY, "the budget refused it");

    expect(lodge_prepared_instance(prepared, (lodge_store){0}, &more, &err) ==
               LODGE_E_LIMIT,
           "there is no room for a fourth");
    expect(err.detail == LODGE_LIMIT_BUDGET_MEMORY, "for lack of memory");
    printf("%-24s%s\n", "another guest", err.message);

    lodge_instance_close(guests[0]);
    show("one guest closed", budget);
    must(
        lodge_prepared_instance(prepared, (lodge_store){0}, &guests[0], &err));
    show("another in its place", budget);
}

/* ---- time ------------------------------------------------------------- */

/* 20 ms for all of them together, from now on. */
static void running_time(lodge_instance *guests, lodge_budget budget)
{
    uint64_t used = read_key(budget, LODGE_BUDGET_TIME_USED);
    uint64_t slot = 0;

    must(lodge_budget_set(budget, LODGE_BUDGET_TIME, used + 20 * 1000000,
                          &err));
    expect(call(guests[1], "spin", &slot) == LODGE_E_LIMIT, "it ends");
    expect(err.detail == LODGE_LIMIT_BUDGET_TIME, "for lack of time");
    printf("%-24s%s\n", "a loop", err.message);
    expect(call(guests[2], "grow", &slot) == LODGE_E_LIMIT, "nothing is left");
    used = read_key(budget, LODGE_BUDGET_TIME_USED) - used;
    expect(used >= 20 * 1000000, "all of it was used");

    must(lodge_budget_set(budget, LODGE_BUDGET_TIME, UINT64_MAX, &err));
    must(call(guests[2], "grow", &slot));
}

int main(void)
{
    lodge_instance guests[GUESTS];
    lodge_prepared prepared;
    lodge_engine engine;
    lodge_budget budget;
    int i;

    must(lodge_engine_new((lodge_config){0}, &engine, &err));
    must(lodge_budget_new(&budget, &err));
    must(lodge_budget_set(budget, LODGE_BUDGET_MEMORY, 17 * 65536, &err));
    prepared = open_template(engine, budget);
    for (i = 0; i < GUESTS; i++)
        must(lodge_prepared_instance(prepared, (lodge_store){0}, &guests[i],
                                     &err));
    memory(prepared, guests, budget);
    running_time(guests, budget);
    lodge_engine_shutdown(engine);
    show("all closed", budget);
    expect(read_key(budget, LODGE_BUDGET_MEMORY_USED) == 0, "all is back");
    lodge_budget_close(budget);
    return surprises != 0;
}

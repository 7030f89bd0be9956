/* budget_fixture.h - a budget, and guests that use it up.
 */
#ifndef LODGE_BUDGET_FIXTURE_H
#define LODGE_BUDGET_FIXTURE_H

#include "store_fixture.h"

static const char growing[] =
    "(module (memory (export \"memory\") 1)"
    " (table $t (export \"table\") 2 funcref)"
    " (func (export \"grow\") (param i32) (result i32)"
    "  (memory.grow (local.get 0)))"
    " (func (export \"grow_table\") (param i32) (result i32)"
    "  (table.grow $t (ref.null func) (local.get 0)))"
    " (func (export \"spin\") (loop $l (br $l)))"
    " (func (export \"nothing\")))";

static const uint32_t REFUSED = UINT32_MAX; /* memory.grow gave -1 */

static inline lodge_budget new_budget(void)
{
    lodge_budget budget;

    OK(lodge_budget_new(&budget, ERR));
    return budget;
}

static inline uint64_t budget_value(lodge_budget budget, uint32_t key)
{
    uint64_t value;

    OK(lodge_budget_get(budget, key, &value, ERR));
    return value;
}

/* CHECK(budget, MEMORY_USED, 0) */
#define CHECK(budget, key, want)                                              \
    assert_int_equal(budget_value(budget, LODGE_BUDGET_##key), (want))

static inline lodge_budget budget_of(uint32_t key, uint64_t limit)
{
    lodge_budget budget = new_budget();

    OK(lodge_budget_set(budget, key, limit, ERR));
    return budget;
}

static inline uint64_t value_of(lodge_store st, uint32_t key)
{
    uint64_t value;

    OK(lodge_store_get(st, key, &value, ERR));
    return value;
}

static inline lodge_store store_with(lodge_budget budget)
{
    lodge_store made = new_store(engine);

    OK(lodge_store_budget(made, budget, ERR));
    return made;
}

static inline lodge_status instantiate(lodge_store st, const char *text,
                                       lodge_instance *out)
{
    lodge_linker linker = new_linker(engine);
    lodge_module module = new_module(engine, text);
    lodge_status rc = lodge_instance_new(linker, st, module, out, ERR);

    lodge_module_close(module);
    lodge_linker_close(linker);
    return rc;
}

static inline lodge_instance instance_in(lodge_store st, const char *text)
{
    lodge_instance instance;

    OK(instantiate(st, text, &instance));
    return instance;
}

#endif

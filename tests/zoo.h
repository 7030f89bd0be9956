/* zoo.h - one live object of every kind, to give to functions that want
 * another one.
 */
#ifndef LODGE_TEST_ZOO_H
#define LODGE_TEST_ZOO_H

#include "lodge_test.h"

enum { ZOO_KINDS = 24 };

struct zoo {
    lodge_engine engine;
    lodge_store store;
    lodge_module module;
    lodge_linker linker;
    uint64_t id[ZOO_KINDS]; /* by LODGE_KIND_*, 0 where there is none */
};

static const char zoo_text[] =
    "(module (func (export \"func\")) (memory (export \"memory\") 1 4)"
    " (table (export \"table\") 1 funcref)"
    " (global (export \"global\") (mut i32) (i32.const 0))"
    " (tag (export \"tag\"))"
    " (func (export \"trap\") unreachable))";

static inline uint64_t zoo_report(lodge_instance instance)
{
    lodge_error err = LODGE_ERROR_INIT;
    uint64_t slot = 0;

    err.flags = LODGE_ERROR_REPORT;
    assert_int_equal(
        lodge_func_call(func_of(instance, "trap"), &slot, 1, &err),
        LODGE_E_TRAP);
    return err.report;
}

static inline void zoo_children(struct zoo *zoo, lodge_instance instance)
{
    static const char *const names[] = {"func", "memory", "table", "global",
                                        "tag"};
    lodge_memory memory;
    uint64_t address, len;
    lodge_lease lease;
    lodge_extern item;
    uint32_t i;

    zoo->id[LODGE_KIND_INSTANCE] = instance.id;
    for (i = 0; i < 5; i++) {
        OK(lodge_instance_export(instance, TEXT(names[i]), &item, ERR));
        assert_int_equal(item.kind, LODGE_KIND_FUNC + i);
        zoo->id[item.kind] = item.id;
    }
    memory.id = zoo->id[LODGE_KIND_MEMORY];
    OK(lodge_memory_lease(memory, &address, &len, &lease, ERR));
    zoo->id[LODGE_KIND_LEASE] = lease.id;
}

static inline void zoo_open(struct zoo *zoo)
{
    lodge_instance instance;
    lodge_shared_memory shared = {0};
    lodge_prepared prepared;
    lodge_config config;
    lodge_budget budget;
    lodge_wasi wasi;

    memset(zoo, 0, sizeof *zoo);
    OK(lodge_config_new(LODGE_PRESET_DEFAULT, &config, ERR));
    OK(lodge_budget_new(&budget, ERR));
    OK(lodge_wasi_new(&wasi, ERR));
    zoo->engine = new_engine_with(sharing());
    if (preset_shares())
        OK(lodge_shared_memory_new(zoo->engine, TEXT("1 1"), &shared, ERR));
    zoo->store = new_store(zoo->engine);
    zoo->linker = new_linker(zoo->engine);
    zoo->module = new_module(zoo->engine, zoo_text);
    OK(lodge_linker_prepare(zoo->linker, zoo->module, &prepared, ERR));
    OK(lodge_prepared_instance(prepared, zoo->store, &instance, ERR));
    zoo->id[LODGE_KIND_CONFIG] = config.id;
    zoo->id[LODGE_KIND_ENGINE] = zoo->engine.id;
    zoo->id[LODGE_KIND_MODULE] = zoo->module.id;
    zoo->id[LODGE_KIND_LINKER] = zoo->linker.id;
    zoo->id[LODGE_KIND_PREPARED] = prepared.id;
    zoo->id[LODGE_KIND_STORE] = zoo->store.id;
    zoo->id[LODGE_KIND_BUDGET] = budget.id;
    zoo->id[LODGE_KIND_WASI] = wasi.id;
    zoo->id[LODGE_KIND_SHARED_MEMORY] = shared.id;
    zoo_children(zoo, instance);
    zoo->id[LODGE_KIND_REPORT] = zoo_report(instance);
}

/* Closes every animal by its own function. */
static inline void zoo_close(const struct zoo *zoo)
{
    const uint64_t *id = zoo->id;

    lodge_report_close((lodge_report){id[LODGE_KIND_REPORT]});
    lodge_lease_close((lodge_lease){id[LODGE_KIND_LEASE]});
    lodge_budget_close((lodge_budget){id[LODGE_KIND_BUDGET]});
    lodge_config_close((lodge_config){id[LODGE_KIND_CONFIG]});
    lodge_wasi_close((lodge_wasi){id[LODGE_KIND_WASI]});
    lodge_shared_memory_close(
        (lodge_shared_memory){id[LODGE_KIND_SHARED_MEMORY]});
    lodge_prepared_close((lodge_prepared){id[LODGE_KIND_PREPARED]});
    lodge_linker_close(zoo->linker);
    lodge_module_close(zoo->module);
    lodge_store_close(zoo->store);
    lodge_engine_close(zoo->engine);
}

/* Runs the rest with `name` naming a live object of each other kind, and with
 * ids that never name anything.
 */
#define FOR_STRANGERS(zoo, own, type, name, ...)                              \
    do {                                                                      \
        size_t zoo_at_;                                                       \
        for (zoo_at_ = 0; zoo_at_ < BAD_IDS; zoo_at_++) {                     \
            type name = { bad_ids[zoo_at_] };                                 \
            __VA_ARGS__;                                                      \
        }                                                                     \
        for (zoo_at_ = 0; zoo_at_ < ZOO_KINDS; zoo_at_++) {                   \
            type name = { (zoo)->id[zoo_at_] };                               \
            if (zoo_at_ != (own) && name.id != 0)                             \
                __VA_ARGS__;                                                  \
        }                                                                     \
    } while (0)

#endif

/* store_fixture.h - tests that have an engine and a store to start with.
 * Shutting the engine down ends all that a test made from it.
 */
#ifndef LODGE_STORE_FIXTURE_H
#define LODGE_STORE_FIXTURE_H

#include "lodge_test.h"

enum { PAGE = 65536 };

static lodge_engine engine;
static lodge_store store;

/* Settings of the engine, as lodge_config_parse takes them. */
static const char *engine_settings = "custom-page-sizes=on";

static inline int begin(void **state)
{
    if (nothing_lives(state))
        return -1;
    engine = new_engine_with(engine_settings);
    store = new_store(engine);
    return 0;
}

static inline int end(void **state)
{
    lodge_engine_shutdown(engine);
    return nothing_lives(state);
}

#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

/* A call whose status is a variable. */
#define GIVES(want, call)                                                     \
    check_status((call), (want), #call, __FILE__, __LINE__)

static inline uint64_t store_value(uint32_t key)
{
    uint64_t value;

    OK(lodge_store_get(store, key, &value, ERR));
    return value;
}

/* An instance in the store of the test. */
static inline lodge_instance instance_in_store(lodge_linker linker,
                                               const char *text)
{
    lodge_module module = new_module(engine, text);
    lodge_instance instance;

    OK(lodge_instance_new(linker, store, module, &instance, ERR));
    lodge_module_close(module);
    return instance;
}

/* The same without imports. */
static inline lodge_instance guest(const char *text)
{
    return instance_in_store(new_linker(engine), text);
}

/* Call an export with one slot. */
static inline uint64_t call1(lodge_instance instance, const char *name,
                             uint64_t value)
{
    OK(lodge_func_call(func_of(instance, name), &value, 1, ERR));
    return value;
}

static inline lodge_memory new_memory(const char *type)
{
    lodge_memory memory;

    OK(lodge_memory_new(store, TEXT(type), &memory, ERR));
    return memory;
}

static inline lodge_memory memory_of(lodge_instance instance, const char *name)
{
    lodge_memory memory;

    OK(lodge_instance_memory(instance, TEXT(name), &memory, ERR));
    return memory;
}

static inline uint64_t size_of(lodge_memory memory)
{
    uint64_t bytes;

    OK(lodge_memory_size(memory, &bytes, ERR));
    return bytes;
}

#endif

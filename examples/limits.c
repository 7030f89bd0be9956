/* limits.c - what a guest may use, and what happens when that is used up.
 *
 * Memory, fuel, time, stack, and the size of what is compiled. The store
 * stays usable after each of them.
 */
#include <lodge.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT(s) s, strlen(s)

static const char guest_text[] =
    "(module\n"
    "  (import \"host\" \"tick\" (func $tick))\n"
    "  (memory (export \"memory\") 1)\n"
    "  (func (export \"grow\") (param i32) (result i32)\n"
    "    (memory.grow (local.get 0)))\n"
    "  (func $spin (export \"spin\") (loop (br 0)))\n"
    "  (func $tick_and_spin (export \"tick_and_spin\")\n"
    "    (loop (call $tick) (br 0)))\n"
    "  (func $deep (export \"deep\") (call $deep)))\n";

static lodge_error err = LODGE_ERROR_INIT;
static int surprises;

static void must(lodge_status st)
{
    if (st == LODGE_OK)
        return;
    fprintf(stderr, "limits: %s\n", err.message);
    exit(1);
}

/* Tell what was tried and what came of it. */
static void tried(const char *what, lodge_status st, lodge_status expected)
{
    char name[80];
    uint64_t len = 0;

    lodge_status_name(st, name, sizeof name - 1, &len);
    name[len] = 0;
    name[strcspn(name, ":")] = 0;
    printf("%-26s%-12s%s\n", what, name, st < 0 ? err.message : "");
    surprises += st != expected;
}

static uint64_t get(lodge_store store, uint32_t key)
{
    uint64_t value;

    must(lodge_store_get(store, key, &value, &err));
    return value;
}

static lodge_func find(lodge_instance guest, const char *name)
{
    lodge_func fn;

    must(lodge_instance_func(guest, TEXT(name), &fn, &err));
    return fn;
}

/* ---- memory ----------------------------------------------------------- */

/* The guest is told no by memory.grow, the host by a status. */
static void memory(lodge_store store, lodge_instance guest)
{
    lodge_memory mem;
    uint64_t slots[] = {100};

    must(lodge_store_set(store, LODGE_STORE_MEMORY_LIMIT, 1 << 20, &err));
    must(lodge_func_call(find(guest, "grow"), slots, 1, &err));
    printf("%-26s%d\n", "memory.grow gives", (int)(int32_t)slots[0]);
    surprises += (int32_t)slots[0] != -1;

    must(lodge_instance_memory(guest, TEXT("memory"), &mem, &err));
    tried("lodge_memory_grow", lodge_memory_grow(mem, 100, NULL, &err),
          LODGE_E_LIMIT);
    tried("a little less", lodge_memory_grow(mem, 10, NULL, &err), LODGE_OK);
    printf("%-26s%u bytes, %u refusals\n", "memory now",
           (unsigned)get(store, LODGE_STORE_MEMORY_BYTES),
           (unsigned)get(store, LODGE_STORE_REFUSALS));
}

/* ---- fuel ------------------------------------------------------------- */

/* A store has endless fuel until it is set. What is used up is filled up by
 * setting it again.
 */
static void fuel(lodge_store store, lodge_instance guest)
{
    must(lodge_store_set(store, LODGE_STORE_FUEL, 10000, &err));
    tried("10000 units of fuel",
          lodge_func_call(find(guest, "spin"), NULL, 0, &err), LODGE_E_FUEL);
    printf("%-26s%u\n", "fuel used",
           (unsigned)get(store, LODGE_STORE_FUEL_USED));
    must(lodge_store_set(store, LODGE_STORE_FUEL, UINT64_MAX, &err));
}

/* ---- time ------------------------------------------------------------- */

/* For all calls of a store, in nanoseconds. */
static void deadline(lodge_store store, lodge_instance guest)
{
    must(lodge_store_set(store, LODGE_STORE_DEADLINE, 20 * 1000000, &err));
    tried("a deadline of 20 ms",
          lodge_func_call(find(guest, "spin"), NULL, 0, &err),
          LODGE_E_DEADLINE);
    must(lodge_store_set(store, LODGE_STORE_DEADLINE, 0, &err));
}

/* For one call, in its frame: 16 words, and here no slots. */
static void deadline_of_call(lodge_instance guest)
{
    uint64_t frame[LODGE_FRAME_SLOTS + 32] = {0};
    lodge_status st;

    frame[LODGE_FRAME_FUNC] = find(guest, "spin").id;
    frame[LODGE_FRAME_DEADLINE] = 20 * 1000000;
    frame[LODGE_FRAME_ERROR] = LODGE_FRAME_SLOTS | (uint64_t)32 << 32;
    st = lodge_call(frame);
    memcpy(&err, frame + LODGE_FRAME_SLOTS, 32 * sizeof *frame);
    tried("20 ms for one call", st, LODGE_E_DEADLINE);
}

/* By the host's own clock, which ticks when it likes. Here it is the guest
 * that makes it tick.
 */
static int32_t tick(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    (void)caller, (void)slots;
    return lodge_engine_tick((lodge_engine){token});
}

static void ticks(lodge_store store, lodge_instance guest)
{
    must(lodge_store_set(store, LODGE_STORE_EPOCH_TICKS, 3, &err));
    tried("3 ticks of the host",
          lodge_func_call(find(guest, "tick_and_spin"), NULL, 0, &err),
          LODGE_E_DEADLINE);
    must(lodge_store_set(store, LODGE_STORE_EPOCH_TICKS, 0, &err));
}

/* ---- stack ------------------------------------------------------------ */

static void stack(lodge_instance guest)
{
    tried("endless recursion",
          lodge_func_call(find(guest, "deep"), NULL, 0, &err), LODGE_E_STACK);
}

/* ---- compiling -------------------------------------------------------- */

/* Checked before the compiler sees a byte. */
static void compiling(void)
{
    lodge_config config;
    lodge_engine engine;
    lodge_module module;

    must(lodge_config_new(LODGE_PRESET_UNTRUSTED, &config, &err));
    must(lodge_config_set(config, LODGE_CONFIG_MAX_FUNCTIONS, 3, &err));
    must(lodge_engine_new(config, &engine, &err));
    tried("at most 3 functions",
          lodge_module_open(engine, (const uint8_t *)TEXT(guest_text), &module,
                            &err),
          LODGE_E_LIMIT);
    lodge_engine_close(engine);
}

/* ---- all of it -------------------------------------------------------- */

static lodge_engine open_engine(void)
{
    lodge_config config;
    lodge_engine engine;

    must(lodge_config_new(LODGE_PRESET_DEFAULT, &config, &err));
    must(
        lodge_config_parse(config, TEXT("fuel=on,max-wasm-stack=256K"), &err));
    must(lodge_engine_new(config, &engine, &err));
    return engine;
}

static lodge_instance open_guest(lodge_engine engine, lodge_store store)
{
    lodge_module module;
    lodge_linker linker;
    lodge_instance guest;

    must(lodge_module_open(engine, (const uint8_t *)TEXT(guest_text), &module,
                           &err));
    must(lodge_linker_new(engine, &linker, &err));
    must(lodge_linker_func(linker, TEXT("host"), TEXT("tick"), TEXT(""), tick,
                           engine.id, &err));
    must(lodge_instance_new(linker, store, module, &guest, &err));
    return guest;
}

int main(void)
{
    lodge_engine engine = open_engine();
    lodge_store store;
    lodge_instance guest;

    must(lodge_store_new(engine, &store, &err));
    guest = open_guest(engine, store);
    memory(store, guest);
    fuel(store, guest);
    deadline(store, guest);
    deadline_of_call(guest);
    ticks(store, guest);
    stack(guest);
    compiling();
    lodge_engine_shutdown(engine); /* and all that was made from it */
    return surprises != 0;
}

/* host_functions.c - one host function in three modes.
 *
 * The guest hands over a word; the host knows its price, or fails. The same
 * guest runs with a function that is called at once (DIRECT), with the one
 * function that a linker has for all (FRAME), and with none at all: then the
 * call comes back to be answered (SUSPEND).
 */
#include <lodge.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT(s) s, strlen(s)

enum { PRICE = 7 }; /* token: whatever the host likes */
enum { SLOTS = 2, ERROR_AT = LODGE_FRAME_SLOTS + SLOTS, ERROR_WORDS = 32 };

static const char guest_text[] =
    "(module\n"
    "  (import \"shop\" \"price\" (func $price (param i32 i32)"
    " (result i32)))\n"
    "  (memory (export \"memory\") 1)\n"
    "  (data (i32.const 0) \"bread\") (data (i32.const 8) \"caviar\")\n"
    "  (func (export \"bread\") (result i32)\n"
    "    (call $price (i32.const 0) (i32.const 5)))\n"
    "  (func (export \"caviar\") (result i32)\n"
    "    (call $price (i32.const 8) (i32.const 6))))\n";

static lodge_error err = LODGE_ERROR_INIT;
static int surprises;

static void must(lodge_status st)
{
    if (st == LODGE_OK)
        return;
    fprintf(stderr, "host_functions: %s\n", err.message);
    exit(1);
}

static void expect(int good, const char *what)
{
    if (!good)
        fprintf(stderr, "host_functions: not as expected: %s\n", what);
    surprises += !good;
}

/* What the host knows: a price, or 0. */
static uint32_t price_of(lodge_memory memory, uint64_t at, uint64_t len)
{
    uint8_t word[16];

    if (len > sizeof word ||
        lodge_memory_read(memory, at, word, len, NULL) != LODGE_OK)
        return 0;
    return len == 5 && memcmp(word, "bread", 5) == 0 ? 3 : 0;
}

/* ---- DIRECT ------------------------------------------------------------ */

/* Runs where the guest runs, at once. */
static int32_t price_direct(uint64_t token, lodge_caller caller,
                            uint64_t *slots)
{
    lodge_memory memory;
    uint32_t price = 0;

    if (lodge_caller_memory(caller, &memory) == LODGE_OK)
        price = price_of(memory, slots[0], slots[1]);
    if (price == 0)
        return lodge_caller_fail(caller, token, TEXT("not sold here"));
    slots[0] = price;
    return 0;
}

/* ---- FRAME ------------------------------------------------------------- */

/* Where every function of this mode finds its parameters and leaves its
 * results: one place for each store.
 */
static uint64_t frame_of_store[LODGE_FRAME_SLOTS + SLOTS];

/* The one function of a linker: which it is for, `token` says. */
static int32_t run_frame(uint32_t token, uint32_t tag)
{
    uint64_t *slots = frame_of_store + LODGE_FRAME_SLOTS;
    lodge_instance guest = {frame_of_store[LODGE_FRAME_INSTANCE]};
    lodge_memory memory;
    uint32_t price = 0;

    (void)tag; /* of the store, if there are several */
    if (lodge_instance_memory(guest, TEXT("memory"), &memory, NULL) ==
        LODGE_OK)
        price = price_of(memory, slots[0], slots[1]);
    if (price == 0) {
        frame_of_store[LODGE_FRAME_PAYLOAD] = token;
        return LODGE_E_HOST;
    }
    slots[0] = price;
    return 0;
}

/* ---- SUSPEND ----------------------------------------------------------- */

/* What to do with a request: put the result into the slots, or say how the
 * call is to fail.
 */
static void serve(uint64_t *frame)
{
    uint64_t *slots = frame + LODGE_FRAME_SLOTS;
    lodge_instance guest = {frame[LODGE_FRAME_INSTANCE]};
    lodge_memory memory;
    uint32_t price;

    must(lodge_instance_memory(guest, TEXT("memory"), &memory, &err));
    price = price_of(memory, slots[0], slots[1]);
    if (price) {
        slots[0] = price;
        frame[LODGE_FRAME_STATUS] = LODGE_OK;
    } else {
        frame[LODGE_FRAME_STATUS] = (uint64_t)(int64_t)LODGE_E_HOST;
        frame[LODGE_FRAME_PAYLOAD] = (uint32_t)frame[LODGE_FRAME_IMPORT];
    }
}

/* ---- the same for all --------------------------------------------------- */

/* Works in every mode: where nothing waits, no request comes. */
static lodge_status call(lodge_instance guest, const char *name,
                         uint64_t *result, uint64_t *payload)
{
    uint64_t frame[ERROR_AT + ERROR_WORDS] = {0};
    lodge_status st;
    lodge_func fn;

    must(lodge_instance_func(guest, TEXT(name), &fn, &err));
    frame[LODGE_FRAME_FUNC] = fn.id;
    frame[LODGE_FRAME_CAPACITY] = SLOTS;
    frame[LODGE_FRAME_ERROR] = ERROR_AT | (uint64_t)ERROR_WORDS << 32;
    st = lodge_call(frame);
    while (st == LODGE_REQUEST) {
        serve(frame);
        st = lodge_resume(frame);
    }
    *result = frame[LODGE_FRAME_SLOTS];
    *payload = frame[LODGE_FRAME_PAYLOAD];
    return st;
}

/* A host module with one function, under its name. */
static void offer(lodge_engine engine, lodge_linker linker, uint32_t mode)
{
    lodge_host host;
    uint32_t index;

    must(lodge_host_new(engine, TEXT("shop"), &host, &err));
    must(lodge_host_func(host, TEXT("i32 i32 -> i32"), mode, PRICE, &index,
                         &err));
    if (mode == LODGE_HOST_DIRECT)
        must(lodge_host_direct(host, index, price_direct, &err));
    must(lodge_host_export(host, index, TEXT("price"), &err));
    must(lodge_linker_add_host(linker, host, &err));
    lodge_host_close(host);
}

static void run(lodge_engine engine, lodge_module module, uint32_t mode,
                const char *name)
{
    uint64_t bread, payload;
    lodge_instance guest;
    lodge_linker linker;
    lodge_store store;
    lodge_status st;

    must(lodge_linker_new(engine, &linker, &err));
    must(lodge_store_new(engine, &store, &err));
    offer(engine, linker, mode);
    if (mode == LODGE_HOST_FRAME) {
        must(lodge_linker_frame(linker, run_frame, &err));
        must(lodge_store_frame(store, frame_of_store,
                               LODGE_FRAME_SLOTS + SLOTS, 0, &err));
    }
    must(lodge_instance_new(linker, store, module, &guest, &err));

    must(call(guest, "bread", &bread, &payload));
    expect(bread == 3, "bread has a price");
    st = call(guest, "caviar", &bread, &payload);
    expect(st == LODGE_E_HOST && payload == PRICE, "caviar has none");
    printf("%-8s bread 3, caviar fails with payload %u\n", name,
           (unsigned)payload);
    lodge_store_close(store);
    lodge_linker_close(linker);
}

/* The token comes out once nothing can call the function any more. */
static void reap(void)
{
    uint64_t tokens[8];
    uint32_t kinds[8], count;

    must(lodge_reap(0, kinds, tokens, 8, &count));
    expect(count == 3 && tokens[0] == PRICE && kinds[0] == LODGE_KIND_HOST,
           "three functions are gone");
}

int main(void)
{
    lodge_engine engine;
    lodge_module module;

    must(lodge_engine_new((lodge_config){0}, &engine, &err));
    must(lodge_module_open(engine, (const uint8_t *)guest_text,
                           strlen(guest_text), &module, &err));
    run(engine, module, LODGE_HOST_DIRECT, "DIRECT");
    run(engine, module, LODGE_HOST_FRAME, "FRAME");
    run(engine, module, LODGE_HOST_SUSPEND, "SUSPEND");
    lodge_module_close(module);
    lodge_engine_close(engine);
    reap();
    return surprises != 0;
}

/* twenty_steps.c - the whole life of host functions that wait, in 20 steps.
 *
 *     build/release/examples/twenty_steps
 *
 * Nothing is called back: each call stops where the guest calls the host,
 * with LODGE_REQUEST, and goes on when the request is answered. The scripts
 * twenty_steps.py and twenty_steps.lua do the same and print the same.
 */
#include <lodge.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT(s) s, strlen(s)

enum { SHOUT = 1, NUMBER, DONE }; /* tokens of the three functions */
enum { SLOTS = 4, ERROR_AT = LODGE_FRAME_SLOTS + SLOTS, ERROR_WORDS = 32 };

static lodge_error err = LODGE_ERROR_INIT;
static lodge_engine engine;
static lodge_store store;
static lodge_instance guest;
static int steps, surprises;

/* ---- printing ---------------------------------------------------------- */

static void name_of(lodge_status st, char name[80])
{
    uint64_t len = 0;

    lodge_status_name(st, name, 79, &len);
    name[len] = 0;
    name[strcspn(name, ":")] = 0;
}

/* One line of the transcript. */
static void step(const char *what, lodge_status st, lodge_status expected,
                 const char *more)
{
    char name[80];

    name_of(st, name);
    printf("%2d %-22s%-12s%s\n", ++steps, what, name, more);
    surprises += st != expected;
}

static void must(lodge_status st)
{
    if (st == LODGE_OK)
        return;
    fprintf(stderr, "twenty_steps: %s\n", err.message);
    exit(1);
}

/* ---- frames ------------------------------------------------------------ */

/* A frame that calls an export. All words but these stay 0. */
static void frame_for(uint64_t *frame, const char *name, uint64_t parent)
{
    lodge_func fn;

    must(lodge_instance_func(guest, TEXT(name), &fn, &err));
    memset(frame, 0, (ERROR_AT + ERROR_WORDS) * sizeof *frame);
    frame[LODGE_FRAME_FUNC] = fn.id;
    frame[LODGE_FRAME_PARENT] = parent;
    frame[LODGE_FRAME_CAPACITY] = SLOTS;
    frame[LODGE_FRAME_ERROR] = ERROR_AT | (uint64_t)ERROR_WORDS << 32;
}

/* What the request in a frame asks for: function and parameters. */
static const char *asked(const uint64_t *frame)
{
    static char text[80];

    snprintf(text, sizeof text, "function %u, %u parameters, %u results",
             (unsigned)(frame[LODGE_FRAME_IMPORT] & UINT32_MAX),
             (unsigned)(frame[LODGE_FRAME_IMPORT] >> 32 & 0xFFFF),
             (unsigned)(frame[LODGE_FRAME_IMPORT] >> 48));
    return text;
}

static const char *number(const char *what, uint64_t n)
{
    static char text[80];

    snprintf(text, sizeof text, "%s %llu", what, (unsigned long long)n);
    return text;
}

/* ---- the steps --------------------------------------------------------- */

static void add_function(lodge_host host, const char *name, const char *sig,
                         uint64_t token)
{
    uint32_t index;

    must(lodge_host_func(host, TEXT(sig), LODGE_HOST_SUSPEND, token, &index,
                         &err));
    must(lodge_host_export(host, index, TEXT(name), &err));
}

static lodge_host make_host(void)
{
    lodge_host host;

    must(lodge_host_new(engine, TEXT("app"), &host, &err));
    add_function(host, "shout", "i32 i32 -> i32", SHOUT);
    add_function(host, "number", "-> i32", NUMBER);
    add_function(host, "done", "i32 ->", DONE);
    return host;
}

/* Steps 1 to 6: from a configuration to an instance. */
static void set_up(const char *wat, size_t wat_len)
{
    lodge_prepared prepared;
    lodge_config config;
    lodge_module module;
    lodge_linker linker;
    lodge_host host;

    must(lodge_config_new(LODGE_PRESET_DEFAULT, &config, &err));
    step("config",
         lodge_config_parse(config, TEXT("max-wasm-stack=256K"), &err),
         LODGE_OK, "");
    step("engine", lodge_engine_new(config, &engine, &err), LODGE_OK, "");
    step("module from text",
         lodge_module_open(engine, (const uint8_t *)wat, wat_len, &module,
                           &err),
         LODGE_OK, "");
    host = make_host();
    must(lodge_linker_new(engine, &linker, &err));
    step("three functions", lodge_linker_add_host(linker, host, &err),
         LODGE_OK, "");
    step("prepare", lodge_linker_prepare(linker, module, &prepared, &err),
         LODGE_OK, "");
    must(lodge_store_new(engine, &store, &err));
    step("instance", lodge_prepared_instance(prepared, store, &guest, &err),
         LODGE_OK, "");
    lodge_host_close(host); /* the instance keeps what it needs */
    lodge_linker_close(linker);
    lodge_prepared_close(prepared);
    lodge_module_close(module);
}

/* Steps 7 to 11: the guest hands over a text; the host reads it, asks the
 * guest for room for its answer while the request is open, and writes it.
 */
static void one_request(void)
{
    uint64_t frame[ERROR_AT + ERROR_WORDS], nested[ERROR_AT + ERROR_WORDS];
    uint64_t *slots = frame + LODGE_FRAME_SLOTS, len;
    lodge_memory memory;
    char text[64] = "";
    lodge_status st;
    uint64_t i;

    frame_for(frame, "greet", 0);
    st = lodge_call(frame);
    step("call", st, LODGE_REQUEST, asked(frame));

    len = slots[1];
    must(lodge_instance_memory(guest, TEXT("memory"), &memory, &err));
    st = lodge_memory_read(memory, slots[0], (uint8_t *)text, len, &err);
    step("read the guest's text", st, LODGE_OK, text);
    for (i = 0; i < len; i++)
        text[i] = (char)toupper((unsigned char)text[i]);

    frame_for(nested, "malloc", frame[LODGE_FRAME_TOKEN]);
    nested[LODGE_FRAME_SLOTS] = len + 1;
    st = lodge_call(nested);
    step("nested malloc", st, LODGE_OK,
         number("address", nested[LODGE_FRAME_SLOTS]));
    step("write the answer",
         lodge_memory_write(memory, nested[LODGE_FRAME_SLOTS],
                            (const uint8_t *)text, len + 1, &err),
         LODGE_OK, text);

    slots[0] = nested[LODGE_FRAME_SLOTS];
    frame[LODGE_FRAME_STATUS] = LODGE_OK;
    st = lodge_resume(frame);
    step("answer", st, LODGE_OK, number("sum", slots[0]));
}

/* Steps 12 to 15: other ways in which a call ends. */
static void other_ends(void)
{
    uint64_t frame[ERROR_AT + ERROR_WORDS];
    const lodge_error *record = (const lodge_error *)&frame[ERROR_AT];
    lodge_status st;

    frame_for(frame, "twice", 0);
    surprises += lodge_call(frame) != LODGE_REQUEST;
    frame[LODGE_FRAME_STATUS] = (uint64_t)(int64_t)LODGE_E_HOST;
    frame[LODGE_FRAME_PAYLOAD] = 4711;
    st = lodge_resume(frame);
    step("fail", st, LODGE_E_HOST,
         number("payload", frame[LODGE_FRAME_PAYLOAD]));

    frame_for(frame, "finish", 0);
    surprises += lodge_call(frame) != LODGE_REQUEST;
    frame[LODGE_FRAME_DETAIL] = frame[LODGE_FRAME_SLOTS] << 32;
    frame[LODGE_FRAME_STATUS] = (uint64_t)(int64_t)LODGE_E_EXIT;
    st = lodge_resume(frame);
    step("exit", st, LODGE_E_EXIT,
         number("code", frame[LODGE_FRAME_DETAIL] >> 32));

    frame_for(frame, "twice", 0);
    frame[LODGE_FRAME_CALLID] = 1;
    surprises += lodge_call(frame) != LODGE_REQUEST;
    must(lodge_store_cancel(store, 1));
    frame[LODGE_FRAME_STATUS] = LODGE_OK;
    st = lodge_resume(frame);
    step("cancel", st, LODGE_E_CANCELLED, record->message);

    frame_for(frame, "spin", 0);
    frame[LODGE_FRAME_DEADLINE] = 20 * 1000000;
    st = lodge_call(frame);
    step("deadline", st, LODGE_E_DEADLINE, record->message);
}

/* Steps 16 to 18: mistakes are statuses, and change nothing. */
static void mistakes(void)
{
    uint64_t frame[ERROR_AT + ERROR_WORDS], token;
    lodge_status st;

    frame_for(frame, "twice", 0);
    surprises += lodge_call(frame) != LODGE_REQUEST;
    token = frame[LODGE_FRAME_TOKEN];
    frame[LODGE_FRAME_TOKEN] = token + 1;
    frame[LODGE_FRAME_STATUS] = LODGE_OK;
    frame[LODGE_FRAME_SLOTS] = 21;
    st = lodge_resume(frame);
    step("wrong token", st, LODGE_E_STATE,
         number("still", frame[LODGE_FRAME_SLOTS]));

    frame[LODGE_FRAME_TOKEN] = token;
    st = lodge_resume(frame);
    surprises += st != LODGE_OK || frame[LODGE_FRAME_SLOTS] != 42;
    frame[LODGE_FRAME_TOKEN] = token;
    frame[LODGE_FRAME_STATUS] = LODGE_OK;
    st = lodge_resume(frame);
    step("answer twice", st, LODGE_E_STATE,
         number("result", frame[LODGE_FRAME_SLOTS]));

    frame_for(frame, "twice", 0);
    surprises += lodge_call(frame) != LODGE_REQUEST;
    lodge_store_close(store);
    frame[LODGE_FRAME_STATUS] = LODGE_OK;
    step("close while it waits", lodge_resume(frame), LODGE_E_HANDLE, "");
}

/* Steps 19 and 20: the tokens of the functions come back, once each, and
 * nothing is left.
 */
static void tear_down(void)
{
    uint64_t tokens[8], sum = 0, live = 1, bytes = 1;
    uint32_t kinds[8], count, i;
    lodge_status st;

    lodge_engine_close(engine);
    st = lodge_reap(0, kinds, tokens, 8, &count);
    for (i = 0; i < count; i++)
        sum = sum * 10 + i + 1;
    surprises += count != 3 ||
                 (1u << tokens[0] | 1u << tokens[1] | 1u << tokens[2]) != 14;
    step("reap tokens", st, LODGE_OK, number("tokens", sum));
    must(lodge_stat(LODGE_STAT_LIVE, &live));
    st = lodge_stat(LODGE_STAT_BYTES, &bytes);
    surprises += live != 0 || bytes != 0;
    step("nothing is left", st, LODGE_OK, number("alive", live + bytes));
}

int main(void)
{
    char wat[4096];
    FILE *file = fopen("examples/guests/twenty_steps.wat", "rb");
    size_t len = file ? fread(wat, 1, sizeof wat, file) : 0;

    if (len == 0) {
        fprintf(stderr, "twenty_steps: run it in the source folder\n");
        return 1;
    }
    fclose(file);
    set_up(wat, len);
    one_request();
    other_ends();
    mistakes();
    tear_down();
    return surprises != 0;
}

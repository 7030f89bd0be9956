/* world.h - one live object of every kind, and a good call of every function
 * among them: what the tests that try all functions in one way start from.
 */
#ifndef LODGE_TEST_WORLD_H
#define LODGE_TEST_WORLD_H

#include <unistd.h>

#include "lodge_test.h"
#include "seen.h"

enum { KINDS = 24, MAX_WORDS = 12, BUFFER = 256, FRAME_WORDS = 64 };
/* What a word is besides a handle of a LODGE_KIND_*. */
enum { WORD_PLAIN = 0, WORD_BUF = 100, WORD_CAP, WORD_LEN, WORD_OUT };

static const char *const kind_names[KINDS] = {
    [LODGE_KIND_CONFIG] = "config",     [LODGE_KIND_ENGINE] = "engine",
    [LODGE_KIND_MODULE] = "module",     [LODGE_KIND_LINKER] = "linker",
    [LODGE_KIND_HOST] = "host",         [LODGE_KIND_PREPARED] = "prepared",
    [LODGE_KIND_STORE] = "store",       [LODGE_KIND_WASI] = "wasi",
    [LODGE_KIND_REPORT] = "report",     [LODGE_KIND_LEASE] = "lease",
    [LODGE_KIND_INSTANCE] = "instance", [LODGE_KIND_FUNC] = "func",
    [LODGE_KIND_MEMORY] = "memory",     [LODGE_KIND_TABLE] = "table",
    [LODGE_KIND_GLOBAL] = "global",     [LODGE_KIND_TAG] = "tag",
    [LODGE_KIND_CALLER] = "caller",     [LODGE_KIND_BUDGET] = "budget",
    [LODGE_KIND_REF] = "ref",           [LODGE_KIND_SHARED_MEMORY] = "shared",
};

/* A function with arguments, ready for lodge_do. */
struct good_call {
    const struct seen_function *fn;
    const char *args;
    uint32_t count;           /* arguments */
    uint64_t word[MAX_WORDS]; /* the arguments are word[1] ... */
    uint8_t is[MAX_WORDS];    /* LODGE_KIND_* or WORD_* */
    uint8_t nullable[MAX_WORDS];
};

struct world {
    uint64_t id[KINDS];  /* by LODGE_KIND_*, 0 where there is none */
    lodge_engine keeper; /* another handle to the engine */
    lodge_linker hosted; /* with a host module that has a memory */
    lodge_module wants;  /* imports that memory */
    lodge_module needy;  /* and what nobody defines */
    lodge_func wide;     /* 20 parameters, and a function as result */
    lodge_ref exception; /* of the tag */
    uint32_t types[3];   /* a struct, an array of tokens, one of numbers */
    lodge_ref array;     /* of 8 numbers */
    lodge_store asking;  /* where a request is open, for lodge_resume */
    lodge_memory common; /* another one, of the store */
    lodge_extern item, shared_item;
    uint64_t func_slot[2], token_slot[2], slots[20];
    uint64_t frame[FRAME_WORDS], store_frame[FRAME_WORDS];
    uint64_t out[MAX_WORDS][8];
    char buf[BUFFER];
    char text[MAX_WORDS][64];
    char path[64]; /* of a file that was made, or "" */
    lodge_error err;
    const char *func_name;
    void (*inside)(struct world *, struct good_call *); /* in the host call */
    int closed; /* its store was closed there: the call may be cancelled */
    struct good_call *call;
};

static struct world world;
/* How often something was not as promised; all are told, then one assert. */
static int complaints;

static inline void complain(const struct good_call *call, const char *what,
                            long long found)
{
    fprintf(stderr, "%s(%s): %s: %lld \"%s\"\n", call->fn->name, call->args,
            what, found, world.err.message);
    complaints++;
}

/* ---- the table -------------------------------------------------------- */

static struct {
    const char *name, *args;
} good_calls[] = {
#define GOOD(name, args) {#name, args},
#include "good_calls.h"
#undef GOOD
};

enum { GOOD_CALLS = sizeof good_calls / sizeof *good_calls };

static inline int32_t host_direct(uint64_t token, lodge_caller caller,
                                  uint64_t *slots)
{
    (void)token, (void)slots;
    if (!world.inside)
        return LODGE_OK;
    world.id[LODGE_KIND_CALLER] = caller.id;
    world.inside(&world, world.call);
    return LODGE_OK;
}

static inline int32_t host_frame(uint32_t token, uint32_t tag)
{
    (void)token, (void)tag;
    return LODGE_OK;
}

/* ---- making a world --------------------------------------------------- */

/* Exports with a 1 are known by id from the start, the others are new to
 * whoever asks for them.
 */
static const char world_text[] =
    "(module $world (import \"h\" \"host\" (func $host (param i32)"
    "  (result i32)))"
    " (func (export \"func1\") (param i32) (result i32) (local.get 0))"
    " (func (export \"go\") (param i32) (result i32)"
    "  (call $host (local.get 0)))"
    " (func (export \"wide\") (param i64 i64 i64 i64 i64 i64 i64 i64 i64 i64"
    "  i64 i64 i64 i64 i64 i64 i64 i64 i64 i64) (result funcref)"
    "  (ref.func $new))"
    " (func $trap (export \"trap\") unreachable)"
    " (func $new (export \"new\"))"
    " (type $s (struct (field (mut i32))))"
    " (type $t (struct (field (mut externref))))"
    " (type $e (array (mut externref)))"
    " (type $n (array (mut i32)))"
    " (func (export \"struct\") (result structref)"
    "  (struct.new_default $s))"
    " (memory (export \"memory1\") 1 4)"
    " (memory (export \"memory\") 1 4)"
    " (table (export \"table1\") 2 8 funcref)"
    " (table (export \"table\") 2 8 funcref)"
    " (elem (table 0) (i32.const 0) func $new)"
    " (global (export \"global1\") (mut funcref) (ref.func $new))"
    " (global (export \"global\") (mut i32) (i32.const 0))"
    " (tag (export \"tag1\") (param i32))"
    " (tag (export \"tag\"))"
    " (@custom \"note\" \"data\")"
    " (@producers (language \"C11\" \"\")))";

/* A linker with what the guest imports, and the host module behind it. */
static inline void world_linker(struct world *w, lodge_engine engine)
{
    lodge_linker linker = new_linker(engine);
    lodge_host host;
    uint32_t index;

    OK(lodge_linker_func(linker, TEXT("h"), TEXT("host"), TEXT("i32 -> i32"),
                         host_direct, 0, ERR));
    OK(lodge_host_new(engine, TEXT("other"), &host, ERR));
    OK(lodge_host_func(host, TEXT("i32 -> i32"), LODGE_HOST_DIRECT, 0, &index,
                       ERR));
    OK(lodge_host_direct(host, index, host_direct, ERR));
    OK(lodge_host_export(host, index, TEXT("f"), ERR));
    OK(lodge_host_memory(host, TEXT("1 2"), &index, ERR));
    OK(lodge_host_export(host, index, TEXT("memory"), ERR));
    w->id[LODGE_KIND_LINKER] = linker.id;
    w->id[LODGE_KIND_HOST] = host.id;
}

static inline void world_hosted(struct world *w, lodge_engine engine)
{
    lodge_host host;
    uint32_t index;

    w->hosted = new_linker(engine);
    OK(lodge_host_new(engine, TEXT("more"), &host, ERR));
    OK(lodge_host_memory(host, TEXT("1 2"), &index, ERR));
    OK(lodge_host_export(host, index, TEXT("memory"), ERR));
    OK(lodge_linker_add_host(w->hosted, host, ERR));
    w->wants =
        new_module(engine, "(module (import \"more\" \"memory\" (memory 1)))");
    w->needy =
        new_module(engine, "(module (import \"more\" \"memory\" (memory 1))"
                           " (import \"x\" \"y\" (func)))");
}

static inline void world_wasi(struct world *w, lodge_store store)
{
    lodge_wasi wasi;

    OK(lodge_wasi_new(&wasi, ERR));
    OK(lodge_wasi_stream(wasi, 0, LODGE_WASI_RING, NULL, 64, ERR));
    OK(lodge_wasi_stream(wasi, 1, LODGE_WASI_RING, NULL, 64, ERR));
    OK(lodge_store_wasi(store, wasi, ERR));
    w->id[LODGE_KIND_WASI] = wasi.id;
}

static inline void world_children(struct world *w, lodge_instance instance)
{
    lodge_error err = LODGE_ERROR_INIT;
    uint64_t address, len;
    lodge_extern item;
    lodge_lease lease;
    char name[16];
    uint32_t kind;

    w->id[LODGE_KIND_INSTANCE] = instance.id;
    w->wide = func_of(instance, "wide");
    for (kind = LODGE_KIND_FUNC; kind <= LODGE_KIND_TAG; kind++) {
        snprintf(name, sizeof name, "%s1", kind_names[kind]);
        OK(lodge_instance_export(instance, TEXT(name), &item, ERR));
        assert_int_equal(item.kind, kind);
        w->id[kind] = item.id;
    }
    OK(lodge_func_call(func_of(instance, "struct"), &w->id[LODGE_KIND_REF], 1,
                       ERR));
    OK(lodge_exception_new((lodge_tag){w->id[LODGE_KIND_TAG]}, w->slots, 1,
                           &w->exception, ERR));
    OK(lodge_ref_array((lodge_store){w->id[LODGE_KIND_STORE]}, w->types[2], 8,
                       NULL, 0, &w->array, ERR));
    w->item = (lodge_extern){LODGE_KIND_MEMORY, 0, w->id[LODGE_KIND_MEMORY]};
    w->func_slot[0] = w->id[LODGE_KIND_FUNC];
    OK(lodge_memory_lease((lodge_memory){w->id[LODGE_KIND_MEMORY]}, &address,
                          &len, &lease, ERR));
    w->id[LODGE_KIND_LEASE] = lease.id;
    err.flags = LODGE_ERROR_CORE_DUMP;
    assert_int_equal(lodge_func_call(func_of(instance, "trap"), NULL, 0, &err),
                     LODGE_E_TRAP);
    w->id[LODGE_KIND_REPORT] = err.report;
}

/* A shared memory as an item, and another one of the store. */
static inline void world_common(struct world *w, lodge_shared_memory shared,
                                lodge_store store)
{
    w->shared_item = (lodge_extern){LODGE_KIND_SHARED_MEMORY, 0, shared.id};
    OK(lodge_memory_new(store, TEXT("1 4 shared"), &w->common, ERR));
}

/* Where there are no shared memories, another call stands in for those that
 * need one.
 */
static inline void world_unshared(void)
{
    uint32_t row;

    for (row = 0; row < GOOD_CALLS; row++)
        if (strstr(good_calls[row].name, "shared") ||
            strstr(good_calls[row].args, "shared") ||
            strstr(good_calls[row].args, "common"))
            good_calls[row] = good_calls[0];
}

/* The same for profiles, where nothing is interrupted. */
static inline void world_unprofiled(void)
{
    uint32_t row;

    for (row = 0; row < GOOD_CALLS; row++)
        if (strstr(good_calls[row].name, "profile"))
            good_calls[row] = good_calls[0];
}

static inline void world_open(struct world *w)
{
    lodge_engine engine = new_engine_with(
        preset_shares() ? "wasm-threads=on,shared-memory=on,core-dump=on"
                        : "core-dump=on");
    lodge_module module = new_module(engine, world_text);
    lodge_store store = new_store(engine);
    lodge_instance instance;
    lodge_prepared prepared;
    lodge_shared_memory shared = {0};
    lodge_config config;
    lodge_budget budget;

    memset(w, 0, sizeof *w);
    OK(lodge_engine_dup(engine, &w->keeper, ERR));
    OK(lodge_config_new(LODGE_PRESET_DEFAULT, &config, ERR));
    OK(lodge_budget_new(&budget, ERR));
    if (preset_shares())
        OK(lodge_shared_memory_new(engine, TEXT("1 4"), &shared, ERR));
    world_linker(w, engine);
    world_hosted(w, engine);
    world_wasi(w, store);
    OK(lodge_linker_prepare((lodge_linker){w->id[LODGE_KIND_LINKER]}, module,
                            &prepared, ERR));
    OK(lodge_prepared_instance(prepared, store, &instance, ERR));
    w->id[LODGE_KIND_CONFIG] = config.id;
    w->id[LODGE_KIND_BUDGET] = budget.id;
    w->id[LODGE_KIND_SHARED_MEMORY] = shared.id;
    if (preset_shares())
        world_common(w, shared, store);
    else
        world_unshared();
    if (test_preset() == LODGE_PRESET_DETERMINISTIC)
        world_unprofiled();
    w->id[LODGE_KIND_ENGINE] = engine.id;
    w->id[LODGE_KIND_MODULE] = module.id;
    w->id[LODGE_KIND_PREPARED] = prepared.id;
    w->id[LODGE_KIND_STORE] = store.id;
    OK(lodge_module_type_find(module, TEXT("t"), &w->types[0], ERR));
    OK(lodge_module_type_find(module, TEXT("e"), &w->types[1], ERR));
    OK(lodge_module_type_find(module, TEXT("n"), &w->types[2], ERR));
    world_children(w, instance);
}

/* Ends everything, what a good call has made included. */
static inline void world_close(struct world *w)
{
    uint32_t kinds[8], n, i;
    uint64_t tokens[8];

    if (*w->path)
        unlink(w->path);
    for (i = 0; i < MAX_WORDS; i++)
        lodge_release((void *)(uintptr_t)w->out[i][0]);
    lodge_engine_shutdown(w->keeper);
    lodge_config_close((lodge_config){w->id[LODGE_KIND_CONFIG]});
    lodge_budget_close((lodge_budget){w->id[LODGE_KIND_BUDGET]});
    lodge_wasi_close((lodge_wasi){w->id[LODGE_KIND_WASI]});
    lodge_report_close((lodge_report){w->id[LODGE_KIND_REPORT]});
    lodge_lease_close((lodge_lease){w->id[LODGE_KIND_LEASE]});
    lodge_shared_memory_close(
        (lodge_shared_memory){w->id[LODGE_KIND_SHARED_MEMORY]});
    do
        OK(lodge_reap(0, kinds, tokens, 8, &n));
    while (n);
}

/* ---- arguments -------------------------------------------------------- */

static inline void add_word(struct good_call *call, uint8_t is, uint64_t word)
{
    call->count++;
    assert_true(call->count < MAX_WORDS);
    call->is[call->count] = is;
    call->word[call->count] = word;
}

#define AT(ptr) ((uint64_t)(uintptr_t)(ptr))

/* A request of a guest in a store of its own: its frame can be answered. */
static inline void open_request(struct world *w)
{
    const lodge_engine engine = {w->id[LODGE_KIND_ENGINE]};
    lodge_linker linker = new_linker(engine);
    lodge_module module = new_module(
        engine, "(module (import \"h\" \"f\" (func $f (result i32)))"
                " (func $new (export \"new\"))"
                " (func (export \"go\") (result funcref)"
                "  (drop (call $f)) (ref.func $new)))");
    lodge_instance instance;
    lodge_host host;
    uint32_t index;

    OK(lodge_host_new(engine, TEXT("h"), &host, ERR));
    OK(lodge_host_func(host, TEXT("-> i32"), LODGE_HOST_SUSPEND, 0, &index,
                       ERR));
    OK(lodge_host_export(host, index, TEXT("f"), ERR));
    OK(lodge_linker_add_host(linker, host, ERR));
    w->asking = new_store(engine);
    OK(lodge_instance_new(linker, w->asking, module, &instance, ERR));
    w->frame[LODGE_FRAME_FUNC] = func_of(instance, "go").id;
    assert_int_equal(lodge_call(w->frame), LODGE_REQUEST);
}

enum { SEALED_ROOM = 1 << 18 };

/* Compiled code, and where there is room for some; 0 if it is no such word.
 */
static inline int sealed_word(struct world *w, struct good_call *call,
                              const char *word)
{
    static const uint8_t key[] = "sixteen bytes are";
    static uint8_t room[SEALED_ROOM];
    const lodge_module module = {w->id[LODGE_KIND_MODULE]};
    uint64_t len = sizeof room;

    if (strcmp(word, "sealed-path") == 0) {
        snprintf(w->path, sizeof w->path, "/tmp/lodge-world-%ld.sealed",
                 (long)getpid());
        OK(lodge_module_save_file(module, TEXT(w->path), key, 17, ERR));
        add_word(call, WORD_PLAIN, AT(w->path));
        add_word(call, WORD_PLAIN, strlen(w->path));
        return 1;
    }
    if (strcmp(word, "sealed") == 0)
        OK(lodge_module_save(module, key, 17, room, sizeof room, &len, ERR));
    else if (strcmp(word, "sealed-room") != 0)
        return 0;
    add_word(call, WORD_PLAIN, AT(room));
    add_word(call, WORD_PLAIN, len);
    return 1;
}

/* Words of the guest's types; 0 if it is none of them. */
static inline int type_word(struct world *w, struct good_call *call,
                            const char *word)
{
    w->token_slot[0] = 5;
    if (strcmp(word, "struct-type") == 0)
        add_word(call, WORD_PLAIN, w->types[0]);
    else if (strcmp(word, "tokens-type") == 0)
        add_word(call, WORD_PLAIN, w->types[1]);
    else if (strcmp(word, "numbers-type") == 0)
        add_word(call, WORD_PLAIN, w->types[2]);
    else if (strcmp(word, "array") == 0)
        add_word(call, LODGE_KIND_REF, w->array.id);
    else if (strcmp(word, "token-slot") == 0)
        add_word(call, WORD_PLAIN, AT(w->token_slot));
    else
        return 0;
    return 1;
}

/* Words that are neither handles nor numbers; 0 if it is none of them. */
static inline int special_word(struct world *w, struct good_call *call,
                               const char *word)
{
    static const uint8_t module[] = {0, 'a', 's', 'm', 1, 0, 0, 0};
    static uint8_t binary[BUFFER]; /* a text may be written there, too */
    static char json[16384];       /* room for a profile */
    uint64_t *frame = w->frame;

    memset(frame, 0, sizeof w->frame);
    frame[LODGE_FRAME_CAPACITY] = 8;
    if (strcmp(word, "direct") == 0) {
        add_word(call, WORD_PLAIN, AT(host_direct));
    } else if (strcmp(word, "frame-fn") == 0) {
        add_word(call, WORD_PLAIN, AT(host_frame));
    } else if (strcmp(word, "item") == 0) {
        add_word(call, WORD_PLAIN, AT(&w->item));
    } else if (strcmp(word, "shared-item") == 0) {
        add_word(call, WORD_PLAIN, AT(&w->shared_item));
    } else if (strcmp(word, "common") == 0) {
        add_word(call, LODGE_KIND_MEMORY, w->common.id);
    } else if (strcmp(word, "wide") == 0) {
        add_word(call, LODGE_KIND_FUNC, w->wide.id);
    } else if (strcmp(word, "exception") == 0) {
        add_word(call, LODGE_KIND_REF, w->exception.id);
    } else if (strcmp(word, "slots") == 0) {
        add_word(call, WORD_PLAIN, AT(w->slots));
    } else if (strcmp(word, "needy") == 0) {
        add_word(call, LODGE_KIND_MODULE, w->needy.id);
    } else if (strcmp(word, "wants") == 0) {
        add_word(call, LODGE_KIND_MODULE, w->wants.id);
    } else if (strcmp(word, "hosted") == 0) {
        add_word(call, LODGE_KIND_LINKER, w->hosted.id);
    } else if (strcmp(word, "func-slot") == 0) {
        add_word(call, WORD_PLAIN, AT(w->func_slot));
    } else if (strcmp(word, "frame") == 0) {
        add_word(call, WORD_PLAIN, AT(w->store_frame));
    } else if (strcmp(word, "binary") == 0) {
        memcpy(binary, module, sizeof module);
        add_word(call, WORD_PLAIN, AT(binary));
        add_word(call, WORD_PLAIN, sizeof module);
    } else if (strcmp(word, "profiled") == 0) {
        const lodge_store store = {w->id[LODGE_KIND_STORE]};

        lodge_profile_start(store, NULL, 0, 0, NULL); /* or it is already */
        add_word(call, LODGE_KIND_STORE, store.id);
    } else if (strcmp(word, "json-room") == 0) {
        add_word(call, WORD_PLAIN, AT(json));
        add_word(call, WORD_PLAIN, sizeof json);
    } else if (strcmp(word, "held") == 0) {
        add_word(call, LODGE_KIND_STORE, w->id[LODGE_KIND_STORE]);
    } else if (strcmp(word, "call-frame") == 0) {
        frame[LODGE_FRAME_FUNC] = w->id[LODGE_KIND_FUNC];
        add_word(call, WORD_PLAIN, AT(frame));
    } else if (strcmp(word, "wide-frame") == 0) {
        frame[LODGE_FRAME_FUNC] = w->wide.id;
        frame[LODGE_FRAME_CAPACITY] = 20;
        add_word(call, WORD_PLAIN, AT(frame));
    } else if (strcmp(word, "instantiate-frame") == 0) {
        frame[LODGE_FRAME_FUNC] = w->id[LODGE_KIND_PREPARED];
        frame[LODGE_FRAME_SLOTS] = w->id[LODGE_KIND_STORE];
        add_word(call, WORD_PLAIN, AT(frame));
    } else if (strcmp(word, "resume-frame") == 0) {
        open_request(w);
        add_word(call, WORD_PLAIN, AT(frame));
    } else {
        return sealed_word(w, call, word);
    }
    return 1;
}

static inline int room_word(struct world *w, struct good_call *call,
                            const char *word)
{
    if (strcmp(word, "err") == 0) {
        add_word(call, WORD_PLAIN, AT(&w->err));
    } else if (strcmp(word, "out") == 0) {
        add_word(call, WORD_OUT, AT(w->out[call->count + 1]));
    } else if (strcmp(word, "count") == 0) { /* told with BUFFER too */
        add_word(call, WORD_PLAIN, AT(w->out[call->count + 1]));
    } else if (strcmp(word, "len") == 0) {
        add_word(call, WORD_LEN, AT(w->out[call->count + 1]));
    } else if (strcmp(word, "buf") == 0) {
        add_word(call, WORD_BUF, AT(w->buf));
        add_word(call, WORD_CAP, BUFFER);
    } else if (strcmp(word, "space") == 0) {
        add_word(call, WORD_PLAIN, AT(w->buf));
        add_word(call, WORD_PLAIN, BUFFER);
    } else {
        return 0;
    }
    return 1;
}

static inline void handle_word(struct world *w, struct good_call *call,
                               const char *word)
{
    const size_t len = strcspn(word, "?");
    uint8_t kind = 1;

    while (kind < KINDS &&
           !(kind_names[kind] && strncmp(kind_names[kind], word, len) == 0 &&
             kind_names[kind][len] == '\0'))
        kind++;
    if (kind == KINDS)
        fail_msg("good_calls.h: %s: what is \"%s\"?", call->fn->name, word);
    add_word(call, kind, w->id[kind]);
    call->nullable[call->count] = word[len] == '?';
}

static inline void text_word(struct world *w, struct good_call *call,
                             const char *text, size_t len)
{
    char *copy = w->text[call->count];

    assert_true(len < sizeof w->text[0]);
    memcpy(copy, text, len);
    add_word(call, WORD_PLAIN, AT(copy));
    add_word(call, WORD_PLAIN, len);
}

/* The arguments of a row, in this world. */
static inline void read_args(struct world *w, struct good_call *call)
{
    const char *at = call->args;
    char word[32];
    size_t len;

    call->count = 0;
    memset(call->nullable, 0, sizeof call->nullable);
    for (; *at; at += *at == ' ') {
        if (*at == '\'') {
            len = strcspn(at + 1, "'");
            text_word(w, call, at + 1, len);
            at += len + 2;
            continue;
        }
        len = strcspn(at, " ");
        assert_true(len < sizeof word);
        memcpy(word, at, len);
        word[len] = '\0';
        at += len;
        if (strspn(word, "-0123456789") == len)
            add_word(call, WORD_PLAIN, (uint64_t)strtoll(word, NULL, 10));
        else if (!room_word(w, call, word) && !type_word(w, call, word) &&
                 !special_word(w, call, word))
            handle_word(w, call, word);
    }
}

/* Calls with these arguments; outputs hold 0xA5 before. */
static inline lodge_status try_call(struct world *w,
                                    const struct good_call *call)
{
    uint64_t frame[MAX_WORDS];

    memcpy(frame, call->word, sizeof frame);
    frame[0] = call->fn->op;
    memset(w->out, 0xA5, sizeof w->out);
    memset(w->buf, 0xA5, sizeof w->buf);
    lodge_error_init(&w->err, sizeof w->err);
    return lodge_do(frame);
}

/* Whether the outputs are as try_call left them before the call. */
static inline int untouched(const struct world *w,
                            const struct good_call *call)
{
    const unsigned char *at = (const unsigned char *)w->out;
    uint32_t i;
    size_t k;

    for (k = 0; k < sizeof w->buf; k++)
        if ((unsigned char)w->buf[k] != 0xA5)
            return 0;
    for (i = 1; i <= call->count; i++) {
        if (call->is[i] != WORD_OUT)
            continue;
        at = (const unsigned char *)w->out[i];
        for (k = 0; k < sizeof w->out[i]; k++)
            if (at[k] != 0xA5)
                return 0;
    }
    return 1;
}

/* The call must fail with this status and change no output. */
static inline void refuses(struct world *w, const struct good_call *call,
                           lodge_status status, const char *why)
{
    lodge_status st = try_call(w, call);

    if (st != status)
        complain(call, why, st);
    else if (!untouched(w, call))
        complain(call, "an output was changed", st);
    else if (w->err.status != st && strstr(call->args, "err"))
        complain(call, "the error record has another status", w->err.status);
}

/* A handle of a store, or of something in it. */
static inline int in_store(uint8_t kind)
{
    return kind == LODGE_KIND_STORE ||
           (kind >= LODGE_KIND_INSTANCE && kind < KINDS);
}

/* Whether the call works in a store. */
static inline int uses_store(const struct good_call *call)
{
    uint32_t at;

    for (at = 1; at <= call->count; at++)
        if (in_store(call->is[at]))
            return 1;
    return strstr(call->args, "-frame") != NULL ||
           (strstr(call->args, "item") != NULL &&
            strstr(call->args, "shared-item") == NULL);
}

/* ---- all functions ---------------------------------------------------- */

static inline int is_good(const struct good_call *call, lodge_status st)
{
    if (strcmp(call->fn->name, "lodge_caller_fail") == 0)
        return st == LODGE_E_HOST;
    if (strcmp(call->fn->name, "lodge_caller_exit") == 0)
        return st == LODGE_E_EXIT;
    if (strcmp(call->fn->name, "lodge_caller_throw") == 0)
        return st == LODGE_E_EXCEPTION;
    return st == LODGE_OK;
}

/* Runs `body` with one row of the table: inside a host call, if the function
 * is for there.
 */
static inline void with_call(void (*body)(struct world *, struct good_call *),
                             size_t row)
{
    static struct good_call call;
    uint64_t slot = 0;
    lodge_status st;

    call.args = good_calls[row].args;
    call.fn = seen_function_named(good_calls[row].name);
    if (!call.fn)
        fail_msg("lodge.h has no %s any more", good_calls[row].name);
    if (strncmp(call.args, "caller", 6) != 0) {
        body(&world, &call);
        return;
    }
    world.inside = body;
    world.call = &call;
    st = lodge_func_call(
        func_of((lodge_instance){world.id[LODGE_KIND_INSTANCE]}, "go"), &slot,
        1, ERR);
    if (!world.closed || st != LODGE_E_CANCELLED)
        check_status(st, LODGE_OK, call.fn->name, __FILE__, __LINE__);
    world.inside = NULL;
    world.id[LODGE_KIND_CALLER] = 0;
}

/* The same inside a start function, whose instance nobody has asked for. */
static inline void in_start(void (*body)(struct world *, struct good_call *),
                            const char *name)
{
    static struct good_call call;
    const lodge_engine engine = {world.id[LODGE_KIND_ENGINE]};
    lodge_module module = new_module(
        engine, "(module (import \"h\" \"host\" (func (param i32)"
                " (result i32))) (func $s (drop (call 0 (i32.const 1))))"
                " (start $s))");
    lodge_instance instance;

    call.fn = seen_function_named(name);
    call.args = "caller out";
    world.inside = body;
    world.call = &call;
    OK(lodge_instance_new((lodge_linker){world.id[LODGE_KIND_LINKER]},
                          (lodge_store){world.id[LODGE_KIND_STORE]}, module,
                          &instance, ERR));
    world.inside = NULL;
    world.id[LODGE_KIND_CALLER] = 0;
}

/* All rows in one world, which `body` must leave as it was. */
static inline void for_all_in_one_world(void (*body)(struct world *,
                                                     struct good_call *))
{
    size_t row;

    complaints = 0;
    world_open(&world);
    for (row = 0; row < GOOD_CALLS; row++)
        with_call(body, row);
    world_close(&world);
    assert_int_equal(complaints, 0);
}

/* One row in a world of its own, which ends with it. */
static inline void in_a_world(void (*body)(struct world *, struct good_call *),
                              size_t row)
{
    world_open(&world);
    with_call(body, row);
    world_close(&world);
    if (nothing_lives(NULL) != 0)
        fail_msg("%s left something", good_calls[row].name);
}

static inline void for_all(void (*body)(struct world *, struct good_call *))
{
    size_t row;

    complaints = 0;
    for (row = 0; row < GOOD_CALLS; row++)
        in_a_world(body, row);
    assert_int_equal(complaints, 0);
}

#endif

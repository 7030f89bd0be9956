/* handles.c - who owns what, what ends when, and what a mistake gets.
 *
 * Nothing here crashes: each wrong use is a status with a message.
 */
#include <lodge.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define TEXT(s) s, strlen(s)

static const char guest_text[] =
    "(module\n"
    "  (import \"host\" \"visit\" (func $visit))\n"
    "  (memory (export \"memory\") 1)\n"
    "  (func (export \"run\") (call $visit)))\n";

static lodge_error err = LODGE_ERROR_INIT;
static int surprises;

static void must(lodge_status st)
{
    if (st == LODGE_OK)
        return;
    fprintf(stderr, "handles: %s\n", err.message);
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
    printf("   %-28s%-12s%s\n", what, name, st < 0 ? err.message : "");
    surprises += st != expected;
}

/* ---- the wrong handle ------------------------------------------------- */

static void wrong_handles(lodge_engine engine)
{
    lodge_module module = {0};
    lodge_linker linker;
    uint32_t count;

    printf("\nA handle is checked before anything is looked at\n");
    must(lodge_linker_new(engine, &linker, &err));
    tried("none", lodge_module_import_count(module, &count, &err),
          LODGE_E_HANDLE);
    module.id = 12345678;
    tried("an invented number",
          lodge_module_import_count(module, &count, &err), LODGE_E_HANDLE);
    module.id = linker.id;
    tried("another kind", lodge_module_import_count(module, &count, &err),
          LODGE_E_HANDLE);
    lodge_linker_close(linker);
    tried("closed", lodge_linker_add_wasi(linker, &err), LODGE_E_HANDLE);
    tried("closed twice", lodge_linker_close(linker), LODGE_OK);
}

/* ---- who owns what ---------------------------------------------------- */

/* An engine takes its config, if it accepts it. */
static void taken_config(void)
{
    lodge_config config;
    lodge_engine engine;

    printf("\nA config is taken by the engine that accepts it\n");
    must(lodge_config_new(LODGE_PRESET_SMALL, &config, &err));
    must(lodge_config_set(config, LODGE_CONFIG_SIMD, 0, &err));
    tried("contradicts itself", lodge_engine_new(config, &engine, &err),
          LODGE_E_CONFIG);
    must(lodge_config_set(config, LODGE_CONFIG_RELAXED_SIMD, 0, &err));
    tried("mended", lodge_engine_new(config, &engine, &err), LODGE_OK);
    tried("used once more",
          lodge_config_set(config, LODGE_CONFIG_FUEL, 1, &err),
          LODGE_E_HANDLE);
    lodge_engine_close(engine);
}

static lodge_instance open_guest(lodge_engine engine, lodge_store store,
                                 lodge_direct_fn visit, uint64_t token)
{
    lodge_module module;
    lodge_linker linker;
    lodge_instance guest;

    must(lodge_module_open(engine, (const uint8_t *)TEXT(guest_text), &module,
                           &err));
    must(lodge_linker_new(engine, &linker, &err));
    must(lodge_linker_func(linker, TEXT("host"), TEXT("visit"), TEXT(""),
                           visit, token, &err));
    must(lodge_instance_new(linker, store, module, &guest, &err));
    /* The instance keeps what it needs of them. */
    lodge_linker_close(linker);
    lodge_module_close(module);
    return guest;
}

static int32_t do_nothing(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    (void)token, (void)caller, (void)slots;
    return 0;
}

/* What lies in a store ends with it; nothing of it is closed by itself. */
static void children(lodge_engine engine)
{
    lodge_store store;
    lodge_instance guest;
    lodge_memory memory, same;
    uint64_t bytes;

    printf("\nInstances, functions and memories live in a store\n");
    must(lodge_store_new(engine, &store, &err));
    guest = open_guest(engine, store, do_nothing, 0);
    must(lodge_instance_memory(guest, TEXT("memory"), &memory, &err));
    must(lodge_instance_memory(guest, TEXT("memory"), &same, &err));
    surprises += memory.id != same.id; /* asked again: the same handle */
    tried("while it is open", lodge_memory_size(memory, &bytes, &err),
          LODGE_OK);
    lodge_store_close(store);
    tried("when it is closed", lodge_memory_size(memory, &bytes, &err),
          LODGE_E_HANDLE);
}

/* An object in use ends when its last user leaves. */
static int32_t close_my_store(uint64_t token, lodge_caller caller,
                              uint64_t *slots)
{
    lodge_store store;

    (void)token, (void)slots;
    if (lodge_caller_store(caller, &store) != LODGE_OK)
        return lodge_caller_fail(caller, 0, NULL, 0);
    tried("close inside a call", lodge_store_close(store), LODGE_OK);
    return 0;
}

static void close_in_use(lodge_engine engine)
{
    lodge_store own = {0};
    lodge_instance guest = open_guest(engine, own, close_my_store, 0);
    lodge_func run;

    printf("\nA store that is closed while it runs ends after that\n");
    must(lodge_instance_func(guest, TEXT("run"), &run, &err));
    tried("the call", lodge_func_call(run, NULL, 0, &err), LODGE_OK);
    tried("the next call", lodge_func_call(run, NULL, 0, &err),
          LODGE_E_HANDLE);
}

/* ---- threads ---------------------------------------------------------- */

/* A record of its own for each thread. */
static void *ask_for_peak(void *store)
{
    static lodge_error mine = LODGE_ERROR_INIT;
    uint64_t bytes;

    mine.status = lodge_store_get(*(lodge_store *)store,
                                  LODGE_STORE_MEMORY_PEAK, &bytes, &mine);
    return &mine;
}

static void on_other_thread(const char *what, lodge_store store,
                            lodge_status expected)
{
    pthread_t thread;
    void *record;

    if (pthread_create(&thread, NULL, ask_for_peak, &store) != 0)
        exit(1);
    pthread_join(thread, &record);
    err = *(lodge_error *)record;
    tried(what, err.status, expected);
}

static int32_t meanwhile(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    lodge_store store;

    (void)token, (void)slots;
    if (lodge_caller_store(caller, &store) != LODGE_OK)
        return lodge_caller_fail(caller, 0, NULL, 0);
    on_other_thread("while a call runs", store, LODGE_E_BUSY);
    return 0;
}

static void threads(lodge_engine engine)
{
    lodge_store store;
    lodge_instance guest;
    lodge_func run;

    printf("\nOne thread at a time is in a store, any thread may be next\n");
    must(lodge_store_new(engine, &store, &err));
    guest = open_guest(engine, store, meanwhile, 0);
    must(lodge_instance_func(guest, TEXT("run"), &run, &err));
    must(lodge_func_call(run, NULL, 0, &err));
    on_other_thread("afterwards", store, LODGE_OK);
    must(lodge_store_hold(store, &err)); /* for a loop of many calls */
    on_other_thread("while this thread holds it", store, LODGE_E_BUSY);
    must(lodge_store_unhold(store, &err));
    lodge_store_close(store);
}

/* ---- finalizers and tokens -------------------------------------------- */

/* What the collector of a language does, at any time, on any thread. */
static void *finalizer(void *token)
{
    lodge_release(token);
    return NULL;
}

static void finalizers(lodge_engine engine)
{
    lodge_store own = {0};
    lodge_instance guest = open_guest(engine, own, do_nothing, 99);
    uint32_t kind, count;
    uint64_t token;
    pthread_t thread;
    lodge_func run;

    printf("\nA finalizer only marks; the host's token comes out later\n");
    must(lodge_instance_func(guest, TEXT("run"), &run, &err));
    must(lodge_reap(0, &kind, &token, 1, &count));
    surprises += count != 0; /* the function can still be called */
    if (pthread_create(&thread, NULL, finalizer,
                       (void *)(uintptr_t)guest.id) != 0)
        exit(1);
    pthread_join(thread, NULL);
    tried("released", lodge_func_call(run, NULL, 0, &err), LODGE_E_HANDLE);
    must(lodge_reap(0, &kind, &token, 1, &count));
    printf("   %-28s%u\n", "token", (unsigned)token);
    surprises += count != 1 || kind != LODGE_KIND_HOST || token != 99;
}

/* ---- fork ------------------------------------------------------------- */

static void in_the_child(lodge_engine engine)
{
    lodge_config none = {0};
    lodge_engine fresh;
    lodge_module module;

    tried("the parent's engine",
          lodge_module_open(engine, (const uint8_t *)TEXT(guest_text), &module,
                            &err),
          LODGE_E_STATE);
    must(lodge_engine_new(none, &fresh, &err));
    tried("an engine of its own",
          lodge_module_open(fresh, (const uint8_t *)TEXT(guest_text), &module,
                            &err),
          LODGE_OK);
    fflush(stdout);
    _exit(surprises);
}

static void after_fork(lodge_engine engine)
{
    int status = 1;
    pid_t child;

    printf("\nA forked child makes its own\n");
    fflush(stdout);
    child = fork();
    if (child == 0)
        in_the_child(engine);
    if (child < 0 || waitpid(child, &status, 0) < 0 || status != 0)
        surprises++;
}

int main(void)
{
    lodge_config none = {0};
    lodge_engine engine;
    uint64_t live;

    must(lodge_engine_new(none, &engine, &err));
    wrong_handles(engine);
    taken_config();
    children(engine);
    close_in_use(engine);
    threads(engine);
    finalizers(engine);
    after_fork(engine);
    lodge_engine_close(engine);
    must(lodge_stat(LODGE_STAT_LIVE, &live));
    printf("\nlive handles: %u\n", (unsigned)live);
    return surprises != 0 || live != 0;
}

/* test_misuse_engine.c - mistakes around engines, compiled code and the
 * process (docs/misuse.md, groups A to F and N) that no other test shows.
 * What changes the process happens in a child.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lodge_test.h"

/* In a child, where a failed test could not be told: ends it. */
#define CHILD(yes)                                                            \
    do {                                                                      \
        if (!(yes)) {                                                         \
            fprintf(stderr, "%d: not %s: %s\n", __LINE__, #yes,               \
                    test_err.message);                                        \
            _exit(1);                                                         \
        }                                                                     \
    } while (0)

static void in_a_child(void (*body)(void))
{
    pid_t child;
    int how = -1;

    calm_before_fork();
    child = fork();
    if (child == 0) {
        alarm(60);
        body();
        _exit(0);
    }
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &how, 0), child);
    if (!WIFEXITED(how) || WEXITSTATUS(how) != 0)
        fail_msg("the child ended with status 0x%x", (unsigned)how);
}

/* ---- A: configurations --------------------------------------------------- */

#ifndef __SANITIZE_ADDRESS__
#ifndef __SANITIZE_THREAD__
#define OWN_ADDRESS_SPACE 1
#endif
#endif

/* A11: 8 GiB are too few for a thousand places of 4 GiB. */
__attribute__((unused)) static void makes_a_pool(void)
{
    const struct rlimit few = {(rlim_t)8 << 30, (rlim_t)8 << 30};
    lodge_config config;
    lodge_engine engine = {77};
    lodge_status st;

    CHILD(setrlimit(RLIMIT_AS, &few) == 0);
    CHILD(lodge_config_new(LODGE_PRESET_POOLING, &config, ERR) == LODGE_OK);
    st = lodge_engine_new(config, &engine, ERR);
    CHILD(st == LODGE_E_LIMIT);
    CHILD(engine.id == 77);
    CHILD(strstr(test_err.message, "pool") != NULL);
    CHILD(lodge_config_set(config, LODGE_CONFIG_ALLOCATOR, 0, ERR) ==
          LODGE_OK);
    CHILD(lodge_engine_new(config, &engine, ERR) == LODGE_OK);
}

static void a_pool_without_address_space_is_a_status(void **state)
{
    (void)state;
#ifdef OWN_ADDRESS_SPACE
    in_a_child(makes_a_pool);
#else
    skip(); /* sanitizers have taken more than that themselves */
#endif
}

static void a_target_that_does_not_exist_is_a_status(void **state)
{
    static const char *const none[] = {"no-such-cpu", "pulley65",
                                       "x86_64-unknown-linux-gnu-more-of-it"};
    lodge_engine engine = {77};
    lodge_config config;
    lodge_status st;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof none / sizeof *none; i++) {
        OK(lodge_config_new(LODGE_PRESET_DEFAULT, &config, ERR));
        st = lodge_config_set_text(config, LODGE_CONFIG_TARGET, TEXT(none[i]),
                                   ERR);
        if (st == LODGE_OK)
            FAILS(CONFIG, lodge_engine_new(config, &engine, ERR));
        else
            check_status(st, LODGE_E_ARGUMENT, none[i], __FILE__, __LINE__);
        assert_int_equal(engine.id, 77);
        assert_true(test_err.message[0] != '\0');
        lodge_config_close(config);
    }
}

/* ---- D: compiled code ---------------------------------------------------- */

static const char answers[] =
    "(module (func (export \"f\") (result i32) (i32.const 42))"
    " (func (export \"trap\") unreachable))";

static void answers_still(lodge_instance instance)
{
    uint64_t slot = 0;

    OK(lodge_func_call(func_of(instance, "f"), &slot, 1, ERR));
    assert_int_equal(slot, 42);
}

/* D4: what was loaded is a copy; what becomes of the file is of no matter. */
static void a_loaded_module_outlives_its_file(void **state)
{
    static const uint8_t key[32] = "thirty-two bytes that are a key";
    char path[] = "/tmp/lodge-misuse-XXXXXX";
    lodge_engine engine = new_engine();
    lodge_linker linker = new_linker(engine);
    lodge_module module = new_module(engine, answers), loaded;
    lodge_instance instance;
    int fd = mkstemp(path);

    (void)state;
    assert_true(fd >= 0);
    OK(lodge_module_save_file(module, TEXT(path), key, sizeof key, ERR));
    OK(lodge_module_load_file(engine, TEXT(path), key, sizeof key, &loaded,
                              ERR));
    assert_int_equal(truncate(path, 0), 0);
    OK(lodge_instance_new(linker, (lodge_store){0}, loaded, &instance, ERR));
    answers_still(instance);
    lodge_engine_shutdown(engine);
    close(fd);
    unlink(path);
}

/* D12: PR_SET_MDWE, since Linux 6.3. */
static void compiles_where_code_is_forbidden(void)
{
    static const int set_mdwe = 65, refuse_exec_gain = 1;
    lodge_module module = {77};
    lodge_engine engine;

    CHILD(lodge_engine_new((lodge_config){0}, &engine, ERR) == LODGE_OK);
    if (prctl(set_mdwe, refuse_exec_gain, 0, 0, 0) != 0)
        return; /* an older kernel: nothing is forbidden there */
    CHILD(lodge_module_open(engine, (const uint8_t *)answers, strlen(answers),
                            &module, ERR) == LODGE_E_COMPILE);
    CHILD(module.id == 77 && test_err.message[0] != '\0');
}

static void a_system_without_new_code_is_a_status(void **state)
{
    (void)state;
    in_a_child(compiles_where_code_is_forbidden);
}

/* ---- E: linkers ---------------------------------------------------------- */

static void imports_without_a_default_value_are_named(void **state)
{
    lodge_engine engine = new_engine();
    lodge_linker linker = new_linker(engine);
    lodge_module module = new_module(
        engine, "(module (import \"env\" \"odd\" (func (result (ref "
                "func)))))");
    lodge_instance instance = {77};

    (void)state;
    OK(lodge_linker_set(linker, LODGE_LINKER_UNKNOWN, LODGE_UNKNOWN_DEFAULT,
                        ERR));
    SAYS(LINK, "odd",
         lodge_instance_new(linker, (lodge_store){0}, module, &instance, ERR));
    assert_int_equal(instance.id, 77);
    lodge_engine_shutdown(engine);
}

static int32_t idle(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    (void)token, (void)caller, (void)slots;
    return 0;
}

/* E18: each definition has a token of its own, be they equal or not. */
static void a_token_given_twice_comes_out_twice(void **state)
{
    lodge_engine engine = new_engine();
    lodge_linker linker = new_linker(engine);
    uint32_t kinds[4], n;
    uint64_t tokens[4];

    (void)state;
    OK(lodge_linker_func(linker, TEXT("h"), TEXT("f"), TEXT(""), idle, 5,
                         ERR));
    OK(lodge_linker_func(linker, TEXT("h"), TEXT("g"), TEXT(""), idle, 5,
                         ERR));
    lodge_linker_close(linker);
    OK(lodge_reap(0, kinds, tokens, 4, &n));
    assert_int_equal(n, 2);
    assert_int_equal(tokens[0], 5);
    assert_int_equal(tokens[1], 5);
    lodge_engine_close(engine);
}

/* ---- N: the process ------------------------------------------------------ */

static void forget_handlers(void)
{
    static const int signals[] = {SIGSEGV, SIGILL, SIGFPE, SIGBUS};
    struct sigaction plain;
    size_t i;

    memset(&plain, 0, sizeof plain);
    plain.sa_handler = SIG_DFL;
    for (i = 0; i < sizeof signals / sizeof *signals; i++)
        CHILD(sigaction(signals[i], &plain, NULL) == 0);
}

/* N1, N5: another one's handlers may come over ours at any time. */
static void traps_without_handlers(void)
{
    static const char text[] =
        "(module (memory 1) (func (export \"far\")"
        "  (drop (i32.load (i32.const -8))))"
        " (func (export \"zero\") (param i32)"
        "  (drop (i32.div_u (i32.const 1) (local.get 0))))"
        " (func $deep (export \"deep\") (call $deep))"
        " (func (export \"no\") unreachable))";
    lodge_config config;
    lodge_engine engine;
    lodge_instance instance;
    uint64_t slot = 0;

    CHILD(lodge_config_new(LODGE_PRESET_NO_SIGNALS, &config, ERR) == LODGE_OK);
    CHILD(lodge_engine_new(config, &engine, ERR) == LODGE_OK);
    instance = new_instance(engine, text);
    forget_handlers();
    CHILD(lodge_func_call(func_of(instance, "far"), &slot, 1, ERR) ==
          LODGE_E_TRAP);
    CHILD(test_err.trap == LODGE_TRAP_MEMORY_OUT_OF_BOUNDS);
    CHILD(lodge_func_call(func_of(instance, "zero"), &slot, 1, ERR) ==
          LODGE_E_TRAP);
    CHILD(test_err.trap == LODGE_TRAP_DIVISION_BY_ZERO);
    CHILD(lodge_func_call(func_of(instance, "no"), &slot, 1, ERR) ==
          LODGE_E_TRAP);
    CHILD(lodge_func_call(func_of(instance, "deep"), &slot, 1, ERR) ==
          LODGE_E_STACK);
    lodge_engine_shutdown(engine);
}

static void without_signals_no_handler_is_needed(void **state)
{
    (void)state;
    in_a_child(traps_without_handlers);
}

/* N3: its handlers and threads could not go, so it does not: the loader is
 * told so.
 */
static void the_library_is_never_unloaded(void **state)
{
    struct link_map *map = NULL;
    const ElfW(Dyn) * entry;
    Dl_info info;
    void *lib;
    int stays = 0;

    (void)state;
    assert_true(dladdr(dlsym(RTLD_DEFAULT, "lodge_abi"), &info) != 0);
    lib = dlopen(info.dli_fname, RTLD_NOW | RTLD_NOLOAD);
    assert_non_null(lib);
    assert_int_equal(dlinfo(lib, RTLD_DI_LINKMAP, &map), 0);
    for (entry = map->l_ld; entry->d_tag != DT_NULL; entry++)
        if (entry->d_tag == DT_FLAGS_1)
            stays = (entry->d_un.d_val & DF_1_NODELETE) != 0;
    assert_true(stays);
    assert_int_equal(dlclose(lib), 0);
    lodge_engine_close(new_engine());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_pool_without_address_space_is_a_status),
        TEST(a_target_that_does_not_exist_is_a_status),
        TEST(a_loaded_module_outlives_its_file),
        TEST(a_system_without_new_code_is_a_status),
        TEST(imports_without_a_default_value_are_named),
        TEST(a_token_given_twice_comes_out_twice),
        TEST(without_signals_no_handler_is_needed),
        TEST(the_library_is_never_unloaded),
    };

    return RUN(tests);
}

/* test_wasi.c - promises of WASI: what a guest is told, and its end. */
#include <dirent.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guests/wasi_guest.h"

/* ---- arguments and environment ---------------------------------------- */

static void arguments_arrive_in_order(void **state)
{
    (void)state;
    OK(lodge_wasi_arg(wasi, TEXT("prog"), ERR));
    OK(lodge_wasi_arg(wasi, TEXT("--x=1 2"), ERR));
    OK(lodge_wasi_arg(wasi, TEXT(""), ERR));
    OK(lodge_wasi_arg(wasi, NULL, 0, ERR));
    OK(lodge_wasi_arg(wasi, TEXT("gr\xC3\xBC\xC3\x9F \xF0\x9F\x98\x80"), ERR));
    guest_open();
    has_args("prog\n--x=1 2\n\n\ngr\xC3\xBC\xC3\x9F \xF0\x9F\x98\x80\n");
}

static void variables_arrive_in_order(void **state)
{
    (void)state;
    OK(lodge_wasi_env(wasi, TEXT("B"), TEXT("2"), ERR));
    OK(lodge_wasi_env(wasi, TEXT("A"), TEXT("1=1"), ERR));
    OK(lodge_wasi_env(wasi, TEXT("EMPTY"), NULL, 0, ERR));
    OK(lodge_wasi_env(wasi, TEXT("\xC3\x84"), TEXT("\xE2\x82\xAC"), ERR));
    guest_open();
    has_env("B=2\nA=1=1\nEMPTY=\n\xC3\x84=\xE2\x82\xAC\n");
}

static void text_that_is_only_part_of_a_buffer_is_cut(void **state)
{
    (void)state;
    OK(lodge_wasi_arg(wasi, "prog and more", 4, ERR));
    OK(lodge_wasi_env(wasi, "NAME=VALUE", 4, "VALUES", 5, ERR));
    guest_open();
    has_args("prog\n");
    has_env("NAME=VALUE\n");
}

static void a_description_says_nothing_until_it_is_told(void **state)
{
    char byte;

    (void)state;
    setenv("LODGE_TEST_SECRET", "1", 1);
    guest_open();
    has_args("");
    has_env("");
    assert_int_equal(fd_read(0, &byte, 1), 0);
    assert_int_equal(fd_puts(1, "into the void"), 13);
    assert_int_equal(fd_puts(2, "into the void"), 13);
    SYS(WE_BADF, "fd_prestat_get", 3, AT_OUT);
    assert_int_equal(path_open(3, "etc/passwd", 0, R_READ), -WE_BADF);
    SYS(WE_BADF, "fd_filestat_get", 3, AT_OUT);
}

static void a_store_without_a_description_allows_nothing(void **state)
{
    char byte;

    (void)state;
    OK(lodge_wasi_arg(wasi, TEXT("unseen"), ERR));
    guest_start(guest_prepare(wasi_linker(), ""));
    has_args("");
    has_env("");
    assert_int_equal(fd_read(0, &byte, 1), 0);
    assert_int_equal(fd_puts(1, "gone"), 4);
    SYS(WE_BADF, "fd_prestat_get", 3, AT_OUT);
}

static void bad_arguments_are_refused_and_leave_no_trace(void **state)
{
    (void)state;
    SAYS(ARGUMENT, "NUL at byte 1", lodge_wasi_arg(wasi, "a\0b", 3, ERR));
    SAYS(ARGUMENT, "UTF-8", lodge_wasi_arg(wasi, "a\xFF", 2, ERR));
    FAILS(ARGUMENT, lodge_wasi_arg(wasi, NULL, 1, ERR));
    FAILS(ARGUMENT, lodge_wasi_arg(wasi, "a", UINT64_MAX, ERR));
    FAILS(ARGUMENT, lodge_wasi_arg(wasi, "a", UINT64_C(1) << 32, ERR));
    FAILS(ARGUMENT, lodge_wasi_arg(wasi, "\0", 1, NULL));
    guest_open();
    has_args("");
}

static void bad_variables_are_refused_and_leave_no_trace(void **state)
{
    (void)state;
    SAYS(ARGUMENT, "empty", lodge_wasi_env(wasi, "", 0, "v", 1, ERR));
    FAILS(ARGUMENT, lodge_wasi_env(wasi, NULL, 0, "v", 1, ERR));
    SAYS(ARGUMENT, "'='", lodge_wasi_env(wasi, "a=b", 3, "v", 1, ERR));
    FAILS(ARGUMENT, lodge_wasi_env(wasi, "a\0b", 3, "v", 1, ERR));
    FAILS(ARGUMENT, lodge_wasi_env(wasi, "a", 1, "v\0", 2, ERR));
    FAILS(ARGUMENT, lodge_wasi_env(wasi, "\xC0", 1, "v", 1, ERR));
    FAILS(ARGUMENT, lodge_wasi_env(wasi, "a", 1, "\xED\xA0\x80", 3, ERR));
    FAILS(ARGUMENT, lodge_wasi_env(wasi, NULL, 1, "v", 1, ERR));
    FAILS(ARGUMENT, lodge_wasi_env(wasi, "a", 1, NULL, 1, ERR));
    FAILS(ARGUMENT, lodge_wasi_env(wasi, "a", UINT64_MAX, "v", 1, ERR));
    FAILS(ARGUMENT, lodge_wasi_env(wasi, "a", 1, "v", UINT64_MAX, ERR));
    guest_open();
    has_env("");
}

static void ten_thousand_arguments_arrive(void **state)
{
    char text[32];
    int i, n;

    (void)state;
    for (i = 0; i < 10000; i++) {
        n = snprintf(text, sizeof text, "argument %d", i);
        OK(lodge_wasi_arg(wasi, text, (uint64_t)n, ERR));
    }
    guest_open();
    SYS(WE_OK, "args_sizes_get", AT_OUT, AT_OUT + 4);
    assert_int_equal(get32(AT_OUT), 10000);
    SYS(WE_OK, "args_get", AT_DATA, 4 * 65536);
    OK(lodge_memory_read(memory, get32(AT_DATA + 4 * 9999), (uint8_t *)text,
                         14, ERR));
    assert_string_equal(text, "argument 9999");
}

/* ---- settings --------------------------------------------------------- */

static void settings_out_of_range_are_refused(void **state)
{
    static const struct {
        uint32_t key;
        uint64_t value;
    } bad[] = {
        {LODGE_WASI_FULL, 3},
        {LODGE_WASI_FULL, UINT64_MAX},
        {LODGE_WASI_EMPTY, 2},
        {LODGE_WASI_MAX_FILES, UINT64_MAX},
        {LODGE_WASI_MAX_RANDOM, UINT64_C(1) << 32},
        {LODGE_WASI_SLEEP, 2},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof bad / sizeof *bad; i++)
        SAYS(ARGUMENT, "allowed",
             lodge_wasi_set(wasi, bad[i].key, bad[i].value, ERR));
    FAILS(NOT_FOUND, lodge_wasi_set(wasi, 0, 0, ERR));
    FAILS(NOT_FOUND, lodge_wasi_set(wasi, LODGE_WASI_SLEEP + 1, 0, ERR));
    FAILS(NOT_FOUND, lodge_wasi_set(wasi, UINT32_MAX, 0, ERR));
}

/* Every function on a description gives `want`. */
static void all_refuse(lodge_wasi id, lodge_status want)
{
    const uint8_t *none = NULL;

#define REFUSED(call) check_status(call, want, #call, __FILE__, __LINE__)
    REFUSED(lodge_wasi_arg(id, "a", 1, ERR));
    REFUSED(lodge_wasi_env(id, "a", 1, "b", 1, ERR));
    REFUSED(lodge_wasi_stream(id, 0, LODGE_WASI_NULL, none, 0, ERR));
    REFUSED(lodge_wasi_dir(id, "/", 1, "/", 1, 1, 1, ERR));
    REFUSED(lodge_wasi_set(id, LODGE_WASI_SEED, 1, ERR));
    REFUSED(lodge_wasi_set(id, LODGE_WASI_SEED, 1, NULL));
}

static void ids_that_name_no_description_are_refused(void **state)
{
    lodge_store other = new_store(engine);
    lodge_prepared prepared = guest_prepare(wasi_linker(), "");

    (void)state;
    FOR_BAD_IDS(lodge_wasi, id, {
        all_refuse(id, LODGE_E_HANDLE);
        FAILS(HANDLE, lodge_store_wasi(other, id, ERR));
        if (id.id)
            FAILS(HANDLE, lodge_prepared_wasi(prepared, id, ERR));
        OK(lodge_wasi_close(id));
    });
    all_refuse((lodge_wasi){engine.id}, LODGE_E_HANDLE);
    all_refuse((lodge_wasi){other.id}, LODGE_E_HANDLE);
    FAILS(HANDLE, lodge_store_wasi(other, (lodge_wasi){engine.id}, ERR));
    FAILS(ARGUMENT, lodge_wasi_new(NULL, ERR));
}

static void a_closed_description_is_refused(void **state)
{
    lodge_wasi fresh;

    (void)state;
    OK(lodge_wasi_close(wasi));
    all_refuse(wasi, LODGE_E_HANDLE);
    OK(lodge_wasi_close(wasi));
    OK(lodge_wasi_new(&fresh, ERR));
    all_refuse(wasi, LODGE_E_HANDLE);
    lodge_release((void *)(uintptr_t)fresh.id);
    all_refuse(fresh, LODGE_E_HANDLE);
}

static void a_store_that_is_none_gets_no_description(void **state)
{
    uint8_t byte = 42;
    uint64_t n = 42;

    (void)state;
    ring(0, 10);
    FOR_BAD_IDS(lodge_store, id, {
        FAILS(HANDLE, lodge_store_wasi(id, wasi, ERR));
        FAILS(HANDLE, lodge_store_output(id, 1, &byte, 1, &n, ERR));
        FAILS(HANDLE, lodge_store_input(id, 0, &byte, 1, &n, ERR));
    });
    FAILS(HANDLE, lodge_store_wasi((lodge_store){wasi.id}, wasi, ERR));
    guest_open();
    FAILS(HANDLE, lodge_store_wasi((lodge_store){memory.id}, wasi, ERR));
    OK(lodge_instance_close(guest));
    FAILS(HANDLE, lodge_store_wasi(store, wasi, ERR));
    FAILS(HANDLE, lodge_store_input(store, 0, &byte, 1, &n, ERR));
    assert_int_equal(n, 42);
}

/* ---- one description, several stores ---------------------------------- */

static void one_description_serves_several_stores(void **state)
{
    lodge_instance guests[3];
    lodge_prepared prepared;
    int i;

    (void)state;
    OK(lodge_wasi_arg(wasi, TEXT("one"), ERR));
    stream(0, LODGE_WASI_BYTES, "input");
    ring(1, 100);
    prepared = guest_prepare(wasi_linker(), "");
    for (i = 0; i < 3; i++) {
        OK(lodge_prepared_wasi(prepared, wasi, ERR));
        guest_start(prepared);
        guests[i] = guest;
    }
    for (i = 0; i < 3; i++) {
        guest = guests[i];
        OK(lodge_instance_store(guest, &store, ERR));
        OK(lodge_instance_memory(guest, TEXT("memory"), &memory, ERR));
        READS_FD(0, "input");
        assert_int_equal(fd_puts(1, "x"), 1);
        drains(1, "x");
        has_args("one\n");
    }
}

static void later_changes_are_not_seen_by_stores_that_have_it(void **state)
{
    lodge_prepared prepared;
    lodge_instance first;

    (void)state;
    OK(lodge_wasi_arg(wasi, TEXT("one"), ERR));
    prepared = guest_open();
    first = guest;
    OK(lodge_wasi_arg(wasi, TEXT("two"), ERR));
    guest_start(prepared); /* has its own copy too */
    has_args("one\n");
    OK(lodge_prepared_wasi(prepared, wasi, ERR));
    guest_start(prepared);
    has_args("one\ntwo\n");
    guest = first;
    OK(lodge_instance_memory(guest, TEXT("memory"), &memory, ERR));
    has_args("one\n");
}

static void a_description_may_be_closed_while_stores_use_it(void **state)
{
    lodge_prepared prepared;

    (void)state;
    OK(lodge_wasi_arg(wasi, TEXT("one"), ERR));
    ring(1, 10);
    prepared = guest_open();
    OK(lodge_wasi_close(wasi));
    assert_int_equal(stat_of(LODGE_STAT_LIVE + LODGE_KIND_WASI), 0);
    has_args("one\n");
    assert_int_equal(fd_puts(1, "x"), 1);
    drains(1, "x");
    guest_start(prepared);
    has_args("one\n");
}

static void a_prepared_module_can_lose_its_description(void **state)
{
    lodge_prepared prepared;

    (void)state;
    OK(lodge_wasi_arg(wasi, TEXT("one"), ERR));
    prepared = guest_open();
    OK(lodge_prepared_wasi(prepared, (lodge_wasi){0}, ERR));
    guest_start(prepared);
    has_args("");
}

static void a_store_can_be_given_another_description(void **state)
{
    lodge_wasi other;

    (void)state;
    OK(lodge_wasi_arg(wasi, TEXT("one"), ERR));
    stream(0, LODGE_WASI_BYTES, "first");
    ring(1, 10);
    guest_open();
    assert_int_equal(fd_puts(1, "x"), 1);
    OK(lodge_wasi_new(&other, ERR));
    OK(lodge_wasi_arg(other, TEXT("other"), ERR));
    OK(lodge_wasi_stream(other, 1, LODGE_WASI_RING, NULL, 5, ERR));
    OK(lodge_store_wasi(store, other, ERR));
    OK(lodge_wasi_close(other));
    has_args("other\n");
    drains(1, "");
    READS_FD(0, "");
    OK(lodge_store_wasi(store, wasi, ERR));
    READS_FD(0, "first");
}

static _Atomic uint64_t added;

static void *adds(void *unused)
{
    int i;

    for (i = 0; i < 1000; i++) {
        lodge_status st = lodge_wasi_arg(wasi, "a", 1, NULL);

        assert_true(st == LODGE_OK || st == LODGE_E_BUSY);
        added += st == LODGE_OK;
    }
    return unused;
}

static void concurrent_changes_are_busy_and_never_lost(void **state)
{
    pthread_t threads[4];
    int i;

    (void)state;
    added = 0;
    for (i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, adds, NULL), 0);
    for (i = 0; i < 4; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    guest_open();
    SYS(WE_OK, "args_sizes_get", AT_OUT, AT_OUT + 4);
    assert_int_equal(get32(AT_OUT), added);
    /* How many are BUSY is the scheduler's choice; the last thread alone never is. */
    assert_true(added >= 1);
}

/* ---- linking ---------------------------------------------------------- */

static void wasi_is_defined_once_and_all_or_nothing(void **state)
{
    lodge_linker linker = wasi_linker(), taken = new_linker(engine);
    lodge_module module =
        new_module(engine, "(module (import \"wasi_snapshot_preview1\""
                           " \"fd_close\" (func (param i32)"
                           " (result i32))))");
    uint32_t missing = 42;
    char text[256];

    (void)state;
    FAILS(LINK, lodge_linker_add_wasi(linker, ERR));
    OK(lodge_linker_func(taken, TEXT("wasi_snapshot_preview1"),
                         TEXT("sched_yield"), TEXT("-> i32"),
                         (lodge_direct_fn)(void (*)(void))abort, 0, ERR));
    FAILS(LINK, lodge_linker_add_wasi(taken, ERR));
    OK(lodge_linker_missing(taken, module, text, sizeof text, NULL, &missing,
                            ERR));
    assert_int_equal(missing, 1);
    OK(lodge_linker_missing(linker, module, text, sizeof text, NULL, &missing,
                            ERR));
    assert_int_equal(missing, 0);
    FOR_BAD_IDS(lodge_linker, id,
                FAILS(HANDLE, lodge_linker_add_wasi(id, ERR)));
}

static void a_guest_without_a_memory_is_told(void **state)
{
    lodge_module module =
        new_module(engine, "(module (import \"wasi_snapshot_preview1\""
                           " \"fd_close\" (func $f (param i32)"
                           " (result i32))) (func (export \"go\")"
                           " (drop (call $f (i32.const 1)))))");

    (void)state;
    OK(lodge_instance_new(wasi_linker(), (lodge_store){0}, module, &guest,
                          ERR));
    SAYS(HOST, "memory", lodge_func_call(func_of(guest, "go"), NULL, 0, ERR));
}

/* ---- the end ---------------------------------------------------------- */

static void an_exit_code_is_a_status(void **state)
{
    static const int32_t codes[] = {0,   7,         125, 126,      255,
                                    256, INT32_MAX, -1,  INT32_MIN};
    uint64_t ignored;
    size_t i;

    (void)state;
    guest_open();
    for (i = 0; i < sizeof codes / sizeof *codes; i++) {
        FAILS(EXIT, wasi_try("proc_exit", ARGS((uint32_t)codes[i]), &ignored));
        assert_int_equal(test_err.status, LODGE_E_EXIT);
        assert_int_equal(test_err.exit_code, codes[i]);
        assert_int_equal(test_err.trap, LODGE_TRAP_NONE);
    }
    has_args(""); /* the store is as good as before */
}

static void an_exit_in_the_start_function_is_a_status(void **state)
{
    lodge_prepared prepared = guest_prepare(
        wasi_linker(), "(func $s (call $proc_exit (i32.const 7))) (start $s)");
    lodge_instance none = {42};

    (void)state;
    FAILS(EXIT,
          lodge_prepared_instance(prepared, (lodge_store){0}, &none, ERR));
    assert_int_equal(test_err.exit_code, 7);
    assert_int_equal(none.id, 42);
    assert_int_equal(stat_of(LODGE_STAT_LIVE + LODGE_KIND_STORE), 0);
}

static void output_written_before_an_exit_is_there(void **state)
{
    uint64_t ignored;

    (void)state;
    ring(1, 100);
    guest_open();
    assert_int_equal(fd_puts(1, "last words"), 10);
    FAILS(EXIT, wasi_try("proc_exit", ARGS(3), &ignored));
    drains(1, "last words");
}

/* ---- hostile guests --------------------------------------------------- */

static void no_arguments_of_a_guest_harm_the_host(void **state)
{
    static const uint64_t words[] = {0,
                                     1,
                                     2,
                                     3,
                                     4,
                                     64,
                                     16 * 65536 - 1,
                                     16 * 65536,
                                     0x7FFFFFFF,
                                     0x80000000,
                                     UINT32_MAX - 1,
                                     UINT32_MAX};
    enum { WORDS = sizeof words / sizeof *words };
    uint64_t args[10], result, seed = 1;
    size_t i, k, round;

    (void)state;
    OK(lodge_wasi_dir(wasi, TEXT("/proc/self/fdinfo"), TEXT("/d"), 1, 1, ERR));
    ring(0, 10);
    setting(LODGE_WASI_SLEEP, 0);
    guest_open();
    for (round = 0; round < 40; round++) {
        for (i = 0; i < WASI_FUNCTIONS - 1; i++) {
            for (k = 0; k < 10; k++) {
                seed = seed * UINT64_C(6364136223846793005) + 1442695;
                args[k] = words[(seed >> 33) % WORDS];
                if (round < 2)
                    args[k] = round ? UINT64_MAX : 0;
            }
            OK(wasi_try(wasi_functions[i][0], args, 10, &result));
            assert_true(result < 77);
        }
    }
    has_args("");
}

static void sockets_and_signals_are_not_there(void **state)
{
    (void)state;
    guest_open();
    assert_int_not_equal(ERRNO("sock_accept", 3, 0, AT_OUT), WE_OK);
    assert_int_not_equal(ERRNO("sock_recv", 3, 0, 0, 0, AT_OUT, AT_OUT), 0);
    assert_int_not_equal(ERRNO("sock_send", 3, 0, 0, 0, AT_OUT), WE_OK);
    assert_int_not_equal(ERRNO("sock_shutdown", 3, 0), WE_OK);
    assert_int_not_equal(ERRNO("proc_raise", 9), WE_OK);
    assert_int_equal(wasi_errno("sched_yield", NULL, 0), WE_OK);
}

/* ---- processes and threads -------------------------------------------- */

static int tasks(void)
{
    DIR *dir = opendir("/proc/self/task");
    int n = -2; /* . and .. */

    while (readdir(dir))
        n++;
    closedir(dir);
    return n;
}

static void wasi_starts_no_threads(void **state)
{
    int before;

    (void)state;
    OK(lodge_wasi_dir(wasi, TEXT("/proc/self"), TEXT("/d"), 1, 1, ERR));
    ring(0, 10);
    ring(1, 10);
    free(guest_text("")); /* compiling may start some */
    guest_prepare(wasi_linker(), "");
    before = tasks();
    guest_open();
    READS_FD((uint32_t)path_open(3, "comm", 0, R_READ), "test_wasi\n");
    SYS(WE_OK, "fd_readdir", 3, AT_DATA, 65536, 0, AT_OUT);
    subscribe_clock(0, CLOCK_W_MONOTONIC, MS, 0);
    assert_int_equal(poll_errno(1), WE_OK);
    assert_true(tasks() <= before); /* one of an earlier test may just end */
}

/* 0 if WASI works in this process from an engine on. */
static int child(void)
{
    lodge_engine_shutdown(engine);
    engine = new_engine_with("interruption=on");
    OK(lodge_wasi_new(&wasi, ERR));
    OK(lodge_wasi_arg(wasi, TEXT("child"), ERR));
    OK(lodge_wasi_dir(wasi, TEXT("/proc/self"), TEXT("/d"), 1, 1, ERR));
    ring(1, 10);
    guest_open();
    has_args("child\n");
    READS_FD((uint32_t)path_open(3, "comm", 0, R_READ), "test_wasi\n");
    subscribe_clock(0, CLOCK_W_MONOTONIC, 10 * MS, 0);
    assert_int_equal(poll_errno(1), WE_OK);
    assert_int_equal(fd_puts(1, "ok"), 2);
    drains(1, "ok");
    OK(lodge_store_set(store, LODGE_STORE_DEADLINE, 50 * MS, ERR));
    subscribe_clock(0, CLOCK_W_MONOTONIC, 60000 * MS, 0);
    FAILS(DEADLINE,
          wasi_try("poll_oneoff", ARGS(AT_SUBS, AT_EVENTS, 1, AT_OUT),
                   &(uint64_t){0}));
    return 0;
}

static void wasi_works_in_a_forked_child(void **state)
{
    int status = -1;
    pid_t pid;

    (void)state;
    guest_open();
    has_args("");
    calm_before_fork();
    pid = fork();
    if (pid == 0) {
        alarm(120);
        all_refuse(wasi, LODGE_E_STATE);
        _exit(child());
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    has_args("");
}

static void the_kind_of_a_description_is_told(void **state)
{
    uint32_t kind = 0;
    uint64_t bytes = 0;

    (void)state;
    OK(lodge_handle_info(wasi.id, &kind, &bytes));
    assert_int_equal(kind, LODGE_KIND_WASI);
    assert_true(bytes > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WASI_TEST(arguments_arrive_in_order),
        WASI_TEST(variables_arrive_in_order),
        WASI_TEST(text_that_is_only_part_of_a_buffer_is_cut),
        WASI_TEST(a_description_says_nothing_until_it_is_told),
        WASI_TEST(a_store_without_a_description_allows_nothing),
        WASI_TEST(bad_arguments_are_refused_and_leave_no_trace),
        WASI_TEST(bad_variables_are_refused_and_leave_no_trace),
        WASI_TEST(ten_thousand_arguments_arrive),
        WASI_TEST(settings_out_of_range_are_refused),
        WASI_TEST(ids_that_name_no_description_are_refused),
        WASI_TEST(a_closed_description_is_refused),
        WASI_TEST(a_store_that_is_none_gets_no_description),
        WASI_TEST(one_description_serves_several_stores),
        WASI_TEST(later_changes_are_not_seen_by_stores_that_have_it),
        WASI_TEST(a_description_may_be_closed_while_stores_use_it),
        WASI_TEST(a_prepared_module_can_lose_its_description),
        WASI_TEST(a_store_can_be_given_another_description),
        WASI_TEST(concurrent_changes_are_busy_and_never_lost),
        WASI_TEST(wasi_is_defined_once_and_all_or_nothing),
        WASI_TEST(a_guest_without_a_memory_is_told),
        WASI_TEST(an_exit_code_is_a_status),
        WASI_TEST(an_exit_in_the_start_function_is_a_status),
        WASI_TEST(output_written_before_an_exit_is_there),
        WASI_TEST(no_arguments_of_a_guest_harm_the_host),
        WASI_TEST(sockets_and_signals_are_not_there),
        WASI_TEST(wasi_starts_no_threads),
        WASI_TEST(wasi_works_in_a_forked_child),
        WASI_TEST(the_kind_of_a_description_is_told),
    };

    return RUN(tests);
}

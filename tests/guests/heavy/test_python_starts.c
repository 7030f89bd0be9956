/* test_python_starts.c - CPython's second start, from saved code and from a
 * cache, and how it is stopped from outside.
 */
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "python.h"
#include "support_signals.c"

static void it_adds(void)
{
    arg("-c"), arg("print(sum(range(10)))");
    ends_with(0);
    drains(1, "45\n");
    drains(2, "");
}

/* ---- saved code --------------------------------------------------------- */

static const uint8_t key[32] = "thirty-two bytes of no secret...";

static char path[1024];

/* Opens it in another engine; the milliseconds that took. */
static uint64_t opens(lodge_engine other, lodge_module *module)
{
    uint64_t start;

    if (!path[0])
        assert_int_equal(fetched("python", path, sizeof path), 1);
    start = now_ms();
    OK(lodge_module_open_file(other, TEXT(path), module, ERR));
    return now_ms() - start;
}

/* Runs it from a module of another engine. */
static void runs_in(lodge_engine other, lodge_module module)
{
    const lodge_prepared ours = python;
    lodge_linker linker = new_linker(other);

    OK(lodge_linker_add_wasi(linker, ERR));
    OK(lodge_linker_prepare(linker, module, &python, ERR));
    it_adds();
    lodge_instance_close(guest);
    lodge_prepared_close(python);
    python = ours;
    lodge_linker_close(linker);
    lodge_module_close(module);
}

static void it_starts_again_from_saved_code(void **state)
{
    char file[] = "/tmp/lodge-python-code-XXXXXX";
    const int fd = mkstemp(file);
    lodge_engine first = new_engine(), second = new_engine();
    lodge_module module;
    uint64_t compiled, loaded;

    (void)state;
    assert_true(fd >= 0);
    compiled = opens(first, &module);
    OK(lodge_module_save_file(module, TEXT(file), key, sizeof key, ERR));
    lodge_module_close(module);
    loaded = now_ms();
    OK(lodge_module_load_file(second, TEXT(file), key, sizeof key, &module,
                              ERR));
    loaded = now_ms() - loaded;
    print_message("compiled in %u ms, loaded in %u ms\n", (unsigned)compiled,
                  (unsigned)loaded);
    assert_true(loaded < compiled);
    runs_in(second, module);
    lodge_engine_close(first);
    lodge_engine_close(second);
    close(fd);
    unlink(file);
}

/* Engines of one cache: the first compiles, the second finds. */
static void it_starts_again_from_the_cache(void **state)
{
    char folder[] = "/tmp/lodge-python-cache-XXXXXX", text[128];
    uint64_t hits = stat_of(LODGE_STAT_CACHE_HITS);
    uint64_t took[2];
    lodge_engine other;
    int i;

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(text, sizeof text, "cache-folder=%s", folder);
    for (i = 0; i < 2; i++) {
        lodge_module module;

        other = new_engine_with(text);
        took[i] = opens(other, &module);
        assert_int_equal(stat_of(LODGE_STAT_CACHE_HITS), hits + (uint64_t)i);
        if (i == 0)
            lodge_module_close(module);
        else
            runs_in(other, module);
        lodge_engine_close(other);
    }
    print_message("compiled in %u ms, from the cache in %u ms\n",
                  (unsigned)took[0], (unsigned)took[1]);
    assert_true(took[1] < took[0]);
    snprintf(text, sizeof text, "rm -r %s", folder);
    assert_int_equal(system(text), 0);
}

/* ---- stopped from outside ----------------------------------------------- */

static char seen[] = "/tmp/lodge-python-out-XXXXXX";

static int64_t size_of_file(const char *name)
{
    struct stat st;

    return stat(name, &st) == 0 ? st.st_size : -1;
}

/* Cancels call 7 once the guest has written something. */
static void *cancels(void *took)
{
    const struct timespec pause = {0, 1000000};

    while (size_of_file(seen) <= 0)
        nanosleep(&pause, NULL);
    *(uint64_t *)took = now_ms();
    OK(lodge_store_cancel(store, 7));
    return NULL;
}

static lodge_status run_as_call_7(void)
{
    uint64_t frame[LODGE_FRAME_SLOTS + 1] = {0};

    frame[LODGE_FRAME_FUNC] = func_of(guest, "_start").id;
    frame[LODGE_FRAME_CALLID] = 7;
    frame[LODGE_FRAME_CAPACITY] = 1;
    return lodge_call(frame);
}

static void another_thread_cancels(const char *script)
{
    const int fd = mkstemp(strcpy(seen, "/tmp/lodge-python-out-XXXXXX"));
    uint64_t begin = 0, size;
    pthread_t thread;

    assert_true(fd >= 0);
    arg("-c"), arg(script);
    OK(lodge_wasi_stream(wasi, 1, LODGE_WASI_FILE, (uint8_t *)seen,
                         strlen(seen), ERR));
    OK(lodge_prepared_wasi(python, wasi, ERR));
    guest_start(python);
    assert_int_equal(pthread_create(&thread, NULL, cancels, &begin), 0);
    check_status(run_as_call_7(), LODGE_E_CANCELLED, script, __FILE__,
                 __LINE__);
    assert_true(now_ms() - begin < 30000);
    assert_int_equal(pthread_join(thread, NULL), 0);
    OK(lodge_memory_size(memory, &size, ERR)); /* and it can be looked at */
    assert_true(size > 5 << 20);
    close(fd);
    unlink(seen);
}

static void another_thread_ends_its_loop(void **state)
{
    (void)state;
    another_thread_cancels("print('on', flush=True)\nwhile True: pass");
}

static void another_thread_ends_its_sleep(void **state)
{
    (void)state;
    another_thread_cancels(
        "import time; print('on', flush=True); time.sleep(3600)");
}

static void *closes(void *unused)
{
    const struct timespec pause = {0, 1000000};

    while (size_of_file(seen) <= 0)
        nanosleep(&pause, NULL);
    lodge_instance_close(guest);
    return unused;
}

static void a_close_from_another_thread_ends_it(void **state)
{
    const int fd = mkstemp(strcpy(seen, "/tmp/lodge-python-out-XXXXXX"));
    pthread_t thread;

    (void)state;
    assert_true(fd >= 0);
    arg("-c"), arg("print('on', flush=True)\nwhile True: pass");
    OK(lodge_wasi_stream(wasi, 1, LODGE_WASI_FILE, (uint8_t *)seen,
                         strlen(seen), ERR));
    OK(lodge_prepared_wasi(python, wasi, ERR));
    guest_start(python);
    assert_int_equal(pthread_create(&thread, NULL, closes, NULL), 0);
    check_status(run_as_call_7(), LODGE_E_CANCELLED, "closed", __FILE__,
                 __LINE__);
    assert_int_equal(pthread_join(thread, NULL), 0);
    FAILS(HANDLE, lodge_memory_size(memory, &(uint64_t){0}, ERR));
    close(fd);
    unlink(seen);
}

/* What was ended leaves others as they were. */
static void after_a_deadline_the_next_one_runs(void **state)
{
    (void)state;
    arg("-c"), arg("while True: pass");
    OK(lodge_prepared_set(python, LODGE_STORE_DEADLINE, 200 * MS, ERR));
    FAILS(DEADLINE, run());
    lodge_instance_close(guest);
    OK(lodge_prepared_set(python, LODGE_STORE_DEADLINE, 0, ERR));
    lodge_wasi_close(wasi);
    OK(lodge_wasi_new(&wasi, ERR));
    arg("python");
    ring(1, 4096), ring(2, 4096);
    it_adds();
}

/* ---- small stacks and many at once --------------------------------------- */

struct one {
    lodge_instance instance;
    lodge_status status;
};

static void *runs_one(void *argument)
{
    struct one *one = argument;
    lodge_func fn;

    one->status =
        lodge_instance_func(one->instance, TEXT("_start"), &fn, NULL);
    if (one->status == LODGE_OK)
        one->status = lodge_func_call(fn, NULL, 0, NULL);
    return NULL;
}

static void threads_of_the_smallest_stack_run_one_each(void **state)
{
    enum { THREADS = 4 };
    struct one ones[THREADS];
    pthread_t threads[THREADS];
    pthread_attr_t small;
    lodge_store at;
    uint8_t out[64];
    uint64_t n;
    int i;

    (void)state;
    arg("-c");
    arg("f = lambda n: n and 1 + f(n - 1)\nprint(f(300))");
    OK(lodge_prepared_wasi(python, wasi, ERR));
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 64 << 10);
    for (i = 0; i < THREADS; i++) {
        OK(lodge_prepared_instance(python, (lodge_store){0}, &ones[i].instance,
                                   ERR));
        assert_int_equal(
            pthread_create(&threads[i], &small, runs_one, &ones[i]), 0);
    }
    for (i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_true(ones[i].status == LODGE_OK ||
                    ones[i].status == LODGE_E_EXIT);
        OK(lodge_instance_store(ones[i].instance, &at, ERR));
        OK(lodge_store_output(at, 1, out, sizeof out, &n, ERR));
        assert_int_equal(n, 4);
        assert_memory_equal(out, "300\n", 4);
        lodge_instance_close(ones[i].instance);
    }
    pthread_attr_destroy(&small);
    guest = (lodge_instance){0};
}

/* Its calls are on its heap: recursion without end ends with the memory. */
static void endless_recursion_in_it_meets_the_memory_limit(void **state)
{
    (void)state;
    arg("-c");
    arg("import sys\nsys.setrecursionlimit(10**9)\n"
        "def f(): f()\nf()");
    OK(lodge_prepared_set(python, LODGE_STORE_MEMORY_LIMIT, 64 << 20, ERR));
    ends_with(1);
    complains("Traceback", "Error");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PYTHON_TEST(it_starts_again_from_saved_code),
        PYTHON_TEST(it_starts_again_from_the_cache),
        PYTHON_TEST(another_thread_ends_its_loop),
        PYTHON_TEST(another_thread_ends_its_sleep),
        PYTHON_TEST(a_close_from_another_thread_ends_it),
        PYTHON_TEST(after_a_deadline_the_next_one_runs),
        PYTHON_TEST(threads_of_the_smallest_stack_run_one_each),
        PYTHON_TEST(endless_recursion_in_it_meets_the_memory_limit),
    };

    return cmocka_run_group_tests_name(__FILE__, tests, compile, forget);
}

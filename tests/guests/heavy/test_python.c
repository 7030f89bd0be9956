/* test_python.c - what CPython prints, where its scripts come from, and how
 * it meets its limits.
 */
#include <sys/stat.h>
#include <unistd.h>

#include "python.h"
#include "support_signals.c"

/* ---- what it prints --------------------------------------------------- */

static void it_computes_and_prints(void **state)
{
    (void)state;
    arg("-c"), arg("print(sum(range(10)))");
    ends_with(0);
    drains(1, "45\n");
    drains(2, "");
}

static void its_exit_code_comes_out(void **state)
{
    (void)state;
    arg("-c"), arg("import sys; print('so far'); sys.exit(7)");
    ends_with(7);
    drains(1, "so far\n");
}

static void an_exception_is_one_with_a_traceback(void **state)
{
    (void)state;
    arg("-c"), arg("def f(x):\n  return 1 // x\nf(0)");
    ends_with(1);
    drains(1, "");
    complains("Traceback (most recent call last)", "ZeroDivisionError");
}

static void it_sees_arguments_and_environment(void **state)
{
    (void)state;
    arg("-c");
    arg("import os, sys; print(sys.argv[1:], os.environ['NAME'],"
        " sorted(os.environ))");
    arg("gr\xC3\xBC\xC3\x9F"), arg("");
    OK(lodge_wasi_env(wasi, TEXT("NAME"), TEXT("\xE2\x82\xAC"), ERR));
    OK(lodge_wasi_env(wasi, TEXT("PYTHONUTF8"), TEXT("1"), ERR));
    ends_with(0);
    drains(1, "['gr\xC3\xBC\xC3\x9F', ''] \xE2\x82\xAC"
              " ['NAME', 'PYTHONUTF8']\n");
}

/* ---- where its script is ---------------------------------------------- */

static void it_runs_a_script_from_its_input(void **state)
{
    (void)state;
    stream(0, LODGE_WASI_BYTES,
           "import json\n"
           "print(json.dumps({'squares': [i * i for i in range(5)]}))\n");
    ends_with(0);
    drains(1, "{\"squares\": [0, 1, 4, 9, 16]}\n");
}

static void it_reads_data_that_the_host_feeds(void **state)
{
    uint64_t taken;
    char line[32];
    int i, n;

    (void)state;
    arg("-c");
    arg("import sys; print(sum(int(x) for x in sys.stdin))");
    ring(0, 1 << 20);
    OK(lodge_prepared_wasi(python, wasi, ERR));
    guest_start(python);
    for (i = 0; i < 10000; i++) {
        n = snprintf(line, sizeof line, "%d\n", i);
        OK(lodge_store_input(store, 0, (uint8_t *)line, (uint64_t)n, &taken,
                             ERR));
        assert_int_equal(taken, n);
    }
    (void)lodge_func_call(func_of(guest, "_start"), NULL, 0, ERR);
    drains(1, "49995000\n");
}

static void write_text(const char *folder, const char *name, const char *text)
{
    char path[128];
    FILE *f;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    f = fopen(path, "wb");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void it_runs_a_script_from_a_folder(void **state)
{
    char folder[] = "/tmp/lodge-python-XXXXXX", path[128], text[32] = "";
    FILE *f;

    (void)state;
    assert_non_null(mkdtemp(folder));
    write_text(folder, "main.py",
               "import helper, os\n"
               "text = open('/work/data.txt').read()\n"
               "open('/work/out.txt', 'w').write(helper.turn(text))\n"
               "print(sorted(os.listdir('/work')))\n");
    write_text(folder, "helper.py", "def turn(x): return x.upper()\n");
    write_text(folder, "data.txt", "some data");
    arg("-B"), arg("/work/main.py");
    OK(lodge_wasi_dir(wasi, TEXT(folder), TEXT("/work"), 3, 3, ERR));
    ends_with(0);
    drains(1, "['data.txt', 'helper.py', 'main.py', 'out.txt']\n");
    snprintf(path, sizeof path, "%s/out.txt", folder);
    f = fopen(path, "rb");
    assert_non_null(f);
    assert_non_null(fgets(text, sizeof text, f));
    fclose(f);
    assert_string_equal(text, "SOME DATA");
    snprintf(path, sizeof path, "rm -r %s", folder);
    assert_int_equal(system(path), 0);
}

static void it_cannot_write_a_folder_for_reading(void **state)
{
    (void)state;
    arg("-c");
    arg("try:\n open('/work/lodge-new', 'w')\n"
        "except OSError as e: print(type(e).__name__)\n"
        "print(len(open('/work/README.md').read()) > 100)");
    OK(lodge_wasi_dir(wasi, TEXT("."), TEXT("/work"), 1, 1, ERR));
    ends_with(0);
    drains(1, "PermissionError\nTrue\n");
    assert_int_not_equal(access("lodge-new", F_OK), 0);
}

/* ---- limits ----------------------------------------------------------- */

static void a_memory_limit_is_a_memory_error_for_it(void **state)
{
    uint64_t refusals, peak;

    (void)state;
    arg("-c"), arg("x = bytearray(200_000_000)");
    OK(lodge_prepared_set(python, LODGE_STORE_MEMORY_LIMIT, 64 << 20, ERR));
    ends_with(1);
    complains("Traceback", "MemoryError");
    OK(lodge_store_get(store, LODGE_STORE_REFUSALS, &refusals, ERR));
    OK(lodge_store_get(store, LODGE_STORE_MEMORY_PEAK, &peak, ERR));
    assert_true(refusals > 0);
    assert_in_range(peak, 5 << 20, 64 << 20);
}

static void a_memory_too_small_for_it_is_refused(void **state)
{
    lodge_instance none = {42};

    (void)state;
    OK(lodge_prepared_set(python, LODGE_STORE_MEMORY_LIMIT, 1 << 20, ERR));
    FAILS(LIMIT,
          lodge_prepared_instance(python, (lodge_store){0}, &none, ERR));
    assert_int_equal(none.id, 42);
}

/* On a busy machine the deadline may pass before Python has begun. */
static void a_deadline_ends_an_endless_loop(void **state)
{
    uint64_t deadline = 1500 * MS, start, taken = 0;
    uint8_t out[8];

    (void)state;
    arg("-c"), arg("print('on', flush=True)\nwhile True: pass");
    for (; !taken && deadline < 60000 * MS; deadline *= 2) {
        lodge_instance_close(guest);
        OK(lodge_prepared_set(python, LODGE_STORE_DEADLINE, deadline, ERR));
        start = now_ms();
        FAILS(DEADLINE, run());
        assert_in_range(now_ms() - start, deadline / MS / 2,
                        deadline / MS + 30000);
        OK(lodge_store_output(store, 1, out, sizeof out, &taken, ERR));
    }
    assert_int_equal(taken, 3);
    assert_memory_equal(out, "on\n", 3);
}

static void a_deadline_ends_its_sleep(void **state)
{
    uint64_t start = now_ms();

    (void)state;
    arg("-c"), arg("import time; time.sleep(3600)");
    OK(lodge_prepared_set(python, LODGE_STORE_DEADLINE,
                          UINT64_C(1500) * 1000000, ERR));
    FAILS(DEADLINE, run());
    assert_in_range(now_ms() - start, 800, 60000);
}

static void its_chance_and_time_are_what_the_host_says(void **state)
{
    static char first[256], second[256];
    uint64_t n, m;

    (void)state;
    arg("-c");
    arg("import random, time; print(random.random(), time.time())");
    setting(LODGE_WASI_SEED, 7);
    setting(LODGE_WASI_CLOCK, UINT64_C(1000000000) * 1000000000);
    ends_with(0);
    OK(lodge_store_output(store, 1, (uint8_t *)first, 255, &n, ERR));
    lodge_instance_close(guest);
    ends_with(0);
    OK(lodge_store_output(store, 1, (uint8_t *)second, 255, &m, ERR));
    assert_int_equal(n, m);
    assert_memory_equal(first, second, n);
    assert_non_null(strstr(first, " 1000000000.0\n"));
}

static void a_full_output_is_a_broken_pipe_for_it(void **state)
{
    (void)state;
    arg("-c");
    arg("try:\n for i in range(100): print(i, flush=True)\n"
        "except BrokenPipeError: import os; os._exit(9)");
    ring(1, 20);
    setting(LODGE_WASI_FULL, LODGE_WASI_FULL_EPIPE);
    ends_with(9);
}

static void many_runs_leave_nothing_behind(void **state)
{
    uint64_t before = 0;
    int i;

    (void)state;
    arg("-c"), arg("print(len([i for i in range(100000)]))");
    for (i = 0; i < 10; i++) {
        ends_with(0);
        drains(1, "100000\n");
        lodge_instance_close(guest);
        if (i == 0)
            before = stat_of(LODGE_STAT_BYTES);
        assert_int_equal(stat_of(LODGE_STAT_BYTES), before);
        assert_int_equal(stat_of(LODGE_STAT_MEMORIES), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PYTHON_TEST(it_computes_and_prints),
        PYTHON_TEST(its_exit_code_comes_out),
        PYTHON_TEST(an_exception_is_one_with_a_traceback),
        PYTHON_TEST(it_sees_arguments_and_environment),
        PYTHON_TEST(it_runs_a_script_from_its_input),
        PYTHON_TEST(it_reads_data_that_the_host_feeds),
        PYTHON_TEST(it_runs_a_script_from_a_folder),
        PYTHON_TEST(it_cannot_write_a_folder_for_reading),
        PYTHON_TEST(a_memory_limit_is_a_memory_error_for_it),
        PYTHON_TEST(a_memory_too_small_for_it_is_refused),
        PYTHON_TEST(a_deadline_ends_an_endless_loop),
        PYTHON_TEST(a_deadline_ends_its_sleep),
        PYTHON_TEST(its_chance_and_time_are_what_the_host_says),
        PYTHON_TEST(a_full_output_is_a_broken_pipe_for_it),
        PYTHON_TEST(many_runs_leave_nothing_behind),
    };

    return cmocka_run_group_tests_name(__FILE__, tests, compile, forget);
}

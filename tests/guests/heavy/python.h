/* python.h - CPython 3.12 as a guest, which tests/guests/fetch brings.
 *
 * Compiling it takes seconds: one engine and one prepared module serve all
 * tests, and each has to leave exactly what was there before it.
 */
#ifndef LODGE_PYTHON_H
#define LODGE_PYTHON_H

#include "guests/real/fetched.h"
#include "guests/wasi_guest.h"

static lodge_prepared python;
static uint64_t live, bytes;

static inline int compile(void **state)
{
    lodge_linker linker;
    lodge_module module;
    char path[1024];

    if (nothing_lives(state))
        return -1;
    if (!fetched("python", path, sizeof path)) {
        fprintf(stderr, "CPython is not there; the reason is above\n");
        return -1;
    }
    engine = new_engine();
    linker = wasi_linker();
    OK(lodge_module_open_file(engine, TEXT(path), &module, ERR));
    OK(lodge_linker_prepare(linker, module, &python, ERR));
    lodge_module_close(module);
    lodge_linker_close(linker);
    return 0;
}

static inline int forget(void **state)
{
    lodge_engine_shutdown(engine);
    return nothing_lives(state);
}

static inline int python_begin(void **state)
{
    (void)state;
    OK(lodge_prepared_wasi(python, (lodge_wasi){0}, ERR));
    live = stat_of(LODGE_STAT_LIVE);
    bytes = stat_of(LODGE_STAT_BYTES);
    OK(lodge_wasi_new(&wasi, ERR));
    OK(lodge_wasi_arg(wasi, TEXT("python"), ERR));
    ring(1, 1 << 20);
    ring(2, 1 << 20);
    return 0;
}

static inline int python_end(void **state)
{
    (void)state;
    lodge_instance_close(guest);
    lodge_wasi_close(wasi);
    OK(lodge_prepared_wasi(python, (lodge_wasi){0}, ERR));
    OK(lodge_prepared_set(python, LODGE_STORE_MEMORY_LIMIT, UINT64_MAX, ERR));
    OK(lodge_prepared_set(python, LODGE_STORE_DEADLINE, 0, ERR));
    assert_int_equal(stat_of(LODGE_STAT_LIVE), live);
    assert_int_equal(stat_of(LODGE_STAT_BYTES), bytes);
    return 0;
}

#define PYTHON_TEST(name)                                                     \
    cmocka_unit_test_setup_teardown(name, python_begin, python_end)

static inline void arg(const char *text)
{
    OK(lodge_wasi_arg(wasi, TEXT(text), ERR));
}

/* Run it with the description of the test. */
static inline lodge_status run(void)
{
    OK(lodge_prepared_wasi(python, wasi, ERR));
    guest_start(python);
    return lodge_func_call(func_of(guest, "_start"), NULL, 0, ERR);
}

static inline void ends_with(int32_t code)
{
    lodge_status st = run();

    if (st == LODGE_OK)
        assert_int_equal(code, 0);
    else
        check_status(st, LODGE_E_EXIT, "_start", __FILE__, __LINE__);
    if (st == LODGE_E_EXIT)
        assert_int_equal(test_err.exit_code, code);
}

/* What it wrote to stderr has both texts. */
static inline void complains(const char *text, const char *other)
{
    static char found[1 << 16];
    uint64_t n;

    OK(lodge_store_output(store, 2, (uint8_t *)found, sizeof found - 1, &n,
                          ERR));
    found[n] = 0;
    if (!strstr(found, text) || !strstr(found, other))
        fail_msg("stderr lacks \"%s\" or \"%s\": %s", text, other, found);
}

#endif

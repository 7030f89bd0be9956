/* lodge_test.h - what the tests of all rooms share.
 * They see lodge.h only. Every test ends with nothing alive.
 */
#ifndef LODGE_TEST_SUPPORT_H
#define LODGE_TEST_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include <lodge.h>

#include "preset_fixture.h"

/* Text as the two arguments (ptr, len). */
#define TEXT(s) (s), (uint64_t)strlen(s)

/* A test that starts and ends with nothing alive. */
#define TEST(name) cmocka_unit_test_setup_teardown(name, nothing_lives, nothing_lives)

/* Run all tests of a room, or those that LODGE_TEST_FILTER names ("a_*"). */
#define RUN(tests) run_room(__FILE__, tests, sizeof tests / sizeof *tests)

static inline uint64_t stat_of(uint32_t key)
{
    uint64_t value = UINT64_MAX;

    assert_int_equal(lodge_stat(key, &value), LODGE_OK);
    return value;
}

/* Setup and teardown: no handle, no token, no byte. */
static inline int nothing_lives(void **state)
{
    (void)state;
    if (stat_of(LODGE_STAT_LIVE) || stat_of(LODGE_STAT_REAP_QUEUE) ||
        stat_of(LODGE_STAT_BYTES)) {
        fprintf(stderr, "left alive: %llu handles, %llu tokens, %llu bytes\n",
                (unsigned long long)stat_of(LODGE_STAT_LIVE),
                (unsigned long long)stat_of(LODGE_STAT_REAP_QUEUE),
                (unsigned long long)stat_of(LODGE_STAT_BYTES));
        return -1;
    }
    return 0;
}

/* The record that calls in a test share; its message is shown when a status
 * is not the expected one.
 */
static lodge_error test_err = LODGE_ERROR_INIT;

static inline void check_status(lodge_status found, lodge_status expected,
                                const char *what, const char *file, int line)
{
    if (found != expected)
        fprintf(stderr, "%s:%d: %s gave %d, expected %d: %s\n", file, line,
                what, (int)found, (int)expected, test_err.message);
    assert_int_equal(found, expected);
}

/* OK(lodge_store_new(engine, &store, ERR)); */
#define ERR (&test_err)
#define OK(call) check_status((call), LODGE_OK, #call, __FILE__, __LINE__)
#define FAILS(status, call)                                                   \
    check_status((call), LODGE_E_##status, #call, __FILE__, __LINE__)

/* FAILS, and the message holds a text. */
#define SAYS(status, text, call)                                              \
    do {                                                                      \
        FAILS(status, call);                                                  \
        if (!strstr(test_err.message, (text)))                                \
            fail_msg("message \"%s\" lacks \"%s\"", test_err.message, text);  \
    } while (0)

static char reads_buf[4096] __attribute__((unused));
/* What a call writes as text or bytes, checked in every way: with room for
 * it, with a byte too little, as a query of the size, and without `len`. The
 * call uses the names buf, cap and len: READS("i32 ->", lodge_func_type(fn,
 * buf, cap, len, ERR)).
 */
#define READS(text, call) READS_BYTES((text), strlen(text), call)
#define READS_BYTES(ptr, size, call)                                          \
    do {                                                                      \
        const uint64_t want_ = (size);                                        \
        uint64_t got_ = UINT64_MAX, *len = &got_, cap = sizeof reads_buf;     \
        char *buf = reads_buf;                                                \
        memset(reads_buf, '#', sizeof reads_buf);                             \
        OK(call);                                                             \
        if (got_ != want_ || memcmp(reads_buf, (ptr), want_) != 0)            \
            fail_msg("%s wrote \"%.*s\" (%llu bytes)", #call,                 \
                     (int)(got_ < 200 ? got_ : 200), reads_buf,               \
                     (unsigned long long)got_);                               \
        assert_int_equal(reads_buf[want_], '#');                              \
        cap = want_, len = NULL;                                              \
        OK(call);                                                             \
        len = &got_;                                                          \
        for (memset(reads_buf, '#', sizeof reads_buf); cap > 0; cap = 0) {    \
            got_ = UINT64_MAX, cap = want_ - 1;                               \
            FAILS(BUFFER, call);                                              \
            assert_int_equal(got_, want_);                                    \
            assert_int_equal(reads_buf[0], '#');                              \
            got_ = UINT64_MAX, cap = 0, buf = NULL;                           \
            FAILS(BUFFER, call);                                              \
            assert_int_equal(got_, want_);                                    \
            cap = 1;                                                          \
            FAILS(ARGUMENT, call);                                            \
        }                                                                     \
    } while (0)

/* Before a fork; see support_calm.c. */
void calm_before_fork(void);

/* Takes what waits in domain 0; how many tokens. */
static inline uint32_t reap_everything(void)
{
    uint32_t kinds[16], n, all = 0;
    uint64_t tokens[16];

    do {
        OK(lodge_reap(0, kinds, tokens, 16, &n));
        all += n;
    } while (n == 16);
    return all;
}

/* An engine of the preset that this run is for. */
static inline lodge_engine new_engine(void)
{
    lodge_engine engine;

    OK(preset_engine(&engine, ERR));
    return engine;
}

/* The same with settings: "fuel=on". */
static inline lodge_engine new_engine_with(const char *settings)
{
    lodge_config config;
    lodge_engine engine;

    OK(lodge_config_new(test_preset(), &config, ERR));
    if (strstr(settings, "interruption=off")) /* then there are no deadlines */
        OK(lodge_config_parse(config, TEXT("store-deadline=0"), ERR));
    OK(lodge_config_parse(config, TEXT(settings), ERR));
    OK(lodge_engine_new(config, &engine, ERR));
    return engine;
}

/* A module from text format. */
static inline lodge_module new_module(lodge_engine engine, const char *text)
{
    lodge_module module;

    OK(lodge_module_open(engine, (const uint8_t *)text, strlen(text), &module,
                         ERR));
    return module;
}

static inline lodge_store new_store(lodge_engine engine)
{
    lodge_store store;

    OK(lodge_store_new(engine, &store, ERR));
    return store;
}

static inline lodge_linker new_linker(lodge_engine engine)
{
    lodge_linker linker;

    OK(lodge_linker_new(engine, &linker, ERR));
    return linker;
}

/* An instance without imports, in a store of its own. */
static inline lodge_instance new_instance(lodge_engine engine,
                                          const char *text)
{
    lodge_linker linker = new_linker(engine);
    lodge_module module = new_module(engine, text);
    lodge_instance instance;

    OK(lodge_instance_new(linker, (lodge_store){0}, module, &instance, ERR));
    lodge_module_close(module);
    lodge_linker_close(linker);
    return instance;
}

static inline lodge_func func_of(lodge_instance instance, const char *name)
{
    lodge_func fn;

    OK(lodge_instance_func(instance, TEXT(name), &fn, ERR));
    return fn;
}

/* Ids that never name anything: none, all ones, bits above 53, random. A
 * stale one and those of other kinds are the test's business.
 */
static const uint64_t bad_ids[] = {
    0,
    UINT64_MAX,
    1,
    UINT64_C(1) << 53,
    (UINT64_C(1) << 53) - 1,
    UINT64_C(0x8000000000000000),
    UINT64_C(0x123456789ABCDEF),
    UINT64_C(0x1FFFFC0000),
    0x2FFFF,
    0x30000,
};
enum { BAD_IDS = sizeof bad_ids / sizeof *bad_ids };

/* A call with each bad id: BAD(HANDLE, lodge_func, id, call(id)) */
#define FOR_BAD_IDS(type, name, body)                                         \
    do {                                                                      \
        size_t bad_at_;                                                       \
        for (bad_at_ = 0; bad_at_ < BAD_IDS; bad_at_++) {                     \
            type name = { bad_ids[bad_at_] };                                 \
            body;                                                             \
        }                                                                     \
    } while (0)

#endif

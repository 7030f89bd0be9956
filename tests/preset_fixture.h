/* preset_fixture.h - every test under every preset of engines.
 *
 * With LODGE_TEST_PRESET naming one, the engines that tests make begin from
 * it in place of the default; the keys that a test sets come after. Tests
 * that cannot hold there are listed in presets/expected.txt, which
 * presets/run reads: it leaves them out by LODGE_TEST_SKIP, and sees to it
 * that each of them, run alone, still fails.
 */
#ifndef LODGE_PRESET_FIXTURE_H
#define LODGE_PRESET_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <lodge.h>

/* The preset of this run. A name that there is not ends the program. */
static inline uint32_t test_preset(void)
{
    static const char *const names[] = {
        "default", "untrusted",  "deterministic", "pulley",
        "small",   "no-signals", "pooling",
    };
    const char *name = getenv("LODGE_TEST_PRESET");
    uint32_t i;

    if (!name || !*name)
        return LODGE_PRESET_DEFAULT;
    for (i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0)
            return i;
    fprintf(stderr, "LODGE_TEST_PRESET: there is no preset %s\n", name);
    abort();
}

/* An engine of this run's preset, for tests that look at the status. */
static inline lodge_status preset_engine(lodge_engine *out, lodge_error *err)
{
    lodge_config config = {0};
    lodge_status st = LODGE_OK;

    if (test_preset() != LODGE_PRESET_DEFAULT)
        st = lodge_config_new(test_preset(), &config, err);
    if (st == LODGE_OK)
        st = lodge_engine_new(config, out, err);
    if (st != LODGE_OK)
        lodge_config_close(config);
    return st;
}

/* Whether engines of this preset can have shared memories, and the settings
 * for it.
 */
static inline int preset_shares(void)
{
    return test_preset() != LODGE_PRESET_PULLEY &&
           test_preset() != LODGE_PRESET_POOLING;
}

static inline const char *sharing(void)
{
    return preset_shares() ? "wasm-threads=on,shared-memory=on" : "";
}

/* Whether a name is in LODGE_TEST_SKIP, a list with blanks around each. What
 * follows a blank in the name does not count: "a_test (pulley)".
 */
static inline int is_skipped(const char *name)
{
    const char *list = getenv("LODGE_TEST_SKIP"), *at = list;
    const size_t len = strcspn(name, " ");
    size_t n;

    for (; at && *at; at += n + (at[n] == ' ')) {
        n = strcspn(at, " ");
        if (n == len && memcmp(at, name, n) == 0)
            return 1;
    }
    return 0;
}

/* Runs the tests of a room but those that are skipped. */
static inline int run_room(const char *file, const struct CMUnitTest *tests,
                           size_t count)
{
    struct CMUnitTest *kept =
        (struct CMUnitTest *)malloc(count * sizeof *kept);
    size_t i, n = 0;
    int failed;

    if (!kept)
        return -1;
    for (i = 0; i < count; i++)
        if (!is_skipped(tests[i].name))
            kept[n++] = tests[i];
    cmocka_set_test_filter(getenv("LODGE_TEST_FILTER"));
    failed = _cmocka_run_group_tests(file, kept, n, NULL, NULL);
    free(kept);
    return failed;
}

#endif

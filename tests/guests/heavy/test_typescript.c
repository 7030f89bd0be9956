/* test_typescript.c - dprint's TypeScript formatter: 4 MB of code without
 * imports, which takes seconds to compile.
 */
#include "guests/real/oracle.h"
#include "support_signals.c"

static lodge_module module;
static lodge_instance typescript;

static void real_sources_become_what_node_makes_of_them(void **state)
{
    (void)state;
    oracle_open("lib/*.ts", "typescript");
    assert_int_equal(texts.gl_pathc, 32);
    formats_as_node(typescript);
    oracle_close();
}

static void a_mistake_is_told_with_its_place(void **state)
{
    char *out;

    (void)state;
    assert_int_equal(format(typescript, "a.ts", "let x = ;\n", &out), 2);
    assert_non_null(strstr(out, "Expression expected at file:///a.ts:1:9"));
    free(out);
    assert_int_equal(format(typescript, "a.ts", "let x=1", &out), 1);
    assert_string_equal(out, "let x = 1;\n");
    free(out);
}

/* What nests deeply may end in a trap, but in nothing worse, and others do
 * not feel it.
 */
static void a_source_that_nests_too_deeply_ends_in_a_status(void **state)
{
    enum { DEEP = 100000 };
    char *text = malloc(DEEP + 1), *out;
    lodge_instance other = open_plugin(module);
    uint64_t slots[MODE_SLOTS] = {1};
    lodge_status st;

    (void)state;
    memset(text, '(', DEEP);
    text[DEEP] = 0;
    send_text(typescript, "a.ts", 4);
    call_with(typescript, "set_file_path", 0);
    send_text(typescript, text, DEEP);
    st = call_slots(func_of(typescript, "format"), slots);
    assert_true(st == LODGE_E_TRAP || st == LODGE_E_STACK ||
                (st == LODGE_OK && slots[0] == 2));
    assert_int_equal(format(other, "a.ts", "let x=1", &out), 1);
    free(out);
    free(text);
}

static int begin(void **state)
{
    (void)state;
    host_open(LODGE_HOST_DIRECT, NULL, "none", NULL, 0);
    typescript = open_plugin(module);
    return 0;
}

static int end(void **state)
{
    (void)state;
    host_close();
    return 0;
}

static int open_all(void **state)
{
    if (nothing_lives(state))
        return -1;
    host.engine = new_engine();
    module = open_guest("typescript");
    return 0;
}

static int close_all(void **state)
{
    lodge_engine_shutdown(host.engine);
    return nothing_lives(state);
}

#define TYPESCRIPT_TEST(name)                                                 \
    cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TYPESCRIPT_TEST(real_sources_become_what_node_makes_of_them),
        TYPESCRIPT_TEST(a_mistake_is_told_with_its_place),
        TYPESCRIPT_TEST(a_source_that_nests_too_deeply_ends_in_a_status),
    };

    return cmocka_run_group_tests_name(__FILE__, tests, open_all, close_all);
}

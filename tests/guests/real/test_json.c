/* test_json.c - dprint's JSON formatter, a module without imports. Python
 * tells whether what it makes of a text means the same, node whether it is
 * the same to the byte.
 */
#include "oracle.h"
#include "support_signals.c"

static lodge_module module;
static lodge_instance json;

static void real_texts_become_what_node_makes_of_them(void **state)
{
    (void)state;
    oracle_open("*.json", "json");
    formats_as_node(json);
    oracle_close();
}

/* ---- a long text -------------------------------------------------------- */

enum { RECORDS = 16000, RECORD_BYTES = 128 };

/* Records of every kind of value, badly spaced. */
static char *long_text(void)
{
    char *text = malloc((size_t)RECORDS * RECORD_BYTES + 16);
    size_t n = 0;
    int i;

    assert_non_null(text);
    text[n++] = '[';
    for (i = 0; i < RECORDS; i++)
        n += (size_t)snprintf(
            text + n, RECORD_BYTES,
            "%s{\"id\" :%d,\"name\":\"n\\u00e4me %d \xE2\x82\xAC\",\n \"list\""
            ":[%d,-%d.5e-3 , true,null],\"in\":{ \"a\":{},\"b\":[ ]}}",
            i ? ",\n" : "", i, i * 7, i % 13, i % 977);
    strcpy(text + n, "]");
    return text;
}

static void write_file(const char *folder, const char *name, const char *text)
{
    char path[256];
    FILE *f;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
    assert_int_equal(fclose(f), 0);
}

/* Python reads the same out of both. */
static void means_the_same(const char *text, const char *other)
{
    char folder[] = "/tmp/lodge-json-XXXXXX", command[512];

    assert_non_null(mkdtemp(folder));
    write_file(folder, "a", text);
    write_file(folder, "b", other);
    snprintf(command, sizeof command,
             "cd %s && python3 -c \"import json; "
             "a, b = (json.load(open(n, encoding='utf-8')) for n in 'ab'); "
             "exit(a != b or len(a) != %d)\" && rm -r %s",
             folder, RECORDS, folder);
    assert_int_equal(system(command), 0);
}

static void a_long_text_means_the_same_and_stays(void **state)
{
    char *text = long_text(), *out, *again;

    (void)state;
    assert_true(strlen(text) > 1500000);
    assert_int_equal(format(json, "long.json", text, &out), 1);
    assert_true(strlen(out) > strlen(text));
    means_the_same(text, out);
    assert_int_equal(format(json, "long.json", out, &again), 0);
    free(text);
    free(out);
}

/* ---- settings and mistakes ---------------------------------------------- */

static void its_settings_are_obeyed(void **state)
{
    static const char config[] =
        "{\"global\":{},\"plugin\":{\"indentWidth\":3,\"useTabs\":false}}";
    char *out;

    (void)state;
    send_text(json, config, sizeof config - 1);
    call_with(json, "register_config", 1);
    assert_int_equal(format(json, "a.json", "{\n\"a\":1}", &out), 1);
    assert_string_equal(out, "{\n   \"a\": 1\n}\n");
    free(out);
}

static void a_wrong_setting_is_told(void **state)
{
    static const char config[] =
        "{\"global\":{},\"plugin\":{\"indentWidth\":\"wide\"}}";
    char *told;

    (void)state;
    send_text(json, config, sizeof config - 1);
    call_with(json, "register_config", 2);
    told = receive(json, call_with(json, "get_config_diagnostics", 2));
    assert_non_null(strstr(told, "indentWidth"));
    free(told);
}

static void what_is_no_json_is_an_error_and_no_trap(void **state)
{
    static const char *const wrong[] = {"{",         "[1,", "\"",
                                        "{\"a\" 1}", "]",   "nul"};
    char *out;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(format(json, "a.json", wrong[i], &out), 2);
        assert_true(strlen(out) > 10);
        free(out);
    }
    assert_int_equal(format(json, "a.json", "[1,2]", &out), 1);
    assert_string_equal(out, "[1, 2]\n");
    free(out);
}

/* ---- every test with a plugin of its own -------------------------------- */

static int begin(void **state)
{
    (void)state;
    host_open(LODGE_HOST_DIRECT, NULL, "none", NULL, 0);
    json = open_plugin(module);
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
    module = open_guest("json");
    return 0;
}

static int close_all(void **state)
{
    lodge_engine_shutdown(host.engine);
    return nothing_lives(state);
}

#define JSON_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        JSON_TEST(real_texts_become_what_node_makes_of_them),
        JSON_TEST(a_long_text_means_the_same_and_stays),
        JSON_TEST(its_settings_are_obeyed),
        JSON_TEST(a_wrong_setting_is_told),
        JSON_TEST(what_is_no_json_is_an_error_and_no_trap),
    };

    return cmocka_run_group_tests_name(__FILE__, tests, open_all, close_all);
}

/* test_markdown.c - dprint's Markdown formatter, which asks the host to
 * format what is inside code blocks; the host has dprint's JSON formatter do
 * it, in the same store, while the request waits.
 *
 * What is expected here is what the package @dprint/formatter 0.6.0 makes of
 * the same texts with the same two plugins.
 */
#include "oracle.h"
#include "support_signals.c"

static lodge_module markdown_module, json_module;
static lodge_instance markdown, json;

/* ---- the host ----------------------------------------------------------- */

enum { HOST_FORMAT = 1, HOST_FORMATTED, HOST_ERROR, HOST_WRITE };

static const struct offer offers[] = {
    {"host_format", "i32 i32 i32 i32 i32 i32 i32 i32 -> i32"},
    {"host_get_formatted_text", "-> i32"},
    {"host_get_error_text", "-> i32"},
    {"host_write_buffer", "i32 ->"},
};

static char *formatted; /* text or error of the last host_format */
static uint32_t formats, failures;

static int is_json(const char *path)
{
    const char *dot = strrchr(path, '.');

    return dot && (!strcmp(dot, ".json") || !strcmp(dot, ".jsonc"));
}

/* path, its length, range, override and its length, text and its length */
static uint32_t host_format(const uint64_t *a)
{
    char *path = memory_read(markdown, (uint32_t)a[0], (uint32_t)a[1]);
    char *override = memory_read(markdown, (uint32_t)a[4], (uint32_t)a[5]);
    char *text = memory_read(markdown, (uint32_t)a[6], (uint32_t)a[7]);
    uint32_t changed = 0;

    assert_int_equal(a[2], 0);
    assert_int_equal(a[3], a[7]);
    free(formatted);
    formatted = NULL;
    if (is_json(path)) {
        if (override[0]) {
            send_text(json, override, (uint32_t)a[5]);
            call_with(json, "set_override_config", 0);
        }
        changed = format(json, path, text, &formatted);
        formats++;
        failures += changed == 2;
    }
    free(path);
    free(override);
    free(text);
    return changed;
}

static uint64_t serve(uint32_t import, uint64_t *slots)
{
    switch (import) {
    case HOST_FORMAT:
        slots[0] = host_format(slots);
        break;
    case HOST_FORMATTED:
    case HOST_ERROR:
        slots[0] = strlen(formatted);
        break;
    case HOST_WRITE:
        memory_write(markdown, (uint32_t)slots[0], formatted,
                     (uint32_t)strlen(formatted));
        break;
    default:
        fail_msg("import %u", import);
    }
    return 0;
}

static void open_mode(uint32_t mode)
{
    formats = failures = 0;
    host_open(mode, serve, "dprint", offers, 4);
    json = open_plugin(json_module);
    markdown = open_plugin(markdown_module);
}

static void close_mode(void)
{
    host_close();
    free(formatted);
    formatted = NULL;
}

/* Formats, and what comes out is left alone when it goes in again. */
static void becomes(const char *text, const char *want)
{
    char *out, *again;

    assert_int_equal(format(markdown, "page.md", text, &out), 1);
    if (strcmp(out, want) != 0)
        fail_msg("%s gave:\n%s", mode_names[host.mode], out);
    assert_int_equal(format(markdown, "page.md", out, &again), 0);
    free(out);
    free(again);
}

/* ---- the promises -------------------------------------------------------- */

static const char page[] =
    "Title   of it\n=====\n\n* one\n* two\n    * nested   text\n\n"
    "```json\n{\"a\":[1,2 ,3],\"b\":{\"c\":null\n}, \"d\":\"x\\u00e9\"}\n```\n"
    "\nSome *emphasis*   and __strong__ text.\n\n"
    "```json\n[\n```\n\n"
    "```jsonc\n{ // comment\n\"k\" :true,}\n```\n\n"
    "```text\n{\"a\":1}\n```\n\n"
    "| a | b |\n|--|:-:|\n| longer | 1 |\n";

static const char page_formatted[] =
    "# Title of it\n\n- one\n- two\n  - nested text\n\n"
    "```json\n{ \"a\": [1, 2, 3], \"b\": { \"c\": null }, \"d\": \"x\\u00e9\" "
    "}\n```\n"
    "\nSome _emphasis_ and **strong** text.\n\n"
    "```json\n[\n```\n\n"
    "```jsonc\n{ // comment\n  \"k\": true,\n}\n```\n\n"
    "```text\n{\"a\":1}\n```\n\n"
    "| a      |  b  |\n| ------ | :-: |\n| longer |  1  |\n";

static void a_page_becomes_the_same_in_every_mode(void **state)
{
    uint32_t mode;

    (void)state;
    for (mode = 0; mode < MODES; mode++) {
        open_mode(mode);
        becomes(page, page_formatted);
        assert_int_equal(formats, 6); /* three blocks, twice */
        assert_int_equal(failures, 2);
        close_mode();
    }
}

static void many_blocks_are_many_nested_calls(void **state)
{
    enum { BLOCKS = 300, BLOCK_BYTES = 160 };
    char *text = malloc(BLOCKS * BLOCK_BYTES);
    char *want = malloc(BLOCKS * BLOCK_BYTES);
    uint32_t mode, i;
    int n = 0, m = 0;

    (void)state;
    for (i = 0; i < BLOCKS; i++) {
        const char *gap = i == BLOCKS - 1 ? "" : "\n";

        n += snprintf(text + n, BLOCK_BYTES,
                      "Part %u\n---\n* item\n\n```json\n"
                      "{\"n\":%u,\"list\":[%u,%u ,{ }]}\n```\n%s",
                      i, i, i, i * i, gap);
        m += snprintf(want + m, BLOCK_BYTES,
                      "## Part %u\n\n- item\n\n```json\n"
                      "{ \"n\": %u, \"list\": [%u, %u, {}] }\n```\n%s",
                      i, i, i, i * i, gap);
    }
    for (mode = 0; mode < MODES; mode++) {
        open_mode(mode);
        becomes(text, want);
        assert_int_equal(formats, 2 * BLOCKS);
        assert_int_equal(failures, 0);
        close_mode();
    }
    free(text);
    free(want);
}

/* Whole documents, with code in several languages. */
static void real_pages_become_what_node_makes_of_them(void **state)
{
    uint32_t mode;

    (void)state;
    oracle_open("*.md", "markdown json");
    for (mode = 0; mode < MODES; mode++) {
        open_mode(mode);
        formats_as_node(markdown);
        close_mode();
    }
    oracle_close();
}

/* The JSON formatter alone, in a store where nothing waits. */
static void json_alone_is_the_same(void **state)
{
    char *out;

    (void)state;
    open_mode(LODGE_HOST_DIRECT);
    assert_int_equal(format(json, "a.json", "{\"a\":[1,2 ,3]}", &out), 1);
    assert_string_equal(out, "{ \"a\": [1, 2, 3] }\n");
    free(out);
    assert_int_equal(format(json, "a.json", "[", &out), 2);
    assert_non_null(strstr(out, "Unterminated array"));
    free(out);
    close_mode();
}

static int open_all(void **state)
{
    if (nothing_lives(state))
        return -1;
    host.engine = new_engine();
    markdown_module = open_guest("markdown");
    json_module = open_guest("json");
    return 0;
}

static int close_all(void **state)
{
    lodge_engine_shutdown(host.engine);
    return nothing_lives(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_becomes_the_same_in_every_mode),
        cmocka_unit_test(many_blocks_are_many_nested_calls),
        cmocka_unit_test(real_pages_become_what_node_makes_of_them),
        cmocka_unit_test(json_alone_is_the_same),
    };

    return cmocka_run_group_tests_name(__FILE__, tests, open_all, close_all);
}

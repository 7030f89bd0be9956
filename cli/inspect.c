/* inspect.c - `lodge inspect`: what a module imports, exports and needs.
 * It must not know how modules run.
 */
#include "json.h"

#include <string.h>

struct inspect_options {
    struct engine_options engine;
    bool json;
};

static const char *set_json(void *into, const char *value)
{
    struct inspect_options *opts = into;

    (void)value;
    opts->json = true;
    return NULL;
}

/* What is listed of imports and exports. */
struct column {
    const char *member; /* in JSON */
    uint32_t what;
};

static const struct column import_columns[] = {
    {"module", LODGE_ITEM_MODULE},
    {"name", LODGE_ITEM_NAME},
    {"kind", LODGE_ITEM_KIND},
    {"type", LODGE_ITEM_TYPE},
};

struct items {
    const char *name;
    module_item_fn *get;
    lodge_status (*count)(lodge_module, uint32_t *, lodge_error *);
    const struct column *columns;
    size_t width;
};

static const struct items lists[] = {
    {"imports", lodge_module_import, lodge_module_import_count, import_columns,
     4},
    {"exports", lodge_module_export, lodge_module_export_count,
     import_columns + 1, 3},
};

static const struct {
    const char *member, *title;
    uint32_t key;
} needs[] = {
    {"memories", "memories", LODGE_NEEDS_MEMORIES},
    {"memory_bytes", "memory bytes", LODGE_NEEDS_MEMORY_BYTES},
    {"tables", "tables", LODGE_NEEDS_TABLES},
    {"table_elements", "table elements", LODGE_NEEDS_TABLE_ELEMENTS},
    {"functions", "functions", LODGE_NEEDS_FUNCTIONS},
    {"globals", "globals", LODGE_NEEDS_GLOBALS},
};

enum { NEEDS = sizeof needs / sizeof *needs };

static uint64_t need(lodge_module module, uint32_t key)
{
    uint64_t value = 0;

    lodge_module_needs(module, key, &value, NULL);
    return value;
}

static bool module_name(lodge_module module, struct text *out)
{
    uint64_t len = 0;
    lodge_status st;

    text_reserve(out, 0);
    do {
        st = lodge_module_name(module, out->ptr, out->cap - 1, &len, NULL);
    } while (text_again(out, st, len));
    return out->len > 0;
}

/* The next line of the producers; false after the last one. */
static bool next_line(const struct text *all, size_t *at, struct text *line)
{
    const char *start = all->ptr + *at;
    const char *stop;

    line->len = 0;
    if (*at >= all->len)
        return false;
    stop = memchr(start, '\n', all->len - *at);
    text_add(line, start, stop ? (size_t)(stop - start) : all->len - *at);
    *at += line->len + 1;
    return true;
}

static void module_producers(lodge_module module, struct text *out)
{
    uint64_t len = 0;
    lodge_status st;

    text_reserve(out, 0);
    do {
        st =
            lodge_module_producers(module, out->ptr, out->cap - 1, &len, NULL);
    } while (text_again(out, st, len));
}

static uint64_t section_bytes(lodge_module module, uint32_t index)
{
    uint64_t len = 0;

    lodge_module_section(module, index, LODGE_ITEM_DATA, NULL, 0, &len, NULL);
    return len;
}

/* ---- for people ------------------------------------------------------- */

static void heading(const char *title, uint64_t count)
{
    out_puts("\n");
    out_styled(STYLE_HEADING, title);
    out_printf(" (%llu)\n", (unsigned long long)count);
}

static void show_items(lodge_module module, const struct items *list)
{
    struct table table = {.columns = list->width};
    struct text raw = {0}, cell = {0};
    uint32_t i, count = 0;
    size_t column;

    list->count(module, &count, NULL);
    heading(list->name, count);
    for (i = 0; i < count; i++) {
        for (column = 0; column < list->width; column++) {
            uint32_t what = list->columns[column].what;

            module_item(list->get, module, i, what, &raw);
            if (what == LODGE_ITEM_MODULE || what == LODGE_ITEM_NAME)
                escape_name(&cell, raw.ptr, raw.len);
            else
                escape(&cell, raw.ptr, raw.len, false);
            table_cell(&table, &cell);
        }
    }
    table_print(&table, "  ");
    table_free(&table);
    text_free(&raw);
}

static void show_sections(lodge_module module)
{
    struct table table = {.columns = 2};
    struct text raw = {0}, cell = {0};
    uint32_t i, count = 0;

    lodge_module_section_count(module, &count, NULL);
    heading("custom sections", count);
    for (i = 0; i < count; i++) {
        module_item(lodge_module_section, module, i, LODGE_ITEM_NAME, &raw);
        escape_name(&cell, raw.ptr, raw.len);
        table_cell(&table, &cell);
        text_printf(&cell, "%llu bytes",
                    (unsigned long long)section_bytes(module, i));
        table_cell(&table, &cell);
    }
    table_print(&table, "  ");
    table_free(&table);
    text_free(&raw);
}

static void show_producers(lodge_module module)
{
    struct text all = {0}, line = {0}, shown = {0};
    size_t at = 0;

    module_producers(module, &all);
    if (all.len) {
        out_puts("\n");
        out_styled(STYLE_HEADING, "made by");
        out_puts("\n");
    }
    while (next_line(&all, &at, &line)) {
        shown.len = 0;
        escape(&shown, line.ptr, line.len, false);
        out_printf("  %s\n", shown.ptr);
    }
    text_free(&all);
    text_free(&line);
    text_free(&shown);
}

static void show_needs(lodge_module module)
{
    struct table table = {.columns = 2};
    struct text cell = {0};
    size_t i;

    out_puts("\n");
    out_styled(STYLE_HEADING, "needs");
    out_puts("\n");
    for (i = 0; i < NEEDS; i++) {
        text_puts(&cell, needs[i].title);
        table_cell(&table, &cell);
        text_printf(&cell, "%llu",
                    (unsigned long long)need(module, needs[i].key));
        table_cell(&table, &cell);
    }
    text_puts(&cell, "start function");
    table_cell(&table, &cell);
    text_puts(&cell, need(module, LODGE_NEEDS_START) ? "yes" : "no");
    table_cell(&table, &cell);
    table_print(&table, "  ");
    table_free(&table);
}

static void show_people(const char *path, lodge_module module)
{
    struct text line = {0}, name = {0};
    size_t i;

    escape(&line, file_label(path), strlen(file_label(path)), false);
    if (module_name(module, &name)) {
        text_puts(&line, ": module ");
        escape_name(&line, name.ptr, name.len);
    }
    out_styled(STYLE_HEADING, line.ptr);
    out_puts("\n");
    text_free(&line);
    text_free(&name);
    for (i = 0; i < sizeof lists / sizeof *lists; i++)
        show_items(module, &lists[i]);
    show_sections(module);
    show_producers(module);
    show_needs(module);
}

/* ---- for programs ----------------------------------------------------- */

static json_t *json_items(lodge_module module, const struct items *list)
{
    json_t *all = json_array(), *item;
    struct text raw = {0};
    uint32_t i, count = 0;
    size_t column;

    list->count(module, &count, NULL);
    for (i = 0; i < count; i++) {
        item = json_object();
        for (column = 0; column < list->width; column++) {
            module_item(list->get, module, i, list->columns[column].what,
                        &raw);
            json_object_set_new(item, list->columns[column].member,
                                json_text(&raw));
        }
        json_array_append_new(all, item);
    }
    text_free(&raw);
    return all;
}

static json_t *json_sections(lodge_module module)
{
    json_t *all = json_array();
    struct text raw = {0};
    uint32_t i, count = 0;

    lodge_module_section_count(module, &count, NULL);
    for (i = 0; i < count; i++) {
        module_item(lodge_module_section, module, i, LODGE_ITEM_NAME, &raw);
        json_array_append_new(
            all, json_pack("{s:o, s:I}", "name", json_text(&raw), "bytes",
                           (json_int_t)section_bytes(module, i)));
    }
    text_free(&raw);
    return all;
}

static json_t *json_producers(lodge_module module)
{
    json_t *lines = json_array();
    struct text all = {0}, line = {0};
    size_t at = 0;

    module_producers(module, &all);
    while (next_line(&all, &at, &line))
        json_array_append_new(lines, json_text(&line));
    text_free(&all);
    text_free(&line);
    return lines;
}

/* A 64-bit memory may need more than JSON's integers hold. */
static json_t *json_needs(lodge_module module)
{
    json_t *all = json_object();
    uint64_t value;
    size_t i;

    for (i = 0; i < NEEDS; i++) {
        value = need(module, needs[i].key);
        json_object_set_new(all, needs[i].member,
                            value <= INT64_MAX
                                ? json_integer((json_int_t)value)
                                : json_real((double)value));
    }
    json_object_set_new(all, "start",
                        json_boolean(need(module, LODGE_NEEDS_START)));
    return all;
}

static bool show_json(const char *path, lodge_module module)
{
    struct text file = {0}, name = {0};
    json_t *root = json_object();
    size_t i;

    text_puts(&file, path);
    json_object_set_new(root, "format", json_integer(1));
    json_object_set_new(root, "file", json_text(&file));
    json_object_set_new(root, "name",
                        module_name(module, &name) ? json_text(&name)
                                                   : json_null());
    for (i = 0; i < sizeof lists / sizeof *lists; i++)
        json_object_set_new(root, lists[i].name,
                            json_items(module, &lists[i]));
    json_object_set_new(root, "sections", json_sections(module));
    json_object_set_new(root, "producers", json_producers(module));
    json_object_set_new(root, "needs", json_needs(module));
    text_free(&file);
    text_free(&name);
    return out_json(root);
}

/* ---- the command ------------------------------------------------------ */

static int run(const struct command *self, char **argv)
{
    struct inspect_options opts = {0};
    lodge_engine engine = {0};
    lodge_module module = {0};
    struct operands rest;
    int code = args_parse(self, argv, &opts, &rest);

    /* Nothing will run: compile as quickly as can be. */
    if (code == CODE_GO_ON)
        code = engine_open(&opts.engine, "opt-level=none", &engine);
    if (code != CODE_GO_ON)
        goto out;
    code = CODE_FAILED;
    if (!module_open(rest.at[0], engine, &module))
        goto out;
    code = CODE_DONE;
    if (!opts.json)
        show_people(rest.at[0], module);
    else if (!show_json(rest.at[0], module))
        code = CODE_FAILED;
out:
    lodge_module_close(module);
    lodge_engine_close(engine);
    list_free(&opts.engine.config);
    return code;
}

static const struct option options[] = {
    {"json", 0, NULL, "print JSON; its form is in lodge-inspect(1)", set_json},
    KEY_OPTION,
    ENGINE_OPTIONS,
    {0},
};

const struct command command_inspect = {
    .name = "inspect",
    .operands = "FILE",
    .summary = "Show what a module imports, exports and needs.",
    .about =
        "FILE is a binary or a text module, or what `lodge compile` made; "
        "- is stdin.\nNames that would mislead are shown in quotes, with "
        "escapes as in text modules.\n",
    .options = options,
    .least = 1,
    .most = 1,
    .run = run,
};

/* config.c - `lodge config`: the configuration keys of this build.
 * It must not know any key.
 */
#include "json.h"

struct config_options {
    bool json;
};

static const char *set_json(void *into, const char *value)
{
    struct config_options *opts = into;

    (void)value;
    opts->json = true;
    return NULL;
}

static const char *type_name(uint32_t type)
{
    static const char *const names[] = {
        [LODGE_VALUE_BOOL] = "bool",
        [LODGE_VALUE_UINT] = "number",
        [LODGE_VALUE_CHOICE] = "choice",
        [LODGE_VALUE_TEXT] = "text",
    };

    return type < sizeof names / sizeof *names && names[type] ? names[type]
                                                              : "unknown";
}

static uint32_t key_text(uint32_t index, uint32_t what, struct text *out)
{
    uint32_t type = 0;
    uint64_t len = 0;
    lodge_status st;

    out->len = 0;
    text_reserve(out, 0);
    do {
        st = lodge_config_key(index, what, NULL, &type, out->ptr, out->cap - 1,
                              &len);
    } while (text_again(out, st, len));
    out->ptr[out->len] = '\0';
    return type;
}

static void show_table(void)
{
    static const uint32_t columns[] = {LODGE_KEY_NAME, LODGE_KEY_DEFAULT,
                                       LODGE_KEY_RANGE, LODGE_KEY_HELP};
    struct table table = {.columns = 5};
    struct text cell = {0};
    uint32_t i, column, type;

    for (i = 0; i < lodge_config_key_count(); i++) {
        for (column = 0; column < 4; column++) {
            type = key_text(i, columns[column], &cell);
            table_cell(&table, &cell);
            if (column > 0)
                continue;
            text_puts(&cell, type_name(type));
            table_cell(&table, &cell);
        }
    }
    table_print(&table, "");
    table_free(&table);
}

static bool show_json(void)
{
    static const struct {
        const char *member;
        uint32_t what;
    } members[] = {
        {"name", LODGE_KEY_NAME},
        {"default", LODGE_KEY_DEFAULT},
        {"range", LODGE_KEY_RANGE},
        {"help", LODGE_KEY_HELP},
    };
    json_t *keys = json_array(), *key, *root;
    struct text value = {0};
    uint32_t i, type = 0;
    size_t m;

    for (i = 0; i < lodge_config_key_count(); i++) {
        key = json_object();
        for (m = 0; m < sizeof members / sizeof *members; m++) {
            type = key_text(i, members[m].what, &value);
            json_object_set_new(key, members[m].member,
                                json_string(value.ptr));
        }
        json_object_set_new(key, "type", json_string(type_name(type)));
        json_array_append_new(keys, key);
    }
    text_free(&value);
    root = json_pack("{s:i, s:o}", "format", 1, "keys", keys);
    return out_json(root);
}

static int run(const struct command *self, char **argv)
{
    struct config_options opts = {0};
    struct operands rest;
    int code = args_parse(self, argv, &opts, &rest);

    if (code != CODE_GO_ON)
        return code;
    if (opts.json)
        return show_json() ? CODE_DONE : CODE_FAILED;
    show_table();
    return CODE_DONE;
}

static const struct option options[] = {
    {"json", 0, NULL, "print JSON; its form is in lodge-config(1)", set_json},
    {0},
};

const struct command command_config = {
    .name = "config",
    .operands = "",
    .summary = "List the configuration keys for --config.",
    .about = "One line a key: name, type, default, range or choices, help.\n",
    .options = options,
    .run = run,
};

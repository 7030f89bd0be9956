/* json.c - JSON on stdout.
 * It must not know what it describes.
 */
#include "json.h"

static int add(const char *ptr, size_t len, void *unused)
{
    (void)unused;
    out_add(ptr, len);
    return 0;
}

/* Only ASCII leaves: a foreign name is data, and must not reach a terminal
 * as anything else.
 */
bool out_json(json_t *root)
{
    int bad = json_dump_callback(root, add, NULL,
                                 JSON_INDENT(2) | JSON_ENSURE_ASCII);

    json_decref(root);
    out_puts("\n");
    if (bad)
        fail("out of memory");
    return !bad;
}

json_t *json_text(const struct text *text)
{
    struct text visible = {0};
    json_t *value = json_stringn(text->ptr ? text->ptr : "", text->len);

    if (value)
        return value;
    escape(&visible, text->ptr, text->len, false);
    value = json_string(visible.ptr);
    text_free(&visible);
    return value;
}

/* invoke.c - `--invoke`: typed arguments from words, results to lines.
 * It must not know how a call is made.
 */
#include "run.h"

#include <stdlib.h>
#include <string.h>

static uint32_t export_count(lodge_module module)
{
    uint32_t count = 0;

    lodge_module_export_count(module, &count, NULL);
    return count;
}

static bool is(const struct text *text, const char *word)
{
    return text->len == strlen(word) &&
           memcmp(text->ptr, word, text->len) == 0;
}

/* Find an export; `kind` gets its kind, `type` its type. */
static bool find_export(lodge_module module, const char *name,
                        struct text *kind, struct text *type)
{
    uint32_t i, count = export_count(module);

    for (i = 0; i < count; i++) {
        module_item(lodge_module_export, module, i, LODGE_ITEM_NAME, kind);
        if (!is(kind, name))
            continue;
        module_item(lodge_module_export, module, i, LODGE_ITEM_KIND, kind);
        module_item(lodge_module_export, module, i, LODGE_ITEM_TYPE, type);
        kind->ptr[kind->len] = '\0';
        type->ptr[type->len] = '\0';
        return true;
    }
    return false;
}

bool export_is_func(lodge_module module, const char *name, struct text *type)
{
    struct text kind = {0};
    bool yes = find_export(module, name, &kind, type) && is(&kind, "func");

    text_free(&kind);
    return yes;
}

/* ---- what could have been meant --------------------------------------- */

enum { NAMES_SHOWN = 12 };

/* Names of functions for a hint; the nearest one goes to `best`. */
static void offer_functions(lodge_module module, const char *name,
                            struct text *all, struct text *best)
{
    struct text kind = {0}, item = {0};
    uint32_t i, shown = 0, count = export_count(module);
    struct nearest near;

    nearest_begin(&near, name ? name : "");
    for (i = 0; i < count; i++) {
        module_item(lodge_module_export, module, i, LODGE_ITEM_KIND, &kind);
        if (!is(&kind, "func"))
            continue;
        module_item(lodge_module_export, module, i, LODGE_ITEM_NAME, &item);
        item.ptr[item.len] = '\0';
        near.best = NULL;
        nearest_offer(&near, item.ptr);
        if (name && near.best) {
            best->len = 0;
            escape_name(best, item.ptr, item.len);
        }
        if (shown < NAMES_SHOWN) {
            text_puts(all, shown ? ", " : "");
            escape_name(all, item.ptr, item.len);
        } else if (shown == NAMES_SHOWN) {
            text_puts(all, ", ...");
        }
        shown++;
    }
    text_free(&kind);
    text_free(&item);
}

static void hint_functions(lodge_module module, const char *name)
{
    struct text all = {0}, best = {0};

    offer_functions(module, name, &all, &best);
    if (best.len)
        hint("did you mean %s?", best.ptr);
    else if (all.len)
        hint("functions for --invoke: %s", all.ptr);
    else
        hint("it exports no function");
    text_free(&all);
    text_free(&best);
}

/* ---- arguments -------------------------------------------------------- */

/* Counts the values and slots of one side; names a type that has no text. */
static size_t measure(const char *signature, bool results, size_t *slots,
                      char strange[32])
{
    struct signature sig = {.next = signature};
    size_t count = 0;
    char type[32];

    *slots = 0;
    while (signature_next(&sig, results, type)) {
        count++;
        *slots += value_slots(type) ? value_slots(type) : 1;
        if (!value_slots(type))
            strcpy(strange, type);
    }
    return count;
}

static int parse_arguments(struct guest *guest)
{
    struct signature sig = {.next = guest->type.ptr};
    uint64_t *slot = guest->slots;
    char type[32];
    size_t i;

    for (i = 0; signature_next(&sig, false, type); i++) {
        if (!value_parse(type, guest->args.at[i], slot)) {
            fail("%s: argument %zu: %s is not an %s", guest->opts->invoke,
                 i + 1, guest->args.at[i], type);
            if (strcmp(type, "v128") == 0)
                hint("write 0x and 32 hexadecimal digits");
            else if (*type == 'f')
                hint("write a decimal number, inf or nan, with - before it "
                     "if it is negative");
            else
                hint("write a decimal or 0x number of %s bits", type + 1);
            return CODE_USAGE;
        }
        slot += value_slots(type);
    }
    return CODE_GO_ON;
}

/* Read the arguments by the signature, before anything runs. */
static int prepare(struct guest *guest)
{
    size_t params, results, needed;
    char strange[32] = "", unused[32];

    needed = measure(guest->type.ptr, false, &params, strange);
    measure(guest->type.ptr, true, &results, unused);
    if (*strange) {
        fail("%s: takes a %s, which cannot be written as a word",
             guest->opts->invoke, strange);
        return CODE_USAGE;
    }
    if (guest->args.len != needed) {
        fail("%s: takes %zu argument%s, %zu given", guest->opts->invoke,
             needed, needed == 1 ? "" : "s", guest->args.len);
        hint("its type is %s", guest->type.ptr);
        return CODE_USAGE;
    }
    guest->slots_len = (uint32_t)(params > results ? params : results);
    guest->slots = grow(NULL, guest->slots_len + 1u, sizeof *guest->slots);
    memset(guest->slots, 0, (guest->slots_len + 1u) * sizeof *guest->slots);
    return parse_arguments(guest);
}

int invoke_choose(struct guest *guest)
{
    const char *name = guest->opts->invoke;
    struct text kind = {0};
    int code = CODE_USAGE;

    if (!name) {
        fail("%s: has no _start", file_label(guest->path));
        hint_functions(guest->module, NULL);
        return CODE_FAILED;
    }
    if (!find_export(guest->module, name, &kind, &guest->type)) {
        fail("%s: exports no %s", file_label(guest->path), name);
        hint_functions(guest->module, name);
    } else if (!is(&kind, "func")) {
        fail("%s: %s is a %s, not a function", file_label(guest->path), name,
             kind.ptr);
        hint_functions(guest->module, NULL);
    } else {
        guest->entry = name;
        code = prepare(guest);
    }
    text_free(&kind);
    return code;
}

void invoke_show(const struct guest *guest)
{
    struct signature sig = {.next = guest->type.ptr};
    const uint64_t *slot = guest->slots;
    struct text line = {0};
    char type[32];

    while (signature_next(&sig, true, type)) {
        line.len = 0;
        value_show(type, slot, &line);
        text_puts(&line, "\n");
        out_add(line.ptr, line.len);
        slot += value_slots(type) ? value_slots(type) : 1;
    }
    text_free(&line);
}

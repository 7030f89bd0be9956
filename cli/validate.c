/* validate.c - `lodge validate`: is this a module that would compile?
 * It must not know what modules are for.
 */
#include "cli.h"

#include <string.h>

static bool check(const char *path, lodge_engine engine)
{
    struct text source = {0}, binary = {0};
    const struct text *module = &source;
    struct failure why;
    lodge_module loaded = {0};
    lodge_status st;
    bool good = false;

    failure_init(&why);
    if (module_is_compiled(path)) {
        good = module_open(path, engine, &loaded);
        goto out;
    }
    if (!module_read(path, engine, &source))
        goto out;
    if (module_form(&source) == FORM_TEXT) {
        if (!module_translate(path, &source, &binary))
            goto out;
        module = &binary;
    }
    st = lodge_module_validate(engine, (const uint8_t *)module->ptr,
                               module->len, &why.err);
    good = st == LODGE_OK;
    if (!good)
        fail("%s: %s", file_label(path), failure_message(&why));
out:
    lodge_module_close(loaded);
    text_free(&source);
    text_free(&binary);
    return good;
}

static void show_good(const char *path)
{
    struct text line = {0};

    escape(&line, file_label(path), strlen(file_label(path)), false);
    text_puts(&line, ": ");
    out_puts(line.ptr);
    out_styled(STYLE_GOOD, "ok");
    out_puts("\n");
    text_free(&line);
}

static int run(const struct command *self, char **argv)
{
    struct engine_options opts = {0};
    lodge_engine engine = {0};
    struct operands rest;
    size_t i;
    int code = args_parse(self, argv, &opts, &rest);

    if (code == CODE_GO_ON)
        code = engine_open(&opts, NULL, &engine);
    if (code != CODE_GO_ON)
        goto out;
    code = CODE_DONE;
    for (i = 0; i < rest.len; i++) {
        if (check(rest.at[i], engine))
            show_good(rest.at[i]);
        else
            code = CODE_FAILED;
    }
out:
    lodge_engine_close(engine);
    list_free(&opts.config);
    return code;
}

static const struct option options[] = {KEY_OPTION, ENGINE_OPTIONS, {0}};

const struct command command_validate = {
    .name = "validate",
    .operands = "FILE...",
    .summary = "Check that modules are valid, without compiling them.",
    .about =
        "FILE is a binary or a text module, or what `lodge compile` made; "
        "- is stdin.\nPrints `FILE: ok` for each valid one. The exit code "
        "is 1 if one is not.\n",
    .options = options,
    .least = 1,
    .most = ANY,
    .run = run,
};

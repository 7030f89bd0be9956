/* compile.c - `lodge compile`: modules to sealed compiled code.
 * It must not know how code is sealed.
 */
#include "json.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct compile_options {
    struct engine_options engine; /* first */
    const char *output;
    bool json;
};

static const char *set_output(void *into, const char *value)
{
    struct compile_options *opts = into;

    if (!*value)
        return "needs a file name";
    opts->output = value;
    return NULL;
}

static const char *set_json(void *into, const char *value)
{
    struct compile_options *opts = into;

    (void)value;
    opts->json = true;
    return NULL;
}

/* FILE with .cwasm in place of .wasm or .wat. */
static bool output_name(const struct compile_options *opts, const char *path,
                        struct text *out)
{
    size_t len = strlen(path);

    if (opts->output) {
        text_puts(out, opts->output);
        return true;
    }
    if (strcmp(path, "-") == 0) {
        fail("name the file for the code with -o");
        return false;
    }
    if (len > 5 && strcmp(path + len - 5, ".wasm") == 0)
        len -= 5;
    else if (len > 4 && strcmp(path + len - 4, ".wat") == 0)
        len -= 4;
    text_add(out, path, len);
    text_puts(out, ".cwasm");
    return true;
}

static bool same_file(const char *a, const char *b)
{
    struct stat one, other;

    return stat(a, &one) == 0 && stat(b, &other) == 0 &&
           one.st_dev == other.st_dev && one.st_ino == other.st_ino &&
           S_ISREG(one.st_mode);
}

/* A pipe or a terminal gets the bytes; a file is replaced whole. */
static bool save(lodge_module module, const char *path, const struct text *key)
{
    struct text bytes = {0};
    struct failure why;
    uint64_t len = 0;
    lodge_status st;

    failure_init(&why);
    if (strcmp(path, "-") != 0) {
        st = lodge_module_save_file(module, path, strlen(path),
                                    (const uint8_t *)key->ptr, key->len,
                                    &why.err);
    } else {
        text_reserve(&bytes, 0);
        do {
            st = lodge_module_save(module, (const uint8_t *)key->ptr, key->len,
                                   (uint8_t *)bytes.ptr, bytes.cap - 1, &len,
                                   &why.err);
        } while (text_again(&bytes, st, len));
        if (st == LODGE_OK)
            out_add(bytes.ptr, bytes.len);
    }
    text_free(&bytes);
    if (st != LODGE_OK)
        fail("%s", failure_message(&why));
    return st == LODGE_OK;
}

static bool tell(const char *path, const char *output)
{
    struct stat info = {0};

    if (stat(output, &info) != 0)
        info.st_size = 0;
    return out_json(json_pack("{s:i, s:s, s:s, s:I}", "format", 1, "file",
                              file_label(path), "output", output, "bytes",
                              (json_int_t)info.st_size));
}

static int compile(const struct compile_options *opts, const char *path,
                   const char *output)
{
    struct text key = {0};
    lodge_engine engine = {0};
    lodge_module module = {0};
    int code = engine_open(&opts->engine, NULL, &engine);

    if (code != CODE_GO_ON)
        goto out;
    code = CODE_FAILED;
    if (key_open(true, &key) && module_compile(path, engine, &module) &&
        save(module, output, &key) && (!opts->json || tell(path, output)))
        code = CODE_DONE;
out:
    lodge_module_close(module);
    lodge_engine_close(engine);
    text_free(&key);
    return code;
}

static int run(const struct command *self, char **argv)
{
    struct compile_options opts = {0};
    struct text output = {0};
    struct operands rest;
    int code = args_parse(self, argv, &opts, &rest);

    if (code != CODE_GO_ON)
        goto out;
    code = CODE_USAGE;
    if (!output_name(&opts, rest.at[0], &output))
        goto out;
    if (strcmp(output.ptr, "-") == 0 && (opts.json || isatty(STDOUT_FILENO)))
        fail("the code cannot go to stdout together with --json, nor to a "
             "terminal");
    else if (same_file(rest.at[0], output.ptr))
        fail("%s: is the source as well", output.ptr);
    else
        code = compile(&opts, rest.at[0], output.ptr);
out:
    text_free(&output);
    list_free(&opts.engine.config);
    return code;
}

static const struct option options[] = {
    {"output", 'o', "OUT",
     "write to this file; without it FILE's name ending in .cwasm",
     set_output},
    KEY_OPTION,
    ENGINE_OPTIONS,
    {"json", 0, NULL, "print JSON; its form is in lodge-compile(1)", set_json},
    {0},
};

const struct command command_compile = {
    .name = "compile",
    .operands = "FILE",
    .summary = "Compile a module, so that it need not be again.",
    .about =
        "FILE is a binary or a text module; - is stdin. The code is sealed "
        "with a key:\nwhat was changed, or sealed with another key, is never "
        "run. `lodge run`,\n`inspect` and `validate` take it in place of a "
        "module, with the same --config.\n\n"
        "The key is in the file `key` of the user's configuration folder, "
        "made at first\nuse; others must not be able to read it.\n",
    .options = options,
    .least = 1,
    .most = 1,
    .run = run,
};

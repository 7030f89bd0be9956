/* module.c - modules from files, with a reason when a file is not one.
 * It must not know what is done with them.
 */
#include "cli.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- what a file is --------------------------------------------------- */

static bool begins(const struct text *bytes, const char *with, size_t len)
{
    return bytes->len >= len && memcmp(bytes->ptr, with, len) == 0;
}

enum module_form module_form(const struct text *bytes)
{
    size_t i = 0;

    if (begins(bytes, "\0asm", 4))
        return FORM_BINARY;
    if (bytes->len > 14 && memcmp(bytes->ptr + 9, "LODGE", 5) == 0 &&
        begins(bytes,
               "\x7f"
               "ELF",
               4))
        return FORM_COMPILED;
    while (i < bytes->len && strchr(" \t\r\n", bytes->ptr[i]) && bytes->ptr[i])
        i++;
    if (i < bytes->len && (bytes->ptr[i] == '(' || bytes->ptr[i] == ';'))
        return FORM_TEXT;
    return FORM_OTHER;
}

static bool refuse(const char *path, const struct text *bytes)
{
    if (bytes->len == 0) {
        fail("%s: is empty", file_label(path));
        return false;
    }
    fail("%s: not a WebAssembly module", file_label(path));
    if (begins(bytes,
               "\x7f"
               "ELF",
               4))
        hint("this is a native program or library");
    else if (begins(bytes, "#!", 2))
        hint("this is a script");
    else
        hint("a module begins with the bytes 00 61 73 6d, or is text that "
             "begins with (");
    return false;
}

bool module_read(const char *path, lodge_engine engine, struct text *out)
{
    uint64_t most = UINT32_MAX;

    if (engine.id)
        lodge_engine_get(engine, LODGE_CONFIG_MAX_MODULE_BYTES, &most, NULL);
    if (!file_read(path, most, out))
        return false;
    if (module_form(out) == FORM_COMPILED) {
        fail("%s: is compiled code, and holds no module", file_label(path));
        return false;
    }
    if (module_form(out) == FORM_OTHER)
        return refuse(path, out);
    if (begins(out, "\0asm\x0d\0\x01\0", 8)) {
        fail("%s: a component, not a core module", file_label(path));
        hint("Lodge runs core modules; build for wasm32-wasip1");
        return false;
    }
    return true;
}

/* ---- opening ---------------------------------------------------------- */

bool module_compile(const char *path, lodge_engine engine, lodge_module *out)
{
    struct text bytes = {0};
    struct failure why;
    bool good = false;
    lodge_status st;

    failure_init(&why);
    if (!module_read(path, engine, &bytes))
        goto out;
    progress_begin(file_label(path));
    st = lodge_module_open(engine, (const uint8_t *)bytes.ptr, bytes.len, out,
                           &why.err);
    progress_end();
    good = st == LODGE_OK;
    if (good)
        goto out;
    fail("%s: %s", file_label(path), failure_message(&why));
    if (st == LODGE_E_LIMIT)
        hint("limits on modules are configuration keys: `lodge config`");
out:
    text_free(&bytes);
    return good;
}

bool module_is_compiled(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct text head = {0};
    struct stat info;
    bool is = false;
    ssize_t n;

    if (fd < 0)
        return false;
    text_reserve(&head, 64);
    if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode)) {
        n = read(fd, head.ptr, 64);
        head.len = n > 0 ? (size_t)n : 0;
        is = module_form(&head) == FORM_COMPILED;
    }
    close(fd);
    text_free(&head);
    return is;
}

static void hint_refused(const lodge_error *err)
{
    switch (err->detail) {
    case LODGE_SEALED_KEY:
        hint("--key-file names the key that it was compiled with");
        break;
    case LODGE_SEALED_SETTINGS:
        hint("use the --config and --preset that it was compiled with");
        break;
    case LODGE_SEALED_FORMAT:
    case LODGE_SEALED_VERSION:
    case LODGE_SEALED_CPU:
        hint("`lodge compile` makes code for this machine");
        break;
    default:
        break;
    }
}

static bool load(const char *path, lodge_engine engine, lodge_module *out)
{
    struct text key = {0};
    struct failure why;
    bool good = key_open(false, &key);

    failure_init(&why);
    if (good && lodge_module_load_file(engine, path, strlen(path),
                                       (const uint8_t *)key.ptr, key.len, out,
                                       &why.err) != LODGE_OK) {
        fail("%s: %s", file_label(path), failure_message(&why));
        hint_refused(&why.err);
        good = false;
    }
    text_free(&key);
    return good;
}

bool module_open(const char *path, lodge_engine engine, lodge_module *out)
{
    return module_is_compiled(path) ? load(path, engine, out)
                                    : module_compile(path, engine, out);
}

bool module_translate(const char *path, const struct text *source,
                      struct text *binary)
{
    struct failure why;
    uint64_t len = 0;
    lodge_status st;

    failure_init(&why);
    text_reserve(binary, source->len);
    do {
        st = lodge_text_to_binary(source->ptr, source->len,
                                  (uint8_t *)binary->ptr, binary->cap - 1,
                                  &len, &why.err);
    } while (text_again(binary, st, len));
    if (st != LODGE_OK)
        fail("%s: %s", file_label(path), failure_message(&why));
    return st == LODGE_OK;
}

bool module_item(module_item_fn *get, lodge_module module, uint32_t index,
                 uint32_t what, struct text *out)
{
    uint64_t len = 0;
    lodge_status st;

    out->len = 0;
    text_reserve(out, 0);
    do {
        st = get(module, index, what, out->ptr, out->cap - 1, &len, NULL);
    } while (text_again(out, st, len));
    return st == LODGE_OK;
}

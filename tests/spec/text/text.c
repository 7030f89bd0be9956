/* text.c - every module of the specification's suite, and whatever binaries
 * are named besides, printed as text and translated back.
 *
 * usage: spec_text FOLDER ["text" [FILTER]]
 *
 * FOLDER is searched for *.wasm. A module that is printed must come back
 * from its text, and what came back must give the same bytes again when it
 * is printed in its turn. (The text may differ: custom sections move.) A malformed one may be refused, but then with E_COMPILE.
 */
#define _XOPEN_SOURCE 700
#include <ftw.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lodge.h>

static struct {
    unsigned modules, refused, bad;
    const char *filter;
} count;

struct bytes {
    char *ptr;
    uint64_t len;
};

static lodge_error err = LODGE_ERROR_INIT;

static void complain(const char *path, const char *what)
{
    fprintf(stderr, "%s: %s: %s\n", path, what, err.message);
    count.bad++;
}

static int read_file(const char *path, struct bytes *out)
{
    FILE *f = fopen(path, "rb");
    long size = -1;

    if (f && fseek(f, 0, SEEK_END) == 0)
        size = ftell(f);
    if (size < 0 || fseek(f, 0, SEEK_SET) != 0)
        return -1;
    out->len = (uint64_t)size;
    out->ptr = malloc(out->len + 1);
    size = (long)fread(out->ptr, 1, out->len, f);
    fclose(f);
    return (uint64_t)size == out->len ? 0 : -1;
}

static lodge_status to_text(struct bytes in, struct bytes *out)
{
    const uint8_t *ptr = (const uint8_t *)in.ptr;
    lodge_status st;

    out->ptr = NULL;
    st = lodge_binary_to_text(ptr, in.len, 0, NULL, 0, &out->len, &err);
    if (st != LODGE_E_BUFFER)
        return st;
    out->ptr = malloc(out->len + 1);
    return lodge_binary_to_text(ptr, in.len, 0, out->ptr, out->len, &out->len,
                                &err);
}

static lodge_status to_binary(struct bytes in, struct bytes *out)
{
    lodge_status st;

    out->ptr = NULL;
    st = lodge_text_to_binary(in.ptr, in.len, NULL, 0, &out->len, &err);
    if (st != LODGE_E_BUFFER)
        return st;
    out->ptr = malloc(out->len + 1);
    return lodge_text_to_binary(in.ptr, in.len, (uint8_t *)out->ptr, out->len,
                                &out->len, &err);
}

static int same(struct bytes a, struct bytes b)
{
    return a.len == b.len && memcmp(a.ptr, b.ptr, a.len) == 0;
}

/* text: that of `path`. */
static void check_back(const char *path, struct bytes text)
{
    struct bytes binary = {0}, again = {0}, last = {0};

    if (to_binary(text, &binary) != LODGE_OK)
        complain(path, "its text is not accepted");
    else if (to_text(binary, &again) != LODGE_OK)
        complain(path, "what came back cannot be printed");
    else if (to_binary(again, &last) != LODGE_OK || !same(binary, last))
        complain(path, "the bytes have changed");
    free(binary.ptr);
    free(again.ptr);
    free(last.ptr);
}

static void check(const char *path, lodge_engine engine)
{
    struct bytes in = {0}, text = {0};
    int valid;
    lodge_status st;

    if (read_file(path, &in) != 0) {
        complain(path, "cannot be read");
        return;
    }
    count.modules++;
    valid = lodge_module_validate(engine, (const uint8_t *)in.ptr, in.len,
                                  NULL) == LODGE_OK;
    st = to_text(in, &text);
    if (st == LODGE_OK && valid)
        check_back(path, text);
    else if (valid || (st != LODGE_OK && st != LODGE_E_COMPILE))
        complain(path, "cannot be printed");
    else if (st != LODGE_OK)
        count.refused++;
    free(in.ptr);
    free(text.ptr);
}

static lodge_engine engine;

static int visit(const char *path, const struct stat *info, int type,
                 struct FTW *at)
{
    size_t len = strlen(path);

    (void)info;
    (void)at;
    if (type == FTW_F && len > 5 && strcmp(path + len - 5, ".wasm") == 0 &&
        strstr(path, count.filter))
        check(path, engine);
    return 0;
}

int main(int argc, char **argv)
{
    static const char all[] =
        "custom-page-sizes=on,wide-arithmetic=on,gc=on,exceptions=on,"
        "shared-memory=on,function-references=on";
    lodge_config config;

    if (argc < 2)
        return 2;
    count.filter = argc > 3 ? argv[3] : "";
    if (lodge_config_new(LODGE_PRESET_DEFAULT, &config, &err) != LODGE_OK ||
        lodge_config_parse(config, all, sizeof all - 1, &err) != LODGE_OK ||
        lodge_engine_new(config, &engine, &err) != LODGE_OK) {
        complain("engine", "cannot be made");
        return 1;
    }
    if (nftw(argv[1], visit, 32, FTW_PHYS) != 0)
        complain(argv[1], "cannot be searched");
    lodge_engine_close(engine);
    printf("spec text: %u modules, %u of them refused, %u wrong\n",
           count.modules, count.refused, count.bad);
    return count.bad || !count.modules;
}

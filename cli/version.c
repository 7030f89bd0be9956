/* version.c - `lodge version`: what is running.
 * It must not know how the versions came about.
 */
#include "cli.h"

static const struct {
    uint64_t bit;
    const char *name;
} features[] = {
    {LODGE_FEATURE_COMPILER, "compiler"},
    {LODGE_FEATURE_PULLEY, "pulley"},
    {LODGE_FEATURE_GC, "gc"},
    {LODGE_FEATURE_THREADS, "threads"},
    {LODGE_FEATURE_POOLING, "pooling"},
    {LODGE_FEATURE_WASI, "wasi"},
    {LODGE_FEATURE_TEXT, "text"},
};

static void show(const char *name, uint32_t version)
{
    out_printf("%s %u.%u.%u\n", name, version >> 16, version >> 8 & 0xFF,
               version & 0xFF);
}

static int run(const struct command *self, char **argv)
{
    struct operands rest;
    size_t i;
    int code = args_parse(self, argv, NULL, &rest);

    if (code != CODE_GO_ON)
        return code;
    show("lodge", lodge_version());
    show("wasmtime", lodge_wasmtime_version());
    out_printf("abi %u.%u %016llx\n", lodge_abi() >> 16, lodge_abi() & 0xFFFF,
               (unsigned long long)lodge_abi_hash());
    out_puts("features");
    for (i = 0; i < sizeof features / sizeof *features; i++)
        if (lodge_features() & features[i].bit)
            out_printf(" %s", features[i].name);
    out_puts("\n");
    return CODE_DONE;
}

static const struct option options[] = {{0}};

const struct command command_version = {
    .name = "version",
    .operands = "",
    .summary =
        "Show the versions of Lodge and Wasmtime, and what is built in.",
    .about = "",
    .options = options,
    .run = run,
};

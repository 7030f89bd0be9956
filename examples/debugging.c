/* debugging.c - what a guest did: its core dump after a trap, and a profile
 * of where it spent its time.
 *
 * With two file names as arguments, the core dump and the profile are written
 * there: `lodge wat` shows the one, https://profiler.firefox.com the other.
 */
#include <lodge.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT(s) s, strlen(s)

static const char guest_text[] =
    "(module $counter\n"
    "  (memory (export \"memory\") 1)\n"
    "  (func $step (param $n i32) (result i32)\n"
    "    (if (i32.eqz (local.get $n)) (then unreachable))\n"
    "    (i32.store (i32.const 64) (local.get $n))\n"
    "    (i32.sub (local.get $n) (i32.const 1)))\n"
    "  (func $count (export \"count\") (param $n i32)\n"
    "    (loop $again\n"
    "      (local.set $n (call $step (local.get $n)))\n"
    "      (br $again))))\n";

static lodge_error err = LODGE_ERROR_INIT;

static void must(lodge_status st)
{
    if (st == LODGE_OK)
        return;
    fprintf(stderr, "debugging: %s\n", err.message);
    exit(1);
}

static void expect(int as_expected, const char *what)
{
    if (as_expected)
        return;
    fprintf(stderr, "debugging: not as expected: %s\n", what);
    exit(1);
}

static void save(const char *path, const void *ptr, uint64_t len)
{
    FILE *file = path ? fopen(path, "wb") : NULL;

    if (path && (!file || fwrite(ptr, 1, len, file) != len))
        fprintf(stderr, "debugging: cannot write %s\n", path);
    if (file)
        fclose(file);
}

static lodge_instance make(lodge_engine engine)
{
    lodge_linker linker;
    lodge_module module;
    lodge_instance guest;

    must(lodge_module_open(engine, (const uint8_t *)TEXT(guest_text), &module,
                           &err));
    must(lodge_linker_new(engine, &linker, &err));
    must(lodge_instance_new(linker, (lodge_store){0}, module, &guest, &err));
    lodge_module_close(module);
    lodge_linker_close(linker);
    return guest;
}

/* A failure that keeps the guest's memories, globals and stack. */
static lodge_report crash(lodge_func count)
{
    uint64_t slot = 20000000;
    lodge_report report;
    lodge_status st;

    err.flags = LODGE_ERROR_CORE_DUMP;
    st = lodge_func_call(count, &slot, 1, &err);
    err.flags = 0;
    expect(st == LODGE_E_TRAP, "the guest traps");
    report.id = err.report;
    return report;
}

static void show_dump(lodge_report report, const char *path)
{
    uint64_t len = 0;
    uint8_t *dump;

    lodge_report_core_dump(report, NULL, 0, &len, &err);
    dump = malloc(len);
    must(lodge_report_core_dump(report, dump, len, &len, &err));
    save(path, dump, len);
    printf("core dump: %u bytes\n", (unsigned)len);
    free(dump);
}

static void show_profile(lodge_store store, const char *path)
{
    uint64_t len = 0;
    char *json;

    lodge_profile_finish(store, NULL, 0, &len, &err);
    json = malloc(len + 1);
    must(lodge_profile_finish(store, json, len, &len, &err));
    json[len] = '\0';
    expect(strstr(json, "\"threads\"") != NULL, "a profile");
    save(path, json, len);
    printf("profile: %u bytes\n", (unsigned)len);
    free(json);
}

int main(int argc, char **argv)
{
    lodge_report report;
    lodge_instance guest;
    lodge_config config;
    lodge_engine engine;
    lodge_store store;
    lodge_func count;

    must(lodge_config_new(LODGE_PRESET_DEFAULT, &config, &err));
    must(lodge_config_parse(config, TEXT("core-dump=on"), &err));
    must(lodge_engine_new(config, &engine, &err));
    guest = make(engine);
    must(lodge_instance_func(guest, TEXT("count"), &count, &err));
    must(lodge_instance_store(guest, &store, &err));

    must(lodge_profile_start(store, TEXT("counter"), 1000000, &err));
    report = crash(count);
    show_profile(store, argc > 2 ? argv[2] : NULL);
    show_dump(report, argc > 2 ? argv[1] : NULL);

    lodge_report_close(report);
    lodge_instance_close(guest);
    lodge_engine_close(engine);
    return 0;
}

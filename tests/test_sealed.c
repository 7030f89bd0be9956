/* test_sealed.c - compiled code saved and loaded: the loaded module is the
 * opened one in everything that can be asked of it.
 */
#include <errno.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest_dwarf.h"
#include "sealed_fixture.h"

static lodge_engine engine;

static int make(void **s)
{
    if (nothing_lives(s))
        return -1;
    engine = new_engine();
    return 0;
}

static int end(void **s)
{
    lodge_engine_close(engine);
    return nothing_lives(s);
}

static lodge_module load(struct sealed *s)
{
    lodge_module module;

    OK(lodge_module_load(engine, s->ptr, s->len, key, sizeof key, &module,
                         ERR));
    return module;
}

/* ---- equal in what it tells ------------------------------------------- */

typedef lodge_status item_fn(lodge_module, uint32_t, uint32_t, char *,
                             uint64_t, uint64_t *, lodge_error *);
typedef lodge_status count_fn(lodge_module, uint32_t *, lodge_error *);
typedef lodge_status text_fn(lodge_module, char *, uint64_t, uint64_t *,
                             lodge_error *);

static void same_items(lodge_module a, lodge_module b, count_fn *count,
                       item_fn *item, uint32_t least)
{
    uint32_t n, m, i, what;
    char one[4096], two[4096];
    uint64_t len[2] = {0};
    lodge_status st;

    OK(count(a, &n, ERR));
    OK(count(b, &m, ERR));
    assert_int_equal(n, m);
    assert_true(n >= least);
    for (i = 0; i < n; i++) {
        for (what = 0; what < 6; what++) {
            st = item(a, i, what, one, sizeof one, &len[0], ERR);
            assert_int_equal(item(b, i, what, two, sizeof two, &len[1], ERR),
                             st);
            if (st != LODGE_OK)
                continue;
            assert_int_equal(len[0], len[1]);
            assert_memory_equal(one, two, len[0]);
        }
    }
}

static void same_text(lodge_module a, lodge_module b, text_fn *get)
{
    char one[512], two[512];
    uint64_t n, m;

    OK(get(a, one, sizeof one, &n, ERR));
    OK(get(b, two, sizeof two, &m, ERR));
    assert_int_equal(n, m);
    assert_memory_equal(one, two, n);
}

static void same_needs(lodge_module a, lodge_module b)
{
    uint64_t x, y;
    uint32_t need;

    for (need = 1; need <= LODGE_NEEDS_START; need++) {
        OK(lodge_module_needs(a, need, &x, ERR));
        OK(lodge_module_needs(b, need, &y, ERR));
        assert_int_equal(x, y);
    }
}

static void a_loaded_module_tells_what_the_opened_one_does(void **state)
{
    lodge_module opened = new_module(engine, sealed_text);
    struct sealed s = save(opened);
    lodge_module loaded = load(&s);

    (void)state;
    sealed_free(&s); /* not needed any more */
    same_items(opened, loaded, lodge_module_import_count, lodge_module_import,
               1);
    same_items(opened, loaded, lodge_module_export_count, lodge_module_export,
               6);
    same_items(opened, loaded, lodge_module_section_count,
               lodge_module_section, 3);
    same_text(opened, loaded, lodge_module_name);
    same_text(opened, loaded, lodge_module_producers);
    READS("sealed", lodge_module_name(loaded, buf, cap, len, ERR));
    READS("language C11\nprocessed-by hands 2",
          lodge_module_producers(loaded, buf, cap, len, ERR));
    same_needs(opened, loaded);
    lodge_module_close(opened);
    lodge_module_close(loaded);
}

static void the_same_module_gives_the_same_bytes(void **state)
{
    struct sealed first = sealed_of(engine, sealed_text), second, third;
    lodge_module loaded = load(&first);

    (void)state;
    second = sealed_of(engine, sealed_text);
    third = save(loaded);
    lodge_module_close(loaded);
    assert_int_equal(first.len, second.len);
    assert_memory_equal(first.ptr, second.ptr, first.len);
    assert_int_equal(first.len, third.len);
    assert_memory_equal(first.ptr, third.ptr, first.len);
    sealed_free(&first);
    sealed_free(&second);
    sealed_free(&third);
}

/* ---- equal in what it does -------------------------------------------- */

static int32_t ten_more(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    (void)token, (void)caller;
    slots[0] += 10;
    return LODGE_OK;
}

static void name_of_frame(lodge_report report, uint32_t i, const char *want)
{
    char name[64];
    uint64_t n;

    OK(lodge_report_frame(report, i, LODGE_REPORT_FUNC, name, sizeof name, &n,
                          ERR));
    assert_int_equal(n, strlen(want));
    assert_memory_equal(name, want, n);
}

static void check_works(lodge_instance instance)
{
    lodge_error err = LODGE_ERROR_INIT;
    uint64_t slots[2] = {40, 2};
    lodge_memory memory;
    uint8_t data[9];

    OK(lodge_func_call(func_of(instance, "add"), slots, 2, ERR));
    assert_int_equal(slots[0], 42);
    OK(lodge_func_call(func_of(instance, "ask"), slots, 2, ERR));
    assert_int_equal(slots[0], 52);
    OK(lodge_instance_memory(instance, TEXT("memory"), &memory, ERR));
    OK(lodge_memory_read(memory, 8, data, 9, ERR));
    assert_memory_equal(data, "some data", 9);
    err.flags = LODGE_ERROR_REPORT;
    assert_int_equal(
        lodge_func_call(func_of(instance, "trap"), slots, 2, &err),
        LODGE_E_TRAP);
    name_of_frame((lodge_report){err.report}, 0, "deep");
    lodge_report_close((lodge_report){err.report});
}

static void a_loaded_module_works_as_the_opened_one(void **state)
{
    struct sealed s = sealed_of(engine, sealed_text);
    lodge_module module = load(&s);
    lodge_linker linker = new_linker(engine);
    lodge_instance instance;
    lodge_prepared prepared;

    (void)state;
    sealed_free(&s);
    OK(lodge_linker_func(linker, TEXT("h"), TEXT("f"), TEXT("i32 -> i32"),
                         ten_more, 0, ERR));
    OK(lodge_instance_new(linker, (lodge_store){0}, module, &instance, ERR));
    check_works(instance);
    lodge_instance_close(instance);
    OK(lodge_linker_prepare(linker, module, &prepared, ERR));
    OK(lodge_prepared_instance(prepared, (lodge_store){0}, &instance, ERR));
    lodge_module_close(module);
    lodge_prepared_close(prepared);
    check_works(instance);
    lodge_instance_close(instance);
    lodge_linker_close(linker);
}

/* What a function can reach is known of a loaded module, too: only one that
 * can reach the import needs somebody to answer.
 */
static void what_functions_can_reach_is_saved(void **state)
{
    struct sealed s = sealed_of(engine, sealed_text);
    lodge_module module = load(&s);
    lodge_linker linker = new_linker(engine);
    lodge_store store = new_store(engine);
    lodge_instance instance;
    uint64_t slots[2] = {40, 2}, frame[LODGE_FRAME_SLOTS + 4] = {0};
    lodge_host host;
    uint32_t index;

    (void)state;
    sealed_free(&s);
    OK(lodge_host_new(engine, TEXT("h"), &host, ERR));
    OK(lodge_host_func(host, TEXT("i32 -> i32"), LODGE_HOST_SUSPEND, 0, &index,
                       ERR));
    OK(lodge_host_export(host, index, TEXT("f"), ERR));
    OK(lodge_linker_add_host(linker, host, ERR));
    OK(lodge_instance_new(linker, store, module, &instance, ERR));
    OK(lodge_func_call(func_of(instance, "add"), slots, 2, ERR));
    FAILS(STATE, lodge_func_call(func_of(instance, "ask"), slots, 2, ERR));
    frame[LODGE_FRAME_FUNC] = func_of(instance, "ask").id;
    frame[LODGE_FRAME_CAPACITY] = 4;
    assert_int_equal(lodge_call(frame), LODGE_REQUEST);
    frame[LODGE_FRAME_STATUS] = 0;
    frame[LODGE_FRAME_SLOTS] = 77;
    assert_int_equal(lodge_resume(frame), LODGE_OK);
    assert_int_equal(frame[LODGE_FRAME_SLOTS], 77);
    lodge_store_close(store);
    lodge_linker_close(linker);
    lodge_host_close(host);
    lodge_module_close(module);
}

/* The source line in which the guest crashes. */
static void crash_line(lodge_module module, char line[8])
{
    lodge_error err = LODGE_ERROR_INIT;
    lodge_linker linker = new_linker(engine);
    lodge_instance instance;
    uint64_t slot = 7, n;

    OK(lodge_instance_new(linker, (lodge_store){0}, module, &instance, ERR));
    err.flags = LODGE_ERROR_REPORT;
    assert_int_equal(
        lodge_func_call(func_of(instance, "outer"), &slot, 1, &err),
        LODGE_E_TRAP);
    OK(lodge_report_frame((lodge_report){err.report}, 0, LODGE_REPORT_LINE,
                          line, 7, &n, ERR));
    line[n] = '\0';
    lodge_report_close((lodge_report){err.report});
    lodge_instance_close(instance);
    lodge_linker_close(linker);
}

static void source_lines_are_saved(void **state)
{
    char before[8], after[8];
    lodge_module module;
    struct sealed s;

    (void)state;
    OK(lodge_module_open(engine, guest_dwarf, sizeof guest_dwarf, &module,
                         ERR));
    crash_line(module, before);
    s = save(module);
    lodge_module_close(module);
    module = load(&s);
    sealed_free(&s);
    crash_line(module, after);
    lodge_module_close(module);
    assert_true(before[0] >= '1' && before[0] <= '9');
    assert_string_equal(before, after);
}

static void every_preset_loads_what_it_saved(void **state)
{
    lodge_engine own;
    lodge_config config;
    struct sealed s;
    uint32_t preset;

    (void)state;
    for (preset = 0; preset <= LODGE_PRESET_POOLING; preset++) {
        OK(lodge_config_new(preset, &config, ERR));
        if (preset == LODGE_PRESET_POOLING)
            OK(lodge_config_parse(config,
                                  TEXT("pool-instances=4,"
                                       "pool-memories=4,pool-tables=4"
                                       ",pool-stacks=4,"
                                       "pool-gc-heaps=4"),
                                  ERR));
        OK(lodge_engine_new(config, &own, ERR));
        s = sealed_of(own, sealed_text);
        OK(try_load(own, s.ptr, s.len));
        sealed_free(&s);
        lodge_engine_close(own);
    }
}

static void *on_a_small_stack(void *arg)
{
    struct sealed *s = arg;
    struct sealed again = {malloc(s->len), s->len};
    lodge_module module;

    OK(lodge_module_load(engine, s->ptr, s->len, key, sizeof key, &module,
                         ERR));
    OK(lodge_module_save(module, key, sizeof key, again.ptr, again.len, NULL,
                         ERR));
    assert_memory_equal(again.ptr, s->ptr, s->len);
    lodge_module_close(module);
    sealed_free(&again);
    return NULL;
}

static void small_stacks_will_do(void **state)
{
    struct sealed s = sealed_of(engine, sealed_text);
    pthread_attr_t attr;
    pthread_t thread;

    (void)state;
    pthread_attr_init(&attr);
    assert_int_equal(pthread_attr_setstacksize(&attr, 128 * 1024), 0);
    assert_int_equal(pthread_create(&thread, &attr, on_a_small_stack, &s), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    pthread_attr_destroy(&attr);
    sealed_free(&s);
}

/* ---- keys and arguments ----------------------------------------------- */

static void keys_have_16_to_1024_bytes(void **state)
{
    static const uint64_t lens[] = {16, 17, 31, 33, 64, 1024};
    static const uint64_t bad[] = {0, 1, 15, 1025, UINT64_MAX};
    static uint8_t long_key[1024];
    lodge_module module = new_module(engine, "(module)"), loaded = {7};
    static uint8_t buf[1 << 17];
    uint64_t len;
    size_t i;

    (void)state;
    for (i = 0; i < 6; i++) {
        OK(lodge_module_save(module, long_key, lens[i], buf, sizeof buf, &len,
                             ERR));
        OK(lodge_module_load(engine, buf, len, long_key, lens[i], &loaded,
                             ERR));
        lodge_module_close(loaded);
        SAYS(COMPILE, "another key",
             lodge_module_load(engine, buf, len, long_key,
                               lens[i] < 17 ? 17 : lens[i] - 1, &loaded, ERR));
    }
    for (i = 0; i < 5; i++) {
        FAILS(ARGUMENT, lodge_module_save(module, long_key, bad[i], buf,
                                          sizeof buf, &len, ERR));
        FAILS(ARGUMENT, lodge_module_load(engine, buf, len, long_key, bad[i],
                                          &loaded, ERR));
        FAILS(ARGUMENT, lodge_module_save_file(module, TEXT("/tmp/x"),
                                               long_key, bad[i], ERR));
        FAILS(ARGUMENT,
              lodge_module_load_file(engine, TEXT("/tmp/x"), long_key, bad[i],
                                     &loaded, ERR));
    }
    lodge_module_close(module);
}

static void what_is_null_is_refused(void **state)
{
    lodge_module module = new_module(engine, "(module)"), out = {7};
    uint8_t buf[8];

    (void)state;
    SAYS(ARGUMENT, "key: pointer is NULL",
         lodge_module_save(module, NULL, 32, buf, 8, NULL, ERR));
    SAYS(ARGUMENT, "buffer is NULL",
         lodge_module_save(module, key, 32, NULL, 8, NULL, ERR));
    SAYS(ARGUMENT, "ptr: pointer is NULL",
         lodge_module_load(engine, NULL, 8, key, 32, &out, ERR));
    SAYS(ARGUMENT, "out: is NULL",
         lodge_module_load(engine, buf, 8, key, 32, NULL, ERR));
    SAYS(ARGUMENT, "out: is NULL",
         lodge_module_load_file(engine, TEXT("/"), key, 32, NULL, ERR));
    SAYS(ARGUMENT, "path",
         lodge_module_load_file(engine, NULL, 0, key, 32, &out, ERR));
    SAYS(ARGUMENT, "path",
         lodge_module_save_file(module, "a\0b", 3, key, 32, ERR));
    assert_int_equal(out.id, 7);
    lodge_module_close(module);
}

/* ---- files ------------------------------------------------------------ */

static char dir[64];

static int make_dir(void **s)
{
    strcpy(dir, "/tmp/lodge-sealed-XXXXXX");
    return make(s) || !mkdtemp(dir) ? -1 : 0;
}

/* Nothing is left in it but what a test took away itself. */
static int end_dir(void **s)
{
    return end(s) || rmdir(dir) ? -1 : 0;
}

static const char *path_of(const char *name)
{
    static char path[128];

    snprintf(path, sizeof path, "%s/%s", dir, name);
    return path;
}

static void a_module_goes_through_a_file(void **state)
{
    lodge_module module = new_module(engine, sealed_text), loaded;
    const char *path = path_of("\xC3\xA9 m.sealed");

    (void)state;
    OK(lodge_module_save_file(module, TEXT(path), key, 32, ERR));
    OK(lodge_module_save_file(module, TEXT(path), key, 32, ERR)); /* again */
    OK(lodge_module_load_file(engine, TEXT(path), key, 32, &loaded, ERR));
    assert_int_equal(unlink(path), 0);
    same_items(module, loaded, lodge_module_export_count, lodge_module_export,
               6);
    lodge_module_close(loaded);
    lodge_module_close(module);
}

static void a_file_that_cannot_be_used_is_named_with_the_reason(void **state)
{
    lodge_module module = new_module(engine, "(module)"), out = {7};
    const char *path = path_of("none/m");

    (void)state;
    SAYS(IO, "No such file",
         lodge_module_save_file(module, TEXT(path), key, 32, ERR));
    SAYS(IO, "none/m",
         lodge_module_load_file(engine, TEXT(path), key, 32, &out, ERR));
    SAYS(IO, "irectory",
         lodge_module_save_file(module, TEXT(dir), key, 32, ERR));
    SAYS(IO, "directory",
         lodge_module_load_file(engine, TEXT(dir), key, 32, &out, ERR));
    SAYS(
        IO, "not a regular file",
        lodge_module_load_file(engine, TEXT("/dev/null"), key, 32, &out, ERR));
    path = path_of("huge");
    fclose(fopen(path, "w"));
    assert_int_equal(truncate(path, (off_t)1 << 32), 0);
    SAYS(LIMIT, "bytes of the file",
         lodge_module_load_file(engine, TEXT(path), key, 32, &out, ERR));
    unlink(path);
    /* The temporary file stands beside it for a moment. */
    assert_int_equal(unlink(dir), -1);
    lodge_module_close(module);
}

/* A full disk: the old file stays whole, and nothing else is left. */
static void a_file_that_cannot_be_written_stays_as_it_was(void **state)
{
    lodge_module module = new_module(engine, sealed_text), loaded;
    const char *path = path_of("m");
    struct rlimit old, small;

    (void)state;
    OK(lodge_module_save_file(module, TEXT(path), key, 32, ERR));
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = old;
    small.rlim_cur = 4096;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    SAYS(IO, "File too large",
         lodge_module_save_file(module, TEXT(path), key, 32, ERR));
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    OK(lodge_module_load_file(engine, TEXT(path), key, 32, &loaded, ERR));
    assert_int_equal(unlink(path), 0);
    lodge_module_close(loaded);
    lodge_module_close(module);
}

/* ---- files that are trusted ------------------------------------------- */

static int is_mapped(const char *path)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    char line[512];
    int found = 0;

    assert_non_null(maps);
    while (fgets(line, sizeof line, maps))
        found |= strstr(line, path) != NULL;
    fclose(maps);
    return found;
}

static const char *saved_file(lodge_engine from)
{
    lodge_module module = new_module(from, sealed_text);
    const char *path = path_of("trusted");

    OK(lodge_module_save_file(module, TEXT(path), key, 32, ERR));
    lodge_module_close(module);
    assert_int_equal(chmod(path, 0644), 0);
    return path;
}

static void a_trusted_file_is_mapped(void **state)
{
    lodge_engine trusting = new_engine_with("trust-file=on");
    const char *path = saved_file(engine);
    lodge_module module, opened = new_module(engine, sealed_text);
    lodge_linker linker = new_linker(trusting);
    lodge_instance instance;

    (void)state;
    OK(lodge_module_load_file(trusting, TEXT(path), NULL, 0, &module, ERR));
    assert_true(is_mapped(path));
    same_items(opened, module, lodge_module_export_count, lodge_module_export,
               6);
    same_items(opened, module, lodge_module_section_count,
               lodge_module_section, 3);
    same_needs(opened, module);
    OK(lodge_linker_func(linker, TEXT("h"), TEXT("f"), TEXT("i32 -> i32"),
                         ten_more, 0, ERR));
    OK(lodge_instance_new(linker, (lodge_store){0}, module, &instance, ERR));
    lodge_module_close(module);
    assert_int_equal(unlink(path), 0);
    check_works(instance);
    lodge_instance_close(instance);
    lodge_linker_close(linker);
    lodge_module_close(opened);
    lodge_engine_close(trusting);
    assert_false(is_mapped(path));
}

static void with_a_key_a_trusting_engine_verifies(void **state)
{
    lodge_engine trusting = new_engine_with("trust-file=on");
    const char *path = saved_file(engine);
    lodge_module module = {7};

    (void)state;
    OK(lodge_module_load_file(trusting, TEXT(path), key, 32, &module, ERR));
    assert_false(is_mapped(path));
    lodge_module_close(module);
    FAILS(ARGUMENT,
          lodge_module_load_file(trusting, TEXT(path), key, 15, &module, ERR));
    /* Without the setting there is no load without a key. */
    FAILS(ARGUMENT,
          lodge_module_load_file(engine, TEXT(path), NULL, 0, &module, ERR));
    assert_int_equal(unlink(path), 0);
    lodge_engine_close(trusting);
}

static void what_can_be_told_of_a_trusted_file_is_told(void **state)
{
    lodge_engine trusting = new_engine_with("trust-file=on");
    lodge_engine other = new_engine_with("trust-file=on,fuel=on");
    lodge_module module = {7};
    const char *path = saved_file(engine);
    struct stat info;
    off_t len;

    (void)state;
    SAYS(CONFIG, "fuel=off",
         lodge_module_load_file(other, TEXT(path), NULL, 0, &module, ERR));
    assert_int_equal(chmod(path, 0664), 0);
    SAYS(IO, "others can write",
         lodge_module_load_file(trusting, TEXT(path), NULL, 0, &module, ERR));
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(stat(path, &info), 0);
    for (len = info.st_size - 1; len >= 0;
         len = len > 300 ? len * 3 / 4 : len - 1) {
        assert_int_equal(truncate(path, len), 0);
        SAYS(COMPILE, "cut short",
             lodge_module_load_file(trusting, TEXT(path), NULL, 0, &module,
                                    ERR));
    }
    assert_int_equal(unlink(path), 0);
    SAYS(IO, "cannot map",
         lodge_module_load_file(trusting, TEXT(path), NULL, 0, &module, ERR));
    assert_int_equal(module.id, 7);
    lodge_engine_close(other);
    lodge_engine_close(trusting);
}

int main(void)
{
#define WITH(name) cmocka_unit_test_setup_teardown(name, make, end)
#define IN_DIR(name) cmocka_unit_test_setup_teardown(name, make_dir, end_dir)
    const struct CMUnitTest tests[] = {
        WITH(a_loaded_module_tells_what_the_opened_one_does),
        WITH(the_same_module_gives_the_same_bytes),
        WITH(a_loaded_module_works_as_the_opened_one),
        WITH(what_functions_can_reach_is_saved),
        WITH(source_lines_are_saved),
        WITH(every_preset_loads_what_it_saved),
        WITH(small_stacks_will_do),
        WITH(keys_have_16_to_1024_bytes),
        WITH(what_is_null_is_refused),
        IN_DIR(a_module_goes_through_a_file),
        IN_DIR(a_file_that_cannot_be_used_is_named_with_the_reason),
        IN_DIR(a_file_that_cannot_be_written_stays_as_it_was),
        IN_DIR(a_trusted_file_is_mapped),
        IN_DIR(with_a_key_a_trusting_engine_verifies),
        IN_DIR(what_can_be_told_of_a_trusted_file_is_told),
    };

    return RUN(tests);
}

/* test_module.c - the promises of modules: opened from binary, text and
 * files, and every kind of bad input told from good.
 */
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lodge_test.h"

/* (module (memory (export "m") 1) (func (export "add") (param i32 i32)
 * (result i32) (i32.add (local.get 0) (local.get 1))))
 */
static const uint8_t binary[] = {
    0x00, 0x61, 0x73, 0x6D, 0x01, 0x00, 0x00, 0x00, 0x01, 0x07,
    0x01, 0x60, 0x02, 0x7F, 0x7F, 0x01, 0x7F, 0x03, 0x02, 0x01,
    0x00, 0x05, 0x03, 0x01, 0x00, 0x01, 0x07, 0x0B, 0x02, 0x01,
    0x6D, 0x02, 0x00, 0x03, 0x61, 0x64, 0x64, 0x00, 0x00, 0x0A,
    0x09, 0x01, 0x07, 0x00, 0x20, 0x00, 0x20, 0x01, 0x6A, 0x0B,
};
static const char *const text =
    "(module (memory (export \"m\") 1) (func (export \"add\")"
    " (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))";

static void check_adds(lodge_engine engine, lodge_module module)
{
    lodge_linker linker = new_linker(engine);
    lodge_instance instance;
    uint64_t slots[2] = {40, 2};

    OK(lodge_instance_new(linker, (lodge_store){0}, module, &instance, ERR));
    OK(lodge_func_call(func_of(instance, "add"), slots, 2, ERR));
    assert_int_equal(slots[0], 42);
    lodge_instance_close(instance);
    lodge_linker_close(linker);
    lodge_module_close(module);
}

static lodge_status open_bytes(lodge_engine engine, const void *ptr,
                               uint64_t len)
{
    lodge_module module = {7};
    lodge_status st = lodge_module_open(engine, ptr, len, &module, ERR);

    if (st != LODGE_OK)
        assert_int_equal(module.id, 7);
    else
        lodge_module_close(module);
    return st;
}

/* ---- from memory ------------------------------------------------------ */

static void a_binary_module_is_opened(void **s)
{
    lodge_engine engine = new_engine();
    lodge_module module;

    (void)s;
    OK(lodge_module_open(engine, binary, sizeof binary, &module, ERR));
    check_adds(engine, module);
    OK(lodge_module_validate(engine, binary, sizeof binary, ERR));
    lodge_engine_close(engine);
}

static void a_text_module_is_opened(void **s)
{
    lodge_engine engine = new_engine();

    (void)s;
    check_adds(engine, new_module(engine, text));
    lodge_module_close(new_module(engine, "(module)"));
    lodge_module_close(new_module(engine, ";; a comment\n(module $m)"));
    lodge_module_close(new_module(engine, "(func)")); /* a field alone */
    lodge_engine_close(engine);
}

static void an_empty_module_is_refused(void **s)
{
    lodge_engine engine = new_engine();

    (void)s;
    SAYS(COMPILE, "empty", open_bytes(engine, "", 0));
    SAYS(COMPILE, "empty", open_bytes(engine, NULL, 0));
    FAILS(COMPILE, lodge_module_validate(engine, NULL, 0, ERR));
    lodge_engine_close(engine);
}

static void a_module_cut_anywhere_is_refused(void **s)
{
    lodge_engine engine = new_engine();
    size_t len;

    (void)s;
    /* Cut behind a section it is whole again, unless it misses a body. */
    for (len = 1; len < sizeof binary; len++) {
        if (len == 8 || len == 17)
            continue;
        FAILS(COMPILE, open_bytes(engine, binary, len));
        FAILS(COMPILE, lodge_module_validate(engine, binary, len, ERR));
    }
    OK(open_bytes(engine, binary, 8));
    OK(open_bytes(engine, binary, 17));
    lodge_engine_close(engine);
}

static void a_text_cut_anywhere_is_refused(void **s)
{
    lodge_engine engine = new_engine();
    size_t len, refused = 0, placed = 0;

    (void)s;
    for (len = 1; len < strlen(text); len++) {
        refused += open_bytes(engine, text, len) == LODGE_E_COMPILE;
        placed += strstr(test_err.message, "1:") != NULL; /* the line */
    }
    lodge_engine_close(engine);
    assert_int_equal(refused, strlen(text) - 1);
    assert_int_equal(placed, strlen(text) - 1);
}

/* Whatever the byte becomes: a status, and never a crash. */
static void a_module_with_any_byte_changed_is_taken_or_refused(void **s)
{
    static const uint8_t flips[] = {0x01, 0x80, 0xFF, 0x40, 0x7F};
    lodge_engine engine = new_engine_with("parallel-compilation=off");
    uint8_t copy[sizeof binary];
    lodge_status st, valid;
    size_t i, k;

    (void)s;
    for (i = 0; i < sizeof binary; i++) {
        for (k = 0; k < sizeof flips; k++) {
            memcpy(copy, binary, sizeof copy);
            copy[i] ^= flips[k];
            st = open_bytes(engine, copy, sizeof copy);
            assert_true(st == LODGE_OK || st == LODGE_E_COMPILE ||
                        st == LODGE_E_LIMIT);
            if (i < 4)
                continue; /* may now be taken for text */
            valid = lodge_module_validate(engine, copy, sizeof copy, ERR);
            assert_int_equal(valid, st);
        }
    }
    lodge_engine_close(engine);
}

static uint8_t *garbage(size_t size, uint32_t seed)
{
    uint8_t *ptr = malloc(size);
    size_t i;

    assert_non_null(ptr);
    for (i = 0; i < size; i++) {
        seed = seed * 1664525 + 1013904223;
        ptr[i] = (uint8_t)(seed >> 24);
    }
    return ptr;
}

static void a_mebibyte_of_garbage_is_refused(void **s)
{
    lodge_engine engine = new_engine();
    const size_t size = 1 << 20;
    uint8_t *ptr = garbage(size, 1);

    (void)s;
    SAYS(COMPILE, "offset 0x0", open_bytes(engine, ptr, size));
    FAILS(COMPILE, lodge_module_validate(engine, ptr, size, ERR));
    memcpy(ptr, binary, 8);
    FAILS(COMPILE, open_bytes(engine, ptr, size));
    FAILS(COMPILE, lodge_module_validate(engine, ptr, size, ERR));
    memset(ptr, 'a', size);
    FAILS(COMPILE, open_bytes(engine, ptr, size));
    memset(ptr, '(', size);
    FAILS(COMPILE, open_bytes(engine, ptr, size));
    memset(ptr, 0, size);
    FAILS(COMPILE, open_bytes(engine, ptr, size));
    free(ptr);
    lodge_engine_close(engine);
}

/* Code that is nested as deep as the limits allow. */
static void deep_nesting_does_not_use_up_the_stack(void **s)
{
    enum { DEEP = 50000 };
    lodge_engine engine = new_engine();
    char *guest = malloc(DEEP * 12 + 64), *at = guest;
    lodge_status st;
    int i;

    (void)s;
    assert_non_null(guest);
    at += sprintf(at, "(module (func ");
    for (i = 0; i < DEEP; i++)
        at += sprintf(at, "block ");
    for (i = 0; i < DEEP; i++)
        at += sprintf(at, "end ");
    at += sprintf(at, "))");
    st = open_bytes(engine, guest, (uint64_t)(at - guest));
    free(guest);
    assert_true(st == LODGE_OK || st == LODGE_E_COMPILE ||
                st == LODGE_E_LIMIT);
    lodge_engine_close(engine);
}

static void text_is_no_binary(void **s)
{
    lodge_engine engine = new_engine();

    (void)s;
    SAYS(COMPILE, "\\0asm",
         lodge_module_validate(engine, (const uint8_t *)text, strlen(text),
                               ERR));
    assert_int_equal(test_err.detail, 0);
    lodge_engine_close(engine);
}

static void text_that_is_not_utf8_is_no_module(void **s)
{
    lodge_engine engine = new_engine();
    uint64_t len = 7;

    (void)s;
    FAILS(COMPILE, open_bytes(engine, "(module \xFF)", 10));
    SAYS(ARGUMENT, "UTF-8 at byte 8",
         lodge_text_to_binary("(module \xFF)", 10, NULL, 0, &len, ERR));
    assert_int_equal(len, 7);
    lodge_engine_close(engine);
}

static void a_component_is_no_module(void **s)
{
    static const uint8_t component[] = {0, 'a', 's', 'm', 13, 0, 1, 0};
    static const uint8_t future[] = {0, 'a', 's', 'm', 2, 0, 0, 0};
    lodge_engine engine = new_engine();

    (void)s;
    SAYS(COMPILE, "component",
         open_bytes(engine, component, sizeof component));
    FAILS(COMPILE, lodge_module_validate(engine, component, 8, ERR));
    FAILS(COMPILE, open_bytes(engine, future, sizeof future));
    FAILS(COMPILE, open_bytes(engine, "(component)", 11));
    lodge_engine_close(engine);
}

/* "detail = byte offset of the mistake" */
static void the_place_of_a_mistake_is_told(void **s)
{
    static const struct {
        size_t at;
        uint8_t byte;
    } mistakes[] = {
        {4, 9},     /* version */
        {18, 9},    /* size of the function section */
        {20, 5},    /* type index */
        {45, 0x7F}, /* operand in a body */
        {48, 0x7C}, /* i64.add of two i32 */
    };
    lodge_engine engine = new_engine();
    uint64_t valid[5], opened[5];
    uint8_t copy[sizeof binary];
    size_t i;

    (void)s;
    for (i = 0; i < 5; i++) {
        memcpy(copy, binary, sizeof copy);
        copy[mistakes[i].at] = mistakes[i].byte;
        FAILS(COMPILE, lodge_module_validate(engine, copy, sizeof copy, ERR));
        valid[i] = test_err.detail;
        FAILS(COMPILE, open_bytes(engine, copy, sizeof copy));
        opened[i] = test_err.detail;
    }
    lodge_engine_close(engine);
    for (i = 0; i < 5; i++) {
        assert_in_range(valid[i], mistakes[i].at - 1, mistakes[i].at + 9);
        assert_in_range(opened[i], mistakes[i].at - 1, mistakes[i].at + 9);
    }
}

/* ---- arguments -------------------------------------------------------- */

static void outputs_and_bytes_that_are_null_are_refused(void **s)
{
    lodge_engine engine = new_engine();

    (void)s;
    SAYS(ARGUMENT, "out",
         lodge_module_open(engine, binary, sizeof binary, NULL, ERR));
    SAYS(ARGUMENT, "out", lodge_module_open_file(engine, "x", 1, NULL, ERR));
    SAYS(ARGUMENT, "NULL", open_bytes(engine, NULL, 8));
    SAYS(ARGUMENT, "NULL", lodge_module_validate(engine, NULL, 8, ERR));
    SAYS(ARGUMENT, "NULL", lodge_text_to_binary(NULL, 8, NULL, 0, NULL, ERR));
    SAYS(ARGUMENT, "NULL",
         lodge_module_open_file(engine, NULL, 8, &(lodge_module){0}, ERR));
    lodge_engine_close(engine);
}

static void lengths_beyond_memory_are_refused(void **s)
{
    const uint64_t huge[] = {UINT64_C(1) << 32, (UINT64_C(1) << 32) + 50,
                             UINT64_C(1) << 63, UINT64_MAX};
    lodge_engine engine = new_engine();
    lodge_status st;
    size_t i;

    (void)s;
    for (i = 0; i < 4; i++) {
        /* The limit on modules speaks where the length itself is possible. */
        st = open_bytes(engine, binary, huge[i]);
        assert_int_equal(st, i < 2 ? LODGE_E_LIMIT : LODGE_E_ARGUMENT);
        st = lodge_module_validate(engine, binary, huge[i], ERR);
        assert_int_equal(st, i < 2 ? LODGE_E_LIMIT : LODGE_E_ARGUMENT);
        FAILS(ARGUMENT,
              lodge_text_to_binary(text, huge[i], NULL, 0, NULL, ERR));
        FAILS(ARGUMENT, lodge_module_open_file(engine, "x", huge[i],
                                               &(lodge_module){0}, ERR));
    }
    lodge_engine_close(engine);
}

static void check_refused(lodge_engine engine, const char *why)
{
    lodge_module module = {7};

    SAYS(HANDLE, why,
         lodge_module_open(engine, binary, sizeof binary, &module, ERR));
    SAYS(HANDLE, why,
         lodge_module_open_file(engine, TEXT("/dev/null"), &module, ERR));
    SAYS(HANDLE, why,
         lodge_module_validate(engine, binary, sizeof binary, ERR));
    FAILS(HANDLE,
          lodge_module_open(engine, binary, sizeof binary, &module, NULL));
    assert_int_equal(module.id, 7);
}

static void what_is_not_an_engine_makes_no_module(void **s)
{
    lodge_engine engine = new_engine();
    lodge_module module = new_module(engine, "(module)");

    (void)s;
    FOR_BAD_IDS(lodge_engine, bad, check_refused(bad, "handle"));
    check_refused((lodge_engine){module.id}, "names a module, an engine");
    lodge_engine_shutdown(engine);
    check_refused(engine, "stale");
}

static void a_module_may_be_closed_again_and_again(void **s)
{
    lodge_engine engine = new_engine();
    lodge_module module = new_module(engine, "(module)");
    uint32_t count = 7;

    (void)s;
    OK(lodge_module_close(module));
    OK(lodge_module_close(module));
    FOR_BAD_IDS(lodge_module, bad, OK(lodge_module_close(bad)));
    OK(lodge_module_close((lodge_module){engine.id}));
    SAYS(HANDLE, "the module was closed",
         lodge_module_import_count(module, &count, ERR));
    assert_int_equal(count, 7);
    OK(lodge_engine_tick(engine));
    lodge_engine_close(engine);
}

static void an_instance_outlives_its_module(void **s)
{
    lodge_engine engine = new_engine();
    lodge_module module = new_module(engine, text);
    lodge_linker linker = new_linker(engine);
    lodge_instance instance;
    uint64_t slots[2] = {1, 2};

    (void)s;
    OK(lodge_instance_new(linker, (lodge_store){0}, module, &instance, ERR));
    lodge_module_close(module);
    lodge_engine_close(engine);
    OK(lodge_func_call(func_of(instance, "add"), slots, 2, ERR));
    assert_int_equal(slots[0], 3);
    lodge_linker_close(linker);
    lodge_instance_close(instance);
}

/* ---- limits ----------------------------------------------------------- */

static void a_module_over_any_limit_is_refused_however_it_comes(void **s)
{
    static const struct {
        const char *settings, *says;
        int validated; /* the length is that of text before, of binary then */
    } limits[] = {
        {"max-module-bytes=49", "module bytes: ", 1},
        {"max-functions=0", "functions: 1 is more than the limit of 0", 1},
        {"max-function-bytes=6", "function body 0: 7 is more", 1},
    };
    lodge_engine engine;
    size_t i;

    (void)s;
    for (i = 0; i < 3; i++) {
        engine = new_engine_with(limits[i].settings);
        SAYS(LIMIT, limits[i].says, open_bytes(engine, binary, sizeof binary));
        SAYS(LIMIT, limits[i].says, open_bytes(engine, text, strlen(text)));
        SAYS(LIMIT, limits[i].says,
             lodge_module_validate(engine, binary, sizeof binary, ERR));
        lodge_engine_close(engine);
    }
    engine = new_engine_with("max-module-bytes=50,max-functions=1,"
                             "max-function-bytes=7,max-locals=0");
    OK(open_bytes(engine, binary, sizeof binary));
    lodge_engine_close(engine);
}

/* A count of locals that the text of a few bytes can carry. */
static void a_body_of_a_million_locals_is_refused(void **s)
{
    static const uint8_t many[] = {
        0x00, 0x61, 0x73, 0x6D, 0x01, 0x00, 0x00, 0x00, 0x01, 0x04, 0x01, 0x60,
        0x00, 0x00, 0x03, 0x02, 0x01, 0x00, 0x0A, 0x0E, 0x01, 0x0C, 0x02, 0xFF,
        0xFF, 0xFF, 0xFF, 0x0F, 0x7F, 0xFF, 0x01, 0x7F, 0x01, 0x0B,
    };
    lodge_engine engine = new_engine();

    (void)s;
    SAYS(LIMIT, "locals", open_bytes(engine, many, sizeof many));
    SAYS(LIMIT, "locals",
         lodge_module_validate(engine, many, sizeof many, ERR));
    lodge_engine_close(engine);
}

/* ---- files ------------------------------------------------------------ */

static char dir[] = "/tmp/lodge-module-XXXXXX";

static const char *path_of(const char *name)
{
    static char path[128];

    snprintf(path, sizeof path, "%s/%s", dir, name);
    return path;
}

static const char *write_file(const char *name, const void *ptr, size_t len)
{
    const char *path = path_of(name);
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(ptr, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
    return path;
}

static lodge_status open_file(lodge_engine engine, const char *path)
{
    lodge_module module = {7};
    lodge_status st = lodge_module_open_file(engine, TEXT(path), &module, ERR);

    if (st != LODGE_OK)
        assert_int_equal(module.id, 7);
    else
        lodge_module_close(module);
    return st;
}

static void a_module_is_opened_from_a_file(void **s)
{
    lodge_engine engine = new_engine();
    lodge_module module;
    const char *path;

    (void)s;
    path = write_file("b.wasm", binary, sizeof binary);
    OK(lodge_module_open_file(engine, TEXT(path), &module, ERR));
    unlink(path); /* not needed any more */
    check_adds(engine, module);
    path = write_file("\xC3\xA9 t.wat", text, strlen(text));
    OK(lodge_module_open_file(engine, TEXT(path), &module, NULL));
    unlink(path);
    check_adds(engine, module);
    lodge_engine_close(engine);
}

static void a_file_that_cannot_be_read_is_named_with_the_reason(void **s)
{
    lodge_engine engine = new_engine();
    const char *path;

    (void)s;
    path = path_of("missing.wasm");
    SAYS(IO, "missing.wasm\": No such file", open_file(engine, path));
    SAYS(IO, "directory", open_file(engine, dir));
    SAYS(IO, "not a regular file", open_file(engine, "/dev/zero"));
    path = path_of("fifo");
    assert_int_equal(mkfifo(path, 0600), 0);
    SAYS(IO, "not a regular file", open_file(engine, path));
    unlink(path);
    path = path_of("loop");
    assert_int_equal(symlink(path, path), 0);
    SAYS(IO, "loop", open_file(engine, path));
    unlink(path);
    lodge_engine_close(engine);
}

static void an_unreadable_file_is_refused(void **s)
{
    lodge_engine engine = new_engine();
    const char *path = write_file("secret", binary, sizeof binary);
    const uid_t me = geteuid();

    (void)s;
    assert_int_equal(chmod(path, 0), 0);
    if (me == 0) /* who reads everything */
        assert_int_equal(seteuid(65534), 0);
    SAYS(IO, "Permission denied", open_file(engine, path));
    assert_int_equal(seteuid(me), 0);
    unlink(path);
    lodge_engine_close(engine);
}

static void a_path_that_is_no_text_is_refused(void **s)
{
    lodge_engine engine = new_engine();
    lodge_module module = {7};

    (void)s;
    SAYS(ARGUMENT, "NUL",
         lodge_module_open_file(engine, "/dev/null\0.wasm", 15, &module, ERR));
    SAYS(ARGUMENT, "empty",
         lodge_module_open_file(engine, "", 0, &module, ERR));
    SAYS(ARGUMENT, "UTF-8",
         lodge_module_open_file(engine, "\xFF", 1, &module, ERR));
    assert_int_equal(module.id, 7);
    lodge_engine_close(engine);
}

static void what_is_in_a_file_is_checked_like_bytes(void **s)
{
    lodge_engine engine = new_engine();
    const char *path;

    (void)s;
    path = write_file("f", "", 0);
    SAYS(COMPILE, "empty", open_file(engine, path));
    path = write_file("f", binary, sizeof binary - 3);
    FAILS(COMPILE, open_file(engine, path));
    path = write_file("f", "(module", 7);
    FAILS(COMPILE, open_file(engine, path));
    lodge_engine_close(engine);
    engine = new_engine_with("max-module-bytes=100");
    path = write_file("f", text, strlen(text));
    SAYS(LIMIT, "module bytes", open_file(engine, path));
    unlink(path);
    lodge_engine_close(engine);
}

/* ---- text to binary --------------------------------------------------- */

static void text_becomes_binary_with_two_calls(void **s)
{
    (void)s;
    READS_BYTES(binary, sizeof binary,
                lodge_text_to_binary(text, strlen(text), (uint8_t *)buf, cap,
                                     len, ERR));
}

static void text_is_translated_without_a_check(void **s)
{
    uint64_t len = 0;

    (void)s;
    /* Wrong types are found by validation only. */
    FAILS(BUFFER, lodge_text_to_binary(TEXT("(module (func (result i32)))"),
                                       NULL, 0, &len, ERR));
    assert_in_range(len, 9, 100);
}

static void a_mistake_in_text_is_told_by_line_and_column(void **s)
{
    lodge_engine engine = new_engine();
    const char *bad = "(module\n  (func\n    (i32.bogus)))";
    uint64_t len = 7;

    (void)s;
    SAYS(COMPILE, "3:6", lodge_text_to_binary(TEXT(bad), NULL, 0, &len, ERR));
    assert_int_equal(len, 7);
    SAYS(COMPILE, "3:6", open_bytes(engine, bad, strlen(bad)));
    SAYS(COMPILE, "bogus", open_bytes(engine, bad, strlen(bad)));
    FAILS(COMPILE, lodge_text_to_binary(TEXT("("), NULL, 0, NULL, NULL));
    lodge_engine_close(engine);
}

/* ---- threads ---------------------------------------------------------- */

struct job {
    lodge_engine engine;
    lodge_status status;
};

static void *compile(void *arg)
{
    struct job *job = arg;
    lodge_module module;
    char guest[200];
    int i;

    for (i = 0; i < 10 && job->status == LODGE_OK; i++) {
        snprintf(guest, sizeof guest,
                 "(module (func (export \"f\") (result i32) i32.const %d))",
                 i);
        job->status = lodge_module_open(job->engine, (const uint8_t *)guest,
                                        strlen(guest), &module, NULL);
        if (job->status == LODGE_OK)
            lodge_module_close(module);
    }
    return NULL;
}

static void run_jobs(lodge_engine engine, int n, size_t stack)
{
    struct job jobs[8];
    pthread_t threads[8];
    pthread_attr_t attr;
    int i;

    pthread_attr_init(&attr);
    if (stack)
        assert_int_equal(pthread_attr_setstacksize(&attr, stack), 0);
    for (i = 0; i < n; i++) {
        jobs[i] = (struct job){engine, LODGE_OK};
        pthread_create(&threads[i], &attr, compile, &jobs[i]);
    }
    for (i = 0; i < n; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(jobs[i].status, LODGE_OK);
    }
    pthread_attr_destroy(&attr);
}

static void eight_threads_compile_at_once(void **s)
{
    lodge_engine engine = new_engine();

    (void)s;
    run_jobs(engine, 8, 0);
    lodge_engine_close(engine);
}

static void threads_with_small_stacks_compile_too(void **s)
{
    lodge_engine engine = new_engine();
    lodge_engine serial = new_engine_with("parallel-compilation=off");

    (void)s;
    run_jobs(engine, 2, 64 * 1024);
    run_jobs(serial, 2, 64 * 1024);
    run_jobs(serial, 2, 256 * 1024);
    lodge_engine_close(engine);
    lodge_engine_close(serial);
}

static void *parse_deep(void *arg)
{
    struct job *job = arg;
    uint8_t *ptr = malloc(1 << 16);

    memset(ptr, '(', 1 << 16);
    job->status =
        lodge_module_open(job->engine, ptr, 1 << 16, &(lodge_module){0}, NULL);
    free(ptr);
    return NULL;
}

static void a_small_stack_meets_hostile_text(void **s)
{
    struct job job = {new_engine(), LODGE_OK};
    pthread_t thread;
    pthread_attr_t attr;

    (void)s;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, 64 * 1024);
    pthread_create(&thread, &attr, parse_deep, &job);
    pthread_join(thread, NULL);
    pthread_attr_destroy(&attr);
    assert_int_equal(job.status, LODGE_E_COMPILE);
    lodge_engine_close(job.engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_binary_module_is_opened),
        TEST(a_text_module_is_opened),
        TEST(an_empty_module_is_refused),
        TEST(a_module_cut_anywhere_is_refused),
        TEST(a_text_cut_anywhere_is_refused),
        TEST(a_module_with_any_byte_changed_is_taken_or_refused),
        TEST(a_mebibyte_of_garbage_is_refused),
        TEST(deep_nesting_does_not_use_up_the_stack),
        TEST(text_is_no_binary),
        TEST(text_that_is_not_utf8_is_no_module),
        TEST(a_component_is_no_module),
        TEST(the_place_of_a_mistake_is_told),
        TEST(outputs_and_bytes_that_are_null_are_refused),
        TEST(lengths_beyond_memory_are_refused),
        TEST(what_is_not_an_engine_makes_no_module),
        TEST(a_module_may_be_closed_again_and_again),
        TEST(an_instance_outlives_its_module),
        TEST(a_module_over_any_limit_is_refused_however_it_comes),
        TEST(a_body_of_a_million_locals_is_refused),
        TEST(a_module_is_opened_from_a_file),
        TEST(a_file_that_cannot_be_read_is_named_with_the_reason),
        TEST(an_unreadable_file_is_refused),
        TEST(a_path_that_is_no_text_is_refused),
        TEST(what_is_in_a_file_is_checked_like_bytes),
        TEST(text_becomes_binary_with_two_calls),
        TEST(text_is_translated_without_a_check),
        TEST(a_mistake_in_text_is_told_by_line_and_column),
        TEST(eight_threads_compile_at_once),
        TEST(threads_with_small_stacks_compile_too),
        TEST(a_small_stack_meets_hostile_text),
    };
    int failed;

    if (!mkdtemp(dir))
        return 1;
    failed = RUN(tests);
    rmdir(dir);
    return failed;
}

/* test_do.c - the promises of lodge_do: every function by its number, with
 * the same answer as the direct call.
 */
#include "lodge_test.h"

enum { WORDS = 12 };

/* ---- the direct calls ------------------------------------------------- */

#define P(n) ((void *)(uintptr_t)w[n])
#define F(n) ((lodge_direct_fn)(uintptr_t)w[n])
#define H(type, n) ((type){ w[n] })
#define U(n) ((uint32_t)w[n])
#define I(n) ((int32_t)w[n])
#define STATUS(call) return (uint64_t)(int64_t)(call)
#define VALUE(call) return (call)
#define NOTHING(call)                                                         \
    call;                                                                     \
    return 0
#define ROW(number, kinds, call)                                              \
    static uint64_t direct_##number(const uint64_t *w)                        \
    {                                                                         \
        (void)w;                                                              \
        call;                                                                 \
    }
#include "do_rows.h"
#undef ROW

static const struct row {
    uint64_t number;
    const char *kinds;
    uint64_t (*direct)(const uint64_t *w);
} rows[] = {
#define ROW(number, kinds, call) { number, kinds, direct_##number },
#include "do_rows.h"
#undef ROW
};

enum { ROWS = sizeof rows / sizeof *rows };

static int is_value(uint64_t number)
{
    return number <= 5 || number == 11 || number == 26;
}

/* ---- the same arguments, both ways ------------------------------------ */

static uint64_t scratch[512];
static lodge_error record;

/* Whatever was made ends. */
static void clean(void)
{
    size_t i;

    for (i = 0; i < 4; i++)
        lodge_release((void *)(uintptr_t)scratch[i]);
    memset(scratch, 0, sizeof scratch);
    assert_int_equal(lodge_error_init(&record, sizeof record), LODGE_OK);
}

static uint64_t word_for(char kind, uint64_t handle)
{
    switch (kind) {
    case 'h':
        return handle;
    case 'p':
        return (uintptr_t)scratch;
    case 'e':
        return (uintptr_t)&record;
    case 'l':
        return 4;
    default:
        return 1;
    }
}

static void check_same(const struct row *row, const uint64_t *args)
{
    uint64_t frame[WORDS], direct;
    lodge_error told;
    lodge_status st;

    clean();
    direct = row->direct(args);
    told = record;
    clean();
    memcpy(frame, args, sizeof frame);
    frame[0] = row->number;
    st = lodge_do(frame);
    if (frame[0] != direct || memcmp(&told, &record, sizeof told) != 0)
        fail_msg("op %d: %lld \"%s\", directly %lld \"%s\"", (int)row->number,
                 (long long)frame[0], record.message, (long long)direct,
                 told.message);
    assert_int_equal(st,
                     is_value(row->number) ? LODGE_OK : (lodge_status)direct);
    assert_memory_equal(frame + 1, args + 1, sizeof frame - 8);
    clean();
}

static void check_with_handle(const struct row *row, uint64_t handle)
{
    uint64_t args[WORDS] = {0};
    size_t i;

    for (i = 0; row->kinds[i]; i++)
        args[i + 1] = word_for(row->kinds[i], handle);
    check_same(row, args);
}

static void every_function_answers_zeros_as_when_called(void **s)
{
    const uint64_t zeros[WORDS] = {0};
    size_t i;

    (void)s;
    for (i = 0; i < ROWS; i++)
        check_same(&rows[i], zeros);
}

static void every_function_answers_bad_handles_as_when_called(void **s)
{
    size_t i, k;

    (void)s;
    for (i = 0; i < ROWS; i++)
        for (k = 0; k < BAD_IDS; k++)
            check_with_handle(&rows[i], bad_ids[k]);
}

static void every_function_answers_stale_handles_as_when_called(void **s)
{
    lodge_engine engine = new_engine();
    lodge_instance instance = new_instance(
        engine, "(module (func (export \"f\")) (memory (export \"m\") 1))");
    const uint64_t stale[] = {engine.id, instance.id,
                              func_of(instance, "f").id};
    size_t i, k;

    (void)s;
    lodge_engine_shutdown(engine);
    for (i = 0; i < ROWS; i++)
        for (k = 0; k < 3; k++)
            check_with_handle(&rows[i], stale[k]);
}

/* A config is the wrong kind for all but its own functions. */
static void every_function_answers_wrong_kinds_as_when_called(void **s)
{
    lodge_config config;
    size_t i;

    (void)s;
    OK(lodge_config_new(0, &config, ERR));
    for (i = 0; i < ROWS; i++)
        if (rows[i].number != 11 &&
            (rows[i].number < 20 || rows[i].number > 40))
            check_with_handle(&rows[i], config.id);
    lodge_config_close(config);
}

/* ---- complete --------------------------------------------------------- */

/* Tests run in the source folder. */
static void every_number_of_the_api_data_is_tried_here(void **s)
{
    static char text[1 << 20];
    FILE *file = fopen("api/lodge.json", "r");
    const char *at = text;
    size_t n, i, found = 0;

    (void)s;
    assert_non_null(file); /* tests run in the source folder */
    n = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[n] = '\0';
    while ((at = strstr(at, "\"op\": ")) != NULL) {
        uint64_t number = strtoull(at += 6, NULL, 10);

        for (i = 0; i < ROWS && rows[i].number != number; i++) {
        }
        if (i == ROWS && number != 10)
            fail_msg("op %d is not in do_rows.h", (int)number);
        found++;
    }
    assert_int_equal(found, ROWS + 1);
}

static void a_number_of_no_function_is_not_found(void **s)
{
    uint64_t op, frame[WORDS] = {0};
    size_t i, none = 0;

    (void)s;
    for (op = 0; op < 1000; op++) {
        for (i = 0; i < ROWS && rows[i].number != op; i++) {
        }
        if (i < ROWS)
            continue;
        frame[0] = op;
        FAILS(NOT_FOUND, lodge_do(frame));
        assert_int_equal(frame[0], op);
        none++;
    }
    assert_int_equal(none, 1000 - ROWS);
    frame[0] = UINT64_MAX;
    FAILS(NOT_FOUND, lodge_do(frame));
    frame[0] = (UINT64_C(1) << 32) + 20; /* no low half of it counts */
    FAILS(NOT_FOUND, lodge_do(frame));
}

/* It would be an endless recursion. */
static void lodge_do_does_not_reach_itself(void **s)
{
    uint64_t frame[2] = {10, (uintptr_t)frame};

    (void)s;
    FAILS(NOT_FOUND, lodge_do(frame));
    FAILS(ARGUMENT, lodge_do(NULL));
}

static void a_failure_is_sign_extended_in_the_frame(void **s)
{
    uint64_t frame[4] = {41, 0, (uintptr_t)scratch, 0};

    (void)s;
    FAILS(HANDLE, lodge_do(frame));
    assert_true(frame[0] == (uint64_t)INT64_C(-2));
}

static void values_come_back_in_the_frame(void **s)
{
    uint64_t frame[1] = {2};

    (void)s;
    OK(lodge_do(frame));
    assert_true(frame[0] == lodge_abi_hash());
    frame[0] = 26;
    OK(lodge_do(frame));
    assert_int_equal(frame[0], lodge_config_key_count());
    frame[0] = 5;
    OK(lodge_do(frame));
    assert_true(frame[0] == lodge_features());
}

/* ---- a whole program by numbers --------------------------------------- */

#define AT(ptr) ((uint64_t)(uintptr_t)(ptr))
#define DO(...) OK(lodge_do((uint64_t[WORDS]){ __VA_ARGS__ }))

static int32_t host_doubles(uint64_t token, lodge_caller caller,
                            uint64_t *slots)
{
    uint64_t tag = 0;

    DO(153, caller.id, AT(&tag));
    assert_int_equal(tag, 99);
    assert_int_equal(token, 7);
    slots[0] *= 2;
    return 0;
}

static const char *const guest =
    "(module (import \"h\" \"twice\" (func $t (param i32) (result i32)))"
    "(memory (export \"m\") 1) (func (export \"run\") (param i32) (result i32)"
    " (i32.store (i32.const 8) (local.get 0)) (call $t (local.get 0))))";

static void a_guest_is_run_by_numbers_alone(void **s)
{
    uint64_t config, engine, module, linker, instance, fn, memory, value = 0;
    uint64_t frame[17] = {0}, e = AT(ERR);
    uint64_t kinds, tokens[1] = {0};
    uint32_t count = 0;

    (void)s;
    DO(20, LODGE_PRESET_DEFAULT, AT(&config), e);
    DO(25, config, AT("opt-level=none"), 14, e);
    DO(40, config, AT(&engine), e);
    DO(60, engine, AT(guest), strlen(guest), AT(&module), e);
    DO(80, engine, AT(&linker), e);
    DO(83, linker, AT("h"), 1, AT("twice"), 5, AT("i32 -> i32"), 10,
       AT(host_doubles), 7, e);
    DO(120, linker, 0, module, AT(&instance), e);
    DO(126, instance, AT("run"), 3, AT(&fn), e);
    frame[LODGE_FRAME_FUNC] = fn;
    frame[LODGE_FRAME_TAG] = 99;
    frame[LODGE_FRAME_CAPACITY] = 1;
    frame[LODGE_FRAME_SLOTS] = 21;
    DO(141, AT(frame));
    assert_int_equal(frame[LODGE_FRAME_SLOTS], 42);
    DO(127, instance, AT("m"), 1, AT(&memory), e);
    DO(169, memory, 8, LODGE_TYPE_I32, AT(&value), e);
    assert_int_equal(value, 21);
    DO(122, instance);
    DO(43, engine);
    DO(9, 0, AT(&kinds), AT(tokens), 1, AT(&count));
    assert_int_equal(count, 1);
    assert_int_equal(tokens[0], 7);
}

static void a_failure_by_number_tells_as_much(void **s)
{
    uint64_t config = 0;

    (void)s;
    DO(20, 0, AT(&config), 0);
    SAYS(ARGUMENT, "fuel: \"2\" is not allowed",
         lodge_do((uint64_t[]){22, config, LODGE_CONFIG_FUEL, 2, AT(ERR)}));
    DO(21, config);
    SAYS(HANDLE, "the config was closed",
         lodge_do((uint64_t[]){22, config, LODGE_CONFIG_FUEL, 1, AT(ERR)}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_function_answers_zeros_as_when_called),
        TEST(every_function_answers_bad_handles_as_when_called),
        TEST(every_function_answers_stale_handles_as_when_called),
        TEST(every_function_answers_wrong_kinds_as_when_called),
        TEST(every_number_of_the_api_data_is_tried_here),
        TEST(a_number_of_no_function_is_not_found),
        TEST(lodge_do_does_not_reach_itself),
        TEST(a_failure_is_sign_extended_in_the_frame),
        TEST(values_come_back_in_the_frame),
        TEST(a_guest_is_run_by_numbers_alone),
        TEST(a_failure_by_number_tells_as_much),
    };

    return RUN(tests);
}

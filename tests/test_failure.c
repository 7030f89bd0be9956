/* test_failure.c - a failure keeps its identity from the innermost host
 * function to the outermost call, whatever modes lie between.
 */
#include "suspend_fixture.h"

enum { DIRECT, FRAME, SUSPEND, MODES };
enum { PASS, EXTEND, REPLACE, SWALLOW, EXIT, ACTIONS };
enum { BY_HOST, BY_EXIT, BY_TRAP, ORIGINS };
enum { DEPTH = 4, GUEST_TRAPS = 99 };

/* Level 0 fails; level n calls level n - 1 and does something about it. */
static struct {
    int depth, origin;
    int mode[DEPTH], action[DEPTH];
} plan;

static const char levels_text[] =
    "(module"
    " (import \"m\" \"direct\" (func $direct (param i32) (result i32)))"
    " (import \"m\" \"frame\" (func $frame (param i32) (result i32)))"
    " (import \"m\" \"suspend\" (func $suspend (param i32) (result i32)))"
    " (func (export \"direct\") (param i32) (result i32)"
    "  (i32.add (i32.const 1) (call $direct (local.get 0))))"
    " (func (export \"frame\") (param i32) (result i32)"
    "  (i32.add (i32.const 1) (call $frame (local.get 0))))"
    " (func (export \"suspend\") (param i32) (result i32)"
    "  (i32.add (i32.const 1) (call $suspend (local.get 0))))"
    " (func (export \"trap\") (param i32) (result i32)"
    "  (i32.div_u (i32.const 1) (i32.const 0))))";

static const char *const mode_names[] = {"direct", "frame", "suspend"};
static lodge_instance levels;
static uint64_t native[WORDS];

/* ---- what is expected ----------------------------------------------------- */

struct cause {
    lodge_status status;
    uint64_t payload;
    int32_t code;
    char message[64];
};

static struct {
    uint32_t n; /* 0: it went well */
    uint64_t value;
    struct cause cause[DEPTH + 1]; /* outermost first */
} expected;

static uint64_t payload_of(int level)
{
    return UINT64_C(0xF00D000000000000) + (uint64_t)level;
}

static const char *words_of(int level)
{
    static char text[64];

    snprintf(text, sizeof text, "level %d does not like it: \xC3\xBC", level);
    return text;
}

static void expect(lodge_status status, uint64_t payload, int32_t code,
                   const char *message)
{
    struct cause *first = expected.cause;

    memmove(first + 1, first, expected.n * sizeof *first);
    expected.n++;
    first->status = status;
    first->payload = payload;
    first->code = code;
    snprintf(first->message, sizeof first->message, "%s", message);
}

static void expect_exit(int level)
{
    char text[64];

    snprintf(text, sizeof text, "exit code %d", level + 100);
    expect(LODGE_E_EXIT, 0, level + 100, text);
}

static void expect_level(int level)
{
    if (expected.n == 0) { /* swallowed below */
        expected.value++;
        return;
    }
    switch (plan.action[level]) {
    case REPLACE:
        expected.n = 0;
        /* fall through */
    case EXTEND:
        expect(LODGE_E_HOST, payload_of(level), 0, words_of(level));
        break;
    case EXIT:
        expect_exit(level);
        break;
    case SWALLOW:
        expected.n = 0;
        expected.value = 8;
        break;
    default:
        break;
    }
}

static void expect_plan(void)
{
    int level;

    memset(&expected, 0, sizeof expected);
    if (plan.origin == BY_HOST)
        expect(LODGE_E_HOST, payload_of(0), 0, words_of(0));
    else if (plan.origin == BY_EXIT)
        expect_exit(0);
    else
        expect(LODGE_E_TRAP, 0, 0,
               "wasm trap: integer divide by zero, in function 6");
    for (level = 1; level < plan.depth; level++)
        expect_level(level);
}

/* ---- what the host functions do --------------------------------------------- */

/* What a host function of any mode has decided. */
struct outcome {
    lodge_status status;
    int said; /* with payload, code and words of its own */
    int forget;
    uint64_t value, payload;
    int32_t code;
    const char *words;
};

static lodge_status pumped(struct frame *f);

/* The nested call: what level `level` calls. */
static lodge_status call_below(int level, uint64_t parent, struct frame *f)
{
    *f = level ? frame_of(levels, mode_names[plan.mode[level - 1]], parent,
                          (uint64_t)level - 1)
               : frame_of(levels, "trap", parent, 0);
    return pumped(f);
}

static struct outcome say_own(lodge_status status, int level)
{
    struct outcome o = {.status = status, .said = 1};

    if (status == LODGE_E_EXIT) {
        o.code = level + 100;
    } else {
        o.payload = payload_of(level);
        o.words = words_of(level);
    }
    return o;
}

static struct outcome decide(int level, uint64_t parent, struct frame *f)
{
    struct outcome o = {0};

    if (level == 0 && plan.origin != BY_TRAP)
        return say_own(plan.origin == BY_EXIT ? LODGE_E_EXIT : LODGE_E_HOST,
                       level);
    o.status = call_below(level, parent, f);
    o.value = SLOT(f);
    if (o.status == LODGE_OK || level == 0)
        return o;
    switch (plan.action[level]) {
    case SWALLOW:
        return (struct outcome){.value = 7};
    case EXIT:
        return say_own(LODGE_E_EXIT, level);
    case EXTEND:
        return say_own(LODGE_E_HOST, level);
    case REPLACE:
        o = say_own(LODGE_E_HOST, level);
        o.forget = 1;
        return o;
    default:
        return o; /* the status of the call below */
    }
}

static int32_t say(lodge_caller caller, const struct outcome *o)
{
    if (o->forget)
        OK(lodge_caller_forget(caller));
    if (!o->said)
        return o->status;
    if (o->status == LODGE_E_EXIT)
        return lodge_caller_exit(caller, o->code);
    return lodge_caller_fail(caller, o->payload, TEXT(o->words));
}

static int32_t run_direct(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    struct frame f;
    struct outcome o = decide((int)slots[0], 0, &f);

    (void)token;
    slots[0] = o.value;
    return say(caller, &o);
}

/* Odd levels speak through the frame's words, even ones as DIRECT does. */
static int32_t run_frame(uint32_t token, uint32_t tag)
{
    lodge_caller caller = {native[LODGE_FRAME_TOKEN]};
    int level = (int)native[LODGE_FRAME_SLOTS];
    struct frame f;
    struct outcome o = decide(level, 0, &f);

    (void)token;
    (void)tag;
    native[LODGE_FRAME_SLOTS] = o.value;
    native[LODGE_FRAME_PAYLOAD] = 0;
    native[LODGE_FRAME_DETAIL] = 0;
    if (o.status == LODGE_E_EXIT && o.said && level % 2) {
        native[LODGE_FRAME_DETAIL] = (uint64_t)(uint32_t)o.code << 32;
        return o.status;
    }
    return say(caller, &o);
}

static lodge_error *record_of(struct frame *f)
{
    return (lodge_error *)(void *)&f->word[LODGE_FRAME_SLOTS + SLOTS];
}

/* Answers a request. What is handed on travels as the words that the nested
 * call left, with its message on odd levels.
 */
static lodge_status run_suspend(struct frame *f)
{
    uint64_t token = TOKEN(f);
    int level = (int)SLOT(f);
    struct frame below;
    struct outcome o = decide(level, token, &below);

    if (o.forget)
        OK(lodge_caller_forget((lodge_caller){token}));
    if (o.status != LODGE_OK && !o.said) {
        f->word[LODGE_FRAME_PAYLOAD] = below.word[LODGE_FRAME_PAYLOAD];
        f->word[LODGE_FRAME_DETAIL] = below.word[LODGE_FRAME_DETAIL];
        if (level % 2)
            memcpy(record_of(f)->message, record_of(&below)->message,
                   record_of(f)->message_len = record_of(&below)->message_len);
    } else if (o.status != LODGE_OK) {
        f->word[LODGE_FRAME_PAYLOAD] = o.payload;
        f->word[LODGE_FRAME_DETAIL] = (uint64_t)(uint32_t)o.code << 32;
        if (o.words) {
            record_of(f)->message_len = (uint32_t)strlen(o.words);
            memcpy(record_of(f)->message, o.words, strlen(o.words));
        }
    }
    f->word[LODGE_FRAME_STATUS] = (uint64_t)(int64_t)o.status;
    SLOT(f) = o.value;
    return lodge_resume(f->word);
}

static lodge_status pumped(struct frame *f)
{
    lodge_status st = lodge_call(f->word);

    while (st == LODGE_REQUEST)
        st = run_suspend(f);
    return st;
}

static int begin_levels(void **state)
{
    lodge_module module;
    lodge_host host;
    uint32_t i, index;

    if (begin(state))
        return -1;
    OK(lodge_host_new(engine, TEXT("m"), &host, ERR));
    for (i = 0; i < MODES; i++) {
        OK(lodge_host_func(host, TEXT("i32 -> i32"), i, i, &index, ERR));
        OK(lodge_host_export(host, index, TEXT(mode_names[i]), ERR));
    }
    OK(lodge_host_direct(host, DIRECT, run_direct, ERR));
    OK(lodge_linker_add_host(linker, host, ERR));
    OK(lodge_linker_frame(linker, run_frame, ERR));
    module = new_module(engine, levels_text);
    OK(lodge_instance_new(linker, store, module, &levels, ERR));
    OK(lodge_store_frame(store, native, WORDS, 0, ERR));
    return 0;
}

#define LEVEL_TEST(name)                                                      \
    cmocka_unit_test_setup_teardown(name, begin_levels, end)

/* ---- comparing ------------------------------------------------------------ */

static void explain(const char *what)
{
    int level;

    fprintf(stderr, "%s; origin %d, innermost first:", what, plan.origin);
    for (level = 0; level < plan.depth; level++)
        fprintf(stderr, " %s/%d", mode_names[plan.mode[level]],
                plan.action[level]);
    fprintf(stderr, "\n");
    fail();
}

static void check_cause(lodge_report report, uint32_t i)
{
    const struct cause *want = &expected.cause[i];
    char text[256] = {0};
    lodge_status status;
    uint64_t payload, len;

    OK(lodge_report_cause(report, i, &status, &payload, text, sizeof text,
                          &len, ERR));
    if (status != want->status || payload != want->payload ||
        len != strlen(want->message) || memcmp(text, want->message, len) != 0)
        explain(text);
}

static void check_failure(const lodge_error *err)
{
    const struct cause *first = &expected.cause[0];
    lodge_report report = {err->report};
    uint32_t i, n = 0;

    if (err->payload != first->payload || err->exit_code != first->code ||
        strcmp(err->message, first->message) != 0)
        explain(err->message);
    if (err->trap != (first->status == LODGE_E_TRAP
                          ? LODGE_TRAP_DIVISION_BY_ZERO
                          : LODGE_TRAP_NONE))
        explain("trap code");
    OK(lodge_report_cause_count(report, &n, ERR));
    if (n != expected.n)
        explain("causes");
    for (i = 0; i < n; i++)
        check_cause(report, i);
    lodge_report_close(report);
}

static void run_plan(void)
{
    struct frame f = frame_of(levels, mode_names[plan.mode[plan.depth - 1]], 0,
                              (uint64_t)plan.depth - 1);
    lodge_status st;

    record_of(&f)->flags = LODGE_ERROR_REPORT;
    expect_plan();
    st = pumped(&f);
    if (st != (expected.n ? expected.cause[0].status : LODGE_OK))
        explain("status");
    if (expected.n)
        check_failure(record_of(&f));
    else
        assert_int_equal(SLOT(&f), expected.value);
}

/* The plan of this number among those with so many levels. */
static int plan_of(int number, int depth)
{
    int level;

    plan.depth = depth;
    plan.origin = number % ORIGINS;
    number /= ORIGINS;
    for (level = 0; level < depth; level++) {
        plan.mode[level] = number % MODES;
        number /= MODES;
    }
    for (level = 1; level < depth; level++) {
        plan.action[level] = number % ACTIONS;
        number /= ACTIONS;
    }
    return number == 0;
}

/* ---- tests ------------------------------------------------------------------ */

static void every_chain_of_up_to_three_levels(void **state)
{
    int depth, i;

    (void)state;
    for (depth = 1; depth <= 3; depth++)
        for (i = 0; plan_of(i, depth); i++)
            run_plan();
    still_usable();
}

/* One of 7 of the 30,375: 7 is prime to what they are made of. */
static void chains_of_four_levels(void **state)
{
    int i;

    (void)state;
    for (i = 0; plan_of(i, 4); i += 7)
        run_plan();
    still_usable();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        LEVEL_TEST(every_chain_of_up_to_three_levels),
        LEVEL_TEST(chains_of_four_levels),
    };

    return RUN(tests);
}

/* test_slots.c - how values pass between guest and host functions: the same
 * in every mode, on the fiber and off it. The numbers C3.1 .. C4.10 are those
 * of tests/tables/builder.md.
 *
 * A guest hands its parameters on to the function and its results back, so a
 * call of the guest is a call of the function.
 */
#include "lodge_test.h"

/* ---- the functions ---------------------------------------------------- */

enum { SLOTS = 16, WORDS = LODGE_FRAME_SLOTS + SLOTS };

struct shape {
    const char *name, *params, *results;
    uint32_t in, out; /* slots */
};

static const struct shape shapes[] = {
    {"numbers", "i32 i64 f32 f64", "i32 i64 f32 f64", 4, 4},
    {"vectors", "v128 i32 v128", "v128 v128 i32", 5, 5},
    {"more", "i32", "i64 i64 i64", 1, 3},
    {"fewer", "i64 i64 i64", "i32", 3, 1},
    {"nothing", "", "", 0, 0},
    {"made", "", "i64 v128", 0, 3},
    {"word", "i32", "i32", 1, 1},
    {"real", "f32", "f32", 1, 1},
    {"func", "funcref", "funcref", 1, 1},
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

/* What the running test has the host do; *failure is LODGE_OK at first. */
static void (*body)(uint64_t *slots, lodge_status *failure);
static uint64_t seen[SLOTS]; /* what the host was given */
static const struct shape *running;
static int calls;

/* A function of any mode, with its slots in place. */
static lodge_status run_body(uint64_t *slots)
{
    lodge_status failure = LODGE_OK;
    uint32_t i, n = running->in > running->out ? running->in : running->out;

    calls++;
    for (i = 0; i < n; i++)
        seen[i] = slots[i];
    body(slots, &failure);
    return failure;
}

static int32_t run_direct(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    lodge_status failure;

    running = &shapes[token];
    failure = run_body(slots);
    return failure ? lodge_caller_fail(caller, 0xF00D, TEXT("on purpose")) : 0;
}

static uint64_t native[WORDS];

static int32_t run_frame(uint32_t token, uint32_t tag)
{
    (void)tag;
    running = &shapes[token];
    native[LODGE_FRAME_PAYLOAD] = 0xF00D;
    return run_body(native + LODGE_FRAME_SLOTS);
}

/* ---- the guest -------------------------------------------------------- */

static lodge_engine engine;
static lodge_store plain, waiting; /* without and with SUSPEND functions */
static lodge_instance quick, slow; /* the guest in either store */

static const char *const modules[] = {"d", "f", "s"};

static void add_functions(lodge_linker linker, uint32_t mode)
{
    char sig[80];
    uint32_t i, index;
    lodge_host host;

    OK(lodge_host_new(engine, TEXT(modules[mode]), &host, ERR));
    for (i = 0; i < SHAPES; i++) {
        snprintf(sig, sizeof sig, "%s -> %s", shapes[i].params,
                 shapes[i].results);
        OK(lodge_host_func(host, TEXT(sig), mode, i, &index, ERR));
        if (mode == LODGE_HOST_DIRECT)
            OK(lodge_host_direct(host, index, run_direct, ERR));
        OK(lodge_host_export(host, index, TEXT(shapes[i].name), ERR));
    }
    OK(lodge_linker_add_host(linker, host, ERR));
    lodge_host_close(host);
}

static uint32_t words_in(const char *text)
{
    uint32_t n = *text != 0;

    while (*text)
        n += *text++ == ' ';
    return n;
}

/* Import, and an export that passes everything on. */
static int put_function(char *at, size_t room, const char *module,
                        const struct shape *s)
{
    char passed[200] = "";
    uint32_t i;

    for (i = 0; i < words_in(s->params); i++)
        snprintf(passed + strlen(passed), sizeof passed - strlen(passed),
                 " (local.get %u)", i);
    return snprintf(at, room,
                    " (func (export \"%s.%s\") (param %s) (result %s)"
                    " (call $%s.%s%s))",
                    module, s->name, s->params, s->results, module, s->name,
                    passed);
}

/* Exports that show the upper half of what the guest got. */
static const char looks[] =
    " (func (export \"%s.look.word\") (param i32) (result i64)"
    "  (i64.extend_i32_u (call $%s.word (local.get 0))))"
    " (func (export \"%s.look.real\") (param f32) (result i64)"
    "  (i64.extend_i32_u (i32.reinterpret_f32"
    "   (call $%s.real (local.get 0)))))";

static void write_guest(char *text, size_t room, uint32_t modes)
{
    size_t at = (size_t)snprintf(text, room, "(module");
    uint32_t m, i;

    for (m = 0; m < modes; m++)
        for (i = 0; i < SHAPES; i++)
            at += (size_t)snprintf(
                text + at, room - at,
                " (import \"%s\" \"%s\" (func $%s.%s (param %s) (result %s)))",
                modules[m], shapes[i].name, modules[m], shapes[i].name,
                shapes[i].params, shapes[i].results);
    for (m = 0; m < modes; m++) {
        for (i = 0; i < SHAPES; i++)
            at += (size_t)put_function(text + at, room - at, modules[m],
                                       &shapes[i]);
        at += (size_t)snprintf(text + at, room - at, looks, modules[m],
                               modules[m], modules[m], modules[m]);
    }
    assert_true(at + 2 < room);
    strcpy(text + at, ")");
}

static lodge_instance make_guest(lodge_store store, uint32_t modes)
{
    static char text[16384];
    lodge_linker linker = new_linker(engine);
    lodge_module module;
    lodge_instance instance;
    uint32_t m;

    for (m = 0; m < modes; m++)
        add_functions(linker, m);
    OK(lodge_linker_frame(linker, run_frame, ERR));
    write_guest(text, sizeof text, modes);
    module = new_module(engine, text);
    OK(lodge_instance_new(linker, store, module, &instance, ERR));
    OK(lodge_store_frame(store, native, WORDS, 0, ERR));
    lodge_module_close(module);
    lodge_linker_close(linker);
    return instance;
}

static int begin(void **state)
{
    if (nothing_lives(state))
        return -1;
    engine = new_engine();
    plain = new_store(engine);
    waiting = new_store(engine);
    quick = make_guest(plain, 2);
    slow = make_guest(waiting, 3);
    return 0;
}

static int end(void **state)
{
    uint32_t kinds[64], n;
    uint64_t tokens[64];

    lodge_engine_shutdown(engine);
    lodge_engine_close(engine);
    OK(lodge_reap(0, kinds, tokens, 64, &n));
    return nothing_lives(state);
}

#define SLOT_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

/* ---- the ways to run a function --------------------------------------- */

static uint64_t payload; /* of the last failure */

static lodge_func find(lodge_instance guest, const char *module,
                       const char *name)
{
    char text[40];

    snprintf(text, sizeof text, "%s.%s", module, name);
    return func_of(guest, text);
}

static lodge_status by_slots(lodge_func fn, uint64_t *slots)
{
    lodge_status st = lodge_func_call(fn, slots, SLOTS, ERR);

    payload = st ? test_err.payload : 0;
    return st;
}

/* Requests are answered as a function of the host would. */
static lodge_status by_frame(lodge_func fn, uint64_t *slots)
{
    uint64_t frame[WORDS] = {fn.id};
    uint64_t *at = frame + LODGE_FRAME_SLOTS;
    lodge_status st, failure;

    frame[LODGE_FRAME_CAPACITY] = SLOTS;
    memcpy(at, slots, SLOTS * sizeof *slots);
    for (st = lodge_call(frame); st == LODGE_REQUEST;
         st = lodge_resume(frame)) {
        running = &shapes[frame[LODGE_FRAME_IMPORT] & UINT32_MAX];
        assert_int_equal(frame[LODGE_FRAME_IMPORT] >> 32 & 0xFFFF,
                         running->in);
        assert_int_equal(frame[LODGE_FRAME_IMPORT] >> 48, running->out);
        failure = run_body(at);
        frame[LODGE_FRAME_STATUS] = (uint64_t)(int64_t)failure;
        frame[LODGE_FRAME_PAYLOAD] = 0xF00D;
    }
    payload = st ? frame[LODGE_FRAME_PAYLOAD] : 0;
    if (st == LODGE_OK)
        memcpy(slots, at, SLOTS * sizeof *slots);
    return st;
}

static const struct way {
    const char *what, *module;
    lodge_instance *guest;
    lodge_status (*call)(lodge_func fn, uint64_t *slots);
} ways[] = {
    {"DIRECT", "d", &quick, by_slots},
    {"DIRECT from a frame", "d", &quick, by_frame},
    {"DIRECT beside waiting functions", "d", &slow, by_slots},
    {"DIRECT on the fiber", "d", &slow, by_frame},
    {"FRAME", "f", &quick, by_slots},
    {"FRAME from a frame", "f", &quick, by_frame},
    {"FRAME beside waiting functions", "f", &slow, by_slots},
    {"FRAME on the fiber", "f", &slow, by_frame},
    {"SUSPEND", "s", &slow, by_frame},
};

static const struct way *way;
#define EACH_WAY                                                              \
    for (way = ways; way < ways + sizeof ways / sizeof *ways; way++)

/* Calls a function by the present way; the results are in `slots`. */
static lodge_status call(const char *name, uint64_t *slots)
{
    memset(seen, 0xEE, sizeof seen);
    return way->call(find(*way->guest, way->module, name), slots);
}

static void same(const uint64_t *found, const uint64_t *expected, uint32_t n,
                 const char *what)
{
    uint32_t i;

    for (i = 0; i < n; i++)
        if (found[i] != expected[i])
            fail_msg("%s: %s %u is %llx, expected %llx", way->what, what, i,
                     (unsigned long long)found[i],
                     (unsigned long long)expected[i]);
}

static void as_they_are(uint64_t *slots, lodge_status *failure)
{
    (void)slots;
    (void)failure;
}

/* ---- the contract ----------------------------------------------------- */

/* C3.1, C3.3: in order from slot 0, narrow values zero-extended, whatever
 * the caller of the guest had there. The same bits come back.
 */
static void numbers_pass_from_slot_0_on(void **state)
{
    static const uint64_t sent[4] = {
        UINT64_C(0xDEADBEEF80000001), UINT64_C(0x8000000000000002),
        UINT64_C(0x123456787FA00001), UINT64_C(0x7FF4000000000001)};
    static const uint64_t got[4] = {0x80000001, UINT64_C(0x8000000000000002),
                                    0x7FA00001, /* a signalling NaN */
                                    UINT64_C(0x7FF4000000000001)};

    (void)state;
    body = as_they_are;
    EACH_WAY
    {
        uint64_t slots[SLOTS];

        memcpy(slots, sent, sizeof sent);
        OK(call("numbers", slots));
        same(seen, got, 4, "parameter");
        same(slots, got, 4, "result");
    }
}

/* C3.3: a vector is two slots, its low half first. */
static void vectors_take_two_slots(void **state)
{
    static const uint64_t sent[5] = {1, 2, UINT64_MAX, 3, 4};
    static const uint64_t got[5] = {1, 2, UINT32_MAX, 3, 4};
    static const uint64_t back[5] = {1, 2, UINT32_MAX, 3, 4};

    (void)state;
    body = as_they_are;
    EACH_WAY
    {
        uint64_t slots[SLOTS];

        memcpy(slots, sent, sizeof sent);
        OK(call("vectors", slots));
        same(seen, got, 5, "parameter");
        same(slots, back, 5, "result");
    }
}

static void dirty(uint64_t *slots, lodge_status *failure)
{
    (void)failure;
    slots[0] |= UINT64_C(0xFFFFFFFF00000000);
}

/* C3.3: of what the host writes only the value's own bits count: sign and
 * zero extension are both right, and no bit gets through to the guest.
 */
static void upper_halves_of_results_are_ignored(void **state)
{
    (void)state;
    body = dirty;
    EACH_WAY
    {
        uint64_t slots[SLOTS] = {0x80000007};

        OK(call("word", slots));
        assert_int_equal(slots[0], 0x80000007);
        slots[0] = 0x80000007;
        OK(call("look.word", slots));
        assert_int_equal(slots[0], 0x80000007);
        slots[0] = 0xFFC00001;
        OK(call("real", slots));
        assert_int_equal(slots[0], 0xFFC00001);
        slots[0] = 0xFFC00001;
        OK(call("look.real", slots));
        assert_int_equal(slots[0], 0xFFC00001);
    }
}

static void turns_round(uint64_t *slots, lodge_status *failure)
{
    uint64_t first = slots[0];

    (void)failure;
    slots[0] = slots[2];
    slots[2] = first; /* no result is there: ignored */
}

/* C3.1: results lie over the parameters. */
static void results_overwrite_parameters(void **state)
{
    (void)state;
    body = turns_round;
    EACH_WAY
    {
        uint64_t slots[SLOTS] = {1, 2, UINT64_C(0x700000003)};

        OK(call("fewer", slots));
        assert_int_equal(slots[0], 3);
    }
}

static void writes_first(uint64_t *slots, lodge_status *failure)
{
    (void)failure;
    slots[0] = 5;
}

/* C4.10: the result part beyond the parameters is zero, not what was left
 * there by somebody else.
 */
static void results_that_are_not_written_are_zero(void **state)
{
    static const uint64_t kept[3] = {9, 0, 0}, first[3] = {5, 0, 0};
    static const uint64_t none[3] = {0, 0, 0};

    (void)state;
    EACH_WAY
    {
        uint64_t slots[SLOTS] = {9, 0xBAD, 0xBAD, 0xBAD};

        body = as_they_are;
        OK(call("more", slots));
        same(seen, kept, 3, "slot");
        same(slots, kept, 3, "result");
        body = writes_first;
        OK(call("more", slots));
        same(slots, first, 3, "result");
        memset(slots, 0xBB, sizeof slots);
        body = as_they_are;
        OK(call("made", slots));
        same(seen, none, 3, "slot");
        same(slots, none, 3, "result");
    }
}

static void fills_and_fails(uint64_t *slots, lodge_status *failure)
{
    uint32_t i;

    for (i = 0; i < running->out; i++)
        slots[i] = UINT64_MAX;
    *failure = LODGE_E_HOST;
}

/* C4.10: what a failing function wrote reaches nobody. */
static void results_of_a_failure_are_ignored(void **state)
{
    static const uint64_t sent[4] = {1, 2, 3, 4};
    const int before = calls;

    (void)state;
    EACH_WAY
    {
        uint64_t slots[SLOTS] = {1, 2, 3, 4};

        body = fills_and_fails;
        FAILS(HOST, call("numbers", slots));
        assert_int_equal(payload, 0xF00D);
        same(slots, sent, 4, "slot");
        body = as_they_are;
        OK(call("numbers", slots));
        same(slots, sent, 4, "result");
    }
    assert_int_equal(calls - before, 2 * (int)(way - ways));
}

/* C3.5: where there are no values, no slots are needed. */
static void nothing_needs_no_slots(void **state)
{
    (void)state;
    body = as_they_are;
    EACH_WAY
    {
        uint64_t frame[LODGE_FRAME_SLOTS] = {0};
        lodge_func fn = find(*way->guest, way->module, "nothing");
        const int before = calls;

        if (way->call == by_slots) {
            OK(lodge_func_call(fn, NULL, 0, ERR));
        } else {
            frame[LODGE_FRAME_FUNC] = fn.id;
            if (lodge_call(frame) == LODGE_REQUEST) {
                calls++;
                OK(lodge_resume(frame));
            }
            assert_int_equal(frame[LODGE_FRAME_STATUS], LODGE_OK);
        }
        assert_int_equal(calls, before + 1);
    }
}

/* C3.4: the longer side decides how many slots a call needs. */
static void too_few_slots_call_nothing(void **state)
{
    static const struct {
        const char *name;
        uint32_t need;
    } rows[] = {{"more", 3}, {"fewer", 3}, {"vectors", 5}, {"word", 1}};
    const int before = calls;
    size_t i;

    (void)state;
    EACH_WAY
    {
        for (i = 0; i < sizeof rows / sizeof *rows; i++) {
            uint64_t frame[WORDS] = {0}, slots[SLOTS] = {0};
            lodge_func fn = find(*way->guest, way->module, rows[i].name);

            frame[LODGE_FRAME_FUNC] = fn.id;
            frame[LODGE_FRAME_CAPACITY] = rows[i].need - 1;
            if (way->call == by_slots)
                FAILS(BUFFER,
                      lodge_func_call(fn, slots, rows[i].need - 1, ERR));
            else
                FAILS(BUFFER, lodge_call(frame));
        }
    }
    assert_int_equal(calls, before);
}

static uint64_t forged;

static void forges(uint64_t *slots, lodge_status *failure)
{
    (void)failure;
    slots[0] = forged;
}

/* Funcs pass as handles, 0 is null; no number makes a function of itself. */
static void functions_pass_as_handles_only(void **state)
{
    (void)state;
    EACH_WAY
    {
        const lodge_func own = find(*way->guest, "d", "word");
        const lodge_func far =
            find(way->guest->id == quick.id ? slow : quick, "d", "word");
        const uint64_t wrong[] = {1, UINT64_MAX, far.id, way->guest->id};
        uint64_t slots[SLOTS] = {own.id};
        size_t i;

        body = as_they_are;
        OK(call("func", slots));
        assert_int_equal(seen[0], own.id);
        assert_int_equal(slots[0], own.id);
        slots[0] = 0;
        OK(call("func", slots));
        assert_int_equal(seen[0], 0);
        assert_int_equal(slots[0], 0);
        body = forges;
        for (i = 0; i < sizeof wrong / sizeof *wrong; i++) {
            lodge_status st;

            forged = wrong[i];
            slots[0] = own.id;
            st = call("func", slots);
            if (st >= LODGE_OK)
                fail_msg("%s took %llx", way->what,
                         (unsigned long long)forged);
            if (way->module[0] == 's') {
                /* The answer was refused: the request is open still. */
                assert_true(st == LODGE_E_HANDLE || st == LODGE_E_FOREIGN ||
                            st == LODGE_E_TYPE);
                lodge_store_close(waiting);
                waiting = new_store(engine);
                slow = make_guest(waiting, 3);
                slots[0] = 0;
                break;
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SLOT_TEST(numbers_pass_from_slot_0_on),
        SLOT_TEST(vectors_take_two_slots),
        SLOT_TEST(upper_halves_of_results_are_ignored),
        SLOT_TEST(results_overwrite_parameters),
        SLOT_TEST(results_that_are_not_written_are_zero),
        SLOT_TEST(results_of_a_failure_are_ignored),
        SLOT_TEST(nothing_needs_no_slots),
        SLOT_TEST(too_few_slots_call_nothing),
        SLOT_TEST(functions_pass_as_handles_only),
    };

    return RUN(tests);
}

/* test_all_calls.c - promises that hold for every function of lodge.h, tried
 * with each: good input is taken, handles that name nothing or something else
 * are refused, texts are copied out as the rules say.
 */
#include "world.h"

/* ---- complete --------------------------------------------------------- */

static void every_function_has_a_good_call(void **s)
{
    uint32_t i, row, missing = 0;

    (void)s;
    for (i = 0; i < seen_function_count; i++) {
        for (row = 0; row < GOOD_CALLS; row++)
            if (strcmp(good_calls[row].name, seen_functions[i].name) == 0)
                break;
        if (row < GOOD_CALLS || seen_functions[i].op == 10)
            continue;
        fprintf(stderr, "tests/good_calls.h lacks %s\n",
                seen_functions[i].name);
        missing++;
    }
    assert_int_equal(missing, 0);
}

static void call_well(struct world *w, struct good_call *call)
{
    lodge_status st;

    read_args(w, call);
    if (strcmp(call->args, "held err") == 0)
        OK(lodge_store_hold((lodge_store){call->word[1]}, ERR));
    st = try_call(w, call);
    if (!is_good(call, st))
        complain(call, "should succeed", st);
}

static void every_function_takes_good_input(void **s)
{
    (void)s;
    for_all(call_well);
}

/* ---- handles ---------------------------------------------------------- */

static uint64_t stale[KINDS];

static void note_ids(struct world *w, struct good_call *call)
{
    (void)call;
    memcpy(stale, w->id, sizeof stale);
}

/* One of each kind that was closed. */
static void make_stale(void)
{
    size_t row;

    world_open(&world);
    for (row = 0; row < GOOD_CALLS; row++)
        if (strcmp(good_calls[row].name, "lodge_caller_tag") == 0)
            with_call(note_ids, row);
    world_close(&world);
}

static int closes(const struct good_call *call)
{
    const char *name = call->fn->name;
    const size_t len = strlen(name);

    return strcmp(name + len - 6, "_close") == 0 ||
           strcmp(name, "lodge_engine_shutdown") == 0;
}

static int takes_any_kind(const struct good_call *call)
{
    return strcmp(call->fn->name, "lodge_handle_info") == 0;
}

static void refuses_id(struct world *w, struct good_call *call, uint32_t at,
                       uint64_t id)
{
    const uint64_t good = call->word[at], alive = stat_of(LODGE_STAT_LIVE);

    call->word[at] = id;
    if (!closes(call))
        refuses(w, call, LODGE_E_HANDLE, "should say HANDLE");
    else if (try_call(w, call) != LODGE_OK)
        complain(call, "close should be OK", w->err.status);
    if (stat_of(LODGE_STAT_LIVE) != alive)
        complain(call, "it made or closed something", (long long)id);
    call->word[at] = good;
}

static void refuses_others(struct world *w, struct good_call *call,
                           uint32_t at)
{
    uint32_t i;

    for (i = 0; i < BAD_IDS; i++)
        if (bad_ids[i] != 0 || !call->nullable[at])
            refuses_id(w, call, at, bad_ids[i]);
    for (i = 0; i < KINDS; i++) {
        if (stale[i])
            refuses_id(w, call, at, stale[i]);
        if (w->id[i] && i != call->is[at] && !takes_any_kind(call))
            refuses_id(w, call, at, w->id[i]);
    }
}

/* Every handle of a good call in turn, the others being good. */
static void refuse_handles(struct world *w, struct good_call *call)
{
    uint32_t at;

    read_args(w, call);
    for (at = 1; at <= call->count; at++)
        if (call->is[at] < KINDS && call->is[at] != WORD_PLAIN)
            refuses_others(w, call, at);
}

static void zero_stale_forged_and_wrong_handles_are_refused(void **s)
{
    (void)s;
    make_stale();
    for_all_in_one_world(refuse_handles);
}

/* ---- texts ------------------------------------------------------------ */

static uint32_t word_that_is(const struct good_call *call, uint8_t what)
{
    uint32_t at = call->count;

    while (at > 0 && call->is[at] != what)
        at--;
    return at;
}

static void refuses_room(struct world *w, struct good_call *call,
                         uint64_t want)
{
    const uint32_t cap = word_that_is(call, WORD_CAP);
    const uint64_t *len = w->out[word_that_is(call, WORD_LEN)];

    for (call->word[cap] = 0; call->word[cap] < want; call->word[cap]++) {
        refuses(w, call, LODGE_E_BUFFER, "should say BUFFER");
        if (*len != want)
            complain(call, "the length told is", (long long)*len);
    }
}

/* The text that fits exactly, and nothing behind it. */
static void fits(struct world *w, struct good_call *call, uint64_t want)
{
    char before[BUFFER];

    memcpy(before, w->buf, sizeof before);
    call->word[word_that_is(call, WORD_CAP)] = want;
    if (try_call(w, call) != LODGE_OK)
        complain(call, "should fit", w->err.status);
    else if (memcmp(before, w->buf, want) != 0 ||
             (unsigned char)w->buf[want] != 0xA5)
        complain(call, "wrote something else", (long long)want);
}

static void copy_out(struct world *w, struct good_call *call)
{
    uint32_t buf;
    uint64_t want;

    read_args(w, call);
    buf = word_that_is(call, WORD_BUF);
    if (buf == 0)
        return;
    if (try_call(w, call) != LODGE_OK)
        complain(call, "should succeed", w->err.status);
    want = w->out[word_that_is(call, WORD_LEN)][0];
    if (want == 0 || want >= BUFFER)
        complain(call, "not a good text", (long long)want);
    else
        fits(w, call, want), refuses_room(w, call, want);
    call->word[word_that_is(call, WORD_CAP)] = 1;
    call->word[buf] = 0;
    refuses(w, call, LODGE_E_ARGUMENT, "NULL with room should say ARGUMENT");
}

static void texts_are_whole_or_not_written_and_their_length_is_told(void **s)
{
    (void)s;
    for_all_in_one_world(copy_out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_function_has_a_good_call),
        TEST(every_function_takes_good_input),
        TEST(zero_stale_forged_and_wrong_handles_are_refused),
        TEST(texts_are_whole_or_not_written_and_their_length_is_told),
    };

    return RUN(tests);
}

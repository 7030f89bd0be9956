/* test_all_misuse.c - every function of lodge.h with every mistake that can be
 * made with each of its parameters: the status that the API data promises,
 * outputs as they were, nothing made, nothing left.
 *
 * The cases are made from api/lodge.json (tools/misuse_cases.py), so a new
 * function is tried as soon as good_calls.h has a call of it.
 */
#include <pthread.h>

#include "misuse.h"
#include "world.h"

static const char *const names[MISUSE_COUNT] = {
#define MISUSE(name, words) [MISUSE_##name] = words,
    MISUSES(MISUSE)
#undef MISUSE
};

static const struct misuse_case *now;
static uint32_t tried[MISUSE_COUNT];
/* Some mistakes have several forms, each tried in its turn. */
static uint32_t turn, turns;
static int spent;    /* the world has changed */
static int overlaps; /* outputs of this call may lie on each other */
static uint64_t stale[KINDS];
static struct world other;  /* of another engine */
static struct world beside; /* a store of the same engine */
/* Room for texts and records at odd addresses. */
static _Alignas(8) unsigned char odd[SEALED_ROOM + 8];

/* ---- worlds ------------------------------------------------------------- */

/* The prepared module again, in a store of its own. */
static void open_beside(void)
{
    const lodge_prepared prepared = {world.id[LODGE_KIND_PREPARED]};
    const lodge_store store =
        new_store((lodge_engine){world.id[LODGE_KIND_ENGINE]});
    lodge_instance instance;

    OK(lodge_memory_new(store, TEXT("1 4 shared"), &beside.common, ERR));
    OK(lodge_store_wasi(store, (lodge_wasi){world.id[LODGE_KIND_WASI]}, ERR));
    OK(lodge_prepared_instance(prepared, store, &instance, ERR));
    beside.id[LODGE_KIND_STORE] = store.id;
    memcpy(beside.types, world.types, sizeof beside.types);
    world_children(&beside, instance);
}

/* The others only for who asks for them. */
static void open_worlds(void)
{
    world_open(&world);
    memset(&beside, 0, sizeof beside);
    memset(&other, 0, sizeof other);
    if (now->misuse == MISUSE_OTHER_STORE)
        open_beside();
    if (now->misuse == MISUSE_OTHER_ENGINE)
        world_open(&other);
    spent = 0;
}

static void close_worlds(void)
{
    if (beside.id[LODGE_KIND_STORE])
        world_close(&beside);
    if (other.id[LODGE_KIND_STORE])
        world_close(&other);
    world_close(&world);
    if (nothing_lives(NULL) != 0)
        fail_msg("%s, word %u: %s: something is left", now->function,
                 now->word, names[now->misuse]);
}

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

/* What is in another world where this handle is in ours. */
static uint64_t counterpart(const struct world *there, uint8_t kind,
                            uint64_t id)
{
    if (id == world.wide.id)
        return there->wide.id;
    if (id == world.exception.id)
        return there->exception.id;
    if (id == world.hosted.id)
        return there->hosted.id;
    if (id == world.wants.id)
        return there->wants.id;
    if (id == world.needy.id)
        return there->needy.id;
    if (id == world.common.id)
        return there->common.id;
    if (id == world.array.id)
        return there->array.id;
    return there->id[kind];
}

/* ---- one call ----------------------------------------------------------- */

static void tell(const struct good_call *call, const char *why,
                 lodge_status st)
{
    char text[160];

    snprintf(text, sizeof text, "word %u, %s (%u): %s", now->word,
             names[now->misuse], now->about, why);
    complain(call, text, st);
}

static int is_expected(const struct good_call *call, lodge_status st)
{
    if (now->expected == MISUSE_GOOD)
        return is_good(call, st);
    if (now->expected == MISUSE_TOLD)
        return is_good(call, st) || seen_documents(call->fn, st);
    return st == now->expected;
}

/* Whether the record tells of this failure, if the call was given one. */
static int record_tells(const struct world *w, const struct good_call *call,
                        lodge_status st)
{
    uint32_t at = call->count;

    while (at > 0 && call->word[at] != AT(&w->err))
        at--;
    return at == 0 || (w->err.status == st && w->err.message[0] != '\0');
}

static void check(struct world *w, const struct good_call *call,
                  lodge_status st, uint64_t alive)
{
    if (!is_expected(call, st))
        tell(call, "not as expected", st);
    if (is_good(call, st)) {
        spent = 1;
        return;
    }
    if (overlaps)
        return;
    if (!untouched(w, call))
        tell(call, "an output was changed", st);
    if (stat_of(LODGE_STAT_LIVE) != alive)
        tell(call, "it made or closed something", st);
    if (!record_tells(w, call, st))
        tell(call, "the record does not tell it", w->err.status);
}

static void attempt(struct world *w, const struct good_call *call)
{
    const uint64_t alive = stat_of(LODGE_STAT_LIVE);

    check(w, call, try_call(w, call), alive);
}

static void attempt_with(struct world *w, struct good_call *call,
                         uint64_t word)
{
    call->word[now->word] = word;
    attempt(w, call);
}

/* ---- handles ------------------------------------------------------------ */

/* Ids that look like good ones; always the same. */
static void random_handles(struct world *w, struct good_call *call)
{
    static uint64_t seed = 1;
    uint32_t kind;
    uint64_t id;

    turns = 8;
    seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
    id = turn % 2 ? seed : seed >> 11;
    for (kind = 0; kind < KINDS && w->id[kind] != id; kind++) {
    }
    if (kind == KINDS)
        attempt_with(w, call, id);
}

struct closing {
    uint64_t frame[MAX_WORDS];
    pthread_barrier_t *start; /* NULL: at once */
};

static void *closes(void *arg)
{
    struct closing *what = (struct closing *)arg;

    if (what->start)
        pthread_barrier_wait(what->start);
    return lodge_do(what->frame) == LODGE_OK ? arg : NULL;
}

/* The call that ends a handle: of its kind, or its store's. */
static struct closing closing_of(struct world *w, uint8_t kind, uint64_t id)
{
    const uint32_t own = misuse_closes[kind];
    struct closing what = {{0}, NULL};

    w->closed = own == 0 || kind == LODGE_KIND_STORE;
    what.frame[0] = own ? own : misuse_closes[LODGE_KIND_STORE];
    what.frame[1] = own ? id : w->id[LODGE_KIND_STORE];
    return what;
}

static void join(pthread_t thread)
{
    void *done = NULL;

    assert_int_equal(pthread_join(thread, &done), 0);
    assert_non_null(done);
}

static void closed_elsewhere(struct world *w, struct good_call *call,
                             uint8_t kind)
{
    struct closing what = closing_of(w, kind, call->word[now->word]);
    pthread_t thread;

    assert_int_equal(pthread_create(&thread, NULL, closes, &what), 0);
    join(thread);
    spent = 1;
    attempt(w, call);
}

/* Both at once: whichever is first, the outcome is a clean one. */
static void closed_meanwhile(struct world *w, struct good_call *call,
                             uint8_t kind)
{
    struct closing what = closing_of(w, kind, call->word[now->word]);
    pthread_barrier_t start;
    pthread_t thread;
    lodge_status st;

    assert_int_equal(pthread_barrier_init(&start, NULL, 2), 0);
    what.start = &start;
    assert_int_equal(pthread_create(&thread, NULL, closes, &what), 0);
    pthread_barrier_wait(&start);
    st = try_call(w, call);
    join(thread);
    pthread_barrier_destroy(&start);
    spent = 1;
    check(w, call, st, stat_of(LODGE_STAT_LIVE));
}

static void misuse_handle(struct world *w, struct good_call *call)
{
    const uint64_t good = call->word[now->word];
    const uint8_t kind = now->about;

    switch (now->misuse) {
    case MISUSE_ZERO:
        attempt_with(w, call, 0);
        break;
    case MISUSE_ALL_ONES:
        attempt_with(w, call, UINT64_MAX);
        break;
    case MISUSE_RANDOM:
        random_handles(w, call);
        break;
    case MISUSE_STALE:
        attempt_with(w, call, stale[kind]);
        break;
    case MISUSE_WRONG_KIND:
        attempt_with(w, call, w->id[kind] ? w->id[kind] : stale[kind]);
        break;
    case MISUSE_OTHER_STORE:
        attempt_with(w, call, counterpart(&beside, kind, good));
        break;
    case MISUSE_OTHER_ENGINE:
        attempt_with(w, call, counterpart(&other, kind, good));
        break;
    case MISUSE_CLOSED_ELSEWHERE:
        closed_elsewhere(w, call, kind);
        break;
    default:
        closed_meanwhile(w, call, kind);
    }
}

/* ---- pointers ----------------------------------------------------------- */

static void not_utf8(struct world *w, struct good_call *call)
{
    static const char *const bad[] = {
        "a\xFF",     "\x80", "\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80",
        "ab\xE2\x82"};

    turns = sizeof bad / sizeof *bad;
    call->word[now->about] = strlen(bad[turn]);
    attempt_with(w, call, AT(bad[turn]));
}

/* The same bytes where no word could be. */
static void odd_bytes(struct world *w, struct good_call *call)
{
    const void *from = (const void *)(uintptr_t)call->word[now->word];
    const uint64_t len = call->word[now->about];

    assert_true(len < sizeof odd);
    memcpy(odd + 1, from, len);
    attempt_with(w, call, AT(odd + 1));
}

/* A record at an odd address is none: it is left alone. */
static void odd_record(struct world *w, struct good_call *call)
{
    lodge_error record = LODGE_ERROR_INIT;

    memcpy(odd + 1, &record, sizeof record);
    call->word[now->word] = AT(odd + 1);
    turns = call->is[1] != WORD_PLAIN && call->is[1] < KINDS ? 2 : 1;
    if (turn == 1)
        call->word[1] = UINT64_MAX;
    if (turn == 0)
        attempt(w, call);
    else if (try_call(w, call) != LODGE_E_HANDLE)
        tell(call, "should be refused", 0);
    if (memcmp(odd + 1, &record, sizeof record) != 0)
        tell(call, "the record was written", 0);
}

static void unaligned(struct world *w, struct good_call *call)
{
    const uint64_t good = call->word[now->word];

    if (good == AT(&w->err))
        odd_record(w, call);
    else
        attempt_with(w, call, good + 1);
}

static int ptr_is_word(const void *ptr)
{
    return ((uintptr_t)ptr & 7) == 0;
}

/* Room of its own is larger than what the world has for arguments. */
static int has_much_room(const struct world *w, uint64_t word)
{
    return word < AT(w) || word >= AT(w + 1);
}

static void overlapping(struct world *w, struct good_call *call)
{
    uint64_t *one = &call->word[now->word], *two = &call->word[now->about];
    const uint64_t *made;

    overlaps = 1;
    if (!has_much_room(w, *one) &&
        (*two == AT(&w->err) || has_much_room(w, *two)))
        *one = *two;
    else
        *two = *one;
    attempt(w, call);
    /* What the call made is named where world_close does not look. */
    made = (const uint64_t *)(uintptr_t)*one;
    if (spent && ptr_is_word(made))
        lodge_release((void *)(uintptr_t)*made);
}

static void misuse_pointer(struct world *w, struct good_call *call)
{
    switch (now->misuse) {
    case MISUSE_NULL_EMPTY:
        call->word[now->about] = 0;
        attempt_with(w, call, 0);
        break;
    case MISUSE_UNALIGNED:
        unaligned(w, call);
        break;
    case MISUSE_ODD_BYTES:
        odd_bytes(w, call);
        break;
    case MISUSE_NOT_UTF8:
        not_utf8(w, call);
        break;
    case MISUSE_OVERLAPPING:
        overlapping(w, call);
        break;
    default:
        attempt_with(w, call, 0);
    }
}

/* ---- lengths and numbers ------------------------------------------------ */

/* A byte less than the text needs, which a good call tells. */
static void text_short(struct world *w, struct good_call *call)
{
    const void *len = (const void *)(uintptr_t)call->word[now->about];

    spent = 1;
    if (try_call(w, call) != LODGE_OK)
        tell(call, "should succeed", w->err.status);
    else
        attempt_with(w, call, *(const uint64_t *)len - 1);
}

static void extremes(struct world *w, struct good_call *call, uint32_t shift)
{
    static const uint64_t numbers[] = {
        UINT64_MAX, UINT64_C(1) << 63, (UINT64_C(1) << 63) - 1,
        UINT64_C(0xFFFF) << 48, UINT64_C(0x10000) << 32};

    turns = sizeof numbers / sizeof *numbers;
    attempt_with(w, call, numbers[turn] >> shift);
}

static void misuse_number(struct world *w, struct good_call *call)
{
    switch (now->misuse) {
    case MISUSE_LEN_ZERO:
        attempt_with(w, call, 0);
        break;
    case MISUSE_SHORT:
        attempt_with(w, call, call->word[now->word] - 1);
        break;
    case MISUSE_TEXT_SHORT:
        text_short(w, call);
        break;
    case MISUSE_HUGE:
        turns = 2;
        attempt_with(w, call, turn ? UINT64_C(1) << 63 : UINT64_MAX);
        break;
    case MISUSE_HUGE_32:
        attempt_with(w, call, UINT32_MAX);
        break;
    case MISUSE_NUMBER:
        extremes(w, call, 0);
        break;
    default:
        extremes(w, call, 32);
    }
}

/* ---- all ---------------------------------------------------------------- */

static void profile_what_is_to_be_profiled(const struct good_call *call)
{
    const struct world *worlds[] = {&world, &beside, &other};
    uint32_t i;

    if (strncmp(call->args, "profiled", 8) != 0)
        return;
    for (i = 0; i < 3; i++)
        lodge_profile_start((lodge_store){worlds[i]->id[LODGE_KIND_STORE]},
                            NULL, 0, 0, NULL);
}

static void hold_what_is_to_be_held(const struct good_call *call)
{
    const struct world *worlds[] = {&world, &beside, &other};
    uint32_t i;

    if (strcmp(call->args, "held err") != 0)
        return;
    for (i = 0; i < 3; i++)
        if (worlds[i]->id[LODGE_KIND_STORE])
            OK(lodge_store_hold((lodge_store){worlds[i]->id[LODGE_KIND_STORE]},
                                ERR));
    spent = 1;
}

static void misuse(struct world *w, struct good_call *call)
{
    read_args(w, call);
    if (now->word > call->count)
        fail_msg("%s has more parameters than its call in good_calls.h: "
                 "\"%s\"",
                 now->function, call->args);
    hold_what_is_to_be_held(call);
    profile_what_is_to_be_profiled(call);
    overlaps = 0;
    turns = 1;
    if (now->misuse <= MISUSE_CLOSED_MEANWHILE)
        misuse_handle(w, call);
    else if (now->misuse <= MISUSE_NOT_UTF8)
        misuse_pointer(w, call);
    else
        misuse_number(w, call);
}

/* One case in all its forms, in one good call of its function. */
static void try_row(size_t row)
{
    turn = 0;
    do {
        if (spent || now->misuse == MISUSE_OTHER_STORE ||
            now->misuse == MISUSE_OTHER_ENGINE) {
            close_worlds();
            open_worlds();
        }
        with_call(misuse, row);
        tried[now->misuse]++;
    } while (++turn < turns);
}

static uint32_t try_case(void)
{
    uint32_t rows = 0;
    size_t row;

    for (row = 0; row < GOOD_CALLS; row++) {
        if (strcmp(good_calls[row].name, now->function) != 0)
            continue;
        try_row(row);
        rows++;
    }
    return rows;
}

static void show_counts(void)
{
    uint32_t i, all = 0;

    for (i = 0; i < MISUSE_COUNT; i++) {
        printf("%6u  %s\n", tried[i], names[i]);
        all += tried[i];
        assert_true(tried[i] > 0);
    }
    printf("%6u  cases in all\n", all);
    assert_true(all >= 1500);
}

static void every_mistake_with_every_parameter_is_a_clean_status(void **s)
{
    uint32_t i;

    (void)s;
    complaints = 0;
    make_stale();
    now = misuse_cases;
    open_worlds();
    for (i = 0; i < misuse_case_count; i++) {
        now = &misuse_cases[i];
        if (try_case() == 0)
            fail_msg(
                "no good call of %s is known: add a line GOOD(%s, \"...\")"
                " to tests/good_calls.h, whose top explains the words",
                now->function, now->function);
    }
    close_worlds();
    assert_int_equal(complaints, 0);
    show_counts();
}

static void the_way_by_numbers_refuses_bad_frames(void **s)
{
    uint64_t frame[2] = {1, 0};

    (void)s;
    assert_int_equal(lodge_do(NULL), LODGE_E_ARGUMENT);
    assert_int_equal(lodge_do((uint64_t *)(void *)((char *)frame + 1)),
                     LODGE_E_ARGUMENT);
    frame[0] = UINT64_MAX;
    assert_int_equal(lodge_do(frame), LODGE_E_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_mistake_with_every_parameter_is_a_clean_status),
        TEST(the_way_by_numbers_refuses_bad_frames),
    };

    return RUN(tests);
}

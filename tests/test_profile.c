/* test_profile.c - the promises of profiles: JSON of the Firefox profiler's
 * form that names the functions the guest spent its time in, whatever the
 * store goes through meanwhile.
 *
 * Guests run until they are seen in the profile, or for seconds: no test
 * depends on how many samples a time gives.
 */
#include <jansson.h>
#include <pthread.h>

#include "zoo.h"

void lodge_test_panic_at(uint64_t k);

enum { MS = 1000000 };

/* Runs `hot` for a while, called by `warm`. */
static const char guest[] =
    "(module $bench (import \"h\" \"f\" (func $host))"
    " (global $n (mut i32) (i32.const 0))"
    " (func $hot (param i32) (loop $l"
    "  (global.set $n (i32.add (global.get $n) (i32.const 1)))"
    "  (local.set 0 (i32.sub (local.get 0) (i32.const 1)))"
    "  (br_if $l (local.get 0))))"
    " (func $warm (export \"run\") (param i32) (call $hot (local.get 0)))"
    " (func $ask (export \"ask\") (param i32)"
    "  (call $hot (local.get 0)) (call $host) (call $hot (local.get 0)))"
    " (func (export \"crash\") unreachable))";

static int32_t nothing(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    (void)token;
    (void)caller;
    (void)slots;
    return 0;
}

struct world {
    lodge_engine engine;
    lodge_linker linker;
    lodge_store store;
    lodge_instance in;
};

static lodge_instance add_instance(struct world *w, const char *text)
{
    lodge_module module = new_module(w->engine, text);
    lodge_instance in;

    OK(lodge_instance_new(w->linker, w->store, module, &in, ERR));
    lodge_module_close(module);
    return in;
}

static void world_make(struct world *w, uint32_t preset)
{
    lodge_config config;

    OK(lodge_config_new(preset, &config, ERR));
    OK(lodge_engine_new(config, &w->engine, ERR));
    w->linker = new_linker(w->engine);
    OK(lodge_linker_func(w->linker, TEXT("h"), TEXT("f"), TEXT("->"), nothing,
                         0, ERR));
    w->store = new_store(w->engine);
    w->in = add_instance(w, guest);
}

static void world_close(struct world *w)
{
    lodge_store_close(w->store);
    lodge_linker_close(w->linker);
    lodge_engine_close(w->engine);
}

static void start(struct world *w)
{
    OK(lodge_profile_start(w->store, TEXT("a test"), 0, ERR));
}

static json_t *finish(lodge_store store)
{
    json_error_t why;
    uint64_t len = 0;
    json_t *root;
    char *text;

    FAILS(BUFFER, lodge_profile_finish(store, NULL, 0, &len, ERR));
    text = malloc(len);
    OK(lodge_profile_finish(store, text, len, &len, ERR));
    root = json_loadb(text, len, 0, &why);
    if (!root)
        fail_msg("%s at %d", why.text, why.position);
    free(text);
    return root;
}

static void spend(lodge_func fn, uint32_t turns)
{
    uint64_t slot = turns;

    OK(lodge_func_call(fn, &slot, 1, ERR));
}

enum { TURNS = 20000000 }; /* some milliseconds of native code */

/* ---- reading a profile ------------------------------------------------------ */

static json_t *member(json_t *of, const char *name)
{
    json_t *found = json_object_get(of, name);

    if (!found)
        fail_msg("no member %s", name);
    return found;
}

static size_t count(json_t *table, const char *column)
{
    size_t n = json_array_size(member(table, column));

    assert_int_equal(n, json_integer_value(member(table, "length")));
    return n;
}

static size_t at(json_t *column, size_t i)
{
    json_t *value = json_array_get(column, i);

    assert_true(json_is_integer(value) && json_integer_value(value) >= 0);
    return (size_t)json_integer_value(value);
}

/* The name of a function of a thread. */
static const char *func_name(json_t *thread, size_t func)
{
    size_t text = at(member(member(thread, "funcTable"), "name"), func);

    return json_string_value(
        json_array_get(member(thread, "stringArray"), text));
}

/* The columns of a thread refer to one another by index: all are in range. */
static void check_thread(json_t *profile, json_t *thread)
{
    json_t *samples = member(thread, "samples");
    json_t *stacks = member(thread, "stackTable");
    json_t *frames = member(thread, "frameTable");
    json_t *funcs = member(thread, "funcTable");
    json_t *resources = member(thread, "resourceTable");
    size_t nstacks = count(stacks, "frame"), nframes = count(frames, "func");
    size_t nfuncs = count(funcs, "name"), nlibs, i;
    size_t nstrings = json_array_size(member(thread, "stringArray"));

    for (i = 0; i < count(samples, "stack"); i++)
        if (!json_is_null(json_array_get(member(samples, "stack"), i)))
            assert_true(at(member(samples, "stack"), i) < nstacks);
    assert_int_equal(count(samples, "timeDeltas"), i);
    assert_int_equal(count(samples, "weight"), i);
    assert_int_equal(count(samples, "threadCPUDelta"), i);
    for (i = 0; i < nstacks; i++)
        assert_true(at(member(stacks, "frame"), i) < nframes);
    for (i = 0; i < nframes; i++)
        assert_true(at(member(frames, "func"), i) < nfuncs);
    for (i = 0; i < nfuncs; i++)
        assert_true(at(member(funcs, "name"), i) < nstrings);
    nlibs = json_array_size(member(profile, "libs"));
    for (i = 0; i < count(resources, "lib"); i++)
        assert_true(at(member(resources, "lib"), i) < nlibs);
}

static void check_profile(json_t *profile)
{
    json_t *threads = member(profile, "threads"), *meta;
    size_t i;

    meta = member(profile, "meta");
    assert_true(json_is_integer(member(meta, "preprocessedProfileVersion")));
    assert_true(json_is_number(member(meta, "startTime")));
    assert_true(json_is_number(member(meta, "interval")));
    assert_string_equal(json_string_value(member(meta, "product")), "a test");
    assert_true(json_array_size(threads) > 0);
    for (i = 0; i < json_array_size(threads); i++)
        check_thread(profile, json_array_get(threads, i));
}

/* Whether the stack of a sample is `inner`, called by `outer`. */
static int stack_is(json_t *thread, size_t stack, const char *inner,
                    const char *outer)
{
    json_t *stacks = member(thread, "stackTable");
    json_t *funcs = member(member(thread, "frameTable"), "func");
    json_t *frames = member(stacks, "frame");
    json_t *prefix = json_array_get(member(stacks, "prefix"), stack);

    if (strcmp(func_name(thread, at(funcs, at(frames, stack))), inner) != 0)
        return 0;
    if (!outer || json_is_null(prefix))
        return !outer;
    stack = (size_t)json_integer_value(prefix);
    return strcmp(func_name(thread, at(funcs, at(frames, stack))), outer) == 0;
}

/* How many samples of all threads have that stack. */
static size_t seen(json_t *profile, const char *inner, const char *outer)
{
    json_t *threads = member(profile, "threads"), *thread, *stacks, *stack;
    size_t i, n, found = 0;

    json_array_foreach(threads, i, thread)
    {
        stacks = member(member(thread, "samples"), "stack");
        json_array_foreach(stacks, n, stack) found +=
            json_is_integer(stack) &&
            stack_is(thread, (size_t)json_integer_value(stack), inner, outer);
    }
    return found;
}

static size_t samples(json_t *profile)
{
    json_t *threads = member(profile, "threads"), *thread;
    size_t i, n = 0;

    json_array_foreach(threads, i, thread) n +=
        json_array_size(member(member(thread, "samples"), "stack"));
    return n;
}

/* Profiles what `work` does, again and again until `inner` called by `outer`
 * is in the profile; to be dropped.
 */
static json_t *profile_until(struct world *w, void (*work)(struct world *),
                             const char *inner, const char *outer)
{
    json_t *profile = NULL;
    int round;

    for (round = 0; round < 200; round++) {
        json_decref(profile);
        start(w);
        work(w);
        profile = finish(w->store);
        check_profile(profile);
        if (seen(profile, inner, outer))
            return profile;
    }
    fail_msg("%s was never seen", inner);
    return profile;
}

/* ---- what is in it ------------------------------------------------------------- */

static void work_direct(struct world *w)
{
    spend(func_of(w->in, "run"), TURNS);
}

static void the_hot_function_is_in_the_profile(void **s)
{
    struct world w;
    json_t *profile;

    (void)s;
    world_make(&w, LODGE_PRESET_DEFAULT);
    profile = profile_until(&w, work_direct, "hot", "warm");
    assert_string_equal(
        json_string_value(
            member(json_array_get(member(profile, "libs"), 0), "name")),
        "bench");
    assert_true(
        json_number_value(member(member(profile, "meta"), "interval")) == 1.0);
    json_decref(profile);
    world_close(&w);
}

static void interpreted_code_is_profiled_too(void **s)
{
    struct world w;

    (void)s;
    world_make(&w, LODGE_PRESET_PULLEY);
    json_decref(profile_until(&w, work_direct, "hot", "warm"));
    world_close(&w);
}

static void a_guest_that_does_nothing_has_no_samples(void **s)
{
    struct world w;
    json_t *profile;

    (void)s;
    world_make(&w, LODGE_PRESET_DEFAULT);
    start(&w);
    profile = finish(w.store);
    check_profile(profile);
    assert_int_equal(samples(profile), 0);
    json_decref(profile);
    world_close(&w);
}

static void what_ran_before_or_after_is_not_in_it(void **s)
{
    struct world w;
    json_t *profile;

    (void)s;
    world_make(&w, LODGE_PRESET_DEFAULT);
    work_direct(&w);
    start(&w);
    profile = finish(w.store);
    work_direct(&w);
    json_decref(profile);
    profile = finish(w.store); /* the same again */
    assert_int_equal(samples(profile), 0);
    json_decref(profile);
    world_close(&w);
}

static void other_stores_are_not_in_it(void **s)
{
    struct world w;
    lodge_store profiled;
    json_t *profile;

    (void)s;
    world_make(&w, LODGE_PRESET_DEFAULT);
    profiled = new_store(w.engine);
    OK(lodge_profile_start(profiled, TEXT("a test"), 0, ERR));
    work_direct(&w);
    profile = finish(profiled);
    assert_int_equal(samples(profile), 0);
    json_decref(profile);
    lodge_store_close(profiled);
    world_close(&w);
}

static void samples_keep_their_distance(void **s)
{
    struct world w;
    json_t *profile, *deltas;
    size_t i;

    (void)s;
    world_make(&w, LODGE_PRESET_DEFAULT);
    OK(lodge_profile_start(w.store, TEXT("a test"), 20 * MS, ERR));
    for (i = 0; i < 10; i++)
        work_direct(&w);
    profile = finish(w.store);
    assert_true(json_number_value(
                    member(member(profile, "meta"), "interval")) == 20.0);
    deltas = member(
        member(json_array_get(member(profile, "threads"), 0), "samples"),
        "timeDeltas");
    /* A sample may be late, and the next one be in time again. */
    assert_true(
        json_number_value(member(json_array_get(member(profile, "threads"), 0),
                                 "unregisterTime")) /
                15 +
            1 >=
        (double)json_array_size(deltas));
    json_decref(profile);
    world_close(&w);
}

/* ---- what a store goes through --------------------------------------------------- */

/* A module that comes when the profile is under way. */
static void work_late(struct world *w)
{
    lodge_instance late;

    work_direct(w);
    late = add_instance(
        w, "(module $late (func $slow (export \"run\") (param i32)"
           " (loop $l (local.set 0 (i32.sub (local.get 0) (i32.const 1)))"
           "  (br_if $l (local.get 0)))))");
    spend(func_of(late, "run"), TURNS);
    work_direct(w);
}

/* Two threads: before the module came, and after. */
static void modules_that_come_later_are_in_it(void **s)
{
    json_t *profile, *before, *after;
    struct world w;

    (void)s;
    world_make(&w, LODGE_PRESET_DEFAULT);
    profile = profile_until(&w, work_late, "slow", NULL);
    while (json_array_size(member(profile, "threads")) < 2) {
        json_decref(profile);
        profile = profile_until(&w, work_late, "slow", NULL);
    }
    assert_int_equal(json_array_size(member(profile, "threads")), 2);
    before = json_array_get(member(profile, "threads"), 0);
    after = json_array_get(member(profile, "threads"), 1);
    assert_true(json_is_true(member(before, "isMainThread")));
    assert_true(json_is_false(member(after, "isMainThread")));
    assert_string_not_equal(json_string_value(member(before, "tid")),
                            json_string_value(member(after, "tid")));
    assert_true(json_number_value(member(after, "registerTime")) >=
                json_number_value(member(before, "unregisterTime")));
    json_decref(profile);
    world_close(&w);
}

/* A store that is profiled before anything is in it. */
static void work_first(struct world *w)
{
    lodge_instance in = add_instance(w, guest);

    spend(func_of(in, "run"), TURNS);
}

static void a_store_may_be_empty_when_its_profile_begins(void **s)
{
    json_t *profile = NULL;
    struct world w;
    int round, found = 0;

    (void)s;
    world_make(&w, LODGE_PRESET_DEFAULT);
    for (round = 0; round < 200 && !found; round++) {
        lodge_store_close(w.store);
        w.store = new_store(w.engine);
        start(&w);
        work_first(&w);
        json_decref(profile);
        profile = finish(w.store);
        check_profile(profile);
        assert_int_equal(json_array_size(member(profile, "threads")), 1);
        found = seen(profile, "hot", "warm") > 0;
    }
    assert_true(found);
    json_decref(profile);
    world_close(&w);
}

static void work_start(struct world *w)
{
    add_instance(w, "(module $starts (func $begin (local i32)"
                    " (local.set 0 (i32.const 20000000))"
                    " (loop $l (local.set 0 (i32.sub (local.get 0)"
                    "  (i32.const 1))) (br_if $l (local.get 0))))"
                    " (start $begin))");
}

static void start_functions_are_in_it(void **s)
{
    struct world w;

    (void)s;
    world_make(&w, LODGE_PRESET_DEFAULT);
    json_decref(profile_until(&w, work_start, "begin", NULL));
    world_close(&w);
}

static void *spend_elsewhere(void *w)
{
    work_direct(w);
    return NULL;
}

static void work_threads(struct world *w)
{
    pthread_t thread;

    assert_int_equal(pthread_create(&thread, NULL, spend_elsewhere, w), 0);
    pthread_join(thread, NULL);
    work_direct(w);
}

static void a_store_may_change_threads(void **s)
{
    struct world w;

    (void)s;
    world_make(&w, LODGE_PRESET_DEFAULT);
    json_decref(profile_until(&w, work_threads, "hot", "warm"));
    world_close(&w);
}

/* A host function that profiles the call around it. */
static lodge_store inside;

static int32_t profile_me(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    (void)token;
    (void)caller;
    (void)slots;
    OK(lodge_profile_start(inside, TEXT("a test"), 0, ERR));
    return 0;
}

static void work_inside(struct world *w)
{
    spend(func_of(w->in, "ask"), TURNS);
}

static void a_profile_may_begin_and_end_inside_a_host_function(void **s)
{
    struct world w;
    json_t *profile = NULL;
    int round, found = 0;

    (void)s;
    w.engine = new_engine();
    w.linker = new_linker(w.engine);
    OK(lodge_linker_func(w.linker, TEXT("h"), TEXT("f"), TEXT("->"),
                         profile_me, 0, ERR));
    w.store = inside = new_store(w.engine);
    w.in = add_instance(&w, guest);
    for (round = 0; round < 200 && !found; round++) {
        work_inside(&w);
        json_decref(profile);
        profile = finish(w.store);
        found = seen(profile, "hot", "ask") > 0;
    }
    assert_true(found);
    json_decref(profile);
    world_close(&w);
}

/* A call that waits for the host: nothing is sampled meanwhile. */
enum { SLOTS = 4 };

static void waits_are_not_sampled_and_what_comes_after_is(void **s)
{
    uint64_t frame[LODGE_FRAME_SLOTS + SLOTS] = {0};
    const struct timespec wait = {0, 30 * MS};
    struct world w;
    json_t *profile = NULL;
    lodge_host host;
    uint32_t index;
    int round, found = 0;

    (void)s;
    w.engine = new_engine();
    w.linker = new_linker(w.engine);
    OK(lodge_host_new(w.engine, TEXT("h"), &host, ERR));
    OK(lodge_host_func(host, TEXT("->"), LODGE_HOST_SUSPEND, 0, &index, ERR));
    OK(lodge_host_export(host, index, TEXT("f"), ERR));
    OK(lodge_linker_add_host(w.linker, host, ERR));
    w.store = new_store(w.engine);
    w.in = add_instance(&w, guest);
    for (round = 0; round < 200 && !found; round++) {
        start(&w);
        frame[LODGE_FRAME_FUNC] = func_of(w.in, "ask").id;
        frame[LODGE_FRAME_CAPACITY] = SLOTS;
        frame[LODGE_FRAME_SLOTS] = 1;
        assert_int_equal(lodge_call(frame), LODGE_REQUEST);
        nanosleep(&wait, NULL);
        json_decref(profile);
        profile = finish(w.store);
        check_profile(profile);
        assert_in_range(samples(profile), 0, 5); /* of 30 ms of waiting */
        start(&w);
        frame[LODGE_FRAME_STATUS] = 0;
        assert_int_equal(lodge_resume(frame), LODGE_OK);
        work_direct(&w);
        json_decref(profile);
        profile = finish(w.store);
        check_profile(profile);
        found = seen(profile, "hot", "warm") > 0;
    }
    assert_true(found);
    json_decref(profile);
    lodge_host_close(host);
    world_close(&w);
}

static void a_trap_does_not_end_the_profile(void **s)
{
    struct world w;
    json_t *profile;

    (void)s;
    world_make(&w, LODGE_PRESET_DEFAULT);
    start(&w);
    FAILS(TRAP, lodge_func_call(func_of(w.in, "crash"), NULL, 0, ERR));
    work_direct(&w);
    profile = finish(w.store);
    check_profile(profile);
    json_decref(profile);
    world_close(&w);
}

static void a_store_that_is_closed_ends_its_profile(void **s)
{
    struct world w;

    (void)s;
    world_make(&w, LODGE_PRESET_DEFAULT);
    start(&w);
    work_direct(&w);
    world_close(&w); /* nothing_lives sees to the rest */
    world_make(&w, LODGE_PRESET_DEFAULT);
    start(&w);
    json_decref(finish(w.store));
    world_close(&w); /* the text is not lost either */
}

static void a_profile_can_be_read_until_the_next_one(void **s)
{
    struct world w;
    uint64_t len = 0, again = 1;

    (void)s;
    world_make(&w, LODGE_PRESET_DEFAULT);
    start(&w);
    FAILS(BUFFER, lodge_profile_finish(w.store, NULL, 0, &len, ERR));
    FAILS(BUFFER, lodge_profile_finish(w.store, NULL, 0, &again, ERR));
    assert_int_equal(len, again);
    start(&w);
    SAYS(STATE, "already", lodge_profile_start(w.store, NULL, 0, 0, ERR));
    json_decref(finish(w.store));
    world_close(&w);
}

static void a_store_without_modules_can_be_profiled(void **s)
{
    lodge_engine engine = new_engine();
    lodge_store store = new_store(engine);

    (void)s;
    OK(lodge_profile_start(store, TEXT("a test"), 0, ERR));
    json_decref(finish(store));
    lodge_store_close(store);
    lodge_engine_close(engine);
}

/* ---- refusals ----------------------------------------------------------------------- */

static void arguments_are_checked(void **s)
{
    lodge_engine engine = new_engine();
    lodge_store store = new_store(engine);
    static const uint64_t bad[] = {1, MS - 1, UINT64_C(3600000000001),
                                   UINT64_MAX};
    uint64_t len = 7;
    size_t i;

    (void)s;
    for (i = 0; i < 4; i++)
        SAYS(ARGUMENT, "interval_ns",
             lodge_profile_start(store, TEXT("x"), bad[i], ERR));
    SAYS(ARGUMENT, "name", lodge_profile_start(store, NULL, 3, 0, ERR));
    SAYS(ARGUMENT, "UTF-8", lodge_profile_start(store, "\xff", 1, 0, ERR));
    SAYS(STATE, "lodge_profile_start",
         lodge_profile_finish(store, NULL, 0, &len, ERR));
    OK(lodge_profile_start(store, NULL, 0, UINT64_C(3600000000000), ERR));
    FAILS(ARGUMENT, lodge_profile_finish(store, NULL, 9, NULL, ERR));
    assert_int_equal(len, 7);
    lodge_store_close(store);
    lodge_engine_close(engine);
}

static void what_is_no_store_is_refused(void **s)
{
    struct zoo zoo;
    uint64_t len = 7;
    uint32_t kind;

    (void)s;
    zoo_open(&zoo);
    for (kind = 0; kind < ZOO_KINDS; kind++) {
        lodge_store other = {zoo.id[kind]};

        if (kind == LODGE_KIND_STORE)
            continue;
        FAILS(HANDLE, lodge_profile_start(other, TEXT("x"), 0, ERR));
        FAILS(HANDLE, lodge_profile_finish(other, NULL, 0, &len, ERR));
    }
    FOR_BAD_IDS(lodge_store, store, {
        FAILS(HANDLE, lodge_profile_start(store, TEXT("x"), 0, ERR));
        FAILS(HANDLE, lodge_profile_finish(store, NULL, 0, &len, ERR));
    });
    assert_int_equal(len, 7);
    zoo_close(&zoo);
}

static void without_interruption_there_is_no_profile(void **s)
{
    lodge_engine engine = new_engine_with("interruption=off");
    lodge_store store = new_store(engine);

    (void)s;
    SAYS(STATE, "interruption=on",
         lodge_profile_start(store, TEXT("x"), 0, ERR));
    lodge_store_close(store);
    lodge_engine_close(engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_hot_function_is_in_the_profile),
        TEST(interpreted_code_is_profiled_too),
        TEST(a_guest_that_does_nothing_has_no_samples),
        TEST(what_ran_before_or_after_is_not_in_it),
        TEST(other_stores_are_not_in_it),
        TEST(samples_keep_their_distance),
        TEST(modules_that_come_later_are_in_it),
        TEST(a_store_may_be_empty_when_its_profile_begins),
        TEST(start_functions_are_in_it),
        TEST(a_store_may_change_threads),
        TEST(a_profile_may_begin_and_end_inside_a_host_function),
        TEST(waits_are_not_sampled_and_what_comes_after_is),
        TEST(a_trap_does_not_end_the_profile),
        TEST(a_store_that_is_closed_ends_its_profile),
        TEST(a_profile_can_be_read_until_the_next_one),
        TEST(a_store_without_modules_can_be_profiled),
        TEST(arguments_are_checked),
        TEST(what_is_no_store_is_refused),
        TEST(without_interruption_there_is_no_profile),
    };
    return RUN(tests);
}

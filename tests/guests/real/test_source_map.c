/* test_source_map.c - the source-map package's parser: one host function,
 * called back for every mapping. All modes see the same, and all of it.
 */
#include "modes.h"
#include "support_signals.c"

/* genLine genCol hasLast last hasOrig source origLine origCol hasName name */
enum { FIELDS = 10, LINES = 2000, PER_LINE = 60, MAPPINGS = LINES * PER_LINE };

struct mapping {
    int32_t field[FIELDS];
};

static lodge_module module;
static struct mapping expected[MAPPINGS], found[MAPPINGS];
static char text[MAPPINGS * 24];
static uint32_t text_len, nfound;
static uint64_t fail_at; /* the callback that fails, 0 = none */

/* ---- a map -------------------------------------------------------------- */

static void add_vlq(int32_t value)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz0123456789+/";
    uint32_t rest =
        value < 0 ? (uint32_t)-value << 1 | 1 : (uint32_t)value << 1;

    do {
        uint32_t digit = rest & 31;

        rest >>= 5;
        text[text_len++] = digits[digit | (rest ? 32 : 0)];
    } while (rest);
}

static uint32_t random_below(uint32_t n)
{
    static uint64_t seed = 1;

    seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (uint32_t)(seed >> 33) % n;
}

/* The next value of a field that is written as a difference. */
static void add_field(int32_t *last, int32_t value)
{
    add_vlq(value - *last);
    *last = value;
}

/* A mapping of 1, 4 or 5 fields. */
static void add_mapping(struct mapping *m, int32_t last[5])
{
    uint32_t shape = random_below(3);
    int32_t *f = m->field;

    f[1] = last[0] + 1 + (int32_t)random_below(90);
    add_field(&last[0], f[1]);
    if (shape == 0)
        return;
    f[4] = 1;
    f[5] = (int32_t)random_below(20);
    f[6] = (int32_t)random_below(100000);
    f[7] = (int32_t)random_below(300);
    add_field(&last[1], f[5]);
    add_field(&last[2], f[6]);
    add_field(&last[3], f[7]);
    if (shape == 1)
        return;
    f[8] = 1;
    f[9] = (int32_t)random_below(5000);
    add_field(&last[4], f[9]);
}

static void make_map(void)
{
    int32_t last[5] = {0};
    int line, i;

    for (line = 0; line < LINES; line++) {
        last[0] = 0;
        for (i = 0; i < PER_LINE; i++) {
            struct mapping *m = &expected[line * PER_LINE + i];

            m->field[0] = line;
            add_mapping(m, last);
            text[text_len++] = i == PER_LINE - 1 ? ';' : ',';
        }
    }
    assert_true(text_len < sizeof text);
}

/* Each mapping reaches to the next one of its line. */
static void expect_spans(int yes)
{
    int i;

    for (i = 0; i < MAPPINGS; i++) {
        int has = yes && i % PER_LINE < PER_LINE - 1;

        expected[i].field[2] = has;
        expected[i].field[3] = has ? expected[i + 1].field[1] : 0;
    }
}

/* ---- the host ----------------------------------------------------------- */

static const struct offer offers[] = {
    {"mapping_callback", "i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 ->"}};

static uint64_t mapping_callback(uint32_t import, uint64_t *slots)
{
    int i;

    assert_int_equal(import, 1);
    if (host.served == fail_at)
        return 4711;
    assert_true(nfound < MAPPINGS);
    for (i = 0; i < FIELDS; i++) {
        assert_int_equal(slots[i] >> 32, 0);
        found[nfound].field[i] = (int32_t)(uint32_t)slots[i];
    }
    nfound++;
    return 0;
}

static uint32_t parse(lodge_instance guest, const char *ptr, uint32_t len)
{
    uint32_t at = call_with(guest, "allocate_mappings", len);
    lodge_memory memory;

    OK(lodge_instance_memory(guest, TEXT("memory"), &memory, ERR));
    OK(lodge_memory_write(memory, at, (const uint8_t *)ptr, len, ERR));
    return call_with(guest, "parse_mappings", at);
}

static void walks(lodge_instance guest, uint32_t map, int spans)
{
    uint32_t i;

    expect_spans(spans);
    memset(found, 0x55, sizeof found);
    nfound = 0;
    call_with(guest, "by_generated_location", map);
    assert_int_equal(nfound, MAPPINGS);
    for (i = 0; i < MAPPINGS; i++)
        if (memcmp(&found[i], &expected[i], sizeof found[i]) != 0)
            fail_msg("%s: mapping %u is another", mode_names[host.mode], i);
}

/* ---- the promises -------------------------------------------------------- */

static void every_mode_sees_every_mapping(void **state)
{
    lodge_instance guest;
    uint32_t mode, map;

    (void)state;
    fail_at = 0;
    for (mode = 0; mode < MODES; mode++) {
        host_open(mode, mapping_callback, "env", offers, 1);
        guest = new_guest(module);
        map = parse(guest, text, text_len);
        assert_int_not_equal(map, 0);
        walks(guest, map, 0);
        call_with(guest, "compute_column_spans", map);
        walks(guest, map, 1);
        assert_int_equal(host.served, 2 * MAPPINGS);
        call_with(guest, "free_mappings", map);
        host_close();
    }
}

static void a_failure_ends_the_walk_in_every_mode(void **state)
{
    uint64_t slots[MODE_SLOTS] = {0};
    lodge_instance guest;
    uint32_t mode, map;

    (void)state;
    for (mode = 0; mode < MODES; mode++) {
        host_open(mode, mapping_callback, "env", offers, 1);
        guest = new_guest(module);
        map = parse(guest, text, text_len);
        fail_at = 1000;
        nfound = 0;
        slots[0] = map;
        FAILS(HOST,
              call_slots(func_of(guest, "by_generated_location"), slots));
        assert_int_equal(test_err.payload, 4711);
        assert_int_equal(host.served, 1000);
        assert_int_equal(nfound, 999);
        fail_at = 0; /* and the store can be used */
        walks(guest, map, 0);
        host_close();
    }
}

static void what_is_no_map_is_refused_by_the_guest(void **state)
{
    lodge_instance guest;
    uint32_t mode;

    (void)state;
    for (mode = 0; mode < MODES; mode++) {
        host_open(mode, mapping_callback, "env", offers, 1);
        guest = new_guest(module);
        assert_int_equal(parse(guest, "AAAA,!", 6), 0);
        assert_int_not_equal(call_with(guest, "get_last_error", 0), 0);
        assert_int_equal(host.served, 0);
        host_close();
    }
}

static int open_all(void **state)
{
    if (nothing_lives(state))
        return -1;
    host.engine = new_engine();
    module = open_guest("source-map");
    make_map();
    return 0;
}

static int close_all(void **state)
{
    lodge_engine_shutdown(host.engine);
    return nothing_lives(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_mode_sees_every_mapping),
        cmocka_unit_test(a_failure_ends_the_walk_in_every_mode),
        cmocka_unit_test(what_is_no_map_is_refused_by_the_guest),
    };

    return cmocka_run_group_tests_name(__FILE__, tests, open_all, close_all);
}

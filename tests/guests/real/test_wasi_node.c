/* test_wasi_node.c - the programs of Node's WASI tests (18.20.4), with the
 * arguments, files and expectations of its test-wasi*.js. 19 of 25 give what
 * they give there. The others state here what they meet instead, and why;
 * one that met something else would fail.
 */
#include "program.h"
#include "support_signals.c"

/* What every program gets. */
static void furnish(void)
{
    ground_dir("sandbox");
    ground_dir("sandbox/subdir");
    ground_dir("tmp");
    ground_file("sandbox/input.txt", "hello from input.txt\n");
    ground_file("sandbox/input2.txt", "hello from input2.txt\n");
    ground_file("sandbox/notadir", "");
    add_dir("sandbox", "/sandbox", 3);
    add_dir("tmp", "/tmp", 3);
    add_arg("foo"), add_arg("-bar"), add_arg("--baz=value");
    OK(lodge_wasi_env(wasi, TEXT("NODE_PLATFORM"), TEXT("linux"), ERR));
    ring(2, 4096);
}

/* What programs about links get besides. */
static void furnish_links(void)
{
    furnish();
    ground_file("outside.txt", "this should be inaccessible");
    ground_link("../input.txt", "sandbox/subdir/input_link.txt");
    ground_link("../../outside.txt", "sandbox/subdir/outside.txt");
    ground_link("loop2", "sandbox/subdir/loop1");
    ground_link("loop1", "sandbox/subdir/loop2");
}

static int64_t size_on_ground(const char *path)
{
    struct stat st;

    return stat(on_ground(path), &st) == 0 ? st.st_size : -1;
}

/* ---- as in Node --------------------------------------------------------- */

struct expectation {
    const char *name;
    int32_t code;
    const char *printed;
};

static const struct expectation as_in_node[] = {
    {"exitcode", 120, ""},
    {"fd_prestat_get_refresh", 0, ""},
    {"follow_symlink", 0, "hello from input.txt\n"},
    {"freopen", 0, "hello from input2.txt\n"},
    {"ftruncate", 0, ""},
    {"getentropy", 0, ""},
    {"gettimeofday", 0, ""},
    {"link", 0, ""},
    {"main_args", 0, ""},
    {"notdir", 0, ""},
    {"preopen_populates", 0, ""},
    {"read_file", 0, "hello from input.txt\n"},
    {"read_file_twice", 0, "hello from input.txt\nhello from input.txt\n"},
    {"sock", 0, ""},
    {"stat", 0, ""},
    {"stdin", 0, "hello world"},
    {"symlink_loop", 0, ""},
    {"write_file", 0, ""},
};

static void programs_give_what_they_give_in_node(void **state)
{
    size_t i;

    for (i = 0; i < sizeof as_in_node / sizeof *as_in_node; i++) {
        const struct expectation *e = &as_in_node[i];

        if (i > 0)
            assert_int_equal(begin_program(state), 0);
        furnish_links();
        stream(0, LODGE_WASI_BYTES, "hello world");
        program_gives(e->name, e->code, e->printed);
        drains(2, "");
        if (strcmp(e->name, "write_file") == 0)
            assert_int_equal(size_on_ground("tmp/output.txt"), 12);
        if (strcmp(e->name, "ftruncate") == 0)
            assert_int_equal(size_on_ground("tmp/testdir/output.txt"), 300);
        if (strcmp(e->name, "link") == 0)
            assert_int_equal(size_on_ground("tmp/output.txt"), 21);
        if (i + 1 < sizeof as_in_node / sizeof *as_in_node)
            assert_int_equal(end_program(state), 0);
    }
}

static void a_long_line_is_cut_as_in_node(void **state)
{
    (void)state;
    furnish();
    stream(0, LODGE_WASI_BYTES, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
    program_gives("stdin", 0, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
}

/* Its input has ended. Each look at a clock takes 3 s, and sleeping none. */
static void polling_gives_what_it_gives_in_node(void **state)
{
    (void)state;
    furnish();
    setting(LODGE_WASI_CLOCK_STEP, 3000 * MS);
    setting(LODGE_WASI_SLEEP, 0);
    program_gives("poll", 0, "");
    drains(2, "");
}

/* ---- otherwise than in Node --------------------------------------------- */

/* The assertion of a program that does not hold, and why. */
static const struct expectation otherwise[] = {
    /* What leads out of a directory is EPERM, not ENOTCAPABLE. */
    {"cant_dotdot", 8, "errno == ENOTCAPABLE"},
    {"symlink_escape", 8, "errno == ENOTCAPABLE"},
    /* There are no clocks of processor time. */
    {"clock_getres", 14, "r == 0"},
    {"getrusage", 33, "success == 1"},
    /* `.` and `..` are entries of a directory, as they are natively. */
    {"readdir", 47, "cnt == 4"},
    /* Reading a link gives its length, without a NUL, as natively. */
    {"create_symlink", 14,
     "readlink(linkpath, readlink_result, result_size) == strlen(target) + 1"},
};

static void six_programs_meet_something_else(void **state)
{
    char want[256];
    size_t i;

    for (i = 0; i < sizeof otherwise / sizeof *otherwise; i++) {
        const struct expectation *e = &otherwise[i];

        if (i > 0)
            assert_int_equal(begin_program(state), 0);
        furnish_links();
        check_status(run_program(e->name), LODGE_E_TRAP, e->name, __FILE__,
                     __LINE__);
        assert_int_equal(test_err.trap, LODGE_TRAP_UNREACHABLE);
        assert_string_equal(printed, "");
        snprintf(want, sizeof want,
                 "Assertion failed: %s (c/%s.c: main: %d)\n", e->printed,
                 e->name, (int)e->code);
        drains(2, want);
        if (i + 1 < sizeof otherwise / sizeof *otherwise)
            assert_int_equal(end_program(state), 0);
    }
}

static int find(void **state)
{
    (void)state;
    return find_programs("node-wasi");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROGRAM_TEST(programs_give_what_they_give_in_node),
        PROGRAM_TEST(a_long_line_is_cut_as_in_node),
        PROGRAM_TEST(polling_gives_what_it_gives_in_node),
        PROGRAM_TEST(six_programs_meet_something_else),
    };

    return cmocka_run_group_tests_name(__FILE__, tests, find, NULL);
}

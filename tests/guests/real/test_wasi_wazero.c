/* test_wasi_wazero.c - the WASI programs of wazero's tests (1.12.0), of four
 * compilers, with the expectations of its wasi_stdlib_test.go.
 */
#include <fcntl.h>

#include "program.h"
#include "support_signals.c"

/* All compilers, and how often each lists `.` and `..`. */
static const struct {
    const char *name;
    int dots;
} toolchains[] = {
    {"cargo-wasi/wasi", 0},
    {"tinygo/wasi", 0},
    {"zig-cc/wasi", 1},
    {"zig/wasi", 0},
};
enum { TOOLCHAINS = sizeof toolchains / sizeof *toolchains, TONS = 1000 };

static void furnish(void)
{
    ground_dir("dir");
    ground_file("dir/-", "");
    ground_dir("dir/a-");
    ground_file("dir/ab-", "");
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorts the lines of a text. */
static void sort_lines(char *text)
{
    static char *lines[TONS + 16], copy[sizeof printed];
    char *line, *next;
    size_t n = 0, i, at = 0;

    strcpy(copy, text);
    for (line = strtok_r(copy, "\n", &next); line;
         line = strtok_r(NULL, "\n", &next))
        lines[n++] = line;
    qsort(lines, n, sizeof *lines, by_text);
    for (i = 0; i < n; i++)
        at += (size_t)sprintf(text + at, "%s\n", lines[i]);
    text[at] = 0;
}

/* Lists a folder of the ground, and gives these names, each so often. */
static void lists(void **state, int toolchain, const char *folder,
                  const char *argument, int repeat, const char *names)
{
    const int dots = toolchains[toolchain].dots * (repeat ? 2 : 1);
    char want[256];
    int i, n = 0;

    assert_int_equal(begin_program(state), 0);
    furnish();
    add_dir(folder, "/", 1);
    add_arg("wasi"), add_arg("ls"), add_arg(argument);
    if (repeat)
        add_arg("repeat");
    for (i = 0; i < dots; i++)
        n += sprintf(want + n, "./.\n");
    for (i = 0; i < dots; i++)
        n += sprintf(want + n, "./..\n");
    strcpy(want + n, names);
    program_ends(toolchains[toolchain].name, 0);
    sort_lines(printed);
    sort_lines(want);
    assert_string_equal(printed, want);
    assert_int_equal(end_program(state), 0);
}

static void every_compiler_lists_folders(void **state)
{
    int i;

    for (i = 0; i < TOOLCHAINS; i++) {
        lists(state, i, "dir", "./a-", 0, "");
        lists(state, i, "dir", ".", 0, "./-\n./a-\n./ab-\n");
        if (strncmp(toolchains[i].name, "tinygo", 6) != 0) /* its own defect */
            lists(state, i, "dir", ".", 1,
                  "./-\n./-\n./a-\n./a-\n./ab-\n./ab-\n");
    }
}

static void what_is_no_folder_is_told_as_that(void **state)
{
    int i;

    for (i = 0; i < TOOLCHAINS; i++) {
        if (i > 0)
            assert_int_equal(begin_program(state), 0);
        furnish();
        add_dir("dir", "/", 1);
        add_arg("wasi"), add_arg("ls"), add_arg("-");
        program_gives(toolchains[i].name, 0, "ENOTDIR\n");
        if (i + 1 < TOOLCHAINS)
            assert_int_equal(end_program(state), 0);
    }
}

static void tons_of_entries_are_all_there(void **state)
{
    char name[32];
    int i;

    (void)state;
    ground_dir("tons");
    for (i = 0; i < TONS; i++) {
        snprintf(name, sizeof name, "tons/%d", i);
        ground_file(name, "");
    }
    add_dir("tons", "/", 1);
    add_arg("wasi"), add_arg("ls"), add_arg(".");
    for (i = 0; i < TOOLCHAINS; i++) {
        int lines = 0;
        const char *at;

        program_ends(toolchains[i].name, 0);
        for (at = printed; *at; at++)
            lines += *at == '\n';
        assert_int_equal(lines, TONS + 2 * toolchains[i].dots);
    }
}

static void no_stream_is_a_terminal(void **state)
{
    int i;

    for (i = 0; i < TOOLCHAINS; i++) {
        if (i > 0)
            assert_int_equal(begin_program(state), 0);
        ground_dir("empty");
        add_dir("empty", "/", 1);
        add_arg("wasi"), add_arg("stat");
        program_gives(toolchains[i].name, 0,
                      "stdin isatty: false\nstdout isatty: false\n"
                      "stderr isatty: false\n/ isatty: false\n");
        if (i + 1 < TOOLCHAINS)
            assert_int_equal(end_program(state), 0);
    }
}

static void folders_come_in_their_order(void **state)
{
    (void)state;
    ground_dir("a"), ground_dir("b");
    add_dir("a", "/", 3), add_dir("b", "/tmp", 3);
    add_arg("wasi"), add_arg("preopen");
    program_gives("zig/wasi", 0,
                  "0: stdin\n1: stdout\n2: stderr\n3: /\n4: /tmp\n");
}

/* ---- waiting ------------------------------------------------------------ */

static void polls(void **state, const char *timeout, const char *want)
{
    (void)state;
    add_arg("wasi"), add_arg("poll"), add_arg("0"), add_arg(timeout);
    program_gives("zig-cc/wasi", 0, want);
}

static void input_that_is_there_is_told(void **state)
{
    stream(0, LODGE_WASI_BYTES, "test");
    polls(state, "500", "STDIN\n");
}

static void the_end_of_input_is_told(void **state)
{
    stream(0, LODGE_WASI_BYTES, "");
    polls(state, "500", "STDIN\n");
}

static void without_input_the_wait_ends_in_time(void **state)
{
    const uint64_t start = now_ms();

    ring(0, 16);
    setting(LODGE_WASI_EMPTY, 1);
    polls(state, "500", "NOINPUT\n");
    assert_true(now_ms() - start >= 500);
}

static void it_sleeps_as_long_as_it_asks(void **state)
{
    const uint64_t start = now_ms();

    (void)state;
    add_arg("wasi"), add_arg("sleepmillis"), add_arg("100");
    program_gives("zig-cc/wasi", 0, "OK\n");
    assert_true(now_ms() - start >= 100);
}

/* ---- files -------------------------------------------------------------- */

/* Wasmtime opens what it is to truncate for writing, whatever was asked for;
 * the folder allows it.
 */
static void a_file_emptied_for_reading_can_be_written(void **state)
{
    (void)state;
    ground_dir("d");
    add_dir("d", "/", 3);
    ring(2, 4096);
    add_arg("wasi"), add_arg("open-rdonly");
    program_gives("zig-cc/wasi", 0, "");
    drains(2, "ERR: write: Success\n");
}

static void a_file_for_writing_is_not_read(void **state)
{
    (void)state;
    ground_dir("d");
    add_dir("d", "/", 3);
    add_arg("wasi"), add_arg("open-wronly");
    program_gives("zig-cc/wasi", 0, "OK\n");
}

/* A pipe in a folder cannot be read: Wasmtime reads files at a position. The
 * program tries again for ever, sleeping between.
 */
static void a_program_that_tries_for_ever_ends_with_its_deadline(void **state)
{
    int fd;

    (void)state;
    ground_dir("d");
    assert_int_equal(mkfifo(on_ground("d/pipe"), 0600), 0);
    fd = open(on_ground("d/pipe"), O_RDWR); /* or opening it would wait */
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "wazero", 6), 6);
    add_dir("d", "/", 3);
    add_arg("wasi"), add_arg("nonblock"), add_arg("/pipe");
    program_deadline = 300 * MS;
    check_status(run_program("zig-cc/wasi"), LODGE_E_DEADLINE, "nonblock",
                 __FILE__, __LINE__);
    close(fd);
}

/* There are no sockets: descriptor 3 is none. */
static void without_sockets_accepting_fails(void **state)
{
    (void)state;
    ring(2, 4096);
    add_arg("wasi"), add_arg("sock");
    program_gives("zig-cc/wasi", 0, "");
    drains(2, "ERR: accept: Bad file descriptor\n");
}

/* ---- the small ones ----------------------------------------------------- */

static void the_exit_code_is_a_status(void **state)
{
    (void)state;
    program_gives("exit_on_start", 2, "");
}

/* Each with the NUL that ends it. */
static void arguments_are_printed(void **state)
{
    static const char want[] = "a\0bc\0\xE2\x82\xAC";

    (void)state;
    add_arg("a"), add_arg("bc"), add_arg("\xE2\x82\xAC");
    program_gives("print_args", 0, "a");
    assert_memory_equal(printed, want, sizeof want);
}

static void the_first_folder_is_printed(void **state)
{
    (void)state;
    ground_dir("d");
    add_dir("d", "/wazero", 1);
    program_gives("print_prestat_dirname", 0, "/wazero");
}

/* The WASI before preview 1 is not offered: the import is named. */
static void an_older_wasi_is_not_there(void **state)
{
    lodge_prepared prepared;
    lodge_module module;
    char path[1200];

    (void)state;
    snprintf(path, sizeof path, "%s/exit_on_start_unstable.wasm",
             program_folder);
    OK(lodge_module_open_file(engine, TEXT(path), &module, ERR));
    SAYS(LINK, "\"wasi_unstable\".\"proc_exit\"",
         lodge_linker_prepare(wasi_linker(), module, &prepared, ERR));
}

static int find(void **state)
{
    (void)state;
    return find_programs("wazero-wasi");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_compiler_lists_folders),
        PROGRAM_TEST(what_is_no_folder_is_told_as_that),
        PROGRAM_TEST(tons_of_entries_are_all_there),
        PROGRAM_TEST(no_stream_is_a_terminal),
        PROGRAM_TEST(folders_come_in_their_order),
        PROGRAM_TEST(input_that_is_there_is_told),
        PROGRAM_TEST(the_end_of_input_is_told),
        PROGRAM_TEST(without_input_the_wait_ends_in_time),
        PROGRAM_TEST(it_sleeps_as_long_as_it_asks),
        PROGRAM_TEST(a_file_emptied_for_reading_can_be_written),
        PROGRAM_TEST(a_file_for_writing_is_not_read),
        PROGRAM_TEST(a_program_that_tries_for_ever_ends_with_its_deadline),
        PROGRAM_TEST(without_sockets_accepting_fails),
        PROGRAM_TEST(the_exit_code_is_a_status),
        PROGRAM_TEST(arguments_are_printed),
        PROGRAM_TEST(the_first_folder_is_printed),
        PROGRAM_TEST(an_older_wasi_is_not_there),
    };

    return cmocka_run_group_tests_name(__FILE__, tests, find, NULL);
}

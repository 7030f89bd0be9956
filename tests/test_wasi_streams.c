/* test_wasi_streams.c - promises of standard input, output and error. */
#include <unistd.h>

#include "guests/c_guest.h"

/* A path of a file that does not exist. */
static char *fresh_path(void)
{
    static char path[64];

    snprintf(path, sizeof path, "/tmp/lodge-streams-%d", (int)getpid());
    unlink(path);
    return path;
}

static void file_is(const char *path, const char *expected)
{
    char text[4096] = "";
    FILE *f = fopen(path, "rb");

    assert_non_null(f);
    assert_int_equal(fread(text, 1, sizeof text - 1, f), strlen(expected));
    assert_string_equal(text, expected);
    fclose(f);
}

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "wb");

    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

/* ---- input ------------------------------------------------------------ */

static void bytes_are_read_in_pieces_and_end(void **state)
{
    char buf[8];

    (void)state;
    OK(lodge_wasi_stream(wasi, 0, LODGE_WASI_BYTES,
                         (const uint8_t *)"ab\0\xFFxyz", 7, ERR));
    guest_open();
    assert_int_equal(fd_read(0, buf, 3), 3);
    assert_memory_equal(buf, "ab\0", 3);
    assert_int_equal(fd_read(0, buf, 0), 0);
    assert_int_equal(fd_read(0, buf, 8), 4);
    assert_memory_equal(buf, "\xFFxyz", 4);
    assert_int_equal(fd_read(0, buf, 8), 0);
    assert_int_equal(fd_read(0, buf, 8), 0);
}

static void no_bytes_are_an_empty_input(void **state)
{
    (void)state;
    OK(lodge_wasi_stream(wasi, 0, LODGE_WASI_BYTES, NULL, 0, ERR));
    guest_open();
    READS_FD(0, "");
}

static void bytes_are_copied_before_the_call_returns(void **state)
{
    char text[] = "before";

    (void)state;
    stream(0, LODGE_WASI_BYTES, text);
    memcpy(text, "after!", 6);
    guest_open();
    READS_FD(0, "before");
}

static void a_file_is_read(void **state)
{
    char *path = fresh_path();

    (void)state;
    write_file(path, "from a file\n");
    stream(0, LODGE_WASI_FILE, path);
    guest_open();
    unlink(path);
    READS_FD(0, "from a file\n");
    READS_FD(0, "");
}

static void an_input_that_cannot_be_opened_is_an_error_that_names_it(void **s)
{
    lodge_store other = new_store(engine);
    lodge_prepared prepared = guest_prepare(wasi_linker(), "");
    lodge_instance none = {42};

    (void)s;
    stream(0, LODGE_WASI_FILE, "/nonexistent/input");
    SAYS(IO, "/nonexistent/input", lodge_store_wasi(other, wasi, ERR));
    OK(lodge_prepared_wasi(prepared, wasi, ERR));
    SAYS(IO, "/nonexistent/input",
         lodge_prepared_instance(prepared, (lodge_store){0}, &none, ERR));
    assert_int_equal(none.id, 42);
    assert_int_equal(stat_of(LODGE_STAT_LIVE + LODGE_KIND_STORE), 1);
}

static void a_failed_description_leaves_the_store_as_it_was(void **state)
{
    (void)state;
    ring(0, 10);
    guest_open();
    assert_int_equal(feed("kept", 4), 4);
    stream(1, LODGE_WASI_FILE, "/nonexistent/output");
    SAYS(IO, "/nonexistent/output", lodge_store_wasi(store, wasi, ERR));
    READS_FD(0, "kept");
}

static void a_folder_as_input_cannot_be_read(void **state)
{
    char byte;

    (void)state;
    stream(0, LODGE_WASI_FILE, "/");
    guest_open();
    assert_int_equal(fd_read(0, &byte, 1), -WE_ISDIR);
}

static void a_ring_gives_what_was_fed_and_then_the_end(void **state)
{
    (void)state;
    ring(0, 10);
    guest_open();
    READS_FD(0, "");
    assert_int_equal(feed("hello", 5), 5);
    READS_FD(0, "hello");
    READS_FD(0, "");
    assert_int_equal(feed("more", 4), 4);
    READS_FD(0, "more");
}

static void an_empty_ring_is_eagain_until_its_end_if_so_set(void **state)
{
    char byte;

    (void)state;
    ring(0, 10);
    setting(LODGE_WASI_EMPTY, 1);
    guest_open();
    assert_int_equal(fd_read(0, &byte, 1), -WE_AGAIN);
    assert_int_equal(fd_read(0, &byte, 0), 0);
    assert_int_equal(feed("a", 1), 1);
    READS_FD(0, "a");
    assert_int_equal(fd_read(0, &byte, 1), -WE_AGAIN);
    assert_int_equal(feed("b", 1), 1);
    assert_int_equal(feed(NULL, 0), 0);
    READS_FD(0, "b");
    READS_FD(0, "");
    READS_FD(0, "");
}

static void nothing_is_fed_after_the_end(void **state)
{
    (void)state;
    ring(0, 10);
    guest_open();
    assert_int_equal(feed("", 0), 0);
    assert_int_equal(feed("late", 4), 0);
    READS_FD(0, "");
}

static void a_ring_takes_what_it_has_room_for(void **state)
{
    char buf[8];

    (void)state;
    ring(0, 5);
    guest_open();
    assert_int_equal(feed("1234567", 7), 5);
    assert_int_equal(feed("67", 2), 0);
    assert_int_equal(fd_read(0, buf, 3), 3);
    assert_int_equal(feed("67", 2), 2);
    assert_int_equal(feed("89", 2), 1);
    READS_FD(0, "45678");
}

static void a_ring_never_mixes_or_loses_bytes(void **state)
{
    uint8_t in[64], out[64], next_in = 0, next_out = 0;
    uint32_t seed = 1;
    int i, round;

    (void)state;
    ring(0, 37);
    guest_open();
    for (round = 0; round < 2000; round++) {
        int64_t n;

        seed = seed * 1664525 + 1013904223;
        for (i = 0; i < 64; i++)
            in[i] = (uint8_t)(next_in + i);
        next_in = (uint8_t)(next_in + feed(in, 1 + (seed >> 26)));
        n = fd_read(0, out, 1 + ((seed >> 8) & 31));
        for (i = 0; i < n; i++)
            assert_int_equal(out[i], next_out++);
    }
    assert_true(next_in != 0 || next_out != 0);
}

static void a_read_fills_the_first_buffer_that_has_room(void **state)
{
    (void)state;
    stream(0, LODGE_WASI_BYTES, "abcdef");
    guest_open();
    put32(AT_IOV, 0), put32(AT_IOV + 4, 0);
    put32(AT_IOV + 8, AT_DATA), put32(AT_IOV + 12, 4);
    put32(AT_IOV + 16, AT_DATA + 4), put32(AT_IOV + 20, 4);
    SYS(WE_OK, "fd_read", 0, AT_IOV, 3, AT_OUT);
    assert_in_range(get32(AT_OUT), 4, 6);
    assert_int_equal(get32(AT_DATA), 0x64636261);
    SYS(WE_OK, "fd_read", 0, AT_IOV, 0, AT_OUT);
    assert_int_equal(get32(AT_OUT), 0);
}

static void a_bad_address_costs_no_input(void **state)
{
    (void)state;
    stream(0, LODGE_WASI_BYTES, "abc");
    guest_open();
    put32(AT_IOV, 16 * 65536 - 1), put32(AT_IOV + 4, 2);
    SYS(WE_FAULT, "fd_read", 0, AT_IOV, 1, AT_OUT);
    put32(AT_IOV, UINT32_MAX), put32(AT_IOV + 4, UINT32_MAX);
    SYS(WE_FAULT, "fd_read", 0, AT_IOV, 1, AT_OUT);
    SYS(WE_FAULT, "fd_read", 0, UINT32_MAX, 1, AT_OUT);
    put32(AT_IOV, AT_DATA), put32(AT_IOV + 4, 2);
    SYS(WE_FAULT, "fd_read", 0, AT_IOV, 1, UINT32_MAX);
    READS_FD(0, "abc");
}

/* ---- output ----------------------------------------------------------- */

static void output_and_error_have_a_ring_each(void **state)
{
    (void)state;
    ring(1, 100);
    ring(2, 100);
    guest_open();
    assert_int_equal(fd_puts(1, "out"), 3);
    assert_int_equal(fd_puts(2, "error"), 5);
    assert_int_equal(fd_puts(1, "more"), 4);
    drains(1, "outmore");
    drains(2, "error");
    drains(1, "");
}

static void a_ring_is_drained_in_pieces(void **state)
{
    uint8_t buf[8];
    uint64_t n;

    (void)state;
    ring(1, 100);
    guest_open();
    fd_puts(1, "abcdef");
    OK(lodge_store_output(store, 1, NULL, 0, &n, ERR));
    assert_int_equal(n, 0);
    memset(buf, '#', sizeof buf);
    OK(lodge_store_output(store, 1, buf, 4, &n, ERR));
    assert_int_equal(n, 4);
    assert_memory_equal(buf, "abcd####", 8);
    drains(1, "ef");
}

static void a_full_ring_drops_the_rest_by_default(void **state)
{
    (void)state;
    ring(1, 4);
    guest_open();
    assert_int_equal(fd_puts(1, "abcdef"), 6);
    assert_int_equal(fd_puts(1, "gh"), 2);
    drains(1, "abcd");
    assert_int_equal(fd_puts(1, "ij"), 2);
    drains(1, "ij");
}

static void a_full_ring_is_eagain_if_so_set(void **state)
{
    (void)state;
    ring(1, 4);
    setting(LODGE_WASI_FULL, LODGE_WASI_FULL_EAGAIN);
    guest_open();
    assert_int_equal(fd_puts(1, "abcdef"), 4);
    assert_int_equal(fd_puts(1, "ef"), -WE_AGAIN);
    assert_int_equal(fd_puts(1, ""), 0);
    drains(1, "abcd");
    assert_int_equal(fd_puts(1, "ef"), 2);
    drains(1, "ef");
}

static void a_full_ring_is_a_broken_pipe_if_so_set(void **state)
{
    (void)state;
    ring(2, 4);
    setting(LODGE_WASI_FULL, LODGE_WASI_FULL_EPIPE);
    guest_open();
    assert_int_equal(fd_puts(2, "abc"), 3);
    assert_int_equal(fd_puts(2, "def"), 1);
    assert_int_equal(fd_puts(2, "ef"), -WE_PIPE);
    drains(2, "abcd");
}

static void several_buffers_are_written_in_order(void **state)
{
    (void)state;
    ring(1, 6);
    setting(LODGE_WASI_FULL, LODGE_WASI_FULL_EAGAIN);
    guest_open();
    put(AT_DATA, TEXT("abcdefgh"));
    put32(AT_IOV, AT_DATA + 4), put32(AT_IOV + 4, 2);
    put32(AT_IOV + 8, 0), put32(AT_IOV + 12, 0);
    put32(AT_IOV + 16, AT_DATA), put32(AT_IOV + 20, 8);
    SYS(WE_OK, "fd_write", 1, AT_IOV, 3, AT_OUT);
    assert_int_equal(get32(AT_OUT), 6);
    drains(1, "efabcd");
    SYS(WE_OK, "fd_write", 1, AT_IOV, 0, AT_OUT);
    assert_int_equal(get32(AT_OUT), 0);
}

static void a_bad_address_writes_nothing(void **state)
{
    (void)state;
    ring(1, 100);
    guest_open();
    put32(AT_IOV, 16 * 65536 - 1), put32(AT_IOV + 4, 2);
    SYS(WE_FAULT, "fd_write", 1, AT_IOV, 1, AT_OUT);
    put32(AT_IOV, 1), put32(AT_IOV + 4, UINT32_MAX);
    SYS(WE_FAULT, "fd_write", 1, AT_IOV, 1, AT_OUT);
    put32(AT_IOV + 4, 2);
    SYS(WE_FAULT, "fd_write", 1, AT_IOV, 1, 16 * 65536 - 3);
    SYS(WE_FAULT, "fd_write", 1, UINT32_MAX - 7, 1, AT_OUT);
    drains(1, "");
}

static void a_mebibyte_goes_through_a_ring(void **state)
{
    static uint8_t big[700000], back[700001];
    uint64_t n;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof big; i++)
        big[i] = (uint8_t)(i * 31 >> 3);
    ring(1, 1 << 20);
    guest_open();
    assert_int_equal(fd_write(1, big, sizeof big), sizeof big);
    OK(lodge_store_output(store, 1, back, sizeof back, &n, ERR));
    assert_int_equal(n, sizeof big);
    assert_memory_equal(back, big, sizeof big);
}

static void a_ring_outlives_the_guests_close(void **state)
{
    (void)state;
    ring(1, 100);
    guest_open();
    fd_puts(1, "kept");
    SYS(WE_OK, "fd_close", 1);
    assert_int_equal(fd_puts(1, "lost"), -WE_BADF);
    drains(1, "kept");
}

static void output_can_be_moved_to_another_number(void **state)
{
    (void)state;
    ring(1, 100);
    ring(2, 100);
    guest_open();
    SYS(WE_OK, "fd_renumber", 2, 1);
    assert_int_equal(fd_puts(1, "moved"), 5);
    assert_int_equal(fd_puts(2, "gone"), -WE_BADF);
    drains(1, "");
    drains(2, "moved");
}

static void streams_have_a_direction(void **state)
{
    char byte;

    (void)state;
    ring(0, 10);
    ring(1, 10);
    guest_open();
    assert_int_equal(fd_puts(0, "x"), -WE_BADF);
    assert_int_equal(fd_read(1, &byte, 1), -WE_BADF);
    assert_int_equal(fd_read(2, &byte, 1), -WE_BADF);
    assert_int_not_equal(ERRNO("fd_seek", 1, 0, 0, AT_OUT), WE_OK);
    assert_int_not_equal(ERRNO("fd_tell", 0, AT_OUT), WE_OK);
    assert_int_not_equal(ERRNO("fd_readdir", 0, AT_DATA, 9, 0, AT_OUT), 0);
}

static void a_ring_is_no_terminal(void **state)
{
    uint32_t fd;

    (void)state;
    ring(0, 10);
    ring(1, 10);
    guest_open();
    for (fd = 0; fd < 3; fd++) {
        SYS(WE_OK, "fd_fdstat_get", fd, AT_OUT);
        assert_int_not_equal(get32(AT_OUT) & 0xFF, 2);
        SYS(WE_OK, "fd_filestat_get", fd, AT_OUT);
        assert_int_not_equal(get32(AT_OUT + 16) & 0xFF, 2);
    }
}

/* ---- output into files ------------------------------------------------ */

static void a_file_is_created_or_truncated(void **state)
{
    char *path = fresh_path();
    lodge_prepared prepared;

    (void)state;
    stream(1, LODGE_WASI_FILE, path);
    prepared = guest_open();
    fd_puts(1, "a longer first text");
    file_is(path, "a longer first text");
    guest_start(prepared);
    file_is(path, "");
    fd_puts(1, "second");
    file_is(path, "second");
    unlink(path);
}

static void output_and_error_may_share_a_file(void **state)
{
    char *path = fresh_path();

    (void)state;
    stream(1, LODGE_WASI_FILE, path);
    stream(2, LODGE_WASI_FILE, path);
    guest_open();
    fd_puts(1, "one ");
    fd_puts(2, "two ");
    fd_puts(1, "three");
    file_is(path, "one two three");
    unlink(path);
}

static void an_output_that_cannot_be_made_is_an_error_that_names_it(void **s)
{
    lodge_store other = new_store(engine);

    (void)s;
    stream(2, LODGE_WASI_FILE, "/tmp");
    SAYS(IO, "/tmp", lodge_store_wasi(other, wasi, ERR));
    stream(2, LODGE_WASI_FILE, "/nonexistent/out");
    SAYS(IO, "/nonexistent/out", lodge_store_wasi(other, wasi, ERR));
}

static void a_full_disk_is_told_to_the_guest(void **state)
{
    (void)state;
    stream(1, LODGE_WASI_FILE, "/dev/full");
    guest_open();
    assert_int_equal(fd_puts(1, "x"), -51); /* nospc */
    assert_int_equal(fd_puts(1, ""), 0);
}

/* ---- descriptions ----------------------------------------------------- */

static void impossible_streams_are_refused(void **state)
{
    static const uint8_t text[] = "path";
    static const struct {
        uint32_t fd, how;
        const void *ptr;
        uint64_t len;
    } bad[] = {
        {3, LODGE_WASI_NULL, NULL, 0},
        {UINT32_MAX, LODGE_WASI_NULL, NULL, 0},
        {0, 5, NULL, 0},
        {0, UINT32_MAX, NULL, 0},
        {1, LODGE_WASI_BYTES, text, 4},
        {2, LODGE_WASI_BYTES, text, 4},
        {0, LODGE_WASI_BYTES, NULL, 1},
        {0, LODGE_WASI_BYTES, text, UINT64_MAX},
        {0, LODGE_WASI_FILE, NULL, 0},
        {0, LODGE_WASI_FILE, NULL, 4},
        {1, LODGE_WASI_FILE, "a\0b", 3},
        {1, LODGE_WASI_FILE, "\xFF", 1},
        {1, LODGE_WASI_FILE, text, UINT64_MAX},
        {0, LODGE_WASI_RING, NULL, 0},
        {1, LODGE_WASI_RING, NULL, (UINT64_C(1) << 30) + 1},
        {1, LODGE_WASI_RING, NULL, UINT64_MAX},
        {1, LODGE_WASI_NULL, text, 4},
        {1, LODGE_WASI_INHERIT, text, 4},
    };
    size_t i;

    (void)state;
    stream(0, LODGE_WASI_BYTES, "kept");
    for (i = 0; i < sizeof bad / sizeof *bad; i++)
        FAILS(ARGUMENT, lodge_wasi_stream(wasi, bad[i].fd, bad[i].how,
                                          bad[i].ptr, bad[i].len, ERR));
    guest_open();
    READS_FD(0, "kept");
}

static void the_last_word_on_a_stream_counts(void **state)
{
    (void)state;
    stream(0, LODGE_WASI_FILE, "/nonexistent");
    stream(0, LODGE_WASI_BYTES, "first");
    stream(0, LODGE_WASI_BYTES, "second");
    ring(1, 10);
    stream(1, LODGE_WASI_NULL, NULL);
    guest_open();
    READS_FD(0, "second");
    assert_int_equal(fd_puts(1, "x"), 1);
    FAILS(STATE, lodge_store_output(store, 1, (uint8_t[1]){0}, 1,
                                    &(uint64_t){0}, ERR));
}

static void a_ring_costs_nothing_before_it_is_used(void **state)
{
    (void)state;
    ring(0, 1 << 30);
    ring(1, 1 << 30);
    ring(2, 1 << 30);
    guest_open();
    assert_int_equal(fd_puts(1, "small"), 5);
    drains(1, "small");
}

/* ---- a program in C --------------------------------------------------- */

static void counts_as_wc_does(const char *path)
{
    char command[256], expected[128], found[128] = "";
    unsigned long lines, words, bytes;
    uint64_t n;
    FILE *wc;

    snprintf(command, sizeof command, "LC_ALL=C wc < %s", path);
    wc = popen(command, "r");
    assert_int_equal(fscanf(wc, "%lu %lu %lu", &lines, &words, &bytes), 3);
    pclose(wc);
    snprintf(expected, sizeof expected, "%lu %lu %lu\n", lines, words, bytes);
    OK(lodge_store_output(store, 1, (uint8_t *)found, 127, &n, ERR));
    assert_string_equal(found, expected);
}

static void a_c_program_counts_a_file_as_wc_does(void **state)
{
    (void)state;
    stream(0, LODGE_WASI_FILE, "include/lodge.h");
    ring(1, 100);
    assert_int_equal(run_c_guest("wordcount"), 0);
    counts_as_wc_does("include/lodge.h");
}

static void a_c_program_counts_a_stream_as_wc_does(void **state)
{
    static char text[200000];
    FILE *f = fopen("include/lodge.h", "rb");
    lodge_prepared prepared;
    size_t n;

    (void)state;
    assert_non_null(f);
    n = fread(text, 1, sizeof text, f);
    fclose(f);
    assert_in_range(n, 10000, sizeof text - 1);
    ring(0, sizeof text);
    ring(1, 100);
    OK(lodge_linker_prepare(wasi_linker(), c_guest("wordcount"), &prepared,
                            ERR));
    OK(lodge_prepared_wasi(prepared, wasi, ERR));
    guest_start(prepared);
    assert_int_equal(feed(text, n), n);
    OK(lodge_func_call(func_of(guest, "_start"), NULL, 0, ERR));
    counts_as_wc_does("include/lodge.h");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WASI_TEST(bytes_are_read_in_pieces_and_end),
        WASI_TEST(no_bytes_are_an_empty_input),
        WASI_TEST(bytes_are_copied_before_the_call_returns),
        WASI_TEST(a_file_is_read),
        WASI_TEST(an_input_that_cannot_be_opened_is_an_error_that_names_it),
        WASI_TEST(a_failed_description_leaves_the_store_as_it_was),
        WASI_TEST(a_folder_as_input_cannot_be_read),
        WASI_TEST(a_ring_gives_what_was_fed_and_then_the_end),
        WASI_TEST(an_empty_ring_is_eagain_until_its_end_if_so_set),
        WASI_TEST(nothing_is_fed_after_the_end),
        WASI_TEST(a_ring_takes_what_it_has_room_for),
        WASI_TEST(a_ring_never_mixes_or_loses_bytes),
        WASI_TEST(a_read_fills_the_first_buffer_that_has_room),
        WASI_TEST(a_bad_address_costs_no_input),
        WASI_TEST(output_and_error_have_a_ring_each),
        WASI_TEST(a_ring_is_drained_in_pieces),
        WASI_TEST(a_full_ring_drops_the_rest_by_default),
        WASI_TEST(a_full_ring_is_eagain_if_so_set),
        WASI_TEST(a_full_ring_is_a_broken_pipe_if_so_set),
        WASI_TEST(several_buffers_are_written_in_order),
        WASI_TEST(a_bad_address_writes_nothing),
        WASI_TEST(a_mebibyte_goes_through_a_ring),
        WASI_TEST(a_ring_outlives_the_guests_close),
        WASI_TEST(output_can_be_moved_to_another_number),
        WASI_TEST(streams_have_a_direction),
        WASI_TEST(a_ring_is_no_terminal),
        WASI_TEST(a_file_is_created_or_truncated),
        WASI_TEST(output_and_error_may_share_a_file),
        WASI_TEST(an_output_that_cannot_be_made_is_an_error_that_names_it),
        WASI_TEST(a_full_disk_is_told_to_the_guest),
        WASI_TEST(impossible_streams_are_refused),
        WASI_TEST(the_last_word_on_a_stream_counts),
        WASI_TEST(a_ring_costs_nothing_before_it_is_used),
        WASI_TEST(a_c_program_counts_a_file_as_wc_does),
        WASI_TEST(a_c_program_counts_a_stream_as_wc_does),
    };

    return RUN(tests);
}

/* test_wasi_rings.c - promises of streams that the host feeds and drains while
 * the guest runs, that are polled, and that are the process's own.
 */
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guests/wasi_guest.h"

/* ---- the host's side -------------------------------------------------- */

static void output_that_cannot_be_drained_is_refused(void **state)
{
    lodge_store bare = new_store(engine);
    uint8_t buf[4] = "###";
    uint64_t n = 42;

    (void)state;
    ring(1, 10);
    guest_open();
    fd_puts(1, "kept");
    FAILS(ARGUMENT, lodge_store_output(store, 0, buf, 4, &n, ERR));
    FAILS(ARGUMENT, lodge_store_output(store, 3, buf, 4, &n, ERR));
    FAILS(ARGUMENT, lodge_store_output(store, UINT32_MAX, buf, 4, &n, ERR));
    FAILS(ARGUMENT, lodge_store_output(store, 1, NULL, 4, &n, ERR));
    FAILS(ARGUMENT, lodge_store_output(store, 1, buf, UINT64_MAX, &n, ERR));
    FAILS(ARGUMENT, lodge_store_output(store, 1, buf, 4, NULL, ERR));
    FAILS(STATE, lodge_store_output(store, 2, buf, 4, &n, ERR));
    FAILS(STATE, lodge_store_output(bare, 1, buf, 4, &n, ERR));
    assert_int_equal(n, 42);
    assert_memory_equal(buf, "###", 4);
    drains(1, "kept");
}

static void input_that_cannot_be_fed_is_refused(void **state)
{
    lodge_store bare = new_store(engine);
    const uint8_t byte = 'x';
    uint64_t n = 42;

    (void)state;
    guest_open(); /* its input is LODGE_WASI_NULL */
    FAILS(STATE, lodge_store_input(store, 0, &byte, 1, &n, ERR));
    FAILS(STATE, lodge_store_input(bare, 0, &byte, 1, &n, ERR));
    ring(0, 10);
    OK(lodge_store_wasi(store, wasi, ERR));
    FAILS(ARGUMENT, lodge_store_input(store, 1, &byte, 1, &n, ERR));
    FAILS(ARGUMENT, lodge_store_input(store, UINT32_MAX, &byte, 1, &n, ERR));
    FAILS(ARGUMENT, lodge_store_input(store, 0, NULL, 1, &n, ERR));
    FAILS(ARGUMENT, lodge_store_input(store, 0, &byte, UINT64_MAX, &n, ERR));
    FAILS(ARGUMENT, lodge_store_input(store, 0, &byte, 1, NULL, ERR));
    assert_int_equal(n, 42);
    READS_FD(0, "");
}

/* A guest that calls the host, reads, and writes what it read, to the end. */
static const char echoes[] =
    "(import \"env\" \"turn\" (func $turn))"
    "(func (export \"echo\")"
    " (loop $again"
    "  (call $turn)"
    "  (drop (call $fd_read (i32.const 0) (i32.const 128) (i32.const 1)"
    "   (i32.const 64)))"
    "  (i32.store (i32.const 140) (i32.load (i32.const 64)))"
    "  (drop (call $fd_write (i32.const 1) (i32.const 136) (i32.const 1)"
    "   (i32.const 68)))"
    "  (br_if $again (i32.load (i32.const 64)))))";

static void open_echo(lodge_direct_fn turn)
{
    lodge_linker linker = wasi_linker();
    lodge_prepared prepared;

    OK(lodge_linker_func(linker, TEXT("env"), TEXT("turn"), TEXT("->"), turn,
                         0, ERR));
    prepared = guest_prepare(linker, echoes);
    OK(lodge_prepared_wasi(prepared, wasi, ERR));
    guest_start(prepared);
    put32(AT_IOV, AT_DATA), put32(AT_IOV + 4, 16);
    put32(AT_IOV + 8, AT_DATA), put32(AT_IOV + 12, 0);
}

static int turns;
static char echoed[4096];
static uint64_t echoed_len;

static int32_t feeds_and_drains(uint64_t token, lodge_caller caller,
                                uint64_t *slots)
{
    char text[32];
    uint64_t n;

    (void)token, (void)caller, (void)slots;
    OK(lodge_store_output(store, 1, (uint8_t *)echoed + echoed_len, 100, &n,
                          ERR));
    echoed_len += n;
    n = (uint64_t)snprintf(text, sizeof text, "turn %d;", turns);
    if (++turns <= 50)
        assert_int_equal(feed(text, n), n);
    else
        assert_int_equal(feed(NULL, 0), 0);
    return 0;
}

static void rings_are_fed_and_drained_while_the_guest_runs(void **state)
{
    (void)state;
    turns = 0, echoed_len = 0;
    ring(0, 16);
    ring(1, 16);
    setting(LODGE_WASI_EMPTY, 1);
    setting(LODGE_WASI_FULL, LODGE_WASI_FULL_EPIPE);
    open_echo(feeds_and_drains);
    OK(lodge_func_call(func_of(guest, "echo"), NULL, 0, ERR));
    assert_int_equal(turns, 51);
    assert_memory_equal(echoed, "turn 0;turn 1;", 14);
    assert_memory_equal(echoed + echoed_len - 8, "turn 49;", 8);
    assert_int_equal(echoed_len, 10 * 7 + 40 * 8);
}

static void *tries(void *unused)
{
    uint8_t byte = 42;
    uint64_t n = 42;

    FAILS(BUSY, lodge_store_output(store, 1, &byte, 1, &n, ERR));
    FAILS(BUSY, lodge_store_input(store, 0, &byte, 1, &n, ERR));
    FAILS(BUSY, lodge_store_wasi(store, wasi, ERR));
    assert_true(n == 42 && byte == 42);
    return unused;
}

static int32_t lets_another_try(uint64_t token, lodge_caller caller,
                                uint64_t *slots)
{
    pthread_t thread;

    (void)token, (void)caller, (void)slots;
    assert_int_equal(pthread_create(&thread, NULL, tries, NULL), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    return 0;
}

static void rings_of_a_running_store_are_busy_for_others(void **state)
{
    (void)state;
    ring(0, 16);
    ring(1, 16);
    open_echo(lets_another_try);
    OK(lodge_func_call(func_of(guest, "echo"), NULL, 0, ERR));
}

static int32_t replaces(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    (void)token, (void)caller, (void)slots;
    if (turns++ == 0)
        stream(0, LODGE_WASI_BYTES, "replaced");
    else
        stream(0, LODGE_WASI_NULL, NULL);
    OK(lodge_store_wasi(store, wasi, ERR));
    return 0;
}

static void a_description_can_be_replaced_while_the_guest_runs(void **state)
{
    (void)state;
    turns = 0;
    ring(1, 16);
    stream(0, LODGE_WASI_BYTES, "never read");
    open_echo(replaces);
    OK(lodge_func_call(func_of(guest, "echo"), NULL, 0, ERR));
    assert_int_equal(turns, 2);
}

/* ---- polling ---------------------------------------------------------- */

enum { TAG_READ = 1, TAG_WRITE = 2 };

/* Poll one descriptor: the event's error; bytes and flags of it. */
static uint64_t poll_fd(uint32_t tag, uint32_t fd, uint64_t *bytes,
                        uint64_t *flags)
{
    static const uint8_t zeros[48];

    put(AT_SUBS, zeros, 48);
    put64(AT_SUBS, 7);
    put32(AT_SUBS + 8, tag);
    put32(AT_SUBS + 16, fd);
    SYS(WE_OK, "poll_oneoff", AT_SUBS, AT_EVENTS, 1, AT_OUT);
    assert_int_equal(get32(AT_OUT), 1);
    assert_int_equal(get64(AT_EVENTS), 7);
    assert_int_equal(get32(AT_EVENTS + 8) >> 16 & 0xFF, tag);
    *bytes = get64(AT_EVENTS + 16);
    *flags = get32(AT_EVENTS + 24) & 0xFFFF;
    return get32(AT_EVENTS + 8) & 0xFFFF;
}

static void polling_tells_what_can_be_read(void **state)
{
    uint64_t bytes, flags;

    (void)state;
    ring(0, 16);
    setting(LODGE_WASI_EMPTY, 1);
    guest_open();
    assert_int_equal(poll_fd(TAG_READ, 0, &bytes, &flags), WE_AGAIN);
    feed("abc", 3);
    assert_int_equal(poll_fd(TAG_READ, 0, &bytes, &flags), WE_OK);
    assert_int_equal(bytes, 3);
    assert_int_equal(flags, 0);
    feed("", 0);
    READS_FD(0, "abc");
    assert_int_equal(poll_fd(TAG_READ, 0, &bytes, &flags), WE_OK);
    assert_int_equal(bytes, 0);
    assert_int_equal(flags, 1); /* hangup */
}

static void polling_tells_what_can_be_written(void **state)
{
    uint64_t bytes, flags;

    (void)state;
    ring(1, 16);
    setting(LODGE_WASI_FULL, LODGE_WASI_FULL_EAGAIN);
    guest_open();
    assert_int_equal(poll_fd(TAG_WRITE, 1, &bytes, &flags), WE_OK);
    assert_int_equal(bytes, 16);
    assert_int_equal(poll_fd(TAG_WRITE, 2, &bytes, &flags), WE_OK);
    fd_puts(1, "0123456789ABCDEF");
    assert_int_equal(poll_fd(TAG_WRITE, 1, &bytes, &flags), WE_AGAIN);
    drains(1, "0123456789ABCDEF");
    assert_int_equal(poll_fd(TAG_WRITE, 1, &bytes, &flags), WE_OK);
}

/* ---- the process's own streams ---------------------------------------- */

/* Runs `body` in a child whose stdin and stdout are pipes; what it wrote
 * goes to `out`. Returns what waitpid tells.
 */
static int in_child(int (*body)(void), const char *input, char *out,
                    size_t cap)
{
    int in[2], back[2], status = -1;
    size_t n = 0;
    ssize_t got;
    pid_t pid;

    assert_int_equal(pipe(in) | pipe(back), 0);
    calm_before_fork();
    pid = fork();
    if (pid == 0) {
        dup2(in[0], 0), dup2(back[1], 1);
        close(in[0]), close(back[0]), close(back[1]);
        if (input)
            close(in[1]);
        alarm(120);
        signal(SIGPIPE, SIG_DFL);
        engine = new_engine_with("interruption=on");
        OK(lodge_wasi_new(&wasi, ERR));
        _exit(body());
    }
    close(in[0]), close(back[1]);
    if (input)
        assert_int_equal(write(in[1], input, strlen(input)), strlen(input));
    if (input)
        close(in[1]);
    while ((got = read(back[0], out + n, cap - 1 - n)) > 0)
        n += (size_t)got;
    out[n] = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (!input)
        close(in[1]);
    close(back[0]);
    return status;
}

static int copies_line(void)
{
    char buf[64];
    int64_t n;

    stream(0, LODGE_WASI_INHERIT, NULL);
    stream(1, LODGE_WASI_INHERIT, NULL);
    guest_open();
    while ((n = fd_read(0, buf, sizeof buf)) > 0)
        if (fd_write(1, buf, (uint64_t)n) != n)
            return 2;
    return n == 0 ? 0 : 3;
}

static void a_guest_inherits_the_streams_of_the_process(void **state)
{
    char out[256];

    (void)state;
    assert_int_equal(in_child(copies_line, "a line\nand more", out, 256), 0);
    assert_string_equal(out, "a line\nand more");
}

static int waits_for_input(void)
{
    static const uint64_t args[] = {0, AT_IOV, 1, AT_OUT};
    uint64_t result;

    stream(0, LODGE_WASI_INHERIT, NULL);
    guest_open();
    put32(AT_IOV, AT_DATA), put32(AT_IOV + 4, 10);
    OK(lodge_store_set(store, LODGE_STORE_DEADLINE, 50 * 1000000, ERR));
    FAILS(DEADLINE, wasi_try("fd_read", args, 4, &result));
    return 0;
}

static void a_deadline_ends_waiting_for_input(void **state)
{
    char out[256];

    (void)state;
    assert_int_equal(in_child(waits_for_input, NULL, out, 256), 0);
}

static int fills_the_pipe(void)
{
    static const uint64_t args[] = {1, AT_IOV, 1, AT_OUT};
    int back[2], i;
    uint64_t result;
    lodge_status st = LODGE_OK;

    assert_int_equal(pipe(back), 0);
    dup2(back[1], 1);
    stream(1, LODGE_WASI_INHERIT, NULL);
    guest_open();
    put32(AT_IOV, AT_DATA), put32(AT_IOV + 4, DATA_MAX);
    OK(lodge_store_set(store, LODGE_STORE_DEADLINE, 100 * 1000000, ERR));
    for (i = 0; i < 100 && st == LODGE_OK; i++)
        st = wasi_try("fd_write", args, 4, &result);
    return st == LODGE_E_DEADLINE ? 0 : 2;
}

static void a_deadline_ends_waiting_for_room(void **state)
{
    char out[256];

    (void)state;
    assert_int_equal(in_child(fills_the_pipe, NULL, out, 256), 0);
}

static int writes_to_nobody(void)
{
    int back[2];

    assert_int_equal(pipe(back), 0);
    dup2(back[1], 1);
    close(back[1]), close(back[0]);
    stream(1, LODGE_WASI_INHERIT, NULL);
    guest_open();
    return fd_puts(1, "x") == -WE_PIPE ? 0 : 2;
}

static void a_broken_pipe_is_told_to_the_guest_and_kills_nobody(void **state)
{
    char out[256];

    (void)state;
    assert_int_equal(in_child(writes_to_nobody, NULL, out, 256), 0);
}

static int has_no_streams(void)
{
    char byte;

    close(0), close(1);
    stream(0, LODGE_WASI_INHERIT, NULL);
    stream(1, LODGE_WASI_INHERIT, NULL);
    guest_open();
    return fd_read(0, &byte, 1) < 0 && fd_puts(1, "x") < 0 ? 0 : 2;
}

static void streams_that_the_process_lacks_are_errors(void **state)
{
    char out[256];

    (void)state;
    assert_int_equal(in_child(has_no_streams, NULL, out, 256), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WASI_TEST(output_that_cannot_be_drained_is_refused),
        WASI_TEST(input_that_cannot_be_fed_is_refused),
        WASI_TEST(rings_are_fed_and_drained_while_the_guest_runs),
        WASI_TEST(rings_of_a_running_store_are_busy_for_others),
        WASI_TEST(a_description_can_be_replaced_while_the_guest_runs),
        WASI_TEST(polling_tells_what_can_be_read),
        WASI_TEST(polling_tells_what_can_be_written),
        WASI_TEST(a_guest_inherits_the_streams_of_the_process),
        WASI_TEST(a_deadline_ends_waiting_for_input),
        WASI_TEST(a_deadline_ends_waiting_for_room),
        WASI_TEST(a_broken_pipe_is_told_to_the_guest_and_kills_nobody),
        WASI_TEST(streams_that_the_process_lacks_are_errors),
    };

    return RUN(tests);
}

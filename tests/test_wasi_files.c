/* test_wasi_files.c - promises of directories: files, caps, programs. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "guests/box.h"
#include "guests/c_guest.h"

/* ---- what is there ---------------------------------------------------- */

static void directories_come_in_order_after_the_streams(void **state)
{
    static const char *const names[] = {"/box", ".", "gr\xC3\xBC\xC3\x9F"};
    char name[32];
    uint32_t i;

    (void)state;
    for (i = 0; i < 3; i++)
        add_dir(at("box"), names[i], R, R);
    guest_open();
    for (i = 0; i < 3; i++) {
        SYS(WE_OK, "fd_prestat_get", 3 + i, AT_OUT);
        assert_int_equal(get32(AT_OUT) & 0xFF, 0);
        assert_int_equal(get32(AT_OUT + 4), strlen(names[i]));
        SYS(WE_OK, "fd_prestat_dir_name", 3 + i, AT_DATA, get32(AT_OUT + 4));
        OK(lodge_memory_read(memory, AT_DATA, (uint8_t *)name, 32, ERR));
        assert_memory_equal(name, names[i], strlen(names[i]));
    }
    SYS(WE_BADF, "fd_prestat_get", 6, AT_OUT);
}

static void files_are_read_where_they_are(void **state)
{
    uint32_t fd;
    char buf[4];

    (void)state;
    open_box(R, R);
    fd = opened("a", 0, R_READ);
    assert_int_equal(fd_read(fd, buf, 4), 4);
    assert_memory_equal(buf, "cont", 4);
    READS_FD(fd, "ent");
    READS_FD(fd, "");
    READS_FD(opened("sub/b", 0, R_READ), "below");
    READS_FD(opened("./sub/../a", 0, R_READ), "content");
    assert_int_equal(path_open(3, "missing", 0, R_READ), -WE_NOENT);
    SYS(WE_OK, "fd_close", fd);
    SYS(WE_BADF, "fd_close", fd);
    assert_int_equal(fd_read(fd, buf, 4), -WE_BADF);
}

static void files_are_written_and_the_host_sees_it(void **state)
{
    uint32_t fd;

    (void)state;
    open_box(RW, RW);
    fd = opened("new", O_W_CREAT | O_W_EXCL, R_WRITE);
    assert_int_equal(fd_puts(fd, "one"), 3);
    assert_int_equal(fd_puts(fd, "two"), 3);
    host_file_is("box/new", "onetwo");
    assert_int_equal(path_open(3, "new", O_W_CREAT | O_W_EXCL, R_WRITE),
                     -WE_EXIST);
    opened("new", O_W_TRUNC, R_WRITE);
    host_file_is("box/new", "");
    host_file_is("box/a", "content");
}

static void positions_are_kept_and_asked(void **state)
{
    uint32_t fd;

    (void)state;
    open_box(RW, RW);
    fd = opened("a", 0, R_READ | R_WRITE | 1 << 2 | 1 << 5);
    SYS(WE_OK, "fd_seek", fd, 3, 0, AT_OUT);
    READS_FD(fd, "tent");
    SYS(WE_OK, "fd_tell", fd, AT_OUT);
    assert_int_equal(get64(AT_OUT), 7);
    put(AT_DATA, TEXT("XY"));
    put32(AT_IOV, AT_DATA), put32(AT_IOV + 4, 2);
    SYS(WE_OK, "fd_pwrite", fd, AT_IOV, 1, 1, AT_OUT);
    host_file_is("box/a", "cXYtent");
    SYS(WE_OK, "fd_pread", fd, AT_IOV, 1, 5, AT_OUT);
    assert_int_equal(get32(AT_DATA) & 0xFFFF, 'n' | 't' << 8);
    SYS(WE_INVAL, "fd_seek", fd, UINT64_MAX, 0, AT_OUT);
    SYS(WE_OK, "fd_filestat_set_size", fd, 2);
    host_file_is("box/a", "cX");
}

static void a_large_file_comes_back_as_it_was_written(void **state)
{
    static uint8_t big[DATA_MAX], back[DATA_MAX];
    uint32_t fd;
    size_t i;
    int64_t n, total = 0;

    (void)state;
    for (i = 0; i < sizeof big; i++)
        big[i] = (uint8_t)(i * 7 >> 2);
    open_box(RW, RW);
    fd = opened("big", O_W_CREAT, R_READ | R_WRITE | 1 << 2);
    while (total < DATA_MAX) {
        n = fd_write(fd, big + total, (uint64_t)(DATA_MAX - total));
        assert_true(n > 0);
        total += n;
    }
    SYS(WE_OK, "fd_seek", fd, 0, 0, AT_OUT);
    for (total = 0; total < DATA_MAX; total += n) {
        n = fd_read(fd, back + total, (uint64_t)(DATA_MAX - total));
        assert_true(n > 0);
    }
    assert_memory_equal(big, back, DATA_MAX);
}

static void directories_are_listed_with_buffers_of_any_size(void **state)
{
    static const char *const names[] = {". ", ".. ", "a ", "sub "};
    uint64_t buffer;
    char found[256];
    size_t i;

    (void)state;
    open_box(R, NONE);
    for (buffer = 27; buffer < 200; buffer += 7) {
        assert_int_equal(list(3, buffer, found), 0);
        assert_int_equal(strlen(found), 11);
        for (i = 0; i < 4; i++)
            assert_non_null(strstr(found, names[i]));
    }
    assert_int_equal(list(opened("sub", O_W_DIRECTORY, R_READ), 99, found), 0);
    assert_string_equal(found, ". .. b ");
}

/* ---- caps and lives --------------------------------------------------- */

static void the_cap_on_open_files_holds(void **state)
{
    int64_t fds[3];
    int i;

    (void)state;
    setting(LODGE_WASI_MAX_FILES, 3);
    open_box(RW, RW);
    for (i = 0; i < 3; i++)
        fds[i] = opened(i == 1 ? "sub" : "a", 0, R_READ);
    assert_int_equal(path_open(3, "a", 0, R_READ), -WE_MFILE);
    assert_int_equal(path_open(3, "new", O_W_CREAT, R_WRITE), -WE_MFILE);
    assert_false(on_host("box/new"));
    SYS(WE_OK, "fd_close", (uint64_t)fds[1]);
    for (i = 0; i < 10; i++)
        assert_int_equal(path_open(3, "missing", 0, R_READ), -WE_NOENT);
    fds[1] = opened("a", 0, R_READ);
    SYS(WE_OK, "fd_renumber", (uint64_t)fds[1], (uint64_t)fds[2]);
    opened("a", 0, R_READ);
    assert_int_equal(path_open(3, "a", 0, R_READ), -WE_MFILE);
}

static void sixty_four_files_are_open_at_most_by_default(void **state)
{
    int i;

    (void)state;
    open_box(RW, RW);
    for (i = 0; i < 64; i++)
        opened("a", 0, R_READ);
    assert_int_equal(path_open(3, "a", 0, R_READ), -WE_MFILE);
}

static void no_file_can_be_opened_with_a_cap_of_none(void **state)
{
    char names[256];

    (void)state;
    setting(LODGE_WASI_MAX_FILES, 0);
    open_box(RW, RW);
    assert_int_equal(path_open(3, "a", 0, R_READ), -WE_MFILE);
    assert_int_equal(list(3, 256, names), 0);
    SYS(WE_OK, "path_create_directory", 3, PATH("dir"));
}

static void descriptors_go_with_the_store(void **state)
{
    int before, i;

    (void)state;
    add_dir(at("box"), "/box", RW, RW);
    stream(0, LODGE_WASI_FILE, at("box/a"));
    before = descriptors();
    for (i = 0; i < 3; i++) {
        lodge_prepared prepared = guest_open();

        opened("a", 0, R_READ);
        opened("sub", O_W_DIRECTORY, R_READ);
        OK(lodge_store_wasi(store, wasi, ERR));
        opened("a", 0, R_WRITE);
        assert_true(descriptors() > before);
        OK(lodge_instance_close(guest));
        OK(lodge_prepared_close(prepared));
        assert_int_equal(descriptors(), before);
    }
}

static void a_directory_is_opened_when_the_store_gets_it(void **state)
{
    (void)state;
    open_box(R, R);
    assert_int_equal(rename(at("box"), at("moved")), 0);
    assert_int_equal(mkdir(at("box"), 0777), 0);
    host_file("box/a", "another");
    READS_FD(opened("a", 0, R_READ), "content");
    OK(lodge_store_wasi(store, wasi, ERR));
    READS_FD(opened("a", 0, R_READ), "another");
}

static void a_directory_can_be_given_up_by_the_guest(void **state)
{
    (void)state;
    open_box(R, R);
    SYS(WE_OK, "fd_close", 3);
    assert_int_equal(path_open(3, "a", 0, R_READ), -WE_BADF);
    SYS(WE_BADF, "fd_prestat_get", 3, AT_OUT);
    SYS(WE_BADF, "fd_readdir", 3, AT_DATA, 99, 0, AT_OUT);
}

static void a_directory_that_cannot_be_opened_is_named(void **state)
{
    static const char *const paths[] = {"missing", "box/a", "box/a/x"};
    lodge_store other = new_store(engine);
    size_t i;

    (void)state;
    for (i = 0; i < 3; i++) {
        lodge_wasi description;

        OK(lodge_wasi_new(&description, ERR));
        OK(lodge_wasi_dir(description, TEXT(at(paths[i])), TEXT("/"), R, R,
                          ERR));
        SAYS(IO, at(paths[i]), lodge_store_wasi(other, description, ERR));
        OK(lodge_wasi_close(description));
    }
}

static void impossible_directories_are_refused(void **state)
{
    static const struct {
        const char *host;
        uint64_t host_len;
        const char *guest;
        uint64_t guest_len;
        uint32_t dirs, files;
    } bad[] = {
        {"", 0, "/", 1, R, R},           {NULL, 0, "/", 1, R, R},
        {NULL, 1, "/", 1, R, R},         {"/", 1, "", 0, R, R},
        {"/", 1, NULL, 0, R, R},         {"/", 1, NULL, 1, R, R},
        {"/\0x", 3, "/", 1, R, R},       {"/", 1, "a\0", 2, R, R},
        {"\xFF", 1, "/", 1, R, R},       {"/", 1, "\xC3", 1, R, R},
        {"/", 1, "/", 1, 4, R},          {"/", 1, "/", 1, R, 8},
        {"/", 1, "/", 1, UINT32_MAX, R}, {"/", UINT64_MAX, "/", 1, R, R},
        {"/", 1, "/", UINT64_MAX, R, R},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof bad / sizeof *bad; i++)
        FAILS(ARGUMENT, lodge_wasi_dir(wasi, bad[i].host, bad[i].host_len,
                                       bad[i].guest, bad[i].guest_len,
                                       bad[i].dirs, bad[i].files, ERR));
    guest_open();
    SYS(WE_BADF, "fd_prestat_get", 3, AT_OUT);
}

/* ---- pipes and programs ----------------------------------------------- */

static int writes_into_a_broken_pipe(void)
{
    int reader;
    uint32_t fd;

    signal(SIGPIPE, SIG_DFL);
    engine = new_engine_with("interruption=on");
    OK(lodge_wasi_new(&wasi, ERR));
    open_box(RW, RW);
    assert_int_equal(mkfifo(at("box/pipe"), 0666), 0);
    reader = open(at("box/pipe"), O_RDONLY | O_NONBLOCK);
    fd = opened("pipe", 0, R_WRITE);
    close(reader);
    return fd_puts(fd, "x") < 0 ? 0 : 2;
}

static void a_broken_pipe_in_a_folder_kills_nobody(void **state)
{
    int status = -1;
    pid_t pid;

    (void)state;
    calm_before_fork();
    pid = fork();
    if (pid == 0) {
        alarm(120);
        _exit(writes_into_a_broken_pipe());
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

enum { CALL_NS = 50 * 1000000, LATE_NS = 3 * CALL_NS };

/* The other end of the pipe, after the deadline of who waits for it. */
static void *opens_late(void *unused)
{
    struct timespec late = {0, LATE_NS};

    nanosleep(&late, NULL);
    close(open(at("box/pipe"), O_WRONLY));
    return unused;
}

/* What docs/limits.md says: the call is late, and ends well all the same. */
static void a_deadline_does_not_end_a_call_of_the_file_system(void **state)
{
    struct timespec begin, end;
    pthread_t thread;
    int64_t took;

    (void)state;
    open_box(RW, RW);
    assert_int_equal(mkfifo(at("box/pipe"), 0666), 0);
    OK(lodge_store_set(store, LODGE_STORE_DEADLINE, CALL_NS, ERR));
    assert_int_equal(pthread_create(&thread, NULL, opens_late, NULL), 0);
    clock_gettime(CLOCK_MONOTONIC, &begin);
    assert_true(path_open(3, "pipe", 0, R_READ) >= 0);
    clock_gettime(CLOCK_MONOTONIC, &end);
    assert_int_equal(pthread_join(thread, NULL), 0);
    took = (int64_t)(end.tv_sec - begin.tv_sec) * 1000000000 +
           (end.tv_nsec - begin.tv_nsec);
    assert_true(took > CALL_NS);
}

static void a_c_program_works_in_a_folder_through_its_libc(void **state)
{
    (void)state;
    OK(lodge_wasi_arg(wasi, TEXT("files"), ERR));
    OK(lodge_wasi_arg(wasi, TEXT("/box/work"), ERR));
    assert_int_equal(mkdir(at("box/work"), 0777), 0);
    add_dir(at("box"), "/box", RW, RW);
    ring(1, 100);
    assert_int_equal(run_c_guest("files"), 0);
    drains(1, "done\n");
    host_file_is("box/work/sub/b", "hello");
}

static void a_c_program_cannot_change_a_folder_for_reading(void **state)
{
    (void)state;
    OK(lodge_wasi_arg(wasi, TEXT("files"), ERR));
    OK(lodge_wasi_arg(wasi, TEXT("/box"), ERR));
    add_dir(at("box"), "/box", R, RW);
    assert_int_equal(rename(at("box/sub"), at("box/other")), 0);
    assert_int_equal(run_c_guest("files"), 1);
    assert_false(on_host("box/sub"));
}

static void a_c_program_counts_a_file_of_a_folder(void **state)
{
    (void)state;
    host_file("box/text", "two words\nand three more\n");
    OK(lodge_wasi_arg(wasi, TEXT("wordcount"), ERR));
    OK(lodge_wasi_arg(wasi, TEXT("text"), ERR));
    add_dir(at("box"), ".", R, R);
    ring(1, 100);
    ring(2, 100);
    assert_int_equal(run_c_guest("wordcount"), 0);
    drains(1, "2 5 25\n");
    drains(2, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FILES_TEST(directories_come_in_order_after_the_streams),
        FILES_TEST(files_are_read_where_they_are),
        FILES_TEST(files_are_written_and_the_host_sees_it),
        FILES_TEST(positions_are_kept_and_asked),
        FILES_TEST(a_large_file_comes_back_as_it_was_written),
        FILES_TEST(directories_are_listed_with_buffers_of_any_size),
        FILES_TEST(the_cap_on_open_files_holds),
        FILES_TEST(sixty_four_files_are_open_at_most_by_default),
        FILES_TEST(no_file_can_be_opened_with_a_cap_of_none),
        FILES_TEST(descriptors_go_with_the_store),
        FILES_TEST(a_directory_is_opened_when_the_store_gets_it),
        FILES_TEST(a_directory_can_be_given_up_by_the_guest),
        FILES_TEST(a_directory_that_cannot_be_opened_is_named),
        FILES_TEST(impossible_directories_are_refused),
        FILES_TEST(a_broken_pipe_in_a_folder_kills_nobody),
        FILES_TEST(a_deadline_does_not_end_a_call_of_the_file_system),
        FILES_TEST(a_c_program_works_in_a_folder_through_its_libc),
        FILES_TEST(a_c_program_cannot_change_a_folder_for_reading),
        FILES_TEST(a_c_program_counts_a_file_of_a_folder),
    };

    return RUN(tests);
}

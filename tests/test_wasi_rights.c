/* test_wasi_rights.c - promises of directories: rights and walls. */
#define _GNU_SOURCE
#include "guests/box.h"

/* ---- rights ----------------------------------------------------------- */

/* Things to do in the box. Each gives an errno. */
static uint64_t lists(void)
{
    char names[256];

    return list(3, 256, names);
}

static uint64_t lists_below(void)
{
    int64_t fd = path_open(3, "sub", O_W_DIRECTORY, R_READ);
    char names[256];

    return fd < 0 ? (uint64_t)-fd : list((uint32_t)fd, 256, names);
}

static uint64_t reads_file(void)
{
    int64_t fd = path_open(3, "a", 0, R_READ), n;
    char byte;

    n = fd < 0 ? fd : fd_read((uint32_t)fd, &byte, 1);
    return n < 0 ? (uint64_t)-n : 0;
}

static uint64_t reads_file_below(void)
{
    int64_t dir = path_open(3, "sub", O_W_DIRECTORY, R_READ), fd;
    char byte;

    fd = dir < 0 ? dir : path_open((uint32_t)dir, "b", 0, R_READ);
    if (fd >= 0)
        fd = fd_read((uint32_t)fd, &byte, 1);
    return fd < 0 ? (uint64_t)-fd : 0;
}

static uint64_t writes_file(void)
{
    int64_t fd = path_open(3, "a", 0, R_WRITE), n;

    n = fd < 0 ? fd : fd_puts((uint32_t)fd, "W");
    return n < 0 ? (uint64_t)-n : 0;
}

static uint64_t appends_file(void)
{
    uint64_t errno_ = ERRNO("path_open", 3, 0, PATH("a"), 0, R_WRITE, R_WRITE,
                            1 /* append */, AT_OUT);
    int64_t n =
        errno_ ? -(int64_t)errno_ : fd_puts((uint32_t)get32(AT_OUT), "A");

    return n < 0 ? (uint64_t)-n : 0;
}

static uint64_t truncates_file(void)
{
    int64_t fd = path_open(3, "a", O_W_TRUNC, R_READ | R_WRITE);

    return fd < 0 ? (uint64_t)-fd : 0;
}

static uint64_t truncates_without_asking_to_write(void)
{
    int64_t fd = path_open(3, "a", O_W_TRUNC, R_READ);

    return fd < 0 ? (uint64_t)-fd : 0;
}

static uint64_t resizes_file(void)
{
    int64_t fd = path_open(3, "a", 0, R_READ | R_WRITE);

    return fd < 0 ? (uint64_t)-fd
                  : ERRNO("fd_filestat_set_size", (uint64_t)fd, 1);
}

static uint64_t creates_file(void)
{
    int64_t fd = path_open(3, "new", O_W_CREAT, R_WRITE);

    return fd < 0 ? (uint64_t)-fd : 0;
}

static uint64_t makes_directory(void)
{
    return ERRNO("path_create_directory", 3, PATH("dir"));
}

static uint64_t removes_file(void)
{
    return ERRNO("path_unlink_file", 3, PATH("a"));
}

static uint64_t removes_directory(void)
{
    return ERRNO("path_remove_directory", 3, PATH("empty"));
}

static uint64_t renames_file(void)
{
    return ERRNO("path_rename", 3, PATH("a"), 3, PATH2("moved"));
}

static uint64_t links_file(void)
{
    return ERRNO("path_link", 3, 0, PATH("a"), 3, PATH2("linked"));
}

static uint64_t makes_symlink(void)
{
    return ERRNO("path_symlink", PATH("a"), 3, PATH2("soft"));
}

static uint64_t sets_times(void)
{
    return ERRNO("path_filestat_set_times", 3, 0, PATH("a"), 5, 5, 1 | 4);
}

/* What each needs: rights of directories, rights of files. */
static const struct {
    const char *name;
    uint64_t (*does)(void);
    uint32_t dirs, files;
} deeds[] = {
    {"list", lists, R, NONE},
    {"list below", lists_below, R, NONE},
    {"read", reads_file, NONE, R},
    {"read below", reads_file_below, NONE, R},
    {"write", writes_file, NONE, W},
    {"append", appends_file, NONE, W},
    {"truncate", truncates_file, NONE, RW},
    {"truncate only", truncates_without_asking_to_write, NONE, RW},
    {"resize", resizes_file, NONE, RW},
    {"create", creates_file, W, W},
    {"mkdir", makes_directory, W, NONE},
    {"unlink", removes_file, W, NONE},
    {"rmdir", removes_directory, W, NONE},
    {"rename", renames_file, W, NONE},
    {"link", links_file, W, NONE},
    {"symlink", makes_symlink, W, NONE},
    {"times", sets_times, W, NONE},
};
enum { DEEDS = sizeof deeds / sizeof *deeds };

/* The box as it was in the beginning. */
static void box_again(void)
{
    struct stat st;

    nftw(at("box"), removes, 16, FTW_DEPTH | FTW_PHYS);
    assert_int_equal(mkdir(at("box"), 0777), 0);
    assert_int_equal(mkdir(at("box/sub"), 0777), 0);
    assert_int_equal(mkdir(at("box/empty"), 0777), 0);
    host_file("box/a", "content");
    host_file("box/sub/b", "below");
    assert_int_equal(stat(at("box/a"), &st), 0);
}

static void box_is_untouched(const char *deed)
{
    struct stat st;

    if (on_host("box/new") || on_host("box/dir") || on_host("box/moved") ||
        on_host("box/linked") || on_host("box/soft") || !on_host("box/empty"))
        fail_msg("%s was refused and yet done", deed);
    host_file_is("box/a", "content");
    assert_int_equal(stat(at("box/a"), &st), 0);
    assert_true(st.st_mtime > 1000);
}

static void try_all_deeds(uint32_t dir_rights, uint32_t file_rights)
{
    lodge_wasi description;
    size_t i;

    for (i = 0; i < DEEDS; i++) {
        uint32_t lacks =
            (deeds[i].dirs & ~dir_rights) | (deeds[i].files & ~file_rights);
        uint64_t found;

        box_again();
        OK(lodge_wasi_new(&description, ERR));
        OK(lodge_wasi_dir(description, TEXT(at("box")), TEXT("/box"),
                          dir_rights, file_rights, ERR));
        OK(lodge_store_wasi(store, description, ERR));
        lodge_wasi_close(description);
        found = deeds[i].does();
        if (!lacks && found)
            fail_msg("%s gave errno %d with rights %u, %u", deeds[i].name,
                     (int)found, dir_rights, file_rights);
        if (lacks && !is_refusal(found))
            fail_msg("%s gave errno %d with rights %u, %u", deeds[i].name,
                     (int)found, dir_rights, file_rights);
        if (lacks)
            box_is_untouched(deeds[i].name);
    }
}

static void each_combination_of_rights_allows_exactly_that(void **state)
{
    uint32_t dirs, files;

    (void)state;
    guest_open();
    for (dirs = 0; dirs <= RW; dirs++)
        for (files = 0; files <= RW; files++)
            try_all_deeds(dirs, files);
}

static void a_file_opened_for_reading_is_not_written(void **state)
{
    uint32_t fd;

    (void)state;
    open_box(RW, RW);
    fd = opened("a", 0, R_READ);
    assert_true(is_refusal((uint64_t)-fd_puts(fd, "x")));
    put32(AT_IOV, AT_DATA), put32(AT_IOV + 4, 1);
    assert_true(is_refusal(ERRNO("fd_pwrite", fd, AT_IOV, 1, 0, AT_OUT)));
    host_file_is("box/a", "content");
}

static void rights_cannot_be_widened_by_the_guest(void **state)
{
    uint32_t fd;

    (void)state;
    open_box(R, R);
    fd = opened("a", 0, R_READ);
    ERRNO("fd_fdstat_set_rights", fd, UINT64_MAX, UINT64_MAX);
    ERRNO("fd_fdstat_set_rights", 3, UINT64_MAX, UINT64_MAX);
    ERRNO("fd_fdstat_set_flags", fd, 1);
    assert_true(is_refusal((uint64_t)-fd_puts(fd, "x")));
    assert_true(path_open(3, "new", O_W_CREAT, R_WRITE) < 0);
    assert_int_not_equal(ERRNO("fd_allocate", fd, 0, 100), WE_OK);
    assert_int_not_equal(ERRNO("fd_filestat_set_size", fd, 0), WE_OK);
    assert_int_not_equal(ERRNO("fd_filestat_set_times", fd, 5, 5, 5), WE_OK);
    host_file_is("box/a", "content");
    assert_false(on_host("box/new"));
}

static void a_file_is_not_moved_to_where_more_is_allowed(void **state)
{
    (void)state;
    assert_int_equal(mkdir(at("open"), 0777), 0);
    add_dir(at("box"), "/box", RW, R);
    add_dir(at("open"), "/open", RW, RW);
    guest_open();
    assert_true(is_refusal(ERRNO("path_rename", 3, PATH("a"), 4, PATH2("a"))));
    assert_true(
        is_refusal(ERRNO("path_link", 3, 0, PATH("a"), 4, PATH2("a"))));
    assert_true(on_host("box/a") && !on_host("open/a"));
    SYS(WE_OK, "path_rename", 3, PATH("a"), 3, PATH2("a2"));
}

/* ---- walls ------------------------------------------------------------ */

static const char *const ways_out[] = {
    "../secret",
    "sub/../../secret",
    "..",
    "../box/a",
    "/etc/passwd",
    "/",
    "./../secret",
    "sub/../..",
    "soft",
    "absolute",
    "up/secret",
    "sub/up/secret",
    "../../../../../../etc/passwd",
    "//etc/passwd",
    "soft/",
    "up/",
    "chain",
};
enum { WAYS = sizeof ways_out / sizeof *ways_out };

/* Links that the host has put into the box. */
static void lay_links(void)
{
    assert_int_equal(symlink("../secret", at("box/soft")), 0);
    assert_int_equal(symlink(at("secret"), at("box/absolute")), 0);
    assert_int_equal(symlink("..", at("box/up")), 0);
    assert_int_equal(symlink("../..", at("box/sub/up")), 0);
    assert_int_equal(symlink("soft", at("box/chain")), 0);
    assert_int_equal(symlink("a", at("box/fine")), 0);
}

static void no_path_leads_out(void **state)
{
    size_t i;

    (void)state;
    lay_links();
    open_box(RW, RW);
    for (i = 0; i < WAYS; i++) {
        if (path_open(3, ways_out[i], 0, R_READ) >= 0 ||
            path_open(3, ways_out[i], O_W_DIRECTORY, R_READ) >= 0 ||
            path_open(3, ways_out[i], O_W_TRUNC, R_WRITE) >= 0 ||
            path_open(3, ways_out[i], O_W_CREAT, R_WRITE) >= 0)
            fail_msg("%s was opened", ways_out[i]);
        if (ERRNO("path_filestat_get", 3, 1, PATH(ways_out[i]), AT_OUT) == 0)
            fail_msg("%s was looked at", ways_out[i]);
    }
    host_file_is("secret", "the secret");
    READS_FD(opened("fine", 0, R_READ), "content");
}

static void nothing_outside_is_made_moved_or_removed(void **state)
{
    static const char *const names[] = {"../x", "/tmp/lodge-x", "up/x",
                                        "sub/../../x"};
    size_t i;

    (void)state;
    lay_links();
    open_box(RW, RW);
    for (i = 0; i < 4; i++) {
        const char *name = names[i];

        assert_int_not_equal(ERRNO("path_create_directory", 3, PATH(name)), 0);
        assert_int_not_equal(
            ERRNO("path_rename", 3, PATH("a"), 3, PATH2(name)), 0);
        assert_int_not_equal(
            ERRNO("path_link", 3, 0, PATH("a"), 3, PATH2(name)), 0);
        assert_int_not_equal(ERRNO("path_symlink", PATH("a"), 3, PATH2(name)),
                             0);
    }
    assert_int_not_equal(ERRNO("path_unlink_file", 3, PATH("../secret")), 0);
    assert_int_not_equal(ERRNO("path_unlink_file", 3, PATH("up/secret")), 0);
    assert_int_not_equal(
        ERRNO("path_rename", 3, PATH("../secret"), 3, PATH2("got")), 0);
    assert_int_not_equal(
        ERRNO("path_link", 3, 1, PATH("soft"), 3, PATH2("got")), 0);
    assert_int_not_equal(ERRNO("path_remove_directory", 3, PATH("..")), 0);
    assert_false(on_host("x") || on_host("box/got"));
    host_file_is("secret", "the secret");
    host_file_is("box/a", "content");
}

static void links_that_the_guest_makes_lead_nowhere_either(void **state)
{
    (void)state;
    open_box(RW, RW);
    assert_int_not_equal(
        ERRNO("path_symlink", PATH("/etc/passwd"), 3, PATH2("l1")), WE_OK);
    ERRNO("path_symlink", PATH("../secret"), 3, PATH2("l2"));
    ERRNO("path_symlink", PATH(".."), 3, PATH2("l3"));
    assert_true(path_open(3, "l1", 0, R_READ) < 0);
    assert_true(path_open(3, "l2", 0, R_READ) < 0);
    assert_true(path_open(3, "l3/secret", 0, R_READ) < 0);
    SYS(WE_OK, "path_symlink", PATH("loop"), 3, PATH2("loop"));
    assert_int_equal(path_open(3, "loop", 0, R_READ), -WE_LOOP);
}

static void a_descriptor_below_stays_below(void **state)
{
    int64_t sub;

    (void)state;
    open_box(RW, RW);
    sub = opened("sub", O_W_DIRECTORY, R_READ);
    READS_FD((uint32_t)path_open((uint32_t)sub, "b", 0, R_READ), "below");
    assert_true(path_open((uint32_t)sub, "../a", 0, R_READ) < 0);
    assert_true(path_open((uint32_t)sub, "../../secret", 0, R_READ) < 0);
    /* Moved elsewhere by the host, it has no way up either. */
    assert_int_equal(rename(at("box/sub"), at("elsewhere")), 0);
    assert_true(path_open((uint32_t)sub, "../secret", 0, R_READ) < 0);
    READS_FD((uint32_t)path_open((uint32_t)sub, "b", 0, R_READ), "below");
}

static void links_of_the_kernel_lead_nowhere(void **state)
{
    (void)state;
    add_dir("/proc/self", "/self", RW, RW);
    guest_open();
    assert_true(path_open(3, "root/etc/passwd", 0, R_READ) < 0);
    assert_true(path_open(3, "cwd/README.md", 0, R_READ) < 0);
    assert_true(path_open(3, "exe", 0, R_READ) < 0);
    assert_true(path_open(3, "fd/0", 0, R_READ) < 0);
    assert_true(path_open(3, "root", O_W_DIRECTORY, R_READ) < 0);
}

static void names_that_are_no_names_are_refused(void **state)
{
    (void)state;
    open_box(RW, RW);
    assert_int_equal(path_open(3, "\xFF", O_W_CREAT, R_WRITE), -WE_ILSEQ);
    assert_true(path_open(3, "", 0, R_READ) < 0);
    put(AT_PATH, "a\0b", 3);
    assert_int_not_equal(
        ERRNO("path_open", 3, 0, AT_PATH, 3, 0, R_READ, 0, 0, AT_OUT), WE_OK);
    SYS(WE_FAULT, "path_open", 3, 0, UINT32_MAX, 5, 0, R_READ, 0, 0, AT_OUT);
    assert_int_not_equal(
        ERRNO("path_open", 3, 0, 0, UINT32_MAX, 0, R_READ, 0, 0, AT_OUT),
        WE_OK);
    assert_true(path_open(0, "a", 0, R_READ) < 0);
    assert_int_equal(path_open(99, "a", 0, R_READ), -WE_BADF);
    assert_true(path_open(opened("a", 0, R_READ), "a", 0, R_READ) < 0);
    assert_true(path_open(3, "a/b", 0, R_READ) < 0);
}

static void an_answer_that_cannot_be_given_opens_nothing(void **state)
{
    int before;

    (void)state;
    setting(LODGE_WASI_MAX_FILES, 2);
    open_box(RW, RW);
    put(AT_PATH, TEXT("a"));
    before = descriptors();
    ERRNO("path_open", 3, 0, AT_PATH, 1, 0, R_READ, 0, 0, UINT32_MAX);
    ERRNO("path_open", 3, 0, AT_PATH, 1, 0, R_READ, 0, 0, UINT32_MAX);
    ERRNO("path_open", 3, 0, AT_PATH, 1, 0, R_READ, 0, 0, UINT32_MAX);
    assert_in_range(descriptors(), before, before + 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FILES_TEST(each_combination_of_rights_allows_exactly_that),
        FILES_TEST(a_file_opened_for_reading_is_not_written),
        FILES_TEST(rights_cannot_be_widened_by_the_guest),
        FILES_TEST(a_file_is_not_moved_to_where_more_is_allowed),
        FILES_TEST(no_path_leads_out),
        FILES_TEST(nothing_outside_is_made_moved_or_removed),
        FILES_TEST(links_that_the_guest_makes_lead_nowhere_either),
        FILES_TEST(a_descriptor_below_stays_below),
        FILES_TEST(links_of_the_kernel_lead_nowhere),
        FILES_TEST(names_that_are_no_names_are_refused),
        FILES_TEST(an_answer_that_cannot_be_given_opens_nothing),
    };

    return RUN(tests);
}

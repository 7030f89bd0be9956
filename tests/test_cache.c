/* test_cache.c - the disk cache: what was compiled once is found again, and
 * whatever is wrong with its folder, a module is opened all the same and is
 * the right one.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "cache_fixture.h"

/* ---- found again ------------------------------------------------------ */

static void a_module_is_compiled_once(void **s)
{
    lodge_engine engine = cached();

    (void)s;
    run(engine, 5);
    STATS(0, 1, 0, 1, 0);
    run(engine, 5);
    STATS(1, 0, 0, 0, 0);
    lodge_engine_close(engine);
    engine = cached(); /* as another process would */
    run(engine, 5);
    STATS(1, 0, 0, 0, 0);
    run(engine, 6);
    STATS(0, 1, 0, 1, 0);
    lodge_engine_close(engine);
    assert_int_equal(entries(NULL), 2);
    assert_true(stat_of(LODGE_STAT_CACHE_BYTES) > 8000);
}

static void text_and_binary_are_one_module(void **s)
{
    lodge_engine engine = cached();
    lodge_module module;
    uint8_t binary[PATH];
    char text[512];
    uint64_t len;

    (void)s;
    guest_text(text, 3);
    OK(lodge_text_to_binary(TEXT(text), binary, sizeof binary, &len, ERR));
    run(engine, 3);
    OK(lodge_module_open(engine, binary, len, &module, ERR));
    lodge_module_close(module);
    STATS(1, 1, 0, 1, 0);
    lodge_engine_close(engine);
}

static void settings_have_entries_of_their_own(void **s)
{
    static const char *const settings[] = {
        "", "fuel=on", "opt-level=none", "simd=off,relaxed-simd=off",
        "target=pulley64,signals-based-traps=off,wasm-threads=off"};
    lodge_engine engine;
    size_t round, i;

    (void)s;
    for (round = 0; round < 2; round++) {
        for (i = 0; i < 5; i++) {
            engine = cached_with(settings[i]);
            run(engine, 5);
            STATS(round, 1 - round, 0, 1 - round, 0);
            lodge_engine_close(engine);
        }
    }
    assert_int_equal(entries(NULL), 5);
}

static void what_does_not_matter_shares_an_entry(void **s)
{
    lodge_engine engine = cached();

    (void)s;
    run(engine, 5);
    lodge_engine_close(engine);
    engine = cached_with("domain=3,max-functions=7,store-memory-limit=64M,"
                         "cache-age=77");
    run(engine, 5);
    STATS(1, 1, 0, 1, 0);
    lodge_engine_close(engine);
}

static void limits_hold_for_what_is_in_the_cache(void **s)
{
    lodge_engine engine = cached();
    lodge_module module = {7};
    char text[512];

    (void)s;
    run(engine, 5);
    lodge_engine_close(engine);
    engine = cached_with("max-functions=0");
    guest_text(text, 5);
    SAYS(LIMIT, "functions",
         lodge_module_open(engine, (const uint8_t *)text, strlen(text),
                           &module, ERR));
    STATS(0, 1, 0, 1, 0);
    lodge_engine_close(engine);
}

static void bad_modules_leave_nothing(void **s)
{
    lodge_engine engine = cached();
    lodge_module module = {7};

    (void)s;
    FAILS(COMPILE,
          lodge_module_open(engine, (const uint8_t *)"\0asm\1\0\0\0\1", 9,
                            &module, ERR));
    STATS(0, 1, 0, 0, 0);
    assert_int_equal(entries(NULL), 0);
    lodge_engine_close(engine);
}

static void without_a_folder_there_is_no_cache(void **s)
{
    lodge_engine engine = new_engine();

    (void)s;
    run(engine, 5);
    run(engine, 5);
    STATS(0, 0, 0, 0, 0);
    READS("none", lodge_engine_get_text(engine, LODGE_CONFIG_CACHE_FOLDER, buf,
                                        cap, len, ERR));
    lodge_engine_close(engine);
}

/* ---- the folder ------------------------------------------------------- */

static void the_folder_and_its_key_are_the_users_own(void **s)
{
    lodge_engine engine = cached();
    struct stat info;
    char path[PATH];

    (void)s;
    run(engine, 5);
    assert_int_equal(stat(cache_dir, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0700);
    in_cache(path, "key");
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_int_equal(info.st_size, 32);
    assert_int_equal(info.st_nlink, 1);
    only_entry(path);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    lodge_engine_close(engine);
}

/* The module opens, and nothing else happens. */
static void no_cache(const char *settings, uint32_t why)
{
    lodge_engine engine = cached_with(settings);

    run(engine, 5);
    run(engine, 5);
    STATS(0, 0, 0, 0, 1);
    assert_int_equal(stat_of(LODGE_STAT_CACHE_WHY), why);
    lodge_engine_close(engine);
}

static void a_folder_that_others_can_write_to_is_not_used(void **s)
{
    (void)s;
    lodge_engine_close(cached());
    assert_int_equal(chmod(cache_dir, 0770), 0);
    no_cache("", LODGE_CACHE_OWNER);
    assert_int_equal(chmod(cache_dir, 0702), 0);
    no_cache("", LODGE_CACHE_OWNER);
    assert_int_equal(chmod(cache_dir, 0755), 0); /* to read is harmless */
    lodge_engine_close(cached());
    STATS(0, 0, 0, 0, 0);
    if (geteuid() != 0)
        return;
    assert_int_equal(chown(cache_dir, 65534, 65534), 0);
    no_cache("", LODGE_CACHE_OWNER);
}

static void a_folder_that_cannot_be_made_is_no_cache(void **s)
{
    (void)s;
    write_at(strcat(strcpy(cache_dir, base_dir), "/file"), "x", 1);
    no_cache("", LODGE_CACHE_FOLDER);
    strcat(cache_dir, "/below");
    no_cache("", LODGE_CACHE_FOLDER);
    strcpy(cache_dir, "/proc/lodge-cannot-be-made");
    no_cache("", LODGE_CACHE_FOLDER);
}

static void a_key_that_others_can_read_is_not_used(void **s)
{
    char path[PATH], other[PATH];

    (void)s;
    lodge_engine_close(cached());
    in_cache(path, "key");
    in_cache(other, "other");
    assert_int_equal(chmod(path, 0640), 0);
    no_cache("", LODGE_CACHE_KEY);
    assert_int_equal(chmod(path, 0604), 0);
    no_cache("", LODGE_CACHE_KEY);
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(rename(path, other), 0);
    assert_int_equal(symlink(other, path), 0);
    no_cache("", LODGE_CACHE_KEY);
    unlink(path);
    assert_int_equal(mkfifo(path, 0600), 0);
    no_cache("", LODGE_CACHE_KEY);
    unlink(path);
    assert_int_equal(mkdir(path, 0700), 0);
    no_cache("", LODGE_CACHE_KEY);
    rmdir(path);
    write_at(path, "too short", 9);
    assert_int_equal(chmod(path, 0600), 0);
    no_cache("", LODGE_CACHE_KEY);
    assert_int_equal(truncate(path, 1025), 0);
    no_cache("", LODGE_CACHE_KEY);
    assert_int_equal(truncate(path, (off_t)1 << 40), 0);
    no_cache("", LODGE_CACHE_KEY);
}

static void a_key_may_be_kept_elsewhere(void **s)
{
    char path[PATH], settings[PATH + 32];
    lodge_engine engine;

    (void)s;
    snprintf(path, sizeof path, "%s/my-key", base_dir);
    snprintf(settings, sizeof settings, "cache-key-file=%s", path);
    no_cache(settings, LODGE_CACHE_KEY); /* nobody makes it */
    write_at(path, "sixteen bytes ok", 16);
    assert_int_equal(chmod(path, 0600), 0);
    engine = cached_with(settings);
    run(engine, 5);
    run(engine, 5);
    STATS(1, 1, 0, 1, 0);
    lodge_engine_close(engine);
    in_cache(path, "key");
    assert_int_equal(access(path, F_OK), -1);
    /* With the folder's own key these entries are foreign. */
    engine = cached();
    run(engine, 5);
    STATS(0, 1, 1, 1, 1);
    WHY(CHANGED);
    lodge_engine_close(engine);
}

/* ---- entries that are not sound --------------------------------------- */

/* What stands in the entry's place is taken away, and the module is good. */
static void mends(lodge_engine engine, const char *path)
{
    struct stat info;

    run(engine, 5);
    STATS(0, 1, 1, 1, 1);
    WHY(CHANGED);
    run(engine, 5);
    STATS(1, 0, 0, 0, 0);
    assert_int_equal(lstat(path, &info), 0);
    assert_true(S_ISREG(info.st_mode));
}

static void changed_entries_are_compiled_anew(void **s)
{
    lodge_engine engine = cached();
    char path[PATH];
    uint8_t *bytes;
    size_t len, at;

    (void)s;
    run(engine, 5);
    only_entry(path);
    bytes = read_at(path, &len);
    stats_note();
    for (at = 0; at < len; at += at < 64 || at + 160 > len ? 1 : 97) {
        bytes[at] ^= 0x10;
        write_at(path, bytes, len);
        bytes[at] ^= 0x10;
        mends(engine, path);
    }
    for (at = 0; at < len; at += 1 + len / 40) {
        write_at(path, bytes, at);
        mends(engine, path);
    }
    free(bytes);
    lodge_engine_close(engine);
}

static void strange_files_in_an_entrys_place_are_replaced(void **s)
{
    lodge_engine engine = cached();
    char path[PATH], moved[PATH];

    (void)s;
    run(engine, 5);
    only_entry(path);
    in_cache(moved, "moved");
    stats_note();
    assert_int_equal(rename(path, moved), 0);
    assert_int_equal(symlink(moved, path), 0);
    mends(engine, path);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("/nowhere/at/all", path), 0);
    mends(engine, path);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    mends(engine, path);
    assert_int_equal(truncate(path, 0), 0);
    mends(engine, path);
    assert_int_equal(truncate(path, (off_t)1 << 40), 0); /* huge */
    mends(engine, path);
    assert_int_equal(truncate(path, (off_t)1 << 29), 0); /* large */
    mends(engine, path);
    lodge_engine_close(engine);
}

/* A folder with an entry's name stays: it is nothing of ours. */
static void a_folder_in_an_entrys_place_is_left_alone(void **s)
{
    lodge_engine engine = cached();
    char path[PATH];

    (void)s;
    run(engine, 5);
    only_entry(path);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    stats_note();
    run(engine, 5);
    STATS(0, 1, 1, 0, 2);
    WHY(WRITE);
    lodge_engine_close(engine);
}

static void an_entry_under_anothers_name_is_not_taken(void **s)
{
    lodge_engine engine = cached();
    char path[PATH], other[PATH];

    (void)s;
    run(engine, 7);
    only_entry(other);
    in_cache(path, "seven");
    assert_int_equal(rename(other, path), 0);
    run(engine, 5);
    only_entry(other);
    assert_int_equal(rename(path, other), 0);
    stats_note();
    mends(engine, other); /* 5, not 7 */
    lodge_engine_close(engine);
}

static void a_key_that_is_lost_makes_everything_new(void **s)
{
    lodge_engine engine = cached();
    char path[PATH];

    (void)s;
    run(engine, 5);
    lodge_engine_close(engine);
    in_cache(path, "key");
    assert_int_equal(unlink(path), 0);
    engine = cached();
    only_entry(path);
    stats_note();
    mends(engine, path);
    lodge_engine_close(engine);
}

/* ---- a folder that cannot be written to ------------------------------- */

static void chown_all(uid_t uid)
{
    char command[PATH];

    snprintf(command, sizeof command, "chown -R %u %s", (unsigned)uid,
             base_dir);
    assert_int_equal(system(command), 0);
}

static void a_read_only_folder_gives_what_it_has(void **s)
{
    const uid_t me = geteuid();
    lodge_engine engine = cached();
    char path[PATH];

    (void)s;
    run(engine, 5);
    lodge_engine_close(engine);
    if (me == 0) /* who writes everywhere */
        chown_all(65534);
    assert_int_equal(chmod(cache_dir, 0500), 0);
    if (me == 0)
        assert_int_equal(seteuid(65534), 0);
    stats_note();
    engine = cached();
    run(engine, 5);
    STATS(1, 0, 0, 0, 0);
    run(engine, 6);
    STATS(0, 1, 0, 0, 1);
    WHY(WRITE);
    lodge_engine_close(engine);
    assert_int_equal(seteuid(me), 0);
    assert_int_equal(entries(path), 1);
    /* Without a key none can be made. */
    assert_int_equal(chmod(cache_dir, 0700), 0);
    in_cache(path, "key");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(chmod(cache_dir, 0500), 0);
    if (me == 0)
        assert_int_equal(seteuid(65534), 0);
    no_cache("", LODGE_CACHE_KEY);
    assert_int_equal(seteuid(me), 0);
}

static void a_limit_on_file_sizes_is_no_cache_and_no_signal(void **s)
{
    lodge_engine engine = cached();
    struct rlimit old, small;

    (void)s;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = old;
    small.rlim_cur = 4096;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    run(engine, 5);
    STATS(0, 1, 0, 0, 1);
    WHY(WRITE);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_int_equal(entries(NULL), 0);
    run(engine, 5);
    STATS(0, 1, 0, 1, 0);
    lodge_engine_close(engine);
}

/* A file system of 64 KiB, in a namespace of its own. */
static int in_a_small_file_system(void)
{
    char path[PATH];
    lodge_engine engine;
    int value;

    if ((geteuid() == 0 ? unshare(CLONE_NEWNS)
                        : unshare(CLONE_NEWUSER | CLONE_NEWNS)) != 0 ||
        mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("lodge", base_dir, "tmpfs", 0, "size=64k") != 0)
        return 77;
    engine = cached();
    for (value = 0; value < 40; value++)
        run(engine, value);
    if (stat_of(LODGE_STAT_CACHE_FAILURES) == stat_before[6])
        return 1; /* it should have become full */
    for (value = 0; value < 40; value++)
        run(engine, value);
    lodge_engine_close(engine);
    return stat_of(LODGE_STAT_CACHE_WHY) == LODGE_CACHE_WRITE &&
                   entries(path) > 0
               ? 0
               : 2;
}

static void a_full_disk_is_no_cache(void **s)
{
    pid_t child;
    int status;

    (void)s;
    calm_before_fork();
    child = fork();
    if (child == 0)
        _exit(in_a_small_file_system());
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77)
        skip(); /* no such file systems here */
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* ---- size and age ----------------------------------------------------- */

static void used_at(const char *path, time_t when)
{
    const struct timespec times[2] = {{when, 0}, {0, UTIME_OMIT}};

    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void beside(lodge_engine engine, int value, char path[PATH])
{
    char before[16][PATH];
    int n = 0, i;
    DIR *list = opendir(cache_dir);
    struct dirent *item;

    while (list && (item = readdir(list)) != NULL && n < 16)
        if (is_entry(item->d_name))
            strcpy(before[n++], item->d_name);
    if (list)
        closedir(list);
    run(engine, value);
    list = opendir(cache_dir);
    while ((item = readdir(list)) != NULL) {
        for (i = 0; i < n && strcmp(before[i], item->d_name) != 0; i++) {
        }
        if (is_entry(item->d_name) && i == n)
            in_cache(path, item->d_name);
    }
    closedir(list);
}

static void what_was_not_used_for_longest_goes_first(void **s)
{
    lodge_engine engine = cached();
    char one[PATH], two[PATH], three[PATH], settings[64];
    struct stat info;

    (void)s;
    beside(engine, 1, one);
    beside(engine, 2, two);
    used_at(one, time(NULL) - 200);
    used_at(two, time(NULL) - 100);
    assert_int_equal(stat(one, &info), 0);
    lodge_engine_close(engine);
    snprintf(settings, sizeof settings, "cache-bytes=%lld",
             (long long)info.st_size * 5 / 2);
    engine = cached_with(settings);
    stats_note();
    run(engine, 1); /* now it is the younger one */
    STATS(1, 0, 0, 0, 0);
    beside(engine, 3, three);
    assert_int_equal(access(one, F_OK), 0);
    assert_int_equal(access(two, F_OK), -1);
    assert_int_equal(access(three, F_OK), 0);
    assert_int_equal(stat_of(LODGE_STAT_CACHE_PRUNED) - stat_before[5], 1);
    lodge_engine_close(engine);
}

static void a_cache_stays_below_its_size(void **s)
{
    lodge_engine engine = cached_with("cache-bytes=100K");
    char path[PATH];
    struct stat info;
    int value;

    (void)s;
    run(engine, 0);
    only_entry(path);
    assert_int_equal(stat(path, &info), 0);
    for (value = 1; value < 60; value++) {
        run(engine, value);
        assert_true(entries(NULL) * info.st_size <= 110 * 1024);
    }
    assert_true(entries(NULL) >= 2);
    lodge_engine_close(engine);
}

static void what_was_not_used_for_too_long_goes(void **s)
{
    lodge_engine engine = cached_with("cache-age=1000");
    char old[PATH], young[PATH], path[PATH];

    (void)s;
    beside(engine, 1, old);
    beside(engine, 2, young);
    used_at(old, time(NULL) - 1100);
    used_at(young, time(NULL) - 900);
    run(engine, 3);
    assert_int_equal(access(old, F_OK), -1);
    assert_int_equal(access(young, F_OK), 0);
    lodge_engine_close(engine);
    engine = cached_with("cache-age=0");
    used_at(young, 1);
    beside(engine, 4, path);
    assert_int_equal(access(young, F_OK), 0);
    lodge_engine_close(engine);
}

/* Times in the future, as after a clock was set back: such entries are young,
 * and go like others when there is no room.
 */
static void a_clock_that_goes_back_harms_nothing(void **s)
{
    lodge_engine engine = cached_with("cache-bytes=100K,cache-age=1000");
    char path[PATH];
    int value;

    (void)s;
    for (value = 0; value < 3; value++) {
        beside(engine, value, path);
        used_at(path, time(NULL) + 1000000);
    }
    run(engine, 0);
    for (value = 3; value < 40; value++)
        run(engine, value);
    assert_in_range(entries(NULL), 1, 12);
    lodge_engine_close(engine);
}

static void a_module_larger_than_the_cache_is_not_kept(void **s)
{
    lodge_engine engine = cached_with("cache-bytes=1000");

    (void)s;
    run(engine, 5);
    STATS(0, 1, 0, 0, 1);
    WHY(SIZE);
    assert_int_equal(entries(NULL), 0);
    lodge_engine_close(engine);
    engine = cached_with("cache-bytes=0");
    run(engine, 5);
    STATS(0, 1, 0, 0, 1);
    lodge_engine_close(engine);
}

static void files_of_others_stay_and_leftovers_go(void **s)
{
    static const char stale[] = "tmp-0123456789abcdef0123456789abcdef";
    static const char fresh[] = "tmp-fedcba98765432100123456789abcdef";
    static const char *const others[] = {"notes.txt", "tmp-mine", "0123.lodge",
                                         "key.old"};
    lodge_engine engine = cached_with("cache-bytes=1M,cache-age=1");
    const struct timespec old[2] = {{1, 0}, {1, 0}};
    char path[PATH];
    size_t i;

    (void)s;
    in_cache(path, stale);
    write_at(path, "x", 1);
    assert_int_equal(utimensat(AT_FDCWD, path, old, 0), 0);
    in_cache(path, fresh);
    write_at(path, "x", 1);
    for (i = 0; i < 4; i++) {
        in_cache(path, others[i]);
        write_at(path, "x", 1);
        assert_int_equal(utimensat(AT_FDCWD, path, old, 0), 0);
    }
    run(engine, 5);
    in_cache(path, stale);
    assert_int_equal(access(path, F_OK), -1);
    in_cache(path, fresh);
    assert_int_equal(access(path, F_OK), 0);
    for (i = 0; i < 4; i++) {
        in_cache(path, others[i]);
        assert_int_equal(access(path, F_OK), 0);
    }
    lodge_engine_close(engine);
}

/* ---- nothing is lost -------------------------------------------------- */

static int open_files(void)
{
    DIR *list = opendir("/proc/self/fd");
    int n = 0;

    while (list && readdir(list))
        n++;
    if (list)
        closedir(list);
    return n;
}

static void files_are_closed_and_memory_given_back(void **s)
{
    lodge_engine engine;
    int before, i;

    (void)s;
    lodge_engine_close(cached());
    before = open_files();
    for (i = 0; i < 40; i++) {
        engine = cached();
        run(engine, i % 4);
        lodge_engine_close(engine);
    }
    assert_int_equal(open_files(), before);
    assert_int_equal(entries(NULL), 4);
}

static void keys_are_read_back(void **s)
{
    lodge_engine engine = cached_with("cache-bytes=5M,cache-age=60");
    lodge_config config;
    uint64_t value;

    (void)s;
    READS(cache_dir, lodge_engine_get_text(engine, LODGE_CONFIG_CACHE_FOLDER,
                                           buf, cap, len, ERR));
    OK(lodge_engine_get(engine, LODGE_CONFIG_CACHE_FOLDER, &value, ERR));
    assert_int_equal(value, strlen(cache_dir));
    OK(lodge_engine_get(engine, LODGE_CONFIG_CACHE_BYTES, &value, ERR));
    assert_int_equal(value, 5 << 20);
    lodge_engine_close(engine);
    OK(lodge_config_new(LODGE_PRESET_DEFAULT, &config, ERR));
    FAILS(ARGUMENT,
          lodge_config_set(config, LODGE_CONFIG_CACHE_FOLDER, 1, ERR));
    FAILS(ARGUMENT, lodge_config_set_text(config, LODGE_CONFIG_CACHE_FOLDER,
                                          "a\0b", 3, ERR));
    OK(lodge_config_parse(config,
                          TEXT("cache-folder=/x,cache-key-file=/y,"
                               "target=pulley64"),
                          ERR));
    OK(lodge_config_parse(config, TEXT("cache-folder=,target="), ERR));
    OK(lodge_config_get(config, LODGE_CONFIG_CACHE_FOLDER, &value, ERR));
    assert_int_equal(value, 4); /* none */
    OK(lodge_config_get(config, LODGE_CONFIG_TARGET, &value, ERR));
    assert_int_equal(value, 4); /* host */
    lodge_config_close(config);
}

int main(void)
{
#define HERE(name) cmocka_unit_test_setup_teardown(name, make_base, end_base)
    const struct CMUnitTest tests[] = {
        HERE(a_module_is_compiled_once),
        HERE(text_and_binary_are_one_module),
        HERE(settings_have_entries_of_their_own),
        HERE(what_does_not_matter_shares_an_entry),
        HERE(limits_hold_for_what_is_in_the_cache),
        HERE(bad_modules_leave_nothing),
        HERE(without_a_folder_there_is_no_cache),
        HERE(the_folder_and_its_key_are_the_users_own),
        HERE(a_folder_that_others_can_write_to_is_not_used),
        HERE(a_folder_that_cannot_be_made_is_no_cache),
        HERE(a_key_that_others_can_read_is_not_used),
        HERE(a_key_may_be_kept_elsewhere),
        HERE(changed_entries_are_compiled_anew),
        HERE(strange_files_in_an_entrys_place_are_replaced),
        HERE(a_folder_in_an_entrys_place_is_left_alone),
        HERE(an_entry_under_anothers_name_is_not_taken),
        HERE(a_key_that_is_lost_makes_everything_new),
        HERE(a_read_only_folder_gives_what_it_has),
        HERE(a_limit_on_file_sizes_is_no_cache_and_no_signal),
        HERE(a_full_disk_is_no_cache),
        HERE(what_was_not_used_for_longest_goes_first),
        HERE(a_cache_stays_below_its_size),
        HERE(what_was_not_used_for_too_long_goes),
        HERE(a_clock_that_goes_back_harms_nothing),
        HERE(a_module_larger_than_the_cache_is_not_kept),
        HERE(files_of_others_stay_and_leftovers_go),
        HERE(files_are_closed_and_memory_given_back),
        HERE(keys_are_read_back),
    };

    return RUN(tests);
}

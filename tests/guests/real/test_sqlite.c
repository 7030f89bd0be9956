/* test_sqlite.c - SQLite, compiled from Debian's sources with a file system
 * of our own (libraries/sqlite.c). Python's sqlite3 tells what the same SQL
 * gives, reads the files that the guest wrote, and writes what it reads.
 */
#include <unistd.h>

#include "fetched.h"
#include "guests/wasi_guest.h"
#include "support_signals.c"

static lodge_prepared sqlite;
static char folder[] = "/tmp/lodge-sqlite-XXXXXX";
enum { OUTPUT = 1 << 20 };
static char output[OUTPUT], expected[OUTPUT];

/* Runs SQL in a guest with the folder as /db; its exit code. */
static int run_sql(const char *database, const char *sql)
{
    lodge_status st;
    uint64_t n;

    OK(lodge_wasi_new(&wasi, ERR));
    OK(lodge_wasi_arg(wasi, TEXT("sqlite"), ERR));
    OK(lodge_wasi_arg(wasi, TEXT(database), ERR));
    stream(0, LODGE_WASI_BYTES, sql);
    ring(1, OUTPUT);
    ring(2, 1 << 16);
    OK(lodge_wasi_dir(wasi, TEXT(folder), TEXT("/db"), 3, 3, ERR));
    OK(lodge_prepared_wasi(sqlite, wasi, ERR));
    guest_start(sqlite);
    st = lodge_func_call(func_of(guest, "_start"), NULL, 0, ERR);
    if (st != LODGE_OK)
        check_status(st, LODGE_E_EXIT, "_start", __FILE__, __LINE__);
    OK(lodge_store_output(store, 1, (uint8_t *)output, OUTPUT - 1, &n, ERR));
    output[n] = 0;
    return st == LODGE_OK ? 0 : test_err.exit_code;
}

static void done(void)
{
    lodge_instance_close(guest);
    lodge_wasi_close(wasi);
}

/* What Python's sqlite3 makes of it. */
static void run_python(const char *database, const char *sql)
{
    char command[512], path[128];
    FILE *f;
    size_t n;

    snprintf(path, sizeof path, "%s/sql", folder);
    f = fopen(path, "wb");
    assert_non_null(f);
    fputs(sql, f);
    fclose(f);
    snprintf(command, sizeof command,
             "python3 tests/guests/real/oracle_sql.py %s < %s", database,
             path);
    f = popen(command, "r");
    assert_non_null(f);
    n = fread(expected, 1, OUTPUT - 1, f);
    expected[n] = 0;
    assert_int_equal(pclose(f), 0);
}

static const char *host_path(const char *name)
{
    static char path[128];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static const char big_sql[] =
    "CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT, x INT);\n"
    "BEGIN;\n"
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE"
    " i < 20000)\n"
    " INSERT INTO t SELECT i, printf('name %05d', i * 7919 % 20011),"
    " i * i % 1009 FROM n;\n"
    "COMMIT;\n"
    "CREATE INDEX by_name ON t(name);\n"
    "CREATE TABLE u(a TEXT, b BLOB, c);\n"
    "INSERT INTO u VALUES('gr\xC3\xBC\xC3\x9F', x'00ff10', NULL), ('',"
    " zeroblob(3), 9223372036854775807);\n"
    "DELETE FROM t WHERE x % 3 = 1;\n"
    "UPDATE t SET x = x + 1 WHERE id % 100 = 0;\n";

static const char questions[] =
    "SELECT count(*), sum(x), min(name), max(name) FROM t;\n"
    "SELECT id, name, x FROM t WHERE name BETWEEN 'name 00500' AND"
    " 'name 01500' ORDER BY name;\n"
    "SELECT x, count(*) AS n FROM t GROUP BY x HAVING n > 10 ORDER BY n"
    " DESC, x LIMIT 20;\n"
    "SELECT a, hex(b), c, length(b), typeof(c), upper(a) FROM u ORDER BY"
    " rowid;\n"
    "SELECT a.id, b.id FROM t a JOIN t b ON a.x = b.id WHERE a.id < 60"
    " ORDER BY 1, 2;\n"
    "SELECT id, sum(x) OVER (ORDER BY id ROWS 3 PRECEDING) FROM t WHERE"
    " id < 30;\n"
    "SELECT printf('%.6f', avg(x)), json_array(1, 'a', null) FROM t;\n"
    "PRAGMA integrity_check;\n";

static char script[8192];

static const char *both(void)
{
    snprintf(script, sizeof script, "%s%s", big_sql, questions);
    return script;
}

/* ---- the promises ------------------------------------------------------- */

static void it_answers_as_python_does(void **state)
{
    (void)state;
    assert_int_equal(run_sql(":memory:", both()), 0);
    drains(2, "");
    run_python(":memory:", both());
    assert_true(strlen(expected) > 9000);
    assert_string_equal(output, expected);
    done();
}

static void python_reads_the_file_that_it_wrote(void **state)
{
    (void)state;
    assert_int_equal(run_sql("/db/a.db", big_sql), 0);
    done();
    run_python(host_path("a.db"), questions);
    assert_int_equal(run_sql("/db/a.db", questions), 0);
    assert_true(strlen(expected) > 9000);
    assert_string_equal(output, expected);
    assert_non_null(strstr(output, "\nok\n"));
    done();
}

static void it_reads_the_file_that_python_wrote(void **state)
{
    (void)state;
    run_python(host_path("b.db"), both());
    assert_int_equal(run_sql("/db/b.db", questions), 0);
    assert_string_equal(output, expected);
    done();
}

static void a_mistake_in_sql_is_its_exit_code(void **state)
{
    (void)state;
    assert_int_equal(run_sql(":memory:", "SELECT 1;\nSELEC 2;\n"), 1);
    assert_string_equal(output, "1\n");
    drains(2, "near \"SELEC\": syntax error\n");
    done();
}

static void what_is_outside_of_its_folder_cannot_be_opened(void **state)
{
    (void)state;
    assert_int_equal(run_sql("/etc/passwd", "SELECT 1;\n"), 2);
    done();
    assert_int_equal(run_sql("/db/../../etc/x", "CREATE TABLE t(a);\n"), 2);
    done();
}

/* Ended in the middle of a transaction; the next user rolls it back. */
static void a_deadline_in_a_transaction_loses_no_data(void **state)
{
    static const char endless[] =
        "PRAGMA cache_size = 5;\n"
        "BEGIN;\nUPDATE t SET x = -1;\n"
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
        " INSERT INTO t(x) SELECT -i FROM n;\nCOMMIT;\n";
    static const char after[] = "SELECT count(*), sum(x), min(x) FROM t;\n"
                                "PRAGMA integrity_check;\n";

    (void)state;
    assert_int_equal(run_sql("/db/c.db", big_sql), 0);
    done();
    assert_int_equal(run_sql("/db/c.db", after), 0);
    strcpy(expected, output);
    done();
    OK(lodge_wasi_new(&wasi, ERR));
    OK(lodge_wasi_arg(wasi, TEXT("sqlite"), ERR));
    OK(lodge_wasi_arg(wasi, TEXT("/db/c.db"), ERR));
    stream(0, LODGE_WASI_BYTES, endless);
    OK(lodge_wasi_dir(wasi, TEXT(folder), TEXT("/db"), 3, 3, ERR));
    OK(lodge_prepared_wasi(sqlite, wasi, ERR));
    OK(lodge_prepared_set(sqlite, LODGE_STORE_DEADLINE, 400 * MS, ERR));
    guest_start(sqlite);
    FAILS(DEADLINE, lodge_func_call(func_of(guest, "_start"), NULL, 0, ERR));
    done();
    OK(lodge_prepared_set(sqlite, LODGE_STORE_DEADLINE, 0, ERR));
    assert_int_equal(run_sql("/db/c.db", after), 0);
    assert_string_equal(output, expected);
    done();
}

static void too_little_memory_is_an_error_of_its_own(void **state)
{
    (void)state;
    OK(lodge_prepared_set(sqlite, LODGE_STORE_MEMORY_LIMIT, 2 << 20, ERR));
    assert_int_equal(run_sql(":memory:",
                             "SELECT length(zeroblob(50000000)) > 0;\n"
                             "CREATE TABLE t(a);\n"
                             "INSERT INTO t SELECT randomblob(50000000);\n"),
                     1);
    drains(2, "out of memory\n");
    OK(lodge_prepared_set(sqlite, LODGE_STORE_MEMORY_LIMIT, UINT64_MAX, ERR));
    done();
}

/* ---- all ---------------------------------------------------------------- */

static int open_all(void **state)
{
    lodge_module module;
    char path[1024];

    if (nothing_lives(state))
        return -1;
    if (!fetched("sqlite", path, sizeof path))
        fail_msg("sqlite is not there; the reason is above");
    engine = new_engine();
    OK(lodge_module_open_file(engine, TEXT(path), &module, ERR));
    OK(lodge_linker_prepare(wasi_linker(), module, &sqlite, ERR));
    return 0;
}

static int close_all(void **state)
{
    lodge_engine_shutdown(engine);
    return nothing_lives(state);
}

static int begin_folder(void **state)
{
    (void)state;
    strcpy(folder + sizeof folder - 7, "XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int end_folder(void **state)
{
    char command[64];

    (void)state;
    OK(lodge_prepared_wasi(sqlite, (lodge_wasi){0}, ERR));
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

#define SQL_TEST(name)                                                        \
    cmocka_unit_test_setup_teardown(name, begin_folder, end_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SQL_TEST(it_answers_as_python_does),
        SQL_TEST(python_reads_the_file_that_it_wrote),
        SQL_TEST(it_reads_the_file_that_python_wrote),
        SQL_TEST(a_mistake_in_sql_is_its_exit_code),
        SQL_TEST(what_is_outside_of_its_folder_cannot_be_opened),
        SQL_TEST(a_deadline_in_a_transaction_loses_no_data),
        SQL_TEST(too_little_memory_is_an_error_of_its_own),
    };

    return cmocka_run_group_tests_name(__FILE__, tests, open_all, close_all);
}

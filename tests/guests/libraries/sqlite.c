/* sqlite.c - runs SQL from standard input on the database that the first
 * argument names, or on one in memory; a row is a line, with | between its
 * values. SQLite's own file system does not compile against wasi-libc: a
 * small one is here, for one user of a file at a time.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <sqlite3.h>

/* ---- files ---------------------------------------------------------------*/

struct file {
    sqlite3_file base;
    int fd;
};

static int fd_of(sqlite3_file *file)
{
    return ((struct file *)file)->fd;
}

static int file_close(sqlite3_file *file)
{
    return close(fd_of(file)) ? SQLITE_IOERR_CLOSE : SQLITE_OK;
}

/* What is behind the end is zero, and told. */
static int file_read(sqlite3_file *file, void *ptr, int len, sqlite3_int64 at)
{
    int done = 0;

    while (done < len) {
        ssize_t n = pread(fd_of(file), (char *)ptr + done,
                          (size_t)(len - done), at + done);

        if (n < 0)
            return SQLITE_IOERR_READ;
        if (n == 0) {
            memset((char *)ptr + done, 0, (size_t)(len - done));
            return SQLITE_IOERR_SHORT_READ;
        }
        done += (int)n;
    }
    return SQLITE_OK;
}

static int file_write(sqlite3_file *file, const void *ptr, int len,
                      sqlite3_int64 at)
{
    int done = 0;

    while (done < len) {
        ssize_t n = pwrite(fd_of(file), (const char *)ptr + done,
                           (size_t)(len - done), at + done);

        if (n <= 0)
            return errno == ENOSPC ? SQLITE_FULL : SQLITE_IOERR_WRITE;
        done += (int)n;
    }
    return SQLITE_OK;
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    return ftruncate(fd_of(file), size) ? SQLITE_IOERR_TRUNCATE : SQLITE_OK;
}

static int file_sync(sqlite3_file *file, int flags)
{
    (void)flags;
    return fsync(fd_of(file)) ? SQLITE_IOERR_FSYNC : SQLITE_OK;
}

static int file_size(sqlite3_file *file, sqlite3_int64 *size)
{
    struct stat st;

    if (fstat(fd_of(file), &st))
        return SQLITE_IOERR_FSTAT;
    *size = st.st_size;
    return SQLITE_OK;
}

static int file_lock(sqlite3_file *file, int level)
{
    (void)file, (void)level;
    return SQLITE_OK;
}

static int file_is_locked(sqlite3_file *file, int *yes)
{
    (void)file;
    *yes = 0;
    return SQLITE_OK;
}

static int file_control(sqlite3_file *file, int op, void *argument)
{
    (void)file, (void)op, (void)argument;
    return SQLITE_NOTFOUND;
}

static int file_sector(sqlite3_file *file)
{
    (void)file;
    return 4096;
}

static int file_traits(sqlite3_file *file)
{
    (void)file;
    return 0;
}

static const sqlite3_io_methods methods = {
    1,
    file_close,
    file_read,
    file_write,
    file_truncate,
    file_sync,
    file_size,
    file_lock,
    file_lock,
    file_is_locked,
    file_control,
    file_sector,
    file_traits,
};

/* ---- the file system ---------------------------------------------------- */

static int vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file,
                    int flags, int *out)
{
    int how = flags & SQLITE_OPEN_READWRITE ? O_RDWR : O_RDONLY;

    (void)vfs;
    if (!name)
        return SQLITE_CANTOPEN; /* temporary files are in memory */
    how |= flags & SQLITE_OPEN_CREATE ? O_CREAT : 0;
    how |= flags & SQLITE_OPEN_EXCLUSIVE ? O_EXCL : 0;
    ((struct file *)file)->fd = open(name, how, 0666);
    if (fd_of(file) < 0)
        return SQLITE_CANTOPEN;
    file->pMethods = &methods;
    if (out)
        *out = flags;
    return SQLITE_OK;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
    (void)vfs, (void)sync;
    if (unlink(name) == 0)
        return SQLITE_OK;
    return errno == ENOENT ? SQLITE_IOERR_DELETE_NOENT : SQLITE_IOERR_DELETE;
}

static int vfs_access(sqlite3_vfs *vfs, const char *name, int flags, int *yes)
{
    struct stat st;

    (void)vfs;
    *yes = stat(name, &st) == 0 &&
           (flags != SQLITE_ACCESS_EXISTS || st.st_size > 0);
    return SQLITE_OK;
}

static int vfs_full_path(sqlite3_vfs *vfs, const char *name, int cap,
                         char *out)
{
    (void)vfs;
    sqlite3_snprintf(cap, out, "%s", name);
    return SQLITE_OK;
}

static int vfs_random(sqlite3_vfs *vfs, int len, char *out)
{
    (void)vfs;
    return getentropy(out, len < 256 ? (size_t)len : 256) ? 0 : len;
}

static int vfs_sleep(sqlite3_vfs *vfs, int us)
{
    (void)vfs;
    usleep((useconds_t)us);
    return us;
}

static int vfs_time(sqlite3_vfs *vfs, double *days)
{
    (void)vfs;
    *days = (double)time(NULL) / 86400.0 + 2440587.5;
    return SQLITE_OK;
}

int sqlite3_os_init(void)
{
    static sqlite3_vfs vfs = {
        .iVersion = 1,
        .szOsFile = sizeof(struct file),
        .mxPathname = 512,
        .zName = "wasi",
        .xOpen = vfs_open,
        .xDelete = vfs_delete,
        .xAccess = vfs_access,
        .xFullPathname = vfs_full_path,
        .xRandomness = vfs_random,
        .xSleep = vfs_sleep,
        .xCurrentTime = vfs_time,
    };

    return sqlite3_vfs_register(&vfs, 1);
}

int sqlite3_os_end(void)
{
    return SQLITE_OK;
}

/* ---- the program -------------------------------------------------------- */

static char *read_all(FILE *in)
{
    size_t len = 0, cap = 1 << 16, n;
    char *text = malloc(cap);

    while (text && (n = fread(text + len, 1, cap - len - 1, in)) > 0) {
        len += n;
        if (cap - len < 2)
            text = realloc(text, cap *= 2);
    }
    if (text)
        text[len] = 0;
    return text;
}

static int print_row(void *unused, int n, char **values, char **names)
{
    int i;

    (void)unused, (void)names;
    for (i = 0; i < n; i++)
        printf("%s%s", i ? "|" : "", values[i] ? values[i] : "NULL");
    putchar('\n');
    return 0;
}

int main(int argc, char **argv)
{
    char *sql = read_all(stdin), *message = NULL;
    sqlite3 *db = NULL;

    if (!sql || sqlite3_open(argc > 1 ? argv[1] : ":memory:", &db)) {
        fprintf(stderr, "%s\n", db ? sqlite3_errmsg(db) : "no memory");
        return 2;
    }
    if (sqlite3_exec(db, sql, print_row, NULL, &message)) {
        fflush(stdout);
        fprintf(stderr, "%s\n", message);
        return 1;
    }
    return sqlite3_close(db) == SQLITE_OK ? 0 : 3;
}

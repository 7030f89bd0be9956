/* key.c - the key of compiled code: the user's own file, or one that is
 * named.
 * It must not know what the key is used for.
 */
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEY_NEW = 32, KEY_MIN = 16, KEY_MAX = 1024 };

/* --key-file; NULL: the user's own. */
static const char *chosen;

const char *key_set_file(void *into, const char *value)
{
    (void)into;
    if (!*value)
        return "needs a file name";
    chosen = value;
    return NULL;
}

/* ---- folders of the user ---------------------------------------------- */

bool user_path(const char *variable, const char *in_home, const char *name,
               struct text *out)
{
    const char *base = getenv(variable), *home = getenv("HOME");

    if (base && *base == '/') /* a relative one is to be ignored */
        text_printf(out, "%s/lodge/%s", base, name);
    else if (home && *home == '/')
        text_printf(out, "%s/%s/lodge/%s", home, in_home, name);
    else
        return false;
    return true;
}

static bool make_folders(char *path)
{
    char *at;

    for (at = path + 1; (at = strchr(at, '/')) != NULL; at++) {
        *at = '\0';
        if (mkdir(path, 0700) != 0 && errno != EEXIST) {
            fail("%s: %s", path, strerror(errno));
            return false;
        }
        *at = '/';
    }
    return true;
}

/* ---- reading ---------------------------------------------------------- */

/* The reason why this file must not be a key, or NULL. */
static const char *unfit(const struct stat *info)
{
    if (!S_ISREG(info->st_mode))
        return "is not a regular file";
    if (info->st_uid != geteuid())
        return "belongs to another user";
    if (info->st_mode & (S_IRWXG | S_IRWXO))
        return "can be used by others: chmod 600 it, if nobody has read it";
    if (info->st_size < KEY_MIN || info->st_size > KEY_MAX)
        return "does not have 16 to 1024 bytes, as a key has";
    return NULL;
}

static bool take(int fd, const char *path, struct text *out)
{
    struct stat info;
    const char *why;
    ssize_t n;

    if (fstat(fd, &info) != 0) {
        fail("%s: %s", path, strerror(errno));
        return false;
    }
    why = unfit(&info);
    if (why) {
        fail("key file %s: %s", path, why);
        return false;
    }
    text_reserve(out, KEY_MAX);
    n = read(fd, out->ptr, KEY_MAX);
    out->len = n > 0 ? (size_t)n : 0;
    if (n == info.st_size)
        return true;
    fail("key file %s: cannot be read", path);
    return false;
}

/* ---- making ----------------------------------------------------------- */

static bool fill(int fd)
{
    unsigned char key[KEY_NEW];
    int source = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
    bool good = source >= 0 && read(source, key, sizeof key) == sizeof key &&
                write(fd, key, sizeof key) == sizeof key && fsync(fd) == 0;

    if (source >= 0)
        close(source);
    return good;
}

/* A new key, whole from the first moment: written beside, then linked, which
 * leaves a key alone that somebody else has made meanwhile.
 */
static bool make(const char *path)
{
    struct text beside = {0};
    bool good = false;
    int fd;

    text_printf(&beside, "%s.%ld", path, (long)getpid());
    if (!make_folders(beside.ptr))
        goto out;
    fd = open(beside.ptr, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    good = fd >= 0 && fill(fd) &&
           (link(beside.ptr, path) == 0 || errno == EEXIST);
    if (!good)
        fail("key file %s: cannot be made: %s", path, strerror(errno));
    if (fd >= 0) {
        close(fd);
        unlink(beside.ptr);
    }
out:
    text_free(&beside);
    return good;
}

static bool open_own(const char *path, bool may_make, struct text *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    bool good;

    if (fd < 0 && errno == ENOENT && may_make && make(path))
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    else if (fd < 0 && (errno != ENOENT || !may_make)) {
        fail("key file %s: %s", path, strerror(errno));
        if (chosen)
            hint("make one: (umask 077; head -c 32 /dev/urandom > %s)", path);
        else
            hint("`lodge compile` makes it; code from elsewhere needs "
                 "--key-file");
    }
    if (fd < 0)
        return false;
    good = take(fd, path, out);
    close(fd);
    return good;
}

bool key_open(bool may_make, struct text *out)
{
    struct text path = {0};
    bool good;

    if (chosen)
        return open_own(chosen, false, out);
    good = user_path("XDG_CONFIG_HOME", ".config", "key", &path);
    if (!good)
        fail("no key: HOME is not set, and there is no --key-file");
    good = good && open_own(path.ptr, may_make, out);
    text_free(&path);
    return good;
}

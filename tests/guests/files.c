/* files.c - works in the folder of its first argument through libc, and
 * tells each step that went wrong by its exit code.
 */
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char text[4096];
static const char *in(const char *folder, const char *name)
{
    static char paths[4][512];
    static int next;
    char *path = paths[next++ % 4];

    snprintf(path, 512, "%s/%s", folder, name);
    return path;
}

static int entries(const char *folder)
{
    DIR *dir = opendir(folder);
    int n = 0;

    while (dir && readdir(dir))
        n++;
    if (dir)
        closedir(dir);
    return n;
}

int main(int argc, char **argv)
{
    const char *at = argc > 1 ? argv[1] : ".";
    struct stat st;
    FILE *f;

    if (mkdir(in(at, "sub"), 0777) != 0)
        return 1;
    f = fopen(in(at, "sub/a"), "w+");
    if (!f || fputs("hello, file", f) < 0 || fseek(f, 7, SEEK_SET) != 0)
        return 2;
    if (!fgets(text, sizeof text, f) || strcmp(text, "file") != 0)
        return 3;
    if (fclose(f) != 0 || rename(in(at, "sub/a"), in(at, "sub/b")) != 0)
        return 4;
    if (stat(in(at, "sub/b"), &st) != 0 || st.st_size != 11)
        return 5;
    if (truncate(in(at, "sub/b"), 5) != 0)
        return 6;
    if (entries(in(at, "sub")) != 3) /* ., .. and b */
        return 7;
    if (stat(in(at, "sub/a"), &st) == 0)
        return 8;
    if (rmdir(in(at, "sub")) == 0)
        return 9;
    printf("done\n");
    return 0;
}

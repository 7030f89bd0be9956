/* support_calm.c - a moment in which a sanitizer can bear a fork.
 *
 * The sanitizers' allocators take no care of fork: a child that was made
 * while another thread allocated waits in them for ever.
 */
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lodge_test.h"

/* Whether /proc/self/task/TASK/stat says that it sleeps. */
static int sleeps(const char *task)
{
    char path[64], line[128] = "";
    const char *state;
    FILE *file;

    snprintf(path, sizeof path, "/proc/self/task/%.16s/stat", task);
    file = fopen(path, "r");
    if (!file)
        return 1; /* it has gone */
    if (!fgets(line, sizeof line, file))
        line[0] = 0;
    fclose(file);
    state = strrchr(line, ')');
    return !state || state[1] != ' ' || state[2] == 'S';
}

/* Threads that run or could run; one of them asks. */
static int awake(void)
{
    DIR *dir = opendir("/proc/self/task");
    struct dirent *task;
    int count = 0;

    while (dir && (task = readdir(dir)))
        count += task->d_name[0] != '.' && !sleeps(task->d_name);
    if (dir)
        closedir(dir);
    return count;
}

/* Until the threads of the compiler are asleep: three looks in a row, since
 * one may be just on its way from sleep to sleep.
 */
void calm_before_fork(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    const struct timespec nap = {0, 10000000};
    int calm = 0, patience = 3000;

    while (calm < 3 && patience--) {
        nanosleep(&nap, NULL);
        calm = awake() <= 1 ? calm + 1 : 0;
    }
#else
    (void)awake;
#endif
    fflush(NULL);
}

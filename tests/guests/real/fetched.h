/* fetched.h - real guests, which tests/guests/fetch brings.
 */
#ifndef LODGE_FETCHED_H
#define LODGE_FETCHED_H

#include "lodge_test.h"

/* The path of a guest; 0 if it is not there, and the reason was printed. */
static inline int fetched(const char *name, char *path, int size)
{
    char command[256];
    FILE *fetch;
    size_t n;

    snprintf(command, sizeof command, "tests/guests/fetch %s", name);
    fetch = popen(command, "r");
    if (!fetch || !fgets(path, size, fetch))
        path[0] = 0;
    n = strcspn(path, "\n");
    path[n] = 0;
    return fetch && pclose(fetch) == 0 && n;
}

#endif

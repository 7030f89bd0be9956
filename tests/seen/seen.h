/* seen.h - which function of lodge.h returned which status, in all tests.
 *
 * Test programs are linked so that every call of a public function passes a
 * function of seen_wraps.c, which tools/seen.py makes from api/lodge.json.
 */
#ifndef LODGE_SEEN_H
#define LODGE_SEEN_H

#include <stdint.h>

/* Notes that the function with this number returned this status. */
int32_t seen(uint32_t op, int32_t status);
/* The same for lodge_do, which was to reach the function with this number. */
int32_t seen_do(uint64_t op, int32_t status);

/* A function of lodge.h, and the statuses that its comment lists. */
struct seen_function {
    const char *name;
    uint32_t op;
    int32_t returns_status; /* 0: something else, or nothing */
    int32_t errors[32];     /* ends with 0 */
};
extern const struct seen_function seen_functions[];
extern const uint32_t seen_function_count;

/* By name; NULL if there is none. */
const struct seen_function *seen_function_named(const char *name);
int seen_documents(const struct seen_function *fn, int32_t status);

#endif

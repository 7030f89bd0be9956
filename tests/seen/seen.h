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
/* 1: that function returns a status, 0: it does not, -1: there is none, or it
 * is lodge_do. In seen_wraps.c.
 */
int seen_kind(uint64_t op);

#endif

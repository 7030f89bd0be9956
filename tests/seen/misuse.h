/* misuse.h - the mistakes that can be made with a parameter, as
 * tools/misuse_cases.py lists them for each function of api/lodge.json.
 */
#ifndef LODGE_MISUSE_H
#define LODGE_MISUSE_H

#include <stdint.h>

#include <lodge.h>

#define MISUSES(X)                                                            \
    X(ZERO, "handle 0")                                                       \
    X(ALL_ONES, "handle of all ones")                                         \
    X(RANDOM, "random handle")                                                \
    X(STALE, "stale handle")                                                  \
    X(WRONG_KIND, "handle of another kind")                                   \
    X(OTHER_STORE, "handle of another store")                                 \
    X(OTHER_ENGINE, "handle of another engine")                               \
    X(CLOSED_ELSEWHERE, "closed by another thread")                           \
    X(CLOSED_MEANWHILE, "closed by another thread meanwhile")                 \
    X(NULL, "pointer NULL")                                                   \
    X(NULL_EMPTY, "pointer NULL, length 0")                                   \
    X(UNALIGNED, "pointer unaligned (core/pointer.h)")                                       \
    X(ODD_BYTES, "bytes at an odd address")                                   \
    X(OVERLAPPING, "pointers overlapping")                                    \
    X(NOT_UTF8, "text not UTF-8")                                             \
    X(LEN_ZERO, "length 0")                                                   \
    X(SHORT, "length short")                                                  \
    X(TEXT_SHORT, "buffer short by a byte")                                   \
    X(HUGE, "length huge")                                                    \
    X(HUGE_32, "length huge (32 bits)")                                       \
    X(NUMBER, "extreme number")                                               \
    X(NUMBER_32, "extreme number (32 bits)")

enum {
#define MISUSE(name, words) MISUSE_##name,
    MISUSES(MISUSE)
#undef MISUSE
        MISUSE_COUNT
};

/* What is expected besides a status. */
enum {
    MISUSE_GOOD = 100, /* no mistake here: as the good call */
    MISUSE_TOLD = 101  /* good, or a failure that the function documents */
};

struct misuse_case {
    const char *function;
    uint8_t word;   /* which argument, from 1 */
    uint8_t misuse; /* MISUSE_* */
    uint8_t about;  /* a LODGE_KIND_*, or another argument: the length that
                       belongs to a pointer, or what it overlaps with */
    int8_t expected;
};

extern const struct misuse_case misuse_cases[];
extern const uint32_t misuse_case_count;
/* By kind: the number of the function that closes one, 0 if there is none. */
extern const uint32_t misuse_closes[256];

#endif

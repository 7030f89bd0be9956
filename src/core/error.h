/* error.h - writes the caller's error record.
 * It must not know where the record lives or who reads it. */
#ifndef LODGE_CORE_ERROR_H
#define LODGE_CORE_ERROR_H

#include <stddef.h>
#include <stdint.h>

#include "lodge.h"

/* All three set the status, clear what an older failure left (trap -1, exit
 * code, payload, report and detail 0) and write the message into the space
 * the head announces: cut between characters, NUL behind it, message_len the
 * full length. A NULL record, or one without a valid head, is left alone.
 * `head` and `flags` belong to the caller. Each returns `st`. */

/* For mistakes of the caller: every one passes here, so that one breakpoint
 * finds them all. The arguments must not point into the record. */
lodge_status error_refuse(lodge_error *err, lodge_status st, const char *fmt,
                          ...)
    __attribute__((format(printf, 3, 4), cold, noinline));

/* For every other failure. `msg` needs no NUL and may lie in the record. */
lodge_status error_set(lodge_error *err, lodge_status st, const char *msg,
                       size_t len) __attribute__((cold));

lodge_status error_memory(lodge_error *err) __attribute__((cold));

/* Whether a message would be seen at all: saves making one. */
int error_wanted(const lodge_error *err);

/* Writes text of unknown origin, in quotes, so that it can stand in a
 * message: control and direction characters and invalid bytes escaped, and
 * if it does not fit, cut and ended with an ellipsis. Always one NUL, for
 * any cap > 0; 80 bytes suit most names. */
void error_quote(char *buf, size_t cap, const void *ptr, size_t len);

#endif

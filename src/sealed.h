/* sealed.h - sealed code, for the rooms that keep it. */
#ifndef LODGE_SEALED_H
#define LODGE_SEALED_H

#include "rooms.h"

/* What an engine compiles for, and under which key. */
struct sealed_ask {
    struct lodge_wt_ask wt;
    struct textbuf settings; /* owned */
};

/* Whether these bytes may be a key. */
lodge_status sealed_key_check(const uint8_t *key, uint64_t len,
                              lodge_error *err);
/* The engine and the key must stay until sealed_ask_end; {0} can be ended. */
lodge_status sealed_ask(struct sealed_ask *ask, const struct engine *eng,
                        const uint8_t *key, size_t key_len, lodge_error *err);
void sealed_ask_end(struct sealed_ask *ask);

/* A module as sealed code; the bytes are freed with alloc_free. */
lodge_status sealed_write(const struct sealed_ask *ask,
                          const struct module *mod, uint8_t **out, size_t *len,
                          lodge_error *err);
/* Sealed code in memory that nobody can change, into a fresh record. Why it
 * was refused is in *reason: LODGE_SEALED_*, or 0 if that was not it.
 */
lodge_status sealed_read(const struct sealed_ask *ask, const uint8_t *ptr,
                         size_t len, struct module *mod, uint32_t *reason,
                         lodge_error *err);

#endif

/* shared_bytes.h - bytes that other threads read and write meanwhile.
 * It must not know whose they are.
 *
 * Every byte of shared memory is read or written by an atomic access, most of
 * them eight at a time. So there is no data race, and who looks sees of each
 * byte an old or a new value; of several bytes some may be old, some new.
 */
#ifndef LODGE_CORE_SHARED_BYTES_H
#define LODGE_CORE_SHARED_BYTES_H

#include <stdint.h>

/* From shared memory to the caller's own, and back. */
void shared_bytes_get(uint8_t *dst, const uint8_t *shared, uint64_t len);
void shared_bytes_put(uint8_t *shared, const uint8_t *src, uint64_t len);
void shared_bytes_fill(uint8_t *shared, uint8_t byte, uint64_t len);
/* Between shared memories, which may overlap. */
void shared_bytes_move(uint8_t *dst, const uint8_t *src, uint64_t len);
/* The first such byte's offset; `len` if there is none. */
uint64_t shared_bytes_find(const uint8_t *shared, uint8_t byte, uint64_t len);

#endif

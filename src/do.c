/* do.c - every function by its number.
 * It must not know what any of them does.
 */
#include "rooms.h"

lodge_status lodge_do(uint64_t *frame)
{
    if (!ptr_to_u64(frame))
        return LODGE_E_ARGUMENT;
    switch (frame[0]) {
#include "do_table.h"
    default:
        return LODGE_E_NOT_FOUND;
    }
}

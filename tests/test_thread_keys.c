/* test_thread_keys.c - a process whose thread keys were used up when it made
 * its first object can do all but hold stores.
 */
#include <limits.h>
#include <pthread.h>

#include "lodge_test.h"

static void without_thread_keys_stores_are_not_held(void **s)
{
    lodge_engine engine;
    lodge_store store;
    pthread_key_t keys[PTHREAD_KEYS_MAX];
    uint64_t value;
    int n = 0;

    (void)s;
    while (n < PTHREAD_KEYS_MAX && pthread_key_create(&keys[n], NULL) == 0)
        n++;
    engine = new_engine();
    while (n > 0)
        pthread_key_delete(keys[--n]); /* others need some */
    store = new_store(engine);
    SAYS(LIMIT, "no thread key", lodge_store_hold(store, ERR));
    OK(lodge_store_get(store, LODGE_STORE_CALLS, &value, ERR));
    lodge_store_close(store);
    lodge_engine_close(engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_thread_keys_stores_are_not_held),
    };

    return RUN(tests);
}

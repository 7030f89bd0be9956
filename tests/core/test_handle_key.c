/* test_handle_key.c - a promise about a process without free thread keys. */
#include <limits.h>

#include "core/handle.h"
#include "core_test.h"

#define STORE HANDLE_STORE_KIND

static void without_a_thread_key_only_holding_fails(void **state)
{
    lodge_error err = LODGE_ERROR_INIT;
    pthread_key_t keys[PTHREAD_KEYS_MAX];
    uint64_t id = 0;
    void *obj;
    int n = 0;

    UNUSED(state);
    while (n < PTHREAD_KEYS_MAX && pthread_key_create(&keys[n], NULL) == 0)
        n++;
    assert_int_equal(handle_new(STORE, &n, NULL, NULL, &id, NULL), LODGE_OK);
    while (n > 0)
        pthread_key_delete(keys[--n]);

    assert_int_equal(handle_hold(id, &err), LODGE_E_LIMIT);
    assert_string_equal(err.message, "the process has no thread key left");
    assert_int_equal(handle_enter(id, &obj, NULL), LODGE_OK);
    handle_leave(id);
    handle_close(id, STORE);
    assert_int_equal(handle_live(0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        promise(without_a_thread_key_only_holding_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

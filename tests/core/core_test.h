/* core_test.h - what every test of the core starts with. */
#ifndef LODGE_CORE_TEST_H
#define LODGE_CORE_TEST_H

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/alloc.h"
#include "core/error.h"
#include "lodge.h"

#define UNUSED(name) (void)(name)

/* Runs `fn` on a thread of its own and waits for its end. */
static inline void on_a_thread(void *(*fn)(void *), void *arg)
{
    pthread_t thread;

    assert_int_equal(pthread_create(&thread, NULL, fn, arg), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

static inline int nothing_is_left(void **state)
{
    UNUSED(state);
    alloc_fail_at(0, 0);
    return alloc_live_count() != 0 || alloc_live_bytes() != 0;
}

#define promise(name) cmocka_unit_test_teardown(name, nothing_is_left)

#endif

/* test_link_sizes.c - memories and tables fit imports by their size of now. */
#include "store_fixture.h"

static const char maker_text[] =
    "(module"
    " (memory (export \"memory\") 1 4)"
    " (table (export \"table\") 1 funcref)"
    " (func (export \"grow\")"
    "  (drop (memory.grow (i32.const 1)))"
    "  (drop (table.grow (ref.null func) (i32.const 1)))))";
static const char user_text[] = "(module"
                                " (memory (import \"m\" \"memory\") 2)"
                                " (table (import \"m\" \"table\") 2 funcref)"
                                " (func (export \"sizes\") (result i32)"
                                "  (i32.add (memory.size) (table.size))))";

static lodge_linker linker;
static lodge_module user;

/* A linker that defines both as they are at first; perhaps they grow then. */
static void define(int grow)
{
    lodge_instance maker = guest(maker_text);

    linker = new_linker(engine);
    user = new_module(engine, user_text);
    OK(lodge_linker_add_instance(linker, TEXT("m"), maker, ERR));
    if (grow)
        call1(maker, "grow", 0);
}

static uint32_t missing(void)
{
    uint32_t count = UINT32_MAX;
    char text[512];
    uint64_t len;

    OK(lodge_linker_missing(linker, user, text, sizeof text, &len, &count,
                            ERR));
    return count;
}

static void too_small_is_refused(void **state)
{
    lodge_instance instance;
    lodge_prepared prepared;

    (void)state;
    define(0);
    assert_int_equal(missing(), 2);
    SAYS(LINK, "expected memory 2, found memory 1 4",
         lodge_instance_new(linker, store, user, &instance, ERR));
    FAILS(LINK, lodge_linker_prepare(linker, user, &prepared, ERR));
}

static void what_has_grown_since_fits(void **state)
{
    lodge_instance instance;

    (void)state;
    define(1);
    assert_int_equal(missing(), 0);
    OK(lodge_instance_new(linker, store, user, &instance, ERR));
    assert_int_equal(call1(instance, "sizes", 0), 4);
}

static void what_has_grown_since_fits_a_prepared_module(void **state)
{
    lodge_prepared prepared;
    lodge_instance instance;

    (void)state;
    define(1);
    OK(lodge_linker_prepare(linker, user, &prepared, ERR));
    OK(lodge_prepared_instance(prepared, store, &instance, ERR));
    assert_int_equal(call1(instance, "sizes", 0), 4);
}

/* The second look changes nothing in the linker itself. */
static void a_linker_stays_as_it_was(void **state)
{
    lodge_instance instance, again = guest(maker_text);

    (void)state;
    define(1);
    OK(lodge_instance_new(linker, store, user, &instance, ERR));
    FAILS(LINK, lodge_linker_add_instance(linker, TEXT("m"), again, ERR));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(too_small_is_refused),
        STORE_TEST(what_has_grown_since_fits),
        STORE_TEST(what_has_grown_since_fits_a_prepared_module),
        STORE_TEST(a_linker_stays_as_it_was),
    };

    return RUN(tests);
}

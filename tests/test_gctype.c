/* test_gctype.c - promises of the types that modules define. */
#include "gc_fixture.h"
#include "zoo.h"

static uint32_t number(lodge_module module, uint32_t index)
{
    uint32_t type = 0;

    OK(lodge_module_type(module, index, &type, ERR));
    return type;
}

static uint64_t about(uint32_t type, uint32_t key)
{
    uint64_t value = 42;

    OK(lodge_type_get(engine, type, key, &value, ERR));
    return value;
}

static uint32_t matches(uint32_t type, uint32_t other)
{
    uint32_t yes = 7;

    OK(lodge_type_matches(engine, type, other, &yes, ERR));
    return yes;
}

/* Reads the text of a type, in which %u is the number of another. */
static void reads(const char *type, const char *format, const char *other)
{
    char want[200];

    snprintf(want, sizeof want, format, other ? type_of(other) : 0);
    READS(want, lodge_type_text(engine, type_of(type), buf, cap, len, ERR));
}

/* ---- numbers ---------------------------------------------------------- */

static void equal_types_have_one_number(void **state)
{
    lodge_module one = new_module(
        engine, "(module (type (func)) (type (struct (field (mut i32))"
                " (field f64))))");
    lodge_module two = new_module(
        engine, "(module (type (struct (field (mut i32)) (field f64)))"
                " (type (struct (field i32) (field f64))))");

    (void)state;
    assert_true(number(one, 1) >= 256);
    assert_int_equal(number(one, 1), number(two, 0));
    assert_int_equal(number(one, 1), type_of("point"));
    assert_int_not_equal(number(two, 0), number(two, 1));
    assert_int_equal(number(one, 1), number(one, 1));
}

/* The same words in another group are another type. */
static void types_of_other_groups_are_others(void **state)
{
    lodge_module alone =
        new_module(engine, "(module (rec (type $l (struct (field i32)"
                           " (field (ref null $l))))))");
    lodge_module pair =
        new_module(engine, "(module (rec (type $l (struct (field i32)"
                           " (field (ref null $l)))) (type (struct))))");

    (void)state;
    assert_int_equal(number(alone, 0), type_of("list"));
    assert_int_not_equal(number(pair, 0), type_of("list"));
}

static void types_are_counted_and_listed(void **state)
{
    lodge_module plain = new_module(engine, "(module)");
    uint32_t count = 42, type = 42;

    (void)state;
    OK(lodge_module_type_count(gc_types, &count, ERR));
    assert_int_equal(count, 18);
    assert_int_equal(number(gc_types, 1), type_of("point"));
    assert_int_equal(number(gc_types, 17), type_of("fn"));
    SAYS(NOT_FOUND, "not below 18",
         lodge_module_type(gc_types, 18, &type, ERR));
    FAILS(NOT_FOUND, lodge_module_type(gc_types, UINT32_MAX, &type, ERR));
    FAILS(NOT_FOUND, lodge_module_type(plain, 0, &type, ERR));
    OK(lodge_module_type_count(plain, &count, ERR));
    assert_int_equal(count, 0);
    assert_int_equal(type, 42);
}

static void a_type_is_found_by_its_name(void **state)
{
    lodge_module plain = new_module(engine, "(module (type (struct)) (func))");
    uint32_t type = 42;

    (void)state;
    SAYS(NOT_FOUND, "\"nobody\"",
         lodge_module_type_find(gc_types, TEXT("nobody"), &type, ERR));
    FAILS(NOT_FOUND, lodge_module_type_find(gc_types, NULL, 0, &type, ERR));
    FAILS(NOT_FOUND, lodge_module_type_find(plain, TEXT("p"), &type, ERR));
    FAILS(ARGUMENT, lodge_module_type_find(gc_types, "\xFF", 1, &type, ERR));
    FAILS(ARGUMENT, lodge_module_type_find(gc_types, NULL, 4, &type, ERR));
    FAILS(ARGUMENT, lodge_module_type_find(gc_types, TEXT("list"), NULL, ERR));
    assert_int_equal(type, 42);
}

/* More than are looked up at once, and groups of many. */
static void thousands_of_types_have_numbers(void **state)
{
    enum { N = 9000 };
    char *text = malloc(N * 40), *at = text;
    lodge_module module;
    uint32_t i, type, last = 0;
    char want[80];

    (void)state;
    at += sprintf(at, "(module (rec");
    for (i = 0; i < N; i++)
        at +=
            sprintf(at, "(type (struct (field (ref null %u))))", (i + 1) % N);
    sprintf(at, "))");
    module = new_module(engine, text);
    free(text);
    for (i = 0; i < N; i += 999) {
        type = number(module, i);
        assert_int_not_equal(type, last);
        last = type;
    }
    snprintf(want, sizeof want, "(ref null %u)", number(module, 0));
    READS(want, lodge_type_field(engine, number(module, N - 1), 0, buf, cap,
                                 len, ERR));
}

static void a_number_is_known_as_long_as_what_told_it(void **state)
{
    lodge_module module =
        new_module(engine, "(module (type $q (struct (field i64) (field i64)"
                           " (field (ref null $q)))))");
    uint32_t type = number(module, 0);
    uint64_t value;

    (void)state;
    assert_int_equal(about(type, LODGE_DEF_FIELDS), 3);
    lodge_module_close(module);
    SAYS(NOT_FOUND, "was closed",
         lodge_type_get(engine, type, LODGE_DEF_FIELDS, &value, ERR));
    FAILS(NOT_FOUND, lodge_type_text(engine, type, NULL, 0, NULL, ERR));
}

/* A list's node mentions itself; nothing of it is left then. */
static void what_a_type_mentions_is_known_as_long(void **state)
{
    lodge_module module = new_module(
        engine, "(module (rec (type $a (struct (field (ref null $b))))"
                " (type $b (struct (field (ref null $a)) (field i64)))))");
    uint32_t a = number(module, 0), b = 0;
    char text[64];
    uint64_t len;

    (void)state;
    OK(lodge_type_field(engine, a, 0, text, sizeof text - 1, &len, ERR));
    text[len] = 0;
    assert_int_equal(sscanf(text, "(ref null %u)", &b), 1);
    assert_int_equal(about(b, LODGE_DEF_FIELDS), 2);
    OK(lodge_type_text(engine, b, text, sizeof text, &len, ERR));
    lodge_module_close(module);
    FAILS(NOT_FOUND, lodge_type_get(engine, b, 1, &len, ERR));
    FAILS(NOT_FOUND, lodge_type_get(engine, a, 1, &len, ERR));
}

static void a_store_keeps_the_types_that_it_told(void **state)
{
    lodge_instance in = guest("(module (type $q (struct (field f32)))"
                              " (func (export \"f\") (result (ref $q))"
                              "  (struct.new $q (f32.const 1))))");
    lodge_func fn = func_of(in, "f");
    uint64_t slot;
    uint32_t type = 0;

    (void)state;
    OK(lodge_func_call(fn, &slot, 1, ERR));
    OK(lodge_ref_exact_type((lodge_ref){slot}, &type, ERR));
    lodge_instance_close(in);
    READS("(struct (field f32))",
          lodge_type_text(engine, type, buf, cap, len, ERR));
    lodge_store_close(store);
    FAILS(NOT_FOUND, lodge_type_text(engine, type, NULL, 0, NULL, ERR));
}

static void numbers_of_another_engine_are_unknown(void **state)
{
    lodge_engine other = new_engine();
    lodge_store theirs = new_store(other);
    lodge_ref ref = {77};
    uint64_t value;

    (void)state;
    FAILS(NOT_FOUND, lodge_type_get(other, type_of("point"), 1, &value, ERR));
    FAILS(NOT_FOUND,
          lodge_ref_struct(theirs, type_of("point"), NULL, 0, &ref, ERR));
    assert_int_equal(ref.id, 77);
    lodge_engine_shutdown(other);
}

static void an_engine_without_typed_references_tells_no_types(void **state)
{
    lodge_engine plain =
        new_engine_with("gc=off,function-references=off,exceptions=off");
    lodge_module module = new_module(plain, "(module (type $f (func)))");
    uint32_t type = 42, count;

    (void)state;
    OK(lodge_module_type_count(module, &count, ERR));
    assert_int_equal(count, 1);
    FAILS(UNSUPPORTED, lodge_module_type(module, 0, &type, ERR));
    FAILS(UNSUPPORTED, lodge_module_type_find(module, TEXT("f"), &type, ERR));
    assert_int_equal(type, 42);
    lodge_engine_shutdown(plain);
}

/* Sealed code holds no binary, but what it said of types. */
static void loaded_code_has_the_same_types(void **state)
{
    static const uint8_t key[] = "sixteen bytes are";
    uint8_t *room = malloc(1 << 20);
    uint64_t len = 1 << 20;
    lodge_module loaded;
    uint32_t type = 0, count;

    (void)state;
    OK(lodge_module_save(gc_types, key, 17, room, len, &len, ERR));
    OK(lodge_module_load(engine, room, len, key, 17, &loaded, ERR));
    free(room);
    OK(lodge_module_type_count(loaded, &count, ERR));
    assert_int_equal(count, 18);
    OK(lodge_module_type_find(loaded, TEXT("point"), &type, ERR));
    assert_int_equal(type, type_of("point"));
    assert_int_equal(number(loaded, 0), type_of("list"));
}

/* ---- what they are ---------------------------------------------------- */

static void types_are_told_as_text(void **state)
{
    (void)state;
    reads("point", "(struct (field (mut i32)) (field f64))", NULL);
    reads("small", "(struct (field (mut i8)) (field i16) (field (mut i32)))",
          NULL);
    reads("list", "(struct (field i32) (field (ref null %u)))", "list");
    reads("strict", "(struct (field (ref %u)))", "point");
    reads("bytes", "(array (mut i8))", NULL);
    reads("fixed", "(array i32)", NULL);
    reads("points", "(array (mut (ref null %u)))", "point");
    reads("base", "(sub (struct (field i32)))", NULL);
    reads("derived", "(sub final %u (struct (field i32) (field i64)))",
          "base");
    reads("fn", "(func (param (ref null %u)) (result i32))", "point");
}

static void fields_are_told_as_text(void **state)
{
    static const char *const all[] = {
        "mut i32", "mut i64", "mut f32",       "mut f64",     "mut v128",
        "mut i8",  "mut i16", "mut externref", "mut funcref", "mut anyref"};
    uint32_t i;

    (void)state;
    for (i = 0; i < 10; i++)
        READS(all[i],
              lodge_type_field(engine, type_of("all"), i, buf, cap, len, ERR));
    READS("f64",
          lodge_type_field(engine, type_of("point"), 1, buf, cap, len, ERR));
    READS("mut i16",
          lodge_type_field(engine, type_of("shorts"), 0, buf, cap, len, ERR));
    SAYS(NOT_FOUND, "no field 2",
         lodge_type_field(engine, type_of("point"), 2, NULL, 0, NULL, ERR));
    FAILS(NOT_FOUND,
          lodge_type_field(engine, type_of("shorts"), 1, NULL, 0, NULL, ERR));
    FAILS(NOT_FOUND,
          lodge_type_field(engine, type_of("fn"), 0, NULL, 0, NULL, ERR));
}

static void facts_about_types_are_told(void **state)
{
    uint64_t value = 42;

    (void)state;
    assert_int_equal(about(type_of("point"), LODGE_DEF_KIND),
                     LODGE_TYPE_STRUCTREF);
    assert_int_equal(about(type_of("bytes"), LODGE_DEF_KIND),
                     LODGE_TYPE_ARRAYREF);
    assert_int_equal(about(type_of("fn"), LODGE_DEF_KIND), LODGE_TYPE_FUNCREF);
    assert_int_equal(about(type_of("all"), LODGE_DEF_FIELDS), 10);
    assert_int_equal(about(type_of("bytes"), LODGE_DEF_FIELDS), 1);
    assert_int_equal(about(type_of("fn"), LODGE_DEF_FIELDS), 0);
    assert_int_equal(about(type_of("derived"), LODGE_DEF_SUPER),
                     type_of("base"));
    assert_int_equal(about(type_of("base"), LODGE_DEF_SUPER), 0);
    assert_int_equal(about(type_of("base"), LODGE_DEF_OPEN), 1);
    assert_int_equal(about(type_of("derived"), LODGE_DEF_OPEN), 0);
    FAILS(ARGUMENT, lodge_type_get(engine, type_of("base"), 0, &value, ERR));
    FAILS(ARGUMENT, lodge_type_get(engine, type_of("base"), 5, &value, ERR));
    FAILS(ARGUMENT, lodge_type_get(engine, type_of("base"), 1, NULL, ERR));
    assert_int_equal(value, 42);
}

static void subtypes_match(void **state)
{
    uint32_t yes = 42;

    (void)state;
    assert_int_equal(matches(type_of("derived"), type_of("base")), 1);
    assert_int_equal(matches(type_of("base"), type_of("derived")), 0);
    assert_int_equal(matches(type_of("base"), type_of("base")), 1);
    assert_int_equal(matches(type_of("point"), LODGE_TYPE_STRUCTREF), 1);
    assert_int_equal(matches(type_of("point"), LODGE_TYPE_ANYREF), 1);
    assert_int_equal(matches(type_of("point"), LODGE_TYPE_ARRAYREF), 0);
    assert_int_equal(matches(type_of("fn"), LODGE_TYPE_FUNCREF), 1);
    assert_int_equal(matches(LODGE_TYPE_NULLREF, type_of("point")), 1);
    assert_int_equal(matches(LODGE_TYPE_I31REF, LODGE_TYPE_EQREF), 1);
    FAILS(ARGUMENT, lodge_type_matches(engine, LODGE_TYPE_I32,
                                       LODGE_TYPE_ANYREF, &yes, ERR));
    FAILS(ARGUMENT, lodge_type_matches(engine, LODGE_TYPE_ANYREF,
                                       LODGE_TYPE_REF, &yes, ERR));
    FAILS(ARGUMENT,
          lodge_type_matches(engine, 255, LODGE_TYPE_ANYREF, &yes, ERR));
    FAILS(NOT_FOUND, lodge_type_matches(engine, 0x7FFFFFFF, LODGE_TYPE_ANYREF,
                                        &yes, ERR));
    FAILS(ARGUMENT, lodge_type_matches(engine, 0x80000005u, LODGE_TYPE_ANYREF,
                                       &yes, ERR));
    FAILS(ARGUMENT, lodge_type_matches(engine, LODGE_TYPE_ANYREF,
                                       LODGE_TYPE_ANYREF, NULL, ERR));
    assert_int_equal(yes, 42);
}

static void a_function_tells_its_type(void **state)
{
    uint32_t type = 42;

    (void)state;
    OK(lodge_func_exact_type(func_of(gc, "x"), &type, ERR));
    assert_int_equal(type, type_of("fn"));
    FAILS(ARGUMENT, lodge_func_exact_type(func_of(gc, "x"), NULL, ERR));
}

/* ---- misuse ----------------------------------------------------------- */

static void module_refuses(lodge_module it)
{
    uint32_t out = 77;

    FAILS(HANDLE, lodge_module_type_count(it, &out, ERR));
    FAILS(HANDLE, lodge_module_type(it, 0, &out, ERR));
    FAILS(HANDLE, lodge_module_type_find(it, TEXT("a"), &out, ERR));
    assert_int_equal(out, 77);
}

static void engine_refuses(lodge_engine it)
{
    const uint32_t point = type_of("point");
    uint32_t yes = 77;
    uint64_t value = 77;

    FAILS(HANDLE, lodge_type_text(it, point, NULL, 0, NULL, ERR));
    FAILS(HANDLE, lodge_type_field(it, point, 0, NULL, 0, NULL, ERR));
    FAILS(HANDLE, lodge_type_get(it, point, 1, &value, ERR));
    FAILS(HANDLE, lodge_type_matches(it, point, point, &yes, ERR));
    assert_int_equal(yes + value, 2 * 77);
}

static void strangers_are_refused(void **state)
{
    static struct zoo zoo;
    uint32_t out = 77;

    (void)state;
    zoo_open(&zoo);
    FOR_STRANGERS(&zoo, LODGE_KIND_MODULE, lodge_module, it,
                  module_refuses(it));
    FOR_STRANGERS(&zoo, LODGE_KIND_ENGINE, lodge_engine, it,
                  engine_refuses(it));
    FOR_STRANGERS(&zoo, LODGE_KIND_FUNC, lodge_func, it,
                  FAILS(HANDLE, lodge_func_exact_type(it, &out, ERR)));
    FAILS(ARGUMENT, lodge_module_type_count(gc_types, NULL, ERR));
    FAILS(ARGUMENT, lodge_module_type(gc_types, 0, NULL, ERR));
    zoo_close(&zoo);
    assert_int_equal(out, 77);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        GC_TEST(equal_types_have_one_number),
        GC_TEST(types_of_other_groups_are_others),
        GC_TEST(types_are_counted_and_listed),
        GC_TEST(a_type_is_found_by_its_name),
        GC_TEST(thousands_of_types_have_numbers),
        GC_TEST(a_number_is_known_as_long_as_what_told_it),
        GC_TEST(what_a_type_mentions_is_known_as_long),
        GC_TEST(a_store_keeps_the_types_that_it_told),
        GC_TEST(numbers_of_another_engine_are_unknown),
        GC_TEST(an_engine_without_typed_references_tells_no_types),
        GC_TEST(loaded_code_has_the_same_types),
        GC_TEST(types_are_told_as_text),
        GC_TEST(fields_are_told_as_text),
        GC_TEST(facts_about_types_are_told),
        GC_TEST(subtypes_match),
        GC_TEST(a_function_tells_its_type),
        GC_TEST(strangers_are_refused),
    };

    return RUN(tests);
}

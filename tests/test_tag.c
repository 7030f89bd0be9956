/* test_tag.c - promises of tags. */
#include "store_fixture.h"
#include "zoo.h"

static lodge_tag new_tag(const char *type)
{
    lodge_tag tag;

    OK(lodge_tag_new(store, TEXT(type), &tag, ERR));
    return tag;
}

static void types_are_read_back(void **state)
{
    static const char *const types[] = {
        "",
        "i32",
        "i64 f32 f64",
        "v128 i32",
        "funcref externref",
        "anyref eqref i31ref structref arrayref exnref",
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof types / sizeof *types; i++) {
        lodge_tag tag = new_tag(types[i]);

        READS(types[i], lodge_tag_type(tag, buf, cap, len, ERR));
    }
}

static void every_new_tag_is_another(void **state)
{
    lodge_tag one = new_tag("i32"), two = new_tag("i32");
    uint64_t bytes;
    uint32_t kind;

    (void)state;
    assert_true(one.id != two.id);
    OK(lodge_handle_info(one.id, &kind, &bytes));
    assert_int_equal(kind, LODGE_KIND_TAG);
}

static void bad_types_are_refused(void **state)
{
    lodge_tag tag = {77};

    (void)state;
    SAYS(TYPE, "no results",
         lodge_tag_new(store, TEXT("i32 -> i32"), &tag, ERR));
    SAYS(UNSUPPORTED, "ref", lodge_tag_new(store, TEXT("ref"), &tag, ERR));
    SAYS(ARGUMENT, "expected a value type",
         lodge_tag_new(store, TEXT("i33"), &tag, ERR));
    FAILS(ARGUMENT, lodge_tag_new(store, NULL, 1, &tag, ERR));
    FAILS(ARGUMENT, lodge_tag_new(store, "\xff", 1, &tag, ERR));
    FAILS(ARGUMENT, lodge_tag_new(store, TEXT("i32"), NULL, ERR));
    assert_true(tag.id == 77);
}

static void a_tag_goes_in_and_comes_out_the_same(void **state)
{
    lodge_linker linker = new_linker(engine);
    lodge_tag tag = new_tag("i64"), found;
    const lodge_extern item = {LODGE_KIND_TAG, 0, tag.id};
    lodge_instance instance;
    lodge_extern other;

    (void)state;
    OK(lodge_linker_add(linker, TEXT("h"), TEXT("t"), &item, ERR));
    instance = instance_in_store(
        linker, "(module (import \"h\" \"t\" (tag $t (param i64)))"
                " (export \"again\" (tag $t)) (tag (export \"own\")))");
    OK(lodge_instance_tag(instance, TEXT("again"), &found, ERR));
    assert_true(found.id == tag.id);
    OK(lodge_instance_tag(instance, TEXT("own"), &found, ERR));
    assert_true(found.id != tag.id);
    OK(lodge_instance_export_at(instance, 1, &other, ERR));
    assert_int_equal(other.kind, LODGE_KIND_TAG);
    assert_true(found.id == other.id);
    READS("", lodge_tag_type(found, buf, cap, len, ERR));
}

static void a_tag_that_does_not_fit_is_named(void **state)
{
    lodge_linker linker = new_linker(engine);
    const lodge_extern item = {LODGE_KIND_TAG, 0, new_tag("i32").id};
    lodge_module module =
        new_module(engine, "(module (import \"h\" \"t\" (tag (param i64))))");
    lodge_instance instance;

    (void)state;
    OK(lodge_linker_add(linker, TEXT("h"), TEXT("t"), &item, ERR));
    SAYS(LINK, "expected tag i64, found tag i32",
         lodge_instance_new(linker, store, module, &instance, ERR));
}

static void exports_of_other_kinds_are_no_tags(void **state)
{
    lodge_instance instance =
        guest("(module (func (export \"f\")) (tag (export \"t\")))");
    lodge_tag tag = {77};
    lodge_func fn;

    (void)state;
    SAYS(TYPE, "is a func",
         lodge_instance_tag(instance, TEXT("f"), &tag, ERR));
    SAYS(NOT_FOUND, "\"g\"",
         lodge_instance_tag(instance, TEXT("g"), &tag, ERR));
    SAYS(TYPE, "is a tag", lodge_instance_func(instance, TEXT("t"), &fn, ERR));
    FAILS(ARGUMENT, lodge_instance_tag(instance, TEXT("t"), NULL, ERR));
    FAILS(ARGUMENT, lodge_instance_tag(instance, "\xff", 1, &tag, ERR));
    assert_true(tag.id == 77);
}

static void strangers_are_refused(void **state)
{
    static struct zoo zoo;
    lodge_tag tag = {77};
    uint64_t n = 77;
    char buf[8];

    (void)state;
    zoo_open(&zoo);
    FOR_STRANGERS(&zoo, LODGE_KIND_STORE, lodge_store, it,
                  FAILS(HANDLE, lodge_tag_new(it, TEXT("i32"), &tag, ERR)));
    FOR_STRANGERS(&zoo, LODGE_KIND_TAG, lodge_tag, it,
                  FAILS(HANDLE, lodge_tag_type(it, buf, 8, &n, ERR)));
    FOR_STRANGERS(&zoo, LODGE_KIND_INSTANCE, lodge_instance, it,
                  FAILS(HANDLE, lodge_instance_tag(it, TEXT("t"), &tag, ERR)));
    zoo_close(&zoo);
    FAILS(HANDLE, lodge_tag_type((lodge_tag){zoo.id[LODGE_KIND_TAG]}, buf, 8,
                                 &n, ERR));
    assert_true(tag.id == 77 && n == 77);
}

static void tags_need_no_exception_handling(void **state)
{
    lodge_engine plain = new_engine_with("exceptions=off");
    lodge_store other = new_store(plain);
    lodge_tag tag;

    (void)state;
    OK(lodge_tag_new(other, TEXT("i32"), &tag, ERR));
    READS("i32", lodge_tag_type(tag, buf, cap, len, ERR));
    lodge_engine_shutdown(plain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(types_are_read_back),
        STORE_TEST(every_new_tag_is_another),
        STORE_TEST(bad_types_are_refused),
        STORE_TEST(a_tag_goes_in_and_comes_out_the_same),
        STORE_TEST(a_tag_that_does_not_fit_is_named),
        STORE_TEST(exports_of_other_kinds_are_no_tags),
        STORE_TEST(strangers_are_refused),
        STORE_TEST(tags_need_no_exception_handling),
    };

    return RUN(tests);
}

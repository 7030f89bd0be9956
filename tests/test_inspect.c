/* test_inspect.c - the promises of inspection: imports, exports, custom
 * sections, names and needs of a module, as text.
 */
#include "lodge_test.h"

static lodge_engine all_features(void)
{
    return new_engine_with("custom-page-sizes=on");
}

/* READS for one text of an import or export. */
#define IMPORT(text, module, index, what)                                     \
    READS(text, lodge_module_import(module, index, LODGE_ITEM_##what, buf,    \
                                    cap, len, ERR))
#define EXPORT(text, module, index, what)                                     \
    READS(text, lodge_module_export(module, index, LODGE_ITEM_##what, buf,    \
                                    cap, len, ERR))

/* Opens "(module ...)" and hands it over with its engine. */
static lodge_module open_all(const char *text)
{
    lodge_engine engine = all_features();
    lodge_module module = new_module(engine, text);

    lodge_engine_close(engine);
    return module;
}

static uint64_t needs(lodge_module module, uint32_t key)
{
    uint64_t value = UINT64_MAX;

    OK(lodge_module_needs(module, key, &value, ERR));
    return value;
}

/* ---- counts ----------------------------------------------------------- */

static void an_empty_module_has_nothing(void **s)
{
    lodge_module module = open_all("(module)");
    uint32_t count = 7, key;

    (void)s;
    OK(lodge_module_import_count(module, &count, ERR));
    assert_int_equal(count, 0);
    OK(lodge_module_export_count(module, &count, ERR));
    assert_int_equal(count, 0);
    OK(lodge_module_section_count(module, &count, ERR));
    assert_int_equal(count, 0);
    READS("", lodge_module_name(module, buf, cap, len, ERR));
    READS("", lodge_module_producers(module, buf, cap, len, ERR));
    for (key = LODGE_NEEDS_MEMORIES; key <= LODGE_NEEDS_START; key++)
        assert_int_equal(needs(module, key), 0);
    lodge_module_close(module);
}

/* ---- imports and exports of every kind -------------------------------- */

static void imports_of_every_kind_are_described(void **s)
{
    static const char *const kinds[] = {"func", "memory", "table", "global",
                                        "tag"};
    static const char *const types[] = {"i32 i64 -> f32 f64", "1 16",
                                        "10 20 funcref", "mut i32", "i32 f64"};
    static const char *const names[] = {"f", "m", "t", "g", "x"};
    lodge_module module =
        open_all("(module (import \"env\" \"f\""
                 " (func (param i32 i64) (result f32 f64)))"
                 "(import \"env\" \"m\" (memory 1 16))"
                 "(import \"env\" \"t\" (table 10 20 funcref))"
                 "(import \"env\" \"g\" (global (mut i32)))"
                 "(import \"env\" \"x\" (tag (param i32 f64))))");
    uint32_t i, count;

    (void)s;
    OK(lodge_module_import_count(module, &count, ERR));
    assert_int_equal(count, 5);
    for (i = 0; i < 5; i++) {
        IMPORT("env", module, i, MODULE);
        IMPORT(names[i], module, i, NAME);
        IMPORT(kinds[i], module, i, KIND);
        IMPORT(types[i], module, i, TYPE);
    }
    lodge_module_close(module);
}

static void exports_of_every_kind_are_described(void **s)
{
    static const char *const kinds[] = {"func", "memory", "table", "global",
                                        "tag"};
    static const char *const types[] = {"v128 ->", "0", "0 externref", "f64",
                                        ""};
    lodge_module module = open_all(
        "(module (func (export \"f\") (param v128))"
        "(memory (export \"m\") 0) (table (export \"t\") 0 externref)"
        "(global (export \"g\") f64 (f64.const 0)) (tag (export \"x\")))");
    uint32_t i, count;

    (void)s;
    OK(lodge_module_export_count(module, &count, ERR));
    assert_int_equal(count, 5);
    for (i = 0; i < 5; i++) {
        EXPORT(kinds[i], module, i, KIND);
        EXPORT(types[i], module, i, TYPE);
    }
    EXPORT("f", module, 0, NAME);
    EXPORT("x", module, 4, NAME);
    lodge_module_close(module);
}

static void signatures_are_told_as_text(void **s)
{
    static const struct {
        const char *wat, *text;
    } sigs[] = {
        {"", "->"},
        {"(param i32)", "i32 ->"},
        {"(result i32)", "-> i32"},
        {"(param i32 i64 f32 f64 v128) (result v128 i32)",
         "i32 i64 f32 f64 v128 -> v128 i32"},
        {"(param funcref externref) (result funcref)",
         "funcref externref -> funcref"},
    };
    lodge_module module;
    char wat[160];
    size_t i;

    (void)s;
    for (i = 0; i < sizeof sigs / sizeof *sigs; i++) {
        snprintf(wat, sizeof wat, "(module (import \"\" \"\" (func %s)))",
                 sigs[i].wat);
        module = open_all(wat);
        IMPORT(sigs[i].text, module, 0, TYPE);
        IMPORT("", module, 0, NAME);
        IMPORT("", module, 0, MODULE);
        lodge_module_close(module);
    }
}

static void every_reference_type_has_its_word(void **s)
{
    static const char *const words[] = {
        "funcref", "externref",   "anyref",        "eqref",
        "i31ref",  "structref",   "arrayref",      "exnref",
        "nullref", "nullfuncref", "nullexternref", "nullexnref",
    };
    lodge_module module;
    char wat[128], text[64];
    size_t i;

    (void)s;
    for (i = 0; i < sizeof words / sizeof *words; i++) {
        snprintf(wat, sizeof wat,
                 "(module (import \"a\" \"b\" (func (param %s)))"
                 "(import \"a\" \"t\" (table 1 %s)))",
                 words[i], words[i]);
        module = open_all(wat);
        snprintf(text, sizeof text, "%s ->", words[i]);
        IMPORT(text, module, 0, TYPE);
        snprintf(text, sizeof text, "1 %s", words[i]);
        IMPORT(text, module, 1, TYPE);
        lodge_module_close(module);
    }
}

static void references_that_are_not_null_are_told(void **s)
{
    static const char *const types[] = {
        "(ref func)", "(ref extern)", "(ref any)",      "(ref eq)",
        "(ref i31)",  "(ref struct)", "(ref array)",    "(ref exn)",
        "(ref none)", "(ref nofunc)", "(ref noextern)", "(ref noexn)"};
    lodge_module module;
    char wat[200];
    size_t i;

    (void)s;
    for (i = 0; i < sizeof types / sizeof *types; i++) {
        snprintf(wat, sizeof wat, "(module (import \"a\" \"g\" (global %s)))",
                 types[i]);
        module = open_all(wat);
        IMPORT(types[i], module, 0, TYPE);
        IMPORT("global", module, 0, KIND);
        lodge_module_close(module);
    }
}

/* The text of an import of such a type, and the number that it should hold. */
static void types_of_a_module_are_told_by_number(void **s)
{
    static const char *const types[] = {"(ref null $s)", "(ref $a)",
                                        "(ref null $f)"};
    lodge_module module;
    char wat[200], want[40];
    uint32_t number, i;

    (void)s;
    for (i = 0; i < 3; i++) {
        snprintf(wat, sizeof wat,
                 "(module (type $s (struct (field i32)))"
                 "(type $a (array i8)) (type $f (func))"
                 "(import \"a\" \"g\" (global %s)))",
                 types[i]);
        module = open_all(wat);
        OK(lodge_module_type(module, i, &number, ERR));
        snprintf(want, sizeof want, "(ref %s%u)", i == 1 ? "" : "null ",
                 number);
        IMPORT(want, module, 0, TYPE);
        lodge_module_close(module);
    }
}

static void memories_are_told_with_all_their_words(void **s)
{
    static const char *const both[][2] = {
        {"1", "1"},
        {"0 0", "0 0"},
        {"1 65536", "1 65536"},
        {"i64 1", "1 i64"},
        {"i64 1 16", "1 16 i64"},
        {"1 16 (pagesize 1)", "1 16 page=1"},
        {"i64 5 (pagesize 1)", "5 i64 page=1"},
        {"1 (pagesize 65536)", "1"},
    };
    lodge_module module;
    char wat[128];
    size_t i;

    (void)s;
    for (i = 0; i < sizeof both / sizeof *both; i++) {
        snprintf(wat, sizeof wat, "(module (import \"e\" \"m\" (memory %s)))",
                 both[i][0]);
        module = open_all(wat);
        IMPORT(both[i][1], module, 0, TYPE);
        lodge_module_close(module);
    }
}

static void shared_memories_are_told_as_such(void **s)
{
    lodge_engine engine = new_engine_with("wasm-threads=on,shared-memory=on");
    lodge_module module =
        new_module(engine, "(module"
                           " (import \"e\" \"a\" (memory 1 16 shared))"
                           " (import \"e\" \"b\" (memory i64 1 16 shared)))");

    (void)s;
    IMPORT("1 16 shared", module, 0, TYPE);
    IMPORT("1 16 i64 shared", module, 1, TYPE);
    lodge_module_close(module);
    lodge_engine_close(engine);
}

static void tables_and_globals_are_told_with_all_their_words(void **s)
{
    lodge_module module =
        open_all("(module (import \"e\" \"a\" (table i64 1 2 externref))"
                 "(import \"e\" \"b\" (table i64 1 funcref))"
                 "(import \"e\" \"c\" (global v128))"
                 "(import \"e\" \"d\" (global (mut externref))))");

    (void)s;
    IMPORT("1 2 externref i64", module, 0, TYPE);
    IMPORT("1 funcref i64", module, 1, TYPE);
    IMPORT("v128", module, 2, TYPE);
    IMPORT("mut externref", module, 3, TYPE);
    lodge_module_close(module);
}

/* ---- names ------------------------------------------------------------ */

static void names_may_be_any_text(void **s)
{
    static const char nul[] = "a\0b", wide[] = "\xC3\xA9\xF0\x9F\xA6\x80";
    lodge_module module =
        open_all("(module (import \"\\00\" \"a\\00b\" (func $f))"
                 "(export \"\" (func $f)) (export \"a\\00b\" (func $f))"
                 "(export \"\\c3\\a9\\f0\\9f\\a6\\80\" (func $f))"
                 "(export \"\\0a\\1b[31m\" (func $f)))");

    (void)s;
    READS_BYTES(
        "\0", 1,
        lodge_module_import(module, 0, LODGE_ITEM_MODULE, buf, cap, len, ERR));
    READS_BYTES(
        nul, 3,
        lodge_module_import(module, 0, LODGE_ITEM_NAME, buf, cap, len, ERR));
    EXPORT("", module, 0, NAME);
    READS_BYTES(
        nul, 3,
        lodge_module_export(module, 1, LODGE_ITEM_NAME, buf, cap, len, ERR));
    EXPORT(wide, module, 2, NAME);
    EXPORT("\n\033[31m", module, 3, NAME);
    lodge_module_close(module);
}

static void exports_found_by_any_name(void **s)
{
    lodge_engine engine = all_features();
    lodge_instance instance = new_instance(
        engine, "(module (func $f (export \"\") (export \"a\\00b\")"
                " (export \"\\c3\\a9\")))");
    lodge_func first, fn;

    (void)s;
    OK(lodge_instance_func(instance, NULL, 0, &first, ERR));
    OK(lodge_instance_func(instance, "a\0b", 3, &fn, ERR));
    assert_true(fn.id == first.id);
    OK(lodge_instance_func(instance, "\xC3\xA9", 2, &fn, ERR));
    FAILS(NOT_FOUND, lodge_instance_func(instance, "a", 1, &fn, ERR));
    lodge_instance_close(instance);
    lodge_engine_close(engine);
}

static void a_thousand_exports_are_listed_and_found(void **s)
{
    enum { MANY = 1000 };
    static char wat[MANY * 40];
    lodge_engine engine = all_features();
    lodge_instance instance;
    lodge_module module;
    lodge_extern item;
    char name[16];
    uint32_t i, count, at = 0;

    (void)s;
    at += (uint32_t)sprintf(wat, "(module (func $f)");
    for (i = 0; i < MANY; i++)
        at += (uint32_t)sprintf(wat + at, "(export \"e%u\" (func $f))", i);
    sprintf(wat + at, ")");
    module = new_module(engine, wat);
    instance = new_instance(engine, wat);
    OK(lodge_module_export_count(module, &count, ERR));
    assert_int_equal(count, MANY);
    for (i = 0; i < MANY; i++) {
        sprintf(name, "e%u", i);
        EXPORT(name, module, i, NAME);
        OK(lodge_instance_export(instance, TEXT(name), &item, ERR));
        assert_int_equal(item.kind, LODGE_KIND_FUNC);
    }
    lodge_module_close(module);
    lodge_engine_shutdown(engine);
}

static void a_module_tells_its_name(void **s)
{
    lodge_module module = open_all("(module $lodge)");
    uint32_t count;

    (void)s;
    READS("lodge", lodge_module_name(module, buf, cap, len, ERR));
    OK(lodge_module_section_count(module, &count, ERR));
    assert_int_equal(count, 1); /* the name section itself */
    lodge_module_close(module);
}

/* ---- custom sections -------------------------------------------------- */

static void custom_sections_are_read_as_they_are(void **s)
{
    lodge_module module =
        open_all("(module (@custom \"first\" \"a\\00\\ffb\")"
                 "(@custom \"\" \"\") (@custom \"first\" \"again\")"
                 "(func))");
    uint32_t count;

    (void)s;
    OK(lodge_module_section_count(module, &count, ERR));
    assert_int_equal(count, 3);
    READS("first", lodge_module_section(module, 0, LODGE_ITEM_NAME, buf, cap,
                                        len, ERR));
    READS_BYTES(
        "a\0\xFF"
        "b",
        4,
        lodge_module_section(module, 0, LODGE_ITEM_DATA, buf, cap, len, ERR));
    READS("", lodge_module_section(module, 1, LODGE_ITEM_NAME, buf, cap, len,
                                   ERR));
    READS("", lodge_module_section(module, 1, LODGE_ITEM_DATA, buf, cap, len,
                                   ERR));
    READS("again", lodge_module_section(module, 2, LODGE_ITEM_DATA, buf, cap,
                                        len, ERR));
    lodge_module_close(module);
}

static void the_tools_that_made_a_module_are_told(void **s)
{
    lodge_module module =
        open_all("(module (@producers (language \"C11\" \"\")"
                 " (processed-by \"clang\" \"14.0.6\")))");

    (void)s;
    READS("language C11\nprocessed-by clang 14.0.6",
          lodge_module_producers(module, buf, cap, len, ERR));
    lodge_module_close(module);
}

/* A section that only looks like names or producers is just bytes. */
static void broken_well_known_sections_are_no_mistake(void **s)
{
    lodge_module module =
        open_all("(module (@custom \"name\" \"\\ff\\ff\\ff\\ff\\ff\\ff\")"
                 "(@custom \"producers\" \"\\ff\\ff\\ff\\ff\\7f\"))");
    uint32_t count;

    (void)s;
    OK(lodge_module_section_count(module, &count, ERR));
    assert_int_equal(count, 2);
    READS("", lodge_module_name(module, buf, cap, len, ERR));
    READS("", lodge_module_producers(module, buf, cap, len, ERR));
    lodge_module_close(module);
}

/* ---- needs ------------------------------------------------------------ */

static void a_module_tells_what_an_instance_needs(void **s)
{
    lodge_module module = open_all(
        "(module (import \"e\" \"m\" (memory 100))"
        "(import \"e\" \"t\" (table 100 funcref))"
        "(import \"e\" \"f\" (func)) (import \"e\" \"g\" (global i32))"
        "(memory 2 9) (memory i64 1) (memory 5 (pagesize 1))"
        "(table 3 funcref) (table 4 9 externref)"
        "(global i32 (i32.const 1)) (func) (func) (func $s) (start $s))");

    (void)s;
    assert_int_equal(needs(module, LODGE_NEEDS_MEMORIES), 3);
    assert_int_equal(needs(module, LODGE_NEEDS_TABLES), 2);
    assert_int_equal(needs(module, LODGE_NEEDS_MEMORY_BYTES), 3 * 65536 + 5);
    assert_int_equal(needs(module, LODGE_NEEDS_TABLE_ELEMENTS), 7);
    assert_int_equal(needs(module, LODGE_NEEDS_FUNCTIONS), 3);
    assert_int_equal(needs(module, LODGE_NEEDS_GLOBALS), 1);
    assert_int_equal(needs(module, LODGE_NEEDS_START), 1);
    lodge_module_close(module);
}

/* A limit checked against a sum that went round would let them pass. */
static void needs_beyond_64_bits_do_not_wrap_around(void **s)
{
    static const char *const guests[] = {
        "(module (memory i64 0x800000000000) (memory i64 0x800000000000))",
        "(module (memory i64 0x1000000000000))",
        "(module (table i64 0x8000000000000000 funcref)"
        "(table i64 0x8000000000000000 funcref))",
    };
    static const uint32_t keys[] = {LODGE_NEEDS_MEMORY_BYTES,
                                    LODGE_NEEDS_MEMORY_BYTES,
                                    LODGE_NEEDS_TABLE_ELEMENTS};
    lodge_engine engine = all_features();
    lodge_module module;
    uint64_t value;
    lodge_status st;
    int i;

    (void)s;
    for (i = 0; i < 3; i++) {
        st = lodge_module_open(engine, (const uint8_t *)guests[i],
                               strlen(guests[i]), &module, ERR);
        if (st == LODGE_E_COMPILE || st == LODGE_E_LIMIT)
            continue; /* refused altogether: fine */
        assert_int_equal(st, LODGE_OK);
        value = needs(module, keys[i]);
        lodge_module_close(module);
        if (value != UINT64_MAX)
            lodge_engine_close(engine);
        assert_true(value == UINT64_MAX);
    }
    lodge_engine_close(engine);
}

/* ---- refusals --------------------------------------------------------- */

static void an_index_out_of_range_is_not_found(void **s)
{
    lodge_module module =
        open_all("(module (import \"a\" \"b\" (func)) (@custom \"c\" \"\")"
                 "(memory (export \"d\") 1))");
    static const uint32_t bad[] = {1, 2, INT32_MAX, UINT32_MAX};
    uint64_t len = 7;
    size_t i;

    (void)s;
    for (i = 0; i < 4; i++) {
        SAYS(NOT_FOUND, "not below 1",
             lodge_module_import(module, bad[i], 1, NULL, 0, &len, ERR));
        SAYS(NOT_FOUND, "not below 1",
             lodge_module_export(module, bad[i], 1, NULL, 0, &len, ERR));
        SAYS(NOT_FOUND, "not below 1",
             lodge_module_section(module, bad[i], 1, NULL, 0, &len, ERR));
    }
    assert_int_equal(len, 7);
    lodge_module_close(module);
}

static void a_question_that_cannot_be_asked_is_refused(void **s)
{
    lodge_module module =
        open_all("(module (import \"a\" \"b\" (func)) (@custom \"c\" \"\")"
                 "(memory (export \"d\") 1))");
    uint64_t len = 7, value = 7;
    uint32_t i;

    (void)s;
    for (i = 0; i < 70; i++) {
        if (i > LODGE_ITEM_TYPE)
            SAYS(ARGUMENT, "what",
                 lodge_module_import(module, 0, i, NULL, 0, &len, ERR));
        if (i == LODGE_ITEM_MODULE || i > LODGE_ITEM_TYPE)
            FAILS(ARGUMENT,
                  lodge_module_export(module, 0, i, NULL, 0, &len, ERR));
        if (i != LODGE_ITEM_NAME && i != LODGE_ITEM_DATA)
            FAILS(ARGUMENT,
                  lodge_module_section(module, 0, i, NULL, 0, &len, ERR));
        if (i < LODGE_NEEDS_MEMORIES || i > LODGE_NEEDS_START)
            SAYS(NOT_FOUND, "need",
                 lodge_module_needs(module, i, &value, ERR));
    }
    FAILS(ARGUMENT,
          lodge_module_import(module, 0, UINT32_MAX, NULL, 0, &len, ERR));
    FAILS(NOT_FOUND, lodge_module_needs(module, UINT32_MAX, &value, ERR));
    assert_int_equal(len, 7);
    assert_int_equal(value, 7);
    lodge_module_close(module);
}

static void outputs_that_are_null_are_refused(void **s)
{
    lodge_module module = open_all("(module)");

    (void)s;
    SAYS(ARGUMENT, "count", lodge_module_import_count(module, NULL, ERR));
    SAYS(ARGUMENT, "count", lodge_module_export_count(module, NULL, ERR));
    SAYS(ARGUMENT, "count", lodge_module_section_count(module, NULL, ERR));
    SAYS(ARGUMENT, "value", lodge_module_needs(module, 1, NULL, ERR));
    SAYS(ARGUMENT, "NULL", lodge_module_name(module, NULL, 1, NULL, ERR));
    SAYS(ARGUMENT, "NULL", lodge_module_producers(module, NULL, 1, NULL, ERR));
    FAILS(ARGUMENT, lodge_module_needs(module, 1, NULL, NULL));
    lodge_module_close(module);
}

static void check_refused(lodge_module module, const char *why)
{
    uint64_t len = 7, value = 7;
    uint32_t count = 7;
    char buf[8] = "same";

    SAYS(HANDLE, why, lodge_module_import_count(module, &count, ERR));
    SAYS(HANDLE, why, lodge_module_export_count(module, &count, ERR));
    SAYS(HANDLE, why, lodge_module_section_count(module, &count, ERR));
    SAYS(HANDLE, why, lodge_module_import(module, 0, 1, buf, 8, &len, ERR));
    SAYS(HANDLE, why, lodge_module_export(module, 0, 1, buf, 8, &len, ERR));
    SAYS(HANDLE, why, lodge_module_section(module, 0, 1, buf, 8, &len, ERR));
    SAYS(HANDLE, why, lodge_module_name(module, buf, 8, &len, ERR));
    SAYS(HANDLE, why, lodge_module_producers(module, buf, 8, &len, ERR));
    SAYS(HANDLE, why, lodge_module_needs(module, 1, &value, ERR));
    FAILS(HANDLE, lodge_module_name(module, buf, 8, &len, NULL));
    assert_int_equal(count, 7);
    assert_int_equal(len, 7);
    assert_int_equal(value, 7);
    assert_string_equal(buf, "same");
}

static void what_is_not_a_module_is_refused(void **s)
{
    lodge_engine engine = new_engine();
    lodge_module module = new_module(engine, "(module)");
    lodge_store store = new_store(engine);

    (void)s;
    FOR_BAD_IDS(lodge_module, bad, check_refused(bad, "handle"));
    check_refused((lodge_module){engine.id}, "names an engine, a module");
    check_refused((lodge_module){store.id}, "names a store, a module");
    check_refused((lodge_module){module.id | 1}, "inside a module");
    lodge_module_close(module);
    check_refused(module, "handle is stale: the module was closed");
    lodge_engine_shutdown(engine);
}

static void a_module_is_inspected_after_its_engine_has_gone(void **s)
{
    lodge_engine engine = new_engine();
    lodge_module module =
        new_module(engine, "(module (memory (export \"m\") 1))");

    (void)s;
    lodge_engine_close(engine);
    EXPORT("m", module, 0, NAME);
    assert_int_equal(needs(module, LODGE_NEEDS_MEMORIES), 1);
    lodge_module_close(module);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_empty_module_has_nothing),
        TEST(imports_of_every_kind_are_described),
        TEST(exports_of_every_kind_are_described),
        TEST(signatures_are_told_as_text),
        TEST(every_reference_type_has_its_word),
        TEST(references_that_are_not_null_are_told),
        TEST(types_of_a_module_are_told_by_number),
        TEST(memories_are_told_with_all_their_words),
        TEST(shared_memories_are_told_as_such),
        TEST(tables_and_globals_are_told_with_all_their_words),
        TEST(names_may_be_any_text),
        TEST(exports_found_by_any_name),
        TEST(a_thousand_exports_are_listed_and_found),
        TEST(a_module_tells_its_name),
        TEST(custom_sections_are_read_as_they_are),
        TEST(the_tools_that_made_a_module_are_told),
        TEST(broken_well_known_sections_are_no_mistake),
        TEST(a_module_tells_what_an_instance_needs),
        TEST(needs_beyond_64_bits_do_not_wrap_around),
        TEST(an_index_out_of_range_is_not_found),
        TEST(a_question_that_cannot_be_asked_is_refused),
        TEST(outputs_that_are_null_are_refused),
        TEST(what_is_not_a_module_is_refused),
        TEST(a_module_is_inspected_after_its_engine_has_gone),
    };

    return RUN(tests);
}

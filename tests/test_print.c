/* test_print.c - the promises of lodge_binary_to_text: what it prints means
 * what the module means, and no module makes it crash or go on for ever.
 */
#include <pthread.h>

#include "lodge_test.h"

/* A text that grows. */
struct chars {
    char *ptr;
    uint64_t len;
};

static struct chars binary_of(const char *text)
{
    struct chars out = {0};

    FAILS(BUFFER, lodge_text_to_binary(TEXT(text), NULL, 0, &out.len, ERR));
    out.ptr = malloc(out.len);
    OK(lodge_text_to_binary(TEXT(text), (uint8_t *)out.ptr, out.len, &out.len,
                            ERR));
    return out;
}

static lodge_status print(struct chars in, uint32_t flags, char *buf,
                          uint64_t cap, uint64_t *len)
{
    return lodge_binary_to_text((uint8_t *)in.ptr, in.len, flags, buf, cap,
                                len, ERR);
}

static struct chars text_of(struct chars binary, uint32_t flags)
{
    struct chars out = {0};

    FAILS(BUFFER, print(binary, flags, NULL, 0, &out.len));
    out.ptr = malloc(out.len + 1);
    OK(print(binary, flags, out.ptr, out.len, &out.len));
    out.ptr[out.len] = '\0';
    return out;
}

/* What is printed of a module that is given as text. */
static char *printed(const char *text, uint32_t flags)
{
    struct chars binary = binary_of(text), out = text_of(binary, flags);

    free(binary.ptr);
    return out.ptr;
}

#define HOLDS(text, part)                                                     \
    do {                                                                      \
        if (!strstr((text), (part)))                                          \
            fail_msg("\"%s\" lacks \"%s\"", (text), (part));                  \
    } while (0)
#define LACKS(text, part) assert_null(strstr((text), (part)))

/* ---- binaries by hand ---------------------------------------------------- */

/* Bytes that are put together; never more than `cap`. */
struct wasm {
    uint8_t *ptr;
    size_t len, cap;
};

static void put(struct wasm *w, const void *ptr, size_t len)
{
    if (w->len + len > w->cap) {
        w->cap = (w->len + len) * 2;
        w->ptr = realloc(w->ptr, w->cap);
    }
    if (len)
        memcpy(w->ptr + w->len, ptr, len);
    w->len += len;
}

static void put_leb(struct wasm *w, uint64_t n)
{
    uint8_t byte;

    do {
        byte = (uint8_t)(n & 0x7F);
        n >>= 7;
        byte |= n ? 0x80 : 0;
        put(w, &byte, 1);
    } while (n);
}

static void put_section(struct wasm *w, uint8_t id, struct wasm *body)
{
    put(w, &id, 1);
    put_leb(w, body->len);
    put(w, body->ptr, body->len);
    body->len = 0;
}

#define PUT(w, text) put((w), (text), sizeof(text) - 1)

static void begin(struct wasm *w, struct wasm *body)
{
    PUT(w, "\0asm\1\0\0\0");
    PUT(body, "\1\x60\0\0"); /* one type: no parameters, no results */
    put_section(w, 1, body);
}

static struct chars chars(const struct wasm *w)
{
    return (struct chars){(char *)w->ptr, w->len};
}

static void drop(struct wasm *w, struct wasm *body)
{
    free(w->ptr);
    free(body->ptr);
}

/* ---- what it prints ------------------------------------------------------ */

static void a_module_is_printed_with_its_names(void **s)
{
    char *text = printed("(module $m (func $add (export \"add\")"
                         " (param $a i32) (result i32)"
                         " local.get $a i32.const 1 i32.add))",
                         0);

    (void)s;
    HOLDS(text, "(module $m");
    HOLDS(text, "(func $add ");
    HOLDS(text, "local.get $a");
    HOLDS(text, "(export \"add\"");
    free(text);
}

static void the_text_comes_by_the_rules_of_buffers(void **s)
{
    struct chars binary = binary_of("(module)");

    (void)s;
    READS("(module)\n", lodge_binary_to_text((uint8_t *)binary.ptr, binary.len,
                                             0, buf, cap, len, ERR));
    free(binary.ptr);
}

static void offsets_stand_before_the_lines_they_belong_to(void **s)
{
    char *text = printed("(module (func nop))", LODGE_TEXT_OFFSETS);

    (void)s;
    HOLDS(text, "(;@"); /* header 8, type 6, function 4, code: the body */
    HOLDS(text, "(;@17    ;)");
    free(text);
    text = printed("(module (func nop))", 0);
    LACKS(text, "(;@");
    free(text);
}

static void what_has_no_name_gets_one_on_request(void **s)
{
    const char *module = "(module (global i32 (i32.const 1))"
                         " (func (result i32) global.get 0))";
    char *text = printed(module, LODGE_TEXT_NAMES);

    (void)s;
    HOLDS(text, "$#func0");
    HOLDS(text, "global.get $#global0");
    free(text);
    text = printed(module, 0);
    LACKS(text, "$#");
    free(text);
}

static void a_skeleton_has_no_bodies(void **s)
{
    const char *module = "(module (memory 1) (data (i32.const 0) \"secret\")"
                         " (func (export \"f\") (drop (i32.const 77))))";
    char *text = printed(module, LODGE_TEXT_SKELETON);

    (void)s;
    HOLDS(text, "(export \"f\"");
    LACKS(text, "77");
    LACKS(text, "secret");
    free(text);
}

/* ---- there and back ------------------------------------------------------ */

/* The text of a module gives, translated, the same text again, and then the
 * same bytes.
 */
static void check_round(const char *source)
{
    struct chars first = binary_of(source);
    struct chars text = text_of(first, 0);
    struct chars second = binary_of(text.ptr);
    struct chars again = text_of(second, 0);
    struct chars third = binary_of(again.ptr);

    assert_string_equal(text.ptr, again.ptr);
    assert_int_equal(second.len, third.len);
    assert_memory_equal(second.ptr, third.ptr, second.len);
    free(first.ptr);
    free(text.ptr);
    free(second.ptr);
    free(again.ptr);
    free(third.ptr);
}

static const char *const zoo[] = {
    "(module)",
    "(module $name (import \"m\" \"f\" (func $f (param i32) (result i64)))"
    " (start $s) (func $s (drop (call $f (i32.const 1)))))",
    "(module (memory 1 2) (memory i64 3) (memory 1 (pagesize 1))"
    " (memory 1 4 shared) (data (i32.const 0) \"\\00\\ff\\\"\\\\\"))",
    "(module (table 1 10 funcref) (table $t i64 0 externref)"
    " (elem (i32.const 0) func $f) (func $f))",
    "(module (rec (type $a (sub (struct (field $x (mut i8)))))"
    "  (type $b (sub $a (struct (field (mut i8)) (field (ref $a))))))"
    " (type $c (array (mut (ref null $b))))"
    " (func (param (ref null $c)) (result (ref null $b))"
    "  (array.get $c (local.get 0) (i32.const 0))))",
    "(module (tag $e (param i32)) (func (result i32)"
    " (block $h (result i32) (try_table (catch $e $h)"
    "  (throw $e (i32.const 3))) (i32.const 4))))",
    "(module (func (param i32) (result i32)"
    " (block $a (block $b (br_table $a $b $a (local.get 0))))"
    " (loop $l (br_if $l (i32.const 0))) (i32.const 0)))",
    "(module (func (result v128) (i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12"
    " 13 14 15 (v128.const i64x2 1 2) (v128.const f64x2 nan:0x123 -0))))",
    "(module (func (result f32 f64) (f32.const nan:0x200001)"
    " (f64.const 0x1.fffffffffffffp+1023)))",
    "(module (global $\"a b\\00c\" (mut i64) (i64.const -1))"
    " (export \"\\u{202e}\\u{0}\\u{1f600}\" (global $\"a b\\00c\")))",
    "(module (@custom \"x\" (after func) \"\\00\\01\") (func))",
    "(module (@producers (processed-by \"me\" \"1\")))",
    "(module (func $f (param $p i32) (local $l i64) (return_call $f"
    " (local.get $p))))",
};
enum { ZOO = sizeof zoo / sizeof *zoo };

static void modules_of_all_kinds_come_back_as_they_were(void **s)
{
    size_t i;

    (void)s;
    for (i = 0; i < ZOO; i++)
        check_round(zoo[i]);
}

static void offsets_change_nothing_of_the_module(void **s)
{
    size_t i;

    (void)s;
    for (i = 0; i < ZOO; i++) {
        char *plain = printed(zoo[i], 0);
        char *text = printed(zoo[i], LODGE_TEXT_OFFSETS);
        struct chars one = binary_of(plain), other = binary_of(text);

        assert_int_equal(one.len, other.len);
        assert_memory_equal(one.ptr, other.ptr, one.len);
        free(plain);
        free(text);
        free(one.ptr);
        free(other.ptr);
    }
}

static void text_with_made_up_names_is_good_text(void **s)
{
    size_t i;

    (void)s;
    for (i = 0; i < ZOO; i++) {
        char *text = printed(zoo[i], LODGE_TEXT_NAMES);
        struct chars back = binary_of(text);

        assert_true(back.len > 0);
        free(text);
        free(back.ptr);
    }
}

static void what_came_back_runs_the_same(void **s)
{
    char *text = printed("(module (func (export \"f\") (param i64)"
                         " (result i64) (i64.mul (local.get 0)"
                         " (i64.const 7))))",
                         LODGE_TEXT_NAMES);
    lodge_engine engine = new_engine();
    lodge_instance instance = new_instance(engine, text);
    uint64_t slot = 6;

    (void)s;
    OK(lodge_func_call(func_of(instance, "f"), &slot, 1, ERR));
    assert_int_equal(slot, 42);
    lodge_instance_close(instance);
    lodge_engine_close(engine);
    free(text);
}

/* ---- names that are no identifiers --------------------------------------- */

static void names_that_are_used_twice_or_are_empty_stay_apart(void **s)
{
    struct wasm w = {0}, body = {0};
    struct chars text, back;

    (void)s;
    begin(&w, &body);
    PUT(&body, "\3\0\0\0");
    put_section(&w, 3, &body);
    PUT(&body, "\3\2\0\x0b\2\0\x0b\2\0\x0b");
    put_section(&w, 10, &body);
    /* Functions 0 and 1 are both "x", 2 has the empty name. */
    PUT(&body, "\4name\1\x09\3\0\1x\1\1x\2\0");
    put_section(&w, 0, &body);
    text = text_of(chars(&w), 0);
    HOLDS(text.ptr, "(func $x ");
    HOLDS(text.ptr, "(func $\"#func1 x\" (@name \"x\")");
    HOLDS(text.ptr, "(@name \"\")");
    back = binary_of(text.ptr);
    free(back.ptr);
    free(text.ptr);
    drop(&w, &body);
}

/* ---- refusals ------------------------------------------------------------ */

static void arguments_are_checked(void **s)
{
    static const uint8_t good[] = "\0asm\1\0\0\0";
    uint64_t len = 7;

    (void)s;
    SAYS(ARGUMENT, "ptr",
         lodge_binary_to_text(NULL, 8, 0, NULL, 0, &len, ERR));
    SAYS(ARGUMENT, "ptr",
         lodge_binary_to_text(good, UINT64_MAX, 0, NULL, 0, &len, ERR));
    SAYS(ARGUMENT, "flags",
         lodge_binary_to_text(good, 8, 8, NULL, 0, &len, ERR));
    SAYS(ARGUMENT, "flags",
         lodge_binary_to_text(good, 8, UINT32_MAX, NULL, 0, &len, ERR));
    assert_int_equal(len, 7);
    SAYS(ARGUMENT, "NULL",
         lodge_binary_to_text(good, 8, 0, NULL, 5, NULL, ERR));
    FAILS(ARGUMENT, lodge_binary_to_text(NULL, 8, 0, NULL, 0, NULL, NULL));
}

static void what_is_no_binary_is_refused_by_its_first_byte(void **s)
{
    static const char *const wrong[] = {"(module)",
                                        "\x7f"
                                        "ELF",
                                        " ", "a"};
    size_t i;

    (void)s;
    for (i = 0; i < 4; i++)
        SAYS(COMPILE, "not a binary module",
             lodge_binary_to_text((const uint8_t *)wrong[i], strlen(wrong[i]),
                                  0, NULL, 0, NULL, ERR));
    SAYS(COMPILE, "not a binary module",
         lodge_binary_to_text(NULL, 0, 0, NULL, 0, NULL, ERR));
}

static void malformed_modules_are_told_with_their_place(void **s)
{
    static const uint8_t bad[] = "\0asm\1\0\0\0\1\5\1\x60\1\x55\0";
    static const uint8_t version[] = "\0asm\2\0\0\0";
    uint64_t len = 7;

    (void)s;
    SAYS(COMPILE, "offset",
         lodge_binary_to_text(bad, sizeof bad - 1, 0, NULL, 0, &len, ERR));
    assert_in_range(test_err.detail, 13, 14);
    SAYS(COMPILE, "version",
         lodge_binary_to_text(version, 8, 0, NULL, 0, &len, ERR));
    assert_int_equal(test_err.detail, 4);
    assert_int_equal(len, 7);
}

static void a_component_is_refused(void **s)
{
    (void)s;
    FAILS(COMPILE, lodge_binary_to_text((const uint8_t *)"\0asm\x0d\0\1\0", 8,
                                        0, NULL, 0, NULL, ERR));
}

static void bodies_without_functions_are_refused(void **s)
{
    struct wasm w = {0}, body = {0};

    (void)s;
    begin(&w, &body);
    PUT(&body, "\1\2\0\x0b");
    put_section(&w, 10, &body);
    SAYS(COMPILE, "code section", print(chars(&w), 0, NULL, 0, NULL));
    drop(&w, &body);
}

/* A status, and with COMPILE a message, for whatever bytes. */
static void try_bytes(const uint8_t *ptr, size_t len, uint32_t flags)
{
    lodge_status st =
        lodge_binary_to_text(ptr, len, flags, NULL, 0, NULL, ERR);

    if (st != LODGE_E_BUFFER && st != LODGE_E_COMPILE)
        fail_msg("%d: %s", st, test_err.message);
}

static void a_module_that_ends_early_is_malformed(void **s)
{
    size_t i, n;

    (void)s;
    for (i = 0; i < ZOO; i++) {
        struct chars binary = binary_of(zoo[i]);

        for (n = 0; n < binary.len; n++)
            try_bytes((uint8_t *)binary.ptr, n, 0);
        free(binary.ptr);
    }
}

static void no_flipped_bit_does_harm(void **s)
{
    size_t i, n, bit;

    (void)s;
    for (i = 0; i < ZOO; i++) {
        struct chars binary = binary_of(zoo[i]);

        for (n = 0; n < binary.len; n++) {
            for (bit = 0; bit < 8; bit++) {
                binary.ptr[n] ^= (char)(1 << bit);
                try_bytes((uint8_t *)binary.ptr, binary.len,
                          (uint32_t)(n % 8));
                binary.ptr[n] ^= (char)(1 << bit);
            }
        }
        free(binary.ptr);
    }
}

static void random_bytes_are_refused(void **s)
{
    uint8_t bytes[200] = "\0asm\1\0\0\0";
    uint32_t seed = 1, round, i;

    (void)s;
    for (round = 0; round < 2000; round++) {
        for (i = 8; i < sizeof bytes; i++) {
            seed = seed * 1664525 + 1013904223;
            bytes[i] = (uint8_t)(seed >> 24);
        }
        bytes[8] = (uint8_t)(round % 14), bytes[9] = (uint8_t)(round % 180);
        try_bytes(bytes, sizeof bytes, round % 8);
    }
}

/* ---- hostile sizes -------------------------------------------------------- */

/* A function whose body is `len` bytes. */
static void put_function(struct wasm *w, struct wasm *body, const void *code,
                         size_t len)
{
    struct wasm codes = {0};

    PUT(body, "\1\0");
    put_section(w, 3, body);
    put_leb(&codes, 1);
    put_leb(&codes, len + 1);
    PUT(&codes, "\0");
    put(&codes, code, len);
    put_section(w, 10, &codes);
    free(codes.ptr);
}

static void deep_nesting_is_printed(void **s)
{
    enum { DEPTH = 200000 };
    struct wasm w = {0}, body = {0}, code = {0};
    uint64_t len = 0;
    int i;

    (void)s;
    begin(&w, &body);
    for (i = 0; i < DEPTH; i++)
        PUT(&code, "\2\x40");
    for (i = 0; i <= DEPTH; i++)
        PUT(&code, "\x0b");
    put_function(&w, &body, code.ptr, code.len);
    FAILS(BUFFER, print(chars(&w), 0, NULL, 0, &len));
    assert_in_range(len, 2 * DEPTH * strlen("block"), 1 << 30);
    free(code.ptr);
    drop(&w, &body);
}

static void a_million_functions_are_printed(void **s)
{
    enum { MANY = 1000000 };
    struct wasm w = {0}, body = {0};
    uint64_t len = 0;
    int i;

    (void)s;
    begin(&w, &body);
    put_leb(&body, MANY);
    for (i = 0; i < MANY; i++)
        PUT(&body, "\0");
    put_section(&w, 3, &body);
    put_leb(&body, MANY);
    for (i = 0; i < MANY; i++)
        PUT(&body, "\2\0\x0b");
    put_section(&w, 10, &body);
    FAILS(BUFFER, print(chars(&w), 0, NULL, 0, &len));
    assert_in_range(len, MANY * strlen("(func)"), 1 << 30);
    drop(&w, &body);
}

/* 30,000 calls of a function with a name of 100,000 bytes: 3 GB of text. */
static void text_without_end_is_a_limit(void **s)
{
    enum { NAME = 100000, CALLS = 30000 };
    struct wasm w = {0}, body = {0}, code = {0};
    char *name = calloc(NAME, 1);
    uint64_t len = 7;
    int i;

    (void)s;
    memset(name, 'n', NAME);
    begin(&w, &body);
    for (i = 0; i < CALLS; i++)
        PUT(&code, "\x10\0");
    PUT(&code, "\x0b");
    put_function(&w, &body, code.ptr, code.len);
    PUT(&body, "\4name\1");
    put_leb(&body, NAME + 5);
    PUT(&body, "\1\0");
    put_leb(&body, NAME);
    put(&body, name, NAME);
    put_section(&w, 0, &body);
    SAYS(LIMIT, "1 GiB", print(chars(&w), 0, NULL, 0, &len));
    assert_int_equal(test_err.detail, LODGE_LIMIT_OTHER);
    assert_int_equal(len, 7);
    free(name);
    free(code.ptr);
    drop(&w, &body);
}

/* Each branch out of many named blocks is looked up among all their names. */
static void branches_out_of_many_named_blocks_are_a_limit(void **s)
{
    enum { DEPTH = 30000 };
    struct wasm w = {0}, body = {0}, code = {0}, names = {0};
    int i;

    (void)s;
    begin(&w, &body);
    for (i = 0; i < DEPTH; i++)
        PUT(&code, "\2\x40");
    for (i = 0; i < DEPTH; i++) {
        PUT(&code, "\x0c");
        put_leb(&code, DEPTH - 1);
    }
    for (i = 0; i <= DEPTH; i++)
        PUT(&code, "\x0b");
    put_function(&w, &body, code.ptr, code.len);
    PUT(&names, "\1\0"); /* one function, number 0 */
    put_leb(&names, DEPTH);
    for (i = 0; i < DEPTH; i++) {
        put_leb(&names, (uint64_t)i);
        PUT(&names, "\1l");
    }
    PUT(&body, "\4name\3");
    put_leb(&body, names.len);
    put(&body, names.ptr, names.len);
    put_section(&w, 0, &body);
    SAYS(LIMIT, "named blocks", print(chars(&w), 0, NULL, 0, NULL));
    free(code.ptr);
    free(names.ptr);
    drop(&w, &body);
}

/* ---- small stacks --------------------------------------------------------- */

static void *print_all(void *found)
{
    size_t i;

    for (i = 0; i < ZOO; i++) {
        char *text = printed(zoo[i], 0);

        *(int *)found += strncmp(text, "(module", 7) == 0;
        free(text);
    }
    return NULL;
}

static void a_thread_with_a_small_stack_can_print(void **s)
{
    pthread_attr_t attr;
    pthread_t thread;
    int found = 0;

    (void)s;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, 128 * 1024);
    assert_int_equal(pthread_create(&thread, &attr, print_all, &found), 0);
    pthread_join(thread, NULL);
    pthread_attr_destroy(&attr);
    assert_int_equal(found, ZOO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_module_is_printed_with_its_names),
        TEST(the_text_comes_by_the_rules_of_buffers),
        TEST(offsets_stand_before_the_lines_they_belong_to),
        TEST(what_has_no_name_gets_one_on_request),
        TEST(a_skeleton_has_no_bodies),
        TEST(modules_of_all_kinds_come_back_as_they_were),
        TEST(offsets_change_nothing_of_the_module),
        TEST(text_with_made_up_names_is_good_text),
        TEST(what_came_back_runs_the_same),
        TEST(names_that_are_used_twice_or_are_empty_stay_apart),
        TEST(arguments_are_checked),
        TEST(what_is_no_binary_is_refused_by_its_first_byte),
        TEST(malformed_modules_are_told_with_their_place),
        TEST(a_component_is_refused),
        TEST(bodies_without_functions_are_refused),
        TEST(a_module_that_ends_early_is_malformed),
        TEST(no_flipped_bit_does_harm),
        TEST(random_bytes_are_refused),
        TEST(deep_nesting_is_printed),
        TEST(a_million_functions_are_printed),
        TEST(text_without_end_is_a_limit),
        TEST(branches_out_of_many_named_blocks_are_a_limit),
        TEST(a_thread_with_a_small_stack_can_print),
    };
    return RUN(tests);
}

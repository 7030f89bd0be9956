/* test_core_dump.c - the promises of core dumps: what is in them, that Lodge
 * itself reads them, and that they stay within their limits.
 */
#include "zoo.h"

void lodge_test_panic_at(uint64_t k);

#define DUMPING "core-dump=on,custom-page-sizes=on"

static lodge_error failure = LODGE_ERROR_INIT;

/* Calls what fails, asking for a dump; its report. */
static lodge_report crash(lodge_instance in, const char *name,
                          lodge_status expected)
{
    uint64_t slots[2] = {0};

    failure.flags = LODGE_ERROR_CORE_DUMP;
    failure.report = 0;
    assert_int_equal(lodge_func_call(func_of(in, name), slots, 2, &failure),
                     expected);
    return (lodge_report){failure.report};
}

struct bytes {
    uint8_t *ptr;
    uint64_t len;
};

static struct bytes dump_of(lodge_report report)
{
    struct bytes out = {0};

    FAILS(BUFFER, lodge_report_core_dump(report, NULL, 0, &out.len, ERR));
    out.ptr = malloc(out.len);
    OK(lodge_report_core_dump(report, out.ptr, out.len, &out.len, ERR));
    return out;
}

/* The dump of a call that traps, read as a module. */
static lodge_module dump_module(lodge_engine engine, lodge_report report)
{
    struct bytes dump = dump_of(report);
    lodge_module module;

    OK(lodge_module_open(engine, dump.ptr, dump.len, &module, ERR));
    free(dump.ptr);
    lodge_report_close(report);
    return module;
}

static lodge_module crashed(lodge_engine engine, const char *text)
{
    lodge_instance in = new_instance(engine, text);
    lodge_module module =
        dump_module(engine, crash(in, "crash", LODGE_E_TRAP));

    lodge_instance_close(in);
    return module;
}

/* ---- reading sections ----------------------------------------------------- */

struct cursor {
    uint8_t bytes[4096];
    uint64_t len, at;
};

static void open_section(lodge_module module, const char *name,
                         struct cursor *c)
{
    char found[64];
    uint32_t i, n;
    uint64_t len;

    OK(lodge_module_section_count(module, &n, ERR));
    for (i = 0; i < n; i++) {
        OK(lodge_module_section(module, i, LODGE_ITEM_NAME, found,
                                sizeof found, &len, ERR));
        if (len == strlen(name) && memcmp(found, name, len) == 0)
            break;
    }
    if (i == n)
        fail_msg("no section %s", name);
    c->at = 0;
    OK(lodge_module_section(module, i, LODGE_ITEM_DATA, (char *)c->bytes,
                            sizeof c->bytes, &c->len, ERR));
}

static uint64_t number(struct cursor *c)
{
    uint64_t n = 0;
    int shift = 0;

    do {
        assert_true(c->at < c->len);
        n |= (uint64_t)(c->bytes[c->at] & 0x7F) << shift;
        shift += 7;
    } while (c->bytes[c->at++] & 0x80);
    return n;
}

static const char *name(struct cursor *c)
{
    static char text[256];
    uint64_t len = number(c);

    assert_true(len < sizeof text && c->at + len <= c->len);
    memcpy(text, c->bytes + c->at, len);
    text[len] = '\0';
    c->at += len;
    return text;
}

static uint8_t byte(struct cursor *c)
{
    assert_true(c->at < c->len);
    return c->bytes[c->at++];
}

/* A frame of "corestack": function and offset. */
static void read_frame(struct cursor *c, uint64_t *func, uint64_t *offset)
{
    assert_int_equal(byte(c), 0);
    number(c); /* instance */
    *func = number(c);
    *offset = number(c);
    assert_int_equal(number(c), 0); /* no locals are known */
    assert_int_equal(number(c), 0); /* and no operands */
}

/* ---- contents --------------------------------------------------------------- */

static const char guest[] =
    "(module $guest (memory (export \"memory\") 1)"
    " (global $g (export \"g\") (mut i32) (i32.const 5))"
    " (global i64 (i64.const -2))"
    " (data (i32.const 1000) \"before\")"
    " (func $inner (unreachable))"
    " (func $middle (drop (i32.const 1)) (call $inner))"
    " (func $crash (export \"crash\")"
    "  (global.set $g (i32.const 77))"
    "  (i32.store (i32.const 65532) (i32.const 0x01020304))"
    "  (call $middle)))";

static void a_dump_names_what_it_is_of(void **s)
{
    lodge_engine engine = new_engine_with(DUMPING);
    lodge_module module = crashed(engine, guest);
    struct cursor c;

    (void)s;
    open_section(module, "core", &c);
    assert_int_equal(byte(&c), 0);
    assert_string_equal(name(&c), "guest");
    assert_int_equal(c.at, c.len);
    open_section(module, "coremodules", &c);
    assert_int_equal(number(&c), 1);
    assert_int_equal(byte(&c), 0);
    assert_string_equal(name(&c), "guest");
    assert_int_equal(c.at, c.len);
    lodge_module_close(module);
    lodge_engine_close(engine);
}

static void its_instances_have_memories_and_globals(void **s)
{
    lodge_engine engine = new_engine_with(DUMPING);
    lodge_module module = crashed(engine, guest);
    struct cursor c;

    (void)s;
    open_section(module, "coreinstances", &c);
    assert_int_equal(number(&c), 1);
    assert_int_equal(byte(&c), 0);
    assert_int_equal(number(&c), 0); /* of module 0 */
    assert_int_equal(number(&c), 1); /* one memory: 0 */
    assert_int_equal(number(&c), 0);
    assert_int_equal(number(&c), 2); /* two globals: 0 and 1 */
    assert_int_equal(number(&c), 0);
    assert_int_equal(number(&c), 1);
    assert_int_equal(c.at, c.len);
    lodge_module_close(module);
    lodge_engine_close(engine);
}

static uint64_t report_number(lodge_report report, uint32_t i, uint32_t what)
{
    char text[32] = "";
    uint64_t len;

    OK(lodge_report_frame(report, i, what, text, 31, &len, ERR));
    return strtoull(text, NULL, 10);
}

static void its_stack_is_that_of_the_backtrace(void **s)
{
    lodge_engine engine = new_engine_with(DUMPING);
    lodge_instance in = new_instance(engine, guest);
    lodge_report report = crash(in, "crash", LODGE_E_TRAP);
    uint64_t funcs[3], offsets[3], func, offset;
    lodge_module module;
    struct cursor c;
    uint32_t i, n;

    (void)s;
    OK(lodge_report_frame_count(report, &n, ERR));
    assert_int_equal(n, 3);
    for (i = 0; i < 3; i++) {
        funcs[i] = report_number(report, i, LODGE_REPORT_FUNC_INDEX);
        offsets[i] = report_number(report, i, LODGE_REPORT_FUNC_OFFSET);
        assert_int_equal(funcs[i], i);
    }
    module = dump_module(engine, report);
    open_section(module, "corestack", &c);
    assert_int_equal(byte(&c), 0);
    assert_string_equal(name(&c), "main");
    assert_int_equal(number(&c), 3);
    for (i = 0; i < 3; i++) {
        read_frame(&c, &func, &offset);
        assert_int_equal(func, funcs[i]);
        assert_int_equal(offset, offsets[i]);
    }
    assert_int_equal(c.at, c.len);
    lodge_module_close(module);
    lodge_instance_close(in);
    lodge_engine_close(engine);
}

/* The text of a dump tells its memories, data and globals. */
static char *text_of(lodge_report report)
{
    struct bytes dump = dump_of(report);
    uint64_t len;
    char *text;

    FAILS(BUFFER,
          lodge_binary_to_text(dump.ptr, dump.len, 0, NULL, 0, &len, ERR));
    text = calloc(len + 1, 1);
    OK(lodge_binary_to_text(dump.ptr, dump.len, 0, text, len, &len, ERR));
    free(dump.ptr);
    lodge_report_close(report);
    return text;
}

static void check_holds(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("\"%s\" lacks \"%s\"", text, part);
}

/* What crash() leaves in the dump, as text; to be freed. */
static char *crash_text_with(const char *settings, const char *module,
                             lodge_status expected)
{
    lodge_engine engine = new_engine_with(settings);
    lodge_instance in = new_instance(engine, module);
    char *text = text_of(crash(in, "crash", expected));

    lodge_instance_close(in);
    lodge_engine_close(engine);
    return text;
}

static char *crash_text(const char *module, lodge_status expected)
{
    return crash_text_with(DUMPING, module, expected);
}

static void memory_and_globals_are_as_they_were_at_the_trap(void **s)
{
    char *text = crash_text(guest, LODGE_E_TRAP);

    (void)s;
    check_holds(text, "(memory (;0;) 1)");
    check_holds(text, "(data (;0;) (i32.const 1000) \"before\")");
    check_holds(text, "(i32.const 65532) \"\\04\\03\\02\\01\")");
    check_holds(text, "(global (;0;) (mut i32) i32.const 77)");
    check_holds(text, "(global (;1;) i64 i64.const -2)");
    free(text);
}

static void memories_of_all_kinds_are_told_as_they_are(void **s)
{
    char *text = crash_text_with(
        DUMPING ",wasm-threads=on,shared-memory=on",
        "(module (memory 1 2) (memory i64 1 7) (memory 5 9 (pagesize 1))"
        " (memory i64 4097 (pagesize 1)) (memory 1 2 shared)"
        " (data (memory 1) (i64.const 70) \"wide\")"
        " (data (memory 2) (i32.const 1) \"tiny\")"
        " (data (memory 3) (i64.const 4096) \"z\")"
        " (func (export \"crash\") unreachable))",
        LODGE_E_TRAP);

    (void)s;
    check_holds(text, "(memory (;0;) 1 2)");
    check_holds(text, "(memory (;1;) i64 1 7)");
    check_holds(text, "(memory (;2;) 5 9 (pagesize 0x1))");
    check_holds(text, "(memory (;3;) i64 4097 (pagesize 0x1))");
    check_holds(text, "(memory 1) (i64.const 70) \"wide\")");
    check_holds(text, "(memory 2) (i32.const 1) \"tiny\")");
    check_holds(text, "(memory 3) (i64.const 4096) \"z\")");
    assert_null(strstr(text, "shared"));
    free(text);
}

static void references_are_null(void **s)
{
    char *text = crash_text(
        "(module (type $s (struct)) (func $f)"
        " (global (mut (ref null $s)) (struct.new $s))"
        " (global funcref (ref.func $f)) (global externref (ref.null extern))"
        " (global v128 (v128.const i64x2 1 2)) (global f32 (f32.const nan))"
        " (elem declare func $f) (func (export \"crash\") unreachable))",
        LODGE_E_TRAP);

    (void)s;
    check_holds(text, "(mut anyref) ref.null any)");
    check_holds(text, "funcref ref.null func)");
    check_holds(text, "externref ref.null extern)");
    check_holds(text, "v128 v128.const");
    check_holds(text, "f32 f32.const nan");
    free(text);
}

static void a_memory_that_begins_and_ends_with_zeros_is_short(void **s)
{
    lodge_engine engine = new_engine_with(DUMPING);
    lodge_instance in = new_instance(
        engine, "(module (memory 1000) (data (i32.const 30000000) \"x\")"
                " (func (export \"crash\") unreachable))");
    struct bytes dump;
    lodge_report report = crash(in, "crash", LODGE_E_TRAP);

    (void)s;
    dump = dump_of(report); /* of 64 MB */
    assert_in_range(dump.len, 50, 500);
    free(dump.ptr);
    lodge_report_close(report);
    lodge_instance_close(in);
    lodge_engine_close(engine);
}

/* ---- what fails ---------------------------------------------------------------- */

static void every_failure_of_a_guest_gives_a_dump(void **s)
{
    static const struct {
        const char *body;
        lodge_status status;
    } ends[] = {
        {"unreachable", LODGE_E_TRAP},
        {"(drop (i32.div_s (i32.const 1) (i32.const 0)))", LODGE_E_TRAP},
        {"(drop (i32.load (i32.const -1)))", LODGE_E_TRAP},
        {"(throw $e)", LODGE_E_EXCEPTION},
        {"(call $f)", LODGE_E_STACK},
    };
    char text[300];
    size_t i;

    (void)s;
    for (i = 0; i < sizeof ends / sizeof *ends; i++) {
        char *dump;

        snprintf(text, sizeof text,
                 "(module $m (memory 1) (tag $e)"
                 " (func $f (export \"crash\") %s))",
                 ends[i].body);
        dump = crash_text(text, ends[i].status);
        check_holds(dump, "corestack");
        free(dump);
    }
}

static int32_t refuse(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    (void)token;
    (void)slots;
    return lodge_caller_fail(caller, 9, TEXT("no"));
}

static void a_failed_host_function_gives_the_guest_s_dump(void **s)
{
    lodge_engine engine = new_engine_with(DUMPING);
    lodge_linker linker = new_linker(engine);
    lodge_module module =
        new_module(engine, "(module (import \"h\" \"f\" (func $f)) (memory 1)"
                           " (data (i32.const 8) \"host\")"
                           " (func (export \"crash\") (call $f)))");
    lodge_instance in;
    char *text;

    (void)s;
    OK(lodge_linker_func(linker, TEXT("h"), TEXT("f"), TEXT("->"), refuse, 0,
                         ERR));
    OK(lodge_instance_new(linker, (lodge_store){0}, module, &in, ERR));
    text = text_of(crash(in, "crash", LODGE_E_HOST));
    assert_int_equal(failure.payload, 9);
    assert_string_equal(failure.message, "no");
    check_holds(text, "\"host\"");
    free(text);
    lodge_instance_close(in);
    lodge_module_close(module);
    lodge_linker_close(linker);
    lodge_engine_close(engine);
}

static int32_t leave(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    (void)token;
    (void)slots;
    return lodge_caller_exit(caller, 3);
}

static void a_guest_that_exits_gives_none(void **s)
{
    lodge_engine engine = new_engine_with(DUMPING);
    lodge_linker linker = new_linker(engine);
    lodge_module module =
        new_module(engine, "(module (import \"h\" \"f\" (func $f))"
                           " (func (export \"crash\") (call $f)))");
    lodge_report report;
    lodge_instance in;

    (void)s;
    OK(lodge_linker_func(linker, TEXT("h"), TEXT("f"), TEXT("->"), leave, 0,
                         ERR));
    OK(lodge_instance_new(linker, (lodge_store){0}, module, &in, ERR));
    report = crash(in, "crash", LODGE_E_EXIT);
    SAYS(NOT_FOUND, "by itself",
         lodge_report_core_dump(report, NULL, 0, NULL, ERR));
    lodge_report_close(report);
    lodge_instance_close(in);
    lodge_module_close(module);
    lodge_linker_close(linker);
    lodge_engine_close(engine);
}

static void a_start_function_that_traps_gives_one(void **s)
{
    lodge_engine engine = new_engine_with(DUMPING);
    lodge_linker linker = new_linker(engine);
    lodge_module module =
        new_module(engine, "(module (memory 1) (data (i32.const 3) \"start\")"
                           " (func $s unreachable) (start $s))");
    lodge_store store = new_store(engine);
    lodge_instance in;
    char *text;

    (void)s;
    failure.flags = LODGE_ERROR_CORE_DUMP;
    assert_int_equal(lodge_instance_new(linker, store, module, &in, &failure),
                     LODGE_E_TRAP);
    text = text_of((lodge_report){failure.report});
    check_holds(text, "\"start\"");
    free(text);
    lodge_store_close(store);
    lodge_module_close(module);
    lodge_linker_close(linker);
    lodge_engine_close(engine);
}

static void a_call_past_its_deadline_gives_one(void **s)
{
    lodge_engine engine = new_engine_with(DUMPING);
    lodge_instance in = new_instance(
        engine, "(module $m (memory 1) (func $spin (export \"crash\")"
                " (loop (br 0))))");
    lodge_store store;
    char *text;

    (void)s;
    OK(lodge_instance_store(in, &store, ERR));
    OK(lodge_store_set(store, LODGE_STORE_DEADLINE, 5000000, ERR));
    text = text_of(crash(in, "crash", LODGE_E_DEADLINE));
    check_holds(text, "corestack");
    free(text);
    lodge_instance_close(in);
    lodge_engine_close(engine);
}

enum { SLOTS = 4, RECORD = 32 };

/* A call that waits for the host and traps when it goes on. */
static void a_call_that_had_waited_gives_one(void **s)
{
    uint64_t frame[LODGE_FRAME_SLOTS + SLOTS + RECORD] = {0};
    lodge_error *err = (lodge_error *)&frame[LODGE_FRAME_SLOTS + SLOTS];
    lodge_engine engine = new_engine_with(DUMPING);
    lodge_linker linker = new_linker(engine);
    lodge_module module = new_module(
        engine, "(module (import \"h\" \"f\" (func $f)) (memory 1)"
                " (data (i32.const 8) \"waited\")"
                " (func (export \"crash\") (call $f) unreachable))");
    lodge_host host;
    lodge_instance in;
    uint32_t index;
    char *text;

    (void)s;
    OK(lodge_host_new(engine, TEXT("h"), &host, ERR));
    OK(lodge_host_func(host, TEXT("->"), LODGE_HOST_SUSPEND, 0, &index, ERR));
    OK(lodge_host_export(host, index, TEXT("f"), ERR));
    OK(lodge_linker_add_host(linker, host, ERR));
    OK(lodge_instance_new(linker, (lodge_store){0}, module, &in, ERR));
    OK(lodge_error_init(err, RECORD * 8));
    err->flags = LODGE_ERROR_CORE_DUMP;
    frame[LODGE_FRAME_FUNC] = func_of(in, "crash").id;
    frame[LODGE_FRAME_CAPACITY] = SLOTS;
    frame[LODGE_FRAME_ERROR] = (LODGE_FRAME_SLOTS + SLOTS) | (uint64_t)RECORD
                                                                 << 32;
    assert_int_equal(lodge_call(frame), LODGE_REQUEST);
    frame[LODGE_FRAME_STATUS] = 0;
    assert_int_equal(lodge_resume(frame), LODGE_E_TRAP);
    text = text_of((lodge_report){err->report});
    check_holds(text, "\"waited\"");
    free(text);
    lodge_instance_close(in);
    lodge_module_close(module);
    lodge_host_close(host);
    lodge_linker_close(linker);
    lodge_engine_close(engine);
}

static void a_store_of_several_instances_is_dumped_whole(void **s)
{
    lodge_engine engine = new_engine_with(DUMPING);
    lodge_linker linker = new_linker(engine);
    lodge_store store = new_store(engine);
    lodge_module one =
        new_module(engine, "(module $one (memory (export \"m\") 1)"
                           " (func (export \"f\") unreachable))");
    lodge_module two =
        new_module(engine, "(module $two (import \"one\" \"m\" (memory 1))"
                           " (import \"one\" \"f\" (func $f)) (memory 2)"
                           " (func (export \"crash\") (call $f)))");
    lodge_instance first, second;
    lodge_module module;
    struct cursor c;

    (void)s;
    OK(lodge_instance_new(linker, store, one, &first, ERR));
    OK(lodge_linker_add_instance(linker, TEXT("one"), first, ERR));
    OK(lodge_instance_new(linker, store, two, &second, ERR));
    module = dump_module(engine, crash(second, "crash", LODGE_E_TRAP));
    open_section(module, "coremodules", &c);
    assert_int_equal(number(&c), 2);
    open_section(module, "coreinstances", &c);
    assert_int_equal(number(&c), 2);
    open_section(module, "corestack", &c);
    byte(&c);
    name(&c);
    assert_int_equal(number(&c), 2);
    lodge_module_close(module);
    lodge_module_close(one);
    lodge_module_close(two);
    lodge_store_close(store);
    lodge_linker_close(linker);
    lodge_engine_close(engine);
}

static void interpreted_code_is_dumped_too(void **s)
{
    lodge_config config;
    lodge_engine engine;
    lodge_module module;

    (void)s;
    OK(lodge_config_new(LODGE_PRESET_PULLEY, &config, ERR));
    OK(lodge_config_parse(config, TEXT("core-dump=on"), ERR));
    OK(lodge_engine_new(config, &engine, ERR));
    module = crashed(engine, guest);
    lodge_module_close(module);
    lodge_engine_close(engine);
}

/* ---- why there is none ------------------------------------------------------------ */

static void nothing_is_dumped_that_nobody_asked_for(void **s)
{
    lodge_engine engine = new_engine_with(DUMPING);
    lodge_instance in = new_instance(engine, guest);
    lodge_error err = LODGE_ERROR_INIT;
    lodge_report report;
    uint64_t len = 7;

    (void)s;
    err.flags = LODGE_ERROR_REPORT;
    assert_int_equal(lodge_func_call(func_of(in, "crash"), NULL, 0, &err),
                     LODGE_E_TRAP);
    assert_null(strstr(err.message, "coredump"));
    report.id = err.report;
    SAYS(NOT_FOUND, "LODGE_ERROR_CORE_DUMP",
         lodge_report_core_dump(report, NULL, 0, &len, ERR));
    assert_int_equal(len, 7);
    lodge_report_close(report);
    err.flags = 0;
    err.report = 0;
    assert_int_equal(lodge_func_call(func_of(in, "crash"), NULL, 0, &err),
                     LODGE_E_TRAP);
    assert_int_equal(err.report, 0);
    lodge_instance_close(in);
    lodge_engine_close(engine);
}

static void without_the_key_there_is_none(void **s)
{
    lodge_engine engine = new_engine();
    lodge_instance in = new_instance(engine, guest);
    lodge_report report = crash(in, "crash", LODGE_E_TRAP);
    uint64_t len = 7;

    (void)s;
    SAYS(STATE, "core-dump=on",
         lodge_report_core_dump(report, NULL, 0, &len, ERR));
    assert_int_equal(len, 7);
    lodge_report_close(report);
    lodge_instance_close(in);
    lodge_engine_close(engine);
}

static void a_failure_outside_of_guests_has_none(void **s)
{
    lodge_engine engine = new_engine_with(DUMPING);
    lodge_module module;
    lodge_report report;

    (void)s;
    failure.flags = LODGE_ERROR_CORE_DUMP;
    assert_int_equal(lodge_module_open(engine, (const uint8_t *)"(modul)", 7,
                                       &module, &failure),
                     LODGE_E_COMPILE);
    report.id = failure.report;
    SAYS(NOT_FOUND, "guest",
         lodge_report_core_dump(report, NULL, 0, NULL, ERR));
    lodge_report_close(report);
    lodge_engine_close(engine);
}

static void a_global_for_exceptions_is_unsupported(void **s)
{
    lodge_engine engine = new_engine_with(DUMPING);
    lodge_instance in =
        new_instance(engine, "(module (global exnref (ref.null exn))"
                             " (func (export \"crash\") unreachable))");
    lodge_report report = crash(in, "crash", LODGE_E_TRAP);

    (void)s;
    SAYS(UNSUPPORTED, "exception",
         lodge_report_core_dump(report, NULL, 0, NULL, ERR));
    lodge_report_close(report);
    lodge_instance_close(in);
    lodge_engine_close(engine);
}

static void a_panic_while_dumping_is_told_by_the_report(void **s)
{
    lodge_engine engine = new_engine_with(DUMPING);
    lodge_instance in = new_instance(engine, guest);
    lodge_func fn = func_of(in, "crash");
    lodge_report report;

    (void)s;
    failure.flags = LODGE_ERROR_CORE_DUMP;
    lodge_test_panic_at(2); /* the call, then the dump */
    assert_int_equal(lodge_func_call(fn, NULL, 0, &failure), LODGE_E_TRAP);
    lodge_test_panic_at(0);
    report.id = failure.report;
    FAILS(INTERNAL, lodge_report_core_dump(report, NULL, 0, NULL, ERR));
    lodge_report_close(report);
    assert_int_equal(lodge_func_call(fn, NULL, 0, NULL), LODGE_E_TRAP);
    lodge_instance_close(in);
    lodge_engine_close(engine);
}

/* ---- limits ------------------------------------------------------------------------- */

/* Fills so many bytes of its memory and traps. */
#define FILLER(pages)                                                         \
    "(module (memory " pages ") (func (export \"crash\") (param i32)"         \
    " (memory.fill (i32.const 0) (i32.const 1) (local.get 0)) unreachable))"

static lodge_report crash_filled(lodge_instance in, uint64_t bytes)
{
    failure.flags = LODGE_ERROR_CORE_DUMP;
    assert_int_equal(
        lodge_func_call(func_of(in, "crash"), &bytes, 1, &failure),
        LODGE_E_TRAP);
    return (lodge_report){failure.report};
}

static void a_dump_beyond_its_limit_is_refused(void **s)
{
    lodge_engine engine = new_engine_with("core-dump=on,core-dump-limit=1M");
    lodge_instance in = new_instance(engine, FILLER("65536"));
    lodge_instance small = new_instance(engine, FILLER("20"));
    lodge_report good = crash_filled(small, 1000 * 1000);
    lodge_report bad = crash_filled(in, (1 << 20) + 1);
    uint64_t len = 7;

    (void)s;
    SAYS(LIMIT, "core-dump-limit",
         lodge_report_core_dump(bad, NULL, 0, &len, ERR));
    assert_int_equal(len, 7);
    FAILS(BUFFER, lodge_report_core_dump(good, NULL, 0, &len, ERR));
    assert_in_range(len, 1000 * 1000, 1 << 20);
    lodge_report_close(good);
    lodge_report_close(bad);
    lodge_instance_close(small);
    lodge_instance_close(in);
    lodge_engine_close(engine);
}

static void a_dump_with_too_many_pieces_is_refused(void **s)
{
    lodge_engine engine = new_engine_with(DUMPING);
    lodge_instance in = new_instance(
        engine, "(module (memory 8192) (func (export \"crash\")"
                " (local $at i32) (loop $next"
                "  (i32.store8 (local.get $at) (i32.const 1))"
                "  (local.set $at (i32.add (local.get $at) (i32.const 4096)))"
                "  (br_if $next (i32.lt_u (local.get $at)"
                "   (i32.const 409604096)))) unreachable))");
    lodge_report report = crash(in, "crash", LODGE_E_TRAP);

    (void)s;
    SAYS(LIMIT, "100000", lodge_report_core_dump(report, NULL, 0, NULL, ERR));
    lodge_report_close(report);
    lodge_instance_close(in);
    lodge_engine_close(engine);
}

static void all_dumps_together_have_a_limit(void **s)
{
    enum { BYTES = 100 << 20 };
    lodge_engine engine = new_engine_with("core-dump=on,core-dump-limit=200M");
    lodge_instance in = new_instance(engine, FILLER("1600"));
    lodge_report one = crash_filled(in, BYTES);
    lodge_report two = crash_filled(in, BYTES);
    lodge_report three = crash_filled(in, BYTES);

    (void)s;
    FAILS(BUFFER, lodge_report_core_dump(one, NULL, 0, NULL, ERR));
    FAILS(BUFFER, lodge_report_core_dump(two, NULL, 0, NULL, ERR));
    SAYS(LIMIT, "256 MiB", lodge_report_core_dump(three, NULL, 0, NULL, ERR));
    lodge_report_close(three);
    lodge_report_close(one);
    three = crash_filled(in, BYTES);
    FAILS(BUFFER, lodge_report_core_dump(three, NULL, 0, NULL, ERR));
    lodge_report_close(two);
    lodge_report_close(three);
    lodge_instance_close(in);
    lodge_engine_close(engine);
}

/* ---- life ------------------------------------------------------------------------------ */

static void a_dump_outlives_its_store(void **s)
{
    lodge_engine engine = new_engine_with(DUMPING);
    lodge_instance in = new_instance(engine, guest);
    lodge_report report = crash(in, "crash", LODGE_E_TRAP);
    lodge_module module;

    (void)s;
    lodge_instance_close(in);
    module = dump_module(engine, report);
    lodge_module_close(module);
    lodge_engine_close(engine);
}

static void what_is_no_report_has_no_dump(void **s)
{
    struct zoo zoo;
    uint64_t len = 7;
    uint32_t kind;

    (void)s;
    zoo_open(&zoo);
    for (kind = 0; kind < ZOO_KINDS; kind++)
        if (kind != LODGE_KIND_REPORT)
            FAILS(HANDLE, lodge_report_core_dump((lodge_report){zoo.id[kind]},
                                                 NULL, 0, &len, ERR));
    FOR_BAD_IDS(
        lodge_report, report,
        FAILS(HANDLE, lodge_report_core_dump(report, NULL, 0, &len, ERR)));
    lodge_report_close((lodge_report){zoo.id[LODGE_KIND_REPORT]});
    FAILS(HANDLE,
          lodge_report_core_dump((lodge_report){zoo.id[LODGE_KIND_REPORT]},
                                 NULL, 0, &len, ERR));
    assert_int_equal(len, 7);
    zoo_close(&zoo);
}

static void a_null_buffer_with_a_size_is_refused(void **s)
{
    lodge_engine engine = new_engine_with(DUMPING);
    lodge_instance in = new_instance(engine, guest);
    lodge_report report = crash(in, "crash", LODGE_E_TRAP);

    (void)s;
    FAILS(ARGUMENT, lodge_report_core_dump(report, NULL, 9, NULL, ERR));
    lodge_report_close(report);
    lodge_instance_close(in);
    lodge_engine_close(engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_dump_names_what_it_is_of),
        TEST(its_instances_have_memories_and_globals),
        TEST(its_stack_is_that_of_the_backtrace),
        TEST(memory_and_globals_are_as_they_were_at_the_trap),
        TEST(memories_of_all_kinds_are_told_as_they_are),
        TEST(references_are_null),
        TEST(a_memory_that_begins_and_ends_with_zeros_is_short),
        TEST(every_failure_of_a_guest_gives_a_dump),
        TEST(a_failed_host_function_gives_the_guest_s_dump),
        TEST(a_guest_that_exits_gives_none),
        TEST(a_start_function_that_traps_gives_one),
        TEST(a_call_past_its_deadline_gives_one),
        TEST(a_call_that_had_waited_gives_one),
        TEST(a_store_of_several_instances_is_dumped_whole),
        TEST(interpreted_code_is_dumped_too),
        TEST(nothing_is_dumped_that_nobody_asked_for),
        TEST(without_the_key_there_is_none),
        TEST(a_failure_outside_of_guests_has_none),
        TEST(a_global_for_exceptions_is_unsupported),
        TEST(a_panic_while_dumping_is_told_by_the_report),
        TEST(a_dump_beyond_its_limit_is_refused),
        TEST(a_dump_with_too_many_pieces_is_refused),
        TEST(all_dumps_together_have_a_limit),
        TEST(a_dump_outlives_its_store),
        TEST(what_is_no_report_has_no_dump),
        TEST(a_null_buffer_with_a_size_is_refused),
    };
    return RUN(tests);
}

/* test_trap.c - what went wrong: trap codes, error records, reports. */
#include "guest_dwarf.h"
#include "guest_inlined.h"
#include "zoo.h"

/* ---- trap codes ------------------------------------------------------- */

static const char trapping[] =
    "(module (memory 1) (type $none (func)) (type $s (struct (field i32)))"
    " (type $a (array i32)) (table $t 3 funcref)"
    " (table $big 1 1 funcref) (func $typed (param i32))"
    " (elem (table $t) (i32.const 1) func $typed)"
    " (func (export \"0\") (call 1))"
    " (func (export \"1\") (drop (i32.load (i32.const 65533))))"
    " (func (export \"3\") (call_indirect $t (type $none) (i32.const 3)))"
    " (func (export \"4\") (call_indirect $t (type $none) (i32.const 0)))"
    " (func (export \"5\") (call_indirect $t (type $none) (i32.const 1)))"
    " (func (export \"6\")"
    "  (drop (i32.div_s (i32.const 0x80000000) (i32.const -1))))"
    " (func (export \"7\") (drop (i32.div_u (i32.const 1) (i32.const 0))))"
    " (func (export \"8\") (drop (i32.trunc_f64_s (f64.const nan))))"
    " (func (export \"9\") unreachable)"
    " (func (export \"13\") (drop (struct.get $s 0 (ref.null $s))))"
    " (func (export \"14\") (drop (array.get $a (array.new $a (i32.const 0)"
    "  (i32.const 2)) (i32.const 2))))"
    " (func (export \"15\") (drop (array.new $a (i32.const 0)"
    "  (i32.const -1))))"
    " (func (export \"16\") (drop (ref.cast (ref $s) (ref.i31"
    "  (i32.const 1)))))"
    " (func (export \"fine\")))";

static void each_trap_has_its_code(void **state)
{
    static const int32_t codes[] = {
        LODGE_TRAP_MEMORY_OUT_OF_BOUNDS,  LODGE_TRAP_TABLE_OUT_OF_BOUNDS,
        LODGE_TRAP_INDIRECT_CALL_TO_NULL, LODGE_TRAP_BAD_SIGNATURE,
        LODGE_TRAP_INTEGER_OVERFLOW,      LODGE_TRAP_DIVISION_BY_ZERO,
        LODGE_TRAP_BAD_CONVERSION,        LODGE_TRAP_UNREACHABLE,
        LODGE_TRAP_NULL_REFERENCE,        LODGE_TRAP_ARRAY_OUT_OF_BOUNDS,
        LODGE_TRAP_ALLOCATION_TOO_LARGE,  LODGE_TRAP_CAST_FAILURE,
    };
    lodge_engine engine = new_engine();
    lodge_instance in = new_instance(engine, trapping);
    char name[8];
    size_t i;

    (void)state;
    for (i = 0; i < sizeof codes / sizeof *codes; i++) {
        snprintf(name, sizeof name, "%d", (int)codes[i]);
        FAILS(TRAP, lodge_func_call(func_of(in, name), NULL, 0, ERR));
        assert_int_equal(test_err.trap, codes[i]);
        assert_int_equal(test_err.status, LODGE_E_TRAP);
        assert_true(test_err.message_len > 10);
        OK(lodge_func_call(func_of(in, "fine"), NULL, 0, ERR));
    }
    lodge_instance_close(in);
    lodge_engine_close(engine);
}

static void traps_of_atomics_have_their_codes(void **state)
{
    lodge_engine engine = new_engine_with("wasm-threads=on");
    lodge_instance in = new_instance(
        engine,
        "(module (memory 1)"
        " (func (export \"load\") (drop (i32.atomic.load (i32.const 1))))"
        " (func (export \"wait\") (drop (memory.atomic.wait32 (i32.const 0)"
        "  (i32.const 0) (i64.const 0)))))");

    (void)state;
    FAILS(TRAP, lodge_func_call(func_of(in, "load"), NULL, 0, ERR));
    assert_int_equal(test_err.trap, LODGE_TRAP_HEAP_MISALIGNED);
    FAILS(TRAP, lodge_func_call(func_of(in, "wait"), NULL, 0, ERR));
    assert_int_equal(test_err.trap, LODGE_TRAP_ATOMIC_WAIT);
    lodge_instance_close(in);
    lodge_engine_close(engine);
}

static void a_used_up_stack_is_a_status_of_its_own(void **state)
{
    lodge_engine engine = new_engine();
    lodge_instance in = new_instance(engine, trapping);
    int i;

    (void)state;
    for (i = 0; i < 10; i++) {
        FAILS(STACK, lodge_func_call(func_of(in, "0"), NULL, 0, ERR));
        assert_int_equal(test_err.trap, LODGE_TRAP_STACK_OVERFLOW);
        OK(lodge_func_call(func_of(in, "fine"), NULL, 0, ERR));
    }
    lodge_instance_close(in);
    lodge_engine_close(engine);
}

static void used_up_fuel_is_a_status_of_its_own(void **state)
{
    lodge_engine engine = new_engine_with("fuel=on");
    lodge_instance in = new_instance(
        engine, "(module (func (export \"f\") (loop $l (br $l))))");
    lodge_store store;

    (void)state;
    OK(lodge_instance_store(in, &store, ERR));
    OK(lodge_store_set(store, LODGE_STORE_FUEL, 100, ERR));
    SAYS(FUEL, "fuel", lodge_func_call(func_of(in, "f"), NULL, 0, ERR));
    assert_int_equal(test_err.trap, LODGE_TRAP_OUT_OF_FUEL);
    lodge_instance_close(in);
    lodge_engine_close(engine);
}

static void traps_are_the_same_without_signals_and_in_pulley(void **state)
{
    static const char text[] =
        "(module (memory 1) (func (export \"0\") (call 0))"
        " (func (export \"1\") (drop (i32.load (i32.const 65533))))"
        " (func (export \"7\") (drop (i32.div_u (i32.const 1)"
        "  (i32.const 0)))) (func (export \"9\") unreachable))";
    static const uint32_t presets[] = {LODGE_PRESET_NO_SIGNALS,
                                       LODGE_PRESET_PULLEY};
    lodge_config config;
    lodge_engine engine;
    lodge_instance in;
    int i;

    (void)state;
    for (i = 0; i < 2; i++) {
        OK(lodge_config_new(presets[i], &config, ERR));
        OK(lodge_engine_new(config, &engine, ERR));
        in = new_instance(engine, text);
        FAILS(TRAP, lodge_func_call(func_of(in, "1"), NULL, 0, ERR));
        assert_int_equal(test_err.trap, LODGE_TRAP_MEMORY_OUT_OF_BOUNDS);
        FAILS(TRAP, lodge_func_call(func_of(in, "7"), NULL, 0, ERR));
        assert_int_equal(test_err.trap, LODGE_TRAP_DIVISION_BY_ZERO);
        FAILS(TRAP, lodge_func_call(func_of(in, "9"), NULL, 0, ERR));
        FAILS(STACK, lodge_func_call(func_of(in, "0"), NULL, 0, ERR));
        lodge_instance_close(in);
        lodge_engine_close(engine);
    }
}

static void the_message_names_trap_and_function(void **state)
{
    lodge_engine engine = new_engine();
    lodge_instance in =
        new_instance(engine, "(module $m (func $inner unreachable)"
                             " (func (export \"f\") (call $inner)))");

    (void)state;
    FAILS(TRAP, lodge_func_call(func_of(in, "f"), NULL, 0, ERR));
    assert_non_null(strstr(test_err.message, "unreachable"));
    assert_non_null(strstr(test_err.message, "inner"));
    assert_null(strchr(test_err.message, '\n'));
    lodge_instance_close(in);
    lodge_engine_close(engine);
}

/* ---- exceptions ------------------------------------------------------- */

static const char throwing[] =
    "(module (import \"m\" \"f\" (func $f))"
    " (tag $t (export \"tag\") (param i32))"
    " (func $throw (export \"throw\") (throw $t (i32.const 7)))"
    " (func (export \"caught\") (result i32)"
    "  (block $h (result i32) (try_table (catch $t $h) (call $throw))"
    "   (i32.const 0)))"
    " (func (export \"call\") (call $f)))";

static struct {
    lodge_instance in;
    lodge_status st;
} inner;

static int32_t call_throw(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    (void)slots;
    inner.st = lodge_func_call(func_of(inner.in, "throw"), NULL, 0, ERR);
    return token ? lodge_caller_fail(caller, 9, TEXT("it threw")) : 0;
}

static lodge_instance open_throwing(lodge_engine engine, uint64_t token)
{
    lodge_linker linker = new_linker(engine);
    lodge_module module = new_module(engine, throwing);

    OK(lodge_linker_func(linker, TEXT("m"), TEXT("f"), TEXT("->"), call_throw,
                         token, ERR));
    OK(lodge_instance_new(linker, (lodge_store){0}, module, &inner.in, ERR));
    lodge_module_close(module);
    lodge_linker_close(linker);
    return inner.in;
}

static void an_exception_nobody_catches_ends_the_call(void **state)
{
    lodge_engine engine = new_engine();
    lodge_instance in = open_throwing(engine, 0);
    uint64_t slot = 0;
    int i;

    (void)state;
    for (i = 0; i < 20; i++) {
        FAILS(EXCEPTION, lodge_func_call(func_of(in, "throw"), &slot, 1, ERR));
        assert_int_equal(test_err.trap, LODGE_TRAP_NONE);
        assert_true(test_err.message_len > 0);
        OK(lodge_func_call(func_of(in, "caught"), &slot, 1, ERR));
        assert_int_equal(slot, 7);
    }
    lodge_instance_close(in);
    lodge_engine_close(engine);
}

static void an_exception_in_a_nested_call_can_be_swallowed(void **state)
{
    lodge_engine engine = new_engine();
    lodge_instance in = open_throwing(engine, 0);
    lodge_store store;
    int i;

    (void)state;
    OK(lodge_instance_store(in, &store, ERR));
    for (i = 0; i < 20; i++) {
        OK(lodge_func_call(func_of(in, "call"), NULL, 0, ERR));
        assert_int_equal(inner.st, LODGE_E_EXCEPTION);
    }
    OK(lodge_store_gc(store, ERR));
    lodge_instance_close(in);
    lodge_engine_close(engine);
}

static void an_exception_in_a_nested_call_is_a_cause(void **state)
{
    lodge_engine engine = new_engine();
    lodge_instance in = open_throwing(engine, 1);
    lodge_error err = LODGE_ERROR_INIT;
    lodge_status st = 77;
    uint64_t payload = 77, len, token;
    uint32_t kind, count = 0;
    char buf[200];

    (void)state;
    err.flags = LODGE_ERROR_REPORT;
    assert_int_equal(lodge_func_call(func_of(in, "call"), NULL, 0, &err),
                     LODGE_E_HOST);
    OK(lodge_report_cause_count((lodge_report){err.report}, &count, ERR));
    assert_int_equal(count, 2);
    OK(lodge_report_cause((lodge_report){err.report}, 1, &st, &payload, buf,
                          sizeof buf, &len, ERR));
    assert_int_equal(st, LODGE_E_EXCEPTION);
    assert_int_equal(payload, 0);
    lodge_report_close((lodge_report){err.report});
    lodge_instance_close(in);
    lodge_engine_close(engine);
    OK(lodge_reap(0, &kind, &token, 1, &count));
}

static void an_exception_can_end_a_start_function(void **state)
{
    lodge_engine engine = new_engine();
    lodge_linker linker = new_linker(engine);
    lodge_module module = new_module(
        engine, "(module (tag $t) (func $s (throw $t)) (start $s))");
    lodge_instance in = {77};

    (void)state;
    FAILS(EXCEPTION,
          lodge_instance_new(linker, (lodge_store){0}, module, &in, ERR));
    assert_int_equal(in.id, 77);
    lodge_module_close(module);
    lodge_linker_close(linker);
    lodge_engine_close(engine);
}

/* ---- records ---------------------------------------------------------- */

static void a_record_without_magic_is_left_alone(void **state)
{
    static const uint32_t heads[] = {0,
                                     256,
                                     0x4C440100,
                                     0x454C0100,
                                     LODGE_ERROR_MAGIC,
                                     LODGE_ERROR_MAGIC | 48,
                                     0xFFFFFFFF};
    lodge_engine engine = new_engine();
    lodge_instance in = new_instance(engine, trapping);
    lodge_error err, before;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof heads / sizeof *heads; i++) {
        memset(&err, 0xAB, sizeof err);
        err.head = heads[i];
        before = err;
        assert_int_equal(lodge_func_call(func_of(in, "9"), NULL, 0, &err),
                         LODGE_E_TRAP);
        assert_memory_equal(&err, &before, sizeof err);
        assert_int_equal(lodge_func_call((lodge_func){0}, NULL, 0, &err),
                         LODGE_E_HANDLE);
        assert_memory_equal(&err, &before, sizeof err);
    }
    assert_int_equal(stat_of(LODGE_STAT_LIVE + LODGE_KIND_REPORT), 0);
    lodge_instance_close(in);
    lodge_engine_close(engine);
}

static void records_of_any_size_are_filled_and_not_beyond(void **state)
{
    static const uint32_t sizes[] = {64,  65,  72,   100,  255,
                                     256, 257, 1000, 4096, 65535};
    lodge_engine engine = new_engine();
    lodge_instance in = new_instance(engine, trapping);
    uint64_t *room = calloc(65536 / 8 + 2, 8);
    lodge_error *err = (lodge_error *)(void *)room;
    const char *text = (const char *)room + 48;
    size_t i, kept;

    (void)state;
    for (i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        memset(room, 0xAB, 65552);
        OK(lodge_error_init(err, sizes[i]));
        FAILS(TRAP, lodge_func_call(func_of(in, "9"), NULL, 0, err));
        kept = strlen(text);
        assert_true(kept < sizes[i] - 48);
        assert_true(kept == err->message_len || kept == sizes[i] - 49);
        assert_int_equal(((uint8_t *)room)[sizes[i]], 0xAB);
        assert_int_equal(err->status, LODGE_E_TRAP);
    }
    free(room);
    lodge_instance_close(in);
    lodge_engine_close(engine);
}

static void a_record_is_made_ready_by_a_function(void **state)
{
    lodge_error err, made = LODGE_ERROR_INIT;

    (void)state;
    memset(&err, 0xAB, sizeof err);
    OK(lodge_error_init(&err, sizeof err));
    assert_memory_equal(&err, &made, sizeof err);
    FAILS(ARGUMENT, lodge_error_init(NULL, 256));
    FAILS(ARGUMENT, lodge_error_init(&err, 63));
    FAILS(ARGUMENT, lodge_error_init(&err, 65536));
    FAILS(ARGUMENT, lodge_error_init(&err, 0));
    assert_memory_equal(&err, &made, sizeof err);
}

static void a_message_is_cut_between_characters(void **state)
{
    lodge_engine engine = new_engine();
    lodge_instance in = new_instance(engine, zoo_text);
    char name[400];
    uint32_t size, i;
    lodge_error err;
    lodge_func fn;

    (void)state;
    for (i = 0; i < 198; i += 3)
        memcpy(name + i, "\xE2\x82\xAC", 3); /* three bytes each */
    for (size = 64; size <= 256; size++) {
        const uint8_t *text = (const uint8_t *)err.message;

        memset(&err, 0, sizeof err);
        OK(lodge_error_init(&err, size));
        assert_int_equal(lodge_instance_func(in, name, 198, &fn, &err),
                         LODGE_E_NOT_FOUND);
        i = (uint32_t)strlen(err.message);
        if (i < err.message_len && i > 60)
            assert_true(text[i - 1] < 0x80 || (text[i - 1] & 0xC0) == 0x80);
        if (i > 2 && text[i - 1] >= 0x80)
            assert_true(text[i - 3] >= 0xE0); /* a whole one */
    }
    lodge_instance_close(in);
    lodge_engine_close(engine);
}

static void a_new_failure_wipes_out_the_old_one(void **state)
{
    lodge_engine engine = new_engine();
    lodge_instance in = new_instance(engine, trapping);
    lodge_error err = LODGE_ERROR_INIT;

    (void)state;
    err.flags = LODGE_ERROR_REPORT;
    err.payload = err.detail = 77;
    err.exit_code = 77;
    assert_int_equal(lodge_func_call(func_of(in, "9"), NULL, 0, &err),
                     LODGE_E_TRAP);
    assert_int_equal(err.payload, 0);
    assert_int_equal(err.exit_code, 0);
    assert_int_equal(err.flags, LODGE_ERROR_REPORT);
    lodge_report_close((lodge_report){err.report});
    assert_int_equal(lodge_func_call((lodge_func){5}, NULL, 0, &err),
                     LODGE_E_HANDLE);
    assert_int_equal(err.status, LODGE_E_HANDLE);
    assert_int_equal(err.trap, LODGE_TRAP_NONE);
    assert_int_equal(err.report, 0);
    OK(lodge_func_call(func_of(in, "fine"), NULL, 0, &err));
    assert_int_equal(err.status, LODGE_E_HANDLE); /* success writes nothing */
    lodge_instance_close(in);
    lodge_engine_close(engine);
}

/* ---- reports ---------------------------------------------------------- */

static const char layered[] =
    "(module $layers (func $deep (param i32) unreachable)"
    " (func $mid (param i32) nop nop (call $deep (local.get 0)))"
    " (func (export \"f\") (param i32) (call $mid (local.get 0))))";

/* Calls "f" of an instance, which traps, and asks for a report. */
static lodge_report report_of(lodge_instance in)
{
    lodge_error err = LODGE_ERROR_INIT;
    uint64_t slot = 7;

    err.flags = LODGE_ERROR_REPORT;
    assert_int_equal(lodge_func_call(func_of(in, "f"), &slot, 1, &err),
                     LODGE_E_TRAP);
    return (lodge_report){err.report};
}

/* In optimised code Wasmtime may name the instruction before an unreachable,
 * so tests of exact places switch the optimiser off.
 */
static const char exact[] = "opt-level=none,backtrace-details=on";

/* A fact about a frame, as text that lives until the next call. */
static const char *frame(lodge_report report, uint32_t index, uint32_t what)
{
    static char buf[200];
    uint64_t len = 0;

    OK(lodge_report_frame(report, index, what, buf, sizeof buf - 1, &len,
                          ERR));
    buf[len] = '\0';
    return buf;
}

static void a_report_is_made_when_it_is_asked_for(void **state)
{
    lodge_engine engine = new_engine();
    lodge_instance in = new_instance(engine, layered);
    lodge_error err = LODGE_ERROR_INIT;
    lodge_report report;
    uint64_t slot = 0;

    (void)state;
    assert_int_equal(lodge_func_call(func_of(in, "f"), &slot, 1, &err),
                     LODGE_E_TRAP);
    assert_int_equal(err.report, 0);
    report = report_of(in);
    assert_true(report.id != 0);
    assert_int_equal(stat_of(LODGE_STAT_LIVE + LODGE_KIND_REPORT), 1);
    OK(lodge_report_close(report));
    OK(lodge_report_close(report));
    assert_int_equal(stat_of(LODGE_STAT_LIVE + LODGE_KIND_REPORT), 0);
    lodge_instance_close(in);
    lodge_engine_close(engine);
}

static void a_backtrace_lists_the_frames_innermost_first(void **state)
{
    lodge_engine engine = new_engine_with(exact);
    lodge_instance in = new_instance(engine, layered);
    lodge_report report = report_of(in);
    uint32_t count = 0, i;

    (void)state;
    OK(lodge_report_frame_count(report, &count, ERR));
    assert_int_equal(count, 3);
    assert_string_equal(frame(report, 0, LODGE_REPORT_FUNC), "deep");
    assert_string_equal(frame(report, 1, LODGE_REPORT_FUNC), "mid");
    assert_string_equal(frame(report, 2, LODGE_REPORT_FUNC), "");
    assert_string_equal(frame(report, 0, LODGE_REPORT_FUNC_INDEX), "0");
    assert_string_equal(frame(report, 1, LODGE_REPORT_FUNC_INDEX), "1");
    assert_string_equal(frame(report, 2, LODGE_REPORT_FUNC_INDEX), "2");
    for (i = 0; i < 3; i++) {
        assert_string_equal(frame(report, i, LODGE_REPORT_MODULE), "layers");
        assert_string_equal(frame(report, i, LODGE_REPORT_FILE), "");
        assert_string_equal(frame(report, i, LODGE_REPORT_LINE), "");
        assert_true(atoi(frame(report, i, LODGE_REPORT_MODULE_OFFSET)) > 8);
    }
    assert_string_equal(frame(report, 0, LODGE_REPORT_FUNC_OFFSET), "1");
    assert_string_equal(frame(report, 1, LODGE_REPORT_FUNC_OFFSET), "5");
    lodge_report_close(report);
    lodge_instance_close(in);
    lodge_engine_close(engine);
}

static void debug_information_names_file_and_line(void **state)
{
    lodge_engine engine = new_engine_with(exact);
    lodge_linker linker = new_linker(engine);
    lodge_error err = LODGE_ERROR_INIT;
    uint64_t slot = 7, len;
    lodge_module module;
    lodge_report report;
    lodge_instance in;
    char text[2000];

    (void)state;
    OK(lodge_module_open(engine, guest_dwarf, sizeof guest_dwarf, &module,
                         ERR));
    OK(lodge_instance_new(linker, (lodge_store){0}, module, &in, ERR));
    err.flags = LODGE_ERROR_REPORT;
    assert_int_equal(lodge_func_call(func_of(in, "outer"), &slot, 1, &err),
                     LODGE_E_TRAP);
    report.id = err.report;
    assert_string_equal(frame(report, 0, LODGE_REPORT_FUNC), "inner");
    assert_non_null(strstr(frame(report, 0, LODGE_REPORT_FILE), "crash.c"));
    assert_string_equal(frame(report, 0, LODGE_REPORT_LINE), "6");
    assert_string_equal(frame(report, 1, LODGE_REPORT_FUNC), "outer");
    assert_string_equal(frame(report, 1, LODGE_REPORT_LINE), "11");
    OK(lodge_report_text(report, text, sizeof text - 1, &len, ERR));
    text[len] = '\0';
    assert_non_null(strstr(text, "crash.c:6"));
    lodge_report_close(report);
    lodge_instance_close(in);
    lodge_module_close(module);
    lodge_linker_close(linker);
    lodge_engine_close(engine);
}

static void calls_that_were_inlined_are_told(void **state)
{
    lodge_engine engine = new_engine_with(exact);
    lodge_linker linker = new_linker(engine);
    lodge_error err = LODGE_ERROR_INIT;
    lodge_module module;
    lodge_report report;
    lodge_instance in;
    uint64_t slot = 7;

    (void)state;
    OK(lodge_module_open(engine, guest_inlined, sizeof guest_inlined, &module,
                         ERR));
    OK(lodge_instance_new(linker, (lodge_store){0}, module, &in, ERR));
    err.flags = LODGE_ERROR_REPORT;
    assert_int_equal(lodge_func_call(func_of(in, "outer"), &slot, 1, &err),
                     LODGE_E_TRAP);
    report.id = err.report;
    assert_string_equal(frame(report, 0, LODGE_REPORT_FUNC), "outer");
    assert_string_equal(frame(report, 0, LODGE_REPORT_LINE), "2");
    assert_string_equal(frame(report, 0, LODGE_REPORT_INLINED),
                        "innermost /guest/in.c:2\nmiddle /guest/in.c:3");
    lodge_report_close(report);
    lodge_instance_close(in);
    lodge_module_close(module);
    lodge_linker_close(linker);
    lodge_engine_close(engine);
}

static void without_details_there_is_no_file_and_line(void **state)
{
    lodge_engine engine = new_engine_with("backtrace-details=off");
    lodge_linker linker = new_linker(engine);
    lodge_error err = LODGE_ERROR_INIT;
    lodge_module module;
    lodge_instance in;
    uint64_t slot = 7;

    (void)state;
    OK(lodge_module_open(engine, guest_dwarf, sizeof guest_dwarf, &module,
                         ERR));
    OK(lodge_instance_new(linker, (lodge_store){0}, module, &in, ERR));
    err.flags = LODGE_ERROR_REPORT;
    assert_int_equal(lodge_func_call(func_of(in, "outer"), &slot, 1, &err),
                     LODGE_E_TRAP);
    assert_string_equal(
        frame((lodge_report){err.report}, 0, LODGE_REPORT_FILE), "");
    assert_string_equal(
        frame((lodge_report){err.report}, 0, LODGE_REPORT_FUNC), "inner");
    lodge_report_close((lodge_report){err.report});
    lodge_instance_close(in);
    lodge_module_close(module);
    lodge_linker_close(linker);
    lodge_engine_close(engine);
}

static void the_text_of_a_report_tells_all(void **state)
{
    lodge_engine engine = new_engine_with("backtrace-details=on");
    lodge_instance in = new_instance(engine, layered);
    lodge_report report = report_of(in);
    char text[1000];
    uint64_t len = 0, need = 0;

    (void)state;
    OK(lodge_report_text(report, text, sizeof text - 1, &len, ERR));
    text[len] = '\0';
    assert_non_null(strstr(text, "unreachable"));
    assert_non_null(strstr(text, "deep"));
    assert_non_null(strstr(text, "mid"));
    assert_true(text[len - 1] != '\n');
    FAILS(BUFFER, lodge_report_text(report, text, len - 1, &need, ERR));
    assert_int_equal(need, len);
    FAILS(BUFFER, lodge_report_text(report, NULL, 0, &need, ERR));
    FAILS(ARGUMENT, lodge_report_text(report, NULL, 1, &need, ERR));
    lodge_report_close(report);
    lodge_instance_close(in);
    lodge_engine_close(engine);
}

static void a_trap_is_its_own_cause(void **state)
{
    lodge_engine engine = new_engine();
    lodge_instance in = new_instance(engine, layered);
    lodge_report report = report_of(in);
    lodge_status st = 77;
    uint64_t payload = 77, len = 77;
    uint32_t count = 0;
    char buf[200];

    (void)state;
    OK(lodge_report_cause_count(report, &count, ERR));
    assert_int_equal(count, 1);
    OK(lodge_report_cause(report, 0, &st, &payload, buf, sizeof buf, &len,
                          ERR));
    assert_int_equal(st, LODGE_E_TRAP);
    assert_int_equal(payload, 0);
    OK(lodge_report_cause(report, 0, NULL, NULL, buf, sizeof buf, NULL, ERR));
    st = 77;
    FAILS(BUFFER,
          lodge_report_cause(report, 0, &st, &payload, buf, 3, &len, ERR));
    FAILS(NOT_FOUND, lodge_report_cause(report, 1, &st, &payload, buf,
                                        sizeof buf, &len, ERR));
    FAILS(NOT_FOUND, lodge_report_cause(report, UINT32_MAX, &st, &payload, buf,
                                        sizeof buf, &len, ERR));
    FAILS(ARGUMENT,
          lodge_report_cause(report, 0, &st, &payload, NULL, 1, &len, ERR));
    assert_int_equal(st, 77);
    lodge_report_close(report);
    lodge_instance_close(in);
    lodge_engine_close(engine);
}

static void arguments_of_reports_are_checked(void **state)
{
    lodge_engine engine = new_engine();
    lodge_instance in = new_instance(engine, layered);
    lodge_report report = report_of(in);
    char buf[4] = "abc";
    uint64_t len = 77;

    (void)state;
    FAILS(ARGUMENT, lodge_report_frame_count(report, NULL, ERR));
    FAILS(ARGUMENT, lodge_report_cause_count(report, NULL, ERR));
    FAILS(NOT_FOUND,
          lodge_report_frame(report, 3, LODGE_REPORT_FUNC, buf, 4, &len, ERR));
    FAILS(NOT_FOUND, lodge_report_frame(report, UINT32_MAX, LODGE_REPORT_FUNC,
                                        buf, 4, &len, ERR));
    FAILS(ARGUMENT, lodge_report_frame(report, 0, 8, buf, 4, &len, ERR));
    FAILS(ARGUMENT,
          lodge_report_frame(report, 0, UINT32_MAX, buf, 4, &len, ERR));
    FAILS(ARGUMENT, lodge_report_frame(report, 0, LODGE_REPORT_FUNC, NULL, 4,
                                       NULL, ERR));
    assert_int_equal(len, 77);
    FAILS(BUFFER,
          lodge_report_frame(report, 0, LODGE_REPORT_FUNC, buf, 3, &len, ERR));
    assert_int_equal(len, 4);
    assert_string_equal(buf, "abc");
    lodge_report_close(report);
    lodge_instance_close(in);
    lodge_engine_close(engine);
}

/* Every function of a report says E_HANDLE. */
static void all_refuse(lodge_report report)
{
    lodge_status st = 77;
    uint64_t len = 77, payload = 77;
    uint32_t count = 77;
    char buf[8];

    FAILS(HANDLE, lodge_report_text(report, buf, 8, &len, ERR));
    FAILS(HANDLE, lodge_report_frame_count(report, &count, ERR));
    FAILS(HANDLE, lodge_report_frame(report, 0, 0, buf, 8, &len, ERR));
    FAILS(HANDLE, lodge_report_cause_count(report, &count, ERR));
    FAILS(HANDLE,
          lodge_report_cause(report, 0, &st, &payload, buf, 8, &len, ERR));
    assert_int_equal(len + payload + count + (uint64_t)st, 4 * 77);
}

static void what_is_no_report_is_refused_everywhere(void **state)
{
    struct zoo zoo;

    (void)state;
    zoo_open(&zoo);
    FOR_STRANGERS(&zoo, LODGE_KIND_REPORT, lodge_report, report, {
        all_refuse(report);
        OK(lodge_report_close(report));
    });
    OK(lodge_report_close((lodge_report){zoo.id[LODGE_KIND_REPORT]}));
    all_refuse((lodge_report){zoo.id[LODGE_KIND_REPORT]});
    zoo_close(&zoo);
}

static void a_report_outlives_all_but_a_shutdown(void **state)
{
    lodge_engine engine = new_engine(), second;
    lodge_instance in = new_instance(engine, layered);
    lodge_report report = report_of(in);

    (void)state;
    lodge_instance_close(in);
    assert_string_equal(frame(report, 0, LODGE_REPORT_FUNC), "deep");
    OK(lodge_engine_dup(engine, &second, ERR));
    lodge_engine_close(engine);
    assert_string_equal(frame(report, 1, LODGE_REPORT_MODULE), "layers");
    lodge_engine_shutdown(second);
    all_refuse(report);
}

static void at_most_256_reports_are_open(void **state)
{
    lodge_engine engine = new_engine();
    lodge_instance in = new_instance(engine, layered);
    lodge_report reports[256];
    int i;

    (void)state;
    for (i = 0; i < 256; i++) {
        reports[i] = report_of(in);
        assert_true(reports[i].id != 0);
    }
    assert_int_equal(report_of(in).id, 0);
    assert_int_equal(report_of(in).id, 0);
    lodge_report_close(reports[17]);
    reports[17] = report_of(in);
    assert_true(reports[17].id != 0);
    assert_int_equal(report_of(in).id, 0);
    for (i = 0; i < 256; i++)
        lodge_report_close(reports[i]);
    lodge_instance_close(in);
    lodge_engine_close(engine);
}

static void a_report_of_a_deep_recursion_is_bounded(void **state)
{
    lodge_engine engine = new_engine();
    lodge_instance in =
        new_instance(engine, "(module (func $r (export \"f\") (call $r)))");
    lodge_error err = LODGE_ERROR_INIT;
    uint32_t count = 0;
    uint64_t len = 0;

    (void)state;
    err.flags = LODGE_ERROR_REPORT;
    assert_int_equal(lodge_func_call(func_of(in, "f"), NULL, 0, &err),
                     LODGE_E_STACK);
    OK(lodge_report_frame_count((lodge_report){err.report}, &count, ERR));
    assert_true(count > 0 && count < 100000);
    FAILS(BUFFER,
          lodge_report_text((lodge_report){err.report}, NULL, 0, &len, ERR));
    assert_true(len > 0 && len < 10000000);
    lodge_report_close((lodge_report){err.report});
    lodge_instance_close(in);
    lodge_engine_close(engine);
}

/* Names are the guest's: taking them apart could be made to last for ever. */
static void a_mangled_name_is_shown_as_it_is(void **s)
{
    lodge_engine engine = new_engine();
    lodge_instance instance = new_instance(
        engine, "(module (func $_ZN3foo3barEv (export \"f\") unreachable))");

    (void)s;
    SAYS(TRAP, "_ZN3foo3barEv",
         lodge_func_call(func_of(instance, "f"), NULL, 0, ERR));
    lodge_instance_close(instance);
    lodge_engine_close(engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_trap_has_its_code),
        TEST(a_mangled_name_is_shown_as_it_is),
        TEST(traps_of_atomics_have_their_codes),
        TEST(a_used_up_stack_is_a_status_of_its_own),
        TEST(used_up_fuel_is_a_status_of_its_own),
        TEST(traps_are_the_same_without_signals_and_in_pulley),
        TEST(the_message_names_trap_and_function),
        TEST(an_exception_nobody_catches_ends_the_call),
        TEST(an_exception_in_a_nested_call_can_be_swallowed),
        TEST(an_exception_in_a_nested_call_is_a_cause),
        TEST(an_exception_can_end_a_start_function),
        TEST(a_record_without_magic_is_left_alone),
        TEST(records_of_any_size_are_filled_and_not_beyond),
        TEST(a_record_is_made_ready_by_a_function),
        TEST(a_message_is_cut_between_characters),
        TEST(a_new_failure_wipes_out_the_old_one),
        TEST(a_report_is_made_when_it_is_asked_for),
        TEST(a_backtrace_lists_the_frames_innermost_first),
        TEST(debug_information_names_file_and_line),
        TEST(calls_that_were_inlined_are_told),
        TEST(without_details_there_is_no_file_and_line),
        TEST(the_text_of_a_report_tells_all),
        TEST(a_trap_is_its_own_cause),
        TEST(arguments_of_reports_are_checked),
        TEST(what_is_no_report_is_refused_everywhere),
        TEST(a_report_outlives_all_but_a_shutdown),
        TEST(at_most_256_reports_are_open),
        TEST(a_report_of_a_deep_recursion_is_bounded),
    };

    return RUN(tests);
}

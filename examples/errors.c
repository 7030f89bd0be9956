/* errors.c - what a failure tells: status, message, payload, report.
 *
 * A host function fails two calls deep; the outermost call gives its payload
 * back, and the report says how it came about.
 */
#include <lodge.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT(s) s, strlen(s)

static const char guest_text[] =
    "(module $shop\n"
    "  (import \"host\" \"order\" (func $order (param i32) (result i32)))\n"
    "  (func $sum (export \"sum\") (param $a i32) (param $b i32)\n"
    "             (result i32)\n"
    "    (i32.add (call $order (local.get $a))\n"
    "             (call $order (local.get $b))))\n"
    "  (func $divide (export \"divide\") (param i32 i32) (result i32)\n"
    "    (i32.div_u (local.get 0) (local.get 1))))\n";

static lodge_error err = LODGE_ERROR_INIT;
static int surprises;

static void must(lodge_status st)
{
    if (st == LODGE_OK)
        return;
    fprintf(stderr, "errors: %s\n", err.message);
    exit(1);
}

static void expect(int as_expected, const char *what)
{
    if (as_expected)
        return;
    fprintf(stderr, "errors: not as expected: %s\n", what);
    surprises++;
}

/* "E_TRAP: the guest trapped" */
static void print_status(lodge_status st)
{
    char text[80];
    uint64_t len = 0;

    lodge_status_name(st, text, sizeof text, &len);
    printf("status   %.*s\n", (int)len, text);
}

/* ---- a host function that fails --------------------------------------- */

enum { SOLD_OUT = 4711 }; /* the program's own number for a reason */

static int32_t order(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    (void)token;
    if (slots[0] > 100)
        return lodge_caller_fail(caller, SOLD_OUT, TEXT("sold out"));
    if (slots[0] == 0)
        return lodge_caller_exit(caller, 3);
    slots[0] *= 2;
    return 0;
}

/* ---- what comes back -------------------------------------------------- */

/* A trap: the record has its code, and the message where it was. */
static void show_trap(lodge_func divide)
{
    uint64_t slots[] = {1, 0};
    lodge_status st = lodge_func_call(divide, slots, 2, &err);

    print_status(st);
    printf("message  %s\ntrap     %d\n\n", err.message, err.trap);
    expect(st == LODGE_E_TRAP && err.trap == LODGE_TRAP_DIVISION_BY_ZERO,
           "division by zero");
    expect(slots[0] == 1, "a failed call leaves its slots alone");
}

/* A failure of the host's own: payload and message pass through the guest
 * unchanged.
 */
static void show_host_failure(lodge_func sum)
{
    uint64_t slots[] = {1, 101};
    lodge_status st = lodge_func_call(sum, slots, 2, &err);

    print_status(st);
    printf("message  %s\npayload  %u\n\n", err.message, (unsigned)err.payload);
    expect(st == LODGE_E_HOST && err.payload == SOLD_OUT, "host failure");
}

/* An exit is a status too. */
static void show_exit(lodge_func sum)
{
    uint64_t slots[] = {1, 0};
    lodge_status st = lodge_func_call(sum, slots, 2, &err);

    print_status(st);
    printf("code     %d\n\n", err.exit_code);
    expect(st == LODGE_E_EXIT && err.exit_code == 3, "exit");
}

/* Asked for by a flag: a handle to everything that is known. */
static void show_report(lodge_func divide)
{
    uint64_t slots[] = {1, 0}, len;
    lodge_report report;
    char text[1000];

    err.flags = LODGE_ERROR_REPORT;
    lodge_func_call(divide, slots, 2, &err);
    err.flags = 0;
    report.id = err.report;
    must(lodge_report_text(report, text, sizeof text, &len, &err));
    printf("%.*s\n\n", (int)len, text);
    must(lodge_report_frame(report, 0, LODGE_REPORT_FUNC, text, sizeof text,
                            &len, &err));
    expect(len == 6 && !memcmp(text, "divide", 6), "innermost function");
    lodge_report_close(report);
}

/* Text out: ask for the length first, or try and ask again. */
static void show_buffer(lodge_func sum)
{
    char text[32];
    uint64_t len;
    lodge_status st = lodge_func_type(sum, text, 4, &len, &err);

    print_status(st);
    printf("message  %s\nneeded   %u bytes\n", err.message, (unsigned)len);
    expect(st == LODGE_E_BUFFER && len <= sizeof text, "buffer");
    must(lodge_func_type(sum, text, sizeof text, &len, &err));
    printf("type     %.*s\n\n", (int)len, text);
}

/* A message that does not fit into the record is cut; a longer record takes
 * it whole. Any block of memory will do.
 */
static void show_long_message(lodge_engine engine)
{
    union {
        lodge_error err;
        char bytes[2048];
    } big;
    lodge_module module;
    lodge_status st;

    must(lodge_error_init(&big.err, sizeof big));
    st = lodge_module_open(engine, (const uint8_t *)TEXT("(module (fun))"),
                           &module, &big.err);
    print_status(st);
    printf("message  %s\n", big.err.message);
    expect(st == LODGE_E_COMPILE, "malformed text");
}

int main(void)
{
    lodge_config none = {0};
    lodge_store own = {0};
    lodge_engine engine;
    lodge_module module;
    lodge_linker linker;
    lodge_instance guest;
    lodge_func sum, divide;

    must(lodge_engine_new(none, &engine, &err));
    must(lodge_module_open(engine, (const uint8_t *)TEXT(guest_text), &module,
                           &err));
    must(lodge_linker_new(engine, &linker, &err));
    must(lodge_linker_func(linker, TEXT("host"), TEXT("order"),
                           TEXT("i32 -> i32"), order, 0, &err));
    must(lodge_instance_new(linker, own, module, &guest, &err));
    must(lodge_instance_func(guest, TEXT("sum"), &sum, &err));
    must(lodge_instance_func(guest, TEXT("divide"), &divide, &err));

    show_trap(divide);
    show_host_failure(sum);
    show_exit(sum);
    show_report(divide);
    show_buffer(sum);
    show_long_message(engine);
    lodge_engine_shutdown(engine); /* and all that was made from it */
    return surprises != 0;
}

/* references.c - objects of the guest's heap, made and read by the host.
 *
 * The guest keeps a list of points. The host makes points of the same type,
 * hands them over, reads what the guest has made of them, and gives a function
 * whose parameter is such a point.
 */
#include <lodge.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT(s) s, strlen(s)

/* Equal types are one type, whoever defines them. */
#define POINT "(type $point (struct (field $x (mut i32)) (field $y f64)))"

static const char types_text[] =
    "(module " POINT " (type $bytes (array (mut i8))))";

static const char guest_text[] =
    "(module " POINT "\n"
    "  (rec (type $list (struct (field (ref $point))\n"
    "                           (field (ref null $list)))))\n"
    "  (type $bytes (array (mut i8)))\n"
    "  (import \"host\" \"see\" (func $see (param (ref $point))))\n"
    "  (global $all (mut (ref null $list)) (ref.null $list))\n"
    "  (func (export \"add\") (param $p (ref $point))\n"
    "    (call $see (local.get $p))\n"
    "    (struct.set $point $x (local.get $p)\n"
    "      (i32.add (struct.get $point $x (local.get $p)) (i32.const 100)))\n"
    "    (global.set $all (struct.new $list (local.get $p)\n"
    "      (global.get $all))))\n"
    "  (func (export \"all\") (result (ref null $list)) (global.get $all))\n"
    "  (func (export \"text\") (result externref)\n"
    "    (extern.convert_any (array.new_fixed $bytes 5 (i32.const 72)\n"
    "      (i32.const 101) (i32.const 108) (i32.const 108)\n"
    "      (i32.const 111)))))\n";

static void must(lodge_status st, const lodge_error *err)
{
    if (st == LODGE_OK)
        return;
    fprintf(stderr, "references: %s\n", err->message);
    exit(1);
}

/* A parameter is closed when the function returns. */
static int32_t see(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    lodge_ref point = {slots[0]};
    uint64_t x;

    (void)token;
    (void)caller;
    if (lodge_ref_read(point, 0, &x, 1, NULL) != LODGE_OK)
        return LODGE_E_HOST;
    printf("the guest adds a point at %u\n", (unsigned)x);
    return LODGE_OK;
}

/* ---- a guest and the types that it shares with us ----------------------- */

static lodge_engine engine;
static lodge_store store;
static lodge_instance instance;
static uint32_t point_type;

static lodge_module open_text(const char *text, lodge_error *err)
{
    lodge_module module;

    must(lodge_module_open(engine, (const uint8_t *)text, strlen(text),
                           &module, err),
         err);
    return module;
}

static void start(lodge_error *err)
{
    lodge_module types, guest;
    lodge_linker linker;
    char sig[64];

    must(lodge_engine_new((lodge_config){0}, &engine, err), err);
    must(lodge_store_new(engine, &store, err), err);
    types = open_text(types_text, err);
    must(lodge_module_type_find(types, TEXT("point"), &point_type, err), err);

    must(lodge_linker_new(engine, &linker, err), err);
    snprintf(sig, sizeof sig, "(ref %u) ->", point_type);
    must(lodge_linker_func(linker, TEXT("host"), TEXT("see"), TEXT(sig), see,
                           0, err),
         err);
    guest = open_text(guest_text, err);
    must(lodge_instance_new(linker, store, guest, &instance, err), err);
}

static lodge_func func(const char *name, lodge_error *err)
{
    lodge_func fn;

    must(lodge_instance_func(instance, TEXT(name), &fn, err), err);
    return fn;
}

/* ---- what the host does ------------------------------------------------- */

static void add_points(lodge_error *err)
{
    lodge_func add = func("add", err);
    uint32_t i;

    for (i = 1; i <= 3; i++) {
        uint64_t values[2] = {i, 0};
        double y = i / 2.0;
        lodge_ref point;

        memcpy(&values[1], &y, sizeof y);
        must(lodge_ref_struct(store, point_type, values, 2, &point, err), err);
        values[0] = point.id;
        must(lodge_func_call(add, values, 2, err), err);
        lodge_ref_close(point); /* the guest has its own */
    }
}

/* Everything that is read on the way is closed at once, at its end. */
static void walk(lodge_error *err)
{
    uint64_t scope, slot = 0, x, y;
    double number;

    must(lodge_store_scope(store, &scope, err), err);
    must(lodge_func_call(func("all", err), &slot, 1, err), err);
    while (slot) {
        lodge_ref list = {slot}, point;

        must(lodge_ref_read(list, 0, &point.id, 1, err), err);
        must(lodge_ref_cast(point, point_type, err), err);
        must(lodge_ref_read(point, 0, &x, 1, err), err);
        must(lodge_ref_read(point, 1, &y, 1, err), err);
        memcpy(&number, &y, sizeof number);
        printf("point %u %.1f\n", (unsigned)x, number);
        must(lodge_ref_read(list, 1, &slot, 1, err), err);
    }
    must(lodge_store_scope_end(store, scope, err), err);
}

/* An externref is a token of the host's, or else the guest's own object. */
static void read_text(lodge_error *err)
{
    uint64_t slot, len;
    lodge_ref text;
    char buf[64];

    must(lodge_func_call(func("text", err), &slot, 1, err), err);
    if (slot < LODGE_EXTERN_REF)
        return; /* a token */
    text.id = slot - LODGE_EXTERN_REF;
    must(lodge_ref_len(text, &len, err), err);
    if (len > sizeof buf)
        len = sizeof buf;
    must(lodge_ref_read_bytes(text, 0, (uint8_t *)buf, len, err), err);
    printf("%.*s\n", (int)len, buf);
    lodge_ref_close(text);
}

int main(void)
{
    lodge_error err = LODGE_ERROR_INIT;
    uint64_t open;

    start(&err);
    add_points(&err);
    walk(&err);
    read_text(&err);
    must(lodge_store_get(store, LODGE_STORE_REFS, &open, &err), &err);
    printf("references still open: %u\n", (unsigned)open);
    lodge_engine_shutdown(engine);
    return open != 0;
}

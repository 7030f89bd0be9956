/* typed_functions.c - ordinary C functions as host functions, and calls into
 * the guest that look like calls.
 */
#include <lodge.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT(s) s, strlen(s)

static const char guest_text[] =
    "(module\n"
    "  (import \"geo\" \"hypot\" (func $hypot (param f64 f64) (result f64)))\n"
    "  (import \"geo\" \"check\" (func $check (param i32)))\n"
    "  (func (export \"way\") (param $legs i32) (param $x f64) (param $y "
    "f64)\n"
    "                       (result f64)\n"
    "    (call $check (local.get $legs))\n"
    "    (f64.mul (f64.convert_i32_s (local.get $legs))\n"
    "             (call $hypot (local.get $x) (local.get $y)))))\n";

/* Around every call that has no reason to fail. */
static void must(lodge_status st, const lodge_error *err)
{
    if (st == LODGE_OK)
        return;
    fprintf(stderr, "typed_functions: %s\n", err->message);
    exit(1);
}

/* ---- host functions --------------------------------------------------- */

static double host_hypot(lodge_caller caller, double x, double y)
{
    (void)caller;
    return sqrt(x * x + y * y);
}

static void host_check(lodge_caller caller, int32_t legs)
{
    if (legs < 0)
        lodge_caller_fail(caller, 17, TEXT("a way has no negative legs"));
}

LODGE_TYPED_HOST(typed_hypot, host_hypot, double, double, double);
LODGE_TYPED_HOST(typed_check, host_check, void, int32_t);

/* ---- the guest's function --------------------------------------------- */

LODGE_TYPED_GUEST(way_fn, double, int32_t, double, double);
LODGE_TYPED_GUEST(wrong_fn, int32_t, int32_t);

static lodge_instance start(lodge_engine engine)
{
    lodge_error err = LODGE_ERROR_INIT;
    lodge_instance instance;
    lodge_module module;
    lodge_linker linker;

    must(lodge_linker_new(engine, &linker, &err), &err);
    must(lodge_linker_typed(linker, "geo", "hypot", &typed_hypot, 0, &err),
         &err);
    must(lodge_linker_typed(linker, "geo", "check", &typed_check, 0, &err),
         &err);
    must(lodge_module_open(engine, (const uint8_t *)guest_text,
                           strlen(guest_text), &module, &err),
         &err);
    must(lodge_instance_new(linker, (lodge_store){0}, module, &instance, &err),
         &err);
    lodge_module_close(module);
    lodge_linker_close(linker);
    return instance;
}

int main(void)
{
    lodge_error err = LODGE_ERROR_INIT;
    lodge_instance instance;
    lodge_engine engine;
    lodge_status status;
    lodge_func func;
    wrong_fn wrong;
    double length;
    way_fn way;

    must(lodge_engine_new((lodge_config){0}, &engine, &err), &err);
    instance = start(engine);
    must(lodge_instance_func(instance, TEXT("way"), &func, &err), &err);

    must(way_fn_bind(&way, func, &err), &err);
    must(way_fn_call(way, 2, 3, 4, &length, &err), &err);
    printf("2 legs of 3 and 4: %g\n", length);

    status = way_fn_call(way, -1, 3, 4, &length, &err);
    printf("-1 legs: status %d, payload %u, %s\n", status,
           (unsigned)err.payload, err.message);

    status = wrong_fn_bind(&wrong, func, &err);
    printf("bound as another: status %d, %s\n", status, err.message);

    lodge_instance_close(instance);
    lodge_engine_close(engine);
    return 0;
}

/* raw_types.c - groups B and C: types, vectors, strings and who owns them. */
#include "raw.h"

/* The type of the first export of a module. */
static const wasm_externtype_t *first_export(const char *wat)
{
    static wasm_exporttype_vec_t types;

    wasmtime_module_exports(raw_module(wasm_engine_new(), wat), &types);
    return wasm_exporttype_type(types.data[0]);
}

static void b1(void)
{
    const wasm_externtype_t *type =
        first_export("(module (func (export \"f\") (param v128)))");
    const wasm_functype_t *func = wasm_externtype_as_functype_const(type);

    told("done", "kind %d",
         wasm_valtype_kind(wasm_functype_params(func)->data[0]));
}

static void b3(void)
{
    told("done", "%s", wasm_valtype_new(77) ? "a type comes out" : "none");
}

static void b4(void)
{
    const wasm_externtype_t *type =
        first_export("(module (memory (export \"m\") i64 0 0x100000000))");
    const wasm_limits_t *limits =
        wasm_memorytype_limits(wasm_externtype_as_memorytype_const(type));

    told("wrong", "at most %u pages", limits->max);
}

static void b5(void)
{
    const wasm_externtype_t *type = first_export(
        "(module (table (export \"t\") i64 0 0x100000000 funcref))");
    const wasm_limits_t *limits =
        wasm_tabletype_limits(wasm_externtype_as_tabletype_const(type));

    told("wrong", "at most %u elements", limits->max);
}

static void b6(void)
{
    const wasm_limits_t limits = {5, 2};

    told("done", "%s", wasm_memorytype_new(&limits) ? "a type" : "none");
}

static void b7(void)
{
    const wasm_limits_t limits = {5, 2};

    told("wrong", "%s",
         wasm_tabletype_new(wasm_valtype_new(WASM_FUNCREF), &limits)
             ? "a type comes out whose minimum is above its maximum"
             : "none");
}

static void b8(void)
{
    const wasm_limits_t limits = {1, 2};
    wasm_valtype_t *element = wasm_valtype_new(WASM_I32);

    need(!wasm_tabletype_new(element, &limits), "a table of numbers");
    wasm_valtype_delete(element);
    told("nothing", "NULL comes out, and the element was freed twice");
}

static void b9(void)
{
    wasm_functype_t *type = wasm_functype_new_0_0();
    struct place one = place(NULL), two = place(NULL);
    wasmtime_func_t func;

    wasmtime_func_new(one.ctx, type, idle, NULL, NULL, &func);
    wasmtime_func_new(two.ctx, type, idle, NULL, NULL, &func);
    told("done", "no complaint");
}

static void b10(void)
{
    wasm_valtype_vec_t params, results = WASM_EMPTY_VEC;

    wasm_valtype_vec_new_uninitialized(&params, 2);
    params.data[0] = wasm_valtype_new(WASM_I32);
    params.data[1] = NULL;
    told("done", "%s", wasm_functype_new(&params, &results) ? "type" : "none");
}

static void b11(void)
{
    wasm_valtype_t *type = wasm_valtype_new(WASM_I32);
    wasm_valtype_vec_t one, two;

    wasm_valtype_vec_new(&one, 1, &type);
    wasm_valtype_vec_new(&two, 1, &type);
    wasm_valtype_vec_delete(&one);
    wasm_valtype_vec_delete(&two);
    told("nothing", "the type was freed twice");
}

static wasm_valtype_t *type_of(wasm_engine_t *engine, wasmtime_valtype_t *type)
{
    return wasmtime_valtype_to_wasm(engine, type);
}

/* A reference to a struct type of an engine. */
static wasm_valtype_t *ref_to_struct(wasm_engine_t *engine)
{
    const wasmtime_field_type_t field = {
        true, {WASMTIME_STORAGE_TYPE_KIND_I8, NULL}};
    wasmtime_valtype_t type = {.kind = WASMTIME_VALTYPE_KIND_REF};

    type.reftype.nullable = true;
    type.reftype.heaptype.kind = WASMTIME_HEAPTYPE_KIND_CONCRETE_STRUCT;
    type.reftype.heaptype.of.concrete_struct =
        wasmtime_struct_type_new(engine, &field, 1);
    return type_of(engine, &type);
}

static void b12(void)
{
    wasmtime_field_type_t field = {true,
                                   {WASMTIME_STORAGE_TYPE_KIND_VALTYPE, NULL}};

    field.storage.valtype = ref_to_struct(wasm_engine_new());
    told("done", "%s",
         wasmtime_struct_type_new(wasm_engine_new(), &field, 1)
             ? "a type comes out"
             : "none");
}

static void b13(void)
{
    wasmtime_field_type_t field = {true,
                                   {WASMTIME_STORAGE_TYPE_KIND_VALTYPE, NULL}};

    field.storage.valtype = ref_to_struct(wasm_engine_new());
    told("done", "%s",
         wasmtime_array_type_new(wasm_engine_new(), &field)
             ? "a type comes out"
             : "none");
}

static void b14(void)
{
    wasmtime_valtype_t type = {.kind = WASMTIME_VALTYPE_KIND_REF};

    type.reftype.heaptype.kind = WASMTIME_HEAPTYPE_KIND_CONCRETE_FUNC;
    type.reftype.heaptype.of.concrete_func = wasm_functype_new_0_0();
    told("done", "%s", type_of(NULL, &type) ? "a type" : "none");
}

static void b15(void)
{
    wasm_functype_t *func = wasm_functype_new_1_0(wasm_valtype_new(WASM_I32));

    wasm_valtype_delete(wasm_functype_params(func)->data[0]);
    wasm_functype_delete(func);
    told("nothing", "the parameter was freed twice");
}

static void b16(void)
{
    wasm_store_t *store = wasm_store_new(wasm_engine_new());
    wasm_functype_t *type = wasm_functype_new_0_0();
    wasm_func_t *func = wasm_func_new(store, type, NULL);

    told("done", "%s", wasm_func_same(func, func) ? "same" : "other");
}

/* ---- C: vectors and strings ---------------------------------------------- */

static void c1(void)
{
    wasm_valtype_vec_t params = {3, NULL}, results = WASM_EMPTY_VEC;

    need(wasm_functype_new(&params, &results) != NULL, "a type");
    told("wrong", "three types that are not there become none");
}

static void c2(void)
{
    wasm_byte_vec_t one, two;

    wasm_byte_vec_new(&one, 100,
                      "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
                      "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
                      "xxxxxxxxxxxxxxx");
    two = one;
    wasm_byte_vec_delete(&one);
    wasm_byte_vec_delete(&two);
    told("nothing", "the bytes were freed twice");
}

static void c3(void)
{
    wasm_byte_vec_t vec = {100, malloc(300)};

    wasm_byte_vec_delete(&vec);
    told("nothing", "freed by the wrong allocator, which is the same here");
}

static void one_vec(void *with)
{
    wasm_byte_vec_t vec;

    (void)with;
    wasm_byte_vec_new(&vec, 100, (const char *)&rows_types[0]);
}

static void c4(void)
{
    told_leak(one_vec, NULL);
}

static void c5(void)
{
    wasmtime_error_t *error = wasmtime_error_new("12345678901234567890123");
    char *before = malloc(23);
    wasm_name_t text;

    memset(before, 'x', 23);
    free(before);
    wasmtime_error_message(error, &text);
    if (text.data[text.size] != '\0')
        told("wrong", "no NUL is behind the message: strlen reads on");
    else
        told("nothing", "there was a 0 behind the message, by chance");
}

static void c6(void)
{
    wasm_trap_t *trap = wasmtime_trap_new("why", 3);
    wasm_message_t text;

    wasm_trap_message(trap, &text);
    told(text.size == 3 ? "done" : "wrong", "3 bytes went in, %zu come out",
         text.size);
}

static void c7(void)
{
    free(wasmtime_trap_new("why", 3));
    told("nothing", "what the trap held is lost");
}

static void c8(void)
{
    struct place p = place("(module (func $name (export \"f\") unreachable))");
    wasmtime_func_t func = raw_func(&p, "f");
    wasm_frame_vec_t frames;
    wasm_trap_t *trap = NULL;
    const wasm_name_t *name;

    wasmtime_func_call(p.ctx, &func, NULL, 0, NULL, 0, &trap);
    wasm_trap_trace(trap, &frames);
    name = wasmtime_frame_func_name(frames.data[0]);
    wasm_frame_vec_delete(&frames);
    wasm_trap_delete(trap);
    if (name->size == 4 && memcmp(name->data, "name", 4) == 0)
        told("nothing", "freed memory still held the name");
    else
        told("wrong", "another text comes out");
}

const struct row rows_types[] = {
    {"B1", b1, NULL},
    {"B2", NULL, "the proposal is not in this build"},
    {"B3", b3, NULL},
    {"B4", b4, NULL},
    {"B5", b5, NULL},
    {"B6", b6, NULL},
    {"B7", b7, NULL},
    {"B8", b8, NULL},
    {"B9", b9, NULL},
    {"B10", b10, NULL},
    {"B11", b11, NULL},
    {"B12", b12, NULL},
    {"B13", b13, NULL},
    {"B14", b14, NULL},
    {"B15", b15, NULL},
    {"B16", b16, NULL},
    {"B17", NULL, "mended in 48"},
    {"C1", c1, NULL},
    {"C2", c2, NULL},
    {"C3", c3, NULL},
    {"C4", c4, NULL},
    {"C5", c5, NULL},
    {"C6", c6, NULL},
    {"C7", c7, NULL},
    {"C8", c8, NULL},
    {NULL, NULL, NULL},
};

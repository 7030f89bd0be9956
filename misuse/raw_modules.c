/* raw_modules.c - group D: modules, and compiled code that was saved. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "raw.h"

static const char answer[] =
    "(module (func (export \"f\") (result i32) (i32.const 0x12345678)))";

static void saved(const char *wat, wasm_byte_vec_t *out)
{
    need(!wasmtime_module_serialize(raw_module(wasm_engine_new(), wat), out),
         "serialize");
}

/* What the function gives, which should give its answer. */
static void run_and_tell(struct place *p)
{
    wasmtime_func_t func = raw_func(p, "f");
    wasm_trap_t *trap = NULL;
    wasmtime_error_t *error;
    wasmtime_val_t value;

    error = wasmtime_func_call(p->ctx, &func, NULL, 0, &value, 1, &trap);
    if (error || trap)
        told_outcome(error, &trap);
    else if (value.of.i32 != 0x12345678)
        told("wrong", "other code has run than what was compiled");
    else
        told("done", "it ran as before");
}

static void load_and_tell(const wasm_byte_vec_t *bytes)
{
    struct place p = place(NULL);
    wasmtime_error_t *error;

    error = wasmtime_module_deserialize(p.engine, (const uint8_t *)bytes->data,
                                        bytes->size, &p.module);
    if (error) {
        told_outcome(error, NULL);
        return;
    }
    place_instance(&p);
    run_and_tell(&p);
}

static void d1(void)
{
    static const unsigned char before[] = {0x78, 0x56, 0x34, 0x12};
    wasm_byte_vec_t bytes;
    char *at;

    saved(answer, &bytes);
    at = memmem(bytes.data, bytes.size, before, sizeof before);
    need(at != NULL, "the number in the code");
    *at = 0x66;
    load_and_tell(&bytes);
}

static void d2(void)
{
    wasm_config_t *config = wasm_config_new();
    wasmtime_module_t *module;
    wasm_byte_vec_t bytes;

    saved(answer, &bytes);
    wasmtime_config_epoch_interruption_set(config, true);
    told_outcome(wasmtime_module_deserialize(
                     wasm_engine_new_with_config(config),
                     (const uint8_t *)bytes.data, bytes.size, &module),
                 NULL);
}

/* One bit of the saved code flipped, in a process of its own. */
static void d3(void)
{
    enum { TRIALS = 150 };
    int i, status, crashed = 0;
    wasm_byte_vec_t bytes;
    pid_t child;

    saved(answer, &bytes);
    for (i = 0; i < TRIALS; i++) {
        child = fork();
        if (child == 0) {
            alarm(5);
            close(1);
            close(2);
            bytes.data[(size_t)i * bytes.size / TRIALS] ^= 1 << i % 8;
            load_and_tell(&bytes);
            _exit(0);
        }
        waitpid(child, &status, 0);
        crashed += WIFSIGNALED(status);
    }
    if (crashed)
        told("crash", "some of %d flipped bits crash the process", TRIALS);
    else
        told("nothing", "none of %d flipped bits crashed", TRIALS);
}

static void d4(void)
{
    static char zeros[1 << 16];
    char path[] = "/tmp/raw-misuse-XXXXXX";
    struct place p = place(NULL);
    wasm_byte_vec_t bytes;
    size_t at;
    int fd = mkstemp(path);

    saved(answer, &bytes);
    need(write(fd, bytes.data, bytes.size) == (ssize_t)bytes.size, "write");
    need(!wasmtime_module_deserialize_file(p.engine, path, &p.module), "load");
    place_instance(&p);
    for (at = 0; at < bytes.size; at += sizeof zeros)
        need(pwrite(fd, zeros, sizeof zeros, (off_t)at) > 0, "overwrite");
    need(ftruncate(fd, 0) == 0, "truncate");
    unlink(path);
    told("nothing", "it has not been read yet");
    run_and_tell(&p);
}

static void d5(void)
{
    wasmtime_module_t *module;

    told_outcome(
        wasmtime_module_deserialize_file(wasm_engine_new(), NULL, &module),
        NULL);
}

static void d7(void)
{
    wasmtime_module_t *module;

    told_outcome(wasmtime_module_new(wasm_engine_new(),
                                     (const uint8_t *)answer, strlen(answer),
                                     &module),
                 NULL);
}

static void d9(void)
{
    struct place p = place(NULL);
    wasm_trap_t *trap = NULL;

    p.module = raw_module(wasm_engine_new(), "(module)");
    told_outcome(
        wasmtime_instance_new(p.ctx, p.module, NULL, 0, &p.instance, &trap),
        &trap);
}

/* A binary whose size says little of what it costs. */
static void d10(void)
{
    enum { LOCALS = 49000, LINES = 400 };
    char *text = malloc(200 + LOCALS * 5 + LINES * 60), *at = text;
    struct rusage before, after;
    int i;

    at += sprintf(at, "(module (func (param i64) (local");
    for (i = 0; i < LOCALS; i++)
        at += sprintf(at, " i64");
    at += sprintf(at, ")");
    for (i = 0; i < LINES; i++)
        at += sprintf(at,
                      "(block (br_if 0 (i64.eqz (local.get %d)))"
                      "(local.set %d (local.get 0)))",
                      i * 100, i * 90);
    sprintf(at, "))");
    getrusage(RUSAGE_SELF, &before);
    raw_module(wasm_engine_new(), text);
    getrusage(RUSAGE_SELF, &after);
    told("done", "compiled; nothing limits what it costs");
}

static void d11(void)
{
    wasmtime_module_t *module;

    told_outcome(wasmtime_module_new(wasm_engine_new(), NULL, 100, &module),
                 NULL);
}

static void d12(void)
{
    wasmtime_module_t *module;
    wasm_byte_vec_t binary;
    wasm_engine_t *engine = wasm_engine_new();

    raw_binary(answer, &binary);
    if (prctl(65 /* PR_SET_MDWE */, 1, 0, 0, 0) != 0)
        told("not", "this kernel cannot forbid it");
    else
        told_outcome(wasmtime_module_new(engine, (const uint8_t *)binary.data,
                                         binary.size, &module),
                     NULL);
}

static void d13(void)
{
    wasmtime_module_t *module = raw_module(wasm_engine_new(), answer);
    volatile uint8_t byte;
    void *start, *end;

    wasmtime_module_image_range(module, &start, &end);
    wasmtime_module_delete(module);
    byte = *(volatile uint8_t *)start;
    told("nothing", "there was something at that address still (%d)",
         byte != 0);
}

const struct row rows_modules[] = {
    {"D1", d1, NULL},   {"D2", d2, NULL},
    {"D3", d3, NULL},   {"D4", d4, NULL},
    {"D5", d5, NULL},   {"D6", NULL, "no module was found whose saving fails"},
    {"D7", d7, NULL},   {"D8", NULL, "components are not in this build"},
    {"D9", d9, NULL},   {"D10", d10, NULL},
    {"D11", d11, NULL}, {"D12", d12, NULL},
    {"D13", d13, NULL}, {NULL, NULL, NULL},
};

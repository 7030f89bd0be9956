/* program.h - WASI programs that others compiled, run in a folder of their
 * own with what their expectations were made for.
 */
#ifndef LODGE_PROGRAM_H
#define LODGE_PROGRAM_H

#include <sys/stat.h>
#include <unistd.h>

#include "fetched.h"
#include "guests/wasi_guest.h"

static char program_folder[1024]; /* where the programs are */
static char ground[] = "/tmp/lodge-program-XXXXXX";
static char printed[1 << 20];
static uint64_t program_deadline; /* of the next run, in ns; 0 = none */

static inline const char *on_ground(const char *path)
{
    static char paths[8][160];
    static int next;
    char *full = paths[next++ % 8];

    snprintf(full, 160, "%s/%s", ground, path);
    return full;
}

static inline void ground_file(const char *path, const char *text)
{
    FILE *f = fopen(on_ground(path), "wb");

    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static inline void ground_link(const char *to, const char *path)
{
    assert_int_equal(symlink(to, on_ground(path)), 0);
}

static inline void ground_dir(const char *path)
{
    assert_int_equal(mkdir(on_ground(path), 0777), 0);
}

static inline int begin_program(void **state)
{
    strcpy(ground + sizeof ground - 7, "XXXXXX");
    if (!mkdtemp(ground) || begin(state))
        return -1;
    program_deadline = 0;
    ring(1, sizeof printed);
    return 0;
}

static inline int end_program(void **state)
{
    char command[64];

    snprintf(command, sizeof command, "rm -r %s", ground);
    return system(command) || end(state);
}

#define PROGRAM_TEST(name)                                                    \
    cmocka_unit_test_setup_teardown(name, begin_program, end_program)

static inline void add_arg(const char *text)
{
    OK(lodge_wasi_arg(wasi, TEXT(text), ERR));
}

static inline void add_dir(const char *path, const char *name, uint32_t rights)
{
    OK(lodge_wasi_dir(wasi, TEXT(on_ground(path)), TEXT(name), rights, rights,
                      ERR));
}

/* Runs a program with the description of the test; how it ended. */
static inline lodge_status run_program(const char *name)
{
    lodge_prepared prepared;
    lodge_module module;
    lodge_status st;
    char path[1200];
    uint64_t n;

    snprintf(path, sizeof path, "%s/%s.wasm", program_folder, name);
    OK(lodge_module_open_file(engine, TEXT(path), &module, ERR));
    OK(lodge_linker_prepare(wasi_linker(), module, &prepared, ERR));
    lodge_module_close(module);
    OK(lodge_prepared_wasi(prepared, wasi, ERR));
    OK(lodge_prepared_set(prepared, LODGE_STORE_DEADLINE, program_deadline,
                          ERR));
    OK(lodge_prepared_instance(prepared, (lodge_store){0}, &guest, ERR));
    OK(lodge_instance_store(guest, &store, ERR));
    lodge_prepared_close(prepared);
    st = lodge_func_call(func_of(guest, "_start"), NULL, 0, ERR);
    OK(lodge_store_output(store, 1, (uint8_t *)printed, sizeof printed - 1, &n,
                          NULL));
    printed[n] = 0;
    return st;
}

/* It ends with this code. */
static inline void program_ends(const char *name, int32_t code)
{
    lodge_status st = run_program(name);

    if (st != LODGE_OK && st != LODGE_E_EXIT)
        fail_msg("%s: status %d: %s", name, (int)st, test_err.message);
    assert_int_equal(st == LODGE_OK ? 0 : test_err.exit_code, code);
}

/* It ends with this code and has printed this. */
static inline void program_gives(const char *name, int32_t code,
                                 const char *text)
{
    program_ends(name, code);
    if (strcmp(printed, text) != 0)
        fail_msg("%s printed: %s", name, printed);
}

static inline int find_programs(const char *name)
{
    if (!fetched(name, program_folder, sizeof program_folder))
        fail_msg("%s is not there; the reason is above", name);
    return 0;
}

#endif

/* c_guest.h - guests that were compiled from C, beside these tests. */
#ifndef LODGE_C_GUEST_H
#define LODGE_C_GUEST_H

#include <unistd.h>

#include "wasi_guest.h"

/* A module of tests/guests, from the build. */
static inline lodge_module c_guest(const char *name)
{
    lodge_module module;
    char path[512];
    int n = snprintf(path, sizeof path, "%s/%s.wasm", LODGE_GUEST_DIR, name);

    if (access(path, R_OK) != 0)
        fail_msg("%s is not there: C guests need clang, lld, wasi-libc and "
                 "libclang-rt for wasm32 (tools/setup test installs them); "
                 "then configure again",
                 path);
    OK(lodge_module_open_file(engine, path, (uint64_t)n, &module, ERR));
    return module;
}

/* Run its main with the description of the test; the exit code. */
static inline int run_c_guest(const char *name)
{
    lodge_prepared prepared;
    lodge_status st;

    OK(lodge_linker_prepare(wasi_linker(), c_guest(name), &prepared, ERR));
    OK(lodge_prepared_wasi(prepared, wasi, ERR));
    guest_start(prepared);
    st = lodge_func_call(func_of(guest, "_start"), NULL, 0, ERR);
    if (st == LODGE_E_EXIT)
        return test_err.exit_code;
    OK(st);
    return 0;
}

#endif

/* raw_wasi.c - groups K and L: WASI and components, which the C API of this
 * build does not have.
 */
#include "raw.h"

#define NO_WASI "the C API's WASI is not in this build: Lodge has its own"
#define NO_COMPONENTS "components are not in this build"

const struct row rows_wasi[] = {
    {"K1", NULL, NO_WASI},        {"K2", NULL, NO_WASI},
    {"K3", NULL, NO_WASI},        {"K4", NULL, NO_WASI},
    {"K5", NULL, NO_WASI},        {"K6", NULL, NO_WASI},
    {"K7", NULL, NO_WASI},        {"K8", NULL, NO_WASI},
    {"K9", NULL, NO_WASI},        {"K10", NULL, NO_WASI},
    {"K11", NULL, NO_WASI},       {"K12", NULL, NO_WASI},
    {"K13", NULL, NO_WASI},       {"K14", NULL, NO_WASI},
    {"K15", NULL, NO_WASI},       {"L1", NULL, NO_COMPONENTS},
    {"L2", NULL, NO_COMPONENTS},  {"L3", NULL, NO_COMPONENTS},
    {"L4", NULL, NO_COMPONENTS},  {"L5", NULL, NO_COMPONENTS},
    {"L6", NULL, NO_COMPONENTS},  {"L7", NULL, NO_COMPONENTS},
    {"L8", NULL, NO_COMPONENTS},  {"L9", NULL, NO_COMPONENTS},
    {"L10", NULL, NO_COMPONENTS}, {"L11", NULL, NO_COMPONENTS},
    {"L12", NULL, NO_COMPONENTS}, {"L13", NULL, NO_COMPONENTS},
    {"L14", NULL, NO_COMPONENTS}, {"L15", NULL, NO_COMPONENTS},
    {NULL, NULL, NULL},
};

/* lodge.h - embed WebAssembly through Wasmtime, safely, from C or any
 * language that can call C.
 *
 * This header is the whole contract and the only reference. Every function
 * has a comment of one form: what it does; a row for each parameter with its
 * mark; the errors it can return; the thread rule; since when; its number
 * for lodge_do.
 *
 * Marks   [in]      read during the call, never kept
 *         [out]     written; untouched when the call fails
 *         [inout]   both
 *         [take]    an object that the call takes over on success
 *         [in,null] as [in]; may be NULL or 0
 *
 * Rules that hold everywhere, and are not repeated below
 *
 *   Handles   integers with 0 < id < 2^53; 0 is 'none'. A handle that is 0,
 *             closed, forged, of another kind or of another store is refused
 *             with LODGE_E_HANDLE (or LODGE_E_FOREIGN); nothing is
 *             dereferenced before it is checked.
 *   Status    0 done, > 0 not finished, < 0 failed. A failed call changes
 *             nothing but `err`, `*len`, and the out words of a frame.
 *   err       may be NULL. The caller's own record, made by
 *             LODGE_ERROR_INIT or lodge_error_init.
 *   Text in   (ptr, len) in bytes, UTF-8, no NUL needed, copied before the
 *             call returns. NULL with length 0 is the empty text.
 *   Text out  (buf, cap, len): `*len` gets the full length in bytes, also
 *             when the buffer is too small (LODGE_E_BUFFER; nothing is
 *             written to buf). No NUL is added. `len` may be NULL.
 *   Slots     64 bits each. i32 and f32 use the low half, v128 two slots,
 *             low half first. A funcref is the id of a lodge_func, an
 *             externref a number of the host's own (its token), any other
 *             reference the id of a lodge_ref; 0 is null. An externref that
 *             a guest made of an object of its own is LODGE_EXTERN_REF plus
 *             the id of a lodge_ref. What a result, a field or an element
 *             gives as lodge_ref is to be closed (lodge_ref_close); as a
 *             parameter of a host function it is closed when the function
 *             returns or is answered.
 *   Tokens    A token that goes in as externref is taken over once for each
 *             time: when its last use is over, it comes out of lodge_reap
 *             as often as it went in. A call that is refused takes none,
 *             one that fails later has taken all: LODGE_STORE_EXTERNREFS
 *             counts. What a host function returns or an answer holds is
 *             taken, whatever comes of it. A token that a call gives back
 *             stays valid until the store is used again.
 *   close     always LODGE_OK: any order, twice, any thread, 0, stale ids.
 *             An object in use ends when its last user leaves it.
 *   ARGUMENT  every function with pointers or enumerated values returns
 *             LODGE_E_ARGUMENT for NULL where it is not allowed, pointers to
 *             words that are not aligned for them (bytes can be anywhere, and
 *             an `err` that is not aligned is left alone), values out of
 *             range, and text that is not UTF-8.
 *   MEMORY    LODGE_E_MEMORY is listed where Lodge itself asks for memory, or
 *             Wasmtime says that it got none. Elsewhere Wasmtime ends the
 *             process when there is none.
 */
#ifndef LODGE_H
#define LODGE_H

#include <stdint.h>

#ifndef LODGE_API
#if defined(_WIN32)
#define LODGE_API __declspec(dllimport)
#elif defined(__GNUC__)
#define LODGE_API __attribute__((visibility("default")))
#else
#define LODGE_API
#endif
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define LODGE_VERSION_MAJOR 0
#define LODGE_VERSION_MINOR 1
#define LODGE_VERSION_PATCH 0

/* ---- types ------------------------------------------------------------ */

/* 0 done, > 0 not finished, < 0 failed: LODGE_OK, LODGE_REQUEST, LODGE_E_*. */
typedef int32_t lodge_status;

/* A handle is an integer in a struct of its own, so that a C or C++ compiler
 * tells kinds apart. With LODGE_PLAIN_HANDLES all are uint64_t; the ABI is
 * the same on every platform that Lodge runs on.
 */
#ifdef LODGE_PLAIN_HANDLES
#define LODGE_HANDLE(name) typedef uint64_t name
#else
#define LODGE_HANDLE(name)                                                    \
    typedef struct name {                                                     \
        uint64_t id;                                                          \
    } name
#endif

LODGE_HANDLE(lodge_config);   /* settings of an engine */
LODGE_HANDLE(lodge_engine);   /* compiles and runs modules */
LODGE_HANDLE(lodge_module);   /* compiled code */
LODGE_HANDLE(lodge_linker);   /* names for imports */
LODGE_HANDLE(lodge_host);     /* functions that the host offers */
LODGE_HANDLE(lodge_prepared); /* a module with its imports resolved */
LODGE_HANDLE(lodge_store);    /* where instances live */
LODGE_HANDLE(lodge_budget);   /* limits that many stores share */
LODGE_HANDLE(lodge_wasi);     /* a WASI preview 1 description */
LODGE_HANDLE(lodge_report);   /* a failure in full */
LODGE_HANDLE(lodge_lease);    /* a borrowed memory */
LODGE_HANDLE(lodge_instance); /* a module in a store */
LODGE_HANDLE(lodge_func);     /* a function of a store */
LODGE_HANDLE(lodge_memory);   /* a linear memory */
LODGE_HANDLE(lodge_table);    /* a table of references */
LODGE_HANDLE(lodge_global);   /* a global variable */
LODGE_HANDLE(lodge_tag);      /* the type of an exception */
LODGE_HANDLE(lodge_ref);      /* an object of the guest's heap, an exception */
LODGE_HANDLE(lodge_caller);   /* a running host call */
LODGE_HANDLE(lodge_shared_memory); /* a linear memory of no store */

/* An import or export of any kind: `kind` is LODGE_KIND_FUNC, _MEMORY,
 * _TABLE, _GLOBAL or _TAG, `id` the id of such a handle. What is given to a
 * linker may be a LODGE_KIND_SHARED_MEMORY as well; an export never is.
 */
typedef struct lodge_extern {
    uint32_t kind;
    uint32_t reserved; /* 0 */
    uint64_t id;
} lodge_extern;

/* The caller's error record: 48 fixed bytes, then the message. A record may
 * be longer than this struct: `head` holds its total size in bytes in the
 * low half and 0x4C45 in the high half. A record without that is left alone.
 */
typedef struct lodge_error {
    uint32_t head;        /* in: LODGE_ERROR_INIT                           */
    int32_t status;       /* the status that was returned                   */
    int32_t trap;         /* LODGE_TRAP_*, or -1                            */
    int32_t exit_code;    /* with LODGE_E_EXIT                              */
    uint64_t payload;     /* with LODGE_E_HOST: the host's own value; with
                            LODGE_E_EXCEPTION its lodge_ref, if asked for   */
    uint64_t report;      /* id of a lodge_report, if it was asked for      */
    uint32_t flags;       /* in: LODGE_ERROR_*                              */
    uint32_t message_len; /* full length of the message in bytes            */
    uint64_t detail;      /* offset, index or size, as the message says;
                             with LODGE_E_LIMIT a LODGE_LIMIT_*             */
    char message[208];    /* UTF-8, cut at a character, ends with NUL       */
} lodge_error;

#define LODGE_ERROR_MAGIC 0x4C450000u
#define LODGE_ERROR_INIT                                                      \
    {                                                                         \
        LODGE_ERROR_MAGIC | (uint32_t)sizeof(lodge_error), 0, -1, 0, 0, 0, 0, \
            0, 0, { 0 }                                                       \
    }

/* A DIRECT host function: runs at once on the thread that is in the call.
 * `slots` holds the parameters and takes the results, from slot 0; it and the
 * caller are of no use once the function has returned. Returns 0, or the
 * result of lodge_caller_fail, lodge_caller_throw or lodge_caller_exit, or
 * LODGE_AS_SAID. It must return: no longjmp, no exception and no end of the
 * thread may lead past it.
 */
typedef int32_t (*lodge_direct_fn)(uint64_t token, lodge_caller caller,
                                   uint64_t *slots);

/* What runs every host function of mode LODGE_HOST_FRAME of a linker; always
 * on the thread's own stack. `token` is the function's, `tag` that of
 * lodge_store_frame, whose frame holds the call. Returns 0, or LODGE_E_HOST
 * (with PAYLOAD), LODGE_E_EXCEPTION (with an exception as PAYLOAD),
 * LODGE_E_EXIT (with the exit code in the high half of DETAIL),
 * LODGE_E_CANCELLED, or the result of lodge_caller_fail or
 * lodge_caller_throw. As in lodge_resume, the status of a nested call hands
 * its failure on.
 */
typedef int32_t (*lodge_frame_fn)(uint32_t token, uint32_t tag);

/* ---- constants -------------------------------------------------------- */

/* Statuses. */
enum {
    LODGE_OK = 0,              /* done                                       */
    LODGE_REQUEST = 1,         /* a host function waits for its answer       */
    LODGE_YIELD = 2,           /* the time slice is used up                  */
    LODGE_E_ARGUMENT = -1,     /* an argument is NULL, malformed, too large  */
    LODGE_E_HANDLE = -2,       /* not a live handle of the kind expected     */
    LODGE_E_BUSY = -3,         /* in use on another thread                   */
    LODGE_E_FOREIGN = -4,      /* belongs to another store or engine         */
    LODGE_E_STATE = -5,        /* not possible in the present state          */
    LODGE_E_CONFIG = -6,       /* the configuration contradicts itself       */
    LODGE_E_COMPILE = -7,      /* malformed or invalid module                */
    LODGE_E_LINK = -8,         /* an import is missing or does not fit       */
    LODGE_E_TYPE = -9,         /* a value or object of the wrong type        */
    LODGE_E_BOUNDS = -10,      /* outside a memory or table                  */
    LODGE_E_BUFFER = -11,      /* the buffer is too small                    */
    LODGE_E_NOT_FOUND = -12,   /* no such name, index or key                 */
    LODGE_E_UNSUPPORTED = -13, /* this build or platform cannot             */
    LODGE_E_IO = -14,          /* a file could not be read                   */
    LODGE_E_MEMORY = -15,      /* out of memory                              */
    LODGE_E_LIMIT = -16,       /* a configured or fixed limit is reached     */
    LODGE_E_TRAP = -32,        /* the guest trapped                          */
    LODGE_E_EXCEPTION = -33,   /* the guest threw and nobody caught          */
    LODGE_E_EXIT = -34,        /* the guest ended with an exit code          */
    LODGE_E_HOST = -35,        /* a host function failed                     */
    LODGE_E_FUEL = -36,        /* the fuel is used up                        */
    LODGE_E_DEADLINE = -37,    /* the deadline has passed                    */
    LODGE_E_CANCELLED = -38,   /* the call was cancelled                     */
    LODGE_E_STACK = -39,       /* the guest's stack is used up               */
    LODGE_E_INTERNAL = -64     /* a defect; the store can only be closed     */
};

/* Trap codes, numbered as Wasmtime numbers them. Others may appear. */
enum {
    LODGE_TRAP_NONE = -1,                 /* no trap                        */
    LODGE_TRAP_STACK_OVERFLOW = 0,        /* call stack exhausted           */
    LODGE_TRAP_MEMORY_OUT_OF_BOUNDS = 1,  /* memory access out of bounds    */
    LODGE_TRAP_HEAP_MISALIGNED = 2,       /* atomic access not aligned      */
    LODGE_TRAP_TABLE_OUT_OF_BOUNDS = 3,   /* table access out of bounds     */
    LODGE_TRAP_INDIRECT_CALL_TO_NULL = 4, /* uninitialized table element    */
    LODGE_TRAP_BAD_SIGNATURE = 5,         /* indirect call type mismatch    */
    LODGE_TRAP_INTEGER_OVERFLOW = 6,      /* integer overflow               */
    LODGE_TRAP_DIVISION_BY_ZERO = 7,      /* integer division by zero       */
    LODGE_TRAP_BAD_CONVERSION = 8,        /* float not representable        */
    LODGE_TRAP_UNREACHABLE = 9,           /* unreachable executed           */
    LODGE_TRAP_INTERRUPT = 10,            /* interrupted                    */
    LODGE_TRAP_OUT_OF_FUEL = 11,          /* all fuel consumed              */
    LODGE_TRAP_ATOMIC_WAIT = 12,          /* wait on memory not shared      */
    LODGE_TRAP_NULL_REFERENCE = 13,       /* null reference                 */
    LODGE_TRAP_ARRAY_OUT_OF_BOUNDS = 14,  /* array access out of bounds     */
    LODGE_TRAP_ALLOCATION_TOO_LARGE = 15, /* allocation too large           */
    LODGE_TRAP_CAST_FAILURE = 16          /* cast failure                   */
};

/* Kinds of handles. */
enum {
    LODGE_KIND_NONE = 0,
    LODGE_KIND_CONFIG = 1,
    LODGE_KIND_ENGINE = 2,
    LODGE_KIND_MODULE = 3,
    LODGE_KIND_LINKER = 4,
    LODGE_KIND_HOST = 5,
    LODGE_KIND_PREPARED = 6,
    LODGE_KIND_STORE = 7,
    LODGE_KIND_BUDGET = 8,
    LODGE_KIND_WASI = 9,
    LODGE_KIND_REPORT = 10,
    LODGE_KIND_LEASE = 11,
    LODGE_KIND_SHARED_MEMORY = 12,
    LODGE_KIND_INSTANCE = 16,
    LODGE_KIND_FUNC = 17,
    LODGE_KIND_MEMORY = 18,
    LODGE_KIND_TABLE = 19,
    LODGE_KIND_GLOBAL = 20,
    LODGE_KIND_TAG = 21,
    LODGE_KIND_REF = 22,
    LODGE_KIND_CALLER = 23,
    LODGE_KIND_EXTERNREF = 24 /* lodge_reap only: it has no handle */
};

/* Value types, as codes. In text: i32 i64 f32 f64 v128 funcref externref
 * anyref eqref i31ref structref arrayref exnref nullref nullfuncref
 * nullexternref nullexnref. What is never null is (ref any), (ref func) and
 * so on; a type that a module defines has a number (lodge_module_type), and
 * is (ref 300) or (ref null 300). Any other reference is 'ref'.
 */
enum {
    LODGE_TYPE_I32 = 0,
    LODGE_TYPE_I64 = 1,
    LODGE_TYPE_F32 = 2,
    LODGE_TYPE_F64 = 3,
    LODGE_TYPE_V128 = 4, /* two slots, low half first */
    LODGE_TYPE_FUNCREF = 5,
    LODGE_TYPE_EXTERNREF = 6,
    LODGE_TYPE_ANYREF = 7,
    LODGE_TYPE_EQREF = 8,
    LODGE_TYPE_I31REF = 9,
    LODGE_TYPE_STRUCTREF = 10,
    LODGE_TYPE_ARRAYREF = 11,
    LODGE_TYPE_EXNREF = 12,
    LODGE_TYPE_NULLREF = 13,
    LODGE_TYPE_NULLFUNCREF = 14,
    LODGE_TYPE_NULLEXTERNREF = 15,
    LODGE_TYPE_NULLEXNREF = 16,
    LODGE_TYPE_REF = 17, /* a reference type that has no other name */
    LODGE_TYPE_I8 = 32,  /* memory access only: 8 bits, zero-extended */
    LODGE_TYPE_I16 = 33  /* memory access only: 16 bits, zero-extended */
};

/* What lodge_type_get tells of a type that a module defines. */
enum {
    LODGE_DEF_KIND = 1,   /* LODGE_TYPE_STRUCTREF, _ARRAYREF or _FUNCREF */
    LODGE_DEF_FIELDS = 2, /* fields of a struct, 1 of an array, else 0 */
    LODGE_DEF_SUPER = 3,  /* number of the supertype, 0 = none */
    LODGE_DEF_OPEN = 4    /* 1 if it may have subtypes, else 0 */
};

/* The slot of an externref that is a guest's own object is this plus the id of
 * a lodge_ref; all below are tokens.
 */
#define LODGE_EXTERN_REF UINT64_C(0xFFE0000000000000)

/* Flags in lodge_error.flags. */
enum {
    LODGE_ERROR_REPORT = 1,    /* make a report: backtrace and causes */
    LODGE_ERROR_CORE_DUMP = 2, /* make a report with a core dump; needs
                                 core-dump=on */
    LODGE_ERROR_EXCEPTION = 16 /* keep an exception that nobody caught: PAYLOAD
                                 is a lodge_ref, to be closed */
};

/* Words of a call frame (lodge_call). Words 0-7 are written by the host
 * only, 8-15 by Lodge; the slots follow.
 */
enum {
    LODGE_FRAME_FUNC = 0,      /* func, or prepared (lodge_instantiate) */
    LODGE_FRAME_PARENT = 1,    /* token of the innermost open request, or 0 */
    LODGE_FRAME_CALLID = 2,    /* id for cancelling, or 0 */
    LODGE_FRAME_DEADLINE = 3,  /* ns from now, 0 = the store's default */
    LODGE_FRAME_TAG = 4,       /* user tag, seen by host functions */
    LODGE_FRAME_CAPACITY = 5,  /* low half: slots in this frame; high: 0 */
    LODGE_FRAME_ERROR = 6,     /* low half: word offset of an error record in
                                 this frame, high half: its words; 0 = none */
    LODGE_FRAME_SLICE = 7,     /* ns until LODGE_YIELD, 0 = none */
    LODGE_FRAME_TOKEN = 8,     /* token of this stop */
    LODGE_FRAME_IMPORT = 9,    /* low half: the function's token, then 16
                                 bits of parameter, 16 of result slots */
    LODGE_FRAME_INSTANCE = 10, /* calling instance */
    LODGE_FRAME_DETAIL = 11,   /* low half: trap code, high half: exit code */
    LODGE_FRAME_PAYLOAD = 12,  /* host failure payload, or an exception */
    LODGE_FRAME_STATUS = 13,   /* status of this frame */
    LODGE_FRAME_OPEN = 14,     /* calls open in the store */
    LODGE_FRAME_RESERVED = 15,
    LODGE_FRAME_SLOTS = 16 /* parameters in, results out, from here */
};

/* Presets for lodge_config_new. */
enum {
    LODGE_PRESET_DEFAULT = 0,       /* Wasmtime's defaults, interruption on */
    LODGE_PRESET_UNTRUSTED = 1,     /* compile limits, fuel, small memories */
    LODGE_PRESET_DETERMINISTIC = 2, /* same bits on every run and machine   */
    LODGE_PRESET_PULLEY = 3,        /* interpreter, no executable memory    */
    LODGE_PRESET_SMALL = 4,         /* no helper threads, small reservations */
    LODGE_PRESET_NO_SIGNALS = 5,    /* explicit checks, no signal handlers  */
    LODGE_PRESET_POOLING = 6        /* pooling allocator for many instances */
};

/* Configuration keys. Name, type, range, default and help of each are listed
 * by lodge_config_key. What could break safety is absent; docs/config.md
 * says why.
 */
enum {
    LODGE_CONFIG_FUEL = 1,               /* bool: count fuel */
    LODGE_CONFIG_INTERRUPTION = 2,       /* bool: deadlines and cancelling */
    LODGE_CONFIG_MAX_WASM_STACK = 3,     /* bytes of guest stack */
    LODGE_CONFIG_FIBER_STACK = 4,        /* bytes of a fiber's stack */
    LODGE_CONFIG_DOMAIN = 5,             /* domain for lodge_reap */
    LODGE_CONFIG_MAX_MODULE_BYTES = 6,   /* compile limit: bytes of a module */
    LODGE_CONFIG_MAX_FUNCTIONS = 7,      /* compile limit: functions */
    LODGE_CONFIG_MAX_FUNCTION_BYTES = 8, /* compile limit: bytes of a body */
    LODGE_CONFIG_MAX_LOCALS = 9,         /* compile limit: locals of a body */
    LODGE_CONFIG_PARALLEL_COMPILATION = 10, /* bool: compile on all cores */
    LODGE_CONFIG_OPT_LEVEL = 11, /* choice: none speed speed-and-size */
    LODGE_CONFIG_TARGET = 12,    /* text: host, pulley64, a triple */
    LODGE_CONFIG_NAN_CANONICALIZATION = 13, /* bool: one NaN bit pattern */
    LODGE_CONFIG_DEBUG_VERIFIER = 14, /* bool: verify Cranelift's output */
    LODGE_CONFIG_REGALLOC = 15,       /* choice: backtracking single-pass */
    LODGE_CONFIG_DEBUG_INFO = 16,     /* bool: native debug information */
    LODGE_CONFIG_NATIVE_UNWIND_INFO = 17, /* bool: unwind tables */
    LODGE_CONFIG_PROFILER = 18,           /* choice: none perfmap jitdump */
    LODGE_CONFIG_BACKTRACE_DETAILS = 19, /* bool: source lines in backtraces */
    LODGE_CONFIG_STORE_MEMORY_LIMIT = 20, /* bytes, of every new store */
    LODGE_CONFIG_STORE_TABLE_LIMIT = 21,  /* elements, of every new store */
    LODGE_CONFIG_MAX_LOOP_DEPTH = 22,  /* compile limit: loops within loops */
    LODGE_CONFIG_STORE_DEADLINE = 23,  /* ms, of every call in a new store */
    LODGE_CONFIG_WASM_THREADS = 32,    /* bool: threads proposal */
    LODGE_CONFIG_SHARED_MEMORY = 33,   /* bool: allow shared memories */
    LODGE_CONFIG_TAIL_CALL = 34,       /* bool: tail calls */
    LODGE_CONFIG_REFERENCE_TYPES = 35, /* bool: reference types */
    LODGE_CONFIG_FUNCTION_REFERENCES = 36, /* bool: typed references */
    LODGE_CONFIG_GC = 37,                  /* bool: garbage collection */
    LODGE_CONFIG_EXCEPTIONS = 38,          /* bool: exception handling */
    LODGE_CONFIG_SIMD = 39,                /* bool: 128-bit SIMD */
    LODGE_CONFIG_RELAXED_SIMD = 40,        /* bool: relaxed SIMD */
    LODGE_CONFIG_RELAXED_SIMD_DETERMINISTIC = 41, /* bool: same everywhere */
    LODGE_CONFIG_BULK_MEMORY = 42,                /* bool: bulk memory */
    LODGE_CONFIG_MULTI_VALUE = 43,                /* bool: several results */
    LODGE_CONFIG_MULTI_MEMORY = 44,               /* bool: several memories */
    LODGE_CONFIG_MEMORY64 = 45,          /* bool: 64-bit memories and tables */
    LODGE_CONFIG_WIDE_ARITHMETIC = 46,   /* bool: 128-bit integer arithmetic */
    LODGE_CONFIG_CUSTOM_PAGE_SIZES = 47, /* bool: custom page sizes */
    LODGE_CONFIG_EXTENDED_CONST = 48,    /* bool: extended constants */
    LODGE_CONFIG_SIGNALS_BASED_TRAPS = 64, /* bool: traps by signal handler */
    LODGE_CONFIG_MEMORY_MAY_MOVE = 65,    /* bool: a growing memory may move */
    LODGE_CONFIG_MEMORY_RESERVATION = 66, /* bytes reserved per memory */
    LODGE_CONFIG_MEMORY_GUARD_SIZE = 67,  /* bytes of guard per memory */
    LODGE_CONFIG_MEMORY_RESERVATION_FOR_GROWTH = 68, /* bytes to grow into */
    LODGE_CONFIG_MEMORY_INIT_COW = 69,          /* bool: map initial data */
    LODGE_CONFIG_ALLOCATOR = 80,                /* choice: on-demand pooling */
    LODGE_CONFIG_POOL_INSTANCES = 81,           /* instances in the pool */
    LODGE_CONFIG_POOL_MEMORIES = 82,            /* memories in the pool */
    LODGE_CONFIG_POOL_TABLES = 83,              /* tables in the pool */
    LODGE_CONFIG_POOL_STACKS = 84,              /* fiber stacks in the pool */
    LODGE_CONFIG_POOL_GC_HEAPS = 85,            /* GC heaps in the pool */
    LODGE_CONFIG_POOL_INSTANCE_SIZE = 86,       /* bytes of an instance */
    LODGE_CONFIG_POOL_TABLES_PER_MODULE = 87,   /* tables of one module */
    LODGE_CONFIG_POOL_MEMORIES_PER_MODULE = 88, /* memories of one module */
    LODGE_CONFIG_POOL_TABLE_ELEMENTS = 89,      /* elements of a table */
    LODGE_CONFIG_POOL_MAX_MEMORY_SIZE = 90,     /* bytes of one memory */
    LODGE_CONFIG_POOL_WARM_SLOTS = 91, /* slots kept for their last module */
    LODGE_CONFIG_POOL_DECOMMIT_BATCH = 92, /* slots given back at once */
    LODGE_CONFIG_POOL_MEMORY_KEEP = 93,    /* bytes kept resident per memory */
    LODGE_CONFIG_POOL_TABLE_KEEP = 94,     /* bytes kept resident per table */
    LODGE_CONFIG_POOL_STACK_KEEP = 95,     /* bytes kept resident per stack */
    LODGE_CONFIG_CACHE_FOLDER = 112,   /* text: folder for compiled modules */
    LODGE_CONFIG_CACHE_BYTES = 113,    /* bytes to keep there */
    LODGE_CONFIG_CACHE_AGE = 114,      /* seconds until an unused one goes */
    LODGE_CONFIG_CACHE_KEY_FILE = 115, /* text: file with the cache's key */
    LODGE_CONFIG_TRUST_FILE = 116,     /* bool: map files unverified */
    LODGE_CONFIG_CORE_DUMP = 128,      /* bool: LODGE_ERROR_CORE_DUMP works */
    LODGE_CONFIG_CORE_DUMP_LIMIT = 129 /* bytes of one core dump */
};

/* Types of configuration keys (lodge_config_key). */
enum {
    LODGE_VALUE_BOOL = 1,   /* 0 or 1; in text on/off, true/false, yes/no */
    LODGE_VALUE_UINT = 2,   /* number; in text with K, M, G for 2^10,20,30 */
    LODGE_VALUE_CHOICE = 3, /* one of a list of words, by index */
    LODGE_VALUE_TEXT = 4    /* text */
};

/* What lodge_config_key tells. */
enum {
    LODGE_KEY_NAME = 0,    /* "max-wasm-stack" */
    LODGE_KEY_RANGE = 1,   /* "4096..1073741824", or the words of a choice */
    LODGE_KEY_DEFAULT = 2, /* "524288" */
    LODGE_KEY_HELP = 3     /* one sentence */
};

/* Linker settings (lodge_linker_set). */
enum {
    LODGE_LINKER_SHADOWING = 1, /* 1: a later definition replaces an earlier */
    LODGE_LINKER_UNKNOWN = 2    /* imports nobody defines: LODGE_UNKNOWN_* */
};

/* Values of LODGE_LINKER_UNKNOWN. */
enum {
    LODGE_UNKNOWN_ERROR = 0,  /* LODGE_E_LINK, naming them */
    LODGE_UNKNOWN_TRAP = 1,   /* functions that trap when called */
    LODGE_UNKNOWN_DEFAULT = 2 /* zeros, null, empty memories and tables */
};

/* What lodge_module_import, _export and _section tell. */
enum {
    LODGE_ITEM_MODULE = 0, /* module name of an import */
    LODGE_ITEM_NAME = 1,   /* name */
    LODGE_ITEM_KIND = 2,   /* "func" "memory" "table" "global" "tag" */
    LODGE_ITEM_TYPE = 3,   /* type as text */
    LODGE_ITEM_DATA = 4    /* bytes of a custom section */
};

/* How lodge_binary_to_text prints. */
enum {
    LODGE_TEXT_OFFSETS = 1, /* each line after its byte offset */
    LODGE_TEXT_NAMES = 2,   /* make names for what has none */
    LODGE_TEXT_SKELETON = 4 /* leave out bodies, data and elements */
};

/* What lodge_module_needs tells. */
enum {
    LODGE_NEEDS_MEMORIES = 1,       /* memories defined by the module */
    LODGE_NEEDS_TABLES = 2,         /* tables defined by the module */
    LODGE_NEEDS_MEMORY_BYTES = 3,   /* initial bytes of its memories */
    LODGE_NEEDS_TABLE_ELEMENTS = 4, /* initial elements of its tables */
    LODGE_NEEDS_FUNCTIONS = 5,      /* functions defined */
    LODGE_NEEDS_GLOBALS = 6,        /* globals defined */
    LODGE_NEEDS_START = 7           /* 1 if it has a start function */
};

/* Why sealed code was refused: `detail` of the error record. */
enum {
    LODGE_SEALED_OTHER = 1,    /* not sealed code (COMPILE) */
    LODGE_SEALED_CUT = 2,      /* cut short, or longer (COMPILE) */
    LODGE_SEALED_FORMAT = 3,   /* in another format (UNSUPPORTED) */
    LODGE_SEALED_KEY = 4,      /* with another key (COMPILE) */
    LODGE_SEALED_CHANGED = 5,  /* changed since (COMPILE) */
    LODGE_SEALED_VERSION = 6,  /* by another Lodge or Wasmtime (UNSUPPORTED) */
    LODGE_SEALED_CPU = 7,      /* for another CPU or target (UNSUPPORTED) */
    LODGE_SEALED_SETTINGS = 8, /* for other settings (CONFIG) */
    LODGE_SEALED_LIMIT = 9     /* more than the engine compiles (LIMIT) */
};

/* Store keys (lodge_store_set, _get; lodge_prepared_set). The first group
 * can be set and read, the second only read.
 */
enum {
    LODGE_STORE_MEMORY_LIMIT = 1,    /* bytes of all memories and GC heap */
    LODGE_STORE_TABLE_LIMIT = 2,     /* elements of all tables */
    LODGE_STORE_INSTANCE_LIMIT = 3,  /* instances; before the first one */
    LODGE_STORE_TABLES_LIMIT = 4,    /* tables; before the first instance */
    LODGE_STORE_MEMORIES_LIMIT = 5,  /* memories; before the first instance */
    LODGE_STORE_FUEL = 6,            /* fuel left; needs fuel=on */
    LODGE_STORE_DEADLINE = 7,        /* ns per call, 0 = none */
    LODGE_STORE_TOKEN = 8,           /* the host's own value */
    LODGE_STORE_EPOCH_TICKS = 9,     /* calls end after so many
                                       lodge_engine_tick, 0 = none */
    LODGE_STORE_MEMORY_BYTES = 32,   /* bytes now */
    LODGE_STORE_MEMORY_PEAK = 33,    /* most bytes ever */
    LODGE_STORE_TABLE_ELEMENTS = 34, /* elements now */
    LODGE_STORE_REFUSALS = 35,       /* growths that a limit refused */
    LODGE_STORE_CALLS = 36,          /* calls open now */
    LODGE_STORE_INSTANCES = 37,      /* instances made */
    LODGE_STORE_FUEL_USED = 38,      /* fuel consumed since it was set */
    LODGE_STORE_TABLE_PEAK = 39,     /* most elements ever */
    LODGE_STORE_LAST_REFUSAL = 40,   /* LODGE_LIMIT_* of the last one */
    LODGE_STORE_EXTERNREFS = 48,     /* tokens taken over as externref, ever */
    LODGE_STORE_REFS = 56            /* references open now */
};

/* Budget keys (lodge_budget_set, _get). The first group can be set and read,
 * UINT64_MAX is no limit; the second only read.
 */
enum {
    LODGE_BUDGET_MEMORY = 1,           /* bytes of memories and GC heaps */
    LODGE_BUDGET_TABLE = 2,            /* elements of tables */
    LODGE_BUDGET_TIME = 3,             /* ns that calls may run */
    LODGE_BUDGET_MEMORY_USED = 32,     /* bytes now, of all its stores */
    LODGE_BUDGET_TABLE_USED = 33,      /* elements now */
    LODGE_BUDGET_TIME_USED = 34,       /* ns so far */
    LODGE_BUDGET_MEMORY_PEAK = 40,     /* most bytes ever */
    LODGE_BUDGET_TABLE_PEAK = 41,      /* most elements ever */
    LODGE_BUDGET_MEMORY_REFUSALS = 48, /* growths that it refused */
    LODGE_BUDGET_TABLE_REFUSALS = 49,  /* the same of tables */
    LODGE_BUDGET_TIME_REFUSALS = 50,   /* calls refused or ended */
    LODGE_BUDGET_STORES = 56           /* stores that have it */
};

/* Whose limit it was: lodge_error.detail with LODGE_E_LIMIT, and
 * LODGE_STORE_LAST_REFUSAL.
 */
enum {
    LODGE_LIMIT_OTHER = 0,         /* none of these, see the message */
    LODGE_LIMIT_STORE_MEMORY = 1,  /* LODGE_STORE_MEMORY_LIMIT */
    LODGE_LIMIT_STORE_TABLE = 2,   /* LODGE_STORE_TABLE_LIMIT */
    LODGE_LIMIT_STORE_COUNT = 3,   /* its memories, tables or instances */
    LODGE_LIMIT_BUDGET_MEMORY = 4, /* LODGE_BUDGET_MEMORY */
    LODGE_LIMIT_BUDGET_TABLE = 5,  /* LODGE_BUDGET_TABLE */
    LODGE_LIMIT_BUDGET_TIME = 6,   /* LODGE_BUDGET_TIME */
    LODGE_LIMIT_PROCESS = 7        /* memories of the process, or the system */
};

/* Library statistics (lodge_stat). LODGE_STAT_LIVE + kind counts the live
 * handles of one kind from LODGE_KIND_CONFIG to LODGE_KIND_SHARED_MEMORY; what
 * lives in a store is not counted.
 */
enum {
    LODGE_STAT_LIVE = 0,             /* live handles of every kind */
    LODGE_STAT_BYTES = 64,           /* bytes allocated by Lodge itself */
    LODGE_STAT_ALLOCATIONS = 65,     /* blocks allocated by Lodge itself */
    LODGE_STAT_THREADS = 66,         /* helper threads running */
    LODGE_STAT_REAP_QUEUE = 67,      /* tokens waiting for lodge_reap */
    LODGE_STAT_MEMORIES = 68,        /* linear memories mapped */
    LODGE_STAT_MEMORIES_MAX = 69,    /* the cap on them */
    LODGE_STAT_SHARED_MEMORIES = 70, /* shared memories that the host has had
                                   in its hands, and live */
    LODGE_STAT_SHARED_BYTES = 71,    /* their bytes now */
    LODGE_STAT_SHARED_WAITS = 72,    /* threads in lodge_shared_memory_wait */
    LODGE_STAT_CACHE_HITS = 80,      /* modules found in a cache, so far */
    LODGE_STAT_CACHE_MISSES = 81,    /* modules looked for and not found */
    LODGE_STAT_CACHE_REFUSED = 82,   /* entries that were not sound: removed */
    LODGE_STAT_CACHE_WRITES = 83,    /* entries written */
    LODGE_STAT_CACHE_BYTES = 84,     /* bytes of these */
    LODGE_STAT_CACHE_PRUNED = 85,    /* entries removed for size and age */
    LODGE_STAT_CACHE_FAILURES = 86,  /* times that a cache was of no use */
    LODGE_STAT_CACHE_WHY = 87 /* LODGE_CACHE_* of the last time, 0 = none */
};

/* Why a cache was of no use: LODGE_STAT_CACHE_WHY. No call fails for it. */
enum {
    LODGE_CACHE_FOLDER = 1, /* the folder cannot be made or opened */
    LODGE_CACHE_OWNER = 2,  /* it is not the user's, or others can write */
    LODGE_CACHE_KEY = 3,    /* no key, or one that others can read */
    LODGE_CACHE_READ = 4,   /* an entry could not be read */
    LODGE_CACHE_WRITE = 5,  /* nor written: a full or read-only disk */
    LODGE_CACHE_SIZE = 6,   /* a module is larger than cache-bytes */
    LODGE_CACHE_CHANGED = 7 /* an entry was not sound */
};

/* What lodge_shared_memory_rmw does. */
enum {
    LODGE_ATOMIC_ADD = 0,
    LODGE_ATOMIC_SUB = 1,
    LODGE_ATOMIC_AND = 2,
    LODGE_ATOMIC_OR = 3,
    LODGE_ATOMIC_XOR = 4,
    LODGE_ATOMIC_XCHG = 5 /* the operand is the new value */
};

/* How lodge_shared_memory_wait ended: what memory.atomic.wait gives. */
enum {
    LODGE_WAIT_WOKEN = 0,     /* somebody has notified */
    LODGE_WAIT_NOT_EQUAL = 1, /* the value was not the expected one */
    LODGE_WAIT_TIMED_OUT = 2
};

/* Feature bits (lodge_features). */
enum {
    LODGE_FEATURE_COMPILER = 1, /* Cranelift is built in */
    LODGE_FEATURE_PULLEY = 2,   /* the Pulley interpreter */
    LODGE_FEATURE_GC = 4,       /* garbage collection */
    LODGE_FEATURE_THREADS = 8,  /* shared memories */
    LODGE_FEATURE_POOLING = 16, /* pooling allocator */
    LODGE_FEATURE_WASI = 32,    /* WASI preview 1 */
    LODGE_FEATURE_TEXT = 64     /* WebAssembly text format */
};

/* WASI streams (lodge_wasi_stream). */
enum {
    LODGE_WASI_NULL = 0,   /* stdin: empty; stdout, stderr: discarded */
    LODGE_WASI_BYTES = 1,  /* stdin: the bytes given */
    LODGE_WASI_FILE = 2,   /* a file; output is created or truncated */
    LODGE_WASI_RING = 3,   /* fed by lodge_store_input, drained by
                               lodge_store_output; `len` = bytes of the ring */
    LODGE_WASI_INHERIT = 4 /* the process's own stream */
};

/* WASI rights (lodge_wasi_dir), for directories and for files. */
enum {
    LODGE_WASI_READ = 1, /* list directories; read files */
    LODGE_WASI_WRITE = 2 /* create, rename, remove; write files */
};

/* WASI settings (lodge_wasi_set). */
enum {
    LODGE_WASI_FULL = 1,       /* full output ring: LODGE_WASI_FULL_* */
    LODGE_WASI_EMPTY = 2,      /* empty input ring: 0 = end of file unless
                                   more is promised, 1 = EAGAIN */
    LODGE_WASI_MAX_FILES = 3,  /* open descriptors at once, default 64 */
    LODGE_WASI_MAX_RANDOM = 4, /* bytes of one random_get, default 64 MiB */
    LODGE_WASI_SEED = 5,       /* random bytes from this seed */
    LODGE_WASI_CLOCK = 6,      /* wall clock stands at these ns since 1970 */
    LODGE_WASI_CLOCK_STEP = 7, /* both clocks advance this many ns a read */
    LODGE_WASI_SLEEP = 8       /* 1 (default): sleep; 0: return at once */
};

/* Values of LODGE_WASI_FULL. */
enum {
    LODGE_WASI_FULL_DROP = 0,   /* the rest is dropped, the write succeeds */
    LODGE_WASI_FULL_EAGAIN = 1, /* the guest gets EAGAIN */
    LODGE_WASI_FULL_EPIPE = 2   /* the guest gets EPIPE */
};

/* How the host runs a function (lodge_host_func). */
enum {
    LODGE_HOST_DIRECT = 0, /* a C function, at once */
    LODGE_HOST_FRAME = 1,  /* the linker's one function, on a native stack */
    LODGE_HOST_SUSPEND = 2 /* the call stops with LODGE_REQUEST */
};

/* What a DIRECT function returns if it cannot know whether something that it
 * called has failed: if lodge_caller_fail or lodge_caller_exit was called,
 * the guest ends, else all went well.
 */
enum { LODGE_AS_SAID = 1396787524 };

/* What lodge_host_describe says and lodge_host_item tells. */
enum {
    LODGE_HOST_TRACE_NAME = 1,   /* name in messages; the first export name
                                    if none was given */
    LODGE_HOST_PARAM_NAMES = 2,  /* one a line, as many as parameters */
    LODGE_HOST_RESULT_NAMES = 3, /* one a line, as many as results */
    LODGE_HOST_EXPORT_NAME = 4,  /* lodge_host_item only, as all below */
    LODGE_HOST_MODULE_NAME = 5,  /* name of the host module */
    LODGE_HOST_TYPE = 6,         /* "i32 i32 -> i64", "1 16", "mut i64" */
    LODGE_HOST_MODE = 7,         /* "direct" "frame" "suspend"; "" if it is
                                    no function */
    LODGE_HOST_INDEX = 8,        /* its decimal index in the host module */
    LODGE_HOST_KIND = 9          /* "func" "memory" "table" "global"
                                    "tag" */
};

/* What lodge_caller_get tells. */
enum {
    LODGE_CALLER_TAG = 1,      /* user tag (LODGE_FRAME_TAG), 0 if none */
    LODGE_CALLER_FUEL = 2,     /* fuel left; needs fuel=on (STATE) */
    LODGE_CALLER_DEADLINE = 3, /* ns until the nearest deadline of the calls
                                  around, 0 = passed, UINT64_MAX = none */
    LODGE_CALLER_DEPTH = 4     /* calls open in the store, this one too */
};

/* What lodge_report_frame tells. */
enum {
    LODGE_REPORT_FUNC = 0,          /* function name, or "" */
    LODGE_REPORT_MODULE = 1,        /* module name, or "" */
    LODGE_REPORT_FUNC_INDEX = 2,    /* decimal; "" of a host function */
    LODGE_REPORT_FUNC_OFFSET = 3,   /* decimal bytes in the function, or "" */
    LODGE_REPORT_MODULE_OFFSET = 4, /* decimal bytes in the module, or "" */
    LODGE_REPORT_FILE = 5,          /* source file, or "" */
    LODGE_REPORT_LINE = 6,          /* decimal source line, or "" */
    LODGE_REPORT_INLINED = 7 /* calls inlined here, innermost first, one a
                                line: "name file:line"; FILE and LINE are
                                those of the first */
};

/* ---- library ---------------------------------------------------------- */

/* The version of this interface: major << 16 | minor.
 *
 * Errors: none.
 * Thread: any.  Since: 0.1.  Op: 1.
 */
LODGE_API uint32_t lodge_abi(void);

/* A hash over every name, number and signature of this interface. A binding
 * compares it with the hash that it was generated from.
 *
 * Errors: none.
 * Thread: any.  Since: 0.1.  Op: 2.
 */
LODGE_API uint64_t lodge_abi_hash(void);

/* The version of Lodge: major << 16 | minor << 8 | patch.
 *
 * Errors: none.
 * Thread: any.  Since: 0.1.  Op: 3.
 */
LODGE_API uint32_t lodge_version(void);

/* The version of Wasmtime inside: major << 16 | minor << 8 | patch.
 *
 * Errors: none.
 * Thread: any.  Since: 0.1.  Op: 4.
 */
LODGE_API uint32_t lodge_wasmtime_version(void);

/* What is built in: LODGE_FEATURE_* bits.
 *
 * Errors: none.
 * Thread: any.  Since: 0.1.  Op: 5.
 */
LODGE_API uint64_t lodge_features(void);

/* The name of a status, such as "E_TRAP", and what it means.
 *
 *   status [in]     any number
 *   buf    [out]    text: "E_TRAP: the guest trapped"
 *   cap    [in]     bytes in `buf`
 *   len    [out]    full length in bytes
 *
 * Errors: ARGUMENT, BUFFER, NOT_FOUND.
 * Thread: any.  Since: 0.1.  Op: 6.
 */
LODGE_API lodge_status lodge_status_name(lodge_status status, char *buf,
                                         uint64_t cap, uint64_t *len);

/* Read a statistic of the whole library.
 *
 *   key    [in]     LODGE_STAT_*, or LODGE_STAT_LIVE + LODGE_KIND_CONFIG
 *                   to LODGE_KIND_LEASE
 *   value  [out]    the number
 *
 * Errors: ARGUMENT, NOT_FOUND.
 * Thread: any.  Since: 0.1.  Op: 7.
 */
LODGE_API lodge_status lodge_stat(uint32_t key, uint64_t *value);

/* The kind of a handle, and about how many bytes it keeps alive, so that a
 * garbage collector can weigh it.
 *
 *   id     [in]     any handle's id
 *   kind   [out]    LODGE_KIND_*
 *   bytes  [out]    an estimate; linear memories are counted in full
 *
 * Errors: ARGUMENT, HANDLE, BUSY, STATE.
 * Thread: any.  Since: 0.1.  Op: 8.
 */
LODGE_API lodge_status lodge_handle_info(uint64_t id, uint32_t *kind,
                                         uint64_t *bytes);

/* Take the tokens of host data that Lodge no longer refers to, each once.
 *
 *   domain [in]     as in LODGE_CONFIG_DOMAIN
 *   kinds  [out]    `cap` kinds: LODGE_KIND_HOST (a host function),
 *                   LODGE_KIND_STORE (LODGE_STORE_TOKEN) or
 *                   LODGE_KIND_EXTERNREF (a token that was an externref)
 *   tokens [out]    `cap` tokens
 *   cap    [in]     entries in `kinds` and `tokens`
 *   count  [out]    entries written; fewer than `cap` means none is left
 *
 * Errors: ARGUMENT.
 * Thread: any.  Since: 0.1.  Op: 9.
 */
LODGE_API lodge_status lodge_reap(uint32_t domain, uint32_t *kinds,
                                  uint64_t *tokens, uint32_t cap,
                                  uint32_t *count);

/* Call any function of this header but this one by its number.
 *
 *   frame  [inout]  word 0: the number (Op); words 1..: the arguments in
 *                   order, integers and handles as words, pointers as
 *                   addresses, floats as bits. Out: word 0 holds what the
 *                   function returned, sign-extended if it is a status.
 *
 * Returns what the function returns if that is a status, else LODGE_OK.
 *
 * Errors: ARGUMENT, NOT_FOUND, and those of the function.
 * Thread: that of the function.  Since: 0.1.  Op: 10.
 */
LODGE_API lodge_status lodge_do(uint64_t *frame);

/* Close any handle, in the shape of a finalizer: the token is the id itself.
 * Only marks; the object ends in a later call that makes, closes, reaps or
 * leaves. Never blocks, never calls the host.
 *
 *   token  [in,null] the id of a handle, as an address
 *
 * Errors: none.
 * Thread: any.  Since: 0.1.  Op: 11.
 */
LODGE_API void lodge_release(void *token);

/* Make an error record ready, for languages without macros.
 *
 *   err    [out]    a record of at least 64 bytes
 *   size   [in]     its size in bytes, 64 to 65535
 *
 * Errors: ARGUMENT.
 * Thread: any.  Since: 0.1.  Op: 12.
 */
LODGE_API lodge_status lodge_error_init(lodge_error *err, uint32_t size);

/* ---- config ----------------------------------------------------------- */

/* Make a configuration.
 *
 *   preset [in]     LODGE_PRESET_*
 *   out    [out]    the configuration
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, LIMIT, MEMORY.
 * Thread: any.  Since: 0.1.  Op: 20.
 * Source: wasm_config_new.
 */
LODGE_API lodge_status lodge_config_new(uint32_t preset, lodge_config *out,
                                        lodge_error *err);

/* Close a configuration. Engines made from it are not affected.
 *
 *   config [in,null] a configuration
 *
 * Errors: none.
 * Thread: any.  Since: 0.1.  Op: 21.
 */
LODGE_API lodge_status lodge_config_close(lodge_config config);

/* Set a boolean, number or choice.
 *
 *   config [in]     a configuration
 *   key    [in]     LODGE_CONFIG_*
 *   value  [in]     0 or 1, a number in the key's range, or the index of a
 *                   choice
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, NOT_FOUND, STATE.
 * Thread: any; one change at a time.  Since: 0.1.  Op: 22.
 */
LODGE_API lodge_status lodge_config_set(lodge_config config, uint32_t key,
                                        uint64_t value, lodge_error *err);

/* Set any key from text, as lodge_config_key shows it.
 *
 *   config [in]     a configuration
 *   key    [in]     LODGE_CONFIG_*
 *   ptr    [in]     the value: "on", "64K", "speed", "pulley64"
 *   len    [in]     bytes in `ptr`
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, NOT_FOUND, MEMORY, STATE.
 * Thread: any; one change at a time.  Since: 0.1.  Op: 23.
 */
LODGE_API lodge_status lodge_config_set_text(lodge_config config, uint32_t key,
                                             const char *ptr, uint64_t len,
                                             lodge_error *err);

/* Read a boolean, number or choice.
 *
 *   config [in]     a configuration
 *   key    [in]     LODGE_CONFIG_*
 *   value  [out]    the value; of a text key its length in bytes
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, NOT_FOUND, STATE.
 * Thread: any.  Since: 0.1.  Op: 24.
 */
LODGE_API lodge_status lodge_config_get(lodge_config config, uint32_t key,
                                        uint64_t *value, lodge_error *err);

/* Set several keys from one text: "fuel=on,max-wasm-stack=1M". All or none.
 *
 *   config [in]     a configuration
 *   ptr    [in]     name=value pairs separated by commas
 *   len    [in]     bytes in `ptr`
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, NOT_FOUND, MEMORY, STATE.
 * Thread: any; one change at a time.  Since: 0.1.  Op: 25.
 */
LODGE_API lodge_status lodge_config_parse(lodge_config config, const char *ptr,
                                          uint64_t len, lodge_error *err);

/* How many configuration keys there are.
 *
 * Errors: none.
 * Thread: any.  Since: 0.1.  Op: 26.
 */
LODGE_API uint32_t lodge_config_key_count(void);

/* Describe a configuration key.
 *
 *   index  [in]     0 to lodge_config_key_count() - 1
 *   what   [in]     LODGE_KEY_NAME, _RANGE, _DEFAULT or _HELP
 *   key    [out]    LODGE_CONFIG_*; may be NULL
 *   type   [out]    LODGE_VALUE_*; may be NULL
 *   buf    [out]    text
 *   cap    [in]     bytes in `buf`
 *   len    [out]    full length in bytes
 *
 * Errors: ARGUMENT, BUFFER, NOT_FOUND, MEMORY.
 * Thread: any.  Since: 0.1.  Op: 27.
 */
LODGE_API lodge_status lodge_config_key(uint32_t index, uint32_t what,
                                        uint32_t *key, uint32_t *type,
                                        char *buf, uint64_t cap,
                                        uint64_t *len);

/* ---- engine ----------------------------------------------------------- */

/* Make an engine.
 *
 *   config [take,null] a configuration, closed on success and left as it was
 *                   on failure; 0 = the default preset
 *   out    [out]    the engine
 *   err    [out]    may be NULL; says which settings contradict each other
 *
 * Errors: ARGUMENT, HANDLE, BUSY, CONFIG, LIMIT, MEMORY, STATE, INTERNAL.
 * Thread: any.  Since: 0.1.  Op: 40.
 * Source: wasm_engine_new_with_config (which aborts where this fails).
 */
LODGE_API lodge_status lodge_engine_new(lodge_config config, lodge_engine *out,
                                        lodge_error *err);

/* A second handle to the same engine, with a life of its own.
 *
 *   engine [in]     an engine
 *   out    [out]    the other handle
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, LIMIT, STATE.
 * Thread: any.  Since: 0.1.  Op: 41.
 * Source: wasmtime_engine_clone.
 */
LODGE_API lodge_status lodge_engine_dup(lodge_engine engine, lodge_engine *out,
                                        lodge_error *err);

/* Close a handle to an engine. What was made from it lives on.
 *
 *   engine [in,null] an engine
 *
 * Errors: none.
 * Thread: any.  Since: 0.1.  Op: 42.
 */
LODGE_API lodge_status lodge_engine_close(lodge_engine engine);

/* Close an engine, every other handle to it and everything made from it.
 * Calls that run in its stores are interrupted.
 *
 *   engine [in,null] an engine
 *
 * Errors: none.
 * Thread: any.  Since: 0.1.  Op: 43.
 */
LODGE_API lodge_status lodge_engine_shutdown(lodge_engine engine);

/* Increment the engine's epoch. Stores with LODGE_STORE_EPOCH_TICKS count
 * these.
 *
 *   engine [in]     an engine
 *
 * Errors: HANDLE, STATE.
 * Thread: any.  Since: 0.1.  Op: 44.
 * Source: wasmtime_engine_increment_epoch.
 */
LODGE_API lodge_status lodge_engine_tick(lodge_engine engine);

/* Whether the engine interprets (Pulley) instead of running native code.
 *
 *   engine [in]     an engine
 *   yes    [out]    0 or 1
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, STATE.
 * Thread: any.  Since: 0.1.  Op: 45.
 * Source: wasmtime_engine_is_pulley.
 */
LODGE_API lodge_status lodge_engine_is_pulley(lodge_engine engine,
                                              uint32_t *yes, lodge_error *err);

/* Read a setting in effect.
 *
 *   engine [in]     an engine
 *   key    [in]     LODGE_CONFIG_*
 *   value  [out]    as lodge_config_get
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, NOT_FOUND, STATE.
 * Thread: any.  Since: 0.1.  Op: 46.
 */
LODGE_API lodge_status lodge_engine_get(lodge_engine engine, uint32_t key,
                                        uint64_t *value, lodge_error *err);

/* Read a setting in effect as text; of the target the triple in effect.
 *
 *   engine [in]     an engine
 *   key    [in]     LODGE_CONFIG_*
 *   buf    [out]    text
 *   cap    [in]     bytes in `buf`
 *   len    [out]    full length in bytes
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, NOT_FOUND, BUFFER, STATE, MEMORY.
 * Thread: any.  Since: 0.1.  Op: 47.
 */
LODGE_API lodge_status lodge_engine_get_text(lodge_engine engine, uint32_t key,
                                             char *buf, uint64_t cap,
                                             uint64_t *len, lodge_error *err);

/* ---- module ----------------------------------------------------------- */

/* Compile a module.
 *
 *   engine [in]     an engine
 *   ptr    [in]     binary or text; which one is seen from the first bytes
 *   len    [in]     bytes in `ptr`
 *   out    [out]    the module
 *   err    [out]    may be NULL; detail = byte offset of the mistake
 *
 * Errors: ARGUMENT, HANDLE, COMPILE, LIMIT, MEMORY, STATE, INTERNAL.
 * Thread: any, at once.  Since: 0.1.  Op: 60.
 * Source: wasmtime_module_new; compile limits are checked before it.
 */
LODGE_API lodge_status lodge_module_open(lodge_engine engine,
                                         const uint8_t *ptr, uint64_t len,
                                         lodge_module *out, lodge_error *err);

/* Compile a module from a file.
 *
 *   engine [in]     an engine
 *   path   [in]     path of a binary or text file
 *   path_len [in]   bytes in `path`
 *   out    [out]    the module
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, IO, COMPILE, LIMIT, MEMORY, STATE, INTERNAL.
 * Thread: any, at once.  Since: 0.1.  Op: 61.
 */
LODGE_API lodge_status lodge_module_open_file(lodge_engine engine,
                                              const char *path,
                                              uint64_t path_len,
                                              lodge_module *out,
                                              lodge_error *err);

/* Check a binary module without compiling it.
 *
 *   engine [in]     an engine: its settings say what is valid
 *   ptr    [in]     binary module
 *   len    [in]     bytes in `ptr`
 *   err    [out]    may be NULL; detail = byte offset of the mistake
 *
 * Errors: ARGUMENT, HANDLE, COMPILE, LIMIT, STATE, INTERNAL.
 * Thread: any, at once.  Since: 0.1.  Op: 62.
 * Source: wasmtime_module_validate.
 */
LODGE_API lodge_status lodge_module_validate(lodge_engine engine,
                                             const uint8_t *ptr, uint64_t len,
                                             lodge_error *err);

/* Close a module. Instances of it live on.
 *
 *   module [in,null] a module
 *
 * Errors: none.
 * Thread: any.  Since: 0.1.  Op: 63.
 */
LODGE_API lodge_status lodge_module_close(lodge_module module);

/* How many imports a module has.
 *
 *   module [in]     a module
 *   count  [out]    imports
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, STATE.
 * Thread: any.  Since: 0.1.  Op: 64.
 */
LODGE_API lodge_status lodge_module_import_count(lodge_module module,
                                                 uint32_t *count,
                                                 lodge_error *err);

/* Describe an import.
 *
 *   module [in]     a module
 *   index  [in]     0 to count - 1
 *   what   [in]     LODGE_ITEM_MODULE, _NAME, _KIND or _TYPE. Types read:
 *                   func "i32 i64 -> f32", memory "1 16" (pages; then
 *                   words such as i64 shared page=1), table "10 20 funcref"
 *                   (then i64), global "mut i32", tag "i32"
 *   buf    [out]    text
 *   cap    [in]     bytes in `buf`
 *   len    [out]    full length in bytes
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, NOT_FOUND, BUFFER, STATE.
 * Thread: any.  Since: 0.1.  Op: 65.
 * Source: wasmtime_module_imports.
 */
LODGE_API lodge_status lodge_module_import(lodge_module module, uint32_t index,
                                           uint32_t what, char *buf,
                                           uint64_t cap, uint64_t *len,
                                           lodge_error *err);

/* How many exports a module has.
 *
 *   module [in]     a module
 *   count  [out]    exports
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, STATE.
 * Thread: any.  Since: 0.1.  Op: 66.
 */
LODGE_API lodge_status lodge_module_export_count(lodge_module module,
                                                 uint32_t *count,
                                                 lodge_error *err);

/* Describe an export.
 *
 *   module [in]     a module
 *   index  [in]     0 to count - 1
 *   what   [in]     LODGE_ITEM_NAME, _KIND or _TYPE
 *   buf    [out]    text, as lodge_module_import
 *   cap    [in]     bytes in `buf`
 *   len    [out]    full length in bytes
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, NOT_FOUND, BUFFER, STATE.
 * Thread: any.  Since: 0.1.  Op: 67.
 * Source: wasmtime_module_exports.
 */
LODGE_API lodge_status lodge_module_export(lodge_module module, uint32_t index,
                                           uint32_t what, char *buf,
                                           uint64_t cap, uint64_t *len,
                                           lodge_error *err);

/* How many custom sections a module has.
 *
 *   module [in]     a module
 *   count  [out]    custom sections
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, STATE.
 * Thread: any.  Since: 0.1.  Op: 68.
 */
LODGE_API lodge_status lodge_module_section_count(lodge_module module,
                                                  uint32_t *count,
                                                  lodge_error *err);

/* Read a custom section.
 *
 *   module [in]     a module
 *   index  [in]     0 to count - 1
 *   what   [in]     LODGE_ITEM_NAME or LODGE_ITEM_DATA
 *   buf    [out]    text or bytes
 *   cap    [in]     bytes in `buf`
 *   len    [out]    full length in bytes
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, NOT_FOUND, BUFFER, STATE.
 * Thread: any.  Since: 0.1.  Op: 69.
 */
LODGE_API lodge_status lodge_module_section(lodge_module module,
                                            uint32_t index, uint32_t what,
                                            char *buf, uint64_t cap,
                                            uint64_t *len, lodge_error *err);

/* The module's own name from its name section, or "".
 *
 *   module [in]     a module
 *   buf    [out]    text
 *   cap    [in]     bytes in `buf`
 *   len    [out]    full length in bytes
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUFFER, STATE.
 * Thread: any.  Since: 0.1.  Op: 70.
 */
LODGE_API lodge_status lodge_module_name(lodge_module module, char *buf,
                                         uint64_t cap, uint64_t *len,
                                         lodge_error *err);

/* The tools that made the module, from its producers section.
 *
 *   module [in]     a module
 *   buf    [out]    text, one tool a line: "processed-by clang 14.0.6"; ""
 *                   if the module does not tell
 *   cap    [in]     bytes in `buf`
 *   len    [out]    full length in bytes
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUFFER, STATE.
 * Thread: any.  Since: 0.1.  Op: 73.
 */
LODGE_API lodge_status lodge_module_producers(lodge_module module, char *buf,
                                              uint64_t cap, uint64_t *len,
                                              lodge_error *err);

/* How many types the module defines: functions, structs and arrays.
 *
 *   module [in]     a module
 *   count  [out]    types
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, STATE.
 * Thread: any.  Since: 0.1.  Op: 340.
 */
LODGE_API lodge_status lodge_module_type_count(lodge_module module,
                                               uint32_t *count,
                                               lodge_error *err);

/* The number of a type that the module defines. Equal types of an engine's
 * modules have one number, above all LODGE_TYPE_*; it is known as long as a
 * module, a store or a host function that it was told of or is used in. A host
 * that needs types of its own opens a module of nothing else.
 *
 *   module [in]     a module
 *   index  [in]     0 to count - 1, as in the module's text
 *   type   [out]    its number
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, NOT_FOUND, UNSUPPORTED, STATE.
 * Thread: any.  Since: 0.1.  Op: 341.
 */
LODGE_API lodge_status lodge_module_type(lodge_module module, uint32_t index,
                                         uint32_t *type, lodge_error *err);

/* The number of a type by the name that it has in the module's text, if the
 * module has kept names.
 *
 *   module [in]     a module
 *   name   [in]     without the $
 *   name_len [in]   bytes in `name`
 *   type   [out]    its number
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, NOT_FOUND, UNSUPPORTED, STATE.
 * Thread: any.  Since: 0.1.  Op: 342.
 */
LODGE_API lodge_status lodge_module_type_find(lodge_module module,
                                              const char *name,
                                              uint64_t name_len,
                                              uint32_t *type,
                                              lodge_error *err);

/* A type as a module defines it, as text. Other types are in it by their
 * numbers, which are known as long as this one.
 *
 *   engine [in]     an engine
 *   type   [in]     a number of lodge_module_type
 *   buf    [out]    text: "(struct (field i32) (field (mut (ref null 300))))"
 *   cap    [in]     bytes in `buf`
 *   len    [out]    full length in bytes
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUFFER, NOT_FOUND, STATE.
 * Thread: any.  Since: 0.1.  Op: 343.
 */
LODGE_API lodge_status lodge_type_text(lodge_engine engine, uint32_t type,
                                       char *buf, uint64_t cap, uint64_t *len,
                                       lodge_error *err);

/* The type of a field of a struct, or of the elements of an array.
 *
 *   engine [in]     an engine
 *   type   [in]     a number of lodge_module_type
 *   index  [in]     of the field; 0 for elements
 *   buf    [out]    text: "i32", "mut i8", "mut (ref null 300)"
 *   cap    [in]     bytes in `buf`
 *   len    [out]    full length in bytes
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUFFER, NOT_FOUND, STATE.
 * Thread: any.  Since: 0.1.  Op: 344.
 */
LODGE_API lodge_status lodge_type_field(lodge_engine engine, uint32_t type,
                                        uint32_t index, char *buf,
                                        uint64_t cap, uint64_t *len,
                                        lodge_error *err);

/* One thing about a type.
 *
 *   engine [in]     an engine
 *   type   [in]     a number of lodge_module_type
 *   key    [in]     LODGE_DEF_*
 *   value  [out]    see there
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, NOT_FOUND, STATE.
 * Thread: any.  Since: 0.1.  Op: 345.
 */
LODGE_API lodge_status lodge_type_get(lodge_engine engine, uint32_t type,
                                      uint32_t key, uint64_t *value,
                                      lodge_error *err);

/* Whether every reference of a type is one of the other type, too.
 *
 *   engine [in]     an engine
 *   type   [in]     LODGE_TYPE_FUNCREF to LODGE_TYPE_NULLEXNREF, or a number
 *                   of lodge_module_type
 *   other  [in]     the same; perhaps its supertype
 *   yes    [out]    1 or 0
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, NOT_FOUND, STATE.
 * Thread: any.  Since: 0.1.  Op: 346.
 */
LODGE_API lodge_status lodge_type_matches(lodge_engine engine, uint32_t type,
                                          uint32_t other, uint32_t *yes,
                                          lodge_error *err);

/* What an instance of the module needs.
 *
 *   module [in]     a module
 *   key    [in]     LODGE_NEEDS_*
 *   value  [out]    the number
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, NOT_FOUND, STATE.
 * Thread: any.  Since: 0.1.  Op: 71.
 */
LODGE_API lodge_status lodge_module_needs(lodge_module module, uint32_t key,
                                          uint64_t *value, lodge_error *err);

/* Save compiled code: sealed, so that lodge_module_load sees every change.
 * The same module, settings and key give the same bytes.
 *
 *   module [in]     a module
 *   key    [in]     16 to 1024 secret bytes, best 32 random ones
 *   key_len [in]    bytes in `key`
 *   buf    [out]    sealed code
 *   cap    [in]     bytes in `buf`
 *   len    [out]    full length in bytes
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUFFER, MEMORY, STATE, INTERNAL.
 * Thread: any, at once.  Since: 0.1.  Op: 300.
 * Source: wasmtime_module_serialize, with a seal.
 */
LODGE_API lodge_status lodge_module_save(lodge_module module,
                                         const uint8_t *key, uint64_t key_len,
                                         uint8_t *buf, uint64_t cap,
                                         uint64_t *len, lodge_error *err);

/* Make a module of sealed code, without compiling. It is copied, the copy is
 * verified with the key, and nothing is used before. Whoever has the key can
 * seal any machine code: the key is as good as the right to run programs.
 *
 *   engine [in]     an engine with the settings that the code was made with
 *   ptr    [in]     what lodge_module_save wrote
 *   len    [in]     bytes in `ptr`
 *   key    [in]     the key that it was sealed with
 *   key_len [in]    bytes in `key`
 *   out    [out]    the module, equal to the one that was saved
 *   err    [out]    may be NULL; detail = LODGE_SEALED_* of a refusal
 *
 * Errors: ARGUMENT, HANDLE, COMPILE, UNSUPPORTED, CONFIG, LIMIT, MEMORY,
 *         STATE, INTERNAL.
 * Thread: any, at once.  Since: 0.1.  Op: 301.
 * Source: wasmtime_module_deserialize, which would run whatever it is given.
 */
LODGE_API lodge_status lodge_module_load(lodge_engine engine,
                                         const uint8_t *ptr, uint64_t len,
                                         const uint8_t *key, uint64_t key_len,
                                         lodge_module *out, lodge_error *err);

/* Save compiled code to a file, which is replaced whole or stays as it was.
 *
 *   module [in]     a module
 *   path   [in]     path of the file
 *   path_len [in]   bytes in `path`
 *   key    [in]     as lodge_module_save
 *   key_len [in]    bytes in `key`
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, IO, MEMORY, STATE, INTERNAL.
 * Thread: any, at once.  Since: 0.1.  Op: 302.
 */
LODGE_API lodge_status lodge_module_save_file(
    lodge_module module, const char *path, uint64_t path_len,
    const uint8_t *key, uint64_t key_len, lodge_error *err);

/* As lodge_module_load, from a file of less than 4 GiB. An engine with
 * trust-file=on maps the file if there is no key (NULL, 0): nothing is
 * verified then, and who can write to the file, also later, can run machine
 * code here. One that others than the user and root can write to is refused.
 *
 *   engine [in]     an engine with the settings that the code was made with
 *   path   [in]     path of the file
 *   path_len [in]   bytes in `path`
 *   key    [in,null] the key that it was sealed with
 *   key_len [in]    bytes in `key`
 *   out    [out]    the module
 *   err    [out]    may be NULL; detail = LODGE_SEALED_* of a refusal
 *
 * Errors: ARGUMENT, HANDLE, IO, COMPILE, UNSUPPORTED, CONFIG, LIMIT, MEMORY,
 *         STATE, INTERNAL.
 * Thread: any, at once.  Since: 0.1.  Op: 303.
 */
LODGE_API lodge_status lodge_module_load_file(
    lodge_engine engine, const char *path, uint64_t path_len,
    const uint8_t *key, uint64_t key_len, lodge_module *out, lodge_error *err);

/* Translate text format into a binary module, without checking it.
 *
 *   ptr    [in]     text format, UTF-8
 *   len    [in]     bytes in `ptr`
 *   buf    [out]    binary
 *   cap    [in]     bytes in `buf`
 *   out_len [out]   full length in bytes
 *   err    [out]    may be NULL; the message shows line and column
 *
 * Errors: ARGUMENT, COMPILE, BUFFER, INTERNAL.
 * Thread: any, at once.  Since: 0.1.  Op: 72.
 * Source: wasmtime_wat2wasm.
 */
LODGE_API lodge_status lodge_text_to_binary(const char *ptr, uint64_t len,
                                            uint8_t *buf, uint64_t cap,
                                            uint64_t *out_len,
                                            lodge_error *err);

/* Print a binary module in text format. It is not checked: what is invalid
 * may be printed too. Translated back, the text gives a module that does the
 * same.
 *
 *   ptr    [in]     binary
 *   len    [in]     bytes in `ptr`
 *   flags  [in]     LODGE_TEXT_* bits
 *   buf    [out]    text format
 *   cap    [in]     bytes in `buf`; the text is made anew by each call, so
 *                   ask with room for about ten times `len`
 *   out_len [out]   full length in bytes, at most 1 GiB (LIMIT)
 *   err    [out]    may be NULL; detail = byte offset of the mistake
 *
 * Errors: ARGUMENT, COMPILE, LIMIT, BUFFER, INTERNAL.
 * Thread: any, at once.  Since: 0.1.  Op: 380.
 */
LODGE_API lodge_status lodge_binary_to_text(const uint8_t *ptr, uint64_t len,
                                            uint32_t flags, char *buf,
                                            uint64_t cap, uint64_t *out_len,
                                            lodge_error *err);

/* ---- linker ----------------------------------------------------------- */

/* Make a linker: names for what modules import.
 *
 *   engine [in]     an engine
 *   out    [out]    the linker
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, LIMIT, MEMORY, STATE.
 * Thread: any.  Since: 0.1.  Op: 80.
 * Source: wasmtime_linker_new.
 */
LODGE_API lodge_status lodge_linker_new(lodge_engine engine, lodge_linker *out,
                                        lodge_error *err);

/* Close a linker. What was linked with it lives on.
 *
 *   linker [in,null] a linker
 *
 * Errors: none.
 * Thread: any.  Since: 0.1.  Op: 81.
 */
LODGE_API lodge_status lodge_linker_close(lodge_linker linker);

/* Change a linker's rule.
 *
 *   linker [in]     a linker
 *   key    [in]     LODGE_LINKER_*
 *   value  [in]     0 or 1; LODGE_UNKNOWN_*
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, NOT_FOUND, STATE.
 * Thread: any; one change at a time.  Since: 0.1.  Op: 82.
 * Source: wasmtime_linker_allow_shadowing,
 *         wasmtime_linker_define_unknown_imports_as_traps.
 */
LODGE_API lodge_status lodge_linker_set(lodge_linker linker, uint32_t key,
                                        uint64_t value, lodge_error *err);

/* Define a DIRECT host function under a name.
 *
 *   linker [in]     a linker
 *   module [in]     module name of the import
 *   module_len [in] bytes in `module`
 *   name   [in]     name of the import
 *   name_len [in]   bytes in `name`
 *   sig    [in]     signature: "i32 i64 -> f64"; at most 1,000 values a side
 *   sig_len [in]    bytes in `sig`
 *   fn     [in]     the function; runs on the calling thread
 *   token  [in]     passed to `fn`. If not 0 it comes out of lodge_reap, as
 *                   LODGE_KIND_HOST, when nothing can reach `fn` any more,
 *                   also when this call fails after the arguments were good
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, LINK, NOT_FOUND, LIMIT, MEMORY, STATE,
 *         UNSUPPORTED, INTERNAL.
 * Thread: any; one change at a time.  Since: 0.1.  Op: 83.
 * Source: wasmtime_linker_define_func_unchecked.
 */
LODGE_API lodge_status lodge_linker_func(lodge_linker linker,
                                         const char *module,
                                         uint64_t module_len, const char *name,
                                         uint64_t name_len, const char *sig,
                                         uint64_t sig_len, lodge_direct_fn fn,
                                         uint64_t token, lodge_error *err);

/* Define WASI preview 1 (module wasi_snapshot_preview1). A store that runs
 * such a guest without a description of its own (lodge_store_wasi) gets an
 * empty one: no arguments, no files, output discarded.
 *
 *   linker [in]     a linker
 *   err    [out]    may be NULL
 *
 * Errors: HANDLE, BUSY, LINK, STATE, INTERNAL.
 * Thread: any; one change at a time.  Since: 0.1.  Op: 84.
 * Source: WASI preview 1.
 */
LODGE_API lodge_status lodge_linker_add_wasi(lodge_linker linker,
                                             lodge_error *err);

/* Define all exports of an instance under a module name. The linker can then
 * only be used with that instance's store.
 *
 *   linker [in]     a linker
 *   name   [in]     module name
 *   name_len [in]   bytes in `name`
 *   instance [in]   an instance
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, FOREIGN, LINK, STATE.
 * Thread: any; one change at a time.  Since: 0.1.  Op: 85.
 * Source: wasmtime_linker_define_instance.
 */
LODGE_API lodge_status lodge_linker_add_instance(lodge_linker linker,
                                                 const char *name,
                                                 uint64_t name_len,
                                                 lodge_instance instance,
                                                 lodge_error *err);

/* Define one export, memory, table, global or function under a name. A
 * shared memory does not bind the linker to a store, all else does.
 *
 *   linker [in]     a linker
 *   module [in]     module name of the import
 *   module_len [in] bytes in `module`
 *   name   [in]     name of the import
 *   name_len [in]   bytes in `name`
 *   item   [in]     what to define
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, FOREIGN, LINK, STATE.
 * Thread: any; one change at a time.  Since: 0.1.  Op: 86.
 * Source: wasmtime_linker_define.
 */
LODGE_API lodge_status lodge_linker_add(lodge_linker linker,
                                        const char *module,
                                        uint64_t module_len, const char *name,
                                        uint64_t name_len,
                                        const lodge_extern *item,
                                        lodge_error *err);

/* Give a second name to what is defined: a whole module name if both `name`
 * lengths are 0, else one definition.
 *
 *   linker [in]     a linker
 *   from_module [in] module name
 *   from_module_len [in] bytes in `from_module`
 *   from_name [in]  name
 *   from_name_len [in] bytes in `from_name`
 *   to_module [in]  the other module name
 *   to_module_len [in] bytes in `to_module`
 *   to_name [in]    the other name
 *   to_name_len [in] bytes in `to_name`
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, NOT_FOUND, LINK, STATE, INTERNAL.
 * Thread: any; one change at a time.  Since: 0.1.  Op: 87.
 * Source: Linker::alias, Linker::alias_module.
 */
LODGE_API lodge_status lodge_linker_alias(
    lodge_linker linker, const char *from_module, uint64_t from_module_len,
    const char *from_name, uint64_t from_name_len, const char *to_module,
    uint64_t to_module_len, const char *to_name, uint64_t to_name_len,
    lodge_error *err);

/* List the imports of a module that the linker does not satisfy, one a line:
 * `import "env"."log": func i32 ->: not defined`.
 *
 *   linker [in]     a linker
 *   module [in]     a module of the same engine
 *   buf    [out]    text
 *   cap    [in]     bytes in `buf`
 *   len    [out]    full length in bytes
 *   count  [out]    how many; may be NULL; also set with LODGE_E_BUFFER
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, FOREIGN, BUFFER, LIMIT, MEMORY, STATE,
 *         INTERNAL.
 * Thread: any.  Since: 0.1.  Op: 88.
 */
LODGE_API lodge_status lodge_linker_missing(lodge_linker linker,
                                            lodge_module module, char *buf,
                                            uint64_t cap, uint64_t *len,
                                            uint32_t *count, lodge_error *err);

/* Resolve a module's imports once. The result makes instances quickly, in a
 * given store or each in its own, and does not see later changes of the
 * linker.
 *
 *   linker [in]     a linker
 *   module [in]     a module of the same engine
 *   out    [out]    the prepared module
 *   err    [out]    may be NULL; names the first import that does not fit
 *
 * Errors: ARGUMENT, HANDLE, BUSY, FOREIGN, LINK, LIMIT, MEMORY, STATE,
 *         INTERNAL.
 * Thread: any.  Since: 0.1.  Op: 89.
 * Source: wasmtime_linker_instantiate_pre.
 */
LODGE_API lodge_status lodge_linker_prepare(lodge_linker linker,
                                            lodge_module module,
                                            lodge_prepared *out,
                                            lodge_error *err);

/* Set a store key for the stores that lodge_prepared_instance makes.
 *
 *   prepared [in]   a prepared module
 *   key    [in]     a LODGE_STORE_* key that can be set
 *   value  [in]     as lodge_store_set
 *   err    [out]    may be NULL
 *
 * Errors: HANDLE, BUSY, NOT_FOUND, STATE.
 * Thread: any; one change at a time.  Since: 0.1.  Op: 90.
 */
LODGE_API lodge_status lodge_prepared_set(lodge_prepared prepared,
                                          uint32_t key, uint64_t value,
                                          lodge_error *err);

/* Set the WASI description for the stores that lodge_prepared_instance
 * makes.
 *
 *   prepared [in]   a prepared module
 *   wasi   [in,null] a description, kept until replaced; 0 = none
 *   err    [out]    may be NULL
 *
 * Errors: HANDLE, BUSY, STATE.
 * Thread: any; one change at a time.  Since: 0.1.  Op: 91.
 */
LODGE_API lodge_status lodge_prepared_wasi(lodge_prepared prepared,
                                           lodge_wasi wasi, lodge_error *err);

/* Set the budget for the stores that lodge_prepared_instance makes.
 *
 *   prepared [in]   a prepared module
 *   budget [in,null] a budget, kept until replaced; 0 = none
 *   err    [out]    may be NULL
 *
 * Errors: HANDLE, BUSY, STATE.
 * Thread: any; one change at a time.  Since: 0.1.  Op: 255.
 */
LODGE_API lodge_status lodge_prepared_budget(lodge_prepared prepared,
                                             lodge_budget budget,
                                             lodge_error *err);

/* Close a prepared module. Its instances live on.
 *
 *   prepared [in,null] a prepared module
 *
 * Errors: none.
 * Thread: any.  Since: 0.1.  Op: 92.
 */
LODGE_API lodge_status lodge_prepared_close(lodge_prepared prepared);

/* ---- store ------------------------------------------------------------ */

/* Make a store: the place where instances, memories and values live. One
 * thread at a time uses it; any thread may be next.
 *
 *   engine [in]     an engine
 *   out    [out]    the store
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, LIMIT, MEMORY, STATE, INTERNAL.
 * Thread: any.  Since: 0.1.  Op: 100.
 * Source: wasmtime_store_new.
 */
LODGE_API lodge_status lodge_store_new(lodge_engine engine, lodge_store *out,
                                       lodge_error *err);

/* Close a store and everything in it. In use, it ends when its last user
 * leaves.
 *
 *   store  [in,null] a store
 *
 * Errors: none.
 * Thread: any.  Since: 0.1.  Op: 101.
 */
LODGE_API lodge_status lodge_store_close(lodge_store store);

/* Set a limit, the fuel, the default deadline or the host's token.
 *
 *   store  [in]     a store
 *   key    [in]     LODGE_STORE_*
 *   value  [in]     bytes, counts, units of fuel, or nanoseconds
 *   err    [out]    may be NULL
 *
 * Errors: HANDLE, BUSY, NOT_FOUND, STATE, MEMORY.
 * Thread: any; one at a time.  Since: 0.1.  Op: 102.
 * Source: wasmtime_context_set_fuel; Store::limiter.
 */
LODGE_API lodge_status lodge_store_set(lodge_store store, uint32_t key,
                                       uint64_t value, lodge_error *err);

/* Read a limit, the fuel left, or a statistic.
 *
 *   store  [in]     a store
 *   key    [in]     LODGE_STORE_*
 *   value  [out]    the number
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, NOT_FOUND, STATE.
 * Thread: any; one at a time.  Since: 0.1.  Op: 103.
 */
LODGE_API lodge_status lodge_store_get(lodge_store store, uint32_t key,
                                       uint64_t *value, lodge_error *err);

/* Give the store a WASI description. Its streams and clocks are made fresh
 * from it; what the store had before is dropped.
 *
 *   store  [in]     a store
 *   wasi   [in]     a description; later changes of it are not seen
 *   err    [out]    may be NULL
 *
 * Errors: HANDLE, BUSY, IO, STATE, INTERNAL.
 * Thread: any; one at a time.  Since: 0.1.  Op: 104.
 */
LODGE_API lodge_status lodge_store_wasi(lodge_store store, lodge_wasi wasi,
                                        lodge_error *err);

/* Keep the store entered by this thread, so that each call costs less. Do
 * not use this where tasks move between threads. Counted; ends with as many
 * lodge_store_unhold, with the thread, or with the store.
 *
 *   store  [in]     a store
 *   err    [out]    may be NULL
 *
 * Errors: HANDLE, BUSY, LIMIT, STATE.
 * Thread: the one that will call.  Since: 0.1.  Op: 105.
 */
LODGE_API lodge_status lodge_store_hold(lodge_store store, lodge_error *err);

/* End one lodge_store_hold.
 *
 *   store  [in]     a store held by this thread
 *   err    [out]    may be NULL
 *
 * Errors: HANDLE, BUSY, STATE.
 * Thread: the one that holds.  Since: 0.1.  Op: 106.
 */
LODGE_API lodge_status lodge_store_unhold(lodge_store store, lodge_error *err);

/* Run the garbage collector.
 *
 *   store  [in]     a store
 *   err    [out]    may be NULL
 *
 * Errors: HANDLE, BUSY, STATE, INTERNAL, STACK.
 * Thread: any; one at a time.  Since: 0.1.  Op: 107.
 * Source: wasmtime_context_gc.
 */
LODGE_API lodge_status lodge_store_gc(lodge_store store, lodge_error *err);

/* Take what the guest has written to an output ring, and make room in it.
 *
 *   store  [in]     a store with a WASI description
 *   fd     [in]     1 or 2
 *   buf    [out]    bytes
 *   cap    [in]     bytes in `buf`
 *   taken  [out]    bytes written to `buf`; 0 when the ring is empty
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, STATE.
 * Thread: any; one at a time, also from inside a host function.
 * Since: 0.1.  Op: 108.
 */
LODGE_API lodge_status lodge_store_output(lodge_store store, uint32_t fd,
                                          uint8_t *buf, uint64_t cap,
                                          uint64_t *taken, lodge_error *err);

/* Feed an input ring. A feed of 0 bytes ends the stream.
 *
 *   store  [in]     a store with a WASI description
 *   fd     [in]     0
 *   ptr    [in]     bytes
 *   len    [in]     bytes in `ptr`
 *   taken  [out]    bytes that had room
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, STATE.
 * Thread: any; one at a time, also from inside a host function.
 * Since: 0.1.  Op: 109.
 */
LODGE_API lodge_status lodge_store_input(lodge_store store, uint32_t fd,
                                         const uint8_t *ptr, uint64_t len,
                                         uint64_t *taken, lodge_error *err);

/* ---- budget ----------------------------------------------------------- */

/* Make a budget: limits that the sum over many stores keeps, of whatever
 * engines. A new one limits nothing.
 *
 *   out    [out]    the budget
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, LIMIT, MEMORY.
 * Thread: any.  Since: 0.1.  Op: 250.
 */
LODGE_API lodge_status lodge_budget_new(lodge_budget *out, lodge_error *err);

/* Set a limit. One below what is used takes nothing away: there is no more
 * until less is used. A limit of time needs stores whose engines have
 * interruption=on (STATE).
 *
 *   budget [in]     a budget
 *   key    [in]     LODGE_BUDGET_MEMORY, _TABLE or _TIME
 *   value  [in]     bytes, elements or ns in all; UINT64_MAX = no limit
 *   err    [out]    may be NULL
 *
 * Errors: HANDLE, BUSY, NOT_FOUND, STATE.
 * Thread: any, also while its stores run.  Since: 0.1.  Op: 251.
 */
LODGE_API lodge_status lodge_budget_set(lodge_budget budget, uint32_t key,
                                        uint64_t value, lodge_error *err);

/* Read a limit or a statistic.
 *
 *   budget [in]     a budget
 *   key    [in]     LODGE_BUDGET_*
 *   value  [out]    the number
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, NOT_FOUND, STATE.
 * Thread: any, also while its stores run.  Since: 0.1.  Op: 252.
 */
LODGE_API lodge_status lodge_budget_get(lodge_budget budget, uint32_t key,
                                        uint64_t *value, lodge_error *err);

/* Close a budget. The stores that have it keep to it.
 *
 *   budget [in,null] a budget
 *
 * Errors: none.
 * Thread: any.  Since: 0.1.  Op: 253.
 */
LODGE_API lodge_status lodge_budget_close(lodge_budget budget);

/* Give the store a budget, or another, or none. What it has in memory and
 * tables is taken from the new budget and given back to the old; what it
 * gets, from now on too (LIMIT: too little is left for what it has). All is
 * given back when the store ends.
 *
 * With a limit of time, which needs interruption=on (STATE), calls run until
 * it is used up: then one that runs ends within a tick, and none begins, with
 * LODGE_E_LIMIT. What counts is how long calls run, host functions included,
 * in all stores together; not how long a suspended call waits.
 *
 *   store  [in]     a store in which no call is open
 *   budget [in,null] a budget; 0 = none
 *   err    [out]    may be NULL
 *
 * Errors: HANDLE, BUSY, LIMIT, STATE.
 * Thread: any; one at a time.  Since: 0.1.  Op: 254.
 * Source: Store::limiter.
 */
LODGE_API lodge_status lodge_store_budget(lodge_store store,
                                          lodge_budget budget,
                                          lodge_error *err);

/* ---- instance --------------------------------------------------------- */

/* Make an instance of a module; its start function runs.
 *
 *   linker [in]     a linker that satisfies the imports
 *   store  [in,null] a store; 0 = a store of its own, which closes with it
 *   module [in]     a module of the same engine
 *   out    [out]    the instance
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, FOREIGN, LINK, LIMIT, MEMORY, STATE, TRAP,
 *         EXCEPTION, EXIT, HOST, FUEL, DEADLINE, CANCELLED, STACK, INTERNAL.
 * Thread: any; one at a time per store.  Since: 0.1.  Op: 120.
 * Source: wasmtime_linker_instantiate.
 */
LODGE_API lodge_status lodge_instance_new(lodge_linker linker,
                                          lodge_store store,
                                          lodge_module module,
                                          lodge_instance *out,
                                          lodge_error *err);

/* Make an instance of a prepared module; its start function runs.
 *
 *   prepared [in]   a prepared module
 *   store  [in,null] a store; 0 = a store of its own, made as
 *                   lodge_prepared_set and _wasi say, which closes with it
 *   out    [out]    the instance
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, FOREIGN, IO, LIMIT, MEMORY, STATE, TRAP,
 *         EXCEPTION, EXIT, HOST, FUEL, DEADLINE, CANCELLED, STACK, INTERNAL.
 * Thread: any; one at a time per store.  Since: 0.1.  Op: 121.
 * Source: wasmtime_instance_pre_instantiate.
 */
LODGE_API lodge_status lodge_prepared_instance(lodge_prepared prepared,
                                               lodge_store store,
                                               lodge_instance *out,
                                               lodge_error *err);

/* Close an instance. In a store of its own everything ends; in a shared
 * store the id becomes stale and the memory goes with the store.
 *
 *   instance [in,null] an instance
 *
 * Errors: none.
 * Thread: any.  Since: 0.1.  Op: 122.
 */
LODGE_API lodge_status lodge_instance_close(lodge_instance instance);

/* The store of an instance.
 *
 *   instance [in]   an instance
 *   out    [out]    its store; the same handle, not a second owner
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, STATE.
 * Thread: any; one at a time per store.  Since: 0.1.  Op: 123.
 */
LODGE_API lodge_status lodge_instance_store(lodge_instance instance,
                                            lodge_store *out,
                                            lodge_error *err);

/* Find an export by name. Asked again, the same handle is given.
 *
 *   instance [in]   an instance
 *   name   [in]     name
 *   name_len [in]   bytes in `name`
 *   out    [out]    what it is
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, NOT_FOUND, LIMIT, MEMORY, STATE.
 * Thread: any; one at a time per store.  Since: 0.1.  Op: 124.
 * Source: wasmtime_instance_export_get.
 */
LODGE_API lodge_status lodge_instance_export(lodge_instance instance,
                                             const char *name,
                                             uint64_t name_len,
                                             lodge_extern *out,
                                             lodge_error *err);

/* Find an export by its index in the module (lodge_module_export).
 *
 *   instance [in]   an instance
 *   index  [in]     0 to count - 1
 *   out    [out]    what it is
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, NOT_FOUND, LIMIT, MEMORY, STATE.
 * Thread: any; one at a time per store.  Since: 0.1.  Op: 125.
 * Source: wasmtime_instance_export_nth.
 */
LODGE_API lodge_status lodge_instance_export_at(lodge_instance instance,
                                                uint32_t index,
                                                lodge_extern *out,
                                                lodge_error *err);

/* Find an exported function by name.
 *
 *   instance [in]   an instance
 *   name   [in]     name
 *   name_len [in]   bytes in `name`
 *   out    [out]    the function
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, NOT_FOUND, TYPE, LIMIT, MEMORY, STATE.
 * Thread: any; one at a time per store.  Since: 0.1.  Op: 126.
 */
LODGE_API lodge_status lodge_instance_func(lodge_instance instance,
                                           const char *name, uint64_t name_len,
                                           lodge_func *out, lodge_error *err);

/* Find an exported memory by name.
 *
 *   instance [in]   an instance
 *   name   [in]     name
 *   name_len [in]   bytes in `name`
 *   out    [out]    the memory
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, NOT_FOUND, TYPE, LIMIT, MEMORY, STATE.
 * Thread: any; one at a time per store.  Since: 0.1.  Op: 127.
 */
LODGE_API lodge_status lodge_instance_memory(lodge_instance instance,
                                             const char *name,
                                             uint64_t name_len,
                                             lodge_memory *out,
                                             lodge_error *err);

/* Find an exported table by name.
 *
 *   instance [in]   an instance
 *   name   [in]     name
 *   name_len [in]   bytes in `name`
 *   out    [out]    the table
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, NOT_FOUND, TYPE, LIMIT, MEMORY, STATE.
 * Thread: any; one at a time per store.  Since: 0.1.  Op: 128.
 */
LODGE_API lodge_status lodge_instance_table(lodge_instance instance,
                                            const char *name,
                                            uint64_t name_len,
                                            lodge_table *out,
                                            lodge_error *err);

/* Find an exported global by name.
 *
 *   instance [in]   an instance
 *   name   [in]     name
 *   name_len [in]   bytes in `name`
 *   out    [out]    the global
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, NOT_FOUND, TYPE, LIMIT, MEMORY, STATE.
 * Thread: any; one at a time per store.  Since: 0.1.  Op: 129.
 */
LODGE_API lodge_status lodge_instance_global(lodge_instance instance,
                                             const char *name,
                                             uint64_t name_len,
                                             lodge_global *out,
                                             lodge_error *err);

/* Find an exported tag by name.
 *
 *   instance [in]   an instance
 *   name   [in]     name
 *   name_len [in]   bytes in `name`
 *   out    [out]    the tag
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, NOT_FOUND, TYPE, LIMIT, MEMORY, STATE.
 * Thread: any; one at a time per store.  Since: 0.1.  Op: 262.
 */
LODGE_API lodge_status lodge_instance_tag(lodge_instance instance,
                                          const char *name, uint64_t name_len,
                                          lodge_tag *out, lodge_error *err);

/* ---- calls ------------------------------------------------------------ */

/* Call a function whose arguments are already in place, and run it to the
 * end.
 *
 *   fn     [in]     a function of an open store
 *   slots  [inout]  max(param slots, result slots) slots: parameters in,
 *                   results out, both from slot 0
 *   len    [in]     slots in `slots`
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, STATE, BUFFER, FOREIGN, LIMIT, TRAP,
 *         EXCEPTION, EXIT, HOST, FUEL, DEADLINE, CANCELLED, STACK, INTERNAL,
 *         TYPE, MEMORY.
 * Thread: any; one call per store at a time.  Since: 0.1.  Op: 140.
 * Source: wasmtime_func_call_unchecked.
 */
LODGE_API lodge_status lodge_func_call(lodge_func fn, uint64_t *slots,
                                       uint32_t len, lodge_error *err);

/* Call a function by a frame of words without pointers inside. The frame is
 * not kept; words 0-7 are not written and can be used again.
 *
 * If the guest calls a function of mode LODGE_HOST_SUSPEND, this returns
 * LODGE_REQUEST: TOKEN names the request, IMPORT the function (its token in
 * the low half, then 16 bits of parameter slots and 16 of result slots),
 * INSTANCE the instance that called it (0 while it is being made), and the
 * slots hold the parameters, with zeros up to the last result. Answer by
 * lodge_resume. Until then other functions of the store may be used, and
 * guest functions be called by naming the TOKEN as PARENT, but for what runs
 * guest code without a frame (E_STATE).
 *
 * With a SLICE this returns LODGE_YIELD when the guest has run for about so
 * long: TOKEN names the stop, and lodge_resume lets the guest go on. Until
 * then only the memories of the store can be used (E_STATE). A slice is
 * counted in milliseconds, rounded up, and lasts up to 2 ms more; it needs
 * interruption=on. It is this frame's: a nested call has its own or none.
 *
 * Inside a DIRECT host function this returns neither: requests and slices
 * are those of whoever waits for the call around it, and SLICE is ignored.
 *
 *   frame  [inout]  LODGE_FRAME_*: 16 words, then the slots, then room for
 *                   an error record if word 6 names one. The slots must
 *                   suffice for this function and for every request it
 *                   makes; a call whose request does not fit ends (BUFFER)
 *
 * Errors: ARGUMENT, HANDLE, BUSY, STATE, BUFFER, FOREIGN, LIMIT, TRAP,
 *         EXCEPTION, EXIT, HOST, FUEL, DEADLINE, CANCELLED, STACK, INTERNAL,
 *         TYPE, MEMORY.
 * Thread: any; one call per store at a time.  Since: 0.1.  Op: 141.
 */
LODGE_API lodge_status lodge_call(uint64_t *frame);

/* Answer the innermost open request, or give the guest its next time slice,
 * and let its call go on: to its end, to its next request, or to the end of
 * the SLICE of this frame. Any frame will do, and any thread, unless a DIRECT
 * host function is running below the stop (BUSY on other threads). When a
 * nested call has ended, the request around it is the innermost again.
 *
 *   frame  [inout]  TOKEN: the stop. STATUS after LODGE_YIELD: 0 (or as it
 *                   was left) goes on, LODGE_E_CANCELLED ends the guest. To
 *                   a request: 0 (or LODGE_REQUEST, as it was left) answers
 *                   with the result slots; LODGE_E_HOST fails with PAYLOAD,
 *                   LODGE_E_EXCEPTION throws the exception in PAYLOAD,
 *                   LODGE_E_EXIT ends the guest with the
 *                   exit code in the high half of DETAIL, LODGE_E_CANCELLED
 *                   ends it without a reason. A failure takes its message
 *                   from the frame's error record, if one is there, and what
 *                   a nested call has failed with as its cause. The status
 *                   of that call, with its PAYLOAD, exit code and message or
 *                   without (0), hands it on as it was. Out as
 *                   lodge_call. A refusal leaves the frame as it was and
 *                   the request open
 *
 * Errors: ARGUMENT, HANDLE, BUSY, STATE, BUFFER, FOREIGN, LIMIT, TRAP,
 *         EXCEPTION, EXIT, HOST, FUEL, DEADLINE, CANCELLED, STACK, INTERNAL,
 *         MEMORY, TYPE.
 * Thread: any; one call per store at a time.  Since: 0.1.  Op: 239.
 */
LODGE_API lodge_status lodge_resume(uint64_t *frame);

/* Make an instance by a frame, so that its start function may wait for the
 * host or be stopped: LODGE_REQUEST and LODGE_YIELD as in lodge_call.
 *
 *   frame  [inout]  FUNC: a prepared module. Slot 0: the store it goes into,
 *                   0 for one of its own; out, also after lodge_resume: the
 *                   instance. PARENT, TAG, DEADLINE and the rest as in
 *                   lodge_call
 *
 * Errors: ARGUMENT, HANDLE, BUSY, STATE, BUFFER, FOREIGN, LIMIT, TRAP,
 *         EXCEPTION, EXIT, HOST, FUEL, DEADLINE, CANCELLED, STACK, INTERNAL,
 *         IO, MEMORY.
 * Thread: any; one call per store at a time.  Since: 0.1.  Op: 240.
 */
LODGE_API lodge_status lodge_instantiate(uint64_t *frame);

/* Whether lodge_call runs a function where it can wait: on the store's own
 * stack, which takes some 0.2 us more. That is so where the function may come
 * to one of mode LODGE_HOST_SUSPEND: by calls of a module's own, or where it
 * calls an import other than WASI's or by reference, which may lead anywhere.
 * Only in stores that have such functions; lodge_func_call is for the others
 * what it is elsewhere.
 *
 *   fn     [in]     a function of an open store
 *   out    [out]    1 or 0
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, STATE.
 * Thread: any; one at a time per store.  Since: 0.1.  Op: 147.
 */
LODGE_API lodge_status lodge_func_may_suspend(lodge_func fn, uint32_t *out,
                                              lodge_error *err);

/* Cancel a call by the id that its frame gave it (CALLID): it and what is
 * nested in it end with LODGE_E_CANCELLED, which no host function between can
 * swallow. A guest ends at its next loop head or function entry, an open
 * request when it is answered. Other calls are not touched.
 *
 * A call that has not begun ends when it begins, if ids rise: each call's is
 * higher than those of all calls that began before it in this store. An id
 * that is not higher and not open is of a call that is over; cancelling that
 * does nothing. The store remembers 64 ids of calls that are to come, or
 * that are open; more are refused (LIMIT), never forgotten. A higher id that
 * begins makes room.
 *
 *   store  [in]     a store; it may be in use
 *   callid [in]     an id, not 0
 *
 * Errors: ARGUMENT, HANDLE, LIMIT.
 * Thread: any, at once, wait-free.  Since: 0.1.  Op: 241.
 */
LODGE_API lodge_status lodge_store_cancel(lodge_store store, uint64_t callid);

/* The signature of a function, as text.
 *
 *   fn     [in]     a function
 *   buf    [out]    text: "i32 i32 -> i64"
 *   cap    [in]     bytes in `buf`
 *   len    [out]    full length in bytes
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, BUFFER, MEMORY, STATE.
 * Thread: any; one at a time per store.  Since: 0.1.  Op: 142.
 * Source: wasmtime_func_type.
 */
LODGE_API lodge_status lodge_func_type(lodge_func fn, char *buf, uint64_t cap,
                                       uint64_t *len, lodge_error *err);

/* The type of a function as a number, as lodge_module_type tells it.
 *
 *   fn     [in]     a function
 *   type   [out]    its number
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, STATE.
 * Thread: any; one at a time per store.  Since: 0.1.  Op: 360.
 */
LODGE_API lodge_status lodge_func_exact_type(lodge_func fn, uint32_t *type,
                                             lodge_error *err);

/* How many slots a function's parameters and results take.
 *
 *   fn     [in]     a function
 *   params [out]    slots of the parameters; may be NULL
 *   results [out]   slots of the results; may be NULL
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, STATE.
 * Thread: any; one at a time per store.  Since: 0.1.  Op: 143.
 */
LODGE_API lodge_status lodge_func_slots(lodge_func fn, uint32_t *params,
                                        uint32_t *results, lodge_error *err);

/* ---- inside a host function ------------------------------------------- */

/* The running host call is the lodge_caller that a DIRECT function gets, and
 * TOKEN of the store's frame in a FRAME function. What only asks also takes
 * the TOKEN of an open request, as long as it is the innermost one. All are
 * stale (LODGE_E_HANDLE) as soon as the host function has returned, or the
 * request has been answered.
 */

/* The instance whose code made this call; of what it calls, not where it was
 * defined.
 *
 *   caller [in]     the running host call, or the innermost open request
 *   out    [out]    the instance; 0 if the host called directly, or the
 *                   instance could not start and is only in tables still
 *
 * Errors: ARGUMENT, HANDLE, BUSY, LIMIT, MEMORY, STATE.
 * Thread: the one in the host function.  Since: 0.1.  Op: 150.
 */
LODGE_API lodge_status lodge_caller_instance(lodge_caller caller,
                                             lodge_instance *out);

/* The memory that the calling instance exports as "memory".
 *
 *   caller [in]     the running host call, or the innermost open request
 *   out    [out]    the memory
 *
 * Errors: ARGUMENT, HANDLE, BUSY, NOT_FOUND, LIMIT, MEMORY, STATE.
 * Thread: the one in the host function.  Since: 0.1.  Op: 151.
 */
LODGE_API lodge_status lodge_caller_memory(lodge_caller caller,
                                           lodge_memory *out);

/* An export of the calling instance. Each is looked up once per instance.
 *
 *   caller [in]     the running host call, or the innermost open request
 *   name   [in]     name
 *   name_len [in]   bytes in `name`
 *   out    [out]    what it is
 *
 * Errors: ARGUMENT, HANDLE, BUSY, NOT_FOUND, LIMIT, MEMORY, STATE.
 * Thread: the one in the host function.  Since: 0.1.  Op: 152.
 */
LODGE_API lodge_status lodge_caller_export(lodge_caller caller,
                                           const char *name, uint64_t name_len,
                                           lodge_extern *out);

/* The user tag of the running call (LODGE_FRAME_TAG), 0 if it had none.
 *
 *   caller [in]     the running host call, or the innermost open request
 *   tag    [out]    the tag
 *
 * Errors: ARGUMENT, HANDLE, BUSY, STATE.
 * Thread: the one in the host function.  Since: 0.1.  Op: 153.
 */
LODGE_API lodge_status lodge_caller_tag(lodge_caller caller, uint64_t *tag);

/* Ask about the running call by key.
 *
 *   caller [in]     the running host call, or the innermost open request
 *   key    [in]     LODGE_CALLER_*
 *   value  [out]    the value
 *
 * Errors: ARGUMENT, HANDLE, BUSY, NOT_FOUND, STATE.
 * Thread: the one in the host function.  Since: 0.1.  Op: 157.
 * Source: wasmtime_context_get_fuel.
 */
LODGE_API lodge_status lodge_caller_get(lodge_caller caller, uint32_t key,
                                        uint64_t *value);

/* The store of the running call.
 *
 *   caller [in]     the running host call, or the innermost open request
 *   out    [out]    the store
 *
 * Errors: ARGUMENT, HANDLE, BUSY, STATE.
 * Thread: the one in the host function.  Since: 0.1.  Op: 154.
 */
LODGE_API lodge_status lodge_caller_store(lodge_caller caller,
                                          lodge_store *out);

/* Fail the running call: `return lodge_caller_fail(...)`. The outermost call
 * returns LODGE_E_HOST with this payload and message, and with what a nested
 * call has failed with as the cause (lodge_report_cause). A host function
 * that returns the status of a failed nested call without this hands that
 * failure on as it was.
 *
 *   caller [in]     the running host call
 *   payload [in]    the host's own value
 *   message [in,null] what went wrong; replaced by a stock phrase if it is
 *                   not UTF-8
 *   message_len [in] bytes in `message`
 *
 * Returns what the host function must return: LODGE_E_HOST, or
 * LODGE_E_HANDLE if the caller is stale.
 *
 * Errors: HANDLE, BUSY, HOST, STATE.
 * Thread: the one in the host function.  Since: 0.1.  Op: 155.
 */
LODGE_API lodge_status lodge_caller_fail(lodge_caller caller, uint64_t payload,
                                         const char *message,
                                         uint64_t message_len);

/* Throw an exception in the guest: `return lodge_caller_throw(...)`. If
 * nobody catches it, the outermost call returns LODGE_E_EXCEPTION. The
 * reference stays the host's, and may be closed at once.
 *
 *   caller [in]     the running host call
 *   exception [in]  an exception
 *
 * Returns what the host function must return: LODGE_E_EXCEPTION, or why it
 * cannot be thrown.
 *
 * Errors: HANDLE, BUSY, FOREIGN, TYPE, EXCEPTION, STATE.
 * Thread: the one in the host function.  Since: 0.1.  Op: 277.
 */
LODGE_API lodge_status lodge_caller_throw(lodge_caller caller,
                                          lodge_ref exception);

/* Forget what a nested call has failed with, so that it is not the cause of
 * what this host function reports later. Otherwise it is, also if other
 * nested calls went well since.
 *
 *   caller [in]     the running host call, or the innermost open request
 *
 * Errors: HANDLE, BUSY, STATE.
 * Thread: the one in the host function.  Since: 0.1.  Op: 158.
 */
LODGE_API lodge_status lodge_caller_forget(lodge_caller caller);

/* End the guest with an exit code: `return lodge_caller_exit(...)`. The
 * outermost call returns LODGE_E_EXIT.
 *
 *   caller [in]     the running host call
 *   code   [in]     exit code
 *
 * Returns what the host function must return: LODGE_E_EXIT, or
 * LODGE_E_HANDLE if the caller is stale.
 *
 * Errors: HANDLE, BUSY, EXIT, STATE.
 * Thread: the one in the host function.  Since: 0.1.  Op: 156.
 */
LODGE_API lodge_status lodge_caller_exit(lodge_caller caller, int32_t code);

/* ---- host module ------------------------------------------------------- */

/* Make a host module: functions, memories, tables, globals and tags under
 * names, to be added to any number of linkers. What is wrong with it as a
 * whole comes out of lodge_linker_add_host.
 *
 *   engine [in]     an engine
 *   name   [in]     module name of the imports
 *   name_len [in]   bytes in `name`
 *   out    [out]    the host module, empty
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, LIMIT, MEMORY, STATE.
 * Thread: any.  Since: 0.1.  Op: 230.
 */
LODGE_API lodge_status lodge_host_new(lodge_engine engine, const char *name,
                                      uint64_t name_len, lodge_host *out,
                                      lodge_error *err);

/* Close a host module. Linkers, prepared modules and stores that have its
 * functions are not affected; tokens come out of lodge_reap when the last of
 * them is gone.
 *
 *   host   [in,null] a host module
 *
 * Errors: none.
 * Thread: any.  Since: 0.1.  Op: 231.
 */
LODGE_API lodge_status lodge_host_close(lodge_host host);

/* Make a function of a host module. It has no name yet: lodge_host_export.
 *
 *   host   [in]     a host module
 *   sig    [in]     signature: "i32 i64 -> f64"; at most 1,000 values a side
 *   sig_len [in]    bytes in `sig`
 *   mode   [in]     LODGE_HOST_DIRECT, _FRAME or _SUSPEND
 *   token  [in]     tells the function to the host; for FRAME and SUSPEND
 *                   below 2^32. Taken over on success: if not 0 it comes out
 *                   of lodge_reap once, as LODGE_KIND_HOST, when nothing can
 *                   reach the function any more
 *   index  [out]    its number: all that a host module makes is counted,
 *                   from 0
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, NOT_FOUND, LIMIT, MEMORY, STATE, UNSUPPORTED.
 * Thread: any; one change at a time.  Since: 0.1.  Op: 232.
 */
LODGE_API lodge_status lodge_host_func(lodge_host host, const char *sig,
                                       uint64_t sig_len, uint32_t mode,
                                       uint64_t token, uint32_t *index,
                                       lodge_error *err);

/* Give a DIRECT function its body. A function that was added to a linker
 * cannot be changed any more (E_STATE); its names can.
 *
 *   host   [in]     a host module
 *   index  [in]     a function of mode LODGE_HOST_DIRECT
 *   fn     [in]     runs on the thread that is in the call
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, NOT_FOUND, STATE.
 * Thread: any; one change at a time.  Since: 0.1.  Op: 233.
 */
LODGE_API lodge_status lodge_host_direct(lodge_host host, uint32_t index,
                                         lodge_direct_fn fn, lodge_error *err);

/* Describe a function: its name in messages, names of its parameters or
 * results. The empty text takes the description away.
 *
 *   host   [in]     a host module
 *   index  [in]     a function that was not added to a linker yet
 *   what   [in]     LODGE_HOST_TRACE_NAME, _PARAM_NAMES or _RESULT_NAMES
 *   ptr    [in]     the name, or names separated by newlines
 *   len    [in]     bytes in `ptr`
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, NOT_FOUND, MEMORY, STATE.
 * Thread: any; one change at a time.  Since: 0.1.  Op: 234.
 */
LODGE_API lodge_status lodge_host_describe(lodge_host host, uint32_t index,
                                           uint32_t what, const char *ptr,
                                           uint64_t len, lodge_error *err);

/* Make a memory of a host module. It has no name yet: lodge_host_export.
 * Memories, tables, globals and tags of a host module are made anew in each
 * store, when something there first asks for them: an instance that imports
 * them, or lodge_host_get. All that asks in one store shares them; they count
 * there and end with the store. A shared memory is made at once, is the same
 * in all stores and counts in none.
 *
 *   host   [in]     a host module
 *   type   [in]     as in lodge_memory_new: "1 16"
 *   type_len [in]   bytes in `type`
 *   index  [out]    its number in the host module
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, LIMIT, MEMORY, STATE, TYPE, UNSUPPORTED,
 *         INTERNAL.
 * Thread: any; one change at a time.  Since: 0.1.  Op: 280.
 */
LODGE_API lodge_status lodge_host_memory(lodge_host host, const char *type,
                                         uint64_t type_len, uint32_t *index,
                                         lodge_error *err);

/* Take a shared memory into a host module. It has no name yet:
 * lodge_host_export.
 *
 *   host   [in]     a host module
 *   memory [in]     a shared memory of the same engine
 *   index  [out]    its number in the host module
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, FOREIGN, MEMORY, STATE.
 * Thread: any; one change at a time.  Since: 0.1.  Op: 339.
 */
LODGE_API lodge_status lodge_host_shared_memory(lodge_host host,
                                                lodge_shared_memory memory,
                                                uint32_t *index,
                                                lodge_error *err);

/* Make a table of a host module, filled with null; see lodge_host_memory.
 *
 *   host   [in]     a host module
 *   type   [in]     as in lodge_table_new: "10 20 funcref"
 *   type_len [in]   bytes in `type`
 *   index  [out]    its number in the host module
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, NOT_FOUND, LIMIT, MEMORY, STATE, UNSUPPORTED,
 *         INTERNAL.
 * Thread: any; one change at a time.  Since: 0.1.  Op: 281.
 */
LODGE_API lodge_status lodge_host_table(lodge_host host, const char *type,
                                        uint64_t type_len, uint32_t *index,
                                        lodge_error *err);

/* Make a global of a host module; see lodge_host_memory.
 *
 *   host   [in]     a host module
 *   type   [in]     as in lodge_global_new: "mut i64"
 *   type_len [in]   bytes in `type`
 *   slots  [in]     what it begins with in each store: 1 slot, 2 for v128;
 *                   of references null only
 *   index  [out]    its number in the host module
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, NOT_FOUND, MEMORY, STATE, UNSUPPORTED,
 *         INTERNAL, LIMIT.
 * Thread: any; one change at a time.  Since: 0.1.  Op: 282.
 */
LODGE_API lodge_status lodge_host_global(lodge_host host, const char *type,
                                         uint64_t type_len,
                                         const uint64_t *slots,
                                         uint32_t *index, lodge_error *err);

/* Make a tag of a host module, the type of an exception; see
 * lodge_host_memory. In each store it is different from all other tags.
 *
 *   host   [in]     a host module
 *   type   [in]     as in lodge_tag_new: "i32 externref"
 *   type_len [in]   bytes in `type`
 *   index  [out]    its number in the host module
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, NOT_FOUND, MEMORY, STATE, TYPE, UNSUPPORTED,
 *         INTERNAL, LIMIT.
 * Thread: any; one change at a time.  Since: 0.1.  Op: 283.
 */
LODGE_API lodge_status lodge_host_tag(lodge_host host, const char *type,
                                      uint64_t type_len, uint32_t *index,
                                      lodge_error *err);

/* Export what a host module has made under a name; again for more names.
 * Exporting a name again replaces what is behind it and keeps the name's
 * place. Linkers that have the host module already are not affected.
 *
 *   host   [in]     a host module
 *   index  [in]     a function, memory, table, global or tag
 *   name   [in]     name of the import
 *   name_len [in]   bytes in `name`
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, NOT_FOUND, MEMORY, STATE.
 * Thread: any; one change at a time.  Since: 0.1.  Op: 235.
 */
LODGE_API lodge_status lodge_host_export(lodge_host host, uint32_t index,
                                         const char *name, uint64_t name_len,
                                         lodge_error *err);

/* How many names a host module exports.
 *
 *   host   [in]     a host module
 *   count  [out]    names
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, STATE.
 * Thread: any.  Since: 0.1.  Op: 236.
 */
LODGE_API lodge_status lodge_host_count(lodge_host host, uint32_t *count,
                                        lodge_error *err);

/* Describe an export, in the order of first export.
 *
 *   host   [in]     a host module
 *   index  [in]     0 to count - 1
 *   what   [in]     LODGE_HOST_TRACE_NAME .. LODGE_HOST_KIND
 *   buf    [out]    text
 *   cap    [in]     bytes in `buf`
 *   len    [out]    full length in bytes
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, NOT_FOUND, BUFFER, MEMORY, STATE.
 * Thread: any.  Since: 0.1.  Op: 237.
 */
LODGE_API lodge_status lodge_host_item(lodge_host host, uint32_t index,
                                       uint32_t what, char *buf, uint64_t cap,
                                       uint64_t *len, lodge_error *err);

/* What a host module exports under a name, in a store: made there if it is
 * new, else what is there. A function that was got so can be called by the
 * host; it has no calling instance then.
 *
 *   host   [in]     a host module
 *   store  [in]     a store of the same engine
 *   name   [in]     name of the export
 *   name_len [in]   bytes in `name`
 *   out    [out]    kind and handle of a child of the store
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, FOREIGN, LIMIT, MEMORY, NOT_FOUND, STATE,
 *         INTERNAL.
 * Thread: any; one at a time.  Since: 0.1.  Op: 284.
 */
LODGE_API lodge_status lodge_host_get(lodge_host host, lodge_store store,
                                      const char *name, uint64_t name_len,
                                      lodge_extern *out, lodge_error *err);

/* Define all exports of a host module in a linker, or none of them. Later
 * changes of the host module do not show there.
 *
 *   linker [in]     a linker of the same engine
 *   host   [in]     a host module; may be added to many linkers
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, FOREIGN, LINK, STATE, MEMORY, INTERNAL.
 * Thread: any; one change at a time.  Since: 0.1.  Op: 238.
 * Source: wasmtime_linker_define_func_unchecked.
 */
LODGE_API lodge_status lodge_linker_add_host(lodge_linker linker,
                                             lodge_host host,
                                             lodge_error *err);

/* Say what runs the functions of mode LODGE_HOST_FRAME. Instances take it
 * from the linker when they are made, so it comes before.
 *
 *   linker [in]     a linker
 *   fn     [in]     the function
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, STATE.
 * Thread: any; one change at a time.  Since: 0.1.  Op: 242.
 */
LODGE_API lodge_status lodge_linker_frame(lodge_linker linker,
                                          lodge_frame_fn fn, lodge_error *err);

/* Give a store the frame for its host functions of mode LODGE_HOST_FRAME.
 * It is kept: it must stay where it is until it is replaced or the store is
 * closed. During a call IMPORT and INSTANCE are as in lodge_call, TOKEN is
 * the lodge_caller, STATUS and DETAIL are 0, and the slots hold parameters
 * and take results. A nested call uses the same frame: read first, write
 * last.
 *
 *   store  [in]     a store
 *   frame  [inout]  LODGE_FRAME_*: 16 words, then the slots; may be NULL,
 *                   which takes the frame away
 *   words  [in]     words of the frame, slots included
 *   tag    [in]     passed to the linker's function
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, STATE.
 * Thread: any; one at a time per store.  Since: 0.1.  Op: 243.
 */
LODGE_API lodge_status lodge_store_frame(lodge_store store, uint64_t *frame,
                                         uint32_t words, uint32_t tag,
                                         lodge_error *err);

/* ---- memory ----------------------------------------------------------- */

/* Make a memory. A shared one counts in the store with all that it may grow
 * to.
 *
 *   store  [in]     a store
 *   type   [in]     "1 16": pages at first and at most (optional); then any
 *                   of: i64, page=1, shared (lodge_shared_memory_new)
 *   type_len [in]   bytes in `type`
 *   out    [out]    the memory
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, TYPE, LIMIT, MEMORY, STATE, UNSUPPORTED,
 *         INTERNAL.
 * Thread: any; one at a time per store.  Since: 0.1.  Op: 160.
 * Source: wasmtime_memory_new.
 */
LODGE_API lodge_status lodge_memory_new(lodge_store store, const char *type,
                                        uint64_t type_len, lodge_memory *out,
                                        lodge_error *err);

/* The type of a memory, as text.
 *
 *   memory [in]     a memory
 *   buf    [out]    text
 *   cap    [in]     bytes in `buf`
 *   len    [out]    full length in bytes
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, BUFFER, MEMORY, STATE.
 * Thread: any; one at a time per store.  Since: 0.1.  Op: 161.
 */
LODGE_API lodge_status lodge_memory_type(lodge_memory memory, char *buf,
                                         uint64_t cap, uint64_t *len,
                                         lodge_error *err);

/* The size of a memory.
 *
 *   memory [in]     a memory
 *   bytes  [out]    bytes
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, STATE.
 * Thread: any; one at a time per store.  Since: 0.1.  Op: 162.
 * Source: wasmtime_memory_data_size.
 */
LODGE_API lodge_status lodge_memory_size(lodge_memory memory, uint64_t *bytes,
                                         lodge_error *err);

/* Grow a memory.
 *
 *   memory [in]     a memory
 *   pages  [in]     pages to add, of the memory's page size
 *   old_pages [out] pages before; may be NULL
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, LIMIT, STATE.
 * Thread: any; one at a time per store.  Since: 0.1.  Op: 163.
 * Source: wasmtime_memory_grow.
 */
LODGE_API lodge_status lodge_memory_grow(lodge_memory memory, uint64_t pages,
                                         uint64_t *old_pages,
                                         lodge_error *err);

/* Copy bytes out of a memory.
 *
 *   memory [in]     a memory
 *   at     [in]     byte offset in the memory
 *   dst    [out]    `len` bytes
 *   len    [in]     bytes
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, BOUNDS, STATE.
 * Thread: any; one at a time per store.  Since: 0.1.  Op: 164.
 */
LODGE_API lodge_status lodge_memory_read(lodge_memory memory, uint64_t at,
                                         uint8_t *dst, uint64_t len,
                                         lodge_error *err);

/* Copy bytes into a memory.
 *
 *   memory [in]     a memory
 *   at     [in]     byte offset in the memory
 *   src    [in]     `len` bytes
 *   len    [in]     bytes
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, BOUNDS, STATE.
 * Thread: any; one at a time per store.  Since: 0.1.  Op: 165.
 */
LODGE_API lodge_status lodge_memory_write(lodge_memory memory, uint64_t at,
                                          const uint8_t *src, uint64_t len,
                                          lodge_error *err);

/* Fill a part of a memory with one byte.
 *
 *   memory [in]     a memory
 *   at     [in]     byte offset in the memory
 *   byte   [in]     0 to 255
 *   len    [in]     bytes
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, BOUNDS, STATE.
 * Thread: any; one at a time per store.  Since: 0.1.  Op: 166.
 */
LODGE_API lodge_status lodge_memory_fill(lodge_memory memory, uint64_t at,
                                         uint32_t byte, uint64_t len,
                                         lodge_error *err);

/* Copy between two memories of one store, or within one; they may overlap.
 *
 *   dst    [in]     the memory to write
 *   dst_at [in]     byte offset in `dst`
 *   src    [in]     the memory to read
 *   src_at [in]     byte offset in `src`
 *   len    [in]     bytes
 *   err    [out]    may be NULL
 *
 * Errors: HANDLE, BUSY, FOREIGN, BOUNDS, STATE.
 * Thread: any; one at a time per store.  Since: 0.1.  Op: 167.
 */
LODGE_API lodge_status lodge_memory_copy(lodge_memory dst, uint64_t dst_at,
                                         lodge_memory src, uint64_t src_at,
                                         uint64_t len, lodge_error *err);

/* Find a byte: the length of a NUL-terminated text, for instance.
 *
 *   memory [in]     a memory
 *   at     [in]     byte offset to start at
 *   byte   [in]     0 to 255
 *   max    [in]     bytes to look at; the memory's end also ends the search
 *   found  [out]    bytes before it, counted from `at`
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, BOUNDS, NOT_FOUND, STATE.
 * Thread: any; one at a time per store.  Since: 0.1.  Op: 168.
 */
LODGE_API lodge_status lodge_memory_find(lodge_memory memory, uint64_t at,
                                         uint32_t byte, uint64_t max,
                                         uint64_t *found, lodge_error *err);

/* Load one value, little-endian, aligned or not.
 *
 *   memory [in]     a memory
 *   at     [in]     byte offset
 *   type   [in]     LODGE_TYPE_I8, _I16, _I32, _I64, _F32, _F64 or _V128
 *   slots  [out]    one slot, zero-extended; two for v128
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, BOUNDS, STATE.
 * Thread: any; one at a time per store.  Since: 0.1.  Op: 169.
 */
LODGE_API lodge_status lodge_memory_load(lodge_memory memory, uint64_t at,
                                         uint32_t type, uint64_t *slots,
                                         lodge_error *err);

/* Store one value, little-endian, aligned or not.
 *
 *   memory [in]     a memory
 *   at     [in]     byte offset
 *   type   [in]     LODGE_TYPE_I8, _I16, _I32, _I64, _F32, _F64 or _V128
 *   slots  [in]     one slot, upper bits ignored; two for v128
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, BOUNDS, STATE.
 * Thread: any; one at a time per store.  Since: 0.1.  Op: 170.
 */
LODGE_API lodge_status lodge_memory_store(lodge_memory memory, uint64_t at,
                                          uint32_t type, const uint64_t *slots,
                                          lodge_error *err);

/* Borrow the address of a memory. It stays mapped while the lease lives,
 * even after its store was closed; the memory may grow meanwhile. Given only
 * where the base cannot move. What the bytes mean is between host and guest:
 * access while the guest runs on another thread is a data race.
 *
 *   memory [in]     a memory
 *   address [out]   the first byte, as a number
 *   len    [out]    bytes now
 *   out    [out]    the lease
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, LIMIT, MEMORY, STATE, UNSUPPORTED.
 * Thread: any; one at a time per store.  Since: 0.1.  Op: 171.
 * Source: wasmtime_memory_data.
 */
LODGE_API lodge_status lodge_memory_lease(lodge_memory memory,
                                          uint64_t *address, uint64_t *len,
                                          lodge_lease *out, lodge_error *err);

/* Give a lease back.
 *
 *   lease  [in,null] a lease
 *
 * Errors: none.
 * Thread: any.  Since: 0.1.  Op: 172.
 */
LODGE_API lodge_status lodge_lease_close(lodge_lease lease);

/* ---- shared memory ----------------------------------------------------- */

/* Make a shared memory: one that any number of stores of its engine, on any
 * number of threads, use at the same time, and the host while they run. It
 * belongs to no store and lives until the last handle, linker, host module
 * and store that has it is gone. It never moves, so it grows up to what the
 * engine's key memory-reservation has reserved for it, whatever its maximum.
 * Needs an engine with shared-memory=on.
 *
 *   engine [in]     an engine
 *   type   [in]     "1 16": pages at first and at most; then any of: i64,
 *                   page=1, shared
 *   type_len [in]   bytes in `type`
 *   out    [out]    the shared memory
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, LIMIT, MEMORY, STATE, TYPE, UNSUPPORTED,
 *         INTERNAL.
 * Thread: any.  Since: 0.1.  Op: 320.
 * Source: SharedMemory::new.
 */
LODGE_API lodge_status lodge_shared_memory_new(lodge_engine engine,
                                               const char *type,
                                               uint64_t type_len,
                                               lodge_shared_memory *out,
                                               lodge_error *err);

/* Close a handle of a shared memory. Who waits through this handle
 * (lodge_shared_memory_wait) is woken and gets LODGE_E_CANCELLED; so are
 * guests that wait at the same address, as if somebody had notified them.
 *
 *   memory [in,null] a shared memory
 *
 * Errors: none.
 * Thread: any.  Since: 0.1.  Op: 321.
 */
LODGE_API lodge_status lodge_shared_memory_close(lodge_shared_memory memory);

/* The type of a shared memory as text, as it was made: "1 16 shared".
 *
 *   memory [in]     a shared memory
 *   buf    [out]    text
 *   cap    [in]     bytes in `buf`
 *   len    [out]    full length in bytes
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUFFER, MEMORY, STATE.
 * Thread: any.  Since: 0.1.  Op: 322.
 * Source: SharedMemory::ty.
 */
LODGE_API lodge_status lodge_shared_memory_type(lodge_shared_memory memory,
                                                char *buf, uint64_t cap,
                                                uint64_t *len,
                                                lodge_error *err);

/* The size of a shared memory. It never shrinks.
 *
 *   memory [in]     a shared memory
 *   bytes  [out]    bytes now
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, STATE.
 * Thread: any.  Since: 0.1.  Op: 323.
 * Source: wasmtime_sharedmemory_data_size.
 */
LODGE_API lodge_status lodge_shared_memory_size(lodge_shared_memory memory,
                                                uint64_t *bytes,
                                                lodge_error *err);

/* Grow a shared memory, for all who use it.
 *
 *   memory [in]     a shared memory
 *   pages  [in]     pages to add, of the memory's page size
 *   old_pages [out] pages before; may be NULL
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, LIMIT, STATE.
 * Thread: any.  Since: 0.1.  Op: 324.
 * Source: SharedMemory::grow.
 */
LODGE_API lodge_status lodge_shared_memory_grow(lodge_shared_memory memory,
                                                uint64_t pages,
                                                uint64_t *old_pages,
                                                lodge_error *err);

/* Copy bytes out of a shared memory. Each byte is read atomically, all of
 * them together are not: what others write meanwhile may be seen in part.
 *
 *   memory [in]     a shared memory
 *   at     [in]     byte offset in the memory
 *   dst    [out]    `len` bytes
 *   len    [in]     bytes
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BOUNDS, STATE.
 * Thread: any.  Since: 0.1.  Op: 325.
 */
LODGE_API lodge_status lodge_shared_memory_read(lodge_shared_memory memory,
                                                uint64_t at, uint8_t *dst,
                                                uint64_t len,
                                                lodge_error *err);

/* Copy bytes into a shared memory. Each byte is written atomically, all of
 * them together are not; see lodge_shared_memory_read.
 *
 *   memory [in]     a shared memory
 *   at     [in]     byte offset in the memory
 *   src    [in]     `len` bytes
 *   len    [in]     bytes
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BOUNDS, STATE.
 * Thread: any.  Since: 0.1.  Op: 326.
 */
LODGE_API lodge_status lodge_shared_memory_write(lodge_shared_memory memory,
                                                 uint64_t at,
                                                 const uint8_t *src,
                                                 uint64_t len,
                                                 lodge_error *err);

/* Fill a part of a shared memory with one byte; see
 * lodge_shared_memory_write.
 *
 *   memory [in]     a shared memory
 *   at     [in]     byte offset in the memory
 *   byte   [in]     0 to 255
 *   len    [in]     bytes
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BOUNDS, STATE.
 * Thread: any.  Since: 0.1.  Op: 327.
 */
LODGE_API lodge_status lodge_shared_memory_fill(lodge_shared_memory memory,
                                                uint64_t at, uint32_t byte,
                                                uint64_t len,
                                                lodge_error *err);

/* Copy between two shared memories, also of two engines, or within one; they
 * may overlap. See lodge_shared_memory_read.
 *
 *   dst    [in]     the memory to write
 *   dst_at [in]     byte offset in `dst`
 *   src    [in]     the memory to read
 *   src_at [in]     byte offset in `src`
 *   len    [in]     bytes
 *   err    [out]    may be NULL
 *
 * Errors: HANDLE, BOUNDS, STATE.
 * Thread: any.  Since: 0.1.  Op: 328.
 */
LODGE_API lodge_status lodge_shared_memory_copy(lodge_shared_memory dst,
                                                uint64_t dst_at,
                                                lodge_shared_memory src,
                                                uint64_t src_at, uint64_t len,
                                                lodge_error *err);

/* Load one value atomically (i32.atomic.load and its like): sequentially
 * consistent, as is all that follows here.
 *
 *   memory [in]     a shared memory
 *   at     [in]     byte offset, a multiple of `bytes`
 *   bytes  [in]     1, 2, 4 or 8
 *   value  [out]    the value, zero-extended
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BOUNDS, STATE.
 * Thread: any.  Since: 0.1.  Op: 329.
 */
LODGE_API lodge_status lodge_shared_memory_load(lodge_shared_memory memory,
                                                uint64_t at, uint32_t bytes,
                                                uint64_t *value,
                                                lodge_error *err);

/* Store one value atomically.
 *
 *   memory [in]     a shared memory
 *   at     [in]     byte offset, a multiple of `bytes`
 *   bytes  [in]     1, 2, 4 or 8
 *   value  [in]     the value; bits above are ignored
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BOUNDS, STATE.
 * Thread: any.  Since: 0.1.  Op: 330.
 */
LODGE_API lodge_status lodge_shared_memory_store(lodge_shared_memory memory,
                                                 uint64_t at, uint32_t bytes,
                                                 uint64_t value,
                                                 lodge_error *err);

/* Change one value atomically (i32.atomic.rmw.add and its like).
 *
 *   memory [in]     a shared memory
 *   at     [in]     byte offset, a multiple of `bytes`
 *   bytes  [in]     1, 2, 4 or 8
 *   op     [in]     LODGE_ATOMIC_*
 *   operand [in]    the other value; bits above are ignored
 *   old    [out]    the value before, zero-extended; may be NULL
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BOUNDS, STATE.
 * Thread: any.  Since: 0.1.  Op: 331.
 */
LODGE_API lodge_status lodge_shared_memory_rmw(lodge_shared_memory memory,
                                               uint64_t at, uint32_t bytes,
                                               uint32_t op, uint64_t operand,
                                               uint64_t *old,
                                               lodge_error *err);

/* Replace one value atomically if it is the expected one
 * (i32.atomic.rmw.cmpxchg and its like). It was replaced if `old` is
 * `expected`.
 *
 *   memory [in]     a shared memory
 *   at     [in]     byte offset, a multiple of `bytes`
 *   bytes  [in]     1, 2, 4 or 8
 *   expected [in]   one with bits above is never found
 *   replacement [in] the new value; bits above are ignored
 *   old    [out]    the value before, zero-extended
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BOUNDS, STATE.
 * Thread: any.  Since: 0.1.  Op: 332.
 */
LODGE_API lodge_status lodge_shared_memory_cmpxchg(
    lodge_shared_memory memory, uint64_t at, uint32_t bytes, uint64_t expected,
    uint64_t replacement, uint64_t *old, lodge_error *err);

/* Wait until somebody notifies this address, a guest or the host
 * (memory.atomic.wait32 and _wait64); the thread sleeps meanwhile. At once if
 * the value is not the expected one. The wait ends with CANCELLED when the
 * handle is closed or the engine shut down. lodge_release does not end it.
 *
 *   memory [in]     a shared memory
 *   at     [in]     byte offset, a multiple of `bytes`
 *   bytes  [in]     4 or 8
 *   expected [in]   the value to sleep on
 *   timeout [in]    ns, UINT64_MAX = as long as it takes
 *   outcome [out]   LODGE_WAIT_*
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BOUNDS, CANCELLED, STATE.
 * Thread: any; not one that others wait for.  Since: 0.1.  Op: 333.
 * Source: SharedMemory::atomic_wait32, SharedMemory::atomic_wait64.
 */
LODGE_API lodge_status lodge_shared_memory_wait(
    lodge_shared_memory memory, uint64_t at, uint32_t bytes, uint64_t expected,
    uint64_t timeout, uint32_t *outcome, lodge_error *err);

/* Wake guests and host threads that wait at an address
 * (memory.atomic.notify), those that have waited longest first.
 *
 *   memory [in]     a shared memory
 *   at     [in]     byte offset, a multiple of 4
 *   count  [in]     wake at most so many, UINT32_MAX = all
 *   woken  [out]    how many were waiting and are woken; may be NULL
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BOUNDS, STATE.
 * Thread: any.  Since: 0.1.  Op: 334.
 * Source: SharedMemory::atomic_notify.
 */
LODGE_API lodge_status lodge_shared_memory_notify(lodge_shared_memory memory,
                                                  uint64_t at, uint32_t count,
                                                  uint32_t *woken,
                                                  lodge_error *err);

/* Name a shared memory as a memory of a store: what lodge_instance_export
 * gives for an export of it. Every lodge_memory_* function takes it. The same
 * memory has the same handle in a store, however it is asked for.
 *
 *   memory [in]     a shared memory
 *   store  [in]     a store of the same engine
 *   out    [out]    the memory
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, FOREIGN, LIMIT, MEMORY, STATE.
 * Thread: any; one at a time per store.  Since: 0.1.  Op: 335.
 */
LODGE_API lodge_status lodge_shared_memory_in(lodge_shared_memory memory,
                                              lodge_store store,
                                              lodge_memory *out,
                                              lodge_error *err);

/* The shared memory behind a memory of a store, a guest's own too: it can be
 * used while guests run, and given to other stores.
 *
 *   memory [in]     a memory whose type has `shared`
 *   out    [out]    the shared memory: one handle more, to be closed
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, LIMIT, MEMORY, STATE, TYPE.
 * Thread: any; one at a time per store.  Since: 0.1.  Op: 336.
 */
LODGE_API lodge_status lodge_memory_shared(lodge_memory memory,
                                           lodge_shared_memory *out,
                                           lodge_error *err);

/* Whether two handles are of one shared memory.
 *
 *   a      [in]     a shared memory
 *   b      [in]     a shared memory
 *   yes    [out]    1 or 0
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, STATE.
 * Thread: any.  Since: 0.1.  Op: 337.
 */
LODGE_API lodge_status lodge_shared_memory_same(lodge_shared_memory a,
                                                lodge_shared_memory b,
                                                uint32_t *yes,
                                                lodge_error *err);

/* Borrow the address of a shared memory, which never moves. It stays mapped
 * while the lease lives. Others access it at any time: use atomic accesses.
 *
 *   memory [in]     a shared memory
 *   address [out]   the first byte, as a number
 *   len    [out]    bytes now
 *   out    [out]    the lease; lodge_lease_close
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, LIMIT, MEMORY, STATE.
 * Thread: any.  Since: 0.1.  Op: 338.
 * Source: wasmtime_sharedmemory_data.
 */
LODGE_API lodge_status lodge_shared_memory_lease(lodge_shared_memory memory,
                                                 uint64_t *address,
                                                 uint64_t *len,
                                                 lodge_lease *out,
                                                 lodge_error *err);

/* ---- table ------------------------------------------------------------ */

/* Make a table.
 *
 *   store  [in]     a store
 *   type   [in]     "10 20 funcref": elements at first and at most
 *                   (optional), element type; then i64 if 64-bit
 *   type_len [in]   bytes in `type`
 *   value  [in]     initial value of every element: a slot, 0 = null
 *   out    [out]    the table
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, FOREIGN, NOT_FOUND, TYPE, LIMIT, MEMORY,
 *         STATE, UNSUPPORTED, STACK, INTERNAL.
 * Thread: any; one at a time per store.  Since: 0.1.  Op: 180.
 * Source: wasmtime_table_new.
 */
LODGE_API lodge_status lodge_table_new(lodge_store store, const char *type,
                                       uint64_t type_len, uint64_t value,
                                       lodge_table *out, lodge_error *err);

/* The type of a table, as text.
 *
 *   table  [in]     a table
 *   buf    [out]    text
 *   cap    [in]     bytes in `buf`
 *   len    [out]    full length in bytes
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, BUFFER, MEMORY, STATE.
 * Thread: any; one at a time per store.  Since: 0.1.  Op: 181.
 */
LODGE_API lodge_status lodge_table_type(lodge_table table, char *buf,
                                        uint64_t cap, uint64_t *len,
                                        lodge_error *err);

/* The size of a table.
 *
 *   table  [in]     a table
 *   elements [out]  elements
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, STATE.
 * Thread: any; one at a time per store.  Since: 0.1.  Op: 182.
 * Source: wasmtime_table_size.
 */
LODGE_API lodge_status lodge_table_size(lodge_table table, uint64_t *elements,
                                        lodge_error *err);

/* Read an element.
 *
 *   table  [in]     a table
 *   index  [in]     0 to size - 1
 *   value  [out]    a slot, 0 = null; the same function has one id
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, BOUNDS, LIMIT, MEMORY, STATE.
 * Thread: any; one at a time per store.  Since: 0.1.  Op: 183.
 * Source: wasmtime_table_get.
 */
LODGE_API lodge_status lodge_table_get(lodge_table table, uint64_t index,
                                       uint64_t *value, lodge_error *err);

/* Write an element.
 *
 *   table  [in]     a table
 *   index  [in]     0 to size - 1
 *   value  [in]     a slot, 0 = null
 *   err    [out]    may be NULL
 *
 * Errors: HANDLE, BUSY, FOREIGN, BOUNDS, TYPE, STATE, STACK, MEMORY, LIMIT.
 * Thread: any; one at a time per store.  Since: 0.1.  Op: 184.
 * Source: wasmtime_table_set.
 */
LODGE_API lodge_status lodge_table_set(lodge_table table, uint64_t index,
                                       uint64_t value, lodge_error *err);

/* Grow a table.
 *
 *   table  [in]     a table
 *   delta  [in]     elements to add
 *   value  [in]     their value: a slot, 0 = null
 *   old_size [out]  elements before; may be NULL
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, FOREIGN, TYPE, LIMIT, MEMORY, STATE,
 *         STACK.
 * Thread: any; one at a time per store.  Since: 0.1.  Op: 185.
 * Source: wasmtime_table_grow.
 */
LODGE_API lodge_status lodge_table_grow(lodge_table table, uint64_t delta,
                                        uint64_t value, uint64_t *old_size,
                                        lodge_error *err);

/* ---- global ----------------------------------------------------------- */

/* Make a global.
 *
 *   store  [in]     a store
 *   type   [in]     "i32" or "mut i32"
 *   type_len [in]   bytes in `type`
 *   slots  [in]     initial value: one slot, two for v128
 *   out    [out]    the global
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, FOREIGN, NOT_FOUND, TYPE, LIMIT, MEMORY,
 *         STATE, UNSUPPORTED, STACK.
 * Thread: any; one at a time per store.  Since: 0.1.  Op: 190.
 * Source: wasmtime_global_new.
 */
LODGE_API lodge_status lodge_global_new(lodge_store store, const char *type,
                                        uint64_t type_len,
                                        const uint64_t *slots,
                                        lodge_global *out, lodge_error *err);

/* The type of a global, as text.
 *
 *   global [in]     a global
 *   buf    [out]    text
 *   cap    [in]     bytes in `buf`
 *   len    [out]    full length in bytes
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, BUFFER, MEMORY, STATE.
 * Thread: any; one at a time per store.  Since: 0.1.  Op: 191.
 */
LODGE_API lodge_status lodge_global_type(lodge_global global, char *buf,
                                         uint64_t cap, uint64_t *len,
                                         lodge_error *err);

/* Read a global.
 *
 *   global [in]     a global
 *   slots  [out]    one slot, two for v128
 *   len    [in]     slots in `slots`
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, BUFFER, LIMIT, MEMORY, STATE.
 * Thread: any; one at a time per store.  Since: 0.1.  Op: 192.
 * Source: wasmtime_global_get.
 */
LODGE_API lodge_status lodge_global_get(lodge_global global, uint64_t *slots,
                                        uint32_t len, lodge_error *err);

/* Write a global.
 *
 *   global [in]     a mutable global
 *   slots  [in]     one slot, two for v128
 *   len    [in]     slots in `slots`
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, BUFFER, FOREIGN, TYPE, STATE, STACK, MEMORY,
 *         LIMIT.
 * Thread: any; one at a time per store.  Since: 0.1.  Op: 193.
 * Source: wasmtime_global_set.
 */
LODGE_API lodge_status lodge_global_set(lodge_global global,
                                        const uint64_t *slots, uint32_t len,
                                        lodge_error *err);

/* ---- tag -------------------------------------------------------------- */

/* Make a tag, the type of an exception. Each is different from all others:
 * a guest that is to catch what the host throws imports the host's tag
 * (lodge_linker_add), or exports its own (lodge_instance_tag).
 *
 *   store  [in]     a store
 *   type   [in]     types of an exception's values: "i32 externref"
 *   type_len [in]   bytes in `type`
 *   out    [out]    the tag
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, NOT_FOUND, TYPE, LIMIT, MEMORY, STATE,
 *         UNSUPPORTED.
 * Thread: any; one at a time per store.  Since: 0.1.  Op: 260.
 * Source: wasmtime_tag_new.
 */
LODGE_API lodge_status lodge_tag_new(lodge_store store, const char *type,
                                     uint64_t type_len, lodge_tag *out,
                                     lodge_error *err);

/* The type of a tag, as text.
 *
 *   tag    [in]     a tag
 *   buf    [out]    text: "i32 externref"
 *   cap    [in]     bytes in `buf`
 *   len    [out]    full length in bytes
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, BUFFER, MEMORY, STATE.
 * Thread: any; one at a time per store.  Since: 0.1.  Op: 261.
 * Source: wasmtime_tag_type.
 */
LODGE_API lodge_status lodge_tag_type(lodge_tag tag, char *buf, uint64_t cap,
                                      uint64_t *len, lodge_error *err);

/* ---- ref -------------------------------------------------------------- */

/* Close a reference; the object stays while something else refers to it. A
 * store has at most 65,536 open ones, and gives an id again only after as
 * many others. Where the store is in use, it is closed when that ends.
 *
 *   ref    [in,null] a reference
 *
 * Errors: none.
 * Thread: any.  Since: 0.1.  Op: 263.
 */
LODGE_API lodge_status lodge_ref_close(lodge_ref ref);

/* Make a second reference to the same object, to be closed by itself.
 *
 *   ref    [in]     a reference
 *   out    [out]    another one
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, MEMORY, LIMIT, STATE.
 * Thread: any; one at a time per store.  Since: 0.1.  Op: 264.
 */
LODGE_API lodge_status lodge_ref_dup(lodge_ref ref, lodge_ref *out,
                                     lodge_error *err);

/* What an object is: "i31ref", "structref", "arrayref", "exnref", or
 * "externref" for one of the host's that the guest has as anyref.
 *
 *   ref    [in]     a reference
 *   buf    [out]    text
 *   cap    [in]     bytes in `buf`
 *   len    [out]    full length in bytes
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, BUFFER, STATE.
 * Thread: any; one at a time per store.  Since: 0.1.  Op: 265.
 */
LODGE_API lodge_status lodge_ref_type(lodge_ref ref, char *buf, uint64_t cap,
                                      uint64_t *len, lodge_error *err);

/* Whether a reference is of a type.
 *
 *   ref    [in]     a reference
 *   type   [in]     LODGE_TYPE_FUNCREF to LODGE_TYPE_NULLEXNREF, or a number
 *                   of lodge_module_type
 *   yes    [out]    1 or 0
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, NOT_FOUND, STATE.
 * Thread: any; one at a time per store.  Since: 0.1.  Op: 266.
 */
LODGE_API lodge_status lodge_ref_test(lodge_ref ref, uint32_t type,
                                      uint32_t *yes, lodge_error *err);

/* Refuse a reference that is not of a type: LODGE_E_TYPE, and the message says
 * what it is. lodge_ref_test only asks.
 *
 *   ref    [in]     a reference
 *   type   [in]     LODGE_TYPE_FUNCREF to LODGE_TYPE_NULLEXNREF, or a number
 *                   of lodge_module_type
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, NOT_FOUND, TYPE, STATE.
 * Thread: any; one at a time per store.  Since: 0.1.  Op: 357.
 */
LODGE_API lodge_status lodge_ref_cast(lodge_ref ref, uint32_t type,
                                      lodge_error *err);

/* The type that an object was made with.
 *
 *   ref    [in]     a reference
 *   type   [out]    of structs and arrays a number as lodge_module_type tells
 *                   it; else LODGE_TYPE_I31REF, LODGE_TYPE_EXTERNREF (as in
 *                   lodge_ref_type) or LODGE_TYPE_EXNREF
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, STATE.
 * Thread: any; one at a time per store.  Since: 0.1.  Op: 356.
 */
LODGE_API lodge_status lodge_ref_exact_type(lodge_ref ref, uint32_t *type,
                                            lodge_error *err);

/* Whether two references are to the same object.
 *
 *   ref    [in]     a reference
 *   other  [in]     another one of the same store
 *   yes    [out]    1 or 0
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, FOREIGN, STATE.
 * Thread: any; one at a time per store.  Since: 0.1.  Op: 267.
 */
LODGE_API lodge_status lodge_ref_same(lodge_ref ref, lodge_ref other,
                                      uint32_t *yes, lodge_error *err);

/* Make a reference to a small number.
 *
 *   store  [in]     a store
 *   value  [in]     below 2^31
 *   out    [out]    the reference
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, LIMIT, MEMORY, STATE.
 * Thread: any; one at a time per store.  Since: 0.1.  Op: 268.
 * Source: wasmtime_anyref_from_i31.
 */
LODGE_API lodge_status lodge_ref_i31(lodge_store store, uint32_t value,
                                     lodge_ref *out, lodge_error *err);

/* Make a struct.
 *
 *   store  [in]     a store
 *   type   [in]     a number of lodge_module_type
 *   slots  [in]     the values of its fields, as parameters of a function;
 *                   of i8 and i16 the low bits. NULL: default values
 *   len    [in]     slots in `slots`
 *   out    [out]    the reference
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, BUFFER, FOREIGN, NOT_FOUND, TYPE, LIMIT,
 *         MEMORY, STATE, STACK.
 * Thread: any; one at a time per store.  Since: 0.1.  Op: 347.
 * Source: wasmtime_structref_new.
 */
LODGE_API lodge_status lodge_ref_struct(lodge_store store, uint32_t type,
                                        const uint64_t *slots, uint32_t len,
                                        lodge_ref *out, lodge_error *err);

/* Make an array, all elements the same.
 *
 *   store  [in]     a store
 *   type   [in]     a number of lodge_module_type
 *   count  [in]     elements
 *   slots  [in]     one slot, two for v128. NULL: the default value
 *   len    [in]     slots in `slots`
 *   out    [out]    the reference
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, BUFFER, FOREIGN, NOT_FOUND, TYPE, LIMIT,
 *         MEMORY, STATE, STACK.
 * Thread: any; one at a time per store.  Since: 0.1.  Op: 348.
 * Source: wasmtime_arrayref_new.
 */
LODGE_API lodge_status lodge_ref_array(lodge_store store, uint32_t type,
                                       uint64_t count, const uint64_t *slots,
                                       uint32_t len, lodge_ref *out,
                                       lodge_error *err);

/* Make an array out of values.
 *
 *   store  [in]     a store
 *   type   [in]     a number of lodge_module_type
 *   slots  [in]     the elements, each one slot, two for v128
 *   len    [in]     slots in `slots`
 *   out    [out]    the reference
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, BUFFER, FOREIGN, NOT_FOUND, TYPE, LIMIT,
 *         MEMORY, STATE, STACK.
 * Thread: any; one at a time per store.  Since: 0.1.  Op: 349.
 */
LODGE_API lodge_status lodge_ref_array_of(lodge_store store, uint32_t type,
                                          const uint64_t *slots, uint32_t len,
                                          lodge_ref *out, lodge_error *err);

/* Make an array of numbers out of bytes, as they are in a guest's memory.
 *
 *   store  [in]     a store
 *   type   [in]     a number of lodge_module_type: elements of i8 to v128
 *   ptr    [in]     the elements, lowest byte first
 *   len    [in]     bytes in `ptr`; whole elements (BUFFER)
 *   out    [out]    the reference
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, BUFFER, NOT_FOUND, TYPE, LIMIT, STATE,
 *         STACK.
 * Thread: any; one at a time per store.  Since: 0.1.  Op: 350.
 */
LODGE_API lodge_status lodge_ref_array_bytes(lodge_store store, uint32_t type,
                                             const uint8_t *ptr, uint64_t len,
                                             lodge_ref *out, lodge_error *err);

/* Make an anyref of what is in the slot of an externref: of the host's own
 * (a token, which is taken over) or of a guest's.
 *
 *   store  [in]     a store
 *   slot   [in]     a token, or LODGE_EXTERN_REF plus a reference
 *   out    [out]    the reference
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, FOREIGN, TYPE, LIMIT, MEMORY, STATE, STACK.
 * Thread: any; one at a time per store.  Since: 0.1.  Op: 358.
 * Source: wasmtime_anyref_convert_extern.
 */
LODGE_API lodge_status lodge_ref_from_extern(lodge_store store, uint64_t slot,
                                             lodge_ref *out, lodge_error *err);

/* The slot of an externref of the same object: the token, if it is the host's
 * own, else LODGE_EXTERN_REF plus a new reference, to be closed.
 *
 *   ref    [in]     a reference, but no exception
 *   slot   [out]    for a parameter, a field or a table
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, TYPE, LIMIT, STATE.
 * Thread: any; one at a time per store.  Since: 0.1.  Op: 359.
 * Source: wasmtime_externref_convert_any.
 */
LODGE_API lodge_status lodge_ref_to_extern(lodge_ref ref, uint64_t *slot,
                                           lodge_error *err);

/* How many values an object holds: fields of a struct, elements of an array,
 * else 1.
 *
 *   ref    [in]     a reference, but no exception
 *   len    [out]    values
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, TYPE, STATE.
 * Thread: any; one at a time per store.  Since: 0.1.  Op: 269.
 */
LODGE_API lodge_status lodge_ref_len(lodge_ref ref, uint64_t *len,
                                     lodge_error *err);

/* Read a value of an object: a field, an element, the number of an i31ref
 * (zero-extended from 31 bits), the token of an object of the host's. With
 * the sign: lodge_ref_read_signed.
 *
 *   ref    [in]     a reference, but no exception
 *   index  [in]     0 to len - 1
 *   slots  [out]    one slot, two for v128; i8 and i16 are zero-extended
 *   len    [in]     slots in `slots`
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, BUFFER, BOUNDS, TYPE, LIMIT, MEMORY, STATE.
 * Thread: any; one at a time per store.  Since: 0.1.  Op: 270.
 * Source: wasmtime_structref_field, wasmtime_arrayref_get.
 */
LODGE_API lodge_status lodge_ref_read(lodge_ref ref, uint64_t index,
                                      uint64_t *slots, uint32_t len,
                                      lodge_error *err);

/* Write a field of a struct or an element of an array.
 *
 *   ref    [in]     a reference
 *   index  [in]     0 to len - 1
 *   slots  [in]     one slot, two for v128
 *   len    [in]     slots in `slots`
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, BUFFER, FOREIGN, BOUNDS, TYPE, LIMIT,
 *         MEMORY, STATE, STACK.
 * Thread: any; one at a time per store.  Since: 0.1.  Op: 271.
 * Source: wasmtime_structref_set_field, wasmtime_arrayref_set.
 */
LODGE_API lodge_status lodge_ref_write(lodge_ref ref, uint64_t index,
                                       const uint64_t *slots, uint32_t len,
                                       lodge_error *err);

/* Read a field or an element of type i8, i16 or i32, or the number of an
 * i31ref, with its sign.
 *
 *   ref    [in]     a reference
 *   index  [in]     0 to len - 1
 *   slot   [out]    an i32: sign-extended to 32 bits
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, BOUNDS, TYPE, STATE.
 * Thread: any; one at a time per store.  Since: 0.1.  Op: 351.
 */
LODGE_API lodge_status lodge_ref_read_signed(lodge_ref ref, uint64_t index,
                                             uint64_t *slot, lodge_error *err);

/* Write one value to many elements of an array.
 *
 *   ref    [in]     an array
 *   index  [in]     of the first element
 *   count  [in]     elements
 *   slots  [in]     one slot, two for v128
 *   len    [in]     slots in `slots`
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, BUFFER, FOREIGN, BOUNDS, TYPE, LIMIT,
 *         MEMORY, STATE, STACK.
 * Thread: any; one at a time per store.  Since: 0.1.  Op: 352.
 */
LODGE_API lodge_status lodge_ref_fill(lodge_ref ref, uint64_t index,
                                      uint64_t count, const uint64_t *slots,
                                      uint32_t len, lodge_error *err);

/* Copy elements of one array to another, or within one, where the two parts
 * may overlap.
 *
 *   ref    [in]     the array to write to
 *   index  [in]     of the first element there
 *   from   [in]     the array to read, of the same store
 *   from_index [in] of the first element there
 *   count  [in]     elements
 *   err    [out]    may be NULL
 *
 * Errors: HANDLE, BUSY, FOREIGN, BOUNDS, TYPE, STATE, STACK.
 * Thread: any; one at a time per store.  Since: 0.1.  Op: 353.
 */
LODGE_API lodge_status lodge_ref_copy(lodge_ref ref, uint64_t index,
                                      lodge_ref from, uint64_t from_index,
                                      uint64_t count, lodge_error *err);

/* Read elements of an array of numbers as bytes.
 *
 *   ref    [in]     an array of i8 to v128
 *   index  [in]     of the first element
 *   buf    [out]    the elements, lowest byte first
 *   len    [in]     bytes to read; whole elements (BUFFER)
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, BUFFER, BOUNDS, TYPE, STATE.
 * Thread: any; one at a time per store.  Since: 0.1.  Op: 354.
 */
LODGE_API lodge_status lodge_ref_read_bytes(lodge_ref ref, uint64_t index,
                                            uint8_t *buf, uint64_t len,
                                            lodge_error *err);

/* Write elements of an array of numbers from bytes.
 *
 *   ref    [in]     an array of i8 to v128
 *   index  [in]     of the first element
 *   ptr    [in]     the elements, lowest byte first
 *   len    [in]     bytes in `ptr`; whole elements (BUFFER)
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, BUFFER, BOUNDS, TYPE, STATE.
 * Thread: any; one at a time per store.  Since: 0.1.  Op: 355.
 */
LODGE_API lodge_status lodge_ref_write_bytes(lodge_ref ref, uint64_t index,
                                             const uint8_t *ptr, uint64_t len,
                                             lodge_error *err);

/* Note where a batch of references begins.
 *
 *   store  [in]     a store
 *   scope  [out]    for lodge_store_scope_end
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, STATE.
 * Thread: any; one at a time per store.  Since: 0.1.  Op: 272.
 */
LODGE_API lodge_status lodge_store_scope(lodge_store store, uint64_t *scope,
                                         lodge_error *err);

/* Close all references of a store that were made since.
 *
 *   store  [in]     a store
 *   scope  [in]     from lodge_store_scope; 0 closes all
 *   err    [out]    may be NULL
 *
 * Errors: HANDLE, BUSY, STATE.
 * Thread: any; one at a time per store.  Since: 0.1.  Op: 273.
 */
LODGE_API lodge_status lodge_store_scope_end(lodge_store store, uint64_t scope,
                                             lodge_error *err);

/* ---- exception -------------------------------------------------------- */

/* Make an exception. Thrown by lodge_caller_throw, by lodge_resume, or by a
 * function of mode LODGE_HOST_FRAME; closed by lodge_ref_close.
 *
 *   tag    [in]     its type
 *   slots  [in]     its values
 *   len    [in]     slots in `slots`
 *   out    [out]    the exception
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, BUFFER, FOREIGN, TYPE, LIMIT, MEMORY, STATE,
 *         STACK.
 * Thread: any; one at a time per store.  Since: 0.1.  Op: 274.
 * Source: wasmtime_exn_new.
 */
LODGE_API lodge_status lodge_exception_new(lodge_tag tag,
                                           const uint64_t *slots, uint32_t len,
                                           lodge_ref *out, lodge_error *err);

/* The tag of an exception.
 *
 *   exception [in]  an exception
 *   out    [out]    its tag; the same tag has one id
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, TYPE, LIMIT, MEMORY, STATE.
 * Thread: any; one at a time per store.  Since: 0.1.  Op: 275.
 * Source: wasmtime_exn_tag.
 */
LODGE_API lodge_status lodge_exception_tag(lodge_ref exception, lodge_tag *out,
                                           lodge_error *err);

/* Read the values of an exception.
 *
 *   exception [in]  an exception
 *   slots  [out]    its values
 *   len    [in]     slots in `slots`
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, BUFFER, TYPE, LIMIT, MEMORY, STATE.
 * Thread: any; one at a time per store.  Since: 0.1.  Op: 276.
 * Source: wasmtime_exn_field.
 */
LODGE_API lodge_status lodge_exception_read(lodge_ref exception,
                                            uint64_t *slots, uint32_t len,
                                            lodge_error *err);

/* ---- WASI ------------------------------------------------------------- */

/* Make a WASI preview 1 description: nothing is allowed until it is said.
 * One description serves any number of stores.
 *
 *   out    [out]    the description
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, LIMIT, MEMORY.
 * Thread: any.  Since: 0.1.  Op: 200.
 */
LODGE_API lodge_status lodge_wasi_new(lodge_wasi *out, lodge_error *err);

/* Close a description. Stores that have it are not affected.
 *
 *   wasi   [in,null] a description
 *
 * Errors: none.
 * Thread: any.  Since: 0.1.  Op: 201.
 */
LODGE_API lodge_status lodge_wasi_close(lodge_wasi wasi);

/* Add an argument; the first is the program's name.
 *
 *   wasi   [in]     a description
 *   ptr    [in]     UTF-8 without NUL
 *   len    [in]     bytes in `ptr`
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, STATE.
 * Thread: any; one change at a time.  Since: 0.1.  Op: 202.
 */
LODGE_API lodge_status lodge_wasi_arg(lodge_wasi wasi, const char *ptr,
                                      uint64_t len, lodge_error *err);

/* Add an environment variable.
 *
 *   wasi   [in]     a description
 *   name   [in]     UTF-8 without NUL or '='
 *   name_len [in]   bytes in `name`
 *   value  [in]     UTF-8 without NUL
 *   value_len [in]  bytes in `value`
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, STATE.
 * Thread: any; one change at a time.  Since: 0.1.  Op: 203.
 */
LODGE_API lodge_status lodge_wasi_env(lodge_wasi wasi, const char *name,
                                      uint64_t name_len, const char *value,
                                      uint64_t value_len, lodge_error *err);

/* Say what a standard stream is.
 *
 *   wasi   [in]     a description
 *   fd     [in]     0 stdin, 1 stdout, 2 stderr
 *   how    [in]     LODGE_WASI_NULL, _BYTES, _FILE, _RING or _INHERIT
 *   ptr    [in,null] the bytes of BYTES, the path of FILE, else NULL
 *   len    [in]     bytes in `ptr`; of RING the size of the ring in bytes
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, STATE.
 * Thread: any; one change at a time.  Since: 0.1.  Op: 204.
 */
LODGE_API lodge_status lodge_wasi_stream(lodge_wasi wasi, uint32_t fd,
                                         uint32_t how, const uint8_t *ptr,
                                         uint64_t len, lodge_error *err);

/* Let the guest see a directory.
 *
 *   wasi   [in]     a description
 *   host   [in]     path of the directory on the host; opened when a store
 *                   gets the description
 *   host_len [in]   bytes in `host`
 *   guest  [in]     its path for the guest
 *   guest_len [in]  bytes in `guest`
 *   dir_rights [in] LODGE_WASI_READ and _WRITE, for directories
 *   file_rights [in] LODGE_WASI_READ and _WRITE, for files
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, STATE.
 * Thread: any; one change at a time.  Since: 0.1.  Op: 205.
 */
LODGE_API lodge_status lodge_wasi_dir(lodge_wasi wasi, const char *host,
                                      uint64_t host_len, const char *guest,
                                      uint64_t guest_len, uint32_t dir_rights,
                                      uint32_t file_rights, lodge_error *err);

/* Change a setting.
 *
 *   wasi   [in]     a description
 *   key    [in]     LODGE_WASI_FULL .. LODGE_WASI_SLEEP
 *   value  [in]     see the key
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, NOT_FOUND, STATE.
 * Thread: any; one change at a time.  Since: 0.1.  Op: 206.
 */
LODGE_API lodge_status lodge_wasi_set(lodge_wasi wasi, uint32_t key,
                                      uint64_t value, lodge_error *err);

/* ---- report ----------------------------------------------------------- */

/* The whole failure as text: message, causes, backtrace.
 *
 *   report [in]     a report (lodge_error.report)
 *   buf    [out]    text of several lines
 *   cap    [in]     bytes in `buf`
 *   len    [out]    full length in bytes
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUFFER, STATE.
 * Thread: any.  Since: 0.1.  Op: 220.
 */
LODGE_API lodge_status lodge_report_text(lodge_report report, char *buf,
                                         uint64_t cap, uint64_t *len,
                                         lodge_error *err);

/* How many frames the backtrace has.
 *
 *   report [in]     a report
 *   count  [out]    frames
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, STATE.
 * Thread: any.  Since: 0.1.  Op: 221.
 */
LODGE_API lodge_status lodge_report_frame_count(lodge_report report,
                                                uint32_t *count,
                                                lodge_error *err);

/* Describe a frame of the backtrace, innermost first. A host function that
 * failed is the first, under its LODGE_HOST_TRACE_NAME.
 *
 *   report [in]     a report
 *   index  [in]     0 to count - 1
 *   what   [in]     LODGE_REPORT_*
 *   buf    [out]    text; "" where it is not known
 *   cap    [in]     bytes in `buf`
 *   len    [out]    full length in bytes
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, NOT_FOUND, BUFFER, STATE, MEMORY.
 * Thread: any.  Since: 0.1.  Op: 222.
 * Source: wasm_frame_func_index, wasmtime_frame_func_name.
 */
LODGE_API lodge_status lodge_report_frame(lodge_report report, uint32_t index,
                                          uint32_t what, char *buf,
                                          uint64_t cap, uint64_t *len,
                                          lodge_error *err);

/* How many causes the failure has, at least one.
 *
 *   report [in]     a report
 *   count  [out]    causes
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, STATE.
 * Thread: any.  Since: 0.1.  Op: 223.
 */
LODGE_API lodge_status lodge_report_cause_count(lodge_report report,
                                                uint32_t *count,
                                                lodge_error *err);

/* Describe a cause, outermost first.
 *
 *   report [in]     a report
 *   index  [in]     0 to count - 1
 *   status [out]    its status; may be NULL
 *   payload [out]   its payload, of a host failure; may be NULL
 *   buf    [out]    its message
 *   cap    [in]     bytes in `buf`
 *   len    [out]    full length in bytes
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, NOT_FOUND, BUFFER, STATE.
 * Thread: any.  Since: 0.1.  Op: 224.
 */
LODGE_API lodge_status lodge_report_cause(lodge_report report, uint32_t index,
                                          lodge_status *status,
                                          uint64_t *payload, char *buf,
                                          uint64_t cap, uint64_t *len,
                                          lodge_error *err);

/* The core dump of a failure: the guest's memories, globals and call stack at
 * that moment, as a WebAssembly module with the sections "core",
 * "coremodules", "coreinstances" and "corestack" of the tool conventions.
 * Shared memories are not in it, references are null, locals are unknown. It
 * was made with the report, if the record had LODGE_ERROR_CORE_DUMP.
 *
 *   report [in]     a report of a failed call or instantiation
 *   buf    [out]    the core dump
 *   cap    [in]     bytes in `buf`
 *   len    [out]    full length in bytes
 *   err    [out]    may be NULL; says why there is none: NOT_FOUND, not asked
 *                   for, no guest ran, or it ended with an exit code; STATE,
 *                   core-dump=off; LIMIT, it would be longer than
 *                   core-dump-limit, or those of all open reports longer than
 *                   256 MiB; UNSUPPORTED, a global holds an exception
 *
 * Errors: ARGUMENT, HANDLE, NOT_FOUND, BUFFER, STATE, LIMIT, UNSUPPORTED,
 *         INTERNAL.
 * Thread: any.  Since: 0.1.  Op: 381.
 */
LODGE_API lodge_status lodge_report_core_dump(lodge_report report,
                                              uint8_t *buf, uint64_t cap,
                                              uint64_t *len, lodge_error *err);

/* Close a report. At most 256 are open at once; a failure beyond that has
 * none.
 *
 *   report [in,null] a report
 *
 * Errors: none.
 * Thread: any.  Since: 0.1.  Op: 225.
 */
LODGE_API lodge_status lodge_report_close(lodge_report report);

/* ---- profile ----------------------------------------------------------- */

/* Begin to record in which functions the guests of a store spend their time.
 * At most 100,000 samples are taken, each at the first loop or function entry
 * after the interval has passed; none while a host function runs or a request
 * is open.
 *
 *   store  [in]     a store; needs interruption=on (STATE)
 *   name   [in]     what the profile is called
 *   name_len [in]   bytes in `name`
 *   interval_ns [in] time between samples, from 1 ms to 1 h; 0 = 1 ms
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, STATE, MEMORY, INTERNAL.
 * Thread: any; one at a time per store.  Since: 0.1.  Op: 382.
 * Source: wasmtime_guestprofiler_new.
 */
LODGE_API lodge_status lodge_profile_start(lodge_store store, const char *name,
                                           uint64_t name_len,
                                           uint64_t interval_ns,
                                           lodge_error *err);

/* End the recording, if it goes on still, and read it: JSON in the Firefox
 * profiler's processed format. It can be read again until the next recording
 * begins or the store is closed.
 *
 *   store  [in]     a store of lodge_profile_start
 *   buf    [out]    JSON
 *   cap    [in]     bytes in `buf`
 *   len    [out]    full length in bytes
 *   err    [out]    may be NULL
 *
 * Errors: ARGUMENT, HANDLE, BUSY, BUFFER, STATE, INTERNAL.
 * Thread: any; one at a time per store.  Since: 0.1.  Op: 383.
 * Source: wasmtime_guestprofiler_finish.
 */
LODGE_API lodge_status lodge_profile_finish(lodge_store store, char *buf,
                                            uint64_t cap, uint64_t *len,
                                            lodge_error *err);

#ifdef __cplusplus
}
#endif

/* --- sugar: begin -------------------------------------------------------
 * For C99 and C++17 only, and never needed: everything is done with the
 * functions above. docs/typed-functions.md shows how to use it.
 *
 * The types of a typed function are named exactly so: int32_t uint32_t
 * int64_t uint64_t float double lodge_v128, and void for no result. It has at
 * most 12 parameters.
 */
#include <string.h>

/* What a program leaves unused is no mistake. */
#if defined(__GNUC__)
#define LODGE_T_UNUSED __attribute__((unused))
#else
#define LODGE_T_UNUSED
#endif

/* A v128 as its two slots. */
typedef struct lodge_v128 {
    uint64_t low, high;
} lodge_v128;

/* An ordinary function as a host function: LODGE_TYPED_HOST makes one. */
typedef struct lodge_typed {
    lodge_direct_fn fn;
    const char *sig;
    uint64_t sig_len;
} lodge_typed;

/* LODGE_TYPED_HOST(name, f, RESULT, PARAMS...) makes `name`, a lodge_typed,
 * out of
 *
 *     RESULT f(lodge_caller caller, PARAMS...);
 *
 * for lodge_linker_typed, or for lodge_host_func and lodge_host_direct. After
 * lodge_caller_fail or lodge_caller_exit the guest ends, whatever f returns.
 */
#define LODGE_TYPED_HOST(name, f, ...)                                        \
    static int32_t name##_direct(uint64_t token, lodge_caller caller,         \
                                 uint64_t *slots)                             \
    {                                                                         \
        (void)token;                                                          \
        (void)slots;                                                          \
        LODGE_T_RUN(LODGE_T_FIRST(__VA_ARGS__, 0),                            \
                    f(caller LODGE_T_EACH(LODGE_T_GET, __VA_ARGS__)))         \
        return LODGE_AS_SAID;                                                 \
    }                                                                         \
    static const lodge_typed name = {name##_direct, LODGE_T_SIG(__VA_ARGS__), \
                                     sizeof(LODGE_T_SIG(__VA_ARGS__)) - 1}

/* Defines a typed host function, as lodge_linker_func does; the names end with
 * a NUL.
 */
LODGE_T_UNUSED static inline lodge_status
lodge_linker_typed(lodge_linker linker, const char *module, const char *name,
                   const lodge_typed *typed, uint64_t token, lodge_error *err)
{
    return lodge_linker_func(linker, module, strlen(module), name,
                             strlen(name), typed->sig, typed->sig_len,
                             typed->fn, token, err);
}

/* LODGE_TYPED_GUEST(name, RESULT, PARAMS...) makes a type `name` for guest
 * functions of that signature, and two functions:
 *
 *     lodge_status name_bind(name *self, lodge_func func, lodge_error *err);
 *     lodge_status name_call(name self, PARAMS..., RESULT *out,
 *                            lodge_error *err);
 *
 * The first refuses another signature (LODGE_E_TYPE), the second calls. With
 * a RESULT of void there is no `out`.
 */
#define LODGE_TYPED_GUEST(name, ...)                                          \
    struct name {                                                             \
        lodge_func func;                                                      \
    };                                                                        \
    LODGE_T_UNUSED static inline lodge_status name##_bind(                    \
        struct name *self, lodge_func func, lodge_error *err)                 \
    {                                                                         \
        lodge_status st = lodge_t_check(func, LODGE_T_SIG(__VA_ARGS__), err); \
                                                                              \
        if (st == LODGE_OK)                                                   \
            self->func = func;                                                \
        return st;                                                            \
    }                                                                         \
    LODGE_T_UNUSED static inline lodge_status name##_call(                    \
        struct name self LODGE_T_EACH(LODGE_T_DECLARE, __VA_ARGS__)           \
            LODGE_T_OUT(LODGE_T_FIRST(__VA_ARGS__, 0)) lodge_error *err)      \
    {                                                                         \
        uint64_t slots[2 LODGE_T_EACH(LODGE_T_ADD_WIDTH, __VA_ARGS__)];       \
        lodge_status st;                                                      \
                                                                              \
        LODGE_T_EACH(LODGE_T_PUT, __VA_ARGS__)                                \
        st = lodge_func_call(self.func, slots,                                \
                             (uint32_t)(sizeof slots / sizeof *slots), err);  \
        LODGE_T_TAKE(LODGE_T_FIRST(__VA_ARGS__, 0))                           \
        return st;                                                            \
    }                                                                         \
    typedef struct name name

/* ---- what the macros above are made of */
#define LODGE_T_SIG_int32_t "i32"
#define LODGE_T_SIG_uint32_t "i32"
#define LODGE_T_SIG_int64_t "i64"
#define LODGE_T_SIG_uint64_t "i64"
#define LODGE_T_SIG_float "f32"
#define LODGE_T_SIG_double "f64"
#define LODGE_T_SIG_lodge_v128 "v128"
#define LODGE_T_WIDTH_int32_t 1
#define LODGE_T_WIDTH_uint32_t 1
#define LODGE_T_WIDTH_int64_t 1
#define LODGE_T_WIDTH_uint64_t 1
#define LODGE_T_WIDTH_float 1
#define LODGE_T_WIDTH_double 1
#define LODGE_T_WIDTH_lodge_v128 2

LODGE_T_UNUSED static inline int32_t lodge_t_get_int32_t(const uint64_t *slot)
{
    return (int32_t)(uint32_t)*slot;
}
LODGE_T_UNUSED static inline uint32_t
lodge_t_get_uint32_t(const uint64_t *slot)
{
    return (uint32_t)*slot;
}
LODGE_T_UNUSED static inline int64_t lodge_t_get_int64_t(const uint64_t *slot)
{
    return (int64_t)*slot;
}
LODGE_T_UNUSED static inline uint64_t
lodge_t_get_uint64_t(const uint64_t *slot)
{
    return *slot;
}
LODGE_T_UNUSED static inline float lodge_t_get_float(const uint64_t *slot)
{
    uint32_t bits = (uint32_t)*slot;
    float value;

    memcpy(&value, &bits, sizeof value);
    return value;
}
LODGE_T_UNUSED static inline double lodge_t_get_double(const uint64_t *slot)
{
    double value;

    memcpy(&value, slot, sizeof value);
    return value;
}
LODGE_T_UNUSED static inline lodge_v128
lodge_t_get_lodge_v128(const uint64_t *slot)
{
    lodge_v128 value;

    value.low = slot[0];
    value.high = slot[1];
    return value;
}

LODGE_T_UNUSED static inline void lodge_t_put_int32_t(uint64_t *slot,
                                                      int32_t value)
{
    *slot = (uint32_t)value;
}
LODGE_T_UNUSED static inline void lodge_t_put_uint32_t(uint64_t *slot,
                                                       uint32_t value)
{
    *slot = value;
}
LODGE_T_UNUSED static inline void lodge_t_put_int64_t(uint64_t *slot,
                                                      int64_t value)
{
    *slot = (uint64_t)value;
}
LODGE_T_UNUSED static inline void lodge_t_put_uint64_t(uint64_t *slot,
                                                       uint64_t value)
{
    *slot = value;
}
LODGE_T_UNUSED static inline void lodge_t_put_float(uint64_t *slot,
                                                    float value)
{
    uint32_t bits;

    memcpy(&bits, &value, sizeof bits);
    *slot = bits;
}
LODGE_T_UNUSED static inline void lodge_t_put_double(uint64_t *slot,
                                                     double value)
{
    memcpy(slot, &value, sizeof value);
}
LODGE_T_UNUSED static inline void lodge_t_put_lodge_v128(uint64_t *slot,
                                                         lodge_v128 value)
{
    slot[0] = value.low;
    slot[1] = value.high;
}

/* Writes a refusal that tells both signatures. */
LODGE_T_UNUSED static inline void
lodge_t_refuse(const char *want, const char *found, lodge_error *err)
{
    static const char *const words[] = {"func: its signature is \"", "\", \"",
                                        "\" was expected"};
    const char *parts[5];
    uint32_t i, len = 0, cap;

    if (!err || (err->head & 0xFFFF0000u) != LODGE_ERROR_MAGIC ||
        (err->head & 0xFFFFu) < sizeof *err)
        return;
    parts[0] = words[0];
    parts[1] = found;
    parts[2] = words[1];
    parts[3] = want;
    parts[4] = words[2];
    cap = (uint32_t)sizeof err->message - 1;
    for (i = 0; i < 5; i++) {
        const char *at = parts[i];

        for (; *at; at++, len++)
            if (len < cap)
                err->message[len] = *at;
    }
    err->message[len < cap ? len : cap] = 0;
    err->message_len = len;
    err->status = LODGE_E_TYPE;
    err->trap = -1;
    err->exit_code = 0;
    err->payload = err->report = err->detail = 0;
}

/* Whether a function has this signature. */
LODGE_T_UNUSED static inline lodge_status
lodge_t_check(lodge_func func, const char *want, lodge_error *err)
{
    char found[128];
    uint64_t len = 0;
    lodge_status st = lodge_func_type(func, found, sizeof found, &len, err);

    if (st == LODGE_OK && len == strlen(want) &&
        memcmp(found, want, (size_t)len) == 0)
        return LODGE_OK;
    if (st != LODGE_OK && st != LODGE_E_BUFFER)
        return st;
    if (st == LODGE_OK)
        found[len] = 0;
    lodge_t_refuse(want, st == LODGE_OK ? found : "longer than any", err);
    return LODGE_E_TYPE;
}

#define LODGE_T_FIRST(first, ...) first
#define LODGE_T_COMMA ,
#define LODGE_T_SIG(...)                                                      \
    LODGE_T_EACH(LODGE_T_TEXT, __VA_ARGS__)                                   \
    "->" LODGE_T_RESULT(LODGE_T_FIRST(__VA_ARGS__, 0))

/* For a parameter: its type, the slot it begins at, its number. */
#define LODGE_T_TEXT(T, at, n) LODGE_T_SIG_##T " "
#define LODGE_T_GET(T, at, n) , lodge_t_get_##T(slots + (at))
#define LODGE_T_DECLARE(T, at, n) , T p##n
#define LODGE_T_ADD_WIDTH(T, at, n) +LODGE_T_WIDTH_##T
#define LODGE_T_PUT(T, at, n) lodge_t_put_##T(slots + (at), p##n);

/* For the result; each first has R replaced by the type. */
#define LODGE_T_RESULT(R) LODGE_T_RESULT_OF(R)
#define LODGE_T_RESULT_OF(R) LODGE_T_IF_##R(" " LODGE_T_SIG_##R, "")
#define LODGE_T_RUN(R, call) LODGE_T_RUN_OF(R, call)
#define LODGE_T_RUN_OF(R, call)                                               \
    LODGE_T_IF_##R(lodge_t_put_##R(slots, call), call);
#define LODGE_T_OUT(R) LODGE_T_OUT_OF(R)
#define LODGE_T_OUT_OF(R) LODGE_T_IF_##R(LODGE_T_COMMA R *out, ),
#define LODGE_T_TAKE(R) LODGE_T_TAKE_OF(R)
#define LODGE_T_TAKE_OF(R)                                                    \
    LODGE_T_IF_##R(if (st == LODGE_OK) *out = lodge_t_get_##R(slots);, )
#define LODGE_T_IF_void(result, none) none
#define LODGE_T_IF_int32_t(result, none) result
#define LODGE_T_IF_uint32_t(result, none) result
#define LODGE_T_IF_int64_t(result, none) result
#define LODGE_T_IF_uint64_t(result, none) result
#define LODGE_T_IF_float(result, none) result
#define LODGE_T_IF_double(result, none) result
#define LODGE_T_IF_lodge_v128(result, none) result

/* Does M for each parameter; the result comes first and is left out. */
#define LODGE_T_EACH(M, ...)                                                  \
    LODGE_T_EACH_OF(LODGE_T_COUNT(__VA_ARGS__, 12, 11, 10, 9, 8, 7, 6, 5, 4,  \
                                  3, 2, 1, 0, 0),                             \
                    M, __VA_ARGS__)
#define LODGE_T_COUNT(R, a, b, c, d, e, f, g, h, i, j, k, l, n, ...) n
#define LODGE_T_EACH_OF(n, M, ...) LODGE_T_EACH_N(n, M, __VA_ARGS__)
#define LODGE_T_EACH_N(n, M, ...) LODGE_T_##n(M, 0, __VA_ARGS__)
#define LODGE_T_0(M, at, R)
#define LODGE_T_1(M, at, R, T) M(T, at, 1)
#define LODGE_T_2(M, at, R, T, ...)                                          \
    M(T, at, 2) LODGE_T_1(M, at + LODGE_T_WIDTH_##T, R, __VA_ARGS__)
#define LODGE_T_3(M, at, R, T, ...)                                          \
    M(T, at, 3) LODGE_T_2(M, at + LODGE_T_WIDTH_##T, R, __VA_ARGS__)
#define LODGE_T_4(M, at, R, T, ...)                                          \
    M(T, at, 4) LODGE_T_3(M, at + LODGE_T_WIDTH_##T, R, __VA_ARGS__)
#define LODGE_T_5(M, at, R, T, ...)                                          \
    M(T, at, 5) LODGE_T_4(M, at + LODGE_T_WIDTH_##T, R, __VA_ARGS__)
#define LODGE_T_6(M, at, R, T, ...)                                          \
    M(T, at, 6) LODGE_T_5(M, at + LODGE_T_WIDTH_##T, R, __VA_ARGS__)
#define LODGE_T_7(M, at, R, T, ...)                                          \
    M(T, at, 7) LODGE_T_6(M, at + LODGE_T_WIDTH_##T, R, __VA_ARGS__)
#define LODGE_T_8(M, at, R, T, ...)                                          \
    M(T, at, 8) LODGE_T_7(M, at + LODGE_T_WIDTH_##T, R, __VA_ARGS__)
#define LODGE_T_9(M, at, R, T, ...)                                          \
    M(T, at, 9) LODGE_T_8(M, at + LODGE_T_WIDTH_##T, R, __VA_ARGS__)
#define LODGE_T_10(M, at, R, T, ...)                                          \
    M(T, at, 10) LODGE_T_9(M, at + LODGE_T_WIDTH_##T, R, __VA_ARGS__)
#define LODGE_T_11(M, at, R, T, ...)                                          \
    M(T, at, 11) LODGE_T_10(M, at + LODGE_T_WIDTH_##T, R, __VA_ARGS__)
#define LODGE_T_12(M, at, R, T, ...)                                          \
    M(T, at, 12) LODGE_T_11(M, at + LODGE_T_WIDTH_##T, R, __VA_ARGS__)

#if defined(__cplusplus) && __cplusplus >= 201703L
#include <exception>
#include <utility>

/* The same for C++17, where overloads and types tell the rest:
 *
 *     lodge::typed_host<f>     a lodge_typed made of the function f; an
 *                              exception of f fails the guest with its text
 *     lodge::typed_guest<RESULT(PARAMS...)>
 *                              with bind(func, err), and a call operator:
 *                              status = add(a, b, out, err)
 */
namespace lodge
{
namespace typed_parts
{

template <typename T> struct value;
#define LODGE_T_VALUE(T)                                                      \
    template <> struct value<T> {                                             \
        static constexpr const char *text = LODGE_T_SIG_##T;                  \
        static constexpr uint32_t width = LODGE_T_WIDTH_##T;                  \
        static T get(const uint64_t *slot)                                    \
        {                                                                     \
            return lodge_t_get_##T(slot);                                     \
        }                                                                     \
        static void put(uint64_t *slot, T x)                                  \
        {                                                                     \
            lodge_t_put_##T(slot, x);                                         \
        }                                                                     \
    }
LODGE_T_VALUE(int32_t);
LODGE_T_VALUE(uint32_t);
LODGE_T_VALUE(int64_t);
LODGE_T_VALUE(uint64_t);
LODGE_T_VALUE(float);
LODGE_T_VALUE(double);
LODGE_T_VALUE(lodge_v128);
#undef LODGE_T_VALUE
template <> struct value<void> {
    static constexpr const char *text = "";
    static constexpr uint32_t width = 0;
};

/* "i32 f64 -> i32", put together by the compiler. */
template <typename R, typename... P> struct signature {
    static constexpr uint64_t max = 5 * (sizeof...(P) + 2);
    char text[max];
    uint64_t len;

    constexpr void add(const char *part)
    {
        while (*part)
            text[len++] = *part++;
    }
    constexpr signature() : text(), len(0)
    {
        ((add(value<P>::text), add(" ")), ...);
        add("->");
        if (*value<R>::text)
            add(" ");
        add(value<R>::text);
    }
};
template <typename R, typename... P>
inline constexpr signature<R, P...> signature_of{};

/* The slot where parameter `n` begins. */
template <typename... P> constexpr uint32_t slot_of(uint32_t n)
{
    const uint32_t width[] = {value<P>::width..., 0};
    uint32_t at = 0;

    for (uint32_t i = 0; i < n; i++)
        at += width[i];
    return at;
}

inline void fail(lodge_caller caller, const char *text)
{
    lodge_caller_fail(caller, 0, text, strlen(text));
}

template <auto f, typename R, typename... P> struct host {
    template <std::size_t... n>
    static void run(lodge_caller caller, uint64_t *slots,
                    std::index_sequence<n...>)
    {
        if constexpr (sizeof...(P) == 0)
            (void)slots;
        if constexpr (value<R>::width == 0)
            f(caller, value<P>::get(slots + slot_of<P...>(n))...);
        else
            value<R>::put(
                slots, f(caller, value<P>::get(slots + slot_of<P...>(n))...));
    }
    static int32_t direct(uint64_t, lodge_caller caller, uint64_t *slots)
    {
#if defined(__cpp_exceptions)
        try {
            run(caller, slots, std::index_sequence_for<P...>());
        } catch (const std::exception &e) {
            fail(caller, e.what());
        } catch (...) {
            fail(caller, "a C++ exception");
        }
#else
        run(caller, slots, std::index_sequence_for<P...>());
#endif
        return LODGE_AS_SAID;
    }
    static constexpr lodge_typed typed = {direct, signature_of<R, P...>.text,
                                          signature_of<R, P...>.len};
};

template <auto f, typename R, typename... P>
constexpr lodge_typed host_of(R (*)(lodge_caller, P...))
{
    static_assert(sizeof...(P) <= 12, "at most 12 parameters");
    return host<f, R, P...>::typed;
}

template <typename R, typename... P> class guest
{
    lodge_func func{};

    template <std::size_t... n>
    static void put(uint64_t *slots, std::index_sequence<n...>, P... p)
    {
        if constexpr (sizeof...(P) == 0)
            (void)slots;
        (value<P>::put(slots + slot_of<P...>(n), p), ...);
    }

  public:
    /* Refuses a function of another signature: LODGE_E_TYPE. */
    lodge_status bind(lodge_func other, lodge_error *err)
    {
        lodge_status st =
            lodge_t_check(other, signature_of<R, P...>.text, err);

        if (st == LODGE_OK)
            func = other;
        return st;
    }

  protected:
    static constexpr uint32_t slots_needed = 2 + slot_of<P...>(sizeof...(P));

    lodge_status call(uint64_t *slots, P... p, lodge_error *err) const
    {
        put(slots, std::index_sequence_for<P...>(), p...);
        return lodge_func_call(func, slots, slots_needed, err);
    }
};

} /* namespace typed_parts */

template <auto f>
inline constexpr lodge_typed typed_host = typed_parts::host_of<f>(f);

template <typename T> class typed_guest;

template <typename... P>
class typed_guest<void(P...)> : public typed_parts::guest<void, P...>
{
  public:
    lodge_status operator()(P... p, lodge_error *err) const
    {
        uint64_t slots[this->slots_needed];

        return this->call(slots, p..., err);
    }
};

template <typename R, typename... P>
class typed_guest<R(P...)> : public typed_parts::guest<R, P...>
{
  public:
    lodge_status operator()(P... p, R &out, lodge_error *err) const
    {
        uint64_t slots[this->slots_needed];
        lodge_status st = this->call(slots, p..., err);

        if (st == LODGE_OK)
            out = typed_parts::value<R>::get(slots);
        return st;
    }
};

} /* namespace lodge */
#endif
/* --- sugar: end --------------------------------------------------------- */

#endif /* LODGE_H */

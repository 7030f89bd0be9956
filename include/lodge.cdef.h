typedef int32_t lodge_status;
typedef uint64_t lodge_config;
typedef uint64_t lodge_engine;
typedef uint64_t lodge_module;
typedef uint64_t lodge_linker;
typedef uint64_t lodge_host;
typedef uint64_t lodge_prepared;
typedef uint64_t lodge_store;
typedef uint64_t lodge_budget;
typedef uint64_t lodge_wasi;
typedef uint64_t lodge_report;
typedef uint64_t lodge_lease;
typedef uint64_t lodge_instance;
typedef uint64_t lodge_func;
typedef uint64_t lodge_memory;
typedef uint64_t lodge_table;
typedef uint64_t lodge_global;
typedef uint64_t lodge_tag;
typedef uint64_t lodge_ref;
typedef uint64_t lodge_caller;
typedef uint64_t lodge_shared_memory;
typedef struct lodge_extern {
    uint32_t kind;
    uint32_t reserved;
    uint64_t id;
} lodge_extern;
typedef struct lodge_error {
    uint32_t head;
    int32_t status;
    int32_t trap;
    int32_t exit_code;
    uint64_t payload;
    uint64_t report;
    uint32_t flags;
    uint32_t message_len;
    uint64_t detail;
    char message[208];
} lodge_error;
typedef int32_t (*lodge_direct_fn)(uint64_t token, lodge_caller caller, uint64_t *slots);
typedef int32_t (*lodge_frame_fn)(uint32_t token, uint32_t tag);
enum {
    LODGE_OK = 0,
    LODGE_REQUEST = 1,
    LODGE_YIELD = 2,
    LODGE_E_ARGUMENT = -1,
    LODGE_E_HANDLE = -2,
    LODGE_E_BUSY = -3,
    LODGE_E_FOREIGN = -4,
    LODGE_E_STATE = -5,
    LODGE_E_CONFIG = -6,
    LODGE_E_COMPILE = -7,
    LODGE_E_LINK = -8,
    LODGE_E_TYPE = -9,
    LODGE_E_BOUNDS = -10,
    LODGE_E_BUFFER = -11,
    LODGE_E_NOT_FOUND = -12,
    LODGE_E_UNSUPPORTED = -13,
    LODGE_E_IO = -14,
    LODGE_E_MEMORY = -15,
    LODGE_E_LIMIT = -16,
    LODGE_E_TRAP = -32,
    LODGE_E_EXCEPTION = -33,
    LODGE_E_EXIT = -34,
    LODGE_E_HOST = -35,
    LODGE_E_FUEL = -36,
    LODGE_E_DEADLINE = -37,
    LODGE_E_CANCELLED = -38,
    LODGE_E_STACK = -39,
    LODGE_E_INTERNAL = -64
};
enum {
    LODGE_TRAP_NONE = -1,
    LODGE_TRAP_STACK_OVERFLOW = 0,
    LODGE_TRAP_MEMORY_OUT_OF_BOUNDS = 1,
    LODGE_TRAP_HEAP_MISALIGNED = 2,
    LODGE_TRAP_TABLE_OUT_OF_BOUNDS = 3,
    LODGE_TRAP_INDIRECT_CALL_TO_NULL = 4,
    LODGE_TRAP_BAD_SIGNATURE = 5,
    LODGE_TRAP_INTEGER_OVERFLOW = 6,
    LODGE_TRAP_DIVISION_BY_ZERO = 7,
    LODGE_TRAP_BAD_CONVERSION = 8,
    LODGE_TRAP_UNREACHABLE = 9,
    LODGE_TRAP_INTERRUPT = 10,
    LODGE_TRAP_OUT_OF_FUEL = 11,
    LODGE_TRAP_ATOMIC_WAIT = 12,
    LODGE_TRAP_NULL_REFERENCE = 13,
    LODGE_TRAP_ARRAY_OUT_OF_BOUNDS = 14,
    LODGE_TRAP_ALLOCATION_TOO_LARGE = 15,
    LODGE_TRAP_CAST_FAILURE = 16
};
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
    LODGE_KIND_EXTERNREF = 24
};
enum {
    LODGE_TYPE_I32 = 0,
    LODGE_TYPE_I64 = 1,
    LODGE_TYPE_F32 = 2,
    LODGE_TYPE_F64 = 3,
    LODGE_TYPE_V128 = 4,
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
    LODGE_TYPE_REF = 17,
    LODGE_TYPE_I8 = 32,
    LODGE_TYPE_I16 = 33
};
enum {
    LODGE_DEF_KIND = 1,
    LODGE_DEF_FIELDS = 2,
    LODGE_DEF_SUPER = 3,
    LODGE_DEF_OPEN = 4
};
enum {
    LODGE_ERROR_REPORT = 1,
    LODGE_ERROR_CORE_DUMP = 2,
    LODGE_ERROR_EXCEPTION = 16
};
enum {
    LODGE_FRAME_FUNC = 0,
    LODGE_FRAME_PARENT = 1,
    LODGE_FRAME_CALLID = 2,
    LODGE_FRAME_DEADLINE = 3,
    LODGE_FRAME_TAG = 4,
    LODGE_FRAME_CAPACITY = 5,
    LODGE_FRAME_ERROR = 6,
    LODGE_FRAME_SLICE = 7,
    LODGE_FRAME_TOKEN = 8,
    LODGE_FRAME_IMPORT = 9,
    LODGE_FRAME_INSTANCE = 10,
    LODGE_FRAME_DETAIL = 11,
    LODGE_FRAME_PAYLOAD = 12,
    LODGE_FRAME_STATUS = 13,
    LODGE_FRAME_OPEN = 14,
    LODGE_FRAME_RESERVED = 15,
    LODGE_FRAME_SLOTS = 16
};
enum {
    LODGE_PRESET_DEFAULT = 0,
    LODGE_PRESET_UNTRUSTED = 1,
    LODGE_PRESET_DETERMINISTIC = 2,
    LODGE_PRESET_PULLEY = 3,
    LODGE_PRESET_SMALL = 4,
    LODGE_PRESET_NO_SIGNALS = 5,
    LODGE_PRESET_POOLING = 6
};
enum {
    LODGE_CONFIG_FUEL = 1,
    LODGE_CONFIG_INTERRUPTION = 2,
    LODGE_CONFIG_MAX_WASM_STACK = 3,
    LODGE_CONFIG_FIBER_STACK = 4,
    LODGE_CONFIG_DOMAIN = 5,
    LODGE_CONFIG_MAX_MODULE_BYTES = 6,
    LODGE_CONFIG_MAX_FUNCTIONS = 7,
    LODGE_CONFIG_MAX_FUNCTION_BYTES = 8,
    LODGE_CONFIG_MAX_LOCALS = 9,
    LODGE_CONFIG_PARALLEL_COMPILATION = 10,
    LODGE_CONFIG_OPT_LEVEL = 11,
    LODGE_CONFIG_TARGET = 12,
    LODGE_CONFIG_NAN_CANONICALIZATION = 13,
    LODGE_CONFIG_DEBUG_VERIFIER = 14,
    LODGE_CONFIG_REGALLOC = 15,
    LODGE_CONFIG_DEBUG_INFO = 16,
    LODGE_CONFIG_NATIVE_UNWIND_INFO = 17,
    LODGE_CONFIG_PROFILER = 18,
    LODGE_CONFIG_BACKTRACE_DETAILS = 19,
    LODGE_CONFIG_STORE_MEMORY_LIMIT = 20,
    LODGE_CONFIG_STORE_TABLE_LIMIT = 21,
    LODGE_CONFIG_MAX_LOOP_DEPTH = 22,
    LODGE_CONFIG_STORE_DEADLINE = 23,
    LODGE_CONFIG_WASM_THREADS = 32,
    LODGE_CONFIG_SHARED_MEMORY = 33,
    LODGE_CONFIG_TAIL_CALL = 34,
    LODGE_CONFIG_REFERENCE_TYPES = 35,
    LODGE_CONFIG_FUNCTION_REFERENCES = 36,
    LODGE_CONFIG_GC = 37,
    LODGE_CONFIG_EXCEPTIONS = 38,
    LODGE_CONFIG_SIMD = 39,
    LODGE_CONFIG_RELAXED_SIMD = 40,
    LODGE_CONFIG_RELAXED_SIMD_DETERMINISTIC = 41,
    LODGE_CONFIG_BULK_MEMORY = 42,
    LODGE_CONFIG_MULTI_VALUE = 43,
    LODGE_CONFIG_MULTI_MEMORY = 44,
    LODGE_CONFIG_MEMORY64 = 45,
    LODGE_CONFIG_WIDE_ARITHMETIC = 46,
    LODGE_CONFIG_CUSTOM_PAGE_SIZES = 47,
    LODGE_CONFIG_EXTENDED_CONST = 48,
    LODGE_CONFIG_SIGNALS_BASED_TRAPS = 64,
    LODGE_CONFIG_MEMORY_MAY_MOVE = 65,
    LODGE_CONFIG_MEMORY_RESERVATION = 66,
    LODGE_CONFIG_MEMORY_GUARD_SIZE = 67,
    LODGE_CONFIG_MEMORY_RESERVATION_FOR_GROWTH = 68,
    LODGE_CONFIG_MEMORY_INIT_COW = 69,
    LODGE_CONFIG_ALLOCATOR = 80,
    LODGE_CONFIG_POOL_INSTANCES = 81,
    LODGE_CONFIG_POOL_MEMORIES = 82,
    LODGE_CONFIG_POOL_TABLES = 83,
    LODGE_CONFIG_POOL_STACKS = 84,
    LODGE_CONFIG_POOL_GC_HEAPS = 85,
    LODGE_CONFIG_POOL_INSTANCE_SIZE = 86,
    LODGE_CONFIG_POOL_TABLES_PER_MODULE = 87,
    LODGE_CONFIG_POOL_MEMORIES_PER_MODULE = 88,
    LODGE_CONFIG_POOL_TABLE_ELEMENTS = 89,
    LODGE_CONFIG_POOL_MAX_MEMORY_SIZE = 90,
    LODGE_CONFIG_POOL_WARM_SLOTS = 91,
    LODGE_CONFIG_POOL_DECOMMIT_BATCH = 92,
    LODGE_CONFIG_POOL_MEMORY_KEEP = 93,
    LODGE_CONFIG_POOL_TABLE_KEEP = 94,
    LODGE_CONFIG_POOL_STACK_KEEP = 95,
    LODGE_CONFIG_CACHE_FOLDER = 112,
    LODGE_CONFIG_CACHE_BYTES = 113,
    LODGE_CONFIG_CACHE_AGE = 114,
    LODGE_CONFIG_CACHE_KEY_FILE = 115,
    LODGE_CONFIG_TRUST_FILE = 116,
    LODGE_CONFIG_CORE_DUMP = 128,
    LODGE_CONFIG_CORE_DUMP_LIMIT = 129
};
enum {
    LODGE_VALUE_BOOL = 1,
    LODGE_VALUE_UINT = 2,
    LODGE_VALUE_CHOICE = 3,
    LODGE_VALUE_TEXT = 4
};
enum {
    LODGE_KEY_NAME = 0,
    LODGE_KEY_RANGE = 1,
    LODGE_KEY_DEFAULT = 2,
    LODGE_KEY_HELP = 3
};
enum {
    LODGE_LINKER_SHADOWING = 1,
    LODGE_LINKER_UNKNOWN = 2
};
enum {
    LODGE_UNKNOWN_ERROR = 0,
    LODGE_UNKNOWN_TRAP = 1,
    LODGE_UNKNOWN_DEFAULT = 2
};
enum {
    LODGE_ITEM_MODULE = 0,
    LODGE_ITEM_NAME = 1,
    LODGE_ITEM_KIND = 2,
    LODGE_ITEM_TYPE = 3,
    LODGE_ITEM_DATA = 4
};
enum {
    LODGE_TEXT_OFFSETS = 1,
    LODGE_TEXT_NAMES = 2,
    LODGE_TEXT_SKELETON = 4
};
enum {
    LODGE_NEEDS_MEMORIES = 1,
    LODGE_NEEDS_TABLES = 2,
    LODGE_NEEDS_MEMORY_BYTES = 3,
    LODGE_NEEDS_TABLE_ELEMENTS = 4,
    LODGE_NEEDS_FUNCTIONS = 5,
    LODGE_NEEDS_GLOBALS = 6,
    LODGE_NEEDS_START = 7
};
enum {
    LODGE_SEALED_OTHER = 1,
    LODGE_SEALED_CUT = 2,
    LODGE_SEALED_FORMAT = 3,
    LODGE_SEALED_KEY = 4,
    LODGE_SEALED_CHANGED = 5,
    LODGE_SEALED_VERSION = 6,
    LODGE_SEALED_CPU = 7,
    LODGE_SEALED_SETTINGS = 8,
    LODGE_SEALED_LIMIT = 9
};
enum {
    LODGE_STORE_MEMORY_LIMIT = 1,
    LODGE_STORE_TABLE_LIMIT = 2,
    LODGE_STORE_INSTANCE_LIMIT = 3,
    LODGE_STORE_TABLES_LIMIT = 4,
    LODGE_STORE_MEMORIES_LIMIT = 5,
    LODGE_STORE_FUEL = 6,
    LODGE_STORE_DEADLINE = 7,
    LODGE_STORE_TOKEN = 8,
    LODGE_STORE_EPOCH_TICKS = 9,
    LODGE_STORE_MEMORY_BYTES = 32,
    LODGE_STORE_MEMORY_PEAK = 33,
    LODGE_STORE_TABLE_ELEMENTS = 34,
    LODGE_STORE_REFUSALS = 35,
    LODGE_STORE_CALLS = 36,
    LODGE_STORE_INSTANCES = 37,
    LODGE_STORE_FUEL_USED = 38,
    LODGE_STORE_TABLE_PEAK = 39,
    LODGE_STORE_LAST_REFUSAL = 40,
    LODGE_STORE_EXTERNREFS = 48,
    LODGE_STORE_REFS = 56
};
enum {
    LODGE_BUDGET_MEMORY = 1,
    LODGE_BUDGET_TABLE = 2,
    LODGE_BUDGET_TIME = 3,
    LODGE_BUDGET_MEMORY_USED = 32,
    LODGE_BUDGET_TABLE_USED = 33,
    LODGE_BUDGET_TIME_USED = 34,
    LODGE_BUDGET_MEMORY_PEAK = 40,
    LODGE_BUDGET_TABLE_PEAK = 41,
    LODGE_BUDGET_MEMORY_REFUSALS = 48,
    LODGE_BUDGET_TABLE_REFUSALS = 49,
    LODGE_BUDGET_TIME_REFUSALS = 50,
    LODGE_BUDGET_STORES = 56
};
enum {
    LODGE_LIMIT_OTHER = 0,
    LODGE_LIMIT_STORE_MEMORY = 1,
    LODGE_LIMIT_STORE_TABLE = 2,
    LODGE_LIMIT_STORE_COUNT = 3,
    LODGE_LIMIT_BUDGET_MEMORY = 4,
    LODGE_LIMIT_BUDGET_TABLE = 5,
    LODGE_LIMIT_BUDGET_TIME = 6,
    LODGE_LIMIT_PROCESS = 7
};
enum {
    LODGE_STAT_LIVE = 0,
    LODGE_STAT_BYTES = 64,
    LODGE_STAT_ALLOCATIONS = 65,
    LODGE_STAT_THREADS = 66,
    LODGE_STAT_REAP_QUEUE = 67,
    LODGE_STAT_MEMORIES = 68,
    LODGE_STAT_MEMORIES_MAX = 69,
    LODGE_STAT_SHARED_MEMORIES = 70,
    LODGE_STAT_SHARED_BYTES = 71,
    LODGE_STAT_SHARED_WAITS = 72,
    LODGE_STAT_CACHE_HITS = 80,
    LODGE_STAT_CACHE_MISSES = 81,
    LODGE_STAT_CACHE_REFUSED = 82,
    LODGE_STAT_CACHE_WRITES = 83,
    LODGE_STAT_CACHE_BYTES = 84,
    LODGE_STAT_CACHE_PRUNED = 85,
    LODGE_STAT_CACHE_FAILURES = 86,
    LODGE_STAT_CACHE_WHY = 87
};
enum {
    LODGE_CACHE_FOLDER = 1,
    LODGE_CACHE_OWNER = 2,
    LODGE_CACHE_KEY = 3,
    LODGE_CACHE_READ = 4,
    LODGE_CACHE_WRITE = 5,
    LODGE_CACHE_SIZE = 6,
    LODGE_CACHE_CHANGED = 7
};
enum {
    LODGE_ATOMIC_ADD = 0,
    LODGE_ATOMIC_SUB = 1,
    LODGE_ATOMIC_AND = 2,
    LODGE_ATOMIC_OR = 3,
    LODGE_ATOMIC_XOR = 4,
    LODGE_ATOMIC_XCHG = 5
};
enum {
    LODGE_WAIT_WOKEN = 0,
    LODGE_WAIT_NOT_EQUAL = 1,
    LODGE_WAIT_TIMED_OUT = 2
};
enum {
    LODGE_FEATURE_COMPILER = 1,
    LODGE_FEATURE_PULLEY = 2,
    LODGE_FEATURE_GC = 4,
    LODGE_FEATURE_THREADS = 8,
    LODGE_FEATURE_POOLING = 16,
    LODGE_FEATURE_WASI = 32,
    LODGE_FEATURE_TEXT = 64
};
enum {
    LODGE_WASI_NULL = 0,
    LODGE_WASI_BYTES = 1,
    LODGE_WASI_FILE = 2,
    LODGE_WASI_RING = 3,
    LODGE_WASI_INHERIT = 4
};
enum {
    LODGE_WASI_READ = 1,
    LODGE_WASI_WRITE = 2
};
enum {
    LODGE_WASI_FULL = 1,
    LODGE_WASI_EMPTY = 2,
    LODGE_WASI_MAX_FILES = 3,
    LODGE_WASI_MAX_RANDOM = 4,
    LODGE_WASI_SEED = 5,
    LODGE_WASI_CLOCK = 6,
    LODGE_WASI_CLOCK_STEP = 7,
    LODGE_WASI_SLEEP = 8
};
enum {
    LODGE_WASI_FULL_DROP = 0,
    LODGE_WASI_FULL_EAGAIN = 1,
    LODGE_WASI_FULL_EPIPE = 2
};
enum {
    LODGE_HOST_DIRECT = 0,
    LODGE_HOST_FRAME = 1,
    LODGE_HOST_SUSPEND = 2
};
enum {
    LODGE_AS_SAID = 1396787524
};
enum {
    LODGE_HOST_TRACE_NAME = 1,
    LODGE_HOST_PARAM_NAMES = 2,
    LODGE_HOST_RESULT_NAMES = 3,
    LODGE_HOST_EXPORT_NAME = 4,
    LODGE_HOST_MODULE_NAME = 5,
    LODGE_HOST_TYPE = 6,
    LODGE_HOST_MODE = 7,
    LODGE_HOST_INDEX = 8,
    LODGE_HOST_KIND = 9
};
enum {
    LODGE_CALLER_TAG = 1,
    LODGE_CALLER_FUEL = 2,
    LODGE_CALLER_DEADLINE = 3,
    LODGE_CALLER_DEPTH = 4
};
enum {
    LODGE_REPORT_FUNC = 0,
    LODGE_REPORT_MODULE = 1,
    LODGE_REPORT_FUNC_INDEX = 2,
    LODGE_REPORT_FUNC_OFFSET = 3,
    LODGE_REPORT_MODULE_OFFSET = 4,
    LODGE_REPORT_FILE = 5,
    LODGE_REPORT_LINE = 6,
    LODGE_REPORT_INLINED = 7
};
uint32_t lodge_abi(void);
uint64_t lodge_abi_hash(void);
uint32_t lodge_version(void);
uint32_t lodge_wasmtime_version(void);
uint64_t lodge_features(void);
lodge_status lodge_status_name(lodge_status status, char *buf, uint64_t cap, uint64_t *len);
lodge_status lodge_stat(uint32_t key, uint64_t *value);
lodge_status lodge_handle_info(uint64_t id, uint32_t *kind, uint64_t *bytes);
lodge_status lodge_reap(uint32_t domain, uint32_t *kinds, uint64_t *tokens, uint32_t cap, uint32_t *count);
lodge_status lodge_do(uint64_t *frame);
void lodge_release(void *token);
lodge_status lodge_error_init(lodge_error *err, uint32_t size);
lodge_status lodge_config_new(uint32_t preset, lodge_config *out, lodge_error *err);
lodge_status lodge_config_close(lodge_config config);
lodge_status lodge_config_set(lodge_config config, uint32_t key, uint64_t value, lodge_error *err);
lodge_status lodge_config_set_text(lodge_config config, uint32_t key, const char *ptr, uint64_t len, lodge_error *err);
lodge_status lodge_config_get(lodge_config config, uint32_t key, uint64_t *value, lodge_error *err);
lodge_status lodge_config_parse(lodge_config config, const char *ptr, uint64_t len, lodge_error *err);
uint32_t lodge_config_key_count(void);
lodge_status lodge_config_key(uint32_t index, uint32_t what, uint32_t *key, uint32_t *type, char *buf, uint64_t cap, uint64_t *len);
lodge_status lodge_engine_new(lodge_config config, lodge_engine *out, lodge_error *err);
lodge_status lodge_engine_dup(lodge_engine engine, lodge_engine *out, lodge_error *err);
lodge_status lodge_engine_close(lodge_engine engine);
lodge_status lodge_engine_shutdown(lodge_engine engine);
lodge_status lodge_engine_tick(lodge_engine engine);
lodge_status lodge_engine_is_pulley(lodge_engine engine, uint32_t *yes, lodge_error *err);
lodge_status lodge_engine_get(lodge_engine engine, uint32_t key, uint64_t *value, lodge_error *err);
lodge_status lodge_engine_get_text(lodge_engine engine, uint32_t key, char *buf, uint64_t cap, uint64_t *len, lodge_error *err);
lodge_status lodge_module_open(lodge_engine engine, const uint8_t *ptr, uint64_t len, lodge_module *out, lodge_error *err);
lodge_status lodge_module_open_file(lodge_engine engine, const char *path, uint64_t path_len, lodge_module *out, lodge_error *err);
lodge_status lodge_module_validate(lodge_engine engine, const uint8_t *ptr, uint64_t len, lodge_error *err);
lodge_status lodge_module_close(lodge_module module);
lodge_status lodge_module_import_count(lodge_module module, uint32_t *count, lodge_error *err);
lodge_status lodge_module_import(lodge_module module, uint32_t index, uint32_t what, char *buf, uint64_t cap, uint64_t *len, lodge_error *err);
lodge_status lodge_module_export_count(lodge_module module, uint32_t *count, lodge_error *err);
lodge_status lodge_module_export(lodge_module module, uint32_t index, uint32_t what, char *buf, uint64_t cap, uint64_t *len, lodge_error *err);
lodge_status lodge_module_section_count(lodge_module module, uint32_t *count, lodge_error *err);
lodge_status lodge_module_section(lodge_module module, uint32_t index, uint32_t what, char *buf, uint64_t cap, uint64_t *len, lodge_error *err);
lodge_status lodge_module_name(lodge_module module, char *buf, uint64_t cap, uint64_t *len, lodge_error *err);
lodge_status lodge_module_producers(lodge_module module, char *buf, uint64_t cap, uint64_t *len, lodge_error *err);
lodge_status lodge_module_type_count(lodge_module module, uint32_t *count, lodge_error *err);
lodge_status lodge_module_type(lodge_module module, uint32_t index, uint32_t *type, lodge_error *err);
lodge_status lodge_module_type_find(lodge_module module, const char *name, uint64_t name_len, uint32_t *type, lodge_error *err);
lodge_status lodge_type_text(lodge_engine engine, uint32_t type, char *buf, uint64_t cap, uint64_t *len, lodge_error *err);
lodge_status lodge_type_field(lodge_engine engine, uint32_t type, uint32_t index, char *buf, uint64_t cap, uint64_t *len, lodge_error *err);
lodge_status lodge_type_get(lodge_engine engine, uint32_t type, uint32_t key, uint64_t *value, lodge_error *err);
lodge_status lodge_type_matches(lodge_engine engine, uint32_t type, uint32_t other, uint32_t *yes, lodge_error *err);
lodge_status lodge_module_needs(lodge_module module, uint32_t key, uint64_t *value, lodge_error *err);
lodge_status lodge_module_save(lodge_module module, const uint8_t *key, uint64_t key_len, uint8_t *buf, uint64_t cap, uint64_t *len, lodge_error *err);
lodge_status lodge_module_load(lodge_engine engine, const uint8_t *ptr, uint64_t len, const uint8_t *key, uint64_t key_len, lodge_module *out, lodge_error *err);
lodge_status lodge_module_save_file(lodge_module module, const char *path, uint64_t path_len, const uint8_t *key, uint64_t key_len, lodge_error *err);
lodge_status lodge_module_load_file(lodge_engine engine, const char *path, uint64_t path_len, const uint8_t *key, uint64_t key_len, lodge_module *out, lodge_error *err);
lodge_status lodge_text_to_binary(const char *ptr, uint64_t len, uint8_t *buf, uint64_t cap, uint64_t *out_len, lodge_error *err);
lodge_status lodge_binary_to_text(const uint8_t *ptr, uint64_t len, uint32_t flags, char *buf, uint64_t cap, uint64_t *out_len, lodge_error *err);
lodge_status lodge_linker_new(lodge_engine engine, lodge_linker *out, lodge_error *err);
lodge_status lodge_linker_close(lodge_linker linker);
lodge_status lodge_linker_set(lodge_linker linker, uint32_t key, uint64_t value, lodge_error *err);
lodge_status lodge_linker_func(lodge_linker linker, const char *module, uint64_t module_len, const char *name, uint64_t name_len, const char *sig, uint64_t sig_len, lodge_direct_fn fn, uint64_t token, lodge_error *err);
lodge_status lodge_linker_add_wasi(lodge_linker linker, lodge_error *err);
lodge_status lodge_linker_add_instance(lodge_linker linker, const char *name, uint64_t name_len, lodge_instance instance, lodge_error *err);
lodge_status lodge_linker_add(lodge_linker linker, const char *module, uint64_t module_len, const char *name, uint64_t name_len, const lodge_extern *item, lodge_error *err);
lodge_status lodge_linker_alias(lodge_linker linker, const char *from_module, uint64_t from_module_len, const char *from_name, uint64_t from_name_len, const char *to_module, uint64_t to_module_len, const char *to_name, uint64_t to_name_len, lodge_error *err);
lodge_status lodge_linker_missing(lodge_linker linker, lodge_module module, char *buf, uint64_t cap, uint64_t *len, uint32_t *count, lodge_error *err);
lodge_status lodge_linker_prepare(lodge_linker linker, lodge_module module, lodge_prepared *out, lodge_error *err);
lodge_status lodge_prepared_set(lodge_prepared prepared, uint32_t key, uint64_t value, lodge_error *err);
lodge_status lodge_prepared_wasi(lodge_prepared prepared, lodge_wasi wasi, lodge_error *err);
lodge_status lodge_prepared_budget(lodge_prepared prepared, lodge_budget budget, lodge_error *err);
lodge_status lodge_prepared_close(lodge_prepared prepared);
lodge_status lodge_store_new(lodge_engine engine, lodge_store *out, lodge_error *err);
lodge_status lodge_store_close(lodge_store store);
lodge_status lodge_store_set(lodge_store store, uint32_t key, uint64_t value, lodge_error *err);
lodge_status lodge_store_get(lodge_store store, uint32_t key, uint64_t *value, lodge_error *err);
lodge_status lodge_store_wasi(lodge_store store, lodge_wasi wasi, lodge_error *err);
lodge_status lodge_store_hold(lodge_store store, lodge_error *err);
lodge_status lodge_store_unhold(lodge_store store, lodge_error *err);
lodge_status lodge_store_gc(lodge_store store, lodge_error *err);
lodge_status lodge_store_output(lodge_store store, uint32_t fd, uint8_t *buf, uint64_t cap, uint64_t *taken, lodge_error *err);
lodge_status lodge_store_input(lodge_store store, uint32_t fd, const uint8_t *ptr, uint64_t len, uint64_t *taken, lodge_error *err);
lodge_status lodge_budget_new(lodge_budget *out, lodge_error *err);
lodge_status lodge_budget_set(lodge_budget budget, uint32_t key, uint64_t value, lodge_error *err);
lodge_status lodge_budget_get(lodge_budget budget, uint32_t key, uint64_t *value, lodge_error *err);
lodge_status lodge_budget_close(lodge_budget budget);
lodge_status lodge_store_budget(lodge_store store, lodge_budget budget, lodge_error *err);
lodge_status lodge_instance_new(lodge_linker linker, lodge_store store, lodge_module module, lodge_instance *out, lodge_error *err);
lodge_status lodge_prepared_instance(lodge_prepared prepared, lodge_store store, lodge_instance *out, lodge_error *err);
lodge_status lodge_instance_close(lodge_instance instance);
lodge_status lodge_instance_store(lodge_instance instance, lodge_store *out, lodge_error *err);
lodge_status lodge_instance_export(lodge_instance instance, const char *name, uint64_t name_len, lodge_extern *out, lodge_error *err);
lodge_status lodge_instance_export_at(lodge_instance instance, uint32_t index, lodge_extern *out, lodge_error *err);
lodge_status lodge_instance_func(lodge_instance instance, const char *name, uint64_t name_len, lodge_func *out, lodge_error *err);
lodge_status lodge_instance_memory(lodge_instance instance, const char *name, uint64_t name_len, lodge_memory *out, lodge_error *err);
lodge_status lodge_instance_table(lodge_instance instance, const char *name, uint64_t name_len, lodge_table *out, lodge_error *err);
lodge_status lodge_instance_global(lodge_instance instance, const char *name, uint64_t name_len, lodge_global *out, lodge_error *err);
lodge_status lodge_instance_tag(lodge_instance instance, const char *name, uint64_t name_len, lodge_tag *out, lodge_error *err);
lodge_status lodge_func_call(lodge_func fn, uint64_t *slots, uint32_t len, lodge_error *err);
lodge_status lodge_call(uint64_t *frame);
lodge_status lodge_resume(uint64_t *frame);
lodge_status lodge_instantiate(uint64_t *frame);
lodge_status lodge_func_may_suspend(lodge_func fn, uint32_t *out, lodge_error *err);
lodge_status lodge_store_cancel(lodge_store store, uint64_t callid);
lodge_status lodge_func_type(lodge_func fn, char *buf, uint64_t cap, uint64_t *len, lodge_error *err);
lodge_status lodge_func_exact_type(lodge_func fn, uint32_t *type, lodge_error *err);
lodge_status lodge_func_slots(lodge_func fn, uint32_t *params, uint32_t *results, lodge_error *err);
lodge_status lodge_caller_instance(lodge_caller caller, lodge_instance *out);
lodge_status lodge_caller_memory(lodge_caller caller, lodge_memory *out);
lodge_status lodge_caller_export(lodge_caller caller, const char *name, uint64_t name_len, lodge_extern *out);
lodge_status lodge_caller_tag(lodge_caller caller, uint64_t *tag);
lodge_status lodge_caller_get(lodge_caller caller, uint32_t key, uint64_t *value);
lodge_status lodge_caller_store(lodge_caller caller, lodge_store *out);
lodge_status lodge_caller_fail(lodge_caller caller, uint64_t payload, const char *message, uint64_t message_len);
lodge_status lodge_caller_throw(lodge_caller caller, lodge_ref exception);
lodge_status lodge_caller_forget(lodge_caller caller);
lodge_status lodge_caller_exit(lodge_caller caller, int32_t code);
lodge_status lodge_host_new(lodge_engine engine, const char *name, uint64_t name_len, lodge_host *out, lodge_error *err);
lodge_status lodge_host_close(lodge_host host);
lodge_status lodge_host_func(lodge_host host, const char *sig, uint64_t sig_len, uint32_t mode, uint64_t token, uint32_t *index, lodge_error *err);
lodge_status lodge_host_direct(lodge_host host, uint32_t index, lodge_direct_fn fn, lodge_error *err);
lodge_status lodge_host_describe(lodge_host host, uint32_t index, uint32_t what, const char *ptr, uint64_t len, lodge_error *err);
lodge_status lodge_host_memory(lodge_host host, const char *type, uint64_t type_len, uint32_t *index, lodge_error *err);
lodge_status lodge_host_shared_memory(lodge_host host, lodge_shared_memory memory, uint32_t *index, lodge_error *err);
lodge_status lodge_host_table(lodge_host host, const char *type, uint64_t type_len, uint32_t *index, lodge_error *err);
lodge_status lodge_host_global(lodge_host host, const char *type, uint64_t type_len, const uint64_t *slots, uint32_t *index, lodge_error *err);
lodge_status lodge_host_tag(lodge_host host, const char *type, uint64_t type_len, uint32_t *index, lodge_error *err);
lodge_status lodge_host_export(lodge_host host, uint32_t index, const char *name, uint64_t name_len, lodge_error *err);
lodge_status lodge_host_count(lodge_host host, uint32_t *count, lodge_error *err);
lodge_status lodge_host_item(lodge_host host, uint32_t index, uint32_t what, char *buf, uint64_t cap, uint64_t *len, lodge_error *err);
lodge_status lodge_host_get(lodge_host host, lodge_store store, const char *name, uint64_t name_len, lodge_extern *out, lodge_error *err);
lodge_status lodge_linker_add_host(lodge_linker linker, lodge_host host, lodge_error *err);
lodge_status lodge_linker_frame(lodge_linker linker, lodge_frame_fn fn, lodge_error *err);
lodge_status lodge_store_frame(lodge_store store, uint64_t *frame, uint32_t words, uint32_t tag, lodge_error *err);
lodge_status lodge_memory_new(lodge_store store, const char *type, uint64_t type_len, lodge_memory *out, lodge_error *err);
lodge_status lodge_memory_type(lodge_memory memory, char *buf, uint64_t cap, uint64_t *len, lodge_error *err);
lodge_status lodge_memory_size(lodge_memory memory, uint64_t *bytes, lodge_error *err);
lodge_status lodge_memory_grow(lodge_memory memory, uint64_t pages, uint64_t *old_pages, lodge_error *err);
lodge_status lodge_memory_read(lodge_memory memory, uint64_t at, uint8_t *dst, uint64_t len, lodge_error *err);
lodge_status lodge_memory_write(lodge_memory memory, uint64_t at, const uint8_t *src, uint64_t len, lodge_error *err);
lodge_status lodge_memory_fill(lodge_memory memory, uint64_t at, uint32_t byte, uint64_t len, lodge_error *err);
lodge_status lodge_memory_copy(lodge_memory dst, uint64_t dst_at, lodge_memory src, uint64_t src_at, uint64_t len, lodge_error *err);
lodge_status lodge_memory_find(lodge_memory memory, uint64_t at, uint32_t byte, uint64_t max, uint64_t *found, lodge_error *err);
lodge_status lodge_memory_load(lodge_memory memory, uint64_t at, uint32_t type, uint64_t *slots, lodge_error *err);
lodge_status lodge_memory_store(lodge_memory memory, uint64_t at, uint32_t type, const uint64_t *slots, lodge_error *err);
lodge_status lodge_memory_lease(lodge_memory memory, uint64_t *address, uint64_t *len, lodge_lease *out, lodge_error *err);
lodge_status lodge_lease_close(lodge_lease lease);
lodge_status lodge_shared_memory_new(lodge_engine engine, const char *type, uint64_t type_len, lodge_shared_memory *out, lodge_error *err);
lodge_status lodge_shared_memory_close(lodge_shared_memory memory);
lodge_status lodge_shared_memory_type(lodge_shared_memory memory, char *buf, uint64_t cap, uint64_t *len, lodge_error *err);
lodge_status lodge_shared_memory_size(lodge_shared_memory memory, uint64_t *bytes, lodge_error *err);
lodge_status lodge_shared_memory_grow(lodge_shared_memory memory, uint64_t pages, uint64_t *old_pages, lodge_error *err);
lodge_status lodge_shared_memory_read(lodge_shared_memory memory, uint64_t at, uint8_t *dst, uint64_t len, lodge_error *err);
lodge_status lodge_shared_memory_write(lodge_shared_memory memory, uint64_t at, const uint8_t *src, uint64_t len, lodge_error *err);
lodge_status lodge_shared_memory_fill(lodge_shared_memory memory, uint64_t at, uint32_t byte, uint64_t len, lodge_error *err);
lodge_status lodge_shared_memory_copy(lodge_shared_memory dst, uint64_t dst_at, lodge_shared_memory src, uint64_t src_at, uint64_t len, lodge_error *err);
lodge_status lodge_shared_memory_load(lodge_shared_memory memory, uint64_t at, uint32_t bytes, uint64_t *value, lodge_error *err);
lodge_status lodge_shared_memory_store(lodge_shared_memory memory, uint64_t at, uint32_t bytes, uint64_t value, lodge_error *err);
lodge_status lodge_shared_memory_rmw(lodge_shared_memory memory, uint64_t at, uint32_t bytes, uint32_t op, uint64_t operand, uint64_t *old, lodge_error *err);
lodge_status lodge_shared_memory_cmpxchg(lodge_shared_memory memory, uint64_t at, uint32_t bytes, uint64_t expected, uint64_t replacement, uint64_t *old, lodge_error *err);
lodge_status lodge_shared_memory_wait(lodge_shared_memory memory, uint64_t at, uint32_t bytes, uint64_t expected, uint64_t timeout, uint32_t *outcome, lodge_error *err);
lodge_status lodge_shared_memory_notify(lodge_shared_memory memory, uint64_t at, uint32_t count, uint32_t *woken, lodge_error *err);
lodge_status lodge_shared_memory_in(lodge_shared_memory memory, lodge_store store, lodge_memory *out, lodge_error *err);
lodge_status lodge_memory_shared(lodge_memory memory, lodge_shared_memory *out, lodge_error *err);
lodge_status lodge_shared_memory_same(lodge_shared_memory a, lodge_shared_memory b, uint32_t *yes, lodge_error *err);
lodge_status lodge_shared_memory_lease(lodge_shared_memory memory, uint64_t *address, uint64_t *len, lodge_lease *out, lodge_error *err);
lodge_status lodge_table_new(lodge_store store, const char *type, uint64_t type_len, uint64_t value, lodge_table *out, lodge_error *err);
lodge_status lodge_table_type(lodge_table table, char *buf, uint64_t cap, uint64_t *len, lodge_error *err);
lodge_status lodge_table_size(lodge_table table, uint64_t *elements, lodge_error *err);
lodge_status lodge_table_get(lodge_table table, uint64_t index, uint64_t *value, lodge_error *err);
lodge_status lodge_table_set(lodge_table table, uint64_t index, uint64_t value, lodge_error *err);
lodge_status lodge_table_grow(lodge_table table, uint64_t delta, uint64_t value, uint64_t *old_size, lodge_error *err);
lodge_status lodge_global_new(lodge_store store, const char *type, uint64_t type_len, const uint64_t *slots, lodge_global *out, lodge_error *err);
lodge_status lodge_global_type(lodge_global global, char *buf, uint64_t cap, uint64_t *len, lodge_error *err);
lodge_status lodge_global_get(lodge_global global, uint64_t *slots, uint32_t len, lodge_error *err);
lodge_status lodge_global_set(lodge_global global, const uint64_t *slots, uint32_t len, lodge_error *err);
lodge_status lodge_tag_new(lodge_store store, const char *type, uint64_t type_len, lodge_tag *out, lodge_error *err);
lodge_status lodge_tag_type(lodge_tag tag, char *buf, uint64_t cap, uint64_t *len, lodge_error *err);
lodge_status lodge_ref_close(lodge_ref ref);
lodge_status lodge_ref_dup(lodge_ref ref, lodge_ref *out, lodge_error *err);
lodge_status lodge_ref_type(lodge_ref ref, char *buf, uint64_t cap, uint64_t *len, lodge_error *err);
lodge_status lodge_ref_test(lodge_ref ref, uint32_t type, uint32_t *yes, lodge_error *err);
lodge_status lodge_ref_cast(lodge_ref ref, uint32_t type, lodge_error *err);
lodge_status lodge_ref_exact_type(lodge_ref ref, uint32_t *type, lodge_error *err);
lodge_status lodge_ref_same(lodge_ref ref, lodge_ref other, uint32_t *yes, lodge_error *err);
lodge_status lodge_ref_i31(lodge_store store, uint32_t value, lodge_ref *out, lodge_error *err);
lodge_status lodge_ref_struct(lodge_store store, uint32_t type, const uint64_t *slots, uint32_t len, lodge_ref *out, lodge_error *err);
lodge_status lodge_ref_array(lodge_store store, uint32_t type, uint64_t count, const uint64_t *slots, uint32_t len, lodge_ref *out, lodge_error *err);
lodge_status lodge_ref_array_of(lodge_store store, uint32_t type, const uint64_t *slots, uint32_t len, lodge_ref *out, lodge_error *err);
lodge_status lodge_ref_array_bytes(lodge_store store, uint32_t type, const uint8_t *ptr, uint64_t len, lodge_ref *out, lodge_error *err);
lodge_status lodge_ref_from_extern(lodge_store store, uint64_t slot, lodge_ref *out, lodge_error *err);
lodge_status lodge_ref_to_extern(lodge_ref ref, uint64_t *slot, lodge_error *err);
lodge_status lodge_ref_len(lodge_ref ref, uint64_t *len, lodge_error *err);
lodge_status lodge_ref_read(lodge_ref ref, uint64_t index, uint64_t *slots, uint32_t len, lodge_error *err);
lodge_status lodge_ref_write(lodge_ref ref, uint64_t index, const uint64_t *slots, uint32_t len, lodge_error *err);
lodge_status lodge_ref_read_signed(lodge_ref ref, uint64_t index, uint64_t *slot, lodge_error *err);
lodge_status lodge_ref_fill(lodge_ref ref, uint64_t index, uint64_t count, const uint64_t *slots, uint32_t len, lodge_error *err);
lodge_status lodge_ref_copy(lodge_ref ref, uint64_t index, lodge_ref from, uint64_t from_index, uint64_t count, lodge_error *err);
lodge_status lodge_ref_read_bytes(lodge_ref ref, uint64_t index, uint8_t *buf, uint64_t len, lodge_error *err);
lodge_status lodge_ref_write_bytes(lodge_ref ref, uint64_t index, const uint8_t *ptr, uint64_t len, lodge_error *err);
lodge_status lodge_store_scope(lodge_store store, uint64_t *scope, lodge_error *err);
lodge_status lodge_store_scope_end(lodge_store store, uint64_t scope, lodge_error *err);
lodge_status lodge_exception_new(lodge_tag tag, const uint64_t *slots, uint32_t len, lodge_ref *out, lodge_error *err);
lodge_status lodge_exception_tag(lodge_ref exception, lodge_tag *out, lodge_error *err);
lodge_status lodge_exception_read(lodge_ref exception, uint64_t *slots, uint32_t len, lodge_error *err);
lodge_status lodge_wasi_new(lodge_wasi *out, lodge_error *err);
lodge_status lodge_wasi_close(lodge_wasi wasi);
lodge_status lodge_wasi_arg(lodge_wasi wasi, const char *ptr, uint64_t len, lodge_error *err);
lodge_status lodge_wasi_env(lodge_wasi wasi, const char *name, uint64_t name_len, const char *value, uint64_t value_len, lodge_error *err);
lodge_status lodge_wasi_stream(lodge_wasi wasi, uint32_t fd, uint32_t how, const uint8_t *ptr, uint64_t len, lodge_error *err);
lodge_status lodge_wasi_dir(lodge_wasi wasi, const char *host, uint64_t host_len, const char *guest, uint64_t guest_len, uint32_t dir_rights, uint32_t file_rights, lodge_error *err);
lodge_status lodge_wasi_set(lodge_wasi wasi, uint32_t key, uint64_t value, lodge_error *err);
lodge_status lodge_report_text(lodge_report report, char *buf, uint64_t cap, uint64_t *len, lodge_error *err);
lodge_status lodge_report_frame_count(lodge_report report, uint32_t *count, lodge_error *err);
lodge_status lodge_report_frame(lodge_report report, uint32_t index, uint32_t what, char *buf, uint64_t cap, uint64_t *len, lodge_error *err);
lodge_status lodge_report_cause_count(lodge_report report, uint32_t *count, lodge_error *err);
lodge_status lodge_report_cause(lodge_report report, uint32_t index, lodge_status *status, uint64_t *payload, char *buf, uint64_t cap, uint64_t *len, lodge_error *err);
lodge_status lodge_report_core_dump(lodge_report report, uint8_t *buf, uint64_t cap, uint64_t *len, lodge_error *err);
lodge_status lodge_report_close(lodge_report report);
lodge_status lodge_profile_start(lodge_store store, const char *name, uint64_t name_len, uint64_t interval_ns, lodge_error *err);
lodge_status lodge_profile_finish(lodge_store store, char *buf, uint64_t cap, uint64_t *len, lodge_error *err);

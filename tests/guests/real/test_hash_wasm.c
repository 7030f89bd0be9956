/* test_hash_wasm.c - the 22 modules of hash-wasm: digests and functions for
 * passwords, without imports. What they have to give is told by hashlib,
 * zlib and node (hashes.py).
 */
#include "fetched.h"
#include "support_signals.c"

static lodge_engine engine;
static lodge_linker linker;
static char folder[1024];
static char *oracle; /* lines: NAME LENGTH HEX */

static const uint32_t lengths[] = {0,    1,     63,    64,   65,
                                   1000, 16384, 16385, 70001};
enum { LENGTHS = sizeof lengths / sizeof *lengths };
enum { CHUNK = 16384, LONGEST = 70001 };
static uint8_t pattern[LONGEST];

/* ---- one instance ------------------------------------------------------- */

struct hasher {
    lodge_instance instance;
    lodge_memory memory;
    uint32_t buffer;
};

static uint32_t call(struct hasher *h, const char *name, uint64_t a,
                     uint64_t b, uint64_t c)
{
    uint64_t slots[4] = {a, b, c, 0};

    OK(lodge_func_call(func_of(h->instance, name), slots, 4, ERR));
    return (uint32_t)slots[0];
}

static void put(struct hasher *h, uint64_t at, const void *ptr, uint64_t len)
{
    OK(lodge_memory_write(h->memory, h->buffer + at, ptr, len, ERR));
}

static void get(struct hasher *h, uint64_t at, void *ptr, uint64_t len)
{
    OK(lodge_memory_read(h->memory, h->buffer + at, ptr, len, ERR));
}

static lodge_module open_module(const char *name)
{
    lodge_module module;
    char path[1100];

    snprintf(path, sizeof path, "%s/%s.wasm", folder, name);
    OK(lodge_module_open_file(engine, TEXT(path), &module, ERR));
    return module;
}

static struct hasher open_hasher(const char *name)
{
    lodge_module module = open_module(name);
    struct hasher h;

    OK(lodge_instance_new(linker, (lodge_store){0}, module, &h.instance, ERR));
    lodge_module_close(module);
    OK(lodge_instance_memory(h.instance, TEXT("memory"), &h.memory, ERR));
    h.buffer = call(&h, "Hash_GetBuffer", 0, 0, 0);
    return h;
}

static void add(struct hasher *h, const void *ptr, uint64_t len)
{
    const uint8_t *from = ptr;

    while (len) {
        uint64_t n = len < CHUNK ? len : CHUNK;

        put(h, 0, from, n);
        call(h, "Hash_Update", n, 0, 0);
        from += n, len -= n;
    }
}

/* ---- digests ------------------------------------------------------------ */

struct digest {
    const char *name, *module;
    uint32_t init, final, bytes;
    uint64_t seed; /* put into the buffer first */
};

static const struct digest digests[] = {
    {"adler32", "adler32", 0, 0, 4, 0},
    {"blake2b", "blake2b", 512, 0, 64, 0},
    {"blake2s", "blake2s", 256, 0, 32, 0},
    {"blake3", "blake3", 0, 32, 32, 0},
    {"crc32", "crc32", 0xedb88320, 0, 4, 0},
    {"crc32c", "crc32", 0x82f63b78, 0, 4, 0},
    {"crc64", "crc64", 0, 0, 8, UINT64_C(0xc96c5795d7870f42)},
    {"md4", "md4", 0, 0, 16, 0},
    {"md5", "md5", 0, 0, 16, 0},
    {"ripemd160", "ripemd160", 0, 0, 20, 0},
    {"sha1", "sha1", 0, 0, 20, 0},
    {"sha224", "sha256", 224, 0, 28, 0},
    {"sha256", "sha256", 256, 0, 32, 0},
    {"sha384", "sha512", 384, 0, 48, 0},
    {"sha512", "sha512", 512, 0, 64, 0},
    {"sha3_224", "sha3", 224, 6, 28, 0},
    {"sha3_256", "sha3", 256, 6, 32, 0},
    {"sha3_384", "sha3", 384, 6, 48, 0},
    {"sha3_512", "sha3", 512, 6, 64, 0},
    {"keccak_224", "sha3", 224, 1, 28, 0},
    {"keccak_256", "sha3", 256, 1, 32, 0},
    {"keccak_384", "sha3", 384, 1, 48, 0},
    {"keccak_512", "sha3", 512, 1, 64, 0},
    {"sm3", "sm3", 0, 0, 32, 0},
    {"whirlpool", "whirlpool", 0, 0, 64, 0},
    {"xxhash32", "xxhash32", 0, 0, 4, 0},
    {"xxhash64", "xxhash64", 0, 0, 8, 0},
    {"xxhash3", "xxhash3", 0, 0, 8, 0},
    {"xxhash128", "xxhash128", 0, 0, 16, 0},
};
enum { DIGESTS = sizeof digests / sizeof *digests };

static void begin_digest(struct hasher *h, const struct digest *d)
{
    put(h, 0, &d->seed, 8);
    call(h, "Hash_Init", d->init, 0, 0);
}

static void end_digest(struct hasher *h, const struct digest *d, void *out)
{
    call(h, "Hash_Final", d->final, 0, 0);
    get(h, 0, out, d->bytes);
}

/* The bytes in hexadecimal are what the oracle says. */
static void is(const char *name, uint32_t length, const uint8_t *bytes,
               uint32_t n)
{
    char line[256];
    uint32_t i;
    int len = snprintf(line, sizeof line, "\n%s %u ", name, length);

    for (i = 0; i < n; i++)
        len += snprintf(line + len, 3, "%02x", bytes[i]);
    strcpy(line + len, "\n");
    if (!strstr(oracle, line))
        fail_msg("the oracle does not say:%s", line);
}

static void every_digest_is_right_at_every_length(void **state)
{
    uint8_t out[64];
    size_t i, k;

    (void)state;
    for (i = 0; i < DIGESTS; i++) {
        const struct digest *d = &digests[i];
        struct hasher h = open_hasher(d->module);

        for (k = 0; k < LENGTHS; k++) {
            begin_digest(&h, d);
            add(&h, pattern, lengths[k]);
            end_digest(&h, d, out);
            is(d->name, lengths[k], out, d->bytes);
        }
        lodge_instance_close(h.instance);
    }
}

static void short_texts_are_digested_in_one_call(void **state)
{
    uint8_t out[64];
    size_t i;

    (void)state;
    for (i = 0; i < DIGESTS; i++) {
        const struct digest *d = &digests[i];
        struct hasher h = open_hasher(d->module);

        if (d->seed == 0) { /* crc64 cannot */
            put(&h, 0, pattern, 1000);
            if (strncmp(d->name, "xxhash", 6) != 0 ||
                strcmp(d->name, "xxhash32") == 0) {
                call(&h, "Hash_Calculate", 1000, d->init, d->final);
                get(&h, 0, out, d->bytes);
                is(d->name, 1000, out, d->bytes);
            }
        }
        lodge_instance_close(h.instance);
    }
}

/* The state of a digest goes from one instance to another, half way. */
static void a_state_goes_on_in_another_instance(void **state)
{
    uint8_t out[64], saved[16384];
    size_t i;

    (void)state;
    for (i = 0; i < DIGESTS; i++) {
        const struct digest *d = &digests[i];
        struct hasher a = open_hasher(d->module), b = open_hasher(d->module);
        lodge_global size;
        uint64_t at, address;
        uint32_t bytes;

        OK(lodge_instance_global(a.instance, TEXT("STATE_SIZE"), &size, ERR));
        OK(lodge_global_get(size, &address, 1, ERR));
        OK(lodge_memory_load(a.memory, address, LODGE_TYPE_I32, &at, ERR));
        bytes = (uint32_t)at;
        assert_in_range(bytes, 1, sizeof saved);
        begin_digest(&a, d);
        add(&a, pattern, 40000);
        OK(lodge_memory_read(a.memory, call(&a, "Hash_GetState", 0, 0, 0),
                             saved, bytes, ERR));
        lodge_instance_close(a.instance);
        begin_digest(&b, d); /* tables are no part of a state */
        OK(lodge_memory_write(b.memory, call(&b, "Hash_GetState", 0, 0, 0),
                              saved, bytes, ERR));
        add(&b, pattern + 40000, LONGEST - 40000);
        end_digest(&b, d, out);
        is(d->name, LONGEST, out, d->bytes);
        lodge_instance_close(b.instance);
    }
}

/* ---- functions for passwords -------------------------------------------- */

static const char password[] = "a pass word";
enum { PASSWORD = sizeof password - 1 };

static void bcrypt_is_right(void **state)
{
    struct hasher h = {0};
    lodge_module module = open_module("bcrypt");
    uint8_t out[24];

    (void)state;
    OK(lodge_instance_new(linker, (lodge_store){0}, module, &h.instance, ERR));
    OK(lodge_instance_memory(h.instance, TEXT("memory"), &h.memory, ERR));
    h.buffer = call(&h, "Hash_GetBuffer", 0, 0, 0);
    put(&h, 0, pattern, 16); /* the salt */
    put(&h, 16, password, PASSWORD);
    call(&h, "bcrypt", PASSWORD, 5, 0);
    get(&h, 0, out, sizeof out);
    is("bcrypt", 0, out, sizeof out);
}

/* HMAC with SHA-256, by the guest that has it. */
static void hmac(struct hasher *sha, const uint8_t *ptr, uint32_t len,
                 uint32_t more, uint8_t out[32])
{
    const uint8_t tail[4] = {0, 0, (uint8_t)(more >> 8), (uint8_t)more};
    uint8_t inner[64], outer[64], digest[32];
    size_t i;

    for (i = 0; i < 64; i++) {
        const uint8_t key = i < PASSWORD ? (uint8_t)password[i] : 0;

        inner[i] = key ^ 0x36, outer[i] = key ^ 0x5c;
    }
    call(sha, "Hash_Init", 256, 0, 0);
    add(sha, inner, 64), add(sha, ptr, len), add(sha, tail, 4);
    call(sha, "Hash_Final", 0, 0, 0);
    get(sha, 0, digest, 32);
    call(sha, "Hash_Init", 256, 0, 0);
    add(sha, outer, 64), add(sha, digest, 32);
    call(sha, "Hash_Final", 0, 0, 0);
    get(sha, 0, out, 32);
}

/* PBKDF2 of one round. */
static void derive(struct hasher *sha, const uint8_t *salt, uint32_t salt_len,
                   uint8_t *out, uint32_t len)
{
    uint32_t i;

    for (i = 0; i < len / 32; i++)
        hmac(sha, salt, salt_len, i + 1, out + 32 * (size_t)i);
}

static void scrypt_is_right(void **state)
{
    enum { N = 1024, R = 8, BLOCK = 128 * R };
    struct hasher sha = open_hasher("sha256"), h = open_hasher("scrypt");
    uint8_t block[BLOCK], out[64];

    (void)state;
    derive(&sha, pattern, 16, block, BLOCK);
    assert_int_equal((int8_t)call(&h, "Hash_SetMemorySize",
                                  BLOCK + BLOCK * N + 2 * BLOCK, 0, 0),
                     0);
    put(&h, 0, block, BLOCK);
    call(&h, "scrypt", R, N, 1);
    get(&h, 0, block, BLOCK);
    derive(&sha, block, BLOCK, out, 64);
    is("scrypt", 0, out, 64);
}

/* ---- Argon2: 64 MiB ----------------------------------------------------- */

enum { KIB = 65536, ARGON_BYTES = KIB * 1024 + 1024 };

static void blake2b(struct hasher *h, const void *ptr, uint32_t len,
                    uint32_t length, uint8_t *out, uint32_t bytes)
{
    call(h, "Hash_Init", bytes * 8, 0, 0);
    if (length)
        add(h, &length, 4);
    add(h, ptr, len);
    call(h, "Hash_Final", 0, 0, 0);
    get(h, 0, out, bytes);
}

/* Argon2's hash of any length; here 1,024 or 32 bytes. */
static void long_hash(struct hasher *h, const uint8_t *ptr, uint32_t len,
                      uint8_t *out, uint32_t bytes)
{
    uint8_t v[64];

    if (bytes <= 64) {
        blake2b(h, ptr, len, bytes, out, bytes);
        return;
    }
    blake2b(h, ptr, len, bytes, v, 64);
    for (; bytes > 64; bytes -= 32, out += 32) {
        memcpy(out, v, 32);
        blake2b(h, v, 64, 0, v, 64);
    }
    memcpy(out, v, 64);
}

/* What is hashed first: parameters, password, salt. */
static uint32_t argon_start(uint8_t *out)
{
    const uint32_t parameters[] = {1, 32, KIB, 2, 0x13, 2, PASSWORD};
    const uint32_t sixteen = 16;

    memset(out, 0, 128);
    memcpy(out, parameters, 28);
    memcpy(out + 28, password, PASSWORD);
    memcpy(out + 28 + PASSWORD, &sixteen, 4);
    memcpy(out + 32 + PASSWORD, pattern, 16);
    return 28 + PASSWORD + 4 + 16 + 8; /* no secret, nothing else */
}

static void argon2_is_right_with_64_mebibytes(void **state)
{
    struct hasher blake = open_hasher("blake2b"), h = open_hasher("argon2");
    uint8_t start[128], first[72] = {0}, block[1024], out[32];
    uint32_t n = argon_start(start), i;

    (void)state;
    assert_int_equal((int8_t)call(&h, "Hash_SetMemorySize", ARGON_BYTES, 0, 0),
                     0);
    put(&h, KIB * 1024, start, 24);
    blake2b(&blake, start, n, 0, first, 64);
    for (i = 0; i < 2; i++) {
        first[64] = (uint8_t)i;
        long_hash(&blake, first, 72, block, 1024);
        put(&h, 1024 * (uint64_t)i, block, 1024);
    }
    call(&h, "Hash_Calculate", 0, KIB, 0);
    get(&h, 0, block, 1024);
    long_hash(&blake, block, 1024, out, 32);
    is("argon2", 0, out, 32);
}

/* The guest asks, is refused, says so, and goes on with what it has. */
static void argon2_is_refused_what_its_store_may_not_have(void **state)
{
    lodge_module module = open_module("argon2");
    lodge_store store = new_store(engine);
    struct hasher h = {0};
    uint64_t refusals, bytes;

    (void)state;
    OK(lodge_store_set(store, LODGE_STORE_MEMORY_LIMIT, 32 << 20, ERR));
    OK(lodge_instance_new(linker, store, module, &h.instance, ERR));
    OK(lodge_instance_memory(h.instance, TEXT("memory"), &h.memory, ERR));
    h.buffer = call(&h, "Hash_GetBuffer", 0, 0, 0);
    assert_int_equal((int8_t)call(&h, "Hash_SetMemorySize", ARGON_BYTES, 0, 0),
                     -1);
    OK(lodge_store_get(store, LODGE_STORE_REFUSALS, &refusals, ERR));
    assert_true(refusals > 0);
    assert_int_equal((int8_t)call(&h, "Hash_SetMemorySize", 16 << 20, 0, 0),
                     0);
    OK(lodge_memory_size(h.memory, &bytes, ERR));
    assert_in_range(bytes, 16 << 20, 32 << 20);
    put(&h, (16 << 20) - 1, pattern, 1);
}

/* ---- all ---------------------------------------------------------------- */

static char *lines_of(const char *command)
{
    enum { CAP = 1 << 17 };
    char *text = malloc(CAP);
    FILE *f = popen(command, "r");
    size_t n;

    assert_non_null(text);
    assert_non_null(f);
    text[0] = '\n';
    n = 1 + fread(text + 1, 1, CAP - 2, f);
    text[n] = 0;
    if (pclose(f) != 0 || n == CAP - 1)
        fail_msg("%s did not work", command);
    return text;
}

static int open_all(void **state)
{
    char command[1400];
    size_t i;
    int n;

    if (nothing_lives(state))
        return -1;
    if (!fetched("hash-wasm", folder, sizeof folder))
        fail_msg("hash-wasm is not there; the reason is above");
    n = snprintf(command, sizeof command,
                 "python3 tests/guests/real/hashes.py %s", folder);
    for (i = 0; i < LENGTHS; i++)
        n += snprintf(command + n, sizeof command - (size_t)n, " %u",
                      lengths[i]);
    oracle = lines_of(command);
    for (i = 0; i < LONGEST; i++)
        pattern[i] = (uint8_t)(i * 31 + (i >> 8) * 7 + 3);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    free(oracle);
    return 0;
}

static int begin(void **state)
{
    if (nothing_lives(state))
        return -1;
    engine = new_engine();
    linker = new_linker(engine);
    return 0;
}

static int end(void **state)
{
    lodge_engine_shutdown(engine);
    return nothing_lives(state);
}

#define HASH_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        HASH_TEST(every_digest_is_right_at_every_length),
        HASH_TEST(short_texts_are_digested_in_one_call),
        HASH_TEST(a_state_goes_on_in_another_instance),
        HASH_TEST(bcrypt_is_right),
        HASH_TEST(scrypt_is_right),
        HASH_TEST(argon2_is_right_with_64_mebibytes),
        HASH_TEST(argon2_is_refused_what_its_store_may_not_have),
    };

    return cmocka_run_group_tests_name(__FILE__, tests, open_all, close_all);
}

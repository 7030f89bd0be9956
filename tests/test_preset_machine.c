/* test_preset_machine.c - what presets do to the process: Pulley makes no
 * executable memory, no_signals takes no signal. Each look is in a child.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>

#include "lodge_test.h"

/* ---- a guest that does a bit of everything ------------------------------ */

static const char text[] =
    "(module (import \"h\" \"twice\" (func $twice (param i32) (result i32)))"
    " (import \"h\" \"wait\" (func $wait (param i32) (result i32)))"
    " (memory (export \"m\") 1) (table 2 funcref)"
    " (type $none (func))"
    " (func (export \"add\") (param i32) (result i32)"
    "  (i32.add (local.get 0) (i32.const 2)))"
    " (func (export \"host\") (param i32) (result i32)"
    "  (call $twice (local.get 0)))"
    " (func (export \"wait\") (param i32) (result i32)"
    "  (i32.add (i32.const 1) (call $wait (local.get 0))))"
    " (func (export \"bounds\") (drop (i32.load (i32.const 65533))))"
    " (func (export \"far\") (drop (i32.load offset=65536"
    "  (i32.const 0xFFFFFFF0))))"
    " (func (export \"divide\")"
    "  (drop (i32.div_u (i32.const 1) (i32.const 0))))"
    " (func (export \"overflow\") (drop (i32.div_s (i32.const 0x80000000)"
    "  (i32.const -1))))"
    " (func (export \"nan\") (drop (i32.trunc_f64_s (f64.const nan))))"
    " (func (export \"null\") (call_indirect (type $none) (i32.const 0)))"
    " (func $inner unreachable)"
    " (func (export \"unreachable\") (call $inner))"
    " (func $deep (export \"deep\") (call $deep))"
    " (func (export \"spin\") (loop $l (br $l))))";

static int32_t twice(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    (void)token;
    (void)caller;
    slots[0] *= 2;
    return 0;
}

static const struct {
    const char *name;
    lodge_status status;
    int32_t trap;
} ends[] = {
    {"bounds", LODGE_E_TRAP, LODGE_TRAP_MEMORY_OUT_OF_BOUNDS},
    {"far", LODGE_E_TRAP, LODGE_TRAP_MEMORY_OUT_OF_BOUNDS},
    {"divide", LODGE_E_TRAP, LODGE_TRAP_DIVISION_BY_ZERO},
    {"overflow", LODGE_E_TRAP, LODGE_TRAP_INTEGER_OVERFLOW},
    {"nan", LODGE_E_TRAP, LODGE_TRAP_BAD_CONVERSION},
    {"null", LODGE_E_TRAP, LODGE_TRAP_INDIRECT_CALL_TO_NULL},
    {"unreachable", LODGE_E_TRAP, LODGE_TRAP_UNREACHABLE},
    {"deep", LODGE_E_STACK, LODGE_TRAP_STACK_OVERFLOW},
};
enum { ENDS = sizeof ends / sizeof *ends };

/* In a child an assertion would go unseen: the first complaint ends it. */
#define MUST(what)                                                            \
    do {                                                                      \
        if (!(what)) {                                                        \
            fprintf(stderr, "line %d: %s (%s)\n", __LINE__, #what,            \
                    test_err.message);                                        \
            fflush(NULL);                                                     \
            _exit(1);                                                         \
        }                                                                     \
    } while (0)
#define DONE(call) MUST((call) == LODGE_OK)

struct machine {
    lodge_engine engine;
    lodge_instance in;
    lodge_store store;
};

static void add_functions(lodge_engine engine, lodge_linker linker)
{
    lodge_host host;
    uint32_t index;

    DONE(lodge_host_new(engine, "h", 1, &host, ERR));
    DONE(lodge_host_func(host, TEXT("i32 -> i32"), LODGE_HOST_DIRECT, 0,
                         &index, ERR));
    DONE(lodge_host_direct(host, index, twice, ERR));
    DONE(lodge_host_export(host, index, TEXT("twice"), ERR));
    DONE(lodge_host_func(host, TEXT("i32 -> i32"), LODGE_HOST_SUSPEND, 0,
                         &index, ERR));
    DONE(lodge_host_export(host, index, TEXT("wait"), ERR));
    DONE(lodge_linker_add_host(linker, host, ERR));
    lodge_host_close(host);
}

static lodge_status machine_engine(uint32_t preset, lodge_engine *out)
{
    lodge_config config;

    DONE(lodge_config_new(preset, &config, ERR));
    if (preset == LODGE_PRESET_POOLING) /* TSan leaves no room for more */
        DONE(lodge_config_parse(config, TEXT("pool-memories=8"), ERR));
    return lodge_engine_new(config, out, ERR);
}

static struct machine machine_of(uint32_t preset)
{
    lodge_linker linker;
    lodge_module module;
    struct machine m;

    DONE(machine_engine(preset, &m.engine));
    DONE(lodge_linker_new(m.engine, &linker, ERR));
    add_functions(m.engine, linker);
    DONE(lodge_module_open(m.engine, (const uint8_t *)text, strlen(text),
                           &module, ERR));
    DONE(lodge_instance_new(linker, (lodge_store){0}, module, &m.in, ERR));
    DONE(lodge_instance_store(m.in, &m.store, ERR));
    return m;
}

static lodge_func func_in(const struct machine *m, const char *name)
{
    lodge_func fn = {0};

    DONE(lodge_instance_func(m->in, TEXT(name), &fn, ERR));
    return fn;
}

static void works(const struct machine *m)
{
    uint64_t slot = 40;

    DONE(lodge_func_call(func_in(m, "add"), &slot, 1, ERR));
    MUST(slot == 42);
    DONE(lodge_func_call(func_in(m, "host"), &slot, 1, ERR));
    MUST(slot == 84);
}

static void waits(const struct machine *m)
{
    uint64_t frame[LODGE_FRAME_SLOTS + 4] = {0};

    frame[LODGE_FRAME_FUNC] = func_in(m, "wait").id;
    frame[LODGE_FRAME_CAPACITY] = 4;
    frame[LODGE_FRAME_SLOTS] = 5;
    MUST(lodge_call(frame) == LODGE_REQUEST);
    MUST(frame[LODGE_FRAME_SLOTS] == 5);
    frame[LODGE_FRAME_SLOTS] = 41;
    frame[LODGE_FRAME_STATUS] = 0;
    MUST(lodge_resume(frame) == LODGE_OK);
    MUST(frame[LODGE_FRAME_SLOTS] == 42);
}

static void traps(const struct machine *m)
{
    int i, round;

    for (round = 0; round < 3; round++) {
        for (i = 0; i < ENDS; i++) {
            MUST(lodge_func_call(func_in(m, ends[i].name), NULL, 0, ERR) ==
                 ends[i].status);
            MUST(test_err.trap == ends[i].trap);
            works(m);
        }
    }
}

static void is_late(const struct machine *m)
{
    DONE(lodge_store_set(m->store, LODGE_STORE_DEADLINE, 3000000, ERR));
    MUST(lodge_func_call(func_in(m, "spin"), NULL, 0, ERR) ==
         LODGE_E_DEADLINE);
    DONE(lodge_store_set(m->store, LODGE_STORE_DEADLINE, 0, ERR));
}

static void tells_where(const struct machine *m)
{
    lodge_error err = LODGE_ERROR_INIT;
    char name[32];
    uint32_t count;
    uint64_t len;

    err.flags = LODGE_ERROR_REPORT;
    MUST(lodge_func_call(func_in(m, "unreachable"), NULL, 0, &err) ==
         LODGE_E_TRAP);
    MUST(err.report != 0);
    DONE(lodge_report_frame_count((lodge_report){err.report}, &count, ERR));
    MUST(count == 2);
    DONE(lodge_report_frame((lodge_report){err.report}, 0, LODGE_REPORT_FUNC,
                            name, sizeof name, &len, ERR));
    MUST(len == 5 && memcmp(name, "inner", 5) == 0);
    lodge_report_close((lodge_report){err.report});
}

static void does_everything(const struct machine *m)
{
    works(m);
    waits(m);
    traps(m);
    is_late(m);
    tells_where(m);
    works(m);
}

/* ---- children --------------------------------------------------------- */

/* Runs `body` in a child, which must end well. */
static void in_a_child(void (*body)(uint32_t preset), uint32_t preset)
{
    int how = -1;
    pid_t child;

    calm_before_fork();
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        body(preset);
        fflush(NULL);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_int_equal(how, 0);
}

/* ---- executable memory ------------------------------------------------ */

/* Bytes of executable memory that is of no file; the kernel's own pages have
 * a name in brackets.
 */
static uint64_t anonymous_code(void)
{
    uint64_t from, to, inode, all = 0;
    char line[512], can[8];
    FILE *maps = fopen("/proc/self/maps", "r");

    MUST(maps != NULL);
    while (fgets(line, sizeof line, maps)) {
        if (sscanf(line, "%lx-%lx %7s %*s %*s %lu", &from, &to, can, &inode) !=
            4)
            continue;
        if (can[2] == 'x' && inode == 0 && !strchr(line, '['))
            all += to - from;
    }
    fclose(maps);
    return all;
}

static void makes_no_code(uint32_t preset)
{
    const uint64_t before = anonymous_code();
    struct machine m = machine_of(preset);

    MUST(anonymous_code() == before);
    does_everything(&m);
    MUST(anonymous_code() == before);
    lodge_engine_shutdown(m.engine);
}

static void makes_code(uint32_t preset)
{
    const uint64_t before = anonymous_code();
    struct machine m = machine_of(preset);

    MUST(anonymous_code() > before);
    does_everything(&m);
    lodge_engine_shutdown(m.engine);
    MUST(anonymous_code() == before);
}

static void pulley_has_no_executable_memory(void **s)
{
    (void)s;
    in_a_child(makes_no_code, LODGE_PRESET_PULLEY);
}

static void every_other_preset_has_some_while_it_is_open(void **s)
{
    static const uint32_t others[] = {
        LODGE_PRESET_DEFAULT, LODGE_PRESET_UNTRUSTED, LODGE_PRESET_SMALL,
        LODGE_PRESET_NO_SIGNALS, LODGE_PRESET_POOLING};
    size_t i;

    (void)s;
    for (i = 0; i < sizeof others / sizeof *others; i++)
        in_a_child(makes_code, others[i]);
}

/* TSan maps memory as it likes. */
#if !defined(__SANITIZE_THREAD__)

#if defined(__x86_64__)
#define THIS_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define THIS_ARCH AUDIT_ARCH_AARCH64
#endif

/* The kernel refuses to make memory executable from here on. */
static void forbid_code(void)
{
    struct sock_filter rules[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                 offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, THIS_ARCH, 0, 5),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_mmap, 1, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_mprotect, 0, 2),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                 offsetof(struct seccomp_data, args[2])),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 1), /* EPERM */
    };
    struct sock_fprog program = {sizeof rules / sizeof *rules, rules};
    void *page;

    MUST(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    MUST(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
    page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    MUST(page != MAP_FAILED);
    MUST(mprotect(page, 4096, PROT_READ | PROT_EXEC) != 0);
    munmap(page, 4096);
}

static void works_without(uint32_t preset)
{
    struct machine m;

    forbid_code();
    m = machine_of(preset);
    does_everything(&m);
    lodge_engine_shutdown(m.engine);
}

static void is_refused_without(uint32_t preset)
{
    lodge_module module = {7};
    lodge_engine engine;
    lodge_status st;

    forbid_code();
    DONE(machine_engine(preset, &engine));
    st = lodge_module_open(engine, (const uint8_t *)text, strlen(text),
                           &module, ERR);
    MUST(st < 0 && module.id == 7);
    MUST(strstr(test_err.message, "os error 1") != NULL);
    lodge_engine_shutdown(engine);
}

static void pulley_works_where_code_is_forbidden(void **s)
{
    (void)s;
    in_a_child(works_without, LODGE_PRESET_PULLEY);
}

static void others_say_so_where_code_is_forbidden(void **s)
{
    (void)s;
    in_a_child(is_refused_without, LODGE_PRESET_DEFAULT);
    in_a_child(is_refused_without, LODGE_PRESET_NO_SIGNALS);
}

#endif

/* ---- signals ---------------------------------------------------------- */

static const int numbers[] = {SIGSEGV, SIGILL,  SIGFPE,  SIGBUS,
                              SIGTRAP, SIGABRT, SIGUSR1, SIGALRM};
enum { NUMBERS = sizeof numbers / sizeof *numbers };

static volatile sig_atomic_t caught;

static void own_handler(int number)
{
    caught = number;
}

/* The handlers of a process that had others before: its own, if asked. */
static void handlers(struct sigaction found[NUMBERS])
{
    int i;

    memset(found, 0, NUMBERS * sizeof *found);
    for (i = 0; i < NUMBERS; i++)
        MUST(sigaction(numbers[i], NULL, &found[i]) == 0);
}

static int same_handlers(const struct sigaction *a, const struct sigaction *b)
{
    int i;

    for (i = 0; i < NUMBERS; i++)
        if (a[i].sa_handler != b[i].sa_handler ||
            a[i].sa_flags != b[i].sa_flags)
            return 0;
    return 1;
}

static void own_all(void)
{
    struct sigaction mine;
    int i;

    memset(&mine, 0, sizeof mine);
    mine.sa_handler = own_handler;
    for (i = 0; i < NUMBERS; i++)
        MUST(sigaction(numbers[i], &mine, NULL) == 0);
}

static void leaves_signals_alone(uint32_t preset)
{
    struct sigaction before[NUMBERS], after[NUMBERS];
    struct machine m;

    handlers(before);
    m = machine_of(preset);
    does_everything(&m);
    handlers(after);
    MUST(same_handlers(before, after));
    lodge_engine_shutdown(m.engine);
    handlers(after);
    MUST(same_handlers(before, after));
}

static void lives_with_handlers(uint32_t preset)
{
    struct machine m;

    own_all();
    m = machine_of(preset);
    does_everything(&m);
    MUST(caught == 0);
    MUST(raise(SIGSEGV) == 0 && caught == SIGSEGV);
    MUST(raise(SIGFPE) == 0 && caught == SIGFPE);
    works(&m);
    lodge_engine_shutdown(m.engine);
}

static void takes_signals(uint32_t preset)
{
    struct sigaction before[NUMBERS], after[NUMBERS];
    struct machine m;

    handlers(before);
    m = machine_of(preset);
    handlers(after);
    MUST(!same_handlers(before, after));
    does_everything(&m);
    lodge_engine_shutdown(m.engine);
}

static void no_signals_takes_no_signal(void **s)
{
    (void)s;
    in_a_child(leaves_signals_alone, LODGE_PRESET_NO_SIGNALS);
}

static void no_signals_lives_with_handlers_of_the_host(void **s)
{
    (void)s;
    in_a_child(lives_with_handlers, LODGE_PRESET_NO_SIGNALS);
}

static void pulley_takes_no_signal(void **s)
{
    (void)s;
    in_a_child(leaves_signals_alone, LODGE_PRESET_PULLEY);
}

static void pulley_lives_with_handlers_of_the_host(void **s)
{
    (void)s;
    in_a_child(lives_with_handlers, LODGE_PRESET_PULLEY);
}

/* Or the tests above would show nothing. */
static void the_default_takes_some(void **s)
{
    (void)s;
    in_a_child(takes_signals, LODGE_PRESET_DEFAULT);
}

/* The handlers of Wasmtime pass on what is not of a guest. */
static void handlers_of_the_host_still_run_beside_the_default(uint32_t preset)
{
    struct machine m;

    own_all();
    m = machine_of(preset);
    does_everything(&m);
    MUST(caught == 0);
    MUST(raise(SIGSEGV) == 0 && caught == SIGSEGV);
    works(&m);
    lodge_engine_shutdown(m.engine);
}

static void the_default_passes_on_signals_of_the_host(void **s)
{
    (void)s;
    in_a_child(handlers_of_the_host_still_run_beside_the_default,
               LODGE_PRESET_DEFAULT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(pulley_has_no_executable_memory),
        TEST(every_other_preset_has_some_while_it_is_open),
#if !defined(__SANITIZE_THREAD__)
        TEST(pulley_works_where_code_is_forbidden),
        TEST(others_say_so_where_code_is_forbidden),
#endif
        TEST(no_signals_takes_no_signal),
        TEST(no_signals_lives_with_handlers_of_the_host),
        TEST(pulley_takes_no_signal),
        TEST(pulley_lives_with_handlers_of_the_host),
        TEST(the_default_takes_some),
        TEST(the_default_passes_on_signals_of_the_host),
    };

    return RUN(tests);
}

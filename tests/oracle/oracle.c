/*
 * oracle.c - see oracle.h.
 */
#define _GNU_SOURCE
#include "oracle/oracle.h"

#include <string.h>

/* ---- memory by lines ---- */

void oracle_put_memory(const struct oracle_memory *m, uint8_t *const page[2])
{
    for (unsigned w = 0; w < ORACLE_LINES / 64; w++)
        for (unsigned i = 0; i < 64 && m->lines[w]; i++)
            if (m->lines[w] >> i & 1)
                memcpy(page[w] + i * ORACLE_LINE, m->bytes + (w * 64 + i) * ORACLE_LINE,
                       ORACLE_LINE);
}

/* Line n of the data pages, at p, has changed. */
static void take_line(struct oracle_memory *m, unsigned n, uint8_t *p, const uint8_t *background)
{
    m->lines[n / 64] |= UINT64_C(1) << (n % 64);
    memcpy(m->bytes + n * ORACLE_LINE, p, ORACLE_LINE);
    memcpy(p, background + n * ORACLE_LINE, ORACLE_LINE);
}

void oracle_take_memory(struct oracle_memory *m, uint8_t *const page[2], const uint8_t *background)
{
    enum { GROUP = 8, SIZE = GROUP * ORACLE_LINE, PER_PAGE = ORACLE_PAGE / ORACLE_LINE };
    m->lines[0] = m->lines[1] = 0;
    for (unsigned n = 0; n < ORACLE_LINES; n += GROUP) {
        uint8_t *p = page[n / PER_PAGE] + n % PER_PAGE * ORACLE_LINE;
        if (memcmp(p, background + n * ORACLE_LINE, SIZE) == 0)
            continue;
        for (unsigned i = 0; i < GROUP; i++)
            if (memcmp(p + i * ORACLE_LINE, background + (n + i) * ORACLE_LINE, ORACLE_LINE) != 0)
                take_line(m, n + i, p + i * ORACLE_LINE, background);
    }
}

#if defined(__x86_64__) && defined(__linux__)

#include <asm/ldt.h>
#include <asm/prctl.h>
#include <cpuid.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

enum {
    TICK_USEC = 10000,
    TICKS_TO_HANG = 3,
    WAIT_SEC = 2, /* a batch makes progress at least this often */
    CS64 = 0x33,
    CS32 = 0x23,
    SS_FLAT = 0x2b,
    CS16 = 0x07, /* LDT entries 0 and 1, RPL 3 */
    DS16 = 0x0f,
    XSAVE_HEADER = 512,
    XSAVE_YMM = 576,
};

/* Shared by both processes. */
struct shared {
    atomic_uint asked;   /* batches posted; a futex of the child */
    atomic_uint done;    /* batches finished; a futex of the parent */
    atomic_uint current; /* the case that is running */
    unsigned count;
    bool has_ldt; /* the segments of 16-bit mode are there */
    uint8_t background[ORACLE_DATA_LEN];
    struct oracle_case cases[];
};

struct oracle {
    struct shared *sh;
    size_t len;
    unsigned capacity;
    pid_t pid;
    bool mode_ok[ORACLE_MODES];
    bool any_stack;
};

static long futex(atomic_uint *word, int op, unsigned value, const struct timespec *timeout)
{
    return syscall(SYS_futex, (void *)word, op, value, timeout, NULL, 0);
}

/* ---- the child ---- */

/* A signal handler is given nothing of its own. */
static struct child {
    struct shared *sh;
    uint8_t *code;    /* the code page, writable */
    unsigned seen;    /* batches taken */
    unsigned next;    /* case to run next */
    bool running;     /* a case is on the processor */
    unsigned ticks;   /* of the timer, since it is */
    uint16_t old_off; /* code to wipe */
    uint16_t old_len;
} child;

static uint8_t *const data_page[2] = {
    (uint8_t *)(uintptr_t)ORACLE_DATA,
    (uint8_t *)(uintptr_t)(ORACLE_DATA + ORACLE_PAGE),
};

static const int reg_of[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP,
                               REG_RSI, REG_RDI, REG_R8,  REG_R9,  REG_R10, REG_R11,
                               REG_R12, REG_R13, REG_R14, REG_R15};

static void set_data_segments(uint16_t sel)
{
    __asm__ volatile("mov %0, %%ds\n\tmov %0, %%es" ::"r"((uint32_t)sel));
}

/* Behind ORACLE_FX_USED are the kernel's own words. */
static void load_vectors(ucontext_t *uc, const struct oracle_vectors *v)
{
    uint8_t *fp = (uint8_t *)uc->uc_mcontext.fpregs;
    uint64_t all = 7;
    memcpy(fp, v->fx, ORACLE_FX_USED);
    memcpy(fp + XSAVE_HEADER, &all, sizeof(all));
    memcpy(fp + XSAVE_YMM, v->ymm_high, sizeof(v->ymm_high));
}

/* The image of a part in its initial state may be left unwritten: XSTATE_BV tells (vol. 1, 13.6).
 */
static void save_vectors(const ucontext_t *uc, struct oracle_vectors *v)
{
    const uint8_t *fp = (const uint8_t *)uc->uc_mcontext.fpregs;
    uint8_t bv = fp[XSAVE_HEADER];
    memcpy(v->fx, fp, ORACLE_FX_USED);
    memset(v->fx + ORACLE_FX_USED, 0, sizeof(v->fx) - ORACLE_FX_USED);
    if (!(bv & 1)) {
        memset(v->fx, 0, ORACLE_MXCSR);
        memset(v->fx + ORACLE_ST, 0, ORACLE_XMM - ORACLE_ST);
        v->fx[ORACLE_FCW] = 0x7f;
        v->fx[ORACLE_FCW + 1] = 0x03;
    }
    if (!(bv & 2))
        memset(v->fx + ORACLE_XMM, 0, ORACLE_FX_USED - ORACLE_XMM);
    memcpy(v->ymm_high, fp + XSAVE_YMM, sizeof(v->ymm_high));
    if (!(bv & 4))
        memset(v->ymm_high, 0, sizeof(v->ymm_high));
}

static void load_segments(ucontext_t *uc, enum oracle_mode mode)
{
    static const uint16_t cs[ORACLE_MODES] = {CS64, CS32, CS16};
    static const uint16_t ss[ORACLE_MODES] = {SS_FLAT, SS_FLAT, DS16};
    greg_t *word = &uc->uc_mcontext.gregs[REG_CSGSFS];
    *word = (greg_t)(((uint64_t)*word & 0x0000ffffffff0000) | cs[mode] | (uint64_t)ss[mode] << 48);
    set_data_segments(mode == ORACLE_16 ? DS16 : mode == ORACLE_32 ? SS_FLAT : 0);
}

static void start_case(ucontext_t *uc, struct oracle_case *c)
{
    greg_t *g = uc->uc_mcontext.gregs;
    memset(child.code + child.old_off, 0xcc, child.old_len);
    memcpy(child.code + c->code_off, c->code, c->code_len);
    child.old_off = c->code_off;
    child.old_len = c->code_len;
    oracle_put_memory(&c->memory, data_page);
    for (unsigned i = 0; i < 16; i++)
        g[reg_of[i]] = (greg_t)c->in.gpr[i];
    g[REG_RIP] = (greg_t)c->in.rip;
    g[REG_EFL] = (greg_t)c->in.rflags;
    load_segments(uc, c->mode);
    load_vectors(uc, &c->in.vectors);
    child.ticks = 0;
    child.running = true;
}

static void end_case(const ucontext_t *uc, struct oracle_case *c, enum oracle_end end)
{
    const greg_t *g = uc->uc_mcontext.gregs;
    struct oracle_outcome *o = &c->out;
    child.running = false;
    o->end = end;
    for (unsigned i = 0; i < 16; i++)
        o->state.gpr[i] = (uint64_t)g[reg_of[i]] & (c->mode == ORACLE_64 ? ~0ull : 0xffffffff);
    o->state.rip = (uint64_t)g[REG_RIP];
    o->state.rflags = (uint64_t)g[REG_EFL];
    o->vector = (uint8_t)g[REG_TRAPNO];
    o->error = (uint32_t)g[REG_ERR];
    o->cr2 = (uint64_t)g[REG_CR2];
    oracle_take_memory(&o->memory, data_page, child.sh->background);
    save_vectors(uc, &o->state.vectors);
}

/* The batch is finished: tell, and wait for the next. */
static void next_batch(void)
{
    struct shared *sh = child.sh;
    if (child.seen) {
        atomic_store(&sh->done, child.seen);
        futex(&sh->done, FUTEX_WAKE, 1, NULL);
    }
    while (atomic_load(&sh->asked) == child.seen)
        futex(&sh->asked, FUTEX_WAIT, child.seen, NULL);
    child.seen = atomic_load(&sh->asked);
    child.next = atomic_load(&sh->current);
    for (unsigned i = 0; i < 2; i++)
        memcpy(data_page[i], sh->background + i * ORACLE_PAGE, ORACLE_PAGE);
}

static void on_signal(int sig, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;
    struct shared *sh = child.sh;
    (void)info;
    if (sig == SIGALRM && (!child.running || ++child.ticks < TICKS_TO_HANG))
        return;
    if (child.running) {
        end_case(uc, &sh->cases[child.next], sig == SIGALRM ? ORACLE_HANG : ORACLE_FAULT);
        child.next++;
    }
    while (!child.seen || child.next >= sh->count)
        next_batch();
    atomic_store(&sh->current, child.next);
    start_case(uc, &sh->cases[child.next]);
}

static bool map_memory(void)
{
    int fd = memfd_create("code", 0);
    if (fd < 0 || ftruncate(fd, ORACLE_PAGE) != 0)
        return false;
    void *data = (void *)(uintptr_t)ORACLE_DATA, *ro = (void *)(uintptr_t)ORACLE_RO;
    void *code = (void *)(uintptr_t)ORACLE_CODE;
    int anon = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, rw = PROT_READ | PROT_WRITE;
    child.code = mmap(NULL, ORACLE_PAGE, rw, MAP_SHARED, fd, 0);
    if (child.code == MAP_FAILED ||
        mmap(code, ORACLE_PAGE, PROT_READ | PROT_EXEC, MAP_SHARED | MAP_FIXED_NOREPLACE, fd, 0) !=
            code ||
        mmap(data, ORACLE_DATA_LEN, rw, anon, -1, 0) != data ||
        mmap(ro, ORACLE_PAGE, rw, anon, -1, 0) != ro)
        return false;
    memset(child.code, 0xcc, ORACLE_PAGE);
    for (unsigned i = 0; i < ORACLE_PAGE; i++)
        ((volatile uint8_t *)ro)[i] = (uint8_t)(i * 7);
    return mprotect(ro, ORACLE_PAGE, PROT_READ) == 0;
}

static bool set_ldt(unsigned n, unsigned base, unsigned limit, bool code)
{
    struct user_desc d = {
        .entry_number = n,
        .base_addr = base,
        .limit = limit,
        .contents = code ? 2 : 0,
    };
    return syscall(SYS_modify_ldt, 0x11, &d, sizeof(d)) == 0;
}

/* The handler runs on its own stack, never nested in the timer's. */
static bool set_handlers(void)
{
    static uint8_t stack[1 << 16];
    static const int signals[] = {SIGTRAP, SIGSEGV, SIGILL, SIGBUS, SIGFPE, SIGALRM};
    stack_t ss = {.ss_sp = stack, .ss_size = sizeof(stack)};
    struct sigaction sa = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigemptyset(&sa.sa_mask);
    sigaddset(&sa.sa_mask, SIGALRM);
    if (sigaltstack(&ss, NULL) != 0)
        return false;
    for (unsigned i = 0; i < sizeof(signals) / sizeof(*signals); i++)
        if (sigaction(signals[i], &sa, NULL) != 0)
            return false;
    struct itimerval t = {{0, TICK_USEC}, {0, TICK_USEC}};
    return setitimer(ITIMER_REAL, &t, NULL) == 0;
}

/* What the handler needs, and nothing else; also nothing by INT 80. */
static bool enter_jail(void)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_rt_sigreturn, 2, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_futex, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog prog = {sizeof(code) / sizeof(*code), code};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) == 0;
}

static _Noreturn void run_child(struct shared *sh)
{
    struct rlimit none = {0, 0};
    child = (struct child){.sh = sh};
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (!map_memory() || !set_handlers() ||
        syscall(SYS_arch_prctl, ARCH_SET_GS, (unsigned long)ORACLE_GS_BASE) != 0)
        _exit(2);
    sh->has_ldt = set_ldt(0, ORACLE_CODE, ORACLE_PAGE - 1, true) &&
                  set_ldt(1, ORACLE_DATA, ORACLE_DATA16_LIMIT, false);
    if (!enter_jail())
        _exit(3);
    __asm__ volatile("int3");
    _exit(4);
}

/* ---- the parent ---- */

static bool start_child(struct oracle *o)
{
    o->pid = fork();
    if (o->pid == 0)
        run_child(o->sh);
    return o->pid > 0;
}

static void stop_child(struct oracle *o)
{
    if (o->pid <= 0)
        return;
    kill(o->pid, SIGKILL);
    while (waitpid(o->pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    o->pid = 0;
}

/* Wait for the batch. False: the child has died, or makes no progress. */
static bool wait_done(struct oracle *o, unsigned batch)
{
    struct timespec timeout = {0, 100 * 1000 * 1000};
    struct shared *sh = o->sh;
    unsigned last = ~0u, idle = 0;
    for (;;) {
        unsigned done = atomic_load(&sh->done), now = atomic_load(&sh->current);
        if (done == batch)
            return true;
        idle = now == last ? idle + 1 : 0;
        last = now;
        if (idle > WAIT_SEC * 10 || waitpid(o->pid, NULL, WNOHANG) == o->pid)
            return false;
        futex(&sh->done, FUTEX_WAIT, done, &timeout);
    }
}

bool oracle_run(struct oracle *o, unsigned n)
{
    struct shared *sh = o->sh;
    sh->count = n;
    atomic_store(&sh->current, 0);
    for (unsigned deaths = 0; deaths < 100; deaths++) {
        unsigned batch = atomic_fetch_add(&sh->asked, 1) + 1;
        if (o->pid == 0 && !start_child(o))
            return false;
        futex(&sh->asked, FUTEX_WAKE, 1, NULL);
        if (wait_done(o, batch))
            return true;
        stop_child(o);
        unsigned lost = atomic_load(&sh->current);
        sh->cases[lost].out.end = ORACLE_LOST;
        atomic_store(&sh->current, lost + 1);
        if (lost + 1 >= n)
            return true;
    }
    return false;
}

/* One instruction, to see that it works: a system that runs under another may start none with other
 * segments than its own, or none whose stack pointer it could not use itself. */
static bool probe(struct oracle *o, enum oracle_mode mode, uint64_t rsp)
{
    struct oracle_case *c = &o->sh->cases[0];
    *c = (struct oracle_case){.mode = mode,
                              .code_len = 1,
                              .code = {0x90},
                              .in = {.rip = mode == ORACLE_16 ? 0 : ORACLE_CODE, .rflags = 0x202}};
    c->in.gpr[4] = rsp;
    c->in.vectors.fx[ORACLE_MXCSR + 1] = 0x1f;
    return oracle_run(o, 1) && c->out.end == ORACLE_FAULT && c->out.vector == 3;
}

static bool probe_modes(struct oracle *o)
{
    const uint64_t inside = ORACLE_DATA + ORACLE_PAGE, odd = UINT64_C(1) << 63;
    o->mode_ok[ORACLE_64] = probe(o, ORACLE_64, inside);
    o->mode_ok[ORACLE_32] = o->mode_ok[ORACLE_64] && probe(o, ORACLE_32, inside);
    o->mode_ok[ORACLE_16] =
        o->mode_ok[ORACLE_64] && o->sh->has_ldt && probe(o, ORACLE_16, ORACLE_PAGE);
    o->any_stack = o->mode_ok[ORACLE_64] && probe(o, ORACLE_64, odd);
    return o->mode_ok[ORACLE_64];
}

struct oracle *oracle_new(unsigned capacity, const char **why)
{
    struct oracle *o = calloc(1, sizeof(*o));
    *why = "no memory";
    if (!o)
        return NULL;
    o->capacity = capacity;
    o->len = sizeof(struct shared) + capacity * sizeof(struct oracle_case);
    o->sh = mmap(NULL, o->len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (o->sh == MAP_FAILED) {
        free(o);
        return NULL;
    }
    *why = "the host does not let a child run code this way";
    if (probe_modes(o))
        return o;
    oracle_free(o);
    return NULL;
}

void oracle_free(struct oracle *o)
{
    if (!o)
        return;
    stop_child(o);
    munmap(o->sh, o->len);
    free(o);
}

struct oracle_case *oracle_cases(struct oracle *o)
{
    return o->sh->cases;
}

uint8_t *oracle_background(struct oracle *o)
{
    return o->sh->background;
}

bool oracle_has_mode(const struct oracle *o, enum oracle_mode mode)
{
    return o->mode_ok[mode];
}

bool oracle_any_stack(const struct oracle *o)
{
    return o->any_stack;
}

bool oracle_cpuid_bit(uint32_t leaf, uint32_t subleaf, unsigned reg, unsigned bit)
{
    uint32_t r[4];
    if (!__get_cpuid_count(leaf, subleaf, &r[0], &r[1], &r[2], &r[3]))
        return false;
    return r[reg] >> bit & 1;
}

bool oracle_is_amd(void)
{
    uint32_t r[4];
    return __get_cpuid(0, &r[0], &r[1], &r[2], &r[3]) && r[1] == signature_AMD_ebx &&
           r[2] == signature_AMD_ecx && r[3] == signature_AMD_edx;
}

#else

#include <stddef.h>

/* One instruction, to see that it works: a system that runs under another may start none with other
 * segments than its own, or none whose stack pointer it could not use itself. */
static bool probe(struct oracle *o, enum oracle_mode mode, uint64_t rsp)
{
    struct oracle_case *c = &o->sh->cases[0];
    *c = (struct oracle_case){.mode = mode,
                              .code_len = 1,
                              .code = {0x90},
                              .in = {.rip = mode == ORACLE_16 ? 0 : ORACLE_CODE, .rflags = 0x202}};
    c->in.gpr[4] = rsp;
    c->in.vectors.fx[ORACLE_MXCSR + 1] = 0x1f;
    return oracle_run(o, 1) && c->out.end == ORACLE_FAULT && c->out.vector == 3;
}

static bool probe_modes(struct oracle *o)
{
    const uint64_t inside = ORACLE_DATA + ORACLE_PAGE, odd = UINT64_C(1) << 63;
    o->mode_ok[ORACLE_64] = probe(o, ORACLE_64, inside);
    o->mode_ok[ORACLE_32] = o->mode_ok[ORACLE_64] && probe(o, ORACLE_32, inside);
    o->mode_ok[ORACLE_16] =
        o->mode_ok[ORACLE_64] && o->sh->has_ldt && probe(o, ORACLE_16, ORACLE_PAGE);
    o->any_stack = o->mode_ok[ORACLE_64] && probe(o, ORACLE_64, odd);
    return o->mode_ok[ORACLE_64];
}

struct oracle *oracle_new(unsigned capacity, const char **why)
{
    (void)capacity;
    *why = "the host is no x86-64 Linux";
    return NULL;
}

void oracle_free(struct oracle *o)
{
    (void)o;
}

struct oracle_case *oracle_cases(struct oracle *o)
{
    (void)o;
    return NULL;
}

uint8_t *oracle_background(struct oracle *o)
{
    (void)o;
    return NULL;
}

bool oracle_run(struct oracle *o, unsigned n)
{
    (void)o, (void)n;
    return false;
}

bool oracle_has_mode(const struct oracle *o, enum oracle_mode mode)
{
    (void)o, (void)mode;
    return false;
}

bool oracle_any_stack(const struct oracle *o)
{
    (void)o;
    return false;
}

bool oracle_cpuid_bit(uint32_t leaf, uint32_t subleaf, unsigned reg, unsigned bit)
{
    (void)leaf, (void)subleaf, (void)reg, (void)bit;
    return false;
}

bool oracle_is_amd(void)
{
    return false;
}

#endif

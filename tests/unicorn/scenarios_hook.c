/*
 * scenarios_hook.c - hooks, as people use Unicorn's.
 */
#include "scenarios.h"

struct log {
    unsigned n, bytes;
    uint64_t at[32];
    int64_t value[32];
    int size[32], type[32];
    int reg;       /* a register that a hook sets ... */
    uint64_t to;   /* ... to this */
    unsigned stop; /* the call at which the run is stopped; 0: none */
};

static void note(struct log *l, uint64_t at, int size, int64_t value, int type)
{
    if (l->n < 32) {
        l->at[l->n] = at;
        l->size[l->n] = size;
        l->value[l->n] = value;
        l->type[l->n] = type;
    }
    l->n++;
}

static void on_code(uc_engine *uc, uint64_t address, uint32_t size, void *user)
{
    struct log *l = user;
    note(l, address, (int)size, 0, 0);
    l->bytes += size;
    if (l->n == l->stop)
        OK(uc_emu_stop(uc));
}

static void on_memory(uc_engine *uc, uc_mem_type type, uint64_t address, int size, int64_t value,
                      void *user)
{
    (void)uc;
    note(user, address, size, value, (int)type);
}

static uc_hook add(uc_engine *uc, int type, void *fn, struct log *l)
{
    uc_hook hook;
    OK(uc_hook_add(uc, &hook, type, fn, l, 1, 0));
    return hook;
}

/* ---- code and blocks ---- */

/* mov ecx, 5; 1: add eax, ecx; dec ecx; jnz 1b; nop */
static const uint8_t loop[] = {0xb9, 5, 0, 0, 0, 0x01, 0xc8, 0xff, 0xc9, 0x75, 0xfa, 0x90};

static void each_instruction_is_seen(void **state)
{
    struct log l = {0};
    uc_engine *uc = ENGINE(UC_MODE_64, loop);
    (void)state;
    add(uc, UC_HOOK_CODE, FN(on_code), &l);
    OK(RUN(uc, loop));
    assert_int_equal(l.n, 1 + 5 * 3 + 1);
    assert_int_equal(l.bytes, 5 + 5 * 6 + 1);
    assert_int_equal(l.at[1], CODE + 5);
    assert_int_equal(get(uc, UC_X86_REG_EAX), 15);
    OK(uc_close(uc));
}

static void a_range_is_seen(void **state)
{
    struct log l = {0};
    uc_hook hook;
    uc_engine *uc = ENGINE(UC_MODE_64, loop);
    (void)state;
    OK(uc_hook_add(uc, &hook, UC_HOOK_CODE, FN(on_code), &l, CODE + 7, CODE + 8));
    OK(RUN(uc, loop));
    assert_int_equal(l.n, 5);
    assert_int_equal(l.at[4], CODE + 7);
    OK(uc_close(uc));
}

static void blocks_are_seen(void **state)
{
    struct log l = {0};
    uc_engine *uc = ENGINE(UC_MODE_64, loop);
    (void)state;
    add(uc, UC_HOOK_BLOCK, FN(on_code), &l);
    OK(RUN(uc, loop));
    assert_int_equal(l.at[0], CODE);
    assert_int_equal(l.at[1], CODE + 5);
    assert_int_equal(l.n, 6); /* the first holds one turn */
    OK(uc_close(uc));
}

static void a_hook_stops_the_run(void **state)
{
    struct log l = {.stop = 4};
    uc_engine *uc = ENGINE(UC_MODE_64, loop);
    (void)state;
    add(uc, UC_HOOK_CODE, FN(on_code), &l);
    OK(RUN(uc, loop));
    assert_int_equal(l.n, 4);
    assert_int_equal(get(uc, UC_X86_REG_RIP), CODE + 9);
    OK(uc_close(uc));
}

static void a_hook_is_removed(void **state)
{
    struct log l = {0};
    uc_engine *uc = ENGINE(UC_MODE_64, loop);
    (void)state;
    uc_hook hook = add(uc, UC_HOOK_CODE, FN(on_code), &l);
    OK(uc_emu_start(uc, CODE, CODE + sizeof(loop), 0, 3));
    OK(uc_hook_del(uc, hook));
    OK(RUN(uc, loop));
    assert_int_equal(l.n, 3);
    OK(uc_close(uc));
}

static void set_register(uc_engine *uc, uint64_t address, uint32_t size, void *user)
{
    struct log *l = user;
    (void)address, (void)size;
    l->n++;
    OK(uc_reg_write(uc, l->reg, &l->to));
}

/* A call is left out, and its result is given. */
static void a_hook_skips_a_call(void **state)
{
    /* mov eax, 1; call 1f; add eax, 2; jmp 2f; 1: mov eax, 100; ret; 2: nop */
    static const uint8_t code[] = {0xb8, 1, 0,    0,    0,    0xe8, 5, 0, 0, 0,    0x83,
                                   0xc0, 2, 0xeb, 0x06, 0xb8, 0x64, 0, 0, 0, 0xc3, 0x90};
    struct log l = {.reg = UC_X86_REG_RIP, .to = CODE + 10};
    uc_hook hook;
    uc_engine *uc = ENGINE(UC_MODE_64, code);
    (void)state;
    OK(uc_hook_add(uc, &hook, UC_HOOK_CODE, FN(set_register), &l, CODE + 5, CODE + 5));
    OK(RUN(uc, code));
    assert_int_equal(l.n, 1);
    assert_int_equal(get(uc, UC_X86_REG_EAX), 3);
    OK(uc_close(uc));
}

/* ---- memory ---- */

static void writes_are_seen(void **state)
{
    /* mov byte [rdi], 11h; mov word [rdi+2], 2222h; mov dword [rdi+4], 44444444h; mov [rdi+8], rax
     */
    static const uint8_t code[] = {0xc6, 0x07, 0x11, 0x66, 0xc7, 0x47, 2,    0x22, 0x22, 0xc7,
                                   0x47, 4,    0x44, 0x44, 0x44, 0x44, 0x48, 0x89, 0x47, 8};
    static const int sizes[] = {1, 2, 4, 8}, offsets[] = {0, 2, 4, 8};
    static const int64_t values[] = {0x11, 0x2222, 0x44444444, 0x1122334455667788};
    struct log l = {0};
    uc_engine *uc = ENGINE(UC_MODE_64, code);
    (void)state;
    add(uc, UC_HOOK_MEM_WRITE, FN(on_memory), &l);
    set(uc, UC_X86_REG_RDI, DATA);
    set(uc, UC_X86_REG_RAX, UINT64_C(0x1122334455667788));
    OK(RUN(uc, code));
    assert_int_equal(l.n, 4);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(l.at[i], DATA + offsets[i]);
        assert_int_equal(l.size[i], sizes[i]);
        assert_int_equal(l.value[i], values[i]);
        assert_int_equal(l.type[i], UC_MEM_WRITE);
    }
    OK(uc_close(uc));
}

/* mov al, [rsi]; mov bx, [rsi+2]; mov ecx, [rsi+4]; mov rdx, [rsi+8] */
static const uint8_t loads[] = {0x8a, 0x06, 0x66, 0x8b, 0x5e, 2, 0x8b,
                                0x4e, 4,    0x48, 0x8b, 0x56, 8};

static void reads_are_seen(void **state)
{
    static const int sizes[] = {1, 2, 4, 8}, offsets[] = {0, 2, 4, 8};
    struct log l = {0};
    uc_engine *uc = ENGINE(UC_MODE_64, loads);
    (void)state;
    add(uc, UC_HOOK_MEM_READ, FN(on_memory), &l);
    set(uc, UC_X86_REG_RSI, DATA);
    OK(RUN(uc, loads));
    assert_int_equal(l.n, 4);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(l.at[i], DATA + offsets[i]);
        assert_int_equal(l.size[i], sizes[i]);
        assert_int_equal(l.type[i], UC_MEM_READ);
    }
    OK(uc_close(uc));
}

static void what_was_read_is_seen(void **state)
{
    struct log l = {0};
    (void)state;
    if (IS_UNICORN) /* 2.0.1 tells of the first of these reads only */
        skip();
    uc_engine *uc = ENGINE(UC_MODE_64, loads);
    OK(uc_mem_write(uc, DATA, "0123456789abcdef", 16));
    add(uc, UC_HOOK_MEM_READ_AFTER, FN(on_memory), &l);
    set(uc, UC_X86_REG_RSI, DATA);
    OK(RUN(uc, loads));
    assert_int_equal(l.n, 4);
    assert_int_equal(l.value[0], '0');
    assert_int_equal(l.value[1], '3' << 8 | '2');
    assert_int_equal(l.value[2], 0x37363534);
    OK(uc_close(uc));
}

static bool map_page(uc_engine *uc, uc_mem_type type, uint64_t address, int size, int64_t value,
                     void *user)
{
    (void)size, (void)value;
    note(user, address, 0, 0, (int)type);
    return uc_mem_map(uc, address & ~(uint64_t)(PAGE - 1), PAGE, UC_PROT_ALL) == UC_ERR_OK;
}

/* Memory comes when it is touched. */
static void memory_on_demand(void **state)
{
    static const uint8_t code[] = {0x48, 0x89, 0x07, 0x48,
                                   0x8b, 0x06}; /* mov [rdi], rax; mov rax,
                                                   [rsi] */
    struct log l = {0};
    uc_engine *uc = ENGINE(UC_MODE_64, code);
    (void)state;
    add(uc, UC_HOOK_MEM_READ_UNMAPPED | UC_HOOK_MEM_WRITE_UNMAPPED, FN(map_page), &l);
    set(uc, UC_X86_REG_RDI, 0x900010);
    set(uc, UC_X86_REG_RSI, 0xa00020);
    OK(RUN(uc, code));
    assert_int_equal(l.n, 2);
    assert_int_equal(l.at[0], 0x900010);
    assert_int_equal(l.type[0], UC_MEM_WRITE_UNMAPPED);
    assert_int_equal(l.at[1], 0xa00020);
    assert_int_equal(l.type[1], UC_MEM_READ_UNMAPPED);
    OK(uc_close(uc));
}

static bool refuse(uc_engine *uc, uc_mem_type type, uint64_t address, int size, int64_t value,
                   void *user)
{
    (void)uc, (void)size, (void)value;
    note(user, address, 0, 0, (int)type);
    return false;
}

static void faults_are_told_and_end(void **state)
{
    static const uint8_t code[] = {0x48, 0x89, 0x07}; /* mov [rdi], rax */
    struct log l = {0};
    uc_engine *uc = ENGINE(UC_MODE_64, code);
    (void)state;
    add(uc, UC_HOOK_MEM_WRITE_PROT, FN(refuse), &l);
    set(uc, UC_X86_REG_RDI, CODE + 0x100);
    assert_int_equal(RUN(uc, code), UC_ERR_WRITE_PROT);
    assert_int_equal(l.n, 1);
    assert_int_equal(l.at[0], CODE + 0x100);
    OK(uc_close(uc));
}

/* ---- system calls, interrupts, instructions ---- */

struct os {
    char output[16];
    unsigned calls, exited;
};

/* Linux's system calls 4, write, and 1, exit. */
static void on_int80(uc_engine *uc, uint32_t vector, void *user)
{
    struct os *os = user;
    uint64_t size = get(uc, UC_X86_REG_EDX);
    assert_int_equal(vector, 0x80);
    os->calls++;
    if (get(uc, UC_X86_REG_EAX) == 1) {
        os->exited++;
        OK(uc_emu_stop(uc));
        return;
    }
    assert_true(size < sizeof(os->output));
    OK(uc_mem_read(uc, get(uc, UC_X86_REG_ECX), os->output, size));
    set(uc, UC_X86_REG_EAX, size);
}

static void programs_make_system_calls(void **state)
{
    /* mov eax, 4; mov ebx, 1; mov ecx, DATA; mov edx, 5; int 80h; mov esi, eax; mov eax, 1;
     * xor ebx, ebx; int 80h; nop */
    static const uint8_t code[] = {0xb8, 4,    0, 0,    0, 0xbb, 1,    0,    0,    0,    0xb9, 0,
                                   0,    0x50, 0, 0xba, 5, 0,    0,    0,    0xcd, 0x80, 0x89, 0xc6,
                                   0xb8, 1,    0, 0,    0, 0x31, 0xdb, 0xcd, 0x80, 0x90};
    struct os os = {.calls = 0};
    uc_hook hook;
    uc_engine *uc = ENGINE(UC_MODE_32, code);
    (void)state;
    OK(uc_mem_write(uc, DATA, "hello", 5));
    OK(uc_hook_add(uc, &hook, UC_HOOK_INTR, FN(on_int80), &os, 1, 0));
    OK(RUN(uc, code));
    assert_string_equal(os.output, "hello");
    assert_int_equal(os.calls, 2);
    assert_int_equal(os.exited, 1);
    assert_int_equal(get(uc, UC_X86_REG_ESI), 5);
    OK(uc_close(uc));
}

/* What execve would have got. */
static void on_shell(uc_engine *uc, uint32_t vector, void *user)
{
    struct os *os = user;
    assert_int_equal(vector, 0x80);
    assert_int_equal(get(uc, UC_X86_REG_EAX), 11);
    OK(uc_mem_read(uc, get(uc, UC_X86_REG_EBX), os->output, 9));
    os->exited++;
    OK(uc_emu_stop(uc));
}

static void shellcode_shows_what_it_wants(void **state)
{
    /* xor eax, eax; push eax; push "//sh"; push "/bin"; mov ebx, esp; push eax; push ebx;
     * mov ecx, esp; cdq; mov al, 11; int 80h; nop */
    static const uint8_t code[] = {0x31, 0xc0, 0x50, 0x68, 0x2f, 0x2f, 0x73, 0x68, 0x68,
                                   0x2f, 0x62, 0x69, 0x6e, 0x89, 0xe3, 0x50, 0x53, 0x89,
                                   0xe1, 0x99, 0xb0, 0x0b, 0xcd, 0x80, 0x90};
    struct os os = {.calls = 0};
    uc_hook hook;
    uc_engine *uc = ENGINE(UC_MODE_32, code);
    (void)state;
    OK(uc_hook_add(uc, &hook, UC_HOOK_INTR, FN(on_shell), &os, 1, 0));
    OK(RUN(uc, code));
    assert_string_equal(os.output, "/bin//sh");
    assert_int_equal(os.exited, 1);
    OK(uc_close(uc));
}

/* Linux's 39, getpid, and 60, exit. */
static void on_syscall(uc_engine *uc, void *user)
{
    struct os *os = user;
    os->calls++;
    if (get(uc, UC_X86_REG_RAX) == 60) {
        OK(uc_emu_stop(uc));
        return;
    }
    set(uc, UC_X86_REG_RAX, 4242);
}

static void syscall_is_answered(void **state)
{
    /* mov eax, 39; syscall; mov rbx, rax; mov eax, 60; syscall; nop */
    static const uint8_t code[] = {0xb8, 0x27, 0,    0, 0, 0x0f, 5,    0x48, 0x89,
                                   0xc3, 0xb8, 0x3c, 0, 0, 0,    0x0f, 5,    0x90};
    struct os os = {.calls = 0};
    uc_hook hook;
    uc_engine *uc = ENGINE(UC_MODE_64, code);
    (void)state;
    OK(uc_hook_add(uc, &hook, UC_HOOK_INSN, FN(on_syscall), &os, 1, 0, UC_X86_INS_SYSCALL));
    OK(RUN(uc, code));
    assert_int_equal(os.calls, 2);
    assert_int_equal(get(uc, UC_X86_REG_RBX), 4242);
    OK(uc_close(uc));
}

static int on_cpuid(uc_engine *uc, void *user)
{
    struct log *l = user;
    l->n++;
    set(uc, UC_X86_REG_RAX, 0x1234);
    return 1;
}

static void cpuid_is_replaced(void **state)
{
    static const uint8_t code[] = {0xb8, 1,    0,    0,   0,
                                   0x0f, 0xa2, 0x89, 0xc6}; /* mov eax, 1; cpuid;
                                                               mov esi, eax */
    struct log l = {0};
    uc_hook hook;
    uc_engine *uc = ENGINE(UC_MODE_64, code);
    (void)state;
    OK(uc_hook_add(uc, &hook, UC_HOOK_INSN, FN(on_cpuid), &l, 1, 0, UC_X86_INS_CPUID));
    OK(RUN(uc, code));
    assert_int_equal(l.n, 1);
    assert_int_equal(get(uc, UC_X86_REG_ESI), 0x1234);
    OK(uc_close(uc));
}

static uint32_t on_in(uc_engine *uc, uint32_t port, int size, void *user)
{
    (void)uc;
    note(user, port, size, 0, 0);
    return port == 0x60 ? 0x1c : 0xbeef;
}

static void ports_are_read(void **state)
{
    /* in al, 60h; mov bl, al; mov dx, 3F8h; in ax, dx; nop */
    static const uint8_t code[] = {0xe4, 0x60, 0x88, 0xc3, 0x66, 0xba, 0xf8, 3, 0x66, 0xed, 0x90};
    struct log l = {0};
    uc_hook hook;
    uc_engine *uc = ENGINE(UC_MODE_32, code);
    (void)state;
    OK(uc_hook_add(uc, &hook, UC_HOOK_INSN, FN(on_in), &l, 1, 0, UC_X86_INS_IN));
    OK(RUN(uc, code));
    assert_int_equal(l.n, 2);
    assert_int_equal(l.at[1], 0x3f8);
    assert_int_equal(l.size[1], 2);
    assert_int_equal(get(uc, UC_X86_REG_BL), 0x1c);
    assert_int_equal(get(uc, UC_X86_REG_AX), 0xbeef);
    OK(uc_close(uc));
}

static void on_out(uc_engine *uc, uint32_t port, int size, uint32_t value, void *user)
{
    (void)uc;
    note(user, port, size, value, 0);
}

static void ports_are_written(void **state)
{
    /* mov al, 41h; out E9h, al; mov dx, 3F8h; mov eax, 12345678h; out dx, eax */
    static const uint8_t code[] = {0xb0, 0x41, 0xe6, 0xe9, 0x66, 0xba, 0xf8,
                                   3,    0xb8, 0x78, 0x56, 0x34, 0x12, 0xef};
    struct log l = {0};
    uc_hook hook;
    uc_engine *uc = ENGINE(UC_MODE_32, code);
    (void)state;
    OK(uc_hook_add(uc, &hook, UC_HOOK_INSN, FN(on_out), &l, 1, 0, UC_X86_INS_OUT));
    OK(RUN(uc, code));
    assert_int_equal(l.n, 2);
    assert_int_equal(l.at[0], 0xe9);
    assert_int_equal(l.value[0], 0x41);
    assert_int_equal(l.size[1], 4);
    assert_int_equal(l.value[1], 0x12345678);
    OK(uc_close(uc));
}

static const uint8_t undefined[] = {0x0f, 0x0b, 0x48, 0xff, 0xc3}; /* ud2; inc rbx */

static void what_is_no_instruction_ends(void **state)
{
    uc_engine *uc = ENGINE(UC_MODE_64, undefined);
    (void)state;
    assert_int_equal(RUN(uc, undefined), UC_ERR_INSN_INVALID);
    assert_int_equal(get(uc, UC_X86_REG_RIP), CODE);
    OK(uc_close(uc));
}

static bool step_over(uc_engine *uc, void *user)
{
    struct log *l = user;
    l->n++;
    set(uc, UC_X86_REG_RIP, CODE + 2);
    return true;
}

static void what_is_no_instruction_is_skipped(void **state)
{
    struct log l = {0};
    (void)state;
    if (IS_UNICORN) /* 2.0.1 goes on elsewhere than the hook says */
        skip();
    uc_engine *uc = ENGINE(UC_MODE_64, undefined);
    add(uc, UC_HOOK_INSN_INVALID, FN(step_over), &l);
    OK(RUN(uc, undefined));
    assert_int_equal(l.n, 1);
    assert_int_equal(get(uc, UC_X86_REG_RBX), 1);
    OK(uc_close(uc));
}

static void on_divide(uc_engine *uc, uint32_t vector, void *user)
{
    struct log *l = user;
    note(l, vector, 0, 0, 0);
    OK(uc_emu_stop(uc));
}

static void division_by_zero_is_told(void **state)
{
    /* xor edx, edx; xor ecx, ecx; mov eax, 7; div ecx; nop */
    static const uint8_t code[] = {0x31, 0xd2, 0x31, 0xc9, 0xb8, 7, 0, 0, 0, 0xf7, 0xf1, 0x90};
    struct log l = {0};
    uc_engine *uc = ENGINE(UC_MODE_64, code);
    (void)state;
    add(uc, UC_HOOK_INTR, FN(on_divide), &l);
    OK(RUN(uc, code));
    assert_int_equal(l.n, 1);
    assert_int_equal(l.at[0], 0);
    assert_int_equal(get(uc, UC_X86_REG_EAX), 7);
    OK(uc_close(uc));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_instruction_is_seen),
        cmocka_unit_test(a_range_is_seen),
        cmocka_unit_test(blocks_are_seen),
        cmocka_unit_test(a_hook_stops_the_run),
        cmocka_unit_test(a_hook_is_removed),
        cmocka_unit_test(a_hook_skips_a_call),
        cmocka_unit_test(writes_are_seen),
        cmocka_unit_test(reads_are_seen),
        cmocka_unit_test(what_was_read_is_seen),
        cmocka_unit_test(memory_on_demand),
        cmocka_unit_test(faults_are_told_and_end),
        cmocka_unit_test(programs_make_system_calls),
        cmocka_unit_test(shellcode_shows_what_it_wants),
        cmocka_unit_test(syscall_is_answered),
        cmocka_unit_test(cpuid_is_replaced),
        cmocka_unit_test(ports_are_read),
        cmocka_unit_test(ports_are_written),
        cmocka_unit_test(what_is_no_instruction_ends),
        cmocka_unit_test(what_is_no_instruction_is_skipped),
        cmocka_unit_test(division_by_zero_is_told),
    };
    return cmocka_run_group_tests_name("scenarios with hooks", tests, NULL, NULL);
}

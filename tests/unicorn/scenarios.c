/*
 * scenarios.c - running code, memory and registers, as people do with Unicorn.  The code of each
 * scenario stands beside it.
 */
#include "scenarios.h"

/* ---- running ---- */

static void runs_32_bit_code(void **state)
{
    static const uint8_t code[] = {0x41, 0x4a}; /* inc ecx; dec edx */
    uc_engine *uc = ENGINE(UC_MODE_32, code);
    (void)state;
    set(uc, UC_X86_REG_ECX, 0x1234);
    set(uc, UC_X86_REG_EDX, 0x7890);
    OK(RUN(uc, code));
    assert_int_equal(get(uc, UC_X86_REG_ECX), 0x1235);
    assert_int_equal(get(uc, UC_X86_REG_EDX), 0x788f);
    OK(uc_close(uc));
}

static void runs_64_bit_code(void **state)
{
    /* mov r8, 5; lea r9, [r8+r8*4]; xor r10d, r10d; sub r10, r9 */
    static const uint8_t code[] = {0x49, 0xc7, 0xc0, 5,    0,    0,    0,    0x4f, 0x8d,
                                   0x0c, 0x80, 0x45, 0x31, 0xd2, 0x4d, 0x29, 0xca};
    uc_engine *uc = ENGINE(UC_MODE_64, code);
    (void)state;
    OK(RUN(uc, code));
    assert_int_equal(get(uc, UC_X86_REG_R9), 25);
    assert_int_equal(get(uc, UC_X86_REG_R10), UINT64_MAX - 24);
    assert_int_equal(get(uc, UC_X86_REG_RIP), CODE + sizeof(code));
    OK(uc_close(uc));
}

static void runs_16_bit_code(void **state)
{
    /* mov ax, 1234h; mov bx, ax; rol bx, 4; mov [2000h], bx */
    static const uint8_t code[] = {0xb8, 0x34, 0x12, 0x89, 0xc3, 0xc1,
                                   0xc3, 4,    0x89, 0x1e, 0,    0x20};
    uint16_t stored = 0;
    uc_engine *uc;
    (void)state;
    OK(uc_open(UC_ARCH_X86, UC_MODE_16, &uc));
    OK(uc_mem_map(uc, 0x1000, 2 * PAGE, UC_PROT_ALL));
    OK(uc_mem_write(uc, 0x1000, code, sizeof(code)));
    OK(uc_emu_start(uc, 0x1000, 0x1000 + sizeof(code), 0, 0));
    assert_int_equal(get(uc, UC_X86_REG_BX), 0x2341);
    OK(uc_mem_read(uc, 0x2000, &stored, 2));
    assert_int_equal(stored, 0x2341);
    OK(uc_close(uc));
}

/* A function gets its argument and a return address that ends the run. */
static void calls_a_function(void **state)
{
    /* xor eax, eax; 1: cmp byte [rdi+rax], 0; je 2f; inc rax; jmp 1b; 2: ret */
    static const uint8_t code[] = {0x31, 0xc0, 0x80, 0x3c, 0x07, 0,    0x74,
                                   5,    0x48, 0xff, 0xc0, 0xeb, 0xf5, 0xc3};
    uc_engine *uc = ENGINE(UC_MODE_64, code);
    uint64_t back = CODE + 0x800;
    (void)state;
    OK(uc_mem_write(uc, DATA, "thirteen here", 14));
    OK(uc_mem_write(uc, STACK + PAGE / 2, &back, 8));
    set(uc, UC_X86_REG_RDI, DATA);
    OK(uc_emu_start(uc, CODE, back, 0, 0));
    assert_int_equal(get(uc, UC_X86_REG_RAX), 13);
    assert_int_equal(get(uc, UC_X86_REG_RSP), STACK + PAGE / 2 + 8);
    OK(uc_close(uc));
}

static void recursion_uses_the_stack(void **state)
{
    /* mov eax, 1; call 1f; jmp 9f; 1: cmp edi, 1; jbe 2f; imul eax, edi; dec edi; call 1b; 2: ret;
     * 9: nop */
    static const uint8_t code[] = {0xb8, 1,    0,    0,    0,    0xe8, 2,    0,    0,    0,
                                   0xeb, 0x10, 0x83, 0xff, 1,    0x76, 0x0a, 0x0f, 0xaf, 0xc7,
                                   0xff, 0xcf, 0xe8, 0xf1, 0xff, 0xff, 0xff, 0xc3, 0x90};
    uc_engine *uc = ENGINE(UC_MODE_64, code);
    (void)state;
    set(uc, UC_X86_REG_EDI, 10);
    OK(RUN(uc, code));
    assert_int_equal(get(uc, UC_X86_REG_EAX), 3628800);
    assert_int_equal(get(uc, UC_X86_REG_RSP), STACK + PAGE / 2);
    OK(uc_close(uc));
}

static const uint8_t four_incs[] = {0x48, 0xff, 0xc0, 0x48, 0xff, 0xc0,
                                    0x48, 0xff, 0xc0, 0x48, 0xff, 0xc0}; /* inc rax, four times */

static void counts_instructions(void **state)
{
    uc_engine *uc = ENGINE(UC_MODE_64, four_incs);
    (void)state;
    for (uint64_t i = 1; i <= 4; i++) {
        OK(uc_emu_start(uc, get(uc, UC_X86_REG_RIP) ? get(uc, UC_X86_REG_RIP) : CODE,
                        CODE + sizeof(four_incs), 0, 1));
        assert_int_equal(get(uc, UC_X86_REG_RAX), i);
        assert_int_equal(get(uc, UC_X86_REG_RIP), CODE + 3 * i);
    }
    OK(uc_close(uc));
}

static void stops_where_it_is_told(void **state)
{
    uc_engine *uc = ENGINE(UC_MODE_64, four_incs);
    (void)state;
    OK(uc_emu_start(uc, CODE + 3, CODE + 9, 0, 0));
    assert_int_equal(get(uc, UC_X86_REG_RAX), 2);
    assert_int_equal(get(uc, UC_X86_REG_RIP), CODE + 9);
    OK(uc_close(uc));
}

static void time_limits_a_run(void **state)
{
    static const uint8_t code[] = {0x48, 0xff, 0xc0, 0xeb, 0xfb}; /* 1: inc rax; jmp 1b */
    uc_engine *uc = ENGINE(UC_MODE_64, code);
    (void)state;
    OK(uc_emu_start(uc, CODE, CODE + 0x100, 20000, 0));
    assert_true(get(uc, UC_X86_REG_RAX) > 1000);
    OK(uc_close(uc));
}

static void halt_ends_a_run(void **state)
{
    /* mov eax, 3; hlt; mov eax, 4 */
    static const uint8_t code[] = {0xb8, 3, 0, 0, 0, 0xf4, 0xb8, 4, 0, 0, 0};
    uc_engine *uc = ENGINE(UC_MODE_64, code);
    (void)state;
    OK(RUN(uc, code));
    assert_int_equal(get(uc, UC_X86_REG_EAX), 3);
    OK(uc_close(uc));
}

static void code_decodes_itself(void **state)
{
    /* lea rsi, [rip+13]; mov ecx, 6; 1: xor byte [rsi], 5Ah; inc rsi; loop 1b; then six bytes:
     * inc rax; inc rbx, each xor 5Ah */
    static const uint8_t code[] = {0x48, 0x8d, 0x35, 0x0d, 0,    0,    0,    0xb9, 6,
                                   0,    0,    0,    0x80, 0x36, 0x5a, 0x48, 0xff, 0xc6,
                                   0xe2, 0xf8, 0x12, 0xa5, 0x9a, 0x12, 0xa5, 0x99};
    uc_engine *uc = ENGINE(UC_MODE_64, code);
    (void)state;
    OK(uc_mem_protect(uc, CODE, PAGE, UC_PROT_ALL));
    OK(RUN(uc, code));
    assert_int_equal(get(uc, UC_X86_REG_RAX), 1);
    assert_int_equal(get(uc, UC_X86_REG_RBX), 1);
    OK(uc_close(uc));
}

static void the_host_changes_code(void **state)
{
    uc_engine *uc = ENGINE(UC_MODE_64, four_incs);
    (void)state;
    OK(RUN(uc, four_incs));
    OK(uc_mem_write(uc, CODE + 3, "\x48\xff\xc8", 3)); /* dec rax */
    OK(RUN(uc, four_incs));
    assert_int_equal(get(uc, UC_X86_REG_RAX), 4 + 2);
    OK(uc_close(uc));
}

/* ---- registers ---- */

static void parts_of_registers(void **state)
{
    uc_engine *uc = ENGINE(UC_MODE_64, four_incs);
    (void)state;
    set(uc, UC_X86_REG_RAX, UINT64_C(0x1122334455667788));
    assert_int_equal(get(uc, UC_X86_REG_EAX), 0x55667788);
    assert_int_equal(get(uc, UC_X86_REG_AX), 0x7788);
    assert_int_equal(get(uc, UC_X86_REG_AH), 0x77);
    assert_int_equal(get(uc, UC_X86_REG_AL), 0x88);
    set(uc, UC_X86_REG_AH, 0xab);
    assert_int_equal(get(uc, UC_X86_REG_RAX), UINT64_C(0x112233445566ab88));
    OK(uc_close(uc));
}

static void many_registers_at_once(void **state)
{
    int ids[] = {UC_X86_REG_RAX, UC_X86_REG_RBX, UC_X86_REG_R15};
    uint64_t in[] = {1, 2, 3}, out[3] = {0};
    void *from[] = {&in[0], &in[1], &in[2]}, *to[] = {&out[0], &out[1], &out[2]};
    uc_engine *uc = ENGINE(UC_MODE_64, four_incs);
    (void)state;
    OK(uc_reg_write_batch(uc, ids, from, 3));
    OK(RUN(uc, four_incs));
    OK(uc_reg_read_batch(uc, ids, to, 3));
    assert_int_equal(out[0], 5);
    assert_int_equal(out[1], 2);
    assert_int_equal(out[2], 3);
    OK(uc_close(uc));
}

static void vectors_are_registers(void **state)
{
    /* paddd xmm0, xmm1; movdqa xmm2, xmm0; addps xmm2, xmm3 */
    static const uint8_t code[] = {0x66, 0x0f, 0xfe, 0xc1, 0x66, 0x0f,
                                   0x6f, 0xd0, 0x0f, 0x58, 0xd3};
    uint32_t a[4] = {1, 2, 3, 0x3f800000}, b[4] = {10, 20, 30, 0}, sum[4] = {0};
    float one[4] = {0, 0, 0, 1.0f}, last[4];
    uc_engine *uc = ENGINE(UC_MODE_64, code);
    (void)state;
    OK(uc_reg_write(uc, UC_X86_REG_XMM0, a));
    OK(uc_reg_write(uc, UC_X86_REG_XMM1, b));
    OK(uc_reg_write(uc, UC_X86_REG_XMM3, one));
    OK(RUN(uc, code));
    OK(uc_reg_read(uc, UC_X86_REG_XMM0, sum));
    OK(uc_reg_read(uc, UC_X86_REG_XMM2, last));
    assert_int_equal(sum[0], 11);
    assert_int_equal(sum[2], 33);
    assert_true(last[3] == 2.0f);
    OK(uc_close(uc));
}

static void flags_are_read(void **state)
{
    /* cmp eax, ebx; setb cl; seto dl; sete sil */
    static const uint8_t code[] = {0x39, 0xd8, 0x0f, 0x92, 0xc1, 0x0f,
                                   0x90, 0xc2, 0x40, 0x0f, 0x94, 0xc6};
    enum { CF = 1, ZF = 0x40, SF = 0x80 };
    uc_engine *uc = ENGINE(UC_MODE_64, code);
    (void)state;
    set(uc, UC_X86_REG_EAX, 1);
    set(uc, UC_X86_REG_EBX, 2);
    OK(RUN(uc, code));
    assert_int_equal(get(uc, UC_X86_REG_CL), 1);
    assert_int_equal(get(uc, UC_X86_REG_DL), 0);
    assert_int_equal(get(uc, UC_X86_REG_EFLAGS) & (CF | ZF | SF), CF | SF);
    OK(uc_close(uc));
}

static void threads_have_their_storage(void **state)
{
    /* mov rax, fs:[10h]; mov gs:[8], rax */
    static const uint8_t code[] = {0x64, 0x48, 0x8b, 0x04, 0x25, 0x10, 0, 0, 0,
                                   0x65, 0x48, 0x89, 0x04, 0x25, 8,    0, 0, 0};
    uint64_t value = UINT64_C(0x1234567890), got = 0;
    uc_engine *uc = ENGINE(UC_MODE_64, code);
    (void)state;
    OK(uc_mem_write(uc, DATA + 0x110, &value, 8));
    set(uc, UC_X86_REG_FS_BASE, DATA + 0x100);
    set(uc, UC_X86_REG_GS_BASE, DATA + 0x200);
    OK(RUN(uc, code));
    OK(uc_mem_read(uc, DATA + 0x208, &got, 8));
    assert_int_equal(got, value);
    OK(uc_close(uc));
}

/* The same function again and again from one state, as fuzzers do. */
static void contexts_go_back(void **state)
{
    uc_context *context;
    uc_engine *uc = ENGINE(UC_MODE_64, four_incs);
    (void)state;
    set(uc, UC_X86_REG_RAX, 100);
    OK(uc_context_alloc(uc, &context));
    OK(uc_context_save(uc, context));
    for (unsigned i = 0; i < 3; i++) {
        OK(RUN(uc, four_incs));
        assert_int_equal(get(uc, UC_X86_REG_RAX), 104);
        OK(uc_context_restore(uc, context));
        assert_int_equal(get(uc, UC_X86_REG_RAX), 100);
    }
    OK(uc_context_free(context));
    OK(uc_close(uc));
}

/* ---- memory ---- */

static void strings_are_copied(void **state)
{
    /* mov ecx, 4; 1: lodsb; xor al, 20h; stosb; loop 1b; nop */
    static const uint8_t code[] = {0xb9, 4, 0, 0, 0, 0xac, 0x34, 0x20, 0xaa, 0xe2, 0xfa, 0x90};
    char text[5] = "";
    uc_engine *uc = ENGINE(UC_MODE_64, code);
    (void)state;
    OK(uc_mem_write(uc, DATA, "code", 4));
    set(uc, UC_X86_REG_RSI, DATA);
    set(uc, UC_X86_REG_RDI, DATA + 8);
    OK(RUN(uc, code));
    OK(uc_mem_read(uc, DATA + 8, text, 4));
    assert_string_equal(text, "CODE");
    OK(uc_close(uc));
}

static const uint8_t load[] = {0x48, 0x8b, 0x06, 0x48, 0xff, 0xc3};  /* mov rax, [rsi]; inc rbx */
static const uint8_t store[] = {0x48, 0x89, 0x07, 0x48, 0xff, 0xc3}; /* mov [rdi], rax; inc rbx */

static void absent_memory_is_told(void **state)
{
    uc_engine *uc = ENGINE(UC_MODE_64, load);
    (void)state;
    set(uc, UC_X86_REG_RSI, 0x900000);
    assert_int_equal(RUN(uc, load), UC_ERR_READ_UNMAPPED);
    assert_int_equal(get(uc, UC_X86_REG_RIP), CODE);
    assert_int_equal(get(uc, UC_X86_REG_RBX), 0);
    OK(uc_mem_write(uc, CODE, store, sizeof(store)));
    set(uc, UC_X86_REG_RDI, 0x900000);
    assert_int_equal(RUN(uc, store), UC_ERR_WRITE_UNMAPPED);
    assert_int_equal(uc_emu_start(uc, 0x900000, 0x900010, 0, 0), UC_ERR_FETCH_UNMAPPED);
    OK(uc_close(uc));
}

static void rights_are_kept(void **state)
{
    uc_engine *uc = ENGINE(UC_MODE_64, store);
    (void)state;
    set(uc, UC_X86_REG_RDI, CODE + 0x800);
    assert_int_equal(RUN(uc, store), UC_ERR_WRITE_PROT);
    assert_int_equal(uc_emu_start(uc, DATA, DATA + 4, 0, 0), UC_ERR_FETCH_PROT);
    OK(uc_mem_protect(uc, CODE, PAGE, UC_PROT_ALL));
    OK(RUN(uc, store));
    assert_int_equal(get(uc, UC_X86_REG_RBX), 1);
    OK(uc_close(uc));
}

static void memory_is_taken_away(void **state)
{
    uc_engine *uc = ENGINE(UC_MODE_64, load);
    uint8_t byte;
    (void)state;
    set(uc, UC_X86_REG_RSI, DATA);
    OK(RUN(uc, load));
    OK(uc_mem_unmap(uc, DATA, PAGE));
    assert_int_equal(RUN(uc, load), UC_ERR_READ_UNMAPPED);
    assert_int_equal(uc_mem_read(uc, DATA, &byte, 1), UC_ERR_READ_UNMAPPED);
    OK(uc_mem_map(uc, DATA, PAGE, UC_PROT_READ));
    OK(RUN(uc, load));
    OK(uc_close(uc));
}

static void mapping_is_checked(void **state)
{
    uc_engine *uc = ENGINE(UC_MODE_64, load);
    (void)state;
    assert_int_equal(uc_mem_map(uc, DATA, PAGE, UC_PROT_ALL), UC_ERR_MAP);
    assert_int_equal(uc_mem_map(uc, DATA + 12, PAGE, UC_PROT_ALL), UC_ERR_ARG);
    OK(uc_close(uc));
}

static void engines_are_apart(void **state)
{
    uc_engine *a = ENGINE(UC_MODE_64, four_incs), *b = ENGINE(UC_MODE_32, "\x41\x41");
    (void)state;
    OK(uc_emu_start(a, CODE, CODE + 6, 0, 0));
    OK(uc_emu_start(b, CODE, CODE + 2, 0, 0));
    OK(uc_emu_start(a, CODE + 6, CODE + 12, 0, 0));
    assert_int_equal(get(a, UC_X86_REG_RAX), 4);
    assert_int_equal(get(b, UC_X86_REG_ECX), 2);
    OK(uc_close(a));
    OK(uc_close(b));
}

static void engines_tell_of_themselves(void **state)
{
    unsigned major, minor;
    size_t mode = 0;
    uc_engine *uc = ENGINE(UC_MODE_64, load);
    (void)state;
    assert_int_not_equal(uc_version(&major, &minor), 0);
    OK(uc_query(uc, UC_QUERY_MODE, &mode));
    assert_int_equal(mode, UC_MODE_64);
    assert_true(strlen(uc_strerror(UC_ERR_READ_UNMAPPED)) > 0);
    OK(uc_close(uc));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_32_bit_code),         cmocka_unit_test(runs_64_bit_code),
        cmocka_unit_test(runs_16_bit_code),         cmocka_unit_test(calls_a_function),
        cmocka_unit_test(recursion_uses_the_stack), cmocka_unit_test(counts_instructions),
        cmocka_unit_test(stops_where_it_is_told),   cmocka_unit_test(time_limits_a_run),
        cmocka_unit_test(halt_ends_a_run),          cmocka_unit_test(code_decodes_itself),
        cmocka_unit_test(the_host_changes_code),    cmocka_unit_test(parts_of_registers),
        cmocka_unit_test(many_registers_at_once),   cmocka_unit_test(vectors_are_registers),
        cmocka_unit_test(flags_are_read),           cmocka_unit_test(threads_have_their_storage),
        cmocka_unit_test(contexts_go_back),         cmocka_unit_test(strings_are_copied),
        cmocka_unit_test(absent_memory_is_told),    cmocka_unit_test(rights_are_kept),
        cmocka_unit_test(memory_is_taken_away),     cmocka_unit_test(mapping_is_checked),
        cmocka_unit_test(engines_are_apart),        cmocka_unit_test(engines_tell_of_themselves),
    };
    return cmocka_run_group_tests_name("scenarios", tests, NULL, NULL);
}

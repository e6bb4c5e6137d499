/*
 * adapter.h - the calls of Unicorn that programs use most, over libcpu's public API.
 *
 * It shows that what people do with them can be done here, and how: scenarios.h is compiled twice,
 * with this and, where it is installed, with Unicorn itself.  Names, order of arguments and meaning
 * are those of its documentation; numbers are our own.  Only x86 is there.
 */
#ifndef LC_TESTS_UNICORN_ADAPTER_H
#define LC_TESTS_UNICORN_ADAPTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct uc_struct uc_engine;
typedef struct uc_context uc_context;
typedef size_t uc_hook;

/* X(NAME, text). */
#define UC_ERR_MAP(X)                                                                              \
    X(OK, "no error")                                                                              \
    X(NOMEM, "out of memory")                                                                      \
    X(ARCH, "architecture that is not there")                                                      \
    X(MODE, "mode that is not there")                                                              \
    X(ARG, "invalid argument")                                                                     \
    X(HOOK, "kind of hook that is not there")                                                      \
    X(MAP, "memory that is or is not mapped")                                                      \
    X(READ_UNMAPPED, "read of memory that is not mapped")                                          \
    X(WRITE_UNMAPPED, "write to memory that is not mapped")                                        \
    X(FETCH_UNMAPPED, "fetch from memory that is not mapped")                                      \
    X(READ_PROT, "read of memory that may not be read")                                            \
    X(WRITE_PROT, "write to memory that may not be written")                                       \
    X(FETCH_PROT, "fetch from memory that may not be executed")                                    \
    X(INSN_INVALID, "no instruction")                                                              \
    X(EXCEPTION, "exception that nobody handles")

typedef enum uc_err {
#define UC_ERR_ENUM(name, text) UC_ERR_##name,
    UC_ERR_MAP(UC_ERR_ENUM)
#undef UC_ERR_ENUM
} uc_err;

typedef enum uc_arch { UC_ARCH_ARM = 1, UC_ARCH_X86 = 4 } uc_arch;
typedef enum uc_mode { UC_MODE_16 = 2, UC_MODE_32 = 4, UC_MODE_64 = 8 } uc_mode;
typedef enum uc_prot {
    UC_PROT_NONE = 0,
    UC_PROT_READ = 1,
    UC_PROT_WRITE = 2,
    UC_PROT_EXEC = 4,
    UC_PROT_ALL = 7
} uc_prot;
typedef enum uc_query_type { UC_QUERY_MODE = 1, UC_QUERY_PAGE_SIZE, UC_QUERY_ARCH } uc_query_type;

typedef enum uc_mem_type {
    UC_MEM_READ = 16,
    UC_MEM_WRITE,
    UC_MEM_FETCH,
    UC_MEM_READ_UNMAPPED,
    UC_MEM_WRITE_UNMAPPED,
    UC_MEM_FETCH_UNMAPPED,
    UC_MEM_WRITE_PROT,
    UC_MEM_READ_PROT,
    UC_MEM_FETCH_PROT,
    UC_MEM_READ_AFTER
} uc_mem_type;

enum {
    UC_HOOK_INTR = 1 << 0,
    UC_HOOK_INSN = 1 << 1,
    UC_HOOK_CODE = 1 << 2,
    UC_HOOK_BLOCK = 1 << 3,
    UC_HOOK_MEM_READ_UNMAPPED = 1 << 4,
    UC_HOOK_MEM_WRITE_UNMAPPED = 1 << 5,
    UC_HOOK_MEM_FETCH_UNMAPPED = 1 << 6,
    UC_HOOK_MEM_READ_PROT = 1 << 7,
    UC_HOOK_MEM_WRITE_PROT = 1 << 8,
    UC_HOOK_MEM_FETCH_PROT = 1 << 9,
    UC_HOOK_MEM_READ = 1 << 10,
    UC_HOOK_MEM_WRITE = 1 << 11,
    UC_HOOK_MEM_FETCH = 1 << 12,
    UC_HOOK_MEM_READ_AFTER = 1 << 13,
    UC_HOOK_INSN_INVALID = 1 << 14,
    UC_HOOK_MEM_UNMAPPED = 7 << 4,
    UC_HOOK_MEM_PROT = 7 << 7
};

enum { UC_X86_INS_CPUID = 1, UC_X86_INS_IN, UC_X86_INS_OUT, UC_X86_INS_SYSCALL };

/* X(NAME, register of libcpu, bytes, lowest bit). */
#define UC_REG_SIZES(X, r64, r32, r16, r8)                                                         \
    X(r64, r64, 8, 0) X(r32, r64, 4, 0) X(r16, r64, 2, 0) X(r8, r64, 1, 0)
#define UC_REG_NUMBERED(X, n)                                                                      \
    X(R##n, R##n, 8, 0) X(R##n##D, R##n, 4, 0) X(R##n##W, R##n, 2, 0) X(R##n##B, R##n, 1, 0)
/* clang-format off */
#define UC_REG_MAP(X)                                                                              \
    UC_REG_SIZES(X, RAX, EAX, AX, AL)                                                              \
    UC_REG_SIZES(X, RCX, ECX, CX, CL)                                                              \
    UC_REG_SIZES(X, RDX, EDX, DX, DL)                                                              \
    UC_REG_SIZES(X, RBX, EBX, BX, BL)                                                              \
    UC_REG_SIZES(X, RSP, ESP, SP, SPL)                                                             \
    UC_REG_SIZES(X, RBP, EBP, BP, BPL)                                                             \
    UC_REG_SIZES(X, RSI, ESI, SI, SIL)                                                             \
    UC_REG_SIZES(X, RDI, EDI, DI, DIL)                                                             \
    X(AH, RAX, 1, 8) X(CH, RCX, 1, 8) X(DH, RDX, 1, 8) X(BH, RBX, 1, 8)                            \
    UC_REG_NUMBERED(X, 8)  UC_REG_NUMBERED(X, 9)                                                   \
    UC_REG_NUMBERED(X, 10) UC_REG_NUMBERED(X, 11)                                                  \
    UC_REG_NUMBERED(X, 12) UC_REG_NUMBERED(X, 13)                                                  \
    UC_REG_NUMBERED(X, 14) UC_REG_NUMBERED(X, 15)                                                  \
    X(RIP, RIP, 8, 0) X(EIP, RIP, 4, 0) X(IP, RIP, 2, 0)                                           \
    X(EFLAGS, RFLAGS, 4, 0) X(RFLAGS, RFLAGS, 8, 0)                                                \
    X(CS, CS, 2, 0) X(DS, DS, 2, 0) X(ES, ES, 2, 0)                                                \
    X(SS, SS, 2, 0) X(FS, FS, 2, 0) X(GS, GS, 2, 0)                                                \
    X(FS_BASE, FS_BASE, 8, 0) X(GS_BASE, GS_BASE, 8, 0)                                            \
    X(CR0, CR0, 8, 0) X(CR2, CR2, 8, 0) X(CR3, CR3, 8, 0) X(CR4, CR4, 8, 0)                        \
    X(XMM0, XMM0, 16, 0) X(XMM1, XMM1, 16, 0) X(XMM2, XMM2, 16, 0) X(XMM3, XMM3, 16, 0)            \
    X(MXCSR, MXCSR, 4, 0)
/* clang-format on */

enum {
    UC_X86_REG_INVALID = 0,
#define UC_REG_ENUM(name, reg, bytes, shift) UC_X86_REG_##name,
    UC_REG_MAP(UC_REG_ENUM)
#undef UC_REG_ENUM
        UC_X86_REG_ENDING
};

/* What callback functions look like: uc_hook_add() takes any of them. */
typedef void (*uc_cb_hookcode_t)(uc_engine *uc, uint64_t address, uint32_t size, void *user);
typedef void (*uc_cb_hookintr_t)(uc_engine *uc, uint32_t intno, void *user);
typedef uint32_t (*uc_cb_insn_in_t)(uc_engine *uc, uint32_t port, int size, void *user);
typedef void (*uc_cb_insn_out_t)(uc_engine *uc, uint32_t port, int size, uint32_t value,
                                 void *user);
typedef void (*uc_cb_insn_syscall_t)(uc_engine *uc, void *user);
typedef int (*uc_cb_insn_cpuid_t)(uc_engine *uc, void *user);
typedef bool (*uc_cb_hookinsn_invalid_t)(uc_engine *uc, void *user);
typedef void (*uc_cb_hookmem_t)(uc_engine *uc, uc_mem_type type, uint64_t address, int size,
                                int64_t value, void *user);
typedef bool (*uc_cb_eventmem_t)(uc_engine *uc, uc_mem_type type, uint64_t address, int size,
                                 int64_t value, void *user);

unsigned uc_version(unsigned *major, unsigned *minor);
uc_err uc_open(uc_arch arch, uc_mode mode, uc_engine **uc);
uc_err uc_close(uc_engine *uc);
uc_err uc_query(uc_engine *uc, uc_query_type type, size_t *result);
const char *uc_strerror(uc_err code);

uc_err uc_mem_map(uc_engine *uc, uint64_t address, size_t size, uint32_t perms);
uc_err uc_mem_unmap(uc_engine *uc, uint64_t address, size_t size);
uc_err uc_mem_protect(uc_engine *uc, uint64_t address, size_t size, uint32_t perms);
uc_err uc_mem_write(uc_engine *uc, uint64_t address, const void *bytes, size_t size);
uc_err uc_mem_read(uc_engine *uc, uint64_t address, void *bytes, size_t size);

uc_err uc_reg_write(uc_engine *uc, int regid, const void *value);
uc_err uc_reg_read(uc_engine *uc, int regid, void *value);
uc_err uc_reg_write_batch(uc_engine *uc, int *regs, void *const *vals, int count);
uc_err uc_reg_read_batch(uc_engine *uc, int *regs, void **vals, int count);

uc_err uc_emu_start(uc_engine *uc, uint64_t begin, uint64_t until, uint64_t timeout, size_t count);
uc_err uc_emu_stop(uc_engine *uc);

uc_err uc_hook_add(uc_engine *uc, uc_hook *hh, int type, void *callback, void *user_data,
                   uint64_t begin, uint64_t end, ...);
uc_err uc_hook_del(uc_engine *uc, uc_hook hh);

uc_err uc_context_alloc(uc_engine *uc, uc_context **context);
uc_err uc_context_save(uc_engine *uc, uc_context *context);
uc_err uc_context_restore(uc_engine *uc, uc_context *context);
uc_err uc_context_free(uc_context *context);

#endif

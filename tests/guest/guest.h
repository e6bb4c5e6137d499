/*
 * guest.h - the bundled guest, seen from outside: through the public API and the symbols of its ELF
 * file (examples/guest/README.md, "Watching it from outside").
 */
#ifndef TESTS_GUEST_H
#define TESTS_GUEST_H

#include "../../examples/common/guest_file.h"

#include <libcpu/libcpu.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define OK(call) assert_int_equal((call), LIBCPU_ERR_OK)

enum {
    PAGE = 4096,
    RING3_CS = 0x2b,
    CR0_PE = 1,
    RFLAGS_IF = 0x200,
};

/* The command line that makes the story process 1. */
#define STORY "init=/bin/story"

#define CR0_WP      UINT64_C(0x10000)
#define CR0_PG      UINT64_C(0x80000000)
#define CR4_PAE     UINT64_C(0x20)
#define EFER_LME    UINT64_C(0x100)
#define EFER_LMA    UINT64_C(0x400)
#define DIRECT_BASE UINT64_C(0xffff888000000000)
#define USER_TOP    UINT64_C(0x00007ffffffff000)

/* States of a task (examples/guest/kernel/task.h). */
enum {
    TASK_FREE,
    TASK_READY,
    TASK_SLEEPING,
    TASK_UNINTERRUPTIBLE,
    TASK_STOPPED,
    TASK_ZOMBIE,
    TASK_KILLABLE
};

struct guest {
    libcpu *m;
    char *out; /* what came from COM1, without carriage returns, NUL-terminated */
    size_t out_len, out_room;
    const char *stop_after;  /* the byte that ends this text stops the run; NULL: none does */
    struct libcpu_stop stop; /* of the last run */
    uint64_t offset_pid, offset_state, offset_cr3, offset_parent, offset_status, offset_name;
    uint64_t task_size;
};

/* Switch a machine on with the guest and a command line; no instruction has run. */
void guest_boot(struct guest *g, const char *cmdline);
/* The same with a configuration (its serial is taken over) and options; NULL: defaults. */
void guest_boot_with(struct guest *g, struct libcpu_config *c, struct libcpu_image_options *o);
void guest_end(struct guest *g);

/* Run until it stops by itself; the test fails if it does not. */
void guest_run(struct guest *g);
/* Run until its output contains `text`; the test fails if it stops before. */
void guest_run_until(struct guest *g, const char *text);
/* Run to the very byte that ends `text`, for at most so many instructions; false: not reached. */
bool guest_run_to(struct guest *g, const char *text, uint64_t insns);
/* Run to the first instruction in ring 3. */
void guest_run_to_ring3(struct guest *g);
/* Give COM1 a line, piece by piece. */
void guest_serial(struct guest *g, const char *text);
bool guest_said(const struct guest *g, const char *text);

/* The value of a symbol of the guest's ELF file, as the guest sees it; the test fails without. */
uint64_t guest_symbol(const char *name);
/* A kernel variable, read from physical memory: right at any moment. */
uint64_t guest_u64(const struct guest *g, const char *name);

/* A task of the table. */
struct guest_task {
    int32_t pid;
    uint32_t state;
    uint64_t cr3, parent; /* parent: the task's address */
    int32_t status;
    char name[16];
};
struct guest_task guest_task(const struct guest *g, unsigned index);
/* The task that runs. */
struct guest_task guest_current(const struct guest *g);

/* The kernel's ELF file, and a program of its archive ("bin/hello"), as bytes. */
const uint8_t *guest_program(const char *path, size_t *size);

/* A loadable segment of an ELF64 program. */
struct guest_segment {
    uint32_t type, flags; /* flags: 1 executable, 2 writable, 4 readable */
    uint64_t offset, vaddr, paddr, filesz, memsz, align;
};
enum { PT_LOAD = 1, PF_X = 1, PF_W = 2, PF_R = 4 };
uint64_t program_entry(const uint8_t *file);
/* The n-th loadable segment; false past the last. */
bool program_segment(const uint8_t *file, unsigned n, struct guest_segment *s);

/* The page tables of a process by its program's name: of one whose number is above *pid, which is
 * set; 0: none. */
uint64_t guest_space(const struct guest *g, const char *name, int32_t *pid);
/* The last-level entry of an address in page tables, 0 where a table is missing. */
uint64_t guest_entry(const struct guest *g, uint64_t cr3, uint64_t la);

/* Bits of an entry. (SDM vol. 3A, 4.5.) */
enum { PTE_P = 1, PTE_W = 2, PTE_U = 4, PTE_A = 0x20, PTE_D = 0x40 };
#define PTE_NX      (UINT64_C(1) << 63)
#define PTE_ADDRESS UINT64_C(0x000ffffffffff000)

/* libcpu_translate, which cannot fail. */
struct libcpu_walk guest_translate(const struct guest *g, uint64_t la, uint32_t access);

static inline uint64_t guest_word(const struct guest *g, uint64_t la)
{
    uint64_t v = 0;
    OK(libcpu_linear_read(g->m, la, &v, sizeof(v)));
    return v;
}

#endif

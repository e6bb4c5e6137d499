/*
 * chapter_basics.c - chapter 1: instructions, rings, the doors between them.
 */
#include "scene.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { CS_USER = 0x2b, RCX = LIBCPU_REG_RCX, RAX = LIBCPU_REG_RAX, R11 = LIBCPU_REG_R11 };

/* ---- 1.1 ---- */

/* MOV EAX, 42; ADD EAX, 512; JMP -10, which is the ADD again. */
static const uint8_t code[] = {0xb8, 42, 0, 0, 0, 0x05, 0x00, 0x02, 0x00, 0x00, 0xeb, 0xf9};

static void step(struct stage *s, const char *what, unsigned bytes)
{
    const uint64_t rip = libcpu_reg(s->m, LIBCPU_REG_RIP);
    uint8_t b[8] = {0};
    char hex[3 * sizeof(b) + 1] = "";
    libcpu_phys_read(s->m, rip, b, bytes);
    for (unsigned i = 0; i < bytes; i++)
        snprintf(hex + 3 * i, 4, "%02x ", b[i]);
    libcpu_run(s->m, 1, &s->stop);
    fact("0x%06" PRIx64 ":  %-16s %-14s then EAX = %4" PRIu64 ", EIP = 0x%06" PRIx64, rip, hex,
         what, libcpu_reg(s->m, LIBCPU_REG_RAX), libcpu_reg(s->m, LIBCPU_REG_RIP));
}

static void fetch_and_execute(struct stage *s)
{
    struct libcpu_image_options o;
    const uint64_t at = 0x100000;
    libcpu_image_init(&o);
    o.format = LIBCPU_IMAGE_FLAT;
    o.mode = LIBCPU_BOOT_PROT32;
    o.addr = at;
    if (libcpu_create(NULL, &s->m) || libcpu_load_mem(s->m, code, sizeof(code), &o)) {
        observed(s, false, "a machine without an operating system");
        return;
    }
    fact("A machine with nothing but these twelve bytes in its RAM:");
    step(s, "mov eax, 42", 5);
    step(s, "add eax, 512", 5);
    observed(s, libcpu_reg(s->m, LIBCPU_REG_RAX) == 42 + 512, "the addition");
    step(s, "jmp 0x100005", 2);
    observed(s, libcpu_reg(s->m, LIBCPU_REG_RIP) == at + 5, "the jump");
    step(s, "add eax, 512", 5);
    observed(s, libcpu_reg(s->m, LIBCPU_REG_RAX) == 42 + 1024, "the second addition");
}

/* ---- 1.2 ---- */

static void show_violation(struct stage *s, const char *command, const char *what, unsigned vector)
{
    char text[TEXT] = "";
    if (!observed(s, stage_command(s, command), "the command's end"))
        return;
    const struct moment *e = NULL;
    while ((e = next_event(s, e, vector, "faulty")))
        if (e->e.cpl == 3 && (vector != VECTOR_PF || !e->after.steps))
            break;
    if (!observed(s, e != NULL, what))
        return;
    fact("  0x%" PRIx64 ", ring %u, %s: vector %u", e->e.rip, e->e.cpl, what, vector);
    if (vector == VECTOR_PF)
        fact("  %s", fault_text(e->e.error_code, text));
}

static void rings(struct stage *s)
{
    if (!observed(s, stage_command(s, "true; echo hello"), "the command's end"))
        return;
    const struct moment *in = next_call(s, NULL, NO_PID, 1);
    const struct moment *out = call_end(s, in);
    if (!observed(s, in && out, "a system call"))
        return;
    char where[TEXT];
    fact("  in:  CS 0x%02x, so ring %u, at %s", in->cs, in->cs & 3,
         symbol_near(in->rip, where, sizeof(where)));
    fact("  out: CS 0x%02x, so ring %u, at 0x%" PRIx64, out->cs, out->cs & 3, out->rip);
    observed(s, (in->cs & 3) == 0 && (out->cs & 3) == 3, "the ring in the two low bits of CS");
    show_violation(s, "faulty undefined", "an instruction that there is not (#UD)", 6);
    show_violation(s, "faulty kernel", "the kernel's memory (#PF)", VECTOR_PF);
    fact("Instructions that are the kernel's alone (#GP) are scene 1.5.");
}

/* ---- 1.3 ---- */

static void stop_in_ring3(struct stage *s, const struct moment *now)
{
    if (now->kind == MOMENT_OUT)
        libcpu_request_stop(s->m);
}

static void kernel_first(struct stage *s)
{
    const struct stage_options o = {.record_boot = true};
    if (!observed(s, stage_load(s, &o), "a machine"))
        return;
    s->probe = stop_in_ring3;
    fact("first instruction: CS 0x%02x, ring %u, EIP 0x%" PRIx64 ", paging %s",
         (unsigned)libcpu_reg(s->m, LIBCPU_REG_CS), libcpu_cpl(s->m),
         libcpu_reg(s->m, LIBCPU_REG_RIP), libcpu_reg(s->m, LIBCPU_REG_CR0) >> 31 ? "on" : "off");
    const bool ring0 = libcpu_cpl(s->m) == 0;
    libcpu_run(s->m, 100000000, &s->stop);
    const struct moment *out = next_moment(s, NULL, MOMENT_OUT, NO_PID);
    if (!observed(s, ring0 && out, "ring 0 first, then ring 3"))
        return;
    fact("%" PRIu64 " instructions later, all of them in ring 0, IRET leads to", out->insns);
    fact("  CS 0x%02x, ring %u, RIP 0x%" PRIx64 ": pid %d, %s", out->cs, out->cs & 3, out->rip,
         out->pid, out->name);
    observed(s, out->door == DOOR_EVENT && out->cs == CS_USER && out->pid == 1,
             "IRET to the first program");
}

/* ---- 1.4 ---- */

static void print_frame(const struct moment *in, unsigned first)
{
    static const char *const names[] = {"RIP", "CS", "RFLAGS", "RSP", "SS"};
    char text[TEXT] = "";
    int n = 0;
    for (unsigned i = 0; i < 5; i++)
        n += snprintf(text + n, (size_t)(TEXT - n), "%s 0x%" PRIx64 "%s", names[i],
                      in->frame[first + i], i < 4 ? ", " : "");
    fact("  pushed: %s", text);
}

static void software_interrupt(struct stage *s)
{
    const struct stage_options o = {0};
    char where[TEXT];
    if (!observed(s, stage_load(s, &o), "a machine"))
        return;
    const uint64_t at_power_on = libcpu_reg(s->m, LIBCPU_REG_IDTR_BASE);
    if (!observed(s, stage_to_prompt(s), "the shell's prompt") ||
        !observed(s, libcpu_reg(s->m, LIBCPU_REG_IDTR_BASE) != at_power_on, "a LIDT") ||
        !observed(s, stage_command(s, "hello"), "the command's end"))
        return;
    fact("IDTR: 0x%" PRIx64 " at first, now 0x%" PRIx64 ": %u gates of 16 bytes", at_power_on,
         libcpu_reg(s->m, LIBCPU_REG_IDTR_BASE),
         ((unsigned)libcpu_reg(s->m, LIBCPU_REG_IDTR_LIMIT) + 1) / 16);
    const struct moment *e = next_event(s, NULL, VECTOR_INT80, "hello");
    if (!observed(s, e && e->e.kind == LIBCPU_EVENT_SOFTWARE, "INT 0x80 by hello"))
        return;
    const struct moment *in = e + 1, *out = call_end(s, in);
    fact("hello, ring %u: INT 0x80 before 0x%" PRIx64 "; gate 80h says 0x%" PRIx64, e->e.cpl,
         e->e.rip, in->gate);
    fact("  RSP 0x%" PRIx64 " -> 0x%" PRIx64 ", five words below the TSS's RSP0",
         e->reg[LIBCPU_REG_RSP], in->reg[LIBCPU_REG_RSP]);
    print_frame(in, 0);
    fact("  ring %u: %s", in->cs & 3u, symbol_near(in->rip, where, sizeof(where)));
    observed(s, in->kind == MOMENT_IN && in->rip == in->gate, "the handler that the gate names");
    observed(s, in->reg[LIBCPU_REG_RSP] == in->tss_rsp0 - 40, "the stack that the TSS names");
    if (!observed(s, out && out->rip == e->e.rip && in->frame[0] == e->e.rip,
                  "the way back behind the INT"))
        return;
    fact("  IRET: ring %u again, RIP 0x%" PRIx64, out->cs & 3u, out->rip);
    observed(s, out->door == DOOR_EVENT, "IRET");
}

/* ---- 1.5 ---- */

static void privileged(struct stage *s)
{
    static const char *const names[] = {"CLI", "HLT",  "MOV CR3", "IN",
                                        "OUT", "LIDT", "WRMSR",   "INT 20h"};
    const uint64_t idt = libcpu_reg(s->m, LIBCPU_REG_IDTR_BASE);
    const struct moment *e = NULL;
    if (!observed(s, stage_command(s, "privileged"), "the command's end"))
        return;
    for (unsigned i = 0; i < sizeof(names) / sizeof(*names); i++) {
        e = next_event(s, e, VECTOR_GP, "privileged");
        if (!observed(s, e && e->e.cpl == 3, names[i]))
            return;
        fact("  pid %2d, 0x%" PRIx64 ": %02x %02x %02x  %-8s #GP, error 0x%x", e->pid, e->e.rip,
             e->code[0], e->code[1], e->code[2], names[i], e->e.error_code);
        const struct moment *end = next_moment(s, e, MOMENT_OUT, e->pid);
        observed(s, end == NULL, "the program's end");
    }
    fact("None of them saw ring 3 again: the kernel ended each.");
    print_output(s, 1);
    fact("The IDT is where it was: 0x%" PRIx64, libcpu_reg(s->m, LIBCPU_REG_IDTR_BASE));
    observed(s, libcpu_reg(s->m, LIBCPU_REG_IDTR_BASE) == idt, "an IDT that has not moved");
}

/* ---- 1.6 ---- */

static void system_calls(struct stage *s)
{
    if (!observed(s, stage_command(s, "hello"), "the command's end"))
        return;
    const struct moment *n = next_event(s, NULL, VECTOR_INT80, "hello");
    const struct moment *in = n ? n + 1 : NULL, *out = call_end(s, in);
    if (observed(s, out && in->reg[RAX] == 4, "write by INT 0x80")) {
        fact("INT 0x80: EAX %" PRIu64 " (write), EBX %" PRIu64 " (file), ECX 0x%" PRIx64
             " (text), EDX %" PRIu64 " (bytes)",
             in->reg[RAX], in->reg[LIBCPU_REG_RBX], in->reg[RCX], in->reg[LIBCPU_REG_RDX]);
        fact("  at that address: \"%.40s...\"", in->text);
        fact("  the answer, in EAX: %" PRId64, (int64_t)out->reg[RAX]);
        observed(s, out->reg[RAX] == in->reg[LIBCPU_REG_RDX], "as many bytes as were asked for");
    }
    while ((n = in = next_call(s, n, n ? n->pid : NO_PID, 1)) && in->door != DOOR_SYSCALL)
        ;
    out = call_end(s, in);
    if (!observed(s, in && out, "write by SYSCALL"))
        return;
    fact("SYSCALL:  RAX %" PRIu64 " (write), RDI %" PRIu64 ", RSI 0x%" PRIx64 ", RDX %" PRIu64
         "; the answer in RAX: %" PRId64,
         in->reg[RAX], in->reg[LIBCPU_REG_RDI], in->reg[LIBCPU_REG_RSI], in->reg[LIBCPU_REG_RDX],
         (int64_t)out->reg[RAX]);
    const struct moment *bad = in;
    while ((bad = next_call(s, bad, in->pid, -1)) && bad->reg[RAX] != 99999)
        ;
    out = call_end(s, bad);
    if (observed(s, out && (int64_t)out->reg[RAX] == -38, "an unknown number's answer"))
        fact("A number that there is not, %" PRIu64 ": the answer is %" PRId64 " (ENOSYS)",
             bad->reg[RAX], (int64_t)out->reg[RAX]);
    unsigned calls = 0;
    bool one_place = true;
    for (const struct moment *other = NULL; (other = next_call(s, other, in->pid, -1));) {
        if (other->door != DOOR_SYSCALL || strcmp(other->name, "hello") != 0)
            continue;
        one_place = one_place && other->reg[RCX] == in->reg[RCX];
        calls++;
    }
    fact("All %u calls by SYSCALL come from one instruction, before 0x%" PRIx64 ":", calls,
         in->reg[RCX]);
    fact("that of the C library, whose functions wrap it.");
    observed(s, one_place && calls > 5, "one SYSCALL for all");
}

/* ---- 1.7 ---- */

static const struct moment *call_by(const struct stage *s, enum door door)
{
    const struct moment *n = NULL;
    while ((n = next_call(s, n, NO_PID, -1)))
        if (n->door == door && strcmp(n->name, "hello") == 0)
            return n;
    return NULL;
}

static void fast_doors(struct stage *s)
{
    char where[TEXT];
    if (!observed(s, stage_command(s, "hello"), "the command's end"))
        return;
    const struct moment *in = call_by(s, DOOR_SYSCALL), *out = call_end(s, in);
    if (observed(s, in && out, "SYSCALL")) {
        fact("SYSCALL:  to LSTAR, %s, by CS 0x%02x", symbol_near(in->rip, where, sizeof(where)),
             in->cs);
        fact("  RCX 0x%" PRIx64 " is the way back, R11 0x%" PRIx64 " the flags;", in->reg[RCX],
             in->reg[R11]);
        fact("  RSP 0x%" PRIx64 " is still the program's", in->reg[LIBCPU_REG_RSP]);
        fact("SYSRET:   to RIP 0x%" PRIx64, out->rip);
        observed(s, in->rip == libcpu_reg(s->m, LIBCPU_REG_LSTAR), "the entry that LSTAR names");
        observed(s, in->reg[RCX] == out->rip && in->reg[LIBCPU_REG_RSP] < USER_TOP,
                 "RCX and RSP as SYSCALL leaves them");
        observed(s, out->door == DOOR_SYSCALL, "SYSRET");
    }
    in = call_by(s, DOOR_SYSENTER), out = call_end(s, in);
    if (!observed(s, in && out, "SYSENTER"))
        return;
    fact("SYSENTER: to SYSENTER_EIP, %s, by CS 0x%02x", symbol_near(in->rip, where, sizeof(where)),
         in->cs);
    fact("  RSP 0x%" PRIx64 " from SYSENTER_ESP: it keeps neither RIP nor RSP,",
         in->reg[LIBCPU_REG_RSP]);
    fact("  the program must: R8 0x%" PRIx64 ", R9 0x%" PRIx64, in->reg[LIBCPU_REG_R8],
         in->reg[LIBCPU_REG_R9]);
    fact("SYSEXIT:  to RIP 0x%" PRIx64 " (from RDX) and RSP 0x%" PRIx64 " (from RCX)", out->rip,
         out->reg[LIBCPU_REG_RSP]);
    observed(s,
             in->rip == libcpu_reg(s->m, LIBCPU_REG_SYSENTER_EIP) &&
                 in->reg[LIBCPU_REG_RSP] == libcpu_reg(s->m, LIBCPU_REG_SYSENTER_ESP),
             "the entry and the stack that the MSRs name");
    observed(s, out->door == DOOR_SYSENTER && out->rip == in->reg[LIBCPU_REG_R8], "SYSEXIT");
}

/* clang-format off */
static const struct scene scenes[] = {
    {"1.1", "Fetch, decode, execute",
     "Instructions are numbers in memory, like data. The instruction pointer says where the next one "
     "lies; the processor fetches it, does what it says, and moves on, or jumps.",
     START_NOTHING, fetch_and_execute},
    {"1.2", "Rings",
     "The processor knows at every instruction how much the code is trusted: ring 0 may do everything, "
     "ring 3 only a part. The ring is kept in the two low bits of CS, and whoever oversteps is "
     "reported to the kernel.",
     START_SHELL, rings},
    {"1.3", "Ring 0 comes first",
     "Nobody grants the kernel its power: the processor starts with it. The kernel gives it up when it "
     "starts the first program.",
     START_NOTHING, kernel_first},
    {"1.4", "A software interrupt",
     "The kernel has put a table of handlers into memory and told the processor where. INT n looks up "
     "entry n, changes to ring 0 and to a stack of the kernel's, and goes to the handler; IRET undoes "
     "all of it.",
     START_NOTHING, software_interrupt},
    {"1.5", "What ring 3 cannot do",
     "If a program could change its ring, the table of handlers or the page tables by itself, rings "
     "would be worth nothing. This one tries eight ways, in a process for each.",
     START_SHELL, privileged},
    {"1.6", "System calls",
     "A program asks for what it may not do itself: which call goes into one register, its arguments "
     "into others, and the answer comes back in the first. Libraries hide that behind functions.",
     START_SHELL, system_calls},
    {"1.7", "The fast doors",
     "Interrupts are a slow way to call the kernel. Processors got instructions for nothing but that, "
     "of two makers and two minds about what is to be remembered.",
     START_SHELL, fast_doors},
};
/* clang-format on */

const struct chapter chapter_basics = {"The basics", scenes, sizeof(scenes) / sizeof(*scenes)};

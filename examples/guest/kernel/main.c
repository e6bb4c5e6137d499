/*
 * main.c: the story of a run. boot.S comes here in long mode, in the higher half; the kernel sets
 * up one thing after the other, starts init, and idles. When init ends, the machine is switched
 * off.
 */
#include "boot.h"
#include "console.h"
#include "cpu.h"
#include "devices.h"
#include "files.h"
#include "memory.h"
#include "string.h"
#include "task.h"

extern char kernel_text[];

_Noreturn void kernel_main(void);

static void start_console(void)
{
    serial_init();
    bool loaded_well = multiboot_read();
    log_init(boot_facts.command_line);
    if (!loaded_well)
        panic("not started by a Multiboot loader (EAX was 0x%x)", boot_magic);
    log_line("boot", "power on in 32-bit protected mode: CR0 0x%08x, paging off", boot_cr0);
    log_line("boot", "page tables built, CR3 0x%06lx; CR4.PAE, EFER.LME, then CR0.PG set",
             read_cr3());
    log_line("boot", "long mode: CR0 0x%08lx, EFER 0x%lx, now in 64-bit code", read_cr0(),
             read_msr(MSR_EFER));
    log_line("boot", "jumped to the higher half: the kernel is at %p", (void *)kernel_text);
}

static void start_memory(void)
{
    frames_init();
    log_line("memory", "%lu frames of 4 KiB are free below 0x%lx", frames_free, ram_end);
    paging_init();
    log_line("memory", "direct map of RAM at 0x%lx in 2 MiB pages", DIRECT_BASE);
    log_line("memory", "new tables, CR3 0x%06lx: the identity map is gone", kernel_cr3);
}

static void start_interrupts(void)
{
    gdt_init();
    idt_init();
    pic_init();
    log_line("cpu", "GDT, TSS and IDT loaded: exceptions, IRQs from 0x20, INT 0x80 for ring 3");
    cpu_init();
    syscall_doors_init();
    log_line("cpu", "fast doors: SYSCALL%s", cpu_features.sysenter ? ", SYSENTER" : " only");
    pit_init();
    serial_enable_input();
    bool keyboard = keyboard_init();
    irq_enable();
    log_line("timer", "PIT at %d Hz; keyboard %s", TICKS_PER_SECOND,
             keyboard ? "ready" : "not found");
}

static int start_program(const char *path)
{
    uint64_t frame = frame_alloc();
    struct task *task = &tasks[1];
    if (frame == 0)
        panic("no memory for init");
    struct exec_args *args = direct(frame);
    exec_add(args, false, path);
    exec_add(args, true, "HOME=/");
    exec_add(args, true, "PATH=/bin");
    int error = exec_program(task, path, args);
    frame_free(frame);
    if (error == 0)
        task->state = TASK_READY;
    return error;
}

/* The command line's choice and nothing else, or the first one that is there. */
static void start_init(void)
{
    static const char *const usual[] = {"/sbin/init", "/etc/init", "/bin/init", "/bin/sh"};
    char path[64];
    if (task_new(0, 0) == NULL)
        panic("no memory for init");
    boot_option("init", "", path, sizeof(path));
    if (path[0] != '\0') {
        if (start_program(path) != 0)
            panic("init=%s does not start", path);
        return;
    }
    for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
        if (start_program(usual[i]) == 0)
            return;
    }
    panic("no init found");
}

void kernel_main(void)
{
    start_console();
    start_memory();
    start_interrupts();
    archive_init();
    log_line("files", "%lu files in the archive %s", archive_count(),
             archive_is_module() ? "from the boot loader" : "built into the kernel");
    task_init();
    start_init();
    log_line("init", "leaving ring 0: IRET to ring 3 with IF set");
    idle();
}

/* init is the last to go. Its exit code becomes the machine's. */
void init_ended(int status)
{
    int code = (status & 0x7f) != 0 ? 128 + (status & 0x7f) : status >> 8;
    log_line("halt", "init ended with code %d after %lu ticks", code, jiffies);
    log_line("halt", "%lu context switches, %lu of them forced by the timer", context_switches,
             preemptions);
    log_line("halt", "system calls: %lu by SYSCALL, %lu by INT 0x80, %lu by SYSENTER",
             syscalls_syscall, syscalls_int80, syscalls_sysenter);
    log_line("halt", "%lu page faults; power off", page_faults);
    power_off((unsigned int)code);
}

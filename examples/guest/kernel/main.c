/*
 * main.c: the kernel's life. boot.S comes here in long mode, in the higher half; the kernel sets up
 * one thing after the other, throws away the code that did it, starts init, and idles. When init
 * ends, the machine is switched off.
 */
#include "ata.h"
#include "boot.h"
#include "console.h"
#include "cpu.h"
#include "devices.h"
#include "fs.h"
#include "mem.h"
#include "string.h"
#include "task.h"
#include "time.h"
#include "vdso.h"

extern char kernel_text[], kernel_init[], kernel_data[];
extern const char archive_start[], archive_end[]; /* archive.S */
const char zero_page[PAGE_SIZE];

_Noreturn void kernel_main(void);

INIT static void start_console(void)
{
    tty_init(); /* knows what to do with what has been typed already */
    serial_init();
    bool loaded_well = multiboot_read();
    log_init(boot_facts.command_line);
    if (!loaded_well)
        panic("not started by a Multiboot loader (EAX was 0x%x)", boot_magic);
    log_line("boot", "power on in 32-bit protected mode: CR0 0x%08x, paging off", boot_cr0);
    log_line("boot", "long mode: CR0 0x%08lx, EFER 0x%lx; the kernel is at %p", read_cr0(),
             read_msr(MSR_EFER), (void *)kernel_text);
}

INIT static void start_memory(void)
{
    frames_init();
    log_line("memory", "%lu frames of 4 KiB are free below 0x%lx", frames_free, ram_end);
    paging_init();
    log_line("memory", "direct map of RAM at 0x%lx in 2 MiB pages", DIRECT_BASE);
    log_line("memory", "new tables, CR3 0x%06lx: the identity map is gone", kernel_cr3);
}

INIT static void start_interrupts(void)
{
    gdt_init();
    idt_init();
    pic_init();
    cpu_init();
    fpu_init();
    syscall_doors_init();
    log_line("cpu", "GDT, TSS, IDT; doors: INT 0x80, SYSCALL%s; %lu bytes of FPU state",
             cpu_features.sysenter ? ", SYSENTER" : "", fpu_size);
    vdso_init();
    time_init();
    serial_enable_input();
    bool keyboard = keyboard_init();
    irq_enable();
    log_line("timer", "%u interrupts per second, 1000 jiffies; keyboard %s", PIT_HZ / PIT_DIVISOR,
             keyboard ? "ready" : "not found");
}

/* A module replaces files of the same name in the built-in archive. */
INIT static void start_files(void)
{
    const struct region *module = &boot_facts.module;
    size_t count = 0;
    fs_init();
    if (module->end > module->start)
        count = cpio_load(direct(module->start), module->end - module->start);
    if (count > 0)
        log_line("files", "%lu files from the boot loader's module", count);
    frame_release_range(module->start, module->end);
    count = cpio_load(archive_start, (size_t)(archive_end - archive_start));
    log_line("files", "%lu files from the built-in archive", count);
    ata_init();
    if (ata_sectors != 0)
        log_line("disk", "ata0: %lu sectors of %u bytes", ata_sectors, ATA_SECTOR);
    swap_init();
    dev_init();
    proc_init();
}

/* ---- process 1: nobody forks it, so it begins as a thread of the kernel ---- */

static void open_console(void)
{
    struct file *console;
    current->fds = fd_table_copy(NULL);
    current->cwd = inode_get(fs_root);
    current->umask = 022;
    if (current->fds == NULL || file_open(AT_FDCWD, "/dev/console", O_RDWR, 0, &console) != 0)
        panic("no console for init");
    for (int fd = 0; fd < 3; fd++)
        fd_install(file_get(console), 0, false);
    file_put(console);
}

/* The command line's choice and nothing else, or the first one that is there. */
static void find_init(void)
{
    static const char *const usual[] = {"/sbin/init", "/etc/init", "/bin/init", "/bin/sh"};
    char path[64];
    boot_option("init", "", path, sizeof(path));
    if (path[0] != '\0') {
        int error = kernel_exec(path);
        if (error != 0)
            panic("init=%s does not start: error %d", path, -error);
        return;
    }
    for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
        if (kernel_exec(usual[i]) == 0)
            return;
        log_line("init", "no %s", usual[i]);
    }
    panic("no init found");
}

/* Runs on the kernel stack of process 1, and returns to ring 3: execve has prepared the way. */
static void become_init(void)
{
    irq_enable();
    kernel_lock();
    open_console();
    find_init();
    log_line("init", "pid %d is %s: leaving ring 0 by IRET", current->pid, current->name);
    kernel_unlock();
    irq_disable();
}

/* What only the start needed: its code, and the archive. Nothing of it may be called any more. */
static _Noreturn __attribute__((noinline)) void finish(void)
{
    uint64_t start = (uint64_t)kernel_init - KERNEL_BASE, end = (uint64_t)kernel_data - KERNEL_BASE;
    for (uint64_t va = (uint64_t)kernel_init; va < (uint64_t)kernel_data; va += PAGE_SIZE)
        unmap_kernel_page(va);
    frame_release_range(start, end);
    log_line("memory", "%lu KiB that only the start needed are free", (end - start) / 1024);
    struct task *init = task_new();
    if (init == NULL)
        panic("no memory for init");
    init->parent = init;
    task_begin_at(init, become_init);
    idle();
}

INIT void kernel_main(void)
{
    start_console();
    start_memory();
    start_interrupts();
    task_init();
    sched_init();
    start_files();
    finish();
}

/* init is the last to go: the system ends with it. Its exit code becomes the machine's. */
void init_ended(int status)
{
    int code = (status & 0x7f) != 0 ? 128 + (status & 0x7f) : status >> 8;
    if (status & 0x7f)
        print("Kernel panic: init was killed by signal %d\n", status & 0x7f);
    log_line("halt", "init ended with code %d after %lu ms", code, jiffies);
    log_line("halt", "%lu context switches, %lu page faults, %lu system calls", context_switches,
             page_faults, syscalls_syscall + syscalls_int80 + syscalls_sysenter);
    power_off((unsigned int)code);
}

/*
 * privileged.c: tries the instructions that belong to the kernel. A child is sacrificed for each;
 * it must end by SIGSEGV, for the processor answers with #GP.
 */
#include "libc.h"

static void try_cli(void)
{
    __asm__ volatile("cli");
}

static void try_hlt(void)
{
    __asm__ volatile("hlt");
}

static void try_mov_cr3(void)
{
    __asm__ volatile("movq %0, %%cr3" : : "r"(0ul) : "memory");
}

static void try_in(void)
{
    uint8_t value;
    __asm__ volatile("inb $0x60, %0" : "=a"(value));
}

static void try_out(void)
{
    __asm__ volatile("outb %0, $0x64" : : "a"((uint8_t)0xfe));
}

static void try_lidt(void)
{
    static const uint8_t nothing[10];
    __asm__ volatile("lidt %0" : : "m"(nothing));
}

static void try_wrmsr(void)
{
    __asm__ volatile("wrmsr" : : "c"(0xc0000080), "a"(0), "d"(0));
}

static void try_int_timer(void)
{
    __asm__ volatile("int $0x20");
}

static const struct {
    const char *name;
    void (*instruction)(void);
} tries[] = {
    {"CLI", try_cli}, {"HLT", try_hlt},   {"MOV CR3", try_mov_cr3}, {"IN", try_in},
    {"OUT", try_out}, {"LIDT", try_lidt}, {"WRMSR", try_wrmsr},     {"INT 0x20", try_int_timer},
};

int main(int argc, char *argv[])
{
    (void)argc;
    (void)argv;
    int survivors = 0;
    for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
        int status = 0, pid = fork();
        if (pid == 0) {
            tries[i].instruction();
            exit(0);
        }
        wait4(pid, &status, 0, NULL);
        say("%-8s ended its program: %s", tries[i].name, status_text(status));
        survivors += status != SIGSEGV;
    }
    return survivors;
}

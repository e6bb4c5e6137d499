/*
 * kernel.c: runs the load that the command line asks for.
 *
 *   load=NAME scale=N repeat=N
 *
 * Output, around the measured part only:
 *
 *   @@BOOT
 *   @@START name
 *   @@END name checksum instructions     the latter 0 where it is not known beforehand
 *   @@TICKS number                       of timer interrupts, if any
 *
 * Two more names measure the machine itself: "none" ends at once, "idle" never does. Then the
 * machine is left through the debug-exit port: 0 for success.
 */
#include "kernel.h"
#include "loads.h"

#include <stdbool.h>
#include <stddef.h>

enum { DEBUG_EXIT = 0xf4 };

uint8_t code_page[CODE_SIZE] __attribute__((aligned(4096)));

static const struct load loads[] = {
#define ANY(name, prepare, insns, text)   {#name, prepare, load_##name, insns},
#define GUEST(name, prepare, insns, text) {#name, prepare, load_##name, insns},
#include "loads.def"
#undef ANY
#undef GUEST
};

_Noreturn void finish(uint8_t code)
{
    print_drain();
    out8(DEBUG_EXIT, code);
    for (;;)
        __asm__ volatile("cli; hlt");
}

_Noreturn static void fail(const char *text)
{
    print("@@FAIL ");
    print(text);
    print("\n");
    finish(1);
}

void need_avx2(void)
{
    if (!cpu_has_avx2)
        fail("the processor has no AVX2 and FMA");
}

/* The text behind "key" at the start of a word, or NULL. */
static const char *find_option(const char *line, const char *key)
{
    for (const char *word = line; *word != '\0'; word++) {
        size_t i = 0;
        while (key[i] != '\0' && word[i] == key[i])
            i++;
        if (key[i] == '\0' && (word == line || word[-1] == ' '))
            return word + i;
    }
    return NULL;
}

static uint64_t number_option(const char *line, const char *key, uint64_t otherwise)
{
    const char *digit = find_option(line, key);
    if (digit == NULL)
        return otherwise;
    uint64_t value = 0;
    for (; *digit >= '0' && *digit <= '9'; digit++)
        value = value * 10 + (uint64_t)(*digit - '0');
    return value;
}

/* Is the word at `text` this name? */
static bool is_word(const char *text, const char *name)
{
    while (*name != '\0' && *text == *name) {
        text++;
        name++;
    }
    return *name == '\0' && (*text == '\0' || *text == ' ');
}

static const struct load *find_load(const char *name)
{
    for (size_t i = 0; i < sizeof(loads) / sizeof(loads[0]); i++) {
        if (is_word(name, loads[i].name))
            return &loads[i];
    }
    fail("no such load");
}

static void run(const struct load *load, uint64_t scale, uint64_t repeat)
{
    load->prepare(scale);
    print("@@START ");
    print(load->name);
    print("\n");
    print_drain();
    uint64_t sum = load->run(scale);
    for (uint64_t i = 1; i < repeat; i++) {
        if (load->run(scale) != sum)
            fail("checksums differ between repetitions");
    }
    print("@@END ");
    print(load->name);
    print(" ");
    print_hex(sum);
    print(" ");
    print_decimal(load->insns * scale * repeat);
    print("\n");
    if (timer_ticks != 0) {
        print("@@TICKS ");
        print_decimal(timer_ticks);
        print("\n");
    }
}

/* `info` is the Multiboot information: flag 2 says that the command line at offset 16 is there. */
void kernel_main(const uint32_t *info);
void kernel_main(const uint32_t *info)
{
    serial_init();
    print("@@BOOT\n");
    cpu_init();
    const char *line = (info[0] & 4) != 0 ? (const char *)(uint64_t)info[4] : "";
    const char *name = find_option(line, "load=");
    if (name == NULL || is_word(name, "none"))
        finish(0);
    while (is_word(name, "idle"))
        __asm__ volatile("pause");
    run(find_load(name), number_option(line, "scale=", 1), number_option(line, "repeat=", 1));
    finish(0);
}

/*
 * chapter_memory_swap.c - scene 5.10: a machine with little RAM and a disk.
 */
#include "../../common/ramdisk.h"
#include "scene.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { RAM_MIB = 8, DISK_MIB = 16, TAKE_MIB = 6, PER_PAGE = PAGE / LIBCPU_DISK_SECTOR };

struct swapped {
    uint64_t base;  /* of the program's memory */
    uint64_t la;    /* of the page that is looked at */
    uint64_t entry; /* while it is on the disk */
    uint64_t word;  /* its first, there */
    uint64_t back;  /* and when it is in RAM again */
};

static void keep_word(struct stage *s, const struct moment *now)
{
    struct swapped *w = s->user;
    if (now->kind == MOMENT_OUT && w->la && !w->back && strcmp(now->name, "swapper") == 0 &&
        (entry_under(s, now->cr3, w->la) & 1))
        w->back = linear_word(s, w->la);
}

/* Run until the kernel has put some pages on the disk. */
static bool until_swapped(struct stage *s, uint64_t pages)
{
    for (unsigned i = 0; i < 400 && kernel_u64(s, "swap_outs") < pages; i++)
        if (libcpu_run(s->m, 500000, &s->stop) || s->stop.reason != LIBCPU_STOP_BUDGET)
            return false;
    return kernel_u64(s, "swap_outs") >= pages;
}

static bool find_page(const struct stage *s, uint64_t cr3, struct swapped *w)
{
    for (uint64_t page = 1; page < TAKE_MIB * 256; page++) {
        w->la = w->base + page * PAGE;
        w->entry = entry_under(s, cr3, w->la);
        if (w->entry && !(w->entry & 1))
            return true;
    }
    return false;
}

static void look_at_disk(struct stage *s, const struct ramdisk *d, struct swapped *w)
{
    char text[TEXT];
    const struct task t = task_named(s, "swapper", 0);
    w->base = printed_number(s, "KiB at ");
    if (!observed(s, w->base && t.pid && find_page(s, t.cr3, w), "an entry that is not present"))
        return;
    const uint64_t slot = (w->entry >> 12) - 1, sector = d->sectors / 2 + slot * PER_PAGE;
    fact("After %" PRIu64 " pages went out, the entry of 0x%" PRIx64 " says",
         kernel_u64(s, "swap_outs"), w->la);
    fact("  %s: place %" PRIu64 " on the disk", entry_text(w->entry, text), slot);
    if (!observed(s, sector + PER_PAGE <= d->sectors, "a place on the disk"))
        return;
    memcpy(&w->word, d->bytes + sector * LIBCPU_DISK_SECTOR, sizeof(w->word));
    fact("  sector %" PRIu64 " begins with 0x%" PRIx64, sector, w->word);
    observed(s, w->word != 0, "the page on the disk");
}

static void look_at_return(struct stage *s, const struct swapped *w)
{
    char text[TEXT];
    const struct moment *again = next_fault(s, NULL, "swapper", w->la, w->la + PAGE - 1),
                        *e = again;
    if (!observed(s, again && again->after.ok, "the page's return"))
        return;
    fact("Later the program touches 0x%" PRIx64 ": #PF,", e->e.address);
    fact("  %s", fault_text(e->e.error_code, text));
    fact("     %s", entry_text(last_entry(&e->before), text));
    fact("  -> %s", entry_text(last_entry(&e->after), text));
    fact("  where it begins with 0x%" PRIx64, w->back);
    unsigned out = 0;
    for (e = NULL; (e = next_fault(s, e, "swapper", w->base, w->base + PAGE - 1));)
        out++;
    fact("The page that it touches all the time, 0x%" PRIx64 ", was missing %u times.", w->base,
         out);
    observed(s, out == 0, "a page that stays because it is used");
    observed(s, again->before.steps && last_entry(&again->before) == w->entry && w->back == w->word,
             "the same page again");
}

static void play(struct stage *s, struct ramdisk *d)
{
    const struct stage_options o = {.ram_size = RAM_MIB << 20};
    struct swapped w = {0};
    char line[32];
    if (!observed(s, stage_load(s, &o) && ramdisk_add(d, s->m, DISK_MIB) && stage_to_prompt(s),
                  "the shell's prompt"))
        return;
    snprintf(line, sizeof(line), "swapper %d", TAKE_MIB);
    fact("%d MiB of RAM, and a program that wants to use %d MiB:", RAM_MIB, TAKE_MIB);
    fact("$ %s", line);
    stage_type(s, line);
    stage_type(s, "\n");
    if (!observed(s, until_swapped(s, 100), "pages that go to the disk"))
        return;
    look_at_disk(s, d, &w);
    s->probe = keep_word;
    s->user = &w;
    stage_record(s);
    if (!observed(s, stage_to_prompt(s), "the command's end"))
        return;
    look_at_return(s, &w);
    fact("In all %" PRIu64 " pages went out and %" PRIu64 " came back.", kernel_u64(s, "swap_outs"),
         kernel_u64(s, "swap_ins"));
    observed(s, kernel_u64(s, "swap_ins") > 0 && strstr(s->out, " 0 pages of") != NULL,
             "memory as the program has left it");
}

void scene_swapping(struct stage *s)
{
    struct ramdisk d = {NULL, 0};
    play(s, &d);
    stage_end(s); /* the machine goes before its disk */
    ramdisk_free(&d);
}

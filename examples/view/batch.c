/*
 * batch.c - one line for each address: the same model as the Walk screen's.
 */
#include "batch.h"

#include "model_walk.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void print_line(libcpu *m, uint64_t la, uint32_t access)
{
    static struct model_walk w; /* large */
    struct libcpu_walk walk;
    if (libcpu_translate(m, la, access, &walk))
        return;
    model_walk(m, &walk, &w);
    printf("%016" PRIx64 " ", la);
    if (!w.walk.canonical) {
        printf("not canonical\n");
        return;
    }
    if (w.walk.ok)
        printf("pa %" PRIx64 " %c%c%c %u\n", w.walk.pa, w.walk.user ? 'u' : 's',
               w.walk.writable ? 'w' : '-', w.walk.executable ? 'x' : '-', w.walk.page_shift);
    else
        printf("fault %x at %s\n", w.walk.error_code,
               w.walk.steps ? w.level[w.walk.steps - 1].entry : "?");
}

int batch_print(struct view *v, const char *path, uint32_t access)
{
    char line[128];
    int status = 0;
    FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
    if (!f) {
        fprintf(stderr, "libcpu-view: --at '@%s': cannot read the file\n", path);
        return COMPUTER_NO_INPUT;
    }
    while (status == 0 && fgets(line, sizeof(line), f)) {
        uint64_t la;
        line[strcspn(line, "\r\n")] = '\0';
        if (view_parse_address(v, line, &la))
            print_line(v->session.m, la, access);
        else
            status = computer_usage(v->session.computer, "--at", line, "no address");
    }
    if (f != stdin)
        fclose(f);
    return status;
}

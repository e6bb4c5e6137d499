/*
 * counts.c - what a campaign has compared, as a table that docs/INSTRUCTIONS.md is made from.
 */
#include "exec/campaign.h"
#include "support/row_id.h"

#include <stdio.h>

static void write_extension(FILE *f, const struct campaign_result *r, unsigned feature)
{
    unsigned rows = 0, compared = 0;
    unsigned long long instances = 0;
    for (unsigned i = 0; i < lc_row_count; i++) {
        if (lc_rows[i].feature != feature)
            continue;
        rows++;
        compared += r->row[i].compared != 0;
        instances += r->row[i].compared;
    }
    if (rows)
        fprintf(f, "EXTENSION(\"%s\", %u, %u, %llu, %u)\n", campaign_feature_name(feature), rows,
                compared, instances, r->programs_with[feature]);
}

bool campaign_write_counts(const struct campaign_result *r, const char *path)
{
    FILE *f = fopen(path, "w");
    if (!f)
        return false;
    fprintf(f, "/*\n"
               " * silicon_counts.def - what has been compared with silicon without a difference, "
               "written by\n"
               " * `test_silicon --counts`: EXTENSION(name, rows, rows compared, instances, "
               "programs that it\n"
               " * occurs in); ROW(number made from the row by support/row_id.h, instances).\n"
               " */\n\n/* clang-format off */\n\n");
    for (unsigned i = 0; i < LC_FEATURES; i++)
        write_extension(f, r, i);
    for (unsigned i = 0; i < lc_row_count; i++)
        if (r->row[i].compared && !r->row[i].different)
            fprintf(f, "ROW(0x%08x, %u) /* %s */\n", row_id(&lc_rows[i]), r->row[i].compared,
                    lc_rows[i].mnemonic);
    fprintf(f, "\n/* clang-format on */\n");
    return fclose(f) == 0;
}

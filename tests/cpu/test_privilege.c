/*
 * Privilege as the table has it: every row that asks for CPL 0 is refused elsewhere, in every mode
 * where it exists.
 */
#include "cpu/rowbytes.h"
#include "cpu/sysrig.h"

static struct outcome try_row(struct rig *r, const struct lc_row *row, enum rig_mode mode,
                              unsigned cpl, bool *exists)
{
    uint8_t bytes[LC_INSN_MAX];
    size_t n = row_bytes(row, rig_width(mode), bytes);
    *exists = n != 0 && !(mode == RIG_VM86 && (row->attr & LC_ATTR_PROT));
    if (!*exists)
        return (struct outcome){0};
    rig_mode(r, mode, cpl);
    if (r->c->efer & LC_EFER_LMA)
        r->c->efer |= LC_EFER_SCE;
    r->c->cr4 |= LC_CR4_OSXSAVE;
    return rig_run(r, bytes, n);
}

static void refused(void **state)
{
    static const enum rig_mode modes[] = {RIG_PROT16, RIG_PROT32, RIG_VM86, RIG_COMPAT, RIG_LONG};
    struct rig r;
    bool exists;
    unsigned seen = 0;
    (void)state;
    rig_open(&r, NULL);
    for (unsigned i = 0; i < lc_row_count; i++) {
        const struct lc_row *row = &lc_rows[i];
        if (!(row->attr & (LC_ATTR_PRIV0 | LC_ATTR_CPL0UD)))
            continue;
        for (size_t m = 0; m < LC_ARRAY_LEN(modes); m++) {
            for (unsigned cpl = 1; cpl < 4; cpl++) {
                struct outcome o =
                    try_row(&r, row, modes[m], modes[m] == RIG_VM86 ? 3 : cpl, &exists);
                int want = row->attr & LC_ATTR_CPL0UD ? LC_VEC_UD : LC_VEC_GP;
                if (exists && (!o.fault || (int)o.vector != want || o.error != 0))
                    fail_msg("%s, %s, CPL %u: vector %d, not %d", row->mnemonic,
                             rig_mode_name(modes[m]), cpl, o.fault ? (int)o.vector : -1, want);
                seen += exists;
            }
        }
    }
    assert_true(seen > 150);
    rig_close(&r);
}

/* The same instructions at CPL 0 are not refused for the level: none is #UD, and those that need
 * nothing else are done. */
static void allowed(void **state)
{
    static const char *const plain[] = {"mov",  "clts",   "hlt",     "invlpg", "swapgs",
                                        "invd", "wbinvd", "monitor", "mwait",  "clac",
                                        "stac", "lgdt",   "lidt",    "lmsw"};
    struct rig r;
    bool exists;
    (void)state;
    rig_open(&r, NULL);
    for (unsigned i = 0; i < lc_row_count; i++) {
        const struct lc_row *row = &lc_rows[i];
        if (!(row->attr & (LC_ATTR_PRIV0 | LC_ATTR_CPL0UD)))
            continue;
        struct outcome o = try_row(&r, row, RIG_LONG, 0, &exists);
        if (exists && o.fault && o.vector == LC_VEC_UD)
            fail_msg("%s: #UD at CPL 0", row->mnemonic);
        bool writes_cr = LC_OPD_KIND(row->operand[0]) == LC_OPK_C; /* 0 is no good value */
        for (size_t k = 0; k < LC_ARRAY_LEN(plain) && exists && !writes_cr; k++)
            if (strcmp(plain[k], row->mnemonic) == 0 && o.fault)
                fail_msg("%s: vector %u at CPL 0", row->mnemonic, o.vector);
    }
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refused),
        cmocka_unit_test(allowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

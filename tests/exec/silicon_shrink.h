/*
 * silicon_shrink.h - from a case that differs to the shortest one that still does.
 */
#ifndef LC_TESTS_EXEC_SILICON_SHRINK_H
#define LC_TESTS_EXEC_SILICON_SHRINK_H

#include "exec/silicon.h"

/* Make `c`, which differs, as small as it goes: fewer instructions, then zero registers and memory.
 * The oracle's first case and both backgrounds, which are zero afterwards, are used.  False: it
 * does not differ when it is run again. */
bool silicon_shrink(struct silicon *s, struct oracle *o, struct gen *g, struct oracle_case *c,
                    struct gen_info *info, struct oracle_outcome *mine);

#endif

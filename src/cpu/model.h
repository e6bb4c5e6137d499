/*
 * model.h - CPU models by name, and features switched on and off by name.
 */
#ifndef LC_CPU_MODEL_H
#define LC_CPU_MODEL_H

#include "base/error.h"
#include "cpu/feature.h"

#include <stdint.h>

/*
 * MODEL[,+FEATURE][,-FEATURE]... to feature bits, read from left to right.  NULL and "" are the
 * model "max".  A feature taken away takes with it all that need it (-sse: -avx too); one added
 * must have what it needs when all is read (+avx without +xsave is refused, naming both).  Errors:
 * UNSUPPORTED (names the model or feature that is not known), INVALID; features[] is then as
 * before.
 */
enum libcpu_err lc_model_parse(const char *spec, uint64_t features[4], struct lc_error *e);

/* Take a feature away, and all that need it. */
void lc_model_drop(uint64_t features[4], unsigned feature);

/* Name of a feature as a specification has it, or NULL. */
const char *lc_feature_name(unsigned feature);
/* Name of the n-th model, or NULL when there are fewer. */
const char *lc_model_name(unsigned n);
/* The n-th feature that a feature needs; LC_FEAT_BASE when there are fewer. */
unsigned lc_feature_need(unsigned feature, unsigned n);

#endif

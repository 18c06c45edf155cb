/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers, durations and sizes out of text, whole text or error, with bounds.
 * Results are written only on success.  Errors: OCT_EPARSE (not of the form),
 * -ERANGE (outside lo..hi).  Any thread.
 */
#ifndef OCT_LIB_NUM_H
#define OCT_LIB_NUM_H

#include "lib/def.h"

/* Decimal integer, optional '-'. */
OCT_CHECK int oct_num_int(const char *s, int64_t lo, int64_t hi, int64_t *out);

/* Duration "500ms", "20s", "15min", "6h", "7d" (a bare 0 too) in milliseconds. */
OCT_CHECK int oct_num_duration(const char *s, int64_t lo_ms, int64_t hi_ms,
    int64_t *out_ms);

/* Size "512", "25k", "10M", "5G" (powers of 1,024) in octets. */
OCT_CHECK int oct_num_size(const char *s, int64_t lo, int64_t hi, int64_t *out);

#endif

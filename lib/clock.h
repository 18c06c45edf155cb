/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time, replaceable in tests.  Deadlines are absolute monotonic milliseconds;
 * dates are Unix milliseconds.  Any thread.
 */
#ifndef OCT_LIB_CLOCK_H
#define OCT_LIB_CLOCK_H

#include "lib/def.h"

/* Milliseconds of the monotonic clock: for deadlines and durations. */
int64_t oct_clock_mono_ms(void);

/* Milliseconds since 1970-01-01 UTC: for dates that are stored or shown. */
int64_t oct_clock_wall_ms(void);

/*
 * Tests only: wall time is base_ms and stands still until set again; a negative
 * value returns to the true clock.  Not for use with threads running.
 */
void oct_clock_set_wall_ms(int64_t base_ms);

/* RFC 5322 3.3 date-time in UTC ("Sat, 21 Nov 2026 10:00:00 +0000"). */
#define OCT_CLOCK_RFC5322_SIZE 40
void oct_clock_rfc5322(int64_t wall_ms, char out[OCT_CLOCK_RFC5322_SIZE]);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When a mailbox gets its digest: days of the week and hours, told in the time
 * zone of the process, summer time and all.  A schedule is one number, so that it
 * is an option like the others (policy/options.h).  Pure, any thread.
 */
#ifndef OCT_POLICY_DIGEST_SCHEDULE_H
#define OCT_POLICY_DIGEST_SCHEDULE_H

#include "lib/def.h"

/* Bits 0 to 23: hours; 24 to 30: days, Monday first.  0 = off. */
#define DIGEST_OFF 0
#define DIGEST_DAYS(bits) ((int64_t)(bits) << 24)
#define DIGEST_HOUR(h) ((int64_t)1 << (h))
#define DIGEST_WEEKDAYS DIGEST_DAYS(0x1f)
#define DIGEST_DAILY DIGEST_DAYS(0x7f)
#define DIGEST_STANDARD (DIGEST_WEEKDAYS | DIGEST_HOUR(8))
/* What the Challenge option keeps where the digest is off (challenge.md 10e). */
#define DIGEST_WEEKLY (DIGEST_DAYS(0x01) | DIGEST_HOUR(8))
#define DIGEST_MAX (DIGEST_DAILY | (int64_t)0xfc0000)

#define DIGEST_HOURS_MAX 6 /* digests a day */
#define DIGEST_TEXT_SIZE 48

/* "off", "daily@8", "weekdays@8,14", "mon,thu@8"; read too: "weekly@8", on
 * Mondays.  OCT_EPARSE. */
OCT_CHECK int digest_schedule_parse(const char *text, int64_t *out);
void digest_schedule_text(int64_t schedule, char out[DIGEST_TEXT_SIZE]);
#define DIGEST_EXPECTED \
	"off, or days@hours such as daily@8, weekdays@8,14 or mon,thu@8 (at " \
	"most 6 hours)"

/*
 * The first time of the schedule after that one; INT64_MAX if it is off.  An hour
 * that a change to summer time leaves out is the one after it; one that comes
 * twice is the first.
 */
int64_t digest_schedule_next(int64_t schedule, int64_t after_ms);

#endif

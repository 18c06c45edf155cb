/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dates for people to read, in the local time zone (TZ), whatever the locale.
 * Any thread (tzset has run at the start of the program).
 */
#ifndef OCT_LIB_DATE_TEXT_H
#define OCT_LIB_DATE_TEXT_H

#include "lib/def.h"
#include "lib/str.h"

/* "samedi 21 novembre 2026 à 9 h 05": no-break spaces inside the hour. */
void oct_date_fr(struct oct_str *out, int64_t wall_ms);

/* "Saturday 21 November 2026 at 09:05 (UTC+1)". */
void oct_date_en(struct oct_str *out, int64_t wall_ms);

#endif

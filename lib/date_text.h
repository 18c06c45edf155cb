/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dates for people to read, in the time zone of the process, whatever the
 * locale.  Any thread, once the zone is set.
 */
#ifndef OCT_LIB_DATE_TEXT_H
#define OCT_LIB_DATE_TEXT_H

#include "lib/def.h"
#include "lib/str.h"

/* "Europe/Paris": the zone of this process from here on.  Before there are
 * threads: it is kept in the environment. */
OCT_CHECK int oct_date_zone(const char *name);

/* "samedi 21 novembre 2026 à 9 h 05": no-break spaces inside the hour. */
void oct_date_fr(struct oct_str *out, int64_t wall_ms);

/* The same and where that hour is told: " (heure de Paris)" if TZ names a zone
 * of the French Republic, else " (UTC+1)". */
void oct_date_fr_zone(struct oct_str *out, int64_t wall_ms);

/* "Saturday 21 November 2026 at 09:05 (UTC+1)". */
void oct_date_en(struct oct_str *out, int64_t wall_ms);

#endif

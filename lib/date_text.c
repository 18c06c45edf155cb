/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/date_text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int
oct_date_zone(const char *name)
{
	if (setenv("TZ", name, 1) != 0)
		return -errno;
	tzset();
	return 0;
}

static struct tm
local(int64_t wall_ms)
{
	time_t t = (time_t)(wall_ms / 1000);
	struct tm tm = { 0 };

	(void)localtime_r(&t, &tm);
	return tm;
}

void
oct_date_fr(struct oct_str *out, int64_t wall_ms)
{
	static const char *const day[7] = { "dimanche", "lundi", "mardi",
		"mercredi", "jeudi", "vendredi", "samedi" };
	static const char *const month[12] = { "janvier", "février", "mars",
		"avril", "mai", "juin", "juillet", "août", "septembre",
		"octobre", "novembre", "décembre" };
	struct tm tm = local(wall_ms);

	oct_str_addf(out, "%s %d%s %s %d à\u00a0%d\u00a0h\u00a0%02d",
	    day[tm.tm_wday % 7], tm.tm_mday, tm.tm_mday == 1 ? "er" : "",
	    month[tm.tm_mon % 12], tm.tm_year + 1900, tm.tm_hour, tm.tm_min);
}

static void
zone(struct oct_str *out, long offset_s)
{
	long minutes = (offset_s < 0 ? -offset_s : offset_s) / 60;

	oct_str_add(out, "UTC");
	if (minutes == 0)
		return;
	oct_str_addf(out, "%c%ld", offset_s < 0 ? '-' : '+', minutes / 60);
	if (minutes % 60 != 0)
		oct_str_addf(out, ":%02ld", minutes % 60);
}

void
oct_date_fr_zone(struct oct_str *out, int64_t wall_ms)
{
	static const char *const known[][2] = {
		{ "Europe/Paris", "heure de Paris" },
		{ "America/Cayenne", "heure de Cayenne" },
		{ "America/Guadeloupe", "heure de la Guadeloupe" },
		{ "America/Martinique", "heure de la Martinique" },
		{ "America/Miquelon", "heure de Saint-Pierre" },
		{ "Indian/Mayotte", "heure de Mayotte" },
		{ "Indian/Reunion", "heure de La Réunion" },
		{ "Pacific/Noumea", "heure de Nouméa" },
		{ "Pacific/Tahiti", "heure de Tahiti" },
	};
	const char *tz = getenv("TZ");
	struct tm tm = local(wall_ms);

	oct_date_fr(out, wall_ms);
	for (size_t i = 0; tz != NULL && i < OCT_LEN(known); i++) {
		if (strcmp(tz, known[i][0]) == 0) {
			oct_str_addf(out, " (%s)", known[i][1]);
			return;
		}
	}
	oct_str_add(out, " (");
	zone(out, tm.tm_gmtoff);
	oct_str_addc(out, ')');
}

void
oct_date_en(struct oct_str *out, int64_t wall_ms)
{
	static const char *const day[7] = { "Sunday", "Monday", "Tuesday",
		"Wednesday", "Thursday", "Friday", "Saturday" };
	static const char *const month[12] = { "January", "February", "March",
		"April", "May", "June", "July", "August", "September",
		"October", "November", "December" };
	struct tm tm = local(wall_ms);

	oct_str_addf(out, "%s %d %s %d at\u00a0%02d:%02d\u00a0(",
	    day[tm.tm_wday % 7], tm.tm_mday, month[tm.tm_mon % 12],
	    tm.tm_year + 1900, tm.tm_hour, tm.tm_min);
	zone(out, tm.tm_gmtoff);
	oct_str_addc(out, ')');
}

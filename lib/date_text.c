/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/date_text.h"

#include <time.h>

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

	oct_str_addf(out, "%s %d%s %s %d à %d\u00a0h\u00a0%02d",
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
oct_date_en(struct oct_str *out, int64_t wall_ms)
{
	static const char *const day[7] = { "Sunday", "Monday", "Tuesday",
		"Wednesday", "Thursday", "Friday", "Saturday" };
	static const char *const month[12] = { "January", "February", "March",
		"April", "May", "June", "July", "August", "September",
		"October", "November", "December" };
	struct tm tm = local(wall_ms);

	oct_str_addf(out, "%s %d %s %d at %02d:%02d (", day[tm.tm_wday % 7],
	    tm.tm_mday, month[tm.tm_mon % 12], tm.tm_year + 1900, tm.tm_hour,
	    tm.tm_min);
	zone(out, tm.tm_gmtoff);
	oct_str_addc(out, ')');
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/digest_schedule.h"

#include <string.h>
#include <time.h>

#include "lib/err.h"
#include "lib/num.h"
#include "lib/str.h"

#define HOURS 24
#define DAYS 7
#define DAY_S 86400
#define WORD_SIZE 16

static const char *const day_names[DAYS] = { "mon", "tue", "wed", "thu", "fri",
	"sat", "sun" };

static bool
has_hour(int64_t schedule, int hour)
{
	return (schedule & DIGEST_HOUR(hour)) != 0;
}

static bool
has_day(int64_t schedule, int day)
{
	return (schedule & DIGEST_DAYS(1 << day)) != 0;
}

/* --- As text ------------------------------------------------------------- */

/* The word up to a comma or the end; *text is moved past it.  False: it is too
 * long, or empty. */
static bool
take_word(const char **text, char end, char out[WORD_SIZE])
{
	size_t len = 0;

	while ((*text)[len] != '\0' && (*text)[len] != ',' &&
	    (*text)[len] != end)
		len++;
	if (len == 0 || len >= WORD_SIZE)
		return false;
	memcpy(out, *text, len);
	out[len] = '\0';
	*text += len;
	return true;
}

static int64_t
days_of(const char *word)
{
	if (strcmp(word, "daily") == 0)
		return DIGEST_DAILY;
	if (strcmp(word, "weekdays") == 0)
		return DIGEST_WEEKDAYS;
	if (strcmp(word, "weekly") == 0)
		return DIGEST_DAYS(1);
	for (int i = 0; i < DAYS; i++)
		if (strcmp(word, day_names[i]) == 0)
			return DIGEST_DAYS(1 << i);
	return 0;
}

static int64_t
hour_of(const char *word)
{
	int64_t hour;

	return oct_num_int(word, 0, HOURS - 1, &hour) == 0 ? DIGEST_HOUR(hour)
							   : 0;
}

/* Words with commas between, up to `end`; each must add something. */
static int
take_list(const char **text, char end, int64_t (*of)(const char *),
    int64_t *out)
{
	char word[WORD_SIZE];
	int64_t bits;

	do {
		if (!take_word(text, end, word))
			return OCT_EPARSE;
		bits = of(word);
		if (bits == 0 || (*out & bits) == bits)
			return OCT_EPARSE;
		*out |= bits;
	} while (**text == ',' && *(*text)++ != '\0');
	return **text == end ? 0 : OCT_EPARSE;
}

int
digest_schedule_parse(const char *text, int64_t *out)
{
	int64_t schedule = 0;
	int hours = 0, rc;

	if (strcmp(text, "off") == 0) {
		*out = DIGEST_OFF;
		return 0;
	}
	rc = take_list(&text, '@', days_of, &schedule);
	if (rc != 0)
		return rc;
	text++;
	rc = take_list(&text, '\0', hour_of, &schedule);
	for (int h = 0; h < HOURS; h++)
		hours += has_hour(schedule, h);
	if (rc != 0 || hours > DIGEST_HOURS_MAX)
		return OCT_EPARSE;
	*out = schedule;
	return 0;
}

void
digest_schedule_text(int64_t schedule, char out[DIGEST_TEXT_SIZE])
{
	int64_t days = schedule & DIGEST_DAILY;
	struct oct_str s;
	const char *comma = "";

	oct_str_fixed(&s, out, DIGEST_TEXT_SIZE);
	if (schedule == DIGEST_OFF) {
		oct_str_add(&s, "off");
		return;
	}
	if (days == DIGEST_DAILY || days == DIGEST_WEEKDAYS)
		oct_str_add(&s, days == DIGEST_DAILY ? "daily" : "weekdays");
	else
		for (int d = 0; d < DAYS; d++) {
			if (!has_day(schedule, d))
				continue;
			oct_str_addf(&s, "%s%s", comma, day_names[d]);
			comma = ",";
		}
	comma = "@";
	for (int h = 0; h < HOURS; h++) {
		if (!has_hour(schedule, h))
			continue;
		oct_str_addf(&s, "%s%d", comma, h);
		comma = ",";
	}
}

/* --- As time --------------------------------------------------------------- */

static struct tm
local(time_t t)
{
	struct tm tm = { 0 };

	(void)localtime_r(&t, &tm);
	return tm;
}

/* When it is that hour of that civil day (a midnight as if it were UTC).  Not
 * mktime(3): what it makes of an hour that comes twice, or never, depends on what
 * it was asked before. */
static time_t
at_hour(time_t civil_day, int hour)
{
	time_t as_utc = civil_day + (time_t)hour * 3600;
	long before = local(as_utc - DAY_S).tm_gmtoff;
	long after = local(as_utc + DAY_S).tm_gmtoff;
	time_t first = as_utc - (before > after ? before : after);
	time_t second = as_utc - (before > after ? after : before);

	if (local(first).tm_hour == hour)
		return first;
	/* Of an hour that is left out, this is the one after it. */
	return local(second).tm_hour == hour ? second : as_utc - before;
}

/* On that day, the first of its hours after t; -1: none. */
static time_t
on_day(int64_t schedule, time_t civil_day, time_t t)
{
	time_t best = -1;

	for (int h = 0; h < HOURS; h++) {
		time_t at;

		if (!has_hour(schedule, h))
			continue;
		at = at_hour(civil_day, h);
		if (at > t && (best == -1 || at < best))
			best = at;
	}
	return best;
}

int64_t
digest_schedule_next(int64_t schedule, int64_t after_ms)
{
	/* A slot at the second of after_ms is past. */
	time_t t = (time_t)(after_ms / 1000), civil;
	struct tm tm = local(t);

	if ((schedule & DIGEST_DAILY) == 0 ||
	    (schedule & (DIGEST_DAYS(1) - 1)) == 0)
		return INT64_MAX;
	civil = t + tm.tm_gmtoff;
	civil -= civil % DAY_S;
	for (int i = 0; i <= DAYS; i++) {
		time_t day = civil + (time_t)i * DAY_S, at;

		/* 1970-01-01 was a Thursday. */
		if (!has_day(schedule, (int)((day / DAY_S + 3) % DAYS)))
			continue;
		at = on_day(schedule, day, t);
		if (at != -1)
			return (int64_t)at * 1000;
	}
	return INT64_MAX;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "lib/date_text.h"
#include "lib/err.h"
#include "policy/digest_schedule.h"

static void
schedules_are_read_and_written(void **state)
{
	static const struct {
		const char *name, *text;
		int rc;
		const char *canonical;
	} rows[] = {
		{ "off", "off", 0, "off" },
		{ "every day", "daily@8", 0, "daily@8" },
		{ "midnight", "daily@0", 0, "daily@0" },
		{ "several hours, sorted", "weekdays@14,8", 0,
		    "weekdays@8,14" },
		{ "a zero before", "weekdays@08", 0, "weekdays@8" },
		{ "one day", "thu@17", 0, "thu@17" },
		{ "days, sorted", "fri,mon@8", 0, "mon,fri@8" },
		{ "weekly is Monday", "weekly@9", 0, "mon@9" },
		{ "all days are daily", "mon,tue,wed,thu,fri,sat,sun@8", 0,
		    "daily@8" },
		{ "working days by name", "mon,tue,wed,thu,fri@8", 0,
		    "weekdays@8" },
		{ "weekdays and one", "weekdays,sat@8", 0,
		    "mon,tue,wed,thu,fri,sat@8" },
		{ "six hours", "mon,tue,wed,thu,fri,sat@10,11,12,13,14,15", 0,
		    "mon,tue,wed,thu,fri,sat@10,11,12,13,14,15" },
		{ "seven hours", "daily@1,2,3,4,5,6,7", OCT_EPARSE, NULL },
		{ "no hour", "daily", OCT_EPARSE, NULL },
		{ "no hour after @", "daily@", OCT_EPARSE, NULL },
		{ "no day", "@8", OCT_EPARSE, NULL },
		{ "an hour too late", "daily@24", OCT_EPARSE, NULL },
		{ "twice the same hour", "daily@8,8", OCT_EPARSE, NULL },
		{ "twice the same day", "mon,mon@8", OCT_EPARSE, NULL },
		{ "a day that a word has", "weekdays,mon@8", OCT_EPARSE, NULL },
		{ "an unknown day", "lundi@8", OCT_EPARSE, NULL },
		{ "a comma at the end", "daily@8,", OCT_EPARSE, NULL },
		{ "two @", "daily@8@9", OCT_EPARSE, NULL },
		{ "a day after the hours", "daily@8,mon", OCT_EPARSE, NULL },
		{ "nothing", "", OCT_EPARSE, NULL },
		{ "a long word", "mondaymondaymondaymonday@8", OCT_EPARSE,
		    NULL },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		char text[DIGEST_TEXT_SIZE];
		int64_t v = -1, again = -1;

		print_message("  %s\n", rows[i].name);
		assert_int_equal(digest_schedule_parse(rows[i].text, &v),
		    rows[i].rc);
		if (rows[i].rc != 0) {
			assert_int_equal(v, -1);
			continue;
		}
		assert_true(v >= 0 && v <= DIGEST_MAX);
		digest_schedule_text(v, text);
		assert_string_equal(text, rows[i].canonical);
		assert_int_equal(digest_schedule_parse(text, &again), 0);
		assert_int_equal(again, v);
	}
}

/* "2026-11-21 10:00" in the zone of the process, and what it is from UTC. */
static void
shown(int64_t ms, char out[40])
{
	time_t t = (time_t)(ms / 1000);
	struct tm tm;

	assert_non_null(localtime_r(&t, &tm));
	assert_true(strftime(out, 40, "%Y-%m-%d %H:%M %z", &tm) > 0);
}

/* A time of UTC. */
static int64_t
utc(const char *text)
{
	struct tm tm = { 0 };

	assert_non_null(strptime(text, "%Y-%m-%d %H:%M:%S", &tm));
	return (int64_t)timegm(&tm) * 1000;
}

static void
the_next_time_of_a_schedule(void **state)
{
	static const struct {
		const char *name, *schedule, *after, *next;
	} rows[] = {
		/* 2026-11-20 is a Friday. */
		{ "later today", "weekdays@8,14", "2026-11-20 07:30:00",
		    "2026-11-20 14:00 +0100" },
		{ "just before", "weekdays@8", "2026-11-20 06:59:59",
		    "2026-11-20 08:00 +0100" },
		{ "at that very time it is past", "weekdays@8",
		    "2026-11-20 07:00:00", "2026-11-23 08:00 +0100" },
		{ "over the weekend", "weekdays@8", "2026-11-20 16:00:00",
		    "2026-11-23 08:00 +0100" },
		{ "daily does not mind it", "daily@8", "2026-11-20 16:00:00",
		    "2026-11-21 08:00 +0100" },
		{ "in a week", "fri@8", "2026-11-20 07:00:01",
		    "2026-11-27 08:00 +0100" },
		{ "two days", "mon,fri@8", "2026-11-20 12:00:00",
		    "2026-11-23 08:00 +0100" },
		{ "midnight is of the next day", "daily@0",
		    "2026-11-20 22:59:59", "2026-11-21 00:00 +0100" },
		{ "the day of UTC is not ours", "sat@0", "2026-11-20 22:30:00",
		    "2026-11-21 00:00 +0100" },
		{ "over the end of the year", "fri@8", "2026-12-31 12:00:00",
		    "2027-01-01 08:00 +0100" },
		/* Summer time begins on 2027-03-28, 01:00 UTC. */
		{ "before summer", "daily@8", "2027-03-27 03:00:00",
		    "2027-03-27 08:00 +0100" },
		{ "the day it begins", "daily@8", "2027-03-27 12:00:00",
		    "2027-03-28 08:00 +0200" },
		{ "an hour left out", "daily@2", "2027-03-27 12:00:00",
		    "2027-03-28 03:00 +0200" },
		{ "and then not again", "daily@2", "2027-03-28 01:00:00",
		    "2027-03-29 02:00 +0200" },
		{ "left out, and the next one", "daily@2,3",
		    "2027-03-28 01:00:00", "2027-03-29 02:00 +0200" },
		{ "the hour before", "daily@1", "2027-03-27 12:00:00",
		    "2027-03-28 01:00 +0100" },
		/* It ends on 2027-10-31, 01:00 UTC. */
		{ "an hour that comes twice: the first", "daily@2",
		    "2027-10-30 12:00:00", "2027-10-31 02:00 +0200" },
		{ "and not the second", "daily@2", "2027-10-31 00:00:00",
		    "2027-11-01 02:00 +0100" },
		{ "between the two", "daily@2", "2027-10-31 00:30:00",
		    "2027-11-01 02:00 +0100" },
		{ "the day it ends", "daily@8", "2027-10-31 02:00:00",
		    "2027-10-31 08:00 +0100" },
		{ "the hour after", "daily@3", "2027-10-30 12:00:00",
		    "2027-10-31 03:00 +0100" },
		/* The first minutes of a civil day that UTC has not begun. */
		{ "after midnight here", "weekdays@8", "2026-11-22 23:30:00",
		    "2026-11-23 08:00 +0100" },
	};

	(void)state;
	assert_int_equal(oct_date_zone("Europe/Paris"), 0);
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		char text[40];
		int64_t schedule;

		print_message("  %s\n", rows[i].name);
		assert_int_equal(digest_schedule_parse(rows[i].schedule,
				     &schedule),
		    0);
		shown(digest_schedule_next(schedule, utc(rows[i].after)),
		    text);
		assert_string_equal(text, rows[i].next);
	}
}

/* Whatever was asked before, and wherever it is. */
static void
other_zones(void **state)
{
	static const struct {
		const char *zone, *schedule, *after, *next;
	} rows[] = {
		{ "America/Cayenne", "daily@8", "2026-11-20 10:59:59",
		    "2026-11-20 08:00 -0300" },
		{ "Pacific/Noumea", "sat@8", "2026-11-20 12:00:00",
		    "2026-11-21 08:00 +1100" },
		{ "America/Miquelon", "daily@2", "2027-03-13 12:00:00",
		    "2027-03-14 03:00 -0200" },
		{ "UTC", "daily@8", "2026-11-20 08:00:00",
		    "2026-11-21 08:00 +0000" },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		char text[40];
		int64_t schedule;

		print_message("  %s\n", rows[i].zone);
		assert_int_equal(oct_date_zone(rows[i].zone), 0);
		assert_int_equal(digest_schedule_parse(rows[i].schedule,
				     &schedule),
		    0);
		shown(digest_schedule_next(schedule, utc(rows[i].after)),
		    text);
		assert_string_equal(text, rows[i].next);
	}
}

static void
off_never_comes(void **state)
{
	(void)state;
	assert_true(digest_schedule_next(DIGEST_OFF, 0) == INT64_MAX);
	assert_true(digest_schedule_next(DIGEST_DAILY, 0) == INT64_MAX);
	assert_true(digest_schedule_next(DIGEST_HOUR(8), 0) == INT64_MAX);
}

/* A year of hours: each time comes, none twice, and in order. */
static void
a_year_has_one_for_each_day(void **state)
{
	int64_t at = utc("2026-12-31 12:00:00"), end = utc("2027-12-31 12:00:00");
	int n = 0;

	(void)state;
	assert_int_equal(oct_date_zone("Europe/Paris"), 0);
	for (;; n++) {
		int64_t next = digest_schedule_next(DIGEST_DAILY |
			DIGEST_HOUR(2), at);

		assert_true(next > at && next - at <= 26 * 3600000LL);
		if (next > end)
			break;
		at = next;
	}
	assert_int_equal(n, 365);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(schedules_are_read_and_written),
		cmocka_unit_test(the_next_time_of_a_schedule),
		cmocka_unit_test(other_zones),
		cmocka_unit_test(off_never_comes),
		cmocka_unit_test(a_year_has_one_for_each_day),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Days of the calendar as texts. */
#include "policy/detail.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/num.h"

bool
detail_is_date(const char *text)
{
	static const int64_t days[] = {
	    31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int64_t year, month, day;
	char part[DETAIL_DATE_SIZE];

	if (strlen(text) != 10 || text[4] != '-' || text[7] != '-')
		return false;
	memcpy(part, text, sizeof(part));
	part[4] = part[7] = '\0';
	if (oct_num_int(part, 1970, 9999, &year) != 0 ||
	    oct_num_int(part + 5, 1, 12, &month) != 0 ||
	    oct_num_int(part + 8, 1, days[month - 1], &day) != 0)
		return false;
	return month != 2 || day != 29 ||
	       (year % 4 == 0 && (year % 100 != 0 || year % 400 == 0));
}

void
detail_day(int64_t wall_ms, char out[DETAIL_DATE_SIZE])
{
	time_t at = (time_t)(wall_ms / 1000);
	struct tm tm;

	OCT_ASSERT(localtime_r(&at, &tm) != NULL &&
		   strftime(out, DETAIL_DATE_SIZE, "%Y-%m-%d", &tm) == 10);
}

void
detail_add_days(const char *date, int64_t days, char out[DETAIL_DATE_SIZE])
{
	struct tm tm = {.tm_hour = 12};
	time_t at;

	OCT_ASSERT(detail_is_date(date));
	OCT_ASSERT(sscanf(date, "%d-%d-%d", &tm.tm_year, &tm.tm_mon,
		       &tm.tm_mday) == 3);
	tm.tm_year -= 1900;
	tm.tm_mon--;
	at = timegm(&tm) + (time_t)(days * 86400);
	OCT_ASSERT(gmtime_r(&at, &tm) != NULL &&
		   strftime(out, DETAIL_DATE_SIZE, "%Y-%m-%d", &tm) == 10);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RFC 5322 3.3 and 4.3 dates, read without the locale and without mktime.
 */
#include <string.h>
#include <strings.h>

#include "lib/err.h"
#include "policy/score.h"

struct date {
	int day, month, year, hour, minute, second, offset_min;
};

#define COMMENT_DEPTH_MAX 16

/* Past a comment; p stands on its '('.  NULL if it does not end. */
static const char *
skip_comment(const char *p)
{
	int depth = 0;

	for (; *p != '\0'; p++) {
		if (*p == '\\' && p[1] != '\0')
			p++;
		else if (*p == '(' && ++depth > COMMENT_DEPTH_MAX)
			return NULL;
		else if (*p == ')' && --depth == 0)
			return p + 1;
	}
	return NULL;
}

/* Past white space and comments (RFC 5322 4.3 allows them everywhere). */
static const char *
skip_space(const char *p)
{
	while (p != NULL && (*p == ' ' || *p == '\t' || *p == '('))
		p = *p == '(' ? skip_comment(p) : p + 1;
	return p;
}

/* Between min and max digits into *out, and what may follow skipped; NULL if
 * not (or if p is). */
static const char *
digits(const char *p, int min, int max, int *out)
{
	int n = 0, v = 0;

	while (p != NULL && n < max && *p >= '0' && *p <= '9') {
		v = v * 10 + (*p++ - '0');
		n++;
	}
	if (n < min || (*p >= '0' && *p <= '9'))
		return NULL;
	*out = v;
	return skip_space(p);
}

static const char *
month_name(const char *p, int *out)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	for (int i = 0; p != NULL && i < 12; i++) {
		if (strncasecmp(p, names + (size_t)i * 3, 3) == 0) {
			*out = i + 1;
			return skip_space(p + 3);
		}
	}
	return NULL;
}

static const char *
time_of_day(const char *p, struct date *d)
{
	p = digits(p, 1, 2, &d->hour);
	if (p == NULL || *p != ':')
		return NULL;
	p = digits(skip_space(p + 1), 2, 2, &d->minute);
	if (p != NULL && *p == ':')
		p = digits(skip_space(p + 1), 2, 2, &d->second);
	if (p == NULL || d->hour > 23 || d->minute > 59 || d->second > 60)
		return NULL;
	return p;
}

/* +hhmm, or an obsolete name: the American ones have an offset, military letters
 * and unknown words count as -0000 (RFC 5322 4.3). */
static int
zone(const char *p, struct date *d)
{
	static const struct {
		const char name[4];
		int hours;
	} named[] = { { "EST", -5 }, { "EDT", -4 }, { "CST", -6 },
		{ "CDT", -5 }, { "MST", -7 }, { "MDT", -6 }, { "PST", -8 },
		{ "PDT", -7 } };
	size_t len = 0;
	int v;

	if (*p == '+' || *p == '-') {
		if (digits(p + 1, 4, 4, &v) == NULL || v % 100 > 59)
			return OCT_EPARSE;
		d->offset_min = v / 100 * 60 + v % 100;
		if (*p == '-')
			d->offset_min = -d->offset_min;
		return 0;
	}
	for (; p[len] != '\0' && strchr(" \t(", p[len]) == NULL; len++)
		if (p[len] >= '0' && p[len] <= '9')
			return OCT_EPARSE;
	for (size_t i = 0; len == 3 && i < OCT_LEN(named); i++)
		if (strncasecmp(p, named[i].name, 3) == 0)
			d->offset_min = named[i].hours * 60;
	return skip_space(p + len) != NULL ? 0 : OCT_EPARSE;
}

/* Days from 1970-01-01 in the proleptic Gregorian calendar. */
static int64_t
days_from_civil(int year, int month, int day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = y / 400, yoe = y - era * 400;
	int64_t doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static int
days_of_month(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30,
		31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap ? 1 : 0);
}

int
score_parse_date(const char *value, int64_t *out_ms)
{
	struct date d = { 0 };
	const char *p = skip_space(value);
	const char *comma = p != NULL ? strchr(p, ',') : NULL;

	/* The name of the day, or what stands for it, says nothing. */
	if (comma != NULL && comma - p <= 12)
		p = skip_space(comma + 1);
	p = digits(p, 1, 2, &d.day);
	p = month_name(p, &d.month);
	p = digits(p, 2, 4, &d.year);
	p = time_of_day(p, &d);
	if (p == NULL || zone(p, &d) != 0)
		return OCT_EPARSE;
	if (d.year < 50)
		d.year += 2000;
	else if (d.year < 1000)
		d.year += 1900;
	if (d.day < 1 || d.day > days_of_month(d.year, d.month))
		return OCT_EPARSE;
	*out_ms = ((days_from_civil(d.year, d.month, d.day) * 24 + d.hour) *
			60 +
		    d.minute - d.offset_min) *
		60000 +
	    (int64_t)d.second * 1000;
	return 0;
}

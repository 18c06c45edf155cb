/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dates of messages: RFC 5322 3.3, the obsolete forms of 4.3, and broken ones.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/err.h"
#include "policy/score.h"

static void
good_dates(void **state)
{
	/* Seconds by GNU date -u -d. */
	static const struct {
		const char *name, *text;
		int64_t s;
	} rows[] = {
		{ "RFC 5322 A.1.1", "Fri, 21 Nov 1997 09:55:06 -0600",
		    880127706 },
		{ "UTC", "Sat, 21 Nov 2026 10:00:00 +0000", 1795255200 },
		{ "no day of week", "21 Nov 2026 10:00:00 +0000", 1795255200 },
		{ "no seconds", "21 Nov 2026 10:00 +0000", 1795255200 },
		{ "one digit of day", "1 Jan 1970 00:00:01 +0000", 1 },
		{ "before 1970", "31 Dec 1969 23:59:59 +0000", -1 },
		{ "offset east over midnight", "1 Jan 1970 00:30:00 +0100",
		    -1800 },
		{ "half-hour zone", "21 Nov 2026 15:30:00 +0530", 1795255200 },
		{ "zone -0000", "21 Nov 2026 10:00:00 -0000", 1795255200 },
		{ "leap day", "29 Feb 2024 12:00:00 +0000", 1709208000 },
		{ "leap day of a century", "29 Feb 2000 12:00:00 +0000",
		    951825600 },
		{ "leap second", "31 Dec 2016 23:59:60 +0000", 1483228800 },
		{ "case", "SAT, 21 NOV 2026 10:00:00 +0000", 1795255200 },
		{ "comment behind", "21 Nov 2026 11:00:00 +0100 (CET)",
		    1795255200 },
		{ "leading space", " \t21 Nov 2026 10:00:00 +0000",
		    1795255200 },
		{ "many spaces", "Sat,  21   Nov  2026  10:00:00   +0000",
		    1795255200 },
		{ "no space behind the comma", "Sat,21 Nov 2026 10:00:00 +0000",
		    1795255200 },
		{ "obsolete: RFC 5322 A.6.2", "21 Nov 97 09:55:06 GMT",
		    880106106 },
		{ "obsolete: RFC 5322 A.6.3, comments inside",
		    "Fri, 21 Nov 1997 09(comment):   55  :  06 -0600",
		    880127706 },
		{ "obsolete: nested comment",
		    "(a (b\\) c) d) 21 Nov 2026 10:00:00 +0000", 1795255200 },
		{ "obsolete: year 49", "1 Jan 49 00:00:00 GMT", 2493072000 },
		{ "obsolete: year 50", "1 Jan 50 00:00:00 GMT", -631152000 },
		{ "obsolete: three digits", "1 Jan 126 00:00:00 GMT",
		    1767225600 },
		{ "obsolete: UT", "21 Nov 2026 10:00:00 UT", 1795255200 },
		{ "obsolete: EST", "21 Nov 2026 05:00:00 EST", 1795255200 },
		{ "obsolete: EDT", "21 Nov 2026 06:00:00 EDT", 1795255200 },
		{ "obsolete: PST, lower case", "21 Nov 2026 02:00:00 pst",
		    1795255200 },
		{ "obsolete: military counts as -0000",
		    "21 Nov 2026 10:00:00 A", 1795255200 },
		{ "obsolete: unknown word counts as -0000",
		    "21 Nov 2026 10:00:00 ESTX", 1795255200 },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		int64_t ms = 0;

		print_message("  %s\n", rows[i].name);
		assert_int_equal(score_parse_date(rows[i].text, &ms), 0);
		assert_int_equal(ms, rows[i].s * 1000);
	}
}

static void
broken_dates(void **state)
{
	static const char *const rows[] = { "", " ", "yesterday",
		"2026-11-21 10:00:00", "21 Nov 2026", "21 Nov 2026 10",
		"21 Nov 2026 10:00:0", "21 Nov 2026 10:00:000 +0000",
		"21 Nov 2026 24:00:00 +0000", "21 Nov 2026 10:60:00 +0000",
		"21 Nov 2026 10:00:61 +0000", "0 Nov 2026 10:00:00 +0000",
		"32 Nov 2026 10:00:00 +0000", "31 Nov 2026 10:00:00 +0000",
		"30 Feb 2024 10:00:00 +0000", "29 Feb 2026 10:00:00 +0000",
		"29 Feb 1900 10:00:00 +0000", "021 Nov 2026 10:00:00 +0000",
		"21 November 2026 10:00:00 +0000",
		"21 Nou 2026 10:00:00 +0000", "21 Nov 20266 10:00:00 +0000",
		"21 Nov 2 10:00:00 +0000", "21 Nov 2026 10:00:00 +00",
		"21 Nov 2026 10:00:00 +01000", "21 Nov 2026 10:00:00 +0060",
		"21 Nov 2026 10:00:00 +-100", "-1 Nov 2026 10:00:00 +0000",
		"Sat 21 Nov 2026 10:00:00 +0000", "Sat, Nov 21 10:00:00 2026",
		"21 Nov 2026 10:00:00 (open", "((((((((((((((((((((((((((((((",
		"%s, %n 21 Nov", "21 \xe9t\xe9 2026 10:00:00 +0000" };
	int64_t ms = 77;

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		print_message("  \"%s\"\n", rows[i]);
		assert_int_equal(score_parse_date(rows[i], &ms), OCT_EPARSE);
		assert_int_equal(ms, 77);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_dates),
		cmocka_unit_test(broken_dates),
	};

	return cmocka_run_group_tests_name("date", tests, NULL, NULL);
}

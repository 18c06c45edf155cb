/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/clock.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

static void
test_rfc5322(void **state)
{
	static const struct {
		const char *name;
		int64_t wall_ms;
		const char *text;
	} rows[] = {
		{ "epoch", 0, "Thu, 1 Jan 1970 00:00:00 +0000" },
		{ "milliseconds are dropped", 999,
		    "Thu, 1 Jan 1970 00:00:00 +0000" },
		{ "leap day", 1709164800000, "Thu, 29 Feb 2024 00:00:00 +0000" },
		{ "last second of a year", 1798761599000,
		    "Thu, 31 Dec 2026 23:59:59 +0000" },
		{ "past 2038", 2147483648000,
		    "Tue, 19 Jan 2038 03:14:08 +0000" },
	};

	(void)state;
	/* Neither zone nor language may show in mail. */
	assert_int_equal(setenv("TZ", "America/New_York", 1), 0);
	tzset();
	(void)setlocale(LC_ALL, "fr_FR.UTF-8");
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		char out[OCT_CLOCK_RFC5322_SIZE];

		print_message("  %s\n", rows[i].name);
		oct_clock_rfc5322(rows[i].wall_ms, out);
		assert_string_equal(out, rows[i].text);
	}
}

static void
test_wall_stands_still_when_set(void **state)
{
	int64_t before = (int64_t)time(NULL) * 1000;

	(void)state;
	oct_clock_set_wall_ms(12345);
	assert_int_equal(oct_clock_wall_ms(), 12345);
	assert_int_equal(oct_clock_wall_ms(), 12345);
	oct_clock_set_wall_ms(0);
	assert_int_equal(oct_clock_wall_ms(), 0);
	oct_clock_set_wall_ms(-1);
	assert_true(oct_clock_wall_ms() >= before);
	assert_true(oct_clock_wall_ms() <= before + 60000);
}

static void
test_mono_moves_on_whatever_wall_does(void **state)
{
	int64_t start = oct_clock_mono_ms(), tries = 0;

	(void)state;
	oct_clock_set_wall_ms(5);
	while (oct_clock_mono_ms() == start && tries < 100000000)
		tries++;
	assert_true(oct_clock_mono_ms() > start);
	oct_clock_set_wall_ms(-1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rfc5322),
		cmocka_unit_test(test_wall_stands_still_when_set),
		cmocka_unit_test(test_mono_moves_on_whatever_wall_does),
	};

	return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/num.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "lib/err.h"

#define UNTOUCHED 4711

struct row {
	const char *name, *in;
	int rc;
	int64_t value;
};

typedef int parse_fn(const char *s, int64_t lo, int64_t hi, int64_t *out);

static void
check(const struct row *rows, size_t n, parse_fn *parse, int64_t lo,
    int64_t hi)
{
	for (size_t i = 0; i < n; i++) {
		int64_t v = UNTOUCHED;

		print_message("  %s\n", rows[i].name);
		assert_int_equal(parse(rows[i].in, lo, hi, &v), rows[i].rc);
		assert_true(v == (rows[i].rc == 0 ? rows[i].value : UNTOUCHED));
	}
}

static void
test_int(void **state)
{
	static const struct row rows[] = {
		{ "plain", "30", 0, 30 },
		{ "lowest", "-5", 0, -5 },
		{ "highest", "3600", 0, 3600 },
		{ "leading zeros", "007", 0, 7 },
		{ "below", "-6", -ERANGE, 0 },
		{ "above", "3601", -ERANGE, 0 },
		{ "past 64 bits", "99999999999999999999", -ERANGE, 0 },
		{ "trailing junk", "30s", OCT_EPARSE, 0 },
		{ "trailing space", "30 ", OCT_EPARSE, 0 },
		{ "leading space", " 30", OCT_EPARSE, 0 },
		{ "plus", "+30", OCT_EPARSE, 0 },
		{ "sign alone", "-", OCT_EPARSE, 0 },
		{ "two signs", "--3", OCT_EPARSE, 0 },
		{ "hexadecimal", "0x10", OCT_EPARSE, 0 },
		{ "fraction", "1.5", OCT_EPARSE, 0 },
		{ "empty", "", OCT_EPARSE, 0 },
		{ "word", "ten", OCT_EPARSE, 0 },
	};

	(void)state;
	check(rows, OCT_LEN(rows), oct_num_int, -5, 3600);
}

static void
test_int_whole_range(void **state)
{
	static const struct row rows[] = {
		{ "lowest", "-9223372036854775808", 0, INT64_MIN },
		{ "highest", "9223372036854775807", 0, INT64_MAX },
		{ "one more", "9223372036854775808", -ERANGE, 0 },
	};

	(void)state;
	check(rows, OCT_LEN(rows), oct_num_int, INT64_MIN, INT64_MAX);
}

static void
test_duration(void **state)
{
	static const struct row rows[] = {
		{ "milliseconds", "500ms", 0, 500 },
		{ "seconds", "20s", 0, 20000 },
		{ "minutes", "15min", 0, 900000 },
		{ "hours", "6h", 0, 21600000 },
		{ "days", "7d", 0, 604800000 },
		{ "bare zero", "0", 0, 0 },
		{ "highest", "30d", 0, 2592000000 },
		{ "above", "31d", -ERANGE, 0 },
		{ "negative", "-1s", -ERANGE, 0 },
		{ "overflow", "9223372036854775807d", -ERANGE, 0 },
		{ "no unit", "20", OCT_EPARSE, 0 },
		{ "month or minute", "5m", OCT_EPARSE, 0 },
		{ "two", "1h30min", OCT_EPARSE, 0 },
		{ "space", "5 s", OCT_EPARSE, 0 },
		{ "upper case", "5S", OCT_EPARSE, 0 },
		{ "unit only", "s", OCT_EPARSE, 0 },
	};

	(void)state;
	check(rows, OCT_LEN(rows), oct_num_duration, 0, 2592000000);
}

static void
test_duration_zero_needs_its_bound(void **state)
{
	int64_t v = UNTOUCHED;

	(void)state;
	assert_int_equal(oct_num_duration("0s", 1, 10, &v), -ERANGE);
	assert_int_not_equal(oct_num_duration("0", 1, 10, &v), 0);
	assert_true(v == UNTOUCHED);
}

static void
test_size(void **state)
{
	static const struct row rows[] = {
		{ "octets", "512", 0, 512 },
		{ "kibi", "25k", 0, 25600 },
		{ "mebi", "10M", 0, 10485760 },
		{ "gibi", "5G", 0, 5368709120 },
		{ "tebi", "1T", 0, 1099511627776 },
		{ "above", "2T", -ERANGE, 0 },
		{ "overflow", "9223372036854775807k", -ERANGE, 0 },
		{ "upper K", "25K", OCT_EPARSE, 0 },
		{ "with B", "25kB", OCT_EPARSE, 0 },
		{ "empty", "", OCT_EPARSE, 0 },
	};

	(void)state;
	check(rows, OCT_LEN(rows), oct_num_size, 0, 1099511627776);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_int),
		cmocka_unit_test(test_int_whole_range),
		cmocka_unit_test(test_duration),
		cmocka_unit_test(test_duration_zero_needs_its_bound),
		cmocka_unit_test(test_size),
	};

	return cmocka_run_group_tests_name("num", tests, NULL, NULL);
}

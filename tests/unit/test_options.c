/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/err.h"
#include "policy/options.h"

#define DAY 86400000LL

static void
test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		const struct option_info *info = option_info((enum option)i);
		char text[OPTION_TEXT_SIZE], expected[OPTION_EXPECTED_SIZE];
		enum option found;
		int64_t value;

		assert_non_null(info->name);
		assert_int_equal(option_find(info->name, &found), 0);
		assert_int_equal(found, i);
		assert_true(info->lo <= info->standard &&
		    info->standard <= info->hi);
		/* What is written is read back. */
		for (int64_t v = info->lo; v <= info->hi;
		     v += info->hi > info->lo ? info->hi - info->lo : 1) {
			option_text((enum option)i, v, text);
			assert_int_equal(
			    option_parse((enum option)i, text, &value), 0);
			assert_int_equal(value, v);
		}
		option_expected((enum option)i, expected);
		assert_true(strlen(expected) > 4);
		assert_int_equal(option_parse((enum option)i, "inherit",
				     &value),
		    OCT_EPARSE);
	}
	assert_int_equal(option_find("nothing", &(enum option){ 0 }),
	    OCT_EABSENT);
}

static void
test_texts(void **state)
{
	static const struct {
		const char *name;
		enum option option;
		const char *text;
		int64_t value;
		int rc;
	} rows[] = {
		{ "a mode", OPTION_CHALLENGE, "doubtful",
		    OPTION_CHALLENGE_DOUBTFUL, 0 },
		{ "an unknown mode", OPTION_CHALLENGE, "maybe", 0, OCT_EPARSE },
		{ "days", OPTION_HOLD, "7d", 7 * DAY, 0 },
		{ "below the bound", OPTION_HOLD, "2d", 0, OCT_EPARSE },
		{ "above the bound", OPTION_HOLD, "31d", 0, OCT_EPARSE },
		{ "no unit", OPTION_HOLD, "7", 0, OCT_EPARSE },
		{ "a count", OPTION_ASKS, "1", 1, 0 },
		{ "not a count", OPTION_ASKS, "1x", 0, OCT_EPARSE },
		{ "a size", OPTION_RELATION_OCTETS, "25M", 25LL << 20, 0 },
		{ "nothing", OPTION_RELATION_OCTETS, "", 0, OCT_EPARSE },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		int64_t value = -1;

		print_message("  %s\n", rows[i].name);
		assert_int_equal(
		    option_parse(rows[i].option, rows[i].text, &value),
		    rows[i].rc);
		assert_int_equal(value, rows[i].rc == 0 ? rows[i].value : -1);
	}
}

static void
test_innermost_wins(void **state)
{
	static const struct option_pair outer[] = {
		{ OPTION_HOLD, 10 * DAY }, { OPTION_ASKS, 1 } };
	static const struct option_pair inner[] = { { OPTION_HOLD, 5 * DAY } };
	const struct option_set tenant = { 2, outer }, mailbox = { 1, inner };
	struct option_values v;

	(void)state;
	options_standard(&v);
	assert_int_equal(v.v[OPTION_HOLD], 7 * DAY);
	options_apply(&v, &tenant);
	options_apply(&v, NULL);
	options_apply(&v, &mailbox);
	assert_int_equal(v.v[OPTION_HOLD], 5 * DAY);
	assert_int_equal(v.v[OPTION_ASKS], 1);
	assert_int_equal(v.v[OPTION_QUIET], 30 * DAY);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_innermost_wins),
	};

	return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}

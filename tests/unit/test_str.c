/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/err.h"

static void
test_fixed_holds_what_fits(void **state)
{
	char buf[6];
	struct oct_str s;

	(void)state;
	oct_str_fixed(&s, buf, sizeof(buf));
	assert_string_equal(oct_str_text(&s), "");
	oct_str_add(&s, "ab");
	oct_str_addc(&s, 'c');
	oct_str_addf(&s, "%d", 45);
	assert_int_equal(oct_str_err(&s), 0);
	assert_string_equal(buf, "abc45");
	assert_int_equal(s.len, 5);
}

static void
test_fixed_never_cuts_and_stays_full(void **state)
{
	char buf[6];
	struct oct_str s;

	(void)state;
	oct_str_fixed(&s, buf, sizeof(buf));
	oct_str_add(&s, "abc");
	oct_str_addf(&s, "%s", "def");
	assert_int_equal(oct_str_err(&s), OCT_EFULL);
	assert_string_equal(buf, "abc");
	oct_str_addc(&s, 'x');
	oct_str_addn(&s, "", 0);
	assert_int_equal(oct_str_err(&s), OCT_EFULL);
	assert_string_equal(buf, "abc");
	oct_str_clear(&s);
	oct_str_add(&s, "vwxyz");
	assert_int_equal(oct_str_err(&s), 0);
	assert_string_equal(buf, "vwxyz");
}

static void
test_nul_octets_are_kept(void **state)
{
	char buf[8];
	struct oct_str s;

	(void)state;
	oct_str_fixed(&s, buf, sizeof(buf));
	oct_str_addn(&s, "a\0b", 3);
	assert_int_equal(s.len, 3);
	assert_memory_equal(buf, "a\0b", 4);
}

static void
test_heap_grows_to_its_bound(void **state)
{
	struct oct_str s;
	char *text;

	(void)state;
	oct_str_heap(&s, 1000);
	assert_string_equal(oct_str_text(&s), "");
	for (int i = 0; i < 1000; i++)
		oct_str_addc(&s, (char)('a' + i % 26));
	assert_int_equal(oct_str_err(&s), 0);
	text = oct_str_take(&s);
	assert_non_null(text);
	assert_int_equal(strlen(text), 1000);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(text[i], 'a' + i % 26);
	free(text);
	oct_str_free(&s);
}

static void
test_heap_past_its_bound(void **state)
{
	struct oct_str s;

	(void)state;
	oct_str_heap(&s, 10);
	oct_str_add(&s, "0123456789");
	assert_int_equal(oct_str_err(&s), 0);
	oct_str_addc(&s, 'x');
	assert_int_equal(oct_str_err(&s), OCT_EFULL);
	assert_string_equal(oct_str_text(&s), "0123456789");
	assert_null(oct_str_take(&s));
	assert_string_equal(oct_str_text(&s), "");
	oct_str_free(&s);
}

static void
test_take_of_nothing_is_empty_text(void **state)
{
	struct oct_str s;
	char *text;

	(void)state;
	oct_str_heap(&s, 10);
	text = oct_str_take(&s);
	assert_non_null(text);
	assert_string_equal(text, "");
	free(text);
}

static void
test_lengths_that_overflow(void **state)
{
	struct oct_str s;

	(void)state;
	oct_str_heap(&s, SIZE_MAX);
	oct_str_add(&s, "x");
	oct_str_addn(&s, "x", SIZE_MAX);
	assert_int_equal(oct_str_err(&s), OCT_EFULL);
	assert_string_equal(oct_str_text(&s), "x");
	oct_str_free(&s);
	oct_str_free(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fixed_holds_what_fits),
		cmocka_unit_test(test_fixed_never_cuts_and_stays_full),
		cmocka_unit_test(test_nul_octets_are_kept),
		cmocka_unit_test(test_heap_grows_to_its_bound),
		cmocka_unit_test(test_heap_past_its_bound),
		cmocka_unit_test(test_take_of_nothing_is_empty_text),
		cmocka_unit_test(test_lengths_that_overflow),
	};

	return cmocka_run_group_tests_name("str", tests, NULL, NULL);
}

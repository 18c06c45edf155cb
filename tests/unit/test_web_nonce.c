/* SPDX-License-Identifier: Apache-2.0 */
#include "challenge-web/nonce.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/err.h"

#define HOUR 3600000LL
#define NOW (500000 * HOUR + 10)

static const uint8_t key[32] = { 1 }, other_key[32] = { 2 };
static const char id[] = "0123456789abcdef";

static void
test_age(void **state)
{
	static const struct {
		const char *name;
		int64_t later_ms;
		int rc;
	} rows[] = { { "at once", 0, 0 }, { "an hour", HOUR, 0 },
		{ "a day", 24 * HOUR, 0 },
		{ "last moment", 25 * HOUR - 11, 0 },
		{ "over a day", 25 * HOUR, OCT_ETIME },
		{ "a month", 30 * 24 * HOUR, OCT_ETIME },
		{ "clock behind by an hour", -HOUR, 0 },
		{ "clock behind by two", -2 * HOUR, OCT_ETIME } };
	char text[NONCE_SIZE];

	(void)state;
	nonce_make(key, id, NOW, text);
	assert_int_equal(strlen(text), NONCE_SIZE - 1);
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		print_message("  %s\n", rows[i].name);
		assert_int_equal(nonce_check(key, id, text,
		    NOW + rows[i].later_ms), rows[i].rc);
	}
}

static void
test_it_is_bound_to_key_and_challenge(void **state)
{
	char text[NONCE_SIZE];

	(void)state;
	nonce_make(key, id, NOW, text);
	assert_int_equal(nonce_check(other_key, id, text, NOW), OCT_EAUTH);
	assert_int_equal(nonce_check(key, "0123456789abcdee", text, NOW),
	    OCT_EAUTH);
}

static void
test_any_change_is_noticed(void **state)
{
	char text[NONCE_SIZE];

	(void)state;
	nonce_make(key, id, NOW, text);
	for (size_t i = 0; i < NONCE_SIZE - 1; i++) {
		char was = text[i];

		text[i] = was == 'a' ? 'b' : 'a';
		assert_int_equal(nonce_check(key, id, text, NOW), OCT_EAUTH);
		text[i] = was;
	}
}

static void
test_other_forms(void **state)
{
	static const char *const bad[] = { "", "a", "-",
		"ABCDEFGHABCDEFGHABCDEFGHABCDEFGH",
		"abcdefghabcdefghabcdefghabcdefgha" };

	(void)state;
	for (size_t i = 0; i < OCT_LEN(bad); i++)
		assert_int_equal(nonce_check(key, id, bad[i], NOW), OCT_EPARSE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_age),
		cmocka_unit_test(test_it_is_bound_to_key_and_challenge),
		cmocka_unit_test(test_any_change_is_noticed),
		cmocka_unit_test(test_other_forms),
	};

	return cmocka_run_group_tests_name("web_nonce", tests, NULL, NULL);
}

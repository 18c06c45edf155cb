/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/types.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/err.h"

static void
test_result_words(void **state)
{
	enum auth_result r = AUTH_NONE;

	(void)state;
	assert_string_equal(auth_result_name(AUTH_SOFTFAIL), "softfail");
	assert_int_equal(auth_result_parse("TempError", &r), 0);
	assert_int_equal(r, AUTH_TEMPERROR);
	assert_int_equal(auth_result_parse("hardfail", &r), OCT_EPARSE);
	assert_int_equal(auth_result_parse("", &r), OCT_EPARSE);
	assert_string_equal(auth_dmarc_policy_name(AUTH_DMARC_QUARANTINE),
	    "quarantine");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_result_words),
	};

	return cmocka_run_group_tests_name("types", tests, NULL, NULL);
}

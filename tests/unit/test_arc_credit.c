/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "auth/arc_credit.h"

static const struct {
	const char *name, *value;
	int instance;
	bool want;
} rows[] = {
	{ "plain", " i=1; mx.example; dmarc=pass header.from=a.example", 1,
	    true },
	{ "folded, other methods first",
	    " i=2; mx.example;\r\n\tspf=fail smtp.mailfrom=x;\r\n"
	    "\tdmarc=pass (p=reject) header.from=a.example", 2, true },
	{ "another instance", " i=1; mx.example; dmarc=pass", 2, false },
	{ "i=1 is not i=12", " i=12; mx.example; dmarc=pass", 1, false },
	{ "fail", " i=1; mx.example; dmarc=fail", 1, false },
	{ "passed is another word", " i=1; mx.example; dmarc=passed", 1,
	    false },
	{ "in a comment", " i=1; mx.example; spf=fail (; dmarc=pass ;)", 1,
	    false },
	{ "in a nested comment",
	    " i=1; mx.example; spf=fail (a (b) ; dmarc=pass ;)", 1, false },
	{ "in a quoted string",
	    " i=1; mx.example; spf=fail reason=\"; dmarc=pass \"", 1, false },
	{ "behind an escaped quote",
	    " i=1; mx.example; spf=fail reason=\"\\\"; dmarc=pass \"", 1,
	    false },
	{ "only a property", " i=1; mx.example; spf=fail x=y dmarc=pass", 1,
	    false },
	{ "empty", "", 1, false },
	{ "open comment", " i=1; ((((", 1, false },
};

static void
only_a_result_of_its_own_counts(void **state)
{
	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		print_message("  %s\n", rows[i].name);
		assert_int_equal(auth_arc_says_pass(rows[i].value,
				     strlen(rows[i].value), rows[i].instance),
		    rows[i].want);
	}
}

static void
message(struct oct_msg **out)
{
	struct oct_msg_limits limits;

	oct_msg_limits_init(&limits);
	assert_int_equal(oct_msg_new(&limits, out), 0);
	assert_int_equal(oct_msg_add_field(*out, "ARC-Authentication-Results",
			     " i=1; fw.example; dmarc=pass"),
	    0);
}

static void
only_a_passing_chain_of_a_trusted_sealer_credits(void **state)
{
	static const char *const sealers[] = { "other.example", "fw.example",
		NULL };
	struct auth_arc arc = { .result = AUTH_PASS, .instances = 1 };
	struct oct_msg *m;

	(void)state;
	message(&m);
	memcpy(arc.sealer, "fw.example", 11);
	assert_true(auth_arc_credits(m, &arc, sealers));
	assert_false(auth_arc_credits(m, &arc, NULL));
	arc.result = AUTH_FAIL;
	assert_false(auth_arc_credits(m, &arc, sealers));
	arc.result = AUTH_PASS;
	memcpy(arc.sealer, "x.fw.example", 13);
	assert_false(auth_arc_credits(m, &arc, sealers));
	memcpy(arc.sealer, "fw.example", 11);
	arc.instances = 2;
	assert_false(auth_arc_credits(m, &arc, sealers));
	oct_msg_free(m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_a_result_of_its_own_counts),
		cmocka_unit_test(
		    only_a_passing_chain_of_a_trusted_sealer_credits),
	};

	return cmocka_run_group_tests_name("arc_credit", tests, NULL, NULL);
}

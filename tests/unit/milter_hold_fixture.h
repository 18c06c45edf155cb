/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of the end of a message share: the plain settings, and the reply
 * that takes a message.
 */
#ifndef OCT_TESTS_MILTER_HOLD_FIXTURE_H
#define OCT_TESTS_MILTER_HOLD_FIXTURE_H

#include "tests/unit/milter_fixture.h"

#define ALICE "alice@example.org"

static OCT_UNUSED int
set_up(void **state)
{
	(void)state;
	return start_world("", NULL);
}

/* The envelope after the judgement. */
static OCT_UNUSED void
assert_taken(const struct outcome *o, const char *const *rcpts, bool discard)
{
	size_t n = 0;

	assert_true(o->actions.accepted);
	while (rcpts[n] != NULL)
		n++;
	assert_int_equal(o->actions.rcpt_count, n);
	for (size_t i = 0; i < n; i++)
		assert_string_equal(o->actions.rcpt_delete[i], rcpts[i]);
	assert_int_equal(o->actions.discard, discard);
	assert_int_equal(o->actions.reply.kind,
	    discard ? REPLY_DISCARD : REPLY_CONTINUE);
}

#define TAKEN(...)                                                             \
	(const char *const[])                                                  \
	{                                                                      \
		__VA_ARGS__, NULL                                              \
	}
#define NOBODY ((const char *const[]){ NULL })

#define T(test) cmocka_unit_test_setup_teardown(test, set_up, stop_world)

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* What was provisioned at an instant, and what closes on its day. */
#include <jansson.h>
#include <time.h>

#include "tests/unit/model_fixture.h"

static void
look(int64_t at_ms, const char *name, const char *json)
{
	const struct journal_of of = {"v.test", NULL};
	json_t *state = NULL;
	char *text;

	assert_int_equal(journal_at(world.store, &of, DIR_KIND_MAILBOX, name,
			     at_ms, &state),
	    1);
	text = state != NULL
	    ? json_dumps(state, JSON_COMPACT | JSON_SORT_KEYS)
	    : NULL;
	if (json == NULL)
		assert_null(text);
	else
		assert_string_equal(text, json);
	free(text);
	json_decref(state);
}

/* The journal is stamped by the clock of Redis, in milliseconds. */
static void
next_instant(void)
{
	int64_t from = oct_clock_wall_ms();

	while (oct_clock_wall_ms() < from + 2)
		(void)test_redis_do(&world.redis, "PING");
}

static void
the_past_can_be_asked(void **state)
{
	json_t *other = NULL;
	const struct journal_of of = {"v.test", NULL};
	char why[256];
	const struct dir_change gone = {.domain = "v.test",
	    .local = "a",
	    .remove = true};
	int64_t t[4];

	(void)state;
	oct_clock_set_wall_ms(-1);
	must_apply("domain v.test\n", false);
	t[0] = oct_clock_wall_ms();
	next_instant();
	must_apply("mailbox a@v.test\n\tname = A\n\tcredential = external\n",
	    false);
	t[1] = oct_clock_wall_ms();
	next_instant();
	set("v.test", "a",
	    "{\"name\":\"B\","
	    "\"credential\":\"$argon2id$v=19$m=1,t=1,p=1$YQ$YQ\"}");
	t[2] = oct_clock_wall_ms();
	next_instant();
	assert_int_equal(directory_change(world.store, &gone, why), 0);
	t[3] = oct_clock_wall_ms();
	look(t[0], "a", NULL);
	look(t[1], "a", "{\"credential\":\"external\",\"name\":\"A\"}");
	look(t[2], "a", "{\"credential\":\"set 5272\",\"name\":\"B\"}");
	look(t[3], "a", NULL);
	assert_int_equal(journal_at(world.store, &of, DIR_KIND_MAILBOX,
			     "nobody", t[3], &other),
	    0);
	/* Kept for the retention, and no longer. */
	assert_int_equal(journal_trim(world.store, t[0] - 86400000), 0);
	look(t[1], "a", "{\"credential\":\"external\",\"name\":\"A\"}");
}

static void
what_closes_is_closed_on_its_day(void **state)
{
	size_t done = 0;
	char *out;

	(void)state;
	must_apply("tenant t\n\tstate = closing\n\tcloses = 2027-01-01\n"
		   "domain a.test\n\tstate = closing\n\tcloses = 2027-01-01\n"
		   "mailbox x@a.test\n\tcloses = 2027-02-01\n",
	    false);
	assert_int_equal(
	    closing_due(world.store, "2026-12-31", "courier", &done), 0);
	assert_int_equal(done, 0);
	assert_int_equal(
	    closing_due(world.store, "2027-01-01", "courier", &done), 0);
	assert_int_equal(done, 2);
	assert_int_equal(
	    closing_due(world.store, "2027-02-01", "courier", &done), 0);
	assert_int_equal(done, 1);
	assert_int_equal(
	    closing_due(world.store, "2027-02-01", "courier", &done), 0);
	assert_int_equal(done, 0);
	out = exported(NULL);
	assert_null(strstr(out, "closes ="));
	assert_null(strstr(out, "closing"));
	assert_non_null(strstr(out, "closed = 2026-11-21"));
	free(out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_past_can_be_asked, reset),
		cmocka_unit_test_setup(what_closes_is_closed_on_its_day, reset),
	};

	return RUN_MODEL_TESTS("test_model_past", tests);
}

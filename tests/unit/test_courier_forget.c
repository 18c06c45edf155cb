/* SPDX-License-Identifier: Apache-2.0 */
/* Retention: relations are forgotten in rounds. */
#include "tests/unit/courier_fixture.h"

static void
relations_are_forgotten_in_rounds(void **state)
{
	static const struct dir_change changes[] = {
		{ .domain = D, .create = true,
		    .json = "{\"challenge\":\"first-contact\"}",
		    .actor = "t" },
		{ .domain = D, .local = "bob", .create = true, .json = "{}",
		    .actor = "t" },
		{ .domain = D, .local = "zoe", .create = true,
		    .json = "{\"challenge\":\"off\"}", .actor = "t" },
		{ .domain = D, .local = "eve", .create = true,
		    .json = "{\"t_allow\":\"4000d\"}", .actor = "t" },
		{ .domain = D, .local = "max", .create = true,
		    .json = "{\"state\":\"suspended\"}", .actor = "t" },
		{ .domain = "other.example", .create = true, .json = "{}",
		    .actor = "t" },
	};
	char problem[256];
	struct forget *f = NULL;
	struct relation r;

	(void)state;
	for (size_t i = 0; i < OCT_LEN(changes); i++)
		assert_int_equal(directory_change(world.store, &changes[i],
				     problem),
		    0);
	(void)test_redis_do(&world.redis, "HSET oct:{" D "}:rel:bob s %s",
	    "2 A 0 1 1700000000000 0 - page 0 -");
	(void)test_redis_do(&world.redis, "HSET oct:{" D "}:rel:eve s %s",
	    "2 A 0 1 1700000000000 0 - page 0 -");
	/* Asked, before her option was switched off. */
	(void)test_redis_do(&world.redis, "HSET oct:{" D "}:rel:zoe s %s",
	    "2 K 1 1795255200000 1795255200000 1 0123456789abcdef - 0 -");
	/* Asked, and suspended since: that comes back. */
	(void)test_redis_do(&world.redis, "HSET oct:{" D "}:rel:max s %s",
	    "2 K 1 1795255200000 1795255200000 1 0123456789abcdef - 0 -");
	assert_int_equal(forget_new(&f), 0);
	/* A step a domain, one its mailboxes, and the end. */
	for (int i = 0; i < 8; i++)
		assert_int_equal(forget_step(office.courier, f, SETTLED), 0);
	assert_int_equal(test_redis_do(&world.redis,
			     "EXISTS oct:{" D "}:rel:bob"),
	    0);
	/* By her own rule she knows him still. */
	assert_int_equal(test_redis_do(&world.redis,
			     "EXISTS oct:{" D "}:rel:eve"),
	    1);
	assert_int_equal(case_relation_read(world.store, D, "zoe", "s", &r),
	    1);
	assert_int_equal(r.state, REL_LAPSED);
	assert_string_equal(r.challenge, "");
	assert_int_equal(case_relation_read(world.store, D, "max", "s", &r),
	    1);
	assert_int_equal(r.state, REL_ASKED);
	/* Not again before its time. */
	(void)test_redis_do(&world.redis, "HSET oct:{" D "}:rel:bob s %s",
	    "2 A 0 1 1700000000000 0 - page 0 -");
	for (int i = 0; i < 8; i++)
		assert_int_equal(forget_step(office.courier, f, SETTLED + 1),
		    0);
	assert_int_equal(test_redis_do(&world.redis,
			     "EXISTS oct:{" D "}:rel:bob"),
	    1);
	for (int i = 0; i < 8; i++)
		assert_int_equal(forget_step(office.courier, f,
				     SETTLED + FORGET_EVERY_MS),
		    0);
	assert_int_equal(test_redis_do(&world.redis,
			     "EXISTS oct:{" D "}:rel:bob"),
	    0);
	forget_free(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(relations_are_forgotten_in_rounds),
	};

	return RUN_COURIER_TESTS("test_courier_forget", tests);
}

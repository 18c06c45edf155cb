/* SPDX-License-Identifier: Apache-2.0 */
/* Mailboxes without room for what would be held. */
#include "tests/unit/milter_order_fixture.h"

/* So much waits for the mailbox that only the very last fits. */
static void
fill_mailbox(const char *local)
{
	char key[KEY_SIZE];

	assert_true(test_redis_do(&world.redis, "HSET %s n 499 b 1000",
			key_space(key, D, local)) >= 0);
}

static void
a_share_is_not_the_whole(void **state)
{
	static const struct talk other = { .from = STRANGER,
		.client = ELSEWHERE, .rcpt = { "anne@" D } };
	char key[KEY_SIZE];

	(void)state;
	fill_mailbox("anne");
	/* example.org has its 5 % of 500, the unproven their 20 %. */
	(void)test_redis_do(&world.redis, "HSET %s %s 25",
	    key_space(key, D, "anne"), "n:org:example.org");
	assert_refused(&known, REPLY_TEMPFAIL, 452, "4.2.2");
	option(OPTION_UNPROVEN, OPTION_UNPROVEN_HOLD);
	assert_accepted(&other);
	assert_int_equal(indexed("anne"), 1);
	assert_int_equal(test_redis_do(&world.redis, "HGET %s n",
			     key_space(key, D, "anne")),
	    500);
	/* Full is full, for all. */
	(void)test_redis_do(&world.redis, "HSET %s %s 0",
	    key_space(key, D, "anne"), "n:org:example.org");
	assert_refused(&known, REPLY_TEMPFAIL, 452, "4.2.2");
}

static void
refusals_that_become_holds_need_room(void **state)
{
	static const struct talk mixed = { .from = STRANGER,
		.client = ELSEWHERE, .rcpt = { "anne@" D, "bob@" D } };
	static const struct talk spoof = { .from = "x@reject.example",
		.client = ELSEWHERE,
		.rcpt = { "anne@" D, "reply+x@defi.example" } };
	static const struct talk late = { .from = "x@reject.example",
		.client = ELSEWHERE, .rcpt = { "bob@" D },
		.daemon = "COLLECT" };
	char key[KEY_SIZE];

	fill_mailbox("anne");
	(void)test_redis_do(&world.redis, "HSET %s n 500",
	    key_space(key, D, "anne"));
	assert_refused(&mixed, REPLY_TEMPFAIL, 452, "4.2.2");
	/* A service address is no other recipient: this stays a refusal. */
	assert_refused(&spoof, REPLY_REJECT, 550, "5.7.26");
	/* Decided without the store, softened, and only then read. */
	again(state);
	(void)test_redis_do(&world.redis, "HSET %s n 500",
	    key_space(key, D, "bob"));
	assert_refused(&late, REPLY_TEMPFAIL, 452, "4.2.2");
	assert_int_equal(indexed("bob"), 0);
	(void)test_redis_do(&world.redis, "HSET %s n 499",
	    key_space(key, D, "bob"));
	assert_accepted(&late);
	assert_held("bob", "dmarc");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_share_is_not_the_whole),
		TEST(refusals_that_become_holds_need_room),
	};

	return RUN_MILTER_TESTS("test_milter_room", tests);
}

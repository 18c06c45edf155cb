/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order of decision at work (challenge.md 2): what the option stands before,
 * doors that were opened, and what DNS leaves open.
 */
#include "tests/unit/milter_order_fixture.h"

/* --- Rows 7, 8 and 10: what the option stands before ------------------------------- */

static void
what_a_simulation_would_have_done(void **state)
{
	static const struct talk asked = { .from = ALICE,
		.rcpt = { "simule@" D } };
	static const struct talk refused = { .from = STRANGER,
		.client = ELSEWHERE, .rcpt = { "simule@" D } };
	static const struct talk list = { .from = ALICE,
		.rcpt = { "simule@" D },
		.field = { "List-Id: <l.example.org>" } };

	(void)state;
	assert_accepted(&asked);
	assert_accepted(&asked);
	assert_accepted(&refused);
	assert_accepted(&list);
	assert_int_equal(items(), 0);
	assert_int_equal(count_keys("oct:{" D "}:rel:*"), 0);
	assert_int_equal(counted(D, "simulate-12-hold-ask"), 2);
	assert_int_equal(counted(D, "simulate-13-refuse"), 1);
	assert_int_equal(counted(D, "simulate-10-hold"), 1);
	/* It is no reason to defer mail that the store is away. */
	test_redis_kill(&world.redis, SIGKILL);
	assert_accepted(&asked);
	assert_int_equal(test_redis_again(&world.redis), 0);
}

static void
only_doubtful_mail_is_asked_about(void **state)
{
	static const struct talk clear = { .from = ALICE,
		.rcpt = { "doute@" D } };
	static const struct talk doubtful = { .from = ALICE,
		.rcpt = { "soupcon@" D } };
	static const struct talk robot = { .from = ALICE,
		.rcpt = { "robots@" D },
		.field = { "List-Id: <l.example.org>" } };

	(void)state;
	assert_accepted(&clear);
	assert_int_equal(items(), 0);
	assert_accepted(&doubtful);
	assert_held("soupcon", "first-contact");
	assert_int_equal(challenges(), 1);
	assert_accepted(&robot);
	assert_int_equal(indexed("robots"), 0);
}

/* --- Row 9 ------------------------------------------------------------------------------ */

static void
answers_to_what_was_sent(void **state)
{
	static const struct talk answer = { .from = "bea@example.org",
		.rcpt = { "anne@" D },
		.field = { "In-Reply-To: <sent@" D ">" } };
	static const struct talk other = { .from = "bea@example.org",
		.rcpt = { "carol@" D },
		.field = { "In-Reply-To: <sent@" D ">" } };
	static const struct talk bounce = { .from = "", .client = ELSEWHERE,
		.author = "mailer-daemon@unknown.example",
		.rcpt = { "anne@" D },
		.field = { "References: <sent@" D ">" } };
	static const struct talk lost = { .from = "", .client = ELSEWHERE,
		.author = "mailer-daemon@unknown.example",
		.rcpt = { "anne@" D } };
	struct oct_addr to;
	const char *org = "example.org";
	struct sent_mail mail = { .domain = D, .local = "anne",
		.message_id = "<sent@" D ">", .rcpts = &to, .orgs = &org,
		.count = 1, .now_ms = NOW, .allow_ms = DAY };

	(void)state;
	assert_int_equal(oct_addr_parse("bob@example.org", &to), 0);
	assert_int_equal(sent_remember(world.app->store, world.app->sent_key,
			     &mail),
	    0);
	assert_accepted(&answer);
	assert_accepted(&bounce);
	assert_int_equal(items(), 0);
	/* Not carol's: she wrote nothing. */
	assert_accepted(&other);
	assert_int_equal(indexed("carol"), 1);
	assert_accepted(&lost);
	assert_held("anne", "unmatched-bounce");
	option(OPTION_OUTBOUND, 1);
	again(state);
	option(OPTION_OUTBOUND, 1);
	assert_refused(&lost, REPLY_REJECT, 550, "5.7.1");
}

static void
one_who_is_expected(void **state)
{
	static const struct talk second = { .from = ALICE,
		.rcpt = { "anne@" D }, .body = "2\r\n" };
	static const struct talk bea = { .from = "bea@example.org",
		.rcpt = { "anne@" D } };

	(void)state;
	assert_int_equal(expect_open(world.app->store, D, "anne",
			     "example.org", NOW + DAY),
	    0);
	assert_accepted(&known);
	assert_int_equal(items(), 0);
	/* He is known from then on; the door is closed to the next. */
	assert_int_equal(relation_of("anne").state, REL_ALLOWED);
	assert_accepted(&second);
	assert_int_equal(items(), 0);
	assert_accepted(&bea);
	assert_int_equal(indexed("anne"), 1);
}

static void
a_tagged_address(void **state)
{
	struct oct_addr mailbox;
	char tag[EXPECT_TAG_SIZE], address[OCT_ADDR_SIZE];
	struct talk t = { .from = STRANGER, .client = ELSEWHERE,
		.rcpt = { address } };

	(void)state;
	assert_int_equal(oct_addr_parse("anne@" D, &mailbox), 0);
	assert_int_equal(expect_tag_make(world.app->tag_key, &mailbox, "shop",
			     NOW + 30 * DAY, tag),
	    0);
	(void)snprintf(address, sizeof(address), "anne+%s@" D, tag);
	assert_accepted(&t);
	assert_int_equal(items(), 0);
	assert_int_equal(expect_tag_revoke(world.app->store, D, "anne", tag,
			     NOW),
	    0);
	assert_refused(&t, REPLY_REJECT, 550, "5.7.1");
}

static void
a_grant_that_matched_makes_the_relation(void **state)
{
	struct case_grant g = { .since_ms = NOW, .actor = "anne", .why = "" };

	(void)state;
	assert_int_equal(case_grant_set(world.app->store, D, "anne",
			     "addr:" ALICE, &g),
	    0);
	assert_accepted(&known);
	assert_int_equal(items(), 0);
	assert_int_equal(relation_of("anne").state, REL_ALLOWED);
	assert_string_equal(relation_of("anne").origin, "grant");
}

/* --- Row 11 ------------------------------------------------------------------------------ */

static void
dns_that_cannot_tell(void **state)
{
	static const struct talk t = { .from = "x@slow.example",
		.client = ELSEWHERE, .rcpt = { "anne@" D } };
	static const struct talk mixed = { .from = "x@slow.example",
		.client = ELSEWHERE, .rcpt = { "carol@" D, "bob@" D } };

	(void)state;
	assert_refused(&t, REPLY_TEMPFAIL, 451, "4.4.3");
	assert_int_equal(count_keys("oct:{" D "}:tfirst:*"), 1);
	oct_clock_set_wall_ms(NOW + DAY - 1);
	assert_refused(&t, REPLY_TEMPFAIL, 451, "4.4.3");
	oct_clock_set_wall_ms(NOW + DAY);
	assert_accepted(&t);
	assert_held("anne", "undecided");
	assert_accepted(&mixed);
	assert_held("carol", "undecided");
	assert_int_equal(challenges(), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_a_simulation_would_have_done),
		TEST(only_doubtful_mail_is_asked_about),
		TEST(answers_to_what_was_sent),
		TEST(one_who_is_expected),
		TEST(a_tagged_address),
		TEST(a_grant_that_matched_makes_the_relation),
		TEST(dns_that_cannot_tell),
	};

	return RUN_MILTER_TESTS("test_milter_order", tests);
}

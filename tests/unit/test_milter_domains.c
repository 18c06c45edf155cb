/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Several domains, of which one fails, and groups with members that are not
 * active.
 */
#include "tests/unit/milter_order_fixture.h"

/* --- Several domains, of which one fails ------------------------------------------------- */

/* Makes every registration for a mailbox fail, as a store does that is broken
 * from a certain commit on. */
static void
break_mailbox(const char *domain, const char *local)
{
	char key[KEY_SIZE];

	assert_int_equal(test_redis_do(&world.redis, "SET %s x",
			     key_held_index(key, domain, local)),
	    1);
}

static void
mend_mailbox(const char *domain, const char *local)
{
	char key[KEY_SIZE];

	assert_int_equal(test_redis_do(&world.redis, "DEL %s",
			     key_held_index(key, domain, local)),
	    1);
}

static void
no_copy_twice_and_none_lost(void **state)
{
	/* In each domain one is held and asked for, one taken over. */
	static const struct talk t = { .from = ALICE,
		.rcpt = { "tous@" D, "groupe@" B },
		.to = "tous@" D ", groupe@" B };
	static const struct {
		const char *name, *domain, *local;
	} rows[] = { { "the first fails", D, "anne" },
		{ "the second fails", B, "gus" } };

	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		print_message("  %s\n", rows[i].name);
		again(state);
		break_mailbox(rows[i].domain, rows[i].local);
		assert_refused(&t, REPLY_TEMPFAIL, 451, "4.3.0");
		/* All of it is on the disk, and nothing acts. */
		assert_int_equal(spooled(), 4);
		assert_int_equal(due_soon("release"), 0);
		assert_int_equal(due_soon("challenge"), 0);
		assert_int_equal(due_soon("settle"), 0);
		/* The sender comes again, much later. */
		oct_clock_set_wall_ms(NOW + DAY / 24);
		mend_mailbox(rows[i].domain, rows[i].local);
		oct_clock_set_wall_ms(NOW + 600000);
		assert_accepted(&t);
		oct_clock_set_wall_ms(NOW);
		assert_int_equal(spooled(), 4);
		assert_int_equal(count_keys("oct:*:held:*"), 4);
		assert_int_equal(indexed("anne"), 1);
		/* One copy each for bob and hal, one question a domain. */
		assert_int_equal(count_keys("oct:*:chal:*"), 2);
		assert_int_equal(due_soon("challenge"), 2);
		assert_true(due_soon("release") >= 2);
		assert_true(due_soon("settle") >= 2);
		/* And once more: nothing new. */
		assert_accepted(&t);
		assert_int_equal(count_keys("oct:*:held:*"), 4);
	}
}

static void
several_domains_begin_together(void **state)
{
	static const struct talk t = { .from = ALICE,
		.rcpt = { "tous@" D, "groupe@" B },
		.to = "tous@" D ", groupe@" B };

	(void)state;
	assert_accepted(&t);
	assert_int_equal(count_keys("oct:*:held:*"), 4);
	assert_int_equal(due_soon("release"), 2);
	assert_int_equal(due_soon("settle"), 2);
	assert_int_equal(due_soon("challenge"), 2);
}

/* Two servers share the store, each with a spool of its own: what the first has
 * on its disk only its own courier can release. */
static void
a_retry_that_another_node_takes(void **state)
{
	static const struct talk t = { .from = ALICE,
		.rcpt = { "tous@" D, "groupe@" B },
		.to = "tous@" D ", groupe@" B };
	char first[] = "main", second[] = "second", *node;

	(void)state;
	node = world.settings->node;
	world.settings->node = first;
	break_mailbox(B, "gus");
	assert_refused(&t, REPLY_TEMPFAIL, 451, "4.3.0");
	mend_mailbox(B, "gus");
	world.settings->node = second;
	oct_clock_set_wall_ms(NOW + 600000);
	assert_accepted(&t);
	world.settings->node = node;
	/* Of this domain all is where it was written: anne's and bob's. */
	assert_int_equal(due_soon("release"), 2);
	assert_int_equal(due_soon("settle"), 2);
	assert_int_equal(due_soon("challenge"), 1);
	assert_int_equal(test_redis_do(&world.redis, "EVAL %s 0",
			     "local n = 0 for _, m in ipairs(redis.call("
			     "'ZRANGE', 'oct:due:second', 0, -1)) do if "
			     "string.find(m, '" D " ', 1, true) then n = n + 1 "
			     "end end return n"),
	    0);
}

/* --- Groups with members that are not active ----------------------------------------------- */

static void
members_that_are_not_active(void **state)
{
	static const struct talk mixed = { .from = ALICE,
		.rcpt = { "mixte@" D } };
	static const struct talk none = { .from = ALICE,
		.rcpt = { "absents@" D, "fermes@" D, "bob@" D } };
	static const struct talk collected = { .from = ALICE,
		.daemon = "COLLECT",
		.rcpt = { "fermes@" D, "nobody@" D, "bob@" D } };
	struct outcome o;

	(void)state;
	/* bob gets his, the suspended one's waits, the closed one has none. */
	talk(&mixed, &o);
	assert_true(o.actions.accepted);
	assert_true(o.actions.discard);
	end(&o);
	assert_int_equal(items(), 2);
	assert_int_equal(indexed("suspendu"), 1);
	assert_held("suspendu", "suspended");
	assert_int_equal(indexed("ferme"), 0);
	assert_int_equal(challenges(), 0);
	talk(&none, &o);
	assert_reply(&o.rcpt[0], REPLY_TEMPFAIL, 450, "4.2.1");
	assert_reply(&o.rcpt[1], REPLY_REJECT, 550, "5.2.1");
	end(&o);
	/* A collector would delete what is refused for good. */
	talk(&collected, &o);
	assert_reply(&o.rcpt[0], REPLY_TEMPFAIL, 450, "4.2.1");
	assert_reply(&o.rcpt[1], REPLY_TEMPFAIL, 450, "4.1.1");
	assert_true(o.actions.accepted);
	end(&o);
}

static void
collectors_never_hear_5xx(void **state)
{
	static const struct talk malformed = { .from = ALICE,
		.daemon = "COLLECT", .rcpt = { "bob@" D } };
	static const struct talk beside = { .from = ALICE,
		.daemon = "COLLECT", .rcpt = { "bob@" D, "x@far.example" } };
	static const struct talk bad = { .from = "no address",
		.daemon = "COLLECT" };
	struct outcome o;

	(void)state;
	for (int outside = 0; outside <= 1; outside++) {
		const struct talk *t = outside == 1 ? &beside : &malformed;

		begin(t, &o);
		for (int i = 0; i <= JUDGE_DELETE_MAX; i++)
			session_field(o.session, "X-Spam-Score", " 0");
		send_fields(o.session, t);
		judge_message(o.session, &o.actions);
		assert_int_equal(o.actions.accepted, outside == 0);
		if (outside == 1)
			assert_reply(&o.actions.reply, REPLY_TEMPFAIL, 451,
			    "4.7.1");
		end(&o);
		assert_int_equal(indexed("bob"), 1);
	}
	assert_held("bob", "malformed");
	begin(&bad, &o);
	assert_reply(&o.mail, REPLY_TEMPFAIL, 450, "4.1.7");
	end(&o);
}

/* --- Room ------------------------------------------------------------------------------------ */

/* A final outside belongs to the domain of its alias, once for each. */
static void
external_finals_have_an_item_a_domain(void **state)
{
	static const struct talk t = { .from = ALICE,
		.rcpt = { "dehors@" D, "dehors@" B },
		.to = "dehors@" D ", dehors@" B };
	struct dir_change c = { .domain = B, .local = "dehors", .alias = true,
		.create = true, .actor = "test",
		.json = "{\"targets\":[\"gus@" B "\",\"x@far.example\"]}" };
	char problem[256];
	int64_t end_ms = oct_clock_mono_ms() + 5000;
	struct outcome o;

	(void)state;
	assert_int_equal(directory_change(world.app->store, &c, problem), 0);
	do {
		assert_true(oct_clock_mono_ms() < end_ms);
		begin(&t, &o);
		if (o.rcpt[1].kind == REPLY_CONTINUE)
			break;
		end(&o);
	} while (true);
	send_fields(o.session, &t);
	session_body(o.session, "x\r\n", 3);
	judge_message(o.session, &o.actions);
	assert_true(o.actions.discard);
	end(&o);
	/* anne and gus are held; x is one final, of the first domain. */
	assert_int_equal(count_keys("oct:*:held:*"), 3);
	assert_int_equal(count_keys("oct:{" D "}:held:*"), 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(no_copy_twice_and_none_lost),
		TEST(several_domains_begin_together),
		TEST(a_retry_that_another_node_takes),
		TEST(members_that_are_not_active),
		TEST(collectors_never_hear_5xx),
		TEST(external_finals_have_an_item_a_domain),
	};

	return RUN_MILTER_TESTS("test_milter_domains", tests);
}

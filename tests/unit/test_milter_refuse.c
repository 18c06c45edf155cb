/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Refusals that can be answered, and deferrals that ask (challenge.md 2, rows 12
 * and 13).
 */
#include "tests/unit/milter_order_fixture.h"

/* --- Row 13: refused with a link ---------------------------------------------------- */

static const struct talk unproven = { .from = STRANGER, .client = ELSEWHERE,
	.rcpt = { "anne@" D } };

/* The token in the refusal of an unproven stranger. */
static void
refused_token(const struct talk *t, char out[PASS_TOKEN_SIZE])
{
	static const char url[] = " https://defi.example/";
	struct outcome o;
	const char *at;
	size_t n;

	talk(t, &o);
	assert_false(o.actions.accepted);
	assert_reply(&o.actions.reply, REPLY_REJECT, 550, "5.7.1");
	/* With the codes and CRLF. */
	assert_true(strlen(o.actions.reply.text) + 12 < 300);
	at = strstr(o.actions.reply.text, url);
	assert_non_null(at);
	at += sizeof(url) - 1;
	n = strcspn(at, " ");
	assert_true(n < PASS_TOKEN_SIZE);
	memcpy(out, at, n);
	out[n] = '\0';
	end(&o);
}

static void
a_refusal_has_a_link_and_stores_nothing(void **state)
{
	char token[PASS_TOKEN_SIZE];

	(void)state;
	refused_token(&unproven, token);
	assert_int_equal(items(), 0);
	assert_int_equal(spooled(), 0);
	assert_int_equal(challenges(), 0);
	assert_int_equal(count_keys("oct:{" D "}:rel:*"), 0);
	assert_int_equal(counted(D, "refuse-link"), 1);
}

static void
a_pass_lets_three_messages_through(void **state)
{
	static const struct talk other = { .from = STRANGER,
		.client = ELSEWHERE, .rcpt = { "carol@" D }, .body = "2\r\n" };
	static const struct talk there = { .from = STRANGER,
		.client = ELSEWHERE, .rcpt = { "gus@" B } };
	char text[PASS_TOKEN_SIZE];
	struct pass_token token;
	struct outcome o;

	(void)state;
	refused_token(&unproven, text);
	assert_int_equal(pass_token_read(world.app->passes, text, NOW, &token),
	    0);
	assert_int_equal(pass_grant(world.app->store, D, &token, 3 * DAY, 3,
			     NOW),
	    1);
	talk(&unproven, &o);
	assert_true(o.actions.accepted);
	assert_int_equal(o.actions.rcpt_count, 0);
	assert_int_equal(o.actions.label, LABEL_UNPROVEN);
	end(&o);
	assert_accepted(&other);
	assert_accepted(&unproven);
	assert_refused(&unproven, REPLY_REJECT, 550, "5.7.1");
	/* It is for one domain, and never an allowance. */
	assert_refused(&there, REPLY_REJECT, 550, "5.7.1");
	assert_int_equal(count_keys("oct:{" D "}:rel:*"), 0);
}

static void
no_link_where_it_could_not_be_answered(void **state)
{
	static const struct talk two = { .from = STRANGER, .client = ELSEWHERE,
		.rcpt = { "anne@" D, "gus@" B },
		.to = "anne@" D ", gus@" B };
	static const struct talk mixed = { .from = STRANGER,
		.client = ELSEWHERE, .rcpt = { "anne@" D, "bob@" D } };
	static const struct talk forwarded = { .from = STRANGER,
		.client = "192.0.2.200", .rcpt = { "anne@" D } };

	/* Two domains: held, for each. */
	assert_accepted(&two);
	assert_int_equal(indexed("anne"), 1);
	assert_held("anne", "first-contact");
	again(state);
	assert_accepted(&mixed);
	assert_int_equal(indexed("anne"), 1);
	again(state);
	assert_accepted(&forwarded);
	assert_int_equal(indexed("anne"), 1);
	again(state);
	option(OPTION_UNPROVEN, OPTION_UNPROVEN_HOLD);
	assert_accepted(&unproven);
	assert_int_equal(indexed("anne"), 1);
	assert_int_equal(challenges(), 0);
}

static void
remove_entry(const char *domain, const char *local)
{
	struct dir_change c = { .domain = domain, .local = local,
		.remove = true, .actor = "test" };
	char problem[256];

	if (directory_change(world.app->store, &c, problem) != 0)
		fail_msg("%s", problem);
}

/* The domain goes while its last message is on the way: no page would know the
 * link. */
static void
no_link_that_its_page_would_not_know(void **state)
{
	static const struct talk t = { .from = STRANGER, .client = ELSEWHERE,
		.rcpt = { "seul@seul.example" } };
	int64_t end_ms = oct_clock_mono_ms() + 5000;
	bool gone = false;
	struct outcome o;

	(void)state;
	begin(&t, &o);
	remove_entry("seul.example", "seul");
	remove_entry("seul.example", NULL);
	while (!gone) {
		const struct dir_snapshot *s =
		    directory_get(world.app->directory);

		gone = dir_domain(s, "seul.example") == NULL;
		directory_put(s);
		assert_true(oct_clock_mono_ms() < end_ms);
	}
	send_fields(o.session, &t);
	session_body(o.session, "x\r\n", 3);
	judge_message(o.session, &o.actions);
	assert_true(o.actions.accepted);
	assert_true(o.actions.discard);
	end(&o);
	assert_int_equal(count_keys("oct:{seul.example}:held:*"), 1);
}

/* --- Row 12: DEFER ------------------------------------------------------------------- */

static void
a_deferral_asks_once_and_the_retry_passes(void **state)
{
	enum case_outcome outcome;
	struct case_challenge c;
	struct relation r;

	(void)state;
	option(OPTION_FIRST_CONTACT, OPTION_FIRST_DEFER);
	assert_refused(&known, REPLY_TEMPFAIL, 451, "4.7.1");
	r = relation_of("anne");
	assert_int_equal(r.state, REL_ASKED);
	assert_int_equal(r.items, 0);
	assert_true(r.deferred);
	assert_int_equal(items(), 0);
	assert_int_equal(spooled(), 0);
	assert_int_equal(challenges(), 1);
	assert_int_equal(due_soon("challenge"), 1);
	assert_int_equal(case_challenge_find(world.app->store, r.challenge, &c),
	    1);
	assert_string_equal(c.challenge.client, "192.0.2.10");
	assert_string_equal(c.challenge.org, "example.org");
	assert_true(c.challenge.deferred);
	assert_int_equal(c.challenge.expires_ms, NOW + 4 * DAY);
	case_challenge_fini(&c);
	/* The same, and any other message: once is enough. */
	assert_refused(&known, REPLY_TEMPFAIL, 451, "4.7.1");
	assert_int_equal(challenges(), 1);
	assert_int_equal(case_confirm(world.app->store, &world.app->timers, D,
			     r.challenge, "page", NOW + 1000, &outcome),
	    0);
	assert_int_equal(outcome, CASE_DONE);
	assert_accepted(&known);
	assert_int_equal(items(), 0);
	assert_int_equal(counted(D, "defer-ask"), 1);
	assert_int_equal(counted(D, "defer-again"), 1);
}

static void
a_deferral_that_others_do_not_share_is_a_hold(void **state)
{
	static const struct talk mixed = { .from = ALICE,
		.rcpt = { "anne@" D, "bob@" D } };
	static const struct talk both = { .from = ALICE,
		.rcpt = { "anne@" D, "gus@" B },
		.to = "anne@" D ", gus@" B };

	option(OPTION_FIRST_CONTACT, OPTION_FIRST_DEFER);
	assert_accepted(&mixed);
	assert_int_equal(indexed("anne"), 1);
	assert_int_equal(challenges(), 1);
	assert_int_equal(relation_of("anne").state, REL_ASKED);
	/* Of two domains that both defer, each asks. */
	again(state);
	option(OPTION_FIRST_CONTACT, OPTION_FIRST_DEFER);
	assert_refused(&both, REPLY_TEMPFAIL, 451, "4.7.1");
	assert_int_equal(count_keys("oct:*:chal:*"), 2);
	assert_int_equal(items(), 0);
}

static void
nobody_is_asked_while_the_lever_is_pulled(void **state)
{
	(void)state;
	assert_int_equal(lever_stop(world.app->store, true, "test", NOW), 0);
	oct_clock_set_wall_ms(NOW + 5000);
	assert_accepted(&known);
	assert_int_equal(indexed("anne"), 1);
	assert_int_equal(challenges(), 0);
	assert_int_equal(relation_of("anne").state, REL_SILENT);
}

static void
the_bypass_delivers_with_a_label(void **state)
{
	struct outcome o;

	(void)state;
	assert_int_equal(lever_bypass(world.app->store, NOW + DAY, "test", NOW),
	    0);
	oct_clock_set_wall_ms(NOW + 5000);
	talk(&unproven, &o);
	assert_true(o.actions.accepted);
	assert_int_equal(o.actions.rcpt_count, 0);
	assert_int_equal(o.actions.label, LABEL_BYPASS);
	end(&o);
	assert_int_equal(counted(D, "bypass"), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_refusal_has_a_link_and_stores_nothing),
		TEST(a_pass_lets_three_messages_through),
		TEST(no_link_where_it_could_not_be_answered),
		TEST(no_link_that_its_page_would_not_know),
		TEST(a_deferral_asks_once_and_the_retry_passes),
		TEST(a_deferral_that_others_do_not_share_is_a_hold),
		TEST(nobody_is_asked_while_the_lever_is_pulled),
		TEST(the_bypass_delivers_with_a_label),
	};

	return RUN_MILTER_TESTS("test_milter_refuse", tests);
}

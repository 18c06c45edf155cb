/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order of decision at work (challenge.md 2): refusals that can be answered,
 * deferrals that ask, doors that were opened, several domains of which one fails,
 * and what becomes of members of groups that are not active.
 */
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "policy/tally.h"
#include "tests/unit/milter_fixture.h"

#define B "bourg.example"
#define ALICE "alice@example.org"
#define STRANGER "x@unknown.example"
#define ELSEWHERE "192.0.2.50" /* a client that no SPF record names */
#define DAY 86400000LL

static void
second_domain(void)
{
	provision(B, NULL, false, "{}");
	provision(B, "gus", false, "{\"challenge\":\"first-contact\"}");
	provision(B, "hal", false, "{}");
	provision(B, "groupe", true,
	    "{\"targets\":[\"gus@" B "\",\"hal@" B "\"]}");
	provision("seul.example", NULL, false, "{}");
	provision("seul.example", "seul", false,
	    "{\"challenge\":\"first-contact\"}");
	provision(D, "simule", false, "{\"challenge\":\"simulate\"}");
	provision(D, "doute", false, "{\"challenge\":\"doubtful\"}");
	provision(D, "soupcon", false,
	    "{\"challenge\":\"doubtful\",\"tag\":-100}");
	provision(D, "robots", false,
	    "{\"challenge\":\"first-contact\",\"automatic\":\"by-score\"}");
	provision(D, "mixte", true,
	    "{\"targets\":[\"bob@" D "\",\"suspendu@" D "\",\"ferme@" D
	    "\"]}");
	provision(D, "absents", true,
	    "{\"targets\":[\"suspendu@" D "\",\"ferme@" D "\"]}");
	provision(D, "fermes", true, "{\"targets\":[\"ferme@" D "\"]}");
}

static int
set_up(void **state)
{
	(void)state;
	return start_world("milter { forwarders = \"192.0.2.200\" }",
	    second_domain);
}

static void
again(void **state)
{
	assert_int_equal(stop_world(state), 0);
	assert_int_equal(set_up(state), 0);
}

static void
option(enum option o, int64_t value)
{
	world.app->options.v[o] = value;
}

/* --- What is in the store -------------------------------------------------------- */

static long long
count_keys(const char *pattern)
{
	char script[256];

	(void)snprintf(script, sizeof(script),
	    "return #redis.call('KEYS', '%s')", pattern);
	return test_redis_do(&world.redis, "EVAL %s 0", script);
}

static long long
counted(const char *domain, const char *name)
{
	char key[KEY_SIZE], day[TALLY_DAY_SIZE];
	long long n;

	tally_day(NOW, day);
	n = test_redis_do(&world.redis, "HGET %s %s",
	    key_stat(key, domain, day), name);
	return n == INT64_MIN ? 0 : n;
}

/* Duties of that verb that are due once everything has settled. */
static long long
due_soon(const char *verb)
{
	char script[512];

	(void)snprintf(script, sizeof(script),
	    "local n = 0 for _, m in ipairs(redis.call('ZRANGEBYSCORE', "
	    "'oct:due:main', 0, %lld)) do if string.find(m, '%s ', 1, true) "
	    "== 1 then n = n + 1 end end return n",
	    NOW + DAY / 24, verb);
	return test_redis_do(&world.redis, "EVAL %s 0", script);
}

static struct relation
relation_of(const char *local)
{
	struct relation r;

	assert_true(case_relation_read(world.app->store, D, local,
			"A|" ALICE "|example.org", &r) >= 0);
	return r;
}

static void
assert_held(const char *local, const char *reason)
{
	struct case_item i = held_item(local, 0);

	assert_string_equal(i.held.reason, reason);
	case_item_fini(&i);
}

static void
assert_accepted(const struct talk *t)
{
	struct outcome o;

	talk(t, &o);
	assert_true(o.actions.accepted);
	end(&o);
}

static void
assert_refused(const struct talk *t, enum reply_kind kind, int code,
    const char *enhanced)
{
	struct outcome o;

	talk(t, &o);
	assert_false(o.actions.accepted);
	assert_reply(&o.actions.reply, kind, code, enhanced);
	end(&o);
}

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

static const struct talk known = { .from = ALICE, .rcpt = { "anne@" D } };

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

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, stop_world)

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
		TEST(what_a_simulation_would_have_done),
		TEST(only_doubtful_mail_is_asked_about),
		TEST(answers_to_what_was_sent),
		TEST(one_who_is_expected),
		TEST(a_tagged_address),
		TEST(a_grant_that_matched_makes_the_relation),
		TEST(dns_that_cannot_tell),
		TEST(no_copy_twice_and_none_lost),
		TEST(several_domains_begin_together),
		TEST(a_retry_that_another_node_takes),
		TEST(members_that_are_not_active),
		TEST(collectors_never_hear_5xx),
		TEST(a_share_is_not_the_whole),
		TEST(refusals_that_become_holds_need_room),
		TEST(external_finals_have_an_item_a_domain),
	};
	int rc = test_redis_start(&world.redis);

	if (rc == TEST_REDIS_SKIP || sodium_init() < 0)
		return rc;
	oct_log_open("test_milter_order", OCT_LOG_STDERR, OCT_ERROR);
	if (rc == 0)
		rc = cmocka_run_group_tests_name("milter_order", tests, NULL,
		    NULL);
	test_redis_stop(&world.redis);
	return rc != 0;
}

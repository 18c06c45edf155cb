/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end of a message without libmilter and without a network: who is held,
 * asked, delivered or refused, and what is in the spool and in the store by then.
 */
#include <stdbool.h>
#include <stdint.h>

#include "lib/token.h"
#include "tests/unit/milter_hold_fixture.h"

static void
an_unknown_proven_sender_is_held_and_asked(void **state)
{
	static const struct talk t = { .from = ALICE,
		.rcpt = { "Anne+x@Ville.EXAMPLE" },
		.to = "Anne+x@Ville.EXAMPLE", .params = "BODY=8BITMIME",
		.field = { "References: <\xe9@x>" } };
	struct case_challenge c;
	struct case_item i;
	struct relation r;
	struct outcome o;
	char *text;
	FILE *f;

	(void)state;
	talk(&t, &o);
	assert_taken(&o, TAKEN("Anne+x@Ville.EXAMPLE"), true);
	end(&o);
	i = held_item("anne", 0);
	assert_int_equal(i.state, HELD_TENTATIVE);
	assert_string_equal(i.held.reason, "first-contact");
	assert_string_equal(i.held.class, "A");
	assert_string_equal(i.held.rpath, ALICE);
	assert_string_equal(i.held.typed, "Anne+x@Ville.EXAMPLE");
	assert_string_equal(i.held.rcpt, "anne@" D);
	assert_string_equal(i.held.mail_params, "BODY=8BITMIME");
	assert_string_equal(i.held.client, "192.0.2.10");
	assert_string_equal(i.held.queue_id, "4XyZ");
	assert_int_equal(i.held.expires_ms, NOW + 7 * 86400000LL);
	assert_non_null(strstr(i.held.trace, "Received: from mx.example.org"));
	assert_non_null(strstr(i.held.trace, "\r\nAuthentication-Results: mx."
					     D));
	assert_int_equal(case_relation_read(world.app->store, D, "anne",
			     i.held.sid, &r),
	    1);
	assert_int_equal(r.state, REL_ASKED);
	assert_string_equal(r.challenge, i.held.challenge);
	assert_int_equal(case_challenge_find(world.app->store,
			     i.held.challenge, &c),
	    1);
	assert_int_equal(c.state, CHALLENGE_PENDING);
	assert_string_equal(c.challenge.rpath, ALICE);
	assert_string_equal(c.challenge.typed[0], "Anne+x@Ville.EXAMPLE");
	assert_string_equal(c.challenge.sid, i.held.sid);
	case_challenge_fini(&c);
	/* The message as it came, octet for octet. */
	assert_int_equal(spooled(), 1);
	f = fopen(one_file, "r");
	assert_non_null(f);
	assert_int_equal(oct_io_slurp(fileno(f), 65536, &text, NULL), 0);
	(void)fclose(f);
	assert_string_equal(text,
	    "From: " ALICE "\r\nTo: Anne+x@Ville.EXAMPLE\r\n"
	    "Subject: question\r\nDate: Sat, 21 Nov 2026 09:59:00 +0000\r\n"
	    "Message-ID: <1@example.org>\r\nReferences: <\xe9@x>\r\n"
	    "\r\nBonjour\r\n");
	free(text);
	/* The sidecar alone rebuilds it. */
	assert_int_equal(spool_item_sidecar(world.app->spool, i.held.id,
			     &text),
	    0);
	case_item_fini(&i);
	assert_int_equal(held_parse(text, strlen(text), &i.held), 0);
	assert_string_equal(i.held.local, "anne");
	held_fini(&i.held);
	free(text);
}

static void
who_is_held_silently_or_delivered(void **state)
{
	static const struct {
		const char *name;
		struct talk t;
		const char *local, *reason, *class; /* reason NULL: delivered */
	} rows[] = {
		{ "option off", { .from = ALICE, .rcpt = { "bob@" D } }, "bob",
		    NULL, NULL },
		{ "protected", { .from = ALICE, .rcpt = { "mairie@" D } },
		    "mairie", NULL, NULL },
		{ "null path",
		    { .from = "", .author = ALICE, .rcpt = { "anne@" D } },
		    "anne", "unmatched-bounce", NULL },
		{ "list",
		    { .from = ALICE, .rcpt = { "anne@" D },
			.field = { "List-Id: <l.example.org>" } },
		    "anne", "automatic", "A" },
		{ "not named",
		    { .from = ALICE, .rcpt = { "anne@" D },
			.to = "other@example.org" },
		    "anne", "automatic", "A" },
		{ "quarantine",
		    { .from = "x@quarantine.example",
			.client = "192.0.2.50", .rcpt = { "bob@" D } },
		    "bob", "spoof", NULL },
		{ "hosted domain claimed",
		    { .from = "carol@" D, .client = "192.0.2.50",
			.rcpt = { "bob@" D } },
		    "bob", "spoof", NULL },
		{ "hosted domain in From alone",
		    { .from = ALICE, .author = "Carol <carol@" D ">",
			.rcpt = { "bob@" D } },
		    "bob", "spoof", NULL },
		{ "hosted domain, proven",
		    { .from = "carol@" D, .client = "192.0.2.77",
			.rcpt = { "anne@" D } },
		    "anne", NULL, NULL },
		{ "spam",
		    { .from = ALICE, .author = "a@" D ".evil.example",
			.client = "192.0.2.50", .helo = "mx." D,
			.rcpt = { "bob@" D } },
		    "bob", "spam", NULL },
		{ "submitted",
		    { .from = "bob@" D, .daemon = "ORIGINATING",
			.login = "bob@" D, .client = "192.0.2.50",
			.rcpt = { "anne@" D } },
		    "anne", NULL, NULL },
		{ "collected",
		    { .from = ALICE, .daemon = "COLLECT",
			.rcpt = { "anne@" D } },
		    "anne", "first-contact", "N" },
	};

	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct case_item item;
		struct outcome o;

		print_message("  %s\n", rows[i].name);
		if (i > 0) {
			assert_int_equal(stop_world(state), 0);
			assert_int_equal(set_up(state), 0);
		}
		talk(&rows[i].t, &o);
		assert_true(o.actions.accepted);
		assert_int_equal(o.actions.discard, rows[i].reason != NULL);
		assert_int_equal(indexed(rows[i].local),
		    rows[i].reason != NULL);
		assert_int_equal(challenges(), 0);
		assert_non_null(o.actions.results);
		end(&o);
		if (rows[i].reason == NULL)
			continue;
		item = held_item(rows[i].local, 0);
		assert_string_equal(item.held.reason, rows[i].reason);
		if (rows[i].class != NULL)
			assert_string_equal(item.held.class, rows[i].class);
		assert_string_equal(item.held.challenge, "");
		case_item_fini(&item);
	}
}

static void
what_is_refused_leaves_nothing(void **state)
{
	static const struct {
		const char *name;
		struct talk t;
		enum reply_kind kind;
		int code;
		const char *enhanced;
	} rows[] = {
		{ "DMARC reject",
		    { .from = "x@reject.example", .rcpt = { "anne@" D } },
		    REPLY_REJECT, 550, "5.7.26" },
		{ "strict hosted domain",
		    { .from = "eve@ferme.example", .client = "192.0.2.50",
			.rcpt = { "anne@" D } },
		    REPLY_REJECT, 550, "5.7.26" },
		{ "DNS does not answer",
		    { .from = "x@slow.example", .rcpt = { "anne@" D } },
		    REPLY_TEMPFAIL, 451, "4.4.3" },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct outcome o;

		print_message("  %s\n", rows[i].name);
		talk(&rows[i].t, &o);
		assert_false(o.actions.accepted);
		assert_reply(&o.actions.reply, rows[i].kind, rows[i].code,
		    rows[i].enhanced);
		end(&o);
		assert_int_equal(spooled(), 0);
		assert_int_equal(items(), 0);
	}
}

static void
a_retry_merges(void **state)
{
	static const struct talk t = { .from = ALICE, .rcpt = { "anne@" D } };
	static const struct talk trace = { .from = ALICE,
		.rcpt = { "anne@" D }, .field = { "Received: by other" } };
	static const struct talk other = { .from = ALICE,
		.rcpt = { "anne@" D }, .body = "Encore\r\n" };
	struct case_item i;
	struct outcome o;
	char first[HELD_ID_SIZE];
	int same = 0;

	(void)state;
	talk(&t, &o);
	end(&o);
	i = held_item("anne", 0);
	(void)snprintf(first, sizeof(first), "%s", i.held.id);
	case_item_fini(&i);
	talk(&t, &o);
	assert_taken(&o, TAKEN("anne@" D), true);
	end(&o);
	talk(&trace, &o);
	assert_taken(&o, TAKEN("anne@" D), true);
	end(&o);
	assert_int_equal(indexed("anne"), 1);
	assert_int_equal(challenges(), 1);
	assert_int_equal(spooled(), 1);
	/* Another message of an asked sender: held, not asked again. */
	talk(&other, &o);
	assert_taken(&o, TAKEN("anne@" D), true);
	end(&o);
	assert_int_equal(indexed("anne"), 2);
	assert_int_equal(challenges(), 1);
	for (size_t k = 0; k < 2; k++) {
		i = held_item("anne", k);
		same += strcmp(i.held.id, first) == 0;
		case_item_fini(&i);
	}
	assert_int_equal(same, 1);
}

static void
confirm(const char *local)
{
	struct case_item i = held_item(local, 0);
	enum case_outcome out = CASE_OVER;

	assert_int_equal(case_confirm(world.app->store, &world.app->timers, D,
			     i.held.challenge, "page", NOW + 1000, &out),
	    0);
	assert_int_equal(out, CASE_DONE);
	case_item_fini(&i);
}

static void
confirmed_senders_are_delivered(void **state)
{
	static const struct talk t = { .from = ALICE, .rcpt = { "anne@" D } };
	static const struct talk next = { .from = ALICE, .rcpt = { "anne@" D },
		.body = "Encore\r\n" };
	static const struct talk forged = { .from = ALICE,
		.client = "192.0.2.50", .rcpt = { "anne@" D },
		.body = "Virus\r\n" };
	struct outcome o;

	(void)state;
	talk(&t, &o);
	end(&o);
	confirm("anne");
	talk(&next, &o);
	assert_taken(&o, NOBODY, false);
	end(&o);
	/* The same message while its release is under way: not a second
	 * time by another door. */
	talk(&t, &o);
	assert_taken(&o, TAKEN("anne@" D), true);
	end(&o);
	assert_int_equal(items(), 1);
	/* The same name without the proof is somebody else. */
	talk(&forged, &o);
	assert_reply(&o.actions.reply, REPLY_REJECT, 550, "5.7.1");
	end(&o);
	assert_int_equal(indexed("anne"), 1);
}

static void
blocked_senders(void **state)
{
	static const struct talk t = { .from = ALICE, .rcpt = { "dora@" D } };
	static const struct talk mixed = { .from = ALICE,
		.rcpt = { "dora@" D, "bob@" D } };
	struct case_grant g = { .block = true, .since_ms = NOW,
		.actor = "dora", .why = "" };
	struct outcome o;

	(void)state;
	assert_int_equal(case_grant_set(world.app->store, D, "dora",
			     "dom:example.org", &g),
	    0);
	talk(&t, &o);
	assert_false(o.actions.accepted);
	assert_reply(&o.actions.reply, REPLY_REJECT, 550, "5.7.1");
	end(&o);
	talk(&mixed, &o);
	assert_taken(&o, TAKEN("dora@" D), false);
	end(&o);
	assert_int_equal(items(), 0);
	g.drop = true;
	assert_int_equal(case_grant_set(world.app->store, D, "dora",
			     "dom:example.org", &g),
	    0);
	talk(&t, &o);
	assert_taken(&o, TAKEN("dora@" D), true);
	end(&o);
	assert_int_equal(items(), 0);
}

static void
an_unreadable_relation_does_not_stop_mail(void **state)
{
	static const struct talk t = { .from = ALICE, .rcpt = { "anne@" D } };
	struct outcome o;

	(void)state;
	(void)test_redis_do(&world.redis, "HSET oct:{" D "}:rel:anne %s %s",
	    "A|" ALICE "|example.org", "rubbish");
	talk(&t, &o);
	assert_taken(&o, TAKEN("anne@" D), true);
	end(&o);
	assert_int_equal(indexed("anne"), 1);
}

static void
forged_fields_are_listed_from_the_last(void **state)
{
	static const struct talk t = { .from = ALICE, .rcpt = { "bob@" D },
		.field = { "X-Spam-Flag: NO",
		    "Authentication-Results: mx." D "; dkim=pass",
		    "Authentication-Results: mx.other.example; dkim=pass",
		    "x-octroi-held: 1", "X-Octroi: kept", "x-spam-flag: NO",
		    "AUTHENTICATION-RESULTS: (c) MX." D " 1; spf=pass" } };
	static const struct {
		const char *name;
		int index;
	} expected[] = { { "AUTHENTICATION-RESULTS", 3 }, { "x-spam-flag", 2 },
		{ "x-octroi-held", 1 }, { "Authentication-Results", 1 },
		{ "X-Spam-Flag", 1 } };
	struct outcome o;

	(void)state;
	talk(&t, &o);
	assert_taken(&o, NOBODY, false);
	assert_int_equal(o.actions.delete_count, OCT_LEN(expected));
	for (size_t i = 0; i < OCT_LEN(expected); i++) {
		const struct oct_field *f = o.actions.delete[i].field;

		assert_int_equal(f->name_len, strlen(expected[i].name));
		assert_memory_equal(f->name, expected[i].name, f->name_len);
		assert_int_equal(o.actions.delete[i].index, expected[i].index);
	}
	assert_non_null(strstr(o.actions.results, "spf=pass"));
	assert_string_equal(o.actions.score, "0.00");
	end(&o);
}

static void
more_forged_fields_than_can_be_removed(void **state)
{
	static const struct talk t = { .from = ALICE, .rcpt = { "anne@" D } };
	struct outcome o;

	(void)state;
	begin(&t, &o);
	for (int i = 0; i <= JUDGE_DELETE_MAX; i++)
		session_field(o.session, "X-Spam-Score", " 0");
	send_fields(o.session, &t);
	judge_message(o.session, &o.actions);
	assert_false(o.actions.accepted);
	assert_reply(&o.actions.reply, REPLY_REJECT, 550, "5.7.1");
	end(&o);
	assert_int_equal(items(), 0);
	assert_int_equal(spooled(), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(an_unknown_proven_sender_is_held_and_asked),
		T(who_is_held_silently_or_delivered),
		T(what_is_refused_leaves_nothing),
		T(a_retry_merges),
		T(confirmed_senders_are_delivered),
		T(blocked_senders),
		T(an_unreadable_relation_does_not_stop_mail),
		T(forged_fields_are_listed_from_the_last),
		T(more_forged_fields_than_can_be_removed),
	};

	return RUN_MILTER_TESTS("test_milter_hold", tests);
}

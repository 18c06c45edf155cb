/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end of a message without libmilter and without a network: who leaves the
 * envelope, what is in the spool and in the store by then, and what is answered
 * when either is away.
 */
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/token.h"
#include "tests/unit/milter_fixture.h"

#define ALICE "alice@example.org"
#define GROUP 120 /* more than one transaction takes */

static void
large_group(void)
{
	struct oct_str targets;

	oct_str_heap(&targets, 65536);
	for (int i = 0; i < GROUP; i++) {
		char local[16];

		(void)snprintf(local, sizeof(local), "g%d", i);
		provision(D, local, false, "{\"challenge\":\"first-contact\"}");
		oct_str_addf(&targets, "%s\"%s@" D "\"", i > 0 ? "," : "",
		    local);
	}
	{
		struct oct_str json;

		oct_str_heap(&json, 65536);
		oct_str_addf(&json, "{\"targets\":[%s]}",
		    oct_str_text(&targets));
		provision(D, "groupe", true, oct_str_text(&json));
		oct_str_free(&json);
	}
	oct_str_free(&targets);
}

static int
set_up(void **state)
{
	(void)state;
	return start_world("", NULL);
}

static int
set_up_group(void **state)
{
	(void)state;
	return start_world("", large_group);
}

/* The envelope after the judgement. */
static void
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
two_recipients_have_two_fates(void **state)
{
	static const struct talk t = { .from = ALICE,
		.rcpt = { "Bob@" D, "\"Anne\"@" D, "x@far.example" },
		.to = "bob@" D ", anne@" D };
	struct outcome o;

	(void)state;
	talk(&t, &o);
	assert_taken(&o, TAKEN("\"Anne\"@" D), false);
	assert_int_equal(indexed("anne"), 1);
	assert_int_equal(indexed("bob"), 0);
	assert_int_equal(items(), 1);
	end(&o);
}

static void
a_refusal_for_one_becomes_silent(void **state)
{
	static const struct talk t = { .from = "x@slow.example",
		.rcpt = { "bob@" D, "anne@" D },
		.to = "bob@" D ", anne@" D };
	struct case_item i;
	struct outcome o;

	(void)state;
	talk(&t, &o);
	assert_taken(&o, TAKEN("anne@" D), false);
	end(&o);
	i = held_item("anne", 0);
	assert_string_equal(i.held.reason, "undecided");
	case_item_fini(&i);
}

static void
an_alias_of_two_fates_is_taken_over_whole(void **state)
{
	static const struct talk t = { .from = ALICE, .rcpt = { "tous@" D },
		.params = "SIZE=99" };
	struct outcome o;

	(void)state;
	talk(&t, &o);
	assert_taken(&o, TAKEN("tous@" D), true);
	end(&o);
	assert_int_equal(indexed("anne"), 1);
	assert_int_equal(indexed("bob"), 0); /* in transit: never listed */
	assert_int_equal(items(), 2);
	assert_int_equal(spooled(), 2);
	assert_int_equal(test_redis_do(&world.redis, "EVAL %s 0",
			     "for _, k in ipairs(redis.call('KEYS', "
			     "'oct:{" D "}:held:*')) do "
			     "if redis.call('HGET', k, 'want') == 'transit' "
			     "then return 1 end end return 0"),
	    1);
}

static void
nobody_gets_it_twice(void **state)
{
	static const struct talk t = { .from = ALICE,
		.rcpt = { "tous@" D, "bob@" D, "anne@" D } };
	struct outcome o;

	(void)state;
	/* bob stays by his own RCPT: not stored again. */
	talk(&t, &o);
	assert_taken(&o, TAKEN("tous@" D, "anne@" D), false);
	end(&o);
	assert_int_equal(indexed("anne"), 1);
	assert_int_equal(items(), 1);
}

static void
external_targets_are_taken_over_with_their_proof(void **state)
{
	static const struct {
		const char *name, *from, *class;
	} rows[] = {
		{ "proven", ALICE, "A" },
		{ "unproven", "x@unknown.example", "N" },
	};

	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		const struct talk t = { .from = rows[i].from,
			.rcpt = { "dehors@" D } };
		struct case_item item;
		struct outcome o;
		char id[HELD_ID_SIZE] = "";
		const char *slash;

		print_message("  %s\n", rows[i].name);
		assert_int_equal(stop_world(state), 0);
		assert_int_equal(set_up(state), 0);
		/* Twice: Postfix failed after our answer. */
		for (int k = 0; k < 2; k++) {
			talk(&t, &o);
			assert_taken(&o, TAKEN("dehors@" D), true);
			end(&o);
			assert_int_equal(items(), 2);
			assert_int_equal(spooled(), 2);
			assert_int_equal(indexed("anne"), 1);
		}
		item = held_item("anne", 0);
		slash = strrchr(one_file, '/');
		(void)snprintf(id, sizeof(id), "%.32s", slash + 1);
		if (strcmp(id, item.held.id) == 0) {
			/* The other one: whichever the walk did not end on. */
			assert_int_equal(unlink(one_file), 0);
			assert_int_equal(spooled(), 1);
			slash = strrchr(one_file, '/');
			(void)snprintf(id, sizeof(id), "%.32s", slash + 1);
		}
		case_item_fini(&item);
		assert_int_equal(case_item_read(world.app->store, D, id,
				     &item),
		    1);
		assert_string_equal(item.held.rcpt, "x@far.example");
		assert_string_equal(item.held.reason, "transit");
		assert_string_equal(item.held.class, rows[i].class);
		assert_string_equal(item.held.sid, "");
		case_item_fini(&item);
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
a_large_group_is_held_whole(void **state)
{
	static const struct talk t = { .from = ALICE, .rcpt = { "groupe@" D } };
	struct outcome o;

	(void)state;
	talk(&t, &o);
	assert_taken(&o, TAKEN("groupe@" D), true);
	end(&o);
	assert_int_equal(items(), GROUP);
	assert_int_equal(spooled(), GROUP);
	assert_int_equal(challenges(), 1);
	talk(&t, &o);
	assert_taken(&o, TAKEN("groupe@" D), true);
	end(&o);
	assert_int_equal(items(), GROUP);
	assert_int_equal(challenges(), 1);
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

/* Of the one item in the spool. */
static void
assert_sidecar_reason(const char *reason)
{
	char id[HELD_ID_SIZE], *text;
	const char *name = strrchr(one_file, '/') + 1;
	struct held held;

	(void)snprintf(id, sizeof(id), "%.*s", HELD_ID_SIZE - 1, name);
	assert_int_equal(spool_item_sidecar(world.app->spool, id, &text), 0);
	assert_int_equal(held_parse(text, strlen(text), &held), 0);
	assert_string_equal(held.reason, reason);
	assert_string_equal(held.challenge, "");
	assert_true(held.adrift);
	held_fini(&held);
	free(text);
}

static void
without_the_store(void **state)
{
	static const struct talk first = { .from = ALICE,
		.rcpt = { "anne@" D } };
	static const struct talk mixed = { .from = ALICE,
		.rcpt = { "bob@" D, "anne@" D } };
	static const struct talk off = { .from = ALICE, .rcpt = { "bob@" D } };
	static const struct talk dmarc = { .from = "x@reject.example",
		.rcpt = { "anne@" D } };
	struct outcome o;

	(void)state;
	test_redis_kill(&world.redis, SIGKILL);
	talk(&first, &o);
	assert_false(o.actions.accepted);
	assert_reply(&o.actions.reply, REPLY_TEMPFAIL, 451, "4.3.0");
	end(&o);
	assert_int_equal(spooled(), 0);
	/* Delivered to others, it is kept undecided: the spool alone. */
	talk(&mixed, &o);
	assert_taken(&o, TAKEN("anne@" D), false);
	end(&o);
	assert_int_equal(spooled(), 1);
	assert_sidecar_reason("undecided");
	/* Once more, and it is still one. */
	talk(&mixed, &o);
	assert_taken(&o, TAKEN("anne@" D), false);
	end(&o);
	assert_int_equal(spooled(), 1);
	/* What the snapshot settles goes on. */
	talk(&off, &o);
	assert_taken(&o, NOBODY, false);
	end(&o);
	talk(&dmarc, &o);
	assert_reply(&o.actions.reply, REPLY_REJECT, 550, "5.7.26");
	end(&o);
	assert_int_equal(spooled(), 1);
	assert_int_equal(test_redis_again(&world.redis), 0);
}

/* The store fails between the reading and the registration. */
static void
a_store_that_fails_late(void **state)
{
	static const struct talk t = { .from = ALICE, .rcpt = { "anne@" D } };
	struct outcome o;
	int64_t end_ms = oct_clock_mono_ms() + 10000;

	(void)state;
	assert_int_equal(test_redis_do(&world.redis,
			     "CONFIG SET min-replicas-to-write 1"),
	    1);
	talk(&t, &o);
	assert_false(o.actions.accepted);
	assert_reply(&o.actions.reply, REPLY_TEMPFAIL, 451, "4.3.0");
	end(&o);
	assert_int_equal(items(), 0);
	assert_int_equal(test_redis_do(&world.redis,
			     "CONFIG SET min-replicas-to-write 0"),
	    1);
	/* The sender comes again; what the first try left is replaced. */
	while (store_ping(world.app->store) != 0)
		assert_true(oct_clock_mono_ms() < end_ms);
	talk(&t, &o);
	assert_taken(&o, TAKEN("anne@" D), true);
	end(&o);
	assert_int_equal(items(), 1);
	assert_int_equal(spooled(), 1);
}

static void
reopen_spool(uint64_t reserve)
{
	const struct spool_opts opts = { .folder_mode = 02770,
		.reserve = reserve };

	spool_close(world.app->spool);
	assert_int_equal(spool_open(world.settings->spool_path, &opts,
			     &world.app->spool),
	    0);
}

static void
a_full_spool(void **state)
{
	static const struct talk held = { .from = ALICE,
		.rcpt = { "anne@" D } };
	static const struct talk mixed = { .from = ALICE,
		.rcpt = { "bob@" D, "anne@" D } };
	static const struct talk off = { .from = ALICE, .rcpt = { "bob@" D } };
	struct outcome o;

	(void)state;
	reopen_spool(1ULL << 60);
	talk(&held, &o);
	assert_false(o.actions.accepted);
	assert_reply(&o.actions.reply, REPLY_TEMPFAIL, 452, "4.3.1");
	end(&o);
	talk(&mixed, &o);
	assert_reply(&o.actions.reply, REPLY_TEMPFAIL, 452, "4.3.1");
	end(&o);
	talk(&off, &o);
	assert_taken(&o, NOBODY, false);
	end(&o);
	assert_int_equal(items(), 0);
	assert_int_equal(challenges(), 0);
	reopen_spool(0);
	talk(&held, &o);
	assert_taken(&o, TAKEN("anne@" D), true);
	end(&o);
}

static void
a_spool_that_went_away(void **state)
{
	static const struct talk t = { .from = ALICE, .rcpt = { "anne@" D } };
	char from[128], to[128];
	struct outcome o;

	(void)state;
	(void)snprintf(from, sizeof(from), "%s/spool/tmp", world.dir);
	(void)snprintf(to, sizeof(to), "%s/spool/held", world.dir);
	assert_int_equal(rmdir(from), 0);
	(void)rmdir(to);
	talk(&t, &o);
	assert_false(o.actions.accepted);
	assert_int_equal(o.actions.reply.kind, REPLY_TEMPFAIL);
	end(&o);
	assert_int_equal(items(), 0);
}

/* --- Service addresses ---------------------------------------------------------- */

static void
service_address(const char *prefix, enum oct_token_purpose purpose,
    const char *id, char out[128])
{
	char token[OCT_TOKEN_SIZE];

	assert_int_equal(oct_token_for(&world.app->tokens, purpose, id, token),
	    0);
	(void)snprintf(out, 128, "%s+%s@defi.example", prefix, token);
}

static enum rel_state
relation_of_alice(void)
{
	struct relation r;

	assert_true(case_relation_read(world.app->store, D, "anne",
			"A|" ALICE "|example.org", &r) >= 0);
	return r.state;
}

static void
a_reply_confirms_if_it_comes_from_the_sender(void **state)
{
	static const struct talk t = { .from = ALICE, .rcpt = { "anne@" D } };
	struct case_item i;
	struct outcome o;
	char to[128];
	struct talk reply = { .from = ALICE, .rcpt = { to }, .id = "<2@x>" };

	(void)state;
	talk(&t, &o);
	end(&o);
	i = held_item("anne", 0);
	service_address("reply", OCT_TOKEN_REPLY, i.held.challenge, to);
	/* Somebody else, somebody unproven, a robot: nothing. */
	reply.from = "eve@example.org";
	talk(&reply, &o);
	assert_taken(&o, TAKEN(to), true);
	end(&o);
	reply.from = ALICE;
	reply.client = "192.0.2.50";
	talk(&reply, &o);
	assert_taken(&o, TAKEN(to), true);
	end(&o);
	reply.client = NULL;
	reply.field[0] = "Auto-Submitted: auto-replied";
	talk(&reply, &o);
	assert_taken(&o, TAKEN(to), true);
	end(&o);
	reply.field[0] = NULL;
	assert_int_equal(relation_of_alice(), REL_ASKED);
	/* The bounce token confirms nothing. */
	service_address("reply", OCT_TOKEN_BOUNCE, i.held.challenge, to);
	talk(&reply, &o);
	end(&o);
	assert_int_equal(relation_of_alice(), REL_ASKED);
	service_address("reply", OCT_TOKEN_REPLY, i.held.challenge, to);
	talk(&reply, &o);
	assert_taken(&o, TAKEN(to), true);
	end(&o);
	assert_int_equal(relation_of_alice(), REL_ALLOWED);
	case_item_fini(&i);
}

static void
a_bounce_lapses(void **state)
{
	static const struct talk t = { .from = ALICE, .rcpt = { "anne@" D } };
	struct case_item i;
	struct outcome o;
	char to[128];
	struct talk bounce = { .from = "", .author = "mailer-daemon@x.example",
		.rcpt = { to },
		.body = "Reporting-MTA: dns; x\r\n\r\nAction: delayed\r\n" };

	(void)state;
	talk(&t, &o);
	end(&o);
	i = held_item("anne", 0);
	service_address("Bounce", OCT_TOKEN_BOUNCE, i.held.challenge, to);
	talk(&bounce, &o);
	assert_taken(&o, TAKEN(to), true);
	end(&o);
	assert_int_equal(relation_of_alice(), REL_ASKED);
	bounce.body = "Reporting-MTA: dns; x\r\n\r\nAction: failed\r\n";
	talk(&bounce, &o);
	assert_taken(&o, TAKEN(to), true);
	end(&o);
	assert_int_equal(relation_of_alice(), REL_LAPSED);
	assert_int_equal(indexed("anne"), 1);
	case_item_fini(&i);
}

static void
service_addresses_never_answer(void **state)
{
	static const struct talk bad = { .from = "x@unknown.example",
		.client = "192.0.2.50",
		.rcpt = { "bounce+aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
			  "@defi.example",
		    "reply+@defi.example", "reply+x@DEFI.example" } };
	struct outcome o;

	(void)state;
	talk(&bad, &o);
	assert_taken(&o, bad.rcpt, true);
	end(&o);
	assert_int_equal(items(), 0);
}

#define T(test) cmocka_unit_test_setup_teardown(test, set_up, stop_world)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(an_unknown_proven_sender_is_held_and_asked),
		T(who_is_held_silently_or_delivered),
		T(what_is_refused_leaves_nothing),
		T(two_recipients_have_two_fates),
		T(a_refusal_for_one_becomes_silent),
		T(an_alias_of_two_fates_is_taken_over_whole),
		T(nobody_gets_it_twice),
		T(external_targets_are_taken_over_with_their_proof),
		T(a_retry_merges),
		T(confirmed_senders_are_delivered),
		T(blocked_senders),
		T(an_unreadable_relation_does_not_stop_mail),
		cmocka_unit_test_setup_teardown(a_large_group_is_held_whole,
		    set_up_group, stop_world),
		T(forged_fields_are_listed_from_the_last),
		T(more_forged_fields_than_can_be_removed),
		T(without_the_store),
		T(a_store_that_fails_late),
		T(a_full_spool),
		T(a_spool_that_went_away),
		T(a_reply_confirms_if_it_comes_from_the_sender),
		T(a_bounce_lapses),
		T(service_addresses_never_answer),
	};
	int rc = test_redis_start(&world.redis);

	if (rc == TEST_REDIS_SKIP || sodium_init() < 0)
		return rc;
	oct_log_open("test_milter_hold", OCT_LOG_STDERR, OCT_ERROR);
	if (rc == 0)
		rc = cmocka_run_group_tests_name("milter_hold", tests, NULL,
		    NULL);
	test_redis_stop(&world.redis);
	return rc != 0;
}

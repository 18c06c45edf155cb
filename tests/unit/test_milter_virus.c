/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What clamd and rspamd say, and what becomes of a message then, without
 * libmilter: clamd and rspamd are servers that say what the row wants.
 */
#include <stdbool.h>
#include <stdint.h>

#include "tests/support/answers.h"
#include "tests/unit/milter_fixture.h"

#define SETTINGS                                                               \
	"virus { clamd = \"unix:/nonexistent/clamd\" timeout = 500ms }\n"      \
	"milter { forwarders = { \"203.0.113.0/24\" } }\n"
#define EICAR "stream: Eicar-Signature FOUND\n"

static int
set_up(void **state)
{
	(void)state;
	return start_world(SETTINGS, NULL);
}

/* One message, while clamd says so; NULL: there is none. */
static void
talk_while(const char *clamd, const struct talk *t, struct outcome *out)
{
	struct answers a = { .read = ANSWERS_FRAMES, .say = clamd,
		.reset = true };

	if (clamd == NULL) {
		talk(t, out);
		return;
	}
	answers_start(&a, &world.app->outside.clamd);
	talk(t, out);
	answers_join(&a);
	assert_true(a.whole);
	assert_non_null(memmem(a.message.buf, a.message.len,
	    "\r\n\r\nBonjour\r\n", 13));
	answers_free(&a);
}

static void
malware(void **state)
{
	static const struct {
		const char *name;
		struct talk talk;
		bool refuse; /* the setting */
		bool accepted;
		int code;
		const char *enhanced;
		const char *held; /* a mailbox whose item there is */
	} rows[] = {
		{ "held",
		    { .from = "alice@example.org", .rcpt = { "bob@" D } },
		    false, true, 0, NULL, "bob" },
		{ "held for one who has the option",
		    { .from = "alice@example.org", .rcpt = { "anne@" D } },
		    false, true, 0, NULL, "anne" },
		{ "refused by policy",
		    { .from = "alice@example.org", .rcpt = { "carol@" D } },
		    true, false, 550, "5.7.1", NULL },
		{ "beside one whose copy we cannot hold",
		    { .from = "alice@example.org",
			.rcpt = { "carol@" D, "x@far.example" } },
		    false, false, 550, "5.7.1", NULL },
		{ "of a user of ours",
		    { .from = "bob@" D, .daemon = "ORIGINATING", .login = "bob",
			.rcpt = { "x@far.example" } },
		    false, false, 550, "5.7.1", NULL },
		{ "forwarded", { .from = "alice@example.org",
			.client = "203.0.113.4", .rcpt = { "mairie@" D } },
		    true, true, 0, NULL, "mairie" },
		{ "forwarded, to one who is not ours",
		    { .from = "alice@example.org", .client = "203.0.113.4",
			.rcpt = { "x@far.example", "carol@" D } },
		    false, false, 451, "4.7.1", NULL },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct case_item item;
		struct outcome o;

		print_message("  %s\n", rows[i].name);
		world.settings->virus_refuse = rows[i].refuse;
		talk_while(EICAR, &rows[i].talk, &o);
		assert_int_equal(o.actions.accepted, rows[i].accepted);
		if (!rows[i].accepted) {
			assert_reply(&o.actions.reply,
			    rows[i].code == 451 ? REPLY_TEMPFAIL : REPLY_REJECT,
			    rows[i].code, rows[i].enhanced);
		} else {
			assert_true(o.actions.discard);
			item = held_item(rows[i].held, 0);
			assert_string_equal(item.held.reason, "virus");
			assert_non_null(strstr(item.held.symbols,
			    "VIRUS(Eicar-Signature)"));
			case_item_fini(&item);
		}
		end(&o);
	}
	assert_int_equal(items(), 3);
	assert_int_equal(challenges(), 0);
}

/* The administrators' alone (challenge.md 2, row 1). */
static void
no_owner_releases_it(void **state)
{
	const struct talk t = { .from = "alice@example.org",
		.rcpt = { "bob@" D } };
	enum case_outcome outcome;
	struct case_item item;
	struct outcome o;

	(void)state;
	talk_while(EICAR, &t, &o);
	end(&o);
	item = held_item("bob", 0);
	assert_int_equal(case_release(world.app->store, &world.app->timers, D,
			     item.held.id, true, CASE_BY_OWNER, NOW, &outcome),
	    0);
	assert_int_equal(outcome, CASE_IMPOSSIBLE);
	assert_int_equal(case_release(world.app->store, &world.app->timers, D,
			     item.held.id, true, CASE_BY_ADMIN, NOW, &outcome),
	    0);
	assert_int_equal(outcome, CASE_DONE);
	case_item_fini(&item);
}

static void
without_a_verdict(void **state)
{
	static const struct {
		const char *name, *say;
		int on_failure;     /* 1: accept */
		bool accepted;
		const char *header; /* X-Octroi-Virus */
	} rows[] = {
		{ "clean", "stream: OK\n", 0, true, "" },
		{ "no clamd", NULL, 0, false, NULL },
		{ "it failed", "stream: no memory ERROR\n", 0, false, NULL },
		{ "garbage", "250 ok\n", 0, false, NULL },
		{ "no clamd, accepted", NULL, 1, true,
		    "not-checked (no connection)" },
		{ "it failed, accepted", "stream: no memory ERROR\n", 1, true,
		    "not-checked (failure)" },
		{ "too big for it", "INSTREAM size limit exceeded. ERROR\n", 0,
		    true, "not-checked (size)" },
	};
	const struct talk t = { .from = "alice@example.org",
		.rcpt = { "bob@" D } };

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct outcome o;

		print_message("  %s\n", rows[i].name);
		world.settings->virus_on_failure = rows[i].on_failure;
		assert_int_equal(smtp_peer_parse("unix:/nonexistent/clamd",
				     &world.app->outside.clamd),
		    0);
		talk_while(rows[i].say, &t, &o);
		assert_int_equal(o.actions.accepted, rows[i].accepted);
		if (rows[i].accepted)
			assert_string_equal(o.actions.virus, rows[i].header);
		else
			assert_reply(&o.actions.reply, REPLY_TEMPFAIL, 451,
			    "4.7.1");
		end(&o);
	}
}

static void
silence_has_an_end(void **state)
{
	struct answers a = { .read = ANSWERS_FRAMES, .say = NULL };
	const struct talk t = { .from = "alice@example.org",
		.rcpt = { "bob@" D } };
	int64_t before = oct_clock_mono_ms();
	struct outcome o;

	(void)state;
	world.settings->virus_on_failure = 1;
	answers_start(&a, &world.app->outside.clamd);
	talk(&t, &o);
	assert_true(o.actions.accepted);
	assert_string_equal(o.actions.virus, "not-checked (time-out)");
	assert_true(oct_clock_mono_ms() - before < 5000);
	end(&o);
	answers_join(&a);
	answers_free(&a);
}

static void
larger_than_the_bound(void **state)
{
	const struct talk t = { .from = "alice@example.org",
		.rcpt = { "bob@" D } };
	struct outcome o;

	(void)state;
	world.app->outside.virus_max = 100;
	talk(&t, &o);
	assert_true(o.actions.accepted);
	assert_string_equal(o.actions.virus, "not-checked (size)");
	end(&o);
	world.settings->virus_too_big = 1;
	talk(&t, &o);
	assert_false(o.actions.accepted);
	assert_reply(&o.actions.reply, REPLY_REJECT, 552, "5.3.4");
	end(&o);
}

/* --- rspamd ------------------------------------------------------------------- */

static void
opinions(void **state)
{
	static const struct {
		const char *name, *say;
		const char *symbol; /* "" = none */
	} rows[] = {
		{ "bad",
		    "HTTP/1.1 200 OK\r\n\r\n{\"score\":5,\"required_score\":15}",
		    "RSPAMD(1.00)" },
		{ "very bad",
		    "HTTP/1.1 200 OK\r\n\r\n{\"score\":900,"
		    "\"required_score\":15}",
		    "RSPAMD(2.00)" },
		{ "very good",
		    "HTTP/1.1 200 OK\r\n\r\n{\"score\":-900,"
		    "\"required_score\":15}",
		    "RSPAMD(-2.00)" },
		{ "none", "HTTP/1.1 503 busy\r\n\r\n", "" },
	};
	const struct talk t = { .from = "alice@example.org",
		.rcpt = { "bob@" D } };

	(void)state;
	world.app->outside.virus = false;
	world.app->outside.opinion = true;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct answers a = { .read = ANSWERS_HTTP, .say = rows[i].say,
			.reset = true };
		struct outcome o;

		print_message("  %s\n", rows[i].name);
		answers_start(&a, &world.app->outside.rspamd);
		talk(&t, &o);
		answers_join(&a);
		assert_true(a.whole);
		assert_non_null(strstr(a.in.buf, "\r\nIP: 192.0.2.10\r\n"));
		assert_true(o.actions.accepted);
		if (*rows[i].symbol != '\0')
			assert_non_null(strstr(o.actions.symbols,
			    rows[i].symbol));
		else
			assert_null(strstr(o.actions.symbols, "RSPAMD"));
		end(&o);
		answers_free(&a);
	}
}

static void
our_own_mail_is_not_judged_by_it(void **state)
{
	const struct talk t = { .from = "bob@" D, .daemon = "ORIGINATING",
		.login = "bob", .rcpt = { "x@far.example" } };
	struct outcome o;

	(void)state;
	world.app->outside.virus = false;
	world.app->outside.opinion = true;
	assert_int_equal(smtp_peer_parse("unix:/nonexistent/rspamd",
			     &world.app->outside.rspamd),
	    0);
	talk(&t, &o);
	assert_true(o.actions.accepted);
	end(&o);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, stop_world)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(malware),
		TEST(no_owner_releases_it),
		TEST(without_a_verdict),
		TEST(silence_has_an_end),
		TEST(larger_than_the_bound),
		TEST(opinions),
		TEST(our_own_mail_is_not_judged_by_it),
	};

	return RUN_MILTER_TESTS("test_milter_virus", tests);
}

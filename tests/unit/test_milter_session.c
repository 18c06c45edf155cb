/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MAIL, RCPT and the bounds of a message, without libmilter and without a
 * network: who is taken, who is not, and with which reply.
 */
#include <stdbool.h>
#include <stdint.h>

#include "tests/unit/milter_fixture.h"

#define LIMITS                                                                 \
	"limits { rate_recipients_in = \"3/1h\" "                          \
	"domain_rate_recipients_in = \"50/1h\" rate_messages_in = \"\" "  \
	"guess = \"2/1h\" recipients = 5 body = 65536 header = 16384 "         \
	"header_fields = 100 }\n"                                              \
	"milter { trusted_relays = { \"198.51.100.0/24\" } "                   \
	"forwarders = { \"203.0.113.0/24\" } }\n"

static int
set_up(void **state)
{
	(void)state;
	return start_world(LIMITS, NULL);
}

static void
recipients(void **state)
{
	static const struct {
		const char *name, *rcpt, *daemon, *login;
		enum reply_kind kind;
		int code;
		const char *enhanced;
	} rows[] = {
		{ "mailbox", "bob@" D, "smtpd", NULL, REPLY_CONTINUE, 0, NULL },
		{ "in capitals", "BOB@" "VILLE.EXAMPLE", "smtpd", NULL,
		    REPLY_CONTINUE, 0, NULL },
		{ "sub-address", "bob+x@" D, "smtpd", NULL, REPLY_CONTINUE, 0,
		    NULL },
		{ "alias", "tous@" D, "smtpd", NULL, REPLY_CONTINUE, 0, NULL },
		{ "not ours", "x@far.example", "smtpd", NULL, REPLY_CONTINUE,
		    0, NULL },
		{ "unknown", "nobody@" D, "smtpd", NULL, REPLY_REJECT, 550,
		    "5.1.1" },
		{ "unknown, from inside", "nobody@" D, "INTERNAL", NULL,
		    REPLY_CONTINUE, 0, NULL },
		{ "suspended", "suspendu@" D, "smtpd", NULL, REPLY_TEMPFAIL,
		    450, "4.2.1" },
		{ "closed", "ferme@" D, "smtpd", NULL, REPLY_REJECT, 550,
		    "5.2.1" },
		{ "closed, submitted", "ferme@" D, "ORIGINATING", "bob",
		    REPLY_CONTINUE, 0, NULL },
		{ "two ats", "a@b@" D, "smtpd", NULL, REPLY_REJECT, 553,
		    "5.1.3" },
		{ "control octet", "a\x01@" D, "smtpd", NULL, REPLY_REJECT,
		    553, "5.1.3" },
		{ "overlong UTF-8", "\xe0\x80\xaf@" D, "smtpd", NULL,
		    REPLY_REJECT, 553, "5.1.3" },
		{ "surrogate", "\xed\xa0\x80@" D, "smtpd", NULL, REPLY_REJECT,
		    553, "5.1.3" },
		{ "beyond Unicode", "\xf4\x90\x80\x80@" D, "smtpd", NULL,
		    REPLY_REJECT, 553, "5.1.3" },
		{ "service", "bounce+x@defi.example", "smtpd", NULL,
		    REPLY_CONTINUE, 0, NULL },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		const struct talk t = { .from = "alice@example.org",
			.daemon = rows[i].daemon, .login = rows[i].login,
			.rcpt = { rows[i].rcpt } };
		struct outcome o;

		print_message("  %s\n", rows[i].name);
		begin(&t, &o);
		assert_int_equal(o.mail.kind, REPLY_CONTINUE);
		assert_int_equal(o.rcpt[0].kind, rows[i].kind);
		if (rows[i].kind != REPLY_CONTINUE)
			assert_reply(&o.rcpt[0], rows[i].kind, rows[i].code,
			    rows[i].enhanced);
		assert_int_equal(o.session->rcpt_count,
		    rows[i].kind == REPLY_CONTINUE);
		/* Given up: nothing of it stays behind. */
		end(&o);
	}
}

static void
senders(void **state)
{
	static const struct {
		const char *from;
		bool taken;
	} rows[] = {
		{ "alice@example.org", true },
		{ "", true },
		{ "\"a b\"@example.org", true },
		{ "\xc3\xa9@example.org", true },
		{ "a@b@c", false },
		{ "a\xff@example.org", false },
		{ "a@exa mple.org", false },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		const struct talk t = { .from = rows[i].from,
			.rcpt = { NULL } };
		struct outcome o;

		print_message("  <%s>\n", rows[i].from);
		begin(&t, &o);
		if (rows[i].taken)
			assert_int_equal(o.mail.kind, REPLY_CONTINUE);
		else
			assert_reply(&o.mail, REPLY_REJECT, 553, "5.1.7");
		end(&o);
	}
}

static void
directions(void **state)
{
	static const struct {
		const char *name, *daemon, *login, *client;
		enum direction direction;
	} rows[] = {
		{ "public", "smtpd", NULL, "192.0.2.10", DIR_INBOUND },
		{ "login elsewhere", "smtpd", "bob", "192.0.2.10",
		    DIR_INBOUND },
		{ "submission", "ORIGINATING", "bob", "192.0.2.10",
		    DIR_SUBMISSION },
		{ "submission without login", "ORIGINATING", NULL,
		    "192.0.2.10", DIR_INBOUND },
		{ "empty login", "ORIGINATING", "", "192.0.2.10",
		    DIR_INBOUND },
		{ "internal", "INTERNAL", NULL, "127.0.0.1", DIR_INTERNAL },
		{ "collected", "COLLECT", NULL, "127.0.0.1", DIR_COLLECTED },
		{ "relay", "smtpd", NULL, "198.51.100.9", DIR_RELAY },
		{ "forwarder", "smtpd", NULL, "203.0.113.9", DIR_FORWARDED },
		{ "no name", NULL, NULL, "192.0.2.10", DIR_INBOUND },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		const struct talk t = { .from = "alice@example.org",
			.daemon = rows[i].daemon, .login = rows[i].login,
			.client = rows[i].client, .rcpt = { NULL } };
		struct outcome o;

		print_message("  %s\n", rows[i].name);
		begin(&t, &o);
		assert_int_equal(o.session->direction, rows[i].direction);
		end(&o);
	}
}

static void
too_many_recipients(void **state)
{
	static const struct talk t = { .from = "alice@example.org",
		.daemon = "INTERNAL",
		.rcpt = { "a@far.example", "b@far.example", "c@far.example",
		    "d@far.example", "e@far.example", "f@far.example" } };
	struct outcome o;

	(void)state;
	begin(&t, &o);
	assert_int_equal(o.rcpt[4].kind, REPLY_CONTINUE);
	assert_reply(&o.rcpt[5], REPLY_TEMPFAIL, 452, "4.5.3");
	assert_non_null(strstr(o.rcpt[5].text, "limit: recipients"));
	assert_int_equal(o.session->rcpt_count, 5);
	end(&o);
}

static void
rates_name_their_limit_and_spare_others(void **state)
{
	static const struct talk t = { .from = "alice@example.org",
		.rcpt = { "bob@" D, "bob@" D, "bob@" D, "bob@" D,
		    "anne@" D } };
	struct outcome o;

	(void)state;
	begin(&t, &o);
	assert_int_equal(o.rcpt[2].kind, REPLY_CONTINUE);
	assert_reply(&o.rcpt[3], REPLY_TEMPFAIL, 451, "4.7.1");
	assert_non_null(strstr(o.rcpt[3].text, "limit: rate_recipients_in 3/1h"));
	assert_int_equal(o.rcpt[4].kind, REPLY_CONTINUE);
	end(&o);
}

static void
guessing_is_slowed_down(void **state)
{
	static const struct talk t = { .from = "alice@example.org",
		.rcpt = { "x1@" D, "x2@" D, "x3@" D, "bob@" D } };
	struct outcome o;

	(void)state;
	begin(&t, &o);
	assert_reply(&o.rcpt[1], REPLY_REJECT, 550, "5.1.1");
	assert_reply(&o.rcpt[2], REPLY_TEMPFAIL, 451, "4.7.1");
	assert_non_null(strstr(o.rcpt[2].text, "limit: guess"));
	/* Whoever is known still gets his mail. */
	assert_int_equal(o.rcpt[3].kind, REPLY_CONTINUE);
	end(&o);
}

/* Nobody sends us answers and bounces without end (challenge.md 9); what they
 * cost is not given back, though they are never delivered. */
static void
service_mail_is_limited_by_network(void **state)
{
	static const struct talk t = { .from = "alice@example.org",
		.rcpt = { "reply+x@defi.example" } };
	struct outcome o;

	(void)state;
	world.app->limits.network[QUOTA_RECIPIENTS].at[0].count = 2;
	for (int i = 0; i < 2; i++) {
		talk(&t, &o);
		assert_int_equal(o.rcpt[0].kind, REPLY_CONTINUE);
		end(&o);
	}
	begin(&t, &o);
	assert_reply(&o.rcpt[0], REPLY_TEMPFAIL, 451, "4.7.1");
	assert_non_null(strstr(o.rcpt[0].text, "limit: network"));
	end(&o);
}

/* What is refused or held is not charged. */
static void
refused_and_held_mail_is_refunded(void **state)
{
	static const struct talk refused = { .from = "x@reject.example",
		.rcpt = { "bob@" D } };
	static const struct talk held = { .from = "alice@example.org",
		.rcpt = { "anne@" D } };
	static const struct talk taken = { .from = "alice@example.org",
		.rcpt = { "bob@" D } };
	struct outcome o;

	(void)state;
	for (int i = 0; i < 6; i++) {
		talk(&refused, &o);
		assert_int_equal(o.rcpt[0].kind, REPLY_CONTINUE);
		assert_false(o.actions.accepted);
		end(&o);
		talk(&held, &o);
		assert_int_equal(o.rcpt[0].kind, REPLY_CONTINUE);
		assert_true(o.actions.discard);
		end(&o);
	}
	for (int i = 0; i < 4; i++) {
		talk(&taken, &o);
		assert_int_equal(o.rcpt[0].kind,
		    i < 3 ? REPLY_CONTINUE : REPLY_TEMPFAIL);
		end(&o);
	}
}

static void
messages_over_the_bounds(void **state)
{
	static const struct {
		const char *name, *daemon;
		size_t body, fields, field;
		bool ok;
	} rows[] = {
		{ "just as large", "smtpd", 65536, 0, 0, true },
		{ "large body", "smtpd", 65537, 0, 0, false },
		{ "large header", "smtpd", 10, 30, 600, false },
		{ "many fields", "smtpd", 10, 96, 1, false },
		{ "just as many fields", "smtpd", 10, 95, 1, true },
		{ "large body, collected", "COLLECT", 65537, 0, 0, false },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		const struct talk t = { .from = "alice@example.org",
			.daemon = rows[i].daemon, .rcpt = { "bob@" D } };
		char *body = malloc(rows[i].body);
		char value[1000];
		struct outcome o;

		print_message("  %s\n", rows[i].name);
		(void)test_redis_do(&world.redis, "EVAL %s 0",
		    "for _, k in ipairs(redis.call('KEYS', '*rate*')) do "
		    "redis.call('DEL', k) end return 1");
		begin(&t, &o);
		assert_int_equal(o.rcpt[0].kind, REPLY_CONTINUE);
		memset(value, 'x', sizeof(value));
		value[rows[i].field] = '\0';
		for (size_t k = 0; k < rows[i].fields; k++)
			session_field(o.session, "X-Filler", value);
		send_fields(o.session, &t);
		memset(body, 'b', rows[i].body);
		session_body(o.session, body, rows[i].body);
		free(body);
		judge_message(o.session, &o.actions);
		assert_int_equal(o.actions.accepted, rows[i].ok);
		if (!rows[i].ok && strcmp(rows[i].daemon, "smtpd") == 0)
			assert_reply(&o.actions.reply, REPLY_REJECT, 552,
			    "5.3.4");
		else if (!rows[i].ok)
			assert_reply(&o.actions.reply, REPLY_TEMPFAIL, 452,
			    "4.3.1");
		end(&o);
	}
}

/* One session, several messages: nothing of one is left for the next. */
static void
messages_of_one_session_are_apart(void **state)
{
	const struct talk t = { .from = "alice@example.org",
		.rcpt = { "bob@" D } };
	char *mail[] = { (char[]){ "<other@example.org>" }, NULL };
	struct judge_actions again;
	struct outcome o;
	struct reply r;

	(void)state;
	talk(&t, &o);
	assert_true(o.actions.accepted);
	session_mail(o.session, mail, NULL, &r);
	assert_int_equal(r.kind, REPLY_CONTINUE);
	assert_int_equal(o.session->rcpt_count, 0);
	assert_string_equal(o.session->rpath.local, "other");
	assert_string_equal(o.session->id, "");
	session_clear(o.session);
	session_clear(o.session);
	/* The end of a message that never began. */
	judge_message(o.session, &again);
	assert_false(again.accepted);
	assert_int_equal(again.reply.kind, REPLY_TEMPFAIL);
	judge_actions_fini(&again);
	end(&o);
}

static void
limits_are_open_without_the_store(void **state)
{
	static const struct talk t = { .from = "alice@example.org",
		.rcpt = { "bob@" D, "bob@" D, "bob@" D, "bob@" D,
		    "nobody@" D } };
	uint64_t before = atomic_load(&world.app->quota_open);
	struct outcome o;

	(void)state;
	test_redis_kill(&world.redis, SIGKILL);
	begin(&t, &o);
	assert_int_equal(o.rcpt[3].kind, REPLY_CONTINUE);
	assert_reply(&o.rcpt[4], REPLY_REJECT, 550, "5.1.1");
	assert_true(atomic_load(&world.app->quota_open) > before);
	end(&o);
	assert_int_equal(test_redis_again(&world.redis), 0);
}

#define T(test) cmocka_unit_test_setup_teardown(test, set_up, stop_world)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(recipients),
		T(senders),
		T(directions),
		T(too_many_recipients),
		T(rates_name_their_limit_and_spare_others),
		T(service_mail_is_limited_by_network),
		T(guessing_is_slowed_down),
		T(refused_and_held_mail_is_refunded),
		T(messages_over_the_bounds),
		T(messages_of_one_session_are_apart),
		T(limits_are_open_without_the_store),
	};
	int rc = test_redis_start(&world.redis);

	if (rc == TEST_REDIS_SKIP || sodium_init() < 0)
		return rc;
	oct_log_open("test_milter_session", OCT_LOG_STDERR, OCT_ERROR);
	if (rc == 0)
		rc = cmocka_run_group_tests_name("milter_session", tests, NULL,
		    NULL);
	test_redis_stop(&world.redis);
	return rc != 0;
}

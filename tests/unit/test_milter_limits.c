/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Limits at RCPT and at the end of a message (milter/limits.c, limits_out.c,
 * storage.c), over a real Redis.
 */
#include "milter/limits.h"

#include "tests/unit/milter_fixture.h"

#include "policy/usage.h"

#define ANNE "anne@" D

static const char settings[] =
    "limits { network_rate_recipients_in = \"40/1h\" rate_messages_in = \"\" "
    "domain_rate_recipients_in = \"\" rate_messages_out = \"5/1h\" "
    "rate_recipients_out = \"12/1h\" storage = 1000000 storage_grace = 0 }\n"
    "";

static void
extra(void)
{
	provision("petit.example", NULL, false,
	    "{\"domain_rate_messages_in\":\"2/1h\","
	    "\"domain_rate_recipients_in\":\"5/1h\"}");
	provision("petit.example", "un", false, "{}");
	provision("petit.example", "deux", false, "{}");
	provision(D, "multi", false,
	    "{\"rate_messages_in\":\"3/1h,4/1d\"}");
	provision(D, "refuse", false,
	    "{\"rate_messages_in\":\"1/1h\",\"past_messages_in\":\"refuse\"}");
	provision(D, "garde", false,
	    "{\"rate_messages_in\":\"1/1h\",\"past_messages_in\":\"hold\"}");
	provision(D, "volume", false, "{\"rate_volume_in\":\"10k/1d\"}");
	provision(D, "taille", false,
	    "{\"max_size_in\":\"1k\",\"max_size_out\":\"1k\","
	    "\"max_recipients_out\":2,\"max_recipients_in\":2}");
	provision(D, "connu", false, "{\"rate_messages_in\":\"2/1h\"}");
	provision(D, "petite", false, "{\"storage\":\"1000\"}");
	provision(D, "parti", false,
	    "{\"storage\":\"1000\",\"forward\":\"x@far.example\","
	    "\"keep_copy\":\"no\"}");
	provision(D, "libre", false, "{\"rate_messages_out\":\"9/1h\"}");
	provision(D, "attente", false,
	    "{\"rate_messages_out\":\"1/1h\",\"past_messages_out\":\"hold\"}");
	provision(D, "muet", false, "{\"sending\":\"closed\"}");
	provision(D, "non", false,
	    "{\"rate_recipients_out\":\"1/1h\","
	    "\"past_recipients_out\":\"refuse\"}");
	provision(D, "gros", false, "{\"rate_volume_out\":\"1k/1d\"}");
}

static int
set_up(void **state)
{
	(void)state;
	return start_world(settings, extra);
}

/* One message to rcpt, and the answer to its RCPT. */
static struct reply
mail_to(const char *rcpt, const char *from, const char *params)
{
	struct talk t = { .from = from, .rcpt = { rcpt }, .params = params };
	struct outcome o;
	struct reply r;

	talk(&t, &o);
	r = o.rcpt[0];
	if (r.kind == REPLY_CONTINUE)
		assert_true(o.actions.accepted);
	end(&o);
	return r;
}

static void
assert_taken(const char *rcpt, int times)
{
	for (int i = 0; i < times; i++)
		if (mail_to(rcpt, "alice@example.org", NULL).kind !=
		    REPLY_CONTINUE)
			fail_msg("%s: message %d", rcpt, i);
}

static void
assert_over(const char *rcpt, const char *limit)
{
	struct reply r = mail_to(rcpt, "alice@example.org", NULL);

	assert_reply(&r, REPLY_TEMPFAIL, 451, "4.7.1");
	if (strstr(r.text, limit) == NULL)
		fail_msg("%s: %s", rcpt, r.text);
}

/* --- In ---------------------------------------------------------------------- */

static void
several_windows_at_once(void **state)
{
	char key[KEY_SIZE];

	(void)state;
	assert_taken("multi@" D, 3);
	assert_over("multi@" D, "rate_messages_in 3/1h");
	/* The hour is over, the day is not. */
	assert_int_equal(test_redis_do(&world.redis, "DEL %s",
			     key_rate(key, D, "rate_messages_in.3600000",
				 "multi")),
	    1);
	assert_taken("multi@" D, 1);
	assert_over("multi@" D, "rate_messages_in 4/1d");
}

/* One message for several mailboxes of a domain is one message, and so many
 * recipients. */
static void
messages_and_recipients_differ(void **state)
{
	static const struct talk both = { .from = "alice@example.org",
		.rcpt = { "un@petit.example", "deux@petit.example" } };
	struct outcome o;

	(void)state;
	for (int i = 0; i < 2; i++) {
		talk(&both, &o);
		assert_int_equal(o.rcpt[0].kind, REPLY_CONTINUE);
		assert_int_equal(o.rcpt[1].kind, REPLY_CONTINUE);
		assert_true(o.actions.accepted);
		end(&o);
	}
	talk(&both, &o);
	assert_reply(&o.rcpt[0], REPLY_TEMPFAIL, 451, "4.7.1");
	assert_non_null(strstr(o.rcpt[0].text,
	    "domain_rate_messages_in 2/1h"));
	end(&o);
}

static void
what_becomes_of_mail_past_a_limit(void **state)
{
	struct case_item item;
	struct reply r;

	(void)state;
	assert_taken("refuse@" D, 1);
	r = mail_to("refuse@" D, "alice@example.org", NULL);
	assert_reply(&r, REPLY_REJECT, 550, "5.7.1");
	assert_taken("garde@" D, 1);
	assert_int_equal(spooled(), 0);
	assert_taken("garde@" D, 1);
	assert_int_equal(spooled(), 1);
	item = held_item("garde", 0);
	assert_string_equal(item.held.reason, "limit");
	case_item_fini(&item);
}

static void
volumes_count_what_is_sent(void **state)
{
	static char body[6000];
	struct talk t = { .from = "alice@example.org",
		.rcpt = { "volume@" D }, .body = body };
	struct outcome o;
	struct reply r;

	(void)state;
	memset(body, 'x', sizeof(body) - 1);
	for (size_t i = 78; i + 2 < sizeof(body); i += 80)
		memcpy(body + i, "\r\n", 2);
	/* Not declared: charged at the end, if there is so much left. */
	talk(&t, &o);
	assert_int_equal(o.rcpt[0].kind, REPLY_CONTINUE);
	assert_true(o.actions.accepted);
	end(&o);
	talk(&t, &o);
	assert_int_equal(o.rcpt[0].kind, REPLY_CONTINUE);
	assert_false(o.actions.accepted);
	assert_reply(&o.actions.reply, REPLY_TEMPFAIL, 451, "4.7.1");
	end(&o);
	/* Declared: at RCPT; what was refused is not charged. */
	r = mail_to("volume@" D, "alice@example.org", "SIZE=6000");
	assert_reply(&r, REPLY_TEMPFAIL, 451, "4.7.1");
	assert_non_null(strstr(r.text, "rate_volume_in 10k/1d"));
	r = mail_to("volume@" D, "alice@example.org", "SIZE=3000");
	assert_int_equal(r.kind, REPLY_CONTINUE);
	/* Beside somebody who has room it is taken, and charged. */
	t.rcpt[1] = "bob@" D;
	talk(&t, &o);
	assert_true(o.actions.accepted);
	end(&o);
	r = mail_to("volume@" D, "alice@example.org", "SIZE=300");
	assert_reply(&r, REPLY_TEMPFAIL, 451, "4.7.1");
}

static void
sizes_and_recipients_of_one_message(void **state)
{
	static const struct talk three = { .from = "alice@example.org",
		.rcpt = { "bob@" D, ANNE, "taille@" D, "carol@" D } };
	static char body[1200];
	struct talk big = { .from = "alice@example.org",
		.rcpt = { "taille@" D }, .body = body };
	struct outcome o;
	struct reply r;

	(void)state;
	r = mail_to("taille@" D, "alice@example.org", "SIZE=1025");
	assert_reply(&r, REPLY_REJECT, 552, "5.3.4");
	r = mail_to("taille@" D, "alice@example.org", "SIZE=1024");
	assert_int_equal(r.kind, REPLY_CONTINUE);
	/* One that did not say so. */
	memset(body, 'x', sizeof(body) - 1);
	memcpy(body + 600, "\r\n", 2);
	talk(&big, &o);
	assert_int_equal(o.rcpt[0].kind, REPLY_CONTINUE);
	assert_false(o.actions.accepted);
	assert_reply(&o.actions.reply, REPLY_REJECT, 552, "5.3.4");
	assert_non_null(strstr(o.actions.reply.text, "max_size_in"));
	end(&o);
	begin(&three, &o);
	assert_reply(&o.rcpt[2], REPLY_TEMPFAIL, 452, "4.5.3");
	assert_int_equal(o.rcpt[3].kind, REPLY_CONTINUE);
	end(&o);
}

static void
grant(const char *who, bool block)
{
	struct case_grant g = { .since_ms = NOW, .block = block,
		.actor = "test" };

	assert_int_equal(case_grant_set(world.app->store, D, "connu", who, &g),
	    0);
}

static void
make_relation(const char *sid, enum rel_state s)
{
	char packed[REL_PACKED_SIZE], key[KEY_SIZE];
	struct relation r;

	relation_init(&r);
	r.state = s;
	r.since_ms = r.last_ms = NOW;
	memcpy(r.origin, "page", 5);
	relation_pack(&r, packed);
	assert_true(test_redis_do(&world.redis, "HSET %s %s %s",
			key_relations(key, D, "connu"), sid, packed) >= 0);
}

/* A flood cannot switch a mailbox off for those whom it knows; they have a
 * second bucket of the same size, and no third. */
static void
the_known_have_a_bucket_of_their_own(void **state)
{
	static const struct {
		const char *from, *why;
		bool known;
	} rows[] = {
		{ "ami@granted.example", "granted", true },
		{ "x@dom.example", "its domain", true },
		{ "Rel@mail.related.example", "a relation", true },
		{ "rel@other.example", "another domain", false },
		{ "ask@asked.example", "was asked only", false },
		{ "foe@granted.example", "blocked", false },
		{ "stranger@example.org", "nobody", false },
	};
	char key[KEY_SIZE];

	(void)state;
	grant("addr:ami@granted.example", false);
	grant("dom:dom.example", false);
	grant("dom:granted.example", false);
	grant("addr:foe@granted.example", true);
	make_relation("A|rel@mail.related.example|related.example",
	    REL_ALLOWED);
	make_relation("A|ask@asked.example|asked.example", REL_ASKED);
	assert_taken("connu@" D, 2);
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct talk t = { .from = rows[i].from,
			.rcpt = { "connu@" D } };
		struct outcome o;

		(void)test_redis_do(&world.redis, "DEL %s",
		    key_rate(key, D, "known.rate_messages_in.3600000",
			"connu"));
		for (int k = 0; k < 3; k++) {
			bool taken;

			begin(&t, &o);
			taken = o.rcpt[0].kind == REPLY_CONTINUE;
			if (taken != (rows[i].known && k < 2))
				fail_msg("%s: message %d", rows[i].why, k);
			end(&o);
		}
	}
}

/* --- Out --------------------------------------------------------------------- */

static struct talk
submission(const char *login)
{
	return (struct talk){ .client = "203.0.113.9",
		.daemon = "ORIGINATING", .login = login, .from = login,
		.rcpt = { "x@far.example" } };
}

/* Submit up to n messages; how many were taken. */
static int
submit(const char *login, int n)
{
	struct talk t = submission(login);
	struct outcome o;
	int taken = 0;

	for (int i = 0; i < n; i++) {
		talk(&t, &o);
		if (o.rcpt[0].kind == REPLY_CONTINUE) {
			assert_true(o.actions.accepted);
			taken++;
		} else if (o.rcpt[0].code != 451) {
			fail_msg("%s: %d", login, o.rcpt[0].code);
		}
		end(&o);
	}
	return taken;
}

/* What the store has now; NULL: the snapshot of the milter must not lag. */
static void
wait_for_sending(const char *local, enum dir_state wanted)
{
	for (int i = 0; i < 300; i++) {
		const struct dir_snapshot *s =
		    directory_get(world.app->directory);
		enum dir_state is =
		    dir_mailbox(dir_domain(s, D), local)->limits.sending;

		directory_put(s);
		if (is == wanted)
			return;
		(void)usleep(10000);
	}
	fail_msg("%s: sending is not %d", local, wanted);
}

static void
set(const char *local, const char *json)
{
	struct dir_change c = { .domain = D, .local = local, .json = json,
		.actor = "test" };
	char problem[256];

	if (directory_change(world.app->store, &c, problem) != 0)
		fail_msg("%s", problem);
}

static void
a_stolen_password_is_stopped(void **state)
{
	const struct dir_snapshot *s;
	const struct dir_mailbox *m;

	(void)state;
	assert_int_equal(submit(ANNE, 40), 5);
	wait_for_sending("anne", DIR_SUSPENDED);
	assert_int_equal(submit(ANNE, 3), 0);
	s = directory_get(world.app->directory);
	m = dir_mailbox(dir_domain(s, D), "anne");
	assert_non_null(strstr(m->limits.sending_reason,
	    "limit rate_messages_out 5/1h passed by message 4XyZ from " ANNE
	    " client 203.0.113.9"));
	directory_put(s);
	/* One suspension, with its entry in the audit. */
	assert_int_equal(test_redis_do(&world.redis, "EVAL %s 0",
			     "local n = 0 for _, e in ipairs(redis.call("
			     "'XRANGE', 'oct:audit', '-', '+')) do "
			     "if e[2][2] == 'milter' then n = n + 1 end end "
			     "return n"),
	    1);
	/* The others still send, and everybody still receives. */
	assert_int_equal(submit("bob@" D, 1), 1);
	assert_taken("bob@" D, 1);
	/* Lifted, it starts anew. */
	set("anne", "{\"sending\":\"active\"}");
	wait_for_sending("anne", DIR_ACTIVE);
	assert_int_equal(submit(ANNE, 5), 5);
	assert_int_equal(submit(ANNE, 1), 0);
}

static void
recipients_out_count_too(void **state)
{
	struct talk t = submission(ANNE);
	struct outcome o;
	int taken = 0;

	(void)state;
	for (size_t i = 0; i < 8; i++)
		t.rcpt[i] = "x@far.example";
	for (int i = 0; i < 2; i++) {
		talk(&t, &o);
		for (size_t k = 0; k < 8; k++)
			taken += o.rcpt[k].kind == REPLY_CONTINUE;
		end(&o);
	}
	assert_int_equal(taken, 12);
	wait_for_sending("anne", DIR_SUSPENDED);
}

static void
other_ways_out(void **state)
{
	struct talk t = submission("muet@" D);
	struct outcome o;

	(void)state;
	assert_int_equal(submit("libre@" D, 20), 9);
	/* A login that is no mailbox has the platform's limits. */
	assert_int_equal(submit("vieux-login", 20), 5);
	talk(&t, &o);
	assert_reply(&o.rcpt[0], REPLY_REJECT, 550, "5.7.1");
	end(&o);
	/* Kept back by Postfix. */
	assert_int_equal(submit("attente@" D, 1), 1);
	t = submission("attente@" D);
	talk(&t, &o);
	assert_true(o.actions.accepted);
	assert_string_equal(o.session->quarantine, "rate_messages_out 1/1h");
	end(&o);
	t = submission("taille@" D);
	for (size_t i = 0; i < 3; i++)
		t.rcpt[i] = "x@far.example";
	begin(&t, &o);
	assert_reply(&o.rcpt[2], REPLY_TEMPFAIL, 452, "4.5.3");
	end(&o);
	t.params = "SIZE=2000";
	begin(&t, &o);
	assert_reply(&o.rcpt[0], REPLY_REJECT, 552, "5.3.4");
	end(&o);
}

/* --- Storage ------------------------------------------------------------------- */

static void
fill(const char *local, int64_t octets)
{
	struct usage_told told = { .domain = D, .local = local,
		.octets = octets, .messages = 1, .quota = 1000,
		.node = "main", .now_ms = NOW };

	assert_int_equal(usage_write(world.app->store, &told), 0);
}

static void
a_full_mailbox_defers(void **state)
{
	struct reply r;

	(void)state;
	assert_taken("petite@" D, 1);
	fill("petite", 999);
	assert_taken("petite@" D, 1);
	r = mail_to("petite@" D, "alice@example.org", "SIZE=500");
	assert_reply(&r, REPLY_TEMPFAIL, 452, "4.2.2");
	fill("petite", 1000);
	r = mail_to("petite@" D, "alice@example.org", NULL);
	assert_reply(&r, REPLY_TEMPFAIL, 452, "4.2.2");
	/* By an alias it is the same; a group with somebody else goes on. */
	fill("anne", 1000000);
	assert_taken("tous@" D, 1);
	fill("bob", 1000000);
	r = mail_to("tous@" D, "alice@example.org", NULL);
	assert_reply(&r, REPLY_TEMPFAIL, 452, "4.2.2");
	/* Nothing is put into a mailbox that keeps no copies. */
	fill("parti", 1000);
	assert_taken("parti@" D, 1);
	set("petite", "{\"storage\":\"2000\"}");
	for (int i = 0; i < 300; i++) {
		r = mail_to("petite@" D, "alice@example.org", NULL);
		if (r.kind == REPLY_CONTINUE)
			break;
		(void)usleep(10000);
	}
	assert_int_equal(r.kind, REPLY_CONTINUE);
}

static void
levels_are_told_once(void **state)
{
	static const struct {
		int64_t octets;
		long long work; /* entries so far */
	} rows[] = { { 700, 0 }, { 800, 1 }, { 850, 1 }, { 900, 2 },
		{ 1000, 3 }, { 1000, 3 }, { 500, 3 }, { 950, 4 } };
	struct usage u;
	char key[KEY_SIZE];

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		fill("petite", rows[i].octets);
		assert_int_equal(test_redis_do(&world.redis, "XLEN %s",
				     key_work(key, "main")),
		    rows[i].work);
	}
	assert_int_equal(usage_read(world.app->store, D, "petite", &u), 0);
	assert_int_equal(u.level, 90);
	assert_int_equal(u.told, 0);
	assert_int_equal(usage_mark(world.app->store, D, "petite", "other",
			     &u),
	    0);
	assert_int_equal(store_hdel(world.app->store, key_use(key, D),
			     "petite"),
	    0);
	assert_int_equal(usage_read(world.app->store, D, "petite", &u),
	    OCT_EABSENT);
}

/* --- Words ----------------------------------------------------------------------- */

/* Whoever is refused for a limit is told which. */
static const struct {
	const char *rcpt, *login; /* login NULL: from outside */
	const char *params;
	int before; /* messages that are taken */
	size_t rcpts; /* of the message that is not */
	int code;
	const char *limit;
} refusals[] = {
	{ "multi@" D, NULL, NULL, 3, 1, 451, "rate_messages_in 3/1h" },
	{ "un@petit.example", NULL, NULL, 2, 1, 451,
	    "domain_rate_messages_in 2/1h" },
	{ "refuse@" D, NULL, NULL, 1, 1, 550, "rate_messages_in 1/1h" },
	{ "volume@" D, NULL, "SIZE=9000", 1, 1, 451, "rate_volume_in 10k/1d" },
	{ "taille@" D, NULL, "SIZE=5000", 0, 1, 552, "max_size_in" },
	{ "taille@" D, NULL, NULL, 0, 3, 452, "max_recipients_in" },
	{ "petite@" D, NULL, "SIZE=5000", 0, 1, 452, "storage" },
	{ "bob@" D, NULL, NULL, 40, 1, 451, "network" },
	{ "x@far.example", ANNE, NULL, 5, 1, 451, "rate_messages_out 5/1h" },
	{ "x@far.example", "non@" D, NULL, 1, 1, 550,
	    "rate_recipients_out 1/1h" },
	{ "x@far.example", "gros@" D, "SIZE=900", 1, 1, 451,
	    "rate_volume_out 1k/1d" },
	{ "x@far.example", "taille@" D, "SIZE=3000", 0, 1, 552,
	    "max_size_out" },
	{ "x@far.example", "taille@" D, NULL, 0, 3, 452,
	    "max_recipients_out" },
};

static void
each_refusal_names_its_limit(void **state)
{
	(void)state;
	for (size_t i = 0; i < OCT_LEN(refusals); i++) {
		struct talk t = { .from = "alice@example.org" };
		char words[96];
		struct outcome o;
		const struct reply *r;

		(void)printf("  %s\n", refusals[i].limit);
		assert_true(test_redis_do(&world.redis, "EVAL %s 0",
				"for _, k in ipairs(redis.call('KEYS', "
				"'oct:*rate:*')) do redis.call('DEL', k) end "
				"return 1") == 1);
		if (strcmp(refusals[i].limit, "storage") == 0)
			fill("petite", 900);
		if (refusals[i].login != NULL)
			t = submission(refusals[i].login);
		t.rcpt[0] = refusals[i].rcpt;
		t.params = refusals[i].params;
		for (int k = 0; k < refusals[i].before; k++) {
			begin(&t, &o);
			assert_int_equal(o.rcpt[0].kind, REPLY_CONTINUE);
			end(&o);
		}
		for (size_t k = 1; k < refusals[i].rcpts; k++)
			t.rcpt[k] = refusals[i].rcpt;
		begin(&t, &o);
		r = &o.rcpt[refusals[i].rcpts - 1];
		(void)snprintf(
		    words, sizeof(words), "(limit: %s)", refusals[i].limit);
		if (r->code != refusals[i].code ||
		    strstr(r->text, words) == NULL)
			fail_msg("%d %s", r->code, r->text);
		end(&o);
	}
}

#define T(test) cmocka_unit_test_setup_teardown(test, set_up, stop_world)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(several_windows_at_once),
		T(messages_and_recipients_differ),
		T(what_becomes_of_mail_past_a_limit),
		T(volumes_count_what_is_sent),
		T(sizes_and_recipients_of_one_message),
		T(the_known_have_a_bucket_of_their_own),
		T(a_stolen_password_is_stopped),
		T(recipients_out_count_too),
		T(other_ways_out),
		T(a_full_mailbox_defers),
		T(levels_are_told_once),
		T(each_refusal_names_its_limit),
	};
	int rc = test_redis_start(&world.redis), failed;

	if (rc != 0)
		return rc;
	oct_log_open("test", OCT_LOG_STDERR, OCT_ERROR);
	if (sodium_init() < 0)
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	test_redis_stop(&world.redis);
	return failed;
}

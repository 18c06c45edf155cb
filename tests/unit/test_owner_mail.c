/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the courier writes to owners, digests and links, against a real Redis and a
 * scripted Postfix.
 */
#include "courier/digest.h"
#include "lib/date_text.h"
#include "policy/owner_ask.h"
#include "tests/unit/courier_fixture.h"

#define HOUR 3600000LL
#define BOB "bob@" D
#define TO(address)                                                            \
	HI, { "MAIL FROM:<>", "250 2.1.0 Ok\r\n" },                            \
	    { "RCPT TO:<" address ">", "250 2.1.5 Ok\r\n" }, DATA

static const struct step taken[STEPS] = { TO(BOB), QUEUED, QUIT };
static const struct step deferred[STEPS] = { TO(BOB),
	{ BODY, "451 4.3.0 later\r\n" }, QUIT };
static const struct step refused[STEPS] = { TO(BOB),
	{ BODY, "550 5.7.1 no\r\n" }, QUIT };
static const struct step vanished[STEPS] = { TO(BOB), { BODY, CLOSE } };

static void
provision(const char *local, const char *json)
{
	struct dir_change c = { .domain = D, .local = local, .create = true,
		.json = json, .actor = "test" };
	char problem[256];

	assert_int_equal(directory_change(world.store, &c, problem), 0);
}

/* NOW is 10:00 UTC, 11 o'clock in Paris: an hour before the digest. */
static void
town(const char *bob)
{
	assert_int_equal(oct_date_zone("Europe/Paris"), 0);
	provision(NULL, "{\"digest\":\"daily@12\"}");
	provision("bob", bob);
}

static void
arrives(int n, enum fate_reason reason)
{
	const struct arrival a = { .n = n, .local = "bob", .sid = SID,
		.reason = reason, .at_ms = NOW };
	char id[HELD_ID_SIZE];

	assert_int_equal(arrive(&a), 0);
	assert_int_equal(case_settle(world.store, D, id_of(n, id), NOW), 0);
}

/* The duty at that time. */
static enum duty
digest(int64_t at_ms)
{
	static const struct case_duty d = { "digest", D, "-", 0 };

	oct_clock_set_wall_ms(at_ms);
	return courier_do(office.courier, &d);
}

static long long
next_duty(void)
{
	char key[KEY_SIZE];

	return test_redis_do(&world.redis, "ZSCORE %s %s", key_due(key, NODE),
	    "digest " D " -");
}

/* Found with that score. */
static enum duty
digest_found(int64_t at_ms, int64_t armed_ms)
{
	const struct case_duty d = { "digest", D, "-", armed_ms };

	oct_clock_set_wall_ms(at_ms);
	return courier_do(office.courier, &d);
}

static void
what_is_armed_during_a_turn_stays(void **state)
{
	char key[KEY_SIZE];

	(void)state;
	town("{}");
	arrives(1, FATE_R_SPAM);
	key_due(key, NODE);
	/* Held after its box was looked at, before the turn ended. */
	test_redis_do(&world.redis, "ZADD %s %lld %s", key,
	    (long long)NOW + 5, "digest " D " -");
	assert_int_equal(digest_found(NOW, NOW), DUTY_LATER);
	assert_int_equal(next_duty(), NOW + 5);
	/* Not if that is later than what waits. */
	test_redis_do(&world.redis, "ZADD %s %lld %s", key,
	    (long long)NOW + DAY, "digest " D " -");
	assert_int_equal(digest_found(NOW, NOW), DUTY_LATER);
	assert_int_equal(next_duty(), NOW + HOUR);
	/* Nothing came in between. */
	assert_int_equal(digest_found(NOW, NOW + HOUR), DUTY_LATER);
	assert_int_equal(next_duty(), NOW + HOUR);
	test_redis_do(&world.redis, "ZADD %s %lld %s", key, (long long)NOW,
	    "digest " D " -");
	assert_int_equal(digest_found(NOW, NOW), DUTY_LATER);
	assert_int_equal(next_duty(), NOW + HOUR);
}

static bool
is_listed(int n)
{
	struct case_item i = item(n);

	case_item_fini(&i);
	return i.digested;
}

static bool
has(const char *mail, const char *part)
{
	return strstr(mail, part) != NULL;
}

static void
it_is_sent_at_its_hour_once(void **state)
{
	char *mail;

	(void)state;
	town("{}");
	arrives(1, FATE_R_SPAM);
	arrives(2, FATE_R_VIRUS);
	assert_int_equal(digest(NOW), DUTY_LATER);
	assert_int_equal(next_duty(), NOW + HOUR);
	assert_false(is_listed(1));
	postfix(taken);
	assert_int_equal(digest(NOW + HOUR), DUTY_DONE);
	mail = received();
	assert_true(has(mail, "Subject: 2 messages en attente"));
	assert_true(has(mail, "List-Unsubscribe:"));
	/* Malware has a line, and nothing to press. */
	assert_true(has(mail, "administrateur"));
	assert_true(has(mail, "/release"));
	free(mail);
	assert_true(is_listed(1));
	assert_false(is_listed(2));
	/* Postfix is gone: a second one would be noticed. */
	assert_int_equal(digest(NOW + HOUR + 1000), DUTY_DONE);
	assert_int_equal(digest(NOW + DAY + HOUR), DUTY_DONE);
}

static void
what_postfix_defers_is_sent_later(void **state)
{
	(void)state;
	town("{}");
	arrives(1, FATE_R_SPAM);
	postfix(deferred);
	assert_int_equal(digest(NOW + HOUR), DUTY_LATER);
	done_with_postfix();
	assert_false(is_listed(1));
	assert_int_equal(next_duty(), NOW + HOUR + 10 * 60000);
	/* Not before that, whatever else happens. */
	assert_int_equal(digest(NOW + HOUR + 60000), DUTY_LATER);
	postfix(taken);
	assert_int_equal(digest(NOW + HOUR + 10 * 60000), DUTY_DONE);
	done_with_postfix();
	assert_true(is_listed(1));
}

/* Nobody knows whether it was taken: at worst it comes twice. */
static void
without_an_answer_it_is_sent_again(void **state)
{
	(void)state;
	town("{}");
	arrives(1, FATE_R_SPAM);
	postfix(vanished);
	assert_int_equal(digest(NOW + HOUR), DUTY_LATER);
	done_with_postfix();
	assert_false(is_listed(1));
	postfix(taken);
	assert_int_equal(digest(NOW + 2 * HOUR), DUTY_DONE);
	done_with_postfix();
	assert_true(is_listed(1));
}

static void
what_is_refused_for_good_waits_for_the_next_hour(void **state)
{
	(void)state;
	town("{}");
	arrives(1, FATE_R_SPAM);
	postfix(refused);
	(void)digest(NOW + HOUR);
	done_with_postfix();
	assert_false(is_listed(1));
	assert_int_equal(digest(NOW + 2 * HOUR), DUTY_LATER);
	assert_int_equal(next_duty(), NOW + DAY + HOUR);
}

static void
what_was_missed_is_one_digest(void **state)
{
	char *mail;

	(void)state;
	town("{}");
	arrives(1, FATE_R_SPAM);
	arrives(2, FATE_R_AUTOMATIC);
	postfix(taken);
	assert_int_equal(digest(NOW + 3 * DAY), DUTY_DONE);
	mail = received();
	assert_true(has(mail, "Subject: 2 messages en attente"));
	free(mail);
	assert_true(is_listed(1) && is_listed(2));
}

static void
a_full_mailbox_is_told_later(void **state)
{
	char key[KEY_SIZE];

	(void)state;
	town("{\"storage\":\"1000\"}");
	arrives(1, FATE_R_SPAM);
	assert_true(test_redis_do(&world.redis, "HSET %s bob %s",
			key_use(key, D), "1 1000 5 1 100 100") >= 0);
	assert_int_equal(digest(NOW + HOUR), DUTY_LATER);
	assert_int_equal(next_duty(), NOW + 2 * HOUR);
	assert_true(test_redis_do(&world.redis, "HSET %s bob %s",
			key_use(key, D), "1 100 5 1 0 0") >= 0);
	postfix(taken);
	assert_int_equal(digest(NOW + 2 * HOUR), DUTY_DONE);
	done_with_postfix();
}

static void
more_than_a_mail_shows_is_told_next_time(void **state)
{
	char *mail;

	(void)state;
	town("{\"digest\":\"daily@12,13\"}");
	for (int n = 1; n <= DIGEST_LINES_MAX + 3; n++)
		arrives(n, FATE_R_SPAM);
	postfix(taken);
	assert_int_equal(digest(NOW + HOUR), DUTY_LATER);
	mail = received();
	assert_true(has(mail, "Subject: 53 messages en attente"));
	assert_true(has(mail, "et 3 autres"));
	free(mail);
	assert_int_equal(digest(NOW + HOUR + 60000), DUTY_LATER);
	assert_int_equal(next_duty(), NOW + 2 * HOUR);
	postfix(taken);
	assert_int_equal(digest(NOW + 2 * HOUR), DUTY_DONE);
	mail = received();
	assert_true(has(mail, "Subject: 3 messages en attente"));
	free(mail);
}

/* --- Links ------------------------------------------------------------------ */

/* The first duty that is due. */
static enum duty
do_first(void)
{
	struct case_duty d = { OWNER_ASK_VERB, "-", "", 0 };
	struct store_batch *b = NULL;
	char member[64] = "";

	assert_int_equal(store_batch_new(&b), 0);
	assert_int_equal(store_batch_zfirst(b, "oct:due:" NODE), 0);
	assert_int_equal(store_batch_run(world.store, b), 0);
	(void)snprintf(member, sizeof(member), "%s",
	    store_batch_value(b, 0, 0)->data);
	store_batch_free(b);
	assert_int_equal(case_duty_parse(member, &d), 0);
	assert_int_equal(test_redis_do(&world.redis, "ZREM oct:due:" NODE
					" %s", member),
	    1);
	return courier_do(office.courier, &d);
}

static enum duty
ask(const char *address, enum owner_ask_kind kind, int want)
{
	struct owner_ask a = { .kind = kind, .address = address, .person = "",
		.lang = "", .net = "192.0.2.0/24", .node = NODE,
		.now_ms = NOW };
	int rc;

	oct_clock_set_wall_ms(NOW);
	rc = owner_ask(world.store, &a);
	assert_int_equal(rc, want);
	return rc == 1 ? do_first() : DUTY_DONE;
}

static void
a_link_goes_to_its_owner(void **state)
{
	char *mail;

	(void)state;
	town("{}");
	postfix(taken);
	assert_int_equal(ask("Bob@" D, OWNER_ASK_LINK, 1), DUTY_DONE);
	mail = received();
	assert_true(has(mail, "/m/"));
	assert_true(has(mail, "192.0.2.0/24"));
	assert_true(has(mail, "Auto-Submitted: auto-generated"));
	free(mail);
	postfix(taken);
	assert_int_equal(ask(BOB, OWNER_ASK_WELCOME, 1), DUTY_DONE);
	mail = received();
	assert_true(has(mail, "/m/"));
	free(mail);
}

static void
nobody_else_gets_any(void **state)
{
	static const char *const rows[] = { "eve@" D, "bob@else.example",
		"loin@" D, "bob" };

	(void)state;
	town("{}");
	{
		struct dir_change c = { .domain = D, .local = "loin",
			.alias = true, .create = true,
			.json = "{\"targets\":[\"bob@far.example\"]}",
			.actor = "test" };
		char problem[256];

		assert_int_equal(directory_change(world.store, &c, problem),
		    0);
	}
	/* Postfix is not there: whatever was tried would stay. */
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		print_message("  %s\n", rows[i]);
		assert_int_equal(ask(rows[i], OWNER_ASK_LINK,
				     strchr(rows[i], '@') != NULL),
		    DUTY_DONE);
	}
	assert_int_equal(test_redis_do(&world.redis, "ZCARD oct:due:" NODE),
	    0);
}

/* Of several owners one may be out of reach. */
static void
nobody_gets_it_again_for_another(void **state)
{
	static const struct step first[STEPS] = { HI,
		{ "MAIL FROM:<>", "250 2.1.0 Ok\r\n" },
		{ "RCPT TO:<anne@perso.test>", "450 4.1.2 later\r\n" },
		{ "RSET", "250 Ok\r\n" },
		{ "MAIL FROM:<>", "250 2.1.0 Ok\r\n" },
		{ "RCPT TO:<zoe@perso.test>", "250 2.1.5 Ok\r\n" }, DATA,
		QUEUED, QUIT };
	static const struct step second[STEPS] = { TO("anne@perso.test"),
		QUEUED, QUIT };

	(void)state;
	town("{\"owners\":\"anne@perso.test, zoe@perso.test\"}");
	postfix(first);
	assert_int_equal(ask(BOB, OWNER_ASK_WELCOME, 1), DUTY_LATER);
	done_with_postfix();
	postfix(second);
	assert_int_equal(do_first(), DUTY_DONE);
	done_with_postfix();
}

static void
few_links_an_hour(void **state)
{
	(void)state;
	town("{}");
	for (int i = 0; i < OWNER_ASK_BOX_HOUR; i++) {
		postfix(taken);
		assert_int_equal(ask(BOB, OWNER_ASK_LINK, 1), DUTY_DONE);
		done_with_postfix();
	}
	for (int i = OWNER_ASK_BOX_HOUR; i < OWNER_ASK_NET_HOUR; i++)
		assert_int_equal(ask(BOB, OWNER_ASK_LINK, 1), DUTY_DONE);
	/* That network has asked enough, for whomever it asks. */
	assert_int_equal(ask("eve@" D, OWNER_ASK_LINK, 0), DUTY_DONE);
}

/* Postfix, or his server, was away for a while. */
static void
tries_are_not_links(void **state)
{
	char *mail;

	(void)state;
	town("{}");
	postfix(deferred);
	assert_int_equal(ask(BOB, OWNER_ASK_LINK, 1), DUTY_LATER);
	done_with_postfix();
	for (int i = 0; i < OWNER_ASK_BOX_HOUR; i++) {
		postfix(deferred);
		assert_int_equal(do_first(), DUTY_LATER);
		done_with_postfix();
	}
	postfix(taken);
	assert_int_equal(do_first(), DUTY_DONE);
	mail = received();
	assert_true(has(mail, "/m/"));
	free(mail);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(it_is_sent_at_its_hour_once),
		T(what_is_armed_during_a_turn_stays),
		T(what_postfix_defers_is_sent_later),
		T(without_an_answer_it_is_sent_again),
		T(what_is_refused_for_good_waits_for_the_next_hour),
		T(what_was_missed_is_one_digest),
		T(a_full_mailbox_is_told_later),
		T(more_than_a_mail_shows_is_told_next_time),
		T(a_link_goes_to_its_owner),
		T(nobody_else_gets_any),
		T(nobody_gets_it_again_for_another),
		T(few_links_an_hour),
		T(tries_are_not_links),
	};

	return RUN_COURIER_TESTS("test_owner_mail", tests);
}

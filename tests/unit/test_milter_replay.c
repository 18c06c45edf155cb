/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The replay memory of DKIM as conversations fill it: a sending counts once,
 * however many are behind the recipient, and not at all if it was deferred.
 */
#include <stdbool.h>
#include <stdint.h>

#include "tests/unit/milter_fixture.h"

#include "auth/dkim.h"
#include "policy/expect.h"
#include "policy/grant.h"

#define AUTHOR "paul@signe.example"
#define SELECTOR "s1"

static char *seed; /* of the author's domain */
static char field[4096];

static int
set_up(void **state)
{
	struct oct_str record;

	(void)state;
	if (start_world("", NULL) != 0)
		return -1;
	oct_str_heap(&record, 4096);
	if (auth_dkim_keygen(true, 0, &seed, &record) != 0)
		return -1;
	zone(world.app->env.dns, SELECTOR "._domainkey.signe.example",
	    oct_str_text(&record));
	oct_str_free(&record);
	return 0;
}

static int
tear_down(void **state)
{
	free(seed);
	seed = NULL;
	return stop_world(state);
}

/* What send_fields makes of it, signed; t->field[0] is the signature. */
static void
sign(struct talk *t)
{
	struct auth_dkim_key key = { .domain = "signe.example",
		.selector = SELECTOR, .pem = seed, .ed25519 = true };
	char text[1200];
	struct oct_str out;

	(void)snprintf(text, sizeof(text),
	    "From: %s\r\nTo: %s\r\nSubject: question\r\n"
	    "Date: Sat, 21 Nov 2026 09:59:00 +0000\r\n"
	    "Message-ID: <1@example.org>\r\n\r\n%s",
	    t->from, t->to != NULL ? t->to : t->rcpt[0], t->body);
	oct_str_fixed(&out, field, sizeof(field));
	assert_int_equal(auth_dkim_sign(world.app->env.dkim, &key, text,
			     strlen(text), &out),
	    0);
	field[out.len - 2] = '\0'; /* the last CRLF */
	t->field[0] = field;
}

/* One conversation; its verdict. */
static bool
say(const struct talk *t)
{
	struct outcome o;
	bool accepted;

	talk(t, &o);
	accepted = o.actions.accepted;
	end(&o);
	return accepted;
}

/* Times that the n-th typed recipient of the only signature was counted; -1: no
 * signature is remembered, -2: several are. */
static long long
counted(int n)
{
	return test_redis_do(&world.redis, "EVAL %s 0 %d",
	    "local k = redis.call('KEYS', 'oct:{g}:seen:*')\n"
	    "if #k ~= 1 then return #k == 0 and -1 or -2 end\n"
	    "local i = 0\n"
	    "for c in redis.call('GET', k[1]):gmatch(':(%d+)') do\n"
	    "i = i + 1\n"
	    "if i == tonumber(ARGV[1]) then return tonumber(c) end end\n"
	    "return 0",
	    n);
}

/* The class under which the n-th item of a mailbox is held. */
static char
class_of(const char *local, size_t n)
{
	struct case_item i = held_item(local, n);
	char class = i.held.class[0];

	case_item_fini(&i);
	return class;
}

static void
an_alias_is_one_sending(void **state)
{
	/* Two members behind it, of whom one waits to be asked. */
	struct talk t = { .from = AUTHOR, .rcpt = { "tous@" D },
		.body = "Bonjour\r\n" };

	(void)state;
	sign(&t);
	for (int i = 1; i <= 3; i++) {
		assert_true(say(&t));
		assert_int_equal(counted(1), i);
		assert_int_equal(counted(2), 0);
	}
	assert_int_equal(class_of("anne", 0), 'A');
}

static void
each_recipient_is_counted_for_himself(void **state)
{
	struct talk t = { .from = AUTHOR, .to = "anne@" D ", carol@" D,
		.rcpt = { "anne@" D, "carol@" D }, .body = "Bonjour\r\n" };

	(void)state;
	sign(&t);
	assert_true(say(&t));
	assert_int_equal(counted(1), 1);
	assert_int_equal(counted(2), 1);
	t.rcpt[1] = NULL;
	assert_true(say(&t));
	assert_int_equal(counted(1), 2);
	assert_int_equal(counted(2), 1);
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
a_retry_of_what_was_deferred_is_no_replay(void **state)
{
	struct talk t = { .from = AUTHOR, .rcpt = { "anne@" D },
		.body = "Bonjour\r\n" };

	(void)state;
	sign(&t);
	reopen_spool(1ULL << 60);
	for (int i = 0; i < 6; i++) {
		assert_false(say(&t)); /* 452 */
		assert_int_equal(counted(1), -1);
	}
	reopen_spool(0);
	assert_true(say(&t));
	assert_int_equal(counted(1), 1);
	assert_int_equal(class_of("anne", 0), 'A');
	/* What was counted before stays so. */
	assert_true(say(&t));
	reopen_spool(1ULL << 60);
	t.rcpt[1] = "carol@" D;
	assert_false(say(&t));
	assert_int_equal(counted(1), 2);
	assert_int_equal(counted(2), 0);
	reopen_spool(0);
}

/* Sent again and again by whoever has it, with the envelope it had: the fourth
 * one proves nothing of its sender any more. */
static void
replays_that_were_accepted_count(void **state)
{
	static const char *const bodies[] = { "Bonjour\r\n",
		"Bonjour\r\n\r\n\r\n" }; /* the same to relaxed */
	struct talk t = { .from = AUTHOR, .rcpt = { "anne@" D },
		.body = bodies[0] };

	(void)state;
	sign(&t);
	for (int i = 1; i <= 3; i++) {
		t.client = i == 1 ? NULL : "203.0.113.5";
		assert_true(say(&t));
		assert_int_equal(counted(1), i);
	}
	t.body = bodies[1]; /* another item: refused with a link, as class F */
	assert_false(say(&t));
	assert_int_equal(counted(1), 3);
	assert_int_equal(indexed("anne"), 1);
	assert_int_equal(class_of("anne", 0), 'A');
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

/* --- What is proven of From alone ---------------------------------------------- */

/* The reverse-path's DNS does not answer: class T, with From proven by a
 * signature.  A grant or a door lets the message in (challenge.md 2, rows 4 and
 * 9), but its identity is that of who proves nothing: to allow that would let in
 * whoever forges the path from the same network (challenge.md 1). */
static void
an_unproven_identity_is_not_allowed_by_a_proof_of_from(void **state)
{
	static const char *const doors[] = { "a grant", "an expected domain" };
	struct talk t = { .from = AUTHOR, .rcpt = { "anne@" D },
		.body = "Bonjour\r\n" };
	struct case_grant g = { .since_ms = NOW, .actor = "anne", .why = "" };

	for (size_t i = 0; i < OCT_LEN(doors); i++) {
		print_message("  %s\n", doors[i]);
		if (i > 0) {
			assert_int_equal(tear_down(state), 0);
			assert_int_equal(set_up(state), 0);
		}
		t.from = AUTHOR;
		sign(&t);
		t.from = "x@slow.example";
		t.author = AUTHOR;
		if (i == 0)
			assert_int_equal(case_grant_set(world.app->store, D,
					     "anne", "addr:" AUTHOR, &g),
			    0);
		else
			assert_int_equal(expect_open(world.app->store, D,
					     "anne", "signe.example",
					     NOW + 600000),
			    0);
		assert_true(say(&t));
		assert_int_equal(items(), 0);
		assert_int_equal(test_redis_do(&world.redis,
				     "HEXISTS oct:{" D "}:rel:anne %s",
				     "N|x@slow.example|192.0.2.0/24"),
		    0);
	}
}

/* A relation of class A also speaks for class F; a block of either stands. */
static void
a_block_is_not_lifted_by_the_stronger_relation(void **state)
{
	static const struct {
		const char *name, *f, *a;
		bool passes;
	} rows[] = {
		{ "F blocked, A allowed", "2 B 0 1 1 0 - owner 0 -",
		    "2 A 0 1 1 0 - owner 0 -", false },
		{ "F allowed, A blocked", "2 A 0 1 1 0 - owner 0 -",
		    "2 B 0 1 1 0 - owner 0 -", false },
		{ "F silent, A allowed", "2 S 0 1 1 0 - - 0 -",
		    "2 A 0 1 1 0 - owner 0 -", true },
	};
	struct talk t = { .from = AUTHOR, .rcpt = { "anne@" D },
		.body = "Bonjour\r\n" };

	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		print_message("  %s\n", rows[i].name);
		if (i > 0) {
			assert_int_equal(tear_down(state), 0);
			assert_int_equal(set_up(state), 0);
		}
		t.from = AUTHOR;
		sign(&t);
		t.from = "envoi@signe.example";
		t.author = AUTHOR;
		(void)test_redis_do(&world.redis,
		    "HSET oct:{" D "}:rel:anne %s %s %s %s",
		    "F|" AUTHOR "|signe.example", rows[i].f,
		    "A|" AUTHOR "|signe.example", rows[i].a);
		assert_int_equal(say(&t), rows[i].passes);
		assert_int_equal(items(), 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(an_alias_is_one_sending),
		T(each_recipient_is_counted_for_himself),
		T(a_retry_of_what_was_deferred_is_no_replay),
		T(replays_that_were_accepted_count),
		T(an_unproven_identity_is_not_allowed_by_a_proof_of_from),
		T(a_block_is_not_lifted_by_the_stronger_relation),
	};
	int rc = test_redis_start(&world.redis);

	if (rc == TEST_REDIS_SKIP || sodium_init() < 0)
		return rc;
	oct_log_open("test_milter_replay", OCT_LOG_STDERR, OCT_ERROR);
	if (rc == 0)
		rc = cmocka_run_group_tests_name("milter_replay", tests, NULL,
		    NULL);
	test_redis_stop(&world.redis);
	return rc != 0;
}

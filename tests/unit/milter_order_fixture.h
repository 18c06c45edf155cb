/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of the order of decision share: a second hosted domain,
 * mailboxes of many kinds, and what a message left in the store.
 */
#ifndef OCT_TESTS_MILTER_ORDER_FIXTURE_H
#define OCT_TESTS_MILTER_ORDER_FIXTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/tally.h"
#include "tests/unit/milter_fixture.h"

#define B "bourg.example"
#define ALICE "alice@example.org"
#define STRANGER "x@unknown.example"
#define ELSEWHERE "192.0.2.50" /* a client that no SPF record names */
#define DAY 86400000LL

static OCT_UNUSED void
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

static OCT_UNUSED int
set_up(void **state)
{
	(void)state;
	return start_world("milter { forwarders = \"192.0.2.200\" }",
	    second_domain);
}

static OCT_UNUSED void
again(void **state)
{
	assert_int_equal(stop_world(state), 0);
	assert_int_equal(set_up(state), 0);
}

static OCT_UNUSED void
option(enum option o, int64_t value)
{
	world.app->options.v[o] = value;
}

static OCT_UNUSED long long
count_keys(const char *pattern)
{
	char script[256];

	(void)snprintf(script, sizeof(script),
	    "return #redis.call('KEYS', '%s')", pattern);
	return test_redis_do(&world.redis, "EVAL %s 0", script);
}

static OCT_UNUSED long long
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
static OCT_UNUSED long long
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

static OCT_UNUSED struct relation
relation_of(const char *local)
{
	struct relation r;

	assert_true(case_relation_read(world.app->store, D, local,
			"A|" ALICE "|example.org", &r) >= 0);
	return r;
}

static OCT_UNUSED void
assert_held(const char *local, const char *reason)
{
	struct case_item i = held_item(local, 0);

	assert_string_equal(i.held.reason, reason);
	case_item_fini(&i);
}

static OCT_UNUSED void
assert_accepted(const struct talk *t)
{
	struct outcome o;

	talk(t, &o);
	assert_true(o.actions.accepted);
	end(&o);
}

static OCT_UNUSED void
assert_refused(const struct talk *t, enum reply_kind kind, int code,
    const char *enhanced)
{
	struct outcome o;

	talk(t, &o);
	assert_false(o.actions.accepted);
	assert_reply(&o.actions.reply, kind, code, enhanced);
	end(&o);
}

static OCT_UNUSED const struct talk known = { .from = ALICE,
	.rcpt = { "anne@" D } };

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, stop_world)

#endif

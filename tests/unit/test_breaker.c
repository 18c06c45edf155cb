/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Circuit breakers: what opens one, for how long, and what closes it; the packed
 * form; and the three that one event changes in the store.
 */
#include "policy/breaker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "lib/err.h"
#include "policy/keys.h"
#include "tests/support/redis.h"

#define HOUR 3600000LL
#define NOW (HOUR * 498000)
#define VOLUME 100
#define VOLUME_ORG 10

static struct test_redis server;
static struct store *store;

/* Challenge n of organisation org. */
static bool
tell(struct breaker *b, enum breaker_kind kind, enum breaker_fact fact, int n,
    int org, int64_t at)
{
	const struct breaker_event e = {
		.slot = { .challenge = (uint32_t)n, .org = (uint16_t)org,
		    .fact = (char)fact },
		.volume = kind == BREAKER_ORG ? VOLUME_ORG
					      : VOLUME,
	};

	return breaker_apply(b, kind, &e, at);
}

static void
send_some(struct breaker *b, enum breaker_kind kind, int first, int count,
    int64_t every, int64_t at)
{
	for (int i = 0; i < count; i++)
		(void)tell(b, kind, BREAKER_SENT, first + i, 1 + i % 20,
		    at + i * every);
}

static void
what_opens_it(void **state)
{
	static const struct {
		const char *name;
		int sent, bounced, not_me;
		const char *why; /* NULL: stays closed */
	} rows[] = {
		{ "nothing bad", 100, 0, 0, NULL },
		{ "five bounces of nineteen", 19, 5, 0, NULL },
		{ "five bounces of twenty", 20, 5, 0, "bounces" },
		{ "four bounces of twenty", 20, 4, 0, NULL },
		{ "five of a hundred are not over 5 %", 100, 5, 0, NULL },
		{ "six of a hundred are", 100, 6, 0, "bounces" },
		{ "ten of the last 200", 200, 10, 0, NULL },
		{ "eleven of the last 200", 200, 11, 0, "bounces" },
		{ "two did not send it", 3, 0, 2, NULL },
		{ "three did not", 3, 0, 3, "not-me" },
		{ "three of 150 are not over 2 %", 150, 0, 3, NULL },
		{ "four of 150 are", 150, 0, 4, "not-me" },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct breaker b;
		int64_t at = NOW;

		print_message("  %s\n", rows[i].name);
		breaker_init(&b, at);
		/* Slowly: the volume is no matter. */
		send_some(&b, BREAKER_ORG, 0, rows[i].sent, HOUR, at);
		at += rows[i].sent * HOUR;
		for (int n = 0; n < rows[i].bounced; n++)
			(void)tell(&b, BREAKER_ORG, BREAKER_BOUNCED, n, 1, at);
		for (int n = 0; n < rows[i].not_me; n++)
			(void)tell(&b, BREAKER_ORG, BREAKER_NOT_ME, n, 1, at);
		assert_int_equal(b.state,
		    rows[i].why != NULL ? BREAKER_OPEN : BREAKER_CLOSED);
		assert_string_equal(b.why,
		    rows[i].why != NULL ? rows[i].why : "");
	}
}

static void
told_twice_counts_once(void **state)
{
	struct breaker b;

	(void)state;
	breaker_init(&b, NOW);
	send_some(&b, BREAKER_ORG, 0, 20, HOUR, NOW);
	assert_false(tell(&b, BREAKER_ORG, BREAKER_SENT, 3, 1, NOW + 20 * HOUR));
	for (int i = 0; i < 9; i++)
		(void)tell(&b, BREAKER_ORG, BREAKER_BOUNCED, 3, 1,
		    NOW + 20 * HOUR);
	assert_int_equal(breaker_facts(&b, BREAKER_BOUNCED), 1);
	/* Of one that is not among the last 200, nothing. */
	assert_false(tell(&b, BREAKER_ORG, BREAKER_BOUNCED, 999, 1, NOW));
	assert_int_equal(b.state, BREAKER_CLOSED);
}

static void
the_window_moves_on(void **state)
{
	struct breaker b;

	(void)state;
	breaker_init(&b, NOW);
	send_some(&b, BREAKER_ORG, 0, 100, HOUR, NOW);
	for (int i = 0; i < 5; i++)
		(void)tell(&b, BREAKER_ORG, BREAKER_BOUNCED, i, 1,
		    NOW + 100 * HOUR);
	send_some(&b, BREAKER_ORG, 100, 200, HOUR, NOW + 100 * HOUR);
	assert_int_equal(b.count, BREAKER_WINDOW);
	assert_int_equal(breaker_facts(&b, BREAKER_BOUNCED), 0);
	assert_int_equal(b.slot[0].challenge, 100);
}

static void
volume(void **state)
{
	static const struct {
		const char *name;
		enum breaker_kind kind;
		int usual, days, now; /* in one hour */
		bool opens;
	} rows[] = {
		{ "an unknown organisation: ten", BREAKER_ORG, 0, 0, 10,
		    false },
		{ "an unknown organisation: eleven", BREAKER_ORG, 0, 0, 11,
		    true },
		{ "a known one: five times the usual", BREAKER_ORG, 4, 8, 20,
		    false },
		{ "a known one: more", BREAKER_ORG, 4, 8, 21, true },
		{ "a network on its first day", BREAKER_NETWORK, 0, 0, 150,
		    false },
		{ "a network that is usually quiet", BREAKER_NETWORK, 1, 3, 100,
		    false },
		{ "and then is not", BREAKER_NETWORK, 1, 3, 101, true },
		{ "a network that is usually loud", BREAKER_NETWORK, 30, 8, 149,
		    false },
		{ "the platform, of many organisations", BREAKER_PLATFORM, 1, 3,
		    101, true },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct breaker b;
		int64_t at = NOW;
		int n = 0;

		print_message("  %s\n", rows[i].name);
		breaker_init(&b, at);
		for (int day = 0; day < rows[i].days; day++) {
			send_some(&b, rows[i].kind, n, rows[i].usual, 1, at);
			n += rows[i].usual;
			at += 24 * HOUR;
		}
		send_some(&b, rows[i].kind, n, rows[i].now, 1, at);
		assert_int_equal(b.state,
		    rows[i].opens ? BREAKER_OPEN : BREAKER_CLOSED);
		if (rows[i].opens)
			assert_string_equal(b.why, "volume");
	}
}

static void
the_platform_needs_many_organisations(void **state)
{
	struct breaker b;

	(void)state;
	for (int orgs = 9; orgs <= 10; orgs++) {
		print_message("  %d organisations\n", orgs);
		breaker_init(&b, NOW);
		send_some(&b, BREAKER_PLATFORM, 0, 100, HOUR, NOW);
		/* Their challenges were of 20: those of the first ones. */
		for (int i = 0; i < 60; i++)
			if (i % 20 < orgs)
				(void)tell(&b, BREAKER_PLATFORM,
				    BREAKER_BOUNCED, i, 0, NOW + 100 * HOUR);
		assert_int_equal(b.state,
		    orgs >= 10 ? BREAKER_OPEN : BREAKER_CLOSED);
	}
}

static void
opened(struct breaker *b)
{
	breaker_init(b, NOW);
	send_some(b, BREAKER_ORG, 0, 3, HOUR, NOW);
	for (int i = 0; i < 3; i++)
		(void)tell(b, BREAKER_ORG, BREAKER_NOT_ME, i, 1, NOW + 3 * HOUR);
	assert_int_equal(b->state, BREAKER_OPEN);
	assert_int_equal(b->until_ms, NOW + 9 * HOUR);
}

static void
open_for_six_hours_then_ten_probes(void **state)
{
	struct breaker b;
	int64_t at = NOW + 9 * HOUR;

	(void)state;
	opened(&b);
	breaker_advance(&b, BREAKER_ORG, at - 1);
	assert_int_equal(b.state, BREAKER_OPEN);
	assert_false(breaker_allows(&b));
	for (int i = 0; i < 10; i++) {
		breaker_advance(&b, BREAKER_ORG, at);
		assert_int_equal(b.state, BREAKER_HALF);
		assert_true(breaker_allows(&b));
		(void)tell(&b, BREAKER_ORG, BREAKER_SENT, 100 + i, 1, at);
	}
	assert_false(breaker_allows(&b));
	/* What was sent before it opened has no say. */
	assert_false(tell(&b, BREAKER_ORG, BREAKER_NOT_ME, 1, 1, at));
	for (int i = 0; i < 4; i++)
		(void)tell(&b, BREAKER_ORG, BREAKER_CONFIRMED, 100 + i, 1, at);
	assert_int_equal(b.state, BREAKER_HALF);
	(void)tell(&b, BREAKER_ORG, BREAKER_CONFIRMED, 104, 1, at);
	assert_int_equal(b.state, BREAKER_CLOSED);
	assert_true(breaker_allows(&b));
	assert_string_equal(b.why, "");
}

static void
quiet_probes_close_it_too(void **state)
{
	struct breaker b;
	int64_t at = NOW + 9 * HOUR;

	(void)state;
	opened(&b);
	breaker_advance(&b, BREAKER_ORG, at);
	send_some(&b, BREAKER_ORG, 100, 10, 1, at);
	breaker_advance(&b, BREAKER_ORG, at + HOUR - 1);
	assert_int_equal(b.state, BREAKER_HALF);
	breaker_advance(&b, BREAKER_ORG, at + HOUR + 9);
	assert_int_equal(b.state, BREAKER_CLOSED);
}

static void
a_bad_probe_opens_it_again(void **state)
{
	struct breaker b;
	int64_t at = NOW + 10 * HOUR;

	(void)state;
	opened(&b);
	breaker_advance(&b, BREAKER_ORG, at);
	(void)tell(&b, BREAKER_ORG, BREAKER_SENT, 100, 1, at);
	(void)tell(&b, BREAKER_ORG, BREAKER_BOUNCED, 100, 1, at + 1);
	assert_int_equal(b.state, BREAKER_OPEN);
	assert_string_equal(b.why, "probe");
	assert_int_equal(b.until_ms, at + 1 + BREAKER_OPEN_MS);
}

static void
packed_and_back(void **state)
{
	char packed[BREAKER_PACKED_SIZE], again[BREAKER_PACKED_SIZE];
	struct breaker b, c;

	(void)state;
	breaker_init(&b, NOW);
	breaker_pack(&b, packed);
	assert_int_equal(breaker_unpack(packed, &c), 0);
	assert_memory_equal(&b, &c, sizeof(b));
	/* The largest there is. */
	for (int i = 0; i < BREAKER_WINDOW; i++)
		b.slot[i] = (struct breaker_slot){ .challenge = UINT32_MAX,
			.org = UINT16_MAX, .fact = 'n' };
	b.count = BREAKER_WINDOW;
	b.state = BREAKER_HALF;
	b.since_ms = b.until_ms = b.sent_ms = INT64_MAX;
	b.born_hour = b.hour = INT64_MAX;
	b.hour_count = INT32_MAX;
	(void)snprintf(b.why, sizeof(b.why), "fifteen-letters");
	for (int i = 0; i < 24; i++)
		b.mean[i] = INT32_MAX;
	breaker_pack(&b, packed);
	assert_int_equal(breaker_unpack(packed, &c), 0);
	breaker_pack(&c, again);
	assert_string_equal(packed, again);
}

static void
damaged_records_are_refused(void **state)
{
	static const char *const tails[] = { "s", "0000000g0000s",
		"000000010000x", "00000001000" };
	char packed[BREAKER_PACKED_SIZE], text[BREAKER_PACKED_SIZE + 32];
	struct breaker b;

	(void)state;
	breaker_init(&b, NOW);
	breaker_pack(&b, packed);
	for (size_t i = 0; i < strlen(packed) - 1; i++) {
		(void)snprintf(text, sizeof(text), "%.*s", (int)i, packed);
		if (breaker_unpack(text, &b) == 0)
			assert_true(i + 2 >= strlen(packed));
	}
	for (size_t i = 0; i < OCT_LEN(tails); i++) {
		(void)snprintf(text, sizeof(text), "%s%s", packed, tails[i]);
		assert_int_equal(breaker_unpack(text, &b), OCT_EPARSE);
	}
	assert_int_equal(breaker_unpack("2 0 0 0 - 0 0 0 0", &b), OCT_EPARSE);
	assert_int_equal(breaker_unpack("", &b), OCT_EPARSE);
}

static void
a_clock_that_jumps(void **state)
{
	struct breaker b;

	(void)state;
	breaker_init(&b, NOW);
	send_some(&b, BREAKER_ORG, 0, 10, 1, NOW);
	(void)tell(&b, BREAKER_ORG, BREAKER_SENT, 50, 1, NOW - 5 * HOUR);
	assert_int_equal(b.state, BREAKER_OPEN); /* that hour goes on */
	breaker_init(&b, NOW);
	send_some(&b, BREAKER_ORG, 0, 10, 1, NOW);
	(void)tell(&b, BREAKER_ORG, BREAKER_SENT, 50, 1, NOW + 9000 * HOUR);
	assert_int_equal(b.state, BREAKER_CLOSED);
	assert_int_equal(b.hour_count, 1);
}

/* --- In the store -------------------------------------------------------------------- */

static int
reset(void **state)
{
	(void)state;
	return test_redis_do(&server, "FLUSHALL") == 1 ? 0 : -1;
}

static void
record(const char *org, const char *network, int n, enum breaker_fact fact,
    int64_t at)
{
	char id[17];
	const struct breaker_of of = { .challenge = id, .org = org,
		.network = network, .volume_org = VOLUME_ORG,
		.volume = VOLUME };

	(void)snprintf(id, sizeof(id), "%08x00000000", (unsigned int)n);
	assert_int_equal(breaker_record(store, &of, fact, at), 0);
}

static struct breaker_view
look(const char *org, const char *network, int64_t at)
{
	const struct breaker_of of = { .org = org, .network = network };
	struct breaker_view v;

	assert_int_equal(breaker_look(store, &of, at, &v), 0);
	assert_int_equal(breaker_forces_code(store, &of, at), v.code);
	return v;
}

static int
count_open(void *arg, const char *kind, const char *name,
    const struct breaker *b)
{
	size_t *n = arg;

	(*n)++;
	assert_string_equal(kind, "org");
	assert_string_equal(name, "bad.example");
	assert_int_not_equal(b->state, BREAKER_CLOSED);
	return 0;
}

static void
one_bad_organisation_is_silenced_alone(void **state)
{
	struct breaker_view v;
	size_t open = 0;

	(void)state;
	for (int i = 0; i < 200; i++)
		record(i % 40 == 0 ? "bad.example" : "good.example",
		    "192.0.2.0/24", i, BREAKER_SENT, NOW + i * HOUR);
	for (int i = 0; i < 120; i += 40)
		record("bad.example", "192.0.2.0/24", i, BREAKER_NOT_ME,
		    NOW + 200 * HOUR);
	v = look("bad.example", "192.0.2.0/24", NOW + 201 * HOUR);
	assert_false(v.allows);
	assert_true(v.code);
	assert_int_equal(v.kind, BREAKER_ORG);
	assert_string_equal(v.why, "not-me");
	assert_int_equal(v.until_ms, NOW + 206 * HOUR);
	v = look("good.example", "192.0.2.0/24", NOW + 201 * HOUR);
	assert_true(v.allows);
	assert_false(v.code);
	assert_int_equal(breaker_list(store, NOW + 201 * HOUR, count_open,
			     &open),
	    0);
	assert_int_equal(open, 1);
	/* Half-open: asked again, with the code. */
	v = look("bad.example", "192.0.2.0/24", NOW + 206 * HOUR);
	assert_true(v.allows);
	assert_true(v.code);
}

static void
a_network_of_many_bad_ones_is_silenced(void **state)
{
	char org[32];

	(void)state;
	for (int i = 0; i < 20; i++) {
		(void)snprintf(org, sizeof(org), "o%d.example", i);
		record(org, "192.0.2.0/24", i, BREAKER_SENT, NOW + i * HOUR);
	}
	for (int i = 0; i < 5; i++) {
		(void)snprintf(org, sizeof(org), "o%d.example", i);
		record(org, "192.0.2.0/24", i, BREAKER_BOUNCED,
		    NOW + 20 * HOUR);
	}
	assert_false(look("new.example", "192.0.2.0/24", NOW + 21 * HOUR)
			 .allows);
	assert_true(look("o1.example", "198.51.100.0/24", NOW + 21 * HOUR)
			.allows);
	assert_true(look("new.example", "", NOW + 21 * HOUR).allows);
}

/* Whoever has a domain has addresses at its MX network, or at a big provider,
 * and may disown what he asked for himself. */
static void
one_organisation_silences_no_network(void **state)
{
	static const char *const networks[] = { "192.0.2.0/24",
		"provider.example" };
	char org[32];

	(void)state;
	for (size_t k = 0; k < OCT_LEN(networks); k++) {
		print_message("  %s\n", networks[k]);
		assert_int_equal(reset(NULL), 0);
		for (int i = 0; i < 40; i++) {
			(void)snprintf(org, sizeof(org), "o%d.example", i % 20);
			record(i < 5 ? "bad.example" : org, networks[k], i,
			    BREAKER_SENT, NOW + i * HOUR);
		}
		for (int i = 0; i < 5; i++)
			record("bad.example", networks[k], i,
			    i < 2 ? BREAKER_BOUNCED : BREAKER_NOT_ME,
			    NOW + 40 * HOUR);
		assert_true(look("good.example", networks[k], NOW + 41 * HOUR)
				.allows);
		assert_false(look("bad.example", networks[k], NOW + 41 * HOUR)
				 .allows);
	}
	/* Three are a network's; at a provider addresses cost nothing. */
	for (size_t k = 0; k < OCT_LEN(networks); k++) {
		assert_int_equal(reset(NULL), 0);
		for (int i = 0; i < 40; i++) {
			(void)snprintf(org, sizeof(org), "o%d.example", i % 20);
			record(org, networks[k], i, BREAKER_SENT,
			    NOW + i * HOUR);
		}
		for (int i = 0; i < 3; i++) {
			(void)snprintf(org, sizeof(org), "o%d.example", i);
			record(org, networks[k], i, BREAKER_NOT_ME,
			    NOW + 40 * HOUR);
		}
		assert_int_equal(
		    look("good.example", networks[k], NOW + 41 * HOUR).allows,
		    k == 1);
	}
}

static void
one_bad_probe_does_not_keep_a_network_silent(void **state)
{
	struct breaker b;
	int64_t at = NOW + 100 * HOUR;

	(void)state;
	breaker_init(&b, NOW);
	send_some(&b, BREAKER_NETWORK, 0, 20, HOUR, NOW);
	for (int i = 0; i < 5; i++)
		(void)tell(&b, BREAKER_NETWORK, BREAKER_BOUNCED, i, 0,
		    NOW + 20 * HOUR);
	assert_int_equal(b.state, BREAKER_OPEN);
	for (int i = 0; i < 10; i++)
		(void)tell(&b, BREAKER_NETWORK, BREAKER_SENT, 100 + i, i, at);
	(void)tell(&b, BREAKER_NETWORK, BREAKER_NOT_ME, 100, 0, at);
	(void)tell(&b, BREAKER_NETWORK, BREAKER_NOT_ME, 101, 0, at);
	assert_int_equal(b.state, BREAKER_HALF);
	breaker_advance(&b, BREAKER_NETWORK, at + HOUR);
	assert_int_equal(b.state, BREAKER_CLOSED);
}

static int
count_any(void *arg, OCT_UNUSED const char *kind, OCT_UNUSED const char *name,
    OCT_UNUSED const struct breaker *b)
{
	size_t *n = arg;

	(*n)++;
	return 0;
}

/* Whoever registers one domain after another leaves nothing behind for ever. */
static void
what_is_over_is_listed_no_more(void **state)
{
	char key[KEY_SIZE], org[32];
	size_t open = 0;

	(void)state;
	for (int k = 0; k < 3; k++) {
		(void)snprintf(org, sizeof(org), "o%d.example", k);
		for (int i = 0; i < 3; i++)
			record(org, "", 10 * k + i, BREAKER_SENT, NOW);
		for (int i = 0; i < 3; i++)
			record(org, "", 10 * k + i, BREAKER_NOT_ME, NOW);
	}
	assert_int_equal(test_redis_do(&server, "HLEN %s", KEY_BREAKERS), 3);
	key_breaker(key, "org", "o1.example");
	assert_int_equal(test_redis_do(&server, "DEL %s", key), 1);
	assert_int_equal(breaker_list(store, NOW + HOUR, count_any, &open), 0);
	assert_int_equal(open, 2);
	assert_int_equal(test_redis_do(&server, "HLEN %s", KEY_BREAKERS), 2);
}

static void
records_expire_and_damage_heals(void **state)
{
	char key[KEY_SIZE];

	(void)state;
	record("a.example", "", 1, BREAKER_SENT, NOW);
	key_breaker(key, "org", "a.example");
	assert_in_range(test_redis_do(&server, "PTTL %s", key),
	    KEY_TTL_BREAKER_MS - 60000, KEY_TTL_BREAKER_MS);
	assert_int_equal(test_redis_do(&server, "SET %s garbage", key), 1);
	assert_true(look("a.example", "", NOW).allows);
	record("a.example", "", 2, BREAKER_SENT, NOW);
	for (int i = 3; i < 13; i++)
		record("a.example", "", i, BREAKER_SENT, NOW);
	assert_false(look("a.example", "", NOW).allows); /* volume */
}

static int
setup(void **state)
{
	struct store_conf conf;

	(void)state;
	store_conf_init(&conf);
	conf.address = server.address;
	return store_new(&conf, &store);
}

static int
teardown(void **state)
{
	(void)state;
	store_free(store);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_opens_it),
		cmocka_unit_test(told_twice_counts_once),
		cmocka_unit_test(the_window_moves_on),
		cmocka_unit_test(volume),
		cmocka_unit_test(the_platform_needs_many_organisations),
		cmocka_unit_test(open_for_six_hours_then_ten_probes),
		cmocka_unit_test(quiet_probes_close_it_too),
		cmocka_unit_test(a_bad_probe_opens_it_again),
		cmocka_unit_test(one_bad_probe_does_not_keep_a_network_silent),
		cmocka_unit_test(packed_and_back),
		cmocka_unit_test(damaged_records_are_refused),
		cmocka_unit_test(a_clock_that_jumps),
		cmocka_unit_test_setup(one_bad_organisation_is_silenced_alone,
		    reset),
		cmocka_unit_test_setup(a_network_of_many_bad_ones_is_silenced,
		    reset),
		cmocka_unit_test_setup(one_organisation_silences_no_network,
		    reset),
		cmocka_unit_test_setup(what_is_over_is_listed_no_more, reset),
		cmocka_unit_test_setup(records_expire_and_damage_heals, reset),
	};
	int rc = test_redis_start(&server);

	if (rc == TEST_REDIS_SKIP || sodium_init() < 0)
		return rc;
	if (rc == 0)
		rc = cmocka_run_group_tests_name("breaker", tests, setup,
		    teardown);
	test_redis_stop(&server);
	return rc != 0;
}

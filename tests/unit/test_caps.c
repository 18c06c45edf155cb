/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Caps and shares: which limits one challenge is charged to, and charging in the
 * store, all or none.
 */
#include "policy/caps.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "lib/err.h"
#include "tests/support/redis.h"

static struct test_redis server;
static struct store *store;
static const struct caps_limits standard = { .sender = 3, .domain = 500,
	.network = 20, .provider = 500, .platform = 2000, .share_percent = 10 };
static const struct caps_ask plain = { .domain = "ville.example",
	.sender = "h1", .share = "org.example", .network = "192.0.2.0/24" };
static const struct caps_ask big = { .domain = "ville.example", .sender = "h1",
	.share = "client.example", .network = "gmail.com", .provider = true };
static const struct caps_box box = { .local = "jo", .cap = 30, .share = 3 };

static void
test_what_is_charged(void **state)
{
	static const struct {
		const struct caps_ask *ask;
		enum caps_limit limit;
		const char *key;
		int64_t count, hours;
	} rows[] = {
		{ &plain, CAPS_SENDER, "oct:{g}:cap:sender:h1", 3, 24 },
		{ &plain, CAPS_NETWORK, "oct:{g}:cap:network:192.0.2.0/24", 20,
		    1 },
		{ &plain, CAPS_NETWORK_SHARE,
		    "oct:{g}:cap:network-share:org.example 192.0.2.0/24", 20,
		    1 },
		{ &big, CAPS_NETWORK, "oct:{g}:cap:network:gmail.com", 500, 1 },
		{ &big, CAPS_NETWORK_SHARE,
		    "oct:{g}:cap:network-share:client.example gmail.com", 50,
		    1 },
		{ &plain, CAPS_PLATFORM, "oct:{g}:cap:platform:all", 2000, 24 },
		{ &plain, CAPS_PLATFORM_SHARE,
		    "oct:{g}:cap:platform-share:org.example", 200, 24 },
		{ &plain, CAPS_DOMAIN, "oct:{ville.example}:rate:ask:all", 500,
		    24 },
		{ &plain, CAPS_DOMAIN_SHARE,
		    "oct:{ville.example}:rate:ask-share:org.example", 50, 24 },
		{ &plain, CAPS_MAILBOX, "oct:{ville.example}:rate:ask-box:jo",
		    30, 24 },
		{ &plain, CAPS_MAILBOX_SHARE,
		    "oct:{ville.example}:rate:ask-box-share:org.example jo", 3,
		    24 },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct caps_rate r;

		print_message("  %s\n", rows[i].key);
		caps_rate(&standard, rows[i].ask, &box, rows[i].limit, &r);
		assert_string_equal(r.key, rows[i].key);
		assert_int_equal(r.count, rows[i].count);
		assert_int_equal(r.period_ms, rows[i].hours * 3600000);
	}
}

static void
test_subjects(void **state)
{
	static const uint8_t key[OCT_KEY_OCTETS] = { 1 }, other[OCT_KEY_OCTETS];
	char a[CAPS_SUBJECT_SIZE], b[CAPS_SUBJECT_SIZE];

	(void)state;
	caps_sender(key, "Jo+x@Example.org", a);
	caps_sender(key, "<jo@example.org>", b);
	assert_string_equal(a, b);
	assert_null(strstr(a, "jo"));
	caps_sender(key, "joe@example.org", b);
	assert_string_not_equal(a, b);
	caps_sender(other, "jo@example.org", b);
	assert_string_not_equal(a, b);
	caps_share("example.org", a, false, b);
	assert_string_equal(b, "example.org");
	caps_share("gmail.com", a, true, b);
	assert_string_equal(b + 1, a);
	assert_int_equal(b[0], '@');
}

/* How many of many pass, and what stops the next. */
static int
pass(const struct caps_limits *limits, struct caps_ask ask, bool new_sender,
    enum caps_limit *over)
{
	char sender[16];

	for (int n = 0; n < 5000; n++) {
		(void)snprintf(sender, sizeof(sender), "s%d", n);
		if (new_sender)
			ask.sender = sender;
		if (caps_take(store, limits, &ask, NULL, over) != 1)
			return n;
	}
	return 5000;
}

static void
test_each_limit_stops(void **state)
{
	enum caps_limit over;
	struct caps_limits many = standard;
	struct caps_ask other;

	(void)state;
	assert_int_equal(pass(&standard, plain, false, &over), 3);
	assert_int_equal(over, CAPS_SENDER);
	/* Its own network is all an organisation's; a provider's is not. */
	assert_int_equal(test_redis_do(&server, "FLUSHALL"), 1);
	assert_int_equal(pass(&standard, plain, true, &over), 20);
	assert_int_equal(over, CAPS_NETWORK);
	assert_int_equal(test_redis_do(&server, "FLUSHALL"), 1);
	many.domain = 10000;
	assert_int_equal(pass(&many, big, true, &over), 50);
	assert_int_equal(over, CAPS_NETWORK_SHARE);
	/* Others are served on. */
	other = big;
	other.share = "other.example";
	other.sender = "z";
	assert_int_equal(caps_take(store, &many, &other, NULL, &over), 1);
	other = plain;
	/* Of one sender three, wherever he is written to. */
	assert_int_equal(test_redis_do(&server, "FLUSHALL"), 1);
	for (int n = 0; n < 4; n++) {
		char network[16];

		(void)snprintf(network, sizeof(network), "10.0.%d.0/24", n);
		other.network = network;
		assert_int_equal(caps_take(store, &standard, &other,
			     NULL, &over),
		    n < 3);
	}
	assert_int_equal(over, CAPS_SENDER);
}

static void
test_the_wide_limits(void **state)
{
	static const struct {
		const char *name;
		struct caps_limits limits;
		int passed;
		enum caps_limit over;
	} rows[] = {
		{ "network", { 99, 9999, 7, 9, 9999, 100 }, 7, CAPS_NETWORK },
		{ "platform", { 99, 9999, 9999, 9, 8, 100 }, 8, CAPS_PLATFORM },
		{ "platform's share", { 99, 9999, 9999, 9, 80, 10 }, 8,
		    CAPS_PLATFORM_SHARE },
		{ "domain", { 99, 9, 9999, 9, 9999, 100 }, 9, CAPS_DOMAIN },
		{ "domain's share", { 99, 90, 9999, 9, 9999, 10 }, 9,
		    CAPS_DOMAIN_SHARE },
		{ "a share is never nothing", { 99, 3, 9999, 9, 9999, 1 }, 1,
		    CAPS_DOMAIN_SHARE },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		enum caps_limit over;

		print_message("  %s\n", rows[i].name);
		assert_int_equal(test_redis_do(&server, "FLUSHALL"), 1);
		assert_int_equal(pass(&rows[i].limits, plain, true, &over),
		    rows[i].passed);
		assert_int_equal(over, rows[i].over);
	}
}

static int64_t
left(enum caps_limit l)
{
	struct caps_rate own;
	int64_t remaining, full;

	caps_rate(&standard, &plain, &box, l, &own);
	assert_int_equal(store_rate_peek(store,
			     &(const struct store_rate){ .key = own.key,
				 .count = own.count,
				 .period_ms = own.period_ms,
				 .burst = own.count,
				 .cost = 1 },
			     &remaining, &full),
	    0);
	return remaining;
}

static void
test_all_or_none(void **state)
{
	struct caps_limits tight = standard;
	enum caps_limit over;

	(void)state;
	tight.domain = 1;
	assert_int_equal(caps_take(store, &tight, &plain, NULL,
			     &over), 1);
	assert_int_equal(left(CAPS_PLATFORM), 1999);
	/* The domain refuses: the platform gets its own back. */
	assert_int_equal(caps_take(store, &tight, &plain, NULL,
			     &over), 0);
	assert_int_equal(over, CAPS_DOMAIN);
	assert_int_equal(left(CAPS_PLATFORM), 1999);
	assert_int_equal(left(CAPS_SENDER), 2);
	assert_int_equal(caps_give_back(store, &tight, &plain, NULL), 0);
	for (int l = CAPS_SENDER; l < CAPS_MAILBOX; l++) {
		struct caps_rate own;

		caps_rate(&standard, &plain, &box, (enum caps_limit)l, &own);
		assert_int_equal(left((enum caps_limit)l), own.count);
	}
}

static void
test_mailboxes(void **state)
{
	static const struct caps_box closed = { .local = "x", .cap = 0,
		.share = 3 };
	struct caps_ask other = plain;
	enum caps_limit over;
	int n = 0;

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(caps_take_box(store, &plain, &box, &over), 1);
	assert_int_equal(caps_take_box(store, &plain, &box, &over), 0);
	assert_int_equal(over, CAPS_MAILBOX_SHARE);
	assert_int_equal(caps_give_back_box(store, &plain, &box), 0);
	assert_int_equal(caps_take_box(store, &plain, &box, &over), 1);
	for (;; n++) {
		char org[16];

		(void)snprintf(org, sizeof(org), "o%d", n);
		other.share = org;
		if (caps_take_box(store, &other, &box, &over) != 1)
			break;
	}
	assert_int_equal(n, 27);
	assert_int_equal(over, CAPS_MAILBOX);
	assert_int_equal(caps_take_box(store, &plain, &closed, &over), 0);
	assert_int_equal(over, CAPS_MAILBOX);
}

static void
test_one_mailbox_in_the_same_step(void **state)
{
	const struct caps_box one = { .local = "jo", .cap = 30, .share = 1 };
	enum caps_limit over;

	(void)state;
	assert_int_equal(caps_take(store, &standard, &plain, &one, &over), 1);
	assert_int_equal(caps_take(store, &standard, &plain, &one, &over), 0);
	assert_int_equal(over, CAPS_MAILBOX_SHARE);
	assert_int_equal(left(CAPS_PLATFORM), 1999);
	assert_int_equal(left(CAPS_DOMAIN), 499);
	assert_int_equal(left(CAPS_MAILBOX), 29);
	assert_int_equal(caps_give_back(store, &standard, &plain, &one), 0);
	assert_int_equal(left(CAPS_PLATFORM), 2000);
	assert_int_equal(left(CAPS_MAILBOX), 30);
}

static void
test_numbers_of_the_day(void **state)
{
	static const struct caps_silent silent[] = { { "cap-sender", 1 },
		{ "late", 5 } };
	const int64_t now = 1795255200000LL;
	char day[CAPS_DAY_SIZE], key[KEY_SIZE];

	(void)state;
	caps_day(now, day);
	assert_string_equal(day, "20261121");
	key_asked(key, day);
	caps_note_sent(store, &plain, now);
	caps_note_sent(store, &plain, now);
	caps_note_silent(store, silent, 2, now);
	caps_note_silent(store, silent, 0, now);
	assert_int_equal(test_redis_do(&server, "HGET %s sent", key), 2);
	assert_int_equal(test_redis_do(&server, "HGET %s silent:cap-sender",
			     key),
	    1);
	assert_int_equal(test_redis_do(&server, "HGET %s silent:late", key), 5);
	assert_int_equal(test_redis_do(&server, "HGET %s domain:ville.example",
			     key),
	    2);
	assert_int_equal(test_redis_do(&server, "HGET %s network:192.0.2.0/24",
			     key),
	    2);
	assert_in_range(test_redis_do(&server, "PTTL %s", key), 1,
	    KEY_TTL_ASKED_MS);
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
reset(void **state)
{
	(void)state;
	return test_redis_do(&server, "FLUSHALL") == 1 ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	store_free(store);
	return 0;
}

static void
the_cap_of_a_domain(void **state)
{
	static const struct {
		const char *name;
		int64_t platform, in_force, want;
	} rows[] = {
		{ "nobody sets one", 500, 500, 500 },
		{ "the platform alone", 100, 100, 100 },
		{ "a domain sets more", 500, 2000, 2000 },
		{ "a domain sets less", 500, 20, 20 },
		{ "both, the domain less", 100, 20, 20 },
		{ "both, the domain more", 100, 2000, 100 },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		print_message("  %s\n", rows[i].name);
		assert_int_equal(caps_of_domain(rows[i].platform,
				     rows[i].in_force),
		    rows[i].want);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_cap_of_a_domain),
		cmocka_unit_test(test_what_is_charged),
		cmocka_unit_test(test_subjects),
		cmocka_unit_test_setup(test_each_limit_stops, reset),
		cmocka_unit_test_setup(test_the_wide_limits, reset),
		cmocka_unit_test_setup(test_all_or_none, reset),
		cmocka_unit_test_setup(test_mailboxes, reset),
		cmocka_unit_test_setup(test_one_mailbox_in_the_same_step, reset),
		cmocka_unit_test_setup(test_numbers_of_the_day, reset),
	};
	int rc = test_redis_start(&server);

	if (rc == TEST_REDIS_SKIP || sodium_init() < 0)
		return rc;
	if (rc == 0)
		rc = cmocka_run_group_tests_name("caps", tests, setup,
		    teardown);
	test_redis_stop(&server);
	return rc != 0;
}

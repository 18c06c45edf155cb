/* SPDX-License-Identifier: Apache-2.0 */
/* The live resolver: sessions, servers, cache, merging, bounds. */
#include "lib/dns.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "tests/support/dns_liar.h"

#define TRY_MS 200
#define PATIENCE_MS 3000 /* deadline of a session that should not need it */
#define SOA "test. 60 IN SOA ns.test. root.test. 1 2 3 4 60"
#define SOA_ZERO "test. 0 IN SOA ns.test. root.test. 1 2 3 4 0"
#define LIST(...) (const char *const[]){ __VA_ARGS__, NULL }

enum rcode { SERVFAIL = 2, NXDOMAIN = 3 };

static void
conf_for(struct dns_conf *conf, const char **servers, size_t count)
{
	dns_conf_init(conf);
	conf->servers = servers;
	conf->server_count = count;
	conf->try_ms = TRY_MS;
	conf->tries = 2;
}

static struct dns *
resolver(const char *server)
{
	struct dns_conf conf;
	struct dns *dns;

	conf_for(&conf, &server, 1);
	assert_int_equal(dns_new(&conf, &dns), 0);
	return dns;
}

static struct dns_session *
session(struct dns *dns, int64_t patience_ms)
{
	struct dns_session *s;

	assert_int_equal(dns_session_new(dns,
	    oct_clock_mono_ms() + patience_ms, 200, &s), 0);
	return s;
}

/* Ask once in a session of its own. */
static enum dns_status
status_of(struct dns *dns, const char *name, enum dns_type type)
{
	struct dns_session *s = session(dns, PATIENCE_MS);
	enum dns_status status = dns_get(s, name, type)->status;

	dns_session_free(s);
	return status;
}

static struct dns_stats
stats(struct dns *dns)
{
	struct dns_stats st;

	dns_stats(dns, &st);
	return st;
}

static void
other_server_is_asked(void **state)
{
	const struct liar_rule bad_rules[] = {
		{ "silent.test.", LIAR_SILENT, 0, NULL, NULL, false },
		{ "failing.test.", LIAR_HONEST, SERVFAIL, NULL, NULL, false },
		{ "dripping.test.", LIAR_DRIP, 0,
		    LIST("dripping.test. 60 IN A 192.0.2.1"), NULL, false },
	};
	static const char *const names[] = { "silent.test", "failing.test",
		"dripping.test" };
	struct liar *bad = liar_new(bad_rules, OCT_LEN(bad_rules));
	struct liar *good = liar_new(NULL, 0);
	const char *servers[] = { liar_address(bad), liar_address(good) };
	struct dns_conf conf;
	struct dns *dns;

	(void)state;
	conf_for(&conf, servers, 2);
	assert_int_equal(dns_new(&conf, &dns), 0);
	for (size_t i = 0; i < OCT_LEN(names); i++) {
		print_message("  %s\n", names[i]);
		assert_int_equal(status_of(dns, names[i], DNS_A), DNS_OK);
		assert_int_equal(liar_asked(good), i + 1);
	}
	dns_free(dns);
	liar_free(bad);
	liar_free(good);
}

static void
dead_server_is_asked_last(void **state)
{
	struct liar *dead = liar_new(NULL, 0), *good = liar_new(NULL, 0);
	const char *servers[] = { "127.0.0.1:1", liar_address(good) };
	struct dns_conf conf;
	struct dns *dns;
	char name[32];

	(void)state;
	liar_free(dead);
	conf_for(&conf, servers, 2);
	conf.try_ms = 20000; /* refusal by ICMP needs no time-out */
	assert_int_equal(dns_new(&conf, &dns), 0);
	for (int i = 0; i < 10; i++) {
		(void)snprintf(name, sizeof(name), "n%d.test", i);
		assert_int_equal(status_of(dns, name, DNS_A), DNS_OK);
	}
	/* Three failures are enough to learn from. */
	assert_int_equal(stats(dns).sent, 13);
	dns_free(dns);
	liar_free(good);
}

static void
late_answer_to_the_first_attempt_counts(void **state)
{
	const struct liar_rule rules[] = {
		{ "held.test.", LIAR_HOLD, 0,
		    LIST("held.test. 60 IN A 192.0.2.1"), NULL, false },
	};
	struct liar *slow = liar_new(rules, 1), *silent;
	const struct liar_rule none[] = {
		{ "held.test.", LIAR_SILENT, 0, NULL, NULL, false },
	};
	const char *servers[2];
	struct dns_session *s;
	struct dns_conf conf;
	struct dns *dns;

	(void)state;
	silent = liar_new(none, 1);
	servers[0] = liar_address(slow);
	servers[1] = liar_address(silent);
	conf_for(&conf, servers, 2);
	conf.try_ms = 1000;
	assert_int_equal(dns_new(&conf, &dns), 0);
	s = session(dns, 10000);
	dns_prefetch(s, "held.test", DNS_A);
	assert_true(liar_wait(silent, 1));
	liar_release(slow);
	assert_int_equal(dns_get(s, "held.test", DNS_A)->status, DNS_OK);
	assert_int_equal(stats(dns).sent, 2);
	dns_session_free(s);
	dns_free(dns);
	liar_free(slow);
	liar_free(silent);
}

static void
answers_are_kept_for_their_ttl(void **state)
{
	const struct liar_rule rules[] = {
		{ "zero.test.", LIAR_HONEST, 0,
		    LIST("zero.test. 0 IN A 192.0.2.1"), NULL, false },
		{ "minute.test.", LIAR_HONEST, 0,
		    LIST("minute.test. 60 IN A 192.0.2.1"), NULL, false },
		{ "aliaszero.test.", LIAR_HONEST, 0,
		    LIST("aliaszero.test. 0 IN CNAME b.test.",
			"b.test. 60 IN A 192.0.2.1"), NULL, false },
		{ "gone.test.", LIAR_HONEST, NXDOMAIN, NULL, SOA, false },
		{ "empty.test.", LIAR_HONEST, 0, NULL, SOA, false },
		{ "gonezero.test.", LIAR_HONEST, NXDOMAIN, NULL, SOA_ZERO,
		    false },
		{ "gonenosoa.test.", LIAR_HONEST, NXDOMAIN, NULL, NULL, false },
		{ "wrongsoa.test.", LIAR_HONEST, NXDOMAIN, NULL,
		    "other. 60 IN SOA ns.test. root.test. 1 2 3 4 60", false },
	};
	static const struct {
		const char *name;
		bool kept;
	} rows[] = { { "zero.test", false }, { "minute.test", true },
		{ "MINUTE.test.", true }, { "aliaszero.test", false },
		{ "gone.test", true }, { "empty.test", true },
		{ "gonezero.test", false }, { "gonenosoa.test", false },
		{ "wrongsoa.test", false } };
	struct liar *liar = liar_new(rules, OCT_LEN(rules));
	struct dns *dns = resolver(liar_address(liar));
	struct dns_stats st;

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		enum dns_status first = status_of(dns, rows[i].name, DNS_A);
		unsigned int asked = liar_asked(liar);

		print_message("  %s\n", rows[i].name);
		assert_int_equal(status_of(dns, rows[i].name, DNS_A), first);
		assert_int_equal(liar_asked(liar), asked + !rows[i].kept);
	}
	st = stats(dns);
	assert_int_equal(st.hits, 5);
	assert_int_equal(st.cache_entries, 3);
	assert_true(st.cache_octets > 0);
	dns_free(dns);
	liar_free(liar);
}

static void
identical_questions_are_one(void **state)
{
	const struct liar_rule rules[] = {
		{ "held.test.", LIAR_HOLD, 0,
		    LIST("held.test. 60 IN A 192.0.2.1"), NULL, false },
	};
	struct liar *liar = liar_new(rules, OCT_LEN(rules));
	const char *server = liar_address(liar);
	struct dns_session *s[100];
	struct dns_conf conf;
	struct dns *dns;

	(void)state;
	conf_for(&conf, &server, 1);
	conf.try_ms = 20000;
	assert_int_equal(dns_new(&conf, &dns), 0);
	for (size_t i = 0; i < OCT_LEN(s); i++) {
		s[i] = session(dns, 10000);
		dns_prefetch(s[i], "held.test", DNS_A);
		dns_prefetch(s[i], "HELD.test.", DNS_A);
	}
	assert_true(liar_wait(liar, 1));
	liar_release(liar);
	for (size_t i = 0; i < OCT_LEN(s); i++) {
		assert_int_equal(dns_get(s[i], "held.test", DNS_A)->status,
		    DNS_OK);
		assert_int_equal(dns_session_count(s[i]), 1);
		dns_session_free(s[i]);
	}
	assert_int_equal(liar_asked(liar), 1);
	assert_int_equal(stats(dns).sent, 1);
	assert_int_equal(stats(dns).merged, 99);
	assert_int_equal(stats(dns).asked, 100);
	dns_free(dns);
	liar_free(liar);
}

static void
too_many_in_flight_are_shed(void **state)
{
	const struct liar_rule rules[] = {
		{ "q0.test.", LIAR_HOLD, 0, NULL, SOA, false },
		{ "q1.test.", LIAR_HOLD, 0, NULL, SOA, false },
		{ "q2.test.", LIAR_HOLD, 0, NULL, SOA, false },
	};
	struct liar *liar = liar_new(rules, OCT_LEN(rules));
	const char *server = liar_address(liar);
	struct dns_session *s;
	struct dns_conf conf;
	struct dns *dns;
	char name[32];

	(void)state;
	conf_for(&conf, &server, 1);
	conf.try_ms = 20000;
	conf.inflight_max = 3;
	assert_int_equal(dns_new(&conf, &dns), 0);
	s = session(dns, 10000);
	for (int i = 0; i < 10; i++) {
		(void)snprintf(name, sizeof(name), "q%d.test", i);
		dns_prefetch(s, name, DNS_A);
	}
	/* At once: nothing was released yet. */
	for (int i = 3; i < 10; i++) {
		(void)snprintf(name, sizeof(name), "q%d.test", i);
		assert_int_equal(dns_get(s, name, DNS_A)->status,
		    DNS_TEMPFAIL);
	}
	assert_int_equal(stats(dns).shed, 7);
	assert_true(liar_wait(liar, 3));
	liar_release(liar);
	for (int i = 0; i < 3; i++) {
		(void)snprintf(name, sizeof(name), "q%d.test", i);
		assert_int_equal(dns_get(s, name, DNS_A)->status, DNS_NODATA);
	}
	dns_session_free(s);
	/* What was shed is not remembered as failed. */
	assert_int_equal(status_of(dns, "q9.test", DNS_A), DNS_OK);
	dns_free(dns);
	liar_free(liar);
}

static void
deadline_can_be_moved(void **state)
{
	const struct liar_rule rules[] = {
		{ "held.test.", LIAR_HOLD, 0,
		    LIST("held.test. 60 IN A 192.0.2.1"), NULL, false },
	};
	struct liar *liar = liar_new(rules, OCT_LEN(rules));
	const char *server = liar_address(liar);
	struct dns_session *s, *late;
	struct dns_question q;
	struct dns_conf conf;
	struct dns *dns;

	(void)state;
	conf_for(&conf, &server, 1);
	conf.try_ms = 20000;
	assert_int_equal(dns_new(&conf, &dns), 0);
	s = session(dns, 50);
	assert_int_equal(dns_get(s, "held.test", DNS_A)->status, DNS_TEMPFAIL);
	liar_release(liar);
	dns_session_deadline(s, oct_clock_mono_ms() + 10000);
	assert_int_equal(dns_get(s, "held.test", DNS_A)->status, DNS_OK);
	/* Beyond its deadline a session gets what is known, and asks nothing. */
	late = session(dns, -1);
	assert_int_equal(dns_get(late, "held.test", DNS_A)->status, DNS_OK);
	assert_int_equal(dns_get(late, "new.test", DNS_A)->status,
	    DNS_TEMPFAIL);
	dns_session_deadline(late, oct_clock_mono_ms() + 10000);
	assert_int_equal(dns_get(late, "newer.test", DNS_A)->status, DNS_OK);
	assert_int_equal(liar_asked(liar), 2);
	assert_int_equal(dns_get(late, "new.test", DNS_A)->status, DNS_OK);
	dns_session_question(late, 0, &q);
	assert_true(q.cached);
	dns_session_free(s);
	dns_session_free(late);
	dns_free(dns);
	liar_free(liar);
}

static void
session_lists_its_questions(void **state)
{
	struct liar *liar = liar_new(NULL, 0);
	struct dns *dns = resolver(liar_address(liar));
	struct dns_session *s;
	struct dns_question q;

	(void)state;
	assert_int_equal(status_of(dns, "two.test", DNS_A), DNS_OK);
	assert_int_equal(dns_session_new(dns, oct_clock_mono_ms() + PATIENCE_MS,
	    3, &s), 0);
	dns_prefetch(s, "one.test", DNS_MX);
	(void)dns_get(s, "two.test", DNS_A);
	(void)dns_get(s, "bad..name", DNS_A); /* no question */
	(void)dns_get(s, "three.test", DNS_TXT);
	assert_int_equal(dns_get(s, "four.test", DNS_A)->status, DNS_TEMPFAIL);
	assert_int_equal(dns_session_count(s), 3);
	dns_session_question(s, 0, &q);
	assert_string_equal(q.name, "one.test");
	assert_int_equal(q.type, DNS_MX);
	assert_false(q.joined);
	dns_session_question(s, 1, &q);
	assert_true(q.cached);
	assert_true(q.joined);
	assert_int_equal(q.status, DNS_OK);
	dns_session_question(s, 2, &q);
	assert_int_equal(q.status, DNS_NODATA);
	assert_false(q.cached);
	assert_in_range(q.took_ms, 0, PATIENCE_MS);
	dns_session_free(s);
	dns_free(dns);
	liar_free(liar);
}

static void
ad_bit_counts_only_if_trusted(void **state)
{
	const struct liar_rule rules[] = {
		{ "signed.test.", LIAR_HONEST, 0,
		    LIST("signed.test. 60 IN A 192.0.2.1"), NULL, true },
		{ "half.test.", LIAR_HONEST, 0,
		    LIST("half.test. 60 IN CNAME plain.test."), NULL, true },
	};
	struct liar *liar = liar_new(rules, OCT_LEN(rules));
	const char *server = liar_address(liar);
	struct dns_session *s;
	struct dns_conf conf;
	struct dns *dns;

	(void)state;
	for (int trust = 0; trust <= 1; trust++) {
		conf_for(&conf, &server, 1);
		conf.trust_ad = trust;
		assert_int_equal(dns_new(&conf, &dns), 0);
		s = session(dns, PATIENCE_MS);
		assert_int_equal(dns_get(s, "signed.test", DNS_A)->secure,
		    trust);
		assert_int_equal(dns_get(s, "half.test", DNS_A)->status,
		    DNS_OK);
		assert_false(dns_get(s, "half.test", DNS_A)->secure);
		assert_false(dns_get(s, "plain.test", DNS_A)->secure);
		dns_session_free(s);
		dns_free(dns);
	}
	liar_free(liar);
}

static size_t
distinct(const uint16_t *values, size_t n)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++) {
		size_t j = 0;

		while (values[j] != values[i])
			j++;
		count += j == i;
	}
	return count;
}

static void
ids_and_ports_are_random(void **state)
{
	uint16_t ids[LIAR_SEEN_MAX], ports[LIAR_SEEN_MAX];
	struct liar *liar = liar_new(NULL, 0);
	struct dns *dns = resolver(liar_address(liar));
	struct dns_session *s = session(dns, PATIENCE_MS);
	size_t n, follow_ups = 0;
	char name[32];

	(void)state;
	for (int i = 0; i < 200; i++) {
		(void)snprintf(name, sizeof(name), "n%d.test", i);
		dns_prefetch(s, name, DNS_A);
	}
	for (int i = 0; i < 200; i++) {
		(void)snprintf(name, sizeof(name), "n%d.test", i);
		assert_int_equal(dns_get(s, name, DNS_A)->status, DNS_OK);
	}
	n = liar_seen(liar, ids, ports);
	assert_true(n >= 200);
	assert_true(distinct(ids, n) > 190);
	assert_true(distinct(ports, n) > 150);
	for (size_t i = 1; i < n; i++)
		follow_ups += ports[i] == (uint16_t)(ports[i - 1] + 1) ||
		    ids[i] == (uint16_t)(ids[i - 1] + 1);
	assert_true(follow_ups < 10);
	dns_session_free(s);
	dns_free(dns);
	liar_free(liar);
}

static void
u_labels_are_asked_as_a_labels(void **state)
{
	const struct liar_rule rules[] = {
		{ "xn--bcher-kva.test.", LIAR_HONEST, 0,
		    LIST("xn--bcher-kva.test. 60 IN A 192.0.2.7"), NULL,
		    false },
	};
	struct liar *liar = liar_new(rules, OCT_LEN(rules));
	struct dns *dns = resolver(liar_address(liar));
	struct dns_session *s = session(dns, PATIENCE_MS);
	const struct dns_answer *a;

	(void)state;
	a = dns_get(s, "b\xc3\xbc" "cher.test", DNS_A);
	assert_int_equal(a->status, DNS_OK);
	assert_int_equal(a->records[0].ip.octets[3], 7);
	/* Octets that are no text at all are asked as they are. */
	assert_int_equal(dns_get(s, "a b\xff\\.test", DNS_A)->status, DNS_OK);
	dns_session_free(s);
	dns_free(dns);
	liar_free(liar);
}

static void
without_descriptors_it_fails_at_once(void **state)
{
	struct liar *liar = liar_new(NULL, 0);
	struct dns *dns = resolver(liar_address(liar));
	struct rlimit before, none;
	enum dns_status status;
	int64_t begun;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	begun = oct_clock_mono_ms();
	status = status_of(dns, "a.test", DNS_A);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(status, DNS_TEMPFAIL);
	assert_true(oct_clock_mono_ms() - begun < PATIENCE_MS);
	assert_int_equal(status_of(dns, "b.test", DNS_A), DNS_OK);
	dns_free(dns);
	liar_free(liar);
}

static void
bad_configuration_is_refused(void **state)
{
	static const char *const texts[] = { "", "localhost", "127.0.0.1:0",
		"127.0.0.1:65536", "127.0.0.1:", "127.0.0.1:x", "[::1", "[::1]x",
		"[::1]:", "::1:53:", "300.1.1.1" };
	static const char *const good[] = { "127.0.0.1", "127.0.0.1:5353",
		"::1", "[::1]", "[::1]:53" };
	struct dns_conf conf;
	const char *server;
	struct dns *dns;

	(void)state;
	for (size_t i = 0; i < OCT_LEN(texts); i++) {
		print_message("  '%s'\n", texts[i]);
		server = texts[i];
		conf_for(&conf, &server, 1);
		assert_int_equal(dns_new(&conf, &dns), OCT_ECONF);
	}
	for (size_t i = 0; i < OCT_LEN(good); i++) {
		server = good[i];
		conf_for(&conf, &server, 1);
		assert_int_equal(dns_new(&conf, &dns), 0);
		dns_free(dns);
	}
	conf_for(&conf, &server, 0);
	assert_int_equal(dns_new(&conf, &dns), OCT_ECONF);
	conf_for(&conf, &server, 1);
	conf.tries = 0;
	assert_int_equal(dns_new(&conf, &dns), OCT_ECONF);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(other_server_is_asked),
		cmocka_unit_test(dead_server_is_asked_last),
		cmocka_unit_test(late_answer_to_the_first_attempt_counts),
		cmocka_unit_test(answers_are_kept_for_their_ttl),
		cmocka_unit_test(identical_questions_are_one),
		cmocka_unit_test(too_many_in_flight_are_shed),
		cmocka_unit_test(deadline_can_be_moved),
		cmocka_unit_test(session_lists_its_questions),
		cmocka_unit_test(ad_bit_counts_only_if_trusted),
		cmocka_unit_test(ids_and_ports_are_random),
		cmocka_unit_test(u_labels_are_asked_as_a_labels),
		cmocka_unit_test(without_descriptors_it_fails_at_once),
		cmocka_unit_test(bad_configuration_is_refused),
	};

	return cmocka_run_group_tests_name("dns", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The target rule: what we are told to write to must have to do with who proved
 * it.
 */
#include "policy/target.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/clock.h"
#include "lib/err.h"

static struct dns *dns;

static void
zone(const char *name, enum dns_type type, const char *data)
{
	assert_int_equal(dns_static_add(dns, name, type, data, strlen(data)),
	    0);
}

static int
setup(void **state)
{
	(void)state;
	if (dns_new_static(&dns) != 0)
		return -1;
	/* Its own server beside its MX. */
	zone("near.example", DNS_MX, "10 mx.near.example");
	zone("mx.near.example", DNS_A, "192.0.2.200");
	/* Elsewhere, but under the same organisation. */
	zone("own.example", DNS_MX, "10 mx.own.example");
	zone("mx.own.example", DNS_A, "198.51.100.1");
	zone("_dmarc.own.example", DNS_TXT, "v=DMARC1; p=none");
	/* At a hoster whose outgoing server is another network of its. */
	zone("hosted.example", DNS_MX, "10 in.hoster.example");
	zone("in.hoster.example", DNS_A, "198.51.100.2");
	zone("_dmarc.hoster.example", DNS_TXT, "v=DMARC1; p=none");
	zone("10.113.0.203.in-addr.arpa", DNS_PTR, "out.hoster.example");
	zone("out.hoster.example", DNS_A, "203.0.113.10");
	/* A name that does not lead back. */
	zone("66.113.0.203.in-addr.arpa", DNS_PTR, "out.hoster.example");
	/* Others. */
	zone("null.example", DNS_MX, "0 .");
	zone("none.example", DNS_A, "192.0.2.10");
	zone("dead.example", DNS_MX, "10 nowhere.example");
	zone("v6.example", DNS_MX, "10 mx.v6.example");
	zone("mx.v6.example", DNS_AAAA, "2001:db8:7:ffff::1");
	zone("second.example", DNS_MX, "20 mx.near.example");
	zone("second.example", DNS_MX, "10 mx.far.example");
	zone("mx.far.example", DNS_A, "198.51.100.3");
	zone("backup.example", DNS_MX, "10 mx.near.example");
	zone("backup.example", DNS_MX, "20 mx.far.example");
	zone("mixed.example", DNS_MX, "10 mx.mixed.example");
	zone("mx.mixed.example", DNS_A, "192.0.2.7");
	zone("mx.mixed.example", DNS_A, "198.51.100.9");
	zone("both.example", DNS_MX, "10 mx.both.example");
	zone("mx.both.example", DNS_A, "192.0.2.8");
	zone("mx.both.example", DNS_AAAA, "2001:db8:9::1");
	zone("twice.example", DNS_MX, "10 mx.near.example");
	zone("twice.example", DNS_MX, "20 mx.both.example");
	zone("fifth.example", DNS_MX, "10 mx.far.example");
	zone("fifth.example", DNS_MX, "11 mx.far.example");
	zone("fifth.example", DNS_MX, "12 mx.far.example");
	zone("fifth.example", DNS_MX, "13 mx.far.example");
	zone("fifth.example", DNS_MX, "14 mx.near.example");
	zone("team.dept.example", DNS_MX, "10 mx.team.dept.example");
	zone("mx.team.dept.example", DNS_A, "198.51.100.77");
	zone("broken.example", DNS_MX, "10 mx.broken.example");
	if (dns_static_timeout(dns, "mx.broken.example") != 0 ||
	    dns_static_timeout(dns, "slow.example") != 0)
		return -1;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	dns_free(dns);
	return 0;
}

static void
look(const char *domain, const char *org, const char *client,
    struct target_facts *out)
{
	struct target_of t = { .domain = domain, .org = org };
	struct dns_session *s = NULL;

	if (oct_ip_parse(client, &t.client) != 0)
		t.client.family = AF_UNSPEC;
	assert_int_equal(dns_session_new(dns, oct_clock_mono_ms() + 5000,
			     TARGET_QUESTIONS, &s),
	    0);
	target_look(s, &t, out);
	dns_session_free(s);
}

static void
test_rule(void **state)
{
	static const struct {
		const char *name, *domain, *org, *client;
		enum target want, confirmed;
	} rows[] = {
		{ "same network", "near.example", "near.example", "192.0.2.1",
		    TARGET_OK, TARGET_OK },
		{ "same organisation", "own.example", "own.example",
		    "203.0.113.1", TARGET_OK, TARGET_OK },
		{ "its own host, and no DMARC record above it",
		    "team.dept.example", "team.dept.example", "203.0.113.1",
		    TARGET_OK, TARGET_OK },
		{ "the hoster's, by a confirmed name", "hosted.example",
		    "hosted.example", "203.0.113.10", TARGET_OK, TARGET_OK },
		{ "a name that does not lead back", "hosted.example",
		    "hosted.example", "203.0.113.66", TARGET_ELSEWHERE,
		    TARGET_OK },
		{ "elsewhere", "hosted.example", "hosted.example",
		    "203.0.113.1", TARGET_ELSEWHERE, TARGET_OK },
		{ "client not known", "near.example", "other.example", "",
		    TARGET_ELSEWHERE, TARGET_OK },
		{ "null MX", "null.example", "null.example", "192.0.2.1",
		    TARGET_NONE, TARGET_NONE },
		{ "no MX, though an address", "none.example", "none.example",
		    "192.0.2.10", TARGET_NONE, TARGET_NONE },
		{ "no such domain", "absent.example", "absent.example",
		    "192.0.2.10", TARGET_NONE, TARGET_NONE },
		{ "an MX without address", "dead.example", "dead.example",
		    "192.0.2.10", TARGET_NONE, TARGET_NONE },
		{ "an address literal", "[192.0.2.1]", "x.example", "192.0.2.1",
		    TARGET_NONE, TARGET_NONE },
		{ "nothing", "", "x.example", "192.0.2.1", TARGET_NONE,
		    TARGET_NONE },
		{ "IPv6, same /48", "v6.example", "x.example",
		    "2001:db8:7:1::9", TARGET_OK, TARGET_OK },
		{ "IPv6, another /48", "v6.example", "x.example",
		    "2001:db8:8:1::9", TARGET_ELSEWHERE, TARGET_OK },
		{ "only the second MX is near", "second.example", "x.example",
		    "192.0.2.1", TARGET_ELSEWHERE, TARGET_OK },
		{ "the second MX is somebody else's", "backup.example",
		    "x.example", "192.0.2.1", TARGET_ELSEWHERE, TARGET_OK },
		{ "one address of the MX is somebody else's", "mixed.example",
		    "x.example", "192.0.2.1", TARGET_ELSEWHERE, TARGET_OK },
		{ "both families", "both.example", "x.example", "192.0.2.1",
		    TARGET_OK, TARGET_OK },
		{ "two near ones", "twice.example", "x.example", "192.0.2.1",
		    TARGET_OK, TARGET_OK },
		{ "the fifth is not looked at", "fifth.example", "x.example",
		    "192.0.2.1", TARGET_ELSEWHERE, TARGET_OK },
		{ "MX not known now", "slow.example", "slow.example",
		    "192.0.2.1", TARGET_LATER, TARGET_LATER },
		{ "its address not known now", "broken.example",
		    "broken.example", "192.0.2.1", TARGET_LATER,
		    TARGET_LATER },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct target_facts f;

		print_message("  %s\n", rows[i].name);
		look(rows[i].domain, rows[i].org, rows[i].client, &f);
		assert_int_equal(target_decide(&f), rows[i].want);
		f.confirmed = true;
		assert_int_equal(target_decide(&f), rows[i].confirmed);
	}
}

static void
test_network(void **state)
{
	static const char *const big[] = { "hoster.example", "big.example" };
	static const struct {
		const char *domain, *want;
		bool provider;
	} rows[] = {
		{ "near.example", "192.0.2.0/24", false },
		{ "second.example", "198.51.100.0/24", false },
		{ "v6.example", "2001:db8:7::/48", false },
		{ "hosted.example", "hoster.example", true },
		{ "null.example", "", false },
		{ "dead.example", "", false },
	};
	char network[OCT_DOMAIN_SIZE];

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct target_facts f;
		bool provider;

		print_message("  %s\n", rows[i].domain);
		look(rows[i].domain, "x.example", "192.0.2.1", &f);
		target_network(&f, big, OCT_LEN(big), network, &provider);
		assert_string_equal(network, rows[i].want);
		assert_int_equal(provider, rows[i].provider);
	}
}

static void
test_prefetch_asks_the_same(void **state)
{
	struct target_of t = { .domain = "hosted.example",
		.org = "hosted.example" };
	struct dns_session *s = NULL;
	struct target_facts f;
	size_t n;

	(void)state;
	assert_int_equal(oct_ip_parse("203.0.113.10", &t.client), 0);
	assert_int_equal(dns_session_new(dns, oct_clock_mono_ms() + 5000,
			     TARGET_QUESTIONS, &s),
	    0);
	target_prefetch(s, &t);
	target_prefetch_hosts(s, &t);
	n = dns_session_count(s);
	target_look(s, &t, &f);
	assert_int_equal(target_decide(&f), TARGET_OK);
	assert_int_equal(dns_session_count(s), n);
	assert_true(n < TARGET_QUESTIONS);
	dns_session_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rule),
		cmocka_unit_test(test_network),
		cmocka_unit_test(test_prefetch_asks_the_same),
	};

	return cmocka_run_group_tests_name("target", tests, setup, teardown);
}

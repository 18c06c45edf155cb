/* SPDX-License-Identifier: Apache-2.0 */
/* Every way in which a name server can lie, and 64 threads at once. */
#include "lib/dns.h"

#include <pthread.h>
#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "tests/support/dns_liar.h"

#define TRY_MS 200
#define PATIENCE_MS 3000 /* deadline of a session that should not need it */
#define SOA "test. 60 IN SOA ns.test. root.test. 1 2 3 4 60"
#define LIST(...) (const char *const[]){ __VA_ARGS__, NULL }

enum rcode { NOERROR, FORMERR, SERVFAIL, NXDOMAIN, NOTIMP, REFUSED };

static char big_txt[244][640];
static const char *big_txt_records[245];
static char many_a[300][64];
static const char *many_a_records[301];

/* One row: a rule of the server, and what a question for it must come to. */
static const struct {
	struct liar_rule rule;
	enum dns_type type;
	enum dns_status status;
	size_t count;
	unsigned int sent_min, tcp_min;
} faults[] = {
	{ { "a.test.", LIAR_HONEST, 0,
	      LIST("a.test. 60 IN A 192.0.2.9", "a.test. 60 IN A 192.0.2.10"),
	      NULL, false }, DNS_A, DNS_OK, 2, 1, 0 },
	{ { "servfail.test.", LIAR_HONEST, SERVFAIL, NULL, NULL, false },
	    DNS_A, DNS_TEMPFAIL, 0, 1, 0 },
	{ { "refused.test.", LIAR_HONEST, REFUSED, NULL, NULL, false },
	    DNS_A, DNS_TEMPFAIL, 0, 1, 0 },
	{ { "silence.test.", LIAR_SILENT, 0, NULL, NULL, false },
	    DNS_A, DNS_TEMPFAIL, 0, 2, 0 },
	{ { "nxdomain.test.", LIAR_HONEST, NXDOMAIN, NULL, SOA, false },
	    DNS_A, DNS_NXDOMAIN, 0, 1, 0 },
	{ { "nodata.test.", LIAR_HONEST, 0, NULL, SOA, false },
	    DNS_A, DNS_NODATA, 0, 1, 0 },
	{ { "lame.test.", LIAR_HONEST, 0, NULL, "test. 60 IN NS ns.test.",
	      false }, DNS_A, DNS_TEMPFAIL, 0, 1, 0 },
	{ { "wrongid.test.", LIAR_WRONG_ID, 0,
	      LIST("wrongid.test. 60 IN A 192.0.2.66"), NULL, false },
	    DNS_A, DNS_TEMPFAIL, 0, 2, 0 },
	{ { "wrongname.test.", LIAR_WRONG_NAME, 0,
	      LIST("wrongname.test. 60 IN A 192.0.2.66"), NULL, false },
	    DNS_A, DNS_TEMPFAIL, 0, 2, 0 },
	{ { "wrongtype.test.", LIAR_WRONG_TYPE, 0,
	      LIST("wrongtype.test. 60 IN A 192.0.2.66"), NULL, false },
	    DNS_A, DNS_TEMPFAIL, 0, 2, 0 },
	{ { "wrongsource.test.", LIAR_WRONG_SOURCE, 0,
	      LIST("wrongsource.test. 60 IN A 192.0.2.66"), NULL, false },
	    DNS_A, DNS_TEMPFAIL, 0, 2, 0 },
	{ { "flood.test.", LIAR_FLOOD, 0,
	      LIST("flood.test. 60 IN A 192.0.2.66"), NULL, false },
	    DNS_A, DNS_TEMPFAIL, 0, 2, 0 },
	{ { "liesfirst.test.", LIAR_LIES_FIRST, 0,
	      LIST("liesfirst.test. 60 IN A 192.0.2.1"), NULL, false },
	    DNS_A, DNS_OK, 1, 1, 0 },
	{ { "uppercase.test.", LIAR_UPPER_CASE, 0,
	      LIST("UPPERcase.test. 60 IN A 192.0.2.1"), NULL, false },
	    DNS_A, DNS_OK, 1, 1, 0 },
	{ { "dropped.test.", LIAR_DROP_FIRST, 0,
	      LIST("dropped.test. 60 IN A 192.0.2.1"), NULL, false },
	    DNS_A, DNS_OK, 1, 2, 0 },
	{ { "truncated.test.", LIAR_TRUNCATE, 0,
	      LIST("truncated.test. 60 IN TXT \"over\" \" TCP\""), NULL, false },
	    DNS_TXT, DNS_OK, 1, 1, 1 },
	{ { "truncatedboth.test.", LIAR_TRUNCATE_BOTH, 0,
	      LIST("truncatedboth.test. 60 IN A 192.0.2.1"), NULL, false },
	    DNS_A, DNS_TEMPFAIL, 0, 1, 1 },
	{ { "big.test.", LIAR_TRUNCATE, 0, big_txt_records, NULL, false },
	    DNS_TXT, DNS_OK, 244, 1, 1 },
	{ { "many.test.", LIAR_TRUNCATE, 0, many_a_records, NULL, false },
	    DNS_A, DNS_TEMPFAIL, 0, 1, 1 },
	{ { "drip.test.", LIAR_DRIP, 0,
	      LIST("drip.test. 60 IN A 192.0.2.1"), NULL, false },
	    DNS_A, DNS_TEMPFAIL, 0, 2, 1 },
	{ { "hangup.test.", LIAR_HANG_UP, 0,
	      LIST("hangup.test. 60 IN A 192.0.2.1"), NULL, false },
	    DNS_A, DNS_TEMPFAIL, 0, 1, 1 },
	{ { "formerr.test.", LIAR_NO_EDNS, FORMERR,
	      LIST("formerr.test. 60 IN A 192.0.2.1"), NULL, false },
	    DNS_A, DNS_OK, 1, 2, 0 },
	{ { "notimp.test.", LIAR_NO_EDNS, NOTIMP,
	      LIST("notimp.test. 60 IN A 192.0.2.1"), NULL, false },
	    DNS_A, DNS_OK, 1, 2, 0 },
	{ { "bareformerr.test.", LIAR_BARE_FORMERR, 0,
	      LIST("bareformerr.test. 60 IN A 192.0.2.1"), NULL, false },
	    DNS_A, DNS_OK, 1, 2, 0 },
	{ { "badvers.test.", LIAR_BADVERS, 0,
	      LIST("badvers.test. 60 IN A 192.0.2.1"), NULL, false },
	    DNS_A, DNS_OK, 1, 2, 0 },
	{ { "stubborn.test.", LIAR_HONEST, FORMERR, NULL, NULL, false },
	    DNS_A, DNS_TEMPFAIL, 0, 2, 0 },
	{ { "runt.test.", LIAR_RUNT, 0,
	      LIST("runt.test. 60 IN A 192.0.2.1"), NULL, false },
	    DNS_A, DNS_TEMPFAIL, 0, 2, 0 },
	{ { "garbage.test.", LIAR_GARBAGE, 0,
	      LIST("garbage.test. 60 IN A 192.0.2.1",
		  "garbage.test. 60 IN A 192.0.2.2"), NULL, false },
	    DNS_A, DNS_TEMPFAIL, 0, 1, 0 },
	{ { "loop.test.", LIAR_HONEST, 0,
	      LIST("loop.test. 60 IN CNAME loop2.test.",
		  "loop2.test. 60 IN CNAME loop.test."), NULL, false },
	    DNS_A, DNS_TEMPFAIL, 0, 1, 0 },
	{ { "self.test.", LIAR_HONEST, 0,
	      LIST("self.test. 60 IN CNAME self.test."), NULL, false },
	    DNS_A, DNS_TEMPFAIL, 0, 1, 0 },
	{ { "pingpong1.test.", LIAR_HONEST, 0,
	      LIST("pingpong1.test. 60 IN CNAME pingpong2.test."), NULL,
	      false }, DNS_A, DNS_TEMPFAIL, 0, 8, 0 },
	{ { "pingpong2.test.", LIAR_HONEST, 0,
	      LIST("pingpong2.test. 60 IN CNAME pingpong1.test."), NULL,
	      false }, DNS_A, DNS_TEMPFAIL, 0, 8, 0 },
	{ { "chain.test.", LIAR_HONEST, 0,
	      LIST("chain.test. 60 IN CNAME c2.test.",
		  "c2.test. 60 IN CNAME c3.test.",
		  "c3.test. 60 IN CNAME c4.test.",
		  "c4.test. 60 IN CNAME c5.test.",
		  "c5.test. 60 IN CNAME c6.test.",
		  "c6.test. 60 IN CNAME c7.test.",
		  "c7.test. 60 IN CNAME c8.test.",
		  "c8.test. 60 IN CNAME c9.test.",
		  "c9.test. 60 IN A 192.0.2.1"), NULL, false },
	    DNS_A, DNS_OK, 1, 1, 0 },
	{ { "longchain.test.", LIAR_HONEST, 0,
	      LIST("longchain.test. 60 IN CNAME c2.test.",
		  "c2.test. 60 IN CNAME c3.test.",
		  "c3.test. 60 IN CNAME c4.test.",
		  "c4.test. 60 IN CNAME c5.test.",
		  "c5.test. 60 IN CNAME c6.test.",
		  "c6.test. 60 IN CNAME c7.test.",
		  "c7.test. 60 IN CNAME c8.test.",
		  "c8.test. 60 IN CNAME c9.test.",
		  "c9.test. 60 IN CNAME c10.test.",
		  "c10.test. 60 IN A 192.0.2.1"), NULL, false },
	    DNS_A, DNS_TEMPFAIL, 0, 1, 0 },
	{ { "lone.test.", LIAR_HONEST, 0,
	      LIST("lone.test. 60 IN CNAME www.default.test."), NULL, false },
	    DNS_A, DNS_OK, 1, 2, 0 },
	{ { "dangling.test.", LIAR_HONEST, NXDOMAIN,
	      LIST("dangling.test. 60 IN CNAME gone.test."), SOA, false },
	    DNS_A, DNS_NXDOMAIN, 0, 1, 0 },
	{ { "alias.test.", LIAR_HONEST, 0,
	      LIST("alias.test. 60 IN CNAME Target.Test."), NULL, false },
	    DNS_CNAME, DNS_OK, 1, 1, 0 },
	{ { "mx.test.", LIAR_HONEST, 0,
	      LIST("mx.test. 60 IN MX 10 A.mx.test.",
		  "mx.test. 60 IN MX 0 ."), NULL, false },
	    DNS_MX, DNS_OK, 2, 1, 0 },
	{ { "strange.test.", LIAR_HONEST, 0,
	      LIST("strange.test. 60 IN PTR good\\.example.test.",
		  "strange.test. 60 IN PTR a\\010b.test.",
		  "strange.test. 60 IN PTR fine.test."), NULL, false },
	    DNS_PTR, DNS_OK, 1, 1, 0 },
};

static struct liar_rule fault_rules[OCT_LEN(faults)];

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

static struct dns_stats
stats(struct dns *dns)
{
	struct dns_stats st;

	dns_stats(dns, &st);
	return st;
}

static int
make_big_answers(void **state)
{
	char fill[201];

	(void)state;
	memset(fill, 'x', sizeof(fill) - 1);
	fill[sizeof(fill) - 1] = '\0';
	for (size_t i = 0; i < OCT_LEN(big_txt); i++) {
		(void)snprintf(big_txt[i], sizeof(big_txt[i]),
		    "big.test. 60 IN TXT \"%s\" \"%03zu%.48s\"", fill, i, fill);
		big_txt_records[i] = big_txt[i];
	}
	for (size_t i = 0; i < OCT_LEN(many_a); i++) {
		(void)snprintf(many_a[i], sizeof(many_a[i]),
		    "many.test. 60 IN A 192.0.%zu.%zu", i / 200, i % 200);
		many_a_records[i] = many_a[i];
	}
	for (size_t i = 0; i < OCT_LEN(faults); i++)
		fault_rules[i] = faults[i].rule;
	return 0;
}

static void
each_fault_is_what_the_rfc_says(void **state)
{
	struct liar *liar = liar_new(fault_rules, OCT_LEN(fault_rules));

	(void)state;
	for (size_t i = 0; i < OCT_LEN(faults); i++) {
		struct dns *dns = resolver(liar_address(liar));
		struct dns_session *s = session(dns, PATIENCE_MS);
		int64_t begun = oct_clock_mono_ms();
		const struct dns_answer *a;
		struct dns_stats st;

		print_message("  %s\n", faults[i].rule.name);
		a = dns_get(s, faults[i].rule.name, faults[i].type);
		assert_int_equal(a->status, faults[i].status);
		assert_int_equal(a->count, faults[i].count);
		assert_true(oct_clock_mono_ms() - begun < PATIENCE_MS);
		st = stats(dns);
		assert_true(st.sent >= faults[i].sent_min);
		assert_true(st.tcp >= faults[i].tcp_min);
		assert_true(faults[i].tcp_min > 0 || st.tcp == 0);
		assert_int_equal(st.tempfail,
		    faults[i].status == DNS_TEMPFAIL);
		dns_session_free(s);
		dns_free(dns);
	}
	liar_free(liar);
}

static void
records_come_through_whole(void **state)
{
	struct liar *liar = liar_new(fault_rules, OCT_LEN(fault_rules));
	struct dns *dns = resolver(liar_address(liar));
	struct dns_session *s = session(dns, PATIENCE_MS);
	const struct dns_answer *a;

	(void)state;
	a = dns_get(s, "big.test", DNS_TXT);
	for (size_t i = 0; i < a->count; i++) {
		assert_int_equal(a->records[i].text_len, 251);
		assert_int_equal(strlen(a->records[i].text), 251);
		assert_memory_equal(a->records[i].text + 200,
		    strstr(big_txt[i], "\" \"") + 3, 51);
	}
	a = dns_get(s, "mx.test", DNS_MX);
	assert_int_equal(a->records[0].preference, 10);
	assert_string_equal(a->records[0].name, "a.mx.test");
	assert_string_equal(a->records[1].name, "");
	a = dns_get(s, "strange.test", DNS_PTR);
	assert_string_equal(a->records[0].name, "fine.test");
	a = dns_get(s, "Truncated.Test.", DNS_TXT);
	assert_string_equal(a->records[0].text, "over TCP");
	a = dns_get(s, "a.test", DNS_A);
	assert_int_equal(a->records[1].ip.family, AF_INET);
	assert_memory_equal(a->records[1].ip.octets, "\xc0\0\2\x0a", 4);
	assert_int_equal(a->ttl_s, 60);
	assert_false(a->secure);
	dns_session_free(s);
	dns_free(dns);
	liar_free(liar);
}

static void
nothing_is_waited_for_in_vain(void **state)
{
	static const char *const names[] = { "servfail.test", "flood.test",
		"hangup.test", "garbage.test", "self.test", "longchain.test",
		"truncatedboth.test", "stubborn.test", "many.test" };
	struct liar *liar = liar_new(fault_rules, OCT_LEN(fault_rules));
	const char *server = liar_address(liar);
	struct dns_session *s;
	struct dns_conf conf;
	struct dns *dns;
	int64_t begun;

	(void)state;
	conf_for(&conf, &server, 1);
	conf.try_ms = 20000;
	assert_int_equal(dns_new(&conf, &dns), 0);
	s = session(dns, 20000);
	begun = oct_clock_mono_ms();
	for (size_t i = 0; i < OCT_LEN(names); i++) {
		print_message("  %s\n", names[i]);
		assert_int_equal(dns_get(s, names[i], DNS_A)->status,
		    DNS_TEMPFAIL);
		assert_true(oct_clock_mono_ms() - begun < 10000);
	}
	dns_session_free(s);
	dns_free(dns);
	liar_free(liar);
}

static void
silence_never_outlasts_the_deadline(void **state)
{
	static const char *const names[] = { "silence.test", "drip.test",
		"wrongid.test", "wrongsource.test" };
	struct liar *liar = liar_new(fault_rules, OCT_LEN(fault_rules));
	const char *server = liar_address(liar);
	struct dns_session *s;
	struct dns_conf conf;
	struct dns *dns;
	int64_t begun;

	(void)state;
	conf_for(&conf, &server, 1);
	conf.try_ms = 30000;
	assert_int_equal(dns_new(&conf, &dns), 0);
	begun = oct_clock_mono_ms();
	s = session(dns, 150);
	for (size_t i = 0; i < OCT_LEN(names); i++)
		dns_prefetch(s, names[i], DNS_A);
	for (size_t i = 0; i < OCT_LEN(names); i++)
		assert_int_equal(dns_get(s, names[i], DNS_A)->status,
		    DNS_TEMPFAIL);
	assert_in_range(oct_clock_mono_ms() - begun, 150, 1000);
	dns_session_free(s);
	dns_free(dns); /* with questions in flight */
	liar_free(liar);
}

#define HAMMERS 64
#define ROUNDS 60

struct hammer {
	struct dns *dns;
	unsigned int seed;
	unsigned int wrong;
};

/* Sessions that prefetch, join and abandon questions of all sorts. */
static void *
hammer(void *arg)
{
	static const char *const names[] = { "a.test", "servfail.test",
		"nxdomain.test", "truncated.test", "uppercase.test",
		"formerr.test", "lone.test", "pingpong1.test" };
	static const enum dns_status expected[] = { DNS_OK, DNS_TEMPFAIL,
		DNS_NXDOMAIN, DNS_OK, DNS_OK, DNS_OK, DNS_OK, DNS_TEMPFAIL };
	struct hammer *h = arg;
	struct dns_session *s;
	char name[32];

	for (unsigned int i = 0; i < ROUNDS; i++) {
		unsigned int pick = (h->seed + i) % OCT_LEN(names);
		enum dns_type type = pick == 3 ? DNS_TXT : DNS_A;

		if (dns_session_new(h->dns, oct_clock_mono_ms() + 20000, 10,
			&s) != 0)
			return NULL;
		(void)snprintf(name, sizeof(name), "n%u.test",
		    (h->seed * 7 + i) % 200);
		dns_prefetch(s, name, DNS_A);
		dns_prefetch(s, names[pick], type);
		dns_prefetch(s, names[(pick + 1) % OCT_LEN(names)], DNS_AAAA);
		h->wrong += dns_get(s, names[pick], type)->status !=
		    expected[pick];
		h->wrong += dns_get(s, name, DNS_A)->status != DNS_OK;
		dns_session_free(s);
	}
	return NULL;
}

static void
many_threads_share_one_resolver(void **state)
{
	struct liar *liar = liar_new(fault_rules, OCT_LEN(fault_rules));
	const char *server = liar_address(liar);
	struct hammer hammers[HAMMERS];
	pthread_t threads[HAMMERS];
	struct dns_conf conf;
	struct dns_stats st;
	struct dns *dns;

	(void)state;
	conf_for(&conf, &server, 1);
	conf.try_ms = 5000;
	conf.cache_octets = 16 * 2048; /* so that it must throw away */
	assert_int_equal(dns_new(&conf, &dns), 0);
	for (unsigned int i = 0; i < HAMMERS; i++) {
		hammers[i] = (struct hammer){ .dns = dns, .seed = i * 31 };
		assert_int_equal(pthread_create(&threads[i], NULL, hammer,
		    &hammers[i]), 0);
	}
	for (unsigned int i = 0; i < HAMMERS; i++) {
		(void)pthread_join(threads[i], NULL);
		assert_int_equal(hammers[i].wrong, 0);
	}
	st = stats(dns);
	assert_int_equal(st.asked, HAMMERS * ROUNDS * 3);
	assert_true(st.hits > 0);
	assert_true(st.cache_octets <= conf.cache_octets);
	assert_int_equal(st.shed, 0);
	dns_free(dns);
	liar_free(liar);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_fault_is_what_the_rfc_says),
		cmocka_unit_test(records_come_through_whole),
		cmocka_unit_test(nothing_is_waited_for_in_vain),
		cmocka_unit_test(silence_never_outlasts_the_deadline),
		cmocka_unit_test(many_threads_share_one_resolver),
	};

	return cmocka_run_group_tests_name("dns_faults", tests,
	    make_big_answers, NULL);
}

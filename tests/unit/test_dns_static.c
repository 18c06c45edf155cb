/* SPDX-License-Identifier: Apache-2.0 */
/* The resolver out of a table, and the names of dns.h. */
#include "lib/dns.h"

#include <stdarg.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#include "lib/err.h"

#define LONG_LABEL                                                             \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define FAR_MS (INT64_MAX / 2)

static const struct {
	const char *name;
	enum dns_type type;
	const char *rdata;
} zone[] = {
	{ "example.test", DNS_A, "192.0.2.1" },
	{ "example.test", DNS_A, "192.0.2.2" },
	{ "example.test", DNS_AAAA, "2001:db8::1" },
	{ "Example.TEST.", DNS_MX, "10 MX.example.test." },
	{ "example.test", DNS_MX, "0 ." },
	{ "example.test", DNS_TXT, "v=spf1 -all" },
	{ "a.b.c.test", DNS_A, "192.0.2.3" },
	{ "www.test", DNS_CNAME, "Example.test." },
	{ "dangling.test", DNS_CNAME, "nowhere.test" },
	{ "broken.test", DNS_CNAME, "a..b" },
	{ "loop1.test", DNS_CNAME, "loop2.test" },
	{ "loop2.test", DNS_CNAME, "loop1.test" },
	{ "1.2.0.192.in-addr.arpa", DNS_PTR, "Host.Test." },
	{ "_x y.test", DNS_A, "192.0.2.4" },
	{ "late.test", DNS_TXT, "early" },
};

static const struct {
	const char *label, *name;
	enum dns_type type;
	enum dns_status status;
	size_t count;
} cases[] = {
	{ "two records", "example.test", DNS_A, DNS_OK, 2 },
	{ "case and final dot", "EXAMPLE.test.", DNS_A, DNS_OK, 2 },
	{ "no such type", "example.test", DNS_PTR, DNS_NODATA, 0 },
	{ "no such name", "other.test", DNS_A, DNS_NXDOMAIN, 0 },
	{ "below a name", "x.example.test", DNS_A, DNS_NXDOMAIN, 0 },
	{ "empty non-terminal", "b.c.test", DNS_A, DNS_NODATA, 0 },
	{ "empty non-terminal above", "c.test", DNS_TXT, DNS_NODATA, 0 },
	{ "top", "test", DNS_A, DNS_NODATA, 0 },
	{ "alias followed", "www.test", DNS_A, DNS_OK, 2 },
	{ "alias without the type", "www.test", DNS_PTR, DNS_NODATA, 0 },
	{ "alias itself", "www.test", DNS_CNAME, DNS_OK, 1 },
	{ "alias to nowhere", "dangling.test", DNS_A, DNS_NXDOMAIN, 0 },
	{ "alias to no name", "broken.test", DNS_A, DNS_TEMPFAIL, 0 },
	{ "alias loop", "loop1.test", DNS_A, DNS_TEMPFAIL, 0 },
	{ "odd octets", "_x y.test", DNS_A, DNS_OK, 1 },
	{ "time-out", "silent.test", DNS_A, DNS_TEMPFAIL, 0 },
	{ "before the time-out", "late.test", DNS_TXT, DNS_OK, 1 },
	{ "behind the time-out", "late.test", DNS_A, DNS_TEMPFAIL, 0 },
	{ "empty name", "", DNS_A, DNS_NXDOMAIN, 0 },
	{ "empty label", "a..test", DNS_A, DNS_NXDOMAIN, 0 },
	{ "leading dot", ".test", DNS_A, DNS_NXDOMAIN, 0 },
	{ "two final dots", "example.test..", DNS_A, DNS_NXDOMAIN, 0 },
	{ "label of 63", LONG_LABEL ".test", DNS_A, DNS_OK, 1 },
	{ "label of 64", LONG_LABEL "a.test", DNS_A, DNS_NXDOMAIN, 0 },
	{ "name over 255", LONG_LABEL "." LONG_LABEL "." LONG_LABEL "."
	  LONG_LABEL ".example.test", DNS_A, DNS_NXDOMAIN, 0 },
};

static int
set_up(void **state)
{
	struct dns *dns;

	assert_int_equal(dns_new_static(&dns), 0);
	for (size_t i = 0; i < OCT_LEN(zone); i++)
		assert_int_equal(dns_static_add(dns, zone[i].name, zone[i].type,
		    zone[i].rdata, strlen(zone[i].rdata)), 0);
	assert_int_equal(dns_static_add(dns, LONG_LABEL ".test", DNS_A,
	    "192.0.2.5", 9), 0);
	assert_int_equal(dns_static_add(dns, "nul.test", DNS_TXT, "a\0b", 3),
	    0);
	assert_int_equal(dns_static_timeout(dns, "silent.test"), 0);
	assert_int_equal(dns_static_timeout(dns, "late.test"), 0);
	assert_int_equal(dns_static_add(dns, "late.test", DNS_A, "192.0.2.6",
	    9), 0);
	*state = dns;
	return 0;
}

static int
tear_down(void **state)
{
	dns_free(*state);
	return 0;
}

static void
table_answers(void **state)
{
	struct dns_session *s;

	assert_int_equal(dns_session_new(*state, FAR_MS, 100, &s), 0);
	for (size_t i = 0; i < OCT_LEN(cases); i++) {
		const struct dns_answer *a;

		print_message("  %s\n", cases[i].label);
		a = dns_get(s, cases[i].name, cases[i].type);
		assert_int_equal(a->status, cases[i].status);
		assert_int_equal(a->count, cases[i].count);
	}
	dns_session_free(s);
}

static void
record_members_follow_from_the_type(void **state)
{
	const struct dns_answer *a;
	struct dns_session *s;
	struct oct_ip ip;

	assert_int_equal(dns_session_new(*state, FAR_MS, 100, &s), 0);
	a = dns_get(s, "example.test", DNS_AAAA);
	assert_int_equal(oct_ip_parse("2001:db8::1", &ip), 0);
	assert_memory_equal(&a->records[0].ip, &ip, sizeof(ip));
	a = dns_get(s, "example.test", DNS_MX);
	assert_int_equal(a->records[0].preference, 10);
	assert_string_equal(a->records[0].name, "mx.example.test");
	assert_string_equal(a->records[1].name, "");
	a = dns_get(s, "nul.test", DNS_TXT);
	assert_int_equal(a->records[0].text_len, 3);
	assert_memory_equal(a->records[0].text, "a\0b", 4);
	a = dns_get(s, "1.2.0.192.in-addr.arpa", DNS_PTR);
	assert_string_equal(a->records[0].name, "host.test");
	assert_ptr_equal(dns_get(s, "1.2.0.192.IN-ADDR.ARPA.", DNS_PTR), a);
	dns_session_free(s);
}

static void
bad_rows_are_refused(void **state)
{
	static const struct {
		enum dns_type type;
		const char *rdata;
	} rows[] = { { DNS_A, "2001:db8::1" }, { DNS_A, "192.0.2" },
		{ DNS_AAAA, "192.0.2.1" }, { DNS_MX, "mx.test" },
		{ DNS_MX, "70000 mx.test" }, { DNS_MX, "x mx.test" } };

	for (size_t i = 0; i < OCT_LEN(rows); i++)
		assert_int_equal(dns_static_add(*state, "bad.test",
		    rows[i].type, rows[i].rdata, strlen(rows[i].rdata)),
		    OCT_EPARSE);
	assert_int_equal(dns_static_add(*state, "a..b", DNS_A, "192.0.2.1", 9),
	    OCT_EPARSE);
}

static void
reverse_names(void **state)
{
	static const struct {
		const char *ip, *suffix, *name;
	} rows[] = {
		{ "192.0.2.10", NULL, "10.2.0.192.in-addr.arpa" },
		{ "192.0.2.10", "list.example", "10.2.0.192.list.example" },
		{ "2001:db8::f1", NULL,
		    "1.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0."
		    "8.b.d.0.1.0.0.2.ip6.arpa" },
		{ "2001:db8::f1", "l.test",
		    "1.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0."
		    "8.b.d.0.1.0.0.2.l.test" },
	};
	char name[OCT_DOMAIN_SIZE], suffix[OCT_DOMAIN_SIZE];
	struct oct_ip ip = { .family = AF_UNSPEC };

	(void)state;
	assert_int_equal(dns_reverse_name(&ip, NULL, name), OCT_EPARSE);
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		assert_int_equal(oct_ip_parse(rows[i].ip, &ip), 0);
		assert_int_equal(dns_reverse_name(&ip, rows[i].suffix, name),
		    0);
		assert_string_equal(name, rows[i].name);
	}
	memset(suffix, 'x', sizeof(suffix) - 1);
	suffix[sizeof(suffix) - 1] = '\0';
	assert_int_equal(dns_reverse_name(&ip, suffix, name), OCT_EFULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table_answers),
		cmocka_unit_test(record_members_follow_from_the_type),
		cmocka_unit_test(bad_rows_are_refused),
		cmocka_unit_test(reverse_names),
	};

	return cmocka_run_group_tests_name("dns_static", tests, set_up,
	    tear_down);
}

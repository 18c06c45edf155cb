/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/addr.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/err.h"

#define X10 "xxxxxxxxxx"
#define X60 X10 X10 X10 X10 X10 X10
#define L63 X60 "xxx"
/* 63.63.63.61 = 253 */
#define D253 L63 "." L63 "." L63 "." X60 "x"
#define X250 X60 X60 X60 X60 X10

static const struct {
	const char *name, *in;
	int rc;
	const char *local, *domain, *text;
} parse_cases[] = {
	{ "bare", "a@b.example", 0, "a", "b.example", "a@b.example" },
	{ "brackets", "<a@b.example>", 0, "a", "b.example", "a@b.example" },
	{ "case", "<Jo.Do@B.Example>", 0, "Jo.Do", "b.example",
	    "Jo.Do@b.example" },
	{ "final dot", "a@b.example.", 0, "a", "b.example", "a@b.example" },
	{ "null", "<>", 0, "", "", "" },
	{ "nothing", "", 0, "", "", "" },
	{ "no domain", "<postmaster>", 0, "postmaster", "", "postmaster" },
	{ "route", "<@r.example:a@b.example>", 0, "a", "b.example",
	    "a@b.example" },
	{ "route of two, bare", "@r.example,@s.example:a@b.example", 0, "a",
	    "b.example", "a@b.example" },
	{ "route with literal", "<@[IPv6:2001:db8::1]:a@b>", 0, "a", "b",
	    "a@b" },
	{ "route that looks like a local part", "<@r:\"@x:\"@b>", 0, "@x:",
	    "b", "\"@x:\"@b" },
	{ "quoted, not needed", "<\"a\"@b>", 0, "a", "b", "a@b" },
	{ "quoted space", "<\"a b\"@b>", 0, "a b", "b", "\"a b\"@b" },
	{ "quoted at and bracket", "<\"a@x>\"@b>", 0, "a@x>", "b",
	    "\"a@x>\"@b" },
	{ "quoted pairs", "<\"a\\\"\\\\\\b\"@b>", 0, "a\"\\b", "b",
	    "\"a\\\"\\\\b\"@b" },
	{ "quoted half", "<a.\"b c\".d@b>", 0, "a.b c.d", "b",
	    "\"a.b c.d\"@b" },
	{ "two dots", "a..b@b", 0, "a..b", "b", "\"a..b\"@b" },
	{ "first dot", ".a@b", 0, ".a", "b", "\".a\"@b" },
	{ "last dot", "a.@b", 0, "a.", "b", "\"a.\"@b" },
	{ "all atom octets", "!#$%&'*+-/=?^_`{|}~@b", 0,
	    "!#$%&'*+-/=?^_`{|}~", "b", "!#$%&'*+-/=?^_`{|}~@b" },
	{ "VERP", "b+u=x.example@l.example", 0, "b+u=x.example", "l.example",
	    "b+u=x.example@l.example" },
	{ "UTF-8 local", "<J\xc3\xb6rg@b>", 0, "J\xc3\xb6rg", "b",
	    "J\xc3\xb6rg@b" },
	{ "UTF-8 domain", "<a@B\xc3\x9c""cher.example>", 0, "a",
	    "xn--bcher-kva.example", "a@xn--bcher-kva.example" },
	{ "literal", "<a@[192.0.2.1]>", 0, "a", "[192.0.2.1]",
	    "a@[192.0.2.1]" },
	{ "literal v6", "<a@[ipv6:2001:DB8:0::1]>", 0, "a",
	    "[IPv6:2001:db8::1]", "a@[IPv6:2001:db8::1]" },
	{ "literal mapped", "<a@[IPv6:::ffff:192.0.2.1]>", 0, "a",
	    "[192.0.2.1]", "a@[192.0.2.1]" },
	{ "local of 255", X250 "yyyyy@b", 0, X250 "yyyyy", "b",
	    X250 "yyyyy@b" },
	{ "domain of 253", "a@" D253, 0, "a", D253, "a@" D253 },
	{ "local of 256", X250 "yyyyyy@b", OCT_EPARSE, NULL, NULL, NULL },
	{ "255 that need quotes", X250 "yyyy @b", OCT_EPARSE, NULL, NULL,
	    NULL },
	{ "domain of 254", "a@x" D253, OCT_EPARSE, NULL, NULL, NULL },
	{ "no local", "<@b>", OCT_EPARSE, NULL, NULL, NULL },
	{ "route only", "<@b:>", OCT_EPARSE, NULL, NULL, NULL },
	{ "route not ended", "<@b,a@c>", OCT_EPARSE, NULL, NULL, NULL },
	{ "empty quoted", "<\"\"@b>", OCT_EPARSE, NULL, NULL, NULL },
	{ "no domain after at", "<a@>", OCT_EPARSE, NULL, NULL, NULL },
	{ "two ats", "<a@b@c>", OCT_EPARSE, NULL, NULL, NULL },
	{ "bracket open", "<a@b", OCT_EPARSE, NULL, NULL, NULL },
	{ "bracket alone", "<", OCT_EPARSE, NULL, NULL, NULL },
	{ "bracket close", "a@b>", OCT_EPARSE, NULL, NULL, NULL },
	{ "text after", "<a@b> x", OCT_EPARSE, NULL, NULL, NULL },
	{ "display name", "x <a@b>", OCT_EPARSE, NULL, NULL, NULL },
	{ "space", "<a b@c>", OCT_EPARSE, NULL, NULL, NULL },
	{ "control", "<a\x01@c>", OCT_EPARSE, NULL, NULL, NULL },
	{ "quoted control", "<\"a\r\nb\"@c>", OCT_EPARSE, NULL, NULL, NULL },
	{ "delete", "<\"a\x7f\"@c>", OCT_EPARSE, NULL, NULL, NULL },
	{ "quote open", "<\"a@c>", OCT_EPARSE, NULL, NULL, NULL },
	{ "backslash last", "<\"a\\", OCT_EPARSE, NULL, NULL, NULL },
	{ "backslash bare", "<a\\b@c>", OCT_EPARSE, NULL, NULL, NULL },
	{ "Latin-1 local", "<J\xf6rg@b>", OCT_EPARSE, NULL, NULL, NULL },
	{ "overlong UTF-8", "<\xc0\xaf@b>", OCT_EPARSE, NULL, NULL, NULL },
	{ "surrogate", "<\xed\xa0\x80@b>", OCT_EPARSE, NULL, NULL, NULL },
	{ "literal v6 untagged", "<a@[2001:db8::1]>", OCT_EPARSE, NULL, NULL,
	    NULL },
	{ "literal v4 tagged v6", "<a@[IPv6:192.0.2.1]>", OCT_EPARSE, NULL,
	    NULL, NULL },
	{ "literal open", "<a@[192.0.2.1>", OCT_EPARSE, NULL, NULL, NULL },
	{ "literal empty", "<a@[]>", OCT_EPARSE, NULL, NULL, NULL },
	{ "literal general", "<a@[x:y]>", OCT_EPARSE, NULL, NULL, NULL },
};

static void
test_parse(void **state)
{
	(void)state;
	for (size_t i = 0; i < OCT_LEN(parse_cases); i++) {
		struct oct_addr a;
		char text[OCT_ADDR_SIZE];

		print_message("  %s\n", parse_cases[i].name);
		memset(&a, 'z', sizeof(a));
		assert_int_equal(oct_addr_parse(parse_cases[i].in, &a),
		    parse_cases[i].rc);
		if (parse_cases[i].rc != 0) {
			assert_int_equal(a.local[0], 'z');
			continue;
		}
		assert_string_equal(a.local, parse_cases[i].local);
		assert_string_equal(a.domain, parse_cases[i].domain);
		assert_int_equal(oct_addr_is_null(&a),
		    parse_cases[i].text[0] == '\0');
		oct_addr_text(&a, text);
		assert_string_equal(text, parse_cases[i].text);
	}
}

/* What is written is read back as the same address. */
static void
test_text_parses_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < OCT_LEN(parse_cases); i++) {
		struct oct_addr a, b;
		char text[OCT_ADDR_SIZE];

		if (parse_cases[i].rc != 0)
			continue;
		assert_int_equal(oct_addr_parse(parse_cases[i].in, &a), 0);
		oct_addr_text(&a, text);
		assert_int_equal(oct_addr_parse(text, &b), 0);
		assert_string_equal(b.local, a.local);
		assert_string_equal(b.domain, a.domain);
	}
}

static void
test_parse_hostile_lengths(void **state)
{
	static const struct {
		const char *name, *head;
		char fill;
	} rows[] = { { "local", "", 'a' }, { "domain", "a@", 'a' },
		{ "route", "@", 'a' }, { "quotes", "\"", '\\' },
		{ "dots", "a@", '.' }, { "UTF-8 leads", "a@", '\xf0' },
		{ "open brackets", "", '<' }, { "at signs", "", '@' },
		{ "commas", "@", ',' } };
	size_t size = 1 << 20;
	char *big = malloc(size), out[64];
	struct oct_addr a;

	(void)state;
	assert_non_null(big);
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		print_message("  %s\n", rows[i].name);
		for (size_t len = 2000; len < size; len = len * 2 + 1) {
			memset(big, rows[i].fill, len);
			memcpy(big, rows[i].head, strlen(rows[i].head));
			big[len] = '\0';
			assert_int_equal(oct_addr_parse(big, &a), OCT_EPARSE);
			assert_int_equal(oct_addr_envelope(big, out,
			    sizeof(out)), OCT_EPARSE);
		}
	}
	free(big);
}

static void
test_envelope(void **state)
{
	static const struct {
		const char *name, *in, *out;
	} rows[] = {
		{ "plain", "u1@d1.test", "u1@d1.test" },
		{ "brackets", "<u1@d1.test>", "u1@d1.test" },
		{ "case and tag kept", "<U1+Tag@D1.test>", "U1+Tag@D1.test" },
		{ "domain case kept", "u1@D1.TEST", "u1@D1.TEST" },
		{ "quotes kept", "<\"u1\"@d1.test>", "\"u1\"@d1.test" },
		{ "final dot kept", "u1@d1.test.", "u1@d1.test." },
		{ "source route", "<@relay.example:u1@d1.test>",
		    "u1@d1.test" },
		{ "source route of two", "@a,@b:U1@d1.test", "U1@d1.test" },
		{ "no domain", "<u1>", "u1" },
		{ "colon in a quoted local part", "<\"@a:b\"@d1.test>",
		    "\"@a:b\"@d1.test" },
		{ "unparsable stays", "<a b@c@d>", "a b@c@d" },
		{ "empty", "<>", NULL },
		{ "route only", "<@a:>", NULL },
		{ "no mailbox", "<@a>", NULL },
		{ "bracket open", "<a@b", NULL },
		{ "does not fit", "<" X60 "@b.example>", NULL },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		char out[40] = "untouched";
		int rc = oct_addr_envelope(rows[i].in, out, sizeof(out));

		print_message("  %s\n", rows[i].name);
		assert_int_equal(rc, rows[i].out != NULL ? 0 : OCT_EPARSE);
		assert_string_equal(out,
		    rows[i].out != NULL ? rows[i].out : "untouched");
	}
}

static void
test_envelope_fits_exactly(void **state)
{
	char out[8];

	(void)state;
	assert_int_equal(oct_addr_envelope("<a@b.org>", out, 8), 0);
	assert_int_equal(oct_addr_envelope("<a@b.org>", out, 7), OCT_EPARSE);
}

static void
test_fold(void **state)
{
	static const struct {
		const char *name, *in;
		char delimiter;
		const char *local;
	} rows[] = { { "tag", "U1+Tag@d", '+', "u1" },
		{ "first tag", "u+a+b@d", '+', "u" },
		{ "kept", "U1+Tag@d", '\0', "u1+tag" },
		{ "tag alone", "+x@d", '+', "+x" },
		{ "other delimiter", "u-a+b@d", '-', "u" },
		{ "none", "u@d", '+', "u" },
		{ "UTF-8", "\xc3\x89T+x@d", '+', "\xc3\x89t" } };

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct oct_addr a, b;

		print_message("  %s\n", rows[i].name);
		assert_int_equal(oct_addr_parse(rows[i].in, &a), 0);
		oct_addr_fold(&a, rows[i].delimiter, &b);
		assert_string_equal(b.local, rows[i].local);
		assert_string_equal(b.domain, "d");
		oct_addr_fold(&a, rows[i].delimiter, &a);
		assert_string_equal(a.local, rows[i].local);
	}
}

static void
test_domain(void **state)
{
	static const struct {
		const char *name, *in, *out;
	} rows[] = {
		{ "case", "ExAmple.ORG", "example.org" },
		{ "final dot", "example.org.", "example.org" },
		{ "underscore", "_dmarc.example.org", "_dmarc.example.org" },
		{ "one label", "localhost", "localhost" },
		{ "hyphens in third place", "r3---sn.example",
		    "r3---sn.example" },
		{ "A-label", "XN--BCHER-KVA.example",
		    "xn--bcher-kva.example" },
		{ "U-label", "b\xc3\xbc""cher.example",
		    "xn--bcher-kva.example" },
		{ "sharp s is kept", "fa\xc3\x9f.example",
		    "xn--fa-hia.example" },
		{ "decomposed", "bu\xcc\x88""cher.example",
		    "xn--bcher-kva.example" },
		{ "ideographic stop", "b\xc3\xbc\xe3\x80\x82""example",
		    "xn--b-eha.example" },
		{ "label of 63", L63 ".example", L63 ".example" },
		{ "253", D253, D253 },
		{ "253 and a dot", D253 ".", D253 },
		{ "label of 64", L63 "x.example", NULL },
		{ "254", "x" D253, NULL },
		{ "empty", "", NULL },
		{ "root", ".", NULL },
		{ "two dots", "a..b", NULL },
		{ "first dot", ".a", NULL },
		{ "two final dots", "a..", NULL },
		{ "space", "a b", NULL },
		{ "slash", "a/b", NULL },
		{ "maps to a slash", "\xe2\x84\x80.example", NULL },
		{ "disallowed", "\xe2\x98\xba.example", NULL },
		{ "not UTF-8", "b\xfc""cher.example", NULL },
		{ "bracket", "[192.0.2.1]", NULL },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		char out[OCT_DOMAIN_SIZE] = "untouched";
		int rc = oct_domain_normalise(rows[i].in, out);

		print_message("  %s\n", rows[i].name);
		assert_int_equal(rc, rows[i].out != NULL ? 0 : OCT_EPARSE);
		assert_string_equal(out,
		    rows[i].out != NULL ? rows[i].out : "untouched");
	}
}

static void
test_domain_under(void **state)
{
	(void)state;
	assert_true(oct_domain_under("example.org", "example.org"));
	assert_true(oct_domain_under("a.example.org", "example.org"));
	assert_false(oct_domain_under("aexample.org", "example.org"));
	assert_false(oct_domain_under("org", "example.org"));
	assert_false(oct_domain_under("example.org", ""));
	assert_false(oct_domain_under("", "example.org"));
}

static void
test_ip(void **state)
{
	static const struct {
		const char *name, *in, *out, *net;
	} rows[] = {
		{ "v4", "192.0.2.77", "192.0.2.77", "192.0.2.0/24" },
		{ "v6", "2001:DB8:1:2::9", "2001:db8:1:2::9",
		    "2001:db8:1::/48" },
		{ "mapped", "::ffff:192.0.2.77", "192.0.2.77",
		    "192.0.2.0/24" },
		{ "not mapped", "::192.0.2.77", "::192.0.2.77", "::/48" },
		{ "octal", "192.0.02.1", NULL, NULL },
		{ "short", "192.0.2", NULL, NULL },
		{ "zone", "fe80::1%lo", NULL, NULL },
		{ "empty", "", NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct oct_ip ip;
		char text[OCT_IP_SIZE];
		int rc = oct_ip_parse(rows[i].in, &ip);

		print_message("  %s\n", rows[i].name);
		assert_int_equal(rc, rows[i].out != NULL ? 0 : OCT_EPARSE);
		if (rc != 0)
			continue;
		oct_ip_text(&ip, text);
		assert_string_equal(text, rows[i].out);
		oct_ip_net_text(&ip, text);
		assert_string_equal(text, rows[i].net);
	}
}

static void
test_ip_from_sockaddr(void **state)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	struct sockaddr other = { .sa_family = AF_UNIX };
	struct oct_ip ip;
	char text[OCT_IP_SIZE];

	(void)state;
	v4.sin_addr.s_addr = htonl(0xc0000201);
	oct_ip_from_sockaddr((const struct sockaddr *)&v4, &ip);
	oct_ip_text(&ip, text);
	assert_string_equal(text, "192.0.2.1");
	assert_int_equal(inet_pton(AF_INET6, "::ffff:192.0.2.2",
	    &v6.sin6_addr), 1);
	oct_ip_from_sockaddr((const struct sockaddr *)&v6, &ip);
	assert_int_equal(ip.family, AF_INET);
	oct_ip_text(&ip, text);
	assert_string_equal(text, "192.0.2.2");
	oct_ip_from_sockaddr(&other, &ip);
	assert_int_equal(ip.family, AF_UNSPEC);
	oct_ip_from_sockaddr(NULL, &ip);
	oct_ip_text(&ip, text);
	assert_string_equal(text, "unknown");
	oct_ip_net_text(&ip, text);
	assert_string_equal(text, "unknown");
}

static void
test_prefix(void **state)
{
	static const struct {
		const char *name, *prefix, *ip;
		int rc;
		bool in;
	} rows[] = {
		{ "inside", "192.0.2.0/24", "192.0.2.255", 0, true },
		{ "outside", "192.0.2.0/24", "192.0.3.0", 0, false },
		{ "odd length", "192.0.2.64/27", "192.0.2.95", 0, true },
		{ "past odd length", "192.0.2.64/27", "192.0.2.96", 0, false },
		{ "host bits set", "192.0.2.77/24", "192.0.2.1", 0, true },
		{ "bare", "192.0.2.1", "192.0.2.1", 0, true },
		{ "bare, other", "192.0.2.1", "192.0.2.2", 0, false },
		{ "all", "0.0.0.0/0", "203.0.113.1", 0, true },
		{ "all is of one family", "::/0", "203.0.113.1", 0, false },
		{ "v6", "2001:db8::/33", "2001:db8:7fff::1", 0, true },
		{ "v6 outside", "2001:db8::/33", "2001:db8:8000::1", 0,
		    false },
		{ "mapped", "::ffff:192.0.2.0/120", "192.0.2.9", 0, true },
		{ "mapped client", "192.0.2.0/24", "::ffff:192.0.2.9", 0,
		    true },
		{ "mapped too wide", "::ffff:0:0/95", "192.0.2.9",
		    OCT_EPARSE, false },
		{ "too long", "192.0.2.0/33", "", OCT_EPARSE, false },
		{ "negative", "192.0.2.0/-1", "", OCT_EPARSE, false },
		{ "no bits", "192.0.2.0/", "", OCT_EPARSE, false },
		{ "leading zero", "192.0.2.0/08", "", OCT_EPARSE, false },
		{ "mask", "192.0.2.0/255.255.255.0", "", OCT_EPARSE, false },
		{ "no address", "/8", "", OCT_EPARSE, false },
		{ "long", X60 X60 "/8", "", OCT_EPARSE, false },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct oct_prefix p;
		struct oct_ip ip;

		print_message("  %s\n", rows[i].name);
		assert_int_equal(oct_prefix_parse(rows[i].prefix, &p),
		    rows[i].rc);
		if (rows[i].rc != 0)
			continue;
		assert_int_equal(oct_ip_parse(rows[i].ip, &ip), 0);
		assert_int_equal(oct_ip_in(&ip, &p.net, p.bits), rows[i].in);
	}
}

static void
test_inner_addresses_are_told(void **state)
{
	static const struct {
		const char *ip;
		bool global;
	} rows[] = {
		{ "8.8.8.8", true }, { "192.0.3.1", true },
		{ "172.15.255.255", true }, { "172.32.0.0", true },
		{ "223.255.255.255", true }, { "2606:4700::1", true },
		{ "2001:200::1", true }, { "::ffff:8.8.8.8", true },
		{ "127.0.0.1", false }, { "127.8.8.8", false },
		{ "10.1.2.3", false }, { "172.16.0.1", false },
		{ "172.31.255.255", false }, { "192.168.0.1", false },
		{ "169.254.169.254", false }, { "100.64.0.1", false },
		{ "0.0.0.0", false }, { "224.0.0.1", false },
		{ "255.255.255.255", false }, { "192.0.2.1", false },
		{ "::1", false }, { "::", false }, { "fe80::1", false },
		{ "fd00::1", false }, { "ff02::1", false },
		{ "::ffff:127.0.0.1", false }, { "::ffff:10.0.0.1", false },
		{ "64:ff9b::7f00:1", false }, { "2002:7f00:1::", false },
		{ "2001:db8::1", false }, { "2001::1", false },
	};
	struct oct_ip unknown = { .family = AF_UNSPEC }, ip;

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		print_message("  %s\n", rows[i].ip);
		assert_int_equal(oct_ip_parse(rows[i].ip, &ip), 0);
		assert_int_equal(oct_ip_is_global(&ip), rows[i].global);
	}
	assert_false(oct_ip_is_global(&unknown));
}

static void
test_unknown_client_is_in_no_net(void **state)
{
	struct oct_ip unknown = { .family = AF_UNSPEC };

	(void)state;
	assert_false(oct_ip_in(&unknown, &unknown, 0));
}

static void
test_names_of_ours_are_shown(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "", "" },
		{ "agen.fr", "agen.fr" },
		{ "xn--chteau-pujols-jeb.fr", "ch\xc3\xa2teau-pujols.fr" },
		{ "accueil@xn--chteau-pujols-jeb.fr",
		    "accueil@ch\xc3\xa2teau-pujols.fr" },
		{ "a@xn--chteau-xta.fr, b@x.fr and xn--chteau-xta.fr: no",
		    "a@ch\xc3\xa2teau.fr, b@x.fr and ch\xc3\xa2teau.fr: no" },
		{ "\xc3\xa9t\xc3\xa9@xn--chteau-xta.fr",
		    "\xc3\xa9t\xc3\xa9@ch\xc3\xa2teau.fr" },
		/* No A-labels, or none that come back as the same. */
		{ "xn--.fr", "xn--.fr" },
		{ "xn--zzzzzzzzzz999.fr", "xn--zzzzzzzzzz999.fr" },
		{ "xn--abc-.fr", "xn--abc-.fr" },
		{ "XN--CHTEAU-XTA.FR", "XN--CHTEAU-XTA.FR" },
	};
	char text[512];
	struct oct_str s;

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		oct_str_fixed(&s, text, sizeof(text));
		oct_domain_show(rows[i].text, &s);
		assert_string_equal(text, rows[i].want);
	}
	/* Longer than any name. */
	memset(text, 'a', 400);
	memcpy(text, "xn--", 4);
	text[400] = '\0';
	oct_str_heap(&s, 1000);
	oct_domain_show(text, &s);
	assert_string_equal(oct_str_text(&s), text);
	oct_str_free(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_names_of_ours_are_shown),
		cmocka_unit_test(test_text_parses_back),
		cmocka_unit_test(test_parse_hostile_lengths),
		cmocka_unit_test(test_envelope),
		cmocka_unit_test(test_envelope_fits_exactly),
		cmocka_unit_test(test_fold),
		cmocka_unit_test(test_domain),
		cmocka_unit_test(test_domain_under),
		cmocka_unit_test(test_ip),
		cmocka_unit_test(test_ip_from_sockaddr),
		cmocka_unit_test(test_prefix),
		cmocka_unit_test(test_inner_addresses_are_told),
		cmocka_unit_test(test_unknown_client_is_in_no_net),
	};

	return cmocka_run_group_tests_name("addr", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/list_zone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/err.h"
#include "lib/str.h"
#include "policy/list_hosts.h"

#define DOMAIN_KINDS (LIST_HELO | LIST_RPATH | LIST_FROM | LIST_URL)

static void
parse(const char *text, struct list_zone *z)
{
	char problem[LIST_PROBLEM_SIZE] = "";

	if (list_zone_parse(text, z, problem) != 0)
		fail_msg("%s: %s", text, problem);
}

static void
good_texts_are_understood(void **state)
{
	static const struct {
		const char *name, *text, *zone, *test;
		unsigned int kinds;
		size_t codes;
	} cases[] = {
		{ "address list", "zen.example ip 127.0.0.2=4.0 *=2",
		    "zen.example", "", LIST_IP, 2 },
		{ "white list", "wl.example ip 127.0.*.3=-2.5", "wl.example",
		    "", LIST_IP, 1 },
		{ "all names", "dbl.example domain *=3", "dbl.example", "",
		    DOMAIN_KINDS, 1 },
		{ "some names", "dbl.example helo,url *=3", "dbl.example", "",
		    LIST_HELO | LIST_URL, 1 },
		{ "a test entry of its own",
		    "dbl.example from test=Bad.Example. 127.0.1.2-9=3",
		    "dbl.example", "bad.example", LIST_FROM, 1 },
		{ "case, final dot, many spaces", "  Zen.Example.  ip   *=1 ",
		    "zen.example", "", LIST_IP, 1 },
		{ "sixteen codes",
		    "a.example ip *=1 *=1 *=1 *=1 *=1 *=1 *=1 *=1 *=1 *=1 *=1 "
		    "*=1 *=1 *=1 *=1 *=1",
		    "a.example", "", LIST_IP, 16 },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(cases); i++) {
		struct list_zone z;

		print_message("  %s\n", cases[i].name);
		parse(cases[i].text, &z);
		assert_string_equal(z.zone, cases[i].zone);
		assert_string_equal(z.test, cases[i].test);
		assert_int_equal(z.kinds, cases[i].kinds);
		assert_int_equal(z.count, cases[i].codes);
	}
}

static void
bad_texts_say_what_was_expected(void **state)
{
	static const struct {
		const char *name, *text, *expected;
	} cases[] = {
		{ "nothing", "", "a zone, its kinds and at least one code" },
		{ "only spaces", "   ", "at least one code" },
		{ "no code", "zen.example ip", "at least one code" },
		{ "no zone", "ip *=2", "a DNS zone" },
		{ "no name", "zen..example ip *=2", "a DNS zone" },
		{ "unknown kind", "zen.example address *=2", "ip, or of helo" },
		{ "empty kind", "zen.example helo,,url *=2", "ip, or of helo" },
		{ "no kind", "zen.example 127.0.0.2=4", "ip, or of helo" },
		{ "addresses and names", "zen.example ip,helo *=2",
		    "ip alone" },
		{ "no weight", "zen.example ip 127.0.0.2", "with its weight" },
		{ "empty weight", "zen.example ip 127.0.0.2=", "a weight" },
		{ "weight with three decimals", "zen.example ip *=1.234",
		    "a weight" },
		{ "weight too big", "zen.example ip *=100.01", "a weight" },
		{ "weight too small", "zen.example ip *=-100.01",
		    "a weight" },
		{ "code outside 127", "zen.example ip 10.0.0.2=4", "a code" },
		{ "octet over 255", "zen.example ip 127.0.0.256=4", "a code" },
		{ "octet with a zero before", "zen.example ip 127.0.0.02=4",
		    "a code" },
		{ "three octets", "zen.example ip 127.0.0=4", "a code" },
		{ "five octets", "zen.example ip 127.0.0.2.1=4", "a code" },
		{ "range backwards", "zen.example ip 127.0.0.9-2=4", "a code" },
		{ "range without end", "zen.example ip 127.0.0.9-=4",
		    "a code" },
		{ "no bits", "zen.example ip 127.0.0.&0=4", "a code" },
		{ "test of an address list", "zen.example ip test=a.b *=1",
		    "test= once" },
		{ "test twice", "dbl.example url test=a.b test=a.c *=1",
		    "test= once" },
		{ "test without a name", "dbl.example url test= *=1",
		    "test= once" },
		{ "seventeen codes",
		    "a.example ip *=1 *=1 *=1 *=1 *=1 *=1 *=1 *=1 *=1 *=1 *=1 "
		    "*=1 *=1 *=1 *=1 *=1 *=1",
		    "at most 16" },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(cases); i++) {
		char problem[LIST_PROBLEM_SIZE] = "";
		struct list_zone z = { .count = 99 };

		print_message("  %s\n", cases[i].name);
		assert_int_equal(list_zone_parse(cases[i].text, &z, problem),
		    OCT_EPARSE);
		if (strstr(problem, cases[i].expected) == NULL)
			fail_msg("%s", problem);
		assert_int_equal(z.count, 99);
	}
}

static void
overlong_words_are_refused_and_shown_safely(void **state)
{
	char text[600], problem[LIST_PROBLEM_SIZE];
	struct list_zone z;

	(void)state;
	memset(text, 'a', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(list_zone_parse(text, &z, problem), OCT_EPARSE);
	assert_non_null(strstr(problem, "255 octets"));
	assert_int_equal(list_zone_parse("a.b ip \033[2J=1", &z, problem),
	    OCT_EPARSE);
	assert_null(strchr(problem, '\033'));
}

static void
answers_are_weighed(void **state)
{
	static const char zen[] = "zen.example ip 127.0.0.2=4 127.0.0.4-7=3 "
				  "127.0.1.*=1.5 127.0.2.&10=2.25 "
				  "127.0.0.10=0 127.0.0.*=0.5";
	static const struct {
		const char *name, *zone, *answers;
		int32_t weight;
		const char *code;
		bool blocked, foreign;
	} cases[] = {
		{ "no answer", zen, "", 0, "", false, false },
		{ "exact", zen, "127.0.0.2", 400, "127.0.0.2", false, false },
		{ "range, first", zen, "127.0.0.4", 300, "127.0.0.4", false,
		    false },
		{ "range, last", zen, "127.0.0.7", 300, "127.0.0.7", false,
		    false },
		{ "past the range", zen, "127.0.0.8", 50, "127.0.0.8", false,
		    false },
		{ "any octet", zen, "127.0.1.200", 150, "127.0.1.200", false,
		    false },
		{ "all bits set", zen, "127.0.2.11", 225, "127.0.2.11", false,
		    false },
		{ "one bit missing", zen, "127.0.2.8", 0, "", false, false },
		{ "a code that weighs nothing", zen, "127.0.0.10", 0, "",
		    false, false },
		{ "a code that nothing names", zen, "127.9.9.9", 0, "", false,
		    false },
		{ "several: the strongest, once", zen,
		    "127.0.0.8 127.0.0.2 127.0.0.4", 400, "127.0.0.2", false,
		    false },
		{ "the strongest may be negative",
		    "w.example ip 127.0.0.1=1 127.0.0.2=-3",
		    "127.0.0.1 127.0.0.2", -300, "127.0.0.2", false, false },
		{ "anything", "a.example ip *=2", "127.200.100.50", 200,
		    "127.200.100.50", false, false },
		{ "resolver blocked", "a.example ip *=2", "127.255.255.254", 0,
		    "", true, false },
		{ "blocked beside a listing", "a.example ip *=2",
		    "127.0.0.2 127.255.255.252", 200, "127.0.0.2", true,
		    false },
		{ "127.255.254.1 is a code like others", "a.example ip *=2",
		    "127.255.254.1", 200, "127.255.254.1", false, false },
		{ "a parked zone", "a.example ip *=2", "192.0.2.80", 0, "",
		    false, true },
		{ "126 is not 127", "a.example ip *=2", "126.0.0.2", 0, "",
		    false, true },
		{ "128 is not 127", "a.example ip *=2", "128.0.0.2", 0, "",
		    false, true },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(cases); i++) {
		struct list_verdict v = { .listed = false };
		const char *rest = cases[i].answers;
		char word[64], code[64] = "";
		struct list_zone z;
		struct oct_ip ip;

		print_message("  %s\n", cases[i].name);
		parse(cases[i].zone, &z);
		while (oct_str_word(&rest, word, sizeof(word))) {
			assert_int_equal(oct_ip_parse(word, &ip), 0);
			list_zone_see(&z, &ip, &v);
		}
		assert_int_equal(v.weight, cases[i].weight);
		assert_int_equal(v.listed, cases[i].weight != 0);
		assert_int_equal(v.blocked, cases[i].blocked);
		assert_int_equal(v.foreign, cases[i].foreign);
		if (v.listed)
			(void)snprintf(code, sizeof(code), "%d.%d.%d.%d",
			    v.code[0], v.code[1], v.code[2], v.code[3]);
		assert_string_equal(code, cases[i].code);
	}
}

static void
an_ipv6_answer_is_foreign(void **state)
{
	struct list_verdict v = { .listed = false };
	struct list_zone z;
	struct oct_ip ip;

	(void)state;
	parse("a.example ip *=2", &z);
	assert_int_equal(oct_ip_parse("7f00::2", &ip), 0);
	list_zone_see(&z, &ip, &v);
	assert_true(v.foreign);
	assert_false(v.listed);
}

static void
health_follows_the_probes(void **state)
{
	static const struct {
		enum list_state from;
		enum list_sign sign;
		enum list_state to;
	} cases[] = {
		{ LIST_UNTRIED, LIST_RIGHT, LIST_USED },
		{ LIST_UNTRIED, LIST_SILENT, LIST_DROPPED },
		{ LIST_UNTRIED, LIST_EMPTY, LIST_DROPPED },
		{ LIST_USED, LIST_RIGHT, LIST_USED },
		{ LIST_USED, LIST_SILENT, LIST_DOUBTED },
		{ LIST_DOUBTED, LIST_SILENT, LIST_DROPPED },
		{ LIST_DOUBTED, LIST_RIGHT, LIST_USED },
		{ LIST_USED, LIST_EMPTY, LIST_DROPPED },
		{ LIST_USED, LIST_EVERYTHING, LIST_DROPPED },
		{ LIST_USED, LIST_BLOCKED, LIST_DROPPED },
		{ LIST_USED, LIST_FOREIGN, LIST_DROPPED },
		{ LIST_DOUBTED, LIST_EVERYTHING, LIST_DROPPED },
		{ LIST_DROPPED, LIST_SILENT, LIST_DROPPED },
		{ LIST_DROPPED, LIST_BLOCKED, LIST_DROPPED },
		{ LIST_DROPPED, LIST_RIGHT, LIST_USED },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(cases); i++) {
		print_message("  state %d, %s\n", (int)cases[i].from,
		    list_sign_name(cases[i].sign));
		assert_int_equal(
		    list_state_next(cases[i].from, cases[i].sign),
		    cases[i].to);
	}
	assert_false(list_state_is_used(LIST_UNTRIED));
	assert_true(list_state_is_used(LIST_USED));
	assert_true(list_state_is_used(LIST_DOUBTED));
	assert_false(list_state_is_used(LIST_DROPPED));
}

/* --- Hosts of URLs --------------------------------------------------------------- */

static void
find(const char *body, size_t len, struct list_hosts *out)
{
	struct oct_mime_entity e = { .body = body, .len = len };

	list_hosts_find(&e, out);
}

static void
hosts_are_found(void **state)
{
	static const struct {
		const char *name, *body, *hosts;
	} cases[] = {
		{ "none", "Bonjour, rien ici. http est un protocole.", "" },
		{ "plain", "voir http://www.a.example/x?y ici", "www.a.example" },
		{ "https, upper case", "HTTPS://WWW.A.Example:8443/",
		    "www.a.example" },
		{ "html", "<a href=\"https://b.example\">b</a>", "b.example" },
		{ "end of a sentence", "voir https://b.example.", "b.example" },
		{ "in brackets", "(https://b.example)", "b.example" },
		{ "user information hides the host",
		    "http://bank.example@evil.example/", "evil.example" },
		{ "user, password, port",
		    "http://bank.example:80@evil.example:81/",
		    "evil.example" },
		{ "two at signs", "http://a@bank.example@evil.example/",
		    "evil.example" },
		{ "backslash ends it", "http://evil.example\\@bank.example/",
		    "evil.example" },
		{ "each once, in order",
		    "http://b.example http://a.example/ http://b.example/z",
		    "b.example a.example" },
		{ "address", "http://192.0.2.7/x", "" },
		{ "IPv6 address", "http://[2001:db8::1]/x", "" },
		{ "no dot", "http://localhost/x", "" },
		{ "escaped host", "http://a%2eexample/x b", "" },
		{ "other scheme", "ftp://a.example/ xmpp://b.example", "" },
		{ "soft line break", "x http://www.a.exa=\r\nmple/y",
		    "www.a.example" },
		{ "soft line break, LF", "x http://www.a.exa=\nmple/y",
		    "www.a.example" },
		{ "nothing behind", "http://", "" },
		{ "only a dot", "http://.", "" },
		{ "U-label", "http://b\xc3\xbc" "cher.example/",
		    "xn--bcher-kva.example" },
		{ "bad UTF-8", "http://b\xff\xfe.example/", "" },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(cases); i++) {
		struct list_hosts l;
		struct oct_str s;
		char got[512];

		print_message("  %s\n", cases[i].name);
		find(cases[i].body, strlen(cases[i].body), &l);
		oct_str_fixed(&s, got, sizeof(got));
		for (size_t k = 0; k < l.count; k++)
			oct_str_addf(&s, "%s%s", k > 0 ? " " : "", l.host[k]);
		assert_string_equal(oct_str_text(&s), cases[i].hosts);
	}
}

/* "name name | address address" */
static void
tell(const struct list_hosts *l, char *out, size_t size)
{
	char text[OCT_IP_SIZE];
	struct oct_str s;

	oct_str_fixed(&s, out, size);
	for (size_t i = 0; i < l->count; i++)
		oct_str_addf(&s, "%s ", l->host[i]);
	oct_str_add(&s, "|");
	for (size_t i = 0; i < l->address_count; i++) {
		oct_ip_text(&l->address[i], text);
		oct_str_addf(&s, " %s", text);
	}
	assert_int_equal(oct_str_err(&s), 0);
}

static void
addresses_are_found(void **state)
{
	static const struct {
		const char *name, *body, *found;
	} cases[] = {
		{ "IPv4", "http://192.0.2.7/x", "| 192.0.2.7" },
		{ "full stop", "see http://192.0.2.7.", "| 192.0.2.7" },
		{ "user and port", "https://bank.example@192.0.2.7:8443/",
		    "| 192.0.2.7" },
		{ "one number", "http://3221225991/", "| 192.0.2.7" },
		{ "hexadecimal and octal", "http://0xc0.0.01007/",
		    "| 192.0.2.7" },
		{ "too great", "http://256.0.2.7/ http://4294967296/", "|" },
		{ "a name that begins with digits", "http://1.2.3.4.example/",
		    "1.2.3.4.example |" },
		{ "IPv6", "http://[2001:db8::1]:80/x", "| 2001:db8::1" },
		{ "IPv6 behind a user", "http://u@[2001:DB8::1]/",
		    "| 2001:db8::1" },
		{ "IPv4 in IPv6", "http://[::ffff:192.0.2.7]/", "| 192.0.2.7" },
		{ "brackets without an end", "http://[2001:db8::1/", "|" },
		{ "no address in brackets", "http://[a.example]/", "|" },
		{ "each once", "http://192.0.2.7/ http://192.0.2.7:80/",
		    "| 192.0.2.7" },
		{ "not public",
		    "http://127.0.0.2/ http://10.1.2.3/ http://192.168.1.1/ "
		    "http://172.16.0.1/ http://169.254.1.1/ http://0.0.0.1/ "
		    "http://224.0.0.1/ http://[::1]/ http://[fe80::1]/ "
		    "http://[fd00::1]/",
		    "|" },
	};
	char got[1024];

	(void)state;
	for (size_t i = 0; i < OCT_LEN(cases); i++) {
		struct list_hosts l;

		print_message("  %s\n", cases[i].name);
		find(cases[i].body, strlen(cases[i].body), &l);
		tell(&l, got, sizeof(got));
		assert_string_equal(got, cases[i].found);
	}
}

static void
hosts_in_encoded_parts_are_found(void **state)
{
	/* "http://b64.example/ http://198.51.100.9/" in UTF-8, and
	 * "http://wide.example/" in UTF-16. */
	static const char body[] = "--b\r\n\r\nhttp://plain.example/\r\n"
		"--b\r\nContent-Transfer-Encoding: base64\r\n\r\n"
		"aHR0cDovL2I2NC5leGFtcGxlLyBodHRwOi8vMTk4LjUxLjEwMC45Lw==\r\n"
		"--b\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
		"=68ttp://q=\r\np.ex=61mple/\r\n"
		"--b\r\nContent-Type: text/html; charset=utf-16le\r\n"
		"Content-Transfer-Encoding: base64\r\n\r\n"
		"aAB0AHQAcAA6AC8ALwB3AGkAZABlAC4AZQB4AGEAbQBwAGwAZQAvAA==\r\n"
		"--b\r\nContent-Type: application/pdf\r\n"
		"Content-Transfer-Encoding: base64\r\n\r\n"
		"aHR0cDovL3BkZi5leGFtcGxlLw==\r\n--b--\r\n";
	static const char type[] = " multipart/mixed; boundary=\"b\"";
	struct oct_mime_entity e = { .type = type, .type_len = strlen(type),
		.body = body, .len = strlen(body) };
	struct list_hosts l;
	char got[1024];

	(void)state;
	list_hosts_find(&e, &l);
	tell(&l, got, sizeof(got));
	assert_string_equal(got, "plain.example b64.example qp.example "
				 "wide.example | 198.51.100.9");
}

static void
hosts_are_bounded(void **state)
{
	static char body[LIST_HOSTS_SCAN + 200];
	struct list_hosts l;
	struct oct_str s;

	(void)state;
	oct_str_fixed(&s, body, sizeof(body));
	for (int i = 0; i < 50; i++)
		oct_str_addf(&s, "http://h%d.example/ ", i);
	find(body, s.len, &l);
	assert_int_equal(l.count, LIST_HOSTS_MAX);
	assert_string_equal(l.host[19], "h19.example");
	memset(body, 'x', sizeof(body));
	memcpy(body + LIST_HOSTS_SCAN + 10, "http://a.example/", 17);
	find(body, sizeof(body), &l);
	assert_int_equal(l.count, 0);
	oct_str_clear(&s);
	for (int i = 0; i < 50; i++)
		oct_str_addf(&s, "http://198.51.100.%d/ ", i);
	find(body, s.len, &l);
	assert_int_equal(l.address_count, LIST_ADDRESSES_MAX);
	/* An authority that never ends names no host. */
	memset(body, 'x', sizeof(body));
	memcpy(body, "http://", 7);
	find(body, sizeof(body), &l);
	assert_int_equal(l.count, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_texts_are_understood),
		cmocka_unit_test(bad_texts_say_what_was_expected),
		cmocka_unit_test(overlong_words_are_refused_and_shown_safely),
		cmocka_unit_test(answers_are_weighed),
		cmocka_unit_test(an_ipv6_answer_is_foreign),
		cmocka_unit_test(health_follows_the_probes),
		cmocka_unit_test(hosts_are_found),
		cmocka_unit_test(addresses_are_found),
		cmocka_unit_test(hosts_in_encoded_parts_are_found),
		cmocka_unit_test(hosts_are_bounded),
	};

	return cmocka_run_group_tests_name("list_zone", tests, NULL, NULL);
}

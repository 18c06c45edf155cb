/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/spf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/clock.h"
#include "lib/str.h"

#define V4 "192.0.2.1"
#define V6 "2001:db8::1"
#define V6_NIBBLES                                                             \
	"1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2"
#define X10 "xxxxxxxxxx"
#define L60 X10 X10 X10 X10 X10 X10
#define A5 "a a a a a "

/* What every case finds; its own record is the TXT of d.example. */
static const struct {
	const char *name;
	enum dns_type type;
	const char *data;
} zone[] = {
	{ "d.example", DNS_A, "192.0.2.99" },
	{ "d.example", DNS_MX, "10 mx1.example" },
	{ "d.example", DNS_MX, "20 mx2.example" },
	{ "mx1.example", DNS_A, "198.51.100.1" },
	{ "mx2.example", DNS_A, V4 },
	{ "v4.example", DNS_A, V4 },
	{ "v6.example", DNS_AAAA, V6 },
	{ "near.example", DNS_A, "192.0.2.200" },
	{ "near6.example", DNS_AAAA, "2001:db8::ffff" },
	{ "null.example", DNS_MX, "0 ." },
	{ "many.example", DNS_MX, "1 mx2.example" },
	{ "dead.example", DNS_MX, "1 x1.dead.example" },
	{ "dead.example", DNS_MX, "2 x2.dead.example" },
	{ "dead.example", DNS_MX, "3 x3.dead.example" },
	{ "1.2.0.192.in-addr.arpa", DNS_PTR, "wrong.example" },
	{ "1.2.0.192.in-addr.arpa", DNS_PTR, "v4.example" },
	{ "1.2.0.192.in-addr.arpa", DNS_PTR, "host.d.example" },
	{ "host.d.example", DNS_A, V4 },
	{ "wrong.example", DNS_A, "203.0.113.1" },
	{ V6_NIBBLES ".ip6.arpa", DNS_PTR, "v6.example" },
	{ "pass.example", DNS_TXT,
	    "v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32" },
	{ "fail.example", DNS_TXT, "v=spf1 -all exp=never.example" },
	{ "redirected.example", DNS_TXT, "v=spf1 -all exp=who.example" },
	{ "soft.example", DNS_TXT, "v=spf1 ~all" },
	{ "broken.example", DNS_TXT, "v=spf1 a:" },
	{ "loop.example", DNS_TXT, "v=spf1 include:loop.example" },
	{ "round.example", DNS_TXT, "v=spf1 redirect=round.example" },
	{ "two.example", DNS_TXT, "v=spf1 -all" },
	{ "two.example", DNS_TXT, "V=SPF1" },
	{ "never.example", DNS_TXT, "never shown" },
	{ "who.example", DNS_TXT, "%{d} says no to %{i} %% %_%-" },
	{ "all.example", DNS_TXT, "%{s}|%{l}|%{o}|%{h}|%{v}|%{r}|%{t}|%{c}" },
	{ "client.example", DNS_TXT, "%{p}" },
	{ "syntax.example", DNS_TXT, "%{x}" },
	{ "control.example", DNS_TXT, "two\r\nlines" },
	{ "utf8.example", DNS_TXT, "caf\xc3\xa9" },
	{ "more.example", DNS_TXT, "one" },
	{ "more.example", DNS_TXT, "two" },
	{ "long.example", DNS_TXT,
	    L60 L60 L60 L60 L60 L60 L60 L60 "%{d}%{d}%{d}%{d}" },
	{ "a.b.loc.example", DNS_A, "127.0.0.2" },
	{ "b.loc.example", DNS_A, "127.0.0.2" },
	{ "c-d.rev.example", DNS_A, "127.0.0.2" },
	{ "x%2by.esc.example", DNS_A, "127.0.0.2" },
	{ "1.2.0.192.in-addr.bl.example", DNS_A, "127.0.0.2" },
	{ L60 "." L60 "." L60 ".1.2.0.192.in-addr.bl.example", DNS_A,
	    "127.0.0.2" },
};

struct fixture {
	struct dns *dns;
	struct dns_session *session;
};

static void
open_zone(struct fixture *f, const char *record, size_t len)
{
	assert_int_equal(dns_new_static(&f->dns), 0);
	for (size_t i = 0; i < OCT_LEN(zone); i++)
		assert_int_equal(dns_static_add(f->dns, zone[i].name,
		                     zone[i].type, zone[i].data,
		                     strlen(zone[i].data)),
		    0);
	for (int i = 0; i < 10; i++)
		assert_int_equal(dns_static_add(f->dns, "many.example", DNS_MX,
		                     "5 mx1.example", 13),
		    0);
	assert_int_equal(dns_static_timeout(f->dns, "slow.example"), 0);
	if (record != NULL)
		assert_int_equal(dns_static_add(f->dns, "d.example", DNS_TXT,
		                     record, len),
		    0);
	assert_int_equal(dns_session_new(f->dns, oct_clock_mono_ms() + 20000,
	                     200, &f->session),
	    0);
}

static void
close_zone(struct fixture *f)
{
	dns_session_free(f->session);
	dns_free(f->dns);
}

static void
input(struct auth_spf_input *in, const char *ip, const char *helo,
    const char *from)
{
	*in = (struct auth_spf_input){ .helo = helo, .mail_from = from,
		.receiver = "mx.receiver.example", .now_s = 1700000000 };
	assert_int_equal(oct_ip_parse(ip, &in->ip), 0);
}

static void
check(const char *record, const char *ip, struct auth_spf *out)
{
	struct auth_spf_input in;
	struct fixture f;

	open_zone(&f, record, record == NULL ? 0 : strlen(record));
	input(&in, ip, "helo.example", "x+y@d.example");
	auth_spf_prefetch(f.session, &in);
	auth_spf_check(f.session, &in, out);
	close_zone(&f);
}

#define NO AUTH_SPF_NONE

static const struct {
	const char *name, *ip, *record;
	enum auth_result result;
	enum auth_spf_term term;
	int prefix;
	const char *term_domain;
} match_cases[] = {
	{ "no record", V4, NULL, AUTH_NONE, NO, -1, "" },
	{ "another record", V4, "v=spf10 -all", AUTH_NONE, NO, -1, "" },
	{ "empty record", V4, "v=spf1", AUTH_NEUTRAL, NO, -1, "" },
	{ "spaces only", V4, "v=spf1   ", AUTH_NEUTRAL, NO, -1, "" },
	{ "all", V4, "v=spf1 +all", AUTH_PASS, AUTH_SPF_ALL, -1, "d.example" },
	{ "case", V4, "V=SPF1 -ALL", AUTH_FAIL, AUTH_SPF_ALL, -1, "d.example" },
	{ "ip4", V4, "v=spf1 ip4:" V4 " -all", AUTH_PASS, AUTH_SPF_IP4, 32,
	    "d.example" },
	{ "ip4 wide", V4, "v=spf1 ip4:192.0.0.0/9", AUTH_PASS, AUTH_SPF_IP4, 9,
	    "d.example" },
	{ "ip4 of all", V4, "v=spf1 ip4:1.1.1.1/0", AUTH_PASS, AUTH_SPF_IP4, 0,
	    "d.example" },
	{ "ip4 beside", V4, "v=spf1 ip4:192.0.3.0/24 ?all", AUTH_NEUTRAL,
	    AUTH_SPF_ALL, -1, "d.example" },
	{ "ip6", V6, "v=spf1 ip6:2001:DB8::/33", AUTH_PASS, AUTH_SPF_IP6, 33,
	    "d.example" },
	{ "ip6 whole", V6, "v=spf1 ip6:" V6, AUTH_PASS, AUTH_SPF_IP6, 128,
	    "d.example" },
	{ "mapped client is IPv4", "::ffff:" V4, "v=spf1 ip4:" V4, AUTH_PASS,
	    AUTH_SPF_IP4, 32, "d.example" },
	{ "mapped client is not in ip6", "::ffff:" V4,
	    "v=spf1 ip6:::ffff:" V4 " ip6:::/0 ~all", AUTH_SOFTFAIL,
	    AUTH_SPF_ALL, -1, "d.example" },
	{ "a", V4, "v=spf1 a:v4.example", AUTH_PASS, AUTH_SPF_A, 32,
	    "d.example" },
	{ "a of the domain", V4, "v=spf1 a/24", AUTH_PASS, AUTH_SPF_A, 24,
	    "d.example" },
	{ "a for IPv6", V6, "v=spf1 a:v4.example a:v6.example", AUTH_PASS,
	    AUTH_SPF_A, 128, "d.example" },
	{ "a dual", V6, "v=spf1 a:near6.example/8//112", AUTH_PASS, AUTH_SPF_A,
	    112, "d.example" },
	{ "a dual does not mix", V4, "v=spf1 a:near.example//0 -all",
	    AUTH_FAIL, AUTH_SPF_ALL, -1, "d.example" },
	{ "a with final dot", V4, "v=spf1 a:v4.example.", AUTH_PASS, AUTH_SPF_A,
	    32, "d.example" },
	{ "mx", V4, "v=spf1 mx", AUTH_PASS, AUTH_SPF_MX, 32, "d.example" },
	{ "mx wide", V4, "v=spf1 mx/1", AUTH_PASS, AUTH_SPF_MX, 1,
	    "d.example" },
	{ "null mx", V4, "v=spf1 mx:null.example", AUTH_NEUTRAL, NO, -1, "" },
	{ "eleven mx", V4, "v=spf1 mx:many.example", AUTH_PERMERROR, NO, -1,
	    "" },
	{ "ptr", V4, "v=spf1 ptr", AUTH_PASS, AUTH_SPF_PTR, -1, "d.example" },
	{ "ptr that is not valid", V4, "v=spf1 ptr:wrong.example -all",
	    AUTH_FAIL, AUTH_SPF_ALL, -1, "d.example" },
	{ "ptr is a suffix of labels", V4, "v=spf1 ptr:4.example -all",
	    AUTH_FAIL, AUTH_SPF_ALL, -1, "d.example" },
	{ "ptr for IPv6", V6, "v=spf1 ptr:V6.example", AUTH_PASS, AUTH_SPF_PTR,
	    -1, "d.example" },
	{ "exists", V6, "v=spf1 exists:v4.example", AUTH_PASS, AUTH_SPF_EXISTS,
	    -1, "d.example" },
	{ "exists wants A", V6, "v=spf1 exists:v6.example", AUTH_NEUTRAL, NO,
	    -1, "" },
	{ "include", V4, "v=spf1 include:pass.example", AUTH_PASS, AUTH_SPF_IP4,
	    24, "pass.example" },
	{ "include gives its own result", V4, "v=spf1 ~include:PASS.example",
	    AUTH_SOFTFAIL, AUTH_SPF_IP4, 24, "pass.example" },
	{ "include that fails", V4, "v=spf1 include:fail.example", AUTH_NEUTRAL,
	    NO, -1, "" },
	{ "include of softfail", V4, "v=spf1 include:soft.example -all",
	    AUTH_FAIL, AUTH_SPF_ALL, -1, "d.example" },
	{ "include of nothing", V4, "v=spf1 include:v4.example",
	    AUTH_PERMERROR, NO, -1, "" },
	{ "include of a label", V4, "v=spf1 include:%{d1}", AUTH_PERMERROR, NO,
	    -1, "" },
	{ "include of broken", V4, "v=spf1 include:broken.example +all",
	    AUTH_PERMERROR, NO, -1, "" },
	{ "include of slow", V4, "v=spf1 include:slow.example +all",
	    AUTH_TEMPERROR, NO, -1, "" },
	{ "include for ever", V4, "v=spf1 include:loop.example +all",
	    AUTH_PERMERROR, NO, -1, "" },
	{ "redirect", V4, "v=spf1 redirect=pass.example a", AUTH_PASS,
	    AUTH_SPF_IP4, 24, "pass.example" },
	{ "redirect after all", V4, "v=spf1 redirect=slow.example ?all",
	    AUTH_NEUTRAL, AUTH_SPF_ALL, -1, "d.example" },
	{ "redirect to nothing", V4, "v=spf1 redirect=v4.example",
	    AUTH_PERMERROR, NO, -1, "" },
	{ "redirect for ever", V4, "v=spf1 redirect=round.example",
	    AUTH_PERMERROR, NO, -1, "" },
	{ "redirect to two", V4, "v=spf1 redirect=two.example", AUTH_PERMERROR,
	    NO, -1, "" },
	{ "a of slow", V4, "v=spf1 a:slow.example +all", AUTH_TEMPERROR, NO, -1,
	    "" },
	{ "match before slow", V4, "v=spf1 ip4:" V4 " a:slow.example",
	    AUTH_PASS, AUTH_SPF_IP4, 32, "d.example" },
	{ "ten terms", V4, "v=spf1 " A5 A5 "ip4:" V4, AUTH_PASS, AUTH_SPF_IP4,
	    32, "d.example" },
	{ "eleven terms", V4, "v=spf1 " A5 A5 "a +all", AUTH_PERMERROR, NO, -1,
	    "" },
	{ "redirect is the eleventh", V4,
	    "v=spf1 " A5 A5 "redirect=pass.example", AUTH_PERMERROR, NO, -1,
	    "" },
	{ "two voids", V4, "v=spf1 a:n1.example exists:n2.example ~all",
	    AUTH_SOFTFAIL, AUTH_SPF_ALL, -1, "d.example" },
	{ "three voids", V4,
	    "v=spf1 a:n1.example mx:n2.example a:v6.example +all",
	    AUTH_PERMERROR, NO, -1, "" },
	{ "dead hosts of one mx are one void", V4,
	    "v=spf1 mx:dead.example a:n1.example ~all", AUTH_SOFTFAIL,
	    AUTH_SPF_ALL, -1, "d.example" },
	{ "label too long", V4, "v=spf1 a:" L60 "xxxx.example -all", AUTH_FAIL,
	    AUTH_SPF_ALL, -1, "d.example" },
	{ "empty label", V4, "v=spf1 a:v4..example -all", AUTH_FAIL,
	    AUTH_SPF_ALL, -1, "d.example" },
	{ "macro local part", V4, "v=spf1 exists:%{l+}.nowhere.example ?all",
	    AUTH_NEUTRAL, AUTH_SPF_ALL, -1, "d.example" },
	{ "macro split", V4, "v=spf1 exists:%{h1}.%{o2}", AUTH_NEUTRAL, NO, -1,
	    "" },
	{ "macro escaped", V4, "v=spf1 exists:%{L}.esc.example", AUTH_PASS,
	    AUTH_SPF_EXISTS, -1, "d.example" },
	{ "macro reversed address", V4, "v=spf1 exists:%{IR}.%{V}.bl.example",
	    AUTH_PASS, AUTH_SPF_EXISTS, -1, "d.example" },
	{ "macro client name", V4, "v=spf1 exists:%{p}", AUTH_PASS,
	    AUTH_SPF_EXISTS, -1, "d.example" },
	{ "long names lose labels on the left", V4,
	    "v=spf1 exists:" L60 "." L60 "." L60 "." L60 ".%{ir}.%{v}"
	    ".bl.example",
	    AUTH_PASS, AUTH_SPF_EXISTS, -1, "d.example" },
	{ "syntax error after the match", V4, "v=spf1 +all a:", AUTH_PERMERROR,
	    NO, -1, "" },
	{ "syntax error in front", V4, "v=spf1 = +all", AUTH_PERMERROR, NO, -1,
	    "" },
	{ "unknown modifier twice", V4, "v=spf1 v=spf1 v=%{d} -all", AUTH_FAIL,
	    AUTH_SPF_ALL, -1, "d.example" },
};

static void
test_matching(void **state)
{
	struct auth_spf out;

	(void)state;
	for (size_t i = 0; i < OCT_LEN(match_cases); i++) {
		print_message("  %s\n", match_cases[i].name);
		check(match_cases[i].record, match_cases[i].ip, &out);
		assert_string_equal(auth_result_name(out.result),
		    auth_result_name(match_cases[i].result));
		assert_int_equal(out.term, match_cases[i].term);
		assert_int_equal(out.prefix, match_cases[i].prefix);
		assert_string_equal(out.term_domain,
		    match_cases[i].term_domain);
		assert_string_equal(out.domain, "d.example");
		assert_false(out.helo);
		assert_int_equal(out.problem[0] != '\0',
		    out.result == AUTH_TEMPERROR ||
		        out.result == AUTH_PERMERROR);
		assert_in_range(out.lookups, 0, 10);
		assert_in_range(out.voids, 0, 2);
	}
}

static const struct {
	const char *name, *record, *ip, *text;
} exp_cases[] = {
	{ "macros", "v=spf1 -all exp=who.example", V4,
	    "d.example says no to 192.0.2.1 %  %20" },
	{ "before the mechanisms", "v=spf1 exp=who.example -all", V4,
	    "d.example says no to 192.0.2.1 %  %20" },
	{ "letters for explanations", "v=spf1 -all exp=all.example", V4,
	    "x+y@d.example|x+y|d.example|helo.example|in-addr|"
	    "mx.receiver.example|1700000000|192.0.2.1" },
	{ "IPv6", "v=spf1 -all exp=all.example", V6,
	    "x+y@d.example|x+y|d.example|helo.example|ip6|"
	    "mx.receiver.example|1700000000|2001:db8::1" },
	{ "name under the domain first", "v=spf1 -all exp=client.example", V4,
	    "host.d.example" },
	{ "no name", "v=spf1 -all exp=client.example", "192.0.2.7", "unknown" },
	{ "pass needs none", "v=spf1 +all exp=who.example", V4, "" },
	{ "softfail has none", "v=spf1 ~all exp=who.example", V4, "" },
	{ "not of an include", "v=spf1 include:fail.example -all", V4, "" },
	{ "of the redirected only",
	    "v=spf1 exp=never.example redirect=redirected.example", V4,
	    "redirected.example says no to 192.0.2.1 %  %20" },
	{ "lost by redirect", "v=spf1 exp=never.example redirect=two2.example",
	    V4, "" },
	{ "wrong macro", "v=spf1 -all exp=syntax.example", V4, "" },
	{ "line ends", "v=spf1 -all exp=control.example", V4, "" },
	{ "not ASCII", "v=spf1 -all exp=utf8.example", V4, "" },
	{ "two texts", "v=spf1 -all exp=more.example", V4, "" },
	{ "no text", "v=spf1 -all exp=v4.example", V4, "" },
	{ "no name in DNS", "v=spf1 -all exp=nxdomain.example", V4, "" },
	{ "slow", "v=spf1 -all exp=slow.example", V4, "" },
	{ "too long", "v=spf1 -all exp=long.example", V4, "" },
};

static void
test_explanations(void **state)
{
	struct auth_spf out;

	(void)state;
	for (size_t i = 0; i < OCT_LEN(exp_cases); i++) {
		print_message("  %s\n", exp_cases[i].name);
		check(exp_cases[i].record, exp_cases[i].ip, &out);
		assert_string_equal(out.explanation, exp_cases[i].text);
		assert_int_equal(out.voids, 0);
	}
}

static const struct {
	const char *name, *helo, *from;
	enum auth_result result;
	bool is_helo;
	const char *domain, *text;
} identity_cases[] = {
	{ "null path", "d.example", "", AUTH_FAIL, true, "d.example",
	    "postmaster@d.example|postmaster|d.example|d.example" },
	{ "null path in brackets", "D.example.", "<>", AUTH_FAIL, true,
	    "d.example",
	    "postmaster@D.example|postmaster|D.example|D.example" },
	{ "brackets", "h.example", "<a@d.example>", AUTH_FAIL, false,
	    "d.example", "a@d.example|a|d.example|h.example" },
	{ "no local part", "h.example", "@d.example", AUTH_FAIL, false,
	    "d.example",
	    "postmaster@d.example|postmaster|d.example|h.example" },
	{ "domain only", "h.example", "d.example", AUTH_FAIL, false,
	    "d.example",
	    "postmaster@d.example|postmaster|d.example|h.example" },
	{ "at sign in quotes", "h.example", "\"a@b.example\"@d.example",
	    AUTH_FAIL, false, "d.example",
	    "\"a@b.example\"@d.example|\"a@b.example\"|d.example|h.example" },
	{ "8-bit local part", "h.example", "\xc3\xa9@d.example", AUTH_FAIL,
	    false, "d.example", "" },
	{ "line end in HELO", "h\r\n.example", "a@d.example", AUTH_FAIL, false,
	    "d.example", "" },
	{ "no HELO", "", "", AUTH_NONE, true, "", "" },
	{ "one label", "localhost", "", AUTH_NONE, true, "localhost", "" },
	{ "literal", "[192.0.2.1]", "", AUTH_NONE, true, "[192.0.2.1]", "" },
	{ "literal sender", "h.example", "a@[192.0.2.1]", AUTH_NONE, false,
	    "[192.0.2.1]", "" },
	{ "empty label", "h.example", "a@d..example", AUTH_NONE, false,
	    "d..example", "" },
	{ "label of 64", "h.example", "a@" L60 "xxxx.example", AUTH_NONE, false,
	    L60 "xxxx.example", "" },
	{ "space", "h.example", "a@d example.example", AUTH_NONE, false,
	    "d example.example", "" },
	{ "no domain", "h.example", "a@", AUTH_NONE, false, "", "" },
	{ "too long", "h.example",
	    "a@" L60 "." L60 "." L60 "." L60 ".example.example", AUTH_NONE,
	    false, "", "" },
};

static void
test_identities(void **state)
{
	static const char record[] = "v=spf1 -all exp=short.example";
	static const char text[] = "%{s}|%{l}|%{o}|%{h}";

	(void)state;
	for (size_t i = 0; i < OCT_LEN(identity_cases); i++) {
		struct auth_spf_input in;
		struct auth_spf out;
		struct fixture f;

		print_message("  %s\n", identity_cases[i].name);
		open_zone(&f, record, sizeof(record) - 1);
		assert_int_equal(dns_static_add(f.dns, "short.example", DNS_TXT,
		                     text, sizeof(text) - 1),
		    0);
		input(&in, V4, identity_cases[i].helo, identity_cases[i].from);
		auth_spf_check(f.session, &in, &out);
		close_zone(&f);
		assert_int_equal(out.result, identity_cases[i].result);
		assert_int_equal(out.helo, identity_cases[i].is_helo);
		if (out.result != AUTH_NONE ||
		    identity_cases[i].domain[0] != '\0')
			assert_string_equal(out.domain,
			    identity_cases[i].domain);
		assert_string_equal(out.explanation, identity_cases[i].text);
	}
}

static void
test_local_part_that_is_no_label_matches_nothing(void **state)
{
	static const char record[] =
	    "v=spf1 exists:%{l}.v4.example exists:v4.example -all";
	struct auth_spf_input in;
	struct auth_spf out;
	struct fixture f;

	(void)state;
	open_zone(&f, record, sizeof(record) - 1);
	input(&in, V4, "h.example", "\xc3\xa9@d.example");
	auth_spf_check(f.session, &in, &out);
	assert_int_equal(out.result, AUTH_PASS);
	assert_int_equal(out.voids, 0);
	close_zone(&f);
}

static void
test_unknown_client_is_none(void **state)
{
	struct auth_spf_input in;
	struct auth_spf out;
	struct fixture f;

	(void)state;
	open_zone(&f, "v=spf1 +all", 11);
	input(&in, V4, "h.example", "a@d.example");
	in.ip.family = AF_UNSPEC;
	auth_spf_check(f.session, &in, &out);
	assert_int_equal(out.result, AUTH_NONE);
	auth_spf_libspf2_check(f.session, &in, &out);
	assert_int_equal(out.result, AUTH_NONE);
	close_zone(&f);
}

static void
test_nul_in_a_record_is_permerror(void **state)
{
	static const char record[] = "v=spf1 +all\0 -all";
	struct auth_spf_input in;
	struct auth_spf out;
	struct fixture f;

	(void)state;
	open_zone(&f, record, sizeof(record) - 1);
	input(&in, V4, "h.example", "a@d.example");
	auth_spf_check(f.session, &in, &out);
	assert_int_equal(out.result, AUTH_PERMERROR);
	auth_spf_libspf2_check(f.session, &in, &out);
	assert_int_equal(out.result, AUTH_PERMERROR);
	close_zone(&f);
}

static void
test_expansion_has_a_budget(void **state)
{
	struct auth_spf out;
	struct oct_str s;

	(void)state;
	oct_str_heap(&s, 64000);
	oct_str_add(&s, "v=spf1 exists:");
	while (s.len < 60000)
		oct_str_add(&s, "%{s}%{s}%{s}.");
	oct_str_add(&s, "v4.example +all");
	assert_int_equal(oct_str_err(&s), 0);
	check(oct_str_text(&s), V4, &out);
	oct_str_free(&s);
	assert_int_equal(out.result, AUTH_PERMERROR);
	assert_string_equal(out.problem, "too much macro text: d.example");
}

static const struct {
	const char *name, *ip, *record;
	enum auth_result result;
	enum auth_spf_term term;
} peer_cases[] = {
	{ "pass", V4, "v=spf1 ip4:" V4 " -all", AUTH_PASS, AUTH_SPF_UNKNOWN },
	{ "fail", V4, "V=spf1 a mx:null.example -all", AUTH_FAIL,
	    AUTH_SPF_UNKNOWN },
	{ "default", V4, "v=spf1 ip4:1.2.3.4", AUTH_NEUTRAL, NO },
	{ "none", V4, NULL, AUTH_NONE, NO },
	{ "mx", V4, "v=spf1 mx", AUTH_PASS, AUTH_SPF_UNKNOWN },
	{ "ptr", V4, "v=spf1 ptr", AUTH_PASS, AUTH_SPF_UNKNOWN },
	{ "IPv6", V6, "v=spf1 a:v6.example -all", AUTH_PASS, AUTH_SPF_UNKNOWN },
	{ "include", V4, "v=spf1 include:pass.example -all", AUTH_PASS,
	    AUTH_SPF_UNKNOWN },
	{ "syntax", V4, "v=spf1 foo -all", AUTH_PERMERROR, NO },
	{ "slow", V4, "v=spf1 a:slow.example -all", AUTH_TEMPERROR, NO },
	{ "three voids", V4, "v=spf1 a:n1.example a:n2.example a:n3.example",
	    AUTH_PERMERROR, NO },
	{ "eleven terms", V4, "v=spf1 " A5 A5 "a:v4.example",
	    AUTH_PERMERROR, NO },
	{ "eleven mx", V4, "v=spf1 mx:many.example", AUTH_PERMERROR, NO },
	{ "loop", V4, "v=spf1 include:loop.example", AUTH_PERMERROR, NO },
	{ "term of 256", V4,
	    "v=spf1 +all a:" L60 L60 L60 L60 "xxxxxxxx.xxxxx", AUTH_PERMERROR,
	    NO },
	{ "loopback is not let through", "127.0.0.1", "v=spf1 -all", AUTH_FAIL,
	    AUTH_SPF_ALL },
	{ "loopback of IPv6", "::1", "v=spf1 -all", AUTH_FAIL, AUTH_SPF_ALL },
};

static void
test_libspf2_behind_its_gate(void **state)
{
	(void)state;
	for (size_t i = 0; i < OCT_LEN(peer_cases); i++) {
		const char *record = peer_cases[i].record;
		struct auth_spf_input in;
		struct auth_spf out;
		struct fixture f;

		print_message("  %s\n", peer_cases[i].name);
		open_zone(&f, record, record == NULL ? 0 : strlen(record));
		input(&in, peer_cases[i].ip, "h.example", "a@d.example");
		auth_spf_libspf2_check(f.session, &in, &out);
		close_zone(&f);
		assert_string_equal(auth_result_name(out.result),
		    auth_result_name(peer_cases[i].result));
		assert_int_equal(out.term, peer_cases[i].term);
		assert_int_equal(out.prefix, -1);
		assert_string_equal(out.explanation, "");
	}
}

/* The record that ends a process in which libspf2 sees it. */
static void
test_libspf2_never_sees_what_overruns_it(void **state)
{
	struct auth_spf_input in;
	struct auth_spf out;
	struct oct_str s;
	struct fixture f;

	(void)state;
	oct_str_heap(&s, 8000);
	oct_str_add(&s, "v=spf1 exists:");
	for (int i = 0; i < 127; i++)
		oct_str_add(&s, "%{d}");
	for (int i = 0; i < 6000; i++)
		oct_str_addc(&s, 'x');
	assert_int_equal(oct_str_err(&s), 0);
	open_zone(&f, oct_str_text(&s), s.len);
	input(&in, V4, "h.example", "a@d.example");
	auth_spf_libspf2_check(f.session, &in, &out);
	assert_int_equal(out.result, AUTH_PERMERROR);
	close_zone(&f);
	oct_str_free(&s);
}

/* It would lose the -all at the end of this one. */
static void
test_long_records_are_ours(void **state)
{
	struct auth_spf_input in;
	struct auth_spf out;
	struct oct_str s;
	struct fixture f;

	(void)state;
	oct_str_heap(&s, 4000);
	oct_str_add(&s, "v=spf1");
	for (int i = 0; i < 100; i++)
		oct_str_addf(&s, " ip4:198.51.100.%d", i);
	oct_str_add(&s, " -all");
	assert_int_equal(oct_str_err(&s), 0);
	open_zone(&f, oct_str_text(&s), s.len);
	input(&in, V4, "h.example", "a@d.example");
	auth_spf_libspf2_check(f.session, &in, &out);
	assert_int_equal(out.result, AUTH_FAIL);
	assert_int_equal(out.term, AUTH_SPF_ALL);
	close_zone(&f);
	oct_str_free(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_matching),
		cmocka_unit_test(test_explanations),
		cmocka_unit_test(test_identities),
		cmocka_unit_test(
		    test_local_part_that_is_no_label_matches_nothing),
		cmocka_unit_test(test_unknown_client_is_none),
		cmocka_unit_test(test_nul_in_a_record_is_permerror),
		cmocka_unit_test(test_expansion_has_a_budget),
		cmocka_unit_test(test_libspf2_behind_its_gate),
		cmocka_unit_test(test_libspf2_never_sees_what_overruns_it),
		cmocka_unit_test(test_long_records_are_ours),
	};

	return cmocka_run_group_tests_name("spf", tests, NULL, NULL);
}

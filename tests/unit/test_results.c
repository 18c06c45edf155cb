/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/results.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/err.h"

#define ME "mx.example.org"

static const struct {
	const char *name, *value;
	bool claims;
} claim_cases[] = {
	{ "ours", " mx.example.org; spf=pass", true },
	{ "ours, none", "mx.example.org; none", true },
	{ "case", "MX.Example.ORG; none", true },
	{ "quoted", "\"mx.example.org\"; none", true },
	{ "quoted pairs", "\"mx\\.example\\.org\"; none", true },
	{ "final dot", "mx.example.org.; none", true },
	{ "version", "mx.example.org 1; none", true },
	{ "comment before", "(hi (there)) mx.example.org; none", true },
	{ "comment after", "mx.example.org(x); none", true },
	{ "folded", "\r\n\tmx.example.org\r\n ; none", true },
	{ "folded with LF", "\n mx.example.org;\n\tspf=pass", true },
	{ "no semicolon", "mx.example.org", true },
	{ "unknown grammar", "mx.example.org; spf=pass;", true },
	{ "id cut by a comment", "mx.(x)example.org; none", true },
	{ "id cut by white space", "mx. example.org; none", true },
	{ "id cut by a NUL", "mx.\\0example.org; none", true },
	{ "id in halves of quotes", "\"mx\".example.\"org\"; none", true },
	{ "unclosed comment", "(mx.example.org; spf=pass", true },
	{ "unclosed quote", "\"mx.example.org; spf=pass", true },
	{ "later in a broken field", "x y z; mx.example.org; spf=pass", true },
	{ "encoded word", "=?utf-8?q?mx=2Eexample=2Eorg?=; none", true },
	{ "wide letters", "\"\xef\xbd\x8dx.example.org\"; none", true },
	{ "8-bit rubbish", "\xff mx.example.org; none", true },
	{ "another", "mx.example.net; spf=pass", false },
	{ "another, ours in a comment", "other.example (mx.example.org); none",
	    false },
	{ "another, ours as a value",
	    "other.example; spf=pass smtp.helo=mx.example.org", false },
	{ "longer", "amx.example.org; none", false },
	{ "below", "a.mx.example.org; none", false },
	{ "broken, another", "other.example; spf=pass;", false },
	{ "nothing", "", false },
};

static void
our_own_id_is_found_in_every_dress(void **state)
{
	char value[256];
	size_t len;

	(void)state;
	for (size_t i = 0; i < OCT_LEN(claim_cases); i++) {
		char *nul;

		len = (size_t)snprintf(value, sizeof(value), "%s",
		    claim_cases[i].value);
		nul = strstr(value, "\\0");
		if (nul != NULL)
			memset(nul, 0, 2);
		print_message("%s\n", claim_cases[i].name);
		assert_int_equal(auth_results_claims(value, len, ME),
		    claim_cases[i].claims);
	}
}

/* What was parsed, in one line. */
static void
flatten(const struct auth_results *r, struct oct_str *out)
{
	oct_str_addf(out, "%s/%d", r->authserv_id, r->version);
	for (size_t i = 0; i < r->count; i++) {
		const struct auth_results_method *m = &r->method[i];

		oct_str_addf(out, "; %s/%d=%s", m->method, m->version,
		    auth_result_name(m->result));
		if (m->reason[0] != '\0')
			oct_str_addf(out, " <%s>", m->reason);
		for (size_t p = 0; p < m->prop_count; p++)
			oct_str_addf(out, " %s.%s=%s", m->prop[p].ptype,
			    m->prop[p].property, m->prop[p].value);
	}
}

#define M8 "; a=pass; b=pass; c=pass; d=pass; e=pass; f=pass; g=pass; h=pass"
#define P8 " a.a=1 a.b=1 a.c=1 a.d=1 a.e=1 a.f=1 a.g=1 a.h=1"

static const struct {
	const char *value;
	int rc;
	const char *parsed;
} parse_cases[] = {
	{ "example.org; none", 0, "example.org/1" },
	{ "example.org 1; none", 0, "example.org/1" },
	{ " \r\n\texample.org (c) 2 (c) ; (c) NONE (c)\r\n", 0,
	    "example.org/2" },
	{ "example.com; spf=pass smtp.mailfrom=example.net", 0,
	    "example.com/1; spf/1=pass smtp.mailfrom=example.net" },
	{ "example.com;\r\n auth=pass (cram-md5) smtp.auth=s@example.com;\r\n"
	    " spf=fail smtp.mailfrom=example.com", 0,
	    "example.com/1; auth/1=pass smtp.auth=s@example.com; "
	    "spf/1=fail smtp.mailfrom=example.com" },
	{ "example.com; dkim=pass reason=\"good \\\"sig\\\"\" header.i=@a.org",
	    0, "example.com/1; dkim/1=pass <good \"sig\"> header.i=@a.org" },
	{ "foo.example.net (foobar) 1 (baz);\r\n"
	    " dkim (Because I like it) / 1 (One yay) = (wait for it) fail\r\n"
	    "  policy (A dot can go here) . (like that) expired\r\n"
	    "  (this surprised me) = (as I wasn't expecting it) 1362471462", 0,
	    "foo.example.net/1; dkim/1=fail policy.expired=1362471462" },
	{ "\"a b\"; x=neutral p.q=\"r s\"@example.org p.t=\"u\r\n v\"", 0,
	    "a b/1; x/1=neutral p.q=r s@example.org p.t=u v" },
	{ "example.net; dkim=pass header.i=Pel\xc3\xa9@\xe6\x97\xa5.jp", 0,
	    "example.net/1; dkim/1=pass header.i=Pel\xc3\xa9@\xe6\x97\xa5.jp" },
	{ "example.net; dkim=SoftFail", 0, "example.net/1; dkim/1=softfail" },
	{ "example.net; dkim=hardfail x.y=z; spf=pass", 0,
	    "example.net/1; spf/1=pass" },
	{ "a; b=pass x.y=local/part=odd@c.org", 0,
	    "a/1; b/1=pass x.y=local/part=odd@c.org" },
	{ "a; b=pass reason.x=y", 0, "a/1; b/1=pass reason.x=y" },
	{ "a" M8 "; i=pass" P8, 0, NULL },
	{ "a" M8 M8, 0, NULL },
	{ "a" M8 M8 "; i=pass", OCT_ELIMIT, NULL },
	{ "a; b=pass" P8 " a.i=1", OCT_ELIMIT, NULL },
	{ "a; b=pass abcdefghijklmnopq.x=y", OCT_ELIMIT, NULL },
	{ "", OCT_EPARSE, NULL },
	{ "example.org", OCT_EPARSE, NULL },
	{ "example.org;", OCT_EPARSE, NULL },
	{ "example.org; spf=pass;", OCT_EPARSE, NULL },
	{ "example.org; none; spf=pass", OCT_EPARSE, NULL },
	{ "example.org; spf=pass; none", OCT_EPARSE, NULL },
	{ "example.org x; none", OCT_EPARSE, NULL },
	{ "ex/ample; none", OCT_EPARSE, NULL },
	{ "\xc3\xa9x.org; none", OCT_EPARSE, NULL },
	{ "; none", OCT_EPARSE, NULL },
	{ "a; b", OCT_EPARSE, NULL },
	{ "a; b=", OCT_EPARSE, NULL },
	{ "a; =pass", OCT_EPARSE, NULL },
	{ "a; b-=pass", OCT_EPARSE, NULL },
	{ "a; b=pass c", OCT_EPARSE, NULL },
	{ "a; b=pass c.d", OCT_EPARSE, NULL },
	{ "a; b=pass c.d=", OCT_EPARSE, NULL },
	{ "a; b=pass c.d=e/f", OCT_EPARSE, NULL },
	{ "a; b=pass c.d=e@", OCT_EPARSE, NULL },
	{ "a; b=pass c.d=e..f@g", OCT_EPARSE, NULL },
	{ "a; b=pass c.d=e@g..h", OCT_EPARSE, NULL },
	{ "a; b=pass reason=x reason=y", OCT_EPARSE, NULL },
	{ "a (b; c=pass", OCT_EPARSE, NULL },
	{ "a b) ; c=pass", OCT_EPARSE, NULL },
	{ "\"a; b=pass", OCT_EPARSE, NULL },
	{ "a;\r\nb=pass", OCT_EPARSE, NULL },
	{ "a; b=pass\rc.d=e", OCT_EPARSE, NULL },
	{ "a; b=pass (\x01)", OCT_EPARSE, NULL },
	{ "a; b=pass (\xc0\xaf)", OCT_EPARSE, NULL },
	{ "a; b=pass (\xed\xa0\x80)", OCT_EPARSE, NULL },
	{ "a; b=pass (\\", OCT_EPARSE, NULL },
};

static void
the_grammar_is_taken_by_the_letter(void **state)
{
	struct auth_results *r = malloc(sizeof(*r));
	struct oct_str s;

	(void)state;
	for (size_t i = 0; i < OCT_LEN(parse_cases); i++) {
		print_message("%s\n", parse_cases[i].value);
		assert_int_equal(auth_results_parse(parse_cases[i].value,
			strlen(parse_cases[i].value), r), parse_cases[i].rc);
		if (parse_cases[i].parsed == NULL)
			continue;
		oct_str_heap(&s, 10000);
		flatten(r, &s);
		assert_string_equal(oct_str_text(&s), parse_cases[i].parsed);
		oct_str_free(&s);
	}
	free(r);
}

struct bundle {
	struct auth_spf spf;
	struct auth_dkim dkim;
	struct auth_dmarc dmarc;
	struct auth_arc arc;
};

static struct bundle *
bundle(void)
{
	struct bundle *b = calloc(1, sizeof(*b));
	struct auth_dkim_sig *sig = &b->dkim.sig[0];

	b->spf.result = AUTH_PASS;
	(void)snprintf(b->spf.domain, OCT_DOMAIN_SIZE, "example.com");
	b->dkim.count = 1;
	sig->result = AUTH_FAIL;
	(void)snprintf(sig->domain, sizeof(sig->domain), "example.com");
	(void)snprintf(sig->selector, sizeof(sig->selector), "s1");
	(void)snprintf(sig->algorithm, sizeof(sig->algorithm), "rsa-sha256");
	(void)snprintf(sig->b_start, sizeof(sig->b_start), "ab/+==");
	(void)snprintf(sig->problem, sizeof(sig->problem), "body \"hash\"");
	b->dmarc.result = AUTH_FAIL;
	b->dmarc.policy = AUTH_DMARC_REJECT;
	(void)snprintf(b->dmarc.domain, OCT_DOMAIN_SIZE, "example.com");
	(void)snprintf(b->dmarc.from_domain, OCT_DOMAIN_SIZE, "a.example.com");
	b->arc.result = AUTH_PASS;
	b->arc.instances = 2;
	(void)snprintf(b->arc.sealer, OCT_DOMAIN_SIZE, "lists.example");
	return b;
}

static void
a_field_says_all_that_was_found(void **state)
{
	struct auth_results *r = malloc(sizeof(*r));
	struct bundle *b = bundle();
	struct auth_results_input in = { .authserv_id = ME,
		.mail_from = "joe@example.com",
		.helo = "h.example.com",
		.spf = &b->spf,
		.dkim = &b->dkim,
		.dmarc = &b->dmarc,
		.arc = &b->arc,
		.auth_user = "joe" };
	struct oct_str s, flat;

	(void)state;
	oct_str_heap(&s, 8192);
	oct_str_heap(&flat, 8192);
	assert_int_equal(auth_results_write(&in, &s), 0);
	assert_string_equal(oct_str_text(&s),
	    "mx.example.org;\n\tauth=pass smtp.auth=joe;\n"
	    "\tspf=pass smtp.mailfrom=joe@example.com;\n"
	    "\tdmarc=fail policy.dmarc=reject header.from=a.example.com;\n"
	    "\tarc=pass (i=2) header.d=lists.example;\n"
	    "\tdkim=fail reason=\"body \\\"hash\\\"\" header.d=example.com "
	    "header.s=s1\n\theader.a=rsa-sha256 header.b=\"ab/+==\"");
	assert_int_equal(auth_results_parse(oct_str_text(&s), s.len, r), 0);
	flatten(r, &flat);
	assert_string_equal(oct_str_text(&flat),
	    "mx.example.org/1; auth/1=pass smtp.auth=joe; "
	    "spf/1=pass smtp.mailfrom=joe@example.com; "
	    "dmarc/1=fail policy.dmarc=reject header.from=a.example.com; "
	    "arc/1=pass header.d=lists.example; "
	    "dkim/1=fail <body \"hash\"> header.d=example.com header.s=s1 "
	    "header.a=rsa-sha256 header.b=ab/+==");
	oct_str_free(&s);
	oct_str_free(&flat);
	free(b);
	free(r);
}

static void
a_message_without_anything(void **state)
{
	struct auth_dkim *dkim = calloc(1, sizeof(*dkim));
	struct auth_results_input in = { .authserv_id = ME, .mail_from = "",
		.helo = "" };
	struct oct_str s;

	(void)state;
	oct_str_heap(&s, 8192);
	assert_int_equal(auth_results_write(&in, &s), 0);
	assert_string_equal(oct_str_text(&s), ME "; none");
	oct_str_clear(&s);
	in.dkim = dkim;
	assert_int_equal(auth_results_write(&in, &s), 0);
	assert_string_equal(oct_str_text(&s), ME ";\n\tdkim=none");
	oct_str_free(&s);
	free(dkim);
}

static const struct {
	const char *value, *written; /* NULL = left out */
} hostile[] = {
	{ "a b@example.com", "\"a b@example.com\"" },
	{ "\"a\"@example.com", "\"\\\"a\\\"@example.com\"" },
	{ "a;dkim=pass@example.com", "\"a;dkim=pass@example.com\"" },
	{ "a(b)@example.com", "\"a(b)@example.com\"" },
	{ "back\\slash", "\"back\\\\slash\"" },
	{ "x@y=z", "\"x@y=z\"" },
	{ "a@b@c", "\"a@b@c\"" },
	{ "a=b@example.com", "a=b@example.com" },
	{ "a\r\nX-Evil: 1", NULL },
	{ "a\n\tb", NULL },
	{ "J\xc3\xb6rg@example.com", NULL },
	{ "\x7f", NULL },
	{ "", NULL },
};

static void
hostile_values_are_quoted_or_left_out(void **state)
{
	struct auth_results *r = malloc(sizeof(*r));
	struct bundle *b = bundle();
	struct auth_results_input in = { .authserv_id = ME, .helo = "h",
		.spf = &b->spf };
	char expected[200];
	struct oct_str s;

	(void)state;
	oct_str_heap(&s, 8192);
	for (size_t i = 0; i < OCT_LEN(hostile); i++) {
		in.mail_from = hostile[i].value;
		oct_str_clear(&s);
		assert_int_equal(auth_results_write(&in, &s), 0);
		(void)snprintf(expected, sizeof(expected),
		    ME ";\n\tspf=pass smtp.mailfrom=%s",
		    hostile[i].written != NULL ? hostile[i].written :
						 "example.com");
		assert_string_equal(oct_str_text(&s), expected);
		assert_int_equal(auth_results_parse(oct_str_text(&s), s.len,
			r), 0);
		assert_int_equal(r->count, 1);
	}
	oct_str_free(&s);
	free(b);
	free(r);
}

static void
the_field_stays_small(void **state)
{
	struct auth_results *r = malloc(sizeof(*r));
	struct bundle *b = bundle();
	struct auth_results_input in = { .authserv_id = ME, .mail_from = "a",
		.helo = "h", .spf = &b->spf, .dkim = &b->dkim };
	struct auth_dkim_sig *sig = &b->dkim.sig[0];
	const char *line;
	struct oct_str s;

	(void)state;
	memset(sig->domain, 'd', sizeof(sig->domain) - 1);
	memset(sig->selector, 's', sizeof(sig->selector) - 1);
	memset(sig->problem, '"', sizeof(sig->problem) - 1);
	for (size_t i = 1; i < AUTH_DKIM_MAX; i++)
		b->dkim.sig[i] = *sig;
	b->dkim.count = AUTH_DKIM_MAX;
	oct_str_heap(&s, 1 << 20);
	assert_int_equal(auth_results_write(&in, &s), 0);
	assert_true(s.len < 8192);
	assert_int_equal(auth_results_parse(oct_str_text(&s), s.len, r), 0);
	assert_true(r->count > 5);
	for (line = oct_str_text(&s); line != NULL;
	     line = strchr(line + 1, '\n'))
		assert_true(strcspn(line + 1, "\n") < 900);
	oct_str_free(&s);
	free(b);
	free(r);
}

/* RFC 8601 2.2: "reason", and a strict reader takes it. */
static void
an_override_is_written_as_the_reason(void **state)
{
	struct bundle *b = bundle();
	struct auth_results_input in = { .authserv_id = ME, .mail_from = "",
		.helo = "", .dmarc = &b->dmarc };
	struct auth_results *parsed = malloc(sizeof(*parsed));
	struct oct_str s;

	(void)state;
	assert_non_null(parsed);
	in.dmarc_override = "arc";
	oct_str_heap(&s, 8192);
	assert_int_equal(auth_results_write(&in, &s), 0);
	assert_non_null(strstr(oct_str_text(&s), "reason=\"override=arc\""));
	assert_int_equal(auth_results_parse(oct_str_text(&s), s.len, parsed),
	    0);
	assert_int_equal(parsed->count, 1);
	assert_int_equal(parsed->method[0].result, AUTH_FAIL);
	assert_string_equal(parsed->method[0].reason, "override=arc");
	oct_str_clear(&s);
	in.dmarc_override = NULL;
	assert_int_equal(auth_results_write(&in, &s), 0);
	assert_null(strstr(oct_str_text(&s), "override"));
	oct_str_free(&s);
	free(b);
	free(parsed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(our_own_id_is_found_in_every_dress),
		cmocka_unit_test(the_grammar_is_taken_by_the_letter),
		cmocka_unit_test(a_field_says_all_that_was_found),
		cmocka_unit_test(an_override_is_written_as_the_reason),
		cmocka_unit_test(a_message_without_anything),
		cmocka_unit_test(hostile_values_are_quoted_or_left_out),
		cmocka_unit_test(the_field_stays_small),
	};

	return cmocka_run_group_tests_name("results", tests, NULL, NULL);
}

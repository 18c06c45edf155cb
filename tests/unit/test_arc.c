/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/arc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "auth/canon.h"
#include "lib/clock.h"
#include "lib/str.h"

/* A chain of two, sealed by dkimpy; the private key was thrown away. */
static const char message[] =
	"ARC-Seal: i=2; cv=pass; a=rsa-sha256; d=two.example; s="
	"sel; t=1700000001;\r\n"
	" b=E/6MC5ZCsWBECdWypoQ6YiIGbXMfLosTKkbkcHAx+wXtWaA/PQGj"
	"DohASWLPUh1yhtVFJ\r\n"
	" zi7QktR/CCCFUdBxNlewbL1qYUS4qF5cHj2OuAm0u7Jg5crcBnzXoS"
	"BgSKxVzqbx709jqqx\r\n"
	" ZEaXBz8jIvo3N8YR7EJolb6AhY/b9RE=\r\n"
	"ARC-Message-Signature: i=2; a=rsa-sha256; c=relaxed/rel"
	"axed;\r\n"
	" d=two.example; s=sel; t=1700000001; h=from : to : subj"
	"ect : date :\r\n"
	" message-id; bh=l01zRbEvQW57iYDMBkgaM3wYCvQ5xNXYH6Y2WgG"
	"+vrk=;\r\n"
	" b=IafkAYkg1SY3vmuJNJEDwUwDcFv0vUBTGbUhMowhTCsa6CcXmw7u"
	"VGGPxXg8STzXOajbi\r\n"
	" n9Rit9N8VCqVjbOJpD8q3JcbnV+uVOqzUYmmy6jdXh1vUcPw5N/qGq"
	"48ndqsMhwacjnNS9P\r\n"
	" uOiobJJcV1IxsQQlITvpky7GZfAP9XA=\r\n"
	"ARC-Authentication-Results: i=2; two.example; arc=pass\r\n"
	"Authentication-Results: two.example; arc=pass\r\n"
	"ARC-Seal: i=1; cv=none; a=rsa-sha256; d=one.example; s="
	"sel; t=1700000000;\r\n"
	" b=DLUiwNGEnsk1pwR81a3bRBaT3nnK7uzah2EEiWuq9da1GlP+Me18"
	"tc5/zd+DpP8VdtRIg\r\n"
	" QnCR9f8knNOAi3RMEFyBWq0dI5S1KVFUxaPAQYQ1x2e8HHKvnsqruo"
	"fUn0ZnuJuMEOkyDcs\r\n"
	" qE0hRppwvAul5pEUKMZCrP/mbZxzQvE=\r\n"
	"ARC-Message-Signature: i=1; a=rsa-sha256; c=relaxed/rel"
	"axed;\r\n"
	" d=one.example; s=sel; t=1700000000; h=from : to : subj"
	"ect : date :\r\n"
	" message-id; bh=l01zRbEvQW57iYDMBkgaM3wYCvQ5xNXYH6Y2WgG"
	"+vrk=;\r\n"
	" b=soEzh/txeI9d6/2UDUwAHiBjRkI/5JB6Gl30HxJ+BBm6E1OHu8oo"
	"OhOvFVHJk1fatQoUG\r\n"
	" CxZ+QRZUOoFJArttYo0BNikZ5/+Zqnxr0iJGvyu1Z/wSF+zGx0ODA4"
	"q7oYaBEPRNldrJLsf\r\n"
	" vVILle5vWg97hgghMiTCCrq+cU7AneQ=\r\n"
	"ARC-Authentication-Results: i=1; one.example; spf=pass "
	"smtp.mailfrom=example.com\r\n"
	"Authentication-Results: one.example; spf=pass smtp.mail"
	"from=example.com\r\n"
	"From: joe@example.com\r\n"
	"To: list@one.example\r\n"
	"Subject: hello\r\n"
	"Date: Mon, 5 Jan 2026 10:00:00 +0000\r\n"
	"Message-ID: <1@example.com>\r\n"
	"\r\n"
	"A line.\r\n";

static const char record[] =
	"v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBg"
	"QDC0YuwNxvGr0Dly6ssblr8zxh4bjva62yKQGaZgHR3C9mOw3KjO6VA"
	"WbHo5qlaZgpt0chWlRM3nsEpYXj0cq7Rb+PZuHsbLq7M4sAzZY4HOnd"
	"oy8BHV1q5yLjdxWxhOl5+3WIg67awMpW1VjDobHxvlahk5bSxKmv3OG"
	"kAKCg3HQIDAQAB";

static struct oct_msg *
load(const char *text)
{
	struct oct_msg_limits limits;
	struct oct_msg *m;
	const char *colon;
	char field[4096];
	size_t len;

	oct_msg_limits_init(&limits);
	limits.spill_dir = "/tmp";
	assert_int_equal(oct_msg_new(&limits, &m), 0);
	for (; strncmp(text, "\r\n", 2) != 0; text += len + 2) {
		for (len = strcspn(text, "\r"); text[len + 2] == ' ';)
			len += 2 + strcspn(text + len + 2, "\r");
		assert_true(len < sizeof(field));
		memcpy(field, text, len);
		field[len] = '\0';
		colon = strchr(field, ':');
		assert_non_null(colon);
		field[colon - field] = '\0';
		assert_int_equal(oct_msg_add_field(m, field, colon + 1), 0);
	}
	assert_int_equal(oct_msg_add_body(m, text + 2, strlen(text + 2)), 0);
	return m;
}

static void
check(struct dns *dns, const char *text, struct auth_arc *out)
{
	struct dns_session *s;
	struct oct_msg *m = load(text);

	assert_int_equal(dns_session_new(dns, oct_clock_mono_ms() + 5000, 100,
		&s), 0);
	assert_int_equal(auth_arc_check(s, m, out), 0);
	dns_session_free(s);
	oct_msg_free(m);
}

static struct dns *
zone(const char *one, const char *two)
{
	struct dns *dns;

	assert_int_equal(dns_new_static(&dns), 0);
	if (one != NULL)
		assert_int_equal(dns_static_add(dns,
			"sel._domainkey.one.example", DNS_TXT, one,
			strlen(one)), 0);
	if (two != NULL)
		assert_int_equal(dns_static_add(dns,
			"sel._domainkey.two.example", DNS_TXT, two,
			strlen(two)), 0);
	return dns;
}

static const struct {
	const char *name, *from, *to;
	enum auth_result result;
	const char *problem;
} cases[] = {
	{ "untouched", "A line", "A line", AUTH_PASS, "" },
	{ "white space in the body", "A line.", "A \t line. ", AUTH_PASS, "" },
	{ "folded anew", "Subject: hello", "Subject:\r\n hello", AUTH_PASS,
	    "" },
	{ "a field on the way", "From: joe", "X-New: 1\r\nFrom: joe",
	    AUTH_PASS, "" },
	{ "body", "A line", "B line", AUTH_FAIL, "body hash mismatch" },
	{ "header", "hello", "hallo", AUTH_FAIL, "signature mismatch" },
	{ "results of the first set", "spf=pass smtp.mailfrom=example.com\r\n"
	    "Auth", "spf=pass smtp.mailfrom=examqle.com\r\nAuth", AUTH_FAIL,
	    "signature mismatch" },
	{ "first message signature", "t=1700000000; h=", "t=1700000009; h=",
	    AUTH_FAIL, "signature mismatch" },
	{ "first seal", "t=1700000000;\r\n b=", "t=1700000009;\r\n b=",
	    AUTH_FAIL, "signature mismatch" },
	{ "set left out", "i=2; cv", "i=3; cv", AUTH_FAIL,
	    "a set is not complete" },
	{ "set twice", "i=2; cv", "i=1; cv", AUTH_FAIL,
	    "a field twice in one set" },
	{ "no instance", "i=2; cv", "cv", AUTH_FAIL,
	    "a field without a valid i=" },
	{ "instance 51", "i=2; cv", "i=51; cv", AUTH_FAIL,
	    "a field without a valid i=" },
	{ "instance 0", "i=2; two.example", "i=0; two.example", AUTH_FAIL,
	    "a field without a valid i=" },
	{ "failed before", "cv=pass", "cv=fail", AUTH_FAIL,
	    "the chain had failed before" },
	{ "begun twice", "cv=pass", "cv=none", AUTH_FAIL, "cv= out of place" },
	{ "cv in capitals", "cv=pass", "cv=PASS", AUTH_FAIL,
	    "cv= out of place" },
	{ "seal with h=", "cv=pass;", "cv=pass; h=from;", AUTH_FAIL,
	    "a seal with h=" },
	{ "sha1", "cv=pass; a=rsa-sha256", "cv=pass; a=rsa-sha1", AUTH_FAIL,
	    "a= missing or unknown" },
	{ "other key type", "cv=pass; a=rsa-sha256",
	    "cv=pass; a=ed25519-sha256", AUTH_FAIL, "key is not of type a=" },
	{ "seals covered", "h=from :", "h=from : arc-seal :", AUTH_FAIL,
	    "h= too long, or covers ARC-Seal" },
	{ "expired", "t=1700000001; h=", "t=1700000001; x=1700000002; h=",
	    AUTH_FAIL, "signature expired" },
	{ "l= beyond the body", "t=1700000001; h=", "t=1700000001; l=999; h=",
	    AUTH_FAIL, "l= beyond the body" },
	{ "seal without domain", "d=two.example; s=sel; t=1700000001;\r\n b=",
	    "s=sel; t=1700000001;\r\n b=", AUTH_FAIL,
	    "d= or s= missing or malformed" },
	{ "no seal but one", "ARC-Seal: i=2", "X-Seal: i=2", AUTH_FAIL,
	    "a set is not complete" },
	{ "tag twice", "cv=pass;", "cv=pass; cv=pass;", AUTH_FAIL,
	    "a field without a valid i=" },
};

static char *
replace(const char *text, const char *from, const char *to)
{
	const char *at = strstr(text, from);
	struct oct_str s;
	char *out;

	assert_non_null(at);
	oct_str_heap(&s, 1 << 20);
	oct_str_addn(&s, text, (size_t)(at - text));
	oct_str_add(&s, to);
	oct_str_add(&s, at + strlen(from));
	out = oct_str_take(&s);
	assert_non_null(out);
	return out;
}

static void
a_changed_chain_fails(void **state)
{
	struct dns *dns = zone(record, record);
	struct auth_arc arc;
	char *text;

	(void)state;
	for (size_t i = 0; i < OCT_LEN(cases); i++) {
		text = replace(message, cases[i].from, cases[i].to);
		check(dns, text, &arc);
		print_message("%s: %s\n", cases[i].name, arc.problem);
		assert_string_equal(auth_result_name(arc.result),
		    auth_result_name(cases[i].result));
		assert_string_equal(arc.problem, cases[i].problem);
		free(text);
	}
	dns_free(dns);
}

static void
a_pass_names_the_newest_sealer(void **state)
{
	struct dns *dns = zone(record, record);
	struct auth_arc arc;

	(void)state;
	check(dns, message, &arc);
	assert_int_equal(arc.instances, 2);
	assert_string_equal(arc.sealer, "two.example");
	dns_free(dns);
}

static void
any_field_of_a_set_is_a_chain(void **state)
{
	static const struct {
		const char *text;
		bool present;
	} rows[] = { { "ARC-Seal: x\r\n\r\n", true },
		{ "arc-message-signature: x\r\n\r\n", true },
		{ "From: a\r\nARC-Authentication-Results: x\r\n\r\n", true },
		{ "ARC-Seals: x\r\nX-ARC-Seal: x\r\n\r\n", false } };

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct oct_msg *m = load(rows[i].text);

		assert_int_equal(auth_arc_present(m), rows[i].present);
		oct_msg_free(m);
	}
}

static void
no_chain_is_none(void **state)
{
	struct dns *dns = zone(NULL, NULL);
	struct auth_arc arc;

	(void)state;
	check(dns, strstr(message, "From: joe"), &arc);
	assert_int_equal(arc.result, AUTH_NONE);
	assert_int_equal(arc.instances, 0);
	/* One broken field is a chain, though not one that passes. */
	check(dns, "ARC-Seal: x\r\n\r\n", &arc);
	assert_int_equal(arc.result, AUTH_FAIL);
	check(dns, "arc-message-signature: i=1; cv=none\r\n\r\n", &arc);
	assert_int_equal(arc.result, AUTH_FAIL);
	dns_free(dns);
}

static void
every_seal_needs_its_key(void **state)
{
	struct auth_arc arc;
	struct dns *dns;

	(void)state;
	dns = zone(NULL, record);
	check(dns, message, &arc);
	assert_int_equal(arc.result, AUTH_FAIL);
	assert_string_equal(arc.problem, "no usable key");
	dns_free(dns);
	dns = zone(NULL, record);
	assert_int_equal(dns_static_timeout(dns, "sel._domainkey.one.example"),
	    0);
	check(dns, message, &arc);
	assert_int_equal(arc.result, AUTH_FAIL);
	assert_string_equal(arc.problem, "no answer for the key");
	dns_free(dns);
}

static const struct {
	const char *in;
	size_t simple, relaxed;
} bodies[] = {
	{ "", 2, 0 },
	{ "\r\n\r\n", 2, 0 },
	{ " \r\n\t\r\n", 6, 0 },
	{ "a", 3, 3 },
	{ "a\r\n", 3, 3 },
	{ "a \t\r\n\r\n", 5, 3 },
	{ "a \t b\r\n", 7, 5 },
	{ "\r\n\r\na", 7, 7 },
	{ " a", 4, 4 },
	{ "a\rb\nc\r", 8, 8 },
	{ "a\r\r\n\r\n", 4, 4 },
};

static void
a_canonical_body_has_its_length(void **state)
{
	struct auth_canon_body c;

	(void)state;
	for (size_t i = 0; i < 2 * OCT_LEN(bodies); i++) {
		const char *in = bodies[i / 2].in;

		/* Octet by octet: nothing hangs on where it is cut. */
		auth_canon_body_init(&c, i % 2 == 1, UINT64_MAX, NULL);
		for (size_t k = 0; in[k] != '\0'; k++)
			auth_canon_body_add(&c, in + k, 1);
		assert_int_equal(auth_canon_body_end(&c), 0);
		assert_int_equal(c.total, i % 2 == 1 ? bodies[i / 2].relaxed :
						       bodies[i / 2].simple);
	}
}

static void
a_canonical_field_is_unfolded(void **state)
{
	static const struct {
		const char *name, *value, *relaxed;
	} fields[] = {
		{ "A", " X", "a:X" },
		{ "B ", " Y\t\r\n\tZ  ", "b:Y Z" },
		{ "c", "", "c:" },
		{ "D-e", "\r\n ", "d-e:" },
		{ "f", "x \r\n  y", "f:x y" },
	};
	struct oct_field f;
	struct oct_str s;

	(void)state;
	for (size_t i = 0; i < OCT_LEN(fields); i++) {
		oct_str_heap(&s, 1000);
		f.name = fields[i].name;
		f.name_len = strlen(f.name);
		f.value = fields[i].value;
		f.value_len = strlen(f.value);
		auth_canon_field(true, &f, &s);
		assert_string_equal(oct_str_text(&s), fields[i].relaxed);
		oct_str_free(&s);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_changed_chain_fails),
		cmocka_unit_test(a_pass_names_the_newest_sealer),
		cmocka_unit_test(any_field_of_a_set_is_a_chain),
		cmocka_unit_test(no_chain_is_none),
		cmocka_unit_test(every_seal_needs_its_key),
		cmocka_unit_test(a_canonical_body_has_its_length),
		cmocka_unit_test(a_canonical_field_is_unfolded),
	};

	return cmocka_run_group_tests_name("arc", tests, NULL, NULL);
}

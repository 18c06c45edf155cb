/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/dkim.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <opendkim/dkim.h>
#include <openssl/evp.h>

#include <cmocka.h>

#include "auth/dkim_key.h"
#include "auth/tags.h"
#include "lib/clock.h"
#include "lib/err.h"

#define MESSAGE                                                                \
	"From: Joe <joe@example.com>\r\n"                                      \
	"To: a@example.org,\r\n b@example.org\r\n"                            \
	"Subject: hello  there\r\nMessage-ID: <1@example.com>\r\n\r\n"        \
	"Line one  \r\n\r\nline\ttwo\r\n\r\n\r\n"
#define KEY_NAME "sel._domainkey.example.com"

/* Made once: a key pair of each kind and MESSAGE signed with it. */
static struct auth_dkim_lib *lib;
static char *pem[2], *record[2], *field[2];

static char *
take(struct oct_str *s)
{
	char *text = oct_str_take(s);

	assert_non_null(text);
	return text;
}

static int
make(void **state)
{
	struct auth_dkim_key key = { .domain = "example.com",
		.selector = "sel" };
	struct oct_str s;

	(void)state;
	if (auth_dkim_lib_new(&lib) != 0)
		return -1;
	for (int ed = 0; ed < 2; ed++) {
		oct_str_heap(&s, 4096);
		if (auth_dkim_keygen(ed == 1, 2048, &pem[ed], &s) != 0)
			return -1;
		record[ed] = take(&s);
		key.pem = pem[ed];
		key.ed25519 = ed == 1;
		oct_str_heap(&s, 4096);
		if (auth_dkim_sign(lib, &key, MESSAGE, strlen(MESSAGE), &s))
			return -1;
		field[ed] = take(&s);
	}
	return 0;
}

static int
unmake(void **state)
{
	(void)state;
	for (int ed = 0; ed < 2; ed++) {
		free(pem[ed]);
		free(record[ed]);
		free(field[ed]);
	}
	auth_dkim_lib_free(lib);
	return 0;
}

/* The end of the field at p, before its CRLF. */
static const char *
field_end(const char *p)
{
	p = strstr(p, "\r\n");
	while (p != NULL && (p[2] == ' ' || p[2] == '\t'))
		p = strstr(p + 2, "\r\n");
	assert_non_null(p);
	return p;
}

/* Verify a whole message, its body in pieces of three octets. */
static void
verify(struct dns *dns, const char *message, struct auth_dkim *out)
{
	const char *p = message, *colon, *end;
	struct auth_dkim_verifier *v;
	struct dns_session *session;

	assert_int_equal(dns_session_new(dns, oct_clock_mono_ms() + 5000, 100,
		&session), 0);
	assert_int_equal(auth_dkim_verify_new(lib, session, "id", &v), 0);
	while (strncmp(p, "\r\n", 2) != 0) {
		colon = strchr(p, ':');
		end = field_end(p);
		assert_non_null(colon);
		assert_int_equal(auth_dkim_verify_field(v, p,
			(size_t)(colon - p), colon + 1,
			(size_t)(end - colon) - 1), 0);
		p = end + 2;
	}
	assert_int_equal(auth_dkim_verify_eoh(v), 0);
	for (p += 2; *p != '\0'; p += strnlen(p, 3))
		assert_int_equal(auth_dkim_verify_body(v, p, strnlen(p, 3)), 0);
	assert_int_equal(auth_dkim_verify_end(v, out), 0);
	auth_dkim_verify_free(v);
	dns_session_free(session);
}

static struct dns *
zone(const char *text)
{
	struct dns *dns;

	assert_int_equal(dns_new_static(&dns), 0);
	if (text != NULL)
		assert_int_equal(dns_static_add(dns, KEY_NAME, DNS_TXT, text,
			strlen(text)), 0);
	return dns;
}

/* text with the first `from` replaced; caller frees. */
static char *
replace(const char *text, const char *from, const char *to)
{
	const char *at = strstr(text, from);
	struct oct_str s;

	assert_non_null(at);
	oct_str_heap(&s, 1 << 20);
	oct_str_addn(&s, text, (size_t)(at - text));
	oct_str_add(&s, to);
	oct_str_add(&s, at + strlen(from));
	return take(&s);
}

static char *
signed_message(int ed)
{
	struct oct_str s;

	oct_str_heap(&s, 1 << 20);
	oct_str_addf(&s, "%s%s", field[ed], MESSAGE);
	return take(&s);
}

static const struct {
	const char *name;
	int ed;
	const char *from, *to; /* replaced in the signed message */
	enum auth_result result;
} message_cases[] = {
	{ "rsa, untouched", 0, "v=1", "v=1", AUTH_PASS },
	{ "ed25519, untouched", 1, "v=1", "v=1", AUTH_PASS },
	{ "white space in the body", 0, "one  \r", "one\t\r", AUTH_PASS },
	{ "white space in the header", 1, "hello  there", "hello\r\n there ",
	    AUTH_PASS },
	{ "empty lines at the end", 0, "two\r\n\r\n\r\n", "two\r\n",
	    AUTH_PASS },
	{ "field name in another case", 1, "Subject: hello",
	    "SUBJECT: hello", AUTH_PASS },
	{ "body", 0, "Line one", "Line two", AUTH_FAIL },
	{ "body, ed25519", 1, "Line one", "Line two", AUTH_FAIL },
	{ "subject", 0, "hello", "hullo", AUTH_FAIL },
	{ "from", 1, "joe@", "jim@", AUTH_FAIL },
	{ "second From above", 0, "From: Joe",
	    "From: <x@evil.example>\r\nFrom: Joe", AUTH_FAIL },
	{ "second From below", 1, "To: a",
	    "From: <x@evil.example>\r\nTo: a", AUTH_FAIL },
	{ "Cc added", 0, "To: a", "Cc: <x@evil.example>\r\nTo: a", AUTH_FAIL },
	{ "sha1", 0, "a=rsa-sha256", "a=rsa-sha1", AUTH_PERMERROR },
	{ "other key type", 0, "a=rsa-sha256", "a=ed25519-sha256",
	    AUTH_PERMERROR },
	{ "md5", 0, "a=rsa-sha256", "a=rsa-md5", AUTH_PERMERROR },
	{ "no version", 0, "v=1;", "", AUTH_PERMERROR },
	{ "version 2", 0, "v=1", "v=2", AUTH_PERMERROR },
	{ "tag twice", 0, "v=1;", "v=1; v=1;", AUTH_PERMERROR },
	{ "empty tag", 0, "v=1;", "v=1;;", AUTH_PERMERROR },
	{ "8-bit", 0, "v=1;", "v=1; y=\xe9;", AUTH_PERMERROR },
	{ "no d=", 0, "d=example.com;", "", AUTH_PERMERROR },
	{ "d= is no domain", 0, "d=example.com", "d=-..", AUTH_PERMERROR },
	{ "d= in two words", 0, "d=example.com", "d=example .com",
	    AUTH_PERMERROR },
	{ "From not in h=", 0, "h=From", "h=Fro", AUTH_FAIL },
	{ "i= outside d=", 0, "v=1;", "v=1; i=@example.org;", AUTH_PERMERROR },
	{ "i= ends like d=", 0, "v=1;", "v=1; i=@xexample.com;",
	    AUTH_PERMERROR },
	{ "i= below d=, but not signed", 0, "v=1;", "v=1; i=x@sub.example.com;",
	    AUTH_FAIL },
	{ "unknown c=", 0, "relaxed/relaxed", "relaxed/lazy", AUTH_PERMERROR },
	{ "unknown q=", 0, "v=1;", "v=1; q=http;", AUTH_PERMERROR },
	{ "expired", 0, "v=1;", "v=1; x=1000000000;", AUTH_PERMERROR },
	{ "l= beyond the body", 0, "v=1;", "v=1; l=100000;", AUTH_PERMERROR },
	{ "l= is no number", 0, "v=1;", "v=1; l=-1;", AUTH_PERMERROR },
	{ "b= is no base64", 0, "b=", "b=*", AUTH_PERMERROR },
};

static void
a_changed_message_is_told_apart(void **state)
{
	struct auth_dkim *d = calloc(1, sizeof(*d));
	struct dns *dns;
	char *message, *changed;

	(void)state;
	for (size_t i = 0; i < OCT_LEN(message_cases); i++) {
		int ed = message_cases[i].ed;

		dns = zone(record[ed]);
		message = signed_message(ed);
		changed = replace(message, message_cases[i].from,
		    message_cases[i].to);
		verify(dns, changed, d);
		print_message("%s: %s\n", message_cases[i].name,
		    d->sig[0].problem);
		assert_int_equal(d->count, 1);
		assert_string_equal(auth_result_name(d->sig[0].result),
		    auth_result_name(message_cases[i].result));
		free(message);
		free(changed);
		dns_free(dns);
	}
	free(d);
}

static const struct {
	const char *name;
	const char *from, *to; /* replaced in the key record; NULL = no key */
	enum auth_result result;
} key_cases[] = {
	{ "as made", "v=DKIM1", "v=DKIM1", AUTH_PASS },
	{ "no version", "v=DKIM1; ", "", AUTH_PASS },
	{ "all services", "k=rsa", "k=rsa; s=*", AUTH_PASS },
	{ "hashes", "k=rsa", "k=rsa; h=sha1 : sha256", AUTH_PASS },
	{ "notes", "k=rsa", "n=some notes; k=rsa", AUTH_PASS },
	{ "no subdomains, i= is d=", "k=rsa", "k=rsa; t=s", AUTH_PASS },
	{ "absent", NULL, NULL, AUTH_PERMERROR },
	{ "version not first", "v=DKIM1; k=rsa", "k=rsa; v=DKIM1",
	    AUTH_PERMERROR },
	{ "other version", "v=DKIM1", "v=DKIM2", AUTH_PERMERROR },
	{ "only sha1", "k=rsa", "k=rsa; h=sha1", AUTH_PERMERROR },
	{ "not for mail", "k=rsa", "k=rsa; s=tlsrpt", AUTH_PERMERROR },
	{ "unknown type", "k=rsa", "k=dsa", AUTH_PERMERROR },
	{ "other type", "k=rsa", "k=ed25519", AUTH_PERMERROR },
	{ "revoked", "p=", "p=; x=", AUTH_PERMERROR },
	{ "no base64", "p=", "p=!", AUTH_PERMERROR },
	{ "cut", "p=MIIB", "p=", AUTH_PERMERROR },
	{ "not a list", "v=DKIM1;", "v=DKIM1; what?;", AUTH_PERMERROR },
	{ "empty", "v=DKIM1", "", AUTH_PERMERROR },
};

static void
a_key_record_is_read_by_the_rules(void **state)
{
	struct auth_dkim *d = calloc(1, sizeof(*d));
	char *message = signed_message(0), *text;
	struct dns *dns;

	(void)state;
	for (size_t i = 0; i < OCT_LEN(key_cases); i++) {
		text = key_cases[i].from == NULL ? NULL : replace(record[0],
			key_cases[i].from, key_cases[i].to);
		dns = zone(text);
		verify(dns, message, d);
		print_message("%s: %s\n", key_cases[i].name,
		    d->sig[0].problem);
		assert_string_equal(auth_result_name(d->sig[0].result),
		    auth_result_name(key_cases[i].result));
		free(text);
		dns_free(dns);
	}
	free(message);
	free(d);
}

static void
what_a_pass_says(void **state)
{
	struct auth_dkim *d = calloc(1, sizeof(*d));
	char *message = signed_message(0), *text;
	struct dns *dns;

	(void)state;
	text = replace(record[0], "k=rsa", "k=rsa; t=y");
	dns = zone(text);
	verify(dns, message, d);
	assert_string_equal(d->sig[0].domain, "example.com");
	assert_string_equal(d->sig[0].selector, "sel");
	assert_string_equal(d->sig[0].algorithm, "rsa-sha256");
	assert_int_equal(d->sig[0].key_bits, 2048);
	assert_true(d->sig[0].testing);
	assert_true(d->sig[0].covers_from && d->sig[0].covers_to &&
	    d->sig[0].covers_cc && d->sig[0].covers_subject);
	assert_true(d->sig[0].whole_body);
	assert_false(d->sig[0].length || d->sig[0].secure);
	assert_int_equal(strlen(d->sig[0].b_start), 8);
	assert_string_equal(d->sig[0].problem, "");
	dns_free(dns);
	free(text);
	free(message);
	free(d);
}

static void
no_answer_is_a_temperror_and_two_keys_are_none(void **state)
{
	struct auth_dkim *d = calloc(1, sizeof(*d));
	char *message = signed_message(1);
	struct dns *dns;

	(void)state;
	assert_int_equal(dns_new_static(&dns), 0);
	assert_int_equal(dns_static_timeout(dns, KEY_NAME), 0);
	verify(dns, message, d);
	assert_int_equal(d->sig[0].result, AUTH_TEMPERROR);
	dns_free(dns);

	dns = zone(record[1]);
	assert_int_equal(dns_static_add(dns, KEY_NAME, DNS_TXT, record[0],
		strlen(record[0])), 0);
	verify(dns, message, d);
	assert_int_equal(d->sig[0].result, AUTH_PERMERROR);
	dns_free(dns);

	/* A record of another kind beside the key is no second key. */
	dns = zone(record[1]);
	assert_int_equal(dns_static_add(dns, KEY_NAME, DNS_TXT, "v=spf1 -all",
		11), 0);
	verify(dns, message, d);
	assert_int_equal(d->sig[0].result, AUTH_PASS);
	dns_free(dns);
	free(message);
	free(d);
}

/* RFC 6376 3.6.1 speaks of RSAPublicKey: what precedes it is cut off here. */
static void
a_key_in_pkcs1_form_is_taken(void **state)
{
	struct auth_dkim_pubkey key;
	char text[1024], problem[128];
	uint8_t der[600];
	const char *p = strstr(record[0], "p=");
	size_t len;

	(void)state;
	assert_non_null(p);
	assert_int_equal(auth_base64_decode(p + 2, strlen(p + 2), der,
		sizeof(der), &len), 0);
	(void)snprintf(text, sizeof(text), "p=");
	(void)EVP_EncodeBlock((unsigned char *)text + 2, der + 24,
	    (int)len - 24);
	assert_int_equal(auth_dkim_key_parse(text, strlen(text), &key,
		problem), 1);
	assert_int_equal(key.bits, 2048);
	/* The long forms of lengths are the same here as in the original. */
	assert_int_equal(key.der_len, len);
	assert_memory_equal(key.der, der, len);
}

static void
a_key_too_long_for_the_library_is_not_cut(void **state)
{
	struct auth_dkim *d = calloc(1, sizeof(*d));
	char *message = signed_message(0), *text;
	struct oct_str s;
	struct dns *dns;

	(void)state;
	/* Notes are left out before the library sees them. */
	oct_str_heap(&s, 10000);
	oct_str_add(&s, "k=rsa; n=");
	for (int i = 0; i < 4000; i++)
		oct_str_addc(&s, 'x');
	text = replace(record[0], "k=rsa", oct_str_text(&s));
	dns = zone(text);
	verify(dns, message, d);
	assert_int_equal(d->sig[0].result, AUTH_PASS);
	dns_free(dns);
	free(text);
	oct_str_free(&s);
	free(message);
	free(d);
}

static void
of_many_signatures_the_aligned_one_is_judged_first(void **state)
{
	struct auth_dkim *d = calloc(1, sizeof(*d));
	struct oct_str s;
	struct dns *dns = zone(record[0]);
	char *other;

	(void)state;
	other = replace(field[0], "d=example.com", "d=example.net");
	oct_str_heap(&s, 1 << 20);
	for (int i = 0; i < 49; i++)
		oct_str_add(&s, other);
	oct_str_add(&s, field[0]);
	for (int i = 0; i < 20; i++)
		oct_str_add(&s, other);
	oct_str_add(&s, MESSAGE);
	verify(dns, oct_str_text(&s), d);
	assert_int_equal(d->count, AUTH_DKIM_MAX);
	assert_int_equal(d->ignored, 60);
	assert_int_equal(d->sig[9].result, AUTH_PASS);
	assert_string_equal(d->sig[9].domain, "example.com");
	for (size_t i = 0; i < 9; i++)
		assert_int_equal(d->sig[i].result, AUTH_PERMERROR);
	oct_str_free(&s);
	dns_free(dns);
	free(other);
	free(d);
}

static void
a_bad_signature_does_not_hide_a_good_one(void **state)
{
	struct auth_dkim *d = calloc(1, sizeof(*d));
	struct dns *dns = zone(record[1]);
	struct oct_str s;

	(void)state;
	oct_str_heap(&s, 1 << 20);
	oct_str_addf(&s, "DKIM-Signature: v=1; garbage\r\n%s"
	    "DKIM-Signature:\r\n%s", field[1], MESSAGE);
	verify(dns, oct_str_text(&s), d);
	assert_int_equal(d->count, 3);
	assert_int_equal(d->sig[0].result, AUTH_PERMERROR);
	assert_int_equal(d->sig[1].result, AUTH_PASS);
	assert_int_equal(d->sig[2].result, AUTH_PERMERROR);
	oct_str_free(&s);
	dns_free(dns);
	free(d);
}

static void
no_signature_and_no_from_are_no_errors(void **state)
{
	struct auth_dkim *d = calloc(1, sizeof(*d));
	struct dns *dns = zone(record[0]);
	char *text;

	(void)state;
	verify(dns, MESSAGE, d);
	assert_int_equal(d->count, 0);
	text = signed_message(0);
	memcpy(strstr(text, "From: Joe"), "Frim", 4);
	verify(dns, text, d);
	assert_int_equal(d->count, 1);
	assert_int_not_equal(d->sig[0].result, AUTH_PASS);
	free(text);
	dns_free(dns);
	free(d);
}

/* The library can sign a part of the body; we never do. */
static char *
sign_partly(ssize_t length)
{
	DKIM_LIB *l = dkim_init(NULL, NULL);
	const char *p = MESSAGE, *end;
	struct oct_str s;
	DKIM_STAT status;
	u_char *text;
	size_t len;
	DKIM *d;

	d = dkim_sign(l, (const u_char *)"x", NULL, (dkim_sigkey_t)pem[0],
	    (const u_char *)"sel", (const u_char *)"example.com",
	    DKIM_CANON_SIMPLE, DKIM_CANON_SIMPLE, DKIM_SIGN_RSASHA256, length,
	    &status);
	assert_non_null(d);
	for (; strncmp(p, "\r\n", 2) != 0; p = end + 2) {
		end = field_end(p);
		assert_int_equal(dkim_header(d, (u_char *)(uintptr_t)p,
			(size_t)(end - p)), DKIM_STAT_OK);
	}
	assert_int_equal(dkim_eoh(d), DKIM_STAT_OK);
	assert_int_equal(dkim_body(d, (u_char *)(uintptr_t)(p + 2),
		strlen(p + 2)), DKIM_STAT_OK);
	assert_int_equal(dkim_eom(d, NULL), DKIM_STAT_OK);
	assert_int_equal(dkim_getsighdr_d(d, 16, &text, &len), DKIM_STAT_OK);
	oct_str_heap(&s, 1 << 20);
	oct_str_add(&s, "DKIM-Signature: ");
	oct_str_addn(&s, text, len);
	oct_str_add(&s, "\r\n" MESSAGE);
	(void)dkim_free(d);
	dkim_close(l);
	return take(&s);
}

static void
a_length_is_reported_and_what_follows_it_too(void **state)
{
	/* Canonical body: "Line one  ", "", "line\ttwo" with CRLF = 24. */
	static const struct {
		ssize_t length;
		const char *more;
		bool whole;
	} cases[] = { { 12, "", false }, { 24, "", true },
		{ 24, "more\r\n", false }, { 24, "\r\n\r\n", true } };
	struct auth_dkim *d = calloc(1, sizeof(*d));
	struct dns *dns = zone(record[0]);
	struct oct_str s;
	char *text;

	(void)state;
	for (size_t i = 0; i < OCT_LEN(cases); i++) {
		text = sign_partly(cases[i].length);
		oct_str_heap(&s, 1 << 20);
		oct_str_addf(&s, "%s%s", text, cases[i].more);
		verify(dns, oct_str_text(&s), d);
		assert_int_equal(d->sig[0].result, AUTH_PASS);
		assert_true(d->sig[0].length);
		assert_int_equal(d->sig[0].whole_body, cases[i].whole);
		/* Not oversigned: a Cc could be added. */
		assert_false(d->sig[0].covers_cc);
		oct_str_free(&s);
		free(text);
	}
	dns_free(dns);
	free(d);
}

static void
signing_refuses_what_is_no_message(void **state)
{
	static const char *const bad[] = { "", "\r\n", "From", "From: a@b",
		"To: a@b\r\n\r\nx", "no field\r\n\r\n" };
	struct auth_dkim_key key = { .domain = "example.com",
		.selector = "sel" };
	struct oct_str s;

	(void)state;
	for (size_t i = 0; i < 2 * OCT_LEN(bad); i++) {
		key.ed25519 = i % 2 == 1;
		key.pem = pem[i % 2];
		oct_str_heap(&s, 4096);
		assert_int_equal(auth_dkim_sign(lib, &key, bad[i / 2],
			strlen(bad[i / 2]), &s), OCT_EPARSE);
		oct_str_free(&s);
	}
	for (int ed = 0; ed < 2; ed++) {
		key.ed25519 = ed == 1;
		key.pem = "not a key";
		oct_str_heap(&s, 4096);
		assert_int_equal(auth_dkim_sign(lib, &key, MESSAGE,
			strlen(MESSAGE), &s), OCT_ECONF);
		oct_str_free(&s);
	}
	assert_int_equal(auth_dkim_keygen(false, 512, &pem[0], &s), -ERANGE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_changed_message_is_told_apart),
		cmocka_unit_test(a_key_record_is_read_by_the_rules),
		cmocka_unit_test(what_a_pass_says),
		cmocka_unit_test(
		    no_answer_is_a_temperror_and_two_keys_are_none),
		cmocka_unit_test(a_key_in_pkcs1_form_is_taken),
		cmocka_unit_test(a_key_too_long_for_the_library_is_not_cut),
		cmocka_unit_test(
		    of_many_signatures_the_aligned_one_is_judged_first),
		cmocka_unit_test(a_bad_signature_does_not_hide_a_good_one),
		cmocka_unit_test(no_signature_and_no_from_are_no_errors),
		cmocka_unit_test(a_length_is_reported_and_what_follows_it_too),
		cmocka_unit_test(signing_refuses_what_is_no_message),
	};

	return cmocka_run_group_tests_name("dkim", tests, make, unmake);
}

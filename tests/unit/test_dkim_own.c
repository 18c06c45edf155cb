/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DKIM signatures that libopendkim cannot verify as they stand: over a body
 * without its last CRLF, and with U-labels (RFC 8616 5).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "auth/dkim.h"
#include "lib/clock.h"

/* Made by dkimpy; the private keys were thrown away. */
static const char simple[] =
	"DKIM-Signature: v=1; a=rsa-sha256; c=simple/simple;"
	"\r\n"
	" d=xn--bcher-kva.example; i=@xn--bcher-kva.example; "
	"q=dns/txt; s=s;\r\n"
	" t=1700000000; h=from : to : subject : date : messag"
	"e-id;\r\n"
	" bh=RsmzWmMtqDUCMU94ID680etWEPwlQdBVj+d81JPhROs=;"
	"\r\n"
	" b=n3CpCtjM1MTVbvTju+F507LAIBaDfd0Z2edrfl6mD07FbAxus"
	"r8nCwY43a/tx0rm0ZXij\r\n"
	" XdVZCCZJ8c4WPXfuS/n3apwQ99x+UWBE+pqlj9QKm5l332csvdW"
	"/f9RRdF6G+coDnHyNTX2\r\n"
	" oGi4Hbz+1kE2MXOgicnPqu23BMkrIa4=\r\n";

static const char relaxed[] =
	"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed"
	";\r\n"
	" d=xn--bcher-kva.example; i=@xn--bcher-kva.example; "
	"q=dns/txt; s=s;\r\n"
	" t=1700000000; h=from : to : subject : date : messag"
	"e-id;\r\n"
	" bh=le0AuAIwA52I6bAPhItM2jh36cGggoavKU9a8Ra62cg=;"
	"\r\n"
	" b=3h38wA2HsuMmIawdjYNtIAy5ZRMNblgixZv4IFG+iMUoxH2RE"
	"e+8v+gkUaJVMcnmCBuVM\r\n"
	" GQL+gRA4LMtc+rvUOWQWMLuyE618sVFb5i+170MQ+KSeSD6k62g"
	"s8vQvbNNVQ12N9zAdNmR\r\n"
	" 9SQX+w19bZ6JogSrwvjW1W8DgypX7i8=\r\n";

static const char simple_ed[] =
	"DKIM-Signature: v=1; a=ed25519-sha256; c=simple/simp"
	"le;\r\n"
	" d=xn--bcher-kva.example; i=@xn--bcher-kva.example; "
	"q=dns/txt; s=s;\r\n"
	" t=1700000000; h=from : to : subject : date : messag"
	"e-id;\r\n"
	" bh=RsmzWmMtqDUCMU94ID680etWEPwlQdBVj+d81JPhROs=;"
	"\r\n"
	" b=tf2kmWIU4WLd2vZ8b4VYlq4V4ZjEjWCUY0gLwDRBK1xELBHtZ"
	"iElrxjrcaNRxDc7shJkP\r\n"
	" xQG335ttP0O7tYIAg==\r\n";

static const char u_rsa[] =
	"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed"
	"; d=b\303\274cher.example;\r\n"
	" i=@b\303\274cher.example; q=dns/txt; s=cl\303\251; "
	"t=1700000000; h=from : to :\r\n"
	" subject : date : message-id;\r\n"
	" bh=le0AuAIwA52I6bAPhItM2jh36cGggoavKU9a8Ra62cg=;"
	"\r\n"
	" b=cAX9PhDR+JPiD6V0zq2T/PgDTYRvMlzcnsS7L42villtM3rIk"
	"5WOFm4K+SQzE6kHARHNX\r\n"
	" LWPHud+XlvNNOsC1AU9rAnNltL6VS6LuY9EedY1TaSOPzTVK8h/"
	"QgT48aHjEDCBKgzqwnoB\r\n"
	" vkLNWAanrjUmuVADof/o2W7sFRaYSrg=\r\n";

static const char u_ed[] =
	"DKIM-Signature: v=1; a=ed25519-sha256; c=simple/simp"
	"le;\r\n"
	" d=b\303\274cher.example; i=j\303\266@sous.b"
	"\303\274cher.example; q=dns/txt; s=cl\303\251;\r\n"
	" t=1700000000; h=from : to : subject : date : messag"
	"e-id;\r\n"
	" bh=RsmzWmMtqDUCMU94ID680etWEPwlQdBVj+d81JPhROs=;"
	"\r\n"
	" b=aDZzBlCBG2Drpl1H+3hQUcI8qVKtzKExFigAyz3RFSPWtbgv1"
	"xrSDETK9B6S36YwoaY7V\r\n"
	" sN/y23E15DMiFzbAw==\r\n";

static const char rsa_record[] =
	"v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQ"
	"KBgQDyTmMouzDtDTIfBCrqgFRa4nswJuITpp5yiGcGi4LPMLt9yP"
	"IcABynZNFat6+J92DcS68/6mYijsYJK8CpWEb/dHkz/MYKHX4H2O"
	"YJDT/ABEkNyRKT+ZVQAcRWuzKgJs5kempAkhB5d0etTUU3AwjHUP"
	"mI65B/kmDMlgGYE+2TOwIDAQAB";

static const char ed_record[] =
	"v=DKIM1; k=ed25519; p=EVMPqIFnX2IF7J3J8RPMnmwQlO0SEW"
	"OVeXaNZ26YL8M=";

#define HEADER(domain)                                                         \
	"From: Joe <joe@" domain ">\r\nTo: ann@example.org\r\n"               \
	"Subject: hello  there\r\n"                                            \
	"Date: Mon, 5 Jan 2026 10:00:00 +0000\r\n"                             \
	"Message-ID: <1@example.com>\r\n\r\n"
#define A_LABEL "xn--bcher-kva.example"
#define U_LABEL "b\303\274cher.example"
#define BODY "A line.  \r\n\r\nNo line end"

static struct auth_dkim_lib *lib;
static struct auth_dkim results;

static int
make(void **state)
{
	(void)state;
	return auth_dkim_lib_new(&lib);
}

static int
unmake(void **state)
{
	(void)state;
	auth_dkim_lib_free(lib);
	return 0;
}

static void
add_fields(struct oct_msg *m, const char *text)
{
	char field[4096];
	size_t len, name;

	for (; *text != '\0' && *text != '\r'; text += len + 2) {
		for (len = strcspn(text, "\r");
		    text[len + 2] == ' ' || text[len + 2] == '\t';)
			len += 2 + strcspn(text + len + 2, "\r");
		assert_true(len < sizeof(field));
		memcpy(field, text, len);
		field[len] = '\0';
		name = strcspn(field, ":");
		assert_true(name < len);
		field[name] = '\0';
		assert_int_equal(oct_msg_add_field(m, field, field + name + 1),
		    0);
	}
}

static struct oct_msg *
load(const char *field, const char *header)
{
	struct oct_msg_limits limits;
	struct oct_msg *m;

	oct_msg_limits_init(&limits);
	assert_int_equal(oct_msg_new(&limits, &m), 0);
	add_fields(m, field);
	add_fields(m, header);
	return m;
}

/* pieces: octets of the body at once. */
static void
verify(struct dns *dns, struct oct_msg *m, bool given, const char *body,
    size_t pieces, struct auth_dkim *out)
{
	struct auth_dkim_verifier *v;
	struct dns_session *s;
	size_t n;

	assert_int_equal(dns_session_new(dns, oct_clock_mono_ms() + 5000, 100,
		&s), 0);
	assert_int_equal(auth_dkim_verify_new(lib, s, "id", &v), 0);
	if (given)
		auth_dkim_verify_message(v, m);
	for (size_t i = 0; i < oct_msg_field_count(m); i++) {
		const struct oct_field *f = oct_msg_field(m, i);

		assert_int_equal(auth_dkim_verify_field(v, f->name,
			f->name_len, f->value, f->value_len), 0);
	}
	assert_int_equal(auth_dkim_verify_eoh(v), 0);
	for (; *body != '\0'; body += n) {
		n = strnlen(body, pieces);
		assert_int_equal(auth_dkim_verify_body(v, body, n), 0);
	}
	assert_int_equal(auth_dkim_verify_end(v, out), 0);
	auth_dkim_verify_free(v);
	dns_session_free(s);
}

static struct dns *
zone(const char *name, const char *record)
{
	struct dns *dns;

	assert_int_equal(dns_new_static(&dns), 0);
	if (record != NULL)
		assert_int_equal(dns_static_add(dns, name, DNS_TXT, record,
			strlen(record)), 0);
	else
		assert_int_equal(dns_static_timeout(dns, name), 0);
	return dns;
}

static void
expect(const char *name, const struct auth_dkim_sig *sig,
    enum auth_result result)
{
	print_message("  %s: %s %s\n", name, auth_result_name(sig->result),
	    sig->problem);
	assert_string_equal(auth_result_name(sig->result),
	    auth_result_name(result));
}

static const struct {
	const char *name, *field, *record, *body;
	enum auth_result result;
} body_rows[] = {
	{ "simple", simple, rsa_record, BODY, AUTH_PASS },
	{ "simple, with its CRLF", simple, rsa_record, BODY "\r\n", AUTH_PASS },
	{ "simple, a bare CR", simple, rsa_record, BODY "\r", AUTH_FAIL },
	{ "simple, a blank", simple, rsa_record, BODY " ", AUTH_FAIL },
	{ "simple, ed25519", simple_ed, ed_record, BODY, AUTH_PASS },
	{ "simple, another end", simple, rsa_record, BODY "s", AUTH_FAIL },
	{ "relaxed", relaxed, rsa_record, BODY, AUTH_PASS },
	{ "relaxed, with its CRLF", relaxed, rsa_record, BODY "\r\n",
	    AUTH_PASS },
	{ "relaxed, a blank", relaxed, rsa_record, BODY " ", AUTH_PASS },
	{ "relaxed, another end", relaxed, rsa_record, BODY "s", AUTH_FAIL },
	{ "no body", simple, rsa_record, "", AUTH_FAIL },
};

static void
a_body_gets_the_crlf_that_it_lacks(void **state)
{
	struct auth_dkim *d = &results;

	(void)state;
	for (size_t i = 0; i < OCT_LEN(body_rows); i++) {
		struct dns *dns = zone("s._domainkey." A_LABEL,
		    body_rows[i].record);
		struct oct_msg *m = load(body_rows[i].field, HEADER(A_LABEL));

		for (size_t pieces = 1; pieces < 64; pieces += 11) {
			verify(dns, m, true, body_rows[i].body, pieces, d);
			assert_int_equal(d->count, 1);
			expect(body_rows[i].name, &d->sig[0],
			    body_rows[i].result);
			assert_true(d->sig[0].whole_body);
		}
		oct_msg_free(m);
		dns_free(dns);
	}
}

#define U_KEY "xn--cl-cja._domainkey." A_LABEL

static const struct {
	const char *name, *field, *record, *from, *body;
	enum auth_result result;
} label_rows[] = {
	{ "rsa", u_rsa, rsa_record, U_LABEL, BODY "\r\n", AUTH_PASS },
	{ "ed25519", u_ed, ed_record, U_LABEL, BODY "\r\n", AUTH_PASS },
	{ "no CRLF at the end", u_ed, ed_record, U_LABEL, BODY, AUTH_PASS },
	{ "From as an A-label: other octets", u_rsa, rsa_record, A_LABEL,
	    BODY "\r\n", AUTH_FAIL },
	{ "other body", u_rsa, rsa_record, U_LABEL, "Hello", AUTH_FAIL },
	{ "other kind of key", u_rsa, ed_record, U_LABEL, BODY "\r\n",
	    AUTH_PERMERROR },
	{ "no answer", u_rsa, NULL, U_LABEL, BODY "\r\n", AUTH_TEMPERROR },
	{ "revoked", u_rsa, "v=DKIM1; p=", U_LABEL, BODY "\r\n",
	    AUTH_PERMERROR },
	{ "key in UTF-8", u_rsa, "v=DKIM1; n=\303\251; p=", U_LABEL,
	    BODY "\r\n", AUTH_PERMERROR },
};

static struct oct_msg *
load_row(size_t i)
{
	return load(label_rows[i].field,
	    strcmp(label_rows[i].from, A_LABEL) == 0 ? HEADER(A_LABEL)
						     : HEADER(U_LABEL));
}

static void
u_labels_are_looked_up_as_a_labels(void **state)
{
	struct auth_dkim *d = &results;

	(void)state;
	for (size_t i = 0; i < OCT_LEN(label_rows); i++) {
		struct dns *dns = zone(U_KEY, label_rows[i].record);
		struct oct_msg *m = load_row(i);

		verify(dns, m, true, label_rows[i].body, 7, d);
		assert_int_equal(d->count, 1);
		expect(label_rows[i].name, &d->sig[0], label_rows[i].result);
		/* What alignment and reports go by. */
		assert_string_equal(d->sig[0].domain, A_LABEL);
		assert_string_equal(d->sig[0].selector, "xn--cl-cja");
		if (label_rows[i].result == AUTH_PASS)
			assert_true(d->sig[0].covers_from &&
			    d->sig[0].whole_body && d->sig[0].key_bits > 0);
		oct_msg_free(m);
		dns_free(dns);
	}
}

/* t=s: i= below d= is refused, whatever form its labels have. */
static void
a_key_for_the_very_domain(void **state)
{
	struct auth_dkim *d = &results;
	char strict[2048];
	struct oct_msg *m;
	struct dns *dns;

	(void)state;
	(void)snprintf(strict, sizeof(strict), "t=s; %s", ed_record + 9);
	dns = zone(U_KEY, strict);
	m = load(u_ed, HEADER(U_LABEL)); /* i= is below */
	verify(dns, m, true, BODY, 7, d);
	expect("below", &d->sig[0], AUTH_PERMERROR);
	oct_msg_free(m);
	dns_free(dns);
	(void)snprintf(strict, sizeof(strict), "t=s; %s", rsa_record + 9);
	dns = zone(U_KEY, strict);
	m = load(u_rsa, HEADER(U_LABEL)); /* i= is d= */
	verify(dns, m, true, BODY, 7, d);
	expect("equal", &d->sig[0], AUTH_PASS);
	oct_msg_free(m);
	dns_free(dns);
}

static void
without_the_message_it_is_an_error(void **state)
{
	struct auth_dkim *d = &results;
	struct dns *dns = zone(U_KEY, rsa_record);
	struct oct_msg *m = load(u_rsa, HEADER(U_LABEL));

	(void)state;
	verify(dns, m, false, BODY, 7, d);
	expect("not given", &d->sig[0], AUTH_PERMERROR);
	oct_msg_free(m);
	dns_free(dns);
}

static void
what_is_no_utf8_is_malformed(void **state)
{
	static const char *const rows[] = { "d=b\374cher.example",
		"d=b\303.example", "d=\302\205.example",
		"d=\355\240\200.example" };
	struct auth_dkim *d = &results;
	struct dns *dns = zone(U_KEY, rsa_record);
	char field[512];

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct oct_msg *m;

		(void)snprintf(field, sizeof(field), "DKIM-Signature: v=1; "
		    "a=rsa-sha256; %s; s=s; h=from; bh=YQ==; b=YQ==\r\n",
		    rows[i]);
		m = load(field, HEADER(U_LABEL));
		verify(dns, m, true, BODY, 7, d);
		expect(rows[i], &d->sig[0], AUTH_PERMERROR);
		oct_msg_free(m);
	}
	dns_free(dns);
}

#define FIELDS "Subject: x\r\nDate: Mon, 5 Jan 2026 10:00:00 +0000\r\n"
#define GOOD "From: a@b.example\r\n" FIELDS

/* What the library does not read, or not by the letter. */
static const struct {
	const char *name, *header, *body, *other; /* another body */
} hard[] = {
	{ "CR in a line", GOOD, "a\rb\r\n", "ab\r\n" },
	{ "CR first", GOOD, "\rab\r\n", "ab\r\n" },
	{ "CR and a blank", GOOD, "a \r b\r\n", "a  b\r\n" },
	{ "two CR at the end", GOOD, "a\r\n\r\r\n", "a\r\n\r\n" },
	{ "CR last", GOOD, "a\r", "a\rb" },
	{ "no address in From", "From: Mail System <MAILER-DAEMON>\r\n" FIELDS,
	    "a\r\n", "b\r\n" },
	{ "empty From", "From:\r\n" FIELDS, "a\r\n", "b\r\n" },
	{ "From in disorder", "From: x,(<a@b.example>)\r\n" FIELDS, "a\r\n",
	    "b\r\n" },
	{ "nobody in From", "From: \"\" <>\r\n" FIELDS, "a\r\n", "b\r\n" },
};

static void
what_the_library_does_not_read_is_verified(void **state)
{
	struct auth_dkim_key key = { .domain = "b.example", .selector = "s",
		.ed25519 = true };
	struct auth_dkim *d = &results;
	struct oct_str record;
	char *pem = NULL;
	struct dns *dns;

	(void)state;
	oct_str_heap(&record, 1000);
	assert_int_equal(auth_dkim_keygen(true, 0, &pem, &record), 0);
	key.pem = pem;
	dns = zone("s._domainkey.b.example", oct_str_text(&record));
	oct_str_free(&record);
	for (size_t i = 0; i < OCT_LEN(hard); i++) {
		const struct auth_dkim_parts parts = { .header = hard[i].header,
			.header_len = strlen(hard[i].header),
			.body = hard[i].body,
			.body_len = strlen(hard[i].body) };
		struct oct_str field;

		oct_str_heap(&field, 4096);
		assert_int_equal(auth_dkim_sign_parts(lib, &key, &parts,
			&field), 0);
		for (size_t k = 0; k < 2; k++) {
			const char *body = k == 0 ? hard[i].body
						  : hard[i].other;
			struct oct_msg *m = load(oct_str_text(&field),
			    hard[i].header);

			assert_int_equal(oct_msg_add_body(m, body,
				strlen(body)), 0);
			verify(dns, m, true, body, k + 1, d);
			assert_int_equal(d->count, 1);
			expect(hard[i].name, &d->sig[0],
			    k == 0 ? AUTH_PASS : AUTH_FAIL);
			oct_msg_free(m);
		}
		oct_str_free(&field);
	}
	dns_free(dns);
	free(pem);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_body_gets_the_crlf_that_it_lacks),
		cmocka_unit_test(u_labels_are_looked_up_as_a_labels),
		cmocka_unit_test(a_key_for_the_very_domain),
		cmocka_unit_test(without_the_message_it_is_an_error),
		cmocka_unit_test(what_is_no_utf8_is_malformed),
		cmocka_unit_test(what_the_library_does_not_read_is_verified),
	};

	return cmocka_run_group_tests_name("dkim_own", tests, make, unmake);
}

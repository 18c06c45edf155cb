/* SPDX-License-Identifier: Apache-2.0 */
#include "courier/dsn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "lib/err.h"
#include "tests/support/mail_check.h"

static const char fields[] = "From:, To:, Subject:, Date:, Message-ID:, "
    "In-Reply-To:, References:, Auto-Submitted:, X-Auto-Response-Suppress:, "
    "MIME-Version:, Content-Type:";
static const char text_fields[] = "Content-Type:, Content-Transfer-Encoding:, "
    "Content-Language:";
static const char copy_fields[] = "Content-Type:, Content-Transfer-Encoding:";
static const char header[] =
    "Received: from x\r\n\tby y\r\nFrom: a@b.example\r\n"
    "Subject: secret plans\r\n\r\nThe body.\r\n";

#define BOUNDARY "=_octroi_00000000000000000000000000030201"

/* The parts of a composed notification. */
struct parts {
	struct oct_str mail, text, copy;
	const char *status; /* up to the NUL */
	const char *encoding;
	char buf[4096];
};

static struct dsn
a_dsn(void)
{
	return (struct dsn){ .reason = DSN_UNCONFIRMED, .host = "mx.example",
		.role = "filtre@filtre.example", .to = "jean@orange.example",
		.random = { 1, 2, 3 }, .rcpt = "Mairie@Exemple.example",
		.orcpt = "", .envid = "", .diagnostic = "",
		.now_ms = 1795862700000, .arrival_ms = 1795257900000,
		.orig_id = "<m1@orange.example>", .orig_refs = "",
		.headers = header, .headers_len = sizeof(header) - 1,
		.contact = { "Centre de gestion", "aide@cdg.example", "",
		    "" } };
}

/* Cut the next part off at its boundary; NULL-terminates it in place. */
static char *
next_part(char **rest)
{
	char *part = *rest, *end = strstr(part, "\r\n--" BOUNDARY);

	assert_non_null(end);
	*rest = end + strlen("\r\n--" BOUNDARY);
	if (strcmp(*rest, "--\r\n") != 0) {
		assert_memory_equal(*rest, "\r\n", 2);
		*rest += 2;
	}
	/* The line end before a boundary belongs to it. */
	end[0] = '\0';
	return part;
}

static void
compose(const struct dsn *d, struct parts *p)
{
	char *rest, *part;
	const char *body;

	oct_str_heap(&p->mail, DSN_MAX);
	oct_str_heap(&p->text, DSN_MAX);
	oct_str_heap(&p->copy, DSN_MAX);
	assert_int_equal(dsn_write(d, &p->mail), 0);
	body = mail_check_header(p->mail.buf, fields);
	mail_check_lines(body, NULL, 998);
	assert_string_equal(mail_check_field(p->mail.buf, "Content-Type",
	    p->buf,
	    sizeof(p->buf)), "multipart/report; report-type=delivery-status; "
	    "boundary=\"" BOUNDARY "\"");
	rest = p->mail.buf + (body - p->mail.buf);
	assert_memory_equal(rest, "--" BOUNDARY "\r\n", sizeof(BOUNDARY) + 3);
	rest += sizeof(BOUNDARY) + 3;
	part = next_part(&rest);
	body = mail_check_header(part, text_fields);
	mail_check_qp(body, NULL, &p->text);
	part = next_part(&rest);
	assert_string_equal(mail_check_field(part, "Content-Type", p->buf,
	    sizeof(p->buf)), "message/delivery-status");
	p->status = strstr(part, "\r\n\r\n") + 4;
	mail_check_status(p->status);
	part = next_part(&rest);
	body = mail_check_header(part, copy_fields);
	p->encoding = mail_check_field(part, "Content-Transfer-Encoding",
	    p->buf,
	    sizeof(p->buf));
	assert_non_null(p->encoding);
	if (strcmp(p->encoding, "7bit") == 0)
		oct_str_add(&p->copy, body);
	else
		mail_check_qp(body, NULL, &p->copy);
	assert_string_equal(rest, "--\r\n");
}

static void
drop(struct parts *p)
{
	oct_str_free(&p->mail);
	oct_str_free(&p->text);
	oct_str_free(&p->copy);
}

static void
notification_is_whole(void **state OCT_UNUSED)
{
	static const char status[] = "Reporting-MTA: dns; mx.example\r\n"
	    "Arrival-Date: Sat, 21 Nov 2026 10:45:00 +0000\r\n\r\n"
	    "Final-Recipient: rfc822;Mairie@Exemple.example\r\n"
	    "Action: failed\r\nStatus: 5.7.1\r\n";
	struct dsn d = a_dsn();
	struct parts p;

	compose(&d, &p);
	assert_string_equal(p.status, status);
	assert_string_equal(p.encoding, "7bit");
	assert_string_equal(oct_str_text(&p.copy),
	    "Received: from x\r\n\tby y\r\n"
	    "From: a@b.example\r\nSubject: secret plans\r\n");
	assert_non_null(strstr(p.text.buf, "n'a pas été"));
	assert_non_null(strstr(p.text.buf, "    Mairie@Exemple.example\r\n"));
	assert_non_null(strstr(p.text.buf, "English"));
	assert_non_null(strstr(p.text.buf, "aide@cdg.example"));
	assert_null(strstr(p.text.buf, "The body"));
	assert_string_equal(mail_check_field(p.mail.buf, "Auto-Submitted",
	    p.buf,
	    sizeof(p.buf)), "auto-replied");
	assert_string_equal(mail_check_field(p.mail.buf, "To", p.buf,
	    sizeof(p.buf)), "<jean@orange.example>");
	assert_string_equal(mail_check_field(p.mail.buf, "In-Reply-To", p.buf,
	    sizeof(p.buf)), "<m1@orange.example>");
	drop(&p);
}

static void
text_says_what_happened(void **state OCT_UNUSED)
{
	static const struct {
		enum dsn_reason reason;
		const char *want, *want_en, *never;
	} rows[] = {
		{ DSN_UNCONFIRMED, "Nous vous avons écrit", "asked you to",
		    "sans que nous" },
		{ DSN_UNASKED, "sans que nous puissions", "its recipient",
		    "Nous vous avons" },
		{ DSN_REFUSED, "l'a refusé", "refused it", "premier message" },
		{ DSN_GAVE_UP, "plusieurs jours", "could not be", "premier" },
	};

	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct dsn d = a_dsn();
		struct parts p;

		d.reason = rows[i].reason;
		d.diagnostic = rows[i].reason == DSN_REFUSED ? "550 5.2.1 no"
							     : "";
		compose(&d, &p);
		assert_non_null(strstr(p.text.buf, rows[i].want));
		assert_non_null(strstr(p.text.buf, rows[i].want_en));
		assert_null(strstr(p.text.buf, rows[i].never));
		assert_non_null(strstr(p.status,
		    rows[i].reason == DSN_REFUSED     ? "Status: 5.2.1\r\n"
			: rows[i].reason == DSN_GAVE_UP ? "Status: 4.4.7\r\n"
							: "Status: 5.7.1\r\n"));
		drop(&p);
	}
}

static void
envelope_comes_back_as_it_was(void **state OCT_UNUSED)
{
	static const struct {
		const char *name, *rcpt, *orcpt, *envid;
		const char *want, *never;
	} rows[] = {
		{ "orcpt and envid", "r@x.example", "rfc822;Old@x.example",
		    "q+2B1+3D",
		    "Original-Envelope-Id: q+1=\r\n", "never" },
		{ "orcpt comes before", "r@x.example",
		    "rfc822;Old+2Btag@x.example",
		    "",
		    "\r\n\r\nOriginal-Recipient: rfc822;Old+tag@x.example\r\n"
		    "Final-Recipient: rfc822;r@x.example\r\n", "Envelope" },
		{ "quoted local part", "\"a b\"@x.example", "", "",
		    "Final-Recipient: rfc822;\"a b\"@x.example\r\n",
		    "Original" },
		{ "UTF-8 recipient", "\xc3\xa9+t@x.example", "", "",
		    "Final-Recipient: utf-8;\\x{E9}\\x{2B}t@x.example\r\n",
		    "Original" },
		{ "UTF-8 orcpt", "r@x.example", "utf-8;\\x{E9}@x.example", "",
		    "Original-Recipient: utf-8;\\x{E9}@x.example\r\n",
		    "rfc822;\\" },
		{ "unencoded UTF-8 orcpt", "r@x.example",
		    "UTF-8;\xc3\xa9@x.example",
		    "", "Original-Recipient: UTF-8;\\x{E9}@x.example\r\n",
		    "\xc3" },
		{ "orcpt that breaks the line", "r@x.example",
		    "rfc822;a+0D+0AAction:+20delivered", "", "Final-Recipient",
		    "delivered" },
		{ "raw line end in orcpt", "r@x.example",
		    "rfc822;a\r\nAction: x",
		    "", "Final-Recipient", "Action: x" },
		{ "raw line end in utf-8 orcpt", "r@x.example",
		    "utf-8;a\r\nAction: x", "", "Final-Recipient",
		    "Action: x" },
		{ "orcpt without type", "r@x.example", ";a@b", "",
		    "Final-Recipient", "Original" },
		{ "orcpt without address", "r@x.example", "rfc822;", "",
		    "Final-Recipient", "Original" },
		{ "envid that breaks the line", "r@x.example", "",
		    "a+0D+0AX-Evil:+20y", "Final-Recipient", "Evil" },
		{ "envid cut in an escape", "r@x.example", "", "a+4",
		    "Final-Recipient", "Envelope" },
		{ "envid of small hex", "r@x.example", "", "a+4a",
		    "Final-Recipient", "Envelope" },
	};

	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct dsn d = a_dsn();
		struct parts p;

		print_message("  %s\n", rows[i].name);
		d.rcpt = rows[i].rcpt;
		d.orcpt = rows[i].orcpt;
		d.envid = rows[i].envid;
		compose(&d, &p);
		assert_non_null(strstr(p.status, rows[i].want));
		assert_null(strstr(p.status, rows[i].never));
		drop(&p);
	}
}

static void
refusal_keeps_its_code(void **state OCT_UNUSED)
{
	static const char *const rows[][2] = {
		{ "550 5.1.1 no such user", "Status: 5.1.1\r\n"
		    "Diagnostic-Code: smtp; 550 5.1.1 no such user\r\n" },
		{ "552 5.2.2", "Status: 5.2.2\r\n" },
		{ "550 no",
		    "Status: 5.0.0\r\nDiagnostic-Code: smtp; 550 no\r\n" },
		{ "550 4.2.2 x", "Status: 5.0.0\r\n" },
		{ "550 5.1.1x y", "Status: 5.0.0\r\n" },
		{ "550 5.1.1234 y", "Status: 5.0.0\r\n" },
		{ "550 5. y", "Status: 5.0.0\r\n" },
		{ "", "Status: 5.0.0\r\n" },
		{ "550 5.1.1\r\nX: y", "Status: 5.0.0\r\n" },
	};

	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct dsn d = a_dsn();
		struct parts p;

		print_message("  %s\n", rows[i][0]);
		d.reason = DSN_REFUSED;
		d.diagnostic = rows[i][0];
		compose(&d, &p);
		assert_non_null(strstr(p.status, rows[i][1]));
		assert_null(strstr(p.status, "\nX:"));
		assert_non_null(strstr(p.text.buf, "serveur de messagerie"));
		drop(&p);
	}
}

static void
odd_headers_are_copied_safely(void **state OCT_UNUSED)
{
	static const char nul[] = "A: x\0y\r\n\r\n";
	static const struct {
		const char *name, *in;
		size_t len;
		const char *encoding, *want;
	} rows[] = {
		{ "none", "", 0, "7bit", "" },
		{ "body only", "\r\nbody", 6, "7bit", "" },
		{ "8 bits", "Subject: \xc3\xa9\r\n\r\n", 15, "quoted-printable",
		    "Subject: \xc3\xa9\r\n" },
		{ "bare LF", "A: x\nB: y\n\nbody", 15, "quoted-printable",
		    "A: x\r\nB: y\r\n" },
		{ "unfinished", "A: x", 4, "quoted-printable", "A: x" },
		{ "bare CR", "A: x\ry\r\n", 8, "quoted-printable",
		    "A: x\ry\r\n" },
		{ "a NUL", nul, sizeof(nul) - 1, "quoted-printable", "A: x" },
	};

	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct dsn d = a_dsn();
		struct parts p;

		print_message("  %s\n", rows[i].name);
		d.headers = rows[i].in;
		d.headers_len = rows[i].len;
		compose(&d, &p);
		assert_string_equal(p.encoding, rows[i].encoding);
		assert_string_equal(oct_str_text(&p.copy), rows[i].want);
		drop(&p);
	}
}

static void
long_headers_are_copied_by_whole_fields(void **state OCT_UNUSED)
{
	struct dsn d = a_dsn();
	struct oct_str in;
	struct parts p;

	oct_str_heap(&in, 1u << 20);
	oct_str_add(&in, "First: 1\r\nGiant: ");
	for (int i = 0; i < 2000; i++)
		oct_str_add(&in, "0123456789\r\n ");
	oct_str_add(&in, "end\r\n");
	for (int i = 0; i < 10000; i++)
		oct_str_addf(&in, "F%d: \xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\r\n",
		    i);
	d.headers = in.buf;
	d.headers_len = in.len;
	compose(&d, &p);
	assert_memory_equal(p.copy.buf, "First: 1\r\nF0: ", 14);
	assert_true(p.copy.len <= DSN_HEADERS_MAX);
	assert_true(p.copy.len > DSN_HEADERS_MAX - 20);
	assert_string_equal(p.copy.buf + p.copy.len - 2, "\r\n");
	drop(&p);
	oct_str_free(&in);
}

static void
wrong_inputs_are_refused(void **state OCT_UNUSED)
{
	char long_rcpt[1200];
	const struct {
		const char *name;
		size_t member;
		const char *value;
		int want;
	} rows[] = {
#define AT(m) offsetof(struct dsn, m)
		{ "null path", AT(to), "", OCT_EPARSE },
		{ "injection in to", AT(to),
		    "a@b.example>\r\nBcc: <c@d.example",
		    OCT_EPARSE },
		{ "host", AT(host), "x.example\r\nA: b", OCT_EPARSE },
		{ "no recipient", AT(rcpt), "", OCT_EPARSE },
		{ "injection in recipient", AT(rcpt),
		    "a@b\r\nAction: delivered",
		    OCT_EPARSE },
		{ "recipient not UTF-8", AT(rcpt), "\xff@b", OCT_EPARSE },
		{ "long recipient", AT(rcpt), long_rcpt, OCT_EPARSE },
		{ "contact", AT(contact.help), "a\nb", OCT_ECONF },
#undef AT
	};

	memset(long_rcpt, 'a', sizeof(long_rcpt));
	long_rcpt[sizeof(long_rcpt) - 1] = '\0';
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct dsn d = a_dsn();
		struct oct_str out;

		print_message("  %s\n", rows[i].name);
		memcpy((char *)&d + rows[i].member, &rows[i].value,
		    sizeof(rows[i].value));
		oct_str_heap(&out, DSN_MAX);
		assert_int_equal(dsn_write(&d, &out), rows[i].want);
		oct_str_free(&out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(notification_is_whole),
		cmocka_unit_test(text_says_what_happened),
		cmocka_unit_test(envelope_comes_back_as_it_was),
		cmocka_unit_test(refusal_keeps_its_code),
		cmocka_unit_test(odd_headers_are_copied_safely),
		cmocka_unit_test(long_headers_are_copied_by_whole_fields),
		cmocka_unit_test(wrong_inputs_are_refused),
	};

	if (setenv("TZ", "UTC", 1) != 0)
		return 1;
	tzset();
	return cmocka_run_group_tests_name("dsn", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The digest and the notices to owners and administrators: lawful mail, and
 * nothing of strangers' text that could act.
 */
#include "courier/digest_mail.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "courier/notice_mail.h"
#include "lib/err.h"
#include "tests/support/mail_check.h"

#define BOUNDARY "=_octroi_00000000000000000000000000030201"
#define URL "https://filtre.example/o/"

static const char fields[] = "From:, To:, Subject:, Date:, Message-ID:, "
    "Auto-Submitted:, X-Auto-Response-Suppress:, MIME-Version:, "
    "List-Unsubscribe:, List-Unsubscribe-Post:, Content-Type:, "
    "Content-Transfer-Encoding:, Content-Language:";

static struct digest_line
a_line(void)
{
	return (struct digest_line){ .arrival_ms = 1795257900000,
		.expiry_ms = 1795257900000 + 7 * INT64_C(86400000),
		.rcpt = "", .from = "jean@orange.example",
		.rpath = "rebond@orange.example", .class = "A",
		.subject = "=?iso-8859-1?Q?=C9t=E9?= <b>chaud</b>",
		.reason = "first-contact", .asked = true,
		.release = URL "r", .accept = URL "a", .refuse = URL "n" };
}

static struct digest_mail
a_mail(const struct digest_line *lines, size_t count)
{
	return (struct digest_mail){ .host = "filtre.example",
		.role = "filtre@filtre.example", .to = "mairie@ville.example",
		.mailbox = "mairie@ville.example",
		.random = { 1, 2, 3 }, .now_ms = 1795257960000,
		.lines = lines, .count = count, .total = count,
		.page = URL "tout", .unsubscribe = URL "fin",
		.contact = { "Centre de gestion", "aide@cdg.example", "",
		    "" } };
}

/* A button that leads the eye; what a link is called beside its text. */
#define FULL "background:#0e5058;border-color:#0e5058"
#define NAME ", jean@orange.example, Été &lt;b&gt;chaud&lt;/b&gt;\""

struct parts {
	struct oct_str mail, text, html;
	char buf[1024];
};

static void
drop(struct parts *p)
{
	oct_str_free(&p->mail);
	oct_str_free(&p->text);
	oct_str_free(&p->html);
}

/* The part that begins at s, decoded; where the next one begins. */
static const char *
read_part(const char *s, const char *names, struct oct_str *out)
{
	const char *body = mail_check_header(s, names);
	const char *end = strstr(body, "\r\n--" BOUNDARY);

	assert_non_null(end);
	mail_check_qp(body, end, out);
	return end + strlen("\r\n--" BOUNDARY);
}

static void
compose(const struct digest_mail *m, struct parts *p)
{
	const char *body, *rest;

	oct_str_heap(&p->mail, DIGEST_MAIL_MAX);
	oct_str_heap(&p->text, DIGEST_MAIL_MAX);
	oct_str_heap(&p->html, DIGEST_MAIL_MAX);
	assert_int_equal(digest_mail_write(m, &p->mail), 0);
	body = mail_check_header(p->mail.buf, fields);
	mail_check_lines(body, NULL, 76);
	assert_memory_equal(body, "--" BOUNDARY "\r\n", sizeof(BOUNDARY) + 3);
	rest = read_part(body + sizeof(BOUNDARY) + 3,
	    "Content-Type:, Content-Transfer-Encoding:, Content-Language:",
	    &p->text);
	assert_memory_equal(rest, "\r\n", 2);
	rest = read_part(rest + 2, "Content-Type:, Content-Transfer-Encoding:",
	    &p->html);
	assert_string_equal(rest, "--\r\n");
}

static void
digest_is_whole(void **state OCT_UNUSED)
{
	static const char *const text[] = {
		"  1. jean@orange.example (adresse vérifiée)\r\n",
		"     Objet\u00a0: Été <b>chaud</b>\r\n",
		"     Arrivé le samedi 21 novembre 2026 à\u00a010\u00a0h\u00a045",
		"     Gardé jusqu'au samedi 28 novembre 2026",
		"     Motif\u00a0: premier message de cet expéditeur, à qui",
		"     Remettre\u00a0: " URL "r\r\n",
		"     Remettre et accepter\u00a0: " URL "a\r\n",
		"     Refuser\u00a0: " URL "n\r\n", "\r\n" URL "tout\r\n",
		"Un message est gardé en attente pour mairie@ville.example",
		"\r\n1 autre message, déjà signalé, attend toujours.\r\n",
		"\r\n\r\nEnglish\r\n\r\n",
	};
	static const char *const html[] = { "<!DOCTYPE html>\r\n",
		"<html lang=\"fr\">", "<div lang=\"en\"", "<title>1 message",
		">Été &lt;b&gt;chaud&lt;/b&gt;</p>", "<strong>jean@orange",
		FULL "\" href=\"" URL "r\" aria-label=\"Remettre" NAME
		">Remettre</a>",
		"href=\"" URL "a\" aria-label=\"Remettre et accepter" NAME
		">Remettre et accepter</a>",
		"href=\"" URL "n\" aria-label=\"Refuser" NAME ">Refuser</a>",
		"href=\"" URL "tout\">Ouvrir la page de mes messages</a>",
		"</html>\r\n" };
	struct digest_line line = a_line();
	struct digest_mail m = a_mail(&line, 1);
	struct parts p;

	m.earlier = 1;
	compose(&m, &p);
	for (size_t i = 0; i < OCT_LEN(text); i++)
		if (strstr(p.text.buf, text[i]) == NULL)
			fail_msg("missing: %s in %s", text[i], p.text.buf);
	for (size_t i = 0; i < OCT_LEN(html); i++)
		if (strstr(p.html.buf, html[i]) == NULL)
			fail_msg("missing: %s in %s", html[i], p.html.buf);
	assert_null(strstr(p.html.buf, "src="));
	assert_null(strstr(p.html.buf, "<script"));
	assert_null(strstr(p.html.buf, "@import"));
	assert_null(strchr(p.html.buf, '\x01'));
	drop(&p);
}

static void
nobody_is_led_to_junk(void **state OCT_UNUSED)
{
	static const struct {
		const char *class, *reason;
		bool led;
	} rows[] = {
		{ "A", "first-contact", true },
		{ "N", "automatic", true },
		{ "A", "spam", false },
		{ "N", "spoof", false },
		{ "F", "dmarc", false },
		{ "X", "first-contact", false },
	};
	struct digest_line line = a_line();
	struct digest_mail m = a_mail(&line, 1);

	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct parts p;

		print_message("  %s %s\n", rows[i].class, rows[i].reason);
		line.class = rows[i].class;
		line.reason = rows[i].reason;
		compose(&m, &p);
		assert_int_equal(strstr(p.html.buf,
				     FULL "\" href=\"" URL "r\"") != NULL,
		    rows[i].led);
		drop(&p);
	}
}

static void
header_is_that_of_a_notice(void **state OCT_UNUSED)
{
	static const char *const rows[][2] = {
		{ "From", "\"Filtre de messagerie\" <filtre@filtre.example>" },
		{ "To", "<mairie@ville.example>" },
		{ "Subject", "1 message en attente pour mairie@ville.example" },
		{ "Auto-Submitted", "auto-generated" },
		{ "List-Unsubscribe", " <" URL "fin>" },
		{ "List-Unsubscribe-Post", "List-Unsubscribe=One-Click" },
		{ "Content-Type", "multipart/alternative; boundary=\""
		    BOUNDARY "\"" },
		{ "In-Reply-To", "" },
	};
	struct digest_line line = a_line();
	struct digest_mail m = a_mail(&line, 1);
	struct parts p;

	compose(&m, &p);
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		const char *got = mail_check_field(p.mail.buf, rows[i][0],
		    p.buf, sizeof(p.buf));

		assert_string_equal(got + (*got == ' '),
		    rows[i][1] + (rows[i][1][0] == ' '));
	}
	drop(&p);
}

static void
strangers_text_cannot_act(void **state OCT_UNUSED)
{
	static const struct {
		const char *name;
		struct digest_line line;
		const char *want, *never;
	} rows[] = {
		{ "link in the subject", { .from = "a@b.example",
		    .subject = "voir http://evil.example/x vite" },
		    "voir [lien retiré] vite", "evil" },
		{ "link in an encoded subject", { .from = "a@b.example",
		    .subject = "=?utf-8?B?V1dXLmV2aWwuZXhhbXBsZQ==?=" },
		    "[lien retiré]", "evil" },
		{ "line end in the subject", { .from = "a@b.example",
		    .subject = "=?utf-8?Q?a=0D=0AX-Evil:_b?=" },
		    "\u00a0: a X-Evil: b\r\n", "\nX-Evil" },
		{ "direction", { .from = "a@b.example",
		    .subject = "=?utf-8?Q?a=E2=80=AEb?=" },
		    "\u00a0: ab\r\n", "\u202e" },
		{ "no subject", { .from = "a@b.example", .subject = "" },
		    "(sans objet)", "NULL" },
		{ "no author", { .from = "", .rpath = "r@b.example",
		    .subject = "a" }, "1. r@b.example (", "NULL" },
		{ "nobody", { .from = "", .rpath = "", .subject = "a" },
		    "1. Expéditeur non indiqué (", "NULL" },
		{ "hidden characters in the address",
		    { .from = "a\u202e@b.example", .subject = "a" },
		    "1. Adresse illisible (", "\u202e" },
		{ "markup in the address",
		    { .from = "\"<script>\"@b.example", .subject = "a" },
		    "1. \"<script>\"@b.example (", "NULL" },
		{ "unknown class and reason", { .from = "a@b.example",
		    .subject = "a", .class = "?", .reason = "??" },
		    "(adresse non vérifiée)", "??" },
	};

	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct digest_line line = a_line();
		struct digest_mail m;
		struct parts p;

		print_message("  %s\n", rows[i].name);
		line.from = rows[i].line.from;
		line.subject = rows[i].line.subject;
		if (rows[i].line.rpath != NULL)
			line.rpath = rows[i].line.rpath;
		if (rows[i].line.class != NULL) {
			line.class = rows[i].line.class;
			line.reason = rows[i].line.reason;
		}
		m = a_mail(&line, 1);
		compose(&m, &p);
		if (strstr(p.text.buf, rows[i].want) == NULL)
			fail_msg("missing: %s in %s", rows[i].want,
			    p.text.buf);
		assert_null(strstr(p.text.buf, rows[i].never));
		assert_null(strstr(p.html.buf, rows[i].never));
		assert_null(strstr(p.html.buf, "<script"));
		drop(&p);
	}
}

static void
many_lines_are_bounded(void **state OCT_UNUSED)
{
	struct digest_line lines[DIGEST_LINES_MAX + 5];
	struct digest_mail m = a_mail(lines, OCT_LEN(lines));
	struct parts p;
	char subject[4000];
	size_t links = 0;

	/* Everything as long as it may be. */
	memset(subject, 'W', sizeof(subject) - 1);
	subject[sizeof(subject) - 1] = '\0';
	for (size_t i = 0; i < OCT_LEN(lines); i++) {
		lines[i] = a_line();
		lines[i].subject = subject;
	}
	m.total = 1000;
	compose(&m, &p);
	assert_non_null(strstr(p.text.buf, " 50. jean"));
	assert_null(strstr(p.text.buf, " 51. jean"));
	assert_non_null(strstr(p.text.buf, "et 950 autres\r\n"));
	assert_non_null(strstr(p.html.buf, ">et 950 autres</strong>"));
	for (const char *s = p.html.buf; (s = strstr(s, "href=")) != NULL; s++)
		links++;
	assert_int_equal(links, 3 * DIGEST_LINES_MAX + 1);
	drop(&p);
}

static void
english_reader_gets_english(void **state OCT_UNUSED)
{
	struct digest_line line = a_line();
	struct digest_mail m = a_mail(&line, 1);
	struct parts p;

	m.texts.first = TEMPLATE_EN;
	m.page = m.unsubscribe = line.accept = "";
	compose(&m, &p);
	assert_non_null(strstr(p.text.buf, "(verified address)\r\n"));
	assert_non_null(strstr(p.text.buf, "     Deliver: " URL "r\r\n"));
	assert_null(strstr(p.text.buf, "Deliver and accept: "));
	assert_non_null(strstr(p.html.buf, "<html lang=\"en\">"));
	assert_null(strstr(p.mail.buf, "List-Unsubscribe"));
	drop(&p);
}

static void
wrong_inputs_are_refused(void **state OCT_UNUSED)
{
	static const struct {
		const char *name, *to, *page, *release;
		size_t total;
		int want;
	} rows[] = {
		{ "javascript", "a@b.example", "", "javascript:alert(1)", 1,
		    OCT_EPARSE },
		{ "quote in a URL", "a@b.example", "", URL "\" onclick=\"x", 1,
		    OCT_EPARSE },
		{ "line end in a URL", "a@b.example", URL "\r\nBcc: x", URL,
		    1, OCT_EPARSE },
		{ "no owner", "", "", URL, 1, OCT_EPARSE },
		{ "injection in the owner", "a@b.example>\r\nBcc: <c", "", URL,
		    1, OCT_EPARSE },
		{ "fewer than there are", "a@b.example", "", URL, 0,
		    OCT_EPARSE },
	};

	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct digest_line line = a_line();
		struct digest_mail m = a_mail(&line, 1);
		struct oct_str out;

		print_message("  %s\n", rows[i].name);
		line.release = rows[i].release;
		m.to = rows[i].to;
		m.page = rows[i].page;
		m.total = rows[i].total;
		oct_str_heap(&out, DIGEST_MAIL_MAX);
		assert_int_equal(digest_mail_write(&m, &out), rows[i].want);
		oct_str_free(&out);
	}
}

/* --- The notices of one text ---------------------------------------------- */

static void
notices_are_lawful(void **state OCT_UNUSED)
{
	static const enum template_id ids[] = { TEMPLATE_EXTENSION,
		TEMPLATE_BREAKER, TEMPLATE_WELCOME, TEMPLATE_LINK,
		TEMPLATE_STORAGE, TEMPLATE_SUSPENSION };
	static const struct notice_contact contact = { "Centre", "aide@c.example",
		"", "" };

	for (size_t i = 0; i < OCT_LEN(ids) * TEMPLATE_LANGS; i++) {
		struct notice_values v;
		struct notice_mail m = { .id = ids[i / TEMPLATE_LANGS],
			.host = "filtre.example",
			.role = "filtre@filtre.example",
			.to = "mairie@ville.example",
			.texts = { .first =
			    (enum template_lang)(i % TEMPLATE_LANGS) },
			.values = &v };
		struct oct_str out;
		char buf[64];

		notice_values_init(&v, &contact);
		for (unsigned k = 0; k < TEMPLATE_LANGS; k++)
			template_sample(m.id, (enum template_lang)k, &v.in[k]);
		notice_word(&v, TEMPLATE_W_ONE);
		oct_str_heap(&out, DIGEST_MAIL_MAX);
		assert_int_equal(notice_mail_write(&m, &out), 0);
		mail_check_lines(mail_check_header(out.buf, fields), NULL, 76);
		assert_string_equal(mail_check_field(out.buf, "Auto-Submitted",
		    buf, sizeof(buf)), "auto-generated");
		oct_str_clear(&out);
		notice_set(&v, TEMPLATE_V_MAILBOX, "a\nb");
		assert_int_equal(notice_mail_write(&m, &out), OCT_EPARSE);
		oct_str_free(&out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digest_is_whole),
		cmocka_unit_test(header_is_that_of_a_notice),
		cmocka_unit_test(nobody_is_led_to_junk),
		cmocka_unit_test(strangers_text_cannot_act),
		cmocka_unit_test(many_lines_are_bounded),
		cmocka_unit_test(english_reader_gets_english),
		cmocka_unit_test(wrong_inputs_are_refused),
		cmocka_unit_test(notices_are_lawful),
	};

	if (setenv("TZ", "UTC", 1) != 0)
		return 1;
	tzset();
	return cmocka_run_group_tests_name("digest_mail", tests, NULL, NULL);
}

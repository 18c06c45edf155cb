/* SPDX-License-Identifier: Apache-2.0 */
#include "courier/challenge_mail.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "lib/err.h"
#include "tests/support/mail_check.h"

static const char fields[] = "From:, To:, Reply-To:, Subject:, Date:, "
    "Message-ID:, In-Reply-To:, References:, Auto-Submitted:, "
    "X-Auto-Response-Suppress:, MIME-Version:, Content-Type:, "
    "Content-Transfer-Encoding:, Content-Language:";

static const char *const one[] = { "mairie@exemple.example" };

static struct challenge_mail
a_mail(void)
{
	return (struct challenge_mail){ .host = "filtre.example",
		.role = "filtre@filtre.example",
		.reply_to = "r-abc234@filtre.example",
		.to = "jean@orange.example", .random = { 1, 2, 3 },
		.typed = one, .typed_count = 1, .now_ms = 1795257960000,
		.arrival_ms = 1795257900000,
		.expiry_ms = 1795257900000 + 7 * INT64_C(86400000),
		.orig_id = " <m1@orange.example>", .orig_refs = "",
		.url = "https://filtre.example/abcdefghijklmnop",
		.code = "012345",
		.contact = { "Centre de gestion", "aide@cdg.example",
		    "dpo@cdg.example", "https://cdg.example/donnees" } };
}

/* Compose, check what must hold for every mail, and give the text. */
static void
compose(const struct challenge_mail *m, struct oct_str *mail,
    struct oct_str *text)
{
	const char *body;

	oct_str_heap(mail, CHALLENGE_MAIL_MAX);
	oct_str_heap(text, CHALLENGE_MAIL_MAX);
	assert_int_equal(challenge_mail_write(m, mail), 0);
	body = mail_check_header(mail->buf, fields);
	mail_check_lines(body, NULL, 76);
	mail_check_qp(body, NULL, text);
	assert_true(text->len > 0);
}

static void
all_fields_are_there(void **state OCT_UNUSED)
{
	static const char *const rows[][2] = {
		{ "From", "\"Filtre de messagerie de mairie@exemple.example\" "
		    "<filtre@filtre.example>" },
		{ "To", "<jean@orange.example>" },
		{ "Reply-To", "<r-abc234@filtre.example>" },
		{ "Subject", "Auto: confirmation de votre message" },
		{ "Date", "Sat, 21 Nov 2026 10:46:00 +0000" },
		{ "Message-ID",
		    "<01020300000000000000000000000000@filtre.example>" },
		{ "In-Reply-To", "<m1@orange.example>" },
		{ "References", " <m1@orange.example>" },
		{ "Auto-Submitted", "auto-replied" },
		{ "X-Auto-Response-Suppress", "All" },
		{ "MIME-Version", "1.0" },
		{ "Content-Type", "text/plain; charset=utf-8" },
		{ "Content-Transfer-Encoding", "quoted-printable" },
	};
	struct challenge_mail m = a_mail();
	struct oct_str mail, text;
	char buf[256];

	compose(&m, &mail, &text);
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		const char *got = mail_check_field(mail.buf, rows[i][0], buf,
		    sizeof(buf));

		assert_non_null(got);
		got += *got == ' ';
		assert_string_equal(got, rows[i][1] + (rows[i][1][0] == ' '));
	}
	oct_str_free(&mail);
	oct_str_free(&text);
}

static void
text_says_what_it_must(void **state OCT_UNUSED)
{
	static const char *const parts[] = {
		"samedi 21 novembre 2026 à\u00a010\u00a0h\u00a045 (UTC)",
		"\r\n    mairie@exemple.example\r\n",
		"\r\nhttps://filtre.example/abcdefghijklmnop\r\n",
		"Code, si la page le demande\u00a0: 012 345\r\n",
		"Ou répondez simplement à ce courriel.",
		"samedi 28 novembre 2026 à", "«\u00a0Ce n'est pas moi\u00a0»",
		"saisissez le code", "Centre de gestion\r\n",
		"Aide\u00a0: aide@cdg.example\r\n",
		"Données personnelles\u00a0: dpo@cdg.example\r\n",
		"Information\u00a0: https://cdg.example/donnees\r\n",
		"your first message here", "Saturday 28 November 2026 at",
		"cette adresse", "if asked: 012 345" };
	struct challenge_mail m = a_mail();
	struct oct_str mail, text, flat;

	compose(&m, &mail, &text);
	/* Where a paragraph is broken does not matter. */
	oct_str_heap(&flat, CHALLENGE_MAIL_MAX);
	for (const char *c = text.buf; *c != '\0'; c++) {
		if (*c != '\r')
			oct_str_addc(&flat, *c == '\n' ? ' ' : *c);
	}
	for (size_t i = 0; i < OCT_LEN(parts); i++) {
		if (strstr(text.buf, parts[i]) == NULL &&
		    strstr(flat.buf, parts[i]) == NULL)
			fail_msg("missing: %s", parts[i]);
	}
	assert_true(strstr(text.buf, "English") > strstr(text.buf, "Bonjour"));
	oct_str_free(&flat);
	oct_str_free(&mail);
	oct_str_free(&text);
}

static void
code_mode_is_worded(void **state OCT_UNUSED)
{
	struct challenge_mail m = a_mail();
	struct oct_str mail, text;

	m.code_always = true;
	compose(&m, &mail, &text);
	assert_non_null(strstr(text.buf,
	    "Code à saisir\u00a0: 012 345\r\n"));
	oct_str_free(&mail);
	oct_str_free(&text);
}

static void
typed_addresses_are_shown_with_care(void **state OCT_UNUSED)
{
	static const struct {
		const char *name, *typed[5];
		const char *want, *never;
	} rows[] = {
		{ "two", { "a@x.example", "b@x.example" },
		    "    a@x.example\r\n    b@x.example\r\n\r\n", "autre" },
		{ "one more than fit", { "a@x.example", "b@x.example",
		    "c@x.example", "d@x.example" },
		    "    c@x.example\r\n    et 1 autre adresse\r\n", "d@x" },
		{ "two more", { "a@x.example", "b@x.example", "c@x.example",
		    "d@x.example", "e@x.example" },
		    "    et 2 autres adresses\r\n", "d@x" },
		{ "text in quotes", { "\"buy now\"@x.example" },
		    "    une adresse de notre messagerie\r\n", "buy" },
		{ "a link", { "m+http://evil.example@x.example" },
		    "    une adresse de notre messagerie\r\n", "evil" },
		{ "hidden characters", { "m\u202e@x.example" },
		    "    une adresse de notre messagerie\r\n", "\u202e" },
		{ "line end", { "m\r\nevil@x.example", "b@x.example" },
		    "    b@x.example\r\n    et 1 autre adresse\r\n", "evil" },
		{ "UTF-8", { "mairie@\u00e9cole.example" },
		    "    mairie@\u00e9cole.example\r\n", "autre" },
		{ "too long",
		    { "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@x.example" },
		    "    une adresse de notre messagerie\r\n", "aaa" },
	};

	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct challenge_mail m = a_mail();
		struct oct_str mail, text;

		print_message("  %s\n", rows[i].name);
		m.typed = rows[i].typed;
		m.typed_count = 0;
		while (m.typed_count < 5 && m.typed[m.typed_count] != NULL)
			m.typed_count++;
		compose(&m, &mail, &text);
		assert_non_null(strstr(text.buf, rows[i].want));
		assert_null(strstr(text.buf, rows[i].never));
		assert_null(strstr(mail.buf, rows[i].never));
		oct_str_free(&mail);
		oct_str_free(&text);
	}
}

static void
hostile_identifiers_change_nothing(void **state OCT_UNUSED)
{
	static const struct {
		const char *name, *id, *refs, *reply_to, *references;
	} rows[] = {
		{ "no id", "", "<r@x>", "", "" },
		{ "junk", "hello\r\nBcc: x@y", "", "", "" },
		{ "line end inside", "<a\r\nBcc: x@y>", "", "", "" },
		{ "two ids", "<a@b> <c@d>", "", "", "" },
		{ "comment", "(x) <a@b> (y)", "", "<a@b>", "<a@b>" },
		{ "references", "<a@b>", "<r@1>\r\n\t<r@2> junk\r\nBcc: x",
		    "<a@b>", "<r@1> <r@2> <a@b>" },
		{ "many references", "<z@z>",
		    "<1@x><2@x><3@x><4@x><5@x><6@x><7@x>"
		    "<8@x><9@x><10@x><11@x><12@x>", "<z@z>",
		    "<1@x> <4@x> <5@x> "
		    "<6@x> <7@x> <8@x> <9@x> <10@x> <11@x> <12@x> <z@z>" },
	};

	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct challenge_mail m = a_mail();
		struct oct_str mail, text;
		char buf[512];

		print_message("  %s\n", rows[i].name);
		m.orig_id = rows[i].id;
		m.orig_refs = rows[i].refs;
		compose(&m, &mail, &text);
		assert_string_equal(mail_check_field(mail.buf, "In-Reply-To",
		    buf,
		    sizeof(buf)), rows[i].reply_to);
		assert_string_equal(mail_check_field(mail.buf, "References",
		    buf,
		    sizeof(buf)), rows[i].references);
		oct_str_free(&mail);
		oct_str_free(&text);
	}
}

static void
recipient_is_written_lawfully(void **state OCT_UNUSED)
{
	static const char *const rows[][2] = {
		{ "Jean@Orange.Example", "<Jean@orange.example>" },
		{ "\"jean d\"@orange.example", "<\"jean d\"@orange.example>" },
		{ "@relay.example:jean@orange.example",
		    "<jean@orange.example>" },
	};

	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct challenge_mail m = a_mail();
		struct oct_str mail, text;
		char buf[256];

		m.to = rows[i][0];
		compose(&m, &mail, &text);
		assert_string_equal(mail_check_field(mail.buf, "To", buf,
		    sizeof(buf)), rows[i][1]);
		oct_str_free(&mail);
		oct_str_free(&text);
	}
}

static void
largest_inputs_fit(void **state OCT_UNUSED)
{
	char local[97], url[CHALLENGE_MAIL_URL_MAX + 1], name[101], id[251];
	const char *typed[200];
	struct challenge_mail m = a_mail();
	struct oct_str mail, text;

	memset(local, 'a', sizeof(local));
	memcpy(local + 40, "@x.example", 11);
	memset(url, 'u', sizeof(url));
	memcpy(url, "https://", 8);
	assert_int_equal(setenv("TZ", "Europe/Paris", 1), 0);
	tzset();
	url[CHALLENGE_MAIL_URL_MAX] = '\0';
	memset(name, 'n', sizeof(name));
	name[100] = '\0';
	memset(id, 'i', sizeof(id));
	id[0] = '<';
	id[9] = '@';
	id[249] = '>';
	id[250] = '\0';
	for (size_t i = 0; i < OCT_LEN(typed); i++)
		typed[i] = i == 0 ? local : i == 1 ?
		    "bbbbbbbbbbbbbbbbbbbbbb@x.example" : "c@x.ex";
	m.typed = typed;
	m.typed_count = OCT_LEN(typed);
	m.url = url;
	m.orig_id = m.orig_refs = id;
	/* A Wednesday in September: the longest words. */
	m.arrival_ms = INT64_C(1790758740000);
	m.expiry_ms = m.arrival_ms + 7 * INT64_C(86400000);
	m.contact = (struct notice_contact){ name + 20, name + 50, name + 60,
		name + 70 };
	for (int i = 0; i < 4; i++) {
		size_t crs = 0;

		m.code_always = i % 2 == 1;
		m.texts.first = i / 2 == 0 ? TEMPLATE_FR : TEMPLATE_EN;
		compose(&m, &mail, &text);
		for (size_t k = 0; k < text.len; k++)
			crs += text.buf[k] == '\r';
		assert_true(text.len - crs <= CHALLENGE_MAIL_TEXT_MAX);
		oct_str_free(&mail);
		oct_str_free(&text);
	}
	assert_int_equal(setenv("TZ", "UTC", 1), 0);
	tzset();
}

static void
english_comes_first_where_the_domain_says_so(void **state OCT_UNUSED)
{
	struct challenge_mail m = a_mail();
	struct oct_str mail, text;
	char buf[256];

	m.texts.first = TEMPLATE_EN;
	compose(&m, &mail, &text);
	assert_memory_equal(text.buf, "Hello,", 6);
	assert_non_null(strstr(text.buf, "\r\n\r\nFrançais\r\n\r\n"));
	assert_string_equal(mail_check_field(mail.buf, "Subject", buf,
	    sizeof(buf)), "Auto: please confirm your message");
	assert_string_equal(mail_check_field(mail.buf, "Content-Language", buf,
	    sizeof(buf)), "en, fr");
	assert_string_equal(mail_check_field(mail.buf, "From", buf,
	    sizeof(buf)), "\"Mail filter of mairie@exemple.example\" "
	    "<filtre@filtre.example>");
	oct_str_free(&mail);
	oct_str_free(&text);
}

static void
a_domain_s_own_text_is_used(void **state OCT_UNUSED)
{
	static const char own[] =
	    "Subject: Auto: à confirmer, s'il vous plaît\n"
	    "\n"
	    "{{#first}}\n"
	    "La mairie a reçu votre message du {{date}} pour :\n"
	    "{{addresses}}\n"
	    "{{link}}\n"
	    "Code : {{code}}, jusqu'au {{expiry}}. Aide : {{help}}\n"
	    "{{/first}}\n";
	struct template_problem problem;
	struct challenge_mail m = a_mail();
	struct oct_str mail, text;

	assert_int_equal(template_check(TEMPLATE_CHALLENGE, own,
	    "filtre.example", &problem), 0);
	m.texts.source[TEMPLATE_FR] = own;
	compose(&m, &mail, &text);
	assert_memory_equal(text.buf, "La mairie a reçu",
	    strlen("La mairie a reçu"));
	assert_non_null(strstr(mail.buf, "Subject: =?utf-8?Q?Auto=3A_"));
	assert_non_null(strstr(text.buf, "\r\n\r\nEnglish\r\n\r\n"));
	oct_str_free(&mail);
	oct_str_free(&text);
}

/* RFC 6532: the address as it is; all the rest stays ASCII. */
static void
utf8_reverse_path_is_written_as_it_is(void **state OCT_UNUSED)
{
	static const char to[] = "\nTo: <h\u00e9l\u00e8ne@orange.example>\r\n";
	struct challenge_mail m = a_mail();
	struct oct_str mail;
	size_t high = 0;

	m.to = "h\u00e9l\u00e8ne@orange.example";
	oct_str_heap(&mail, CHALLENGE_MAIL_MAX);
	assert_int_equal(challenge_mail_write(&m, &mail), 0);
	assert_non_null(strstr(mail.buf, to));
	for (size_t i = 0; i < mail.len; i++)
		high += (unsigned char)mail.buf[i] >= 0x80;
	assert_int_equal(high, 4);
	oct_str_free(&mail);
}

static void
wrong_inputs_are_refused(void **state OCT_UNUSED)
{
	char long_url[CHALLENGE_MAIL_URL_MAX + 2], long_name[202];
	const struct {
		const char *name;
		size_t member;
		const char *value;
		int want;
	} rows[] = {
#define AT(m) offsetof(struct challenge_mail, m)
		{ "null path", AT(to), "", OCT_EPARSE },
		{ "no domain", AT(to), "jean", OCT_EPARSE },
		{ "injection in to", AT(to),
		    "a@b.example>\r\nBcc: <c@d.example",
		    OCT_EPARSE },
		{ "line end in quotes", AT(to), "\"a\r\nBcc: x\"@b.example",
		    OCT_EPARSE },
		{ "role", AT(role), "filtre", OCT_EPARSE },
		{ "reply", AT(reply_to), "a b@c.example", OCT_EPARSE },
		{ "host", AT(host), "x.example>\r\nBcc: a", OCT_EPARSE },
		{ "message id", AT(message_id), "<a@b>\r\nBcc: x", OCT_EPARSE },
		{ "no scheme", AT(url), "filtre.example/x", OCT_EPARSE },
		{ "javascript", AT(url), "javascript:alert(1)", OCT_EPARSE },
		{ "line end in url", AT(url), "https://x/\r\nevil",
		    OCT_EPARSE },
		{ "long url", AT(url), long_url, OCT_EPARSE },
		{ "five digits", AT(code), "12345", OCT_EPARSE },
		{ "letters", AT(code), "12345a", OCT_EPARSE },
		{ "contact of two lines", AT(contact.help), "a\nb", OCT_ECONF },
		{ "long contact", AT(contact.name), long_name, OCT_ECONF },
		{ "contact not UTF-8", AT(contact.dpo), "\xff", OCT_ECONF },
#undef AT
	};

	memset(long_url, 'u', sizeof(long_url));
	memcpy(long_url, "https://", 8);
	long_url[CHALLENGE_MAIL_URL_MAX + 1] = '\0';
	memset(long_name, 'n', sizeof(long_name));
	long_name[201] = '\0';
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct challenge_mail m = a_mail();
		struct oct_str out;

		print_message("  %s\n", rows[i].name);
		memcpy((char *)&m + rows[i].member, &rows[i].value,
		    sizeof(rows[i].value));
		oct_str_heap(&out, CHALLENGE_MAIL_MAX);
		assert_int_equal(challenge_mail_write(&m, &out), rows[i].want);
		oct_str_free(&out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_fields_are_there),
		cmocka_unit_test(text_says_what_it_must),
		cmocka_unit_test(code_mode_is_worded),
		cmocka_unit_test(typed_addresses_are_shown_with_care),
		cmocka_unit_test(hostile_identifiers_change_nothing),
		cmocka_unit_test(recipient_is_written_lawfully),
		cmocka_unit_test(largest_inputs_fit),
		cmocka_unit_test(english_comes_first_where_the_domain_says_so),
		cmocka_unit_test(a_domain_s_own_text_is_used),
		cmocka_unit_test(utf8_reverse_path_is_written_as_it_is),
		cmocka_unit_test(wrong_inputs_are_refused),
	};

	if (setenv("TZ", "UTC", 1) != 0)
		return 1;
	tzset();
	return cmocka_run_group_tests_name("challenge_mail", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Templates: what may be used, what is refused and why, and what comes out.
 */
#include "policy/template.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/err.h"
#include "lib/mime_text.h"

#define HOST "filtre.example"
#define GOOD_HEAD "Subject: Votre lien\n\n"
#define GOOD_TEXT                                                              \
	"{{#first}}Pour {{mailbox}}, jusqu'au {{expiry}}. Aide : {{help}}\n"   \
	"{{link}}{{/first}}\n"

static void
built_in_texts_are_good(void **state OCT_UNUSED)
{
	for (unsigned i = 0; i < TEMPLATE_COUNT * TEMPLATE_LANGS; i++) {
		enum template_id id = (enum template_id)(i / TEMPLATE_LANGS);
		enum template_lang lang =
		    (enum template_lang)(i % TEMPLATE_LANGS);
		struct template_problem problem;

		print_message("  %s %s\n", template_name(id),
		    template_lang_name(lang));
		if (template_check(id, template_builtin(id, lang), HOST,
			&problem) != 0)
			fail_msg("line %zu: %s", problem.line, problem.text);
	}
}

/* French: a no-break space, never a plain one, before ; : ? ! and inside « ». */
static void
french_texts_keep_their_signs(void **state OCT_UNUSED)
{
	for (unsigned i = 0; i < TEMPLATE_COUNT; i++) {
		const char *s = template_builtin((enum template_id)i,
		    TEMPLATE_FR);

		for (const char *p = strchr(s, '\n'); *p != '\0'; p++) {
			if (p[0] == ' ' && strchr(";:?!", p[1]) != NULL)
				fail_msg("plain blank: %.40s", p - 20);
			assert_memory_not_equal(p, " »", 3);
			if (strncmp(p, "«", 2) == 0)
				assert_memory_equal(p + 2, "\u00a0", 2);
		}
	}
}

static void
mistakes_are_named(void **state OCT_UNUSED)
{
	static const struct {
		const char *name, *source;
		size_t line;
		const char *want;
	} rows[] = {
		{ "empty", "", 1, "expected 'Subject: '" },
		{ "no subject", "Bonjour\n\n" GOOD_TEXT, 1,
		    "expected 'Subject: '" },
		{ "no empty line", "Subject: a\n" GOOD_TEXT, 1,
		    "expected 'Subject: '" },
		{ "empty subject", "Subject: \n\n" GOOD_TEXT, 1,
		    "expected 'Subject: '" },
		{ "unknown place", GOOD_HEAD GOOD_TEXT "{{nom}}\n", 5,
		    "unknown {{nom}}, expected one of: {{expiry}}" },
		{ "another template's place", GOOD_HEAD GOOD_TEXT "{{code}}\n",
		    5, "unknown {{code}}" },
		{ "another template's section",
		    GOOD_HEAD GOOD_TEXT "{{#refused}}{{/refused}}\n", 5,
		    "unknown {{refused}}" },
		{ "unclosed braces", GOOD_HEAD GOOD_TEXT "{{link\n", 5,
		    "unknown {{link}}" },
		{ "closed braces", GOOD_HEAD GOOD_TEXT "a }} b\n", 5,
		    "unknown" },
		{ "unclosed section", GOOD_HEAD GOOD_TEXT "{{#help}}a\n", 5,
		    "{{#help}} is never closed" },
		{ "closed twice", GOOD_HEAD GOOD_TEXT "{{/help}}\n", 5,
		    "closes nothing" },
		{ "crossed sections", GOOD_HEAD GOOD_TEXT
		    "{{#help}}\n{{#link}}a{{/help}}{{/link}}\n", 6,
		    "expected {{/link}} (opened in line 6)" },
		{ "too deep", GOOD_HEAD GOOD_TEXT
		    "{{#help}}{{#help}}{{#help}}{{#help}}{{#help}}a"
		    "{{/help}}{{/help}}{{/help}}{{/help}}{{/help}}\n", 5,
		    "section in more than" },
		{ "section open in the subject",
		    "Subject: {{#first}}a\n\n" GOOD_TEXT "{{/first}}\n", 1,
		    "not closed in the subject" },
		{ "link in the subject", "Subject: {{link}}\n\n" GOOD_TEXT, 1,
		    "{{link}} in the subject" },
		{ "missing link", GOOD_HEAD "{{#first}}{{mailbox}} {{expiry}} "
		    "{{help}}{{/first}}\n", 0, "{{link}} is missing" },
		{ "mandatory in the wrong section", GOOD_HEAD
		    "{{mailbox}} {{expiry}}{{#second}} {{help}}{{/second}}\n"
		    "{{link}}\n", 0, "{{help}} is missing" },
		{ "HTML", GOOD_HEAD GOOD_TEXT "<b>important</b>\n", 5,
		    "HTML at octet 1" },
		{ "HTML comment", GOOD_HEAD GOOD_TEXT "a <!-- b -->\n", 5,
		    "HTML at octet 3" },
		{ "entity", GOOD_HEAD GOOD_TEXT "a&nbsp;b\n", 5,
		    "HTML at octet 2" },
		{ "numbered entity", GOOD_HEAD GOOD_TEXT "a&#160;b\n", 5,
		    "HTML at octet 2" },
		{ "foreign URL", GOOD_HEAD GOOD_TEXT
		    "https://ville.example/aide\n", 5, "URL of another host" },
		{ "URL that begins alike", GOOD_HEAD GOOD_TEXT
		    "https://" HOST ".evil.example/\n", 5,
		    "URL of another host" },
		{ "URL with a name before", GOOD_HEAD GOOD_TEXT
		    "https://" HOST "@evil.example/\n", 5,
		    "URL of another host" },
		{ "URL with a name and a password before", GOOD_HEAD GOOD_TEXT
		    "https://" HOST ":x@evil.example/\n", 5,
		    "URL of another host" },
		{ "URL with more before", GOOD_HEAD GOOD_TEXT
		    "https://" HOST ",a;b)@evil.example/\n", 5,
		    "URL of another host" },
		{ "URL put together of sections", GOOD_HEAD GOOD_TEXT
		    "https:{{#first}}//evil.example{{/first}}\n", 5,
		    "touches" },
		{ "URL that is one without a value", GOOD_HEAD GOOD_TEXT
		    "https:/{{#help}} {{/help}}/evil.example\n", 5,
		    "touches" },
		{ "URL without scheme", GOOD_HEAD GOOD_TEXT
		    "WWW.evil.example\n", 5, "URL of another host" },
		{ "link that leads on", GOOD_HEAD
		    "{{mailbox}} {{expiry}} {{help}}\n{{link}}.evil.example\n",
		    4, "{{link}} touches" },
		{ "link as a parameter", GOOD_HEAD
		    "{{mailbox}} {{expiry}} {{help}}\nx={{link}}\n", 4,
		    "{{link}} touches" },
		{ "control", GOOD_HEAD GOOD_TEXT "a\tb\n", 5,
		    "U+0009 at octet 2" },
		{ "carriage return", GOOD_HEAD GOOD_TEXT "a\r\n", 5,
		    "U+000D at octet 2" },
		{ "direction", GOOD_HEAD GOOD_TEXT "a\u202e\n", 5, "U+202E" },
		{ "not UTF-8", GOOD_HEAD GOOD_TEXT "\xe9t\xe9\n", 5,
		    "octet 1 is no UTF-8" },
		{ "nothing first", GOOD_HEAD "{{#second}}a{{/second}}\n", 0,
		    "no text" },
	};

	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct template_problem problem;

		print_message("  %s\n", rows[i].name);
		assert_int_equal(template_check(TEMPLATE_LINK, rows[i].source,
		    HOST, &problem), OCT_EPARSE);
		if (strstr(problem.text, rows[i].want) == NULL)
			fail_msg("%s", problem.text);
		assert_int_equal(problem.line, rows[i].line);
	}
}

static void
sizes_are_bounded(void **state OCT_UNUSED)
{
	static const struct {
		const char *name;
		int words, lines; /* of "mot ", and of such lines */
		const char *want;
	} rows[] = {
		{ "long line", 250, 1, "1000 octets, expected at most 998" },
		{ "long text", 100, 4, "octets of text with the longest" },
		{ "long file", 200, 12, "expected at most 8192" },
	};

	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct template_problem problem;
		struct oct_str s;

		print_message("  %s\n", rows[i].name);
		oct_str_heap(&s, 100000);
		oct_str_add(&s, template_builtin(TEMPLATE_CHALLENGE,
		    TEMPLATE_FR));
		for (int k = 0; k < rows[i].lines; k++) {
			for (int w = 0; w < rows[i].words; w++)
				oct_str_add(&s, "mot ");
			oct_str_addc(&s, '\n');
		}
		assert_int_equal(template_check(TEMPLATE_CHALLENGE, s.buf,
		    HOST, &problem), OCT_EPARSE);
		if (strstr(problem.text, rows[i].want) == NULL)
			fail_msg("%s", problem.text);
		oct_str_free(&s);
	}
}

static void
good_ones_are_taken(void **state OCT_UNUSED)
{
	static const char *const rows[] = {
		GOOD_HEAD GOOD_TEXT,
		/* The last line without its end. */
		GOOD_HEAD "{{mailbox}} {{expiry}} {{help}}\n{{link}}",
		GOOD_HEAD GOOD_TEXT "https://" HOST "/aide\n",
		GOOD_HEAD GOOD_TEXT "https://FILTRE.example:8443/aide\n",
		GOOD_HEAD GOOD_TEXT "a < b, c & d; 3 <3\n",
		"Subject: Pour {{mailbox}} à l'été\n\n" GOOD_TEXT,
		GOOD_HEAD "{{mailbox}} {{expiry}} {{#help}}{{help}}{{/help}}\n"
		    "{{link}}\n",
	};

	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct template_problem problem;

		if (template_check(TEMPLATE_LINK, rows[i], HOST, &problem) != 0)
			fail_msg("row %zu: %s", i, problem.text);
	}
}

static void
rendering_follows_the_rules(void **state OCT_UNUSED)
{
	static const struct {
		const char *name, *body, *want;
	} rows[] = {
		{ "value", "a {{mailbox}} b\n", "a x@y b\n" },
		{ "section of a value that is there",
		    "{{#mailbox}}a{{/mailbox}}\n", "a\n" },
		{ "section of one that is not", "a{{#help}} b{{/help}}\n",
		    "a\n" },
		{ "an emptied line disappears",
		    "a\n{{#help}}b{{/help}}\nc\n", "a\nc\n" },
		{ "tags on lines of their own",
		    "{{#first}}\na\n{{/first}}\n{{#second}}\nb\n{{/second}}\n",
		    "a\n" },
		{ "empty lines become one",
		    "a\n\n{{#help}}\nb\n{{/help}}\n\n\nc\n\n", "a\n\nc\n" },
		{ "none at the start", "\n\na\n", "a\n" },
		{ "sections in sections",
		    "{{#first}}a{{#help}}b{{/help}}c{{/first}}"
		    "{{#second}}{{#mailbox}}d{{/mailbox}}{{/second}}\n",
		    "ac\n" },
		{ "values are not templates", "{{operator}}\n",
		    "{{link}} {{#help}}\n" },
		{ "lines as they are", "{{#first}}\n    a  b\n{{/first}}\n",
		    "    a  b\n" },
		{ "filled",
		    "0123456789 0123456789 0123456789 0123456789 0123456789 "
		    "0123456789 0123456789\n",
		    "0123456789 0123456789 0123456789 0123456789 0123456789 "
		    "0123456789\n0123456789\n" },
	};

	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct template_input in = { .words = 1u << TEMPLATE_W_FIRST };
		struct oct_str source, text, subject;

		print_message("  %s\n", rows[i].name);
		in.value[TEMPLATE_V_MAILBOX] = "x@y";
		in.value[TEMPLATE_V_OPERATOR] = "{{link}} {{#help}}";
		oct_str_heap(&source, 10000);
		oct_str_heap(&text, 10000);
		oct_str_heap(&subject, 1000);
		oct_str_addf(&source, "Subject: s {{mailbox}}\n\n%s",
		    rows[i].body);
		template_render(TEMPLATE_LINK, source.buf, &in, &subject,
		    &text);
		assert_string_equal(oct_str_text(&text), rows[i].want);
		assert_string_equal(oct_str_text(&subject), "s x@y");
		oct_str_free(&source);
		oct_str_free(&text);
		oct_str_free(&subject);
	}
}

/* Whatever is broken: the code is never parted. */
static void
code_stays_on_one_line(void **state OCT_UNUSED)
{
	struct template_input in = { .words = 0 };
	char source[200];

	in.value[TEMPLATE_V_CODE] = "123 456";
	for (int pad = 40; pad < 90; pad++) {
		struct oct_str text;

		(void)snprintf(source, sizeof(source), "Subject: s\n\n%0*d "
		    "{{code}} fin\n", pad, 0);
		oct_str_heap(&text, 10000);
		template_render(TEMPLATE_CHALLENGE, source, &in, NULL, &text);
		assert_non_null(strstr(text.buf, "123 456"));
		oct_str_free(&text);
	}
}

static void
both_languages_are_in_order(void **state OCT_UNUSED)
{
	for (unsigned first = 0; first < TEMPLATE_LANGS; first++) {
		struct template_pair pair = {
			.first = (enum template_lang)first };
		struct oct_str subject, text;
		const char *second;

		for (unsigned i = 0; i < TEMPLATE_LANGS; i++) {
			enum template_lang lang = (enum template_lang)i;

			pair.source[i] = template_builtin(TEMPLATE_LINK, lang);
			template_sample(TEMPLATE_LINK, lang, &pair.in[i]);
		}
		oct_str_heap(&subject, 1000);
		oct_str_heap(&text, 10000);
		template_render_pair(TEMPLATE_LINK, &pair, &subject, &text);
		second = first == TEMPLATE_FR ? "\n\nEnglish\n\n"
					      : "\n\nFrançais\n\n";
		assert_non_null(strstr(text.buf, second));
		assert_memory_equal(text.buf, first == TEMPLATE_FR ? "Bonj"
								   : "Hell",
		    4);
		assert_string_equal(subject.buf, first == TEMPLATE_FR
			? "Votre lien vers vos messages en attente"
			: "Your link to the messages held for you");
		oct_str_free(&subject);
		oct_str_free(&text);
	}
}

static void
names_are_found(void **state OCT_UNUSED)
{
	enum template_lang lang;
	enum template_id id;

	for (unsigned i = 0; i < TEMPLATE_COUNT; i++) {
		assert_int_equal(template_find(template_name(
		    (enum template_id)i), &id), 0);
		assert_int_equal(id, i);
	}
	assert_int_equal(template_find("letter", &id), OCT_EABSENT);
	assert_int_equal(template_lang_find("en", &lang), 0);
	assert_int_equal(lang, TEMPLATE_EN);
	assert_int_equal(template_lang_find("de", &lang), OCT_EABSENT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(built_in_texts_are_good),
		cmocka_unit_test(french_texts_keep_their_signs),
		cmocka_unit_test(mistakes_are_named),
		cmocka_unit_test(sizes_are_bounded),
		cmocka_unit_test(good_ones_are_taken),
		cmocka_unit_test(rendering_follows_the_rules),
		cmocka_unit_test(code_stays_on_one_line),
		cmocka_unit_test(both_languages_are_in_order),
		cmocka_unit_test(names_are_found),
	};

	return cmocka_run_group_tests_name("template", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Features: the same for the same message, bounded, without what must not become
 * a weight; words found in one pass; names of hosts; languages.
 */
#include "lib/str.h"
#include "policy/classifier.h"
#include "policy/features_int.h"
#include "policy/features_names.h"
#include "policy/lexicon.h"
#include "tests/unit/content_fixture.h"

static const char *const agent[] = { "agent@mairie.example" };

static void
read_features(struct features *f, const char *text,
    const struct feature_facts *facts)
{
	const struct feature_facts standard = { .recipients = agent,
		.recipient_count = 1, .proof = "" };
	struct oct_msg *m = message_of(text, strlen(text));
	const struct content *c = NULL;
	struct overview *o = NULL;

	assert_int_equal(content_read(m, NULL, &c), 0);
	assert_int_equal(overview_new(c, &o), 0);
	assert_int_equal(features_read(f, m, o,
	    facts != NULL ? facts : &standard), 0);
	overview_free(o);
	content_free(c);
	oct_msg_free(m);
}

static struct features *
features_of(const char *text, const struct feature_facts *facts)
{
	struct features *f = NULL;

	assert_int_equal(features_new(&f), 0);
	read_features(f, text, facts);
	return f;
}

static bool
same_group(const struct features *a, const struct features *b,
    enum feature_group g)
{
	size_t n = features_count(a, g);

	return n == features_count(b, g) &&
	    (n == 0 || memcmp(features_slots(a, g), features_slots(b, g),
		n * sizeof(uint32_t)) == 0);
}

#define MAIL                                                                   \
	"Received: from a.fr (a.fr [192.0.2.1]) by mx (Postfix) with ESMTP\n"  \
	"\tfor <agent@mairie.example>; Fri, 20 Nov 2026 10:00:00 +0100\n"      \
	"From: Jean Dupont <jean@a.fr>\nTo: agent@mairie.example\n"            \
	"Subject: Conseil municipal\nMessage-ID: <1@a.fr>\n"                   \
	"X-Mailer: Outil 3\nContent-Type: text/html\n\n"                       \
	"<p>Bonjour, voir <a href='https://a.fr/x'>le dossier</a> de la "      \
	"r&eacute;union</p>\n"

static void
test_same_for_same(void **state)
{
	struct features *a = features_of(MAIL, NULL), *b;

	(void)state;
	b = features_of("Subject: quite another\n\nwords before\n", NULL);
	read_features(b, MAIL, NULL); /* what was there is forgotten */
	for (size_t g = 0; g < FEATURE_GROUPS; g++) {
		if (g != FEATURE_PROOF)
			assert_true(features_count(a,
			    (enum feature_group)g) > 0);
		if (!same_group(a, b, (enum feature_group)g))
			fail_msg("%s differs",
			    feature_group_name((enum feature_group)g));
		for (size_t i = 0; i < features_count(a,
		    (enum feature_group)g); i++)
			assert_true(features_slots(a,
			    (enum feature_group)g)[i] < 1u << FEATURE_BITS);
	}
	features_free(a);
	features_free(b);
}

/* Neither recipient nor date of the trace, nor what a filter wrote. */
static void
test_left_out(void **state)
{
	static const char *const same[] = {
		"Received: from a.fr (a.fr [192.0.2.1]) by mx (Postfix) with "
		"ESMTP\n\tfor <autre@b.fr>; Mon, 1 Jan 2001 00:00:00 +0000\n"
		"Subject: s\n\nx\n",
		"Return-Path: <x@y.fr>\n"
		"Received: from a.fr (a.fr [192.0.2.1]) by mx (Postfix) with "
		"ESMTP\n\tfor <agent@mairie.example>; Fri, 20 Nov 2026 "
		"10:00:00 +0100\nSubject: s\n\nx\n",
		"X-Spam-Status: Yes\nX-Octroi-Score: 9\nDelivered-To: x\n"
		"Received: from a.fr (a.fr [192.0.2.1]) by mx (Postfix) with "
		"ESMTP\n\tfor <c@d.fr>; Fri, 20 Nov 2026 10:00:00 +0100\n"
		"Subject: s\n\nx\n" };
	struct features *a = features_of(same[0], NULL), *b;
	struct feature_facts facts = { .recipients = agent,
		.recipient_count = 1, .proof = "", .received_skip = 1 };

	(void)state;
	for (size_t i = 1; i < OCT_LEN(same); i++) {
		b = features_of(same[i], NULL);
		for (size_t g = 0; g < FEATURE_GROUPS; g++)
			if (!same_group(a, b, (enum feature_group)g))
				fail_msg("%zu: %s differs", i,
				    feature_group_name(
				    (enum feature_group)g));
		features_free(b);
	}
	/* Our own trace. */
	b = features_of(same[0], &facts);
	assert_int_equal(features_count(b, FEATURE_RELAYS), 0);
	features_free(a);
	features_free(b);
}

static void
test_proof(void **state)
{
	static const char *const symbols[] = { "SPF_FAIL", "HTML_FORM" };
	struct feature_facts facts = { .proof = "A", .symbols = symbols,
		.symbol_count = 2 };
	struct features *f = features_of(MAIL, &facts);

	(void)state;
	assert_int_equal(features_count(f, FEATURE_PROOF), 3);
	features_free(f);
}

static void
test_bounds(void **state)
{
	struct features *f = NULL;
	struct oct_str s;
	static uint32_t slots[FEATURES_MAX + 1];

	(void)state;
	oct_str_heap(&s, 4u << 20);
	oct_str_add(&s, "Subject: s\nContent-Type: text/html\n\n");
	/* More distinct words, marks and links than there is room for. */
	for (int i = 0; i < 20000; i++)
		oct_str_addf(&s, "<x%d a%d=%d style='p%d:1'>w%dq "
				 "http://h%d.fr/", i, i, i, i, i * 7, i);
	assert_int_equal(oct_str_err(&s), 0);
	f = features_of(s.buf, NULL);
	for (size_t g = 0; g < FEATURE_GROUPS; g++)
		assert_true(features_count(f, (enum feature_group)g) <=
		    FEATURES_MAX);
	assert_int_equal(features_set(f, FEATURE_WORDS, slots,
	    FEATURES_MAX + 1), OCT_ELIMIT);
	assert_int_equal(features_set(f, FEATURE_WORDS, slots, FEATURES_MAX),
	    0);
	/* A full group takes no more. */
	feature_begin(f, FEATURE_GRAMS);
	for (uint64_t i = 0; i < 3 * FEATURES_MAX; i++)
		feature_add(f, feature_mix(i + 1));
	assert_int_equal(features_count(f, FEATURE_GRAMS), FEATURES_MAX);
	oct_str_free(&s);
	features_free(f);
}

/* --- Words in one pass ---------------------------------------------------------- */

static const struct {
	const char *text, *category, *brand;
	bool found;
} words[] = {
	{ "your account is suspended", "account", NULL, true },
	{ "votre compte", "account", NULL, true },
	{ "a pill", "pharma", NULL, true },
	{ "pillage", "pharma", NULL, false },
	{ "caterpillar", "pharma", NULL, false },
	{ "paypal: bonjour", NULL, "paypal", true },
	{ "xpaypalx", NULL, "paypal", false },
	{ "la poste", NULL, "laposte", true },
	{ "films xxx gratuits", "adult", NULL, true },
	{ "xxxxxxxxxxxxxxxx", "adult", NULL, false },
	{ "", "account", NULL, false },
};

static size_t
index_of(const char *name, size_t count, const char *(*at)(size_t))
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(at(i), name) == 0)
			return i;
	fail_msg("no %s", name);
	return 0;
}

static void
test_lexicon(void **state)
{
	(void)state;
	for (size_t i = 0; i < OCT_LEN(words); i++) {
		struct lexicon_hits hits;
		size_t k;
		bool found;

		lexicon_find(words[i].text, strlen(words[i].text), &hits);
		if (words[i].category != NULL) {
			k = index_of(words[i].category, lexicon_categories(),
			    lexicon_category);
			found = hits.category[k] > 0;
		} else {
			k = index_of(words[i].brand, lexicon_brands(),
			    lexicon_brand);
			found = (hits.brand[k / 64] >> (k % 64) & 1) != 0;
		}
		if (found != words[i].found)
			fail_msg("<%s>", words[i].text);
	}
}

static void
test_counted(void **state)
{
	struct lexicon_hits hits;
	size_t urgent = index_of("urgent", lexicon_categories(),
	    lexicon_category);
	struct oct_str s;

	(void)state;
	oct_str_heap(&s, 1u << 20);
	for (int i = 0; i < 70000; i++)
		oct_str_add(&s, "urgent ");
	lexicon_find(s.buf, s.len, &hits);
	assert_int_equal(hits.category[urgent], UINT16_MAX);
	lexicon_find("urgent, urgent", 14, &hits);
	assert_int_equal(hits.category[urgent], 2);
	oct_str_free(&s);
}

static const struct {
	const char *name;
	bool (*is)(const char *name);
	bool expected;
} hosts[] = {
	{ "gmail.com", feature_is_freemail, true },
	{ "mail.gmail.com", feature_is_freemail, false },
	{ "mairie.fr", feature_is_freemail, false },
	{ "bit.ly", feature_is_shortener, true },
	{ "www.bit.ly", feature_is_shortener, true },
	{ "rabbit.ly", feature_is_shortener, false },
	{ "a.b.web.app", feature_is_hosting, true },
	{ "web.app.fr", feature_is_hosting, false },
	{ "x.xyz", feature_is_new_tld, true },
	{ "xyz", feature_is_new_tld, false },
	{ "x.fr", feature_is_new_tld, false },
	{ "mail.sendgrid.net", feature_is_mailer, true },
	{ "impots.gouv.fr", feature_is_institution, true },
	{ "a1b.fr", feature_is_odd, true },
	{ "x2024.fr", feature_is_odd, true },
	{ "mairie-agen.fr", feature_is_odd, false },
};

static void
test_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < OCT_LEN(hosts); i++)
		if (hosts[i].is(hosts[i].name) != hosts[i].expected)
			fail_msg("row %zu: %s", i, hosts[i].name);
}

static const struct {
	const char *text;
	enum classifier_lang lang;
} languages[] = {
	{ "Bonjour, vous trouverez dans ce message le compte rendu de la "
	  "reunion et les pieces du dossier que nous avons avec une note "
	  "pour le conseil", CLASSIFIER_LANG_FR },
	{ "Please find in this message the minutes of the meeting and the "
	  "files that you have asked for, with a note for the council",
	    CLASSIFIER_LANG_EN },
	{ "Bitte finden Sie in der Anlage das Protokoll und die Unterlagen "
	  "mit einer Notiz von den Kollegen, die wir auf dem Tisch haben",
	    CLASSIFIER_LANG_DE },
	{ "Bonjour", CLASSIFIER_LANG_OTHER },
	{ "", CLASSIFIER_LANG_OTHER },
};

static void
test_languages(void **state)
{
	(void)state;
	for (size_t i = 0; i < OCT_LEN(languages); i++) {
		char text[600];
		const struct content *c;

		(void)snprintf(text, sizeof(text), "Subject: s\n\n%s\n",
		    languages[i].text);
		c = read_text(text);
		assert_int_equal(classifier_language(c), languages[i].lang);
		content_free(c);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_for_same),
		cmocka_unit_test(test_left_out),
		cmocka_unit_test(test_proof),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_lexicon),
		cmocka_unit_test(test_counted),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_languages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

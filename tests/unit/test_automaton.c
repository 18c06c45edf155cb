/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Words found in one pass, and phrases read as by eye.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/err.h"
#include "policy/automaton.h"
#include "policy/phrases.h"

static const struct automaton_words list[] = {
	{ "she|he|hers", 0 },
	{ "_his_", 1 },
	{ "usher|_pre", 2 },
	{ "fin_", 3 },
};

struct found {
	size_t of[4], at_start[4];
};

static void
count(void *arg, uint16_t what, unsigned int in)
{
	struct found *f = arg;

	f->of[what] += (in & AUTOMATON_WHOLE) != 0;
	f->at_start[what] += (in & AUTOMATON_START) != 0;
}

static const struct {
	const char *text;
	size_t of[4];
} rows[] = {
	{ "", { 0, 0, 0, 0 } },
	{ "ushers", { 3, 0, 1, 0 } }, /* she, he, hers; usher */
	{ "USHERS", { 3, 0, 1, 0 } },
	{ "his", { 0, 1, 0, 0 } },
	{ "this his hist his.", { 0, 2, 0, 0 } },
	{ "prefin fin, finale", { 0, 0, 1, 2 } },
	{ "expre", { 0, 0, 0, 0 } },
	{ "sh\xff" "e he", { 1, 0, 0, 0 } },
};

static void
test_words(void **state)
{
	struct automaton *a = NULL;

	(void)state;
	assert_int_equal(automaton_new(list, OCT_LEN(list), &a), 0);
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		const struct automaton_text t = { .data = rows[i].text,
			.len = strlen(rows[i].text) };
		struct found f = { .of = { 0 } };

		automaton_find(a, &t, count, &f);
		for (size_t k = 0; k < OCT_LEN(f.of); k++)
			if (f.of[k] != rows[i].of[k])
				fail_msg("\"%s\": %zu of list %zu",
				    rows[i].text, f.of[k], k);
	}
	automaton_free(a);
	automaton_free(NULL);
}

/* The start of a text, as if it were all. */
static void
test_start(void **state)
{
	struct automaton *a = NULL;

	(void)state;
	assert_int_equal(automaton_new(list, OCT_LEN(list), &a), 0);
	for (size_t i = 0; i < OCT_LEN(rows); i++)
		for (size_t cut = 1; cut <= strlen(rows[i].text); cut++) {
			const struct automaton_text whole = {
				.data = rows[i].text,
				.len = strlen(rows[i].text), .start = cut },
				alone = { .data = rows[i].text, .len = cut };
			struct found f = { .of = { 0 } }, g = f;

			automaton_find(a, &whole, count, &f);
			automaton_find(a, &alone, count, &g);
			if (memcmp(f.of, rows[i].of, sizeof(f.of)) != 0 ||
			    memcmp(f.at_start, g.of, sizeof(g.of)) != 0)
				fail_msg("\"%s\" cut at %zu", rows[i].text,
				    cut);
		}
	automaton_free(a);
}

static const struct {
	const char *text;
	enum phrase which;
	bool found;
} phrases[] = {
	{ "Votre carte Vitale expire", PHRASE_STATE, true },
	{ "votre CARTE\n  vitale", PHRASE_STATE, true },
	{ "votre c\xd0\xb0rte v\xc3\xadtale", PHRASE_STATE, true },
	{ "votre carte-vitale", PHRASE_STATE, true },
	{ "votre carte de bus", PHRASE_STATE, false },
	{ "Remboursement d'imp\xc3\xb4t", PHRASE_STATE, true },
	{ "les colissimos", PHRASE_PARCEL, true },
	{ "le colistier", PHRASE_PARCEL, false },
	{ "\xc3\x8ates-vous disponible ?", PHRASE_ERRAND, true },
	{ "le maire est disponible", PHRASE_ERRAND, false },
	{ "", PHRASE_DEMAND, false },
};

static void
test_phrases(void **state)
{
	(void)state;
	for (size_t i = 0; i < OCT_LEN(phrases); i++) {
		const struct content_text t = { phrases[i].text,
			strlen(phrases[i].text) };
		struct phrases p = { { 0 } };

		phrases_find(&t, 1000, &p);
		if ((p.count[phrases[i].which] > 0) != phrases[i].found)
			fail_msg("\"%s\"", phrases[i].text);
	}
}

static void
test_no_more_than_asked_is_read(void **state)
{
	const struct content_text t = { "payez le colis", 14 };
	struct phrases p = { { 0 } };

	(void)state;
	phrases_find(&t, 5, &p);
	assert_int_equal(p.count[PHRASE_PARCEL], 0);
	phrases_find(&t, 1000, &p);
	phrases_find(&t, 1000, &p);
	assert_int_equal(p.count[PHRASE_PARCEL], 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_start),
		cmocka_unit_test(test_phrases),
		cmocka_unit_test(test_no_more_than_asked_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

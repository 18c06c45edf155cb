/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The law of the voice: what a domain's own labels are worth, and the thresholds
 * that its own good mail sets.
 */
#include <math.h>

#include "lib/err.h"
#include "policy/opinion.h"
#include "tests/unit/learning_fixture.h"

static const struct classifier_stratum french = { CLASSIFIER_LANG_FR,
	CLASSIFIER_ERA_MODERN, false };

/* --- The law ---------------------------------------------------------------- */

static const struct {
	const char *name;
	struct classifier_evidence all; /* those of the domain among them */
	struct classifier_site own;
	double lo, hi;
} voices[] = {
	{ "nothing learnt", { 0, 0 }, { .good = 0 }, 0, 0 },
	{ "others alone, of another language", { 40, 800 }, { .good = 0 }, 0, 0 },
	{ "ten good ones of its own", { 50, 800 }, { .good = 10 }, 0.1, 0.3 },
	{ "fifty", { 90, 800 }, { .good = 50 }, 0.5, 0.6 },
	{ "two hundred", { 240, 800 }, { .good = 200 }, 1, 1 },
	{ "good ones alone", { 240, 0 }, { .good = 200 }, 0, 0 },
	{ "bad ones of its own", { 1000, 30 }, { .bad = 30 }, 0.7, 0.8 },
};

static void
test_voice_of_domain(void **state)
{
	(void)state;
	for (size_t i = 0; i < OCT_LEN(voices); i++) {
		struct classifier_evidence e = voices[i].all;
		double v;

		classifier_site_hear(&voices[i].own, &e);
		v = classifier_voice(&e);
		if (v < voices[i].lo || v > voices[i].hi)
			fail_msg("%s: %.3f", voices[i].name, v);
	}
}

/* Trained: 0.5 and 1.5. */
static const struct {
	const char *name;
	struct classifier_site own;
	double cut_100, cut_1000;
} cuts[] = {
	{ "nothing known", { 0, 0, -4, -4 }, 0.5, 1.5 },
	{ "a few that score high", { 5, 0, 1, 2 }, 1, 2 },
	{ "higher than may be", { 50, 0, 4, 4 }, 2.5, 3.5 },
	{ "few that score low", { 150, 0, -1, -1 }, 0.5, 1.5 },
	{ "many that score low", { 2000, 0, -1, -0.5 }, -1, -0.5 },
	{ "some that score low", { 632.455532, 0, -0.5, 0.5 }, 0, 1 },
	{ "the one raised over the other", { 100, 0, 2, 0 }, 2, 2 },
};

static void
test_cuts(void **state)
{
	(void)state;
	for (size_t i = 0; i < OCT_LEN(cuts); i++) {
		struct classifier_calibration k = { .slope = 1,
			.cut_100 = 0.5, .cut_1000 = 1.5 };

		classifier_site_cuts(&cuts[i].own, &k);
		if (fabs(k.cut_100 - cuts[i].cut_100) > 1e-6 ||
		    fabs(k.cut_1000 - cuts[i].cut_1000) > 1e-6)
			fail_msg("%s: %f %f", cuts[i].name, k.cut_100,
			    k.cut_1000);
	}
}

/* --- By labels ---------------------------------------------------------------- */

static void
learn(struct classifier *c, struct features *f, const char *kind, int i,
    struct classifier_label label)
{
	label.stratum = french;
	make_features(f, kind, i);
	classifier_learn(c, f, &label);
}

static void
test_counts(void **state)
{
	struct classifier *c = NULL;
	struct features *f = NULL;
	struct classifier_site a, b, none;

	(void)state;
	assert_int_equal(classifier_new(&c), 0);
	assert_int_equal(features_new(&f), 0);
	for (int i = 0; i < 40; i++) {
		learn(c, f, "lettre", i, (struct classifier_label){ .weight = 1,
			.domain = "a.fr" });
		learn(c, f, "gagnez", i, (struct classifier_label){ .bad = true,
			.weight = 0.25, .domain = "a.fr" });
		learn(c, f, "autre", i, (struct classifier_label){ .weight = 1 });
	}
	classifier_site(c, "a.fr", &a);
	classifier_site(c, "b.fr", &b);
	classifier_site(c, NULL, &none);
	assert_true(a.good == 40 && a.bad == 10);
	assert_true(b.good == 0 && b.bad == 0 && none.good == 0);
	/* The first were judged by a model that knew nothing. */
	assert_true(a.cut_1000 >= 0 && a.cut_1000 <= 0.5);
	assert_true(b.cut_1000 == -4 && none.cut_1000 == -4);
	/* All of it is taken back. */
	for (int i = 0; i < 40; i++)
		learn(c, f, "lettre", i, (struct classifier_label){
			.weight = -1, .domain = "a.fr" });
	classifier_site(c, "a.fr", &a);
	assert_true(a.good == 0 && a.cut_1000 == -4);
	classifier_close(c);
	features_free(f);
}

/* A newsletter that all others call spam: a domain that wants it is not harmed by
 * it even before the weights have followed. */
static void
test_own_threshold(void **state)
{
	const struct classifier_calibration k = { .slope = 2, .cut_100 = 0.5,
		.cut_1000 = 1, .good = 500, .bad = 500 };
	struct classifier *c = NULL;
	struct features *f = NULL;
	struct opinion before, wants, other;

	(void)state;
	assert_int_equal(classifier_new(&c), 0);
	assert_int_equal(features_new(&f), 0);
	for (int i = 0; i < 300; i++) {
		learn(c, f, "reunion", i,
		    (struct classifier_label){ .weight = 1 });
		learn(c, f, "promo", i,
		    (struct classifier_label){ .bad = true, .weight = 1 });
	}
	classifier_calibrate(c, &k);
	make_features(f, "promo", 1001);
	opinion_of(c, f, &french, "a.fr", &before);
	for (int i = 0; i < 3; i++)
		learn(c, f, "promo", i, (struct classifier_label){ .weight = 1,
			.domain = "a.fr" });
	make_features(f, "promo", 1001);
	opinion_of(c, f, &french, "a.fr", &wants);
	opinion_of(c, f, &french, "b.fr", &other);
	assert_true(before.points > 250);
	assert_true(wants.points < before.points - 200);
	assert_true(other.points > before.points - 100);
	assert_true(fabs(other.score.raw - before.score.raw) <
	    CLASSIFIER_LENT_MAX);
	classifier_close(c);
	features_free(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_voice_of_domain),
		cmocka_unit_test(test_cuts),
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_own_threshold),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}

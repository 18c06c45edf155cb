/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The classifier: it learns and unlearns, a domain corrects it for itself alone,
 * its file is whole or refused, and the same stream gives the same octets.
 */
#include <math.h>

#include "lib/err.h"
#include "tests/unit/learning_fixture.h"

static const struct classifier_stratum english = { CLASSIFIER_LANG_EN,
	CLASSIFIER_ERA_MODERN, false };

static void
learn(struct classifier *c, struct features *f, const char *kind, int i,
    bool bad, const char *domain)
{
	const struct classifier_label label = { .bad = bad, .weight = 1,
		.domain = domain, .stratum = english };

	make_features(f, kind, i);
	classifier_learn(c, f, &label);
}

static void
learn_both(struct classifier *c, struct features *f, int from, int to)
{
	for (int i = from; i < to; i++) {
		learn(c, f, "reunion", i, false, NULL);
		learn(c, f, "gagnez", i, true, NULL);
	}
}

struct test {
	struct classifier *c;
	struct features *f;
};

static struct test
begin(void)
{
	struct test t = { .c = NULL };

	assert_int_equal(classifier_new(&t.c), 0);
	assert_int_equal(features_new(&t.f), 0);
	return t;
}

static void
end(struct test *t)
{
	classifier_close(t->c);
	features_free(t->f);
}

static void
test_sigma(void **state)
{
	(void)state;
	assert_true(classifier_sigma(0) == 0.5);
	for (double x = -45; x < 45; x += 0.37) {
		double want = 1 / (1 + exp(-(x > 40 ? 40 : x < -40 ? -40 : x)));

		assert_true(fabs(classifier_sigma(x) - want) <= 1e-15 + want *
			1e-14);
	}
}

static void
test_learns(void **state)
{
	struct test t = begin();
	struct classifier_score s;
	double sum = 0;

	(void)state;
	make_features(t.f, "gagnez", 1);
	classifier_score(t.c, t.f, NULL, &s);
	assert_true(s.raw == 0);
	learn_both(t.c, t.f, 0, 200);
	assert_int_equal(classifier_updates(t.c), 400);
	assert_true(mean_of(t.c, t.f, "gagnez", NULL) > 1);
	assert_true(mean_of(t.c, t.f, "reunion", NULL) < -1);
	/* The groups add up, but for the bias that all messages share. */
	make_features(t.f, "gagnez", 1001);
	classifier_score(t.c, t.f, NULL, &s);
	for (size_t g = 0; g < FEATURE_GROUPS; g++)
		sum += s.group[g];
	make_features(t.f, "reunion", 1001);
	{
		struct classifier_score other;

		classifier_score(t.c, t.f, NULL, &other);
		s.raw -= other.raw;
		for (size_t g = 0; g < FEATURE_GROUPS; g++)
			sum -= other.group[g];
	}
	assert_true(fabs(s.raw - sum) < 1e-9);
	/* A message without any feature is nothing. */
	features_clear(t.f);
	classifier_score(t.c, t.f, "a.fr", &s);
	assert_true(isfinite(s.raw));
	end(&t);
}

static void
test_unlearns(void **state)
{
	struct test t = begin();
	struct classifier_label label = { .bad = true, .weight = 1,
		.stratum = english };
	struct classifier_evidence before, after;
	double was, wrong, undone;

	(void)state;
	learn_both(t.c, t.f, 0, 200);
	was = mean_of(t.c, t.f, "lettre", NULL);
	classifier_evidence(t.c, &english, &before);
	for (int i = 0; i < 20; i++) {
		make_features(t.f, "lettre", i);
		classifier_learn(t.c, t.f, &label);
	}
	wrong = mean_of(t.c, t.f, "lettre", NULL);
	label.weight = -1;
	for (int i = 0; i < 20; i++) {
		make_features(t.f, "lettre", i);
		classifier_learn(t.c, t.f, &label);
	}
	undone = mean_of(t.c, t.f, "lettre", NULL);
	classifier_evidence(t.c, &english, &after);
	assert_true(wrong > was + 0.5);
	assert_true(undone < wrong - 0.4 * (wrong - was));
	assert_true(after.bad == before.bad && after.good == before.good);
	end(&t);
}

/* A newsletter that one domain wants and another does not. */
static void
test_domains(void **state)
{
	struct test t = begin();
	double wants, does_not, third, before;

	(void)state;
	learn_both(t.c, t.f, 0, 200);
	before = mean_of(t.c, t.f, "lettre", "c.fr");
	for (int i = 0; i < 60; i++) {
		learn(t.c, t.f, "lettre", i, false, "a.fr");
		learn(t.c, t.f, "lettre", i, true, "b.fr");
	}
	wants = mean_of(t.c, t.f, "lettre", "a.fr");
	does_not = mean_of(t.c, t.f, "lettre", "b.fr");
	third = mean_of(t.c, t.f, "lettre", "c.fr");
	assert_true(wants < -0.5);
	assert_true(does_not > 0.5);
	/* For others nothing is settled. */
	assert_true(fabs(third - before) < 0.8);
	/* And what everybody knows stays known there. */
	assert_true(mean_of(t.c, t.f, "gagnez", "a.fr") > 0.8);
	assert_true(mean_of(t.c, t.f, "reunion", "b.fr") < -0.8);
	end(&t);
}

/* One domain teaches that all spam is good: what it says of itself is bounded,
 * and labels that are its own change the common table by a bounded share. */
static void
test_poisoned_domain(void **state)
{
	struct test t = begin();
	struct classifier_score s;
	double before, after;

	(void)state;
	learn_both(t.c, t.f, 0, 300);
	before = mean_of(t.c, t.f, "gagnez", "good.fr");
	for (int i = 0; i < 2000; i++)
		learn(t.c, t.f, "gagnez", i, false, "evil.fr");
	after = mean_of(t.c, t.f, "gagnez", "good.fr");
	make_features(t.f, "gagnez", 1001);
	classifier_score(t.c, t.f, "evil.fr", &s);
	assert_true(s.domain >= -3 && s.domain <= 3);
	assert_true(before > 1);
	assert_true(after > 0.5 * before);
	end(&t);
}

static void
test_file(void **state)
{
	struct test t = begin();
	char *folder = make_folder(), *path = path_in(folder, "model");
	char *octets, *again;
	struct classifier *c = NULL;
	char position[CLASSIFIER_POSITION_SIZE];
	size_t len, len2;
	double want;

	(void)state;
	assert_int_equal(classifier_open(path, &c), OCT_EABSENT);
	assert_int_equal(classifier_open_learning(path, &c), 0);
	classifier_close(c);
	learn_both(t.c, t.f, 0, 50);
	classifier_set_position(t.c, "1763730000000-7");
	want = raw_of(t.c, t.f, "gagnez", 9, "a.fr");
	assert_int_equal(classifier_save(t.c, path), 0);
	assert_int_equal(classifier_open(path, &c), 0);
	assert_true(raw_of(c, t.f, "gagnez", 9, "a.fr") == want);
	classifier_position(c, position);
	assert_string_equal(position, "1763730000000-7");
	classifier_close(c);
	/* Learning on from the file is as if it had never stopped. */
	octets = slurp(path, &len);
	assert_int_equal(classifier_open_learning(path, &c), 0);
	learn_both(t.c, t.f, 50, 80);
	learn_both(c, t.f, 50, 80);
	assert_int_equal(classifier_save(c, path), 0);
	classifier_close(c);
	again = slurp(path, &len2);
	assert_int_equal(len, len2);
	assert_memory_not_equal(octets, again, len);
	free(octets);
	assert_int_equal(classifier_save(t.c, path), 0);
	octets = slurp(path, &len);
	assert_memory_equal(octets, again, len);
	free(again);
	free(octets);
	(void)unlink(path);
	(void)rmdir(folder);
	free(path);
	free(folder);
	end(&t);
}

static void
test_damaged_file(void **state)
{
	static const struct {
		const char *name;
		size_t at; /* octet that is changed */
		size_t cut; /* octets that are missing at the end */
	} rows[] = { { "magic", 0, 0 }, { "version", 24, 0 },
		{ "evidence", 80, 0 }, { "weights", 100000, 0 },
		{ "corrections", 17000000, 0 }, { "one octet short", SIZE_MAX,
		    1 }, { "half", SIZE_MAX, 8000000 },
		{ "header alone", SIZE_MAX, 17825000 } };
	struct test t = begin();
	char *folder = make_folder(), *path = path_in(folder, "model");
	struct classifier *c = NULL;
	char *octets;
	size_t len;

	(void)state;
	learn_both(t.c, t.f, 0, 20);
	assert_int_equal(classifier_save(t.c, path), 0);
	octets = slurp(path, &len);
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		if (rows[i].at != SIZE_MAX)
			octets[rows[i].at] ^= 1;
		spill(path, octets, len - rows[i].cut);
		if (rows[i].at != SIZE_MAX)
			octets[rows[i].at] ^= 1;
		if (classifier_open(path, &c) != OCT_ECORRUPT ||
		    classifier_open_learning(path, &c) != OCT_ECORRUPT)
			fail_msg("%s", rows[i].name);
	}
	spill(path, octets, len);
	assert_int_equal(classifier_open(path, &c), 0);
	classifier_close(c);
	spill(path, "", 0);
	assert_int_equal(classifier_open(path, &c), OCT_ECORRUPT);
	free(octets);
	(void)unlink(path);
	(void)rmdir(folder);
	free(path);
	free(folder);
	end(&t);
}

/* The same stream in two processes' place: the same octets. */
static void
test_same_stream(void **state)
{
	struct test a = begin(), b = begin();
	char *folder = make_folder();
	char *one = path_in(folder, "one"), *two = path_in(folder, "two");
	char *x, *y;
	size_t n, m;

	(void)state;
	for (int i = 0; i < 100; i++) {
		const char *domain = i % 3 == 0 ? "a.fr" : NULL;

		learn(a.c, a.f, i % 2 ? "x" : "y", i, i % 2, domain);
		learn(b.c, b.f, i % 2 ? "x" : "y", i, i % 2, domain);
	}
	assert_int_equal(classifier_save(a.c, one), 0);
	assert_int_equal(classifier_save(b.c, two), 0);
	x = slurp(one, &n);
	y = slurp(two, &m);
	assert_int_equal(n, m);
	assert_memory_equal(x, y, n);
	(void)unlink(one);
	(void)unlink(two);
	(void)rmdir(folder);
	free(x);
	free(y);
	free(one);
	free(two);
	free(folder);
	end(&a);
	end(&b);
}

/* --- Voice --------------------------------------------------------------------- */

static const struct {
	const char *name;
	struct classifier_evidence e;
	double lo, hi;
} voices[] = {
	{ "nothing learnt", { 0, 0 }, 0, 0 },
	{ "good alone", { 5000, 0 }, 0, 0 },
	{ "bad alone", { 0, 5000 }, 0, 0 },
	{ "fifty good", { 50, 500 }, 0, 0 },
	{ "two hundred good", { 200, 500 }, 0.3, 0.6 },
	{ "five hundred good", { 500, 500 }, 0.6, 0.9 },
	{ "a thousand good", { 1000, 300 }, 1, 1 },
	{ "few bad", { 5000, 60 }, 0.3, 0.6 },
};

static void
test_voice(void **state)
{
	(void)state;
	for (size_t i = 0; i < OCT_LEN(voices); i++) {
		double v = classifier_voice(&voices[i].e);

		if (v < voices[i].lo || v > voices[i].hi)
			fail_msg("%s: %.3f", voices[i].name, v);
	}
}

/* Much old English mail says little of French mail of today. */
static void
test_voice_of_strata(void **state)
{
	struct test t = begin();
	const struct classifier_stratum old = { CLASSIFIER_LANG_EN,
		CLASSIFIER_ERA_OLD, false };
	const struct classifier_stratum french = { CLASSIFIER_LANG_FR,
		CLASSIFIER_ERA_MODERN, false };
	const struct classifier_stratum bounce = { CLASSIFIER_LANG_EN,
		CLASSIFIER_ERA_OLD, true };
	struct classifier_label label = { .weight = 1, .stratum = old };
	struct classifier_evidence e;

	(void)state;
	make_features(t.f, "x", 1);
	for (int i = 0; i < 1200; i++) {
		label.bad = i % 3 == 0;
		classifier_count(t.c, &label);
	}
	classifier_evidence(t.c, &old, &e);
	assert_true(e.good == 800 && e.bad == 400);
	assert_true(classifier_voice(&e) > 0.9);
	classifier_evidence(t.c, &french, &e);
	assert_true(e.good < 50 && e.bad == 400);
	assert_true(classifier_voice(&e) == 0);
	classifier_evidence(t.c, &bounce, &e);
	assert_true(e.good == 0);
	/* Its own good mail gives it the voice. */
	label = (struct classifier_label){ .weight = 1, .stratum = french };
	for (int i = 0; i < 300; i++)
		classifier_count(t.c, &label);
	classifier_evidence(t.c, &french, &e);
	assert_true(classifier_voice(&e) > 0.5);
	end(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sigma),
		cmocka_unit_test(test_learns),
		cmocka_unit_test(test_unlearns),
		cmocka_unit_test(test_domains),
		cmocka_unit_test(test_poisoned_domain),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_damaged_file),
		cmocka_unit_test(test_same_stream),
		cmocka_unit_test(test_voice),
		cmocka_unit_test(test_voice_of_strata),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}

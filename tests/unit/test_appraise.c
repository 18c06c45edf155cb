/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the classifier adds to a score: points by the calibration, as loud as the
 * evidence allows; the model in service is replaced without a stop; what is learnt
 * of a message is what is judged of it.
 */
#include <math.h>

#include "lib/err.h"
#include "policy/appraise.h"
#include "policy/rules.h"
#include "tests/unit/content_fixture.h"
#include "tests/unit/learning_fixture.h"

/* --- Points ---------------------------------------------------------------- */

static void
test_points(void **state)
{
	static const struct classifier_calibration k = { .slope = 2,
		.offset = -0.4, .cut_100 = 0.7, .cut_1000 = 1.2, .good = 500,
		.bad = 500 };
	static const struct classifier_calibration none = { .slope = 2 };
	static const struct classifier_calibration together = { .slope = 2,
		.cut_100 = -1, .cut_1000 = -1, .good = 20, .bad = 20 };
	static const struct {
		double raw, points;
	} rows[] = { { 0.2, 0 }, { 0.7, 3 }, { 1.2, 6 }, { 2.2, 7 },
		{ -1.8, -3 } };
	double last = -100;

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++)
		assert_true(fabs(opinion_points(&k, rows[i].raw) -
				rows[i].points) < 1e-9);
	for (double raw = -5; raw < 5; raw += 0.01) {
		assert_true(opinion_points(&k, raw) > last);
		last = opinion_points(&k, raw);
		/* Not calibrated: nothing. */
		assert_true(opinion_points(&none, raw) == 0);
		/* Cuts of a tiny set that fall together. */
		assert_true(isfinite(opinion_points(&together, raw)));
	}
}

/* What mail is ordered by: loud, silent, and between. */
static const struct {
	const char *name;
	double raw, voice, rules, rank;
	bool automatic;
} ranks[] = {
	{ "aloud, one in a thousand", 1.2, 1, 0, 5, false },
	{ "aloud, one in a hundred", 0.7, 1, 0, 3, false },
	{ "aloud, and rules", 1.2, 1, 5, 7, false },
	{ "silent", 1.2, 0, 0, 4.1, false },
	{ "silent, and rules", 1.2, 0, 5, 7, false },
	{ "half", 0.2, 0.5, 1, 1.64, false },
	{ "of a machine, silent", 0.2, 0, 0, 1.2, true },
	{ "of a machine, aloud", 0.2, 1, 0, 1, true },
};

static void
test_rank(void **state)
{
	static const struct classifier_calibration k = { .slope = 2,
		.cut_100 = 0.7, .cut_1000 = 1.2, .good = 500, .bad = 500 };

	(void)state;
	for (size_t i = 0; i < OCT_LEN(ranks); i++) {
		const struct opinion o = { .score = { .raw = ranks[i].raw },
			.stratum = { .automatic = ranks[i].automatic },
			.voice = ranks[i].voice };
		double rank = opinion_rank(&k, &o, ranks[i].rules);

		if (fabs(rank - ranks[i].rank) > 1e-9)
			fail_msg("%s: %f", ranks[i].name, rank);
	}
}

/* --- A model that was taught --------------------------------------------------- */

#define GOOD                                                                   \
	"From: Jean <jean@ami.fr>\nTo: bob@ville.fr\nSubject: Reunion %d\n"    \
	"Date: Fri, 20 Nov 2026 10:00:00 +0100\n\n"                            \
	"Bonjour, vous trouverez dans ce message le compte rendu de la "       \
	"reunion et les pieces du dossier que nous avons avec une note pour "  \
	"le conseil numero %d\n"
#define BAD                                                                    \
	"From: x <x%d@evil.top>\nTo: bob@ville.fr\nSubject: Gagnez %d\n"       \
	"Date: Fri, 20 Nov 2026 10:00:00 +0100\n\n"                            \
	"Vous avez gagne un cadeau et vous pouvez le prendre avec une carte "  \
	"dans les deux jours sur notre site pour la somme de mille euros que " \
	"je vous donne http://evil.top/%d\n"

static struct oct_msg *
mail(bool bad, int i)
{
	char text[1000];

	if (bad)
		(void)snprintf(text, sizeof(text), BAD, i, i, i);
	else
		(void)snprintf(text, sizeof(text), GOOD, i, i);
	return message_of(text, strlen(text));
}

static const struct oct_addr rpath = { "x", "evil.top" };
static const struct oct_addr rcpt = { "bob", "ville.fr" };
#define WHEN 1795255200000LL

static void
learn(struct training *t, struct features *f, bool bad, int i)
{
	struct oct_msg *m = mail(bad, i);
	const struct lesson_input in = { .msg = m, .rcpts = &rcpt,
		.rcpt_count = 1, .rpath = &rpath, .helo = "",
		.when_ms = WHEN };
	struct classifier_label label = { .bad = bad, .weight = 1 };
	struct lesson lesson;

	assert_int_equal(appraise_lesson(&in, f, &lesson), 0);
	assert_int_equal(lesson.stratum.lang, CLASSIFIER_LANG_FR);
	assert_int_equal(lesson.stratum.era, CLASSIFIER_ERA_MODERN);
	assert_false(lesson.stratum.automatic);
	label.stratum = lesson.stratum;
	assert_int_equal(training_add(t, f, &label, lesson.fingerprint), 1);
	oct_msg_free(m);
}

static void
teach(const char *path, int good, int bad)
{
	struct training_options o;
	struct training *t = NULL;
	struct features *f = NULL;
	struct classifier *c = NULL;

	assert_int_equal(training_open(NULL, &t), 0);
	assert_int_equal(features_new(&f), 0);
	for (int i = 0; i < good; i++)
		learn(t, f, false, i);
	for (int i = 0; i < bad; i++)
		learn(t, f, true, i);
	training_options_init(&o);
	o.passes = 2;
	o.folds = 2;
	assert_int_equal(training_run(t, &o, &c), 0);
	assert_int_equal(classifier_save(c, path), 0);
	classifier_close(c);
	features_free(f);
	training_close(t);
}

static void
judge(struct classifier_live *model, bool bad, struct appraisal *out)
{
	static const struct auth_spf spf = { .result = AUTH_TEMPERROR };
	static const struct auth_dkim dkim = { .count = 0 };
	static const struct auth_dmarc dmarc = { .result = AUTH_TEMPERROR };
	struct oct_msg *m = mail(bad, 7777);
	struct score_weights w;
	const struct appraise_input in = { .msg = m,
		.score = { .msg = m, .spf = &spf, .dkim = &dkim,
		    .dmarc = &dmarc, .rpath = &rpath, .helo = "mx.ami.fr",
		    .hostname = "mx.ville.fr", .from_org = "",
		    .rpath_org = "", .now_ms = WHEN, .rcpts = &rcpt,
		    .rcpt_count = 1 },
		.weights = &w, .model = model, .when_ms = WHEN };

	score_weights_init(&w);
	assert_int_equal(appraise(&in, out), 0);
	features_free(out->features);
	out->features = NULL;
	oct_msg_free(m);
}

/* Silent, a whisper, a voice: as the site's own mail was learnt. */
static void
test_voice_grows(void **state)
{
	char *folder = make_folder(), *path = path_in(folder, "model");
	struct classifier_live *model = NULL;
	struct appraisal none, low, loud, good;

	(void)state;
	assert_int_equal(classifier_live_new(path, &model), 0);
	assert_null(classifier_live_get(model));
	judge(model, true, &none);
	assert_false(none.heard);
	assert_false(score_has(&none.score, SYM_CONTENT_BAD));
	assert_true(fabs(none.rank - none.score.total / 100.0) < 1e-9);
	teach(path, 40, 40);
	classifier_live_refresh(model);
	judge(model, true, &low);
	assert_true(low.heard && low.opinion.voice == 0);
	assert_true(score_has(&low.score, SYM_CONTENT_BAD));
	assert_true(low.opinion.points > 0 && low.opinion.points <=
		(int32_t)(OPINION_WHISPER * OPINION_BAD_MAX));
	assert_int_equal(low.score.total,
	    none.score.total + low.opinion.points);
	teach(path, 400, 200);
	classifier_live_refresh(model);
	judge(model, true, &loud);
	assert_true(loud.opinion.voice > 0.5);
	assert_true(loud.opinion.points > low.opinion.points + 100);
	judge(model, false, &good);
	assert_true(good.opinion.points < 0);
	assert_true(score_has(&good.score, SYM_CONTENT_GOOD));
	assert_true(good.rank < loud.rank - 3);
	classifier_live_free(model);
	(void)unlink(path);
	(void)rmdir(folder);
	free(path);
	free(folder);
}

/* A reader keeps the model that it got; a damaged file changes nothing. */
static void
test_replaced(void **state)
{
	char *folder = make_folder(), *path = path_in(folder, "model");
	const struct classifier *first, *second;
	struct classifier_live *model = NULL;

	(void)state;
	teach(path, 10, 10);
	assert_int_equal(classifier_live_new(path, &model), 0);
	first = classifier_live_get(model);
	assert_non_null(first);
	classifier_live_refresh(model);
	second = classifier_live_get(model);
	assert_ptr_equal(first, second); /* the same file */
	classifier_live_put(model, second);
	teach(path, 20, 10);
	classifier_live_refresh(model);
	second = classifier_live_get(model);
	assert_ptr_not_equal(first, second);
	assert_int_equal(classifier_updates(first), 20);
	assert_int_equal(classifier_updates(second), 30);
	classifier_live_put(model, first);
	spill(path, "nothing", 7);
	classifier_live_refresh(model);
	assert_ptr_equal(classifier_live_get(model), second);
	classifier_live_put(model, second);
	classifier_live_put(model, second);
	(void)unlink(path);
	classifier_live_refresh(model);
	assert_ptr_equal(classifier_live_get(model), second);
	classifier_live_put(model, second);
	classifier_live_free(model);
	/* None at all. */
	assert_int_equal(classifier_live_new("", &model), 0);
	assert_null(classifier_live_get(model));
	classifier_live_put(model, NULL);
	classifier_live_free(model);
	assert_null(classifier_live_get(NULL));
	(void)rmdir(folder);
	free(path);
	free(folder);
}

/* The same message by another path is the same; another text is another. */
static void
test_fingerprint(void **state)
{
	static const char *const texts[] = {
		"From: a@b.fr\nMessage-ID: <1@b>\nSubject: s\n\nx\n",
		("Return-Path: <z@y>\nReceived: from a by b; x\n"
		 "From: a@b.fr\nMessage-ID: <1@b>\nSubject: s\n\nx\n"),
		"From: a@b.fr\nMessage-ID: <2@b>\nSubject: s\n\nx\n",
		"From: a@b.fr\nMessage-ID: <1@b>\nSubject: s\n\ny\n" };
	uint64_t seen[OCT_LEN(texts)];
	struct features *f = NULL;

	(void)state;
	assert_int_equal(features_new(&f), 0);
	for (size_t i = 0; i < OCT_LEN(texts); i++) {
		struct oct_msg *m = message_of(texts[i], strlen(texts[i]));
		const struct lesson_input in = { .msg = m, .rpath = &rpath,
			.helo = "", .when_ms = WHEN };
		struct lesson lesson;

		assert_int_equal(appraise_lesson(&in, f, &lesson), 0);
		seen[i] = lesson.fingerprint;
		oct_msg_free(m);
	}
	assert_true(seen[0] == seen[1]);
	assert_true(seen[0] != seen[2] && seen[0] != seen[3]);
	features_free(f);
}

/* Proof of the sender is learnt beside what a message says; what is not known is
 * no feature. */
static void
test_proof(void **state)
{
	static const char *const proofs[] = { NULL, "T", "A", "N" };
	struct classifier *c = NULL;
	struct features *f = NULL;
	size_t count[OCT_LEN(proofs)];
	double raw[OCT_LEN(proofs)];

	(void)state;
	assert_int_equal(features_new(&f), 0);
	assert_int_equal(classifier_new(&c), 0);
	for (int i = 0; i < 200; i++) {
		struct oct_msg *m = mail(true, i);
		const struct lesson_input in = { .msg = m, .rpath = &rpath,
			.helo = "", .when_ms = WHEN,
			.proof = i % 2 == 0 ? "A" : "N" };
		struct classifier_label label = { .bad = i % 2 == 1,
			.weight = 1 };
		struct lesson lesson;

		assert_int_equal(appraise_lesson(&in, f, &lesson), 0);
		label.stratum = lesson.stratum;
		classifier_learn(c, f, &label);
		oct_msg_free(m);
	}
	for (size_t i = 0; i < OCT_LEN(proofs); i++) {
		struct oct_msg *m = mail(true, 7777);
		const struct lesson_input in = { .msg = m, .rpath = &rpath,
			.helo = "", .when_ms = WHEN, .proof = proofs[i] };
		struct classifier_score score;
		struct lesson lesson;

		assert_int_equal(appraise_lesson(&in, f, &lesson), 0);
		count[i] = features_count(f, FEATURE_PROOF);
		classifier_score(c, f, NULL, &score);
		raw[i] = score.raw;
		oct_msg_free(m);
	}
	assert_true(count[0] == count[1] && raw[0] == raw[1]);
	assert_true(count[2] == count[0] + 1 && count[3] == count[0] + 1);
	assert_true(raw[3] > raw[2] + 0.5);
	classifier_close(c);
	features_free(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_points),
		cmocka_unit_test(test_rank),
		cmocka_unit_test(test_voice_grows),
		cmocka_unit_test(test_replaced),
		cmocka_unit_test(test_fingerprint),
		cmocka_unit_test(test_proof),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The set of labels and the training from it: what is in it survives, a torn end
 * does not count, and the order in which labels came does not matter.
 */
#include <math.h>

#include "lib/err.h"
#include "policy/training_balance.h"
#include "tests/unit/learning_fixture.h"

struct test {
	struct training *t;
	struct features *f;
	char *folder, *path;
};

static struct test
begin(void)
{
	struct test t = { .t = NULL, .folder = make_folder() };

	t.path = path_in(t.folder, "model.labels");
	assert_int_equal(features_new(&t.f), 0);
	assert_int_equal(training_open(t.path, &t.t), 0);
	return t;
}

static void
reopen(struct test *t)
{
	training_close(t->t);
	t->t = NULL;
	assert_int_equal(training_open(t->path, &t->t), 0);
}

static void
end(struct test *t)
{
	training_close(t->t);
	features_free(t->f);
	(void)unlink(t->path);
	(void)rmdir(t->folder);
	free(t->path);
	free(t->folder);
}

static int
add(struct test *t, const char *kind, int i, bool bad)
{
	const struct classifier_label label = { .bad = bad, .weight = 1,
		.stratum = { CLASSIFIER_LANG_FR, CLASSIFIER_ERA_MODERN,
		    false } };

	make_features(t->f, kind, i);
	return training_add(t->t, t->f, &label,
	    feature_hash(kind, strlen(kind)) + (uint64_t)i);
}

static void
expect_count(const struct test *t, size_t want_good, size_t want_bad)
{
	size_t good, bad, n = training_count(t->t, &good, &bad);

	assert_int_equal(good, want_good);
	assert_int_equal(bad, want_bad);
	assert_int_equal(n, good + bad);
}

static void
test_set(void **state)
{
	struct test t = begin();

	(void)state;
	assert_int_equal(add(&t, "a", 1, false), 1);
	assert_int_equal(add(&t, "a", 2, false), 1);
	assert_int_equal(add(&t, "b", 1, true), 1);
	assert_int_equal(add(&t, "b", 1, true), 0); /* it is there */
	expect_count(&t, 2, 1);
	assert_int_equal(add(&t, "a", 2, true), 1); /* the other label */
	expect_count(&t, 1, 2);
	assert_int_equal(training_remove(t.t, feature_hash("a", 1) + 1), 1);
	assert_int_equal(training_remove(t.t, feature_hash("a", 1) + 1), 0);
	assert_int_equal(training_remove(t.t, 12345), 0);
	expect_count(&t, 0, 2);
	assert_int_equal(training_sync(t.t), 0);
	reopen(&t);
	expect_count(&t, 0, 2);
	assert_int_equal(add(&t, "a", 1, false), 1); /* back again */
	reopen(&t);
	expect_count(&t, 1, 2);
	end(&t);
}

/* More than one room of the index. */
static void
test_many(void **state)
{
	struct test t = begin();

	(void)state;
	for (int i = 0; i < 3000; i++)
		assert_int_equal(add(&t, "a", i, i % 2 == 0), 1);
	for (int i = 0; i < 3000; i++)
		assert_int_equal(add(&t, "a", i, i % 2 == 0), 0);
	reopen(&t);
	expect_count(&t, 1500, 1500);
	end(&t);
}

static void
test_torn_end(void **state)
{
	struct test t = begin();
	size_t len, whole;
	char *octets;

	(void)state;
	assert_int_equal(add(&t, "a", 1, false), 1);
	assert_int_equal(add(&t, "a", 2, true), 1);
	training_close(t.t);
	t.t = NULL;
	octets = slurp(t.path, &whole);
	assert_int_equal(training_open(t.path, &t.t), 0);
	assert_int_equal(add(&t, "a", 3, true), 1);
	training_close(t.t);
	free(octets);
	octets = slurp(t.path, &len);
	/* Wherever the third record is cut, or an octet of it is wrong. */
	for (size_t cut = whole; cut < len; cut++) {
		spill(t.path, octets, cut);
		assert_int_equal(training_open(t.path, &t.t), 0);
		expect_count(&t, 1, 1);
		assert_int_equal(add(&t, "a", 4, true), 1);
		reopen(&t);
		expect_count(&t, 1, 2);
		training_close(t.t);
	}
	octets[whole + 20] ^= 1;
	spill(t.path, octets, len);
	t.t = NULL;
	assert_int_equal(training_open(t.path, &t.t), 0);
	expect_count(&t, 1, 1);
	free(octets);
	end(&t);
}

static void
test_not_a_set(void **state)
{
	struct test t = begin();
	struct training *other = NULL;

	(void)state;
	/* Another has it. */
	assert_int_equal(training_open(t.path, &other), OCT_EDOWN);
	training_close(t.t);
	t.t = NULL;
	spill(t.path, "something else\n\n\n\n", 18);
	assert_int_equal(training_open(t.path, &other), OCT_EPARSE);
	end(&t);
}

static char *
train(struct test *t, size_t *len, uint64_t seed)
{
	char *path = path_in(t->folder, "model"), *octets;
	struct training_options o;
	struct classifier *c = NULL;

	training_options_init(&o);
	o.seed = seed;
	o.folds = 2;
	assert_int_equal(training_run(t->t, &o, &c), 0);
	assert_int_equal(classifier_save(c, path), 0);
	classifier_close(c);
	octets = slurp(path, len);
	(void)unlink(path);
	free(path);
	return octets;
}

/* Forwards, backwards, with detours: the same octets. */
static void
test_order(void **state)
{
	struct test a = begin(), b = begin();
	char *x, *y;
	size_t n, m;

	(void)state;
	for (int i = 0; i < 100; i++)
		assert_int_equal(add(&a, i % 2 ? "x" : "y", i, i % 2), 1);
	assert_int_equal(add(&b, "z", 1, true), 1);
	for (int i = 99; i >= 0; i--) {
		if (i % 7 == 0)
			assert_int_equal(add(&b, i % 2 ? "x" : "y", i,
			    i % 2 == 0), 1);
		assert_int_equal(add(&b, i % 2 ? "x" : "y", i, i % 2), 1);
	}
	assert_int_equal(training_remove(b.t, feature_hash("z", 1) + 1), 1);
	reopen(&b);
	x = train(&a, &n, 1);
	y = train(&b, &m, 1);
	assert_int_equal(n, m);
	assert_memory_equal(x, y, n);
	free(y);
	y = train(&b, &m, 2);
	assert_memory_not_equal(x, y, n); /* another seed */
	free(x);
	free(y);
	end(&a);
	end(&b);
}

static void
test_calibrated(void **state)
{
	struct test t = begin();
	struct training_options o;
	struct classifier *c = NULL;
	struct classifier_calibration k;
	struct classifier_evidence e;
	struct classifier_score s;
	const struct classifier_stratum french = { CLASSIFIER_LANG_FR,
		CLASSIFIER_ERA_MODERN, false };

	(void)state;
	for (int i = 0; i < 400; i++)
		assert_int_equal(add(&t, i % 2 ? "gagnez" : "reunion", i,
		    i % 2), 1);
	training_options_init(&o);
	assert_int_equal(training_run(t.t, &o, &c), 0);
	classifier_calibration(c, &k);
	assert_int_equal(k.good, 200);
	assert_int_equal(k.bad, 200);
	assert_true(k.slope > 0);
	assert_true(k.cut_1000 >= k.cut_100);
	classifier_evidence(c, &french, &e);
	assert_true(e.good == 200 && e.bad == 200);
	make_features(t.f, "gagnez", 1001);
	classifier_score(c, t.f, NULL, &s);
	assert_true(s.raw > k.cut_100 && s.probability > 0.9);
	make_features(t.f, "reunion", 1001);
	classifier_score(c, t.f, NULL, &s);
	/* The cuts are set by models of four fifths of the set: what all good
	 * messages score lies where they do, give or take a little. */
	assert_true(s.raw < k.cut_100 + 0.2 && s.probability < 0.1);
	classifier_close(c);
	end(&t);
}

static int
stop(void *arg, size_t done, size_t total)
{
	int *calls = arg;

	assert_true(done <= total);
	return ++*calls == 2;
}

static void
test_stopped(void **state)
{
	struct test t = begin();
	struct training_options o;
	struct classifier *c = NULL;
	int calls = 0;

	(void)state;
	for (int i = 0; i < 300; i++)
		assert_int_equal(add(&t, "a", i, i % 2), 1);
	training_options_init(&o);
	o.progress = stop;
	o.arg = &calls;
	assert_int_equal(training_run(t.t, &o, &c), -ECANCELED);
	assert_null(c);
	assert_int_equal(calls, 2);
	end(&t);
}

/* Nothing, and one side alone: a model, but no calibration. */
static void
test_one_side(void **state)
{
	struct test t = begin();
	struct training_options o;
	struct classifier *c = NULL;
	struct classifier_calibration k;

	(void)state;
	training_options_init(&o);
	assert_int_equal(training_run(t.t, &o, &c), 0);
	classifier_close(c);
	c = NULL;
	for (int i = 0; i < 20; i++)
		assert_int_equal(add(&t, "a", i, false), 1);
	assert_int_equal(training_run(t.t, &o, &c), 0);
	classifier_calibration(c, &k);
	assert_int_equal(k.good + k.bad, 0);
	classifier_close(c);
	end(&t);
}

/* --- Balance ------------------------------------------------------------------ */

/* Good and bad, old, modern and of machines. */
static const struct {
	const char *name;
	double count[2][TRAINING_CELLS];
	/* Which of two weights is greater, and the sign of what a cell leans to. */
	double more[2], lean[TRAINING_CELLS];
} balances[] = {
	{ "as many of each", { { 100, 100, 0 }, { 100, 100, 0 } }, { 0, 0 },
	    { 0, 0, 0 } },
	{ "old is good, modern is bad", { { 500, 50, 0 }, { 50, 500, 0 } },
	    { 1, -1 }, { -1, 1, 0 } },
	{ "machines write good mail", { { 100, 100, 300 }, { 100, 100, 0 } },
	    { 0, 0 }, { 0, 0, -1 } },
	{ "nothing but good", { { 10, 10, 0 }, { 0, 0, 0 } }, { 0, 0 },
	    { -1, -1, 0 } },
	{ "nothing", { { 0 }, { 0 } }, { 0, 0 }, { 0, 0, 0 } },
};

static int
sign(double x)
{
	return x > 1e-9 ? 1 : x < -1e-9 ? -1 : 0;
}

static void
test_balance(void **state)
{
	(void)state;
	for (size_t i = 0; i < OCT_LEN(balances); i++) {
		const double(*n)[TRAINING_CELLS] = balances[i].count;
		struct training_balance b;
		bool right = true;

		training_balance(n, &b);
		for (size_t kind = 0; kind < 2; kind++) {
			const double *w = b.weight[kind];
			double sum = 0, all = 0;

			for (size_t c = 0; c < TRAINING_CELLS; c++) {
				sum += n[kind][c] * w[c];
				all += n[kind][c];
			}
			/* A good message that is lost costs more. */
			right &= fabs(sum - all * (kind == 0 ? 1.5 : 1)) < 1e-9;
			right &= sign(w[TRAINING_MODERN] - w[TRAINING_OLD]) ==
			    sign(balances[i].more[kind]);
		}
		for (size_t c = 0; c < TRAINING_CELLS; c++)
			right &= sign(b.lean[c]) ==
				sign(balances[i].lean[c]) &&
			    fabs(b.lean[c]) <= 1;
		if (!right)
			fail_msg("%s", balances[i].name);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_torn_end),
		cmocka_unit_test(test_not_a_set),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_calibrated),
		cmocka_unit_test(test_stopped),
		cmocka_unit_test(test_balance),
		cmocka_unit_test(test_one_side),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}

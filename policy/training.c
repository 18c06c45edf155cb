/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/training.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "policy/training_set.h"

#define RATE 10.0
#define PROGRESS_EVERY 256

void
training_options_init(struct training_options *o)
{
	*o = (struct training_options){ .passes = 10, .folds = 5, .seed = 1 };
}

/* --- Order -------------------------------------------------------------------- */

/* xorshift64*, G. Marsaglia 2003 and S. Vigna 2014: the same on every machine. */
static uint64_t
next_random(uint64_t *state)
{
	uint64_t x = *state;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	*state = x;
	return x * 0x2545f4914f6cdd1dULL;
}

static void
shuffle(size_t *order, size_t n, uint64_t *state)
{
	for (size_t i = n; i > 1; i--) {
		size_t k = (size_t)(next_random(state) % i);
		size_t swap = order[i - 1];

		order[i - 1] = order[k];
		order[k] = swap;
	}
}

static int
by_fingerprint(const void *a, const void *b, void *arg)
{
	const struct training *t = arg;
	uint64_t x = training_item(t, *(const size_t *)a)->fingerprint;
	uint64_t y = training_item(t, *(const size_t *)b)->fingerprint;

	return x < y ? -1 : x > y;
}

/* The live messages in an order that does not depend on when they came. */
static size_t
canonical(struct training *t, size_t *order)
{
	size_t n = 0;

	for (size_t i = 0; i < training_items(t); i++)
		if (training_item(t, i)->live)
			order[n++] = i;
	qsort_r(order, n, sizeof(*order), by_fingerprint, t);
	return n;
}

/* --- One model -------------------------------------------------------------------- */

struct run {
	struct training *t;
	const struct training_options *o;
	struct features *f;
	size_t done, total;
};

static int
told(struct run *r)
{
	if (r->o->progress == NULL || r->done++ % PROGRESS_EVERY != 0)
		return 0;
	return r->o->progress(r->o->arg, r->done, r->total) == 0 ? 0
								 : -ECANCELED;
}

static void
balance(const struct training *t, const size_t *order, size_t n,
    struct training_balance *out)
{
	double count[2][TRAINING_CELLS] = { { 0 } };

	for (size_t i = 0; i < n; i++) {
		const struct training_item *item = training_item(t, order[i]);

		count[item->bad][item->cell]++;
	}
	training_balance((const double(*)[TRAINING_CELLS])count, out);
}

/* One message, at a point of the training between 0 and the number of passes. */
static int
step(struct run *r, size_t i, const struct training_balance *b, double at,
    struct classifier *c)
{
	const struct training_item *item = training_item(r->t, i);
	const struct classifier_pace pace = { .rate = RATE / sqrt(1 + at),
		.weight = b->weight[item->bad][item->cell],
		.lean = b->lean[item->cell] };
	struct classifier_label label;
	int rc = training_load(r->t, i, r->f, &label);

	if (rc != 0)
		return rc;
	classifier_step(c, r->f, &label, &pace);
	if (at < 1)
		classifier_count(c, &label);
	return told(r);
}

static int
train(struct run *r, const size_t *order, size_t n, struct classifier *c)
{
	size_t *mixed = calloc(n + 1, sizeof(*mixed));
	struct training_balance b;
	uint64_t state = r->o->seed * 0x9e3779b97f4a7c15ULL | 1;
	size_t updates = 0;
	int rc = 0;

	if (mixed == NULL)
		return -ENOMEM;
	memcpy(mixed, order, n * sizeof(*mixed));
	balance(r->t, order, n, &b);
	for (int pass = 0; rc == 0 && pass < r->o->passes; pass++) {
		shuffle(mixed, n, &state);
		for (size_t i = 0; rc == 0 && i < n; i++, updates++)
			rc = step(r, mixed[i], &b, (double)updates / (double)n,
			    c);
	}
	free(mixed);
	return rc;
}

/* --- Calibration -------------------------------------------------------------------- */

struct judged {
	double score;
	bool bad;
};

static int
fold_of(const struct training *t, size_t i, int folds)
{
	return (int)((training_item(t, i)->fingerprint >> 7) %
	    (uint64_t)folds);
}

/* Scores of one fold's messages by a model of the others. */
static int
judge_fold(struct run *r, const size_t *order, size_t n, int fold,
    struct judged *out, size_t *count)
{
	size_t *others = calloc(n + 1, sizeof(*others)), k = 0;
	struct classifier *c = NULL;
	int rc = others != NULL ? classifier_new(&c) : -ENOMEM;

	for (size_t i = 0; rc == 0 && i < n; i++)
		if (fold_of(r->t, order[i], r->o->folds) != fold)
			others[k++] = order[i];
	if (rc == 0)
		rc = train(r, others, k, c);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		struct classifier_label label;
		struct classifier_score score;

		if (fold_of(r->t, order[i], r->o->folds) != fold)
			continue;
		rc = training_load(r->t, order[i], r->f, &label);
		if (rc != 0 || label.stratum.automatic)
			continue;
		classifier_score(c, r->f, label.domain, &score);
		out[(*count)++] = (struct judged){ score.raw, label.bad };
	}
	classifier_close(c);
	free(others);
	return rc;
}

/* Platt's sigmoid (J. Platt 1999, with the targets and the Newton steps of Lin,
 * Lin and Weng 2007), damped. */
static void
fit(const struct judged *j, size_t n, struct classifier_calibration *k)
{
	double hi = ((double)k->bad + 1) / ((double)k->bad + 2);
	double lo = 1 / ((double)k->good + 2);
	double a = 1, b = 0;

	for (int round = 0; round < 100; round++) {
		double g0 = 0, g1 = 0, h00 = 1e-9, h11 = 1e-9, h01 = 0, det;

		for (size_t i = 0; i < n; i++) {
			double s = j[i].score;
			double p = classifier_sigma(a * s + b);
			double d = p - (j[i].bad ? hi : lo);
			double w = p * (1 - p);

			g0 += d * s;
			g1 += d;
			h00 += w * s * s;
			h01 += w * s;
			h11 += w;
		}
		det = h00 * h11 - h01 * h01;
		if (fabs(det) < 1e-12 || fabs(g0) + fabs(g1) < 1e-6)
			break;
		a -= 0.7 * (h11 * g0 - h01 * g1) / det;
		b -= 0.7 * (h00 * g1 - h01 * g0) / det;
	}
	k->slope = a;
	k->offset = b;
}

static void
count_tenths(const struct judged *j, size_t n,
    struct classifier_calibration *k)
{
	for (size_t i = 0; i < n; i++) {
		double p = classifier_sigma(k->slope * j[i].score + k->offset);
		size_t tenth = p >= 1 ? 9 : (size_t)(10 * p);

		k->tenth[tenth][j[i].bad]++;
	}
}

static int
descending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x > y ? -1 : x < y;
}

static int
set_cuts(const struct judged *j, size_t n, struct classifier_calibration *k)
{
	double *good = calloc(n + 1, sizeof(*good));
	size_t count = 0;

	if (good == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		if (!j[i].bad)
			good[count++] = j[i].score;
	qsort(good, count, sizeof(*good), descending);
	if (count > 0) {
		k->cut_1000 = good[count / 1000];
		k->cut_100 = good[count / 100];
	}
	free(good);
	return 0;
}

static int
calibrate(struct run *r, const size_t *order, size_t n, struct classifier *c)
{
	struct judged *j = calloc(n + 1, sizeof(*j));
	struct classifier_calibration k = { .slope = 1 };
	size_t count = 0;
	int rc = j != NULL ? 0 : -ENOMEM;

	for (int fold = 0; rc == 0 && fold < r->o->folds; fold++)
		rc = judge_fold(r, order, n, fold, j, &count);
	for (size_t i = 0; i < count; i++) {
		k.bad += j[i].bad;
		k.good += !j[i].bad;
	}
	if (rc == 0 && k.good > 0 && k.bad > 0) {
		fit(j, count, &k);
		count_tenths(j, count, &k);
		rc = set_cuts(j, count, &k);
		if (rc == 0)
			classifier_calibrate(c, &k);
	}
	free(j);
	return rc;
}

int
training_run(struct training *t, const struct training_options *options,
    struct classifier **out)
{
	struct run r = { .t = t, .o = options };
	size_t *order = calloc(training_items(t) + 1, sizeof(*order)), n = 0;
	struct classifier *c = NULL;
	size_t good, bad;
	int folds, rc = order != NULL ? features_new(&r.f) : -ENOMEM;

	(void)training_count(t, &good, &bad);
	folds = good > 0 && bad > 0 ? options->folds : 0;
	if (rc == 0)
		rc = training_map(t);
	if (rc == 0)
		rc = classifier_new(&c);
	if (rc == 0) {
		n = canonical(t, order);
		r.total = n * (size_t)options->passes *
		    (size_t)(1 + folds);
		rc = train(&r, order, n, c);
	}
	/* One kind of mail alone calibrates nothing. */
	if (rc == 0 && folds > 1)
		rc = calibrate(&r, order, n, c);
	if (rc == 0) {
		*out = c;
		c = NULL;
	}
	classifier_close(c);
	features_free(r.f);
	free(order);
	return rc;
}

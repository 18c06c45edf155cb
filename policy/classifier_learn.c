/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the model changes by a label, and what bounds that.
 */
#include <math.h>

#include "lib/err.h"
#include "policy/classifier_int.h"

/* The recipe. */
#define TARGET 0.95     /* softened */
#define OWN_SHARE 0.03  /* each group also learns to stand by itself */
#define OWN_SLOPE 3.0
#define RATE 10.0
#define RATE_SERVICE (RATE / 2.449489742783178) /* RATE / sqrt(6) */
#define BIAS_RATE 0.1
/* A domain's correction learns slower than it would alone, and what it says is
 * bounded. */
#define DOMAIN_RATE 0.5
/* The corrections of all domains share one table, where they can meet: none may
 * be large, one by one (times the value of its group, as below) nor together. */
#define DOMAIN_NORM 8.0
/* All labels of one domain together move a weight of the common table by this
 * times the value v of its group at most: as the squares of the values of a
 * message's features sum up to 1, one domain moves the score that others get for
 * such a message by this at most. */
#define LENT_BOUND 0.75
/* And together the table, taken as one vector, by this: as the values of a message
 * are a vector of length 1, the score of any message whatever moves by this at
 * most.  Without it a domain could teach its few words at a time. */
#define LENT_NORM CLASSIFIER_LENT_MAX

static void
step_group(struct classifier *c, const struct features *f,
    enum feature_group g, double by)
{
	const uint32_t *slot = features_slots(f, g);
	size_t n = features_count(f, g);

	for (size_t i = 0; i < n; i++)
		c->weight[slot[i]] = (float)((double)c->weight[slot[i]] - by);
}

/* A weight after a step, within the bound.  What it was moved by with a greater
 * bound stays. */
static float
moved(float weight, double by, double bound)
{
	double was = (double)weight;
	double is = classifier_bounded(was - by, bound);

	if (fabs(is) < fabs(was) && (was > 0) == (by < 0))
		return weight;
	return (float)is;
}

/* The step of a label of one domain in one of the two hashed tables. */
struct hashed {
	float *table;
	unsigned int bits;
	double bound;     /* of a weight, times the value of its group */
	double norm;      /* of all of the domain's */
	const double *by; /* of each group */
	bool common;      /* what is lent moves the common table too */
	bool for_good;    /* else: what it would come to */
};

static double
step_hashed_group(struct classifier *c, const struct features *f,
    enum feature_group g, const struct sums *s, const struct hashed *h)
{
	const uint32_t *slot = features_slots(f, g);
	size_t n = features_count(f, g);
	double more = 0;

	for (size_t i = 0; i < n; i++) {
		float *w = &h->table[classifier_slot(slot[i], s->salt, h->bits)];
		float is = moved(*w, h->by[g], h->bound * s->value[g]);

		more += (double)is * (double)is - (double)*w * (double)*w;
		if (!h->for_good)
			continue;
		if (h->common)
			c->weight[slot[i]] =
			    (float)((double)c->weight[slot[i]] +
				((double)is - (double)*w));
		*w = is;
	}
	return more;
}

/* Within what the domain may move, or not at all. */
static void
step_hashed(struct classifier *c, const struct features *f,
    const struct sums *s, struct hashed *h, double *norm)
{
	double more = 0;

	for (size_t g = 0; g < FEATURE_GROUPS; g++)
		more += step_hashed_group(c, f, (enum feature_group)g, s, h);
	if (more > 0 && *norm + more > h->norm * h->norm)
		return;
	h->for_good = true;
	for (size_t g = 0; g < FEATURE_GROUPS; g++)
		*norm += step_hashed_group(c, f, (enum feature_group)g, s, h);
	if (*norm < 0)
		*norm = 0;
}

static void
step_domain(struct classifier *c, const struct features *f,
    const struct sums *s, const double by[FEATURE_GROUPS], bool common)
{
	struct hashed lent = { c->lent, LENT_BITS, LENT_BOUND, LENT_NORM, by,
		true, false };
	struct hashed corrected = { c->correction, DOMAIN_BITS, DOMAIN_BOUND,
		DOMAIN_NORM, by, false, false };
	double *norm = &c->norm[2 * classifier_slot(0, s->salt, NORM_BITS)];

	if (common)
		step_hashed(c, f, s, &lent, &norm[0]);
	else
		step_hashed(c, f, s, &corrected, &norm[1]);
}

static void
count_evidence(struct classifier *c, const struct classifier_label *label)
{
	struct header *h = c->header;
	const struct classifier_stratum *s = &label->stratum;
	double *to = &h->taught[label->bad][s->automatic][s->lang][s->era];

	*to += label->weight;
	if (*to < 0)
		*to = 0;
}

/* To unlearn is to be told that the message says nothing: the step that was made
 * is not known any more. */
static double
target_of(const struct classifier_label *label)
{
	if (label->weight < 0)
		return 0.5;
	return label->bad ? TARGET : 1 - TARGET;
}

void
classifier_step(struct classifier *c, const struct features *f,
    const struct classifier_label *label, const struct classifier_pace *pace)
{
	double target = target_of(label), rate = pace->rate;
	double weight = fabs(label->weight) * pace->weight;
	double total = c->header->bias, correction = 0, g;
	double by[FEATURE_GROUPS];
	struct sums s;

	OCT_ASSERT(c->learning);
	classifier_sums(c, f, label->domain, &s);
	for (size_t i = 0; i < FEATURE_GROUPS; i++) {
		total += s.value[i] * s.weight[i];
		correction += s.value[i] * s.domain[i];
	}
	correction = classifier_bounded(correction, DOMAIN_BOUND);
	/* The common table learns as if no correction were there; the
	 * correction learns the rest. */
	total += pace->lean;
	g = classifier_sigma(total) - target;
	for (size_t i = 0; i < FEATURE_GROUPS; i++) {
		double own =
		    classifier_sigma(OWN_SLOPE * s.value[i] * s.weight[i]) -
		    target;

		by[i] = rate * weight * s.value[i] *
		    ((1 - OWN_SHARE) * g + OWN_SHARE * own);
		if (!s.has_domain)
			step_group(c, f, (enum feature_group)i, by[i]);
	}
	if (!s.has_domain) {
		c->header->bias -= BIAS_RATE * RATE * weight * g;
		return;
	}
	step_domain(c, f, &s, by, true);
	g = classifier_sigma(total + correction) - target;
	for (size_t i = 0; i < FEATURE_GROUPS; i++)
		by[i] = DOMAIN_RATE * rate * weight * s.value[i] * g;
	step_domain(c, f, &s, by, false);
}

void
classifier_learn(struct classifier *c, const struct features *f,
    const struct classifier_label *label)
{
	if (label->domain != NULL) {
		struct classifier_score before;

		classifier_score(c, f, label->domain, &before);
		classifier_site_count(c, classifier_salt(label->domain), label,
		    before.raw);
	}
	classifier_step(c, f, label,
	    &(struct classifier_pace){ .rate = RATE_SERVICE, .weight = 1 });
	count_evidence(c, label);
	c->header->updates++;
}

void
classifier_count(struct classifier *c, const struct classifier_label *label)
{
	count_evidence(c, label);
	c->header->updates++;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a hosted domain's own labels are worth: its voice, and thresholds set on its
 * own good mail.  What each good message scored before it was learnt is counted in
 * bins, in fixed memory; a domain that shares its place with another (one pair in
 * 2^SITE_BITS) shares thresholds with it, nothing else.
 */
#include <math.h>

#include "policy/classifier_int.h"

/* The bins go from -BIN_END to BIN_END; beyond is in the last one. */
#define BIN_END 4.0
#define BIN_WIDTH (2 * BIN_END / SITE_BINS)
/* Halved beyond, so that what was long ago fades. */
#define BINS_SUM_MAX 4000.0
/* A label of one's own counts for so many of others', whose mail is unlike. */
#define OWN_WORTH 5.0
/* From so many good messages on they may lower a threshold, too; and how far a
 * threshold rises above that of the training. */
#define LOWER_FROM 200.0
#define LOWER_FULL 2000.0
#define RAISE_MAX 2.0

static struct site *
site_of(const struct classifier *c, uint32_t salt)
{
	return &c->site[classifier_slot(0, salt, SITE_BITS)];
}

static size_t
bin_of(double raw)
{
	double at = floor((classifier_bounded(raw, BIN_END) + BIN_END) /
	    BIN_WIDTH);

	return at < SITE_BINS ? (size_t)at : SITE_BINS - 1;
}

static double
sum_of(const struct site *s)
{
	double sum = 0;

	for (size_t i = 0; i < SITE_BINS; i++)
		sum += (double)s->bin[i];
	return sum;
}

/* The bin nearest to that one that holds something. */
static float *
nearest(struct site *s, size_t bin)
{
	for (size_t d = 0; d < SITE_BINS; d++) {
		if (bin >= d && s->bin[bin - d] > 0)
			return &s->bin[bin - d];
		if (bin + d < SITE_BINS && s->bin[bin + d] > 0)
			return &s->bin[bin + d];
	}
	return NULL;
}

static void
add(float *to, double by)
{
	double sum = (double)*to + by;

	*to = (float)(sum > 0 ? sum : 0);
}

void
classifier_site_count(struct classifier *c, uint32_t salt,
    const struct classifier_label *label, double raw)
{
	struct site *s = site_of(c, salt);
	float *bin = &s->bin[bin_of(raw)];

	add(label->bad ? &s->bad : &s->good, label->weight);
	if (label->bad)
		return;
	if (label->weight < 0)
		bin = nearest(s, bin_of(raw));
	if (bin != NULL)
		add(bin, label->weight);
	for (size_t i = 0; sum_of(s) > BINS_SUM_MAX && i < SITE_BINS; i++)
		s->bin[i] /= 2;
}

/* The upper end of the bin above which lie so many at most. */
static double
cut(const struct site *s, double above)
{
	double sum = 0;

	for (size_t i = SITE_BINS; i > 0; i--) {
		sum += (double)s->bin[i - 1];
		if (sum > above)
			return (double)i * BIN_WIDTH - BIN_END;
	}
	return -BIN_END;
}

void
classifier_site(const struct classifier *c, const char *domain,
    struct classifier_site *out)
{
	const struct site *s;
	double n;

	*out = (struct classifier_site){ .cut_100 = -BIN_END,
		.cut_1000 = -BIN_END };
	if (domain == NULL)
		return;
	s = site_of(c, classifier_salt(domain));
	n = sum_of(s);
	out->good = (double)s->good;
	out->bad = (double)s->bad;
	/* One message alone, which may be a mistake, does not move the lower
	 * threshold. */
	out->cut_100 = cut(s, 1 + floor(n / 100));
	out->cut_1000 = cut(s, floor(n / 1000));
}

void
classifier_site_hear(const struct classifier_site *site,
    struct classifier_evidence *e)
{
	/* They are counted among all already. */
	e->good += (OWN_WORTH - 1) * site->good;
	e->bad += (OWN_WORTH - 1) * site->bad;
}

static double
moved(double trained, double own, double good)
{
	if (own >= trained)
		return fmin(own, trained + RAISE_MAX);
	return trained +
	    (own - trained) * classifier_ramp(good, LOWER_FROM, LOWER_FULL);
}

void
classifier_site_cuts(const struct classifier_site *site,
    struct classifier_calibration *k)
{
	k->cut_100 = moved(k->cut_100, site->cut_100, site->good);
	k->cut_1000 = fmax(k->cut_100,
	    moved(k->cut_1000, site->cut_1000, site->good));
}

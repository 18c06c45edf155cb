/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The model in memory: between classifier.c, which keeps and reads it, and
 * classifier_learn.c, which changes it.
 */
#ifndef OCT_POLICY_CLASSIFIER_INT_H
#define OCT_POLICY_CLASSIFIER_INT_H

#include "policy/classifier.h"

#define SLOTS ((size_t)1 << FEATURE_BITS)
#define DOMAIN_BITS 18 /* the corrections' table */
#define DOMAIN_SLOTS ((size_t)1 << DOMAIN_BITS)
/* What each domain has moved in the common table, hashed likewise. */
#define LENT_BITS 20
#define LENT_SLOTS ((size_t)1 << LENT_BITS)
#define ALL_SLOTS (SLOTS + DOMAIN_SLOTS + LENT_SLOTS)
/* And how far each has moved it as a whole, and its corrections: sums of
 * squares, two by two. */
#define NORM_BITS 14
#define NORM_SLOTS ((size_t)2 << NORM_BITS)
/* What each says of its own mail (classifier_site.c). */
#define SITE_BITS 14
#define SITE_SLOTS ((size_t)1 << SITE_BITS)
#define SITE_BINS 32
#define CHECKSUM 32

/* What a file begins with; the tables follow.  Host byte order: a model is made
 * and read on the machines of one site. */
struct header {
	char magic[24];
	uint32_t version, bits, domain_bits, groups;
	uint64_t updates;
	double bias;
	/* Messages: good and bad, of people and of machines. */
	double taught[2][2][CLASSIFIER_LANGS][2];
	struct classifier_calibration calibration;
	char position[CLASSIFIER_POSITION_SIZE];
	uint8_t checksum[CHECKSUM]; /* of all, with this field zero */
	uint8_t reserved[512];
};

struct site {
	float good, bad;
	float bin[SITE_BINS]; /* raw scores of good mail, before it was learnt */
};

struct classifier {
	struct header *header;
	float *weight, *correction, *lent;
	double *norm; /* squared, by domain */
	struct site *site;
	size_t size;
	bool learning;
};

/* What the correction of a domain can say of a message. */
#define DOMAIN_BOUND 3.0

/* What one pass over the features finds. */
struct sums {
	double value[FEATURE_GROUPS];  /* v of the recipe, after the norm */
	double weight[FEATURE_GROUPS]; /* sum of weights */
	double domain[FEATURE_GROUPS]; /* sum of corrections */
	uint32_t salt;                 /* of the domain */
	bool has_domain;
};
void classifier_sums(const struct classifier *c, const struct features *f,
    const char *domain, struct sums *s);
/* Where the feature of that slot is for a domain, in a table of that size. */
size_t classifier_slot(uint32_t slot, uint32_t salt, unsigned int bits);

uint32_t classifier_salt(const char *domain);
/* 0 at lo and below, 1 at hi and above, between by the logarithm. */
double classifier_ramp(double n, double lo, double hi);

/* One label of a domain, and what the message scored before. */
void classifier_site_count(struct classifier *c, uint32_t salt,
    const struct classifier_label *label, double raw);

static inline double
classifier_bounded(double x, double bound)
{
	return x > bound ? bound : x < -bound ? -bound : x;
}

#endif

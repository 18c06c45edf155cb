/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A message appraised: its content read once, within bounds; the rules; what the
 * classifier thinks; the sum.  The same for the milter, for `octroictl scan`, and
 * for what is learnt.  Any thread.
 */
#ifndef OCT_POLICY_APPRAISE_H
#define OCT_POLICY_APPRAISE_H

#include "policy/classifier_live.h"
#include "policy/opinion.h"
#include "policy/score.h"

struct appraise_input {
	struct oct_msg *msg;
	/* Everything but the content, which is read here. */
	struct score_input score;
	const struct score_weights *weights;
	struct classifier_live *model;  /* NULL: the classifier is silent */
	const char *domain;   /* whose corrections count; NULL = nobody's */
	size_t received_skip; /* Received fields at the top that are our own */
	int64_t when_ms;      /* when it was received */
	const char *proof;    /* as in policy/opinion.h */
};

struct appraisal {
	struct score score;
	bool heard; /* the classifier was asked: */
	struct opinion opinion;
	/* What the classifier was asked about; freed by features_free, NULL if
	 * it was not. */
	struct features *features;
	/* What mail is ordered by (opinion_rank()); without a classifier the
	 * score. */
	double rank;
	const char *over; /* NULL, or the bound of reading that was hit (static) */
};

/* -ENOMEM or an error of reading the message, else 0. */
OCT_CHECK int appraise(const struct appraise_input *in, struct appraisal *out);

/*
 * What can be learnt of a message: features and stratum, and a fingerprint by
 * which it is known again (its text and author, not its path).
 */
struct lesson {
	struct classifier_stratum stratum;
	uint64_t fingerprint;
};
struct lesson_input {
	struct oct_msg *msg;
	const struct oct_addr *rcpts;
	size_t rcpt_count;
	const struct oct_addr *rpath;
	const char *helo;
	size_t received_skip;
	int64_t when_ms;
	const char *proof;
};
OCT_CHECK int appraise_lesson(const struct lesson_input *in,
    struct features *f, struct lesson *out);

#endif

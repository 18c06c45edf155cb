/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the classifier thinks of a message, as loudly as its evidence allows: from
 * a message and its content to features and a stratum, and from a score to
 * points.  The law is in doc/accuracy.md.  Pure but for the memory of features;
 * any thread.
 */
#ifndef OCT_POLICY_OPINION_H
#define OCT_POLICY_OPINION_H

#include "lib/addr.h"
#include "policy/classifier.h"
#include "policy/score.h"

/* Points that the content alone may add or take, in hundredths: at full voice,
 * and silent (a whisper: enough to order mail, never to mark it). */
#define OPINION_BAD_MAX 800
#define OPINION_GOOD_MAX 300
#define OPINION_WHISPER 0.25

struct opinion_input {
	struct oct_msg *msg;
	struct overview *overview;
	const struct score *symbols; /* found so far; NULL = none */
	const struct oct_addr *rcpts;
	size_t rcpt_count;
	const struct oct_addr *rpath;
	size_t received_skip; /* Received fields at the top that are our own */
	int64_t when_ms;      /* when it was received */
	/* Of proof of the sender, "A" to "X" (policy/proof.h); NULL or "T": not
	 * known. */
	const char *proof;
};

/* What can be learnt or judged of it; -ENOMEM, else 0. */
OCT_CHECK int opinion_read(const struct opinion_input *in, struct features *f,
    struct classifier_stratum *out);

struct opinion {
	struct classifier_stratum stratum;
	struct classifier_score score;
	struct classifier_evidence evidence;
	double voice;
	int32_t points; /* with voice and bounds, hundredths */
};
/* domain: the recipient's, NULL = none in particular. */
void opinion_of(const struct classifier *c, const struct features *f,
    const struct classifier_stratum *s, const char *domain,
    struct opinion *out);

/* The points of a raw score by the calibration, at full voice and without bounds:
 * 0 where good and bad are as likely, 3 where one good message in a hundred lies
 * above, 6 where one in a thousand does. */
double opinion_points(const struct classifier_calibration *k, double raw);

/* What mail is ordered by: 5 where, without a rule, one good message in a thousand
 * of those learnt lies above.  The less voice the classifier has of such mail, the
 * more the points of the rules count (measured: doc/accuracy.md). */
double opinion_rank(const struct classifier_calibration *k,
    const struct opinion *opinion, double rules);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A set of labelled messages, as features alone, in one file beside a model, from
 * which the model is trained anew: in several passes over a shuffled order, so
 * that it does not matter in which order the labels came.  A message is in the
 * set once, by its fingerprint: learning again replaces its label.  The file is
 * appended to; a torn end (a crash) is cut off at the next opening.
 *
 * One owner, one thread.
 */
#ifndef OCT_POLICY_TRAINING_H
#define OCT_POLICY_TRAINING_H

#include "lib/def.h"
#include "policy/classifier.h"

#define TRAINING_MESSAGES_MAX 2000000

struct training;

/* path NULL: in memory only.  Locks the file: OCT_EDOWN if another has it. */
OCT_CHECK int training_open(const char *path, struct training **out);
void training_close(struct training *t);
/* Number of messages, the good and bad ones. */
size_t training_count(const struct training *t, size_t *good, size_t *bad);

/* 1 added, 0 it was there with the same label, or an error. */
OCT_CHECK int training_add(struct training *t, const struct features *f,
    const struct classifier_label *label, uint64_t fingerprint);
/* Take a message out: 1, or 0 if it is not there. */
OCT_CHECK int training_remove(struct training *t, uint64_t fingerprint);
/* Everything added so far is on the disk. */
OCT_CHECK int training_sync(struct training *t);

struct training_options {
	int passes;     /* 10 */
	int folds;      /* 5; 0 = no calibration */
	uint64_t seed;
	/* Called now and then with what is done of what is to do; may be NULL.
	 * Non-zero stops: -ECANCELED. */
	int (*progress)(void *arg, size_t done, size_t total);
	void *arg;
};
void training_options_init(struct training_options *o);
/* A new model of all messages; with folds, calibrated on scores that each message
 * gets from a model that has not seen it. */
OCT_CHECK int training_run(struct training *t,
    const struct training_options *options, struct classifier **out);

#endif

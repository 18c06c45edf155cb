/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why a set of labels is not learnt as it is: its good mail is mostly old, its
 * bad mail mostly modern, and machines write only good mail.  A model that learns
 * such a set learns times and machines, too.  Pure; doc/accuracy.md has what it
 * brings.
 */
#ifndef OCT_POLICY_TRAINING_BALANCE_H
#define OCT_POLICY_TRAINING_BALANCE_H

#include "policy/classifier.h"

enum training_cell {
	TRAINING_OLD,
	TRAINING_MODERN,
	TRAINING_AUTOMATIC,
	TRAINING_CELLS
};
enum training_cell training_cell(const struct classifier_stratum *s);

struct training_balance {
	/* How much a message counts: good and bad, by cell. */
	double weight[2][TRAINING_CELLS];
	/* Log odds of bad that the cell alone gives. */
	double lean[TRAINING_CELLS];
};
/* count: messages, good and bad. */
void training_balance(const double count[2][TRAINING_CELLS],
    struct training_balance *out);

#endif

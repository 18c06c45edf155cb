/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The set itself: private to training*.c.
 */
#ifndef OCT_POLICY_TRAINING_SET_H
#define OCT_POLICY_TRAINING_SET_H

#include "policy/training.h"
#include "policy/training_balance.h"

/* A message of the set; its features lie in the file. */
struct training_item {
	uint64_t fingerprint;
	uint64_t at;  /* offset of the record */
	uint32_t len; /* of the record's body */
	bool bad, live;
	enum training_cell cell;
};

size_t training_items(const struct training *t);
const struct training_item *training_item(const struct training *t, size_t i);
/* Make what was written readable by training_load. */
OCT_CHECK int training_map(struct training *t);
/* label->domain points into the map. */
OCT_CHECK int training_load(struct training *t, size_t i, struct features *f,
    struct classifier_label *label);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A labelled message as octets: its features, its label and a fingerprint, in the
 * file of a training set and in the stream of labels.  The text of a message
 * cannot be had back from it.  Any thread.
 */
#ifndef OCT_POLICY_LABEL_RECORD_H
#define OCT_POLICY_LABEL_RECORD_H

#include "policy/classifier.h"

#define LABEL_RECORD_MIN 17
#define LABEL_RECORD_MAX (FEATURE_GROUPS * (FEATURES_MAX * 4 + 8) + 512)

struct label_record {
	uint64_t fingerprint;
	bool live; /* false: the message is taken out, there are no features */
	struct classifier_label label;
};

/* At most LABEL_RECORD_MAX octets into out; slots: room for FEATURES_MAX.  f may be
 * NULL where the record is not live.  The domain is shorter than
 * OCT_DOMAIN_SIZE. */
size_t label_record_write(const struct label_record *r,
    const struct features *f, uint32_t *slots, uint8_t *out);

/* What stands before the features; r->label.domain points into in.  OCT_ECORRUPT.
 * rest (may be NULL): where they begin. */
OCT_CHECK int label_record_head(const uint8_t *in, size_t len,
    struct label_record *r, const uint8_t **rest);
/* All of it.  OCT_ECORRUPT or -ENOMEM. */
OCT_CHECK int label_record_read(const uint8_t *in, size_t len,
    struct label_record *r, uint32_t *slots, struct features *f);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The classifier's model in service: a copy of its file is mapped and read without
 * locks, and taken anew when the file was replaced.  A file that is damaged leaves the
 * former model in force; without any the classifier is silent.
 *
 * Any thread may get and put; one at a time may refresh.
 */
#ifndef OCT_POLICY_CLASSIFIER_LIVE_H
#define OCT_POLICY_CLASSIFIER_LIVE_H

#include "policy/classifier.h"

struct classifier_live;

/* path "" : none, ever.  Reads the file if it is there. */
OCT_CHECK int classifier_live_new(const char *path, struct classifier_live **out);
/* Nothing may be got any more. */
void classifier_live_free(struct classifier_live *m);
/* Take the file anew if it is another than before. */
void classifier_live_refresh(struct classifier_live *m);

/* The model in force, until it is put back; NULL: none.  m may be NULL. */
const struct classifier *classifier_live_get(struct classifier_live *m);
void classifier_live_put(struct classifier_live *m, const struct classifier *c);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the courier teaches and learns: labels out of held messages that owners
 * judged, out of what Dovecot's imapsieve leaves in a folder, out of confirmed
 * challenges after their time; and the stream of labels applied to this node's
 * model.
 */
#ifndef OCT_COURIER_TEACH_H
#define OCT_COURIER_TEACH_H

#include "courier/courier.h"
#include "lib/msg.h"
#include "policy/learn.h"

/* A message on its way to a label: its features as the stream has them. */
struct teach_lesson {
	const char *domain;
	bool bad;
	double weight;
	char *packed; /* teach_pack's; freed by the caller */
	uint64_t fingerprint;
};
/* Of whom and when it came; "" or NULL = not known. */
struct teach_from {
	const char *rcpt, *rpath, *helo;
	size_t received_skip;
	int64_t when_ms;
	const char *proof; /* class of proof; NULL: not known */
};
/* Fills in packed and fingerprint.  OCT_ELIMIT: too much of it to be learnt. */
OCT_CHECK int teach_pack(struct oct_msg *m, const struct teach_from *from,
    struct teach_lesson *lesson);

/* Before the message of an item that is over is removed; what cannot be learnt is
 * logged and forgotten.  0 or the store's error. */
OCT_CHECK int courier_teach(struct courier *c, const struct case_item *item);
/* A confirmed one's time is over. */
enum duty courier_learn_later(struct courier *c, const struct case_duty *d);

/* Messages that imapsieve left in learn.folder, at most so many at a time. */
OCT_CHECK int courier_folder(struct courier *c, int64_t now_ms);

/* --- This node's model ---------------------------------------------------------- */

struct learner;
OCT_CHECK int learner_new(struct learner **out);
/* Writes what was learnt and not yet written; l may be NULL. */
void learner_free(struct learner *l, struct courier *c);
/* Apply what is new, write a checkpoint when it is time.  0 or the store's error;
 * trouble with the file is logged. */
OCT_CHECK int learner_step(struct learner *l, struct courier *c, int64_t now_ms);

#endif

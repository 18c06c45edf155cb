/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stream of labels (design 8): what people said of messages, as features, in
 * one order for all nodes.  The courier of each node applies it to its model:
 * the same stream from the same model gives the same octets.
 *
 * What one domain can do to others is bounded three times: a domain writes at most
 * LEARN_DOMAIN_DAY labels a day; each weight of the common table moves by a bounded
 * share for it; and its labels together, however many and whatever they are, move
 * the score of any message for any other domain by CLASSIFIER_LENT_MAX at most
 * (policy/classifier.h).
 *
 * An entry stays until every node that reported within LEARN_TTL_MS has applied
 * it, and no longer than that.  A node that was away for longer has missed some:
 * learn_standing says so.  Any thread.
 */
#ifndef OCT_POLICY_LEARN_H
#define OCT_POLICY_LEARN_H

#include "lib/store.h"
#include "policy/classifier.h"
#include "policy/label_record.h"

#define LEARN_TTL_MS (7LL * 86400000)
#define LEARN_DOMAIN_DAY 200
#define LEARN_ENTRIES_MAX 4000     /* waiting for the slowest node */
#define LEARN_RECORD_OCTETS 131072 /* a longer record is not learnt */

/* --- Writing ------------------------------------------------------------------ */

/* The record as it stands in the stream, which the caller frees.  OCT_ELIMIT:
 * longer than LEARN_RECORD_OCTETS. */
OCT_CHECK int learn_pack(const struct label_record *r,
    const struct features *f, char **out);
/* by: who said it ("owner", "admin", "confirmed", "imap", "learn").  domain NULL:
 * of the platform, without a daily bound.  1 written; 0 left out: the domain
 * has said enough for today, or LEARN_ENTRIES_MAX wait. */
OCT_CHECK int learn_write(struct store *s, const char *domain,
    const char *packed, const char *by);

/* --- Applying ----------------------------------------------------------------- */

struct learn;
OCT_CHECK int learn_new(struct learn **out);
void learn_free(struct learn *l);
/* Apply what follows the model's position, at most limit (<= 1,000) entries, and
 * move it on; *applied: entries passed.  An entry that is none of ours is passed
 * over, on every node alike.  On an error what was applied stands. */
OCT_CHECK int learn_apply(struct learn *l, struct store *s,
    struct classifier *c, size_t limit, size_t *applied);

/* --- Positions ---------------------------------------------------------------- */

/* This node's model on the disk is there. */
OCT_CHECK int learn_report(struct store *s, const char *node,
    const char *position, int64_t now_ms);
enum learn_standing {
	LEARN_CURRENT,
	LEARN_ALONE, /* entries were missed, but no other node is to be like */
	LEARN_BEHIND /* entries were missed that others have: not to be applied */
};
struct learn_place {
	enum learn_standing standing;
	/* Where to go on: another place than position if it is alone. */
	char from[CLASSIFIER_POSITION_SIZE];
};
OCT_CHECK int learn_standing(struct store *s, const char *node,
    const char *position, int64_t now_ms, struct learn_place *out);
/* Take out what all nodes have, or what is too old. */
OCT_CHECK int learn_trim(struct store *s, int64_t now_ms);

#endif

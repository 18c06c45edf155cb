/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Did a message come by a legacy address of a mailbox (policy/legacy.h)?  One
 * thread at a time, as the evaluator.
 */
#ifndef OCT_MILTER_LEGACY_H
#define OCT_MILTER_LEGACY_H

#include "milter/evaluate.h"
#include "policy/legacy.h"

/* Once a recipient, when it is known and before the end of the message: look-ups
 * of its providers start here. */
void legacy_want(struct evaluator *e, const struct dir_finals *finals,
    int64_t now_ms);

struct legacy_way {
	enum legacy_credit credit;
	bool named; /* one of its legacy addresses stands in To, Cc or Resent-* */
};
/* After the end, for one final. */
void legacy_find(struct evaluator *e, const struct evaluation *ev,
    const struct dir_final *f, int64_t now_ms, struct legacy_way *out);

#endif

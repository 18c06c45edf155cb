/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counters of a hosted domain, day by day (UTC): what the decision came to where
 * nothing else is kept of it (challenge.md 2 and 3: refusals with a link, what
 * a simulation would have done).  Numbers only.  Any thread.
 */
#ifndef OCT_POLICY_TALLY_H
#define OCT_POLICY_TALLY_H

#include "lib/def.h"
#include "lib/store.h"

/* "2026-11-21" */
#define TALLY_DAY_SIZE 16
void tally_day(int64_t now_ms, char out[TALLY_DAY_SIZE]);

/* Add to txn, which is of this domain's tag: one more of that name. */
void tally_count(struct store_txn *txn, const char *domain, int64_t now_ms,
    const char *name);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Space for held mail (challenge.md 5): how much waits for one mailbox, in all
 * and for each proven organisation, and whether one more message has room.  Kept
 * as counters that every registration and every end of an item changes in its own
 * transaction.  Any thread.
 */
#ifndef OCT_POLICY_SPACE_H
#define OCT_POLICY_SPACE_H

#include "lib/def.h"
#include "lib/store.h"
#include "policy/held.h"
#include "policy/options.h"
#include "policy/relation.h"

/* For whom an item counts: a proven organisation (a listed provider: the
 * address), or all that proved nothing together. */
#define SPACE_SHARE_SIZE 340
void space_share_of(const char *class, const char *sid, bool listed_provider,
    char out[SPACE_SHARE_SIZE]);

struct space_use {
	int64_t items, octets;             /* of the mailbox */
	int64_t share_items, share_octets; /* of this share */
};
/* In the caller's batch: the slot, or an error. */
int space_ask(struct store_batch *b, const char *domain, const char *local,
    const char *share);
void space_read(const struct store_batch *b, int slot, struct space_use *out);

/* Pure: has one more message of that size room?  proven: the share is an
 * organisation (5 %), else the unproven (20 %). */
bool space_has_room(const struct space_use *use, const struct relation *r,
    const struct option_values *options, bool proven, int64_t size);

/* Count an item in (sign 1) or out (-1), in the item's own transaction. */
void space_count(struct store_txn *txn, const struct held *item,
    const char *share, int sign);

#endif

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

/* For whom an item counts: "org:..." a proven organisation (a listed provider:
 * "addr:..."), or SPACE_UNPROVEN, all that proved nothing together.  It is kept
 * with the item (held.share); "" there: the item is not counted (in transit, or
 * older than the counters). */
#define SPACE_SHARE_SIZE 340
#define SPACE_UNPROVEN "unproven"
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
 * organisation (5 %), else the unproven (20 %).  Where anything is left the
 * message fits, however large: what is left may be overdrawn by one. */
bool space_has_room(const struct space_use *use, const struct relation *r,
    const struct option_values *options, bool proven, int64_t size);

/* Count an item in (sign 1) or out (-1), in the item's own transaction, whose
 * expectations must make sure that it is done once.  case_register counts what
 * is new, by its held.share. */
void space_count(struct store_txn *txn, const struct held *item,
    const char *share, int sign);

/* --- Repair ---------------------------------------------------------------- */

struct dir_snapshot;

/* Count a mailbox anew from its items.  0, OCT_ECONFLICT (it changes too fast:
 * later), or the store's error. */
OCT_CHECK int space_recount(struct store *s, const char *domain,
    const char *local);
/* Recount those of the directory whose number of items is not that of their
 * index.  *repaired: how many. */
OCT_CHECK int space_repair(struct store *s, const struct dir_snapshot *dir,
    size_t *repaired);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shared by the case_*.c files only.
 */
#ifndef OCT_POLICY_CASE_INT_H
#define OCT_POLICY_CASE_INT_H

#include "policy/casework.h"

/* A relation as read: its packed text is what a transaction expects. */
struct case_rel {
	struct relation rel;
	bool present;
	char packed[REL_PACKED_SIZE];
};

/* 0 or an error; an absent or unreadable relation is UNKNOWN (an unreadable one
 * keeps its text, so that it is replaced only as a whole). */
OCT_CHECK int case_rel_read(struct store *s, const char *domain,
    const char *local, const char *sid, struct case_rel *out);
/* Add to txn: expect what was read, write what rel is now (nothing for an empty
 * UNKNOWN one). */
void case_rel_write(struct store_txn *txn, const char *domain,
    const char *local, const char *sid, const struct case_rel *r);

/*
 * Add to txn: the release of those items of r whose reason lets them go with the
 * relation (first contact, transit), by `origin`.
 */
OCT_CHECK int case_release_items(struct store *s, struct store_txn *txn,
    const char *domain, const struct relation *r, const char *origin,
    int64_t now_ms);
#define CASE_ORIGIN_CLOSED "closed" /* what was refused once is not tried again */
/* Add to txn: this item is wanted by origin; the courier is told. */
void case_want(struct store_txn *txn, const struct held *item,
    const char *origin, int64_t now_ms);

/* Add to txn: the item, as it was read, ends (released, dropped, expired), out of
 * the index; its relation is the caller's. */
void case_end(struct store_txn *txn, const struct case_item *item,
    enum held_state to, int64_t now_ms);
/* Add to txn, after case_end: the message is kept, for the owner may take it
 * back until then. */
void case_keep(struct store_txn *txn, const struct held *h, int64_t until_ms);
/* Commit and free; a conflict means "somebody else did it, or it no longer
 * applies": 1 done, 0 not, or an error. */
OCT_CHECK int case_commit_or_not(struct store *s, struct store_txn *txn);

/* A due time outside the transaction, before it. */
void case_due(struct store_txn *txn, const char *node, const char *verb,
    const char *domain, const char *id, int64_t when_ms);
/* Work now, after it. */
void case_work(struct store_txn *txn, const char *node, const char *verb,
    const char *domain, const char *id);

/* Discard what is held for a mailbox and of whom the block named->sid is, in From
 * or reverse-path, whatever the sender proved. */
OCT_CHECK int case_drop_named(struct store *s, const struct case_timers *t,
    const struct case_sender *named, int64_t now_ms);
/* Does a grant or block of that name ("addr:...", "dom:...") mean him? */
bool case_sid_named(const char *sid, const char *name);

const char *case_refused_name(enum case_refused r);
/* Add to txn: nobody was asked, because of `why`; the items of r that wait for an
 * answer wait as long as silent ones. */
OCT_CHECK int case_keep_silent(struct store *s, struct store_txn *txn,
    const char *domain, const struct relation *r, int64_t hold_silent,
    const char *why);
/* Best effort: a challenge was confirmed, disowned, or bounced. */
void case_tell_breakers(struct store *s, const struct case_challenge *c,
    enum rel_event ev, int64_t now_ms);

void case_number(int64_t v, char out[24]);

#endif

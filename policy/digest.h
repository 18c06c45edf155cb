/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What of the held mail its owner was not told of yet, and what becomes of it
 * (challenge.md 3, expiry rule, and 10e).  The transaction that registers an item
 * notes it as unlisted; a digest that was accepted makes it listed, so that its
 * time can end; whatever ends it takes it out.  Any thread.
 */
#ifndef OCT_POLICY_DIGEST_H
#define OCT_POLICY_DIGEST_H

#include "lib/def.h"
#include "lib/store.h"
#include "policy/casework.h"
#include "policy/digest_schedule.h"
#include "policy/directory.h"
#include "policy/options.h"

/* Whoever was told of an item has so long at least. */
#define DIGEST_NOTICE_MS (3 * 86400000LL)

/* The schedule in force: where the digest is off, the Challenge option keeps a
 * weekly one.  DIGEST_OFF: none. */
int64_t digest_schedule_of(const struct option_values *o);
/* Does nobody hear of what is held by score?  Then it is delivered, marked. */
bool digest_is_off(const struct option_values *o);

/* --- Who wants none -------------------------------------------------------- */

/* Is he one of those who share it and want no digest? */
bool digest_declined(const struct dir_mailbox *m, const char *person);
/*
 * No more for him who shares it ("" = the mailbox itself), as the snapshot has
 * it: the others go on getting theirs; when nobody is left, and for a mailbox
 * that nobody shares, its schedule is off.  actor: for the journal.  As
 * directory_change.
 */
OCT_CHECK int digest_stop(struct store *s, const struct dir_domain *d,
    const struct dir_mailbox *m, const char *person, const char *actor);

/* --- Of an item, in its own transaction ------------------------------------- */

/* Its owner is to be told of it (again). */
void digest_add(struct store_txn *txn, const struct held *h, int64_t now_ms);
/* It is over. */
void digest_drop(struct store_txn *txn, const struct held *h);

/* --- Of a mailbox ------------------------------------------------------------- */

struct digest_state {
	int64_t sent_ms;   /* the last one was accepted, 0 = none was */
	int64_t looked_ms; /* what its schedule has up to here is settled */
	int64_t lease_ms;  /* it is being sent, until then at most; 0 = not */
	bool asked;        /* one is wanted now, of all that waits */
	char node[HELD_NODE_SIZE]; /* whose courier has it; "" = nobody's: it
				      failed */
};

struct digest_box {
	char *local;
	char *mark;  /* changes with each item that comes */
	char *text;  /* the state as read, NULL = none */
	struct digest_state state;
	int64_t oldest_ms; /* arrival of the oldest unlisted one, 0 = none */
	int64_t unlisted;  /* how many */
};
struct digest_boxes {
	size_t count;
	struct digest_box *box;
};
/* The mailboxes of a domain that have something unlisted, or where one is
 * asked for. */
OCT_CHECK int digest_boxes_read(struct store *s, const char *domain,
    struct digest_boxes *out);
/* Has any?  1, 0, or an error. */
OCT_CHECK int digest_any(struct store *s, const char *domain);
/* One mailbox, whatever it has. */
OCT_CHECK int digest_box_read(struct store *s, const char *domain,
    const char *local, struct digest_boxes *out);
void digest_boxes_free(struct digest_boxes *b);

/* When the next one is due, by that schedule; INT64_MAX: there is nothing to
 * tell, or nobody to tell it to.  Times that have not come are of a clock that was
 * set back since: a look of then counts not, what came then is due at once. */
int64_t digest_due(const struct digest_box *b, int64_t schedule,
    int64_t now_ms);

/* What was due is settled without a mail. */
OCT_CHECK int digest_look(struct store *s, const char *domain,
    const struct digest_box *b, int64_t now_ms);
/* Ask for one now; the courier of that node sends it. */
OCT_CHECK int digest_ask(struct store *s, const char *domain,
    const char *local, const char *node, int64_t now_ms);
/* Take the right to send: 1, and b says so; 0: another node is at it. */
OCT_CHECK int digest_take(struct store *s, const char *domain,
    struct digest_box *b, const char *node, int64_t now_ms, int64_t lease_ms);
/* It was accepted.  Before that, each item that it showed is listed. */
OCT_CHECK int digest_sent(struct store *s, const char *domain,
    const struct digest_box *b, int64_t now_ms);
/* It was not: nobody tries before that time. */
OCT_CHECK int digest_failed(struct store *s, const char *domain,
    const struct digest_box *b, int64_t again_ms);
/* Is it somebody else's turn, or nobody's, until its lease is over? */
bool digest_is_taken(const struct digest_box *b, const char *node,
    int64_t now_ms);

/* --- Listing ---------------------------------------------------------------- */

/* Is this one for the list of its owner?  Not what is on its way, nor what may
 * not have been accepted, nor malware. */
bool digest_lists(const struct case_item *item);
/* Malware: he is told that there is some. */
bool digest_withholds(const struct case_item *item);
/* Until when a listed one waits. */
int64_t digest_expiry(const struct case_item *item, int64_t now_ms);
/* A digest that listed it was accepted (or told of it: malware).  1 noted, 0 it
 * is over, or changed too often. */
OCT_CHECK int digest_listed(struct store *s, const struct case_item *item,
    int64_t now_ms);
/* The administrators were told of it: malware.  1 or 0, likewise. */
OCT_CHECK int digest_reported(struct store *s, const struct case_item *item,
    int64_t now_ms);
/* What is over is not there to be listed. */
OCT_CHECK int digest_clean(struct store *s, const char *domain,
    const char *local, const char *id);

#endif

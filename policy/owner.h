/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the owner of a mailbox may do on his page, and nothing else: every
 * function looks at items, senders and options of that one mailbox only, so that
 * a name that was guessed leads nowhere.  Each act is told to the audit and to the
 * mailbox's own history, with who did it; a line in the log goes with it.  Any
 * thread.
 */
#ifndef OCT_POLICY_OWNER_H
#define OCT_POLICY_OWNER_H

#include "policy/casework.h"
#include "policy/owner_acts.h"

/* Who acts: all borrowed, but for the act that is just being done. */
struct owner {
	struct store *store;
	const struct case_timers *timers;
	const char *domain, *local;
	const char *person; /* who shares it, "" = the mailbox's own address */
	int64_t now_ms;
};

/* --- Items ---------------------------------------------------------------- */

/* 1 it is his, 0 it is not, or there is none; to be freed by case_item_fini. */
OCT_CHECK int owner_item(const struct owner *o, const char *id,
    struct case_item *out);

/* The address that it shows as its author's, "" if none. */
const char *owner_item_sender(const struct case_item *item);
/* Did it prove that it comes from that address? */
bool owner_item_is_proven(const struct case_item *item);

/* What is read of an item for a list: one page of it. */
#define OWNER_PAGE 50
struct owner_page {
	size_t total;  /* items that match */
	size_t count;  /* on this page */
	bool cut;      /* of more than OWNER_SEARCH_MAX the older ones were not
			  looked at */
	struct case_item item[OWNER_PAGE];
};
#define OWNER_SEARCH_MAX 20000

/* What is looked for; NULL or "" = all.  words: each must stand in sender or
 * subject, whatever its case and accents; reason: one of the groups below. */
enum owner_group {
	OWNER_ALL,
	OWNER_CONTACT,   /* first contacts, and what nobody could be asked for */
	OWNER_JUNK,      /* spam, spoof */
	OWNER_AUTOMATIC,
	OWNER_VIRUS
};
#define OWNER_GROUPS 5
enum owner_group owner_group_of(const char *reason);

struct owner_search {
	const char *words;
	enum owner_group group;
	size_t page; /* from 0 */
};
/* The page on the heap, for owner_page_free. */
OCT_CHECK int owner_list(const struct owner *o, const struct owner_search *q,
    struct owner_page **out);
/* What was discarded and can still be taken back, the last first; at most
 * OWNER_PAGE. */
OCT_CHECK int owner_bin(const struct owner *o, struct owner_page **out);
void owner_page_free(struct owner_page *p);
/* How many are held. */
OCT_CHECK int owner_count(const struct owner *o, size_t *out);

/* Deliver it; accept: and let its sender in from now on.  It is a label too: this
 * was wanted.  CASE_IMPOSSIBLE: a virus, or its sender is blocked. */
OCT_CHECK int owner_release(const struct owner *o, const char *id, bool accept,
    enum case_outcome *out);
/* Throw it away; spam: and say that it was unwanted. */
OCT_CHECK int owner_discard(const struct owner *o, const char *id, bool spam,
    enum case_outcome *out);
/* Throw it away and block its sender: one who proved his From by his address, any
 * other as he came (challenge.md 1: a forged address must not be kept out for
 * what a forger did).  It is a label: this was spam. */
OCT_CHECK int owner_refuse(const struct owner *o, const char *id,
    enum case_outcome *out);
/* Take back what was discarded; if its sender was blocked with it, that too. */
OCT_CHECK int owner_undo(const struct owner *o, const char *id,
    enum case_outcome *out);

#endif

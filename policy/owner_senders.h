/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whom a mailbox lets in and whom it keeps out, as its owner sees it: what he and
 * others said of addresses and domains (policy/grant.h), and what became of
 * senders who proved who they are (policy/relation.h), as one list.  Any thread.
 */
#ifndef OCT_POLICY_OWNER_SENDERS_H
#define OCT_POLICY_OWNER_SENDERS_H

#include <stdio.h>

#include "policy/owner.h"
#include "policy/proof.h"
#include "policy/seed.h"

/* How one is named: "addr:a@b", "dom:b", or "sid:..." for one who proved nothing
 * and is known by how he came. */
#define OWNER_WHO_SIZE (PROOF_SID_SIZE + 8)

struct owner_sender {
	char *who;          /* heap */
	bool block, drop;   /* drop: silently */
	bool whole;         /* said for the whole domain of the mailbox */
	char origin[GRANT_ORIGIN_SIZE]; /* owner, sent, seed, page, reply,
					   grant, outbound */
	char actor[64];     /* who said it, "" = not known */
	int64_t since_ms, until_ms; /* 0 = no end */
};

#define OWNER_SENDERS_MAX 50000
struct owner_senders {
	size_t count;
	struct owner_sender *sender; /* sorted by name */
	bool cut; /* there are more than OWNER_SENDERS_MAX */
};
/* words: as of owner_search; block: those kept out, else those let in. */
OCT_CHECK int owner_senders(const struct owner *o, bool block,
    const char *words, struct owner_senders *out);
void owner_senders_free(struct owner_senders *l);

/* An address or a domain that was typed, as the store names it; OCT_EPARSE. */
OCT_CHECK int owner_who_read(const char *text, char out[OWNER_WHO_SIZE]);

/* Whether the act has an entry of its own in the history. */
enum owner_how { OWNER_TOLD, OWNER_QUIETLY };

/* Names that an owner's lists may hold, those he wrote to among them. */
#define OWNER_GRANTS_MAX 20000
/* Domains of which he may expect a message at once. */
#define OWNER_EXPECTED_MAX 50

/* How many names more, 0: none.  Two acts at once may pass it by one. */
OCT_CHECK int owner_grants_room(const struct owner *o, size_t *out);

/* Let in (who proves to be it) or keep out; -EINVAL: a "sid:" is only blocked;
 * OCT_ELIMIT: a name more than OWNER_GRANTS_MAX, which a block that goes with a
 * message (OWNER_QUIETLY) may be. */
OCT_CHECK int owner_sender_allow(const struct owner *o, const char *who);
OCT_CHECK int owner_sender_block(const struct owner *o, const char *who,
    enum owner_how how);
/* Neither any more: whatever was said of him is taken back. */
OCT_CHECK int owner_sender_forget(const struct owner *o, const char *who,
    enum owner_how how);

/*
 * The directory's flag has_blocks of a mailbox, without which its blocks are not
 * looked at: set where it is not, before a block is written and once more after
 * it, for who takes away the last one may clear it in between; and as the blocks
 * are, after one went.
 */
OCT_CHECK int owner_flag_set(const struct owner *o);
OCT_CHECK int owner_flag_follow(const struct owner *o);
/* Does the mailbox keep anybody out, by name or by identity?  Not what is said
 * for its whole domain. */
OCT_CHECK int owner_any_block(const struct owner *o, bool *out);

/* Those of an address book, or a list of addresses, are let in; what was said of
 * them before stays.  OCT_EPARSE: it is nothing that can be read. */
#define OWNER_IMPORT_MAX 5000 /* addresses of one file */
struct owner_import {
	size_t found, added, known, own, robots, malformed;
	bool cut; /* there were more */
	bool full; /* OWNER_GRANTS_MAX was reached */
};
OCT_CHECK int owner_import(const struct owner *o, FILE *f,
    const struct dir_snapshot *hosted, struct owner_import *out);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Grants and blocks of a mailbox, or of a whole domain (local part "@"): what is
 * said of an address or domain, not of a proven identity (challenge.md 1).  One
 * field of a hash each:
 *
 * "addr:a@b", "dom:b"  the word of the owner (or of an administrator, or of a
 *                      list that was read in): grant or block
 * "sent:a@b"           a grant made by writing to that address; beside the other
 *                      one, so that writing to somebody never undoes a block
 *
 * Packed: "2 allow|block|drop since until origin signer actor why"; the first
 * version, "1 allow|block|drop since actor why", still reads.  Any thread.
 */
#ifndef OCT_POLICY_GRANT_H
#define OCT_POLICY_GRANT_H

#include "lib/addr.h"
#include "lib/def.h"
#include "lib/store.h"

#define GRANT_WHO_SIZE (OCT_ADDR_SIZE + 8)
#define GRANT_PACKED_SIZE 640
#define GRANT_ORIGIN_SIZE 16

/* Origins. */
#define GRANT_OWNER "owner"
#define GRANT_SENT "sent"
#define GRANT_SEED "seed"

struct case_grant {
	bool block, drop; /* drop: silently */
	int64_t since_ms;
	int64_t until_ms; /* 0 = no end */
	char origin[GRANT_ORIGIN_SIZE]; /* "" is written as "owner" */
	char signer[OCT_DOMAIN_SIZE];   /* organisation that the first match
					   proved, "" = none yet */
	char actor[64]; /* no spaces */
	char why[128];
};

/* Does it still hold?  What is past its time is as if it were not there. */
bool grant_is_live(const struct case_grant *g, int64_t now_ms);
/* May a message proven by that organisation make use of it?  Not if another one
 * was bound (challenge.md 3: same address, other proof). */
bool grant_matches(const struct case_grant *g, const char *org, int64_t now_ms);

OCT_CHECK int grant_pack(const struct case_grant *g,
    char out[GRANT_PACKED_SIZE]);
OCT_CHECK int case_grant_parse(const char *packed, struct case_grant *out);

/* The field for a kind ("addr", "sent") and an address, folded here. */
OCT_CHECK int grant_who(const char *kind, const struct oct_addr *a,
    char out[GRANT_WHO_SIZE]);

/* Blocking sets has_blocks by the caller's directory change; existing relations
 * of that From are changed by the courier when they are next used. */
OCT_CHECK int case_grant_set(struct store *s, const char *domain,
    const char *local, const char *who, const struct case_grant *g);
OCT_CHECK int case_grant_remove(struct store *s, const char *domain,
    const char *local, const char *who);

/* Add to txn: the organisation that first proved to be the one meant.  packed: as
 * read; a lost race leaves the other's.  Nothing if one is bound already. */
void grant_bind(struct store_txn *txn, const char *domain, const char *local,
    const char *who, const char *packed, const char *org);

/*
 * Remove those past their time, of every mailbox of those hosted domains whose
 * turn is now, one in `turns` (24: each domain once a day if it is called every hour
 * with the hour).  How many grants were removed, or an error.
 */
OCT_CHECK int grant_sweep_turn(struct store *s, uint64_t turn, uint64_t turns,
    int64_t now_ms);

#endif

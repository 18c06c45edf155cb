/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sessions of owners' pages.  The cookie is 32 random octets; the store knows its
 * hash alone, so that who reads the store enters nowhere.  A session ends by its
 * age, by silence, by "log out", by "revoke all", with its mailbox, and when its
 * person no longer shares the mailbox.  Any thread.
 */
#ifndef OCT_POLICY_OWNER_SESSION_H
#define OCT_POLICY_OWNER_SESSION_H

#include "lib/store.h"
#include "policy/directory.h"
#include "policy/owner_link.h"

#define OWNER_COOKIE_SIZE 53  /* 32 octets in base 32, and the NUL */
#define OWNER_SESSION_ID_SIZE 53 /* its hash, likewise */

struct owner_session {
	char id[OWNER_SESSION_ID_SIZE];
	char domain[OCT_DOMAIN_SIZE], local[OCT_LOCAL_SIZE];
	char person[OCT_ADDR_SIZE]; /* "": the mailbox's own address */
	int64_t born_ms, seen_ms;
};

/* How long they last, ms. */
struct owner_session_life {
	int64_t whole, idle;
};

/* Where a session is looked at: borrowed. */
struct owner_door {
	struct store *store;
	const struct dir_snapshot *dir;
	struct owner_session_life life;
	int64_t now_ms;
};

enum owner_entry {
	OWNER_ENTERED,
	OWNER_NO_SESSION, /* no such session: made up, over, logged out */
	OWNER_OLD,        /* over its time, or revoked */
	OWNER_GONE        /* mailbox closed, or shared no more */
};

/* A new session for whom a link was for; cookie goes to him.  OWNER_OLD: the
 * link was issued before all were revoked. */
OCT_CHECK int owner_session_open(const struct owner_door *d,
    const struct owner_of *of, int64_t issued_ms,
    char cookie[OWNER_COOKIE_SIZE], enum owner_entry *out);

/* Whose session it is: *out is filled if *entry is OWNER_ENTERED, and its names
 * where they are known; *of: his mailbox, in the snapshot.  What was used is noted
 * (once in five minutes). */
OCT_CHECK int owner_session_check(const struct owner_door *d,
    const char *cookie, struct owner_session *out, struct owner_of *of,
    enum owner_entry *entry);

/* Log out. */
OCT_CHECK int owner_session_end(struct store *s, const char *id);
/* All sessions and links of a mailbox, whoever has them. */
OCT_CHECK int owner_revoke(struct store *s, const char *domain,
    const char *local, int64_t now_ms);
/* When that was last done, 0 = never. */
OCT_CHECK int owner_revoked_ms(struct store *s, const char *domain,
    const char *local, int64_t *out);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The history of an owner's page: who of those who share a mailbox did what, and
 * when.  Kept KEY_TTL_ACTS_MS, at most KEY_ACTS_MAX entries; the platform's audit
 * has them too.  Any thread.
 */
#ifndef OCT_POLICY_OWNER_ACTS_H
#define OCT_POLICY_OWNER_ACTS_H

#include "lib/addr.h"
#include "lib/store.h"

enum owner_act {
	OWNER_ACT_ENTER,
	OWNER_ACT_RELEASE,
	OWNER_ACT_ACCEPT,
	OWNER_ACT_DISCARD,
	OWNER_ACT_SPAM,
	OWNER_ACT_REFUSE,
	OWNER_ACT_UNDO,
	OWNER_ACT_ALLOW,
	OWNER_ACT_BLOCK,
	OWNER_ACT_FORGET,  /* an allow or a block is taken back */
	OWNER_ACT_IMPORT,
	OWNER_ACT_EXPECT,
	OWNER_ACT_EXPECT_END,
	OWNER_ACT_SETTING,
	OWNER_ACT_REVOKE
};
#define OWNER_ACTS (OWNER_ACT_REVOKE + 1)

/* One entry; strings are borrowed for the call, never NULL. */
struct owner_entry_text {
	enum owner_act act;
	int64_t wall_ms;
	const char *person;  /* "" = the mailbox's own address */
	const char *id;      /* of an item, or "" */
	const char *what;    /* a sender, a domain, a setting */
	const char *subject; /* raw, or "" */
};

struct owner;
/* Write it; that it could not be is logged, for the act itself was done. */
void owner_note(const struct owner *o, const struct owner_entry_text *e);

/* Newest first, at most limit, from the position on ("+" = the newest), which is
 * moved on. */
typedef void owner_each_act(void *arg, const struct owner_entry_text *e);
OCT_CHECK int owner_history(const struct owner *o, char at[OCT_STREAM_ID],
    size_t limit, owner_each_act *each, void *arg);

#endif

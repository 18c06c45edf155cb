/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A message held for confirmation, as the milter and the courier leave it:
 * item, relation and challenge in the store.  One thread.
 */
#ifndef OCT_TESTS_SUPPORT_SENDER_CASE_H
#define OCT_TESTS_SUPPORT_SENDER_CASE_H

#include "lib/store.h"
#include "policy/challenge.h"
#include "policy/held.h"

#define SENDER_CASE_DOMAIN "mairie.example"
#define SENDER_CASE_LOCAL "urbanisme"

struct sender_case {
	const char *typed[4]; /* none: urbanisme@mairie.example; the mailboxes
				 are then urbanisme, urbanisme1, ... */
	size_t count;
	const char *rpath;    /* NULL: jeanne@example.org */
	int64_t arrival_ms, expires_ms;
	enum challenge_state state; /* pending, sending or sent; late */
	int64_t handed_ms;
	/* written; each case has its own */
	char id[REL_CHALLENGE_SIZE], sid[64];
	const char *own_sid; /* or NULL: one of the id */
	char item[4][HELD_ID_SIZE];
};

/* Arrived and handed over some minutes ago, for a week. */
void sender_case_init(struct sender_case *c, int64_t now_ms);
OCT_CHECK int sender_case_make(struct store *s, struct sender_case *c);

#endif

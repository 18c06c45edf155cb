/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A challenge: one mail for one message, covering all its relations of one
 * hosted domain (challenge.md 3 and 9).  Its id is the id of its three tokens;
 * its code follows from the id and the site's secret, so that neither is stored.
 * Any thread.
 */
#ifndef OCT_POLICY_CHALLENGE_H
#define OCT_POLICY_CHALLENGE_H

#include "lib/def.h"
#include "lib/str.h"
#include "policy/relation.h"

enum challenge_state {
	CHALLENGE_PENDING,
	CHALLENGE_SENDING, /* the final dot is about to be sent, or was */
	CHALLENGE_SENT,
	CHALLENGE_CONFIRMED,
	CHALLENGE_LAPSED,  /* "not me", or bounced */
	CHALLENGE_LATE     /* not handed over within T_fresh */
};
const char *challenge_state_name(enum challenge_state s);
OCT_CHECK int challenge_state_parse(const char *name,
    enum challenge_state *out);

#define CHALLENGE_RCPT_MAX 100 /* relations covered; further recipients of the
				  same message are held silent */

#define CHALLENGE_JSON_MAX (512 * 1024) /* what the largest one needs */

struct challenge {
	const char *id;     /* 16 hex digits */
	const char *domain; /* hosted domain */
	const char *rpath, *sid, *node, *lang;
	const char *message_id, *references;
	const char *client, *org; /* proven: address, organisational domain; ""
				     = not known (an older version) */
	bool deferred;            /* the message itself is not here (DEFER) */
	int64_t arrival_ms, expires_ms;
	size_t count;
	const char *local[CHALLENGE_RCPT_MAX]; /* final mailboxes */
	const char *typed[CHALLENGE_RCPT_MAX]; /* as the sender wrote them */
	void *backing;
};

void challenge_init(struct challenge *c);
OCT_CHECK int challenge_write(const struct challenge *c, struct oct_str *out);
OCT_CHECK int challenge_parse(const char *json, size_t len,
    struct challenge *out);
void challenge_fini(struct challenge *c);

/* A fresh random id. */
void challenge_new_id(char out[REL_CHALLENGE_SIZE]);

/* The 6-digit code of a challenge: keyed hash, uniform over 000000..999999. */
void challenge_code(const uint8_t key[32], const char *id, char out[7]);

/* Does the page ask for the code?  Pressed earlier than wait_ms after the
 * hand-over (scanners act at delivery), or not handed over yet. */
bool challenge_needs_code(enum challenge_state s, int64_t handed_ms,
    int64_t now_ms, int64_t wait_ms);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A held item: its facts as data, and the one JSON form that stands both in the
 * store and in the spool's sidecar, so that the spool alone rebuilds the store.
 * One item is one message for one final mailbox (challenge.md 4).  Any thread.
 */
#ifndef OCT_POLICY_HELD_H
#define OCT_POLICY_HELD_H

#include "lib/def.h"
#include "lib/msg.h"
#include "lib/str.h"
#include "policy/decide.h"

enum held_state {
	HELD_TENTATIVE, /* born; nothing acts on it before T_settle */
	HELD_STORED,
	HELD_RELEASING, /* a courier has the lease */
	HELD_RELEASED,
	HELD_EXPIRED,
	HELD_DROPPED
};
const char *held_state_name(enum held_state s);
OCT_CHECK int held_state_parse(const char *name, enum held_state *out);
/* Tentative, stored or releasing: a retry merges into it. */
bool held_is_live(enum held_state s);

#define HELD_ID_SIZE 33 /* 20 octets in base 32, and the NUL */
#define HELD_NODE_SIZE 65
#define HELD_JSON_MAX 65536

/* All strings are borrowed from the caller when writing, and from the item
 * itself when it was parsed; never NULL ("" = none). */
struct held {
	const char *id;
	const char *domain, *local; /* of the final mailbox */
	const char *rcpt;           /* final address, as it will be in RCPT */
	const char *typed;          /* as the sender wrote it */
	const char *rpath;          /* "" = null */
	const char *mail_params, *rcpt_params; /* to be given back */
	const char *from;           /* author address, folded; "" if none */
	const char *subject;        /* raw, at most 512 octets */
	const char *message_id, *references;
	const char *class;          /* "A".."X" */
	const char *sid;
	const char *reason;         /* fate_reason_name */
	const char *symbols;
	const char *client, *helo;  /* client address as text */
	const char *queue_id;
	const char *node;           /* whose spool has the message */
	const char *trace;          /* our fields of arrival (CRLF lines) */
	const char *challenge;      /* id, "" = not asked */
	const char *lang;           /* "fr" or "en": of the mailbox */
	const char *ledger;         /* its place in the ledger of arrivals
				       (policy/ledger.h), "" = none */
	const char *share;          /* for whom it counts (policy/space.h) */
	int32_t score;
	int64_t arrival_ms, expires_ms, size;
	bool adrift;                /* accepted while the store was away: nobody
				       comes again for it */
	void *backing;              /* parsed items: what the strings live in */
};

/* All strings "", numbers 0. */
void held_init(struct held *h);
OCT_CHECK int held_write(const struct held *h, struct oct_str *out);
/* OCT_EPARSE on anything missing, of the wrong type, or too long. */
OCT_CHECK int held_parse(const char *json, size_t len, struct held *out);
void held_fini(struct held *h);

/*
 * What a search looks at, out of the JSON form that held_write made, without
 * reading all of it: ten times as fast.  OCT_EPARSE: not of that form, or too
 * long for here; held_parse may still read it.
 */
struct held_glance {
	char from[1025], rpath[2049], subject[8193], reason[40];
};
OCT_CHECK int held_glance(const char *json, struct held_glance *out);

/* Item id from the content digest (oct_msg_digest), reverse-path and final
 * recipient (already folded by the caller). */
void held_id(const uint8_t key[32], const uint8_t content[OCT_MSG_DIGEST],
    const char *rpath, const char *rcpt, char out[HELD_ID_SIZE]);

#endif

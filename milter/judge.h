/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end of a message: facts are gathered for every final recipient (one round
 * trip to the store), decided by policy/decide.h, and what must be kept is held
 * (hold.h), before anything is answered.  Free of libmilter types: what is to be
 * changed in the message is a list for the caller.
 */
#ifndef OCT_MILTER_JUDGE_H
#define OCT_MILTER_JUDGE_H

#include "milter/doors.h"
#include "milter/facts.h"
#include "milter/ledger.h"
#include "milter/session.h"
#include "policy/relation.h"
#include "policy/space.h"

/* One final recipient under judgement. */
struct judge_final {
	const struct dir_final *final;
	size_t rcpt;                /* first RCPT that leads to it */
	struct decide_rcpt facts;
	bool named;                 /* in To, Cc..., be it by another address */
	struct proof proof;
	struct fate fate;
	struct option_values options;
	struct score score; /* with the weights and corrections for it */
	char *symbols; /* its text where that differs from the message's */
	char sid[PROOF_SID_SIZE];
	char share[SPACE_SHARE_SIZE]; /* for whom it would count */
	struct doors doors;
	struct facts_match match;
	char id[HELD_ID_SIZE];      /* held item id */
	struct relation relation;
	bool rel_present;
	char rel_packed[REL_PACKED_SIZE];
	char state_old[16];         /* of an item of that id; "" = none */
	char ledger[LEDGER_REF_SIZE]; /* noted in the ledger; "" = not yet */
	char file_old[CASE_FILE_SIZE]; /* and its "file" (policy/casework.h) */
	bool merged;                /* a live item of that id exists */
	bool waiting;               /* and its message was never accepted */
	char node[HELD_NODE_SIZE];  /* that has it then; "" = not known */
	bool transit;               /* delivered, but taken over (see below) */
	bool kept;                  /* a kept RCPT delivers to it */
};

struct judge {
	struct session *session;
	const struct evaluation *ev;
	struct oct_msg *msg;
	int64_t now_ms; /* wall */
	struct doors_keys keys;
	struct doors_mail mail;
	bool exempt;    /* the message, whomever it names */
	bool stopped;   /* nobody is asked: the lever */
	bool store_away; /* as of the last reading */
	struct decide_msg facts;
	size_t count;
	struct judge_final *finals;
	size_t *map;        /* RCPT i's finals: map[first[i]] .. */
	size_t *first;      /* rcpt_count + 1 offsets into map */
	bool *taken;        /* RCPT i leaves the envelope */
	struct fate reply;
};

/* Header changes and the answer, for the caller to carry out in this order. */
#define JUDGE_DELETE_MAX 256
struct judge_actions {
	struct reply reply;
	bool accepted;      /* false: only the reply counts */
	size_t delete_count;
	struct {
		const struct oct_field *field; /* of the message */
		int index;        /* from 1 among fields of that name */
	} delete[JUDGE_DELETE_MAX]; /* last to first */
	char *results;      /* Authentication-Results value, NULL = none */
	size_t signature_count;
	char *signatures[DIR_DKIM_MAX]; /* DKIM-Signature values */
	char *score, *symbols; /* X-Octroi-*; NULL = none */
	const char *virus;  /* X-Octroi-Virus (static); NULL = none */
	bool tag;           /* X-Spam-Flag */
	enum fate_label label; /* X-Octroi-Sender */
	size_t rcpt_count;
	const char **rcpt_delete; /* envelope addresses, of the session */
	bool discard;       /* nobody is left to deliver to */
};

/* Judge the message of s.  Never fails: errors are a temporary failure in
 * out->reply.  judge_actions_fini releases out. */
void judge_message(struct session *s, struct judge_actions *out);
void judge_actions_fini(struct judge_actions *a);

/* Read what the store says of all finals (read.c). */
OCT_CHECK int judge_read_store(struct judge *j);
void judge_decide(struct judge *j);

/* Does somebody get the message now, whatever becomes of the rest? */
bool judge_delivers(const struct judge *j);
/* The hosted domain under whose name this final is held: an external one belongs
 * to the domain of its alias. */
const char *judge_domain_of(const struct judge *j, const struct judge_final *f);

/* Fields that outsiders must not set: X-Octroi-*, X-Spam-*, and results that
 * claim our authserv-id (RFC 8601 5). */
bool judge_is_forged(const struct oct_field *f, const char *authserv_id);

#endif

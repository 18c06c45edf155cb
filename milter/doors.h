/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What can open a first contact's way (challenge.md 2, rows 9 and 11): an answer
 * to what the mailbox sent, a sender that its owner expects, a tagged address, a
 * pass; and since when DNS has not been able to tell.  Asked in the batch that
 * reads the relation, used up after the verdict.  One thread at a time.
 */
#ifndef OCT_MILTER_DOORS_H
#define OCT_MILTER_DOORS_H

#include "lib/msg.h"
#include "lib/store.h"
#include "milter/evaluate.h"
#include "policy/decide.h"
#include "policy/expect.h"
#include "policy/pass.h"
#include "policy/proof.h"
#include "policy/sent.h"

/* Of the process. */
struct doors_keys {
	const uint8_t *sent, *tagged, *item;
	const struct pass_keys *passes;
};

/* Of the message; everything outlives the answers. */
struct doors_mail {
	const struct doors_keys *keys;
	struct oct_msg *msg;
	const struct evaluation *ev;
	const struct oct_addr *rpath;
	bool automatic; /* a DSN or automatic reply */
	int64_t now_ms;
};

/* Of one final recipient. */
struct doors_final {
	const char *domain, *local, *sid;
	const struct oct_addr *typed;
	const struct proof *proof;
};

#define DOORS_FIRST_SIZE 33

/* What was asked, and what is open. */
struct doors {
	bool asked;
	struct sent_query *sent; /* NULL = not asked */
	struct pass_query pass;
	int expect, tag, first; /* slots; -1 = not asked */
	char first_hash[DOORS_FIRST_SIZE];
	/* After doors_read. */
	size_t answer;            /* of the query */
	const char *expected;     /* which domain; NULL = none */
	char pass_hash[PASS_HASH_SIZE]; /* "" = none */
};
void doors_fini(struct doors *d);

OCT_CHECK int doors_ask(const struct doors_mail *m, const struct doors_final *f,
    struct store_batch *b, struct doors *out);
/* Sets answers, expected, tagged, pass and t_since_ms. */
void doors_read(const struct doors_mail *m, const struct doors_final *f,
    const struct store_batch *b, struct doors *d, struct decide_rcpt *out);

/* Is the message a DSN or an automatic reply? */
bool doors_is_automatic(struct oct_msg *m, const struct oct_addr *rpath);

#endif

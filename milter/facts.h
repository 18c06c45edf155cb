/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The facts that decisions read, out of evaluation, directory and store: the
 * same for the milter and for `octroictl scan`.  Free of libmilter types; no
 * function writes anything but its result.  Any thread.
 */
#ifndef OCT_MILTER_FACTS_H
#define OCT_MILTER_FACTS_H

#include "lib/store.h"
#include "milter/evaluate.h"
#include "policy/casework.h"
#include "policy/decide.h"
#include "policy/directory.h"
#include "policy/relation.h"
#include "policy/settings.h"

/* The active hosted domain that From claims, or NULL. */
const struct dir_domain *facts_claimed(const struct dir_snapshot *snapshot,
    const struct evaluation *ev);

/* Of the message.  snapshot may be NULL: nothing is hosted. */
void facts_message(const struct evaluate_envelope *envelope,
    const struct dir_snapshot *snapshot, const struct evaluation *ev,
    int64_t now_ms, struct decide_msg *out);

/* How far the platform applies DMARC policies. */
enum dir_dmarc facts_dmarc_mode(const struct settings *s);

/* The options in force for a final; one outside has the platform's. */
void facts_options(const struct dir_final *f,
    const struct option_values *platform, struct option_values *out);
/* The timers that follow from them. */
void facts_timers(const struct case_timers *platform,
    const struct option_values *options, struct case_timers *out);

/* Of one final recipient: what directory and message alone say.  exempt: the
 * message is of an exempt kind, or does not name this recipient. */
void facts_final(const struct dir_final *f,
    const struct dir_thresholds *platform, const struct option_values *options,
    bool exempt, struct decide_rcpt *out);

/* Mail that was sent on is not proven by its client (before proof_classify). */
void facts_sent_on(enum legacy_credit legacy, struct proof_input *in);

/* The weights in force for a final: the platform's, and what its domain and then
 * itself say otherwise. */
void facts_weights(const struct dir_final *f,
    const struct score_weights *platform, struct score_weights *out);
/* The score for it, with these weights and what its domain taught the classifier;
 * sets out->score_own.  One outside has the message's. */
void facts_score(const struct dir_final *f, struct evaluator *e,
    const struct score_weights *platform, struct score *score,
    struct decide_rcpt *out);

/* --- What the store says ------------------------------------------------ */

/* Six of the first author and the reverse-path, two of each other author. */
#define FACTS_WHO_MAX (6 + 2 * (EVALUATE_FROM_MAX - 1))

/* What a grant or block may name: the From address, its domain and organisation,
 * the reverse-path and its domain; and what a block alone may: further authors.
 * Points into itself: not to be copied. */
struct facts_who {
	char text[FACTS_WHO_MAX][OCT_ADDR_SIZE + 8];
	const char *list[FACTS_WHO_MAX];
	size_t count;
	size_t from_count; /* the first ones, that a grant may match */
	char from_org[OCT_DOMAIN_SIZE];
};
/* 0 or -ENOMEM; freed by free(3). */
OCT_CHECK int facts_who(const struct evaluation *ev,
    const struct oct_addr *rpath, struct facts_who **out);

/* Reads of one final in a batch; -1 = not asked. */
struct facts_reads {
	int relation, stronger, grants, domain_grants;
};
OCT_CHECK int facts_ask(const struct facts_who *who, const char *domain,
    const char *local, const char *sid, struct store_batch *b,
    struct facts_reads *out);

/* A grant that matched, as it was read; which: SIZE_MAX = none. */
struct facts_match {
	size_t which;      /* of facts_who.list */
	bool whole_domain; /* the domain's, not the mailbox's */
	bool bound;        /* its signer is known already */
	char packed[GRANT_PACKED_SIZE];
};

/* The relation itself, as it was read. */
struct facts_relation {
	struct relation relation; /* UNKNOWN if absent or unreadable */
	bool present;
	char packed[REL_PACKED_SIZE];
	struct facts_match match;
};

/* Sets store_known, relation, may_ask, may_defer, blocked, drop_silently and
 * granted. */
void facts_read(const struct facts_who *who, bool from_proven,
    const struct store_batch *b, const struct facts_reads *at,
    const struct case_timers *t, int64_t now_ms, struct facts_relation *rel,
    struct decide_rcpt *out);

#endif

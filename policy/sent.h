/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What our users sent (challenge.md 7): for 30 days, which Message-ID went from
 * which mailbox to which organisations, as keyed hashes, so that an answer is
 * known as one; and a grant for each person written to.  Any thread.
 */
#ifndef OCT_POLICY_SENT_H
#define OCT_POLICY_SENT_H

#include "lib/addr.h"
#include "lib/def.h"
#include "lib/msg.h"
#include "lib/secret.h"
#include "lib/store.h"

#define SENT_PURPOSE "sent" /* of the key, for oct_secret_key */
#define SENT_RCPT_MAX 20    /* more recipients are no writing to somebody */
#define SENT_IDS_MAX 20     /* of In-Reply-To and References that are looked at */
#define SENT_USES_MAX 20    /* answers that one id lets through */

/* Does this submitted message count as a person writing to somebody?  rpath_is_own:
 * the reverse-path is one of the login's addresses.  Pure. */
bool sent_counts(const struct oct_msg *m, size_t rcpts, bool rpath_is_own);

/* Remember it for the mailbox, with a grant for each recipient, in as many
 * transactions as there are hosted domains of the sender: one.  orgs: the
 * organisational domains of the recipients (same order).  ids of the store's
 * errors as store_txn_commit. */
struct sent_mail {
	const char *domain, *local; /* of the sending mailbox */
	const char *message_id;
	const struct oct_addr *rcpts;
	const char *const *orgs;
	size_t count;
	int64_t now_ms;
};
OCT_CHECK int sent_remember(struct store *s, const uint8_t key[OCT_KEY_OCTETS],
    const struct sent_mail *mail);

/* The ids that a message references, looked up for one mailbox in the caller's
 * batch. */
struct sent_query {
	size_t count;
	int slot[SENT_IDS_MAX];
	char field[SENT_IDS_MAX][80];
};
/* A DSN or automatic reply names the original in its body: those too. */
OCT_CHECK int sent_ask(const uint8_t key[OCT_KEY_OCTETS], struct oct_msg *m,
    const char *domain, const char *local, struct store_batch *b,
    struct sent_query *out);
/* Does the message answer?  org: the proven organisational domain of the
 * sender, "" = not proven; automatic: it is a DSN or automatic reply, which
 * need not come from one of those domains.  index: which id, for sent_use. */
bool sent_answers(const uint8_t key[OCT_KEY_OCTETS],
    const struct store_batch *b, const struct sent_query *q, const char *org,
    bool automatic, int64_t now_ms, size_t *index);
OCT_CHECK int sent_use(struct store *s, const struct sent_query *q,
    size_t index, const char *domain, const char *local);

#endif

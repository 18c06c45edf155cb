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
#define SENT_IDS_MAX 20     /* ids of a message that are looked at */
#define SENT_USES_MAX 20    /* answers that one id lets through */

/* Does this submitted message count as a person writing to somebody?  rpath_is_own:
 * the reverse-path is one of the login's addresses.  Pure. */
bool sent_counts(const struct oct_msg *m, size_t rcpts, bool rpath_is_own);

/* One message of a mailbox. */
struct sent_mail {
	const char *domain, *local; /* of the sending mailbox */
	const char *message_id;     /* as its field holds it; "" or none that can
				       be referenced: only grants are made */
	const struct oct_addr *rcpts;
	const char *const *orgs; /* organisational domains of rcpts, same order;
				    "" = not known: an answer is not expected */
	size_t count;            /* at most SENT_RCPT_MAX */
	int64_t now_ms;
	int64_t allow_ms;        /* life of the grants: OPTION_ALLOW_SENT */
};
/* Remember it for the mailbox, with a grant for each recipient: one transaction,
 * that reads nothing and may be repeated.  Errors of store_txn_commit. */
OCT_CHECK int sent_remember(struct store *s, const uint8_t key[OCT_KEY_OCTETS],
    const struct sent_mail *mail);

/* The ids that a message references, looked up for one mailbox. */
struct sent_query {
	size_t count;
	int slot[SENT_IDS_MAX];
	char field[SENT_IDS_MAX][33]; /* keyed hashes */
};
/*
 * In the caller's batch: the ids of In-Reply-To and References, and of the
 * original that a DSN or automatic reply returns in its body.
 */
OCT_CHECK int sent_ask(const uint8_t key[OCT_KEY_OCTETS], struct oct_msg *m,
    const char *domain, const char *local, struct store_batch *b,
    struct sent_query *out);
/* Does the message answer?  org: the proven organisational domain of the
 * sender, "" = not proven; automatic: it is a DSN or automatic reply, which
 * need not come from one of those domains.  index: which id, for sent_use. */
bool sent_answers(const uint8_t key[OCT_KEY_OCTETS],
    const struct store_batch *b, const struct sent_query *q, const char *org,
    bool automatic, int64_t now_ms, size_t *index);
/* One answer went through by it.  OCT_ELIMIT: it had its uses. */
OCT_CHECK int sent_use(struct store *s, const struct sent_query *q,
    size_t index, const char *domain, const char *local);

#endif

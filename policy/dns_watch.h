/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the watch over the DNS of hosted domains found last, and what the
 * administrators are still to be told of it.  The watch writes both in one step;
 * a courier tells and forgets the second.  Any thread.
 */
#ifndef OCT_POLICY_DNS_WATCH_H
#define OCT_POLICY_DNS_WATCH_H

#include "lib/addr.h"
#include "lib/store.h"

#define DNS_WATCH_DIGEST_SIZE 33
#define DNS_WATCH_SUBJECT_SIZE 384
#define DNS_WATCH_TEXT_MAX 65536

/* What was found of one domain; as text, so that it is kept and compared. */
struct dns_watch_state {
	char digest[DNS_WATCH_DIGEST_SIZE]; /* of what is wrong; "" = nothing
					       was found ever */
	int64_t since_ms;   /* wall: it has been so */
	int64_t checked_ms; /* wall */
};

struct dns_watch; /* all states, as read */

OCT_CHECK int dns_watch_load(struct store *store, struct dns_watch **out);
void dns_watch_free(struct dns_watch *w);
/* Zeroes if the domain was never looked at. */
void dns_watch_get(const struct dns_watch *w, const char *domain,
    struct dns_watch_state *out);
/* The i-th domain that there is a state of, or NULL behind the last. */
const char *dns_watch_domain(const struct dns_watch *w, size_t i);

/* subject NULL: there is nothing to tell.  A word that was not told yet is
 * replaced: only the last state counts. */
OCT_CHECK int dns_watch_note(struct store *store, const char *domain,
    const struct dns_watch_state *state, const char *subject,
    const char *text);
OCT_CHECK int dns_watch_forget(struct store *store, const char *domain);

/* What is to be told. */
struct dns_watch_alarm {
	const char *domain, *subject, *text;
	int64_t since_ms;
	const char *stored; /* for dns_watch_told */
};
typedef int dns_watch_each(void *arg, const struct dns_watch_alarm *alarm);
/* Stops when each returns non-zero, which is then the result. */
OCT_CHECK int dns_watch_alarms(struct store *store, dns_watch_each *each,
    void *arg);
/* It was told; a newer word stays.  0 or an error of the store. */
OCT_CHECK int dns_watch_told(struct store *store, const char *domain,
    const char *stored);

#endif

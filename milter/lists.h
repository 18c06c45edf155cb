/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DNS lists at work: which of them may be believed (each is probed, RFC 5782 5:
 * dropped with an alarm while it answers wrongly, taken up again by itself), and
 * what they say about one message.  A probe sees what the resolver's cache
 * holds: the TTL that a list gives its test entries bounds how soon.
 *
 * Threads: struct lists is shared by all threads; a query belongs to one message
 * and is used by one thread at a time.
 */
#ifndef OCT_MILTER_LISTS_H
#define OCT_MILTER_LISTS_H

#include "lib/dns.h"
#include "lib/msg.h"
#include "policy/list_zone.h"
#include "policy/score.h"

/* Questions to lists for one message; what is asked last is left out. */
#define LISTS_QUESTIONS_MAX 128

struct lists;

/* No list is asked before its first probe.  dns is kept.  OCT_ECONF: a text is
 * none of list_zone_parse. */
OCT_CHECK int lists_new(const char *const *zones, size_t count,
    struct dns *dns, struct lists **out);
/* One round of probes, at most 5 s. */
void lists_probe(struct lists *l);
/* Probe now and then every period_ms, in a thread. */
OCT_CHECK int lists_start(struct lists *l, int64_t period_ms);
/* No query may be left. */
void lists_free(struct lists *l);

struct lists_query;

OCT_CHECK int lists_query_new(struct lists *l, struct dns_session *dns,
    struct lists_query **out);
void lists_query_free(struct lists_query *q);

/* Start questions without waiting.  What is no question for a list (no address,
 * a name without a dot, an address literal) is left out. */
void lists_ask_client(struct lists_query *q, const struct oct_ip *client);
/* kind: LIST_HELO, LIST_RPATH, LIST_FROM or LIST_URL.  The name is asked as it
 * is and as what was registered (public suffix list). */
void lists_ask_name(struct lists_query *q, enum list_kind kind,
    const char *name);
/* The hosts of URLs in the body, within the bounds of policy/list_hosts.h;
 * addresses are asked of lists of kind url, reversed (RFC 5782 2.1). */
void lists_ask_body(struct lists_query *q, struct oct_msg *m);

/* Wait for the answers, up to the session's deadline.  found gets "zone:code"
 * of each list that counted, separated by commas. */
void lists_join(struct lists_query *q, struct score_lists *out,
    struct oct_str *found);

#endif

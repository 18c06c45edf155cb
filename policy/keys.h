/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every Redis key name and TTL, nowhere else (doc/redis.md lists them).  A key
 * of a hosted domain carries the tag {domain}.  The functions write into a
 * caller's buffer of KEY_SIZE, which always suffices for the bounded parts that
 * lib/addr.h produces, and return it.  Pure; any thread.
 */
#ifndef OCT_POLICY_KEYS_H
#define OCT_POLICY_KEYS_H

#include "lib/def.h"

#define KEY_SIZE 768

#define KEY_PREFIX "oct:"
#define KEY_DOMAINS KEY_PREFIX "domains" /* set of hosted domain names */
#define KEY_TENANTS KEY_PREFIX "tenants" /* set of tenant ids */
#define KEY_CHANGES KEY_PREFIX "changes" /* stream: domain, or tenant */
#define KEY_AUDIT KEY_PREFIX "audit"     /* stream: who did what */
#define KEY_EVENTS KEY_PREFIX "events"   /* stream: one a decision */
/* hashes: id -> JSON of a plan, of a price list; stream: their changes */
#define KEY_PLANS KEY_PREFIX "{g}:plans"
#define KEY_PRICES KEY_PREFIX "{g}:prices"
#define KEY_PLATFORM_JOURNAL KEY_PREFIX "{g}:changed"
/* hash: "domain:" or "tenant:" and a name that was removed -> when, ms; string:
 * before what time the journals were cut, ms */
#define KEY_GONE KEY_PREFIX "{g}:gone"
#define KEY_CUT KEY_PREFIX "{g}:cut"
#define KEY_LEARN KEY_PREFIX "learn"     /* stream: labels (policy/learn.h) */
/* hash: node -> its place in that stream, and where that was cut */
#define KEY_LEARN_NODES KEY_PREFIX "{g}:learn"
#define KEY_LEVER KEY_PREFIX "{g}:lever" /* hash: stop and bypass */
/* hash: "kind:name" of the breakers that are not closed -> until when, ms */
#define KEY_BREAKERS KEY_PREFIX "{g}:breakers"
/* zset: domains where items were extended for want of a digest, by when */
#define KEY_EXTENDED KEY_PREFIX "{g}:extended"
/* zset: accounts whose sending is being suspended, by when (policy/told.h) */
#define KEY_SUSPENDED KEY_PREFIX "{g}:suspended"
/* zset: "domain id" of held malware that administrators were not told of, by
 * arrival */
#define KEY_VIRUSES KEY_PREFIX "{g}:viruses"
/* hashes: domain -> what the watch over its DNS found last, and what is still to
 * be told of it (policy/dns_watch.h) */
#define KEY_DNS_WATCH KEY_PREFIX "{g}:dns"
#define KEY_DNS_ALARMS KEY_PREFIX "{g}:dnsalarms"
#define KEY_WORK_GROUP "courier"

/* stream, cut short: what is written where nobody is to be told, so that it
 * takes as long as if somebody were (policy/owner_request.h) */
#define KEY_NOBODY KEY_PREFIX "{g}:nobody"

/* hash: attributes of the domain, JSON in field "v" */
const char *key_domain(char out[KEY_SIZE], const char *domain);
/* hash: attributes of the tenant, JSON in field "v"; id of at most 64 octets */
const char *key_tenant(char out[KEY_SIZE], const char *id);
/* string: whose turn it is to add to the tenant (policy/turn.h) */
const char *key_turn(char out[KEY_SIZE], const char *id);
/* hash: local part (folded) -> JSON of the mailbox */
const char *key_mailboxes(char out[KEY_SIZE], const char *domain);
/* hash: local part (folded) -> JSON of the alias or group */
const char *key_aliases(char out[KEY_SIZE], const char *domain);
/* hash: legacy address -> JSON of how its mail comes */
const char *key_legacy(char out[KEY_SIZE], const char *domain);
/* string: what a plan showed, by its fingerprint, while it is applied */
const char *key_apply(char out[KEY_SIZE], const char *fingerprint);
/* streams: what was changed in a domain, and of a tenant (policy/journal.h) */
const char *key_journal(char out[KEY_SIZE], const char *domain);
const char *key_tenant_journal(char out[KEY_SIZE], const char *id);
/* hash: DKIM selector -> JSON of the key pair, sealed (policy/dkim_keys.h) */
const char *key_dkim(char out[KEY_SIZE], const char *domain);
/* hash: who writes in the domain's name without proof (policy/own.h) */
const char *key_own(char out[KEY_SIZE], const char *domain);
/* hash: "challenge.fr" -> text of that template; domain "@" = the platform's */
const char *key_templates(char out[KEY_SIZE], const char *domain);
/* hash: sid -> packed relation (policy/relation.h) */
const char *key_relations(char out[KEY_SIZE], const char *domain,
    const char *local);
/* hash: "addr:..." or "dom:..." -> packed grant; local "@" = whole domain */
const char *key_grants(char out[KEY_SIZE], const char *domain,
    const char *local);
/* hash: a message that a mailbox sent (policy/sent.h), by its keyed hash */
const char *key_sent(char out[KEY_SIZE], const char *domain, const char *hash);
/* hash: domain that the mailbox expects a message of -> until when, ms */
const char *key_expect(char out[KEY_SIZE], const char *domain,
    const char *local);
/* hash: tag of a tagged address -> when it was revoked, "made:" and a tag -> when
 * it was made, ms */
const char *key_tags(char out[KEY_SIZE], const char *domain, const char *local);
/* hash: a held item */
const char *key_held(char out[KEY_SIZE], const char *domain, const char *id);
/* zset: ids of held items of a mailbox by arrival */
const char *key_held_index(char out[KEY_SIZE], const char *domain,
    const char *local);
/* zset: ids of those of them that no digest has listed, by arrival */
const char *key_unlisted(char out[KEY_SIZE], const char *domain,
    const char *local);
/* hash: local part with something unlisted -> a mark that each item changes */
const char *key_digest(char out[KEY_SIZE], const char *domain);
/* hash: local part -> the state of its digest (policy/digest.h) */
const char *key_digest_state(char out[KEY_SIZE], const char *domain);
/* hash: space that held mail takes, by share (policy/space.h) */
const char *key_space(char out[KEY_SIZE], const char *domain,
    const char *local);
/* hash: a challenge (policy/challenge.h) */
const char *key_challenge(char out[KEY_SIZE], const char *domain,
    const char *id);
/* zset: what the courier of a node must do, and when */
const char *key_due(char out[KEY_SIZE], const char *node);
/* string: the last wall time that the courier of a node believed, ms */
const char *key_clock(char out[KEY_SIZE], const char *node);
/* hash: local part -> storage used (policy/usage.h) */
const char *key_use(char out[KEY_SIZE], const char *domain);
/* stream: work for the courier of a node, now */
const char *key_work(char out[KEY_SIZE], const char *node);
/* hash: a session of an owner's page, by the hash of its cookie */
const char *key_session(char out[KEY_SIZE], const char *hash);
/* hash: "revoked" -> when all sessions and links of a mailbox were, ms */
const char *key_owner(char out[KEY_SIZE], const char *domain,
    const char *local);
/* stream: what was done on the page of a mailbox, by whom */
const char *key_acts(char out[KEY_SIZE], const char *domain,
    const char *local);
/* zset: items that their owner discarded -> until when he may take it back */
const char *key_bin(char out[KEY_SIZE], const char *domain, const char *local);
/* hash: fingerprint -> "ham" or "spam", what an administrator taught; domain NULL:
 * for all (policy/learn_said.h) */
const char *key_said(char out[KEY_SIZE], const char *domain);
/* hash: features of a message that a challenge released, until they count */
const char *key_later(char out[KEY_SIZE], const char *domain,
    const char *fingerprint);
/* string: token id -> "domain challenge-id" */
const char *key_token(char out[KEY_SIZE], const char *token_id);
/* string: wrong codes for a token, or from a client network */
const char *key_tries(char out[KEY_SIZE], const char *subject);
/* string: GCRA time of a limit on a subject, in a domain */
const char *key_rate(char out[KEY_SIZE], const char *domain, const char *limit,
    const char *subject);
/* string: the same outside domains (client networks) */
const char *key_rate_net(char out[KEY_SIZE], const char *limit,
    const char *net);
/* string: a DKIM signature seen with an envelope (replay memory) */
const char *key_seen(char out[KEY_SIZE], const char *sig);
/* string: keyed hash of an address that said "not me" */
const char *key_suppressed(char out[KEY_SIZE], const char *hash);
/* string: GCRA time of a cap on challenges that crosses domains */
const char *key_cap(char out[KEY_SIZE], const char *limit,
    const char *subject);
/* string: a packed circuit breaker (policy/breaker.h) */
const char *key_breaker(char out[KEY_SIZE], const char *kind,
    const char *name);
/* string: an organisation whose people confirmed a challenge */
const char *key_org(char out[KEY_SIZE], const char *hash);
/* hash: challenges of a day, by what became of them, domain, network */
const char *key_asked(char out[KEY_SIZE], const char *day);
/* hash: "n:local" -> items extended that the referent was not told of,
 * "e:local" -> their latest end, ms */
const char *key_extended(char out[KEY_SIZE], const char *domain);
/* string: this mail to administrators or a referent was sent (policy/told.h) */
const char *key_told(char out[KEY_SIZE], const char *what);
/* hash: a link to an owner's page that is to be sent (policy/owner_ask.h) */
const char *key_owner_ask(char out[KEY_SIZE], const char *id);
/* string: a probe of a legacy address (policy/probe.h), JSON */
const char *key_probe(char out[KEY_SIZE], const char *domain, const char *id);
/* hash: legacy address -> id of its last probe */
const char *key_probes(char out[KEY_SIZE], const char *domain);
/* string: id of a probe -> its domain */
const char *key_probe_of(char out[KEY_SIZE], const char *id);
/* string: first sight of a message of class T */
const char *key_tempfirst(char out[KEY_SIZE], const char *domain,
    const char *hash);
/* string: a pass of one sender for the domain (policy/pass.h) */
const char *key_pass(char out[KEY_SIZE], const char *domain,
    const char *sid_hash);
/* string: the token of a refusal was used for a pass */
const char *key_pass_used(char out[KEY_SIZE], const char *domain,
    const char *token_id);
/* string: confirmations by a client network or of a proven organisation */
const char *key_confirms(char out[KEY_SIZE], const char *subject);

/* hash: counters of a domain and a day, "2026-11-21" (policy/stat.h) */
const char *key_stat(char out[KEY_SIZE], const char *domain, const char *day);

/* Retentions: a TTL is a net under an act of the courier, never the act. */
#define KEY_TTL_NET_MS (60LL * 86400000)    /* past the due time */
#define KEY_TTL_SEEN_MS (7LL * 86400000)    /* DKIM replay memory */
#define KEY_TTL_TFIRST_MS (2LL * 86400000)
#define KEY_TTL_SENT_MS (30LL * 86400000)   /* what was sent: challenge.md 7 */
#define KEY_TTL_EXPECT_MS (8LL * 86400000)  /* past the last opening */
#define KEY_TTL_STAT_MS (400LL * 86400000)  /* a year to compare with */
#define KEY_TTL_OWNER_ASK_MS (7LL * 86400000)
#define KEY_TTL_OWN_MS (180LL * 86400000)   /* past the last such message */
#define KEY_TTL_SUPPRESSED_MS (365LL * 86400000)
#define KEY_TTL_BREAKER_MS (40LL * 86400000) /* past the last event */
#define KEY_TTL_ORG_MS (400LL * 86400000)   /* past the last confirmation */
#define KEY_TTL_ASKED_MS (40LL * 86400000)
#define KEY_TTL_JOURNAL_MS (3650LL * 86400000) /* of what is gone */
#define KEY_TTL_NEVER_MS (36500LL * 86400000)  /* undoes a TTL */
#define KEY_TTL_EXTENDED_MS (40LL * 86400000) /* past the last one */
#define KEY_TTL_SAID_MS (90LL * 86400000)   /* after the last of a domain */
#define KEY_TTL_LATER_MS (2LL * 86400000)   /* past the due time */
#define KEY_TTL_DIGEST_MS (240LL * 86400000) /* past the last item */
#define KEY_TTL_OWNER_MS (400LL * 86400000) /* longer than any link lives */
#define KEY_TTL_ACTS_MS (180LL * 86400000)
#define KEY_ACTS_MAX 1000 /* of one mailbox */
#define KEY_TTL_BIN_MS (8LL * 86400000) /* past the last discarded */
#define KEY_TTL_SPACE_MS (240LL * 86400000) /* past the last item */
#define KEY_EVENTS_MAX 200000
#define KEY_CHANGES_MAX 100000 /* far more than a follower can be behind */

#endif

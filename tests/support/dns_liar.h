/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A name server on loopback that answers, or misbehaves, by rule.  It reads and
 * writes messages by ldns, so that lib/dns is not tested against itself.  A
 * thread of its own; the functions here may be called from any other.
 */
#ifndef OCT_TESTS_DNS_LIAR_H
#define OCT_TESTS_DNS_LIAR_H

#include "lib/def.h"

enum liar_fault {
	LIAR_HONEST,
	LIAR_SILENT,
	LIAR_DROP_FIRST,   /* silent to the first datagram for that name */
	LIAR_HOLD,         /* answers wait for liar_release */
	LIAR_WRONG_ID,
	LIAR_WRONG_NAME,
	LIAR_WRONG_TYPE,
	LIAR_WRONG_SOURCE, /* another port */
	LIAR_LIES_FIRST,   /* forged answers, then the true one */
	LIAR_UPPER_CASE,   /* the question comes back in capitals */
	LIAR_FLOOD,        /* nothing but forged answers, 100 of them */
	LIAR_TRUNCATE,     /* over UDP; honest over TCP */
	LIAR_TRUNCATE_BOTH,
	LIAR_DRIP,         /* truncated, then one octet a second over TCP */
	LIAR_HANG_UP,      /* truncated, then TCP ends in mid-message */
	LIAR_NO_EDNS,      /* the rcode, as long as there is an OPT */
	LIAR_BARE_FORMERR, /* the same without a question section */
	LIAR_BADVERS,      /* extended rcode 16, as long as there is an OPT */
	LIAR_RUNT,         /* eleven octets */
	LIAR_GARBAGE       /* header and question are right, the rest is not */
};

struct liar_rule {
	const char *name; /* lower case, with the final dot */
	enum liar_fault fault;
	int rcode;
	const char *const *answer; /* records in zone form, NULL at the end */
	const char *authority;     /* one record, or NULL */
	bool ad;
};

#define LIAR_SEEN_MAX 256

struct liar;

/* Rules are borrowed; a name without one gets 192.0.2.1, TTL 300, for A and an
 * empty answer for others. */
struct liar *liar_new(const struct liar_rule *rules, size_t count);
void liar_free(struct liar *liar);

/* "127.0.0.1:port" */
const char *liar_address(const struct liar *liar);

/* Datagrams with questions, so far. */
unsigned int liar_asked(struct liar *liar);
/* Wait until it was asked that often (bounded: false after 5 s). */
bool liar_wait(struct liar *liar, unsigned int asked);
/* Answer what was held, and hold no longer. */
void liar_release(struct liar *liar);
/* Ids and source ports of the first LIAR_SEEN_MAX datagrams; how many. */
size_t liar_seen(struct liar *liar, uint16_t ids[LIAR_SEEN_MAX],
    uint16_t ports[LIAR_SEEN_MAX]);

#endif

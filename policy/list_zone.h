/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DNS lists (RFC 5782) as the operator describes them: a zone, what is asked of
 * it, and what each return code weighs; and when a list may be believed.  Pure;
 * any thread.
 *
 *	zen.example ip 127.0.0.2=4 127.0.0.4-7=3 127.0.0.10-11=1.5
 *	white.example ip 127.0.*.3=-2 *=-1
 *	names.example domain test=listed.example 127.0.1.*=3 127.0.0.&8=2
 *
 * First the zone; then its kinds, separated by commas: "ip" (the client address)
 * alone, or one or more of helo, rpath, from, url, with "domain" for all four;
 * then codes with weights, the first that matches counts.  Each octet of a code
 * after 127 is a number, a range, '*', or '&' and the bits that must be set; '*'
 * alone is any code.
 */
#ifndef OCT_POLICY_LIST_ZONE_H
#define OCT_POLICY_LIST_ZONE_H

#include "lib/addr.h"
#include "lib/def.h"

#define LIST_ZONES_MAX 32
#define LIST_CODES_MAX 16
#define LIST_ZONE_MAX 180 /* octets of a zone: reversed IPv6 must stand before */
#define LIST_PROBLEM_SIZE 256

enum list_kind {
	LIST_IP = 1u << 0,
	LIST_HELO = 1u << 1,
	LIST_RPATH = 1u << 2,
	LIST_FROM = 1u << 3,
	LIST_URL = 1u << 4
};

struct list_octet {
	uint8_t lo, hi; /* both included */
	uint8_t bits;   /* all of them must be set */
};

struct list_code {
	struct list_octet octet[3]; /* after 127 */
	int32_t weight;             /* hundredths; negative speaks for it */
};

struct list_zone {
	char zone[OCT_DOMAIN_SIZE];
	char test[OCT_DOMAIN_SIZE]; /* domain lists: name that is listed; ""
				       = "test" (RFC 5782 5) */
	unsigned int kinds;         /* of enum list_kind */
	size_t count;
	struct list_code code[LIST_CODES_MAX];
};

/* OCT_EPARSE: problem says in English what was expected, and where. */
OCT_CHECK int list_zone_parse(const char *text, struct list_zone *out,
    char problem[LIST_PROBLEM_SIZE]);

/* What a list said about one subject, or about several. */
struct list_verdict {
	bool listed;     /* some code has a weight */
	int32_t weight;  /* the strongest one */
	uint8_t code[4]; /* that brought it */
	bool blocked;    /* 127.255.255.x: the list refuses our resolver */
	bool foreign;    /* outside 127.0.0.0/8: no list speaks so */
};

/* Take one address of an answer into account; v begins as zero.  Of several
 * listings the strongest counts, once: they are one opinion. */
void list_zone_see(const struct list_zone *z, const struct oct_ip *answer,
    struct list_verdict *v);

/* --- Health -------------------------------------------------------------------- */

enum list_state {
	LIST_UNTRIED, /* not asked before its first probe */
	LIST_USED,
	LIST_DOUBTED, /* used; its last probe had no answer */
	LIST_DROPPED
};

/* What a probe, or the traffic, showed. */
enum list_sign {
	LIST_RIGHT,      /* the test entry is listed, its opposite is not */
	LIST_SILENT,     /* no answer */
	LIST_EMPTY,      /* the test entry is not listed */
	LIST_EVERYTHING, /* what must not be listed is */
	LIST_BLOCKED,    /* 127.255.255.x */
	LIST_FOREIGN     /* addresses outside 127.0.0.0/8 */
};

/* One lost answer is forgiven to a list that is used; an answer that is wrong is
 * not. */
enum list_state list_state_next(enum list_state s, enum list_sign sign);
bool list_state_is_used(enum list_state s);
/* "no-answer", for the log. */
const char *list_sign_name(enum list_sign sign);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DNS messages: names in wire form, questions out, answers in.  Inside lib/dns
 * only.  No I/O, no shared state: any thread.
 */
#ifndef OCT_LIB_DNS_WIRE_H
#define OCT_LIB_DNS_WIRE_H

#include <stdatomic.h>

#include "lib/dns.h"

#define DNS_NAME_MAX 255   /* RFC 1035 2.3.4, the root's octet included */
#define DNS_LABEL_MAX 63
#define DNS_HOPS_MAX 8     /* CNAMEs behind one question */
#define DNS_RECORDS_MAX 256 /* in one message, all sections */
#define DNS_QUERY_MAX 320  /* header, longest name, type, class, OPT */
#define DNS_EDNS_OCTETS 1232

/* A name in wire form: lower case, not compressed, ends in the root. */
struct dns_name {
	size_t len;
	uint8_t wire[DNS_NAME_MAX];
};

struct dns_key {
	enum dns_type type;
	struct dns_name name;
};

/*
 * Labels are what stands between dots; every other octet stands for itself (no
 * presentation escapes: names come out of SPF macros).  A name with U-labels
 * becomes its A-label form.  OCT_EPARSE: empty label, too long.
 */
OCT_CHECK int dns_name_parse(const char *text, struct dns_name *out);

/* False, and nothing is written, if the text would be ambiguous or unsafe: a
 * dot inside a label, or an octet outside 0x21..0x7e. */
OCT_CHECK bool dns_name_text(const struct dns_name *name,
    char out[OCT_DOMAIN_SIZE]);

bool dns_name_equal(const struct dns_name *a, const struct dns_name *b);
/* name equals parent or lies below it. */
bool dns_name_under(const struct dns_name *name, const struct dns_name *parent);

/* What a question came to: shared by cache and sessions, immutable once it is
 * out of its maker's hands. */
struct dns_result {
	atomic_uint refs;
	size_t size; /* octets of this block */
	size_t used; /* of the text area, while it is being built */
	struct dns_answer answer;
	struct dns_record records[];
};

/* A result with one reference, room for count records and text_octets of
 * names and texts with their NULs.  NULL: no memory. */
OCT_CHECK struct dns_result *dns_result_new(enum dns_status status,
    size_t count, size_t text_octets);
/* Copy text and a NUL into the result; stays valid as long as it does. */
const char *dns_result_text(struct dns_result *r, const void *text,
    size_t len);
struct dns_result *dns_result_ref(struct dns_result *r);
/* NULL is allowed. */
void dns_result_put(struct dns_result *r);

enum dns_query_flag { DNS_QUERY_EDNS = 1u << 0, DNS_QUERY_AD = 1u << 1 };

/* Write a question with id 0 (the first two octets are the caller's to set). */
OCT_CHECK int dns_query_build(const struct dns_key *key, unsigned int flags,
    uint8_t out[DNS_QUERY_MAX], size_t *len);

enum dns_verdict {
	DNS_V_FOREIGN,   /* answers another question: forged or stale, ignore */
	DNS_V_TRUNCATED, /* ask again over TCP */
	DNS_V_NO_EDNS,   /* ask again without EDNS */
	DNS_V_FAILED,    /* this server cannot say, or talks rubbish */
	DNS_V_HOPELESS,  /* nor will any other: CNAME loop or endless chain */
	DNS_V_ALIAS,     /* the answer ends in a CNAME: ask for its target */
	DNS_V_ANSWER
};

/* What was sent. */
struct dns_asked {
	const struct dns_key *key;
	uint16_t id;
	bool edns;
	bool tcp;
	bool trust_ad;
};

/* What came: hops, ttl_s and secure go on from what the caller put there, so
 * that they span all messages of one question. */
struct dns_heard {
	unsigned int hops; /* CNAMEs so far */
	uint32_t ttl_s;    /* lowest so far */
	bool secure;       /* every message so far had a trusted AD bit */
	struct dns_name alias;     /* DNS_V_ALIAS */
	struct dns_result *result; /* DNS_V_ANSWER: the caller's */
};

/* Room for the records of one message, reused. */
struct dns_parser;
OCT_CHECK struct dns_parser *dns_parser_new(void);
void dns_parser_free(struct dns_parser *p);

OCT_CHECK enum dns_verdict dns_parse(struct dns_parser *p, const uint8_t *wire,
    size_t len, const struct dns_asked *asked, struct dns_heard *heard);

#endif

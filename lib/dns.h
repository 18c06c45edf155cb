/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DNS for everybody: asked early and in parallel, joined late under one
 * deadline.  A resolver owns one I/O thread, UDP sockets with random ports, and
 * a sharded cache bounded in octets (TTL and negative TTL, RFC 2308; identical
 * questions in flight are merged).  A session belongs to one message: it holds
 * its deadline and the answers it was given, and lists its questions.
 *
 * Threads: struct dns is shared by all threads; a session is used by one thread
 * at a time.
 */
#ifndef OCT_LIB_DNS_H
#define OCT_LIB_DNS_H

#include "lib/addr.h"
#include "lib/def.h"

enum dns_type {
	DNS_A = 1,
	DNS_NS = 2,
	DNS_CNAME = 5,
	DNS_SOA = 6,
	DNS_PTR = 12,
	DNS_MX = 15,
	DNS_TXT = 16,
	DNS_AAAA = 28
};

enum dns_status {
	DNS_OK,       /* at least one record */
	DNS_NODATA,   /* the name exists, this type does not */
	DNS_NXDOMAIN, /* the name does not exist */
	DNS_TEMPFAIL  /* time-out, SERVFAIL, refused, malformed: ask again later */
};

/* One record: which member counts follows from the type asked for. */
struct dns_record {
	struct oct_ip ip;    /* A, AAAA */
	uint16_t preference; /* MX */
	const char *name;    /* MX, PTR, NS, CNAME: lower case, no final dot, all
				in 0x21..0x7e; the root is "".  A record whose
				name has no such form is left out. */
	const char *text;    /* TXT: strings joined, NUL-terminated for comfort */
	size_t text_len;     /* TXT: octets (may contain NUL) */
};

/* Immutable. */
struct dns_answer {
	enum dns_status status;
	bool secure;    /* AD bit of a resolver that the configuration trusts */
	uint32_t ttl_s; /* remaining when it was given out */
	size_t count;   /* records of the type asked for, CNAMEs followed */
	const struct dns_record *records;
};

struct dns_conf {
	const char *const *servers; /* "127.0.0.1", "127.0.0.1:5353",
				       "[::1]:53"; one to eight */
	size_t server_count;
	int64_t try_ms;       /* wait for one server before the next (1500) */
	int tries;            /* attempts in all, servers in turn (3, at most
				 8) */
	size_t cache_octets;  /* bound of the cache (32 MiB) */
	uint32_t ttl_max_s;   /* no answer is kept longer (86400) */
	uint32_t ttl_neg_max_s; /* nor a negative one (3600) */
	size_t inflight_max;  /* questions on the wire at once (4096); beyond:
				 DNS_TEMPFAIL, counted */
	bool trust_ad;
};

struct dns;

/* Fill in the defaults above (servers stays empty). */
void dns_conf_init(struct dns_conf *conf);

/* Start a resolver.  conf is borrowed for the call.  OCT_ECONF: a server's text
 * or a bound is wrong. */
OCT_CHECK int dns_new(const struct dns_conf *conf, struct dns **out);

/*
 * A resolver that answers from a table only, for tests and suites.  Each zone
 * record is added by dns_static_add before the first question: rdata is in
 * presentation form ("10 mx.example", "192.0.2.1", raw octets for TXT); a name
 * without records is NXDOMAIN unless another name lies below it.
 */
OCT_CHECK int dns_new_static(struct dns **out);
OCT_CHECK int dns_static_add(struct dns *dns, const char *name,
    enum dns_type type, const char *rdata, size_t len);
/* A resolver that knows nothing: every question is DNS_TEMPFAIL, at once. */
OCT_CHECK int dns_new_silent(struct dns **out);
/* Every question for name that no earlier record answers times out, that is:
 * becomes DNS_TEMPFAIL, at once. */
OCT_CHECK int dns_static_timeout(struct dns *dns, const char *name);

/* Stop the I/O thread, free everything.  No session may be left. */
void dns_free(struct dns *dns);

struct dns_stats {
	uint64_t asked;  /* different questions of all sessions: each ... */
	uint64_t hits;   /* ... known, ... */
	uint64_t merged; /* ... in flight already, ... */
	uint64_t shed;   /* ... refused by inflight_max, or sent: */
	uint64_t sent, tcp; /* datagrams and connections, repetitions too */
	uint64_t tempfail;  /* questions sent that came to nothing */
	size_t cache_octets, cache_entries;
};
void dns_stats(struct dns *dns, struct dns_stats *out);

struct dns_session;

/* Questions of one message, all to be answered before deadline (monotonic ms;
 * later joins give DNS_TEMPFAIL).  At most max_questions different ones: more
 * give DNS_TEMPFAIL and one warning. */
OCT_CHECK int dns_session_new(struct dns *dns, int64_t deadline_ms,
    size_t max_questions, struct dns_session **out);

/* Start a question without waiting; harmless if it was asked already. */
void dns_prefetch(struct dns_session *s, const char *name, enum dns_type type);

/*
 * The answer, waiting for it up to the deadline.  Never NULL; owned by the
 * session.  A name that is no domain name (empty label, over 255 octets) is
 * DNS_NXDOMAIN without a question.  A name is labels between dots, any octet but
 * NUL standing for itself; U-labels are asked as A-labels.
 */
const struct dns_answer *dns_get(struct dns_session *s, const char *name,
    enum dns_type type);

/* Move the deadline (each stage of SMTP has its own patience). */
void dns_session_deadline(struct dns_session *s, int64_t deadline_ms);

/* What was asked, in order, for the administrator's eyes. */
struct dns_question {
	const char *name;
	enum dns_type type;
	enum dns_status status;
	bool cached;
	bool joined;    /* false: prefetched, never looked at */
	int64_t took_ms;
};
size_t dns_session_count(const struct dns_session *s);
void dns_session_question(const struct dns_session *s, size_t i,
    struct dns_question *out);

/* Abandons questions still in flight; invalidates the answers given. */
void dns_session_free(struct dns_session *s);

const char *dns_type_name(enum dns_type type);
const char *dns_status_name(enum dns_status status);

/* "1.2.0.192.in-addr.arpa" / nibbles under ip6.arpa, or under any suffix (DNS
 * lists, RFC 5782).  suffix NULL = the arpa tree. */
OCT_CHECK int dns_reverse_name(const struct oct_ip *ip, const char *suffix,
    char out[OCT_DOMAIN_SIZE]);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One question to one server, for diagnosis: what that server itself says, with
 * its flags, and not what the resolver made of it.  Blocks; no cache, no state:
 * any thread.  Not for mail: lib/dns.h answers that.
 *
 * Bounds: one answer of 64 KiB, DNS_PROBE_RECORDS_MAX records of it.
 */
#ifndef OCT_LIB_DNS_PROBE_H
#define OCT_LIB_DNS_PROBE_H

#include "lib/addr.h"
#include "lib/def.h"

#define DNS_PROBE_RECORDS_MAX 64

enum dns_probe_type { /* RFC 1035, 2782, 4034, 6698; those of a check */
	DNS_PROBE_A = 1,
	DNS_PROBE_NS = 2,
	DNS_PROBE_CNAME = 5,
	DNS_PROBE_SOA = 6,
	DNS_PROBE_MX = 15,
	DNS_PROBE_TXT = 16,
	DNS_PROBE_AAAA = 28,
	DNS_PROBE_SRV = 33,
	DNS_PROBE_DS = 43,
	DNS_PROBE_TLSA = 52
};

enum dns_probe_flag {
	DNS_PROBE_RECURSE = 1u << 0,  /* RD: it is a resolver */
	DNS_PROBE_UNCHECKED = 1u << 1 /* CD: DNSSEC is not to be checked */
};

struct dns_probe_server {
	struct oct_ip ip;
	uint16_t port;
};

struct dns_probe_reply {
	unsigned int rcode;      /* RFC 1035 4.1.1: 0 none, 2 SERVFAIL, 3
				    NXDOMAIN, 5 refused */
	bool authoritative;      /* AA */
	bool secure;             /* AD */
	bool referral;           /* names other servers instead of answering */
	uint32_t ttl_s;          /* lowest of the records */
	uint32_t negative_ttl_s; /* of the SOA beside an empty answer */
	uint32_t serial;         /* of a SOA that was asked for */
	size_t count;            /* records of the type asked for */
	/* As in a zone file, names in lower case; TXT: the strings joined, what
	 * is not printable ASCII as \DDD.  Sorted. */
	char *records[DNS_PROBE_RECORDS_MAX];
};

/* "127.0.0.1", "127.0.0.1:5353", "[::1]:53".  OCT_EPARSE. */
OCT_CHECK int dns_probe_server_parse(const char *text,
    struct dns_probe_server *out);

/*
 * 0 and a reply (dns_probe_fini), whatever it says; OCT_ETIME, OCT_EREPLY (no
 * DNS message, or more than the bounds), OCT_EPARSE (no domain name), -errno
 * where the server cannot be reached.
 */
OCT_CHECK int dns_probe(const struct dns_probe_server *server,
    const char *name, enum dns_probe_type type, unsigned int flags,
    int64_t deadline_ms, struct dns_probe_reply *out);
void dns_probe_fini(struct dns_probe_reply *r);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The DNS records that a hosted domain must have, and how they are written for
 * a zone file.  Pure; any thread.
 */
#ifndef OCT_POLICY_ZONE_H
#define OCT_POLICY_ZONE_H

#include "lib/addr.h"
#include "lib/def.h"
#include "lib/str.h"
#include "policy/dkim_keys.h"
#include "policy/hosting.h"

enum zone_purpose {
	ZONE_MX,
	ZONE_SPF,
	ZONE_DKIM,
	ZONE_DMARC,
	ZONE_MTA_STS,      /* the TXT record */
	ZONE_MTA_STS_HOST, /* and the host that serves the policy */
	ZONE_TLS_RPT,
	ZONE_AUTOCONFIG,
	ZONE_AUTODISCOVER,
	ZONE_SRV_IMAP,
	ZONE_SRV_SMTP
};

struct zone_record {
	enum zone_purpose purpose;
	char name[OCT_DOMAIN_SIZE]; /* no final dot */
	const char *type;           /* "MX", "TXT", "CNAME", "SRV" */
	/* TXT: the text as it is; else as in a zone file, names with their
	 * final dot.  The record's. */
	char *data;
	enum dkim_keys_state key; /* ZONE_DKIM */
};

struct zone {
	char domain[OCT_DOMAIN_SIZE];
	int64_t ttl_s;
	size_t count;
	struct zone_record *records;
};

/* keys may be NULL.  0, -ENOMEM, or OCT_EFULL (the domain's name is too long
 * for a record below it).  zone_fini in every case. */
OCT_CHECK int zone_expected(const struct hosting *h, const char *domain,
    const struct dkim_keys *keys, struct zone *out);
void zone_fini(struct zone *z);

const char *zone_purpose_name(enum zone_purpose p);
/* The first record of a purpose, or NULL. */
const struct zone_record *zone_find(const struct zone *z, enum zone_purpose p);

/* One line of a zone file, texts in strings of 255 octets (RFC 1035 3.3.14). */
void zone_line(const struct zone_record *r, int64_t ttl_s, struct oct_str *out);
/* All of it, with comments in French or English, to be included into a zone:
 * names are absolute. */
void zone_text(const struct zone *z, const struct hosting *h, bool english,
    struct oct_str *out);
/* A name with its U-labels, for people. */
void zone_unicode(const char *domain, struct oct_str *out);

/*
 * The one SPF record that says what these do (each "v=spf1 ..."), and lets ours
 * (terms) pass too: each term once, redirect= as include:, and at the end "-all"
 * only if all of them said so.
 */
void zone_spf_merge(const char *const *records, size_t count, const char *ours,
    struct oct_str *out);

/* The policy of RFC 8461 3.2 that octroi-web serves, and the id that goes with
 * it: another policy has another id. */
#define ZONE_STS_ID_SIZE 33
void zone_sts_policy(const struct hosting *h, struct oct_str *out);
void zone_sts_id(const struct hosting *h, char out[ZONE_STS_ID_SIZE]);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is the DNS of a domain right for its mail?  Compares by meaning: an SPF record
 * is right if it lets our servers pass, whatever its words; an MX if it leads to
 * our servers, whatever its name.  Asks the resolver, and each authoritative
 * server directly, so that a change under way is told from a wrong one.
 *
 * All answers are hostile: bounded by their readers, and only printable ASCII
 * of them is kept in findings.  Blocks up to the deadline; one thread a check.
 */
#ifndef OCT_PROVISIONING_CHECK_H
#define OCT_PROVISIONING_CHECK_H

#include "lib/dns.h"
#include "lib/dns_probe.h"
#include "lib/str.h"
#include "policy/dkim_keys.h"
#include "policy/hosting.h"
#include "policy/zone.h"

enum check_severity {
	CHECK_NOTICE,  /* may be better */
	CHECK_WARNING, /* works, but not for long or not everywhere */
	CHECK_UNKNOWN, /* could not be found out: ask again later */
	CHECK_ERROR    /* mail is lost, refused or forged by it */
};

enum check_section {
	CHECK_DNS,
	CHECK_MX,
	CHECK_SPF,
	CHECK_DKIM,
	CHECK_DMARC,
	CHECK_STS,
	CHECK_TLS_RPT,
	CHECK_SETUP,
	CHECK_SECTIONS
};

enum check_code {
	CHECK_DNS_FAILED,
	CHECK_DOMAIN_MISSING,
	CHECK_DNSSEC_BOGUS,
	CHECK_DNSSEC_NONE,
	CHECK_APEX_CNAME,
	CHECK_SERVER_LAME,
	CHECK_SERVER_SILENT,
	CHECK_SERVER_UNRESOLVED,
	CHECK_SERVERS_NONE,
	CHECK_SERVERS_DIFFER,
	CHECK_SERIALS_DIFFER,
	CHECK_RESOLVER_STALE,
	CHECK_TTL_LONG,
	CHECK_WILDCARD,
	CHECK_WILDCARD_TXT,
	CHECK_MX_MISSING,
	CHECK_MX_NULL,
	CHECK_MX_FOREIGN,
	CHECK_MX_EXTRA,
	CHECK_MX_INCOMPLETE,
	CHECK_MX_ORDER,
	CHECK_MX_CNAME,
	CHECK_MX_UNRESOLVED,
	CHECK_MX_LITERAL,
	CHECK_SPF_MISSING,
	CHECK_SPF_SEVERAL,
	CHECK_SPF_SYNTAX,
	CHECK_SPF_LOOKUPS,
	CHECK_SPF_VOIDS,
	CHECK_SPF_LOOP,
	CHECK_SPF_INCLUDE,
	CHECK_SPF_WITHOUT_US,
	CHECK_SPF_ALL_PASS,
	CHECK_SPF_ALL_OPEN,
	CHECK_SPF_PTR,
	CHECK_SPF_WIDE,
	CHECK_DKIM_NONE,
	CHECK_DKIM_UNUSED,
	CHECK_DKIM_MISSING,
	CHECK_DKIM_NEW,
	CHECK_DKIM_EARLY,
	CHECK_DKIM_WRONG,
	CHECK_DKIM_BROKEN,
	CHECK_DKIM_REVOKED,
	CHECK_DKIM_SEVERAL,
	CHECK_DKIM_TESTING,
	CHECK_DKIM_OLD,
	CHECK_DMARC_MISSING,
	CHECK_DMARC_INHERITED,
	CHECK_DMARC_SEVERAL,
	CHECK_DMARC_SYNTAX,
	CHECK_DMARC_TAG,
	CHECK_DMARC_WEAK,
	CHECK_DMARC_TESTING,
	CHECK_DMARC_RUA,
	CHECK_DMARC_RUA_FOREIGN,
	CHECK_DMARC_MISPLACED,
	CHECK_STS_MISSING,
	CHECK_STS_SEVERAL,
	CHECK_STS_SYNTAX,
	CHECK_STS_ID,
	CHECK_STS_HOST,
	CHECK_STS_INNER,
	CHECK_STS_FETCH,
	CHECK_STS_POLICY,
	CHECK_STS_MODE,
	CHECK_STS_MX,
	CHECK_TLS_RPT_MISSING,
	CHECK_TLS_RPT_SEVERAL,
	CHECK_TLS_RPT_SYNTAX,
	CHECK_SETUP_MISSING,
	CHECK_SETUP_ELSEWHERE,
	CHECK_SRV_MISSING,
	CHECK_SRV_WRONG,
	CHECK_CODES
};

struct check_finding {
	enum check_code code;
	enum check_severity severity;
	char name[OCT_DOMAIN_SIZE]; /* of the record, or of the server */
	char *seen, *want;          /* printable ASCII, or "" */
};

enum check_dnssec {
	CHECK_DNSSEC_UNKNOWN,  /* the resolver does not validate, or was not
				  asked */
	CHECK_DNSSEC_SECURE,
	CHECK_DNSSEC_INSECURE, /* not signed */
	CHECK_DNSSEC_WRONG     /* bogus */
};

#define CHECK_SERVERS_MAX 12

enum check_server_state {
	CHECK_SERVER_GOOD,
	CHECK_SERVER_BAD,
	CHECK_SERVER_AWAY, /* no answer */
	CHECK_SERVER_UNREACHED /* no route from here: says nothing */
};

struct check_server {
	char name[OCT_DOMAIN_SIZE];
	struct dns_probe_server at;
	enum check_server_state state;
	uint32_t serial;
};

struct check {
	size_t count, room;
	struct check_finding *findings; /* worst first, then by section */
	size_t more; /* found beyond the bound of 200, and not kept */
	enum check_dnssec dnssec;
	char cut[OCT_DOMAIN_SIZE]; /* the zone that the domain is in, or "" */
	size_t server_count;
	struct check_server servers[CHECK_SERVERS_MAX];
	uint32_t negative_ttl_s; /* of the zone; 0: not known */
	/* Of its MX, of its texts, at a server itself; 0: not known. */
	uint32_t mx_ttl_s, txt_ttl_s;
};

struct check_input {
	const char *domain; /* normalised */
	/* What is ours.  Of a domain that is not: NULL each, and nothing is
	 * compared with it. */
	const struct zone *zone;
	const struct hosting *hosting;
	const struct dkim_keys *keys;
	struct dns_session *dns;
	/* Asked for flags, and for what lib/dns.h knows not; NULL: no server is
	 * asked directly. */
	const struct dns_probe_server *resolver;
	uint16_t dns_port, https_port; /* 0: policies are not fetched */
	bool inner_addresses; /* policies, also from such */
	int64_t deadline_ms, now_ms;   /* monotonic; wall */
};

/* 0, or -ENOMEM.  check_fini in every case. */
OCT_CHECK int check_domain(const struct check_input *in, struct check *out);
void check_fini(struct check *c);

/* The worst there is; false: no finding of that weight or more. */
bool check_has(const struct check *c, enum check_severity least);
enum check_section check_section(enum check_code code);

/* "spf-several"; "error"; "spf". */
const char *check_code_name(enum check_code code);
const char *check_severity_name(enum check_severity s);
const char *check_section_name(enum check_section s);
const char *check_dnssec_name(enum check_dnssec d);
/* What is wrong, and what to change, for whoever runs the DNS. */
void check_what(const struct check_finding *f, bool english,
    struct oct_str *out);
void check_todo(const struct check_finding *f, bool english,
    struct oct_str *out);

/*
 * Is a record at all authoritative servers of a domain?  Of a DKIM key that is
 * to be used.  0: it is, and *negative_ttl_s says how long a resolver may still
 * remember that it was not; OCT_EABSENT, OCT_ECONFLICT: problem names the
 * server; OCT_ETIME.
 */
OCT_CHECK int check_key_everywhere(const struct check_input *in,
    const struct dkim_keys_item *key, uint32_t *negative_ttl_s,
    char problem[DKIM_KEYS_PROBLEM_SIZE]);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plain results of authentication, as data: what the evaluators fill in and the
 * decisions read.  No function needs a socket; nothing here owns memory.
 */
#ifndef OCT_AUTH_TYPES_H
#define OCT_AUTH_TYPES_H

#include "lib/addr.h"
#include "lib/def.h"

/* RFC 8601 2.7 result words. */
enum auth_result {
	AUTH_NONE,
	AUTH_PASS,
	AUTH_FAIL,
	AUTH_SOFTFAIL,
	AUTH_NEUTRAL,
	AUTH_POLICY,
	AUTH_TEMPERROR,
	AUTH_PERMERROR
};
const char *auth_result_name(enum auth_result r);
/* 0 or OCT_EPARSE; case-insensitive. */
OCT_CHECK int auth_result_parse(const char *word, enum auth_result *out);

/* RFC 7208 */
enum auth_spf_term {
	AUTH_SPF_NONE, /* default result, or no record */
	AUTH_SPF_ALL,
	AUTH_SPF_A,
	AUTH_SPF_MX,
	AUTH_SPF_PTR,
	AUTH_SPF_IP4,
	AUTH_SPF_IP6,
	AUTH_SPF_EXISTS,
	AUTH_SPF_UNKNOWN /* matched, but the engine does not say by what */
};

#define AUTH_SPF_EXPLANATION_SIZE 512

struct auth_spf {
	enum auth_result result;
	bool helo;                    /* HELO identity (null reverse-path) */
	char domain[OCT_DOMAIN_SIZE]; /* identity evaluated */
	enum auth_spf_term term;      /* that matched (innermost) */
	int prefix;                   /* its width in bits; -1 = not an address
					 term */
	bool ipv6;                    /* prefix is one of IPv6 addresses */
	char term_domain[OCT_DOMAIN_SIZE]; /* whose record held the term */
	int lookups, voids;           /* counted terms and void look-ups */
	char explanation[AUTH_SPF_EXPLANATION_SIZE]; /* printable ASCII only */
	char problem[128];            /* English, for temperror and permerror */
};

/* RFC 6376, 8301, 8463 */
#define AUTH_DKIM_MAX 10 /* signatures evaluated; the rest are ignored */

struct auth_dkim_sig {
	enum auth_result result;
	char domain[OCT_DOMAIN_SIZE];   /* d=, normalised */
	char selector[OCT_DOMAIN_SIZE]; /* s= */
	char identity[OCT_ADDR_SIZE];   /* i=, or "" */
	char algorithm[24];             /* a= */
	unsigned int key_bits;          /* 0 = not known; Ed25519 = 256 */
	bool testing;                   /* t=y in the key record */
	bool length;                    /* l= present */
	bool whole_body;                /* the hash covers the whole body */
	bool covers_from, covers_to, covers_cc, covers_subject;
	bool secure;                    /* key came with DNSSEC */
	char b_start[9];                /* first 8 of b=, RFC 6008 */
	uint8_t replay[16];             /* hash of bh= and b=: replay memory */
	char problem[128];
};

struct auth_dkim {
	size_t count;   /* entries in sig */
	size_t ignored; /* signatures beyond AUTH_DKIM_MAX */
	struct auth_dkim_sig sig[AUTH_DKIM_MAX];
};

/* RFC 9989 */
enum auth_dmarc_policy {
	AUTH_DMARC_NONE,
	AUTH_DMARC_QUARANTINE,
	AUTH_DMARC_REJECT
};
const char *auth_dmarc_policy_name(enum auth_dmarc_policy p);

struct auth_dmarc {
	enum auth_result result; /* none = no record; pass, fail, temperror,
				    permerror */
	enum auth_dmarc_policy policy; /* that applies to this message */
	bool testing;                  /* t=y; policy is already lowered */
	char from_domain[OCT_DOMAIN_SIZE]; /* the author domain judged */
	char domain[OCT_DOMAIN_SIZE];      /* where the record was found */
	char org_domain[OCT_DOMAIN_SIZE];  /* of from_domain */
	bool by_spf, by_dkim;              /* which aligned */
	size_t author_domains;             /* different ones in From */
	char problem[128];
};

/* RFC 8617 */
struct auth_arc {
	enum auth_result result; /* none, pass, fail */
	int instances;
	char sealer[OCT_DOMAIN_SIZE]; /* d= of the newest seal */
	char problem[128];
};

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Syntax of SPF records (RFC 7208 sections 4.5, 4.6.1, 5, 6, 12).  Private to
 * the SPF engines.  No state; spans point into the caller's record; any thread.
 */
#ifndef OCT_AUTH_SPF_PARSE_H
#define OCT_AUTH_SPF_PARSE_H

#include "auth/spf_macro.h"
#include "auth/types.h"
#include "lib/dns.h"

enum spf_kind {
	SPF_ALL,
	SPF_INCLUDE,
	SPF_A,
	SPF_MX,
	SPF_PTR,
	SPF_IP4,
	SPF_IP6,
	SPF_EXISTS,
	SPF_REDIRECT,
	SPF_EXP,
	SPF_OTHER /* a modifier that we do not know */
};

struct spf_term {
	enum spf_kind kind;
	enum auth_result result; /* of the qualifier, for mechanisms */
	struct spf_span domain;  /* domain-spec; empty = none given */
	struct oct_ip net;       /* ip4, ip6 */
	int bits4, bits6;        /* ip4, ip6, a, mx; 32 and 128 if not given */
};

/* A record whose syntax was checked as a whole. */
struct spf_record {
	struct spf_span terms;    /* what follows the version */
	struct spf_span redirect; /* domain-specs; empty = no such modifier */
	struct spf_span exp;
};

/*
 * Pick the one SPF record of a TXT answer (4.5).  1: *terms is what follows its
 * version; 0: none; OCT_ECONFLICT: several.
 */
OCT_CHECK int spf_record_select(const struct dns_answer *txt,
    struct spf_span *terms);

/* 0, or OCT_EPARSE and a static English text in *why. */
OCT_CHECK int spf_record_parse(struct spf_span terms, struct spf_record *out,
    const char **why);

/* Take the next term off *rest: 1, 0 at the end, OCT_EPARSE with *why. */
OCT_CHECK int spf_term_next(struct spf_span *rest, struct spf_term *out,
    const char **why);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DMARC by RFC 9989: tree walk (or public suffix list), np, psd, t; no pct.
 * Any thread, one DNS session a caller.  Never fails: errors are results, and a
 * temperror is never a reject.
 */
#ifndef OCT_AUTH_DMARC_H
#define OCT_AUTH_DMARC_H

#include "auth/types.h"
#include "lib/dns.h"

struct auth_dmarc_input {
	const char *const *from_domains; /* author domains, normalised, each
					    once; none = no usable From */
	size_t from_count;
	const struct auth_spf *spf; /* only a MAIL FROM or HELO pass counts */
	const struct auth_dkim *dkim;
	bool psl; /* organisational domains by the public suffix list, as RFC
		     7489 did (operator's option); without a list: tree walk */
};

/* Start the look-ups of the tree walk (RFC 9989 4.10) without waiting. */
void auth_dmarc_prefetch(struct dns_session *dns, const char *domain);

/* The same for a check with psl. */
void auth_dmarc_prefetch_psl(struct dns_session *dns, const char *domain);

/*
 * Several author domains: each is judged, the strictest outcome counts.  No
 * author domain is a permerror.  A DKIM signature counts only if it covers
 * every From field and the whole body.
 */
void auth_dmarc_check(struct dns_session *dns,
    const struct auth_dmarc_input *in, struct auth_dmarc *out);

/* Does a speak more against a message of several authors than b? */
bool auth_dmarc_is_stricter(const struct auth_dmarc *a,
    const struct auth_dmarc *b);

/*
 * Organisational domain by tree walk; domain itself where no record says
 * otherwise.  1 = found, 0 = no DMARC record anywhere on the walk, OCT_ETIME =
 * temporary DNS error (out is then the domain itself).  What is no domain name
 * gives 0 and "".
 */
OCT_CHECK int auth_dmarc_org(struct dns_session *dns, const char *domain,
    char out[OCT_DOMAIN_SIZE]);

/*
 * The same by the public suffix list (operator's option, RFC 7489 way): 0 = the
 * domain is a public suffix itself; OCT_EPARSE = no domain name, out is "";
 * OCT_EABSENT = no list.  The list is loaded once for the process and never
 * freed.
 */
OCT_CHECK int auth_psl_org(const char *domain, char out[OCT_DOMAIN_SIZE]);
/* The same, or else the domain itself: to compare by; "" stays "". */
void auth_psl_org_or_self(const char *domain, char out[OCT_DOMAIN_SIZE]);

#endif

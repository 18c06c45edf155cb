/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Public keys of DKIM and ARC in DNS (RFC 6376 3.6, 8301, 8463).  Any thread,
 * one DNS session a caller.
 */
#ifndef OCT_AUTH_DKIM_KEY_H
#define OCT_AUTH_DKIM_KEY_H

#include "lib/addr.h"
#include "lib/def.h"
#include "lib/dns.h"

#define AUTH_DKIM_DER_MAX 1200 /* RSA of 8,192 bits and a little */

struct auth_dkim_pubkey {
	bool ed25519;
	bool testing;    /* t=y */
	bool no_subs;    /* t=s: i= must be in exactly d= */
	bool secure;     /* came with DNSSEC */
	unsigned bits;
	size_t der_len;
	uint8_t der[AUTH_DKIM_DER_MAX]; /* SubjectPublicKeyInfo (RSA), or the
					   32 octets of an Ed25519 key */
};

/* selector._domainkey.domain; OCT_EPARSE where that is no domain name. */
OCT_CHECK int auth_dkim_key_name(const char *selector, const char *domain,
    char out[OCT_DOMAIN_SIZE]);

/* Start the look-up without waiting. */
void auth_dkim_key_prefetch(struct dns_session *dns, const char *selector,
    const char *domain);

/*
 * 1 = found, 0 = there is no such usable key, OCT_ETIME = ask again later; for
 * the last two problem says why.
 */
OCT_CHECK int auth_dkim_key_get(struct dns_session *dns, const char *selector,
    const char *domain, struct auth_dkim_pubkey *out, char problem[128]);

/* One record's text; 1 or 0 as above.  secure is left alone. */
OCT_CHECK int auth_dkim_key_parse(const char *text, size_t len,
    struct auth_dkim_pubkey *out, char problem[128]);

#endif

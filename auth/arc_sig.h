/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One signature of an ARC set: an ARC-Message-Signature or an ARC-Seal.
 * Nothing outside auth/ includes this.
 */
#ifndef OCT_AUTH_ARC_SIG_H
#define OCT_AUTH_ARC_SIG_H

#include "auth/types.h"
#include "lib/dns.h"
#include "lib/msg.h"
#include "lib/str.h"

#define ARC_SIG_OCTETS 1100 /* an RSA signature of 8,192 bits is 1,024 */
#define ARC_HASH_OCTETS 32

struct arc_sig {
	bool ed25519;
	char domain[OCT_DOMAIN_SIZE], selector[OCT_DOMAIN_SIZE];
	size_t b_len;
	uint8_t b[ARC_SIG_OCTETS];
	/* Of an AMS only: */
	uint8_t bh[ARC_HASH_OCTETS];
	bool relaxed_header, relaxed_body;
	bool limited;
	uint64_t limit; /* l= */
};

/* The instance of an AMS or AS, 1 to 50; 0 = none that is valid.  cv, of an AS,
 * is its first letter (n, p, f) or '\0'. */
int arc_sig_instance(const struct oct_field *field, char *cv);

/* Likewise of an ARC-Authentication-Results. */
int arc_aar_instance(const struct oct_field *field);

/* Read the tags; NULL, or what is wrong with them. */
const char *arc_sig_read(const struct oct_field *field, bool seal,
    struct arc_sig *out);

/* Canonical text: a field with CRLF, and one with its b= emptied, without. */
void arc_sig_add_field(bool relaxed, const struct oct_field *field,
    struct oct_str *out);
void arc_sig_add_self(bool relaxed, const struct oct_field *field,
    struct oct_str *out);

/* The fields that h= names, from the bottom up (RFC 6376 5.4.2), and the AMS
 * itself.  -ENOMEM. */
OCT_CHECK int arc_sig_message(const struct oct_msg *m,
    const struct oct_field *ams, bool relaxed, struct oct_str *out);

/* NULL = the signature over text is right; else why not. */
const char *arc_sig_verify(struct dns_session *dns, const struct arc_sig *sig,
    const struct oct_str *text);

#endif

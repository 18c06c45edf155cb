/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Old addresses elsewhere that forward to a mailbox here: their provider breaks
 * SPF for whoever wrote to them, and is no forger for it (design 5).  What is
 * known to have come that way is not judged by the client's address; who only
 * writes from the same provider's hosts gains no delivery.  Pure; any thread.
 */
#ifndef OCT_POLICY_LEGACY_H
#define OCT_POLICY_LEGACY_H

#include "auth/types.h"
#include "policy/decide.h"
#include "policy/detail.h"
#include "policy/directory.h"

/* Forwarded, seen to work (verified), and neither closed nor past its day. */
bool legacy_is_live(
    const struct dir_record *legacy, const char today[DETAIL_DATE_SIZE]);

/* The live ones of a mailbox, from *next on; NULL at the end. */
const struct dir_record *legacy_next(const struct dir_domain *d,
    const char *local, const char today[DETAIL_DATE_SIZE], size_t *next);

/* The domain of a legacy address. */
const char *legacy_domain(const struct dir_record *legacy);

struct legacy_input {
	const struct dir_record *legacy;
	const struct oct_addr *rpath;
	const struct auth_spf *spf;  /* of the message */
	bool spf_is_narrow;          /* a pass that binds (policy/proof.h) */
	bool sealed;    /* ARC: sealed by its domain, which saw DMARC pass */
	bool from_host; /* the client is one that its domain sends from */
};
enum legacy_credit legacy_credit(const struct legacy_input *in);

#endif

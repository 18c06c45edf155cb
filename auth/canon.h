/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Canonicalisation of RFC 6376 3.4, for ARC (whose verification is ours), for
 * signing with Ed25519 and for the true length of a body under l=.  One thread
 * at a time an object.
 */
#ifndef OCT_AUTH_CANON_H
#define OCT_AUTH_CANON_H

#include <openssl/evp.h>

#include "lib/msg.h"
#include "lib/str.h"

/* A body as it streams by.  Members are private. */
struct auth_canon_body {
	EVP_MD_CTX *md; /* borrowed; NULL = only count */
	bool relaxed, cr, space, failed;
	uint64_t crlfs; /* line ends not yet written */
	uint64_t total; /* canonical octets so far */
	uint64_t limit; /* of which this many are hashed (l=) */
	size_t used;
	char buf[1024];
};

void auth_canon_body_init(struct auth_canon_body *c, bool relaxed,
    uint64_t limit, EVP_MD_CTX *md);
void auth_canon_body_add(struct auth_canon_body *c, const char *octets,
    size_t len);
/* After the last octet: 0, or -ENOMEM where hashing failed.  total is then the
 * length of the whole canonical body. */
OCT_CHECK int auth_canon_body_end(struct auth_canon_body *c);

/* One field, name and raw value, without a final CRLF; errors stick to out. */
void auth_canon_field(bool relaxed, const struct oct_field *field,
    struct oct_str *out);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ARC chains (RFC 8617), verified over our DNS layer.  A verifier belongs to
 * one message and one thread at a time.  A chain whose keys cannot be had at
 * the moment is a fail with a problem that says so: RFC 8617 has no other word.
 */
#ifndef OCT_AUTH_ARC_H
#define OCT_AUTH_ARC_H

#include "auth/types.h"
#include "lib/dns.h"
#include "lib/msg.h"

struct auth_arc_verifier;

/* Is there any field of a chain?  Part of a set is a fail, not none. */
bool auth_arc_present(const struct oct_msg *m);

/*
 * At the end of the header: m holds all fields and gets no more of them; dns
 * and m outlive the verifier.  Key look-ups start here.  0 or -ENOMEM: what is
 * wrong with the chain is a result.
 */
OCT_CHECK int auth_arc_verify_new(struct dns_session *dns,
    const struct oct_msg *m, struct auth_arc_verifier **out);

/* The body as it comes (CRLF). */
void auth_arc_verify_body(struct auth_arc_verifier *v, const void *octets,
    size_t len);

/* Joins the key look-ups; fills out. */
OCT_CHECK int auth_arc_verify_end(struct auth_arc_verifier *v,
    struct auth_arc *out);
void auth_arc_verify_free(struct auth_arc_verifier *v);

/* The three steps for a complete message. */
OCT_CHECK int auth_arc_check(struct dns_session *dns, struct oct_msg *m,
    struct auth_arc *out);

#endif

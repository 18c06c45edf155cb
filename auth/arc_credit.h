/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Does a trusted sealer vouch for a message whose own proof was broken on the
 * way (RFC 8617 7.2.1)?  Pure; any thread.
 */
#ifndef OCT_AUTH_ARC_CREDIT_H
#define OCT_AUTH_ARC_CREDIT_H

#include "auth/types.h"
#include "lib/msg.h"

/*
 * True if the chain passed, its newest seal is by one of sealers
 * (NULL-terminated, may be NULL; a domain speaks for itself only), and that
 * sealer's own ARC-Authentication-Results says dmarc=pass.
 */
bool auth_arc_credits(const struct oct_msg *m, const struct auth_arc *arc,
    const char *const *sealers);

/* Does the value of one ARC-Authentication-Results field say i=instance and, as a
 * result of its own (not in a comment or a quoted string), dmarc=pass? */
bool auth_arc_says_pass(const char *value, size_t len, int instance);

#endif

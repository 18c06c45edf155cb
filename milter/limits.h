/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rate limits at RCPT (design 7): client network, mailbox, domain; unknown
 * recipients.  With the store away limits are open, and counted as such.
 */
#ifndef OCT_MILTER_LIMITS_H
#define OCT_MILTER_LIMITS_H

#include "milter/session.h"

/* Charge one message for r.  True: over, *limit is its static name; nothing
 * stays charged then. */
bool limits_take(struct session *s, struct rcpt *r, const char **limit);

/* Give back what limits_take charged; harmless if it charged nothing. */
void limits_refund(struct session *s, struct rcpt *r);

/* Count an unknown recipient against the client network.  True: over. */
bool limits_guess(struct session *s);

#endif

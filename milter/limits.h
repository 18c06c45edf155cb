/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Limits of one message (design 7): at RCPT for client network, mailbox and
 * domain, in and out; sizes and recipients; unknown recipients.  With the store
 * away rates are open, and counted as such.
 */
#ifndef OCT_MILTER_LIMITS_H
#define OCT_MILTER_LIMITS_H

#include "milter/session.h"

/*
 * May r be taken?  Charges it.  False: out is the refusal, and nothing stays
 * charged.  r->over_limit and s->quarantine say that it is taken to be held.
 */
bool limits_rcpt(struct session *s, struct rcpt *r, struct reply *out);

/* Is a message of so many octets too big for somebody?  Known only at its end,
 * where it is refused for all. */
bool limits_size(const struct session *s, int64_t octets, const char **limit);

/*
 * The volume of a message whose size was not declared, or wrongly: what is lacking
 * is charged.  False: nobody has so much left, and out is the refusal.  Somebody
 * beside others who is past his limit is charged all the same (limits_settle):
 * there is one answer for all.
 */
bool limits_volume(struct session *s, int64_t octets, struct reply *out);

/* Give back what limits_rcpt charged; harmless if it charged nothing. */
void limits_refund(struct session *s, struct rcpt *r);
/* What stays charged is charged by what the message really measures. */
void limits_settle(struct session *s, int64_t octets);

/* Count an unknown recipient against the client network.  True: over. */
bool limits_guess(struct session *s);

/* Octets that MAIL declared (RFC 1870), 0 = none. */
int64_t limits_declared(const struct session *s);

#endif

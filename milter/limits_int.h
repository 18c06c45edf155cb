/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of milter/limits.h, for limits*.c only.
 */
#ifndef OCT_MILTER_LIMITS_INT_H
#define OCT_MILTER_LIMITS_INT_H

#include "milter/limits.h"

/* Who submits; DIR_SUBMISSION only.  mailbox NULL: a login that is none. */
struct limits_sender {
	const struct dir_domain *domain;
	const struct dir_mailbox *mailbox;
};
void limits_sender(const struct session *s, struct limits_sender *out);
/* Submission by somebody whose sending is suspended or closed, or over a limit:
 * limits_out.c. */
bool limits_out(struct session *s, struct rcpt *r, struct reply *out);

/* Charge list i of r (0: network, 1: its subject).  True: over, *hit is the
 * charge (of the list, until it is released).  A store that does not answer
 * leaves the limit open. */
bool limits_take(struct session *s, struct rcpt *r, size_t i,
    const struct charge **hit);
/* What a limit of the submitter that was passed does; false: out says so. */
bool limits_out_past(struct session *s, const struct charge *hit,
    struct reply *out);
/* The first message past a limit rings: once a period of it. */
void limits_alarm(struct session *s, const struct rcpt *r,
    const struct charge *hit, const char *account);

/* Has the envelope sender a relation or grant at that mailbox?  Unproven: whoever
 * forges it gains the second bucket, and no more. */
bool limits_known(const struct session *s, const struct dir_final *f);

#endif

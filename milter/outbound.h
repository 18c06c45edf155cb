/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What our own users send (challenge.md 7): a person who writes to somebody lets
 * him answer.
 */
#ifndef OCT_MILTER_OUTBOUND_H
#define OCT_MILTER_OUTBOUND_H

#include "milter/judge.h"

/* Of a submitted message that was accepted: remember it for the login's mailbox
 * (policy/sent.h).  A failure is only logged: the message goes out. */
void outbound_remember(const struct judge *j);

/* Pure: the one mailbox that a login leads to; NULL: none, or a group, which is
 * nobody's own word. */
const struct dir_mailbox *outbound_login(const struct dir_snapshot *snapshot,
    const char *login, const struct dir_domain **domain);

/* Pure: the mailbox of the login, if the reverse-path is one of its addresses;
 * NULL otherwise.  *domain is its domain. */
const struct dir_mailbox *outbound_mailbox(const struct dir_snapshot *snapshot,
    const char *login, const struct oct_addr *rpath,
    const struct dir_domain **domain);

#endif

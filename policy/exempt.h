/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kinds of mail that are never asked (challenge.md 6): bounces, automatic and
 * list mail, role senders.  To be spared the question is not to be let in.  Pure;
 * any thread.
 */
#ifndef OCT_POLICY_EXEMPT_H
#define OCT_POLICY_EXEMPT_H

#include "lib/addr.h"
#include "lib/def.h"
#include "lib/msg.h"

/*
 * The static English name of the first mark found, or NULL: may be asked.
 * rpath: reverse-path; named: typed recipient (or a declared alias of it) stands
 * in To, Cc or Resent-*.
 */
const char *exempt_kind(const struct oct_msg *m, const struct oct_addr *rpath,
    bool named);

/* A report, or a message that says a machine sent it (RFC 3834 5). */
bool exempt_is_automatic(const struct oct_msg *m);

/* The envelope part alone: a local part that robots use, or the null path. */
const char *exempt_sender(const struct oct_addr *rpath);

#endif

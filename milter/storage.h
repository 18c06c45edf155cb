/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Full mailboxes at RCPT (design 7): what their server told of them, and the
 * quota in force.
 */
#ifndef OCT_MILTER_STORAGE_H
#define OCT_MILTER_STORAGE_H

#include "milter/session.h"

/* Is there room for one more message behind r?  False: in no mailbox, and out is
 * the answer; a full one beside others is left to its server, which defers for it
 * alone.  A store that does not answer is room. */
bool storage_has_room(struct session *s, const struct rcpt *r,
    struct reply *out);

#endif

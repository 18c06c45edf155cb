/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an administrator taught by the stream of labels (policy/learn.h), by
 * fingerprint: so that a command that was cut short is taken up by running it
 * again, a label can be changed, and taken back.  Any thread.
 */
#ifndef OCT_POLICY_LEARN_SAID_H
#define OCT_POLICY_LEARN_SAID_H

#include "policy/learn_item.h"

/* domain NULL: of the platform.  *out: LEARN_NO_MARK if nothing was said. */
OCT_CHECK int learn_said(struct store *s, const char *domain,
    uint64_t fingerprint, enum learn_mark *out);
/* After the label was written; LEARN_NO_MARK forgets it.  Kept for
 * KEY_TTL_SAID_MS after the last of that domain. */
OCT_CHECK int learn_said_put(struct store *s, const char *domain,
    uint64_t fingerprint, enum learn_mark mark);

#endif

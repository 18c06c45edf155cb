/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What becomes a label of a held message.  An owner's act marks its item; the
 * courier, which has the message, makes a label of the mark before it removes the
 * file.  A confirmed challenge is no label (challenge.md 9): what was released by
 * it is kept as features, and counts after LEARN_QUIET_MS if the sender is still
 * let in and nobody called it junk.  Any thread.
 */
#ifndef OCT_POLICY_LEARN_ITEM_H
#define OCT_POLICY_LEARN_ITEM_H

#include "policy/casework.h"

#define LEARN_QUIET_MS (14LL * 86400000)
#define LEARN_QUIET_MAX_MS (30LL * 86400000) /* that may be set */
#define LEARN_CONFIRMED_WEIGHT 0.25
#define LEARN_CONFIRMED_DAY 20 /* kept for a domain in a day */

enum learn_mark { LEARN_NO_MARK, LEARN_HAM, LEARN_SPAM };

/* Before the act that ends the item.  1 marked; 0 there is no live item of that
 * id, or it holds malware, which teaches nothing. */
OCT_CHECK int learn_mark(struct store *s, const char *domain, const char *id,
    enum learn_mark mark);
/* Before a sender is blocked, or let in: all that is held of him.  *count: how
 * many. */
OCT_CHECK int learn_mark_sender(struct store *s,
    const struct case_sender *who, enum learn_mark mark, size_t *count);
OCT_CHECK int learn_marked(struct store *s, const char *domain, const char *id,
    enum learn_mark *out);
/* The label was made of it. */
OCT_CHECK int learn_unmark(struct store *s, const char *domain, const char *id);

/* --- Confirmed ---------------------------------------------------------------- */

/* Of an item that a challenge released. */
OCT_CHECK int learn_later_put(struct store *s, const struct held *h,
    uint64_t fingerprint, const char *packed, int64_t due_ms);
/* Its time has come: 1, and *packed (freed by the caller) is to be learnt; 0: the
 * sender is not let in any more, or it is not there. */
OCT_CHECK int learn_later_take(struct store *s, const char *domain,
    const char *name, char **packed);
OCT_CHECK int learn_later_drop(struct store *s, const char *domain,
    const char *name);
/* Somebody of the domain called that message junk. */
OCT_CHECK int learn_later_junk(struct store *s, const char *domain,
    uint64_t fingerprint);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What becomes a label of a held message.  An act of a person marks its item; the
 * courier, which has the message, makes a label of the mark before it removes the
 * file.  Whoever lets people act (octroictl, the owner's page, answers to a
 * digest) marks before the act, and goes on if nothing can be marked:
 *
 *   delivered on demand   learn_mark(HAM)
 *   thrown away           learn_mark(SPAM) if he says that it is spam, else
 *                         learn_mark(NO_MARK): what is not needed is not unwanted
 *   sender blocked        learn_mark_named(SPAM), or learn_mark_sender(SPAM) where
 *                         one identity is meant; and learn_mark(SPAM) of the item
 *                         that he looked at
 *
 * What a machine does (expiry, a grant, a confirmed challenge) marks nothing.  A
 * confirmed challenge is no label (challenge.md 9): what was released by it is kept
 * as features, and counts after learn.quiet if the sender is still let in and
 * nobody called it junk.  Labels count for the item's domain, and little for
 * others (policy/learn.h).  Any thread.
 */
#ifndef OCT_POLICY_LEARN_ITEM_H
#define OCT_POLICY_LEARN_ITEM_H

#include "policy/casework.h"

#define LEARN_QUIET_MAX_MS (30LL * 86400000) /* that may be set */
#define LEARN_CONFIRMED_WEIGHT 0.25
#define LEARN_CONFIRMED_DAY 20 /* kept for a domain in a day */

enum learn_mark { LEARN_NO_MARK, LEARN_HAM, LEARN_SPAM };

/* As it is stored: "ham", "spam", or "". */
const char *learn_mark_name(enum learn_mark mark);
/* Of what is stored; NULL, or what nobody wrote: none. */
enum learn_mark learn_mark_of(const char *name);

/* Before the act that ends the item.  1 marked; 0 there is no live item of that
 * id, or it holds malware, which teaches nothing. */
OCT_CHECK int learn_mark(struct store *s, const char *domain, const char *id,
    enum learn_mark mark);
/* Before a sender is blocked, or let in: all that is held of him for that mailbox.
 * *count: how many. */
OCT_CHECK int learn_mark_sender(struct store *s,
    const struct case_sender *who, enum learn_mark mark, size_t *count);
/* The same of all senders whom a name means, as in case_judge_named: "addr:..." or
 * "dom:...". */
OCT_CHECK int learn_mark_named(struct store *s,
    const struct case_sender *named, enum learn_mark mark, size_t *count);
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

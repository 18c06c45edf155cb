/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stood for a sender before an owner refused one of his messages: kept with
 * that message, so that whoever takes the refusal back finds him as he was, let in
 * or not.  Any thread.
 */
#ifndef OCT_POLICY_OWNER_STOOD_H
#define OCT_POLICY_OWNER_STOOD_H

#include "policy/owner.h"

/* Before the block of who ("addr:...", "sid:..."). */
OCT_CHECK int owner_stood_keep(const struct owner *o,
    const struct case_item *item, const char *who);
/* After it was lifted.  What was not kept, or is unreadable, is not brought
 * back. */
OCT_CHECK int owner_stood_again(const struct owner *o,
    const struct case_item *item, const char *who);

#endif

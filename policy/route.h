/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Does mail for an entry come back to it?  Before a change is made: by aliases,
 * groups, catch-alls and forwarded mailboxes, as far as they are hosted here.
 * Only circles by way of the entry that changes are looked for: others were
 * there before.  What is not seen here is bounded where mail is delivered
 * (policy/directory_resolve.c, Postfix).  Any thread.
 */
#ifndef OCT_POLICY_ROUTE_H
#define OCT_POLICY_ROUTE_H

#include "policy/model.h"

/* Can the change make a circle?  What leaves the ways of mail as they are, or
 * closes one, cannot: it must not be refused for one that was there.  JSON;
 * before may be NULL. */
bool route_is_touched(const char *before, const char *after);

/* OCT_EPARSE: it does, and problem says how; or the store's error. */
OCT_CHECK int route_check_one(struct store *store,
    const struct model_item *item, char problem[256]);

/* The same for every change of a plan; after: as all shall be. */
OCT_CHECK int route_check(const struct model *after,
    const struct model_plan *p, char problem[256]);

#endif

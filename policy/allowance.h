/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What tenants use of what their plans include and they ordered besides.  Pure,
 * over a model; any thread.
 */
#ifndef OCT_POLICY_ALLOWANCE_H
#define OCT_POLICY_ALLOWANCE_H

#include "policy/model.h"
#include "policy/turn.h"

enum allowance {
	ALLOWANCE_MAILBOXES,
	ALLOWANCE_STORAGE, /* octets beyond what is included for each */
	ALLOWANCE_CHALLENGE,
	ALLOWANCE_DOMAINS,
	ALLOWANCES
};

/* Of one tenant; its texts are those of the model. */
struct allowance_row {
	const struct model_item *tenant, *plan; /* plan NULL: it has none */
	int64_t quota;             /* included for each mailbox, 0 = any */
	int64_t use[ALLOWANCES];
	int64_t included[ALLOWANCES], extra[ALLOWANCES]; /* -1 = any number */
};

/* One row a tenant, in the order of ids; the caller frees *rows.  What is closed
 * counts for nothing. */
OCT_CHECK int allowance_rows(
    const struct model *m, struct allowance_row **rows, size_t *count);

const char *allowance_name(enum allowance a); /* "mailboxes" */
bool allowance_over(const struct allowance_row *r, enum allowance a);

/*
 * OCT_ELIMIT: after goes past an allowance, and further than before; problem
 * names the plan, what it includes, and what would lift it.
 */
OCT_CHECK int allowance_check(const struct model *before,
    const struct model *after, char problem[256]);

/*
 * The same for one change that is about to be made: item.json is what shall be,
 * before (may be NULL) what is; domain is the JSON of its domain, if any.  If it may
 * cost, it takes the tenant's turn (also when it then fails): the caller gives
 * it back after the change.  -EBUSY: others have it.
 */
OCT_CHECK int allowance_check_one(struct store *store,
    const struct model_change *change, const char *domain, struct turn *turn,
    char problem[256]);

/*
 * The same for many: the turns of all tenants that would use more, which the
 * caller keeps with allowance_turns_keep and ends with allowance_turns_free.
 * name: of struct turn.  *turns NULL: none is needed.
 */
struct allowance_turns;
OCT_CHECK int allowance_check_plan(struct store *store,
    const struct model_plan *plan, const char *name,
    struct allowance_turns **turns, char problem[256]);
/* When some time has passed; turns may be NULL. */
OCT_CHECK int allowance_turns_keep(
    struct store *store, struct allowance_turns *turns);
void allowance_turns_free(struct store *store, struct allowance_turns *turns);

#endif

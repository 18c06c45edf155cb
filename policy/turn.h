/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A turn at a tenant.  What a plan includes is counted over all domains of a
 * tenant, and no transaction spans them: whoever adds what costs has the tenant's
 * turn from before he counts until after he has written, and others wait.  A key
 * with a TTL, so that the turn of who died passes on.  One thread.
 */
#ifndef OCT_POLICY_TURN_H
#define OCT_POLICY_TURN_H

#include "lib/store.h"
#include "policy/keys.h"

#define TURN_MS 20000 /* without turn_keep */
/* Longer than that, so that nobody is refused for one who died. */
#define TURN_WAIT_MS 30000
#define TURN_NAME_SIZE 64

struct turn {
	char key[KEY_SIZE];        /* "" = none */
	char name[TURN_NAME_SIZE]; /* whose it is */
	int64_t until_ms;          /* monotonic: surely mine until then */
};

/* name: NULL = nobody else's; else whoever comes by that name goes on with it. */
void turn_init(struct turn *t, const char *name);
/* 0; -EBUSY: somebody else has it, also after wait_ms; or the store's error. */
OCT_CHECK int turn_take(
    struct store *store, const char *tenant, int64_t wait_ms, struct turn *t);
/* Before a write that depends on it. */
bool turn_is_mine(const struct turn *t);
/* For as long again.  OCT_ECONFLICT: it is somebody else's, or nobody's. */
OCT_CHECK int turn_keep(struct store *store, struct turn *t);
/* If it is held.  What cannot be given back ends by itself. */
void turn_give(struct store *store, struct turn *t);

#endif

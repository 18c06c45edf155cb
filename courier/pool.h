/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads for what speaks SMTP, so that one slow transaction delays no duty but
 * those behind it: some lanes for releases (a mailbox always has the same one:
 * its messages arrive in their order), one for challenges, one for notices.
 * Each has a connection of its own.
 *
 * A job is given after its duty was put off in the store to its armed_ms, long enough
 * that a crash is noticed by its coming due again; done, it is removed if it still
 * stands at that time.  All functions but the threads' own: one thread.
 */
#ifndef OCT_COURIER_POOL_H
#define OCT_COURIER_POOL_H

#include "courier/courier.h"

#define POOL_QUEUE 128    /* jobs that wait in one lane */

struct pool;

struct pool_job {
	struct case_duty duty;
	bool claimed;          /* a release: item is the courier's, with its lease */
	struct case_item item; /* the pool frees it */
};

/* workers: lanes for releases.  c outlives the pool. */
OCT_CHECK int pool_new(struct courier *c, size_t workers, struct pool **out);
/* Waits for the transactions that are under way; what waits behind them stays due
 * in the store. */
void pool_free(struct pool *p);

/* The lane for a duty of that verb; local only for a release. */
size_t pool_lane(const struct pool *p, const struct case_duty *d,
    const char *local);
/* Is this duty waiting or under way? */
bool pool_has(struct pool *p, const struct case_duty *d);
/* Room for one more job in that lane?  It stays until the next give. */
bool pool_has_room(struct pool *p, size_t lane);
/* The job is copied; there must be room. */
void pool_give(struct pool *p, size_t lane, const struct pool_job *job);
/* Nothing waits and nothing is under way. */
bool pool_is_idle(struct pool *p);
/* False once a job takes longer than any transaction may: a thread hangs. */
bool pool_is_sound(struct pool *p);

/* What the loop does with a duty: given to the pool (put off), or done at once. */
enum duty pool_dispatch(struct pool *p, struct courier *c,
    const struct case_duty *d);

#endif

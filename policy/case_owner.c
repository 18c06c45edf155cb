/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What owners and administrators do to an item: release, drop; and how an item
 * ends.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/err.h"
#include "lib/num.h"
#include "policy/case_int.h"
#include "policy/digest.h"
#include "policy/keys.h"
#include "policy/space.h"

struct release {
	const struct case_timers *timers;
	const char *domain, *id;
	enum case_actor actor;
	bool once;
	int64_t now_ms;
};

/* 1: blocked, and nothing of a blocked sender is delivered (challenge.md 3). */
static int
release_with_relation(struct store *s, struct store_txn *txn,
    const struct release *a, const struct case_item *item)
{
	const struct held *h = &item->held;
	struct rel_guard g = { .now_ms = a->now_ms,
		.quiet_ms = a->timers->quiet, .asks_max = a->timers->asks_max };
	struct case_rel r;
	unsigned int actions;
	int rc;

	if (*h->sid == '\0')
		return 0;
	rc = case_rel_read(s, h->domain, h->local, h->sid, &r);
	if (rc != 0)
		return rc;
	if (r.rel.state == REL_BLOCKED)
		return 1;
	if (a->once)
		return 0;
	actions = relation_apply(&r.rel, REL_EV_RELEASED, &g, "owner", NULL);
	case_rel_write(txn, h->domain, h->local, h->sid, &r);
	if ((actions & REL_ACT_RELEASE) == 0)
		return 0;
	return case_release_items(s, txn, h->domain, &r.rel, "owner",
	    a->now_ms);
}

static int
release_once(struct store *s, struct store_txn *txn, const struct release *a,
    enum case_outcome *out)
{
	struct case_item item;
	char key[KEY_SIZE];
	int rc = case_item_read(s, a->domain, a->id, &item);

	if (rc < 0)
		return rc;
	if (rc == 0) {
		*out = CASE_OVER;
		return 0;
	}
	rc = 0;
	if (!held_is_live(item.state)) {
		*out = item.state == HELD_RELEASED ? CASE_ALREADY : CASE_OVER;
		goto out;
	}
	if (a->actor == CASE_BY_OWNER &&
	    strcmp(item.held.reason, fate_reason_name(FATE_R_VIRUS)) == 0) {
		*out = CASE_IMPOSSIBLE;
		goto out;
	}
	store_txn_clear(txn);
	key_held(key, a->domain, a->id);
	store_txn_expect_field(txn, key, "state", item.state_text);
	rc = release_with_relation(s, txn, a, &item);
	if (rc == 1) {
		*out = CASE_IMPOSSIBLE;
		rc = 0;
		goto out;
	}
	if (rc != 0)
		goto out;
	case_want(txn, &item.held, "owner", a->now_ms);
	rc = store_txn_commit(s, txn);
	*out = CASE_DONE;
out:
	case_item_fini(&item);
	return rc;
}

int
case_release(struct store *s, const struct case_timers *t, const char *domain,
    const char *id, bool once, enum case_actor actor, int64_t now_ms,
    enum case_outcome *out)
{
	struct release a = { .timers = t, .domain = domain, .id = id,
		.actor = actor, .once = once, .now_ms = now_ms };
	struct store_txn *txn = NULL;
	int rc = store_txn_new(&txn);

	if (rc != 0)
		return rc;
	rc = OCT_ECONFLICT;
	for (int i = 0; i < CASE_TRIES && rc == OCT_ECONFLICT; i++)
		rc = release_once(s, txn, &a, out);
	store_txn_free(txn);
	return rc;
}

/* --- Ending an item: released, dropped, expired --------------------------------- */

/* Take the item out of its relation.  Only the end of its time is an event for
 * who was asked; a silent sender with nothing left is unknown whatever ended it. */
static int
leave_relation(struct store *s, struct store_txn *txn, const struct held *h,
    bool expired, int64_t now_ms)
{
	struct rel_guard g = { .now_ms = now_ms };
	struct case_rel r;
	int rc;

	if (*h->sid == '\0')
		return 0;
	rc = case_rel_read(s, h->domain, h->local, h->sid, &r);
	if (rc != 0 || !r.present)
		return rc;
	relation_remove_item(&r.rel, h->id, h->size);
	g.none_left = r.rel.items == 0;
	if (expired || r.rel.state == REL_SILENT)
		(void)relation_apply(&r.rel, REL_EV_EXPIRED, &g, NULL, NULL);
	case_rel_write(txn, h->domain, h->local, h->sid, &r);
	return 0;
}

void
case_end(struct store_txn *txn, const struct case_item *item,
    enum held_state to, int64_t now_ms)
{
	const struct held *h = &item->held;
	char key[KEY_SIZE], num[24];

	key_held(key, h->domain, h->id);
	store_txn_expect_field(txn, key, "state", item->state_text);
	/* Whoever asked for it meanwhile was told that it comes; a digest that
	 * listed it, or who took it back, was told until when it is kept. */
	if (to == HELD_EXPIRED) {
		store_txn_expect_field(txn, key, "want", NULL);
		case_number(item->expires_ms, num);
		if (item->expires_ms > 0)
			store_txn_expect_field(txn, key, "expires", num);
	}
	store_txn_hset(txn, key, "state", held_state_name(to));
	case_number(now_ms, num);
	store_txn_hset(txn, key, "released", num);
	store_txn_expire(txn, key, KEY_TTL_NET_MS);
	key_held_index(key, h->domain, h->local);
	store_txn_zrem(txn, key, h->id);
	space_count(txn, h, h->share, -1);
	digest_drop(txn, h);
	/* The file goes last: a due entry is the net under the work entry. */
	case_due(txn, h->node, "purge", h->domain, h->id, now_ms + 1000);
}

void
case_keep(struct store_txn *txn, const struct held *h, int64_t until_ms)
{
	char key[KEY_SIZE], num[24];

	case_number(until_ms, num);
	store_txn_hset(txn, key_held(key, h->domain, h->id), "undo", num);
	key_bin(key, h->domain, h->local);
	store_txn_zadd(txn, key, until_ms, h->id);
	store_txn_expire(txn, key, KEY_TTL_BIN_MS);
}

static int
end_once(struct store *s, struct store_txn *txn, const struct case_item *item,
    enum held_state to, int64_t now_ms)
{
	int rc;

	store_txn_clear(txn);
	rc = leave_relation(s, txn, &item->held, to == HELD_EXPIRED, now_ms);
	if (rc != 0)
		return rc;
	case_end(txn, item, to, now_ms);
	return store_txn_commit(s, txn);
}

static int
end_item(struct store *s, const struct case_item *item, enum held_state to,
    int64_t now_ms)
{
	struct store_txn *txn = NULL;
	int rc = store_txn_new(&txn);

	if (rc != 0)
		return rc;
	rc = OCT_ECONFLICT;
	for (int i = 0; i < CASE_TRIES && rc == OCT_ECONFLICT; i++)
		rc = end_once(s, txn, item, to, now_ms);
	store_txn_free(txn);
	return rc;
}

int
case_released(struct store *s, const struct case_item *item, int64_t now_ms)
{
	return end_item(s, item, HELD_RELEASED, now_ms);
}

int
case_expire(struct store *s, OCT_UNUSED const struct case_timers *t,
    const struct case_item *item, int64_t now_ms)
{
	return end_item(s, item, HELD_EXPIRED, now_ms);
}

struct drop {
	const char *domain, *id;
	int64_t now_ms, keep_ms;
};

static int
drop_item(struct store *s, struct store_txn *txn, const struct drop *a,
    const struct case_item *item)
{
	int rc;

	store_txn_clear(txn);
	rc = leave_relation(s, txn, &item->held, false, a->now_ms);
	if (rc != 0)
		return rc;
	case_end(txn, item, HELD_DROPPED, a->now_ms);
	if (a->keep_ms > 0)
		case_keep(txn, &item->held, a->now_ms + a->keep_ms);
	return store_txn_commit(s, txn);
}

/* One try, on what is read now. */
static int
drop_once(struct store *s, struct store_txn *txn, const struct drop *a,
    enum case_outcome *out)
{
	struct case_item item;
	int rc = case_item_read(s, a->domain, a->id, &item);

	if (rc <= 0) {
		*out = CASE_OVER;
		return rc;
	}
	rc = 0;
	if (item.state == HELD_DROPPED)
		*out = CASE_ALREADY;
	else if (item.state == HELD_RELEASING || !held_is_live(item.state))
		*out = CASE_IMPOSSIBLE;
	else {
		*out = CASE_DONE;
		rc = drop_item(s, txn, a, &item);
	}
	case_item_fini(&item);
	return rc;
}

static int
drop(struct store *s, const struct drop *a, enum case_outcome *out)
{
	struct store_txn *txn = NULL;
	int rc = store_txn_new(&txn);

	if (rc != 0)
		return rc;
	rc = OCT_ECONFLICT;
	for (int i = 0; i < CASE_TRIES && rc == OCT_ECONFLICT; i++)
		rc = drop_once(s, txn, a, out);
	store_txn_free(txn);
	return rc;
}

int
case_drop(struct store *s, const char *domain, const char *id, int64_t now_ms,
    enum case_outcome *out)
{
	const struct drop a = { .domain = domain, .id = id, .now_ms = now_ms };

	return drop(s, &a, out);
}

int
case_discard(struct store *s, const struct case_timers *t, const char *domain,
    const char *id, int64_t now_ms, enum case_outcome *out)
{
	const struct drop a = { .domain = domain, .id = id, .now_ms = now_ms,
		.keep_ms = t->undo };

	return drop(s, &a, out);
}

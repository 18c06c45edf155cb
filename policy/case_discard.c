/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an owner discarded comes back as it was, for as long as its message is
 * kept.
 */
#include <errno.h>
#include <string.h>

#include "lib/err.h"
#include "policy/case_int.h"
#include "policy/digest.h"
#include "policy/keys.h"
#include "policy/space.h"

#define DAY_MS 86400000LL
#define BIN_PAGE 500 /* of one round trip */

struct undoing {
	struct store *store;
	struct store_txn *txn;
	const struct case_timers *timers;
	const char *domain, *id;
	int64_t now_ms;
};

/* Its sender is one again of whom something is held.  1: he is blocked. */
static int
join_relation(const struct undoing *u, const struct held *h)
{
	struct rel_guard g = { .now_ms = u->now_ms,
		.quiet_ms = u->timers->quiet, .asks_max = u->timers->asks_max };
	struct case_rel r;
	int rc;

	if (*h->sid == '\0' ||
	    strcmp(h->reason, fate_reason_name(FATE_R_VIRUS)) == 0)
		return 0;
	rc = case_rel_read(u->store, h->domain, h->local, h->sid, &r);
	if (rc != 0)
		return rc;
	(void)relation_age(&r.rel, &u->timers->ages, u->now_ms);
	if (r.rel.state == REL_BLOCKED)
		return 1;
	(void)relation_apply(&r.rel, REL_EV_HELD_SILENT, &g, NULL, NULL);
	if (!relation_has_item(&r.rel, h->id) &&
	    relation_has_room(&r.rel, h->size))
		relation_add_item(&r.rel, h->id, h->size);
	case_rel_write(u->txn, h->domain, h->local, h->sid, &r);
	return 0;
}

/* What is left of its time, and a day at least: whoever brings it back wants to
 * look at it. */
static int64_t
new_end(const struct undoing *u, const struct case_item *item)
{
	return item->expires_ms > u->now_ms + DAY_MS ? item->expires_ms
						     : u->now_ms + DAY_MS;
}

static void
bring_item(const struct undoing *u, const struct case_item *item)
{
	const struct held *h = &item->held;
	int64_t until = new_end(u, item);
	char key[KEY_SIZE], num[24];

	case_number(until, num);
	case_due(u->txn, h->node, "expire", h->domain, h->id, until);
	key_held(key, h->domain, h->id);
	store_txn_expect_field(u->txn, key, "state", item->state_text);
	store_txn_expect_field(u->txn, key, "file", NULL);
	store_txn_hset(u->txn, key, "state", held_state_name(HELD_STORED));
	store_txn_hset(u->txn, key, "expires", num);
	store_txn_hdel(u->txn, key, "undo");
	store_txn_hdel(u->txn, key, "want");
	store_txn_hdel(u->txn, key, "wanted");
	store_txn_hdel(u->txn, key, "learn");
	store_txn_expire(u->txn, key, until - u->now_ms + u->timers->extend +
		KEY_TTL_NET_MS);
	key_held_index(key, h->domain, h->local);
	store_txn_zadd(u->txn, key, h->arrival_ms, h->id);
	key_bin(key, h->domain, h->local);
	store_txn_zrem(u->txn, key, h->id);
	space_count(u->txn, h, h->share, 1);
	if (!item->digested)
		digest_add(u->txn, h, u->now_ms);
}

static int
undo_item(const struct undoing *u, const struct case_item *item,
    enum case_outcome *out)
{
	int rc;

	*out = CASE_OVER;
	if (held_is_live(item->state))
		*out = CASE_ALREADY;
	if (item->state != HELD_DROPPED || item->file[0] != '\0' ||
	    u->now_ms >= item->undo_ms)
		return 0;
	store_txn_clear(u->txn);
	rc = join_relation(u, &item->held);
	if (rc != 0) {
		*out = CASE_IMPOSSIBLE;
		return rc < 0 ? rc : 0;
	}
	bring_item(u, item);
	*out = CASE_DONE;
	return store_txn_commit(u->store, u->txn);
}

static int
undo_once(const struct undoing *u, enum case_outcome *out)
{
	struct case_item item;
	int rc = case_item_read(u->store, u->domain, u->id, &item);

	*out = CASE_OVER;
	if (rc <= 0)
		return rc;
	rc = undo_item(u, &item, out);
	case_item_fini(&item);
	return rc;
}

int
case_undiscard(struct store *s, const struct case_timers *t,
    const char *domain, const char *id, int64_t now_ms, enum case_outcome *out)
{
	struct undoing u = { .store = s, .timers = t, .domain = domain,
		.id = id, .now_ms = now_ms };
	int rc = store_txn_new(&u.txn);

	if (rc != 0)
		return rc;
	rc = OCT_ECONFLICT;
	for (int i = 0; i < CASE_TRIES && rc == OCT_ECONFLICT; i++)
		rc = undo_once(&u, out);
	store_txn_free(u.txn);
	return rc;
}

/* --- For good ------------------------------------------------------------- */

struct forgetting {
	struct store *store;
	const char *domain, *local;
	int64_t now_ms;
	size_t count;
};

static void
end_undo(struct store_txn *txn, const struct forgetting *f,
    const struct case_item *item)
{
	char key[KEY_SIZE], num[24];

	key_held(key, f->domain, item->held.id);
	case_number(item->undo_ms, num);
	store_txn_expect_field(txn, key, "state", item->state_text);
	store_txn_expect_field(txn, key, "undo", num);
	store_txn_hdel(txn, key, "undo");
	case_due(txn, item->held.node, "purge", f->domain, item->held.id,
	    f->now_ms);
}

static int
forget_once(const struct forgetting *f, struct store_txn *txn, const char *id)
{
	struct case_item item;
	char key[KEY_SIZE];
	int rc = case_item_read(f->store, f->domain, id, &item);

	if (rc < 0 && rc != OCT_EPARSE)
		return rc;
	store_txn_clear(txn);
	if (rc > 0 && item.state == HELD_DROPPED && item.undo_ms > f->now_ms)
		end_undo(txn, f, &item);
	if (rc > 0)
		case_item_fini(&item);
	key_bin(key, f->domain, f->local);
	store_txn_zrem(txn, key, id);
	return store_txn_commit(f->store, txn);
}

static int
forget_item(void *arg, const char *id, OCT_UNUSED int64_t score)
{
	struct forgetting *f = arg;
	struct store_txn *txn = NULL;
	int rc = store_txn_new(&txn);

	if (rc != 0)
		return rc;
	rc = OCT_ECONFLICT;
	for (int i = 0; i < CASE_TRIES && rc == OCT_ECONFLICT; i++)
		rc = forget_once(f, txn, id);
	store_txn_free(txn);
	f->count++;
	return rc;
}

int
case_empty_bin(struct store *s, const char *domain, const char *local,
    int64_t now_ms)
{
	struct forgetting f = { .store = s, .domain = domain, .local = local,
		.now_ms = now_ms };
	char key[KEY_SIZE];
	size_t before;
	int rc;

	key_bin(key, domain, local);
	do {
		before = f.count;
		rc = store_zrange(s, key, INT64_MAX, BIN_PAGE, forget_item,
		    &f);
	} while (rc == 0 && f.count > before);
	return rc;
}

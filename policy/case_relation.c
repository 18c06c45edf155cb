/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is said of a sender rather than of an item, and what is forgotten of him.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/err.h"
#include "policy/case_int.h"
#include "policy/keys.h"
#include "policy/proof.h"

struct judging {
	struct store *store;
	struct store_txn *txn;
	const struct case_timers *timers;
	const struct case_sender *who;
	enum rel_event ev;
	const char *origin;
	int64_t now_ms;
};

static void
end_item(const struct judging *j, const struct case_item *item)
{
	case_end(j->txn, item, HELD_DROPPED, j->now_ms);
	if (j->timers->undo > 0)
		case_keep(j->txn, &item->held, j->now_ms + j->timers->undo);
}

/* One item of a blocked sender.  What a courier is delivering this moment cannot
 * be called back, but nobody wants it any more. */
static int
drop_item(const struct judging *j, struct relation *r, const char *id)
{
	struct case_item item;
	char key[KEY_SIZE];
	int rc = case_item_read(j->store, j->who->domain, id, &item);

	if (rc < 0)
		return rc;
	if (rc == 0) {
		relation_remove_item(r, id, 0);
		return 0;
	}
	if (item.state == HELD_RELEASING) {
		key_held(key, j->who->domain, id);
		store_txn_expect_field(j->txn, key, "state", item.state_text);
		store_txn_hdel(j->txn, key, "want");
	} else {
		if (held_is_live(item.state))
			end_item(j, &item);
		relation_remove_item(r, id, item.held.size);
	}
	case_item_fini(&item);
	return 0;
}

static int
drop_items(const struct judging *j, struct relation *r)
{
	/* From the end: dropping takes them out. */
	for (size_t i = r->items; i > 0; i--) {
		char id[REL_ID_SIZE];
		int rc;

		memcpy(id, r->item[i - 1], sizeof(id));
		rc = drop_item(j, r, id);
		if (rc != 0)
			return rc;
	}
	return 0;
}

/* Grants to the very address that is blocked die. */
static int
drop_grants(const struct judging *j)
{
	static const char *const kinds[] = { "addr", "sent" };
	char key[KEY_SIZE], from[OCT_ADDR_SIZE], who[2][GRANT_WHO_SIZE];
	const char *list[2] = { who[0], who[1] };
	struct store_batch *b = NULL;
	int slot, rc;

	(void)proof_sid_from(j->who->sid, from);
	if (*from == '\0')
		return 0;
	for (size_t i = 0; i < OCT_LEN(kinds); i++)
		(void)snprintf(who[i], sizeof(who[i]), "%s:%s", kinds[i],
		    from);
	rc = store_batch_new(&b);
	if (rc != 0)
		return rc;
	key_grants(key, j->who->domain, j->who->local);
	slot = store_batch_hmget(b, key, list, OCT_LEN(list));
	rc = slot < 0 ? slot : store_batch_run(j->store, b);
	for (size_t i = 0; rc == 0 && i < OCT_LEN(list); i++) {
		const char *packed = store_batch_value(b, slot, i)->data;
		struct case_grant g;

		if (packed == NULL || case_grant_parse(packed, &g) != 0 ||
		    g.block)
			continue;
		store_txn_expect_field(j->txn, key, list[i], packed);
		store_txn_hdel(j->txn, key, list[i]);
	}
	store_batch_free(b);
	return rc;
}

static int
judge_once(const struct judging *j, enum case_outcome *out)
{
	const struct case_sender *w = j->who;
	struct rel_guard g = { .now_ms = j->now_ms,
		.quiet_ms = j->timers->quiet, .asks_max = j->timers->asks_max };
	struct case_rel r;
	enum rel_state before;
	unsigned int actions;
	bool listed;
	int rc = case_rel_read(j->store, w->domain, w->local, w->sid, &r);

	if (rc != 0)
		return rc;
	(void)relation_age(&r.rel, &j->timers->ages, j->now_ms);
	before = r.rel.state;
	actions = relation_apply(&r.rel, j->ev, &g, j->origin, &listed);
	*out = !listed			   ? CASE_IMPOSSIBLE
	    : r.rel.state == before	   ? CASE_ALREADY
					   : CASE_DONE;
	if (!listed)
		return 0;
	store_txn_clear(j->txn);
	if ((actions & REL_ACT_DROP) != 0) {
		rc = drop_items(j, &r.rel);
		if (rc == 0)
			rc = drop_grants(j);
	}
	if (rc == 0 && (actions & REL_ACT_RELEASE) != 0)
		rc = case_release_items(j->store, j->txn, w->domain, &r.rel,
		    j->origin, j->now_ms);
	if (rc != 0)
		return rc;
	case_rel_write(j->txn, w->domain, w->local, w->sid, &r);
	return store_txn_commit(j->store, j->txn);
}

int
case_judge(struct store *s, const struct case_timers *t,
    const struct case_sender *who, enum rel_event ev, const char *origin,
    int64_t now_ms, enum case_outcome *out)
{
	struct judging j = { .store = s, .timers = t, .who = who, .ev = ev,
		.origin = origin, .now_ms = now_ms };
	int rc = store_txn_new(&j.txn);

	if (rc != 0)
		return rc;
	rc = OCT_ECONFLICT;
	for (int i = 0; i < CASE_TRIES && rc == OCT_ECONFLICT; i++)
		rc = judge_once(&j, out);
	store_txn_free(j.txn);
	return rc;
}

int
case_used(struct store *s, const struct case_sender *who, const char *packed,
    int64_t now_ms)
{
	char key[KEY_SIZE], now[REL_PACKED_SIZE];
	struct store_txn *txn = NULL;
	struct relation r;
	int rc;

	if (relation_unpack(packed, &r) != 0 || !relation_used(&r, now_ms))
		return 0;
	rc = store_txn_new(&txn);
	if (rc != 0)
		return rc;
	relation_pack(&r, now);
	key_relations(key, who->domain, who->local);
	store_txn_expect_field(txn, key, who->sid, packed);
	store_txn_hset(txn, key, who->sid, now);
	rc = case_commit_or_not(s, txn);
	return rc < 0 ? rc : 0;
}

/* --- All relations of a mailbox ---------------------------------------------- */

/* Read them into b: 0 and the slot, or an error. */
static int
read_all(struct store *s, struct store_batch *b, const char *domain,
    const char *local, int *slot)
{
	char key[KEY_SIZE];

	*slot = store_batch_hgetall(b, key_relations(key, domain, local));
	return *slot < 0 ? *slot : store_batch_run(s, b);
}

/* The pair at i: 1 read, 0 unreadable. */
static int
pair_at(const struct store_batch *b, int slot, size_t i, const char **sid,
    struct relation *out)
{
	const char *packed = store_batch_value(b, slot, i + 1)->data;

	*sid = store_batch_value(b, slot, i)->data;
	return *sid != NULL && packed != NULL &&
	    relation_unpack(packed, out) == 0;
}

int
case_close(struct store *s, const struct case_timers *t, const char *domain,
    const char *local, int64_t now_ms, size_t *count)
{
	struct case_sender who = { .domain = domain, .local = local };
	struct store_batch *b = NULL;
	int slot = -1, rc = store_batch_new(&b);

	*count = 0;
	if (rc == 0)
		rc = read_all(s, b, domain, local, &slot);
	for (size_t i = 0; rc == 0 && i + 1 < store_batch_count(b, slot);
	    i += 2) {
		enum case_outcome out;
		struct relation r;

		if (pair_at(b, slot, i, &who.sid, &r) != 1 ||
		    (r.state != REL_ASKED && r.items == 0))
			continue;
		rc = case_judge(s, t, &who, REL_EV_CLOSED, CASE_ORIGIN_CLOSED,
		    now_ms, &out);
		++*count;
	}
	store_batch_free(b);
	return rc;
}

int
case_judge_named(struct store *s, const struct case_timers *t,
    const struct case_sender *named, enum rel_event ev, int64_t now_ms,
    size_t *count)
{
	struct case_sender who = *named;
	struct store_batch *b = NULL;
	int slot = -1, rc = store_batch_new(&b);

	*count = 0;
	if (rc == 0)
		rc = read_all(s, b, who.domain, who.local, &slot);
	for (size_t i = 0; rc == 0 && i + 1 < store_batch_count(b, slot);
	    i += 2) {
		enum case_outcome out = CASE_IMPOSSIBLE;
		struct relation r;

		if (pair_at(b, slot, i, &who.sid, &r) != 1 ||
		    !case_sid_named(who.sid, named->sid))
			continue;
		rc = case_judge(s, t, &who, ev, "owner", now_ms, &out);
		*count += rc == 0 && out == CASE_DONE;
	}
	store_batch_free(b);
	/* What proved nothing has a relation of its reverse-path alone. */
	if (rc == 0 && ev == REL_EV_BLOCKED)
		rc = case_drop_named(s, t, named, now_ms);
	return rc;
}

int
case_forget(struct store *s, const char *domain, const char *local,
    const struct rel_ages *ages, int64_t now_ms, size_t *removed)
{
	struct store_batch *b = NULL;
	struct store_txn *txn = NULL;
	char key[KEY_SIZE];
	size_t n = 0;
	int slot = -1, rc = store_batch_new(&b);

	*removed = 0;
	if (rc == 0)
		rc = store_txn_new(&txn);
	if (rc == 0)
		rc = read_all(s, b, domain, local, &slot);
	key_relations(key, domain, local);
	for (size_t i = 0; rc == 0 && n < CASE_FORGET_MAX &&
	    i + 1 < store_batch_count(b, slot);
	    i += 2) {
		struct relation r;
		const char *sid;

		if (pair_at(b, slot, i, &sid, &r) != 1)
			continue;
		(void)relation_age(&r, ages, now_ms);
		if (!relation_is_empty(&r))
			continue;
		store_txn_expect_field(txn, key, sid,
		    store_batch_value(b, slot, i + 1)->data);
		store_txn_hdel(txn, key, sid);
		n++;
	}
	store_batch_free(b);
	if (rc == 0 && n > 0)
		rc = store_txn_commit(s, txn);
	store_txn_free(txn);
	if (rc == 0)
		*removed = n;
	/* Somebody wrote meanwhile: the next round. */
	return rc == OCT_ECONFLICT ? 0 : rc;
}

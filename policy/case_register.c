/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "lib/err.h"
#include "policy/case_int.h"
#include "policy/digest.h"
#include "policy/keys.h"
#include "policy/space.h"

/* One registration; act_ms: when its duties are due. */
struct registration {
	const struct case_new *items;
	size_t count;
	const struct challenge *ask;
	int64_t now_ms, act_ms;
	bool waiting;
};

static void
add_item(struct store_txn *txn, const struct registration *r,
    const struct case_new *n)
{
	const struct held *h = n->item;
	char key[KEY_SIZE], num[24];

	case_due(txn, h->node, "expire", h->domain, h->id, h->expires_ms);
	case_due(txn, h->node, n->transit ? "release" : "settle", h->domain,
	    h->id, r->act_ms);
	key_held(key, h->domain, h->id);
	store_txn_expect_field(txn, key, "state", n->state_old);
	store_txn_expect_field(txn, key, "file", n->file_old);
	/* An earlier, finished item of the same id leaves nothing behind. */
	store_txn_del(txn, key);
	store_txn_hset(txn, key, "state", held_state_name(HELD_TENTATIVE));
	store_txn_hset(txn, key, "v", n->json);
	case_number(h->expires_ms, num);
	store_txn_hset(txn, key, "expires", num);
	case_number(r->act_ms, num);
	if (r->waiting) {
		store_txn_hset(txn, key, "wait", num);
		/* Whoever lets it begin may be another. */
		store_txn_hset(txn, key, "node", h->node);
	}
	if (n->transit) {
		store_txn_hset(txn, key, "want", "transit");
		return;
	}
	key_held_index(key, h->domain, h->local);
	store_txn_zadd(txn, key, h->arrival_ms, h->id);
	space_count(txn, h, h->share, 1);
	digest_add(txn, h, r->now_ms);
}

static void
add_relation(struct store_txn *txn, const struct case_new *n)
{
	const char *domain = n->item != NULL ? n->item->domain : n->domain;
	const char *local = n->item != NULL ? n->item->local : n->local;
	char key[KEY_SIZE];

	if (n->sid == NULL)
		return;
	key_relations(key, domain, local);
	store_txn_expect_field(txn, key, n->sid, n->rel_old);
	store_txn_hset(txn, key, n->sid, n->rel_new);
}

static int
add_challenge(struct store_txn *txn, const struct registration *r)
{
	const struct challenge *c = r->ask;
	char key[KEY_SIZE];
	struct oct_str json;
	int rc;

	oct_str_heap(&json, CHALLENGE_JSON_MAX);
	rc = challenge_write(c, &json);
	if (rc == 0) {
		case_due(txn, c->node, "challenge", c->domain, c->id,
		    r->act_ms);
		/* What nothing is held for lapses by itself. */
		if (c->deferred)
			case_due(txn, c->node, "defer", c->domain, c->id,
			    c->expires_ms);
		store_txn_before_set(txn, key_token(key, c->id), c->domain,
		    c->expires_ms - r->now_ms + KEY_TTL_NET_MS);
		key_challenge(key, c->domain, c->id);
		store_txn_hset(txn, key, "state",
		    challenge_state_name(CHALLENGE_PENDING));
		store_txn_hset(txn, key, "v", oct_str_text(&json));
		store_txn_expire(txn, key,
		    c->expires_ms - r->now_ms + KEY_TTL_NET_MS);
	}
	oct_str_free(&json);
	return rc;
}

static int
register_all(struct store *s, const struct registration *r)
{
	struct store_txn *txn = NULL;
	int rc = store_txn_new(&txn);

	if (rc != 0)
		return rc;
	for (size_t i = 0; i < r->count; i++) {
		if (r->items[i].item != NULL)
			add_item(txn, r, &r->items[i]);
		add_relation(txn, &r->items[i]);
	}
	if (r->ask != NULL)
		rc = add_challenge(txn, r);
	if (rc == 0)
		rc = store_txn_commit(s, txn);
	store_txn_free(txn);
	return rc;
}

int
case_register(struct store *s, const struct case_timers *t,
    const struct case_new *items, size_t count, const struct challenge *ask,
    int64_t now_ms)
{
	const struct registration r = { .items = items,
		.count = count, .ask = ask, .now_ms = now_ms,
		.act_ms = now_ms + t->settle };

	return register_all(s, &r);
}

int
case_register_waiting(struct store *s, OCT_UNUSED const struct case_timers *t,
    const struct case_new *items, size_t count, const struct challenge *ask,
    int64_t now_ms)
{
	const struct registration r = { .items = items,
		.count = count, .ask = ask, .now_ms = now_ms,
		.act_ms = now_ms + CASE_WAIT_MS, .waiting = true };

	return register_all(s, &r);
}

int
case_begin(struct store *s, const char *node, const struct case_start *starts,
    size_t count, int64_t when_ms)
{
	struct store_txn *txn = NULL;
	int rc = store_txn_new(&txn);

	if (rc != 0)
		return rc;
	for (size_t i = 0; i < count; i++)
		case_due(txn, starts[i].node != NULL ? starts[i].node : node,
		    starts[i].verb, starts[i].domain, starts[i].id, when_ms);
	rc = store_txn_commit(s, txn);
	store_txn_free(txn);
	return rc;
}

static int
restore(struct store *s, const struct case_timers *t, const struct held *item,
    const char *json, const struct case_item *over, int64_t now_ms)
{
	struct case_new n = { .item = item, .json = json };
	struct case_rel r = { .present = false };
	struct rel_guard g = { .now_ms = now_ms, .quiet_ms = t->quiet,
		.asks_max = 0 };
	int rc;

	if (over != NULL) {
		n.state_old = over->state_text;
		n.file_old = over->file[0] != '\0' ? over->file : NULL;
	}
	n.transit = strcmp(item->reason, fate_reason_name(FATE_R_TRANSIT)) == 0;
	if (*item->sid != '\0') {
		rc = case_rel_read(s, item->domain, item->local, item->sid, &r);
		if (rc != 0)
			return rc;
		(void)relation_age(&r.rel, &t->ages, now_ms);
		/* The challenge is gone with the store: nobody is asked a
		 * second time for an old message. */
		(void)relation_apply(&r.rel,
		    strcmp(item->reason, fate_reason_name(FATE_R_VIRUS)) == 0
			? REL_EV_HELD_VIRUS
			: REL_EV_HELD_SILENT,
		    &g, NULL, NULL);
		relation_add_item(&r.rel, item->id, item->size);
		relation_pack(&r.rel, n.rel_new);
		n.sid = item->sid;
		n.rel_old = r.present ? r.packed : NULL;
	}
	rc = case_register(s, t, &n, 1, NULL, now_ms);
	if (rc == OCT_ECONFLICT)
		return 0;
	return rc == 0 ? 1 : rc;
}

int
case_restore(struct store *s, const struct case_timers *t,
    const struct held *item, const char *json, int64_t now_ms)
{
	return restore(s, t, item, json, NULL, now_ms);
}

int
case_renew(struct store *s, const struct case_timers *t,
    const struct held *item, const char *json, const struct case_item *over,
    int64_t now_ms)
{
	return restore(s, t, item, json, over, now_ms);
}

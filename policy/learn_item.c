/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/learn_item.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "policy/case_int.h"
#include "policy/keys.h"

#define FIELD "learn"
#define DAY_MS 86400000LL
#define NAME_SIZE 17

static const char *const names[] = { [LEARN_NO_MARK] = "",
	[LEARN_HAM] = "ham", [LEARN_SPAM] = "spam" };

/* --- Marks ------------------------------------------------------------------ */

const char *
learn_mark_name(enum learn_mark mark)
{
	return names[mark];
}

enum learn_mark
learn_mark_of(const char *name)
{
	for (size_t i = 1; name != NULL && i < OCT_LEN(names); i++)
		if (strcmp(name, names[i]) == 0)
			return (enum learn_mark)i;
	return LEARN_NO_MARK;
}

static int
mark_item(struct store *s, const struct case_item *item, enum learn_mark mark)
{
	struct store_txn *txn = NULL;
	char key[KEY_SIZE];
	int rc;

	if (!held_is_live(item->state) ||
	    strcmp(item->held.reason, fate_reason_name(FATE_R_VIRUS)) == 0)
		return 0;
	rc = store_txn_new(&txn);
	if (rc != 0)
		return rc;
	key_held(key, item->held.domain, item->held.id);
	store_txn_expect_field(txn, key, "state", item->state_text);
	store_txn_hset(txn, key, FIELD, names[mark]);
	rc = store_txn_commit(s, txn);
	store_txn_free(txn);
	return rc == 0 ? 1 : rc;
}

int
learn_mark(struct store *s, const char *domain, const char *id,
    enum learn_mark mark)
{
	int rc = OCT_ECONFLICT;

	for (int i = 0; i < CASE_TRIES && rc == OCT_ECONFLICT; i++) {
		struct case_item item;

		rc = case_item_read(s, domain, id, &item);
		if (rc <= 0)
			return rc;
		rc = mark_item(s, &item, mark);
		case_item_fini(&item);
	}
	return rc;
}

/* Adds to *count. */
static int
mark_relation(struct store *s, const char *domain, const struct relation *r,
    enum learn_mark mark, size_t *count)
{
	int rc = 0;

	for (size_t i = 0; rc >= 0 && i < r->items; i++) {
		rc = learn_mark(s, domain, r->item[i], mark);
		*count += rc == 1;
	}
	return rc < 0 ? rc : 0;
}

int
learn_mark_sender(struct store *s, const struct case_sender *who,
    enum learn_mark mark, size_t *count)
{
	struct relation r;
	int rc = case_relation_read(s, who->domain, who->local, who->sid, &r);

	*count = 0;
	return rc <= 0 ? rc : mark_relation(s, who->domain, &r, mark, count);
}

int
learn_mark_named(struct store *s, const struct case_sender *named,
    enum learn_mark mark, size_t *count)
{
	struct store_batch *b = NULL;
	char key[KEY_SIZE];
	int rc = store_hash(s,
	    key_relations(key, named->domain, named->local), &b);

	*count = 0;
	for (size_t i = 0; rc == 0 && i + 1 < store_batch_count(b, 0); i += 2) {
		const char *sid = store_batch_value(b, 0, i)->data;
		const char *packed = store_batch_value(b, 0, i + 1)->data;
		struct relation r;

		if (sid != NULL && packed != NULL &&
		    case_sid_named(sid, named->sid) &&
		    relation_unpack(packed, &r) == 0)
			rc = mark_relation(s, named->domain, &r, mark, count);
	}
	store_batch_free(b);
	return rc;
}

int
learn_marked(struct store *s, const char *domain, const char *id,
    enum learn_mark *out)
{
	char key[KEY_SIZE], *name;
	int rc = store_hget(s, key_held(key, domain, id), FIELD, &name);

	*out = learn_mark_of(name);
	free(name);
	return rc < 0 ? rc : 0;
}

int
learn_unmark(struct store *s, const char *domain, const char *id)
{
	char key[KEY_SIZE];

	return store_hdel(s, key_held(key, domain, id), FIELD);
}

/* --- Confirmed ---------------------------------------------------------------- */

static int
may_keep(struct store *s, const char *domain)
{
	char key[KEY_SIZE];
	const struct store_rate rate = {
		.key = key_rate(key, domain, "learn", "confirmed"),
		.count = LEARN_CONFIRMED_DAY,
		.period_ms = DAY_MS,
		.burst = LEARN_CONFIRMED_DAY,
		.cost = 1
	};
	int64_t retry_ms;
	size_t over;

	return store_rate_take(s, &rate, 1, &over, &retry_ms);
}

int
learn_later_put(struct store *s, const struct held *h, uint64_t fingerprint,
    const char *packed, int64_t due_ms)
{
	char key[KEY_SIZE], name[NAME_SIZE];
	struct store_txn *txn = NULL;
	int rc = may_keep(s, h->domain);

	if (rc != 1)
		return rc;
	rc = store_txn_new(&txn);
	if (rc != 0)
		return rc;
	(void)snprintf(name, sizeof(name), "%016" PRIx64, fingerprint);
	key_later(key, h->domain, name);
	store_txn_hset(txn, key, "v", packed);
	store_txn_hset(txn, key, "local", h->local);
	store_txn_hset(txn, key, "sid", h->sid);
	store_txn_expire(txn, key, LEARN_QUIET_MAX_MS + KEY_TTL_LATER_MS);
	case_due(txn, h->node, "learn", h->domain, name, due_ms);
	rc = store_txn_commit(s, txn);
	store_txn_free(txn);
	return rc;
}

static int
is_let_in(struct store *s, const char *domain, const char *local,
    const char *sid)
{
	struct relation r;
	int rc = case_relation_read(s, domain, local, sid, &r);

	return rc < 0 ? rc : rc == 1 && r.state == REL_ALLOWED;
}

int
learn_later_take(struct store *s, const char *domain, const char *name,
    char **packed)
{
	static const char *const fields[] = { "v", "local", "sid" };
	const char *value[OCT_LEN(fields)];
	struct store_batch *b = NULL;
	char key[KEY_SIZE];
	int slot, rc = store_batch_new(&b);

	*packed = NULL;
	if (rc != 0)
		return rc;
	slot = store_batch_hmget(b, key_later(key, domain, name), fields,
	    OCT_LEN(fields));
	rc = slot < 0 ? slot : store_batch_run(s, b);
	for (size_t i = 0; rc >= 0 && i < OCT_LEN(fields); i++) {
		value[i] = store_batch_value(b, slot, i)->data;
		rc = value[i] != NULL && rc >= 0 ? 1 : OCT_EABSENT;
	}
	if (rc == 1)
		rc = is_let_in(s, domain, value[1], value[2]);
	if (rc == 1) {
		*packed = strdup(value[0]);
		rc = *packed != NULL ? 1 : -ENOMEM;
	}
	store_batch_free(b);
	return rc == OCT_EABSENT ? 0 : rc;
}

int
learn_later_drop(struct store *s, const char *domain, const char *name)
{
	char key[KEY_SIZE];

	return store_del(s, key_later(key, domain, name));
}

int
learn_later_junk(struct store *s, const char *domain, uint64_t fingerprint)
{
	char name[NAME_SIZE];

	(void)snprintf(name, sizeof(name), "%016" PRIx64, fingerprint);
	return learn_later_drop(s, domain, name);
}

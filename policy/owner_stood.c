/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/owner_stood.h"

#include <string.h>

#include "lib/err.h"
#include "lib/str.h"
#include "policy/grant.h"
#include "policy/keys.h"

/* Fields of the item: grants as they were packed, and who had let in the very
 * identity that the message came with. */
enum stood { STOOD_ADDR, STOOD_SENT, STOOD_BY };
static const char *const fields[] = { "stood-addr", "stood-sent", "stood-by" };

/* Both names of a grant; false if who is no address. */
static bool
names_of(const char *who, char sent[GRANT_WHO_SIZE])
{
	struct oct_str s;

	oct_str_fixed(&s, sent, GRANT_WHO_SIZE);
	if (strncmp(who, "addr:", 5) == 0)
		oct_str_addf(&s, GRANT_SENT ":%s", who + 5);
	return *sent != '\0' && oct_str_err(&s) == 0;
}

static int
read_fields(struct store *s, const char *key, const char *const *names,
    size_t count, struct store_batch **out)
{
	int rc = store_batch_new(out), slot = -1;

	if (rc != 0)
		return rc;
	slot = store_batch_hmget(*out, key, names, count);
	rc = slot < 0 ? slot : store_batch_run(s, *out);
	if (rc != 0) {
		store_batch_free(*out);
		*out = NULL;
	}
	return rc;
}

/* Only what lets in: a block that stood already is the same after. */
static void
keep_grants(struct store_txn *txn, const char *key, struct store_batch *b)
{
	for (size_t i = STOOD_ADDR; i <= STOOD_SENT; i++) {
		const char *packed = store_batch_value(b, 0, i)->data;
		struct case_grant g;

		if (packed != NULL && case_grant_parse(packed, &g) == 0 &&
		    !g.block)
			store_txn_hset(txn, key, fields[i], packed);
	}
}

static void
clear(struct store_txn *txn, const char *key)
{
	for (size_t i = 0; i < OCT_LEN(fields); i++)
		store_txn_hdel(txn, key, fields[i]);
}

static int
keep(const struct owner *o, const struct case_item *item, struct store_batch *b)
{
	struct relation r;
	struct store_txn *txn = NULL;
	char key[KEY_SIZE];
	int rc = store_txn_new(&txn);

	if (rc != 0)
		return rc;
	clear(txn, key_held(key, o->domain, item->held.id));
	if (b != NULL)
		keep_grants(txn, key, b);
	if (*item->held.sid != '\0')
		rc = case_relation_read(o->store, o->domain, o->local,
		    item->held.sid, &r);
	if (rc == 1 && r.state == REL_ALLOWED)
		store_txn_hset(txn, key, fields[STOOD_BY], r.origin);
	/* Ended meanwhile: nothing is to be taken back. */
	store_txn_expect_field(txn, key, "state", item->state_text);
	if (rc >= 0)
		rc = store_txn_commit(o->store, txn);
	store_txn_free(txn);
	return rc == OCT_ECONFLICT ? 0 : rc;
}

int
owner_stood_keep(const struct owner *o, const struct case_item *item,
    const char *who)
{
	char key[KEY_SIZE], sent[GRANT_WHO_SIZE];
	const char *const names[] = { who, sent };
	struct store_batch *b = NULL;
	int rc = 0;

	if (names_of(who, sent))
		rc = read_fields(o->store,
		    key_grants(key, o->domain, o->local), names,
		    OCT_LEN(names), &b);
	if (rc == 0)
		rc = keep(o, item, b);
	store_batch_free(b);
	return rc;
}

static int
drop(const struct owner *o, const struct case_item *item)
{
	struct store_txn *txn = NULL;
	char key[KEY_SIZE];
	int rc = store_txn_new(&txn);

	if (rc != 0)
		return rc;
	clear(txn, key_held(key, o->domain, item->held.id));
	rc = store_txn_commit(o->store, txn);
	store_txn_free(txn);
	return rc;
}

static int
grant_again(const struct owner *o, const char *who, const char *packed)
{
	struct case_grant g;

	if (packed == NULL || case_grant_parse(packed, &g) != 0)
		return 0;
	return case_grant_set(o->store, o->domain, o->local, who, &g);
}

int
owner_stood_again(const struct owner *o, const struct case_item *item,
    const char *who)
{
	const struct case_sender c = { .domain = o->domain, .local = o->local,
		.sid = item->held.sid };
	char key[KEY_SIZE], sent[GRANT_WHO_SIZE];
	const char *by;
	struct store_batch *b = NULL;
	enum case_outcome out;
	int rc = read_fields(o->store, key_held(key, o->domain, item->held.id),
	    fields, OCT_LEN(fields), &b);

	if (rc != 0)
		return rc;
	if (names_of(who, sent)) {
		rc = grant_again(o, who,
		    store_batch_value(b, 0, STOOD_ADDR)->data);
		if (rc == 0)
			rc = grant_again(o, sent,
			    store_batch_value(b, 0, STOOD_SENT)->data);
	}
	by = store_batch_value(b, 0, STOOD_BY)->data;
	if (rc == 0 && by != NULL && *c.sid != '\0')
		rc = case_judge(o->store, o->timers, &c, REL_EV_ALLOWED, by,
		    o->now_ms, &out);
	store_batch_free(b);
	/* It stood once: a later refusal keeps anew what stands then. */
	return rc == 0 ? drop(o, item) : rc;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Passes in the store: "until left".  Each is a key of its own, whose TTL ends
 * it, so that no number of passes makes anything grow for longer than they last.
 */
#include <stdio.h>
#include <string.h>

#include "lib/err.h"
#include "lib/num.h"
#include "lib/str.h"
#include "policy/keys.h"
#include "policy/pass_int.h"

#define DAY_MS 86400000
#define USED_DAYS 3    /* from the beginning of the token's day */
#define LEFT_MAX 1000000
#define USE_TRIES 5    /* against others that use the same pass */

void
pass_pack(const struct pass *p, char out[PASS_PACKED_SIZE])
{
	(void)snprintf(out, PASS_PACKED_SIZE, "%lld %lld",
	    (long long)p->until_ms, (long long)p->left);
}

int
pass_parse(const char *packed, struct pass *out)
{
	char until[24], left[24];
	struct pass p;

	if (!oct_str_word(&packed, until, sizeof(until)) ||
	    !oct_str_word(&packed, left, sizeof(left)) || *packed != '\0' ||
	    oct_num_int(until, 0, INT64_MAX, &p.until_ms) != 0 ||
	    oct_num_int(left, 0, LEFT_MAX, &p.left) != 0)
		return OCT_EPARSE;
	*out = p;
	return 0;
}

bool
pass_is_live(const struct pass *p, int64_t now_ms)
{
	return p->left > 0 && now_ms < p->until_ms;
}

static bool
value_is_live(const struct store_value *v, int64_t now_ms)
{
	struct pass p;

	return v->data != NULL && pass_parse(v->data, &p) == 0 &&
	    pass_is_live(&p, now_ms);
}

int
pass_ask(const struct pass_keys *k, struct store_batch *b, const char *domain,
    const char *sid, struct pass_query *out)
{
	const size_t count = pass_keys_count(k);

	for (size_t i = 0; i < PASS_KEYS; i++) {
		char key[KEY_SIZE];

		out->slot[i] = -1;
		if (i >= count)
			continue;
		pass_sid_hash_by(k, i, sid, out->hash[i]);
		out->slot[i] = store_batch_get(b,
		    key_pass(key, domain, out->hash[i]));
		if (out->slot[i] < 0)
			return out->slot[i];
	}
	return 0;
}

const char *
pass_found(const struct store_batch *b, const struct pass_query *q,
    int64_t now_ms)
{
	for (size_t i = 0; i < PASS_KEYS; i++)
		if (q->slot[i] >= 0 &&
		    value_is_live(store_batch_value(b, q->slot[i], 0), now_ms))
			return q->hash[i];
	return NULL;
}

int
pass_grant(struct store *s, const char *domain, const struct pass_token *t,
    int64_t life_ms, int64_t messages, int64_t now_ms)
{
	const struct pass p = { .until_ms = now_ms + life_ms,
		.left = messages };
	/* A token is good until the end of the day after its own: a day longer
	 * than that no clock of ours can take it for new. */
	const int64_t used_ms = t->day_ms + USED_DAYS * DAY_MS - now_ms;
	char packed[PASS_PACKED_SIZE], used[KEY_SIZE], key[KEY_SIZE];
	struct store_txn *txn = NULL;
	int rc = store_txn_new(&txn);

	if (rc != 0)
		return rc;
	pass_pack(&p, packed);
	key_pass_used(used, domain, t->id);
	store_txn_expect(txn, used, NULL);
	store_txn_set(txn, used, "1", used_ms);
	store_txn_set(txn, key_pass(key, domain, t->sid_hash), packed,
	    life_ms);
	rc = store_txn_commit(s, txn);
	store_txn_free(txn);
	if (rc == OCT_ECONFLICT)
		return 0;
	return rc == 0 ? 1 : rc;
}

int
pass_standing(struct store *s, const char *domain, const struct pass_token *t,
    int64_t now_ms, enum pass_standing *out)
{
	char used_key[KEY_SIZE], key[KEY_SIZE];
	struct store_batch *b = NULL;
	int used, pass, rc = store_batch_new(&b);

	if (rc != 0)
		return rc;
	used = store_batch_get(b, key_pass_used(used_key, domain, t->id));
	pass = store_batch_get(b, key_pass(key, domain, t->sid_hash));
	rc = used < 0 ? used : pass < 0 ? pass : store_batch_run(s, b);
	if (rc != 0)
		goto out;
	*out = PASS_UNUSED;
	if (store_batch_value(b, used, 0)->data != NULL)
		*out = value_is_live(store_batch_value(b, pass, 0), now_ms)
		    ? PASS_LIVE
		    : PASS_SPENT;
out:
	store_batch_free(b);
	return rc;
}

/* 1 counted, 0 none, OCT_ECONFLICT: somebody else counted meanwhile. */
static int
use_once(struct store *s, struct store_batch *b, struct store_txn *txn,
    const char *key, int64_t now_ms)
{
	char packed[PASS_PACKED_SIZE];
	const struct store_value *v;
	struct pass p;
	int slot, rc;

	store_batch_clear(b);
	slot = store_batch_get(b, key);
	rc = slot < 0 ? slot : store_batch_run(s, b);
	if (rc != 0)
		return rc;
	v = store_batch_value(b, slot, 0);
	if (!value_is_live(v, now_ms) || pass_parse(v->data, &p) != 0)
		return 0;
	p.left--;
	pass_pack(&p, packed);
	store_txn_clear(txn);
	store_txn_expect(txn, key, v->data);
	if (p.left > 0)
		store_txn_set(txn, key, packed, p.until_ms - now_ms);
	else
		store_txn_del(txn, key);
	rc = store_txn_commit(s, txn);
	return rc == 0 ? 1 : rc;
}

int
pass_use(struct store *s, const char *domain, const char *sid_hash,
    int64_t now_ms)
{
	struct store_batch *b = NULL;
	struct store_txn *txn = NULL;
	char key[KEY_SIZE];
	int rc = store_batch_new(&b);

	if (rc == 0)
		rc = store_txn_new(&txn);
	key_pass(key, domain, sid_hash);
	if (rc == 0)
		rc = OCT_ECONFLICT;
	for (int i = 0; i < USE_TRIES && rc == OCT_ECONFLICT; i++)
		rc = use_once(s, b, txn, key, now_ms);
	store_txn_free(txn);
	store_batch_free(b);
	return rc;
}

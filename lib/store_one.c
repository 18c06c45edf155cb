/* SPDX-License-Identifier: Apache-2.0 */
/* One key in a round trip of its own: batches and transactions of one line. */
#include "lib/store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* field NULL: of the key itself. */
static int
read_text(struct store *s, const char *key, const char *field, char **out)
{
	const struct store_value *v;
	struct store_batch *b = NULL;
	int slot, rc = store_batch_new(&b);

	*out = NULL;
	if (rc != 0)
		return rc;
	slot = field != NULL ? store_batch_hget(b, key, field)
			     : store_batch_get(b, key);
	rc = slot < 0 ? slot : store_batch_run(s, b);
	v = rc == 0 ? store_batch_value(b, slot, 0) : NULL;
	if (v != NULL && v->data != NULL) {
		*out = malloc(v->len + 1);
		rc = *out != NULL ? 1 : -ENOMEM;
		if (*out != NULL)
			memcpy(*out, v->data, v->len + 1);
	}
	store_batch_free(b);
	return rc;
}

int
store_get(struct store *s, const char *key, char **out)
{
	return read_text(s, key, NULL, out);
}

int
store_hget(struct store *s, const char *key, const char *field, char **out)
{
	return read_text(s, key, field, out);
}

int
store_has(struct store *s, const char *key)
{
	struct store_batch *b = NULL;
	int slot, rc = store_batch_new(&b);

	if (rc != 0)
		return rc;
	slot = store_batch_exists(b, key);
	rc = slot < 0 ? slot : store_batch_run(s, b);
	if (rc == 0)
		rc = strcmp(store_batch_value(b, slot, 0)->data, "1") == 0;
	store_batch_free(b);
	return rc;
}

static int
read_many(struct store *s, const char *key,
    int (*read)(struct store_batch *b, const char *key),
    struct store_batch **out)
{
	struct store_batch *b = NULL;
	int slot, rc = store_batch_new(&b);

	*out = NULL;
	if (rc != 0)
		return rc;
	slot = read(b, key);
	rc = slot < 0 ? slot : store_batch_run(s, b);
	if (rc != 0) {
		store_batch_free(b);
		return rc;
	}
	*out = b;
	return 0;
}

int
store_hash(struct store *s, const char *key, struct store_batch **out)
{
	return read_many(s, key, store_batch_hgetall, out);
}

int
store_members(struct store *s, const char *key, struct store_batch **out)
{
	return read_many(s, key, store_batch_smembers, out);
}

static int
commit(struct store *s, struct store_txn *t)
{
	int rc = store_txn_commit(s, t);

	store_txn_free(t);
	return rc;
}

int
store_set(struct store *s, const char *key, const char *value, int64_t ttl_ms)
{
	struct store_txn *t = NULL;
	int rc = store_txn_new(&t);

	if (rc != 0)
		return rc;
	store_txn_set(t, key, value, ttl_ms);
	return commit(s, t);
}

int
store_del(struct store *s, const char *key)
{
	struct store_txn *t = NULL;
	int rc = store_txn_new(&t);

	if (rc != 0)
		return rc;
	store_txn_del(t, key);
	return commit(s, t);
}

int
store_hset(struct store *s, const char *key, const char *field,
    const char *value)
{
	struct store_txn *t = NULL;
	int rc = store_txn_new(&t);

	if (rc != 0)
		return rc;
	store_txn_hset(t, key, field, value);
	return commit(s, t);
}

int
store_hdel(struct store *s, const char *key, const char *field)
{
	struct store_txn *t = NULL;
	int rc = store_txn_new(&t);

	if (rc != 0)
		return rc;
	store_txn_hdel(t, key, field);
	return commit(s, t);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/told.h"

#include "lib/err.h"
#include "policy/keys.h"

int
told_mark(struct store *s, const char *what, int64_t ttl_ms)
{
	struct store_txn *txn = NULL;
	char key[KEY_SIZE];
	int rc = store_txn_new(&txn);

	if (rc != 0)
		return rc;
	key_told(key, what);
	store_txn_expect(txn, key, NULL);
	store_txn_set(txn, key, "1", ttl_ms);
	rc = store_txn_commit(s, txn);
	store_txn_free(txn);
	if (rc == OCT_ECONFLICT)
		return 0;
	return rc == 0 ? 1 : rc;
}

int
told_read(struct store *s, const char *what)
{
	struct store_batch *b = NULL;
	char key[KEY_SIZE];
	int slot, rc = store_batch_new(&b);

	if (rc != 0)
		return rc;
	slot = store_batch_get(b, key_told(key, what));
	rc = slot < 0 ? slot : store_batch_run(s, b);
	if (rc == 0)
		rc = store_batch_value(b, slot, 0)->data != NULL;
	store_batch_free(b);
	return rc;
}

int
told_unmark(struct store *s, const char *what)
{
	struct store_txn *txn = NULL;
	char key[KEY_SIZE];
	int rc = store_txn_new(&txn);

	if (rc != 0)
		return rc;
	store_txn_del(txn, key_told(key, what));
	rc = store_txn_commit(s, txn);
	store_txn_free(txn);
	return rc;
}

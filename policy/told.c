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
	char key[KEY_SIZE];

	return store_has(s, key_told(key, what));
}

int
told_unmark(struct store *s, const char *what)
{
	char key[KEY_SIZE];

	return store_del(s, key_told(key, what));
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/learn_said.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/err.h"
#include "policy/keys.h"

#define NAME_SIZE 17

static const char *const names[] = { [LEARN_NO_MARK] = "",
	[LEARN_HAM] = "ham", [LEARN_SPAM] = "spam" };

static void
name_of(uint64_t fingerprint, char out[NAME_SIZE])
{
	(void)snprintf(out, NAME_SIZE, "%016" PRIx64, fingerprint);
}

int
learn_said(struct store *s, const char *domain, uint64_t fingerprint,
    enum learn_mark *out)
{
	struct store_batch *b = NULL;
	char key[KEY_SIZE], name[NAME_SIZE];
	const char *value;
	int slot, rc = store_batch_new(&b);

	*out = LEARN_NO_MARK;
	if (rc != 0)
		return rc;
	name_of(fingerprint, name);
	slot = store_batch_hget(b, key_said(key, domain), name);
	rc = slot < 0 ? slot : store_batch_run(s, b);
	value = rc == 0 ? store_batch_value(b, slot, 0)->data : NULL;
	for (size_t i = 1; value != NULL && i < OCT_LEN(names); i++)
		if (strcmp(value, names[i]) == 0)
			*out = (enum learn_mark)i;
	store_batch_free(b);
	return rc;
}

int
learn_said_put(struct store *s, const char *domain, uint64_t fingerprint,
    enum learn_mark mark)
{
	struct store_txn *txn = NULL;
	char key[KEY_SIZE], name[NAME_SIZE];
	int rc = store_txn_new(&txn);

	if (rc != 0)
		return rc;
	name_of(fingerprint, name);
	key_said(key, domain);
	if (mark == LEARN_NO_MARK) {
		store_txn_hdel(txn, key, name);
	} else {
		store_txn_hset(txn, key, name, names[mark]);
		store_txn_expire(txn, key, KEY_TTL_SAID_MS);
	}
	rc = store_txn_commit(s, txn);
	store_txn_free(txn);
	return rc;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/learn_said.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "policy/keys.h"

#define NAME_SIZE 17

static void
name_of(uint64_t fingerprint, char out[NAME_SIZE])
{
	(void)snprintf(out, NAME_SIZE, "%016" PRIx64, fingerprint);
}

int
learn_said(struct store *s, const char *domain, uint64_t fingerprint,
    enum learn_mark *out)
{
	char key[KEY_SIZE], name[NAME_SIZE], *mark;
	int rc;

	name_of(fingerprint, name);
	rc = store_hget(s, key_said(key, domain), name, &mark);
	*out = learn_mark_of(mark);
	free(mark);
	return rc < 0 ? rc : 0;
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
		store_txn_hset(txn, key, name, learn_mark_name(mark));
		store_txn_expire(txn, key, KEY_TTL_SAID_MS);
	}
	rc = store_txn_commit(s, txn);
	store_txn_free(txn);
	return rc;
}

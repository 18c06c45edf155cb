/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/turn.h"

#include <errno.h>
#include <poll.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/err.h"

#define FIRST_PAUSE_MS 2
#define LAST_PAUSE_MS 100

void
turn_init(struct turn *t, const char *name)
{
	unsigned char octets[16];

	memset(t, 0, sizeof(*t));
	if (name != NULL) {
		(void)snprintf(t->name, sizeof(t->name), "%s", name);
		return;
	}
	randombytes_buf(octets, sizeof(octets));
	(void)sodium_bin2hex(t->name, sizeof(t->name), octets, sizeof(octets));
}

/* The key from was to mine, or away. */
static int
write_key(struct store *store, const struct turn *t, const char *was,
    bool away)
{
	struct store_txn *txn = NULL;
	int rc = store_txn_new(&txn);

	if (rc != 0)
		return rc;
	store_txn_expect(txn, t->key, was);
	if (away)
		store_txn_del(txn, t->key);
	else
		store_txn_set(txn, t->key, t->name, TURN_MS);
	rc = store_txn_commit(store, txn);
	store_txn_free(txn);
	return rc;
}

/* From before the call: the key cannot end earlier. */
static int
claim(struct store *store, struct turn *t, const char *was)
{
	int64_t from = oct_clock_mono_ms();
	int rc = write_key(store, t, was, false);

	t->until_ms = rc == 0 ? from + TURN_MS : 0;
	return rc;
}

int
turn_take(
    struct store *store, const char *tenant, int64_t wait_ms, struct turn *t)
{
	int64_t end = oct_clock_mono_ms() + wait_ms;
	int pause = FIRST_PAUSE_MS, rc;

	(void)key_turn(t->key, tenant);
	for (;;) {
		rc = claim(store, t, NULL);
		if (rc == OCT_ECONFLICT)
			rc = claim(store, t, t->name);
		if (rc != OCT_ECONFLICT || oct_clock_mono_ms() >= end)
			break;
		/* Of two who wait, not always the same comes first. */
		(void)poll(NULL, 0,
		    1 + (int)randombytes_uniform((uint32_t)pause));
		pause = pause * 2 < LAST_PAUSE_MS ? pause * 2 : LAST_PAUSE_MS;
	}
	if (rc != 0)
		t->until_ms = 0;
	return rc == OCT_ECONFLICT ? -EBUSY : rc;
}

bool
turn_is_mine(const struct turn *t)
{
	return t->until_ms > oct_clock_mono_ms();
}

int
turn_keep(struct store *store, struct turn *t)
{
	return claim(store, t, t->name);
}

void
turn_give(struct store *store, struct turn *t)
{
	if (t->key[0] != '\0')
		(void)!write_key(store, t, t->name, true);
	t->key[0] = '\0';
	t->until_ms = 0;
}

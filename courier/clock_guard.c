/* SPDX-License-Identifier: Apache-2.0 */
#include "courier/clock_guard.h"

#include <stdio.h>
#include <string.h>

#include "lib/err.h"
#include "lib/log.h"
#include "lib/num.h"
#include "policy/keys.h"

#define NOTE_MS 60000

static void
doubt(struct clock_guard *g, int64_t wall_ms, int64_t mono_ms)
{
	g->doubted = true;
	g->since_ms = mono_ms;
	oct_log(OCT_WARNING,
	    "clock=doubted ahead_s=%lld effect=\"nothing ends for %lld h, or "
	    "until it is set back\"",
	    (long long)((wall_ms - g->known_ms) / 1000),
	    CLOCK_GUARD_PATIENCE_MS / 3600000);
}

static void
believe(struct clock_guard *g, int64_t wall_ms)
{
	if (g->doubted)
		oct_log(OCT_NOTICE, "clock=believed ahead_s=%lld",
		    (long long)((wall_ms - g->known_ms) / 1000));
	g->doubted = false;
	g->known_ms = wall_ms;
}

void
clock_guard_see(struct clock_guard *g, int64_t wall_ms, int64_t mono_ms)
{
	/* While the store was away nobody looked. */
	int64_t passed = g->last_ms > 0 ? mono_ms - g->looked_ms : 0;
	bool leapt = g->known_ms > 0 &&
	    wall_ms - g->known_ms > CLOCK_GUARD_LEAP_MS + passed;

	g->back = wall_ms < g->last_ms - CLOCK_GUARD_BACK_MS;
	g->last_ms = wall_ms;
	g->looked_ms = mono_ms;
	if (leapt && !g->doubted)
		doubt(g, wall_ms, mono_ms);
	else if (!leapt || mono_ms - g->since_ms >= CLOCK_GUARD_PATIENCE_MS)
		believe(g, wall_ms);
}

/* What this node believed last. */
static int
read_known(struct clock_guard *g, struct store *s, const char *node)
{
	struct store_batch *b = NULL;
	const char *text;
	char key[KEY_SIZE];
	int slot, rc = store_batch_new(&b);

	if (rc != 0)
		return rc;
	slot = store_batch_get(b, key_clock(key, node));
	rc = slot < 0 ? slot : store_batch_run(s, b);
	if (rc == 0) {
		text = store_batch_value(b, slot, 0)->data;
		if (text == NULL ||
		    oct_num_int(text, 0, INT64_MAX, &g->known_ms) != 0)
			g->known_ms = 0;
		g->read = true;
	}
	store_batch_free(b);
	return rc;
}

static int
write_known(const struct clock_guard *g, struct store *s, const char *node)
{
	struct store_txn *txn = NULL;
	char key[KEY_SIZE], text[24];
	int rc = store_txn_new(&txn);

	if (rc != 0)
		return rc;
	(void)snprintf(text, sizeof(text), "%lld", (long long)g->known_ms);
	/* Without a TTL: the store's clock may have leapt, too. */
	store_txn_set(txn, key_clock(key, node), text, 0);
	rc = store_txn_commit(s, txn);
	store_txn_free(txn);
	return rc;
}

int
clock_guard_look(struct clock_guard *g, struct store *s, const char *node,
    int64_t wall_ms, int64_t mono_ms)
{
	int rc = g->read ? 0 : read_known(g, s, node);

	if (rc != 0)
		return rc;
	clock_guard_see(g, wall_ms, mono_ms);
	if (g->doubted || (g->written_ms > 0 &&
			      mono_ms - g->written_ms < NOTE_MS))
		return 0;
	rc = write_known(g, s, node);
	if (rc == 0)
		g->written_ms = mono_ms;
	return rc;
}

bool
clock_guard_stops(const struct clock_guard *g, const char *verb)
{
	return g->doubted &&
	    (strcmp(verb, "expire") == 0 || strcmp(verb, "purge") == 0);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Address books of owners: grants by the hundred in one transaction each, and
 * nothing that was said before is changed, blocks above all.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "policy/exempt.h"
#include "policy/keys.h"
#include "policy/owner_senders.h"

#define AT_ONCE 500
#define STOP 1 /* enough was read */

struct importing {
	const struct owner *owner;
	const struct dir_snapshot *hosted;
	struct owner_import *out;
	char packed[GRANT_PACKED_SIZE];
	size_t room;	/* names more that his lists may hold */
	size_t waiting;
	char who[AT_ONCE][GRANT_WHO_SIZE];
	const char *list[AT_ONCE];
};

static int
write_once(struct importing *m, struct store_batch *b, struct store_txn *txn,
    size_t *added)
{
	const struct owner *o = m->owner;
	char key[KEY_SIZE];
	int slot, rc;

	store_batch_clear(b);
	store_txn_clear(txn);
	*added = 0;
	key_grants(key, o->domain, o->local);
	slot = store_batch_hmget(b, key, m->list, m->waiting);
	rc = slot < 0 ? slot : store_batch_run(o->store, b);
	for (size_t i = 0; rc == 0 && i < m->waiting; i++) {
		if (store_batch_value(b, slot, i)->data != NULL)
			continue;
		store_txn_expect_field(txn, key, m->list[i], NULL);
		store_txn_hset(txn, key, m->list[i], m->packed);
		++*added;
	}
	return rc == 0 && *added > 0 ? store_txn_commit(o->store, txn) : rc;
}

static int
flush_waiting(struct importing *m)
{
	struct store_batch *b = NULL;
	struct store_txn *txn = NULL;
	size_t added = 0;
	int rc = OCT_ECONFLICT;

	if (m->waiting == 0)
		return 0;
	if (store_batch_new(&b) != 0 || store_txn_new(&txn) != 0)
		rc = -ENOMEM;
	for (int i = 0; i < CASE_TRIES && rc == OCT_ECONFLICT; i++)
		rc = write_once(m, b, txn, &added);
	store_txn_free(txn);
	store_batch_free(b);
	if (rc != 0)
		return rc;
	m->out->added += added;
	m->out->known += m->waiting - added;
	m->waiting = 0;
	return 0;
}

static bool
is_waiting(const struct importing *m, const char *who)
{
	for (size_t i = 0; i < m->waiting; i++)
		if (strcmp(m->who[i], who) == 0)
			return true;
	return false;
}

static int
take(void *arg, const struct oct_addr *a)
{
	struct importing *m = arg;
	char *who = m->who[m->waiting];

	if (m->out->found == OWNER_IMPORT_MAX) {
		m->out->cut = true;
		return STOP;
	}
	if (grant_who("addr", a, who) != 0 || is_waiting(m, who))
		return 0;
	m->out->found++;
	if (dir_domain(m->hosted, a->domain) != NULL)
		m->out->own++;
	else if (exempt_sender(a) != NULL)
		m->out->robots++;
	else if (m->out->added + m->waiting >= m->room) {
		m->out->full = true;
		return STOP;
	} else if (++m->waiting == AT_ONCE)
		return flush_waiting(m);
	return 0;
}

static void
note(const struct owner *o, const struct owner_import *out)
{
	struct owner_entry_text e = { .act = OWNER_ACT_IMPORT };
	char number[24];
	struct oct_str s;

	oct_str_fixed(&s, number, sizeof(number));
	oct_str_addf(&s, "%zu", out->added);
	e.what = number;
	owner_note(o, &e);
}

int
owner_import(const struct owner *o, FILE *f, const struct dir_snapshot *hosted,
    struct owner_import *out)
{
	struct case_grant g = { .since_ms = o->now_ms, .origin = GRANT_SEED,
		.actor = "owner" };
	struct importing *m = calloc(1, sizeof(*m));
	struct seed_reader r = { .each = take, .arg = m };
	int rc;

	memset(out, 0, sizeof(*out));
	if (m == NULL)
		return -ENOMEM;
	m->owner = o;
	m->hosted = hosted;
	m->out = out;
	for (size_t i = 0; i < AT_ONCE; i++)
		m->list[i] = m->who[i];
	rc = grant_pack(&g, m->packed);
	if (rc == 0)
		rc = owner_grants_room(o, &m->room);
	if (rc == 0)
		rc = seed_read(f, SEED_GUESS, &r);
	if (rc == STOP)
		rc = 0;
	if (rc == 0)
		rc = flush_waiting(m);
	out->malformed = r.malformed;
	free(m);
	if (rc == 0 && out->added > 0)
		note(o, out);
	return rc;
}

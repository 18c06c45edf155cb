/* SPDX-License-Identifier: Apache-2.0 */
/*
 * octroictl seed: whom a mailbox knows already is let in (challenge.md 7), out of
 * address books and of the messages that its owner sent.  What the mailbox says
 * already, blocks above all, is left as it is: it may be run again.
 */
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "policy/exempt.h"
#include "policy/grant.h"
#include "policy/keys.h"
#include "policy/seed.h"
#include "provisioning/ctl_grant.h"

/* Grants of one transaction: well inside the bounds of store.h. */
#define AT_ONCE 500
#define TRIES 5
#define ADDRESSES_MAX 2000000
#define PROGRESS_EACH 10000

/* Addresses met before, as hashes: open addressing, at most half full. */
struct met {
	uint64_t *slot; /* 0 = free */
	size_t size, count;
	uint8_t key[crypto_shorthash_KEYBYTES];
};

struct seeding {
	struct ctl *ctl;
	const struct ctl_target *target;
	const struct dir_snapshot *hosted;
	struct met met;
	bool dry;
	char packed[GRANT_PACKED_SIZE];
	char (*who)[GRANT_WHO_SIZE];
	const char **list; /* of who */
	size_t waiting;
	size_t found, added, known, own, robots, again;
};

/* --- Each once ------------------------------------------------------------- */

static int
met_grow(struct met *m)
{
	size_t size = m->size == 0 ? 4096 : m->size * 2;
	uint64_t *slot = calloc(size, sizeof(*slot));

	if (slot == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < m->size; i++) {
		size_t at = m->slot[i] & (size - 1);

		if (m->slot[i] == 0)
			continue;
		while (slot[at] != 0)
			at = (at + 1) & (size - 1);
		slot[at] = m->slot[i];
	}
	free(m->slot);
	m->slot = slot;
	m->size = size;
	return 0;
}

/* 1: it was met before, 0: now for the first time, or an error. */
static int
met_add(struct met *m, const char *who)
{
	uint64_t hash;
	size_t at;
	int rc = m->count * 2 < m->size ? 0 : met_grow(m);

	if (rc != 0)
		return rc;
	(void)crypto_shorthash((unsigned char *)&hash,
	    (const unsigned char *)who, strlen(who), m->key);
	hash = hash == 0 ? 1 : hash;
	for (at = hash & (m->size - 1); m->slot[at] != 0;
	    at = (at + 1) & (m->size - 1))
		if (m->slot[at] == hash)
			return 1;
	if (m->count >= ADDRESSES_MAX)
		return OCT_ELIMIT;
	m->slot[at] = hash;
	m->count++;
	return 0;
}

/* --- Writing --------------------------------------------------------------- */

/* Those of the batch that the mailbox says nothing of, in one transaction. */
static int
write_once(struct seeding *s, struct store_batch *b, struct store_txn *txn,
    size_t *added)
{
	const struct oct_addr *a = &s->target->addr;
	char key[KEY_SIZE];
	int slot, rc;

	store_batch_clear(b);
	store_txn_clear(txn);
	*added = 0;
	key_grants(key, a->domain, a->local);
	slot = store_batch_hmget(b, key, s->list, s->waiting);
	rc = slot < 0 ? slot : store_batch_run(s->ctl->store, b);
	for (size_t i = 0; rc == 0 && i < s->waiting; i++) {
		if (store_batch_value(b, slot, i)->data != NULL)
			continue;
		store_txn_expect_field(txn, key, s->list[i], NULL);
		store_txn_hset(txn, key, s->list[i], s->packed);
		++*added;
	}
	if (rc == 0 && *added > 0 && !s->dry)
		rc = store_txn_commit(s->ctl->store, txn);
	return rc;
}

static int
flush_waiting(struct seeding *s)
{
	struct store_batch *b = NULL;
	struct store_txn *txn = NULL;
	size_t added = 0;
	int rc = s->waiting > 0 ? OCT_ECONFLICT : 0;

	if (rc == 0)
		return 0;
	if (store_batch_new(&b) != 0 || store_txn_new(&txn) != 0)
		rc = -ENOMEM;
	for (int i = 0; i < TRIES && rc == OCT_ECONFLICT; i++)
		rc = write_once(s, b, txn, &added);
	if (rc == 0) {
		s->added += added;
		s->known += s->waiting - added;
		s->waiting = 0;
	}
	store_txn_free(txn);
	store_batch_free(b);
	return rc;
}

static void
progress(const struct seeding *s)
{
	if (s->found % PROGRESS_EACH == 0 && !s->ctl->quiet)
		(void)fprintf(stderr, "octroictl: %zu addresses\n", s->found);
}

static int
take(void *arg, const struct oct_addr *a)
{
	struct seeding *s = arg;
	char *who = s->who[s->waiting];
	int rc = grant_who("addr", a, who);

	if (rc == 0)
		rc = met_add(&s->met, who);
	if (rc < 0)
		return rc;
	s->found++;
	progress(s);
	if (rc == 1)
		s->again++;
	else if (dir_domain(s->hosted, a->domain) != NULL)
		s->own++;
	else if (exempt_sender(a) != NULL)
		s->robots++;
	else if (++s->waiting == AT_ONCE)
		return flush_waiting(s);
	return 0;
}

/* --- Files ----------------------------------------------------------------- */

static int
read_file(struct seeding *s, const char *path, struct seed_reader *r)
{
	struct stat st;
	FILE *f;
	int fd, rc, status;

	status = ctl_open(s->ctl, path, &fd);
	if (status != 0)
		return status;
	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
		(void)close(fd);
		rc = seed_read_folder(path, r);
	} else {
		f = fdopen(fd, "r");
		if (f == NULL) {
			(void)close(fd);
			return ctl_fail_rc(s->ctl, -errno, "file", path);
		}
		rc = seed_read(f, SEED_GUESS, r);
		(void)fclose(f);
	}
	if (rc == OCT_EPARSE)
		return ctl_fail(s->ctl, DAEMON_EXIT_FAILED,
		    "%s: no address is found in it: expected a CSV file (UTF-8) "
		    "with a column of addresses%s, vCards, an mbox, a message or "
		    "a Maildir folder",
		    path, r->column != NULL ? " of that title" : "");
	return rc == 0 ? 0 : ctl_fail_rc(s->ctl, rc, "reading", path);
}

static int
report(const struct seeding *s, const struct seed_reader *r)
{
	static const struct ctl_column columns[] = {
		{ "mailbox", "mailbox", CTL_NAME },
		{ "records", "records read", CTL_TEXT },
		{ "found", "addresses found", CTL_TEXT },
		{ "added", "let in", CTL_TEXT },
		{ "would_add", "would be let in", CTL_TEXT },
		{ "known", "known already", CTL_TEXT },
		{ "again", "met again", CTL_TEXT },
		{ "own", "of own domains", CTL_TEXT },
		{ "robots", "of robots", CTL_TEXT },
		{ "malformed", "no addresses", CTL_TEXT },
		{ "too_long", "too long", CTL_TEXT },
	};
	const struct {
		const char *key;
		size_t n;
	} counts[] = { { "records", r->records }, { "found", s->found },
		{ s->dry ? "would_add" : "added", s->added },
		{ "known", s->known }, { "again", s->again }, { "own", s->own },
		{ "robots", s->robots }, { "malformed", r->malformed },
		{ "too_long", r->too_long } };
	json_t *v = json_object();
	struct ctl_column shown[OCT_LEN(columns)];
	size_t n = 0;

	ctl_json_set(v, "mailbox", ctl_json_text(s->target->name));
	for (size_t i = 0; i < OCT_LEN(counts); i++)
		ctl_json_set(v, counts[i].key,
		    json_integer((json_int_t)counts[i].n));
	for (size_t i = 0; i < OCT_LEN(columns); i++)
		if (json_object_get(v, columns[i].key) != NULL)
			shown[n++] = columns[i];
	return ctl_print(s->ctl, v, shown, n);
}

static int
open_seeding(struct seeding *s)
{
	struct case_grant g = { .since_ms = oct_clock_wall_ms(),
		.origin = GRANT_SEED };

	memcpy(g.actor, s->ctl->actor, sizeof(g.actor));
	crypto_shorthash_keygen(s->met.key);
	s->who = calloc(AT_ONCE, sizeof(*s->who));
	s->list = calloc(AT_ONCE, sizeof(*s->list));
	if (s->who == NULL || s->list == NULL)
		return ctl_fail_rc(s->ctl, -ENOMEM, "seed", s->target->name);
	for (size_t i = 0; i < AT_ONCE; i++)
		s->list[i] = s->who[i];
	if (grant_pack(&g, s->packed) != 0)
		return ctl_fail_rc(s->ctl, OCT_EPARSE, "seed",
		    s->target->name);
	return ctl_directory(s->ctl, NULL, &s->hosted);
}

static int
seed_run(struct ctl *ctl, const struct ctl_args *args)
{
	struct ctl_target t;
	struct seeding s = { .ctl = ctl, .target = &t,
		.dry = ctl_args_has(args, "dry-run") };
	struct seed_reader r = { .from = ctl_args_has(args, "from"),
		.column = ctl_args_value(args, "column"), .each = take,
		.arg = &s };
	char detail[64];
	int status = ctl_target(ctl, args->words[0], false, &t), rc;

	if (status == 0)
		status = open_seeding(&s);
	for (size_t i = 1; status == 0 && i < args->count; i++)
		status = read_file(&s, args->words[i], &r);
	rc = status == 0 ? flush_waiting(&s) : 0;
	if (rc != 0)
		status = ctl_fail_rc(ctl, rc, "grants of", t.name);
	(void)snprintf(detail, sizeof(detail), "%zu", s.added);
	if (status == 0 && !s.dry && s.added > 0)
		status = ctl_audit(ctl, "seed", t.addr.domain, t.addr.local,
		    detail);
	if (status == 0)
		status = report(&s, &r);
	directory_put(s.hosted);
	free(s.met.slot);
	free(s.list);
	free(s.who);
	return status;
}

static const struct ctl_option options[] = {
	{ "from", NULL, "of messages take who wrote them, not to whom" },
	{ "column", "TITLE", "of CSV, the column of that title" },
	{ "dry-run", NULL, "only count" },
	{ NULL, NULL, NULL },
};

const struct ctl_verb ctl_seed_verbs[] = {
	{ NULL, "MAILBOX FILE...",
	    "let in the addresses of CSV files, vCards, an mbox, Maildir folders",
	    2, CTL_ANY, options, CTL_NO_ATTRIBUTES, seed_run },
	{ .run = NULL },
};

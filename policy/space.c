/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/space.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/num.h"
#include "lib/str.h"
#include "policy/casework.h"
#include "policy/directory.h"
#include "policy/keys.h"
#include "policy/proof.h"

/* In hundredths of the mailbox's space, once that is over half full. */
#define PROVEN_PERCENT 5
#define UNPROVEN_PERCENT 20

#define FIELD_SIZE (SPACE_SHARE_SIZE + 8)
#define PAGE 500
#define TRIES 5
/* So many ends leave that many shares of nothing behind, at most. */
#define ENDS_MAX 500

void
space_share_of(const char *class, const char *sid, bool listed_provider,
    char out[SPACE_SHARE_SIZE])
{
	char address[OCT_ADDR_SIZE], org[OCT_DOMAIN_SIZE];
	struct oct_str s;

	oct_str_fixed(&s, out, SPACE_SHARE_SIZE);
	if ((strcmp(class, "A") != 0 && strcmp(class, "F") != 0) ||
	    !proof_sid_parts(sid, address, org)) {
		oct_str_add(&s, SPACE_UNPROVEN);
		return;
	}
	if (listed_provider)
		oct_str_addf(&s, "addr:%s", address);
	if (listed_provider && oct_str_err(&s) == 0)
		return;
	/* Nobody has an address so long by a provider's leave. */
	oct_str_fixed(&s, out, SPACE_SHARE_SIZE);
	oct_str_addf(&s, "org:%s", org);
	OCT_ASSERT(oct_str_err(&s) == 0);
}

/* "n" or "b", of the mailbox or of a share. */
static const char *
field_of(char out[FIELD_SIZE], char what, const char *share)
{
	if (share == NULL)
		(void)snprintf(out, FIELD_SIZE, "%c", what);
	else
		(void)snprintf(out, FIELD_SIZE, "%c:%s", what, share);
	return out;
}

int
space_ask(struct store_batch *b, const char *domain, const char *local,
    const char *share)
{
	char key[KEY_SIZE], items[FIELD_SIZE], octets[FIELD_SIZE];
	const char *fields[] = { "n", "b", field_of(items, 'n', share),
		field_of(octets, 'b', share) };

	return store_batch_hmget(b, key_space(key, domain, local), fields,
	    OCT_LEN(fields));
}

/* A counter that went below zero (a record from before the counters ended)
 * counts as none. */
static int64_t
counter(const struct store_batch *b, int slot, size_t i)
{
	const struct store_value *v = store_batch_value(b, slot, i);
	int64_t n = 0;

	if (v->data == NULL ||
	    oct_num_int(v->data, INT64_MIN, INT64_MAX, &n) != 0 || n < 0)
		return 0;
	return n;
}

void
space_read(const struct store_batch *b, int slot, struct space_use *out)
{
	out->items = counter(b, slot, 0);
	out->octets = counter(b, slot, 1);
	out->share_items = counter(b, slot, 2);
	out->share_octets = counter(b, slot, 3);
}

static bool
relation_room(const struct relation *r, const struct option_values *o,
    int64_t size)
{
	int64_t items = o->v[OPTION_RELATION_ITEMS];

	if (r->items == 0)
		return true;
	return r->items < REL_ITEMS_MAX && (int64_t)r->items < items &&
	    size <= o->v[OPTION_RELATION_OCTETS] - r->bytes;
}

bool
space_has_room(const struct space_use *use, const struct relation *r,
    const struct option_values *options, bool proven, int64_t size)
{
	int64_t items = options->v[OPTION_SPACE_ITEMS];
	int64_t octets = options->v[OPTION_SPACE_OCTETS];
	int64_t percent = proven ? PROVEN_PERCENT : UNPROVEN_PERCENT;

	if (!relation_room(r, options, size))
		return false;
	if (use->items >= items || use->octets >= octets)
		return false;
	if (use->items <= items / 2 && use->octets <= octets / 2)
		return true;
	return use->share_items < items * percent / 100 &&
	    use->share_octets < octets / 100 * percent;
}

void
space_count(struct store_txn *txn, const struct held *item, const char *share,
    int sign)
{
	char key[KEY_SIZE], field[FIELD_SIZE];

	if (*share == '\0' || strlen(share) >= SPACE_SHARE_SIZE)
		return;
	key_space(key, item->domain, item->local);
	store_txn_hincr(txn, key, "n", sign);
	store_txn_hincr(txn, key, "b", sign * item->size);
	store_txn_hincr(txn, key, field_of(field, 'n', share), sign);
	store_txn_hincr(txn, key, field_of(field, 'b', share),
	    sign * item->size);
	if (sign > 0)
		store_txn_expire(txn, key, KEY_TTL_SPACE_MS);
	else
		store_txn_hincr(txn, key, "ends", 1);
}

/* --- Repair --------------------------------------------------------------------- */

struct tally {
	int64_t items, octets;
	char share[SPACE_SHARE_SIZE]; /* "" in the first: of all */
};

#define SHARES_MAX 1500 /* within a transaction's bounds */

struct recount {
	struct store *store;
	const char *domain;
	size_t seen, count;
	struct tally *tallies; /* SHARES_MAX */
};

static void
add(struct tally *t, const struct held *h)
{
	t->items++;
	t->octets += h->size;
}

static int
add_item(struct recount *r, const struct held *h)
{
	size_t i = 1;

	if (*h->share == '\0' || strlen(h->share) >= SPACE_SHARE_SIZE)
		return 0;
	while (i < r->count && strcmp(r->tallies[i].share, h->share) != 0)
		i++;
	if (i == SHARES_MAX)
		return OCT_ELIMIT;
	if (i == r->count) {
		r->tallies[i] = (struct tally){ .items = 0 };
		memcpy(r->tallies[i].share, h->share, strlen(h->share) + 1);
		r->count++;
	}
	add(&r->tallies[0], h);
	add(&r->tallies[i], h);
	return 0;
}

static int
count_one(void *arg, const char *member, OCT_UNUSED int64_t score)
{
	struct recount *r = arg;
	struct case_item item;
	int rc = case_item_read(r->store, r->domain, member, &item);

	r->seen++;
	if (rc <= 0)
		return rc == OCT_EPARSE ? 0 : rc; /* nothing known of it */
	rc = held_is_live(item.state) ? add_item(r, &item.held) : 0;
	case_item_fini(&item);
	return rc;
}

static void
write_tallies(struct store_txn *txn, const char *key, const struct recount *r)
{
	char field[FIELD_SIZE];

	store_txn_del(txn, key);
	for (size_t i = 0; i < r->count; i++) {
		const struct tally *t = &r->tallies[i];
		const char *share = i == 0 ? NULL : t->share;

		store_txn_hincr(txn, key, field_of(field, 'n', share),
		    t->items);
		store_txn_hincr(txn, key, field_of(field, 'b', share),
		    t->octets);
	}
	store_txn_expire(txn, key, KEY_TTL_SPACE_MS);
}

/* The numbers that the mailbox must still have when the new ones are written. */
static int
expect_unchanged(struct store *s, struct store_txn *txn, const char *key)
{
	static const char *const fields[] = { "n", "b" };
	struct store_batch *b = NULL;
	int slot, rc = store_batch_new(&b);

	if (rc != 0)
		return rc;
	slot = store_batch_hmget(b, key, fields, OCT_LEN(fields));
	rc = slot < 0 ? slot : store_batch_run(s, b);
	for (size_t i = 0; rc == 0 && i < OCT_LEN(fields); i++)
		store_txn_expect_field(txn, key, fields[i],
		    store_batch_value(b, slot, i)->data);
	store_batch_free(b);
	return rc;
}

static int
recount_once(struct recount *r, struct store_txn *txn, const char *local)
{
	char key[KEY_SIZE], index[KEY_SIZE];
	size_t total = 0, before;
	int rc;

	store_txn_clear(txn);
	key_space(key, r->domain, local);
	key_held_index(index, r->domain, local);
	rc = expect_unchanged(r->store, txn, key);
	r->seen = 0;
	r->count = 1;
	r->tallies[0] = (struct tally){ .items = 0 };
	do {
		before = r->seen;
		if (rc == 0)
			rc = store_zrevpage(r->store, index, r->seen, PAGE,
			    &total, count_one, r);
	} while (rc == 0 && r->seen > before && r->seen < total);
	if (rc != 0)
		return rc;
	write_tallies(txn, key, r);
	return store_txn_commit(r->store, txn);
}

int
space_recount(struct store *s, const char *domain, const char *local)
{
	struct recount r = { .store = s, .domain = domain };
	struct store_txn *txn = NULL;
	int rc = store_txn_new(&txn);

	if (rc != 0)
		return rc;
	r.tallies = calloc(SHARES_MAX, sizeof(*r.tallies));
	rc = r.tallies != NULL ? OCT_ECONFLICT : -ENOMEM;
	for (int i = 0; i < TRIES && rc == OCT_ECONFLICT; i++)
		rc = recount_once(&r, txn, local);
	free(r.tallies);
	store_txn_free(txn);
	return rc;
}

/* Is the counter not that of the index, or are there many shares of nothing? */
static bool
has_drifted(const struct store_batch *b, int index, int space)
{
	const struct store_value *n = store_batch_value(b, space, 0);
	int64_t items = 0;

	if (n->data != NULL &&
	    oct_num_int(n->data, INT64_MIN, INT64_MAX, &items) != 0)
		return true;
	return items != counter(b, index, 0) ||
	    counter(b, space, 1) >= ENDS_MAX;
}

/* The mailboxes from `first` on, PAGE at most. */
static int
repair_page(struct store *s, const struct dir_domain *d, size_t first,
    size_t *repaired)
{
	static const char *const fields[] = { "n", "ends" };
	size_t n = d->mailbox_count - first;
	struct store_batch *b = NULL;
	char key[KEY_SIZE];
	int rc = store_batch_new(&b);

	if (rc != 0)
		return rc;
	n = n < PAGE ? n : PAGE;
	for (size_t i = 0; rc >= 0 && i < n; i++) {
		const char *local = dir_mailbox_at(d, first + i)->local;

		rc = store_batch_zcard(b, key_held_index(key, d->name, local));
		if (rc >= 0)
			rc = store_batch_hmget(b,
			    key_space(key, d->name, local), fields,
			    OCT_LEN(fields));
	}
	if (rc >= 0)
		rc = store_batch_run(s, b);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		if (!has_drifted(b, (int)(2 * i), (int)(2 * i + 1)))
			continue;
		rc = space_recount(s, d->name,
		    dir_mailbox_at(d, first + i)->local);
		*repaired += rc == 0;
		/* It is busy, or beyond counting: next time. */
		rc = rc == OCT_ECONFLICT || rc == OCT_ELIMIT ? 0 : rc;
	}
	store_batch_free(b);
	return rc;
}

int
space_repair(struct store *s, const struct dir_snapshot *dir, size_t *repaired)
{
	int rc = 0;

	*repaired = 0;
	for (size_t i = 0; rc == 0 && i < dir_domain_count(dir); i++) {
		const struct dir_domain *d = dir_domain_at(dir, i);

		for (size_t at = 0; rc == 0 && at < d->mailbox_count;
		    at += PAGE)
			rc = repair_page(s, d, at, repaired);
	}
	return rc;
}

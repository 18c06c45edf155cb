/* SPDX-License-Identifier: Apache-2.0 */
/*
 * octroictl held list: a page of held items, newest first, of a mailbox, a
 * domain or all.  The store has one index a mailbox: those are merged here.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "policy/keys.h"
#include "provisioning/ctl_held.h"

#define LIMIT_STANDARD 100
#define LIMIT_MAX 100000
#define OFFSET_MAX 10000000
#define PAGE 1000        /* members of an index in one round trip */
#define COUNTS_AT_ONCE 1000
#define EACH_MAX 10000000

/* One held item by its place in time. */
struct place {
	int64_t arrival_ms;
	uint32_t owner; /* index of the mailbox */
	char id[HELD_ID_SIZE];
};

struct owner {
	const char *domain, *local; /* the snapshot's */
	size_t held;
};

struct listing {
	struct ctl *ctl;
	struct store *store;
	size_t offset, limit, total;
	struct owner *owners;
	size_t owner_count, owner_at;
	struct place *places;
	size_t count, cap;
};

static int
add_owner(struct listing *l, const char *domain, const char *local)
{
	if (l->owner_count % 1024 == 0) {
		struct owner *more = reallocarray(l->owners,
		    l->owner_count + 1024, sizeof(*more));

		if (more == NULL)
			return -ENOMEM;
		l->owners = more;
	}
	l->owners[l->owner_count++] =
	    (struct owner){ .domain = domain, .local = local };
	return 0;
}

static int
find_owners(struct listing *l, const struct dir_snapshot *s, const char *local)
{
	int rc = 0;

	for (size_t i = 0; i < dir_domain_count(s); i++) {
		const struct dir_domain *d = dir_domain_at(s, i);

		if (local != NULL)
			return add_owner(l, d->name, local);
		for (size_t k = 0; rc == 0 && k < d->mailbox_count; k++)
			rc = add_owner(l, d->name, dir_mailbox_at(d, k)->local);
	}
	return rc;
}

static int
count_some(struct listing *l, struct store_batch *b, size_t first, size_t n)
{
	char key[KEY_SIZE];
	int rc = 0;

	store_batch_clear(b);
	for (size_t i = 0; rc >= 0 && i < n; i++)
		rc = store_batch_zcard(b,
		    key_held_index(key, l->owners[first + i].domain,
			l->owners[first + i].local));
	if (rc >= 0)
		rc = store_batch_run(l->store, b);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		const struct store_value *v = store_batch_value(b, (int)i, 0);

		if (v != NULL && v->data != NULL)
			l->owners[first + i].held =
			    strtoul(v->data, NULL, 10);
		l->total += l->owners[first + i].held;
	}
	return rc < 0 ? rc : 0;
}

static int
count_all(struct listing *l)
{
	struct store_batch *b = NULL;
	int rc = store_batch_new(&b);

	for (size_t i = 0; rc == 0 && i < l->owner_count; i += COUNTS_AT_ONCE) {
		size_t left = l->owner_count - i;

		rc = count_some(l, b, i,
		    left < COUNTS_AT_ONCE ? left : COUNTS_AT_ONCE);
	}
	store_batch_free(b);
	return rc;
}

static int
add_place(void *arg, const char *member, int64_t score)
{
	struct listing *l = arg;
	struct place *p;

	if (strlen(member) >= HELD_ID_SIZE)
		return 0; /* not of ours */
	if (l->count == l->cap) {
		size_t cap = l->cap > 0 ? l->cap * 2 : 1024;

		p = reallocarray(l->places, cap, sizeof(*p));
		if (p == NULL)
			return -ENOMEM;
		l->places = p;
		l->cap = cap;
	}
	p = &l->places[l->count++];
	p->arrival_ms = score;
	p->owner = (uint32_t)l->owner_at;
	memcpy(p->id, member, strlen(member) + 1);
	return 0;
}

/* No index can give more to the page than the page's end. */
static int
place_owner(struct listing *l)
{
	const struct owner *o = &l->owners[l->owner_at];
	size_t end = l->offset + l->limit, total;
	char key[KEY_SIZE];
	int rc = 0;

	key_held_index(key, o->domain, o->local);
	for (size_t at = 0; rc == 0 && at < end && at < o->held; at += PAGE)
		rc = store_zrevpage(l->store, key, at,
		    end - at < PAGE ? end - at : PAGE, &total, add_place, l);
	return rc;
}

static int
newest_first(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->arrival_ms != y->arrival_ms)
		return x->arrival_ms > y->arrival_ms ? -1 : 1;
	return strcmp(x->id, y->id);
}

static int
read_page(struct listing *l, json_t *items)
{
	for (size_t i = l->offset; i < l->count && i < l->offset + l->limit;
	    i++) {
		const struct place *p = &l->places[i];
		struct case_item item;
		int rc = case_item_read(l->store, l->owners[p->owner].domain,
		    p->id, &item);

		if (rc < 0)
			return rc;
		if (rc == 0)
			continue; /* it went meanwhile */
		(void)json_array_append_new(items, ctl_held_json(&item));
		case_item_fini(&item);
	}
	return 0;
}

/* All places that may stand on the page, in order. */
static int
collect(struct listing *l, const struct dir_snapshot *s, const char *local)
{
	int rc = find_owners(l, s, local);

	if (rc == 0)
		rc = count_all(l);
	for (l->owner_at = 0; rc == 0 && l->owner_at < l->owner_count;
	    l->owner_at++)
		if (l->owners[l->owner_at].held > 0)
			rc = place_owner(l);
	if (rc == 0 && l->count > 0)
		qsort(l->places, l->count, sizeof(*l->places), newest_first);
	return rc;
}

int
ctl_held_each(struct ctl *ctl, ctl_held_visit *visit, void *arg)
{
	struct listing l = { .ctl = ctl, .limit = EACH_MAX };
	const struct dir_snapshot *snapshot = NULL;
	int status = ctl_directory(ctl, NULL, &snapshot), rc;

	if (status != 0)
		return status;
	l.store = ctl->store;
	rc = collect(&l, snapshot, NULL);
	for (size_t i = 0; rc == 0 && i < l.count; i++)
		rc = visit(arg, l.owners[l.places[i].owner].domain,
		    l.places[i].id);
	if (rc != 0)
		status = ctl_fail_rc(ctl, rc, "the list", "of held messages");
	free(l.owners);
	free(l.places);
	directory_put(snapshot);
	return status;
}

/* Whose: nothing, a domain or a mailbox. */
static int
read_scope(struct ctl *ctl, const struct ctl_args *args, struct oct_addr *out)
{
	memset(out, 0, sizeof(*out));
	if (args->count == 0)
		return 0;
	if (strchr(args->words[0], '@') != NULL)
		return ctl_address(ctl, args->words[0], out);
	return ctl_domain(ctl, args->words[0], out->domain);
}

static int
print_page(const struct ctl *ctl, const struct listing *l, json_t *items)
{
	static const struct ctl_column columns[] = {
		{ "id", "ID", CTL_TEXT },
		{ "arrival", "ARRIVAL", CTL_TEXT },
		{ "rcpt", "RECIPIENT", CTL_NAME },
		{ "from", "FROM", CTL_TEXT },
		{ "reason", "REASON", CTL_TEXT },
		{ "state", "STATE", CTL_TEXT },
		{ "score", "SCORE", CTL_RIGHT },
		{ "size", "SIZE", CTL_SIZE },
		{ "subject", "SUBJECT", CTL_TEXT },
	};

	return ctl_print_list(ctl, l->total, items, columns, OCT_LEN(columns));
}

int
ctl_held_list(struct ctl *ctl, const struct ctl_args *args)
{
	struct listing l = { .ctl = ctl };
	const struct dir_snapshot *snapshot = NULL;
	struct oct_addr scope;
	int64_t offset, limit;
	json_t *items;
	int status = read_scope(ctl, args, &scope), rc;

	if (status == 0)
		status = ctl_number(ctl, args, "offset", 0, OFFSET_MAX, 0,
		    &offset);
	if (status == 0)
		status = ctl_number(ctl, args, "limit", 1, LIMIT_MAX,
		    LIMIT_STANDARD, &limit);
	if (status == 0)
		status = ctl_store(ctl, &l.store);
	if (status == 0)
		status = ctl_directory(ctl,
		    *scope.domain != '\0' ? scope.domain : NULL, &snapshot);
	if (status != 0)
		return status;
	l.offset = (size_t)offset;
	l.limit = (size_t)limit;
	items = json_array();
	rc = collect(&l, snapshot, *scope.local != '\0' ? scope.local : NULL);
	if (rc == 0)
		rc = read_page(&l, items);
	if (rc != 0) {
		json_decref(items);
		status = ctl_fail_rc(ctl, rc, "the list", "of held messages");
	} else {
		status = print_page(ctl, &l, items);
	}
	free(l.owners);
	free(l.places);
	directory_put(snapshot);
	return status;
}

const struct ctl_option ctl_held_list_options[] = {
	{ "offset", "N", "leave out the newest N" },
	{ "limit", "N", "print at most N (100)" },
	{ NULL, NULL, NULL },
};

/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/pass_domains.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"
#include "policy/pass_int.h"

struct entry {
	uint64_t hash;
	const struct dir_domain *domain;
	bool meets; /* another one's */
};

/* The entries of one key, by hash. */
struct table {
	size_t count;
	struct entry *entries;
};

struct pass_domains {
	const struct pass_keys *keys;
	size_t count;
	struct table tables[PASS_KEYS];
};

static int
by_hash(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return x->hash < y->hash ? -1 : x->hash > y->hash;
}

static void
mark_meeting(struct table *t)
{
	for (size_t i = 1; i < t->count; i++) {
		struct entry *a = &t->entries[i - 1], *b = &t->entries[i];

		if (a->hash != b->hash)
			continue;
		a->meets = b->meets = true;
		oct_log(OCT_ERROR,
		    "domain=%s other=%s error=\"their hashes in tokens of "
		    "refusals are the same\" effect=\"refusals for them carry no "
		    "link\" hint=\"host them on two sites\"",
		    a->domain->name, b->domain->name);
	}
}

static int
fill(struct table *t, const struct pass_keys *k, size_t key,
    const struct dir_snapshot *s)
{
	const size_t n = dir_domain_count(s);

	t->entries = calloc(n + 1, sizeof(*t->entries));
	if (t->entries == NULL)
		return -ENOMEM;
	t->count = n;
	for (size_t i = 0; i < n; i++) {
		const struct dir_domain *d = dir_domain_at(s, i);

		t->entries[i] = (struct entry){
			.hash = pass_domain_hash(k, key, d->name),
			.domain = d };
	}
	qsort(t->entries, n, sizeof(*t->entries), by_hash);
	mark_meeting(t);
	return 0;
}

int
pass_domains_new(const struct pass_keys *k, const struct dir_snapshot *s,
    struct pass_domains **out)
{
	struct pass_domains *d = calloc(1, sizeof(*d));
	int rc = 0;

	if (d == NULL)
		return -ENOMEM;
	d->keys = k;
	while (rc == 0 && d->count < pass_keys_count(k)) {
		rc = fill(&d->tables[d->count], k, d->count, s);
		d->count += rc == 0;
	}
	if (rc != 0) {
		pass_domains_free(d);
		return rc;
	}
	*out = d;
	return 0;
}

void
pass_domains_free(struct pass_domains *d)
{
	if (d == NULL)
		return;
	for (size_t i = 0; i < d->count; i++)
		free(d->tables[i].entries);
	free(d);
}

static const struct dir_domain *
find(const struct table *t, uint64_t hash)
{
	const struct entry wanted = { .hash = hash };
	const struct entry *e = bsearch(&wanted, t->entries, t->count,
	    sizeof(*t->entries), by_hash);

	return e != NULL && !e->meets ? e->domain : NULL;
}

const struct dir_domain *
pass_domains_find(const struct pass_domains *d, const struct pass_token *t)
{
	return t->key < d->count ? find(&d->tables[t->key], t->domain_hash)
				 : NULL;
}

bool
pass_domains_has(const struct pass_domains *d, const char *domain)
{
	const struct dir_domain *found = find(&d->tables[0],
	    pass_domain_hash(d->keys, 0, domain));

	return found != NULL && strcmp(found->name, domain) == 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/fnv.h"
#include "policy/directory.h"
#include "policy/directory_private.h"

struct dir_snapshot {
	atomic_uint *refs;         /* in the same block, below */
	struct dir_snapshot *self; /* so that a const pointer can be freed */
	size_t count;
	uint32_t mask;
	struct dir_node **nodes; /* sorted by name, a reference each */
	size_t tenant_count;
	struct dir_tenant_node **tenants; /* sorted by id, likewise */
	uint32_t *slots;         /* index + 1, 0 = free */
	atomic_uint count_of_refs;
};

static char
fold(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

uint32_t
dir_hash(const char *text)
{
	uint64_t h = OCT_FNV64;

	for (; *text != '\0'; text++)
		h = oct_fnv64_octet(h, fold(*text));
	return (uint32_t)(h ^ (h >> 32));
}

/* Stored texts are folded already; only what is asked may not be. */
static bool
same(const char *stored, const char *asked)
{
	while (*stored != '\0' && *stored == fold(*asked)) {
		stored++;
		asked++;
	}
	return *stored == fold(*asked);
}

uint32_t
dir_slots(size_t count)
{
	uint32_t slots = 2;

	OCT_ASSERT(count < UINT32_MAX / 4);
	while (slots < count * 2)
		slots *= 2;
	return slots;
}

void
dir_slot_put(uint32_t *slots, uint32_t mask, uint32_t hash, uint32_t index)
{
	uint32_t i = hash & mask;

	/* Ends: at most half of the slots are taken. */
	while (slots[i] != 0)
		i = (i + 1) & mask;
	slots[i] = index + 1;
}

void
dir_node_put(struct dir_node *n)
{
	if (n == NULL || atomic_fetch_sub(&n->refs, 1) != 1)
		return;
	dir_node_put(n->body); /* which has none itself */
	free(n);
}

/* Index of the domain + 1, 0 = not hosted. */
static uint32_t
find(const struct dir_snapshot *s, const char *domain)
{
	uint32_t hash = dir_hash(domain);

	for (uint32_t i = hash & s->mask; s->slots[i] != 0;
	     i = (i + 1) & s->mask) {
		const struct dir_node *n = s->nodes[s->slots[i] - 1];

		if (n->hash == hash && same(n->pub.name, domain))
			return s->slots[i];
	}
	return 0;
}

const struct dir_domain *
dir_domain_any(const struct dir_snapshot *s, const char *domain)
{
	uint32_t i = find(s, domain);

	return i == 0 ? NULL : &s->nodes[i - 1]->pub;
}

static bool
is_served(enum dir_life life)
{
	return life != DIR_LIFE_REQUESTED && life != DIR_LIFE_STUDY &&
	       life != DIR_LIFE_PROPOSED;
}

const struct dir_domain *
dir_domain(const struct dir_snapshot *s, const char *domain)
{
	const struct dir_domain *d = dir_domain_any(s, domain);

	return d != NULL && is_served(d->life) ? d : NULL;
}

static const struct dir_node *
node_of(const struct dir_domain *d)
{
	return (const struct dir_node *)(const void *)d;
}

const struct dir_mailbox *
dir_mailbox(const struct dir_domain *d, const char *local)
{
	const struct dir_node *n = node_of(d);

	for (uint32_t i = dir_hash(local) & n->mailbox_mask;
	     n->mailbox_slots[i] != 0; i = (i + 1) & n->mailbox_mask) {
		const struct dir_mailbox *m =
		    &n->mailboxes[n->mailbox_slots[i] - 1];

		if (same(m->local, local))
			return m;
	}
	return NULL;
}

const struct dir_alias *
dir_alias_any(const struct dir_domain *d, const char *local)
{
	const struct dir_node *n = node_of(d);

	for (uint32_t i = dir_hash(local) & n->alias_mask;
	     n->alias_slots[i] != 0; i = (i + 1) & n->alias_mask) {
		const struct dir_alias *a = &n->aliases[n->alias_slots[i] - 1];

		if (same(a->local, local))
			return a;
	}
	return NULL;
}

/* Its name is then nobody's. */
const struct dir_alias *
dir_alias(const struct dir_domain *d, const char *local)
{
	const struct dir_alias *a = dir_alias_any(d, local);

	return a != NULL && !detail_closed(a->details) ? a : NULL;
}

size_t
dir_domain_count(const struct dir_snapshot *s)
{
	return s->count;
}

const struct dir_domain *
dir_domain_at(const struct dir_snapshot *s, size_t i)
{
	OCT_ASSERT(i < s->count);
	return &s->nodes[i]->pub;
}

const struct dir_mailbox *
dir_mailbox_at(const struct dir_domain *d, size_t i)
{
	OCT_ASSERT(i < d->mailbox_count);
	return &node_of(d)->mailboxes[i];
}

const struct dir_alias *
dir_alias_at(const struct dir_domain *d, size_t i)
{
	OCT_ASSERT(i < d->alias_count);
	return &node_of(d)->aliases[i];
}

const struct dir_record *
dir_legacy_at(const struct dir_domain *d, size_t i)
{
	OCT_ASSERT(i < d->legacy_count);
	return &node_of(d)->legacy[i];
}

const struct dir_record *
dir_legacy(const struct dir_domain *d, const char *address)
{
	for (size_t i = 0; i < d->legacy_count; i++)
		if (strcmp(dir_legacy_at(d, i)->name, address) == 0)
			return dir_legacy_at(d, i);
	return NULL;
}

/* --- Tenants ------------------------------------------------------------- */

static int
id_order(const void *id, const void *tenant)
{
	const struct dir_tenant_node *const *t = tenant;

	return strcmp(id, (*t)->pub.id);
}

const struct dir_tenant *
dir_tenant(const struct dir_snapshot *s, const char *id)
{
	struct dir_tenant_node *const *found = NULL;

	if (s->tenant_count > 0)
		found = bsearch(id, s->tenants, s->tenant_count,
		    sizeof(struct dir_tenant_node *), id_order);
	return found != NULL ? &(*found)->pub : NULL;
}

size_t
dir_tenant_count(const struct dir_snapshot *s)
{
	return s->tenant_count;
}

const struct dir_tenant *
dir_tenant_at(const struct dir_snapshot *s, size_t i)
{
	OCT_ASSERT(i < s->tenant_count);
	return &s->tenants[i]->pub;
}

void
dir_tenant_put(struct dir_tenant_node *t)
{
	if (t != NULL && atomic_fetch_sub(&t->refs, 1) == 1)
		free(t);
}

/* All but the count of references, which others may be changing. */
static struct dir_node *
copy_node(struct dir_node *n)
{
	struct dir_node *copy = calloc(1, sizeof(*copy));

	if (copy == NULL)
		return NULL;
	copy->pub = n->pub;
	copy->body = n->body != NULL ? n->body : n;
	copy->hash = n->hash;
	copy->mailbox_mask = n->mailbox_mask;
	copy->alias_mask = n->alias_mask;
	copy->mailboxes = n->mailboxes;
	copy->aliases = n->aliases;
	copy->legacy = n->legacy;
	copy->mailbox_slots = n->mailbox_slots;
	copy->alias_slots = n->alias_slots;
	(void)atomic_fetch_add(&copy->body->refs, 1);
	atomic_init(&copy->refs, 1);
	return copy;
}

/*
 * A domain's node points to the tenant of the same snapshot, which both hold: a
 * node whose tenant is another one now is replaced by a copy of its struct over
 * the same tables.
 */
static int
link_node(const struct dir_snapshot *s, struct dir_node **n)
{
	struct dir_node *old = *n, *copy = old;
	const struct dir_tenant *t = NULL;

	if (*old->pub.tenant != '\0')
		t = dir_tenant(s, old->pub.tenant);
	if (old->pub.of_tenant == t)
		return 0;
	/* A node that only the caller holds was not seen by anybody yet. */
	if (atomic_load(&old->refs) != 1) {
		copy = copy_node(old);
		if (copy == NULL)
			return -ENOMEM;
		dir_node_put(old);
		*n = copy;
	}
	copy->pub.of_tenant = t;
	copy->pub.tenant_options = t != NULL ? t->options : NULL;
	return 0;
}

/* --- Snapshots ----------------------------------------------------------- */

/* What a snapshot is made of: a reference of each, given up by put_parts. */
struct parts {
	struct dir_node **nodes;
	struct dir_tenant_node **tenants;
	size_t count, tenant_count;
};

static void
put_parts(struct parts *p)
{
	for (size_t i = 0; i < p->count; i++)
		dir_node_put(p->nodes[i]);
	for (size_t i = 0; i < p->tenant_count; i++)
		dir_tenant_put(p->tenants[i]);
	free(p->nodes);
	free(p->tenants);
}

/* Empty, with room. */
static int
init_parts(struct parts *p, size_t nodes, size_t tenants)
{
	memset(p, 0, sizeof(*p));
	p->nodes = calloc(nodes + 1, sizeof(struct dir_node *));
	p->tenants = calloc(tenants + 1, sizeof(struct dir_tenant_node *));
	return p->nodes != NULL && p->tenants != NULL ? 0 : -ENOMEM;
}

static void
add_node(struct parts *p, struct dir_node *n)
{
	(void)atomic_fetch_add(&n->refs, 1);
	p->nodes[p->count++] = n;
}

static void
add_tenant(struct parts *p, struct dir_tenant_node *t)
{
	(void)atomic_fetch_add(&t->refs, 1);
	p->tenants[p->tenant_count++] = t;
}

static int
by_name(const void *a, const void *b)
{
	const struct dir_node *const *x = a, *const *y = b;

	return strcmp((*x)->pub.name, (*y)->pub.name);
}

static int
by_id(const void *a, const void *b)
{
	const struct dir_tenant_node *const *x = a, *const *y = b;

	return strcmp((*x)->pub.id, (*y)->pub.id);
}

static int
sort_parts(const struct parts *p)
{
	if (p->count > 0)
		qsort(p->nodes, p->count, sizeof(struct dir_node *), by_name);
	if (p->tenant_count > 0)
		qsort(p->tenants, p->tenant_count,
		    sizeof(struct dir_tenant_node *), by_id);
	for (size_t i = 1; i < p->count; i++)
		if (by_name(&p->nodes[i - 1], &p->nodes[i]) == 0)
			return -EEXIST;
	for (size_t i = 1; i < p->tenant_count; i++)
		if (by_id(&p->tenants[i - 1], &p->tenants[i]) == 0)
			return -EEXIST;
	return 0;
}

static void
snapshot_free(struct dir_snapshot *s)
{
	struct parts p = {s->nodes, s->tenants, s->count, s->tenant_count};

	put_parts(&p);
	free(s->slots);
	free(s);
}

/* Links and indexes what s holds. */
static int
index_nodes(struct dir_snapshot *s)
{
	uint32_t slots = dir_slots(s->count);

	s->slots = calloc(slots, sizeof(*s->slots));
	if (s->slots == NULL)
		return -ENOMEM;
	s->mask = slots - 1;
	for (size_t i = 0; i < s->count; i++) {
		int rc = link_node(s, &s->nodes[i]);

		if (rc != 0)
			return rc;
		dir_slot_put(s->slots, s->mask, s->nodes[i]->hash, (uint32_t)i);
	}
	return 0;
}

/* Takes over the parts, also on failure. */
static int
snapshot_of(struct parts *p, struct dir_snapshot **out)
{
	struct dir_snapshot *s;
	int rc = sort_parts(p);

	s = rc == 0 ? calloc(1, sizeof(*s)) : NULL;
	if (s == NULL) {
		put_parts(p);
		return rc != 0 ? rc : -ENOMEM;
	}
	s->self = s;
	s->refs = &s->count_of_refs;
	atomic_init(s->refs, 1);
	s->nodes = p->nodes;
	s->count = p->count;
	s->tenants = p->tenants;
	s->tenant_count = p->tenant_count;
	rc = index_nodes(s);
	if (rc != 0) {
		snapshot_free(s);
		return rc;
	}
	*out = s;
	return 0;
}

void
dir_entries_put(const struct dir_entries *e)
{
	for (size_t i = 0; i < e->count; i++)
		dir_node_put(e->nodes[i]);
	for (size_t i = 0; i < e->tenant_count; i++)
		dir_tenant_put(e->tenants[i]);
}

/* The references of what is there go over to the parts. */
static void
move_entries(struct parts *p, const struct dir_entries *e)
{
	for (size_t i = 0; i < e->count; i++)
		if (e->nodes[i] != NULL)
			p->nodes[p->count++] = e->nodes[i];
	for (size_t i = 0; i < e->tenant_count; i++)
		if (e->tenants[i] != NULL)
			p->tenants[p->tenant_count++] = e->tenants[i];
}

int
dir_snapshot_new(const struct dir_entries *e, struct dir_snapshot **out)
{
	struct parts p;
	int rc = init_parts(&p, e->count, e->tenant_count);

	if (rc != 0) {
		dir_entries_put(e);
		put_parts(&p);
		return rc;
	}
	move_entries(&p, e);
	return snapshot_of(&p, out);
}

/* References of all domains of old but the named ones. */
static int
copy_nodes(
    const struct dir_snapshot *old, const struct dir_entries *e, struct parts *p)
{
	bool *gone = calloc(old->count + 1, sizeof(*gone));

	if (gone == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < e->count; i++)
		gone[find(old, e->names[i])] = true;
	for (size_t i = 0; i < old->count; i++)
		if (!gone[i + 1])
			add_node(p, old->nodes[i]);
	free(gone);
	return 0;
}

static void
copy_tenants(
    const struct dir_snapshot *old, const struct dir_entries *e, struct parts *p)
{
	for (size_t i = 0; i < old->tenant_count; i++) {
		bool named = false;

		for (size_t k = 0; k < e->tenant_count && !named; k++)
			named =
			    strcmp(e->ids[k], old->tenants[i]->pub.id) == 0;
		if (!named)
			add_tenant(p, old->tenants[i]);
	}
}

int
dir_snapshot_with(const struct dir_snapshot *old, const struct dir_entries *e,
    struct dir_snapshot **out)
{
	struct parts p;
	int rc = init_parts(
	    &p, old->count + e->count, old->tenant_count + e->tenant_count);

	if (rc == 0)
		rc = copy_nodes(old, e, &p);
	if (rc != 0) {
		dir_entries_put(e);
		put_parts(&p);
		return rc;
	}
	copy_tenants(old, e, &p);
	move_entries(&p, e);
	return snapshot_of(&p, out);
}

int
dir_snapshot_union(const struct dir_snapshot *s,
    const struct dir_snapshot *extra, struct dir_snapshot **out, size_t *added)
{
	struct parts p;
	int rc = init_parts(&p, s->count + extra->count,
	    s->tenant_count + extra->tenant_count);

	if (rc != 0) {
		put_parts(&p);
		return rc;
	}
	for (size_t i = 0; i < s->count; i++)
		add_node(&p, s->nodes[i]);
	for (size_t i = 0; i < extra->count; i++)
		if (find(s, extra->nodes[i]->pub.name) == 0)
			add_node(&p, extra->nodes[i]);
	for (size_t i = 0; i < s->tenant_count; i++)
		add_tenant(&p, s->tenants[i]);
	for (size_t i = 0; i < extra->tenant_count; i++)
		if (dir_tenant(s, extra->tenants[i]->pub.id) == NULL)
			add_tenant(&p, extra->tenants[i]);
	*added = p.count - s->count + p.tenant_count - s->tenant_count;
	return snapshot_of(&p, out);
}

const struct dir_snapshot *
dir_snapshot_get(const struct dir_snapshot *s)
{
	(void)atomic_fetch_add(s->refs, 1);
	return s;
}

void
directory_put(const struct dir_snapshot *s)
{
	if (s != NULL && atomic_fetch_sub(s->refs, 1) == 1)
		snapshot_free(s->self);
}

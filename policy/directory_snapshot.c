/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "policy/directory.h"
#include "policy/directory_private.h"

struct dir_snapshot {
	atomic_uint *refs;         /* in the same block, below */
	struct dir_snapshot *self; /* so that a const pointer can be freed */
	size_t count;
	uint32_t mask;
	struct dir_node **nodes; /* sorted by name, a reference each */
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
	uint64_t h = 14695981039346656037u;

	for (; *text != '\0'; text++)
		h = (h ^ (unsigned char)fold(*text)) * 1099511628211u;
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
	if (n != NULL && atomic_fetch_sub(&n->refs, 1) == 1)
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
dir_domain(const struct dir_snapshot *s, const char *domain)
{
	uint32_t i = find(s, domain);

	return i == 0 ? NULL : &s->nodes[i - 1]->pub;
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
dir_alias(const struct dir_domain *d, const char *local)
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

enum dir_challenge
dir_challenge_of(const struct dir_domain *d, const struct dir_mailbox *m)
{
	if (m != NULL && m->challenge != DIR_CHALLENGE_INHERIT)
		return m->challenge;
	if (d->challenge != DIR_CHALLENGE_INHERIT)
		return d->challenge;
	return DIR_CHALLENGE_OFF; /* an option that is sold: never by default */
}

enum dir_lang
dir_lang_of(const struct dir_domain *d, const struct dir_mailbox *m)
{
	if (m != NULL && m->lang != DIR_LANG_INHERIT)
		return m->lang;
	return d->lang != DIR_LANG_INHERIT ? d->lang : DIR_LANG_FR;
}

void
dir_options(const struct dir_domain *d, const struct dir_mailbox *m,
    const struct option_values *platform, struct option_values *out)
{
	*out = *platform;
	options_apply(out, d->tenant_options);
	options_apply(out, d->options);
	options_apply(out, m != NULL ? m->options : NULL);
	/* The mode has an attribute of its own. */
	out->v[OPTION_CHALLENGE] =
	    dir_challenge_of(d, m) == DIR_CHALLENGE_FIRST_CONTACT
	    ? OPTION_CHALLENGE_FIRST_CONTACT
	    : OPTION_CHALLENGE_OFF;
}

/* --- Snapshots ----------------------------------------------------------- */

static void
put_all(struct dir_node **nodes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		dir_node_put(nodes[i]);
}

static int
by_name(const void *a, const void *b)
{
	const struct dir_node *const *x = a, *const *y = b;

	return strcmp((*x)->pub.name, (*y)->pub.name);
}

/* nodes are sorted; s takes their references. */
static int
index_nodes(struct dir_snapshot *s, struct dir_node **nodes, size_t count)
{
	uint32_t slots = dir_slots(count);

	for (size_t i = 1; i < count; i++)
		if (strcmp(nodes[i - 1]->pub.name, nodes[i]->pub.name) == 0)
			return -EEXIST;
	s->nodes = calloc(count + 1, sizeof(struct dir_node *));
	s->slots = calloc(slots, sizeof(*s->slots));
	if (s->nodes == NULL || s->slots == NULL)
		return -ENOMEM;
	s->mask = slots - 1;
	s->count = count;
	for (size_t i = 0; i < count; i++) {
		s->nodes[i] = nodes[i];
		dir_slot_put(s->slots, s->mask, nodes[i]->hash, (uint32_t)i);
	}
	return 0;
}

static void
snapshot_free(struct dir_snapshot *s)
{
	put_all(s->nodes, s->count);
	free(s->nodes);
	free(s->slots);
	free(s);
}

static int
snapshot_of_sorted(
    struct dir_node **nodes, size_t count, struct dir_snapshot **out)
{
	struct dir_snapshot *s = calloc(1, sizeof(*s));
	int rc = -ENOMEM;

	if (s == NULL)
		goto fail;
	s->self = s;
	s->refs = &s->count_of_refs;
	atomic_init(s->refs, 1);
	rc = index_nodes(s, nodes, count);
	if (rc != 0)
		goto fail;
	*out = s;
	return 0;
fail:
	put_all(nodes, count);
	if (s != NULL) {
		s->count = 0;
		snapshot_free(s);
	}
	return rc;
}

int
dir_snapshot_new(
    struct dir_node **nodes, size_t count, struct dir_snapshot **out)
{
	if (count > 0)
		qsort(nodes, count, sizeof(struct dir_node *), by_name);
	return snapshot_of_sorted(nodes, count, out);
}

/* References of all nodes of old but the named ones. */
static int
copy_others(const struct dir_snapshot *old, const char *const *names,
    size_t count, struct dir_node **all, size_t *n)
{
	bool *gone = calloc(old->count + 1, sizeof(*gone));

	if (gone == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		gone[find(old, names[i])] = true;
	for (size_t i = 0; i < old->count; i++) {
		if (gone[i + 1])
			continue;
		(void)atomic_fetch_add(&old->nodes[i]->refs, 1);
		all[(*n)++] = old->nodes[i];
	}
	free(gone);
	return 0;
}

int
dir_snapshot_with(const struct dir_snapshot *old, const char *const *names,
    struct dir_node **nodes, size_t count, struct dir_snapshot **out)
{
	struct dir_node **all =
	    calloc(old->count + count + 1, sizeof(struct dir_node *));
	size_t n = 0;
	int rc = -ENOMEM;

	if (all != NULL)
		rc = copy_others(old, names, count, all, &n);
	if (rc != 0) {
		put_all(nodes, count);
		free(all);
		return rc;
	}
	for (size_t i = 0; i < count; i++)
		if (nodes[i] != NULL)
			all[n++] = nodes[i];
	rc = dir_snapshot_new(all, n, out);
	free(all);
	return rc;
}

int
dir_snapshot_union(const struct dir_snapshot *s,
    const struct dir_snapshot *extra, struct dir_snapshot **out, size_t *added)
{
	struct dir_node **all =
	    calloc(s->count + extra->count + 1, sizeof(struct dir_node *));
	size_t n = 0;
	int rc;

	if (all == NULL)
		return -ENOMEM;
	for (; n < s->count; n++)
		all[n] = s->nodes[n];
	for (size_t i = 0; i < extra->count; i++)
		if (find(s, extra->nodes[i]->pub.name) == 0)
			all[n++] = extra->nodes[i];
	for (size_t i = 0; i < n; i++)
		(void)atomic_fetch_add(&all[i]->refs, 1);
	*added = n - s->count;
	rc = dir_snapshot_new(all, n, out);
	free(all);
	return rc;
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

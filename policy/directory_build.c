/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Building one domain: collected in a pool while it is read, then packed into
 * one block of exactly its size.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "policy/directory_private.h"

#define CHUNK_SIZE 16384

struct dir_pool_chunk {
	struct dir_pool_chunk *next;
	size_t used, size;
	max_align_t data[];
};

/* The rest of the block that dir_build_node fills, part by part. */
struct block {
	char *next;
	size_t left;
};

void *
dir_pool_alloc(struct dir_pool *p, size_t size)
{
	struct dir_pool_chunk *c = p->chunks;
	const size_t unit = sizeof(max_align_t);
	void *out;

	if (size > SIZE_MAX / 2)
		return NULL;
	size = (size + unit - 1) / unit * unit;
	if (c == NULL || c->size - c->used < size) {
		size_t room = size > CHUNK_SIZE ? size : CHUNK_SIZE;

		c = calloc(1, sizeof(*c) + room);
		if (c == NULL)
			return NULL;
		c->size = room;
		c->next = p->chunks;
		p->chunks = c;
	}
	out = (char *)c->data + c->used;
	c->used += size;
	return out;
}

const char *
dir_pool_text(struct dir_pool *p, const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy;

	if (size == 1)
		return "";
	copy = dir_pool_alloc(p, size);
	if (copy != NULL)
		memcpy(copy, text, size);
	return copy;
}

void
dir_pool_free(struct dir_pool *p)
{
	while (p->chunks != NULL) {
		struct dir_pool_chunk *next = p->chunks->next;

		free(p->chunks);
		p->chunks = next;
	}
}

static const struct dir_thresholds inherit = {INT32_MIN, INT32_MIN, INT32_MIN};

int
dir_build_init(struct dir_build *b, const char *name)
{
	memset(b, 0, sizeof(*b));
	b->domain.tenant = b->domain.transport = b->domain.catch_all = "";
	b->domain.thresholds = inherit;
	b->domain.name = dir_pool_text(&b->pool, name);
	return b->domain.name != NULL ? 0 : -ENOMEM;
}

void
dir_build_fini(struct dir_build *b)
{
	dir_pool_free(&b->pool);
	free(b->mailboxes);
	free(b->aliases);
	b->mailboxes = NULL;
	b->aliases = NULL;
}

static bool
grow(void **array, size_t *cap, size_t count, size_t size)
{
	size_t want = *cap == 0 ? 16 : *cap * 2;
	void *p;

	if (count < *cap)
		return true;
	p = reallocarray(*array, want, size);
	if (p == NULL)
		return false;
	*array = p;
	*cap = want;
	return true;
}

struct dir_mailbox *
dir_build_mailbox(struct dir_build *b)
{
	void *array = b->mailboxes;
	struct dir_mailbox *m;

	if (!grow(&array, &b->mailbox_cap, b->domain.mailbox_count, sizeof(*m)))
		return NULL;
	b->mailboxes = array;
	m = &b->mailboxes[b->domain.mailbox_count++];
	memset(m, 0, sizeof(*m));
	m->local = m->name = "";
	m->thresholds = inherit;
	return m;
}

struct dir_alias *
dir_build_alias(struct dir_build *b)
{
	void *array = b->aliases;
	struct dir_alias *a;

	if (!grow(&array, &b->alias_cap, b->domain.alias_count, sizeof(*a)))
		return NULL;
	b->aliases = array;
	a = &b->aliases[b->domain.alias_count++];
	memset(a, 0, sizeof(*a));
	a->local = "";
	return a;
}

/* --- Packing ------------------------------------------------------------- */

static int
mailbox_order(const void *a, const void *b)
{
	const struct dir_mailbox *x = a, *y = b;

	return strcmp(x->local, y->local);
}

static int
alias_order(const void *a, const void *b)
{
	const struct dir_alias *x = a, *y = b;

	return strcmp(x->local, y->local);
}

static int
dkim_order(const void *a, const void *b)
{
	const struct dir_dkim *x = a, *y = b;

	return strcmp(x->selector, y->selector);
}

static int
sort_entries(struct dir_build *b)
{
	size_t mailboxes = b->domain.mailbox_count;
	size_t aliases = b->domain.alias_count;

	if (mailboxes > 0)
		qsort(b->mailboxes, mailboxes, sizeof(*b->mailboxes),
		    mailbox_order);
	if (aliases > 0)
		qsort(b->aliases, aliases, sizeof(*b->aliases), alias_order);
	qsort(b->dkim, b->domain.dkim_count, sizeof(*b->dkim), dkim_order);
	for (size_t i = 1; i < mailboxes; i++)
		if (mailbox_order(&b->mailboxes[i - 1], &b->mailboxes[i]) == 0)
			return -EEXIST;
	for (size_t i = 1; i < aliases; i++)
		if (alias_order(&b->aliases[i - 1], &b->aliases[i]) == 0)
			return -EEXIST;
	return 0;
}

static size_t
text_size(const char *text)
{
	return *text == '\0' ? 0 : strlen(text) + 1;
}

static size_t
texts_size(const struct dir_build *b)
{
	const struct dir_domain *d = &b->domain;
	size_t n = text_size(d->name) + text_size(d->tenant) +
		   text_size(d->transport) + text_size(d->catch_all);

	for (size_t i = 0; i < d->mailbox_count; i++)
		n += text_size(b->mailboxes[i].local) +
		     text_size(b->mailboxes[i].name);
	for (size_t i = 0; i < d->alias_count; i++) {
		n += text_size(b->aliases[i].local);
		for (size_t t = 0; t < b->aliases[i].count; t++)
			n += text_size(b->aliases[i].targets[t]);
	}
	for (size_t i = 0; i < d->dkim_count; i++)
		n += text_size(b->dkim[i].selector) +
		     text_size(b->dkim[i].sealed);
	return n;
}

static size_t
target_count(const struct dir_build *b)
{
	size_t n = 0;

	for (size_t i = 0; i < b->domain.alias_count; i++)
		n += b->aliases[i].count;
	return n;
}

static void *
take(struct block *bl, size_t size)
{
	void *out = bl->next;

	OCT_ASSERT(size <= bl->left);
	bl->next += size;
	bl->left -= size;
	return out;
}

static const char *
take_text(struct block *bl, const char *text)
{
	size_t size = text_size(text);

	return size == 0 ? "" : memcpy(take(bl, size), text, size);
}

static struct dir_mailbox *
pack_mailboxes(
    const struct dir_build *b, struct block *arrays, struct block *texts)
{
	size_t count = b->domain.mailbox_count;
	struct dir_mailbox *out = take(arrays, count * sizeof(*out));

	for (size_t i = 0; i < count; i++) {
		out[i] = b->mailboxes[i];
		out[i].local = take_text(texts, out[i].local);
		out[i].name = take_text(texts, out[i].name);
	}
	return out;
}

static struct dir_alias *
pack_aliases(
    const struct dir_build *b, struct block *arrays, struct block *texts)
{
	size_t count = b->domain.alias_count;
	struct dir_alias *out = take(arrays, count * sizeof(*out));

	for (size_t i = 0; i < count; i++) {
		const struct dir_alias *a = &b->aliases[i];
		const char **to = take(arrays, a->count * sizeof(const char *));

		for (size_t t = 0; t < a->count; t++)
			to[t] = take_text(texts, a->targets[t]);
		out[i] = (struct dir_alias){
		    .local = take_text(texts, a->local),
		    .count = a->count,
		    .targets = to,
		};
	}
	return out;
}

static struct dir_dkim *
pack_dkim(
    const struct dir_build *b, struct block *arrays, struct block *texts)
{
	size_t count = b->domain.dkim_count;
	struct dir_dkim *out = take(arrays, count * sizeof(*out));

	for (size_t i = 0; i < count; i++) {
		out[i] = b->dkim[i];
		out[i].selector = take_text(texts, out[i].selector);
		out[i].sealed = take_text(texts, out[i].sealed);
	}
	return out;
}

static void
pack_slots(struct dir_node *n, struct block *slots)
{
	uint32_t boxes = dir_slots(n->pub.mailbox_count);
	uint32_t aliases = dir_slots(n->pub.alias_count);
	uint32_t *of_boxes = take(slots, boxes * sizeof(*of_boxes));
	uint32_t *of_aliases = take(slots, aliases * sizeof(*of_aliases));

	n->mailbox_mask = boxes - 1;
	n->alias_mask = aliases - 1;
	for (uint32_t i = 0; i < n->pub.mailbox_count; i++)
		dir_slot_put(
		    of_boxes, boxes - 1, dir_hash(n->mailboxes[i].local), i);
	for (uint32_t i = 0; i < n->pub.alias_count; i++)
		dir_slot_put(
		    of_aliases, aliases - 1, dir_hash(n->aliases[i].local), i);
	n->mailbox_slots = of_boxes;
	n->alias_slots = of_aliases;
}

int
dir_build_node(struct dir_build *b, struct dir_node **out)
{
	const struct dir_domain *d = &b->domain;
	size_t arrays = d->mailbox_count * sizeof(struct dir_mailbox) +
			d->alias_count * sizeof(struct dir_alias) +
			d->dkim_count * sizeof(struct dir_dkim) +
			target_count(b) * sizeof(const char *);
	size_t slots =
	    (dir_slots(d->mailbox_count) + dir_slots(d->alias_count)) *
	    sizeof(uint32_t);
	size_t texts = texts_size(b);
	struct block array_block, slot_block, text_block;
	struct dir_node *n;
	int rc = sort_entries(b);

	if (rc != 0)
		return rc;
	/* Pointers first, then 32-bit slots, then octets: all stay aligned. */
	n = calloc(1, sizeof(*n) + arrays + slots + texts);
	if (n == NULL)
		return -ENOMEM;
	array_block = (struct block){(char *)(n + 1), arrays};
	slot_block = (struct block){array_block.next + arrays, slots};
	text_block = (struct block){slot_block.next + slots, texts};
	n->pub = *d;
	n->pub.name = take_text(&text_block, d->name);
	n->pub.tenant = take_text(&text_block, d->tenant);
	n->pub.transport = take_text(&text_block, d->transport);
	n->pub.catch_all = take_text(&text_block, d->catch_all);
	n->mailboxes = pack_mailboxes(b, &array_block, &text_block);
	n->aliases = pack_aliases(b, &array_block, &text_block);
	n->pub.dkim = pack_dkim(b, &array_block, &text_block);
	pack_slots(n, &slot_block);
	n->hash = dir_hash(n->pub.name);
	atomic_init(&n->refs, 1);
	*out = n;
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Building one domain: collected in a pool while it is read, then packed into
 * one block of exactly its size (directory_pack.c).
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
	b->domain.unprotected_reason = "";
	b->domain.limits.sending_reason = "";
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
	free(b->legacy);
	b->mailboxes = NULL;
	b->aliases = NULL;
	b->legacy = NULL;
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
	m->local = m->name = m->unprotected_reason = "";
	m->limits.sending_reason = "";
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

struct dir_record *
dir_build_legacy(struct dir_build *b)
{
	void *array = b->legacy;
	struct dir_record *l;

	if (!grow(&array, &b->legacy_cap, b->domain.legacy_count, sizeof(*l)))
		return NULL;
	b->legacy = array;
	l = &b->legacy[b->domain.legacy_count++];
	*l = (struct dir_record){.name = ""};
	return l;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioning/zimbra.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"

#define TEXT_MAX (256u << 20) /* octets of all texts of one */

struct alias {
	const char *name;
	size_t owner;
};

struct text {
	struct text *next;
	char octets[];
};

struct zimbra {
	struct zimbra_entry *entries;
	size_t count, cap;
	struct alias *aliases; /* sorted */
	size_t alias_count;
	struct zimbra_names dropped;
	struct text *texts;
	size_t octets;
};

int
zimbra_new(struct zimbra **out)
{
	*out = calloc(1, sizeof(**out));
	return *out != NULL ? 0 : -ENOMEM;
}

void
zimbra_free(struct zimbra *z)
{
	if (z == NULL)
		return;
	for (size_t i = 0; i < z->count; i++) {
		free(z->entries[i].aliases.items);
		free(z->entries[i].forwards.items);
		free(z->entries[i].members.items);
	}
	for (struct text *t = z->texts, *next; t != NULL; t = next) {
		next = t->next;
		free(t);
	}
	free(z->dropped.items);
	free(z->aliases);
	free(z->entries);
	free(z);
}

size_t
zimbra_count(const struct zimbra *z)
{
	return z->count;
}

const struct zimbra_entry *
zimbra_at(const struct zimbra *z, size_t i)
{
	OCT_ASSERT(i < z->count);
	return &z->entries[i];
}

struct zimbra_entry *
zimbra_change(struct zimbra *z, size_t i)
{
	OCT_ASSERT(i < z->count);
	return &z->entries[i];
}

struct zimbra_names *
zimbra_dropped(struct zimbra *z)
{
	return &z->dropped;
}

const struct zimbra_names *
zimbra_dropped_of(const struct zimbra *z)
{
	return &z->dropped;
}

/* --- Building ------------------------------------------------------------ */

const char *
zimbra_text(struct zimbra *z, const char *text, bool lower)
{
	size_t len = strlen(text);
	struct text *t;

	if (len == 0)
		return "";
	if (len > TEXT_MAX - z->octets)
		return NULL;
	t = malloc(sizeof(*t) + len + 1);
	if (t == NULL)
		return NULL;
	memcpy(t->octets, text, len + 1);
	for (size_t i = 0; lower && i < len; i++)
		t->octets[i] = (char)tolower((unsigned char)t->octets[i]);
	t->next = z->texts;
	z->texts = t;
	z->octets += len;
	return t->octets;
}

struct zimbra_entry *
zimbra_add(struct zimbra *z, enum zimbra_kind kind, const char *name)
{
	struct zimbra_entry *e;

	if (z->count == z->cap) {
		size_t cap = z->cap == 0 ? 256 : z->cap * 2;
		void *p = reallocarray(z->entries, cap, sizeof(*e));

		if (p == NULL)
			return NULL;
		z->entries = p;
		z->cap = cap;
	}
	e = &z->entries[z->count];
	*e = (struct zimbra_entry){ .kind = kind,
		.name = zimbra_text(z, name, true),
		.id = "",
		.status = "",
		.display = "",
		.quota = "",
		.cos = "",
		.off = "",
		.used = -1 };
	if (e->name == NULL)
		return NULL;
	z->count++;
	return e;
}

int
zimbra_name_add(struct zimbra_names *n, const char *name)
{
	if (name == NULL)
		return -ENOMEM;
	if (n->count == n->cap) {
		size_t cap = n->cap == 0 ? 4 : n->cap * 2;
		void *p = reallocarray(n->items, cap, sizeof(*n->items));

		if (p == NULL)
			return -ENOMEM;
		n->items = p;
		n->cap = cap;
	}
	n->items[n->count++] = name;
	return 0;
}

/* --- Order --------------------------------------------------------------- */

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void
zimbra_names_sort(struct zimbra_names *n)
{
	size_t kept = 0;

	if (n->count == 0)
		return;
	qsort(n->items, n->count, sizeof(*n->items), by_text);
	for (size_t i = 1; i < n->count; i++)
		if (strcmp(n->items[i], n->items[kept]) != 0)
			n->items[++kept] = n->items[i];
	n->count = kept + 1;
}

bool
zimbra_has(const struct zimbra_names *n, const char *name)
{
	return n->count > 0 && bsearch(&name, n->items, n->count,
				   sizeof(*n->items), by_text) != NULL;
}

static int
by_name(const void *x, const void *y)
{
	const struct zimbra_entry *a = x, *b = y;

	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	return strcmp(a->name, b->name);
}

static int
by_alias(const void *x, const void *y)
{
	const struct alias *a = x, *b = y;

	return strcmp(a->name, b->name);
}

/* A list's own name is among its aliases; it is none. */
static void
take_aliases(struct zimbra *z, size_t owner)
{
	const struct zimbra_entry *e = &z->entries[owner];

	for (size_t i = 0; i < e->aliases.count; i++)
		if (strcmp(e->aliases.items[i], e->name) != 0)
			z->aliases[z->alias_count++] =
			    (struct alias){ e->aliases.items[i], owner };
}

static int
index_aliases(struct zimbra *z, const char **name)
{
	size_t count = 1;

	for (size_t i = 0; i < z->count; i++)
		count += z->entries[i].aliases.count;
	z->aliases = calloc(count, sizeof(*z->aliases));
	if (z->aliases == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < z->count; i++)
		take_aliases(z, i);
	if (z->alias_count > 0)
		qsort(z->aliases, z->alias_count, sizeof(*z->aliases),
		    by_alias);
	for (size_t i = 1; i < z->alias_count; i++)
		if (by_alias(&z->aliases[i - 1], &z->aliases[i]) == 0) {
			*name = z->aliases[i].name;
			return OCT_EPARSE;
		}
	return 0;
}

int
zimbra_sort(struct zimbra *z, const char **name)
{
	for (size_t i = 0; i < z->count; i++) {
		zimbra_names_sort(&z->entries[i].aliases);
		zimbra_names_sort(&z->entries[i].forwards);
		zimbra_names_sort(&z->entries[i].members);
	}
	zimbra_names_sort(&z->dropped);
	if (z->count > 0)
		qsort(z->entries, z->count, sizeof(*z->entries), by_name);
	for (size_t i = 1; i < z->count; i++)
		if (by_name(&z->entries[i - 1], &z->entries[i]) == 0) {
			*name = z->entries[i].name;
			return OCT_EPARSE;
		}
	return index_aliases(z, name);
}

const struct zimbra_entry *
zimbra_find(const struct zimbra *z, enum zimbra_kind kind, const char *name)
{
	const struct zimbra_entry key = { .kind = kind, .name = name };

	return z->count > 0 ? bsearch(&key, z->entries, z->count,
				  sizeof(*z->entries), by_name)
			    : NULL;
}

const struct zimbra_entry *
zimbra_owner(const struct zimbra *z, const char *alias)
{
	const struct alias key = { .name = alias };
	const struct alias *found = z->alias_count > 0
	    ? bsearch(&key, z->aliases, z->alias_count, sizeof(key), by_alias)
	    : NULL;

	return found != NULL ? &z->entries[found->owner] : NULL;
}

/* --- Words --------------------------------------------------------------- */

/*
 * As zmprov splits its lines: a backslash takes the next character as it is, but
 * n, t and r; a word ends with its quote, whatever follows; a line that ends with
 * a backslash goes on in the next.  Quoted as a whole nothing of that can happen
 * by what stands inside.
 */
void
zimbra_word(struct oct_str *out, const char *text)
{
	oct_str_addc(out, '"');
	for (; *text != '\0'; text++) {
		switch (*text) {
		case '"':
		case '\\':
			oct_str_addc(out, '\\');
			oct_str_addc(out, *text);
			break;
		case '\n':
			oct_str_add(out, "\\n");
			break;
		case '\r':
			oct_str_add(out, "\\r");
			break;
		case '\t':
			oct_str_add(out, "\\t");
			break;
		default:
			oct_str_addc(out, *text);
		}
	}
	oct_str_addc(out, '"');
}

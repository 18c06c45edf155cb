/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/model.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "policy/directory_private.h"
#include "policy/keys.h"

struct model {
	struct dir_pool pool;
	struct model_item *items;
	size_t count, cap;
	enum model_scope scope;
	const char *tenant;
};

int
model_new(struct model **out)
{
	struct model *m = calloc(1, sizeof(*m));

	if (m == NULL)
		return -ENOMEM;
	m->tenant = "";
	*out = m;
	return 0;
}

void
model_free(struct model *m)
{
	if (m == NULL)
		return;
	dir_pool_free(&m->pool);
	free(m->items);
	free(m);
}

int
model_add(struct model *m, const struct model_item *item)
{
	struct model_item *to;

	if (m->count == m->cap) {
		size_t cap = m->cap == 0 ? 64 : m->cap * 2;
		void *p = reallocarray(m->items, cap, sizeof(*to));

		if (p == NULL)
			return -ENOMEM;
		m->items = p;
		m->cap = cap;
	}
	to = &m->items[m->count];
	*to = (struct model_item){item->kind,
	    dir_pool_text(&m->pool, item->domain),
	    dir_pool_text(&m->pool, item->name),
	    dir_pool_text(&m->pool, item->json)};
	if (to->domain == NULL || to->name == NULL || to->json == NULL)
		return -ENOMEM;
	m->count++;
	return 0;
}

/* Tenants name plans, and domains tenants: what is named comes first. */
static int
rank(enum dir_kind kind)
{
	switch (kind) {
	case DIR_KIND_PLAN:
		return 0;
	case DIR_KIND_PRICE:
		return 1;
	case DIR_KIND_TENANT:
		return 2;
	case DIR_KIND_DOMAIN:
		return 3;
	case DIR_KIND_MAILBOX:
		return 4;
	case DIR_KIND_ALIAS:
		return 5;
	case DIR_KIND_LEGACY:
		break;
	}
	return 6;
}

int
model_order(const struct model_item *a, const struct model_item *b)
{
	int x = rank(a->kind), y = rank(b->kind), c;

	if (x < 3 || y < 3) {
		if (x != y)
			return x - y;
	} else {
		c = strcmp(a->domain, b->domain);
		if (c != 0 || x != y)
			return c != 0 ? c : x - y;
	}
	return strcmp(a->name, b->name);
}

static int
by_order(const void *a, const void *b)
{
	return model_order(a, b);
}

int
model_sort(struct model *m)
{
	if (m->count > 0)
		qsort(m->items, m->count, sizeof(*m->items), by_order);
	for (size_t i = 1; i < m->count; i++)
		if (model_order(&m->items[i - 1], &m->items[i]) == 0)
			return -EEXIST;
	return 0;
}

size_t
model_count(const struct model *m)
{
	return m->count;
}

const struct model_item *
model_at(const struct model *m, size_t i)
{
	OCT_ASSERT(i < m->count);
	return &m->items[i];
}

const struct model_item *
model_find(const struct model *m, enum dir_kind kind, const char *domain,
    const char *name)
{
	const struct model_item key = {kind, domain, name, ""};

	if (m->count == 0)
		return NULL;
	return bsearch(
	    &key, m->items, m->count, sizeof(*m->items), by_order);
}

void
model_set_scope(struct model *m, enum model_scope scope, const char *tenant)
{
	const char *copy = dir_pool_text(&m->pool, tenant);

	/* Without memory: speak for less. */
	m->scope = copy != NULL ? scope : MODEL_SCOPE_NAMED;
	m->tenant = copy != NULL ? copy : "";
}

enum model_scope
model_get_scope(const struct model *m, const char **tenant)
{
	*tenant = m->tenant;
	return m->scope;
}

void
model_text(const struct model_item *item, const char *attribute, char *out,
    size_t size)
{
	json_t *object = dir_object(item->json);
	const char *text =
	    json_string_value(json_object_get(object, attribute));

	if (text == NULL || strlen(text) >= size)
		text = "";
	memcpy(out, text, strlen(text) + 1);
	json_decref(object);
}

/* --- Out of the store ---------------------------------------------------- */

static int
add_entry(struct model *m, enum dir_kind kind, const char *domain,
    const char *name, const void *entry)
{
	struct model_item item = {kind, domain, name, ""};
	struct oct_str json;
	int rc;

	oct_str_heap(&json, DIR_ENTRY_MAX);
	dir_entry_json(kind, entry, false, &json);
	item.json = oct_str_text(&json);
	rc = oct_str_err(&json);
	if (rc == 0)
		rc = model_add(m, &item);
	oct_str_free(&json);
	return rc;
}

static int
add_domain(struct model *m, const struct dir_domain *d)
{
	int rc = add_entry(m, DIR_KIND_DOMAIN, d->name, "", d);

	for (size_t i = 0; rc == 0 && i < d->mailbox_count; i++)
		rc = add_entry(m, DIR_KIND_MAILBOX, d->name,
		    dir_mailbox_at(d, i)->local, dir_mailbox_at(d, i));
	for (size_t i = 0; rc == 0 && i < d->alias_count; i++)
		rc = add_entry(m, DIR_KIND_ALIAS, d->name,
		    dir_alias_at(d, i)->local, dir_alias_at(d, i));
	for (size_t i = 0; rc == 0 && i < d->legacy_count; i++)
		rc = add_entry(m, DIR_KIND_LEGACY, d->name,
		    dir_legacy_at(d, i)->name, dir_legacy_at(d, i));
	return rc;
}

static int
add_snapshot(struct model *m, const struct dir_snapshot *s, const char *tenant)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < dir_tenant_count(s); i++) {
		const struct dir_tenant *t = dir_tenant_at(s, i);

		if (tenant == NULL || strcmp(t->id, tenant) == 0)
			rc = add_entry(m, DIR_KIND_TENANT, "", t->id, t);
	}
	for (size_t i = 0; rc == 0 && i < dir_domain_count(s); i++)
		rc = add_domain(m, dir_domain_at(s, i));
	return rc;
}

static int
add_records(struct model *m, struct store_batch *b, int slot,
    enum dir_kind kind)
{
	struct dir_reading r = {.lenient = true};
	struct dir_pool pool = {NULL};
	int rc = 0;

	for (size_t i = 0; rc == 0 && i + 1 < store_batch_count(b, slot);
	     i += 2) {
		const char *id = store_batch_value(b, slot, i)->data;
		struct dir_record rec = {.name = id};

		rc = dir_read_record(&r, kind,
		    store_batch_value(b, slot, i + 1)->data, &pool, &rec);
		if (rc == 0 && *id != '\0' && dir_is_id(id))
			rc = add_entry(m, kind, "", id, &rec);
	}
	dir_pool_free(&pool);
	return rc;
}

static int
load_records(struct store *store, struct model *m)
{
	struct store_batch *b;
	int rc = store_batch_new(&b);

	if (rc != 0)
		return rc;
	rc = store_batch_hgetall(b, KEY_PLANS);
	if (rc >= 0)
		rc = store_batch_hgetall(b, KEY_PRICES);
	if (rc >= 0)
		rc = store_batch_run(store, b);
	if (rc == 0)
		rc = add_records(m, b, 0, DIR_KIND_PLAN);
	if (rc == 0)
		rc = add_records(m, b, 1, DIR_KIND_PRICE);
	store_batch_free(b);
	return rc;
}

int
model_load_records(struct store *store, struct model **out)
{
	struct model *m = NULL;
	int rc = model_new(&m);

	if (rc == 0)
		rc = load_records(store, m);
	if (rc == 0)
		rc = model_sort(m);
	if (rc == 0)
		*out = m;
	else
		model_free(m);
	return rc;
}

int
model_load(struct store *store, const char *tenant, struct model **out)
{
	const struct dir_snapshot *s = NULL;
	struct model *m;
	int rc = model_new(&m);

	if (rc != 0)
		return rc;
	rc = tenant != NULL ? dir_load_of_tenant(store, tenant, &s)
			    : directory_read(store, NULL, &s);
	if (rc == 0)
		rc = add_snapshot(m, s, tenant);
	directory_put(s);
	if (rc == 0)
		rc = load_records(store, m);
	if (rc == 0)
		rc = model_sort(m);
	if (rc != 0) {
		model_free(m);
		return rc;
	}
	model_set_scope(m,
	    tenant != NULL ? MODEL_SCOPE_TENANT : MODEL_SCOPE_ALL,
	    tenant != NULL ? tenant : "");
	*out = m;
	return 0;
}

int
model_load_domain(struct store *store, const char *domain, struct model *m)
{
	const struct dir_snapshot *s = NULL;
	int rc = directory_read(store, domain, &s);

	if (rc == 0)
		rc = add_domain(m, dir_domain_at(s, 0));
	directory_put(s);
	return rc == 0 ? model_sort(m) : rc;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two models side by side.
 */
#include <errno.h>
#include <jansson.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "policy/directory_private.h"
#include "policy/model.h"

#define STATE_SIZE 32

struct differ {
	const struct model *live, *wanted;
	bool close_missing;
	struct model_plan *plan;
	size_t cap;
	char *problem;
};

static int OCT_PRINTF(2, 3)
    misfit(const struct differ *d, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(d->problem, MODEL_PROBLEM_SIZE, fmt, ap);
	va_end(ap);
	return OCT_EPARSE;
}

static bool
is_closed(const struct model_item *i)
{
	char state[STATE_SIZE];

	/* Without looking closer at the many that are not. */
	if (strstr(i->json, "\"closed\"") == NULL)
		return false;
	model_text(i, "state", state, sizeof(state));
	return strcmp(state, "closed") == 0;
}

static int
add_change(struct differ *d, enum model_verb verb,
    const struct model_item *item, const char *before)
{
	struct model_plan *p = d->plan;
	struct dir_pool pool = {p->chunks};
	struct model_change *c;

	if (p->count == d->cap) {
		size_t cap = d->cap == 0 ? 64 : d->cap * 2;
		void *more = reallocarray(p->changes, cap, sizeof(*c));

		if (more == NULL)
			return -ENOMEM;
		p->changes = more;
		d->cap = cap;
	}
	c = &p->changes[p->count];
	c->verb = verb;
	c->item = (struct model_item){item->kind,
	    dir_pool_text(&pool, item->domain),
	    dir_pool_text(&pool, item->name), dir_pool_text(&pool, item->json)};
	c->before = before != NULL ? dir_pool_text(&pool, before) : NULL;
	p->chunks = pool.chunks;
	if (c->item.domain == NULL || c->item.name == NULL ||
	    c->item.json == NULL || (before != NULL && c->before == NULL))
		return -ENOMEM;
	p->count++;
	return 0;
}

/* --- One that both have -------------------------------------------------- */

/* What a file may leave unsaid, and what the programs keep by themselves. */
static bool
is_kept(enum dir_kind kind, const char *name)
{
	struct dir_attribute a;

	if (strcmp(name, "has_blocks") == 0)
		return true;
	return dir_attribute(kind, name, &a) && a.type == DIR_TYPE_DETAIL &&
	       detail_info(a.detail)->kept;
}

static void
keep(enum dir_kind kind, json_t *before, json_t *after)
{
	const char *name;
	json_t *value;

	json_object_foreach(before, name, value)
	{
		if (is_kept(kind, name) &&
		    json_object_get(after, name) == NULL)
			(void)json_object_set(after, name, value);
	}
}

/* The attributes that shall be, in the one spelling; the caller frees. */
static int
settled(const struct model_item *i, json_t *object, char **out)
{
	struct dir_reading r = {.lenient = true};
	const struct dir_named named = {i->domain, i->name};
	struct oct_str json;
	int rc = dir_settle(i->kind, object);
	char *text = rc == 0 ? json_dumps(object, JSON_COMPACT) : NULL;

	if (text == NULL)
		return -ENOMEM;
	oct_str_heap(&json, DIR_ENTRY_MAX);
	rc = dir_canonical(&r, i->kind, &named, text, &json);
	if (rc == 0)
		*out = oct_str_take(&json);
	oct_str_free(&json);
	free(text);
	return rc == 0 && *out == NULL ? -ENOMEM : rc;
}

static enum model_verb
verb_of(const struct model_item *was, const struct model_item *now)
{
	if (is_closed(was) == is_closed(now))
		return MODEL_CHANGE;
	return is_closed(now) ? MODEL_CLOSE : MODEL_REOPEN;
}

static int
compare(struct differ *d, const struct model_item *was,
    const struct model_item *now)
{
	struct model_item shall = *now;
	json_t *before, *after;
	char *json = NULL;
	int rc;

	if (strcmp(was->json, now->json) == 0)
		return 0;
	before = dir_object(was->json);
	after = dir_object(now->json);
	keep(now->kind, before, after);
	rc = before != NULL && after != NULL ? settled(now, after, &json)
					     : -ENOMEM;
	if (rc == 0 && strcmp(was->json, json) != 0) {
		shall.json = json;
		rc = add_change(d, verb_of(was, &shall), &shall, was->json);
	}
	free(json);
	json_decref(before);
	json_decref(after);
	return rc;
}

/* --- One that only the file has ------------------------------------------ */

static int
check_fits(struct differ *d, const struct model_item *i)
{
	enum dir_kind other =
	    i->kind == DIR_KIND_ALIAS ? DIR_KIND_MAILBOX : DIR_KIND_ALIAS;

	if (*i->domain == '\0' || i->kind == DIR_KIND_DOMAIN)
		return 0;
	if (model_find(d->live, DIR_KIND_DOMAIN, i->domain, "") == NULL &&
	    model_find(d->wanted, DIR_KIND_DOMAIN, i->domain, "") == NULL)
		return misfit(d, "%s %s: there is no domain %s, here or in the "
				 "store",
		    dir_kind_name(i->kind), i->name, i->domain);
	if (i->kind != DIR_KIND_LEGACY &&
	    (model_find(d->live, other, i->domain, i->name) != NULL ||
		model_find(d->wanted, other, i->domain, i->name) != NULL))
		return misfit(d, "%s %s@%s: there is already %s %s of that "
				 "name; close and purge it first",
		    dir_kind_name(i->kind), i->name, i->domain,
		    dir_kind_article(other), dir_kind_name(other));
	return 0;
}

static int
only_wanted(struct differ *d, const struct model_item *i)
{
	struct model_item shall = *i;
	json_t *object = dir_object(i->json);
	char *json = NULL;
	int rc = check_fits(d, i);

	if (rc == 0)
		rc = settled(i, object, &json);
	if (rc == 0) {
		shall.json = json;
		rc = add_change(d, MODEL_ADD, &shall, NULL);
	}
	free(json);
	json_decref(object);
	return rc;
}

/* --- One that only the store has ----------------------------------------- */

static bool
names(const struct model *m, enum dir_kind kind, const char *name)
{
	if (kind == DIR_KIND_DOMAIN)
		return model_find(m, kind, name, "") != NULL;
	return model_find(m, kind, "", name) != NULL;
}

/* Does the file speak for the tenant or domain? */
static bool
speaks_for(const struct differ *d, const struct model_item *i)
{
	char of[DIR_ID_MAX + 1];
	const char *tenant;
	enum model_scope scope = model_get_scope(d->wanted, &tenant);

	if (scope == MODEL_SCOPE_ALL)
		return true;
	if (i->kind == DIR_KIND_TENANT)
		return scope == MODEL_SCOPE_TENANT &&
		       strcmp(i->name, tenant) == 0;
	model_text(i, "tenant", of, sizeof(of));
	if (scope == MODEL_SCOPE_TENANT)
		return strcmp(of, tenant) == 0;
	return *of != '\0' && names(d->wanted, DIR_KIND_TENANT, of);
}

static bool
is_missing(const struct differ *d, const struct model_item *i)
{
	if (is_closed(i))
		return false;
	switch (i->kind) {
	case DIR_KIND_TENANT:
	case DIR_KIND_DOMAIN:
		return speaks_for(d, i);
	case DIR_KIND_MAILBOX:
	case DIR_KIND_ALIAS:
	case DIR_KIND_LEGACY:
		/* Those of a missing domain go with it. */
		return names(d->wanted, DIR_KIND_DOMAIN, i->domain);
	case DIR_KIND_PLAN:
	case DIR_KIND_PRICE:
		break;
	}
	return false;
}

static int
only_live(struct differ *d, const struct model_item *i)
{
	struct model_item shall = *i;
	json_t *object;
	char *json = NULL;
	int rc;

	if (!is_missing(d, i))
		return 0;
	if (!d->close_missing) {
		d->plan->missing++;
		return 0;
	}
	object = dir_object(i->json);
	rc = object != NULL &&
		json_object_set_new(object, "state", json_string("closed")) == 0
	    ? settled(i, object, &json)
	    : -ENOMEM;
	if (rc == 0) {
		shall.json = json;
		rc = add_change(d, MODEL_CLOSE, &shall, i->json);
	}
	free(json);
	json_decref(object);
	return rc;
}

/* --- All ----------------------------------------------------------------- */

/* Which of the two comes next: < 0 the store's, > 0 the file's, 0 both. */
static int
next_of(const struct differ *d, size_t i, size_t j)
{
	if (i == model_count(d->live))
		return 1;
	if (j == model_count(d->wanted))
		return -1;
	return model_order(model_at(d->live, i), model_at(d->wanted, j));
}

/* Through both in their order. */
static int
walk(struct differ *d)
{
	size_t n = model_count(d->live), m = model_count(d->wanted);
	size_t i = 0, j = 0;
	int rc = 0;

	while (rc == 0 && (i < n || j < m)) {
		int c = next_of(d, i, j);

		if (c == 0)
			rc = compare(
			    d, model_at(d->live, i), model_at(d->wanted, j));
		else if (c < 0)
			rc = only_live(d, model_at(d->live, i));
		else
			rc = only_wanted(d, model_at(d->wanted, j));
		i += c <= 0;
		j += c >= 0;
	}
	return rc;
}

int
model_diff(const struct model *live, const struct model *wanted,
    bool close_missing, struct model_plan *out,
    char problem[MODEL_PROBLEM_SIZE])
{
	struct differ d = {.live = live,
	    .wanted = wanted,
	    .close_missing = close_missing,
	    .plan = out,
	    .problem = problem};
	int rc;

	memset(out, 0, sizeof(*out));
	problem[0] = '\0';
	rc = walk(&d);
	if (rc != 0)
		model_plan_free(out);
	return rc;
}

void
model_plan_free(struct model_plan *p)
{
	struct dir_pool pool = {p->chunks};

	dir_pool_free(&pool);
	free(p->changes);
	memset(p, 0, sizeof(*p));
}

/* --- Over what is there -------------------------------------------------- */

static int
add_over(
    struct model *m, const struct model_item *was, const struct model_item *set)
{
	struct model_item item = *set;
	struct dir_reading r = {.lenient = true};
	const struct dir_named named = {set->domain, set->name};
	json_t *object = dir_object(set->json);
	struct oct_str json;
	char *merged = NULL;
	int rc = object != NULL
	    ? dir_merge(set->kind, was->json, object, &merged)
	    : -ENOMEM;

	oct_str_heap(&json, DIR_ENTRY_MAX);
	if (rc == 0)
		rc = dir_canonical(&r, set->kind, &named, merged, &json);
	item.json = oct_str_text(&json);
	if (rc == 0)
		rc = model_add(m, &item);
	oct_str_free(&json);
	free(merged);
	json_decref(object);
	return rc;
}

int
model_over(
    const struct model *live, const struct model *set, struct model **out)
{
	struct model *m;
	int rc = model_new(&m);

	if (rc != 0)
		return rc;
	for (size_t i = 0; rc == 0 && i < model_count(set); i++) {
		const struct model_item *item = model_at(set, i);
		const struct model_item *was = model_find(
		    live, item->kind, item->domain, item->name);

		rc = was != NULL ? add_over(m, was, item) : model_add(m, item);
	}
	if (rc == 0)
		*out = m;
	else
		model_free(m);
	return rc;
}

/* --- After it ------------------------------------------------------------ */

int
model_after(const struct model *live, const struct model_plan *p,
    struct model **out)
{
	size_t n = model_count(live), i = 0, j = 0;
	struct model *m;
	int rc = model_new(&m);

	if (rc != 0)
		return rc;
	while (rc == 0 && (i < n || j < p->count)) {
		int c = i == n ? 1
		    : j == p->count
		    ? -1
		    : model_order(model_at(live, i), &p->changes[j].item);

		rc = model_add(
		    m, c < 0 ? model_at(live, i) : &p->changes[j].item);
		i += c <= 0;
		j += c >= 0;
	}
	if (rc == 0)
		*out = m;
	else
		model_free(m);
	return rc;
}

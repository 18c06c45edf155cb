/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The facts of a year out of the store: what the journals say, and, where they
 * say nothing, what there is now.  The state is read before the journals: what
 * is changed between the two stands in both.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/err.h"
#include "policy/journal.h"
#include "policy/model.h"
#include "policy/statement_int.h"

struct reading {
	struct statement *s;
	struct store *store;
	struct model *live;
	int64_t known_ms;
	const char *domain; /* of the journal at hand, "" = none */
	json_t *seen;       /* "kind name" of its entries */
};

/* 1 January of that year, here. */
static int64_t
year_begin_ms(int year)
{
	struct tm tm = {
	    .tm_year = year - 1900, .tm_mday = 1, .tm_isdst = -1};

	return (int64_t)mktime(&tm) * 1000;
}

int64_t
statement_end_ms(int year)
{
	return year_begin_ms(year + 1) - 1;
}

static int
add(struct reading *r, enum dir_kind kind, const char *name, const char *day,
    const json_t *state)
{
	const struct statement_fact f = {.kind = kind,
	    .domain = r->domain,
	    .name = name,
	    .day = day,
	    .state = state};

	return statement_add(r->s, &f);
}

/* --- Journals ------------------------------------------------------------ */

static bool
kind_of(const char *name, enum dir_kind *out)
{
	for (int k = 0; k < DIR_KINDS; k++)
		if (strcmp(dir_kind_name((enum dir_kind)k), name) == 0) {
			*out = (enum dir_kind)k;
			return true;
		}
	return false;
}

/* false: it was seen before (or there is no memory: *rc). */
static bool
see(struct reading *r, enum dir_kind kind, const char *name, int *rc)
{
	char key[OCT_ADDR_SIZE + 32];

	(void)snprintf(key, sizeof(key), "%s %s", dir_kind_name(kind), name);
	if (json_object_get(r->seen, key) != NULL)
		return false;
	*rc = json_object_set_new_nocheck(r->seen, key, json_true()) == 0
	    ? 0
	    : -ENOMEM;
	return *rc == 0;
}

static int
take_entry(void *arg, const struct journal_entry *e)
{
	struct reading *r = arg;
	char day[DETAIL_DATE_SIZE];
	enum dir_kind kind;
	int rc = 0;

	if (!kind_of(e->kind, &kind))
		return 0;
	/* Before its first entry it was as that says. */
	if (see(r, kind, e->name, &rc))
		rc = add(r, kind, e->name, "", e->before);
	if (rc != 0 || e->wall_ms > r->known_ms)
		return rc;
	detail_day(e->wall_ms, day);
	return add(r, kind, e->name, day, e->after);
}

/* What the journal does not name is as it always was. */
static int
take_item(struct reading *r, const struct model_item *i)
{
	json_t *state;
	int rc = 0;

	if (!see(r, i->kind, i->kind == DIR_KIND_DOMAIN ? "" : i->name, &rc))
		return rc;
	state = dir_object(i->json);
	rc = add(r, i->kind, i->name, "", state);
	json_decref(state);
	return rc;
}

static int
read_journal(struct reading *r, const struct journal_of *of)
{
	r->domain = of->domain != NULL ? of->domain : "";
	json_object_clear(r->seen);
	return journal_read(r->store, of, take_entry, r);
}

static int
read_platform(struct reading *r)
{
	const struct journal_of of = {NULL, NULL};
	int rc = read_journal(r, &of);

	for (size_t i = 0; rc == 0 && i < model_count(r->live); i++) {
		const struct model_item *item = model_at(r->live, i);

		if (item->kind == DIR_KIND_PLAN || item->kind == DIR_KIND_PRICE)
			rc = take_item(r, item);
	}
	return rc;
}

static int
read_tenant(struct reading *r, const struct model_item *item)
{
	const struct journal_of of = {.tenant = item->name};
	int rc = read_journal(r, &of);

	return rc == 0 ? take_item(r, item) : rc;
}

/* A domain and the items after it that are its; *i is moved over them. */
static int
read_domain(struct reading *r, size_t *i)
{
	const char *name = model_at(r->live, *i)->domain;
	const struct journal_of of = {.domain = name};
	int rc = read_journal(r, &of);

	for (; rc == 0 && *i < model_count(r->live) &&
	     strcmp(model_at(r->live, *i)->domain, name) == 0;
	     ++*i)
		rc = take_item(r, model_at(r->live, *i));
	return rc;
}

static int
read_live(struct reading *r)
{
	int rc = read_platform(r);

	for (size_t i = 0; rc == 0 && i < model_count(r->live);) {
		const struct model_item *item = model_at(r->live, i);

		if (*item->domain != '\0') {
			rc = read_domain(r, &i);
			continue;
		}
		if (item->kind == DIR_KIND_TENANT)
			rc = read_tenant(r, item);
		i++;
	}
	return rc;
}

static int
read_gone(void *arg, enum dir_kind kind, const char *name)
{
	struct reading *r = arg;
	bool domain = kind == DIR_KIND_DOMAIN;
	struct journal_of of = {NULL, NULL};

	/* It came back: read already. */
	if (model_find(r->live, kind, domain ? name : "", domain ? "" : name) !=
	    NULL)
		return 0;
	if (domain)
		of.domain = name;
	else
		of.tenant = name;
	return read_journal(r, &of);
}

/* --- A plan -------------------------------------------------------------- */

static int
add_plan(struct reading *r, const struct statement_source *source)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < source->plan->count; i++) {
		const struct model_item *item = &source->plan->changes[i].item;
		json_t *state = dir_object(item->json);

		r->domain = item->domain;
		rc = add(r, item->kind, item->name, source->plan_day, state);
		json_decref(state);
	}
	return rc;
}

int
statement_read(struct statement *s, struct store *store,
    const struct statement_source *source)
{
	struct reading r = {.s = s, .store = store, .seen = json_object()};
	int64_t cut_ms, end_ms = statement_end_ms(s->rules.year);
	int rc = r.seen != NULL ? journal_cut(store, &cut_ms) : -ENOMEM;

	r.known_ms = source->known_ms;
	if (r.known_ms == 0)
		r.known_ms = source->now_ms < end_ms ? source->now_ms : end_ms;
	if (rc == 0 && cut_ms > year_begin_ms(s->rules.year))
		rc = OCT_EABSENT;
	if (rc == 0)
		rc = model_load(store, NULL, &r.live);
	if (rc == 0)
		rc = read_live(&r);
	if (rc == 0)
		rc = journal_each_of_gone(store, read_gone, &r);
	if (rc == 0 && source->plan != NULL)
		rc = add_plan(&r, source);
	model_free(r.live);
	json_decref(r.seen);
	return rc;
}

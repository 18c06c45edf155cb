/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The meters: how many of what each tenant has on each day beyond what its plan
 * includes.
 */
#include "policy/statement.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "policy/statement_int.h"

/* A tenant while it is metered, day by day; NULL = not there. */
struct metering {
	struct statement *s;
	const char *id;
	const struct state *tenant[STATEMENT_DAYS], *plan[STATEMENT_DAYS],
	    *domain[STATEMENT_DAYS]; /* of the domain at hand, if it is its */
	int64_t all[ITEMS_FIXED][STATEMENT_DAYS]; /* with what is included */
	int64_t *units; /* [ITEMS_MAX][STATEMENT_DAYS]: beyond it */
};

static bool
is_there(const struct state *state, int day)
{
	return state->there && day < state->closes;
}

/* One state a day; a day's last one counts. */
static void
spread(const struct statement *s, struct facts f,
    const struct state *out[STATEMENT_DAYS])
{
	memset(out, 0, STATEMENT_DAYS * sizeof(*out));
	for (size_t i = 0; i < f.count; i++) {
		const struct state *state = &f.first[i].state;

		for (int d = f.first[i].day < 0 ? 0 : f.first[i].day;
		     d < s->days; d++)
			out[d] = state;
	}
	for (int d = 0; d < s->days; d++)
		if (out[d] != NULL && !is_there(out[d], d))
			out[d] = NULL;
}

/* --- Contract and plan --------------------------------------------------- */

/* What is known of a contract at last may be older than the day on which it was
 * written down. */
static bool
has_contract(const struct state *then, const struct state *known, int day)
{
	if (then->dated && then->from <= day && day <= then->until)
		return true;
	if (known->dated)
		return known->from <= day && day <= known->until;
	return !then->dated && day <= known->until;
}

static void
enter_tenant(struct metering *m, struct facts f)
{
	const struct state *known = &f.first[f.count - 1].state;

	m->id = f.first->name;
	spread(m->s, f, m->tenant);
	for (int d = 0; d < m->s->days; d++)
		if (m->tenant[d] != NULL &&
		    !has_contract(m->tenant[d], known, d))
			m->tenant[d] = NULL;
}

static struct facts
entry_of(const struct statement *s, enum dir_kind kind, const char *name)
{
	size_t i = statement_seek(s, kind, "", name);
	struct facts f = statement_entry(s, i);

	if (f.count > 0 &&
	    (f.first->kind != kind || strcmp(f.first->name, name) != 0))
		f.count = 0;
	return f;
}

/* The plan of each day; most tenants have one all the year. */
static void
find_plans(struct metering *m)
{
	const struct state *of[STATEMENT_DAYS];
	const char *id = NULL;

	for (int d = 0; d < m->s->days; d++) {
		m->plan[d] = NULL;
		if (m->tenant[d] == NULL || *m->tenant[d]->ref == '\0')
			continue;
		if (id == NULL || strcmp(id, m->tenant[d]->ref) != 0) {
			id = m->tenant[d]->ref;
			spread(m->s, entry_of(m->s, DIR_KIND_PLAN, id), of);
		}
		m->plan[d] = of[d];
	}
}

/* "plan_technologie", if a list has a price for that. */
static void
count_plan(struct metering *m, int day)
{
	char name[STATEMENT_ITEM_SIZE] = "plan_";
	const char *id = m->tenant[day]->ref;
	size_t len = strlen(id), item;

	if (len > sizeof(name) - sizeof("plan_"))
		return;
	for (size_t i = 0; i <= len; i++)
		name[5 + i] = id[i] == '\0' || isalnum((unsigned char)id[i])
		    ? (char)tolower((unsigned char)id[i])
		    : '_';
	for (item = 0; item < m->s->item_count; item++)
		if (strcmp(m->s->items[item].name, name) == 0)
			break;
	if (item < m->s->item_count && m->s->in_force[day] != NULL &&
	    m->s->in_force[day]->cents[item] >= 0) {
		m->units[item * STATEMENT_DAYS + (size_t)day] = 1;
		m->s->items[item].label = m->plan[day]->label;
	}
}

/* --- Mailboxes ----------------------------------------------------------- */

/* The smallest size that has a price and suffices; the mailbox's own, which has
 * none, else. */
static int
tier_for(struct metering *m, int day, int64_t storage, size_t *item)
{
	const struct price_list *list = m->s->in_force[day];
	char name[STATEMENT_ITEM_SIZE];
	struct oct_str text;
	int64_t best = INT64_MAX;

	for (size_t i = 0; list != NULL && i < m->s->item_count; i++) {
		int64_t tier = m->s->items[i].tier;

		if (list->cents[i] < 0 || tier < storage || tier >= best)
			continue;
		best = tier;
		*item = i;
	}
	if (best < INT64_MAX)
		return 0;
	oct_str_fixed(&text, name, sizeof(name));
	oct_str_add(&text, "quota_");
	detail_size_text(&text, storage);
	OCT_ASSERT(oct_str_err(&text) == 0);
	for (char *p = name; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	return statement_item(m->s, name, item);
}

static bool
is_challenged(const struct metering *m, const struct state *box, int day)
{
	int on = box->challenge;

	if (on < 0)
		on = m->domain[day]->challenge;
	if (on < 0)
		on = m->tenant[day]->challenge;
	return on > 0 && box->from <= day && day <= box->until;
}

static int
count_mailbox(struct metering *m, const struct state *box, int day)
{
	int64_t storage = box->storage, quota = m->plan[day]->storage;
	size_t item = 0;
	int rc;

	if (storage == 0)
		storage = m->domain[day]->storage;
	if (storage == 0)
		storage = m->tenant[day]->storage;
	m->all[ITEM_MAILBOX][day]++;
	m->all[ITEM_CHALLENGE][day] += is_challenged(m, box, day);
	if (quota == 0 || storage <= quota)
		return 0;
	rc = tier_for(m, day, storage, &item);
	if (rc == 0)
		m->units[item * STATEMENT_DAYS + (size_t)day]++;
	return rc;
}

static int
meter_mailbox(struct metering *m, struct facts f)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < f.count; i++) {
		const struct state *box = &f.first[i].state;
		int d = f.first[i].day < 0 ? 0 : f.first[i].day;
		int end = i + 1 < f.count ? f.first[i + 1].day : m->s->days;

		for (; rc == 0 && d < end && is_there(box, d); d++)
			if (m->domain[d] != NULL && m->plan[d] != NULL &&
			    m->domain[d]->served)
				rc = count_mailbox(m, box, d);
	}
	return rc;
}

/* --- Domains ------------------------------------------------------------- */

/* Is it the tenant's on some day? */
static bool
enter_domain(struct metering *m, struct facts f)
{
	bool any = false;

	for (size_t i = 0; !any && i < f.count; i++)
		any = strcmp(f.first[i].state.ref, m->id) == 0;
	if (!any)
		return false;
	spread(m->s, f, m->domain);
	for (int d = 0; d < m->s->days; d++)
		if (m->domain[d] != NULL &&
		    (m->tenant[d] == NULL ||
			strcmp(m->domain[d]->ref, m->id) != 0))
			m->domain[d] = NULL;
	return true;
}

static int
meter_domain(struct metering *m, struct facts f)
{
	const char *name = f.first->domain;
	size_t i;
	int rc = 0;

	if (!enter_domain(m, f))
		return 0;
	for (int d = 0; d < m->s->days; d++)
		if (m->domain[d] != NULL && m->plan[d] != NULL) {
			m->all[ITEM_DOMAIN][d]++;
			/* Those of the other origins cost nothing. */
			m->units[ITEM_DOMAIN * STATEMENT_DAYS + (size_t)d] +=
			    m->domain[d]->reserved;
		}
	i = statement_seek(m->s, DIR_KIND_MAILBOX, name, "");
	for (f = statement_entry(m->s, i); rc == 0 && f.count > 0 &&
	     f.first->kind == DIR_KIND_MAILBOX &&
	     strcmp(f.first->domain, name) == 0;
	     f = statement_entry(m->s, i)) {
		rc = meter_mailbox(m, f);
		i += f.count;
	}
	return rc;
}

/* --- A tenant ------------------------------------------------------------ */

static void
subtract(struct metering *m, int day, size_t item)
{
	int64_t *units = &m->units[item * STATEMENT_DAYS + (size_t)day];
	int64_t included = m->plan[day]->included[item];
	int64_t beyond = m->all[item][day] - included;

	if (included < 0 || beyond < 0)
		beyond = 0;
	/* What is included goes to names that cost nothing first. */
	*units = item != ITEM_DOMAIN || beyond < *units ? beyond : *units;
}

static int
meter_tenant(struct metering *m)
{
	size_t i = statement_seek(m->s, DIR_KIND_DOMAIN, "", "");
	struct facts f;
	int rc = 0;

	find_plans(m);
	for (f = statement_entry(m->s, i); rc == 0 && f.count > 0 &&
	     f.first->kind == DIR_KIND_DOMAIN; f = statement_entry(m->s, i)) {
		rc = meter_domain(m, f);
		i += f.count;
	}
	for (int d = 0; rc == 0 && d < m->s->days; d++) {
		if (m->plan[d] == NULL)
			continue;
		count_plan(m, d);
		for (size_t item = 0; item < ITEMS_FIXED; item++)
			subtract(m, d, item);
	}
	return rc;
}

static const char *
currency_of(const struct statement *s)
{
	for (int d = 0; d < s->days; d++)
		if (s->in_force[d] != NULL)
			return s->in_force[d]->state->ref;
	return "";
}

/* As it was called last in the year. */
static const char *
name_of(const struct metering *m)
{
	for (int d = m->s->days; d-- > 0;)
		if (m->tenant[d] != NULL)
			return m->tenant[d]->label;
	return NULL;
}

/* Who never had a plan in the year gets no statement: there is nothing to be
 * counted by. */
static bool
had_plan(const struct metering *m)
{
	for (int d = 0; d < m->s->days; d++)
		if (m->tenant[d] != NULL && *m->tenant[d]->ref != '\0')
			return true;
	return false;
}

static int
state_tenant(struct metering *m, struct facts f)
{
	struct statement_tenant *t = &m->s->tenants[m->s->tenant_count];
	int rc;

	memset(m->all, 0, sizeof(m->all));
	memset(m->units, 0,
	    sizeof(*m->units) * (size_t)ITEMS_MAX * STATEMENT_DAYS);
	enter_tenant(m, f);
	if (!had_plan(m))
		return 0;
	*t = (struct statement_tenant){.id = m->id,
	    .name = name_of(m),
	    .currency = currency_of(m->s)};
	rc = meter_tenant(m);
	if (rc == 0)
		rc = statement_lines(m->s, m->units, t);
	if (rc == 0)
		m->s->tenant_count++;
	return rc;
}

static int
state_tenants(struct metering *m)
{
	struct statement *s = m->s;
	size_t i = statement_seek(s, DIR_KIND_TENANT, "", ""), most = 1;
	struct facts f;
	int rc = 0;

	for (size_t j = i; j < s->fact_count; j++)
		most += s->facts[j].kind == DIR_KIND_TENANT;
	s->tenants = calloc(most, sizeof(*s->tenants));
	if (s->tenants == NULL)
		return -ENOMEM;
	for (f = statement_entry(s, i); rc == 0 && f.count > 0 &&
	     f.first->kind == DIR_KIND_TENANT; f = statement_entry(s, i)) {
		rc = state_tenant(m, f);
		i += f.count;
	}
	return rc;
}

int
statement_fold(struct statement *s)
{
	struct metering *m = calloc(1, sizeof(*m));
	int rc;

	if (m == NULL)
		return -ENOMEM;
	m->s = s;
	m->units =
	    calloc((size_t)ITEMS_MAX * STATEMENT_DAYS, sizeof(*m->units));
	statement_sort(s);
	rc = m->units != NULL ? statement_lists(s) : -ENOMEM;
	if (rc == 0)
		rc = state_tenants(m);
	free(m->units);
	free(m);
	return rc;
}

size_t
statement_count(const struct statement *s)
{
	return s->tenant_count;
}

const struct statement_tenant *
statement_at(const struct statement *s, size_t i)
{
	OCT_ASSERT(i < s->tenant_count);
	return &s->tenants[i];
}

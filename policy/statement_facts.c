/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The facts of a statement: taken in, put in order, found again.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/err.h"
#include "lib/num.h"
#include "policy/json_text.h"
#include "policy/statement_int.h"

/* --- Days ---------------------------------------------------------------- */

static int64_t
epoch_day(const char *date)
{
	struct tm tm = {.tm_hour = 12};

	OCT_ASSERT(detail_is_date(date));
	OCT_ASSERT(sscanf(date, "%d-%d-%d", &tm.tm_year, &tm.tm_mon,
		       &tm.tm_mday) == 3);
	tm.tm_year -= 1900;
	tm.tm_mon--;
	return (int64_t)timegm(&tm) / 86400;
}

/* standard: where there is no date. */
static int
day_of(const struct statement *s, const char *date, int standard)
{
	return detail_is_date(date) ? (int)(epoch_day(date) - s->epoch_day)
				    : standard;
}

void
statement_date(const struct statement *s, int day, char out[DETAIL_DATE_SIZE])
{
	char first[24];

	(void)snprintf(first, sizeof(first), "%04d-01-01",
	    s->rules.year);
	detail_add_days(first, day, out);
}

/* --- Making -------------------------------------------------------------- */

int
statement_new(const struct statement_rules *rules, struct statement **out)
{
	static const char *const fixed[ITEMS_FIXED] = {
	    [ITEM_MAILBOX] = "mailbox",
	    [ITEM_CHALLENGE] = "challenge",
	    [ITEM_DOMAIN] = "domain"};
	struct statement *s = calloc(1, sizeof(*s));
	char first[24], next[24];
	int rc = 0;

	if (s == NULL)
		return -ENOMEM;
	OCT_ASSERT(rules->year > 1970 && rules->year < 9999);
	s->rules = *rules;
	(void)snprintf(first, sizeof(first), "%04d-01-01", rules->year);
	(void)snprintf(next, sizeof(next), "%04d-01-01", rules->year + 1);
	s->epoch_day = epoch_day(first);
	s->days = (int)(epoch_day(next) - s->epoch_day);
	for (size_t i = 0, at; rc == 0 && i < ITEMS_FIXED; i++)
		rc = statement_item(s, fixed[i], &at);
	*out = s;
	return rc;
}

void
statement_free(struct statement *s)
{
	if (s == NULL)
		return;
	dir_pool_free(&s->pool);
	free(s->facts);
	free(s->lists);
	free(s->tenants);
	free(s);
}

int
statement_days(const struct statement *s)
{
	return s->days;
}

/* --- Reading a state ----------------------------------------------------- */

static int64_t
count_of(const json_t *object, const char *name)
{
	const char *text = json_text_of(object, name);
	int64_t n;

	return oct_num_int(text, 0, INT64_MAX, &n) == 0 ? n : -1;
}

/* Mail is served, or was until it was suspended. */
static bool
is_served(const char *state)
{
	return *state == '\0' || strcmp(state, "active") == 0 ||
	       strcmp(state, "suspended") == 0 || strcmp(state, "closing") == 0;
}

static int
challenge_of(const json_t *o)
{
	const char *text = json_text_of(o, "challenge");

	if (*text == '\0')
		return -1;
	/* A simulation is no service. */
	return strcmp(text, "off") != 0 && strcmp(text, "simulate") != 0;
}

static void
read_refs(struct statement *s, enum dir_kind kind, const json_t *o,
    struct state *out)
{
	const char *ref = kind == DIR_KIND_TENANT ? "plan"
			  : kind == DIR_KIND_PRICE ? "currency"
						   : "tenant";

	out->ref = dir_pool_text(&s->pool, json_text_of(o, ref));
	out->label = "";
	out->amounts = "";
	if (kind == DIR_KIND_TENANT || kind == DIR_KIND_PLAN)
		out->label = dir_pool_text(&s->pool, json_text_of(o, "name"));
	if (kind == DIR_KIND_PRICE)
		out->amounts = dir_pool_text(&s->pool, json_text_of(o, "items"));
}

static void
read_dates(const struct statement *s, enum dir_kind kind, const json_t *o,
    struct state *out)
{
	const char *from = kind == DIR_KIND_TENANT ? "contract_start"
			   : kind == DIR_KIND_PRICE ? "from"
						    : "challenge_from";
	const char *until = kind == DIR_KIND_TENANT ? "contract_ends"
						    : "challenge_until";

	out->closes = day_of(s, json_text_of(o, "closes"), INT_MAX);
	out->from = day_of(s, json_text_of(o, from),
	    kind == DIR_KIND_PRICE ? INT_MAX : INT_MIN);
	out->until = day_of(s, json_text_of(o, until), INT_MAX);
	out->dated = out->from != INT_MIN;
}

static void
read_state(struct statement *s, enum dir_kind kind, const json_t *o,
    struct state *out)
{
	const char *state = json_text_of(o, "state");

	*out = (struct state){.there = o != NULL &&
				       strcmp(state, "closed") != 0,
	    .served = is_served(state),
	    .reserved = strcmp(json_text_of(o, "origin"), "reserved") == 0,
	    .challenge = challenge_of(o),
	    .storage = json_size_of(
		o, kind == DIR_KIND_PLAN ? "quota" : "storage"),
	    .included = {[ITEM_MAILBOX] = count_of(o, "mailboxes"),
		[ITEM_CHALLENGE] = count_of(o, "challenge_addresses"),
		[ITEM_DOMAIN] = count_of(o, "domains")}};
	read_dates(s, kind, o, out);
	read_refs(s, kind, o, out);
}

int
statement_add(struct statement *s, const struct statement_fact *f)
{
	int day = day_of(s, f->day, INT_MIN);
	struct fact *to;

	if (f->kind == DIR_KIND_ALIAS || f->kind == DIR_KIND_LEGACY)
		return 0;
	/* What was said of a contract or a price later is known all the
	 * same. */
	if (day >= s->days && f->kind != DIR_KIND_TENANT &&
	    f->kind != DIR_KIND_PRICE)
		return 0;
	if (s->fact_count == s->fact_cap) {
		size_t cap = s->fact_cap == 0 ? 256 : s->fact_cap * 2;
		void *p = reallocarray(s->facts, cap, sizeof(*s->facts));

		if (p == NULL)
			return -ENOMEM;
		s->facts = p;
		s->fact_cap = cap;
	}
	to = &s->facts[s->fact_count];
	*to = (struct fact){.kind = f->kind,
	    .domain = dir_pool_text(&s->pool, f->domain),
	    .name = dir_pool_text(&s->pool, f->name),
	    .day = day,
	    .order = s->fact_count++};
	read_state(s, f->kind, f->state, &to->state);
	return to->domain == NULL || to->name == NULL ||
		    to->state.ref == NULL || to->state.label == NULL ||
		    to->state.amounts == NULL
		? -ENOMEM
		: 0;
}

/* --- Order --------------------------------------------------------------- */

static int
order_of(const struct fact *a, enum dir_kind kind, const char *domain,
    const char *name)
{
	int order;

	if (a->kind != kind)
		return a->kind < kind ? -1 : 1;
	order = strcmp(a->domain, domain);
	return order != 0 ? order : strcmp(a->name, name);
}

static int
compare(const void *x, const void *y)
{
	const struct fact *a = x, *b = y;
	int order = order_of(a, b->kind, b->domain, b->name);

	if (order != 0)
		return order;
	if (a->day != b->day)
		return a->day < b->day ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

void
statement_sort(struct statement *s)
{
	if (s->fact_count > 0)
		qsort(s->facts, s->fact_count, sizeof(*s->facts), compare);
}

size_t
statement_seek(const struct statement *s, enum dir_kind kind,
    const char *domain, const char *name)
{
	size_t lo = 0, hi = s->fact_count;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (order_of(&s->facts[mid], kind, domain, name) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

struct facts
statement_entry(const struct statement *s, size_t i)
{
	struct facts f = {i < s->fact_count ? &s->facts[i] : NULL, 0};

	while (i + f.count < s->fact_count &&
	       order_of(&s->facts[i + f.count], f.first->kind, f.first->domain,
		   f.first->name) == 0)
		f.count++;
	return f;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The price lists of a statement, and lines out of units and prices.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/num.h"
#include "policy/statement_int.h"

/* --- Items --------------------------------------------------------------- */

#define TIER "quota_"

/* 10737418240 of "quota_10g"; 0: another item. */
static int64_t
tier_of(const char *name)
{
	char size[STATEMENT_ITEM_SIZE];
	size_t len = strlen(name);
	int64_t n;

	if (strncmp(name, TIER, sizeof(TIER) - 1) != 0)
		return 0;
	memcpy(size, name + sizeof(TIER) - 1, len - sizeof(TIER) + 2);
	len = strlen(size);
	if (len > 0 && strchr("gm", size[len - 1]) != NULL)
		size[len - 1] = size[len - 1] == 'g' ? 'G' : 'M';
	return oct_num_size(size, 1, INT64_MAX, &n) == 0 ? n : 0;
}

int
statement_item(struct statement *s, const char *name, size_t *index)
{
	struct item *to;

	for (*index = 0; *index < s->item_count; ++*index)
		if (strcmp(s->items[*index].name, name) == 0)
			return 0;
	if (s->item_count == ITEMS_MAX || strlen(name) >= sizeof(to->name))
		return OCT_ELIMIT;
	to = &s->items[s->item_count++];
	memcpy(to->name, name, strlen(name) + 1);
	to->tier = tier_of(name);
	return 0;
}

/* --- Lists --------------------------------------------------------------- */

/* "12.50", as it is kept. */
static int64_t
cents_of(const char *text, size_t len)
{
	int64_t n = 0;

	for (size_t i = 0; i < len; i++)
		if (text[i] != '.')
			n = n * 10 + (text[i] - '0');
	return n;
}

static int
read_amounts(struct statement *s, struct price_list *list)
{
	const char *p = list->state->amounts;
	int rc = 0;

	for (size_t i = 0; i < ITEMS_MAX; i++)
		list->cents[i] = -1;
	while (rc == 0 && *p != '\0') {
		char name[STATEMENT_ITEM_SIZE];
		size_t len = strcspn(p, "="), at;

		if (p[len] == '\0' || len >= sizeof(name))
			return OCT_EPARSE;
		memcpy(name, p, len);
		name[len] = '\0';
		p += len + 1;
		rc = statement_item(s, name, &at);
		len = strcspn(p, ",");
		if (rc == 0)
			list->cents[at] = cents_of(p, len);
		p += len;
		p += strspn(p, ", ");
	}
	return rc;
}

/* Of two from the same day the one with the later id counts. */
static int
by_day(const void *x, const void *y)
{
	const struct price_list *a = x, *b = y;

	if (a->state->from != b->state->from)
		return a->state->from < b->state->from ? -1 : 1;
	return strcmp(a->id, b->id);
}

static int
check_currency(const struct statement *s)
{
	const char *currency = NULL;

	for (int d = 0; d < s->days; d++) {
		const struct price_list *list = s->in_force[d];

		if (list == NULL)
			continue;
		if (currency != NULL &&
		    strcmp(currency, list->state->ref) != 0)
			return OCT_ECONFLICT;
		currency = list->state->ref;
	}
	return 0;
}

static void
put_in_force(struct statement *s)
{
	for (size_t i = 0; i < s->list_count; i++) {
		int from = s->lists[i].state->from;

		for (int d = from < 0 ? 0 : from; d < s->days; d++)
			s->in_force[d] = &s->lists[i];
	}
	if (!s->rules.january)
		return;
	for (int d = 0; d < s->days; d++)
		if (s->in_force[d] != NULL) {
			for (int e = 0; e < s->days; e++)
				s->in_force[e] = s->in_force[d];
			return;
		}
}

int
statement_lists(struct statement *s)
{
	size_t i = statement_seek(s, DIR_KIND_PRICE, "", "");
	struct facts f;
	int rc = 0;

	/* One for each fact is enough. */
	s->lists = calloc(s->fact_count - i + 1, sizeof(*s->lists));
	if (s->lists == NULL)
		return -ENOMEM;
	for (f = statement_entry(s, i); rc == 0 && f.count > 0 &&
	     f.first->kind == DIR_KIND_PRICE; f = statement_entry(s, i)) {
		const struct fact *last = &f.first[f.count - 1];
		struct price_list *to = &s->lists[s->list_count];

		i += f.count;
		if (!last->state.there || last->state.from >= s->days)
			continue;
		to->id = last->name;
		to->state = &last->state;
		rc = read_amounts(s, to);
		s->list_count++;
	}
	if (rc != 0)
		return rc;
	if (s->list_count > 0)
		qsort(s->lists, s->list_count, sizeof(*s->lists), by_day);
	put_in_force(s);
	return check_currency(s);
}

/* --- Lines --------------------------------------------------------------- */

struct drawing {
	struct statement *s;
	struct statement_line *lines;
	struct statement_run *runs;
	size_t line_count, run_count;
};

static const struct price_list *
list_on(const struct statement *s, int day, size_t item)
{
	const struct price_list *list = s->in_force[day];

	return list != NULL && list->cents[item] >= 0 ? list : NULL;
}

/* So many cents a year for so many days of one unit, half a cent up. */
static int64_t
part_of(int64_t cents, int64_t unit_days, int days)
{
	int64_t years = unit_days / days, rest = unit_days % days;

	return cents * years + (2 * cents * rest + days) / (2 * days);
}

static struct statement_line *
line_for(struct drawing *w, size_t item, int day)
{
	const struct price_list *list = list_on(w->s, day, item);
	struct statement_line *line =
	    w->line_count > 0 ? &w->lines[w->line_count - 1] : NULL;
	const char *id = list != NULL ? list->id : NULL;

	/* A new list with the old price changes nothing. */
	if (line != NULL && line->item == w->s->items[item].name &&
	    (list == NULL ? line->list == NULL
			  : line->list != NULL &&
				line->cents == list->cents[item]))
		return line;
	line = &w->lines[w->line_count++];
	*line = (struct statement_line){.item = w->s->items[item].name,
	    .label = w->s->items[item].label,
	    .list = id,
	    .cents = list != NULL ? list->cents[item] : 0,
	    .first = day,
	    .last = day};
	return line;
}

/* By days: every day on which there is some of it. */
static void
draw_days(struct drawing *w, size_t item, const int64_t *units)
{
	for (int d = 0; d < w->s->days; d++) {
		struct statement_line *line;

		if (units[d] <= 0)
			continue;
		line = line_for(w, item, d);
		line->last = d;
		line->unit_days += units[d];
		if (units[d] > line->units)
			line->units = units[d];
	}
}

/* By years: what has not been there before this year. */
static void
draw_years(struct drawing *w, size_t item, const int64_t *units)
{
	int64_t most = 0;

	for (int d = 0; d < w->s->days; d++) {
		struct statement_line *line;

		if (units[d] <= most)
			continue;
		line = line_for(w, item, d);
		line->units += units[d] - most;
		line->unit_days = line->units * w->s->days;
		line->last = w->s->days - 1;
		most = units[d];
	}
}

static void
draw_runs(struct drawing *w, size_t item, const int64_t *units)
{
	for (int d = 0, first; d < w->s->days;) {
		first = d;
		while (d < w->s->days && units[d] == units[first])
			d++;
		if (units[first] > 0)
			w->runs[w->run_count++] = (struct statement_run){
			    w->s->items[item].name, w->s->items[item].label,
			    units[first], first, d - 1};
	}
}

/* Plans, mailboxes, their sizes from small to big, options, domains. */
static int64_t
rank(const struct item *i)
{
	if (strncmp(i->name, "plan_", 5) == 0)
		return 0;
	if (strcmp(i->name, "mailbox") == 0)
		return 1;
	if (i->tier > 0)
		return 1 + i->tier;
	return strcmp(i->name, "challenge") == 0 ? INT64_MAX - 1 : INT64_MAX;
}

static void
in_order(const struct statement *s, size_t order[ITEMS_MAX])
{
	for (size_t i = 0; i < s->item_count; i++) {
		size_t at = i;

		for (; at > 0 && rank(&s->items[order[at - 1]]) >
				 rank(&s->items[i]);
		     at--)
			order[at] = order[at - 1];
		order[at] = i;
	}
}

static void
add_up(struct drawing *w, struct statement_tenant *t)
{
	for (size_t i = 0; i < w->line_count; i++) {
		struct statement_line *line = &w->lines[i];

		line->amount =
		    part_of(line->cents, line->unit_days, w->s->days);
		t->total += line->amount;
		t->unpriced |= line->list == NULL;
	}
	t->line_count = w->line_count;
	t->lines = w->lines;
	t->run_count = w->run_count;
	t->runs = w->runs;
}

/* At most a line for each change of its list, a run for each change. */
static size_t
room(const struct statement *s, const int64_t *units)
{
	size_t n = 1;

	for (int d = 0; d < s->days; d++)
		n += d == 0 || units[d] != units[d - 1] ||
		     s->in_force[d] != s->in_force[d - 1];
	return n;
}

int
statement_lines(struct statement *s, const int64_t *units,
    struct statement_tenant *t)
{
	struct drawing w = {.s = s};
	size_t order[ITEMS_MAX], most = 0;

	for (size_t i = 0; i < s->item_count; i++)
		most += room(s, units + i * STATEMENT_DAYS);
	w.lines = dir_pool_alloc(&s->pool, most * sizeof(*w.lines));
	w.runs = dir_pool_alloc(&s->pool, most * sizeof(*w.runs));
	if (w.lines == NULL || w.runs == NULL)
		return -ENOMEM;
	in_order(s, order);
	for (size_t i = 0; i < s->item_count; i++) {
		size_t item = order[i];
		const int64_t *of = units + item * STATEMENT_DAYS;

		if (s->rules.whole_year)
			draw_years(&w, item, of);
		else
			draw_days(&w, item, of);
		draw_runs(&w, item, of);
	}
	add_up(&w, t);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * octroictl statement: what each tenant owes for a year.
 */
#include "provisioning/ctl_statement.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/num.h"
#include "policy/model.h"
#include "provisioning/ctl_entry.h"
#include "provisioning/ctl_plan.h"

const struct statement_tenant *
ctl_statement_next(const struct ctl_statement *c, size_t *i)
{
	while (*i < statement_count(c->s)) {
		const struct statement_tenant *t = statement_at(c->s, (*i)++);

		if (c->tenant == NULL || strcmp(c->tenant, t->id) == 0)
			return t;
	}
	return NULL;
}

/* --- What is asked for --------------------------------------------------- */

static int
read_year(const struct ctl *ctl, const char *text, int *year)
{
	int64_t n;

	if (oct_num_int(text, 1971, 9998, &n) != 0)
		return ctl_fail(ctl, DAEMON_EXIT_USAGE,
		    "%s: expected a year like 2026", text);
	*year = (int)n;
	return 0;
}

/* --due=, --price=: as if the settings were those. */
static int
read_rules(const struct ctl *ctl, const struct ctl_args *args,
    struct ctl_statement *c)
{
	const char *due = ctl_args_value(args, "due");
	const char *price = ctl_args_value(args, "price");

	c->rules.whole_year = c->set->statement_due == 1;
	c->rules.january = c->set->statement_price == 1;
	if (due != NULL) {
		c->rules.whole_year = strcmp(due, "year") == 0;
		if (!c->rules.whole_year && strcmp(due, "days") != 0)
			return ctl_fail(ctl, DAEMON_EXIT_USAGE,
			    "--due=%s: expected days or year", due);
	}
	if (price != NULL) {
		c->rules.january = strcmp(price, "january") == 0;
		if (!c->rules.january && strcmp(price, "day") != 0)
			return ctl_fail(ctl, DAEMON_EXIT_USAGE,
			    "--price=%s: expected day or january", price);
	}
	return 0;
}

static int
read_day(const struct ctl *ctl, const struct ctl_args *args,
    struct ctl_statement *c)
{
	const char *on = ctl_args_value(args, "on");

	detail_day(c->now_ms, c->plan_day);
	if (on == NULL)
		return 0;
	if (c->plan == NULL || !detail_is_date(on))
		return ctl_fail(ctl, DAEMON_EXIT_USAGE,
		    "--on=%s: expected a date like 2026-12-31, with --plan",
		    on);
	memcpy(c->plan_day, on, sizeof(c->plan_day));
	return 0;
}

/* When its last day has passed, here. */
static bool
has_ended(int year, int64_t wall_ms)
{
	char day[DETAIL_DATE_SIZE], last[24];

	(void)snprintf(last, sizeof(last), "%04d-12-31", year);
	detail_day(wall_ms, day);
	return strcmp(day, last) > 0;
}

static int
begin(struct ctl *ctl, const struct ctl_args *args, struct ctl_statement *c)
{
	int status = ctl_settings(ctl, &c->set);

	if (status == 0)
		status = read_year(ctl, args->words[0], &c->rules.year);
	if (status == 0)
		status = read_rules(ctl, args, c);
	if (status != 0)
		return status;
	if (settings_tell_time(c->set) != 0)
		return ctl_fail(ctl, DAEMON_EXIT_FAILED, "out of memory");
	c->now_ms = oct_clock_wall_ms();
	c->plan = ctl_args_value(args, "plan");
	c->tenant = ctl_args_value(args, "tenant");
	status = ctl_at(ctl, args, &c->known_ms);
	return status != 0 ? status : read_day(ctl, args, c);
}

/* --- Making it ----------------------------------------------------------- */

static int
fold(struct ctl *ctl, struct ctl_statement *c, const struct model_plan *plan)
{
	struct statement_source source = {.known_ms = c->known_ms,
	    .now_ms = c->now_ms,
	    .plan = plan,
	    .plan_day = c->plan_day};
	struct store *store;
	int status = ctl_store(ctl, &store), rc;

	if (status != 0)
		return status;
	rc = statement_new(&c->rules, &c->s);
	if (rc == 0)
		rc = statement_read(c->s, store, &source);
	if (rc == OCT_EABSENT)
		return ctl_fail(ctl, DAEMON_EXIT_FAILED,
		    "the journals were cut after the beginning of %d "
		    "(retention of 'provisioning' in %s): the statement can no "
		    "longer be made; keep the one that was sent",
		    c->rules.year, ctl->conf);
	if (rc == 0)
		rc = statement_fold(c->s);
	if (rc == OCT_ECONFLICT)
		return ctl_fail(ctl, DAEMON_EXIT_FAILED,
		    "price lists of two currencies are in force in %d: "
		    "'octroictl price list'",
		    c->rules.year);
	if (rc != 0)
		return ctl_fail_rc(ctl, rc, "statement", "of the year");
	return 0;
}

static int
simulate(struct ctl *ctl, struct ctl_statement *c)
{
	char problem[MODEL_PROBLEM_SIZE], *text = NULL;
	struct ctl_planned p = {.live = NULL};
	struct model *wanted;
	int status = ctl_slurp(ctl, c->plan, &text), rc;

	if (status != 0)
		return status;
	rc = model_parse(text, &wanted, problem);
	free(text);
	if (rc != 0)
		return ctl_fail(ctl, DAEMON_EXIT_USAGE, "%s: %s", c->plan,
		    rc == OCT_EPARSE ? problem : oct_strerror(rc));
	status = ctl_plan_make(ctl, wanted, false, &p);
	if (status == 0)
		status = fold(ctl, c, &p.plan);
	ctl_planned_free(&p);
	return status;
}

/* What it is known by, in the end. */
static void
settle_known(struct ctl_statement *c)
{
	int64_t at = c->known_ms != 0 ? c->known_ms : c->now_ms;

	c->provisional = !has_ended(c->rules.year, at);
	if (c->known_ms == 0)
		c->known_ms = c->provisional ? at
					     : statement_end_ms(c->rules.year);
}

/* --- Printing ------------------------------------------------------------ */

static json_t *
money(int64_t cents)
{
	return json_sprintf(
	    "%" PRId64 ".%02d", cents / 100, (int)(cents % 100));
}

static json_t *
date_json(const struct ctl_statement *c, int day)
{
	char date[DETAIL_DATE_SIZE];

	statement_date(c->s, day, date);
	return json_string(date);
}

static json_t *
line_json(const struct ctl_statement *c, size_t number,
    const struct statement_line *l)
{
	json_t *v = json_object();
	bool priced = l->list != NULL;

	ctl_json_set(v, "line", json_integer((json_int_t)number));
	ctl_json_set(v, "item", json_string(l->item));
	ctl_json_set(v, "list", priced ? json_string(l->list) : json_null());
	ctl_json_set(v, "from", date_json(c, l->first));
	ctl_json_set(v, "until", date_json(c, l->last));
	ctl_json_set(v, "units", json_integer((json_int_t)l->units));
	ctl_json_set(v, "unit_days", json_integer((json_int_t)l->unit_days));
	ctl_json_set(v, "price", priced ? money(l->cents) : json_null());
	ctl_json_set(v, "amount", priced ? money(l->amount) : json_null());
	return v;
}

static json_t *
run_json(const struct ctl_statement *c, const struct statement_run *r)
{
	json_t *v = json_object();

	ctl_json_set(v, "item", json_string(r->item));
	ctl_json_set(v, "from", date_json(c, r->first));
	ctl_json_set(v, "until", date_json(c, r->last));
	ctl_json_set(v, "units", json_integer((json_int_t)r->units));
	return v;
}

static json_t *
tenant_json(const struct ctl_statement *c, const struct statement_tenant *t)
{
	json_t *v = json_object(), *lines = json_array(), *runs = json_array();

	for (size_t i = 0; i < t->line_count; i++)
		(void)json_array_append_new(
		    lines, line_json(c, i + 1, &t->lines[i]));
	for (size_t i = 0; i < t->run_count; i++)
		(void)json_array_append_new(runs, run_json(c, &t->runs[i]));
	ctl_json_set(v, "tenant", json_string(t->id));
	ctl_json_set(v, "name", ctl_json_text(t->name));
	ctl_json_set(v, "currency",
	    json_string(*t->currency != '\0' ? t->currency : "EUR"));
	ctl_json_set(v, "lines", lines);
	ctl_json_set(v, "periods", runs);
	ctl_json_set(v, "total", money(t->total));
	ctl_json_set(v, "complete", json_boolean(!t->unpriced));
	return v;
}

static int
print_json(const struct ctl *ctl, const struct ctl_statement *c)
{
	const struct statement_tenant *t;
	json_t *v = json_object(), *tenants = json_array();
	struct oct_str out;
	size_t i = 0;

	while ((t = ctl_statement_next(c, &i)) != NULL)
		(void)json_array_append_new(tenants, tenant_json(c, t));
	ctl_json_set(v, "year", json_integer(c->rules.year));
	ctl_json_set(v, "known", ctl_json_time(c->known_ms));
	ctl_json_set(v, "provisional", json_boolean(c->provisional));
	ctl_json_set(v, "simulation", json_boolean(c->plan != NULL));
	ctl_json_set(v, "due",
	    json_string(c->rules.whole_year ? "year" : "days"));
	ctl_json_set(
	    v, "price", json_string(c->rules.january ? "january" : "day"));
	ctl_json_set(v, "tenants", tenants);
	oct_str_heap(&out, CTL_OUT_MAX);
	if (ctl_out_json(v, ctl->batch_line > 0, &out) != 0)
		out.err = OCT_EFULL;
	json_decref(v);
	return ctl_write(ctl, &out);
}

static const struct ctl_column columns[] = {
	{ "tenant", "TENANT", CTL_TEXT },
	{ "line", "LINE", CTL_RIGHT },
	{ "item", "ITEM", CTL_TEXT },
	{ "list", "PRICES", CTL_TEXT },
	{ "units", "UNITS", CTL_RIGHT },
	{ "unit_days", "UNIT-DAYS", CTL_RIGHT },
	{ "price", "A YEAR", CTL_RIGHT },
	{ "amount", "AMOUNT", CTL_RIGHT },
};

static int
print_table(const struct ctl *ctl, const struct ctl_statement *c)
{
	const struct statement_tenant *t;
	json_t *rows = json_array(), *row;
	struct oct_str out;
	size_t i = 0;

	while ((t = ctl_statement_next(c, &i)) != NULL) {
		for (size_t j = 0; j < t->line_count; j++) {
			row = line_json(c, j + 1, &t->lines[j]);
			ctl_json_set(row, "tenant", json_string(t->id));
			(void)json_array_append_new(rows, row);
		}
		row = json_object();
		ctl_json_set(row, "tenant", json_string(t->id));
		ctl_json_set(row, "item", json_string("total"));
		ctl_json_set(row, "amount", money(t->total));
		(void)json_array_append_new(rows, row);
	}
	oct_str_heap(&out, CTL_OUT_MAX);
	if (json_array_size(rows) > 0)
		ctl_out_table(rows, columns, OCT_LEN(columns), &out);
	else
		oct_str_add(&out, "nothing: no tenant had a plan and a "
				  "contract then\n");
	if (c->plan != NULL)
		oct_str_addf(&out, "simulation: as if the plan were applied on "
				   "%s\n", c->plan_day);
	else if (c->provisional)
		oct_str_add(&out, "provisional: the year has not ended\n");
	json_decref(rows);
	return ctl_write(ctl, &out);
}

static int
print(const struct ctl *ctl, const struct ctl_args *args,
    const struct ctl_statement *c)
{
	const char *format = ctl_args_value(args, "format");
	struct oct_str out;

	if (format == NULL)
		format = ctl->json ? "json" : "table";
	if (strcmp(format, "json") == 0)
		return print_json(ctl, c);
	if (strcmp(format, "table") == 0)
		return print_table(ctl, c);
	oct_str_heap(&out, CTL_OUT_MAX);
	if (strcmp(format, "csv") == 0)
		ctl_statement_csv(c, &out);
	else
		ctl_statement_page(c, &out);
	return ctl_write(ctl, &out);
}

/* What it cannot say whole is said, and is a failure. */
static int
check(const struct ctl *ctl, const struct ctl_statement *c)
{
	const struct statement_tenant *t;
	size_t i = 0, found = 0;
	int status = 0;

	while ((t = ctl_statement_next(c, &i)) != NULL) {
		found++;
		for (size_t j = 0; j < t->line_count; j++) {
			const struct statement_line *l = &t->lines[j];
			char from[DETAIL_DATE_SIZE];

			if (l->list != NULL)
				continue;
			statement_date(c->s, l->first, from);
			status = ctl_fail(ctl, DAEMON_EXIT_FAILED,
			    "%s: no price of %s is known from %s on: "
			    "'octroictl price list'; one that was written down "
			    "after the year counts with --at=DATE",
			    t->id, l->item, from);
		}
	}
	if (found == 0 && c->tenant != NULL)
		return ctl_fail(ctl, DAEMON_EXIT_FAILED,
		    "there was no tenant %s with a plan and a contract in %d",
		    c->tenant, c->rules.year);
	return status;
}

static int
check_format(const struct ctl *ctl, const struct ctl_args *args)
{
	static const char *const formats[] = { "table", "csv", "json", "html" };
	const char *format = ctl_args_value(args, "format");

	if (format == NULL)
		return 0;
	for (size_t i = 0; i < OCT_LEN(formats); i++)
		if (strcmp(format, formats[i]) == 0)
			return 0;
	return ctl_fail(ctl, DAEMON_EXIT_USAGE,
	    "--format=%s: expected table, csv, json or html", format);
}

static int
statement_run(struct ctl *ctl, const struct ctl_args *args)
{
	struct ctl_statement c = { .s = NULL };
	int status = check_format(ctl, args), incomplete = 0;

	if (status == 0)
		status = begin(ctl, args, &c);
	if (status == 0)
		status = c.plan != NULL ? simulate(ctl, &c)
					: fold(ctl, &c, NULL);
	if (status == 0) {
		settle_known(&c);
		incomplete = check(ctl, &c);
		status = print(ctl, args, &c);
	}
	statement_free(c.s);
	return status != 0 ? status : incomplete;
}

static const struct ctl_option options[] = {
	{ "tenant", "ID", "that tenant alone" },
	{ "format", "table|csv|json|html", "html: a page in French to print, "
					   "one for each tenant" },
	{ "at", "DATE[THH:MM]", "by what was known at that time; the end of "
				"the year, or now" },
	{ "plan", "FILE", "as if that file were applied" },
	{ "on", "DATE", "on that day, with --plan; today" },
	{ "due", "days|year", "instead of what 'statement' says in the "
			      "configuration" },
	{ "price", "day|january", "likewise" },
	{ NULL, NULL, NULL },
};

const struct ctl_verb ctl_statement_verbs[] = {
	{ NULL, "YEAR", "what each tenant owes for a year", 1, 1, options,
	    CTL_NO_ATTRIBUTES, statement_run },
	{ .run = NULL },
};

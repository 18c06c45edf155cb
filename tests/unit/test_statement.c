/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fold of a statement: one mailbox more than the plan has, in a year of 365
 * or 366 days, at prices that change.
 */
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/err.h"
#include "policy/statement.h"

static const char plan[] =
    "{\"mailboxes\":\"0\",\"quota\":\"5G\",\"domains\":\"1\"}";

/* What happens to the mailbox, and to a second price list. */
static const struct {
	const char *name;
	int year;
	bool whole_year, january;
	const char *from, *until; /* days on which it is made and removed */
	const char *storage, *price, *second, *second_from;
	const char *lines; /* "item list unit-days amount/..." */
} table[] = {
    {"all the year", 2026, false, false, "", NULL, "", "mailbox=10.00", NULL,
	NULL, "mailbox p1 365 1000"},
    {"all of a leap year", 2024, false, false, "", NULL, "", "mailbox=10.00",
	NULL, NULL, "mailbox p1 366 1000"},
    {"from 29 February", 2024, false, false, "2024-02-29", NULL, "",
	"mailbox=366.00", NULL, NULL, "mailbox p1 307 30700"},
    {"one day", 2026, false, false, "2026-12-31", NULL, "", "mailbox=365.00",
	NULL, NULL, "mailbox p1 1 100"},
    {"gone on the evening of its day", 2026, false, false, "2026-05-01",
	"2026-05-01", "", "mailbox=365.00", NULL, NULL, ""},
    {"half a cent goes up", 2026, false, false, "2026-12-31", NULL, "",
	"mailbox=9.13", NULL, NULL, "mailbox p1 1 3"},
    {"less than half goes down", 2026, false, false, "2026-12-31", NULL, "",
	"mailbox=9.12", NULL, NULL, "mailbox p1 1 2"},
    {"the whole year for a day", 2026, true, false, "2026-12-31", NULL, "",
	"mailbox=9.12", NULL, NULL, "mailbox p1 365 912"},
    {"a new price", 2026, false, false, "", NULL, "", "mailbox=3.65",
	"mailbox=7.30", "2026-07-01",
	"mailbox p1 181 181/mailbox p2 184 368"},
    {"a new price, that of January", 2026, false, true, "", NULL, "",
	"mailbox=3.65", "mailbox=7.30", "2026-07-01", "mailbox p1 365 365"},
    {"the whole year at the price of its first day", 2026, true, false,
	"2026-07-01", NULL, "", "mailbox=3.65", "mailbox=7.30", "2026-07-01",
	"mailbox p2 365 730"},
    {"a new list, the same price", 2026, false, false, "", NULL, "",
	"mailbox=3.65", "mailbox=3.65, domain=1.00", "2026-07-01",
	"mailbox p1 365 365"},
    {"a size", 2026, false, false, "", NULL, "10G",
	"mailbox=3.65, quota_10g=1.00, quota_20g=2.00", NULL, NULL,
	"mailbox p1 365 365/quota_10g p1 365 100"},
    {"a size between two", 2026, false, false, "", NULL, "11G",
	"mailbox=3.65, quota_10g=1.00, quota_20g=2.00", NULL, NULL,
	"mailbox p1 365 365/quota_20g p1 365 200"},
    {"a size without a price", 2026, false, false, "", NULL, "50G",
	"mailbox=3.65, quota_10g=1.00", NULL, NULL,
	"mailbox p1 365 365/quota_50g - 365 0"},
    {"the included size", 2026, false, false, "", NULL, "5G", "mailbox=3.65",
	NULL, NULL, "mailbox p1 365 365"},
    {"no price", 2026, false, false, "", NULL, "", "domain=1.00", NULL, NULL,
	"mailbox - 365 0"},
};

static void
add(struct statement *s, enum dir_kind kind, const char *domain,
    const char *name, const char *day, const char *json)
{
	json_t *state = json != NULL ? json_loads(json, 0, NULL) : NULL;
	const struct statement_fact f = {kind, domain, name, day, state};

	assert_true(json == NULL || state != NULL);
	assert_int_equal(statement_add(s, &f), 0);
	json_decref(state);
}

static void
add_price(struct statement *s, const char *id, const char *from,
    const char *items)
{
	char json[256];

	(void)snprintf(json, sizeof(json),
	    "{\"from\":\"%s\",\"items\":\"%s\"}", from, items);
	add(s, DIR_KIND_PRICE, "", id, "", json);
}

static void
add_case(struct statement *s, size_t i)
{
	char box[64];

	add(s, DIR_KIND_PLAN, "", "p", "", plan);
	add(s, DIR_KIND_TENANT, "", "t", "", "{\"plan\":\"p\"}");
	add(s, DIR_KIND_DOMAIN, "d.test", "", "", "{\"tenant\":\"t\"}");
	(void)snprintf(box, sizeof(box), "{\"storage\":\"%s\"}",
	    table[i].storage);
	add(s, DIR_KIND_MAILBOX, "d.test", "m", table[i].from, box);
	if (table[i].until != NULL)
		add(s, DIR_KIND_MAILBOX, "d.test", "m", table[i].until, NULL);
	add_price(s, "p1", "2020-01-01", table[i].price);
	if (table[i].second != NULL)
		add_price(s, "p2", table[i].second_from, table[i].second);
}

static void
check_lines(const struct statement *s, size_t i)
{
	const struct statement_tenant *t;
	char text[256];
	struct oct_str out;
	int64_t total = 0;

	assert_int_equal(statement_count(s), 1);
	t = statement_at(s, 0);
	oct_str_fixed(&out, text, sizeof(text));
	for (size_t j = 0; j < t->line_count; j++) {
		const struct statement_line *l = &t->lines[j];

		oct_str_addf(&out, "%s%s %s %d %d", j > 0 ? "/" : "", l->item,
		    l->list != NULL ? l->list : "-", (int)l->unit_days,
		    (int)l->amount);
		total += l->amount;
	}
	if (strcmp(oct_str_text(&out), table[i].lines) != 0)
		fail_msg("%s: %s", table[i].name, oct_str_text(&out));
	assert_int_equal(t->total, total);
	assert_int_equal(
	    t->unpriced, strstr(table[i].lines, " - ") != NULL);
}

static void
folds(void **state)
{
	(void)state;
	for (size_t i = 0; i < OCT_LEN(table); i++) {
		const struct statement_rules rules = {table[i].year,
		    table[i].whole_year, table[i].january};
		struct statement *s;

		assert_int_equal(statement_new(&rules, &s), 0);
		add_case(s, i);
		assert_int_equal(statement_fold(s), 0);
		check_lines(s, i);
		statement_free(s);
	}
}

/* The plan of one may be unknown by now; who had it is told. */
static void
who_had_no_plan_gets_no_statement(void **state)
{
	const struct statement_rules rules = {2026, false, false};
	struct statement *s;

	(void)state;
	assert_int_equal(statement_new(&rules, &s), 0);
	add(s, DIR_KIND_TENANT, "", "none", "", "{\"name\":\"N\"}");
	add(s, DIR_KIND_TENANT, "", "signed", "",
	    "{\"contract_start\":\"2020-01-01\"}");
	add(s, DIR_KIND_TENANT, "", "some-days", "", "{\"plan\":\"gone\"}");
	add(s, DIR_KIND_TENANT, "", "some-days", "2026-02-01", "{}");
	add(s, DIR_KIND_TENANT, "", "unsigned", "",
	    "{\"plan\":\"gone\",\"contract_start\":\"2027-01-01\"}");
	assert_int_equal(statement_fold(s), 0);
	assert_int_equal(statement_count(s), 1);
	assert_string_equal(statement_at(s, 0)->id, "some-days");
	statement_free(s);
}

static void
two_currencies_are_refused(void **state)
{
	const struct statement_rules rules = {2026, false, false};
	struct statement *s;

	(void)state;
	assert_int_equal(statement_new(&rules, &s), 0);
	add_price(s, "p1", "2020-01-01", "mailbox=1.00");
	add(s, DIR_KIND_PRICE, "", "p2", "",
	    "{\"from\":\"2026-12-31\",\"currency\":\"XPF\"}");
	assert_int_equal(statement_fold(s), OCT_ECONFLICT);
	statement_free(s);
}

static void
more_items_than_fit_are_refused(void **state)
{
	const struct statement_rules rules = {2026, false, false};
	struct statement *s;

	(void)state;
	assert_int_equal(statement_new(&rules, &s), 0);
	for (int i = 0; i < 300; i++) {
		char id[16], items[32];

		(void)snprintf(id, sizeof(id), "p%d", i);
		(void)snprintf(items, sizeof(items), "item_%d=1.00", i);
		add_price(s, id, "2020-01-01", items);
	}
	assert_int_equal(statement_fold(s), OCT_ELIMIT);
	statement_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(folds),
	    cmocka_unit_test(who_had_no_plan_gets_no_statement),
	    cmocka_unit_test(two_currencies_are_refused),
	    cmocka_unit_test(more_items_than_fit_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

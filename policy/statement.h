/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each tenant owes for a civil year: a fold of what was provisioned, day by
 * day, minus what its plan includes, times the price in force.  Pure: facts in,
 * lines out, whole cents; the same facts give the same statement at any date.
 * One thread.
 *
 * A day counts as things stand at its end: what was opened at noon counts that
 * day, what was closed at noon does not.  Days are those of the facts' texts:
 * who makes them knows the time zone.
 */
#ifndef OCT_POLICY_STATEMENT_H
#define OCT_POLICY_STATEMENT_H

#include "policy/directory_schema.h"

#define STATEMENT_DAYS 366 /* at most, of a year */
#define STATEMENT_ITEM_SIZE (DETAIL_NAME_MAX + 8)

struct statement_rules {
	int year;
	/* What was there on any day is due for the whole year, at the price of
	 * the day on which there first was that much of it; else by days. */
	bool whole_year;
	/* At the prices of 1 January all the year, or of the year's first
	 * list. */
	bool january;
};

struct json_t;
/*
 * An entry as it was from the end of a day on.  Facts of one entry are added in
 * the order of time.  Of price lists only the last counts: they have dates of
 * their own.
 */
struct statement_fact {
	enum dir_kind kind;
	const char *domain, *name; /* as of struct model_item */
	const char *day;           /* "2026-03-01"; "" = before the year */
	const struct json_t *state; /* attributes; NULL = not there */
};

struct statement_line {
	const char *item; /* "mailbox", "quota_10g", "challenge", "domain",
			     "plan_ID" */
	const char *label; /* how the plan is called, NULL = it is none */
	const char *list; /* id of the first list with that price; NULL: no
			     price is known, and the line is no part of the
			     total */
	int64_t cents;    /* for one, a year */
	int64_t units;    /* whole_year: how many; else most on one day */
	int64_t unit_days;
	int64_t amount;   /* cents, half a cent up */
	int first, last;  /* days of the year, 0 = 1 January */
};

struct statement_run { /* so many of it, beyond what is included */
	const char *item, *label; /* as above */
	int64_t units;
	int first, last;
};

struct statement_tenant {
	const char *id, *name; /* name may be "" */
	const char *currency;
	size_t line_count, run_count;
	const struct statement_line *lines;
	const struct statement_run *runs;
	int64_t total;
	bool unpriced; /* one of its lines has no price */
};

struct statement;

/* rules: a year from 1971 to 9998. */
OCT_CHECK int statement_new(
    const struct statement_rules *rules, struct statement **out);
void statement_free(struct statement *s);
int statement_days(const struct statement *s); /* 365 or 366 */

/* Texts are copied.  What lies after the year is left out. */
OCT_CHECK int statement_add(
    struct statement *s, const struct statement_fact *fact);

/* After all facts, once.  OCT_ELIMIT: more than 256 items; OCT_ECONFLICT: lists
 * of two currencies are in force in the year. */
OCT_CHECK int statement_fold(struct statement *s);

/* By id: those that had a contract and something on a line, or were there on
 * some day; live as long as the statement. */
size_t statement_count(const struct statement *s);
const struct statement_tenant *statement_at(
    const struct statement *s, size_t i);

/* The date of a day of the year. */
void statement_date(
    const struct statement *s, int day, char out[DETAIL_DATE_SIZE]);

/* --- From the store ------------------------------------------------------ */

struct model_plan;
struct store;

struct statement_source {
	/* Only what was known then; 0 = at the end of the year, or now if it has
	 * not ended. */
	int64_t known_ms;
	int64_t now_ms;
	const struct model_plan *plan; /* as if it were applied on plan_day, or
					  NULL */
	const char *plan_day;
};

/* The last millisecond of a year, here. */
int64_t statement_end_ms(int year);

/* Add all facts of the year.  OCT_EABSENT: the journals were cut after its
 * beginning. */
OCT_CHECK int statement_read(struct statement *s, struct store *store,
    const struct statement_source *source);

#endif

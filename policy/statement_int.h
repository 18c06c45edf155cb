/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Between statement*.c only: what a statement is folded of.
 */
#ifndef OCT_POLICY_STATEMENT_INT_H
#define OCT_POLICY_STATEMENT_INT_H

#include <limits.h>

#include "policy/directory_private.h"
#include "policy/statement.h"

#define ITEMS_MAX 256
enum { /* the first of items */
	ITEM_MAILBOX,
	ITEM_CHALLENGE,
	ITEM_DOMAIN,
	ITEMS_FIXED
};

/* What of an entry counts.  Days are counted from 1 January. */
struct state {
	bool there;            /* neither absent nor closed */
	bool served, reserved; /* domains */
	bool dated;            /* tenants: it has a contract_start */
	int challenge;         /* 1 on, 0 off, -1 as the level above */
	int closes;            /* first day on which it is closed */
	int from, until;       /* tenants: contract; mailboxes: Challenge
				  option; price lists: from */
	int64_t storage;       /* 0 = as the level above; plans: included */
	int64_t included[ITEMS_FIXED]; /* plans; -1 = any number */
	const char *ref;       /* tenants: plan; domains: tenant; price lists:
				  currency */
	const char *label;
	const char *amounts;   /* price lists */
};

struct fact {
	enum dir_kind kind;
	const char *domain, *name;
	int day;
	size_t order;
	struct state state;
};

struct price_list {
	const char *id;
	const struct state *state;
	int64_t cents[ITEMS_MAX]; /* by item, -1 = none */
};

struct item {
	char name[STATEMENT_ITEM_SIZE];
	int64_t tier; /* octets of a quota_..., else 0 */
	const char *label; /* of a plan, or NULL */
};

struct statement {
	struct statement_rules rules;
	struct dir_pool pool;
	int64_t epoch_day; /* of 1 January */
	int days;
	struct fact *facts;
	size_t fact_count, fact_cap;
	struct item items[ITEMS_MAX];
	size_t item_count;
	struct price_list *lists; /* by the day from which they hold */
	size_t list_count;
	const struct price_list *in_force[STATEMENT_DAYS]; /* NULL = none */
	struct statement_tenant *tenants;
	size_t tenant_count;
};

/* Facts of one entry: from first, so many. */
struct facts {
	const struct fact *first;
	size_t count;
};

/* The first fact that is not before (kind, domain, name). */
size_t statement_seek(const struct statement *s, enum dir_kind kind,
    const char *domain, const char *name);
/* The facts of the entry that begins at i; none at the end. */
struct facts statement_entry(const struct statement *s, size_t i);
void statement_sort(struct statement *s);

/* The index of an item, made if there is none; OCT_ELIMIT. */
OCT_CHECK int statement_item(
    struct statement *s, const char *name, size_t *index);
OCT_CHECK int statement_lists(struct statement *s);

/* Its units by day, item by item, into lines and runs of t. */
OCT_CHECK int statement_lines(struct statement *s, const int64_t *units,
    struct statement_tenant *t);

#endif

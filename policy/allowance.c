/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/allowance.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/num.h"
#include "policy/directory_private.h"
#include "policy/json_text.h"

static const struct {
	const char *name, *one, *many; /* for people */
	const char *extra;             /* what lifts it, of the tenant */
	const char *included;          /* of the plan */
} table[ALLOWANCES] = {
    [ALLOWANCE_MAILBOXES] = {"mailboxes", "mailbox", "mailboxes",
	"extra_mailboxes", "mailboxes"},
    [ALLOWANCE_STORAGE] = {"storage", "", "", "extra_storage", NULL},
    [ALLOWANCE_CHALLENGE] = {"challenge", "address with the Challenge option",
	"addresses with the Challenge option", "extra_challenge",
	"challenge_addresses"},
    [ALLOWANCE_DOMAINS] = {"domains", "domain", "domains", "extra_domains",
	"domains"},
};

const char *
allowance_name(enum allowance a)
{
	return table[a].name;
}

/* --- Counting ------------------------------------------------------------ */

static int64_t
number_of(const json_t *object, const char *name, int64_t standard)
{
	const char *text = json_text_of(object, name);
	int64_t n;

	if (*text == '\0')
		return standard;
	return oct_num_int(text, 0, INT64_MAX, &n) == 0 ? n : standard;
}

static bool
is_closed(const json_t *object)
{
	return strcmp(json_text_of(object, "state"), "closed") == 0;
}

/* What a level says of the Challenge option: 1 on, 0 off, -1 nothing. */
static int
challenge_of(const json_t *object)
{
	const char *text = json_text_of(object, "challenge");

	if (*text == '\0')
		return -1;
	return strcmp(text, "off") != 0;
}

struct counting {
	const struct model *model;
	struct allowance_row *rows;
	size_t count;
	/* of the domain at hand */
	struct allowance_row *row; /* NULL: it counts for nobody */
	int64_t storage;
	int challenge;
};

static void
take_plan(struct counting *c, struct allowance_row *r, const char *id)
{
	json_t *plan;

	for (size_t a = 0; a < ALLOWANCES; a++)
		r->included[a] = -1;
	r->plan = *id != '\0' ? model_find(c->model, DIR_KIND_PLAN, "", id)
			      : NULL;
	if (r->plan == NULL)
		return;
	plan = dir_object(r->plan->json);
	for (size_t a = 0; a < ALLOWANCES; a++)
		if (table[a].included != NULL)
			r->included[a] =
			    number_of(plan, table[a].included, -1);
	r->quota = json_size_of(plan, "quota");
	if (r->quota > 0)
		r->included[ALLOWANCE_STORAGE] = 0;
	json_decref(plan);
}

static void
add_tenant(struct counting *c, const struct model_item *i)
{
	struct allowance_row *r = &c->rows[c->count++];
	json_t *tenant = dir_object(i->json);

	*r = (struct allowance_row){.tenant = i};
	take_plan(c, r, json_text_of(tenant, "plan"));
	for (size_t a = 0; a < ALLOWANCES; a++)
		r->extra[a] = a == ALLOWANCE_STORAGE
		    ? json_size_of(tenant, table[a].extra)
		    : number_of(tenant, table[a].extra, 0);
	json_decref(tenant);
}

static struct allowance_row *
find_row(const struct counting *c, const char *id)
{
	size_t lo = 0, hi = c->count;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int order = strcmp(c->rows[mid].tenant->name, id);

		if (order == 0)
			return &c->rows[mid];
		if (order < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

/* What its mailboxes have that set nothing themselves. */
static void
inherit(struct counting *c, const json_t *domain)
{
	json_t *tenant = dir_object(c->row->tenant->json);

	c->storage = json_size_of(domain, "storage");
	if (c->storage == 0)
		c->storage = json_size_of(tenant, "storage");
	c->challenge = challenge_of(domain);
	if (c->challenge < 0)
		c->challenge = challenge_of(tenant);
	json_decref(tenant);
}

static void
enter_domain(struct counting *c, const struct model_item *i)
{
	json_t *domain = dir_object(i->json);

	c->row = is_closed(domain) ? NULL
				   : find_row(c, json_text_of(domain, "tenant"));
	if (c->row != NULL) {
		c->row->use[ALLOWANCE_DOMAINS]++;
		inherit(c, domain);
	}
	json_decref(domain);
}

static void
add_mailbox(const struct counting *c, const struct model_item *i)
{
	struct allowance_row *r = c->row;
	json_t *mailbox = dir_object(i->json);
	int64_t storage = json_size_of(mailbox, "storage");
	int on = challenge_of(mailbox);

	if (!is_closed(mailbox)) {
		storage = storage > 0 ? storage : c->storage;
		r->use[ALLOWANCE_MAILBOXES]++;
		if (storage > r->quota && r->quota > 0)
			r->use[ALLOWANCE_STORAGE] += storage - r->quota;
		if ((on < 0 ? c->challenge : on) > 0)
			r->use[ALLOWANCE_CHALLENGE]++;
	}
	json_decref(mailbox);
}

static void
count_item(struct counting *c, const struct model_item *i)
{
	switch (i->kind) {
	case DIR_KIND_TENANT:
		add_tenant(c, i);
		return;
	case DIR_KIND_DOMAIN:
		enter_domain(c, i);
		return;
	case DIR_KIND_MAILBOX:
		if (c->row != NULL)
			add_mailbox(c, i);
		return;
	case DIR_KIND_ALIAS:
	case DIR_KIND_LEGACY:
	case DIR_KIND_PLAN:
	case DIR_KIND_PRICE:
		return;
	}
}

int
allowance_rows(
    const struct model *m, struct allowance_row **rows, size_t *count)
{
	struct counting c = {.model = m};
	size_t tenants = 0;

	for (size_t i = 0; i < model_count(m); i++)
		tenants += model_at(m, i)->kind == DIR_KIND_TENANT;
	c.rows = calloc(tenants + 1, sizeof(*c.rows));
	if (c.rows == NULL)
		return -ENOMEM;
	/* Their order: tenants before domains, a domain before its entries. */
	for (size_t i = 0; i < model_count(m); i++)
		count_item(&c, model_at(m, i));
	*rows = c.rows;
	*count = c.count;
	return 0;
}

/* --- Judging ------------------------------------------------------------- */

bool
allowance_over(const struct allowance_row *r, enum allowance a)
{
	return r->included[a] >= 0 && r->use[a] > r->included[a] + r->extra[a];
}

static void
say_storage(const struct allowance_row *r, const char *plan, char problem[256])
{
	const char *id = r->tenant->name;
	struct oct_str s;

	oct_str_fixed(&s, problem, 256);
	oct_str_addf(&s, "plan %s includes ", plan);
	detail_size_text(&s, r->quota);
	oct_str_add(&s, " a mailbox; ");
	detail_size_text(&s, r->use[ALLOWANCE_STORAGE]);
	oct_str_add(&s, " beyond that would be given out, ");
	if (r->extra[ALLOWANCE_STORAGE] == 0)
		oct_str_add(&s, "none");
	detail_size_text(&s, r->extra[ALLOWANCE_STORAGE]);
	oct_str_addf(&s, " ordered; lift: octroictl tenant set %s "
			 "extra_storage=",
	    id);
	detail_size_text(&s, r->use[ALLOWANCE_STORAGE]);
}

static void
say(const struct allowance_row *r, enum allowance a, char problem[256])
{
	char plan[DIR_TEXT_MAX + 1], extra[48] = "";
	int64_t n = r->included[a];

	model_text(r->plan, "name", plan, sizeof(plan));
	if (*plan == '\0' || strlen(plan) > DIR_ID_MAX)
		(void)snprintf(plan, sizeof(plan), "%s", r->plan->name);
	if (a == ALLOWANCE_STORAGE) {
		say_storage(r, plan, problem);
		return;
	}
	if (r->extra[a] > 0)
		(void)snprintf(extra, sizeof(extra),
		    " and %" PRId64 " more %s ordered", r->extra[a],
		    r->extra[a] == 1 ? "is" : "are");
	(void)snprintf(problem, 256,
	    "plan %.64s includes %" PRId64 " %s%s; there would be %" PRId64
	    "; lift: octroictl tenant set %.64s %s=%" PRId64,
	    plan, n, n == 1 ? table[a].one : table[a].many, extra, r->use[a],
	    r->tenant->name, table[a].extra, r->use[a] - n);
}

/* used: by the same tenant before. */
static int
check_row(const struct allowance_row *r, const int64_t used[ALLOWANCES],
    char problem[256])
{
	for (size_t i = 0; i < ALLOWANCES; i++) {
		enum allowance a = (enum allowance)i;

		if (!allowance_over(r, a) || r->use[a] <= used[a])
			continue;
		say(r, a, problem);
		return OCT_ELIMIT;
	}
	return 0;
}

int
allowance_check(const struct model *before, const struct model *after,
    char problem[256])
{
	static const int64_t none[ALLOWANCES];
	struct allowance_row *was = NULL, *is = NULL;
	size_t n = 0, m = 0, j = 0;
	int rc = allowance_rows(before, &was, &n);

	if (rc == 0)
		rc = allowance_rows(after, &is, &m);
	for (size_t i = 0; rc == 0 && i < m; i++) {
		const char *id = is[i].tenant->name;

		while (j < n && strcmp(was[j].tenant->name, id) < 0)
			j++;
		rc = check_row(&is[i],
		    j < n && strcmp(was[j].tenant->name, id) == 0 ? was[j].use
								  : none,
		    problem);
	}
	free(was);
	free(is);
	return rc;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Allowances of changes that are about to be made: counted in the tenant's turn
 * (policy/turn.h), so that what was counted still stands when they are written.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "policy/allowance.h"
#include "policy/directory_private.h"
#include "policy/json_text.h"

#define KEEP_MS (TURN_MS / 4)

static int
busy(const char *tenant, char problem[256])
{
	(void)snprintf(problem, 256,
	    "another change of the tenant %.64s is being made: try again",
	    tenant);
	return -EBUSY;
}

/* --- One change ---------------------------------------------------------- */

/* A tenant: what it sets for all its mailboxes. */
static bool
is_counted(enum dir_kind kind)
{
	return kind == DIR_KIND_MAILBOX || kind == DIR_KIND_DOMAIN ||
	       kind == DIR_KIND_TENANT;
}

static bool
may_cost(const struct model_change *c)
{
	static const char *const names[] = {
	    "state", "storage", "challenge", "tenant"};
	json_t *was = c->before != NULL ? dir_object(c->before) : NULL;
	json_t *is = dir_object(c->item.json);
	bool yes = c->before == NULL;

	for (size_t i = 0; !yes && i < OCT_LEN(names); i++)
		yes = strcmp(json_text_of(was, names[i]), json_text_of(is, names[i])) !=
		      0;
	/* What is closed counts for nothing. */
	yes = yes && strcmp(json_text_of(is, "state"), "closed") != 0;
	json_decref(was);
	json_decref(is);
	return yes;
}

/* id: of the tenant, "" if it has no plan. */
static void
find_itself(const struct model_item *tenant, char id[DIR_ID_MAX + 1])
{
	char plan[DIR_ID_MAX + 1];

	model_text(tenant, "plan", plan, sizeof(plan));
	(void)snprintf(
	    id, DIR_ID_MAX + 1, "%s", *plan != '\0' ? tenant->name : "");
}

/* The same of a domain's attributes. */
static int
find_tenant(struct store *store, const char *domain, char id[DIR_ID_MAX + 1])
{
	json_t *object = dir_object(domain);
	const char *name = json_text_of(object, "tenant");
	struct dir_tenant_node *t = NULL;
	int rc = 0;

	id[0] = '\0';
	if (*name != '\0' && dir_is_id(name))
		rc = dir_load_tenants(store, &name, 1, &t);
	if (rc == 0 && t != NULL &&
	    *detail_get(t->pub.details, DETAIL_PLAN) != '\0')
		memcpy(id, name, strlen(name) + 1);
	dir_tenant_put(t);
	json_decref(object);
	return rc;
}

static int
check_against(struct store *store, const char *tenant,
    const struct model_change *change, char problem[256])
{
	struct model_change copy = *change;
	const struct model_plan plan = {.count = 1, .changes = &copy};
	struct model *before = NULL, *after = NULL;
	int rc = model_load(store, tenant, &before);

	/* A domain comes from another tenant with all that it has. */
	if (rc == 0 && change->before != NULL &&
	    change->item.kind == DIR_KIND_DOMAIN &&
	    model_find(before, DIR_KIND_DOMAIN, change->item.domain, "") ==
		NULL)
		rc = model_load_domain(store, change->item.domain, before);
	if (rc == 0)
		rc = model_after(before, &plan, &after);
	if (rc == 0)
		rc = allowance_check(before, after, problem);
	model_free(before);
	model_free(after);
	return rc;
}

int
allowance_check_one(struct store *store, const struct model_change *change,
    const char *domain, struct turn *turn, char problem[256])
{
	char tenant[DIR_ID_MAX + 1];
	int rc = 0;

	if (!is_counted(change->item.kind) || !may_cost(change))
		return 0;
	if (change->item.kind == DIR_KIND_TENANT)
		find_itself(&change->item, tenant);
	else
		rc = find_tenant(store, domain, tenant);
	if (rc != 0 || *tenant == '\0')
		return rc;
	rc = turn_take(store, tenant, TURN_WAIT_MS, turn);
	if (rc == -EBUSY)
		return busy(tenant, problem);
	return rc == 0 ? check_against(store, tenant, change, problem) : rc;
}

/* --- Many ---------------------------------------------------------------- */

struct allowance_turns {
	int64_t kept_ms;
	size_t count;
	struct turn at[];
};

static bool
has_more(const struct allowance_row *was, const struct allowance_row *is)
{
	for (size_t a = 0; a < ALLOWANCES; a++)
		if (is->included[a] >= 0 &&
		    is->use[a] > (was != NULL ? was->use[a] : 0))
			return true;
	return false;
}

/* Of whose tenants more would be used, in the order of ids, as all who take
 * several turns do: the caller frees *ids, whose texts are those of after. */
static int
find_tenants(const struct model *before, const struct model *after,
    const char ***ids, size_t *count)
{
	struct allowance_row *was = NULL, *is = NULL;
	size_t n = 0, m = 0, j = 0;
	int rc = allowance_rows(before, &was, &n);

	if (rc == 0)
		rc = allowance_rows(after, &is, &m);
	*count = 0;
	*ids = calloc(m + 1, sizeof(const char *));
	if (*ids == NULL)
		rc = -ENOMEM;
	for (size_t i = 0; rc == 0 && i < m; i++) {
		const char *id = is[i].tenant->name;

		while (j < n && strcmp(was[j].tenant->name, id) < 0)
			j++;
		if (has_more(j < n && strcmp(was[j].tenant->name, id) == 0
				 ? &was[j]
				 : NULL,
			&is[i]))
			(*ids)[(*count)++] = id;
	}
	free(was);
	free(is);
	return rc;
}

/* What is now, and what would be. */
static int
load_both(struct store *store, const struct model_plan *plan,
    struct model **before, struct model **after)
{
	int rc = model_load(store, NULL, before);

	return rc == 0 ? model_after(*before, plan, after) : rc;
}

static int
take_turns(struct store *store, const char *const *ids, size_t count,
    const char *name, struct allowance_turns *turns, char problem[256])
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < count; i++) {
		turn_init(&turns->at[i], name);
		turns->count = i + 1;
		rc = turn_take(store, ids[i], TURN_WAIT_MS, &turns->at[i]);
		if (rc == -EBUSY)
			return busy(ids[i], problem);
		if (rc == 0)
			rc = allowance_turns_keep(store, turns);
	}
	return rc;
}

/* Again, now that nobody else adds. */
static int
check_again(
    struct store *store, const struct model_plan *plan, char problem[256])
{
	struct model *before = NULL, *after = NULL;
	int rc = load_both(store, plan, &before, &after);

	if (rc == 0)
		rc = allowance_check(before, after, problem);
	model_free(before);
	model_free(after);
	return rc;
}

static bool
adds_something(const struct model_plan *plan)
{
	for (size_t i = 0; i < plan->count; i++) {
		const struct model_change *c = &plan->changes[i];

		if (is_counted(c->item.kind) && may_cost(c))
			return true;
	}
	return false;
}

int
allowance_check_plan(struct store *store, const struct model_plan *plan,
    const char *name, struct allowance_turns **out, char problem[256])
{
	struct model *before = NULL, *after = NULL;
	const char **ids = NULL;
	size_t count = 0;
	int rc;

	*out = NULL;
	if (!adds_something(plan))
		return 0;
	rc = load_both(store, plan, &before, &after);
	if (rc == 0)
		rc = find_tenants(before, after, &ids, &count);
	if (rc == 0 && count > 0) {
		*out = calloc(1, sizeof(**out) + count * sizeof(struct turn));
		rc = *out != NULL ? 0 : -ENOMEM;
	}
	if (rc == 0 && count > 0) {
		(*out)->kept_ms = oct_clock_mono_ms();
		rc = take_turns(store, ids, count, name, *out, problem);
	}
	model_free(before);
	if (rc == 0 && count > 0)
		rc = check_again(store, plan, problem);
	free(ids);
	model_free(after);
	return rc;
}

int
allowance_turns_keep(struct store *store, struct allowance_turns *turns)
{
	int64_t now = oct_clock_mono_ms();
	int rc = 0;

	if (turns == NULL || now < turns->kept_ms + KEEP_MS)
		return 0;
	for (size_t i = 0; rc == 0 && i < turns->count; i++)
		rc = turn_keep(store, &turns->at[i]);
	turns->kept_ms = now;
	return rc;
}

void
allowance_turns_free(struct store *store, struct allowance_turns *turns)
{
	for (size_t i = 0; turns != NULL && i < turns->count; i++)
		turn_give(store, &turns->at[i]);
	free(turns);
}

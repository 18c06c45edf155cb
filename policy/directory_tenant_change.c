/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Provisioning writes of tenants, and what they share with those of domains.  As
 * there, the set of ids is no part of the transaction: an id is in it before its
 * tenant and after it, and an id without attributes is no tenant.
 */
#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/err.h"
#include "policy/allowance.h"
#include "policy/directory_private.h"
#include "policy/journal.h"
#include "policy/keys.h"

#define TRIES_MAX 10
#define FIELD "v"
#define AT_ONCE 256 /* domains in one round trip */

json_t *
dir_object(const char *text)
{
	json_error_t err;
	json_t *object = json_loads(text, JSON_REJECT_DUPLICATES, &err);

	if (json_is_object(object))
		return object;
	json_decref(object);
	return NULL;
}

static bool
is_empty(const json_t *v)
{
	const char *text = json_string_value(v);

	return json_is_null(v) || (text != NULL && *text == '\0');
}

static int
merge_one(enum dir_kind kind, json_t *all, const char *name, json_t *value)
{
	struct dir_attribute a;
	bool known = dir_attribute(kind, name, &a);

	if (known && a.type == DIR_TYPE_QUOTA) {
		struct dir_attribute older;

		/* Under the one name that it has now. */
		if (dir_attribute(kind, DIR_RATE_IN, &older) &&
		    older.quota == a.quota)
			(void)json_object_del(all, DIR_RATE_IN);
		name = a.name;
	}
	if (known &&
	    (((a.type == DIR_TYPE_OPTION || a.type == DIR_TYPE_QUOTA) &&
		 dir_option_unset(value)) ||
		(a.type == DIR_TYPE_DETAIL && is_empty(value)))) {
		(void)json_object_del(all, name);
		return 0;
	}
	return json_object_set(all, name, value) == 0 ? 0 : -ENOMEM;
}

int
dir_merge(
    enum dir_kind kind, const char *old, struct json_t *set, char **out)
{
	json_t *all = old != NULL ? dir_object(old) : NULL, *value;
	const char *name;
	int rc = 0;

	*out = NULL;
	if (all == NULL)
		all = json_object();
	if (all == NULL)
		return -ENOMEM;
	json_object_foreach(set, name, value)
	{
		rc = merge_one(kind, all, name, value);
		if (rc != 0)
			break;
	}
	if (rc == 0)
		rc = dir_settle(kind, all);
	if (rc == 0)
		*out = json_dumps(all, JSON_COMPACT | JSON_SORT_KEYS);
	json_decref(all);
	return rc == 0 && *out == NULL ? -ENOMEM : rc;
}

/* --- Tenants ------------------------------------------------------------- */

struct writing {
	struct store *store;
	const struct dir_tenant_change *change;
	char *problem;
	struct store_batch *old;
	struct store_txn *txn;
	struct turn turn; /* at the tenant, if it may cost of its plan */
	char *json;       /* the new value, NULL with remove */
};

static int OCT_PRINTF(3, 4)
    refuse(const struct writing *w, int rc, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(w->problem, DIR_PROBLEM_SIZE, fmt, ap);
	va_end(ap);
	return rc;
}

static int
read_old(struct writing *w, const char **out)
{
	const struct store_value *v;
	char key[KEY_SIZE];
	int rc;

	store_batch_clear(w->old);
	rc = store_batch_hget(w->old, key_tenant(key, w->change->id), FIELD);
	if (rc >= 0)
		rc = store_batch_run(w->store, w->old);
	if (rc != 0)
		return rc;
	v = store_batch_value(w->old, 0, 0);
	*out = v != NULL ? v->data : NULL;
	return 0;
}

static int
check_existence(const struct writing *w, const char *old)
{
	const struct dir_tenant_change *c = w->change;

	if (!c->create && old == NULL)
		return refuse(
		    w, OCT_EABSENT, "there is no tenant %s", c->id);
	if (c->create && old != NULL)
		return refuse(
		    w, -EEXIST, "the tenant %s exists already", c->id);
	return 0;
}

/* --- Who names it -------------------------------------------------------- */

/* -ENOTEMPTY: one of the domains first..first+n of the set names it. */
static int
check_some(const struct writing *w, const struct store_batch *names,
    struct store_batch *batch, size_t first, size_t n)
{
	int rc = 0;

	store_batch_clear(batch);
	for (size_t i = 0; rc >= 0 && i < n; i++) {
		const char *name = store_batch_value(names, 0, first + i)->data;
		char normal[OCT_DOMAIN_SIZE], key[KEY_SIZE];

		/* A member that is no domain is looked for under no name. */
		if (name == NULL || oct_domain_normalise(name, normal) != 0)
			(void)snprintf(normal, sizeof(normal), "invalid");
		rc = store_batch_hget(batch, key_domain(key, normal), FIELD);
	}
	if (rc >= 0)
		rc = store_batch_run(w->store, batch);
	for (size_t i = 0; rc == 0 && i < n; i++)
		if (dir_names_tenant(store_batch_value(batch, (int)i, 0),
			w->change->id))
			return refuse(w, -ENOTEMPTY,
			    "the tenant %s still has the domain %s: give it "
			    "to another tenant or remove it first",
			    w->change->id,
			    store_batch_value(names, 0, first + i)->data);
	return rc;
}

/* A domain that is given to it meanwhile is then warned of by its readers. */
static int
check_unused(const struct writing *w)
{
	struct store_batch *names = NULL, *batch = NULL;
	size_t count = 0;
	int rc = store_members(w->store, KEY_DOMAINS, &names);

	if (rc == 0)
		rc = store_batch_new(&batch);
	if (rc == 0)
		count = store_batch_count(names, 0);
	for (size_t i = 0; rc == 0 && i < count; i += AT_ONCE)
		rc = check_some(w, names, batch, i,
		    count - i < AT_ONCE ? count - i : AT_ONCE);
	store_batch_free(batch);
	store_batch_free(names);
	return rc;
}

/* --- The new value ------------------------------------------------------- */

/* A teleservice is a ground for lifting protections: it must be published. */
static int
check_teleservice(const struct writing *w, const struct dir_tenant *t)
{
	char today[sizeof("2026-12-31")];
	time_t now = time(NULL);
	struct tm tm;

	if (*t->teleservice == '\0' && *t->teleservice_since == '\0')
		return 0;
	if (!dir_teleservice(t))
		return refuse(w, OCT_EPARSE,
		    "teleservice and teleservice_since are declared together");
	if (localtime_r(&now, &tm) == NULL ||
	    strftime(today, sizeof(today), "%Y-%m-%d", &tm) == 0)
		return -EINVAL;
	if (strcmp(t->teleservice_since, today) > 0)
		return refuse(w, OCT_EPARSE,
		    "teleservice_since must not lie in the future: declare the "
		    "teleservice once it is published");
	return 0;
}

/* What it sets for all its mailboxes. */
static int
check_plan(struct writing *w, const char *old)
{
	const struct model_change change = {
	    .item = {DIR_KIND_TENANT, "", w->change->id, w->json},
	    .before = old};

	return allowance_check_one(
	    w->store, &change, NULL, &w->turn, w->problem);
}

static int
new_value(struct writing *w, const char *old)
{
	struct dir_reading r = {.lenient = false};
	json_t *set = dir_object(w->change->json);
	struct dir_tenant_node *t = NULL;
	int rc;

	free(w->json);
	w->json = NULL;
	if (set == NULL)
		return refuse(w, OCT_EPARSE,
		    "the attributes of a tenant must be one JSON object");
	rc = dir_merge(DIR_KIND_TENANT, old, set, &w->json);
	if (rc == 0)
		rc = dir_read_tenant(
		    &r, w->change->id, w->json, strlen(w->json), &t);
	if (r.problem[0] != '\0')
		(void)refuse(w, rc, "%s", r.problem);
	if (rc == 0)
		rc = dir_check_dates(DIR_KIND_TENANT, &t->pub, w->problem);
	if (rc == 0)
		rc = check_teleservice(w, &t->pub);
	if (rc == 0)
		rc = check_plan(w, old);
	dir_tenant_put(t);
	json_decref(set);
	return rc;
}

/* --- The transaction ----------------------------------------------------- */

static int
add_streams(struct writing *w, const char *old)
{
	const struct dir_tenant_change *c = w->change;
	const struct dir_event e = {.actor = c->actor,
	    .action = c->remove ? "remove" : c->create ? "add" : "set",
	    .kind = DIR_KIND_TENANT,
	    .name = c->id,
	    .before = old,
	    .after = w->json};

	return dir_event_add(w->txn, &e);
}

static int
name_tenant(struct writing *w, bool add)
{
	store_txn_clear(w->txn);
	if (add)
		store_txn_sadd(w->txn, KEY_TENANTS, w->change->id);
	else
		store_txn_srem(w->txn, KEY_TENANTS, w->change->id);
	return store_txn_commit(w->store, w->txn);
}

/* Somebody may have added the tenant again before its id was taken out. */
static int
forget_tenant(struct writing *w)
{
	const char *old = NULL;
	int rc = name_tenant(w, false);

	if (rc == 0)
		rc = read_old(w, &old);
	if (rc == 0 && old != NULL)
		rc = name_tenant(w, true);
	return rc;
}

static int
commit(struct writing *w, const char *old)
{
	char key[KEY_SIZE];
	int rc = w->change->create ? name_tenant(w, true) : 0;

	if (w->change->remove)
		rc = journal_gone(w->store, DIR_KIND_TENANT, w->change->id);
	if (rc != 0)
		return rc;
	store_txn_clear(w->txn);
	store_txn_expect_field(
	    w->txn, key_tenant(key, w->change->id), FIELD, old);
	if (w->change->remove)
		store_txn_del(w->txn, key);
	else
		store_txn_hset(w->txn, key, FIELD, w->json);
	rc = add_streams(w, old);
	/* What was counted may no longer stand: count again. */
	if (rc == 0 && w->turn.key[0] != '\0' && !turn_is_mine(&w->turn))
		rc = OCT_ECONFLICT;
	if (rc == 0)
		rc = store_txn_commit(w->store, w->txn);
	return rc == 0 && w->change->remove ? forget_tenant(w) : rc;
}

static int
try_change(struct writing *w)
{
	const char *old;
	int rc = read_old(w, &old);

	if (rc == 0)
		rc = check_existence(w, old);
	if (rc == 0)
		rc = w->change->remove ? check_unused(w) : new_value(w, old);
	return rc == 0 ? commit(w, old) : rc;
}

static int
run_change(struct writing *w)
{
	int rc = store_batch_new(&w->old);

	if (rc == 0)
		rc = store_txn_new(&w->txn);
	if (rc != 0)
		return rc;
	for (int i = 0; i < TRIES_MAX; i++) {
		turn_init(&w->turn, NULL);
		rc = try_change(w);
		turn_give(w->store, &w->turn);
		if (rc != OCT_ECONFLICT)
			break;
	}
	return rc;
}

int
directory_change_tenant(struct store *store,
    const struct dir_tenant_change *change, char problem[256])
{
	struct writing w = {
	    .store = store, .change = change, .problem = problem};
	int rc = 0;

	OCT_ASSERT(!change->create || !change->remove);
	problem[0] = '\0';
	if (*change->id == '\0' || !dir_is_id(change->id))
		rc = refuse(&w, OCT_EPARSE,
		    "the id of a tenant must be 1 to %d letters, digits, dots, "
		    "'_' or '-'",
		    DIR_ID_MAX);
	if (rc == 0 && !change->remove && change->json == NULL)
		rc = refuse(&w, OCT_EPARSE, "no attributes were given");
	if (rc == 0)
		rc = run_change(&w);
	if (rc != 0 && problem[0] == '\0')
		(void)refuse(&w, rc, "%s", oct_strerror(rc));
	store_batch_free(w.old);
	store_txn_free(w.txn);
	free(w.json);
	return rc;
}

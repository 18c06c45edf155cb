/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/directory_record.h"

#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "policy/directory_private.h"
#include "policy/keys.h"

#define TRIES_MAX 10

struct writing {
	struct store *store;
	enum dir_kind kind;
	const struct dir_tenant_change *change;
	char *problem;
	struct store_batch *old;
	struct store_txn *txn;
};

static const char *
key_of(enum dir_kind kind)
{
	return kind == DIR_KIND_PLAN ? KEY_PLANS : KEY_PRICES;
}

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
read_one(struct store *store, struct store_batch *b, enum dir_kind kind,
    const char *id, const char **out)
{
	const struct store_value *v;
	int rc;

	store_batch_clear(b);
	rc = store_batch_hget(b, key_of(kind), id);
	if (rc >= 0)
		rc = store_batch_run(store, b);
	if (rc != 0)
		return rc;
	v = store_batch_value(b, 0, 0);
	*out = v != NULL ? v->data : NULL;
	return 0;
}

static int
check_existence(const struct writing *w, const char *old)
{
	const struct dir_tenant_change *c = w->change;

	if (!c->create && old == NULL)
		return refuse(w, OCT_EABSENT, "there is no %s %s",
		    dir_kind_name(w->kind), c->id);
	if (c->create && old != NULL)
		return refuse(w, -EEXIST, "the %s %s exists already",
		    dir_kind_name(w->kind), c->id);
	return 0;
}

/* A tenant that takes it meanwhile has a plan that counts nothing, until that
 * is there again. */
static int
check_unused(const struct writing *w)
{
	struct dir_tenant_node **tenants = NULL;
	size_t count = 0;
	int rc = dir_load_all_tenants(w->store, &tenants, &count);

	if (rc != 0)
		return rc;
	for (size_t i = 0; i < count; i++) {
		if (tenants[i] != NULL && rc == 0 &&
		    strcmp(detail_get(tenants[i]->pub.details, DETAIL_PLAN),
			w->change->id) == 0)
			rc = refuse(w, -ENOTEMPTY,
			    "the tenant %.64s has the plan %.64s: give it "
			    "another first",
			    tenants[i]->pub.id, w->change->id);
		dir_tenant_put(tenants[i]);
	}
	free(tenants);
	return rc;
}

/* The new value, freed by free(). */
static int
new_value(const struct writing *w, const char *old, char **out)
{
	struct dir_reading r = {.lenient = false};
	const struct dir_named named = {"", w->change->id};
	json_t *set = dir_object(w->change->json);
	struct oct_str json;
	char *merged = NULL;
	int rc;

	if (set == NULL)
		return refuse(w, OCT_EPARSE,
		    "the attributes must be one JSON object");
	oct_str_heap(&json, DIR_ENTRY_MAX);
	rc = dir_merge(w->kind, old, set, &merged);
	if (rc == 0)
		rc = dir_canonical(&r, w->kind, &named, merged, &json);
	if (rc == 0)
		*out = oct_str_take(&json);
	else if (r.problem[0] != '\0')
		(void)refuse(w, rc, "%s", r.problem);
	oct_str_free(&json);
	free(merged);
	json_decref(set);
	return rc == 0 && *out == NULL ? -ENOMEM : rc;
}

static int
commit(struct writing *w, const char *old, const char *json)
{
	const struct dir_tenant_change *c = w->change;
	const struct dir_event e = {.actor = c->actor,
	    .action = c->remove ? "remove" : c->create ? "add" : "set",
	    .kind = w->kind,
	    .name = c->id,
	    .before = old,
	    .after = json};
	int rc;

	store_txn_clear(w->txn);
	store_txn_expect_field(w->txn, key_of(w->kind), c->id, old);
	if (json == NULL)
		store_txn_hdel(w->txn, key_of(w->kind), c->id);
	else
		store_txn_hset(w->txn, key_of(w->kind), c->id, json);
	rc = dir_event_add(w->txn, &e);
	return rc == 0 ? store_txn_commit(w->store, w->txn) : rc;
}

static int
try_change(struct writing *w)
{
	const char *old = NULL;
	char *json = NULL;
	int rc = read_one(w->store, w->old, w->kind, w->change->id, &old);

	if (rc == 0)
		rc = check_existence(w, old);
	if (rc == 0 && !w->change->remove)
		rc = new_value(w, old, &json);
	if (rc == 0 && w->change->remove && w->kind == DIR_KIND_PLAN)
		rc = check_unused(w);
	if (rc == 0)
		rc = commit(w, old, json);
	free(json);
	return rc;
}

int
directory_change_record(struct store *store, enum dir_kind kind,
    const struct dir_tenant_change *change, char problem[256])
{
	struct writing w = {
	    .store = store, .kind = kind, .change = change, .problem = problem};
	int rc = store_batch_new(&w.old);

	problem[0] = '\0';
	if (rc == 0)
		rc = store_txn_new(&w.txn);
	if (rc == 0 && (*change->id == '\0' || !dir_is_id(change->id)))
		rc = refuse(&w, OCT_EPARSE,
		    "an id must be 1 to %d letters, digits, dots, '_' or '-'",
		    DIR_ID_MAX);
	if (rc == 0) {
		rc = OCT_ECONFLICT;
		for (int i = 0; rc == OCT_ECONFLICT && i < TRIES_MAX; i++)
			rc = try_change(&w);
	}
	if (rc != 0 && problem[0] == '\0')
		(void)refuse(&w, rc, "%s", oct_strerror(rc));
	store_batch_free(w.old);
	store_txn_free(w.txn);
	return rc;
}

int
directory_record_json(struct store *store, enum dir_kind kind, const char *id,
    struct json_t **out)
{
	struct store_batch *b;
	const char *text = NULL;
	int rc = store_batch_new(&b);

	if (rc != 0)
		return rc;
	rc = read_one(store, b, kind, id, &text);
	if (rc == 0 && text == NULL)
		rc = OCT_EABSENT;
	if (rc == 0) {
		*out = dir_object(text);
		rc = *out != NULL ? 0 : OCT_EREPLY;
	}
	store_batch_free(b);
	return rc;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tenants out of the store and of the disk copy.
 */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/log.h"
#include "policy/directory_private.h"
#include "policy/directory_schema.h"
#include "policy/keys.h"

#define AT_ONCE 256 /* tenants in one round trip */

static int
read_object(struct dir_reading *r, const char *id, json_t *object,
    struct dir_tenant_node **out)
{
	struct dir_tenant t = {.id = id,
	    .name = "",
	    .contact = "",
	    .teleservice = "",
	    .teleservice_since = "",
	    .limits = {.sending_reason = ""}};
	struct dir_pool pool = {NULL};
	int rc = dir_read_tenant_object(r, object, &pool, &t);

	if (rc == 0)
		rc = dir_tenant_node(&t, out);
	dir_pool_free(&pool);
	return rc;
}

int
dir_read_tenant(struct dir_reading *r, const char *id, const char *json,
    size_t len, struct dir_tenant_node **out)
{
	json_error_t err;
	json_t *object = json_loadb(json, len, JSON_REJECT_DUPLICATES, &err);
	int rc = read_object(r, id, object, out);

	json_decref(object);
	return rc;
}

int
dir_read_tenant_whole(struct dir_reading *r, const char *json, size_t len,
    struct dir_tenant_node **out)
{
	static const char start[] = "{\"tenant\":";
	json_error_t err;
	json_t *object;
	const char *id;
	int rc = OCT_EPARSE;

	if (len < sizeof(start) || strncmp(json, start, strlen(start)) != 0)
		return OCT_EABSENT;
	object = json_loadb(json, len, JSON_REJECT_DUPLICATES, &err);
	id = json_string_value(json_object_get(object, "tenant"));
	if (id != NULL && *id != '\0' && dir_is_id(id))
		rc = read_object(
		    r, id, json_object_get(object, "attributes"), out);
	json_decref(object);
	return rc;
}

/* --- Out of the store ---------------------------------------------------- */

static int
load_batch(struct store *store, struct store_batch *batch,
    const char *const *ids, size_t count, struct dir_tenant_node **tenants)
{
	struct dir_reading r = {.lenient = true};
	int rc = 0;

	store_batch_clear(batch);
	for (size_t i = 0; rc >= 0 && i < count; i++) {
		char key[KEY_SIZE];

		rc = store_batch_hget(batch, key_tenant(key, ids[i]), "v");
	}
	if (rc >= 0)
		rc = store_batch_run(store, batch);
	for (size_t i = 0; rc == 0 && i < count; i++) {
		const struct store_value *v =
		    store_batch_value(batch, (int)i, 0);

		if (v != NULL && v->data != NULL)
			rc = dir_read_tenant(
			    &r, ids[i], v->data, v->len, &tenants[i]);
	}
	dir_reading_end(&r, "store");
	return rc;
}

int
dir_load_tenants(struct store *store, const char *const *ids, size_t count,
    struct dir_tenant_node **tenants)
{
	struct store_batch *batch;
	int rc = store_batch_new(&batch);

	if (rc != 0)
		return rc;
	memset(tenants, 0, count * sizeof(struct dir_tenant_node *));
	for (size_t i = 0; rc == 0 && i < count; i += AT_ONCE) {
		size_t n = count - i < AT_ONCE ? count - i : AT_ONCE;

		rc = load_batch(store, batch, ids + i, n, tenants + i);
	}
	store_batch_free(batch);
	for (size_t i = 0; rc != 0 && i < count; i++) {
		dir_tenant_put(tenants[i]);
		tenants[i] = NULL;
	}
	return rc;
}

static int
load_named(struct store *store, const struct store_batch *names,
    struct dir_tenant_node ***out, size_t *count)
{
	size_t members = store_batch_count(names, 0), n = 0;
	const char **ids = calloc(members + 1, sizeof(const char *));
	struct dir_tenant_node **tenants =
	    calloc(members + 1, sizeof(struct dir_tenant_node *));
	int rc = -ENOMEM;

	if (ids == NULL || tenants == NULL)
		goto out;
	for (size_t i = 0; i < members; i++) {
		const char *id = store_batch_value(names, 0, i)->data;

		if (id != NULL && *id != '\0' && dir_is_id(id))
			ids[n++] = id;
		else
			oct_log(OCT_WARNING,
			    "directory: a member of %s is no tenant id",
			    KEY_TENANTS);
	}
	rc = dir_load_tenants(store, ids, n, tenants);
	if (rc != 0)
		goto out;
	*out = tenants;
	*count = n;
	tenants = NULL;
out:
	free(ids);
	free(tenants);
	return rc;
}

int
dir_load_all_tenants(
    struct store *store, struct dir_tenant_node ***tenants, size_t *count)
{
	struct store_batch *batch;
	int rc = store_members(store, KEY_TENANTS, &batch);

	if (rc == 0)
		rc = load_named(store, batch, tenants, count);
	store_batch_free(batch);
	return rc;
}

/* --- What does not fit --------------------------------------------------- */

static bool
lacks_tenant(const struct dir_domain *d)
{
	return d != NULL && *d->tenant != '\0' && d->of_tenant == NULL;
}

/* It was so before, and was said then. */
static bool
was_so(const struct dir_snapshot *old, const struct dir_domain *d)
{
	const struct dir_domain *then =
	    old != NULL ? dir_domain(old, d->name) : NULL;

	return lacks_tenant(then) && strcmp(then->tenant, d->tenant) == 0;
}

void
dir_warn_tenants(const struct dir_snapshot *s, const struct dir_snapshot *old)
{
	size_t found = 0;

	for (size_t i = 0; i < dir_domain_count(s); i++) {
		const struct dir_domain *d = dir_domain_at(s, i);

		if (!lacks_tenant(d) || was_so(old, d))
			continue;
		if (found++ < DIR_LOGGED_MAX)
			oct_log(OCT_WARNING,
			    "directory: domain=%s tenant=%s problem=\"there is "
			    "no such tenant: nothing is inherited from it\"",
			    d->name, d->tenant);
	}
	if (found > DIR_LOGGED_MAX)
		oct_log(OCT_WARNING,
		    "directory: domains_without_their_tenant=%zu", found);
}

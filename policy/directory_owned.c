/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A tenant with its domains, out of the store: the attributes of all domains say
 * whose they are.
 */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "policy/directory_private.h"
#include "policy/keys.h"

#define AT_ONCE 256 /* domains in one round trip */

bool
dir_names_tenant(const struct store_value *v, const char *id)
{
	json_t *object =
	    v != NULL && v->data != NULL ? dir_object(v->data) : NULL;
	const char *tenant =
	    json_string_value(json_object_get(object, "tenant"));
	bool yes = tenant != NULL && strcmp(tenant, id) == 0;

	json_decref(object);
	return yes;
}

/* Those of names[first..first+n] that name the tenant, after *count others. */
static int
pick_some(struct store *store, const struct store_batch *names, size_t first,
    size_t n, const char *id, const char **owned, size_t *count)
{
	struct store_batch *b;
	int rc = store_batch_new(&b);

	if (rc != 0)
		return rc;
	for (size_t i = 0; rc >= 0 && i < n; i++) {
		const char *name = store_batch_value(names, 0, first + i)->data;
		char normal[OCT_DOMAIN_SIZE], key[KEY_SIZE];

		/* A member that is no domain is looked for under no name. */
		if (name == NULL || oct_domain_normalise(name, normal) != 0)
			memcpy(normal, "invalid", sizeof("invalid"));
		rc = store_batch_hget(b, key_domain(key, normal), "v");
	}
	if (rc >= 0)
		rc = store_batch_run(store, b);
	for (size_t i = 0; rc == 0 && i < n; i++)
		if (dir_names_tenant(store_batch_value(b, (int)i, 0), id))
			owned[(*count)++] =
			    store_batch_value(names, 0, first + i)->data;
	store_batch_free(b);
	return rc;
}

/* Takes over the nodes of owned domains, and reads their tenant. */
static int
with_tenant(struct store *store, const char *id, struct dir_node **nodes,
    size_t count, const struct dir_snapshot **out)
{
	struct dir_tenant_node *tenant = NULL;
	struct dir_entries e = {
	    .nodes = nodes, .tenants = &tenant, .tenant_count = 1};
	struct dir_snapshot *s;
	int rc = dir_load_tenants(store, &id, 1, &tenant);

	/* What was removed meanwhile is not there. */
	for (size_t i = 0; i < count; i++)
		if (nodes[i] != NULL)
			nodes[e.count++] = nodes[i];
	if (rc != 0) {
		e.tenant_count = 0;
		dir_entries_put(&e);
		return rc;
	}
	if (tenant == NULL)
		e.tenant_count = 0;
	rc = dir_snapshot_new(&e, &s);
	if (rc == 0)
		*out = s;
	return rc;
}

int
dir_load_of_tenant(
    struct store *store, const char *id, const struct dir_snapshot **out)
{
	struct store_batch *names = NULL;
	const char **owned = NULL;
	struct dir_node **nodes = NULL;
	size_t count = 0, all = 0;
	int rc = store_members(store, KEY_DOMAINS, &names);

	if (rc != 0)
		goto out;
	all = store_batch_count(names, 0);
	owned = calloc(all + 1, sizeof(const char *));
	nodes = calloc(all + 1, sizeof(struct dir_node *));
	rc = owned != NULL && nodes != NULL ? 0 : -ENOMEM;
	for (size_t i = 0; rc == 0 && i < all; i += AT_ONCE)
		rc = pick_some(store, names, i,
		    all - i < AT_ONCE ? all - i : AT_ONCE, id, owned, &count);
	if (rc == 0)
		rc = dir_load_some(store, owned, count, nodes);
	if (rc == 0)
		rc = with_tenant(store, id, nodes, count, out);
out:
	free(owned);
	free(nodes);
	store_batch_free(names);
	return rc;
}

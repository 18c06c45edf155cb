/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/err.h"
#include "policy/directory_private.h"

/* One domain, and its tenant if it has one. */
static int
read_one(struct store *store, const char *domain, struct dir_snapshot **out)
{
	struct dir_node *node = NULL;
	struct dir_tenant_node *tenant = NULL;
	struct dir_entries e = {.nodes = &node, .tenants = &tenant, .count = 1};
	int rc = dir_load_some(store, &domain, 1, &node);

	if (rc == 0 && node == NULL)
		return OCT_EABSENT;
	if (rc == 0 && *node->pub.tenant != '\0') {
		const char *id = node->pub.tenant;

		rc = dir_load_tenants(store, &id, 1, &tenant);
		e.tenant_count = 1;
		if (rc != 0)
			dir_node_put(node);
	}
	return rc != 0 ? rc : dir_snapshot_new(&e, out);
}

int
directory_read(struct store *store, const char *domain,
    const struct dir_snapshot **out)
{
	struct dir_snapshot *snapshot = NULL;
	int rc = domain == NULL ? dir_load_all(store, &snapshot)
				: read_one(store, domain, &snapshot);

	if (rc == 0)
		*out = snapshot;
	return rc;
}

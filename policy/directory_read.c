/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/err.h"
#include "policy/directory_private.h"

int
directory_read(struct store *store, const char *domain,
    const struct dir_snapshot **out)
{
	struct dir_snapshot *snapshot = NULL;
	struct dir_node *node = NULL;
	int rc;

	if (domain == NULL) {
		rc = dir_load_all(store, &snapshot);
	} else {
		rc = dir_load_some(store, &domain, 1, &node);
		if (rc == 0 && node == NULL)
			rc = OCT_EABSENT;
		if (rc == 0)
			rc = dir_snapshot_new(&node, 1, &snapshot);
	}
	if (rc == 0)
		*out = snapshot;
	return rc;
}

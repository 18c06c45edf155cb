/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plans and price lists in the store.  Any thread.
 */
#ifndef OCT_POLICY_DIRECTORY_RECORD_H
#define OCT_POLICY_DIRECTORY_RECORD_H

#include "policy/directory.h"
#include "policy/directory_schema.h"

/* As directory_change_tenant; -ENOTEMPTY: a plan that tenants name. */
OCT_CHECK int directory_change_record(struct store *store, enum dir_kind kind,
    const struct dir_tenant_change *change, char problem[256]);

/* Its attributes as an object that the caller releases; OCT_EABSENT. */
struct json_t;
OCT_CHECK int directory_record_json(struct store *store, enum dir_kind kind,
    const char *id, struct json_t **out);

#endif

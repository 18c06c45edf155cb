/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How tenants stand with their plans, for people.
 */
#ifndef OCT_PROVISIONING_CTL_USE_H
#define OCT_PROVISIONING_CTL_USE_H

#include <jansson.h>

#include "policy/allowance.h"

/* Of one tenant: an array like ["mailboxes 2 of 1+1"], NULL: it has no plan. */
OCT_CHECK int ctl_use_json(const struct model *m, const char *id, json_t **out);
/* "mailboxes 2 of 1+1". */
void ctl_use_text(const struct allowance_row *r, enum allowance a,
    struct oct_str *out);

#endif
